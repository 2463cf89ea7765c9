"""Dates mean what the library ``edtf`` reads in the same text."""

import datetime as dt
import warnings
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_registry.errors import InvalidDateError
from dialogue_registry.model.dates import PartialDate
from tests.unit.model.test_dates import DAY, MONTH, SPAN, WINDOW, YEAR

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of the parser generator, about the oracle's own grammar
    from edtf import parse_edtf


def oracle(text: str) -> tuple[dt.date, dt.date]:
    parsed = parse_edtf(text)
    first, last = (dt.date(*bound[:3]) for bound in (parsed.lower_strict(), parsed.upper_strict()))
    return first, last


@pytest.mark.parametrize("shape", [DAY, MONTH, YEAR, SPAN, WINDOW], ids=["day", "month", "year", "span", "window"])
def test_bounds_are_those_of_edtf(shape: st.SearchStrategy[str]) -> None:
    @given(shape)
    def check(text: str) -> None:
        date = PartialDate.of(text)
        assert (date.earliest, date.latest) == oracle(text)

    check()


@given(st.from_regex(r"\A\[?[0-9]{4}(-[0-9]{2}){0,2}((/|\.\.)[0-9]{4}(-[0-9]{2}){0,2})?\]?\Z") | st.text(max_size=30))
def test_what_is_accepted_is_edtf_with_those_bounds(text: str) -> None:
    with suppress(InvalidDateError):
        date = PartialDate.of(text)
        assert (date.earliest, date.latest) == oracle(text)
