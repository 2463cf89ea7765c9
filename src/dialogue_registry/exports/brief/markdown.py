"""A document as Markdown, which a person can read as it is: notes are numbers in brackets, and a list at the end."""

import re
from collections.abc import Iterable, Iterator

import wcwidth

from dialogue_registry.exports.brief.document import Block, Document, Grid, Heading, Items, Line, Paragraph, runs
from dialogue_registry.queries.display import fold, printable

_MARKS = re.compile(r"([\\`*_\[\]<>|])")
_AT_THE_BEGINNING = re.compile(r"^(\s*)([#+-]|\d+(?=[.)](?:\s|$)))")


def markdown(document: Document, width: int | None = None) -> str:
    """Return a document as Markdown (CommonMark with tables).

    With a ``width``, it is folded to that many columns, and a table that is wider is a list.
    """
    return "\n".join(_lines(document, width)) + "\n"


def _lines(document: Document, width: int | None) -> Iterator[str]:
    yield f"# {_escaped(document.title)}"
    for block in document.blocks:
        yield ""
        yield from _block(block, width)
    if document.notes:
        yield ""
        yield f"## {_escaped(document.notes_title)}"
        yield ""
        for number, note in enumerate(document.notes, 1):
            yield from _folded(f"{number}. {_text(note)}", width, len(str(number)) + 2)


def _block(block: Block, width: int | None) -> Iterable[str]:
    match block:
        case Heading():
            return [f"{'#' * block.level} {_escaped(block.text)}"]
        case Paragraph():
            return _folded(_begun(_text(block.line)), width)
        case Items():
            return [part for line in block.lines for part in _folded(f"- {_begun(_text(line))}", width, 2)]
        case Grid():
            lines = list(_grid(block))
            return lines if width is None or max(map(_width, lines)) <= width else _as_items(block, width)


def _folded(text: str, width: int | None, indent: int = 0) -> Iterator[str]:
    if width is None:
        yield text
        return
    for number, part in enumerate(fold(text, width - indent)):
        yield f"{' ' * indent if number else ''}{part}"


def _as_items(block: Grid, width: int) -> Iterator[str]:
    """Yield a table as a list: an item for each row, which begins with what its first cell says."""
    for row in block.rows:
        first, *others = (_text(cell) for cell in row)
        cells = [
            f"{_escaped(heading)}: {cell}" for heading, cell in zip(block.headings[1:], others, strict=True) if cell
        ]
        yield from _folded(f"- {first}{' – ' if first and cells else ''}{'; '.join(cells)}", width, 2)


def _grid(block: Grid) -> Iterator[str]:
    rows = [[_escaped(heading) for heading in block.headings], *([_text(cell) for cell in row] for row in block.rows)]
    widths = [max(3, *(_width(row[column]) for row in rows)) for column in range(len(block.headings))]
    rule = [f"{'-' * (w - 1)}:" if column in block.numbers else "-" * w for column, w in enumerate(widths)]
    for row in (rows[0], rule, *rows[1:]):
        cells = (_aligned(cell, widths[i], right=i in block.numbers) for i, cell in enumerate(row))
        yield f"| {' | '.join(cells)} |"


def _aligned(text: str, width: int, *, right: bool) -> str:
    blanks = " " * (width - _width(text))
    return blanks + text if right else text + blanks


def _width(text: str) -> int:
    return max(wcwidth.wcswidth(text), 0)


def _text(line: Line) -> str:
    parts = []
    for piece in line:
        if piece.url.startswith(("http://", "https://")) and not re.search(r"[\s<>]", piece.url):
            parts.append(f"<{printable(piece.url)}>")
        else:
            parts.append(_escaped(piece.text))
        parts += [f" {references(piece.notes)}"] * bool(piece.notes)
    return "".join(parts)


def references(notes: Iterable[int]) -> str:
    """Return the numbers of notes, runs of them as such: ``[1–3, 7]``."""
    return f"[{', '.join(str(first) if first == last else f'{first}–{last}' for first, last in runs(notes))}]"


def _escaped(text: str) -> str:
    return _MARKS.sub(r"\\\1", printable(text).replace("\n", " "))


def _begun(text: str) -> str:
    """Return a line whose beginning is no mark of a heading or a list."""
    return _AT_THE_BEGINNING.sub(r"\1\\\2" if not text.lstrip()[:1].isdigit() else r"\1\2&#8203;", text)
