"""The commands for a log shared on a server: copy, follow."""

import click

from dialogue_registry.cli.access import must_exist
from dialogue_registry.cli.kinds import open_registry
from dialogue_registry.cli.main import command
from dialogue_registry.cli.options import FileOrAddress, LocalPath
from dialogue_registry.cli.output import progress_bar, say
from dialogue_registry.model.addresses import is_address
from dialogue_registry.registry.copy import copy as copy_log


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
