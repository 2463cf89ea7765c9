"""Comparisons of contestants, with the ratio that each should reach. A ratio is taken within each round."""

from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

import attrs

Suite = Mapping[str, list[dict[str, Any]]]
Results = Mapping[str, Suite]


@attrs.frozen
class Compared:
    """Two contestants of a suite; ``kind`` is ``rate`` (in times of the other's rate) or ``time`` (of its time)."""

    work: str
    suite: str
    name: str
    other: str
    kind: str
    bound: float | None


@attrs.frozen
class Line:
    """A line of the table."""

    work: str
    against: str
    registry: str
    other: str
    ratio: str
    target: str
    #: None where there is no target.
    reached: bool | None
    #: The median ratio or value, and its range.
    values: tuple[float, float, float]


_TABLES = "eventsourcing and tables by hand"
COMPARED = (
    Compared("one durable event", "single", "registry", "eventsourcing", "rate", 0.8),
    Compared("one durable event", "single", "registry", "eventsource-py", "rate", 1.0),
    Compared("one durable event", "single", "registry", "baseline", "time", 1.4),
    Compared("batches of 1000", "batches", "registry", "eventsourcing", "rate", 1.5),
    Compared("batches of 1000", "batches", "registry", _TABLES, "rate", 2.0),
    Compared("batches of 1000", "batches", "registry", "eventsource-py", "rate", 1.3),
    Compared("batches of 1000", "batches", "registry", "baseline", "time", 1.5),
    Compared("batches of 1000", "batches", "registry", "baseline without foreign keys", "time", None),
    Compared("batches of 1000, events made on the way", "making", "registry", "eventsourcing", "rate", None),
    Compared("replay to typed events", "replay", "registry", "eventsourcing", "rate", 1.7),
    Compared("replay to typed events", "replay", "registry", "eventsource-py", "rate", 3.0),
    Compared("replay to typed events", "replay", "registry", "baseline", "time", 1.3),
    Compared("replay to typed events", "replay", "registry", "baseline unchecked", "time", None),
    Compared("rebuild all views", "rebuild", "registry", _TABLES, "rate", 3.0),
    Compared("rebuild all views", "rebuild", "registry", "baseline", "time", 2.0),
    Compared("verify, chain only", "verify", "registry, chain only", "baseline", "time", 1.8),
    Compared("verify, views too", "verify", "registry, views too", "baseline", "time", None),
    Compared("import", "import", "registry", "dependencies", "time", None),
    Compared("import, open, record a meeting", "import", "registry, a meeting recorded", "dependencies", "time", None),
    Compared("one event, on a server", "shared: single", "registry", "eventsourcing", "rate", None),
    Compared("batches of 1000, on a server", "shared: batches", "registry", "eventsourcing", "rate", 1.4),
    Compared("and views in memory", "shared: batches", "registry, views in memory", "eventsourcing", "rate", None),
    Compared("a log copied to a server", "shared: batches", "registry, copied", "eventsourcing", "rate", 2.0),
    Compared("replay to typed events, from a server", "shared: replay", "registry", "eventsourcing", "rate", 2.0),
    Compared("all views from a server", "shared: replay", "registry, into new views", "eventsourcing", "rate", None),
)
FLAT = 1.25
"""How many times its peak memory ten times the events may take and still be called flat."""


def lines(results: Results) -> Iterator[Line]:
    """All lines of the table that the results have something for."""
    for compared in COMPARED:
        if {compared.name, compared.other} <= results.get(compared.suite, {}).keys():
            yield _compare(compared, results[compared.suite])
    yield from _sizes(results.get("batches", {}))
    yield from _amendments(results.get("amendment", {}))
    for follow in results.get("shared: follow", {}).get("registry", []):
        values = follow["seconds"], follow["least"], follow["greatest"]
        found = f"{_time(values[0])} ({_time(values[1])}–{_time(values[2])})"
        yield Line("a follower on a server shows an event", "", _time(values[0]), "", found, "", None, values)
    yield from _sweep(results)


def _compare(compared: Compared, suite: Suite) -> Line:
    ones, others = suite[compared.name], suite[compared.other]
    costs = [
        (one["seconds"] / one["events"], two["seconds"] / two["events"]) for one, two in zip(ones, others, strict=False)
    ]
    ratios = [two / one if compared.kind == "rate" else one / two for one, two in costs]
    low, middle, high = min(ratios), median(ratios), max(ratios)
    of, sign = ("its rate", "≥") if compared.kind == "rate" else ("its time", "≤")
    reached = None
    if compared.bound is not None:
        reached = middle >= compared.bound if compared.kind == "rate" else middle <= compared.bound
    return Line(
        compared.work,
        compared.other,
        _speed(ones),
        _speed(others),
        f"{middle:.2f} × {of} ({low:.2f}–{high:.2f})",
        "" if compared.bound is None else f"{sign} {compared.bound:.1f} ×",
        reached,
        (middle, low, high),
    )


