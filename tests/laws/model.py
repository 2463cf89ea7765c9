"""The meaning of a registry, in lists and loops: from the design, sharing nothing with the library but its events.

The model keeps the log as a plain list and thinks everything through from its beginning
whenever it is asked. A move is refused when it means nothing, or when the facts that would
then stand could not all be true together.
"""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import attrs

from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import (
    FACTS,
    ActivityReported,
    CountStated,
    DelegateAbsent,
    DelegateAttended,
    DialogueLaunched,
    DifferentPersons,
    EventRetracted,
    Fact,
    FactCorrected,
    FactDisputed,
    HeadcountStated,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    MeetingShared,
    NameUsed,
    OutcomeAgreed,
    PartyJoined,
    PartyLeft,
    SamePerson,
    SeriesOpened,
    Source,
    SourceKept,
    TopicDiscussed,
)
from dialogue_registry.testing import Correct, Dispute, Last, Move, Record, Retract

REPORTS = (MeetingAnnounced, MeetingHeld, MeetingPostponed, MeetingCancelled)
SEATS = (DelegateAttended, DelegateAbsent)
FORMATS = ("in-person", "online", "hybrid", "unknown")


class ImpossibleError(Exception):
    """The model says no."""


@dataclass
class Line:
    """A line of the log."""

    position: int
    what: str  # fact, correction, retraction, dispute
    subject: str
    content: Fact | None  # the fact, the replacement or the claim
    of: int  # what is corrected, retracted or disputed
    reason: str
    source: Source | None

    @property
    def event(self) -> type:
        amendments: dict[str, type] = {
            "correction": FactCorrected,
            "retraction": EventRetracted,
            "dispute": FactDisputed,
        }
        return amendments.get(self.what, type(self.content))


@dataclass
class Assertion:
    """A fact or a dispute as it reads now, with its sources."""

    fact: int  # where it stands
    event: int  # where its wording was recorded
    content: Any
    evidence: list[tuple[int, Source | None]] = field(default_factory=list)  # (fact, source)
    formats: set[Any] = field(default_factory=set)  # of the rows of one seat

    @property
    def sources(self) -> tuple[Source, ...]:
        return sources_of(self.evidence)


def sources_of(evidence: list[tuple[int, Source | None]]) -> tuple[Source, ...]:
    return tuple(dict.fromkeys(source for _, source in sorted(evidence, key=lambda t: t[0]) if source))


@dataclass(eq=False)
class Report:
    """A report of a meeting's status, and what it is: news, or further evidence of what an earlier one said."""

    assertion: Assertion
    source: Source | None
    own_day: date | None
    order: tuple[date, int]
    leader: "Report | None" = None  # that it is evidence of; None where it is news
    about: "Report | None" = None  # the plan that a postponement or cancellation is about

    @property
    def content(self) -> Any:
        return self.assertion.content

    @property
    def is_news(self) -> bool:
        return self.leader is None

    @property
    def first(self) -> "Report":
        return self if self.leader is None else self.leader

    @property
    def is_plan(self) -> bool:
        return isinstance(self.content, MeetingAnnounced) or (
            isinstance(self.content, MeetingPostponed) and self.content.until is not None
        )


@dataclass
class MeetingNow:
    """A meeting with its present status."""

    assertion: Assertion
    status: str
    reason: str
    until: Any
    sources: tuple[Source, ...]  # of the report that it is shown by, then of the one that its status comes from


