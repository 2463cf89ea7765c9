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

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import attrs
from hypothesis import given, note
from hypothesis import settings as Settings  # noqa: N812 - "settings" is the name of the argument
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule

from dialogue_registry.codec import encode_source
from dialogue_registry.errors import WrongPositionError
from dialogue_registry.events import (
    FACTS,
    DialogueLaunched,
    Fact,
    SeriesOpened,
    Source,
)
from dialogue_registry.histories import (
    REASONS,
    SOURCES,
    TOLD_BY,
    Correct,
    Dispute,
    History,
    Move,
    Player,
    Record,
    Retract,
    histories,
    play,
    related,
)
from dialogue_registry.inventing import Strategy, dates, days, events, facts, ids, names, required_texts, sources, texts
from dialogue_registry.laws import (
    Shown,
    agree,
    caught_up_as_kept_up,
    check_projection,
    connected,
    effective,
    fed,
    log_as_effective_log,
    past_as_prefix,
    rebuilt_as_incremental,
    retracted_as_never_recorded,
    same,
    show,
    stored,
    unrelated_commute,
)
from dialogue_registry.log import EMPTY, Draft, Entry, Head, Log, RecordedEvent, seal
from dialogue_registry.projections import Projection
from dialogue_registry.registry import Registry

__all__ = [
    "Correct",
    "Dispute",
    "History",
    "Move",
    "Player",
    "Record",
    "RegistryMachine",
    "Retract",
    "Shown",
    "Strategy",
    "caught_up_as_kept_up",
    "check_log",
    "check_projection",
    "dates",
    "days",
    "effective",
    "events",
    "facts",
    "fed",
    "histories",
    "ids",
    "log_as_effective_log",
    "names",
    "past_as_prefix",
    "play",
    "rebuilt_as_incremental",
    "required_texts",
    "retracted_as_never_recorded",
    "same",
    "show",
    "sources",
    "stored",
    "texts",
    "unrelated_commute",
]


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
            agree(logs[0].head(), EMPTY, "the head of an empty log")
            agree(logs[0].read(), [], "what is read of an empty log")
            entries: list[Entry] = []
            for drafts, which in batches:
                new = _following(entries, drafts)
                logs[which].append(new, expected=len(entries))
                entries += new
                for log in logs:
                    agree(tuple(log.head()), _head(entries), "the head")
                    agree(log.read(), entries, "all entries")
                    agree(log.read(after, limit=limit), entries[after:][:limit], f"{limit} entries after {after}")

    @given(_DRAFTS, _DRAFTS, st.integers(0, 9))
    def refuses_another_position(first: list[Draft], second: list[Draft], expected: int) -> None:
        with make() as (one, other):
            entries = _following([], first)
            one.append(entries, expected=0)
            if expected != len(entries):
                try:
                    other.append(_following(entries, second), expected=expected)
                except WrongPositionError as error:
                    agree((error.expected, error.actual), (expected, len(entries)), "the positions of the error")
                else:
                    raise AssertionError(
                        f"the log ends at {len(entries)}, yet append(expected={expected}) went through"
                    )
            agree(other.read(), entries, "the log after a refused append")

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
            agree(other.read(), entries, "the log after an append that failed half way")

    for promise in (keeps, refuses_another_position, appends_all_or_none):
        (settings or Settings(deadline=None))(promise)()


def _following(entries: Sequence[Entry], drafts: Iterable[Draft]) -> list[Entry]:
    versions: dict[str, int] = {}
    for entry in entries:
        versions[entry.subject] = entry.version
    return seal(drafts, _head(entries), versions, datetime.now(UTC))


def _head(entries: Sequence[Entry]) -> Head:
    return Head(len(entries), entries[-1].hash, entries[-1].recorded_at) if entries else EMPTY


# --- a machine -----------------------------------------------------------------------


_ONE = ("ca-jad",)
_FACTS: Strategy[Fact] = st.one_of([related(cls, _ONE) for cls in FACTS])


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

    @initialize(target=recorded, launch=related(DialogueLaunched, _ONE), opening=related(SeriesOpened, _ONE))
    def open_a_series(self, launch: DialogueLaunched, opening: SeriesOpened) -> Any:
        self._make(Record(launch))
        self._make(Record(attrs.evolve(opening, dialogue=launch.dialogue)))
        return multiple(1, 2)

    @rule(target=recorded, fact=_FACTS, source=TOLD_BY)
    def record(self, fact: Fact, source: Source | None) -> Any:
        return self._make(Record(fact, source))

    @rule(target=recorded, of=recorded, replacement=_FACTS, reason=REASONS, source=TOLD_BY)
    def correct(self, of: int, replacement: Fact, reason: str, source: Source | None) -> Any:
        return self._make(Correct(of, replacement, reason, source))

    @rule(target=recorded, of=recorded, reason=REASONS)
    def retract(self, of: int, reason: str) -> Any:
        return self._make(Retract(of, reason))

    @rule(target=recorded, of=recorded, claim=_FACTS, source=st.sampled_from(SOURCES))
    def dispute(self, of: int, claim: Fact, source: Source) -> Any:
        return self._make(Dispute(of, claim, source))

    @rule()
    def rebuild(self) -> None:
        self.registry.rebuild()

    @rule()
    def reopen(self) -> None:
        again = connected(self.registry._uri, self.projections)
        self.registry.close()
        self.player.registry = again

    @rule(position=st.integers(0, 20))
    def look_back(self, position: int) -> None:
        with self.registry.at(position=min(position, self.registry.position)) as past:
            past.verify()

    def teardown(self) -> None:
        self.registry.verify()
        self.registry.close()
