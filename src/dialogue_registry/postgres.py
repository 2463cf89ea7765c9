"""The log kept on a PostgreSQL server, shared by many writers and readers.

The server holds the log and nothing else. Positions are dense and in commit order: every
insert takes one lock first and holds it until its commit, so no reader can ever see a
position and miss an earlier one. Who may write may append and read; to change, remove or
cut what was written is refused to everybody by triggers, and to a writer by its role.

One event is one INSERT and one round trip; more are one COPY.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import errors as server
from psycopg import sql

from dialogue_registry.errors import (
    NewerRegistryError,
    NotARegistryError,
    ReadOnlyError,
    StorageError,
    WrongPositionError,
)
from dialogue_registry.log import EMPTY, PAGE, Entry, Head

SCHEMA = 1
"""The version of the tables on the server."""

_LOCK = 0x44695265
_TABLES = f"""
CREATE SCHEMA IF NOT EXISTS dialogue_registry;
CREATE TABLE dialogue_registry.about (schema integer NOT NULL);
INSERT INTO dialogue_registry.about VALUES ({SCHEMA});
CREATE TABLE dialogue_registry.events (
    position bigint PRIMARY KEY, id text NOT NULL UNIQUE, subject text NOT NULL, version bigint NOT NULL,
    type text NOT NULL, schema integer NOT NULL, data text NOT NULL, source text, by text NOT NULL,
    recorded_at text NOT NULL, hash bytea NOT NULL, UNIQUE (subject, version)
);
CREATE FUNCTION dialogue_registry.wait_for_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock({_LOCK});
    RETURN NULL;
END $$;
CREATE FUNCTION dialogue_registry.check_positions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    low bigint; high bigint; number bigint; before bigint;
BEGIN
    SELECT min(position), max(position), count(*) INTO low, high, number FROM fresh;
    IF number > 0 THEN
        SELECT coalesce(max(position), 0) INTO before FROM dialogue_registry.events WHERE position < low;
        IF low <> before + 1 OR high - low + 1 <> number
           OR high <> (SELECT max(position) FROM dialogue_registry.events) THEN
            RAISE EXCEPTION 'position % does not follow %', low, before USING ERRCODE = 'unique_violation';
        END IF;
        PERFORM pg_notify('dialogue_registry', high::text);
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION dialogue_registry.keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only: record a correction or a retraction instead'
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER turn BEFORE INSERT ON dialogue_registry.events
    FOR EACH STATEMENT EXECUTE FUNCTION dialogue_registry.wait_for_turn();
CREATE TRIGGER positions AFTER INSERT ON dialogue_registry.events REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION dialogue_registry.check_positions();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON dialogue_registry.events
    FOR EACH STATEMENT EXECUTE FUNCTION dialogue_registry.keep();
