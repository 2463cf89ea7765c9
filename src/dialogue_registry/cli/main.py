"""The program: its group of commands, how it ends, and how it words an error.

Answers go to standard output, everything else to standard error. The exit code is 0 when all is
well, and 2 when the command was not understood. It is 1 when the registry says no: a refusal, a
failed verification, a row that was not imported.
"""

import logging
import os
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NoReturn

import click

from dialogue_registry.cli.access import is_registry
from dialogue_registry.cli.messages import in_commands
from dialogue_registry.cli.options import HIDDEN, VARIABLE, Function, check_passwords
from dialogue_registry.cli.output import QUIET, say
from dialogue_registry.errors import DialogueRegistryError, InvalidValueError
from dialogue_registry.model.addresses import may_hold_password
from dialogue_registry.queries.display import printable


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
        except click.NoSuchOption as error:
            hidden = may_hold_password(error.option_name)
            _stop(f"{HIDDEN.format('an option') if hidden else error.format_message()} (see --help)", 2)
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

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Return the command that the first argument names."""
        if may_hold_password(args[0]):
            raise click.UsageError(HIDDEN.format("the name of the command"), ctx)
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments, of which none may hold a password."""
        _check_passwords(self, ctx, args)
        return super().parse_args(ctx, args)


def _stop(message: str, code: int) -> NoReturn:
    say(f"Error: {' '.join(message.split())}", err=True)
    sys.exit(code)


def _check_passwords(command: click.Command, ctx: click.Context, args: list[str]) -> None:
    """Raise click.UsageError where an argument may hold a password, but for that of a path."""
    values, extra, order = command.make_parser(ctx).parse_args(list(args))
    check_passwords({parameter: values.get(parameter.name or "") for parameter in order})
    if not isinstance(command, click.Group) and any(map(may_hold_password, extra)):
        raise click.UsageError(HIDDEN.format("an argument that the command does not take"), ctx)


class Command(click.Command):
    """A command whose FILE may be left out where the variable names it, and of which no argument holds a password."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments, after FILE was put before them if it was left out."""
        if not ctx.resilient_parsing:
            _check_passwords(self, ctx, args)
        file = os.environ.get(VARIABLE)
        arguments = [parameter for parameter in self.params if isinstance(parameter, click.Argument)]
        if file and not ctx.resilient_parsing and arguments and arguments[0].name == "file":
            given = self._positional(ctx, args, arguments)
            required = sum(argument.required for argument in arguments)
            full = len(given) == len(arguments) and all(argument.nargs == 1 for argument in arguments)
            if len(given) < required or (not full and not is_registry(given[0])):
                args = [file, *args]
        return super().parse_args(ctx, args)

    def _positional(self, ctx: click.Context, args: list[str], arguments: Sequence[click.Argument]) -> list[str]:
        """Return what is given without the name of an option."""
        values, extra, _ = self.make_parser(ctx).parse_args(list(args))
        given: list[str] = []
        for argument in arguments:
            value = values.get(argument.name)
            given += [value] if isinstance(value, str) else value if isinstance(value, tuple) else []
        return [*given, *extra]


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example:\n\n\b\n  dialogue-registry counts ca-jad.db --as-of 2021-06-16",
)
@click.option("-v", "--verbose", count=True, help="Write what is being done to standard error; -vv writes more.")
@click.option("-q", "--quiet", is_flag=True, help="Write no warnings and no bars.")
@click.version_option(package_name="dialogue-registry", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context, *, verbose: int, quiet: bool) -> None:
    """Record the meetings of dialogues as sourced events, and ask how many there were.

    FILE is a registry, or the address of one on a server. It may be left out where the
    variable DIALOGUE_REGISTRY names it.
    """
    if verbose and quiet:
        raise click.UsageError("--verbose and --quiet contradict each other: give one")
    logged = logging.StreamHandler()  # made anew, as standard error may have been replaced
    logged.setFormatter(_OneLine())
    logger = logging.getLogger("dialogue_registry")
    level = logger.level
    logger.setLevel(logging.ERROR if quiet else {0: logging.WARNING, 1: logging.INFO}.get(verbose, logging.DEBUG))
    logger.addHandler(logged)

    @ctx.call_on_close
    def _() -> None:
        logger.removeHandler(logged)
        logger.setLevel(level)

    ctx.meta[QUIET] = quiet


class _OneLine(logging.Formatter):
    """A line for each record, as errors have it; what would steer a terminal is spelled out."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return printable(" ".join(f"{record.levelname.capitalize()}: {record.getMessage()}".split()))


@cli.group(epilog="Example:\n\n\b\n  dialogue-registry at 41 counts ca-jad.db --as-of 2021-06-16")
@click.argument("when", metavar="POSITION|INSTANT")
@click.pass_context
def at(ctx: click.Context, when: str) -> None:
    """Ask as the registry was known then: at a log position, or at an instant.

    "at 41 counts ca-jad.db" is the same as "counts ca-jad.db --at 41".
    """
    ctx.obj = when


def command(
    *groups: click.Group, example: str, name: str | None = None, meaning: str | None = None
) -> Callable[[Function], Function]:
    """Return a decorator that adds a command to the groups; its --help ends in the example."""

    def add(function: Function) -> Function:
        new = click.command(name, cls=Command, epilog=f"Example:\n\n\b\n  {folded(example)}", help=meaning)(function)
        for group in groups or (cli,):
            group.add_command(new)
        return function

    return add


def folded(example: str) -> str:
    """Return a line of a shell folded to the width of a help text; an option stays beside its value."""
    parts: list[str] = []
    for word in _WORD.findall(example):
        if parts and parts[-1].startswith("--") and " " not in parts[-1] and not word.startswith("-"):
            parts[-1] += f" {word}"
        else:
            parts.append(word)
    lines = parts[:1]
    for part in parts[1:]:
        if len(lines[-1]) + len(part) > _EXAMPLE_WIDTH:
            lines.append(f"    {part}")
        else:
            lines[-1] += f" {part}"
    return " \\\n  ".join(lines)


_WORD = re.compile(r'(?:"[^"]*"|[^\s"])+')
_EXAMPLE_WIDTH = 73
"""The width of a line of an example: 80 columns without the margin of a help text and the mark at the end."""


def question(*, example: str, name: str | None = None, meaning: str | None = None) -> Callable[[Function], Function]:
    """Return a decorator that adds a question, which can be asked as of another time too."""
    return command(cli, at, example=example, name=name, meaning=meaning)
