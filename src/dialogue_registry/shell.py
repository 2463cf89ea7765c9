"""What the commands of the command line share: how they fail, their options, how they open and show."""

import codecs
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from dialogue_registry import printing
from dialogue_registry.errors import (
    ConflictError,
    DialogueRegistryError,
    InvalidValueError,
    NotARegistryError,
    OutdatedViewsError,
    UnknownSubjectError,
)
from dialogue_registry.events import Format, Role, Source
from dialogue_registry.log import RecordedEvent
from dialogue_registry.making import source_from
from dialogue_registry.registry import Registry, is_address

Function = TypeVar("Function", bound=Callable[..., Any])


class Group(click.Group):
    """Says every error in one line, without a traceback; without a command, what there is."""

    group_class = type

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Show the help where nothing was asked."""
        if not args:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(2)
        return super().parse_args(ctx, args)

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        """Run the command, and end with the exit code that its outcome means."""
        for stream in (sys.stdout, sys.stderr):
            with suppress(AttributeError):  # it may have been replaced
                stream.reconfigure(errors=_IN_ASCII)  # type: ignore[union-attr]
        try:
            code: Any = super().main(*args, **{**extra, "standalone_mode": False})
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "dialogue-registry"
            _stop(f"{error.format_message()} (see {command} --help)", 2)
        except click.ClickException as error:
            _stop(error.format_message(), error.exit_code)
        except ConflictError as error:
            _stop(_in_commands(error), 1)
        except DialogueRegistryError as error:
            _stop(str(error), 2 if isinstance(error, InvalidValueError) else 1)
        except (click.Abort, KeyboardInterrupt):
            _stop("interrupted; what was recorded before stays", 130)
        except OSError as error:
            _stop(str(error), 1)
        if standalone_mode:
            sys.exit(code if isinstance(code, int) else 0)
        return code


def _in_commands(conflict: ConflictError) -> str:
    """What to do about a conflict, as somebody would who types commands."""
    what, found, _ = str(conflict).partition(": if that one is wrong, ")
    if not (found and conflict.position):
        return str(conflict)
    return (
        f"{what}{found}dialogue-registry correct FILE {conflict.position} --because …; if sources disagree, keep both "
        f"with dialogue-registry dispute FILE {conflict.position} --source …"
    )


def _stop(message: str, code: int) -> NoReturn:
    say(f"Error: {' '.join(message.split())}", err=True)
    sys.exit(code)


_IN_ASCII = "dialogue_registry.in_ascii"
_NEAR = str.maketrans({"–": "-", "—": "-", "…": "...", "’": "'", "‘": "'", "“": '"', "”": '"'})


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    """What to print where the terminal's encoding has no such letter: one that looks like it, else its number."""
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end].translate(_NEAR)
    return text.encode("ascii", "backslashreplace").decode(), error.end


