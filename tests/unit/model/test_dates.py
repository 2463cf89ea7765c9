"""A partial date means what EDTF says it means: the full EDTF library, too slow for the program, is the oracle here."""

import datetime as dt
import re
from typing import Any

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dialogue_registry.errors import InvalidDateError, InvalidValueError
from dialogue_registry.model.dates import PartialDate, full_day

days = st.dates()
pairs = st.tuples(days, days).map(sorted)
DAY = days.map(dt.date.isoformat)
MONTH = days.map(lambda day: day.isoformat()[:7])
YEAR = days.map(lambda day: day.isoformat()[:4])
SPAN = pairs.map(lambda pair: f"{pair[0]}/{pair[1]}")
WINDOW = pairs.map(lambda pair: f"[{pair[0]}..{pair[1]}]")
TEXT = DAY | MONTH | YEAR | SPAN | WINDOW


@given(TEXT)
def test_the_text_survives(text: str) -> None:
    assert str(PartialDate.of(text)) == PartialDate.of(text).text == text
    assert PartialDate.of(str(PartialDate.of(text))) == PartialDate.of(text)
    assert eval(repr(PartialDate.of(text))) == PartialDate.of(text)


@given(TEXT)
def test_bounds_stand_in_order(text: str) -> None:
    date = PartialDate.of(text)
    assert date.earliest <= date.latest_start <= date.latest


@given(pairs)
def test_a_span_begins_on_its_first_day_and_a_window_on_any_of_its_days(pair: list[dt.date]) -> None:
    first, last = pair
    span, window = PartialDate.of(f"{first}/{last}"), PartialDate.of(f"[{first}..{last}]")
    assert (span.earliest, span.latest_start, span.latest) == (first, first, last)
    assert (window.earliest, window.latest_start, window.latest) == (first, last, last)


@given(days)
def test_of_a_day_a_month_and_a_year_each_lies_within_the_next(day: dt.date) -> None:
    of_day, month, year = (PartialDate.of(day.isoformat()[:size]) for size in (10, 7, 4))
    assert of_day.earliest == of_day.latest_start == of_day.latest == day
    assert year.earliest <= month.earliest <= day <= month.latest <= year.latest
    assert (month.latest_start, year.latest_start) == (month.latest, year.latest)
    assert (month.earliest.day, (month.latest + dt.timedelta(1)).day if month.latest < dt.date.max else 1) == (1, 1)


@given(days, TEXT)
def test_dates_and_partial_dates_are_taken_as_they_are(day: dt.date, text: str) -> None:
    assert PartialDate.of(day) == PartialDate.of(day.isoformat())
    date = PartialDate.of(text)
    assert PartialDate.of(date) is date


@given(TEXT, TEXT)
def test_dates_are_frozen_values_compared_by_what_was_written(one: str, other: str) -> None:
    assert (PartialDate.of(one) == PartialDate.of(other)) == (one == other)
    assert hash(PartialDate.of(one)) == hash(PartialDate.of(one))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        PartialDate.of(one).text = other  # type: ignore[misc]


@given(TEXT)
def test_only_one_known_day_is_a_full_day(text: str) -> None:
    date = PartialDate.of(text)
    assert date.is_day == (date.earliest == date.latest)
    if date.is_day:
        assert full_day(text) == date.earliest
    else:
        with pytest.raises(InvalidDateError, match=f"^{re.escape(repr(text))} is not one full day: give one, such as"):
            full_day(text)


@given(days)
def test_a_full_day_is_a_date_or_its_text(day: dt.date) -> None:
    assert full_day(day) == full_day(day.isoformat()) == day


# --- what is refused -----------------------------------------------------------------


def refusal(value: Any) -> str:
    """The message with which a value is refused."""
    with pytest.raises(InvalidDateError) as refused:
        PartialDate.of(value)
    assert isinstance(refused.value, InvalidValueError)
    assert isinstance(refused.value, ValueError)
    return str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "2021-6-16",
        "2021/06/16",
        "16 June 2021",
        "20210616",
        "2021-06-16T10:00:00",
        "2021-06-16T10:00:00Z",
        " 2021-06-16",
        "2021-06-16\n",
        "２０２１-06-16",
        "٢٠٢١-06-16",
        "-2021",
        "12021",
        "2021?",
        "2013-10~",
        "2011-XX",
        "../2021-06-16",
        "2004/2006",
        "2004-08/2006-06",
        "2025-12-19/2025-12",
        "2007-12-14..2011-11-30",
        "[2007-12-14..2011-11]",
        "[2007-12-14,2011-11-30]",
        "[2007-12-14..2011-11-30",
        "{2007-12-14..2011-11-30}",
        "None",
    ],
)
def test_what_is_not_in_the_notation_is_refused_and_shown_what_is(text: str) -> None:
    message = refusal(text)
    assert message.startswith(f"{text!r} is no date: write it as ")
    assert "'2021-06-16', '2004-08', '2004', '2025-12-19/2025-12-20' or '[2007-12-14..2011-11-30]'" in message


@pytest.mark.parametrize(
    "text",
    [
        "2021-02-29",
        "1900-02-29",
        "2021-04-31",
        "2021-13",
        "2021-00",
        "2021-06-00",
        "0000",
        "0000-01-01",
        "2021-06-31/2021-07-01",
        "[2021-06-01..2021-06-31]",
    ],
)
def test_days_that_no_calendar_has_are_refused_by_name(text: str) -> None:
    message = refusal(text)
    assert message.startswith(f"{text!r} is no date of the calendar: ")
    assert re.search(r": .*(month|day|year).*(must be in|out of range)", message)


@given(pairs)
def test_a_span_or_window_the_wrong_way_round_is_refused(pair: list[dt.date]) -> None:
    first, last = pair
    assume(first < last)
    for text in (f"{last}/{first}", f"[{last}..{first}]"):
        assert refusal(text) == f"{text!r} ends before it begins: put the earlier day first"


@pytest.mark.parametrize(
    "value",
    [
        None,
        2021,
        20210616,
        2021.5,
        True,
        b"2021-06-16",
        ("2021", "06"),
        dt.datetime(2021, 6, 16, tzinfo=dt.UTC),
        dt.datetime(2021, 6, 16),  # noqa: DTZ001 - naive ones are refused too
        dt.time(10, 0),
    ],
    ids=repr,
)
def test_what_is_no_date_at_all_is_refused(value: Any) -> None:
    assert refusal(value).startswith(f"{value!r} is no date: give a datetime.date or text such as '2021-06-16'")
    with pytest.raises(InvalidDateError):
        full_day(value)


def test_a_long_text_does_not_flood_the_message() -> None:
    assert len(refusal("2021-06-16" * 10_000)) < 300


@pytest.mark.parametrize(("length", "shown"), [(78, 80), (79, 78)])
def test_a_long_text_is_shown_in_part(length: int, shown: int) -> None:
    with pytest.raises(InvalidDateError) as refusal:
        PartialDate.of("9" * length)
    written, _, _ = str(refusal.value).partition(" is no date")
    assert (len(written), written.endswith("…")) == (shown, length > 78)
