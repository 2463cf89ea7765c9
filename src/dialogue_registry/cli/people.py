"""The questions about parties and people: members, rates, people."""

from typing import Any

import click

from dialogue_registry.cli.access import asking, read_plan, scope, writing
from dialogue_registry.cli.main import question
from dialogue_registry.cli.options import AT, LocalPath, answer_options, day, file_argument, scope_options
from dialogue_registry.cli.output import Plain, put, say, show
from dialogue_registry.imports.people_plan import people_plan, planned_facts
from dialogue_registry.model.events import Level
from dialogue_registry.queries.dicts import to_dict
from dialogue_registry.queries.rates import AttendanceRate


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


@question(example="dialogue-registry rates ca-jad.db --dialogue ca-jad --level minister")
@file_argument
@scope_options("dialogue", "series")
@click.option("--by", type=click.Choice(["party", "person"]), default="party", help="Whose rates; by default parties'.")
@click.option("--party", help="Only of this party.")
@click.option(
    "--level",
    metavar="LEVEL",
    type=click.Choice([level.value for level in Level]),
    help=f"Only who was of this level or higher: {', '.join(Level)}.",
)
@click.option("--as-of", metavar="DATE", type=day, help="Only meetings held by this day, or today.")
@click.option("--yearly", is_flag=True, help="A line for each year.")
@click.option("--standing", default="member", help="What members joined as, or all; by default member.")
@click.option("--non-members", "others", is_flag=True, help="The parties that came while they were no members.")
@answer_options
def rates(
    file: str, *, by: str, party: str | None, yearly: bool, others: bool, shown: str | None, standing: str, **asked: Any
) -> None:
    """List how many of the meetings held while it was a member each party came to, as a share: at least–at most."""
    if others and (by != "party" or yearly):
        raise click.UsageError("--non-members is an answer of its own: leave --by and --yearly out")
    asked |= {"standing": None if standing == "all" else standing}
    with asking(file) as registry:
        rows = registry.non_members(**asked) if others else registry.attendance_rates(by=by, yearly=yearly, **asked)
    chosen = [row for row in rows if party in (None, row.party)]
    plain: list[Plain] = [to_dict(row) for row in chosen]
    if shown is None:
        plain = [
            {**to_dict(row), **({"rate": str(row.rate)} if isinstance(row, AttendanceRate) else {})} for row in chosen
        ]
    columns = "party present absent excused" if others else "party person held present absent excused not_known rate"
    show(plain, f"{columns} year" if yearly else columns, shown)


@question(example="dialogue-registry people ca-jad.db --party KAZ")
@file_argument
@scope_options("dialogue", "series")
@click.option("--party", help="Only of this party.")
@click.option("--propose", is_flag=True, help="Names that may be one person, as a plan to edit (extra people).")
@click.option(
    "--apply", "plan", metavar="PLAN", type=LocalPath(), help="Record what an edited plan decides; - reads it."
)
@click.option("--by", default="", help="Who records it.")
@answer_options
def people(
    file: str, *, party: str | None, propose: bool, plan: str | None, by: str, shown: str | None, **ids: str | None
) -> None:
    """List people with their names, offices and levels; nothing is joined that nobody has decided."""
    if plan is not None:
        if propose or party or any(ids.values()) or click.get_current_context().meta.get(AT):
            raise click.UsageError("--apply records: leave the options of questions out")
        _apply(file, plan, by)
        return
    with asking(file) as registry:
        if propose:
            found = registry.look_alikes(party=party)
            if shown is None:
                put(people_plan(found))
            else:
                show(found, "party names why one other together", shown)
            return
        scope(registry, **ids)
        rows = registry.people(party=party, **ids)
    show(rows, "party person name names offices levels meetings first last", shown)


def _apply(file: str, plan: str, by: str) -> None:
    facts = planned_facts(read_plan(plan))
    with writing(file) as registry:
        recorded = registry.record(*facts, by=by) if facts else ()
    say(f"recorded: {sum(event.new for event in recorded)}")
    say(f"already standing: {sum(not event.new for event in recorded)}")
