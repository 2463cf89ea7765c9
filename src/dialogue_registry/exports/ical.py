"""Meetings as an iCalendar (RFC 5545), for those whose days are known.

A calendar has no word for "some time in August 2004": a meeting whose days are not all
known is left out and named in the calendar's description, and no day is made up for it.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from dialogue_registry.errors import MissingExtraError
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.status import Status
from dialogue_registry.queries.results import Meeting
from dialogue_registry.registry.registry import Snapshot

if TYPE_CHECKING:
    from icalendar import Event


def calendar(registry: Snapshot) -> tuple[Iterator[bytes], tuple[str, ...]]:
    """Return the meetings as an iCalendar, piece by piece, and what had to be left out and why.

    Needs the extra ``[ics]``.

    The same registry gives the same bytes: a meeting's UID is made of its id, its DTSTAMP
    is the instant of the last event about it or its series, its SEQUENCE that event's position.
    """
    try:
        from icalendar import Calendar  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtraError(
            "a calendar needs the package icalendar: pip install 'dialogue-registry[ics]'"
        ) from None
    left_out = tuple(filter(None, map(_left_out, registry.meetings())))
    whole = Calendar()
    whole.add("PRODID", "-//dialogue_registry//dialogue-registry//EN")
    whole.add("VERSION", "2.0")
    for name in ("NAME", "X-WR-CALNAME"):  # the standard's, and the one that calendar programs read
        whole.add(name, ", ".join(dialogue.name for dialogue in registry.dialogues()))
    if left_out:
        whole.add("DESCRIPTION", f"Left out, for want of a day: {'; '.join(left_out)}")
    return _pieces(registry, whole.to_ical()), left_out


def _pieces(registry: Snapshot, whole: bytes) -> Iterator[bytes]:
    """Yield a calendar with its events: one at a time, since those of 6,000 meetings take 100 MB."""
    end = b"END:VCALENDAR\r\n"
    yield whole.removesuffix(end)
    names = {series.series: series.name for series in registry.series()}
    for meeting in registry.meetings():
        when, status = _when(meeting)
        days = _days(when)
        if days is not None and days[1] != date.max:
            yield _event(registry, meeting, names[meeting.series], days, status).to_ical()
    yield end


def _left_out(meeting: Meeting) -> str:
    """Return why a meeting has no place in a calendar; "" where it has one."""
    when, _ = _when(meeting)
    days = _days(when)
    if days is None:
        why = "its date is not known" if when is None else f"{when} is no known day"
        return f"{meeting.meeting}: {why}"
    if days[1] == date.max:
        return f"{meeting.meeting}: a calendar has no day after {days[1]}, on which it would end"
    return ""


def _when(meeting: Meeting) -> tuple[PartialDate | None, str]:
    """The date to show a meeting at, and its STATUS there."""
    match meeting.status:
        case Status.HELD:
            return meeting.date, "CONFIRMED"
        case Status.ANNOUNCED:
            return meeting.date, "TENTATIVE"
        case Status.POSTPONED if meeting.until is not None and _days(meeting.until):
            return meeting.until, "TENTATIVE"
        case _:  # cancelled, or postponed to nobody knows when: it does not take place on that day
            return meeting.date, "CANCELLED"


def _days(when: PartialDate | None) -> tuple[date, date] | None:
    """The first and the last day, if both are known."""
    if when is None or when.earliest != when.latest_start:
        return None
    return when.earliest, when.latest


def _event(registry: Snapshot, meeting: Meeting, series: str, days: tuple[date, date], status: str) -> "Event":
    from icalendar import Event  # noqa: PLC0415 - an extra

    # A correction that moves a fact to another meeting is filed under the meeting it moves from.
    last, recorded_at = registry.db.execute(
        "SELECT position, recorded_at FROM events WHERE subject IN (?, ?) OR position = ?"
        " ORDER BY position DESC LIMIT 1",
        (meeting.meeting, meeting.series, meeting.event),
    ).fetchone()
    stamp = datetime.fromisoformat(recorded_at).replace(microsecond=0)
    event = Event()
    event.add("UID", f"{meeting.meeting}@dialogue-registry")
    event.add("DTSTAMP", stamp)
    event.add("LAST-MODIFIED", stamp)
    event.add("SEQUENCE", last)
    event.add("DTSTART", days[0])
    event.add("DTEND", days[1] + timedelta(days=1))  # the day after the last
    event.add("STATUS", status)
    number = "" if meeting.ordinal is None else f" ({meeting.ordinal})"
    event.add("SUMMARY", meeting.title or f"{series}{number}")
    event.add("CATEGORIES", [series])
    if place := ", ".join(filter(None, (meeting.place, meeting.country))):
        event.add("LOCATION", place)
    told = [f"{meeting.status}{f': {meeting.reason}' if meeting.reason else ''}"]
    told += [" ".join(filter(None, (source.title, source.url))) for source in meeting.sources]
    event.add("DESCRIPTION", "\n".join(told))
    if url := next((source.url for source in meeting.sources if source.url), ""):
        event.add("URL", url)
    event.add("TRANSP", "TRANSPARENT")
    return event
