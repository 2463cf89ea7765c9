"""One connection to a registry: its state, its locks and scopes, and how a write is tried again."""

import logging
import math
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum
from functools import cached_property
from itertools import chain, repeat
from threading import local
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias, TypeVar
from weakref import WeakSet, finalize

from dialogue_registry.errors import (
    ClosedError,
    OutdatedViewsError,
    ReadOnlyError,
    RefusedError,
    StorageError,
    WrongPositionError,
)
from dialogue_registry.log import fork, sqlite_file
from dialogue_registry.log.codec import STANDARD_CODEC, Codec, encode_source
from dialogue_registry.log.sqlite_log import SQLiteLog, create_log
from dialogue_registry.log.sqlite_scopes import Connection, Savepoint, Scope, WriteTransaction
from dialogue_registry.log.sqlite_scopes import Snapshot as ReadTransaction
from dialogue_registry.model.events import Source
from dialogue_registry.model.tables import Projection
from dialogue_registry.projections.engine import Views
from dialogue_registry.queries.count_tables import ScannedCounts, TalliedCounts
from dialogue_registry.queries.reader import Reader
from dialogue_registry.queries.search import Found, Searcher
from dialogue_registry.queries.subjects import check_known
from dialogue_registry.registry.amender import Amender
from dialogue_registry.registry.call import Call
from dialogue_registry.registry.recorder import Recorder
from dialogue_registry.registry.replica import OvertakenError, Replica
from dialogue_registry.registry.transaction import Block, Transaction
from dialogue_registry.registry.turns import Turn, Turns

if TYPE_CHECKING:
    import sqlite_utils

    from dialogue_registry.log.postgres import PostgresLog

T = TypeVar("T")

Progress: TypeAlias = Callable[[int, int], object]
"""Called with (events done, events in all) on long work."""

_log = logging.getLogger("dialogue_registry")


class Mode(Enum):
    """A way for a write to deal with events that others append to a shared log meanwhile.

    Without a shared log the modes do not differ: the lock of the file keeps others out.
    """

    OPTIMISTIC = "decide on the events known here; the server refuses if others were faster"
    AFTER_CATCH_UP = "take over the new events first, then decide as above"
    EXCLUSIVE = "keep all others from appending, take over the new events, then decide"


