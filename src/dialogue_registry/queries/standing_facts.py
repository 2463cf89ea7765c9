"""The facts that stand at a position of the log, a page at a time: each as it reads, with the event it reads by."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from dialogue_registry.log.codec import NO_FACT_WORDS, decode_source
from dialogue_registry.log.entry import PAGE, Entry, RecordedEvent, recorded
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.model.events import DelegateAttended, UnknownEvent
from dialogue_registry.model.kinds import Kind
from dialogue_registry.projections.effective_log import join_formats, wording_of

_NO_FACTS = ", ".join(f"'{word}'" for word in sorted(NO_FACT_WORDS))
# Of the time from ``since`` until ``until``, not of the present: so all pages show one state, whatever is recorded
# between them.
_AT = "since <= :end AND (until IS NULL OR until > :end)"
_STANDING = f"""
SELECT position AS fact, position AS since, position AS event FROM events e
WHERE position > :low AND position <= :end AND type NOT IN ({_NO_FACTS}) AND coalesce(:word, type) = type
  AND coalesce(:subject, subject) = subject AND NOT EXISTS (SELECT 1 FROM exceptions x WHERE x.fact = e.position)
UNION ALL
SELECT fact, since, event FROM exceptions
WHERE fact > :low AND {_AT} AND event IS NOT NULL AND leader IS NULL AND coalesce(:subject, subject) = subject
ORDER BY 1 LIMIT {PAGE}
"""
_OF_SUBJECT = _STANDING.replace("coalesce(:subject, subject) = subject", "subject = :subject")
_BEHIND = f"SELECT event FROM exceptions WHERE leader = :fact AND {_AT} ORDER BY fact"


def standing_facts(
    connection: sqlite3.Connection, log: SQLiteLog, end: int, after: int, *, kind: Kind | None, subject: str | None
) -> tuple[int, list[RecordedEvent]]:
    """Return a page of the facts that stand at position ``end``, and the fact to go on after (0: there are no more).

    They are those of a kind and about a subject, or all; in the order of their first recording.
    """
    rows = connection.execute(
        _STANDING if subject is None else _OF_SUBJECT,
        {"low": after, "end": end, "word": None if kind is None else kind.word, "subject": subject},
    ).fetchall()
    entries = log.several([event for _, _, event in rows])
    found = []
    for fact, since, event in rows:
        entry = entries[event]
        content = _wording(log, entry)
        if isinstance(content, UnknownEvent) or (kind is not None and type(content) is not kind.cls):
            continue
        if isinstance(content, DelegateAttended) and content.format is not None and since > fact:
            behind = connection.execute(_BEHIND, {"fact": fact, "end": end}).fetchall()
            content = _arranged(content, [_wording(log, log.at(other)) for (other,) in behind])
        source = decode_source(log.at(fact).source, fact) if entry.source is None and event != fact else None
        about = entry if event == fact else entry._replace(subject=log.codec.kinds.subject(content))
        found.append(recorded(about, content, source, codec=log.codec))
    return rows[-1][0] if rows else 0, found


def _wording(log: SQLiteLog, entry: Entry) -> Any:
    return wording_of(log.codec.decode(entry.type, entry.schema, entry.data, entry.position))


def _arranged(leader: DelegateAttended, behind: Sequence[Any]) -> DelegateAttended:
    """Return how the first of a group reads: hybrid, where another one differs in the format alone."""
    for other in behind:
        leader = join_formats(leader, other) or leader
    return leader
