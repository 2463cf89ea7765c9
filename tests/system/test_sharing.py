"""A log shared on a server: same names, same laws, same errors as on a file; views stay local and are the log's.

Nothing acknowledged is lost, whoever dies; what others recorded first decides, whoever knew
of it; and a follower sees everything once, in order.
"""

import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from itertools import count, cycle, islice
from pathlib import Path
from textwrap import dedent
from threading import Thread

import psycopg
import pytest
from hypothesis import given
from hypothesis.stateful import run_state_machine_as_test

from dialogue_registry import (
    BrokenChainError,
    ConflictError,
    DelegateAttended,
    DialogueLaunched,
    DialogueRegistryError,
    InvalidValueError,
    MeetingCancelled,
    MeetingHeld,
    NotARegistryError,
    Projection,
    ProjectionError,
    ReadOnlyError,
    RecordedEvent,
    Registry,
    SeriesOpened,
    Source,
    StatusError,
    StorageError,
    Table,
    UnfitEventError,
    UnknownSubjectError,
    UnreachableError,
    WaitTimeoutError,
    WrongPositionError,
)
from dialogue_registry.log.entry import Entry
from dialogue_registry.registry.items import Item
from dialogue_registry.registry.session import Mode
from dialogue_registry.testing import History, Move, Player, RegistryMachine, histories, same, show
from tests.long.shared_log import crowd
from tests.system.servers import Server, Wire

LAUNCHED = DialogueLaunched(dialogue="c5", name="C5+1", launched="2015")
OPENED = SeriesOpened(series="c5/fm", dialogue="c5", name="Foreign ministers")
SOURCE = Source("A press release")
VENUES = Projection(
    "venues", 1, [Table("venues", columns={"place": "TEXT"}, feed={MeetingHeld: lambda fact: (fact.place,)})]
)


def held(number: int | str, **more: object) -> MeetingHeld:
    return MeetingHeld(meeting=f"c5/fm/{number}", series="c5/fm", **more)  # type: ignore[arg-type]


@pytest.fixture
def address(server: Server) -> str:
    """A log with a dialogue and a series."""
    address = server.new_log()
    with Registry.open(address) as registry:
        registry.record(LAUNCHED, OPENED)
    return address


@pytest.fixture
def one(address: str) -> Iterator[Registry]:
    with Registry.open(address) as registry:
        yield registry


@pytest.fixture
def other(address: str) -> Iterator[Registry]:
    with Registry.open(address) as registry:
        yield registry


def agree(*registries: Registry) -> None:
    """All show the same of the same log."""
    for registry in registries:
        registry.catch_up()
        assert registry.verify() == registries[0].head
        same(show(registry), show(registries[0]), "views of one log")


# --- the same as on a file -----------------------------------------------------------


def outcome(player: Player, move: Move) -> tuple[object, ...]:
    """The outcome of a move, ids aside: the events appended or returned, or the kind of the refusal."""
    try:
        recorded = player.attempt(move)
    except DialogueRegistryError as refusal:
        return type(refusal), getattr(refusal, "item", None)
    return recorded.position, recorded.subject, recorded.version, type(recorded.event), recorded.source


@given(histories())
def test_two_writers_that_never_look_record_and_refuse_as_one_file_does(server: Server, moves: History) -> None:
    server.use_again()
    address = server.new_log()
    with Registry.open() as file, Registry.open(address) as one, Registry.open(address) as other:
        alone, together = Player(file), Player(one)
        for move, writer in zip(moves, cycle([one, other]), strict=False):
            together.registry = writer
            assert outcome(together, move) == outcome(alone, move)
        agree(one, other)
        same(show(file), show(one), "views of a file, and of a shared log")


def test_the_machine_plays_the_same_moves_on_a_file_and_on_a_server(server: Server) -> None:
    class OnBoth(RegistryMachine):
        def __init__(self) -> None:
            super().__init__()
            server.use_again()
            self.shared = Player(Registry.open(server.new_log()))

        def made(self, move: Move, recorded: RecordedEvent | None) -> None:
            there = self.shared.play(move)
            assert (there and (there.position, there.version)) == (recorded and (recorded.position, recorded.version))

        def teardown(self) -> None:
            self.shared.registry.verify()
            same(show(self.registry), show(self.shared.registry), "views of a file, and of a shared log")
            self.shared.registry.close()
            super().teardown()

    run_state_machine_as_test(OnBoth)


def test_all_questions_are_answered_from_local_views(one: Registry) -> None:
    first = one.record(held(1, date="2015-11-01", format="in-person"), source=SOURCE)[0]
    one.correct(first.id, held(1, date="2015-11-01", format="online"), reason="misprint")
    assert one.counts()["c5/fm"].by_format["online"].certain == 1
    assert [meeting.sources for meeting in one.meetings()] == [(SOURCE,)]
    with one.at(position=first.position) as past:
        assert past.counts()["c5/fm"].by_format["online"].certain == 0
    assert one.db["meetings"].count == 1
    assert [event.position for event in one.events()] == [1, 2, 3, 4]


