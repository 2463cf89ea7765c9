"""SVG: its elements as text, with every foreign text made fit for XML.

A picture is put together from these functions alone, so that escaping stands in one place.
Groups bear the class names that Vega gives them, for style sheets and programs that know those.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

#: Characters that no XML document may contain, escaped or not. A renderer of SVG aborts the process on them.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def xml_text(text: str) -> str:
    """Return a text in which each character that XML forbids is the replacement character U+FFFD."""
    return _FORBIDDEN.sub("\ufffd", text)


def element(name: str, *children: str, **attributes: object) -> str:
    """Return one element; children are markup, attributes are texts and numbers (None: left out)."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}={_attribute(value)}"
        for key, value in attributes.items()
        if value is not None
    )
    inner = "".join(children)
    return f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>"


def _attribute(value: object) -> str:
    if isinstance(value, float):
        return f'"{number(value)}"'
    return quoteattr(xml_text(str(value)))


def number(value: float) -> str:
    """Return a coordinate to a tenth of a pixel, as short as it can be written."""
    rounded = f"{value:.1f}"
    return rounded.removesuffix(".0") if rounded != "-0.0" else "0"


def words(text: str) -> str:
    """Return a text as the content of an element."""
    return escape(xml_text(text))


def label(x: float, y: float, text: str, *, size: float = 11.5, anchor: str = "start", bold: bool = False) -> str:
    """Return one line of text; ``y`` is its base line."""
    return element(
        "text",
        words(text),
        x=x,
        y=y,
        font_size=f"{size:g}",
        text_anchor=None if anchor == "start" else anchor,
        font_weight="bold" if bold else None,
    )


def group(kind: str, children: Iterable[str]) -> str:
    """Return a group of elements of one kind, such as ``mark-text role-axis-label``."""
    return element("g", *children, class_=kind)


def titled(markup: str, tooltip: str) -> str:
    """Return markup with a text that shows when the pointer rests on it."""
    return element("g", element("title", words(tooltip)), markup)


def text_width(text: str, size: float) -> float:
    """Return about how wide a text is, in pixels: letters of Han are as wide as they are high."""
    return size * sum(_char_width(char) for char in text)


def _char_width(char: str) -> float:
    if unicodedata.east_asian_width(char) in "WF":
        return 1.0
    if unicodedata.combining(char):
        return 0.0
    if char in "iljI.,:;'|!()[] ":
        return 0.3
    return 0.7 if char.isupper() else 0.55


def wrapped(text: str, width: float, size: float) -> list[str]:
    """Break a text into lines no wider than so many pixels; a word that is wider is broken."""
    lines, line = [], ""
    for word in xml_text(text).split():
        joined = f"{line} {word}" if line else word
        if text_width(joined, size) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        *whole, line = _pieces(word, width, size)
        lines += whole
    return [*lines, line] if line or not lines else lines


def _pieces(word: str, width: float, size: float) -> list[str]:
    pieces, piece, filled = [], "", 0.0
    for char in word:
        wide = text_width(char, size)
        if piece and filled + wide > width:
            pieces.append(piece)
            piece, filled = "", 0.0
        piece += char
        filled += wide
    return [*pieces, piece]


Point = tuple[float, float]


class Box(NamedTuple):
    """A part of a picture, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Return whether the two have a point in common."""
        return (
            self.left <= other.right
            and other.left <= self.right
            and self.top <= other.bottom
            and other.top <= self.bottom
        )


def free_place(width: float, height: float, near: Point, frame: Box, taken: Sequence[Box]) -> tuple[Box, Point]:
    """Return a place for a text near a point, and the end of the line that leads to it from the point.

    The text and its line cover as little as possible of what is taken; among equals the nearest place wins.
    """
    x, y = near

    def end(box: Box) -> Point:
        return min(max(x, box.left - 2), box.right + 2), min(max(y, box.top), box.bottom)

    def cost(box: Box) -> tuple[int, float]:
        right, down = end(box)
        line = Box(min(x, right), min(y, down), max(x, right), max(y, down))
        covered = sum(4 * box.meets(other) + line.meets(other) for other in taken)
        return covered, abs((box.left + box.right) / 2 - x) + 2 * abs((box.top + box.bottom) / 2 - y)

    places = [
        Box(left, top, left + width, top + height)
        for side in (x + 9, x - 9 - width, x - width / 2)
        for left in [min(max(side, frame.left), frame.right - width)]
        for top in range(int(frame.top), int(frame.bottom - height) + 1, 4)
    ]
    best = min(places, key=cost)
    return best, end(best)
