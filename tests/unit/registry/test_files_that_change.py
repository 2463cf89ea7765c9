"""A file that was deleted, moved or replaced while it was open is noticed before anything more is acknowledged."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from dialogue_registry import DialogueLaunched, PartyJoined, Registry, StorageError
from dialogue_registry.log import sqlite_file


def party(name: str) -> PartyJoined:
    return PartyJoined(dialogue="d", party=name, name=name)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "registry.db"
    with Registry.open(path) as registry:
        registry.record(DialogueLaunched(dialogue="d", name="Dialogue", launched="2004"), party("KAZ"))
    return path


def another(path: Path) -> Path:
    other = path.with_name("other.db")
    with Registry.open(other) as registry:
        registry.record(DialogueLaunched(dialogue="other", name="Other", launched="2004"))
    return other


CHANGES: dict[str, Callable[[Path], object]] = {
    "deleted": lambda path: path.unlink(),
    "moved": lambda path: path.rename(path.with_name("moved.db")),
    "replaced by another": lambda path: another(path).replace(path),
    "replaced by a copy": lambda path: Path(shutil.copy(path, path.with_name("copy.db"))).replace(path),
    "without its write-ahead log": lambda path: Path(f"{path}-wal").unlink(),
    "with another write-ahead log": lambda path: Path(shutil.copy(f"{path}-wal", f"{path}-2")).replace(f"{path}-wal"),
    "with its folder moved": lambda path: path.parent.rename(path.parent.with_name("moved")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_is_acknowledged_into_a_file_that_is_gone(path: Path, change: str) -> None:
    with Registry.open(path) as registry:
        registry.record(party("UZB"))
        CHANGES[change](path)
        for call in (
            lambda: registry.record(party("TJK")),
            lambda: registry.record_all([party("TKM")]),
            lambda: registry.retract(next(registry.events(2)).id, reason="x"),
            registry.rebuild,
        ):
            with pytest.raises(
                StorageError, match="deleted, moved or replaced while it was open; nothing was recorded"
            ):
                call()
        assert registry.position == 3, "what it has opened can be read on"


@pytest.mark.parametrize("change", ["deleted", "moved", "replaced by another", "replaced by a copy"])
@pytest.mark.parametrize("read_only", [True, False])
def test_no_answer_comes_from_another_file(path: Path, change: str, *, read_only: bool) -> None:
    with Registry.open(path, read_only=read_only) as registry:
        CHANGES[change](path)
        for ask in (lambda: registry.at(1), lambda: registry.db):
            with pytest.raises(StorageError, match="deleted, moved or replaced"):
                ask()


def test_within_a_transaction_it_is_noticed_too(path: Path) -> None:
    with Registry.open(path) as registry:
        with pytest.raises(StorageError, match="nothing was recorded"), registry.transaction():
            registry.record(party("UZB"))
            path.unlink()
        assert registry.position == 2


def test_what_is_put_back_goes_on(path: Path) -> None:
    with Registry.open(path) as registry:
        away = path.rename(path.with_name("away.db"))
        with pytest.raises(StorageError):
            registry.record(party("UZB"))
        away.rename(path)
        registry.record(party("UZB"))
    with Registry.open(path) as again:
        assert again.verify().position == 3


def test_others_that_open_and_close_the_file_are_no_change(path: Path) -> None:
    with Registry.open(path) as registry:
        for name in ("UZB", "TJK"):
            with Registry.open(path) as other:
                other.record(party(name))
            registry.record(party(f"{name}-2"))
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        registry.record(party("KGZ"))
        assert registry.verify().position == 7


# --- the SQLite underneath -----------------------------------------------------------


@pytest.mark.parametrize("version", [(3, 36, 0), (3, 7), (2, 8, 17)])
def test_an_old_sqlite_is_refused_before_a_file_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...]
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    for path in (tmp_path / "new.db", None):
        with pytest.raises(StorageError, match=r"is too old: a registry needs 3\.37 or newer"):
            Registry.open(path)
    assert list(tmp_path.iterdir()) == []


def test_this_sqlite_will_do() -> None:
    sqlite_file.check_sqlite((3, 37, 0))
    sqlite_file.check_sqlite(sqlite3.sqlite_version_info)
