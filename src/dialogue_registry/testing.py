"""Strategies and laws, to test what is built on a registry (needs Hypothesis: the extra ``[testing]``).

A *history* is a list of *moves*: record this, correct the third event to that, retract the
fifth. :func:`histories` makes them up, :func:`play` plays them, and
:func:`check_projection` puts a projection of yours to the laws that ours obey::

    from dialogue_registry.testing import check_projection


    def test_my_projection_obeys_the_laws():
        check_projection(mine)

:func:`check_log` does the same for a keeper of the log, and :class:`RegistryMachine` drives
a registry by a state machine.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeAlias, TypeVar, cast

import attrs
from hypothesis import currently_in_test_context, given, note
from hypothesis import settings as Settings  # noqa: N812 - "settings" is the name of the argument
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule

from dialogue_registry import sqlite
from dialogue_registry.codec import encode, encode_source
from dialogue_registry.dates import PartialDate
from dialogue_registry.errors import RefusedError, WrongPositionError
from dialogue_registry.events import (
    FACTS,
    ActivityReported,
    CountStated,
    DelegateAttended,
    DialogueLaunched,
    Event,
    EventRetracted,
    Fact,
    FactCorrected,
    FactDisputed,
    Format,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    OutcomeAgreed,
    PartyJoined,
    Role,
    SeriesOpened,
    Source,
    TopicDiscussed,
    brief,
    subject_of,
)
from dialogue_registry.log import EMPTY, Draft, Entry, Head, Log, RecordedEvent, seal
from dialogue_registry.projections import Projection, Table, decoded
from dialogue_registry.registry import Registry
from dialogue_registry.standard import STANDARD

Strategy: TypeAlias = st.SearchStrategy
_Ids: TypeAlias = Strategy[str]
F = TypeVar("F", bound=Fact)

# --- words ---------------------------------------------------------------------------


def texts(*, min_size: int = 0) -> Strategy[str]:
    """Any text that a field may hold: all scripts, marks, control characters, markup."""
    odd = st.sampled_from(
        ["'; DROP TABLE events; --", "<b>&amp;</b>", "\u202eright to left", "a\r\n\tb", "%s {0}", "🕊"]
    )
    return odd | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=min_size)


def required_texts() -> Strategy[str]:
    """Any text that is not blank."""
    return texts(min_size=1).filter(str.strip)


def ids() -> _Ids:
    """Any id: lower-case path segments."""
    return st.from_regex(r"[a-z0-9][a-z0-9._-]{0,8}(/[a-z0-9][a-z0-9._-]{0,8}){0,3}", fullmatch=True)


def days() -> Strategy[date]:
    """Days that lie close enough together to be compared, and now and then any day of the calendar."""
    edges = st.sampled_from([date(2004, 12, 31), date(2005, 1, 1), date(2005, 2, 28), date(2004, 2, 29)])
    near = st.dates(date(2004, 11, 1), date(2005, 3, 31))
    return st.one_of(edges, near, near, near, edges, near, near, near, st.dates())


def dates() -> Strategy[PartialDate]:
    """Dates as sources give them: a day, a month, a year, a span of days, one day of a window."""
    windows = st.tuples(days(), days()).map(sorted)
    lengths = st.sampled_from([0, 1, 2, 40])
    return st.one_of(
        days().map(date.isoformat),
        days().map(lambda day: day.isoformat()[:7]),
        days().map(lambda day: day.isoformat()[:4]),
        st.tuples(days(), lengths).map(lambda span: f"{span[0]}/{_later(*span)}"),
        windows.map(lambda window: f"[{window[0]}..{window[1]}]"),
    ).map(PartialDate.of)


def _later(day: date, days_after: int) -> date:
    return day + timedelta(min(days_after, (date.max - day).days))


_FAMILIES = ["TOKUDA", "SYZDYKOV", "KEMELEVA", "СЫЗДЫКОВ", "ΒΕΝΙΖΕΛΟΣ", "PÉREZ DE LA CRUZ", "O'BRIEN", "in 't VELD"]
_GIVEN = ["Shuichi", "Marat", "Дінара", "Ki-moon", "太郎", "Ana", "Seán", "F."]


def names() -> Strategy[str]:
    """Names as written: several scripts, the family name in capitals before or after, or in none at all."""
    family, given_names = st.sampled_from(_FAMILIES), st.sampled_from(_GIVEN)
    honorifics = st.sampled_from(["", "Mr. ", "H.E. ", "Г-н "])
    return st.one_of(
        st.tuples(honorifics, family, given_names).map(lambda n: f"{n[0]}{n[1]} {n[2]}"),
        st.tuples(honorifics, given_names, family).map(lambda n: f"{n[0]}{n[1]} {n[2]}"),
        st.sampled_from(["河野 太郎", "عبد الله", "Abdul G. Jawshan"]),
        required_texts(),
    )


def sources() -> Strategy[Source]:
    """Where facts come from."""
    return st.builds(
        Source,
        required_texts(),
        url=_seldom(st.just("https://example.org/"), ""),
        publisher=_seldom(texts(), ""),
        published=_seldom(dates(), None),
        language=_seldom(st.sampled_from(["en", "ja", "ru"]), ""),
        kind=_seldom(st.sampled_from(["report", "announcement", "list", "inferred"]), ""),
    )


def _seldom(strategy: Strategy[Any], otherwise: object) -> Strategy[Any]:
    # Not one_of, which would give each branch of the strategy the chance of a whole one.
    return st.integers(0, 2).flatmap(lambda number: strategy if number == 2 else st.just(otherwise))


def _mostly(strategy: Strategy[Any], otherwise: object) -> Strategy[Any]:
    return st.integers(0, 3).flatmap(lambda number: strategy if number else st.just(otherwise))


# --- events --------------------------------------------------------------------------


def facts(
    *classes: type[F],
    dialogues: _Ids | None = None,
    series: _Ids | None = None,
    meetings: _Ids | None = None,
    words: Strategy[str] | None = None,
    people: Strategy[str] | None = None,
) -> Strategy[F]:
    """Facts of some classes, or of all.

    The ids, the texts and the names of people are drawn from these strategies: few of them
    make facts that have to do with each other.
    """
    dialogues, series, meetings = (ids() if told is None else told for told in (dialogues, series, meetings))
    people = names() if people is None else people
    required, text = (required_texts(), texts()) if words is None else (words, words)
    text = _seldom(text, "")
    formats = _seldom(st.sampled_from(Format), None)
    named = {"name": required, "aliases": _seldom(st.lists(required, max_size=2).map(tuple), ())}
    parties = st.sampled_from(["JPN", "UZB", "EU"])
    report = {
        "meeting": meetings,
        "series": series,
        "date": _mostly(dates(), None),
        "ordinal": st.none() | st.integers(1, 20),
        "format": formats,
        "place": text,
        "country": _seldom(parties, ""),
        "title": text,
    }
    interruption = {"meeting": meetings, "reason": text, "on": _seldom(dates(), None)}
    seat = {"meeting": meetings, "party": parties, "role": _seldom(st.sampled_from(Role), Role.DELEGATE)}
    made: dict[type[Any], Strategy[Any]] = {
        DialogueLaunched: st.builds(DialogueLaunched, dialogue=dialogues, launched=dates(), **named),
        PartyJoined: st.builds(PartyJoined, dialogue=dialogues, party=parties, joined=_seldom(dates(), None), **named),
        SeriesOpened: st.builds(SeriesOpened, series=series, dialogue=dialogues, abbreviation=text, **named),
        MeetingAnnounced: st.builds(MeetingAnnounced, **report),
        MeetingHeld: st.builds(MeetingHeld, **report),
        MeetingPostponed: st.builds(MeetingPostponed, until=_seldom(dates(), None), **interruption),
        MeetingCancelled: st.builds(MeetingCancelled, **interruption),
        DelegateAttended: st.one_of(
            st.builds(DelegateAttended, name=people, office=text, on_behalf_of=text, **seat),
            st.builds(DelegateAttended, name=st.just(""), office=required, on_behalf_of=text, **seat),
        ),
        TopicDiscussed: st.builds(TopicDiscussed, meeting=meetings, topic=required),
        ActivityReported: st.builds(
            ActivityReported,
            meeting=meetings,
            title=required,
            organisers=_seldom(st.lists(required, max_size=2).map(tuple), ()),
            field=text,
            date=_seldom(dates(), None),
        ),
        OutcomeAgreed: st.builds(OutcomeAgreed, meeting=meetings, title=required, kind=text),
        CountStated: st.builds(
            CountStated,
            series=series,
            count=st.integers(0, 6) | st.integers(0, 1_000_000_000),
            as_of=dates(),
            format=formats,
            reported_at=_seldom(meetings, None),
        ),
    }
    return st.one_of([made[cls] for cls in classes or FACTS])


def events(**strategies: Any) -> Strategy[Event]:
    """Events of every class: facts as :func:`facts` makes them, amendments and disputes."""
    told: Strategy[Fact] = facts(**strategies)
    event_ids = st.uuids(version=4).map(str)
    return st.one_of(
        told,
        st.builds(FactCorrected, event_id=event_ids, replacement=told, reason=required_texts()),
        st.builds(EventRetracted, event_id=event_ids, reason=required_texts()),
        st.builds(FactDisputed, event_id=event_ids, claim=told, reason=texts()),
    )


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
_SOURCES = [
    Source("Release"),
    Source("Page", url="https://example.org/"),
    Source("List", published="2006", kind="list"),
]
_TOLD_BY = st.sampled_from([None, *_SOURCES])
_REASONS = st.sampled_from(["wrong", "mistranslated"])


def _pool(dialogues: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """The ids of a history: each dialogue has two series, each series three meetings."""
    series = [f"{dialogue}/{name}" for dialogue in dialogues for name in ("som", "fm")]
    return list(dialogues), series, [f"{name}/{number}" for name in series for number in (1, 2, 3)]


def _related(cls: type[F], dialogues: tuple[str, ...]) -> Strategy[F]:
    """Facts of a class that have to do with each other."""
    return _related_made(cls.__name__, dialogues)


@lru_cache
def _related_made(name: str, dialogues: tuple[str, ...]) -> Strategy[Any]:
    cls = next(cls for cls in FACTS if cls.__name__ == name)
    pools = dict(zip(("dialogues", "series", "meetings"), map(st.sampled_from, _pool(dialogues)), strict=True))
    return facts(cls, **pools, words=_WORDS, people=_PEOPLE)


_TURNS = (
    *["report"] * 7,
    *["detail"] * 5,
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
    # Three short lists: one list would seldom be long.
    least, most = -(-min_moves // 3), max_moves // 3
    for chapter in (st.lists(st.sampled_from(_TURNS), min_size=least, max_size=most),) * 3:
        for turn in draw(chapter):
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
        return attrs.evolve(self._draw(_related(cls, self._scope)), **values)

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
        facts_ = [number for number, move in enumerate(self._log, 1) if isinstance(move, Record | Correct)]
        amendments = [number for number, move in enumerate(self._log, 1) if not isinstance(move, Record)]
        planned = [id_ for id_ in meetings if isinstance(self._known[id_], MeetingAnnounced)]
        called_off = [f.meeting for f in self._stands.values() if isinstance(f, MeetingCancelled | MeetingPostponed)]
        if turn == "return" and not called_off:
            turn = "interruption"
        if turn in ("interruption", "return") and not planned:
            turn = "announcement"
        if turn == "detail" and not meetings:
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
                self.record(self._make(cls, meeting=meeting, series=where), draw(_TOLD_BY))
            case "detail":
                cls = draw(st.sampled_from([DelegateAttended, TopicDiscussed, ActivityReported, OutcomeAgreed]))
                self.record(self._make(cls, meeting=self._pick(meetings)), draw(_TOLD_BY))
            case "statement":
                stated = self._make(CountStated, series=self._pick([*series, series[0]]))
                if before := [m.fact for m in self._log if isinstance(m, Record) and isinstance(m.fact, CountStated)]:
                    like = self._pick(before)
                    as_of = self._pick([like.as_of, stated.as_of])
                    stated = attrs.evolve(stated, series=like.series, as_of=as_of)
                self.record(stated, draw(_TOLD_BY))
            case "episode":
                self._episode(self._pick(self._meetings), self._pick(series))
            case "interruption":
                interruption = draw(st.sampled_from([MeetingCancelled, MeetingPostponed]))
                self.record(self._make(interruption, meeting=self._pick(planned)), draw(_TOLD_BY))
            case "return":
                meeting = self._pick(called_off)
                known = self._known.get(meeting)
                where = known.series if isinstance(known, MeetingAnnounced | MeetingHeld) else self._pick(self._series)
                self.record(self._make(MeetingAnnounced, meeting=meeting, series=where), draw(_TOLD_BY))
            case "again":
                number = self._pick(facts_)
                self.record(self._wording(number), draw(st.just(self._log[number - 1].source) | _TOLD_BY))
            case "correction" | "second correction":
                number = self._pick(corrections if turn == "second correction" else facts_)
                replacement = self._variation(self._wording(number))
                self._amend(Correct(number, replacement, draw(_REASONS), draw(_TOLD_BY)), replacement)
            case "retraction":
                self._amend(Retract(self._pick(facts_), draw(_REASONS), draw(_TOLD_BY)), None)
            case "second thought":
                self._amend(Retract(self._pick(amendments), draw(_REASONS)), None)
            case "dispute":
                number = self._pick(facts_)
                fact = self._wording(number)
                claim = self._make(type(fact), **_ids(fact))
                self._amend(Dispute(number, claim, self._pick(_SOURCES)), None)
            case "opening":
                self.record(self._make(self._pick([DialogueLaunched, PartyJoined, SeriesOpened])), draw(_TOLD_BY))
            case "oddity":
                cls = self._pick(FACTS)
                fact = self._make(cls)
                self.record(attrs.evolve(fact, **{name: draw(self._anything) for name in _ids(fact)}), draw(_TOLD_BY))

    def _episode(self, meeting: str, series: str) -> None:
        """A meeting that is announced, put off, called off, announced again, held at last or never."""
        draw, said = self._draw, list[Fact]()
        steps = st.sampled_from([MeetingCancelled, MeetingPostponed, MeetingAnnounced, MeetingHeld, DelegateAttended])
        for cls in (MeetingAnnounced, *draw(st.lists(steps, max_size=5))):
            values = {"meeting": meeting} | ({"series": series} if cls in (MeetingAnnounced, MeetingHeld) else {})
            before = [fact for fact in said if type(fact) is cls]
            said.append(self._pick([self._make(cls, **values), *before]))  # or the same again, from another source
            self.record(said[-1], draw(_TOLD_BY))

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
        if kind == "reworded":
            return cast("Fact", self._make(type(fact), **_ids(fact)))
        if kind == "moved":
            pools = {"dialogue": self._dialogues, "series": self._series, "meeting": self._meetings}
            name = self._pick(list(_ids(fact)))
            return attrs.evolve(fact, **{name: self._pick(pools[name])})
        if kind == "renamed":  # what the id names is of another kind
            cls = self._pick([DialogueLaunched, SeriesOpened, MeetingAnnounced, MeetingHeld])
            names = {DialogueLaunched: "dialogue", SeriesOpened: "series"}
            return cast("Fact", self._make(cls, **{names.get(cls, "meeting"): subject_of(fact)}))
        other: Any = self._make(self._pick(FACTS))
        theirs = {name: value for name, value in _ids(fact).items() if hasattr(other, name)}
        return cast("Fact", attrs.evolve(other, **theirs))


def _ids(fact: Fact) -> dict[str, str]:
    return {name: getattr(fact, name) for name in ("dialogue", "series", "meeting") if hasattr(fact, name)}


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


# --- what a registry shows -----------------------------------------------------------

Shown: TypeAlias = dict[str, list[tuple[object, ...]]]
"""Tables by name: rows of values."""

_EVENT_ID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_PLACES = ("fact", "event", "since", "until", "telling")


def show(
    registry: Registry, projection: Projection = STANDARD, *, places: bool = True, ignore: Iterable[str] = ()
) -> Shown:
    """Everything a registry shows through a projection, to be compared with another one's.

    Ids of events and instants are blanked; without ``places``, so are the columns that hold
    positions: ``fact``, ``event``, ``since``, ``until`` and those to ``ignore``. Rows of
    tables are in the order of their facts, all others in an order of their own.
    """
    shown: Shown = {}
    blank = {*ignore, *(() if places else _PLACES), "event_id", "recorded_at"}
    with registry._reading():
        connection = registry._conn
        for part in projection.parts:
            cursor = connection.execute(
                f"SELECT * FROM {part.name}{' ORDER BY fact' if isinstance(part, Table) else ''}"
            )
            columns = [column[0] for column in cursor.description]
            rows = [
                tuple(
                    "…" if column in blank or (isinstance(value, str) and _EVENT_ID.fullmatch(value)) else value
                    for column, value in zip(columns, row, strict=True)
                )
                for row in cursor
            ]
            shown[part.name] = rows if isinstance(part, Table) else sorted(rows, key=repr)
    return shown


def same(left: Shown, right: Shown, what: str, *, in_order: bool = True) -> None:
    """Raise an AssertionError that names the first table and the rows that differ."""
    for name in left.keys() | right.keys():
        one, other = left.get(name, []), right.get(name, [])
        if one == other or (not in_order and sorted(one, key=repr) == sorted(other, key=repr)):
            continue
        only_one = [row for row in one if row not in other]
        only_other = [row for row in other if row not in one]
        raise AssertionError(
            f"{what}: table {name!r} differs; only on the one side {only_one}, only on the other {only_other}"
            if only_one or only_other
            else f"{what}: table {name!r} has the same rows, in another order or number: {one} and {other}"
        )


# --- registries to compare with ------------------------------------------------------


def _connected(uri: str, projections: Iterable[Projection]) -> Registry:
    registry = Registry(sqlite.connect(uri), uri, "the registry in memory", (STANDARD, *projections), read_only=False)
    registry._prepare()
    return registry


def fed(entries: Sequence[Entry], projections: Iterable[Projection] = (), cuts: Iterable[int] = ()) -> Registry:
    """A new registry in memory that was fed these entries of a log, asking no rules.

    ``cuts`` are the numbers of entries after which a new transaction begins.
    """
    registry = Registry.open(projections=projections)
    ends = sorted({0, len(entries), *(cut for cut in cuts if 0 < cut < len(entries))})
    for start, end in pairwise(ends):
        page = entries[start:end]
        with registry._writing():
            registry._log.append(page, expected=start)
            registry._views.apply(page, [decoded(entry) for entry in page])
    return registry


def stored(registry: Registry) -> list[Entry]:
    """The whole log of a registry, as stored."""
    entries: list[Entry] = []
    with registry._reading():
        while page := registry._log.read(len(entries)):
            entries += page
    return entries


def effective(recorded: Iterable[RecordedEvent]) -> list[tuple[Event, Source | None]]:
    """The effective log: facts and disputes as they read now, where they stand, with their sources."""
    log = list(recorded)

    def active(event: RecordedEvent) -> bool:
        return not any(
            isinstance(later.event, EventRetracted) and later.event.event_id == event.id and active(later)
            for later in log
        )

    told: list[tuple[Event, Source | None]] = []
    for event in log:
        if isinstance(event.event, FactCorrected | EventRetracted) or not active(event):
            continue
        reads, source = event.event, event.source
        for later in log:
            if isinstance(later.event, FactCorrected) and later.event.event_id == event.id and active(later):
                reads, source = later.event.replacement, later.source or event.source
        told.append((reads, source))
    return told


def _sealed(told: Iterable[tuple[Event, Source | None]]) -> list[Entry]:
    drafts = [
        Draft("" if isinstance(event, FactDisputed) else subject_of(event), *encode(event), encode_source(source), "")  # type: ignore[arg-type]
        for event, source in told
    ]
    return seal(drafts, EMPTY, {}, datetime.now(UTC))


# --- the laws ------------------------------------------------------------------------


def _beside(projection: Projection) -> tuple[Projection, ...]:
    """What to open a registry with: the standard projection is there by itself."""
    return () if projection == STANDARD else (projection,)


@contextmanager
def _played(moves: Iterable[Move], projection: Projection) -> Iterator[tuple[Registry, History]]:
    with Registry.open(projections=_beside(projection)) as registry:
        yield registry, play(registry, moves)


def rebuilt_as_incremental(projection: Projection, moves: Iterable[Move], cuts: Iterable[int] = ()) -> None:
    """Law 1: incremental = rebuilt, for any way the log was cut into transactions and batches.

    ``cuts`` are the numbers of events after which another transaction or batch begins.
    """
    cuts = tuple(cuts)
    with _played(moves, projection) as (registry, accepted):
        incremental, lines, entries = show(registry, projection), _lines(registry), stored(registry)
        registry.rebuild()
        same(incremental, show(registry, projection), "made step by step, and rebuilt")
    with closing(fed(entries, _beside(projection), cuts)) as other:
        same(incremental, show(other, projection), f"made step by step, and in transactions cut after {cuts}")
    with Registry.open(projections=_beside(projection)) as batched:
        _play_in_batches(batched, accepted, cuts)
        same(incremental, show(batched, projection), f"recorded one by one, and in batches cut after {cuts}")
        _same(_lines(batched), lines, "the log of what was recorded in batches")


def _lines(registry: Registry) -> list[tuple[object, ...]]:
    """The log of a registry up to ids, instants and hashes."""
    return [
        (e.position, e.subject, e.version, e.type, e.schema, _EVENT_ID.sub("…", e.data), e.source, e.by)
        for e in stored(registry)
    ]


def _play_in_batches(registry: Registry, accepted: Sequence[Move], cuts: Iterable[int]) -> None:
    player, batch = Player(registry), list[Record]()
    for number, move in enumerate(accepted, 1):
        if isinstance(move, Record):
            batch.append(move)
        if batch and (not isinstance(move, Record) or number in cuts or number == len(accepted)):
            before = registry.position
            registry.record_all([(record.fact, record.source) for record in batch])
            player.ids += [event.id for event in registry.events(after=before)]
            batch = []
        if not isinstance(move, Record):
            player.play(move)


def past_as_prefix(projection: Projection, moves: Iterable[Move], position: int) -> None:
    """Law 2: ``at(p)`` = a fresh registry fed the first p events."""
    with _played(moves, projection) as (registry, accepted):
        position = min(position, registry.position)
        with registry.at(position=position) as past, _played(accepted[:position], projection) as (fresh, _):
            same(show(past, projection), show(fresh, projection), f"as known at {position}, and recorded up to there")


def log_as_effective_log(projection: Projection, moves: Iterable[Move], *, ignore: Iterable[str] = ()) -> None:
    """Law 3: views of the log = views of its effective log."""
    with _played(moves, projection) as (registry, _):
        shown = show(registry, projection, places=False, ignore=ignore)
        entries = _sealed(effective(registry.events()))
    with closing(fed(entries, _beside(projection))) as other:
        same(shown, show(other, projection, places=False, ignore=ignore), "views of the log, and of its effective log")


def retracted_as_never_recorded(
    projection: Projection, moves: Iterable[Move], more: Iterable[Move], *, ignore: Iterable[str] = ()
) -> None:
    """Law 3: record then retract = never recorded."""
    with _played(moves, projection) as (registry, _):
        before, position = show(registry, projection, places=False, ignore=ignore), registry.position
        play(registry, [move for move in more if isinstance(move, Record)])
        for event in reversed(list(registry.events(after=position))):
            registry.retract(event.id, reason="never mind")
        after = show(registry, projection, places=False, ignore=ignore)
        same(before, after, "before something was recorded, and after it was retracted")


def caught_up_as_kept_up(projection: Projection, moves: Iterable[Move], openings: Iterable[int] = ()) -> None:
    """Law 4: catching up twice, or from any checkpoint, changes nothing.

    ``openings`` are the numbers of moves after which the file is opened with the projection,
    while it is otherwise written to without.
    """
    with _played(moves, projection) as (kept_up, accepted), Registry.open() as registry:
        shown = show(kept_up, projection)
        player = Player(registry)
        for number, move in enumerate(accepted):
            if number in openings:
                _connected(registry._uri, _beside(projection)).close()
            player.play(move)
        for _ in "twice":
            with _connected(registry._uri, _beside(projection)) as caught_up:
                same(shown, show(caught_up, projection), f"kept up, and caught up after {list(openings)} events")
        newer = attrs.evolve(projection, version=projection.version + 1)
        with _connected(registry._uri, [newer] if _beside(projection) else []) as again:
            same(shown, show(again, projection), "kept up, and made again as another version")


def unrelated_commute(
    projection: Projection,
    moves: Iterable[Move],
    others: Iterable[Move],
    order: Sequence[bool],
    *,
    ignore: Iterable[str] = (),
) -> None:
    """Law 5: events on unrelated subjects commute: ``moves``, and ``others`` of which none shares an id with them."""
    with Registry.open(projections=_beside(projection)) as one, Registry.open(projections=_beside(projection)) as other:
        play(one, moves)
        play(one, others)
        player, other_player = Player(other), Player(other)
        left, right = list(moves), list(others)
        for first in order:
            if queue := left if first else right:
                (player if first else other_player).play(queue.pop(0))
        for move in right:
            other_player.play(move)
        for move in left:
            player.play(move)
        first_shown, other_shown = (
            show(registry, projection, places=False, ignore=ignore) for registry in (one, other)
        )
        same(first_shown, other_shown, "unrelated events in one order, and in another", in_order=False)


def check_projection(
    projection: Projection,
    *,
    histories: Strategy[History] | None = None,
    ignore: Iterable[str] = (),
    settings: Settings | None = None,
) -> None:
    """Test a projection against laws that every projection must obey; raises an AssertionError.

    1. Made step by step, it is what it is when rebuilt, however the log was cut into batches.
    2. ``registry.at(position=p)`` shows it as a registry would that was fed the first p events.
    3. It shows a log as it shows the effective log; what was retracted was never recorded.
    4. Caught up from any checkpoint, it is what it is when kept up.
    5. Events that have no subject in common may come in any order.

    ``ignore`` names columns of yours that hold positions of the log beside ``fact``,
    ``event`` and ``since``. Hypothesis prints the falsifying history.
    """
    stories = _histories(("ca-jad", "c5"), 0, 30) if histories is None else histories
    numbers = st.lists(st.integers(0, 30), max_size=4)
    places = tuple(ignore)

    @given(stories, numbers)
    def law_1(moves: History, cuts: list[int]) -> None:
        rebuilt_as_incremental(projection, moves, cuts)

    @given(stories, st.integers(0, 30))
    def law_2(moves: History, position: int) -> None:
        past_as_prefix(projection, moves, position)

    @given(stories)
    def law_3(moves: History) -> None:
        log_as_effective_log(projection, moves, ignore=places)

    @given(stories, stories)
    def law_3_too(moves: History, more: History) -> None:
        retracted_as_never_recorded(projection, moves, more, ignore=places)

    @given(stories, numbers)
    def law_4(moves: History, openings: list[int]) -> None:
        caught_up_as_kept_up(projection, moves, openings)

    @given(_histories(("ca-jad",), 0, 12), _histories(("c5",), 0, 12), st.lists(st.booleans(), max_size=24))
    def law_5(moves: History, others: History, order: list[bool]) -> None:
        unrelated_commute(projection, moves, others, order, ignore=places)

    for law in (law_1, law_2, law_3, law_3_too, law_4, law_5):
        (settings or Settings(deadline=None))(law)()


# --- the contract of a log -----------------------------------------------------------

_DRAFTS = st.lists(
    st.builds(
        Draft,
        subject=st.sampled_from(["ca-jad", "ca-jad/som", "c5"]),
        type=st.sampled_from(["topic.discussed", "count.stated"]),
        schema=st.integers(1, 9),
        data=texts(),
        source=st.none() | sources().map(encode_source),
        by=texts(),
    ),
    max_size=6,
)


def check_log(make: Callable[[], AbstractContextManager[tuple[Log, Log]]], *, settings: Settings | None = None) -> None:
    """Test a keeper of the log against the promise of :class:`dialogue_registry.log.Log`.

    ``make()`` is a context manager that gives two handles to one new and empty log.
    """

    @given(st.lists(st.tuples(_DRAFTS, st.booleans()), max_size=4), st.integers(0, 24), st.integers(1, 9))
    def keeps(batches: list[tuple[list[Draft], bool]], after: int, limit: int) -> None:
        with make() as logs:
            _same(logs[0].head(), EMPTY, "the head of an empty log")
            _same(logs[0].read(), [], "what is read of an empty log")
            entries: list[Entry] = []
            for drafts, which in batches:
                new = _following(entries, drafts)
                logs[which].append(new, expected=len(entries))
                entries += new
                for log in logs:
                    _same(tuple(log.head()), _head(entries), "the head")
                    _same(log.read(), entries, "all entries")
                    _same(log.read(after, limit=limit), entries[after:][:limit], f"{limit} entries after {after}")

    @given(_DRAFTS, _DRAFTS, st.integers(0, 9))
    def refuses_another_position(first: list[Draft], second: list[Draft], expected: int) -> None:
        with make() as (one, other):
            entries = _following([], first)
            one.append(entries, expected=0)
            if expected != len(entries):
                try:
                    other.append(_following(entries, second), expected=expected)
                except WrongPositionError as error:
                    _same((error.expected, error.actual), (expected, len(entries)), "the positions of the error")
                else:
                    raise AssertionError(
                        f"the log ends at {len(entries)}, yet append(expected={expected}) went through"
                    )
            _same(other.read(), entries, "the log after a refused append")

    @given(_DRAFTS.filter(bool), _DRAFTS.filter(bool))
    def appends_all_or_none(first: list[Draft], second: list[Draft]) -> None:
        with make() as (one, other):
            entries = _following([], first)
            one.append(entries, expected=0)
            doubled = [*_following(entries, second), entries[0]]
            try:
                one.append(doubled, expected=len(entries))
            except Exception as error:  # noqa: BLE001 - how a keeper refuses a position that is taken is its own affair
                note(f"refused: {error}")
            else:
                raise AssertionError("an entry was appended twice")
            _same(other.read(), entries, "the log after an append that failed half way")

    for promise in (keeps, refuses_another_position, appends_all_or_none):
        (settings or Settings(deadline=None))(promise)()


def _following(entries: Sequence[Entry], drafts: Iterable[Draft]) -> list[Entry]:
    versions: dict[str, int] = {}
    for entry in entries:
        versions[entry.subject] = entry.version
    return seal(drafts, _head(entries), versions, datetime.now(UTC))


def _head(entries: Sequence[Entry]) -> Head:
    return Head(len(entries), entries[-1].hash, entries[-1].recorded_at) if entries else EMPTY


def _same(found: object, wanted: object, what: str) -> None:
    if found != wanted:
        raise AssertionError(f"{what}: {found!r}, not {wanted!r}")


# --- a machine -----------------------------------------------------------------------


_ONE = ("ca-jad",)
_FACTS: Strategy[Fact] = st.one_of([_related(cls, _ONE) for cls in FACTS])


class RegistryMachine(RuleBasedStateMachine):
    """Drives a registry in memory: records, amends, disputes, rebuilds, reopens, looks back.

    Run it with ``hypothesis.stateful.run_state_machine_as_test``. To watch more than
    ``verify()``, derive from it and override :meth:`made`.
    """

    #: What to keep beside the standard views.
    projections: Sequence[Projection] = ()
    recorded = Bundle("recorded")

    def __init__(self) -> None:
        super().__init__()
        self.player = Player(Registry.open(projections=self.projections))

    @property
    def registry(self) -> Registry:
        """The registry that is driven."""
        return self.player.registry

    def made(self, move: Move, recorded: RecordedEvent | None) -> None:
        """Look at what a move came to."""

    def _make(self, move: Move) -> Any:
        before = len(self.player.ids)
        self.made(move, self.player.play(move))
        return multiple(*range(before + 1, len(self.player.ids) + 1))

    @initialize(target=recorded, launch=_related(DialogueLaunched, _ONE), opening=_related(SeriesOpened, _ONE))
    def open_a_series(self, launch: DialogueLaunched, opening: SeriesOpened) -> Any:
        self._make(Record(launch))
        self._make(Record(attrs.evolve(opening, dialogue=launch.dialogue)))
        return multiple(1, 2)

    @rule(target=recorded, fact=_FACTS, source=_TOLD_BY)
    def record(self, fact: Fact, source: Source | None) -> Any:
        return self._make(Record(fact, source))

    @rule(target=recorded, of=recorded, replacement=_FACTS, reason=_REASONS, source=_TOLD_BY)
    def correct(self, of: int, replacement: Fact, reason: str, source: Source | None) -> Any:
        return self._make(Correct(of, replacement, reason, source))

    @rule(target=recorded, of=recorded, reason=_REASONS)
    def retract(self, of: int, reason: str) -> Any:
        return self._make(Retract(of, reason))

    @rule(target=recorded, of=recorded, claim=_FACTS, source=st.sampled_from(_SOURCES))
    def dispute(self, of: int, claim: Fact, source: Source) -> Any:
        return self._make(Dispute(of, claim, source))

    @rule()
    def rebuild(self) -> None:
        self.registry.rebuild()

    @rule()
    def reopen(self) -> None:
        again = _connected(self.registry._uri, self.projections)
        self.registry.close()
        self.player.registry = again

    @rule(position=st.integers(0, 20))
    def look_back(self, position: int) -> None:
        with self.registry.at(position=min(position, self.registry.position)) as past:
            past.verify()

    def teardown(self) -> None:
        self.registry.verify()
        self.registry.close()
