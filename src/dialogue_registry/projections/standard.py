"""The standard projection: the tables and views that every registry keeps.

A table holds a date three times: ``date`` as recorded (EDTF text), and the ``earliest``
and ``latest`` day (ISO 8601) of the beginning.
"""

import orjson

from dialogue_registry.log.codec import to_data
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import (
    ActivityReported,
    CountStated,
    DelegateAttended,
    DialogueLaunched,
    FactDisputed,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    OutcomeAgreed,
    PartyJoined,
    SeriesOpened,
    TopicDiscussed,
)
from dialogue_registry.model.tables import Projection, Row, State, Table, Tally, View

_LATER = "DEFERRABLE INITIALLY DEFERRED"
_DATED = {"date": "TEXT", "earliest": "TEXT", "latest": "TEXT"}
_VAGUE = "report = 'held' AND earliest < latest"
_FORMATS = {"in_person": "= 'in-person'", "online": "= 'online'", "hybrid": "= 'hybrid'", "unknown": "IS NULL"}


def _days(date: PartialDate | None) -> tuple[str | None, str | None, str | None]:
    if date is None:
        return None, None, None
    return date.text, date.earliest.isoformat(), date.latest_start.isoformat()


def _list(texts: tuple[str, ...]) -> str:
    return orjson.dumps(texts).decode()


def _meeting(report: str, fact: MeetingAnnounced | MeetingHeld) -> Row:
    return (
        fact.meeting,
        report,
        fact.series,
        *_days(fact.date),
        fact.ordinal,
        fact.format,
        fact.place,
        fact.country,
        fact.title,
        None,
        None,
    )


def _interruption(report: str, fact: MeetingPostponed | MeetingCancelled) -> Row:
    until = fact.until.text if isinstance(fact, MeetingPostponed) and fact.until else None
    return (fact.meeting, report, None, *_days(fact.on), *(None,) * 5, fact.reason, until)


def _dispute(dispute: FactDisputed) -> Row:
    return dispute.event_id, orjson.dumps(to_data(dispute)["claim"]).decode(), dispute.reason


# Two columns for each format: without an ordinal printed, and with one. Counting the rows that pass a filter takes two
# thirds of the time of adding up ones and noughts; the filter begins with the test that is the fastest.
_COUNTED = {
    f"{bound}_{name}{suffix}": f"count(*) FILTER (WHERE ordinal IS {ordinal} AND format {format_} AND {bound})"
    for bound in ("possible", "certain")
    for name, format_ in _FORMATS.items()
    for suffix, ordinal in {"": "NULL", "_numbered": "NOT NULL"}.items()
}

