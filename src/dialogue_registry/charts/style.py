"""How pictures look: in grey, at the width of an A4 page, the same each time.

What matters is told apart by shape and fill, never by colour. Days are decimal years, so
that no time zone shifts them.
"""

import textwrap
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, TypeAlias

import altair as alt

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.model.dates import PartialDate

WIDTH = 620
DARK, GREY, BAND, LIGHT, PAPER = "#1a1a1a", "#808080", "#c9c9c9", "#e6e6e6", "#ffffff"
_FONT = "Arial, Helvetica, 'Liberation Sans', sans-serif"
_WIDE_FONT = f"'Noto Sans CJK JP', 'Hiragino Sans', 'Yu Gothic', {_FONT}"


class Look(NamedTuple):
    """What a thing is drawn as: a shape of Vega or an SVG path, and its fill."""

    shape: str
    fill: str
    outline: str = DARK


class Span(NamedTuple):
    """The years that a picture shows, as decimal years."""

    first: float
    last: float

    @classmethod
    def of(cls, days: Iterable[PartialDate | None]) -> "Span":
        """Whole years that hold all of the days; raises InvalidValueError where there is none."""
        dated = [day for day in days if day is not None]
        if not dated:
            raise InvalidValueError("there is nothing dated to draw: record a date, or choose another dialogue")
        return cls(float(min(day.earliest for day in dated).year), float(max(day.latest for day in dated).year + 1))

    def pixel(self, at: float) -> float:
        """Where a decimal year lies on the full width."""
        return round(8 + (at - self.first) / (self.last - self.first) * (WIDTH - 16), 1)

    def __str__(self) -> str:
        first, last = f"{self.first:.0f}", f"{self.last - 1:.0f}"
        return first if first == last else f"{first} to {last}"


def year(day: date) -> float:
    """A day as a decimal year."""
    return round(day.year + (day.timetuple().tm_yday - 0.5) / 366, 4)


def ticks(first: float, last: float, *, most: int) -> list[int]:
    """Round numbers from the first to the last, not too many."""
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1000, 10**9) if (last - first) / step <= most)
    return list(range(-(-int(first) // step) * step, int(last) + 1, step))


def year_axis(span: Span) -> alt.Axis:
    """Years at the pixels where they begin."""
    years = {span.pixel(at): str(at) for at in ticks(*span, most=20)}
    label = " : ".join(f"datum.value == {at} ? '{name}'" for at, name in years.items())
    return alt.Axis(title=None, values=list(years), labelExpr=f"{label} : ''", gridColor=LIGHT, domain=False)


def looks(field: str, drawn: Mapping[str, Look]) -> dict[str, Any]:
    """Encode shape, fill and outline by one field, in one legend."""
    legend = alt.Legend(
        title=None, orient="bottom", symbolSize=85, symbolStrokeWidth=1.3, columns=5, columnPadding=18, labelLimit=0
    )
    ranges = {
        alt.Shape: [look.shape for look in drawn.values()],
        alt.Fill: [look.fill for look in drawn.values()],
        alt.Stroke: [look.outline for look in drawn.values()],
    }
    return {
        kind.__name__.lower(): kind(f"{field}:N", scale=alt.Scale(domain=list(drawn), range=chosen), legend=legend)
        for kind, chosen in ranges.items()
    }


Point: TypeAlias = tuple[float, float]


class Box(NamedTuple):
    """A part of a picture, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Whether the two have a point in common."""
        return (
            self.left <= other.right and other.left <= self.right
            and self.top <= other.bottom and other.top <= self.bottom
        )  # fmt: skip


def room(width: float, height: float, near: Point, frame: Box, taken: Sequence[Box]) -> tuple[Box, Point]:
    """Find room for a text near a point, where it and the line to it cover least, and then where it is nearest.

    Gives the room, and the end of the line that leads to it from the point.
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


def wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines; letters as wide as those of Han take twice the room."""
    return textwrap.wrap(text, width // 2 if _wide(text) > len(text) / 3 else width) or [""]


def _wide(text: str) -> int:
    return sum(unicodedata.east_asian_width(char) in "WF" for char in text)


def finished(chart: Any, *, title: str, subtitle: Sequence[str], names: Iterable[str]) -> Any:
    """Give a chart its title, and the fonts and lines of all of them; ``names`` are the texts in it."""
    heading = alt.TitleParams(
        wrapped(title, 72), subtitle=list(subtitle), anchor="start", frame="group", fontSize=15, color=DARK,
        subtitleFontSize=11, subtitleColor=DARK, subtitlePadding=4, offset=14,
    )  # fmt: skip
    return (
        chart.properties(title=heading)
        .configure(font=_WIDE_FONT if _wide(title + "".join(names)) else _FONT, background=PAPER, padding=8)
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=10, labelColor=DARK, tickColor=GREY, domainColor=GREY)
        .configure_legend(labelFontSize=10.5, labelColor=DARK)
        .configure_title(color=DARK)
    )
