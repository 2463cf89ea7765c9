"""What may be recorded next. Pure: facts and what is known go in, nothing or a refusal comes out.

Two questions are answered here. Which facts speak of the same thing (:func:`key`)? And
may this fact follow what is known (:func:`check`), or may these reports of a meeting
stand together (:func:`check_story`)?
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple, TypeAlias, assert_never

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
    subject_of,
)

Content: TypeAlias = Fact | FactDisputed
"""What can stand: a fact, or the claim that disputes one."""


class Status(StrEnum):
    """The present status of a meeting."""

    ANNOUNCED = "announced"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    HELD = "held"


# --- which facts speak of the same thing ---------------------------------------------

STATUS_LETTERS = {MeetingAnnounced: b"a", MeetingHeld: b"h", MeetingPostponed: b"p", MeetingCancelled: b"c"}
"""The byte that tells the reports of a meeting's status apart within its keys."""


def key(content: Content, interrupted: Mapping[str, int]) -> bytes:
    """Give the key (20 bytes) under which one fact can stand at a time.

    Facts of one subject share the first 8 bytes, so that their keys lie together; the
    four reports of a meeting's status share another 8, then a letter.
    ``interrupted`` maps a meeting to the number of its last postponement or
    cancellation: it frees the key of the announcement before.
    """
    match content:
        case DelegateAttended():
            # No text holds a NUL, so joining by it keeps different parts different.
            seat = content.name or f"\0{content.office}"
            return _key(content.meeting, b"d", f"{content.party}\0{seat}")
        case MeetingHeld():
            return status_key(content.meeting) + b"h" + bytes(11)
        case MeetingAnnounced():
            return status_key(content.meeting) + b"a" + interrupted.get(content.meeting, 0).to_bytes(11, "big")
        case MeetingPostponed():
            return status_key(content.meeting) + b"p" + _digest(brief(content), 11)
        case MeetingCancelled():
            return status_key(content.meeting) + b"c" + _digest(brief(content), 11)
        case DialogueLaunched():
            return _key(content.dialogue, b"l")
        case PartyJoined():
            return _key(content.dialogue, b"j", content.party)
        case SeriesOpened():
            return _key(content.series, b"o")
        case TopicDiscussed():
            return _key(content.meeting, b"t", content.topic)
        case CountStated():
            return _key(content.series, b"s", brief(content))
        case ActivityReported():
            return _key(content.meeting, b"r", brief(content))
        case OutcomeAgreed():
            return _key(content.meeting, b"g", brief(content))
        case FactDisputed():
            return _key("", b"x", brief(content))
        case _:
            assert_never(content)


@lru_cache(maxsize=1024)
def status_key(meeting: str) -> bytes:
    """Give the 8 bytes that the keys of a meeting's status reports begin with."""
    return blake2b(meeting.encode(), digest_size=8, person=b"status").digest()


def _key(subject: str, letter: bytes, text: str = "") -> bytes:
    return _prefix(subject) + letter + _digest(text, 11)


@lru_cache(maxsize=1024)
def _prefix(subject: str) -> bytes:
    return blake2b(subject.encode(), digest_size=8).digest()


def _digest(text: str, size: int) -> bytes:
    return blake2b(text.encode(), digest_size=size).digest()


# --- may this fact follow ------------------------------------------------------------


class Subject(NamedTuple):
    """What is known of an id."""

    #: dialogue, series or meeting
    kind: str
    #: The dialogue of a series, the series of a meeting.
    parent: str = ""
    #: Of a meeting.
    status: Status | None = None
    #: Whether somebody is recorded as having attended it.
    attended: bool = False


def mentions(fact: Fact) -> tuple[str, ...]:
    """The ids that :func:`check` looks up for a fact: its subject, and what that belongs to."""
    match fact:
        case MeetingAnnounced() | MeetingHeld():
            return (fact.meeting, fact.series)
        case SeriesOpened():
            return (fact.series, fact.dialogue)
        case _:
            return (subject_of(fact),)


def check(fact: Fact, known: Mapping[str, Subject]) -> None:
    """Raise a RefusedError unless the fact may follow what is known; no fact stands under its key."""
    match fact:
        case DelegateAttended():
            meeting = _need("meeting", fact.meeting, known)
            if meeting.status is Status.CANCELLED:
                raise StatusError(
                    f"{fact.meeting!r} was cancelled, so nobody attended it: record that it was announced again first, "
                    "or retract the cancellation"
                )
        case DialogueLaunched():
            _free(fact.dialogue, "dialogue", known)
        case PartyJoined():
            _need("dialogue", fact.dialogue, known)
        case SeriesOpened():
            _free(fact.series, "series", known)
            _need("dialogue", fact.dialogue, known)
        case CountStated():
            _need("series", fact.series, known)
        case MeetingAnnounced():
            _may_be_in_series(fact, known)
        case MeetingHeld():
            _may_be_in_series(fact, known)
            if fact.meeting in known and known[fact.meeting].status is Status.CANCELLED:
                raise StatusError(
                    f"{fact.meeting!r} was cancelled, so it was not held: record that it was announced again first, "
                    "from the source that says so, or retract the cancellation"
                )
        case MeetingPostponed() | MeetingCancelled():
            meeting = _need("meeting", fact.meeting, known)
            done = "postponed" if isinstance(fact, MeetingPostponed) else "cancelled"
            if meeting.status is Status.HELD:
                raise StatusError(
                    f"{fact.meeting!r} was held, so it was not {done}: if it was not held after all, "
                    "retract that it was held first"
                )
            if done == "cancelled" and meeting.attended:
                raise StatusError(
                    f"{fact.meeting!r} was attended, so it was not cancelled: retract its attendance first"
                )
        case TopicDiscussed() | ActivityReported() | OutcomeAgreed():
            _need("meeting", fact.meeting, known)
        case _:
            assert_never(fact)


