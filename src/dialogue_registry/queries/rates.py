"""Attendance rates: of the meetings held while a party was a member, how many it came to.

For each meeting a party is *present* if anybody of it came. Else it is *absent* if any absence
is recorded (*excused* if all that are recorded were), else *not known*. Who is on no list may
have come. So a rate has bounds. All is added up by SQLite.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

import attrs
import orjson

from dialogue_registry.model.events import Level
from dialogue_registry.model.texts import fold_text
from dialogue_registry.queries.counts import Bounds
from dialogue_registry.queries.display import Rows, Shown
from dialogue_registry.queries.members import terms
from dialogue_registry.queries.persons import WHO, Named
from dialogue_registry.queries.subjects import check_known


@attrs.frozen(kw_only=True)
class AttendanceRate(Shown):
    """The share of meetings held while it was a member that a party came to; or a person, of those that name it.

    ``present``, ``absent``, ``excused`` and ``not_known`` add up to ``held``. The ``rate`` is
    certainly present / held, and possibly (present + not_known) / held. ``party`` is written
    as where it joined first, else as in a list. ``person`` is the id of the person, else the
    name as it was written last; "" of a party.
    """

    party: str
    person: str
    held: int
    present: int
    absent: int
    excused: int
    not_known: int
    rate: Bounds


@attrs.frozen(kw_only=True)
class YearlyAttendanceRate(AttendanceRate):
    """An attendance rate of the meetings of one ``year``; None of those whose year is not known."""

    year: int | None


@attrs.frozen(kw_only=True)
class NonMember(Shown):
    """A party that was no member: how many meetings it came to, and for how many an absence is recorded."""

    party: str
    present: int
    absent: int
    excused: int


class Outcome(StrEnum):
    """The way in which a member took part in a meeting."""

    PRESENT = "present"
    ABSENT = "absent"
    EXCUSED = "excused"
    NOT_KNOWN = "not known"


@attrs.frozen(kw_only=True)
class Cell(Shown):
    """The outcome of one member at one meeting; ``year`` is that of the meeting, None where not known."""

    party: str
    meeting: str
    year: int | None
    outcome: Outcome


@attrs.frozen(kw_only=True)
class Scope:
    """The meetings and delegates that are looked at."""

    series: str | None = None
    dialogue: str | None = None
    level: Level | None = None
    as_of: date | None = None
    standing: str | None = "member"


_HELD = """
held (meeting, dialogue, earliest, latest, year) AS MATERIALIZED (
    SELECT DISTINCT m.meeting, s.dialogue, m.earliest, m.latest,
           iif(substr(m.earliest, 1, 4) = substr(m.latest, 1, 4), substr(m.earliest, 1, 4), NULL)
    FROM series_meetings m JOIN series s ON s.series = m.series
    WHERE m.status = 'held' AND coalesce(:series, m.series) = m.series AND coalesce(:dialogue, s.dialogue) = s.dialogue
      AND (:as_of IS NULL OR m.latest <= :as_of))"""
_EXPECTED = """
member (dialogue, party, first, until, place) AS MATERIALIZED (
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, key FROM json_each(:members)),
expected (meeting, party, year, place) AS MATERIALIZED (
    SELECT h.meeting, w.party, h.year, min(w.place) FROM held h JOIN member w ON w.dialogue = h.dialogue
    WHERE h.earliest IS NULL OR (h.earliest < w.until AND h.latest >= w.first) GROUP BY h.meeting, w.party)"""
_AT_LEVEL = "level IN (SELECT value FROM json_each(:levels))"
_WHOLE_PARTY = "(name = '' AND office = '' AND person = '')"


def _came(who: str, level: Level | None) -> str:
    """Return the SQL of who was present or absent at each meeting; ``who`` is the column of the person, or ''."""
    wanted = f"({_AT_LEVEL} OR (presence <> 'present' AND {_WHOLE_PARTY}))" if level else "1"
    named = f"AND {WHO} <> ''" if who else ""
    return f"""
