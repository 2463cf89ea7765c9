"""Typed rows of the views: SQL in, frozen values out."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import attrs
import orjson

from dialogue_registry.log.codec import decode_source
from dialogue_registry.log.entry import PAGE
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.model.events import FactDisputed, Source
from dialogue_registry.model.kinds import same_fact
from dialogue_registry.model.names import fold, name_parts, same_name
from dialogue_registry.projections.effective_log import EffectiveLog
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
    row_reader,
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
_CONDITIONS: Mapping[tuple[type, str], str] = {
    (Meeting, "dialogue"): "series IN (SELECT s.series FROM series s WHERE s.dialogue = ?)"
}
"""The conditions on what is no column of a class's table."""
_READERS = {
    cls: (
        f"SELECT fact, {'status_fact, ' * (cls is Meeting)}{', '.join(columns_of(cls))} FROM {name} t",
        row_reader(cls),
    )
    for cls, name in _TABLES.items()
}

# As the view evidence has it. But the view would be made for all facts before any is chosen: SQLite does not push
# a list of keys into a compound SELECT.
_SOURCES = """
WITH asked (fact) AS MATERIALIZED (SELECT value FROM json_each(?))
SELECT a.fact, a.fact AS assertion, e.position, s.data
FROM asked a LEFT JOIN exceptions x ON x.fact = a.fact AND x.until IS NULL
JOIN events e ON e.position = coalesce(x.event, a.fact) JOIN events own ON own.position = a.fact
JOIN sources s ON s.id = coalesce(e.source, own.source)
UNION ALL
SELECT a.fact, x.fact, x.event, s.data
FROM asked a CROSS JOIN exceptions x ON x.leader = a.fact AND x.until IS NULL
JOIN events e ON e.position = x.event JOIN events own ON own.position = x.fact
JOIN sources s ON s.id = coalesce(e.source, own.source)
ORDER BY 1, 2
"""
_DISPUTES = "SELECT fact, event, disputed, reason FROM disputes ORDER BY fact"


class Reader:
    """Reads the views of a registry, present or as known at a position, into typed rows."""

    def __init__(self, connection: sqlite3.Connection, log: SQLiteLog) -> None:
        self._connection = connection
        self._log = log
        #: Which facts stand, and why.
        self.facts = EffectiveLog(connection, log)

    def rows(self, cls: type[T], where: str = "", values: Sequence[object] = (), order: str = "fact") -> tuple[T, ...]:
        """Return all rows of a class that a condition selects, each with its sources."""
        return Rows(self.stream(cls, where, values, order))

    def stream(self, cls: type[T], where: str = "", values: Sequence[object] = (), order: str = "fact") -> Iterator[T]:
        """Yield the rows of a class that a condition selects, each with its sources, in bounded memory."""
        select, read = _READERS[cls]
        cursor = self._connection.execute(f"{select}{f' WHERE {where}' if where else ''} ORDER BY {order}", values)
        facts = 2 if cls is Meeting else 1  # the report that a meeting shows, and the one that its status is from
        while page := cursor.fetchmany(PAGE):
            sources = self.sources({fact for row in page for fact in row[:facts]})
            for row in page:
                stated = (source for fact in row[:facts] for source in sources.get(fact, ()))
                yield read(row[facts:], tuple(dict.fromkeys(stated)))

    def query(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        """Return the rows of a question in SQL."""
        return self._connection.execute(sql, values)

    def selected(self, cls: type[T], order: str = "fact", **wanted: object) -> tuple[T, ...]:
        """Return all rows of a class whose columns equal the values wanted; None stands for any value."""
        given = {column: value for column, value in wanted.items() if value is not None}
        where = " AND ".join(_CONDITIONS.get((cls, column), f"{column} = ?") for column in given)
        return self.rows(cls, where, [*given.values()], order)

    def dialogues(self) -> tuple[Dialogue, ...]:
        """Return all dialogues with their parties."""
        parties: dict[str, list[Party]] = {}
        for party in self.rows(Party):
            parties.setdefault(party.dialogue, []).append(party)
        select, read = _READERS[Dialogue]
        found = self._connection.execute(f"{select} ORDER BY fact").fetchall()
        sources = self.sources([row[0] for row in found])
        return Rows(read(row[1:], sources.get(row[0], ()), parties=tuple(parties.get(row[1], ()))) for row in found)

    def appearances(self, name: str) -> tuple[Appearance, ...]:
        """Return the attendance of all of that name, by the days of the meetings; those without a date last."""
        wanted = name_parts(name)
        words = (word for word in fold(wanted.sort).replace(",", " ").split() if word.isascii() and word.isalnum())
        # SQLite rules out the names without its longest word, unless they are in other letters that may be the same.
        written = (row[0] for row in self._connection.execute(_MAYBE, (max(words, key=len, default=""),)))
        names = orjson.dumps([other for other in written if same_name(wanted, name_parts(other))]).decode()
        attended = self.rows(Attendance, "name IN (SELECT value FROM json_each(?))", (names,))
        ids = orjson.dumps([row.meeting for row in attended]).decode()
        meetings = self.rows(Meeting, "meeting IN (SELECT value FROM json_each(?))", (ids,), order=BY_DAY)
        places = {meeting.meeting: place for place, meeting in enumerate(meetings)}
        return Rows(
            Appearance(
                series=meetings[places[row.meeting]].series,
                date=meetings[places[row.meeting]].date,
                **attrs.asdict(row, recurse=False),
            )
            for row in sorted(attended, key=lambda row: places[row.meeting])
        )

    def held(self, series: str | None = None) -> tuple[Meeting, ...]:
        """Return the held meetings, in the order of their days; those without a date last."""
        return self.selected(Meeting, BY_DAY, status="held", series=series)

    def series_ids(self) -> list[str]:
        """Return the ids of all series, in the order they were opened."""
        return [row[0] for row in self._connection.execute("SELECT series FROM series ORDER BY fact")]

    def sources(self, facts: Iterable[int]) -> dict[int, tuple[Source, ...]]:
        """Map each fact to the sources that say so, in the order they were recorded."""
        found: dict[int, dict[Source, None]] = {}
        for fact, _, event, data in self._connection.execute(_SOURCES, (orjson.dumps(list(facts)).decode(),)):
            source = decode_source(data, event)
            assert source is not None
            found.setdefault(fact, {})[source] = None
        return {fact: tuple(sources) for fact, sources in found.items()}

    def disputes(self) -> tuple[Dispute, ...]:
        """Return the claims that contradict facts which stand and still read otherwise.

        Where the disputed source was withdrawn and another one says the same, the claim contradicts that one.
        """
        facts = self.facts
        rows = self._connection.execute(_DISPUTES).fetchall()
        sources = self.sources(row[0] for row in rows)
        found: list[Dispute] = []
        for fact, event, disputed, reason in rows:
            target = self._log.find(disputed)
            assert target is not None
            reads = facts.state(target.position)[0]
            if reads is None:
                reads = facts.saying(facts.content(target.position))
            if reads is None:
                continue
            dispute, standing = facts.content(event), facts.content(reads)
            if isinstance(dispute, FactDisputed) and not same_fact(dispute.claim, standing):
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
