"""A local replica: the entries of another log taken over as they are, and kept up with a server's log.

Entries keep their ids, positions, instants and hashes. They are checked against the promises
of every log: the chain, dense positions and versions, instants that never decrease, events
that this library can read. The rules of recording were applied when the events were
recorded, and are not applied again.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from dialogue_registry.errors import (
    BrokenChainError,
    CodecError,
    DialogueRegistryError,
    NewerEventError,
    NotARegistryError,
    RefusedError,
    StorageError,
    UnknownEventTypeError,
    UnreachableError,
    WrongPositionError,
)
from dialogue_registry.log import hash_chain
from dialogue_registry.log.codec import decode_citation, decode_source
from dialogue_registry.log.entry import PAGE, Entry, Head, Log
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.log.sqlite_scopes import Connection
from dialogue_registry.model.events import (
    NO_FACTS,
    EventCited,
    EventRetracted,
    FactCorrected,
    FactDisputed,
    UnknownEvent,
)
from dialogue_registry.model.recording_rules import check_ids
from dialogue_registry.projections.engine import Views
from dialogue_registry.registry.known_facts import KnownFacts

if TYPE_CHECKING:
    from dialogue_registry.log.postgres import PostgresLog

# --- entries of another log ----------------------------------------------------------


def following(last: Head, entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield the entries; raises BrokenChainError at the first that does not follow the one before."""
    position, hash_, recorded_at = last
    for entry in entries:
        linked = hash_chain.link(hash_, *entry[:-1])
        if entry.position != position + 1 or entry.hash != linked or entry.recorded_at < recorded_at:
            raise BrokenChainError(
                f"the event at position {entry.position} does not follow the one at position {position}: "
                "the log was changed after it was written",
                position=entry.position,
            )
        position, hash_, recorded_at = entry.position, entry.hash, entry.recorded_at
        yield entry


def entries_of(log: Log) -> Iterator[Entry]:
    """Yield all entries of a log, read a page at a time."""
    position = 0
    while page := log.read(position):
        yield from page
        position = page[-1].position


def take_over(log: SQLiteLog, views: Views, entries: Sequence[Entry], *, expected: int) -> None:
    """Append entries that were seen to follow the head, and fold them, within the transaction that is open.

    Raises WrongPositionError unless the log ends at ``expected``. Raises BrokenChainError
    where they do not fit together otherwise, CodecError where this library cannot read them.
    """
    try:
        _check_versions(entries, log.versions({entry.subject for entry in entries}))
        log.append(entries, expected=expected)
        page = log.events(expected, limit=len(entries))
        for entry, (_, event, _) in zip(entries, page, strict=True):
            _check_subject(entry, event, log)
        views.apply(page)
    except (sqlite3.IntegrityError, RefusedError, ValueError) as error:
        raise BrokenChainError(
            f"the events from position {entries[0].position} on do not fit together ({error}): "
            "they were not recorded by this library",
            position=entries[0].position,
        ) from error


def take_in(connection: Connection, log: SQLiteLog, views: Views, entries: Sequence[Entry], *, expected: int) -> None:
    """Append entries of a server, and fold those that are events; the others are kept, and noted as unreadable.

    Who may write to the server can write there without this library, and must not stop
    those who read. Raises WrongPositionError as :func:`take_over`, NewerEventError and
    UnknownEventTypeError for what a newer version of the library recorded.
    """
    try:
        with _whole(connection):
            take_over(log, views, entries, expected=expected)
            _check_ids(connection, log, views, entries)
    except (NewerEventError, UnknownEventTypeError):
        raise
    except (BrokenChainError, CodecError, RefusedError):
        _take_each(connection, log, views, entries)


@contextmanager
def _whole(connection: Connection) -> Iterator[None]:
    """Keep all that the block does within the open transaction, or undo that alone.

    This is no scope. While :meth:`Replica.recording` is being entered, its transaction is
    not within its block yet. A scope would take it for abandoned, undo it, and commit on
    its own.
    """
    connection.execute("SAVEPOINT entries_of_a_server")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK TO entries_of_a_server")
        connection.execute("RELEASE entries_of_a_server")
        raise
    connection.execute("RELEASE entries_of_a_server")


def _take_each(connection: Connection, log: SQLiteLog, views: Views, entries: Sequence[Entry]) -> None:
    for entry in entries:
        try:
            with _whole(connection):
                _check_ids(connection, log, views, [entry])
                decode_source(entry.source, entry.position)
                decode_citation(entry.citation, entry.edition, entry.position)
                take_over(log, views, [entry], expected=entry.position - 1)
        except (NewerEventError, UnknownEventTypeError):
            raise
        except (BrokenChainError, CodecError, RefusedError) as error:
            log.append([entry], expected=entry.position - 1)
            log.note_unreadable(entry.position, str(error.__cause__ or error))
            views.reach(entry.position)


def _check_ids(connection: Connection, log: SQLiteLog, views: Views, entries: Sequence[Entry]) -> None:
    """Raise a RefusedError where a fact rests on an id that is not recorded, or names something else."""
    facts = []
    for entry in entries:
        event = log.codec.decode(entry.type, entry.schema, entry.data, entry.position)
        fact = event.replacement if isinstance(event, FactCorrected) else event
        if not isinstance(fact, NO_FACTS):
            facts.append((log.codec.kinds.of(fact), fact))
    known = KnownFacts(connection, views.facts).subjects({id_ for kind, fact in facts for _, id_ in kind.needs(fact)})
    for kind, fact in facts:
        check_ids(kind, fact, known)


