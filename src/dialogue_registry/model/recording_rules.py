"""Rules of recording: a fact and what is known go in, a refusal or nothing comes out. Pure.

One rule follows from the kinds: all that a fact rests on is known, and is what its field
says. The reports of a meeting's status have rules of their own
(:mod:`dialogue_registry.model.status`).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from dialogue_registry.errors import IdInUseError, SeriesMismatchError, StatusError, UnknownSubjectError
from dialogue_registry.model.events import (
    DelegateAttended,
    DialogueLaunched,
    MeetingAnnounced,
    MeetingHeld,
    MeetingShared,
    SeriesOpened,
)
from dialogue_registry.model.kind_tables import ANY_SUBJECT
from dialogue_registry.model.kinds import Kind
from dialogue_registry.model.status import Status

OPENS: Mapping[type[Any], str] = {
    DialogueLaunched: "dialogue",
    SeriesOpened: "series",
    MeetingAnnounced: "meeting",
    MeetingHeld: "meeting",
}
"""The facts that make an id known, and what it names then."""

_HOW = {
    "dialogue": "DialogueLaunched(dialogue={id!r}, …)",
    "series": "SeriesOpened(series={id!r}, …)",
    "meeting": "MeetingAnnounced(meeting={id!r}, …) or MeetingHeld(meeting={id!r}, …)",
    ANY_SUBJECT: "DialogueLaunched, SeriesOpened, MeetingAnnounced or MeetingHeld of that id",
}


class Subject(NamedTuple):
    """The knowledge of an id."""

    #: dialogue, series or meeting
    kind: str
    #: The dialogue of a series, the series of a meeting.
    parent: str = ""
    #: Of a meeting.
    status: Status | None = None


def check(kind: Kind, fact: Any, known: Mapping[str, Subject]) -> None:
    """Raise a RefusedError unless the fact may follow what is known."""
    check_ids(kind, fact, known)
    if kind.cls is DelegateAttended and known[fact.meeting].status is Status.CANCELLED:
        raise StatusError(
            f"{fact.meeting!r} was cancelled, so nobody attended it: record that it was announced again first, "
            "or retract the cancellation"
        )
    if kind.cls is MeetingShared and known[fact.meeting].parent == fact.series:
        raise SeriesMismatchError(
            f"meeting {fact.meeting!r} is one of series {fact.series!r} already: name another series of which "
            "it is one too"
        )


def check_ids(kind: Kind, fact: Any, known: Mapping[str, Subject]) -> None:
    """Raise a RefusedError unless every id that the fact rests on is known, and names what it should."""
    opens = OPENS.get(kind.cls)
    for names, id_ in kind.needs(fact):
        if opens is not None:
            _check_free(opens, id_, known)
            opens = None  # what else it names must be known
        else:
            _check_known(names, id_, known)


def learn(kind: Kind, fact: Any) -> tuple[str, Subject] | None:
    """Return what a fact that was recorded makes known of an id; None where it makes nothing known."""
    opens = OPENS.get(kind.cls)
    if opens is None:
        return None
    status = {MeetingAnnounced: Status.ANNOUNCED, MeetingHeld: Status.HELD}.get(kind.cls)
    parent = getattr(fact, kind.mentions[0]) if kind.mentions else ""
    return kind.subject(fact), Subject(opens, parent, status)


def _check_known(names: str, id_: str, known: Mapping[str, Subject]) -> None:
    subject = known.get(id_)
    if subject is None:
        what = "id" if names == ANY_SUBJECT else names
        raise UnknownSubjectError(
            f"{what} {id_!r} is not recorded: record {_HOW[names].format(id=id_)} first", kind=names, id=id_
        )
    if names not in (subject.kind, ANY_SUBJECT):
        raise UnknownSubjectError(f"{id_!r} is a {subject.kind}, where a {names} was wanted: check the id")


def _check_free(opens: str, id_: str, known: Mapping[str, Subject]) -> None:
    subject = known.get(id_)
    if subject is not None and subject.kind != opens:
        raise IdInUseError(f"{id_!r} already names a {subject.kind}: choose another id for the {opens}")
