"""An oddity: an anomaly before its events have their ids."""

from enum import StrEnum
from typing import NamedTuple


class AnomalyKind(StrEnum):
    """The kind of an anomaly; each compares with its word."""

    DISPUTED = "disputed"
    DOUBLE_ORDINAL = "double ordinal"
    GAP_IN_ORDINALS = "gap in ordinals"
    ORDINAL_AGAINST_COUNT = "ordinal against count"
    SAME_DAY = "same day"
    BEFORE_THE_LAUNCH = "before the launch"
    HELD_IN_THE_FUTURE = "held in the future"
    REPORTED_IN_THE_FUTURE = "reported in the future"
    STATED_OF_THE_FUTURE = "stated of the future"
    LAUNCHED_IN_THE_FUTURE = "launched in the future"
    ATTENDED_BUT_CANCELLED = "attended but cancelled"
    CANCELLED_AND_HELD = "cancelled and held"
    ATTENDED_BUT_ONLY_ANNOUNCED = "attended but only announced"
    REPORTED_BUT_ONLY_ANNOUNCED = "reported but only announced"
    ANNOUNCED_THEN_SILENCE = "announced, then silence"
    STATEMENT_GOES_DOWN = "statement goes down"
    PARTY_THAT_NEVER_JOINED = "party that never joined"
    JOINED_TWICE = "joined twice"
    LEFT_WITHOUT_JOINING = "left without joining"
    TWO_HEADS = "two heads"
    NEARLY_ONE_NAME = "nearly one name"


class Oddity(NamedTuple):
    """Something odd: its kind, the id it is about, why, and the positions of the events it comes from.

    ``disputed`` are ids of events that are named before those.
    """

    kind: AnomalyKind
    subject: str
    why: str
    positions: tuple[int, ...]
    disputed: tuple[str, ...] = ()


def listed(names: "list[str] | tuple[str, ...]") -> str:
    """Return names in words: a, b and c; of very many, the first ones and how many more there are."""
    shown = [*names[:10], f"{len(names) - 10} more"] if len(names) > 11 else [*names]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun, in the plural where it is not one."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
