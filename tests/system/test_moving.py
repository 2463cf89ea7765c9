"""A registry moves between files and servers and stays the same: every id, instant and hash.

Broken off anywhere and run again, it goes on where it was, and what it finds there must be
the beginning of the same log.
"""

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings

from dialogue_registry import (
    BrokenChainError,
    ConflictError,
    DialogueLaunched,
    ExchangeError,
    MeetingHeld,
    NotARegistryError,
    ReadOnlyError,
    Registry,
    SeriesOpened,
    Source,
)
from dialogue_registry.cli import cli
from dialogue_registry.registry.copy import copy
from dialogue_registry.testing import History, histories, play, same, show
from tests.system.servers import Server

LAUNCHED = DialogueLaunched(dialogue="c5", name="C5+1", launched="2015")


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A registry of a few pages."""
    with Registry.open(tmp_path / "origin.db") as registry:
        registry.record(LAUNCHED, SeriesOpened(series="c5/fm", dialogue="c5", name="外相会合"), source=Source("A page"))
        registry.record_all((MeetingHeld(meeting=f"c5/fm/{n}", series="c5/fm") for n in range(2500)), by="x")
    return tmp_path / "origin.db"


def exported(place: str | Path) -> list[str]:
    with Registry.open(place) as registry:
        registry.verify()
        return list(registry.export_events())


@settings(max_examples=15)
@given(histories())
def test_from_a_file_to_a_server_and_back_every_byte_is_the_same(
    server: Server, tmp_path_factory: pytest.TempPathFactory, moves: History
) -> None:
    server.use_again()
    folder, address = tmp_path_factory.mktemp("copies"), server.new_database()
    with Registry.open(folder / "a.db") as registry:
        play(registry, moves)
        shown, lines = show(registry), list(registry.export_events())
    copy(folder / "a.db", address)
    copy(address, folder / "b.db")
    copy(folder / "b.db", folder / "c.db")
    for place in (address, folder / "b.db", folder / "c.db"):
        assert exported(place) == lines
        with Registry.open(place) as registry:
            same(show(registry), shown, "views before and after")


@pytest.mark.parametrize("to", ["file", "server"])
def test_what_was_broken_off_goes_on_where_it_was(server: Server, origin: Path, tmp_path: Path, to: str) -> None:
    target = tmp_path / "target.db" if to == "file" else server.new_database()
    steps: list[tuple[int, int]] = []

    def stop_after_a_page(done: int, total: int) -> None:
        steps.append((done, total))
        raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            copy(origin, target, progress=stop_after_a_page)
    assert copy(origin, target, progress=lambda done, total: steps.append((done, total))) == 2502
    assert steps == [(1000, 2502), (2000, 2502), (2502, 2502)]
    assert exported(target) == exported(origin)
    assert copy(origin, target) == 2502


def test_a_copy_takes_up_what_was_recorded_since(server: Server, origin: Path) -> None:
    address = server.new_database()
    copy(origin, address)
    with Registry.open(origin) as registry:
        registry.record(MeetingHeld(meeting="c5/fm/new", series="c5/fm"))
    assert copy(origin, address) == 2503


@pytest.mark.parametrize("to", ["file", "server"])
def test_another_log_is_not_overwritten(server: Server, origin: Path, tmp_path: Path, to: str) -> None:
    target = tmp_path / "target.db" if to == "file" else server.new_log()
    with Registry.open(target) as registry:
        registry.record(LAUNCHED)
        before = registry.head
    with pytest.raises(ExchangeError, match="not the beginning"):
        copy(origin, target)
    with Registry.open(target) as registry:
        assert registry.verify() == before


def test_a_target_that_went_on_by_itself_is_left_alone(origin: Path, tmp_path: Path) -> None:
    copy(origin, tmp_path / "copy.db")
    with Registry.open(tmp_path / "copy.db") as registry:
        registry.record(MeetingHeld(meeting="c5/fm/mine", series="c5/fm"))
    with pytest.raises(ExchangeError, match="2503 events that are not the beginning of the origin's 2502"):
        copy(origin, tmp_path / "copy.db")


@pytest.mark.parametrize("to", ["file", "server"])
def test_a_log_that_was_changed_is_not_copied_further(server: Server, origin: Path, tmp_path: Path, to: str) -> None:
    target = tmp_path / "target.db" if to == "file" else server.new_database()
    with Registry.open(origin) as registry:
        registry._session.connection.execute("DROP TRIGGER events_keep_values")
        registry._session.connection.execute("UPDATE events SET by = 'y' WHERE position = 1500")
    with pytest.raises(BrokenChainError) as caught:
        copy(origin, target)
    assert caught.value.position == 1500
    with Registry.open(target) as registry:
        assert registry.position == 1000


def test_the_file_that_was_copied_may_go_on_as_views_of_the_server(server: Server, origin: Path) -> None:
    address = server.new_database()
    copy(origin, address)
    with Registry.open(address, views=origin) as local, Registry.open(address) as other:
        other.record(MeetingHeld(meeting="c5/fm/new", series="c5/fm"))
        with pytest.raises(ConflictError):
            local.record(MeetingHeld(meeting="c5/fm/new", series="c5/fm", place="Almaty"))
        assert local.verify() == other.verify()
    with Registry.open(origin) as direct, pytest.raises(ReadOnlyError, match="follows the log"):
        direct.record(MeetingHeld(meeting="c5/fm/mine", series="c5/fm"))
    with Registry.open(address) as registry:
        registry.record(MeetingHeld(meeting="c5/fm/newer", series="c5/fm"))
    with pytest.raises(ReadOnlyError, match="follows the log"):
        copy(address, origin)


def test_nothing_is_made_of_an_origin_that_is_not_there(server: Server, tmp_path: Path) -> None:
    for origin in (tmp_path / "missing.db", server.new_database()):
        with pytest.raises(NotARegistryError):
            copy(origin, tmp_path / "target.db")
        assert not (tmp_path / "target.db").exists()


# --- the commands --------------------------------------------------------------------


def run(*arguments: object) -> str:
    done = CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_commands_make_copy_follow_and_ask(server: Server, origin: Path, tmp_path: Path) -> None:
    server.run("CREATE ROLE moving_desk LOGIN; CREATE ROLE moving_reader LOGIN")
    address = server.new_database().replace("postgres:@", "postgres:s3cret@", 1)
    answer = run("init", address, "--writer", "moving_desk", "--reader", "moving_reader")
    assert "a new registry" in answer
    assert "position 0" in run("init", address)
    assert "2502 events" in run("copy", origin, address)
    desk = address.replace("postgres:s3cret@", "moving_desk:s3cret@", 1)
    run("record", desk, "MeetingHeld", "--meeting", "c5/fm/x", "--series", "c5/fm", "--source", "A release")
    followed = run("follow", address.replace("postgres:", "moving_reader:", 1), tmp_path / "local.db", "--once")
    assert "position 2503, 0 behind" in followed
    assert "2501" in run("counts", tmp_path / "local.db")
    assert "s3cret" not in answer + followed
    assert exported(tmp_path / "local.db") == exported(address)


@pytest.mark.parametrize("command", [["init", "a.db", "--writer", "x"], ["follow", "a.db", "b.db"]])
def test_what_only_a_server_has_is_not_asked_of_a_file(command: list[str]) -> None:
    done = CliRunner().invoke(cli, command)
    assert done.exit_code == 2
    assert "postgresql://" in done.output
