"""Histories: moves that a registry is asked to make, made up by Hypothesis, and played."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar, cast

import attrs
from hypothesis import currently_in_test_context, note
from hypothesis import strategies as st

from dialogue_registry.errors import RefusedError
from dialogue_registry.log.entry import RecordedEvent
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
    brief,
)
from dialogue_registry.model.standard_kinds import subject_of
from dialogue_registry.registry.registry import Registry
from dialogue_registry.testing.strategies import Strategy, facts

F = TypeVar("F", bound=Fact)


# --- moves ---------------------------------------------------------------------------


@attrs.frozen
class Record:
    """Record a fact."""

    fact: Fact
    source: Source | None = None


@attrs.frozen
class Correct:
    """Correct event number ``of``: of those that the history appended, from 1."""

    of: int
    replacement: Fact
    reason: str = "wrong"
    source: Source | None = None


@attrs.frozen
class Retract:
    """Retract event number ``of``: of those that the history appended, from 1."""

    of: int
    reason: str = "wrong"
    source: Source | None = None


@attrs.frozen
class Dispute:
    """Dispute event number ``of``: of those that the history appended, from 1."""

    of: int
    claim: Fact
    source: Source
    reason: str = ""


Move: TypeAlias = Record | Correct | Retract | Dispute


class History(tuple[Move, ...]):
    """Moves, printed one a line and without the fields that hold the default."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "".join(["History([", *(f"\n    {brief(move)}," for move in self), "\n])"])


