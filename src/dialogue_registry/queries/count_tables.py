"""Counts of the stored meetings: from the tallies of the present, or from the reports known at a position.

Those of a dialogue as a whole are those of its series added up, a joint meeting counted one time.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import TypeAlias

import orjson

from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.status import Status
from dialogue_registry.queries import counts
from dialogue_registry.queries.counts import FORMATS, RULES, Bounds, Cells, Count, Counts, Rule, Shares, Stated
from dialogue_registry.queries.reader import Reader
from dialogue_registry.queries.results import Meeting

_CELLS = [(name, numbered) for name in FORMATS for numbered in (False, True)]
_EVER, _NEVER = "~~", "!"
"""A day after all days, as of which undated meetings count too; and one before all, as of which only they may count."""
_SUMS = ", ".join(
    f"sum({bound}_{name.replace('-', '_')}{'_numbered' if numbered else ''})"
    for bound in ("possible", "certain")
    for name, numbered in _CELLS
)
_ASKED = "SELECT json_extract(value, '$[0]') AS series, json_extract(value, '$[1]') AS day FROM json_each(:asked)"
# The decades before that of the day, the years in it before that of the day, and so on. Every series is added up by
# itself, since a GROUP BY would sort the rows of all of them first.
_TALLIED = f"""
WITH asked AS ({_ASKED}),
     reach (level, low, high) AS (VALUES (3, 0, 3), (4, 3, 4), (7, 4, 7), (10, 7, 10))
SELECT a.series, a.day, (
    SELECT json_array({_SUMS}, max(highest_ordinal))
    FROM reach r CROSS JOIN held_tallies t ON t.series = a.series AND t.level = r.level
        AND t.period >= substr(a.day, 1, r.low) AND t.period < substr(a.day, 1, r.high) || iif(r.level = 10, '~', '')
) FROM asked a
"""
# The statements that end on the last day that those of their series end on.
_STATED = """
SELECT t.series, t.count, t.as_of, t.format
FROM series s CROSS JOIN statements t ON t.series = s.series
    AND t.ends = (SELECT max(u.ends) FROM statements u WHERE u.series = s.series AND u.ends <= ?)
ORDER BY t.fact
"""
_ALL_STATED = "SELECT series, count, as_of, format FROM statements ORDER BY fact"
# Meetings whose window of days contains both days. Windows in a series are at most so many days wide, so only
# meetings that begin at most so many days before the last day need be read.
_STRADDLING = f"""
WITH asked AS ({_ASKED})
SELECT a.series, (
    SELECT count(*) FROM meeting_reports
    WHERE report = 'held' AND earliest < latest AND series = a.series AND earliest <= a.day AND latest > :last
        AND earliest > coalesce(date(:last, (
            SELECT -max(julianday(latest) - julianday(earliest)) FROM meeting_reports
            WHERE report = 'held' AND earliest < latest AND series = a.series
        ) || ' days'), '')
) FROM asked a
"""
# What a series shares with others counts in it too, under the number that it has there. It is always scanned: a
# tally is made of the rows of one table.
_SHARED = """(
    SELECT h.series, m.format, h.ordinal, m.earliest, m.latest
    FROM shared_meetings h CROSS JOIN meeting_reports m ON m.meeting = h.meeting AND m.report = 'held'
)"""
_HELD = f"""(
    SELECT series, format, ordinal, earliest, latest FROM meeting_reports WHERE report = 'held'
    UNION ALL SELECT * FROM {_SHARED}
)"""
_SCANNED = """
SELECT series, coalesce(format, 'unknown'), ordinal IS NOT NULL,
       sum(latest <= :day OR :all), sum(earliest <= :day OR earliest IS NULL),
       max(CASE WHEN latest <= :day OR :all THEN ordinal END)