def test_an_exported_log_is_taken_in(server: Server, one: Registry) -> None:
    one.record(held(1), source=SOURCE)
    with Registry.open(server.new_log()) as copy:
        assert copy.import_events(one.export_events()) == 3
        assert list(copy.export_events()) == list(one.export_events())
        one.record(held(2))
        assert copy.import_events(one.export_events()) == 1
        agree(copy)


def test_an_export_that_is_refused_leaves_nothing_on_the_server(server: Server, one: Registry) -> None:
    one.record(held(1))
    address, lines = server.new_log(), list(one.export_events())
    with Registry.open(address) as copy, pytest.raises(UnfitEventError):
        copy.import_events([lines[0], lines[1], lines[2].replace("c5/fm/1", "c5/fm/9")])
    with Registry.open(address) as again:
        assert again.position == 0


def test_a_great_many_events_at_once_are_all_or_none(one: Registry, other: Registry) -> None:
    many = [held(number) for number in range(2500)]
    with pytest.raises(UnknownSubjectError):
        one.record(*many, MeetingHeld(meeting="x/1", series="x"))
    agree(one, other)
    assert one.position == 2
    one.record(*many)
    agree(one, other)
    assert other.position == 2502


# --- who wrote first decides ---------------------------------------------------------


def test_what_no_longer_holds_is_refused_with_the_error_of_a_file(one: Registry, other: Registry) -> None:
    standing = one.record(held(1, place="Samarkand"))[0]
    with pytest.raises(ConflictError) as conflict:
        other.record(held(1, place="Tashkent"))
    assert conflict.value.standing == standing.id
    assert conflict.value.item == 0
    assert other.meetings()[0].place == "Samarkand", "and it can be looked at"
    with pytest.raises(StatusError):
        other.record(MeetingCancelled(meeting="c5/fm/1"))
    agree(one, other)
    assert one.position == 3


def test_a_writer_that_has_not_looked_builds_on_what_others_recorded(one: Registry, other: Registry) -> None:
    meeting = one.record(held(1))[0]
    seat = other.record(DelegateAttended(meeting="c5/fm/1", name="A", party="JPN"))[0]
    assert seat.position == 4
    again = held(1, place="Almaty")
    assert one.correct(meeting.id, again, reason="it was not said where").version == 3
    assert other.retract(seat.id, reason="was not there").position == 6
    agree(one, other)


def test_the_same_fact_from_two_desks_is_recorded_once(one: Registry, other: Registry) -> None:
    (first,) = one.record(held(1), source=SOURCE)
    assert other.record(held(1), source=SOURCE) == (first,)
    assert other.record(held(1), held(2), source=SOURCE)[0] == first
    assert other.position == 4


def test_the_expected_position_is_that_of_the_shared_log(one: Registry, other: Registry) -> None:
    one.record(held(1), expected=2)
    with pytest.raises(WrongPositionError) as caught:
        other.record(held(2), expected=2)
    assert (caught.value.expected, caught.value.actual) == (2, 3)
    other.record(held(2), expected=3)
    one.record(held(3), expected=4)  # which it has not seen yet
    one.record(held(3), expected=0)  # of what is recorded already nothing is expected
    with pytest.raises(WrongPositionError):
        one.record(held(4), expected=99)
    agree(one, other)


def test_a_block_sees_the_shared_log_as_it_begins_and_is_one(one: Registry, other: Registry) -> None:
    one.record(held(1))
    with other.transaction():
        assert other.position == 3
        other.record(held(2))
        with pytest.raises(ConflictError):
            other.record(held(1, place="elsewhere"))
        other.record(held(3))
        assert other.catch_up() == 5
        assert one.catch_up() == 3
    agree(one, other)
    assert one.position == 5


def test_a_block_that_others_overtook_is_undone_and_may_be_run_again(one: Registry, other: Registry) -> None:
    def block() -> None:
        with other.transaction():
            other.record(held(2))
            one.record(held(1))

    with pytest.raises(WrongPositionError) as caught:
        block()
    assert (caught.value.expected, caught.value.actual) == (2, 3)
    assert other.position == 2
    with other.transaction():
        other.record(held(2))
    agree(one, other)
    assert one.position == 4


def test_a_block_that_is_left_by_an_error_was_a_dry_run(one: Registry, other: Registry) -> None:
    with suppress(KeyboardInterrupt), one.transaction():
        one.record(held(1))
        raise KeyboardInterrupt
    agree(one, other)
    assert one.position == 2


