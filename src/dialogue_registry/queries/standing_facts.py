"""The facts that stand at a position of the log, a page at a time: each as it reads, with the event it reads by."""

import sqlite3
from collections.abc import Sequence
from typing import Any, TypeAlias

from dialogue_registry.log.codec import NO_FACT_WORDS, decode_source
from dialogue_registry.log.entry import PAGE, Entry, RecordedEvent, recorded
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.model.events import DelegateAttended, FactDisputed, UnknownEvent
from dialogue_registry.model.kinds import Kind
from dialogue_registry.projections.arrangement import join_formats
from dialogue_registry.projections.effective_log import wording_of

_Standing: TypeAlias = tuple[int, int, int]
"""A fact, the position since which it reads so, and the event by which it does."""
_NO_FACTS = ", ".join(f"'{word}'" for word in sorted(NO_FACT_WORDS))
# Of the time from ``since`` until ``until``, not of the present: so all pages show one state, whatever is recorded
# between them.
_AT = "since <= :end AND (until IS NULL OR until > :end)"
_TRIVIAL = f"type NOT IN ({_NO_FACTS}) AND NOT EXISTS (SELECT 1 FROM exceptions x WHERE x.fact = e.position)"
_STANDING = f"""
SELECT position AS fact, position AS since, position AS event FROM events e
WHERE position > :low AND position <= :end AND coalesce(:word, type) = type AND {_TRIVIAL}
UNION ALL
SELECT fact, since, event FROM exceptions WHERE fact > :low AND {_AT} AND event IS NOT NULL AND leader IS NULL
ORDER BY 1 LIMIT {PAGE}
"""
_OF_SUBJECT = f"""
SELECT position, version FROM events e
WHERE subject = :subject AND version > :version AND position <= :end AND coalesce(:word, type) = type AND {_TRIVIAL}
ORDER BY version LIMIT {PAGE}
"""
_AMENDED = f"""
SELECT fact, since, event FROM exceptions
WHERE subject = :subject AND fact > :low AND fact <= :last AND {_AT} AND event IS NOT NULL AND leader IS NULL
"""
# Of a subject with several pages, the range of facts is looked up in place of all that was amended of the subject.
_AMENDED_OF_MANY = _AMENDED.replace("subject = :subject", "+subject = :subject")
_BEHIND = f"SELECT event FROM exceptions WHERE leader = :fact AND {_AT} ORDER BY fact"


def standing_facts(
    connection: sqlite3.Connection, log: SQLiteLog, end: int, after: int, *, kind: Kind | None
) -> tuple[int, list[RecordedEvent]]:
    """Return a page of the facts that stand at position ``end``, and the fact to go on after (0: there are no more).

    They are those of a kind, or all; in the order of their first recording.
    """
    rows = connection.execute(
        _STANDING, {"low": after, "end": end, "word": None if kind is None else kind.word}
    ).fetchall()
    return rows[-1][0] if rows else 0, _read(connection, log, end, rows, kind)


class FactsOfSubject:
    """The facts about one subject that stand at a position of the log, a page at a time.

    Events are read on by their version, so that each is looked at one time.
    """

    def __init__(self, subject: str, end: int, kind: Kind | None) -> None:
        self._subject, self._end, self._kind = subject, end, kind
        self._version = self._fact = 0
        self.ended = False

    def page(self, connection: sqlite3.Connection, log: SQLiteLog) -> list[RecordedEvent]:
        """Return the next page, in the order of their first recording; afterwards ``ended`` says if it was the last."""
        params = {
            "subject": self._subject, "end": self._end, "version": self._version,
            "word": None if self._kind is None else self._kind.word,
        }  # fmt: skip
        found = connection.execute(_OF_SUBJECT, params).fetchall()
        self.ended = len(found) < PAGE
        rows: list[_Standing] = [(position, position, position) for position, _ in found]
        last = self._end if self.ended else rows[-1][0]
        amended = _AMENDED if self.ended and not self._version else _AMENDED_OF_MANY
        rows += connection.execute(amended, {**params, "low": self._fact, "last": last}).fetchall()
        self._fact, self._version = last, found[-1][1] if found else 0
        return _read(connection, log, self._end, sorted(rows), self._kind)


def _read(
    connection: sqlite3.Connection, log: SQLiteLog, end: int, rows: Sequence[_Standing], kind: Kind | None
) -> list[RecordedEvent]:
    """Return the facts of some rows, each as it reads by its event."""
    entries = log.several([event for _, _, event in rows])
    found = []
    for fact, since, event in rows:
        entry = entries[event]
        content = _wording(log, entry)
        if isinstance(content, UnknownEvent | FactDisputed):  # no fact, but a dispute that stands again has exceptions
            continue
        if kind is not None and type(content) is not kind.cls:
            continue
        if isinstance(content, DelegateAttended) and content.format is not None and since > fact:
            behind = connection.execute(_BEHIND, {"fact": fact, "end": end}).fetchall()
            content = _arranged(content, [_wording(log, log.at(other)) for (other,) in behind])
        source = decode_source(log.at(fact).source, fact) if entry.source is None and event != fact else None
        about = entry if event == fact else entry._replace(subject=log.codec.kinds.subject(content))
        found.append(recorded(about, content, source, codec=log.codec))
    return found


def _wording(log: SQLiteLog, entry: Entry) -> Any:
    return wording_of(log.codec.decode(entry.type, entry.schema, entry.data, entry.position))


def _arranged(leader: DelegateAttended, behind: Sequence[Any]) -> DelegateAttended:
    """Return how the first of a group reads: hybrid, where another one differs in the format alone."""
    for other in behind:
        leader = join_formats(leader, other) or leader
    return leader
