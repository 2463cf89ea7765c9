"""Counting without a registry: pure functions of meetings and statements, each against the plainest way to say it."""

from calendar import monthrange
from datetime import date

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_registry import Bounds, InvalidValueError, Rule
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Format
from dialogue_registry.model.status import Status
from dialogue_registry.queries.counts import (
    CELLS,
    FORMATS,
    RULES,
    Cells,
    Shares,
    as_of,
    carrying,
    find_rule,
    summed,
    tallied,
)
from dialogue_registry.queries.reconciliation import your_rules
from dialogue_registry.queries.results import Meeting, Statement
from dialogue_registry.testing import dates, days

formats = st.sampled_from([None, *Format])


def held(day: PartialDate | None, format_: Format | None = None, ordinal: int | None = None) -> Meeting:
    return Meeting(
        meeting="m", series="s", status=Status.HELD, date=day, ordinal=ordinal, period="", format=format_, place="",
        country="", title="", reason="", until=None, event=1, sources=(),
    )  # fmt: skip


def stated(count: int, day: PartialDate, format_: Format | None) -> Statement:
    return Statement(
        series="s", dialogue=None, count=count, as_of=day, format=format_, reported_at=None, event=1, sources=()
    )


def beginnings(day: PartialDate) -> tuple[date, date]:
    """The first and the last day it can have begun on, read off the text."""
    text = day.text
    if text.startswith("["):
        first, last = text.strip("[]").split("..")
    elif "/" in text:  # of a span only the first day counts
        first = last = text.split("/")[0]
    elif len(text) == 10:
        first = last = text
    elif len(text) == 7:
        first, last = f"{text}-01", f"{text}-{monthrange(int(text[:4]), int(text[5:]))[1]}"
    else:
        first, last = f"{text}-01-01", f"{text}-12-31"
    return date.fromisoformat(first), date.fromisoformat(last)


near = dates().filter(lambda day: day.latest < date(9999, 1, 1))


@given(day=near, asked=st.tuples(days(), days()).map(sorted))
def test_a_meeting_counts_certainly_from_its_last_possible_day_and_possibly_from_its_first(
    day: PartialDate, asked: list[date]
) -> None:
    first, last = beginnings(day)
    assert as_of(held(day), *asked) == Bounds(int(last <= asked[0]), int(first <= asked[1]))


@given(day=st.none() | near, asked=days())
def test_of_all_time_every_meeting_is_certain_and_one_without_a_date_is_possible_on_any_day(
    day: PartialDate | None, asked: date
) -> None:
    assert as_of(held(day), None, None) == Bounds(1, 1)
    assert as_of(held(day), asked, None) == Bounds(1, 1)
    assert as_of(held(day), None, asked) == Bounds(1, 1)
    assert as_of(held(None), asked, asked) == Bounds(0, 1)


@given(meetings=st.lists(st.tuples(st.none() | near, formats), max_size=6), day=st.none() | days())
def test_a_rule_of_ones_own_is_put_to_each_meeting(
    meetings: list[tuple[PartialDate | None, Format | None]], day: date | None
) -> None:
    rule = Rule("dated or online", lambda meeting: meeting.date is not None or meeting.format == "online")
    total, shares = tallied([held(*meeting) for meeting in meetings], rule, day)
    counted = [meeting for meeting in meetings if meeting[0] is not None or meeting[1] == "online"]
    for name in FORMATS:
        bounds = [as_of(held(m), day, day) for m, format_ in counted if (format_ or "unknown") == name]
        assert shares[name] == Bounds(sum(b.certain for b in bounds), sum(b.possible for b in bounds))
    assert total == Bounds(sum(s.certain for s in shares.values()), sum(s.possible for s in shares.values()))


