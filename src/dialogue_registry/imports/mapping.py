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

A field is a text in which ``{Column}`` stands for what the row has there. Where a column
says nothing, the text before it goes too, and a field all of whose columns say nothing is
left out. Further tables say how to read dates, names, parties, values and the file itself.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import attrs

from dialogue_registry.errors import MappingError
from dialogue_registry.imports.fact_fields import fact_class, fields_of
from dialogue_registry.model.events import Fact, Source
from dialogue_registry.model.names import fold

_COLUMN = re.compile(r"\{([^{}]+)\}")
_CLOSED_BY = {"(": ")", "[": "]", "“": "”", "«": "»", "（": "）", "「": "」"}
Condition = bool | frozenset[str]


@attrs.frozen
class Template:
    """A text with columns in it; ``constant`` where there are none."""

    constant: Any
    columns: tuple[str, ...] = ()
    #: What stands before each column, and after the last.
    between: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: object) -> "Template":
        """Read a template; whatever is no text is a constant."""
        if not isinstance(value, str) or not _COLUMN.search(value):
            return cls(value)
        pieces = _COLUMN.split(value)
        return cls(None, tuple(pieces[1::2]), tuple(pieces[::2]))

    def fill(self, cells: Sequence[str]) -> str:
        """Put the columns' cells in their places; an empty one takes the text before it along, and its brackets."""
        pieces, closing = [list(piece) for piece in self.between], [""] * len(self.between)
        for first, start, last, end in self._brackets():
            if not any(cells[first:last]):  # nothing within
                pieces[first][start:] = [""] * (len(pieces[first]) - start)
                pieces[last][: end + 1] = [""] * (end + 1)
            elif first == 0 or (cells[first] and any(cells[:first])):
                closing[last] += self.between[last][end]
            else:  # it opens in a text that goes
                pieces[last][end] = ""
        before, *between, after = ("".join(piece) for piece in pieces)
        text = cells[0]
        for number, cell in enumerate(cells[1:]):
            text += f"{between[number] if text else ''}{cell}" if cell else closing[number + 1]
        return f"{before}{text}{after}"

    def _brackets(self) -> Iterator[tuple[int, int, int, int]]:
        """Each pair of brackets with a column within: where it opens and closes, as a piece and a place in it."""
        opened: list[tuple[str, int, int]] = []
        for number, piece in enumerate(self.between):
            for place, letter in enumerate(piece):
                if letter in _CLOSED_BY:
                    opened.append((_CLOSED_BY[letter], number, place))
                elif opened and opened[-1][0] == letter:
                    _, first, opening = opened.pop()
                    if first < number:
                        yield first, opening, number, place


@attrs.frozen(kw_only=True)
class FactPlan:
    """How one kind of fact is made of a row."""

    event: type[Fact]
    fields: Mapping[str, Template]
    when: Mapping[str, Condition]


@attrs.frozen(kw_only=True)
class Plan:
    """A mapping, read and checked."""

    first: tuple[FactPlan, ...] = ()
    each: tuple[FactPlan, ...] = ()
    source: Mapping[str, Template] = attrs.field(factory=dict)
    missing: frozenset[str] = frozenset({""})
    date_formats: tuple[str, ...] = ()
    drop_honorifics: bool = False
    match_parties: bool = False
    iso: bool = False
    #: In which names of states are known beside English.
    party_languages: tuple[str, ...] = ()
    keep_unresolved: bool = False
    aliases: Mapping[str, str] = attrs.field(factory=dict)
    values: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
    separator: str = ";"
    rows: str = ""
    #: "" is what the kind of file has: a comma, or a tab in .tsv.
    delimiter: str = ""
    encoding: str = "utf-8-sig"

    @property
    def columns(self) -> set[str]:
        """All columns it speaks of."""
        templates = [*self.source.values(), *(t for plan in self.each for t in plan.fields.values())]
        return {c for t in templates for c in t.columns} | {c for plan in self.each for c in plan.when}


_SECTIONS: Mapping[str, Mapping[str, type]] = {
    "source": dict.fromkeys((field.name for field in attrs.fields(Source)), object),
    "dates": {"formats": list},
    "names": {"drop_honorifics": bool},
    "parties": {"iso": bool, "unresolved": str, "aliases": dict},
    "lists": {"separator": str},
    "file": {"rows": str, "delimiter": str, "encoding": str},
}
_TOP: Mapping[str, type] = {"missing": list, "first": list, "each": list, "values": dict} | dict.fromkeys(
    _SECTIONS, dict
)


def read_mapping(mapping: Mapping[str, Any] | str | Path) -> Plan:
    """Read a mapping from a TOML or JSON file, or from a dict of the same shape; raises MappingError."""
    if isinstance(mapping, Mapping):
        return _plan(mapping, "the mapping")
    path = Path(mapping)
    try:
        text = path.read_text("utf-8-sig")
        told = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise MappingError(f"the mapping {path} cannot be read ({error.strerror}): check the path") from None
    except ValueError as error:
        kind = "JSON" if path.suffix.lower() == ".json" else "TOML"
        raise MappingError(f"the mapping {path} is no {kind}: {error}") from None
    return _plan(told, str(path))


