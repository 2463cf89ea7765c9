"""A registry serves any thread, one call after the other, in the order in which they came.

What one thread does within ``transaction()`` or ``reading()`` is seen by the others before
it or after it, never between. Nothing here waits for a clock: a thread goes on when another
one is seen to wait for its turn.
"""

import asyncio
import copy
import pickle
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from dialogue_registry import (
    BusyError,
    ClosedError,
    ConflictError,
    DialogueLaunched,
    InvalidValueError,
    MeetingHeld,
    Registry,
    SeriesOpened,
    Source,
    StorageError,
)
from dialogue_registry.registry.turns import Turn, Turns

OPENED = (
    DialogueLaunched(dialogue="web", name="Web Dialogue", launched="2018"),
    SeriesOpened(series="web/s", dialogue="web", name="Sessions"),
)


def held(number: int, **more: str) -> MeetingHeld:
    return MeetingHeld(meeting=f"web/s/{number}", series="web/s", date="2019", **more)


@pytest.fixture(params=["a file", "in memory"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    with Registry.open(tmp_path / "web.db" if request.param == "a file" else None) as opened:
        opened.record(*OPENED)
        yield opened


def wait_for(seen: Callable[[], bool]) -> None:
    while not seen():
        time.sleep(0.001)


def waiting(registry: Registry, number: int) -> None:
    """Wait until so many threads wait for their turn."""
    wait_for(lambda: registry._session.turns.waiting == number)


# --- one after the other ---------------------------------------------------------------


def test_each_step_of_a_request_may_run_on_another_thread(tmp_path: Path) -> None:
    path = tmp_path / "web.db"
    with Registry.open(path) as opened:
        opened.record(*OPENED)
    before, within, after = (ThreadPoolExecutor(1) for _ in range(3))

    def answer(number: int) -> int:
        own = before.submit(Registry.open, path).result()
        try:
            within.submit(own.record, held(number)).result()
            counted = within.submit(lambda: own.counts()["web/s"].total.certain).result()
            assert within.submit(lambda: own.db.execute("SELECT count(*) FROM meetings").fetchone()[0]).result() > 0
            return counted
        finally:
            after.submit(own.close).result()
            before.submit(own.close).result()  # twice

    with ThreadPoolExecutor(8) as callers:
        counts = list(callers.map(answer, range(40)))
    for pool in (before, within, after):
        pool.shutdown()
    with Registry.open(path) as opened:
        assert max(counts) == opened.counts()["web/s"].total.certain == 40
        assert opened.verify().position == 42


def test_threads_that_record_through_one_registry_are_served_in_the_order_in_which_they_came(
    registry: Registry,
) -> None:
    threads = [threading.Thread(target=registry.record, args=(held(number),)) for number in range(8)]
    with registry.transaction():
        for number, thread in enumerate(threads, 1):
            thread.start()
            waiting(registry, number)
    for thread in threads:
        thread.join()
    assert [event.event.meeting for event in registry.events(after=2)] == [f"web/s/{number}" for number in range(8)]


def test_no_thread_is_overtaken_by_one_that_records_again_and_again(registry: Registry) -> None:
    served: list[str] = []
    numbers = iter(range(1000))
    lock = threading.Lock()

    def record(name: str) -> None:
        for _ in range(10):
            with lock:
                number = next(numbers)
            registry.record(held(number, place=name))
            served.append(name)

    with registry.transaction():
        threads = [threading.Thread(target=record, args=(str(number),)) for number in range(4)]
        for number, thread in enumerate(threads, 1):
            thread.start()
            waiting(registry, number)
    for thread in threads:
        thread.join()
    by_place = [event.event.place for event in registry.events(after=2)]
    assert Counter(by_place) == dict.fromkeys("0123", 10)
    assert by_place[:4] == ["0", "1", "2", "3"]


def test_any_calls_of_many_threads_at_once_give_right_answers_and_no_error_of_sqlite(registry: Registry) -> None:
    def work(thread: int) -> None:
        for turn in range(6):
            number = 6 * thread + turn
            (recorded,) = registry.record(held(number), source=Source(f"Release {number}"))
            assert recorded.new
            with pytest.raises(ConflictError):
                registry.record(MeetingHeld(meeting=f"web/s/{number}", series="web/s", date="1999"))
            assert registry.meetings(meeting=f"web/s/{number}")[0].event == recorded.position
            assert f"web/s/{number}" in {fact.subject for fact in registry.facts(MeetingHeld)}
            assert registry.counts()["web/s"].total.certain > 0
            assert registry.search("Web Dialogue") != ()
            with registry.at(position=recorded.position) as then:
                assert then.meetings(meeting=f"web/s/{number}")[0].event == recorded.position
            assert registry.db.execute("SELECT 1 FROM meetings WHERE event = ?", (recorded.position,)).fetchone()
            if turn % 2:
                registry.retract(recorded.id, reason="a mistake")

    with ThreadPoolExecutor(6) as pool:
        for future in [pool.submit(work, thread) for thread in range(6)]:
            future.result()
    assert registry.counts()["web/s"].total.certain == 18
    registry.verify()


def test_an_iterator_holds_no_turn_between_its_pages(registry: Registry) -> None:
    registry.record_all(held(number) for number in range(1500))
    for stream in (registry.events, registry.facts, registry.export_events):
        read = iter(stream())
        next(read)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(registry.record, held(1500)).result(timeout=60)
        assert sum(1 for _ in read) in (1501, 1502)


def test_tasks_record_by_way_of_threads(registry: Registry) -> None:
    async def main() -> None:
        await asyncio.gather(*(asyncio.to_thread(registry.record, held(number)) for number in range(20)))

    asyncio.run(main())
    assert registry.counts()["web/s"].total.certain == 20


# --- what belongs to one thread --------------------------------------------------------


def test_a_transaction_belongs_to_its_thread_and_the_questions_of_others_wait_for_its_end(registry: Registry) -> None:
    with ThreadPoolExecutor(2) as pool:
        with registry.transaction():
            registry.record(held(1))
            asked: Future[int] = pool.submit(lambda: registry.counts()["web/s"].total.certain)
            recorded = pool.submit(registry.record, held(2))
            waiting(registry, 2)
            registry.record(held(3))
            assert registry.counts()["web/s"].total.certain == 2
            assert not asked.done()
            assert not recorded.done()
        assert asked.result(timeout=60) in (2, 3)
        assert [event.position for event in recorded.result(timeout=60)] == [5]


def test_a_refused_transaction_takes_nothing_of_others_along(registry: Registry) -> None:
    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(ZeroDivisionError), registry.transaction():
            registry.record(held(1))
            recorded = pool.submit(registry.record, held(2))
            waiting(registry, 1)
            raise ZeroDivisionError
        recorded.result(timeout=60)
    assert [meeting.meeting for meeting in registry.meetings()] == ["web/s/2"]


def test_a_transaction_left_by_another_thread_records_nothing_and_says_so(registry: Registry) -> None:
    def dependency() -> Iterator[None]:
        with registry.transaction():
            yield

    request = dependency()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(next, request).result()
        pool.submit(registry.record, held(1)).result()
        with pytest.raises(StorageError, match=r"belongs to the thread that entered it.*run the whole block in one"):
            next(request)
    registry.record(held(2))
    assert [meeting.meeting for meeting in registry.meetings()] == ["web/s/2"]


def test_a_thread_that_ends_within_a_transaction_keeps_nobody_waiting(registry: Registry) -> None:
    def enter() -> None:
        registry.transaction().__enter__()
        registry.record(held(1))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    registry.record(held(2))
    assert [meeting.meeting for meeting in registry.meetings()] == ["web/s/2"]


def in_a_transaction(registry: Registry) -> Iterator[None]:
    with registry.transaction():
        registry.record(held(1))
        yield


def in_a_reading(registry: Registry) -> Iterator[None]:
    with registry.reading():
        yield


def in_both(registry: Registry) -> Iterator[None]:
    with registry.transaction(), registry.reading(), registry.transaction():
        registry.record(held(1))
        yield


@pytest.mark.parametrize("block", [in_a_transaction, in_a_reading, in_both])
@pytest.mark.parametrize("later", ["in a thread", "in this one"])
def test_what_is_recorded_after_a_thread_ended_in_a_block_is_kept(
    registry: Registry, block: Callable[[Registry], Iterator[None]], later: str
) -> None:
    request = block(registry)  # goes on to wait in the block, like the dependency of a request that is never finished

    def alone(work: Callable[[], object]) -> None:
        """Run it in a thread of its own, which mostly gets the number of the one before."""
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    alone(lambda: next(request))
    if later == "in a thread":
        alone(lambda: registry.record(held(2)))
    registry.record(held(2))
    if block is in_a_reading:
        assert next(request, None) is None
    else:
        with pytest.raises(StorageError, match=r"undone before its block ended.*run the whole block in one thread"):
            next(request)
    assert [meeting.meeting for meeting in registry.meetings()] == ["web/s/2"]
    registry.verify()


def test_each_thread_has_a_database_of_its_own_that_sees_what_is_committed(registry: Registry) -> None:
    own = registry.db
    assert registry.db is own
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(lambda: registry.db).result()
        assert other is not own
        read = own.query("SELECT * FROM series")
        next(read)
        assert next(read, None) is None
        registry.record(held(1))
        count = "SELECT count(*) FROM meetings"
        assert pool.submit(lambda: registry.db.execute(count).fetchone()).result() == (1,)
        assert own.execute(count).fetchone() == (1,)
        with pytest.raises(Exception, match="readonly"):
            pool.submit(lambda: registry.db.execute("DELETE FROM meetings")).result()
        with registry.at(position=2) as then:
            assert then.db.execute(count).fetchone() == (0,)
            assert pool.submit(lambda: then.db.execute(count).fetchone()).result() == (0,)


# --- the end ---------------------------------------------------------------------------


def test_any_thread_closes_and_the_others_are_told(registry: Registry) -> None:
    with ThreadPoolExecutor(2) as pool:
        with registry.transaction():
            registry.record(held(1))
            closing = pool.submit(registry.close)
            waiting(registry, 1)
            late = pool.submit(registry.record, held(2))
            waiting(registry, 2)
        closing.result(timeout=60)
        with pytest.raises(ClosedError, match="open it again"):
            late.result(timeout=60)
        pool.submit(registry.close).result(timeout=60)
    with pytest.raises(ClosedError):
        registry.counts()


def test_who_waits_too_long_is_told_of_it() -> None:
    turns = Turns("the registry", patience=0.0)
    with ThreadPoolExecutor(1) as pool, Turn(turns):
        refused = pool.submit(Turn(turns).__enter__)
        with pytest.raises(BusyError, match=r"another thread has been using the registry .*nothing was recorded"):
            refused.result(timeout=60)
    assert turns.waiting == 0
    with Turn(turns), ThreadPoolExecutor(1):
        pass


@pytest.mark.parametrize("sent", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_registry_is_neither_sent_nor_copied(registry: Registry, sent: Callable[[object], object]) -> None:
    for opened in (registry, registry.at(position=1)):
        with opened, pytest.raises(InvalidValueError, match=r"send its path, and open it there with Registry\.open"):
            sent(opened)
