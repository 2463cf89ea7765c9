"""What is recorded within ``registry.transaction()`` is one: all of it, or none."""

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dialogue_registry import (
    ClosedError,
    ConflictError,
    DialogueLaunched,
    MeetingHeld,
    Registry,
    SeriesOpened,
    StorageError,
    UnknownSubjectError,
)

BASE = (
    DialogueLaunched(dialogue="d", name="A dialogue", launched="2004"),
    SeriesOpened(series="s", dialogue="d", name="A series"),
)


def held(meeting: str, date: str | None = None) -> MeetingHeld:
    return MeetingHeld(meeting=meeting, series="s", date=date)


@pytest.fixture(params=["file", "memory"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    with Registry.open(tmp_path / "registry.db" if request.param == "file" else None) as registry:
        registry.record(*BASE)
        yield registry


def meetings(registry: Registry) -> list[str]:
    return [meeting.meeting for meeting in registry.meetings()]


def test_all_calls_of_a_block_are_kept(registry: Registry) -> None:
    with registry.transaction():
        registry.record(held("a"))
        registry.record_all([held("b"), held("c")], batch=1)
    assert meetings(registry) == ["a", "b", "c"]
    registry.verify()


def test_the_block_sees_what_it_has_recorded(registry: Registry) -> None:
    with registry.transaction():
        registry.record(held("a", "2005-03-04"))
        assert registry.position == 3
        assert registry.counts(as_of="2005-03-04")["s"].total.certain == 1
        assert [event.subject for event in registry.events(after=2)] == ["a"]


def test_an_error_that_leaves_the_block_undoes_all_of_it(registry: Registry) -> None:
    def dry_run() -> None:
        with registry.transaction():
            registry.record(held("a"))
            registry.record(held("b"))
            raise KeyError

    with pytest.raises(KeyError):
        dry_run()
    assert registry.position == 2
    registry.record(held("c"))
    assert meetings(registry) == ["c"]
    registry.verify()


def test_a_refused_call_undoes_itself_only(registry: Registry) -> None:
    with registry.transaction():
        registry.record(held("a", "2005"))
        with pytest.raises(ConflictError):
            registry.record(held("b"), held("a", "2006"))
        with pytest.raises(UnknownSubjectError):
            registry.record(MeetingHeld(meeting="c", series="unheard-of"))
        registry.record(held("e"))
    assert meetings(registry) == ["a", "e"]
    assert registry.position == 4
    registry.verify()


def test_a_block_within_a_block_is_undone_alone(registry: Registry) -> None:
    def inner() -> None:
        with registry.transaction():
            registry.record(held("b"))
            raise KeyError

    with registry.transaction():
        registry.record(held("a"))
        with pytest.raises(KeyError):
            inner()
        registry.record(held("c"))
    assert meetings(registry) == ["a", "c"]
    registry.verify()


def test_amendments_belong_to_it_too(registry: Registry) -> None:
    def work() -> None:
        with registry.transaction():
            (event,) = registry.record(held("a", "2005"))
            registry.correct(event.id, held("a", "2006"), reason="misread")
            assert registry.meetings()[0].date is not None
            assert registry.meetings()[0].date.text == "2006"
            registry.rebuild()
            raise KeyError

    with pytest.raises(KeyError):
        work()
    assert meetings(registry) == []
    assert registry.position == 2


@pytest.mark.parametrize(
    "look",
    [lambda registry: registry.verify(), lambda registry: registry.at(position=1), lambda registry: registry.db],
    ids=["verify", "at", "db"],
)
def test_what_sees_only_what_is_committed_says_so_and_breaks_nothing(
    registry: Registry, look: Callable[[Registry], object]
) -> None:
    with registry.transaction():
        registry.record(held("a"))
        with pytest.raises(StorageError, match="after the block"):
            look(registry)
        registry.record(held("b"))
    assert meetings(registry) == ["a", "b"]
    registry.verify()


def test_others_see_it_when_it_is_done(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    with Registry.open(path) as registry, Registry.open(path) as other:
        with registry.transaction():
            registry.record(*BASE, held("a"))
            assert other.position == 0
        assert meetings(other) == ["a"]


def test_a_dry_run_shows_what_would_be_and_leaves_nothing(registry: Registry) -> None:
    with registry.transaction(dry_run=True):
        registry.record(held("a"))
        assert meetings(registry) == ["a"]
    assert (meetings(registry), registry.position) == ([], 2)
    registry.verify()


def test_a_dry_run_within_a_block_undoes_itself_only(registry: Registry) -> None:
    with registry.transaction():
        registry.record(held("a"))
        with registry.transaction(dry_run=True):
            registry.record(held("b"))
        registry.record(held("c"))
    assert meetings(registry) == ["a", "c"]
    registry.verify()


def test_an_error_leaves_a_dry_run_as_any_block(registry: Registry) -> None:
    with pytest.raises(UnknownSubjectError), registry.transaction(dry_run=True):
        registry.record(MeetingHeld(meeting="c", series="unheard-of"))
    assert registry.position == 2


def test_a_block_that_was_entered_and_forgotten_is_not_undone_by_the_garbage_collector(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    with Registry.open(path) as registry:
        registry.record(*BASE)
        registry.transaction().__enter__()
        registry.record(held("a"))
        gc.collect()
        registry.record(held("b"))
        assert meetings(registry) == ["a", "b"]
    with Registry.open(path) as registry:
        assert meetings(registry) == []  # closing it has undone the block
        registry.record(held("c"))
        registry.verify()


def test_closing_within_a_block_undoes_it_and_its_end_says_so(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    registry = Registry.open(path)
    registry.record(*BASE)
    with pytest.raises(ClosedError, match="was closed: open it again"), registry.transaction():
        with registry.transaction():
            registry.record(held("a"))
        registry.close()
    with Registry.open(path) as registry:
        assert meetings(registry) == []


def test_a_block_can_be_entered_again(registry: Registry) -> None:
    block = registry.transaction()
    with block:
        registry.record(held("a"))
        with block:
            registry.record(held("b"))
    with block:
        registry.record(held("c"))
    assert meetings(registry) == ["a", "b", "c"]