def _check_versions(entries: Sequence[Entry], versions: dict[str, int]) -> None:
    for entry in entries:
        versions[entry.subject] = versions.get(entry.subject, 0) + 1
        if entry.version != versions[entry.subject]:
            raise ValueError(f"{entry.subject} has version {entry.version} at position {entry.position}")


def _check_subject(entry: Entry, event: Any, log: SQLiteLog) -> None:
    if isinstance(event, UnknownEvent):
        return
    if isinstance(event, FactCorrected | EventRetracted | FactDisputed | EventCited):
        target = log.find(event.event_id)
        if target is None or target.position >= entry.position:
            raise ValueError(f"position {entry.position} amends {event.event_id}, which is no event before it")
        subject = target.subject
    else:
        subject = log.codec.kinds.subject(event)
    if subject != entry.subject:
        raise ValueError(f"position {entry.position} is about {subject}, and filed under {entry.subject}")


# --- the log on a server -------------------------------------------------------------


class OvertakenError(WrongPositionError):
    """Others appended to the shared log after it was last read here."""


class News(NamedTuple):
    """The entries that follow the head known here; and whether there may be more."""

    after: Head
    entries: list[Entry]
    more: bool


class Replica:
    """The tables of one connection that follow a shared log."""

    def __init__(self, connection: Connection, log: SQLiteLog, views: Views, shared: "PostgresLog") -> None:
        self._connection = connection
        self._log = log
        self._views = views
        self.shared = shared
        self._wait_for_sent: Callable[[], None] | None = None
        self._may_send = False

    # --- reading ---------------------------------------------------------------------

    def look(self) -> News:
        """Read a page of new entries, while others may write to the file.

        Raises NotARegistryError where the local log is not the beginning of the shared log.
        """
        head = self._log.head()
        self._log.recall_unreadable()
        page = self.shared.read(max(head.position - 1, 0), limit=PAGE)
        more = len(page) == PAGE
        if head.position > 0 and (not page or page.pop(0).hash != head.hash):
            raise NotARegistryError(
                f"the local views follow another log than the one on {self.shared.name}, or know events that it "
                "has lost: give another file for the views, or delete this one, and it is made again"
            )
        return News(head, list(following(head, page)), more)

    def take(self, news: News) -> bool:
        """Append new entries, within the transaction that is open; return whether there may be more."""
        if self._log.head() != news.after:  # another program that writes to the file has
            return True
        self._claim()
        if news.entries:
            self._views.catch_up()  # of projections that other programs did not know, before they get the page
            take_in(self._connection, self._log, self._views, news.entries, expected=news.after.position)
        return news.more

    def _claim(self) -> None:
        if followed_log(self._connection) == self.shared.name:
            return
        self._connection.execute("CREATE TABLE IF NOT EXISTS replica (of_log TEXT NOT NULL)")
        self._connection.execute("DELETE FROM replica")
        self._connection.execute("INSERT INTO replica VALUES (?)", (self.shared.name,))

    def compare(self, progress: Callable[[int, int], object] | None) -> None:
        """Raise BrokenChainError at the first position where the shared log differs from the local one."""
        end = self._log.head().position
        with closing(self.shared.rows(0, end)) as shared_entries:
            for entry in entries_of(self._log):
                if (other := next(shared_entries, None)) != entry:
                    raise BrokenChainError(
                        f"{self.shared.name} has {'nothing any more' if other is None else 'another event'} at "
                        f"position {entry.position} than what was taken over from there: its log was changed",
                        position=entry.position,
                    )
                if progress is not None and entry.position % PAGE == 0:
                    progress(entry.position, end)

    # --- appending -------------------------------------------------------------------

    @contextmanager
    def recording(
        self, lock: Callable[[], AbstractContextManager[None]], *, exclusive: bool, ahead: bool
    ) -> Iterator[None]:
        """Append to the shared log the events recorded within the block, under the lock of the file: all or none.

        ``exclusive`` takes over new entries first, and keeps all others from appending.
        ``ahead`` enables :meth:`send`. Every program locks the file first and the shared
        log second, or they would wait for each other. Raises OvertakenError.
        """
        self._wait_for_sent, arrived = None, False
        self.shared.forget_open()
        try:
            with ExitStack() as turn, lock():
                if exclusive:
                    turn.enter_context(self.shared.turn())
                    while self.take(self.look()):
                        pass
                before = self._log.head().position
                self._may_send = ahead and self._views.only_standard()
                yield
                self._push(before)
                turn.close()  # the server commits first: the file must hold no event that the server lacks
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
        """Send a batch that is about to be recorded to the shared log: it is folded while the server works.

        Skipped when the registry has projections of the user: they may refuse the events,
        which must then not reach the server.
        """
        if self._may_send and 1 < len(entries) <= PAGE:
            self._wait_for_sent = self.shared.send(entries, expected=entries[0].position - 1)

    def _arrives_after(self, error: Exception) -> bool:
        """Return whether a sent batch is recorded that could not be folded; raises UnreachableError if unknown."""
        wait, self._wait_for_sent = self._wait_for_sent, None
        if wait is None:
            return False
        try:
            wait()
        except UnreachableError as lost:
            raise UnreachableError(f"{lost}; and it could not be taken over here ({error!r})") from error
        except DialogueRegistryError:
            return False
        return True

    def _push(self, after: int) -> None:
        """Append to the shared log what was recorded here after a position, or wait until a sent batch is there."""
        wait, self._wait_for_sent = self._wait_for_sent, None
        try:
            if wait is not None:
                wait()
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


def followed_log(connection: sqlite3.Connection) -> str:
    """Return the name of the shared log that a file follows, "" where it follows none."""
    if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'replica'").fetchone() is None:
        return ""
    row = connection.execute("SELECT of_log FROM replica").fetchone()
    return "" if row is None else str(row[0])
