"""A failing history shrinks to one that can be read: moves that the failure does not need are left out."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from dialogue_registry import MeetingAnnounced, MeetingPostponed, Registry
from dialogue_registry.testing import History, Player, histories
from tests.laws.agreement import agree
from tests.laws.model import Assertion, Model

Standing = list[tuple[object, list[Assertion]]]


class Doubling(Model):
    """A model with a fault: a meeting announced by two sources is announced twice, once it was postponed."""

    def standing(self) -> Standing:
        standing = super().standing()
        postponed = {
            facts[0].content.meeting for _, facts in standing if isinstance(facts[0].content, MeetingPostponed)
        }
        doubled: Standing = []
        for key, facts in standing:
            first, *others = facts
            if others and isinstance(first.content, MeetingAnnounced) and first.content.meeting in postponed:
                doubled += [(key, [first]), ((key, "again"), others)]
            else:
                doubled.append((key, facts))
        return doubled


def check(moves: History) -> None:
    with Registry.open() as registry:
        player, known = Player(registry), Doubling()
        for move in moves:
            assert (player.play(move) is None) == (known.play(move) is None)
        agree(registry, known)


def shrunk(law: Callable[[History], None]) -> History:
    """Return the history that is left when Hypothesis has shrunk one that breaks a law."""
    broken: list[History] = []

    @settings(
        max_examples=2000,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow],
        report_multiple_bugs=False,
    )
    @given(histories(dialogues=["ca-jad"], max_moves=12))
    def holds(moves: History) -> None:
        try:
            law(moves)
        except AssertionError:
            broken.append(moves)
            raise

    with pytest.raises(AssertionError):
        holds()
    return broken[-1]


def test_a_double_announcement_shrinks_to_six_moves_or_fewer() -> None:
    moves = shrunk(check)
    print(moves)
    assert len(moves) <= 6
