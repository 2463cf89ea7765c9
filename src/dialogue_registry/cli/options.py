"""Options that commands share, and how commands open a registry and show rows."""

import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from dialogue_registry.cli import output
from dialogue_registry.cli.main import Function, put, say
from dialogue_registry.errors import (
    NotARegistryError,
    OutdatedViewsError,
    UnknownSubjectError,
)
from dialogue_registry.imports.fact_fields import source_from
from dialogue_registry.log.entry import RecordedEvent
from dialogue_registry.model.events import Format, Role, Source
from dialogue_registry.registry.opening import is_address
from dialogue_registry.registry.registry import Registry, Snapshot

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
    """Print rows: as a table for people, the columns named; on a terminal, long cells are folded."""
    plain, names = [output.plain(row) for row in rows], columns.split()
    match shown:
        case "json":
            text = output.as_json(plain)
        case "csv":
            text = output.as_csv(plain, names)
        case "nl":
            text = output.as_lines(plain)
        case _:
            say(output.as_table(plain, names, terminal_width()))
            return
    if text:
        put(text)


def terminal_width() -> int | None:
    """Return the columns of the terminal, 80 where that is not known; None where no terminal shows the answer."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


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
def asking(file: str) -> Iterator[Snapshot]:
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
    """Show a bar on standard error while long work is done, where that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=1, label=doing, file=sys.stderr, show_pos=True, show_eta=False) as bar:

        def show(done: int, total: int) -> None:
            known = total > done or bar.length not in (1, None)
            bar.length = total if known else None  # of a stream, total is what was done so far
            bar.update(done - bar.pos)

        yield show


def must_be_recorded(registry: Snapshot, **ids: str | None) -> None:
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
