"""A shared log withstands strangers, forgers, poolers and a server that has stopped answering.

A stranger may connect to the database and nothing else. A forger is a writer that does not use this
library. The server is one of our own here, as it is frozen, and its queue of notifications is short.
"""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from threading import Barrier, Thread

import psycopg
import pytest

from dialogue_registry import (
    BrokenChainError,
    Citation,
    DialogueLaunched,
    MeetingHeld,
    PartyJoined,
    Registry,
    SeriesOpened,
    Source,
    StorageError,
    UnreachableError,
    UnreadableEvent,
    WrongPositionError,
    to_dict,
)
from dialogue_registry.log import hash_chain, postgres
from dialogue_registry.log.codec import STORED
from dialogue_registry.log.entry import EMPTY, Draft, Entry, Head, seal
from dialogue_registry.log.postgres import PostgresLog, create_log
from dialogue_registry.registry.copy import copy
from tests.system.servers import Server, Wire

OPENED = (
    DialogueLaunched(dialogue="d", name="Dialogue", launched="2004"),
    SeriesOpened(series="d/s", dialogue="d", name="Series"),
)
INSERT = f"INSERT INTO dialogue_registry.events VALUES ({', '.join(['%s'] * len(Entry._fields))})"


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    server = Server()
    server.run("ALTER SYSTEM SET max_notify_queue_pages = 64")
    server.restart()
    server.run("CREATE ROLE desk LOGIN; CREATE ROLE archive LOGIN; CREATE ROLE stranger LOGIN")
    yield server
    server.stop()


@pytest.fixture
def address(own_server: Server) -> str:
    """The address of a new log, as its owner."""
    address = own_server.new_database()
    create_log(address, writers=["desk"], readers=["archive"])
    return address


def of(address: str, role: str) -> str:
    return address.replace("//postgres:", f"//{role}:")


# --- functions of strangers ----------------------------------------------------------

_SHADOW = """
DO $do$
DECLARE shadowed record; made integer := 0;
BEGIN
    FOR shadowed IN
        SELECT proname, oidvectortypes(proargtypes) AS arguments, format_type(prorettype, NULL) AS result, proretset
        FROM pg_catalog.pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f' AND proname = ANY ('{names}')
        UNION VALUES ('unnest', 'text[]', 'text', true), ('pg_advisory_xact_lock', 'integer', 'void', false),
            ('string_to_array', 'text, text', 'text[]', false), ('to_regclass', 'character varying', 'regclass', false)
    LOOP
        BEGIN
            EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS %s %s LANGUAGE plpgsql AS $$ BEGIN RAISE '
                '''sprung: %s''; END $$', shadowed.proname, shadowed.arguments,
                CASE WHEN shadowed.proretset THEN 'SETOF' ELSE '' END, shadowed.result, shadowed.proname);
            made := made + 1;
        EXCEPTION WHEN OTHERS THEN NULL; -- of types that no function of a user may take
        END;
    END LOOP;
    IF made < 40 THEN RAISE 'only % functions were shadowed', made; END IF;
END $do$;
CREATE FUNCTION public.trap(bigint, bigint) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'sprung: >'; END $$;
CREATE OPERATOR public.> (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = public.trap);
CREATE OPERATOR public.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = public.trap);
CREATE OPERATOR public.<= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = public.trap);
"""


def set_traps(server: Server, address: str, *, first: bool) -> str:
    """Create functions of a stranger beside all that the log calls, or even before them."""
    sources = Path(postgres.__file__).parent.glob("postgres*")
    names = sorted({name for source in sources for name in re.findall(r"(\w+)\(", source.read_text())})
    database = address.partition("@/")[2].partition("?")[0]
    server.run("GRANT CREATE ON SCHEMA public TO PUBLIC", database)
    with psycopg.connect(of(address, "stranger"), autocommit=True) as stranger:
        stranger.execute(_SHADOW.replace("{names}", "{" + ",".join(names) + "}"))
    if first:
        server.run(f"ALTER DATABASE {database} SET search_path = public, pg_catalog")
    return database


