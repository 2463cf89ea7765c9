"""Reconciliation of counts with those that official sources stated: every statement against every rule."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from html import escape
from types import MappingProxyType
from typing import TypeAlias, overload

import attrs

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.model.events import Source
from dialogue_registry.model.shown import shown
from dialogue_registry.queries.counts import RULES, Bounds, Rule, as_of
from dialogue_registry.queries.display import Shown, fold, html_table, table, terminal_columns
from dialogue_registry.queries.reader import Reader
from dialogue_registry.queries.results import Meeting, Statement

Reached: TypeAlias = tuple[Meeting, Bounds]
"""A meeting in question, and whether it counts."""

Tried: TypeAlias = Mapping[str, tuple[Bounds, frozenset[str]]]
"""By rule: its count, and the ids of the meetings it counts."""


class Verdict(StrEnum):
    """The outcome of comparing a statement with the record."""

    AGREES = "agrees"
    WITHIN = "within date uncertainty"
    DISAGREES = "disagrees"


class Own(StrEnum):
    """A statement's treatment of the meeting that it was stated at: counted, or not."""

    INCLUDED = "included"
    EXCLUDED = "excluded"
    NOT_TELLING = "not telling"


@attrs.frozen(kw_only=True)
class Finding(Shown):
    """The outcome of comparing one statement with the record.

    ``verdict`` is that of the rule held where that fits, else the best of any rule. While a
    date is open, a count by format may hit the number by chance. ``rules`` are the full names
    of the rules that fit at least as well; ``by_rule`` has the verdict of every one.
    ``difference`` is stated minus recorded under the ``nearest`` rule (0 and "" unless it
    disagrees). ``meetings`` are the ids of those that make the difference between the rules, or
    that are uncertain. ``recorded`` is the count under the rule held. ``own`` says whether the
    statement counts the meeting it was stated at, where the numbers show that. ``circular``
    says that no rule fits without the meetings which only the sources of this statement report.
    The one it was stated at is set aside. Then the statement agrees with itself.
    """

    statement: Statement
    verdict: Verdict
    rules: tuple[str, ...]
    meetings: tuple[str, ...]
    difference: int
    nearest: str
    recorded: Bounds
    own: Own
    by_rule: Mapping[str, Verdict] = attrs.field(repr=False)
    circular: bool = False

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sources that stated it."""
        return self.statement.sources


@attrs.frozen
class Reconciliation(Sequence[Finding]):
    """Every statement against every rule, by date; printed, it is a table.

    ``not_stated`` are the series that no statement mentions: which is not zero.
    """

    findings: tuple[Finding, ...]
    not_stated: tuple[str, ...]

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> "Reconciliation": ...
    def __getitem__(self, index: int | slice) -> "Finding | Reconciliation":
        """Return the finding at an index, or some of the findings."""
        return Reconciliation(self.findings[index], ()) if isinstance(index, slice) else self.findings[index]

    def __len__(self) -> int:
        return len(self.findings)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return self.text(terminal_columns())

    def text(self, width: int | None = None, names: Mapping[str, str] | None = None) -> str:
        """Return the findings as a table, folded to a width if one is given.

        With ``names`` of the series, they stand beside their ids, and the sources behind.
        """
        headings, rows = self._table()
        if names is not None:
            headings = ("as of", "series", "name", *headings[2:], "sources")
            rows = [
                (*row[:2], names.get(finding.statement.counted), *row[2:], "; ".join(s.title for s in finding.sources))
                for row, finding in zip(rows, self.findings, strict=True)
            ]
        lines = list(table(headings, rows, width))
        if self.not_stated:
            silent = f"not stated: {', '.join(self.not_stated)}"
            lines += ["", *([silent] if width is None else fold(silent, width))]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        headings, rows = self._table()
        sourced = [(*row, finding.sources) for row, finding in zip(rows, self.findings, strict=True)]
        silent = f"<p>not stated: {escape(', '.join(self.not_stated))}</p>" * bool(self.not_stated)
        return html_table((*headings, "sources"), sourced) + silent

    def _table(self) -> tuple[Sequence[str], Sequence[Sequence[object]]]:
        return (
            ("as of", "series", "stated", "recorded", "verdict", "rules", "own meeting", "meetings"),
            [
                (
                    finding.statement.as_of,
                    finding.statement.counted,
                    f"{finding.statement.count}{f' {finding.statement.format}' if finding.statement.format else ''}",
                    finding.recorded,
                    finding.verdict + _off(finding) + ", circular" * finding.circular,
                    _listed([_fit(finding, name) for name in finding.rules]) or "none",
                    finding.own,
                    _listed(finding.meetings),
                )
                for finding in self.findings
            ],
        )


def _off(finding: Finding) -> str:
    """Return by how many a statement is off, and from which rule where that is not held."""
    if not finding.difference:
        return ""
    return f" by {finding.difference:+d}" + (f" from {finding.nearest}" if finding.nearest != "held" else "")


def _fit(finding: Finding, rule: str) -> str:
    exactly = finding.verdict is Verdict.WITHIN and finding.by_rule[rule] is Verdict.AGREES
    return f"{rule} (exactly)" if exactly else rule


def _listed(names: Iterable[str], width: int = 36) -> str:
    """Return names joined by commas, in lines of about a width; no name is broken."""
    lines: list[str] = []
    for name in names:
        if lines and len(lines[-1]) + len(name) + 2 <= width:
            lines[-1] += f", {name}"
        else:
            lines.append(name)
    return ",\n".join(lines)


ORDINAL = "ordinal"
"""The name under which reconciliation tries the highest ordinal printed, which is no predicate."""


def your_rules(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the user's rules; raises InvalidValueError where a name would stand for two."""
    given = tuple(rules)
    taken = {*RULES, ORDINAL}
    for rule in given:
        if not isinstance(rule, Rule):
            raise InvalidValueError(f"{shown(rule)} is no rule: give rules=[Rule(name, predicate)]")
        if rule.name in taken:
            raise InvalidValueError(f"there is another rule {shown(rule.name)}: rename yours")
        taken.add(rule.name)
    return given


