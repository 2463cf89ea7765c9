"""Meetings as an iCalendar (RFC 5545), for those whose days are known.

A calendar has no word for "some time in August 2004". A meeting whose days are not all known is
left out and named in the calendar's description. No day is made up for it.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from dialogue_registry.errors import needs_extra
from dialogue_registry.exports.jsonld import shared_series
from dialogue_registry.exports.node import addresses
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.status import Status
from dialogue_registry.queries.display import printable
from dialogue_registry.queries.names import NamesInLanguage
from dialogue_registry.queries.reader import BY_DAY, Reader
from dialogue_registry.queries.results import Meeting, Series


def undated(reader: Reader) -> tuple[str, ...]:
    """Return the meetings that a calendar cannot hold, each with why."""
    reasons = ((meeting.meeting, _why_not(meeting)) for meeting in reader.stream(Meeting, order=BY_DAY))
    return tuple(f"{meeting}: {why}" for meeting, why in reasons if why)


def calendar(reader: Reader, left_out: tuple[str, ...], language: str | None = None) -> Iterator[bytes]:
    """Yield the pieces of an iCalendar of the meetings, with the names of a language; needs the extra ``[ics]``.

    The same registry gives the same bytes. A meeting's UID is made of its id. Its DTSTAMP is
    the instant of the last event about it or its series, its SEQUENCE that event's position.
    """
    with needs_extra("ics", "a calendar needs the package icalendar"):
        import icalendar  # noqa: PLC0415 - an extra
    return _pieces(icalendar, reader, left_out, NamesInLanguage(reader.connection, language))


def _pieces(library: Any, reader: Reader, left_out: tuple[str, ...], names: NamesInLanguage) -> Iterator[bytes]:
    head, end, rest = _head(library, reader, left_out, names).to_ical().rpartition(b"END:VCALENDAR")
    yield head
    of_series = {series.series: names.series(series).name for series in reader.rows(Series)}
    stamps = _Stamps(reader)
    shared = shared_series(reader)
    for meeting in reader.stream(Meeting, order=BY_DAY):
        if not _why_not(meeting):
            of = [of_series[series] for series in (meeting.series, *shared.get(meeting.meeting, ()))]
            title = names.meeting(meeting, of[0])
            sequence, stamp = stamps.of(meeting)
            yield _event(library, meeting, title=title, series=of, sequence=sequence, stamp=stamp).to_ical()
    yield end + rest


def _head(library: Any, reader: Reader, left_out: tuple[str, ...], names: NamesInLanguage) -> Any:
    calendar = library.Calendar()
    calendar.add("PRODID", "-//dialogue_registry//dialogue-registry//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", "PUBLISH")
    for name in ("NAME", "X-WR-CALNAME"):  # the standard's, and the one that calendar programs read
        calendar.add(name, _text(library, ", ".join(names.dialogue(one).name for one in reader.dialogues())))
    if left_out:
        calendar.add("DESCRIPTION", _text(library, f"Left out, for want of a day: {'; '.join(left_out)}"))
    return calendar


def _text(library: Any, text: str, *, between: str = " ") -> Any:
    """Return a text as a calendar can hold it: its lines joined, and no other control character in it."""
    return library.vText(printable(between.join(text.splitlines())))


def _why_not(meeting: Meeting) -> str:
    """Return why a calendar cannot hold a meeting, "" where it can."""
    when, _ = _when(meeting)
    days = _days(when)
    if when is None:
        return "its date is not known"
    if days is None:
        return f"{when} is no known day"
    return f"a calendar has no day after {days[1]}, on which it would end" if days[1] == date.max else ""


def _when(meeting: Meeting) -> tuple[PartialDate | None, str]:
    """Return the date to show a meeting at, and its STATUS there."""
    match meeting.status:
        case Status.HELD:
            return meeting.date, "CONFIRMED"
        case Status.ANNOUNCED:
            return meeting.date, "TENTATIVE"
        case Status.POSTPONED if meeting.until is not None and _days(meeting.until):
            return meeting.until, "TENTATIVE"
        case _:  # cancelled, or postponed to no known day: it does not take place on that day
            return meeting.date, "CANCELLED"


def _days(when: PartialDate | None) -> tuple[date, date] | None:
    """Return the first and the last day, if both are known."""
    if when is None or when.earliest != when.latest_start:
        return None
    return when.earliest, when.latest


class _Stamps:
    """The position and the instant of the last event about a meeting or its series."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._of_series = lru_cache(maxsize=None)(self._last)

    def of(self, meeting: Meeting) -> tuple[int, datetime]:
        # A correction that moves a fact to another meeting is filed under the meeting it moves from.
        last = max(self._last(meeting.meeting), self._of_series(meeting.series), meeting.event)
        (instant,) = self._reader.query("SELECT recorded_at FROM events WHERE position = ?", (last,)).fetchone()
        return last, datetime.fromisoformat(instant).replace(microsecond=0)

    def _last(self, subject: str) -> int:
        rows = self._reader.query(
            "SELECT position FROM events WHERE subject = ? ORDER BY version DESC LIMIT 1", (subject,)
        )
        return max((position for (position,) in rows), default=0)


def _event(
    library: Any, meeting: Meeting, *, title: str, series: Sequence[str], sequence: int, stamp: datetime
) -> Any:  # fmt: skip
    when, status = _when(meeting)
    days = _days(when)
    assert days is not None
    event = library.Event()
    event.add("UID", f"{meeting.meeting}@dialogue-registry")
    event.add("DTSTAMP", stamp)
    event.add("LAST-MODIFIED", stamp)
    event.add("SEQUENCE", sequence)
    event.add("DTSTART", days[0])
    event.add("DTEND", days[1] + timedelta(days=1))  # the day after the last
    event.add("STATUS", status)
    event.add("SUMMARY", _text(library, title))
    event.add("CATEGORIES", [_text(library, name) for name in series])
    if place := ", ".join(filter(None, (meeting.place, meeting.country))):
        event.add("LOCATION", _text(library, place))
    event.add("DESCRIPTION", _text(library, _description(meeting), between="\n"))
    if url := next((url for source in meeting.sources for url in addresses(source.url)), ""):
        event.add("URL", url)
    event.add("TRANSP", "TRANSPARENT")
    return event


def _description(meeting: Meeting) -> str:
    until = f" until {meeting.until}" if meeting.until is not None else ""
    reason = f": {meeting.reason}" if meeting.reason else ""
    sources = [" ".join(filter(None, (source.title, source.url))) for source in meeting.sources]
    return "\n".join([f"{meeting.status}{until}{reason}", *sources])
