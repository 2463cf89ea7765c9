"""Explanations of a number: which rule gives it, which meetings make the difference, which sources state what. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

import attrs

from dialogue_registry.errors import UnknownSubjectError
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Format
from dialogue_registry.model.shown import shown
from dialogue_registry.queries.counts import Bounds, Rule, as_of
from dialogue_registry.queries.display import Shown, fold, printable, table, terminal_columns
from dialogue_registry.queries.numbering import terms_of
from dialogue_registry.queries.reader import Reader
from dialogue_registry.queries.reconciliation import (
    ORDINAL,
    Verdict,
    gap,
    judged,
    known_only_from,
    tried_rules,
)
from dialogue_registry.queries.results import Meeting, Series, Statement

_FEW = 4
"""So many meetings are listed by their ids in the table; of more, the number is shown."""
_FITS = {Verdict.AGREES: "yes", Verdict.WITHIN: "perhaps", Verdict.DISAGREES: "no"}
_MEANINGS = {
    "held": "every meeting held",
    "numbered": "the meetings that bear a number",
    "in-person": "the meetings in person",
    "online": "the meetings online",
    "hybrid": "the hybrid meetings",
    "unknown": "the meetings whose format is not known",
    ORDINAL: "the highest number printed on a meeting",
}


@attrs.frozen(kw_only=True)
class RuleTried(Shown):
    """One rule put to the record: its count, how that compares, and the held meetings it leaves out."""

    rule: str
    gives: Bounds
    verdict: Verdict
    counted: tuple[str, ...] = attrs.field(repr=False)
    leaves_out: tuple[str, ...]


@attrs.frozen(kw_only=True)
class MissingNumbers(Shown):
    """Numbers from ``first`` to ``last`` that no held meeting of a series bears.

    ``term`` is the year or period within which meetings are numbered. ``meetings`` are those
    that bear one of them and are not held: announced, postponed or cancelled.
    """

    series: str
    term: str
    first: int
    last: int
    meetings: tuple[str, ...]

    def __str__(self) -> str:
        numbers = str(self.first) if self.first == self.last else f"{self.first}–{self.last}"
        return numbers + (f" of {self.term}" if self.term else "")


@attrs.frozen(kw_only=True)
class Explanation(Shown):
    """Reasons why a source would state a number of meetings of a series, or of a dialogue.

    ``verdict`` is that of the ``rules`` that give the number; where none does, ``rules`` is
    empty and ``nearest`` are those that come closest. ``tried`` has every rule. ``since`` and
    ``until`` are the first and the last day as of which the meetings held can have been so
    many. They are None where they never were, or still are. ``stated`` are the statements up to
    then. ``circular`` are meetings counted that are known only from sources that state the
    number; ``uncertain`` those whose day may be before or after. ``missing`` are the numbers
    that no held meeting bears, below the highest that one does.
    """

    subject: str
    name: str
    count: int
    as_of: PartialDate | None
    format: Format | None
    verdict: Verdict
    rules: tuple[str, ...]
    nearest: tuple[str, ...]
    tried: tuple[RuleTried, ...] = attrs.field(repr=False)
    meetings: tuple[Meeting, ...]
    since: date | None
    until: date | None
    stated: tuple[Statement, ...]
    circular: tuple[str, ...]
    uncertain: tuple[Meeting, ...]
    missing: tuple[MissingNumbers, ...]

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return self.text(terminal_columns())

    def text(self, width: int | None = None) -> str:
        """Return the explanation as prose and tables, folded to a width if one is given."""
        lines: list[str] = []
        for paragraph in self._prose():
            written = printable(paragraph)
            lines += [written] if width is None else fold(written, width)
        rows = [(one.rule, str(one.gives), _FITS[one.verdict], _left(one)) for one in self.tried if self._shows(one)]
        lines += ["", *table(("rule", "gives", "fits", "leaves out"), rows, width)]
        if self.stated:
            stated = [
                (
                    one.as_of, f"{one.count}{f' {one.format}' if one.format else ''}", one.reported_at,
                    "; ".join(source.title for source in one.sources),
                )
                for one in self.stated
            ]  # fmt: skip
            lines += ["", *table(("as of", "stated", "at", "sources"), stated, width)]
        return "\n".join(lines)

    def _prose(self) -> Iterator[str]:
        how = "" if self.format is None else f" {self.format}"
        when = "" if self.as_of is None else f", as of {self.as_of}"
        yield f"Why {self.count}{how}? {self.name} ({self.subject}){when}."
        by_rule = {one.rule: one for one in self.tried}
        if self.rules:
            one = by_rule[self.rules[0]]
            exactly = "gives" if self.verdict is Verdict.AGREES else f"gives {one.gives}, which may be"
            yield f"The rule {one.rule!r} {exactly} {self.count}: {_meaning(one.rule)}."
            others = [rule for rule in self.rules[1:] if self._shows(by_rule[rule])]
            if others:
                yield f"So {'do' if others[1:] else 'does'} {', '.join(map(repr, others))}."
        else:
            yield f"No rule gives {self.count}."
            for name in self.nearest:
                one = by_rule[name]
                off = gap(self.count, one.gives)
                more = f"{abs(off)} {'fewer' if off > 0 else 'more'}"
                yield f"The nearest is {name!r}, which gives {one.gives}, {more}: {_meaning(name)}."
        if self.since is not None and "held" not in self.rules:
            until = "" if self.until is None else f", and no later than {self.until}"
            yield f"The meetings held can have been {self.count} no earlier than {self.since}{until}."
        if self.meetings:
            yield f"The rules differ by {', '.join(map(_described, self.meetings))}."
        if self.uncertain:
            yield f"Of uncertain day: {', '.join(map(_described, self.uncertain))}."
        if self.circular:
            yield f"Known only from sources that state this number: {', '.join(self.circular)}."
        if self.missing:
            yield f"Numbers that no held meeting bears: {', '.join(map(_missing, self.missing))}."
        if not self.stated:
            yield "No source on record states a number."
        elif not any((one.count, one.format) == (self.count, self.format) for one in self.stated):
            yield f"No source on record states {self.count}{how}."
            yield from self._added_up()

    def _added_up(self) -> Iterator[str]:
        """Yield a sentence for each source that states numbers of several formats which add up to the number."""
        for source, day in dict.fromkeys((source, one.as_of) for one in self.stated for source in one.sources):
            parts = {
                one.format: one.count
                for one in self.stated
                if one.format is not None and one.as_of == day and source in one.sources
            }
            if self.format is None and len(parts) > 1 and sum(parts.values()) == self.count:
                numbers = " and ".join(f"{number} {format_}" for format_, number in parts.items())
                yield f"{source.title!r} states {numbers} as of {day}, which add up to {self.count}."

    def _shows(self, one: RuleTried) -> bool:
        """Return whether the table has a rule: one that leaves a meeting out only where no other one fits."""
        if " without " in one.rule:
            plain = any(" without " not in rule for rule in self.rules)
            return one.rule in self.nearest or (one.rule in self.rules and not plain)
        return one.gives.possible > 0 or one.rule in (*self.rules, *self.nearest)


def explain(
    reader: Reader,
    subject: str,
    *,
    count: int,
    day: PartialDate | None,
    format: Format | None,  # noqa: A002 - the field's name
    rules: Sequence[Rule] = (),
) -> Explanation:
    """Explain a number of meetings of a series or of a dialogue; raises UnknownSubjectError."""
    series = next(iter(reader.selected(Series, series=subject)), None)
    dialogue = next((one for one in reader.dialogues() if one.dialogue == subject), None)
    if series is not None:
        name, meetings = series.name, reader.meetings(series=subject)
        statements = reader.selected(Statement, series=subject)
    elif dialogue is not None:
        name, meetings = dialogue.name, reader.held_in(subject)
        statements = reader.rows(Statement, "dialogue = ?", (subject,))
    else:
        raise UnknownSubjectError(f"there is no series or dialogue {shown(subject)}: check its id", id=subject)
    first, last = (None, None) if day is None else (day.earliest, day.latest)
    held = [meeting for meeting in meetings if meeting.status == "held" and format in (None, meeting.format)]
    reach = {meeting.meeting: (meeting, bounds) for meeting in held if (bounds := as_of(meeting, first, last)).possible}
    stated = tuple(
        sorted(
            (one for one in statements if last is None or one.as_of.earliest <= last),
            key=lambda one: (one.as_of.latest, one.as_of.earliest, one.event),
        )
    )
    stating = [one for one in stated if one.count == count and one.format == format]
    tried = tried_rules(reach, rules, _left_out(reach, stating))
    verdicts, best, fitting = judged(count, tried)
    nearest = () if fitting else _nearest({rule: abs(gap(count, bounds)) for rule, (bounds, _) in tried.items()})
    everything = frozenset(reach)
    leading = (fitting or nearest)[:1]
    differing = {id_ for rule in leading for id_ in everything ^ tried[rule][1]}
    if leading == ("held",):
        differing = {id_ for rule in ("numbered", *(r.name for r in rules)) for id_ in everything ^ tried[rule][1]}
    return Explanation(
        subject=subject,
        name=name,
        count=count,
        as_of=day,
        format=format,
        verdict=best,
        rules=fitting,
        nearest=nearest,
        tried=tuple(
            RuleTried(
                rule=rule,
                gives=bounds,
                verdict=verdicts[rule],
                counted=tuple(id_ for id_ in reach if id_ in ids),
                leaves_out=tuple(id_ for id_ in reach if id_ not in ids),
            )
            for rule, (bounds, ids) in tried.items()
        ),
        meetings=tuple(meeting for id_, (meeting, _) in reach.items() if id_ in differing),
        **_period(held, count),
        stated=stated,
        circular=known_only_from(stating, reach),
        uncertain=tuple(meeting for meeting, bounds in reach.values() if bounds.certain != bounds.possible),
        missing=() if series is None else tuple(_missing_numbers(series, meetings, reach)),
    )


def _left_out(reach: Mapping[str, tuple[Meeting, Bounds]], stating: Iterable[Statement]) -> Sequence[str]:
    """Return the meetings that a source may leave out: those at which it states the number, and the last one."""
    own = [one.reported_at for one in stating if one.reported_at in reach]
    dated = [(meeting.date.latest_start, id_) for id_, (meeting, _) in reach.items() if meeting.date is not None]
    last = [max(dated, key=lambda pair: pair[0])[1]] if dated else []
    return list(dict.fromkeys(id_ for id_ in (*own, *last) if id_ is not None))


def _nearest(gaps: Mapping[str, int]) -> tuple[str, ...]:
    """Return the rules that come closest, without those that leave a meeting out, unless they alone do."""
    least = min(gaps.values())
    close = [rule for rule, distance in gaps.items() if distance == least]
    plain = [rule for rule in close if " without " not in rule]
    return tuple(plain or close)


def _period(held: Sequence[Meeting], count: int) -> dict[str, date | None]:
    """Return the first and the last day as of which the meetings held can have been so many."""
    earliest = sorted(date.min if meeting.date is None else meeting.date.earliest for meeting in held)
    latest = sorted(date.max if meeting.date is None else meeting.date.latest_start for meeting in held)
    if count > len(held):
        return {"since": None, "until": None}
    since = earliest[count - 1] if count else date.min
    passed = latest[count] if count < len(held) else date.max
    return {
        "since": None if since == date.min else since,
        "until": None if passed in (date.max, date.min) else passed - timedelta(days=1),
    }


def _missing_numbers(
    series: Series, meetings: Sequence[Meeting], reach: Mapping[str, tuple[Meeting, Bounds]]
) -> Iterator[MissingNumbers]:
    held = [meeting for meeting, _ in reach.values()]
    others = terms_of(series.numbering, [meeting for meeting in meetings if meeting.status != "held"])
    for term, numbered in terms_of(series.numbering, held).items():
        before = 0
        for number in sorted({meeting.ordinal for meeting in numbered if meeting.ordinal is not None}):
            if number > before + 1:
                first, last = before + 1, number - 1
                yield MissingNumbers(
                    series=series.series,
                    term=term,
                    first=first,
                    last=last,
                    meetings=tuple(
                        meeting.meeting
                        for meeting in others.get(term, ())
                        if meeting.ordinal is not None and first <= meeting.ordinal <= last
                    ),
                )
            before = number


# --- words -----------------------------------------------------------------------------


def _meaning(rule: str) -> str:
    name, _, excluded = rule.partition(" without ")
    meaning = _MEANINGS.get(name, "a rule of your own")
    return f"{meaning}, but for {excluded}" if excluded else meaning


def _left(one: RuleTried) -> str:
    if len(one.leaves_out) > _FEW:
        return f"{len(one.leaves_out)} of {len(one.leaves_out) + len(one.counted)} meetings"
    return ", ".join(one.leaves_out)


def _described(meeting: Meeting) -> str:
    facts = [
        "no date" if meeting.date is None else str(meeting.date),
        "no number" if meeting.ordinal is None else f"number {meeting.ordinal}",
        "format not known" if meeting.format is None else str(meeting.format),
    ]
    return f"{meeting.meeting} ({', '.join(facts)})"


def _missing(missing: MissingNumbers) -> str:
    return f"{missing} ({', '.join(missing.meetings)} was not held)" if missing.meetings else str(missing)
