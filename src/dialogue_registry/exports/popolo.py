"""Dialogues, delegates and meetings as Popolo, the data standard of civic software.

Organizations are the dialogues, their series and the parties. A person is an id given to
one, or a name as written for a party, until SamePerson says which are one: then it is one
person with all names. A membership is what an appearance at a meeting shows: that on its
day the person held an office for the party.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from dialogue_registry.exports.addresses import addresses
from dialogue_registry.exports.node import Node, document, filled
from dialogue_registry.exports.title import title_of
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Source
from dialogue_registry.model.names import name_parts
from dialogue_registry.queries.names import Names, UsedName
from dialogue_registry.queries.persons import WHO, Named
from dialogue_registry.queries.reader import BY_DAY, Reader
from dialogue_registry.queries.results import Attendance, Meeting, Series

_NAMED = "name <> '' AND presence = 'present'"


def popolo(reader: Reader) -> Iterator[bytes]:
    """Yield the pieces of a document with the persons, organizations, memberships and events of a registry."""
    persons = _Persons(reader)
    return document(
        {
            "persons": persons.nodes(),
            "organizations": _organizations(reader),
            "memberships": _memberships(reader, persons),
            "events": _events(reader, persons),
        }
    )


class _Persons:
    """The persons of a registry, each with all names as written."""

    def __init__(self, reader: Reader) -> None:
        self._named = Named(reader.connection)
        #: By key: the id of the person, and its names, the one written last at the end.
        self._known: dict[tuple[str, str], tuple[str, dict[str, None]]] = {}
        found = reader.query(
            f"SELECT party, {WHO}, name, max(fact) FROM attendance WHERE {_NAMED} GROUP BY 1, 2, 3 ORDER BY 4"
        )
        for party, who, name, _ in found:
            _, names = self._known.setdefault(self._named.key(party, who), (_person_id(party, who), {}))
            names.pop(name, None)
            names[name] = None

    def id(self, party: str, who: str) -> str:
        """Return the id of the person that a row names."""
        return self._known[self._named.key(party, who)][0]

    def nodes(self) -> Iterator[Node]:
        """Yield one node a person."""
        for id_, names in self._known.values():
            *others, name = names
            parts = name_parts(name)
            yield filled(
                {
                    "id": id_,
                    "name": name,
                    "other_names": [{"name": other} for other in others],
                    "family_name": parts.family,
                    "given_name": parts.given,
                    "honorific_prefix": parts.honorific,
                    "honorific_suffix": parts.suffix,
                    "sort_name": parts.sort,
                }
            )


def _organizations(reader: Reader) -> Iterator[Node]:
    parties: dict[str, Node] = {}
    used = Names(reader.connection)
    for dialogue in reader.dialogues():
        yield filled(
            {
                "id": dialogue.dialogue,
                "name": dialogue.name,
                "other_names": _other_names(dialogue.aliases, used.others(dialogue.dialogue)),
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
                    "other_names": _other_names(party.aliases, used.others(party.party, party=True)),
                    "classification": "party",
                    "sources": _links(party.sources),
                }
            )
    for series in reader.rows(Series):
        yield filled(
            {
                "id": series.series,
                "name": series.name,
                "other_names": _other_names((series.abbreviation, *series.aliases), used.others(series.series)),
                "classification": "series",
                "parent_id": series.dialogue,
                "sources": _links(series.sources),
            }
        )
    for (party_,) in reader.query("SELECT party FROM attendance GROUP BY party ORDER BY min(fact)"):
        parties.setdefault(party_, {"id": _party_id(party_), "name": party_, "classification": "party"})
    yield from parties.values()


def _other_names(aliases: Iterable[str], used: Iterable[UsedName]) -> list[Node]:
    """Return aliases, and the names that were used, each with its time and its language."""
    return [
        *({"name": name} for name in aliases if name),
        *(
            filled(
                {
                    "name": one.name,
                    "start_date": one.since,
                    "end_date": "" if one.until == "~" else one.until,
                    "note": one.language and f"in {one.language}",
                }
            )
            for one in used
        ),
    ]


def _memberships(reader: Reader, persons: _Persons) -> Iterator[Node]:
    @lru_cache(maxsize=1000)  # delegates of one meeting mostly stand together
    def days(meeting: str) -> tuple[str | None, str | None]:
        ((text,),) = reader.query("SELECT date FROM meetings WHERE meeting = ?", (meeting,))
        return _reduced(None if text is None else PartialDate.of(text))

    for row in reader.stream(Attendance, _NAMED):
        begins, ends = days(row.meeting)
        yield filled(
            {
                "id": f"membership/{row.event}",
                "person_id": persons.id(row.party, row.person or row.name),
                "organization_id": _party_id(row.party),
                "label": row.office,
                "role": row.role.value,
                "start_date": begins,
                "end_date": ends,
                "sources": _links(row.sources),
            }
        )


def _events(reader: Reader, persons: _Persons) -> Iterator[Node]:
    names = {series.series: series.name for series in reader.rows(Series)}
    for meeting in reader.stream(Meeting, order=BY_DAY):
        begins, ends = _reduced(meeting.date)
        numbers = [] if meeting.ordinal is None else [{"scheme": "ordinal", "identifier": str(meeting.ordinal)}]
        attended = reader.query(
            f"SELECT DISTINCT party, {WHO}, name FROM attendance WHERE meeting = ? AND {_NAMED} ORDER BY fact",
            (meeting.meeting,),
        )
        yield filled(
            {
                "id": meeting.meeting,
                "name": title_of(meeting, names[meeting.series]),
                "classification": "meeting",
                "organization_id": meeting.series,
                "start_date": begins,
                "end_date": ends,
                "location": ", ".join(filter(None, (meeting.place, meeting.country))),
                "status": meeting.status.value,
                "identifiers": numbers,
                "attendees": [{"id": persons.id(party, who), "name": name} for party, who, name in attended],
                "sources": _links(meeting.sources),
            }
        )


def _reduced(date: PartialDate | None) -> tuple[str | None, str | None]:
    """Return the first and the last day, as precise as they are known: a year and a month are legal in Popolo."""
    if date is None or date.text.startswith("["):
        return None, None
    first, _, last = date.text.partition("/")
    return first, last or first


def _links(sources: Iterable[Source]) -> list[Mapping[str, str]]:
    return [{"url": url, "note": source.title} for source in sources for url in addresses(source.url)]


def _party_id(party: str) -> str:
    return f"party/{party}"


def _person_id(party: str, name: str) -> str:
    return f"person/{party.replace('%', '%25').replace('/', '%2F')}/{name}"
