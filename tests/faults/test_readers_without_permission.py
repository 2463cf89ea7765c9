"""A reader that may not write to the folder answers rightly or raises an error, whatever the owner does beside it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import pytest

from dialogue_registry import BusyError, DialogueLaunched, PartyJoined, Registry, StorageError
from dialogue_registry.log.sqlite_place import CopiedFile, file_uri
from tests.tried import TRIED

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="another user needs another process")
NOBODY = 65534


def party(name: str) -> PartyJoined:
    return PartyJoined(dialogue="d", party=name, name=name)


@pytest.fixture
def path() -> Iterator[Path]:
    """A registry of its owner, in a folder where everybody may look and nobody else may write."""
    with TemporaryDirectory() as folder:  # those of pytest are closed to others
        Path(folder).chmod(0o755)
        path = Path(folder) / "registry.db"
        with Registry.open(path) as registry:
            registry.record(DialogueLaunched(dialogue="d", name="Dialogue", launched="2004"), party("KAZ"))
        path.chmod(0o644)
        yield path


class Reader:
    """Another user, in a process that does one piece of work after the other, and tells what came of each."""

    def __init__(self, *steps: Callable[[dict[str, Registry]], object]) -> None:
        __import__("sqlite_utils")  # which the other user may not read where Python is root's own
        go, self._go = os.pipe()
        self._read_end, write_end = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                if os.geteuid() == 0:
                    os.setgroups([])
                    os.setgid(NOBODY)
                    os.setuid(NOBODY)
                opened: dict[str, Registry] = {}
                for step in steps:
                    os.read(go, 1)
                    try:
                        outcome = repr(step(opened))
                    except Exception as error:  # noqa: BLE001 - told to the test
                        outcome = f"{type(error).__name__}: {error}"
                    os.write(write_end, outcome.encode()[:4000] + b"\n")
            finally:
                os._exit(0)
        os.close(go)
        os.close(write_end)

    def next(self) -> str:
        """Start its next step; return the outcome."""
        os.write(self._go, b".")
        outcome = b""
        while not outcome.endswith(b"\n"):
            outcome += os.read(self._read_end, 4096)
        return outcome.decode().strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._go)
        os.close(self._read_end)
        os.waitpid(self._pid, 0)


def open_it(path: Path) -> Callable[[dict[str, Registry]], object]:
    def work(opened: dict[str, Registry]) -> int:
        opened["it"] = Registry.open(path, read_only=True)
        return opened["it"].position

    return work


def ask(question: str) -> Callable[[dict[str, Registry]], object]:
    def work(opened: dict[str, Registry]) -> object:
        registry = opened["it"]
        match question:
            case "parties":
                return len(registry.dialogues()[0].parties)
            case "events":
                return len(list(registry.events()))
            case "verify":
                return registry.verify().position
            case "at":
                with registry.at(1) as then:
                    return then.position
            case "db":
                return registry.db["parties"].count
            case _:
                return registry.position

    return work


QUESTIONS = ["position", "parties", "events", "verify", "at", "db"]
RIGHT = {"position": "2", "parties": "1", "events": "2", "verify": "2", "at": "1", "db": "1"}


def test_where_nobody_writes_everything_is_answered_and_nothing_left(path: Path) -> None:
    with Reader(open_it(path), *map(ask, QUESTIONS)) as reader:
        assert reader.next() == "2"
        assert [reader.next() for _ in QUESTIONS] == [RIGHT[question] for question in QUESTIONS]
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_was_opened_before_the_owner_recorded_is_never_answered_as_if_it_were_now(
    path: Path, question: str
) -> None:
    with Reader(open_it(path), ask(question), ask(question), open_it(path), ask("position")) as reader:
        assert reader.next() == "2"
        with Registry.open(path) as owner:
            owner.record(party("UZB"))
            outcome = reader.next()
            assert outcome.startswith("StorageError")
            assert "has changed since it was opened" in outcome, outcome
            owner.record(party("TJK"))
        outcome = reader.next()
        assert "has changed since it was opened" in outcome, outcome
        assert reader.next() == "4", "opened again it is answered"
        assert reader.next() == "4"


@pytest.mark.parametrize("question", QUESTIONS)
def test_beside_an_owner_that_has_it_open_what_is_new_is_seen(path: Path, question: str) -> None:
    with Registry.open(path) as owner, Reader(open_it(path), ask(question), ask("position")) as reader:
        owner.record(party("UZB"))
        assert reader.next() == "3"
        assert reader.next() == {"parties": "2", "at": "1", "db": "2"}.get(question, "3")
        owner.record(party("TJK"))
        assert reader.next() == "4"


def test_a_reader_that_never_stops_beside_an_owner_that_never_stops(path: Path) -> None:
    """The owner opens, records and closes; the reader opens, asks and closes: right, or the library's own error."""
    owner = subprocess.Popen([sys.executable, "-c", _OWNER, str(path)], stdin=subprocess.PIPE, env=_environment())

    def read(_: dict[str, Registry]) -> dict[str, int]:
        outcomes: dict[str, int] = {}
        position = 0
        for _turn in range(60):
            try:
                with Registry.open(path, read_only=True) as registry:
                    for _question in range(5):
                        parties, events = len(registry.dialogues()[0].parties), len(list(registry.events()))
                        assert 0 < parties <= events - 1
                        assert registry.position >= events >= position, (registry.position, events, position)
                        position = events
                        registry.verify(views=events % 5 == 0)
                outcome = "answered"
            except (StorageError, BusyError) as error:
                assert any(words in str(error) for words in _ALLOWED), error
                outcome = type(error).__name__
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
        return outcomes

    try:
        with Reader(read) as reader:
            answer = reader.next()
    finally:
        assert owner.stdin is not None
        owner.stdin.close()
        assert owner.wait() == 0
    assert answer.startswith("{"), answer
    outcomes: dict[str, int] = eval(answer)
    assert outcomes.get("answered", 0) > 0
    TRIED["readings without permission"] += sum(outcomes.values())
    with Registry.open(path) as registry:
        registry.verify()


