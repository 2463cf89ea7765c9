"""Rows of a table made into facts, as a mapping says."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time
from typing import Any

import attrs

from dialogue_registry.errors import DialogueRegistryError, InvalidDateError, InvalidValueError
from dialogue_registry.imports.cells import is_empty, plain_value, texts_of
from dialogue_registry.imports.date_cells import DateRules, day_of_moment
from dialogue_registry.imports.date_fields import DateField
from dialogue_registry.imports.fact_fields import fact_from
from dialogue_registry.imports.fact_maker import FactMaker, split_items
from dialogue_registry.imports.mapping import Condition, FactTemplate, TableMapping
from dialogue_registry.imports.parties import Parties
from dialogue_registry.imports.row_view import RowView
from dialogue_registry.imports.rows import Row
from dialogue_registry.model.events import Citation, Fact, Source
from dialogue_registry.model.kinds import Kinds
from dialogue_registry.model.names import fold
from dialogue_registry.model.standard_kinds import STANDARD_KINDS


class UnresolvedError(Exception):
    """Names of parties that nobody knows; ``names`` are all those of the row."""

    def __init__(self, field: str, names: tuple[str, ...]) -> None:
        super().__init__(f"{field} {names[0]!r} is not known, or is two: give its code in [parties.aliases]")
        self.names = names


@attrs.frozen
class MappedFact:
    """A fact of a row with its source, and where in its table it stands, as a citation has it."""

    fact: Fact
    source: Source | None
    as_written: tuple[tuple[str, str], ...] = ()
    row: str = ""
    locator: str = ""

    def cited(self, table: str, edition: str) -> Citation:
        """Return where in an edition of a table the fact stands."""
        return Citation(table=table, edition=edition, row=self.row, locator=self.locator, as_written=self.as_written)


@attrs.define
class MappedRow:
    """The facts of a row."""

    facts: list[MappedFact] = attrs.field(factory=list)
    #: Names of parties that nobody knows, kept as written.
    unknown: tuple[str, ...] = ()
    #: The ids made of its cells: the column and the id, each with the cell.
    ids: tuple[tuple[tuple[str, str], str], ...] = ()
    #: The key that tells the row apart from all others of its table, "" where the mapping has none.
    key: str = ""
    #: Remarks: somebody should look at the row, although it can be recorded.
    remarks: tuple[str, ...] = ()


class RowMapper:
    """Makes the facts of one row after the other."""

    def __init__(
        self,
        mapping: TableMapping | None,
        source: Source | None,
        kinds: Kinds = STANDARD_KINDS,
        constants: Mapping[str, str] | None = None,
    ) -> None:
        """Take a mapping (None: columns are named as fields are) and the source of rows without their own.

        ``constants`` are further columns of rows without a mapping; a mapping has its own.
        """
        self._kinds = kinds
        self._mapping = mapping
        self._source = source
        self._constants = constants or {}
        self._makers = [FactMaker(template, mapping) for template in mapping.each] if mapping else []
        published = mapping.source.get("published") if mapping else None
        self._published = DateField("published", published, mapping) if published and mapping else None
        self._last_source: tuple[dict[str, Any], Source] | None = None
        #: Whether a party that nobody knows is kept as written; otherwise its row is not made.
        self.keep_unresolved = False

    def know(self, parties: Parties) -> None:
        """Match names of parties with these from now on."""
        for maker in self._makers:
            maker.know(parties)

    def first(self) -> Sequence[MappedFact]:
        """Return the facts that the mapping makes of no row; raises InvalidValueError."""
        mapping = self._mapping
        if mapping is None or not mapping.first:
            return ()
        in_rows = {column for template in mapping.source.values() for column in template.columns}
        source = {} if in_rows - mapping.constants.keys() else mapping.source
        alone = attrs.evolve(mapping, each=mapping.first, source=source, parties=None, key=None)
        return RowMapper(alone, self._source, self._kinds).map(Row(0)).facts

    def map(self, row: Row) -> MappedRow:
        """Return what a row says; raises InvalidValueError (also the row's own error) or UnresolvedError."""
        if row.error is not None:
            raise row.error
        try:
            return self._unmapped(row) if self._mapping is None else self._mapped(row, self._mapping)
        except (DialogueRegistryError, UnresolvedError):
            raise
        except Exception as error:  # a value of somebody else's class may fail in any way
            raise InvalidValueError(f"it cannot be read ({type(error).__name__}: {error}): correct it") from error

    def _mapped(self, row: Row, mapping: TableMapping) -> MappedRow:
        mapped = MappedRow()
        view = RowView(row, mapping)
        source = self._source_of(view, mapping)
        if mapping.key is not None and any(texts := view.texts_of(mapping.key)):
            mapped.key = mapping.key.fill(texts)
        name, locator = _place_of(row, mapped.key)
        unresolved: tuple[tuple[str, str], ...] = ()
        for maker in self._makers:
            for part in _parts(view, maker.template) if maker.template.split else (view,):
                if maker.template.when and not _applies(maker.template.when, part):
                    continue
                result = maker.make(part)
                assert result.fact is not None
                mapped.facts.append(MappedFact(result.fact, source, result.as_written, name, locator))
                mapped.ids += result.ids
                mapped.remarks += result.remarks
                unresolved += result.unresolved
        if unresolved:
            names = tuple(dict.fromkeys(name for _, name in unresolved))
            if not self.keep_unresolved:
                raise UnresolvedError(unresolved[0][0], names)
            mapped.unknown = names
        return mapped

    def partly(self, row: Row) -> list[tuple[type[Any], Mapping[str, Any]]] | None:
        """Return the fields, fact by fact, that can be read of a row which cannot be read whole; None: none can."""
        if self._mapping is None or row.error is not None:
            return None
        found: list[tuple[type[Any], Mapping[str, Any]]] = []
        try:
            view = RowView(row, self._mapping)
            for maker in self._makers:
                parts = _parts(view, maker.template) if maker.template.split else (view,)
                found += [
                    (maker.template.kind.cls, maker.partly(part))
                    for part in parts
                    if not maker.template.when or _applies(maker.template.when, part)
                ]
        except Exception:  # noqa: BLE001 - a value of somebody else's class may fail in any way
            return None
        return found

    def _source_of(self, view: RowView, mapping: TableMapping) -> Source | None:
        if not mapping.source:
            return self._source
        values: dict[str, Any] = {"title": ""}
        for name, template in mapping.source.items():
            if not template.columns:
                values[name] = template.constant
            elif name == "published":
                assert self._published is not None
                if (read := self._published.read(view)) is not None:
                    values[name] = read[0]
            elif any(texts := view.texts_of(template)):
                values[name] = template.fill(texts)
        if mapping.source_is_optional and not any(values.values()):
            return None
        if self._last_source is None or self._last_source[0] != values:  # rows next to each other often share it
            self._last_source = values, Source(**values)
        return self._last_source[1]

    def _unmapped(self, row: Row) -> MappedRow:
        """Return the fact of a row that names its event and fields itself."""
        own = getattr(row.cells, "maps", [row.cells])[0]
        cells = {**own, **self._constants}
        values = {column: _plain(value, column) for column, value in cells.items() if column and not is_empty(value)}
        fact, stated = fact_from(values, self._kinds)
        return MappedRow([MappedFact(fact, stated or self._source, (), *_place_of(row, ""))])


def _parts(view: RowView, template: FactTemplate) -> Iterator[RowView]:
    """Yield the row for each item of the columns that hold several; several such columns go side by side."""
    texts = {
        column: texts_of(view.value(column), column, between)
        for column, between in template.split.items()
        if view.text(column)
    }
    for items in split_items(texts) if texts else ():
        yield view.with_items({**dict.fromkeys(template.split, ""), **items})


def _applies(when: Mapping[str, Condition], view: RowView) -> bool:
    return all(
        (bool(view.text(column)) is wanted if isinstance(wanted, bool) else fold(view.text(column)) in wanted)
        for column, wanted in when.items()
    )


def _place_of(row: Row, key: str) -> tuple[str, str]:
    """Return the row of a citation, which is the key where there is one, and its locator."""
    number = str(row.number) if row.number else ""
    return (key, row.where) if key else (number, row.part)


def _plain(value: Any, column: str) -> Any:
    """Return a value as an event takes it: whole numbers as such, days without a time."""
    value = plain_value(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, datetime):
        if value.tzinfo is None and value.time() != time(0):
            raise InvalidDateError(f"column {column!r} has a time of day, {value}: give a day")
        return day_of_moment(value, DateRules(), None)
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, Mapping) and column != "source":
        raise InvalidValueError(f"column {column!r} holds an object: give a text, a number, a date or a list of texts")
    return value
