"""Numbers, dates and heads are values to compute with: they add up, compare and are written and read again."""

import copy
import json
import pickle
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_registry import Bounds, Head, InvalidDateError, InvalidValueError, PartialDate, Registry
from dialogue_registry.testing import dates

numbers = st.integers(0, 40)
bounds = st.builds(lambda one, other: Bounds(min(one, other), max(one, other)), numbers, numbers)


# --- bounds ----------------------------------------------------------------------------


@given(st.lists(bounds))
def test_bounds_add_up_from_nothing(parts: list[Bounds]) -> None:
    total = sum(parts, Bounds(0, 0))
    assert total == Bounds(sum(part.certain for part in parts), sum(part.possible for part in parts))
    assert sum(parts) == total
    assert 3 + total == total + 3 == Bounds(total.certain + 3, total.possible + 3)


@given(bounds, st.one_of(bounds, numbers))
def test_bounds_compare_where_it_is_certain_and_only_there(one: Bounds, other: Bounds | int) -> None:
    assert f"{one:>9}" == str(one).rjust(9)
    its = range(other.certain, other.possible + 1) if isinstance(other, Bounds) else (other,)
    all_ = [(mine, another) for mine in range(one.certain, one.possible + 1) for another in its]
    for ask, holds in (
        (lambda: one < other, [mine < another for mine, another in all_]),
        (lambda: one <= other, [mine <= another for mine, another in all_]),
        (lambda: one > other, [mine > another for mine, another in all_]),
        (lambda: one >= other, [mine >= another for mine, another in all_]),
    ):
        if len(set(holds)) == 1:
            assert ask() is holds[0]
        else:
            with pytest.raises(InvalidValueError, match="it is not certain how"):
                ask()


@given(bounds, numbers)
def test_bounds_are_one_number_where_certain_and_possible_are_the_same(one: Bounds, number: int) -> None:
    if one.certain == one.possible:
        assert int(one) == one == one.certain
        assert hash(one) == hash(one.certain)
        assert (one == number) is (one.certain == number)
    else:
        assert one != one.certain
        assert one != one.possible
        with pytest.raises(InvalidValueError, match="is not one number: take its certain or its possible"):
            int(one)
    assert one == Bounds(one.certain, one.possible) == copy.deepcopy(one) == pickle.loads(pickle.dumps(one))


def test_bounds_and_what_is_no_number_do_not_mix() -> None:
    assert Bounds(1, 1) != "1"
    text: Any = "1"
    for mix in (lambda: Bounds(1, 1) + text, lambda: Bounds(1, 1) < text):
        with pytest.raises(TypeError):
            mix()


# --- dates -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2021-06-16", 2021),
        ("2021-06", 2021),
        ("2021", 2021),
        ("2021-12-31/2022-01-02", 2021),
        ("[2021-12-31..2022-01-02]", None),
        ("[2021-01-31..2021-02-02]", 2021),
    ],
)
def test_a_date_is_made_of_its_text_and_knows_its_year(text: str, year: int | None) -> None:
    day = PartialDate(text)
    assert day == PartialDate.of(text) == PartialDate(day) == eval(repr(day))
    assert (day.year, day.isoformat(), str(day)) == (year, text, text)
    assert hash(day) == hash(PartialDate.of(text))
    assert copy.deepcopy(day) == pickle.loads(pickle.dumps(day)) == day


def test_a_date_is_made_of_a_day_and_formatted_as_one() -> None:
    day = PartialDate(date(2021, 6, 16))
    assert f"{day:%d.%m.%Y} {day:>12} {day}" == "16.06.2021   2021-06-16 2021-06-16"
    assert f"{PartialDate('2021-06'):%d.%m.%Y}" == "2021-06"
    assert json.dumps(day.isoformat()) == '"2021-06-16"'
    for no_date in ("June", "", 2021, None):
        with pytest.raises(InvalidDateError, match="is no date"):
            PartialDate(no_date)  # type: ignore[arg-type]


@given(st.lists(dates(), max_size=6))
def test_dates_are_ordered_by_the_first_day_and_then_the_last(given_dates: list[PartialDate]) -> None:
    ordered = sorted(given_dates)
    assert ordered == sorted(given_dates, key=lambda day: (day.earliest, day.latest))
    for one in given_dates:
        for other in given_dates:
            assert (one < other) is ((one.earliest, one.latest) < (other.earliest, other.latest)) is (other > one)
            assert (one <= other) is (not one > other) is (other >= one)
        assert (one < date(2010, 1, 1)) is (one < PartialDate("2010-01-01"))


# --- heads -----------------------------------------------------------------------------


def test_a_head_is_written_and_read_again_and_verified_against() -> None:
    with Registry.open() as registry:
        head = registry.head
        assert str(head) == f"{head}" == "0:" + "0" * 64
        assert Head.parse(str(head)) == Head.parse(f" {head}\n") == head
        assert registry.verify(head) == registry.verify(str(head)) == head
        with pytest.raises(InvalidValueError, match="give what verify printed, POSITION:DIGEST"):
            registry.verify("3")
    for text in ("", "1", "1:", "1:ab", "x:" + "0" * 64, "1:" + "x" * 64, "-1:" + "0" * 64):
        with pytest.raises(InvalidValueError, match="is no head"):
            Head.parse(text)
