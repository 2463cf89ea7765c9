"""Kill it, fill its disk, tear its pages, attack its exports and its server: all attacks, in their long form.

::

    python tests/long/faults.py                # everything, three hours, prints figures
    python tests/long/faults.py --list         # the names of the scenarios and of the suites
    python tests/long/faults.py kill-recording --times 5 --seed 7
    python tests/long/faults.py exports server

A suite consists of tests that every run has, here with every moment, every operation and all
examples (``--hypothesis-profile=long``). The scenarios are here alone, and take three minutes.

Every scenario works on real files with real processes. A child acknowledges each event on
a pipe after the recording call has returned; after the fault the parent opens the file and
demands every acknowledged event, whole transactions only, views equal to the replay, and a
registry that goes on recording. What is neither sound nor refused with one of the library's
own errors ends the run with a traceback. The figures say how often what was seen.

It needs a system with fork and SIGKILL (Linux, macOS).
"""

import argparse
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from dialogue_registry import (
    DelegateAttended,
    DialogueLaunched,
    MeetingHeld,
    RecordedEvent,
    Registry,
    SeriesOpened,
    Source,
)
from dialogue_registry.errors import (
    BrokenChainError,
    DialogueRegistryError,
    ReadOnlyError,
    StorageError,
)

NOBODY = 65534
SOURCE = Source("A press release", url="https://example.org/release")
Ack = Callable[[Sequence[RecordedEvent]], None]
Work = Callable[[Path, str, Ack], None]
Figures = Counter[str]
Acks = list[tuple[int, str]]


class NotPossibleHereError(Exception):
    """This machine does not let us do that to a file."""


# --- children ----------------------------------------------------------------------------


class Child:
    """A process at work on a registry, and what it has acknowledged."""

    def __init__(self, work: Work, path: Path, name: str) -> None:
        self._pipe, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._pipe)
            try:
                work(path, name, lambda events: _say(writing, [f"{e.position} {e.id}" for e in events] or ["0 -"]))
                os._exit(0)
            except BaseException:  # noqa: BLE001 - all that goes wrong is told to the parent
                _say(writing, ["ERROR " + line for line in traceback.format_exc().splitlines()])
                os._exit(1)
        os.close(writing)
        self._output = b""

    def wait_for_first_word(self) -> None:
        self._output += os.read(self._pipe, 65536)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def acknowledged(self) -> Acks:
        """Wait for its end; give position and id of each event that it had a receipt for."""
        while more := os.read(self._pipe, 65536):
            self._output += more
        os.close(self._pipe)
        os.waitpid(self.pid, 0)
        lines = self._output.decode().split("\n")[:-1]  # a line without its end was not said
        errors = [line[6:] for line in lines if line.startswith("ERROR ")]
        assert not errors, "\n".join(errors)
        return [(int(line.split()[0]), line.split()[1]) for line in lines if line != "0 -"]


def _say(pipe: int, lines: Sequence[str]) -> None:
    os.write(pipe, "".join(f"{line}\n" for line in lines).encode())


def run_for_a_while(rng: random.Random, work: Work, path: Path, seconds: float, *, processes: int = 1) -> Acks:
    """Start children, kill them at a random moment, return what they had acknowledged."""
    children = [Child(work, path, f"c{rng.getrandbits(40):x}") for _ in range(processes)]
    for child in children:
        child.wait_for_first_word()
    time.sleep(rng.random() * seconds)
    for child in children:
        child.kill()
    return [ack for child in children for ack in child.acknowledged()]


# --- work --------------------------------------------------------------------------------

# ``by`` ends in the number of events of its transaction, "x5": a part of them would be half a transaction.


def begin(path: Path, meetings: int = 0) -> Acks:
    """Make a registry with some meetings of nine delegates."""
    with Registry.open(path) as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="A dialogue", launched="2004-08-28"),
            SeriesOpened(series="d/s", dialogue="d", name="Senior officials"),
            source=SOURCE,
        )
        for number in range(meetings):
            registry.record(*meeting("begin", number, 9), source=SOURCE, by=f"begin {number} x10")
        return [(event.position, event.id) for event in registry.events()]


def meeting(name: str, number: int, delegates: int) -> list[MeetingHeld | DelegateAttended]:
    id_ = f"d/s/{name}/{number}"
    held = MeetingHeld(meeting=id_, series="d/s", date=f"{2005 + number % 20}-06", ordinal=number + 1)
    return [held, *(DelegateAttended(meeting=id_, name=f"Delegate {n}", party=f"P{n}") for n in range(delegates))]


