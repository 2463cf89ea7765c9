"""How facts and amendments get into the log: look up, decide, append, fold.

Everything here happens while the write lock is held: what was looked up still holds
when it is appended, and a refusal leaves no trace.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from dialogue_registry.errors import (
    AmendmentError,
    ConflictError,
    IdInUseError,
    InvalidValueError,
    RefusedError,
    StillNeededError,
    UnknownEventError,
    WrongPositionError,
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
    MeetingCancelled,
    MeetingHeld,
    SeriesOpened,
    brief,
    subject_of,
)
from dialogue_registry.model.recording_rules import Content, Status, Subject
from dialogue_registry.projections.effective_log import Interruption, StatusReport, worded
from dialogue_registry.projections.engine import Views

_KNOWN = """
SELECT 'meeting', series, status FROM meetings WHERE meeting = :id
UNION ALL SELECT 'series', dialogue, NULL FROM series WHERE series = :id
UNION ALL SELECT 'dialogue', '', NULL FROM dialogues WHERE dialogue = :id
"""
_RESTING: dict[str, Sequence[tuple[str, str]]] = {
    "dialogue": [("parties", "dialogue"), ("series", "dialogue")],
    "series": [("meeting_reports", "series"), ("statements", "series")],
    "meeting": [(name, "meeting") for name in ("meeting_reports", "attendance", "topics", "activities", "outcomes")],
}
"""Which tables hold what rests on an id of a kind, and in which column."""


class Recorder:
    """The one way into the log of a registry file."""

    def __init__(self, connection: sqlite3.Connection, log: SQLiteLog, views: Views) -> None:
        self._connection = connection
        self._log = log
        self._views = views
        self._facts = views.facts

    # --- facts -----------------------------------------------------------------------

    def record(
        self,
        items: Sequence[tuple[Fact, str | None]],
        by: str,
        expected: int | None,
        send: Callable[[Sequence[Entry]], object] | None = None,
    ) -> list[Entry]:
        """Append the facts not yet asserted; give the entry of each, in order.

        ``items`` pairs each fact with its source as stored. A RefusedError says in ``item``
        which one was refused. ``send`` is given the entries as soon as they are decided on.
        """
        head = self._log.head()
        subjects = [subject_of(fact) for fact, _ in items]
        versions = self._log.versions(set(subjects))
        known = self._known({id_ for fact, _ in items for id_ in recording_rules.mentions(fact)})
        told_of = versions.keys() | self._facts.moved_to(set(subjects) - versions.keys())
        interrupted = self._facts.interrupted(
            {f.meeting for f, _ in items if isinstance(f, MeetingAnnounced) and f.meeting in told_of}
        )
        # An announcement's key depends on what interrupted the meeting, so each of them is looked up by itself.
        once = [None if isinstance(fact, MeetingAnnounced) else recording_rules.key(fact, {}) for fact, _ in items]
        met = self._facts.used([k for k, subject in zip(once, subjects, strict=True) if k and subject in told_of])
        drafts: list[Draft] = []
        appended: list[Fact] = []
        keys: list[bytes] = []
        places: list[Entry | int] = []
        seen: dict[tuple[object, str | None], Entry | int] = {}
        fresh: dict[bytes, Fact] = {}
        for item, ((fact, source), subject, known_key) in enumerate(zip(items, subjects, once, strict=True)):
            encoded = encode(fact)
            place = seen.get((encoded, source))
            if place is None:
                key = known_key or recording_rules.key(fact, interrupted)
                standing: Content | None = fresh.get(key)
                if subject in told_of and (key in met or known_key is None):
                    place, stood = self._asserted(fact, source, key)
                    standing = standing or stood
                if place is None:
                    place = len(drafts)
                    try:
                        self._decide(fact, standing, key, known)
                    except RefusedError as refusal:
                        if expected is not None and expected != head.position:
                            raise WrongPositionError(expected=expected, actual=head.position) from refusal
                        refusal.item = item
                        raise
                    drafts.append(Draft(subject, *encoded, source, by))
                    appended.append(fact)
                    keys.append(key)
                    if standing is None:
                        fresh[key] = fact
                        if isinstance(fact, Interruption):
                            interrupted[fact.meeting] = head.position + len(drafts)
                seen[encoded, source] = place
            places.append(place)
        entries: list[Entry] = []
        if drafts:
            if expected is not None and expected != head.position:
                raise WrongPositionError(expected=expected, actual=head.position)
            entries = seal(drafts, head, versions, datetime.now(UTC))
            if send is not None:
                send(entries)
            self._log.extend(entries)
            self._views.apply([(entry.position, fact) for entry, fact in zip(entries, appended, strict=True)], keys)
        return [entries[place] if isinstance(place, int) else place for place in places]

    def _decide(self, fact: Fact, standing: Content | None, key: bytes, known: dict[str, Subject]) -> None:
        if standing is None:
            if isinstance(fact, MeetingCancelled) and fact.meeting in known and not known[fact.meeting].attended:
                self._look_for_attendance(fact.meeting, known)
            recording_rules.check(fact, known)
            if (learned := recording_rules.learn(fact, known)) is not None:
                known.update([learned])
        elif standing != fact:
            number = self._facts.under(key)
            entry = None if number is None else self._log.at(number)
            where = "earlier in the same batch" if entry is None else f"as event {entry.id} (position {entry.position})"
            raise ConflictError(
                f"{brief(fact)} contradicts {brief(standing)}, which stands {where}: if that one is wrong, "
                "registry.correct(event_id, replacement, reason=…); if sources disagree, keep both with "
                "registry.dispute(event_id, claim, source=…)",
                standing="" if entry is None else entry.id,
                position=0 if entry is None else entry.position,
                stands=standing,
            )

    def _asserted(self, content: Content, source: str | None, key: bytes) -> tuple[Entry | None, Content | None]:
        """The entry that already asserts this with this source, whatever was amended since; and what stands."""
        standing: Content | None = None
        for stands, fact, event in self._facts.asserted(key, prefix=isinstance(content, MeetingAnnounced)):
            entry = self._log.at(event)
            said = worded(entry)
            if said == content and source in (entry.source, entry.source or self._log.at(fact).source):
                return entry, None
            if stands:
                standing = said
        return None, standing

    def _known(self, ids: Iterable[str]) -> dict[str, Subject]:
        rows = ((id_, *row) for id_ in ids for row in self._connection.execute(_KNOWN, {"id": id_}))
        return {id_: Subject(kind, parent, status and Status(status)) for id_, kind, parent, status in rows}

    def _look_for_attendance(self, meeting: str, known: dict[str, Subject]) -> None:
        subject = known[meeting]
        known[meeting] = Subject(subject.kind, subject.parent, subject.status, attended=self._attended(meeting))

    def _attended(self, meeting: str) -> bool:
        row = self._connection.execute("SELECT 1 FROM attendance WHERE meeting = ? LIMIT 1", (meeting,)).fetchone()
        return row is not None

    # --- amendments and disputes -----------------------------------------------------

    def correct(self, event_id: str, replacement: Fact, reason: str, source: str | None, by: str) -> Entry:
        """Append a correction of the fact that an event is about."""
        fact = self._fact_of(event_id, "corrected")
        amendment = FactCorrected(event_id=fact.id, replacement=replacement, reason=reason)
        if (entry := self._amended(fact.position, amendment, source)) is not None:
            return entry
        if self._must_stand(fact) == replacement:
            raise AmendmentError(
                f"event {fact.id} already reads {brief(replacement)}: there is nothing to correct; "
                "to add a source, record the fact again with it"
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
        if (entry := self._asserted(dispute, source, key)[0]) is not None:
            return entry
        standing = self._must_stand(fact)
        if type(claim) is not type(standing) or subject_of(claim) != subject_of(standing):
            raise AmendmentError(
                f"{brief(claim)} does not contradict {brief(standing)}: a dispute claims the same kind of fact "
                "of the same subject; record it as a fact of its own"
            )
        if claim == standing:
            raise AmendmentError(
                f"event {fact.id} already reads {brief(claim)}: there is nothing to dispute; "
                "to add a source, record the fact again with it"
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
        """The entry of the fact that a fact's or a correction's id leads to."""
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
        """The entry of the same amendment with the same source, if there is one."""
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
                raise
            raise ConflictError(
                f"event {other.id} (position {other.position}) says {brief(before)} too and would contradict "
                "the outcome: retract it first, or keep the other wording beside both with dispute()",
                standing=other.id,
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
            if any(len(self._connection.execute(_KNOWN, {"id": id_}).fetchall()) > 1 for id_ in ids):
                raise IdInUseError(
                    f"{brief(after)} would use an id that already names something else: choose another id"
                )
            known = self._known(ids)
            if isinstance(after, StatusReport) and after.meeting in known:
                # It needs its series, or the meeting, to be known; the rest is a question of the whole story.
                parent = "" if isinstance(after, Interruption) else after.series
                known[after.meeting] = Subject(known[after.meeting].kind, parent)
            recording_rules.check(after, known)
        for meeting in {c.meeting for c in (before, after) if isinstance(c, StatusReport)}:
            story = [entry for entry in self._facts.story(meeting) if self._facts.under(entry.key) == entry.fact]
            reports = [entry.content for entry in story if isinstance(entry.content, StatusReport)]
            try:
                recording_rules.check_story(meeting, reports, attended=self._attended(meeting))
            except RefusedError as refusal:
                if refusal.item is None:
                    raise
                # Its advice is for who records; here a fact that remains is in the way, or the outcome itself.
                event, why = story[refusal.item].event, str(refusal).partition(": ")[0]
                others = [entry.event for entry in story if entry.event != self._log.head().position]
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
        if (subject := self._known([id_]).get(id_)) is not None and subject.kind == kind:
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
