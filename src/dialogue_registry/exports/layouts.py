"""The tables that are exported: which columns each has, of which type, and what they refer to.

They follow from the kinds, a column for each field, but for meetings, which are not of one kind.
The seats of those present and of those absent are two tables.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import attrs

from dialogue_registry.model.events import DelegateAbsent, DelegateAttended
from dialogue_registry.model.kind_tables import ANY_SUBJECT, SUBJECTS, column_of
from dialogue_registry.model.kinds import Kind, Kinds
from dialogue_registry.model.shapes import Shape, shapes_of
from dialogue_registry.queries.results import Attendance

_PARENTS = {"dialogue": "dialogues", "series": "series", "meeting": "meetings"}
_OF_ALL = {"fact": "integer", "event": "integer", "source": "string", "url": "string"}
_LEFT_OUT = {"folded", "ends"}
"""Columns of the tables that are made for questions."""


@attrs.frozen(kw_only=True)
class Layout:
    """The columns of an exported table, each with its type.

    Types are string, integer, number, boolean, date and array (a list of texts).
    """

    description: str
    columns: Mapping[str, str]
    #: The table of the registry that it is read from.
    table: str
    #: The condition of the rows, where not all are exported.
    where: str = "true"
    #: Column to (table, column) that it refers to.
    refers: Mapping[str, tuple[str, str]] = attrs.field(factory=dict)
    key: str = "fact"
    #: The column in the registry, of those that have another name there.
    stored: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def all_columns(self) -> Mapping[str, str]:
        """Its own columns, then those that every table has."""
        return {**self.columns, **_OF_ALL}


_MEETING = {"meeting": ("meetings", "meeting")}
_MEETINGS = Layout(
    description="Meetings with their present status: announced, postponed, cancelled or held.",
    columns={
        "meeting": "string", "series": "string", "status": "string", "date": "string", "earliest": "date",
        "latest": "date", "ordinal": "integer", "period": "string", "format": "string", "place": "string",
        "country": "string", "title": "string", "reason": "string", "postponed_until": "string",
    },
    table="meetings",
    refers={"series": ("series", "series")},
    key="meeting",
)  # fmt: skip


def _type(shape: Shape) -> str:
    if shape.many:
        return "array"
    return {int: "integer", float: "number", bool: "boolean", date: "date"}.get(shape.cls, "string")


def _columns(cls: type[Any], order: Iterable[str] = ()) -> Mapping[str, str]:
    """Return a column for each field of a class: first those that ``order`` names, in that order."""
    shapes = shapes_of(cls)
    names = dict.fromkeys([*(name for name in order if name in shapes), *shapes])
    return {name: _type(shapes[name]) for name in names}


_PRESENT = Layout(
    description="Who took part in meetings, names as written.",
    columns=_columns(DelegateAttended, order=attrs.fields_dict(Attendance)),
    table="attendance",
    where="t.presence = 'present'",
    refers=_MEETING,
)
_ABSENT = Layout(
    description="Who did not take part in meetings, and why.",
    columns=_columns(DelegateAbsent),
    table="attendance",
    where="t.presence <> 'present'",
    refers=_MEETING,
)
_BY_TABLE = {"meeting_reports": {"meetings": _MEETINGS}, "attendance": {"attendance": _PRESENT, "absences": _ABSENT}}
"""The layouts exported in place of a table of kinds."""
_DESCRIPTIONS = {
    "dialogues": "Dialogues between parties.",
    "parties": "Parties of dialogues.",
    "departures": "Parties that take part in dialogues no longer.",
    "series": "Series of meetings that dialogues hold.",
    "shared_meetings": "Joint meetings, with each further series that they are one of.",
    "headcounts": "How many people, delegates or parties were at meetings, as sources stated.",
    "topics": "What was discussed at meetings.",
    "activities": "Related activities reported at meetings, which are never counted.",
    "outcomes": "What meetings agreed on.",
    "statements": "Counts that sources stated.",
    "names_used": "Names of dialogues, series, meetings and parties by language and period.",
    "same_persons": "Names of delegates of one party that are one person.",
    "different_persons": "Names of delegates of one party that are different persons.",
    "kept_sources": "Copies of sources that were kept.",
}
"""The descriptions of tables that say more than their class does."""


def layouts_of(kinds: Kinds) -> Mapping[str, Layout]:
    """Return the tables that are exported, by name: those of the library's kinds first, parents before children."""
    by_table: dict[str, list[Kind]] = {}
    for kind in kinds:
        by_table.setdefault(kind.table.name, []).append(kind)
    found: dict[str, Layout] = {}
    for name, of_table in by_table.items():
        found |= _BY_TABLE.get(name) or {name: _layout(of_table)}
    return found


def _layout(kinds: list[Kind]) -> Layout:
    """Return the layout of a table that one or several kinds share."""
    first, table = kinds[0], kinds[0].table
    fields = {column_of(name): (name, shape) for kind in reversed(kinds) for name, shape in kind.shapes.items()}
    columns: dict[str, str] = {}
    stored: dict[str, str] = {}
    for column, definition in table.columns.items():
        if column in _LEFT_OUT:
            continue
        name, shape = fields.get(column, (column, None))
        name = f"{name}_" if name in _OF_ALL else name
        columns[name] = _of_column(column, definition) if shape is None else _type(shape)
        if name != column:
            stored[name] = column
    opened = next((id_ for id_, parent in _PARENTS.items() if parent == table.name), None)
    resting = {*first.about[:1], *first.mentions} - {opened, ANY_SUBJECT}
    return Layout(
        description=_DESCRIPTIONS.get(table.name) or (first.cls.__doc__ or first.word).partition("\n")[0],
        columns=columns,
        table=table.name,
        refers={name: (_PARENTS[name], name) for name in SUBJECTS if name in resting},
        key=opened or "fact",
        stored=stored,
    )


def _of_column(column: str, definition: str) -> str:
    """Return the type of a column that is no field."""
    if column in ("earliest", "latest"):
        return "date"
    return {"INTEGER": "integer", "REAL": "number"}.get(definition.upper().partition(" ")[0], "string")