_PARTS = (
    Table(
        "dialogues",
        columns={
            "dialogue": "TEXT NOT NULL UNIQUE",
            "name": "TEXT NOT NULL",
            "launched": "TEXT",
            "earliest": "TEXT",
            "latest": "TEXT",
            "aliases": "TEXT NOT NULL",
        },
        feed={DialogueLaunched: lambda e: (e.dialogue, e.name, *_days(e.launched), _list(e.aliases))},
    ),
    Table(
        "parties",
        columns={
            "dialogue": f"TEXT NOT NULL REFERENCES dialogues (dialogue) {_LATER}",
            "party": "TEXT NOT NULL",
            "name": "TEXT NOT NULL",
            "joined": "TEXT",
            "earliest": "TEXT",
            "latest": "TEXT",
            "aliases": "TEXT NOT NULL",
        },
        feed={PartyJoined: lambda e: (e.dialogue, e.party, e.name, *_days(e.joined), _list(e.aliases))},
        indexes=("dialogue, party",),
    ),
    Table(
        "series",
        columns={
            "series": "TEXT NOT NULL UNIQUE",
            "dialogue": f"TEXT NOT NULL REFERENCES dialogues (dialogue) {_LATER}",
            "name": "TEXT NOT NULL",
            "abbreviation": "TEXT NOT NULL",
            "aliases": "TEXT NOT NULL",
        },
        feed={SeriesOpened: lambda e: (e.series, e.dialogue, e.name, e.abbreviation, _list(e.aliases))},
        indexes=("dialogue",),
    ),
    Table(
        "meeting_reports",
        columns={
            "meeting": "TEXT NOT NULL",
            "report": "TEXT NOT NULL",
            "series": f"TEXT REFERENCES series (series) {_LATER}",
            **_DATED,
            "ordinal": "INTEGER",
            "format": "TEXT",
            "place": "TEXT",
            "country": "TEXT",
            "title": "TEXT",
            "reason": "TEXT",
            "postponed_until": "TEXT",
        },
        feed={
            MeetingAnnounced: lambda e: _meeting("announced", e),
            MeetingHeld: lambda e: _meeting("held", e),
            MeetingPostponed: lambda e: _interruption("postponed", e),
            MeetingCancelled: lambda e: _interruption("cancelled", e),
        },
        indexes=(
            "meeting",
            "series",
            f"series, earliest, latest WHERE {_VAGUE}",
            f"series, julianday(latest) - julianday(earliest) WHERE {_VAGUE}",
        ),
    ),
    State(
        "meetings",
        table="meeting_reports",
        key="meeting",
        columns={
            "meeting": "TEXT",
            "series": f"TEXT NOT NULL REFERENCES series (series) {_LATER}",
            "status": "TEXT NOT NULL",
            **_DATED,
            "ordinal": "INTEGER",
            "format": "TEXT",
            "place": "TEXT NOT NULL",
            "country": "TEXT NOT NULL",
            "title": "TEXT NOT NULL",
            "reason": "TEXT",
            "postponed_until": "TEXT",
            "fact": "INTEGER NOT NULL",
            "event": "INTEGER NOT NULL REFERENCES events",
        },
        # The last report that it was held shows, else the last announcement. The interruption of that one is found
        # as the greatest text that begins with its fact: a lookup of its row would cost `at` its indexes.
        select="""
            SELECT meeting, series, coalesce(json_extract(interruption, '$[0]'), report),
                   date, earliest, latest, ordinal, format, place, country, title,
                   json_extract(interruption, '$[1]'), json_extract(interruption, '$[2]'), fact, event
            FROM (SELECT *,
                         CASE WHEN report = 'held' THEN NULL
                              WHEN cancelled > printf('%019d', fact) THEN substr(cancelled, 20)
                              WHEN postponed > printf('%019d', fact) THEN substr(postponed, 20) END AS interruption
                  FROM (SELECT *,
                               row_number() OVER reports AS rank,
                               max(CASE WHEN report = 'cancelled' THEN wording END) OVER whole AS cancelled,
                               max(CASE WHEN report = 'postponed' THEN wording END) OVER whole AS postponed
                        FROM (SELECT *, CASE WHEN report IN ('cancelled', 'postponed')
                                             THEN printf('%019d', fact) || json_array(report, reason, postponed_until)
                                             END AS wording
                              FROM {rows})
                        WINDOW reports AS (PARTITION BY meeting ORDER BY report = 'held' DESC,
                                                                       report = 'announced' DESC, fact DESC),
                               whole AS (reports ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING))
                  WHERE rank = 1 AND series IS NOT NULL)""",
        indexes=("series, earliest",),
    ),
    Tally(
        # Held meetings by decade, year, month and day (level 3, 4, 7, 10: the length of the period). They are
        # possible from the earliest day they can have begun on, and certain from the latest, which is mostly
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
    Table(
        "attendance",
        columns={
            "meeting": f"TEXT NOT NULL REFERENCES meetings (meeting) {_LATER}",
            "party": "TEXT NOT NULL",
            "name": "TEXT NOT NULL",
            "office": "TEXT NOT NULL",
            "role": "TEXT NOT NULL",
            "on_behalf_of": "TEXT NOT NULL",
        },
        feed={DelegateAttended: lambda e: (e.meeting, e.party, e.name, e.office, str(e.role), e.on_behalf_of)},
        indexes=("meeting", "name"),
    ),
    Table(
        "topics",
        columns={"meeting": f"TEXT NOT NULL REFERENCES meetings (meeting) {_LATER}", "topic": "TEXT NOT NULL"},
        feed={TopicDiscussed: lambda e: (e.meeting, e.topic)},
        indexes=("meeting",),
    ),
    Table(
        "activities",
        columns={
            "meeting": f"TEXT NOT NULL REFERENCES meetings (meeting) {_LATER}",
            "title": "TEXT NOT NULL",
            "organisers": "TEXT NOT NULL",
            "field": "TEXT NOT NULL",
            **_DATED,
        },
        feed={ActivityReported: lambda e: (e.meeting, e.title, _list(e.organisers), e.field, *_days(e.date))},
        indexes=("meeting",),
    ),
    Table(
        "outcomes",
        columns={
            "meeting": f"TEXT NOT NULL REFERENCES meetings (meeting) {_LATER}",
            "title": "TEXT NOT NULL",
            "kind": "TEXT NOT NULL",
        },
        feed={OutcomeAgreed: lambda e: (e.meeting, e.title, e.kind)},
        indexes=("meeting",),
    ),
    Table(
        "statements",
        columns={
            "series": f"TEXT NOT NULL REFERENCES series (series) {_LATER}",
            "count": "INTEGER NOT NULL",
            "as_of": "TEXT NOT NULL",
            "earliest": "TEXT NOT NULL",
            "latest": "TEXT NOT NULL",
            "format": "TEXT",
            "reported_at": "TEXT",
            "ends": "TEXT NOT NULL",  # the last day it can reach: as of that day it is known
        },
        feed={
            CountStated: lambda e: (e.series, e.count, *_days(e.as_of), e.format, e.reported_at, str(e.as_of.latest))
        },
        indexes=("series, ends",),
    ),
    Table(
        "disputes",
        columns={"disputed": "TEXT NOT NULL", "claim": "TEXT NOT NULL", "reason": "TEXT NOT NULL"},
        feed={FactDisputed: _dispute},
        indexes=("disputed",),
    ),
    View(
        "cumulative_counts",
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
            FROM series s LEFT JOIN held_tallies t ON t.series = s.series AND t.level = 3
            GROUP BY s.fact ORDER BY s.fact""",
    ),
    View(
        # A correction without a source of its own keeps that of the fact it corrects.
        "evidence",
        # Two arms, so that a question for one fact is answered by its indexes.
        select="""
            SELECT f.fact AS fact, f.fact AS telling, e.position AS event, e.id AS event_id,
                   e.recorded_at AS recorded_at, e.by AS by, s.title AS title, s.url AS url, s.data AS source
            FROM facts f JOIN events e ON e.position = f.event JOIN events own ON own.position = f.fact
            LEFT JOIN sources s ON s.id = coalesce(e.source, own.source)
            UNION ALL
            SELECT f.fact, x.fact, e.position, e.id, e.recorded_at, e.by, s.title, s.url, s.data
            FROM facts f JOIN further x ON x.key = f.key JOIN events e ON e.position = x.event
            JOIN events own ON own.position = x.fact LEFT JOIN sources s ON s.id = coalesce(e.source, own.source)""",
    ),
)

STANDARD = Projection("standard", 2, _PARTS)
"""The projection of every registry; its version goes up whenever a part changes."""
