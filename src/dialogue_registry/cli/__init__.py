"""The command line: ``dialogue-registry``, or ``python -m dialogue_registry``."""

from dialogue_registry.cli import amend, conclusions, facts, imports, people, publish, record, upkeep
from dialogue_registry.cli.main import cli

__all__ = ["amend", "cli", "conclusions", "facts", "imports", "people", "publish", "record", "upkeep"]
