"""Rows of a table made into facts, as a mapping says."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from dialogue_registry.errors import InvalidDateError, InvalidValueError
from dialogue_registry.imports.cells import is_nothing, plain_value, text_of, texts_of
from dialogue_registry.imports.date_cells import DateRules, day_of_moment, read_date
from dialogue_registry.imports.fact_fields import fact_from, read_value
from dialogue_registry.imports.header import place_of
from dialogue_registry.imports.instants import find_zone
from dialogue_registry.imports.mapping import Condition, FactTemplate, TableMapping
from dialogue_registry.imports.parties import Parties
from dialogue_registry.imports.rows import Row
from dialogue_registry.imports.templates import Template
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Fact, Source
from dialogue_registry.model.names import fold, name_parts

_SEGMENTS = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*", re.ASCII)
_BLANKS = re.compile(r"[\s‐‑–-]+")
_YEAR = re.compile(r"\d{4}")
PARTY_FIELDS = ("party", "country")
"""Fields in which names of parties are matched."""


class UnresolvedError(Exception):
    """Names of parties that nobody knows; ``names`` are all those of the row."""

    def __init__(self, field: str, names: tuple[str, ...]) -> None:
        super().__init__(f"{field} {names[0]!r} is not known, or is two: give its code in [parties.aliases]")
        self.names = names


@attrs.frozen
class MappedFact:
    """A fact of a row with its source; ``as_written`` pairs a field with the text that was changed on the way in."""

    fact: Fact
    source: Source | None
    as_written: tuple[tuple[str, str], ...] = ()


@attrs.define
class MappedRow:
    """What a row says."""

    facts: list[MappedFact] = attrs.field(factory=list)
    #: Names of parties that nobody knows, kept as written.
    unknown: tuple[str, ...] = ()
    #: The ids made of its cells: the column and the id, with the cell.
    ids: dict[tuple[str, str], str] = attrs.field(factory=dict)
    #: What tells the row apart from all others of its table, "" where the mapping does not say.
    key: str = ""
    #: What somebody should look at, although it can be recorded.
    remarks: list[str] = attrs.field(factory=list)


class RowMapper:
    """Makes the facts of one row after the other."""

    def __init__(self, mapping: TableMapping | None, parties: Parties, source: Source | None) -> None:
        """Take a mapping (None: columns are named as fields are) and the source of rows without their own."""
        self._mapping = mapping
        self._source = source
        self.parties = parties
        #: Whether a party that nobody knows is kept as written; otherwise its row is not made.
        self.keep_unresolved = False
        self._made_source: tuple[dict[str, Any], Source] | None = None

    def map(self, row: Row) -> MappedRow:
        """Return what a row says; raises InvalidValueError (also the row's own error) or UnresolvedError."""
        if row.error is not None:
            raise row.error
        if self._mapping is None:
            return _unmapped(row, self._source)
        mapped = MappedRow()
        view = _View(row, self._mapping)
        source = self._source_of(view)
        if self._mapping.key is not None and any(texts := view.texts(self._mapping.key)):
            mapped.key = self._mapping.key.fill(texts)
        unresolved: list[tuple[str, str]] = []
        for template in self._mapping.each:
            for part in _split(view, template):
                if _applies(template.when, part):
                    fact = _FactOfRow(self, template, part, mapped, unresolved)
                    mapped.facts.append(MappedFact(fact.made(), source, tuple(fact.as_written)))
        if unresolved:
            names = tuple(dict.fromkeys(name for _, name in unresolved))
            if not self.keep_unresolved:
                raise UnresolvedError(unresolved[0][0], names)
            mapped.unknown = names
        return mapped

    def _source_of(self, view: "_View") -> Source | None:
        assert self._mapping is not None
        if not self._mapping.source:
            return self._source
        values: dict[str, Any] = {"title": ""}
        for name, template in self._mapping.source.items():
            if not template.columns:
                values[name] = template.constant
            elif any(texts := view.texts(template)):
                values[name] = self.date(name, template, view)[0] if name == "published" else template.fill(texts)
        if self._made_source is None or self._made_source[0] != values:  # rows next to each other often share it
            self._made_source = values, Source(**values)
        return self._made_source[1]

    def date(self, field: str, template: Template, view: "_View") -> tuple[PartialDate, str]:
        """Return the date of the columns of a template, and what they say together."""
        assert self._mapping is not None
        meanings = self._mapping.values.get(field, {})
        zone = self._zone(view)
        cells = [self._day_text(column, view, zone) for column in template.columns]
        whole = template.fill(cells)
        if (meaning := meanings.get(fold(whole))) is not None:
            return PartialDate.of(meaning), whole
        if meanings:
            cells = [str(meanings.get(fold(cell), cell)) for cell in cells]
        found = self._of_two_columns(template, cells, view, zone)
        if found is None:
            found = read_date(template.fill(cells), self._mapping.dates, self._year(view), zone)
        return found, whole

    def _of_two_columns(
        self, template: Template, cells: Sequence[str], view: "_View", zone: ZoneInfo | None
    ) -> PartialDate | None:
        """Return the span or the window of days in two columns; None where the template has none."""
        assert self._mapping is not None
        window = template.between == ("[", "..", "]")
        halves = template.halves(".." if window else "/")
        if halves is None:
            return None
        split = len(halves[0].columns)
        texts = cells[:split], cells[split:]
        if not any(texts[0]):
            raise InvalidDateError(f"column {halves[0].columns[0]!r} has no day to begin on: give it one")
        rules, year = self._mapping.dates, self._year(view)
        try:
            first = read_date(halves[0].fill(texts[0]).strip("["), rules, year, zone)
            if not any(texts[1]):
                return first
            last = read_date(halves[1].fill(texts[1]).strip("]"), rules, year, zone)
        except InvalidDateError:
            return None
        if window:
            return PartialDate.of(f"[{first.earliest}..{last.latest}]")
        if not (first.is_day and last.is_day):
            return None
        return first if first == last else PartialDate.of(f"{first}/{last}")

    def _day_text(self, column: str, view: "_View", zone: ZoneInfo | None) -> str:
        """Return a cell of a date as text; the day of a datetime."""
        assert self._mapping is not None
        value = view.value(column)
        if isinstance(value, str):
            return view.text(column)
        value = plain_value(value)
        if is_nothing(value):
            return ""
        if isinstance(value, datetime):
            return day_of_moment(value, self._mapping.dates, zone).isoformat()
        if isinstance(value, time):
            raise InvalidDateError(f"column {column!r} has a time of day, {value}, and no day: check the cell")
        return value.isoformat() if isinstance(value, date) else view.text(column)

    def _year(self, view: "_View") -> int | None:
        template = self._mapping.year if self._mapping is not None else None
        if template is None:
            return None
        text = template.fill(view.texts(template)) if template.columns else str(template.constant)
        return int(text) if _YEAR.fullmatch(text) else None

    def _zone(self, view: "_View") -> ZoneInfo | None:
        zone = self._mapping.zone if self._mapping is not None else None
        if isinstance(zone, Template):
            texts = view.texts(zone)
            return find_zone(zone.fill(texts)) if any(texts) else None
        return zone


class _View:
    """A row as a mapping sees it: its cells by name, by place and by path, as values and as texts."""

    def __init__(self, row: Row, mapping: TableMapping, items: Mapping[str, Any] | None = None) -> None:
        self._row = row
        self.mapping = mapping
        self._items = items or {}
        self._texts: dict[str, str] = {}

    def with_items(self, items: Mapping[str, Any]) -> "_View":
        """Return a view in which some columns have one of their items each."""
        return _View(self._row, self.mapping, items)

    def value(self, column: str) -> Any:
        """Return what the row has in a column; None where it has no such column."""
        if column in self._items:
            return self._items[column]
        constants, row = self.mapping.constants, self._row
        if column in constants:
            return constants[column]
        if column in row.cells:
            return row.cells[column]
        if column == "row":
            return row.number
        if (place := place_of(column)) is not None:
            return row.places[place] if place < len(row.places) else None
        return _inside(row.cells, column) if "." in column else None

    def text(self, column: str) -> str:
        """Return a cell as text, "" where it says nothing."""
        text = self._texts.get(column)
        if text is None:
            text = text_of(self.value(column), column, self.mapping.separator)
            if text in self.missing(column):
                text = ""
            self._texts[column] = text
        return text

    def says_something(self, column: str) -> bool:
        """Return whether a cell says something, of whatever kind it is."""
        value = self.value(column)
        return bool(self.text(column)) if isinstance(value, str | list | tuple) else not is_nothing(value)

    def missing(self, column: str) -> frozenset[str]:
        """Return the texts that say nothing in a column."""
        return self.mapping.missing_in.get(column, self.mapping.missing)

    def texts(self, template: Template) -> list[str]:
        """Return the cells of the columns of a template."""
        return [self.text(column) for column in template.columns]


def _inside(cells: Mapping[str, Any], path: str) -> Any:
    """Return what is inside an object, or inside each object of a list."""
    head, *rest = path.split(".")
    value: Any = cells.get(head)
    for depth, key in enumerate(rest, 1):
        if is_nothing(value):
            return None
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list | tuple) and all(isinstance(item, Mapping) for item in value):
            value = [item.get(key) for item in value]
        else:
            reached = ".".join((head, *rest[: depth - 1]))
            raise InvalidValueError(
                f"column {reached!r} is no object, so it has no {key!r} inside: name it as it is, {{{reached}}}"
            )
    return value