alias (of_party, of_who, key_party, key_person) AS MATERIALIZED (
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(:aliases)),
came (meeting, party, person, present, absent) AS MATERIALIZED (
    SELECT a.meeting, coalesce(x.key_party, a.party), {f"coalesce(x.key_person, {WHO})" if who else "''"},
           max(presence = 'present'), max(presence = 'absent')
    FROM attendance a LEFT JOIN alias x ON x.of_party = a.party AND x.of_who = {WHO if who else "''"}
    WHERE {wanted} {named} AND a.meeting IN (SELECT meeting FROM held) GROUP BY 1, 2, 3)"""


_SUMS = """
count(*), count(*) FILTER (WHERE c.present), count(*) FILTER (WHERE NOT c.present AND c.absent),
count(*) FILTER (WHERE NOT c.present AND NOT c.absent)"""


def attendance_rates(
    connection: sqlite3.Connection, scope: Scope, *, by: str = "party", yearly: bool = False
) -> Rows[AttendanceRate]:
    """Return the rates of parties in the order they joined, or of persons by party and name."""
    year = "year" if yearly else "NULL"
    params = _params(connection, scope, by)
    if by == "party":
        sql = f"""WITH {_HELD}, {_EXPECTED}, {_came("", scope.level)}
            SELECT e.party, '', {year}, {_SUMS} FROM expected e
            LEFT JOIN came c ON c.meeting = e.meeting AND c.party = e.party
            GROUP BY e.party, {year} ORDER BY min(e.place), {year} IS NULL, {year}"""
    else:
        sql = f"""WITH {_HELD}, {_came("person", scope.level)}, once (meeting, year) AS (
                SELECT DISTINCT meeting, year FROM held)
            SELECT c.party, c.person, {year}, {_SUMS} FROM came c JOIN once h ON h.meeting = c.meeting
            GROUP BY c.party, c.person, {year} ORDER BY c.party, c.person, {year} IS NULL, {year}"""
    rows = connection.execute(sql, params).fetchall()
    return Rows(_rate(row, params, yearly=yearly) for row in rows)


def non_members(connection: sqlite3.Connection, scope: Scope) -> Rows[NonMember]:
    """Return the parties that were no members at meetings for which they are listed, in alphabetical order."""
    sql = f"""WITH {_HELD}, {_EXPECTED}, {_came("", scope.level)}
        SELECT c.party, {_SUMS} FROM came c
        WHERE NOT EXISTS (SELECT 1 FROM expected e WHERE e.meeting = c.meeting AND e.party = c.party)
        GROUP BY c.party ORDER BY c.party"""
    params = _params(connection, scope, "party")
    return Rows(
        NonMember(party=params["parties"][party], present=present, absent=absent, excused=excused)
        for party, _, present, absent, excused in connection.execute(sql, params)
    )


def attendance_grid(connection: sqlite3.Connection, scope: Scope) -> Rows[Cell]:
    """Return a cell for each member and meeting held: meetings by their days, members in the order they joined."""
    sql = f"""WITH {_HELD}, {_EXPECTED}, {_came("", scope.level)}
        SELECT e.party, e.meeting, e.year,
               CASE WHEN c.present THEN 'present' WHEN c.absent THEN 'absent'
                    WHEN c.meeting IS NOT NULL THEN 'excused' ELSE 'not known' END
        FROM expected e JOIN (SELECT meeting, min(earliest) AS day, min(latest) AS last FROM held GROUP BY meeting) h
          ON h.meeting = e.meeting
        LEFT JOIN came c ON c.meeting = e.meeting AND c.party = e.party
        ORDER BY h.day IS NULL, h.day, h.last, e.meeting, e.place"""
    params = _params(connection, scope, "party")
    cells = [
        Cell(
            party=params["parties"][party],
            meeting=meeting,
            year=None if year is None else int(year),
            outcome=Outcome(outcome),
        )
        for party, meeting, year, outcome in connection.execute(sql, params)
    ]
    return Rows(cells)


def _params(connection: sqlite3.Connection, scope: Scope, by: str) -> dict[str, Any]:
    """Return what the statements are asked with, and how persons and parties are shown; raises UnknownSubjectError."""
    check_known(connection, series=scope.series, dialogue=scope.dialogue)
    all_terms = terms(connection, scope.dialogue)
    members = [
        (term.dialogue, fold_text(term.party), term.possible_from, term.possible_until)
        for term in all_terms
        if scope.standing in (None, term.standing)
    ]
    listed = [party for (party,) in connection.execute("SELECT DISTINCT party FROM attendance ORDER BY party")]
    names = _Names(connection) if by == "person" else None
    of_parties = ((party, "", fold_text(party), "") for party in listed if fold_text(party) != party)
    aliases = list(of_parties if names is None else names.aliases)
    levels = [level for level in Level if scope.level is not None and level >= scope.level]
    return {
        "series": scope.series,
        "dialogue": scope.dialogue,
        "as_of": None if scope.as_of is None else scope.as_of.isoformat(),
        "members": orjson.dumps(members).decode(),
        "aliases": orjson.dumps(aliases).decode(),
        "levels": orjson.dumps(levels).decode(),
        "names": {} if names is None else names.shown,
        "parties": {fold_text(party): party for party in reversed([*(term.party for term in all_terms), *listed])},
    }


_LAST_NAMES = f"SELECT party, {WHO}, max(fact), name FROM attendance WHERE {WHO} <> '' GROUP BY 1, 2"


class _Names:
    """The names of all persons: what stands for each in its key, and how each is shown."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        named = Named(connection)
        self.aliases: list[tuple[str, str, str, str]] = []
        #: By their keys: the id of the person, else the name as it was written last.
        self.shown: dict[tuple[str, str], str] = {}
        latest: dict[tuple[str, str], tuple[bool, int]] = {}
        for party, who, fact, name in connection.execute(_LAST_NAMES).fetchall():
            key = named.key(party, who)
            if key != (party, who):
                self.aliases.append((party, who, *key))
            place = (who != name, fact)
            if place > latest.get(key, (False, 0)):
                latest[key] = place
                self.shown[key] = who


def _rate(row: Sequence[Any], params: Mapping[str, Any], *, yearly: bool) -> AttendanceRate:
    party, person, year, held, present, absent, excused = row
    not_known = held - present - absent - excused
    values: dict[str, Any] = {
        "party": params["parties"][party],
        "person": params["names"].get((party, person), person),
        "held": held,
        "present": present,
        "absent": absent,
        "excused": excused,
        "not_known": not_known,
        "rate": Bounds(present / held, (present + not_known) / held),
    }
    if yearly:
        return YearlyAttendanceRate(year=None if year is None else int(year), **values)
    return AttendanceRate(**values)
