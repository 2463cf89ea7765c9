"""A guard against the next edition of a table that is imported as if it were more of the same.

A row may be at odds with what an earlier edition said. It may be a second head of a delegation,
a second row of one key, or a name much like one that is gone. It is not recorded unless
somebody says so. Whether a name is still there shows only when the whole table was read.
"""

from typing import Any

import orjson

from dialogue_registry.imports.earlier_editions import EarlierEditions, digest, family
from dialogue_registry.imports.row_mapper import MappedRow
from dialogue_registry.model.events import DelegateAbsent, DelegateAttended, Role
from dialogue_registry.model.names import is_nearly
from dialogue_registry.model.texts import fold_text
from dialogue_registry.registry.session import Session

_ADVICE = (
    "if the table was mended, plan its changes with --refresh PLAN (plan_edition in Python); if it is right beside the "
    "other, record it with --anyway (anyway=True)"
)
_Delegation = tuple[str, str]


class EditionGuard:
    """Statements of earlier editions of one table, as far as a further row may be at odds with them."""

    def __init__(self, session: Session, table: str) -> None:
        self._kinds = session.log.codec.kinds
        self._earlier = EarlierEditions(session, table)
        self._heads: dict[_Delegation, list[tuple[int, str]]] = {}
        self._names: dict[_Delegation, list[tuple[int, str]]] = {}
        self._keys: dict[tuple[str, str], int] = {}
        for fact, row in self._earlier.standing((DelegateAttended, DelegateAbsent)):
            delegation = _delegation(row)
            if row.name:
                self._names.setdefault(delegation, []).append((fact, row.name))
            if isinstance(row, DelegateAttended) and row.role is Role.HEAD:
                self._heads.setdefault(delegation, []).append((fact, row.name or row.office))
        for fact, event, citation in self._earlier.cited():
            cited = orjson.loads(citation)
            if cited.get("locator", "").startswith("row "):
                self._keys[cited["row"], family(self._kinds, event)] = fact

    def __bool__(self) -> bool:
        return bool(self._earlier)

    def doubts(self, mapped: MappedRow) -> bool:
        """Note what a row says; return whether it may be at odds with an earlier edition."""
        doubtful = False
        for fact in mapped.facts:
            key = digest(fact.fact)
            self._earlier.has(key)
            if key not in self._earlier.ever:
                doubtful = doubtful or self._key_of(fact.fact, mapped.key) is not None or self._is_near(fact.fact)
        return doubtful

    def reason(self, mapped: MappedRow) -> str:
        """Return how a row is at odds with an earlier edition, once all rows were read; "" where it is not."""
        for fact in mapped.facts:
            if digest(fact.fact) in self._earlier.ever:
                continue
            if (why := self._why(fact.fact, mapped.key)) is not None:
                return f"{why}: {_ADVICE}"
        return ""

    def _why(self, fact: Any, key: str) -> str | None:
        if isinstance(fact, DelegateAttended | DelegateAbsent):
            name = fact.name or fact.office
            if isinstance(fact, DelegateAttended) and fact.role is Role.HEAD:
                for position, head in self._heads.get(_delegation(fact), ()):
                    if fold_text(head) != fold_text(name):
                        return (
                            f"{fact.meeting} would have two heads for {fact.party}, {name!r} and {head!r}, whom an "
                            f"earlier edition of the table has (position {position})"
                        )
            for position, other in self._names.get(_delegation(fact), ()):
                if is_nearly(fact.name, other) and not self._earlier.is_seen(position):
                    return (
                        f"{fact.meeting} would have {fact.name!r} for {fact.party} beside {other!r}, whom an earlier "
                        f"edition of the table has (position {position}) and this one has no more"
                    )
        if (stands := self._key_of(fact, key)) is not None:
            return (
                f"a row with the key {key!r} stands already, from an earlier edition of the table (position {stands})"
            )
        return None

    def _key_of(self, fact: Any, key: str) -> int | None:
        return self._keys.get((key, family(self._kinds, fact))) if key else None

    def _is_near(self, fact: Any) -> bool:
        if not isinstance(fact, DelegateAttended | DelegateAbsent):
            return False
        if isinstance(fact, DelegateAttended) and fact.role is Role.HEAD and _delegation(fact) in self._heads:
            return True
        return any(is_nearly(fact.name, other) for _, other in self._names.get(_delegation(fact), ()))


def _delegation(fact: DelegateAttended | DelegateAbsent) -> _Delegation:
    return fact.meeting, fold_text(fact.party)
