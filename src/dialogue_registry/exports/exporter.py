"""The registry in the formats of others, chosen by a name or by the ending of a file."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryFile

from dialogue_registry.errors import ExchangeError
from dialogue_registry.exports.facts_table import FACTS_TABLE, facts_mapping
from dialogue_registry.exports.ical import calendar, undated
from dialogue_registry.exports.jsonld import json_ld
from dialogue_registry.exports.layouts import layouts_of
from dialogue_registry.exports.popolo import popolo
from dialogue_registry.exports.tabular import write_data_package, write_parquet
from dialogue_registry.exports.workbook import write_workbook
from dialogue_registry.model.addresses import check_path
from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.model.kinds import Kinds
from dialogue_registry.model.shown import shown
from dialogue_registry.model.standard_kinds import STANDARD_KINDS
from dialogue_registry.queries.reader import Reader
from dialogue_registry.registry.registry import Snapshot
from dialogue_registry.registry.replacement import filled_folder, replaced_file, replaced_folder

FORMATS = ("events", "xlsx", "csv", "parquet", "ics", "jsonld", "popolo")
_ENDINGS = {
    ".jsonl": "events", ".ndjson": "events", ".xlsx": "xlsx", ".ics": "ics", ".jsonld": "jsonld", ".json": "popolo",
    "": "csv",
}  # fmt: skip
_FOLDERS = ("csv", "parquet")
"""The formats that fill a folder."""
_IN_A_LANGUAGE = ("ics", "jsonld", "popolo")
"""The formats whose names are of one language."""
_SQLITE = b"SQLite format 3\0"

Progress = Callable[[int, int], object]


@arguments_checked
def export_file(
    registry: Snapshot,
    path: str | os.PathLike[str],
    *,
    format: str | None = None,  # noqa: A002 - what it is called everywhere
    force: bool = False,
    spreadsheet: bool = False,
    mapping: str | os.PathLike[str] | None = None,
    language: str | None = None,
    progress: Progress | None = None,
) -> tuple[str, ...]:
    """Write the registry to a file, a folder, or "-" (standard output); return what had to be left out and why.

    ``format`` is "events" (``.jsonl``: the whole log as CloudEvents, lossless) or "xlsx" (a
    workbook; extra ``[xlsx]``). It may be "csv" (a folder with a Tabular Data Package) or
    "parquet" (a folder). Or it is "ics" (iCalendar), "jsonld" (schema.org) or "popolo"
    (``.json``). Without it, the ending says which, and a path without ending is a folder of
    CSV. One state is written, whatever others record meanwhile. A file or folder appears whole
    or not at all, and replaces one that is there, but never a registry; a link is replaced, not
    followed.

    A folder that holds anything else than an earlier export is left alone. With ``force``
    the files of the format are put into it, each of them whole. ``spreadsheet`` makes CSV
    for people: it begins with a mark of UTF-8, and a cell that a spreadsheet would run has
    an apostrophe before it.

    ``mapping`` is a file to which the mapping is written with which a workbook, or
    ``facts.csv`` of the folder, is imported again: that adds nothing. ``language`` is that of
    the names in ics, jsonld and popolo, where they are recorded in it.
    """
    if not str(path):
        raise ExchangeError("the destination is empty: give a file, a folder, or - for standard output")
    check_path(path)
    destination = Path(path)
    chosen = _format(destination, format)
    if spreadsheet and chosen != "csv":
        raise ExchangeError(f"only the format csv is made for a spreadsheet, not {chosen}: leave one of the two out")
    if mapping is not None:
        _check_mapping(chosen, spreadsheet=spreadsheet)
    if language is not None and chosen not in _IN_A_LANGUAGE:
        raise ExchangeError(
            f"{chosen} has all names as they are recorded: leave the language out, or export ics, jsonld or popolo"
        )
    with registry.reading() as reader:
        lines = _left_out(reader, chosen)
        without_day = undated(reader) if chosen == "ics" else ()
        if chosen in _FOLDERS:
            _export_folder(registry, destination, chosen, force=force, spreadsheet=spreadsheet)
        elif chosen == "xlsx":
            lines = (*lines, *_export_workbook(registry, reader, destination))
        else:
            pieces = _pieces(
                registry, reader, chosen, without_day=without_day, language=language, progress=progress
            )  # fmt: skip
            _write(destination, pieces)
    if mapping is not None:
        written_file(Path(mapping), [facts_mapping(FACTS_TABLE if chosen == "xlsx" else "").encode()])
    return (*without_day, *lines)


def _write(destination: Path, pieces: Iterable[bytes]) -> None:
    """Write to standard output where the destination is "-", else to a file."""
    if str(destination) == "-":
        sys.stdout.buffer.writelines(pieces)
        sys.stdout.buffer.flush()
    else:
        written_file(destination, pieces)


def _format(destination: Path, format: str | None) -> str:  # noqa: A002 - what it is called everywhere
    """Return the format to export to; raises ExchangeError where the destination does not go with it."""
    to_standard_output, ending = str(destination) == "-", destination.suffix.lower()
    chosen = format or ("events" if to_standard_output else _ENDINGS.get(ending))
    if chosen is None and ending[1:] in _FOLDERS:
        raise ExchangeError(
            f"{destination} ends in {destination.suffix!r}, and the format {ending[1:]} fills a folder: give the path "
            f"of one and the format, such as {destination.with_suffix('')}"
        )
    if chosen not in FORMATS:
        raise ExchangeError(
            f"{shown(chosen or destination.suffix)} is no format to export to: choose one of {', '.join(FORMATS)}"
        )
    if chosen in _FOLDERS and (to_standard_output or (destination.exists() and not destination.is_dir())):
        raise ExchangeError(f"the format {chosen} fills a folder: give the path of one")
    return chosen


def _check_mapping(chosen: str, *, spreadsheet: bool) -> None:
    if chosen not in {"csv", "xlsx"}:
        raise ExchangeError(f"only xlsx and csv have a mapping, not {chosen}: leave one of the two out")
    if spreadsheet:
        raise ExchangeError(
            "csv made for a spreadsheet has apostrophes that are no part of its texts, and is not imported again: "
            "leave spreadsheet or mapping out, or export xlsx"
        )


def _export_workbook(registry: Snapshot, reader: Reader, destination: Path) -> tuple[str, ...]:
    with TemporaryFile() as file:
        lines = write_workbook(registry, reader, file)
        file.seek(0)
        _write(destination, iter(lambda: file.read(1 << 20), b""))
    return lines


def _pieces(
    registry: Snapshot, reader: Reader, chosen: str, *, without_day: tuple[str, ...], language: str | None,
    progress: Progress | None,
) -> Iterable[bytes]:  # fmt: skip
    match chosen:
        case "ics":
            return calendar(reader, without_day, language)
        case "jsonld":
            return json_ld(reader, language)
        case "popolo":
            return popolo(reader, language)
        case _:
            return _event_lines(registry, progress)


def _event_lines(registry: Snapshot, progress: Progress | None) -> Iterator[bytes]:
    end = registry.position
    for number, line in enumerate(registry.export_events(), 1):
        yield f"{line}\n".encode()
        if progress is not None and (number % 1000 == 0 or number == end):
            progress(number, end)


def written_file(destination: Path, pieces: Iterable[bytes]) -> None:
    """Write a file whole or not at all; raises ExchangeError where it cannot be, or is a registry."""
    try:
        if destination.is_file() and is_sqlite(destination):
            raise ExchangeError(f"{destination} is a registry, or another SQLite database: give another path")
        with replaced_file(destination) as file:
            file.writelines(pieces)
    except OSError as error:
        raise _unwritable(destination, error) from error


def is_sqlite(path: Path) -> bool:
    """Return whether a file is a database of SQLite; raises OSError where it cannot be read."""
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def _export_folder(registry: Snapshot, destination: Path, chosen: str, *, force: bool, spreadsheet: bool) -> None:
    try:
        held = {path.name for path in destination.iterdir()} if destination.is_dir() else set()
        written = _written(chosen, registry.kinds)
        # An earlier export was perhaps made without some kinds of the user's.
        strange = held and not _written(chosen, STANDARD_KINDS) <= held <= written
        if strange and not force:
            stray = min(held - written, default=min(held))
            raise ExchangeError(
                f"the folder {destination} holds {stray!r}, and is no earlier export: give a new folder, "
                "or force it (--force) to replace those of its files that have the names of tables"
            )
        with filled_folder(destination) if strange else replaced_folder(destination) as folder:
            if chosen == "csv":
                write_data_package(registry, folder, for_spreadsheet=spreadsheet)
            else:
                write_parquet(registry, folder)
    except OSError as error:
        raise _unwritable(destination, error) from error


def _written(chosen: str, kinds: Kinds) -> set[str]:
    """Return the names of the files that a format fills a folder with."""
    names = {f"{table}.{chosen}" for table in layouts_of(kinds)}
    return names | {"datapackage.json", f"{FACTS_TABLE}.csv"} if chosen == "csv" else names


def _unwritable(destination: Path, error: OSError) -> ExchangeError:
    return ExchangeError(f"{destination} cannot be written ({error.strerror or error}): check the path")


# --- what a format has no place for ----------------------------------------------------

_MEETINGS_ALONE = {
    "attendance": "attendance",
    "numbers of people": "headcounts",
    "topics": "topics",
    "activities": "activities",
    "outcomes": "outcomes",
    "stated counts": "statements",
    "disputes": "disputes",
}
_FACTS = {
    "places in sources": "events WHERE coalesce(citation ->> '$.locator', citation ->> '$.quote') IS NOT NULL",
    "wordings before a correction or retraction": "events WHERE type IN ('fact.corrected', 'event.retracted')",
    "disputes": "disputes",
}
_NAMES = {"names by language or period": "names_used"}
_MEMBERSHIP = {
    "parties that left": "departures",
    "standing of parties": "parties WHERE standing <> 'member'",
    "kept copies of sources": "kept_sources",
    "statements on who is who": "(SELECT fact FROM same_persons UNION ALL SELECT fact FROM different_persons)",
}
_EARLIER_REPORTS = {
    "reports that others followed": "meeting_reports r WHERE NOT EXISTS"
    " (SELECT 1 FROM meetings m WHERE m.meeting = r.meeting AND r.fact IN (m.fact, m.status_fact))",
}
_TABLES = {
    "further sources of a fact": "evidence WHERE telling <> fact AND title IS NOT NULL",
    **_EARLIER_REPORTS,
    **_FACTS,
}
_WEB = {
    "delegates whom nobody named": "attendance WHERE name = '' AND presence = 'present'",
    "persons sat in for": "attendance WHERE name <> '' AND on_behalf_of <> ''",
    "absences": "attendance WHERE presence <> 'present'",
    "levels of offices": "attendance WHERE level IS NOT NULL AND presence = 'present'",
    "seats": "attendance WHERE seat <> '' AND presence = 'present'",
    "ways in which delegates took part": "attendance WHERE format IS NOT NULL AND presence = 'present'",
    "numbers of people": "headcounts",
    "dates of which a window is known": "meetings WHERE date LIKE '[%'",
    "terms of meetings": "meetings WHERE period <> ''",
    "reasons": "meetings WHERE reason <> ''",
    "activities": "activities",
    "outcomes": "outcomes",
    "stated counts": "statements",
    **_MEMBERSHIP,
    **_EARLIER_REPORTS,
    **_FACTS,
}
_PARTS: Mapping[str, Mapping[str, str]] = {
    "events": {},
    "xlsx": _FACTS,
    "csv": _FACTS,
    "parquet": _TABLES,
    "ics": {"further series of joint meetings": "shared_meetings", **_MEETINGS_ALONE, **_NAMES, **_MEMBERSHIP,
            **_EARLIER_REPORTS, "places in sources": _FACTS["places in sources"]},
    "jsonld": {
        "roles in a meeting": "attendance WHERE name <> '' AND role <> 'delegate' AND presence = 'present'",
        "numbers of joint meetings in further series": "shared_meetings WHERE ordinal IS NOT NULL",
        "numbers of meetings with a title": "meetings WHERE ordinal IS NOT NULL AND title <> ''",
        "further names of parties": 'names_used WHERE "of" IS NULL',
        "periods of names": 'names_used WHERE "of" IS NOT NULL AND (since_ IS NOT NULL OR until_ IS NOT NULL)',
        **_WEB,
    },
    "popolo": {
        "topics": "topics",
        "names of meetings": 'names_used WHERE "of" IN (SELECT meeting FROM meetings)',
        "further series of joint meetings": "shared_meetings",
        "how meetings were held": "meetings WHERE format IS NOT NULL",
        **_WEB,
    },
}  # fmt: skip
"""By format: the name of each part that it has no place for, and the rows that this part is."""


def _left_out(reader: Reader, format: str) -> tuple[str, ...]:  # noqa: A002 - what it is called everywhere
    """Return a line for what a registry has and a format does not, none where that is nothing."""
    parts = []
    for name, rows in _PARTS[format].items():
        (number,) = reader.query(f"SELECT count(*) FROM {rows}").fetchone()
        if number:
            parts.append(f"{name} ({number})")
    return (f"{', '.join(parts)}: the format {format} has no place for them",) if parts else ()
