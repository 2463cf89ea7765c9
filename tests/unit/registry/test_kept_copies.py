"""Copies of sources: kept beside the registry by their checksum, recorded one time, compared again."""

import os
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from dialogue_registry import (
    DialogueLaunched,
    InvalidValueError,
    ReadOnlyError,
    Registry,
    Source,
    SourceKept,
    StorageError,
    UnreadableFileError,
    from_dict,
    to_dict,
)

RELEASE = Source("A release", url="https://example.org/1", published="2021-06-16")
TEXT = b"Eight meetings were held.\n"


@pytest.fixture
def registry(tmp_path: Path):
    (tmp_path / "release.HTML").write_bytes(TEXT)
    with Registry.open(tmp_path / "r.db") as opened:
        opened.record(DialogueLaunched(dialogue="d", name="D", launched="2004"), source=RELEASE)
        yield opened


def states(registry: Registry) -> list[str]:
    return [copy.state.value for copy in registry.check_sources()]


def test_a_copy_is_kept_beside_the_registry_under_its_checksum(registry: Registry, tmp_path: Path) -> None:
    kept = registry.attach(RELEASE, tmp_path / "release.HTML", retrieved="2021-06-20", by="archivist")
    digest = sha256(TEXT).hexdigest()
    assert kept.event == SourceKept(source=RELEASE, sha256=digest, retrieved="2021-06-20")
    assert (kept.new, kept.by) == (True, "archivist")
    (copy,) = (tmp_path / "r.db.sources").iterdir()
    assert (copy.name, copy.read_bytes()) == (f"{digest}.HTML", TEXT)
    (found,) = registry.check_sources()
    assert (found.number, found.title, found.state, found.path) == (1, "A release", "unchanged", str(copy))
    assert found.event == kept.position


def test_the_day_of_its_retrieval_is_the_present_one(registry: Registry, tmp_path: Path) -> None:
    before = datetime.now(UTC).date()
    day = registry.attach(RELEASE, tmp_path / "release.HTML").event.retrieved.earliest
    assert before <= day <= datetime.now(UTC).date()


def test_the_same_bytes_of_a_source_are_kept_and_recorded_one_time(registry: Registry, tmp_path: Path) -> None:
    first = registry.attach(RELEASE, tmp_path / "release.HTML")
    (tmp_path / "again.txt").write_bytes(TEXT)
    again = registry.attach(RELEASE, tmp_path / "again.txt", retrieved="2030-01-01")
    assert (again.new, again.position) == (False, first.position)
    other = registry.attach(Source("Another page with the same bytes"), tmp_path / "again.txt")
    assert other.new
    assert len(list((tmp_path / "r.db.sources").iterdir())) == 1
    assert states(registry) == ["unchanged", "unchanged"]
    assert [copy.number for copy in registry.check_sources()] == [1, None]


def test_a_copy_that_changed_or_is_gone_is_named_and_can_be_put_back(registry: Registry, tmp_path: Path) -> None:
    registry.attach(RELEASE, tmp_path / "release.HTML")
    (copy,) = (tmp_path / "r.db.sources").iterdir()
    copy.chmod(0o600)
    for content, state in ((TEXT + b" ", "changed"), (b"", "changed"), (None, "gone")):
        if content is None:
            copy.unlink()
        else:
            copy.write_bytes(content)
        assert states(registry) == [state]
        assert not registry.attach(RELEASE, tmp_path / "release.HTML").new
        assert states(registry) == ["unchanged"]
        copy.chmod(0o600)
    copy.unlink()
    copy.parent.rmdir()
    assert states(registry) == ["gone"]


def test_what_was_withdrawn_is_not_compared_and_an_address_is_elsewhere(registry: Registry, tmp_path: Path) -> None:
    kept = registry.attach(RELEASE, tmp_path / "release.HTML")
    archived = "https://archive.example.org/1"
    registry.record(SourceKept(source=RELEASE, sha256="0" * 64, retrieved="2021", archived=archived))
    assert states(registry) == ["unchanged", "elsewhere"]
    registry.retract(kept.id, reason="another page")
    assert states(registry) == ["elsewhere"]
    with registry.at(kept.position) as then:
        assert states(then) == ["unchanged"]


def test_what_cannot_be_kept_records_nothing_and_leaves_nothing(registry: Registry, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, error in (
        (tmp_path / "missing", UnreadableFileError),
        (tmp_path, UnreadableFileError),
        (tmp_path / "pipe", UnreadableFileError),
        ("a\0b", InvalidValueError),
        ("postgresql://desk:s3cret@127.0.0.1/x", InvalidValueError),
        ("mysql://desk:s3cret@127.0.0.1/x", InvalidValueError),
    ):
        with pytest.raises(error) as caught:
            registry.attach(RELEASE, path)
        assert "s3cret" not in str(caught.value)
    for source, retrieved in ((None, None), ("", None), (RELEASE, "yesterday")):
        with pytest.raises(InvalidValueError):
            registry.attach(source, tmp_path / "release.HTML", retrieved=retrieved)
    with Registry.open(tmp_path / "r.db", read_only=True) as reader, pytest.raises(ReadOnlyError):
        reader.attach(RELEASE, tmp_path / "release.HTML")
    assert registry.position == 1
    assert not (tmp_path / "r.db.sources").exists()


def test_a_registry_in_memory_has_no_place_beside_it(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(TEXT)
    with Registry.open() as registry:
        with pytest.raises(StorageError, match="record SourceKept"):
            registry.attach(RELEASE, tmp_path / "a")
        registry.record(SourceKept(source=RELEASE, sha256="0" * 64, retrieved="2021"))
        assert states(registry) == ["gone"]


def test_the_copies_are_found_from_wherever_the_registry_is_opened(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.attach(RELEASE, tmp_path / "release.HTML")
    monkeypatch.chdir(tmp_path)
    registry.close()
    odd = tmp_path / "a b%?#é"
    odd.mkdir()
    for name in ("r.db", "r.db.sources"):
        Path(name).rename(odd / name)
    monkeypatch.chdir(odd)
    with Registry.open("r.db", read_only=True) as moved:
        monkeypatch.chdir(tmp_path)
        assert states(moved) == ["unchanged"]


def test_a_kept_source_goes_through_json_and_back(registry: Registry) -> None:
    fact = SourceKept(source=RELEASE, sha256="0" * 64, retrieved="2021")
    assert from_dict(to_dict(fact)) == fact
