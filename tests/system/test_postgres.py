"""The log on a server keeps the promise of every log, and protects itself: it grows, and nothing else.

A role that may write can append and read. What does not follow the last event, in position
or in hash, gets in for nobody, and credentials come out nowhere.
"""

import json
import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread, Timer, get_ident

import psycopg
import pytest
from click.testing import CliRunner
from hypothesis import settings

from dialogue_registry import (
    BrokenChainError,
    BusyError,
    DialogueRegistryError,
    InvalidValueError,
    NewerRegistryError,
    NotARegistryError,
    ReadOnlyError,
    Registry,
    StorageError,
    UnreachableError,
    WrongPositionError,
)
from dialogue_registry.cli import cli
from dialogue_registry.log import hash_chain, postgres
from dialogue_registry.log.entry import EMPTY, Draft, Entry, Head, seal
from dialogue_registry.log.postgres import PostgresLog, create_log
from dialogue_registry.registry.copy import copy
from dialogue_registry.testing import check_log
from tests.system.servers import Server, Wire


def entries(number: int, *, after: Head = EMPTY) -> list[Entry]:
    drafts = [Draft(f"c5/{after.position}-{n}", "topic.discussed", 1, "{}", None, "") for n in range(number)]
    return seal(drafts, after, {}, datetime.now(UTC))


@pytest.fixture
def address(server: Server) -> str:
    return server.new_log()


@pytest.fixture
def log(address: str) -> Iterator[PostgresLog]:
    with closing(PostgresLog(address)) as log:
        yield log


# --- the promise ---------------------------------------------------------------------


def test_the_log_on_a_server_keeps_the_promise_of_a_log(server: Server) -> None:
    @contextmanager
    def two_handles() -> Iterator[tuple[PostgresLog, PostgresLog]]:
        server.use_again()
        address = server.new_log()
        with closing(PostgresLog(address)) as one, closing(PostgresLog(address)) as other:
            yield one, other

    check_log(two_handles, settings=settings())


def test_what_is_streamed_is_what_is_read(log: PostgresLog) -> None:
    log.append(rows := entries(2500), expected=0)
    assert list(log.rows()) == rows
    assert list(log.rows(7, 12)) == rows[7:12]
    assert list(log.rows(2500)) == []


def test_a_log_that_has_just_grown_is_read_by_its_index(log: PostgresLog) -> None:
    """Else all of it would be sorted, on disk, before the first of it comes."""
    log.append(entries(20_000), expected=0)
    assert log._connection is not None
    for asked in ("position > 0 AND position <= 20000 ORDER BY position", "position > 0 ORDER BY position LIMIT 1000"):
        plan = log._connection.execute(f"EXPLAIN SELECT * FROM dialogue_registry.events WHERE {asked}").fetchall()
        assert "Index Scan using events_pkey" in str(plan)
        assert "Sort" not in str(plan)


def test_a_stream_that_is_broken_off_leaves_the_log_usable(log: PostgresLog) -> None:
    log.append(entries(2500), expected=0)
    with closing(log.rows()) as stream:
        assert next(stream)[0] == 1
    assert log.head().position == 2500


def test_all_that_is_appended_in_a_turn_is_one(log: PostgresLog, address: str) -> None:
    first = entries(3)
    with closing(PostgresLog(address)) as other:
        with suppress(KeyboardInterrupt), log.turn():
            log.append(first, expected=0)
            assert other.head() == EMPTY
            raise KeyboardInterrupt
        assert other.head() == EMPTY
        with log.turn():
            log.append(first, expected=0)
            log.append(entries(2, after=log.head()), expected=3)
        assert other.head().position == 5


