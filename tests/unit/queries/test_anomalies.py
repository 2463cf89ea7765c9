"""What is odd is recorded, counted and listed, each with why and the events it comes from; what is regular is not."""

from typing import Any

import attrs
import pytest

from dialogue_registry import (
    Anomaly,
    CountStated,
    DelegateAttended,
    DialogueLaunched,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    PartyJoined,
    Registry,
    SeriesOpened,
    Source,
)
from dialogue_registry.model.events import Fact

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
