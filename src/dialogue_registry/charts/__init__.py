"""Pictures of a registry, for reports, pages and notebooks: a timeline, counts, attendance.

They fill the width of an A4 page, and are legible in grey. The same registry gives the same
picture, byte for byte; PNG and PDF need the extra ``charts``::

    from dialogue_registry import Registry, charts

    with Registry.open("ca-jad.db", read_only=True) as registry:
        charts.save(charts.timeline(registry), "timeline.svg")
"""

import os
from collections.abc import Iterable
from pathlib import Path

from dialogue_registry.charts.attendance_chart import attendance
from dialogue_registry.charts.counts_chart import counts
from dialogue_registry.charts.picture import Picture, save
from dialogue_registry.charts.timeline_chart import timeline
from dialogue_registry.errors import ExchangeError
from dialogue_registry.model.addresses import check_path
from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.registry.registry import Snapshot

__all__ = ["Picture", "attendance", "counts", "draw", "save", "timeline"]


_CHARTS = {"timeline": timeline, "counts": counts, "attendance": attendance}


@arguments_checked
def draw(
    registry: Snapshot,
    folder: str | os.PathLike[str],
    *,
    formats: Iterable[str] = ("svg", "png", "html"),
    dialogue: str | None = None,
    series: str | Iterable[str] = (),
    since: int | str | None = None,
    title: str = "",
    language: str = "en",
    with_attendance: bool = False,
) -> tuple[Path, ...]:
    """Write both pictures into a folder, as ``timeline`` and ``counts``; return the paths.

    ``with_attendance`` adds the grid of who came, as ``attendance``.
    """
    check_path(folder)
    folder = Path(folder)
    series = (series,) if isinstance(series, str) else tuple(series)
    drawn = {
        name: chart(registry, dialogue=dialogue, series=series, since=since, title=title, language=language)
        for name, chart in _CHARTS.items()
        if name != "attendance" or with_attendance
    }
    suffixes = tuple(formats)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExchangeError(f"the folder {folder} cannot be made ({error.strerror}): choose another one") from error
    return tuple(save(picture, folder / f"{name}.{suffix}") for name, picture in drawn.items() for suffix in suffixes)
