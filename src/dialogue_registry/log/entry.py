"""The entries of a log, the protocol of every log, and recorded events.

A log is an append-only sequence of entries. Its protocol is small: return its head, append
entries that follow an expected head, read entries after a position.
"""

import os
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol

import attrs

from dialogue_registry.errors import CodecError, InvalidValueError
from dialogue_registry.log import hash_chain
from dialogue_registry.log.codec import STANDARD_CODEC, VERIFY, Codec, decode_citation, decode_source
from dialogue_registry.model.events import Citation, Event, Source, UnreadableEvent

if TYPE_CHECKING:  # the typing of Python 3.11 and 3.12 knows no default: RecordedEvent alone is one of any event
    from typing_extensions import TypeVar

    E_co = TypeVar("E_co", default=Any, covariant=True)
else:
    from typing import TypeVar

    E_co = TypeVar("E_co", covariant=True)

PAGE = 1000
"""The number of entries that are read at a time."""


MAX_DATA = 20_000_000
"""The longest data of an event, in bytes."""


class Entry(NamedTuple):
    """One entry of the log, as stored.

    ``data``, ``source``, ``citation`` and ``edition`` (the table of the citation, shared by
    many) are JSON text. ``recorded_at`` is ISO 8601 in UTC with microseconds; ``salt`` is 16
    random bytes, ``hash`` 32 bytes.
    """

    position: int
    id: str
    subject: str
    version: int
    type: str
    schema: int
    data: str
    source: str | None
    citation: str | None
    edition: str | None
    by: str
    recorded_at: str
    salt: bytes
    hash: bytes


class Head(NamedTuple):
    """The end of a log: its last position, hash and instant (0, zeros and "" where it is empty)."""

    position: int
    hash: bytes
    recorded_at: str


EMPTY = Head(0, hash_chain.GENESIS, "")


class Draft(NamedTuple):
    """An entry without position, id, version, instant, salt and hash, which :func:`seal` adds."""

    subject: str
    type: str
    schema: int
    data: str
    source: str | None = None
    by: str = ""
    citation: str | None = None
    edition: str | None = None


class Log(Protocol):
    """The interface of every log, wherever it is kept."""

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
    #: The place in its source where it stands, if that was given.
    citation: Citation | None = None
    #: Whether the call that returned it appended it; what the log had already is not new.
    new: bool = attrs.field(default=False, eq=False)
    #: The changes of the call beside it, or why it changed nothing: a status, further evidence.
    note: str = attrs.field(default="", eq=False)


@attrs.frozen
class RecordedEvent(_Fields[E_co]):
    """An event, and what the log adds to it."""


def recorded(
    entry: Entry,
    event: Event | None = None,
    source: Source | None = None,
    *,
    codec: Codec = STANDARD_CODEC,
    new: bool = False,
    note: str = "",
) -> RecordedEvent:
    """Return the recorded event of an entry; ``event`` and ``source`` save decoding what is known already.

    Raises CodecError where this library cannot read the entry.
    """
    position, id_, subject, version, type_, schema, data, source_json, citation, edition, by, instant_, _, hash_ = entry
    try:
        if event is None:
            event = codec.decode(type_, schema, data, position)
        if isinstance(event, UnreadableEvent):
            source_json = citation = edition = None  # which need not be readable either
        if source is None and source_json is not None:
            source = decode_source(source_json, position)
        cited = None if citation is None and edition is None else decode_citation(citation, edition, position)
        moment, digest = _moment(instant_), hash_.hex()
    except (AttributeError, TypeError, ValueError) as error:
        raise CodecError(f"at position {position}: an entry of no log ({error}); {VERIFY}") from error
    fields = _Fields(event, position, id_, subject, version, moment, source, by, digest, cited, new, note)
    # Setting the fields of a frozen class takes four times as long: 0.5 of the 5 µs that a replay needs for an event.
    fields.__class__ = RecordedEvent
    return fields  # type: ignore[return-value]


@lru_cache(maxsize=64)  # all events of one call share an instant
def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def seal(drafts: Sequence[Draft], head: Head, versions: Mapping[str, int], now: datetime) -> list[Entry]:
    """Return the entries that drafts become when they follow ``head``.

    ``versions`` holds the last version of each subject that has one. All entries share one
    instant: ``now``, or the instant of the head where that is later. Raises InvalidValueError
    where an event is longer than ``MAX_DATA``, and CodecError where the head has no instant.
    """
    recorded_at = max(instant(now), head.recorded_at)
    try:
        prefix = _id_prefix(datetime.fromisoformat(recorded_at))
    except ValueError as error:
        raise CodecError(f"at position {head.position}: {recorded_at!r:.80} is no instant; {VERIFY}") from error
    position, last = head.position, head.hash
    running = dict(versions)
    salts = os.urandom(16 * len(drafts))  # all at once: each call asks the system
    entries: list[Entry] = []
    for subject, type_, schema, data, source, by, citation, edition in drafts:
        if len(data) > MAX_DATA // 4 and len(data.encode()) > MAX_DATA:
            raise InvalidValueError(
                f"an event about {subject!r} has {len(data.encode()):,} bytes: give texts of {MAX_DATA:,} bytes in all "
                "at most, or several events"
            )
        position += 1
        version = running[subject] = running.get(subject, 0) + 1
        unsealed = (
            position, f"{prefix}{position:010x}", subject, version, type_, schema, data, source, citation, edition,
            by, recorded_at, salts[16 * len(entries) : 16 * len(entries) + 16],
        )  # fmt: skip
        last = hash_chain.link(last, *unsealed)
        entries.append(Entry._make((*unsealed, last)))
    return entries


def instant(moment: datetime) -> str:
    """Return a moment as the log stores it: ISO 8601 in UTC, always with microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def is_instant(text: str) -> bool:
    """Return whether a text is an instant as the log stores it."""
    try:
        return instant(datetime.fromisoformat(text)) == text
    except ValueError:
        return False


_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)


def _id_prefix(moment: datetime) -> str:
    """Return what the ids of one call begin with; the position follows, in ten hexadecimal digits.

    They are UUIDs of version 7 (RFC 9562, methods 1 and 3). They hold the time in microseconds,
    22 random bits that the ids of one call share, and the position in the last 40 bits.
    """
    whole = max(0, int(moment.timestamp()) * 1_000_000 + moment.microsecond)  # a clock before 1970 is wrong
    milliseconds, microseconds = divmod(whole, 1000)
    stamp = f"{milliseconds:012x}"
    random = f"{1 << 23 | int.from_bytes(os.urandom(3), 'big') >> 2:06x}"
    return f"{stamp[:8]}-{stamp[8:]}-7{microseconds * 4096 // 1000:03x}-{random[:4]}-{random[4:]}"


def position_of(event_id: str) -> int | None:
    """Return the position that an id carries; None where it is no id of an event."""
    if not _ID.fullmatch(event_id):
        return None
    return int(event_id[-10:], 16)
