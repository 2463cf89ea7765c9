"""A local replica of a shared log: pull what is new, push what was decided on it."""

import sqlite3
from typing import Protocol

from dialogue_registry import chain
from dialogue_registry.errors import BrokenChainError, NotARegistryError, WrongPositionError
from dialogue_registry.log import PAGE, Entry, Log
from dialogue_registry.projections import Views, decoded
from dialogue_registry.sqlite import SQLiteLog


class OvertakenError(WrongPositionError):
    """Others appended to the shared log between our look at it and our append."""


class SharedLog(Log, Protocol):
    """What a log shared by many promises beyond a log: to say when something may be new."""

    @property
    def name(self) -> str:
        """Its name for messages."""

    def wait(self, seconds: float) -> None:
        """Wait until somebody appends, at most for a while."""

    def close(self) -> None:
        """Let the connection go."""


class Replica:
    """The tables of one connection that follow a shared log."""

    def __init__(self, connection: sqlite3.Connection, log: SQLiteLog, views: Views, shared: SharedLog) -> None:
        self._connection = connection
        self._log = log
        self._views = views
        self.shared = shared

    def claim(self) -> None:
        """Mark the file as a replica, within the transaction that is open."""
        self._connection.execute("CREATE TABLE IF NOT EXISTS replica (of_log TEXT NOT NULL)")
        self._connection.execute("DELETE FROM replica")
        self._connection.execute("INSERT INTO replica VALUES (?)", (self.shared.name,))

    def check(self) -> None:
        """Raise NotARegistryError unless what is here is the beginning of the shared log."""
        head = self._log.head()
        if head.position == 0:
            return
        there = self.shared.read(head.position - 1, limit=1)
        if not there or there[0].hash != head.hash:
            raise NotARegistryError(
                f"the local views follow another log than {self.shared.name}: give views= another file, "
                "or delete this one"
            )

    def pull(self) -> int:
        """Take over one page of what is new, within the transaction that is open; give how many events."""
        head = self._log.head()
        page = self.shared.read(head.position, limit=PAGE)
        if page:
            adopt(self._log, self._views, page)
        return len(page)

    def pull_all(self) -> None:
        """Take over all that is new, within the transaction that is open."""
        while self.pull():
            pass

    def push(self, after: int) -> None:
        """Append to the shared log what was recorded here after a position; raises WrongPositionError."""
        entries: list[Entry] = []
        while page := self._log.read(entries[-1].position if entries else after):
            entries += page
        if entries:
            try:
                self.shared.append(entries, expected=after)
            except WrongPositionError as error:
                raise OvertakenError(expected=error.expected, actual=error.actual) from error


def followed_log(connection: sqlite3.Connection) -> str:
    """The name of the shared log that a file follows, "" where it follows none."""
    if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'replica'").fetchone() is None:
        return ""
    row = connection.execute("SELECT of_log FROM replica").fetchone()
    return "" if row is None else str(row[0])


def adopt(log: SQLiteLog, views: Views, entries: list[Entry]) -> None:
    """Append entries of the same log as they are, and fold them, within the transaction that is open.

    Raises BrokenChainError when one does not follow the one before.
    """
    head = log.head()
    last = head.hash
    for position, entry in enumerate(entries, head.position + 1):
        if entry.position != position or entry.hash != chain.link(last, *entry[:10]):
            raise BrokenChainError(
                f"the event at position {entry.position} does not follow position {position - 1}",
                position=entry.position,
            )
        last = entry.hash
    log.append(entries, expected=head.position)
    views.apply(entries, [decoded(entry) for entry in entries])
