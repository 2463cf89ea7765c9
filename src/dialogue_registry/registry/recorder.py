"""Facts on their way into the log: look up, decide, append, fold.

All of it happens while the write lock is held: so the state that was looked up still holds
on appending, and a refusal leaves no trace.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from dialogue_registry.errors import ConflictError, RefusedError, WrongPositionError
from dialogue_registry.log.codec import encode
from dialogue_registry.log.entry import Draft, Entry, seal
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.model import recording_rules
from dialogue_registry.model.events import Fact, MeetingAnnounced, MeetingCancelled, brief, subject_of
from dialogue_registry.model.recording_rules import Content, Status, Subject
from dialogue_registry.projections.effective_log import Interruption, worded
from dialogue_registry.projections.engine import Views

KNOWN = """
SELECT 'meeting', series, status FROM meetings WHERE meeting = :id
UNION ALL SELECT 'series', dialogue, NULL FROM series WHERE series = :id
UNION ALL SELECT 'dialogue', '', NULL FROM dialogues WHERE dialogue = :id
"""
"""Selects the kinds of subject that an id names, each with its parent and its status."""


class Recorder:
    """The one way for facts into the log of a registry.

    ``send`` is called with the entries of each call as soon as they are decided on.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        log: SQLiteLog,
        views: Views,
        *,
        send: Callable[[Sequence[Entry]], object] | None = None,
    ) -> None:
        self._connection = connection
        self._log = log
        self._views = views
        self._facts = views.facts
        self._send = send

    def record(self, items: Sequence[tuple[Fact, str | None]], by: str, expected: int | None) -> list[Entry]:
        """Append the facts not yet asserted; return the entry of each, in order.

        ``items`` pairs each fact with its source as stored. A RefusedError says in ``item``
        which one was refused.
        """
        head = self._log.head()
        subjects = [subject_of(fact) for fact, _ in items]
        versions = self._log.versions(set(subjects))
        known = self.known({id_ for fact, _ in items for id_ in recording_rules.mentions(fact)})
        with_facts = versions.keys() | self._facts.moved_to(set(subjects) - versions.keys())
        interrupted = self._facts.interrupted(
            {f.meeting for f, _ in items if isinstance(f, MeetingAnnounced) and f.meeting in with_facts}
        )
        # An announcement's key depends on what interrupted the meeting, so each of them is looked up by itself.
        plain_keys = [
            None if isinstance(fact, MeetingAnnounced) else recording_rules.key(fact, {}) for fact, _ in items
        ]
        used_keys = self._facts.used(
            [key for key, subject in zip(plain_keys, subjects, strict=True) if key and subject in with_facts]
        )
        drafts: list[Draft] = []
        appended: list[Fact] = []
        keys: list[bytes] = []
        places: list[Entry | int] = []
        seen: dict[tuple[object, str | None], Entry | int] = {}
        fresh: dict[bytes, Fact] = {}
        for item, ((fact, source), subject, plain_key) in enumerate(zip(items, subjects, plain_keys, strict=True)):
            encoded = encode(fact)
            place = seen.get((encoded, source))
            if place is None:
                key = plain_key or recording_rules.key(fact, interrupted)
                standing: Content | None = fresh.get(key)
                if subject in with_facts and (key in used_keys or plain_key is None):
                    place, recorded_before = self.asserted(fact, source, key)
                    standing = standing or recorded_before
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
            if self._send is not None:
                self._send(entries)
            self._log.extend(entries)
            self._views.apply([(entry.position, fact) for entry, fact in zip(entries, appended, strict=True)], keys)
        return [entries[place] if isinstance(place, int) else place for place in places]

    def _decide(self, fact: Fact, standing: Content | None, key: bytes, known: dict[str, Subject]) -> None:
        if standing is None:
            if isinstance(fact, MeetingCancelled) and fact.meeting in known and not known[fact.meeting].attended:
                meeting = known[fact.meeting]
                known[fact.meeting] = Subject(
                    meeting.kind, meeting.parent, meeting.status, attended=self.attended(fact.meeting)
                )
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
                fact=fact,
            )

    def asserted(self, content: Content, source: str | None, key: bytes) -> tuple[Entry | None, Content | None]:
        """Return the entry that already asserts this with this source, even if it was amended since; else what stands.

        The second value is the content that stands under the key, if there is one.
        """
        standing: Content | None = None
        for stands, fact, event in self._facts.asserted(key, prefix=isinstance(content, MeetingAnnounced)):
            entry = self._log.at(event)
            wording = worded(entry)
            if wording == content and source in (entry.source, entry.source or self._log.at(fact).source):
                return entry, None
            if stands:
                standing = wording
        return None, standing

    def known(self, ids: Iterable[str]) -> dict[str, Subject]:
        """Map each id that names a subject to its kind, parent and status."""
        rows = ((id_, *row) for id_ in ids for row in self._connection.execute(KNOWN, {"id": id_}))
        return {id_: Subject(kind, parent, status and Status(status)) for id_, kind, parent, status in rows}

    def attended(self, meeting: str) -> bool:
        """Return whether attendance of a meeting is recorded."""
        row = self._connection.execute("SELECT 1 FROM attendance WHERE meeting = ? LIMIT 1", (meeting,)).fetchone()
        return row is not None
