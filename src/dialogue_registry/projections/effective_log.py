"""The effective log: which facts stand, and how they read.

A fact is numbered by the position where it was first recorded (``fact``). It stands as it was
recorded, unless the table ``exceptions`` says otherwise. There a row holds from position
``since`` until position ``until`` (NULL: still). It tells by which event the fact reads
(``event``, NULL: withdrawn). It tells of which fact it is mere further evidence (``leader``,
NULL: it stands itself). A fact's first exception begins at its own position.

Facts that say the same form a group: the first stands, the others are behind it, ready to
take its place. The view ``facts`` shows those that stand.
"""

import sqlite3
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import orjson

from dialogue_registry.errors import ConflictError
from dialogue_registry.log.codec import NO_FACT_WORDS, decode_source
from dialogue_registry.log.entry import PAGE
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.model.events import (
    DelegateAttended,
    EventCited,
    EventRetracted,
    FactCorrected,
    FactDisputed,
    Source,
    StatusReport,
    UnknownEvent,
    brief,
)
from dialogue_registry.model.kinds import Data, Kind
from dialogue_registry.model.status import Classified, Report, Story, own_day
from dialogue_registry.model.wordings import same_fact, wording
from dialogue_registry.projections.arrangement import Member, Place, arrange, join_formats
from dialogue_registry.projections.standard import claim_digest

_NO_FACTS = ", ".join(f"'{word}'" for word in sorted(NO_FACT_WORDS - {"fact.disputed"}))
_TRIVIAL = f"""
    SELECT position AS fact, position AS event, position AS since FROM events
    WHERE type NOT IN ({_NO_FACTS}) AND NOT EXISTS (SELECT 1 FROM exceptions x WHERE x.fact = events.position)"""

