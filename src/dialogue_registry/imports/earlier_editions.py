"""Earlier editions of a table: their statements, as first recorded and as they read now.

A statement is a fact that an import of the table recorded. What the table said of it last is
what counts. That is its first wording, or that of the last amendment which an edition of the
same table has brought. Imports that were undone said nothing.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

import attrs
import orjson

from dialogue_registry.log.codec import NO_FACT_WORDS, decode_citation, decode_source
from dialogue_registry.log.entry import PAGE
from dialogue_registry.model.events import EventRetracted, FactCorrected, FactDisputed, StatusReport
from dialogue_registry.model.kinds import Kinds
from dialogue_registry.model.wordings import fold_fact, wording
from dialogue_registry.registry.runs import undone_positions
from dialogue_registry.registry.session import Session


@attrs.frozen(kw_only=True)
class Statement:
    """A statement of a table in earlier editions, in one row or in several that say the same.

    ``facts`` are the positions of the facts, ``stated`` is how the table has them. ``reads`` is
    how the first of them reads now (None: it was withdrawn by somebody else). ``row`` is the
    row as its citation has it, ``key`` the key of that row. ``others`` are the titles of other
    sources that say the same.
    """

    facts: tuple[int, ...]
    stated: Any
    reads: Any
    row: str
    key: str
    others: tuple[str, ...]


def digest(fact: Any) -> int:
    """Return a number under which facts that say the same meet."""
    folded = fold_fact(fact)
    try:
        return hash((type(fact), folded))
    except TypeError:  # a field of a user's class that cannot be hashed
        return hash(wording(folded))


def family(kinds: Kinds, fact: Any) -> str:
    """Return the table of a fact; all reports of a meeting's status are one family."""
    return "reports" if isinstance(fact, StatusReport) else kinds.of(fact).table.name


def identity(kinds: Kinds, fact: Any) -> Hashable:
    """Return what only one fact of a family can have: of reports, the meeting."""
    return ("reports", fact.meeting) if isinstance(fact, StatusReport) else kinds.of(fact).identity(fact)


