"""The names that a brief uses: of its language where the registry has them, else those first recorded."""

from collections.abc import Iterable
from datetime import date

from dialogue_registry.exports.title import title_of
from dialogue_registry.model.events import NameUsed
from dialogue_registry.queries.results import Meeting
from dialogue_registry.registry.registry import Snapshot


class Names:
    """The names of dialogues, series, meetings and parties, in a language as of a day."""

    def __init__(self, registry: Snapshot, language: str, day: date | None) -> None:
        dialogues = registry.dialogues()
        self._parties = {party.party: party.name for dialogue in dialogues for party in dialogue.parties}
        self._ids = {dialogue.dialogue: dialogue.name for dialogue in dialogues}
        self._ids |= {series.series: series.name for series in registry.series()}
        self._titles: dict[str, str] = {}
        for name in _in_order(fact.event for fact in registry.facts(NameUsed)):
            if name.language.lower() != language.lower() or not _is_used(name, day):
                continue
            if name.of is None:
                self._parties[name.party] = name.name
            else:
                self._ids[name.of] = self._titles[name.of] = name.name

    def of(self, id_: str) -> str:
        """Return the name of a dialogue or a series."""
        return self._ids.get(id_, id_)

    def party(self, party: str) -> str:
        """Return the name of a party."""
        return self._parties.get(party, party)

    def title(self, meeting: Meeting) -> str:
        """Return the name of a meeting: in the language, else its title, else its series and number."""
        return self._titles.get(meeting.meeting) or title_of(meeting, self.of(meeting.series))


def _in_order(names: Iterable[NameUsed]) -> list[NameUsed]:
    """Return names, of which a later one wins, in the order of their ``since``."""
    return sorted(names, key=lambda name: date.min if name.since is None else name.since.earliest)


def _is_used(name: NameUsed, day: date | None) -> bool:
    if day is None:
        return name.until is None
    begun = name.since is None or name.since.earliest <= day
    return begun and (name.until is None or name.until.latest >= day)
