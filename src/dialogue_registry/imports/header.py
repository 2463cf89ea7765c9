"""The head of a table: its headings as they are compared, and what is wrong with one.

Blanks of any kind, line breaks and characters that cannot be seen do not matter in a
heading; everything else does.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

import attrs

from dialogue_registry.errors import InvalidValueError, MappingError
from dialogue_registry.imports.cells import text_of

_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_PLACE = re.compile(r"column ([1-9]\d{0,4})")
JOINED_BY = " / "
"""The text between the headings of several rows of a head."""


def heading(written: object) -> str:
    """Return a heading as it is compared and named: without outer blanks and what cannot be seen."""
    if isinstance(written, str):
        text = written
    else:
        try:
            text = text_of(written, "the head")
        except InvalidValueError:
            return ""
    return " ".join(_UNSEEN.sub("", text).split())


def place_of(column: str) -> int | None:
    """Return the place that "column 3" names, from 0; None for any other name."""
    found = _PLACE.fullmatch(column)
    return int(found[1]) - 1 if found else None


def joined_headings(rows: Sequence[Sequence[Any]], *, spread: bool) -> list[str]:
    """Return the headings of a head in one row or several, each joined from top to bottom.

    With ``spread``, a heading that stands above another one is also that of the empty cells to
    its right. So a spreadsheet shows one heading above several columns.
    """
    width = max(map(len, rows), default=0)
    grid = [[heading(cell) for cell in row] + [""] * (width - len(row)) for row in rows]
    for upper, lower in pairwise(grid):
        above = ""
        for place in range(width if spread else 0):
            if upper[place]:
                above = upper[place] if lower[place] else ""
            elif lower[place]:
                upper[place] = above
    return [JOINED_BY.join(dict.fromkeys(filter(None, column))) for column in zip(*grid, strict=True)]


@attrs.frozen
class Wanted:
    """The columns that a head must have, and has once; ``every`` where all columns of the table are read."""

    columns: AbstractSet[str] = frozenset()
    asker: str = "of which the mapping speaks"
    every: bool = False


def check_columns(name: str, headings: Sequence[str], written: Sequence[Any], wanted: Wanted) -> None:
    """Raise MappingError unless the head has, and has once, every column that is wanted."""
    for column in sorted(missing(headings, wanted.columns)):
        raise MappingError(
            f"{name} has no column {column!r}, {wanted.asker}: it has {_shown(written)}{_near(column, headings)}"
        )
    for column in headings:
        if column and (wanted.every or column in wanted.columns) and headings.count(column) > 1:
            places = [str(place) for place, other in enumerate(headings, 1) if other == column]
            raise MappingError(
                f"{name} has two columns {column!r}, {' and '.join(places)}: rename one, or name one by its place, "
                f"{{column {places[0]}}}"
            )


def missing(headings: Sequence[str], wanted: Iterable[str]) -> set[str]:
    """Return the columns that are wanted and not there, by name or by place."""
    known = set(headings)
    return {
        column
        for column in wanted
        if column not in known and not ((place := place_of(column)) is not None and place < len(headings))
    }


def _shown(written: Sequence[Any]) -> str:
    """Name headings as they are written, with what cannot be seen spelled out."""
    texts = [cell if isinstance(cell, str) else str(cell) for cell in written]
    return ", ".join(
        text if text.isprintable() and text == text.strip() and text else repr(text) for text in texts
    ) or ("none at all")


def _near(column: str, headings: Sequence[str]) -> str:
    by_folded = {other.casefold(): other for other in headings if other}
    close = [by_folded[column.casefold()]] if column.casefold() in by_folded else []
    close = close or [by_folded[near] for near in get_close_matches(column.casefold(), by_folded, 1, 0.8)]
    return f"; did you mean {close[0]!r}?" if close else ""


def seeming_head(rows: Iterable[tuple[int, Sequence[Any]]], wanted: Collection[str]) -> int | None:
    """Return the number of the row that has all or most of the columns wanted; None where none has two, or all."""
    best, number = 0, None
    for row, cells in rows:
        there = len(set(wanted)) - len(missing([heading(cell) for cell in cells], wanted))
        if there > best:
            best, number = there, row
    return number if best >= min(2, len(set(wanted))) and best else None


def likely_head(rows: Iterable[tuple[int, Sequence[Any]]]) -> int | None:
    """Return the number of the first row whose cells look like headings: several texts, and no wider row above."""
    best, number = 1, None
    for row, cells in rows:
        texts = sum(isinstance(cell, str) and bool(heading(cell)) for cell in cells)
        if texts > best and texts == sum(bool(heading(cell)) for cell in cells):
            best, number = texts, row
    return number


def unread(headings: Sequence[str], read: Collection[str]) -> tuple[str, ...]:
    """Return the headings that nothing reads, those without one by their place."""
    places = {place_of(column) for column in read if column not in headings}
    return tuple(
        name or f"column {place + 1}"
        for place, name in enumerate(headings)
        if name not in read and place not in places and name
    )


def named(headings: Sequence[str], cells: Sequence[Any]) -> Mapping[str, Any]:
    """Return the cells of a row by their headings; of two equal headings the first counts."""
    return {name: cell for name, cell in zip(reversed(headings), reversed(cells), strict=True) if name}
