"""A grid of cells, as CSV files and workbooks have it, made into rows with the headings of its head."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import attrs

from dialogue_registry.errors import InvalidValueError, MappingError, UnreadableFileError
from dialogue_registry.imports.cells import is_empty
from dialogue_registry.imports.header import (
    Wanted,
    check_columns,
    heading,
    joined_headings,
    likely_head,
    missing,
    seeming_head,
)
from dialogue_registry.imports.rows import Row, Rows, Table

_LOOKED_THROUGH = 60
"""So many rows are looked through for a head that is not where it was sought."""

Record = tuple[int, Sequence[Any] | InvalidValueError]


@attrs.define
class Grid:
    """Numbered records of cells, and what was found out about their file.

    ``spans`` has the columns that one merged cell covers, from the first to the last, by
    the number of the row.
    """

    name: str
    records: Iterator[Record]
    found: tuple[str, ...] = ()
    spans: Mapping[int, Sequence[tuple[int, int]]] = attrs.field(factory=dict)
    total: int | None = None

    def spanned(self, number: int, record: Sequence[Any]) -> Sequence[Any]:
        """Return the cells of a row, a merged one in every column that it covers."""
        cells = list(record)
        for first, last in self.spans.get(number, ()):
            cells[first : last + 1] = [cells[first]] * (last + 1 - first)
        return cells


def as_table(grid: Grid, header_row: Sequence[int], wanted: Wanted) -> Table:
    """Return a table of the records below the head; raises MappingError where the head lacks a column wanted.

    The head is in the rows ``header_row``; where none is said, in the first row that is not blank.
    """
    name = grid.name
    records = ((number, record) for number, record in grid.records if not _is_blank(record))
    head, read = _head(records, grid, header_row)
    headings = joined_headings(head, spread=not any(number in grid.spans for number in header_row))
    if absent := missing(headings, wanted.columns):
        ahead = [(n, r) for n, r in islice(records, _LOOKED_THROUGH) if not isinstance(r, InvalidValueError)]
        _check_further_down(name, [*read, *ahead], header_row, wanted.columns, absent)
    check_columns(name, headings, head[-1] if len(head) == 1 else headings, wanted)
    return Table(name, _rows(records, headings), tuple(headings), grid.found, grid.total)


def _head(
    records: Iterator[Record], grid: Grid, header_row: Sequence[int]
) -> tuple[list[Sequence[Any]], list[tuple[int, Sequence[Any]]]]:
    """Return the rows of the head, and all that were read to find them."""
    head: list[Sequence[Any]] = []
    read: list[tuple[int, Sequence[Any]]] = []
    for number, record in records:
        if isinstance(record, InvalidValueError):
            if not header_row or number in header_row:
                raise UnreadableFileError(f"{grid.name} is no CSV: {record}")
            continue
        read.append((number, record))
        if not header_row or number in header_row:
            head.append(grid.spanned(number, record))
        if number >= max(header_row, default=0):
            break
    if header_row and len(head) < len(set(header_row)):
        there = {number for number, _ in read}
        blank = [str(row) for row in header_row if row not in there]
        raise MappingError(
            f"row {blank[0]} of {grid.name} is empty or not there, and [file] header_row says that the head is in it: "
            "give the number that the spreadsheet shows"
        )
    return head, read


def _check_further_down(
    name: str, rows: Sequence[tuple[int, Sequence[Any]]], header_row: Sequence[int], wanted: Collection[str],
    absent: Collection[str],
) -> None:  # fmt: skip
    """Raise MappingError if the head seems to be in another row."""
    number = seeming_head(rows, wanted)
    if number is not None and number not in header_row and (header_row or number != rows[0][0]):
        raise MappingError(
            f"{name} has no column {min(absent)!r} in row {max(header_row, default=rows[0][0])}: the head seems to be "
            f"in row {number}: say so in the mapping, [file] header_row = {number}"
        )
    names = [heading(cell) for cell in rows[0][1]] if rows else []
    if not header_row and "" in names and set(names) & set(wanted):
        place = names.index("") + 1
        raise MappingError(
            f"{name} has no column {min(absent)!r} in row {rows[0][0]}, where column {place} has no name: if it is "
            f"that one, name it in the mapping by its place, {{column {place}}}"
        )
    if not header_row and (number := likely_head(rows)) is not None and number != rows[0][0]:
        columns = next(cells for row, cells in rows if row == number)
        shown = ", ".join(filter(None, map(heading, columns)))
        raise MappingError(
            f"{name} has no column {min(absent)!r} in row {rows[0][0]}: the head may be in row {number}, which has "
            f"{shown}: say so in the mapping, [file] header_row = {number}"
        )


def _rows(records: Iterator[Record], headings: Sequence[str]) -> Rows:
    width = len(headings)
    names = list(dict.fromkeys(filter(None, headings)))
    place = [headings.index(name) for name in names]
    plain = place == list(range(width))
    for number, record in records:
        if isinstance(record, InvalidValueError):
            yield Row(number, error=record)
        elif len(record) > width and not all(map(is_empty, record[width:])):
            yield Row(
                number,
                error=InvalidValueError(
                    "it has more cells than the head of the table: quote a cell with what divides the cells in it"
                ),
            )
        else:
            cells = record if len(record) == width else [*record[:width], *[""] * (width - len(record))]
            yield Row(number, dict(zip(names, cells if plain else [cells[i] for i in place], strict=True)), cells)


def _is_blank(record: Sequence[Any] | InvalidValueError) -> bool:
    if isinstance(record, InvalidValueError):
        return False
    if record and record[0].__class__ is str and record[0].strip():
        return False  # most rows say so in their first cell
    return all(map(is_empty, record))