TABLES = (
    """
    CREATE TABLE exceptions (
        fact INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, event INTEGER, leader INTEGER,
        subject TEXT NOT NULL, source INTEGER NOT NULL, said BLOB NOT NULL, PRIMARY KEY (fact, since)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX exceptions_leader ON exceptions (leader) WHERE leader IS NOT NULL",
    "CREATE INDEX exceptions_said ON exceptions (subject, source, said)",
    "CREATE INDEX exceptions_until ON exceptions (until) WHERE until IS NOT NULL",
    """
    CREATE TABLE amendments (
        position INTEGER PRIMARY KEY, target INTEGER NOT NULL, retraction INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX amendments_target ON amendments (target)",
    f"""
    CREATE VIEW facts AS {_TRIVIAL}
    UNION ALL
    SELECT fact, event, since FROM exceptions WHERE until IS NULL AND event IS NOT NULL AND leader IS NULL""",
)
NAMES = ("exceptions", "amendments")
_EVER = 2**63 - 1
NO_SOURCE = 0
"""Stands for no source among the numbers of sources."""


class Standing(NamedTuple):
    """A fact that stands, with its present wording, and the number of the source of that (NO_SOURCE: none)."""

    fact: int
    event: int
    since: int
    content: Any
    source: int


class Change(NamedTuple):
    """The effect of an event at position ``until``: facts that fell, facts that stand anew."""

    removed: list[int]
    added: list[Standing]
    until: int


def wording_of(event: Any) -> Any:
    """Return what an event says: a fact, the replacement of a correction, a dispute."""
    return event.replacement if isinstance(event, FactCorrected) else event


class EffectiveLog:
    """The tables of exceptions and amendments, on a connection that also holds the tables of the kinds."""

    def __init__(self, connection: sqlite3.Connection, log: SQLiteLog) -> None:
        self._connection = connection
        self._log = log
        self._codec = log.codec
        self._kinds = log.codec.kinds
        self._find = {kind.cls: _finder(kind) for kind in self._kinds if kind.table.unique}
        self._find[FactDisputed] = "SELECT fact, event FROM disputes WHERE disputed = ? AND said = ?"
        self._ahead: dict[int, Standing] = {}

    # --- reading -----------------------------------------------------------------------

    @contextmanager
    def ahead(self, facts: Iterable[Standing]) -> Iterator[None]:
        """Take account, within the block, of facts that are folded before their events are in the log."""
        self._ahead = {fact.event: fact for fact in facts}
        try:
            yield
        finally:
            self._ahead = {}

    def content(self, event: int) -> Any:
        """Return what the event at a position says."""
        if event in self._ahead:
            return self._ahead[event].content
        entry = self._log.at(event)
        return wording_of(self._codec.decode(entry.type, entry.schema, entry.data, entry.position))

    def stored(self, event: Any) -> Data:
        """Return the stored keys of an event."""
        return self._codec.to_data(event)

    def standing(self, fact: Any, values: Sequence[Any] = ()) -> tuple[int, int] | None:
        """Return the number and the event of the fact that stands under the identity of another one.

        ``values`` are those of the other's key, where they are known already.
        """
        if isinstance(fact, FactDisputed):
            values = [fact.event_id, claim_digest(self.stored(fact))]
        elif not values:
            values = self._kinds.of(fact).key_values(fact)
        row: tuple[int, int] | None = self._connection.execute(self._find[type(fact)], values).fetchone()
        return row

    def saying(self, fact: Any) -> int | None:
        """Return the event by which a fact stands that says the same as another one."""
        if isinstance(fact, StatusReport):
            return next((one.event for one in self.story(fact.meeting) if same_fact(one.content, fact)), None)
        found = self.standing(fact)
        return found[1] if found is not None and same_fact(self.content(found[1]), fact) else None

    def exceptional(self, subjects: Iterable[str]) -> set[str]:
        """Return those of some subjects about which something is recorded that has exceptions."""
        rows = self._connection.execute(
            "SELECT value FROM json_each(?) WHERE EXISTS (SELECT 1 FROM exceptions WHERE subject = value)",
            (orjson.dumps(list(dict.fromkeys(subjects))).decode(),),
        )
        return {subject for (subject,) in rows.fetchall()}

    def exceptional_event(self, subject: str, source: int, line: bytes) -> int | None:
        """Return an exceptional event in which a source said just this, whatever was amended since."""
        row = self._connection.execute(
            "SELECT min(event) FROM exceptions WHERE subject = ? AND source = ? AND said = ? AND event IS NOT NULL",
            (subject, source, line),
        ).fetchone()
        return None if row is None else row[0]

    def source_of(self, fact: int, event: int) -> int:
        """Return the number of the source of a fact that reads by an event: the event's, else the fact's own."""
        if event in self._ahead:
            return self._ahead[event].source
        return self._log.source_number(event) or self._log.source_number(fact)

    def state(self, fact: int) -> tuple[int | None, int | None, int]:
        """Return how a fact is now: the event by which it reads (None: withdrawn), its leader, since when."""
        row: tuple[int | None, int | None, int] | None = self._connection.execute(
            "SELECT event, leader, since FROM exceptions WHERE fact = ? AND until IS NULL", (fact,)
        ).fetchone()
        return row or (fact, None, fact)

    def story(self, meeting: str) -> list[Member]:
        """Return all standing status reports of a meeting, further evidence too, in the order of recording."""
        rows = self._connection.execute(
            "SELECT fact, event FROM meeting_reports WHERE meeting = :meeting UNION ALL"
            " SELECT x.fact, x.event FROM meeting_reports r JOIN exceptions x ON x.leader = r.fact"
            " AND x.until IS NULL WHERE r.meeting = :meeting ORDER BY 1",
            {"meeting": meeting},
        ).fetchall()
        return [Member(fact, event, self.content(event), self.source_of(fact, event)) for fact, event in rows]

    def news(self, meeting: str) -> Story:
        """Return the story of a meeting as far as it is news."""
        story = Story(meeting)
        rows = self._connection.execute(
            "SELECT fact, event FROM meeting_reports WHERE meeting = ? ORDER BY fact", (meeting,)
        ).fetchall()
        for fact, event in rows:
            story.add(self.report(fact, self.content(event), self.source_of(fact, event)))
        return story

    def add_evidence(self, story: Story, source: int) -> None:
        """Add to a story of news what else a source reported of the meeting: its further evidence."""
        rows = self._connection.execute(
            "SELECT x.fact, x.event FROM exceptions x JOIN meeting_reports r ON r.fact = x.leader"
            " WHERE x.subject = ? AND x.source = ? AND x.until IS NULL ORDER BY x.fact",
            (story.meeting, source),
        ).fetchall()
        for fact, event in rows:
            story.add(self.report(fact, self.content(event), source))

    def reported(self, meetings: Iterable[str]) -> set[str]:
        """Return those of some meetings whose status was reported before."""
        find = "SELECT DISTINCT meeting FROM meeting_reports WHERE meeting IN (SELECT value FROM json_each(?))"
        return {meeting for (meeting,) in self._connection.execute(find, (orjson.dumps(list(meetings)).decode(),))}

    def report(self, fact: int, content: StatusReport, source: int) -> Report:
        """Return a status report with its day."""
        return Report(fact, content, source or None, own_day(content, self.source(source)))

    def source(self, number: int) -> Source | None:
        """Return the source of a number."""
        return None if number == NO_SOURCE else decode_source(self._log.source_text(number))

    def risen(self, after: int) -> Iterator[list[Standing]]:
        """Yield what stands now and did not stand so at position ``after``: pages in order of facts."""
        low = 0
        while rows := self._connection.execute(
            "SELECT f.fact, f.event, f.since, e.type, e.schema, e.data, coalesce(e.source, own.source, 0)"
            " FROM (SELECT fact, event, since FROM facts WHERE fact > :low AND since > :after"
            "       ORDER BY fact LIMIT :page) f"
            " JOIN events e ON e.position = f.event JOIN events own ON own.position = f.fact ORDER BY f.fact",
            {"low": low, "after": after, "page": PAGE},
        ).fetchall():
            low = rows[-1][0]
            standing = [self._standing(row) for row in rows]
            yield self._arranged([one for one in standing if not isinstance(one.content, UnknownEvent)])

    def fallen(self, after: int) -> Iterator[tuple[Standing, int]]:
        """Yield what stood at some time and fell after position ``after``, with the position it fell at."""
        rows = self._connection.execute(
            "SELECT x.fact, x.event, x.since, e.type, e.schema, e.data, coalesce(e.source, own.source, 0), x.until"
            " FROM exceptions x JOIN events e ON e.position = x.event JOIN events own ON own.position = x.fact"
            " WHERE x.until > ? AND x.leader IS NULL ORDER BY x.until, x.fact",
            (after,),
        )
        for row in rows.fetchall():
            standing = self._standing(row[:7])
            if not isinstance(standing.content, UnknownEvent):
                yield standing, row[7]

    def _standing(self, row: Sequence[Any]) -> Standing:
        fact, event, since, word, schema, data, source = row
        return Standing(fact, event, since, wording_of(self._codec.decode(word, schema, data, event)), source)

    def _arranged(self, standing: list[Standing]) -> list[Standing]:
        """Return facts as they are arranged: where a group comes to hybrid, its leader reads so."""
        return [
            one._replace(content=arrange(self._group(one.fact, one.content))[one.fact].content)
            if isinstance(one.content, DelegateAttended) and one.content.format is not None and one.since > one.fact
            else one
            for one in standing
        ]

    # --- folding facts -----------------------------------------------------------------

    def take(self, new: Standing) -> Change:
        """Fold a recorded fact that may say what another one said: a row of its own, or further evidence."""
        if isinstance(new.content, StatusReport):
            story = self.news(new.content.meeting)
            self.add_evidence(story, new.source)
            classified = story.classify(self.report(new.fact, new.content, new.source))
            story.check(classified, attended=False)
            return self.place(new, classified.leader)
        found = self.standing(new.content)
        if found is None:
            return self.place(new, None)
        content = self.content(found[1])
        if not same_fact(new.content, content) and join_formats(content, new.content) is None:
            raise ConflictError(
                f"{brief(new.content)} contradicts {brief(content)}", standing="", position=found[1], stands=content
            )
        return self.place(new, found[0])

    def place(self, new: Standing, leader: int | None) -> Change:
        """Fold a recorded fact that stands by itself (``leader`` None), or is further evidence of another."""
        if leader is None:
            return Change([], [new], new.fact)
        self._insert(new.fact, new.fact, Place(new.event, leader, new.content, new.source))
        if not isinstance(new.content, DelegateAttended) or new.content.format is None:
            return Change([], [], new.fact)
        event, _, _ = self.state(leader)
        assert event is not None
        group = self._group(leader, self.content(event))
        before = arrange([member for member in group if member.fact != new.fact])[leader]
        after = arrange(group)[leader]
        if before.content == after.content:
            return Change([], [], new.fact)
        self._set(leader, new.fact, after)
        return Change([leader], [Standing(leader, event, new.fact, after.content, after.source)], new.fact)

    def _group(self, leader: int, content: Any) -> list[Member]:
        """Return the facts that say what a leader says, itself included."""
        event, _, _ = self.state(leader)
        assert event is not None
        behind = self._connection.execute(
            "SELECT fact, event FROM exceptions WHERE leader = ? AND until IS NULL ORDER BY fact", (leader,)
        ).fetchall()
        return [
            Member(leader, event, content, self.source_of(leader, event)),
            *(Member(fact, at, self.content(at), self.source_of(fact, at)) for fact, at in behind),
        ]

    # --- folding amendments ------------------------------------------------------------

    def amend(self, position: int, amendment: FactCorrected | EventRetracted) -> Change:
        """Fold the amendment at a position; raises ConflictError if its outcome would contradict a standing fact."""
        target = self._log.find(amendment.event_id)
        assert target is not None
        retraction = isinstance(amendment, EventRetracted)
        aim = target.position if retraction else self.root(target.position)
        self._connection.execute("INSERT INTO amendments VALUES (?, ?, ?)", (position, aim, retraction))
        return self.settle(position)

    def root(self, position: int) -> int:
        """Return the fact that an event is about: itself, or what it corrects or retracts in the end."""
        while True:
            row = self._connection.execute("SELECT target FROM amendments WHERE position = ?", (position,)).fetchone()
            if row is None:
                return position
            position = row[0]

    def word_of(self, amendment: int) -> str:
        """Return the stored word of the fact that an amendment is about."""
        return self._log.at(self.root(amendment)).type

    def retracted_by(self, position: int, until: int = _EVER) -> int | None:
        """Return the retraction that holds an event out, if one does, by the amendments until a position."""
        rows = self._connection.execute(
            "SELECT position FROM amendments WHERE target = ? AND retraction AND position <= ? ORDER BY position DESC",
            (position, until),
        ).fetchall()
        return next((retraction for (retraction,) in rows if self.retracted_by(retraction, until) is None), None)

    def reading(self, fact: int, until: int = _EVER) -> int | None:
        """Return the event by which a fact reads: its last correction, or its own; None where it is withdrawn."""
        if self.retracted_by(fact, until) is not None:
            return None
        rows = self._connection.execute(
            "SELECT position FROM amendments WHERE target = ? AND NOT retraction AND position <= ?"
            " ORDER BY position DESC",
            (fact, until),
        ).fetchall()
        return next((correction for (correction,) in rows if self.retracted_by(correction, until) is None), fact)

    def settle(self, position: int) -> Change:
        """Make the fact that an amendment is about stand, fall or read as it now says; write the difference."""
        fact = self.root(position)
        before, leader, _ = self.state(fact)
        after = self.reading(fact, position)
        if before == after:
            return Change([], [], position)
        old = None if before is None else self.content(before)
        new = None if after is None else self.content(after)
        if isinstance(old if new is None else new, EventCited):
            return Change([], [], position)
        is_, becomes = self._groups_of(fact, old, leader), dict[int, Member]()
        if new is not None and not isinstance(new, StatusReport | UnknownEvent):
            found = self.standing(new)
            if found is not None and found[0] not in is_:
                is_ |= {member.fact: member for member in self._group(found[0], self.content(found[1]))}
        meetings = {content.meeting for content in (old, new) if isinstance(content, StatusReport)}
        for meeting in meetings:
            is_ |= {member.fact: member for member in self.story(meeting)}
        becomes |= is_
        becomes.pop(fact, None)
        if after is not None:
            becomes[fact] = Member(fact, after, new, self.source_of(fact, after))
        return self._write(self._placed(is_), self._placed(becomes), position)

    def _groups_of(self, fact: int, content: Any, leader: int | None) -> dict[int, Member]:
        """Return the group that a fact is in, by number; nothing where it is withdrawn."""
        if content is None or isinstance(content, StatusReport):
            return {}
        if isinstance(content, UnknownEvent):
            return {fact: Member(fact, fact, content, self.source_of(fact, fact))}
        first = fact if leader is None else leader
        event, _, _ = self.state(first)
        assert event is not None
        return {member.fact: member for member in self._group(first, self.content(event))}

    def _placed(self, members: dict[int, Member]) -> dict[int, Place]:
        groups: dict[Hashable, list[Member]] = {}
        stories: dict[str, list[Member]] = {}
        for member in members.values():
            if isinstance(member.content, StatusReport):
                stories.setdefault(member.content.meeting, []).append(member)
            else:
                groups.setdefault(self._identity(member), []).append(member)
        placed: dict[int, Place] = {}
        for group in groups.values():
            placed |= arrange(group)
        for meeting, reports in stories.items():
            for member, classified in self.classified(meeting, reports):
                placed[member.fact] = Place(member.event, classified.leader, member.content, member.source)
        return placed

    def classified(self, meeting: str, reports: Iterable[Member]) -> Iterator[tuple[Member, Classified]]:
        """Yield the reports of a meeting in the order of recording, each with what it is."""
        story = Story(meeting)
        for member in sorted(reports, key=lambda member: member.fact):
            yield member, story.add(self.report(member.fact, member.content, member.source))

    def _write(self, is_: dict[int, Place], becomes: dict[int, Place], position: int) -> Change:
        removed, added = list[int](), list[Standing]()
        for number in sorted(is_.keys() | becomes.keys()):
            before, after = is_.get(number), becomes.get(number)
            if before == after:
                continue
            if before is not None and before.leader is None and not isinstance(before.content, UnknownEvent):
                removed.append(number)
            if after is None:
                self._withdraw(number, position)
                continue
            self._set(number, position, after)
            if after.leader is None and not isinstance(after.content, UnknownEvent):
                added.append(Standing(number, after.event, position, after.content, after.source))
        return Change(removed, added, position)

    def _identity(self, member: Member) -> Hashable:
        match member.content:
            case UnknownEvent():
                return member.fact
            case FactDisputed():
                return wording(member.content)
            case _:
                return self._kinds.of(member.content).identity(member.content)

    def forget(self, words: Sequence[str], after: int) -> None:
        """Undo what happened after a position to the facts stored under some words."""
        marks = ", ".join("?" * len(words))
        changed = [
            fact
            for (fact,) in self._connection.execute(
                "SELECT DISTINCT x.fact FROM exceptions x JOIN events e ON e.position = x.fact"
                f" WHERE (x.until > ? OR x.since > ?) AND e.type IN ({marks})",
                (after, after, *words),
            ).fetchall()
        ]
        for fact in changed:
            self._connection.execute("DELETE FROM exceptions WHERE fact = ? AND since > ?", (fact, after))
            self._connection.execute("UPDATE exceptions SET until = NULL WHERE fact = ? AND until > ?", (fact, after))
            self._connection.execute(  # its first row alone says nothing, unless it is further evidence
                "DELETE FROM exceptions WHERE fact = ? AND since = fact AND until IS NULL AND leader IS NULL", (fact,)
            )

    # --- writing exceptions ------------------------------------------------------------

    def _set(self, fact: int, since: int, place: Place) -> None:
        self._close(fact, since)
        self._insert(fact, since, place)

    def _withdraw(self, fact: int, since: int) -> None:
        row = self._close(fact, since)
        self._connection.execute(
            "INSERT INTO exceptions VALUES (?, ?, NULL, NULL, NULL, ?, ?, x'')", (fact, since, *row)
        )

    def _close(self, fact: int, until: int) -> tuple[str, int]:
        """End what a fact is now at a position; return its subject and source."""
        row = self._connection.execute(
            "UPDATE exceptions SET until = ? WHERE fact = ? AND until IS NULL RETURNING subject, source", (until, fact)
        ).fetchall()
        if row:
            return row[0]  # type: ignore[no-any-return]
        content, source = self.content(fact), self.source_of(fact, fact)
        self._insert(fact, fact, Place(fact, None, content, source), until=until)
        return self._subject(fact, content), source

    def _insert(self, fact: int, since: int, place: Place, *, until: int | None = None) -> None:
        event, leader, content, source = place
        self._connection.execute(
            "INSERT INTO exceptions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (fact, since, until, event, leader, self._subject(event, content), source, wording(content)),
        )

    def _subject(self, event: int, content: Any) -> str:
        if isinstance(content, FactDisputed | UnknownEvent):
            return self._log.at(event).subject
        return self._kinds.subject(content)


def _finder(kind: Kind) -> str:
    """Return the statement that looks up the row of an identity."""
    return f"SELECT fact, event FROM {kind.table.name} WHERE ({kind.table.unique}) = ({', '.join('?' * kind.width)})"