def test_what_is_too_large_for_one_statement_is_one_all_the_same(
    log: PostgresLog, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_LARGE", 5)
    rows = entries(5)
    with closing(PostgresLog(address)) as other:
        with pytest.raises(BrokenChainError):
            log.append([*rows[:4], rows[4]._replace(by="changed")], expected=0)
        assert other.head() == EMPTY
        log.append(rows[:3], expected=0)
        with log.turn():
            log.append(rows[3:], expected=3)
            assert other.read() == rows[:3]
        assert other.read() == rows
        with pytest.raises(WrongPositionError):
            log.append(rows[:3], expected=0)


def test_a_conflict_in_a_turn_is_one_too(log: PostgresLog) -> None:
    log.append(entries(3), expected=0)
    with pytest.raises(WrongPositionError) as caught, log.turn():
        log.append(entries(1), expected=0)
    assert (caught.value.expected, caught.value.actual) == (0, 3)
    assert log.head().position == 3


def test_what_was_sent_twice_is_there_once(log: PostgresLog, address: str) -> None:
    """As after a connection that broke before the answer came."""
    log.append(rows := entries(3), expected=0)
    with closing(PostgresLog(address)) as again:
        again.append(rows, expected=0)
        again.append(more := entries(1, after=again.head()), expected=3)
        again.append(more, expected=3)
        assert again.read() == rows + more


# --- waiting, and being interrupted --------------------------------------------------


def test_a_writer_that_stalls_while_sending_keeps_nobody_waiting(address: str, log: PostgresLog) -> None:
    """All of an append has arrived before its turn begins."""
    drafts = [Draft(f"c5/{n}", "topic.discussed", 1, f'{{"topic":"{"x" * 10_000}"}}', None, "") for n in range(200)]
    large = seal(drafts, EMPTY, {}, datetime.now(UTC))
    rows: list[object] = []
    with closing(Wire(address)) as wire, closing(PostgresLog(wire.address)) as slow:
        assert slow.head() == EMPTY
        wire.stall_after(500_000)
        sending = Thread(target=lambda: rows.append(refusal(lambda: slow.append(large, expected=0))))
        sending.start()
        assert wire.stalled.wait(10)
        with psycopg.connect(address) as owner:
            owner.execute("ALTER FUNCTION dialogue_registry.take_turn() SET lock_timeout = '2s'")
        try:
            log.append(first := entries(3), expected=0)
        finally:
            wire.go_on()
            sending.join(10)
    assert rows == [WrongPositionError]
    assert log.read() == first


def refusal(work: Callable[[], object]) -> type[BaseException] | None:
    try:
        work()
    except (DialogueRegistryError, KeyboardInterrupt) as error:
        return type(error)
    return None


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
def test_whatever_isolation_a_database_is_set_to_a_writer_sees_what_it_waited_for(
    server: Server, isolation: str, number: int
) -> None:
    address = server.new_log()
    name = address.partition("@/")[2].partition("?")[0]
    server.run(f"ALTER DATABASE {name} SET default_transaction_isolation = '{isolation}'")
    rows: list[object] = []
    try:
        with closing(PostgresLog(address)) as one, closing(PostgresLog(address)) as two:
            all_ = entries(1 + number)
            assert two.head() == EMPTY
            with one.turn():
                one.append(all_[:1], expected=0)
                waiting = Thread(target=lambda: rows.append(refusal(lambda: two.append(all_[1:], expected=1))))
                # It has seen that one before its turn comes, if only in what it was told.
                two.head = lambda: Head(1, all_[0].hash, all_[0].recorded_at)  # type: ignore[method-assign]
                waiting.start()
                wait_for_a_waiter(address)
            waiting.join(10)
            assert rows == [None]
            assert one.read() == all_
    finally:
        server.run(f"ALTER DATABASE {name} RESET default_transaction_isolation")


def wait_for_a_waiter(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        while not connection.execute("SELECT FROM pg_locks WHERE NOT granted").fetchall():
            pass


@pytest.mark.parametrize("number", [1, 3])
def test_who_is_interrupted_while_waiting_goes_on_afterwards(address: str, log: PostgresLog, number: int) -> None:
    assert log.head() == EMPTY
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # which who is started in the background lacks
    with closing(PostgresLog(address)) as other, other.turn():
        ctrl_c = Timer(0.2, signal.pthread_kill, (get_ident(), signal.SIGINT))
        ctrl_c.start()
        assert refusal(lambda: log.append(entries(number), expected=0)) is KeyboardInterrupt
    signal.signal(signal.SIGINT, before)
    log.append(rows := entries(2), expected=0)
    with closing(PostgresLog(address)) as other:
        assert other.read() == rows


@pytest.mark.parametrize("left", ["BEGIN", "BEGIN; SELECT 1/0"])
def test_nothing_is_appended_to_what_was_left_open(address: str, log: PostgresLog, left: str) -> None:
    """As after an interruption in the middle of beginning a turn."""
    log.append(rows := entries(1), expected=0)
    assert log._connection is not None
    with suppress(psycopg.Error):
        log._connection.execute(left)
    log.append(more := entries(1, after=log.head()), expected=1)
    with closing(PostgresLog(address)) as other:
        assert other.read() == rows + more


def test_who_is_interrupted_on_their_turn_has_lost_it(address: str, log: PostgresLog) -> None:
    for at in ("BEGIN", "SELECT dialogue_registry.take_turn()", "COMMIT"):
        log.head()
        assert log._connection is not None
        execute = log._connection.execute

        def interrupted(query: str, *args: object, at: str = at, execute: Callable[..., object] = execute) -> object:
            done = execute(query, *args)
            if query == at:
                raise KeyboardInterrupt
            return done

        log._connection.execute = interrupted  # type: ignore[method-assign, assignment]
        with suppress(KeyboardInterrupt), log.turn():
            log.append(entries(1, after=log.head()), expected=log.head().position)
        head = log.head()
        log.append(entries(1, after=head), expected=head.position)
        with closing(PostgresLog(address)) as other:
            assert other.head() == log.head()
    assert log.head().position == 4, "what was interrupted after it was committed is there"


def test_who_falls_asleep_on_their_turn_loses_it(address: str, log: PostgresLog) -> None:
    with psycopg.connect(address) as sleeper:
        sleeper.execute("SELECT dialogue_registry.take_turn()")
        assert sleeper.execute("SHOW idle_in_transaction_session_timeout").fetchone() == ("1min",)
        sleeper.execute("SET LOCAL idle_in_transaction_session_timeout = '50ms'")
        log.append(entries(1), expected=0)
        with pytest.raises(psycopg.Error):
            sleeper.execute("SELECT 1")


def test_an_error_says_whether_it_is_the_server_that_is_away(server: Server) -> None:
    address = server.new_log()
    name = address.partition("@/")[2].partition("?")[0]
    server.run(f"ALTER DATABASE {name} SET statement_timeout = '100ms'")
    try:
        with closing(PostgresLog(address)) as one, closing(PostgresLog(address)) as other:
            with one.turn(), pytest.raises(BusyError, match=r"statement timeout.*nothing was recorded"):
                other.append(entries(1), expected=0)
            other.append(entries(1), expected=0)
            with psycopg.connect(address) as owner:
                owner.execute("ALTER TABLE dialogue_registry.events ADD CHECK (1 / (position - 2) > -9)")
            with pytest.raises(StorageError, match="division by zero") as caught:
                other.append(entries(1, after=other.head()), expected=1)
            assert type(caught.value) is StorageError
    finally:
        server.run(f"ALTER DATABASE {name} RESET statement_timeout")


# --- positions -----------------------------------------------------------------------


def test_a_reader_never_sees_a_position_before_all_earlier_ones(address: str, log: PostgresLog) -> None:
    """Two transactions are open at once; the later position waits for the earlier one."""
    one, two = entries(2)
    insert = f"INSERT INTO dialogue_registry.events VALUES ({', '.join(['%s'] * 14)})"
    with psycopg.connect(address) as slow:
        slow.execute(insert, one)  # and not committed
        later = Thread(target=_insist, args=(address, insert, two))
        later.start()
        assert log.read() == []
        slow.commit()
        later.join()
    assert log.read() == [one, two]


def _insist(address: str, insert: str, entry: Entry) -> None:
    with psycopg.connect(address) as connection:
        connection.execute(insert, entry)


@pytest.mark.parametrize("position", [-1, 0, 3, 5, 2**40])
def test_no_other_position_gets_in_than_the_next(address: str, log: PostgresLog, position: int) -> None:
    log.append(rows := entries(3), expected=0)
    wrong = entries(1, after=Head(position - 1, rows[-1].hash, rows[-1].recorded_at))
    with pytest.raises(psycopg.errors.UniqueViolation), psycopg.connect(address) as connection:
        connection.execute(f"INSERT INTO dialogue_registry.events VALUES ({', '.join(['%s'] * 14)})", wrong[0])
    assert log.read() == rows


def test_positions_stay_dense_even_without_the_lock(server: Server) -> None:
    """The lock only makes writers wait; what keeps order is that a position needs the one before to be seen."""
    address = server.new_log()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("DROP TRIGGER before_append ON dialogue_registry.events")
    threads = [Thread(target=_append_singly, args=(address, 40)) for _ in range(4)]
    for thread in threads:
        thread.start()
    with closing(PostgresLog(address)) as log:
        seen: list[int] = []
        while any(thread.is_alive() for thread in threads):
            seen += [entry.position for entry in log.read(len(seen))]
        seen += [entry.position for entry in log.read(len(seen))]
    assert seen == list(range(1, 161))


def _append_singly(address: str, number: int) -> None:
    with closing(PostgresLog(address)) as log:
        while number:
            head = log.head()
            try:
                log.append(entries(1, after=head), expected=head.position)
            except WrongPositionError:
                continue
            number -= 1


@pytest.mark.parametrize(
    "column", ["id", "subject", "type", "data", "source", "by", "recorded_at", "version", "schema"]
)
def test_what_does_not_continue_the_chain_gets_in_for_nobody(log: PostgresLog, column: str) -> None:
    log.append(rows := entries(2), expected=0)
    (honest,) = entries(1, after=log.head())
    changed = honest._replace(**{column: 7 if column in ("version", "schema") else "changed"})
    with pytest.raises(BrokenChainError, match="hash chain"):
        log.append([changed], expected=2)
    with pytest.raises(BrokenChainError, match="hash chain"):
        log.append([honest, *entries(1, after=Head(3, bytes(32), honest.recorded_at))], expected=2)
    assert log.read() == rows


def sealed(entry: Entry, last: Head, **changes: object) -> Entry:
    """As a writer that does not use this library could send it: wrong, and with a hash that is right."""
    changed = entry._replace(**changes)
    return changed._replace(hash=hash_chain.link(last.hash, *changed[:-1]))


@pytest.mark.parametrize("version", [-1, 0, 1, 2, 4, 2**40])
def test_no_other_version_gets_in_than_the_next(log: PostgresLog, version: int) -> None:
    log.append(
        rows := seal([Draft("c5", "topic.discussed", 1, "{}", None, "")] * 2, EMPTY, {}, datetime.now(UTC)),
        expected=0,
    )
    (honest,) = seal([Draft("c5", "topic.discussed", 1, "{}", None, "")], log.head(), {"c5": 2}, datetime.now(UTC))
    with pytest.raises((BrokenChainError, WrongPositionError)):
        log.append([sealed(honest, log.head(), version=version)], expected=2)
    assert log.read() == rows
    log.append([honest], expected=2)


def test_versions_follow_positions_within_an_append_too(log: PostgresLog) -> None:
    first, second = seal([Draft("c5", "topic.discussed", 1, "{}", None, "")] * 2, EMPTY, {}, datetime.now(UTC))
    one = sealed(first, EMPTY, version=2)
    with pytest.raises(BrokenChainError, match="version"):
        log.append([one, sealed(second, Head(1, one.hash, ""), version=1)], expected=0)
    log.append([first, second], expected=0)


@pytest.mark.parametrize(
    "instant",
    [
        "", "zzz", "now", "infinity", "2001-01-01T00:00:00.000000Z", "2999-01-01", "2999-01-01T00:00:00Z",
        "2999-01-01T00:00:00.000000", "2999-01-01T00:00:00.000000+00:00", "2999-02-30T00:00:00.000000Z",
        "2999-01-01T24:00:00.000000Z", "2999-01-01T00:00:60.000000Z", "2999-01-01T00:00:00.000000z",
        "2999-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z", "99999-01-01T00:00:00.000000Z",
    ],
)  # fmt: skip
def test_no_instant_gets_in_that_goes_back_or_is_written_otherwise(log: PostgresLog, instant: str) -> None:
    refused = pytest.raises((BrokenChainError, StorageError), match="instant|date/time")
    first, second = entries(2)
    if not instant.startswith("2001"):  # as the first of all it goes back behind nothing
        with refused:
            log.append([sealed(first, EMPTY, recorded_at=instant)], expected=0)
    with refused:
        log.append([first, sealed(second, Head(1, first.hash, ""), recorded_at=instant)], expected=0)
    assert log.read() == []
    log.append(rows := entries(1), expected=0)
    (honest,) = entries(1, after=log.head())
    with refused:
        log.append([sealed(honest, log.head(), recorded_at=instant)], expected=1)
    assert log.read() == rows
    log.append([honest], expected=1)


@pytest.mark.parametrize("odd", ["\x01", "\x1e", "\x1f", "a\x1eb", "\x1f\x1f"])
def test_every_kind_of_text_continues_the_chain(log: PostgresLog, odd: str) -> None:
    texts = ["", "'; DROP TABLE", "合意 🕊 é", "a\r\n\tb", "\\N \\\\", "%s {0}", odd]
    drafts = [
        Draft(
            f"c5/{n}",
            "topic.discussed",
            1,
            as_json(topic=text),
            as_json(title=text or "T"),
            text,
            as_json(quote=text),
            as_json(table=text),
        )
        for n, text in enumerate(texts)
    ]
    log.append(rows := seal(drafts, EMPTY, {}, datetime.now(UTC)), expected=0)
    draft = Draft("c5/0", "topic.discussed", 1, as_json(topic="合意"), as_json(title="T"), "é")
    (last,) = seal([draft], log.head(), {"c5/0": 1}, datetime.now(UTC))
    log.append([last], expected=len(rows))
    assert log.read() == [*rows, last]


def as_json(**data: str) -> str:
    """As the library writes it: odd characters as they are, where JSON allows them."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def test_a_writer_that_somebody_keeps_waiting_is_told_so(server: Server) -> None:
    address = server.new_log()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("ALTER FUNCTION dialogue_registry.take_turn() SET lock_timeout = '50ms'")
    with psycopg.connect(address) as holder, closing(PostgresLog(address)) as log:
        holder.execute("SELECT dialogue_registry.take_turn()")
        with pytest.raises(BusyError, match="nothing was recorded"):
            log.append(entries(1), expected=0)
        holder.rollback()
        log.append(entries(1), expected=0)


# --- roles ---------------------------------------------------------------------------

FORBIDDEN = [
    "UPDATE dialogue_registry.events SET data = '{}'",
    "DELETE FROM dialogue_registry.events",
    "TRUNCATE dialogue_registry.events",
    "DROP TABLE dialogue_registry.events CASCADE",
    "ALTER TABLE dialogue_registry.events DISABLE TRIGGER ALL",
    "DROP TRIGGER keep ON dialogue_registry.events",
    "UPDATE dialogue_registry.about SET schema = 0",
    "CREATE TABLE dialogue_registry.mine ()",
    "CREATE OR REPLACE FUNCTION dialogue_registry.take_turn() RETURNS void LANGUAGE sql AS ''",
]


@pytest.fixture(scope="module")
def shared_by_roles(server: Server) -> str:
    server.run("CREATE ROLE desk LOGIN; CREATE ROLE public_reader LOGIN; CREATE ROLE stranger LOGIN")
    server.run("CREATE DATABASE roles")  # not one that the next test may use again
    address = server.address("roles")
    create_log(address, writers=["desk"], readers=["public_reader"])
    with closing(PostgresLog(_as(address, "desk"))) as log:
        log.append(entries(3), expected=0)
    return address


def _as(address: str, role: str) -> str:
    return address.replace("postgres:", f"{role}:", 1).replace(f"{role}ql:", "postgresql:", 1)


@pytest.mark.parametrize("statement", FORBIDDEN)
@pytest.mark.parametrize("role", ["desk", "public_reader"])
def test_a_role_changes_nothing_that_was_written(shared_by_roles: str, role: str, statement: str) -> None:
    with psycopg.connect(_as(shared_by_roles, role)) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


@pytest.mark.parametrize("statement", FORBIDDEN[:3])
def test_even_the_owner_changes_nothing_by_mistake(shared_by_roles: str, statement: str) -> None:
    with (
        psycopg.connect(shared_by_roles) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"),
    ):
        connection.execute(statement)


def test_a_reader_reads_and_a_stranger_does_not(shared_by_roles: str) -> None:
    with closing(PostgresLog(_as(shared_by_roles, "public_reader"))) as log:
        log.check()
        end = log.head()
        assert len(log.read()) == end.position
        with pytest.raises(ReadOnlyError, match="permission denied"):
            log.append(entries(1, after=end), expected=end.position)
    with closing(PostgresLog(_as(shared_by_roles, "stranger"))) as log, pytest.raises(ReadOnlyError):
        log.read()


@pytest.mark.parametrize("role", ["public_reader", "stranger"])
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT dialogue_registry.take_turn()",
        "LOCK TABLE dialogue_registry.turn IN ACCESS SHARE MODE",
        "LOCK TABLE dialogue_registry.events IN ROW SHARE MODE",
        "SELECT FROM dialogue_registry.events FOR SHARE",
    ],
)
def test_who_may_not_write_cannot_keep_writers_waiting(shared_by_roles: str, role: str, statement: str) -> None:
    with psycopg.connect(_as(shared_by_roles, role)) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


@pytest.mark.parametrize("role", ["public_reader", "stranger"])
def test_no_lock_that_everybody_may_take_keeps_writers_waiting(shared_by_roles: str, role: str) -> None:
    with psycopg.connect(_as(shared_by_roles, role)) as connection, psycopg.connect(shared_by_roles) as owner:
        owner.execute("SELECT dialogue_registry.take_turn()")
        taken = "SELECT (classid::bigint << 32) + objid::bigint FROM pg_locks WHERE locktype = 'advisory'"
        assert owner.execute(taken).fetchall() == []
        if role == "public_reader":
            connection.execute("LOCK TABLE dialogue_registry.events IN ACCESS SHARE MODE")
        owner.rollback()
        with closing(PostgresLog(_as(shared_by_roles, "desk"))) as log:
            head = log.head()
            log.append(entries(1, after=head), expected=head.position)


def test_a_writer_that_is_made_a_reader_writes_no_more(server: Server) -> None:
    server.run("CREATE ROLE retired LOGIN")
    address = server.new_database()
    create_log(address, writers=["retired"])
    with closing(PostgresLog(_as(address, "retired"))) as log:
        log.append(rows := entries(1), expected=0)
        create_log(address, readers=["retired"])
        with pytest.raises(ReadOnlyError):
            log.append(entries(1, after=log.head()), expected=1)
        assert log.read() == rows
        create_log(address, writers=["retired"], readers=["retired"])
        log.append(entries(1, after=log.head()), expected=1)


def test_roles_come_in_a_list(address: str) -> None:
    with pytest.raises(InvalidValueError, match=r"writers=\['desk'\]"):
        create_log(address, writers="desk")


def test_a_writer_cannot_get_round_the_check_of_positions(shared_by_roles: str) -> None:
    """By putting functions of its own in front of those that the check calls."""
    with psycopg.connect(_as(shared_by_roles, "desk"), autocommit=True) as connection:
        connection.execute(
            """
            CREATE FUNCTION pg_temp.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT '\\x00'::bytea $$;
            CREATE FUNCTION pg_temp.pg_advisory_xact_lock(bigint) RETURNS void LANGUAGE sql AS '';
            SET search_path = pg_temp, pg_catalog
            """
        )
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(
                "INSERT INTO dialogue_registry.events SELECT max(position) + 1, 'x', 'x', 1, 'x', 1, '',"
                " NULL, NULL, NULL, '', '', '\\x00', '\\x00' FROM dialogue_registry.events"
            )


def test_roles_are_quoted(server: Server) -> None:
    server.run('CREATE ROLE "Desk; DROP TABLE x" LOGIN')
    create_log(server.new_database(), writers=["Desk; DROP TABLE x"])


def test_acknowledged_is_durable_even_for_a_role_that_would_not_wait(server: Server) -> None:
    address = server.new_log()
    with psycopg.connect(address) as connection:
        connection.execute("SET synchronous_commit = off")
        (entry,) = entries(1)
        connection.execute(f"INSERT INTO dialogue_registry.events VALUES ({', '.join(['%s'] * 14)})", entry)
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)


# --- what is no log ------------------------------------------------------------------


def test_making_a_log_again_changes_nothing(address: str, log: PostgresLog) -> None:
    log.append(rows := entries(2), expected=0)
    assert not create_log(address)
    assert log.read() == rows


def test_a_database_without_a_log_is_refused_with_the_command_that_makes_one(server: Server) -> None:
    with pytest.raises(NotARegistryError, match="dialogue-registry init"):
        Registry.open(server.new_database())


def test_a_log_of_a_newer_library_is_refused(server: Server) -> None:
    address = server.new_log()
    with psycopg.connect(address) as connection:
        connection.execute("UPDATE dialogue_registry.about SET schema = 99")
    with pytest.raises(NewerRegistryError, match="upgrade"):
        Registry.open(address)


def test_a_database_that_cannot_hold_every_text_is_refused(server: Server) -> None:
    server.run("CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    with pytest.raises(StorageError, match="UTF-8"):
        create_log(server.address("latin"))


# --- credentials ---------------------------------------------------------------------

SECRET = "s3cr3t-w0rd"
WRONG = [
    f"postgresql://desk:{SECRET}@127.0.0.1:1/registry",
    f"postgresql://desk:{SECRET}@no-such-host.invalid/registry",
    f"postgresql://desk:@{SECRET}@127.0.0.1:1/registry",
    f"postgresql://desk:/{SECRET}@127.0.0.1:1/registry",
    f"postgresql://desk:{SECRET}%zz@127.0.0.1:1/registry",
    f"postgresql://desk@127.0.0.1:1/registry?password={SECRET}",
    f"postgresql://desk@127.0.0.1:1/registry?password={SECRET}&nonsense=1",
    f"postgresql://127.0.0.1:1/registry?passwrd={SECRET}",
    f"postgresql://desk:#{SECRET}@127.0.0.1:1/registry",
]


LIKE_ADDRESSES = [
    f"postgresql+psycopg://desk:{SECRET}@127.0.0.1/registry",
    f"POSTGRESQL://desk:{SECRET}@127.0.0.1/registry",
    f" postgresql://desk:{SECRET}@127.0.0.1/registry",
    f"postgres:/desk:{SECRET}@127.0.0.1/registry",
    f"mysql://desk:{SECRET}@127.0.0.1/registry",
    f"host=127.0.0.1 password={SECRET} dbname=registry",
    f"host=127.0.0.1 PASSWORD = '{SECRET}'",
    Path(f"postgresql://desk:{SECRET}@127.0.0.1/registry"),
]


@pytest.mark.parametrize("place", LIKE_ADDRESSES)
def test_what_looks_like_an_address_is_neither_shown_nor_made_a_file(
    place: str | Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Registry.open("a.db").close()
    for open_it in (
        lambda: Registry.open(place),
        lambda: Registry.open(place, read_only=True),
        lambda: Registry.open("postgresql://127.0.0.1:1/registry", views=place),
        lambda: copy("a.db", place),
        lambda: copy(place, "b.db"),
    ):
        with pytest.raises(InvalidValueError) as caught:
            open_it()
        assert SECRET not in str(caught.value)
    for arguments in (["counts"], ["init"], ["verify"], ["copy", "a.db"], ["follow"], ["export"]):
        done = CliRunner().invoke(cli, [*arguments, str(place), *(["b.db"] if arguments == ["follow"] else [])])
        assert done.exit_code == 2, done.output
        assert SECRET not in done.output
    assert {path.name for path in tmp_path.iterdir()} <= {"a.db", "a.db-wal", "a.db-shm"}


@pytest.mark.parametrize("address", WRONG)
def test_no_error_shows_a_password(address: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises((UnreachableError, InvalidValueError)) as caught:
        Registry.open(address)
    error: BaseException | None = caught.value
    while error is not None:
        assert SECRET not in f"{error!s} {error!r}"
        error = error.__cause__ or error.__context__
    assert SECRET not in caplog.text


def test_an_open_registry_does_not_show_a_password(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    address = server.new_log().replace("postgres:@", f"postgres:{SECRET}@", 1)
    with Registry.open(address) as registry:
        assert SECRET in address
        assert SECRET not in repr(registry) + repr(registry._session.replica.shared) + caplog.text
        registry.close()
        with pytest.raises(DialogueRegistryError) as caught:
            _ = registry.position
    assert SECRET not in str(caught.value)
    assert "postgresql:///test" in str(caught.value)
