"""Typed questions: SQL over the views in, frozen rows out."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

import orjson

from dialogue_registry.answers import (
    Activity,
    Appearance,
    Attendance,
    Dialogue,
    Dispute,
    Meeting,
    Outcome,
    Party,
    Series,
    Statement,
    Topic,
    columns_of,
    reader,
)
from dialogue_registry.codec import decode_source
from dialogue_registry.counting import FORMATS, Bounds, Cells
from dialogue_registry.dates import PartialDate
from dialogue_registry.events import FACTS, FactDisputed, Source
from dialogue_registry.facts import Facts, worded
from dialogue_registry.layout import Rows
from dialogue_registry.names import fold, name_parts, same_name
from dialogue_registry.sqlite import SQLiteLog

T = TypeVar("T")

_MAYBE = "SELECT DISTINCT name FROM attendance WHERE name LIKE '%' || ? || '%' OR name GLOB '*[^ -~]*'"

BY_DAY = "earliest IS NULL, earliest, latest, ordinal, fact"
"""The order of meetings by their days; those without a date last."""

_TABLES: Mapping[type, str] = {
    Dialogue: "dialogues",
    Party: "parties",
    Series: "series",
    Meeting: "meetings",
    Attendance: "attendance",
    Topic: "topics",
    Activity: "activities",
    Outcome: "outcomes",
    Statement: "statements",
}
_READERS = {
    cls: (f"SELECT fact, {', '.join(columns_of(cls))} FROM {name} t", reader(cls)) for cls, name in _TABLES.items()
}

_CELLS = [(name, numbered) for name in FORMATS for numbered in (False, True)]
_SUMS = ", ".join(f"sum({name.replace('-', '_')}{'_numbered' if numbered else ''})" for name, numbered in _CELLS)
_ASKED = "SELECT json_extract(value, '$[0]') AS series, json_extract(value, '$[1]') AS day FROM json_each(?)"
_TALLIED = f"""
WITH asked AS ({_ASKED}),
     reach (level, low, high) AS (VALUES (4, '', 4), (7, 4, 7), (10, 7, 10)),
     bounds (bound) AS (VALUES ('both'), ('earliest'), ('latest'))
SELECT a.series, t.bound, {_SUMS}, max(highest_ordinal)
FROM asked a CROSS JOIN reach r CROSS JOIN bounds b
CROSS JOIN held_tallies t ON t.series = a.series AND t.bound = b.bound AND t.level = r.level
    AND t.period > substr(a.day, 1, r.low) AND t.period < substr(a.day, 1, r.high) || iif(r.level = 10, '~', '')
GROUP BY a.series, t.bound
"""
_TALLIED_ALL = f"""
WITH bounds (bound) AS (VALUES ('both'), ('earliest'), ('latest'))
SELECT s.series, t.bound, {_SUMS}, max(highest_ordinal)
FROM series s CROSS JOIN bounds b
CROSS JOIN held_tallies t ON t.series = s.series AND t.bound = b.bound AND t.level = 4 AND t.period BETWEEN ? AND ?
GROUP BY s.series, t.bound
"""
_SCANNED = """
SELECT series, coalesce(format, 'unknown'), ordinal IS NOT NULL,
       sum(latest <= :day OR :all), sum(earliest <= :day OR earliest IS NULL),
       max(CASE WHEN latest <= :day OR :all THEN ordinal END)
