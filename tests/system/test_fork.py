"""After ``fork()`` parent and child each have a registry of their own, and nothing acknowledged is lost.

A registry that a child inherits is refused before it touches the file or the server. The
child may open the same file again while the parent has it open, and closes it, and so may others.
"""

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dialogue_registry import DialogueLaunched, ForkedError, MeetingHeld, Registry, SeriesOpened
from tests.system.servers import Server

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the scenarios fork"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

OPENED = (
    DialogueLaunched(dialogue="d", name="D", launched="2018"),
    SeriesOpened(series="d/s", dialogue="d", name="S"),
)


def held(number: int) -> MeetingHeld:
    return MeetingHeld(meeting=f"d/s/{number}", series="d/s", date="2019")


class Child:
    """A child of this process that runs a function; ``go()`` lets its next ``wait()`` return."""

    def __init__(self, work: Callable[["Child"], None]) -> None:
        here, there = os.pipe()
        back, forth = os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid:
            self._read, self._write = back, there
            os.close(here)
            os.close(forth)
            return
        self._read, self._write = here, forth
        os.close(there)
        os.close(back)
        code = 1
        try:
            work(self)
            code = 0
        except BaseException:  # noqa: BLE001 - it must not go on as another parent
            traceback.print_exc()
        finally:
            os._exit(code)

    def go(self) -> None:
        os.write(self._write, b".")

    def wait(self) -> None:
        assert os.read(self._read, 1), "the other process has ended"

    def end(self) -> None:
        _, status = os.waitpid(self.pid, 0)
        os.close(self._read)
        os.close(self._write)
        assert os.waitstatus_to_exitcode(status) == 0


@pytest.fixture(params=["a file", "in memory", "a server"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    match request.param:
        case "a file":
            place: str | Path | None = tmp_path / "registry.db"
        case "in memory":
            place = None
        case _:
            server: Server = request.getfixturevalue("server")
            place = server.new_log()
    with Registry.open(place) as opened:
        opened.record(*OPENED)
        yield opened


def test_a_child_is_refused_whatever_it_asks_of_the_registry_of_its_parent(registry: Registry) -> None:
    past = registry.at(position=1)
    events = registry.events()
    next(events)
    calls: list[Callable[[], object]] = [
        lambda: registry.record(held(1)),
        lambda: registry.record_all([held(1)]),
        lambda: registry.retract(1, reason="none"),
        registry.counts,
        registry.meetings,
        registry.verify,
        registry.rebuild,
        registry.catch_up,
        lambda: next(registry.follow()),
        lambda: registry.search("D"),
        lambda: registry.db,
        lambda: registry.at(position=1),
        lambda: list(registry.events()),
        lambda: list(registry.export_events()),
        lambda: registry.transaction().__enter__(),
        lambda: registry.reading().__enter__(),
        lambda: registry.position,
        past.counts,
        lambda: past.db,
    ]

    def child(_: Child) -> None:
        for call in calls:
            with pytest.raises(ForkedError, match=r"before fork\(\): open it again here"):
                call()
        assert repr(registry).endswith(", opened before fork()>")
        assert "opened before fork()" in past._repr_html_()
        past.close()
        registry.close()
        registry.close()

    Child(child).end()
    registry.record(held(1))
    assert registry.catch_up() == 3
    registry.verify()
    assert len(list(events)) == 1
    past.close()


def test_a_block_that_was_open_is_finished_by_the_parent_alone(registry: Registry) -> None:
    with registry.transaction():
        registry.record(held(1))
        pid = os.fork()
        if not pid:
            try:
                with pytest.raises(ForkedError):
                    registry.record(held(2))
                registry.close()
            except BaseException:  # noqa: BLE001 - likewise
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        registry.record(held(3))
    assert [meeting.meeting for meeting in registry.meetings()] == ["d/s/1", "d/s/3"]
    registry.verify()


def test_what_a_child_records_in_the_same_file_stays_whoever_closes_it(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    parent = Registry.open(path)
    parent.record(*OPENED)

    def work(child: Child) -> None:
        with Registry.open(path) as own:
            own.record(held(1))
            child.go()
            child.wait()  # the parent has closed it meanwhile, and others have opened and closed it
            own.record(held(3))
            child.go()
            child.wait()
            own.record(held(5))
        parent.close()

    child = Child(work)
    child.wait()
    parent.record(held(2))
    parent.close()
    with Registry.open(path) as other:
        other.counts()
    child.go()
    child.wait()
    with Registry.open(path) as other:
        other.record(held(4))
    child.go()
    child.end()
    with Registry.open(path) as all_:
        assert {meeting.meeting for meeting in all_.meetings()} == {f"d/s/{number}" for number in range(1, 6)}
        all_.verify()


def test_many_children_and_their_parent_record_at_once_and_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    parent = Registry.open(path)
    parent.record(*OPENED)

    def work(number: int) -> Callable[[Child], None]:
        def record(_: Child) -> None:
            for turn in range(10):
                with Registry.open(path) as own:
                    own.record(held(100 * number + turn))

        return record

    children = [Child(work(number)) for number in range(1, 5)]
    for number in range(10):
        parent.record(held(number))
    parent.close()
    for child in children:
        child.end()
    with Registry.open(path) as all_:
        assert len(all_.meetings()) == 50
        all_.verify()


def test_a_child_and_its_parent_record_on_one_server(server: Server) -> None:
    address = server.new_log()
    with Registry.open(address) as parent:
        parent.record(*OPENED)

        def work(child: Child) -> None:
            with pytest.raises(ForkedError):
                parent.record(held(1))
            parent.close()
            with Registry.open(address) as own:
                own.record(held(1))
                child.go()
                child.wait()
                own.record(held(3))

        child = Child(work)
        child.wait()
        parent.record(held(2))
        child.go()
        child.end()
        assert parent.catch_up() == 5
        parent.verify()
