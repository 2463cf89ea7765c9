"""A document for Word. Its notes stand at its end, and each number leads to its note by a bookmark.

The library that writes it has no footnotes. It comes with the extra ``[docx]``.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import wcwidth

from dialogue_registry.charts.svg import xml_text
from dialogue_registry.errors import needs_extra
from dialogue_registry.exports.brief.document import Block, Document, Grid, Heading, Items, Line, Paragraph, Piece, runs
from dialogue_registry.queries.display import printable

_EAST_ASIAN = {"ja": "Yu Gothic", "zh": "SimSun", "ko": "Malgun Gothic"}
_LINKED = "0563C1"
_TEXT_WIDTH = 16.6
"""The width of a page between its margins, in centimetres."""
_MARGIN, _LETTER = 0.45, 0.23
"""The width that a cell takes beside its text, and that of a letter, in centimetres."""
_LONGEST_WORD, _LONGEST_LINE = 20, 60
_CREATED = datetime(2000, 1, 1, tzinfo=UTC)
"""The instant at which every document says that it was made, so that the same brief gives the same document."""


def word(document: Document) -> bytes:
    """Return a document as a .docx file; raises MissingExtraError without the extra ``[docx]``."""
    otherwise = ", or write the brief as .html, which Word opens too"
    with needs_extra("docx", "a brief for Word needs the package python-docx", otherwise):
        import docx  # noqa: PLC0415 - an extra
    writer = _Writer(docx.Document(), document)
    writer.write()
    file = BytesIO()
    writer.docx.save(file)
    return file.getvalue()


class _Writer:
    def __init__(self, docx: Any, document: Document) -> None:
        self.docx = docx
        self._document = document

    def write(self) -> None:
        document = self._document
        self._prepare()
        self._heading(document.title, 0)
        for block in document.blocks:
            self._block(block)
        if document.notes:
            self._heading(document.notes_title, 1)
            for number, note in enumerate(document.notes, 1):
                self._note(number, note)

    def _prepare(self) -> None:
        """Set the language, the fonts, the page and the properties."""
        from docx.shared import Cm, Pt  # noqa: PLC0415

        section, normal = self.docx.sections[0], self.docx.styles["Normal"]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.2)
        section.top_margin = section.bottom_margin = Cm(2)
        normal.font.name, normal.font.size = "Calibri", Pt(10.5)
        primary = self._document.language.partition("-")[0].lower()
        for style in self.docx.styles:
            properties = style.element.find(_named("rPr")) if style.type == 1 else None
            if style.name == "Normal":
                properties = style.element.get_or_add_rPr()
            if properties is None:
                continue
            fonts = properties.get_or_add_rFonts()
            if primary in _EAST_ASIAN:
                fonts.attrib.pop(_named("eastAsiaTheme"), None)
                fonts.set(_named("eastAsia"), _EAST_ASIAN[primary])
        defaults = self.docx.styles.element.find(f".//{_named('lang')}")
        if defaults is not None:
            # Latin letters in a text of East Asia keep their own language, else their words are broken anywhere.
            defaults.set(_named("eastAsia" if primary in _EAST_ASIAN else "val"), self._document.language)
        properties = self.docx.core_properties
        properties.title, properties.language = _text(self._document.title)[:255], self._document.language
        properties.author = properties.comments = ""
        properties.created = properties.modified = _CREATED

    def _heading(self, text: str, level: int) -> None:
        self.docx.add_heading(_text(text), level)

    def _block(self, block: Block) -> None:
        match block:
            case Heading():
                self._heading(block.text, block.level - 1)
            case Paragraph():
                self._fill(self.docx.add_paragraph(), block.line)
            case Items():
                for line in block.lines:
                    self._fill(self.docx.add_paragraph(style="List Bullet"), line)
            case Grid():
                self._grid(block)

    def _grid(self, block: Grid) -> None:
        from docx.shared import Cm, Pt  # noqa: PLC0415

        table = self.docx.add_table(rows=1, cols=len(block.headings), style="Table Grid")
        table.autofit = False
        widths = [Cm(width) for width in _widths(block)]
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        lines = ((Piece(heading),) for heading in block.headings)
        # The head stands again on each page, and no row is broken between two.
        self._row(table.rows[0], lines, block.numbers, widths, mark="tblHeader", bold=True)
        for row in block.rows:
            self._row(table.add_row(), row, block.numbers, widths, mark="cantSplit")
        self.docx.add_paragraph().paragraph_format.space_after = Pt(0)

    def _row(
        self, row: Any, lines: Iterable[Line], numbers: Collection[int], widths: Sequence[Any], *, mark: str,
        bold: bool = False,
    ) -> None:  # fmt: skip
        from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415
        from docx.shared import Pt  # noqa: PLC0415

        row._tr.get_or_add_trPr().append(_element(mark, val="true"))  # noqa: SLF001 - no other way
        for column, (cell, line, width) in enumerate(zip(row.cells, lines, widths, strict=True)):
            cell.width = width
            paragraph = cell.paragraphs[0]
            self._fill(paragraph, line)
            paragraph.paragraph_format.space_after = Pt(0)
            if column in numbers:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            if bold:
                paragraph.runs[0].bold = True

    def _note(self, number: int, note: Line) -> None:
        from docx.shared import Cm, Pt  # noqa: PLC0415

        paragraph = self.docx.add_paragraph()
        form = paragraph.paragraph_format
        form.left_indent, form.first_line_indent, form.space_after = Cm(0.9), Cm(-0.9), Pt(2)
        form.tab_stops.add_tab_stop(Cm(0.9))
        start = _element("bookmarkStart", id=str(number), name=bookmark(number))
        paragraph._p.append(start)  # noqa: SLF001
        paragraph.add_run(f"{number}.\t")
        paragraph._p.append(_element("bookmarkEnd", id=str(number)))  # noqa: SLF001
        self._fill(paragraph, note)
        for run in paragraph.runs:
            run.font.size = Pt(9)

    def _fill(self, paragraph: Any, line: Line) -> None:
        for piece in line:
            if piece.url.startswith(("http://", "https://")):
                self._address(paragraph, piece.text, piece.url)
            else:
                paragraph.add_run(_text(piece.text))
            self._references(paragraph, piece.notes)

    def _address(self, paragraph: Any, text: str, url: str) -> None:
        from docx.opc.constants import RELATIONSHIP_TYPE  # noqa: PLC0415

        relation = paragraph.part.relate_to(_text(url), RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
        link = _element("hyperlink")
        link.set(_relation("id"), relation)
        self._linked(paragraph, link, _text(text), small=True)

    def _references(self, paragraph: Any, notes: Iterable[int]) -> None:
        """Add the numbers of notes, each a link to its bookmark; of a run of them the first and the last."""
        for place, (first, last) in enumerate(runs(notes)):
            if place:
                paragraph.add_run(", ").font.superscript = True
            self._reference(paragraph, first)
            if last != first:
                paragraph.add_run("–").font.superscript = True
                self._reference(paragraph, last)

    def _reference(self, paragraph: Any, number: int) -> None:
        link = _element("hyperlink", anchor=bookmark(number), history="1")
        self._linked(paragraph, link, str(number), superscript=True)

    def _linked(self, paragraph: Any, link: Any, text: str, *, superscript: bool = False, small: bool = False) -> None:
        """Add a run to a paragraph, as a link."""
        from docx.shared import Pt, RGBColor  # noqa: PLC0415

        run = paragraph.add_run(text)
        run.font.color.rgb = RGBColor.from_string(_LINKED)
        run.font.superscript = True if superscript else None
        if small:
            run.font.size = Pt(9)
        link.append(run._r)  # noqa: SLF001
        paragraph._p.append(link)  # noqa: SLF001


def _widths(block: Grid) -> list[float]:
    """Return the widths of the columns of a table, in centimetres: room for the longest word, then for the text."""
    columns = list(zip(*block.rows, strict=True)) or [()] * len(block.headings)
    texts = [[heading, *map(_shown, cells)] for heading, cells in zip(block.headings, columns, strict=True)]
    words = [max((_length(word) for text in column for word in text.split()), default=0) for column in texts]
    least = [_MARGIN + _LETTER * min(word, _LONGEST_WORD) for word in words]
    more = [
        max(0, min(_LONGEST_LINE, max(map(_length, column))) - word) for column, word in zip(texts, words, strict=True)
    ]
    left = max(_TEXT_WIDTH - sum(least), 0)
    return [
        width + left * (1 + extra) / sum(1 + extra for extra in more) for width, extra in zip(least, more, strict=True)
    ]


def _shown(line: Line) -> str:
    """Return the text of a line; of the small numbers of its notes, the room that they take."""
    return "".join(piece.text + "n" * min(3 * len(list(runs(piece.notes))), 6) for piece in line)


def _text(text: str) -> str:
    """Return a text as a document can hold it: without what steers a program, and what XML forbids."""
    return xml_text(printable(text))


def _length(text: str) -> int:
    return max(wcwidth.wcswidth(text), 0)


def bookmark(number: int) -> str:
    """Return the name of the bookmark of a note."""
    return f"note_{number}"


def _element(tag: str, /, **values: str) -> Any:
    from docx.oxml import OxmlElement  # noqa: PLC0415

    element = OxmlElement(f"w:{tag}")
    for key, value in values.items():
        element.set(_named(key), value)
    return element


def _named(name: str) -> str:
    from docx.oxml.ns import qn  # noqa: PLC0415

    return qn(f"w:{name}")


def _relation(name: str) -> str:
    from docx.oxml.ns import qn  # noqa: PLC0415

    return qn(f"r:{name}")
