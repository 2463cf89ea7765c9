"""The beginning of a table, looked at by somebody who does not know it: its head, its columns, its end."""

import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import attrs

from dialogue_registry.errors import InvalidValueError, MappingError
from dialogue_registry.imports.cells import BadCell, first_of, is_empty, text_of
from dialogue_registry.imports.files import FileRules, open_grid
from dialogue_registry.imports.grid import Grid
from dialogue_registry.imports.header import heading, joined_headings
from dialogue_registry.imports.heading_words import holds, is_total, note_of

_ROWS = 2000
_HEAD_WITHIN = 40
"""So many rows are looked at in all, and for the head."""


@attrs.frozen
class Sample:
    """A table as it seems to be: its sheet, its head and its end, and the cells of its rows by their headings."""

    name: str
    #: The lines above the head.
    title: str
    sheet: str
    #: The encoding, where it had to be said.
    encoding: str
    found: tuple[str, ...]
    header_row: tuple[int, ...]
    stop_at: tuple[str, ...]
    columns: tuple[str, ...]
    #: By row: its number and its cells.
    rows: tuple[tuple[int, Sequence[Any]], ...]

    def cells(self, column: str) -> list[tuple[int, Any]]:
        """Return the cells of a column that say something, each with the number of its row."""
        place = self.columns.index(column)
        return [(number, row[place]) for number, row in self.rows if place < len(row) and not is_empty(row[place])]

    def texts(self, column: str) -> list[str]:
        """Return the cells of a column that say something, as texts."""
        return [text_of(cell, column) for _, cell in self.cells(column) if not isinstance(cell, BadCell)]


def look_at(path: str | os.PathLike[str], kind: str | None, rules: FileRules) -> Sample:
    """Look at a CSV file or a sheet of a workbook; raises MappingError where there is no head to be seen."""
    with open_grid(os.fspath(path), kind, rules) as grid:
        records = [
            (number, record)
            for number, record in islice(grid.records, _ROWS)
            if not isinstance(record, InvalidValueError) and not all(map(is_empty, record))
        ]
        head = _head(records, grid)
        if not head:
            raise MappingError(f"{grid.name} has no row that looks like a head: write the mapping by hand")
        spread = not any(records[place][0] in grid.spans for place in head)
        columns = joined_headings([grid.spanned(*records[place]) for place in head], spread=spread)
        rows, stop_at = _until_end(records[head[-1] + 1 :])
        return Sample(
            Path(path).name,
            str(first_of(first_of(record) for _, record in records[: head[0]])),
            rules.sheet or grid.name.partition(", sheet '")[2].removesuffix("'"),
            rules.encoding,
            grid.found,
            tuple(records[place][0] for place in head),
            stop_at,
            tuple(columns),
            rows,
        )


def _head(records: Sequence[tuple[int, Sequence[Any]]], grid: Grid) -> tuple[int, ...]:
    """Return the places of the rows of the head: those with most known words, else the first wide row of texts."""
    best: tuple[tuple[int, bool], tuple[int, ...]] = ((0, True), ())
    for place in range(min(len(records), _HEAD_WITHIN)):
        for head in ((place,), (place, place + 1)):
            if head[-1] >= len(records) or not all(_is_of_texts(records[row][1]) for row in head):
                continue
            spread = not any(records[row][0] in grid.spans for row in head)
            headings = joined_headings([grid.spanned(*records[row]) for row in head], spread=spread)
            named = [name for name in headings if name]
            score = sum(bool(holds(name)) for name in named), len(head) == 1
            if len(named) > 1 and score > best[0] and len(set(named)) == len(named):
                best = score, head
    if best[1]:
        return best[1]
    wide = [
        (sum(bool(heading(cell)) for cell in record), -place)
        for place, (_, record) in enumerate(records[:_HEAD_WITHIN])
        if _is_of_texts(record)
    ]
    return (-max(wide)[1],) if wide and max(wide)[0] > 1 else ()


def _is_of_texts(record: Sequence[Any]) -> bool:
    """Return whether a row has headings only: texts, or years as numbers."""
    return all(
        is_empty(cell) or isinstance(cell, str) or (isinstance(cell, int | float) and 1000 < cell < 3000)
        for cell in record
    )


def _until_end(
    records: Sequence[tuple[int, Sequence[Any]]],
) -> tuple[tuple[tuple[int, Sequence[Any]], ...], tuple[str, ...]]:
    """Return the rows up to totals or a note, and how the first row below them begins."""
    for place, (_, record) in enumerate(records):
        first = str(first_of(record))
        alone = sum(not is_empty(cell) for cell in record) == 1
        if place and (is_total(first) or (alone and note_of(first))):
            return tuple(records[:place]), (first.rstrip(": ") if is_total(first) else note_of(first),)
    return tuple(records), ()
