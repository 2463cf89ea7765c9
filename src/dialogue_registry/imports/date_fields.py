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


class DateField:
    """Reads the date of one field of a mapping."""

    def __init__(self, field: str, template: Template, mapping: TableMapping) -> None:
        self._template = template
        self._mapping = mapping
        self._meanings = mapping.values.get(field, {})
        self._is_window = template.between == ("[", "..", "]")
        self._halves = template.halves(".." if self._is_window else "/")

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
        columns, between = self._template.columns, self._template.between
        if self._halves is not None or not all(text.strip() in ("", "-", "/", ".") for text in between):
            return None
        said = [place for place, cell in enumerate(cells) if cell]
        years = [place for place in said if _YEAR.fullmatch(cells[place])]
        others = [place for place in said if _MONTH_OR_DAY.fullmatch(cells[place])]
        if (len(said), len(years), len(others)) != (2, 1, 1) or (len(columns) == 2 and not between[1].strip()):
            return None
        (year,), (other,) = years, others
        written = self._template.fill(cells)
        if len(columns) == 3:
            (empty,) = {0, 1, 2} - {*said}
            order = self._mapping.dates.reading(None).order
            month = {0: 1, 2: {DAY_FIRST: 1, MONTH_FIRST: 0}.get(order, -1)}.get(year)
            if month == -1:
                raise InvalidDateError(
                    f"{written!r} is a year with a day or a month, as column {columns[empty]!r} is empty: say in the "
                    f'mapping which comes first, [dates] order = "{DAY_FIRST}" or "{MONTH_FIRST}"'
                )
            if month != other:
                raise InvalidDateError(
                    f"{written!r} has a day and no month: fill column {columns[empty]!r}, "
                    f"or empty column {columns[other]!r} too"
                )
        if not 1 <= int(cells[other]) <= 12:
            raise InvalidDateError(f"{written!r} has month {int(cells[other])}, and there are 12: check the cell")
        return PartialDate.of(f"{cells[year]}-{int(cells[other]):02d}")

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
