"""The items of one call: facts to be recorded, and what becomes of each."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dialogue_registry.log.codec import encode_citation
from dialogue_registry.log.entry import Draft, Entry, Head
from dialogue_registry.model.events import Citation, Fact


class Item(NamedTuple):
    """A fact to be recorded, with its source as stored and its citation.

    ``run`` is the position at which the import began that records it. What its source said
    before is not appended again, unless it is said ``anew``: then only what stands counts.
    """

    fact: Fact
    source: str | None = None
    citation: Citation | None = None
    run: int = 0
    anew: bool = False


class Appended(NamedTuple):
    """The outcome of an item: its entry, whether that is new, and a note for the one who recorded it."""

    entry: Entry
    new: bool
    note: str = ""


class Batch:
    """The entries to be, and what becomes of each item."""

    def __init__(self, head: Head, by: str) -> None:
        self.head = head
        self.drafts: list[Draft] = []
        self._by = by
        self._places: list[tuple[int | Entry, bool, str]] = []

    @property
    def position(self) -> int:
        """The position of the last draft."""
        return self.head.position + len(self.drafts)

    def add(self, encoded: tuple[str, int, str], subject: str, item: Item, note: str = "") -> int:
        """Add a draft for an item; return its position."""
        citation, edition = (None, None) if item.citation is None else encode_citation(item.citation, item.run)
        self._places.append((len(self.drafts), True, note))
        self.drafts.append(Draft(subject, *encoded, item.source, self._by, citation, edition))
        return self.head.position + len(self.drafts)

    def repeat(self, place: int | Entry, note: str = "") -> None:
        """Note that an item says what an entry, or the draft of a position, says already."""
        self._places.append((place - self.head.position - 1 if isinstance(place, int) else place, False, note))

    def outcomes(self, entries: Sequence[Entry]) -> Iterator[Appended]:
        """Yield what became of each item, given the entries that the drafts became."""
        for place, new, note in self._places:
            yield Appended(entries[place] if isinstance(place, int) else place, new, note)
