"""Dialogues and meetings in the words of schema.org, as JSON-LD for web pages.

A month or a year stays one (ISO 8601 allows it); a meeting of which only a window of days
is known has no ``startDate``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from dialogue_registry.exports.node import Node, PersonIds, addresses, document, filled
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Format, Source
from dialogue_registry.model.names import name_parts
from dialogue_registry.model.status import Status
from dialogue_registry.queries.names import NamesInLanguage, UsedName
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


def json_ld(reader: Reader, language: str | None = None) -> Iterator[bytes]:
    """Yield the pieces of a document with the series and meetings as one graph of EventSeries and Event.

    The names are those of a language, as far as they are recorded; the others are alternate names.
    """
    names = NamesInLanguage(reader.connection, language)
    return document({"@context": "https://schema.org", "@graph": _graph(reader, names)})


def _graph(reader: Reader, names: NamesInLanguage) -> Iterator[Node]:
    dialogues = {dialogue.dialogue: names.dialogue(dialogue) for dialogue in reader.dialogues()}
    parties = {party.party: party.name for dialogue in dialogues.values() for party in dialogue.parties}
    opened = {series.series: names.series(series) for series in reader.rows(Series)}
    for series in opened.values():
        organizer = dialogues[series.dialogue]
        others = alternate_names(organizer.name, organizer.aliases, names.others(organizer.dialogue))
        aliases = (series.abbreviation, *series.aliases)
        yield filled(
            {
                **_series(series),
                "alternateName": alternate_names(series.name, aliases, names.others(series.series)),
                "organizer": filled({**_organization(organizer.name), "alternateName": others}),
            }
        )
    persons = PersonIds(reader)
    shared = shared_series(reader)
    for meeting in reader.stream(Meeting, order=BY_DAY):
        topics = reader.query("SELECT topic FROM topics WHERE meeting = ? ORDER BY fact", (meeting.meeting,))
        attended = reader.stream(Attendance, "meeting = ? AND name <> '' AND presence = 'present'", (meeting.meeting,))
        of = [opened[series] for series in (meeting.series, *shared.get(meeting.meeting, ()))]
        yield filled(
            {
                **event(
                    meeting,
                    name=names.meeting(meeting, of[0].name),
                    series=of,
                    organizers=[dialogues[series.dialogue].name for series in of],
                ),
                "alternateName": alternate_names(names.title(meeting), [meeting.title], names.others(meeting.meeting)),
                "about": [topic for (topic,) in topics],
                "attendee": [
                    _person(row, parties.get(row.party) or names.party(row.party, row.party), persons)
                    for row in attended
                ],
            }
        )


def shared_series(reader: Reader) -> Mapping[str, Sequence[str]]:
    """Return the further series of each joint meeting, in the order they were recorded."""
    shared: dict[str, list[str]] = {}
    for meeting, series in reader.query("SELECT meeting, series FROM shared_meetings ORDER BY fact"):
        shared.setdefault(meeting, []).append(series)
    return shared


def event(meeting: Meeting, *, name: str, series: Sequence[Series], organizers: Sequence[str], url: str = "") -> Node:
    """Return the node of a meeting, an Event of its series that their dialogues organise.

    What schema.org cannot say, such as a window of days, is left out. An online meeting has
    no VirtualLocation, since no address of it is recorded.
    """
    date, earlier = meeting.date, None
    status = _STATUSES[meeting.status]
    if meeting.status is Status.POSTPONED and meeting.until is not None:
        date, earlier, status = meeting.until, meeting.date, "EventRescheduled"
    begins, ends = _iso(date)
    return filled(
        {
            "@type": "Event",
            "@id": _id(meeting.meeting),
            "identifier": meeting.meeting,
            "name": name,
            "url": url,
            "superEvent": _one_or_several([_series(one) for one in series]),
            "organizer": _one_or_several([_organization(one) for one in dict.fromkeys(organizers)]),
            "startDate": begins,
            "endDate": ends,
            "previousStartDate": _iso(earlier)[0],
            "eventStatus": f"https://schema.org/{status}",
            "eventAttendanceMode": f"https://schema.org/{_MODES[meeting.format]}" if meeting.format else None,
            "location": _location(meeting),
            "subjectOf": [_page(source) for source in meeting.sources],
        }
    )


def _one_or_several(nodes: list[Node]) -> Node | list[Node]:
    return nodes[0] if len(nodes) == 1 else nodes


def _series(series: Series) -> Node:
    return {"@type": "EventSeries", "@id": _id(series.series), "name": series.name}


def _organization(name: str) -> Node:
    return {"@type": "Organization", "name": name}


def _iso(date: PartialDate | None) -> tuple[str | None, str | None]:
    """Return the first and the last day in ISO 8601, as far as they are known."""
    if date is None or date.text.startswith("["):
        return None, None
    first, slash, last = date.text.partition("/")
    return first, last if slash else None


def _location(meeting: Meeting) -> Node | None:
    if meeting.format is Format.ONLINE or not (meeting.place or meeting.country):
        return None
    address = filled({"@type": "PostalAddress", "addressLocality": meeting.place, "addressCountry": meeting.country})
    return {"@type": "Place", "name": meeting.place or meeting.country, "address": address}


def _person(row: Attendance, party: str, persons: PersonIds) -> Node:
    """Return who attended, with the name and office of that meeting; the identifier tells who the person is."""
    who = row.person or row.name
    others = [name for name in persons.names(row.party, who) if name != row.name]
    return {**person_node([*others, row.name], [row.office], party), "identifier": persons.of(row.party, who)}


def person_node(names: Sequence[str], offices: Sequence[str], party: str, url: str = "") -> Node:
    """Return the node of a person with all names, the one to show at the end, and the offices held for a party."""
    *others, name = names
    parts = name_parts(name)
    return filled(
        {
            "@type": "Person",
            "name": name,
            "alternateName": others,
            "familyName": parts.family,
            "givenName": parts.given,
            "honorificPrefix": parts.honorific,
            "honorificSuffix": parts.suffix,
            "url": url,
            "jobTitle": offices[0] if len(offices) == 1 else list(offices),
            "affiliation": _organization(party),
        }
    )


def alternate_names(name: str, aliases: Iterable[str], used: Iterable[UsedName]) -> list[str | Node]:
    """Return the names that stand beside another, each in its language where that is recorded."""
    others = dict.fromkeys((alias, "") for alias in aliases)
    others |= dict.fromkeys((one.name, one.language if _TAG.fullmatch(one.language) else "") for one in used)
    return [{"@value": other, "@language": tag} if tag else other for other, tag in others if other not in ("", name)]


#: A language tag as RDF has it: other texts are no language there.
_TAG = re.compile("[a-z]{1,8}(-[a-z0-9]{1,8})*")


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
