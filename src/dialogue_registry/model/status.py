"""The status of one meeting from its reports: the six rules, pure.

Reports are taken in the order in which they were recorded; each is classified as *news* or
*further evidence* of one before it. The status is the fold of the news by (day, position).

1. *Day.* A report has the day of its ``on``, or where there is none the day its source was
   published; only a single day counts. One without a day takes the latest day of the
   reports recorded before it.
2. *Plan.* An announcement is a plan, and so is a postponement until some day. A
   postponement or a cancellation is about one plan.
3. *News or further evidence.* A report in words that stand already, and about the same
   plan, is further evidence unless it has a day of its own.
4. *Fold.* A report that only leaves fields empty keeps what was reported. Held is final.
5. *Refused* is only what has no day. Announcements that differ with no interruption between
   them contradict each other, unless each has a day of its own, and not the same.
6. *Said again by its own source*: whether a line is recorded at all is decided by
   :mod:`dialogue_registry.registry.decider`.
"""

from collections.abc import Hashable, Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

import attrs

from dialogue_registry.errors import SeriesMismatchError, StatusError
from dialogue_registry.model.events import (
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    Source,
    StatusReport,
)
from dialogue_registry.model.wordings import fold_fact


class Status(StrEnum):
    """The present status of a meeting."""

    ANNOUNCED = "announced"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    HELD = "held"


def own_day(report: StatusReport, source: Source | None) -> date | None:
    """Return the day of a report: of its ``on``, else of its source's ``published``; None unless a single day."""
    given = report.on
    if given is None and source is not None:
        given = source.published
    return given.earliest if given is not None and given.is_day else None


@attrs.frozen
class Report:
    """A status report that stands.

    ``fact`` is its number, the position where it was recorded; ``source`` tells its source
    from others; ``day`` is its own day, if it has one.
    """

    fact: int
    content: StatusReport
    source: Hashable = None
    day: date | None = None


@attrs.frozen
class Classified:
    """A report, and what it is: news (``leader`` None), or further evidence of the report ``leader``.

    ``order`` is its place among the reports: its day, or the day it takes, and its number.
    ``plan`` is the fact that is the plan it announces, ``about`` the plan that it is about.
    """

    report: Report
    order: tuple[date, int]
    leader: int | None = None
    plan: int | None = None
    about: int | None = None


@attrs.frozen
class MeetingState:
    """The status that the news of a meeting make.

    ``shown`` is the report whose date, place and so on are those of the meeting, ``latest``
    the report that its status comes from.
    """

    status: Status
    shown: Report
    latest: Report
    reason: str = ""
    until: Any = None


class ContradictionError(StatusError):
    """Two reports of one meeting say different things and nothing came between; ``stands`` is the other one."""

    def __init__(self, message: str, *, stands: Report) -> None:
        super().__init__(message)
        self.stands = stands


def leaves_empty(report: StatusReport, other: StatusReport) -> bool:
    """Return whether a report has the words of another, or leaves some of its fields empty; days aside."""
    if type(report) is not type(other):
        return False
    one, two = fold_fact(report), fold_fact(other)
    for field in attrs.fields(type(report)):
        value = getattr(one, field.name)
        if field.name != "on" and value != getattr(two, field.name) and value not in (None, ""):
            return False
    return True


