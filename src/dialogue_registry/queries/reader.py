"""Typed rows of the views: SQL in, frozen values out."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import orjson

from dialogue_registry.log.codec import decode_source
from dialogue_registry.log.entry import PAGE
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.model.events import FactDisputed, Source, UnknownEvent
from dialogue_registry.model.texts import fold_text
from dialogue_registry.model.wordings import same_fact
from dialogue_registry.projections.effective_log import EffectiveLog
from dialogue_registry.queries.display import Rows
from dialogue_registry.queries.results import (
    Activity,
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
PARTY = "coalesce(json_extract(folded, '$.party'), party)"
"""The party of a delegate as it is compared."""
_CONDITIONS: Mapping[tuple[type, str], str] = {
    (Meeting, "dialogue"): "series IN (SELECT s.series FROM series s WHERE s.dialogue = ?)",
    (Attendance, "name"): "name IN (SELECT value FROM json_each(?))",
    (Attendance, "party"): f"{PARTY} = ?",
}
"""The conditions on what is no column of a class's table, or is one of several values."""
_COLUMNS = ", ".join(columns_of(Meeting))
_IN_SERIES = f"SELECT fact, status_fact, share_fact, {_COLUMNS} FROM {{rows}} ORDER BY {BY_DAY}, share_fact"
"""The meetings of series by their days; a joint one stands in each of its series."""
_ONE_TIME = (
    "(SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY meeting ORDER BY {first}share_fact) AS nth"
    " FROM {{rows}}) WHERE nth = 1)"
)
_LISTED = _ONE_TIME.format(first="")
"""Each meeting of them one time: in the series it was reported in, else in the first that shares it."""
_COUNTED = _ONE_TIME.format(first="ordinal IS NULL, ")
"""Likewise, but in a series in which it has a number, where there is one."""
_READERS = {
    cls: (
        f"SELECT fact, {'status_fact, NULL, ' * (cls is Meeting)}{', '.join(columns_of(cls))} FROM {name} t",
        row_reader(cls),
    )
    for cls, name in _TABLES.items()
}

# As the view evidence has it. But the view would be made for all facts before any is chosen: SQLite does not push
# a list of keys into a compound SELECT. Python sorts the rows, which is a fifth faster.
_SOURCES = """
SELECT value, value, e.position, s.data
FROM json_each(:facts) LEFT JOIN exceptions x ON x.fact = value AND x.until IS NULL
CROSS JOIN events e ON e.position = coalesce(x.event, value)
CROSS JOIN sources s ON s.id = coalesce(e.source, (SELECT source FROM events WHERE position = value))
UNION ALL
SELECT value, x.fact, x.event, s.data
FROM json_each(:facts) CROSS JOIN exceptions x ON x.leader = value AND x.until IS NULL
CROSS JOIN events e ON e.position = x.event
CROSS JOIN sources s ON s.id = coalesce(e.source, (SELECT source FROM events WHERE position = x.fact))
"""
_DISPUTES = "SELECT fact, event, disputed, reason FROM disputes ORDER BY fact"


