"""A connection to a PostgreSQL server: how it is opened and limited, and how the driver's errors are translated."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg import errors as server
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from dialogue_registry.errors import BusyError, InvalidValueError, ReadOnlyError, StorageError, UnreachableError

if TYPE_CHECKING:
    from psycopg.abc import PQGen

T = TypeVar("T")

_DEFAULTS: dict[str, int | str] = {
    "connect_timeout": 10,
    "tcp_user_timeout": 30_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "fallback_application_name": "dialogue_registry",
}
"""The parameters of a connection whose address gives no others: a lost network is noticed within half a minute."""

_SETTINGS = sql.SQL(
    # No function or operator of another role is called in place of the server's own.
    "SET search_path = pg_catalog, pg_temp;"
    # A writer that waited for the lock must see what others appended meanwhile.
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED;"
    # The log is read by its index: in a table that has just grown, the planner would first sort all rows, on disk.
    "SET enable_bitmapscan = off;"
    "SET lock_timeout = {lock_timeout}"
)
TIMEOUT = 30.0
"""The seconds that a writer waits for another one, and every call for an answer of the server."""

_RETRIABLE = (
    server.QueryCanceled,
    server.DeadlockDetected,
    server.SerializationFailure,
    server.IdleInTransactionSessionTimeout,
)
"""The errors after which the server has rolled everything back: a timeout, or a conflict with others."""


class NoAnswerError(psycopg.OperationalError):
    """The server keeps the connection open and does not answer."""


class Connection(psycopg.Connection):
    """A connection that waits for no answer longer than :attr:`answer_within`, in seconds.

    The kernel of a machine acknowledges what is sent to a server that was stopped, so no
    timeout of TCP ends that wait.
    """

    answer_within = TIMEOUT

    def wait(self, gen: "PQGen[T]", *args: Any, **kwargs: Any) -> T:
        """Wait for an answer; raises NoAnswerError."""
        return super().wait(_limited(gen, self.answer_within), *args, **kwargs)


def _limited(gen: "PQGen[T]", seconds: float) -> "PQGen[T]":
    """Pass everything on to a generator of the driver; raises NoAnswerError after so many seconds of silence."""
    deadline = time.monotonic() + seconds
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if ready:
                deadline = time.monotonic() + seconds
            elif time.monotonic() > deadline:
                raise NoAnswerError(f"no answer for {seconds:g} s")
            wanted = gen.send(ready)
    except StopIteration as end:
        result: T = end.value
        return result


def connect(conninfo: str, timeout: float) -> Connection:
    """Open a connection, each of whose calls waits for so many seconds at most for an answer, or for a lock."""
    given = conninfo_to_dict(conninfo)
    defaults = {name: value for name, value in _DEFAULTS.items() if name not in given}
    patience = str(given.get("connect_timeout") or defaults["connect_timeout"])
    if patience.isdecimal() and not 0 < int(patience) <= timeout:
        defaults["connect_timeout"] = math.ceil(timeout)
    address = make_conninfo(conninfo, client_encoding="UTF8", **defaults)
    connection = Connection.connect(address, autocommit=True)
    try:
        connection.answer_within = timeout
        if _is_pooled(connection):
            connection.prepare_threshold = None
        else:
            connection.execute(_SETTINGS.format(lock_timeout=sql.Literal(f"{math.ceil(timeout * 1000)}ms")))
    except BaseException:
        connection.close()
        raise
    return connection


def _is_pooled(connection: Connection) -> bool:
    """Return whether a pooler stands before the server, which tells of a process of its own.

    It may run each transaction on another connection to the server. There the statements and
    settings of this one are unknown, or in the way of other programs.
    """
    row = connection.execute("SELECT pg_catalog.pg_backend_pid()").fetchone()
    return row != (connection.info.backend_pid,)


def display_name(conninfo: str) -> str:
    """Return the name of a server without credentials; raises InvalidValueError where these cannot be distinguished."""
    with suppress(psycopg.Error):
        given = {name: str(value) for name, value in conninfo_to_dict(conninfo).items() if value is not None}
        host, port, database = given.get("host", ""), given.get("port", ""), given.get("dbname", "")
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
def translated(name: str) -> Iterator[None]:
    """Translate the driver's errors into the library's own."""
    try:
        yield
    except (server.UniqueViolation, server.CheckViolation, server.DuplicateTable):
        raise
    except (server.InsufficientPrivilege, server.ReadOnlySqlTransaction) as error:
        raise ReadOnlyError(f"{name} refuses it ({message(error)}): use a role that may") from error
    except server.LockNotAvailable as error:
        raise BusyError(
            f"another program has been writing to {name} for too long: try again; nothing was recorded"
        ) from error
    except _RETRIABLE as error:
        raise BusyError(f"{name} cancelled it ({message(error)}): try again; nothing was recorded") from error
    except (psycopg.DataError, server.ProgramLimitExceeded) as error:
        raise StorageError(f"{name} refuses it: {message(error)}; nothing was recorded") from error
    except psycopg.Error as error:
        if is_connection_lost(error):
            raise UnreachableError(
                f"{name} cannot be reached ({message(error)}): if you were recording, it is not known "
                "whether that arrived; record it again, nothing is recorded twice"
            ) from error
        raise StorageError(f"{name}: {message(error)}") from error


def is_connection_lost(error: psycopg.Error) -> bool:
    """Return whether an error means that the connection is lost, or is being closed (SQLSTATE 08 and 57P)."""
    if error.sqlstate is None:  # raised by the driver
        return isinstance(error, psycopg.OperationalError)
    return error.sqlstate.startswith(("08", "57P"))


def message(error: psycopg.Error) -> str:
    """Return what the server or the driver says, on one line."""
    return error.diag.message_primary or " ".join(str(error).split()) or type(error).__name__