def _split(view: _View, template: FactTemplate) -> Iterator[_View]:
    """Yield the row for each item of the columns that hold several; several such columns go side by side."""
    if not template.split:
        yield view
        return
    items = {
        column: texts_of(view.value(column), column, between)
        for column, between in template.split.items()
        if view.text(column)
    }
    numbers = {column: len(texts) for column, texts in items.items()}
    if len(set(numbers.values())) > 1:
        has = ", ".join(f"{column!r} has {number}" for column, number in numbers.items())
        raise InvalidValueError(f"the columns that are split do not go together: {has}: give each as many items")
    for place in range(max(numbers.values(), default=0)):
        yield view.with_items(dict.fromkeys(template.split, "") | {name: texts[place] for name, texts in items.items()})


def _applies(when: Mapping[str, Condition], view: _View) -> bool:
    return all(
        (bool(view.text(column)) is wanted if isinstance(wanted, bool) else fold(view.text(column)) in wanted)
        for column, wanted in when.items()
    )


class _FactOfRow:
    """One fact while it is made of a row."""

    def __init__(
        self, mapper: RowMapper, template: FactTemplate, view: _View, row: MappedRow, unresolved: list[tuple[str, str]]
    ) -> None:
        self._mapper = mapper
        self._template = template
        self._view = view
        self._row = row
        self._unresolved = unresolved
        self.as_written: list[tuple[str, str]] = []

    def made(self) -> Fact:
        cls = self._template.event
        kinds = self._template.kinds
        values: dict[str, Any] = {}
        for name, template in self._template.fields.items():
            value = self._value(name, kinds[name], template)
            if value is not None:
                values[name] = value
        if "name" in kinds and values.get("office"):
            values.setdefault("name", "")  # a delegate nobody named
        for name in self._template.required:
            if name not in values:
                raise InvalidValueError(self._lacks(name))
        return cls(**values)

    def _value(self, name: str, kind: str, template: Template) -> Any:
        if not template.columns:
            return template.constant
        if kind == "date":
            if not any(map(self._view.says_something, template.columns)):
                return None
            found, written = self._mapper.date(name, template, self._view)
            self._changed(name, written, str(found))
            return found
        texts = self._view.texts(template)
        if not any(texts):
            return None
        meanings = self._view.mapping.values.get(name, {})
        match kind:
            case "id":
                return self._id(template, texts, meanings)
            case "texts":
                return self._texts(template, texts, meanings)
        written = template.fill(texts)
        value: Any = meanings.get(fold(written)) if meanings else None
        if value is None:
            value = template.fill([str(meanings.get(fold(text), text)) for text in texts]) if meanings else written
            if kind == "text":
                value = self._text(name, value)
            else:
                value = read_value(kind, value, f"{self._template.event.__name__}.{name}")
        self._changed(name, written, str(value))
        return value

    def _changed(self, name: str, written: str, value: str) -> None:
        if written != value:
            self.as_written.append((name, written))

    def _text(self, name: str, text: str) -> str:
        mapping = self._view.mapping
        if name in PARTY_FIELDS and mapping.parties is not None:
            if (party := self._mapper.parties.match(text)) is not None:
                return party
            self._unresolved.append((name, text))
            return text
        if name == "name" and "party" in self._template.fields:
            if (sign := next((sign for sign in (";", "\n", "|") if sign in text), "")) and not self._is_split(name):
                self._row.remarks.append(_several(text, sign, self._template.fields[name].columns[0]))
            if mapping.drop_honorifics and (honorific := name_parts(text).honorific):
                return text.removeprefix(honorific).lstrip(" ,")
        return text

    def _is_split(self, name: str) -> bool:
        return not self._template.split.keys().isdisjoint(self._template.fields[name].columns)

    def _texts(self, template: Template, texts: Sequence[str], meanings: Mapping[str, Any]) -> tuple[str, ...]:
        column, separator = template.columns[0], self._view.mapping.separator
        alone = len(template.columns) == 1 and template.between == ("", "")
        items = texts_of(self._view.value(column) if alone else template.fill(texts), column, separator)
        items = tuple(item for item in items if item not in self._view.missing(column))
        return tuple(str(meanings.get(fold(item), item)) for item in items) if meanings else items

    def _id(self, template: Template, texts: Sequence[str], meanings: Mapping[str, Any]) -> str:
        if meanings and (whole := meanings.get(fold(template.fill(texts)))) is not None:
            return str(whole)
        segments = []
        for text, column in zip(texts, template.columns, strict=True):
            if meanings and (meaning := meanings.get(fold(text))) is not None:
                segments.append(str(meaning))
                continue
            segment = id_segment(text)
            if not segment:
                shown = f"{text!r}, of which no id can be made" if text else "empty, and an id is made of it"
                raise InvalidValueError(f"column {column!r} is {shown}: give it letters a to z or digits")
            self._row.ids.setdefault((column, segment), text)
            segments.append(segment)
        return template.fill(segments)

    def _lacks(self, name: str) -> str:
        """Say why a field that is needed has no value."""
        event = self._template.event.__name__
        template = self._template.fields.get(name)
        if template is None:
            return f"{event} needs {name!r}, and the mapping has none: give it there"
        for column in template.columns:
            written = text_of(self._view.value(column), column, self._view.mapping.separator)
            if written:
                return (
                    f"{event} needs {name!r}, and column {column!r} says {written!r}, which missing takes for nothing: "
                    "if it says something here, say in the mapping in which column it does not, such as "
                    f'missing = {{ Office = ["{written}"] }}'
                )
        columns = " and ".join(map(repr, template.columns))
        are = "is" if len(template.columns) == 1 else "are"
        return f"{event} needs {name!r}, and there is none: {columns} {are} empty"


