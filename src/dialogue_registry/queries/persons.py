"""Persons: which rows of attendance are one person, by what was recorded.

A row belongs to the person of its id; where it has none, to the person of its name as
written (folded) within its party. Statements that names are one person join these further;
nothing is joined by likeness.
"""

import re
import sqlite3
from functools import lru_cache

import orjson

from dialogue_registry.model.events import DifferentPersons, SamePerson
from dialogue_registry.model.names import doubtful, name_parts, without_honorific
from dialogue_registry.model.persons import Name, Persons
from dialogue_registry.model.texts import fold_text
from dialogue_registry.queries.plain_text import plain

WHO = "coalesce(nullif(person, ''), name)"
"""The SQL of what names the person of a row: an id, else the name; '' where nobody is named."""

_STATED = """
SELECT fact, event, 'same', party, names FROM same_persons
UNION ALL SELECT fact, event, 'different', party, names FROM different_persons ORDER BY 1
"""


def persons(connection: sqlite3.Connection) -> Persons:
    """Return the persons that the standing statements make of names."""
    return Persons(
        (event, (SamePerson if what == "same" else DifferentPersons)(party=party, names=tuple(orjson.loads(names))))
        for _, event, what, party, names in connection.execute(_STATED).fetchall()
    )


@lru_cache(maxsize=100_000)
def plain_words(name: str) -> tuple[str, ...]:
    """Return the words of a name in alphabetical order, without titles, case, diacritics and punctuation."""
    return tuple(sorted(words_in_order(name)))


@lru_cache(maxsize=100_000)
def words_in_order(name: str) -> tuple[str, ...]:
    """Return the words of a name as it has them, without titles, case, diacritics and punctuation."""
    bare = _APOSTROPHES.sub("", plain(name if doubtful(name_parts(name)) else without_honorific(name)))
    return tuple(_WORD.findall(bare))


_APOSTROPHES = re.compile("['’ʼʻ‘`´]")
_WORD = re.compile(r"[^\W_]+")


class Named:
    """The names of a registry, each with the one that stands for its person."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.persons = persons(connection)

    def key(self, party: str, who: str) -> Name:
        """Return what tells a person apart: the same for all names of that person."""
        name = fold_text(party), fold_text(who)
        return min(self.persons.same(name)) if self.persons else name
