"""One call tests a projection against all laws, and shows a mistake with a history short enough to read."""

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st

from dialogue_registry import DelegateAttended, Projection, Table, Tally
from dialogue_registry.model.standard_kinds import STANDARD_KINDS
from dialogue_registry.queries.search import search_projection
from dialogue_registry.testing import History, Record, check_projection, facts
from tests.laws.test_laws import SEATS
from tests.unit.projections.test_projections import BASE

SELDOM = settings(max_examples=max(1, settings().max_examples // 2))


def test_one_call_checks_a_projection() -> None:
    check_projection(SEATS, settings=SELDOM)


def test_the_texts_are_a_projection_that_obeys_the_laws() -> None:
    check_projection(search_projection(STANDARD_KINDS), settings=SELDOM)


FAULTY = Projection(
    "parties",
    1,
    [
        Table(
            "sat", columns={"meeting": "TEXT", "party": "TEXT"}, feed={DelegateAttended: lambda e: (e.meeting, e.party)}
        ),
        Tally(  # a sum must not need two rows at once
            "there",
            table="sat",
            key=["meeting"],
            sums=["parties"],
            select="SELECT meeting, count(DISTINCT party) FROM {rows} GROUP BY meeting",
        ),
    ],
)


@pytest.fixture(scope="module")
def broken() -> ExceptionGroup[AssertionError]:
    """The error that the call raises for the faulty projection, on histories of delegates of one meeting."""
    known = [Record(fact) for fact in BASE if not isinstance(fact, DelegateAttended)]
    seats = facts(DelegateAttended, meetings=st.just("d/fm/1"), words=st.just("x"), people=st.sampled_from("ABCD"))
    with pytest.raises(ExceptionGroup) as caught:
        check_projection(
            FAULTY,
            histories=st.lists(seats.map(Record), max_size=3).map(lambda moves: History([*known, *moves])),
            settings=settings(
                max_examples=40,
                derandomize=True,
                database=None,
                deadline=None,
                phases=[Phase.generate, Phase.shrink],
                report_multiple_bugs=False,
            ),
        )
    return caught.value


@pytest.mark.fixed
def test_a_subtle_mistake_is_shown_with_a_history_short_enough_to_read(
    broken: ExceptionGroup[AssertionError],
) -> None:
    first = broken.exceptions[0]
    assert "table 'there' differs" in str(first)
    printed = "\n".join([str(first), *first.__notes__])
    moves = [line for line in printed.splitlines() if line.strip().startswith(("Record(", "Correct(", "Retract("))]
    assert len(BASE) < len(moves) <= len(BASE) + 2


@pytest.mark.fixed
def test_every_law_that_is_broken_is_named(broken: ExceptionGroup[AssertionError]) -> None:
    assert str(broken).startswith("projection 'parties' breaks law 1 (rebuilt), law ")
    assert len(broken.exceptions) > 1
    assert [error.__notes__[-1] for error in broken.exceptions][:1] == ["This breaks law 1 (rebuilt)."]
