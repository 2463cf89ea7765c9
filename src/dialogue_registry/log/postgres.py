"""The log kept on a PostgreSQL server, shared by many writers and readers.

The server holds the log alone; every program keeps its views locally. A trigger accepts an
event only at the position after the last committed one. So positions are dense and in commit
order, and no reader sees a position before all earlier ones. Writers take a lock in turn
instead of failing: a table that only a writer's role may lock, through a function. Triggers
refuse everybody to change, remove or truncate what was appended; a writer's role may not
try. They also refuse events that do not continue the hash chain, the versions or the instants.

An append is one INSERT and one round trip. The server receives all of it before it takes the
lock, so a writer that stops while sending keeps nobody waiting.
"""

import logging
import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from importlib.resources import files
from typing import Any, TypeVar

import psycopg
from psycopg import errors as server
from psycopg import generators, sql
from psycopg.pq import ExecStatus, Format, TransactionStatus

from dialogue_registry.errors import (
    BrokenChainError,
    InvalidValueError,
    NewerRegistryError,
    NotARegistryError,
    StorageError,
    WrongPositionError,
)
from dialogue_registry.log.codec import STORED
from dialogue_registry.log.entry import EMPTY, PAGE, Entry, Head
from dialogue_registry.log.postgres_connection import (
    TIMEOUT,
    Connection,
    NoAnswerError,
    connect,
    display_name,
    is_connection_lost,
    message,
    translated,
)
from dialogue_registry.model.shown import shown

SCHEMA = 2
"""The version of the tables on the server."""

_GRANT_READING = """
GRANT USAGE ON SCHEMA dialogue_registry TO {role};
GRANT SELECT ON dialogue_registry.about, dialogue_registry.words, dialogue_registry.events TO {role};
"""
_GRANT_WRITING = """
GRANT INSERT ON dialogue_registry.events TO {role};
GRANT EXECUTE ON FUNCTION dialogue_registry.take_turn() TO {role};
"""
_REVOKE_WRITING = """
REVOKE INSERT ON dialogue_registry.events FROM {role};
REVOKE EXECUTE ON FUNCTION dialogue_registry.take_turn() FROM {role};
"""
_COLUMNS = "position, id, subject, version, type, schema, data, source, citation, edition, by, recorded_at, salt, hash"
_CHUNK = 100
"""The number of rows of a stream that are taken from the connection at a time."""
_LARGE = 100_000_000
"""The number of characters that go into one statement, of which the server takes up to 1 GB."""
_TEXTS = ("id", "subject", "version", "type", "schema", "data", "source", "citation", "edition", "by", "recorded_at")
_SEPARATOR, _NULL = "\x1f", "\x1e"
"""The characters that separate the texts of a column, and that stand for NULL among them.

A column is sent as one text: that takes half the time here that an array takes. Events with a
text that holds one of these characters are sent one at a time.
"""
_APPEND = (
    f"INSERT INTO dialogue_registry.events ({_COLUMNS}) "
    "SELECT $1::int8 + number, id, subject, version::int8, type, schema::int4, data, source, citation, edition, by, "
    "recorded_at, pg_catalog.substr($3::bytea, 48 * number - 47, 16), "
    "pg_catalog.substr($3::bytea, 48 * number - 31, 32) "
    "FROM (SELECT pg_catalog.generate_series(1, $2::int4) AS number, "
    + ", ".join(
        f"pg_catalog.unnest(pg_catalog.string_to_array(${n}, '{_SEPARATOR}', '{_NULL}')) AS {name}"
        for n, name in enumerate(_TEXTS, 4)
    )
    + ") AS batch"
).encode()
_FORMATS = [Format.TEXT, Format.TEXT, Format.BINARY] + [Format.TEXT] * len(_TEXTS)
_APPEND_ONE = f"INSERT INTO dialogue_registry.events ({_COLUMNS}) VALUES ({', '.join(['%s'] * (len(_TEXTS) + 3))})"

T = TypeVar("T")

_log = logging.getLogger("dialogue_registry")


def create_log(conninfo: str, *, writers: Sequence[str] = (), readers: Sequence[str] = ()) -> bool:
    """Create the log's tables on a server where they are missing, and let roles append or only read.

    The roles must exist; run it as the owner of the database. Run again, it only grants. A
    writer that is named as a reader may only read from then on. Returns whether the tables
    were created.
    """
    with closing(PostgresLog(conninfo)) as log:
        return log.create(writers, readers)


