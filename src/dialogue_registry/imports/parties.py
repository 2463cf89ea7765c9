"""Names of parties, matched with the party they mean: exactly, or not at all.

A name is looked up among the names of known parties, and among those of states. Case, width,
white space and articles do not matter (:func:`dialogue_registry.model.names.fold`). Nothing is
similar to anything here: "Republic of Korea" is KOR, and never PRK.
"""

from collections.abc import Iterable, Mapping

from dialogue_registry.imports.states import state
from dialogue_registry.model.names import fold

_KEPT = 10_000
"""So many names are kept with the party they mean: a table names few parties, and each many times."""


class Parties:
    """Known names of parties; a name that means two of them means none."""

    def __init__(
        self,
        names: Iterable[tuple[str, str]],
        aliases: Iterable[tuple[str, str]] = (),
        states: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        """Take pairs of a name and the party it means; a party's own code is a name of it.

        An alias is somebody's word for this table: it decides where a name means two.
        """
        self._known: dict[str, set[str]] = {}
        self._decided: dict[str, set[str]] = {}
        self._states = states or {}
        self._matched: dict[str, str | None] = {}
        for name, party in aliases:
            self._decided.setdefault(fold(name), set()).add(party)
            self._known.setdefault(fold(party), set()).add(party)
        for name, party in names:
            self._known.setdefault(fold(name), set()).add(party)
            self._known.setdefault(fold(party), set()).add(party)

    def match(self, name: str) -> str | None:
        """Return the party that a name means; None where none or several do."""
        if name not in self._matched:
            if len(self._matched) >= _KEPT:
                self._matched.clear()
            self._matched[name] = self._match(name)
        return self._matched[name]

    def _match(self, name: str) -> str | None:
        key = fold(name)
        if not (found := self._decided.get(key, set())):
            found = set(self._known.get(key, ()))
            if self._states and (code := state(name, self._states)) is not None:
                found.add(code)
        return next(iter(found)) if len(found) == 1 else None
