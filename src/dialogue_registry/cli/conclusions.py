"""The questions whose answer is concluded: counts, reconcile, explain, anomalies, history, evidence, search."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

import click
import orjson

from dialogue_registry.cli.access import asking, find_event, position_in, scope, searching
from dialogue_registry.cli.main import question
from dialogue_registry.cli.options import answer_options, day, file_argument, language_option, scope_options
from dialogue_registry.cli.output import Plain, say, show, terminal_width
from dialogue_registry.errors import UnknownSubjectError
from dialogue_registry.log.entry import RecordedEvent
from dialogue_registry.model.events import Format
from dialogue_registry.queries.anomalies import Anomalies
from dialogue_registry.queries.counts import RULES, Count
from dialogue_registry.queries.dicts import to_dict
from dialogue_registry.queries.display import cited
from dialogue_registry.queries.history import WHAT, wordings
from dialogue_registry.queries.names import Names
from dialogue_registry.queries.reconciliation import Verdict
from dialogue_registry.registry.registry import Snapshot


@question(example="dialogue-registry counts ca-jad.db --as-of 2021-06-16 --rule numbered")
@file_argument
@click.option("--as-of", metavar="DATE", type=day, help="Up to and including this day, or today; by default all.")
@click.option("--rule", type=click.Choice(list(RULES)), default="held", help="The counting rule; by default held.")
@scope_options("dialogue", "series")
@language_option
@answer_options
def counts(
    file: str,
    *,
    as_of: str | None,
    rule: str,
    dialogue: str | None,
    series: str | None,
    lang: str | None,
    shown: str | None,
) -> None:
    """Count the meetings of each series: 3–5 means at least 3 and at most 5.

    The table has a line for each dialogue as a whole, unless only one series is asked for.
    """
    with asking(file) as registry:
        counted = list(registry.counts(as_of, rule, dialogue=dialogue, series=series).values())
        lines: list[Plain] = []
        if shown is None:
            totals = [
                registry.count(d.dialogue, as_of=as_of, rule=rule) for d in registry.dialogues() if series is None
            ]
            lines = _named(registry, counted, {total.series: total for total in totals}, lang)
    rows: list[Plain] = [to_dict(count) for count in counted]
    if shown in ("csv", "spreadsheet"):  # the same columns whether something was stated or not
        rows = [{**row, "carried": row["carried"] or {"certain": None, "possible": None}} for row in rows]
    if shown is None:
        show(lines, "series name total in-person online hybrid unknown highest_ordinal carried", shown)
    else:
        show(rows, "series total in-person online hybrid unknown highest_ordinal carried", shown)


def _named(registry: Snapshot, counts: Sequence[Count], totals: Mapping[str, Count], lang: str | None) -> list[Plain]:
    """Return the counts with the names of their series, and after those of a dialogue the line of its total."""
    series = {known.series: known for known in registry.series()}
    with registry.reading() as reader:
        used = Names(reader.connection)

    def name(id_: str, recorded: str) -> str:
        return recorded if lang is None else used.choose(id_, recorded, language=lang)

    lines: list[Plain] = []
    for dialogue in registry.dialogues():
        of_dialogue = [count for count in counts if series[count.series].dialogue == dialogue.dialogue]
        lines += [_line(count, name(count.series, series[count.series].name)) for count in of_dialogue]
        if of_dialogue and dialogue.dialogue in totals:
            lines.append(_line(totals[dialogue.dialogue], f"{name(dialogue.dialogue, dialogue.name)}, all series"))
    return lines


def _line(count: Count, name: str) -> Plain:
    row = to_dict(count)
    return {**row, **row["by_format"], "name": name}


@question(example="dialogue-registry reconcile ca-jad.db --series ca-jad/som")
@file_argument
@click.option("--as-of", metavar="DATE", type=day, help="Only statements as of this day or earlier.")
@scope_options("dialogue", "series")
@click.option("--check", is_flag=True, help="End with exit code 1 if a statement disagrees.")
@answer_options
def reconcile(
    file: str, *, as_of: str | None, dialogue: str | None, series: str | None, shown: str | None, check: bool
) -> None:
    """Compare every stated count with the record, under every rule."""
    with asking(file) as registry:
        findings = registry.reconcile(dialogue=dialogue, series=series, as_of=as_of)
        names = {known.series: known.name for known in registry.series()}
        names |= {known.dialogue: known.name for known in registry.dialogues()}
    if shown is None:
        say(findings.text(terminal_width(), names))
    else:
        rows = [to_dict(finding) for finding in findings]
        if shown in ("csv", "spreadsheet"):  # which rules were tried depends on the statement; the columns must not
            rows = [{**row, "by_rule": orjson.dumps(row["by_rule"]).decode()} for row in rows]
        show(rows, "statement verdict rules meetings difference recorded own", shown)
    if check and any(finding.verdict is Verdict.DISAGREES for finding in findings):
        sys.exit(1)


@question(example="dialogue-registry explain ca-jad.db ca-jad/fm --count 8 --as-of 2021-06-16")
@file_argument
@click.argument("series")
@click.option("--count", type=click.IntRange(min=0), required=True, help="The number to explain.")
@click.option("--as-of", metavar="DATE", type=day, help="Up to this day, month or year, or today; by default all.")
@click.option("--format", "how", type=click.Choice([how.value for how in Format]), help="The number is of one format.")
@answer_options
def explain(file: str, series: str, *, count: int, as_of: str | None, how: str | None, shown: str | None) -> None:
    """Explain a number of meetings of SERIES: which rule gives it, which meetings make the difference.

    It also lists the sources that state a number, and says what is uncertain or circular and
    which numbers are missing. Where no rule gives the number, it names the nearest. SERIES
    may be the id of a dialogue too.
    """
    with asking(file) as registry:
        explanation = registry.explain(series, count=count, as_of=as_of, format=how)
    if shown is None:
        say(explanation.text(terminal_width()))
    else:
        show([explanation], "subject count as_of verdict rules nearest meetings missing", shown)


@question(example="dialogue-registry anomalies ca-jad.db --series ca-jad/som")
@file_argument
@click.option("--today", metavar="DATE", type=day, help="The day from which to look back; by default the present one.")
@scope_options("dialogue", "series", "meeting")
@click.option("--kind", metavar="KIND", help="Only those of this kind, as the first column names it.")
@answer_options
def anomalies(file: str, *, today: str | None, kind: str | None, shown: str | None, **ids: str | None) -> None:
    """List what is odd but may be true, by kind; with their number, where there are several of a kind."""
    with asking(file) as registry:
        within = scope(registry, **ids)
        found = registry.anomalies(today=today)
    chosen = Anomalies(a for a in found if within(a.subject) and kind in (None, a.kind))
    columns = ("kind", "subject", "why")
    rows = [dict(zip(columns, line, strict=True)) for line in chosen.lines()] if shown is None else chosen
    show(rows, " ".join(columns), shown)


@question(example="dialogue-registry history ca-jad.db ca-jad/som/14")
@file_argument
@click.argument("subject", default="")
@click.option("--what", type=click.Choice(WHAT), help="Only the steps of one sort.")
@answer_options
def history(file: str, subject: str, *, what: str | None, shown: str | None) -> None:
    """List all that was recorded about a dialogue, series or meeting, with instant, person and reason.

    Without SUBJECT, all that rests on none of them, such as a copy that was kept of a source.
    """
    with asking(file) as registry:
        try:
            steps = registry.history(subject)
        except UnknownSubjectError:
            if subject:
                raise
            steps = ()
    rows = [to_dict(step) for step in steps]
    if shown is None:
        words = wordings(steps, subject)
        rows = [
            {**row, "fact": fact, "cited": cited(step.citation)}
            for row, fact, step in zip(rows, words, steps, strict=True)
        ]
    rows = [row for row in rows if what in (None, row["what"])]
    columns = "position recorded_at what fact of by reason source"
    show(rows, f"{columns} {'cited' if shown is None else 'citation'}", shown)


@question(example="dialogue-registry evidence ca-jad.db 12")
@file_argument
@click.argument("event")
@answer_options
def evidence(file: str, event: str, *, shown: str | None) -> None:
    """List who states the fact of EVENT, named by its id or position: each source, where in it, who disputes it.

    The id of a meeting, series or dialogue stands for all facts about it.
    """
    with asking(file) as registry:
        steps = registry.evidence(*_meant(registry, event))
    rows = [to_dict(step) for step in steps]
    if shown is None:
        words = wordings(steps, event)
        rows = [{**row, "fact": fact, **_place(row["citation"])} for row, fact in zip(rows, words, strict=True)]
        show(rows, f"position what fact reason source {' '.join(_place(None))}", shown)
    else:
        show(rows, "position recorded_at what fact of by reason source citation", shown)


def _meant(registry: Snapshot, named: str) -> Iterable[RecordedEvent]:
    """Return the event of an id or a position, or the facts that stand about a subject."""
    if position_in(named) is None:
        with suppress(UnknownSubjectError):  # it is the id of an event, or of nothing
            return list(registry.facts(subject=named))
    return [find_event(registry, named)]


def _place(citation: Plain | None) -> Plain:
    """Return where in a source something stands, a cell each."""
    cited = citation or {}
    return {
        "locator": cited.get("locator", ""),
        "quote": cited.get("quote", ""),
        "table": cited.get("table", ""),
        "edition": cited.get("edition", "")[:12],
        "row": cited.get("row", ""),
        "as_written": ", ".join(f'{field} "{text}"' for field, text in cited.get("as_written", ())),
    }


_ALL = 10**9
"""A limit that no answer reaches: it is cut after those were chosen that are wanted."""


@question(example="dialogue-registry search ca-jad.db syzdykov")
@file_argument
@click.argument("words", nargs=-1, required=True)
@scope_options("dialogue", "series", "meeting")
@click.option("--kind", metavar="KIND", help="Only those of this kind, as it stands in the second column.")
@click.option("--limit", type=click.IntRange(min=1), default=20, help="At most so many; by default 20.")
@answer_options
def search(
    file: str, words: tuple[str, ...], *, kind: str | None, limit: int, shown: str | None, **ids: str | None
) -> None:
    """Find facts by their words: names, titles, offices, topics, activities, outcomes, places."""
    chosen = kind is not None or any(ids.values())
    with searching(file) as registry:
        within = scope(registry, **ids)
        found = registry.search(" ".join(words), limit=_ALL if chosen else limit)
    found = tuple(row for row in found if within(row.subject) and kind in (None, row.kind))[:limit]
    show(found, "subject kind snippet" if shown is None else "subject kind snippet text event", shown)
