"""What is odd is recorded, counted and listed, each with why and the events it comes from; what is regular is not."""

from typing import Any

import attrs
import pytest

from dialogue_registry import (
    Anomaly,
    AnomalyKind,
    CountStated,
    DelegateAbsent,
    DelegateAttended,
    DialogueLaunched,
    DifferentPersons,
    Kind,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    MeetingShared,
    OutcomeAgreed,
    PartyJoined,
    PartyLeft,
    Registry,
    SamePerson,
    SeriesOpened,
    Source,
    TopicDiscussed,
)
from dialogue_registry.model.events import Fact
from dialogue_registry.queries.display import changed_fields

HOST = Source("Page of the host ministry")
PRESS = Source("Newspaper")


def held(number: int | None, date: str | None, meeting: str = "", series: str = "d/fm") -> MeetingHeld:
    return MeetingHeld(meeting=meeting or f"{series}/{number}", series=series, date=date, ordinal=number)


def stated(count: int, as_of: str, how: str | None = None) -> CountStated:
    return CountStated(series="d/fm", count=count, as_of=as_of, format=how)


def attended(party: str, role: str = "delegate", meeting: str = "d/fm/1", name: str = "X") -> DelegateAttended:
    return DelegateAttended(meeting=meeting, name=name, party=party, role=role)


CLEAN: tuple[Fact, ...] = (
    DialogueLaunched(dialogue="d", name="A dialogue", launched="2004-08"),
    PartyJoined(dialogue="d", party="JPN", name="Japan"),
    SeriesOpened(series="d/fm", dialogue="d", name="Foreign Ministers' Meeting"),
    SeriesOpened(series="d/som", dialogue="d", name="Senior Officials' Meeting"),
    held(1, "2004-08-28"),
    held(2, "2006-06-05"),
    held(None, "2005-03-04", "d/som/tashkent", "d/som"),
    attended("JPN"),
    stated(1, "2005"),
    stated(2, "2007"),
)


PLANNED = MeetingAnnounced(meeting="d/fm/3", series="d/fm", date="2021-05")


@pytest.fixture
def registry() -> Registry:
    registry = Registry.open()
    registry.record(*CLEAN, source=HOST)
    assert registry.anomalies() == ()
    return registry


def found(registry: Registry, today: str = "2026-01-01") -> list[tuple[str, str, str, list[str]]]:
    """Kind, subject, why, and the events it points to."""
    events = {record.id: str(record.event) for record in registry.events()}
    return [
        (a.kind, a.subject, a.why, sorted(events[id_] for id_ in a.events)) for a in registry.anomalies(today=today)
    ]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (
            [held(2, "2010-08-07", "d/fm/tashkent")],
            [
                ("double ordinal", "d/fm", "d/fm/2 and d/fm/tashkent both bear number 2", [0, "held 2"]),
            ],
        ),
        (
            [held(4, "2012-11-10")],
            [
                (
                    "gap in ordinals", "d/fm", "no held meeting bears number 3, between d/fm/2 and d/fm/4",
                    ["held 2", 0],
                ),
                ("ordinal against count", "d/fm", "d/fm/4 bears number 4 and is number 3 of those with a date", [0]),
            ],
        ),
        (
            [held(6, None)],
            [
                (
                    "gap in ordinals", "d/fm", "no held meeting bears number 3 to 5, between d/fm/2 and d/fm/6",
                    ["held 2", 0],
                ),
            ],
        ),
        (
            [held(None, "2006-06-05", "d/fm/lunch")],
            [("same day", "d/fm", "d/fm/lunch and d/fm/2 were held on 2006-06-05", ["held 2", 0])],
        ),
        (
            [stated(1, "2008")],
            [("statement goes down", "d/fm", "2 were stated as of 2007, only 1 as of 2008", ["stated 2", 0])],
        ),
        (
            [held(None, "2004-07-31", "d/som/early", "d/som")],
            [("before the launch", "d/som/early", "dated 2004-07-31, before d was launched (2004-08)", [0, "launch"])],
        ),
        (
            [attended("AFG", "guest"), attended("AFG", "observer", "d/fm/2")],
            [
                (
                    "party that never joined", "d",
                    "AFG attended 2 times (guest, observer) and never joined d: a guest?", [0, 1],
                ),
            ],
        ),
        (
            [MeetingAnnounced(meeting="d/fm/3", series="d/fm", date="2010-08", ordinal=3)],
            [
                (
                    "announced, then silence", "d/fm/3",
                    "announced for 2010-08, and nothing was recorded since", [0],
                ),
            ],
        ),
    ],
    ids=lambda value: value[0][0] if isinstance(value[0], tuple) else "",
)  # fmt: skip
def test_what_is_odd_is_listed(registry: Registry, facts: list[Fact], expected: list[tuple[Any, ...]]) -> None:
    registry.record(*facts, source=HOST)
    known: dict[object, Fact] = dict(enumerate(facts)) | {
        "held 2": CLEAN[5], "stated 2": CLEAN[9], "launch": CLEAN[0],
    }  # fmt: skip
    assert found(registry) == [(*what, sorted(str(known[event]) for event in events)) for *what, events in expected]