def record_singly(path: Path, name: str, ack: Ack) -> None:
    with Registry.open(path) as registry:
        for number in count():
            for fact in meeting(name, number, 2):
                ack(registry.record(fact, source=SOURCE, by=f"{name} x1"))


def record_groups(path: Path, name: str, ack: Ack) -> None:
    with Registry.open(path) as registry:
        for number in count():
            ack(registry.record(*meeting(name, number, 4), source=SOURCE, by=f"{name} {number} x5"))


def record_batches(path: Path, name: str, ack: Ack) -> None:
    with Registry.open(path) as registry:
        for number in count():
            before = registry.position
            registry.record_all(meeting(name, number, 99), source=SOURCE, by=f"{name} {number} x20", batch=20)
            ack(list(registry.events(after=before)))


def record_in_transactions(path: Path, name: str, ack: Ack) -> None:
    with Registry.open(path) as registry:
        for number in count():
            with registry.transaction():
                recorded = [registry.record(fact, by=f"{name} {number} x4")[0] for fact in meeting(name, number, 3)]
            ack(recorded)


def correct(path: Path, name: str, ack: Ack) -> None:
    with Registry.open(path) as registry:
        for number in count():
            id_ = f"d/s/{name}/{number}"
            held = MeetingHeld(meeting=id_, series="d/s", date="2011")
            seat = DelegateAttended(meeting=id_, name="A", party="P")
            (first, second) = registry.record(held, seat, by=f"{name} {number} x2")
            ack([first, second])
            held = MeetingHeld(meeting=id_, series="d/s", date="2012-02", format="online")
            fixed = registry.correct(first.id, held, reason="the day")
            ack([fixed])
            ack([registry.retract(second.id, reason="was not there")])
            ack([registry.retract(fixed.id, reason="was right after all")])
            disputed = MeetingHeld(meeting=id_, series="d/s", date="2013")
            ack([registry.dispute(first.id, disputed, source=SOURCE)])


def rebuild(path: Path, name: str, ack: Ack) -> None:
    with Registry.open(path) as registry:
        for number in count():
            ack(registry.record(*meeting(name, number, 1), by=f"{name} {number} x2"))
            registry.rebuild()


def open_outdated(path: Path, name: str, ack: Ack) -> None:
    for number in count():
        outdate(path)
        with Registry.open(path) as registry:
            ack(registry.record(*meeting(name, number, 1), by=f"{name} {number} x2"))


def outdate(path: Path) -> None:
    """Make the views those of an earlier version of the library."""
    connection = sqlite3.connect(path, timeout=30)
    with connection:
        connection.execute("UPDATE projections SET version = 0")
    connection.close()


KILLED: dict[str, Work] = {
    "recording": record_singly,
    "groups": record_groups,
    "batches": record_batches,
    "transactions": record_in_transactions,
    "correcting": correct,
    "rebuilding": rebuild,
    "opening-outdated": open_outdated,
}


# --- what must be true afterwards --------------------------------------------------------


def demand(path: Path, acknowledged: Acks, *, verify: bool = True) -> int:
    """Open the registry; demand what was acknowledged, whole transactions and sound views. Give its position."""
    with Registry.open(path) as registry:
        events = list(registry.events())
        for position, id_ in acknowledged:
            assert position <= len(events), f"{path}: event {position} was acknowledged, the log ends at {len(events)}"
            assert events[position - 1].id == id_, f"{path}: position {position} holds another event than acknowledged"
        if verify:
            registry.verify()  # first: of a file that is damaged it says so, whole transactions or not
        demand_whole(events)
        return registry.position


def demand_whole(events: Sequence[RecordedEvent]) -> None:
    for by, found in Counter(event.by for event in events if " x" in event.by).items():
        size = int(by.rpartition("x")[2])
        assert found % size == 0, f"half a transaction: {found} events of {by!r}"


def demand_goes_on(path: Path, name: str) -> None:
    """The registry records as if nothing had happened."""
    with Registry.open(path) as registry:
        before = registry.position
        registry.record(*meeting(f"after/{name}", before, 1))
        assert registry.position == before + 2
        registry.verify()


# --- killed ------------------------------------------------------------------------------


