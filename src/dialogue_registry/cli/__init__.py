"""The command line: ``dialogue-registry``, or ``python -m dialogue_registry``."""

from dialogue_registry.cli import amend, brief, conclusions, facts, imports, people, publish, record, server, upkeep
from dialogue_registry.cli.main import cli

__all__ = [
    "amend", "brief", "cli", "conclusions", "facts", "imports", "people", "publish", "record", "server", "upkeep",
]  # fmt: skip
