"""Parts that documents for other programs share: nodes of what is known, ids of persons, addresses of pages."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from dialogue_registry.queries.persons import WHO, Named
from dialogue_registry.queries.reader import Reader

Node = dict[str, Any]


def filled(node: Node) -> Node:
    """Return a node without what is not known."""
    return {name: value for name, value in node.items() if value not in (None, "", [])}


def document(parts: Mapping[str, str | Iterable[Node]]) -> Iterator[bytes]:
    """Yield the pieces of a JSON document, whose parts are texts and arrays of nodes.

    ``<`` is written as an escape, so that the document can stand in a page of HTML.
    """
    yield b"{"
    for number, (name, part) in enumerate(parts.items()):
        yield b"%s\n  %s: " % (b"," * (number > 0), _dumps(name))
        yield from [_dumps(part)] if isinstance(part, str) else _array(part)
    yield b"\n}\n"


def _array(nodes: Iterable[Node]) -> Iterator[bytes]:
    between = b"["
    for node in nodes:
        yield between + b"\n    " + _dumps(node).replace(b"\n", b"\n    ")
        between = b","
    yield b"[]" if between == b"[" else b"\n  ]"


def _dumps(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).replace(b"<", b"\\u003c")


# --- persons ---------------------------------------------------------------------------

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


# --- addresses -------------------------------------------------------------------------

_ADDRESS = re.compile(r"(?:https?|ftp)://[^\s\x00-\x1f\x7f-\x9f\"<>\\^`{|}]+", re.IGNORECASE)


def addresses(text: str) -> list[str]:
    r"""Return the addresses in a text that may hold several of them, or words.

    >>> addresses("https://example.org/en\nhttps://example.org/de; see also box 12")
    ['https://example.org/en', 'https://example.org/de']
    """
    return [found.rstrip(",;") for found in _ADDRESS.findall(text)]
