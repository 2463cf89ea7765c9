"""The story of a subject, told from the log alone."""

import sqlite3
from collections import Counter

from dialogue_registry.log.codec import decode, decode_source
from dialogue_registry.log.entry import Entry, recorded
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.model.events import Event, EventRetracted, FactCorrected, FactDisputed
from dialogue_registry.queries.display import Rows
from dialogue_registry.queries.results import Step


def tell(connection: sqlite3.Connection, log: SQLiteLog, subject: str) -> tuple[Step, ...]:
    """Every step in the history of a subject, in the order of the log.

    Facts that a correction moved here from another subject are told from their beginning.
    """
    entries = {entry.position: entry for entry in _of_subject(log, subject)}
    moved_here = "SELECT DISTINCT target FROM amendments WHERE moved_to = ?"
    for (moved,) in connection.execute(moved_here, (subject,)).fetchall():
        entries.update({entry.position: entry for entry in _of_fact(connection, log, moved)})
    story = _Story()
    return Rows(story.tell(entries[position]) for position in sorted(entries))


def _of_subject(log: SQLiteLog, subject: str) -> list[Entry]:
    found: list[Entry] = []
    while page := log.of_subject(subject, version=found[-1].version if found else 0):
        found += page
    return found


def _of_fact(connection: sqlite3.Connection, log: SQLiteLog, fact: int) -> list[Entry]:
    found, ahead = [], [fact]
    while ahead:
        position = ahead.pop()
        found.append(log.at(position))
        ahead += [row[0] for row in connection.execute("SELECT position FROM amendments WHERE target = ?", (position,))]
    return found


class _Story:
    """Facts as they read after each step."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._events: dict[str, Event] = {}
        self._amendments: dict[str, list[str]] = {}
        self._reads: dict[str, Event | None] = {}
        self._said: Counter[Event] = Counter()

    def tell(self, entry: Entry) -> Step:
        event = decode(entry.type, entry.schema, entry.data, entry.position)
        self._entries[entry.id], self._events[entry.id] = entry, event
        root, reason = entry.id, ""
        match event:
            case FactCorrected() | EventRetracted():
                self._amendments.setdefault(event.event_id, []).append(entry.id)
                root, reason = self._root(entry.id), event.reason
                what = "corrected" if isinstance(event, FactCorrected) else "restored"
            case FactDisputed():
                what, reason = "disputed", event.reason
            case _:
                what = "also reported" if self._said[event] else "recorded"
        before, after = self._reads.get(root), self._now(root)
        self._reads[root] = after
        if what == "restored" and after is None:
            what = "retracted"
        self._said.subtract(filter(None, [before]))
        self._said.update(filter(None, [after]))
        return Step(
            position=entry.position,
            event_id=entry.id,
            recorded_at=recorded(entry).recorded_at,
            what=what,
            fact=after,
            of=self._entries[root].position,
            by=entry.by,
            reason=reason,
            source=decode_source(entry.source, entry.position),
        )

    def _root(self, id_: str) -> str:
        event = self._events[id_]
        return self._root(event.event_id) if isinstance(event, FactCorrected | EventRetracted) else id_

    def _active(self, id_: str) -> bool:
        return not any(
            isinstance(self._events[amendment], EventRetracted) and self._active(amendment)
            for amendment in self._amendments.get(id_, ())
        )

    def _now(self, fact: str) -> Event | None:
        if not self._active(fact):
            return None
        reads = self._events[fact]
        for amendment in self._amendments.get(fact, ()):
            event = self._events[amendment]
            if isinstance(event, FactCorrected) and self._active(amendment):
                reads = event.replacement
        return reads
