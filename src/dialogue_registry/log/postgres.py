"""The log kept on a PostgreSQL server, shared by many writers and readers.

The server holds the log and nothing else. An event gets in only at the position after the
last one that everybody can see, so positions are dense and in commit order, and no reader
can see one and miss an earlier one; a lock makes writers wait for their turn instead of
failing. The lock is a table that only a writer's role may lock, through a function. To
change, remove or cut what was written is refused to everybody by triggers, and to a writer
by its role; so is what does not continue the hash chain, or the versions and instants.

An append is one INSERT and one round trip. All of it has arrived before the lock is taken,
so that nobody waits for a writer that has fallen asleep while sending.
"""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from typing import Any, TypeVar

import psycopg
from psycopg import errors as server
from psycopg import generators, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import ExecStatus, Format, TransactionStatus

from dialogue_registry.errors import (
    BrokenChainError,
    BusyError,
    InvalidValueError,
    NewerRegistryError,
    NotARegistryError,
    ReadOnlyError,
    StorageError,
    UnreachableError,
    WrongPositionError,
)
from dialogue_registry.log.entry import EMPTY, PAGE, Entry, Head

SCHEMA = 1
"""The version of the tables on the server."""

_INIT_LOCK = 0x44695265
# Functions name where they look things up, so that nobody who calls them can put something else in the way.
_TABLES = f"""
CREATE SCHEMA IF NOT EXISTS dialogue_registry;
CREATE TABLE dialogue_registry.about (schema integer NOT NULL);
INSERT INTO dialogue_registry.about VALUES ({SCHEMA});
CREATE TABLE dialogue_registry.events (
    position bigint PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE, subject text COLLATE "C" NOT NULL,
    version bigint NOT NULL, type text NOT NULL, schema integer NOT NULL, data text NOT NULL, source text,
    by text NOT NULL, recorded_at text COLLATE "C" NOT NULL, hash bytea NOT NULL, UNIQUE (subject, version)
);
CREATE TABLE dialogue_registry.turn ();
CREATE FUNCTION dialogue_registry.take_turn() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '30s' AS $$
BEGIN
    LOCK TABLE dialogue_registry.turn IN EXCLUSIVE MODE; -- which a backup of it does not wait for
    PERFORM set_config('idle_in_transaction_session_timeout', '60s', true); -- who falls asleep on their turn loses it
END $$;
REVOKE ALL ON FUNCTION dialogue_registry.take_turn() FROM PUBLIC;
CREATE FUNCTION dialogue_registry.before_append() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM dialogue_registry.take_turn();
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true); -- what is acknowledged is durable
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION dialogue_registry.after_append() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    low bigint; high bigint; number bigint; before bigint; last bytea; latest text; problem text;
BEGIN
    SELECT min(position), max(position), count(*) INTO low, high, number FROM fresh;
    IF number = 0 THEN
        RETURN NULL;
    END IF;
    SELECT position, hash, recorded_at INTO before, last, latest FROM dialogue_registry.events
        WHERE position < low ORDER BY position DESC LIMIT 1;
    IF low <> coalesce(before, 0) + 1 OR high - low + 1 <> number THEN
        RAISE EXCEPTION 'position % does not follow %', low, coalesce(before, 0) USING ERRCODE = 'unique_violation';
    END IF;
    SELECT wrong, position INTO problem, low FROM (
        SELECT position, CASE
            WHEN hash <> sha256(earlier_hash || sha256(convert_to(data, 'UTF8')) || convert_to(
                    'dialogue_registry/1 ' || position || ' ' || version || ' ' || schema || ' '
                    || length(id) || ':' || id || ' ' || length(subject) || ':' || subject || ' '
                    || length(type) || ':' || type || ' ' || length(by) || ':' || by || ' '
                    || length(recorded_at) || ':' || recorded_at || ' '
                    || coalesce(length(source) || ':' || source, '-'), 'UTF8'))
                THEN 'does not continue the hash chain'
            WHEN version <> 1 + CASE WHEN subject = earlier_subject THEN earlier_version ELSE coalesce((
                    SELECT earlier.version FROM dialogue_registry.events AS earlier WHERE earlier.subject = told.subject
                        AND earlier.version = told.version - 1 AND earlier.position < told.position
                ), 0) END
                THEN 'has a version that does not follow the one before of its subject'
            WHEN recorded_at IS DISTINCT FROM earlier_instant AND (recorded_at < earlier_instant OR recorded_at IS
                    DISTINCT FROM to_char(recorded_at::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
                THEN 'has an instant that goes back, or is written otherwise'
            END AS wrong
        FROM (
            SELECT *, lag(hash, 1, coalesce(last, decode(repeat('00', 32), 'hex'))) OVER log AS earlier_hash,
                lag(subject) OVER log AS earlier_subject, lag(version) OVER log AS earlier_version,
                lag(recorded_at, 1, latest) OVER log AS earlier_instant
            FROM fresh WINDOW log AS (ORDER BY position)
        ) AS told
    ) AS checked WHERE wrong IS NOT NULL ORDER BY position LIMIT 1;
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION 'what is to stand at position % %', low, problem USING ERRCODE = 'check_violation';
    END IF;
    PERFORM pg_notify('dialogue_registry', high::text);
    RETURN NULL;
END $$;
CREATE FUNCTION dialogue_registry.keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only: record a correction or a retraction instead'
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER before_append BEFORE INSERT ON dialogue_registry.events
    FOR EACH STATEMENT EXECUTE FUNCTION dialogue_registry.before_append();
CREATE TRIGGER after_append AFTER INSERT ON dialogue_registry.events REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION dialogue_registry.after_append();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON dialogue_registry.events
    FOR EACH STATEMENT EXECUTE FUNCTION dialogue_registry.keep();
"""
_READS = """
GRANT USAGE ON SCHEMA dialogue_registry TO {role};
GRANT SELECT ON dialogue_registry.about, dialogue_registry.events TO {role};
"""
_WRITES = """
GRANT INSERT ON dialogue_registry.events TO {role};
GRANT EXECUTE ON FUNCTION dialogue_registry.take_turn() TO {role};
"""
_ONLY_READS = """
REVOKE INSERT ON dialogue_registry.events FROM {role};
REVOKE EXECUTE ON FUNCTION dialogue_registry.take_turn() FROM {role};
"""
_COLUMNS = "position, id, subject, version, type, schema, data, source, by, recorded_at, hash"
_CHUNK = 100
"""How many rows of a stream are taken from the connection at a time."""
_LARGE = 100_000_000
"""So many characters go into one statement, which the server takes up to 1 GB of."""
_TEXTS = ("id", "subject", "version", "type", "schema", "data", "source", "by", "recorded_at")
_NEXT, _NONE = "\x1f", "\x1e"
"""What stands between the texts of a column, which go to the server as one, and what stands for NULL among them: that
takes half the time here that arrays take. Where a text holds one of them itself, events go one at a time."""
_APPEND = (
    f"INSERT INTO dialogue_registry.events ({_COLUMNS}) "
    "SELECT $1::int8 + number, id, subject, version::int8, type, schema::int4, data, source, by, recorded_at, "
    "substr($3::bytea, 32 * number - 31, 32) FROM (SELECT generate_series(1, $2::int4) AS number, "
    + ", ".join(f"unnest(string_to_array(${n}, '{_NEXT}', '{_NONE}')) AS {name}" for n, name in enumerate(_TEXTS, 4))
    + ") AS told"
).encode()
_FORMATS = [Format.TEXT, Format.TEXT, Format.BINARY] + [Format.TEXT] * len(_TEXTS)
_APPEND_ONE = f"INSERT INTO dialogue_registry.events ({_COLUMNS}) VALUES ({', '.join(['%s'] * (len(_TEXTS) + 2))})"

