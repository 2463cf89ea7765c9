"""Faults in what follows from a kind, and in the rules of joint meetings, numbers and persons, are caught."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import attrs
import pytest

from dialogue_registry import (
    CountStated,
    DelegateAbsent,
    DialogueLaunched,
    DialogueRegistryError,
    DifferentPersons,
    HeadcountStated,
    Kind,
    MeetingHeld,
    PartyJoined,
    PartyLeft,
    Registry,
    SamePerson,
    SeriesOpened,
)
from dialogue_registry.log.codec import Codec
from dialogue_registry.model.kinds import Kinds
from dialogue_registry.model.persons import Persons
from dialogue_registry.queries import anomalies_of_meetings, count_tables
from dialogue_registry.queries.members import Term
from dialogue_registry.queries.reader import Reader
from dialogue_registry.testing import check_kind
from tests.laws.test_kinds import GUESTS, PLACED, VISITS, VOTES, WITHDRAWN
from tests.tried import TRIED, always_the_same

TRIES = always_the_same(3)
OPENINGS = (
    DialogueLaunched(dialogue="d", name="D", launched="2000"),
    SeriesOpened(series="d/a", dialogue="d", name="A", numbering="yearly"),
    SeriesOpened(series="d/b", dialogue="d", name="B"),
    MeetingHeld(meeting="d/a/1", series="d/a", date="2019-05-14", ordinal=1),
    MeetingHeld(meeting="d/a/2", series="d/a", date="2020-05-14", ordinal=1),
    MeetingHeld(meeting="d/a/1", series="d/b", date="2019-05-14", ordinal=7),
)

Plant = Callable[[pytest.MonkeyPatch], object]
PLANTED: dict[str, tuple[Callable[[], object], Plant, str]] = {}


def planted(check: Callable[[], object], *, because: str = "assert") -> Callable[[Plant], Plant]:
    """Note a fault, named by its function, the check that has to catch it, and words of the failure that it causes."""

    def add(plant: Plant) -> Plant:
        PLANTED[plant.__name__] = check, plant, because
        return plant

    return add


# --- the generic path of kinds -----------------------------------------------------------


@planted(lambda: check_kind(VOTES, settings=TRIES), because="contradicts")
def the_key_of_a_kind_is_ignored(patch: pytest.MonkeyPatch) -> None:
    """All facts about one subject have one identity."""
    identity = Kind.identity

    def of_subject(self: Kind, fact: Any) -> Any:
        whole = identity(self, fact)
        kept = len(whole) if self.is_own else 1 + len(self.about)
        return *whole[:kept], *("" for _ in whole[kept:])

    patch.setattr(Kind, "identity", of_subject)


@planted(lambda: check_kind(VOTES, settings=TRIES), because="what they rest on")
def the_subject_of_a_fact_is_wrong(patch: pytest.MonkeyPatch) -> None:
    """A fact is said to rest on nothing."""
    subject = Kind.subject
    patch.setattr(Kind, "subject", lambda self, fact: subject(self, fact) if self.is_own else "")
    patch.setattr(Kinds, "subject", lambda self, fact: self.of(fact).subject(fact))


@planted(lambda: check_kind(VISITS, earlier=GUESTS, settings=TRIES), because="version 2 cannot be read")
def an_upcaster_is_skipped(patch: pytest.MonkeyPatch) -> None:
    """Data of an earlier version are read as those of the present one."""
    from_data = Codec.from_data

    def skipping(self: Codec, word: str, schema: int, data: Any) -> Any:
        kind = self.kinds.by_word(word)
        return from_data(self, word, schema if kind is None or kind.is_own else kind.version, data)

    patch.setattr(Codec, "from_data", skipping)


SWAPPED = (
    attrs.evolve(PLACED.table, selects={WITHDRAWN.cls: PLACED.table.selects[PLACED.cls]})
    if (PLACED.cls in PLACED.table.selects)
    else PLACED.table
)


@planted(
    lambda: check_kind(
        attrs.evolve(PLACED, table=SWAPPED), beside=[attrs.evolve(WITHDRAWN, table=SWAPPED)], settings=TRIES
    ),
    because="made step by step, and rebuilt: table 'tabled' differs",
)
def a_rebuild_makes_the_row_of_another_kind(patch: pytest.MonkeyPatch) -> None:
    """A fact that was withdrawn is made a row as if it was placed."""


# --- absence, membership -----------------------------------------------------------------


def the_absent_are_not_among_those_present() -> None:
    with Registry.open() as registry:
        registry.record(
            *OPENINGS,
            DelegateAbsent(meeting="d/a/1", party="JPN", name="A"),
            HeadcountStated(meeting="d/a/1", count=0),
        )
        assert [row.name for row in registry.attendance()] == []
        assert [row.listed for row in registry.headcounts()] == [0]
        assert [row.name for row in registry.attendance(presence="absent")] == ["A"]


@planted(the_absent_are_not_among_those_present)
def an_absence_is_counted_as_presence(patch: pytest.MonkeyPatch) -> None:
    """The presence that is asked for is not looked at."""
    selected = Reader.selected
    patch.setattr(
        Reader,
        "selected",
        lambda self, cls, order="fact", presence=None, **wanted: selected(self, cls, order, **wanted),
    )


def a_member_takes_part_until_the_first_day_without_it() -> None:
    with Registry.open() as registry:
        registry.record(
            *OPENINGS,
            PartyJoined(dialogue="d", party="JPN", name="Japan", joined="2004-08-28"),
            PartyLeft(dialogue="d", party="JPN", on="2019-05-14"),
        )
        members = {day: registry.members("d", on=f"2019-05-{day}") for day in (13, 14)}
        assert [(row.party, row.certain) for row in members[13]] == [("JPN", True)]
        assert members[14] == ()


@planted(a_member_takes_part_until_the_first_day_without_it)
def a_membership_ends_a_day_early(patch: pytest.MonkeyPatch) -> None:
    """On its last day, a party takes part no longer."""
    possible = Term.possible
    patch.setattr(Term, "possible", lambda self, day: possible(self, str(date.fromisoformat(day) + timedelta(days=1))))


# --- joint meetings, numbers, persons ----------------------------------------------------


def joint_meetings_count_once() -> None:
    with Registry.open() as registry:
        registry.record(*OPENINGS)
        assert str(registry.count("d").total) == "2"


@planted(joint_meetings_count_once)
def a_joint_meeting_counts_twice_in_its_dialogue(patch: pytest.MonkeyPatch) -> None:
    """Once for each of its series."""
    patch.setattr(count_tables, "_counted_again", lambda *_: [])


def statements_of_a_series_stay_with_it() -> None:
    with Registry.open() as registry:
        registry.record(*OPENINGS, CountStated(series="d/b", count=1, as_of="2020-12-31"))
        assert [str(finding.verdict) for finding in registry.reconcile()] == ["agrees"]


@planted(statements_of_a_series_stay_with_it)
def a_statement_is_compared_with_the_meetings_of_another_series(patch: pytest.MonkeyPatch) -> None:
    """All held meetings, whatever their series."""
    held = Reader.held
    patch.setattr(Reader, "held", lambda self, series=None: held(self))


def numbers_begin_again_each_year() -> None:
    with Registry.open() as registry:
        registry.record(*OPENINGS)
        assert [one.kind for one in registry.anomalies(today="2021-01-01") if one.subject == "d/a"] == []


@planted(numbers_begin_again_each_year)
def an_ordinal_is_judged_outside_its_period(patch: pytest.MonkeyPatch) -> None:
    """The numbers of all years are one row of numbers."""
    patch.setattr(anomalies_of_meetings, "terms_of", lambda numbering, held, *_: {"": held})


def joins_through_a_third_are_refused() -> None:
    with Registry.open() as registry:
        registry.record(
            DifferentPersons(party="JPN", names=("A", "C")),
            SamePerson(party="JPN", names=("A", "B")),
        )
        with pytest.raises(DialogueRegistryError):
            registry.record(SamePerson(party="JPN", names=("B", "C")))


@planted(joins_through_a_third_are_refused, because="DID NOT RAISE")
def a_join_that_contradicts_through_a_third_is_taken(patch: pytest.MonkeyPatch) -> None:
    """Only the names of the statement itself are looked at."""
    patch.setattr(Persons, "_person", lambda self, name: {name})


@pytest.mark.parametrize("check", [check for check, *_ in PLANTED.values() if "lambda" not in repr(check)])
def test_without_a_fault_nothing_is_found(check: Callable[[], object]) -> None:
    check()


@pytest.mark.parametrize("fault", PLANTED)
def test_the_fault_is_caught(fault: str) -> None:
    check, plant, because = PLANTED[fault]
    with pytest.MonkeyPatch.context() as patch:
        plant(patch)
        with pytest.raises((AssertionError, ExceptionGroup, pytest.fail.Exception)) as caught:
            check()
    failures = caught.value.exceptions if isinstance(caught.value, ExceptionGroup) else [caught.value]
    assert re.search(because, "\n".join(map(str, failures)))
    TRIED["planted faults, all caught"] += 1
