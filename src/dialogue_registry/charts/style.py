"""The look of pictures: grey, at the width of an A4 page, the same each time.

Shape and fill tell things apart, never colour. Days are decimal years, so that no time zone
shifts them.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from dialogue_registry.charts import svg
from dialogue_registry.errors import InvalidValueError
from dialogue_registry.model.dates import PartialDate

WIDE, NARROW = 636, 344
"""The widths of a picture in pixels: on paper and on a screen, and on a phone."""

MARGIN = 8
DARK, GREY, BAND, LIGHT, PAPER = "#1a1a1a", "#808080", "#c9c9c9", "#e6e6e6", "#ffffff"
FONT = "Arial, Helvetica, 'Liberation Sans', 'Noto Sans CJK JP', 'Hiragino Sans', 'Yu Gothic', sans-serif"

CIRCLE = "M1,0A1,1,0,1,1,-1,0A1,1,0,1,1,1,0Z"
DIAMOND = "M0,-1.25L1.25,0L0,1.25L-1.25,0Z"
TRIANGLE_UP = "M0,-1.2L1.15,.9H-1.15Z"
TRIANGLE_DOWN = "M0,1.2L1.15,-.9H-1.15Z"
TRIANGLE_RIGHT = "M1.2,0L-.9,1.15V-1.15Z"
CROSS = "M-1,-1L1,1M-1,1L1,-1"
THICK_CROSS = "M-.9,-.6L-.6,-.9L0,-.3L.6,-.9L.9,-.6L.3,0L.9,.6L.6,.9L0,.3L-.6,.9L-.9,.6L-.3,0Z"
OBLONG = "M-1.9,-1H1.9V1H-1.9Z"


class Look(NamedTuple):
    """The shape of a mark: a path around the origin, its fill and its outline."""

    shape: str
    fill: str
    outline: str = DARK

    def at(self, x: float, y: float, radius: float, *, outline_width: float = 1.3) -> str:
        """Return the mark at a place."""
        return svg.element(
            "path",
            d=self.shape,
            transform=f"translate({svg.number(x)},{svg.number(y)}) scale({radius:g})",
            fill=self.fill,
            stroke=self.outline,
            stroke_width=f"{outline_width / radius:.3f}",
        )


class Span(NamedTuple):
    """The years that a picture shows, as decimal years."""

    first: float
    last: float

    @classmethod
    def of(cls, days: Iterable[PartialDate | None], since: int | None = None) -> "Span":
        """Return whole years that hold all of the days, or those from a year on.

        Raises InvalidValueError where there is no such day.
        """
        dated = [day for day in days if day is not None and (since is None or day.latest.year >= since)]
        if not dated:
            later = "" if since is None else f" in {since} or later"
            raise InvalidValueError(f"there is nothing dated{later} to draw: record a date, or choose otherwise")
        first = min(day.earliest for day in dated).year
        last = max(day.latest for day in dated).year + 1
        return cls(float(first if since is None else max(first, since)), float(last))

    def place(self, at: float, left: float, right: float) -> float:
        """Return where a decimal year lies between two places."""
        return left + (min(max(at, self.first), self.last) - self.first) / (self.last - self.first) * (right - left)

    def __str__(self) -> str:
        first, last = f"{self.first:.0f}", f"{self.last - 1:.0f}"
        return first if first == last else f"{first}–{last}"


def year(day: date) -> float:
    """Return a day as a decimal year."""
    return day.year + (day.timetuple().tm_yday - 0.5) / 366


def ticks(first: float, last: float, *, limit: int) -> list[int]:
    """Return round numbers from the first to the last, evenly spaced and not too many.

    They are 1, 2 or 5 times a power of ten apart. From 0 on there are at least four of them
    (or all, where there are fewer), and the highest is more than half of the last.
    """
    steps = (factor * 10**power for power in range(19) for factor in (1, 2, 5))
    step = next(step for step in steps if (last - first) / step <= limit)
    return list(range(math.ceil(first / step) * step, int(last) + 1, step))


def year_lines(span: Span, left: float, right: float, top: float, bottom: float) -> str:
    """Return the lines at the beginnings of years, behind everything else."""
    lines = [
        svg.element("line", x1=x, x2=x, y1=top, y2=bottom, stroke=LIGHT)
        for at in _years(span, left, right)
        for x in [span.place(at, left, right)]
    ]
    return svg.group("mark-rule role-axis-grid", lines)


def year_labels(span: Span, left: float, right: float, y: float) -> str:
    """Return the numbers of years, each where it begins; ``y`` is their base line."""
    labels = [
        svg.label(span.place(at, left, right), y, str(at), size=10, anchor="middle")
        for at in _years(span, left, right)
        if at < span.last  # where the last year ends is no year of the picture
    ]
    return svg.group("mark-text role-axis-label", labels)


def _years(span: Span, left: float, right: float) -> list[int]:
    return ticks(span.first, span.last, limit=max(2, int((right - left) / 30)))


def legend(entries: Sequence[tuple[str, Look]], width: float, top: float) -> tuple[str, float]:
    """Return the legend in as few lines as hold it, and where it ends."""
    parts, x, y = [], float(MARGIN), top + 12
    for name, look in entries:
        wide = 24 + svg.text_width(name, 10.5)
        if x > MARGIN and x + wide > width - MARGIN:
            x, y = float(MARGIN), y + 17
        parts += [look.at(x + 8, y - 3.5, 4.4), svg.label(x + 20, y, name, size=10.5)]
        x += wide + 14
    return svg.group("mark-group role-legend", parts), y + 6 if entries else top


def heading(title: str, notes: Sequence[str], width: float) -> tuple[str, float]:
    """Return the title of a picture with the notes under it, and where they end."""
    parts, y = [], float(MARGIN)
    for line in svg.wrapped(title, width - 2 * MARGIN, 15):
        y += 18
        parts.append(svg.label(MARGIN, y, line, size=15, bold=True))
    y += 3
    for note in notes:
        for line in svg.wrapped(note, width - 2 * MARGIN, 11):
            y += 14
            parts.append(svg.label(MARGIN, y, line, size=11))
    return svg.group("mark-group role-title", parts), y + 12
