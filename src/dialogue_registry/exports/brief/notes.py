"""The notes of a brief: each is a place in a source, and has one number however often it is cited."""

from collections.abc import Iterable

import attrs

from dialogue_registry.log.codec import decode_citation, decode_source
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Source, SourceKept
from dialogue_registry.queries.reader import Reader
from dialogue_registry.registry.registry import Snapshot

_EVIDENCE = "SELECT source, citation, event FROM evidence WHERE fact = ? ORDER BY telling"


@attrs.frozen(kw_only=True)
class Note:
    """A numbered note: a source, where in it the fact stands, and where a copy of it is kept.

    ``source`` is None in the one note of all facts that were recorded without a source.
    ``archived`` is the address of the copy, ``retrieved`` when it was made.
    """

    number: int
    source: Source | None
    locator: str = ""
    quote: str = ""
    archived: str = ""
    retrieved: PartialDate | None = None


class NoteRegister:
    """Numbers the notes of a brief in the order in which they are first cited."""

    def __init__(self, registry: Snapshot, reader: Reader) -> None:
        self._reader = reader
        self._kept = {kept.event.source: kept.event for kept in registry.facts(SourceKept)}
        self._notes: dict[tuple[object, ...], Note] = {}

    @property
    def notes(self) -> tuple[Note, ...]:
        """All notes so far, by their numbers."""
        return tuple(self._notes.values())

    def of_facts(self, facts: Iterable[int]) -> tuple[int, ...]:
        """Return the numbers of the notes of some facts, each the position where it was first recorded."""
        numbers: dict[int, None] = {}
        for fact in facts:
            for data, citation, event in self._reader.query(_EVIDENCE, (fact,)).fetchall():
                place = decode_citation(citation, None, event)
                locator, quote = ("", "") if place is None else (place.locator, place.quote)
                numbers[self._number(decode_source(data, event), locator, quote)] = None
        return tuple(sorted(numbers))

    def of_sources(self, sources: Iterable[Source]) -> tuple[int, ...]:
        """Return the numbers of the notes of some sources as a whole."""
        return tuple(sorted({self._number(source) for source in sources}))

    def _number(self, source: Source | None, locator: str = "", quote: str = "") -> int:
        # What a source is (a report, an announcement) and its language make no note of their own.
        where = () if source is None else (source.title, source.url, source.publisher, source.published)
        key = (*where, locator, quote)
        if key not in self._notes:
            kept = None if source is None else self._kept.get(source)
            self._notes[key] = Note(
                number=len(self._notes) + 1,
                source=source,
                locator=locator,
                quote=quote,
                archived="" if kept is None else kept.archived,
                retrieved=None if kept is None else kept.retrieved,
            )
        return self._notes[key].number
