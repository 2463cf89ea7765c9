"""The decision on each fact of a batch: news, further evidence, said before, or refused.

A fact is hoped to be news: SQLite says so when its batch is folded. Where one says what
another said, the batch is decided again, and that fact is looked up. A second report of a
meeting is always decided on all that was reported of it.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any, NamedTuple, get_args

import attrs

from dialogue_registry.errors import ConflictError, RefusedError, StatusError, WrongPositionError
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.model import recording_rules
from dialogue_registry.model.events import (
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
from dialogue_registry.model.recording_rules import Subject
from dialogue_registry.model.status import Classified, ContradictionError, Status, Story, fold, leaves_empty
from dialogue_registry.model.wordings import same_fact, wording
from dialogue_registry.projections.arrangement import join_formats
from dialogue_registry.projections.effective_log import Standing
from dialogue_registry.projections.engine import Views
from dialogue_registry.registry.call import Call, SourceReports
from dialogue_registry.registry.items import Batch, Item
from dialogue_registry.registry.known_facts import KnownFacts

_REPORTS = frozenset(get_args(StatusReport))
_ABOUT_PERSONS = frozenset(get_args(AboutPersons))


class _Known(NamedTuple):
    """A fact that an item of the batch, or the log, said before."""

    leader: int
    content: Any


class Page(NamedTuple):
    """The items of a batch, and what the log knows of them before it."""

    items: Sequence[Item]
    kinds: Sequence[Kind]
    subjects: Sequence[str]
    #: What the ids name that the items mention.
    known: Mapping[str, Subject]
    #: The subjects of facts that have exceptions.
    exceptional: Collection[str]
    #: The numbers of the sources.
    sources: Mapping[str | None, int]


class Decider:
    """Decides on the items of one batch, one by one, each on what the log and the items before it say.

    ``hoped`` has the numbers of the items that were taken for news without a look, each with its position.
    """

    def __init__(
        self, log: SQLiteLog, views: Views, known: KnownFacts, *, page: Page, batch: Batch, call: Call
    ) -> None:
        self._log = log
        self._views = views
        self._facts = views.facts
        self._stands = known
        self._page = page
        self._batch = batch
        self._call = call
        self.hoped: dict[int, int] = {}
        self._known = dict(page.known)
        #: The kinds whose facts may be recorded about a subject: what may be recorded of it may be so again.
        self._allowed: dict[str, set[type[Any]]] = {}
        self._pending: dict[Identity, _Known] = {}
        self._stated_at: dict[tuple[int, int, bytes], int] = {}
        self._persons: Persons | None = None
        #: News that were not looked up, and are not under their identities in ``_pending`` yet.
        self._unlooked: list[tuple[Kind, Standing]] = []
        self._first: dict[str, Standing] = {}
        self._stories: dict[str, tuple[Story, set[Hashable]]] = {}
        self._news: list[Standing] = []
        self._evidence: list[tuple[Standing, int]] = []

    def decide(self, fresh: Collection[int], expected: int | None) -> None:
        """Add each item to the batch as news or as further evidence, or note who said it before; or refuse it.

        ``fresh`` has the numbers of the items of which nothing is under their identity, in the
        log nor in the batch, as far as is known. Raises WrongPositionError where something
        would be appended and the log does not end at ``expected``.
        """
        end = self._batch.head.position
        page = self._page
        for number, (item, kind, subject) in enumerate(zip(page.items, page.kinds, page.subjects, strict=True)):
            try:
                if kind.cls in _REPORTS:
                    self._decide_report(kind, item)
                elif number in fresh and kind.cls not in _ABOUT_PERSONS and subject not in page.exceptional:
                    self._check(kind, item.fact, subject)
                    self.hoped[number] = self._add_news(kind, item, subject)
                    self._unlooked.append((kind, self._news[-1]))
                else:
                    self._decide_fact(kind, item)
            except RefusedError as refusal:
                if expected is not None and expected != end:
                    raise WrongPositionError(expected=expected, actual=end) from refusal
                refusal.item = number
                raise
        if self._batch.drafts and expected is not None and expected != end:
            raise WrongPositionError(expected=expected, actual=end)

    def fold(self) -> Collection[int]:
        """Fold what was decided into the views; return the hoped for news that repeat others, and fold no more then."""
        if not self._batch.drafts:
            return ()
        repeated = self._views.insert(self._news)
        assert not repeated or repeated <= set(self.hoped.values()), "each of the others was looked up"
        if self._evidence and not repeated:
            with self._facts.ahead([*self._news, *(one for one, _ in self._evidence)]):
                self._views.follow(self._evidence)
        return repeated

    def _check(self, kind: Kind, fact: Fact, subject: str) -> None:
        """Raise a RefusedError unless the fact may follow what is known."""
        if kind.cls in self._allowed.get(subject, ()):
            return
        recording_rules.check(kind, fact, self._known)
        if len(kind.naming) == 1:  # else it names something besides its subject
            self._allowed.setdefault(subject, set()).add(kind.cls)

    # --- facts of which only one can stand ------------------------------------------------

    def _decide_fact(self, kind: Kind, item: Item) -> None:
        fact, identity = item.fact, kind.identity(item.fact)
        known = self._pending_under(identity)
        row = self._facts.standing(fact, identity[1:]) if known is None else None
        entry = None if row is None else self._log.at(row[1])
        same_words = entry is not None and entry[4:7] == self._log.codec.encode(fact)
        if row and entry and same_words and row[0] == row[1] and entry.source == item.source:
            self._batch.repeat(entry)  # an import run again: nothing is decoded
            return
        source, subject, line = self._page.sources[item.source], kind.subject(fact), wording(fact)
        if row is not None:
            leader, event = row
            known = _Known(leader, fact if same_words else self._facts.content(event))
            words = line if same_words else wording(known.content)
            self._stated_at.setdefault((leader, self._facts.source_of(leader, event), words), event)
            self._pending[identity] = known
        if known is not None and (before := self._stated_at.get((known.leader, source, line))) is not None:
            self._repeat(before)
            return
        if not item.anew and (before := self._event_in_log(subject, source, line)) is not None:
            self._repeat(before)
            return
        if known is None:
            self._check(kind, fact, subject)
            if isinstance(fact, AboutPersons):
                self._check_persons(fact)
            self._add_news(kind, item, subject)
            self._pending[identity] = _Known(self._batch.position, fact)
            self._stated_at[self._batch.position, source, line] = self._batch.position
            return
        if not same_fact(fact, known.content) and join_formats(known.content, fact) is None:
            raise self._conflict(fact, known.leader, known.content)
        self._add(item, subject, known.leader)
        self._stated_at[known.leader, source, line] = self._batch.position

    def _pending_under(self, identity: Identity) -> _Known | None:
        """Return what an item before in the batch says under an identity."""
        for kind, new in self._unlooked:
            self._pending[kind.identity(new.content)] = _Known(new.fact, new.content)
            self._stated_at[new.fact, new.source, wording(new.content)] = new.fact
        self._unlooked.clear()
        return self._pending.get(identity)

    def _event_in_log(self, subject: str, source: int, line: bytes) -> int | None:
        """Return an event of the log in which a source said just this, whatever was amended since."""
        return self._facts.exceptional_event(subject, source, line) if subject in self._page.exceptional else None

    def _add_news(self, kind: Kind, item: Item, subject: str) -> int:
        """Add a fact that says something new and may be recorded; return its position."""
        if (learned := recording_rules.learn(kind, item.fact)) is not None:
            self._known.update([learned])
        return self._add(item, subject, None)

    def _check_persons(self, fact: AboutPersons) -> None:
        """Raise ConflictError where names would be one person and different ones; else take the fact in."""
        if self._persons is None:
            self._persons = self._stands.persons()
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

    def _add(self, item: Item, subject: str, leader: int | None, note: str = "") -> int:
        position = self._batch.add(self._log.codec.encode(item.fact), subject, item, note)
        standing = Standing(position, position, position, item.fact, self._page.sources[item.source])
        if leader is None:
            self._news.append(standing)
        else:
            self._evidence.append((standing, leader))
        return position

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

    def _shared(self, item: Item, fact: StatusReport) -> MeetingShared | None:
        """Return the joint meeting that a report says a known meeting is, where it names another series.

        What its source said already, before a correction moved the meeting to another series, makes none.
        """
        if not isinstance(fact, MeetingAnnounced | MeetingHeld):
            return None
        subject = self._known.get(fact.meeting)
        if subject is None or subject.kind != "meeting" or subject.parent == fact.series:
            return None
        if self._known.get(fact.series, Subject("")).kind != "series":
            return None
        if not item.anew and self._event_in_log(fact.meeting, self._page.sources[item.source], wording(fact)):
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
        if (first := self._first.pop(meeting, None)) is not None:
            story = Story(meeting)
            story.add(self._facts.report(first.fact, first.content, first.source))
            self._stories[meeting] = story, set(self._page.sources.values())  # nobody reported anything before
        elif meeting not in self._stories:
            self._stories[meeting] = self._facts.news(meeting), set()
        story, added = self._stories[meeting]
        if source and source not in added:
            self._facts.add_evidence(story, source)
            added.add(source)
        return story, added

    def _decide_report(self, kind: Kind, item: Item) -> None:
        fact = item.fact
        assert isinstance(fact, StatusReport)
        if fact.meeting not in self._known and fact.meeting not in self._page.exceptional:
            self._take_first(kind, item, fact)
        elif (shared := self._shared(item, fact)) is not None:
            self._decide_fact(self._log.codec.kinds.of(shared), item._replace(fact=shared))
        else:
            self._decide_further(kind, item, fact)

    def _take_first(self, kind: Kind, item: Item, fact: StatusReport) -> None:
        """Add the first report of a meeting."""
        recording_rules.check(kind, fact, self._known)
        position = self._add_news(kind, item, fact.meeting)
        self._first[fact.meeting] = self._news[-1]
        if isinstance(fact, MeetingAnnounced):
            self._call.reports_of(fact.meeting, item.source).plan = position

    def _decide_further(self, kind: Kind, item: Item, fact: StatusReport) -> None:
        """Decide on a report of a meeting of which something was reported before."""
        source = self._page.sources[item.source]
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
            self._check_report(story, classified)
        state = fold(story.news)
        story.keep(classified)
        self._note_line(reports, line, classified)
        note = self._note(story, classified, None if state is None else state.status)
        self._add(item, fact.meeting, classified.leader, note)

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
        before = None if anew else self._event_in_log(fact.meeting, source, line)
        return None if before is None else (before, None)

    @staticmethod
    def _note_line(reports: SourceReports, line: bytes, classified: Classified) -> None:
        if classified.plan is not None:
            reports.plan = classified.plan
        reports.lines.add(line)

    @staticmethod
    def _plans_about(story: Story, fact: StatusReport, source: int) -> set[int | None]:
        """Return the plans about which a source said just this line of a meeting."""
        return {known.about for known in story.own(source or None) if same_fact(known.report.content, fact)}

    def _check_report(self, story: Story, classified: Classified) -> None:
        content = classified.report.content
        attended = isinstance(content, MeetingCancelled) and self._stands.attended(content.meeting)
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
            self._allowed.pop(meeting, None)
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
