"""Many write, many read, and somebody is killed: nothing acknowledged is lost, and all end up with the same.

::

    python -m tests.long.shared_log                       # 30 rounds of kills, then a crowd; prints figures
    python -m tests.long.shared_log --rounds 5 --seed 7

A real server, real processes. A writer says on a pipe what was acknowledged, after the call
has returned; when it is killed it is started again, and so are followers and the server. In
the end every acknowledged event must stand where it was said to stand, and every follower
must show the same head and the same views as a registry that replays the log afresh.
"""

import argparse
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from dialogue_registry import (
    DelegateAttended,
    DialogueLaunched,
    MeetingHeld,
    RecordedEvent,
    RefusedError,
    Registry,
    SeriesOpened,
    Source,
    TopicDiscussed,
    UnreachableError,
)
from dialogue_registry.testing import show

if TYPE_CHECKING:
    from tests.system.servers import Server

SOURCE = Source("A press release", url="https://example.org/release")


# --- what the processes do -----------------------------------------------------------


def write(address: str, views: str, name: str, seed: str) -> None:
    """Record until the standard input ends; say what was acknowledged."""
    rng = random.Random(seed)
    with _opened(address, views) as registry:
        print("ready", flush=True)
        _wait_for_start()
        for number in count():
            if _told_to_stop():
                return
            acknowledged = _insist(registry, rng, f"{name}-{number}")
            print(" ".join(["ack", *acknowledged]), flush=True)


def _insist(registry: Registry, rng: random.Random, name: str) -> list[str]:
    """Do one thing, and where the server goes away, do it again: nothing is recorded twice."""
    chosen, state = rng.random(), rng.getstate()
    while True:
        rng.setstate(state)
        try:
            return [f"{event.position}:{event.id}" for event in _one_thing(registry, rng, chosen, name)]
        except UnreachableError:
            time.sleep(0.02)
        except RefusedError:
            return ["refused"]


def _one_thing(registry: Registry, rng: random.Random, chosen: float, name: str) -> Iterable[RecordedEvent]:
    meeting = f"d/s/{name}"
    held = MeetingHeld(meeting=meeting, series="d/s", date=f"{2004 + rng.randrange(20)}-06", format="online")
    if chosen < 0.5:
        return registry.record(held, source=SOURCE)
    if chosen < 0.7:
        seats = [DelegateAttended(meeting=meeting, name=f"Delegate {n}", party="JPN") for n in range(4)]
        return registry.record(held, *seats, source=SOURCE)
    if chosen < 0.75:
        topics = [TopicDiscussed(meeting=meeting, topic=f"Topic {n}") for n in range(99)]
        registry.record_all([held, *topics], source=SOURCE, batch=50)
        return registry.events(subject=meeting)
    if chosen < 0.85:  # what all of them want: one gets it
        return registry.record(MeetingHeld(meeting=f"d/s/wanted-{rng.randrange(40)}", series="d/s", place=name))
    fact = registry.record(held)[0]
    if chosen < 0.93:
        changed = MeetingHeld(meeting=meeting, series="d/s", date="2024-01", format="hybrid")
        return fact, registry.correct(fact.id, changed, reason="misprint")
    return fact, registry.retract(fact.id, reason="never took place")


def follow(address: str, views: str, *_: str) -> None:
    """Follow until told up to where; then say the head, and what the views show."""
    with _opened(address, views) as registry:
        print("ready", flush=True)
        last = [event.position for event in registry.events()]
        assert last == list(range(1, len(last) + 1))
        end, seen = None, len(last)
        for step in registry.follow(poll=0.1):
            fresh = [event.position for event in registry.events(after=seen)]
            assert fresh == list(range(seen + 1, step.position + 1)), (seen, fresh)
            seen = step.position
            end = _told_end() if end is None else end
            if end is not None and seen >= end:
                break
        print(f"head {registry.head.position} {registry.head.digest} {shown(registry)}", flush=True)


def shown(registry: Registry) -> str:
    """A digest of everything that the views show."""
    return sha256(repr(show(registry)).encode()).hexdigest()


def _opened(address: str, views: str) -> Registry:
    while True:
        try:
            return Registry.open(address, views=views)
        except UnreachableError:
            time.sleep(0.02)


# Parent and children talk by files, which nobody's death breaks.


def _wait_for_start() -> None:
    while not Path(sys.argv[-1], "start").exists():
        time.sleep(0.005)


def _told_to_stop() -> bool:
    return Path(sys.argv[-1], "stop").exists()


def _told_end() -> int | None:
    path = Path(sys.argv[-1], "end")
    return int(path.read_text()) if path.exists() else None


# --- the parent ----------------------------------------------------------------------


