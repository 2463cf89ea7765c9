"""Whenever a signal handler raises an exception, the registry stays usable, and what was acknowledged stays.

The exception is raised in turn at the calls, lines and returns of the code that enters and leaves scopes, then at
those of all other modules; it is caught in the very block, and kept, as a traceback keeps what it went through.
One moment of 29 in the scopes is tried, and one of 499 elsewhere, one after the other on one registry.
With ``--hypothesis-profile=long`` each of them is tried.
"""

import _thread
import contextlib
import functools
import gc
import inspect
import signal
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from dialogue_registry import (
    DialogueLaunched,
    DialogueRegistryError,
    InvalidValueError,
    MeetingAnnounced,
    MeetingHeld,
    MeetingPostponed,
    PartyJoined,
    Registry,
    SeriesOpened,
    StorageError,
)
from dialogue_registry.log import sqlite_file, sqlite_scopes, with_statement
from dialogue_registry.projections import Projection, Table
from dialogue_registry.registry import session, transaction
from tests.tried import TRIED

if TYPE_CHECKING:
    from dialogue_registry.model.events import Event

OPENED = (
    DialogueLaunched(dialogue="d", name="Dialogue", launched="2004"),
    SeriesOpened(series="d/s", dialogue="d", name="Series"),
)
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # within a finalizer

SCOPES = {contextlib.__file__, sqlite_scopes.__file__, with_statement.__file__, session.__file__, transaction.__file__}
LIBRARY = str(Path(session.__file__).parents[1])


class Interrupt(BaseException):
    """As KeyboardInterrupt."""


class TimeIsUpError(Exception):
    """As a time limit raises it."""


def party(name: str) -> PartyJoined:
    return PartyJoined(dialogue="d", party=name, name=name)


def every_moment() -> bool:
    return settings().max_examples > 1000


class Interruptions:
    """Raises an exception at one moment of what it runs; all moments are tried in turn."""

    def __init__(self) -> None:
        self.moments = 0
        self.kept: list[BaseException] = []
        self._attempt = 0
        self._moment = 0
        self._passed = 0
        self._happened = True
        self._in_scopes = True

    def each(self) -> Iterator[int]:
        """Yield the number of each attempt: one for every moment of the scopes, then one for every other moment."""
        steps = (1, 1) if every_moment() else (29, 499)
        for self._in_scopes, step in zip((True, False), steps, strict=True):
            self._moment, self._happened = 0, True
            while self._happened:
                yield self._attempt
                self._attempt += 1
                self._moment += step
            self.moments += self._passed

    def during(self, work: Callable[[], object]) -> bool:
        """Run it, interrupted at the present moment; return whether it went through."""
        self._passed, self._happened = 0, False
        before = sys.gettrace()
        sys.settrace(self._trace)
        try:
            work()
        except (Interrupt, TimeIsUpError) as error:
            self.kept.append(error)
            return False
        except Exception as error:
            if not any(isinstance(reason, Interrupt | TimeIsUpError) for reason in reasons(error)):
                raise
            self.kept.append(error)
            return False
        finally:
            sys.settrace(before)
        return not self._happened

    def forget(self) -> None:
        """Drop the exceptions that were kept, as late as one likes."""
        self.kept.clear()
        gc.collect()

    def _trace(self, frame: FrameType, _event: str, _argument: object) -> object:
        file = frame.f_code.co_filename
        if not (file in SCOPES if self._in_scopes else file.startswith(LIBRARY) and file not in SCOPES):
            return None  # its lines are no moments, which takes half of the time
        if self._passed == self._moment and not self._happened:
            self._happened = True
            TRIED["interruptions"] += 1
            raise TimeIsUpError if self._attempt % 2 else Interrupt
        self._passed += 1
        return self._trace