class Session:
    """A connection to a registry, present or past, and everything that works on it.

    Any thread may call it. A call that uses the connection takes a turn, so that the calls
    of different threads come one after the other.

    ``uri`` names the database for further connections, ``name`` the registry in messages.
    Where ``read_only``, even the views stay as they are. ``why_read_only`` is the error's
    text where nothing can be recorded, else "". ``known_at`` is the position of a past
    registry, None for the present; ``shared`` the log on a server that it follows.
    """

    def __init__(
        self,
        connection: Connection,
        uri: str,
        name: str,
        projections: Sequence[Projection],
        codec: Codec = STANDARD_CODEC,
        *,
        read_only: bool = False,
        why_read_only: str = "",
        known_at: int | None = None,
        shared: "PostgresLog | None" = None,
    ) -> None:
        self._connection: Connection | None = connection
        self.uri = uri
        self.name = name
        self.projections = projections
        self.read_only = read_only
        self.why_read_only = why_read_only
        self.known_at = known_at
        self.log = SQLiteLog(connection, codec)
        self.views = Views(connection, self.log, projections)
        self.replica = None if shared is None else Replica(connection, self.log, self.views, shared)
        self.recorder = Recorder(
            connection, self.log, self.views, send=None if self.replica is None else self.replica.send
        )
        self.amender = Amender(connection, self.log, self.views)
        self.reader = Reader(connection, self.log)
        self.count_tables = TalliedCounts(connection) if known_at is None else ScannedCounts(connection)
        #: The blocks of ``transaction()`` that were entered and not left, from the outer to the inner one.
        self.open_blocks: list[Block] = []
        self._encoded: tuple[Source | None, str | None] = (None, None)
        #: The call that the outer transaction is as a whole; None outside.
        self.call: Call | None = None
        #: A context manager, which may be entered any number of times: errors of SQLite become the library's own.
        self.translated = sqlite_file.translated(name, connection)
        self.turns = Turns(name, sqlite_file.BUSY_SECONDS)
        self._own = local()
        self._databases: WeakSet[sqlite_utils.Database] = WeakSet()

    @property
    def connection(self) -> Connection:
        """The connection; raises ClosedError once it is closed, ForkedError in a child of the process it belongs to."""
        connection = self._connection
        if connection is None:
            raise ClosedError(f"{self.name} was closed: open it again with Registry.open(…)")
        if connection.inherited:
            fork.check_own(connection, self.name)
        return connection

    def turn(self) -> Turn:
        """Return a context manager: no other thread uses the connection within its block."""
        _ = self.connection  # raises before anything is waited for
        return Turn(self.turns)

    @property
    def blocks(self) -> list[Block]:
        """The blocks of ``transaction()`` that are being executed, from the outer to the inner one."""
        self.undo_abandoned()
        return self.open_blocks

    def undo_abandoned(self) -> None:
        """Undo what an exception of a signal handler has left open."""
        undone = self.connection.undo_abandoned()
        while self.open_blocks and not self.open_blocks[-1].statement.is_running():
            self.open_blocks.pop().undo()
            undone = True
        if undone:
            self.begin_call()

    def undo_blocks(self) -> None:
        """Undo all blocks that are open."""
        while self.open_blocks:
            self.open_blocks.pop().undo()
        self.call = None

    def begin_call(self) -> None:
        """Forget what was said within the outer transaction: some of it is undone."""
        self.call = Call() if self.open_blocks else None

    @property
    def inherited(self) -> bool:
        """True in a child of the process that the session belongs to."""
        return self._connection is not None and self._connection.inherited

    @property
    def closed(self) -> bool:
        """True once the session is closed."""
        return self._connection is None

    @property
    def position(self) -> int:
        """The position of the last event, 0 when there is none."""
        return self.ask_once(self.log.position)

    def ask_once(self, ask: Callable[[], T]) -> T:
        """Return the answer of one statement, which needs no snapshot: that would cost as much as the statement."""
        with self.turn(), self.translated:
            self.undo_abandoned()
            if (place := self.connection.place) is not None:
                place.check_is_unchanged()
            return ask()

    @cached_property
    def searcher(self) -> Searcher:
        """The search index."""
        return Searcher(self.connection, self.log, self.reader, past=self.known_at is not None)

    @property
    def database(self) -> "sqlite_utils.Database":
        """The tables, on a connection that belongs to the thread which asks and refuses writes."""
        import sqlite_utils  # noqa: PLC0415 - takes 0.4 s to import, and only this needs it

        with self.turn(), sqlite_file.translated(self.name):
            self.require_committed("registry.db")
            if self.connection.place is not None:
                self.connection.place.check_is_unchanged()
            if self.known_at is None:
                self.bring_projections_up()
            database: sqlite_utils.Database | None = getattr(self._own, "database", None)
            if database is None:
                connection = self.connect_to_read()
                if self.known_at is not None:
                    Views(connection, SQLiteLog(connection, self.log.codec), self.projections).as_known(self.known_at)
                connection.execute("PRAGMA query_only = ON")
                database = self._own.database = sqlite_utils.Database(connection)
                self._databases.add(database)
                finalize(database, connection.close).atexit = False  # when its thread ends
            return database

    def connect_to_read(self) -> Connection:
        """Open another connection to the same database, whose file it cannot write to."""
        if self.connection.place is not None:
            self.connection.place.check_is_there()
        return sqlite_file.connect(self.uri.replace("mode=rwc", "mode=ro"))

    def close(self) -> None:
        """Close all connections, and undo the blocks that are open; closing twice does nothing.

        A child of the process that it belongs to only forgets them.
        """
        if self._connection is None:
            return
        if self.inherited:
            self._connection = None
            return
        with Turn(self.turns):
            self.undo_blocks()
            for database in self._databases:
                database.conn.close()
            if self.replica is not None:
                self.replica.shared.close()
            if "searcher" in vars(self):
                self.searcher.close()
            if self._connection is not None:  # else another thread was faster
                self._connection.close()
                self._connection = None

    # --- reading ---------------------------------------------------------------------

    def reading(self, **ids: str | None) -> "Reading":
        """Return a context manager: its block reads one state of the file, whatever others write meanwhile.

        Raises UnknownSubjectError where an id, passed by the kind it should be of, is not recorded in it.
        """
        return Reading(self, ids)

    def require_committed(self, what: str) -> None:
        """Raise StorageError within a transaction(); ``what`` names the call that sees committed events only."""
        if self.blocks:
            raise StorageError(
                f"{what} sees only what is committed, and this is within a transaction(): ask after the block, "
                "or ask the registry itself (counts(), meetings() …), which sees what the block recorded"
            )

    def search(self, text: str, limit: int) -> tuple[Found, ...]:
        """Search, once the index is up to date; where it cannot be kept it is made in memory."""
        with self.turn():
            self.index()
            with self.reading():
                return self.searcher.find(text, limit)

    def index(self) -> None:
        """Bring the index of words and names up to date, where it can be kept."""
        if self.known_at is not None or self.why_read_only:
            return
        with self.turn():
            with self.reading():
                if self.searcher.current():
                    return
            scope = Savepoint if self.connection.in_transaction else WriteTransaction
            with sqlite_file.translated(self.name), scope(self.connection):
                self.searcher.update()

    # --- writing ---------------------------------------------------------------------

    def encoded(self, source: Source | None) -> str | None:
        """Return the stored form of a source. Calls one after the other mostly have the same one."""
        known = self._encoded  # another thread may replace it meanwhile
        if known[0] is not source:
            known = self._encoded = (source, encode_source(source))
        return known[1]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the write lock of the file, with all views made; commit at the end, or undo everything."""
        with sqlite_file.translated(self.name), WriteTransaction(self.connection, self._make_views_ready):
            yield

    def _make_views_ready(self, progress: Progress | None = None) -> None:
        """Make outdated views again, and bring all up to the log, in the open transaction."""
        if outdated := self.views.outdated():
            self.make_again(outdated, progress)
        self.views.catch_up()

    @contextmanager
    def writing(self, mode: Mode = Mode.AFTER_CATCH_UP) -> Iterator[None]:
        """Append within the block: locked, with all views at the end of the log, all or nothing.

        Raises ReadOnlyError, and OvertakenError where others have appended to the shared log
        meanwhile.
        """
        with self.turn(), self._writing(mode):
            yield

    @contextmanager
    def _writing(self, mode: Mode = Mode.AFTER_CATCH_UP, *, ahead: bool = False) -> Iterator[None]:
        """Append within the block, as :meth:`writing`.

        ``ahead`` says that the block records one batch and nothing else: then the server may
        append it while it is folded here.
        """
        if self.replica is None or self.blocks:
            with sqlite_file.translated(self.name), self._scope():
                yield
            return
        self._check_may_write()
        if mode is not Mode.OPTIMISTIC:
            self.catch_up()
        with self.replica.recording(self.locked, exclusive=mode is Mode.EXCLUSIVE, ahead=ahead):
            yield

    def _scope(self) -> Scope:
        """Return the scope of a call that appends to the file; raises ReadOnlyError."""
        self._check_may_write()
        return Savepoint(self.connection) if self.blocks else WriteTransaction(self.connection, self._make_views_ready)

    def _check_may_write(self) -> None:
        if self.why_read_only:
            raise ReadOnlyError(self.why_read_only)

    def write(self, work: Callable[[], T]) -> T:
        """Run work that appends, and return its result.

        On a replica a refusal may be due to stale data: then catch up and retry.
        """
        with self.turn():
            if self.replica is not None and not self.blocks:
                return self._write_shared(work)
            with self.translated, self._scope():
                return work()

    def _write_shared(self, work: Callable[[], T]) -> T:
        attempts = chain((Mode.OPTIMISTIC, Mode.AFTER_CATCH_UP, Mode.AFTER_CATCH_UP), repeat(Mode.EXCLUSIVE))
        for mode in attempts:
            try:
                with self._writing(mode, ahead=mode is not Mode.EXCLUSIVE):
                    return work()
            except OvertakenError:
                _log.info("another program recorded in %s first: trying again", self.name)
            except (RefusedError, WrongPositionError):
                if mode is Mode.OPTIMISTIC:
                    continue
                if mode is Mode.EXCLUSIVE:
                    self.catch_up()  # the events it was decided on were undone with it
                raise
        raise AssertionError("the attempts have no end")

    def transaction(self, *, dry_run: bool = False) -> Transaction:
        """Return a context manager that makes one of all that is recorded within its block."""
        return Transaction(self, dry_run=dry_run)

    def rebuild(self, progress: Callable[[int, int], object] | None) -> None:
        """Make all views again from the log."""
        # The views of a shared log are local: they can be made again even where its events cannot be added to.
        with self.turn():
            only_here = self.replica is not None and not self.blocks
            with self.locked() if only_here else self.writing():
                self.views.create()
                self.views.replay(progress)
                self.searcher.forget()

    # --- keeping up ------------------------------------------------------------------

    def make_ready(self, progress: Progress | None = None) -> None:
        """Make missing and outdated tables, and bring all views up to the log, in the open transaction."""
        if is_empty(self.connection):
            create_log(self.connection)
        self._make_views_ready(progress)

    def make_again(self, projections: Sequence[Projection], progress: Progress | None = None) -> None:
        """Make the views of some projections again, within the open transaction."""
        if (position := self.log.head().position) > 0:
            names = ", ".join(projection.name for projection in projections)
            _log.info(
                "making the views of %s again from %d events: %s", self.name, position, names,
                extra={"registry": self.name, "position": position},
            )  # fmt: skip
        self.views.make(projections, progress)

    def bring_projections_up(self) -> None:
        """Fold events that other programs recorded without the user's projections; raises OutdatedViewsError."""
        if lagging := self.views.lagging():
            if self.read_only:
                raise self.outdated(lagging)
            with sqlite_file.translated(self.name), WriteTransaction(self.connection):
                self.make_ready()

    def outdated(self, projections: Sequence[Projection]) -> OutdatedViewsError:
        """Return the error about views that may not be brought up to date."""
        names = ", ".join(projection.name for projection in projections)
        return OutdatedViewsError(
            f"the views of {self.name} ({names}) must be brought up to date, which read_only=True forbids: "
            "open it once without read_only"
        )

    def catch_up(self, progress: Progress | None = None) -> None:
        """Bring all views up to the log, on a server or in the file."""
        before = self.position
        end = before if progress is None or self.replica is None else self.replica.shared.head().position
        while self.take_page():
            if progress is not None:
                progress(self.position, max(end, self.position))
        if (position := self.position) > before:
            _log.info(
                "%s: took over %d events of others, up to position %d", self.name, position - before, position,
                extra={"registry": self.name, "position": position},
            )  # fmt: skip

    @contextmanager
    def patient(self, seconds: float) -> Iterator[None]:
        """Wait for the server and for the lock of the file no longer than that at each step within the block.

        The calls of other threads wait for the end of the block.
        """
        with self.turn():
            shared = None if self.replica is None else self.replica.shared
            before = 0.0 if shared is None else shared.timeout
            (busy,) = self.connection.execute("PRAGMA busy_timeout").fetchone()
            try:
                if shared is not None:
                    shared.timeout = min(before, seconds)
                self.connection.execute(f"PRAGMA busy_timeout = {min(busy, math.ceil(1000 * seconds))}")
                yield
            finally:
                self.connection.execute(f"PRAGMA busy_timeout = {busy}")
                if shared is not None:
                    shared.timeout = before

    def take_page(self) -> bool:
        """Append a page of new events of the shared log; return whether there may be more."""
        with self.turn(), sqlite_file.translated(self.name):
            if self.replica is None:
                self.bring_projections_up()
                return False
            self.undo_abandoned()
            if self.connection.in_transaction:  # within transaction(): events of others come at its end
                return False
            news = self.replica.look()  # before the lock: no other program should wait for the network
            with WriteTransaction(self.connection):
                self.make_ready()
                return self.replica.take(news)


class Reading:
    """A call that reads: a turn of its thread, and within it one state of the file."""

    __slots__ = ("_ids", "_scope", "_session", "_turn")

    def __init__(self, session: Session, ids: Mapping[str, str | None]) -> None:
        self._session = session
        self._ids = ids
        self._turn = session.turn()
        self._scope: ReadTransaction | None = None

    def __enter__(self) -> Reader:
        self._turn.__enter__()
        try:
            connection = self._session.connection
            self._session.undo_abandoned()
            if not connection.in_transaction:
                self._scope = ReadTransaction(connection)
                self._scope.__enter__()
            if self._ids:
                check_known(connection, **self._ids)
        except BaseException as error:
            self.__exit__(type(error), error, error.__traceback__)
            raise
        return self._session.reader

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with self._session.translated:
                if self._scope is not None:
                    self._scope.__exit__(kind, error, trace)
            if error is not None:
                self._session.translated.__exit__(kind, error, trace)
        finally:
            self._turn.__exit__(None, None, None)


def is_empty(connection: sqlite3.Connection) -> bool:
    """Return whether a database has no tables at all."""
    return connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone() is None
