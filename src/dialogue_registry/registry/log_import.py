"""An exported log taken in again: the same ids, positions, instants and hashes, or nothing at all.

What is checked is what the log itself promises: the chain, dense positions and versions,
instants that never decrease, events this library can read. The rules of recording are
not asked again: they were asked when the events were recorded.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from dialogue_registry.errors import BrokenChainError, UnfitEventError
from dialogue_registry.log import hash_chain
from dialogue_registry.log.cloudevents import from_line, name_of
from dialogue_registry.log.entry import PAGE, Entry, Head
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.projections.engine import Views
from dialogue_registry.registry.adopting import take_over


def adopt(
    log: SQLiteLog, views: Views, lines: Iterable[str | bytes], progress: Callable[[int, int], object] | None
) -> int:
    """Append the exported entries that the log does not have, within the transaction that is open; give their number.

    The lines must begin with the log's first event. Raises UnfitEventError, which names the line.
    """
    appended = done = 0
    stream = _Stream(log)
    numbered = enumerate(lines, 1)
    while page := list(islice(numbered, PAGE)):
        fresh = [entry for number, line in page if line.strip() and (entry := stream.check(line, number)) is not None]
        if fresh:
            _append(log, views, fresh, page[0][0])
            appended += len(fresh)
        done += len(page)
        if progress is not None:
            progress(done, done)
    return appended


class _Stream:
    """Checks one line after the other against the chain, and against what the log has already."""

    def __init__(self, log: SQLiteLog) -> None:
        self._log = log
        self._standing = self._from_log()
        self._last = Head(0, hash_chain.GENESIS, "")
        self._name = ""

    def _from_log(self) -> Iterator[Entry]:
        position = 0
        while page := self._log.read(position):
            yield from page
            position = page[-1].position

    def check(self, line: str | bytes, number: int) -> Entry | None:
        """Read a line; give its entry, or None where the log has it already."""
        entry, name = from_line(line, number)
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


def _append(log: SQLiteLog, views: Views, entries: Sequence[Entry], line: int) -> None:
    try:
        take_over(log, views, entries, expected=entries[0].position - 1)
    except BrokenChainError as error:
        raise UnfitEventError(
            f"the events from line {line} on do not fit together ({error.__cause__}): "
            "the export was not made by this library",
            line=line,
        ) from error


def check_complete(connection: sqlite3.Connection) -> None:
    """Raise UnfitEventError if something rests on what is not there."""
    if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
        raise incomplete()


def incomplete() -> UnfitEventError:
    """What to say when, all events being appended, one of them rests on something that is not there."""
    return UnfitEventError(
        "a fact in the export rests on a dialogue, series or meeting that is not in it: "
        "it was not made by this library; nothing was imported",
        line=0,
    )