@given(rows=st.lists(st.tuples(st.integers(0, 9), near, formats), max_size=5), day=st.none() | days())
def test_what_is_carried_on_is_the_latest_statement(
    rows: list[tuple[int, PartialDate, Format | None]], day: date | None
) -> None:
    known = [s for s in rows if day is None or s[1].latest <= day]
    found = carrying([stated(*s) for s in rows], day)
    if not known:
        assert found is None
        return
    assert found is not None
    latest = max((s[1].latest, s[1].earliest) for s in known)
    same = [s for s in known if (s[1].latest, s[1].earliest) == latest]
    whole = [count for count, _, format_ in same if format_ is None]
    by_format = {format_: count for count, _, format_ in same}
    assert found == (same[0][1], whole[-1] if whole else sum(by_format.values()))


def test_the_librarys_rules_look_at_format_and_ordinal() -> None:
    def counted(rule: str) -> set[tuple[str, bool]]:
        return {cell for cell, meeting in CELLS.items() if RULES[rule].counts(meeting)}

    everything = {(name, numbered) for name in FORMATS for numbered in (False, True)}
    assert set(CELLS) == counted("held") == everything
    assert counted("numbered") == {cell for cell in everything if cell[1]}
    for name in FORMATS:
        assert counted(name) == {cell for cell in everything if cell[0] == name}
    assert not RULES["held"].counts(attrs.evolve(held(None), status=Status.ANNOUNCED))


def test_cells_add_up_under_a_rule() -> None:
    cells = Cells(
        certain={("online", True): 2, ("unknown", False): 1}, possible={("online", True): 3, ("hybrid", False): 4}
    )
    assert cells.totals() == Bounds(3, 7)
    total, shares = cells.under(RULES["numbered"])
    assert (total, shares["online"], shares["hybrid"]) == (Bounds(2, 3), Bounds(2, 3), Bounds(0, 0))


def test_sums_are_by_format_and_in_all() -> None:
    total, shares = summed([("online", 1, 2), ("online", 0, 1), ("hybrid", 3, 3)])
    assert total == Bounds(4, 6)
    assert dict(shares) == {
        "in-person": Bounds(0, 0), "online": Bounds(1, 3), "hybrid": Bounds(3, 3), "unknown": Bounds(0, 0)
    }  # fmt: skip


def test_shares_are_a_read_only_mapping_and_a_value() -> None:
    shares = Shares([Bounds(1, 2), Bounds(0, 0), Bounds(0, 0), Bounds(5, 6)])
    again = Shares([Bounds(1, 2), Bounds(0, 0), Bounds(0, 0), Bounds(5, 6)])
    assert (list(shares), len(shares), shares["unknown"]) == (list(FORMATS), 4, Bounds(5, 6))
    assert (shares, hash(shares), repr(shares)) == (again, hash(again), repr(dict(again)))
    assert hash(shares) != hash(Shares([Bounds(0, 0)] * 4))
    assert shares != Shares([Bounds(0, 0)] * 4)
    with pytest.raises(KeyError, match="by phone"):
        shares["by phone"]
    with pytest.raises(TypeError):
        shares["online"] = Bounds(9, 9)  # type: ignore[index]


def test_bounds_are_written_as_one_number_where_they_are_one() -> None:
    assert [str(Bounds(3, 3)), str(Bounds(3, 5))] == ["3", "3–5"]


@pytest.mark.parametrize("rules", [["held"], ["ordinal"], ["mine", "mine"]])
def test_a_name_stands_for_one_rule(rules: list[str]) -> None:
    with pytest.raises(InvalidValueError, match=f"there is another rule '{rules[-1]}': rename yours"):
        your_rules(Rule(name, lambda _: True) for name in rules)


def test_a_rule_is_found_by_its_name_or_is_ones_own() -> None:
    mine = Rule("mine", lambda _: True)
    assert (find_rule("numbered"), find_rule(mine)) == (RULES["numbered"], mine)
    assert your_rules([mine]) == (mine,)
    with pytest.raises(InvalidValueError) as refusal:
        find_rule("nubmered")
    assert str(refusal.value) == (
        "there is no counting rule 'nubmered': use one of 'held', 'numbered', 'in-person', 'online', 'hybrid', "
        "'unknown', or a Rule(name, predicate)"
    )
