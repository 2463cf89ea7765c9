"""Amendments and disputes: find the fact, decide, append, fold, check the facts that remain.

All of it happens while the write lock is held, as in the recorder. An amendment whose
outcome is refused is undone with its transaction.
"""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime

from dialogue_registry.errors import (
    AmendmentError,
    ConflictError,
    IdInUseError,
    InvalidValueError,
    RefusedError,
    StillNeededError,
    UnknownEventError,
)
from dialogue_registry.log.codec import encode
from dialogue_registry.log.entry import Draft, Entry, decoded, seal
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.model import recording_rules
from dialogue_registry.model.events import (
    FACTS,
    Amendment,
    DialogueLaunched,
    EventRetracted,
    Fact,
    FactCorrected,
    FactDisputed,
    MeetingAnnounced,
    MeetingHeld,
    SeriesOpened,
    brief,
    subject_of,
)
from dialogue_registry.model.recording_rules import Content, Subject
from dialogue_registry.projections.effective_log import Interruption, StatusReport, worded
from dialogue_registry.projections.engine import Views
from dialogue_registry.registry.recorder import KNOWN, Recorder

_RESTING: dict[str, Sequence[tuple[str, str]]] = {
    "dialogue": [("parties", "dialogue"), ("series", "dialogue")],
    "series": [("meeting_reports", "series"), ("statements", "series")],
    "meeting": [(name, "meeting") for name in ("meeting_reports", "attendance", "topics", "activities", "outcomes")],
}
"""The tables of the facts that rest on an id of a kind, and the column that holds the id."""


