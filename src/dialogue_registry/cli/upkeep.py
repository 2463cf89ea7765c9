"""The commands that look after a registry, also one on a server: init, verify, rebuild, copy, follow."""

from contextlib import closing
from pathlib import Path

import click

from dialogue_registry.cli.access import asking, must_exist, writing
from dialogue_registry.cli.kinds import open_registry
from dialogue_registry.cli.main import command
from dialogue_registry.cli.options import FileOrAddress, LocalPath, file_argument, shown_option
from dialogue_registry.cli.output import progress_bar, say, show
from dialogue_registry.model.addresses import is_address
from dialogue_registry.registry.copy import copy as copy_log
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


@command(example="dialogue-registry copy ca-jad.db postgresql://owner@db.example.org/registry")
@click.argument("origin", metavar="FROM", type=FileOrAddress())
@click.argument("target", metavar="TO", type=FileOrAddress())
def copy(origin: str, target: str) -> None:
    """Copy a registry from a file to a server, back, or to another file.

    The events stay what they are, ids and hashes included. TO is made if it is missing;
    what it has already is not copied again, so after an interruption run it again.
    """
    must_exist(origin)
    with progress_bar("copying") as progress:
        position = copy_log(origin, target, progress=progress)
    say(f"copied: {position} events")


@command(example="dialogue-registry follow postgresql://owner@db.example.org/registry local.db --once")
@click.argument("address", type=FileOrAddress())
@click.argument("views", metavar="FILE", type=LocalPath())
@click.option("--once", "stops", is_flag=True, help="Stop when the file is up to the log.")
def follow(address: str, views: str, stops: bool) -> None:  # noqa: FBT001 - click passes it
    """Keep FILE, views that any other command can ask, up to the log at ADDRESS."""
    if not is_address(address):
        raise click.UsageError("only a server is followed: give a postgresql:// address")
    with open_registry(address, views=views) as registry:
        last = None
        for step in registry.follow():
            if step != last:
                behind = "the server cannot be reached" if step.lag is None else f"{step.lag} behind"
                say(f"position {step.position}, {behind}", err=True)
                last = step
            if stops and step.lag == 0:
                return