class EarlierEditions:
    """The statements of one table, found by what they say."""

    def __init__(self, session: Session, table: str) -> None:
        self._session = session
        self._editions = [
            number
            for number, data in session.connection.execute("SELECT id, data FROM editions").fetchall()
            if table and (shared := orjson.loads(data)).get("table") == table and shared.get("run")
        ]
        self._last: dict[int, Any] = {}
        self._amended: dict[int, int | None] = {}
        self._by_digest: dict[int, list[int]] = {}
        #: The digests of all that the table ever said.
        self.ever: set[int] = set()
        self._seen: set[int] = set()
        self._facts = 0
        if self._editions:
            self._read()

    def __bool__(self) -> bool:
        return bool(self._by_digest)

    # --- reading the log -------------------------------------------------------------

    def _read(self) -> None:
        session = self._session
        undone = undone_positions(session)
        for position, event in self._events(amendments=True):
            if position in undone:
                continue
            fact = session.views.facts.root(self._target(event, position))
            match event:
                case FactCorrected(replacement=changed) | FactDisputed(claim=changed):
                    self._last[fact] = changed
                    self.ever.add(digest(changed))
                case EventRetracted() if session.views.facts.reading(fact) is None:
                    self._last[fact] = None
        rows = session.connection.execute(
            "SELECT fact, event FROM exceptions WHERE until IS NULL AND (event IS NULL OR event <> fact)"
        )
        self._amended = dict(rows.fetchall())
        for position, event in self._events(amendments=False):
            self.ever.add(key := digest(event))
            if position in undone:
                continue
            if position in self._last:
                if (last := self._last[position]) is None:
                    continue
                key = digest(last)
            self._add(key, position)
            if (reads := self._amended.get(position)) is not None:
                self._add(digest(session.views.facts.content(reads)), position)

    def _add(self, key: int, fact: int) -> None:
        facts = self._by_digest.setdefault(key, [])
        if fact not in facts:
            facts.append(fact)

    def _target(self, event: Any, position: int) -> int:
        if isinstance(event, FactCorrected | EventRetracted | FactDisputed):
            target = self._session.log.find(event.event_id)
            if target is not None:
                return target.position
        return position

    def _events(self, *, amendments: bool) -> Iterator[tuple[int, Any]]:
        """Yield the facts, or the amendments, that imports of the table recorded, with their positions."""
        marks = ", ".join("?" * len(self._editions))
        words = ", ".join(f"'{word}'" for word in NO_FACT_WORDS)
        log, last = self._session.log, 0
        while rows := self._session.connection.execute(
            f"SELECT position, type, schema, data FROM events WHERE edition IN ({marks}) AND position > ?"
            f" AND type {'' if amendments else 'NOT'} IN ({words}) ORDER BY position LIMIT {PAGE}",
            (*self._editions, last),
        ).fetchall():
            for position, word, schema, data in rows:
                yield position, log.codec.decode(word, schema, data, position)
            last = rows[-1][0]

    # --- comparing -------------------------------------------------------------------

    def has(self, key: int) -> bool:
        """Note that the new edition says something; return whether an earlier one said it, or it reads so now."""
        if key in self._by_digest:
            self._seen.add(key)
            return True
        return False

    def is_seen(self, fact: int) -> bool:
        """Return whether the new edition has said what a statement says."""
        return any(fact in self._by_digest[key] for key in self._seen)

    def lost(self) -> list[Statement]:
        """Return the statements that the new edition has not said, in the order of recording."""
        seen = {fact for key in self._seen for fact in self._by_digest[key]}
        groups: dict[int, list[int]] = {}
        for fact in sorted({fact for facts in self._by_digest.values() for fact in facts} - seen):
            groups.setdefault(digest(self.stated(fact)), []).append(fact)
        return [self.statement(facts) for facts in groups.values()]

    def stated(self, fact: int) -> Any:
        """Return how the table has a fact."""
        last = self._last.get(fact)
        return self._session.views.facts.content(fact) if last is None else last

    def standing(self, cls: tuple[type[Any], ...]) -> Iterator[tuple[int, Any]]:
        """Yield the statements of some classes that stand, each with how it reads now."""
        for fact in sorted({fact for facts in self._by_digest.values() for fact in facts}):
            event = self._amended.get(fact, fact)
            if event is not None and isinstance(reads := self._session.views.facts.content(event), cls):
                yield fact, reads

    def cited(self) -> Iterator[tuple[int, Any, str]]:
        """Yield the facts that imports of the table recorded and that stand, each with its own part of the citation."""
        marks = ", ".join("?" * len(self._editions))
        facts = {fact for of_digest in self._by_digest.values() for fact in of_digest}
        rows = self._session.connection.execute(
            "SELECT position, type, schema, data, citation FROM events"
            f" WHERE edition IN ({marks}) AND citation LIKE '%\"locator\"%' ORDER BY position",
            self._editions,
        )
        for position, word, schema, data, citation in rows:
            if position in facts and self._amended.get(position, position) is not None:
                yield position, self._session.log.codec.decode(word, schema, data, position), citation

    def statement(self, facts: Sequence[int]) -> Statement:
        """Return the statement that some facts make, which all say the same."""
        first, session = facts[0], self._session
        event = self._amended.get(first, first)
        entry = session.log.at(first)
        cited = decode_citation(entry.citation, entry.edition, first)
        keyed = cited is not None and cited.locator.startswith("row ")
        row = "" if cited is None else cited.row
        return Statement(
            facts=tuple(facts),
            stated=self.stated(first),
            reads=None if event is None else session.views.facts.content(event),
            row=cited.locator.removeprefix("row ") if keyed and cited is not None else row,
            key=row if keyed else "",
            others=tuple(dict.fromkeys(self._others(facts))),
        )

    def _others(self, facts: Iterable[int]) -> Iterator[str]:
        """Yield the titles of other sources that say the same as some facts of the table."""
        session = self._session
        for fact in facts:
            event, leader, _ = session.views.facts.state(fact)
            if event is None:
                continue
            lead = fact if leader is None else leader
            rows = session.connection.execute(
                "SELECT :lead UNION SELECT fact FROM exceptions WHERE leader = :lead AND until IS NULL", {"lead": lead}
            ).fetchall()
            for (position,) in rows:
                number = session.connection.execute(
                    "SELECT edition FROM events WHERE position = ?", (position,)
                ).fetchone()[0]
                if position != fact and number not in self._editions:
                    source = decode_source(session.log.at(position).source)
                    yield "another source" if source is None else source.title
