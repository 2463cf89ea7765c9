"""A mapping: how the columns of somebody's table become facts.

::

    missing = ["", "NA"]                     # what stands in a cell that says nothing

    [source]
    title = "List of participants"
    url = "{Link}"

    [[first]]                                # recorded once, before the rows
    event = "DialogueLaunched"
    dialogue = "ca-jad"
    name = "“Central Asia plus Japan” Dialogue"
    launched = "2004-08"

    [[each]]                                 # made of each row
    event = "DelegateAttended"
    meeting = "ca-jad/{Series}/{No}"
    name = "{Title} {Name}"
    party = "{Country}"
    when = { Present = ["yes", "x"] }

Each of these tables is a class of :mod:`dialogue_registry.imports.spelling`, which says what
may stand in it. Here the whole is checked against the events, and made ready for rows.
"""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from dialogue_registry.errors import InvalidValueError, MappingError
from dialogue_registry.imports.date_cells import DateRules, find_zone
from dialogue_registry.imports.date_formats import date_format
from dialogue_registry.imports.date_languages import lexicon
from dialogue_registry.imports.fact_fields import check_field, choices_of, fields_of, find_kind, required_fields
from dialogue_registry.imports.files import FileRules
from dialogue_registry.imports.header import heading, place_of
from dialogue_registry.imports.parsing import json_of, toml_of
from dialogue_registry.imports.spelling import PartyRules, Spelling, read_spelling
from dialogue_registry.imports.templates import Template
from dialogue_registry.model.addresses import check_path
from dialogue_registry.model.events import Source
from dialogue_registry.model.kinds import Kind, Kinds
from dialogue_registry.model.names import fold
from dialogue_registry.model.standard_kinds import STANDARD_KINDS

Condition = bool | frozenset[str]


@attrs.frozen(kw_only=True)
class FactTemplate:
    """The rules by which facts of one kind are made of a row."""

    kind: Kind
    fields: Mapping[str, Template]
    when: Mapping[str, Condition] = attrs.field(factory=dict)
    #: Columns that hold several, each with what stands between them.
    split: Mapping[str, str] = attrs.field(factory=dict)
    #: The sort of value that each field of the kind takes, and which it needs.
    sorts: Mapping[str, str] = attrs.field(init=False)
    required: tuple[str, ...] = attrs.field(init=False)
    #: The texts that fields with few of them can have.
    choices: Mapping[str, tuple[str, ...]] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "sorts", fields_of(self.kind))
        object.__setattr__(self, "choices", choices_of(self.kind))
        object.__setattr__(self, "required", required_fields(self.kind))

    @property
    def columns(self) -> set[str]:
        """All columns that it speaks of."""
        return {column for template in self.fields.values() for column in template.columns} | {*self.when}


@attrs.frozen(kw_only=True)
class TableMapping:
    """A mapping, read and checked."""

    first: tuple[FactTemplate, ...] = ()
    each: tuple[FactTemplate, ...] = ()
    #: The name of the table in all its editions, and the template that tells its rows apart.
    table: str = ""
    key: Template | None = None
    source: Mapping[str, Template] = attrs.field(factory=dict)
    #: Whether a row that says nothing of its source has none.
    source_is_optional: bool = False
    missing: frozenset[str] = frozenset({""})
    #: The cells that say nothing, by column, where that differs from the other columns.
    missing_in: Mapping[str, frozenset[str]] = attrs.field(factory=dict)
    dates: DateRules = DateRules()
    year: Template | None = None
    zone: Template | ZoneInfo | None = None
    drop_honorifics: bool = False
    parties: PartyRules | None = None
    values: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
    separator: str = ";"
    file: FileRules = FileRules()
    #: Columns that the command line says, the same in all rows.
    constants: Mapping[str, str] = attrs.field(factory=dict)
    #: The columns that it reads in cells, in a fixed order.
    in_cells: tuple[str, ...] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "in_cells", tuple(sorted(self.columns | {*self.constants})))

    @property
    def read_columns(self) -> set[str]:
        """The columns that it reads, of a path into an object the first."""
        return {name for column in self.columns for name in (column, column.partition(".")[0])}

    @property
    def columns(self) -> set[str]:
        """All columns of the table that it speaks of."""
        templates = [*self.source.values(), self.key, self.year, self.zone]
        named = {column for one in templates if isinstance(one, Template) for column in one.columns}
        named |= {column for fact in self.each for column in fact.columns} | {*self.missing_in}
        return {column for column in named - self.constants.keys() if column != "row"}