FROM meeting_reports WHERE report = 'held' GROUP BY 1, 2, 3
"""
_STRADDLING = """
SELECT count(*) FROM meeting_reports
WHERE report = 'held' AND earliest < latest AND series = ? AND earliest <= ? AND latest > ?
"""
_SCANNED_AFTER = """
SELECT sum(earliest > :last AND latest <= :day), sum((latest > :first AND earliest <= :day) OR earliest IS NULL)
FROM meeting_reports WHERE report = 'held' AND series = :series
"""
# As the view evidence has it. But the view would be made for all facts before any is chosen: SQLite does not push
# a list of keys into a compound SELECT.
_SOURCES = """
WITH asked (fact) AS MATERIALIZED (SELECT value FROM json_each(?))
SELECT f.fact, f.fact AS telling, f.event, s.data
FROM asked a CROSS JOIN facts f ON f.fact = a.fact
JOIN events e ON e.position = f.event JOIN events own ON own.position = f.fact
JOIN sources s ON s.id = coalesce(e.source, own.source)
UNION ALL
SELECT f.fact, x.fact, x.event, s.data
FROM asked a CROSS JOIN facts f ON f.fact = a.fact CROSS JOIN further x ON x.key = f.key
JOIN events e ON e.position = x.event JOIN events own ON own.position = x.fact
JOIN sources s ON s.id = coalesce(e.source, own.source)
ORDER BY 1, 2
"""
_DISPUTES = """
SELECT d.fact, d.event, d.disputed, d.reason, e.position, coalesce(f.event, x.event)
FROM disputes d JOIN events e ON e.id = d.disputed
LEFT JOIN facts f ON f.fact = e.position LEFT JOIN further x ON x.fact = e.position
ORDER BY d.fact
"""


class Questions:
    """Reads the views of a registry, present or as known at a position."""

    def __init__(self, connection: sqlite3.Connection, *, tallied: bool) -> None:
        self._connection = connection
        #: Whether held meetings are kept tallied; as known at a position, they are scanned.
        self._tallied = tallied

    def rows(
        self, cls: type[T], where: str = "", values: Sequence[object] = (), order: str = "fact", **more: Any
    ) -> tuple[T, ...]:
        """All rows of a class that a condition selects, each with its sources."""
        select, read = _READERS[cls]
        found = self._connection.execute(
            f"{select}{f' WHERE {where}' if where else ''} ORDER BY {order}", values
        ).fetchall()
        sources = self.sources([row[0] for row in found])
        return Rows(read(row[1:], sources.get(row[0], ()), **more) for row in found)

    def selected(
        self,
        cls: type[T],
        wanted: Mapping[str, object],
        order: str = "fact",
        more: str = "",
        values: Sequence[object] = (),
    ) -> tuple[T, ...]:
        """All rows of a class whose columns equal what is wanted, where something is."""
        asked = {column: value for column, value in wanted.items() if value is not None}
        where = " AND ".join([*(f"{column} = ?" for column in asked), *([more] if more else [])])
        return self.rows(cls, where, [*asked.values(), *values], order)

    def dialogues(self) -> tuple[Dialogue, ...]:
        """All dialogues with their parties."""
        parties: dict[str, list[Party]] = {}
        for party in self.rows(Party):
            parties.setdefault(party.dialogue, []).append(party)
        select, read = _READERS[Dialogue]
        found = self._connection.execute(f"{select} ORDER BY fact").fetchall()
        sources = self.sources([row[0] for row in found])
        return Rows(read(row[1:], sources.get(row[0], ()), parties=tuple(parties.get(row[1], ()))) for row in found)

    def appearances(self, name: str) -> tuple[Appearance, ...]:
        """The attendance of everybody of that name, by the days of the meetings; those without a date last."""
        wanted = name_parts(name)
        words = (word for word in fold(wanted.sort).replace(",", " ").split() if word.isascii() and word.isalnum())
        # What has none of its letters is ruled out by SQLite, unless it is in other letters that may be the same.
        written = (row[0] for row in self._connection.execute(_MAYBE, (max(words, key=len, default=""),)))
        names = orjson.dumps([other for other in written if same_name(wanted, name_parts(other))]).decode()
        attended = self.rows(Attendance, "name IN (SELECT value FROM json_each(?))", (names,))
        meetings = orjson.dumps([row.meeting for row in attended]).decode()
        met = self.rows(Meeting, "meeting IN (SELECT value FROM json_each(?))", (meetings,), order=BY_DAY)
        order = {meeting.meeting: place for place, meeting in enumerate(met)}
        return Rows(
            Appearance(
                meeting=row.meeting,
                series=met[order[row.meeting]].series,
                date=met[order[row.meeting]].date,
                name=row.name,
                party=row.party,
                office=row.office,
                role=row.role,
                on_behalf_of=row.on_behalf_of,
                event=row.event,
                sources=row.sources,
            )
            for row in sorted(attended, key=lambda row: order[row.meeting])
        )

    def sources(self, facts: Iterable[int]) -> dict[int, tuple[Source, ...]]:
        """Map each fact to the sources that say so, in the order they were recorded."""
        told: dict[int, dict[Source, None]] = {}
        for fact, _, event, data in self._connection.execute(_SOURCES, (orjson.dumps(list(facts)).decode(),)):
            source = decode_source(data, event)
            assert source is not None
            told.setdefault(fact, {})[source] = None
        return {fact: tuple(sources) for fact, sources in told.items()}

    def held(self, series: str | None = None) -> tuple[Meeting, ...]:
        """The held meetings, in the order of their days; those without a date last."""
        return self.selected(Meeting, {"status": "held", "series": series}, order=BY_DAY)

    def series_ids(self) -> list[str]:
        """All series, in the order they were opened."""
        return [row[0] for row in self._connection.execute("SELECT series FROM series ORDER BY fact")]

    # --- counts ----------------------------------------------------------------------

    def cells(self, day: date | None) -> dict[str, Cells]:
        """The held meetings of every series as of one day (None: all time)."""
        if not self._tallied:
            return self._scan(day)
        if day is None:
            return _add_up(self._connection.execute(_TALLIED_ALL, ("", "9999")))
        cells = self._until(dict.fromkeys(self.series_ids(), day))
        for series, undated in self._undated().items():
            for cell, number in undated.possible.items():
                possible = cells.setdefault(series, Cells()).possible
                possible[cell] = possible.get(cell, 0) + number
        return cells

    def _undated(self) -> dict[str, Cells]:
        return _add_up(self._connection.execute(_TALLIED_ALL, ("", "")))

    def _until(self, days: Mapping[str, date]) -> dict[str, Cells]:
        """The dated held meetings of some series, each as of a day of its own, from the tallies."""
        asked = orjson.dumps([(series, day.isoformat()) for series, day in days.items()]).decode()
        return _add_up(self._connection.execute(_TALLIED, (asked,)))

    def _scan(self, day: date | None) -> dict[str, Cells]:
        found: dict[str, Cells] = {}
        told = {"day": "" if day is None else day.isoformat(), "all": day is None}
        for series, format_, numbered, certain, possible, highest in self._connection.execute(_SCANNED, told):
            cells = found.setdefault(series, Cells())
            cell = (format_, bool(numbered))
            cells.certain[cell] = certain or 0
            cells.possible[cell] = (certain if day is None else possible) or 0
            if highest is not None:
                cells.highest = max(highest, cells.highest or 0)
        return found

    def held_after(
        self, dates: Mapping[str, PartialDate], day: date | None, now: Mapping[str, Cells]
    ) -> dict[str, Bounds]:
        """How many meetings of each series were held after a date of its own, up to and including one day.

        No date may be later than the day; ``now`` are the :meth:`cells` of that day.
        """
        if not self._tallied:
            return {series: self._scan_after(series, since, day) for series, since in dates.items()}
        undated = self._undated() if day is None else {}
        before = self._until({series: since.earliest for series, since in dates.items()})
        through = before
        if not all(since.is_day for since in dates.values()):
            through = self._until({series: since.latest for series, since in dates.items()})
        found: dict[str, Bounds] = {}
        for series, since in dates.items():
            reach = now.get(series, Cells()).totals()
            # Of those begun by the day for certain, leave out all that may have begun by the date:
            # but those whose window reaches over both are not among them in the first place.
            over = self._straddling(series, since.latest, day)
            certain = reach.certain - undated.get(series, Cells()).totals().possible
            found[series] = Bounds(
                certain - through.get(series, Cells()).totals().possible + over,
                reach.possible - before.get(series, Cells()).totals().certain,
            )
        return found

    def _straddling(self, series: str, first: date, last: date | None) -> int:
        if last is None:
            return 0
        told = (series, first.isoformat(), last.isoformat())
        number: int = self._connection.execute(_STRADDLING, told).fetchone()[0]
        return number

    def _scan_after(self, series: str, since: PartialDate, day: date | None) -> Bounds:
        told = {
            "series": series,
            "first": since.earliest.isoformat(),
            "last": since.latest.isoformat(),
            "day": "9999-12-31" if day is None else day.isoformat(),
        }
        row = self._connection.execute(_SCANNED_AFTER, told).fetchone()
        return Bounds(row[0] or 0, row[1] or 0)

    # --- disputes --------------------------------------------------------------------

    def disputes(self) -> tuple[Dispute, ...]:
        """The claims that contradict facts which stand and still read otherwise.

        Where the disputed source was withdrawn and another one says the same, its claim contradicts that.
        """
        log = SQLiteLog(self._connection)
        facts = Facts(self._connection, log)
        rows = self._connection.execute(_DISPUTES).fetchall()
        sources = self.sources(row[0] for row in rows)
        found: list[Dispute] = []
        for fact, event, disputed, reason, position, wording in rows:
            heir = facts.saying(worded(log.at(position))) if wording is None else wording
            if heir is None:
                continue
            dispute, standing = worded(log.at(event)), worded(log.at(heir))
            if isinstance(dispute, FactDisputed) and isinstance(standing, FACTS) and dispute.claim != standing:
                found.append(
                    Dispute(
                        disputed=disputed,
                        standing=standing,
                        claim=dispute.claim,
                        reason=reason,
                        event=event,
                        sources=sources.get(fact, ()),
                    )
                )
        return Rows(found)


def _add_up(rows: Iterable[Sequence[Any]]) -> dict[str, Cells]:
    found: dict[str, Cells] = {}
    for series, bound, *numbers, highest in rows:
        cells = found.setdefault(series, Cells())
        for cell, number in zip(_CELLS, numbers, strict=True):
            if number and bound != "earliest":
                cells.certain[cell] = cells.certain.get(cell, 0) + number
            if number and bound != "latest":
                cells.possible[cell] = cells.possible.get(cell, 0) + number
        if bound != "earliest" and highest is not None:
            cells.highest = max(highest, cells.highest or 0)
    return found