class Reader:
    """Reads the views of a registry, present or as known at a position, into typed rows."""

    def __init__(self, connection: sqlite3.Connection, log: SQLiteLog) -> None:
        self._connection = connection
        self._log = log
        #: The kinds of facts that it knows.
        self.kinds = log.codec.kinds
        #: The facts that stand, and why.
        self.facts = EffectiveLog(connection, log)

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection that it reads from."""
        return self._connection

    def rows(self, cls: type[T], where: str = "", values: Sequence[object] = (), order: str = "fact") -> tuple[T, ...]:
        """Return all rows of a class that a condition selects, each with its sources."""
        return Rows(self.stream(cls, where, values, order))

    def stream(self, cls: type[T], where: str = "", values: Sequence[object] = (), order: str = "fact") -> Iterator[T]:
        """Yield the rows of a class that a condition selects, each with its sources, in bounded memory."""
        select, read = _READERS[cls]
        cursor = self._connection.execute(f"{select}{f' WHERE {where}' if where else ''} ORDER BY {order}", values)
        while page := cursor.fetchmany(PAGE):
            if cls is Meeting:
                yield from self._meetings(page)
                continue
            sources = self.sources([row[0] for row in page])
            for row in page:
                yield read(row[1:], sources.get(row[0], ()))

    def query(self, sql: str, values: Sequence[object] | Mapping[str, object] = ()) -> sqlite3.Cursor:
        """Return the rows of a question in SQL."""
        return self._connection.execute(sql, values)

    def _meetings(self, found: Sequence[Any]) -> Iterator[Any]:
        """Yield meetings, each with the sources of the report it shows, of its status and of its being shared."""
        read = _READERS[Meeting][1]
        sources = self.sources({fact for row in found for fact in row[:3] if fact is not None})
        for shown, status, shared, *row in found:
            stated = sources.get(shown, ())
            if status != shown or shared is not None:
                further = (*sources.get(status, ()), *sources.get(shared, ()))
                stated = tuple(dict.fromkeys((*stated, *further)))
            yield read(row, stated)

    def meetings(self, *, series: str | None = None, dialogue: str | None = None, **wanted: object) -> Rows[Meeting]:
        """Return the meetings whose columns equal the values wanted, in the order of their days.

        A joint meeting is one of each of its series, with its number there. Of a dialogue, or
        of all, it is listed one time, as one of the series it was reported in where that belongs there.
        """
        if series is None and dialogue is None:
            return Rows(self.selected(Meeting, BY_DAY, **wanted))
        if dialogue is None:
            return self.in_series(series=series, **wanted)
        return self._in_series(_LISTED, {"series": series, "dialogue": dialogue, **wanted})

    def in_series(self, **wanted: object) -> Rows[Meeting]:
        """Return the meetings of each series by their days: a joint one in each of its series."""
        return self._in_series("{rows}", wanted)

    def _in_series(self, rows: str, wanted: Mapping[str, object]) -> Rows[Meeting]:
        where, values = _where(Meeting, wanted)
        chosen = rows.format(rows=f"(SELECT * FROM series_meetings{where})")
        return Rows(self._meetings(self._connection.execute(_IN_SERIES.format(rows=chosen), values).fetchall()))

    def selected(self, cls: type[T], order: str = "fact", **wanted: object) -> tuple[T, ...]:
        """Return all rows of a class whose columns equal the values wanted; None stands for any value."""
        if cls is Attendance and isinstance(name := wanted.get("name"), str):
            wanted["name"] = self._spellings(name)
        if cls is Attendance and isinstance(party := wanted.get("party"), str):
            wanted["party"] = fold_text(party)
        where, values = _where(cls, wanted)
        return self.rows(cls, where.removeprefix(" WHERE "), values, order)

    def dialogues(self) -> tuple[Dialogue, ...]:
        """Return all dialogues with their parties."""
        parties: dict[str, list[Party]] = {}
        for party in self.rows(Party):
            parties.setdefault(party.dialogue, []).append(party)
        select, read = _READERS[Dialogue]
        found = self._connection.execute(f"{select} ORDER BY fact").fetchall()
        sources = self.sources([row[0] for row in found])
        return Rows(read(row[1:], sources.get(row[0], ()), tuple(parties.get(row[1], ()))) for row in found)

    def _spellings(self, name: str) -> str:
        """Return the names as written that say the same as a name, as a JSON array."""
        wanted = fold_text(name)
        words = (word for word in wanted.split() if word.isascii() and word.isalnum())
        written = (row[0] for row in self._connection.execute(_MAYBE, (max(words, key=len, default="").casefold(),)))
        return orjson.dumps([other for other in written if fold_text(other) == wanted]).decode()

    def held(self, series: str | None = None) -> tuple[Meeting, ...]:
        """Return the held meetings of each series, in the order of their days; those without a date last."""
        return self.in_series(status="held", series=series)

    def held_in(self, dialogue: str) -> Rows[Meeting]:
        """Return the held meetings of a dialogue, a joint one one time, with its number in whichever series has one."""
        return self._in_series(_COUNTED, {"status": "held", "dialogue": dialogue})

    def series_ids(self) -> list[str]:
        """Return the ids of all series, in the order they were opened."""
        return [row[0] for row in self._connection.execute("SELECT series FROM series ORDER BY fact")]

    def sources(self, facts: Iterable[int]) -> dict[int, tuple[Source, ...]]:
        """Map each fact to the sources that say so, in the order they were recorded."""
        found: dict[int, dict[str, Source]] = {}
        params = {"facts": orjson.dumps(list(facts)).decode()}
        for fact, _, event, data in sorted(self._connection.execute(_SOURCES, params)):
            source = decode_source(data, event)
            assert source is not None
            found.setdefault(fact, {})[data] = source  # the hash of a text is had sooner than that of a source
        return {fact: tuple(sources.values()) for fact, sources in found.items()}

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
            if isinstance(standing, UnknownEvent) or isinstance(getattr(dispute, "claim", None), UnknownEvent):
                continue
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


def _where(cls: type, wanted: Mapping[str, object]) -> tuple[str, list[object]]:
    """Return a WHERE clause, empty where nothing is wanted, and its values; None stands for any value."""
    given = {column: value for column, value in wanted.items() if value is not None}
    conditions = " AND ".join(_CONDITIONS.get((cls, column), f"{column} = ?") for column in given)
    return f" WHERE {conditions}" if given else "", [*given.values()]
