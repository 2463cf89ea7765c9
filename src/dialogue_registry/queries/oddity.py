"""An oddity: an anomaly before its events have their ids."""

from typing import NamedTuple


class Oddity(NamedTuple):
    """Something odd: its kind, the id it is about, why, and the positions of the events it comes from.

    ``disputed`` are ids of events that are named before those.
    """

    kind: str
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
