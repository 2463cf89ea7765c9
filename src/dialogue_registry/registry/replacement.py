"""Replacement of a file or a folder: whole or not at all, whatever moment the process dies at.

It is written in a new folder beside its place, under a name that nobody can foresee. It is
brought to the disk, and then renamed, or exchanged with what stands there. No link is followed.
The folder that a killed process left is removed by the next one that writes to the same place.

Not covered: a folder where the system cannot exchange two of them in one step (others than
Linux and macOS). There a kill between two renames leaves the old one beside its place.
"""

import ctypes
import glob
import os
import secrets
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from dialogue_registry.registry.kept_copies import bring_to_disk


@contextmanager
def replaced_file(destination: Path) -> Iterator[IO[bytes]]:
    """Yield a file to write, which then takes the place of the destination and has the permissions of that one.

    A pipe or a device is written to, not replaced.
    """
    try:
        there = destination.stat()
    except FileNotFoundError:
        there = None
    if there is not None and not stat.S_ISREG(there.st_mode):
        with destination.open("wb") as file:
            yield file
        return
    with _beside(destination) as folder:
        new = folder / "new"
        with new.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if there is not None and not destination.is_symlink():
            shutil.copymode(destination, new)
        new.replace(destination)
        bring_to_disk(destination.parent)


@contextmanager
def replaced_folder(destination: Path) -> Iterator[Path]:
    """Yield an empty folder to fill, which then takes the place of the destination; raises OSError at a link."""
    _check_no_link(destination)
    destination = Path(os.path.abspath(destination))  # noqa: PTH100 - resolve() would follow links
    destination.parent.mkdir(parents=True, exist_ok=True)
    with _beside(destination) as folder:
        new = folder / "new"
        new.mkdir()
        yield new
        for path in (*new.rglob("*"), new):
            bring_to_disk(path)
        if destination.exists():
            shutil.copymode(destination, new)
            _exchange(new, destination)
        else:
            new.rename(destination)
        bring_to_disk(destination.parent)


@contextmanager
def filled_folder(destination: Path) -> Iterator[Path]:
    """Yield an empty folder to fill, whose files then take their places in the destination, each of them whole.

    Raises OSError at a link.
    """
    _check_no_link(destination)
    with _beside(destination / "files") as folder:
        yield folder
        for path in sorted(folder.iterdir()):
            bring_to_disk(path)
            path.replace(destination / path.name)
        bring_to_disk(destination)


def _check_no_link(destination: Path) -> None:
    if destination.is_symlink():
        raise NotADirectoryError(0, "it is a link, which is not followed", str(destination))


@contextmanager
def _beside(destination: Path) -> Iterator[Path]:
    """Yield a new folder beside a place, for as long as this process works on it."""
    for left in destination.parent.glob(f".{glob.escape(destination.name)}.writing-*"):
        if (lock := _lock(left)) is not None:  # nobody holds it, so who made it is dead
            shutil.rmtree(left, ignore_errors=True)
            os.close(lock)
    folder, lock = _locked_folder(destination)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _locked_folder(destination: Path) -> tuple[Path, int | None]:
    """Make a folder beside a place; return it and its lock, None where the system has no locks.

    Between the two, another process may take the folder for one that was left, and remove it.
    """
    tries = 10
    while True:
        folder = destination.with_name(f".{destination.name}.writing-{secrets.token_hex(8)}")
        folder.mkdir(mode=0o700)
        lock = _lock(folder)
        tries -= 1
        if (lock is not None and folder.exists()) or not tries:
            return folder, lock
        if lock is not None:
            os.close(lock)
        shutil.rmtree(folder, ignore_errors=True)


def _lock(folder: Path) -> int | None:
    """Lock a folder and return what holds the lock; None where another process does, or the system has no locks."""
    if sys.platform == "win32":
        return None
    import fcntl  # noqa: PLC0415 - not on every system

    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _exchange(new: Path, destination: Path) -> None:
    """Put a folder in the place of another one, which then stands where the first one was."""
    if not _exchanged(os.fsencode(new), os.fsencode(destination)):
        old = new.with_name("old")
        destination.rename(old)
        new.rename(destination)


def _exchanged(one: bytes, other: bytes) -> bool:
    """Exchange two folders in one step; return whether the system could."""
    system = ctypes.CDLL(None) if sys.platform in ("linux", "darwin") else None
    if renameat2 := getattr(system, "renameat2", None):
        return bool(renameat2(_HERE, one, _HERE, other, _EXCHANGE) == 0)
    if renamex := getattr(system, "renamex_np", None):
        return bool(renamex(one, other, _EXCHANGE) == 0)
    return False


_HERE = -100
"""AT_FDCWD of Linux: a relative path begins at the working folder."""
_EXCHANGE = 2
"""RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS."""
