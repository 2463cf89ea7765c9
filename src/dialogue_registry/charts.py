"""Pictures of a registry, for reports and notebooks (extra ``charts``): a timeline, and counts.

They fill the width of an A4 page, and are legible in grey. The same registry gives the
same picture::

    from dialogue_registry import Registry, charts

    with Registry.open("ca-jad.db", read_only=True) as registry:
        charts.save(charts.timeline(registry), "timeline.svg")
"""

import os
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import altair as alt
import vl_convert

from dialogue_registry.answers import Meeting, Series
from dialogue_registry.counting import Finding, Verdict
from dialogue_registry.drawing import (
    BAND,
    DARK,
    GREY,
    LIGHT,
    PAPER,
    WIDTH,
    Look,
    Span,
    finished,
    looks,
    ticks,
    wrapped,
    year,
    year_axis,
)
from dialogue_registry.errors import InvalidValueError
from dialogue_registry.events import Format
from dialogue_registry.registry import Registry
from dialogue_registry.rules import Status

Chart: TypeAlias = alt.LayerChart | alt.ConcatChart

#: Pixels are set so that a PNG comes out 17 cm wide, at 300 dots per inch.
_PPI, _SCALE = 300, 0.75

_HOW = {Format.IN_PERSON: "in person", Format.ONLINE: "online", Format.HYBRID: "hybrid", None: "not known how"}
_KINDS = {
    "in person": Look("circle", DARK),
    "online": Look("diamond", PAPER),
    "hybrid": Look("triangle-up", GREY),
    "not known how": Look("circle", PAPER),
    "announced": Look("triangle-right", PAPER),
    "postponed": Look("triangle-down", PAPER),
    "cancelled": Look("M-.8,-.8L.8,.8M-.8,.8L.8,-.8", PAPER),
}
_BAR = Look("M-1.5,-.7H1.5V.7H-1.5Z", BAND, GREY)
_CROSS = "M-.9,-.6L-.6,-.9L0,-.3L.6,-.9L.9,-.6L.3,0L.9,.6L.6,.9L0,.3L-.6,.9L-.9,.6L-.3,0Z"
_VERDICTS = {
    Verdict.AGREES: Look("circle", DARK),
    Verdict.WITHIN: Look("diamond", BAND),
    Verdict.DISAGREES: Look(_CROSS, PAPER),
}
_DASHES = {Format.IN_PERSON: [6, 3], Format.ONLINE: [2, 2], Format.HYBRID: [8, 2, 2, 2]}


# --- the timeline --------------------------------------------------------------------


def timeline(registry: Registry, *, dialogue: str | None = None) -> alt.LayerChart:
    """The meetings of each series over time: of one dialogue, or all.

    Numbers are those printed on the meetings. A bar spans the days on which a meeting may
    have begun; one without any date is only mentioned.
    """
    rows: list[dict[str, Any]] = []
    heads: list[dict[str, Any]] = []
    series = registry.series(dialogue)
    told = {s.series: registry.meetings(s.series) for s in series}
    span = Span.of(meeting.date for meetings in told.values() for meeting in meetings)
    top = 0.0
    for one in series:
        lines = wrapped(one.name, 58)
        heads.append({"y": top, "name": lines, "summary": _summary(told[one.series])})
        top += 14 * len(lines) + 4
        placed, lanes = _lanes(told[one.series], span)
        rows += [row | {"y": top + 29 * row["lane"] + 21} for row in placed]
        top += 29 * lanes + 12
    subtitle = f"The meetings of each series, {span}; numbers as printed on them"
    names = [one.name for one in series]
    chart = _timeline(rows, heads, span, max(top, 40))
    return finished(chart, title=_title(registry, dialogue), subtitle=[subtitle], names=names)  # type: ignore[no-any-return]


def _lanes(meetings: Sequence[Meeting], span: Span) -> tuple[list[dict[str, Any]], int]:
    """Put meetings on as few lines as let all of them be seen."""
    placed: list[dict[str, Any]] = []
    ends: list[float] = []
    for meeting in meetings:
        if meeting.date is None:
            continue
        first, last = year(meeting.date.earliest), year(meeting.date.latest_start)
        left, right, middle = (span.pixel(at) for at in (first, last, (first + last) / 2))
        left, right = min(left, middle - 1.5), max(right, middle + 1.5)
        lane = next((number for number, end in enumerate(ends) if end + 2 <= min(left, middle - 8)), len(ends))
        ends[lane:] = [max(right, middle + 8), *ends[lane + 1 :]]
        placed.append({
            "lane": lane, "x": middle, "left": left, "right": right, "uncertain": first < last, "kind": _kind(meeting),
            "number": "" if meeting.ordinal is None else str(meeting.ordinal), "date": meeting.date.text,
            "meeting": meeting.title or meeting.meeting, "place": meeting.place, "status": meeting.status,
        })  # fmt: skip
    return placed, len(ends)