def reasons(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


class Acknowledged:
    """Records one fact after the other, and knows those that were acknowledged."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.open()

    def open(self) -> None:
        """Begin a registry with the dialogue alone."""
        self._at: dict[int, Event] = {}
        self.registry = Registry.open(self._path)
        self.registry.record(*OPENED)

    def close(self) -> None:
        """Close it, and delete its file."""
        self.registry.close()
        if self._path is not None:
            self._path.unlink()

    def at_each(self, interruptions: Interruptions, *, attempts: int = 50) -> Iterator[int]:
        """Yield the number of each attempt; where every moment is tried, some attempts share a registry.

        What reads the whole log needs one for each: a log that grows adds 30 moments to a verification by each event.
        """
        for attempt in interruptions.each():
            yield attempt
            if every_moment() and attempt % attempts == attempts - 1:
                self.check()
                self.close()
                interruptions.forget()
                self.open()

    def record(self, name: str) -> None:
        (event,) = self.registry.record(PartyJoined(dialogue="d", party=name, name=name))
        self._at[event.position] = event.event

    def check(self) -> None:
        """Each is at its position, none is there twice, and all is well."""
        events = {event.position: event.event for event in self.registry.events()}
        assert {position: events.get(position) for position in self._at} == self._at
        assert len(set(map(repr, events.values()))) == len(events)
        assert parties(self.registry) == len(events) - 2
        assert self.registry.verify().position == len(events)
        self.record("THE LAST")
        assert self.registry.position == len(events) + 1


@pytest.fixture(autouse=True)
def _little_to_collect() -> Iterator[None]:
    """Leave what is there already out of each collection of garbage, which takes a tenth of the time then."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(params=["file", "memory"])
def acknowledged(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Acknowledged]:
    acknowledged = Acknowledged(tmp_path / "registry.db" if request.param == "file" else None)
    with contextlib.closing(acknowledged):
        yield acknowledged


def test_in_a_transaction(acknowledged: Acknowledged) -> None:
    """An interrupted call in it is caught, repeated or not, and the block goes on."""
    interruptions = Interruptions()
    for number in acknowledged.at_each(interruptions):
        with acknowledged.registry.transaction():
            acknowledged.record(f"A{number}")
            interruptions.during(lambda: acknowledged.record(f"B{number}"))  # noqa: B023
            if number % 3:
                acknowledged.record(f"B{number}")
            acknowledged.record(f"C{number}")
            interruptions.forget()
            acknowledged.record(f"D{number}")
    acknowledged.check()
    assert interruptions.moments > 100


def parties(registry: Registry) -> int:
    with registry._session.reading():
        (number,) = registry._session.connection.execute("SELECT count(*) FROM parties").fetchone()
        return int(number)


def parties_added(registry: Registry, interruptions: Interruptions, block: Callable[[], object]) -> int:
    """The number of the two parties of an interrupted block that are recorded: both or none."""
    before = parties(registry)
    whole = interruptions.during(block)
    added = parties(registry) - before
    assert added in ([2] if whole else [0, 2])
    return added


def test_at_the_end_of_a_transaction(acknowledged: Acknowledged) -> None:
    """All of it is there, or nothing."""
    interruptions = Interruptions()
    for number in acknowledged.at_each(interruptions):

        def block() -> None:
            with acknowledged.registry.transaction():
                acknowledged.record(f"A{number}")  # noqa: B023
                acknowledged.record(f"B{number}")  # noqa: B023

        known = dict(acknowledged._at)
        if parties_added(acknowledged.registry, interruptions, block) == 0:
            acknowledged._at = known  # the end of the block is what acknowledges
        acknowledged.record(f"C{number}")
        interruptions.forget()
    acknowledged.check()
    assert interruptions.moments > 100


def test_in_a_transaction_within_another(acknowledged: Acknowledged) -> None:
    interruptions = Interruptions()
    for number in acknowledged.at_each(interruptions):
        registry = acknowledged.registry

        def inner() -> None:
            with registry.transaction():  # noqa: B023
                registry.record(party(f"E{number}"))  # noqa: B023
                registry.record(party(f"F{number}"))  # noqa: B023

        with registry.transaction():
            acknowledged.record(f"A{number}")
            parties_added(registry, interruptions, inner)
            acknowledged.record(f"G{number}")
            interruptions.forget()
            acknowledged.record(f"H{number}")
    acknowledged.check()
    assert interruptions.moments > 100


def test_a_transaction_within_another_that_is_left_open_undoes_both(acknowledged: Acknowledged) -> None:
    """It may be entered by hand, and forgotten."""
    registry = acknowledged.registry
    with pytest.raises(StorageError, match="left open: nothing is recorded"), registry.transaction():
        registry.record(party("A"))
        registry.transaction().__enter__()
        registry.record(party("B"))
    assert parties(registry) == 0
    acknowledged.record("C")
    acknowledged.check()


@pytest.mark.parametrize("ask", ["counts", "dialogues", "anomalies"])
def test_in_a_question(acknowledged: Acknowledged, ask: str) -> None:
    interruptions = Interruptions()
    for number in acknowledged.at_each(interruptions, attempts=1):
        interruptions.during(getattr(acknowledged.registry, ask))
        acknowledged.record(f"P{number}")
    acknowledged.check()
    assert interruptions.moments > 100


def test_in_a_verification(acknowledged: Acknowledged) -> None:
    interruptions = Interruptions()
    for number in acknowledged.at_each(interruptions, attempts=1):
        interruptions.during(acknowledged.registry.verify)
        acknowledged.record(f"P{number}")
        assert acknowledged.registry.verify()
        interruptions.forget()
    acknowledged.check()
    assert interruptions.moments > 100


@pytest.mark.parametrize("moment", ["ATTACH", "SELECT name FROM (SELECT", "ROLLBACK", "DETACH"])
def test_at_the_named_moments_of_a_verification(acknowledged: Acknowledged, moment: str) -> None:
    registry = acknowledged.registry
    connection = registry._session.connection
    execute = connection.execute

    def interrupted(statement: str, *arguments: object) -> object:
        done = execute(statement, *arguments)
        if statement.startswith(moment):
            raise Interrupt
        return done

    connection.execute = interrupted  # type: ignore[method-assign, assignment]
    with pytest.raises(Interrupt) as kept:
        registry.verify()
    del connection.execute
    assert registry.verify().position == 2
    acknowledged.check()
    assert kept.value is not None


def test_whoever_is_interrupted_holds_no_lock(tmp_path: Path) -> None:
    """Once nobody keeps the exception, others can record, whether the program goes on asking or not."""
    interruptions = Interruptions()
    with Registry.open(tmp_path / "registry.db") as registry, Registry.open(tmp_path / "registry.db") as other:
        registry.record(*OPENED)
        other._session.connection.execute("PRAGMA busy_timeout = 0")
        for number in interruptions.each():
            interruptions.during(lambda: registry.record(party(f"P{number}")))  # noqa: B023
            interruptions.forget()
            other.record(party(f"O{number}"))
        registry.verify()
        assert len(list(registry.events())) == other.position


@contextlib.contextmanager
def tracing(trace: Callable[[FrameType, str, object], None]) -> Iterator[None]:
    """Let a function see each call within the block."""
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


@pytest.mark.parametrize("entered", ["__exit__", "_leave"])
def test_where_a_transaction_is_left_no_lock_is_kept(tmp_path: Path, entered: str) -> None:
    """The call that was interrupted undoes it: nobody has to ask that registry again."""

    def interrupt(frame: FrameType, event: str, _argument: object) -> None:
        left = isinstance(frame.f_locals.get("self"), sqlite_scopes.WriteTransaction)
        if left and event == "call" and frame.f_code.co_name == entered:
            sys.settrace(None)
            raise Interrupt

    with Registry.open(tmp_path / "registry.db") as registry, Registry.open(tmp_path / "registry.db") as other:
        registry.record(*OPENED)
        other._session.connection.execute("PRAGMA busy_timeout = 0")
        with tracing(interrupt), pytest.raises(Interrupt):
            registry.record(party("P"))
        other.record(party("O"))
        assert registry.verify().position == other.position


def raised_in_a_function(error: BaseException) -> bool:
    """Whether it was raised where SQLite called a function of Python."""
    return any(frame.name == "_calls" for frame in traceback.extract_tb(error.__traceback__))


def interrupt(*_: object) -> None:
    raise Interrupt


@pytest.fixture
def handlers() -> Iterator[dict[signal.Signals, type[BaseException]]]:
    """The signals whose handlers raise an exception, Python's own and one of the user's."""
    before = {
        signal.SIGINT: signal.signal(
            signal.SIGINT, signal.default_int_handler
        ),  # a program in the background ignores it
        signal.SIGALRM: signal.signal(signal.SIGALRM, interrupt),
    }
    yield {signal.SIGINT: KeyboardInterrupt, signal.SIGALRM: Interrupt}
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in before.items():
        signal.signal(number, handler)


def postponed_meetings(count: int) -> Iterator["Event"]:
    """Meetings whose status and folded texts are computed by functions of Python, also on a rebuild."""
    for number in range(count):
        yield MeetingAnnounced(meeting=f"d/s/{number}", series="d/s", date="2024-05", title="Sommet  à  Tōkyō")
        yield MeetingPostponed(meeting=f"d/s/{number}", until="2024-07", reason="Élections")


def record_a_meeting(registry: Registry) -> None:
    registry.record(MeetingHeld(meeting=f"d/s/m{registry.position}", series="d/s", date="2024-06"))


def ask_the_past(registry: Registry) -> None:
    with registry.at(position=registry.position) as past:
        past.meetings()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGALRM])
