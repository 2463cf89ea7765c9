"""Look-alikes: persons of one party whose names may be two spellings of one.

They are proposed, never joined. Proposed are names of which the skeletons
(:mod:`dialogue_registry.queries.name_skeletons`) are

- the same, in any order of the words, or run together;
- the same but for one word, which differs by one letter (six letters or more; an -a at the
  end tells a woman from a man), or in its vowels only (seven letters or more; of five letters
  or more, in one that is not the last letter);
- the same but for further words that one of them leaves out, two long ones being left;
- the same but for initials, which stand for words of the other.

Two that are declared different, have an id of a person each, or are joined already, are left out.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import attrs

from dialogue_registry.errors import needs_extra
from dialogue_registry.model.events import DifferentPersons, SamePerson
from dialogue_registry.queries.display import Rows, Shown
from dialogue_registry.queries.name_skeletons import Skeleton, consonants, skeleton
from dialogue_registry.queries.people import Person, people
from dialogue_registry.queries.persons import Named

_LETTER, _VOWELS, _SHORT = 6, 7, 5
"""A word of fewer letters is another word where a letter, its vowels, or one vowel within it differ."""


@attrs.frozen(kw_only=True)
class LookAlike(Shown):
    """Two persons of one party who may be one: their names (or ids), why, and who they are.

    ``together`` are meetings that both attended, which speaks against it.
    """

    party: str
    names: tuple[str, str]
    why: str
    one: Person
    other: Person
    together: tuple[str, ...]

    def same(self, reason: str = "") -> SamePerson:
        """Return the fact that they are one person, which may be recorded."""
        return SamePerson(party=self.party, names=self.names, reason=reason)

    def different(self, reason: str = "") -> DifferentPersons:
        """Return the fact that they are different persons, after which they are not proposed again."""
        return DifferentPersons(party=self.party, names=self.names, reason=reason)


def look_alikes(connection: sqlite3.Connection, *, party: str | None = None) -> Rows[LookAlike]:
    """Return pairs of persons who may be one, party by party; needs the extra ``people``."""
    with needs_extra("people", "look-alikes need the package rapidfuzz"):
        from rapidfuzz.distance import OSA  # noqa: PLC0415 - an extra
    named = Named(connection)
    of_party: dict[str, list[Person]] = {}
    for person in people(connection, party=party):
        if person.names:
            of_party.setdefault(person.party, []).append(person)
    found: list[LookAlike] = []
    for party_, persons in of_party.items():
        for one, other in _pairs(persons):
            if one.person and other.person:
                continue
            names = one.person or one.name, other.person or other.name
            keys = [named.key(party_, name) for name in names]
            if keys[0] == keys[1] or named.persons.are_different(*keys):
                continue
            if why := _why(one, other, OSA.distance):
                together = tuple(sorted(_meetings(connection, one) & _meetings(connection, other)))
                found.append(LookAlike(party=party_, names=names, why=why, one=one, other=other, together=together))
    return Rows(found)


def _meetings(connection: sqlite3.Connection, person: Person) -> set[str]:
    marks = ", ".join("?" * len(person.names))
    rows = connection.execute(
        f"SELECT DISTINCT meeting FROM attendance WHERE party = ? AND presence = 'present' AND person = ?"
        f" AND name IN ({marks})",
        (person.party, person.person, *person.names),
    )
    return {row[0] for row in rows.fetchall()}


def _pairs(persons: Sequence[Person]) -> Iterator[tuple[Person, Person]]:
    """Yield the pairs of persons of whom two names have a word in common, or are the same when run together."""
    by_word: dict[str, dict[int, None]] = {}
    for place, person in enumerate(persons):
        for name in person.names:
            of_name = skeleton(name)
            for key in (*of_name.words, f" {of_name.whole}"):
                by_word.setdefault(key, {})[place] = None
    pairs = {pair for places in by_word.values() for pair in combinations(places, 2)}
    for one, other in sorted(pairs):
        yield persons[one], persons[other]


def _why(one: Person, other: Person, distance: Any) -> str:
    """Return why two persons may be one, "" where they do not look alike."""
    for first in one.names:
        for second in other.names:
            if why := alike(skeleton(first), skeleton(second), distance):
                return why
    return ""


def alike(one: Skeleton, other: Skeleton, distance: Any) -> str:
    """Return how two skeletons are alike, "" where they are not."""
    if sorted((*one.words, *one.initials)) == sorted((*other.words, *other.initials)) or one.whole == other.whole:
        return "the same name, spelled otherwise"
    rest = [*(Counter(one.words) - Counter(other.words)).elements()]
    others = [*(Counter(other.words) - Counter(one.words)).elements()]
    common = [*(Counter(one.words) & Counter(other.words)).elements()]
    if one.initials or other.initials:
        return _by_initials(one, other, rest, others, common)
    if len(rest) == len(others) == 1 and common:
        return _by_one_word(rest[0], others[0], distance)
    if not (rest and others) and sum(len(word) > 2 for word in common) >= 2:
        return "one of them leaves out a name"
    return ""


def _by_one_word(one: str, other: str, distance: Any) -> str:
    shorter, longer = sorted((one, other), key=len)
    if longer == f"{shorter}a" or (one[:-1] == other[:-1] and "a" in (one[-1], other[-1])):
        return ""
    if len(shorter) >= _LETTER and distance(one, other, score_cutoff=1) <= 1:
        return "one letter differs"
    if len(shorter) >= _VOWELS and consonants(one) == consonants(other) and distance(one, other, score_cutoff=2) <= 2:
        return "vowels differ"
    # Ahmed and Ahmad, but not Marta and Marto.
    if len(one) == len(other) >= _SHORT and consonants(one) == consonants(other) and one[-1] == other[-1]:
        return "a vowel differs" if distance(one, other, score_cutoff=1) <= 1 else ""
    return ""


def _by_initials(
    one: Skeleton, other: Skeleton, rest: Sequence[str], others: Sequence[str], common: Sequence[str]
) -> str:
    """Return whether initials of each stand for words of the other, in the same order, or are left out."""
    long = sum(len(word) > 2 for word in common)
    if not long:
        return ""
    if not rest and not others and long >= 2 and not (one.initials and other.initials):
        return "one of them leaves out an initial"
    stands = _stand_for(one.initials, others) and _stand_for(other.initials, rest)
    if stands and (long >= 2 or len(one.initials) + len(other.initials) >= 2 or max(map(len, common)) >= _LETTER):
        return "an initial stands for a name"
    return ""


def _stand_for(initials: Sequence[str], words: Sequence[str]) -> bool:
    return len(initials) == len(words) and all(
        word.startswith(initial) for initial, word in zip(initials, words, strict=True)
    )
