"""The log only grows: dense positions, a version per subject, ids and instants in order, a hash over all, in plain SQL.

(That ``verify`` finds every change is law 10 in ``test_laws``; that it survives is law 11 in ``test_processes``.)
"""

import copy
import json
import pickle
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_registry import (
    ActivityReported,
    Citation,
    DelegateAttended,
    DialogueLaunched,
    MeetingHeld,
    RecordedEvent,
    Registry,
    SeriesOpened,
    Source,
    TopicDiscussed,
)
from dialogue_registry.errors import (
    BrokenChainError,
    BusyError,
    ConflictError,
    DriftError,
    InvalidValueError,
    StorageError,
    UnknownSubjectError,
    VerificationError,
    WrongPositionError,
)
from dialogue_registry.log import hash_chain
from dialogue_registry.log.codec import STANDARD_CODEC
from dialogue_registry.log.entry import EMPTY, PAGE, Draft, Entry, Head, instant, position_of, seal

RELEASE = Source("Joint statement", url="https://example.org/1", published="2005-03-05", language="en")
FACTS = (
    DialogueLaunched(dialogue="d", name="Диалог 対話", launched="2004-08-28"),
    SeriesOpened(series="d/s", dialogue="d", name="Senior officials"),
    MeetingHeld(meeting="d/s/1", series="d/s", date="2005-03-04", ordinal=1),
    DelegateAttended(meeting="d/s/1", name="TOKUDA Shuichi", party="JPN"),
)


