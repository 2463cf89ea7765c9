"""Pictures of a registry, for reports and notebooks (extra ``charts``): a timeline, and counts.

They fill the width of an A4 page, and are legible in grey: what matters is told apart by
shape and fill, never by colour. The same registry gives the same picture.
"""

import os
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import altair as alt
import vl_convert

from dialogue_registry.answers import Meeting, Series
from dialogue_registry.counting import Finding, Verdict
from dialogue_registry.dates import PartialDate
from dialogue_registry.errors import InvalidValueError
from dialogue_registry.events import Format
from dialogue_registry.registry import Registry
from dialogue_registry.rules import Status

Chart: TypeAlias = alt.LayerChart | alt.VConcatChart

WIDTH = 620
#: Pixels are set so that the picture comes out 17 cm wide, at 300 dots per inch.
_PPI, _SCALE = 300, 0.75
_FONT = "Arial, Helvetica, 'Noto Sans CJK JP', 'Hiragino Sans', 'Yu Gothic', sans-serif"
_DARK, _GREY, _BAND, _LIGHT, _PAPER = "#1a1a1a", "#808080", "#c9c9c9", "#e6e6e6", "#ffffff"

#: What a meeting is drawn as: shape, fill.
_KINDS = {
    "in person": ("circle", _DARK),
    "online": ("diamond", _PAPER),
    "hybrid": ("triangle-up", _GREY),
    "not known how": ("circle", _PAPER),
    "announced": ("triangle-right", _PAPER),
    "postponed": ("triangle-down", _PAPER),
    "cancelled": ("M-.8,-.8L.8,.8M-.8,.8L.8,-.8", _PAPER),
    "day uncertain": ("M-1.5,-.7H1.5V.7H-1.5Z", _BAND),
}
_VERDICTS = {
    Verdict.AGREES: ("circle", _DARK),
    Verdict.WITHIN: ("diamond", _BAND),
    Verdict.DISAGREES: ("M-.9,-.6L-.6,-.9L0,-.3L.6,-.9L.9,-.6L.3,0L.9,.6L.6,.9L0,.3L-.6,.9L-.9,.6L-.3,0Z", _PAPER),
}
_DASHES = {Format.IN_PERSON: [6, 3], Format.ONLINE: [2, 2], Format.HYBRID: [8, 2, 2, 2]}
_HOW = {Format.IN_PERSON: "in person", Format.ONLINE: "online", Format.HYBRID: "hybrid", None: "not known how"}


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
    span = _span(meeting.date for meetings in told.values() for meeting in meetings)
    top = 0.0
    for one in series:
        lines = _wrapped(one.name, 68)
        heads.append({"y": top, "name": lines, "summary": _summary(told[one.series])})
        top += 14 * len(lines) + 4
        placed, lanes = _lanes(told[one.series], span)
        rows += [row | {"y": top + 29 * row["lane"] + 21} for row in placed]
        top += 29 * lanes + 12
    title = _title(registry, dialogue, f"The meetings of each series, {_years(span)}; numbers as printed on them")
    return _timeline(rows, heads, span, max(top, 40), title)


def _lanes(meetings: Sequence[Meeting], span: tuple[float, float]) -> tuple[list[dict[str, Any]], int]:
    """Put meetings on as few lines as let all of them be seen."""
    placed: list[dict[str, Any]] = []
    ends: list[float] = []
    for meeting in meetings:
        if meeting.date is None:
            continue
        first, last = _year(meeting.date.earliest), _year(meeting.date.latest_start)
        left, right, middle = (_pixel(at, span) for at in (first, last, (first + last) / 2))
        left, right = min(left, middle - 1.5), max(right, middle + 1.5)
        lane = next((number for number, end in enumerate(ends) if end + 2 <= min(left, middle - 8)), len(ends))
        ends[lane:] = [max(right, middle + 8), *ends[lane + 1 :]]
        placed.append({
            "lane": lane, "x": middle, "left": left, "right": right, "uncertain": first < last, "kind": _kind(meeting),
            "number": "" if meeting.ordinal is None else str(meeting.ordinal), "date": meeting.date.text,
            "meeting": meeting.title or meeting.meeting, "place": meeting.place, "status": meeting.status,
        })  # fmt: skip
    return placed, len(ends)


