"""The command line: ``dialogue-registry``, or ``python -m dialogue_registry``.

Answers go to standard output, everything else to standard error. The exit code is 0 when
all is well, 1 when the registry says no (a refusal, a failed verification, a row that was
not imported), and 2 when the command was not understood.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import attrs
import click
import orjson

from dialogue_registry import printing
from dialogue_registry.counting import RULES, Verdict
from dialogue_registry.errors import (
    DialogueRegistryError,
    InvalidValueError,
    NotARegistryError,
    OutdatedViewsError,
)
from dialogue_registry.events import FACTS, Fact, Format, Role, Source
from dialogue_registry.exporting import FORMATS, export_file
from dialogue_registry.importing import READABLE, import_table
from dialogue_registry.log import RecordedEvent
from dialogue_registry.making import fact_class, fact_from, fields_of, make_fact, source_from
from dialogue_registry.registry import Registry
from dialogue_registry.rules import Status

Command = TypeVar("Command", bound=Callable[..., Any])


class _Group(click.Group):
    """Says every error in one line, without a traceback."""

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        try:
            code = super().main(*args, standalone_mode=False, **extra)
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "dialogue-registry"
            _stop(f"{error.format_message()} (see {command} --help)", 2)
        except click.ClickException as error:
            _stop(error.format_message(), error.exit_code)
        except DialogueRegistryError as error:
            _stop(str(error), 2 if isinstance(error, InvalidValueError) else 1)
        except (click.Abort, KeyboardInterrupt):
            _stop("interrupted; what was recorded before stays", 130)
        except BrokenPipeError:  # whoever read the output has had enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        except OSError as error:
            _stop(str(error), 1)
        if standalone_mode:
            sys.exit(code if isinstance(code, int) else 0)
        return code


def _stop(message: str, code: int) -> NoReturn:
    click.echo(f"Error: {' '.join(message.split())}", err=True)
    sys.exit(code)


@click.group(cls=_Group, epilog="Example:\n\n\b\n  dialogue-registry counts ca-jad.db --as-of 2021-06-16")
@click.version_option(package_name="dialogue-registry", message="%(prog)s %(version)s")
def cli() -> None:
    """Record the meetings of dialogues as sourced events, and ask how many there were."""


@cli.group()
@click.argument("when", metavar="POSITION|INSTANT")
@click.pass_context
def at(ctx: click.Context, when: str) -> None:
    """Ask as the registry was known then: at a log position, or at an instant.

    Put it before any question: "at 41 counts ca-jad.db", or
    "at 2021-07-01T00:00:00Z counts ca-jad.db".
    """
    ctx.obj = when


# --- what commands share -------------------------------------------------------------


def _command(*groups: click.Group, example: str, name: str | None = None) -> Callable[[Command], Command]:
    """Make a command of the groups, whose --help ends in an example."""

    def add(function: Command) -> Command:
        command = click.command(name, epilog=f"Example:\n\n\b\n  {example}")(function)
        for group in groups or (cli,):
            group.add_command(command)
        return function

    return add


_file = click.argument("file", metavar="FILE")


def _shown(function: Command) -> Command:
    """Give a command the options that say how its answer is written."""
    for name, meaning in (
        ("nl", "Write one JSON object per line."),
        ("csv", "Write CSV."),
        ("json", "Write a JSON array."),
    ):
        function = click.option(f"--{name}", "shown", flag_value=name, help=meaning)(function)
    return function


def _show(rows: Sequence[Any], columns: str, shown: str | None) -> None:
    told, names = [printing.plain(row) for row in rows], columns.split()
    match shown:
        case "json":
            text = printing.as_json(told)
        case "csv":
            text = printing.as_csv(told, names)
        case "nl":
            text = printing.as_lines(told)
        case _:
            text = printing.as_table(told, names)
    if text:
        click.echo(text)


_SOURCE = {
    "source": "Title of the source.",
    "source-url": "Address of the source.",
    "source-publisher": "Who published the source.",
    "source-published": "When the source was published.",
    "source-language": "Language of the source, such as en.",
    "source-kind": "What the source is: report, announcement, list …",
}


def _sourced(function: Command) -> Command:
    """Give a command the options that say where its facts come from."""
    function = click.option("--by", default="", help="Who records it.")(function)
    for name, meaning in reversed(_SOURCE.items()):
        function = click.option(f"--{name}", metavar="TEXT", help=meaning)(function)
    return function


def _source(given: dict[str, Any]) -> Source | None:
    """Take the options of a source out of all that were given."""
    told = {name: given.pop(name.replace("-", "_")) for name in _SOURCE}
    title, rest = told.pop("source"), {name.removeprefix("source-"): value for name, value in told.items() if value}
    return source_from({"title": title, **rest} if rest else title)


_FIELDS = {
    "dialogue": "Id of the dialogue.",
    "series": "Id of the series.",
    "meeting": "Id of the meeting.",
    "name": "Name of the dialogue, party or series; of a delegate as written.",
    "party": "The party: an ISO 3166-1 alpha-3 code, or a short name.",
    "launched": "When the dialogue began.",
    "joined": "When the party joined.",
    "aliases": "Another name; may be repeated.",
    "abbreviation": "Short name of the series.",
    "date": "When it took or takes place: 2021-06-16, 2004-08, 2004, or in other EDTF notation.",
    "ordinal": "The number printed on the meeting.",
    "format": f"{', '.join(Format)}.",
    "place": "City or venue.",
    "country": "Country of the place, an ISO 3166-1 alpha-3 code.",
    "title": "Title of the meeting, activity or outcome.",
    "reason": "Why: of a postponement or a cancellation.",
    "on": "The day on which it was postponed or cancelled.",
    "until": "The day to which it was postponed.",
    "office": "Office of the delegate.",
    "role": f"{', '.join(Role)}.",
    "on_behalf_of": "For whom the delegate sat in.",
    "topic": "What was discussed.",
    "organisers": "Who organised the activity; may be repeated.",
    "field": "Field of cooperation.",
    "kind": "What the outcome is: joint statement, action plan …",
    "count": "The number stated.",
    "as_of": "The day up to which it was counted.",
    "reported_at": "Id of the meeting whose release states it.",
}


def _fielded(function: Command, *, without: str = "") -> Command:
    """Give a command one option for every field that a fact can have."""
    for name, meaning in reversed(_FIELDS.items()):
        if name != without:
            many = name in ("aliases", "organisers")
            function = click.option(f"--{name.replace('_', '-')}", metavar="TEXT", multiple=many, help=meaning)(function)
    return function


def _fields(given: dict[str, Any]) -> dict[str, Any]:
    """Take the fields that were given out of all options."""
    told = {name: given.pop(name) for name in _FIELDS if name in given}
    return {name: value for name, value in told.items() if value not in (None, ())}


@contextmanager
def _asking(file: str) -> Iterator[Registry]:
    """Open a registry to be asked, as it is or as it was known at the time that ``at`` names."""
    when = click.get_current_context().find_object(str)
    _must_exist(file)
    try:
        registry = Registry.open(file, read_only=True)
    except OutdatedViewsError:
        registry = Registry.open(file)
    with registry:
        if when is None:
            yield registry
            return
        with registry.at(position=int(when)) if when.isdecimal() else registry.at(instant=when) as past:
            yield past


@contextmanager
def _writing(file: str) -> Iterator[Registry]:
    _must_exist(file)
    with Registry.open(file) as registry:
        yield registry


def _must_exist(file: str) -> None:
    if "://" not in file and not Path(file).exists():
        raise NotARegistryError(f"there is no registry {file}: check the path, or make one: dialogue-registry init {file}")


@contextmanager
def _progress(doing: str) -> Iterator[Callable[[int, int], object] | None]:
    """A bar on standard error for long work, where somebody is looking."""
    if not sys.stderr.isatty():
        yield None
        return

    def show(done: int, total: int) -> None:
        share = f" [{'#' * (30 * done // total):30}] of {total:,}" if total > done else ""
        click.echo(f"\r\033[K{doing}: {done:,}{share}", nl=False, err=True)

    try:
        yield show
    finally:
        click.echo("\r\033[K", nl=False, err=True)


def _event(registry: Registry, named: str) -> RecordedEvent:
    """The recorded event of an id, or of a position."""
    if named.isdecimal():
        for event in registry.events(after=int(named) - 1, until=int(named)):
            return event
        raise click.UsageError(f"there is no event at position {named}: the log has 1 to {registry.position}")
    found = registry.db.execute("SELECT position FROM events WHERE id = ?", (named,)).fetchone()
    if found is None:
        raise click.UsageError(f"no event has the id {named!r}: take it, or a position, from history")
    return _event(registry, str(found[0]))


# --- recording -----------------------------------------------------------------------


@_command(example="dialogue-registry init new.db")
@_file
def init(file: str) -> None:
    """Make a new, empty registry; one that is there already stays as it is."""
    new = not Path(file).exists()
    with Registry.open(file) as registry:
        click.echo(f"{file}: {'a new registry' if new else f'a registry at position {registry.position}'}")


@_command(
    example="dialogue-registry record ca-jad.db MeetingHeld --meeting ca-jad/som/15 --series ca-jad/som"
    ' --date 2023-03-01 --ordinal 15 --source "15th Senior Officials\' Meeting"'
)
@_file
@click.argument("event")
@_fielded
@_sourced
@_shown
def record(file: str, event: str, shown: str | None, by: str, **given: Any) -> None:
    """Record one EVENT, such as MeetingHeld, from options; with - from JSON on standard input.

    The JSON is an object such as {"event": "MeetingHeld", "meeting": …, "source": {"title": …}}.
    """
    source, fields = _source(given), _fields(given)
    if event == "-":
        fact, told = fact_from(_json_object(sys.stdin.buffer.read()))
        source = told or source
    else:
        fact = make_fact(fact_class(event), fields)
    with _writing(file) as registry:
        before = registry.position
        recorded = registry.record(fact, source=source, by=by)[0]
        _say(recorded, "already standing" if recorded.position <= before else "recorded", shown)


def _json_object(text: bytes) -> dict[str, Any]:
    try:
        told = orjson.loads(text)
    except ValueError as error:
        raise click.UsageError(f"standard input is no JSON ({error}): give one object") from None
    if not isinstance(told, dict):
        raise click.UsageError("standard input is no JSON object: give one, such as {\"event\": \"MeetingHeld\", …}")
    return told


def _say(event: RecordedEvent, what: str, shown: str | None) -> None:
    row = {"what": what, "position": event.position, "subject": event.subject, "id": event.id}
    _show([row], "what position subject id", shown)


@_command(example='dialogue-registry correct ca-jad.db 12 --place Tashkent --reason "misread the release"')
@_file
@click.argument("event")
@click.option("--reason", "why", required=True, metavar="TEXT", help="Why it is corrected.")
@click.option("--clear", multiple=True, metavar="FIELD", help="A field that should say nothing; may be repeated.")
@lambda function: _fielded(function, without="reason")
@_sourced
@_shown
def correct(file: str, event: str, why: str, clear: Sequence[str], shown: str | None, by: str, **given: Any) -> None:
    """Correct a recorded EVENT, named by its id or position: the options say how it should read."""
    source, fields = _source(given), _fields(given)
    with _writing(file) as registry:
        replacement = _changed(_reads(registry, _event(registry, event)), fields, clear)
        before = registry.position
        recorded = registry.correct(_event(registry, event).id, replacement, reason=why, source=source, by=by)
        _say(recorded, "already standing" if recorded.position <= before else "corrected", shown)


@_command(example='dialogue-registry retract ca-jad.db 12 --reason "the release was withdrawn"')
@_file
@click.argument("event")
@click.option("--reason", required=True, metavar="TEXT", help="Why it is withdrawn.")
@_sourced
@_shown
def retract(file: str, event: str, reason: str, shown: str | None, by: str, **given: Any) -> None:
    """Withdraw a recorded EVENT, named by its id or position; withdrawing a correction undoes it."""
    with _writing(file) as registry:
        before = registry.position
        recorded = registry.retract(_event(registry, event).id, reason=reason, source=_source(given), by=by)
        _say(recorded, "already standing" if recorded.position <= before else "retracted", shown)


@_command(example='dialogue-registry dispute ca-jad.db 12 --date 2016-03-02 --source "A diary"')
@_file
@click.argument("event")
@click.option("--reason", "why", default="", metavar="TEXT", help="Why both are kept.")
@click.option("--clear", multiple=True, metavar="FIELD", help="A field that the claim leaves open; may be repeated.")
@lambda function: _fielded(function, without="reason")
@_sourced
@_shown
def dispute(file: str, event: str, why: str, clear: Sequence[str], shown: str | None, by: str, **given: Any) -> None:
    """Keep a contradicting claim beside a recorded EVENT: the options say how the source has it."""
    source, fields = _source(given), _fields(given)
    if source is None:
        raise click.UsageError("a dispute needs the source that claims it: give --source")
    with _writing(file) as registry:
        claim = _changed(_reads(registry, _event(registry, event)), fields, clear)
        before = registry.position
        recorded = registry.dispute(_event(registry, event).id, claim, source=source, reason=why, by=by)
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


@_command(
    name="import",
    example="dialogue-registry import ca-jad.db examples/data/delegates.csv --mapping examples/data/delegates.toml",
)
@_file
@click.argument("rows")
@click.option("--mapping", metavar="FILE", help="TOML or JSON that says which column is which field.")
@click.option("--format", "kind", type=click.Choice([*READABLE, "events"]), help="What ROWS is; by default its ending.")
@click.option("--dry-run", is_flag=True, help="Report, and record nothing.")
@click.option("--strict", is_flag=True, help="Record nothing unless every row can be.")
@_sourced
@_shown
def import_(
    file: str, rows: str, mapping: str | None, kind: str | None, *, dry_run: bool, strict: bool, shown: str | None,
    by: str, **given: Any,
) -> None:  # fmt: skip
    """Record what a table says: CSV, JSON, JSON Lines or TOML; or take in an exported log.

    ROWS is a file, or - for standard input. FILE is made if it is missing. Importing the
    same table again changes nothing. Ends with exit code 1 if a row was in conflict,
    unresolved or refused; the others are recorded all the same, unless --strict.
    """
    source = _source(given)
    with _local(rows, kind) as path, Registry.open(file) as registry, _progress("rows") as progress:
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
        _show(report.of_rows, "row outcome reason", shown)
    if report.problems:
        sys.exit(1)


@contextmanager
def _local(rows: str, kind: str | None) -> Iterator[Path]:
    """The path of a file of rows; standard input is copied into one."""
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


@_command(cli, at, example="dialogue-registry export ca-jad.db calendar.ics")
@_file
@click.argument("destination", default="-")
@click.option("--format", "kind", type=click.Choice(FORMATS), help="By default, what the ending says.")
def export(file: str, destination: str, kind: str | None) -> None:
    """Write the registry in a format of others: to a file, a folder, or - for standard output.

    events (.jsonl, all of the log, lossless), csv (a folder with a Tabular Data Package),
    parquet (a folder), ics (a calendar), jsonld (schema.org), popolo (.json).
    """
    with _asking(file) as registry, _progress("events") as progress:
        for left_out in export_file(registry, destination, format=kind, progress=progress):
            click.echo(f"left out: {left_out}", err=True)


# --- questions -----------------------------------------------------------------------


@_command(cli, at, example="dialogue-registry counts ca-jad.db --as-of 2021-06-16 --rule numbered")
@_file
@click.option("--as-of", metavar="DATE", help="Up to and including this day; by default all that is recorded.")
@click.option("--rule", type=click.Choice(list(RULES)), default="held", help="What counts; by default held.")
@_shown
def counts(file: str, as_of: str | None, rule: str, shown: str | None) -> None:
    """Count the meetings of each series: 3–5 is 3 for certain and 5 possibly."""
    with _asking(file) as registry:
        rows = [printing.plain(count) for count in registry.counts(as_of, rule).values()]
    if shown is None:
        rows = [{**row, **row["by_format"]} for row in rows]
    _show(rows, "series total in-person online hybrid unknown highest_ordinal carried", shown)


@_command(cli, at, example="dialogue-registry reconcile ca-jad.db")
@_file
@click.option("--check", is_flag=True, help="End with exit code 1 if a statement disagrees.")
@_shown
def reconcile(file: str, shown: str | None, *, check: bool) -> None:
    """Compare every stated count with the record, under every rule."""
    with _asking(file) as registry:
        findings = registry.reconcile()
    if shown is None:
        click.echo(findings)
    else:
        _show(findings, "statement verdict rules meetings difference recorded own", shown)
    if check and any(finding.verdict is Verdict.DISAGREES for finding in findings):
        sys.exit(1)


@_command(cli, at, example="dialogue-registry meetings ca-jad.db --series ca-jad/som --status held")
@_file
@click.option("--dialogue", metavar="ID", help="Only those of a dialogue.")
@click.option("--series", metavar="ID", help="Only those of a series.")
@click.option("--status", type=click.Choice([status.value for status in Status]), help="Only those of a status.")
@click.option("--format", "how", type=click.Choice([how.value for how in Format]), help="Only those of a format.")
@_shown
def meetings(
    file: str, dialogue: str | None, series: str | None, status: str | None, how: str | None, shown: str | None
) -> None:
    """List meetings with their present status, by their days."""
    with _asking(file) as registry:
        found = registry.meetings(series, status=status, format=how, dialogue=dialogue)
    _show(found, "meeting status date ordinal format place country title reason until", shown)


@_command(cli, at, example="dialogue-registry attendance ca-jad.db --meeting ca-jad/som/14")
@_file
@click.option("--meeting", metavar="ID", help="Only at this meeting.")
@click.option("--party", help="Only for this party.")
@click.option("--name", help="Only of this name, as written.")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="Only in this role.")
@_shown
def attendance(
    file: str, meeting: str | None, party: str | None, name: str | None, role: str | None, shown: str | None
) -> None:
    """List who took part."""
    with _asking(file) as registry:
        found = registry.attendance(meeting, party=party, name=name, role=role)
    _show(found, "meeting party name office role on_behalf_of", shown)


@_command(cli, at, example='dialogue-registry delegate ca-jad.db "Shuichi TOKUDA"')
@_file
@click.argument("name")
@_shown
def delegate(file: str, name: str, shown: str | None) -> None:
    """Tell when somebody came, in which office and for whom, however the name's order and honorific are written."""
    with _asking(file) as registry:
        found = registry.delegate(name)
    _show(found, "date meeting name party office role on_behalf_of", shown)


