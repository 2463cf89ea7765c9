"""The desk: open a registry, record, correct, retract, dispute, and ask."""

import html
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from datetime import UTC, date, datetime
from functools import cached_property, partial
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias, TypeVar

from dialogue_registry.errors import (
    BusyError,
    ClosedError,
    InvalidValueError,
    MissingExtraError,
    OutdatedViewsError,
    ReadOnlyError,
    RefusedError,
    StorageError,
    UnreachableError,
    WrongPositionError,
)
from dialogue_registry.log import cloudevents, sqlite_file
from dialogue_registry.log.codec import encode_source
from dialogue_registry.log.entry import PAGE, Entry, RecordedEvent, recorded
from dialogue_registry.log.sqlite_log import SQLiteLog, create_log
from dialogue_registry.model.dates import full_day
from dialogue_registry.model.events import Fact, Format, Role, Source
from dialogue_registry.model.recording_rules import Status
from dialogue_registry.model.tables import Projection
from dialogue_registry.projections.engine import Views, check_apart
from dialogue_registry.projections.standard import STANDARD
from dialogue_registry.queries import anomalies, history
from dialogue_registry.queries import counts as counting
from dialogue_registry.queries import reader as questions
from dialogue_registry.queries import reconciliation as reconciling
from dialogue_registry.queries import results as answers
from dialogue_registry.queries import search as searching
from dialogue_registry.registry import log_import as exchange
from dialogue_registry.registry import verify as checking
from dialogue_registry.registry.argument_checks import (
    a_fact,
    a_head,
    a_moment,
    a_number,
    a_source,
    a_text,
    choice,
    seconds,
)
from dialogue_registry.registry.recorder import Recorder
from dialogue_registry.registry.replica import OvertakenError, Replica, SharedLog, followed_log

if TYPE_CHECKING:
    import sqlite_utils

    from dialogue_registry.log.postgres import PostgresLog

_LIKE_AN_ADDRESS = re.compile(r"://|^\s*postgres[^/\s]*:/|\bpassword\s*=", re.IGNORECASE)

T = TypeVar("T")
Progress: TypeAlias = Callable[[int, int], object]
"""Called with (events done, events in all) on long work."""


class Head(NamedTuple):
    """The end of a log: its last position (0 when empty) and the hash there, in hexadecimal.

    Keep it somewhere else, and :meth:`Registry.verify` can tell whether the tail was cut.
    """

    position: int
    digest: str


class Followed(NamedTuple):
    """Where :meth:`Registry.follow` has come to: the position, and how far behind it was (None: server away)."""

    position: int
    lag: int | None