@pytest.mark.parametrize("first", [False, True], ids=["beside", "before"])
def test_no_function_of_a_stranger_is_run(own_server: Server, tmp_path: Path, *, first: bool) -> None:
    """Where everybody may create in "public", as before PostgreSQL 15, even when it comes first."""
    address = own_server.new_database()
    set_traps(own_server, address, first=first)
    create_log(address, writers=["desk"], readers=["archive"])
    with Registry.open(of(address, "desk"), views=tmp_path / "desk.db") as desk:
        desk.record(*OPENED)
        desk.record_all(PartyJoined(dialogue="d", party=f"P{n}", name=f"Party {n}") for n in range(2000))
        with desk.transaction():
            desk.record(PartyJoined(dialogue="d", party="KAZ", name="Kazakhstan"))
        desk.verify()
    with Registry.open(of(address, "archive")) as archive:
        assert archive.wait_until(2003) == archive.position == 2003
        next(iter(archive.follow()))
        archive.verify()
    assert copy(of(address, "archive"), tmp_path / "copy.db") == 2003
    trapped = "SELECT pg_backend_pid()" if first else "SELECT unnest(ARRAY['a'])"
    with psycopg.connect(address) as unwary, pytest.raises(psycopg.Error, match="sprung"):
        unwary.execute(trapped)


def test_a_schema_of_a_stranger_is_not_used(own_server: Server) -> None:
    address = own_server.new_database()
    database = address.partition("@/")[2].partition("?")[0]
    own_server.run(f"GRANT CREATE ON DATABASE {database} TO stranger")
    with psycopg.connect(of(address, "stranger"), autocommit=True) as stranger:
        stranger.execute("CREATE SCHEMA dialogue_registry")
    with pytest.raises(StorageError, match="belongs to stranger, who could drop the log in it: drop the schema"):
        create_log(address)
    own_server.run("ALTER SCHEMA dialogue_registry OWNER TO postgres", database)
    assert create_log(address)


def test_no_lock_of_a_stranger_keeps_a_log_from_being_made(own_server: Server) -> None:
    address = own_server.new_database()
    with psycopg.connect(of(address, "stranger")) as stranger:
        stranger.execute("SELECT pg_advisory_lock(key) FROM unnest(ARRAY[1148801637, 0]) AS key")
        assert create_log(address, writers=["desk"])


def test_of_many_who_make_a_log_at_once_one_makes_it(own_server: Server) -> None:
    address, outcomes, ready = own_server.new_database(), [], Barrier(6)

    def make() -> None:
        ready.wait()
        outcomes.append(create_log(address, writers=["desk"], readers=["archive"]))

    threads = [Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False] * 5 + [True]


# --- a full queue --------------------------------------------------------------------


def test_a_full_queue_of_notifications_keeps_nobody_from_recording(own_server: Server, address: str) -> None:
    with psycopg.connect(of(address, "stranger")) as idle, psycopg.connect(of(address, "stranger")) as flood:
        idle.execute("LISTEN anything")
        idle.commit()
        idle.execute("SELECT 1")  # within a transaction, so that it takes in nothing
        flood.autocommit = True
        with suppress(psycopg.OperationalError):
            while True:
                flood.execute("SELECT pg_notify('anything', repeat('x', 7000) || random())")
        assert flood.execute("SELECT pg_notification_queue_usage() > 0.9").fetchone() == (True,)
        with Registry.open(of(address, "desk")) as desk, Registry.open(of(address, "archive")) as archive:
            desk.record(*OPENED)
            desk.record_all([PartyJoined(dialogue="d", party=f"P{n}", name=f"Party {n}") for n in range(3)])
            assert archive.wait_until(5) == 5


def test_who_follows_is_woken_again_when_the_queue_has_room(own_server: Server, address: str) -> None:
    with closing(PostgresLog(address)) as log, psycopg.connect(address, autocommit=True) as listener:
        listener.execute("LISTEN dialogue_registry")
        log.append(entries(1), expected=0)
        assert [note.payload for note in listener.notifies(timeout=5, stop_after=1)] == ["1"]


# --- forgeries -----------------------------------------------------------------------


def entries(number: int, *, after: Head = EMPTY) -> list[Entry]:
    drafts = [Draft(f"d/{after.position}-{n}", "topic.discussed", 1, "{}", None, "") for n in range(number)]
    return seal(drafts, after, {}, datetime.now(UTC))


