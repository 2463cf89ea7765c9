"""What every log promises, and the recorded event.

A log is an append-only sequence of entries. Its whole promise is small: say where its
head is, append entries that follow the expected head, read entries after a position.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple, Protocol

from dialogue_registry.log import hash_chain
from dialogue_registry.log.codec import decode, decode_source
from dialogue_registry.model.events import Event, Source

PAGE = 1000
"""How many entries are read at a time."""


class Entry(NamedTuple):
    """One line of the log, as stored.

    ``data`` and ``source`` are JSON text; ``recorded_at`` is ISO 8601 in UTC with
    microseconds; ``hash`` is 32 bytes.
    """

    position: int
    id: str
    subject: str
    version: int
    type: str
    schema: int
    data: str
    source: str | None
    by: str
    recorded_at: str
    hash: bytes


class Head(NamedTuple):
    """Where a log ends: its last position, hash and instant (0, zeros and "" when empty)."""

    position: int
    hash: bytes
    recorded_at: str


EMPTY = Head(0, hash_chain.GENESIS, "")


class Draft(NamedTuple):
    """What is to become an entry."""

    subject: str
    type: str
    schema: int
    data: str
    source: str | None
    by: str


class Log(Protocol):
    """The promise that each keeper of a log keeps."""

    def head(self) -> Head:
        """Say where the log ends."""

    def append(self, entries: Sequence[Entry], *, expected: int) -> None:
        """Append all entries or none; raise WrongPositionError unless the log ends at ``expected``."""

    def read(self, after: int = 0, *, limit: int = PAGE) -> list[Entry]:
        """Give at most ``limit`` entries after a position, in order."""


class RecordedEvent(NamedTuple):
    """An event, and what the log adds to it."""

    #: The event itself.
    event: Event
    #: Its place in the whole log, counted from 1.
    position: int
    #: Made by the library, a UUID of version 7 (RFC 9562): time-ordered.
    id: str
    #: The dialogue, series or meeting it is about.
    subject: str
    #: Its place among the events of its subject, counted from 1.
    version: int
    #: When it was recorded, in UTC; never decreases along the log.
    recorded_at: datetime
    #: Where it comes from, if that was given.
    source: Source | None
    #: Who recorded it, if that was given.
    by: str
    #: Its link in the hash chain: 64 hexadecimal digits.
    hash: str


def recorded(entry: Entry, event: Event | None = None, told: Source | None = None) -> RecordedEvent:
    """Read an entry, whose event and source may be known already; raises CodecError where this library cannot."""
    position, id_, subject, version, type_, schema, data, source, by, recorded_at, hash_ = entry
    if event is None:
        event = decode(type_, schema, data, position)
    if told is None:
        told = decode_source(source, position)
    # Made of a tuple, as Entry is: by names it would take three times as long, and a replay makes a million.
    return _make((event, position, id_, subject, version, _moment(recorded_at), told, by, hash_.hex()))


def decoded(entry: Entry) -> Event:
    """Read the event of an entry."""
    return decode(entry.type, entry.schema, entry.data, entry.position)


_make = RecordedEvent._make
_moment = lru_cache(maxsize=64)(datetime.fromisoformat)  # a batch shares its instant


def seal(drafts: Iterable[Draft], head: Head, versions: Mapping[str, int], now: datetime) -> list[Entry]:
    """Make drafts into the entries that follow ``head``.

    ``versions`` has the last version of each subject that has one. All entries share one
    instant: ``now``, or the head's where the clock has gone back.
    """
    recorded_at = max(instant(now), head.recorded_at)
    ids = _time_ordered_ids(_moment(recorded_at))
    position, last = head.position, head.hash
    running = dict(versions)
    entries: list[Entry] = []
    for subject, type_, schema, data, source, by in drafts:
        position += 1
        version = running[subject] = running.get(subject, 0) + 1
        id_ = next(ids)
        last = hash_chain.link(last, position, id_, subject, version, type_, schema, data, source, by, recorded_at)
        entry = (position, id_, subject, version, type_, schema, data, source, by, recorded_at, last)
        entries.append(Entry._make(entry))
    return entries


def instant(moment: datetime) -> str:
    """Write a moment as the log does: ISO 8601 in UTC, always with microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _time_ordered_ids(moment: datetime) -> Iterator[str]:
    """Yield UUIDs of version 7 (RFC 9562, methods 1 and 3): time, then a counter from a random start."""
    whole = int(moment.timestamp()) * 1_000_000 + moment.microsecond
    milliseconds, microseconds = divmod(whole, 1000)
    stamp = f"{milliseconds:012x}"
    front = f"{stamp[:8]}-{stamp[8:]}-7{microseconds * 4096 // 1000:03x}-"
    counter = int.from_bytes(os.urandom(8), "big") >> 3  # 61 bits, so that counting on stays within 62
    while True:
        tail = f"{counter | 1 << 63:016x}"
        yield f"{front}{tail[:4]}-{tail[4:]}"
        counter += 1
