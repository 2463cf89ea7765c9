"""The report of an import: what became of every row, as values and in print.

Printed, it is a summary, a line for each cause with its rows, and the columns that nothing
reads. The names of parties that nobody knows are a table to paste into the mapping.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from heapq import merge
from itertools import pairwise
from typing import overload

import attrs

from dialogue_registry.imports.numbers import Numbers, Runs
from dialogue_registry.queries.display import table


class RowOutcome(StrEnum):
    """The outcome of a row of an import, in the order of the report."""

    RECORDED = "recorded"
    ALREADY_STANDING = "already standing"
    AMENDED_SINCE = "amended since"
    IN_CONFLICT = "in conflict"
    UNRESOLVED = "unresolved"
    REFUSED = "refused"
    SKIPPED = "skipped"


OUTCOMES = tuple(RowOutcome)
"""The outcomes of a row, in the order of the report."""
PROBLEMS = (RowOutcome.IN_CONFLICT, RowOutcome.UNRESOLVED, RowOutcome.REFUSED)
"""Outcomes that somebody should look at."""
_SHOWN_CAUSES = 10
_SHOWN_ROWS = 8
_SHOWN_COLUMNS = 12


@attrs.frozen
class RowReport:
    """The outcome of one row that was not recorded, and why.

    ``row`` is the number a spreadsheet shows (its head is row 1), or the line of JSON Lines. In
    JSON, TOML and rows of your own it is the number of the item, from 1. ``outcome`` is a
    :class:`RowOutcome`, which compares with its word: already standing, amended since, in
    conflict, unresolved, refused, skipped. ``part`` tells rows of one number apart: a column
    that became a row, an item of a list.
    """

    row: int
    outcome: RowOutcome = attrs.field(converter=RowOutcome)
    reason: str
    part: str = ""


@attrs.frozen
class Cause:
    """One cause that several rows have: the reason as the first of them has it, and all their numbers.

    ``others`` are what further rows have in place of what the first reason quotes.
    """

    outcome: str
    reason: str
    rows: tuple[int, ...]
    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        if len(self.rows) == 1:
            return f"row {self.rows[0]}: {self.outcome}: {self.reason}"
        shown = ", ".join(map(str, self.rows[:_SHOWN_ROWS])) + " …" * (len(self.rows) > _SHOWN_ROWS)
        others = ", ".join(self.others[:4]) + " …" * (len(self.others) > 4)
        same = f" (also {others})" if self.others else ""
        return f"{len(self.rows)} rows {self.outcome}: {self.reason}{same}; rows {shown}"


class RowReports(Sequence[RowReport]):
    """The reports of rows in their order; neighbours that are alike are kept as one, so that a million take no room."""

    def __init__(self) -> None:
        self._rows = Runs()
        self._outcomes = Runs()
        self._reasons = Runs()
        self._details = Runs()
        self._parts = Runs()
        self._texts: dict[str, int] = {}
        self._list: list[str] = []
        self._order: Numbers | None = None

    def add(self, row: int, outcome: str, reason: str, part: str = "", detail: int = 0) -> None:
        """Add a report; ``{}`` in a reason of many rows stands for the detail, a number of each."""
        self._rows.append(row)
        self._outcomes.append(OUTCOMES.index(outcome))
        self._reasons.append(self._number(reason))
        self._details.append(detail)
        self._parts.append(self._number(part))

    def _number(self, text: str) -> int:
        number = self._texts.get(text)
        if number is None:
            number = self._texts[text] = len(self._list)
            self._list.append(text)
        return number

    def in_order(self) -> "RowReports":
        """Bring the reports into the order of the rows, and return them."""
        rows = self._rows
        starts = [place for place, (one, other) in enumerate(pairwise(rows), 1) if one > other]
        if starts:  # each try of the rows is in order: these are few, and a sorted list of a million takes 30 MB
            tries = [range(*ends) for ends in pairwise((0, *starts, len(rows)))]
            self._order = Numbers("i")
            for place in merge(*tries, key=rows.__getitem__):
                self._order.append(place)
        return self

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> RowReport: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[RowReport, ...]: ...
    def __getitem__(self, place: int | slice) -> RowReport | tuple[RowReport, ...]:
        if isinstance(place, slice):
            return tuple(self[number] for number in range(*place.indices(len(self))))
        number = self._place(range(len(self))[place])
        reason = self._list[self._reasons[number]]
        if detail := self._details[number]:
            reason = reason.replace("{}", str(detail))
        part = self._list[self._parts[number]]
        return RowReport(self._rows[number], OUTCOMES[self._outcomes[number]], reason, part)

    def _place(self, number: int) -> int:
        """Return the place at which the report stands that is shown at another one."""
        return number if self._order is None else self._order[number]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str) or len(self) != len(other):
            return NotImplemented if not isinstance(other, Sequence) else False
        return all(one == of for one, of in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash((tuple(self._rows), tuple(self._outcomes)))

    def __repr__(self) -> str:
        return repr(tuple(self)) if len(self) <= 20 else f"<{len(self)} reports of rows>"

    def of_outcomes(self, outcomes: Sequence[str]) -> Iterator[RowReport]:
        """Yield the reports with one of some outcomes."""
        codes = {OUTCOMES.index(outcome) for outcome in outcomes}
        for place in range(len(self)):
            if self._outcomes[self._place(place)] in codes:
                yield self[place]


@attrs.frozen(kw_only=True)
class ImportReport:
    """The outcome of every row of an import; printed, a summary and the causes of what was not recorded.

    ``rows`` were read. Each is counted in one of ``recorded``, ``already_standing`` (all it
    says was in the log), or ``amended_since`` (it was, and somebody corrected or retracted it).
    Or it is counted in ``in_conflict`` (another fact stands), ``unresolved`` (a party nobody
    knows), ``refused`` or ``skipped`` (the mapping makes nothing of it). ``events`` were
    appended to the log. ``unknown`` are the names of parties nobody knew, with how many rows
    have them. ``of_rows`` has a report of each row that was not recorded, in order. ``remarks``
    are of rows that were recorded, and that somebody should look at all the same. ``unread``
    are the columns that the mapping does not speak of. ``found`` says what was found out about
    the file: its encoding, what divides its cells, its sheet. With ``dry_run`` it says what
    would have been: nothing was recorded.
    """

    rows: int
    recorded: int
    already_standing: int
    amended_since: int
    in_conflict: int
    unresolved: int
    refused: int
    skipped: int
    events: int
    unknown: Mapping[str, int]
    of_rows: Sequence[RowReport]
    dry_run: bool
    remarks: tuple[RowReport, ...] = ()
    unread: tuple[str, ...] = ()
    found: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[RowReport, ...]:
        """The rows in conflict, unresolved or refused: those that somebody should look at."""
        if isinstance(self.of_rows, RowReports):
            return tuple(self.of_rows.of_outcomes(PROBLEMS))
        return tuple(row for row in self.of_rows if row.outcome in PROBLEMS)

    @property
    def causes(self) -> tuple[Cause, ...]:
        """The causes of the problems, those of most rows first."""
        return _causes(self.problems)

    def __str__(self) -> str:
        return self.text()

    def text(self, *, verbose: bool = False) -> str:
        """Return the report in print: a line for each cause, or, where ``verbose``, for each row."""
        lines = [("rows read", self.rows), *((name, getattr(self, name.replace(" ", "_"))) for name in OUTCOMES)]
        heading = "nothing recorded, would be" if self.dry_run else "import"
        text = list(table((heading, "rows"), lines))
        for reports in (self.problems, self.remarks):
            if verbose:
                text += [f"{_where(row)}: {row.outcome}: {row.reason}" for row in reports]
            else:
                text += _shown(_causes(reports))
        if self.unread:
            shown = ", ".join(self.unread[:_SHOWN_COLUMNS]) + " …" * (len(self.unread) > _SHOWN_COLUMNS)
            text.append(f"columns that the mapping does not read: {shown}")
        if self.found:
            text.append(f"found out: {'; '.join(self.found)}")
        if self.unknown:
            text.append("parties that nobody knows; give their codes in the mapping:")
            text.append("[parties.aliases]")
            text += [
                f'{_toml(name)} = ""  # {rows} {"row" if rows == 1 else "rows"}'
                for name, rows in sorted(self.unknown.items(), key=lambda item: -item[1])
            ]
        return "\n".join(text)


def _toml(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"{}"'.format("".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped))


def _where(row: RowReport) -> str:
    return f"row {row.row}, {row.part}" if row.part else f"row {row.row}"


def _shown(causes: Sequence[Cause]) -> list[str]:
    text = [str(cause) for cause in causes[:_SHOWN_CAUSES]]
    if len(causes) > _SHOWN_CAUSES:
        rows = sum(len(cause.rows) for cause in causes[_SHOWN_CAUSES:])
        text.append(f"… and {rows} more for {len(causes) - _SHOWN_CAUSES} other reasons; --verbose shows every row")
    return text


# --- causes --------------------------------------------------------------------------

_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|“[^”]*”|\b\d[\d,.-]*\b")


def _causes(reports: Sequence[RowReport]) -> tuple[Cause, ...]:
    """Bring reports together whose reasons differ only in what they quote."""
    groups: dict[tuple[str, str], list[RowReport]] = {}
    for report in reports:
        groups.setdefault((report.outcome, _QUOTED.sub("…", report.reason)), []).append(report)
    causes = []
    for (outcome, _), rows in groups.items():
        first = _QUOTED.findall(rows[0].reason)
        others: dict[str, None] = {}
        for row in rows:
            quoted = _QUOTED.findall(row.reason)
            differing = [other for one, other in zip(first, quoted, strict=True) if one != other]
            if differing:
                others.setdefault(next((text for text in differing if not text[0].isdigit()), differing[0]))
        causes.append(Cause(outcome, rows[0].reason, tuple(row.row for row in rows), tuple(others)))
    return tuple(sorted(causes, key=lambda cause: -len(cause.rows)))