def test_what_a_handler_raises_as_sqlite_calls_a_function_is_raised(
    acknowledged: Acknowledged, handlers: dict[signal.Signals, type[BaseException]], number: signal.Signals
) -> None:
    """The signal comes while SQLite is at work, so that its handler runs at the first instruction of the function."""
    connection = acknowledged.registry._session.connection
    connection.create_function("signalled", 0, functools.partial(next, map(_thread.interrupt_main, [number]), "{}"))
    with (
        pytest.raises(handlers[number]) as raised,
        sqlite_file.translated("the registry"),
        sqlite_scopes.WriteTransaction(connection),
    ):
        connection.execute("UPDATE events SET by = folded_texts(coalesce(signalled(), by))")
    assert raised_in_a_function(raised.value)
    assert isinstance(raised.value.__cause__, sqlite3.OperationalError)
    acknowledged.check()


@pytest.mark.parametrize("work", [record_a_meeting, Registry.rebuild, Registry.verify, ask_the_past])
@pytest.mark.usefixtures("handlers")
def test_a_timer_that_runs_out_at_any_time_raises_what_its_handler_raises(work: Callable[[Registry], object]) -> None:
    registry = Registry.open()
    registry.record_all([*OPENED, *postponed_meetings(60)])
    shown = list(registry.meetings())
    began = time.perf_counter()
    work(registry)
    taken = time.perf_counter() - began
    found = 0
    for attempt in range(500):
        try:
            signal.setitimer(signal.ITIMER_REAL, taken * (attempt * 37 % 100 + 1) / 100)
            work(registry)
            signal.setitimer(signal.ITIMER_REAL, 0)
        except Interrupt as error:
            found += raised_in_a_function(error)
        if found == 2:
            break
    assert found
    assert list(registry.meetings())[:60] == shown
    assert registry.verify().position == registry.position


