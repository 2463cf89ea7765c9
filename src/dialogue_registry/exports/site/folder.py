"""The folder of a site, replaced whole or not at all, whatever moment the process dies at.

It is written beside its place, brought to the disk, and then exchanged with what stands
there. What a killed process left beside is removed by the next one.
"""

import ctypes
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dialogue_registry.errors import InvalidValueError, StorageError

MARK = "site.json"
"""The file by which an earlier site is known."""
_MADE_BY = b'"made_by":"dialogue-registry"'
_OWN = frozenset(
    {
        MARK, "index.html", "index.json", "search.html", "search.json", "news.atom", "calendar.ics", "assets",
        "pictures", "download", "dialogues", "series", "meetings", "people", "parties", "statements", "disputes",
        "anomalies", "sources",
    }
)  # fmt: skip


@contextmanager
def replaced(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Yield a new folder, and a place for what is only needed meanwhile; put the folder in place at the end.

    Raises InvalidValueError where the folder holds anything else than an earlier site.
    """
    folder = Path(os.path.realpath(folder))
    check(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        beside = folder.parent / f".{folder.name}.publishing-{secrets.token_hex(8)}"
        beside.mkdir(mode=0o700)
    except OSError as error:
        raise _unwritable(folder, error) from error
    lock = _lock(beside)
    try:
        new = beside / "site"
        new.mkdir()
        yield new, beside
        with suppress(FileNotFoundError):
            shutil.copymode(folder, new)
        check(folder)  # somebody may have put something there meanwhile
        _exchange(new, folder)
        _sync(folder.parent)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def check(folder: Path) -> None:
    """Raise InvalidValueError where a folder holds what is no earlier site."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InvalidValueError(f"{folder} is a file, where a folder was wanted: give the path of a folder")
    held = {entry.name for entry in folder.iterdir()}
    if not held:
        return
    stray = sorted(held - _OWN)
    marked = (folder / MARK).is_file() and _MADE_BY in (folder / MARK).read_bytes()
    if stray or not marked:
        holds = f"holds {stray[0]!r}" if stray else "is not empty"
        raise InvalidValueError(f"{folder} {holds}, and is no published site alone: publish into another folder")


def _unwritable(folder: Path, error: OSError) -> StorageError:
    return StorageError(f"{folder} cannot be written ({error.strerror}): check the path and its permissions")


def _lock(folder: Path) -> int | None:
    """Lock a folder for as long as this process lives, where the system can; return what holds the lock."""
    if sys.platform == "win32":
        return None
    import fcntl  # noqa: PLC0415 - not on every system

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _sweep(folder: Path) -> None:
    """Remove what processes that were killed left beside a folder; they left what nobody has locked."""
    for left in folder.parent.glob(f".{folder.name}.publishing-*"):
        lock = _lock(left)
        if lock is not None:
            shutil.rmtree(left, ignore_errors=True)
            os.close(lock)


def _exchange(new: Path, folder: Path) -> None:
    """Put a new folder in the place of another, which comes to stand where the new one was."""
    if not folder.exists():
        new.rename(folder)
        return
    if _renameat2(new, folder):
        return
    # Without an exchange in one step, a kill between these two leaves the old site beside its place.
    old = new.with_name("old")
    folder.rename(old)
    new.rename(folder)


_EXCHANGE = 2
_AT_FDCWD = -100


def _renameat2(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; return whether the system could."""
    if not sys.platform.startswith("linux"):
        return False
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    return (
        renameat2 is not None and renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE) == 0
    )


def _sync(folder: Path) -> None:
    with suppress(OSError):  # not every system can open a folder
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
