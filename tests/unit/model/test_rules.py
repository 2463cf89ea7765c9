"""The rules of recording, asked as the pure functions they are: what must be known, and what tells facts apart."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given

from dialogue_registry.errors import (
    IdInUseError,
    RefusedError,
    SeriesMismatchError,
    StatusError,
    UnknownSubjectError,
)
from dialogue_registry.model.events import (
    FACTS,
    CountStated,
    DelegateAbsent,
    DelegateAttended,
    DialogueLaunched,
    DifferentPersons,
    Fact,
    HeadcountStated,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    MeetingShared,
    NameUsed,
    OutcomeAgreed,
    PartyJoined,
    PartyLeft,
    SamePerson,
    SeriesOpened,
    Source,
    SourceKept,
    TopicDiscussed,
)
from dialogue_registry.model.recording_rules import Subject, check, learn
from dialogue_registry.model.standard_kinds import STANDARD_KINDS
from dialogue_registry.model.status import Status
from dialogue_registry.testing import facts

D, S, M = Subject("dialogue"), Subject("series", "d"), Subject("meeting", "s", Status.ANNOUNCED)
KNOWN = {"d": D, "s": S, "t": S, "m": M}

ANNOUNCED = MeetingAnnounced(meeting="m", series="s")
HELD = MeetingHeld(meeting="m", series="s")
ATTENDED = DelegateAttended(meeting="m", name="A", party="P")
ABSENT = DelegateAbsent(meeting="m", name="A", party="P")


def checked(fact: Fact, known: dict[str, Subject]) -> None:
    check(STANDARD_KINDS.of(fact), fact, known)


# --- what must be known ------------------------------------------------------------------

#: A fact, and the ids that it rests on.
NEEDS: list[tuple[Fact, set[str]]] = [
    (DialogueLaunched(dialogue="d", name="D", launched="2004"), set()),
    (PartyJoined(dialogue="d", party="P", name="P"), {"d"}),
    (PartyLeft(dialogue="d", party="P"), {"d"}),
    (SeriesOpened(series="s", dialogue="d", name="S"), {"d"}),
    (ANNOUNCED, {"s"}),
    (HELD, {"s"}),
    (MeetingPostponed(meeting="m"), {"m"}),
    (MeetingCancelled(meeting="m"), {"m"}),
    (MeetingShared(meeting="m", series="t"), {"m", "t"}),
    (ATTENDED, {"m"}),
    (ABSENT, {"m"}),
    (HeadcountStated(meeting="m", count=240), {"m"}),
    (TopicDiscussed(meeting="m", topic="T"), {"m"}),
    (OutcomeAgreed(meeting="m", title="T"), {"m"}),
    (CountStated(series="s", count=1, as_of="2004"), {"s"}),
    (CountStated(series="s", count=1, as_of="2004", reported_at="unknown"), {"s"}),
    (CountStated(dialogue="d", count=1, as_of="2004"), {"d"}),
    (NameUsed(of="d", name="N"), {"d"}),
    (NameUsed(of="s", name="N"), {"s"}),
    (NameUsed(of="m", name="N"), {"m"}),
    (NameUsed(party="P", name="N"), set()),
    (SamePerson(party="P", names=("A", "B")), set()),
    (DifferentPersons(party="P", names=("A", "B")), set()),
    (SourceKept(source=Source("Release"), sha256="0" * 64, retrieved="2024-01-01"), set()),
]


@pytest.mark.parametrize(("fact", "needs"), NEEDS, ids=[type(fact).__name__ for fact, _ in NEEDS])
def test_a_fact_may_follow_when_all_that_it_rests_on_is_known(fact: Fact, needs: set[str]) -> None:
    checked(fact, {id_: KNOWN[id_] for id_ in needs})
    for missing in needs:
        with pytest.raises(UnknownSubjectError, match=f"'{missing}' is not recorded: record "):
            checked(fact, {id_: KNOWN[id_] for id_ in needs - {missing}})


def test_every_kind_but_one_has_its_needs_above() -> None:
    assert {cls.__name__ for cls in FACTS} - {type(fact).__name__ for fact, _ in NEEDS} == {"ActivityReported"}


CANCELLED = Subject("meeting", "s", Status.CANCELLED)


@pytest.mark.parametrize(
    ("fact", "known", "error", "message"),
    [
        (HELD, {}, UnknownSubjectError, "series 's' is not recorded: record SeriesOpened(series='s', …) first"),
        (
            ATTENDED,
            {},
            UnknownSubjectError,
            "meeting 'm' is not recorded: record MeetingAnnounced(meeting='m', …) or MeetingHeld(meeting='m', …) first",
        ),
        (
            PartyLeft(dialogue="d", party="P"),
            {},
            UnknownSubjectError,
            "dialogue 'd' is not recorded: record DialogueLaunched(dialogue='d', …) first",
        ),
        (
            NameUsed(of="m", name="N"),
            {},
            UnknownSubjectError,
            "id 'm' is not recorded: record DialogueLaunched, SeriesOpened, MeetingAnnounced or MeetingHeld of that id "
            "first",
        ),
        (HELD, {"s": D}, UnknownSubjectError, "'s' is a dialogue, where a series was wanted: check the id"),
        (ATTENDED, {"m": S}, UnknownSubjectError, "'m' is a series, where a meeting was wanted: check the id"),
        (
            DialogueLaunched(dialogue="m", name="D", launched="2004"),
            {"m": M},
            IdInUseError,
            "'m' already names a meeting: choose another id for the dialogue",
        ),
        (
            SeriesOpened(series="m", dialogue="d", name="S"),
            {"m": M, "d": D},
            IdInUseError,
            "'m' already names a meeting: choose another id for the series",
        ),
        (HELD, {"s": S, "m": D}, IdInUseError, "'m' already names a dialogue: choose another id for the meeting"),
        (
            ATTENDED,
            {"m": CANCELLED},
            StatusError,
            "'m' was cancelled, so nobody attended it: record that it was announced again first, or retract the "
            "cancellation",
        ),
        (
            MeetingShared(meeting="m", series="s"),
            {"m": M, "s": S},
            SeriesMismatchError,
            "meeting 'm' is one of series 's' already: name another series of which it is one too",
        ),
    ],
)
def test_what_may_not_be_recorded_is_said_in_full(
    fact: Fact, known: dict[str, Subject], error: type[RefusedError], message: str
) -> None:
    with pytest.raises(error) as refusal:
        checked(fact, known)
    assert type(refusal.value) is error
    assert str(refusal.value) == message


@pytest.mark.parametrize("fact", [ABSENT, TopicDiscussed(meeting="m", topic="T"), HELD, ANNOUNCED])
def test_a_cancelled_meeting_may_have_absentees_topics_and_reports(fact: Fact) -> None:
    checked(fact, {"s": S, "m": CANCELLED})  # whether a report may follow the status, its fold says


# --- what is known after a fact ----------------------------------------------------------


@pytest.mark.parametrize(
    ("fact", "learned"),
    [
        (DialogueLaunched(dialogue="d", name="D", launched="2004"), ("d", D)),
        (SeriesOpened(series="s", dialogue="d", name="S"), ("s", S)),
        (ANNOUNCED, ("m", M)),
        (HELD, ("m", Subject("meeting", "s", Status.HELD))),
        (MeetingPostponed(meeting="m"), None),
        (MeetingCancelled(meeting="m"), None),
        (MeetingShared(meeting="m", series="t"), None),
        (ATTENDED, None),
        (PartyJoined(dialogue="d", party="P", name="P"), None),
        (SamePerson(party="P", names=("A", "B")), None),
    ],
)
def test_what_is_known_after_a_fact(fact: Fact, learned: tuple[str, Subject] | None) -> None:
    assert learn(STANDARD_KINDS.of(fact), fact) == learned


# --- what tells facts apart --------------------------------------------------------------


def identity(fact: Any) -> tuple[Any, ...]:
    return STANDARD_KINDS.of(fact).identity(fact)


@given(facts())
def test_an_identity_is_its_table_its_subject_then_what_tells_facts_apart(fact: Fact) -> None:
    kind = STANDARD_KINDS.of(fact)
    found = kind.identity(fact)
    assert found[0] == kind.table.name
    assert list(found[1:]) == kind.key_values(fact)
    assert len(found) == 1 + kind.width
    if subject := kind.subject(fact):
        assert subject in found
    hash(found)


LAUNCHED = DialogueLaunched(dialogue="d", name="D", launched="2004")
JOINED = PartyJoined(dialogue="d", party="P", name="P", joined="2004")
SPACED = DelegateAttended(meeting="m", name=" TRỊNH\u00a0 Bảo\u200b ", party="P")
SPELLED = DelegateAttended(meeting="m", name="TRI\u0323NH Ba\u0309o", party="P")
HEADS = HeadcountStated(meeting="m", count=240)
NAME = NameUsed(of="d", name="N", language="en", since="2004")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LAUNCHED, evolve(LAUNCHED, name="E", launched="2005")),
        (SeriesOpened(series="s", dialogue="d", name="S"), SeriesOpened(series="s", dialogue="e", name="T")),
        (JOINED, evolve(JOINED, name="Q", standing="observer")),
        (PartyLeft(dialogue="d", party="P", on="2004"), PartyLeft(dialogue="d", party="P", on="2004", reason="war")),
        (MeetingShared(meeting="m", series="t"), MeetingShared(meeting="m", series="t", ordinal=3)),
        (ATTENDED, evolve(ATTENDED, office="Minister", role="head", format="online")),
        (ATTENDED, ABSENT),
        (ATTENDED, evolve(ATTENDED, name=" A")),
        (SPACED, SPELLED),
        (evolve(ATTENDED, person="p"), evolve(ATTENDED, name="B", person="p")),
        (DelegateAttended(meeting="m", party="P"), DelegateAbsent(meeting="m", party="P")),
        (NAME, evolve(NAME, name="M", until="2005")),
    ],
)  # fmt: skip
def test_only_one_of_these_can_stand(one: Fact, other: Fact) -> None:
    assert one != other
    assert identity(one) == identity(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (JOINED, evolve(JOINED, joined="2010")),
        (JOINED, evolve(JOINED, joined=None)),
        (PartyLeft(dialogue="d", party="P", on="2004"), PartyLeft(dialogue="d", party="P", on="2010")),
        (MeetingShared(meeting="m", series="s"), MeetingShared(meeting="m", series="t")),
        (ATTENDED, evolve(ATTENDED, party="Q")),
        (ATTENDED, evolve(ATTENDED, seat="chair of the group")),
        (ATTENDED, evolve(ATTENDED, name="a")),
        (evolve(ATTENDED, person="p"), evolve(ATTENDED, person="q")),
        (ATTENDED, evolve(ATTENDED, name="", person="A")),  # a name is no id, nor an office a name
        (ATTENDED, evolve(ATTENDED, name="", office="A")),
        (HEADS, evolve(HEADS, count=235)),
        (HEADS, evolve(HEADS, approximate=True)),
        (TopicDiscussed(meeting="m", topic="T"), TopicDiscussed(meeting="m", topic="U")),
        (CountStated(series="s", count=1, as_of="2004"), CountStated(dialogue="s", count=1, as_of="2004")),
        (NAME, evolve(NAME, language="ja")),
        (NAME, evolve(NAME, since="2010")),
        (SamePerson(party="P", names=("A", "B")), SamePerson(party="P", names=("A", "C"))),
    ],
)
def test_both_of_these_can_stand(one: Fact, other: Fact) -> None:
    assert identity(one) != identity(other)
