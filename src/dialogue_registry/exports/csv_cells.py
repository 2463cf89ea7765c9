"""The cells of a CSV file: as they are for programs, or made fit for a spreadsheet."""

import csv
from collections.abc import Callable, Sequence
from typing import Any, Protocol

MARK = "\ufeff"
"""Begins a file for a spreadsheet, which else takes UTF-8 for the encoding of its machine."""

_RUNS = ("=", "+", "-", "@", "\t", "\r")


class Writable(Protocol):
    """Anything that text can be written to."""

    def write(self, text: str, /) -> object:
        """Write a piece of text."""


def row_writer(file: Writable, line_end: str, *, for_spreadsheet: bool = False) -> Callable[[Sequence[Any]], object]:
    """Return a function that writes a row; for a spreadsheet, a text that it would run has an apostrophe before it.

    A reader of CSV gives back every cell as it was, line breaks of any kind included.
    """
    writer = csv.writer(_Lines(file, line_end))  # which quotes a carriage return only where one ends its lines
    if not for_spreadsheet:
        return writer.writerow
    return lambda row: writer.writerow([_harmless(cell) for cell in row])


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_RUNS) else cell


class _Lines:
    """Ends each line as wanted instead of by carriage return and line feed."""

    def __init__(self, file: Writable, end: str) -> None:
        self._file = file
        self._end = end

    def write(self, line: str) -> object:
        return self._file.write(line.removesuffix("\r\n") + self._end)
