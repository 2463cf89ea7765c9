"""Members: a party takes part from the day it joined until the first day without it, certainly or possibly."""

from typing import Any

import pytest

from dialogue_registry import DialogueLaunched, PartyJoined, PartyLeft, Registry, UnknownSubjectError
from dialogue_registry.model.events import Fact


def joined(party: str, day: str | None = None, standing: str = "member") -> PartyJoined:
    return PartyJoined(dialogue="d", party=party, name=party, joined=day, standing=standing)


def left(party: str, day: str | None = None) -> PartyLeft:
    return PartyLeft(dialogue="d", party=party, on=day)


def members(facts: list[Fact], on: str | None = None) -> list[tuple[Any, ...]]:
    with Registry.open() as registry:
        registry.record(DialogueLaunched(dialogue="d", name="D", launched="2000"), *facts)
        return [(row.party, row.standing, row.certain) for row in registry.members("d", on=on)]


SURE, OPEN = [("A", "member", True)], [("A", "member", False)]


@pytest.mark.parametrize(
    ("facts", "answers"),
    [
        # A day is exact: the first day with, and the first day without.
        (
            [joined("A", "2010-03-02"), left("A", "2012-05-01")],
            {"2010-03-01": [], "2010-03-02": SURE, "2012-04-30": SURE, "2012-05-01": [], None: []},
        ),
        # A year leaves it open within.
        (
            [joined("A", "2010"), left("A", "2012")],
            {"2009-12-31": [], "2010-06-01": OPEN, "2010-12-31": SURE, "2011-12-31": SURE, "2012-06-01": OPEN,
             "2012-12-31": [], None: []},
        ),
        # Nobody has said when: it joined before everything else that is said of it.
        ([joined("A")], {"1950-01-01": OPEN, "2020-01-01": OPEN, None: SURE}),
        ([joined("A"), left("A", "2012-05-01")], {"2011-01-01": OPEN, "2012-05-01": [], None: []}),
        ([joined("A", "2010-03-02"), left("A")], {"2010-03-01": [], "2015-01-01": OPEN, None: []}),
        # It left, so it had been there.
        ([left("A", "2012-05-01")], {"2011-01-01": OPEN, "2012-05-01": [], None: []}),
        # Both within one year, so it left after it had joined.
        (
            [joined("A", "2010"), left("A", "2010")],
            {"2009-12-31": [], "2010-06-01": OPEN, "2010-12-31": [], None: []},
        ),
        # Again and again.
        (
            [joined("A", "2010-03-02"), left("A", "2012-05-01"), joined("A", "2015-07-01")],
            {"2011-01-01": SURE, "2013-01-01": [], "2015-07-01": SURE, None: SURE},
        ),
        # Recorded in any order.
        (
            [left("A", "2012-05-01"), joined("A", "2015-07-01"), joined("A", "2010-03-02")],
            {"2011-01-01": SURE, "2013-01-01": [], "2015-07-01": SURE, None: SURE},
        ),
        # On the day on which it left it joined again.
        ([joined("A", "2010"), left("A", "2012-05-01"), joined("A", "2012-05-01")], {"2012-05-01": SURE, None: SURE}),
        # A standing ends where another one begins.
        (
            [joined("A", "2010-03-02", "observer"), joined("A", "2012-05-01")],
            {"2012-04-30": [("A", "observer", True)], "2012-05-01": SURE, None: SURE},
        ),
    ],
)  # fmt: skip
def test_who_takes_part_on_a_day(facts: list[Fact], answers: dict[str | None, list[tuple[Any, ...]]]) -> None:
    assert {day: members(facts, day) for day in answers} == answers


def test_members_are_listed_in_the_order_in_which_they_were_recorded() -> None:
    assert [party for party, _, _ in members([joined("C"), joined("A"), joined("B"), left("A")])] == ["C", "B"]


def test_a_dialogue_that_is_not_recorded_has_no_members() -> None:
    with Registry.open() as registry, pytest.raises(UnknownSubjectError) as found:
        registry.members("nowhere")
    assert (found.value.kind, found.value.id) == ("dialogue", "nowhere")
