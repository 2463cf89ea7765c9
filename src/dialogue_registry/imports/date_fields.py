"""The date that the columns of a template say together: whole, or from one column to another."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from dialogue_registry.errors import InvalidDateError
from dialogue_registry.imports.cells import is_nothing, plain_value
from dialogue_registry.imports.date_cells import day_of_moment, find_zone, read_date
from dialogue_registry.imports.date_words import DAY_FIRST, MONTH_FIRST
from dialogue_registry.imports.mapping import TableMapping
from dialogue_registry.imports.row_view import RowView
from dialogue_registry.imports.templates import Template
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.names import fold

_YEAR = re.compile(r"\d{4}")
_MONTH_OR_DAY = re.compile(r"\d{1,2}")
_BETWEEN = ("-", "/", ".", "年", "月", "년", "월")
_WRITTEN_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")


class DateField:
    """Reads the date of one field of a mapping."""

    def __init__(self, field: str, template: Template, mapping: TableMapping) -> None:
        self._template = template
        self._mapping = mapping
        self._meanings = mapping.values.get(field, {})
        self._is_window = template.between == ("[", "..", "]")
        self._halves = template.halves(".." if self._is_window else "/")
        self._in_figures = _in_figures(template) if self._halves is None else []

    def read(self, view: RowView) -> tuple[PartialDate, str] | None:
        """Return the date, and what the columns say together; None where they say nothing."""
        if not any(map(view.says_something, self._template.columns)):
            return None
        zone, year = self._zone(view), self._year(view)
        cells = [self._cell(column, view, zone) for column in self._template.columns]
        written = self._template.fill(cells)
        if self._meanings:
            if (meaning := self._meanings.get(fold(written))) is not None:
                return PartialDate.of(meaning), written
            cells = [str(self._meanings.get(fold(cell), cell)) for cell in cells]
        found = None if self._halves is None else self._of_two(cells, year, zone)
        found = found or self._of_year_and_month(cells)
        return found or read_date(self._template.fill(cells), self._mapping.dates, year, zone), written

    def _of_year_and_month(self, cells: Sequence[str]) -> PartialDate | None:
        """Return the month where one column has the year in figures, one the month, and none the day.

        Written together they may be anything: 2003-4 a span of years, 12/2003 a day without its month.
        """
        for slots in self._in_figures:
            values = [slot if isinstance(slot, str) else cells[slot] for slot in slots]
            years = [place for place, value in enumerate(values) if _YEAR.fullmatch(value)]
            others = [place for place, value in enumerate(values) if _MONTH_OR_DAY.fullmatch(value)]
            if (len(years), len(others), sum(map(bool, values))) != (1, 1, 2):
                continue
            (year,), (other,) = years, others
            if len(slots) == 3:
                self._check_is_month(slots, values, year, other, cells)
            if sum(map(bool, cells)) > sum(isinstance(slot, int) and bool(cells[slot]) for slot in slots):
                continue  # a weekday, or a time of day
            if not 1 <= int(values[other]) <= 12:
                raise InvalidDateError(
                    f"{self._template.fill(cells)!r} has month {int(values[other])}, and there are 12: check the cell"
                )
            return PartialDate.of(f"{values[year]}-{int(values[other]):02d}")
        return None

    def _check_is_month(
        self, slots: Sequence[int | str], values: Sequence[str], year: int, other: int, cells: Sequence[str]
    ) -> None:
        """Raise InvalidDateError where the one number beside a year is a day, or may be one."""
        (place,) = {0, 1, 2} - {year, other}
        empty = self._template.columns[int(slots[place])]
        order = self._mapping.dates.reading(None).order
        month = {0: 1, 2: {DAY_FIRST: 1, MONTH_FIRST: 0}.get(order, -1)}.get(year)
        if month == -1:
            raise InvalidDateError(
                f"{self._template.fill(cells)!r} is a year with a day or a month, as column {empty!r} is empty: say in "
                f'the mapping which comes first, [dates] order = "{DAY_FIRST}" or "{MONTH_FIRST}"'
            )
        if month != other:
            raise InvalidDateError(
                f"{self._template.fill(cells)!r} has a day, {values[other]}, and no month: fill column {empty!r}, or "
                "empty the day too"
            )

    def _of_two(self, cells: Sequence[str], year: int | None, zone: ZoneInfo | None) -> PartialDate | None:
        """Return the span or the window from one column to another; None where they are no days by themselves."""
        assert self._halves is not None
        first_of, last_of = self._halves
        of_first, of_last = cells[: len(first_of.columns)], cells[len(first_of.columns) :]
        if not any(of_first):
            raise InvalidDateError(f"column {first_of.columns[0]!r} has no day to begin on: give it one")
        rules = self._mapping.dates
        try:
            first = read_date(first_of.fill(of_first).strip("["), rules, year, zone)
            if not any(of_last):
                return first
            last = read_date(last_of.fill(of_last).strip("]"), rules, year, zone)
        except InvalidDateError:
            return None
        if self._is_window:
            return PartialDate.of(f"[{first.earliest}..{last.latest}]")
        if not (first.is_day and last.is_day):
            return None
        return first if first == last else PartialDate.of(f"{first}/{last}")

    def _cell(self, column: str, view: RowView, zone: ZoneInfo | None) -> str:
        """Return a cell as text; of a datetime its day."""
        value = view.value(column)
        if isinstance(value, str):
            return view.text(column)
        value = plain_value(value)
        if is_nothing(value):
            return ""
        if isinstance(value, datetime):
            return day_of_moment(value, self._mapping.dates, zone).isoformat()
        if isinstance(value, time):
            raise InvalidDateError(f"column {column!r} has a time of day, {value}, and no day: check the cell")
        return value.isoformat() if isinstance(value, date) else view.text(column)

    def _year(self, view: RowView) -> int | None:
        template = self._mapping.year
        if template is None:
            return None
        text = template.fill(view.texts_of(template)) if template.columns else str(template.constant)
        if not _YEAR.fullmatch(text):
            try:
                text = read_date(text, self._mapping.dates).text  # such as 2017年
            except InvalidDateError:
                return None
        return int(text) if _YEAR.fullmatch(text) else None

    def _zone(self, view: RowView) -> ZoneInfo | None:
        zone = self._mapping.zone
        if isinstance(zone, Template):
            texts = view.texts_of(zone)
            return find_zone(zone.fill(texts)) if any(texts) else None
        return zone


def _in_figures(template: Template) -> list[list[int | str]]:
    """Return where a template has a date in figures: three columns together, or two alone; one may be a year."""
    slots: list[int | str] = []
    between = [""]
    for place, text in enumerate(template.between):
        for number, piece in enumerate(_WRITTEN_YEAR.split(text)):
            if number % 2:
                slots.append(piece)
                between.append("")
            else:
                between[-1] += piece
        if place < len(template.columns):
            slots.append(place)
            between.append("")
    if len(slots) == 2:
        return [slots] if between[1].strip() in _BETWEEN else []
    joined = [text.strip() in ("", *_BETWEEN) for text in between]
    return [slots[place : place + 3] for place in range(len(slots) - 2) if joined[place + 1] and joined[place + 2]]
