"""The commands that look after a registry: init, verify, rebuild."""

from contextlib import closing
from pathlib import Path

import click

from dialogue_registry.cli.access import asking, writing
from dialogue_registry.cli.kinds import open_registry
from dialogue_registry.cli.main import command
from dialogue_registry.cli.options import file_argument, shown_option
from dialogue_registry.cli.output import progress_bar, say, show
from dialogue_registry.model.addresses import is_address
from dialogue_registry.registry.opening import server_log
from dialogue_registry.registry.verify import Head


@command(example="dialogue-registry init new.db")
@file_argument
@click.option("--writer", "writers", metavar="ROLE", multiple=True, help="On a server: a role that may record.")
@click.option("--reader", "readers", metavar="ROLE", multiple=True, help="On a server: a role that may only read.")
def init(file: str, writers: tuple[str, ...], readers: tuple[str, ...]) -> None:
    """Make a new, empty registry; one that is there already stays as it is.

    FILE may be the address of a PostgreSQL server, postgresql://HOST/DATABASE, as its owner.
    """
    if is_address(file):
        with closing(server_log(file)) as log:
            new, name, position = log.create(writers, readers), log.name, log.head().position
    elif writers or readers:
        raise click.UsageError("only a server has roles: give a postgresql:// address, or leave --writer and --reader")
    else:
        new, name = not Path(file).exists(), file
        with open_registry(file) as registry:
            position = registry.position
    say(f"{name}: {'a new registry' if new else f'a registry at position {position}'}")


@command(example="dialogue-registry verify ca-jad.db")
@file_argument
@click.option("--head", metavar="POSITION:DIGEST", help="What verify said before, kept elsewhere: finds a cut tail.")
@shown_option
def verify(file: str, head: str | None, shown: str | None) -> None:
    """Check that the log is what was recorded, and the views are the log's; print the head to keep elsewhere."""
    kept = None if head is None else Head.parse(head)
    with asking(file) as registry, progress_bar("events") as progress:
        found = registry.verify(kept, progress=progress)
    if shown is None:
        say(str(found))
        if found.unknown:
            events = "1 event of a kind" if found.unknown == 1 else f"{found.unknown} events of kinds"
            say(f"{events} not known here: kept and verified, and in no answer", err=True)
    else:
        show([{**found._asdict(), "unknown": found.unknown}], "position digest unknown", shown)


@command(example="dialogue-registry rebuild ca-jad.db")
@file_argument
def rebuild(file: str) -> None:
    """Make all views again from the log."""
    with writing(file) as registry:
        with progress_bar("events") as progress:
            registry.rebuild(progress=progress)
        say(f"{file}: views made again from {registry.position} events", err=True)