FROM {rows} GROUP BY 1, 2, 3
"""
_SCANNED_AFTER = """
SELECT sum(earliest > :last AND latest <= :day), sum((latest > :first AND earliest <= :day) OR earliest IS NULL)
FROM {rows} WHERE series = :series
"""


class TalliedCounts:
    """The counts of the present, added up from the tallies kept of held meetings."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def cells(self, day: date | None) -> dict[str, Cells]:
        """Return the cells of every series as of a day, in the order the series were opened."""
        asked = _EVER if day is None else day.isoformat()
        ids = _series(self._connection)
        found = self._tallies((series, asked) for series in ids)
        shared = _scanned(self._connection, _SHARED, day)
        return {
            series: found[series, asked].with_more(shared[series]) if series in shared else found[series, asked]
            for series in ids
        }

    def stated(self, day: date | None) -> dict[str, list[Stated]]:
        """Return the statements that each series may be carried on from: its last ones as of a day."""
        return _by_series(self._connection.execute(_STATED, (_EVER if day is None else day.isoformat(),)))

    def held_after(
        self, dates: Mapping[str, PartialDate], day: date | None, cells: Mapping[str, Cells]
    ) -> dict[str, Bounds]:
        """Return the number held of each series after a date of its own, up to and including a day.

        No date may be later than the day; ``cells`` are those as of that day.
        """
        first = {series: since.earliest.isoformat() for series, since in dates.items()}
        last = {series: since.latest.isoformat() for series, since in dates.items()}
        before = self._tallies({*first.items(), *last.items()})
        straddling = {} if day is None else self._straddling(last, day)
        shared = _scanned(self._connection, _SHARED, day)
        # Of those begun by the day for certain, leave out all that may have begun by the date:
        # but those whose window reaches over both are not among them in the first place.
        found: dict[str, Bounds] = {}
        for series, since in dates.items():
            own = cells[series].totals()
            certain = own.certain - before[series, last[series]].totals().possible + straddling.get(series, 0)
            possible = own.possible - before[series, first[series]].totals().certain
            if series in shared:
                counted, after = shared[series].totals(), _scanned_after(self._connection, _SHARED, series, since, day)
                certain += after.certain - counted.certain
                possible += after.possible - counted.possible
            found[series] = Bounds(certain, possible)
        return found

    def _tallies(self, asked: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Cells]:
        """Return the cells of some series, each as of a day of its own."""
        found: dict[tuple[str, str], Cells] = {}
        params = {"asked": orjson.dumps(list(asked)).decode()}
        for series, day, sums_json in self._connection.execute(_TALLIED, params):
            *numbers, highest = orjson.loads(sums_json)
            # Most cells have none, and all are null where there is not one row to add up.
            possible = {cell: number for cell, number in zip(_CELLS, numbers, strict=False) if number}
            certain = {cell: number for cell, number in zip(_CELLS, numbers[len(_CELLS) :], strict=True) if number}
            found[series, day] = Cells(certain, possible, highest)
        return found

    def _straddling(self, firsts: Mapping[str, str], last: date) -> dict[str, int]:
        """Return the number of each series that may have begun by a day of its own, and after the last day too."""
        undated = self._tallies([(series, _NEVER) for series in firsts])
        params = {"asked": orjson.dumps(list(firsts.items())).decode(), "last": last.isoformat()}
        found = self._connection.execute(_STRADDLING, params)
        return {series: number + undated[series, _NEVER].totals().possible for series, number in found}


