"""JSON documents that others define: nodes of what is known, written one at a time."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

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
