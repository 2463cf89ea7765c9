"""One panel of the chart of counts: the meetings held as a step line, official statements as points beside it."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import altair as alt

from dialogue_registry.charts.style import (
    BAND,
    DARK,
    GREY,
    LIGHT,
    PAPER,
    WIDTH,
    Box,
    Look,
    Span,
    looks,
    room,
    ticks,
    year,
)
from dialogue_registry.model.events import Format
from dialogue_registry.queries.reconciliation import Finding, Verdict
from dialogue_registry.queries.results import Meeting

HOW = {Format.IN_PERSON: "in person", Format.ONLINE: "online", Format.HYBRID: "hybrid", None: "not known how"}
_CROSS = "M-.9,-.6L-.6,-.9L0,-.3L.6,-.9L.9,-.6L.3,0L.9,.6L.6,.9L0,.3L-.6,.9L-.9,.6L-.3,0Z"
VERDICTS = {
    Verdict.AGREES: Look("circle", DARK),
    Verdict.WITHIN: Look("diamond", BAND),
    Verdict.DISAGREES: Look(_CROSS, PAPER),
}
_DASHES = {Format.IN_PERSON: [6, 3], Format.ONLINE: [2, 2], Format.HYBRID: [8, 2, 2, 2]}

#: The width and the height of one panel.
_ACROSS, _DOWN = WIDTH / 2 - 67, 125


def panel(
    held: Sequence[Meeting], findings: Sequence[Finding], span: Span, seen: Mapping[str, Look], name: Sequence[str]
) -> alt.LayerChart:
    """Draw the panel of one series; ``seen`` are the verdicts in any panel, for one legend."""
    top = max([len(held), 1, *(finding.statement.count for finding in findings)])
    points = _points(held, findings, span, top * 1.12)
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
            broken = alt.Chart(alt.InlineData([*share, end | {"name": HOW[format_]}])).encode(x=x, y=y)
            layers += [
                broken.mark_line(interpolate="step-after", color=DARK, strokeWidth=1, strokeDash=_DASHES[format_]),
                broken.transform_filter("datum.name")
                .mark_text(align="left", dx=4, fontSize=9.5, color=DARK)
                .encode(text="name:N"),
            ]
    if points:
        layers += _stated(points, x, {"scale": y_scale, "axis": numbers}, years, seen)
    title = alt.TitleParams(list(name), anchor="start", frame="group", fontSize=11.5, offset=6)
    return alt.LayerChart(layer=layers, width=_ACROSS, height=_DOWN, title=title)


def _stated(
    points: Sequence[Any], x: alt.X, upwards: Mapping[str, Any], years: alt.Axis, seen: Mapping[str, Look]
) -> list[alt.Chart]:
    """Draw the statements as points, and write beside one that lies off the line what it says."""
    told = alt.Chart(alt.InlineData(list(points))).encode(y=alt.Y("stated:Q", **upwards))
    notes = alt.Chart(alt.InlineData([point for point in points if point["note"]]))
    return [
        told.mark_rule(color=DARK).encode(x=alt.X("first:Q", axis=years), x2="last:Q"),
        notes.mark_rule(color=GREY, strokeWidth=0.7).encode(
            x=x, y=alt.Y("stated:Q", **upwards), x2="end_x:Q", y2="end_y:Q"
        ),
        notes.mark_text(align="left", baseline="top", fontSize=9.5, lineBreak="\n", color=DARK).encode(
            x=alt.X("note_x:Q", axis=years), y=alt.Y("note_y:Q", **upwards), text="note:N"
        ),
        told.mark_point(opacity=1).encode(
            x=x,
            size=alt.condition("datum.odd", alt.value(150), alt.value(45)),
            strokeWidth=alt.condition("datum.odd", alt.value(1.2), alt.value(0.8)),
            tooltip=[alt.Tooltip(f"{name}:N") for name in ("as_of", "stated", "recorded", "verdict", "source")],
            **looks("verdict", seen),
        ),
    ]


def _points(held: Sequence[Meeting], findings: Sequence[Finding], span: Span, top: float) -> list[dict[str, Any]]:
    """Give each statement its place; find room for the notes where neither the line nor a point is."""

    def pixel(x: float, number: float) -> tuple[float, float]:
        return (x - span.first) / (span.last - span.first) * _ACROSS, (1 - number / top) * _DOWN

    points = [_point(finding) for finding in findings]
    steps = [(*pixel(step["x"], step["certain"]), *pixel(step["x"], step["possible"])) for step in _steps(held, span)]
    taken = [Box(x - 6, y - 6, x + 6, y + 6) for x, y in (pixel(point["x"], point["stated"]) for point in points)]
    for (x, low, _, high), (next_x, next_low, *_) in pairwise(steps):
        taken += [Box(x, high, next_x, low), Box(next_x, min(low, next_low), next_x, max(low, next_low))]
    for point, finding in zip(points, findings, strict=True):
        if not point["odd"] and _on_the_line(held, finding):
            continue
        point["note"] = _note(finding)
        lines = point["note"].split("\n")
        width, height = 5.1 * max(map(len, lines)), 12 * len(lines)
        place, end = room(width, height, pixel(point["x"], point["stated"]), Box(0, -6, _ACROSS + 24, _DOWN), taken)
        taken.append(place)
        for name, (right, down) in {"note": (place.left, place.top), "end": end}.items():
            point[f"{name}_x"] = span.first + right / _ACROSS * (span.last - span.first)
            point[f"{name}_y"] = (1 - down / _DOWN) * top
    return points


def _on_the_line(held: Sequence[Meeting], finding: Finding) -> bool:
    """Whether a stated count is one that the line or the band beside it shows."""
    said = finding.statement
    days = [meeting.date for meeting in held if said.format in {None, meeting.format}]
    before = sum(day is not None and day.latest_start < said.as_of.earliest for day in days)
    return before <= said.count <= sum(day is None or day.earliest <= said.as_of.latest for day in days)


def _note(finding: Finding) -> str:
    said = finding.statement
    of_format = f" {HOW[said.format]}" if said.format is not None else ""
    if finding.verdict is Verdict.DISAGREES:
        return f"stated {said.count}{of_format},\non record {finding.recorded}"
    return f"stated {said.count}{of_format}:\nby {finding.rules[0]}"


def _point(finding: Finding) -> dict[str, Any]:
    said = finding.statement
    first, last = year(said.as_of.earliest), year(said.as_of.latest)
    return {
        "x": (first + last) / 2, "first": first, "last": last, "stated": said.count, "as_of": said.as_of.text,
        "recorded": str(finding.recorded), "verdict": finding.verdict.value,
        "odd": finding.verdict is Verdict.DISAGREES, "note": "",
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
