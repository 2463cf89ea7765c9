"""The work of a registry, piece by piece."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

import attrs

from benchmarks import shape
from benchmarks.measure import Result, Stopwatch, file_size, measured, repeated
from dialogue_registry import MeetingHeld, Registry

Task = Mapping[str, Any]


def prepare(task: Task) -> Result:
    """Make the file that others read: all facts, recorded in batches."""
    with Registry.open(task["path"]) as registry:
        registry.record_all(shape.facts(task["events"]))
        events = registry.position
    return {"events": events, "bytes": file_size(task["path"]), "seconds": 0.0}


def record_batches(task: Task) -> Result:
    """Record facts made before, in batches of 1000."""
    items = list(shape.facts(task["events"]))
    with Registry.open(task["path"]) as registry:
        result = measured(lambda: registry.record_all(items))
    return {**result, "bytes": file_size(task["path"])}


def make_and_record_batches(task: Task) -> Result:
    """Make facts out of plain values and record them as they come, in batches of 1000."""
    rows = [(type(fact), attrs.asdict(fact, recurse=False), source) for fact, source in shape.facts(task["events"])]
    rows = [(cls, {k: str(v) if k == "date" and v else v for k, v in values.items()}, s) for cls, values, s in rows]
    with Registry.open(task["path"]) as registry:
        return measured(lambda: registry.record_all((cls(**values), s) for cls, values, s in rows))


@contextmanager
def record_singles(task: Task) -> Iterator[Callable[[int], object]]:
    """Record facts one by one in a file that has some already: yield a function that records fact number n."""
    items = list(shape.singles(task["events"], task["meetings"]))
    with Registry.open(task["path"]) as registry:
        yield lambda number: registry.record(items[number][0], source=items[number][1])


def prepare_singles(task: Task) -> Result:
    """Record them all, for the baseline to take the rows from."""
    with record_singles(task) as record:
        for number in range(task["events"]):
            record(number)
    return {"events": task["events"], "seconds": 0.0}


def replay(task: Task) -> Result:
    """Read all recorded events again, typed."""
    with Registry.open(task["path"], read_only=True) as registry:
        return measured(lambda: sum(1 for _ in registry.events()))


def rebuild(task: Task) -> Result:
    """Make all views again from the log."""

    def work() -> int:
        registry.rebuild()
        return events

    with Registry.open(task["path"]) as registry:
        events = registry.position
        return measured(work)


def verify_chain(task: Task) -> Result:
    """Check the log alone."""
    with Registry.open(task["path"], read_only=True) as registry:
        return measured(lambda: registry.verify(views=False).position)


def verify(task: Task) -> Result:
    """Check the log, and the views against a replay."""
    with Registry.open(task["path"], read_only=True) as registry:
        return measured(lambda: registry.verify().position)


def grow(task: Task) -> Result:
    """Record so many meetings in batches of 1000, made on the way: for the memory it takes."""
    with Registry.open(task["path"]) as registry:
        result = measured(lambda: registry.record_all(shape.meetings_only(task["meetings"])))
    return {**result, "bytes": file_size(task["path"])}


def opening(task: Task) -> Result:
    """Open an existing file and close it."""
    return repeated(lambda: Registry.open(task["path"]).close(), 30)


def counts(task: Task) -> Result:
    """Count the meetings of each of 50 series, as of days all over the years."""
    days = [f"{1955 + number * 7 % 70}-{1 + number % 12:02}-15" for number in range(40)]
    watch = Stopwatch()
    with Registry.open(task["path"], read_only=True) as registry:
        registry.counts()
        for day in days:
            with watch.lap():
                found = registry.counts(as_of=day)
            assert len(found) == shape.SERIES
    return watch.result()


def at(task: Task) -> Result:
    """Open the registry as known in the middle of the log, and read one meeting."""
    watch = Stopwatch()
    with Registry.open(task["path"], read_only=True) as registry:
        middle = registry.position // 2
        for number in range(20):
            meeting = shape.meeting_id(middle // 2 + number)
            with watch.lap(), registry.at(position=middle + number) as past:
                found = past.meetings(meeting=meeting)
            assert len(found) == 1
    return watch.result()


def amend_delegate(task: Task) -> Result:
    """Correct the office of delegates: in a huge meeting, and by turns in one of ten delegates."""
    return _amend(
        task, lambda number: 1 + number % 8, lambda fact, number: attrs.evolve(fact, office=f"Office {number}")
    )


def amend_meeting(task: Task) -> Result:
    """Correct the place of a meeting: of a huge one, and by turns of one with ten delegates."""
    return _amend(task, lambda _: 0, lambda fact, number: attrs.evolve(fact, place=f"City {number}"))


def _amend(task: Task, which: Callable[[int], int], otherwise: Callable[[Any, int], Any]) -> Result:
    huge, small = shape.meeting_id(0), shape.meeting_id(1)
    watches = {huge: Stopwatch(), small: Stopwatch()}
    with Registry.open(task["path"]) as registry:
        registry.record_all(shape.opening())
        for meeting, delegates in ((huge, task["delegates"]), (small, 10)):
            registry.record(MeetingHeld(meeting=meeting, series=meeting.rpartition("/")[0], date="2019-05-18"))
            registry.record_all(shape.delegate(meeting, seat) for seat in range(delegates))
        recorded = {meeting: list(islice(registry.events(subject=meeting), 9)) for meeting in watches}
        for number in range(task["times"]):
            for meeting in (huge, small) if number % 2 else (small, huge):
                chosen = recorded[meeting][which(number)]
                replacement = otherwise(chosen.event, number)
                with watches[meeting].lap():
                    registry.correct(chosen.id, replacement, reason="misprint")
    of_small = watches[small].result()
    return {**watches[huge].result(), "small": of_small["seconds"], "small cpu": of_small["cpu"]}
