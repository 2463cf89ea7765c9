"""The registry in the formats of others, chosen by a name or by the ending of a file."""

import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import orjson

from dialogue_registry.errors import ExchangeError
from dialogue_registry.exports.ical import calendar
from dialogue_registry.exports.jsonld import json_ld
from dialogue_registry.exports.popolo import popolo
from dialogue_registry.exports.tabular import LAYOUTS, write_data_package, write_parquet
from dialogue_registry.registry.registry import Snapshot

FORMATS = ("events", "csv", "parquet", "ics", "jsonld", "popolo")
_ENDINGS = {".jsonl": "events", ".ndjson": "events", ".ics": "ics", ".jsonld": "jsonld", ".json": "popolo", "": "csv"}
_FOLDERS = {"csv": write_data_package, "parquet": write_parquet}
_WRITTEN = {
    "csv": {"datapackage.json", *(f"{table}.csv" for table in LAYOUTS)},
    "parquet": {f"{table}.parquet" for table in LAYOUTS},
}
_SQLITE = b"SQLite format 3\0"


def export_file(
    registry: Snapshot,
    path: str | os.PathLike[str],
    *,
    format: str | None = None,  # noqa: A002 - what it is called everywhere
    force: bool = False,
    progress: Callable[[int, int], object] | None = None,
) -> tuple[str, ...]:
    """Write the registry to a file, a folder, or "-" (standard output); give what had to be left out and why.

    ``format`` is "events" (``.jsonl``: the whole log as CloudEvents, lossless), "csv" (a
    folder with a Tabular Data Package), "parquet" (a folder), "ics" (iCalendar), "jsonld"
    (schema.org) or "popolo" (``.json``); without it, the ending says which, and a path
    without ending is a folder of CSV. A file appears whole or not at all, and replaces one
    that is there, but never a registry. A folder that holds anything else than an earlier
    export is left alone, unless ``force``.
    """
    if not str(path):
        raise ExchangeError("the destination is empty: give a file, a folder, or - for standard output")
    to_standard_output = str(path) == "-"
    destination = Path(path)
    chosen = format or ("events" if to_standard_output else _ENDINGS.get(destination.suffix.lower()))
    if chosen is None and destination.suffix[1:].lower() in _FOLDERS:
        raise ExchangeError(
            f"{destination} ends in {destination.suffix!r}, and the format {destination.suffix[1:].lower()} fills a "
            f"folder: give the path of one and the format, such as {destination.with_suffix('')}"
        )
    if chosen not in FORMATS:
        raise ExchangeError(
            f"{chosen or destination.suffix!r} is no format to export to: choose one of {', '.join(FORMATS)}"
        )
    if chosen in _FOLDERS:
        if to_standard_output or (destination.exists() and not destination.is_dir()):
            raise ExchangeError(f"the format {chosen} fills a folder: give the path of one")
        if not force:
            _check_folder(destination, _WRITTEN[chosen])
        try:
            _FOLDERS[chosen](registry, destination)
        except OSError as error:
            raise _unwritable(destination, error) from error
        return ()
    content, left_out = _content(registry, chosen, progress)
    if to_standard_output:
        for piece in content:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    else:
        _write(destination, content)
    return left_out


def _content(
    registry: Snapshot, chosen: str, progress: Callable[[int, int], object] | None
) -> tuple[Iterable[bytes], tuple[str, ...]]:
    if chosen == "ics":
        return calendar(registry)
    if chosen == "events":
        return _event_lines(registry, progress), ()
    document = json_ld(registry) if chosen == "jsonld" else popolo(registry)
    return [orjson.dumps(document, option=orjson.OPT_INDENT_2), b"\n"], ()


def _event_lines(registry: Snapshot, progress: Callable[[int, int], object] | None) -> Iterable[bytes]:
    end = registry.position
    for number, line in enumerate(registry.export_events(), 1):
        yield f"{line}\n".encode()
        if progress is not None and (number % 1000 == 0 or number == end):
            progress(number, end)


def _check_folder(folder: Path, written: set[str]) -> None:
    """Raise ExchangeError if a folder holds what no earlier export has written."""
    held = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if held and held != written:
        stray = min(held - written, default=min(held))
        raise ExchangeError(
            f"the folder {folder} holds {stray!r}, and is no earlier export: give a new folder, "
            "or force it (--force) to replace those of its files that have the names of tables"
        )


def _write(destination: Path, content: Iterable[bytes]) -> None:
    """Write a file whole or not at all; what a link leads to, with the permissions it has."""
    target = Path(os.path.realpath(destination))
    try:
        mode = destination.stat().st_mode if destination.exists() else None
        if mode is not None and not stat.S_ISREG(mode):  # a pipe or a device is written to, not replaced
            with destination.open("wb") as file:
                file.writelines(content)
            return
        if mode is not None:
            _check_file(target)
        beside = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            with beside.open("wb") as file:
                if mode is not None:
                    shutil.copymode(target, beside)
                file.writelines(content)
            beside.replace(target)
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(destination, error) from error


def _check_file(target: Path) -> None:
    with target.open("rb") as file:
        if file.read(len(_SQLITE)) == _SQLITE:
            raise ExchangeError(f"{target} is a registry, or another SQLite database: give another path")


def _unwritable(destination: Path, error: OSError) -> ExchangeError:
    return ExchangeError(f"{destination} cannot be written ({error.strerror}): check the path")
