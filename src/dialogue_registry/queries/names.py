"""Names: what a dialogue, series, meeting or party is called in a language on a day.

Of the names used in that language on that day, the latest ``since`` wins. Where there is none,
a name of no stated language is taken. Else it is the name that the dialogue, series or party
was recorded with, or the title of the meeting.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

import attrs

from dialogue_registry.errors import UnknownSubjectError
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.shown import shown
from dialogue_registry.model.texts import fold_text
from dialogue_registry.queries.members import AT_THE_END
from dialogue_registry.queries.results import Dialogue, Meeting, Party, Series

_USED = (
    'SELECT coalesce("of", party), "of" IS NULL, name, language, earliest, until_, fact FROM names_used ORDER BY fact'
)
_ONE_RECORDED = """
SELECT name FROM dialogues WHERE dialogue = :id UNION ALL SELECT name FROM series WHERE series = :id
UNION ALL SELECT title FROM meetings WHERE meeting = :id
"""
_PARTY = """
SELECT name FROM (
    SELECT name, 0 AS place, coalesce(earliest, '') AS day, fact FROM parties WHERE party = :id
    UNION ALL SELECT party, 1, '', 0 FROM names_used WHERE party = :id
    UNION ALL SELECT * FROM (SELECT party, 2, '', 0 FROM attendance WHERE party = :id LIMIT 1))
ORDER BY place, day DESC, fact DESC LIMIT 1
"""
_OTHER_NAMES = """
SELECT party, name FROM parties UNION SELECT p.party, alias.value FROM parties p, json_each(p.aliases) alias
UNION SELECT party, name FROM names_used WHERE "of" IS NULL
"""


class UsedName(NamedTuple):
    """A name in use from a day (ISO 8601) until another, both included."""

    name: str
    language: str
    since: str
    until: str
    fact: int

    def used(self, day: str) -> bool:
        """Return whether the name can have been in use on a day."""
        return self.since <= day <= self.until


class Names:
    """The names that sources say were used, beside those that things were recorded with."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._used: dict[tuple[str, bool], list[UsedName]] = {}
        for bearer, is_party, name, language, earliest, until, fact in connection.execute(_USED).fetchall():
            last = "~" if until is None else PartialDate.of(until).latest.isoformat()
            used = UsedName(name, language.casefold(), earliest or "", last, fact)
            self._used.setdefault((_bearer(bearer, bool(is_party)), bool(is_party)), []).append(used)

    def choose(
        self, bearer: str, recorded: str, *, language: str | None, on: date | None = None, party: bool = False
    ) -> str:
        """Return the name of an id or a party; ``recorded`` is the one it was recorded with."""
        day = AT_THE_END if on is None else on.isoformat()
        in_use = [used for used in self._used.get((_bearer(bearer, party), party), ()) if used.used(day)]
        for tag in _tags(language):
            if fitting := [used for used in in_use if used.language == tag]:
                return max(fitting, key=lambda used: (used.since, used.fact)).name
        return recorded

    def others(self, bearer: str, *, party: bool = False) -> Sequence[UsedName]:
        """Return all names that were ever used of an id or a party, in the order they were recorded."""
        return self._used.get((_bearer(bearer, party), party), ())


class NamesInLanguage:
    """The names of dialogues, series, meetings and parties in one language, on a day or the ones used last."""

    def __init__(self, connection: sqlite3.Connection, language: str | None, on: date | None = None) -> None:
        self._names = Names(connection)
        self._language = language
        self._on = on

    def dialogue(self, dialogue: Dialogue) -> Dialogue:
        """Return a dialogue and its parties under these names; the recorded ones become aliases."""
        name, aliases = self._chosen(dialogue.dialogue, dialogue.name, dialogue.aliases)
        parties = tuple(self._of_party(party) for party in dialogue.parties)
        return attrs.evolve(dialogue, name=name, aliases=aliases, parties=parties)

    def series(self, series: Series) -> Series:
        """Return a series under its name; the recorded one becomes an alias."""
        name, aliases = self._chosen(series.series, series.name, series.aliases)
        return attrs.evolve(series, name=name, aliases=aliases)

    def title(self, meeting: Meeting) -> str:
        """Return the title of a meeting; "" where it has none."""
        return self._names.choose(meeting.meeting, meeting.title, language=self._language, on=self._on)

    def meeting(self, meeting: Meeting, series: str) -> str:
        """Return the title of a meeting, else the name of its series and the number printed."""
        return self.title(meeting) or f"{series}{'' if meeting.ordinal is None else f' ({meeting.ordinal})'}"

    def party(self, party: str, recorded: str) -> str:
        """Return the name of a party that was recorded with a name."""
        return self._names.choose(party, recorded, language=self._language, on=self._on, party=True)

    def others(self, bearer: str, *, party: bool = False) -> Sequence[UsedName]:
        """Return all names that were ever used of an id or a party."""
        return self._names.others(bearer, party=party)

    def _of_party(self, party: Party) -> Party:
        name = self.party(party.party, party.name)
        return attrs.evolve(party, name=name, aliases=_aliases(name, party.name, party.aliases))

    def _chosen(self, id_: str, recorded: str, aliases: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
        name = self._names.choose(id_, recorded, language=self._language, on=self._on)
        return name, _aliases(name, recorded, aliases)


def _aliases(name: str, recorded: str, aliases: tuple[str, ...]) -> tuple[str, ...]:
    others = aliases if name == recorded else (recorded, *aliases)
    return tuple(other for other in others if other != name)


def _bearer(bearer: str, party: bool) -> str:  # noqa: FBT001 - of two arguments
    return fold_text(bearer) if party else bearer


def _tags(language: str | None) -> Iterator[str]:
    """Yield the language tags in which a name is looked for: zh-hant-tw, zh-hant, zh, and none."""
    tag = (language or "").casefold()
    while tag:
        yield tag
        tag = tag.rpartition("-")[0]
    yield ""


def name_of(connection: sqlite3.Connection, id_: str, *, language: str | None, on: date | None) -> str:
    """Return the name of a dialogue, series, meeting or party; raises UnknownSubjectError."""
    recorded = connection.execute(_ONE_RECORDED, {"id": id_}).fetchone()
    names = Names(connection)
    if recorded is not None:
        return names.choose(id_, recorded[0] or id_, language=language, on=on)
    recorded = connection.execute(_PARTY, {"id": id_}).fetchone()
    if recorded is None and not names.others(id_, party=True):
        raise UnknownSubjectError(
            f"no dialogue, series, meeting or party {shown(id_)} is recorded: check the id", kind="subject", id=id_
        )
    return names.choose(id_, id_ if recorded is None else recorded[0], language=language, on=on, party=True)


def names_of_parties(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return pairs of a name and the party that bears it or ever did: recorded names, aliases and names used."""
    return [(name, party) for party, name in connection.execute(_OTHER_NAMES).fetchall()]