def _timeline(
    rows: Sequence[Any], heads: Sequence[Any], span: tuple[float, float], height: float, title: alt.TitleParams
) -> alt.LayerChart:
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, height], reverse=True, nice=False), axis=None)
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, WIDTH], nice=False), axis=_year_axis(span))
    kinds = [kind for kind in _KINDS if any(row["kind"] == kind for row in rows)]
    if any(row["uncertain"] for row in rows):
        kinds.append("day uncertain")
    tooltip = [alt.Tooltip(f"{name}:N") for name in ("meeting", "date", "status", "place")]
    marks = alt.Chart(alt.InlineData(list(rows)))
    names = alt.Chart(alt.InlineData(list(heads))).encode(y=y)
    bars = (
        marks.transform_filter("datum.uncertain")
        .mark_bar(height=15, fill=_BAND, stroke=_GREY, strokeWidth=0.6)
        .encode(x=alt.X("left:Q", axis=_year_axis(span)), x2="right:Q", y=y)
    )
    points = marks.mark_point(size=85, strokeWidth=1.4, opacity=1).encode(
        x=x, y=y, tooltip=tooltip, **_looks("kind", kinds, _KINDS)
    )
    numbers = marks.mark_text(dy=-14, fontSize=9.5, color=_DARK).encode(x=x, y=y, text="number:N")
    lines = names.mark_rule(color=_GREY, strokeWidth=0.5, yOffset=-5).encode(x=alt.value(0), x2=alt.value(WIDTH))
    series = names.mark_text(align="left", baseline="top", fontSize=11.5, fontWeight="bold", color=_DARK).encode(
        x=alt.value(0), text="name:N"
    )
    held = names.mark_text(align="right", baseline="top", fontSize=10.5, color=_DARK).encode(
        x=alt.value(WIDTH), text="summary:N"
    )
    return _styled(alt.layer(lines, bars, points, numbers, series, held).properties(width=WIDTH, height=height, title=title))


def _kind(meeting: Meeting) -> str:
    return _HOW[meeting.format] if meeting.status is Status.HELD else meeting.status.value


def _summary(meetings: Sequence[Meeting]) -> str:
    parts = [f"{len([m for m in meetings if m.status is Status.HELD])} held"]
    for status in (Status.CANCELLED, Status.POSTPONED, Status.ANNOUNCED):
        if number := len([m for m in meetings if m.status is status]):
            parts.append(f"{number} {status.value}")
    if undated := len([m for m in meetings if m.date is None]):
        parts.append(f"{undated} without a date, not drawn")
    return ", ".join(parts)


# --- the counts ----------------------------------------------------------------------


def counts(registry: Registry, *, dialogue: str | None = None) -> alt.VConcatChart:
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
    span = _span([*stated, *(meeting.date for meetings in held.values() for meeting in meetings)])
    seen = [v for v in Verdict if any(f.verdict is v for s in series for f in findings.get(s.series, ()))]
    panels = [_panel(s, held[s.series], findings.get(s.series, ()), span, seen) for s in series]
    rows = [alt.hconcat(*panels[at : at + 2], spacing=24) for at in range(0, len(panels), 2)]
    title = _title(
        registry, dialogue, "Meetings held, and the counts that official sources state",
        "Line: certainly held by then. Grey band: possibly held. Broken line: those of one format, where stated.",
    )  # fmt: skip
    return _styled(alt.vconcat(*rows, spacing=18).properties(title=title))


