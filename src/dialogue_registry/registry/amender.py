"""Recording of amendments and disputes: find the fact, decide, append, fold, look at what remains.

Everything here happens while the write lock is held, as in the recorder: an amendment whose
outcome is refused is undone with its transaction.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from dialogue_registry.errors import (
    AmendmentError,
    ConflictError,
    IdInUseError,
    InvalidValueError,
    RefusedError,
    SeriesMismatchError,
    StatusError,
    StillNeededError,
    UnknownEventError,
)
from dialogue_registry.log.codec import NO_FACT_WORDS, decode_citation, encode_citation
from dialogue_registry.log.entry import Draft, Entry, seal
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.model import recording_rules
from dialogue_registry.model.events import (
    Amendment,
    Citation,
    EventCited,
    EventRetracted,
    Fact,
    FactCorrected,
    FactDisputed,
    StatusReport,
    UnknownEvent,
    brief,
)
from dialogue_registry.model.kind_tables import column_of
from dialogue_registry.model.persons import AboutPersons, clash
from dialogue_registry.model.recording_rules import OPENS, Subject
from dialogue_registry.model.shown import shown
from dialogue_registry.model.status import Classified, ContradictionError, Status, Story, fold
from dialogue_registry.model.wordings import same_fact, wording
from dialogue_registry.projections.effective_log import Standing
from dialogue_registry.projections.engine import Views
from dialogue_registry.registry.argument_checks import check_fact
from dialogue_registry.registry.handles import Change, changed
from dialogue_registry.registry.items import Appended
from dialogue_registry.registry.known_facts import KnownFacts

_MANY = 100


class Origin(NamedTuple):
    """The origin of an amendment: its source as stored, its citation, and by whom it is recorded.

    ``run`` is the position at which the import began that records it, 0 where no import does.
    """

    source: str | None
    citation: Citation | None
    by: str
    run: int = 0


def _cited(entry: Entry) -> Citation | None:
    """Return the citation of an entry."""
    return decode_citation(entry.citation, entry.edition, entry.position)


class Amender:
    """The one way for corrections, retractions, disputes and citations into the log of a registry."""

    def __init__(self, connection: sqlite3.Connection, log: SQLiteLog, views: Views) -> None:
        self._connection = connection
        self._log = log
        self._kinds = log.codec.kinds
        self._views = views
        self._facts = views.facts
        self._stands = KnownFacts(connection, views.facts)

    def correct(self, event_id: str, change: Change, reason: str, origin: Origin, *, anew: bool = False) -> Appended:
        """Append a correction of the fact that an event is about.

        One that was made before is not appended again, unless it is made ``anew``.
        """
        fact = self._fact_of(event_id, "corrected")
        replacement = self._changed(fact, change)
        amendment = FactCorrected(event_id=fact.id, replacement=replacement, reason=reason)
        if not anew and (entry := self._amended(fact.position, amendment, origin.source)) is not None:
            return Appended(entry, new=False)
        standing = self._must_stand(fact)
        if standing == replacement:
            raise AmendmentError(
                f"event {fact.id} already reads {brief(replacement)}: there is nothing to correct; "
                "to add a source, record the fact again with it",
                fact=replacement,
                stands=replacement,
            )
        self._check_kinds(standing, replacement)
        return self._amend(fact, amendment, origin)

    def retract(self, event_id: str, reason: str, origin: Origin, *, anew: bool = False) -> Appended:
        """Append a retraction of an event: a fact, a dispute, a citation, or an amendment, which is thereby undone.

        One that was made before is not appended again, unless it is made ``anew``.
        """
        target = self._find(event_id)
        amendment = EventRetracted(event_id=event_id, reason=reason)
        if not anew and (entry := self._amended(target.position, amendment, origin.source)) is not None:
            return Appended(entry, new=False)
        if (by_position := self._facts.retracted_by(target.position)) is not None:
            retraction = self._log.at(by_position)
            raise AmendmentError(
                f"event {event_id} was retracted already, by event {retraction.id} (position {by_position}): "
                "retract that one to undo it"
            )
        return self._amend(target, amendment, origin)

    def dispute(self, event_id: str, change: Change, reason: str, origin: Origin) -> Appended:
        """Append a claim that contradicts the fact an event is about."""
        fact = self._fact_of(event_id, "disputed")
        claim = self._changed(fact, change)
        dispute = FactDisputed(event_id=fact.id, claim=claim, reason=reason)
        number = self._log.number_source(origin.source)
        if (before := self._disputed(dispute, fact.subject, number)) is not None:
            return Appended(self._log.at(before), new=False)
        standing = self._must_stand(fact)
        if self._table(claim) != self._table(standing) or self._kinds.subject(claim) != self._kinds.subject(standing):
            raise AmendmentError(
                f"{brief(claim)} does not contradict {brief(standing)}: a dispute claims the same kind of fact "
                "of the same subject; record it as a fact of its own",
                fact=claim,
                stands=standing,
            )
        if same_fact(claim, standing):
            raise AmendmentError(
                f"event {fact.id} already reads {brief(claim)}: there is nothing to dispute; "
                "to add a source, record the fact again with it",
                fact=claim,
                stands=standing,
            )
        entry = self._append(fact.subject, dispute, origin)
        leader = self._facts.standing(dispute)
        new = Standing(*(entry.position,) * 3, dispute, number)
        if leader is None:
            self._views.insert([new])
        else:
            self._views.follow([(new, leader[0])])
        self._views.reach(entry.position)
        return Appended(entry, new=True)

    def cite(self, event_id: str, origin: Origin) -> Appended:
        """Append a further citation of an event."""
        target = self._find(event_id)
        cited = EventCited(event_id=event_id)
        source, citation = origin.source, origin.citation
        for entry in self._log.of_subject(target.subject, after=target.position, types=["event.cited"]):
            if (_cited(entry), entry.source) == (citation, source) and self._decoded(entry) == cited:
                return Appended(entry, new=False)
        if _cited(target) == citation and source in (None, target.source):
            return Appended(target, new=False)
        entry = self._append(target.subject, cited, origin)
        self._views.apply([(entry.position, cited, 0)])
        return Appended(entry, new=True)

    # --- finding ------------------------------------------------------------------------

    def _decoded(self, entry: Entry) -> Any:
        return self._log.codec.decode(entry.type, entry.schema, entry.data, entry.position)

    def _find(self, event_id: str) -> Entry:
        if not isinstance(event_id, str) or not event_id.isprintable():
            raise InvalidValueError(f"{shown(event_id)} is no event id: give the .id of a recorded event")
        entry = self._log.find(event_id)
        if entry is None:
            raise UnknownEventError(f"no event has the id {shown(event_id)}: take the .id of a recorded event")
        return entry

    def _fact_of(self, event_id: str, done: str) -> Entry:
        """Return the entry of the fact that a fact's or a correction's id leads to."""
        entry = self._find(event_id)
        if entry.type == "fact.corrected":
            entry = self._log.at(self._facts.root(entry.position))
        if entry.type in NO_FACT_WORDS:
            raise AmendmentError(
                f"event {event_id} is no fact ({entry.type}), so it cannot be {done}: retract it instead"
            )
        if isinstance(self._decoded(entry), UnknownEvent):
            raise AmendmentError(
                f"event {event_id} is of a kind that this program does not know ({entry.type}), so it cannot be "
                f"{done}: open the registry with that kind, or retract it"
            )
        return entry

    def _changed(self, fact: Entry, change: Change) -> Fact:
        """Return what a fact says after a change, which may name some of its fields only."""
        if not isinstance(change, Mapping):
            return change
        return check_fact(self._kinds, changed(self._must_stand(fact), change))

    def _must_stand(self, fact: Entry) -> Any:
        if (position := self._facts.retracted_by(fact.position)) is not None:
            raise AmendmentError(
                f"event {fact.id} was retracted by event {self._log.at(position).id} (position {position}), "
                "so it says nothing any more: retract that retraction first, or record the fact anew"
            )
        return self._reads(fact.position)

    def _reads(self, fact: int) -> Any:
        event = self._facts.reading(fact)
        return None if event is None else self._facts.content(event)

    def _table(self, fact: Any) -> str:
        return self._kinds.of(fact).table.name

    def _check_kinds(self, standing: Any, replacement: Fact) -> None:
        """Raise AmendmentError where a correction would change a fact into one of a user's kind, or out of it."""
        added = any(self._kinds.of(fact) in self._kinds.added for fact in (standing, replacement))
        if added and self._table(standing) != self._table(replacement):
            raise AmendmentError(
                f"{brief(standing)} cannot be corrected to {brief(replacement)}, which is another kind of fact: "
                "retract it, and record the other one"
            )

    def _amended(self, target: int, amendment: Amendment, source: str | None) -> Entry | None:
        """Return the entry of the same amendment with the same source, if there is one."""
        rows = self._connection.execute("SELECT position FROM amendments WHERE target = ?", (target,)).fetchall()
        for (position,) in rows:
            entry = self._log.at(position)
            if entry.source == source and self._decoded(entry) == amendment:
                return entry
        return None

    def _disputed(self, dispute: FactDisputed, subject: str, source: int) -> int | None:
        """Return the event in which a source made the same claim before, whatever became of it."""
        words = wording(dispute)
        if (row := self._facts.standing(dispute)) is not None and self._facts.source_of(*row) == source:
            return row[1]
        return self._facts.exceptional_event(subject, source, words)

    # --- appending ----------------------------------------------------------------------

    def _append(self, subject: str, event: Amendment | FactDisputed | EventCited, origin: Origin) -> Entry:
        encoded, cited = self._log.codec.encode(event), encode_citation(origin.citation, origin.run)
        draft = Draft(subject, *encoded, origin.source, origin.by, *cited)
        (entry,) = seal([draft], self._log.head(), self._log.versions([subject]), datetime.now(UTC))
        self._log.extend([entry])
        return entry

    def _amend(self, target: Entry, amendment: Amendment, origin: Origin) -> Appended:
        fact = self._facts.root(target.position)
        before = self._reads(fact)
        statuses = self._statuses(before)
        entry = self._append(self._log.at(fact).subject, amendment, origin)
        try:
            self._views.apply([(entry.position, amendment, self._log.number_source(origin.source))])
        except ConflictError as conflict:
            raise self._conflict(conflict, before) from None
        after = self._reads(fact)
        self._check_remaining(fact, before, after)
        return Appended(entry, new=True, note=self._note(statuses | self._statuses(after, only_new=statuses)))

    def _conflict(self, conflict: ConflictError, before: Any) -> ConflictError:
        """Return the error of an amendment whose outcome contradicts a fact that stands, naming that."""
        other = self._log.at(conflict.position)
        says = self._facts.content(other.position)
        if before is not None and same_fact(says, before):
            message = (
                f"event {other.id} (position {other.position}) says {brief(before)} too and would contradict "
                "the outcome: retract it first, or keep the other wording beside both with dispute()"
            )
        else:
            message = (
                f"{str(conflict).partition(' would contradict ')[0]} would contradict {brief(says)}, which stands as "
                f"event {other.id} (position {other.position}): correct or retract that one first, "
                "or keep the claim beside it with dispute()"
            )
        fact = before if conflict.fact is None else conflict.fact
        return ConflictError(message, standing=other.id, position=other.position, stands=says, fact=fact)

    def _statuses(self, fact: Any, only_new: dict[str, Status | None] | None = None) -> dict[str, Status | None]:
        """Return the status of the meeting that a status report is about."""
        if not isinstance(fact, StatusReport) or fact.meeting in (only_new or {}):
            return {}
        subject = self._stands.subjects([fact.meeting]).get(fact.meeting)
        return {fact.meeting: None if only_new is not None or subject is None else subject.status}

    def _note(self, before: dict[str, Status | None]) -> str:
        """Return how the status of meetings has changed."""
        now = self._stands.subjects(before)
        changes = []
        for meeting, status in before.items():
            subject = now.get(meeting)
            present = subject.status if subject is not None else None
            if present is not status:
                was = f"it was {status}" if status else "it was not known"
                changes.append(f"{meeting!r} is {f'now {present}' if present else 'not known any more'} ({was})")
        return "; ".join(changes)

    # --- what remains -------------------------------------------------------------------

    def _check_remaining(self, fact: int, before: Any, after: Any) -> None:
        """Raise a RefusedError unless every remaining fact still has what it needs."""
        if before is not None:
            self._check_resting(before)
        if after is not None and (kind := self._kinds.find(type(after))) is not None:
            ids = [id_ for _, id_ in kind.needs(after)]
            known = self._stands.subjects(ids)
            if type(after) in OPENS and self._names(ids[0]) > 1:
                raise IdInUseError(
                    f"{brief(after)} would use an id that already names something else: choose another id",
                    fact=after,
                )
            if isinstance(after, StatusReport) and after.meeting in known:
                # The status depends on all reports of the meeting.
                known[after.meeting] = Subject(known[after.meeting].kind, known[after.meeting].parent)
            recording_rules.check(kind, after, known)
        if isinstance(after, AboutPersons):
            self._check_persons(fact, after)
        for meeting in {report.meeting for report in (before, after) if isinstance(report, StatusReport)}:
            self._check_story(meeting, fact, before)

    def _check_persons(self, fact: int, after: AboutPersons) -> None:
        """Raise ConflictError where the outcome would make names one person and different ones."""
        if (found := self._stands.persons(without=fact).contradicted(after)) is not None:
            other = self._log.at(found.event)
            raise ConflictError(
                f"{clash(after, found)} (event {other.id}, position {other.position}): correct or retract that first",
                standing=other.id,
                position=other.position,
                stands=found.stands,
                fact=after,
            )

    def _names(self, id_: str) -> int:
        """Return how many things an id names."""
        find = (
            "SELECT (SELECT count(*) FROM dialogues WHERE dialogue = :id) + (SELECT count(*) FROM series WHERE"
            " series = :id) + (SELECT count(*) FROM meetings WHERE meeting = :id)"
        )
        return int(self._connection.execute(find, {"id": id_}).fetchone()[0])

    def _check_story(self, meeting: str, fact: int, before: Any) -> None:
        """Raise a RefusedError unless the reports of a meeting, taken one after the other, may stand together.

        ``fact`` is the one that was amended, ``before`` what it said.
        """
        story = Story(meeting)
        members = self._facts.story(meeting)
        ends = [*(member.fact for member in members[1:]), None]
        for member, end in zip(members, ends, strict=False):
            report = self._facts.report(member.fact, member.content, member.source)
            classified = story.classify(report)
            try:
                story.check(classified, attended=self._stands.attended(meeting, before=member.fact))
                self._check_attendance([*story.news, classified], member.fact, end)
            except ContradictionError as error:
                other = error.stands.fact if member.fact == fact else member.fact
                event = self._facts.state(other)[0] or other
                mine = member.content if other != member.fact else error.stands.content
                contradiction = ConflictError(f"{brief(mine)} would contradict …", standing="", position=event)
                raise self._conflict(contradiction, before) from None
            except RefusedError as refusal:
                # Its advice is for recording; here a fact that remains is in the way, or the outcome itself.
                why, head = str(refusal).partition(": ")[0], self._log.head().position
                others = [other.event for other in members if other.event != head]
                raise type(refusal)(
                    f"{self._described([member.event] if member.event in others else others)} would not fit with the "
                    f"outcome ({why}): amend or retract first what is wrong there"
                ) from None
            story.keep(classified)
        self._check_shared(meeting)

    def _check_attendance(self, news: Sequence[Classified], fact: int, end: int | None) -> None:
        """Raise a StatusError where somebody attended a meeting while it was cancelled, by facts until the next."""
        state = fold(one for one in news if one.leader is None)
        meeting = news[-1].report.content.meeting
        cancelled = state is not None and state.status is Status.CANCELLED
        if cancelled and self._stands.attended(meeting, after=fact, before=end):
            raise StatusError(f"{meeting!r} was attended, so it was not cancelled")

    def _check_shared(self, meeting: str) -> None:
        """Raise a SeriesMismatchError where a meeting would be shared with its own series."""
        row = self._connection.execute(
            "SELECT m.series FROM meetings m JOIN shared_meetings s USING (meeting, series) WHERE m.meeting = ?",
            (meeting,),
        ).fetchone()
        if row is not None:
            raise SeriesMismatchError(
                f"meeting {meeting!r} would be of series {row[0]!r} twice, for it is shared with it: retract the "
                "MeetingShared first"
            )

    def _check_resting(self, before: Any) -> None:
        """Raise StillNeededError where the id that a fact opened is known no more, and facts rest on it."""
        opened = OPENS.get(type(before))
        if opened is None:
            return
        id_ = self._kinds.subject(before)
        if (subject := self._stands.subjects([id_]).get(id_)) is not None and subject.kind == opened:
            return
        resting = sorted({*self._resting(opened, id_), *self._unknown(id_)})[:_MANY]
        if resting:
            raise StillNeededError(
                f"{opened} {id_!r} would no longer be recorded, but facts rest on it: {self._described(resting)}; "
                "amend those first",
                needed_by=[self._log.at(position).id for position in resting],
            )

    def _resting(self, opened: str, id_: str) -> Iterator[int]:
        """Yield the facts of known kinds that rest on an id."""
        columns = {
            (kind.table.name, column_of(name))
            for kind in self._kinds
            for name in (*kind.about, *kind.mentions)
            if name in (opened, "of") and not (name == opened and OPENS.get(kind.cls) == opened and name in kind.about)
        }
        if opened == "meeting":
            columns.add(("meeting_reports", "meeting"))  # what interrupts it rests on it too
        for table, column in sorted(columns):
            rows = self._connection.execute(
                f'SELECT fact FROM {table} WHERE "{column}" = ? ORDER BY fact LIMIT {_MANY}', (id_,)
            ).fetchall()
            yield from (fact for (fact,) in rows)

    def _unknown(self, id_: str) -> Iterator[int]:
        """Yield the events about an id of kinds that this program does not know."""
        known = {kind.word for kind in self._kinds} | NO_FACT_WORDS
        rows = self._connection.execute("SELECT position, type FROM events WHERE subject = ?", (id_,)).fetchall()
        for position, word in rows:
            if word not in known and self._facts.retracted_by(position) is None:
                yield position

    def _described(self, positions: Sequence[int]) -> str:
        entries = [self._log.at(position) for position in positions[:10]]
        more = f" and {len(positions) - 10} more" if len(positions) > 10 else ""
        return "; ".join(f"{entry.type} {entry.id} (position {entry.position})" for entry in entries) + more