class Amender:
    """The one way for corrections, retractions and disputes into the log of a registry."""

    def __init__(self, connection: sqlite3.Connection, log: SQLiteLog, views: Views, recorder: Recorder) -> None:
        self._connection = connection
        self._log = log
        self._views = views
        self._facts = views.facts
        self._recorder = recorder

    def correct(self, event_id: str, replacement: Fact, reason: str, source: str | None, by: str) -> Entry:
        """Append a correction of the fact that an event is about."""
        fact = self._fact_of(event_id, "corrected")
        amendment = FactCorrected(event_id=fact.id, replacement=replacement, reason=reason)
        if (entry := self._amended(fact.position, amendment, source)) is not None:
            return entry
        if self._must_stand(fact) == replacement:
            raise AmendmentError(
                f"event {fact.id} already reads {brief(replacement)}: there is nothing to correct; "
                "to add a source, record the fact again with it",
                fact=replacement,
                stands=replacement,
            )
        return self._amend(fact, amendment, source, by)

    def retract(self, event_id: str, reason: str, source: str | None, by: str) -> Entry:
        """Append a retraction of an event: a fact, a dispute, or an amendment, which is thereby undone."""
        target = self._find(event_id)
        amendment = EventRetracted(event_id=event_id, reason=reason)
        if (entry := self._amended(target.position, amendment, source)) is not None:
            return entry
        if (by_position := self._facts.retracted_by(target.position)) is not None:
            retraction = self._log.at(by_position)
            raise AmendmentError(
                f"event {event_id} was retracted already, by event {retraction.id} (position {by_position}): "
                "retract that one to undo it"
            )
        return self._amend(target, amendment, source, by)

    def dispute(self, event_id: str, claim: Fact, reason: str, source: str, by: str) -> Entry:
        """Append a claim that contradicts the fact an event is about."""
        fact = self._fact_of(event_id, "disputed")
        dispute = FactDisputed(event_id=fact.id, claim=claim, reason=reason)
        key = recording_rules.key(dispute, {})
        if (entry := self._recorder.asserted(dispute, source, key)[0]) is not None:
            return entry
        standing = self._must_stand(fact)
        if type(claim) is not type(standing) or subject_of(claim) != subject_of(standing):
            raise AmendmentError(
                f"{brief(claim)} does not contradict {brief(standing)}: a dispute claims the same kind of fact "
                "of the same subject; record it as a fact of its own",
                fact=claim,
                stands=standing,
            )
        if claim == standing:
            raise AmendmentError(
                f"event {fact.id} already reads {brief(claim)}: there is nothing to dispute; "
                "to add a source, record the fact again with it",
                fact=claim,
                stands=standing,
            )
        entry = self._append(fact.subject, dispute, source, by)
        self._views.apply([(entry.position, dispute)], [key])
        return entry

    def _append(self, subject: str, event: Amendment | FactDisputed, source: str | None, by: str) -> Entry:
        draft = Draft(subject, *encode(event), source, by)
        (entry,) = seal([draft], self._log.head(), self._log.versions([subject]), datetime.now(UTC))
        self._log.extend([entry])
        return entry

    def _find(self, event_id: str) -> Entry:
        if not isinstance(event_id, str):
            raise InvalidValueError(f"{event_id!r} is no event id: give the .id of a recorded event")
        entry = self._log.find(event_id)
        if entry is None:
            raise UnknownEventError(f"no event has the id {event_id!r}: take the .id of a recorded event")
        return entry

    def _fact_of(self, event_id: str, done: str) -> Entry:
        """Return the entry of the fact that a fact's or a correction's id leads to."""
        entry = self._find(event_id)
        if entry.type == "fact.corrected":
            entry = self._log.at(self._facts.root(entry.position))
        if entry.type in ("event.retracted", "fact.disputed"):
            raise AmendmentError(
                f"event {event_id} is no fact ({entry.type}), so it cannot be {done}: retract it instead"
            )
        return entry

    def _must_stand(self, fact: Entry) -> Content:
        if (position := self._facts.retracted_by(fact.position)) is not None:
            raise AmendmentError(
                f"event {fact.id} was retracted by event {self._log.at(position).id} (position {position}), "
                "so it says nothing any more: retract that retraction first, or record the fact anew"
            )
        return self._facts.content(self._facts.wording(fact.position))

    def _amended(self, target: int, amendment: Amendment, source: str | None) -> Entry | None:
        """Return the entry of the same amendment with the same source, if there is one."""
        for (position,) in self._connection.execute("SELECT position FROM amendments WHERE target = ?", (target,)):
            entry = self._log.at(position)
            if entry.source == source and decoded(entry) == amendment:
                return entry
        return None

    def _amend(self, target: Entry, amendment: Amendment, source: str | None, by: str) -> Entry:
        fact = self._facts.root(target.position)
        before = self._reads(fact)
        entry = self._append(self._log.at(fact).subject, amendment, source, by)
        try:
            self._views.apply([(entry.position, amendment)])
        except ConflictError as conflict:
            other = self._find(conflict.standing)
            if before is None or worded(other) != before:
                conflict.position, conflict.stands = other.position, worded(other)
                raise
            raise ConflictError(
                f"event {other.id} (position {other.position}) says {brief(before)} too and would contradict "
                "the outcome: retract it first, or keep the other wording beside both with dispute()",
                standing=other.id,
                position=other.position,
                stands=before,
                fact=before,
            ) from None
        self._check_remaining(before, self._reads(fact))
        return entry

    def _reads(self, fact: int) -> Content | None:
        if self._facts.retracted_by(fact) is not None:
            return None
        return self._facts.content(self._facts.wording(fact))

    def _check_remaining(self, before: Content | None, after: Content | None) -> None:
        """Raise a RefusedError unless every remaining fact still has what it needs."""
        if before is not None:
            self._check_resting(before)
        if isinstance(after, FACTS):
            ids = recording_rules.mentions(after)
            if any(len(self._connection.execute(KNOWN, {"id": id_}).fetchall()) > 1 for id_ in ids):
                raise IdInUseError(
                    f"{brief(after)} would use an id that already names something else: choose another id",
                    fact=after,
                )
            known = self._recorder.known(ids)
            if isinstance(after, StatusReport) and after.meeting in known:
                # It needs its series, or the meeting, to be known; the rest depends on all reports of the meeting.
                parent = "" if isinstance(after, Interruption) else after.series
                known[after.meeting] = Subject(known[after.meeting].kind, parent)
            recording_rules.check(after, known)
        for meeting in {c.meeting for c in (before, after) if isinstance(c, StatusReport)}:
            standing = [entry for entry in self._facts.reports(meeting) if self._facts.under(entry.key) == entry.fact]
            reports = [entry.content for entry in standing if isinstance(entry.content, StatusReport)]
            try:
                recording_rules.check_story(meeting, reports, attended=self._recorder.attended(meeting))
            except RefusedError as refusal:
                if refusal.item is None:
                    raise
                # Its advice is for recording; here a fact that remains is in the way, or the outcome itself.
                event, why = standing[refusal.item].event, str(refusal).partition(": ")[0]
                others = [entry.event for entry in standing if entry.event != self._log.head().position]
                raise type(refusal)(
                    f"{self._named([event] if event in others else others)} would not fit with the outcome ({why}): "
                    "amend or retract first what is wrong there"
                ) from None

    def _check_resting(self, before: Content) -> None:
        match before:
            case DialogueLaunched():
                kind, id_ = "dialogue", before.dialogue
            case SeriesOpened():
                kind, id_ = "series", before.series
            case MeetingAnnounced() | MeetingHeld():
                kind, id_ = "meeting", before.meeting
            case _:
                return
        if (subject := self._recorder.known([id_]).get(id_)) is not None and subject.kind == kind:
            return
        resting = [
            fact
            for table, column in _RESTING[kind]
            for (fact,) in self._connection.execute(
                f"SELECT fact FROM {table} WHERE {column} = ? ORDER BY fact LIMIT 100", (id_,)
            )
        ][:100]
        if resting:
            raise StillNeededError(
                f"{kind} {id_!r} would no longer be recorded, but facts rest on it: {self._named(resting)}; "
                "amend those first",
                needed_by=[self._log.at(position).id for position in resting],
            )

    def _named(self, positions: Sequence[int]) -> str:
        entries = [self._log.at(position) for position in positions[:10]]
        more = f" and {len(positions) - 10} more" if len(positions) > 10 else ""
        return "; ".join(f"{entry.type} {entry.id} (position {entry.position})" for entry in entries) + more
