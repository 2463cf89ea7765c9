"""Dialogues and meetings in the words of schema.org, as JSON-LD for web pages.

A month or a year stays one (ISO 8601 allows it); a meeting of which only a window of days
is known has no ``startDate``.
"""

from collections.abc import Iterator, Mapping

from dialogue_registry.exports.addresses import addresses
from dialogue_registry.exports.node import Node, document, filled
from dialogue_registry.exports.title import title_of
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Format, Source
from dialogue_registry.model.status import Status
from dialogue_registry.queries.reader import BY_DAY, Reader
from dialogue_registry.queries.results import Attendance, Meeting, Series

_MODES: Mapping[Format, str] = {
    Format.IN_PERSON: "OfflineEventAttendanceMode",
    Format.ONLINE: "OnlineEventAttendanceMode",
    Format.HYBRID: "MixedEventAttendanceMode",
}
_STATUSES: Mapping[Status, str] = {
    Status.ANNOUNCED: "EventScheduled",
    Status.HELD: "EventScheduled",
    Status.CANCELLED: "EventCancelled",
    Status.POSTPONED: "EventPostponed",
}


def json_ld(reader: Reader) -> Iterator[bytes]:
    """Yield the pieces of a document with the series and meetings as one graph of EventSeries and Event."""
    return document({"@context": "https://schema.org", "@graph": _graph(reader)})


def _graph(reader: Reader) -> Iterator[Node]:
    dialogues = {dialogue.dialogue: dialogue for dialogue in reader.dialogues()}
    parties = {party.party: party.name for dialogue in dialogues.values() for party in dialogue.parties}
    names: dict[str, str] = {}
    for series in reader.rows(Series):
        names[series.series] = series.name
        yield filled(
            {
                "@type": "EventSeries",
                "@id": _id(series.series),
                "name": series.name,
                "alternateName": [name for name in (series.abbreviation, *series.aliases) if name],
                "organizer": {"@type": "Organization", "name": dialogues[series.dialogue].name},
            }
        )
    for meeting in reader.stream(Meeting, order=BY_DAY):
        topics = reader.query("SELECT topic FROM topics WHERE meeting = ? ORDER BY fact", (meeting.meeting,))
        attended = reader.stream(Attendance, "meeting = ? AND name <> ''", (meeting.meeting,))
        yield filled(
            {
                **_event(meeting, names[meeting.series]),
                "about": [topic for (topic,) in topics],
                "attendee": [_person(row, parties) for row in attended],
            }
        )


def _event(meeting: Meeting, series: str) -> Node:
    date, earlier = meeting.date, None
    status = _STATUSES[meeting.status]
    if meeting.status is Status.POSTPONED and meeting.until is not None:
        date, earlier, status = meeting.until, meeting.date, "EventRescheduled"
    begins, ends = _iso(date)
    return {
        "@type": "Event",
        "@id": _id(meeting.meeting),
        "identifier": meeting.meeting,
        "name": title_of(meeting, series),
        "superEvent": {"@id": _id(meeting.series)},
        "startDate": begins,
        "endDate": ends,
        "previousStartDate": _iso(earlier)[0],
        "eventStatus": f"https://schema.org/{status}",
        "eventAttendanceMode": f"https://schema.org/{_MODES[meeting.format]}" if meeting.format else None,
        "location": _location(meeting),
        "subjectOf": [_page(source) for source in meeting.sources],
    }


def _iso(date: PartialDate | None) -> tuple[str | None, str | None]:
    """Return the first and the last day in ISO 8601, as far as they are known."""
    if date is None or date.text.startswith("["):
        return None, None
    first, slash, last = date.text.partition("/")
    return first, last if slash else None


def _location(meeting: Meeting) -> Node | None:
    if meeting.format is Format.ONLINE:
        return {"@type": "VirtualLocation"}
    if not (meeting.place or meeting.country):
        return None
    address = filled({"@type": "PostalAddress", "addressLocality": meeting.place, "addressCountry": meeting.country})
    return filled({"@type": "Place", "name": meeting.place, "address": address})


def _person(row: Attendance, parties: Mapping[str, str]) -> Node:
    parts = row.parts
    return filled(
        {
            "@type": "Person",
            "name": row.name,
            "familyName": parts.family,
            "givenName": parts.given,
            "honorificPrefix": parts.honorific,
            "jobTitle": row.office,
            "affiliation": {"@type": "Organization", "name": parties.get(row.party, row.party)},
        }
    )


def _page(source: Source) -> Node:
    published, urls = _iso(source.published)[0], addresses(source.url)
    return filled(
        {
            "@type": "CreativeWork",
            "name": source.title,
            "url": urls[0] if len(urls) == 1 else urls,
            "inLanguage": source.language,
            "datePublished": published,
        }
    )


def _id(subject: str) -> str:
    return f"urn:dialogue-registry:{subject}"
