"""The questions about parties and people: members, rates, people."""

import click

from dialogue_registry.cli.access import asking, scope
from dialogue_registry.cli.main import question
from dialogue_registry.cli.options import answer_options, day, file_argument, scope_options
from dialogue_registry.cli.output import show
from dialogue_registry.queries.dicts import to_dict


@question(example="dialogue-registry members ca-jad.db --dialogue ca-jad --on 2021-06-16")
@file_argument
@scope_options("dialogue")
@click.option("--on", metavar="DATE", type=day, help="On this day, or today; by default by all that is recorded.")
@answer_options
def members(file: str, *, dialogue: str | None, on: str | None, shown: str | None) -> None:
    """List the parties that take part in a dialogue, each in its standing; not certain where days are vague."""
    with asking(file) as registry:
        scope(registry, dialogue=dialogue)
        asked = [known.dialogue for known in registry.dialogues() if dialogue in (None, known.dialogue)]
        rows = [{"dialogue": one, **to_dict(row)} for one in asked for row in registry.members(one, on=on)]
    if dialogue is not None:
        rows = [{name: value for name, value in row.items() if name != "dialogue"} for row in rows]
    if shown is None:
        rows = [{**row, "certain": "yes" if row["certain"] else "possibly"} for row in rows]
    show(rows, "party standing certain" if dialogue is not None else "dialogue party standing certain", shown)
