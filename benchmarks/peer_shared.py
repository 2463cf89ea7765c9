"""The peer ``eventsourcing`` on PostgreSQL, with the same events as on SQLite; see ``peer_eventsourcing``."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from psycopg.conninfo import conninfo_to_dict

from benchmarks import shape
from benchmarks.measure import Result, measured
from benchmarks.peer_eventsourcing import BATCH, events, replayed
from dialogue_registry.model.standard_kinds import subject_of

Task = Mapping[str, Any]


@contextmanager
def application(address: str) -> Iterator[Application[UUID]]:
    """An application that keeps its events in a database of a server."""
    parameters = conninfo_to_dict(address)
    settings = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(parameters["dbname"]),
        "POSTGRES_HOST": str(parameters["host"]),
        "POSTGRES_USER": str(parameters["user"]),
        "POSTGRES_PASSWORD": "none is asked",
    }
    with closing(Application[UUID](env=settings)) as app:
        yield app


def record_batches(task: Task) -> Result:
    """Save events made before, 1000 at a time."""
    saved = list(events(shape.facts(task["events"])))

    def work() -> int:
        for start in range(0, len(saved), BATCH):
            app.save(*saved[start : start + BATCH])
        return len(saved)

    with application(task["address"]) as app:
        return measured(work)


def replay(task: Task) -> Result:
    """Read the notification log to typed events."""
    with application(task["address"]) as app:
        return measured(lambda: sum(len(page) for page in replayed(app)))


@contextmanager
def record_singles(task: Task) -> Iterator[Callable[[int], object]]:
    """Save events one by one in a database that has some already: yield a function that saves event number n."""
    versions: Counter[str] = Counter(subject_of(fact) for fact, _ in shape.facts(task["before"]))
    saved = list(events(shape.singles(task["events"], task["meetings"]), versions))
    with application(task["address"]) as app:
        yield lambda number: app.save(saved[number])
