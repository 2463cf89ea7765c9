"""A local replica of a shared log: pull what is new, push what was decided on it."""

import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing
from typing import NamedTuple, Protocol

from dialogue_registry.adopting import following, take_over
from dialogue_registry.errors import BrokenChainError, NotARegistryError, WrongPositionError
from dialogue_registry.log import PAGE, Entry, Head, Log
from dialogue_registry.sqlite import SQLiteLog
from dialogue_registry.views import Views


class OvertakenError(WrongPositionError):
    """Others appended to the shared log between our look at it and our append."""


class SharedLog(Log, Protocol):
    """What a log shared by many promises beyond a log."""

    @property
    def name(self) -> str:
        """Its name for messages, without credentials."""

    def rows(self, after: int = 0, until: int | None = None) -> Generator[Entry, None, None]:
        """Give the entries with after < position ≤ until, or to the end, as plain tuples, in bounded memory."""

    def turn(self) -> AbstractContextManager[None]:
        """Keep everybody else from appending until the end of the block; what is appended in it is one."""

    def wait(self, seconds: float) -> None:
        """Wait until somebody appends, at most for a while."""

    def close(self) -> None:
        """Let the connection go; the next use opens another."""


class News(NamedTuple):
    """What follows the head that was known here; and whether there may be more."""

    after: Head
    entries: list[Entry]
    more: bool


class Replica:
    """The tables of one connection that follow a shared log."""

    def __init__(self, connection: sqlite3.Connection, log: SQLiteLog, views: Views, shared: SharedLog) -> None:
        self._connection = connection
        self._log = log
        self._views = views
        self.shared = shared

    def _claim(self) -> None:
        if followed_log(self._connection) == self.shared.name:
            return
        self._connection.execute("CREATE TABLE IF NOT EXISTS replica (of_log TEXT NOT NULL)")
        self._connection.execute("DELETE FROM replica")
        self._connection.execute("INSERT INTO replica VALUES (?)", (self.shared.name,))

    def look(self) -> News:
        """Read a page of what is new, while others may write to the file.

        Raises NotARegistryError where what is here is not the beginning of the shared log.
        """
        head = self._log.head()
        page = self.shared.read(max(head.position - 1, 0), limit=PAGE)
        more = len(page) == PAGE
        if head.position > 0 and (not page or page.pop(0).hash != head.hash):
            raise NotARegistryError(
                f"the local views follow another log than the one on {self.shared.name}, or know events that it "
                "has lost: give views= another file, or delete this one, and it is made again"
            )
        return News(head, list(following(head, page)), more)

    def take(self, news: News) -> bool:
        """Take over what is new, within the transaction that is open; give whether there may be more."""
        if self._log.head() != news.after:  # somebody else who writes to the file has
            return True
        self._claim()
        if news.entries:
            self._views.catch_up()  # of projections that others did not know of, before they get the page
            take_over(self._log, self._views, news.entries, expected=news.after.position)
        return news.more

    def take_all(self) -> None:
        """Take over all that is new, within the transaction that is open."""
        while self.take(self.look()):
            pass

    def push(self, after: int) -> None:
        """Append to the shared log what was recorded here after a position; raises OvertakenError."""
        page = self._log.read(after)
        try:
            if not page or page[-1].position == self._log.head().position:
                if page:  # in one, which is sent again where the answer is lost
                    self.shared.append(page, expected=after)
                return
            with self.shared.turn():
                while page:
                    self.shared.append(page, expected=after)
                    after = page[-1].position
                    page = self._log.read(after)
        except WrongPositionError as error:
            raise OvertakenError(expected=error.expected, actual=error.actual) from error

    def compare(self, progress: Callable[[int, int], object] | None) -> None:
        """Raise BrokenChainError at the first position where the shared log is not what was taken over here."""
        end = self._log.head().position
        with closing(self.shared.rows(0, end)) as theirs:
            for entry in self._ours():
                if (other := next(theirs, None)) != entry:
                    raise BrokenChainError(
                        f"{self.shared.name} has {'nothing any more' if other is None else 'another event'} at "
                        f"position {entry.position} than what was taken over from there: its log was changed",
                        position=entry.position,
                    )
                if progress is not None and entry.position % PAGE == 0:
                    progress(entry.position, end)

    def _ours(self) -> Iterator[Entry]:
        position = 0
        while page := self._log.read(position):
            yield from page
            position = page[-1].position


def followed_log(connection: sqlite3.Connection) -> str:
    """The name of the shared log that a file follows, "" where it follows none."""
    if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'replica'").fetchone() is None:
        return ""
    row = connection.execute("SELECT of_log FROM replica").fetchone()
    return "" if row is None else str(row[0])