def _timeline(rows: Sequence[Any], heads: Sequence[Any], span: Span, height: float) -> alt.LayerChart:
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, height], reverse=True, nice=False), axis=None)
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, WIDTH], nice=False), axis=year_axis(span))
    kinds = {kind: look for kind, look in _KINDS.items() if any(row["kind"] == kind for row in rows)}
    if any(row["uncertain"] for row in rows):
        kinds["day uncertain"] = _BAR
    tooltip = [alt.Tooltip(f"{name}:N") for name in ("meeting", "date", "status", "place")]
    marks = alt.Chart(alt.InlineData(list(rows)))
    names = alt.Chart(alt.InlineData(list(heads))).encode(y=y)
    bars = (
        marks.transform_filter("datum.uncertain")
        .mark_bar(height=15, fill=BAND, stroke=GREY, strokeWidth=0.6)
        .encode(x=alt.X("left:Q", axis=year_axis(span)), x2="right:Q", y=y)
    )
    points = marks.mark_point(size=85, strokeWidth=1.4, opacity=1).encode(
        x=x, y=y, tooltip=tooltip, **looks("kind", kinds)
    )
    numbers = marks.mark_text(dy=-14, fontSize=9.5, color=DARK).encode(x=x, y=y, text="number:N")
    lines = names.mark_rule(color=GREY, strokeWidth=0.5, yOffset=-5).encode(x=alt.value(0), x2=alt.value(WIDTH))
    series = names.mark_text(align="left", baseline="top", fontSize=11.5, fontWeight="bold", color=DARK).encode(
        x=alt.value(0), text="name:N"
    )
    held = names.mark_text(align="right", baseline="top", fontSize=10.5, color=DARK).encode(
        x=alt.value(WIDTH), text="summary:N"
    )
    return alt.LayerChart(layer=[lines, bars, points, numbers, series, held], width=WIDTH, height=height)


def _kind(meeting: Meeting) -> str:
    return _HOW[meeting.format] if meeting.status is Status.HELD else meeting.status.value


def _summary(meetings: Sequence[Meeting]) -> str:
    order = (Status.HELD, Status.CANCELLED, Status.POSTPONED, Status.ANNOUNCED)
    numbers = {status.value: sum(meeting.status is status for meeting in meetings) for status in order}
    numbers["without a date, not drawn"] = sum(meeting.date is None for meeting in meetings)
    return ", ".join(f"{number} {what}" for what, number in numbers.items() if number or what == "held")


def _title(registry: Registry, dialogue: str | None) -> str:
    return ", ".join(one.name for one in registry.dialogues() if dialogue in {None, one.dialogue})


# --- the counts ----------------------------------------------------------------------


def counts(registry: Registry, *, dialogue: str | None = None) -> alt.ConcatChart:
    """How many meetings of each series had been held, and what official sources stated.

    The line counts the meetings certainly held by then; a grey band reaches up to those
    possibly held. Where sources state the meetings of one format, these have a broken line.
    """
    findings: dict[str, list[Finding]] = {}
    for finding in registry.reconcile():
        findings.setdefault(finding.statement.series, []).append(finding)
    series = registry.series(dialogue)
    held = {s.series: registry.meetings(s.series, status=Status.HELD) for s in series}
    stated = [finding.statement.as_of for s in series for finding in findings.get(s.series, ())]
    span = Span.of([*stated, *(meeting.date for meetings in held.values() for meeting in meetings)])
    met = {finding.verdict for s in series for finding in findings.get(s.series, ())}
    seen = {verdict.value: look for verdict, look in _VERDICTS.items() if verdict in met}
    panels = [_panel(s, held[s.series], findings.get(s.series, ()), span, seen) for s in series]
    return finished(  # type: ignore[no-any-return]
        alt.concat(*panels, columns=2, align="each", spacing={"row": 18, "column": 22}),
        title=_title(registry, dialogue),
        subtitle=[
            "Meetings held, and the counts that official sources state",
            "Line: certainly held by then. Grey band: possibly held. Broken line: those of one format, where stated.",
        ],
        names=[one.name for one in series],
    )


def _panel(
    series: Series, held: Sequence[Meeting], findings: Sequence[Finding], span: Span, seen: Mapping[str, Look]
) -> alt.LayerChart:
    points = [_point(finding, span) for finding in findings]
    top = max([len(held), 1, *(point["stated"] for point in points)])
    years = alt.Axis(title=None, format="d", values=ticks(*span, most=6), grid=False, labelFlush=False)
    numbers = alt.Axis(
        title=None, format="d", values=ticks(0, top, most=6), gridColor=LIGHT, minExtent=22, maxExtent=22
    )
    y_scale = alt.Scale(domain=[0, top * 1.12], nice=False)
    x = alt.X("x:Q", scale=alt.Scale(domain=list(span), nice=False), axis=years)
    y = alt.Y("certain:Q", scale=y_scale, axis=numbers)
    steps = alt.Chart(alt.InlineData(_steps(held, span)))
    layers: list[alt.Chart] = [
        steps.mark_area(interpolate="step-after", color=BAND, opacity=1).encode(x=x, y=y, y2="possible:Q"),
        steps.mark_line(interpolate="step-after", color=DARK, strokeWidth=1.6).encode(x=x, y=y),
    ]
    for format_ in dict.fromkeys(finding.statement.format for finding in findings):
        if format_ is not None:
            *share, end = _steps([meeting for meeting in held if meeting.format is format_], span)
            broken = alt.Chart(alt.InlineData([*share, end | {"name": _HOW[format_]}])).encode(x=x, y=y)
            layers += [
                broken.mark_line(interpolate="step-after", color=DARK, strokeWidth=1, strokeDash=_DASHES[format_]),
                broken.transform_filter("datum.name")
                .mark_text(align="left", dx=4, fontSize=9.5, color=DARK)
                .encode(text="name:N"),
            ]
    if points:
        layers += _stated(points, x, alt.Y("stated:Q", scale=y_scale, axis=numbers), years, seen)
    name = alt.TitleParams(wrapped(series.name, 40), anchor="start", frame="group", fontSize=11.5, offset=6)
    return alt.LayerChart(layer=layers, width=WIDTH / 2 - 67, height=125, title=name)


