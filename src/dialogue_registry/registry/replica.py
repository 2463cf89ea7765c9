"""A local replica of a shared log: pull what is new, push what was decided on it."""

import sqlite3
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from typing import NamedTuple, Protocol

from dialogue_registry.errors import (
    BrokenChainError,
    DialogueRegistryError,
    NotARegistryError,
    StorageError,
    UnreachableError,
    WrongPositionError,
)
from dialogue_registry.log.entry import PAGE, Entry, Head, Log
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.projections.engine import Views
from dialogue_registry.registry.adopting import following, take_over


class OvertakenError(WrongPositionError):
    """Others appended to the shared log between our look at it and our append."""


class SharedLog(Log, Protocol):
    """What a log shared by many promises beyond a log."""

    @property
    def name(self) -> str:
        """Its name for messages, without credentials."""

    def rows(self, after: int = 0, until: int | None = None) -> Generator[Entry, None, None]:
        """Give the entries with after < position ≤ until, or to the end, as plain tuples, in bounded memory."""

    def send(self, entries: Sequence[Entry], *, expected: int) -> Callable[[], None] | None:
        """Begin to append; what this gives waits for the end, as append() does. None where it did not begin."""

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
        self._sent: Callable[[], None] | None = None
        self._may_send = False

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

    @contextmanager
    def recording(self, lock: Callable[[], AbstractContextManager[None]], *, alone: bool) -> Iterator[None]:
        """Append to the shared log what is recorded within the block, under the lock of the file: all or nothing.

        ``alone`` looks first for what is new, and lets nobody else append meanwhile. Everybody
        locks the file first and the shared log then, or they would wait for each other.
        Raises OvertakenError.
        """
        self._sent, arrived = None, False
        try:
            with ExitStack() as turn, lock():
                if alone:
                    turn.enter_context(self.shared.turn())
                    self.take_all()
                before = self._log.head().position
                self._may_send = not alone and self._views.only_ours()
                yield
                self._push(before)
                turn.close()  # the server commits first: what it has not got must not be here
                arrived = True
        except Exception as error:
            if arrived or self._arrives_after(error):
                raise StorageError(
                    f"it is recorded, but the local views could not take it over ({error.__cause__ or error!r}): "
                    "mend that, then call catch_up()"
                ) from error
            raise
        except BaseException:  # an interruption, which may have come anywhere
            self.shared.close()
            raise

    def send(self, entries: Sequence[Entry]) -> None:
        """Send to the shared log what is about to be recorded here: it is folded while the server works.

        Not what a projection of a user might refuse, for then it must not be on the shared log.
        """
        if self._may_send and 1 < len(entries) <= PAGE:
            self._sent = self.shared.send(entries, expected=entries[0].position - 1)

    def _arrives_after(self, error: Exception) -> bool:
        """Say whether what was sent is recorded, though it could not be folded; raises UnreachableError if unknown."""
        sent, self._sent = self._sent, None
        if sent is None:
            return False
        try:
            sent()
        except UnreachableError as lost:
            raise UnreachableError(f"{lost}; and it could not be taken over here ({error!r})") from error
        except DialogueRegistryError:
            return False
        return True

    def _push(self, after: int) -> None:
        """Append to the shared log what was recorded here after a position, or wait until what was sent is there."""
        sent, self._sent = self._sent, None
        try:
            if sent is not None:
                sent()
                return
            page = self._log.read(after)
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
