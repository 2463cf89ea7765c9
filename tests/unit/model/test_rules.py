"""The rules of recording, asked as the pure functions they are."""

from hashlib import blake2b
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_registry.errors import (
    IdInUseError,
    RefusedError,
    SeriesMismatchError,
    StatusError,
    UnknownSubjectError,
)
from dialogue_registry.model.events import (
    ActivityReported,
    CountStated,
    DelegateAttended,
    DialogueLaunched,
    Fact,
    FactDisputed,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    OutcomeAgreed,
    PartyJoined,
    SeriesOpened,
    TopicDiscussed,
    brief,
)
from dialogue_registry.model.recording_rules import Report, Subject, check, check_story, key, learn
from dialogue_registry.model.standard_kinds import subject_of
from dialogue_registry.model.status import Status
from dialogue_registry.testing import facts


def announced(date: str | None = None, series: str = "s") -> MeetingAnnounced:
    return MeetingAnnounced(meeting="m", series=series, date=date)


def held(series: str = "s") -> MeetingHeld:
    return MeetingHeld(meeting="m", series=series)


POSTPONED, CANCELLED = MeetingPostponed(meeting="m"), MeetingCancelled(meeting="m")


@pytest.mark.parametrize(
    "story",
    [
        [],
        [held(), announced()],
        [announced(), announced()],
        [announced("2005"), POSTPONED, announced("2006"), held()],
        [announced("2005"), CANCELLED, announced("2006"), POSTPONED, held()],
        [CANCELLED, announced(), held()],  # that the meeting is known counts, not which report came first
        [POSTPONED, held()],
        [held(), held()],
    ],
)
def test_these_may_stand_together(story: list[Report]) -> None:
    check_story("m", story, attended=False)


TWO_WAYS = (
    "'m' would be announced in two ways at once, with no postponement or cancellation between: "
    "correct one announcement first"
)


@pytest.mark.parametrize(
    ("story", "item", "error", "message"),
    [
        ([announced("2005"), announced("2006")], 1, StatusError, TWO_WAYS),
        ([announced("2005"), announced("2005"), announced("2006")], 2, StatusError, TWO_WAYS),
        ([announced("2005"), held(), announced("2006")], 2, StatusError, TWO_WAYS),
        ([announced(), CANCELLED, held()], 2, StatusError, "'m' was cancelled, so it was not held"),
        ([held(), POSTPONED], 1, StatusError, "'m' was held, so it was not postponed"),
        ([announced(), held(), CANCELLED], 2, StatusError, "'m' was held, so it was not cancelled"),
        ([announced(), held("t")], 1, SeriesMismatchError, "meeting 'm' belongs to series 's', not to 't'"),
    ],
)
def test_these_may_not_and_the_first_that_does_not_fit_is_named(
    story: list[Report], item: int, error: type[RefusedError], message: str
) -> None:
    with pytest.raises(error) as refusal:
        check_story("m", story, attended=False)
    assert str(refusal.value).startswith(message)
    assert refusal.value.item == item


def test_a_meeting_that_was_attended_was_not_cancelled() -> None:
    check_story("m", [announced(), CANCELLED, announced("2006")], attended=True)
    with pytest.raises(StatusError) as refusal:
        check_story("m", [announced(), CANCELLED], attended=True)
    assert str(refusal.value) == ("'m' would be cancelled although it was attended: retract its attendance first")
    assert refusal.value.item is None


# --- keys ----------------------------------------------------------------------------

LETTERS: dict[type[Any], bytes] = {
    DialogueLaunched: b"l", PartyJoined: b"j", SeriesOpened: b"o", MeetingAnnounced: b"a", MeetingHeld: b"h",
    MeetingPostponed: b"p", MeetingCancelled: b"c", DelegateAttended: b"d", TopicDiscussed: b"t",
    ActivityReported: b"r", OutcomeAgreed: b"g", CountStated: b"s",
}  # fmt: skip
STATUS = (MeetingAnnounced, MeetingHeld, MeetingPostponed, MeetingCancelled)


@given(facts(), st.integers(0, 9))
def test_a_key_has_the_subject_in_front_then_a_letter_then_what_tells_facts_apart(fact: Fact, interrupted: int) -> None:
    found = key(fact, {subject_of(fact): interrupted})
    person = b"status" if isinstance(fact, STATUS) else b""
    assert found[:8] == blake2b(subject_of(fact).encode(), digest_size=8, person=person).digest()
    assert (len(found), found[8:9]) == (20, LETTERS[type(fact)])
    match fact:
        case MeetingAnnounced():
            rest = interrupted.to_bytes(11, "big")
        case MeetingHeld():
            rest = bytes(11)
        case DialogueLaunched() | SeriesOpened():
            rest = digest("")
        case PartyJoined():
            rest = digest(fact.party)
        case TopicDiscussed():
            rest = digest(fact.topic)
        case DelegateAttended():
            rest = digest(f"{fact.party}\0{fact.name or chr(0) + fact.office}")
        case _:
            rest = digest(brief(fact))
    assert found[9:] == rest


def digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=11).digest()


def test_an_announcement_without_interruption_has_the_key_of_number_nought() -> None:
    assert key(announced(), {}) == key(announced(), {"m": 0}) != key(announced(), {"m": 7})


def test_a_dispute_has_a_key_of_its_own() -> None:
    dispute = FactDisputed(event_id="x", claim=held(), reason="r")
    assert key(dispute, {}) == blake2b(b"", digest_size=8).digest() + b"x" + digest(brief(dispute))


# --- what is known after a fact ------------------------------------------------------

D, S, M = Subject("dialogue"), Subject("series", "d"), Subject("meeting", "s", Status.ANNOUNCED)
ATTENDED = Subject("meeting", "s", Status.ANNOUNCED, attended=True)


@pytest.mark.parametrize(
    ("fact", "before", "after"),
    [
        (DialogueLaunched(dialogue="d", name="D", launched="2004"), {}, ("d", D)),
        (SeriesOpened(series="s", dialogue="d", name="S"), {"d": D}, ("s", S)),
        (announced(), {"s": S}, ("m", M)),
        (announced(), {"s": S, "m": ATTENDED}, ("m", ATTENDED)),
        (announced(), {"m": Subject("meeting", "s", Status.HELD)}, ("m", Subject("meeting", "s", Status.HELD))),
        (held(), {"s": S}, ("m", Subject("meeting", "s", Status.HELD))),
        (held(), {"m": ATTENDED}, ("m", Subject("meeting", "s", Status.HELD, attended=True))),
        (POSTPONED, {"m": ATTENDED}, ("m", Subject("meeting", "s", Status.POSTPONED, attended=True))),
        (POSTPONED, {"m": Subject("meeting", "s", Status.CANCELLED)}, ("m", Subject("meeting", "s", Status.CANCELLED))),
        (CANCELLED, {"m": M}, ("m", Subject("meeting", "s", Status.CANCELLED))),
        (DelegateAttended(meeting="m", name="A", party="P"), {"m": M}, ("m", ATTENDED)),
        (DelegateAttended(meeting="m", name="A", party="P"), {"m": ATTENDED}, None),
        (TopicDiscussed(meeting="m", topic="t"), {"m": M}, None),
        (PartyJoined(dialogue="d", party="P", name="P"), {"d": D}, None),
    ],
)
def test_what_is_known_after_a_fact(fact: Fact, before: dict[str, Subject], after: tuple[str, Subject] | None) -> None:
    check(fact, before | {"s": S})
    assert learn(fact, before) == after


@pytest.mark.parametrize(
    ("fact", "known", "error", "message"),
    [
        (
            DelegateAttended(meeting="m", name="A", party="P"),
            {"m": Subject("meeting", "s", Status.CANCELLED)},
            StatusError,
            "'m' was cancelled, so nobody attended it: record that it was announced again first, or retract the "
            "cancellation",
        ),
        (
            held(),
            {"s": S, "m": Subject("meeting", "s", Status.CANCELLED)},
            StatusError,
            "'m' was cancelled, so it was not held: record that it was announced again first, from the source that "
            "says so, or retract the cancellation",
        ),
        (
            CANCELLED,
            {"m": ATTENDED},
            StatusError,
            "'m' was attended, so it was not cancelled: retract its attendance first",
        ),
        (
            POSTPONED,
            {"m": Subject("meeting", "s", Status.HELD)},
            StatusError,
            "'m' was held, so it was not postponed: if it was not held after all, retract that it was held first",
        ),
        (
            held("t"),
            {"t": S, "m": M},
            SeriesMismatchError,
            "meeting 'm' belongs to series 's', not to 't': a meeting stays in its series; correct the earlier report "
            "if that was wrong",
        ),
        (
            held(),
            {},
            UnknownSubjectError,
            "series 's' is not recorded: record SeriesOpened(series='s', …) first",
        ),
        (held(), {"s": D}, UnknownSubjectError, "'s' is a dialogue, where a series was wanted: check the id"),
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
        (
            held(),
            {"s": S, "m": D},
            IdInUseError,
            "'m' already names a dialogue: choose another id for the meeting",
        ),
    ],
)  # fmt: skip
def test_what_may_not_be_recorded_is_said_in_full(
    fact: Fact, known: dict[str, Subject], error: type[RefusedError], message: str
) -> None:
    with pytest.raises(error) as refusal:
        check(fact, known)
    assert str(refusal.value) == message