class Story:
    """The standing reports of one meeting, taken one by one in the order in which they were recorded."""

    def __init__(self, meeting: str) -> None:
        self.meeting = meeting
        self.news: list[Classified] = []
        self._by_source: dict[Hashable, list[Classified]] = {}

    def add(self, report: Report) -> Classified:
        """Take in a report that was recorded after those before; return what it is."""
        classified = self.classify(report)
        self.keep(classified)
        return classified

    def keep(self, classified: Classified) -> None:
        """Take in a report that is classified already."""
        if classified.leader is None:
            self.news.append(classified)
        self._by_source.setdefault(classified.report.source, []).append(classified)

    def own(self, source: Hashable) -> list[Classified]:
        """Return the reports of one source, by their order."""
        return sorted(self._by_source.get(source, ()), key=lambda classified: classified.order)

    def classify(self, report: Report) -> Classified:
        """Return what a report would be."""
        order = (report.day or self._latest_day(), report.fact)
        before = sorted((n for n in self.news if n.order < order), key=lambda n: n.order)
        match report.content:
            case MeetingAnnounced():
                return self._announcement(report, order, before)
            case MeetingHeld():
                held = next((n for n in self.news if isinstance(n.report.content, MeetingHeld)), None)
                leader = held.report.fact if held and leaves_empty(report.content, held.report.content) else None
                return Classified(report, order, leader)
            case _:
                return self._interruption(report, order, before)

    def _latest_day(self) -> date:
        return max((n.report.day for n in self.news if n.report.day), default=date.min)

    def _announcement(self, report: Report, order: tuple[date, int], before: Sequence[Classified]) -> Classified:
        for known in before:
            if self._is_evidence(report, known):
                return Classified(report, order, leader=known.report.fact, plan=known.plan)
        return Classified(report, order, plan=report.fact)

    def _interruption(self, report: Report, order: tuple[date, int], before: Sequence[Classified]) -> Classified:
        about = self._about(report, order, before)
        is_held = any(isinstance(n.report.content, MeetingHeld) for n in before)
        leader: Classified | None = None
        for known in before:
            if leader is None and is_held and report.day is None and leaves_empty(report.content, known.report.content):
                leader = known
            if known.about == about and self._is_evidence(report, known):
                leader = known
                break
        if leader is not None:
            return Classified(report, order, leader.report.fact, plan=leader.plan, about=leader.about)
        is_plan = isinstance(report.content, MeetingPostponed) and report.content.until is not None
        return Classified(report, order, plan=report.fact if is_plan else None, about=about)

    @staticmethod
    def _is_evidence(report: Report, known: Classified) -> bool:
        same_day = report.day is None or report.day == known.report.day
        return same_day and leaves_empty(report.content, known.report.content)

    def _about(self, report: Report, order: tuple[date, int], before: Sequence[Classified]) -> int | None:
        """Return the plan that a postponement or cancellation is about."""
        # Reports without a source have none in common.
        own = [] if report.source is None else [c for c in self.own(report.source) if c.order < order]
        announced = [c.plan for c in own if c.plan is not None]
        repeated = [c.about for c in own if leaves_empty(report.content, c.report.content)]
        standing = [n.plan for n in before if n.plan is not None]
        about = next((plans[-1] for plans in (announced, repeated, standing) if plans), None)
        by_fact = {n.report.fact: n for n in self.news}
        while about is not None and leaves_empty(report.content, by_fact[about].report.content):
            about = by_fact[about].about  # a postponement until some day, repeated, is not about itself
        return about

    # --- what may stand ----------------------------------------------------------------

    def check(self, classified: Classified, *, attended: bool) -> None:
        """Raise a StatusError unless a classified report, not yet taken in, may follow those before it."""
        report = classified.report
        if classified.leader is not None:
            return
        if isinstance(report.content, MeetingAnnounced | MeetingHeld):
            self._check_series(report.content)
        if isinstance(report.content, MeetingHeld):
            held = next((n.report for n in self.news if isinstance(n.report.content, MeetingHeld)), None)
            if held is not None:
                raise ContradictionError(f"{self.meeting!r} was held in two ways at once", stands=held)
        if isinstance(report.content, MeetingAnnounced):
            self._check_announcements(classified)
        if report.day is None:
            self._check_status(report.content, attended=attended)

    def _check_series(self, content: MeetingAnnounced | MeetingHeld) -> None:
        for known in self.news:
            other = known.report.content
            if isinstance(other, MeetingAnnounced | MeetingHeld) and other.series != content.series:
                raise SeriesMismatchError(
                    f"meeting {self.meeting!r} belongs to series {other.series!r}, not to {content.series!r}: "
                    f"a meeting stays in its series; a joint one is reported under {other.series!r}, and the other "
                    "series recorded with MeetingShared(…); correct the earlier report if that was wrong"
                )

    def _check_announcements(self, classified: Classified) -> None:
        line = sorted([*self.news, classified], key=lambda n: n.order)
        plain = [n for n in line if not isinstance(n.report.content, MeetingHeld)]
        place = plain.index(classified)
        for neighbour in [*plain[max(place - 1, 0) : place], *plain[place + 1 : place + 2]]:
            if not isinstance(neighbour.report.content, MeetingAnnounced):
                continue
            first, second = sorted((neighbour, classified), key=lambda n: n.order)
            days = (first.report.day, second.report.day)
            if leaves_empty(second.report.content, first.report.content):
                continue
            if None in days or days[0] == days[1]:
                raise ContradictionError(
                    f"{self.meeting!r} would be announced in two ways at once, with no postponement or cancellation "
                    "between: correct one announcement, or give each the day on which it was made (on=…)",
                    stands=neighbour.report,
                )

    def _check_status(self, content: StatusReport, *, attended: bool) -> None:
        # An amendment can make a cancellation the first report of a meeting: then no state comes of it.
        last = max(self.news, key=lambda n: n.order, default=None)
        held = any(isinstance(n.report.content, MeetingHeld) for n in self.news)
        match content:
            case MeetingHeld() if last is not None and isinstance(last.report.content, MeetingCancelled):
                raise StatusError(
                    f"{self.meeting!r} was cancelled, so it was not held: record that it was announced again first, "
                    "from the source that says so, or retract the cancellation"
                )
            case MeetingPostponed() | MeetingCancelled() if held:
                done = "postponed" if isinstance(content, MeetingPostponed) else "cancelled"
                raise StatusError(
                    f"{self.meeting!r} was held, so it was not {done}: if it was not held after all, "
                    "retract that it was held first"
                )
            case MeetingCancelled() if attended:
                raise StatusError(
                    f"{self.meeting!r} was attended, so it was not cancelled: retract its attendance first"
                )


def fold(news: Iterable[Classified]) -> MeetingState | None:
    """Return what the news of a meeting come to; None where none announces it or says that it was held."""
    plan: Report | None = None
    held: Report | None = None
    status, latest = Status.ANNOUNCED, None
    reason, until = "", None
    for classified in sorted(news, key=lambda n: n.order):
        report = classified.report
        match report.content:
            case MeetingHeld():
                held = held or report
            case MeetingAnnounced():
                if plan is None or not leaves_empty(report.content, plan.content):
                    plan = report
                status, latest, reason, until = Status.ANNOUNCED, report, "", None
            case MeetingPostponed() as content:
                keeps = status is Status.POSTPONED and content.until in (None, until) and content.reason in ("", reason)
                if not keeps:
                    reason, until = content.reason, content.until
                if not keeps or latest is None:
                    latest = report
                status = Status.POSTPONED
            case MeetingCancelled() as content:
                keeps = status is Status.CANCELLED and content.reason in ("", reason)
                if not keeps:
                    status, latest, reason, until = Status.CANCELLED, report, content.reason, None
    if held is not None:
        return MeetingState(Status.HELD, held, held)
    if plan is None or latest is None:
        return None
    return MeetingState(status, plan, latest, reason, until)