def killed(work: Work) -> Callable[[random.Random, Path, int], Figures]:
    def scenario(rng: random.Random, folder: Path, times: int) -> Figures:
        figures: Figures = Counter()
        path, acks = folder / "0.db", Acks()
        for number in range(times):
            if number % 10 == 0:
                path = folder / f"{number}.db"
                acks = begin(path, meetings=40)
            acks += run_for_a_while(rng, work, path, 0.1)
            figures["kills"] += 1
            position = demand(path, acks)
            figures["unacknowledged but whole"] += position > max(acks)[0]
            with Registry.open(path) as registry:
                acks = [(event.position, event.id) for event in registry.events()]
            figures["events demanded"] += len(acks)
        demand_goes_on(path, "kill")
        return figures

    return scenario


def kill_creating(rng: random.Random, folder: Path, times: int) -> Figures:
    """Killed while the file itself is being made."""

    def create(path: Path, name: str, ack: Ack) -> None:
        ack([])
        begin(path / f"{name}.db", 1)
        time.sleep(60)

    figures: Figures = Counter()
    for _ in range(times):
        for file in folder.iterdir():
            file.unlink()
        run_for_a_while(rng, create, folder, 0.04, processes=2)
        figures["kills"] += 2
        for path in folder.glob("*.db"):
            figures[f"left with {min(demand(path, []), 12)} of 12 events"] += 1
    return figures


def kill_one_of_four(rng: random.Random, folder: Path, times: int) -> Figures:
    """One of four writers is killed again and again; the others never notice."""
    figures: Figures = Counter()
    path = folder / "four.db"
    acks = begin(path)
    for number in range(times):
        others = [Child(_finite(record_groups, 5), path, f"o{number}-{n}") for n in range(3)]
        acks += run_for_a_while(rng, record_groups, path, 0.05)
        for child in others:
            acks += child.acknowledged()
        figures["kills"] += 1
        figures["events demanded"] = len(acks)
    demand(path, acks)
    return figures


def _finite(work: Work, times: int) -> Work:
    """The same work, ended after so many acknowledgements."""

    def some(path: Path, name: str, ack: Ack) -> None:
        left = iter(range(times - 1))

        def counting(events: Sequence[RecordedEvent]) -> None:
            ack(events)
            if next(left, None) is None:
                raise StopWorking

        with suppress(StopWorking):
            work(path, name, counting)

    return some


class StopWorking(Exception):  # noqa: N818 - no error
    """Enough was done."""


# --- together ----------------------------------------------------------------------------


def four_writers(_: random.Random, folder: Path, times: int) -> Figures:
    """Four processes record at once into one file: nothing is lost, nobody is told that it is locked."""
    path = folder / "four.db"
    acks = begin(path)
    children = [Child(_finite(record_singly, 10 * times), path, f"w{number}") for number in range(4)]
    for child in children:
        acks += child.acknowledged()
    position = demand(path, acks)
    assert position == len(set(acks)) == 2 + 4 * 10 * times, f"{position} events, {len(set(acks))} acknowledged"
    return Counter({"processes": 4, "events recorded": position, "events lost": 0, "locked": 0})


def readers_and_writers(_: random.Random, folder: Path, times: int) -> Figures:
    """Two writers, a rebuilder and many readers: a reader always sees whole views, which only grow."""
    path = folder / "busy.db"
    many = 250  # so that a rebuild reads several pages of the log
    acks = begin(path, many)
    stop = folder / "stop"

    def read(path: Path, name: str, ack: Ack) -> None:
        seen, reads = many, 0
        with Registry.open(path, read_only=True) as registry:
            while not stop.exists():
                total = registry.counts()["d/s"].total.certain
                held = len(registry.meetings("d/s"))
                rows = next(iter(registry.db.execute("SELECT count(*) FROM attendance")))[0]
                assert seen <= total <= held, f"{name} saw {seen}, then {total} and {held} meetings"
                assert rows >= 9 * many + (total - many), f"{name} saw {rows} delegates of {total} meetings"
                seen, reads = total, reads + 1
                if reads == 1:
                    ack([])
        (path.parent / name).write_text(str(reads))

    def rebuild_often(path: Path, name: str, ack: Ack) -> None:
        with Registry.open(path) as registry:
            for number in range(times):
                registry.rebuild()
                ack(registry.record(*meeting(name, number, 1), by=f"{name} {number} x2"))

    readers = [Child(read, path, f"r{number}") for number in range(4)]
    for child in readers:
        child.wait_for_first_word()  # before that, they import
    workers = [Child(_finite(record_groups, 5 * times), path, f"w{number}") for number in range(2)]
    workers.append(Child(rebuild_often, path, "b"))
    for child in workers:
        acks += child.acknowledged()
    stop.touch()
    for child in readers:
        child.acknowledged()
    demand(path, acks)
    reads = sum(int((folder / f"r{number}").read_text()) for number in range(4))
    figures = {"readers": 4, "writers": 3, "rebuilds": times, "reads": reads, "events demanded": len(acks), "errors": 0}
    return Counter(figures)