def test_what_decided_against_it_can_be_looked_at_however_late_it_came(one: Registry, other: Registry) -> None:
    """Overtaken often enough, it takes its turn first; and somebody was faster just then."""
    assert one._session.replica is not None
    turn = one._session.replica.shared.turn

    def at_last() -> AbstractContextManager[None]:
        other.record(held(1, place="Samarkand"))
        return turn()

    one._session.replica.shared.turn = at_last  # type: ignore[method-assign, assignment]
    overtaking = count(10)

    def decide() -> None:
        if (number := next(overtaking)) < 13:
            other.record(held(number))
        one._session.recorder.record([Item(held(1, place="Tashkent"))], "", None)

    with pytest.raises(ConflictError):
        one._session.write(decide)
    assert next(overtaking) == 14
    assert one.meetings(meeting="c5/fm/1")[0].place == "Samarkand"
    agree(one, other)


def test_a_writer_of_batches_is_not_starved_by_writers_of_single_events(address: str, other: Registry) -> None:
    """Its turn comes, though deciding takes it longer than the others need to overtake it."""
    pestering = dedent("""
        import sys
        from itertools import count
        from dialogue_registry import MeetingHeld, Registry
        with Registry.open(sys.argv[1]) as registry:
            for number in count():
                registry.record(MeetingHeld(meeting=f"c5/fm/{sys.argv[2]}-{number}", series="c5/fm"))
    """)
    pests = [subprocess.Popen([sys.executable, "-c", pestering, address, str(n)]) for n in range(2)]
    try:
        other.wait_until(10)
        before = other.position
        assert other.record_all((held(number) for number in range(5000)), batch=1000) == 5000
        assert other.position - before > 5000, "nobody was in its way"
    finally:
        for pest in pests:
            pest.kill()
            pest.wait()


def test_recording_one_event_is_one_round_trip(one: Registry, tmp_path: Path) -> None:
    for number in range(10):  # by then the driver has prepared the statement
        one.record(held(number))
    connection = one._session.replica.shared._connection.pgconn  # type: ignore[attr-defined]
    with (tmp_path / "trace").open("w+") as trace:
        connection.trace(trace.fileno())
        one.record(held(99))
        connection.untrace()
        trace.seek(0)
        assert trace.read().count("ReadyForQuery") == 1


def test_a_batch_is_one_round_trip(one: Registry, tmp_path: Path) -> None:
    one.record_all(held(number) for number in range(10))
    connection = one._session.replica.shared._connection.pgconn  # type: ignore[union-attr, attr-defined]
    with (tmp_path / "trace").open("w+") as trace:
        connection.trace(trace.fileno())
        one.record_all(held(1000 + number) for number in range(1000))
        connection.untrace()
        trace.seek(0)
        assert trace.read().count("ReadyForQuery") == 1


@pytest.mark.parametrize("number", [1, 1000])
def test_where_the_answer_is_lost_it_is_asked_for_again(address: str, other: Registry, number: int) -> None:
    with closing(Wire(address)) as wire, Registry.open(wire.address) as one:
        wire.lose_the_answer_to(b"INSERT INTO")
        assert one.record_all(held(n) for n in range(number)) == number
        assert wire.lost == 1
        agree(one, other)
        assert other.position == 2 + number


def test_what_is_recorded_already_is_known_without_the_server(server: Server, one: Registry) -> None:
    (first,) = one.record(held(1))
    server.kill()
    try:
        assert one.record(held(1)) == (first,)
    finally:
        server.restart()


# --- local views ---------------------------------------------------------------------


def test_views_in_a_file_go_on_where_they_were(address: str, one: Registry, tmp_path: Path) -> None:
    with Registry.open(address, views=tmp_path / "local.db") as local:
        local.record(held(1))
    one.record(held(2))
    with Registry.open(address, views=tmp_path / "local.db") as local:
        agree(local, one)
    (tmp_path / "local.db").unlink()
    with Registry.open(address, views=tmp_path / "local.db") as local:
        agree(local, one)


def test_processes_may_share_the_file_of_the_views(address: str, tmp_path: Path) -> None:
    with Registry.open(address, views=tmp_path / "v.db") as one, Registry.open(address, views=tmp_path / "v.db") as two:
        for number in range(6):
            (one, two)[number % 2].record(held(number))
        agree(one, two)
        assert two.position == 8


def test_who_takes_over_news_under_the_lock_holds_it_until_the_server_has_the_event(
    address: str, one: Registry, other: Registry, tmp_path: Path
) -> None:
    """Or the file would show others an event that the server does not have."""
    views = tmp_path / "v.db"
    with Registry.open(address, views=views) as mine, Registry.open(address, views=views) as beside:
        before = beside.position
        other.record(held(1))
        replica = mine._session.replica
        assert replica is not None
        with replica.recording(mine._session.locked, exclusive=True, ahead=False):
            assert mine._session.connection.in_transaction
            mine._session.recorder.record([Item(held(2))], "", None)
            assert beside.position == before
        one.catch_up()
        agree(mine, one)


