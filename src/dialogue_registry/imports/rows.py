"""Rows of a table: what stands in their cells, and how they are made fit.

They are made fit where a table ends early, where blanks mean "as above", and where columns should be rows.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from dialogue_registry.errors import InvalidValueError, MappingError
from dialogue_registry.imports.cells import first_of, is_empty
from dialogue_registry.imports.header import missing
from dialogue_registry.model.names import fold


@attrs.define
class Row:
    """A row of a table.

    ``number`` is the one that people know it by: of a spreadsheet (whose head is row 1), of
    a line, or of an item from 1. ``part`` tells rows of one number apart, such as "column
    '1957'". A row that cannot be read has an ``error``, and no cells.
    """

    number: int
    cells: Mapping[str, Any] = attrs.field(factory=dict)
    #: All cells by their places, also those without a head.
    places: Sequence[Any] = ()
    part: str = ""
    error: InvalidValueError | None = None

    @property
    def where(self) -> str:
        """The row as a report names it."""
        return f"row {self.number}, {self.part}" if self.part else f"row {self.number}"


Rows: TypeAlias = Iterator[Row]


@attrs.define
class Table:
    """A table that is being read: its columns as far as they are known, and its rows.

    ``columns`` are the heads in their order; () for JSON, where each row has its own.
    ``found`` says what was found out about the file: its encoding, what divides its cells.
    ``total`` is the number of rows, where it is known before the end. ``edition`` is the
    SHA-256 of the file's bytes, "" where there is no file.
    """

    name: str
    rows: Rows
    columns: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    total: int | None = None
    edition: str = ""

    def __iter__(self) -> Rows:
        return iter(self.rows)


# --- rows made fit ---------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Unpivot:
    """Columns that become rows: a column ``name`` has the heading of each, a column ``value`` its cell.

    ``columns`` is a list of headings, or the first and the last of a range, "1957:2011".
    """

    columns: str | tuple[str, ...]
    name: str
    value: str

    def headings(self, columns: Sequence[str]) -> tuple[str, ...]:
        """Return the headings that become rows, among those of a table; raises MappingError where one is not there."""
        if isinstance(self.columns, tuple):
            wanted, ends = self.columns, self.columns
        else:
            first, _, last = self.columns.partition(":")
            ends = (first.strip(), (last or first).strip())
            wanted = ()
        if absent := missing(columns, ends):
            raise MappingError(
                f"[file] unpivot speaks of the column {min(absent)!r}, which is not there: there are "
                f"{', '.join(columns)}"
            )
        if wanted:
            return wanted
        start, stop = columns.index(ends[0]), columns.index(ends[1])
        if stop < start:
            raise MappingError(f"[file] unpivot goes from {ends[0]!r} back to {ends[1]!r}: name the left one first")
        return tuple(columns[start : stop + 1])


def until(rows: Rows, stops: Sequence[str]) -> Rows:
    """Yield rows up to the first that begins with one of the texts; that one and all below are left out."""
    folded = tuple(fold(stop) for stop in stops)
    for row in rows:
        if folded and row.error is None and fold(str(first_of(row.places or row.cells.values()))).startswith(folded):
            return
        yield row


def filled_down(rows: Rows, columns: Sequence[str]) -> Rows:
    """Yield rows in which an empty cell of the columns has what the nearest row above has there."""
    above: dict[str, Any] = {}
    for row in rows:
        if row.error is None:
            cells = dict(row.cells)
            for column in columns:
                cell = cells.get(column)
                if is_empty(cell):
                    if column in above:
                        cells[column] = above[column]
                else:
                    above[column] = cell
            row.cells = cells
        yield row


def unpivoted(rows: Rows, unpivot: Unpivot, columns: Sequence[str], nothing: Collection[str]) -> Rows:
    """Yield a row for each cell of the columns that says something; ``nothing`` are texts that do not."""
    headings = unpivot.headings(columns)
    for row in rows:
        if row.error is not None:
            yield row
            continue
        rest = {name: cell for name, cell in row.cells.items() if name not in headings}
        for name in headings:
            cell = row.cells.get(name)
            if not is_empty(cell) and not (isinstance(cell, str) and cell.strip() in nothing):
                yield Row(row.number, {**rest, unpivot.name: name, unpivot.value: cell}, row.places, f"column {name!r}")
