"""The timeline: the meetings of each series over time.

A series whose meetings can be numbers apart is drawn as marks, all at one height. Where two would
lie upon each other, the marks of that series stand on several lines in turn, and those of
uncertain day below them. Where that would take more than four lines, and in a picture of more
series than fit on a page, meetings are gathered by years.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, Self

import attrs

from dialogue_registry.charts import svg
from dialogue_registry.charts.language import Language
from dialogue_registry.charts.picture import Drawing, Picture, picture
from dialogue_registry.charts.selection import Selection, select
from dialogue_registry.charts.style import (
    BAND,
    CIRCLE,
    CROSS,
    DARK,
    DIAMOND,
    GREY,
    MARGIN,
    OBLONG,
    PAPER,
    TRIANGLE_DOWN,
    TRIANGLE_RIGHT,
    TRIANGLE_UP,
    WIDE,
    Look,
    Span,
    heading,
    legend,
    year,
    year_labels,
    year_lines,
)
from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.model.events import Format
from dialogue_registry.model.status import Status
from dialogue_registry.queries.results import Meeting
from dialogue_registry.registry.registry import Snapshot

FORMAT_WORDS = {
    Format.IN_PERSON: "in person", Format.ONLINE: "online", Format.HYBRID: "hybrid", None: "not known how",
}  # fmt: skip
"""The formats of meetings in words."""

LOOKS = {
    "in person": Look(CIRCLE, DARK),
    "online": Look(DIAMOND, PAPER),
    "hybrid": Look(TRIANGLE_UP, GREY),
    "not known how": Look(CIRCLE, PAPER),
    "announced": Look(TRIANGLE_RIGHT, PAPER),
    "postponed": Look(TRIANGLE_DOWN, PAPER),
    "cancelled": Look(CROSS, PAPER),
}
_UNCERTAIN = Look(OBLONG, BAND, GREY)
_CERTAIN_YEAR, _POSSIBLE_YEAR = Look("M-1,1V-1H1V1Z", DARK), Look("M-1,1V-1H1V1Z", BAND, GREY)

_RADIUS = 4.6
_LINE = 27
"""The height of one line of marks, with the numbers above them."""
_MOST_LINES = 4
_COLUMN, _ROW = 26, 13
"""The height of the highest column of a gathered series, and of a series in a picture of very many."""
_HIGHEST = 1300
"""A picture that would be higher than this, on paper, is drawn with one row a series."""
_MOST_BLOCKS = 40
"""More series than these would be higher in any case."""


@arguments_checked
def timeline(
    registry: Snapshot,
    *,
    dialogue: str | None = None,
    series: str | Iterable[str] = (),
    since: int | str | None = None,
    title: str = "",
    language: str = "en",
) -> Picture:
    """Draw the meetings of each series over time: of one dialogue, of some series, or all.

    Numbers are those printed on the meetings. A bar spans the days on which a meeting may have
    begun, and is never too narrow to be seen. A meeting without any date is only mentioned.
    ``since`` is the first year to draw. The title is by default the names of the dialogues, and of 300
    characters at most.
    """
    chosen = select(registry, dialogue=dialogue, series=series, since=since, language_tag=language)
    title = chosen.title(title)

    def draw(width: float) -> Drawing:
        drawing = _Timeline(chosen, title, width)
        if len(chosen.series) > _MOST_BLOCKS:
            return drawing.by_rows()
        whole = drawing.by_marks()
        return whole if whole.height <= _HIGHEST * WIDE / width else drawing.by_rows()

    rows = [_row(meeting) for of_series in chosen.meetings.values() for meeting in _dated(of_series, chosen.span)]
    return picture(draw, title=title, language=chosen.language, rows=rows)


def _row(meeting: Meeting) -> Mapping[str, Any]:
    return {
        "meeting": meeting.meeting,
        "series": meeting.series,
        "title": meeting.title,
        "date": None if meeting.date is None else meeting.date.text,
        "ordinal": meeting.ordinal,
        "kind": _kind(meeting),
        "place": meeting.place,
    }


def _dated(meetings: Sequence[Meeting], span: Span) -> list[Meeting]:
    """Return the meetings to draw: those with a date, in the years of the picture."""
    return [meeting for meeting in meetings if meeting.date is not None and year(meeting.date.latest) >= span.first]


def _kind(meeting: Meeting) -> str:
    return FORMAT_WORDS[meeting.format] if meeting.status is Status.HELD else meeting.status.value


def summary(meetings: Sequence[Meeting], language: Language) -> str:
    """Return how many meetings of each status there are, in words."""
    parts = []
    for status in (Status.HELD, Status.CANCELLED, Status.POSTPONED, Status.ANNOUNCED):
        of_it = [meeting for meeting in meetings if meeting.status is status]
        undated = sum(meeting.date is None for meeting in of_it)
        if of_it or status is Status.HELD:
            part = language(f"{{n}} {status.value}", n=language.number(len(of_it)))
            if undated:
                part += language(" ({n} without a date, not drawn)", n=language.number(undated))
            parts.append(part)
    return ", ".join(parts)


@attrs.frozen
class _Mark:
    """A meeting with its place on the line of time."""

    meeting: Meeting
    x: float
    left: float
    right: float

    @property
    def uncertain(self) -> bool:
        return self.right > self.left

    @property
    def reach(self) -> tuple[float, float]:
        """From where to where it covers what lies there: its mark, its number, its bar."""
        number = 0.0 if self.meeting.ordinal is None else svg.text_width(str(self.meeting.ordinal), 9.5) / 2
        half = max(_RADIUS, number) + 0.5
        return min(self.left, self.x - half), max(self.right, self.x + half)


class _Timeline:
    """The drawing of the chosen series at one width."""

    def __init__(self, chosen: Selection, title: str, width: float) -> None:
        self._chosen = chosen
        self._say = chosen.language
        self._title = title
        self._width = width
        self._left, self._right = MARGIN + 8.0, width - MARGIN - 8.0
        self._kinds: Counter[str] = Counter()
        self._gathered = False

    # --- one block a series ------------------------------------------------------------

    def by_marks(self) -> Drawing:
        parts: list[str] = []
        note = self._say(
            "The meetings of each series, {years}; numbers as printed on them", years=str(self._chosen.span)
        )
        head, y = heading(self._title, [note], self._width)
        top = y
        for dialogue in self._chosen.dialogues:
            if len(self._chosen.dialogues) > 1:
                for line in svg.wrapped(dialogue.name, self._width - 2 * MARGIN, 13.5):
                    y += 16
                    parts.append(svg.label(MARGIN, y, line, size=13.5, bold=True))
                y += 8
            for one in self._chosen.of_dialogue(dialogue.dialogue):
                block, y = self._series(one.name, self._chosen.meetings[one.series], y)
                parts += block
        lines = year_lines(self._chosen.span, self._left, self._right, top, y)
        labels = year_labels(self._chosen.span, self._left, self._right, y + 12)
        key, end = legend(self._legend(), self._width, y + 22)
        return Drawing(self._width, end + MARGIN, head + lines + "".join(parts) + labels + key)

    def _legend(self) -> list[tuple[str, Look]]:
        entries = [(self._say(kind), look) for kind, look in LOOKS.items() if self._kinds[kind]]
        if self._kinds["day uncertain"]:
            entries.append((self._say("day uncertain"), _UNCERTAIN))
        if self._gathered:
            entries.append((self._say("held in that year"), _CERTAIN_YEAR))
            entries.append((self._say("possibly in that year"), _POSSIBLE_YEAR))
        return entries

    def _series(self, name: str, meetings: Sequence[Meeting], y: float) -> tuple[list[str], float]:
        """Return the block of a series that begins at a height, and where it ends."""
        numbers = summary(meetings, self._say)
        beside = svg.text_width(numbers, 10.5)
        lines = svg.wrapped(name, self._width - 2 * MARGIN - min(beside + 16, self._width / 2.4), 11.5)
        summary_lines = svg.wrapped(numbers, self._width / 2.4, 10.5)
        high = 14 * max(len(lines), len(summary_lines)) + 5
        parts = [
            svg.element("rect", x=0, y=y, width=self._width, height=high, fill=PAPER),  # no lines of years behind names
            svg.element("line", x1=MARGIN, x2=self._width - MARGIN, y1=y, y2=y, stroke=GREY, stroke_width=0.5),
        ]
        for number, line in enumerate(lines):
            parts.append(svg.label(MARGIN, y + 14 * (number + 1), line, bold=True))
        for number, line in enumerate(summary_lines):
            parts.append(svg.label(self._width - MARGIN, y + 14 * (number + 1), line, size=10.5, anchor="end"))
        y += high
        marks = [self._mark(meeting) for meeting in _dated(meetings, self._chosen.span)]
        placed = _lines(marks)
        if placed is None:
            self._gathered = True
            periods = self._periods(meetings)
            highest = max(periods.possible.values(), default=1)
            parts += self._columns(periods, highest, y + 12, _COLUMN, numbered=True)
            return parts, y + _COLUMN + 20
        high = _LINE * len(placed)
        for number, line_marks in enumerate(placed):
            base = y + _LINE * number + 19
            parts += [self._bar(mark, base) for mark in line_marks if mark.uncertain]
            parts += [self._meeting(mark, base) for mark in line_marks]
        return parts, y + high + 8

    def _mark(self, meeting: Meeting) -> _Mark:
        assert meeting.date is not None
        first, last = year(meeting.date.earliest), year(meeting.date.latest_start)
        left, right = (self._chosen.span.place(at, self._left, self._right) for at in (first, last))
        middle = (left + right) / 2
        if first < last:  # a bar is seen on both sides of its mark
            left, right = min(left, middle - 9), max(right, middle + 9)
        return _Mark(meeting, middle, left, right)

    def _bar(self, mark: _Mark, base: float) -> str:
        self._kinds["day uncertain"] += 1
        return svg.element(
            "rect",
            x=mark.left, y=base - 7, width=mark.right - mark.left, height=14.0,
            fill=BAND, stroke=GREY, stroke_width="0.6",
        )  # fmt: skip

    def _meeting(self, mark: _Mark, base: float) -> str:
        meeting, kind = mark.meeting, _kind(mark.meeting)
        self._kinds[kind] += 1
        drawn = LOOKS[kind].at(mark.x, base, _RADIUS)
        if meeting.ordinal is not None:
            drawn += svg.label(mark.x, base - 8, str(meeting.ordinal), size=9.5, anchor="middle")
        texts = (meeting.title, self._say.date(meeting.date), self._say(kind), meeting.place)
        return svg.titled(drawn, ", ".join(filter(None, texts)))

    # --- meetings gathered by years ------------------------------------------------------

    def _periods(self, meetings: Sequence[Meeting]) -> "_Periods":
        """Return how many of some meetings were held in each year, or in as many years as a column can be seen of."""
        span = self._chosen.span
        wide = (self._right - self._left) / (span.last - span.first)
        step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1000) if wide * step >= 3)
        held = [meeting for meeting in _dated(meetings, span) if meeting.status is Status.HELD]
        return _Periods.of(held, span, step)

    def _columns(self, periods: "_Periods", highest: int, top: float, high: float, *, numbered: bool) -> list[str]:
        """Return one column a period: dark as high as there were certainly held, pale as possibly.

        ``highest`` meetings are as high as a column can be.
        """
        certain, possible, step = periods
        base = top + high
        parts = [svg.element("line", x1=self._left, x2=self._right, y1=base, y2=base, stroke=GREY, stroke_width=0.5)]
        for period in sorted(possible):
            x, end = (self._chosen.span.place(at, self._left, self._right) for at in (period, period + step))
            wide = end - x - 0.6
            drawn = ""
            for count, look in ((possible[period], _POSSIBLE_YEAR), (certain[period], _CERTAIN_YEAR)):
                tall = max(count / highest * high, 1.5)
                if count:
                    drawn += svg.element("rect", x=x, y=base - tall, width=wide, height=tall, fill=look.fill)
            if numbered:
                tall = possible[period] / highest * high
                count_text = _bounds(certain[period], possible[period])
                if wide >= svg.text_width(count_text, 9) + 1:
                    drawn += svg.label(x + wide / 2, base - tall - 2, count_text, size=9, anchor="middle")
            years = str(period) if step == 1 else f"{period}–{period + step - 1}"
            held = self._say("{n} held", n=_bounds(certain[period], possible[period]))
            parts.append(svg.titled(drawn, f"{years}: {held}"))
        return parts

    def by_rows(self) -> Drawing:
        """Draw one row a series: its name, a column a year, and how many were held."""
        self._kinds.clear()
        self._gathered = True
        parts: list[str] = []
        notes = [
            self._say(
                "The meetings held of each series, by years, {years}; on the right, how many in all",
                years=str(self._chosen.span),
            )
        ]
        head, y = heading(self._title, notes, self._width)
        self._left = MARGIN + 0.42 * self._width
        held = {
            series: sum(meeting.status is Status.HELD for meeting in meetings)
            for series, meetings in self._chosen.meetings.items()
        }
        self._right = self._width - MARGIN - svg.text_width(self._say.number(max(held.values())), 10) - 8
        periods = {series: self._periods(meetings) for series, meetings in self._chosen.meetings.items()}
        highest = max([1, *(count for of_one in periods.values() for count in of_one.possible.values())])
        span = self._chosen.span
        y += 12
        labels = year_labels(span, self._left, self._right, y)
        y += 4
        top = y
        for dialogue in self._chosen.dialogues:
            if len(self._chosen.dialogues) > 1:
                y += 8
                for line in svg.wrapped(dialogue.name, self._width - 2 * MARGIN, 11.5):
                    y += 14
                    back = svg.element("rect", x=0, y=y - 11, width=self._width, height=15, fill=PAPER)
                    parts.append(back + svg.label(MARGIN, y, line, size=11.5, bold=True))
                y += 4
            for one in self._chosen.of_dialogue(dialogue.dialogue):
                lines = svg.wrapped(one.name, self._left - MARGIN - 8, 9.5)
                for number, line in enumerate(lines):
                    parts.append(svg.label(MARGIN, y + 10 + 11 * number, line, size=9.5))
                high = max(_ROW, 11 * len(lines) + 2)
                parts += self._columns(periods[one.series], highest, y + high - _ROW + 2, _ROW - 3, numbered=False)
                number_held = self._say.number(held[one.series])
                parts.append(svg.label(self._width - MARGIN, y + high - 2, number_held, size=10, anchor="end"))
                y += high
        lines_of_years = year_lines(span, self._left, self._right, top, y)
        labels += year_labels(span, self._left, self._right, y + 12)
        key, end = legend(self._legend(), self._width, y + 22)
        return Drawing(self._width, end + MARGIN, head + lines_of_years + "".join(parts) + labels + key)


def _bounds(certain: int, possible: int) -> str:
    return str(certain) if certain == possible else f"{certain}–{possible}"


class _Periods(NamedTuple):
    """Numbers of meetings certainly and possibly held in each period of years, by its first year."""

    certain: Counter[int]
    possible: Counter[int]
    step: int

    @classmethod
    def of(cls, held: Iterable[Meeting], span: Span, step: int) -> Self:
        periods = cls(Counter(), Counter(), step)

        def period(in_year: int) -> int:
            return in_year - (in_year - int(span.first)) % step

        for meeting in held:
            assert meeting.date is not None
            first, last = period(meeting.date.earliest.year), period(meeting.date.latest_start.year)
            periods.possible.update(range(first, last + 1, step))
            if first == last:
                periods.certain[first] += 1
        return periods


def _lines(marks: Sequence[_Mark]) -> list[Sequence[_Mark]] | None:
    """Return the marks of a series on as few lines as they need; None where these are too many.

    One line where no two collide. Else those of certain day take lines in turn, so that the
    height says nothing but their order. Those of uncertain day do so below them.
    """
    if not _collide(marks):
        return [marks] if marks else []
    placed: list[Sequence[_Mark]] = []
    for some in ([mark for mark in marks if not mark.uncertain], [mark for mark in marks if mark.uncertain]):
        some.sort(key=lambda mark: mark.x)
        in_turn = next(
            (turn for turn in ([some[start::count] for start in range(count)] for count in range(1, _MOST_LINES + 1))
             if not any(map(_collide, turn))),
            None,
        )  # fmt: skip
        if in_turn is None or len(placed) + len(in_turn) > _MOST_LINES:
            return None
        placed += [line for line in in_turn if line]
    return placed


def _collide(marks: Sequence[_Mark]) -> bool:
    reaches = sorted(mark.reach for mark in marks)
    return any(right > next_left for (_, right), (next_left, _) in pairwise(reaches))
