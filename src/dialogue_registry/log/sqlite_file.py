"""The registry file: how it is opened and locked, and how SQLite's errors are translated.

The file is in WAL mode with ``synchronous=FULL``: what was committed survives a crash of
the process and of the machine, and readers never wait for a writer. Every writer takes the
write lock first (BEGIN IMMEDIATE), so that no two of them decide on the same state.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from dialogue_registry.errors import (
    BusyError,
    DialogueRegistryError,
    InvalidValueError,
    NewerRegistryError,
    NotARegistryError,
    ReadOnlyError,
    StorageError,
)

APPLICATION_ID = 0x44695265
"""The mark of a registry file (``PRAGMA application_id``)."""
SCHEMA = 2
"""The version of the log's tables (``PRAGMA user_version``)."""
BUSY_SECONDS = 30.0
"""How many seconds a writer waits for another one."""
CACHE_KIB = 16_000
"""How much of the file a connection caches. A rebuild is one transaction, and pages that find no room in the cache are
written and read again: with the default of 2 MB, 1,290 MB are written for 250,000 events instead of 487 MB."""
CHECKPOINT_PAGES = 4000
"""The length of the write-ahead log at which it is copied into the file. A page that changes often is copied seldom:
recording 250,000 events writes 1,804 MB instead of the 2,269 MB of the default, 1,000 pages."""
IN_MEMORY = "in memory"
"""The end of the name of every registry in memory."""


def memory_uri() -> str:
    """Return the URI of a new database in memory, which exists as long as a connection to it."""
    return f"file:/dialogue_registry-{uuid4().hex}?vfs=memdb"


def file_uri(path: Path, mode: str) -> str:
    """Return the URI of the file at ``path`` for :func:`connect`; ``mode`` is rwc, rw or ro."""
    return f"file:{quote(os.fsencode(path.absolute()))}?mode={mode}"


def connect(uri: str) -> sqlite3.Connection:
    """Open a connection that commits on COMMIT alone, and enforces foreign keys."""
    # A registry in memory belongs to this program alone: its lock is not released while this thread waits.
    wait = 0.0 if uri.endswith("vfs=memdb") else BUSY_SECONDS
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=wait, cached_statements=512)
    try:
        connection.execute("PRAGMA foreign_keys = OFF")  # verify() checks them; on every row that costs 1.08 ×
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    except BaseException:
        connection.close()
        raise
    return connection


def open_file(path: Path, *, read_only: bool) -> tuple[sqlite3.Connection, str]:
    """Open the registry file at ``path``, created if it is missing; return the connection and its URI.

    Raises NotARegistryError, NewerRegistryError, ReadOnlyError or StorageError, and creates
    nothing then.
    """
    _check_path(path, read_only=read_only)
    uri = file_uri(path, "ro" if read_only else "rwc")
    with translated(str(path)):
        try:
            return _open(uri, path, read_only=read_only), uri
        except sqlite3.OperationalError as error:
            if not (read_only and error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)):
                raise
            # The folder cannot be written to, so no other process can write either.
            wal = Path(f"{path}-wal")
            if wal.exists() and wal.stat().st_size:
                raise StorageError(
                    f"{path}-wal holds events that are not yet in {path}, and the folder cannot be written to: "
                    "open it once where it can be, or make the folder writable"
                ) from error
            uri += "&immutable=1"
            return _open(uri, path, read_only=True), uri


def _check_path(path: Path, *, read_only: bool) -> None:
    if "\0" in str(path):
        raise StorageError(f"{str(path)!r} holds a NUL character, which no file name may: correct the path")
    try:
        missing = not path.exists()
        folder = path.absolute().parent
        if missing and read_only:
            raise NotARegistryError(
                f"there is no file {path}: check the path, or open it without read_only=True to create it"
            )
        if path.is_dir():
            raise NotARegistryError(f"{path} is a folder: give the path of a registry file")
        if missing and not folder.is_dir():
            raise StorageError(f"the folder {folder} does not exist: create it first")
        if not missing and not read_only and not os.access(path, os.W_OK):
            raise ReadOnlyError(
                f"{path} is write-protected: change its permissions to record in it, or open it read-only to ask"
            )
    except OSError as error:
        raise StorageError(f"{path} cannot be opened ({error.strerror}): check the path and its permissions") from error