_UNLESS_TOLD: dict[str, int | str] = {
    "connect_timeout": 10,
    "tcp_user_timeout": 30_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "fallback_application_name": "dialogue_registry",
}
"""How a connection is made where the address says nothing else: a network that is gone is noticed in half a minute."""

_TRY_AGAIN = (
    server.QueryCanceled,
    server.DeadlockDetected,
    server.SerializationFailure,
    server.IdleInTransactionSessionTimeout,
)
"""What the server breaks off with everything undone: the time it was given was up, or others were in the way."""

T = TypeVar("T")


def create_log(conninfo: str, *, writers: Sequence[str] = (), readers: Sequence[str] = ()) -> bool:
    """Make the log's tables on a server, if they are missing, and let roles append or only read.

    The roles must exist; run it as their database's owner. Running it again only grants;
    a writer given as a reader may only read from then on. Gives whether the tables were made.
    """
    with closing(PostgresLog(conninfo)) as log:
        return log.create(writers, readers)


class PostgresLog:
    """A log on a server; the connection is made when it is needed, and again when it broke.

    ``conninfo`` is an address as psycopg takes it. It may hold a password, so it is never
    shown; :attr:`name` is.
    """

    def __init__(self, conninfo: str) -> None:
        #: The server's name for messages, without credentials.
        self.name = _described(conninfo)
        self._conninfo = conninfo
        self._connection: psycopg.Connection | None = None
        self._turn: psycopg.Connection | None = None
        self._awaited: psycopg.Connection | None = None
        self._listening = False

    def create(self, writers: Sequence[str] = (), readers: Sequence[str] = ()) -> bool:
        """Make the tables where they are missing, and grant; see :func:`create_log`."""
        for what, roles in (("writers", writers), ("readers", readers)):
            if isinstance(roles, str):
                raise InvalidValueError(f"{what}= takes a list of roles: give {what}=[{roles!r}]")

        def make(connection: psycopg.Connection) -> bool:
            with connection.transaction():
                connection.execute("SET LOCAL lock_timeout = '30s'")
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (_INIT_LOCK,))
                if connection.info.parameter_status("server_encoding") != "UTF8":
                    raise StorageError(f"{self.name} is no UTF-8 database: make one with ENCODING 'UTF8'")
                missing = not _has_log(connection)
                if missing:
                    connection.execute(_TABLES)
                for roles, grants in ((readers, _READS + _ONLY_READS), (writers, _READS + _WRITES)):
                    for role in roles:
                        connection.execute(sql.SQL(grants).format(role=sql.Identifier(role)))
            return missing

        return self._run(make)

    def check(self) -> None:
        """Raise NotARegistryError or NewerRegistryError unless the server holds a log for this library."""
        if not self._run(_has_log):
            raise NotARegistryError(
                f"{self.name} holds no registry: make one with 'dialogue-registry init postgresql://…' "
                "(dialogue_registry.log.postgres.create_log)"
            )
        row = self._run(lambda connection: connection.execute("SELECT schema FROM dialogue_registry.about").fetchone())
        if row is not None and row[0] > SCHEMA:
            raise NewerRegistryError(
                f"{self.name} has log schema {row[0]}, this library knows up to {SCHEMA}: upgrade dialogue_registry"
            )

    def head(self) -> Head:
        """Say where the log ends."""
        query = "SELECT position, hash, recorded_at FROM dialogue_registry.events ORDER BY position DESC LIMIT 1"
        row = self._run(lambda connection: connection.execute(query).fetchone())
        return EMPTY if row is None else Head(*row)

    def append(self, entries: Sequence[Entry], *, expected: int) -> None:
        """Append all or none; raises WrongPositionError when somebody else wrote first."""
        if self._turn is not None or not entries or entries[0].position != expected + 1:
            if (actual := self.head().position) != expected:
                raise WrongPositionError(expected=expected, actual=actual)
            if not entries:
                return
        together = _together(entries)
        if together is None and len(entries) > 1:
            with self.turn() if self._turn is None else nullcontext():
                for number, entry in enumerate(entries):
                    self.append([entry], expected=expected + number)
            return
        self._conclude(entries, expected, lambda connection: _insert(connection, entries[0], together))

    def send(self, entries: Sequence[Entry], *, expected: int) -> Callable[[], None] | None:
        """Send what is to be appended, and wait for nothing: what this gives waits, and ends as append() does.

        Nothing else may be asked of the log in between. Gives None where it cannot be sent at
        once: then nothing was.
        """
        together = _together(entries)
        if together is None or self._turn is not None or entries[0].position != expected + 1:
            return None

        def begin(connection: psycopg.Connection) -> None:
            _send(connection, together)
            self._awaited = connection

        def end(connection: psycopg.Connection) -> None:
            if connection is self._awaited:
                self._awaited = None
                _receive(connection)
            else:  # that one broke
                _insert(connection, entries[0], together)

        self._run(begin)
        return lambda: self._conclude(entries, expected, end)

    def _conclude(self, entries: Sequence[Entry], expected: int, work: Callable[[psycopg.Connection], None]) -> None:
        """Run what appends, and say what became of it."""
        try:
            self._run(work)
        except server.CheckViolation as error:
            raise BrokenChainError(
                f"{self.name}: {_told(error)}: the log there is not what it was taken for, which catch_up() looks into",
                position=expected + 1,
            ) from error
        except server.UniqueViolation as conflict:
            # Ours may be there: sent a moment ago on a connection that broke before the answer came.
            if self.read(expected, limit=len(entries)) != list(entries):
                raise WrongPositionError(expected=expected, actual=self.head().position) from conflict

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Keep everybody else from appending until the end of the block; what is appended in it is one."""
        with _translated(self.name):
            try:
                self._run(self._begin)
                yield
                self._run(self._commit)
            except Exception:
                with suppress(psycopg.Error):
                    if self._turn is not None:
                        self._turn.rollback()
                raise
            finally:
                self._turn = None
                self._tidy()

    def _begin(self, connection: psycopg.Connection) -> None:
        connection.execute("BEGIN")
        connection.execute("SELECT dialogue_registry.take_turn()")
        self._turn = connection

    def _commit(self, connection: psycopg.Connection) -> None:
        if (done := connection.execute("COMMIT").statusmessage) != "COMMIT":
            raise StorageError(f"{self.name} undid what was appended in a turn ({done}): record it again")

    def read(self, after: int = 0, *, limit: int = PAGE) -> list[Entry]:
        """Give at most ``limit`` entries after a position, in order."""
        query = f"SELECT {_COLUMNS} FROM dialogue_registry.events WHERE position > %s ORDER BY position LIMIT %s"

        def read(connection: psycopg.Connection) -> list[Entry]:
            with connection.cursor(binary=True) as cursor:
                return list(map(Entry._make, cursor.execute(query, (after, limit)).fetchall()))

        return self._run(read)

    def rows(self, after: int = 0, until: int | None = None) -> Generator[Entry, None, None]:
        """Give the entries with after < position ≤ until as plain tuples while they arrive: the fast way to read many.

        Read them to the end, or close the iterator, before anything else is asked of this log.
        """
        end = self.head().position  # and the connection is there
        told = (after, end if until is None else min(end, until))
        query = f"SELECT {_COLUMNS} FROM dialogue_registry.events WHERE position > %s AND position <= %s"
        size = _CHUNK if psycopg.capabilities.has_stream_chunked() else 1  # libpq 17 is the first that has it
        with _translated(self.name):
            assert self._connection is not None
            try:
                with self._connection.cursor() as cursor:
                    rows: Iterator[Any] = cursor.stream(f"{query} ORDER BY position", told, binary=True, size=size)
                    yield from rows
            finally:
                self._tidy()

    def wait(self, seconds: float) -> None:
        """Wait until somebody appends, at most for a while.

        It may return too early, and it may miss something: it is a wake-up only, the log is
        the truth. Where the server is away, or has no LISTEN, it just waits.
        """
        end = time.monotonic() + seconds
        with suppress(StorageError):
            if self._run(lambda connection: self._notified(connection, seconds)):
                return
        time.sleep(max(0.0, end - time.monotonic()))

    def _notified(self, connection: psycopg.Connection, seconds: float) -> bool:
        if not self._listening:
            connection.execute("LISTEN dialogue_registry")
            self._listening = True
            return True  # for what came before
        return len(list(connection.notifies(timeout=seconds, stop_after=1))) > 0

    def close(self) -> None:
        """Close the connection; the next use opens another."""
        connection, self._connection, self._listening = self._connection, None, False
        self._turn = self._awaited = None
        if connection is not None:
            connection.close()

    def _run(self, work: Callable[[psycopg.Connection], T]) -> T:
        """Work on the connection; where it turns out to have broken, work once more on a new one."""
        with _translated(self.name):
            if self._turn is not None:
                return work(self._turn)
            self._tidy()
            fresh = self._connection is None
            try:
                return self._once(work)
            except psycopg.OperationalError as error:
                if fresh or not _broken(error):
                    raise
                self.close()
            return self._once(work)

    def _once(self, work: Callable[[psycopg.Connection], T]) -> T:
        if self._connection is None:
            self._connection = self._connected()
        try:
            return work(self._connection)
        except psycopg.Error:
            raise
        except BaseException:  # broken off in the middle: nobody knows what comes next on it
            self.close()
            raise
        finally:
            self._tidy()

    def _tidy(self) -> None:
        """Close the connection unless it is at rest, so that nothing is appended to what was left open."""
        if self._turn is not None or self._awaited is not None or self._connection is None:
            return
        if self._connection.info.transaction_status is not TransactionStatus.IDLE:
            self.close()

    def _connected(self) -> psycopg.Connection:
        told = conninfo_to_dict(self._conninfo)
        unless_told = {name: value for name, value in _UNLESS_TOLD.items() if name not in told}
        address = make_conninfo(self._conninfo, client_encoding="UTF8", **unless_told)
        connection = psycopg.connect(address, autocommit=True)
        try:
            # Who waited for their turn must see what was appended meanwhile. And a log is read by its index: of a table
            # that has just grown, the planner would first gather and sort all that was asked for, on disk.
            connection.execute(
                "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED; SET enable_bitmapscan = off"
            )
        except BaseException:
            connection.close()
            raise
        return connection


def _has_log(connection: psycopg.Connection) -> bool:
    return connection.execute("SELECT to_regclass('dialogue_registry.events')").fetchone() != (None,)


def _insert(connection: psycopg.Connection, first: Entry, together: list[bytes] | None) -> None:
    if together is None:
        connection.execute(_APPEND_ONE, first)
    else:
        _send(connection, together)
        _receive(connection)


def _send(connection: psycopg.Connection, together: list[bytes]) -> None:
    connection.pgconn.send_query_params(_APPEND, together, param_formats=_FORMATS)
    connection.wait(generators.send(connection.pgconn))


def _receive(connection: psycopg.Connection) -> None:
    for result in connection.wait(generators.fetch_many(connection.pgconn)):
        if result.status != ExecStatus.COMMAND_OK:
            raise server.error_from_result(result, connection.info.encoding)


def _together(entries: Sequence[Entry]) -> list[bytes] | None:
    """What _APPEND takes; None for what goes one at a time."""
    if len(entries) == 1:
        return None
    positions, *columns, hashes = zip(*entries, strict=True)
    texts: list[str] = []
    for name, column in zip(_TEXTS, columns, strict=True):
        nones = column.count(None)
        values = [_NONE if value is None else value for value in column] if nones else column
        text = _NEXT.join(map(str, values) if name in ("version", "schema") else values)
        if text.count(_NEXT) >= len(column) or text.count(_NONE) > nones:
            return None
        texts.append(text)
    if sum(map(len, texts)) > _LARGE:
        return None
    return [b"%d" % (positions[0] - 1), b"%d" % len(entries), b"".join(hashes), *(text.encode() for text in texts)]


def _described(conninfo: str) -> str:
    """Name a server without credentials; raises InvalidValueError where it cannot tell what is one."""
    with suppress(psycopg.Error):
        told = {name: str(value) for name, value in conninfo_to_dict(conninfo).items() if value is not None}
        host, port, database = told.get("host", ""), told.get("port", ""), told.get("dbname", "")
        # A password with an @ or a / in it ends up in one of these.
        if "@" not in host + database and (port or "0").replace(",", "0").isdecimal():
            if host.startswith("/"):
                return f"postgresql:///{database}?host={host}"
            return f"postgresql://{host}{f':{port}' if port else ''}/{database}"
    raise InvalidValueError(
        "that is no address of a PostgreSQL server (it is not shown, as it may hold a password): give "
        "postgresql://role:password@host:5432/database, with @ : / % in the password written as %40 %3A %2F %25"
    )


@contextmanager
def _translated(name: str) -> Iterator[None]:
    """Turn the driver's errors into the library's own."""
    try:
        yield
    except (server.UniqueViolation, server.CheckViolation):
        raise
    except (server.InsufficientPrivilege, server.ReadOnlySqlTransaction) as error:
        raise ReadOnlyError(f"{name} refuses it ({_told(error)}): ask for a role that may") from error
    except server.LockNotAvailable as error:
        raise BusyError(
            f"somebody else has been writing to {name} for 30 s: try again; nothing was recorded"
        ) from error
    except _TRY_AGAIN as error:
        raise BusyError(f"{name} broke it off ({_told(error)}): try again; nothing was recorded") from error
    except psycopg.Error as error:
        if _broken(error):
            raise UnreachableError(
                f"{name} cannot be reached ({_told(error)}): if you were recording, it is not known "
                "whether that arrived; record it again, nothing is recorded twice"
            ) from error
        raise StorageError(f"{name}: {_told(error)}") from error


def _broken(error: psycopg.Error) -> bool:
    """Say whether an error tells of a connection that is gone, or is going (SQLSTATE 08 and 57P)."""
    if error.sqlstate is None:  # it is not from the server
        return isinstance(error, psycopg.OperationalError)
    return error.sqlstate.startswith(("08", "57P"))


def _told(error: psycopg.Error) -> str:
    return error.diag.message_primary or " ".join(str(error).split()) or type(error).__name__
