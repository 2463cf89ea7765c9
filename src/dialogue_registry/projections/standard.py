"""The standard projection: the tables and views that every registry keeps.

The tables of facts are those of the kinds (:mod:`dialogue_registry.model.standard_kinds`).
Dates stand in tables three times: as recorded (EDTF text), and the ``earliest`` and the
``latest`` day (ISO 8601) on which the thing can have begun.
"""

from collections.abc import Sequence
from datetime import date
from hashlib import blake2b
from typing import Any

import orjson

from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import (
    FactDisputed,
    Format,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    StatusReport,
)
from dialogue_registry.model.kinds import Data
from dialogue_registry.model.standard_kinds import STANDARD_KINDS
from dialogue_registry.model.status import Report, Story, fold
from dialogue_registry.model.tables import Part, Projection, Row, State, Table, Tally, View
from dialogue_registry.model.texts import fold_text

_FORMATS = {"in_person": "= 'in-person'", "online": "= 'online'", "hybrid": "= 'hybrid'", "unknown": "IS NULL"}


def claim_digest(dispute: Data) -> bytes:
    """Return a digest (16 bytes) of what a dispute, as it is stored, claims and why, folded, whatever it disputes.

    It is the same in a program that does not know the kind of the claim.
    """
    content = _folded([dispute["claim"], dispute.get("reason", "")])
    return blake2b(orjson.dumps(content, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def _folded(value: Any) -> Any:
    match value:
        case str():
            return fold_text(value)
        case dict():
            return {key: _folded(item) for key, item in value.items()}
        case list() | tuple():
            return [_folded(item) for item in value]
        case _:
            return value


def _dispute(dispute: Data) -> Row:
    claim = orjson.dumps(dispute["claim"]).decode()
    return dispute["event_id"], claim, dispute.get("reason", ""), claim_digest(dispute)


# Two columns for each format: without an ordinal printed, and with one. Counting what a filter lets through takes two
# thirds of the time of adding up ones and noughts, all the more where the filter begins with what is quickly seen.
_COUNTED = {
    f"{bound}_{name}{suffix}": f"count(*) FILTER (WHERE ordinal IS {ordinal} AND format {format_} AND {bound})"
    for bound in ("possible", "certain")
    for name, format_ in _FORMATS.items()
    for suffix, ordinal in {"": "NULL", "_numbered": "NOT NULL"}.items()
}

_REPORT_COLUMNS = (
    "fact", "event", "report", "day", "series", "date", "earliest", "latest", "ordinal", "period", "format", "place",
    "country", "title", "reason", "until_",
)  # fmt: skip
_SHOWN_COLUMNS = (
    "series", "date", "earliest", "latest", "ordinal", "period", "format", "place", "country", "title", "fact", "event",
)  # fmt: skip
_STATUS_COLUMNS = ("status", "reason", "postponed_until", "status_fact")
_PLACES = [_REPORT_COLUMNS.index(column) for column in _SHOWN_COLUMNS]


def meeting_status(reports: str) -> str | None:
    """Return what the reports of one meeting come to as a JSON array, of a JSON array of the _REPORT_COLUMNS of each.

    It holds the columns _STATUS_COLUMNS, of which the last is the number of the report that the
    status comes from. Then it holds the columns _SHOWN_COLUMNS of the report whose date, place
    and so on are the meeting's. It is None where nothing announces it or says that it was held.
    """
    rows = orjson.loads(reports)
    if len(rows) == 1:  # nearly always
        (row,) = rows
        return _shown(row, row[2], None, None, row[0]) if row[2] in ("announced", "held") else None
    story, by_fact = Story(""), {}
    for row in sorted(rows):
        story.add(_report(row))
        by_fact[row[0]] = row
    state = fold(story.news)
    if state is None:
        return None
    until = None if state.until is None else state.until.text
    return _shown(by_fact[state.shown.fact], state.status, state.reason or None, until, state.latest.fact)


def _shown(row: Sequence[Any], status: str, reason: str | None, until: str | None, latest: int) -> str:
    return orjson.dumps([str(status), reason, until, latest, *(row[place] for place in _PLACES)]).decode()


def _report(row: Sequence[object]) -> Report:
    values = dict(zip(_REPORT_COLUMNS, row, strict=True))
    day = values["day"]
    return Report(
        int(str(values["fact"])),
        _content(values),
        values["fact"],
        None if day is None else date.fromisoformat(str(day)),
    )


def _content(values: dict[str, object]) -> StatusReport:
    """Return a report as far as its status depends on it; all of one meeting are said of the meeting ``m``."""
    reason, until = str(values["reason"] or ""), values["until_"]
    match values["report"]:
        case "postponed":
            return MeetingPostponed(
                meeting="m", reason=reason, until=None if until is None else PartialDate.of(str(until))
            )
        case "cancelled":
            return MeetingCancelled(meeting="m", reason=reason)
        case report:
            cls = MeetingHeld if report == "held" else MeetingAnnounced
            fields = {
                name: values[name] for name in ("series", "date", "ordinal", "period", "place", "country", "title")
            }
            format_ = values["format"]
            return cls(meeting="m", format=None if format_ is None else Format(str(format_)), **fields)  # type: ignore[arg-type]


_TABLES = {kind.table.name: kind.table for kind in STANDARD_KINDS}
_MEETING_COLUMNS = {
    "meeting": "TEXT",
    "series": "TEXT NOT NULL REFERENCES series (series)",
    "status": "TEXT NOT NULL",
    "date": "TEXT",
    "earliest": "TEXT",
    "latest": "TEXT",
    "ordinal": "INTEGER",
    "period": "TEXT NOT NULL",
    "format": "TEXT",
    "place": "TEXT NOT NULL",
    "country": "TEXT NOT NULL",
    "title": "TEXT NOT NULL",
    "reason": "TEXT",
    "postponed_until": "TEXT",
    "fact": "INTEGER NOT NULL",
    "event": "INTEGER NOT NULL REFERENCES events",
    "status_fact": "INTEGER NOT NULL",
}


_SHARED = dict.fromkeys(("series", "ordinal", "period"), "s")
"""The columns of a meeting that a series which shares it has of its own."""


def _extracted(column: str) -> str:
    """Return the SQL that takes a column out of the array of meeting_status()."""
    return f"json_extract(said, '$[{(*_STATUS_COLUMNS, *_SHOWN_COLUMNS).index(column)}]')"


# A shared meeting in the columns of a tally; none is certain before all of them are.
_SHARES = ", ".join(
    f"coalesce(h.ordinal IS {ordinal} AND r.format {format_}, 0)" if bound == "possible" else "0"
    for bound in ("possible", "certain")
    for format_ in _FORMATS.values()
    for ordinal in ("NULL", "NOT NULL")
)

_MEETINGS = (
    State(
        "meetings",
        table="meeting_reports",
        key="meeting",
        columns=_MEETING_COLUMNS,
        select=f"""
            SELECT meeting, {", ".join(_extracted(column) for column in _MEETING_COLUMNS if column != "meeting")}
            FROM (SELECT meeting, iif(row_number() OVER reports = 1, meeting_status(
                             json_group_array(json_array({", ".join(_REPORT_COLUMNS)})) OVER reports), NULL) AS said
                  FROM {{rows}} WINDOW reports AS (
                      PARTITION BY meeting ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING))
            WHERE said IS NOT NULL""",
        indexes=("series, earliest",),
    ),
    Tally(
        # Held meetings by decade, year, month and day (level 3, 4, 7, 10: the length of the period). They are
        # possible from the earliest day they can have begun on, and certain from the latest, which is most often
        # the same row. A meeting without a date is possible before all periods, in '', and certain after them, in '~'.
        "held_tallies",
        table="meeting_reports",
        key=("series", "level", "period"),
        sums=tuple(_COUNTED),
        maxima=("highest_ordinal",),
        select=f"""
            SELECT series, level, substr(iif(possible, coalesce(earliest, ''), coalesce(latest, '~')), 1, level),
                   {", ".join(_COUNTED.values())}, max(iif(certain, ordinal, NULL))
            FROM (SELECT series, ordinal, format, earliest, latest FROM {{rows}} WHERE report = 'held')
            CROSS JOIN (SELECT 1 AS possible, 1 AS certain UNION ALL SELECT 1, 0 UNION ALL SELECT 0, 1)
            CROSS JOIN (SELECT 3 AS level UNION ALL SELECT 4 UNION ALL SELECT 7 UNION ALL SELECT 10)
            WHERE (possible AND certain) = coalesce(earliest = latest, 0) AND (earliest IS NOT NULL OR level = 3)
            GROUP BY 1, 2, 3""",
    ),
)
_OTHERS = (
    Table(
        "disputes",
        columns={"disputed": "TEXT NOT NULL", "claim": "TEXT NOT NULL", "reason": "TEXT NOT NULL", "said": "BLOB"},
        feed={FactDisputed: _dispute},
        stored=True,
        indexes=("disputed",),
        unique="disputed, said",
    ),
    View(
        # Of a joint meeting, a row in each of its series: under the number that it has there.
        "series_meetings",
        select=f"""
            SELECT {", ".join(_MEETING_COLUMNS)}, NULL AS share_fact FROM meetings
            UNION ALL
            SELECT {", ".join(f"{_SHARED.get(column, 'm')}.{column}" for column in _MEETING_COLUMNS)}, s.fact
            FROM shared_meetings s JOIN meetings m ON m.meeting = s.meeting""",
    ),
    View(
        "cumulative_counts",
        # What a series holds alone is added up already; what it shares is seldom, and is looked up.
        select="""
            SELECT s.series, s.dialogue, s.name,
                   coalesce(sum(possible_in_person + possible_in_person_numbered + possible_online
                                + possible_online_numbered + possible_hybrid + possible_hybrid_numbered
                                + possible_unknown + possible_unknown_numbered), 0) AS held,
                   coalesce(sum(possible_in_person + possible_in_person_numbered), 0) AS in_person,
                   coalesce(sum(possible_online + possible_online_numbered), 0) AS online,
                   coalesce(sum(possible_hybrid + possible_hybrid_numbered), 0) AS hybrid,
                   coalesce(sum(possible_unknown + possible_unknown_numbered), 0) AS unknown,
                   coalesce(sum(possible_in_person_numbered + possible_online_numbered
                                + possible_hybrid_numbered + possible_unknown_numbered), 0) AS numbered,
                   max(highest_ordinal) AS highest_ordinal
            FROM series s LEFT JOIN (
                SELECT * FROM held_tallies WHERE level = 3
                UNION ALL
                SELECT h.series, 3, '', SHARES, h.ordinal
                FROM shared_meetings h CROSS JOIN meeting_reports r ON r.meeting = h.meeting AND r.report = 'held'
            ) t ON t.series = s.series
            GROUP BY s.fact ORDER BY s.fact""".replace("SHARES", _SHARES),
    ),
    View(
        # A correction without a source of its own keeps that of the fact it corrects.
        "evidence",
        # Two arms, so that a question for one fact is answered by its indexes.
        select="""
            SELECT f.fact AS fact, f.fact AS telling, e.position AS event, e.id AS event_id,
                   e.recorded_at AS recorded_at, e.by AS by, s.title AS title, s.url AS url, s.data AS source,
                   e.citation AS citation
            FROM facts f JOIN events e ON e.position = f.event JOIN events own ON own.position = f.fact
            LEFT JOIN sources s ON s.id = coalesce(e.source, own.source)
            UNION ALL
            SELECT x.leader, x.fact, e.position, e.id, e.recorded_at, e.by, s.title, s.url, s.data, e.citation
            FROM exceptions x JOIN events e ON e.position = x.event JOIN events own ON own.position = x.fact
            LEFT JOIN sources s ON s.id = coalesce(e.source, own.source)
            WHERE x.leader IS NOT NULL AND x.until IS NULL""",
    ),
)
_FIRST = ("dialogues", "parties", "series", "meeting_reports")
_PARTS: tuple[Part, ...] = (
    *(_TABLES[name] for name in _FIRST),
    *_MEETINGS,
    *(table for name, table in _TABLES.items() if name not in _FIRST),
    *_OTHERS,
)

STANDARD = Projection("standard", 4, _PARTS)
"""The projection of every registry; its version goes up whenever a part changes."""
