"""Dialogues, delegates and meetings as Popolo, the data standard of civic software.

Organizations are the dialogues, their series and the parties; a person is an id
given to one, or a name as written for a party, since nobody has said which are one; a membership is what an
appearance at a meeting shows: that on its day the person held an office for the party.
"""

from collections.abc import Iterable, Iterator, Mapping

from dialogue_registry.exports.node import Node, filled
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Source
from dialogue_registry.queries.results import Attendance, Meeting
from dialogue_registry.registry.registry import Snapshot


def popolo(registry: Snapshot) -> Node:
    """The registry as persons, organizations, memberships and events."""
    attended = registry.attendance()
    meetings = {meeting.meeting: meeting for meeting in registry.meetings()}
    names = {series.series: series.name for series in registry.series()}
    persons = {_person_id(row): row for row in reversed(attended) if row.name}
    present: dict[str, dict[str, Node]] = {}
    for row in attended:
        if row.name:
            present.setdefault(row.meeting, {})[_person_id(row)] = {"id": _person_id(row), "name": row.name}
    return {
        "persons": [_person(id_, row) for id_, row in reversed(persons.items())],
        "organizations": [*_organizations(registry, attended)],
        "memberships": [
            _membership(f"membership/{row.event}", row, meetings[row.meeting]) for row in attended if row.name
        ],
        "events": [
            _event(meeting, names[meeting.series], present.get(meeting.meeting, {}).values())
            for meeting in meetings.values()
        ],
    }


def _organizations(registry: Snapshot, attended: Iterable[Attendance]) -> Iterator[Node]:
    parties: dict[str, Node] = {}
    for dialogue in registry.dialogues():
        yield filled(
            {
                "id": dialogue.dialogue,
                "name": dialogue.name,
                "other_names": [{"name": name} for name in dialogue.aliases],
                "classification": "dialogue",
                "founding_date": _reduced(dialogue.launched)[0],
                "sources": _links(dialogue.sources),
            }
        )
        for party in dialogue.parties:
            parties[party.party] = filled(
                {
                    "id": _party_id(party.party),
                    "name": party.name,
                    "other_names": [{"name": name} for name in party.aliases],
                    "classification": "party",
                    "sources": _links(party.sources),
                }
            )
    for series in registry.series():
        yield filled(
            {
                "id": series.series,
                "name": series.name,
                "other_names": [{"name": name} for name in (series.abbreviation, *series.aliases) if name],
                "classification": "series",
                "parent_id": series.dialogue,
                "sources": _links(series.sources),
            }
        )
    for row in attended:
        guest = {"id": _party_id(row.party), "name": row.party, "classification": "party"}
        parties.setdefault(row.party, guest)
    yield from parties.values()


def _person(id_: str, row: Attendance) -> Node:
    parts = row.parts
    return filled(
        {
            "id": id_,
            "name": row.name,
            "family_name": parts.family,
            "given_name": parts.given,
            "honorific_prefix": parts.honorific,
            "sort_name": parts.sort,
        }
    )


def _membership(id_: str, row: Attendance, meeting: Meeting) -> Node:
    begins, ends = _reduced(meeting.date)
    return filled(
        {
            "id": id_,
            "person_id": _person_id(row),
            "organization_id": _party_id(row.party),
            "label": row.office,
            "role": row.role.value,
            "start_date": begins,
            "end_date": ends,
            "sources": _links(row.sources),
        }
    )


def _event(meeting: Meeting, series: str, attendees: Iterable[Node]) -> Node:
    begins, ends = _reduced(meeting.date)
    numbers = [] if meeting.ordinal is None else [{"scheme": "ordinal", "identifier": str(meeting.ordinal)}]
    return filled(
        {
            "id": meeting.meeting,
            "name": meeting.title or f"{series}{'' if meeting.ordinal is None else f' ({meeting.ordinal})'}",
            "classification": "meeting",
            "organization_id": meeting.series,
            "start_date": begins,
            "end_date": ends,
            "location": ", ".join(filter(None, (meeting.place, meeting.country))),
            "status": meeting.status.value,
            "identifiers": numbers,
            "attendees": [*attendees],
            "sources": _links(meeting.sources),
        }
    )


def _reduced(date: PartialDate | None) -> tuple[str | None, str | None]:
    """The first and the last day, as precise as they are known: a year and a month are legal in Popolo."""
    if date is None or date.text.startswith("["):
        return None, None
    first, _, last = date.text.partition("/")
    return first, last or first


def _links(sources: Iterable[Source]) -> list[Mapping[str, str]]:
    return [{"url": source.url, "note": source.title} for source in sources if source.url]


def _party_id(party: str) -> str:
    return f"party/{party}"


def _person_id(row: Attendance) -> str:
    return f"person/{row.party}/{row.person or row.name}"