class Player:
    """Plays moves on a registry, and remembers which events they appended."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        #: The ids of the events that the moves appended.
        self.ids: list[str] = []
        #: The moves that appended them.
        self.accepted: list[Move] = []

    def play(self, move: Move) -> RecordedEvent | None:
        """Make a move; give the recorded event, or None where the registry refused it."""
        try:
            recorded = self._play(move)
        except RefusedError as refusal:
            if currently_in_test_context():
                note(f"refused: {brief(move)}: {refusal}")
            return None
        if recorded.id not in self.ids:
            self.ids.append(recorded.id)
            self.accepted.append(move)
        return recorded

    def _play(self, move: Move) -> RecordedEvent:
        match move:
            case Record():
                return self.registry.record(move.fact, source=move.source)[0]
            case Correct():
                return self.registry.correct(
                    self._id(move.of), move.replacement, reason=move.reason, source=move.source
                )
            case Retract():
                return self.registry.retract(self._id(move.of), reason=move.reason, source=move.source)
            case Dispute():
                return self.registry.dispute(self._id(move.of), move.claim, source=move.source, reason=move.reason)

    def _id(self, number: int) -> str:
        return self.ids[number - 1] if 0 < number <= len(self.ids) else "no such event"


def play(registry: Registry, moves: Iterable[Move]) -> History:
    """Play moves on a registry; give those that appended an event, of which number n is event number n."""
    player = Player(registry)
    for move in moves:
        player.play(move)
    return History(player.accepted)


# --- histories -----------------------------------------------------------------------

_WORDS = st.sampled_from(["x", "y", "Water and energy", "合意"])
_PEOPLE = st.sampled_from(["Mr. TOKUDA Shuichi", "Марат СЫЗДЫКОВ", "Dinara KEMELEVA"])
SOURCES = [
    Source("Release"),
    Source("Page", url="https://example.org/"),
    Source("List", published="2006", kind="list"),
]
TOLD_BY = st.sampled_from([None, *SOURCES])
REASONS = st.sampled_from(["wrong", "mistranslated"])


def _pool(dialogues: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """The ids of a history: each dialogue has two series, each series three meetings."""
    series = [f"{dialogue}/{name}" for dialogue in dialogues for name in ("som", "fm")]
    return list(dialogues), series, [f"{name}/{number}" for name in series for number in (1, 2, 3)]


def related(cls: type[F], dialogues: tuple[str, ...]) -> Strategy[F]:
    """Facts of a class that have to do with each other."""
    return _related_made(cls.__name__, dialogues)


@lru_cache
def _related_made(name: str, dialogues: tuple[str, ...]) -> Strategy[Any]:
    cls = next(cls for cls in FACTS if cls.__name__ == name)
    dialogue_ids, series_ids, meeting_ids = map(st.sampled_from, _pool(dialogues))
    return facts(cls, dialogues=dialogue_ids, series=series_ids, meetings=meeting_ids, words=_WORDS, people=_PEOPLE)


_TURNS = (
    *["report"] * 7,
    *["detail"] * 6,
    *["delegation"] * 4,
    *["statement"] * 2,
    *["interruption"] * 4,
    *["return"] * 2,
    *["again"] * 3,
    *["correction"] * 4,
    *["second correction"] * 2,
    *["retraction"] * 4,
    *["second thought"] * 2,
    *["dispute"] * 2,
    *["episode"] * 2,
    "opening",
    "oddity",
)


def histories(
    *, dialogues: Sequence[str] = ("ca-jad", "c5"), min_moves: int = 0, max_moves: int = 30
) -> Strategy[History]:
    """Whole histories of some dialogues, plausible most of the time.

    They hold several sources for one fact, repetitions, odd ordinals, partial dates,
    announcements that come to nothing, postponed, cancelled and announced again,
    corrections (also of corrections, and those that move a fact to another date, series or
    meeting), retractions (also of amendments), disputes, and now and then a move that every
    registry must refuse. There are at most ``max_moves`` after the dialogues and series are
    opened.
    """
    return _histories(tuple(dialogues), min_moves, max_moves)


@st.composite
def _histories(draw: st.DrawFn, dialogues: tuple[str, ...], min_moves: int, max_moves: int) -> History:
    writer = _Writer(draw, dialogues)
    writer.open()
    # Left to itself, a list would seldom be long; and it takes some turns to get anywhere.
    least = max(min_moves, draw(st.sampled_from([0, max_moves // 3, 2 * max_moves // 3])))
    for turn in draw(st.lists(st.sampled_from(_TURNS), min_size=least, max_size=max_moves)):
        writer.turn(turn)
    return History(writer.moves)


class _Writer:
    """Makes up a history; remembers what it told, roughly as a registry would."""

    def __init__(self, draw: st.DrawFn, dialogues: tuple[str, ...]) -> None:
        self._draw = draw
        self._scope = dialogues
        self._dialogues, self._series, self._meetings = _pool(dialogues)
        self._anything = st.sampled_from([*self._dialogues, *self._series, *self._meetings])
        self.moves: list[Move] = []
        self._log: list[Move] = []  # those that appended an event, as far as we can tell
        self._said: set[tuple[Fact, Source | None]] = set()
        self._stands: dict[object, Fact] = {}
        self._known: dict[str, Fact] = {}  # id to the fact that made it known

    def _make(self, cls: type[Any], **values: Any) -> Any:
        if cls is CountStated and values.keys() & {"series", "dialogue"}:  # of one of the two
            values = {"series": None, "dialogue": None} | values
        return attrs.evolve(self._draw(related(cls, self._scope)), **values)

    def open(self) -> None:
        for dialogue in self._dialogues:
            if dialogue != self._dialogues[0] and not self._draw(st.sampled_from([False, True, True])):
                continue
            self.record(self._make(DialogueLaunched, dialogue=dialogue))
            for series in self._series:
                if series.startswith(f"{dialogue}/") and (series.endswith("som") or self._draw(st.booleans())):
                    self.record(self._make(SeriesOpened, series=series, dialogue=dialogue))

    def record(self, fact: Fact, source: Source | None = None) -> None:
        move = Record(fact, source)
        self.moves.append(move)
        standing = self._stands.get(_key(fact))
        if (fact, source) in self._said or (standing is not None and standing != fact):
            return
        if not all(id_ in self._known for id_ in _needs(fact)):
            return
        self._said.add((fact, source))
        self._stand(fact)
        self._log.append(move)

    def _stand(self, fact: Fact) -> None:
        self._stands[_key(fact)] = fact
        if isinstance(fact, DialogueLaunched | SeriesOpened | MeetingAnnounced | MeetingHeld):
            self._known[subject_of(fact)] = fact
        if isinstance(fact, MeetingPostponed | MeetingCancelled):
            self._stands.pop(("announced", fact.meeting), None)

    def _of(self, *classes: type[Fact]) -> list[str]:
        return [id_ for id_, fact in self._known.items() if isinstance(fact, classes)]

    def _pick(self, values: Sequence[Any]) -> Any:
        return self._draw(st.sampled_from(values))

    def turn(self, turn: str) -> None:
        draw = self._draw
        series, meetings = self._of(SeriesOpened), self._of(MeetingAnnounced, MeetingHeld)
        # The newest first: Hypothesis likes what comes first, and the oldest are dialogues and series.
        log = list(enumerate(self._log, 1))[::-1]
        facts_ = [number for number, move in log if isinstance(move, Record | Correct)]
        amendments = [number for number, move in log if not isinstance(move, Record)]
        planned = [id_ for id_ in meetings if isinstance(self._known[id_], MeetingAnnounced)]
        called_off = [f.meeting for f in self._stands.values() if isinstance(f, MeetingCancelled | MeetingPostponed)]
        if turn == "return" and not called_off:
            turn = "interruption"
        if turn in ("interruption", "return") and not planned:
            turn = "announcement"
        if turn in ("detail", "delegation") and not meetings:
            turn = "report"
        if turn in ("report", "announcement", "episode", "statement") and not series:
            turn = "opening"
        corrections = [number for number in amendments if isinstance(self._log[number - 1], Correct)]
        if turn == "second correction" and not corrections:
            turn = "correction"
        if turn == "second thought" and not amendments:
            turn = "correction"
        if turn in ("again", "correction", "retraction", "dispute") and not facts_:
            turn = "opening"
        match turn:
            case "report" | "announcement":
                where = self._pick([*series, series[0]])  # one series that has more than the others
                taken = {id_ for id_ in meetings if isinstance(self._known[id_], MeetingHeld)}
                free = [m for m in self._meetings if m.startswith(f"{where}/") and m not in taken]
                meeting = self._pick(free or self._meetings)
                cls: type[Any] = draw(st.sampled_from([MeetingHeld, MeetingHeld, MeetingAnnounced]))
                cls = MeetingAnnounced if turn == "announcement" else cls
                self.record(self._make(cls, meeting=meeting, series=where), draw(TOLD_BY))
            case "detail":
                cls = draw(st.sampled_from([DelegateAttended, TopicDiscussed, ActivityReported, OutcomeAgreed]))
                self.record(self._make(cls, meeting=self._pick(meetings)), draw(TOLD_BY))
            case "delegation":
                meeting = self._pick(meetings)
                for delegate in draw(st.lists(related(DelegateAttended, self._scope), min_size=2, max_size=3)):
                    self.record(attrs.evolve(delegate, meeting=meeting), draw(TOLD_BY))
            case "statement":
                stated = self._make(CountStated, series=self._pick([*series, series[0]]), dialogue=None)
                if before := [m.fact for m in self._log if isinstance(m, Record) and isinstance(m.fact, CountStated)]:
                    like = self._pick(before)
                    as_of = self._pick([like.as_of, stated.as_of])
                    stated = attrs.evolve(stated, series=like.series, dialogue=like.dialogue, as_of=as_of)
                self.record(stated, draw(TOLD_BY))
            case "episode":
                self._episode(self._pick(self._meetings), self._pick(series))
            case "interruption":
                interruption = draw(st.sampled_from([MeetingCancelled, MeetingPostponed]))
                self.record(self._make(interruption, meeting=self._pick(planned)), draw(TOLD_BY))
            case "return":
                meeting = self._pick(called_off)
                known = self._known.get(meeting)
                where = known.series if isinstance(known, MeetingAnnounced | MeetingHeld) else self._pick(self._series)
                self.record(self._make(MeetingAnnounced, meeting=meeting, series=where), draw(TOLD_BY))
            case "again":
                number = self._pick(facts_)
                self.record(self._wording(number), draw(st.just(self._log[number - 1].source) | TOLD_BY))
            case "correction" | "second correction":
                number = self._pick(corrections if turn == "second correction" else facts_)
                replacement = self._variation(self._wording(number))
                self._amend(Correct(number, replacement, draw(REASONS), draw(TOLD_BY)), replacement)
            case "retraction":
                self._amend(Retract(self._pick(facts_), draw(REASONS), draw(TOLD_BY)), None)
            case "second thought":
                self._amend(Retract(self._pick(amendments), draw(REASONS)), None)
            case "dispute":
                number = self._pick(facts_)
                fact = self._wording(number)
                claim = self._make(type(fact), **_ids(fact))
                self._amend(Dispute(number, claim, self._pick(SOURCES)), None)
            case "opening":
                self.record(self._make(self._pick([DialogueLaunched, PartyJoined, SeriesOpened])), draw(TOLD_BY))
            case "oddity":
                cls = self._pick(FACTS)
                fact = self._make(cls)
                self.record(attrs.evolve(fact, **{name: draw(self._anything) for name in _ids(fact)}), draw(TOLD_BY))

    def _episode(self, meeting: str, series: str) -> None:
        """A meeting that is announced, put off, called off, announced again, held at last or never."""
        draw, said = self._draw, list[Fact]()
        steps = st.sampled_from([MeetingCancelled, MeetingPostponed, MeetingAnnounced, MeetingHeld, DelegateAttended])
        for cls in (MeetingAnnounced, *draw(st.lists(steps, max_size=5))):
            values = {"meeting": meeting} | ({"series": series} if cls in (MeetingAnnounced, MeetingHeld) else {})
            before = [fact for fact in said if type(fact) is cls]
            said.append(self._pick([self._make(cls, **values), *before]))  # or the same again, from another source
            self.record(said[-1], draw(TOLD_BY))

    def _amend(self, move: Move, replacement: Fact | None) -> None:
        self.moves.append(move)
        self._log.append(move)
        if replacement is not None:
            self._stand(replacement)

    def _wording(self, number: int) -> Fact:
        move = self._log[number - 1]
        return move.replacement if isinstance(move, Correct) else move.fact  # type: ignore[union-attr]

    def _variation(self, fact: Fact) -> Fact:
        """What a correction may make of a fact: it reads otherwise, it belongs elsewhere, it is another thing."""
        kind = self._draw(st.sampled_from(["reworded", "reworded", "moved", "moved", "another", "renamed"]))
        if kind == "reworded" or not subject_of(fact):
            return cast("Fact", self._make(type(fact), **_ids(fact)))
        if kind == "moved" and _ids(fact):
            pools = {"dialogue": self._dialogues, "series": self._series, "meeting": self._meetings}
            name = self._pick(list(_ids(fact)))
            return cast("Fact", attrs.evolve(cast("Any", fact), **{name: self._pick(pools[name])}))
        if kind == "renamed":  # what the id names is of another kind
            cls = self._pick([DialogueLaunched, SeriesOpened, MeetingAnnounced, MeetingHeld])
            names = {DialogueLaunched: "dialogue", SeriesOpened: "series"}
            return cast("Fact", self._make(cls, **{names.get(cls, "meeting"): subject_of(fact)}))
        other: Any = self._make(self._pick(FACTS))
        shared = {name: value for name, value in _ids(fact).items() if name in _ids(other)}
        return cast("Fact", attrs.evolve(other, **shared))


def _ids(fact: Fact) -> dict[str, str]:
    """The ids that a fact is about, by field."""
    named = {name: getattr(fact, name, None) for name in ("dialogue", "series", "meeting")}
    return {name: id_ for name, id_ in named.items() if id_ is not None}


def _needs(fact: Fact) -> Iterator[str]:
    own = subject_of(fact)
    makes_known = isinstance(fact, DialogueLaunched | SeriesOpened | MeetingAnnounced | MeetingHeld)
    yield from (id_ for id_ in _ids(fact).values() if not (makes_known and id_ == own))


def _key(fact: Fact) -> object:
    match fact:
        case DialogueLaunched() | SeriesOpened():
            return type(fact), subject_of(fact)
        case PartyJoined():
            return "joined", fact.dialogue, fact.party
        case MeetingHeld():
            return "held", fact.meeting
        case MeetingAnnounced():
            return "announced", fact.meeting
        case DelegateAttended():
            return "attended", fact.meeting, fact.party, fact.name or ("", fact.office)
        case _:
            return fact
