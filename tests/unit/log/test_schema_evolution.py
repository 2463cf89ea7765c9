"""What was once stored can be read for ever.

``tests/recorded/`` holds logs as stored, one line an event, with at least one line of every shape of every event that
was ever released. Lines are added there and never edited: each log ends in the hash written down here.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
import orjson
import pytest

from dialogue_registry import (
    ActivityReported,
    CodecError,
    CountStated,
    DelegateAttended,
    DialogueLaunched,
    EventRetracted,
    FactCorrected,
    FactDisputed,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    NewerEventError,
    OutcomeAgreed,
    PartyJoined,
    Registry,
    SeriesOpened,
    Source,
    TopicDiscussed,
    UnknownEventTypeError,
)
from dialogue_registry.errors import InvalidValueError
from dialogue_registry.log.codec import STANDARD_CODEC, STORED, codec_of
from dialogue_registry.log.entry import Draft, Entry, Head, seal
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.model.events import (
    DelegateAbsent,
    DifferentPersons,
    Event,
    EventCited,
    HeadcountStated,
    MeetingShared,
    NameUsed,
    PartyLeft,
    SamePerson,
    SourceKept,
)
from dialogue_registry.model.kinds import Kind
from tests.paths import RECORDED

RELEASE = Source(
    "Joint press release",
    url="https://example.org/release",
    publisher="Ministry of Foreign Affairs",
    published="2007-12",
    language="en",
    kind="report",
)


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (RECORDED / name).read_text("utf-8").splitlines()]


def ids(name: str) -> list[str]:
    return [line["id"] for line in lines(name)]


LAUNCHED = DialogueLaunched(dialogue="d", name="“A and B” Dialogue", launched="2004-08", aliases=["A+B"])
OPENED = SeriesOpened(
    series="d/som", dialogue="d", name="Senior Officials' Meeting", abbreviation="SOM", aliases=["高級実務者会合"]
)
HELD = MeetingHeld(
    meeting="d/som/1", series="d/som", date="2007-12-13/2007-12-14", ordinal=1, format="hybrid", place="Dushanbe",
    country="TJK", title="First meeting",
)  # fmt: skip
EXPO = ActivityReported(
    meeting="d/som/1", title="Expo", organisers=["Trade association", "Chamber"], field="trade", date="2007-11"
)

LOGS: dict[str, tuple[str, list[Event]]] = {
    # As of activity.reported version 1, which wrote "organizers" and knew no field.
    "log-1.jsonl": (
        "6147989fd8bdc172b9dce05c3ddee362a83fe9be31dadc1b43ec34aa4f71a6db",
        [
            LAUNCHED,
            PartyJoined(
                dialogue="d", party="UZB", name="Uzbekistan", joined="2004-08-28", aliases=["Republic of Uzbekistan"]
            ),
            OPENED,
            MeetingAnnounced(
                meeting="d/som/1", series="d/som", date="2007-12", ordinal=1, format="in-person", place="Dushanbe",
                country="TJK", title="First meeting",
            ),
            MeetingPostponed(meeting="d/som/1", reason="snow", on="2007-12-01", until="2007-12-13/2007-12-14"),
            HELD,
            MeetingAnnounced(meeting="d/som/2", series="d/som"),
            MeetingCancelled(meeting="d/som/2", reason="elections", on="[2008-01-01..2008-03-31]"),
            DelegateAttended(
                meeting="d/som/1", name="OKADA Katsuya", party="JPN", office="Minister for Foreign Affairs",
                role="head", on_behalf_of="Prime Minister",
            ),
            TopicDiscussed(meeting="d/som/1", topic="water"),
            ActivityReported(
                meeting="d/som/1", title="Expo", organisers=["Trade association", "Chamber"], date="2007-11"
            ),
            ActivityReported(meeting="d/som/1", title="Medical experts' meeting", organisers=["Medical body"]),
            OutcomeAgreed(meeting="d/som/1", title="Action Plan", kind="action plan"),
            CountStated(series="d/som", count=1, as_of="2007-12-14", format="hybrid", reported_at="d/som/1"),
            FactCorrected(
                event_id=ids("log-1.jsonl")[10],
                replacement=ActivityReported(
                    meeting="d/som/1", title="Virtual expo", organisers=["Trade association"]
                ),
                reason="it was online",
            ),
            EventRetracted(event_id=ids("log-1.jsonl")[9], reason="of another meeting"),
            FactDisputed(
                event_id=ids("log-1.jsonl")[8],
                claim=DelegateAttended(meeting="d/som/1", name="OKADA K.", party="JPN"),
                reason="spelled otherwise",
            ),
        ],
    ),
    "log-2.jsonl": (
        "9d5c2ec2a7565092c4cb11d3073038e4e4d2f8b3616cc44d1468d6544a755fdc",
        [
            LAUNCHED,
            OPENED,
            HELD,
            EXPO,
            FactCorrected(
                event_id=ids("log-2.jsonl")[3],
                replacement=ActivityReported(
                    meeting="d/som/1", title="Virtual expo", organisers=["Trade association"],
                    field="trade and economy",
                ),
                reason="it was online",
            ),
        ],
    ),
    # As of the first version of absences, head-counts, joint meetings, names, persons, kept copies and citations.
    "log-3.jsonl": (
        "d79280acf5a5dee3ac5f7114db45875e8159f61df7fa8be1abea1274be96d315",
        [
            DialogueLaunched(dialogue="d", name="D", launched="2004-08"),
            PartyJoined(dialogue="d", party="UZB", name="Uzbekistan", joined="2004-08-28", standing="observer"),
            PartyLeft(dialogue="d", party="UZB", on="2010-01-01", reason="elections"),
            SeriesOpened(series="d/som", dialogue="d", name="SOM", numbering="yearly"),
            SeriesOpened(series="d/fm", dialogue="d", name="FMM"),
            MeetingAnnounced(meeting="d/som/1", series="d/som", date="2007-12", on="2007-10-01", period="2007"),
            MeetingHeld(meeting="d/som/1", series="d/som", date="2007-12-13", on="2007-12-14", period="2007"),
            MeetingShared(meeting="d/som/1", series="d/fm", ordinal=2, period="I"),
            DelegateAttended(
                meeting="d/som/1", name="OKADA Katsuya", party="JPN", person="okada", seat="chair", level="minister",
                format="online",
            ),
            DelegateAttended(meeting="d/som/1", party="UZB"),
            DelegateAbsent(
                meeting="d/som/1", party="KAZ", name="X", office="Minister", person="x", seat="s", level="minister",
                excused=True, reason="ill", represented_by="Y",
            ),
            HeadcountStated(
                meeting="d/som/1", count=240, of="delegates", party="JPN", format="online", approximate=True
            ),
            CountStated(dialogue="d", count=3, as_of="2008"),
            NameUsed(of="d", name="対話", language="ja", since="2004", until="2010"),
            NameUsed(party="UZB", name="ウズベキスタン", language="ja"),
            SamePerson(party="JPN", names=("OKADA Katsuya", "Katsuya OKADA"), reason="one passport"),
            DifferentPersons(party="JPN", names=("OKADA Katsuya", "Okada K."), reason="two passports"),
            SourceKept(
                source=RELEASE, sha256="a" * 64, retrieved="2026-01-05", archived="https://example.org/kept"
            ),
            EventCited(event_id=ids("log-3.jsonl")[8]),
        ],
    ),
}  # fmt: skip


def entries(name: str) -> list[Entry]:
    return [
        Entry(**{**line, "salt": bytes.fromhex(line["salt"]), "hash": bytes.fromhex(line["hash"])})
        for line in lines(name)
    ]


def store(path: Path, stored: list[Entry]) -> None:
    """Write a log into a new registry file as another version of the library left it, its views out of date."""
    Registry.open(path).close()
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("DELETE FROM projections")
        append(file, stored)


def append(file: sqlite3.Connection, stored: list[Entry]) -> None:
    SQLiteLog(file).extend(stored)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry.db"


# --- recorded lines ------------------------------------------------------------------


@pytest.mark.parametrize("name", LOGS)
def test_a_recorded_log_reads_as_it_was_meant(path: Path, name: str) -> None:
    digest, events = LOGS[name]
    store(path, entries(name))
    with Registry.open(path) as registry:
        assert [record.event for record in registry.events()] == events
        assert registry.verify() == (len(events), digest)
        assert {record.source for record in registry.events()} <= {RELEASE, None}
        assert {record.by for record in registry.events()} <= {"archivist", "desk", ""}


@pytest.mark.parametrize("name", LOGS)
def test_a_recorded_log_gives_the_views_of_the_same_events_today(path: Path, name: str) -> None:
    store(path, entries(name))
    with Registry.open(path) as old, Registry.open() as new:
        for record in old.events():
            event, source = record.event, record.source
            id_ = next((r.id for r in new.events() if r.position == position(old, event)), "")
            match event:
                case FactCorrected():
                    new.correct(id_, event.replacement, reason=event.reason, source=source)
                case EventRetracted():
                    new.retract(id_, reason=event.reason, source=source)
                case FactDisputed():
                    assert source is not None
                    new.dispute(id_, event.claim, reason=event.reason, source=source)
                case EventCited():
                    new.cite(id_, record.citation, source=source)
                case _:
                    new.record(event, source=source)
        for question in ("dialogues", "series", "meetings", "attendance", "topics", "activities", "outcomes"):
            assert getattr(old, question)() == getattr(new, question)()
        assert old.statements() == new.statements()
        assert old.counts() == new.counts()


def position(registry: Registry, event: Event) -> int:
    """The position of the event that another one amends or disputes."""
    return next((r.position for r in registry.events() if r.id == getattr(event, "event_id", None)), 0)


def test_the_activities_of_version_1_have_organisers_and_no_field(path: Path) -> None:
    store(path, entries("log-1.jsonl"))
    with Registry.open(path) as registry:
        assert [(a.title, a.organisers, a.field) for a in registry.activities()] == [
            ("Virtual expo", ("Trade association",), ""),
            ("Medical experts' meeting", ("Medical body",), ""),
        ]


def test_every_shape_that_was_released_is_recorded() -> None:
    released = {(word, version) for word, latest in STORED.values() for version in range(1, latest + 1)}
    assert {(line["type"], line["schema"]) for name in LOGS for line in lines(name)} == released
    assert {path.name for path in RECORDED.iterdir()} == set(LOGS)


def test_what_is_written_today_is_the_newest_recorded_shape() -> None:
    keys: dict[str, set[str]] = {}
    for name in LOGS:
        for line in lines(name):
            if (line["type"], line["schema"]) in STORED.values():
                keys.setdefault(line["type"], set()).update(json.loads(line["data"]))
    for name in LOGS:
        for event in LOGS[name][1]:
            word, _, data = STANDARD_CODEC.encode(event)
            assert set(json.loads(data)) <= keys[word], "a stored shape changed: raise its schema version"


def test_a_script_run_again_over_an_older_log_appends_nothing(path: Path) -> None:
    store(path, entries("log-1.jsonl"))
    with Registry.open(path) as registry:
        records = list(registry.events())
        for record in records:
            match record.event:
                case FactCorrected() as e:
                    again = registry.correct(e.event_id, e.replacement, reason=e.reason, source=record.source)
                case EventRetracted() as e:
                    again = registry.retract(e.event_id, reason=e.reason, source=record.source)
                case EventCited() as e:
                    again = registry.cite(e.event_id, record.citation, source=record.source)
                case FactDisputed() as e:
                    assert record.source is not None
                    again = registry.dispute(e.event_id, e.claim, reason=e.reason, source=record.source)
                case fact:
                    (again,) = registry.record(fact, source=record.source)
            assert again == record
        assert registry.position == len(records)


# --- the chain of upcasters ----------------------------------------------------------


@attrs.frozen(kw_only=True)
class VoteCast:
    meeting: str
    choice: str


def votes(version: int, upcasters: dict[int, Any]) -> Kind:
    return Kind(cls=VoteCast, word="org.example.vote-cast", about="meeting", version=version, upcasters=upcasters)


def test_a_gap_in_the_chain_is_found() -> None:
    with pytest.raises(InvalidValueError) as gap:
        votes(3, {1: dict})
    assert str(gap.value) == "no upcaster of the kind of VoteCast leads from version 2 to version 3: add it"


def test_an_upcaster_that_leads_nowhere_is_found() -> None:
    with pytest.raises(InvalidValueError) as stray:
        votes(1, {1: dict})
    assert str(stray.value) == (
        "the upcaster of the kind of VoteCast from version 1 leads nowhere: remove it or raise the version"
    )


# --- what this library cannot know ---------------------------------------------------


def after(name: str, word: str, schema: int, data: str = "{}") -> list[Entry]:
    """One more entry after a recorded log, rightly chained, as a newer library would write it."""
    log = entries(name)
    head = Head(log[-1].position, log[-1].hash, log[-1].recorded_at)
    versions = {entry.subject: entry.version for entry in log}
    moment = Registry.open().record(LAUNCHED)[0].recorded_at
    return seal([Draft("d/som/1", word, schema, data, None, "")], head, versions, moment)


@pytest.mark.parametrize(
    ("word", "schema", "error"),
    [("meeting.dreamt", 1, UnknownEventTypeError), ("meeting.held", 2, NewerEventError)],
)
def test_what_a_newer_library_wrote_is_named_by_position_type_and_version(
    path: Path, word: str, schema: int, error: type[CodecError]
) -> None:
    store(path, entries("log-2.jsonl"))
    with Registry.open(path) as registry:
        with closing(sqlite3.connect(path)) as file, file:
            append(file, after("log-2.jsonl", word, schema))
        with pytest.raises(error) as reading:
            list(registry.events())
        with pytest.raises(error):
            registry.rebuild()
        assert len(registry.meetings()) == 1  # the views that were made are still there
    for part in ("position 6", repr(word), f"version {schema}", "upgrade"):
        assert part in str(reading.value)


def test_a_newer_fact_inside_a_correction_is_named_too(path: Path) -> None:
    nested = {"type": "meeting.held", "schema": 2, "data": {}}
    data = json.dumps({"event_id": ids("log-2.jsonl")[2], "replacement": nested, "reason": "?"})
    store(path, [*entries("log-2.jsonl"), *after("log-2.jsonl", "fact.corrected", 1, data)])
    with pytest.raises(NewerEventError, match=r"position 6: 'meeting\.held' has schema version 2"):
        Registry.open(path)


def test_data_that_is_none_of_a_known_shape_is_named_too(path: Path) -> None:
    store(path, [*entries("log-2.jsonl"), *after("log-2.jsonl", "meeting.held", 1, '{"meeting": "D"}')])
    with pytest.raises(CodecError, match=r"position 6: .*'meeting\.held' version 1"):
        Registry.open(path)


VERIFY = "verify the registry to see whether the log was changed"
with pytest.raises(ValueError) as _refused:
    orjson.loads("{]")
NO_JSON = str(_refused.value)
"""In the words of the orjson that is installed."""


@pytest.mark.parametrize(
    ("word", "schema", "data", "message"),
    [
        (
            "topic.discussed", 1, "{]",
            f"at position 0: the data of 'topic.discussed' is no JSON: {NO_JSON}; {VERIFY}",
        ),
        (
            "topic.discussed", 1, '{"meeting": "m"}',
            "at position 0: the data of 'topic.discussed' version 1 cannot be read: TypeError: "
            "TopicDiscussed.__init__() missing 1 required keyword-only argument: 'topic'; " + VERIFY,
        ),
        (
            "fact.disputed", 1,
            '{"event_id": "x", "claim": {"type": "event.retracted", "schema": 1, "data": {}}}',
            "at position 0: 'event.retracted' stands where a fact belongs",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_in_full(word: str, schema: int, data: str, message: str) -> None:
    with pytest.raises(CodecError) as trouble:
        STANDARD_CODEC.decode(word, schema, data)
    assert str(trouble.value) == message


def test_an_upcaster_that_raises_is_named_with_its_version_and_the_position() -> None:
    codec = codec_of((votes(2, {1: lambda data: {"choice": data["vote"]}}),))
    with pytest.raises(CodecError) as raised:
        codec.decode("org.example.vote-cast", 1, "{}", 7)
    assert str(raised.value) == (
        "at position 7: the upcaster of 'org.example.vote-cast' from version 1 raised KeyError: 'vote'; mend it"
    )
    assert isinstance(raised.value.__cause__, KeyError)
