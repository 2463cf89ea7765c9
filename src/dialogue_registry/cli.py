"""The command line: ``dialogue-registry``, or ``python -m dialogue_registry``.

Answers go to standard output, everything else to standard error. The exit code is 0 when
all is well, 1 when the registry says no (a refusal, a failed verification, a row that was
not imported), and 2 when the command was not understood.
"""

from dialogue_registry import cli_ask, cli_record, cli_share, cli_show
from dialogue_registry.shell import cli

__all__ = ["cli", "cli_ask", "cli_record", "cli_share", "cli_show"]
