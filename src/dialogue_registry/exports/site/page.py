"""The pages of a site as values: what stands on each of them, before anything is written.

A page has fields (a label and what it says), and parts: tables, lists of links and pictures.
Each writer makes of it what it needs; :func:`parted` cuts a long page into several.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import attrs
from markupsafe import Markup, escape

ROWS = 250
"""So many rows stand on one page at most."""


@attrs.frozen
class Link:
    """A text that leads somewhere: to a page of the site (a relative path), or to an address of the web."""

    text: str
    href: str

    def __html__(self) -> Markup:
        if _PLAIN.fullmatch(self.href):  # most of a site of thousands of meetings is links: each sign counts
            return Markup(f"<a href={self.href}>{escape(self.text)}</a>")  # noqa: S704 - nothing is left to escape
        away = Markup(' rel="noopener noreferrer"') if self.href.startswith(("http://", "https://")) else ""
        return Markup('<a href="{}"{}>{}</a>').format(self.href, away, self.text)


_PLAIN = re.compile(r"[a-z0-9./~#_-]+")


@attrs.frozen
class Several:
    """Some cells in one, divided by a comma or otherwise."""

    cells: "Sequence[Cell]"
    between: str = ", "

    def __html__(self) -> Markup:
        return escape(self.between).join(escape(cell) for cell in self.cells)


@attrs.frozen
class Strong:
    """A cell with a mark of its own, such as a verdict; ``kind`` is its class in the style sheet."""

    text: str
    kind: str

    def __html__(self) -> Markup:
        return Markup('<strong class="{}">{}</strong>').format(self.kind, self.text)


Cell: TypeAlias = str | int | Link | Several | Strong
"""The content of one place of a page; a text is escaped when it is written."""


@attrs.frozen
class Band:
    """A row of a table that heads the rows below it."""

    cell: Cell


Row: TypeAlias = Sequence[Cell] | Band


@attrs.frozen(kw_only=True)
class Table:
    """A table: the heads of its columns, and its rows. ``numbers`` are the columns that hold numbers."""

    title: str = ""
    note: Cell = ""
    columns: Sequence[str]
    rows: Sequence[Row]
    numbers: frozenset[int] = frozenset()
    anchor: str = ""


@attrs.frozen(kw_only=True)
class Items:
    """A list of short things that stand one after another, such as links to meetings."""

    title: str = ""
    note: Cell = ""
    items: Sequence[Cell]
    anchor: str = ""


@attrs.frozen(kw_only=True)
class Entry:
    """An item with fields that shares a page with others of its kind."""

    title: Cell
    fields: "Sequence[Field]" = ()
    anchor: str


@attrs.frozen(kw_only=True)
class Image:
    """A picture, drawn for paper and for a phone, with what it shows in words."""

    wide: str
    narrow: str
    words: str
    width: int
    height: int


@attrs.frozen
class Field:
    """A label, and what is said under it."""

    label: str
    cell: Cell


Part: TypeAlias = Table | Items | Entry | Image


@attrs.frozen(kw_only=True)
class Page:
    """One page of the site.

    ``path`` is its place in the folder, without an ending. ``trail`` leads to it from the front
    page. ``data`` is what programs read, ``structured`` is JSON-LD for search engines.
    """

    path: str
    title: str
    kind: str = ""
    trail: Sequence[Link] = ()
    fields: Sequence[Field] = ()
    parts: Sequence[Part] = ()
    data: Mapping[str, Any] = attrs.field(factory=dict)
    structured: Mapping[str, Any] | None = None
    template: str = "page.html"
    number: int = 1
    numbers: int = 1

    @property
    def has_images(self) -> bool:
        """Whether a picture stands on the page."""
        return any(isinstance(part, Image) for part in self.parts)

    @property
    def root(self) -> str:
        """The way from the page to the top of the folder."""
        return "../" * self.path.count("/")


def number_path(path: str, number: int) -> str:
    """Return the path of the n-th page of several."""
    return path if number == 1 else f"{path}~~{number}"


def parted(page: Page) -> Iterator[Page]:
    """Yield a page, cut into several where it has more rows than fit on one.

    The first keeps the fields; a table that goes on is headed again.
    """
    pages: list[list[Part]] = [[]]
    rows_left = ROWS
    for part in page.parts:
        rest: Part | None = part
        while rest is not None:
            first, rest = _cut(rest, rows_left)
            pages[-1].append(first)
            rows_left -= length(first)
            if rest is not None or rows_left <= 0:
                pages.append([])
                rows_left = ROWS
    if not pages[-1] and len(pages) > 1:
        pages.pop()
    for number, parts in enumerate(pages, 1):
        yield attrs.evolve(
            page,
            path=number_path(page.path, number),
            fields=page.fields if number == 1 else (),
            parts=parts,
            data=page.data if number == 1 else {},
            structured=page.structured if number == 1 else None,
            number=number,
            numbers=len(pages),
        )


def length(part: Part) -> int:
    """Return how many rows of a page a part takes."""
    match part:
        case Table():
            return len(part.rows)
        case Items():
            return -(-len(part.items) // 4)  # several of them stand on one line
        case Entry():
            return 1 + len(part.fields)
        case Image():
            return 0


def _cut(part: Part, limit: int) -> tuple[Part, Part | None]:
    """Return what of a part fits into so many rows, and the rest."""
    if length(part) <= limit:
        return part, None
    match part:
        case Table():
            rows = list(part.rows)
            band = next((row for row in reversed(rows[:limit]) if isinstance(row, Band)), None)
            rest = rows[limit:]
            if band is not None and rest and not isinstance(rest[0], Band):
                rest.insert(0, band)
            return attrs.evolve(part, rows=rows[:limit]), attrs.evolve(part, rows=rest)
        case Items():
            return attrs.evolve(part, items=part.items[: 4 * limit]), attrs.evolve(part, items=part.items[4 * limit :])
        case _:
            return part, None
