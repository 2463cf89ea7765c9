"""The evidence of a fact: the steps of its history that bear on it as it stands.

They are all events that state it, each with its last correction, where they are cited, and
what contradicts them. What was withdrawn, and what a later correction replaced, is left out.
"""

import sqlite3
from collections.abc import Iterable, Iterator

import attrs

from dialogue_registry.log.entry import Entry
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.model.events import EventCited, FactDisputed, Source
from dialogue_registry.model.wordings import same_fact
from dialogue_registry.projections.effective_log import EffectiveLog
from dialogue_registry.queries.display import Rows
from dialogue_registry.queries.history import of_subject, steps
from dialogue_registry.queries.results import Step, StepKind

_BESIDE = ("event.cited", "fact.disputed")
"""The words of what is said beside a fact, in the stream of its subject."""


def evidence(connection: sqlite3.Connection, log: SQLiteLog, entries: Iterable[Entry]) -> tuple[Step, ...]:
    """Return the evidence of each fact that some events are about; none where it is withdrawn."""
    facts, beside = EffectiveLog(connection, log), dict[str, list[Entry]]()
    return Rows(step for entry in entries for step in _of_fact(connection, log, facts, entry, beside))


def _of_fact(
    connection: sqlite3.Connection, log: SQLiteLog, facts: EffectiveLog, entry: Entry, beside: dict[str, list[Entry]]
) -> Iterator[Step]:
    """Yield the evidence of one fact, in the order of the log; ``beside`` keeps what was read of each subject."""
    fact = facts.root(_named_by(log, entry))
    event, leader, _ = facts.state(fact)
    if event is None:
        return
    first = fact if leader is None else leader
    reads = {first: event if leader is None else facts.state(first)[0] or first}
    behind = "SELECT fact, event FROM exceptions WHERE leader = ? AND until IS NULL"
    reads |= dict(connection.execute(behind, (first,)).fetchall())
    found = {position: log.at(position) for stated in reads.items() for position in stated}
    for subject in dict.fromkeys(log.at(stated).subject for stated in reads):
        if subject not in beside:
            beside[subject] = of_subject(log, subject, types=_BESIDE)
        found |= {other.position: other for other in beside[subject] if _bears_on(other, reads, first, facts, log)}
    ordered = steps(connection, log, (found[position] for position in sorted(found)))
    yield from _as_it_stands(ordered, reads, first)


def _named_by(log: SQLiteLog, entry: Entry) -> int:
    """Return the position of an event, or of the one that it cites or disputes."""
    event = log.codec.decode(entry.type, entry.schema, entry.data, entry.position)
    if isinstance(event, EventCited | FactDisputed) and (target := log.find(event.event_id)) is not None:
        return target.position
    return entry.position


def _bears_on(entry: Entry, reads: dict[int, int], first: int, facts: EffectiveLog, log: SQLiteLog) -> bool:
    """Return whether a citation or a dispute is about the fact ``first`` as it stands.

    ``reads`` maps each event that states the fact to the one by which it reads.
    """
    event = log.codec.decode(entry.type, entry.schema, entry.data, entry.position)
    if not isinstance(event, EventCited | FactDisputed) or facts.retracted_by(entry.position) is not None:
        return False
    target = log.find(event.event_id)
    if target is None:
        return False
    if isinstance(event, EventCited):
        return target.position in {*reads, *reads.values()}
    standing = facts.content(reads[first])
    if target.position in reads:
        return not same_fact(event.claim, standing)
    # The disputed source was withdrawn, and another one says the same.
    return facts.state(target.position)[0] is None and same_fact(facts.content(target.position), standing)


def _as_it_stands(ordered: Iterator[Step], reads: dict[int, int], first: int) -> Iterator[Step]:
    """Yield steps as they are now: which event leads, and the source that one without its own shares."""
    sources = dict[str, Source | None]()
    by_fact = dict[int, Source | None]()
    for step in ordered:
        what, source = step.what, step.source
        if step.position in reads:
            what = StepKind.RECORDED if step.position == first else StepKind.ALSO_REPORTED
            by_fact[step.of] = source
        elif source is None:  # a correction keeps the source of its fact, a citation is one of the source it cites
            cited = isinstance(step.fact, EventCited)
            source = sources.get(step.fact.event_id) if cited else by_fact.get(step.of)
        sources[step.event_id] = source
        yield attrs.evolve(step, what=what, source=source)