RECORDING = dedent("""
    import sys, time
    from dialogue_registry import MeetingHeld, Registry
    address, views, name = sys.argv[1:]
    end, longest, number = time.monotonic() + 3, 0, 0
    with Registry.open(address, views=views or None) as registry:
        while (began := time.monotonic()) < end:
            registry.record(MeetingHeld(meeting=f"c5/fm/{name}-{number}", series="c5/fm"))
            number, longest = number + 1, max(longest, time.monotonic() - began)
    print(number, longest)
""")


def test_several_record_on_one_file_of_views_beside_others_and_nobody_waits_long(
    address: str, one: Registry, tmp_path: Path
) -> None:
    views = str(tmp_path / "v.db")
    Registry.open(address, views=views).close()
    writers = [
        subprocess.Popen([sys.executable, "-c", RECORDING, address, path, f"w{n}"], stdout=subprocess.PIPE, text=True)
        for n, path in enumerate([views, views, "", "", ""])
    ]
    figures = [writer.communicate()[0].split() for writer in writers]
    print(figures)
    assert [writer.returncode for writer in writers] == [0] * 5
    assert all(float(longest) < 10 for _, longest in figures)
    agree(one)
    assert one.position == 2 + sum(int(number) for number, _ in figures)


def test_neighbours_on_one_file_never_wait_for_each_other_in_a_circle(address: str, tmp_path: Path) -> None:
    """One takes its turn before it decides, as it was overtaken often; the other appends at once."""
    views = tmp_path / "v.db"
    Registry.open(address, views=views).close()

    def work(number: int, mode: Mode) -> None:
        with Registry.open(address, views=views) as registry, registry._session.writing(mode):
            registry._session.recorder.record([Item(held(number))], "", None)

    with psycopg.connect(address) as holder:
        holder.execute("SELECT dialogue_registry.take_turn()")
        threads = [Thread(target=work, args=task) for task in enumerate([Mode.EXCLUSIVE, Mode.OPTIMISTIC])]
        for thread in threads:
            thread.start()
            time.sleep(0.5)
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)
    with Registry.open(address) as registry:
        assert registry.position == 4


def test_who_waits_for_the_network_does_not_lock_the_file(address: str, one: Registry, tmp_path: Path) -> None:
    views = tmp_path / "v.db"
    with closing(Wire(address)) as wire, Registry.open(address, views=views) as near:

        def follow() -> None:
            with Registry.open(wire.address, views=views) as far:
                wire.stall_after(0)
                far.catch_up()

        far = Thread(target=follow)
        far.start()
        assert wire.stalled.wait(10)
        began = time.monotonic()
        near.record(held(1))
        assert time.monotonic() - began < 5
        wire.go_on()
        far.join()
        agree(near, one)


def test_the_file_of_the_views_opened_directly_answers_and_refuses_writes(address: str, tmp_path: Path) -> None:
    path = tmp_path / "local.db"
    with Registry.open(address, views=path) as local:
        fact = local.record(held(1))[0]
    for projections in ([], [VENUES]):
        with Registry.open(path, projections=projections) as direct:
            assert len(direct.meetings()) == 1
            for write in (
                lambda: direct.record(held(2)),
                lambda: direct.retract(fact.id, reason="no"),
                lambda: direct.import_events([]),
                lambda: direct.record_all([held(2)]),
            ):
                with pytest.raises(ReadOnlyError, match="follows the log on postgresql:///"):
                    write()
            assert direct.catch_up() == 3
            direct.verify()
    with Registry.open(path, read_only=True) as direct:
        assert direct.position == 3


def test_a_shared_log_may_be_opened_to_read_only(address: str, one: Registry, tmp_path: Path) -> None:
    with Registry.open(address, views=tmp_path / "local.db", read_only=True, projections=[VENUES]) as reader:
        with pytest.raises(ReadOnlyError, match="read_only=True"):
            reader.record(held(1))
        one.record(held(1, place="Astana"))
        reader.catch_up()
        assert [row["place"] for row in reader.db["venues"].rows] == ["Astana"]


def test_the_views_of_another_log_are_refused_and_left_alone(server: Server, address: str, tmp_path: Path) -> None:
    path, elsewhere = tmp_path / "local.db", server.new_log()
    with Registry.open(elsewhere, views=path) as local:
        local.record(LAUNCHED)
    with pytest.raises(NotARegistryError, match="another log"):
        Registry.open(address, views=path)
    with Registry.open(elsewhere, views=path) as local:
        local.record(OPENED)


def test_a_registry_file_given_as_views_stays_a_registry(address: str, tmp_path: Path) -> None:
    with Registry.open(tmp_path / "mine.db") as mine:
        mine.record(LAUNCHED)
    with pytest.raises(NotARegistryError, match="another log"):
        Registry.open(address, views=tmp_path / "mine.db")
    with Registry.open(tmp_path / "mine.db") as mine:
        mine.record(OPENED)


