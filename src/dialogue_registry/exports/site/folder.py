"""The folder of a site: known by what is in it, and replaced whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dialogue_registry.errors import InvalidValueError, StorageError
from dialogue_registry.exports.replacement import replaced_folder

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
        with replaced_folder(folder) as new:
            yield new, new.parent
            check(folder)  # somebody may have put something there meanwhile
    except OSError as error:
        raise StorageError(
            f"{folder} cannot be written ({error.strerror}): check the path and its permissions"
        ) from error


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