class PostgresLog:
    """A log on a server. It connects when it is used, and again when the connection was lost.

    ``conninfo`` is an address as psycopg takes it. It may hold a password, so messages show
    :attr:`name` instead. ``timeout`` is how many seconds a call waits for the server to
    answer, and an append for other writers before that.
    """

    def __init__(self, conninfo: str, *, timeout: float = TIMEOUT) -> None:
        #: The name of the server for messages, without credentials.
        self.name = display_name(conninfo)
        #: The seconds that a call waits for an answer.
        self.timeout = timeout
        self._conninfo = conninfo
        self._connection: Connection | None = None
        self._turn: Connection | None = None
        self._unanswered: Connection | None = None
        self._listening = False

    def create(self, writers: Sequence[str] = (), readers: Sequence[str] = ()) -> bool:
        """Create the tables where they are missing, and grant; see :func:`create_log`."""
        for keyword, roles in (("writers", writers), ("readers", readers)):
            if isinstance(roles, str):
                raise InvalidValueError(f"{keyword}= takes a list of roles: give {keyword}=[{shown(roles)}]")

        def create(connection: Connection) -> bool:
            with connection.transaction():
                missing = not _has_log(connection)
                if missing:
                    self._check_database(connection)
                    connection.execute(files(__package__).joinpath("postgres.sql").read_bytes())
                    connection.execute("INSERT INTO dialogue_registry.about VALUES (%s)", (SCHEMA,))
                if writers or readers:
                    connection.execute("SELECT dialogue_registry.take_turn()")  # one after the other
                for roles, grants in (
                    (readers, _GRANT_READING + _REVOKE_WRITING),
                    (writers, _GRANT_READING + _GRANT_WRITING),
                ):
                    for role in roles:
                        connection.execute(sql.SQL(grants).format(role=sql.Identifier(role)))
                _learn_words(connection)
            return missing

        try:
            return self._run(create, waits_for_lock=True)
        except (server.UniqueViolation, server.DuplicateTable):  # another program has just created the tables
            return self._run(create, waits_for_lock=True)

    def _check_database(self, connection: Connection) -> None:
        """Raise StorageError where no log should be created."""
        if connection.info.parameter_status("server_encoding") != "UTF8":
            raise StorageError(f"{self.name} is no UTF-8 database: make one with ENCODING 'UTF8'")
        row = connection.execute(
            "SELECT pg_get_userbyid(nspowner), current_user FROM pg_namespace"
            " WHERE nspname = 'dialogue_registry' AND pg_get_userbyid(nspowner) <> current_user"
        ).fetchone()
        if row is not None:
            raise StorageError(
                f"the schema dialogue_registry on {self.name} belongs to {row[0]}, who could drop the log in it: "
                f"drop the schema, or make {row[1]} its owner"
            )

    def check(self) -> None:
        """Raise NotARegistryError or NewerRegistryError unless the server holds a log for this library."""
        if not self._run(_has_log):
            raise NotARegistryError(
                f"{self.name} holds no registry: make one with 'dialogue-registry init postgresql://…' "
                "(in Python create_log)"
            )
        row = self._run(lambda connection: connection.execute("SELECT schema FROM dialogue_registry.about").fetchone())
        if row is not None and row[0] > SCHEMA:
            raise NewerRegistryError(
                f"{self.name} has log schema {row[0]}, this library knows up to {SCHEMA}: upgrade dialogue_registry"
            )

    def head(self) -> Head:
        """Return where the log ends."""
        query = "SELECT position, hash, recorded_at FROM dialogue_registry.events ORDER BY position DESC LIMIT 1"
        row = self._run(lambda connection: connection.execute(query).fetchone())
        return EMPTY if row is None else Head(*row)

    def append(self, entries: Sequence[Entry], *, expected: int) -> None:
        """Append all entries or none; raises WrongPositionError where others appended first."""
        if self._turn is not None or not entries or entries[0].position != expected + 1:
            if (actual := self.head().position) != expected:
                raise WrongPositionError(expected=expected, actual=actual)
            if not entries:
                return
        batch = _batch(entries)
        if batch is None and len(entries) > 1:
            with self.turn() if self._turn is None else nullcontext():
                for number, entry in enumerate(entries):
                    self.append([entry], expected=expected + number)
            return
        self._append(entries, expected, lambda connection: _insert(connection, entries[0], batch))

    def send(self, entries: Sequence[Entry], *, expected: int) -> Callable[[], None] | None:
        """Send entries to be appended, and return a function that waits for the answer as append() does.

        Use the log for nothing else in between. Returns None, and sends nothing, where the
        entries cannot be sent as one statement.
        """
        batch = _batch(entries)
        if batch is None or self._turn is not None or entries[0].position != expected + 1:
            return None

        def begin(connection: Connection) -> None:
            _send(connection, batch)
            self._unanswered = connection

        def end(connection: Connection) -> None:
            if connection is self._unanswered:
                self._unanswered = None
                _receive(connection)
            else:  # the connection they were sent on was lost
                _insert(connection, entries[0], batch)

        self._run(begin)
        return lambda: self._append(entries, expected, end)

    def _append(self, entries: Sequence[Entry], expected: int, work: Callable[[Connection], None]) -> None:
        """Run ``work``, which appends entries, and raise BrokenChainError or WrongPositionError as append() does."""
        try:
            self._run(work, waits_for_lock=True)
        except server.CheckViolation as error:
            raise BrokenChainError(
                f"{self.name}: {message(error)}: its log is not the one that is known here; catch_up() compares them",
                position=expected + 1,
            ) from error
        except server.UniqueViolation as conflict:
            # The same entries may be there, sent a moment ago on a connection that was lost before the answer came.
            if self.read(expected, limit=len(entries)) != list(entries):
                raise WrongPositionError(expected=expected, actual=self.head().position) from conflict

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Lock the log until the end of the block; all that is appended within it is one transaction."""
        with translated(self.name):
            try:
                self._run(self._begin, waits_for_lock=True)
                yield
                self._run(self._commit)
            except Exception:
                with suppress(psycopg.Error):
                    if self._turn is not None:
                        self._turn.rollback()
                raise
            finally:
                self._turn = None
                self._close_unless_idle()

    def _begin(self, connection: Connection) -> None:
        connection.execute("BEGIN")
        connection.execute("SELECT dialogue_registry.take_turn()")
        self._turn = connection

    def _commit(self, connection: Connection) -> None:
        if (status := connection.execute("COMMIT").statusmessage) != "COMMIT":
            raise StorageError(f"{self.name} rolled back what was to be recorded ({status}): record it again")

    def read(self, after: int = 0, *, limit: int = PAGE) -> list[Entry]:
        """Return at most ``limit`` entries after a position, in order."""
        query = f"SELECT {_COLUMNS} FROM dialogue_registry.events WHERE position > %s ORDER BY position LIMIT %s"

        def read(connection: Connection) -> list[Entry]:
            with connection.cursor(binary=True) as cursor:
                return list(map(Entry._make, cursor.execute(query, (after, limit)).fetchall()))

        return self._run(read)

    def rows(self, after: int = 0, until: int | None = None) -> Generator[Entry, None, None]:
        """Yield the entries with after < position ≤ until as plain tuples while they arrive, for reading many.

        Read them to the end, or close the iterator, before any other use of this log.
        """
        end = self.head().position  # which also connects
        bounds = (after, end if until is None else min(end, until))
        query = f"SELECT {_COLUMNS} FROM dialogue_registry.events WHERE position > %s AND position <= %s"
        size = _CHUNK if psycopg.capabilities.has_stream_chunked() else 1  # libpq 17 is the first that has it
        with translated(self.name):
            assert self._connection is not None
            self._connection.answer_within = self.timeout
            try:
                with self._connection.cursor() as cursor:
                    rows: Iterator[Any] = cursor.stream(f"{query} ORDER BY position", bounds, binary=True, size=size)
                    yield from rows
            finally:
                self._close_unless_idle()

    def wait(self, seconds: float) -> None:
        """Wait until somebody appends, at most for some seconds.

        It may return early and may miss an append: afterwards, read the log. Where the server
        cannot be reached, or knows no LISTEN, it waits all the time.
        """
        end = time.monotonic() + seconds
        with suppress(StorageError):
            if self._run(lambda connection: self._notified(connection, seconds)):
                return
        time.sleep(max(0.0, end - time.monotonic()))

    def _notified(self, connection: Connection, seconds: float) -> bool:
        if not self._listening:
            connection.execute("LISTEN dialogue_registry")
            self._listening = True
            return True  # events may have been appended before
        connection.answer_within = math.inf  # silence means that nothing was appended
        return len(list(connection.notifies(timeout=seconds, stop_after=1))) > 0

    def again(self) -> "PostgresLog":
        """Return the same log on a connection of its own."""
        return PostgresLog(self._conninfo, timeout=self.timeout)

    def forget_open(self) -> None:
        """Close the connection where an interruption has left a turn, or an answer to :meth:`send`, open on it."""
        if self._turn is not None or self._unanswered is not None:
            self.close()

    def close(self) -> None:
        """Close the connection; the next use opens another."""
        connection, self._connection, self._listening = self._connection, None, False
        self._turn = self._unanswered = None
        if connection is not None:
            connection.close()

    def _run(self, work: Callable[[Connection], T], *, waits_for_lock: bool = False) -> T:
        """Call ``work`` with the connection; where that turns out to be lost, call it again with a new one."""
        seconds = self.timeout * (2 if waits_for_lock else 1)
        with translated(self.name):
            if self._turn is not None:
                self._turn.answer_within = seconds
                return work(self._turn)
            self._close_unless_idle()
            fresh = self._connection is None
            try:
                return self._attempt(work, seconds)
            except psycopg.OperationalError as error:
                if fresh or isinstance(error, NoAnswerError) or not is_connection_lost(error):
                    raise
                _log.warning("the connection to %s was lost: connecting again", self.name)
                self.close()
            return self._attempt(work, seconds)

    def _attempt(self, work: Callable[[Connection], T], seconds: float) -> T:
        if self._connection is None:
            self._connection = connect(self._conninfo, self.timeout)
        self._connection.answer_within = seconds
        try:
            return work(self._connection)
        except psycopg.Error:
            raise
        except BaseException:  # interrupted: the state of the connection is not known
            self.close()
            raise
        finally:
            self._close_unless_idle()

    def _close_unless_idle(self) -> None:
        """Close the connection unless it is idle, so that nothing is appended to a transaction that was left open."""
        if self._turn is not None or self._unanswered is not None or self._connection is None:
            return
        if self._connection.info.transaction_status is not TransactionStatus.IDLE:
            self.close()


def _has_log(connection: Connection) -> bool:
    return connection.execute("SELECT pg_catalog.to_regclass('dialogue_registry.events')").fetchone() != (None,)


def _learn_words(connection: Connection) -> None:
    """Widen the checks of the log to all that this library can record, where the role may change them."""
    known: dict[str, int] = dict(connection.execute("SELECT word, schema FROM dialogue_registry.words").fetchall())
    allowed = "SELECT has_table_privilege('dialogue_registry.words', 'INSERT')"
    if all(known.get(word, 0) >= schema for word, schema in STORED.values()):
        return
    if connection.execute(allowed).fetchone() == (True,):
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO dialogue_registry.words VALUES (%s, %s) "
                "ON CONFLICT (word) DO UPDATE SET schema = greatest(words.schema, excluded.schema)",
                STORED.values(),
            )


def _insert(connection: Connection, first: Entry, batch: list[bytes] | None) -> None:
    if batch is None:
        connection.execute(_APPEND_ONE, first)
    else:
        _send(connection, batch)
        _receive(connection)


def _send(connection: Connection, batch: list[bytes]) -> None:
    connection.pgconn.send_query_params(_APPEND, batch, param_formats=_FORMATS)
    connection.wait(generators.send(connection.pgconn))


def _receive(connection: Connection) -> None:
    for result in connection.wait(generators.fetch_many(connection.pgconn)):
        if result.status != ExecStatus.COMMAND_OK:
            raise server.error_from_result(result, connection.info.encoding)


def _batch(entries: Sequence[Entry]) -> list[bytes] | None:
    """Return the parameters of _APPEND; None for entries that must be sent one at a time."""
    if len(entries) == 1:
        return None
    positions, *columns, salts, hashes = zip(*entries, strict=True)
    digests = [part for pair in zip(salts, hashes, strict=True) for part in pair]
    texts: list[str] = []
    for name, column in zip(_TEXTS, columns, strict=True):
        nulls = column.count(None)
        values = [_NULL if value is None else value for value in column] if nulls else column
        text = _SEPARATOR.join(map(str, values) if name in ("version", "schema") else values)
        if text.count(_SEPARATOR) >= len(column) or text.count(_NULL) > nulls:
            return None
        texts.append(text)
    if sum(map(len, texts)) > _LARGE:
        return None
    return [b"%d" % (positions[0] - 1), b"%d" % len(entries), b"".join(digests), *(text.encode() for text in texts)]
