"""Counts, and the rules they are made by. Pure.

A held meeting counts *certainly* as of a day when the latest possible day of its beginning
is on or before it. It counts *possibly* when the earliest is. Every answer has both.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import attrs

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Format
from dialogue_registry.model.shown import shown
from dialogue_registry.model.status import Status
from dialogue_registry.queries.display import Shown, html_table, shown_table
from dialogue_registry.queries.results import Meeting, Statement

FORMATS = ("in-person", "online", "hybrid", "unknown")
"""The keys of every count by format."""


@attrs.frozen(eq=False, order=False)
class Bounds:
    """A number of meetings, or a share of them: at least ``certain``, at most ``possible``.

    Bounds add up, with numbers too. Where both are the same, they equal that number, and
    ``int()`` returns it. ``<`` and its like compare what is certain, and raise
    InvalidValueError where the answer is not.

    >>> Bounds(3, 5) + Bounds(1, 1) + 2
    Bounds(certain=6, possible=8)
    >>> Bounds(3, 5) < 6, Bounds(3, 5) >= 3, Bounds(4, 4) == 4, int(Bounds(4, 4))
    (True, True, True, 4)
    """

    certain: int
    possible: int

    def __str__(self) -> str:
        certain, possible = map(_in_words, (self.certain, self.possible))
        return certain if certain == possible else f"{certain}–{possible}"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __int__(self) -> int:
        if self.certain != self.possible:
            raise InvalidValueError(f"{self} is not one number: take its certain or its possible")
        return self.certain

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Bounds):
            return (self.certain, self.possible) == (other.certain, other.possible)
        return self.certain == self.possible == other if isinstance(other, int | float) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.certain) if self.certain == self.possible else hash((self.certain, self.possible))

    def __add__(self, other: "Bounds | int") -> "Bounds":
        if isinstance(other, int):
            return Bounds(self.certain + other, self.possible + other)
        if isinstance(other, Bounds):
            return Bounds(self.certain + other.certain, self.possible + other.possible)
        return NotImplemented

    __radd__ = __add__

    def __lt__(self, other: "Bounds | float") -> Any:
        return self._compare(other, lambda mine, its: mine < its)

    def __le__(self, other: "Bounds | float") -> Any:
        return self._compare(other, lambda mine, its: mine <= its)

    def __gt__(self, other: "Bounds | float") -> Any:
        return self._compare(other, lambda mine, its: mine > its)

    def __ge__(self, other: "Bounds | float") -> Any:
        return self._compare(other, lambda mine, its: mine >= its)

    def _compare(self, other: "Bounds | float", holds: Callable[[float, float], bool]) -> Any:
        """Return whether a comparison holds for all that both may be; raises InvalidValueError where it may not."""
        if not isinstance(other, Bounds | int | float):
            return NotImplemented
        least, greatest = (other.certain, other.possible) if isinstance(other, Bounds) else (other, other)
        outcomes = {holds(mine, its) for mine in (self.certain, self.possible) for its in (least, greatest)}
        if len(outcomes) > 1:
            raise InvalidValueError(
                f"it is not certain how {self} compares with {other}: compare its certain or its possible"
            )
        return outcomes.pop()


def _in_words(bound: float) -> str:
    """Return a number as it is, a share in per cent."""
    return f"{bound:.0%}" if isinstance(bound, float) else str(bound)


@arguments_checked
@attrs.frozen
class Rule:
    """A counting rule: a name, and which held meetings it counts.

    ``counts`` is a pure function of a :class:`~dialogue_registry.Meeting`.
    """

    name: str
    counts: Callable[[Meeting], bool] = attrs.field(repr=False)


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.name: rule
        for rule in (
            Rule("held", lambda meeting: meeting.status is Status.HELD),
            Rule("numbered", lambda meeting: meeting.ordinal is not None),
            Rule("in-person", lambda meeting: meeting.format == "in-person"),
            Rule("online", lambda meeting: meeting.format == "online"),
            Rule("hybrid", lambda meeting: meeting.format == "hybrid"),
            Rule("unknown", lambda meeting: meeting.format is None),
        )
    }
)
"""The library's own rules. They look at a meeting's format and ordinal only."""


def find_rule(rule: str | Rule) -> Rule:
    """Return the rule of that name, or the rule itself; raises InvalidValueError."""
    if isinstance(rule, Rule):
        return rule
    if not isinstance(rule, str) or rule not in RULES:
        raise InvalidValueError(
            f"there is no counting rule {shown(rule)}: use one of {', '.join(map(repr, RULES))}, "
            "or a Rule(name, predicate)"
        )
    return RULES[rule]


@attrs.frozen(kw_only=True)
class Count(Shown):
    """The number of meetings of a series, or of a dialogue as a whole, that were held.

    ``series`` is the id of either. In a dialogue as a whole, a joint meeting counts one time.
    ``total`` and ``by_format`` (always the keys in-person, online, hybrid, unknown) are
    by the rule that was asked for. ``highest_ordinal`` is the highest one printed on a
    meeting certainly held. ``carried`` is the latest official statement plus the meetings
    held after it. Both do not depend on the rule, and are None where there is none.
    """

    series: str
    total: Bounds
    by_format: Mapping[str, Bounds]
    highest_ordinal: int | None
    carried: Bounds | None


@attrs.frozen(eq=False, repr=False)
class Counts(Mapping[str, Count]):
    """The counts of all series, by the id of the series; notebooks and prompts show a table."""

    _counts: Mapping[str, Count]

    def __getitem__(self, series: str) -> Count:
        """Return the count of one series."""
        return self._counts[series]

    def __iter__(self) -> Iterator[str]:
        return iter(self._counts)

    def __len__(self) -> int:
        return len(self._counts)

    def __repr__(self) -> str:
        return shown_table(*self._table())

    def _repr_html_(self) -> str:
        return html_table(*self._table())

    def _table(self) -> tuple[Sequence[str], Sequence[Sequence[object]]]:
        return (
            ("series", "total", *FORMATS, "highest ordinal", "stated and carried on"),
            [
                (series, count.total, *count.by_format.values(), count.highest_ordinal, count.carried)
                for series, count in self.items()
            ],
        )


Cell = tuple[str, bool]
"""A format, and whether an ordinal is printed: the library's own rules look at nothing else."""


