"""Histories: lists of moves, made by Hypothesis.

A history is made in two steps, so that it shrinks. Hypothesis draws *turns*, each by itself: what
happens, with which fact, preferably to what. Then :class:`Sketch` turns them into moves, one by
one, and fits each to what was recorded before it. A turn that is left out changes the others
only where they need what it recorded.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from typing import Any, TypeAlias, TypeVar, cast

import attrs
from hypothesis import assume
from hypothesis import strategies as st

from dialogue_registry.model.events import (
    FACTS,
    ActivityReported,
    CountStated,
    DelegateAbsent,
    DelegateAttended,
    DialogueLaunched,
    Fact,
    HeadcountStated,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    MeetingShared,
    OutcomeAgreed,
    PartyJoined,
    SeriesOpened,
    Source,
    TopicDiscussed,
)
from dialogue_registry.model.kinds import Kind
from dialogue_registry.model.standard_kinds import kinds_with
from dialogue_registry.testing.moves import History
from dialogue_registry.testing.sketch import REPORTS, Ids, Sketch, Step, ids_of
from dialogue_registry.testing.strategies import Strategy, facts

F = TypeVar("F", bound=Fact)

SOURCES = [
    Source("Release"),
    Source("Page", url="https://example.org/"),
    Source("List", published="2006", kind="list"),
]
ANY_SOURCE = st.sampled_from([None, *SOURCES])
REASONS = st.sampled_from(["wrong", "mistranslated"])
_WORDS = st.sampled_from(["x", "y", "Water and energy", "合意"])
_PEOPLE = st.sampled_from(["Mr. TOKUDA Shuichi", "Марат СЫЗДЫКОВ", "Dinara KEMELEVA"])

_DETAILS = (DelegateAttended, DelegateAbsent, TopicDiscussed, ActivityReported, OutcomeAgreed, HeadcountStated)


def histories(
    *,
    dialogues: Sequence[str] = ("ca-jad", "c5"),
    min_moves: int = 0,
    max_moves: int = 30,
    kinds: Iterable[Kind] = (),
) -> Strategy[History]:
    """Return a strategy for histories of some dialogues, mostly plausible ones.

    They hold several sources for one fact, repetitions, odd ordinals and partial dates.
    Announcements come to nothing, are postponed, cancelled and announced again. Corrections may
    be of corrections, or move a fact to another date, series or meeting. Retractions may be of
    amendments. There are disputes, and now and then a move that every registry must refuse.
    There are ``min_moves`` to ``max_moves`` after the dialogues and series are opened. Facts of
    your ``kinds``, made by their annotations, are mixed in.
    """
    return _histories(tuple(dialogues), min_moves, max_moves, tuple(kinds))


@st.composite
def _histories(
    draw: st.DrawFn, scope: tuple[str, ...], min_moves: int, max_moves: int, added: tuple[Kind, ...]
) -> History:
    openings = draw(_openings(scope))
    # A list is seldom long by itself, and it takes some turns until there is something to amend.
    smallest = draw(st.sampled_from([max(min_moves, max_moves * part // 3) for part in (0, 1, 2)]))
    turns = draw(st.lists(_turns(scope, added), min_size=smallest, max_size=max_moves))
    sketch = Sketch(scope, kinds_with(added))
    for fact in openings:
        sketch.record(fact)
    for turn in turns:
        turn(sketch)
    assume(len(sketch.moves) >= len(openings) + min_moves)
    return History(sketch.moves[: len(openings) + max_moves])


# --- what is drawn -------------------------------------------------------------------


def related(cls: type[F], dialogues: tuple[str, ...]) -> Strategy[F]:
    """Return a strategy for facts of a class that share ids, words and people."""
    return _related(cls, dialogues)


@lru_cache
def _related(cls: Any, dialogues: tuple[str, ...]) -> Strategy[Any]:
    ids = Ids(dialogues)
    return facts(
        cls,
        dialogues=st.sampled_from(ids.dialogues),
        series=st.sampled_from(ids.series),
        meetings=st.sampled_from(ids.meetings),
        words=_WORDS,
        people=_PEOPLE,
    )


@lru_cache
def _openings(scope: tuple[str, ...]) -> Strategy[tuple[Fact, ...]]:
    """Return a strategy for facts that launch dialogues and open series, the first of each in every history."""
    dialogues: list[Strategy[tuple[Fact, ...]]] = []
    for number, dialogue in enumerate(scope):
        launched = related(DialogueLaunched, scope).map(partial(attrs.evolve, dialogue=dialogue))
        one, other = (
            related(SeriesOpened, scope).map(partial(attrs.evolve, series=f"{dialogue}/{name}", dialogue=dialogue))
            for name in ("som", "fm")
        )
        opened: Strategy[tuple[Fact, ...]] = st.tuples(launched, one) | st.tuples(launched, one, other)
        dialogues.append(opened if number == 0 else st.just(()) | opened)
    return st.tuples(*dialogues).map(lambda parts: tuple(fact for part in parts for fact in part))


_Turn: TypeAlias = Callable[[Sketch], None]


def _turn(turn: Callable[..., None], **drawn: Strategy[Any]) -> Strategy[_Turn]:
    return st.fixed_dictionaries(drawn).map(lambda values: lambda sketch: turn(sketch, **values))


@lru_cache
def _turns(scope: tuple[str, ...], added: tuple[Kind, ...] = ()) -> Strategy[_Turn]:
    """Return a strategy for turns. What a registry refuses is rare, lest little else be recorded."""
    ids = Ids(scope)
    yours = tuple(kind.cls for kind in added)
    anything = st.sampled_from([*ids.meetings, *ids.series, *ids.dialogues])

    def of(*classes: type[Fact]) -> Strategy[Any]:
        return st.sampled_from(classes).flatmap(lambda cls: related(cls, scope))

    sourced = {"source": ANY_SOURCE}
    amending = {"reason": REASONS, "source": ANY_SOURCE}
    delegates = st.lists(st.tuples(of(DelegateAttended), ANY_SOURCE), min_size=2, max_size=3)
    steps = of(MeetingCancelled, MeetingPostponed, MeetingAnnounced, MeetingHeld, DelegateAttended)
    step: Strategy[Step] = st.tuples(steps, st.booleans(), ANY_SOURCE)
    common = (MeetingHeld, MeetingAnnounced, DelegateAttended, *yours)
    wishes = of(*common, *common, *common, TopicDiscussed, *FACTS)
    alike = st.sampled_from([*common, *common, *FACTS]).flatmap(
        lambda cls: st.lists(related(cls, scope), min_size=1, max_size=2)
    )
    odd = st.tuples(of(*FACTS), anything, anything, anything)
    weighted: list[tuple[int, Strategy[_Turn]]] = [
        (1, st.just(Sketch.rest)),  # comes first: it is what Hypothesis makes of a turn that a failure does not need
        (7, _turn(Sketch.report, fact=of(*REPORTS, MeetingHeld), **sourced)),
        (6, _turn(Sketch.detail, fact=of(*_DETAILS), **sourced)),
        (1, _turn(Sketch.share, fact=of(MeetingShared), **sourced)),
        (4, _turn(Sketch.delegation, delegates=delegates)),
        (2, _turn(Sketch.statement, stated=of(CountStated), alike=st.booleans(), **sourced)),
        (4, _turn(Sketch.interruption, fact=of(MeetingCancelled, MeetingPostponed), **sourced)),
        (2, _turn(Sketch.new_announcement, fact=of(MeetingAnnounced), **sourced)),
        (3, _turn(Sketch.repetition, wish=wishes, same_source=st.booleans(), **sourced)),
        (8, _turn(Sketch.corrections, wishes=alike, how=_HOW, **amending)),
        (5, _turn(Sketch.retraction, wish=wishes, **amending)),
        (2, _turn(Sketch.second_thought, about=anything, reason=REASONS)),
        (3, _turn(Sketch.dispute, claim=wishes, source=st.sampled_from(SOURCES))),
        (2, _turn(Sketch.episode, announced=of(MeetingAnnounced), steps=st.lists(st.none() | step, max_size=5))),
        (1, _turn(Sketch.record, fact=of(DialogueLaunched, PartyJoined, SeriesOpened), **sourced)),
        (1, _turn(Sketch.record, fact=odd.map(lambda drawn: _about(*drawn)), **sourced)),
    ]
    if yours:
        weighted.append((10, _turn(Sketch.fact_of_yours, fact=of(*yours), **sourced)))
    numbers = [number for number, (weight, _) in enumerate(weighted) for _ in range(weight)]
    return st.sampled_from(numbers).flatmap(lambda number: weighted[number][1])


_HOW = st.sampled_from(["reworded", "reworded", "moved", "moved", "another fact", "renamed"])


def _about(fact: Fact, *ids: str) -> Fact:
    """Return the fact with other ids, of things of any kind: a delegate who attended a dialogue."""
    return cast("Fact", attrs.evolve(cast("Any", fact), **dict(zip(ids_of(fact), ids, strict=False))))