_ALLOWED = ("has changed since it was opened", "holds events that are not yet in", "was written to all the time")
_OWNER = """
import os, sys, select
from dialogue_registry import PartyJoined, Registry
number = 0
while not select.select([sys.stdin], [], [], 0.005)[0]:
    with Registry.open(sys.argv[1]) as registry:
        for _ in range(number % 4):
            number += 1
            registry.record(PartyJoined(dialogue="d", party=f"P{number}", name="x" * (number % 9 * 1000 + 1)))
        number += 1
"""


def _environment() -> dict[str, str]:
    import dialogue_registry

    return {**os.environ, "PYTHONPATH": str(Path(dialogue_registry.__file__).parents[1])}


# --- copies --------------------------------------------------------------------------


def test_a_copy_is_whole_however_the_file_is_written_to_meanwhile(path: Path) -> None:
    """Of a file that others never stop to change, no copy is made at all."""
    before = path.read_bytes()
    copied = CopiedFile(path)
    copied.check_is_unchanged()
    for change in (before[:24] + b"\0\0\0\7" + before[28:], before[:-1], before + b"\0", before):
        path.write_bytes(change)
        with pytest.raises(StorageError, match="has changed"):
            copied.check_is_unchanged()
    path.unlink()
    with pytest.raises(StorageError, match="has changed"):
        copied.check_is_unchanged()


def test_a_copy_goes_with_the_last_that_reads_it(path: Path) -> None:
    copied = CopiedFile(path)
    file = Path(copied.uri.removeprefix("file:").partition("?")[0])
    assert file.read_bytes() == path.read_bytes()
    del copied
    assert not file.parent.exists()


# --- a medium that nobody can write to -----------------------------------------------


@pytest.fixture
def read_only_medium(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "medium"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "none", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        with Registry.open(place / "registry.db") as registry:
            registry.record(DialogueLaunched(dialogue="d", name="Dialogue", launched="2004"), party("KAZ"))
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_on_a_read_only_medium_the_file_is_read_as_it_is(read_only_medium: Path) -> None:
    path = read_only_medium / "registry.db"
    subprocess.run(["mount", "-o", "remount,ro", str(read_only_medium)], check=True)
    with Registry.open(path, read_only=True) as registry:
        assert registry._session.uri == f"{file_uri(path, 'ro')}&immutable=1"
        opened = {"it": registry}
        assert [repr(ask(question)(opened)) for question in QUESTIONS] == [RIGHT[question] for question in QUESTIONS]
    with pytest.raises(StorageError), suppress(KeyError):
        Registry.open(path)