@_command(cli, at, example="dialogue-registry history ca-jad.db ca-jad/som/14")
@_file
@click.argument("subject")
@_shown
def history(file: str, subject: str, shown: str | None) -> None:
    """Tell what was recorded about a dialogue, series or meeting, when, by whom and why."""
    with _asking(file) as registry:
        steps = registry.history(subject)
    _show(steps, "position recorded_at what fact of by reason source", shown)


@_command(cli, at, example="dialogue-registry anomalies ca-jad.db")
@_file
@click.option("--today", metavar="DATE", help="The day from which to look back; by default the present one.")
@_shown
def anomalies(file: str, today: str | None, shown: str | None) -> None:
    """List what is odd but may be true."""
    with _asking(file) as registry:
        found = registry.anomalies(today=today)
    _show(found, "kind subject why", shown)


# --- upkeep --------------------------------------------------------------------------


@_command(example="dialogue-registry verify ca-jad.db")
@_file
@click.option("--head", metavar="POSITION:DIGEST", help="What verify said before, kept elsewhere: finds a cut tail.")
@_shown
def verify(file: str, head: str | None, shown: str | None) -> None:
    """Check that the log is what was recorded, and the views are the log's; print the head to keep elsewhere."""
    kept = None
    if head is not None:
        position, _, digest = head.partition(":")
        if not position.isdecimal():
            raise click.UsageError(f"--head is {head!r}: give what verify printed before, POSITION:DIGEST")
        kept = int(position), digest
    with _asking(file) as registry, _progress("events") as progress:
        found = registry.verify(kept, progress=progress)
    if shown is None:
        click.echo(f"{found.position}:{found.digest}")
    else:
        _show([found._asdict()], "position digest", shown)


@_command(example="dialogue-registry rebuild ca-jad.db")
@_file
def rebuild(file: str) -> None:
    """Make all views again from the log."""
    with _writing(file) as registry, _progress("events") as progress:
        registry.rebuild(progress=progress)
        click.echo(f"{file}: views made again from {registry.position} events", err=True)
