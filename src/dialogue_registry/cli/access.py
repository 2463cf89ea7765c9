"""Registries that commands open: to ask them, also as they were known earlier, or to record in them."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from dialogue_registry.cli.kinds import open_registry, open_to_ask
from dialogue_registry.cli.options import AT
from dialogue_registry.errors import MissingFileError, ReadOnlyError, UnknownSubjectError, UnreadableFileError
from dialogue_registry.exports.exporter import is_sqlite
from dialogue_registry.log.entry import RecordedEvent
from dialogue_registry.model.addresses import is_address
from dialogue_registry.model.names import fold
from dialogue_registry.model.texts import fold_text
from dialogue_registry.queries.names import Names
from dialogue_registry.queries.subjects import within
from dialogue_registry.registry.registry import Registry, Snapshot


@contextmanager
def asking(file: str) -> Iterator[Snapshot]:
    """Open a registry to be asked, as it is or as it was known at the time that ``--at`` names."""
    when = click.get_current_context().meta.get(AT)
    must_exist(file)
    with open_to_ask(file) as registry:
        if when is None:
            yield registry
            return
        position = position_in(when)
        with registry.at(instant=when) if position is None else registry.at(position=position) as past:
            yield past


@contextmanager
def searching(file: str) -> Iterator[Snapshot]:
    """Open a registry to be searched: its index is kept in the file, where that may be written to."""
    must_exist(file)
    registry: Registry | None = None
    if click.get_current_context().meta.get(AT) is None and not is_address(file):
        with suppress(ReadOnlyError):
            registry = open_registry(file)
    if registry is None:
        with asking(file) as snapshot:
            yield snapshot
    else:
        with registry:
            yield registry


@contextmanager
def writing(file: str) -> Iterator[Registry]:
    """Open a registry to record in."""
    must_exist(file)
    with open_registry(file) as registry:
        yield registry


def must_exist(file: str) -> None:
    """Raise NotARegistryError where there is no file; an address is not looked at."""
    if not is_address(file) and not Path(file).exists():
        raise MissingFileError(
            f"there is no registry {file}: check the path, or make one: dialogue-registry init {file}"
        )


def is_registry(text: str) -> bool:
    """Return whether a text names a registry: a file of SQLite that is there, or an address."""
    if is_address(text):
        return True
    try:
        return is_sqlite(Path(text))
    except (OSError, ValueError):
        return False


def read_plan(path: str) -> str:
    """Return the text of a plan: of a file, or of standard input ("-"); raises UnreadableFileError."""
    try:
        return sys.stdin.buffer.read().decode() if path == "-" else Path(path).read_text("utf-8-sig")
    except OSError as error:
        raise UnreadableFileError(f"the plan {path} cannot be read ({error.strerror}): check the path") from None
    except UnicodeError as error:
        raise UnreadableFileError(f"the plan {path} is no text in UTF-8 ({error}): write it as UTF-8") from None


def scope(
    registry: Snapshot, *, dialogue: str | None = None, series: str | None = None, meeting: str | None = None
) -> Callable[[str], bool]:
    """Return whether an id lies within all that are given; raises UnknownSubjectError where one is not recorded.

    A dialogue has its series and their meetings in it, a series its meetings.
    """
    with registry.reading() as reader:
        return within(reader.connection, dialogue=dialogue, series=series, meeting=meeting)


def is_party(code: str | None, party: str) -> bool:
    """Return whether a party is the one of a code, however both are written; None is the code of all."""
    return code is None or fold_text(code) == fold_text(party)


def party_in(registry: Snapshot, text: str | None) -> str | None:
    """Return the code of a party that is given by its code or its name; raises UnknownSubjectError."""
    if text is None:
        return None
    with registry.reading() as reader:
        names = {party.party: party.name for dialogue in reader.dialogues() for party in dialogue.parties}
        codes = {code for (code,) in reader.query("SELECT DISTINCT party FROM attendance")} | names.keys()
    if text in codes:
        return text
    if same := [code for code in codes if is_party(text, code)]:
        return same[0]
    found = [code for code, name in names.items() if fold(text) in (fold(name), fold(code))]
    if len(found) == 1:
        return found[0]
    known = [f"{code} {names.get(code, '')}".rstrip() for code in sorted(codes)]
    recorded = f"recorded are {', '.join(known[:12])}{' …' * (len(known) > 12)}" if known else "none is"
    raise UnknownSubjectError(f"no party {text!r} is recorded: {recorded}")


def position_in(text: str) -> int | None:
    """Return the position that a text names, None where it is no number; raises click.UsageError."""
    if not text.isdecimal():
        return None
    if len(text) > 18:
        raise click.UsageError(f"{text:.20}… is no position: the longest log has fewer events")
    return int(text)


def find_event(registry: Snapshot, named: str) -> RecordedEvent:
    """Return the recorded event of an id, or of a position; raises click.UsageError where there is none."""
    position = position_in(named)
    if position is None:
        found = registry.db.execute("SELECT position FROM events WHERE id = ?", (named,)).fetchone()
        if found is None:
            raise click.UsageError(f"no event has the id {named!r}: take it, or a position, from history")
        position = int(found[0])
    if position > 0:
        for event in registry.events(after=position - 1, until=position):
            return event
    raise click.UsageError(f"there is no event at position {position}: the log has 1 to {registry.position}")


def in_language(registry: Snapshot, rows: Iterable[Mapping[str, Any]], column: str, lang: str | None) -> list[Any]:
    """Return rows with the names that what a column names bears in a language, as far as they are recorded."""
    if lang is None:
        return list(rows)
    with registry.reading() as reader:
        names = Names(reader.connection)
    return [{**row, "name": names.choose(row[column], row["name"], language=lang)} for row in rows]


def names_of_parties(registry: Snapshot, lang: str | None) -> Mapping[str, str]:
    """Return the names of the parties, in a language as far as they are recorded in it."""
    names = {party.party: party.name for dialogue in registry.dialogues() for party in dialogue.parties}
    if lang is None:
        return names
    with registry.reading() as reader:
        used = Names(reader.connection)
    return {party: used.choose(party, name, language=lang, party=True) for party, name in names.items()}