class Model:
    """A registry in plain Python."""

    def __init__(self) -> None:
        self.log: list[Line] = []

    # --- moves -----------------------------------------------------------------------

    def play(self, move: Move) -> set[int] | None:
        """Make a move: the positions at which the log may say that it was made (several where it was made before)."""
        try:
            return self._play(move)
        except ImpossibleError:
            return None

    def _play(self, move: Move) -> set[int]:
        match move:
            case Record():
                return self._record(move.fact, move.source)
            case Correct():
                of = self._fact_of(self._find(move.of))
                line = Line(0, "correction", self._line(of).subject, move.replacement, of, move.reason, move.source)
                return self._known(line) or self._correct(line)
            case Retract():
                line = Line(0, "retraction", "", None, self._find(move.of), move.reason, move.source)
                line.subject = self._line(self._root(self._find(move.of))).subject
                return self._known(line) or self._retract(line)
            case Dispute():
                of = self._fact_of(self._find(move.of))
                line = Line(0, "dispute", self._line(of).subject, move.claim, of, move.reason, move.source)
                return self._known(line) or self._dispute(line)

    def _record(self, fact: Fact, source: Source | None) -> set[int]:
        if before := self._recorded(fact, source):
            return before
        fact = self._as_share(fact)
        if before := self._recorded(fact, source):
            return before
        return self._append(Line(0, "fact", subject_of(fact), fact, 0, "", source))

    def _recorded(self, fact: Fact, source: Source | None) -> set[int]:
        """Return where a fact was recorded from a source, even if it was amended since."""
        return {
            position for position, content, by in self._assertions() if fold(content) == fold(fact) and by == source
        }

    def _as_share(self, fact: Any) -> Fact:
        """A second report of one class that names another series, and says otherwise no more than its number."""
        if isinstance(fact, MeetingAnnounced | MeetingHeld):
            for assertion in self.effective():
                if type(assertion.content) is not type(fact) or assertion.content.series == fact.series:
                    continue
                same = {
                    "series": assertion.content.series,
                    "ordinal": assertion.content.ordinal,
                    "period": assertion.content.period,
                }
                if covers(assertion.content, attrs.evolve(fact, **same)):
                    return MeetingShared(
                        meeting=fact.meeting, series=fact.series, ordinal=fact.ordinal, period=fact.period
                    )
        return fact  # type: ignore[no-any-return]

    def _correct(self, line: Line) -> set[int]:
        if not self._active(line.of) or self._reads(line.of)[1] == line.content:
            raise ImpossibleError
        return self._append(line)

    def _retract(self, line: Line) -> set[int]:
        if not self._active(line.of):
            raise ImpossibleError
        return self._append(line)

    def _dispute(self, line: Line) -> set[int]:
        if not self._active(line.of):
            raise ImpossibleError
        standing, claim = self._reads(line.of)[1], line.content
        assert claim is not None
        if (
            fold(claim) == fold(standing)
            or family(claim) is not family(standing)
            or subject_of(claim) != subject_of(standing)
        ):
            raise ImpossibleError
        return self._append(line)

    def _append(self, line: Line) -> set[int]:
        line.position = len(self.log) + 1
        self.log.append(line)
        try:
            self._check(line)
        except ImpossibleError:
            self.log.pop()
            raise
        return {line.position}

    def _check(self, line: Line) -> None:
        """Raise ImpossibleError unless all that stands with a new line can be true together."""
        check_together(self.standing())
        for meeting in self.reported():
            self._check_reports(meeting)
        if isinstance(line.content, DelegateAttended) and line.what != "dispute":
            # Nobody attends a cancelled meeting. Only a report with a day may contradict its attendance.
            now = next(m for m in self.meetings() if m.assertion.content.meeting == line.content.meeting)
            leads = any(assertion.event == line.position for assertion in self.facts(DelegateAttended))
            if now.status == "cancelled" and leads:
                raise ImpossibleError

    def _known(self, new: Line) -> set[int]:
        """The position of the same amendment or dispute with the same source."""
        return {
            line.position
            for line in self.log
            if (line.what, line.of, line.content, line.reason, line.source)
            == (new.what, new.of, new.content, new.reason, new.source)
        }

    def _assertions(self) -> Iterable[tuple[int, Fact, Source | None]]:
        """Yield each wording with its source: a correction without a source keeps that of the fact."""
        for line in self.log:
            if line.what == "fact" and line.content is not None:
                yield line.position, line.content, line.source
            if line.what == "correction" and line.content is not None:
                yield line.position, line.content, line.source or self._line(line.of).source

    def _find(self, last: Last) -> int:
        matching = [line.position for line in self.log if line.event is last.event and line.subject == last.about]
        if last.nth > len(matching):
            raise ImpossibleError
        return matching[-last.nth]

    def _line(self, position: int) -> Line:
        if not 0 < position <= len(self.log):
            raise ImpossibleError
        return self.log[position - 1]

    def _root(self, position: int) -> int:
        line = self._line(position)
        return self._root(line.of) if line.what in ("correction", "retraction") else position

    def _fact_of(self, position: int) -> int:
        line = self._line(position)
        if line.what == "correction":
            line = self._line(self._root(position))
        if line.what != "fact":
            raise ImpossibleError
        return line.position

    # --- the effective log, and what stands ------------------------------------------

    def _active(self, position: int) -> bool:
        return not any(
            line.what == "retraction" and line.of == position and self._active(line.position) for line in self.log
        )

    def _reads(self, fact: int) -> tuple[int, Any, Source | None]:
        """The wording of a fact, where it was recorded, and who says so."""
        line = self._line(fact)
        reading: tuple[int, Any, Source | None] = (fact, line.content, line.source)
        if line.what == "dispute":
            reading = (fact, ("dispute", line.of, line.content, line.reason), line.source)
        for later in self.log:
            if later.what == "correction" and later.of == fact and self._active(later.position):
                reading = (later.position, later.content, later.source or line.source)
        return reading

    def effective(self) -> list[Assertion]:
        """Retracted facts left out, corrected ones replaced where they stood."""
        return [
            Assertion(line.position, event, content, [(line.position, source)])
            for line in self.log
            if line.what in ("fact", "dispute") and self._active(line.position)
            for event, content, source in [self._reads(line.position)]
        ]

    def standing(self) -> list[tuple[object, list[Assertion]]]:
        """Return all assertions by key: of several about the same thing, the first stands."""
        leaders = {
            r.assertion.fact: r.first.assertion.fact for meeting in self.reported() for r in self.reports(meeting)
        }
        by_key: dict[object, list[Assertion]] = {}
        for assertion in self.effective():
            key = ("report", leaders[assertion.fact]) if assertion.fact in leaders else key_of(assertion.content)
            by_key.setdefault(key, []).append(assertion)
        return list(by_key.items())

    def facts(self, *classes: type) -> list[Assertion]:
        """Return the facts of some classes that stand, in order, without repetitions."""
        return [
            Assertion(
                first.fact,
                first.event,
                first.content,
                [pair for one in group for pair in one.evidence],
                {one.content.format for one in group if isinstance(one.content, DelegateAttended)},
            )
            for _, group in self.standing()
            for first in group[:1]
            if isinstance(first.content, classes)
        ]

    def disputes(self) -> list[tuple[int, Any, Assertion]]:
        """Claims beside facts that stand and read otherwise: (the disputed fact, how it reads, the claim)."""
        wordings = {assertion.fact: assertion.content for assertion in self.effective()}
        standing = [assertion.content for assertion in self.facts(*FACTS)]
        found = []
        for assertion in self.facts(tuple):
            _, of, claim, _ = assertion.content
            first = self._line(of).content
            reads = wordings.get(of, first if first in standing else claim)
            if reads != claim:
                found.append((of, reads, assertion))
        return found

    # --- meetings --------------------------------------------------------------------

    def reported(self) -> list[str]:
        """The meetings of which anything is reported, in order."""
        return list(dict.fromkeys(t.content.meeting for t in self.effective() if isinstance(t.content, REPORTS)))

    def reports(self, meeting: str) -> list[Report]:
        """The standing reports of a meeting as they were recorded, each judged by those recorded before it."""
        found: list[Report] = []
        latest = date.min  # before all days
        for assertion in self.effective():
            if not isinstance(assertion.content, REPORTS) or assertion.content.meeting != meeting:
                continue
            source = assertion.evidence[0][1]
            own_day = day_of(assertion.content, source)
            report = Report(assertion, source, own_day, (own_day or latest, assertion.fact))
            latest = max(latest, report.order[0])
            judge(report, [earlier for earlier in found if earlier.order < report.order])
            if isinstance(assertion.content, MeetingHeld):  # one report of that stands, whatever the days
                held = [r for r in found if isinstance(r.content, MeetingHeld) and r.is_news]
                report.leader = next((r for r in held if covers(r.content, assertion.content)), None)
            found.append(report)
        return found

    def _check_reports(self, meeting: str) -> None:
        """Raise ImpossibleError unless the reports of a meeting can be true together."""
        reports = self.reports(meeting)
        news = [report for report in reports if report.is_news]
        if len({r.content.series for r in reports if isinstance(r.content, MeetingAnnounced | MeetingHeld)}) > 1:
            raise ImpossibleError  # a meeting stays in its series
        if sum(isinstance(report.content, MeetingHeld) for report in news) > 1:
            raise ImpossibleError  # held in two ways
        plan: Report | None = None
        for report in sorted(news, key=lambda r: r.order):
            if isinstance(report.content, MeetingPostponed | MeetingCancelled):
                plan = None
            if isinstance(report.content, MeetingAnnounced):
                if plan is not None and not covers(plan.content, report.content):
                    days = {plan.own_day, report.own_day}
                    if len(days) < 2 or None in days:
                        raise ImpossibleError  # announced in two ways
                plan = report
        for number, report in enumerate(news):
            before = folded_status(news[:number])[0]
            if report.own_day is None and (
                (isinstance(report.content, MeetingHeld) and before == "cancelled")
                or (isinstance(report.content, MeetingPostponed | MeetingCancelled) and before == "held")
            ):
                raise ImpossibleError
        if folded_status(news)[0] == "cancelled":
            last = max((r for r in news if isinstance(r.content, MeetingCancelled)), key=lambda r: r.order)
            attended = any(assertion.content.meeting == meeting for assertion in self.facts(DelegateAttended))
            if attended and last.own_day is None:
                raise ImpossibleError

    def meetings(self) -> list[MeetingNow]:
        """Return every known meeting as the report that it was held describes it, else as the last announcement."""
        stands = {assertion.fact: assertion for assertion in self.facts(*REPORTS)}
        found: list[MeetingNow] = []
        for meeting in self.reported():
            news = [report for report in self.reports(meeting) if report.is_news]
            status, shown, interruption = folded_status(news)
            if not shown:
                continue
            first = stands[shown[0].assertion.fact]
            sources = [
                source
                for reports in (shown[:1], interruption or shown[1:])
                for source in sources_of([p for r in reports for p in stands[r.assertion.fact].evidence])
            ]
            now = MeetingNow(first, status, "", None, tuple(dict.fromkeys(sources)))
            if interruption:
                now.reason = interruption[0].content.reason
                now.until = getattr(interruption[0].content, "until", None)
            found.append(now)
        return sorted(found, key=lambda now: min(f for f, t in stands.items() if same_meeting(t, now.assertion)))

    def held(self, series: str) -> list[MeetingHeld]:
        """The meetings of a series that were held, those that it shares under the number that it gives them."""
        shares = [t.content for t in self.facts(MeetingShared) if t.content.series == series]
        found: list[MeetingHeld] = []
        for assertion in self.facts(MeetingHeld):
            if assertion.content.series == series:
                found.append(assertion.content)
            found += [
                attrs.evolve(assertion.content, series=series, ordinal=share.ordinal, period=share.period)
                for share in shares
                if share.meeting == assertion.content.meeting
            ]
        return found

    def held_in(self, dialogue: str) -> list[MeetingHeld]:
        """The meetings of a dialogue that were held, each one time: numbered as its own series has it, else another."""
        series = [t.content.series for t in self.facts(SeriesOpened) if t.content.dialogue == dialogue]
        own = [t.content for t in self.facts(MeetingHeld)]
        found = {m.meeting: m for m in own if m.series in series}
        for share in (t.content for t in self.facts(MeetingShared)):
            for m in own:
                if m.meeting == share.meeting and share.series in series:
                    shared = attrs.evolve(m, series=share.series, ordinal=share.ordinal, period=share.period)
                    if found.setdefault(m.meeting, shared).ordinal is None:
                        found[m.meeting] = shared if share.ordinal is not None else found[m.meeting]
        return list(found.values())

    # --- counts ----------------------------------------------------------------------

    def count(self, series: str, day: date | None, counts: Callable[[MeetingHeld], bool]) -> "Counted":
        """The number of held meetings of a series that a rule counts as of a day."""
        share = dict.fromkeys(FORMATS, (0, 0))
        highest = None
        for meeting in self.held(series):
            certain, possible = begun(meeting, day, day)
            if certain and meeting.ordinal is not None:
                highest = max(highest or 0, meeting.ordinal)
            if counts(meeting):
                name = str(meeting.format or "unknown")
                share[name] = (share[name][0] + certain, share[name][1] + possible)
        total = (sum(s[0] for s in share.values()), sum(s[1] for s in share.values()))
        return Counted(total, share, highest, self.carried(series, day))

    def carried(self, series: str, day: date | None) -> tuple[int, int] | None:
        """The latest statement, and the meetings held after it."""
        stated = [
            assertion.content
            for assertion in self.facts(CountStated)
            if assertion.content.series == series and (day is None or assertion.content.as_of.latest <= day)
        ]
        if not stated:
            return None
        until, since = max((s.as_of.latest, s.as_of.earliest) for s in stated)
        latest = [s for s in stated if (s.as_of.latest, s.as_of.earliest) == (until, since)]
        whole = [s.count for s in latest if s.format is None]
        shares = {s.format: s.count for s in latest}
        number = whole[-1] if whole else sum(shares.values())
        certain = possible = number
        for meeting in self.held(series):
            if meeting.date is None:
                possible += 1
                continue
            certain += meeting.date.earliest > until and (day is None or meeting.date.latest_start <= day)
            possible += meeting.date.latest_start > since and (day is None or meeting.date.earliest <= day)
        return certain, possible

    # --- statements ------------------------------------------------------------------

    def reconciled(self) -> list[tuple[Assertion, str, tuple[str, ...], int]]:
        """Each statement: the verdict, under which rules, and how far it is off."""
        statements = list(self.facts(CountStated))
        statements.sort(key=lambda t: (t.content.as_of.latest_start, t.content.as_of.earliest, t.fact))
        return [(assertion, *self._compared(assertion.content)) for assertion in statements]

    def _compared(self, stated: CountStated) -> tuple[str, tuple[str, ...], int]:
        meetings = [
            (m, certain)
            for m in (self.held_in(stated.dialogue) if stated.series is None else self.held(stated.series))
            for certain, possible in [begun(m, stated.as_of.earliest, stated.as_of.latest)]
            if possible and stated.format in (None, m.format)
        ]
        own = [m.meeting for m, _ in meetings if m.meeting == stated.reported_at]
        tried: dict[str, tuple[int, int]] = {}
        for without in [None, *own]:
            left = [(m, certain) for m, certain in meetings if m.meeting != without]
            suffix = f" without {without}" if without else ""
            for name, rule in RULES.items():
                counted = [certain for m, certain in left if rule(m)]
                tried[name + suffix] = (sum(counted), len(counted))
            tried[f"ordinal{suffix}"] = (
                max((m.ordinal or 0 for m, certain in left if certain), default=0),
                max((m.ordinal or 0 for m, _ in left), default=0),
            )
        agree = tuple(name for name, (low, high) in tried.items() if low == high == stated.count)
        within = tuple(name for name, (low, high) in tried.items() if low <= stated.count <= high)
        if agree and ("held" in agree or "held" not in within):  # where held fits, its verdict is the verdict
            return "agrees", agree, 0
        if within:
            return "within date uncertainty", within, 0
        off = [max(low - stated.count, stated.count - high) for low, high in tried.values()]
        return "disagrees", (), min(off)


