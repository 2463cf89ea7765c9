"""A node of a JSON document that others define: what is known, and nothing else."""

from typing import Any

Node = dict[str, Any]


def filled(node: Node) -> Node:
    """Return a node without what is not known."""
    return {name: value for name, value in node.items() if value not in (None, "", [])}