def test_views_need_an_address(tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError, match="postgresql://"):
        Registry.open(tmp_path / "a.db", views=tmp_path / "b.db")


def test_a_projection_that_other_programs_do_not_know_misses_nothing(address: str, tmp_path: Path) -> None:
    path = tmp_path / "local.db"
    with Registry.open(address, views=path, projections=[VENUES]) as knowing, Registry.open(address) as far:
        far.record(held(1, place="Almaty"))
        with Registry.open(address, views=path) as ignorant:  # takes it over without the projection
            far.record(held(2, place="Bishkek"))
        far.record(held(3, place="Dushanbe"))
        assert knowing.catch_up() == 5
        assert [row["place"] for row in knowing.db["venues"].rows] == ["Almaty", "Bishkek", "Dushanbe"]
        assert ignorant is not knowing
        knowing.verify()


def test_views_are_made_again_without_the_server(server: Server, address: str, one: Registry) -> None:
    one.record(held(1))
    with Registry.open(address, read_only=True) as reader:
        shown = show(one)
        server.kill()
        try:
            for registry in (one, reader):
                registry.rebuild()
                same(show(registry), shown, "before and after")
        finally:
            server.restart()


def test_views_are_made_again_within_a_block(one: Registry, other: Registry) -> None:
    with one.transaction():
        one.record(held(1))
        one.rebuild()
    agree(one, other)


def test_the_views_are_no_address(address: str) -> None:
    with pytest.raises(InvalidValueError, match="local file"):
        Registry.open(address, views=address)


# --- what is there is what was recorded ----------------------------------------------


def tamper(address: str, statement: str) -> None:
    """As only its owner can: without the triggers."""
    with psycopg.connect(address) as connection:
        connection.execute("ALTER TABLE dialogue_registry.events DISABLE TRIGGER USER")
        connection.execute(statement)
        connection.execute("ALTER TABLE dialogue_registry.events ENABLE TRIGGER USER")


SWAP = """
    UPDATE dialogue_registry.events SET position = CASE position WHEN 3 THEN -4 ELSE -3 END WHERE position > 2;
    UPDATE dialogue_registry.events SET position = -position WHERE position < 0
"""


@pytest.mark.parametrize(
    ("statement", "position"),
    [
        ("UPDATE dialogue_registry.events SET data = replace(data, '2015', '2016') WHERE position = 1", 1),
        ("UPDATE dialogue_registry.events SET by = 'x' WHERE position = 4", 4),
        ("DELETE FROM dialogue_registry.events WHERE position = 3", 3),
        ("DELETE FROM dialogue_registry.events WHERE position > 3", 4),
        (SWAP, 3),
    ],
)
def test_a_change_on_the_server_is_found(address: str, one: Registry, statement: str, position: int) -> None:
    one.record(held(1), held(2))
    one.verify()
    tamper(address, statement)
    with pytest.raises(BrokenChainError) as caught:
        one.verify()
    assert caught.value.position == position
    with pytest.raises((BrokenChainError, NotARegistryError)), Registry.open(address) as fresh:
        fresh.verify(one.head)


def test_a_server_that_lost_events_is_noticed_by_those_who_know_them(address: str, one: Registry) -> None:
    """As after a backup was restored, or a standby took over that was behind."""
    one.record(held(1), held(2))
    tamper(address, "DELETE FROM dialogue_registry.events WHERE position > 3")
    with pytest.raises(NotARegistryError, match="has lost"):
        one.catch_up()
    with pytest.raises(NotARegistryError, match="has lost"):
        next(one.follow())
    with Registry.open(address) as fresh:
        fresh.record(held(3))
    with pytest.raises(BrokenChainError, match="catch_up"):
        one.record(held(4))
    with pytest.raises(NotARegistryError, match="another log"):
        one.catch_up()


# --- following -----------------------------------------------------------------------


def test_a_follower_sees_what_others_record(one: Registry, other: Registry) -> None:
    seen = []
    for number, step in enumerate(one.follow(poll=30), 1):  # so long that only a wake-up can come in time
        seen.append(step.position)
        if step.position == 7:
            break
        if number > 1:  # the first time it did not listen yet
            other.record(held(number))
    assert seen == sorted(seen)
    assert step.lag == 0
    agree(one, other)


def test_breaking_off_leaves_nothing_open(server: Server, one: Registry, address: str) -> None:
    def connected() -> int:
        return len(connection.execute("SELECT FROM pg_stat_activity WHERE datname = %s", (database,)).fetchall())

    database = address.partition("@/")[2].partition("?")[0]
    with psycopg.connect(server.address(), autocommit=True) as connection:
        for _ in islice(one.follow(poll=0.01), 3):
            assert connected() in (1, 2)  # one to read, and one to wait on while other threads record
        deadline = time.monotonic() + 5
        while connected() and time.monotonic() < deadline:  # the server takes a moment to notice
            pass
        assert connected() == 0
    one.record(held(1))


