"""The program: its group of commands, how it ends, and how it words an error.

Answers go to standard output, everything else to standard error. The exit code is 0 when
all is well, 1 when the registry says no (a refusal, a failed verification, a row that was
not imported), and 2 when the command was not understood.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

import click

from dialogue_registry.cli.messages import in_commands
from dialogue_registry.cli.options import Function
from dialogue_registry.cli.output import say
from dialogue_registry.errors import DialogueRegistryError, InvalidValueError


class Group(click.Group):
    """A group of commands that reports every error in one line, without a traceback."""

    group_class = type

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        """Run the command, and end with the exit code that its outcome means."""
        for stream in (sys.stdout, sys.stderr):
            with suppress(AttributeError):  # it may have been replaced
                stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        try:
            code: Any = super().main(*args, **{**extra, "standalone_mode": False})
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(error.exit_code)
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "dialogue-registry"
            _stop(f"{error.format_message()} (see {command} --help)", 2)
        except click.ClickException as error:
            _stop(error.format_message(), error.exit_code)
        except DialogueRegistryError as error:
            _stop(in_commands(error), 2 if isinstance(error, InvalidValueError) else 1)
        except (click.Abort, KeyboardInterrupt):
            _stop("interrupted; what was recorded before stays", 130)
        except OSError as error:
            _stop(str(error), 1)
        if standalone_mode:
            sys.exit(code if isinstance(code, int) else 0)
        return code


def _stop(message: str, code: int) -> NoReturn:
    say(f"Error: {' '.join(message.split())}", err=True)
    sys.exit(code)


@click.group(cls=Group, epilog="Example:\n\n\b\n  dialogue-registry counts ca-jad.db --as-of 2021-06-16")
@click.version_option(package_name="dialogue-registry", message="%(prog)s %(version)s")
def cli() -> None:
    """Record the meetings of dialogues as sourced events, and ask how many there were."""


@cli.group(epilog="Example:\n\n\b\n  dialogue-registry at 41 counts ca-jad.db --as-of 2021-06-16")
@click.argument("when", metavar="POSITION|INSTANT")
@click.pass_context
def at(ctx: click.Context, when: str) -> None:
    """Ask as the registry was known then: at a log position, or at an instant.

    Put it before any question: "at 41 counts ca-jad.db", or
    "at 2021-07-01T00:00:00Z counts ca-jad.db".
    """
    ctx.obj = when


def command(*groups: click.Group, example: str, name: str | None = None) -> Callable[[Function], Function]:
    """Return a decorator that adds a command to the groups; its --help ends in the example."""

    def add(function: Function) -> Function:
        new = click.command(name, epilog=f"Example:\n\n\b\n  {example}")(function)
        for group in groups or (cli,):
            group.add_command(new)
        return function

    return add