def _several(text: str, sign: str, column: str) -> str:
    shown = sign.replace("\n", "\\n")
    return (
        f'name {text!r:.80} holds "{shown}": if it names several people, say in the mapping '
        f'split = {{ "{column}" = "{shown}" }}'
    )


def _unmapped(row: Row, source: Source | None) -> MappedRow:
    """Return the fact of a row that names its event and fields itself."""
    own = getattr(row.cells, "maps", [row.cells])[0]
    values = {column: _plain(value, column) for column, value in own.items() if column and not _is_empty(value)}
    fact, stated = fact_from(values)
    return MappedRow([MappedFact(fact, stated or source)])


def _is_empty(value: object) -> bool:
    return not value.strip() if isinstance(value, str) else is_nothing(value)


def _plain(value: Any, column: str) -> Any:
    """Return a value as an event takes it: whole numbers as such, days without a time."""
    value = plain_value(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, datetime):
        if value.tzinfo is None and value.time() != time(0):
            raise InvalidDateError(f"column {column!r} has a time of day, {value}: give a day")
        return day_of_moment(value, DateRules(), None)
    return value.strip() if isinstance(value, str) else value


@lru_cache(maxsize=8192)
def id_segment(cell: str) -> str:
    """Return a cell as it may stand in an id ("INC 1" is inc-1, "Som/80" is som/80); "" where none can be made."""
    if _SEGMENTS.fullmatch(cell):
        return cell
    plain = "".join(c for c in unicodedata.normalize("NFKD", cell).lower() if not unicodedata.combining(c))
    parts = (re.sub(r"[^a-z0-9._]+", "-", part).strip("-._") for part in plain.split("/"))
    return "/".join(filter(None, parts))


def spelling_of(cell: str) -> str:
    """Return a text without what may differ between two spellings of one id: case, width, and how words are joined."""
    return _BLANKS.sub("-", unicodedata.normalize("NFKC", cell).casefold())