def _panel(
    series: Series, held: Sequence[Meeting], findings: Sequence[Finding], span: tuple[float, float],
    seen: Sequence[Verdict],
) -> alt.LayerChart:  # fmt: skip
    width = (WIDTH - 84) / 2
    points = [_point(finding, span) for finding in findings]
    top = max([len(held), 1, *(point["stated"] for point in points)])
    years = alt.Axis(title=None, format="d", values=_ticks(*span, most=6), grid=False, labelFlush=False)
    x = alt.X("x:Q", scale=alt.Scale(domain=list(span), nice=False), axis=years)
    y_axis = alt.Axis(
        title=None, format="d", values=_ticks(0, top, most=6), gridColor=_LIGHT, minExtent=22, maxExtent=22
    )
    y = alt.Y("certain:Q", scale=alt.Scale(domain=[0, top * 1.12], nice=False), axis=y_axis)
    steps = alt.Chart(alt.InlineData(_steps(held, span)))
    layers = [
        steps.mark_area(interpolate="step-after", color=_BAND, opacity=1).encode(x=x, y=y, y2="possible:Q"),
        steps.mark_line(interpolate="step-after", color=_DARK, strokeWidth=1.6).encode(x=x, y=y),
    ]
    for format_ in dict.fromkeys(finding.statement.format for finding in findings):
        if format_ is not None:
            share = _steps([meeting for meeting in held if meeting.format is format_], span)
            line = alt.Chart(alt.InlineData([step | {"name": ""} for step in share[:-1]] + [share[-1] | {"name": _HOW[format_]}]))
            layers += [
                line.mark_line(interpolate="step-after", color=_DARK, strokeWidth=1, strokeDash=_DASHES[format_])
                .encode(x=x, y=y),
                line.mark_text(align="right", dy=9, fontSize=9.5, color=_DARK).encode(x=x, y=y, text="name:N"),
            ]  # fmt: skip
    if points:
        told = alt.Chart(alt.InlineData(points))
        at = alt.Y("stated:Q", scale=alt.Scale(domain=[0, top * 1.12], nice=False), axis=y_axis)
        layers += [
            told.mark_rule(color=_DARK).encode(x=alt.X("first:Q", axis=years), x2="last:Q", y=at),
            told.mark_point(opacity=1).encode(
                x=x, y=at, **_looks("verdict", [verdict.value for verdict in seen], _VERDICTS),
                size=alt.condition("datum.odd", alt.value(150), alt.value(45)),
                strokeWidth=alt.condition("datum.odd", alt.value(1.2), alt.value(0.8)),
                tooltip=[alt.Tooltip(f"{name}:N") for name in ("as_of", "stated", "recorded", "verdict", "source")],
            ),
        ]  # fmt: skip
        for halo in ({"stroke": _PAPER, "strokeWidth": 3}, {}):
            note = told.transform_filter("datum.odd").mark_text(
                align=alt.expr("datum.side"), dx=alt.expr("datum.side == 'left' ? 9 : -9"), dy=alt.expr("datum.dy"),
                fontSize=9.5, color=_DARK, **halo,
            )  # fmt: skip
            layers.append(note.encode(x=x, y=at, text="note:N"))
    name = alt.TitleParams(_wrapped(series.name, 42), anchor="start", frame="group", fontSize=11.5, offset=6)
    return alt.layer(*layers).properties(width=width, height=125, title=name)


def _point(finding: Finding, span: tuple[float, float]) -> dict[str, Any]:
    said = finding.statement
    first, last = _year(said.as_of.earliest), _year(said.as_of.latest)
    middle = (first + last) / 2
    of_format = f" {_HOW[said.format]}" if said.format is not None else ""
    return {
        "x": middle, "first": first, "last": last, "stated": said.count, "as_of": said.as_of.text,
        "recorded": str(finding.recorded), "verdict": finding.verdict.value,
        "odd": finding.verdict is Verdict.DISAGREES, "side": "right" if middle > sum(span) / 2 else "left", "dy": 14 if finding.difference < 0 else -9,
        "note": f"stated {said.count}{of_format}, on record {finding.recorded}",
        "source": finding.sources[0].title if finding.sources else "",
    }  # fmt: skip


