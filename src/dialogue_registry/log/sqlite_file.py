"""The registry file: how it is opened, checked and locked, and how SQLite's errors are translated.

The file is in WAL mode with ``synchronous=FULL``. What was committed survives a crash of the
process and of the machine, and readers never wait for a writer. Every writer takes the write
lock first (BEGIN IMMEDIATE), so that no two of them decide on the same state.
"""

import os
import sqlite3
import time
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from uuid import uuid4

from dialogue_registry.errors import (
    BusyError,
    DialogueRegistryError,
    InvalidValueError,
    MissingFileError,
    NewerRegistryError,
    NotARegistryError,
    ReadOnlyError,
    StorageError,
)
from dialogue_registry.log import fork
from dialogue_registry.log.sqlite_functions import raised_in_function
from dialogue_registry.log.sqlite_log import APPLICATION_ID, SCHEMA, changed_object
from dialogue_registry.log.sqlite_place import CopiedFile, OpenedFile, check_no_log_beside, copied_file, file_uri
from dialogue_registry.log.sqlite_scopes import Connection

BUSY_SECONDS = 30.0
"""The seconds that a writer waits for another one."""
CACHE_KIB = 8000
"""The part of the file that a connection caches. A rebuild is one transaction, and pages beyond the cache are written
and read again: for 250,000 events 723 MB are written with the default of 2 MB, 580 with this, 563 with twice as much.
What a connection caches is memory that each program holds for each registry."""
CHECKPOINT_PAGES = 4000
"""The length of the write-ahead log at which it is copied into the file. A page that changes often is copied seldom:
recording 250,000 events writes 1,804 MB instead of the 2,269 MB of the default, 1,000 pages."""
LONGEST, LONGEST_SQL = 100_000_000, 1_000_000
"""The length of the longest row that is read from a file, five times the data of an event, and of a definition."""
IN_MEMORY = "in memory"
"""The end of the name of every registry in memory."""


def memory_uri() -> str:
    """Return the URI of a new database in memory, which exists as long as a connection to it."""
    return f"file:/dialogue_registry-{uuid4().hex}?vfs=memdb"


def connect(uri: str) -> Connection:
    """Open a connection that commits on COMMIT alone.

    Raises StorageError where this SQLite cannot hold a registry.
    """
    check_sqlite(sqlite3.sqlite_version_info)
    # A registry in memory belongs to this program alone: its lock is not released while this thread waits, and soon
    # where another one reads. A session sees to it that one thread at a time uses a connection.
    wait = 0.5 if uri.endswith("vfs=memdb") else BUSY_SECONDS
    connection = Connection(
        uri, uri=True, isolation_level=None, timeout=wait, cached_statements=512, check_same_thread=False
    )
    fork.track(connection)
    connection.place = copied_file(uri)
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
        connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, LONGEST_SQL)
        connection.execute("PRAGMA foreign_keys = OFF")  # verify() checks them; on every row that costs 1.08 ×
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    except BaseException:
        connection.close()
        raise
    return connection


@lru_cache(maxsize=1)
def check_sqlite(version: tuple[int, ...]) -> None:
    """Raise StorageError unless SQLite is of this version or newer than 3.37, and has FTS5 and JSON."""
    reason = "" if version >= (3, 37) else "is too old"
    with closing(sqlite3.connect(":memory:")) as probe:
        for feature, statement in _FEATURES.items():
            try:
                probe.execute(statement)
            except sqlite3.OperationalError:
                reason = reason or f"was built without {feature}"
    if reason:
        raise StorageError(
            f"the SQLite of this Python, {'.'.join(map(str, version))}, {reason}: a registry needs 3.37 or newer with "
            "FTS5 and JSON; use a Python that has it (python -c 'import sqlite3; print(sqlite3.sqlite_version)')"
        )


_FEATURES = {
    "FTS5": "CREATE VIRTUAL TABLE temp.probe USING fts5 (text)",
    "JSON": "SELECT json_extract('{}', '$')",
}


def open_file(path: Path, *, read_only: bool) -> tuple[Connection, str]:
    """Open the registry file at ``path``, created if it is missing; return the connection and its URI.

    Without permission to write to its folder, SQLite cannot read a file beside those who write
    to it. On a medium that nobody can write to it is read as it is. Elsewhere a copy is read,
    and an error raised when the file has changed.

    Raises NotARegistryError, NewerRegistryError, ReadOnlyError or StorageError, and creates
    nothing then.
    """
    check_sqlite(sqlite3.sqlite_version_info)
    _check_path(path, read_only=read_only)
    uri = file_uri(path, "ro" if read_only else "rwc")
    with translated(str(path)):
        try:
            return _open(uri, path, read_only=read_only), uri
        except sqlite3.OperationalError as error:
            if not (read_only and error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)):
                raise
        if _is_on_read_only_medium(path):
            check_no_log_beside(path)
            uri += "&immutable=1"
            return _open(uri, path, read_only=True), uri
        copy = CopiedFile(path)
        return _open(copy.uri, path, read_only=True), copy.uri


