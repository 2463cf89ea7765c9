"""The commands that take in tables of others: import, mapping."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click

from dialogue_registry.cli.access import read_plan, writing
from dialogue_registry.cli.kinds import open_registry
from dialogue_registry.cli.main import command
from dialogue_registry.cli.options import LocalPath, file_argument, shown_option, source_options, take_source
from dialogue_registry.cli.output import as_json, progress_bar, put, say, show
from dialogue_registry.errors import StoppedImportError, UnreadableFileError
from dialogue_registry.imports.edition_plan import Plan
from dialogue_registry.imports.files import READABLE, TEXTS_WITH_A_HEAD
from dialogue_registry.imports.importer import import_table
from dialogue_registry.imports.planning import plan_edition
from dialogue_registry.imports.report import ImportReport
from dialogue_registry.imports.suggestion import suggest_mapping
from dialogue_registry.imports.workbooks import WORKBOOKS
from dialogue_registry.queries.dicts import to_dict
from dialogue_registry.registry.registry import Registry
from dialogue_registry.registry.replacement import replaced_file

_WITH_A_HEAD = [*TEXTS_WITH_A_HEAD, *WORKBOOKS]
_set_option = click.option(
    "--set", "constants", metavar="NAME=TEXT", multiple=True,
    help="A column of the mapping, or a field it leaves open, with the same text in all rows; may be repeated.",
)  # fmt: skip


@command(
    name="import",
    example="dialogue-registry import ca-jad.db examples/data/delegates.csv --mapping examples/data/delegates.toml",
)
@file_argument
@click.argument("rows", type=LocalPath(allow_dash=True))
@click.option("--mapping", metavar="FILE", type=LocalPath(), help="TOML or JSON: which column holds which field.")
@click.option(
    "--format", "kind", type=click.Choice([*READABLE, "events"]), help="The format of ROWS; by default its ending."
)
@click.option(
    "--event", metavar="EVENT", help="The event of each row, without a mapping: DelegateAttended, for example."
)
@click.option(
    "--line", "lines", metavar="PATTERN", multiple=True,
    help='The pattern of each line of a list, such as "{name}, {office}"; of several, the first that fits.',
)  # fmt: skip
@_set_option
@click.option("--dry-run", is_flag=True, help="Report all problems, and record nothing.")
@click.option("--strict", is_flag=True, help="Record nothing unless every row can be.")
@click.option(
    "--refresh",
    "plan",
    metavar="PLAN",
    type=LocalPath(allow_dash=True),
    help="Record nothing: write to PLAN what this edition of the table changes, for apply; - prints it.",
)
@click.option("--anyway", is_flag=True, help="Record also what is at odds with an earlier edition of the table.")
@click.option("--withdraw", is_flag=True, help="With --refresh, propose to retract what the table says no more.")
@click.option(
    "--verbose", is_flag=True, help="Report every row that was not recorded, in place of a line for each cause."
)
@source_options
@shown_option
def import_(
    file: str, rows: str, *, mapping: str | None, kind: str | None, event: str | None, lines: tuple[str, ...],
    constants: tuple[str, ...], dry_run: bool, strict: bool, plan: str | None, anyway: bool, withdraw: bool,
    verbose: bool, shown: str | None, by: str, **given: Any,
) -> None:  # fmt: skip
    """Record the rows of a table (a workbook, CSV, JSON, JSON Lines or TOML), or append an exported log.

    ROWS is a file, or - for standard input. FILE is made if it is missing. Importing the
    same table again changes nothing. Ends with exit code 1 if a row was in conflict,
    unresolved or refused; the others are recorded all the same, unless --strict.

    With --line, ROWS is a list of lines as one pastes it from a release.

    With --refresh, the table is compared with what its earlier editions said, and nothing is
    recorded: PLAN says what is new, changed and withdrawn. Edit it, then apply it.
    """
    source, same = take_source(given), taken_constants(constants, event)
    if rows == "-" and kind is None and not lines:
        raise click.UsageError("standard input has no ending that says what it is: give --format")
    if event is not None and mapping is not None:
        raise click.UsageError("the mapping says what each row is: leave --event out")
    if rows != "-" and not Path(rows).exists():
        raise UnreadableFileError(f"there is no file {rows}: check the path")
    if kind == "events" or (kind is None and mapping is None and not lines and _is_export(Path(rows))):
        options: dict[str, Any] = {
            "--mapping": mapping, "--source": source, "--by": by, "--strict": strict, "--line": lines, "--set": same,
            "--refresh": plan,
        }  # fmt: skip
        if stray := [option for option, value in options.items() if value]:
            raise click.UsageError(f"an exported log comes in as it was recorded, or not at all: leave {stray[0]} out")
        _import_events(file, rows, shown, dry_run=dry_run)
        return
    if withdraw and plan is None:
        raise click.UsageError("--withdraw says what a plan proposes: give --refresh PLAN too")
    if plan is not None:
        if strict or dry_run or shown is not None:
            raise click.UsageError(
                "--refresh records nothing, and writes a plan: leave --dry-run, --strict and --json out"
            )
        with _importing(file, dry_run=True) as registry, progress_bar("rows") as progress:
            next_plan = plan_edition(
                registry, rows, mapping, withdraw=withdraw, source=source, format=kind, constants=same, line=lines,
                progress=progress,
            )  # fmt: skip
        _write_plan(next_plan, plan)
        return
    try:
        with _importing(file, dry_run=dry_run) as registry, progress_bar("rows") as progress:
            report = import_table(
                registry, rows, mapping, source=source, by=by, dry_run=dry_run, strict=strict, format=kind,
                constants=same, line=lines, anyway=anyway, progress=progress,
            )  # fmt: skip
    except StoppedImportError as error:
        if isinstance(error.report, ImportReport):
            _show_report(error.report, shown, verbose=verbose)
        raise
    _show_report(report, shown, verbose=verbose)
    if report.problems:
        sys.exit(1)


def _write_plan(plan: Plan, path: str) -> None:
    """Write a plan, and say on the screen what it holds; exit with code 1 where a row cannot be read."""
    if path == "-":
        put(plan.to_toml().rstrip("\n"))
    else:
        with replaced_file(Path(path)) as file:
            file.write(plan.to_toml().encode())
        say(plan)
        if left := plan.counts["to decide"]:
            say(f"{left} of {len(plan)} proposals {'is' if left == 1 else 'are'} left to decide: edit {path}")
        say(f"then: dialogue-registry apply FILE {path} --because …")
    if plan.unreadable:
        sys.exit(1)


@command(
    name="apply",
    example='dialogue-registry apply ca-jad.db examples/data/delegates-plan.toml --because "second edition"',
)
@file_argument
@click.argument("plan", type=LocalPath(allow_dash=True))
@click.option("--because", required=True, metavar="TEXT", help="Why the edition is taken over; its amendments say so.")
@click.option("--by", default="", help="Who records it.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and record nothing.")
@shown_option
def apply_(file: str, plan: str, *, because: str, by: str, dry_run: bool, shown: str | None) -> None:
    """Record what PLAN, which import --refresh wrote and you edited, decides; in one transaction.

    Nothing is recorded where something is left to decide, has changed since the plan was
    made, or is refused.
    """
    text = read_plan(plan)
    with writing(file) as registry, progress_bar("proposals") as progress:
        applied = Plan.from_toml(text).apply(registry, reason=because, by=by, dry_run=dry_run, progress=progress)
    if shown is None:
        say(applied)
    elif shown == "json":
        put(as_json(to_dict(applied)))
    else:
        show(applied.changes, "what subject of event before after", shown)


def taken_constants(given: tuple[str, ...], event: str | None) -> dict[str, str]:
    """Return the columns that --set and --event give the same text in all rows."""
    same: dict[str, str] = {} if event is None else {"event": event}
    for item in given:
        name, equals, text = item.partition("=")
        if not equals or not name.strip():
            raise click.UsageError(f"--set is {item!r}: give a name and a text, such as --set dialogue=apt")
        same[name.strip()] = text
    return same


def _show_report(report: ImportReport, shown: str | None, *, verbose: bool) -> None:
    """Print a report: all of it, but as CSV or lines its rows, and the figures on standard error."""
    if shown == "json":
        put(as_json(to_dict(report)))
        return
    say(report.text(verbose=verbose), err=shown is not None)
    if shown is not None:
        show(report.of_rows, "row outcome reason", shown)


def _import_events(file: str, rows: str, shown: str | None, *, dry_run: bool) -> None:
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
    with ExitStack() as undo, open_registry(None if dry_run and missing else file) as registry:
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


@command(example="dialogue-registry mapping examples/data/meetings.xlsx --set dialogue=ca-jad")
@click.argument("table", type=LocalPath())
@click.option("--sheet", default="", metavar="NAME", help="The sheet of a workbook; by default the first visible one.")
@click.option("--format", "kind", type=click.Choice(_WITH_A_HEAD), help="The format of TABLE; by default its ending.")
@click.option("--encoding", default="", metavar="NAME", help="The encoding of a CSV file, where it is doubtful.")
@_set_option
def mapping(table: str, sheet: str, kind: str | None, encoding: str, constants: tuple[str, ...]) -> None:
    """Write a mapping to begin with for TABLE, a workbook or a CSV file, to standard output.

    It is made from the headings and the first rows. Columns that it does not read are named in
    a comment. So is what must be looked at. What no table says can be said with --set: dialogue
    (its id), launched (when it began), series, and meeting.
    """
    if not Path(table).exists():
        raise UnreadableFileError(f"there is no file {table}: check the path")
    same = taken_constants(constants, None)
    put(str(suggest_mapping(table, format=kind, sheet=sheet, encoding=encoding, constants=same)).rstrip("\n"))