def learn(fact: Fact, known: Mapping[str, Subject]) -> tuple[str, Subject] | None:
    """What is known of one id after the fact; None where nothing changes."""
    match fact:
        case DialogueLaunched():
            return fact.dialogue, Subject("dialogue")
        case SeriesOpened():
            return fact.series, Subject("series", fact.dialogue)
        case MeetingHeld():
            return fact.meeting, _meeting(fact, known, Status.HELD)
        case MeetingAnnounced():
            before = known.get(fact.meeting)
            held = before is not None and before.status is Status.HELD
            return fact.meeting, _meeting(fact, known, Status.HELD if held else Status.ANNOUNCED)
        case MeetingPostponed():
            before = known[fact.meeting]
            status = Status.CANCELLED if before.status is Status.CANCELLED else Status.POSTPONED
            return fact.meeting, before._replace(status=status)
        case MeetingCancelled():
            return fact.meeting, known[fact.meeting]._replace(status=Status.CANCELLED)
        case DelegateAttended():
            before = known[fact.meeting]
            return None if before.attended else (fact.meeting, before._replace(attended=True))
        case PartyJoined() | CountStated() | TopicDiscussed() | ActivityReported() | OutcomeAgreed():
            return None
        case _:
            assert_never(fact)


def _meeting(fact: MeetingAnnounced | MeetingHeld, known: Mapping[str, Subject], status: Status) -> Subject:
    before = known.get(fact.meeting)
    return Subject("meeting", fact.series, status, attended=before is not None and before.attended)


_HOW = {
    "dialogue": "DialogueLaunched(dialogue={id!r}, …)",
    "series": "SeriesOpened(series={id!r}, …)",
    "meeting": "MeetingAnnounced(meeting={id!r}, …) or MeetingHeld(meeting={id!r}, …)",
}


def _need(kind: str, id: str, known: Mapping[str, Subject]) -> Subject:  # noqa: A002 - the word the field uses
    subject = known.get(id)
    if subject is None:
        raise UnknownSubjectError(
            f"{kind} {id!r} is not recorded: record {_HOW[kind].format(id=id)} first", kind=kind, id=id
        )
    if subject.kind != kind:
        raise UnknownSubjectError(f"{id!r} is a {subject.kind}, where a {kind} was wanted: check the id")
    return subject


def _free(id: str, kind: str, known: Mapping[str, Subject]) -> None:  # noqa: A002
    subject = known.get(id)
    if subject is not None and subject.kind != kind:
        raise IdInUseError(f"{id!r} already names a {subject.kind}: choose another id for the {kind}")


def _may_be_in_series(fact: MeetingAnnounced | MeetingHeld, known: Mapping[str, Subject]) -> None:
    _free(fact.meeting, "meeting", known)
    _need("series", fact.series, known)
    before = known.get(fact.meeting)
    if before is not None and before.parent != fact.series:
        raise SeriesMismatchError(
            f"meeting {fact.meeting!r} belongs to series {before.parent!r}, not to {fact.series!r}: "
            "a meeting stays in its series; correct the earlier report if that was wrong"
        )


# --- may these reports stand together ------------------------------------------------

Report: TypeAlias = MeetingAnnounced | MeetingHeld | MeetingPostponed | MeetingCancelled


def check_story(meeting: str, reports: Iterable[Report], *, attended: bool) -> None:
    """Raise a RefusedError unless a meeting's reports, in their order, may stand together.

    Their first may be a postponement or a cancellation: that the meeting is known counts,
    not which report came first. The error's ``item`` is the place of the first report that
    may not follow those before it.
    """
    known = {meeting: Subject("meeting")}
    announcement: MeetingAnnounced | None = None
    for item, report in enumerate(reports):
        before = known[meeting]
        try:
            match report:
                case MeetingAnnounced() | MeetingHeld():
                    if isinstance(report, MeetingAnnounced):
                        if announcement is not None and announcement != report:
                            raise StatusError(
                                f"{meeting!r} would be announced in two ways at once, with no postponement or "
                                "cancellation between: correct one announcement first"
                            )
                        announcement = report
                    known[meeting] = before._replace(parent=before.parent or report.series)
                    check(report, {**known, report.series: Subject("series")})
                case MeetingPostponed() | MeetingCancelled():
                    announcement = None
                    check(report, known)
                case _:
                    assert_never(report)
        except RefusedError as refusal:
            refusal.item = item
            raise
        if (learned := learn(report, known)) is not None:
            known.update([learned])
    if attended and known[meeting].status is Status.CANCELLED:
        raise StatusError(f"{meeting!r} would be cancelled although it was attended: retract its attendance first")