def test_a_follower_far_behind_says_how_far_page_by_page(one: Registry, other: Registry) -> None:
    one.record_all(held(number) for number in range(3500))
    lags = []
    for step in other.follow(poll=0.01):
        lags.append(step.lag)
        if not step.lag:
            break
    assert len(lags) == 4
    assert lags == sorted(lags, reverse=True)
    assert lags[-1] == 0
    agree(one, other)


def test_a_follower_goes_on_when_the_server_is_back(server: Server, one: Registry, other: Registry) -> None:
    steps = one.follow(poll=0.01)
    assert next(steps).lag == 0
    server.kill()
    assert any(step.lag is None for step in islice(steps, 50))
    server.restart()
    other.record(held(1))  # on a new connection, by itself
    assert any(step.position == 3 for step in islice(steps, 1000))
    steps.close()  # type: ignore[attr-defined]
    agree(one, other)


def test_a_connection_that_was_cut_is_made_again(server: Server, one: Registry, other: Registry) -> None:
    steps = one.follow(poll=0.01)
    for number in range(3):
        next(steps)
        server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'test%'")
        other.record(held(number))
    assert any(step.position == 5 for step in islice(steps, 1000))
    steps.close()  # type: ignore[attr-defined]


def test_where_nobody_wakes_it_a_follower_looks_by_itself(server: Server, address: str, one: Registry) -> None:
    """A standby has no LISTEN; it can be followed like any other."""
    standby = server.start_standby()
    try:
        with Registry.open(standby.address(address)) as reader:
            one.record(held(1))
            began = time.monotonic()
            steps = list(islice(reader.follow(poll=0.05), 4))
            assert time.monotonic() - began > 0.1, "it does not spin"
            assert all(step.lag == 0 for step in steps)
            assert reader.wait_until(3) == 3
            agree(reader, one)
            with pytest.raises(ReadOnlyError, match="read-only"):
                reader.record(held(2))
    finally:
        standby.stop()


def test_waiting_for_a_position_ends_when_every_projection_has_it(one: Registry, other: Registry) -> None:
    position = one.record(held(1))[0].position
    assert other.wait_until(position) == 3
    assert other.wait_until(1) == 3
    seen: list[tuple[int, int]] = []
    with pytest.raises(WaitTimeoutError, match="not 99"):
        other.wait_until(99, timeout=0.05, progress=lambda reached, wanted: seen.append((reached, wanted)))
    assert set(seen) == {(3, 99)}


def test_waiting_for_what_is_there_keeps_the_connection(one: Registry, other: Registry) -> None:
    other.catch_up()
    connection = other._session.replica.shared._connection  # type: ignore[union-attr, attr-defined]
    assert other.wait_until(one.record(held(1))[0].position) == 3
    assert other._session.replica.shared._connection is connection  # type: ignore[union-attr, attr-defined]


def test_who_waits_for_a_server_that_is_away_is_told_so(server: Server, one: Registry) -> None:
    server.kill()
    try:
        with pytest.raises(UnreachableError, match="cannot be reached"):
            one.wait_until(99, timeout=0.05)
    finally:
        server.restart()


@pytest.mark.parametrize("seconds", [-1, "1", None, True, float("nan"), float("inf")])
def test_seconds_are_a_number(seconds: float) -> None:
    with Registry.open() as registry:
        with pytest.raises(InvalidValueError, match="^poll is .*: give a number"):
            registry.follow(poll=seconds)
        with pytest.raises(InvalidValueError, match="^timeout is .*: give a number"):
            registry.wait_until(1, timeout=seconds)


def test_waiting_on_a_file_looks_at_every_projection(tmp_path: Path) -> None:
    with Registry.open(tmp_path / "a.db", projections=[VENUES]) as knowing, Registry.open(tmp_path / "a.db") as other:
        other.record(LAUNCHED, OPENED, held(1, place="Almaty"))
        assert knowing.wait_until(3) == 3
        assert [row["place"] for row in knowing.db["venues"].rows] == ["Almaty"]
        assert [step.lag for step in islice(knowing.follow(poll=0.01), 2)] == [0, 0]
        with pytest.raises(WaitTimeoutError):
            knowing.wait_until(4, timeout=0.05)


# --- what is folded while the server appends it --------------------------------------


def test_a_batch_is_folded_first_and_written_while_the_server_appends_it(one: Registry, other: Registry) -> None:
    order = _order(one)
    assert one.record_all(held(number) for number in range(50)) == 50
    assert order == ["folded", "sent", "waited"]
    agree(one, other)


