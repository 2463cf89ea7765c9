"""Kinds of users obey the laws, mixed with those of the library; a kind or a library that breaks one is caught."""

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

import attrs
import pytest

from dialogue_registry import (
    AmendmentError,
    DialogueLaunched,
    InvalidValueError,
    Kind,
    MeetingHeld,
    PartialDate,
    Registry,
    SeriesOpened,
    Source,
    TopicDiscussed,
    UnknownEvent,
)
from dialogue_registry.model.kind_tables import table_of
from dialogue_registry.projections.standard import STANDARD
from dialogue_registry.testing import check_kind, check_projection
from tests.tried import always_the_same

FEW = always_the_same(6)
MIXED = always_the_same(12)
"""For logs in which facts of several kinds of users stand among those of the library."""


class Choice(StrEnum):
    """The vote of a party."""

    YES = "yes"
    NO = "no"


@attrs.frozen(kw_only=True)
class VoteCast:
    """A party voted on a question."""

    meeting: str
    question: str
    party: str
    choice: Choice


@attrs.frozen(kw_only=True)
class VisitPaid:
    """Somebody paid a visit in the course of a dialogue."""

    dialogue: str
    visitor: str = ""
    office: str = ""
    on: PartialDate | None = None
    nights: int | None = None
    secret: bool = False


@attrs.frozen(kw_only=True)
class Odd:
    """A field of every type, with names that SQL and the library have already."""

    of: str | None
    order: str = ""
    since: PartialDate | None = None
    until: date | None = None
    fact: int = 0
    folded: float | None = None
    source: Source | None = None
    choices: tuple[Choice, ...] = ()
    texts: tuple[str, ...] = attrs.field(factory=tuple)
    sure: bool | None = None


@attrs.frozen(kw_only=True)
class Placed:
    """A document was placed on the table."""

    meeting: str
    document: str
    pages: int = attrs.field(default=1)

    @pages.validator
    def _check(self, _: object, pages: int) -> None:
        if pages < 1:
            raise ValueError(pages)


@attrs.frozen(kw_only=True)
class Withdrawn:
    """A document that was on the table was withdrawn."""

    meeting: str
    document: str
    reason: str = ""


