"""Copies of sources, kept in a folder beside the registry, each under its checksum.

The log has who kept a copy, of which source, its SHA-256 and when it was retrieved; the bytes
are in the folder alone. A copy is written under another name, brought to the disk, and renamed
before its event is recorded. Whatever moment the process dies at, what the log has is there.
"""

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from enum import StrEnum
from hashlib import file_digest, sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

import attrs

from dialogue_registry.errors import StorageError, UnreadableFileError
from dialogue_registry.log.codec import decode_source
from dialogue_registry.log.sqlite_place import path_of
from dialogue_registry.model.addresses import check_path
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Source
from dialogue_registry.queries.display import Shown
from dialogue_registry.queries.sources import sources
from dialogue_registry.registry.session import Session

_CHUNK = 1 << 20


class CopyState(StrEnum):
    """The state of a copy: unchanged, changed, gone; or elsewhere, at the address that its event names."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    GONE = "gone"
    ELSEWHERE = "elsewhere"


@attrs.frozen(kw_only=True)
class KeptCopy(Shown):
    """A copy of a source, and whether it is still as it was kept.

    ``number`` is that of the source, None where no event comes from it. ``path`` is the file
    of the copy, or "" where there is none.
    """

    number: int | None
    title: str
    state: CopyState
    retrieved: PartialDate
    sha256: str
    archived: str
    path: str
    event: int


def folder_of(session: Session) -> Path | None:
    """Return the folder of the copies beside a registry, such as ``ca-jad.db.sources``; None beside none in memory."""
    path = path_of(session.uri)
    return None if path is None else path.with_name(f"{path.name}.sources")


@contextmanager
def keeping(session: Session, path: str | os.PathLike[str]) -> Iterator[str]:
    """Copy a file beside the registry, and yield its SHA-256; what leaves the block with an error leaves no copy."""
    check_path(path)
    folder = folder_of(session)
    if session.replica is not None or folder is None:
        raise StorageError(
            f"{session.name} is not in a file of its own, beside which a copy could be kept: keep it at an address, "
            "and record SourceKept with sha256, retrieved and archived"
        )
    new = not folder.exists()
    try:
        with _opened(Path(path)) as origin:
            digest, kept = _copied(origin, folder, Path(path).suffix)
    except OSError as error:
        raise StorageError(
            f"a copy cannot be kept in {folder} ({error.strerror or error}): check its permissions and the free space"
        ) from error
    try:
        yield digest
    except BaseException:
        if kept is not None:
            kept.unlink(missing_ok=True)
            with suppress(OSError):
                if new:
                    folder.rmdir()
        raise


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UnreadableFileError(f"{path} is no file: give the path of one")
        file = path.open("rb")
    except FileNotFoundError:
        raise UnreadableFileError(f"there is no file {path}: check the path") from None
    except (OSError, ValueError) as error:
        raise UnreadableFileError(f"{path} cannot be read ({getattr(error, 'strerror', None) or error})") from None
    with file:
        yield file


def _copied(origin: IO[bytes], folder: Path, suffix: str) -> tuple[str, Path | None]:
    """Return the SHA-256 of a file, and its new copy; None where an unchanged one is there already."""
    folder.mkdir(exist_ok=True)
    digest = sha256()
    with NamedTemporaryFile(dir=folder, prefix=".writing-", delete=False) as copy:
        new = Path(copy.name)
        try:
            while chunk := origin.read(_CHUNK):
                digest.update(chunk)
                copy.write(chunk)
            copy.flush()
            os.fsync(copy.fileno())
        except BaseException:
            new.unlink(missing_ok=True)
            raise
    name = digest.hexdigest()
    found = _files(folder).get(name)
    if found is not None and _digest(found) == name:
        new.unlink()
        return name, None
    target = found or folder / f"{name}{suffix if suffix[1:].isalnum() and len(suffix) < 10 else ''}"
    new.replace(target)
    target.chmod(0o444)
    bring_to_disk(folder)
    return name, target


def bring_to_disk(path: Path) -> None:
    """Bring a file or the entries of a folder to the disk."""
    with suppress(OSError) if path.is_dir() else nullcontext():  # not every system can open a folder
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file, "" where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _files(folder: Path | None) -> Mapping[str, Path]:
    """Return the files of a folder of copies, by the checksum that is their name."""
    if folder is None or not folder.is_dir():
        return {}
    return {path.name.partition(".")[0]: path for path in sorted(folder.iterdir()) if path.is_file()}


def standing_copy(session: Session, source: Source, digest: str) -> int | None:
    """Return the position of the event that says that a copy of a source was kept here, None if none does."""
    rows = session.connection.execute(
        "SELECT source, event FROM kept_sources WHERE sha256 = ? AND archived = '' ORDER BY fact", (digest,)
    )
    return next((event for stated, event in rows if decode_source(stated, event) == source), None)


def check_copies(session: Session) -> Iterator[KeptCopy]:
    """Yield every copy that was kept, in the order of the log, compared with its checksum."""
    numbers = {source.source: source.number for source in sources(session.connection)}
    files = _files(folder_of(session))
    digests: dict[str, str] = {}
    rows = session.connection.execute(
        "SELECT source, sha256, retrieved, archived, event FROM kept_sources ORDER BY fact"
    ).fetchall()
    for stated, checksum, retrieved, archived, event in rows:
        source = decode_source(stated, event)
        assert source is not None
        file = files.get(checksum)
        if file is None:
            state = CopyState.ELSEWHERE if archived else CopyState.GONE
        else:
            if checksum not in digests:
                digests[checksum] = _digest(file)
            state = CopyState.UNCHANGED if digests[checksum] == checksum else CopyState.CHANGED
        yield KeptCopy(
            number=numbers.get(source),
            title=source.title,
            state=state,
            retrieved=PartialDate.of(retrieved),
            sha256=checksum,
            archived=archived,
            path="" if file is None else str(file),
            event=event,
        )