def depths() -> range:
    """The depths at which the limit of recursion is near, of which a recording takes some forty calls."""
    left = sys.getrecursionlimit() - len(inspect.stack(0))
    return range(left - 45, left - 1)


def test_a_function_that_was_called_at_the_limit_of_recursion_is_called_again(acknowledged: Acknowledged) -> None:
    """Nothing is lost at that depth, and above it all is as before."""
    registry = acknowledged.registry
    refused = 0

    def at(depth: int) -> None:
        if depth:
            at(depth - 1)
        else:
            record_a_meeting(registry)

    for depth in depths():
        try:
            at(depth)
        except (RecursionError, DialogueRegistryError):
            refused += 1
    assert refused > 10
    record_a_meeting(registry)
    assert registry.verify().position == registry.position


@pytest.mark.parametrize("raised", [Interrupt, TimeIsUpError, OSError, MemoryError])
def test_all_that_a_statement_did_is_undone_where_a_function_of_it_raised(
    acknowledged: Acknowledged, raised: type[BaseException]
) -> None:
    def interrupted(_: str) -> str:
        raise raised

    connection = acknowledged.registry._session.connection
    connection.add_function("interrupted", interrupted)
    with (
        pytest.raises(raised) as caught,
        sqlite_file.translated("the registry"),
        sqlite_scopes.WriteTransaction(connection),
    ):
        connection.execute("UPDATE events SET by = interrupted(by)")
    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
    acknowledged.check()


