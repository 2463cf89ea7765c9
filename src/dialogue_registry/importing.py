"""Tables of other people taken in: CSV, JSON, JSON Lines and TOML, with a report of every row.

Each row is recorded whole or not at all, and whatever becomes of it, the others are tried.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import attrs

from dialogue_registry.answers import table
from dialogue_registry.errors import (
    ConflictError,
    InvalidValueError,
    MappingError,
    RefusedError,
    StoppedImportError,
)
from dialogue_registry.events import Fact, Source
from dialogue_registry.making import make_fact
from dialogue_registry.mapping import Plan, read_mapping
from dialogue_registry.parties import Parties, iso_names
from dialogue_registry.reading import read_rows
from dialogue_registry.registry import Registry
from dialogue_registry.rows import RowReader, UnresolvedError

_BATCH = 1000
_SHOWN = 20
OUTCOMES = ("recorded", "already standing", "in conflict", "unresolved", "refused", "skipped")
"""What can become of a row, in the order of the report."""


@attrs.frozen
class RowReport:
    """What became of one row that was not recorded, and why.

    ``row`` is the number a spreadsheet shows (its head is row 1), the line of JSON Lines,
    and in JSON, TOML and rows of your own the number of the item, from 1. ``outcome`` is
    one of already standing, in conflict, unresolved, refused, skipped.
    """

    row: int
    outcome: str
    reason: str


@attrs.frozen(kw_only=True)
class ImportReport:
    """What became of every row of an import; printed, a summary and the first problems.

    ``rows`` were read; each is counted in one of ``recorded``, ``already_standing`` (all it
    says was in the log), ``in_conflict`` (another fact stands), ``unresolved`` (a party
    nobody knows), ``refused`` and ``skipped`` (the mapping makes nothing of it). ``events``
    were appended to the log. ``unknown`` are the names of parties nobody knew, with how many
    rows have them. ``of_rows`` has a report of each row that was not recorded, in order.
    """

    rows: int
    recorded: int
    already_standing: int
    in_conflict: int
    unresolved: int
    refused: int
    skipped: int
    events: int
    unknown: Mapping[str, int]
    of_rows: tuple[RowReport, ...]
    dry_run: bool

    @property
    def problems(self) -> tuple[RowReport, ...]:
        """The rows in conflict, unresolved or refused: those that somebody should look at."""
        return tuple(row for row in self.of_rows if row.outcome in ("in conflict", "unresolved", "refused"))

    def __str__(self) -> str:
        lines = [("rows read", self.rows), *((name, getattr(self, name.replace(" ", "_"))) for name in OUTCOMES)]
        heading = "dry run, nothing recorded" if self.dry_run else "import"
        text = list(table((heading, "rows"), lines))
        problems = self.problems
        text += [f"row {row.row}: {row.outcome}: {row.reason}" for row in problems[:_SHOWN]]
        if len(problems) > _SHOWN:
            text.append(f"… and {len(problems) - _SHOWN} more")
        if self.unknown:
            text.append(f"parties nobody knows: {', '.join(f'{n} ({rows})' for n, rows in self.unknown.items())}")
        return "\n".join(text)


class _DryRunError(Exception):
    """Undoes the transaction of a dry run."""


def import_table(
    registry: Registry,
    rows: str | os.PathLike[str] | Iterable[Mapping[str, Any]],
    mapping: Mapping[str, Any] | str | Path | None = None,
    *,
    source: Source | None = None,
    by: str = "",
    dry_run: bool = False,
    strict: bool = False,
    progress: Callable[[int, int], object] | None = None,
) -> ImportReport:
    """Record what a table says, row by row; running it again changes nothing.

    ``rows`` is the path of a CSV, JSON, JSON Lines or TOML file, or any dicts (a data
    frame's ``to_dict("records")``). ``mapping`` is a file or a dict that says which column
    is which field; without one, each row names its event in ``event`` and the columns are
    the fields. ``source`` is that of rows whose mapping gives none; a file's default is its
    name. With ``dry_run`` nothing is recorded, with ``strict`` nothing unless every row can
    be. ``progress`` is called after each thousand rows with the rows done, twice.

    Raises UnreadableFileError, MappingError, and with ``strict`` StoppedImportError.
    """
    plan = None if mapping is None else read_mapping(mapping)
    if isinstance(rows, str | os.PathLike):
        path = Path(rows)
        source = source or Source(path.name)
        numbered = read_rows(path, plan)
    else:
        numbered = enumerate(rows, 1)
    run = _Run(registry, by, strict=strict)
    with suppress(_DryRunError), registry.transaction() if dry_run or strict else nullcontext():
        run.first(plan, source)
        run.reader = RowReader(plan, _parties(registry, plan), source)
        while page := list(islice(numbered, _BATCH)):
            with registry.transaction():
                for number, row in page:
                    run.row(number, row)
            if progress is not None:
                progress(run.rows, run.rows)
        if dry_run:
            raise _DryRunError
    return run.report(dry_run=dry_run)


class _Run:
    """One import: records what can be, and keeps the books."""

    def __init__(self, registry: Registry, by: str, *, strict: bool) -> None:
        self.reader = RowReader(None, Parties(()), None)
        self._registry = registry
        self._by = by
        self._strict = strict
        self._events = 0
        self._counts = dict.fromkeys(OUTCOMES, 0)
        self._of_rows: list[RowReport] = []
        self._seen: dict[int, int] = {}

    @property
    def rows(self) -> int:
        return sum(self._counts.values())

    def first(self, plan: Plan | None, source: Source | None) -> None:
        """Record what the mapping says of no row."""
        if plan is None or not plan.first:
            return
        if plan.source and not any(template.columns for template in plan.source.values()):
            source = Source(**{name: template.constant for name, template in plan.source.items()})
        facts = [make_fact(fact.event, {name: t.constant for name, t in fact.fields.items()}) for fact in plan.first]
        before = self._registry.position
        try:
            self._registry.record(*facts, source=source, by=self._by)
        except RefusedError as error:
            raise MappingError(f"[[first]] of the mapping cannot be recorded: {error}") from error
        self._events += self._registry.position - before

    def row(self, number: int, row: Mapping[str, Any]) -> None:
        """Record one row, or say why not."""
        facts: list[tuple[Fact, Source | None]] = []
        try:
            facts = self.reader.facts(row)
            if not facts:
                self._note(number, "skipped", "the mapping makes nothing of it")
                return
            appended = self._record(facts)
        except UnresolvedError as error:
            self._note(number, "unresolved", str(error))
        except ConflictError as error:
            self._note(number, "in conflict", _difference(error, facts))
        except (RefusedError, InvalidValueError) as error:
            self._note(number, "refused", str(error))
        else:
            self._events += appended
            same = self._seen.setdefault(hash(repr(row)), number)
            if appended:
                self._counts["recorded"] += 1
            elif same != number:
                self._note(number, "already standing", f"it repeats row {same}, cell for cell")
            else:
                self._note(number, "already standing", "the log has all of it, from the same source")

    def _record(self, facts: list[tuple[Fact, Source | None]]) -> int:
        before = self._registry.position
        self._registry.record(*(fact for fact, _ in facts), source=facts[0][1], by=self._by)
        return self._registry.position - before

    def _note(self, number: int, outcome: str, reason: str) -> None:
        if self._strict and outcome not in ("already standing", "skipped"):
            raise StoppedImportError(f"row {number} is {outcome}: {reason}; nothing was recorded", row=number)
        self._counts[outcome] += 1
        self._of_rows.append(RowReport(number, outcome, reason))

    def report(self, *, dry_run: bool) -> ImportReport:
        """What became of all rows."""
        return ImportReport(
            rows=self.rows,
            **{outcome.replace(" ", "_"): number for outcome, number in self._counts.items()},
            events=self._events,
            unknown=dict(self.reader.unknown),
            of_rows=tuple(self._of_rows),
            dry_run=dry_run,
        )


def _difference(conflict: ConflictError, facts: list[tuple[Fact, Source | None]]) -> str:
    fact = facts[conflict.item or 0][0]
    if conflict.stands is None or type(conflict.stands) is not type(fact):
        return str(conflict)
    differ = [
        f"{name} is {_said(getattr(fact, name))} here, {_said(getattr(conflict.stands, name))} there"
        for name in attrs.fields_dict(type(fact))
        if getattr(fact, name) != getattr(conflict.stands, name)
    ]
    where = f"at position {conflict.position}" if conflict.position else "in the same row"
    return f"{type(fact).__name__} stands otherwise {where}: {'; '.join(differ)}"


def _said(value: object) -> str:
    return "not given" if value in (None, "", ()) else repr(str(value))


def _parties(registry: Registry, plan: Plan | None) -> Parties:
    if plan is None or not plan.match_parties:
        return Parties(())
    joined = [
        (name, party.party)
        for dialogue in registry.dialogues()
        for party in dialogue.parties
        for name in (party.name, *party.aliases)
    ]
    return Parties([*joined, *plan.aliases.items(), *(iso_names() if plan.iso else ())])
