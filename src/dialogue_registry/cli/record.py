"""The commands that record: record, attach."""

import sys
from typing import Any

import click
import orjson

from dialogue_registry.cli.access import writing
from dialogue_registry.cli.kinds import all_kinds
from dialogue_registry.cli.main import command
from dialogue_registry.cli.messages import reworded
from dialogue_registry.cli.options import (
    LocalPath,
    day,
    field_option,
    field_options,
    file_argument,
    fit_fields,
    shown_option,
    source_options,
    take_fields,
    take_source,
)
from dialogue_registry.cli.output import say, show
from dialogue_registry.imports.fact_fields import fact_from, find_kind, is_about_source, make_fact
from dialogue_registry.log.entry import RecordedEvent
from dialogue_registry.model.events import Source
from dialogue_registry.registry.registry import Registry


@command(
    example="dialogue-registry record ca-jad.db MeetingHeld --meeting ca-jad/som/15 --series ca-jad/som"
    ' --date 2023-03-01 --ordinal 15 --source "15th Senior Officials\' Meeting"'
)
@file_argument
@click.argument("event")
@field_options
@source_options
@shown_option
def record(file: str, event: str, shown: str | None, by: str, **given: Any) -> None:
    """Record one EVENT, such as MeetingHeld, from options; with - from JSON on standard input.

    The JSON is an object such as {"event": "MeetingHeld", "meeting": …, "source": {"title": …}}.
    """
    source, fields = take_source(given), take_fields(given)
    if event == "-":
        if fields:
            stray = field_option(next(iter(fields)))
            raise click.UsageError(f"the JSON on standard input says all of the event: leave {stray} out")
        fact, stated = fact_from(_json_object(sys.stdin.buffer.read()), all_kinds())
        if stated and source:
            raise click.UsageError("the JSON on standard input names its source: leave --source out")
        source = stated or source
    else:
        kind = find_kind(event, all_kinds())
        if is_about_source(kind):  # the fact itself is about it
            fields, source = {**fields, "source": source}, None
        fact = make_fact(kind, fit_fields(kind, fields))
    with writing(file) as registry:
        recorded = registry.record(fact, source=source, by=by)[0]
        _report(recorded, "recorded" if recorded.new else "already standing", shown)


def _json_object(text: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(text.removeprefix(b"\xef\xbb\xbf"))
    except ValueError as error:
        raise click.UsageError(f"standard input is no JSON ({error}): give one object") from None
    if not isinstance(value, dict):
        raise click.UsageError('standard input is no JSON object: give one, such as {"event": "MeetingHeld", …}')
    for name, item in value.items():
        if isinstance(item, dict) and name != "source":
            raise click.UsageError(f"{name!r} is an object in the JSON, with {', '.join(item)}: give a text")
    return value


def _report(event: RecordedEvent, what: str, shown: str | None) -> None:
    row = {"what": what, "position": event.position, "subject": event.subject, "id": event.id}
    show([row | {"note": reworded(event.note)}], "what position subject id", shown)
    if event.note and shown is None:
        say(reworded(event.note))


@command(example="dialogue-registry attach ca-jad.db examples/data/delegates-of-one-meeting.txt --source 1")
@file_argument
@click.argument("path", type=LocalPath())
@click.option("--source", "named", required=True, metavar="NUMBER|TITLE", help="Whose copy it is, as sources lists it.")
@click.option("--retrieved", metavar="DATE", help="When it was retrieved; by default today.")
@click.option("--by", default="", help="Who records it.")
@shown_option
def attach(file: str, path: str, *, named: str, retrieved: str | None, by: str, shown: str | None) -> None:
    """Keep a copy of the file at PATH, a source, in a folder beside FILE, under its checksum.

    "sources FILE --check" tells which copies have changed since, or are gone.
    """
    with writing(file) as registry:
        recorded = registry.attach(_source(registry, named), path, retrieved=retrieved and day(retrieved), by=by)
        _report(recorded, "kept" if recorded.new else "already kept", shown)


def _source(registry: Registry, named: str) -> Source:
    """Return the source of a number or a title; raises click.UsageError."""
    found = [source for source in registry.sources() if named in (str(source.number), source.title)]
    if len(found) == 1:
        return found[0].source
    if found:
        numbers = ", ".join(str(source.number) for source in found)
        raise click.UsageError(f"{len(found)} sources are called {named!r}: give the number of one, {numbers}")
    raise click.UsageError(f"no source has the number or title {named!r}: dialogue-registry sources FILE lists them")