"""
_GRANTS = """
GRANT USAGE ON SCHEMA dialogue_registry TO {role};
GRANT SELECT ON dialogue_registry.about TO {role};
GRANT SELECT{insert} ON dialogue_registry.events TO {role};
"""
_COLUMNS = "position, id, subject, version, type, schema, data, source, by, recorded_at, hash"
_TYPES = ["int8", "text", "text", "int8", "text", "int4", "text", "text", "text", "text", "bytea"]


def create_log(conninfo: str, *, writers: Sequence[str] = (), readers: Sequence[str] = ()) -> None:
    """Make the log's tables on a server, if they are missing, and let roles append or only read.

    The roles must exist; run it as their database's owner. Running it again only grants.
    """
    with _translated(conninfo), psycopg.connect(conninfo) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        if connection.execute("SELECT to_regclass('dialogue_registry.events')").fetchone() == (None,):
            connection.execute(_TABLES)
        for roles, insert in ((writers, ", INSERT"), (readers, "")):
            for role in roles:
                grants = sql.SQL(_GRANTS).format(role=sql.Identifier(role), insert=sql.SQL(insert))
                connection.execute(grants)


class PostgresLog:
    """A log on a server; the connection is made when it is needed and again when it broke."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._connection: psycopg.Connection | None = None

    @property
    def name(self) -> str:
        """The server's name, for messages: never with credentials."""
        return described(self._conninfo)

    def check(self) -> None:
        """Raise NotARegistryError or NewerRegistryError unless the server holds a log for this library."""
        with self._working() as connection:
            if connection.execute("SELECT to_regclass('dialogue_registry.events')").fetchone() == (None,):
                raise NotARegistryError(
                    f"{self.name} holds no registry: make one with 'dialogue-registry init postgresql://…' "
                    "(dialogue_registry.postgres.create_log)"
                )
            row = connection.execute("SELECT schema FROM dialogue_registry.about").fetchone()
        if row is not None and row[0] > SCHEMA:
            raise NewerRegistryError(
                f"{self.name} has log schema {row[0]}, this library knows up to {SCHEMA}: upgrade dialogue_registry"
            )

    def head(self) -> Head:
        """Say where the log ends."""
        with self._working() as connection:
            row = connection.execute(
                "SELECT position, hash, recorded_at FROM dialogue_registry.events ORDER BY position DESC LIMIT 1"
            ).fetchone()
        return EMPTY if row is None else Head(*row)

    def append(self, entries: Sequence[Entry], *, expected: int) -> None:
        """Append all or none; raises WrongPositionError when somebody else wrote first."""
        try:
            with self._working() as connection:
                if len(entries) == 1:
                    connection.execute(
                        f"INSERT INTO dialogue_registry.events ({_COLUMNS}) VALUES ({', '.join(['%s'] * 11)})",
                        entries[0],
                    )
                else:
                    copy = f"COPY dialogue_registry.events ({_COLUMNS}) FROM STDIN (FORMAT BINARY)"
                    with connection.cursor() as cursor, cursor.copy(copy) as stream:
                        stream.set_types(_TYPES)
                        for entry in entries:
                            stream.write_row(entry)
        except server.UniqueViolation as conflict:
            raise WrongPositionError(expected=expected, actual=self.head().position) from conflict

    def read(self, after: int = 0, *, limit: int = PAGE) -> list[Entry]:
        """Give at most ``limit`` entries after a position, in order."""
        with self._working() as connection, connection.cursor(binary=True) as cursor:
            cursor.execute(
                f"SELECT {_COLUMNS} FROM dialogue_registry.events WHERE position > %s ORDER BY position LIMIT %s",
                (after, limit),
            )
            return [Entry._make(row) for row in cursor]

    def stream(self, after: int = 0) -> Iterator[Entry]:
        """Give all entries after a position, by COPY: the fast way to read many."""
        with self._working() as connection, connection.cursor() as cursor:
            copy = (
                f"COPY (SELECT {_COLUMNS} FROM dialogue_registry.events WHERE position > {int(after)}"
                " ORDER BY position) TO STDOUT (FORMAT BINARY)"
            )
            with cursor.copy(copy) as stream:
                stream.set_types(_TYPES)
                for row in stream.rows():
                    yield Entry._make(row)

    def wait(self, seconds: float) -> None:
        """Wait until somebody appends, at most for a while; a wake-up only, the log is the truth.

        A server that is away is waited for as well.
        """
        with self._working() as connection:
            connection.execute("LISTEN dialogue_registry")
            for _ in connection.notifies(timeout=seconds, stop_after=1):
                pass

    def close(self) -> None:
        """Close the connection; the next use opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _working(self) -> Iterator[psycopg.Connection]:
        with _translated(self._conninfo):
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(self._conninfo, autocommit=True)
            try:
                yield self._connection
            except psycopg.OperationalError:
                self.close()
                raise


def described(conninfo: str) -> str:
    """Name a server without credentials."""
    told = psycopg.conninfo.conninfo_to_dict(conninfo)
    port = f":{told['port']}" if "port" in told else ""
    return f"postgresql://{told.get('host', 'localhost')}{port}/{told.get('dbname', '')}"


@contextmanager
def _translated(conninfo: str) -> Iterator[None]:
    try:
        yield
    except server.UniqueViolation:
        raise
    except (server.InsufficientPrivilege, server.ReadOnlySqlTransaction) as error:
        raise ReadOnlyError(
            f"{described(conninfo)} refuses it ({error.diag.message_primary}): ask for a role that may append"
        ) from error
    except psycopg.OperationalError as error:
        raise StorageError(
            f"{described(conninfo)} cannot be reached ({type(error).__name__}): if you were recording, it is not known "
            "whether the events arrived; record them again, which records nothing twice"
        ) from error
    except psycopg.Error as error:
        raise StorageError(f"{described(conninfo)}: {error}") from error