# --- no room, no right -------------------------------------------------------------------


def disk_full(rng: random.Random, folder: Path, times: int) -> Figures:
    """The file may not grow any more, then it may again: a limit on its size stands for a full disk."""

    def fill(path: Path, name: str, ack: Ack) -> None:
        with Registry.open(path) as registry:
            work_until_refused(registry, name, ack)
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            ack(registry.record(*meeting(name, 10**6, 4), by=f"{name} again x5"))

    figures: Figures = Counter()
    for number in range(times):
        path = folder / f"{number}.db"
        acks = begin(path, rng.randrange(40))
        size = path.stat().st_size + rng.randrange(200_000)

        def limited(path: Path, name: str, ack: Ack, size: int = size) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
            fill(path, name, ack)

        acks += Child(limited, path, "c").acknowledged()
        demand(path, acks)
        figures["times full"] += 1
        figures["events demanded"] += len(acks)
    return figures


def work_until_refused(registry: Registry, name: str, ack: Ack) -> None:
    before = None
    try:
        for number in count():
            before = registry.position
            ack(registry.record(*meeting(name, number, 4), by=f"{name} {number} x5"))
    except StorageError as error:
        assert "nothing was recorded" in str(error), error
        assert registry.position == before


def tmpfs_full(rng: random.Random, folder: Path, times: int) -> Figures:
    """A real file system of a few hundred kB runs full, then gets room again."""

    def fill(path: Path, name: str, ack: Ack) -> None:
        with Registry.open(path) as registry:
            work_until_refused(registry, name, ack)
            (path.parent / "ballast").unlink()
            ack(registry.record(*meeting(name, 10**6, 4), by=f"{name} again x5"))

    figures: Figures = Counter()
    for number in range(times):
        with mounted(folder, f"size={rng.randrange(1200, 2500)}k") as disk:
            path = disk / f"{number}.db"
            (disk / "ballast").write_bytes(bytes(256 * 1024))
            acks = begin(path, 5)
            acks += Child(fill, path, "c").acknowledged()
            demand(path, acks)
        figures["times full"] += 1
        figures["events demanded"] += len(acks)
    return figures


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    disk = folder / "disk"
    disk.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)]
    if (
        os.geteuid()
        or shutil.which("mount") is None
        or subprocess.run(command, capture_output=True, check=False).returncode
    ):
        raise NotPossibleHereError("mounting a small disk needs the rights of root")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def made_read_only(rng: random.Random, folder: Path, times: int) -> Figures:
    """The file loses its write permission while a process records into it."""
    figures: Figures = Counter()

    def record_until_told(path: Path, name: str, ack: Ack) -> None:
        drop_privileges()
        with Registry.open(path) as registry:
            for number in count():
                try:
                    ack(registry.record(*meeting(name, number, 4), by=f"{name} {number} x5"))
                except StorageError as error:
                    assert "nothing was recorded" in str(error), error
                    ack([])
                if (path.parent / "stop").exists():
                    return

    def try_to_open(path: Path, name: str, ack: Ack) -> None:
        drop_privileges()
        try:
            Registry.open(path).close()
        except ReadOnlyError:
            with Registry.open(path, read_only=True) as registry:
                ack(list(registry.events()))
            return
        raise AssertionError("a write-protected file was opened for writing")

    for number in range(times):
        place = folder / str(number)
        place.mkdir()
        place.chmod(0o777)
        path = place / "a.db"
        acks = begin(path, 5)
        path.chmod(0o666)
        child = Child(record_until_told, path, "c")
        child.wait_for_first_word()
        time.sleep(rng.random() * 0.1)
        path.chmod(0o444)
        acks += Child(try_to_open, path, "d").acknowledged()
        (place / "stop").touch()
        acks += child.acknowledged()
        path.chmod(0o666)
        demand(path, acks)
        figures["times made read-only"] += 1
        figures["events demanded"] += len(acks)
    return figures