def reconcile(statement: Statement, meetings: Collection[Meeting], rules: Iterable[Rule] = ()) -> Finding:
    """Compare a statement with the held meetings of its series, under the library's rules and the user's."""
    first, last = statement.as_of.earliest, statement.as_of.latest
    # Each meeting of the series in question, with whether it counts as of the statement's date.
    standing = {meeting.meeting: (meeting, as_of(meeting, first, last)) for meeting in meetings}
    if statement.format is not None:
        standing = {id_: counted for id_, counted in standing.items() if counted[0].format == statement.format}
    reach = {id_: counted for id_, counted in standing.items() if counted[1].possible}
    own = statement.reported_at if statement.reported_at in reach else None
    users_rules = tuple(rules)
    tried = tried_rules(reach, users_rules, (own,) if own else ())
    verdicts, best, fitting = judged(statement.count, tried)
    gaps = {name: gap(statement.count, bounds) for name, (bounds, _) in tried.items()}
    nearest = min(gaps, key=lambda name: abs(gaps[name])) if best is Verdict.DISAGREES else ""
    held, everything = tried["held"]
    shown = {"numbered", *(rule.name for rule in users_rules)} if nearest in {"", "held"} else {nearest}
    if own and verdicts["held"] != verdicts[f"held without {own}"]:
        shown.add(f"held without {own}")
    differing = {
        id_
        for name in shown | set(fitting)
        for id_ in everything ^ tried[name][1]
        if (name in fitting) != ("held" in fitting) or best is Verdict.DISAGREES
    }
    if best is not Verdict.AGREES:
        differing |= {id_ for id_, (_, bounds) in reach.items() if bounds.certain != bounds.possible}
    return Finding(
        statement=statement,
        verdict=best,
        rules=fitting,
        meetings=tuple(id_ for id_ in standing if id_ in differing),
        difference=gaps.get(nearest, 0),
        nearest=nearest,
        recorded=held,
        own=_own(verdicts["held"], verdicts[f"held without {own}"]) if own else Own.NOT_TELLING,
        by_rule=MappingProxyType(verdicts),
        circular=_is_circular(statement, reach, fitting, users_rules),
    )


def _is_circular(
    statement: Statement, reach: Mapping[str, Reached], fitting: Sequence[str], rules: Iterable[Rule]
) -> bool:
    """Return whether no fitting rule fits without the meetings that only the sources of the statement report."""
    alone = set(known_only_from([statement], reach))
    if not alone or not fitting:
        return False
    left = {id_: counted for id_, counted in reach.items() if id_ not in alone}
    own = [statement.reported_at] if statement.reported_at in left else []
    tried = tried_rules(left, rules, own)
    return all(name in tried and verdict_of(statement.count, tried[name][0]) is Verdict.DISAGREES for name in fitting)


