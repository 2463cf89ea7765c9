"""Typed questions: SQL over the views in, frozen rows out."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

import orjson

from dialogue_registry.log.codec import decode_source
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import FACTS, FactDisputed, Source
from dialogue_registry.model.names import fold, name_parts, same_name
from dialogue_registry.projections.effective_log import Facts, worded
from dialogue_registry.queries.counts import FORMATS, Bounds, Cells, Stated
from dialogue_registry.queries.display import Rows
from dialogue_registry.queries.results import (
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
_EVER, _NEVER = "~~", "!"
"""A day after all days, as of which even what has no date counts; and one before them, as of which only that may."""
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
_SCANNED = """
SELECT series, coalesce(format, 'unknown'), ordinal IS NOT NULL,
       sum(latest <= :day OR :all), sum(earliest <= :day OR earliest IS NULL),
       max(CASE WHEN latest <= :day OR :all THEN ordinal END)
FROM meeting_reports WHERE report = 'held' GROUP BY 1, 2, 3
"""
# What may have begun by one day, and after a later one too. Its window is no wider than the widest of its series, so
# that few are looked at of all that have no certain day.
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
        """The held meetings of every series as of one day (None: all time), in the order the series were opened."""
        ids = self.series_ids()
        if not self._tallied:
            found = self._scan(day)
            return {series: found.get(series, Cells()) for series in ids}
        asked = _EVER if day is None else day.isoformat()
        told = self._tallies((series, asked) for series in ids)
        return {series: told[series, asked] for series in ids}

    def _tallies(self, asked: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Cells]:
        """The held meetings of some series, each as of a day of its own."""
        found: dict[tuple[str, str], Cells] = {}
        for series, day, told in self._connection.execute(_TALLIED, {"asked": orjson.dumps(list(asked)).decode()}):
            *numbers, highest = orjson.loads(told)
            sums = [number or 0 for number in numbers]  # they are null where there is not one row to add up
            possible, certain = (dict(zip(_CELLS, sums[of:], strict=False)) for of in (0, len(_CELLS)))
            found[series, day] = Cells(certain, possible, highest)
        return found

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

    def stated(self, day: date | None) -> dict[str, list[Stated]]:
        """What each series may be carried on from as of one day: its last statements then, or all of them."""
        found: dict[str, list[Stated]] = {}
        if self._tallied:
            rows = self._connection.execute(_STATED, (_EVER if day is None else day.isoformat(),))
        else:  # the past is made of several tables, in which the last would be sought from end to end
            rows = self._connection.execute(_ALL_STATED)
        for series, count, as_of, format_ in rows:
            found.setdefault(series, []).append(Stated(count, PartialDate.of(as_of), format_))
        return found

    def held_after(
        self, dates: Mapping[str, PartialDate], day: date | None, now: Mapping[str, Cells]
    ) -> dict[str, Bounds]:
        """How many meetings of each series were held after a date of its own, up to and including one day.

        No date may be later than the day; ``now`` are the :meth:`cells` of that day.
        """
        if not self._tallied:
            return {series: self._scan_after(series, since, day) for series, since in dates.items()}
        first = {series: since.earliest.isoformat() for series, since in dates.items()}
        last = {series: since.latest.isoformat() for series, since in dates.items()}
        told = self._tallies({*first.items(), *last.items()})
        over = {} if day is None else self._straddling(last, day)
        # Of those begun by the day for certain, leave out all that may have begun by the date:
        # but those whose window reaches over both are not among them in the first place.
        return {
            series: Bounds(
                now[series].totals().certain - told[series, last[series]].totals().possible + over.get(series, 0),
                now[series].totals().possible - told[series, first[series]].totals().certain,
            )
            for series in dates
        }

    def _straddling(self, firsts: Mapping[str, str], last: date) -> dict[str, int]:
        """How many of each series may have begun by a first day of its own, and may have begun after the last."""
        asked = orjson.dumps(list(firsts.items())).decode()
        undated = self._tallies([(series, _NEVER) for series in firsts])
        found = self._connection.execute(_STRADDLING, {"asked": asked, "last": last.isoformat()})
        return {series: number + undated[series, _NEVER].totals().possible for series, number in found}

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