def _plan(told: object, where: str) -> Plan:
    told = _table(told, _TOP, where)
    each, first = (
        tuple(_fact_plan(fact, f"{where}, [[{name}]] number {number}") for number, fact in enumerate(told[name], 1))
        if name in told
        else ()
        for name in ("each", "first")
    )
    if not each and not first:
        raise MappingError(f"{where} makes no facts: give a table [[each]] with an event and its fields")
    if columns := sorted({column for plan in first for t in plan.fields.values() for column in t.columns}):
        raise MappingError(
            f"{where}: [[first]] is made of no row, so it has no column {columns[0]!r}: move it to [[each]]"
        )
    section = {name: _table(told.get(name, {}), known, f"{where}, [{name}]") for name, known in _SECTIONS.items()}
    for shape in section["dates"].get("formats", ()):
        if not isinstance(shape, str) or not ("%Y" in shape or "%y" in shape):
            raise MappingError(f'{where}, [dates]: the format {shape!r} has no year: write one, such as "%d %B %Y"')
    unresolved = section["parties"].get("unresolved", "leave out")
    if unresolved not in ("leave out", "keep"):
        raise MappingError(f'{where}, [parties]: unresolved is {unresolved!r}: use "leave out" or "keep"')
    if (delimiter := section["file"].get("delimiter")) is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise MappingError(
            f'{where}, [file]: delimiter is {delimiter!r}: give the one character between the cells, such as ";"'
        )
    if section["lists"].get("separator") == "":
        raise MappingError(f'{where}, [lists]: separator is empty: give what stands between the items, such as ";"')
    for name, code in section["parties"].get("aliases", {}).items():
        if not isinstance(code, str) or not code.strip():
            raise MappingError(f'{where}, [parties.aliases]: {name!r} is {code!r}: give a code, such as "KGZ"')
    values = {
        name: {fold(key): value for key, value in _dict(table, f"{where}, [values.{name}]").items()}
        for name, table in told.get("values", {}).items()
    }
    if stray := sorted(values.keys() - {field for plan in each for field in plan.fields}):
        raise MappingError(f"{where}: [values.{stray[0]}] is about no field of [[each]]: check its name")
    return Plan(
        first=first,
        each=each,
        source={name: Template.of(value) for name, value in section["source"].items()},
        missing=frozenset(map(str, told.get("missing", [""]))) | {""},
        date_formats=tuple(section["dates"].get("formats", ())),
        match_parties="parties" in told,
        keep_unresolved=unresolved == "keep",
        aliases=section["parties"].pop("aliases", {}),
        iso=section["parties"].get("iso", False),
        values=values,
        **section["names"],
        **section["lists"],
        **section["file"],
    )


def _fact_plan(told: object, where: str) -> FactPlan:
    fields = dict(_dict(told, where))
    event = fields.pop("event", None)
    if not isinstance(event, str):
        raise MappingError(f'{where} has no event: say which, such as event = "MeetingHeld"')
    when = _dict(fields.pop("when", {}), f"{where}, when")
    try:
        cls = fact_class(event)
    except ValueError as error:
        raise MappingError(f"{where}: {error}") from None
    if stray := sorted(fields.keys() - fields_of(cls).keys()):
        raise MappingError(
            f"{where}: {cls.__name__} has no field {stray[0]!r}: its fields are {', '.join(fields_of(cls))}"
        )
    return FactPlan(
        event=cls,
        fields={name: Template.of(value) for name, value in fields.items()},
        when={column: _condition(value) for column, value in when.items()},
    )


def _condition(value: object) -> Condition:
    if isinstance(value, bool):
        return value
    return frozenset(fold(str(text)) for text in (value if isinstance(value, list) else [value]))


def _table(told: object, known: Mapping[str, type], where: str) -> dict[str, Any]:
    table = _dict(told, where)
    for name, value in table.items():
        if name not in known:
            raise MappingError(f"{where} has {name!r}, which means nothing: use {', '.join(known)}")
        if not isinstance(value, known[name]):
            raise MappingError(f"{where}: {name} is {value!r:.80}: give a {_KINDS[known[name]]}")
    return dict(table)


_KINDS = {list: "list", bool: "true or false", str: "text", dict: "table"}


def _dict(told: object, where: str) -> Mapping[str, Any]:
    if not isinstance(told, Mapping):
        raise MappingError(f"{where} is {told!r:.80}: give a table")
    return told


def cell_text(value: object, missing: frozenset[str]) -> str:
    """A cell as text, without white space around it; "" where it says nothing."""
    match value:
        case None:
            return ""
        case float() if value != value:  # noqa: PLR0124 - not a number: how data frames leave a cell empty
            return ""
        case float() if value.is_integer():
            text = str(int(value))
        case datetime():
            text = value.date().isoformat() if value.time().isoformat() == "00:00:00" else value.isoformat()
        case date():
            text = value.isoformat()
        case _:
            text = str(value).strip()
    return "" if text in missing else text
