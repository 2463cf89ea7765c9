"""How commands open a registry: to ask it, also as it was known earlier, or to record in it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from dialogue_registry.errors import NotARegistryError, OutdatedViewsError, UnknownSubjectError
from dialogue_registry.log.entry import RecordedEvent
from dialogue_registry.registry.opening import is_address
from dialogue_registry.registry.registry import Registry, Snapshot


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


def find_event(registry: Snapshot, named: str) -> RecordedEvent:
    """Return the recorded event of an id, or of a position; raises click.UsageError where there is none."""
    if named.isdecimal() and int(named) > 0:
        for event in registry.events(after=int(named) - 1, until=int(named)):
            return event
    if named.isdecimal():
        raise click.UsageError(f"there is no event at position {named}: the log has 1 to {registry.position}")
    found = registry.db.execute("SELECT position FROM events WHERE id = ?", (named,)).fetchone()
    if found is None:
        raise click.UsageError(f"no event has the id {named!r}: take it, or a position, from history")
    return find_event(registry, str(found[0]))
