"""Dialogues, delegates and meetings as Popolo, the data standard of civic software.

Organizations are the dialogues, their series and the parties. A person is an id given to one,
or a name as written for a party. SamePerson makes several of them one person with all names. A
membership is what an appearance at a meeting shows: that on its day the person held an office
for the party.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from dialogue_registry.exports.node import NAMED, Node, PersonIds, addresses, document, filled
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Source
from dialogue_registry.model.names import name_parts
from dialogue_registry.queries.names import NamesInLanguage, UsedName
from dialogue_registry.queries.persons import WHO
from dialogue_registry.queries.reader import BY_DAY, Reader
from dialogue_registry.queries.results import Attendance, Meeting, Series


def popolo(reader: Reader, language: str | None = None) -> Iterator[bytes]:
    """Yield the pieces of a document with the persons, organizations, memberships and events of a registry.

    The names are those of a language, as far as they are recorded.
    """
    persons, names = PersonIds(reader), NamesInLanguage(reader.connection, language)
    return document(
        {
            "persons": _persons(persons),
            "organizations": _organizations(reader, names),
            "memberships": _memberships(reader, persons),
            "events": _events(reader, persons, names),
        }
    )


def _persons(persons: PersonIds) -> Iterator[Node]:
    """Yield one node a person."""
    for id_, (*others, name) in persons:
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


def _organizations(reader: Reader, names: NamesInLanguage) -> Iterator[Node]:
    parties: dict[str, Node] = {}
    for dialogue in map(names.dialogue, reader.dialogues()):
        yield filled(
            {
                "id": dialogue.dialogue,
                "name": dialogue.name,
                "other_names": _other_names(dialogue.name, dialogue.aliases, names.others(dialogue.dialogue)),
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
                    "other_names": _other_names(party.name, party.aliases, names.others(party.party, party=True)),
                    "classification": "party",
                    "sources": _links(party.sources),
                }
            )
    for series in map(names.series, reader.rows(Series)):
        others = (series.abbreviation, *series.aliases)
        yield filled(
            {
                "id": series.series,
                "name": series.name,
                "other_names": _other_names(series.name, others, names.others(series.series)),
                "classification": "series",
                "parent_id": series.dialogue,
                "sources": _links(series.sources),
            }
        )
    for (party_,) in reader.query("SELECT party FROM attendance GROUP BY party ORDER BY min(fact)"):
        name = names.party(party_, party_)
        parties.setdefault(party_, {"id": _party_id(party_), "name": name, "classification": "party"})
    yield from parties.values()


def _other_names(name: str, aliases: Iterable[str], used: Iterable[UsedName]) -> list[Node]:
    """Return aliases, and the names that were used, each with its time and its language."""
    others = [
        filled(
            {
                "name": one.name,
                "start_date": one.since,
                "end_date": "" if one.until == "~" else one.until,
                "note": one.language and f"in {one.language}",
            }
        )
        for one in used
    ]
    recorded = {name, *(one["name"] for one in others)}
    return [*({"name": alias} for alias in aliases if alias and alias not in recorded), *others]


def _memberships(reader: Reader, persons: PersonIds) -> Iterator[Node]:
    @lru_cache(maxsize=1000)  # delegates of one meeting mostly stand together
    def days(meeting: str) -> tuple[str | None, str | None]:
        ((text,),) = reader.query("SELECT date FROM meetings WHERE meeting = ?", (meeting,))
        return _reduced(None if text is None else PartialDate.of(text))

    for row in reader.stream(Attendance, NAMED):
        begins, ends = days(row.meeting)
        yield filled(
            {
                "id": f"membership/{row.event}",
                "person_id": persons.of(row.party, row.person or row.name),
                "organization_id": _party_id(row.party),
                "label": row.office,
                "role": row.role.value,
                "start_date": begins,
                "end_date": ends,
                "sources": _links(row.sources),
            }
        )


def _events(reader: Reader, persons: PersonIds, names: NamesInLanguage) -> Iterator[Node]:
    of_series = {series.series: names.series(series).name for series in reader.rows(Series)}
    for meeting in reader.stream(Meeting, order=BY_DAY):
        begins, ends = _reduced(meeting.date)
        numbers = [] if meeting.ordinal is None else [{"scheme": "ordinal", "identifier": str(meeting.ordinal)}]
        attended = reader.query(
            f"SELECT DISTINCT party, {WHO}, name FROM attendance WHERE meeting = ? AND {NAMED} ORDER BY fact",
            (meeting.meeting,),
        )
        yield filled(
            {
                "id": meeting.meeting,
                "name": names.meeting(meeting, of_series[meeting.series]),
                "classification": "meeting",
                "organization_id": meeting.series,
                "start_date": begins,
                "end_date": ends,
                "location": ", ".join(filter(None, (meeting.place, meeting.country))),
                "status": meeting.status.value,
                "identifiers": numbers,
                "attendees": [{"id": persons.of(party, who), "name": name} for party, who, name in attended],
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
