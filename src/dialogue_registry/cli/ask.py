"""The commands that ask: each question also as of another time, after ``at``."""

import sys
from typing import Any

import click
import orjson

from dialogue_registry.cli.access import asking, must_be_recorded
from dialogue_registry.cli.main import at, cli, command
from dialogue_registry.cli.options import file_argument, shown_option
from dialogue_registry.cli.output import plain, say, show, terminal_width
from dialogue_registry.errors import UnknownSubjectError
from dialogue_registry.model.events import Format, Role
from dialogue_registry.model.status import Status
from dialogue_registry.queries.counts import RULES
from dialogue_registry.queries.reconciliation import Verdict
from dialogue_registry.queries.results import Presence


@command(cli, at, example="dialogue-registry counts ca-jad.db --as-of 2021-06-16 --rule numbered")
@file_argument
@click.option("--as-of", metavar="DATE", help="Up to and including this day; by default all that is recorded.")
@click.option("--rule", type=click.Choice(list(RULES)), default="held", help="What counts; by default held.")
@shown_option
def counts(file: str, as_of: str | None, rule: str, shown: str | None) -> None:
    """Count the meetings of each series: 3–5 is 3 for certain and 5 possibly."""
    with asking(file) as registry:
        rows = [plain(count) for count in registry.counts(as_of, rule).values()]
    if shown is None:
        rows = [{**row, **row["by_format"]} for row in rows]
    elif shown == "csv":  # the same columns whether something was stated or not
        rows = [{**row, "carried": row["carried"] or {"certain": None, "possible": None}} for row in rows]
    show(rows, "series total in-person online hybrid unknown highest_ordinal carried", shown)


@command(cli, at, example="dialogue-registry reconcile ca-jad.db")
@file_argument
@click.option("--check", is_flag=True, help="End with exit code 1 if a statement disagrees.")
@shown_option
def reconcile(file: str, shown: str | None, *, check: bool) -> None:
    """Compare every stated count with the record, under every rule."""
    with asking(file) as registry:
        findings = registry.reconcile()
    if shown is None:
        say(findings.text(terminal_width()))
    else:
        rows = [plain(finding) for finding in findings]
        if shown == "csv":  # which rules were tried depends on the statement; the columns must not
            rows = [{**row, "by_rule": orjson.dumps(row["by_rule"]).decode()} for row in rows]
        show(rows, "statement verdict rules meetings difference recorded own", shown)
    if check and any(finding.verdict is Verdict.DISAGREES for finding in findings):
        sys.exit(1)


@command(cli, at, example="dialogue-registry meetings ca-jad.db --series ca-jad/som --status held")
@file_argument
@click.option("--dialogue", metavar="ID", help="Only those of a dialogue.")
@click.option("--series", metavar="ID", help="Only those of a series.")
@click.option("--status", type=click.Choice([status.value for status in Status]), help="Only those of a status.")
@click.option("--format", "how", type=click.Choice([how.value for how in Format]), help="Only those of a format.")
@shown_option
def meetings(
    file: str, *, dialogue: str | None, series: str | None, status: str | None, how: str | None, shown: str | None
) -> None:
    """List meetings with their present status, by their days."""
    with asking(file) as registry:
        must_be_recorded(registry, dialogue=dialogue, series=series)
        found = registry.meetings(series, status=status, format=how, dialogue=dialogue)
    show(found, "meeting status date ordinal format place country title reason until", shown)


@command(cli, at, example="dialogue-registry attendance ca-jad.db --meeting ca-jad/som/14")
@file_argument
@click.option("--meeting", metavar="ID", help="Only at this meeting.")
@click.option("--party", help="Only for this party.")
@click.option("--name", help="Only of this name, as written.")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="Only in this role.")
@click.option(
    "--presence",
    type=click.Choice([*(presence.value for presence in Presence), "all"]),
    default="present",
    help="Those present by default; or those absent, those excused, or all.",
)
@shown_option
def attendance(
    file: str,
    *,
    meeting: str | None,
    party: str | None,
    name: str | None,
    role: str | None,
    presence: str,
    shown: str | None,
) -> None:
    """List who took part, or did not come."""
    with asking(file) as registry:
        must_be_recorded(registry, meeting=meeting)
        asked = None if presence == "all" else presence
        found = registry.attendance(meeting, party=party, name=name, role=role, presence=asked)
    columns = "meeting party name office role on_behalf_of format person seat level"
    more = "" if presence == "present" else " presence reason represented_by"
    show(found, columns + more, shown)


@command(cli, at, example="dialogue-registry headcounts ca-jad.db --meeting ca-jad/som/14")
@file_argument
@click.option("--meeting", metavar="ID", help="Only of this meeting.")
@click.option("--series", metavar="ID", help="Only of the meetings of a series.")
@shown_option
def headcounts(file: str, *, meeting: str | None, series: str | None, shown: str | None) -> None:
    """List the stated numbers of people beside the numbers listed."""
    with asking(file) as registry:
        must_be_recorded(registry, meeting=meeting, series=series)
        found = registry.headcounts(meeting, series=series)
    show(found, "meeting of party format stated listed verdict remark source", shown)


@command(cli, at, example='dialogue-registry delegate ca-jad.db "Shuichi TOKUDA"')
@file_argument
@click.argument("name")
@shown_option
def delegate(file: str, name: str, shown: str | None) -> None:
    """List when somebody came, in which office and for whom, however the name's order and honorific are written."""
    if not name.strip():
        raise click.UsageError("the name is empty: give one, as it is written in a list")
    with asking(file) as registry:
        found = registry.delegate(name)
    show(found, "date meeting name party office role on_behalf_of format person seat level", shown)


@command(cli, at, example="dialogue-registry history ca-jad.db ca-jad/som/14")
@file_argument
@click.argument("subject")
@shown_option
def history(file: str, subject: str, shown: str | None) -> None:
    """List what was recorded about a dialogue, series or meeting, when, by whom and why."""
    with asking(file) as registry:
        rows = [plain(step) for step in registry.history(subject)]
    if not rows:
        raise UnknownSubjectError(f"nothing was recorded about {subject!r}: check the id")
    if shown is None:  # people know which subject they asked for
        rows = [{**row, "fact": _without(row["fact"], subject)} for row in rows]
    show(rows, "position recorded_at what fact of by reason source", shown)


def _without(fact: dict[str, Any] | None, subject: str) -> dict[str, Any] | None:
    return fact and {name: value for name, value in fact.items() if value != subject}


@command(cli, at, example="dialogue-registry anomalies ca-jad.db")
@file_argument
@click.option("--today", metavar="DATE", help="The day from which to look back; by default the present one.")
@shown_option
def anomalies(file: str, today: str | None, shown: str | None) -> None:
    """List what is odd but may be true."""
    with asking(file) as registry:
        found = registry.anomalies(today=today)
    show(found, "kind subject why", shown)


@command(cli, at, example="dialogue-registry search ca-jad.db syzdykov")
@file_argument
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(min=1), default=20, help="At most so many; by default 20.")
@shown_option
def search(file: str, words: tuple[str, ...], limit: int, shown: str | None) -> None:
    """Find facts by their words: names, titles, offices, topics, activities, outcomes, places."""
    with asking(file) as registry:
        found = registry.search(" ".join(words), limit=limit)
    show(found, "subject kind snippet" if shown is None else "subject kind snippet text event", shown)
