"""The history of a subject: every step that was recorded about it, and how its fact reads after that step."""

import sqlite3
from collections.abc import Iterable, Iterator

from dialogue_registry.log.codec import decode_source
from dialogue_registry.log.entry import Entry, decoded, recorded
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.model.events import EventRetracted, FactCorrected, FactDisputed
from dialogue_registry.projections.effective_log import Facts, worded
from dialogue_registry.queries.display import Rows
from dialogue_registry.queries.results import Step


def history(connection: sqlite3.Connection, log: SQLiteLog, subject: str) -> tuple[Step, ...]:
    """Return every step in the history of a subject, in the order of the log.

    A fact that a correction moved here from another subject has all its steps here.
    """
    entries = {entry.position: entry for entry in _of_subject(log, subject)}
    moved_here = "SELECT DISTINCT target FROM amendments WHERE moved_to = ?"
    for (fact,) in connection.execute(moved_here, (subject,)).fetchall():
        entries.update({entry.position: entry for entry in _of_fact(connection, log, fact)})
    return Rows(_steps(connection, log, (entries[position] for position in sorted(entries))))


def amended_subjects(connection: sqlite3.Connection) -> frozenset[str]:
    """Return the subjects of which a fact was amended."""
    found = connection.execute(
        "SELECT subject FROM events WHERE position IN (SELECT position FROM amendments)"
        " UNION SELECT moved_to FROM amendments WHERE moved_to IS NOT NULL"
    )
    return frozenset(subject for (subject,) in found)


def _of_subject(log: SQLiteLog, subject: str) -> list[Entry]:
    found: list[Entry] = []
    while page := log.of_subject(subject, version=found[-1].version if found else 0):
        found += page
    return found


def _of_fact(connection: sqlite3.Connection, log: SQLiteLog, fact: int) -> Iterator[Entry]:
    ahead = [fact]
    while ahead:
        position = ahead.pop()
        yield log.at(position)
        ahead += [row[0] for row in connection.execute("SELECT position FROM amendments WHERE target = ?", (position,))]


def _steps(connection: sqlite3.Connection, log: SQLiteLog, entries: Iterable[Entry]) -> Iterator[Step]:
    facts = Facts(connection, log)
    for entry in entries:
        event, reason = decoded(entry), ""
        fact = facts.root(entry.position) if isinstance(event, FactCorrected | EventRetracted) else entry.position
        wording, leads = _reading(connection, fact, entry.position) or (0, False)
        match event:
            case FactCorrected():
                what, reason = "corrected", event.reason
            case EventRetracted():
                what, reason = ("restored" if wording else "retracted"), event.reason
            case FactDisputed():
                what, reason = "disputed", event.reason
            case _:
                what = "recorded" if leads else "also reported"
        yield Step(
            position=entry.position,
            event_id=entry.id,
            recorded_at=recorded(entry).recorded_at,
            what=what,
            fact=worded(entry if wording == entry.position else log.at(wording)) if wording else None,
            of=fact,
            by=entry.by,
            reason=reason,
            source=decode_source(entry.source, entry.position),
        )


_READING = " UNION ALL ".join(
    f"SELECT event, {leads} FROM {table} WHERE fact = :fact AND since <= :position AND {until}"
    for table, leads, until in (
        ("main.facts", 1, "true"),
        ("main.further", 0, "true"),
        ("main.facts_past", 1, "until > :position"),
        ("main.further_past", 0, "until > :position"),
    )
)


def _reading(connection: sqlite3.Connection, fact: int, position: int) -> tuple[int, bool] | None:
    """Return the event that words a fact as of a position, and whether no fact before it says the same."""
    row = connection.execute(_READING, {"fact": fact, "position": position}).fetchone()
    return None if row is None else (row[0], bool(row[1]))
