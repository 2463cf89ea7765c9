"""Reasons why a row was not recorded, in the words of the table and of the command line."""

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from dialogue_registry.errors import (
    ConflictError,
    IdInUseError,
    RefusedError,
    SeriesMismatchError,
    UnknownSubjectError,
)
from dialogue_registry.model.events import DelegateAbsent, DelegateAttended, Fact
from dialogue_registry.model.names import one_letter_apart
from dialogue_registry.registry.registry import Snapshot

_NAMED = 3


class Known:
    """The ids that are recorded, asked for where a row names one that is not."""

    def __init__(self, registry: Snapshot) -> None:
        self._registry = registry
        self._position = -1
        self._ids: dict[str, Sequence[str]] = {}
        self._near: dict[tuple[str, str], str] = {}

    def near(self, kind: str, id_: str, position: int) -> str:
        """Name what is recorded and nearest to an id that is not; ``position`` is the end of the log now."""
        if position != self._position:
            self._position = position
            self._ids.clear()
            self._near.clear()
        if (kind, id_) not in self._near:
            self._near[kind, id_] = _near(id_, self._recorded(kind), kind)
        return self._near[kind, id_]

    def row_of(self, position: int) -> str:
        """Return the row of a table that an event was made of, such as "row 2"; "" where it was made of none."""
        if not position:
            return ""
        cited = self._registry.event(position).citation
        if cited is None or not cited.row:
            return ""
        return f"row {cited.row}" if not cited.locator.startswith("row ") else cited.locator

    def _recorded(self, kind: str) -> Sequence[str]:
        if kind not in self._ids:
            registry = self._registry
            asked: dict[str, Callable[[], Sequence[Any]]] = {
                "dialogue": registry.dialogues, "series": registry.series, "meeting": registry.meetings,
            }  # fmt: skip
            self._ids[kind] = [getattr(row, kind) for row in asked[kind]()]
        return self._ids[kind]


def refusal_reason(error: RefusedError, fact: Fact | None, known: Known, position: int) -> str:
    """Return why a fact was refused; ``position`` is the end of the log now."""
    match error:
        case UnknownSubjectError(kind=kind, id=id_) if kind in ("dialogue", "series", "meeting"):
            return f"{kind} {id_!r} is not recorded{known.near(kind, str(id_), position)}"
        case IdInUseError() | SeriesMismatchError():
            return str(error)
        case ConflictError():
            return conflict_reason(error, fact, known.row_of(error.position))
    return str(error)


def conflict_reason(conflict: ConflictError, fact: Fact | None, row: str = "") -> str:
    """Return in what a fact differs from the one that stands, made of ``row``; of a person, how to keep both."""
    if fact is None or conflict.stands is None or type(conflict.stands) is not type(fact):
        return str(conflict)
    differ = [
        f"{name} is {_shown(getattr(fact, name))} here, {_shown(getattr(conflict.stands, name))} there"
        for name in attrs.fields_dict(type(fact))
        if getattr(fact, name) != getattr(conflict.stands, name)
    ]
    where = f"at position {conflict.position}" if conflict.position else "in the same row"
    where += f" ({row})" * bool(row)
    reason = f"{type(fact).__name__} stands otherwise {where}: {'; '.join(differ)}"
    if not isinstance(fact, DelegateAttended | DelegateAbsent):
        return reason
    return f"{seat_of(fact)}: {reason}; {TELL_APART}"


TELL_APART = (
    'if several persons bear that name, say in the mapping what tells them apart, such as person = "{Number}"; if one '
    'person sat in several capacities, such as seat = "{Office}"'
)


def seat_of(fact: DelegateAttended | DelegateAbsent) -> str:
    """Return whose seat a row of an attendance list is about, such as 'A. Name' of JPN."""
    return f"{fact.name or fact.office or 'nobody named'!r} of {fact.party!r}"


def _shown(value: object) -> str:
    return "not given" if value in (None, "", ()) else repr(str(value))


def _near(id_: str, ids: Sequence[str], kind: str) -> str:
    """Name the recorded id that differs in one letter, else some that are recorded."""
    near = [other for other in ids if one_letter_apart(id_, other)]
    if near:
        return f": it differs from {near[0]!r} in one letter"
    if not ids:
        return f": no {kind} is recorded"
    kin = [other for other in ids if other.partition("/")[0] == id_.partition("/")[0]] or list(ids)
    shown = ", ".join(map(repr, kin[:_NAMED])) + " …" * (len(kin) > _NAMED)
    return f": recorded {'is' if len(kin) == 1 else 'are'} {shown}"
