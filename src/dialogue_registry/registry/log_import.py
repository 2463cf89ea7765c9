"""The import of an exported log: the same ids, positions, instants and hashes, or nothing at all.

Each line is checked against the line before, and the entries as the replica checks them.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from dialogue_registry.errors import BrokenChainError, UnfitEventError
from dialogue_registry.log import hash_chain
from dialogue_registry.log.cloudevents import from_line, name_of
from dialogue_registry.log.codec import Codec
from dialogue_registry.log.entry import PAGE, Entry, Head
from dialogue_registry.model.persons import Persons, clash
from dialogue_registry.registry.replica import entries_of, take_over
from dialogue_registry.registry.session import Session

_log = logging.getLogger("dialogue_registry")


def import_events(session: Session, lines: Iterable[str | bytes], progress: Callable[[int, int], object] | None) -> int:
    """Append the exported entries that the log does not have, all or nothing; return their number.

    The lines must begin with the log's first event. Raises UnfitEventError, which names the line.
    """
    with session.writing():
        appended = _append_missing(session, lines, progress)
        if appended:
            _check_references(session.connection)
            _check_persons(session)
            _log.info("imported %d events of an exported log into %s", appended, session.name)
        return appended


def _append_missing(
    session: Session, lines: Iterable[str | bytes], progress: Callable[[int, int], object] | None
) -> int:
    appended = done = 0
    stream = _Stream(entries_of(session.log), session.log.codec)
    numbered = enumerate(lines, 1)
    while page := list(islice(numbered, PAGE)):
        lines_of_page = ((number, line) for number, line in page if not isinstance(line, str | bytes) or line.strip())
        fresh = [entry for number, line in lines_of_page if (entry := stream.check(line, number)) is not None]
        if fresh:
            _append(session, fresh, line=page[0][0])
            appended += len(fresh)
        done += len(page)
        if progress is not None:
            progress(done, done)
    return appended


class _Stream:
    """Checks one line after the other against the chain, and against the entries that the log has already."""

    def __init__(self, standing: Iterator[Entry], codec: Codec) -> None:
        self._standing = standing
        self._codec = codec
        self._last = Head(0, hash_chain.GENESIS, "")
        self._name = ""

    def check(self, line: str | bytes, number: int) -> Entry | None:
        """Return the entry in a line, or None where the log has it already."""
        entry, name = from_line(line, number, self._codec)
        if self._last.position == 0:
            self._name = name_of(entry.id)
        if entry.position != self._last.position + 1:
            raise UnfitEventError(
                f"line {number} has position {entry.position}, after {self._last.position}: "
                "give the export whole and in order, from position 1",
                line=number,
            )
        if name != self._name:
            raise UnfitEventError(
                f"line {number} belongs to the log {name}, the lines before it to {self._name}: "
                "import one export at a time",
                line=number,
            )
        if hash_chain.link(self._last.hash, *entry[:-1]) != entry.hash or entry.recorded_at < self._last.recorded_at:
            raise UnfitEventError(
                f"line {number} (position {entry.position}) does not follow the line before it: "
                "it was changed after it was exported; export again",
                line=number,
            )
        self._last = Head(entry.position, entry.hash, entry.recorded_at)
        standing = next(self._standing, None)
        if standing is None:
            return entry
        if standing != entry:
            raise UnfitEventError(
                f"line {number} holds event {entry.id}, where this registry has {standing.id} at position "
                f"{entry.position}: they are two different logs; import it into a new registry",
                line=number,
            )
        return None


def _append(session: Session, entries: Sequence[Entry], line: int) -> None:
    try:
        take_over(session.log, session.views, entries, expected=entries[0].position - 1)
    except BrokenChainError as error:
        raise UnfitEventError(
            f"the events from line {line} on do not fit together ({error.__cause__}): "
            "the export was not made by this library",
            line=line,
        ) from error


def _check_references(connection: sqlite3.Connection) -> None:
    """Raise UnfitEventError if a fact rests on something that is not recorded."""
    if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
        raise _incomplete()


def _check_persons(session: Session) -> None:
    """Raise UnfitEventError if what stands makes one person of names, also through others, and keeps them apart."""
    rows = session.connection.execute(
        "SELECT event FROM same_persons UNION ALL SELECT event FROM different_persons ORDER BY event"
    ).fetchall()
    persons = Persons()
    for (event,) in rows:
        fact = session.views.facts.content(event)
        if (found := persons.contradicted(fact)) is not None:
            raise UnfitEventError(
                f"the event at position {event} contradicts the one at position {found.event}: {clash(fact, found)}; "
                "the export was not made by this library; nothing was imported",
                line=0,
            )
        persons.add(event, fact)


def _incomplete() -> UnfitEventError:
    return UnfitEventError(
        "a fact in the export rests on a dialogue, series or meeting that is not in it: "
        "it was not made by this library; nothing was imported",
        line=0,
    )