class Child:
    """A process at work, with views of its own, and what it has said."""

    def __init__(self, work: str, address: str, folder: Path, name: str) -> None:
        self.name, self._work, self._address, self._folder = name, work, address, folder
        self._lives = count()
        self.lines: list[str] = []
        self.start()

    def start(self) -> None:
        """Start it, on the views that it has."""
        arguments = [
            self._work,
            self._address,
            str(self._folder / f"{self.name}.db"),
            f"{self.name}.{next(self._lives)}",
        ]
        command = [sys.executable, "-m", "tests.long.shared_log", *arguments, arguments[-1], str(self._folder)]
        self._out = (self._folder / f"{arguments[-1]}.out").open("w+b")
        self._process = subprocess.Popen(command, stdout=self._out, stderr=subprocess.STDOUT)

    def wait_until_ready(self) -> None:
        """Wait for its first word."""
        while not self._lines():
            assert self._process.poll() is None
            time.sleep(0.01)

    def kill(self) -> None:
        """End it, wherever it is, and keep what it said."""
        self._process.kill()
        self._process.wait()
        self._keep()

    def end(self) -> None:
        """Wait for its end, which must be a good one."""
        code = self._process.wait(timeout=120)
        self._keep()
        assert code == 0, "\n".join(self.lines[-30:])

    def _lines(self) -> list[str]:
        self._out.seek(0)
        return self._out.read().decode().split("\n")[:-1]  # a line without its end was not said

    def _keep(self) -> None:
        lines = self._lines()
        self._out.close()
        assert not [line for line in lines if "Error" in line], "\n".join(lines)
        self.lines += lines

    def acknowledged(self) -> Iterator[tuple[int, str]]:
        """Position and id of each event that it had a receipt for."""
        for line in self.lines:
            for word in line.split()[1:] if line.startswith("ack ") else ():
                position, _, id_ = word.partition(":")
                if id_:
                    yield int(position), id_


def crowd(
    server: "Server", seconds: float, *, writers: int = 8, followers: int = 3, kills: int = 0, seed: int = 0
) -> Counter[str]:
    """Run writers and followers for a while, with some killed; check everything; return figures."""
    rng, figures = random.Random(seed), Counter[str]()
    address = server.new_log()
    with Registry.open(address) as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="A dialogue", launched="2004-08-28"),
            SeriesOpened(series="d/s", dialogue="d", name="Senior officials"),
        )
    with TemporaryDirectory() as name:
        folder = Path(name)
        writing = [Child("write", address, folder, f"w{number}") for number in range(writers)]
        following = [Child("follow", address, folder, f"f{number}") for number in range(followers)]
        for child in (*writing, *following):
            child.wait_until_ready()
        (folder / "start").touch()
        for _ in range(kills):
            time.sleep(rng.random() * seconds / kills)
            victim = rng.choice(["writer", "follower", "server"])
            figures[f"{victim}s killed"] += 1
            if victim == "server":
                server.kill()
                time.sleep(rng.random() * 0.1)
                server.restart()
            else:
                child = rng.choice(writing if victim == "writer" else following)
                child.kill()
                child.start()
        time.sleep(seconds if not kills else rng.random() * 0.3)
        (folder / "stop").touch()
        for child in writing:
            child.end()
        with Registry.open(address) as registry:
            (folder / "end.new").write_text(str(registry.position))
            (folder / "end.new").rename(folder / "end")
            for child in following:
                child.end()
            _check(registry, writing, following, figures)
    return figures


def _check(registry: Registry, writing: list[Child], following: list[Child], figures: Counter[str]) -> None:
    head = registry.verify()
    stands = {event.position: event.id for event in registry.events()}
    assert list(stands) == list(range(1, head.position + 1))
    for child in writing:
        for position, id_ in child.acknowledged():
            assert stands[position] == id_, f"{child.name} was told that {id_} stands at {position}"
            figures["acknowledged"] += 1
        figures["refused"] += sum("refused" in line for line in child.lines)
    for child in following:
        assert child.lines[-1].split() == ["head", str(head.position), head.digest, shown(registry)], child.name
    meetings = registry.meetings()
    assert len({meeting.meeting for meeting in meetings}) == len(meetings)
    figures["events"] += head.position


def main() -> None:
    """Run the rounds and print the figures."""
    from tests.system.servers import Server

    parser = argparse.ArgumentParser(prog="python -m tests.long.shared_log", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--kills", type=int, default=6, help="in each round")
    parser.add_argument("--seconds", type=float, default=4, help="of each round; five times as long for the crowd")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    server = Server(durable=True)
    try:
        total = Counter[str]()
        for turn in range(asked.rounds):
            seed = asked.seed + turn
            total += crowd(server, asked.seconds, writers=3, followers=2, kills=asked.kills, seed=seed)
            print(f"round {turn + 1} (seed {seed}):", dict(total), flush=True)
        seconds = asked.seconds * 5
        found = crowd(server, seconds)
        print(f"8 writers, 3 followers, {seconds:.0f} s: {dict(found)}, {found['events'] / seconds:,.0f} events/s")
    finally:
        server.stop()


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in ("write", "follow"):
        (write if sys.argv[1] == "write" else follow)(*sys.argv[2:6])
    else:
        main()