def _stated(points: Sequence[Any], x: alt.X, y: alt.Y, years: alt.Axis, seen: Mapping[str, Look]) -> list[alt.Chart]:
    """Draw the statements as points, and write beside one that disagrees what it says."""
    told = alt.Chart(alt.InlineData(list(points))).encode(y=y)
    note = told.transform_filter("datum.odd").encode(x=x, text="note:N")
    placed: dict[str, Any] = {
        "align": alt.expr("datum.side"), "dx": alt.expr("datum.side == 'left' ? 9 : -9"), "dy": alt.expr("datum.dy"),
        "fontSize": 9.5, "lineBreak": "\n",
    }  # fmt: skip
    return [
        told.mark_rule(color=DARK).encode(x=alt.X("first:Q", axis=years), x2="last:Q"),
        note.mark_text(**placed, stroke=PAPER, strokeWidth=3),
        note.mark_text(**placed, color=DARK),
        told.mark_point(opacity=1).encode(
            x=x,
            size=alt.condition("datum.odd", alt.value(150), alt.value(45)),
            strokeWidth=alt.condition("datum.odd", alt.value(1.2), alt.value(0.8)),
            tooltip=[alt.Tooltip(f"{name}:N") for name in ("as_of", "stated", "recorded", "verdict", "source")],
            **looks("verdict", seen),
        ),
    ]


def _point(finding: Finding, span: Span) -> dict[str, Any]:
    said = finding.statement
    first, last = year(said.as_of.earliest), year(said.as_of.latest)
    middle = (first + last) / 2
    below = finding.difference < 0  # the line rises, so that there is room to the right
    room = span.first + (0.68 if below else 0.5) * (span.last - span.first)
    of_format = f" {_HOW[said.format]}" if said.format is not None else ""
    return {
        "x": middle, "first": first, "last": last, "stated": said.count, "as_of": said.as_of.text,
        "recorded": str(finding.recorded), "verdict": finding.verdict.value,
        "odd": finding.verdict is Verdict.DISAGREES,
        "side": "left" if middle < room else "right", "dy": 8 if below else -14,
        "note": f"stated {said.count}{of_format},\non record {finding.recorded}",
        "source": finding.sources[0].title if finding.sources else "",
    }  # fmt: skip


def _steps(held: Iterable[Meeting], span: Span) -> list[dict[str, Any]]:
    """How many were certainly and possibly held, at each moment where that changes."""
    dates = [meeting.date for meeting in held]
    certain = sorted(year(day.latest_start) for day in dates if day is not None)
    possible = sorted(span.first if day is None else year(day.earliest) for day in dates)
    return [
        {"x": x, "certain": bisect_right(certain, x), "possible": bisect_right(possible, x)}
        for x in sorted({*span, *certain, *possible})
    ]


# --- files ---------------------------------------------------------------------------


def save(chart: Chart, path: str | os.PathLike[str]) -> Path:
    """Write a chart to a file: ``.svg``, ``.png`` (17 cm at 300 dots per inch) or ``.html`` (needs no network)."""
    path = Path(path)
    match path.suffix.lower():
        case ".svg":
            path.write_text(vl_convert.vegalite_to_svg(chart.to_dict()), "utf-8")
        case ".png":
            path.write_bytes(vl_convert.vegalite_to_png(chart.to_dict(), scale=_SCALE, ppi=_PPI))
        case ".html":
            chart.save(str(path), format="html", inline=True)
        case other:
            raise InvalidValueError(f"a chart cannot be written as {other!r}: use .svg, .png or .html")
    return path


def draw(
    registry: Registry, folder: str | os.PathLike[str], *, formats: Iterable[str] = ("svg", "png", "html"),
    dialogue: str | None = None,
) -> tuple[Path, ...]:  # fmt: skip
    """Write both pictures into a folder, as ``timeline`` and ``counts``; give the paths."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    drawn: dict[str, Chart] = {
        "timeline": timeline(registry, dialogue=dialogue),
        "counts": counts(registry, dialogue=dialogue),
    }
    return tuple(save(chart, folder / f"{name}.{suffix}") for name, chart in drawn.items() for suffix in formats)
