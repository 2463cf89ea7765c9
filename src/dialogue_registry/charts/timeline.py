"""The timeline of a dialogue, the chart of its counts, and how a chart is saved."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import altair as alt
import vl_convert

from dialogue_registry.charts.counts import HOW, VERDICTS, panel
from dialogue_registry.charts.style import (
    BAND,
    DARK,
    GREY,
    PAPER,
    WIDTH,
    Look,
    Span,
    finished,
    looks,
    wrapped,
    year,
    year_axis,
)
from dialogue_registry.errors import InvalidValueError
from dialogue_registry.model.recording_rules import Status
from dialogue_registry.queries.results import Dialogue, Meeting
from dialogue_registry.registry.registry import Registry

if TYPE_CHECKING:
    from dialogue_registry.queries.reconciliation import Finding

Chart: TypeAlias = alt.LayerChart | alt.ConcatChart

#: A PNG is as wide as the text of an A4 page, or as high, at 300 dots per inch.
_PPI = 300
_WIDE, _HIGH = 17 / 2.54 * _PPI, 25 / 2.54 * _PPI

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

# --- the timeline --------------------------------------------------------------------


class _Layers(alt.LayerChart):
    def _repr_mimebundle_(self, *_: Any, **__: Any) -> Any:
        return _notebook(self)


class _Panels(alt.ConcatChart):
    def _repr_mimebundle_(self, *_: Any, **__: Any) -> Any:
        return _notebook(self)


def _notebook(chart: Chart) -> dict[str, str]:
    """A chart as a notebook shows it: drawn here, so that no network is needed."""
    return {"image/svg+xml": _svg(chart), "text/plain": repr(type(chart))}


def timeline(registry: Registry, *, dialogue: str | None = None) -> alt.LayerChart:
    """The meetings of each series over time: of one dialogue, or all.

    Numbers are those printed on the meetings. A bar spans the days on which a meeting may
    have begun, and is never too narrow to be seen; one without any date is only mentioned.
    """
    rows: list[dict[str, Any]] = []
    heads: list[dict[str, Any]] = []
    dialogues = _dialogues(registry, dialogue)
    series = registry.series(dialogue)
    told = {s.series: registry.meetings(s.series) for s in series}
    span = _span(registry, told)
    top = 0.0
    for whole in dialogues:
        if len(dialogues) > 1:
            lines = wrapped(whole.name, 80)
            heads.append({"y": top, "end": top + 16 * len(lines) + 4, "dialogue": lines})
            top += 16 * len(lines) + 8
        for one in series:
            if one.dialogue != whole.dialogue:
                continue
            lines = wrapped(one.name, 58)
            heads.append({"y": top, "end": top + 14 * len(lines), "name": lines, "summary": _summary(told[one.series])})
            top += 14 * len(lines) + 4
            placed, lanes = _lanes(told[one.series], span)
            rows += [row | {"y": top + 29 * row["lane"] + 21} for row in placed]
            top += 29 * lanes + 12
    subtitle = f"The meetings of each series, {span}; numbers as printed on them"
    chart = _timeline(rows, heads, span, max(top, 40))
    names = [*(one.name for one in dialogues), *(one.name for one in series)]
    return finished(chart, title=_title(dialogues), subtitle=[subtitle], names=names)  # type: ignore[no-any-return]


def _dialogues(registry: Registry, dialogue: str | None) -> Sequence[Dialogue]:
    known = registry.dialogues()
    chosen = [one for one in known if dialogue in {None, one.dialogue}]
    if dialogue is not None and not chosen:
        there = ", ".join(repr(one.dialogue) for one in known) or "none"
        raise InvalidValueError(f"there is no dialogue {dialogue!r} to draw: the registry has {there}")
    return chosen


def _span(registry: Registry, told: Mapping[str, Sequence[Meeting]]) -> Span:
    """The years of all that is dated in some series, the same in both pictures."""
    stated = [statement.as_of for statement in registry.statements() if statement.series in told]
    return Span.of([*stated, *(meeting.date for meetings in told.values() for meeting in meetings)])


def _lanes(meetings: Sequence[Meeting], span: Span) -> tuple[list[dict[str, Any]], int]:
    """Put meetings on as few lines as let all of them be seen."""
    placed: list[dict[str, Any]] = []
    ends: list[float] = []
    for meeting in meetings:
        if meeting.date is None:
            continue
        first, last = year(meeting.date.earliest), year(meeting.date.latest_start)
        left, right, middle = (span.pixel(at) for at in (first, last, (first + last) / 2))
        wide = 10 if first < last else 8  # a bar is seen on both sides of its point
        left, right = min(left, middle - wide), max(right, middle + wide)
        lane = next((number for number, end in enumerate(ends) if end + 2 <= left), len(ends))
        ends[lane:] = [right, *ends[lane + 1 :]]
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
    bands = names.mark_rect(fill=PAPER, yOffset=-5).encode(
        x=alt.value(0), x2=alt.value(WIDTH), y2="end:Q"
    )  # no grid behind names
    lines = names.mark_rule(color=GREY, strokeWidth=0.5, yOffset=-5).encode(x=alt.value(0), x2=alt.value(WIDTH))
    dialogues = (
        names.transform_filter("datum.dialogue")
        .mark_text(align="left", baseline="top", fontSize=13.5, fontWeight="bold", color=DARK)
        .encode(x=alt.value(0), text="dialogue:N")
    )
    series = (
        names.transform_filter("datum.name")
        .mark_text(align="left", baseline="top", fontSize=11.5, fontWeight="bold", color=DARK)
        .encode(x=alt.value(0), text="name:N")
    )
    held = (
        names.transform_filter("datum.summary")
        .mark_text(align="right", baseline="top", fontSize=10.5, color=DARK)
        .encode(x=alt.value(WIDTH), text="summary:N")
    )
    layers = [bands, lines, bars, points, numbers, dialogues, series, held]
    return _Layers(layer=layers, width=WIDTH, height=height)


def _kind(meeting: Meeting) -> str:
    return HOW[meeting.format] if meeting.status is Status.HELD else meeting.status.value


def _summary(meetings: Sequence[Meeting]) -> str:
    order = (Status.HELD, Status.CANCELLED, Status.POSTPONED, Status.ANNOUNCED)
    told = []
    for status in order:
        of_it = [meeting for meeting in meetings if meeting.status is status]
        vague = sum(meeting.date is None for meeting in of_it)
        if of_it or status is Status.HELD:
            told.append(f"{len(of_it)} {status.value}{f' ({vague} without a date, not drawn)' if vague else ''}")
    return ", ".join(told)


def _title(dialogues: Sequence[Dialogue]) -> str:
    return ", ".join(one.name for one in dialogues)


# --- the counts ----------------------------------------------------------------------


def counts(registry: Registry, *, dialogue: str | None = None) -> alt.ConcatChart:
    """How many meetings of each series had been held, and what official sources stated.

    The line counts the meetings certainly held by then; a grey band reaches up to those
    possibly held. Where sources state the meetings of one format, these have a broken line.
    """
    findings: dict[str, list[Finding]] = {}
    for finding in registry.reconcile():
        findings.setdefault(finding.statement.series, []).append(finding)
    dialogues = _dialogues(registry, dialogue)
    series = registry.series(dialogue)
    told = {s.series: registry.meetings(s.series) for s in series}
    span = _span(registry, told)
    met = {finding.verdict for s in series for finding in findings.get(s.series, ())}
    seen = {verdict.value: look for verdict, look in VERDICTS.items() if verdict in met}
    several = len(dialogues) > 1
    names = {s.series: wrapped(s.name, 40) for s in series}
    for place in range(0, len(series), 2):  # names of one row begin at one height
        row = [names[s.series] for s in series[place : place + 2]]
        for lines in row:
            lines.extend([" "] * (max(map(len, row)) - len(lines)))
    of = {whole.dialogue: whole.name for whole in dialogues}
    panels = [
        panel(
            [meeting for meeting in told[s.series] if meeting.status is Status.HELD], findings.get(s.series, ()), span,
            seen, [*wrapped(of[s.dialogue], 40)[:1] * several, *names[s.series]],
        )
        for s in series
    ]  # fmt: skip
    return finished(  # type: ignore[no-any-return]
        _Panels(concat=panels, columns=2, align="each", spacing={"row": 18, "column": 22}),
        title=_title(dialogues),
        subtitle=[
            "Meetings held, and the counts that official sources state",
            "Line: certainly held by then. Grey band: possibly held. Broken line: those of one format, where stated.",
        ],
        names=[*(one.name for one in dialogues), *(one.name for one in series)],
    )


# --- files ---------------------------------------------------------------------------


def save(chart: Chart, path: str | os.PathLike[str]) -> Path:
    """Write a chart to a file: ``.svg``, ``.png`` or ``.html``; none of them needs a network.

    A PNG is 17 cm wide at 300 dots per inch, or 25 cm high where it is that much higher than wide.
    """
    path = Path(path)
    match path.suffix.lower():
        case ".svg":
            path.write_text(_svg(chart), "utf-8")
        case ".png":
            svg = _svg(chart)
            wide, high = (float(size) for size in re.findall(r'(?:width|height)="([\d.]+)"', svg)[:2])
            scale = min(_WIDE / wide, _HIGH / high) * 72 / _PPI
            path.write_bytes(vl_convert.svg_to_png(svg, scale=scale, ppi=_PPI))
        case ".html":
            chart.save(str(path), format="html", inline=True)
        case other:
            raise InvalidValueError(f"a chart cannot be written as {other!r}: use .svg, .png or .html")
    return path


def _svg(chart: Chart) -> str:
    return vl_convert.vegalite_to_svg(chart.to_dict())


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
