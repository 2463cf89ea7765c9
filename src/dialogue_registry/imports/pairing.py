"""Pairs of the statements of an earlier edition and the facts of the new one that changed them.

Rows with a key pair by their key. Else facts of one identity pair: the same meeting, the same
person of a delegation. A row without a key that looks like a changed row is paired too, for
somebody to decide.
"""

from collections.abc import Callable, Hashable, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

import attrs

from dialogue_registry.imports.earlier_editions import Statement, family, identity
from dialogue_registry.imports.row_mapper import MappedFact
from dialogue_registry.model.kinds import Kinds
from dialogue_registry.model.names import is_nearly
from dialogue_registry.model.recording_rules import OPENS

_SIMILAR = 0.75


class Pair(NamedTuple):
    """A fact of the new edition and the statement that it changes; one of them is None where it has no pair.

    ``likely`` says that they only look alike.
    """

    fact: MappedFact | None
    statement: Statement | None
    likely: bool = False


def pair(kinds: Kinds, facts: Sequence[MappedFact], statements: Sequence[Statement], *, keyed: bool) -> list[Pair]:
    """Pair facts of the new edition with statements that no row of it makes any more.

    All of both are returned, the facts in order, then the statements without a fact. ``keyed``
    says that rows have keys: then facts of the row of one key are paired, else those that look
    alike.
    """
    matcher = _Matcher(kinds, facts, statements)
    # What makes an id known keeps it: others rest on it, whichever row says so in this edition.
    matcher.by(lambda fact: (type(fact), identity(kinds, fact)) if type(fact) in OPENS else None)
    matcher.by(lambda fact: identity(kinds, fact) if type(fact) in OPENS else None)
    if keyed:
        matcher.within_rows()
    matcher.by(lambda fact: (type(fact), identity(kinds, fact)))
    matcher.by(lambda fact: identity(kinds, fact))
    if not keyed:
        matcher.alike()
    return matcher.pairs()


class _Matcher:
    def __init__(self, kinds: Kinds, facts: Sequence[MappedFact], statements: Sequence[Statement]) -> None:
        self._kinds = kinds
        self._facts = facts
        self._statements = statements
        self._of: dict[int, tuple[int, bool]] = {}
        self._taken: set[int] = set()

    def pairs(self) -> list[Pair]:
        """Return the pairs, and what has none."""
        found = []
        for place, fact in enumerate(self._facts):
            old, likely = self._of.get(place, (None, False))
            found.append(Pair(fact, None if old is None else self._statements[old], likely))
        rest = (old for place, old in enumerate(self._statements) if place not in self._taken)
        return [*found, *(Pair(None, old) for old in rest)]

    def _take(self, fact: int, old: int, *, likely: bool = False) -> None:
        self._of[fact] = old, likely
        self._taken.add(old)

    def _groups(
        self, of_fact: Callable[[MappedFact], Hashable | None], of_old: Callable[[Statement], Hashable | None]
    ) -> list[tuple[list[int], list[int]]]:
        """Return what is unpaired, grouped by what both sides have in common; what has None stays alone."""
        groups: dict[Hashable, tuple[list[int], list[int]]] = {}
        for place, fact in enumerate(self._facts):
            if place not in self._of and (key := of_fact(fact)) is not None:
                groups.setdefault(key, ([], []))[0].append(place)
        for place, old in enumerate(self._statements):
            if place not in self._taken and (key := of_old(old)) is not None and key in groups:
                groups[key][1].append(place)
        return [group for group in groups.values() if group[1]]

    def by(self, key: Callable[[Any], Hashable | None]) -> None:
        """Pair those that are alone with a value on both sides."""
        for facts, olds in self._groups(lambda fact: key(fact.fact), lambda old: key(old.stated)):
            if len(facts) == len(olds) == 1:
                self._take(facts[0], olds[0])

    def within_rows(self) -> None:
        """Pair those of the row of one key: by their identity, then by what is left alone, then by likeness."""
        kinds = self._kinds
        groups = self._groups(
            lambda fact: (fact.row, family(kinds, fact.fact)) if fact.locator else None,
            lambda old: (old.key, family(kinds, old.stated)) if old.key else None,
        )
        for facts, olds in groups:
            by_identity = {identity(kinds, self._statements[old].stated): old for old in olds}
            for fact in facts:
                old = by_identity.get(identity(kinds, self._facts[fact].fact))
                if old is not None and old not in self._taken:
                    self._take(fact, old)
            left = [fact for fact in facts if fact not in self._of]
            rest = [old for old in olds if old not in self._taken]
            while left and len(left) == len(rest):
                fact, old = max(
                    ((fact, old) for fact in left for old in rest),
                    key=lambda both: _likeness(self._facts[both[0]].fact, self._statements[both[1]].stated),
                )
                self._take(fact, old)
                left.remove(fact)
                rest.remove(old)

    def alike(self) -> None:
        """Pair those about one subject of which one looks like the other with a change, and no third does."""
        subject = self._kinds.subject
        groups = self._groups(
            lambda fact: (type(fact.fact), subject(fact.fact)), lambda old: (type(old.stated), subject(old.stated))
        )
        for facts, olds in groups:
            likes = [
                (fact, old)
                for fact in facts
                for old in olds
                if is_changed_row(self._facts[fact].fact, self._statements[old].stated)
            ]
            for fact, old in likes:
                if sum(fact == one for one, _ in likes) == 1 == sum(old == other for _, other in likes):
                    self._take(fact, old, likely=True)


def is_changed_row(fact: Any, old: Any) -> bool:
    """Return whether a fact looks like another one of its class in which one cell was changed."""
    fields = attrs.fields(type(fact))
    differ = [field.name for field in fields if getattr(fact, field.name) != getattr(old, field.name)]
    if len(differ) != 1:
        return False
    one, other = getattr(fact, differ[0]), getattr(old, differ[0])
    if isinstance(one, str) and isinstance(other, str) and (is_nearly(one, other) or _similar(one, other)):
        return True
    same = [field for field in fields if field.name != differ[0] and _says_something(field, getattr(fact, field.name))]
    return len(same) >= 3


def _says_something(field: "attrs.Attribute[Any]", value: Any) -> bool:
    return bool(value not in (None, "", ()) and value != field.default)


def _similar(one: str, other: str) -> bool:
    return SequenceMatcher(None, one.casefold(), other.casefold()).ratio() >= _SIMILAR


def _likeness(fact: Any, old: Any) -> float:
    """Return how much two facts look alike."""
    if type(fact) is not type(old):
        return 0.0
    values = [(str(getattr(fact, f.name)), str(getattr(old, f.name))) for f in attrs.fields(type(fact))]
    return sum(SequenceMatcher(None, one, other).ratio() for one, other in values)
