"""Meetings that were announced as of a day and not yet held then: their reports, folded up to that day."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import attrs

from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Format, MeetingAnnounced, MeetingCancelled, MeetingPostponed, StatusReport
from dialogue_registry.model.status import MeetingState, Report, Status, Story, fold
from dialogue_registry.queries.reader import Reader
from dialogue_registry.queries.results import Meeting

_FIELDS = ("series", "date", "ordinal", "period", "format", "place", "country", "title")
_REPORTS = f"""
SELECT fact, report, day, reason, until_, {", ".join(_FIELDS)} FROM meeting_reports
WHERE meeting = ? AND report <> 'held' AND (? IS NULL OR day IS NULL OR day <= ?) ORDER BY fact
"""


def upcoming(reader: Reader, series: Sequence[str], day: date | None) -> Sequence[tuple[Meeting, tuple[int, ...]]]:
    """Return the meetings of some series announced or postponed as of a day, by their days, with the facts that say so.

    Reports of a later day are set aside, and so is a meeting whose planned day is over, or
    that may have been held by then.
    """
    found: dict[str, tuple[Meeting, tuple[int, ...]]] = {}
    for meeting in (meeting for one in series for meeting in reader.meetings(series=one)):
        if meeting.status is Status.HELD and not _is_after(meeting.date, day):
            continue
        state = _state(reader, meeting.meeting, day)
        if state is None or state.status is Status.CANCELLED:
            continue
        planned = _planned(meeting, state)
        if planned.date is None or day is None or planned.date.latest > day:
            facts = tuple(dict.fromkeys((state.shown.fact, state.latest.fact)))
            found.setdefault(meeting.meeting, (planned, facts))
    return sorted(found.values(), key=lambda one: _order(one[0].date))


def _is_after(when: PartialDate | None, day: date | None) -> bool:
    return day is not None and when is not None and when.earliest > day


def _order(when: PartialDate | None) -> tuple[date, date]:
    return (date.max, date.max) if when is None else (when.earliest, when.latest)


def _state(reader: Reader, meeting: str, day: date | None) -> MeetingState | None:
    until = None if day is None else day.isoformat()
    story = Story(meeting)
    for fact, report, reported, reason, until_, *values in reader.query(_REPORTS, (meeting, until, until)).fetchall():
        content = _content(report, reason or "", until_, dict(zip(_FIELDS, values, strict=True)))
        story.add(Report(fact, content, fact, None if reported is None else date.fromisoformat(reported)))
    return fold(story.news)


def _content(report: str, reason: str, until: str | None, fields: dict[str, Any]) -> StatusReport:
    if report == "postponed":
        return MeetingPostponed(meeting="m", reason=reason, until=until)
    if report == "cancelled":
        return MeetingCancelled(meeting="m", reason=reason)
    return MeetingAnnounced(meeting="m", **fields)


def _planned(meeting: Meeting, state: MeetingState) -> Meeting:
    """Return a meeting as its plan has it."""
    plan = state.shown.content
    assert isinstance(plan, MeetingAnnounced)
    when = plan.date if state.status is Status.ANNOUNCED else state.until
    return attrs.evolve(
        meeting,
        status=state.status,
        date=when,
        ordinal=plan.ordinal,
        format=None if plan.format is None else Format(plan.format),
        place=plan.place,
        country=plan.country,
        title=plan.title,
        reason=state.reason,
        until=state.until,
    )
