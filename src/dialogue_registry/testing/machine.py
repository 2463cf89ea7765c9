"""A state machine that drives a registry: records, amends, disputes, rebuilds, reopens, looks back."""

from collections.abc import Sequence
from typing import Any

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule

from dialogue_registry.log.entry import RecordedEvent
from dialogue_registry.model.events import FACTS, DialogueLaunched, Fact, SeriesOpened, Source
from dialogue_registry.model.tables import Projection
from dialogue_registry.registry.registry import Registry
from dialogue_registry.testing.histories import ANY_SOURCE, REASONS, SOURCES, related
from dialogue_registry.testing.laws import opened_again
from dialogue_registry.testing.moves import Correct, Dispute, Last, Move, Player, Record, Retract
from dialogue_registry.testing.strategies import Strategy

_ONE = ("ca-jad",)
_FACTS: Strategy[Fact] = st.one_of([related(cls, _ONE) for cls in FACTS])


class RegistryMachine(RuleBasedStateMachine):
    """Drives a registry in memory: records, amends, disputes, rebuilds, reopens, looks back.

    Run it with ``hypothesis.stateful.run_state_machine_as_test``. To watch more than
    ``verify()``, derive from it and override :meth:`made`.
    """

    #: The projections to keep beside the standard one.
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

    def _last(self, number: int) -> Last:
        return self.player.reference(self.player.appended[number - 1])

    def _make(self, move: Move) -> Any:
        before = len(self.player.appended)
        self.made(move, self.player.play(move))
        return multiple(*range(before + 1, len(self.player.appended) + 1))

    @initialize(target=recorded, launch=related(DialogueLaunched, _ONE), opening=related(SeriesOpened, _ONE))
    def open_a_series(self, launch: DialogueLaunched, opening: SeriesOpened) -> Any:
        self._make(Record(launch))
        self._make(Record(attrs.evolve(opening, dialogue=launch.dialogue)))
        return multiple(1, 2)

    @rule(target=recorded, fact=_FACTS, source=ANY_SOURCE)
    def record(self, fact: Fact, source: Source | None) -> Any:
        return self._make(Record(fact, source))

    @rule(target=recorded, of=recorded, replacement=_FACTS, reason=REASONS, source=ANY_SOURCE)
    def correct(self, of: int, replacement: Fact, reason: str, source: Source | None) -> Any:
        return self._make(Correct(self._last(of), replacement, reason, source))

    @rule(target=recorded, of=recorded, reason=REASONS)
    def retract(self, of: int, reason: str) -> Any:
        return self._make(Retract(self._last(of), reason))

    @rule(target=recorded, of=recorded, claim=_FACTS, source=st.sampled_from(SOURCES))
    def dispute(self, of: int, claim: Fact, source: Source) -> Any:
        return self._make(Dispute(self._last(of), claim, source))

    @rule()
    def rebuild(self) -> None:
        self.registry.rebuild()

    @rule()
    def reopen(self) -> None:
        again = opened_again(self.registry, self.projections)
        self.registry.close()
        self.player.registry = again

    @rule(position=st.integers(0, 20))
    def look_back(self, position: int) -> None:
        with self.registry.at(position=min(position, self.registry.position)) as past:
            past.verify()

    def teardown(self) -> None:
        self.registry.verify()
        self.registry.close()
