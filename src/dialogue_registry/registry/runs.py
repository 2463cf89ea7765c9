"""Runs: what one import of a table, or one plan that is applied, records, and how that is undone.

All that a run records carries its number, the position at which it begins, beside the table and
the edition. A retraction that carries the number of the run whose event it withdraws has undone
that run. What was undone counts as never imported, and a later import records it again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs
import orjson

from dialogue_registry.errors import AmendmentError, InvalidValueError, RefusedError, UnknownEventError
from dialogue_registry.log.codec import NO_FACT_WORDS, encode_source
from dialogue_registry.log.entry import RecordedEvent, recorded
from dialogue_registry.model.events import Citation, Fact, Source
from dialogue_registry.model.shown import shown
from dialogue_registry.queries.display import Shown
from dialogue_registry.registry.amender import Amender, Origin
from dialogue_registry.registry.argument_checks import check_text
from dialogue_registry.registry.batches import record
from dialogue_registry.registry.changes import Change, change_of, reading
from dialogue_registry.registry.items import Appended
from dialogue_registry.registry.session import Session


@attrs.frozen(kw_only=True)
class Import(Shown):
    """One import of a table, or one plan that was applied.

    ``number`` counts the imports of a registry from 1, ``first`` is the position of its first
    event. ``facts`` and ``amendments`` are the numbers of events that it recorded, ``undone``
    how many of them were withdrawn since by undoing it.
    """

    number: int
    table: str
    edition: str
    recorded_at: datetime
    by: str
    facts: int
    amendments: int
    first: int
    undone: int


@attrs.frozen(kw_only=True)
class Stay(Shown):
    """A fact that stays although its import is undone, and why."""

    event: int
    fact: Any
    why: str


@attrs.frozen(kw_only=True)
class Undone(Shown):
    """The outcome of undoing: its changes, and what stays all the same; with ``dry_run``, what it would be."""

    changes: tuple[Change, ...]
    stays: tuple[Stay, ...]
    dry_run: bool


class Run:
    """One import that is being recorded, within a transaction."""

    def __init__(self, session: Session, by: str) -> None:
        self._session = session
        self._by = check_text(by, "by")
        self._number = 0
        self._undone: frozenset[int] | None = None

    @property
    def number(self) -> int:
        """The position at which the run begins."""
        if not self._number:
            self._number = self._session.position + 1
        return self._number

    def record(
        self, facts: Sequence[tuple[Fact, Source | None, Citation]], *, anew: bool = False
    ) -> list[RecordedEvent]:
        """Record facts, all or none; what an import said that was undone is recorded again.

        ``anew``: what a source said before is appended again where it does not stand.
        """
        found = list(self._record(facts, anew=anew))
        if self._undone is None:
            self._undone = undone_positions(self._session)
        if again := [place for place, event in enumerate(found) if event.position in self._undone]:
            for place, event in zip(again, self._record([facts[place] for place in again], anew=True), strict=True):
                found[place] = event
        return found

    def _record(self, facts: Sequence[tuple[Fact, Source | None, Citation]], *, anew: bool) -> Sequence[RecordedEvent]:
        return record(
            self._session, facts, source=None, citation=None, by=self._by, expected=None, run=self.number, anew=anew
        )

    def correct(self, position: int, fact: Fact, reason: str, source: Source | None, citation: Citation) -> Change:
        """Correct the fact at a position."""
        return self._amend(
            position,
            lambda amender, id_, origin: amender.correct(id_, fact, reason, origin, anew=True),
            source,
            citation,
        )

    def retract(self, position: int, reason: str, citation: Citation) -> Change:
        """Withdraw the event at a position."""
        return self._amend(
            position, lambda amender, id_, origin: amender.retract(id_, reason, origin, anew=True), None, citation
        )

    def dispute(self, position: int, claim: Fact, reason: str, source: Source | None, citation: Citation) -> Change:
        """Keep a claim beside the fact at a position."""
        return self._amend(
            position, lambda amender, id_, origin: amender.dispute(id_, claim, reason, origin), source, citation
        )

    def _amend(self, position: int, work: Any, source: Source | None, citation: Citation) -> Change:
        session = self._session
        before = reading(session, position)
        origin = Origin(encode_source(source), citation, self._by, self.number)
        id_ = session.log.at(position).id
        appended: Appended = session.write(lambda: work(session.amender, id_, origin))
        return change_of(session, appended.entry.position, before)


# --- which there were ------------------------------------------------------------------

_NO_FACTS = ", ".join(f"'{word}'" for word in sorted(NO_FACT_WORDS))
_IMPORTS = f"""
SELECT d.id, d.data, min(e.position), count(*) FILTER (WHERE e.type NOT IN ({_NO_FACTS})),
    count(*) FILTER (WHERE e.type IN ({_NO_FACTS}))