def test_a_dispute_is_listed_with_both_claims(registry: Registry) -> None:
    meeting = next(record for record in registry.events() if record.event == CLEAN[4])
    dispute = registry.dispute(meeting.id, held(1, "2004-08-27"), source=PRESS)
    (anomaly,) = registry.anomalies()
    assert (anomaly.kind, anomaly.subject, anomaly.events) == ("disputed", meeting.subject, (meeting.id, dispute.id))
    assert anomaly.why == f"date: 2004-08-28 stands, 2004-08-27 is claimed, as {PRESS.title} has it"


def test_a_claim_may_leave_a_field_empty(registry: Registry) -> None:
    meeting = next(record for record in registry.events() if record.event == CLEAN[4])
    registry.dispute(meeting.id, attrs.evolve(meeting.event, date=None), source=PRESS)
    assert registry.anomalies()[0].why == f"date: 2004-08-28 stands, nothing is claimed, as {PRESS.title} has it"


@attrs.frozen(kw_only=True)
class VoteCast:
    meeting: str
    question: str


def test_a_stated_count_and_a_fact_of_a_kind_of_ones_own_break_the_silence_too() -> None:
    votes = Kind(cls=VoteCast, word="org.example.vote-cast", about="meeting")
    with Registry.open(kinds=[votes]) as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            SeriesOpened(series="d/fm", dialogue="d", name="FM"),
            *(MeetingAnnounced(meeting=f"d/fm/{number}", series="d/fm", date="2010") for number in range(3)),
            CountStated(series="d/fm", count=1, as_of="2010", reported_at="d/fm/1"),
            VoteCast(meeting="d/fm/2", question="a"),
            VoteCast(meeting="d/fm/2", question="b"),
            source=HOST,
        )
        whys = {anomaly.subject: anomaly.why for anomaly in registry.anomalies(today="2026-01-01")}
    assert whys["d/fm/0"] == "announced for 2010, and nothing was recorded since"
    assert whys["d/fm/1"].endswith("though 1 stated count is recorded")
    assert whys["d/fm/2"].endswith("though 2 org.example.vote-cast are recorded")


def test_a_truth_in_dispute_is_yes_or_no(registry: Registry) -> None:
    absent = DelegateAbsent(meeting="d/fm/1", party="JPN", name="A", excused=True)
    (recorded,) = registry.record(absent, source=HOST)
    registry.dispute(recorded, {"excused": False}, source=PRESS)
    whys = [anomaly.why for anomaly in registry.anomalies() if anomaly.kind is AnomalyKind.DISPUTED]
    assert whys == [f"excused: yes stands, no is claimed, as {PRESS.title} has it"]
    assert [*changed_fields(absent, attrs.evolve(absent, excused=None))] == ["excused: yes → nothing"]


@pytest.mark.parametrize(
    "facts",
    [
        [held(3, "[2006-06-06..2010-01-01]"), held(4, "[2006-06-06..2010-01-01]")],  # windows that overlap
        [held(None, "2006-06", "d/fm/a"), held(None, "2006-06", "d/fm/b")],  # a month is no day
        [held(None, "2004-08", "d/som/first", "d/som")],  # may have followed the launch
        [held(3, "2010-08-07"), held(None, "2020-08-11", "d/fm/special")],
        [stated(1, "2007", "online"), stated(0, "2004")],  # of one format only; and of an earlier day
        [MeetingAnnounced(meeting="d/fm/3", series="d/fm", date="2026-01")],
        [MeetingAnnounced(meeting="d/fm/3", series="d/fm")],
        [MeetingAnnounced(meeting="d/fm/3", series="d/fm", date="2020-12-01/2030-01-01")],  # still going on
        [stated(2, "2018-06-12"), stated(1, "2018")],  # which of the two is the older?
        [
            MeetingAnnounced(meeting="d/fm/3", series="d/fm", date="2010", ordinal=3),
            MeetingCancelled(meeting="d/fm/3"),
        ],
        [
            MeetingAnnounced(meeting="d/fm/3", series="d/fm", date="2010", ordinal=3),
            MeetingPostponed(meeting="d/fm/3"),
        ],
    ],
)
def test_what_may_well_be_is_not_listed(registry: Registry, facts: list[Fact]) -> None:
    registry.record(*facts, source=HOST)
    assert found(registry, "2026-01-01") == []