class ScannedCounts:
    """The counts as known at a position, where no tallies are kept: all reports are read."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def cells(self, day: date | None) -> dict[str, Cells]:
        """Return the cells of every series as of a day, in the order the series were opened."""
        found = _scanned(self._connection, _HELD, day)
        return {series: found.get(series, Cells()) for series in _series(self._connection)}

    def stated(self, day: date | None) -> dict[str, list[Stated]]:  # noqa: ARG002 - carrying() looks at their days
        """Return the statements that each series may be carried on from: all of them.

        The past is made of several tables, where to find the last ones as of a day would read them from end to end.
        """
        return _by_series(self._connection.execute(_ALL_STATED))

    def held_after(
        self,
        dates: Mapping[str, PartialDate],
        day: date | None,
        cells: Mapping[str, Cells],  # noqa: ARG002
    ) -> dict[str, Bounds]:
        """Return the number held of each series after a date of its own, up to and including a day."""
        return {series: _scanned_after(self._connection, _HELD, series, since, day) for series, since in dates.items()}


def _scanned(connection: sqlite3.Connection, rows: str, day: date | None) -> dict[str, Cells]:
    """Return the cells of each series that has any among some rows, as of a day."""
    found: dict[str, Cells] = {}
    params = {"day": "" if day is None else day.isoformat(), "all": day is None}
    for series, format_, numbered, certain, possible, highest in connection.execute(_SCANNED.format(rows=rows), params):
        cells = found.setdefault(series, Cells())
        cell = (format_, bool(numbered))
        cells.certain[cell] = certain or 0
        cells.possible[cell] = (certain if day is None else possible) or 0
        if highest is not None:
            cells.highest = max(highest, cells.highest or 0)
    return found


def _scanned_after(
    connection: sqlite3.Connection, rows: str, series: str, since: PartialDate, day: date | None
) -> Bounds:
    """Return the number held of a series among some rows after a date, up to and including a day."""
    params = {
        "series": series,
        "first": since.earliest.isoformat(),
        "last": since.latest.isoformat(),
        "day": "9999-12-31" if day is None else day.isoformat(),
    }
    certain, possible = connection.execute(_SCANNED_AFTER.format(rows=rows), params).fetchone()
    return Bounds(certain or 0, possible or 0)


def _series(connection: sqlite3.Connection) -> list[str]:
    return [series for (series,) in connection.execute("SELECT series FROM series ORDER BY fact")]


def _by_series(rows: Iterable[tuple[str, int, str, str | None]]) -> dict[str, list[Stated]]:
    found: dict[str, list[Stated]] = {}
    for series, count, as_of, format_ in rows:
        found.setdefault(series, []).append(Stated(count, PartialDate.of(as_of), format_))
    return found


CountTables: TypeAlias = TalliedCounts | ScannedCounts
"""The two ways to the same numbers: as of now they are kept, as of a position they are found."""


def count(tables: CountTables, held: Callable[[], Iterable[Meeting]], day: date | None, rule: Rule) -> Counts:
    """Count the held meetings of every series as of a day (None: all time), by a rule.

    ``held`` returns all held meetings, for a rule of the user's own.
    """
    cells = tables.cells(day)
    carried = _carried(tables, day, cells)
    built_in = rule is RULES.get(rule.name)
    meetings: dict[str, list[Meeting]] = {}
    for meeting in () if built_in else held():
        meetings.setdefault(meeting.series, []).append(meeting)
    found: dict[str, Count] = {}
    for series, of_series in cells.items():
        if built_in:
            total, by_format = of_series.under(rule)
        else:
            total, by_format = counts.tallied(meetings.get(series, ()), rule, day)
        found[series] = Count(
            series=series,
            total=total,
            by_format=by_format,
            highest_ordinal=of_series.highest,
            carried=carried.get(series),
        )
    return Counts(found)


def _carried(tables: CountTables, day: date | None, cells: Mapping[str, Cells]) -> dict[str, Bounds]:
    """Return what each series comes to that is carried on from a statement."""
    carry = {
        series: found for series, s in tables.stated(day).items() if (found := counts.carrying(s, day)) is not None
    }
    if not carry:
        return {}
    after = tables.held_after({series: since for series, (since, _) in carry.items()}, day, cells)
    return {
        series: Bounds(number + after[series].certain, number + after[series].possible)
        for series, (_, number) in carry.items()
    }


# --- a dialogue as a whole ---------------------------------------------------------------


def count_dialogue(
    reader: Reader, dialogue: str, of_series: Mapping[str, Count], day: date | None, rule: Rule
) -> Count:
    """Return the count of a dialogue as of a day by a rule, from the counts of all series by the same.

    A joint meeting that the rule counts in several of its series is counted in the dialogue
    one time. There is no highest ordinal, since the series number their meetings apart.
    """
    rows = reader.query("SELECT series FROM series WHERE dialogue = ?", (dialogue,))
    within = [of_series[series].by_format for (series,) in rows]
    again = {name: Bounds(0, 0) for name in FORMATS}
    for meeting in _counted_again(reader, dialogue, rule):
        name = meeting.format or "unknown"
        again[name] += counts.as_of(meeting, day, day)
    shares = Shares(
        Bounds(
            sum(shares[name].certain for shares in within) - again[name].certain,
            sum(shares[name].possible for shares in within) - again[name].possible,
        )
        for name in FORMATS
    )
    total = sum(shares.values(), Bounds(0, 0))
    return Count(series=dialogue, total=total, by_format=shares, highest_ordinal=None, carried=None)


def _counted_again(reader: Reader, dialogue: str, rule: Rule) -> list[Meeting]:
    """Return each joint meeting as often as the rule counts it in the series of a dialogue beyond the first one."""
    joint = {meeting for (meeting,) in reader.query("SELECT DISTINCT meeting FROM shared_meetings")}
    if not joint:
        return []
    counted: set[str] = set()
    again: list[Meeting] = []
    for meeting in reader.in_series(dialogue=dialogue, status=Status.HELD.value):
        if meeting.meeting in joint and rule.counts(meeting):
            if meeting.meeting in counted:
                again.append(meeting)
            counted.add(meeting.meeting)
    return again
