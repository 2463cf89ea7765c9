"""Dates as sources give them: a day, a month, a year, several days, or one day within a window.

The notation is the Extended Date/Time Format (EDTF, part of ISO 8601-2:2019):

=============================  =====================================================
``2021-06-16``                 a day
``2004-08``, ``2004``          some day of that month, of that year
``2025-12-19/2025-12-20``      from the first day to the last (an EDTF interval)
``[2007-12-14..2011-11-30]``   one unknown day of that window (EDTF "one of a set")
=============================  =====================================================
"""

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import attrs

from dialogue_registry.errors import InvalidDateError
from dialogue_registry.model.shown import shown

_DAY = r"\d{4}-\d\d-\d\d"
_SHAPES = re.compile(
    rf"(?P<day>{_DAY})"
    r"|(?P<month>\d{4}-\d\d)"
    r"|(?P<year>\d{4})"
    rf"|(?P<from>{_DAY})/(?P<to>{_DAY})"
    rf"|\[(?P<after>{_DAY})\.\.(?P<before>{_DAY})\]",
    re.ASCII,
)


@attrs.frozen(repr=False, init=False, order=False)
class PartialDate:
    """A calendar date (proleptic Gregorian, years 0001 to 9999), as precise as its source.

    Make one of EDTF text or a ``datetime.date``; ``str()`` returns the EDTF text again.
    Dates are ordered by the first day and then by the last day that they may mean.

    >>> date = PartialDate("2021-06")
    >>> date.year, date.latest.isoformat(), date < PartialDate("2021-07-01")
    (2021, '2021-06-30', True)
    """

    text: str
    #: The earliest day it can begin on.
    earliest: date
    #: The last day it can reach: of a span of several days, the last of them.
    latest: date
    #: The latest day it can begin on: of a span of several days, the first of them.
    latest_start: date

    def __init__(self, value: "PartialDate | date | str") -> None:
        parsed = self.of(value)
        self.__attrs_init__(parsed.text, parsed.earliest, parsed.latest, parsed.latest_start)

    @classmethod
    def of(cls, value: "PartialDate | date | str") -> "PartialDate":
        """Read a ``datetime.date`` or EDTF text; a PartialDate is given back as it is.

        Raises InvalidDateError for anything else, a ``datetime.datetime`` included:
        which day that is depends on a time zone, and nothing is guessed.
        """
        if isinstance(value, PartialDate):
            return value
        if isinstance(value, str):
            return _parse(value)
        if isinstance(value, date) and not isinstance(value, datetime):
            return _parse(value.isoformat())
        raise InvalidDateError(f"{shown(value)} is no date: give a datetime.date or text such as {_WANTED}")

    @property
    def is_day(self) -> bool:
        """Whether it is one known day."""
        return self.earliest == self.latest

    @property
    def year(self) -> int | None:
        """The year it begins in; None where it may begin in several."""
        return self.earliest.year if self.earliest.year == self.latest_start.year else None

    def isoformat(self) -> str:
        """Return the EDTF text, which is an ISO 8601 date where one full day is known."""
        return self.text

    def __str__(self) -> str:
        return self.text

    def __format__(self, spec: str) -> str:
        return format(self.earliest, spec) if "%" in spec and self.is_day else format(self.text, _no_strftime(spec))

    def __repr__(self) -> str:
        return f"PartialDate({self.text!r})"

    def __lt__(self, other: "PartialDate | date") -> bool:
        return self._before(other, strictly=True)

    def __le__(self, other: "PartialDate | date") -> bool:
        return self._before(other, strictly=False)

    def __gt__(self, other: "PartialDate | date") -> bool:
        return not self._before(other, strictly=False)

    def __ge__(self, other: "PartialDate | date") -> bool:
        return not self._before(other, strictly=True)

    def _before(self, other: "PartialDate | date", *, strictly: bool) -> bool:
        that = PartialDate.of(other)
        mine, its = (self.earliest, self.latest), (that.earliest, that.latest)
        return mine < its if strictly else mine <= its


def _no_strftime(spec: str) -> str:
    return "" if "%" in spec else spec


def full_day(value: date | str) -> date:
    """Return the day that ``value`` names; a month, a year or a window is refused."""
    parsed = PartialDate.of(value)
    if not parsed.is_day:
        raise InvalidDateError(f"{shown(value)} is not one full day: give one, such as '2021-06-16'")
    return parsed.earliest


_WANTED = "'2021-06-16', '2004-08', '2004', '2025-12-19/2025-12-20' or '[2007-12-14..2011-11-30]'"


@lru_cache(maxsize=4096)  # what is known of a meeting and of its neighbours names few days; 65,536 take 17 MB
def _parse(text: str) -> PartialDate:
    shape = _SHAPES.fullmatch(text)
    if shape is None:
        raise InvalidDateError(f"{shown(text)} is no date: write it as {_WANTED}")
    try:
        if day := shape["day"]:
            first = date.fromisoformat(day)
            return _date_of(text, first, first, first)
        if month := shape["month"]:
            first = date.fromisoformat(f"{month}-01")
            last = _last_of_month(first)
            return _date_of(text, first, last, last)
        if year := shape["year"]:
            last = date(int(year), 12, 31)
            return _date_of(text, date(int(year), 1, 1), last, last)
        span = shape["from"] is not None
        first = date.fromisoformat(shape["from"] if span else shape["after"])
        last = date.fromisoformat(shape["to"] if span else shape["before"])
    except ValueError as error:
        raise InvalidDateError(f"{shown(text)} is no date of the calendar: {error}") from None
    if last < first:
        raise InvalidDateError(f"{shown(text)} ends before it begins: put the earlier day first")
    return _date_of(text, first, last, first if span else last)


def _date_of(*fields: Any) -> PartialDate:
    new = PartialDate.__new__(PartialDate)
    new.__attrs_init__(*fields)
    return new


def _last_of_month(first: date) -> date:
    # calendar.monthrange would say it too, but brings locale along: a millisecond at every start.
    if first.month == 12:
        return first.replace(day=31)
    return first.replace(month=first.month + 1) - timedelta(days=1)
