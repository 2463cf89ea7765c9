"""Moves: what a history asks of a registry, and the player that asks it."""

from collections.abc import Iterable
from typing import TypeAlias

import attrs
from hypothesis import currently_in_test_context, note

from dialogue_registry.errors import RefusedError
from dialogue_registry.log.entry import RecordedEvent
from dialogue_registry.model.events import Event, Fact, Source, brief
from dialogue_registry.registry.registry import Registry


@attrs.frozen
class Last:
    """The last event of a class about a subject; ``nth=2`` is the one before it.

    Only the events count that the history itself appended. An amendment is about the
    subject of the event that it amends.
    """

    event: type[Event]
    about: str
    nth: int = 1


@attrs.frozen
class Record:
    """Record a fact."""

    fact: Fact
    source: Source | None = None


@attrs.frozen
class Correct:
    """Correct a fact, named by itself or by a correction of it."""

    of: Last
    replacement: Fact
    reason: str = "wrong"
    source: Source | None = None


@attrs.frozen
class Retract:
    """Retract a fact, a dispute or an amendment."""

    of: Last
    reason: str = "wrong"
    source: Source | None = None


@attrs.frozen
class Dispute:
    """Dispute a fact."""

    of: Last
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
    """Plays moves on a registry, and remembers the events that they appended."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        #: The events that the moves appended.
        self.appended: list[RecordedEvent] = []
        #: The moves that appended them.
        self.accepted: list[Move] = []

    def play(self, move: Move) -> RecordedEvent | None:
        """Make a move; return the recorded event, or None where the registry refuses it."""
        try:
            return self.attempt(move)
        except RefusedError as refusal:
            if currently_in_test_context():
                note(f"refused: {brief(move)}: {refusal}")
            return None

    def attempt(self, move: Move) -> RecordedEvent:
        """Make a move; return the recorded event. Raises the registry's error where it refuses it."""
        recorded = self._make(move)
        if recorded not in self.appended:
            self.appended.append(recorded)
            self.accepted.append(move)
        return recorded

    def _make(self, move: Move) -> RecordedEvent:
        match move:
            case Record():
                return self.registry.record(move.fact, source=move.source)[0]
            case Correct():
                id_ = self._id(move.of)
                return self.registry.correct(id_, move.replacement, reason=move.reason, source=move.source)
            case Retract():
                return self.registry.retract(self._id(move.of), reason=move.reason, source=move.source)
            case Dispute():
                return self.registry.dispute(self._id(move.of), move.claim, source=move.source, reason=move.reason)

    def _id(self, last: Last) -> str:
        matching = [event.id for event in self.appended if _matches(event, last)]
        return matching[-last.nth] if last.nth <= len(matching) else "no such event"

    def reference(self, recorded: RecordedEvent) -> Last:
        """Return the words for an event that a move appended."""
        last = Last(type(recorded.event), recorded.subject)
        later = self.appended[self.appended.index(recorded) :]
        return attrs.evolve(last, nth=sum(_matches(event, last) for event in later))


def _matches(recorded: RecordedEvent, last: Last) -> bool:
    return type(recorded.event) is last.event and recorded.subject == last.about


def play(registry: Registry, moves: Iterable[Move]) -> History:
    """Play moves on a registry; return those that appended an event: move number n appended event number n."""
    player = Player(registry)
    for move in moves:
        player.play(move)
    return History(player.accepted)