def test_a_value_that_a_function_cannot_read_is_an_error_of_the_library(acknowledged: Acknowledged) -> None:
    registry = acknowledged.registry
    registry.record_all(postponed_meetings(1))
    registry._session.connection.execute("UPDATE meeting_reports SET day = 'some day'")
    with pytest.raises(StorageError, match="hold what cannot be read"):
        registry.record(MeetingHeld(meeting="d/s/0", series="d/s", date="2024-06"))
    registry.rebuild()
    record_a_meeting(registry)
    assert registry.verify().position == registry.position


def refuse_b(joined: PartyJoined) -> tuple[str]:
    if joined.party == "B":
        raise InvalidValueError("no B")
    return (joined.party,)


def test_what_was_left_open_is_undone_at_the_end_of_the_block_around_it() -> None:
    """A call fails half-way, its end is interrupted, and nothing else is recorded before the block ends."""
    left: list[sqlite_scopes.Savepoint] = []

    def interrupt_the_end(frame: FrameType, event: str, _argument: object) -> None:
        scope = frame.f_locals.get("self")
        if type(scope) is sqlite_scopes.Savepoint and event == "call" and frame.f_code.co_name == "__exit__":
            sys.settrace(None)
            left.append(scope)  # as a traceback keeps it
            raise Interrupt

    mine = Projection("mine", 1, (Table("mine", columns={"party": "TEXT"}, feed={PartyJoined: refuse_b}),))
    with Registry.open(projections=[mine]) as registry:
        registry.record(*OPENED)
        with registry.transaction():
            registry.record(party("A"))
            with tracing(interrupt_the_end), pytest.raises(Interrupt):
                registry.record(party("B"))
        assert left
        assert parties(registry) == 1
        assert registry.verify().position == 3


@pytest.mark.parametrize("block", [Registry.transaction, contextlib.nullcontext])
def test_at_the_limit_of_recursion_a_call_is_whole_or_nothing(
    acknowledged: Acknowledged, block: Callable[[Registry], contextlib.AbstractContextManager[object]]
) -> None:
    """Neither what it did nor its ends can be undone at that depth, and it goes on above it."""
    registry = acknowledged.registry
    refused = 0

    def at(depth: int, name: str) -> None:
        if depth:
            at(depth - 1, name)
        else:
            registry.record(party(f"{name}1"), party(f"{name}2"))

    for depth in depths():
        number = parties(registry)
        with block(registry):
            try:
                at(depth, f"P{depth}-")
            except (RecursionError, DialogueRegistryError):
                refused += 1
        assert parties(registry) - number in (0, 2)
        assert registry.position == 2 + parties(registry)
    assert refused > 10
    acknowledged.check()