class Registry:
    """A registry of meetings: an append-only log of sourced events, and views of it.

    Open one with :meth:`open`. It is a context manager. One object belongs to one thread;
    any number of objects and processes may share a file.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        uri: str,
        name: str,
        projections: Sequence[Projection],
        *,
        read_only: bool,
        position: int | None = None,
    ) -> None:
        """Not for users: see :meth:`open`."""
        self._connection: sqlite3.Connection | None = connection
        self._uri = uri
        self._name = name
        self._projections = projections
        self._read_only = read_only
        self._known_at = position
        self._within = False
        self._replica: Replica | None = None
        self._read_only_because = f"{name} was opened with read_only=True: open it without to record" * read_only
        self._log = SQLiteLog(connection)
        self._views = Views(connection, self._log, projections)
        self._recorder = Recorder(connection, self._log, self._views)
        self._db: sqlite_utils.Database | None = None

    @cached_property
    def _questions(self) -> "questions.Questions":
        return questions.Questions(self._conn, tallied=self._known_at is None)

    @cached_property
    def _searcher(self) -> "searching.Searcher":
        return searching.Searcher(self._conn, self._log, self._questions, past=self._known_at is not None)

    # --- opening and closing ---------------------------------------------------------

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str] | None = None,
        *,
        projections: Iterable[Projection] = (),
        read_only: bool = False,
        views: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Open the registry file at ``path``; without a path, a new registry in memory.

        A ``path`` that begins with ``postgresql://`` names a log shared on a server (extra
        ``postgres``), made there before. ``views`` is then the local file that follows it,
        kept in memory if not given; it may be thrown away at any time. What others record
        shows after :meth:`catch_up`, within :meth:`follow`, and whenever you record.

        A missing file is created, unless ``read_only``. Views that are missing, or older
        than this library or than one of ``projections`` (yours, kept beside the standard
        ones), are made again from the log.

        Raises NotARegistryError, NewerRegistryError, ReadOnlyError, OutdatedViewsError,
        BusyError, UnreachableError or another StorageError.
        """
        if isinstance(projections, Projection):
            raise InvalidValueError("projections= takes a list: give projections=[mine]")
        kept = (STANDARD, *projections)
        check_apart(kept)
        shared = server_log(str(path)) if is_address(path) else None
        if shared is not None:
            if is_address(views):
                raise InvalidValueError("views= is a local file, no server: give the path of a file")
            path = views
        elif views is not None:
            raise InvalidValueError(
                "views= is the local file of a log shared on a server: give a postgresql:// path too"
            )
        with ExitStack() as undo:
            if shared is not None:
                undo.callback(shared.close)
                shared.check()
            if path is None or str(path) == ":memory:":
                if read_only and shared is None:
                    raise ReadOnlyError("a registry in memory begins empty, so there is nothing to read: give a path")
                uri, name = sqlite_file.memory_uri(), f"the registry {sqlite_file.IN_MEMORY}"
                connection = sqlite_file.connect(uri)
            else:
                file = Path(path)
                name = str(file)
                connection, uri = sqlite_file.open_file(file, read_only=read_only and shared is None)
            undo.callback(connection.close)
            if shared is not None:
                name = f"{shared.name}, views {sqlite_file.IN_MEMORY if path is None else f'in {path}'}"
            with sqlite_file.translated(name):
                registry = cls(connection, uri, name, kept, read_only=read_only)
                if shared is not None:
                    registry._share(shared)
                registry._prepare()
            undo.pop_all()
        return registry

    def _share(self, shared: SharedLog) -> None:
        """Follow a shared log: what is here can be had again from there, so it need not survive the machine."""
        self._replica = Replica(self._conn, self._log, self._views, shared)
        self._read_only = False  # the views; its log may still be
        self._conn.execute("PRAGMA synchronous = NORMAL")

    def _prepare(self) -> None:
        connection = self._conn
        empty = connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone() is None
        outdated = [] if empty else self._views.outdated()
        if self._replica is not None:
            with sqlite_file.transaction(connection):
                self._make_ready()
            self.catch_up()
            return
        if not empty and (followed := followed_log(connection)):
            self._read_only_because = f"{self._name} follows the log on {followed}: open that one to record"
        if self._read_only:
            if outdated := outdated or self._views.lagging():
                raise self._outdated(outdated)
            connection.execute("PRAGMA query_only = ON")
        elif empty or outdated or len(self._projections) > 1:
            with sqlite_file.transaction(connection):
                self._make_ready()

    def _make_ready(self) -> None:
        if self._conn.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone() is None:
            create_log(self._conn)
        if outdated := self._views.outdated():
            self._views.make(outdated)
        self._views.catch_up()

    def _outdated(self, projections: Sequence[Projection]) -> OutdatedViewsError:
        names = ", ".join(projection.name for projection in projections)
        return OutdatedViewsError(
            f"the views of {self._name} ({names}) must be brought up to date, which read_only=True forbids: "
            "open it once without read_only"
        )

    def _catch_up(self) -> None:
        """Let the user's projections take in what other programs recorded without them."""
        if lagging := self._views.lagging():
            if self._read_only:
                raise self._outdated(lagging)
            with sqlite_file.translated(self._name), sqlite_file.transaction(self._conn):
                self._make_ready()

    def close(self) -> None:
        """Close the file; closing twice does nothing."""
        if self._db is not None:
            self._db.conn.close()
            self._db = None
        if self._replica is not None:
            self._replica.shared.close()
        if "_searcher" in vars(self):
            self._searcher.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._connection is None:
            return f"<Registry {self._name}, closed>"
        known = "" if self._known_at is None else " as known then"
        return f"<Registry {self._name} at position {self.position}{known}>"

    def _repr_html_(self) -> str:
        counts = "" if self._connection is None else self.counts()._repr_html_()
        return f"<p>{html.escape(repr(self))}</p>{counts}"

    @property
    def _conn(self) -> sqlite3.Connection:
        if self._connection is None:
            raise ClosedError(f"{self._name} was closed: open it again with Registry.open(…)")
        return self._connection

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Read one state of the file, and turn SQLite's errors into ours."""
        connection = self._conn
        with sqlite_file.translated(self._name):
            if connection.in_transaction:
                yield
            else:
                with sqlite_file.snapshot(connection):
                    yield

    def _settled(self, what: str) -> None:
        """Raise StorageError within transaction(), for what sees only what is committed."""
        if self._within:
            raise StorageError(
                f"{what} sees only what is committed, and this is within a transaction(): ask after the block, "
                "or ask the registry itself (counts(), meetings() …), which sees what the block recorded"
            )

    @contextmanager
    def _writing(self, attempt: int = 1) -> Iterator[None]:
        """Let the log be appended to: locked, all views at its end, all or nothing.

        The first attempt (0) on a shared log decides on what is known of it here; the next
        ones look first for what is new there; later ones let nobody else append meanwhile.
        """
        connection = self._conn
        if self._known_at is not None:
            raise ReadOnlyError(
                f"this is {self._name} as known at position {self._known_at}, and the past stays: "
                "write to the present one"
            )
        if self._read_only_because:
            raise ReadOnlyError(self._read_only_because)
        if self._within:
            with sqlite_file.translated(self._name), sqlite_file.savepoint(connection):
                yield
            return
        if self._replica is None:
            with self._locked():
                yield
            return
        if attempt > 0:
            self.catch_up()
        with self._replica.recording(self._locked, alone=attempt > 2):
            yield

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the write lock of the file, with all views made; commit at the end, or undo everything."""
        with sqlite_file.translated(self._name), sqlite_file.transaction(self._conn):
            if outdated := self._views.outdated():
                self._views.make(outdated)
            self._views.catch_up()
            yield

    def _write(self, work: Callable[[], T]) -> T:
        """Do a piece of work on the log; what may only look wrong for want of news is tried again with them."""
        for attempt in count():
            try:
                with self._writing(attempt):
                    return work()
            except OvertakenError:
                pass
            except (RefusedError, WrongPositionError):
                if self._replica is None or self._within or attempt:
                    if attempt > 2:
                        self.catch_up()  # what it was decided on was undone with it
                    raise
        raise AssertionError("count() has no end")

    def _send(self) -> Callable[[Sequence[Entry]], None] | None:
        """What sends recorded events to a shared log ahead; within transaction() they go together at its end."""
        return None if self._replica is None or self._within else self._replica.send

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make one of all that is recorded within the block: all or none, durable at its end.

        A call that is refused undoes itself only and may be caught; an exception that leaves
        the block undoes everything, so that raising one makes a dry run. Others who want to
        record wait meanwhile.

        A log shared on a server is not locked meanwhile: the block begins with all views up
        to it, and when others have recorded before its end, it raises WrongPositionError and
        nothing of it is recorded. Then run the block again.
        """
        with self._writing():
            outer = self._within
            try:
                self._within = True
                yield
            finally:
                self._within = outer

    # --- recording -------------------------------------------------------------------

    def record(
        self, *events: Fact, source: Source | None = None, by: str = "", expected: int | None = None
    ) -> tuple[RecordedEvent, ...]:
        """Record facts, all or none; durable on return.

        Gives one recorded event per event, in order: the standing one where the same fact
        with the same source is in the log already. ``expected`` is the log position you
        decided on; it is ignored when nothing would be appended.

        Raises a RefusedError (whose ``item`` says which event), WrongPositionError,
        InvalidValueError, ReadOnlyError or another StorageError; nothing is then recorded.
        """
        told = encode_source(a_source(source))
        items = [(a_fact(event, item), told) for item, event in enumerate(events)]
        a_text(by, "by")
        if expected is not None:
            a_number(expected, "expected")
        if not items:
            return ()
        try:
            entries = self._write(lambda: self._recorder.record(items, by, expected, self._send()))
        except RefusedError as refusal:
            if len(items) > 1 and refusal.item is not None:
                refusal.args = (f"event {refusal.item + 1} of {len(items)}: {refusal}",)
            raise
        return tuple(
            recorded(entry, None if entry.type == "fact.corrected" else event, source if entry.source == told else None)
            for entry, event in zip(entries, events, strict=True)
        )

    def record_all(
        self,
        items: Iterable[Fact | tuple[Fact, Source | None]],
        *,
        source: Source | None = None,
        by: str = "",
        batch: int = 1000,
        progress: Progress | None = None,
    ) -> int:
        """Record a stream of facts, or pairs of a fact and its source; give how many were appended.

        Each ``batch`` is committed by itself, in bounded memory; a refusal undoes its own
        batch only, and its ``item`` counts from 0 over the whole stream. ``progress`` is
        called after each batch with the number of items done, and again as the total, which
        a stream does not know.
        """
        a_number(batch, "batch", 1)
        a_text(by, "by")
        last, told = source, encode_source(a_source(source))
        page: list[tuple[Fact, str | None]] = []
        done = appended = 0
        for number, item in enumerate(items):
            if isinstance(item, tuple) and len(item) != 2:
                raise InvalidValueError(f"item {number + 1}: {item!r} is no fact, nor a pair of a fact and its source")
            fact, origin = item if isinstance(item, tuple) else (item, source)
            if origin is not last:
                last, told = origin, encode_source(a_source(origin))
            page.append((a_fact(fact, number), told))
            if len(page) == batch:
                appended += self._record_page(page, by, done)
                done += len(page)
                page = []
                if progress is not None:
                    progress(done, done)
        if page:
            appended += self._record_page(page, by, done)
            done += len(page)
            if progress is not None:
                progress(done, done)
        return appended

    def _record_page(self, page: list[tuple[Fact, str | None]], by: str, done: int) -> int:
        try:
            return self._write(lambda: self._append_page(page, by))
        except RefusedError as refusal:
            if refusal.item is not None:
                refusal.item += done
                refusal.args = (f"item {refusal.item + 1} (its batch of {len(page)} was not recorded): {refusal}",)
            raise

    def _append_page(self, page: list[tuple[Fact, str | None]], by: str) -> int:
        before = self._log.head().position
        self._recorder.record(page, by, None, self._send())
        return self._log.head().position - before

    def correct(
        self, event_id: str, replacement: Fact, *, reason: str, source: Source | None = None, by: str = ""
    ) -> RecordedEvent:
        """Replace what a recorded fact says, where it stands; the log keeps both.

        ``event_id`` is the id of the fact, or of a correction of it. Without a source, the
        corrected fact keeps the source it had. Raises UnknownEventError, AmendmentError,
        StillNeededError or another RefusedError when remaining facts forbid it.
        """
        told, _ = encode_source(a_source(source)), a_text(by, "by")
        return recorded(self._write(lambda: self._recorder.correct(event_id, a_fact(replacement), reason, told, by)))

    def retract(self, event_id: str, *, reason: str, source: Source | None = None, by: str = "") -> RecordedEvent:
        """Withdraw a recorded event; the log keeps it.

        Retracting an amendment undoes it. A fact that another source has stated too stands
        on that one. Raises as :meth:`correct` does.
        """
        told, _ = encode_source(a_source(source)), a_text(by, "by")
        return recorded(self._write(lambda: self._recorder.retract(event_id, reason, told, by)))

    def dispute(self, event_id: str, claim: Fact, *, source: Source, reason: str = "", by: str = "") -> RecordedEvent:
        """Keep a contradicting fact beside the standing one; it is listed, never counted.

        ``claim`` is the same kind of fact of the same subject, as the other source has it.
        """
        told, _ = encode_source(a_source(source)), a_text(by, "by")
        if told is None:
            raise InvalidValueError("a dispute needs the source that claims it: give source=Source(title)")
        return recorded(self._write(lambda: self._recorder.dispute(event_id, a_fact(claim), reason, told, by)))

    # --- the log ---------------------------------------------------------------------

    @property
    def position(self) -> int:
        """The position of the last event, 0 when there is none."""
        with self._reading():
            return self._log.head().position

    @property
    def head(self) -> Head:
        """The end of the log, to be kept elsewhere for :meth:`verify`."""
        with self._reading():
            head = self._log.head()
        return Head(head.position, head.hash.hex())

    def events(self, after: int = 0, until: int | None = None, subject: str | None = None) -> Iterator[RecordedEvent]:
        """Replay: iterate the recorded events with after < position ≤ until, of one subject or all.

        Amendments are included. Events are read a page at a time, in bounded memory; by
        default up to the position the log has when the iteration begins.
        """
        a_number(after, "after")
        until = self.position if until is None else min(self.position, a_number(until, "until"))
        version = 0
        while after < until:
            with self._reading():
                if subject is None:
                    page = self._log.rows(after, limit=min(PAGE, until - after))
                else:
                    page = self._log.of_subject(subject, after=after, until=until, version=version)
            if not page:
                return
            yield from map(recorded, page)
            after, version = page[-1][0], page[-1][3]

    def at(self, position: int | None = None, instant: datetime | str | None = None) -> "Registry":
        """Give a read-only registry as known then: at a log position, or at an instant (one of the two).

        ``instant`` is an aware ``datetime`` or ISO 8601 text with its offset from UTC. The
        file is not copied; close it when done.
        """
        if (position is None) == (instant is None):
            raise InvalidValueError("at() takes a position or an instant, one of the two: at(position=12)")
        self._settled("at()")
        with self._reading():
            end = self._log.head().position
            if instant is not None:
                position = self._position_at(a_moment(instant), end)
        if not isinstance(position, int) or isinstance(position, bool) or not 0 <= position <= end:
            raise InvalidValueError(f"position {position!r} is not in the log: give a whole number from 0 to {end}")
        with sqlite_file.translated(self._name):
            self._catch_up()
            connection = sqlite_file.connect(self._uri.replace("mode=rwc", "mode=ro"))
            try:
                past = Registry(connection, self._uri, self._name, self._projections, read_only=True, position=position)
                past._views.as_known(position)
                connection.execute("PRAGMA query_only = ON")
            except BaseException:
                connection.close()
                raise
        return past

    def _position_at(self, moment: str, end: int) -> int:
        low, high = 0, end
        while low < high:
            middle = (low + high + 1) // 2
            if self._log.at(middle).recorded_at <= moment:
                low = middle
            else:
                high = middle - 1
        return low

    # --- a shared log ----------------------------------------------------------------

    def catch_up(self) -> int:
        """Bring all views up to the log, on a server or in the file; give the position reached.

        A shared log is read a page at a time, each taken over in a transaction of its own.
        Raises UnreachableError when the server cannot be reached.
        """
        while self._take_page():
            pass
        return self.position

    def _take_page(self) -> bool:
        """Take over a page of what is new; give whether there may be more."""
        connection = self._conn
        if self._replica is None:
            self._catch_up()
            return False
        if connection.in_transaction:  # within transaction(): what others record comes at its end
            return False
        with sqlite_file.translated(self._name):
            news = self._replica.look()  # before the lock: nobody should wait for the network
            with sqlite_file.transaction(connection):
                self._make_ready()
                return self._replica.take(news)

    def follow(self, *, poll: float = 1.0) -> Iterator["Followed"]:
        """Keep the views up to the log until you break off: yields after each page, and each time it has looked.

        It looks when the server says that something is new, and every ``poll`` seconds in
        any case. ``lag`` is how many events the log was ahead of the views then, None where
        the server could not be reached, or the views were locked: it goes on trying.
        """
        return self._follow(seconds(poll, "poll"))

    def _follow(self, poll: float) -> Iterator["Followed"]:
        shared = None if self._replica is None else self._replica.shared
        try:
            while True:
                lag: int | None = None
                with suppress(UnreachableError, BusyError):
                    more = self._take_page()
                    lag = shared.head().position - self.position if more and shared is not None else 0
                yield Followed(self.position, lag)
                if shared is None:
                    time.sleep(poll)
                elif not lag:
                    shared.wait(poll)
        finally:
            if shared is not None:
                shared.close()

    def wait_until(self, position: int, *, timeout: float = 30.0) -> int:
        """Wait until every projection has reached a position; give the position reached.

        Raises BusyError when that takes longer than ``timeout`` seconds, UnreachableError
        when the server cannot be reached then.
        """
        a_number(position, "position")
        deadline = time.monotonic() + seconds(timeout, "timeout")
        if (reached := self._reached()) < position:  # most often it is there by now
            with suppress(UnreachableError, BusyError):
                self._take_page()
            reached = self._reached()
        if reached >= position:
            return reached
        for step in self.follow(poll=min(0.1, timeout)):
            if (reached := self._reached()) >= position:
                break
            if time.monotonic() > deadline:
                if step.lag is None:
                    self._take_page()  # which raises what was in the way
                raise BusyError(
                    f"{self._name} has reached position {reached}, not {position}, after {timeout} s: "
                    "wait longer, or check that the position was given by the same log"
                )
        return reached

    def _reached(self) -> int:
        with self._reading():
            made = self._views.checkpoints()
        return min(made.get(projection.name, (0, 0))[1] for projection in self._projections)

    def rebuild(self, *, progress: Progress | None = None) -> None:
        """Make all views again from the log, in bounded memory; readers see the old ones until it is done."""
        mine = self._replica is not None and not self._within  # whatever may be done to the shared log
        with self._locked() if mine else self._writing():
            self._views.create()
            self._views.replay(progress)
            self._searcher.forget()

    def verify(
        self, head: tuple[int, str] | None = None, *, views: bool = True, progress: Progress | None = None
    ) -> Head:
        """Check the hash chain, positions and versions, and the views against a replay; give the head.

        With ``head``, as this gave it before and kept elsewhere, it also notices a tail
        cut off. ``views=False`` checks the log alone. Raises BrokenChainError (with the
        first bad position) or DriftError (with the table); costs time in proportion to the
        log, and a temporary file as large as the views. A log shared on a server is
        compared with what was taken over from it.
        """
        if head is not None:
            head = a_head(head)
        self._settled("verify()")
        with self._reading():
            present = self._known_at is None
            found = Head(*checking.check_log(self._conn, self._log, head, progress, whole=present))
            if self._replica is not None:
                self._replica.compare(progress)
            if views:
                checking.check_views(self._conn, self._log, self._projections, found.position, progress, past=present)
        return found

    # --- export and import -----------------------------------------------------------

    def export_events(self) -> Iterator[str]:
        """Give the log as CloudEvents 1.0: one line of JSON per event, without its line end.

        Nothing is lost: :meth:`import_events` makes the same log of it, ids and hashes
        included. Events are read a page at a time, in bounded memory.
        """
        position, end, name = 0, self.position, ""
        while position < end:
            with self._reading():
                page = self._log.read(position, limit=min(PAGE, end - position))
            name = name or cloudevents.name_of(page[0].id)
            for entry in page:
                yield cloudevents.to_line(entry, name)
            position = page[-1].position

    def import_events(self, lines: Iterable[str | bytes], *, progress: Progress | None = None) -> int:
        """Take in what :meth:`export_events` gave, all or nothing; give how many events were appended.

        The registry is empty, or holds a beginning of the same log: then it continues it.
        The chain is verified line by line. ``progress`` is called after each page with the
        lines done, twice. Raises UnfitEventError, which names the line.
        """
        try:
            with self._writing():
                appended = exchange.adopt(self._log, self._views, lines, progress)
                if self._replica is not None or self._within:  # what the commit would find out comes too late, or never
                    exchange.check_complete(self._conn)
                return appended
        except StorageError as error:
            if isinstance(error.__cause__, sqlite3.IntegrityError):
                raise exchange.incomplete() from error
            raise

    # --- questions -------------------------------------------------------------------

    def dialogues(self) -> "tuple[answers.Dialogue, ...]":
        """All dialogues with their parties, in the order they were recorded."""
        with self._reading():
            return self._questions.dialogues()

    def series(self, dialogue: str | None = None) -> "tuple[answers.Series, ...]":
        """The series of a dialogue, or all, in the order they were recorded."""
        with self._reading():
            return self._questions.selected(answers.Series, {"dialogue": dialogue})

    def meetings(
        self, series: str | None = None, *, meeting: str | None = None, status: Status | str | None = None,
        format: Format | str | None = None,  # noqa: A002 - the field's name
        dialogue: str | None = None,
    ) -> "tuple[answers.Meeting, ...]":  # fmt: skip
        """Meetings with their present status, by their days; those without a date last."""
        wanted = {
            "series": series,
            "meeting": meeting,
            "status": None if status is None else choice(Status, status),
            "format": None if format is None else choice(Format, format),
        }
        more, values = "", []
        if dialogue is not None:
            more, values = "series IN (SELECT s.series FROM series s WHERE s.dialogue = ?)", [dialogue]
        with self._reading():
            return self._questions.selected(answers.Meeting, wanted, questions.BY_DAY, more, values)

    def attendance(
        self, meeting: str | None = None, *, party: str | None = None, name: str | None = None,
        role: Role | str | None = None,
    ) -> "tuple[answers.Attendance, ...]":  # fmt: skip
        """Who took part, in the order it was recorded; ``name`` as written."""
        wanted = {
            "meeting": meeting, "party": party, "name": name, "role": None if role is None else choice(Role, role),
        }  # fmt: skip
        with self._reading():
            return self._questions.selected(answers.Attendance, wanted)

    def delegate(self, name: str) -> "tuple[answers.Appearance, ...]":
        """When somebody came, in which office and for whom, by the days of the meetings.

        The name may differ in honorific, case, width and spacing, and in order where capitals
        tell the family name (``TOKUDA Shuichi``, ``Mr. Shuichi TOKUDA``). Nothing is guessed:
        a name spelled otherwise is another name, and two people of one name are both given.
        """
        with self._reading():
            return self._questions.appearances(a_text(name, "name"))

    def topics(self, meeting: str | None = None) -> "tuple[answers.Topic, ...]":
        """What was discussed, in the order it was recorded."""
        with self._reading():
            return self._questions.selected(answers.Topic, {"meeting": meeting})

    def activities(self, meeting: str | None = None) -> "tuple[answers.Activity, ...]":
        """The related activities reported at a meeting, or all, in the order they were recorded."""
        with self._reading():
            return self._questions.selected(answers.Activity, {"meeting": meeting})

    def outcomes(self, meeting: str | None = None) -> "tuple[answers.Outcome, ...]":
        """What meetings agreed on, in the order it was recorded."""
        with self._reading():
            return self._questions.selected(answers.Outcome, {"meeting": meeting})

    def statements(self, series: str | None = None) -> "tuple[answers.Statement, ...]":
        """The counts that sources stated, in the order they were recorded."""
        with self._reading():
            return self._questions.selected(answers.Statement, {"series": series})

    def search(self, text: str, *, limit: int = 20) -> "tuple[searching.Found, ...]":
        """Find facts by their words: titles, names, offices, topics, activities, outcomes, places.

        All words of ``text`` are sought, each as the beginning of a word, whatever the case
        and the diacritics; in a script without spaces, anywhere. Punctuation means nothing.
        The best come first, and each wording once. The first search makes the index, which
        takes about a second per 100,000 facts; it is kept in the file, unless that was
        opened read-only.
        """
        if not isinstance(text, str):
            raise InvalidValueError(f"{text!r} cannot be searched for: give a text")
        a_number(limit, "limit", 1)
        keep = self._known_at is None and not self._read_only_because
        with self._reading():
            if not keep or self._searcher.current():
                return self._searcher.find(text, limit)
        scope = sqlite_file.savepoint if self._conn.in_transaction else sqlite_file.transaction
        with sqlite_file.translated(self._name), scope(self._conn):
            self._searcher.update()
            return self._searcher.find(text, limit)

    def disputes(self) -> "tuple[answers.Dispute, ...]":
        """The claims kept beside facts that stand and read otherwise."""
        with self._reading():
            return self._questions.disputes()

    def history(self, subject: str) -> "tuple[answers.Step, ...]":
        """The story of every fact about a dialogue, series or meeting: recorded, corrected, by whom, why."""
        with self._reading():
            return history.history(self._conn, self._log, subject)

    def anomalies(self, *, today: date | str | None = None) -> "anomalies.Anomalies":
        """What is odd but may be true, each with why and the events it comes from.

        ``today`` is the day by which an announced meeting should have been heard of again;
        by default the present day in UTC.
        """
        day = datetime.now(UTC).date() if today is None else full_day(today)
        with self._reading():
            return anomalies.find(self._conn, self._questions, day)

    # --- counts ----------------------------------------------------------------------

    def counts(self, as_of: date | str | None = None, rule: "str | counting.Rule" = "held") -> "counting.Counts":
        """How many meetings of each series: a mapping from series id to Count, zeros included.

        ``as_of`` is a full day (a ``date`` or text); None means all that is recorded.
        ``rule`` is the name of one of RULES or a Rule of your own, which is put to every
        held meeting.
        """
        day = None if as_of is None else full_day(as_of)
        chosen = counting.find_rule(rule)
        with self._reading():
            position = self._log.head().position
            cells = self._questions.cells(day)
            carried = self._carried(day, cells)
            ours = chosen is counting.RULES.get(chosen.name)
            held: dict[str, list[answers.Meeting]] = {}
            for meeting in () if ours else self._questions.held():
                held.setdefault(meeting.series, []).append(meeting)
            counts: dict[str, counting.Count] = {}
            for series, of_series in cells.items():
                if ours:
                    total, by_format = of_series.under(chosen)
                else:
                    total, by_format = counting.tallied(held.get(series, ()), chosen, day)
                counts[series] = counting.Count(
                    series=series,
                    total=total,
                    by_format=by_format,
                    highest_ordinal=of_series.highest,
                    carried=carried.get(series),
                    evidence=_Evidence(self, position, series, chosen, day),
                )
        return counting.Counts(counts)

    def _carried(self, day: date | None, cells: "Mapping[str, counting.Cells]") -> "dict[str, counting.Bounds]":
        stated = self._questions.stated(day)
        carry = {series: found for series, s in stated.items() if (found := counting.carrying(s, day)) is not None}
        if not carry:
            return {}
        after = self._questions.held_after({series: since for series, (since, _) in carry.items()}, day, cells)
        return {
            series: counting.Bounds(number + after[series].certain, number + after[series].possible)
            for series, (_, number) in carry.items()
        }

    def reconcile(self, *, rules: "Iterable[counting.Rule]" = ()) -> "reconciling.Reconciliation":
        """Compare every statement with the record under every rule, with and without its own meeting.

        ``rules`` of your own are tried beside the library's. The outcome is a sequence of
        findings by date; printed, it is a table.
        """
        theirs = reconciling.your_rules(rules)
        with self._reading():
            statements = self._questions.selected(answers.Statement, {}, "latest, earliest, fact")
            held: dict[str, list[answers.Meeting]] = {}
            for series in dict.fromkeys(statement.series for statement in statements):
                held[series] = list(self._questions.held(series))
            findings = tuple(
                reconciling.reconcile(statement, held[statement.series], theirs) for statement in statements
            )
            silent = tuple(series for series in self._questions.series_ids() if series not in held)
        return reconciling.Reconciliation(findings, silent)

    # --- everything else -------------------------------------------------------------

    @property
    def db(self) -> "sqlite_utils.Database":
        """The views and the log as a ``sqlite_utils.Database`` of its own; it refuses writes."""
        import sqlite_utils  # noqa: PLC0415 - takes 0.4 s to import, and only this needs it

        connection = self._conn  # raises when closed
        self._settled("registry.db")
        with sqlite_file.translated(self._name):
            if self._known_at is not None:
                return sqlite_utils.Database(connection)
            self._catch_up()
            if self._db is None:
                connection = sqlite_file.connect(self._uri.replace("mode=rwc", "mode=ro"))
                connection.execute("PRAGMA query_only = ON")
                self._db = sqlite_utils.Database(connection)
            return self._db


