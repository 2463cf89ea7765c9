"""What a registry means, in lists and loops: written from the design, sharing nothing with the library but its events.

The model keeps the log as a plain list and thinks everything through from its beginning
whenever it is asked. A move is refused when it means nothing, or when the facts that would
then stand could not all be true together.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from dialogue_registry.model.events import (
    FACTS,
    ActivityReported,
    CountStated,
    DelegateAttended,
    DialogueLaunched,
    Fact,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    OutcomeAgreed,
    PartyJoined,
    SeriesOpened,
    Source,
    TopicDiscussed,
)
from dialogue_registry.model.standard_kinds import subject_of
from dialogue_registry.testing import Correct, Dispute, Move, Record, Retract

REPORTS = (MeetingAnnounced, MeetingHeld, MeetingPostponed, MeetingCancelled)
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


@dataclass
class Told:
    """A fact or a dispute as it reads now, told by its sources."""

    fact: int  # where it stands
    event: int  # where its wording was recorded
    content: Any
    tellings: list[tuple[int, Source | None]] = field(default_factory=list)  # (fact, source)

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(dict.fromkeys(source for _, source in sorted(self.tellings, key=lambda t: t[0]) if source))


@dataclass
class MeetingNow:
    """A meeting with its present status."""

    told: Told
    status: str
    reason: str
    until: Any


class Model:
    """A registry in plain Python."""

    def __init__(self) -> None:
        self.log: list[Line] = []

    # --- moves -----------------------------------------------------------------------

    def play(self, move: Move) -> set[int] | None:
        """Make a move: the positions at which the log may say that it was made (several where it said so before)."""
        try:
            return self._play(move)
        except ImpossibleError:
            return None

    def _play(self, move: Move) -> set[int]:
        match move:
            case Record():
                return self._record(move.fact, move.source)
            case Correct():
                of = self._fact_of(move.of)
                line = Line(0, "correction", self._line(of).subject, move.replacement, of, move.reason, move.source)
                return self._known(line) or self._correct(line)
            case Retract():
                line = Line(0, "retraction", "", None, self._line(move.of).position, move.reason, move.source)
                line.subject = self._line(self._root(move.of)).subject
                return self._known(line) or self._retract(line)
            case Dispute():
                of = self._fact_of(move.of)
                line = Line(0, "dispute", self._line(of).subject, move.claim, of, move.reason, move.source)
                return self._known(line) or self._dispute(line)

    def _record(self, fact: Fact, source: Source | None) -> set[int]:
        asserted = {
            position for position, content, sources in self._assertions() if content == fact and source in sources
        }
        if asserted:
            return asserted
        return self._append(Line(0, "fact", subject_of(fact), fact, 0, "", source))

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
        if claim == standing or type(claim) is not type(standing) or subject_of(claim) != subject_of(standing):
            raise ImpossibleError
        return self._append(line)

    def _append(self, line: Line) -> set[int]:
        line.position = len(self.log) + 1
        self.log.append(line)
        try:
            check_together(self.standing())
        except ImpossibleError:
            self.log.pop()
            raise
        return {line.position}

    def _known(self, new: Line) -> set[int]:
        """Where the log holds the same amendment or dispute with the same source."""
        return {
            line.position
            for line in self.log
            if (line.what, line.of, line.content, line.reason, line.source)
            == (new.what, new.of, new.content, new.reason, new.source)
        }

    def _assertions(self) -> Iterable[tuple[int, Fact, set[Source | None]]]:
        for line in self.log:
            if line.what == "fact" and line.content is not None:
                yield line.position, line.content, {line.source}
            if line.what == "correction" and line.content is not None:
                # Without a source of its own, a correction keeps that of the fact.
                own: set[Source | None] = {line.source, line.source or self._line(line.of).source}
                yield line.position, line.content, own

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
        told: tuple[int, Any, Source | None] = (fact, line.content, line.source)
        if line.what == "dispute":
            told = (fact, ("dispute", line.of, line.content, line.reason), line.source)
        for later in self.log:
            if later.what == "correction" and later.of == fact and self._active(later.position):
                told = (later.position, later.content, later.source or line.source)
        return told

    def effective(self) -> list[Told]:
        """Retracted facts left out, corrected ones replaced where they stood."""
        return [
            Told(line.position, event, content, [(line.position, source)])
            for line in self.log
            if line.what in ("fact", "dispute") and self._active(line.position)
            for event, content, source in [self._reads(line.position)]
        ]

    def standing(self) -> list[tuple[object, list[Told]]]:
        """What is told, by key: where several tell of the same thing, the first stands."""
        by_key: dict[object, list[Told]] = {}
        interrupted: dict[str, int] = {}
        for told in self.effective():
            key = key_of(told.content, interrupted)
            if isinstance(told.content, MeetingPostponed | MeetingCancelled) and key not in by_key:
                interrupted[told.content.meeting] = told.fact
            by_key.setdefault(key, []).append(told)
        return list(by_key.items())

    def facts(self, *classes: type) -> list[Told]:
        """The facts of some classes that stand, each once, in order."""
        return [
            Told(first.fact, first.event, first.content, [t for told in tellings for t in told.tellings])
            for _, tellings in self.standing()
            for first in tellings[:1]
            if isinstance(first.content, classes)
        ]

    def disputes(self) -> list[tuple[int, Any, Told]]:
        """Claims beside facts that stand and read otherwise: (the disputed fact, how it reads, the claim)."""
        wordings = {told.fact: told.content for told in self.effective()}
        standing = [told.content for told in self.facts(*FACTS)]
        found = []
        for told in self.facts(tuple):
            _, of, claim, _ = told.content
            first = self._line(of).content
            reads = wordings.get(of, first if first in standing else claim)
            if reads != claim:
                found.append((of, reads, told))
        return found

    # --- meetings --------------------------------------------------------------------

    def meetings(self) -> list[MeetingNow]:
        """Every known meeting; shown as the report that it was held tells it, else as the last announcement does."""
        found: list[MeetingNow] = []
        reports = self.facts(*REPORTS)
        for meeting in dict.fromkeys(told.content.meeting for told in reports):
            story = [told for told in reports if told.content.meeting == meeting]
            held = [told for told in story if isinstance(told.content, MeetingHeld)]
            announced = [told for told in story if isinstance(told.content, MeetingAnnounced)]
            if held:
                found.append(MeetingNow(held[-1], "held", "", None))
                continue
            since = [told for told in story if told.fact > announced[-1].fact]
            cancelled = [told for told in since if isinstance(told.content, MeetingCancelled)]
            postponed = [told for told in since if isinstance(told.content, MeetingPostponed)]
            if cancelled:
                found.append(MeetingNow(announced[-1], "cancelled", cancelled[-1].content.reason, None))
            elif postponed:
                last = postponed[-1].content
                found.append(MeetingNow(announced[-1], "postponed", last.reason, last.until))
            else:
                found.append(MeetingNow(announced[-1], "announced", "", None))
        return found

    def held(self, series: str) -> list[MeetingHeld]:
        return [told.content for told in self.facts(MeetingHeld) if told.content.series == series]

    # --- counts ----------------------------------------------------------------------

    def count(self, series: str, day: date | None, counts: Callable[[MeetingHeld], bool]) -> "Counted":
        """How many held meetings of a series a rule counts as of a day."""
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
            told.content
            for told in self.facts(CountStated)
            if told.content.series == series and (day is None or told.content.as_of.latest <= day)
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

    def reconciled(self) -> list[tuple[Told, str, tuple[str, ...], int]]:
        """Each statement: the verdict, under which rules, and how far it is off."""
        statements = self.facts(CountStated)
        statements.sort(key=lambda t: (t.content.as_of.latest_start, t.content.as_of.earliest, t.fact))
        return [(told, *self._compared(told.content)) for told in statements]

    def _compared(self, stated: CountStated) -> tuple[str, tuple[str, ...], int]:
        meetings = [
            (m, certain)
            for m in self.held(stated.series)
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


def key_of(content: Any, interrupted: dict[str, int]) -> object:
    """What is the same for facts of which only one can stand."""
    match content:
        case DialogueLaunched() | SeriesOpened():
            return type(content), subject_of(content)
        case PartyJoined():
            return PartyJoined, content.dialogue, content.party
        case MeetingHeld():
            return MeetingHeld, content.meeting
        case MeetingAnnounced():
            return MeetingAnnounced, content.meeting, interrupted.get(content.meeting)
        case DelegateAttended():
            office = content.office if content.name == "" else ""
            return DelegateAttended, content.meeting, content.party, content.name, office
        case _:
            return content


# --- what can be true together -------------------------------------------------------


def check_together(standing: list[tuple[object, list[Told]]]) -> None:
    """Raise ImpossibleError unless all that stands can be true together."""
    for _, tellings in standing:
        if any(told.content != tellings[0].content for told in tellings):
            raise ImpossibleError  # two facts under one key
    facts = sorted((tellings[0] for _, tellings in standing), key=lambda told: told.fact)
    contents = [told.content for told in facts]
    dialogues = {c.dialogue for c in contents if isinstance(c, DialogueLaunched)}
    series = {c.series for c in contents if isinstance(c, SeriesOpened)}
    meetings = {c.meeting for c in contents if isinstance(c, MeetingAnnounced | MeetingHeld)}
    if dialogues & series or dialogues & meetings or series & meetings:
        raise ImpossibleError  # one space of ids
    for content in contents:
        match content:
            case PartyJoined() | SeriesOpened():
                known = content.dialogue in dialogues
            case MeetingAnnounced() | MeetingHeld() | CountStated():
                known = content.series in series
            case MeetingPostponed() | MeetingCancelled() | DelegateAttended():
                known = content.meeting in meetings
            case TopicDiscussed() | ActivityReported() | OutcomeAgreed():
                known = content.meeting in meetings
            case _:
                known = True
        if not known:
            raise ImpossibleError
    reports = [
        c for c in contents if isinstance(c, MeetingAnnounced | MeetingHeld | MeetingPostponed | MeetingCancelled)
    ]
    attended = {c.meeting for c in contents if isinstance(c, DelegateAttended)}
    for meeting, story in groupby(sorted(reports, key=lambda c: c.meeting), key=lambda c: c.meeting):
        check_story(list(story), attended=meeting in attended)


def check_story(story: list[Any], *, attended: bool) -> None:
    """Raise ImpossibleError unless these reports of one meeting, in order, can be true together."""
    if len({report.series for report in story if isinstance(report, MeetingAnnounced | MeetingHeld)}) > 1:
        raise ImpossibleError  # a meeting stays in its series
    status = ""
    for report in story:
        match report:
            case MeetingAnnounced():
                status = "held" if status == "held" else "announced"
            case MeetingHeld():
                if status == "cancelled":
                    raise ImpossibleError
                status = "held"
            case MeetingPostponed():
                if status == "held":
                    raise ImpossibleError
                status = "cancelled" if status == "cancelled" else "postponed"
            case MeetingCancelled():
                if status == "held":
                    raise ImpossibleError
                status = "cancelled"
    if status == "cancelled" and attended:
        raise ImpossibleError
