"""Entries of another log taken over as they are: the same ids, positions, instants and hashes.

What is checked is what the log itself promises: the chain, dense positions and versions,
instants that never decrease, events this library can read. The rules of recording are
not asked again: they were asked when the events were recorded.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from dialogue_registry.errors import BrokenChainError, RefusedError
from dialogue_registry.log import hash_chain
from dialogue_registry.log.entry import Entry, Head, decoded
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.model.events import Event, EventRetracted, FactCorrected, FactDisputed, subject_of
from dialogue_registry.projections.engine import Views


def following(last: Head, entries: Iterable[Entry]) -> Iterator[Entry]:
    """Give entries again; raises BrokenChainError at the first that does not follow the one before."""
    position, hash_, recorded_at = last
    for entry in entries:
        linked = hash_chain.link(hash_, *entry[:-1])
        if entry.position != position + 1 or entry.hash != linked or entry.recorded_at < recorded_at:
            raise BrokenChainError(
                f"the event at position {entry.position} does not follow the one at position {position}: "
                "the log was changed after it was written",
                position=entry.position,
            )
        position, hash_, recorded_at = entry.position, entry.hash, entry.recorded_at
        yield entry


def take_over(log: SQLiteLog, views: Views, entries: Sequence[Entry], *, expected: int) -> None:
    """Append entries that were seen to follow the head, and fold them, within the transaction that is open.

    Raises WrongPositionError unless the log ends at ``expected``, BrokenChainError where
    they do not fit together otherwise, and CodecError where this library cannot read them.
    """
    try:
        _check_versions(entries, log.versions({entry.subject for entry in entries}))
        log.append(entries, expected=expected)
        page = [(entry.position, decoded(entry)) for entry in entries]
        for entry, (_, event) in zip(entries, page, strict=True):
            _check_subject(entry, event, log)
        views.apply(page)
    except (sqlite3.IntegrityError, RefusedError, ValueError) as error:
        raise BrokenChainError(
            f"the events from position {entries[0].position} on do not fit together ({error}): "
            "they were not recorded by this library",
            position=entries[0].position,
        ) from error


def _check_versions(entries: Sequence[Entry], versions: dict[str, int]) -> None:
    for entry in entries:
        versions[entry.subject] = versions.get(entry.subject, 0) + 1
        if entry.version != versions[entry.subject]:
            raise ValueError(f"{entry.subject} has version {entry.version} at position {entry.position}")


def _check_subject(entry: Entry, event: Event, log: SQLiteLog) -> None:
    if isinstance(event, FactCorrected | EventRetracted | FactDisputed):
        target = log.find(event.event_id)
        if target is None or target.position >= entry.position:
            raise ValueError(f"position {entry.position} amends {event.event_id}, which is no event before it")
        subject = target.subject
    else:
        subject = subject_of(event)
    if subject != entry.subject:
        raise ValueError(f"position {entry.position} is about {subject}, and filed under {entry.subject}")
