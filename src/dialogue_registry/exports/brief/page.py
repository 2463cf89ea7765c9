"""A document as one page of HTML, without any file beside it."""

from collections.abc import Iterable, Iterator
from html import escape

from dialogue_registry.exports.brief.document import Block, Document, Grid, Heading, Items, Line, Paragraph, runs
from dialogue_registry.queries.display import printable

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2rem; } h3 { font-size: 1.05rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid #bbb; padding: .3rem .5rem; text-align: left; vertical-align: top; }
th { background: #f1f1f1; } .number { text-align: right; }
sup { font-size: .7em; line-height: 0; } ol { padding-left: 2rem; } li { overflow-wrap: anywhere; }
@media print { body { margin: 0; max-width: none; font-size: 11pt; } }
"""


def page(document: Document) -> str:
    """Return a document as a page of HTML."""
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(document.language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_escaped(document.title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body(document)}</main>\n</body>\n</html>\n"
    )


def body(document: Document) -> str:
    """Return a document as HTML without its frame."""
    return "".join(f"{line}\n" for line in _lines(document))


def _lines(document: Document) -> Iterator[str]:
    yield f"<h1>{_escaped(document.title)}</h1>"
    for block in document.blocks:
        yield from _block(block)
    if document.notes:
        yield f"<h2>{_escaped(document.notes_title)}</h2>"
        yield "<ol>"
        for number, note in enumerate(document.notes, 1):
            yield f'<li id="note-{number}">{_text(note)}</li>'
        yield "</ol>"


def _block(block: Block) -> Iterable[str]:
    match block:
        case Heading():
            return [f"<h{block.level}>{_escaped(block.text)}</h{block.level}>"]
        case Paragraph():
            return [f"<p>{_text(block.line)}</p>"]
        case Items():
            return ["<ul>", *(f"<li>{_text(line)}</li>" for line in block.lines), "</ul>"]
        case Grid():
            return _grid(block)


def _grid(block: Grid) -> Iterator[str]:
    classes = [' class="number"' if column in block.numbers else "" for column in range(len(block.headings))]
    heads = "".join(
        f'<th scope="col"{cls}>{_escaped(text)}</th>' for text, cls in zip(block.headings, classes, strict=True)
    )
    yield f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>"
    for row in block.rows:
        yield f"<tr>{''.join(f'<td{cls}>{_text(cell)}</td>' for cell, cls in zip(row, classes, strict=True))}</tr>"
    yield "</tbody>\n</table>"


def _text(line: Line) -> str:
    parts = []
    for piece in line:
        text = _escaped(piece.text)
        if piece.url.startswith(("http://", "https://")):
            text = f'<a href="{_escaped(piece.url)}">{text}</a>'
        parts.append(text + _references(piece.notes))
    return "".join(parts)


def _references(notes: Iterable[int]) -> str:
    """Return links to notes; of a run of them, to the first and the last."""
    links = [_link(first) if first == last else f"{_link(first)}–{_link(last)}" for first, last in runs(notes)]
    return f"<sup>{', '.join(links)}</sup>" if links else ""


def _link(number: int) -> str:
    return f'<a href="#note-{number}">{number}</a>'


def _escaped(text: str) -> str:
    return escape(printable(text))