def frozen(rng: random.Random, folder: Path, times: int) -> Figures:
    """The file or its WAL is frozen (chattr +i) under a process that has it open, then thawed."""
    figures: Figures = Counter()
    path = folder / "a.db"
    acks = begin(path, 5)
    if os.geteuid() or shutil.which("chattr") is None:
        raise NotPossibleHereError("freezing a file needs chattr and the rights of root")

    def chattr(change: str, file: Path) -> None:
        if subprocess.run(["chattr", change, str(file)], capture_output=True, check=False).returncode:
            raise NotPossibleHereError("this file system cannot freeze files")

    with Registry.open(path) as registry:
        for number in range(times):
            file = Path(rng.choice([str(path), f"{path}-wal"]))
            acks += _receipts(registry.record(*meeting("before", number, 4)))
            chattr("+i", file)
            try:
                acks += _receipts(registry.record(*meeting("frozen", number, 4), by=f"frozen {number} x5"))
                figures["recorded all the same"] += 1
            except StorageError as error:
                assert "nothing was recorded" in str(error), error
                figures["refused"] += 1
            finally:
                chattr("-i", file)
            acks += _receipts(registry.record(*meeting("thawed", number, 4)))
    demand(path, acks)
    figures["events demanded"] = len(acks)
    return figures


def _receipts(events: Sequence[RecordedEvent]) -> Acks:
    return [(event.position, event.id) for event in events]


def drop_privileges() -> None:
    """Be nobody, so that permissions bite."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


# --- damaged files -----------------------------------------------------------------------


def sample(path: Path) -> None:
    """A registry with facts, sources, amendments and disputes, all of it in the file itself."""
    begin(path, 30)
    with Registry.open(path) as registry:
        events = list(registry.events())
        for number in range(5):
            _finite(correct, 5)(path, f"amended{number}", lambda _: None)
        registry.retract(events[-1].id, reason="was not there")


def picture(registry: Registry) -> tuple[object, ...]:
    """The log read in both ways, and what the views answer."""
    log = list(registry.events())
    subjects = dict.fromkeys(event.subject for event in log)
    counts = {series: (count.total, *count.by_format.values()) for series, count in registry.counts().items()}
    return (
        log,
        [list(registry.events(subject=subject)) for subject in subjects],
        registry.meetings(),
        [registry.attendance(meeting=meeting.meeting) for meeting in registry.meetings()],
        registry.disputes(),
        counts,
    )


def damaged_page(rng: random.Random, folder: Path, times: int) -> Figures:
    """Bytes of the file are changed behind SQLite's back: noticed by open or verify, or of no consequence."""
    original = folder / "original.db"
    sample(original)
    stored = original.read_bytes()
    with Registry.open(original) as registry:
        wanted = picture(registry)
    figures: Figures = Counter()
    for number in range(times):
        damaged = bytearray(stored)
        size = rng.choice([1, 1, 16, 512, 4096])
        at = rng.randrange(len(damaged) - size)
        damaged[at : at + size] = rng.randbytes(size) if rng.random() < 0.8 else bytes(size)
        path = folder / f"{number}.db"
        path.write_bytes(damaged)
        figures[_judge(path, wanted, read_only=rng.random() < 0.5)] += 1
        _remove(path)
    return figures


def _judge(path: Path, wanted: tuple[object, ...], *, read_only: bool) -> str:
    try:
        with Registry.open(path, read_only=read_only) as registry:
            try:
                registry.verify()
            except DialogueRegistryError as error:
                return f"verify: {type(error).__name__}"
            assert picture(registry) == wanted, f"{path}: verify() passed, and yet something else is read"
            return "of no consequence"
    except DialogueRegistryError as error:
        return f"open: {type(error).__name__}"


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def wal_removed(rng: random.Random, folder: Path, times: int) -> Figures:
    """A process is killed, then its WAL file is deleted: the file is sound up to where it had been merged.

    What stood in the WAL alone is gone: no library can prevent that, but ``verify(head)`` tells.
    """
    figures: Figures = Counter()
    for number in range(times):
        path = folder / f"{number}.db"
        acks = begin(path, rng.randrange(20))
        work = rng.choice([record_singly, record_batches, rebuild])
        acks += run_for_a_while(rng, work, path, 0.2)
        with Registry.open(path, read_only=True) as registry:
            head = registry.head
        Path(f"{path}-wal").unlink()
        Path(f"{path}-shm").unlink(missing_ok=True)
        with Registry.open(path) as registry:
            position = registry.position
        assert demand(path, [ack for ack in acks if ack[0] <= position]) == position
        with Registry.open(path) as registry:
            if position == head.position:
                registry.verify(head)
            else:
                try:
                    registry.verify(head)
                except BrokenChainError as error:
                    assert error.position == position + 1
                    figures["tails told of by verify(head)"] += 1
                else:
                    raise AssertionError("verify(head) did not notice the tail that was cut off")
        figures["WALs removed"] += 1
        figures["events kept"] += position
        demand_goes_on(path, "wal")
    return figures