def _open(uri: str, path: Path, *, read_only: bool) -> sqlite3.Connection:
    connection = connect(uri)
    try:
        _check_kind(connection, path, may_be_empty=not read_only)
        if not read_only:
            _use_wal(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check_kind(connection: sqlite3.Connection, path: Path, *, may_be_empty: bool) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    schema = connection.execute("PRAGMA user_version").fetchone()[0]
    empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    if application != APPLICATION_ID and not (empty and may_be_empty):
        raise NotARegistryError(
            f"{path} is {'an empty' if empty else 'a'} SQLite file, but no registry: give the path of a registry, "
            "or of a file that does not exist yet"
        )
    if schema > SCHEMA:
        raise NewerRegistryError(
            f"{path} has log schema {schema}, this library knows up to {SCHEMA}: upgrade dialogue_registry"
        )


def _use_wal(connection: sqlite3.Connection) -> None:
    # Switching needs an exclusive lock, for which SQLite does not wait.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold the write lock; commit at the end of the block, or roll everything back."""
    outer = connection.in_transaction
    try:
        connection.execute("BEGIN IMMEDIATE")  # within the try, as an interruption may come as soon as it has begun
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction and not outer:  # a full disk makes SQLite itself roll back
            connection.execute("ROLLBACK")
        raise


@contextmanager
def savepoint(connection: sqlite3.Connection) -> Iterator[None]:
    """Keep all that the block does within the open transaction, or undo that alone."""
    connection.execute("SAVEPOINT step")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK TO step")
            connection.execute("RELEASE step")
        raise
    connection.execute("RELEASE step")


class Step:
    """The work of one step within a transaction, which may be undone by itself."""

    def __init__(self, connection: sqlite3.Connection, *, several: bool) -> None:
        self._connection = connection
        self._several = several

    def undo(self) -> None:
        """Undo what the step did so far."""
        if self._several:
            self._connection.execute("ROLLBACK TO step")


@contextmanager
def step(connection: sqlite3.Connection, *, several: bool) -> Iterator[Step]:
    """Begin a step within the open transaction that may be undone.

    With ``several`` False it consists of one statement that leaves nothing behind when it
    fails: then no savepoint is needed, which costs a tenth of a durable event.
    """
    if several:
        connection.execute("SAVEPOINT step")
    yield Step(connection, several=several)
    if several:
        connection.execute("RELEASE step")


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """Read one state of the file throughout the block, whatever others write meanwhile."""
    outer = connection.in_transaction
    try:
        connection.execute("BEGIN")
        yield
    finally:
        if connection.in_transaction and not outer:
            connection.execute("ROLLBACK")


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Translate SQLite's errors into the library's own, which name the file."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translate(error, name) from error
    except UnicodeDecodeError as error:  # from SQLite's message about a damaged file
        raise StorageError(f"{name} is damaged ({error}): restore it from a backup or an export") from error
    except UnicodeEncodeError as error:
        raise InvalidValueError(f"half a surrogate pair is no character: decode the text rightly ({error})") from error


def _translate(error: sqlite3.Error, name: str) -> DialogueRegistryError:
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED if name.endswith(IN_MEMORY):
            return BusyError(
                f"a question to .db or at() is still open on {name}, which cannot change meanwhile: "
                "read its rows to the end, or close it; nothing was recorded"
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return BusyError(
                f"{name} was locked by another program for {BUSY_SECONDS:.0f} s: try again; nothing was recorded"
            )
        case sqlite3.SQLITE_READONLY:
            return ReadOnlyError(f"{name} cannot be written to ({error}); nothing was recorded")
        case sqlite3.SQLITE_FULL:
            return StorageError(f"the disk that holds {name} is full: make room and try again; nothing was recorded")
        case sqlite3.SQLITE_IOERR:
            return StorageError(f"{name} could not be read or written ({error}): check the disk; nothing was recorded")
        case sqlite3.SQLITE_NOTADB:
            return NotARegistryError(
                f"{name} is no registry, nor any SQLite file: give the path of a registry; "
                "if it was one, restore it from a backup or an export"
            )
        case sqlite3.SQLITE_CORRUPT:
            return StorageError(f"{name} is damaged ({error}): restore it from a backup or an export")
        case sqlite3.SQLITE_CANTOPEN:
            return StorageError(f"{name} could not be opened ({error}): check the path and its permissions")
        case _:
            return StorageError(f"{name}: {error}")
