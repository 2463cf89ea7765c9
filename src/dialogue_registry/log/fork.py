"""Connections to SQLite in a process that was made by ``fork()``.

SQLite keeps in memory which locks a process holds on a file, and the memory of a child says
what the parent holds. So a connection that was inherited must not be used, nor closed. And a
connection that the child opens to the same file takes no lock, as the child seems to hold it
already. When the parent closes the file, SQLite removes the write-ahead log with what the child
has recorded in it. Therefore the child holds these locks by itself, as long as it lives.
"""

import ctypes
import os
from pathlib import Path
from weakref import WeakSet

from dialogue_registry.errors import ForkedError
from dialogue_registry.log.sqlite_scopes import Connection

_connections: WeakSet[Connection] = WeakSet()
"""All connections of this process."""
_inherited = False
_held: set[tuple[int, int]] = set()
"""The device and inode of each file whose locks are held."""

# From SQLite's documented file format and os_unix.c: where a reader locks the file, and an open connection its -shm.
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510
_OPEN_SHM = 128


def track(connection: Connection) -> None:
    """Note that a connection belongs to this process."""
    _connections.add(connection)


def check_own(connection: Connection, name: str) -> None:
    """Raise ForkedError where a connection was inherited from the parent of this process."""
    if connection.inherited:
        raise ForkedError(
            f"{name} was opened by the parent of this process, before fork(): open it again here with "
            "Registry.open(…); nothing was recorded"
        )


def hold_locks(path: Path) -> None:
    """Hold the locks of a reader of an open file in WAL mode, where SQLite takes none in a forked process."""
    if not _inherited:
        return
    _hold(path.absolute(), _SHARED_FIRST, _SHARED_SIZE)
    _hold(Path(f"{path.absolute()}-shm"), _OPEN_SHM, 1)


def _hold(path: Path, start: int, length: int) -> None:
    import fcntl  # noqa: PLC0415 - only where there is fork()

    try:
        found = path.stat()
        if (found.st_dev, found.st_ino) not in _held:
            # It stays open: closing any descriptor of a file gives up all locks that the process holds on it.
            fcntl.lockf(os.open(path, os.O_RDONLY | os.O_CLOEXEC), fcntl.LOCK_SH, length, start, os.SEEK_SET)
            _held.add((found.st_dev, found.st_ino))
    except FileNotFoundError:
        pass  # no -shm: the file is on a medium that nobody can write to


def _forget() -> None:
    """Mark all connections as inherited, and keep them from being closed, even at the end of the process."""
    global _inherited  # noqa: PLW0603 - it is a state of the process
    for connection in list(_connections):
        _inherited = True
        connection.inherited = True
        connection.scopes.clear()  # nothing is undone here
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))
    _connections.clear()
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
