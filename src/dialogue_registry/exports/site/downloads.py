"""Files to download from a site: tables, a calendar, and, where it is asked for, the log."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

from dialogue_registry.exports.exporter import export_file
from dialogue_registry.exports.site.contents import Contents
from dialogue_registry.exports.site.page import Link
from dialogue_registry.registry.registry import Registry

_PIECE = 1 << 20
_MOST_IN_A_WORKBOOK = 200_000
"""Of more events, a spreadsheet opens a workbook in minutes if at all; the tables are there all the same."""


def downloads(contents: Contents, folder: Path, work: Path, *, log: bool, database: bool) -> Iterator[Link]:
    """Write what can be taken away into the folder of a site; yield a link to each."""
    say, registry = contents.say, contents.registry
    target = folder / "download"
    target.mkdir()
    export_file(registry, folder / "calendar.ics", format="ics", language=say.tag)
    yield Link(say("Calendar to subscribe to"), "calendar.ics")
    yield Link(say("News (Atom)"), "news.atom")
    if registry.position <= _MOST_IN_A_WORKBOOK:
        export_file(registry, target / "registry.xlsx")
        yield Link(say("Workbook (xlsx)"), "download/registry.xlsx")
    package = work / "data-package"
    export_file(registry, package, format="csv")
    _zipped(package, target / "data-package.zip")
    yield Link(say("Tables (CSV, as a data package)"), "download/data-package.zip")
    if log:
        export_file(registry, target / "events.jsonl", format="events")
        yield Link(say("The log, with who recorded what (JSON lines)"), "download/events.jsonl")
    if database:
        with Registry.open(target / "registry.db") as copied:
            copied.import_events(registry.export_events())
        yield Link(say("The registry itself (SQLite)"), "download/registry.db")


def _zipped(package: Path, target: Path) -> None:
    """Put the files of a folder into an archive, which is the same each time they are."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(package.iterdir()):
            entry = zipfile.ZipInfo(path.name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as into:
                while piece := source.read(_PIECE):
                    into.write(piece)
