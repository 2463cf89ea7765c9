"""Anomalies: facts that are odd but may be true. They are recorded and counted, and listed here."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise

import attrs

from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Fact, MeetingHeld, Numbering
from dialogue_registry.model.standard_kinds import subject_of
from dialogue_registry.model.status import Status, fold
from dialogue_registry.queries.display import Rows, differing, table
from dialogue_registry.queries.reader import Reader
from dialogue_registry.queries.results import Dispute, Meeting, Series, Statement


@attrs.frozen(kw_only=True)
class Anomaly:
    """Something odd: its ``kind``, the id it is about, ``why``, and the ids of the events it comes from."""

    kind: str
    subject: str
    why: str
    events: tuple[str, ...]


class Anomalies(Rows[Anomaly]):
    """The anomalies of a registry; printed, they are a table."""

    __slots__ = ()

    def __str__(self) -> str:
        return "\n".join(table(("kind", "subject", "why"), [(a.kind, a.subject, a.why) for a in self]))


def find(connection: sqlite3.Connection, reader: Reader, today: date) -> Anomalies:
    """Return the anomalies that the views show, as of a day."""
    finder = _Finder(connection, reader)
    found: list[Anomaly] = []
    for series, numbering in ((one.series, one.numbering) for one in reader.selected(Series)):
        held = reader.held(series)
        for term, meetings in terms_of(numbering, held).items():
            found += finder.ordinals(series, term, meetings)
            found += finder.running_count(series, meetings)
        found += finder.same_day(series, held)
        found += finder.statements(series, reader.selected(Statement, "latest, fact", series=series))
    found += finder.impossible()
    found += finder.before_launch()
    found += finder.strangers()
    found += finder.unheard_of(today)
    found += finder.disputes()
    return Anomalies(found)


def terms_of(numbering: Numbering, held: Sequence[Meeting]) -> Mapping[str, Sequence[Meeting]]:
    """Return meetings by the term within which they are numbered: all of them, a year, a period.

    Where the numbers begin again each year, those are left out whose year is not known.
    """
    terms: dict[str, list[Meeting]] = {}
    for meeting in held:
        match numbering, meeting.date:
            case Numbering.BY_PERIOD, _:
                terms.setdefault(meeting.period, []).append(meeting)
            case Numbering.YEARLY, PartialDate() as day if day.earliest.year == day.latest_start.year:
                terms.setdefault(str(day.earliest.year), []).append(meeting)
            case Numbering.CONTINUOUS, _:
                terms.setdefault("", []).append(meeting)
    return terms


def _difference(dispute: Dispute) -> str:
    """Return the fields in which a claim differs from what stands, with both values."""
    return "; ".join(
        f"{name}: {_stated(dispute.standing, name)} stands, {_stated(dispute.claim, name)} is claimed"
        for name in differing(dispute.standing, dispute.claim)
    )


def _stated(fact: Fact, name: str) -> object:
    value = getattr(fact, name)
    return "nothing" if value in (None, "", ()) else value


class _Finder:
    def __init__(self, connection: sqlite3.Connection, reader: Reader) -> None:
        self._connection = connection
        self._reader = reader

    def _anomaly(self, kind: str, subject: str, why: str, positions: Sequence[int]) -> Anomaly:
        ids = [
            self._connection.execute("SELECT id FROM events WHERE position = ?", (position,)).fetchone()[0]
            for position in positions[:100]
        ]
        return Anomaly(kind=kind, subject=subject, why=why, events=tuple(ids))

    def ordinals(self, series: str, term: str, held: Sequence[Meeting]) -> Iterator[Anomaly]:
        within = f" of {term}" if term else ""
        by_ordinal: dict[int, list[Meeting]] = {}
        for meeting in held:
            if meeting.ordinal is not None:
                by_ordinal.setdefault(meeting.ordinal, []).append(meeting)
        for ordinal, meetings in sorted(by_ordinal.items()):
            if len(meetings) > 1:
                names = " and ".join(meeting.meeting for meeting in meetings)
                together = "both" if len(meetings) == 2 else "all"
                yield self._anomaly(
                    "double ordinal",
                    series,
                    f"{names} {together} bear number {ordinal}{within}",
                    [meeting.event for meeting in meetings],
                )
        for low, high in pairwise(sorted(by_ordinal)):
            if high > low + 1:
                missing = str(low + 1) if high == low + 2 else f"{low + 1} to {high - 1}"
                yield self._anomaly(
                    "gap in ordinals",
                    series,
                    f"no held meeting bears number {missing}{within}, between {by_ordinal[low][0].meeting} "
                    f"and {by_ordinal[high][0].meeting}",
                    [by_ordinal[low][0].event, by_ordinal[high][0].event],
                )

    def running_count(self, series: str, held: Sequence[Meeting]) -> Iterator[Anomaly]:
        ahead = 0
        dated = [meeting for meeting in held if meeting.date is not None]
        # Windows that overlap leave the order open: there the ordinal is the better witness.
        dated.sort(key=lambda m: (m.date is not None and m.date.latest_start, m.ordinal is None, m.ordinal or 0))
        number, borne = 0, set[int]()
        for meeting in dated:
            if meeting.ordinal in borne:  # a double ordinal, which is an anomaly of its own
                continue
            number += 1
            if meeting.ordinal is not None:
                borne.add(meeting.ordinal)
            if meeting.ordinal is not None and meeting.ordinal - number != ahead:
                ahead = meeting.ordinal - number
                yield self._anomaly(
                    "ordinal against count",
                    series,
                    f"{meeting.meeting} bears number {meeting.ordinal} and is number {number} of those with a date",
                    [meeting.event],
                )

    def same_day(self, series: str, held: Sequence[Meeting]) -> Iterator[Anomaly]:
        by_day: dict[date, list[Meeting]] = {}
        for meeting in held:
            if meeting.date is not None and meeting.date.earliest == meeting.date.latest_start:
                by_day.setdefault(meeting.date.earliest, []).append(meeting)
        for day, meetings in sorted(by_day.items()):
            if len(meetings) > 1:
                names = " and ".join(meeting.meeting for meeting in meetings)
                yield self._anomaly(
                    "same day", series, f"{names} were held on {day}", [meeting.event for meeting in meetings]
                )

    def statements(self, series: str, stated: Sequence[Statement]) -> Iterator[Anomaly]:
        highest: dict[str | None, Statement] = {}
        for statement in stated:
            before = highest.get(statement.format)
            if (
                before is not None
                and statement.count < before.count
                and statement.as_of.earliest >= before.as_of.latest  # else it may be the older one
            ):
                yield self._anomaly(
                    "statement goes down",
                    series,
                    f"{before.count} were stated as of {before.as_of}, only {statement.count} as of {statement.as_of}",
                    [before.event, statement.event],
                )
            else:
                highest[statement.format] = statement

    def before_launch(self) -> Iterator[Anomaly]:
        rows = self._connection.execute(
            "SELECT m.meeting, m.date, d.dialogue, d.launched, m.event, d.event FROM meetings m"
            " JOIN series s ON s.series = m.series JOIN dialogues d ON d.dialogue = s.dialogue"
            " WHERE m.latest < d.earliest ORDER BY m.fact"
        ).fetchall()
        for meeting, day, dialogue, launched, *events in rows:
            yield self._anomaly(
                "before the launch", meeting, f"dated {day}, before {dialogue} was launched ({launched})", events
            )

    def strangers(self) -> Iterator[Anomaly]:
        rows = self._connection.execute(
            "SELECT s.dialogue, a.party, group_concat(DISTINCT a.role), count(*), min(a.fact),"
            " json_group_array(a.event)"
            " FROM attendance a JOIN meetings m ON m.meeting = a.meeting JOIN series s ON s.series = m.series"
            " WHERE a.presence = 'present'"
            " AND NOT EXISTS (SELECT 1 FROM parties p WHERE p.dialogue = s.dialogue AND p.party = a.party)"
            " GROUP BY s.dialogue, a.party ORDER BY 5"
        ).fetchall()
        for dialogue, party, roles, number, _, events in rows:
            yield self._anomaly(
                "party that never joined",
                dialogue,
                f"{party} attended {number} time{'s' if number > 1 else ''} ({roles.replace(',', ', ')}) "
                f"and never joined {dialogue}: a guest?",
                [int(event) for event in events.strip("[]").split(",")],
            )

    def unheard_of(self, today: date) -> Iterator[Anomaly]:
        rows = self._connection.execute(
            "SELECT meeting, date, event FROM meetings WHERE status = 'announced' AND latest < ? ORDER BY fact",
            (today.isoformat(),),
        ).fetchall()
        for meeting, day, event in rows:
            if PartialDate.of(day).latest >= today:  # a span that has not ended
                continue
            yield self._anomaly(
                "announced, then silence", meeting, f"announced for {day}, and nothing was recorded since", [event]
            )

    def impossible(self) -> Iterator[Anomaly]:
        """Yield what reports with days make impossible; without a day it would have been refused."""
        meetings = self._connection.execute(
            "SELECT meeting, status, event FROM meetings m WHERE EXISTS (SELECT 1 FROM meeting_reports r"
            " WHERE r.meeting = m.meeting AND r.report = 'cancelled') AND (status = 'held' OR status = 'cancelled'"
            " AND EXISTS (SELECT 1 FROM attendance a WHERE a.meeting = m.meeting AND a.presence = 'present'))"
            " ORDER BY fact"
        ).fetchall()
        facts = self._reader.facts
        for meeting, status, event in meetings:
            if status == Status.CANCELLED:
                yield self._anomaly("attended but cancelled", meeting, "it was attended, and is cancelled", [event])
                continue
            news = sorted(facts.news(meeting).news, key=lambda report: report.order)
            state = fold(report for report in news if not isinstance(report.report.content, MeetingHeld))
            if state is None or state.status is not Status.CANCELLED:
                continue
            held = next(report for report in news if isinstance(report.report.content, MeetingHeld))
            cancelled = next(report for report in news if report.report.fact == state.said.fact)
            first, last = ("cancelled", "held") if cancelled.order < held.order else ("held", "cancelled")
            yield self._anomaly(
                "cancelled and held",
                meeting,
                f"it was {first} and then {last}, and no announcement came between",
                [facts.state(cancelled.report.fact)[0] or cancelled.report.fact, event],
            )

    def disputes(self) -> Iterator[Anomaly]:
        for dispute in self._reader.disputes():
            found = self._anomaly(
                "disputed",
                subject_of(dispute.standing),
                f"{_difference(dispute)}, as {', '.join(source.title for source in dispute.sources)} has it",
                [dispute.event],
            )
            yield attrs.evolve(found, events=(dispute.disputed, *found.events))