# --- every write a possible last one -----------------------------------------------------


def last_writes(rng: random.Random, folder: Path, times: int) -> Figures:
    """The files as they stood after each step, cut and torn within it: each reopens with what was acknowledged."""
    figures: Figures = Counter()
    path = folder / "original.db"
    begin(path, 3)
    steps: list[tuple[bytes, bytes, Acks]] = []
    with Registry.open(path) as registry:
        acks = _receipts(list(registry.events()))
        for step in _steps(registry):
            acks += step
            steps.append((path.read_bytes(), Path(f"{path}-wal").read_bytes(), list(acks)))
    copies = 0
    for (file, wal, acks), (file_after, wal_after, acks_after) in pairwise(steps):
        assert file == file_after, "the WAL was merged within the workload: make it shorter"
        assert wal_after.startswith(wal), "a WAL only grows until it is merged"
        frames = range(len(wal), len(wal_after), 4096 + 24)
        cuts = {len(wal), len(wal_after)}
        cuts.update(rng.randrange(len(wal), len(wal_after) + 1) for _ in range(times))
        cuts.update(
            min(max(len(wal), rng.choice(frames) + rng.randrange(-1, 26)), len(wal_after)) for _ in range(times)
        )
        for cut in cuts:
            for tail in (b"", bytes(len(wal_after) - cut), rng.randbytes(len(wal_after) - cut))[: 1 + times]:
                copy = folder / f"copy{copies}.db"
                copy.write_bytes(file_after)
                Path(f"{copy}-wal").write_bytes(wal_after[:cut] + tail)
                # Zeros may be what the last bytes were, so the whole step may be there although it was cut.
                position = demand(copy, acks)
                assert position in (len(acks), len(acks_after)), f"{position} is between two transactions"
                if cut == len(wal_after):
                    assert position == len(acks_after)
                figures["kept the step" if position == len(acks_after) else "lost the unacknowledged step"] += 1
                copies += 1
                _remove(copy)
    figures.update(_last_merges(rng, folder, steps[-1], path.read_bytes(), times))
    figures["copies reopened"] = copies + times
    return figures


def _steps(registry: Registry) -> Iterator[Acks]:
    """A workload of every kind of writing; what each step acknowledged."""
    held = registry.record(*meeting("a", 1, 4), source=SOURCE, by="a x5")
    yield _receipts(held)
    yield _receipts(
        [registry.correct(held[1].id, DelegateAttended(meeting="d/s/a/1", name="B", party="P"), reason="r")]
    )
    yield _receipts([registry.retract(held[2].id, reason="was not there")])
    yield _receipts(registry.record(*meeting("a", 2, 4), source=Source("Another"), by="b x5"))
    registry.rebuild()
    yield []
    before = registry.position
    registry.record_all(meeting("a", 3, 19), by="c x20")
    yield _receipts(list(registry.events(after=before)))


def _last_merges(
    rng: random.Random, folder: Path, last: tuple[bytes, bytes, Acks], merged: bytes, times: int
) -> Figures:
    """Stopped while the WAL is merged into the file, page by page in any order: the WAL still has it all.

    Without that WAL the file is a mixture of two times. Then it is sound, or verify() or open says so.
    """
    figures: Figures = Counter()
    file, wal, acks = last
    copy = folder / "merging.db"
    for _ in range(times):
        torn = bytearray(file.ljust(len(merged), b"\0"))
        share = rng.random()
        for start in range(0, len(merged), 4096):
            if rng.random() < share:
                torn[start : start + 4096] = merged[start : start + 4096]
        copy.write_bytes(torn)
        Path(f"{copy}-wal").write_bytes(wal)
        assert demand(copy, acks) == len(acks)
        _remove(copy)
        figures["stopped while merging"] += 1
        copy.write_bytes(torn)
        try:
            position = demand(copy, [])
            assert demand(copy, acks[:position]) == position
            figures["and the WAL lost: sound"] += 1
        except DialogueRegistryError as error:
            figures[f"and the WAL lost: {type(error).__name__}"] += 1
        _remove(copy)
    return figures