@dataclass
class Counted:
    """A count: (certain, possible) in all and by format, the highest ordinal, carried on."""

    total: tuple[int, int]
    by_format: dict[str, tuple[int, int]]
    highest_ordinal: int | None
    carried: tuple[int, int] | None


RULES: dict[str, Callable[[Any], bool]] = {
    "held": lambda meeting: True,
    "numbered": lambda meeting: meeting.ordinal is not None,
    "in-person": lambda meeting: meeting.format == "in-person",
    "online": lambda meeting: meeting.format == "online",
    "hybrid": lambda meeting: meeting.format == "hybrid",
    "unknown": lambda meeting: meeting.format is None,
}


def begun(meeting: MeetingHeld, first: date | None, last: date | None) -> tuple[bool, bool]:
    """Whether a held meeting had certainly, possibly begun as of a day between two days (None: ever)."""
    if first is None or last is None:
        return True, True
    if meeting.date is None:
        return False, True
    return meeting.date.latest_start <= first, meeting.date.earliest <= last


def subject_of(fact: Any) -> str:
    """The id that a fact rests on."""
    match fact:
        case DialogueLaunched() | PartyJoined() | PartyLeft():
            return fact.dialogue
        case SeriesOpened():
            return fact.series
        case CountStated():
            return fact.series or fact.dialogue or ""
        case NameUsed():
            return fact.of or ""
        case SamePerson() | DifferentPersons() | SourceKept():
            return ""
        case _:
            return str(fact.meeting)