@pytest.mark.parametrize("number", [1, 50])
def test_what_a_projection_of_a_user_refuses_is_not_on_the_server(
    address: str, other: Registry, tmp_path: Path, number: int
) -> None:
    odd = Projection(
        "odd",
        1,
        [Table("odd", columns={"a": "TEXT"}, feed={MeetingHeld: lambda fact: (fact.place,) * len(fact.title)})],
    )
    with Registry.open(address, views=tmp_path / "odd.db", projections=[odd]) as one:
        order = _order(one)
        with pytest.raises(ProjectionError, match="does not take what its function returned"):
            one.record(*(held(n, title="t") for n in range(number - 1)), held("last", title="three"))
        assert order == []
        assert one.position == other.catch_up() == 2
        one.record(*(held(n, title="t") for n in range(number)))
        assert order == ["folded"]
        agree(one, other)


def _order(registry: Registry) -> list[str]:
    """The events of a batch, in order."""
    assert registry._session.replica is not None
    shared, fold, order = registry._session.replica.shared, registry._session.views.insert, []
    send = shared.send

    def sending(entries: Sequence[Entry], *, expected: int) -> Callable[[], None]:
        end = send(entries, expected=expected)
        assert end is not None
        order.append("sent")

        def ending() -> None:
            end()
            order.append("waited")

        return ending

    def folding(*news: object) -> object:
        missing = fold(*news)  # type: ignore[arg-type]
        order.append("folded")
        return missing

    shared.send = sending  # type: ignore[method-assign]
    registry._session.views.insert = folding  # type: ignore[method-assign, assignment]
    return order


def test_more_than_a_page_at_once_is_folded_first(one: Registry, other: Registry) -> None:
    order = _order(one)
    one.record(*(held(number) for number in range(1001)))
    assert order == ["folded"]
    agree(one, other)


@pytest.mark.parametrize("failure", [sqlite3.OperationalError("the disk broke"), MemoryError("the disk broke")])
def test_where_folding_what_was_sent_fails_it_is_said_that_it_is_recorded(
    one: Registry, other: Registry, failure: Exception
) -> None:
    with _failing(one, failure), pytest.raises(StorageError, match=r"it is recorded, .*the disk broke.*: mend that"):
        one.record(*(held(number) for number in range(50)))
    assert one.position == 2
    assert other.catch_up() == one.catch_up() == 52
    agree(one, other)


def test_where_folding_fails_and_the_answer_is_lost_it_is_said_that_nobody_knows(address: str, other: Registry) -> None:
    with closing(Wire(address)) as wire, Registry.open(wire.address) as one:
        wire.lose_the_answer_to(b"INSERT INTO")
        with _failing(one, sqlite3.OperationalError("the disk broke")):
            one._session.replica.shared._conninfo = "postgresql://nobody@127.0.0.1:1/nothing"  # type: ignore[union-attr, attr-defined]
            with pytest.raises(UnreachableError, match=r"not known whether that arrived.*the disk broke"):
                one.record(*(held(number) for number in range(50)))
        one._session.replica.shared._conninfo = wire.address  # type: ignore[union-attr, attr-defined]
        assert other.catch_up() == one.catch_up() == 52
        agree(one, other)


def test_what_cannot_be_sent_at_once_is_folded_first(one: Registry, other: Registry) -> None:
    """And where that fails, it is sent no more."""
    failure = sqlite3.OperationalError("the disk broke")
    with _failing(one, failure), pytest.raises(StorageError, match="the disk broke") as caught:
        one.record(*(held(number) for number in range(50)), by="\x1f")
    assert "it is recorded" not in str(caught.value)
    assert one.position == other.catch_up() == 2
    one.record(*(held(number) for number in range(50)), by="\x1f")
    agree(one, other)


@contextmanager
def _failing(registry: Registry, failure: Exception) -> Iterator[None]:
    """Its file takes no events."""

    def fail(*_: object) -> None:
        raise failure

    registry._session.log.extend = fail  # type: ignore[method-assign, assignment]
    yield
    del registry._session.log.extend


def test_where_folding_fails_and_others_came_first_nothing_is_recorded(one: Registry, other: Registry) -> None:
    other.record(held("first"))
    failure = sqlite3.OperationalError("the disk broke")
    with _failing(one, failure), pytest.raises(StorageError, match="the disk broke") as caught:
        one.record(*(held(number) for number in range(50)))
    assert "it is recorded" not in str(caught.value)
    assert other.catch_up() == one.catch_up() == 3
    agree(one, other)


def test_who_is_interrupted_while_a_batch_waits_for_its_turn_goes_on_at_once(one: Registry, other: Registry) -> None:
    assert other._session.replica is not None
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with other._session.replica.shared.turn():
            signal.setitimer(signal.ITIMER_REAL, 0.5)
            began = time.monotonic()
            with pytest.raises(KeyboardInterrupt):
                one.record(*(held(number) for number in range(50)))
            assert time.monotonic() - began < 10  # and not the half minute that it waits for its turn
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert one.position == other.catch_up() == 2
    one.record(*(held(number) for number in range(50)))
    agree(one, other)