def read_mapping(
    mapping: Mapping[str, Any] | str | Path,
    constants: Mapping[str, str] | None = None,
    kinds: Kinds = STANDARD_KINDS,
) -> TableMapping:
    """Read a mapping from a TOML or JSON file, or from a dict of the same shape.

    ``constants`` are columns that have the same text in all rows. One that is no column of the
    mapping is a field that its facts leave open. Its events are named by their ``kinds``.
    Raises MappingError, or MissingExtraError where the mapping needs the extra ``[tables]``.
    """
    if isinstance(mapping, Mapping):
        content: object = mapping
        where = "the mapping"
    else:
        check_path(mapping)
        path = Path(mapping)
        where = str(path)
        content = _read_file(path)
    try:
        return _checked(read_spelling(content), constants or {}, kinds)
    except MappingError as error:
        raise MappingError(f"{where}{error}") from None


def _read_file(path: Path) -> object:
    try:
        text = path.read_text("utf-8-sig")
        return json_of(text) if path.suffix.lower() == ".json" else toml_of(text)
    except OSError as error:
        raise MappingError(f"the mapping {path} cannot be read ({error.strerror}): check the path") from None
    except ValueError as error:
        kind = "JSON" if path.suffix.lower() == ".json" else "TOML"
        raise MappingError(f"the mapping {path} is no {kind}: {error}") from None


def _checked(spelling: Spelling, constants: Mapping[str, str], kinds: Kinds) -> TableMapping:
    if not spelling.each and not spelling.first:
        raise MappingError(" makes no facts: give a table [[each]] with an event and its fields")
    spoken = _spoken(spelling)
    each, first = (
        tuple(
            _fact_template(fact, f", [[{name}]] number {number}", constants.keys() - spoken, kinds)
            for number, fact in enumerate(facts, 1)
        )
        for name, facts in (("each", spelling.each), ("first", spelling.first))
    )
    if columns := sorted({column for fact in first for column in fact.columns} - constants.keys()):
        raise MappingError(f": [[first]] is made of no row, so it has no column {columns[0]!r}: move it to [[each]]")
    parties = spelling.parties
    if parties is not None and parties.languages and parties.iso is False:
        raise MappingError(", [parties]: languages name those of names of states, which iso = false leaves out")
    missing, missing_in = frozenset({""}), dict[str, frozenset[str]]()
    if isinstance(spelling.missing, frozenset):
        missing = spelling.missing
    else:
        missing_in = {heading(column): texts | {""} for column, texts in spelling.missing.items()}
    dates = spelling.dates
    languages = dates.languages
    with _within(", [dates]"):
        lexicon(languages)
        formats = tuple(date_format(text, languages) for text in dates.formats)
        zone = Template.of(dates.zone) if dates.zone else None
        fixed = find_zone(str(zone.constant)) if zone is not None and not zone.columns else None
    mapping = TableMapping(
        first=first,
        each=each,
        table=spelling.table,
        key=Template.of(spelling.key) if spelling.key else None,
        source={
            name: Template.of(value)
            for name, value in attrs.asdict(spelling.source).items()
            if value != "" and name != "optional"
        },
        source_is_optional=spelling.source.optional,
        missing=missing,
        missing_in=missing_in,
        dates=DateRules(
            languages=languages, formats=formats, order=dates.order, century=dates.century,
            drop_times=dates.times == "drop",
        ),
        year=None if dates.year is None else Template.of(str(dates.year)),
        zone=fixed or zone,
        drop_honorifics=spelling.names.drop_honorifics,
        parties=spelling.parties,
        values=_values(spelling.values, each),
        separator=spelling.lists.separator,
        file=attrs.evolve(spelling.file, fill_down=tuple(map(heading, spelling.file.fill_down)), missing=missing),
        constants=constants,
    )  # fmt: skip
    _check_used(mapping)
    return mapping


def _spoken(spelling: Spelling) -> set[str]:
    """Return all columns that a mapping speaks of, as it is written."""
    texts = [*attrs.asdict(spelling.source).values(), spelling.key, spelling.dates.year, spelling.dates.zone]
    texts += [value for fact in (*spelling.first, *spelling.each) for value in fact.values()]
    when = (fact.get("when") for fact in spelling.each)
    return {column for text in texts for column in Template.of(text).columns} | {
        heading(column) for conditions in when if isinstance(conditions, Mapping) for column in conditions
    }