@attrs.define
class Cells:
    """Held meetings of one series by cell, certainly and possibly; the highest ordinal among the certain.

    A cell of which ``possible`` says nothing has none.
    """

    certain: dict[Cell, int] = attrs.field(factory=dict)
    possible: dict[Cell, int] = attrs.field(factory=dict)
    highest: int | None = None

    def totals(self) -> Bounds:
        """Return the number of all of them."""
        return Bounds(sum(self.certain.values()), sum(self.possible.values()))

    def with_more(self, other: "Cells") -> "Cells":
        """Return these and others added up."""
        return Cells(
            {cell: self.certain.get(cell, 0) + other.certain.get(cell, 0) for cell in CELLS},
            {cell: self.possible.get(cell, 0) + other.possible.get(cell, 0) for cell in CELLS},
            max((number for number in (self.highest, other.highest) if number is not None), default=None),
        )

    def under(self, rule: Rule) -> tuple[Bounds, Mapping[str, Bounds]]:
        """Return the total and the share of each format under one of the library's rules."""
        counted, certain = _counted(rule), self.certain
        return summed(
            (cell[0], certain.get(cell, 0), possible) for cell, possible in self.possible.items() if cell in counted
        )


class Shares(Mapping[str, Bounds]):
    """A count of each format: a read-only mapping that can be hashed, copied and pickled."""

    __slots__ = ("_bounds",)

    def __init__(self, bounds: Iterable[Bounds]) -> None:
        self._bounds = tuple(bounds)

    def __getitem__(self, name: str) -> Bounds:
        """Return the count of one format."""
        try:
            return self._bounds[FORMATS.index(name)]
        except ValueError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(FORMATS)

    def __len__(self) -> int:
        return len(FORMATS)

    def __hash__(self) -> int:
        return hash(self._bounds)

    def __repr__(self) -> str:
        return repr(dict(self))


def summed(parts: Iterable[tuple[str, int, int]]) -> tuple[Bounds, Mapping[str, Bounds]]:
    """Add up (format, certain, possible) to a total and shares by format."""
    surely, perhaps = dict.fromkeys(FORMATS, 0), dict.fromkeys(FORMATS, 0)
    for name, certain, possible in parts:
        surely[name] += certain
        perhaps[name] += possible
    total = Bounds(sum(surely.values()), sum(perhaps.values()))
    return total, Shares(map(Bounds, surely.values(), perhaps.values()))


def _example(format_: str, ordinal: int | None) -> Meeting:
    return Meeting(
        meeting="", series="", status=Status.HELD, date=None, ordinal=ordinal, period="",
        format=None if format_ == "unknown" else Format(format_), place="", country="", title="", reason="",
        until=None, event=0, sources=(),
    )  # fmt: skip


CELLS: Mapping[Cell, Meeting] = {
    (name, numbered): _example(name, 1 if numbered else None) for name in FORMATS for numbered in (False, True)
}
"""One meeting of each cell, for the library's own rules to look at."""


@lru_cache
def _counted(rule: Rule) -> frozenset[Cell]:
    """Return the cells that one of the library's rules counts; cached, as it is asked for each series."""
    return frozenset(cell for cell, meeting in CELLS.items() if rule.counts(meeting))


def as_of(meeting: Meeting, first: date | None, last: date | None) -> Bounds:
    """Return whether a held meeting counts as of a day between ``first`` and ``last`` (None: all time)."""
    if first is None or last is None:
        return Bounds(1, 1)
    if meeting.date is None:
        return Bounds(0, 1)
    return Bounds(int(meeting.date.latest_start <= first), int(meeting.date.earliest <= last))


def tallied(meetings: Iterable[Meeting], rule: Rule, day: date | None) -> tuple[Bounds, Mapping[str, Bounds]]:
    """Count held meetings one by one, by a rule of the user's own."""
    return summed(
        (meeting.format or "unknown", bounds.certain, bounds.possible)
        for meeting in meetings
        if rule.counts(meeting)
        for bounds in [as_of(meeting, day, day)]
    )


@attrs.frozen
class Stated:
    """A stated count, without its source."""

    count: int
    as_of: PartialDate
    format: str | None


def carrying(statements: Sequence[Statement | Stated], day: date | None) -> tuple[PartialDate, int] | None:
    """Return the date and the number to carry on from: the latest statement as of a day.

    Of that date, the last recorded without a format, else the sum of the last recorded of
    each format.
    """
    known = [s for s in statements if day is None or s.as_of.latest <= day]
    if not known:
        return None
    # August 2004 and some day of that month are the same date, however they are written.
    until, since = max((s.as_of.latest, s.as_of.earliest) for s in known)
    latest = [s for s in known if (s.as_of.latest, s.as_of.earliest) == (until, since)]
    by_format = {s.format: s.count for s in latest}
    return latest[0].as_of, by_format[None] if None in by_format else sum(by_format.values())
