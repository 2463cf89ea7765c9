"""Recording of facts: decide, append, fold.

A batch of news is appended at once, and SQLite says whether something in it was said
before. Only then is each fact looked up by itself. Everything here happens while the write
lock is held: what was looked up still holds when it is appended, and a refusal leaves no
trace.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, get_args

import attrs
import orjson

from dialogue_registry.errors import ConflictError, RefusedError, StatusError, WrongPositionError
from dialogue_registry.log.codec import encode_citation
from dialogue_registry.log.entry import Draft, Entry, Head, seal
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.log.sqlite_scopes import Connection, Step
from dialogue_registry.model import recording_rules
from dialogue_registry.model.events import (
    Citation,
    Fact,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    MeetingShared,
    StatusReport,
    brief,
)
from dialogue_registry.model.kinds import Identity, Kind
from dialogue_registry.model.persons import AboutPersons, Persons, clash
from dialogue_registry.model.recording_rules import OPENS, Subject
from dialogue_registry.model.status import Classified, ContradictionError, Status, Story, fold, leaves_empty
from dialogue_registry.model.wordings import same_fact, wording
from dialogue_registry.projections.arrangement import join_formats
from dialogue_registry.projections.effective_log import Standing
from dialogue_registry.projections.engine import Views

_KNOWN = """
SELECT m.meeting, 'meeting', m.series, m.status FROM json_each(:ids) JOIN meetings m ON m.meeting = value
UNION ALL SELECT s.series, 'series', s.dialogue, NULL FROM json_each(:ids) JOIN series s ON s.series = value
UNION ALL SELECT d.dialogue, 'dialogue', '', NULL FROM json_each(:ids) JOIN dialogues d ON d.dialogue = value
"""


_REPORTS = frozenset(get_args(StatusReport))
_ABOUT_PERSONS = frozenset(get_args(AboutPersons))


class Item(NamedTuple):
    """A fact to be recorded, with its source as stored and its citation.

    ``run`` is the position at which the import began that records it. What its source said
    before is not appended again, unless it is said ``anew``: then only what stands counts.
    """

    fact: Fact
    source: str | None = None
    citation: Citation | None = None
    run: int = 0
    anew: bool = False


class Appended(NamedTuple):
    """The outcome of an item: its entry, whether that is new, and a note for the one who recorded it."""

    entry: Entry
    new: bool
    note: str = ""


class Call:
    """The reports of each source about a meeting's status within one call, which may be of several batches.

    All that is recorded within one transaction is one call: so a table is, whose rows are
    recorded one by one.
    """

    def __init__(self) -> None:
        #: Whether the batch before said mostly what was recorded already: then the next one probably does, too.
        self.repeats = False
        self._reports: dict[tuple[str, str | None], _SourceReports] = {}
        self._before: dict[tuple[str, str | None], _SourceReports | None] = {}

    def begin(self) -> None:
        """Begin a batch, which ``undo()`` would forget."""
        self._before.clear()

    def reports_of(self, meeting: str, source: str | None) -> "_SourceReports":
        """Return what a source said of a meeting within the call."""
        key = (meeting, source)
        reports = self._reports.get(key)
        if key not in self._before:
            self._before[key] = None if reports is None else _SourceReports(set(reports.lines), reports.plan)
        if reports is None:
            reports = self._reports[key] = _SourceReports()
        return reports

    def undo(self) -> None:
        """Forget what was said in the batch that has begun last, which was refused."""
        for key, before in self._before.items():
            if before is None:
                del self._reports[key]
            else:
                self._reports[key] = before


@attrs.define
class _SourceReports:
    """The lines of one source about one meeting within one call."""

    #: The wordings said.
    lines: set[bytes] = attrs.field(factory=set)
    #: The last plan reported.
    plan: int | None = None


class _Known(NamedTuple):
    """A fact that an item of the batch, or the log, said before."""

    leader: int
    content: Any


class Recorder:
    """The one way for facts into the log of a registry.

    ``send`` is called with the entries of each call once nothing about them is refused.
    """

    def __init__(
        self,
        connection: Connection,
        log: SQLiteLog,
        views: Views,
        *,
        send: Callable[[Sequence[Entry]], object] | None = None,
    ) -> None:
        self._connection = connection
        self._log = log
        self._codec = log.codec
        self._kinds = log.codec.kinds
        self._views = views
        self._send = send

    def record(self, items: Sequence[Item], by: str, expected: int | None, call: Call | None = None) -> list[Appended]:
        """Append the facts not yet recorded with their source; return what became of each item, in order.

        ``call`` remembers what was said in earlier batches of the same call. A RefusedError
        says in ``item`` which item was refused.
        """
        head = self._log.head()
        call = Call() if call is None else call
        call.begin()
        batch = _Batch(head, by)
        fresh: set[int] = set()
        if call.repeats or not self._append_news(batch, items, expected, call, fresh):
            call.undo()
            call.begin()
            batch = _Batch(head, by)
            try:
                self._decide_each(batch, items, expected, call, fresh)
            except BaseException:
                call.undo()
                raise
        call.repeats = len(batch.drafts) < len(items) // 2  # an import run again repeats all its rows
        return batch.outcomes

    def known(self, ids: Iterable[str]) -> dict[str, Subject]:
        """Return what each id names that is known, with its parent and status."""
        params = {"ids": orjson.dumps(list(ids)).decode()}
        rows = self._connection.execute(_KNOWN, params).fetchall()
        return {id_: Subject(kind, parent, status and Status(status)) for id_, kind, parent, status in rows}

    def attended(self, meeting: str, *, after: int = 0, before: int | None = None) -> bool:
        """Return whether somebody is recorded to have attended a meeting, by facts between two positions."""
        row = self._connection.execute(
            "SELECT 1 FROM attendance WHERE meeting = :meeting AND presence = 'present' AND fact > :after"
            " AND (:before IS NULL OR fact < :before) LIMIT 1",
            {"meeting": meeting, "after": after, "before": before},
        ).fetchone()
        return row is not None

    def persons(self, *, without: int | None = None) -> Persons:
        """Return the persons that the statements which stand make of names, all but one statement."""
        rows = self._connection.execute(
            "SELECT fact, event FROM same_persons UNION ALL SELECT fact, event FROM different_persons ORDER BY fact"
        ).fetchall()
        return Persons((event, self._views.facts.content(event)) for fact, event in rows if fact != without)

    # --- news ---------------------------------------------------------------------------

    def _append_news(
        self, batch: "_Batch", items: Sequence[Item], expected: int | None, call: Call, fresh: set[int]
    ) -> bool:
        """Append a batch of which every item says something new; return whether it was that.

        Where only some items repeat others, ``fresh`` takes the numbers of those that do not.
        """
        if expected is not None and expected != batch.head.position:
            return False
        kinds = [self._kinds.of(item.fact) for item in items]
        known = self.known(
            {getattr(item.fact, name) for kind, item in zip(kinds, items, strict=True) for name in kind.naming} - {""}
        )
        subjects = [kind.subject(item.fact) for kind, item in zip(kinds, items, strict=True)]
        if self._views.facts.is_exceptional(list(dict.fromkeys(subjects))):
            return False
        sources = {source: self._log.number_source(source) for source in {item.source for item in items}}
        news: dict[int, Standing] = {}  # by the number of the item
        checked: set[tuple[type[Any], str]] = set()  # what may be recorded of a subject may be so again
        for number, (kind, item, subject) in enumerate(zip(kinds, items, subjects, strict=True)):
            fact, cls = item.fact, kind.cls
            if (cls, subject) in checked:
                position = batch.add(self._codec.encode(fact), subject, item)
                news[number] = Standing(position, position, position, fact, sources[item.source])
                continue
            if cls in _ABOUT_PERSONS:
                return False
            if cls in _REPORTS and (cls not in OPENS or subject in known):
                continue  # a second report of a meeting may be evidence of the first
            try:
                recording_rules.check(kind, fact, known)
            except RefusedError:
                return False  # the careful way says which item, and whether it was only said before
            if cls in OPENS and (learned := recording_rules.learn(kind, fact)) is not None:
                known.update([learned])
            elif len(kind.naming) == 1:
                checked.add((cls, subject))
            position = batch.add(self._codec.encode(fact), subject, item)
            if cls in _REPORTS:
                reports = call.reports_of(subject, item.source)
                reports.plan = position
                reports.lines.add(wording(fact))
            news[number] = Standing(position, position, position, fact, sources[item.source])
        with Step(self._connection, several=len(items) > 1) as step:
            repeated = self._views.insert(list(news.values()))
            if repeated or len(news) < len(items):
                step.take_back()
                fresh.update(number for number, new in news.items() if new.fact not in repeated)
                return False
            self._append(batch)
        return True

    def _append(self, batch: "_Batch") -> None:
        """Append the entries of a batch whose facts are folded already."""
        if not batch.drafts:
            batch.seal([])
            return
        versions = self._log.versions({draft.subject for draft in batch.drafts})
        entries = seal(batch.drafts, batch.head, versions, datetime.now(UTC))
        if self._send is not None:
            self._send(entries)
        self._log.extend(entries)
        self._views.reach(entries[-1].position)
        batch.seal(entries)

    # --- one by one ---------------------------------------------------------------------

    def _decide_each(
        self, batch: "_Batch", items: Sequence[Item], expected: int | None, call: Call, fresh: set[int]
    ) -> None:
        decider = _Decider(self, batch, call)
        for number, item in enumerate(items):
            try:
                decider.decide(item, fresh=number in fresh)
            except RefusedError as refusal:
                if expected is not None and expected != batch.head.position:
                    raise WrongPositionError(expected=expected, actual=batch.head.position) from refusal
                refusal.item = number
                raise
        if batch.drafts and expected is not None and expected != batch.head.position:
            raise WrongPositionError(expected=expected, actual=batch.head.position)
        decider.fold()
        self._append(batch)


class _Batch:
    """The entries to be, and what becomes of each item."""

    def __init__(self, head: Head, by: str) -> None:
        self.head = head
        self.drafts: list[Draft] = []
        self.outcomes: list[Appended] = []
        self._by = by
        self._places: list[tuple[int | Entry, bool, str]] = []

    @property
    def position(self) -> int:
        """The position of the last draft."""
        return self.head.position + len(self.drafts)

    def add(self, encoded: tuple[str, int, str], subject: str, item: Item, note: str = "") -> int:
        """Add a draft for an item; return its position."""
        citation, edition = (None, None) if item.citation is None else encode_citation(item.citation, item.run)
        self.drafts.append(Draft(subject, *encoded, item.source, self._by, citation, edition))
        self._places.append((len(self.drafts) - 1, True, note))
        return self.position

    def repeat(self, place: int | Entry, note: str = "") -> None:
        """Note that an item says what an entry, or the draft of a position, says already."""
        self._places.append((place - self.head.position - 1 if isinstance(place, int) else place, False, note))

    def seal(self, entries: Sequence[Entry]) -> None:
        """Take the entries that the drafts became."""
        self.outcomes = [
            Appended(entries[place] if isinstance(place, int) else place, new, note)
            for place, new, note in self._places
        ]

    def __len__(self) -> int:
        return len(self._places)


class _Decider:
    """Decides on the items of one batch, one by one, each on what the log and the items before it say."""

    def __init__(self, recorder: Recorder, batch: _Batch, call: Call) -> None:
        self._recorder = recorder
        self._log = recorder._log  # noqa: SLF001 - parts of one module
        self._kinds = self._log.codec.kinds
        self._views = recorder._views  # noqa: SLF001
        self._facts = self._views.facts
        self._batch = batch
        self._call = call
        self._known: dict[str, Subject] = {}
        self._asked: set[str] = set()
        self._pending: dict[Identity, _Known] = {}
        self._stated_at: dict[tuple[int, int, bytes], int] = {}
        self._persons: Persons | None = None
        self._sources: dict[str | None, int] = {}
        self._fresh: dict[Identity, Standing] = {}
        self._stories: dict[str, tuple[Story, set[Hashable]]] = {}
        self._news: list[Standing] = []
        self._evidence: list[tuple[Standing, int]] = []

    def decide(self, item: Item, *, fresh: bool = False) -> None:
        """Add an item to the batch as news or as further evidence, or note who said it before; or refuse it.

        ``fresh`` says that nothing else is under its identity, in the log nor in the batch.
        """
        kind = self._kinds.of(item.fact)
        self._learn(kind, item.fact)
        if isinstance(item.fact, StatusReport):
            if (shared := self._shared(item.fact)) is not None:
                self.decide(item._replace(fact=shared))
            else:
                self._decide_report(kind, item)
        elif fresh:
            recording_rules.check(kind, item.fact, self._known)
            self._take_news(kind, item)
            self._fresh[kind.identity(item.fact)] = self._news[-1]
        else:
            self._decide_fact(kind, item)

    def fold(self) -> None:
        """Fold what was decided into the views."""
        repeated = self._views.insert(self._news)
        assert not repeated, "each was looked up"
        with self._facts.ahead([*self._news, *(one for one, _ in self._evidence)]):
            self._views.follow(self._evidence)

    def _learn(self, kind: Kind, fact: Fact) -> None:
        ids = {id_ for _, id_ in kind.needs(fact)} - self._asked
        if ids:
            self._asked |= ids
            self._known |= {id_: found for id_, found in self._recorder.known(ids).items() if id_ not in self._known}

    # --- facts of which only one can stand ------------------------------------------------

    def _decide_fact(self, kind: Kind, item: Item) -> None:
        fact, values = item.fact, kind.key_values(item.fact)
        identity = kind.identity(fact, values)
        known = self._pending.get(identity) or self._known_fresh(identity)
        row = self._facts.standing(fact, values) if known is None else None
        entry = None if row is None else self._log.at(row[1])
        same_words = entry is not None and entry[4:7] == self._log.codec.encode(fact)
        if row and entry and same_words and row[0] == row[1] and entry.source == item.source:
            self._batch.repeat(entry)  # an import run again: nothing is decoded
            return
        source, subject, line = self._number_source(item.source), kind.subject(fact), wording(fact)
        if row is not None:
            leader, event = row
            known = _Known(leader, fact if same_words else self._facts.content(event))
            words = line if same_words else wording(known.content)
            self._stated_at.setdefault((leader, self._facts.source_of(leader, event), words), event)
            self._pending[identity] = known
        if known is not None and (before := self._stated_at.get((known.leader, source, line))) is not None:
            self._repeat(before)
            return
        if not item.anew and (before := self._facts.exceptional_event(subject, source, line)) is not None:
            self._repeat(before)
            return
        if known is None:
            recording_rules.check(kind, fact, self._known)
            if isinstance(fact, AboutPersons):
                self._check_persons(fact)
            self._take_news(kind, item)
            self._pending[identity] = _Known(self._batch.position, fact)
            self._stated_at[self._batch.position, source, line] = self._batch.position
            return
        if not same_fact(fact, known.content) and join_formats(known.content, fact) is None:
            raise self._conflict(fact, known.leader, known.content)
        self._add(kind, item, known.leader)
        self._stated_at[known.leader, source, line] = self._batch.position

    def _known_fresh(self, identity: Identity) -> _Known | None:
        """Return what an item before in the batch says under an identity, which nothing was under until then."""
        new = self._fresh.pop(identity, None)
        if new is None:
            return None
        known = self._pending[identity] = _Known(new.fact, new.content)
        self._stated_at[new.fact, new.source, wording(new.content)] = new.fact
        return known

    def _take_news(self, kind: Kind, item: Item) -> None:
        """Add a fact that says something new and may be recorded."""
        if (learned := recording_rules.learn(kind, item.fact)) is not None:
            self._known.update([learned])
        self._add(kind, item, None)

    def _number_source(self, source: str | None) -> int:
        if source not in self._sources:
            self._sources[source] = self._log.number_source(source)
        return self._sources[source]

    def _check_persons(self, fact: AboutPersons) -> None:
        """Raise ConflictError where names would be one person and different ones; else take the fact in."""
        if self._persons is None:
            self._persons = self._recorder.persons()
        if (found := self._persons.contradicted(fact)) is not None:
            entry = None if found.event > self._batch.head.position else self._log.at(found.event)
            where = "earlier in the same batch" if entry is None else f"event {entry.id} (position {entry.position})"
            raise ConflictError(
                f"{clash(fact, found)} ({where}): correct or retract what is wrong first",
                standing="" if entry is None else entry.id,
                position=0 if entry is None else entry.position,
                stands=found.stands,
                fact=fact,
            )
        self._persons.add(self._batch.position + 1, fact)

    def _repeat(self, position: int, note: str = "") -> None:
        self._batch.repeat(position if position > self._batch.head.position else self._log.at(position), note)

    def _add(self, kind: Kind, item: Item, leader: int | None, note: str = "") -> None:
        self._batch.add(self._log.codec.encode(item.fact), kind.subject(item.fact), item, note)
        standing = Standing(*(self._batch.position,) * 3, item.fact, self._number_source(item.source))
        if leader is None:
            self._news.append(standing)
        else:
            self._evidence.append((standing, leader))

    def _conflict(self, fact: Fact, leader: int, content: Fact) -> ConflictError:
        event = None if leader > self._batch.head.position else self._facts.state(leader)[0]
        entry = None if event is None else self._log.at(event)
        where = "earlier in the same batch" if entry is None else f"as event {entry.id} (position {entry.position})"
        return ConflictError(
            f"{brief(fact)} contradicts {brief(content)}, which stands {where}: {_advice(fact)}",
            standing="" if entry is None else entry.id,
            position=0 if entry is None else entry.position,
            stands=content,
            fact=fact,
        )

    # --- status reports --------------------------------------------------------------------

    def _shared(self, fact: StatusReport) -> MeetingShared | None:
        """Return the joint meeting that a report says a known meeting is, where it names another series."""
        if not isinstance(fact, MeetingAnnounced | MeetingHeld):
            return None
        subject = self._known.get(fact.meeting)
        if subject is None or subject.kind != "meeting" or subject.parent == fact.series:
            return None
        if self._known.get(fact.series, Subject("")).kind != "series":
            return None
        for known in self._story(fact.meeting, None)[0].news:
            content = known.report.content
            if isinstance(content, MeetingAnnounced | MeetingHeld):
                same = attrs.evolve(fact, series=content.series, ordinal=content.ordinal, period=content.period)
                if leaves_empty(same, content):
                    return MeetingShared(
                        meeting=fact.meeting, series=fact.series, ordinal=fact.ordinal, period=fact.period
                    )
        return None

    def _story(self, meeting: str, source: int | None) -> tuple[Story, set[Hashable]]:
        """Return the story of a meeting with all that a source reported of it, and the sources so added."""
        if meeting not in self._stories:
            self._stories[meeting] = self._facts.news(meeting), set()
        story, added = self._stories[meeting]
        if source and source not in added:
            self._facts.add_evidence(story, source)
            added.add(source)
        return story, added

    def _decide_report(self, kind: Kind, item: Item) -> None:
        fact = item.fact
        assert isinstance(fact, StatusReport)
        source = self._number_source(item.source)
        story, _ = self._story(fact.meeting, source)
        reports = self._call.reports_of(fact.meeting, item.source)
        line = wording(fact)
        report = self._facts.report(self._batch.position + 1, fact, source)
        classified = story.classify(report)
        if (before := self._event_before(story, fact, source, line, anew=item.anew)) is not None:
            # Said before in this call, and about another plan than the one reported last in it, it is said anew.
            anew = line in reports.lines and fact.on is None and _is_interruption(fact)
            if not anew or reports.plan in self._plans_about(story, fact, source):
                self._note_line(reports, line, before[1] or classified)
                self._repeat(before[0], _SAID_BEFORE.format(meeting=fact.meeting))
                return
        elif _is_interruption(fact) and report.day is None and reports.plan is not None:
            announced = [c for c in story.own(report.source) if c.plan is not None]
            if announced and announced[-1].plan != reports.plan:
                raise StatusError(
                    f"{brief(fact)} comes after an older plan of {fact.meeting!r} than the one that its source "
                    "announced last, so it is not clear which of them it is about: give the day on which it was "
                    "reported (on=…)"
                )
        if classified.leader is None:
            recording_rules.check(kind, fact, self._known)
            self._check(story, classified)
        state = fold(story.news)
        story.keep(classified)
        self._note_line(reports, line, classified)
        self._add(kind, item, classified.leader, self._note(story, classified, None if state is None else state.status))

    def _event_before(
        self, story: Story, fact: StatusReport, source: int, line: bytes, *, anew: bool
    ) -> tuple[int, Classified | None] | None:
        """Return where a source said just this line of a meeting before, whatever was amended since."""
        for known in story.own(source or None):
            if same_fact(known.report.content, fact):
                event = known.report.fact
                if event <= self._batch.head.position:
                    event = self._facts.state(event)[0] or event
                return event, known
        before = None if anew else self._facts.exceptional_event(fact.meeting, source, line)
        return None if before is None else (before, None)

    @staticmethod
    def _note_line(reports: _SourceReports, line: bytes, classified: Classified) -> None:
        if classified.plan is not None:
            reports.plan = classified.plan
        reports.lines.add(line)

    @staticmethod
    def _plans_about(story: Story, fact: StatusReport, source: int) -> set[int | None]:
        """Return the plans about which a source said just this line of a meeting."""
        return {known.about for known in story.own(source or None) if same_fact(known.report.content, fact)}

    def _check(self, story: Story, classified: Classified) -> None:
        content = classified.report.content
        attended = isinstance(content, MeetingCancelled) and self._recorder.attended(content.meeting)
        try:
            story.check(classified, attended=attended)
        except ContradictionError as error:
            raise self._conflict(content, error.stands.fact, error.stands.content) from None

    def _note(self, story: Story, classified: Classified, before: Status | None) -> str:
        meeting = story.meeting
        if classified.leader is not None:
            return _FURTHER.format(meeting=meeting)
        state = fold(story.news)
        if state is not None:
            shown = state.shown.content
            parent = shown.series if isinstance(shown, MeetingAnnounced | MeetingHeld) else ""
            self._known[meeting] = Subject("meeting", parent, state.status)
        if state is None or before is None or state.status is before:
            return ""
        return f"{meeting!r} is now {state.status} (it was {before})"


_FURTHER = "further evidence of what is known of {meeting!r}; give on= if it was reported again"
_SAID_BEFORE = "its source said so of {meeting!r} before; give on= if it was reported again"


def _is_interruption(fact: Fact) -> bool:
    return isinstance(fact, MeetingPostponed | MeetingCancelled)


def _advice(fact: Fact) -> str:
    """Return what to do about a contradiction."""
    if hasattr(fact, "seat") and hasattr(fact, "person"):
        return (
            "if it is another person of that name, give person=… to each; if one person sat in two capacities, give "
            "seat=… to each; if the standing one is wrong, registry.correct(event_id, replacement, reason=…)"
        )
    return (
        "if that one is wrong, registry.correct(event_id, replacement, reason=…); if sources disagree, keep both with "
        "registry.dispute(event_id, claim, source=…)"
    )