def _fact_template(fields: Mapping[str, Any], where: str, left_open: Collection[str], kinds: Kinds) -> FactTemplate:
    """Read a fact of a mapping; ``left_open`` are fields that the command line says where the mapping does not."""
    fields = dict(fields)
    event = fields.pop("event", None)
    if not isinstance(event, str):
        raise MappingError(f'{where} has no event: say which, such as event = "MeetingHeld"')
    when = fields.pop("when", {})
    split = fields.pop("split", {})
    for name, given in (("when", when), ("split", split)):
        if not isinstance(given, Mapping):
            raise MappingError(f"{where}, {name} is {given!r:.80}: give a table")
    with _within(where):
        kind = find_kind(event, kinds)
    sorts = fields_of(kind)
    if stray := sorted(fields.keys() - sorts.keys()):
        raise MappingError(f"{where}: {kind.cls.__name__} has no field {stray[0]!r}: its fields are {', '.join(sorts)}")
    fields |= {name: f"{{{name}}}" for name in left_open if name in sorts and name not in fields}
    templates = {name: Template.of(value) for name, value in fields.items()}
    for name, template in templates.items():
        if not template.columns:
            if sorts[name] in ("id", "text") and not isinstance(template.constant, str):
                raise MappingError(
                    f"{where}: {name} is {template.constant!r:.80}: write it as a text, in quotation marks"
                )
            with _within(f"{where}, {name}"):
                check_field(kind, name, template.constant)
    fact_template = FactTemplate(
        kind=kind,
        fields=templates,
        when={heading(column): _condition(value) for column, value in when.items()},
        split={heading(column): between for column, between in split.items()},
    )
    for column, between in fact_template.split.items():
        if not isinstance(between, str) or not between:
            raise MappingError(f'{where}, split: {column} is {between!r:.80}: give what stands between, such as ";"')
        if column not in fact_template.columns:
            raise MappingError(f"{where}, split speaks of the column {column!r}, which no field of this fact has")
    return fact_template


def _condition(value: object) -> Condition:
    if isinstance(value, bool):
        return value
    return frozenset(fold(str(text)) for text in (value if isinstance(value, list | tuple) else [value]))


def _values(tables: Mapping[str, Mapping[str, Any]], each: Iterable[FactTemplate]) -> Mapping[str, Mapping[str, Any]]:
    """Return what texts mean in each field, by their folded forms; raises MappingError for what no fact can have."""
    values: dict[str, Mapping[str, Any]] = {}
    for field, meanings in tables.items():
        kinds = [fact.kind for fact in each if field in fact.fields]
        if not kinds:
            raise MappingError(f": [values.{field}] is about no field of [[each]]: check its name")
        for text, meaning in meanings.items():
            for kind in kinds:
                several = fields_of(kind)[field] == "texts"
                with _within(f", [values.{field}]: {text!r} means {meaning!r:.80}"):
                    check_field(kind, field, (meaning,) if several and isinstance(meaning, str) else meaning)
        values[field] = {fold(text): meaning for text, meaning in meanings.items()}
    return values


def _check_used(mapping: TableMapping) -> None:
    """Raise MappingError for a constant that is neither a column nor a field left open."""
    spoken = mapping.columns | {column for fact in (*mapping.first, *mapping.each) for column in fact.columns}
    templates = [*mapping.source.values(), mapping.key, mapping.year, mapping.zone]
    spoken |= {column for one in templates if isinstance(one, Template) for column in one.columns}
    for name in mapping.constants:
        if name not in spoken:
            raise MappingError(
                f" has no column {{{name}}}, nor does a fact of it leave a field {name!r} open: leave it out"
            )


class _within:  # noqa: N801 - it reads as the statement that it is
    """Turns an InvalidValueError of a block into a MappingError that says where it is."""

    def __init__(self, where: str) -> None:
        self._where = where

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, InvalidValueError):
            raise MappingError(f"{self._where}: {error}") from None


def table_name(mapping: TableMapping | None, source: Source | None) -> str:
    """Return what a table is called in all its editions: as the mapping says, else the title of its source."""
    if mapping is not None and mapping.table:
        return mapping.table
    title = mapping.source.get("title") if mapping is not None else None
    if title is not None and not title.columns:
        return str(title.constant)
    return "" if source is None else source.title


def unknown_columns(mapping: TableMapping, seen: Collection[str]) -> set[str]:
    """Return the columns that a mapping speaks of and no row has, neither whole nor as a path into an object."""
    return {
        column
        for column in mapping.columns
        if column not in seen and column.partition(".")[0] not in seen and place_of(column) is None
    }
