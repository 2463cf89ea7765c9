"""Persons: the names that are one, and those that are not, by what was recorded. Pure.

SamePerson joins names of one party, also through others: A and B, B and C are one person.
DifferentPersons keeps names apart. The two may not contradict each other.
"""

from collections.abc import Iterable
from itertools import combinations
from typing import NamedTuple, TypeAlias

from dialogue_registry.model.events import DifferentPersons, SamePerson, brief
from dialogue_registry.model.texts import fold_text

AboutPersons: TypeAlias = SamePerson | DifferentPersons
Name: TypeAlias = tuple[str, str]
"""A party and a name, folded."""


class Contradiction(NamedTuple):
    """A statement that another one contradicts: its event, what it says, and the two names as written there."""

    event: int
    stands: AboutPersons
    names: tuple[str, str]


def clash(fact: AboutPersons, found: Contradiction) -> str:
    """Return how a statement contradicts another one."""
    one, other = found.names
    if isinstance(fact, SamePerson):
        return f"{brief(fact)} would make one person of {one!r} and {other!r}, which {brief(found.stands)} keeps apart"
    return f"{brief(fact)} would keep apart {one!r} and {other!r}, which are one person by {brief(found.stands)}"


class Persons:
    """The persons that statements make of names."""

    def __init__(self, stated: Iterable[tuple[int, AboutPersons]] = ()) -> None:
        """Take statements, each with its event."""
        self._persons: dict[Name, set[Name]] = {}
        self._joined: dict[Name, list[tuple[int, SamePerson]]] = {}
        self._apart: dict[Name, list[tuple[int, DifferentPersons]]] = {}
        for event, fact in stated:
            self.add(event, fact)

    def add(self, event: int, fact: AboutPersons) -> None:
        """Take in a statement."""
        names = _names(fact)
        if isinstance(fact, DifferentPersons):
            for name in names:
                self._apart.setdefault(name, []).append((event, fact))
            return
        for name in names:
            self._joined.setdefault(name, []).append((event, fact))
        person = max((self._person(name) for name in names), key=len)
        for name in names:
            if (other := self._person(name)) is not person:
                person |= other
            self._persons.update(dict.fromkeys(other, person))

    def contradicted(self, fact: AboutPersons) -> Contradiction | None:
        """Return the statement that a further one contradicts, if there is one."""
        names = _names(fact)
        if isinstance(fact, DifferentPersons):
            for one, other in combinations(names, 2):
                if other in self._person(one):
                    event, joins = self._joined[one][0]
                    return Contradiction(event, joins, (names[one], names[other]))
            return None
        person = set(names).union(*map(self._person, names))
        for name in sorted(person):
            for event, stands in self._apart.get(name, ()):
                together = {other: written for other, written in _names(stands).items() if other in person}
                if len(together) > 1:
                    first, second, *_ = together.values()
                    return Contradiction(event, stands, (first, second))
        return None

    def __bool__(self) -> bool:
        """Return whether any names are joined."""
        return bool(self._persons)

    def joined(self) -> list[frozenset[Name]]:
        """Return the names of each person who has several."""
        return [frozenset(names) for names in {id(names): names for names in self._persons.values()}.values()]

    def same(self, name: Name) -> frozenset[Name]:
        """Return all names of the person that a folded name is of, itself included."""
        return frozenset(self._person(name))

    def are_different(self, one: Name, other: Name) -> bool:
        """Return whether two folded names are kept apart, also through others."""
        second = self._person(other)
        return any(
            not second.isdisjoint(_names(stands))
            for name in self._person(one)
            for _, stands in self._apart.get(name, ())
        )

    def _person(self, name: Name) -> set[Name]:
        return self._persons.get(name) or {name}


def _names(fact: AboutPersons) -> dict[Name, str]:
    """Return the names of a statement as they are compared, each with how it is written."""
    party = fold_text(fact.party)
    return {(party, fold_text(name)): name for name in fact.names}
