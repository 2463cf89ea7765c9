"""The place of a connection's database: a file that was opened, or the copy of one that cannot be opened.

Other programs may delete, replace or change the file meanwhile. SQLite goes on with what it
has opened, and does not tell.
"""

import os
import shutil
import time
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from typing import IO, NamedTuple
from urllib.parse import quote, unquote_to_bytes
from weakref import WeakValueDictionary, finalize

from dialogue_registry.errors import BusyError, StorageError

_CHUNK = 1 << 20
_TRIES = 50
_PAUSE = 0.1
"""The seconds that pass between two tries to copy a file."""


def file_uri(path: Path, mode: str) -> str:
    """Return the URI of the file at ``path`` for SQLite; ``mode`` is rwc, rw or ro."""
    return f"file:{quote(os.fsencode(path.absolute()))}?mode={mode}"


def path_of(uri: str) -> Path | None:
    """Return the path of the registry that a URI names, absolute; None where it is in memory."""
    if (copy := _copies.get(uri)) is not None:
        return copy.path.absolute()
    path, _, options = uri.removeprefix("file:").partition("?")
    return None if "vfs=memdb" in options else Path(os.fsdecode(unquote_to_bytes(path)))


class OpenedFile:
    """A file that SQLite has opened, and its write-ahead log where it is written to."""

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self._path = path
        self._parts = [str(part) for part in ([path] if read_only else [path, log_beside(path)])]
        self._identities = [_identity(part) for part in self._parts]

    def check_is_there(self) -> None:
        """Raise StorageError unless the path still leads to the file that was opened."""
        if [_identity(part) for part in self._parts] != self._identities:
            raise StorageError(
                f"{self._path} was deleted, moved or replaced while it was open; nothing was recorded: "
                "put it back, or open the file that is there now"
            )

    def check_is_unchanged(self) -> None:
        """Do nothing: SQLite itself reads what others write to an open file."""


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - twice as fast as that of a Path, and asked twice a durable event
    except OSError:
        return None
    return found.st_dev, found.st_ino


class _State(NamedTuple):
    """The sizes and times of a file that change when somebody writes to it."""

    identity: tuple[int, int] | None
    size: int
    written: int
    counters: bytes
    log_size: int


class CopiedFile:
    """A copy of a file that SQLite cannot open where it is, as long as the file stays as it was copied."""

    def __init__(self, path: Path) -> None:
        #: The place of the file that was copied.
        self.path = path
        folder = mkdtemp(prefix="dialogue_registry-")
        finalize(self, _remove, folder, os.getpid())
        copy = Path(folder) / "copy.db"
        try:
            self._state = self._copy(copy)
        except OSError as error:
            reason = error.strerror or error
            raise StorageError(f"{path} could not be opened ({reason}): check the path and its permissions") from error
        #: The copy, for connections to it.
        self.uri = f"{file_uri(copy, 'ro')}&immutable=1"
        _copies[self.uri] = self

    def check_is_there(self) -> None:
        """Raise StorageError unless the file is as it was when it was copied."""
        self.check_is_unchanged()

    def check_is_unchanged(self) -> None:
        """Raise StorageError unless the file is as it was when it was copied."""
        try:
            unchanged = self._read_state() == self._state
        except OSError:
            unchanged = False
        if not unchanged:
            raise StorageError(
                f"{self.path} has changed since it was opened, and cannot be read beside those who write to it "
                "without permission to write to its folder: open it again, or ask for that permission"
            )

    def _copy(self, copy: Path) -> _State:
        """Copy the file whole, and return its state.

        Between two readings of the same bytes every byte had that value at once. Where there is
        no write-ahead log at that moment, nobody is about to put it into the file.
        """
        for _ in range(_TRIES):
            with self.path.open("rb") as original, copy.open("wb") as target:
                digest = _read(original, target)
                check_no_log_beside(self.path)
                state = self._read_state()
                original.seek(0)
                if _read(original) == digest and self._read_state() == state:
                    return state
            time.sleep(_PAUSE)
        raise BusyError(
            f"{self.path} was written to all the time, so that no copy of it could be made: try again, or ask for "
            "permission to write to its folder"
        )

    def _read_state(self) -> _State:
        found = self.path.stat()
        with self.path.open("rb") as file:
            header = file.read(100)
        counters = header[24:28] + header[92:100]  # the change counter, and the version it was valid for
        return _State((found.st_dev, found.st_ino), found.st_size, found.st_mtime_ns, counters, _log_size(self.path))


def _remove(folder: str, process: int) -> None:
    if os.getpid() == process:  # a process made by fork() uses the copy, which is not its own
        shutil.rmtree(folder, ignore_errors=True)


_copies: WeakValueDictionary[str, CopiedFile] = WeakValueDictionary()


def copied_file(uri: str) -> CopiedFile | None:
    """Return the copy that a URI names, if it does."""
    return _copies.get(uri)


def log_beside(path: Path) -> Path:
    """Return the path of the write-ahead log of a file."""
    return Path(f"{path}-wal")


def _log_size(path: Path) -> int:
    log = log_beside(path)
    return log.stat().st_size if log.exists() else 0


def check_no_log_beside(path: Path) -> None:
    """Raise StorageError where the write-ahead log of a file holds something."""
    if _log_size(path):
        raise StorageError(
            f"{log_beside(path)} holds events that are not yet in {path}, and the folder cannot be written to: "
            "open it once where it can be, or make the folder writable"
        )


def _read(original: IO[bytes], target: IO[bytes] | None = None) -> bytes:
    digest = sha256()
    while chunk := original.read(_CHUNK):
        digest.update(chunk)
        if target is not None:
            target.write(chunk)
    return digest.digest()
