"""Pages of what does not simply stand: stated counts with their verdicts, disputes, and what is odd."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from dialogue_registry.exports.site.contents import Contents
from dialogue_registry.exports.site.page import Cell, Page, Several, Strong, Table
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Fact, Format
from dialogue_registry.model.standard_kinds import subject_of
from dialogue_registry.queries.anomalies import Anomalies
from dialogue_registry.queries.display import differing
from dialogue_registry.queries.reconciliation import Finding, Own, Verdict
from dialogue_registry.queries.results import Dispute

_RULES: Mapping[str, str] = {
    "held": "all meetings held", "numbered": "those that bear a number", "in-person": "those in person",
    "online": "those online", "hybrid": "the hybrid ones", "unknown": "those not known how",
    "ordinal": "the highest number printed",
}  # fmt: skip
_OWN: Mapping[Own, str] = {Own.INCLUDED: "counted", Own.EXCLUDED: "not counted"}
_CLASSES = {Verdict.AGREES: "agrees", Verdict.WITHIN: "within", Verdict.DISAGREES: "disagrees"}


def finding_table(contents: Contents, findings: Sequence[Finding], *, title: str = "", of_one: bool = False) -> Table:
    """Return statements held against the record: of one series or dialogue, or of all."""
    say = contents.say
    columns = [say("As of"), say("Of"), say("Stated"), say("On record"), say("Verdict"), say("By rule"),
               say("Stated at"), say("Source")]  # fmt: skip
    rows: list[Sequence[Cell]] = []
    for finding in findings:
        statement = finding.statement
        stated = say.number(statement.count)
        if statement.format is not None:
            stated = f"{stated} {contents.word(statement.format)}"
        row: list[Cell] = [
            say.date(statement.as_of),
            contents.counted_link(statement.counted),
            stated,
            contents.bounds(finding.recorded),
            Strong(_verdict(contents, finding), _CLASSES[finding.verdict]),
            Several(_rules(contents, finding), "; "),
            _own(contents, finding),
            contents.sources_and_place(finding.sources, statement.event),
        ]
        rows.append(row)
    if of_one:
        columns = columns[:1] + columns[2:]
        rows = [[*row[:1], *row[2:]] for row in rows]
    numbers = frozenset({1, 2} if of_one else {2, 3})
    return Table(title=title, columns=columns, rows=rows, numbers=numbers, anchor="stated")


def _verdict(contents: Contents, finding: Finding) -> str:
    say = contents.say
    if finding.verdict is not Verdict.DISAGREES:
        return say(finding.verdict.value)
    off = abs(finding.difference)
    if finding.difference > 0:
        return say.plural(off, "disagrees: stated one more", "disagrees: stated {n} more")
    return say.plural(off, "disagrees: stated one fewer", "disagrees: stated {n} fewer")


def _rules(contents: Contents, finding: Finding) -> list[str]:
    """Return the rules that fit, in words; a rule without the meeting that states it only where it fits alone."""
    plain = [rule for rule in finding.rules if " without " not in rule]
    return [_rule(contents, rule) for rule in plain or finding.rules] or [contents.say("none")]


def _rule(contents: Contents, rule: str) -> str:
    say = contents.say
    name, _, without = rule.partition(" without ")
    words = say(_RULES.get(name, name))
    if not without:
        return words
    meeting = contents.labels[without].name if without in contents.labels else without
    return say("{rule}, without {meeting}", rule=words, meeting=meeting)


def _own(contents: Contents, finding: Finding) -> Cell:
    at = finding.statement.reported_at
    if not at:
        return ""
    link = contents.meeting_link(at)
    if finding.own not in _OWN:
        return link
    return Several([link, f"({contents.say(_OWN[finding.own])})"], " ")


def finding_row(finding: Finding) -> dict[str, Any]:
    """Return a statement with its verdict as JSON has it."""
    statement = finding.statement
    return {
        "series": statement.series,
        "dialogue": statement.dialogue,
        "as_of": statement.as_of.text,
        "stated": statement.count,
        "format": None if statement.format is None else str(statement.format),
        "reported_at": statement.reported_at,
        "recorded": {"certain": finding.recorded.certain, "possible": finding.recorded.possible},
        "verdict": finding.verdict.value,
        "difference": finding.difference,
        "rules": finding.rules,
        "own": finding.own.value,
        "meetings": finding.meetings,
        "sources": [source.title for source in finding.sources],
    }


def statements_page(contents: Contents, findings: Sequence[Finding], not_stated: Sequence[str]) -> Page:
    """Return the page of all stated counts."""
    say = contents.say
    rows = [*findings]
    silent = [contents.series_link(series) for series in not_stated]
    note = Several([say("No source states a count of"), Several(silent)], " ") if silent else ""
    table = finding_table(contents, rows)
    return Page(
        path="statements/index",
        title=say("Stated counts"),
        parts=[attrs.evolve(table, note=note)],
        data={"statements": [finding_row(finding) for finding in findings], "not_stated": list(not_stated)},
    )


def dispute_table(contents: Contents, disputes: Sequence[Dispute], *, title: str = "") -> Table:
    """Return what sources claim against what is on record."""
    say = contents.say
    rows = []
    for dispute in disputes:
        names = differing(dispute.claim, dispute.standing)
        rows.append(
            (
                contents.subject_link(subject_of(dispute.claim)),
                _worded(contents, dispute.standing, names),
                _worded(contents, dispute.claim, names),
                dispute.reason,
                contents.sources(dispute.sources),
            )
        )
    columns = (say("About"), say("On record"), say("Claimed"), say("Reason"), say("Source of the claim"))
    return Table(title=title, columns=columns, rows=rows, anchor="disputes")


def _worded(contents: Contents, fact: Fact, names: Sequence[str]) -> str:
    """Return what a fact says in some of its fields."""
    return "; ".join(
        f"{contents.say(name.replace('_', ' '))}: {_value(contents, getattr(fact, name, None))}" for name in names
    )


def _value(contents: Contents, value: object) -> str:
    match value:
        case None | "" | ():
            return contents.say("not stated")
        case PartialDate():
            return contents.say.date(value)
        case Format():
            return contents.word(value)
        case tuple():
            return ", ".join(_value(contents, item) for item in value)
        case int():
            return contents.say.number(value)
        case _:
            return contents.in_words(str(value))


def dispute_page(contents: Contents, disputes: Sequence[Dispute]) -> Page:
    """Return the page of all disputes."""
    say = contents.say
    for dispute in disputes:
        contents.support("dispute", subject_of(dispute.claim), [dispute])
    table = dispute_table(contents, disputes)
    note = "" if disputes else say("No source contradicts what is on record.")
    return Page(
        path="disputes/index",
        title=say("Disputes"),
        parts=[attrs.evolve(table, note=note)],
        data={
            "disputes": [
                {
                    "subject": subject_of(dispute.claim),
                    "standing": _worded(contents, dispute.standing, [*attrs.fields_dict(type(dispute.claim))]),
                    "claim": _worded(contents, dispute.claim, [*attrs.fields_dict(type(dispute.claim))]),
                    "reason": dispute.reason,
                    "sources": [source.title for source in dispute.sources],
                }
                for dispute in disputes
            ]
        },
    )


def anomaly_page(contents: Contents, anomalies: Anomalies, today: str) -> Page:
    """Return the page of all that is odd, by kind."""
    say = contents.say
    kinds: dict[str, list[Sequence[Cell]]] = {}
    for anomaly in anomalies:
        row = (contents.subject_link(anomaly.subject), contents.in_words(anomaly.why))
        kinds.setdefault(str(anomaly.kind), []).append(row)
    parts = [
        Table(
            title=f"{say(kind).capitalize()} ({say.number(len(rows))})",
            columns=(say("About"), say("What is odd")),
            rows=rows,
            anchor=kind.replace(" ", "-").replace(",", ""),
        )
        for kind, rows in sorted(kinds.items())
    ]
    note = say("What is odd may be true: it is recorded and counted. Looked at as of {date}.", date=today)
    if not parts:
        parts = [Table(columns=(say("About"), say("What is odd")), rows=(), note=say("Nothing is odd."))]
    parts[0] = attrs.evolve(parts[0], note=Several([cell for cell in (note, parts[0].note) if cell], " "))
    return Page(
        path="anomalies/index",
        title=say("What is odd"),
        parts=parts,
        data={"anomalies": [{"kind": str(one.kind), "subject": one.subject, "why": one.why} for one in anomalies]},
    )
