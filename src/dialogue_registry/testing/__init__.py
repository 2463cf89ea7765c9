"""Strategies and laws, to test what is built on a registry (needs Hypothesis: the extra ``[testing]``).

A *history* is a list of *moves*: record this, correct the last delegate of that meeting, retract
the last correction. :func:`histories` draws them, :func:`play` plays them, and
:func:`check_projection` tests a projection of yours against the laws of the library::

    from dialogue_registry.testing import check_projection


    def test_my_projection_obeys_the_laws():
        check_projection(mine)

:func:`check_kind` does the same for a kind of yours, :func:`check_log` for a store of the
log, and :class:`RegistryMachine` drives a registry by a state machine.
"""

from dialogue_registry.errors import MissingExtraError

try:
    import hypothesis as _hypothesis  # noqa: F401 - an extra
except ImportError as error:
    raise MissingExtraError(
        f"the strategies and laws need Hypothesis ({error}): pip install 'dialogue-registry[testing]'"
    ) from error

from dialogue_registry.testing.histories import histories
from dialogue_registry.testing.kind_laws import check_kind
from dialogue_registry.testing.laws import (
    Contents,
    caught_up_as_kept_up,
    check_projection,
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
from dialogue_registry.testing.log_contract import check_log
from dialogue_registry.testing.machine import RegistryMachine
from dialogue_registry.testing.moves import Correct, Dispute, History, Last, Move, Player, Record, Retract, play
from dialogue_registry.testing.strategies import (
    Strategy,
    dates,
    days,
    events,
    facts,
    ids,
    names,
    required_texts,
    sources,
    texts,
)

__all__ = [
    "Contents",
    "Correct",
    "Dispute",
    "History",
    "Last",
    "Move",
    "Player",
    "Record",
    "RegistryMachine",
    "Retract",
    "Strategy",
    "caught_up_as_kept_up",
    "check_kind",
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
