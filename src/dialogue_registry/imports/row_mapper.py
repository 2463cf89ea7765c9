"""Rows of a table made into facts, as a mapping says."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dialogue_registry.errors import InvalidDateError, InvalidValueError
from dialogue_registry.imports.fact_fields import fact_from, fields_of, make_fact
from dialogue_registry.imports.mapping import Condition, FactPlan, Plan, Template, cell_text
from dialogue_registry.imports.parties import Parties
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Fact, Source
from dialogue_registry.model.names import fold, name_parts

_SEGMENTS = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*", re.ASCII)
_SPACES = re.compile(r"[\s‐‑–-]+")


class UnresolvedError(Exception):
    """A party's or a country's name that nobody knows; ``name`` says which."""

    def __init__(self, field: str, name: str) -> None:
        super().__init__(
            f"{field} {name!r} is not known, or is two: give its code in [parties.aliases], or record who joined first"
        )
        self.name = name


class RowReader:
    """Makes the facts of one row after the other."""

    def __init__(self, plan: Plan | None, parties: Parties, source: Source | None) -> None:
        """Take a mapping (None: the columns are named as the fields are) and the source of rows without their own."""
        self._plan = plan
        self._source = source
        self.parties = parties
        #: Whether a party nobody knows is kept as written; otherwise its row is not made.
        self.keep_unresolved = False
        #: The parties of the last row that nobody knew.
        self.unknown: tuple[str, ...] = ()
        self._spelled: dict[tuple[str, str], str] = {}
        self._spelled_here: dict[tuple[str, str], str] = {}

    def facts(self, row: Mapping[str, Any] | InvalidValueError) -> list[tuple[Fact, Source | None]]:
        """The facts of a row with their source; raises InvalidValueError (also the one given) or UnresolvedError."""
        self.unknown, self._spelled_here = (), {}
        if isinstance(row, InvalidValueError):
            raise row
        if None in row:
            raise InvalidValueError("it has more cells than the head of the table: quote a cell with a comma in it")
        if self._plan is None:
            fact, source = fact_from({column: value for column, value in row.items() if not _is_empty(value)})
            return [(fact, source or self._source)]
        plan = self._plan
        cells = {column: cell_text(value, plan.missing) for column, value in row.items()}
        made = [self._fact(fact, cells, row) for fact in plan.each if _applies(fact.when, cells)]
        if not made or not plan.source:
            return [(fact, self._source) for fact in made]
        told = {name: self._text(name, template, cells) for name, template in plan.source.items()}
        source = Source(**{"title": "", **{name: value for name, value in told.items() if value is not None}})
        return [(fact, source) for fact in made]

    def keep_ids(self) -> None:
        """Say that the last row is done: from now on, the ids made of its texts are theirs."""
        for key, cell in self._spelled_here.items():
            self._spelled.setdefault(key, cell)

    def _fact(self, plan: FactPlan, cells: Mapping[str, str], row: Mapping[str, Any]) -> Fact:
        kinds = fields_of(plan.event)
        values: dict[str, Any] = {}
        for name, template in plan.fields.items():
            if (value := self._value(name, kinds[name], template, cells, row)) is not None:
                values[name] = value
        if kinds.keys() >= {"name", "office"} and values.get("office"):
            values.setdefault("name", "")  # a delegate nobody named
        return make_fact(plan.event, values)

    def _value(self, name: str, kind: str, template: Template, cells: Mapping[str, str], row: Mapping[str, Any]) -> Any:
        assert self._plan is not None
        if not template.columns:
            return template.constant
        told = [cells.get(column, "") for column in template.columns]
        if not any(told):
            return None
        if kind == "texts":
            cell = row.get(template.columns[0])
            if isinstance(cell, list | tuple):
                return tuple(cell)
            return tuple(text for part in template.fill(told).split(self._plan.separator) if (text := part.strip()))
        if kind == "id":
            return template.fill(
                [self._segment(cell, column) for cell, column in zip(told, template.columns, strict=True)]
            )
        if kind == "date":
            return self._date(template, told)
        text = template.fill(told)
        text = str(self._plan.values.get(name, {}).get(fold(text), text))
        if name in ("party", "country") and self._plan.match_parties:
            return self._party(name, text)
        if name == "name" and self._plan.drop_honorifics:
            parts = name_parts(text)
            return text.removeprefix(parts.honorific).lstrip(" ,") if parts.honorific else text
        return text

    def _text(self, name: str, template: Template, cells: Mapping[str, str]) -> Any:
        if not template.columns:
            return template.constant
        told = [cells.get(column, "") for column in template.columns]
        if not any(told):
            return None
        return self._date(template, told) if name == "published" else template.fill(told)

    def _date(self, template: Template, told: list[str]) -> PartialDate:
        if not told[0]:
            raise InvalidDateError(f"column {template.columns[0]!r} has no day to begin on: give it one")
        read = [cell and self._one_date(cell) for cell in told]
        text = template.fill(read)
        first, slash, last = text.partition("/")
        try:
            return PartialDate.of(first if slash and first == last else text)
        except InvalidDateError as error:
            raise InvalidDateError(f"{error}; or say in the mapping, [dates] formats, how days are written") from None

    def _one_date(self, cell: str) -> str:
        assert self._plan is not None
        for shape in self._plan.date_formats:
            try:
                day = datetime.strptime(cell, shape).date()  # noqa: DTZ007 - only its day is taken
            except ValueError:
                continue
            text = day.isoformat()
            return text if "%d" in shape or "%j" in shape else text[:7] if _MONTH.search(shape) else text[:4]
        return cell

    def _segment(self, cell: str, column: str) -> str:
        segment = _segment(cell, column)
        self._spelled_here[column, segment] = cell
        other = self._spelled.get((column, segment), cell)
        if _spelling(other) != _spelling(cell):
            raise InvalidValueError(
                f"column {column!r} is {cell!r}, and the id made of it, {segment!r}, is that of {other!r} further up: "
                "if they are one, write them alike; if not, write one so that its letters and digits differ"
            )
        return segment

    def _party(self, field: str, name: str) -> str:
        if (party := self.parties.match(name)) is not None:
            return party
        self.unknown = tuple(dict.fromkeys((*self.unknown, name)))
        if self.keep_unresolved:
            return name
        raise UnresolvedError(field, name)


_MONTH = re.compile(r"%[mbB]")


def _is_empty(value: object) -> bool:
    return not isinstance(value, Mapping | list | tuple) and cell_text(value, frozenset({""})) == ""


def _segment(cell: str, column: str) -> str:
    """A cell as it may stand in an id: "INC 1" is inc-1, "Som/80" is som/80."""
    if _SEGMENTS.fullmatch(cell):
        return cell
    plain = "".join(c for c in unicodedata.normalize("NFKD", cell).lower() if not unicodedata.combining(c))
    parts = (re.sub(r"[^a-z0-9._]+", "-", part).strip("-._") for part in plain.split("/"))
    segment = "/".join(filter(None, parts))
    if not segment:
        said = f"{cell!r}, of which no id can be made" if cell else "empty, and an id is made of it"
        raise InvalidValueError(f"column {column!r} is {said}: give it letters a to z or digits")
    return segment


def _spelling(cell: str) -> str:
    """A text without what may differ between two spellings of one id: case, width, and how words are joined."""
    return _SPACES.sub("-", unicodedata.normalize("NFKC", cell).casefold())


def _applies(when: Mapping[str, Condition], cells: Mapping[str, str]) -> bool:
    return all(
        (bool(cells.get(column, "")) is wanted if isinstance(wanted, bool) else fold(cells.get(column, "")) in wanted)
        for column, wanted in when.items()
    )