def known_only_from(stating: Iterable[Statement], reach: Mapping[str, Reached]) -> tuple[str, ...]:
    """Return the meetings that only the sources of some statements report, but for those they were stated at."""
    statements = tuple(stating)
    sources = {source for statement in statements for source in statement.sources}
    reported = {statement.reported_at for statement in statements}
    return tuple(
        id_
        for id_, (meeting, _) in reach.items()
        if meeting.sources and id_ not in reported and sources.issuperset(meeting.sources)
    )


def tried_rules(
    reach: Mapping[str, Reached], rules: Iterable[Rule], without: Iterable[str] = ()
) -> dict[str, tuple[Bounds, frozenset[str]]]:
    """Map each rule to its count and the ids of the meetings it counts: the library's rules, some more, the ordinal.

    ``reach`` maps the ids of the meetings in question to each of them and whether it counts.
    Every rule is also tried without each of the meetings named.
    """
    tried: dict[str, tuple[Bounds, frozenset[str]]] = {}
    users_rules = tuple(rules)
    for excluded in (None, *without):
        left = {id_: counted for id_, counted in reach.items() if id_ != excluded}
        suffix = f" without {excluded}" if excluded else ""
        for rule in (*RULES.values(), *users_rules):
            chosen = {id_: counted for id_, counted in left.items() if rule.counts(counted[0])}
            tried[rule.name + suffix] = sum((bounds for _, bounds in chosen.values()), Bounds(0, 0)), frozenset(chosen)
        tried[ORDINAL + suffix] = _highest(left), frozenset(left)
    return tried


def judged(stated: int, tried: Tried) -> tuple[Mapping[str, Verdict], Verdict, tuple[str, ...]]:
    """Return the verdict of each rule, that of the rule held or else the best, and the rules that fit as well."""
    verdicts = {name: verdict_of(stated, bounds) for name, (bounds, _) in tried.items()}
    order = list(Verdict).index
    best = verdicts["held"] if verdicts["held"] is not Verdict.DISAGREES else min(verdicts.values(), key=order)
    fitting = (name for name, verdict in verdicts.items() if order(verdict) <= order(best))
    return verdicts, best, () if best is Verdict.DISAGREES else tuple(fitting)


def reconcile_all(
    reader: Reader,
    rules: Iterable[Rule] = (),
    *,
    within: Callable[[str], bool] = lambda _: True,
    day: date | None = None,
) -> Reconciliation:
    """Compare every statement with the record, under the library's rules and the user's.

    Only those about an id ``within`` what was asked for, as of the day or earlier.
    """
    users_rules = tuple(rules)
    statements = [
        statement
        for statement in reader.selected(Statement, "latest, earliest, fact")
        if within(str(statement.series or statement.dialogue)) and (day is None or statement.as_of.latest <= day)
    ]
    held = {
        (series, dialogue): reader.held(series) if dialogue is None else reader.held_in(dialogue)
        for series, dialogue in dict.fromkeys((statement.series, statement.dialogue) for statement in statements)
    }
    findings = tuple(
        reconcile(statement, held[statement.series, statement.dialogue], users_rules) for statement in statements
    )
    silent = tuple(series for series in reader.series_ids() if (series, None) not in held and within(series))
    return Reconciliation(findings, silent)


def _highest(counted: Mapping[str, tuple[Meeting, Bounds]]) -> Bounds:
    return Bounds(
        max((m.ordinal or 0 for m, b in counted.values() if b.certain), default=0),
        max((m.ordinal or 0 for m, _ in counted.values()), default=0),
    )


def verdict_of(stated: int, bounds: Bounds) -> Verdict:
    """Return the outcome of comparing a number with a count."""
    if bounds.certain == bounds.possible == stated:
        return Verdict.AGREES
    return Verdict.WITHIN if bounds.certain <= stated <= bounds.possible else Verdict.DISAGREES


def gap(stated: int, bounds: Bounds) -> int:
    """Return by how much a number lies outside a count: 0 within, negative below it."""
    return stated - max(bounds.certain, min(stated, bounds.possible))


def _own(with_it: Verdict, without_it: Verdict) -> Own:
    if with_it is without_it:
        return Own.NOT_TELLING
    order = list(Verdict)
    return Own.INCLUDED if order.index(with_it) < order.index(without_it) else Own.EXCLUDED
