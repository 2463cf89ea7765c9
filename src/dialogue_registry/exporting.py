"""The registry in the formats of others, chosen by a name or by the ending of a file."""

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import orjson

from dialogue_registry.calendars import calendar
from dialogue_registry.errors import ExchangeError
from dialogue_registry.jsonld import json_ld
from dialogue_registry.popolo import popolo
from dialogue_registry.registry import Registry
from dialogue_registry.tables import write_data_package, write_parquet

FORMATS = ("events", "csv", "parquet", "ics", "jsonld", "popolo")
_ENDINGS = {".jsonl": "events", ".ndjson": "events", ".ics": "ics", ".jsonld": "jsonld", ".json": "popolo", "": "csv"}
_FOLDERS = {"csv": write_data_package, "parquet": write_parquet}


def export_file(
    registry: Registry,
    path: str | os.PathLike[str],
    *,
    format: str | None = None,  # noqa: A002 - what it is called everywhere
    progress: Callable[[int, int], object] | None = None,
) -> tuple[str, ...]:
    """Write the registry to a file, a folder, or "-" (standard output); give what had to be left out and why.

    ``format`` is "events" (``.jsonl``: the whole log as CloudEvents, lossless), "csv" (a
    folder with a Tabular Data Package), "parquet" (a folder), "ics" (iCalendar), "jsonld"
    (schema.org) or "popolo" (``.json``); without it, the ending says which, and a path
    without ending is a folder of CSV. A file appears whole or not at all.
    """
    to_standard_output = str(path) == "-"
    destination = Path(path)
    chosen = format or ("events" if to_standard_output else _ENDINGS.get(destination.suffix.lower()))
    if chosen not in FORMATS:
        raise ExchangeError(
            f"{chosen or destination.suffix!r} is no format to export to: choose one of {', '.join(FORMATS)}"
        )
    if chosen in _FOLDERS:
        if to_standard_output or destination.is_file():
            raise ExchangeError(f"the format {chosen} fills a folder: give the path of one")
        _FOLDERS[chosen](registry, destination)
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
    registry: Registry, chosen: str, progress: Callable[[int, int], object] | None
) -> tuple[Iterable[bytes], tuple[str, ...]]:
    if chosen == "ics":
        whole, left_out = calendar(registry)
        return [whole], left_out
    if chosen == "events":
        return _event_lines(registry, progress), ()
    document = json_ld(registry) if chosen == "jsonld" else popolo(registry)
    return [orjson.dumps(document, option=orjson.OPT_INDENT_2), b"\n"], ()


def _event_lines(registry: Registry, progress: Callable[[int, int], object] | None) -> Iterable[bytes]:
    end = registry.position
    for number, line in enumerate(registry.export_events(), 1):
        yield f"{line}\n".encode()
        if progress is not None and (number % 1000 == 0 or number == end):
            progress(number, end)


def _write(destination: Path, content: Iterable[bytes]) -> None:
    beside = destination.with_name(f".{destination.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.writelines(content)
        beside.replace(destination)
    except OSError as error:
        raise ExchangeError(f"{destination} cannot be written ({error.strerror}): check the path") from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
