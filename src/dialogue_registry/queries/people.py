"""People: who somebody is, under which names, in which offices, and at which meetings.

A person is one of one party: careers for several parties are kept apart, as are people of one
name, until somebody says otherwise (:mod:`dialogue_registry.queries.persons`).
"""

import sqlite3
from collections.abc import Collection, Sequence

import attrs
import orjson

from dialogue_registry.errors import AmbiguousNameError
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Level
from dialogue_registry.model.names import NameParts, fold, ironed, name_parts, same_name
from dialogue_registry.model.persons import Name
from dialogue_registry.model.shown import shown
from dialogue_registry.model.texts import fold_text
from dialogue_registry.queries.display import Rows, Shown
from dialogue_registry.queries.persons import WHO, Named, plain_words
from dialogue_registry.queries.plain_text import plain
from dialogue_registry.queries.reader import BY_DAY, PARTY, Reader
from dialogue_registry.queries.results import Appearance, Attendance, Meeting

_OF_ATTENDANCE = attrs.fields_dict(Appearance).keys() & attrs.fields_dict(Attendance).keys()
_PRESENT = "presence = 'present' AND name <> ''"
_NAMES = f"SELECT DISTINCT party, {WHO}, name FROM attendance WHERE {_PRESENT}"
_MAYBE = f"{_NAMES} AND (name LIKE '%' || ? || '%' OR name GLOB '*[^ -~]*' OR person = ?)"
_PAIRS = f"presence = 'present' AND (party, {WHO}) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))"

Bearer = tuple[str, str, str]
"""A party, what names the person of a row (an id or a name), and the name as written."""


@attrs.frozen(kw_only=True)
class Person(Shown):
    """A person of one party: all names as written, offices and levels, each in the order of the meetings.

    ``person`` is the id given to the person, "" where there is none; ``name`` the one written
    last. ``meetings`` counts those attended, ``first`` and ``last`` are the days of these.
    """

    party: str
    person: str
    name: str
    names: tuple[str, ...]
    offices: tuple[str, ...]
    levels: tuple[Level, ...]
    meetings: int
    first: PartialDate | None
    last: PartialDate | None


# --- one person ------------------------------------------------------------------------


def appearances(connection: sqlite3.Connection, reader: Reader, name: str) -> Rows[Appearance]:
    """Return the attendance of all who bear a name, by the days of the meetings; those without a date last.

    They are of a person who bears exactly that name. Only where there is nobody, of the one
    person who bears it but for diacritics, or whose family name it is. Raises
    AmbiguousNameError where these may be several.
    """
    named = Named(connection)
    found = _bearers(reader, name)
    if not found:
        found = _the_only_person(named, name, _all_names(reader))
    keys = {named.key(party, who) for party, who, _ in found}
    pairs = {(party, who) for party, who, _ in found}
    if named.persons:  # other names of the same person
        pairs |= {(party, who) for party, who, _ in _all_names(reader) if named.key(party, who) in keys}
    attended = reader.rows(Attendance, _PAIRS, (orjson.dumps(sorted(pairs)).decode(),))
    ids = orjson.dumps([row.meeting for row in attended]).decode()
    meetings = reader.rows(Meeting, "meeting IN (SELECT value FROM json_each(?))", (ids,), order=BY_DAY)
    places = {meeting.meeting: place for place, meeting in enumerate(meetings)}
    return Rows(
        Appearance(
            series=meetings[places[row.meeting]].series,
            date=meetings[places[row.meeting]].date,
            **{field: getattr(row, field) for field in _OF_ATTENDANCE},
        )
        for row in sorted(attended, key=lambda row: places[row.meeting])
    )


def _bearers(reader: Reader, name: str) -> list[Bearer]:
    """Return who bears exactly that name, or has it for an id."""
    wanted = name_parts(fold_text(name))
    words = fold(wanted.sort).replace(",", " ").split()
    plain_ones = (word for word in words if word.isascii() and word.isalnum())
    # SQLite rules out the names without its longest word, unless they are in other letters that may be the same.
    maybe = reader.query(_MAYBE, (max(plain_ones, key=len, default=""), name)).fetchall()
    return [row for row in maybe if row[1] == name or _is_named(fold_text(row[2]), wanted, words)]