# --- when something dies -------------------------------------------------------------


def test_a_registry_whose_server_is_away_answers_and_says_so_when_recording(server: Server, one: Registry) -> None:
    one.record(held(1))
    server.kill()
    try:
        assert len(one.meetings()) == 1
        for write in (lambda: one.record(held(2)), one.catch_up, one.verify):
            with pytest.raises(UnreachableError, match="cannot be reached"):
                write()
        assert one.position == 3
    finally:
        server.restart()
    one.record(held(2))
    agree(one)


CHILD = dedent("""
    import os, signal, sys
    from dialogue_registry import MeetingHeld, Registry
    with Registry.open(sys.argv[1], views=sys.argv[2]) as registry:
        shared = registry._session.replica.shared
        append = shared.append
        def append_and_die(entries, *, expected):
            append(entries, expected=expected)
            os.kill(os.getpid(), signal.SIGKILL)
        shared.append = append_and_die
        registry.record(MeetingHeld(meeting="c5/fm/1", series="c5/fm"))
""")


def test_who_dies_between_both_commits_has_recorded(address: str, tmp_path: Path, one: Registry) -> None:
    died = subprocess.run([sys.executable, "-c", CHILD, address, str(tmp_path / "local.db")], check=False)
    assert died.returncode == -signal.SIGKILL
    with Registry.open(tmp_path / "local.db") as direct:
        assert direct.position == 2
    with Registry.open(address, views=tmp_path / "local.db") as again:
        assert again.position == 3
        agree(again, one)
        assert again.record(held(1))[0].position == 3


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


# An interruption while it connects makes the driver drop what it has begun, with a warning.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_whenever_it_is_interrupted_what_is_acknowledged_stands(address: str, one: Registry, other: Registry) -> None:
    """And it goes on: neither connection is left in the middle of something."""
    if sys.gettrace() is not None:
        pytest.skip("what traces the lines would be interrupted, too, and hold its lock for ever")
    rng, interrupted = random.Random(8), 0
    acknowledged: list[RecordedEvent] = []
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for number in range(60):
            try:
                signal.setitimer(signal.ITIMER_REAL, rng.random() * 0.02)
                if number % 3 == 0:
                    one.record(*(held(f"{number}-{n}") for n in range(20)))
                elif number % 3 == 1:
                    with one._session.writing(Mode.EXCLUSIVE):
                        one._session.recorder.record([Item(held(f"{number}"))], "", None)
                else:
                    other.record(held(f"other-{number}"))
                    one.catch_up()
                signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                interrupted += 1
            except StorageError as error:  # it came within a function that SQLite called, which says no more of it
                assert "was interrupted" in str(error)
                interrupted += 1
            acknowledged += one.record(held(f"after-{number}"))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    print(f"{interrupted} of 60 interrupted")
    with Registry.open(address) as fresh:
        stands = {event.position: event.id for event in fresh.events()}
        assert [stands[event.position] for event in acknowledged] == [event.id for event in acknowledged]
        agree(fresh, one, other)


FULL = dedent("""
    import resource, signal, sys
    from dialogue_registry import MeetingHeld, Registry, StorageError
    with Registry.open(sys.argv[1], views=sys.argv[2]) as registry:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        full = max(os.path.getsize(sys.argv[2] + end) for end in ("", "-wal", "-shm"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
        try:
            for number in range(10_000):
                meetings = (f"c5/fm/{number}-{n}" for n in range(int(sys.argv[3])))
                registry.record(*(MeetingHeld(meeting=m, series="c5/fm", title="x" * 3000) for m in meetings))
        except StorageError as error:
            print(error)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert registry.catch_up() == registry.verify().position
        print(registry.position)
""").replace("import resource", "import os, resource")


@pytest.mark.parametrize("at_once", [1, 50])
def test_where_the_local_disk_is_full_it_is_said_that_it_is_recorded(
    address: str, tmp_path: Path, at_once: int
) -> None:
    arguments = [address, str(tmp_path / "local.db"), str(at_once)]
    done = subprocess.run([sys.executable, "-c", FULL, *arguments], check=True, capture_output=True, text=True)
    message, position = done.stdout.splitlines()
    print(message)
    with Registry.open(address) as registry:
        assert registry.position == int(position)
    assert message.startswith("it is recorded, but the local views") or "nothing was recorded" in message


def test_eight_write_and_three_follow_and_nothing_is_missed_doubled_or_reordered(server: Server) -> None:
    print(dict(crowd(server, 4, writers=8, followers=3)))


@pytest.mark.parametrize("seed", range(3))
def test_whoever_is_killed_nothing_acknowledged_is_lost_and_all_converge(server: Server, seed: int) -> None:
    print(dict(crowd(server, 2, writers=3, followers=2, kills=5, seed=seed)))
