"""The persons of attendance as other formats have them: an id for each, and all names as written."""

from collections.abc import Iterator, Sequence

from dialogue_registry.queries.persons import WHO, Named
from dialogue_registry.queries.reader import Reader

NAMED = "name <> '' AND presence = 'present'"
"""The SQL of the rows of attendance that name somebody who came."""

_NAMES = f"SELECT party, {WHO}, name, max(fact) FROM attendance WHERE {NAMED} GROUP BY 1, 2, 3 ORDER BY 4"


class PersonIds:
    """The persons of a registry: names that are joined have one id."""

    def __init__(self, reader: Reader) -> None:
        self._named = Named(reader.connection)
        #: By key: the id of the person, and the names, the one written last at the end.
        self._known: dict[tuple[str, str], tuple[str, dict[str, None]]] = {}
        for party, who, name, _ in reader.query(_NAMES):
            escaped = party.replace("%", "%25").replace("/", "%2F")
            _, names = self._known.setdefault(self._named.key(party, who), (f"person/{escaped}/{who}", {}))
            names.pop(name, None)
            names[name] = None

    def of(self, party: str, who: str) -> str:
        """Return the id of the person that a row names."""
        return self._known[self._named.key(party, who)][0]

    def names(self, party: str, who: str) -> Sequence[str]:
        """Return all names of the person that a row names, the one written last at the end."""
        return list(self._known[self._named.key(party, who)][1])

    def __iter__(self) -> Iterator[tuple[str, Sequence[str]]]:
        """Yield the id and the names of each person."""
        return ((id_, list(names)) for id_, names in self._known.values())
