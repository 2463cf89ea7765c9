"""One call tests a projection against all laws, and shows a mistake with a history short enough to read."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st

from dialogue_registry import DelegateAttended, Projection, Table, Tally
from dialogue_registry.queries.search import SEARCH
from dialogue_registry.testing import History, Record, check_projection, facts
from tests.laws.test_laws import SEATS
from tests.unit.projections.test_projections import BASE

SELDOM = settings(max_examples=max(1, settings().max_examples // 2))


def test_one_call_checks_a_projection() -> None:
    check_projection(SEATS, settings=SELDOM)


def test_the_texts_are_a_projection_that_obeys_the_laws() -> None:
    check_projection(SEARCH, settings=SELDOM)


def test_the_one_call_catches_a_subtle_mistake_with_a_history_short_enough_to_read() -> None:
    rows = Table(
        "sat", columns={"meeting": "TEXT", "party": "TEXT"}, feed={DelegateAttended: lambda e: (e.meeting, e.party)}
    )
    select = "SELECT meeting, count(DISTINCT party) FROM {rows} GROUP BY meeting"
    tally = Tally("there", table="sat", key=["meeting"], sums=["parties"], select=select)
    known = [Record(fact) for fact in BASE if not isinstance(fact, DelegateAttended)]
    seats = facts(DelegateAttended, meetings=st.just("d/fm/1"), words=st.just("x"), people=st.sampled_from("ABCD"))
    stories = st.lists(seats.map(Record), max_size=6).map(lambda moves: History([*known, *moves]))
    with pytest.raises(AssertionError, match="table 'there' differs") as caught:
        check_projection(
            Projection("parties", 1, [rows, tally]),
            histories=stories,
            settings=settings(max_examples=200, derandomize=True, database=None, deadline=None),
        )
    told = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    moves = [line for line in told.splitlines() if line.strip().startswith(("Record(", "Correct(", "Retract("))]
    assert len(known) < len(moves) <= len(known) + 2
