"""Structured data for search engines: a meeting as an event in the words of schema.org, as JSON-LD."""

from collections.abc import Mapping
from typing import Any

from dialogue_registry.exports.site.contents import Contents
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Format
from dialogue_registry.model.status import Status
from dialogue_registry.queries.results import Meeting

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


def meeting_node(contents: Contents, meeting: Meeting, name: str) -> dict[str, Any]:
    """Return the event of a meeting; what schema.org cannot say, such as a window of days, is left out.

    An online meeting has no VirtualLocation, since nobody knows an address of it.
    """
    series = contents.series[meeting.series]
    dialogue = contents.dialogues[series.dialogue]
    date, status = meeting.date, _STATUSES[meeting.status]
    earlier = None
    if meeting.status is Status.POSTPONED and meeting.until is not None:
        date, earlier, status = meeting.until, meeting.date, "EventRescheduled"
    begins, ends = _iso(date)
    node = {
        "@context": "https://schema.org",
        "@type": "Event",
        "@id": f"urn:dialogue-registry:{meeting.meeting}",
        "name": name,
        "startDate": begins,
        "endDate": ends,
        "previousStartDate": _iso(earlier)[0],
        "eventStatus": f"https://schema.org/{status}",
        "eventAttendanceMode": f"https://schema.org/{_MODES[meeting.format]}" if meeting.format else None,
        "location": _location(meeting),
        "organizer": {"@type": "Organization", "name": dialogue.name},
        "superEvent": {"@type": "EventSeries", "name": series.name},
        "url": f"{contents.about.base_url}/{contents.labels[meeting.meeting].path}.html"
        if contents.about.base_url
        else None,
        "subjectOf": [
            {"@type": "CreativeWork", "name": source.title, **({"url": source.url} if _is_web(source.url) else {})}
            for source in meeting.sources
        ],
    }
    return {key: value for key, value in node.items() if value not in (None, "", [])}


def _is_web(url: str) -> bool:
    return url.startswith(("http://", "https://"))


def _iso(date: PartialDate | None) -> tuple[str | None, str | None]:
    """Return the first and the last day in ISO 8601, as far as they are known."""
    if date is None or date.text.startswith("["):
        return None, None
    first, slash, last = date.text.partition("/")
    return first, last if slash else None


def _location(meeting: Meeting) -> dict[str, Any] | None:
    if meeting.format is Format.ONLINE or not (meeting.place or meeting.country):
        return None
    parts = (("addressLocality", meeting.place), ("addressCountry", meeting.country))
    address = {"@type": "PostalAddress", **{name: text for name, text in parts if text}}
    return {"@type": "Place", "name": meeting.place or meeting.country, "address": address}
