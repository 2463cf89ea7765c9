"""A sketch of a history: moves in the making, each fitted to what those before it recorded."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias, cast

import attrs

from dialogue_registry.errors import DialogueRegistryError
from dialogue_registry.model.events import (
    CountStated,
    DelegateAttended,
    DialogueLaunched,
    Event,
    EventRetracted,
    Fact,
    FactCorrected,
    FactDisputed,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    SeriesOpened,
    Source,
)
from dialogue_registry.model.kinds import Kinds
from dialogue_registry.model.standard_kinds import subject_of
from dialogue_registry.testing.moves import Correct, Dispute, Last, Move, Record, Retract

_NAMED_BY_ID = (DialogueLaunched, SeriesOpened, MeetingAnnounced, MeetingHeld)
"""The facts that make an id known."""
_STATUS = {
    MeetingAnnounced: "announced", MeetingHeld: "held", MeetingPostponed: "postponed", MeetingCancelled: "cancelled"
}  # fmt: skip
REPORTS = (MeetingHeld, MeetingAnnounced)

Step: TypeAlias = tuple[Fact, bool, Source | None]


@attrs.frozen
class Ids:
    """The ids of a history: each dialogue has two series, each series three meetings."""

    dialogues: tuple[str, ...]

    @property
    def series(self) -> tuple[str, ...]:
        return tuple(f"{dialogue}/{name}" for dialogue in self.dialogues for name in ("som", "fm"))

    @property
    def meetings(self) -> tuple[str, ...]:
        return tuple(f"{series}/{number}" for series in self.series for number in (1, 2, 3))


@attrs.frozen(eq=False)
class _Line:
    """An event that the moves appended, as far as a sketch knows."""

    event: type[Event]
    about: str
    #: The fact as it is worded there; None of a retraction and of a dispute.
    wording: Fact | None
    source: Source | None


class Sketch:
    """A history in the making: its moves, and what they recorded, roughly as a registry would know it.

    A turn comes with a wish: a fact, whose class and subject say what it is preferably about.
    """

    def __init__(self, scope: tuple[str, ...], kinds: Kinds) -> None:
        self.moves: list[Move] = []
        self._kinds = kinds
        self._ids = Ids(scope)
        self._log: list[_Line] = []
        self._recorded: set[tuple[Fact, Source | None]] = set()
        self._standing: dict[object, Fact] = {}
        self._known: dict[str, Fact] = {}
        """By id: the fact that made it known."""
        self._status: dict[str, str] = {}

    # --- turns -----------------------------------------------------------------------

    def rest(self) -> None:
        """Do nothing."""

    def record(self, fact: Fact, source: Source | None = None) -> None:
        """Record a fact as it is."""
        self.moves.append(Record(fact, source))
        if self._may_stand(fact) and (fact, source) not in self._recorded:
            self._recorded.add((fact, source))
            self._stand(fact)
            self._log.append(_Line(type(fact), self._kinds.subject(fact), fact, source))

    def report(self, fact: Any, source: Source | None) -> None:
        """Report a meeting of an open series, one that was not held yet where there is one."""
        series = _wished(fact.series, self._those(SeriesOpened))
        of_series = [meeting for meeting in self._ids.meetings if meeting.startswith(f"{series}/")]
        meeting = f"{series}/{fact.meeting.rpartition('/')[2]}"
        free = [meeting for meeting in of_series if self._status.get(meeting) not in ("held", "cancelled")]
        self.record(attrs.evolve(fact, series=series, meeting=_wished(meeting, free)), source)

    def detail(self, fact: Any, source: Source | None) -> None:
        """Record a detail of a known meeting."""
        self.record(attrs.evolve(fact, meeting=self._meeting(fact.meeting, "announced", "held", "postponed")), source)

    def fact_of_yours(self, fact: Any, source: Source | None) -> None:
        """Record a fact of a kind of a user, about what is known."""
        of_name: dict[str, list[str]] = {
            "meeting": self._meetings("announced", "held", "postponed"),
            "series": self._those(SeriesOpened),
            "dialogue": self._those(DialogueLaunched),
            "of": list(self._known),
        }
        known = {name: _wished(id_, of_name[name]) for name, id_ in self._kinds.of(fact).needs(fact)}
        self.record(_evolved(fact, known), source)

    def share(self, fact: Any, source: Source | None) -> None:
        """Report that a known meeting is also one of another series."""
        meeting = self._meeting(fact.meeting, "announced", "held", "postponed")
        others = [series for series in self._those(SeriesOpened) if not meeting.startswith(f"{series}/")]
        self.record(attrs.evolve(fact, meeting=meeting, series=_wished(fact.series, others)), source)

    def delegation(self, delegates: Sequence[tuple[Any, Source | None]]) -> None:
        """Record delegates of one meeting."""
        meeting = delegates[0][0].meeting
        for delegate, source in delegates:
            self.detail(attrs.evolve(delegate, meeting=meeting), source)

    def statement(self, stated: CountStated, *, alike: bool, source: Source | None) -> None:
        """Record a count of an open series, preferably of one that was counted before, or as of the same day."""
        series = _wished(stated.series or self._ids.series[0], self._those(SeriesOpened))
        stated = attrs.evolve(stated, series=series, dialogue=None)
        before = [line.wording for line in self._log if isinstance(line.wording, CountStated)]
        if before:
            like = before[-1]
            stated = attrs.evolve(stated, series=like.series, dialogue=like.dialogue)
            stated = attrs.evolve(stated, as_of=like.as_of) if alike else stated
        self.record(stated, source)

    def interruption(self, fact: Any, source: Source | None) -> None:
        """Postpone or cancel a meeting that is announced."""
        self.record(attrs.evolve(fact, meeting=self._meeting(fact.meeting, "announced")), source)

    def new_announcement(self, fact: Any, source: Source | None) -> None:
        """Announce a meeting again that was postponed or cancelled; where there is none, announce another."""
        interrupted = self._meetings("postponed", "cancelled")
        if not interrupted:
            self.report(fact, source)
            return
        meeting = _wished(fact.meeting, interrupted)
        known = self._known.get(meeting)
        series = known.series if isinstance(known, REPORTS) else fact.series
        self.record(attrs.evolve(fact, meeting=meeting, series=series), source)

    def repetition(self, wish: Fact, *, same_source: bool, source: Source | None) -> None:
        """Record a fact again, from the same source or from another one."""
        line = self._like(wish) or self._log[-1]
        fact = wish if line.wording is None else line.wording
        self.record(fact, line.source if same_source else source)

    def corrections(self, wishes: Sequence[Any], how: str, *, reason: str, source: Source | None) -> None:
        """Correct a fact, then that correction, once for each wish."""
        for number, wish in enumerate(wishes):
            self.correction(wish, how, again=number > 0, reason=reason, source=source)

    def correction(self, wish: Any, how: str, *, again: bool, reason: str, source: Source | None) -> None:
        """Correct a fact, ``again`` one that was corrected before; where there is none, record the wish."""
        line = (self._like(wish, FactCorrected) if again else None) or self._like(wish, how=how)
        if line is None or line.wording is None:
            self.record(wish, source)
            return
        replacement = self._varied(line.wording, wish, how)
        self.moves.append(Correct(self._last(line), replacement, reason, source))
        same = self._key(replacement) == self._key(line.wording)
        if same or (not self._needed(line.wording) and self._may_stand(replacement)):
            self._fall(line.wording)
            self._stand(replacement)
            self._log.append(_Line(FactCorrected, line.about, replacement, source or line.source))

    def retraction(self, wish: Fact, reason: str, source: Source | None) -> None:
        """Retract a fact; where there is none of that class, record the wish."""
        line = self._like(wish)
        if line is None or line.wording is None:
            self.record(wish, source)
            return
        self.moves.append(Retract(self._last(line), reason, source))
        if not self._needed(line.wording):
            self._fall(line.wording)
            self._log.append(_Line(EventRetracted, line.about, None, source))

    def second_thought(self, about: str, reason: str) -> None:
        """Retract an amendment or a dispute, where there is one."""
        lines = [line for line in self._log if line.event in (FactCorrected, EventRetracted, FactDisputed)]
        line = max(reversed(lines or self._log), key=lambda line: line.about == about)
        self.moves.append(Retract(self._last(line), reason))
        self._log.append(_Line(EventRetracted, line.about, None, None))

    def dispute(self, claim: Any, source: Source) -> None:
        """Dispute a fact; where there is none of that class, record the claim."""
        line = self._like(claim)
        if line is None or line.wording is None:
            self.record(claim, source)
            return
        self.moves.append(Dispute(self._last(line), self._varied(line.wording, claim, "reworded"), source))
        self._log.append(_Line(FactDisputed, line.about, None, source))

    def episode(self, announced: Any, steps: Sequence[Step | None]) -> None:
        """Announce a meeting, then postpone, cancel, announce again and hold it, in any order; all of it again."""
        series = _wished(announced.series, self._those(SeriesOpened))
        of_meeting: dict[type[Fact], Fact] = {}
        for step, again, source in [(announced, False, None), *filter(None, steps)]:
            where = {"meeting": announced.meeting} | ({"series": series} if isinstance(step, REPORTS) else {})
            if not (again and type(step) in of_meeting):
                of_meeting[type(step)] = attrs.evolve(step, **where)
            self.record(of_meeting[type(step)], source)

    # --- what is known ---------------------------------------------------------------

    def _may_stand(self, fact: Fact) -> bool:
        """Return whether a registry would accept a fact, as far as a sketch knows."""
        if not all(id_ in self._known for id_ in self._needs(fact)):
            return False
        if self._standing.get(self._key(fact), fact) != fact:
            return False
        status = self._status.get(self._kinds.subject(fact), "")
        match fact:
            case MeetingHeld() | DelegateAttended():
                return status != "cancelled"
            case MeetingPostponed() | MeetingCancelled():
                return status != "held"
            case _:
                return True

    def _stand(self, fact: Fact) -> None:
        self._standing[self._key(fact)] = fact
        if isinstance(fact, _NAMED_BY_ID):
            self._known[subject_of(fact)] = fact
        if isinstance(fact, MeetingPostponed | MeetingCancelled):
            self._standing.pop(("announced", fact.meeting), None)
        if type(fact) in _STATUS and self._status.get(self._kinds.subject(fact)) != "held":
            self._status[subject_of(fact)] = _STATUS[type(fact)]

    def _fall(self, fact: Fact) -> None:
        self._standing.pop(self._key(fact), None)
        if isinstance(fact, _NAMED_BY_ID):
            self._known.pop(subject_of(fact), None)
            self._status.pop(subject_of(fact), None)

    def _needed(self, fact: Fact) -> bool:
        """Return whether other facts rest on the id that a fact makes known."""
        needs = (need for standing in self._standing.values() for need in self._needs(standing))
        return isinstance(fact, _NAMED_BY_ID) and subject_of(fact) in needs

    def _those(self, cls: type[Fact]) -> list[str]:
        """Return the ids that facts of a class made known."""
        return [id_ for id_, fact in self._known.items() if isinstance(fact, cls)]

    def _meetings(self, *statuses: str) -> list[str]:
        return [meeting for meeting, status in self._status.items() if status in statuses]

    def _meeting(self, wish: str, *statuses: str) -> str:
        """Return a meeting of some status, preferably the wished one; where there is none, announce one first."""
        meetings = self._meetings(*statuses)
        if not meetings:
            series = _wished(wish.rpartition("/")[0], self._those(SeriesOpened))
            meetings = [f"{series}/{wish.rpartition('/')[2]}"]
            self.record(MeetingAnnounced(meeting=meetings[0], series=series))
        return _wished(wish, meetings)

    def _like(self, wish: Fact, event: type[Event] | None = None, how: str = "") -> _Line | None:
        """Return the last fact of the wished class (or of another, by ``how``), preferably about the wished subject."""
        about = self._kinds.subject(wish)
        lines = [line for line in self._log if line.wording is not None and event in (None, line.event)]
        if how == "another fact":
            lines = [line for line in lines if line.about == about]
        elif how == "renamed" and isinstance(wish, _NAMED_BY_ID):
            lines = [line for line in lines if isinstance(line.wording, _NAMED_BY_ID)]
        else:
            lines = [line for line in lines if type(line.wording) is type(wish)]
        return max(reversed(lines), key=lambda line: line.about == about, default=None)

    def _varied(self, fact: Fact, wish: Any, how: str) -> Fact:
        """Return what a correction makes of a fact: other words, another meeting, another sort of fact."""
        own, wished = ids_of(fact), ids_of(wish)
        common = {name: own[name] for name in own if name in wished}
        if how == "moved" and common:
            name = list(common)[-1]
            known = [id_ for id_ in self._known if id_.count("/") == own[name].count("/")]
            return cast("Fact", _evolved(fact, {name: _wished(wished[name], known)}))
        if how == "renamed" and isinstance(wish, _NAMED_BY_ID):  # the id comes to name a thing of another kind
            name = next(name for name in wished if wished[name] == subject_of(wish))
            return cast("Fact", attrs.evolve(cast("Any", wish), **{name: subject_of(fact)}))
        return cast("Fact", _evolved(wish, common))

    def _needs(self, fact: Fact) -> Iterator[str]:
        """Yield the ids that must be known before."""
        kind = self._kinds.of(fact)
        if not kind.is_own:
            yield from (id_ for _, id_ in kind.needs(fact))
            return
        own = subject_of(fact) if isinstance(fact, _NAMED_BY_ID) else ""
        yield from {*ids_of(fact).values(), subject_of(fact)} - {own, ""}

    def _key(self, fact: Fact) -> object:
        """Return what is the same for facts of which only one can stand."""
        return (_STATUS[type(fact)], fact.meeting) if isinstance(fact, REPORTS) else self._kinds.of(fact).identity(fact)

    def _last(self, line: _Line) -> Last:
        """Return the words for an event."""
        later = self._log[self._log.index(line) :]
        nth = sum(other.event is line.event and other.about == line.about for other in later)
        return Last(line.event, line.about, nth)


def _wished(id_: str, among: Sequence[str]) -> str:
    """Return the id if it is among those, else the last of them, if there are any."""
    return id_ if id_ in among or not among else among[-1]


def ids_of(fact: object) -> dict[str, str]:
    """Return the ids that a fact is about, by field."""
    ids = {name: getattr(fact, name, None) for name in ("dialogue", "series", "meeting")}
    return {name: id_ for name, id_ in ids.items() if id_ is not None}


def _evolved(fact: Any, changes: Mapping[str, Any]) -> Any:
    """Return the fact with other ids; the fact itself where its class does not take them."""
    try:
        return attrs.evolve(fact, **changes)
    except (DialogueRegistryError, ValueError, TypeError):
        return fact
