"""Rows of a table: what stands in its cells, by name and by place."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from dialogue_registry.errors import InvalidValueError


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
