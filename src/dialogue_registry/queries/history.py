"""The history of a subject: every step that was recorded about it, and how its fact reads after that step."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from dialogue_registry.log.entry import PAGE, Entry, recorded
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.model.events import Event, EventCited, EventRetracted, FactCorrected, FactDisputed
from dialogue_registry.projections.effective_log import EffectiveLog, wording_of
from dialogue_registry.queries.display import Rows, changed_fields, differing, in_words, stated, word_of
from dialogue_registry.queries.results import Step, StepKind

WHAT = ("recorded", "also reported", "corrected", "retracted", "restored", "disputed", "cited")
"""The sorts of steps."""


def history(connection: sqlite3.Connection, log: SQLiteLog, subject: str) -> tuple[Step, ...]:
    """Return every step in the history of a subject, in the order of the log.

    A fact that a correction moved here from another subject has all its steps here.
    """
    entries = {entry.position: entry for entry in of_subject(log, subject)}
    facts_here = "SELECT DISTINCT fact FROM exceptions WHERE subject = ?"
    for (fact,) in connection.execute(facts_here, (subject,)).fetchall():
        entries.update({entry.position: entry for entry in _of_fact(connection, log, fact)})
    return Rows(steps(connection, log, (entries[position] for position in sorted(entries))))


def amended_subjects(connection: sqlite3.Connection) -> frozenset[str]:
    """Return the subjects of facts that were corrected or retracted, before and after."""
    rows = connection.execute(
        "SELECT DISTINCT subject FROM exceptions WHERE fact IN"
        " (SELECT fact FROM exceptions WHERE event IS NULL OR event <> fact)"
    )
    return frozenset(subject for (subject,) in rows)


def of_subject(log: SQLiteLog, subject: str, types: Collection[str] = ()) -> list[Entry]:
    """Return the entries of one subject, all or those stored under some words."""
    found: list[Entry] = []
    while True:
        page = log.of_subject(subject, version=found[-1].version if found else 0, types=types)
        found += page
        if len(page) < PAGE:
            return found


def _of_fact(connection: sqlite3.Connection, log: SQLiteLog, fact: int) -> Iterator[Entry]:
    ahead = [fact]
    while ahead:
        position = ahead.pop()
        yield log.at(position)
        ahead += [row[0] for row in connection.execute("SELECT position FROM amendments WHERE target = ?", (position,))]


def steps(connection: sqlite3.Connection, log: SQLiteLog, entries: Iterable[Entry]) -> Iterator[Step]:
    """Yield the step that each of some entries is, as its fact read after it."""
    facts = EffectiveLog(connection, log)
    for entry in entries:
        event, reason = log.codec.decode(entry.type, entry.schema, entry.data, entry.position), ""
        fact = facts.root(entry.position) if isinstance(event, FactCorrected | EventRetracted) else entry.position
        wording, leads = _reading(connection, fact, entry.position) or (0, False)
        match event:
            case FactCorrected():
                what, reason = "corrected", event.reason
            case EventRetracted():
                what, reason = ("restored" if wording else "retracted"), event.reason
            case FactDisputed():
                what, reason = "disputed", event.reason
            case EventCited():
                what = "cited"
            case _:
                what = "recorded" if leads else "also reported"
        recorded_event = recorded(entry, event)
        yield Step(
            position=entry.position,
            event_id=entry.id,
            recorded_at=recorded_event.recorded_at,
            what=StepKind(what),
            fact=_content(facts, wording, entry, event),
            of=fact,
            by=entry.by,
            reason=reason,
            source=recorded_event.source,
            citation=recorded_event.citation,
        )


def _content(facts: EffectiveLog, wording: int, entry: Entry, event: Any) -> Any:
    """Return how a fact reads by the event at a position, None for 0; that of an entry is decoded already."""
    if wording == entry.position:
        return wording_of(event)
    return facts.content(wording) if wording else None


def wordings(taken: Iterable[Step], subject: str) -> Iterator[str]:
    """Yield what each step of a history says, in words, without the subject that all of them are about.

    A correction reads as what it changes, ``place: 'Turku' → 'Åbo'``; a retraction reads as
    what it withdraws. A dispute reads as what it claims, with what the disputed fact says
    instead.
    """
    facts: dict[str, int] = {}
    readings: dict[int, Event] = {}
    for step in taken:
        facts[step.event_id] = step.of
        before, fact = readings.get(step.of), step.fact
        if fact is None:
            fact = before
        elif before is None or step.what not in ("corrected", "restored"):
            readings[step.of] = fact
        elif before != fact:
            readings[step.of] = fact
            yield f"{word_of(fact)}, {', '.join(changed_fields(before, fact))}"
            continue
        match fact:
            case None:
                yield ""
            case FactDisputed():
                yield _claim(fact, facts, readings, subject)
            case EventCited(event_id=event_id):
                yield f"position {facts[event_id]}" if event_id in facts else f"event {event_id}"
            case _:
                yield in_words(fact, without=subject)


def _claim(dispute: FactDisputed, facts: Mapping[str, int], readings: Mapping[int, Event], subject: str) -> str:
    """Return what a dispute claims, and what the disputed fact says instead."""
    claim, position = dispute.claim, facts.get(dispute.event_id)
    if position is None:
        return f"{in_words(claim, without=subject)} instead of event {dispute.event_id}"
    standing = readings.get(position)
    if type(standing) is not type(claim):
        return f"{in_words(claim, without=subject)} instead of position {position}"
    fields = differing(claim, standing)
    return f"{in_words(claim, fields)} instead of {stated(standing, fields)} (position {position})"


def _reading(connection: sqlite3.Connection, fact: int, position: int) -> tuple[int, bool] | None:
    """Return the event that words a fact as of a position, and whether no fact before it says the same."""
    rows = connection.execute(
        "SELECT event, leader, until IS NULL OR until > :position FROM exceptions"
        " WHERE fact = :fact AND since <= :position",
        {"fact": fact, "position": position},
    ).fetchall()
    if not rows:
        return fact, True
    event, leader = next((event, leader) for event, leader, lasts in rows if lasts)
    return None if event is None else (event, leader is None)