@pytest.mark.parametrize(
    ("facts", "kind", "subject", "why"),
    [
        (
            [held(3, "2203-05-11")],
            "held in the future", "d/fm/3", "held on 2203-05-11, and that day has not come",
        ),
        (
            [held(3, "2026-02")],
            "held in the future", "d/fm/3", "held on 2026-02, and that day has not come",
        ),
        (
            [attrs.evolve(held(3, "2020-05-11"), on="2203-05-12")],
            "reported in the future", "d/fm/3", "reported as held on 2203-05-12, and that day has not come",
        ),
        (
            [stated(2, "2203")],
            "stated of the future", "d/fm", "2 were stated as of 2203, and that day has not come",
        ),
        (
            [DialogueLaunched(dialogue="e", name="E", launched="2203")],
            "launched in the future", "e", "launched on 2203, and that day has not come",
        ),
        (
            [PLANNED, attended("JPN", meeting="d/fm/3"), attended("JPN", "chair", "d/fm/3", "Y")],
            "attended but only announced", "d/fm/3", "attended (2 delegates), and never recorded as held",
        ),
        (
            [PLANNED, MeetingPostponed(meeting="d/fm/3"), attended("JPN", meeting="d/fm/3")],
            "attended but only announced", "d/fm/3",
            "attended (1 delegate), and never recorded as held, and postponed since",
        ),
        (
            [PLANNED, OutcomeAgreed(meeting="d/fm/3", title="Joint statement"),
             TopicDiscussed(meeting="d/fm/3", topic="A"), TopicDiscussed(meeting="d/fm/3", topic="B")],
            "reported but only announced", "d/fm/3",
            "announced for 2021-05, never recorded as held or cancelled, though 2 topics and 1 outcome are recorded",
        ),
        (
            [PLANNED, TopicDiscussed(meeting="d/fm/3", topic="A")],
            "reported but only announced", "d/fm/3",
            "announced for 2021-05, never recorded as held or cancelled, though 1 topic is recorded",
        ),
        (
            [attended("JPN", "head", name="A"), attended("JPN", "head", name="B")],
            "two heads", "d/fm/1", "JPN has two heads of one delegation: A and B",
        ),
        (
            [attended("JPN", name="Ola TVEITDAHLE"), attended("JPN", name="Ola Tveitdalhe")],
            "nearly one name", "d/fm/1", "JPN has Ola TVEITDAHLE and Ola Tveitdalhe: one person?",
        ),
        (
            [attended("JPN", name="ICHINOWARI Tooru"), attended("JPN", name="ICHINOWARI Toru")],
            "nearly one name", "d/fm/1", "JPN has ICHINOWARI Tooru and ICHINOWARI Toru: one person?",
        ),
        (
            [attended("JPN", name="Mr. João Marchetal"), attended("JPN", name="MARCHETAL Joao")],
            "nearly one name", "d/fm/1", "JPN has Mr. João Marchetal and MARCHETAL Joao: one person?",
        ),
        (
            [attended("JPN", name="al-Rashidun Omar"), attended("JPN", name="alRashidun Omar")],
            "nearly one name", "d/fm/1", "JPN has al-Rashidun Omar and alRashidun Omar: one person?",
        ),
        (
            [attended("JPN", "head", name="A\x1fB"), attended("JPN", "head", name="C\x1f")],
            "two heads", "d/fm/1", "JPN has two heads of one delegation: A\x1fB and C\x1f",
        ),
        (
            [attended("JPN", name="Ola\x1fTVEITDAHLE"), attended("JPN", name="Ola\x1fTveitdalhe")],
            "nearly one name", "d/fm/1", "JPN has Ola\x1fTVEITDAHLE and Ola\x1fTveitdalhe: one person?",
        ),
        (
            [attended("JPN", name="白峰 澪"), attended("JPN", name="白峰澪")],
            "nearly one name", "d/fm/1", "JPN has 白峰 澪 and 白峰澪: one person?",
        ),
        (
            [PartyJoined(dialogue="d", party="KAZ", name="K", joined="2010"),
             PartyJoined(dialogue="d", party="KAZ", name="K", joined="2012-05-01")],
            "joined twice", "d", "KAZ joined as member on 2010 and 2012-05-01, and did not leave between",
        ),
        (
            [PartyLeft(dialogue="d", party="KAZ", on="2012")],
            "left without joining", "d", "KAZ left, and is not recorded to have joined before",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)  # fmt: skip
def test_what_cannot_be_so_is_listed_under_a_kind_of_its_own(
    registry: Registry, facts: list[Fact], kind: str, subject: str, why: str
) -> None:
    registry.record(*facts, source=HOST)
    (anomaly,) = registry.anomalies(today="2026-01-01")
    assert (anomaly.kind, anomaly.subject, anomaly.why) == (kind, subject, why)
    assert anomaly.kind is AnomalyKind(kind)


@pytest.mark.parametrize(
    "facts",
    [
        [attrs.evolve(PLANNED, date="2203-06-01")],  # a plan
        [held(3, "2026-01-01")],  # today itself
        [held(3, "2025-12-31/2026-01-02")],  # it has begun
        [held(3, "[2025-12-31..2203-01-02]")],  # it can have been held
        [attrs.evolve(PLANNED, date="2026-01-02"), TopicDiscussed(meeting="d/fm/3", topic="Agenda")],
        [attended("JPN", "head", name="A"), attended("JPN", "head", "d/fm/2", "B")],
        [attended("JPN", "head", name="A"), attended("JPN", "head", name="B"),
         SamePerson(party="JPN", names=("A", "B"))],
        [attended("JPN", name="Jana Marchetal"), attended("JPN", name="Jan Marchetal")],  # a short word is another one
        [attended("JPN", name="Marta Marchetal"), attended("JPN", name="Martin Marchetal")],
        [attended("JPN", name="Ola TVEITDAHLE"), attended("JPN", name="Ola TVEITDALHE"),
         DifferentPersons(party="JPN", names=("Ola TVEITDALHE", "Ola TVEITDAHLE"))],
        [DelegateAttended(meeting="d/fm/1", party="JPN", name="Ola TVEITDAHLE", person="1"),
         DelegateAttended(meeting="d/fm/1", party="JPN", name="Ola TVEITDALHE", person="2")],
        [attended("JPN", name="Ola TVEITDAHLE"), attended("JPN", name="Ola TVEITDALHE", meeting="d/fm/2")],
        [PartyJoined(dialogue="d", party="KAZ", name="K", joined="2010"),
         PartyLeft(dialogue="d", party="KAZ", on="2011"),
         PartyJoined(dialogue="d", party="KAZ", name="K", joined="2012")],
        [PartyJoined(dialogue="d", party="KAZ", name="K", joined="2010", standing="observer"),
         PartyJoined(dialogue="d", party="KAZ", name="K", joined="2012")],
    ],
)  # fmt: skip
def test_what_is_no_contradiction_is_not_listed(registry: Registry, facts: list[Fact]) -> None:
    registry.record(*facts, source=HOST)
    assert found(registry, "2026-01-01") == []


def test_an_attended_meeting_is_no_longer_odd_once_it_is_recorded_as_held(registry: Registry) -> None:
    registry.record(attrs.evolve(PLANNED, date=None), attended("JPN", meeting="d/fm/3"), source=HOST)
    assert [a.kind for a in registry.anomalies(today="2026-01-01")] == ["attended but only announced"]
    registry.record(held(3, "2021-05-12"), source=PRESS)
    assert registry.anomalies(today="2026-01-01") == ()


def test_what_is_odd_today_need_not_be_so_later(registry: Registry) -> None:
    registry.record(held(3, "2203-05-11"), source=HOST)
    assert registry.anomalies(today="2203-05-10") != ()
    assert registry.anomalies(today="2203-05-11") == ()


def test_days_of_several_meetings_are_one_line_a_series(registry: Registry) -> None:
    days = [f"2010-0{month}-01" for month in range(1, 9)]
    registry.record(*(held(None, day, f"d/som/{day}-{half}", "d/som") for day in days for half in "ab"), source=HOST)
    (anomaly,) = registry.anomalies(today="2026-01-01")
    assert (anomaly.kind, anomaly.subject) == ("same day", "d/som")
    assert anomaly.why.startswith("d/som/2010-01-01-a and d/som/2010-01-01-b were held on 2010-01-01; d/som/2010-02")
    assert anomaly.why.endswith("on 2010-05-01; and so on 3 further days")
    assert len(anomaly.events) == 16


def test_where_nobody_ever_joined_that_is_one_line(registry: Registry) -> None:
    registry.record(
        DialogueLaunched(dialogue="e", name="E", launched="2004"),
        SeriesOpened(series="e/s", dialogue="e", name="S"),
        held(None, "2010-01-01", "e/s/1", "e/s"),
        *(attended(f"P{number}", meeting="e/s/1", name=f"N{number}") for number in range(200)),
        source=HOST,
    )
    (anomaly,) = registry.anomalies(today="2026-01-01")
    assert (anomaly.kind, anomaly.subject) == ("party that never joined", "e")
    assert anomaly.why.endswith("P8, P9 and 190 more attended, and nobody is recorded to have joined e")


def test_a_guest_from_the_other_dialogue_of_a_joint_meeting_is_none(registry: Registry) -> None:
    registry.record(
        DialogueLaunched(dialogue="e", name="E", launched="2004"),
        SeriesOpened(series="e/s", dialogue="e", name="S"),
        PartyJoined(dialogue="e", party="KAZ", name="K"),
        MeetingShared(meeting="d/fm/1", series="e/s"),
        attended("KAZ"),
        source=HOST,
    )
    assert registry.anomalies(today="2026-01-01") == ()


def test_anomalies_of_one_kind_stand_together_with_their_number(registry: Registry) -> None:
    registry.record(held(4, None), held(7, None), PLANNED, source=HOST)
    found = registry.anomalies(today="2026-01-01")
    assert {kind: len(of_kind) for kind, of_kind in found.by_kind.items()} == {
        "gap in ordinals": 2,
        "announced, then silence": 1,
    }
    assert [line.partition("  ")[0] for line in str(found).splitlines()[2:]] == [
        "gap in ordinals (2)", "", "announced, then silence",
    ]  # fmt: skip


def test_an_anomaly_of_one_event_can_be_amended_by_it(registry: Registry) -> None:
    (record,) = registry.record(held(3, "2203-05-11"), source=HOST)
    (anomaly,) = registry.anomalies(today="2026-01-01")
    assert anomaly.event == record.id
    registry.correct(anomaly.event, held(3, "2023-05-11"), reason="misprint")
    assert registry.anomalies(today="2026-01-01") == ()


def test_an_anomaly_goes_away_when_it_is_amended(registry: Registry) -> None:
    (record,) = registry.record(held(2, "2010-08-07", "d/fm/3"), source=HOST)
    assert registry.anomalies() != ()
    registry.correct(record.id, held(3, "2010-08-07"), reason="misread")
    assert registry.anomalies() == ()


def test_what_was_odd_then(registry: Registry) -> None:
    (record,) = registry.record(held(4, "2012-11-10"), source=HOST)
    registry.record(held(3, "2010-08-07"), source=HOST)
    assert registry.anomalies() == ()
    with registry.at(position=record.position) as then:
        assert [anomaly.kind for anomaly in then.anomalies()] == ["gap in ordinals", "ordinal against count"]


def test_printed_it_is_a_table(registry: Registry) -> None:
    registry.record(held(4, None), source=HOST)
    assert str(registry.anomalies()).splitlines() == [
        "kind             subject  why",
        "---------------  -------  ---------------------------------------------------------",
        "gap in ordinals  d/fm     no held meeting bears number 3, between d/fm/2 and d/fm/4",
    ]
    assert isinstance(registry.anomalies()[0], Anomaly)


def test_as_many_statements_are_run_however_many_series_there_are() -> None:
    def statements(series: int, *, past: bool) -> int:
        with Registry.open() as registry:
            registry.record(*CLEAN)
            registry.record(
                *(SeriesOpened(series=f"d/{number}", dialogue="d", name="S") for number in range(series)),
                *(held(1, "2010-01-01", series=f"d/{number}") for number in range(series)),
            )
            with registry.at(position=registry.position - 1 if past else None, instant=None if past else NOW) as then:
                run: list[str] = []
                then._session.connection.set_trace_callback(run.append)
                then.anomalies(today="2026-01-01")
                return len(run)

    for past in (False, True):
        assert statements(3, past=past) == statements(30, past=past) < 40


NOW = "2999-01-01T00:00:00Z"
