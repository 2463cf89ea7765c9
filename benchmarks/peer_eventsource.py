"""Another peer: ``eventsource-py`` on SQLite, which is asynchronous and checks events with pydantic."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from eventsource import DomainEvent, SQLiteEventStore, StreamId, register_event
from eventsource.ports import ExpectedVersion, FeedReadOptions

from benchmarks import shape
from benchmarks.measure import Result, file_size, measured
from dialogue_registry.model.standard_kinds import subject_of

Task = Mapping[str, Any]
BATCH = 1000

CLASSES: dict[str, Any] = {
    cls.__name__: register_event(
        type(DomainEvent)(
            cls.__name__,
            (DomainEvent,),
            {
                "__module__": __name__,
                "__annotations__": {"aggregate_type": str, **shape.plain_types(cls)},
                "aggregate_type": "subject",
            },
        )
    )
    for cls in shape.RECORDED
}


def _event(fact: Any, source: Any) -> Any:
    subject = uuid5(NAMESPACE_URL, subject_of(fact))
    return CLASSES[type(fact).__name__](aggregate_id=subject, **shape.plain(fact, source))


def _stream(event: Any) -> StreamId:
    return StreamId(aggregate_id=event.aggregate_id, category="subject")


def prepare(task: Task) -> Result:
    """Make the file that others read."""
    result = record_batches(task)
    return {"events": result["events"], "bytes": result["bytes"], "seconds": 0.0}


def record_batches(task: Task) -> Result:
    """Append events made before: a run of events of one stream at a time, at most a thousand."""
    all_events = [_event(fact, source) for fact, source in shape.facts(task["events"])]
    streams = [list(events) for _, events in groupby(all_events, lambda event: event.aggregate_id)]
    pages = [events[at : at + BATCH] for events in streams for at in range(0, len(events), BATCH)]

    async def work() -> int:
        for page in pages:
            await store.append(_stream(page[0]), page, ExpectedVersion.any_())
        return len(all_events)

    with _opened(task["path"]) as (runner, store):
        result = measured(lambda: runner.run(work()))
    return {**result, "bytes": file_size(task["path"])}


@contextmanager
def record_singles(task: Task) -> Iterator[Callable[[int], object]]:
    """Append events one by one to a file that has some already: yield a function that appends event number n."""
    events = [_event(fact, source) for fact, source in shape.singles(task["events"], task["meetings"])]
    with _opened(task["path"]) as (runner, store):
        yield lambda number: runner.run(store.append(_stream(events[number]), [events[number]], ExpectedVersion.any_()))


@contextmanager
def _opened(path: str) -> Iterator[tuple[asyncio.Runner, SQLiteEventStore]]:
    with asyncio.Runner() as runner:
        store = SQLiteEventStore(path)
        runner.run(store.current_position())  # opens the file
        try:
            yield runner, store
        finally:
            runner.run(store.close())


def replay(task: Task) -> Result:
    """Read the whole feed to typed events, a thousand at a time."""

    async def work() -> int:
        number, position = 0, None
        while True:
            page = [found async for found in store.read_all(position, FeedReadOptions(limit=BATCH))]
            if not page:
                return number
            number, position = number + len(page), page[-1].position

    with _opened(task["path"]) as (runner, store):
        return measured(lambda: runner.run(work()))