def _speed(results: list[dict[str, Any]]) -> str:
    seconds = median(result["seconds"] / result["events"] for result in results)
    return _time(seconds) if results[0]["events"] == 1 else f"{1 / seconds:,.0f} events/s"


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms"


def _sizes(suite: Suite) -> Iterator[Line]:
    for name, results in suite.items():
        if name != "registry" and "bytes" in results[0] and "foreign keys" not in name and "tables" not in name:
            size, other_size = (r[0]["bytes"] / r[0]["events"] for r in (suite["registry"], results))
            ratio = size / other_size
            found = f"{ratio:.2f} × its size"
            yield Line(
                "bytes per event", name, f"{size:.0f}", f"{other_size:.0f}", found, "", None, (ratio, ratio, ratio)
            )


def _amendments(suite: Suite) -> Iterator[Line]:
    for what, results in suite.items():
        ratios = [result["seconds"] / result["small"] for result in results]
        small, huge = (median(result[key] for result in results) for key in ("small", "seconds"))
        values = median(ratios), min(ratios), max(ratios)
        found = f"{values[0]:.2f} × its time ({values[1]:.2f}–{values[2]:.2f})"
        yield Line(
            f"correct {what} in a huge meeting", "one of ten delegates", _time(huge), _time(small), found, "≤ 2.0 ×",
            values[0] <= 2, values,
        )  # fmt: skip


def _sweep(results: Results) -> Iterator[Line]:
    sizes = list(results.get("sweep: opening, plain", {}))  # the last that is measured of each size
    if len(sizes) < 2:
        return
    smallest, largest = sizes[0], sizes[-1]
    yield from _times(results["sweep: counts"], "counts(as_of), 50 series", smallest, largest, 0.005)
    yield from _growth(results["sweep: counts"], smallest, largest)
    yield from _times(results["sweep: at"], "at(position): open, read one meeting", smallest, largest, 0.010)
    yield from _times(results["sweep: opening"], "open an existing file", smallest, largest, None)
    for what in ("record", "replay", "rebuild", "verify, chain only", "verify, views too"):
        suite = results[f"sweep: {what}"]
        first, last = suite[smallest][0], suite[largest][0]
        ratio = (first["seconds"] / first["events"]) / (last["seconds"] / last["events"])
        yield Line(
            f"{what}, {_meetings(largest)}", _meetings(smallest), _speed([last]), _speed([first]),
            f"{ratio:.2f} × its rate", "", None, (ratio, ratio, ratio),
        )  # fmt: skip
    smallest = sizes[-2]  # caches fill up first
    for what in ("record", "replay", "rebuild", "verify, chain only", "verify, views too"):
        suite = results[f"sweep: {what}"]
        first, last = suite[smallest][0], suite[largest][0]
        ratio = last["memory"] / first["memory"]
        yield Line(
            f"peak memory of {what}, {_meetings(largest)}", _meetings(smallest),
            f"{last['memory']:.0f} MB", f"{first['memory']:.0f} MB",
            f"{ratio:.2f} ×", f"≤ {FLAT} ×", ratio <= FLAT, (ratio, ratio, ratio),
        )  # fmt: skip


def _times(suite: Suite, work: str, smallest: str, largest: str, bound: float | None) -> Iterator[Line]:
    first, last = suite[smallest][0], suite[largest][0]
    value = last["seconds"]
    yield Line(
        f"{work}, {_meetings(largest)}", _meetings(smallest), _time(value), _time(first["seconds"]),
        f"{_time(value)} ({_time(last['least'])}–{_time(last['greatest'])})",
        "" if bound is None else f"< {_time(bound)}", None if bound is None else value < bound,
        (value, last["least"], last["greatest"]),
    )  # fmt: skip


def _growth(suite: Suite, smallest: str, largest: str) -> Iterator[Line]:
    ratio = suite[largest][0]["seconds"] / suite[smallest][0]["seconds"]
    yield Line(
        f"counts(as_of), {_meetings(largest)}", _meetings(smallest), _time(suite[largest][0]["seconds"]),
        _time(suite[smallest][0]["seconds"]), f"{ratio:.2f} × its time", "≤ 3.0 ×", ratio <= 3, (ratio, ratio, ratio),
    )  # fmt: skip


def _meetings(size: str) -> str:
    return f"{int(size):,} meetings"
