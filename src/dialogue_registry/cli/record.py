"""The commands that record: record, correct, retract, dispute, import."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import attrs
import click
import orjson

from dialogue_registry.cli.access import find_event, writing
from dialogue_registry.cli.main import command
from dialogue_registry.cli.options import (
    field_options,
    file_argument,
    shown_option,
    source_options,
    take_fields,
    take_source,
)
from dialogue_registry.cli.output import as_json, plain, progress_bar, put, say, show
from dialogue_registry.errors import StoppedImportError, UnreadableFileError
from dialogue_registry.imports.fact_fields import fact_class, fact_from, fields_of, make_fact
from dialogue_registry.imports.importer import ImportReport, import_table
from dialogue_registry.imports.readers import READABLE
from dialogue_registry.log.entry import RecordedEvent
from dialogue_registry.model.events import FACTS, Fact
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
            stray = next(iter(fields)).replace("_", "-")
            raise click.UsageError(f"the JSON on standard input says all of the event: leave --{stray} out")
        fact, stated = fact_from(_json_object(sys.stdin.buffer.read()))
        if stated and source:
            raise click.UsageError("the JSON on standard input names its source: leave --source out")
        source = stated or source
    else:
        fact = make_fact(fact_class(event), fields)
    with writing(file) as registry:
        before = registry.position
        recorded = registry.record(fact, source=source, by=by)[0]
        _report(recorded, "already standing" if recorded.position <= before else "recorded", shown)


def _json_object(text: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(text.removeprefix(b"\xef\xbb\xbf"))
    except ValueError as error:
        raise click.UsageError(f"standard input is no JSON ({error}): give one object") from None
    if not isinstance(value, dict):
        raise click.UsageError('standard input is no JSON object: give one, such as {"event": "MeetingHeld", …}')
    return value


def _report(event: RecordedEvent, what: str, shown: str | None) -> None:
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
        _report(recorded, "already standing" if recorded.position <= before else "corrected", shown)


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
        _report(recorded, "already standing" if recorded.position <= before else "retracted", shown)


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
        _report(recorded, "already standing" if recorded.position <= before else "disputed", shown)


def _reads(registry: Registry, event: RecordedEvent) -> Fact:
    """Return what the fact that an event is about says now."""
    step = next(step for step in registry.history(event.subject) if step.position == event.position)
    reads = [s.fact for s in registry.history(event.subject) if s.of == step.of]
    if not isinstance(reads[-1], FACTS):
        raise click.UsageError(f"event {event.id} says nothing any more, or is no fact: name one that stands")
    fact: Fact = reads[-1]
    return fact


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
@click.option("--dry-run", is_flag=True, help="Report all problems, and record nothing.")
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
    if rows == "-" and kind is None:
        raise click.UsageError("standard input has no ending that says what it is: give --format")
    if rows != "-" and not Path(rows).exists():
        raise UnreadableFileError(f"there is no file {rows}: check the path")
    if kind == "events" or (kind is None and mapping is None and _is_export(Path(rows))):
        given = {"--mapping": mapping, "--source": source, "--by": by, "--strict": strict}
        if stray := [option for option, value in given.items() if value]:
            raise click.UsageError(f"an exported log comes in as it was recorded, or not at all: leave {stray[0]} out")
        _take_in(file, rows, shown, dry_run=dry_run)
        return
    try:
        with _importing(file, dry_run=dry_run) as registry, progress_bar("rows") as progress:
            report = import_table(
                registry, rows, mapping, source=source, by=by, dry_run=dry_run, strict=strict, format=kind,
                progress=progress,
            )  # fmt: skip
    except StoppedImportError as error:
        if isinstance(error.report, ImportReport):
            _show_report(error.report, shown)
        raise
    _show_report(report, shown)
    if report.problems:
        sys.exit(1)


def _show_report(report: ImportReport, shown: str | None) -> None:
    """Print a report: all of it, but as CSV or lines its rows, and the figures on standard error."""
    if shown == "json":
        put(as_json(plain(report)))
        return
    say(report, err=shown is not None)
    if shown is not None:
        show(report.of_rows, "row outcome reason", shown)


def _take_in(file: str, rows: str, shown: str | None, *, dry_run: bool) -> None:
    """Import an exported log."""
    with _importing(file, dry_run=dry_run) as registry:
        row: dict[str, Any] = {}
        with (
            nullcontext(sys.stdin.buffer) if rows == "-" else Path(rows).open("rb") as lines,
            progress_bar("events") as progress,
            registry.transaction(dry_run=True) if dry_run else nullcontext(),
        ):
            row["events"] = registry.import_events(lines, progress=progress)
            row |= {**registry.head._asdict(), "dry_run": dry_run}
    if shown is not None:
        show([row], "events position digest dry_run", shown)
        return
    did = "would be imported, the log would end" if dry_run else "imported, the log ends"
    say(f"{row['events']} events {did} at {row['position']}:{row['digest']}", err=True)


@contextmanager
def _importing(file: str, *, dry_run: bool) -> Iterator[Registry]:
    """Open a registry to import into; a file that is missing is made only if the import succeeds."""
    missing = "://" not in file and not Path(file).exists()
    with ExitStack() as undo, Registry.open(None if dry_run and missing else file) as registry:
        try:
            yield registry
        except BaseException:
            if missing and not dry_run and registry.position == 0:
                undo.callback(_remove, file)  # once it is closed
            raise


def _remove(file: str) -> None:
    for part in ("", "-wal", "-shm"):
        Path(f"{file}{part}").unlink(missing_ok=True)


def _is_export(path: Path) -> bool:
    if path.suffix.lower() not in (".jsonl", ".ndjson"):
        return False
    with path.open("rb") as lines:
        return b'"specversion"' in next((line for line in lines if line.strip()), b"")
