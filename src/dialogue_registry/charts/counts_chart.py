"""The chart of counts: how many meetings of each series had been held, and what official sources stated.

Each series has a panel, in which the held meetings are a line of steps and the statements are
points. In a picture of more series than fit on a page, each has one row.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import attrs

from dialogue_registry.charts import svg
from dialogue_registry.charts.language import Language
from dialogue_registry.charts.picture import Drawing, Picture, picture
from dialogue_registry.charts.selection import Selection, select
from dialogue_registry.charts.style import (
    BAND,
    CIRCLE,
    DARK,
    DIAMOND,
    GREY,
    LIGHT,
    MARGIN,
    PAPER,
    THICK_CROSS,
    Look,
    Span,
    heading,
    legend,
    ticks,
    year,
    year_labels,
)
from dialogue_registry.charts.svg import Box, free_place
from dialogue_registry.charts.timeline_chart import FORMAT_WORDS
from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.model.events import Format
from dialogue_registry.model.status import Status
from dialogue_registry.queries.reconciliation import Finding, Verdict
from dialogue_registry.queries.results import Meeting, Series
from dialogue_registry.registry.registry import Snapshot

VERDICT_LOOKS = {
    Verdict.AGREES: Look(CIRCLE, DARK),
    Verdict.WITHIN: Look(DIAMOND, BAND),
    Verdict.DISAGREES: Look(THICK_CROSS, PAPER),
}
_DASHES = {Format.IN_PERSON: "6 3", Format.ONLINE: "2 2", Format.HYBRID: "8 2 2 2"}

_DOWN = 125
"""The height of the plot of one panel."""
_MOST_PANELS = 16
_MOST_NOTES = 12
"""So many statements of one panel are written beside their points; the others have their tooltips."""


@arguments_checked
def counts(
    registry: Snapshot,
    *,
    dialogue: str | None = None,
    series: str | Iterable[str] = (),
    since: int | str | None = None,
    title: str = "",
    language: str = "en",
) -> Picture:
    """Draw how many meetings of each series had been held, and what official sources stated.

    The line counts the meetings certainly held by then; a grey band reaches up to those
    possibly held. Where sources state the meetings of one format, these have a broken line.
    ``since`` is the first year to draw; meetings before it are counted all the same. The title
    is by default the names of the dialogues, and of 300 characters at most.
    """
    chosen = select(registry, dialogue=dialogue, series=series, since=since, language_tag=language)
    findings: dict[str, list[Finding]] = {one.series: [] for one in chosen.series}
    for finding in registry.reconcile():
        if finding.statement.series in findings and year(finding.statement.as_of.latest) >= chosen.span.first:
            findings[finding.statement.series].append(finding)
    title = chosen.title(title)

    def draw(width: float) -> Drawing:
        drawing = _CountsChart(chosen, findings, title, width)
        return drawing.by_panels() if len(chosen.series) <= _MOST_PANELS else drawing.by_rows()

    rows = [_row(finding) for of_series in findings.values() for finding in of_series]
    return picture(draw, title=title, language=chosen.language, rows=rows)


def _row(finding: Finding) -> Mapping[str, Any]:
    statement = finding.statement
    return {
        "series": statement.series,
        "as_of": statement.as_of.text,
        "stated": statement.count,
        "format": statement.format,
        "recorded": str(finding.recorded),
        "verdict": finding.verdict.value,
        "sources": [source.title for source in finding.sources],
    }


class _CountsChart:
    def __init__(self, chosen: Selection, findings: Mapping[str, Sequence[Finding]], title: str, width: float) -> None:
        self._chosen = chosen
        self._findings = findings
        self._say = chosen.language
        self._title = title
        self._width = width

    def _legend(self, end: float) -> tuple[str, float]:
        given = {finding.verdict for of_series in self._findings.values() for finding in of_series}
        entries = [(self._say(f"stated: {verdict.value}"), look) for verdict, look in VERDICT_LOOKS.items()
                   if verdict in given]  # fmt: skip
        return legend(entries, self._width, end)

    def _held(self, series: str) -> list[Meeting]:
        return [meeting for meeting in self._chosen.meetings[series] if meeting.status is Status.HELD]

    # --- one panel a series ----------------------------------------------------------------

    def by_panels(self) -> Drawing:
        notes = [
            self._say("Meetings held, and the counts that official sources state"),
            self._say("Line: certainly held by then. Grey band: possibly held. Broken line: of one format, if stated."),
        ]
        head, y = heading(self._title, notes, self._width)
        columns = 2 if self._width > 500 else 1
        wide = (self._width - 2 * MARGIN - 22 * (columns - 1)) / columns
        dialogues = {one.dialogue: one.name for one in self._chosen.dialogues}
        parts: list[str] = []
        for start in range(0, len(self._chosen.series), columns):
            row = self._chosen.series[start : start + columns]
            names = [self._name(one, dialogues, wide) for one in row]
            high = 14 * max(map(len, names)) + 6
            for place, (one, lines) in enumerate(zip(row, names, strict=True)):
                left = MARGIN + place * (wide + 22)
                for number, (line, bold) in enumerate(lines):
                    parts.append(svg.label(left, y + 12 + 14 * number, line, bold=bold))
                panel = _Panel(self._held(one.series), self._findings[one.series], self._chosen.span, self._say)
                parts += panel.draw(left, y + high, wide)
            y += high + _DOWN + 34
        key, end = self._legend(y - 8)
        return Drawing(self._width, end + MARGIN, head + "".join(parts) + key)

    def _name(self, one: Series, dialogues: Mapping[str, str], wide: float) -> list[tuple[str, bool]]:
        lines = [(line, True) for line in svg.wrapped(one.name, wide, 12.2)]
        if len(dialogues) > 1:
            lines = [(line, False) for line in svg.wrapped(dialogues[one.dialogue], wide, 11.5)] + lines
        return lines

    # --- one row a series ------------------------------------------------------------------

    def by_rows(self) -> Drawing:
        """Draw one row a series: its name, a bar as long as meetings were held, and the latest statement."""
        notes = [
            self._say("Meetings held: dark certainly, grey possibly; beside them the count that a source stated last")
        ]
        head, y = heading(self._title, notes, self._width)
        latest = {series: of_series[-1] for series, of_series in self._findings.items() if of_series}
        left = MARGIN + 0.36 * self._width
        stated = {series: self._stated(finding) for series, finding in latest.items()}
        beside = max((svg.text_width(text, 9.5) + 16 for text in stated.values()), default=0)
        held = {one.series: _counted(self._held(one.series), self._chosen.span.last) for one in self._chosen.series}
        top = max([1, *(possible for _, possible in held.values())])
        right = (
            self._width - MARGIN - beside - svg.text_width(f"{self._say.number(top)}–{self._say.number(top)}", 9.5) - 8
        )
        y += 12
        first = y
        numbers = ticks(0, top, limit=6)

        def along(number: float) -> float:
            return left + number / top * (right - left)

        def axis(at: float) -> str:
            labels = [
                svg.label(along(number), at, self._say.number(number), size=10, anchor="middle") for number in numbers
            ]
            return svg.group("mark-text role-axis-label", labels)

        labels = axis(y)
        y += 4
        parts: list[str] = []
        for dialogue in self._chosen.dialogues:
            if len(self._chosen.dialogues) > 1:
                y += 8
                for line in svg.wrapped(dialogue.name, self._width - 2 * MARGIN, 11.5):
                    y += 14
                    back = svg.element("rect", x=0, y=y - 11, width=self._width, height=15, fill=PAPER)
                    parts.append(back + svg.label(MARGIN, y, line, bold=True))
                y += 4
            for one in self._chosen.of_dialogue(dialogue.dialogue):
                lines = svg.wrapped(one.name, left - MARGIN - 8, 9.5)
                for number, line in enumerate(lines):
                    parts.append(svg.label(MARGIN, y + 10 + 11 * number, line, size=9.5))
                high = max(13, 11 * len(lines) + 2)
                base = y + high - 3
                certain, possible = held[one.series]
                ends = [along(number) for number in (possible, certain)]
                for end, fill in zip(ends, (BAND, DARK), strict=True):
                    if end > left:
                        parts.append(svg.element("rect", x=left, y=base - 8, width=end - left, height=8.0, fill=fill))
                count = self._say.number(certain) if certain == possible else f"{certain}–{possible}"
                parts.append(svg.label(ends[0] + 4, base, count, size=9.5))
                if one.series in latest:
                    start = self._width - MARGIN - beside
                    parts.append(
                        VERDICT_LOOKS[latest[one.series].verdict].at(start + 6, base - 4, 3.6, outline_width=1)
                    )
                    parts.append(svg.label(start + 14, base, stated[one.series], size=9.5))
                y += high
        grid = svg.group(
            "mark-rule role-axis-grid",
            [
                svg.element("line", x1=along(number), x2=along(number), y1=first + 4, y2=y, stroke=LIGHT)
                for number in numbers
            ],
        )
        key, end = self._legend(y + 18)
        return Drawing(self._width, end + MARGIN, head + grid + "".join(parts) + labels + axis(y + 12) + key)

    def _stated(self, finding: Finding) -> str:
        statement = finding.statement
        of_format = "" if statement.format is None else f" {self._say(FORMAT_WORDS[statement.format])}"
        return f"{self._say.number(statement.count)}{of_format}, {statement.as_of.latest.year}"


@attrs.frozen
class _Step:
    """A number of meetings certainly and possibly held from a moment on."""

    at: float
    certain: int
    possible: int


class _Panel:
    """The panel of one series."""

    def __init__(self, held: Sequence[Meeting], findings: Sequence[Finding], span: Span, say: Language) -> None:
        self._held = held
        self._findings = findings
        self._span = span
        self._say = say
        self._highest = max([len(held), 1, *(finding.statement.count for finding in findings)])

    def draw(self, left: float, top: float, width: float) -> list[str]:
        """Return the plot with its axes, whose upper left corner is given."""
        numbers = ticks(0, self._highest, limit=6)
        self._left = left + 8 + max(svg.text_width(self._say.number(number), 10) for number in numbers)
        self._right = left + width - self._beside()
        self._base = top + _DOWN
        upright = [
            svg.label(self._left - 5, self._y(number) + 3.5, self._say.number(number), size=10, anchor="end")
            for number in numbers
        ]
        grid = [
            svg.element("line", x1=self._left, x2=self._right, y1=self._y(number), y2=self._y(number), stroke=LIGHT)
            for number in numbers
        ]
        steps = self._steps(self._held)
        parts = [
            svg.group("mark-rule role-axis-grid", grid),
            svg.group("mark-text role-axis-label", upright),
            year_labels(self._span, self._left, self._right, self._base + 13),
            svg.element("path", d=self._area(steps), fill=BAND),
            svg.element("path", d=self._line(steps), fill="none", stroke=DARK, stroke_width=1.6),
            svg.element("line", x1=self._left, x2=self._right, y1=self._base, y2=self._base, stroke=GREY),
        ]
        ends = [(self._y(steps[-1].possible), self._end(steps[-1], ""))]
        for format_ in self._formats():
            share = self._steps([meeting for meeting in self._held if meeting.format is format_])
            parts.append(
                svg.element("path", d=self._line(share), fill="none", stroke=DARK, stroke_dasharray=_DASHES[format_])
            )
            ends.append((self._y(share[-1].possible), self._end(share[-1], FORMAT_WORDS[format_])))
        parts += self._end_labels(ends)
        return parts + self._statements(steps)

    def _formats(self) -> list[Format]:
        stated = dict.fromkeys(finding.statement.format for finding in self._findings)
        return [format_ for format_ in stated if format_ is not None]

    def _end(self, step: _Step, of_format: str) -> str:
        number = self._say.number(step.certain) if step.certain == step.possible else f"{step.certain}–{step.possible}"
        return f"{number} {self._say(of_format)}" if of_format else number

    def _beside(self) -> float:
        """Return how much room the labels at the ends of the lines need."""
        shares = [
            self._end(_Step(0, len(held), len(held)), FORMAT_WORDS[format_])
            for format_ in self._formats()
            for held in [[meeting for meeting in self._held if meeting.format is format_]]
        ]
        whole = str(len(self._held))
        return max(svg.text_width(text, 9.5) for text in (f"{whole}–{whole}", *shares)) + 6

    def _end_labels(self, ends: Sequence[tuple[float, str]]) -> list[str]:
        """Return the labels at the ends of lines, moved apart where they would lie upon each other."""
        labels: list[str] = []
        lowest = float("-inf")
        for y, text in sorted(ends):
            lowest = max(y + 3.5, lowest + 11)
            labels.append(svg.label(self._right + 4, lowest, text, size=9.5, bold=not labels and len(ends) > 1))
        return labels

    def _x(self, at: float) -> float:
        return self._span.place(at, self._left, self._right)

    def _y(self, number: float) -> float:
        return self._base - number / (1.12 * self._highest) * _DOWN

    def _steps(self, held: Iterable[Meeting]) -> list[_Step]:
        """Return the steps of a line, one a pixel at most: thousands of meetings make no longer line."""
        dates = [meeting.date for meeting in held]
        certain = sorted(year(day.latest_start) for day in dates if day is not None)
        possible = sorted(self._span.first if day is None else year(day.earliest) for day in dates)
        moments = sorted({*self._span, *(at for at in (*certain, *possible) if at > self._span.first)})
        by_pixel = {round(self._x(at) * 2): at for at in moments}
        return [_Step(at, bisect_right(certain, at), bisect_right(possible, at)) for at in sorted(by_pixel.values())]

    def _line(self, steps: Sequence[_Step]) -> str:
        first, *rest = steps
        return f"M{svg.number(self._x(first.at))},{svg.number(self._y(first.certain))}" + "".join(
            f"H{svg.number(self._x(step.at))}V{svg.number(self._y(step.certain))}" for step in rest
        )

    def _area(self, steps: Sequence[_Step]) -> str:
        """Return the outline between what was certainly and what was possibly held."""
        first, *rest = steps
        there = f"M{svg.number(self._x(first.at))},{svg.number(self._y(first.possible))}" + "".join(
            f"H{svg.number(self._x(step.at))}V{svg.number(self._y(step.possible))}" for step in rest
        )
        back = f"V{svg.number(self._y(steps[-1].certain))}" + "".join(
            f"V{svg.number(self._y(step.certain))}H{svg.number(self._x(step.at))}" for step in reversed(steps[:-1])
        )
        return f"{there}{back}Z"

    # --- statements ------------------------------------------------------------------------

    def _statements(self, steps: Sequence[_Step]) -> list[str]:
        """Return the statements as points; beside one that lies off the line, what it says."""
        places = [self._place(finding) for finding in self._findings]
        taken = [Box(x - 6, y - 6, x + 6, y + 6) for x, y in places]
        for step, following in pairwise(steps):
            x, low, high = self._x(step.at), self._y(step.certain), self._y(step.possible)
            end, end_low = self._x(following.at), self._y(following.certain)
            taken += [Box(x, high, end, low), Box(end, min(low, end_low), end, max(low, end_low))]
        marks: list[str] = []
        notes: list[str] = []
        frame = Box(self._left, self._base - _DOWN - 6, self._right + 4, self._base)
        for finding, (x, y) in zip(self._findings, places, strict=True):
            marks.append(self._point(finding, x, y))
            if len(notes) < _MOST_NOTES and (note := self._note(finding)):
                width = max(svg.text_width(line, 9.5) for line in note)
                place, (end_x, end_y) = free_place(width, 11.5 * len(note), (x, y), frame, taken)
                taken.append(place)
                line = svg.element("line", x1=x, y1=y, x2=end_x, y2=end_y, stroke=GREY, stroke_width=0.7)
                notes.append(
                    line
                    + "".join(
                        svg.label(place.left, place.top + 9 + 11.5 * number, text, size=9.5)
                        for number, text in enumerate(note)
                    )
                )
        return notes + marks

    def _place(self, finding: Finding) -> tuple[float, float]:
        statement = finding.statement
        return self._x((year(statement.as_of.earliest) + year(statement.as_of.latest)) / 2), self._y(statement.count)

    def _point(self, finding: Finding, x: float, y: float) -> str:
        statement, odd = finding.statement, finding.verdict is Verdict.DISAGREES
        first, last = (self._x(year(day)) for day in (statement.as_of.earliest, statement.as_of.latest))
        drawn = svg.element("line", x1=first, x2=last, y1=y, y2=y, stroke=DARK) if last - first > 1 else ""
        drawn += VERDICT_LOOKS[finding.verdict].at(x, y, 6.0 if odd else 3.6, outline_width=1.2 if odd else 0.8)
        tooltip = self._say(
            "{date}: stated {stated}, on record {recorded}: {verdict}",
            date=self._say.date(statement.as_of),
            stated=statement.count,
            recorded=finding.recorded,
            verdict=self._say(finding.verdict.value),
        )
        return svg.titled(drawn, "; ".join([tooltip, *(source.title for source in finding.sources)]))

    def _note(self, finding: Finding) -> Sequence[str]:
        """Return what is written beside a statement that disagrees, or that lies off the line."""
        statement = finding.statement
        odd = finding.verdict is Verdict.DISAGREES
        if not odd and self._on_the_line(finding):
            return ()
        of_format = "" if statement.format is None else f" {self._say(FORMAT_WORDS[statement.format])}"
        if odd:
            return (
                self._say("stated {n},", n=f"{statement.count}{of_format}"),
                self._say("on record {n}", n=finding.recorded),
            )
        rule = finding.rules[0].partition(" without ")[0]
        return (
            self._say("stated {n}:", n=f"{statement.count}{of_format}"),
            self._say("agrees by rule {rule}", rule=self._say(rule)),
        )

    def _on_the_line(self, finding: Finding) -> bool:
        """Return whether the line, or the band beside it, shows a stated count."""
        statement = finding.statement
        days = [meeting.date for meeting in self._held if statement.format in {None, meeting.format}]
        before = sum(day is not None and day.latest_start < statement.as_of.earliest for day in days)
        return before <= statement.count <= sum(day is None or day.earliest <= statement.as_of.latest for day in days)


def _counted(held: Sequence[Meeting], until: float) -> tuple[int, int]:
    """Return how many meetings were certainly and possibly held by the end of the picture."""
    possible = [meeting for meeting in held if meeting.date is None or year(meeting.date.earliest) <= until]
    certain = [meeting for meeting in possible if meeting.date is not None and year(meeting.date.latest_start) <= until]
    return len(certain), len(possible)