def _is_on_read_only_medium(path: Path) -> bool:
    return hasattr(os, "statvfs") and bool(os.statvfs(path).f_flag & os.ST_RDONLY)


def _check_path(path: Path, *, read_only: bool) -> None:
    if "\0" in str(path):
        raise StorageError(f"{str(path)!r} holds a NUL character, which no file name may: correct the path")
    try:
        missing = not path.exists()
        folder = path.absolute().parent
        if path.is_dir():
            raise NotARegistryError(f"{path} is a folder: give the path of a registry file")
        if not missing and not path.is_file():  # a pipe would be waited for
            raise NotARegistryError(f"{path} is a pipe or a device: give the path of a registry file")
        if missing and not read_only and not folder.is_dir():
            raise StorageError(f"the folder {folder} does not exist: create it first")
        if not missing and not read_only and not os.access(path, os.W_OK):
            raise ReadOnlyError(
                f"{path} is write-protected: change its permissions to record in it, or open it read-only to ask"
            )
    except OSError as error:
        raise StorageError(f"{path} cannot be opened ({error.strerror}): check the path and its permissions") from error
    if missing and read_only:
        raise MissingFileError(f"there is no file {path}: check the path; Registry.open(path) creates one")


def _open(uri: str, path: Path, *, read_only: bool) -> Connection:
    connection = connect(uri)
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        _check_kind(connection, path, read_only=read_only)
        connection.execute("PRAGMA trusted_schema = ON")  # until 3.43, SQLite has no other way to use json_extract()
        if not read_only:
            _use_wal(connection)
        if connection.place is None and "immutable" not in uri:
            connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()  # opens the write-ahead log
            connection.place = OpenedFile(path, read_only=read_only)
            fork.hold_locks(path)
    except BaseException:
        connection.close()
        raise
    return connection


def _check_kind(connection: sqlite3.Connection, path: Path, *, read_only: bool) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    schema = connection.execute("PRAGMA user_version").fetchone()[0]
    empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    if application != APPLICATION_ID and not (empty and not read_only):
        raise NotARegistryError(
            f"{path} is {'an empty' if empty else 'a'} SQLite file, but no registry: give the path of a registry, "
            "or of a file that does not exist yet"
        )
    if schema > SCHEMA:
        raise NewerRegistryError(
            f"{path} has log schema {schema}, this library knows up to {SCHEMA}: upgrade dialogue_registry"
        )
    if not empty and (changed := changed_object(connection, read_only=read_only)):
        raise NotARegistryError(
            f"{path} is a registry whose {changed} is not the one that this library makes: restore it from a backup, "
            "or open it read-only to export what it holds"
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


class translated:  # noqa: N801 - it is used as a function is, like contextlib.suppress
    """Translate SQLite's errors into the library's own, which name the file.

    With a connection, an error of Python is due to a damaged file if one is found there.
    """

    __slots__ = ("_connection", "_name")

    def __init__(self, name: str, connection: sqlite3.Connection | None = None) -> None:
        self._name = name
        self._connection = connection

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and (translation := _translation(error, self._name, self._connection)) is not None:
            raise translation from error


_DUE_TO_DAMAGE = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError,
)  # fmt: skip
"""The errors that Python raises where a value is of another kind than its column."""


def _translation(
    error: BaseException, name: str, connection: sqlite3.Connection | None
) -> DialogueRegistryError | None:
    """Return the library's own error for one of SQLite, or of Python in a damaged file; None where it stays."""
    if isinstance(error, sqlite3.Error):
        if (unread := raised_in_function(error)) is None:
            return _translate(error, name)
        return StorageError(
            f"{name} is damaged (its tables hold what cannot be read: {unread}): rebuild its views, "
            "or restore it from a backup or an export"
        )
    if isinstance(error, DialogueRegistryError):
        return None
    if isinstance(error, UnicodeDecodeError):  # from SQLite's message about a damaged file
        return StorageError(f"{name} is damaged ({error}): restore it from a backup or an export")
    if isinstance(error, UnicodeEncodeError):
        return InvalidValueError(f"half a surrogate pair is no character: decode the text rightly ({error})")
    if isinstance(error, _DUE_TO_DAMAGE) and connection is not None and (damage := _damage(connection)):
        return StorageError(f"{name} is damaged ({damage}): restore it from a backup or an export")
    return None


def _damage(connection: sqlite3.Connection) -> str:
    """Return the first damage of a database, such as a value of another kind than its column; "" without any."""
    try:
        (found,) = connection.execute("PRAGMA main.quick_check(1)").fetchone()
    except sqlite3.Error as error:
        return str(error)
    return "" if found == "ok" else str(found)


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
        case _ if "user-defined" in str(error):
            return StorageError(
                f"{name}: a function that SQLite called could not begin, for a text that is no UTF-8 or too deep a "
                "recursion; nothing was recorded: call it from fewer functions, or verify the registry"
            )
        case _:
            return StorageError(f"{name}: {error}")
