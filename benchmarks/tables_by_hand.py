"""The same read tables, kept by hand: what the user of an event store without views has to write.

Written with care: rows are gathered a page at a time and written with ``executemany``,
with the position reached, in one transaction. It does less than a registry: nothing here can be
corrected, retracted or asked as of an earlier position, no text is folded, and the day of a
report stays empty, since of a source its address alone is kept.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import orjson

from benchmarks.baseline import connect, schema
from dialogue_registry import PartialDate

TABLES = (
    "dialogues", "series", "meeting_reports", "meetings", "held_tallies", "attendance", "topics", "outcomes",
    "statements",
)  # fmt: skip
_SUMS = tuple(
    f"{bound}_{how}{numbered}"
    for bound in ("possible", "certain")
    for how in ("in_person", "online", "hybrid", "unknown")
    for numbered in ("", "_numbered")
)
_CELL = {"in-person": 0, "online": 2, "hybrid": 4, None: 6}
_PLACE = "fact, event, since"
_REPORTED = "date, earliest, latest, ordinal, format, place, country, title"
_COLUMNS = {
    "dialogues": "dialogue, name, launched, earliest, latest, aliases",
    "series": "series, dialogue, name, abbreviation, aliases, numbering",
    "meeting_reports": f"report, meeting, series, {_REPORTED}, period, reason",
    "attendance": "presence, meeting, name, party, office, role, on_behalf_of, person, seat, reason, represented_by",
    "topics": "meeting, topic",
    "outcomes": "meeting, title, kind",
    "statements": "series, count, as_of, earliest, latest, format, reported_at, ends",
}
"""The columns that are filled: the rest is empty, as in the facts that are recorded here."""


def _insert(table: str, columns: str) -> str:
    return f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(columns.split(',')))})"


_INSERT = {table: _insert(table, f"{_PLACE}, {columns}") for table, columns in _COLUMNS.items()}
# A report that the meeting was held shows rather than an announcement, and a later report rather than an earlier.
_MEETING = (
    _insert("meetings", f"meeting, series, status, {_REPORTED}, period, fact, event, status_fact")
    + " ON CONFLICT (meeting) DO UPDATE SET "
    + ", ".join(f"{column} = excluded.{column}" for column in ("status", *_REPORTED.split(", "), "fact", "status_fact"))
    + ", event = excluded.event WHERE excluded.status = 'held' OR status = 'announced'"
)
_TALLY = (
    f"INSERT INTO held_tallies VALUES ({', '.join('?' * 20)}) ON CONFLICT (series, level, period) DO UPDATE SET "
    + ", ".join(f"{column} = {column} + excluded.{column}" for column in _SUMS)
    + ", highest_ordinal = max(coalesce(highest_ordinal, excluded.highest_ordinal),"
    " coalesce(excluded.highest_ordinal, highest_ordinal))"
)


class TablesByHand:
    """Read tables in a file of their own, with the schema of a registry."""

    def __init__(self, path: str, model: str) -> None:
        source = connect(model)
        self._connection = connect(path)
        # The events are in another file, so that references to them cannot be checked.
        self._connection.execute("PRAGMA foreign_keys = OFF")
        for table, statement in schema(source):
            if table in TABLES:
                self._connection.execute(statement)
        source.close()
        self._connection.execute("CREATE TABLE reached (position INTEGER)")
        self._connection.execute("INSERT INTO reached VALUES (0)")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def write(self, page: Iterable[tuple[int, Any]]) -> None:
        """Fold a page of (position, event): any object with the names and the fields of a registry's events."""
        rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _INSERT}
        meetings: list[tuple[Any, ...]] = []
        tallies: dict[tuple[Any, ...], list[Any]] = {}
        position = 0
        for position, event in page:
            place = (position, position, position)
            match type(event).__name__:
                case "DelegateAttended":
                    who = (event.name, event.party, event.office, event.role, event.on_behalf_of, event.person)
                    rows["attendance"].append((*place, "present", event.meeting, *who, event.seat, "", ""))
                case "MeetingHeld" | "MeetingAnnounced" as word:
                    report = "held" if word == "MeetingHeld" else "announced"
                    days = _days(event.date)
                    fields = (event.date, *days, event.ordinal, event.format, event.place, event.country, event.title)
                    rows["meeting_reports"].append(
                        (*place, report, event.meeting, event.series, *fields, event.period, "")
                    )
                    meetings.append((event.meeting, event.series, report, *fields, event.period, *place))
                    if report == "held":
                        _count(tallies, event, *days)
                case "TopicDiscussed":
                    rows["topics"].append((*place, event.meeting, event.topic))
                case "OutcomeAgreed":
                    rows["outcomes"].append((*place, event.meeting, event.title, event.kind))
                case "CountStated":
                    stated = (event.series, event.count, event.as_of, *_days(event.as_of), event.format)
                    rows["statements"].append((*place, *stated, event.reported_at, _ends(event.as_of)))
                case "SeriesOpened":
                    opened = (event.series, event.dialogue, event.name, event.abbreviation, _list(event.aliases))
                    rows["series"].append((*place, *opened, event.numbering))
                case "DialogueLaunched":
                    launched = (
                        event.dialogue,
                        event.name,
                        event.launched,
                        *_days(event.launched),
                        _list(event.aliases),
                    )
                    rows["dialogues"].append((*place, *launched))
        self._connection.execute("BEGIN IMMEDIATE")
        for name, of_table in rows.items():
            self._connection.executemany(_INSERT[name], of_table)
        self._connection.executemany(_MEETING, meetings)
        self._connection.executemany(_TALLY, [(*key, *sums) for key, sums in tallies.items()])
        self._connection.execute("UPDATE reached SET position = ?", (position,))
        self._connection.execute("COMMIT")


def _count(tallies: dict[tuple[Any, ...], list[Any]], event: Any, earliest: str | None, latest: str | None) -> None:
    cell = _CELL[event.format] + (event.ordinal is not None)
    for level in (3, 4, 7, 10) if earliest else (3,):
        first, last = (earliest or "")[:level], (latest or "~")[:level]
        possible = _sums(tallies, event.series, level, first)
        certain = possible if first == last else _sums(tallies, event.series, level, last)
        possible[cell] += 1
        certain[8 + cell] += 1
        if event.ordinal is not None:
            certain[16] = max(certain[16] or 0, event.ordinal)


def _sums(tallies: dict[tuple[Any, ...], list[Any]], *key: Any) -> list[Any]:
    sums = tallies.get(key)
    if sums is None:
        sums = tallies[key] = [0] * 16 + [None]
    return sums


@lru_cache(maxsize=65536)
def _days(text: str | None) -> tuple[str | None, str | None]:
    if text is None:
        return None, None
    when = PartialDate.of(text)
    first, last = when.earliest, when.latest_start
    assert isinstance(first, date)
    return first.isoformat(), last.isoformat()


def _ends(text: str) -> str:
    return PartialDate.of(text).latest.isoformat()


def _list(texts: Sequence[str]) -> str:
    return orjson.dumps(list(texts)).decode()