@pytest.fixture(params=["file", "memory"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    """A registry with four events: in a file, and in memory, which must not differ."""
    with Registry.open(tmp_path / "registry.db" if request.param == "file" else None) as registry:
        registry.record(*FACTS[:2], source=RELEASE, by="desk")
        registry.record(*FACTS[2:])
        yield registry


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "registry.db"
    with Registry.open(path) as registry:
        registry.record(*FACTS, source=RELEASE, by="desk")
    return path


def topic(text: str, meeting: str = "d/s/1") -> TopicDiscussed:
    return TopicDiscussed(meeting=meeting, topic=text)


def positions(events: Iterator[RecordedEvent]) -> list[int]:
    return [event.position for event in events]


# --- recorded events ---------------------------------------------------------------------


def test_a_recorded_event_is_a_value(registry: Registry) -> None:
    one, *_ = read = list(registry.events())
    assert one == next(registry.events())
    assert len({*read, *registry.events()}) == 4
    assert type(one) is RecordedEvent
    assert pickle.loads(pickle.dumps(one)) == copy.copy(one) == copy.deepcopy(one) == one
    assert attrs.evolve(one, by="archivist") != one
    assert repr(one).startswith("RecordedEvent(event=DialogueLaunched(dialogue='d'")
    for name in ("position", "remark"):
        with pytest.raises(AttributeError):
            setattr(one, name, 2)


def test_a_clock_before_1970_makes_ids_that_are_uuids_all_the_same() -> None:
    drafts = [Draft("d", "dialogue.launched", 1, "{}", None, "")] * 3
    (one, two, three) = seal(drafts, EMPTY, {}, datetime(1960, 2, 29, tzinfo=UTC))
    assert str(UUID(one.id)) == one.id < two.id < three.id
    assert one.recorded_at == "1960-02-29T00:00:00.000000Z"


def test_an_event_that_is_too_long_to_be_read_again_is_refused(registry: Registry) -> None:
    """One text may have a million characters; many of them are too many."""
    parties = ["合" * 999_999] * 7
    with pytest.raises(InvalidValueError, match="20,000,000 bytes"):
        registry.record(ActivityReported(meeting="d/s/1", title="Course", organisers=parties))
    assert registry.position == 4
    registry.record(ActivityReported(meeting="d/s/1", title="Course", organisers=parties[:6]))


# --- append-only -------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["events", "sources"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET data = '{{}}'", "UPDATE {} SET rowid = rowid + 9"])
def test_whoever_asks_the_log_neither_changes_nor_forgets(path: Path, table: str, change: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(f"SELECT * FROM {table}").fetchall()
        with pytest.raises(sqlite3.IntegrityError, match="append-only: record a correction or a retraction instead"):
            connection.execute(change.format(table))
        assert connection.execute(f"SELECT * FROM {table}").fetchall() == rows != []


@pytest.mark.parametrize(
    "change", ["INSERT INTO sources (data) VALUES ('{}')", "DELETE FROM attendance", "DROP TABLE activities", "VACUUM"]
)
def test_the_database_for_asking_refuses_to_write(registry: Registry, change: str) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        registry.db.execute(change)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        registry.db["mine"].insert({"a": 1})
    registry.verify()


# --- positions, versions, ids, instants --------------------------------------------------


def test_positions_are_dense_and_a_refusal_uses_none_up(registry: Registry) -> None:
    with pytest.raises(UnknownSubjectError):
        registry.record(topic("water"), topic("trade", "d/s/9"))
    with pytest.raises(ConflictError):
        registry.record(topic("water"), MeetingHeld(meeting="d/s/1", series="d/s", date="2006"))
    assert registry.record(topic("water"), topic("trade"))[-1].position == 6
    registry.record_all([topic("borders"), topic("water")], batch=1)
    assert positions(registry.events()) == [1, 2, 3, 4, 5, 6, 7]
    assert registry.position == registry.head.position == 7


def test_a_tail_that_was_cut_off_is_found_by_the_views_made_of_it(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TRIGGER events_keep_rows")
        connection.execute("DELETE FROM events WHERE position = 4")
        connection.execute("CREATE TRIGGER events_keep_rows BEFORE DELETE ON events BEGIN SELECT 1; END")
    with Registry.open(path, read_only=True) as registry, pytest.raises(VerificationError):
        registry.verify()


def test_an_id_carries_its_position(registry: Registry) -> None:
    registry.record_all(topic(f"topic {number}") for number in range(300))
    assert [position_of(event.id) for event in registry.events()] == list(range(1, 305))
    assert position_of("no id") is None


def test_each_subject_counts_its_versions(registry: Registry) -> None:
    registry.record(topic("water"))
    seen = [(event.subject, event.version) for event in registry.events()]
    assert seen == [("d", 1), ("d/s", 1), ("d/s/1", 1), ("d/s/1", 2), ("d/s/1", 3)]


def test_an_amendment_belongs_to_the_subject_of_its_fact(registry: Registry) -> None:
    held = next(registry.events(subject="d/s/1"))
    registry.retract(list(registry.events())[3].id, reason="was not there")
    fixed = registry.correct(held.id, MeetingHeld(meeting="d/s/1", series="d/s", date="2005-03-05"), reason="the day")
    assert (fixed.subject, fixed.version, fixed.position) == ("d/s/1", 4, 6)


def test_ids_are_uuids_of_version_7_in_the_order_of_the_log(registry: Registry) -> None:
    registry.record_all(topic(f"topic {number}") for number in range(2500))
    ids = [UUID(event.id) for event in registry.events()]
    assert {id_.version for id_ in ids} == {7}
    assert ids == sorted(set(ids))


def test_an_id_tells_the_millisecond_it_was_recorded_at(registry: Registry) -> None:
    for event in registry.events():
        milliseconds = int(event.id.replace("-", "")[:12], 16)
        assert milliseconds == (event.recorded_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def test_instants_are_utc_and_of_the_present(registry: Registry) -> None:
    before = datetime.now(UTC)
    (event,) = registry.record(topic("water"))
    assert before <= event.recorded_at <= datetime.now(UTC)
    assert event.recorded_at.tzinfo is UTC
    written = registry.db.execute("SELECT recorded_at FROM events").fetchall()
    assert all(len(text) == len("2021-06-16T09:00:00.000000Z") and text.endswith("Z") for (text,) in written)


def test_instants_and_ids_never_go_back_though_the_clock_does(registry: Registry) -> None:
    later = datetime.now(UTC) + timedelta(days=365)
    fact = topic("recorded on a machine whose clock is a year ahead")
    with registry._session.writing():
        entries = seal(
            [Draft("d/s/1", *STANDARD_CODEC.encode(fact), None, "")],
            registry._session.log.head(),
            {"d/s/1": 2},
            later,
        )
        registry._session.log.append(entries, expected=4)
        registry._session.views.apply([(entries[0].position, fact, 0)])
    registry.record(topic("recorded after its clock was put right"))
    last = list(registry.events())[-2:]
    assert last[0].recorded_at == last[1].recorded_at == later
    assert last[0].id[:14] == last[1].id[:14]
    assert registry.at(instant=later).position == 6
    assert registry.at(instant=later - timedelta(microseconds=1)).position == 4
    registry.verify()


#: Seconds since 1970, up to the year 9000, on clocks of any zone.
moments = st.builds(
    lambda seconds, zone: datetime.fromtimestamp(seconds, UTC).astimezone(zone), st.floats(0, 2.2e11), st.timezones()
)


@given(st.lists(moments, max_size=6), st.integers(1, 4))
def test_whatever_the_clock_says_the_log_stays_in_order(clock: list[datetime], size: int) -> None:
    head, log = EMPTY, []
    for now in clock:
        new = seal([Draft("d", "t", 1, "{}", None, "")] * size, head, {"d": head.position}, now)
        assert new[0].recorded_at == max(instant(now), head.recorded_at)
        head = Head(new[-1].position, new[-1].hash, new[-1].recorded_at)
        log += new
    assert [(entry.position, entry.version) for entry in log] == [(n + 1, n + 1) for n in range(len(log))]
    assert [entry.recorded_at for entry in log] == sorted(entry.recorded_at for entry in log)
    prefixes = [entry.id[:18] for entry in log]  # the time; what follows is drawn anew for every transaction
    assert prefixes == sorted(prefixes)


# --- what is stored ----------------------------------------------------------------------


def test_any_program_reads_the_log_as_json(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT e.position, e.type, e.data, s.data, s.title, s.url, e.by"
            " FROM events e JOIN sources s ON s.id = e.source"
        ).fetchall()
        asked = connection.execute("SELECT json_extract(data, '$.name') FROM events WHERE position = 1").fetchone()
    assert json.loads(rows[0][2]) == {"dialogue": "d", "name": "Диалог 対話", "launched": "2004-08-28"}
    assert json.loads(rows[2][2]) == {"meeting": "d/s/1", "series": "d/s", "date": "2005-03-04", "ordinal": 1}
    assert json.loads(rows[0][3]) == {
        "title": "Joint statement", "url": "https://example.org/1", "published": "2005-03-05", "language": "en",
    }  # fmt: skip
    assert [row[1] for row in rows] == ["dialogue.launched", "series.opened", "meeting.held", "delegate.attended"]
    assert {row[4:] for row in rows} == {("Joint statement", "https://example.org/1", "desk")}
    assert asked == ("Диалог 対話",)


def test_a_source_is_stored_once(registry: Registry) -> None:
    registry.record_all([(topic(f"topic {n}"), RELEASE if n % 2 else Source("Another")) for n in range(20)])
    assert registry.db["sources"].count == 2
    assert [event.source for event in registry.events()][:3] == [RELEASE, RELEASE, None]


@given(st.sets(st.integers(0, 80)), st.sets(st.integers(0, 80)), st.lists(st.integers(0, 80), min_size=60))
def test_a_large_batch_appends_what_is_appended_one_by_one(
    recorded: set[int], other: set[int], again: list[int]
) -> None:
    def facts(numbers: Iterable[int]) -> Iterator[tuple[DelegateAttended, Source | None]]:
        """Delegates, of whom each third has no name, from a source that depends on the number alone."""
        for number in numbers:
            named = {"name": "" if number % 3 == 0 else f"Name {number}", "office": f"Seat {number}"}
            yield DelegateAttended(meeting="d/s/1", party="JPN", **named), RELEASE if number % 2 else None

    found = []
    for batch in (1, 1000):
        with Registry.open() as registry:
            registry.record(*FACTS[:3])
            registry.record_all(facts(sorted(recorded)))
            for number in sorted(recorded & other):  # what was said once is not said anew, though it stands no more
                registry.retract(next(registry.events(after=3 + sorted(recorded).index(number))).id, reason="misread")
            appended = registry.record_all(facts(again), batch=batch)
            assert appended == len(set(again) - recorded)
            found.append([(event.event, event.source) for event in registry.events(after=registry.position - appended)])
    assert found[0] == found[1]


def test_a_contradiction_is_found_in_a_large_batch(registry: Registry) -> None:
    seats = [DelegateAttended(meeting="d/s/1", name=f"Name {number}", party="JPN") for number in range(120)]
    registry.record(*seats)
    other = DelegateAttended(meeting="d/s/1", name="Name 70", party="JPN", office="Minister")
    with pytest.raises(ConflictError) as refused:
        registry.record(*seats[:70], other, *seats[71:])
    assert refused.value.item == 70
    assert registry.position == 124


def test_a_file_is_marked_and_durable(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (0x44695265,)
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    with Registry.open(path) as registry:
        assert registry._session.connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


def test_a_closed_registry_is_one_file(path: Path) -> None:
    assert [file.name for file in path.parent.iterdir()] == [path.name]


# --- the chain ---------------------------------------------------------------------------


def test_each_hash_covers_the_event_and_the_hash_before_it(registry: Registry) -> None:
    last = bytes(32)
    registry.record(topic("water"), source=RELEASE, cite=Citation(locator="paragraph 2", table="Topics"))
    rows = registry.db.execute(
        "SELECT position, e.id, subject, version, type, schema, e.data, s.data, citation, d.data, by, recorded_at,"
        " salt, hash FROM events e LEFT JOIN sources s ON s.id = e.source LEFT JOIN editions d ON d.id = e.edition"
        " ORDER BY position"
    ).fetchall()
    for (
        position,
        id_,
        subject,
        version,
        type_,
        schema,
        data,
        source,
        citation,
        edition,
        by,
        instant_,
        salt,
        hash_,
    ) in rows:
        # Written out once more from the description in the docs, so that the format cannot change unnoticed.
        optional = ["-" if text is None else f"{len(text)}:{text}" for text in (source, citation, edition)]
        texts = " ".join(f"{len(text)}:{text}" for text in (id_, subject, type_, by, instant_))
        frame = f"dialogue_registry/2 {position} {version} {schema} {texts} {optional[0]}"
        body = sha256(salt + f"{len(data)}:{data} {optional[1]} {optional[2]}".encode()).digest()
        last = sha256(last + body + frame.encode()).digest()
        assert hash_ == last
        assert len(salt) == 16
    assert [row[8:10] for row in rows][-1] == ('{"locator":"paragraph 2"}', '{"table":"Topics"}')
    assert registry.head == registry.verify() == (5, last.hex())
    assert list(registry.events())[-1].hash == last.hex()


entries = st.builds(
    Entry,
    position=st.integers(1),
    id=st.text(),
    subject=st.text(),
    version=st.integers(1),
    type=st.text(),
    schema=st.integers(1),
    data=st.text(),
    source=st.none() | st.text(),
    citation=st.none() | st.text(),
    edition=st.none() | st.text(),
    by=st.text(),
    recorded_at=st.text(),
    salt=st.binary(min_size=16, max_size=16),
    hash=st.just(b""),
)


def link(entry: Entry) -> bytes:
    return hash_chain.link(hash_chain.GENESIS, *entry[:13])


@given(entries, entries)
def test_two_events_never_share_a_hash(one: Entry, other: Entry) -> None:
    assert (link(one) == link(other)) == (one == other)


@given(entries.filter(lambda entry: bool(entry.id)))
def test_text_moved_from_one_column_to_the_next_changes_the_hash(entry: Entry) -> None:
    assert link(entry) != link(entry._replace(id=entry.id[:-1], subject=entry.id[-1] + entry.subject))


@pytest.mark.parametrize(
    ("forge", "first"),
    [
        (lambda entry: f"{entry.position:010x}", 1),
        (lambda entry: f"{entry.id[:14]}4{entry.id[15:]}", 1),
        (lambda entry: entry.id if entry.position < 3 else f"{entry.id[:-10]}{2:010x}", 3),
        (lambda entry: entry.id if entry.position < 3 else f"0{entry.id[1:-10]}{9:010x}", 3),
        (lambda entry: entry.id if entry.position < 3 else entry.id.upper(), 3),
    ],
    ids=["a position alone", "another version of UUID", "that of the event before", "of another call", "capitals"],
)
def test_an_id_without_its_position_is_found_though_the_chain_holds(forge: Callable[[Entry], str], first: int) -> None:
    drafts = [Draft("d", "dialogue.launched", 1, '{"dialogue":"d","name":"D","launched":"2004"}')] * 4
    forged, last = [], EMPTY.hash
    for entry in seal(drafts, EMPTY, {}, datetime(2026, 1, 1, tzinfo=UTC)):
        other = entry._replace(id=forge(entry))
        last = hash_chain.link(last, *other[:13])
        forged.append(other._replace(hash=last))
    with Registry.open() as registry:
        registry._session.log.append(forged, expected=0)
        with pytest.raises(BrokenChainError, match="another position") as found:
            registry.verify(views=False)
    assert found.value.position == first


# --- damage ------------------------------------------------------------------------------


def indexes(path: Path) -> list[tuple[str, int, int]]:
    """Every index of the file with its first page, counted from 0, and the size of a page."""
    with closing(sqlite3.connect(path)) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        rows = connection.execute("SELECT name, rootpage FROM sqlite_schema WHERE type = 'index'").fetchall()
    return [(name, page - 1, size) for name, page in rows]


def test_a_damaged_index_is_noticed_though_the_chain_holds(path: Path) -> None:
    """An index that has lost an entry would answer with less than is recorded."""
    stored = path.read_bytes()
    for name, page, size in indexes(path):
        end = (page + 1) * size
        if not any(stored[end - 4 : end]):
            continue  # it has no entries, which stand at the end of a page
        damaged = path.with_name("damaged.db")
        damaged.write_bytes(stored[: end - 4] + bytes(255 - byte for byte in stored[end - 4 : end]) + stored[end:])
        with Registry.open(damaged) as registry:
            with pytest.raises((StorageError, DriftError)):
                registry.verify()
            print(f"{name} was damaged, and that was noticed")


def test_a_changed_view_is_noticed_and_made_again(path: Path) -> None:
    with Registry.open(path) as registry:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("DROP VIEW cumulative_counts")
            connection.execute("CREATE VIEW cumulative_counts AS SELECT 'd/s' AS series, 7 AS total")
        with pytest.raises(DriftError, match="'cumulative_counts' is missing or not defined as this library does"):
            registry.verify()
        registry.verify(views=False)
        registry.rebuild()
        registry.verify()


# --- reading -----------------------------------------------------------------------------


def test_events_are_those_after_one_position_and_up_to_another(registry: Registry) -> None:
    for after in range(6):
        for until in range(6):
            assert positions(registry.events(after, until)) == [p for p in range(1, 5) if after < p <= until]
    assert positions(registry.events(until=None)) == [1, 2, 3, 4]


def test_events_of_a_subject_are_exactly_its_own(registry: Registry) -> None:
    retraction = registry.retract(list(registry.events())[3].id, reason="was not there")
    assert positions(registry.events(subject="d/s/1")) == [3, 4, retraction.position]
    assert positions(registry.events(after=3, until=4, subject="d/s/1")) == [4]
    assert positions(registry.events(subject="d/s")) == [2]
    for nothing in ("d/", ""):
        with pytest.raises(UnknownSubjectError, match=f"nothing was recorded about '{nothing}'"):
            registry.events(subject=nothing)


def test_events_are_read_across_pages_and_end_where_the_log_stood(registry: Registry) -> None:
    registry.record_all(topic(f"topic {number}") for number in range(2 * PAGE))
    reading = registry.events()
    first = next(reading)
    registry.record(topic("recorded while somebody reads"))
    assert [first.position, *positions(reading)] == list(range(1, 2 * PAGE + 5))
    of_meeting = registry.events(subject="d/s/1")
    assert positions(of_meeting) == list(range(3, 2 * PAGE + 6))


def test_events_come_back_as_they_were_given(registry: Registry) -> None:
    assert [event.event for event in registry.events()] == list(FACTS)
    assert [(event.source, event.by) for event in registry.events()] == [(RELEASE, "desk")] * 2 + [(None, "")] * 2


def test_an_empty_log_has_a_head_too() -> None:
    with Registry.open() as registry:
        assert (registry.position, registry.head) == (0, (0, "00" * 32))
        assert registry.verify() == registry.head
        assert list(registry.events()) == []
        assert registry.at(0).position == registry.at(instant=datetime.now(UTC)).position == 0


def test_the_log_as_known_then_ends_there(registry: Registry) -> None:
    for position in range(5):
        with registry.at(position) as past:
            assert past.position == past.verify().position == position
            assert positions(past.events()) == list(range(1, position + 1))
    for event in registry.events():
        with registry.at(instant=event.recorded_at) as past, registry.at(instant=event.recorded_at.isoformat()) as same:
            assert (
                past.position
                == same.position
                == max(e.position for e in registry.events() if e.recorded_at == event.recorded_at)
            )


# --- expected ----------------------------------------------------------------------------


def test_who_decided_on_an_older_log_is_refused_and_may_decide_again(registry: Registry) -> None:
    decided_on = registry.position
    registry.record(topic("somebody else's"))
    with pytest.raises(WrongPositionError) as info:
        registry.record(topic("mine"), expected=decided_on)
    assert (info.value.expected, info.value.actual) == (4, 5)
    assert registry.record(topic("mine"), expected=info.value.actual)[0].position == 6


def test_expected_is_not_asked_where_nothing_would_be_appended(registry: Registry) -> None:
    assert [event.position for event in registry.record(*FACTS[2:], expected=0)] == [3, 4]
    assert registry.record(expected=0) == ()
    with pytest.raises(WrongPositionError):
        registry.record(FACTS[2], topic("new"), expected=0)
    assert registry.position == 4


def test_two_registries_of_one_file_see_each_others_events(path: Path) -> None:
    with Registry.open(path) as one, Registry.open(path) as other:
        one.record(topic("one"))
        assert other.position == 5
        other.record(topic("other"), expected=5)
        assert [event.event for event in one.events(after=4)] == [topic("one"), topic("other")]
        assert one.verify() == other.verify()


def test_a_registry_in_memory_says_at_once_which_open_question_is_in_its_way() -> None:
    with Registry.open() as registry:
        registry.record(*FACTS, *(topic(str(number)) for number in range(300)))
        rows = registry.db.query("SELECT * FROM topics")
        next(rows)
        with pytest.raises(BusyError, match="read its rows to the end"):
            registry.record(topic("x"))
        list(rows)
        registry.record(topic("x"))