# --- the run -----------------------------------------------------------------------------

Scenario = Callable[[random.Random, Path, int], Figures]

#: Each scenario, and how many times the long version plays it.
SCENARIOS: dict[str, tuple[Scenario, int]] = {
    **{f"kill-{name}": (killed(work), 60) for name, work in KILLED.items()},
    "kill-creating": (kill_creating, 60),
    "kill-one-of-four": (kill_one_of_four, 20),
    "four-writers": (four_writers, 25),
    "readers-and-writers": (readers_and_writers, 30),
    "disk-full": (disk_full, 40),
    "tmpfs-full": (tmpfs_full, 25),
    "made-read-only": (made_read_only, 25),
    "frozen": (frozen, 25),
    "damaged-page": (damaged_page, 250),
    "wal-removed": (wal_removed, 30),
    "last-writes": (last_writes, 12),
}


SUITES: dict[str, list[str]] = {
    "exports": ["tests/faults/test_exports.py", "tests/system/test_publish.py", "-k", "killed or state or power"],
    "interruptions": ["tests/faults/test_interruptions.py"],
    "files": ["tests/faults/test_files_made_to_hurt.py", "tests/faults/test_readers_without_permission.py"],
    "values": ["tests/faults/test_foreign_values.py"],
    "passwords": ["tests/system/test_passwords.py"],
    "texts": [
        "tests/formats",
        "tests/laws/test_hostile.py",
        "tests/system/test_publish.py",
        "tests/system/test_browser.py",
        "-k",
        "text or title",
    ],
    "server": ["tests/system/test_server_attacks.py"],
}
"""The arguments of pytest by the name of the suite."""
REPOSITORY = Path(__file__).parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "scenarios", nargs="*", metavar="SCENARIO", choices=[[], *SCENARIOS, *SUITES], help="default: all of them"
    )
    parser.add_argument(
        "--times", type=int, help="how often to play each scenario; by default about three minutes of all"
    )
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--list", action="store_true", help="name the scenarios")
    asked = parser.parse_args()
    if asked.list:
        print(*SCENARIOS, *SUITES, sep="\n")
        return
    print(f"seed {asked.seed}, SQLite {sqlite3.sqlite_version}, Python {sys.version.split()[0]}", flush=True)
    began = time.monotonic()
    failed = 0
    for name in asked.scenarios or (*SCENARIOS, *SUITES):
        if name in SCENARIOS:
            play(name, asked.times, asked.seed)
        else:
            failed += not run_suite(name)
    print(f"all in {time.monotonic() - began:.0f} s; nothing acknowledged was lost, {failed} suites failed")
    sys.exit(failed > 0)


def run_suite(name: str) -> bool:
    """Run the tests of a suite with all their examples; print what failed, and the figures."""
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "--hypothesis-profile=long", "-p", "no:cacheprovider"]
    ran = subprocess.run([*command, *SUITES[name]], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    lines = ran.stdout.splitlines()
    figures = "; ".join(line for line in lines if line.startswith("tried: ") or (" in " in line and "passed" in line))
    print(f"{name:22} {time.monotonic() - began:5.1f} s  {figures}", flush=True)
    if ran.returncode:
        print(ran.stdout, ran.stderr, sep="\n", flush=True)
    return ran.returncode == 0


def play(name: str, times: int | None, seed: int) -> None:
    scenario, usual = SCENARIOS[name]
    began = time.monotonic()
    with TemporaryDirectory(prefix="faults-") as folder:
        Path(folder).chmod(0o755)  # for nobody
        try:
            figures = scenario(random.Random(f"{seed} {name}"), Path(folder), times or usual)
        except NotPossibleHereError as reason:
            print(f"{name:22} not possible here: {reason}", flush=True)
            return
    summary = ", ".join(f"{what} {number:,}" for what, number in figures.items())
    print(f"{name:22} {time.monotonic() - began:5.1f} s  {summary}", flush=True)


if __name__ == "__main__":
    main()