def _steps(held: Iterable[Meeting], span: tuple[float, float]) -> list[dict[str, float]]:
    certain, possible = [], []
    for meeting in held:
        possible.append(span[0] if meeting.date is None else _year(meeting.date.earliest))
        if meeting.date is not None:
            certain.append(_year(meeting.date.latest_start))
    return [
        {"x": x, "certain": sum(at <= x for at in certain), "possible": sum(at <= x for at in possible)}
        for x in sorted({*span, *certain, *possible})
    ]


# --- both ----------------------------------------------------------------------------


def _span(days: Iterable[PartialDate | None]) -> tuple[float, float]:
    """The years to draw: whole ones, with room at both ends."""
    dated = [day for day in days if day is not None]
    if not dated:
        raise InvalidValueError("there is no dated meeting to draw: record one, or choose another dialogue")
    first, last = min(day.earliest for day in dated), max(day.latest for day in dated)
    return float(first.year), float(last.year + 1)


def _year(day: date) -> float:
    """A day as a decimal year, which no time zone can shift."""
    return round(day.year + (day.timetuple().tm_yday - 0.5) / (366 if day.year % 4 == 0 else 365), 4)


def _years(span: tuple[float, float]) -> str:
    return f"{span[0]:.0f} to {span[1] - 1:.0f}"


def _pixel(year: float, span: tuple[float, float]) -> float:
    return round(8 + (year - span[0]) / (span[1] - span[0]) * (WIDTH - 16), 1)


def _year_axis(span: tuple[float, float]) -> alt.Axis:
    """Years at the pixels they are drawn at."""
    years = {_pixel(year, span): str(year) for year in _ticks(*span, most=20)}
    label = " : ".join(f"datum.value == {at} ? '{year}'" for at, year in years.items())
    return alt.Axis(title=None, values=list(years), labelExpr=f"{label} : ''", gridColor=_LIGHT, domain=False)


def _ticks(first: float, last: float, *, most: int) -> list[int]:
    """Round numbers from the first to the last, not too many."""
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1000, 10**9) if (last - first) / step <= most)
    return list(range(-(-int(first) // step) * step, int(last) + 1, step))


def _looks(field: str, domain: Sequence[str], drawn: Mapping[Any, tuple[str, str]]) -> dict[str, Any]:
    """Shape, fill and outline by one field, in one legend."""
    legend = alt.Legend(
        title=None, orient="bottom", symbolSize=85, symbolStrokeWidth=1.3, columns=5, columnPadding=18, labelLimit=0,
    )  # fmt: skip
    ranges = {alt.Shape: [drawn[name][0] for name in domain], alt.Fill: [drawn[name][1] for name in domain]}
    ranges[alt.Stroke] = [_GREY if name == "day uncertain" else _DARK for name in domain]
    return {
        kind.__name__.lower(): kind(f"{field}:N", scale=alt.Scale(domain=list(domain), range=chosen), legend=legend)
        for kind, chosen in ranges.items()
    }


def _title(registry: Registry, dialogue: str | None, *subtitle: str) -> alt.TitleParams:
    names = [one.name for one in registry.dialogues() if dialogue in (None, one.dialogue)]
    return alt.TitleParams(
        _wrapped(", ".join(names), 72), subtitle=list(subtitle), anchor="start", frame="group", fontSize=15,
        subtitleFontSize=11, subtitlePadding=4, offset=14,
    )  # fmt: skip


def _wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines; letters as wide as those of Han take twice the room."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return textwrap.wrap(text, max(8, width // 2 if wide > len(text) / 3 else width)) or [""]


def _styled(chart: Any) -> Any:
    return (
        chart.configure(font=_FONT, background=_PAPER, padding=8)
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=10, labelColor=_DARK, tickColor=_GREY, domainColor=_GREY)
        .configure_legend(labelFontSize=10.5, labelColor=_DARK)
        .configure_title(color=_DARK, subtitleColor=_DARK)
    )


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
    drawn = {"timeline": timeline(registry, dialogue=dialogue), "counts": counts(registry, dialogue=dialogue)}
    return tuple(save(chart, folder / f"{name}.{suffix}") for name, chart in drawn.items() for suffix in formats)