def renamed(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 said ``guest``."""
    return {("visitor" if key == "guest" else key): value for key, value in data.items()}


VOTES = Kind(cls=VoteCast, word="org.example.vote-cast", about="meeting", key=("question", "party"))
VISITS = Kind(
    cls=VisitPaid, word="org.example.visit-paid", about="dialogue", key=(("visitor", "office"), "on"), version=2,
    upcasters={1: renamed}, personal="visitor",
)  # fmt: skip
ODD = Kind(cls=Odd, word="org.example.odd", about="of")
_TABLED = table_of(
    "tabled",
    {Placed: {"there": ("INTEGER", lambda _: 1, "1")}, Withdrawn: {"there": ("INTEGER", lambda _: 0, "0")}},
    about=("meeting",), key=(("document",),), refers=False,
)  # fmt: skip
PLACED = Kind(cls=Placed, word="org.example.placed", about="meeting", key=("document",), table=_TABLED)
WITHDRAWN = Kind(cls=Withdrawn, word="org.example.withdrawn", about="meeting", key=("document",), table=_TABLED)
GUESTS = {1: [{"dialogue": "d", "guest": "The chair"}, {"dialogue": "d", "office": "Chair", "on": "2019"}]}


def test_a_vote_obeys_the_laws() -> None:
    check_kind(VOTES, beside=[VISITS], settings=MIXED)


def test_a_visit_obeys_the_laws_with_what_its_first_version_stored() -> None:
    check_kind(VISITS, earlier=GUESTS, settings=FEW)


def test_a_field_of_every_type_obeys_the_laws() -> None:
    check_kind(ODD, settings=FEW)


def test_two_kinds_that_share_a_table_contradict_each_other_as_the_laws_say() -> None:
    check_kind(PLACED, beside=[WITHDRAWN], settings=FEW)


def test_the_standard_views_obey_the_laws_with_kinds_of_users_among_the_events() -> None:
    check_projection(STANDARD, kinds=[VOTES, VISITS, ODD, PLACED, WITHDRAWN], settings=MIXED)


def test_a_kind_of_a_later_version_needs_what_the_earlier_ones_stored() -> None:
    with pytest.raises(InvalidValueError, match=r"nothing stored by version 1 .* give earlier="):
        check_kind(VISITS, settings=FEW)


# --- faults of a kind --------------------------------------------------------------------


def broken_laws(kind: Kind, **options: Any) -> str:
    with pytest.raises(ExceptionGroup) as caught:
        check_kind(kind, settings=FEW, **options)
    return str(caught.value)


def test_an_upcaster_that_forgets_a_field_is_caught() -> None:
    forgetful = attrs.evolve(VISITS, upcasters={1: lambda data: data}, table=None)
    assert "law 8" in broken_laws(forgetful, earlier=GUESTS)


def test_a_class_that_does_not_keep_what_it_is_given_is_caught() -> None:
    @attrs.frozen(kw_only=True)
    class Counted:
        meeting: str
        times: int = attrs.field(default=0, converter=lambda number: number + 1)

    kind = Kind(cls=Counted, word="org.example.counted", about="meeting")
    assert "law 7 (to JSON and back)" in broken_laws(kind)


def test_a_table_whose_key_is_not_that_of_its_kind_is_caught() -> None:
    table = table_of("votes", {VoteCast: {}}, about=("meeting",), key=(("party",),), refers=False)
    assert "law 6" in broken_laws(attrs.evolve(VOTES, table=table))


def test_rows_made_with_the_help_of_what_was_before_are_caught() -> None:
    seen: list[object] = []

    def number(_: object) -> int:
        seen.append(1)
        return len(seen)

    table = table_of(
        "votes", {VoteCast: {"number": ("INTEGER", number, "")}}, about=("meeting",),
        key=(("question",), ("party",)), refers=False,
    )  # fmt: skip
    assert "law 1" in broken_laws(attrs.evolve(VOTES, table=table))


# --- two programs with different kinds ---------------------------------------------------

VOTE = VoteCast(meeting="d/s/1", question="Budget", party="NOR", choice=Choice.YES)
OPENINGS = (
    DialogueLaunched(dialogue="d", name="D", launched="2018"),
    SeriesOpened(series="d/s", dialogue="d", name="S"),
    MeetingHeld(meeting="d/s/1", series="d/s", date="2019"),
)


def test_two_programs_with_different_kinds_share_one_file(tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    visit = VisitPaid(dialogue="d", visitor="The chair")
    with Registry.open(path, kinds=[VOTES]) as votes, Registry.open(path, kinds=[VISITS]) as visits:
        votes.record(*OPENINGS)
        (vote,) = votes.record(VOTE)
        visits.record(visit)
        votes.dispute(vote.id, attrs.evolve(VOTE, choice=Choice.NO), source=Source("A diary"))
        other = attrs.evolve(visit, visitor="The deputy")
        visits.record(other, MeetingHeld(meeting="d/s/2", series="d/s"))
        for registry, unknown in ((votes, 2), (visits, 1)):
            assert registry.verify().unknown == unknown
            registry.rebuild()
            assert registry.verify().unknown == unknown
        assert [len(list(one.facts(VoteCast))) for one in (votes,)] == [1]
        assert [one.event for one in visits.facts(VisitPaid)] == [visit, other]
        assert len(votes.disputes()) == 1
        assert visits.disputes() == ()
        assert [a.kind for a in visits.anomalies(today="2020-01-01")] == []
        votes.verify()
    with Registry.open(path, kinds=[VOTES, VISITS]) as both:
        again = both.dispute(vote.id, attrs.evolve(VOTE, choice=Choice.NO), source=Source("A diary"))
        assert not again.new
        assert not both.record(VOTE)[0].new
        assert both.verify().unknown == 0


def test_an_unknown_event_may_be_retracted_and_neither_corrected_nor_disputed(tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    with Registry.open(path, kinds=[VOTES]) as votes:
        votes.record(*OPENINGS)
        (vote,) = votes.record(VOTE)
    with Registry.open(path) as stranger:
        (unknown,) = [one for one in stranger.events() if isinstance(one.event, UnknownEvent)]
        assert (unknown.id, unknown.subject) == (vote.id, "d/s/1")
        assert unknown.event.data["party"] == "NOR"
        for amend in (
            lambda: stranger.correct(vote.id, TopicDiscussed(meeting="d/s/1", topic="x"), reason="r"),
            lambda: stranger.dispute(vote.id, TopicDiscussed(meeting="d/s/1", topic="x"), source=Source("A diary")),
        ):
            with pytest.raises(AmendmentError):
                amend()
        stranger.retract(vote.id, reason="no vote was taken")
        assert stranger.history("d/s/1")[-1].what == "retracted"
    with Registry.open(path, kinds=[VOTES]) as votes:
        assert list(votes.facts(VoteCast)) == []
        votes.verify()
