"""The commands that record: init, record, correct, retract, dispute, import."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import attrs
import click
import orjson

from dialogue_registry.errors import UnreadableFileError
from dialogue_registry.events import FACTS, Fact
from dialogue_registry.importing import import_table
from dialogue_registry.log import RecordedEvent
from dialogue_registry.making import fact_class, fact_from, fields_of, make_fact
from dialogue_registry.mapping import read_mapping
from dialogue_registry.reading import READABLE
from dialogue_registry.registry import Registry, is_address, server_log
from dialogue_registry.shell import (
    command,
    field_options,
    file_argument,
    find_event,
    progress_bar,
    show,
    shown_option,
    source_options,
    take_fields,
    take_source,
    writing,
)


@command(example="dialogue-registry init new.db")
@file_argument
@click.option("--writer", "writers", metavar="ROLE", multiple=True, help="On a server: a role that may record.")
@click.option("--reader", "readers", metavar="ROLE", multiple=True, help="On a server: a role that may only read.")
def init(file: str, writers: tuple[str, ...], readers: tuple[str, ...]) -> None:
    """Make a new, empty registry; one that is there already stays as it is.

    FILE may be the address of a PostgreSQL server, postgresql://HOST/DATABASE, as its owner.
    """
    if is_address(file):
        with closing(server_log(file)) as log:
            new, name, position = log.create(writers, readers), log.name, log.head().position
    elif writers or readers:
        raise click.UsageError("only a server has roles: give a postgresql:// address, or leave --writer and --reader")
    else:
        new, name = not Path(file).exists(), file
        with Registry.open(file) as registry:
            position = registry.position
    click.echo(f"{name}: {'a new registry' if new else f'a registry at position {position}'}")


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
        fact, told = fact_from(_json_object(sys.stdin.buffer.read()))
        source = told or source
    else:
        fact = make_fact(fact_class(event), fields)
    with writing(file) as registry:
        before = registry.position
        recorded = registry.record(fact, source=source, by=by)[0]
        _say(recorded, "already standing" if recorded.position <= before else "recorded", shown)


def _json_object(text: bytes) -> dict[str, Any]:
    try:
        told = orjson.loads(text)
    except ValueError as error:
        raise click.UsageError(f"standard input is no JSON ({error}): give one object") from None
    if not isinstance(told, dict):
        raise click.UsageError('standard input is no JSON object: give one, such as {"event": "MeetingHeld", …}')
    return told


def _say(event: RecordedEvent, what: str, shown: str | None) -> None:
    row = {"what": what, "position": event.position, "subject": event.subject, "id": event.id}
    show([row], "what position subject id", shown)


@command(
    example='dialogue-registry correct ca-jad.db 12 --title "2nd Foreign Ministers\' Meeting" --because "as printed"'
)
@file_argument
@click.argument("event")
@click.option("--because", required=True, metavar="TEXT", help="Why it is corrected.")
@click.option("--clear", multiple=True, metavar="FIELD", help="A field that should say nothing; may be repeated.")
@field_options
@source_options
@shown_option
def correct(
    file: str, event: str, *, because: str, clear: Sequence[str], shown: str | None, by: str, **given: Any
) -> None:
    """Correct a recorded EVENT, named by its id or position: the options say how it should read."""
    source, fields = take_source(given), take_fields(given)
    with writing(file) as registry:
        replacement = _changed(_reads(registry, find_event(registry, event)), fields, clear)
        before = registry.position
        recorded = registry.correct(find_event(registry, event).id, replacement, reason=because, source=source, by=by)
        _say(recorded, "already standing" if recorded.position <= before else "corrected", shown)


@command(example='dialogue-registry retract ca-jad.db 111 --because "listed by mistake"')
@file_argument
@click.argument("event")
@click.option("--because", required=True, metavar="TEXT", help="Why it is withdrawn.")
@source_options
@shown_option
def retract(file: str, event: str, because: str, shown: str | None, by: str, **given: Any) -> None:
    """Withdraw a recorded EVENT, named by its id or position; withdrawing a correction undoes it."""
    with writing(file) as registry:
        before = registry.position
        recorded = registry.retract(find_event(registry, event).id, reason=because, source=take_source(given), by=by)
        _say(recorded, "already standing" if recorded.position <= before else "retracted", shown)


@command(example='dialogue-registry dispute ca-jad.db 12 --date 2006-06-06 --source "A diary"')
@file_argument
@click.argument("event")
@click.option("--because", default="", metavar="TEXT", help="Why both are kept.")
@click.option("--clear", multiple=True, metavar="FIELD", help="A field that the claim leaves open; may be repeated.")
@field_options
@source_options
@shown_option
def dispute(
    file: str, event: str, *, because: str, clear: Sequence[str], shown: str | None, by: str, **given: Any
) -> None:
    """Keep a contradicting claim beside a recorded EVENT: the options say how the source has it."""
    source, fields = take_source(given), take_fields(given)
    if source is None:
        raise click.UsageError("a dispute needs the source that claims it: give --source")
    with writing(file) as registry:
        claim = _changed(_reads(registry, find_event(registry, event)), fields, clear)
        before = registry.position
        recorded = registry.dispute(find_event(registry, event).id, claim, source=source, reason=because, by=by)
        _say(recorded, "already standing" if recorded.position <= before else "disputed", shown)


def _reads(registry: Registry, event: RecordedEvent) -> Fact:
    """What the fact that an event is about says now."""
    step = next(step for step in registry.history(event.subject) if step.position == event.position)
    reads = [s.fact for s in registry.history(event.subject) if s.of == step.of]
    if not isinstance(reads[-1], FACTS):
        raise click.UsageError(f"event {event.id} says nothing any more, or is no fact: name one that stands")
    return reads[-1]


def _changed(fact: Fact, fields: dict[str, Any], clear: Sequence[str]) -> Fact:
    known = fields_of(type(fact))
    if stray := [name for name in clear if name not in known]:
        raise click.UsageError(f"{type(fact).__name__} has no field {stray[0]!r}: its fields are {', '.join(known)}")
    values = {name: value for name, value in attrs.asdict(fact, recurse=False).items() if name not in clear}
    return make_fact(type(fact), values | fields)


@command(
    name="import",
    example="dialogue-registry import ca-jad.db examples/data/delegates.csv --mapping examples/data/delegates.toml",
)
@file_argument
@click.argument("rows")
@click.option("--mapping", metavar="FILE", help="TOML or JSON that says which column is which field.")
@click.option("--format", "kind", type=click.Choice([*READABLE, "events"]), help="What ROWS is; by default its ending.")
@click.option("--dry-run", is_flag=True, help="Report, and record nothing.")
@click.option("--strict", is_flag=True, help="Record nothing unless every row can be.")
@source_options
@shown_option
def import_(
    file: str, rows: str, mapping: str | None, kind: str | None, *, dry_run: bool, strict: bool, shown: str | None,
    by: str, **given: Any,
) -> None:  # fmt: skip
    """Record what a table says: CSV, JSON, JSON Lines or TOML; or take in an exported log.

    ROWS is a file, or - for standard input. FILE is made if it is missing. Importing the
    same table again changes nothing. Ends with exit code 1 if a row was in conflict,
    unresolved or refused; the others are recorded all the same, unless --strict.
    """
    source = take_source(given)
    if mapping is not None:
        read_mapping(mapping)  # before a file is made in vain
    with (
        _local(rows, kind) as path,
        Registry.open(None if dry_run and _is_missing(file) else file) as registry,
        progress_bar("rows") as progress,
    ):
        if kind == "events" or (kind is None and mapping is None and _is_export(path)):
            with path.open("rb") as lines:
                appended = registry.import_events(lines, progress=progress)
            click.echo(f"{appended} events imported, the log ends at {':'.join(map(str, registry.head))}", err=True)
            return
        report = import_table(
            registry, path, mapping, source=source, by=by, dry_run=dry_run, strict=strict, progress=progress
        )
    if shown is None:
        click.echo(report)
    else:
        show(report.of_rows, "row outcome reason", shown)
    if report.problems:
        sys.exit(1)


def _is_missing(file: str) -> bool:
    return "://" not in file and not Path(file).exists()


@contextmanager
def _local(rows: str, kind: str | None) -> Iterator[Path]:
    """The path of a file of rows; standard input is copied into one."""
    if rows != "-" and not Path(rows).is_file():
        raise UnreadableFileError(f"there is no file {rows}: check the path")
    if rows != "-" and kind in (None, "events", Path(rows).suffix[1:]):
        yield Path(rows)
        return
    if kind is None:
        raise click.UsageError("standard input has no ending that says what it is: give --format")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{'standard input' if rows == '-' else Path(rows).stem}.{kind}"
        path.write_bytes(sys.stdin.buffer.read() if rows == "-" else Path(rows).read_bytes())
        yield path


def _is_export(path: Path) -> bool:
    if path.suffix not in (".jsonl", ".ndjson"):
        return False
    with path.open("rb") as lines:
        return b'"specversion"' in lines.readline()
