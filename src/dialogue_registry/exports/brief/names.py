"""The names that a brief uses: of its language on its day where the registry has them, else those first recorded."""

import sqlite3
from datetime import date

from dialogue_registry.exports.title import title_of
from dialogue_registry.queries import names
from dialogue_registry.queries.results import Meeting
from dialogue_registry.registry.registry import Snapshot


class Names:
    """The names of dialogues, series, meetings and parties, in a language as of a day."""

    def __init__(self, registry: Snapshot, connection: sqlite3.Connection, language: str, day: date | None) -> None:
        dialogues = registry.dialogues()
        self._parties = {party.party: party.name for dialogue in dialogues for party in dialogue.parties}
        self._ids = {dialogue.dialogue: dialogue.name for dialogue in dialogues}
        self._ids |= {series.series: series.name for series in registry.series()}
        self._used = names.Names(connection)
        self._language = language
        self._day = day

    def of(self, id_: str) -> str:
        """Return the name of a dialogue or a series."""
        return self._choose(id_, self._ids.get(id_, id_))

    def party(self, party: str) -> str:
        """Return the name of a party."""
        recorded = self._parties.get(party, party)
        return self._used.choose(party, recorded, language=self._language, on=self._day, party=True)

    def title(self, meeting: Meeting) -> str:
        """Return the name of a meeting: in the language, else its title, else its series and number."""
        return self._choose(meeting.meeting, meeting.title) or title_of(meeting, self.of(meeting.series))

    def _choose(self, id_: str, recorded: str) -> str:
        return self._used.choose(id_, recorded, language=self._language, on=self._day)
