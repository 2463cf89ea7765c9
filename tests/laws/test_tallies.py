"""Counts come from tallies of decades, years, months and days: they are those of the model where these meet, too.

Histories made up elsewhere seldom come near the end of a decade, and have few meetings. Here is nothing but meetings,
some of them joint, and statements, with dates that begin and end where a period does.
"""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_registry import (
    CountStated,
    DialogueLaunched,
    MeetingHeld,
    MeetingShared,
    PartialDate,
    Registry,
    SeriesOpened,
)
from dialogue_registry.model.dates import full_day
from dialogue_registry.model.events import Fact, Format
from dialogue_registry.testing import Record
from tests.laws.agreement import agree_on_counts, agree_on_cumulative_counts
from tests.laws.model import Model

SERIES = ("a", "b")
OPENED: tuple[Fact, ...] = (
    DialogueLaunched(dialogue="d", name="D", launched="2004"),
    *(SeriesOpened(series=series, dialogue="d", name=series) for series in SERIES),
)

#: Beside each other: days, months, years, decades; and the first and the last day that there are.
EDGES = (
    "0001-01-01", "0009-12-31", "0010-01-01", "0999-12-31", "1000-01-01", "1999-12-31", "2000-01-01", "2009-09-30",
    "2009-10-01", "2009-12-30", "2009-12-31", "2010-01-01", "2010-01-02", "2010-01-31", "2010-02-01", "9990-01-01",
    "9999-12-31",
)  # fmt: skip
edges = st.sampled_from(EDGES)
windows = st.tuples(edges, edges).map(sorted)
edgy_dates = st.one_of(
    edges,
    edges.map(lambda day: day[:7]),
    edges.map(lambda day: day[:4]),
    windows.map(lambda window: f"[{window[0]}..{window[1]}]"),
    windows.map("/".join),
)
ordinals, formats = st.none() | st.integers(1, 9), st.none() | st.sampled_from(Format)
meetings = st.tuples(st.sampled_from(SERIES), st.none() | edgy_dates, ordinals, formats)
statements = st.tuples(st.sampled_from(SERIES), st.integers(0, 9), edgy_dates, formats)


def held(number: int, series: str, day: str | None, ordinal: int | None, format_: Format | None) -> MeetingHeld:
    return MeetingHeld(meeting=f"m{number}", series=series, date=day, ordinal=ordinal, format=format_)


def recorded(registry: Registry, facts: list[Fact]) -> Model:
    known = Model()
    for fact in facts:
        known.play(Record(fact))
    registry.record_all(facts)
    return known


@given(
    reported=st.lists(meetings, min_size=1, max_size=12),
    stated=st.lists(statements, max_size=4),
    shared=st.dictionaries(st.integers(0, 11), ordinals, max_size=4),
    lost=st.sets(st.integers(0, 11), max_size=3),
    asked=st.lists(edges, min_size=1, max_size=4),
)
def test_counts_are_those_of_the_model_where_periods_meet(
    reported: list[tuple[str, str | None, int | None, Format | None]],
    stated: list[tuple[str, int, str, Format | None]],
    shared: dict[int, int | None],
    lost: set[int],
    asked: list[str],
) -> None:
    reports = [held(number, *meeting) for number, meeting in enumerate(reported)]
    more: list[Fact] = [CountStated(series=one, count=count, as_of=day, format=how) for one, count, day, how in stated]
    more += [
        MeetingShared(meeting=f"m{number}", series="b" if reported[number][0] == "a" else "a", ordinal=ordinal)
        for number, ordinal in shared.items()
        if number < len(reported) and number not in lost
    ]
    kept = [report for number, report in enumerate(reports) if number not in lost]
    with Registry.open() as registry, Registry.open() as other:
        known = recorded(registry, [*OPENED, *kept, *more])
        before = registry.position
        for fact in set(reports) - set(kept):  # recorded and retracted, which is as if they had never been
            registry.retract(registry.record(fact)[0].id, reason="never held")
        recorded(other, [*OPENED, *reversed(reports), *more])
        for day in (None, *map(full_day, asked)):
            for rule in ("held", "numbered", "online"):
                agree_on_counts(registry, known, day, rule)
        agree_on_cumulative_counts(registry, known)
        with registry.at(position=before) as past, other.at(position=other.position) as whole:
            for edge in asked:
                assert past.counts(as_of=edge) == registry.counts(as_of=edge)
                assert whole.counts(as_of=edge) == other.counts(as_of=edge)


@pytest.mark.parametrize("day", [*EDGES, None])
def test_a_meeting_on_each_edge_is_counted_from_that_day_on(day: str | None) -> None:
    with Registry.open() as registry:
        facts = [held(number, "a", edge, number + 1, None) for number, edge in enumerate(EDGES)]
        recorded(registry, [*OPENED, *facts, held(99, "a", None, 99, None)])
        begun = [edge for edge in EDGES if day is None or edge <= day]
        count = registry.counts(as_of=day)["a"]
        assert (count.total.certain, count.total.possible) == (len(begun) + (day is None), len(begun) + 1)
        assert count.highest_ordinal == (99 if day is None else len(begun))


def test_of_statements_that_span_days_the_last_to_end_is_carried_on() -> None:
    with Registry.open() as registry:
        stated = [("2008-01-01/2010-12-31", 3), ("2009-06-01", 5), ("2009", 7), ("[2009-02-01..2009-12-31]", 8)]
        facts = [CountStated(series="a", count=count, as_of=PartialDate.of(day)) for day, count in stated]
        known = recorded(registry, [*OPENED, *facts])
        for day, carried in (("2009-05-31", None), ("2009-06-01", 5), ("2010-12-30", 8), ("2010-12-31", 3)):
            agree_on_counts(registry, known, date.fromisoformat(day), "held")
            found = registry.counts(as_of=day)["a"].carried
            assert (found and found.certain) == carried