def forged(entry: Entry, last: Head, **changes: object) -> Entry:
    """As a writer that does not use this library could send it: wrong, and with a hash that is right."""
    changed = entry._replace(**changes)
    return changed._replace(hash=hash_chain.link(last.hash, *changed[:-1]))


def instant(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


DEEP = '{"topic":' * 33 + "1" + "}" * 33
FORGERIES: dict[str, dict[str, object]] = {
    "an id that is none": {"id": "1"},
    "an empty id": {"id": ""},
    "an id in other letters": {"id": "0190163D-8694-739B-AEA5-966C26F8AD90"},
    "an id of 5 MB": {"id": "a" * 5_000_000},
    "a long subject": {"subject": "a" * 2000},
    "a writer of 5 MB": {"by": "a" * 5_000_000},
    "no word": {"type": ""},
    "a word in capitals": {"type": "Topic.Discussed"},
    "a word that nobody knows": {"type": "topic.debated"},
    "a long word": {"type": "org.example." + "a" * 200},
    "a schema of tomorrow": {"schema": 99},
    "a schema of no day": {"schema": 0},
    "no data": {"data": ""},
    "data that is no JSON": {"data": "{topic}"},
    "data that is a list": {"data": "[]"},
    "data that is nothing": {"data": "null"},
    "data that is nested too deeply": {"data": DEEP},
    "data that is nested in lists": {"data": '{"topic":' + "[" * 5000 + "]" * 5000 + "}"},
    "data with a NUL": {"data": '{"topic":"\\u0000"}'},
    "data with half a character": {"data": '{"topic":"\\ud83d"}'},
    "data of 20 MB": {"data": f'{{"topic":"{"x" * 20_000_000}"}}'},
    "a source that is no JSON": {"source": "Joint statement"},
    "an empty source": {"source": ""},
    "a source that is a list": {"source": '["title"]'},
    "a source without a title": {"source": '{"url":"https://example.org"}'},
    "a source with a number": {"source": '{"title":"Joint statement","published":2004}'},
    "a nested source": {"source": '{"title":"Joint statement","kind":{"kind":{}}}'},
    "a NUL in a source": {"source": '{"title":"\\u0000"}'},
    "a source with a field of its own": {"source": '{"title":"Joint statement","author":"somebody"}'},
    "a source with an empty title": {"source": '{"title":""}'},
    "an id of another position": {"id": "01900000-0000-7000-8000-00000000ffff"},
    "no salt": {"salt": b""},
    "a salt of 1 MB": {"salt": b"a" * 1_000_000},
    "a citation that is no JSON": {"citation": "page 3"},
    "an empty citation": {"citation": ""},
    "a citation that is a list": {"citation": '["page 3"]'},
    "a citation with a number": {"citation": '{"locator":3}'},
    "a citation with a field of its own": {"citation": '{"page":"3"}'},
    "a citation of cells that are none": {"citation": '{"as_written":["date","16 June"]}'},
    "a citation of cells of three": {"citation": '{"as_written":[["date","16 June","2021"]]}'},
    "a citation of cells of numbers": {"citation": '{"as_written":[["date",16]]}'},
    "a citation with a NUL": {"citation": '{"quote":"\\u0000"}'},
    "an edition that is no JSON": {"edition": "Meetings"},
    "an edition that is a text": {"edition": '"Meetings"'},
    "an edition without fields": {"edition": "{}"},
    "an edition with a number": {"edition": '{"table":7}'},
    "an edition with a field of its own": {"edition": '{"table":"Meetings","sheet":"1"}'},
    "an instant of a later age": {"recorded_at": "99999-01-01T00:00:00.000000Z"},
    "the end of the calendar": {"recorded_at": "9999-12-31T23:59:59.999999Z"},
    "the day after tomorrow": {"recorded_at": instant(datetime.now(UTC) + timedelta(days=2))},
    "an instant without a zone": {"recorded_at": "2999-01-01T00:00:00.000000"},
    "no instant": {"recorded_at": "infinity"},
}  # fmt: skip


@pytest.fixture(scope="module")
def forged_logs(own_server: Server) -> tuple[str, str]:
    """The addresses of an empty log, and of one with two events."""
    addresses = []
    for name in ("forged_empty", "forged_later"):
        own_server.run(f"CREATE DATABASE {name}")
        addresses.append(own_server.address(name))
        create_log(addresses[-1], writers=["desk"])
    with Registry.open(addresses[1]) as registry:
        registry.record(*OPENED)
    return addresses[0], addresses[1]


@pytest.mark.parametrize("forgery", FORGERIES)
@pytest.mark.parametrize("number", [0, 1], ids=["first", "later"])
def test_what_could_not_be_read_again_gets_in_for_nobody(
    forged_logs: tuple[str, str], forgery: str, number: int
) -> None:
    address = of(forged_logs[number], "desk")
    with closing(PostgresLog(address)) as log:
        before = log.head()
        (honest,) = entries(1, after=before)
        wrong = forged(honest, before, **FORGERIES[forgery])
        with psycopg.connect(address) as forger, pytest.raises(psycopg.Error) as caught:
            forger.execute(INSERT, wrong)
        assert (caught.value.sqlstate or "")[:2] in ("22", "54"), caught.value
        with pytest.raises(StorageError, match="nothing was recorded"):
            log.append([wrong], expected=before.position)
        assert log.head() == before


def test_what_this_library_writes_gets_in(address: str) -> None:
    """Every part of a citation, of a source and of an edition, and none of them."""
    full = Citation(locator="p. 3", quote="“met”", table="Meetings", edition="e" * 64, row="7",
                    as_written=(("date", "16 June"), ("name", "")))  # fmt: skip
    source = Source("S", url="u", publisher="p", published="2004-05", language="en", kind="list")
    cites = [full, Citation(), Citation(table="T"), Citation(quote="\x1b𝄞"), Citation(as_written=(("a", "b"),)), None]
    with Registry.open(of(address, "desk")) as registry:
        registry.record(*OPENED)
        for number, cite in enumerate(cites):
            held = MeetingHeld(meeting=f"d/s/{number}", series="d/s")
            registry.record(held, source=source if number % 2 else Source("T"), cite=cite)
        assert [recorded.citation or Citation() for recorded in registry.events(after=2)] == [
            cite or Citation() for cite in cites
        ]


NO_EVENTS: dict[str, tuple[str, str, dict[str, object]]] = {
    "fields that nobody knows": ("d/s/9", "meeting.held", {"meeting": "d/s/9", "when": "2004"}),
    "no fields": ("d/s/9", "meeting.held", {}),
    "a day that is none": ("d/s/9", "meeting.held", {"meeting": "d/s/9", "series": "d/s", "date": "2004-13-45"}),
    "a number for a text": ("e", "dialogue.launched", {"dialogue": "e", "name": 7, "launched": "2004"}),
    "a list for a text": ("e", "dialogue.launched", {"dialogue": "e", "name": ["E"], "launched": "2004"}),
    "a series of nothing": ("e/s/1", "meeting.held", {"meeting": "e/s/1", "series": "e/s"}),
    "a topic of nothing": ("e/s/1", "topic.discussed", {"meeting": "e/s/1", "topic": "water"}),
    "filed under another subject": ("d/s", "topic.discussed", {"meeting": "d/s/1", "topic": "water"}),
    "a dialogue of another name": ("d", "dialogue.launched", {"dialogue": "d", "name": "Other", "launched": "1999"}),
    "an id that names a series": ("d/s", "dialogue.launched", {"dialogue": "d/s", "name": "S", "launched": "2004"}),
    "a second day of a meeting": ("d/s/1", "meeting.held", {"meeting": "d/s/1", "series": "d/s", "date": "1999"}),
    "a correction of nothing": (
        "d", "fact.corrected", {"event_id": "01900000-0000-7000-8000-000000000001", "reason": "",
                                "replacement": {"type": "dialogue.launched", "schema": 1, "data": {}}},
    ),
    "a retraction of nothing": ("d", "event.retracted", {"event_id": "none", "reason": ""}),
    "a dispute of nothing": ("d", "fact.disputed", {"event_id": "none", "claim": {}, "reason": ""}),
    "a citation of nothing": ("d", "event.cited", {"event_id": "none"}),
}  # fmt: skip


@pytest.mark.parametrize("forgery", NO_EVENTS)
def test_what_is_json_and_no_event_stops_nobody(address: str, tmp_path: Path, forgery: str) -> None:
    """It is kept, named by verify() until it is retracted, and shown as unreadable; others read and record on."""
    subject, word, data = NO_EVENTS[forgery]
    desk = of(address, "desk")
    with Registry.open(desk) as registry, Registry.open(desk) as early:
        registry.record(*OPENED, MeetingHeld(meeting="d/s/1", series="d/s", date="2004"))
        with closing(PostgresLog(desk)) as log:
            head = log.head()
            drafts = [Draft(subject, word, 1, json.dumps(data)), Draft("d", "topic.discussed", 1, "{}")]
            versions = {"d": 1, "d/s": 1, "d/s/1": 1}
            log.append(seal(drafts, head, versions, datetime.now(UTC)), expected=head.position)
        registry.record(PartyJoined(dialogue="d", party="JPN", name="Japan"))
        early.record(PartyJoined(dialogue="d", party="KAZ", name="Kazakhstan"))
        for reader in (registry, early):
            reader.catch_up()
            assert [party.party for party in reader.dialogues()[0].parties] == ["JPN", "KAZ"]
            assert (reader.counts()["d/s"].total.possible, reader.dialogues()[0].name) == (1, "Dialogue")
        events = [recorded.event for recorded in registry.events()]
        assert [type(event) for event in events[3:5]] == [UnreadableEvent] * 2
        assert (events[3].word, events[3].data) == (word, data)
        assert events[3].reason
        assert to_dict(events[3])["unreadable"] == events[3].reason
        registry.history(subject)
        registry.sources()
        assert list(registry.at(position=4).events())[3].event == events[3]
        registry.rebuild()
        for reader in (registry, early):
            with pytest.raises(BrokenChainError, match="at position 4 cannot be read") as named:
                reader.verify()
            assert named.value.position == 4
        copy(desk, tmp_path / "copy.db")
        with Registry.open(tmp_path / "copy.db") as copied:
            assert copied.counts()["d/s"].total.possible == 1
            with pytest.raises(BrokenChainError, match="at position 4 cannot be read"):
                copied.verify()
        for position in (4, 5):
            registry.retract(registry.event(position).id, reason="written by hand")
        assert registry.verify().position == early.catch_up()
        assert early.verify() == registry.head


def test_facts_that_no_rule_would_let_in_never_stop_who_reads(address: str) -> None:
    """Whatever a forger puts together of words and fields that exist."""
    desk, chance = of(address, "desk"), Random(22)
    with Registry.open(desk) as registry:
        registry.record(*OPENED, MeetingHeld(meeting="d/s/1", series="d/s", date="2004"))
        ids = ["d", "d/s", "d/s/1", "e", ""]
        words = [word for word, _ in STORED.values()]
        fields = ["dialogue", "series", "meeting", "party", "name", "names", "date", "of", "count", "as_of", "event_id",
                  "topic", "title", "launched", "level", "format", "reason", "source", "sha256"]  # fmt: skip
        values: list[object] = [
            *ids,
            "2004",
            "2004-05-06",
            7,
            True,
            None,
            [],
            ["a", "b"],
            {},
            "online",
            registry.event(1).id,
        ]
        for _ in range(60):
            with closing(PostgresLog(desk)) as log:
                head = log.head()
                data = {field: chance.choice(values) for field in chance.sample(fields, chance.randrange(8))}
                subject = chance.choice([*ids[:4], str(data.get("meeting") or data.get("dialogue") or "d")])
                version = sum(entry.subject == subject for entry in log.read(0))
                draft = Draft(subject, chance.choice(words), 1, json.dumps(data))
                with suppress(StorageError):  # of a schema that is none
                    log.append(seal([draft], head, {subject: version}, datetime.now(UTC)), expected=head.position)
            assert registry.catch_up() == registry.head.position
        everything = [recorded.event for recorded in registry.events()]
        assert sum(isinstance(event, UnreadableEvent) for event in everything) > 30
        registry.rebuild()
        for ask in (registry.counts, registry.reconcile, registry.anomalies, registry.attendance, registry.disputes):
            ask()
        with Registry.open(desk) as new:
            assert [recorded.event for recorded in new.events()] == everything


def test_what_only_a_later_library_records_waits_until_the_owner_lets_it_in(address: str) -> None:
    """Else one writer that was upgraded, or says so, would stop all that were not."""
    (newer,) = entries(1)
    newer = forged(newer, EMPTY, type="topic.debated")
    with closing(PostgresLog(of(address, "desk"))) as log:
        with pytest.raises(
            StorageError, match=r'topic\.debated of schema 1.*let its owner run "dialogue-registry init"'
        ):
            log.append([newer], expected=0)
        with psycopg.connect(address) as owner:
            owner.execute("DELETE FROM dialogue_registry.words WHERE word = 'topic.discussed'")
        with pytest.raises(StorageError, match="dialogue-registry init"):
            log.append(entries(1), expected=0)
        assert not create_log(address)
        log.append(entries(1), expected=0)
        log.append(
            [forged(entries(1, after=log.head())[0], log.head(), type="org.example.vote-cast", schema=7)], expected=1
        )


# --- a server that does not answer ---------------------------------------------------


@pytest.fixture
def frozen(own_server: Server) -> Iterator[Callable[[], None]]:
    """Freeze the server; afterwards it goes on."""
    yield own_server.freeze
    own_server.thaw()


CALLS: dict[str, Callable[[PostgresLog], object]] = {
    "check": lambda log: log.check(),
    "head": lambda log: log.head(),
    "read": lambda log: log.read(),
    "rows": lambda log: list(log.rows()),
    "append one": lambda log: log.append(entries(1), expected=0),
    "append many": lambda log: log.append(entries(500), expected=0),
    "send": lambda log: send(log, entries(500)),
    "turn": lambda log: log.turn().__enter__(),
    "create": lambda log: log.create(writers=["desk"]),
}


def send(log: PostgresLog, new: list[Entry]) -> None:
    answer = log.send(new, expected=0)
    assert answer is not None
    answer()


@pytest.mark.parametrize(
    ("call", "connected"), [*((call, True) for call in CALLS), ("check", False), ("append many", False)]
)
def test_a_server_that_has_stopped_answering_ends_in_an_error(
    own_server: Server, address: str, frozen: Callable[[], None], call: str, *, connected: bool
) -> None:
    with closing(PostgresLog(address, timeout=0.2)) as log:
        if connected:
            assert log.head() == EMPTY
        frozen()
        with pytest.raises(UnreachableError, match="no answer for|timeout"):
            CALLS[call](log)
        own_server.thaw()
        log.timeout = 30
        with suppress(WrongPositionError):  # it had arrived, and is done only now
            append_next(log)
        append_next(log)


def test_waiting_for_a_position_ends_in_time_though_the_server_does_not_answer(
    own_server: Server, address: str, frozen: Callable[[], None]
) -> None:
    with Registry.open(of(address, "desk")) as registry:
        registry.record(*OPENED)
        frozen()
        with pytest.raises(UnreachableError, match=r"no answer for 0\.\d+ s"):
            registry.wait_until(3, timeout=0.3)
        own_server.thaw()
        assert registry.record(PartyJoined(dialogue="d", party="JPN", name="Japan"))[0].position == 3
        assert registry.wait_until(3, timeout=0) == 3


def append_next(log: PostgresLog) -> None:
    head = log.head()
    log.append(entries(1, after=head), expected=head.position)


def test_a_server_that_stops_answering_on_somebodys_turn_ends_in_an_error(
    own_server: Server, address: str, frozen: Callable[[], None]
) -> None:
    with closing(PostgresLog(address, timeout=0.2)) as log:
        with pytest.raises(UnreachableError, match="no answer"), log.turn():
            log.append(entries(1), expected=0)
            frozen()
        own_server.thaw()
        log.timeout = 30
        with suppress(WrongPositionError):
            append_next(log)
        append_next(log)
        positions = [entry.position for entry in log.read()]
        assert positions == list(range(1, len(positions) + 1))


def test_a_server_that_stops_answering_within_a_stream_ends_in_an_error(
    own_server: Server, address: str, frozen: Callable[[], None]
) -> None:
    drafts = [Draft(f"d/{n}", "topic.discussed", 1, json.dumps({"topic": "x" * 50_000}), None, "") for n in range(400)]
    with closing(PostgresLog(address)) as log:
        log.append(seal(drafts, EMPTY, {}, datetime.now(UTC)), expected=0)
        log.timeout = 0.2
        with pytest.raises(UnreachableError, match="no answer"):
            for number, _ in enumerate(log.rows()):
                if number == 5:
                    frozen()
        own_server.thaw()
        log.timeout = 30
        assert sum(1 for _ in log.rows()) == 400


def test_silence_is_no_error_for_who_waits_for_news(address: str) -> None:
    with closing(PostgresLog(address, timeout=0.05)) as log:
        log.timeout = 30
        log.wait(0)
        log.timeout = 0.05
        assert log._connection is not None
        log.wait(0.3)
        assert log._connection is not None, "else it was given up"


# --- poolers -------------------------------------------------------------------------


def prepared(log: PostgresLog) -> int:
    assert log._connection is not None
    return len(log._connection.execute("SELECT name FROM pg_prepared_statements", prepare=False).fetchall())


def test_through_a_pooler_nothing_is_prepared_nor_set(address: str) -> None:
    """Each transaction may go to another connection, which others use too."""
    with closing(Wire(address, pooled=True)) as wire, closing(PostgresLog(wire.address)) as pooled:
        for number in range(12):
            pooled.append(entries(1, after=pooled.head()), expected=number)
        assert pooled._connection is not None
        assert pooled._connection.info.backend_pid == 0x3F000001
        assert prepared(pooled) == 0
        assert pooled._connection.execute("SHOW search_path").fetchone() == ('"$user", public',)
    with closing(PostgresLog(address)) as direct:
        for _ in range(12):
            direct.head()
        assert prepared(direct) > 0
        assert direct._connection.execute("SHOW search_path").fetchone() == ("pg_catalog, pg_temp",)


@pytest.mark.parametrize("first", [False, True], ids=["beside", "before"])
def test_through_a_pooler_no_function_of_a_stranger_is_run_either(own_server: Server, *, first: bool) -> None:
    address = own_server.new_database()
    create_log(address, writers=["desk"])
    set_traps(own_server, address, first=first)
    with closing(Wire(of(address, "desk"), pooled=True)) as wire, closing(PostgresLog(wire.address)) as log:
        log.append(entries(500), expected=0)
        log.append(entries(1, after=log.head()), expected=500)
        if not first:
            assert len(log.read(1)) == 500


@pytest.fixture
def pgbouncer(own_server: Server, address: str) -> Iterator[str]:
    """The address of the log through a real pooler in transaction mode."""
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        pytest.skip("pgbouncer is not installed")
    database, _, host = address.partition("@/")[2].partition("?host=")
    with tempfile.TemporaryDirectory(prefix="pooler-") as folder:
        Path(folder).chmod(0o777)
        settings = Path(folder) / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\n{database} = host={host}\n[pgbouncer]\npool_mode = transaction\nauth_type = trust\n"
            f"auth_file = {folder}/users\n"
            f"default_pool_size = 2\nlisten_port = 5432\nlisten_addr =\nunix_socket_dir = {folder}\n"
            "ignore_startup_parameters = extra_float_digits\n"
        )
        (Path(folder) / "users").write_text('"postgres" ""\n')
        running = subprocess.Popen(
            [program, "-q", str(settings)],
            user=own_server._server.system_user,
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        try:
            while not (Path(folder) / ".s.PGSQL.5432").exists():
                assert running.poll() is None, "pgbouncer did not start"
            yield address.partition("host=")[0] + f"host={folder}"
        finally:
            running.terminate()
            running.wait()


def test_many_record_through_a_real_pooler_in_transaction_mode(pgbouncer: str, address: str) -> None:
    def record(number: int) -> None:
        with Registry.open(pgbouncer) as registry:
            for n in range(25):
                registry.record(PartyJoined(dialogue="d", party=f"P{number}-{n}", name="Party"))
            registry.record_all([PartyJoined(dialogue="d", party=f"Q{number}-{n}", name="Party") for n in range(50)])

    with Registry.open(pgbouncer) as registry:
        registry.record(*OPENED)
    threads = [Thread(target=record, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Registry.open(address) as direct:
        assert direct.position == 2 + 6 * 75
        direct.verify()