FROM editions d JOIN events e ON e.edition = d.id WHERE json_extract(d.data, '$.run') IS NOT NULL
GROUP BY d.id ORDER BY 3
"""
_UNDOING = """
SELECT r.position, a.target, t.edition FROM amendments a
JOIN events r ON r.position = a.position AND r.edition IS NOT NULL
JOIN events t ON t.position = a.target AND t.edition = r.edition WHERE a.retraction
"""
"""The retractions that undo what their own run recorded, whether they stand or not."""


def imports(session: Session) -> tuple[Import, ...]:
    """Return the imports of a registry in the order in which they were recorded."""
    undoing: dict[int, int] = {}
    undone: dict[int, int] = {}
    facts = session.views.facts
    for retraction, target, edition in session.connection.execute(_UNDOING).fetchall():
        undoing[edition] = undoing.get(edition, 0) + 1
        if facts.retracted_by(target) == retraction:
            undone[edition] = undone.get(edition, 0) + 1
    found = []
    for number, row in enumerate(session.connection.execute(_IMPORTS).fetchall(), 1):
        edition, data, first, stated, amended = row
        shared = orjson.loads(data)
        event = recorded(session.log.at(first), codec=session.log.codec)
        found.append(
            Import(
                number=number,
                table=shared.get("table", ""),
                edition=shared.get("edition", ""),
                recorded_at=event.recorded_at,
                by=event.by,
                facts=stated,
                amendments=amended - undoing.get(edition, 0),
                first=first,
                undone=undone.get(edition, 0),
            )
        )
    return tuple(found)


def undone_positions(session: Session) -> frozenset[int]:
    """Return the positions of the events that were withdrawn by undoing their import."""
    facts = session.views.facts
    rows = session.connection.execute(_UNDOING).fetchall()
    return frozenset(target for retraction, target, _ in rows if facts.retracted_by(target) == retraction)


# --- undoing ---------------------------------------------------------------------------


def undo_import(session: Session, number: int, reason: str, by: str, *, dry_run: bool) -> Undone:
    """Withdraw what an import recorded, in one transaction, as far as nothing rests on it that stays."""
    with session.transaction(dry_run=dry_run):
        changes, stays = _undo(session, find_import(session, number), reason, by)
    return Undone(changes=tuple(changes), stays=tuple(sorted(stays, key=lambda stay: stay.event)), dry_run=dry_run)


def _undo(session: Session, undone: Import, reason: str, by: str) -> tuple[list[Change], list[Stay]]:
    """Withdraw what an import recorded; return what has changed, and what stays."""
    rows = session.connection.execute(
        "SELECT e.position FROM events e JOIN editions d ON d.id = e.edition"
        " WHERE json_extract(d.data, '$.run') = ? AND NOT EXISTS (SELECT 1 FROM amendments a JOIN events t"
        " ON t.position = a.target WHERE a.position = e.position AND a.retraction AND t.edition = e.edition)"
        " ORDER BY e.position DESC",
        (_run_of(session, undone),),
    ).fetchall()
    origin = Origin(None, Citation(table=undone.table, edition=undone.edition), by, _run_of(session, undone))
    facts = session.views.facts
    changes: list[Change] = []
    pending = [position for (position,) in rows if facts.retracted_by(position) is None]
    refused: dict[int, RefusedError] = {}
    confirmed: list[tuple[int, Any]] = []
    while pending:
        refused = {}
        for position in pending:
            before = reading(session, position)
            shared = _is_shared(session, before[0])
            try:
                retraction = _retract(session, position, reason, origin)
            except RefusedError as error:
                refused[position] = error
                continue
            changes.append(change_of(session, retraction, before))
            if shared and changes[-1].after is None:
                confirmed.append((position, before[1]))
        if len(refused) == len(pending):
            break
        pending = list(refused)
    stays = [
        Stay(event=position, fact=reading(session, position)[1], why=f"it cannot be withdrawn: {error}")
        for position, error in refused.items()
    ]
    stays += [
        Stay(event=position, fact=fact, why="another source says it too")
        for position, fact in confirmed
        if fact is not None and facts.saying(fact) is not None
    ]
    return changes, stays


def undo_amendment(session: Session, event_id: str, reason: str, by: str, *, dry_run: bool) -> Undone:
    """Withdraw one amendment, so that its fact reads again as before."""
    with session.transaction(dry_run=dry_run):
        entry = session.log.find(event_id)
        if entry is None:
            raise UnknownEventError(f"no event has the id {shown(event_id)}: take the .id of a recorded event")
        if entry.type not in NO_FACT_WORDS:
            raise AmendmentError(
                f"event {event_id} (position {entry.position}) is a fact and amends nothing: withdraw it with "
                "retract(), or undo its import as a whole"
            )
        before = reading(session, entry.position)
        retraction = _retract(session, entry.position, reason, Origin(None, None, by))
        change = change_of(session, retraction, before)
    return Undone(changes=(change,), stays=(), dry_run=dry_run)


def find_import(session: Session, number: int) -> Import:
    """Return the import of a number; raises InvalidValueError."""
    known = imports(session)
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= len(known):
        have = f"there are 1 to {len(known)}" if known else "nothing was imported from a table"
        raise InvalidValueError(f"there is no import {shown(number)}: {have}; see imports()")
    return known[number - 1]


def _run_of(session: Session, undone: Import) -> int:
    """Return the number that the events of an import carry."""
    edition = session.log.at(undone.first).edition
    return int(orjson.loads(edition or "{}").get("run", 0))


def _is_shared(session: Session, fact: int) -> bool:
    """Return whether another fact says the same as one does."""
    row = session.connection.execute(
        "SELECT 1 FROM exceptions WHERE until IS NULL"
        " AND (leader = :fact OR fact = :fact AND leader IS NOT NULL) LIMIT 1",
        {"fact": fact},
    ).fetchone()
    return row is not None


def _retract(session: Session, position: int, reason: str, origin: Origin) -> int:
    id_ = session.log.at(position).id

    def work(amender: Amender = session.amender) -> Appended:
        return amender.retract(id_, reason, origin)

    return session.write(work).entry.position
