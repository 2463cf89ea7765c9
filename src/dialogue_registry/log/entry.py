"""The entries of a log, the protocol of every log, and recorded events.

A log is an append-only sequence of entries. Its protocol is small: return its head, append
entries that follow an expected head, read entries after a position.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, cast

import attrs

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.log import hash_chain
from dialogue_registry.log.codec import decode, decode_source
from dialogue_registry.model.events import Event, Source

if TYPE_CHECKING:  # the typing of Python 3.11 and 3.12 knows no default: RecordedEvent alone is one of any event
    from typing_extensions import TypeVar

    E_co = TypeVar("E_co", bound=Event, default=Event, covariant=True)
else:
    from typing import TypeVar

    E_co = TypeVar("E_co", bound=Event, covariant=True)

PAGE = 1000
"""The number of entries that are read at a time."""


MAX_DATA = 20_000_000
"""The longest data of an event, in bytes."""


class Entry(NamedTuple):
    """One entry of the log, as stored.

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
    """The end of a log: its last position, hash and instant (0, zeros and "" where it is empty)."""

    position: int
    hash: bytes
    recorded_at: str


EMPTY = Head(0, hash_chain.GENESIS, "")


class Draft(NamedTuple):
    """An entry without position, id, version, instant and hash, which :func:`seal` adds."""

    subject: str
    type: str
    schema: int
    data: str
    source: str | None
    by: str


class Log(Protocol):
    """What every log does, wherever it is kept."""

    def head(self) -> Head:
        """Return where the log ends."""

    def append(self, entries: Sequence[Entry], *, expected: int) -> None:
        """Append all entries or none; raise WrongPositionError unless the log ends at ``expected``."""

    def read(self, after: int = 0, *, limit: int = PAGE) -> list[Entry]:
        """Return at most ``limit`` entries after a position, in order."""


@attrs.define
class _Fields(Generic[E_co]):
    """The fields of a recorded event; see :func:`recorded`."""

    #: The event itself.
    event: E_co
    #: Its place in the whole log, counted from 1.
    position: int
    #: A UUID of version 7 (RFC 9562), time-ordered, assigned by the library.
    id: str
    #: The dialogue, series or meeting it is about.
    subject: str
    #: Its place among the events of its subject, counted from 1.
    version: int
    #: The record time, in UTC; it never decreases along the log.
    recorded_at: datetime
    #: The source of the event, if one was given.
    source: Source | None
    #: The name of the person or program that recorded it, if one was given.
    by: str
    #: Its link in the hash chain: 64 hexadecimal digits.
    hash: str


@attrs.frozen
class RecordedEvent(_Fields[E_co]):
    """An event, and what the log adds to it."""


def recorded(entry: Entry, event: Event | None = None, source: Source | None = None) -> RecordedEvent:
    """Return the recorded event of an entry; ``event`` and ``source`` save decoding what is known already.

    Raises CodecError where this library cannot read the entry.
    """
    position, id_, subject, version, type_, schema, data, source_json, by, recorded_at, hash_ = entry
    if event is None:
        event = decode(type_, schema, data, position)
    if source is None:
        source = decode_source(source_json, position)
    fields = _Fields(
        event, position, id_, subject, version, datetime.fromisoformat(recorded_at), source, by, hash_.hex()
    )
    # Setting the fields of a frozen class takes four times as long: 0.5 of the 5 µs that a replay needs for an event.
    fields.__class__ = RecordedEvent
    return cast("RecordedEvent", fields)


def decoded(entry: Entry) -> Event:
    """Return the event of an entry."""
    return decode(entry.type, entry.schema, entry.data, entry.position)


def seal(drafts: Iterable[Draft], head: Head, versions: Mapping[str, int], now: datetime) -> list[Entry]:
    """Return the entries that drafts become when they follow ``head``.

    ``versions`` holds the last version of each subject that has one. All entries share one
    instant: ``now``, or the instant of the head where that is later. Raises InvalidValueError
    where an event is longer than ``MAX_DATA``.
    """
    recorded_at = max(instant(now), head.recorded_at)
    ids = _time_ordered_ids(datetime.fromisoformat(recorded_at))
    position, last = head.position, head.hash
    running = dict(versions)
    entries: list[Entry] = []
    for subject, type_, schema, data, source, by in drafts:
        if len(data) > MAX_DATA // 4 and len(data.encode()) > MAX_DATA:
            raise InvalidValueError(
                f"an event about {subject!r} has {len(data.encode()):,} bytes: give texts of {MAX_DATA:,} bytes in all "
                "at most, or several events"
            )
        position += 1
        version = running[subject] = running.get(subject, 0) + 1
        id_ = next(ids)
        last = hash_chain.link(last, position, id_, subject, version, type_, schema, data, source, by, recorded_at)
        entry = (position, id_, subject, version, type_, schema, data, source, by, recorded_at, last)
        entries.append(Entry._make(entry))
    return entries


def instant(moment: datetime) -> str:
    """Return a moment as the log stores it: ISO 8601 in UTC, always with microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _time_ordered_ids(moment: datetime) -> Iterator[str]:
    """Yield UUIDs of version 7 (RFC 9562, methods 1 and 3): time, then a counter from a random start."""
    whole = max(0, int(moment.timestamp()) * 1_000_000 + moment.microsecond)  # a clock before 1970 is wrong
    milliseconds, microseconds = divmod(whole, 1000)
    stamp = f"{milliseconds:012x}"
    front = f"{stamp[:8]}-{stamp[8:]}-7{microseconds * 4096 // 1000:03x}-"
    counter = int.from_bytes(os.urandom(8), "big") >> 3  # 61 bits, so that the counter stays within 62
    while True:
        tail = f"{counter | 1 << 63:016x}"
        yield f"{front}{tail[:4]}-{tail[4:]}"
        counter += 1