# --- saying the same -----------------------------------------------------------------


def fold(value: Any) -> Any:
    """A value as it is compared: texts composed, white space one blank, what nobody sees left out."""
    if isinstance(value, str):
        seen = [c for c in value if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf")]
        return " ".join(unicodedata.normalize("NFC", "".join(seen)).split())
    if isinstance(value, tuple):
        return tuple(map(fold, value))
    if attrs.has(type(value)) and not isinstance(value, PartialDate):
        return (type(value), *(fold(getattr(value, f.name)) for f in attrs.fields(type(value))))
    return value


def covers(fuller: Any, report: Any) -> bool:
    """Whether a report says in words what an earlier one said, or only leaves fields empty; its day is no word."""
    return type(fuller) is type(report) and all(
        fold(getattr(report, f.name)) in (None, "", fold(getattr(fuller, f.name)))
        for f in attrs.fields(type(report))
        if f.name != "on"
    )


def family(content: Any) -> Any:
    """The facts that one dispute can be about: reports of one meeting, presence or absence in one seat."""
    return next((classes for classes in (REPORTS, SEATS) if isinstance(content, classes)), type(content))


def key_of(content: Any) -> object:
    """The key that facts share of which only one can stand."""
    match content:
        case DialogueLaunched() | SeriesOpened():
            return type(content), subject_of(content)
        case PartyJoined():
            return PartyJoined, content.dialogue, fold(content.party), content.joined
        case PartyLeft():
            return PartyLeft, content.dialogue, fold(content.party), content.on
        case MeetingShared():
            return MeetingShared, content.meeting, content.series
        case NameUsed():
            return NameUsed, content.of, fold(content.party), fold(content.language), content.since
        case DelegateAttended() | DelegateAbsent():
            return "seat", content.meeting, fold(content.party), person_of(content), fold(content.seat)
        case _:
            return fold(content)


def person_of(content: DelegateAttended | DelegateAbsent) -> tuple[str, str]:
    """The person who sits there: by an id, else by name, else by office, else nobody in particular."""
    for name in ("person", "name", "office"):
        if text := fold(getattr(content, name)):
            return name, text
    return "", ""


def one_seat(first: Any, other: Any) -> bool:
    """Whether two rows of one seat differ in this alone, that one is in person and the other online."""
    if not (isinstance(first, DelegateAttended) and isinstance(other, DelegateAttended)):
        return False
    alike = fold(attrs.evolve(other, format=None)) == fold(attrs.evolve(first, format=None))
    return alike and {first.format, other.format} == {"in-person", "online"}


# --- the status of a meeting ---------------------------------------------------------


def day_of(report: Any, source: Source | None) -> date | None:
    """The day of its own: ``on``, or where there is none, the day that its source was published."""
    day = report.on if report.on is not None else source.published if source is not None else None
    return day.earliest if day is not None and day.is_day else None


def judge(report: Report, earlier: list[Report]) -> None:
    """Find out what a report is, from those recorded before it that do not come after it in the order."""
    earlier = sorted(earlier, key=lambda r: r.order)
    news = [r for r in earlier if r.is_news]
    same = [r for r in news if covers(r.content, report.content)]
    no_other_day = [r for r in same if report.own_day is None or report.own_day == r.own_day]
    match report.content:
        case MeetingAnnounced():
            report.leader = next(iter(no_other_day), None)
        case MeetingPostponed() | MeetingCancelled():
            report.about = plan_of(report, earlier)
            report.leader = next((r for r in no_other_day if r.about is report.about), None)
            if report.own_day is None and any(isinstance(r.content, MeetingHeld) for r in earlier):
                report.leader = report.leader or next(iter(same), None)


def plan_of(report: Report, earlier: list[Report]) -> Report | None:
    """The plan that a postponement or cancellation is about; reports without a source have none in common."""
    own = [r for r in earlier if report.source is not None and r.source == report.source]
    announced = [r.first for r in own if r.is_plan]
    same_words = [r for r in own if covers(r.content, report.content)]
    plans = [r for r in earlier if r.is_plan and r.is_news]
    if announced:
        plan: Report | None = announced[-1]
    elif same_words:
        plan = same_words[-1].about
    else:
        plan = plans[-1] if plans else None
    if plan is not None and covers(plan.content, report.content):
        return plan.about  # said again: never about itself
    return plan


def folded_status(news: list[Report]) -> tuple[str, list[Report], list[Report]]:
    """The status that news comes to, the report that the meeting is shown by, and the interruption that stands.

    The report shown is followed by the last announcement that only left fields empty, and so kept it.
    """
    status = ""
    shown: list[Report] = []
    interruption: list[Report] = []
    for report in sorted(news, key=lambda r: r.order):
        if status == "held":
            break
        match report.content:
            case MeetingHeld():
                status, shown, interruption = "held", [report], []
            case MeetingAnnounced():
                status, interruption = "announced", []
                kept = shown[:1] if shown and covers(shown[0].content, report.content) else []
                shown = [*kept, report]
            case MeetingPostponed() | MeetingCancelled():
                status = "postponed" if isinstance(report.content, MeetingPostponed) else "cancelled"
                if not (interruption and covers(interruption[0].content, report.content)):
                    interruption = [report]
    return status, shown, interruption


def same_meeting(one: Assertion, other: Assertion) -> bool:
    return bool(one.content.meeting == other.content.meeting)


# --- what can be true together -------------------------------------------------------


def check_together(standing: list[tuple[object, list[Assertion]]]) -> None:
    """Raise ImpossibleError unless all that stands can be true together, the order of reports aside."""
    for key, group in standing:
        if isinstance(key, tuple) and key[0] == "report":
            continue
        first = group[0].content
        if any(
            fold(assertion.content) != fold(first) and not one_seat(first, assertion.content) for assertion in group
        ):
            raise ImpossibleError  # two facts under one key
    contents = [group[0].content for _, group in standing]
    dialogues = {c.dialogue for c in contents if isinstance(c, DialogueLaunched)}
    series = {c.series for c in contents if isinstance(c, SeriesOpened)}
    in_series = {c.meeting: c.series for c in contents if isinstance(c, MeetingAnnounced | MeetingHeld)}
    meetings = set(in_series)
    if dialogues & series or dialogues & meetings or series & meetings:
        raise ImpossibleError  # one space of ids
    for content in contents:
        match content:
            case PartyJoined() | PartyLeft() | SeriesOpened():
                known = content.dialogue in dialogues
            case MeetingAnnounced() | MeetingHeld():
                known = content.series in series
            case CountStated():
                known = content.dialogue in dialogues if content.series is None else content.series in series
            case MeetingShared():
                known = content.series in series and in_series.get(content.meeting, content.series) != content.series
            case MeetingPostponed() | MeetingCancelled() | DelegateAttended() | DelegateAbsent() | HeadcountStated():
                known = content.meeting in meetings
            case TopicDiscussed() | ActivityReported() | OutcomeAgreed():
                known = content.meeting in meetings
            case NameUsed():
                known = content.of is None or content.of in dialogues | series | meetings
            case _:
                known = True
        if not known:
            raise ImpossibleError
    check_persons(contents)


def check_persons(contents: list[Any]) -> None:
    """Raise ImpossibleError where names are one person, also through others, that are different persons."""
    persons: list[set[tuple[str, str]]] = []
    for same in contents:
        if isinstance(same, SamePerson):
            names = {(fold(same.party), fold(name)) for name in same.names}
            joined = [person for person in persons if person & names]
            persons = [person for person in persons if not person & names] + [names.union(*joined)]
    for different in contents:
        if isinstance(different, DifferentPersons):
            names = {(fold(different.party), fold(name)) for name in different.names}
            if any(len(person & names) > 1 for person in persons):
                raise ImpossibleError
