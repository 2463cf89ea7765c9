"""Anomalies of meetings: their numbers, days, status, and what was stated of how many there were."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import orjson

from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import MeetingHeld, Numbering
from dialogue_registry.model.status import Status, fold
from dialogue_registry.queries.numbering import terms_of
from dialogue_registry.queries.oddity import AnomalyKind, Oddity, counted, listed
from dialogue_registry.queries.reader import Reader

_MEETINGS = "SELECT meeting, series, status, date, earliest, latest, ordinal, period, fact, event FROM meetings"
_STATEMENTS = (
    "SELECT coalesce(series, dialogue), format, count, as_of, earliest, ends, event FROM statements"
    " ORDER BY latest, fact"
)
_ATTENDED = (
    "SELECT meeting, json_group_array(event) FROM attendance"
    " WHERE presence = 'present' AND meeting IN (SELECT value FROM json_each(?)) GROUP BY meeting"
)
_OTHER_REPORTS = {
    "absence": "SELECT meeting FROM attendance WHERE presence <> 'present'",
    "stated head-count": "SELECT meeting FROM headcounts",
    "topic": "SELECT meeting FROM topics",
    "activity": "SELECT meeting FROM activities",
    "outcome": "SELECT meeting FROM outcomes",
    "stated count": "SELECT reported_at AS meeting FROM statements",
}
"""By what they are, facts of the library about a meeting that speak of more than a plan."""
_PLURALS = {"activity": "activities"}


class Report(NamedTuple):
    """A meeting as a series has it; days are ISO 8601, None where the date is not known."""

    meeting: str
    series: str
    status: str
    date: str | None
    earliest: str | None
    latest: str | None
    ordinal: int | None
    period: str
    fact: int
    event: int


class Statement(NamedTuple):
    """A stated count of a series or dialogue."""

    about: str
    format: str | None
    number: int
    as_of: str
    earliest: str
    ends: str
    event: int


def _by_day(report: Report) -> tuple[object, ...]:
    number = (report.ordinal is not None, report.ordinal or 0)
    return report.earliest is None, report.earliest or "", report.latest or "", *number, report.fact


class MeetingAnomalies:
    """The meetings of a registry, and what is odd about them."""

    def __init__(self, connection: sqlite3.Connection, reader: Reader, today: str) -> None:
        self._connection = connection
        self._facts = reader.facts
        #: And those of a user's kinds, by their words.
        self._others = _OTHER_REPORTS | {
            kind.word: f'SELECT meeting FROM "{kind.table.name}"'
            for kind in reader.kinds.added
            if kind.about == ("meeting",)
        }
        self._today = today
        self.meetings = {row[0]: Report._make(row) for row in connection.execute(_MEETINGS).fetchall()}
        self.series = dict(connection.execute("SELECT series, dialogue FROM series ORDER BY fact").fetchall())
        self.shares = connection.execute("SELECT meeting, series, ordinal, period FROM shared_meetings").fetchall()
        self._reports: dict[str, list[Report]] = {series: [] for series in self.series}
        for report in self.meetings.values():
            self._reports[report.series].append(report)
        for meeting, series, ordinal, period in self.shares:
            if meeting in self.meetings:
                shared = self.meetings[meeting]._replace(series=series, ordinal=ordinal, period=period)
                self._reports[series].append(shared)

    def find(self) -> Iterator[Oddity]:
        """Yield what is odd."""
        numberings = dict(self._connection.execute("SELECT series, numbering FROM series").fetchall())
        statements: dict[str, list[Statement]] = {}
        for row in self._connection.execute(_STATEMENTS).fetchall():
            statements.setdefault(row[0], []).append(Statement._make(row))
        for series in self.series:
            held = sorted((r for r in self._reports[series] if r.status == Status.HELD), key=_by_day)
            for term, reports in terms_of(Numbering(numberings[series]), held, _year).items():
                yield from _ordinals(series, term, reports)
                yield from _running_count(series, reports)
            yield from _same_day(series, held)
        for about, stated in statements.items():
            yield from _going_down(about, stated)
        yield from self._in_the_future(one for of_one in statements.values() for one in of_one)
        yield from self._impossible()
        yield from self._before_launch()
        yield from self._announced()

    def _in_the_future(self, statements: Iterable[Statement]) -> Iterator[Oddity]:
        """Yield what cannot have happened yet: reports of the past whose day has not come."""
        today = self._today
        for report in self.meetings.values():
            if report.status == Status.HELD and (report.earliest or "") > today:
                why = f"held on {report.date}, and that day has not come"
                yield Oddity(AnomalyKind.HELD_IN_THE_FUTURE, report.meeting, why, (report.event,))
        rows = self._connection.execute(
            "SELECT meeting, report, day, event FROM meeting_reports WHERE day > ? ORDER BY fact", (today,)
        ).fetchall()
        for meeting, report, day, event in rows:
            why = f"reported as {report} on {day}, and that day has not come"
            yield Oddity(AnomalyKind.REPORTED_IN_THE_FUTURE, meeting, why, (event,))
        for one in statements:
            if one.earliest > today:
                why = f"{one.number} were stated as of {one.as_of}, and that day has not come"
                yield Oddity(AnomalyKind.STATED_OF_THE_FUTURE, one.about, why, (one.event,))
        launched = self._connection.execute(
            "SELECT dialogue, launched, event FROM dialogues WHERE earliest > ? ORDER BY fact", (today,)
        ).fetchall()
        for dialogue, day, event in launched:
            why = f"launched on {day}, and that day has not come"
            yield Oddity(AnomalyKind.LAUNCHED_IN_THE_FUTURE, dialogue, why, (event,))

    def _impossible(self) -> Iterator[Oddity]:
        """Yield what reports with days make impossible; without a day it would have been refused."""
        cancelled = self._connection.execute(
            "SELECT meeting FROM meeting_reports WHERE report = 'cancelled' GROUP BY meeting ORDER BY min(fact)"
        ).fetchall()
        reports = [self.meetings[meeting] for (meeting,) in cancelled if meeting in self.meetings]
        attended = self.attended(r.meeting for r in reports if r.status == Status.CANCELLED)
        for report in reports:
            if report.meeting in attended:
                why = "it was attended, and is cancelled"
                yield Oddity(AnomalyKind.ATTENDED_BUT_CANCELLED, report.meeting, why, (report.event,))
            elif report.status == Status.HELD:
                yield from self._cancelled_and_held(report)

    def _cancelled_and_held(self, meeting: Report) -> Iterator[Oddity]:
        facts = self._facts
        news = sorted(facts.news(meeting.meeting).news, key=lambda report: report.order)
        state = fold(report for report in news if not isinstance(report.report.content, MeetingHeld))
        if state is None or state.status is not Status.CANCELLED:
            return
        held = next(report for report in news if isinstance(report.report.content, MeetingHeld))
        cancelled = next(report for report in news if report.report.fact == state.latest.fact)
        first, last = ("cancelled", "held") if cancelled.order < held.order else ("held", "cancelled")
        yield Oddity(
            AnomalyKind.CANCELLED_AND_HELD,
            meeting.meeting,
            f"it was {first} and then {last}, and no announcement came between",
            (facts.state(cancelled.report.fact)[0] or cancelled.report.fact, meeting.event),
        )

    def attended(self, meetings: Iterable[str]) -> Mapping[str, tuple[int, ...]]:
        """Map meetings to the events of those who attended them."""
        if not (ids := list(meetings)):
            return {}
        rows = self._connection.execute(_ATTENDED, (orjson.dumps(ids).decode(),)).fetchall()
        return {meeting: tuple(sorted(orjson.loads(events))) for meeting, events in rows}

    def _before_launch(self) -> Iterator[Oddity]:
        launches = {
            row[0]: row
            for row in self._connection.execute("SELECT dialogue, launched, earliest, event FROM dialogues").fetchall()
        }
        for report in sorted(self.meetings.values(), key=lambda report: report.fact):
            dialogue, launched, earliest, event = launches[self.series[report.series]]
            if report.latest is not None and report.latest < earliest:
                why = f"dated {report.date}, before {dialogue} was launched ({launched})"
                yield Oddity(AnomalyKind.BEFORE_THE_LAUNCH, report.meeting, why, (report.event, event))

    def _announced(self) -> Iterator[Oddity]:
        """Yield meetings that were planned, and of which it was never reported that they were held."""
        waiting = {Status.ANNOUNCED: "", Status.POSTPONED: ", and postponed since"}
        planned = [report for report in self.meetings.values() if report.status in waiting]
        attended = self.attended(report.meeting for report in planned)
        past = [r for r in planned if r.status == Status.ANNOUNCED and r.latest is not None and r.latest < self._today]
        # A span that has not ended is no past one.
        past = [r for r in past if r.date is not None and PartialDate.of(r.date).latest.isoformat() < self._today]
        others = self._other_reports(report.meeting for report in past)
        silent = {report.meeting for report in past}
        for report in sorted(planned, key=lambda report: report.fact):
            if report.meeting in attended:
                events = attended[report.meeting]
                came = f"attended ({counted(len(events), 'delegate')}), and never recorded as held"
                why = f"{came}{waiting[Status(report.status)]}"
                yield Oddity(AnomalyKind.ATTENDED_BUT_ONLY_ANNOUNCED, report.meeting, why, (report.event, *events))
            elif report.meeting in silent and (also := others.get(report.meeting)):
                are = "is" if also.startswith("1 ") and " and " not in also else "are"
                why = f"announced for {report.date}, never recorded as held or cancelled, though {also} {are} recorded"
                yield Oddity(AnomalyKind.REPORTED_BUT_ONLY_ANNOUNCED, report.meeting, why, (report.event,))
            elif report.meeting in silent:
                why = f"announced for {report.date}, and nothing was recorded since"
                yield Oddity(AnomalyKind.ANNOUNCED_THEN_SILENCE, report.meeting, why, (report.event,))

    def _other_reports(self, meetings: Iterable[str]) -> Mapping[str, str]:
        """Return in words what is recorded of meetings beside their reports and who attended."""
        if not (ids := list(meetings)):
            return {}
        found: dict[str, list[str]] = {}
        asked = (orjson.dumps(ids).decode(),)
        for what, select in self._others.items():
            chosen = f"SELECT * FROM ({select}) WHERE meeting IN (SELECT value FROM json_each(?))"
            rows = self._connection.execute(f"SELECT meeting, count(*) FROM ({chosen}) GROUP BY 1", asked)
            for meeting, number in rows.fetchall():
                plural = what if "." in what else _PLURALS.get(what, "")
                found.setdefault(meeting, []).append(counted(number, what, plural))
        return {meeting: listed(words) for meeting, words in found.items()}


def _year(report: Report) -> str | None:
    earliest, latest = report.earliest or "", report.latest or ""
    return earliest[:4] if earliest and earliest[:4] == latest[:4] else None


def _ordinals(series: str, term: str, held: Sequence[Report]) -> Iterator[Oddity]:
    within = f" of {term}" if term else ""
    by_ordinal: dict[int, list[Report]] = {}
    for report in held:
        if report.ordinal is not None:
            by_ordinal.setdefault(report.ordinal, []).append(report)
    for ordinal, reports in sorted(by_ordinal.items()):
        if len(reports) > 1:
            names = " and ".join(report.meeting for report in reports)
            together = "both" if len(reports) == 2 else "all"
            why = f"{names} {together} bear number {ordinal}{within}"
            yield Oddity(AnomalyKind.DOUBLE_ORDINAL, series, why, tuple(report.event for report in reports))
    for low, high in pairwise(sorted(by_ordinal)):
        if high > low + 1:
            missing = str(low + 1) if high == low + 2 else f"{low + 1} to {high - 1}"
            first, second = by_ordinal[low][0], by_ordinal[high][0]
            why = f"no held meeting bears number {missing}{within}, between {first.meeting} and {second.meeting}"
            yield Oddity(AnomalyKind.GAP_IN_ORDINALS, series, why, (first.event, second.event))


def _running_count(series: str, held: Sequence[Report]) -> Iterator[Oddity]:
    ahead = 0
    # Windows that overlap leave the order open: there the ordinal is the better witness.
    dated = [report for report in held if report.latest is not None]
    dated.sort(key=lambda report: (report.latest, report.ordinal is None, report.ordinal or 0))
    number, borne = 0, set[int]()
    for report in dated:
        if report.ordinal in borne:  # a double ordinal, which is an anomaly of its own
            continue
        number += 1
        if report.ordinal is None:
            continue
        borne.add(report.ordinal)
        if report.ordinal - number != ahead:
            ahead = report.ordinal - number
            why = f"{report.meeting} bears number {report.ordinal} and is number {number} of those with a date"
            yield Oddity(AnomalyKind.ORDINAL_AGAINST_COUNT, series, why, (report.event,))


_MOST_DAYS = 5


def _same_day(series: str, held: Sequence[Report]) -> Iterator[Oddity]:
    """Yield in one line the days on which several meetings of a series were held."""
    by_day: dict[str, list[Report]] = {}
    for report in held:
        if report.earliest is not None and report.earliest == report.latest:
            by_day.setdefault(report.earliest, []).append(report)
    days = {day: reports for day, reports in sorted(by_day.items()) if len(reports) > 1}
    if not days:
        return
    words = [
        f"{' and '.join(report.meeting for report in reports)} were held on {day}" for day, reports in days.items()
    ]
    more = f"; and so on {counted(len(words) - _MOST_DAYS, 'further day')}" if len(words) > _MOST_DAYS else ""
    yield Oddity(
        AnomalyKind.SAME_DAY,
        series,
        "; ".join(words[:_MOST_DAYS]) + more,
        tuple(report.event for reports in days.values() for report in reports),
    )


def _going_down(about: str, stated: Sequence[Statement]) -> Iterator[Oddity]:
    highest: dict[str | None, Statement] = {}
    for statement in stated:
        before = highest.get(statement.format)
        if (
            before is not None
            and statement.number < before.number
            and statement.earliest >= before.ends  # else it may be the older one
        ):
            why = f"{before.number} were stated as of {before.as_of}, only {statement.number} as of {statement.as_of}"
            yield Oddity(AnomalyKind.STATEMENT_GOES_DOWN, about, why, (before.event, statement.event))
        else:
            highest[statement.format] = statement