codecs.register_error(_IN_ASCII, _in_ascii)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def say(text: object, *, err: bool = False) -> None:
    """Print text for people; what would steer a terminal is spelled out."""
    click.echo(_CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", str(text)), err=err)


@click.group(cls=Group, epilog="Example:\n\n\b\n  dialogue-registry counts ca-jad.db --as-of 2021-06-16")
@click.version_option(package_name="dialogue-registry", message="%(prog)s %(version)s")
def cli() -> None:
    """Record the meetings of dialogues as sourced events, and ask how many there were."""


@cli.group(epilog="Example:\n\n\b\n  dialogue-registry at 41 counts ca-jad.db --as-of 2021-06-16")
@click.argument("when", metavar="POSITION|INSTANT")
@click.pass_context
def at(ctx: click.Context, when: str) -> None:
    """Ask as the registry was known then: at a log position, or at an instant.

    Put it before any question: "at 41 counts ca-jad.db", or
    "at 2021-07-01T00:00:00Z counts ca-jad.db".
    """
    ctx.obj = when


def command(*groups: click.Group, example: str, name: str | None = None) -> Callable[[Function], Function]:
    """Make a command of the groups, whose --help ends in an example."""

    def add(function: Function) -> Function:
        made = click.command(name, epilog=f"Example:\n\n\b\n  {example}")(function)
        for group in groups or (cli,):
            group.add_command(made)
        return function

    return add


file_argument = click.argument("file", metavar="FILE")


def shown_option(function: Function) -> Function:
    """Give a command the options that say how its answer is written, one of them at most."""
    for name, meaning in (("nl", "Write one JSON object per line."), ("csv", "Write CSV."), ("json", "Write JSON.")):
        function = click.option(
            f"--{name}", f"as_{name}", is_flag=True, expose_value=False, callback=_choose, help=meaning
        )(function)
    return function


def _choose(ctx: click.Context, option: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click passes it
    chosen = ctx.params.setdefault("shown", None)
    if value and chosen is not None:
        raise click.UsageError(f"--{chosen} and {option.opts[0]} are two ways to write the answer: give one")
    if value:
        ctx.params["shown"] = option.opts[0].removeprefix("--")


def show(rows: Sequence[Any], columns: str, shown: str | None) -> None:
    """Print rows: of a table for people, the columns named; on a terminal, long cells are cut."""
    told, names = [printing.plain(row) for row in rows], columns.split()
    match shown:
        case "json":
            text = printing.as_json(told)
        case "csv":
            text = printing.as_csv(told, names)
        case "nl":
            text = printing.as_lines(told)
        case _:
            width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
            say(printing.as_table(told, names, width))
            return
    if text:
        put(text)


def put(text: str) -> None:
    """Print text for programs: UTF-8, whatever the terminal has."""
    click.echo(f"{text}\n".encode(), nl=False)


_SOURCE = {
    "source": "Title of the source.",
    "source-url": "Address of the source.",
    "source-publisher": "Who published the source.",
    "source-published": "When the source was published.",
    "source-language": "Language of the source, such as en.",
    "source-kind": "What the source is: report, announcement, list …",
}


def source_options(function: Function) -> Function:
    """Give a command the options that say where its facts come from."""
    function = click.option("--by", default="", help="Who records it.")(function)
    for name, meaning in reversed(_SOURCE.items()):
        function = click.option(f"--{name}", metavar="TEXT", help=meaning)(function)
    return function


def take_source(given: dict[str, Any]) -> Source | None:
    """Take the options of a source out of all that were given."""
    told = {name: given.pop(name.replace("-", "_")) for name in _SOURCE}
    title, rest = told.pop("source"), {name.removeprefix("source-"): value for name, value in told.items() if value}
    if rest and not title:
        raise click.UsageError("the source has no title: give --source too")
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


def field_options(function: Function) -> Function:
    """Give a command one option for every field that a fact can have."""
    for name, meaning in reversed(_FIELDS.items()):
        many = name in ("aliases", "organisers")
        function = click.option(f"--{name.replace('_', '-')}", metavar="TEXT", multiple=many, help=meaning)(function)
    return function


def take_fields(given: dict[str, Any]) -> dict[str, Any]:
    """Take the fields that were given out of all options."""
    told = {name: given.pop(name) for name in _FIELDS if name in given}
    return {name: value for name, value in told.items() if value not in (None, ())}


@contextmanager
def asking(file: str) -> Iterator[Registry]:
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
def writing(file: str) -> Iterator[Registry]:
    """Open a registry to record in."""
    _must_exist(file)
    with Registry.open(file) as registry:
        yield registry


def _must_exist(file: str) -> None:
    if not is_address(file) and not Path(file).exists():
        raise NotARegistryError(
            f"there is no registry {file}: check the path, or make one: dialogue-registry init {file}"
        )


@contextmanager
def progress_bar(doing: str) -> Iterator[Callable[[int, int], object] | None]:
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


def must_be_recorded(registry: Registry, **ids: str | None) -> None:
    """Raise UnknownSubjectError unless each id that was given names what its option says."""
    for kind, named in ids.items():
        if named is None:
            continue
        known: Sequence[Any]
        match kind:
            case "meeting":
                known = registry.meetings(meeting=named)
            case "series":
                known = [series for series in registry.series() if series.series == named]
            case _:
                known = [dialogue for dialogue in registry.dialogues() if dialogue.dialogue == named]
        if not known:
            raise UnknownSubjectError(f"there is no {kind} {named!r}: check its id")


def find_event(registry: Registry, named: str) -> RecordedEvent:
    """The recorded event of an id, or of a position."""
    if named.isdecimal() and int(named) > 0:
        for event in registry.events(after=int(named) - 1, until=int(named)):
            return event
    if named.isdecimal():
        raise click.UsageError(f"there is no event at position {named}: the log has 1 to {registry.position}")
    found = registry.db.execute("SELECT position FROM events WHERE id = ?", (named,)).fetchone()
    if found is None:
        raise click.UsageError(f"no event has the id {named!r}: take it, or a position, from history")
    return find_event(registry, str(found[0]))
