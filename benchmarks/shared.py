"""A log shared on a PostgreSQL server, with the views in a local file."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from benchmarks import shape
from benchmarks.measure import Result, measured, spread
from dialogue_registry import Registry
from dialogue_registry.log.entry import recorded
from dialogue_registry.log.postgres import PostgresLog, create_log
from dialogue_registry.log.sqlite_file import open_file
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.registry.copy import copy, transfer

Task = Mapping[str, Any]


def prepare(task: Task) -> Result:
    """Put the log of a file on the server."""
    return {"events": copy(task["model"], task["address"]), "seconds": 0.0}


def record_batches(task: Task) -> Result:
    """Record facts made before, in batches of 1000; without a path, the views are in memory."""
    items = list(shape.facts(task["events"]))
    create_log(task["address"])
    with Registry.open(task["address"], views=task.get("path")) as registry:
        return measured(lambda: registry.record_all(items))


def import_log(task: Task) -> Result:
    """Append the log of a file: hashes are checked here and there, and there are no views."""
    create_log(task["address"])
    connection, _ = open_file(Path(task["model"]), read_only=True)
    with closing(connection), closing(PostgresLog(task["address"])) as log:
        return measured(lambda: transfer(SQLiteLog(connection), log))


def replay(task: Task) -> Result:
    """Read all recorded events again, typed, from the server."""
    with closing(PostgresLog(task["address"])) as log:
        log.check()
        return measured(lambda: sum(1 for _ in map(recorded, log.rows())))


def catch_up(task: Task) -> Result:
    """Make all views in a new file of what is on the server."""

    def work() -> int:
        with Registry.open(task["address"], views=task["path"]) as registry:
            return registry.position

    return measured(work)


@contextmanager
def record_singles(task: Task) -> Iterator[Callable[[int], object]]:
    """Record facts one by one in a log that has some already: yield a function that records fact number n."""
    items = list(shape.singles(task["events"], task["meetings"]))
    with Registry.open(task["address"], views=task["path"]) as registry:
        yield lambda number: registry.record(items[number][0], source=items[number][1])


def follow_lag(task: Task) -> Result:
    """From the return of a recording call to the views of a follower that show the event."""
    items = list(shape.singles(task["events"], task["meetings"]))
    shown: dict[int, float] = {}
    returned: dict[int, float] = {}
    ready = threading.Event()

    def follow() -> None:
        with Registry.open(task["address"], views=task["path"]) as registry:
            end = registry.position + len(items)
            for step in registry.follow():
                shown[step.position] = time.perf_counter()
                ready.set()
                if step.position >= end:
                    return

    follower = threading.Thread(target=follow)
    follower.start()
    with Registry.open(task["address"]) as registry:
        ready.wait()
        for fact, source in items:
            time.sleep(0.02)
            (event,) = registry.record(fact, source=source)
            returned[event.position] = time.perf_counter()
    follower.join()
    times, last = [], 0.0
    for position in sorted(returned, reverse=True):
        last = shown.get(position, last)  # what was taken over with later ones was shown with them
        times.append(max(0.0, last - returned[position]))
    return spread(times)
