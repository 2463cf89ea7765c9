"""The program: its group of commands, how it ends, and how it writes.

Answers go to standard output, everything else to standard error. The exit code is 0 when
all is well, 1 when the registry says no (a refusal, a failed verification, a row that was
not imported), and 2 when the command was not understood.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn, TypeVar

import click

from dialogue_registry.errors import ConflictError, DialogueRegistryError, InvalidValueError
from dialogue_registry.queries.display import printable

Function = TypeVar("Function", bound=Callable[..., Any])


class Group(click.Group):
    """Says every error in one line, without a traceback; without a command, what there is."""

    group_class = type

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Show the help where nothing was asked."""
        if not args:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(2)
        return super().parse_args(ctx, args)

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        """Run the command, and end with the exit code that its outcome means."""
        for stream in (sys.stdout, sys.stderr):
            with suppress(AttributeError):  # it may have been replaced
                stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        try:
            code: Any = super().main(*args, **{**extra, "standalone_mode": False})
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "dialogue-registry"
            _stop(f"{error.format_message()} (see {command} --help)", 2)
        except click.ClickException as error:
            _stop(error.format_message(), error.exit_code)
        except ConflictError as error:
            _stop(_in_commands(error), 1)
        except DialogueRegistryError as error:
            _stop(str(error), 2 if isinstance(error, InvalidValueError) else 1)
        except (click.Abort, KeyboardInterrupt):
            _stop("interrupted; what was recorded before stays", 130)
        except OSError as error:
            _stop(str(error), 1)
        if standalone_mode:
            sys.exit(code if isinstance(code, int) else 0)
        return code


def _in_commands(conflict: ConflictError) -> str:
    """What to do about a conflict, as somebody would who types commands."""
    what, found, _ = str(conflict).partition(": if that one is wrong, ")
    if not (found and conflict.position):
        return str(conflict)
    return (
        f"{what}{found}dialogue-registry correct FILE {conflict.position} --because …; if sources disagree, keep both "
        f"with dialogue-registry dispute FILE {conflict.position} --source …"
    )


def _stop(message: str, code: int) -> NoReturn:
    say(f"Error: {' '.join(message.split())}", err=True)
    sys.exit(code)


def say(text: object, *, err: bool = False) -> None:
    """Print text for people; what would steer a terminal is spelled out."""
    click.echo(printable(str(text)), err=err)


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
    """Make a command of the groups, whose --help ends in an example."""

    def add(function: Function) -> Function:
        made = click.command(name, epilog=f"Example:\n\n\b\n  {example}")(function)
        for group in groups or (cli,):
            group.add_command(made)
        return function

    return add


def put(text: str) -> None:
    """Print text for programs: UTF-8, whatever the terminal has."""
    click.echo(f"{text}\n".encode(), nl=False)