def is_address(path: object) -> bool:
    """Say whether a path is the address of a server; raises InvalidValueError where it looks like another one.

    That is not shown, nor is a file made of that name, as it may hold a password.
    """
    if isinstance(path, str) and path.startswith(("postgresql://", "postgres://")):
        return True
    if _LIKE_AN_ADDRESS.search(str(path)):
        raise InvalidValueError(
            "that is neither the path of a file nor the address of a server (it is not shown, as it may hold a "
            "password): give a path, or postgresql://role:password@host:5432/database as a text"
        )
    return False


def server_log(address: str) -> "PostgresLog":
    """Give the log on a server; raises MissingExtraError without the extra ``postgres``."""
    try:
        from dialogue_registry.log.postgres import PostgresLog  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError(
            f"a log on a server needs psycopg ({error}): pip install 'dialogue-registry[postgres]', "
            "or psycopg[binary] where there is no libpq"
        ) from error
    return PostgresLog(address)


class _Evidence:
    """The sources of the meetings a count counts, looked up when asked, as of when it was counted."""

    def __init__(self, registry: Registry, position: int, series: str, rule: "counting.Rule", day: date | None) -> None:
        self._asked = registry, series, rule, day
        self._position = position

    def __call__(self) -> tuple[Source, ...]:
        registry, series, rule, day = self._asked
        with nullcontext(registry) if registry.position == self._position else registry.at(self._position) as then:
            meetings = then.meetings(series, status=Status.HELD)
        counted = [m for m in meetings if counting.tallied([m], rule, day)[0].possible]
        return tuple(dict.fromkeys(source for meeting in counted for source in meeting.sources))

    def __reduce__(self) -> tuple[Any, ...]:  # copied and pickled as what it comes to
        return partial, (tuple, self())
