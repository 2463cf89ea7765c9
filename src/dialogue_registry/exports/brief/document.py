"""A document as a value, which is all that a writer knows: headings, paragraphs, lists, tables, numbered notes."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TypeAlias

import attrs


@attrs.frozen
class Piece:
    """A piece of text, the numbers of the notes that state it, and the address that it leads to."""

    text: str
    notes: tuple[int, ...] = ()
    url: str = ""


Line: TypeAlias = tuple[Piece, ...]


@attrs.frozen
class Heading:
    """A heading of a level, from 2 on: the title of the document has level 1."""

    text: str
    level: int = 2


@attrs.frozen
class Paragraph:
    """A paragraph."""

    line: Line


@attrs.frozen
class Items:
    """A list of lines."""

    lines: tuple[Line, ...]


@attrs.frozen
class Grid:
    """A table; the columns ``numbers`` hold numbers and are set to the right."""

    headings: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]
    numbers: frozenset[int] = frozenset()


Block: TypeAlias = Heading | Paragraph | Items | Grid


@attrs.frozen(kw_only=True)
class Document:
    """A document in a language (a BCP 47 tag), and its notes by their numbers, from 1 on."""

    title: str
    language: str
    blocks: tuple[Block, ...]
    notes_title: str
    notes: tuple[Line, ...]


def line(text: object, notes: Iterable[int] = ()) -> Line:
    """Return a line of one piece; none where there is no text."""
    written = " ".join(str(text).split())
    return (Piece(written, tuple(notes)),) if written else ()


_GAP = re.compile(r"\{(\w+)\}")


def fill(pattern: str, **values: Line | str) -> Line:
    """Return a pattern with lines or texts where their names stand in braces."""
    pieces: list[Piece] = []
    for place, part in enumerate(_GAP.split(pattern)):
        if place % 2 == 0:
            pieces += [Piece(part)] * bool(part)
        else:
            value = values[part]
            pieces += line(value) if isinstance(value, str) else value
    return tuple(pieces)


def joined(lines: Sequence[Line], between: str, last: str | None = None) -> Line:
    """Return lines one after another, with a text between them, and another one before the last."""
    pieces: list[Piece] = []
    for place, one in enumerate(lines):
        if place:
            pieces.append(Piece(between if last is None or place < len(lines) - 1 else last))
        pieces += one
    return tuple(pieces)


def grid(headings: Sequence[str], rows: Iterable[Sequence[Line]], numbers: Iterable[int] = ()) -> Grid:
    """Return a table without the columns that say nothing in any row."""
    lines = [tuple(row) for row in rows]
    kept = [column for column in range(len(headings)) if any(row[column] for row in lines)]
    right = set(numbers)
    return Grid(
        tuple(headings[column] for column in kept),
        tuple(tuple(row[column] for column in kept) for row in lines),
        frozenset(place for place, column in enumerate(kept) if column in right),
    )


def runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of each run of consecutive numbers.

    >>> list(runs((1, 2, 3, 7)))
    [(1, 3), (7, 7)]
    """
    for _, run in groupby(enumerate(sorted(set(numbers))), key=lambda pair: pair[1] - pair[0]):
        first, *rest = (number for _, number in run)
        yield first, rest[-1] if rest else first