def _is_named(written: str, wanted: NameParts, words: Sequence[str]) -> bool:
    """Return whether a name as written is the wanted one, of these words."""
    letters = ironed(written)  # which rules out most names, in a tenth of the time that their parts take
    return all(word in letters for word in words) and same_name(wanted, name_parts(written))


def _all_names(reader: Reader) -> list[Bearer]:
    return reader.query(_NAMES).fetchall()


def _the_only_person(named: Named, name: str, names: Sequence[Bearer]) -> list[Bearer]:
    """Return who bears a name but for diacritics, else as a family name; raises AmbiguousNameError."""
    words, family = plain_words(name), plain(name.strip())
    for alike in (
        [row for row in names if words and plain_words(row[2]) == words],
        [row for row in names if family and plain(name_parts(fold_text(row[2])).family) == family],
    ):
        if len({named.key(party, who) for party, who, _ in alike}) > 1:
            candidates = tuple(dict.fromkeys((party, written) for party, _, written in alike))
            raise AmbiguousNameError(
                f"{shown(name)} may be {_or(candidates)}: give one of these names as it is written",
                candidates=candidates,
            )
        if alike:
            return alike
    return []


def _or(candidates: Sequence[tuple[str, str]]) -> str:
    names = [f"{name} ({party})" for party, name in candidates]
    shown = names if len(names) <= 8 else [*names[:8], f"{len(names) - 8} others"]
    return f"{', '.join(shown[:-1])} or {shown[-1]}"


# --- all of them -----------------------------------------------------------------------

_CAREERS = f"""
SELECT a.party, {WHO}, a.person, a.name, a.office, a.level, a.presence, a.meeting, m.date
FROM attendance a JOIN meetings m ON m.meeting = a.meeting
WHERE {WHO} <> '' AND (:party IS NULL OR {PARTY} = :party)
ORDER BY m.earliest IS NULL, m.earliest, m.latest, m.ordinal, m.fact, a.fact
"""


class _Career:
    """The names, offices and meetings gathered of one person."""

    def __init__(self) -> None:
        self.person = ""
        self.names: dict[str, None] = {}
        self.offices: dict[str, None] = {}
        self.levels: dict[Level, None] = {}
        self.meetings: dict[str, str | None] = {}

    def add(self, person: str, name: str, office: str, level: str | None) -> None:
        self.person = self.person or person
        if name:
            self.names.pop(name, None)
            self.names[name] = None
        if office:
            self.offices.setdefault(office)
        if level is not None:
            self.levels.setdefault(Level(level))


def people(
    connection: sqlite3.Connection, *, party: str | None = None, within: Collection[str] | None = None
) -> Rows[Person]:
    """Return all persons of all parties, or of one, by party and name; of some meetings, or of all."""
    named = Named(connection)
    careers: dict[Name, _Career] = {}
    parties: dict[Name, str] = {}
    params = {"party": None if party is None else fold_text(party)}
    for of, who, person, name, office, level, presence, meeting, date in connection.execute(_CAREERS, params):
        if within is not None and meeting not in within:
            continue
        key = named.key(of, who)
        if not key[1]:
            continue  # a name of blanks alone names nobody
        career = careers.setdefault(key, _Career())
        parties[key] = of
        career.add(person, name, office, level)
        if presence == "present":
            career.meetings.setdefault(meeting, date)
    found = [_person(parties[key], key, career) for key, career in careers.items()]
    return Rows(sorted(found, key=lambda person: (person.party, plain(person.name), person.name, person.person)))


def _person(party: str, key: Name, career: _Career) -> Person:
    days = [PartialDate.of(date) for date in career.meetings.values() if date is not None]
    names = tuple(career.names)
    return Person(
        party=party,
        person=career.person,
        name=names[-1] if names else key[1],
        names=names,
        offices=tuple(career.offices),
        levels=tuple(career.levels),
        meetings=len(career.meetings),
        first=days[0] if days else None,
        last=days[-1] if days else None,
    )
