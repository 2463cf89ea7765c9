"""The peer: the library ``eventsourcing`` on SQLite, with the same facts and the settings it comes with.

Its events have the fields of the registry's facts as plain texts and numbers. Dates are not read, nothing
is checked, and of a source only the address is kept: all of that is in its favour.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, AggregateCreated, AggregateEvent, DomainEvent

from benchmarks import shape
from benchmarks.measure import Result, file_size, measured
from benchmarks.tables_by_hand import TablesByHand
from dialogue_registry.model.standard_kinds import subject_of

Task = Mapping[str, Any]
BATCH = 1000

# The class is looked up by its module and name when an event is read.
for _cls in shape.RECORDED:
    globals()[_cls.__name__] = type(DomainEvent)(
        _cls.__name__, (DomainEvent,), {"__module__": __name__, "__annotations__": shape.plain_types(_cls)}
    )


class Subject(Aggregate):
    """A dialogue, a series or a meeting, for recording through aggregates."""

    class Created(AggregateCreated):
        """The first event of a subject is about its id alone."""

        subject: str

    class Reported(AggregateEvent):
        """A fact about the subject."""

        kind: str
        values: dict[str, Any]

        def apply(self, aggregate: Any) -> None:
            """Leave the aggregate as it is."""

    def __init__(self, subject: str) -> None:
        self.subject = subject


@contextmanager
def application(path: str) -> Iterator[Application[UUID]]:
    """An application that keeps its events in a SQLite file."""
    app = Application[UUID](env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": path})
    try:
        yield app
    finally:
        app.close()


@cache
def _uuid(subject: str) -> UUID:
    return uuid5(NAMESPACE_URL, subject)


def events(items: Iterable[shape.Item], versions: Counter[str] | None = None) -> Iterator[DomainEvent]:
    """The facts as the peer's events, numbered within their subjects."""
    versions = Counter() if versions is None else versions
    for fact, source in items:
        subject = subject_of(fact)
        versions[subject] += 1
        cls = globals()[type(fact).__name__]
        yield cls(
            originator_id=_uuid(subject),
            originator_version=versions[subject],
            timestamp=datetime.now(UTC),
            **shape.plain(fact, source),
        )


def prepare(task: Task) -> Result:
    """Make the file that others read."""
    result = record_batches(task)
    return {"events": result["events"], "bytes": result["bytes"], "seconds": 0.0}


def record_batches(task: Task) -> Result:
    """Save events made before, 1000 at a time; with ``tables``, keep the same read tables by hand."""
    saved = list(events(shape.facts(task["events"])))
    tables = TablesByHand(task["tables"], task["model"]) if "tables" in task else None

    def work() -> int:
        done = 0
        while page := saved[done : done + BATCH]:
            app.save(*page)
            if tables is not None:
                tables.write(enumerate(page, done + 1))
            done += len(page)
        return done

    with application(task["path"]) as app:
        result = measured(work)
    if tables is not None:
        tables.close()
    return {**result, "bytes": file_size(task["path"])}


def make_and_record_batches(task: Task) -> Result:
    """Make facts out of plain values through aggregates, as its tutorials do, and save them 1000 at a time."""
    rows = [
        (subject_of(fact), type(fact).__name__, shape.plain(fact, source))
        for fact, source in shape.facts(task["events"])
    ]

    def work() -> int:
        known: dict[str, Subject] = {}
        done = 0
        while page := rows[done : done + BATCH]:
            changed: dict[str, Subject] = {}
            for subject, kind, values in page:
                aggregate = known.get(subject)
                if aggregate is None:
                    aggregate = known[subject] = Subject(subject)
                changed[subject] = aggregate
                aggregate.trigger_event(Subject.Reported, kind=kind, values=values)
            app.save(*changed.values())
            done += len(page)
        return done

    with application(task["path"]) as app:
        return measured(work)


@contextmanager
def record_singles(task: Task) -> Iterator[Callable[[int], object]]:
    """Save events one by one in a file that has some already: yield a function that saves event number n."""
    versions: Counter[str] = Counter(subject_of(fact) for fact, _ in shape.facts(task["before"]))
    saved = list(events(shape.singles(task["events"], task["meetings"]), versions))
    with application(task["path"]) as app:
        yield lambda number: app.save(saved[number])


def replayed(app: Application[UUID]) -> Iterator[list[tuple[int, Any]]]:
    """The whole notification log, a page of typed events at a time."""
    start = 1
    while notifications := app.recorder.select_notifications(start=start, limit=BATCH):
        yield [(notification.id, app.mapper.to_domain_event(notification)) for notification in notifications]
        start = notifications[-1].id + 1


def replay(task: Task) -> Result:
    """Read the notification log to typed events."""
    with application(task["path"]) as app:
        return measured(lambda: sum(len(page) for page in replayed(app)))


def rebuild(task: Task) -> Result:
    """Read the notification log into the same read tables, kept by hand."""

    def work() -> int:
        number = 0
        for page in replayed(app):
            tables.write(page)
            number += len(page)
        return number

    with application(task["path"]) as app, closing(TablesByHand(task["tables"], task["model"])) as tables:
        return measured(work)
