"""Tables of other people taken in: CSV, JSON, JSON Lines and TOML, with a report of every row.

Each row is recorded whole or not at all, and whatever becomes of it, the others are tried.
Rows that cannot be recorded are tried again after the last one, as long as that helps: so
their order does not matter, and a second import of the same table finds nothing to do. An import
is one transaction: when it cannot be brought to its end, nothing of it is recorded.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import attrs

from dialogue_registry.errors import (
    ConflictError,
    InvalidValueError,
    MappingError,
    RefusedError,
    StoppedImportError,
)
from dialogue_registry.imports.fact_fields import make_fact
from dialogue_registry.imports.mapping import Plan, read_mapping
from dialogue_registry.imports.parties import Parties
from dialogue_registry.imports.readers import Row, read_rows
from dialogue_registry.imports.row_mapper import RowReader, UnresolvedError
from dialogue_registry.imports.states import states
from dialogue_registry.log.entry import RecordedEvent
from dialogue_registry.model.events import Event, Fact, FactCorrected, Source
from dialogue_registry.queries.display import table
from dialogue_registry.registry.registry import Registry

_BATCH = 1000
_SHOWN = 20
OUTCOMES = ("recorded", "already standing", "amended since", "in conflict", "unresolved", "refused", "skipped")
"""What can become of a row, in the order of the report."""


@attrs.frozen
class RowReport:
    """What became of one row that was not recorded, and why.

    ``row`` is the number a spreadsheet shows (its head is row 1), the line of JSON Lines,
    and in JSON, TOML and rows of your own the number of the item, from 1. ``outcome`` is
    one of already standing, amended since, in conflict, unresolved, refused, skipped.
    """

    row: int
    outcome: str
    reason: str


@attrs.frozen(kw_only=True)
class ImportReport:
    """What became of every row of an import; printed, a summary and the first problems.

    ``rows`` were read; each is counted in one of ``recorded``, ``already_standing`` (all it
    says was in the log), ``amended_since`` (it was, and somebody corrected or retracted it),
    ``in_conflict`` (another fact stands), ``unresolved`` (a party nobody knows), ``refused``
    and ``skipped`` (the mapping makes nothing of it). ``events`` were appended to the log.
    ``unknown`` are the names of parties nobody knew, with how many rows have them.
    ``of_rows`` has a report of each row that was not recorded, in order. With ``dry_run``
    it tells what would have been: nothing was recorded.
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
    of_rows: tuple[RowReport, ...]
    dry_run: bool

    @property
    def problems(self) -> tuple[RowReport, ...]:
        """The rows in conflict, unresolved or refused: those that somebody should look at."""
        return tuple(row for row in self.of_rows if row.outcome in ("in conflict", "unresolved", "refused"))

    def __str__(self) -> str:
        lines = [("rows read", self.rows), *((name, getattr(self, name.replace(" ", "_"))) for name in OUTCOMES)]
        heading = "nothing recorded, would be" if self.dry_run else "import"
        text = list(table((heading, "rows"), lines))
        problems, shown = self.problems, None if self.dry_run else _SHOWN
        text += [f"row {row.row}: {row.outcome}: {row.reason}" for row in problems[:shown]]
        if shown is not None and len(problems) > shown:
            text.append(f"… and {len(problems) - shown} more; a dry run lists them all")
        if self.unknown:
            text.append(f"parties nobody knows: {', '.join(f'{n} ({rows})' for n, rows in self.unknown.items())}")
        return "\n".join(text)


def import_table(
    registry: Registry,
    rows: str | os.PathLike[str] | Iterable[Mapping[str, Any]],
    mapping: Mapping[str, Any] | str | Path | None = None,
    *,
    source: Source | None = None,
    by: str = "",
    dry_run: bool = False,
    strict: bool = False,
    format: str | None = None,  # noqa: A002 - what it is called everywhere
    progress: Callable[[int, int], object] | None = None,
) -> ImportReport:
    """Record what a table says, row by row; running it again changes nothing.

    ``rows`` is the path of a CSV, JSON, JSON Lines or TOML file, "-" for standard input, or
    any dicts (a data frame's ``to_dict("records")``). ``format`` says what a file is ("csv",
    "tsv", "json", "jsonl", "toml"), by default its ending. ``mapping`` is a file or a dict
    that says which column is which field; without one, each row names its event in ``event``
    and the columns are the fields. ``source`` is that of rows whose mapping gives none; a
    file's default is its name. With ``dry_run`` nothing is recorded, with ``strict`` nothing
    unless every row can be. ``progress`` is called after each thousand rows with the rows
    done, twice.

    Raises UnreadableFileError, MappingError, and with ``strict`` StoppedImportError, whose
    ``report`` tells of all rows; nothing is then recorded.
    """
    plan = None if mapping is None else read_mapping(mapping)
    numbered: Iterable[tuple[int, Row]]
    if isinstance(rows, str | os.PathLike):
        path = os.fspath(rows)
        source = source or Source("standard input" if path == "-" else Path(path).name or path)
        numbered = read_rows(path, format, plan)
    else:
        numbered = enumerate(rows, 1)
    numbered = iter(numbered)
    run = _Run(registry, plan, source, by)
    with registry.transaction(dry_run=dry_run):
        run.first()
        while page := list(islice(numbered, _BATCH)):
            run.try_all(page)
            if progress is not None:
                progress(run.rows, run.rows)
        run.check_columns()
        run.try_again()
        report = run.report(dry_run=dry_run)
        if strict and report.problems:
            row = report.problems[0]
            raise StoppedImportError(
                f"row {row.row} is {row.outcome}: {row.reason}; nothing was recorded",
                row=row.row,
                report=attrs.evolve(report, dry_run=True),
            )
    return report


class _Run:
    """One import: records what can be, and keeps the books."""

    def __init__(self, registry: Registry, plan: Plan | None, source: Source | None, by: str) -> None:
        self._registry = registry
        self._plan = plan
        self._source = source
        self._by = by
        self._reader = RowReader(plan, Parties(()), source)
        self._events = 0
        self._counts = dict.fromkeys(OUTCOMES, 0)
        self._settled: list[RowReport] = []
        self._columns: set[str] = set()
        self._pending: dict[int, Row] = {}
        self._problems: dict[int, RowReport] = {}
        self._unknown: dict[int, tuple[str, ...]] = {}
        self._seen: dict[int, int] = {}
        self._reads: dict[str, Mapping[int, Event | None]] = {}

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return sum(self._counts.values()) + len(self._pending)

    def first(self) -> None:
        """Record what the mapping says of no row, and learn who the parties are."""
        if self._plan is not None and self._plan.first:
            source, told = self._source, self._plan.source
            if told and not any(template.columns for template in told.values()):
                source = Source(**{name: template.constant for name, template in told.items()})
            facts = [
                make_fact(fact.event, {name: template.constant for name, template in fact.fields.items()})
                for fact in self._plan.first
            ]
            try:
                self._events += self._record([(fact, source) for fact in facts])[1]
            except RefusedError as error:
                raise MappingError(f"[[first]] of the mapping cannot be recorded: {error}") from error
        self._reader.parties = _parties(self._registry, self._plan)

    def check_columns(self) -> None:
        """Raise MappingError if the mapping speaks of a column that no row has."""
        if self._plan is not None and self._columns and (missing := sorted(self._plan.columns - self._columns)):
            raise MappingError(
                f"no row has {missing[0]!r}, of which the mapping speaks: they have "
                f"{', '.join(sorted(map(str, self._columns)))}; nothing was recorded"
            )

    def try_all(self, rows: Iterable[tuple[int, Row]]) -> None:
        """Record rows, each whole or not at all; those that cannot be are kept, to be tried again."""
        with self._registry.transaction():
            for number, row in rows:
                self._pending[number] = row
                if isinstance(row, Mapping):
                    self._columns.update(row)
                self._row(number, row)

    def try_again(self) -> None:
        """Try what was not recorded once more, as long as that helps: a row may rest on one further down."""
        kept = self._plan is not None and self._plan.keep_unresolved
        for keep_unresolved in dict.fromkeys((False, kept)):
            self._reader.keep_unresolved = keep_unresolved
            before = None
            while self._pending and len(self._pending) != before:
                before = len(self._pending)
                self._reader.parties = _parties(self._registry, self._plan)
                self.try_all(sorted(self._pending.items()))

    def _row(self, number: int, row: Row) -> None:
        facts: list[tuple[Fact, Source | None]] = []
        try:
            facts = self._reader.facts(row)
            recorded, appended = self._record(facts)
        except UnresolvedError as error:
            outcome, reason = "unresolved", str(error)
        except ConflictError as error:
            outcome, reason = "in conflict", _difference(error, facts)
        except (RefusedError, InvalidValueError) as error:
            outcome, reason = "refused", str(error)
        else:
            self._settle(number, row, recorded, appended)
            return
        finally:
            self._unknown[number] = self._reader.unknown
        self._problems[number] = RowReport(number, outcome, reason)

    def _record(self, facts: Sequence[tuple[Fact, Source | None]]) -> tuple[tuple[RecordedEvent, ...], int]:
        """Record facts; give their records, and how many are new."""
        if not facts:
            return (), 0
        before = self._registry.position
        recorded = self._registry.record(*(fact for fact, _ in facts), source=facts[0][1], by=self._by)
        return recorded, self._registry.position - before

    def _settle(self, number: int, row: Row, recorded: Sequence[RecordedEvent], appended: int) -> None:
        """Book a row of which nothing is left to do."""
        self._reader.keep_ids()
        del self._pending[number]
        self._problems.pop(number, None)
        same = self._seen.setdefault(hash(repr(row)), number)
        if appended:
            self._events += appended
            self._counts["recorded"] += 1
            return
        if not recorded:
            outcome, reason = "skipped", "the mapping makes nothing of it"
        elif same != number:
            outcome, reason = "already standing", f"it repeats row {same}, cell for cell"
        elif amended := [record.position for record in recorded if self._is_amended(record)]:
            outcome = "amended since"
            reason = f"it was recorded at position {amended[0]}, and corrected or retracted since"
        else:
            outcome, reason = "already standing", "the log has all of it, from the same source"
        self._counts[outcome] += 1
        self._settled.append(RowReport(number, outcome, reason))

    def _is_amended(self, record: RecordedEvent) -> bool:
        """Whether what was recorded reads otherwise now."""
        reads = self._reads.get(record.subject)
        if reads is None:
            steps = self._registry.history(record.subject)
            now = {step.of: step.fact for step in steps}
            reads = self._reads[record.subject] = {step.position: now[step.of] for step in steps}
        said = record.event.replacement if isinstance(record.event, FactCorrected) else record.event
        return reads.get(record.position, said) != said

    def report(self, *, dry_run: bool) -> ImportReport:
        """What became of all rows."""
        counts = {**self._counts, **Counter(problem.outcome for problem in self._problems.values())}
        unknown = Counter(name for names in self._unknown.values() for name in names)
        return ImportReport(
            rows=self.rows,
            **{outcome.replace(" ", "_"): counts[outcome] for outcome in OUTCOMES},
            events=self._events,
            unknown=dict(unknown),
            of_rows=tuple(sorted([*self._settled, *self._problems.values()], key=lambda row: row.row)),
            dry_run=dry_run,
        )


def _difference(conflict: ConflictError, facts: Sequence[tuple[Fact, Source | None]]) -> str:
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
    return Parties(joined, plan.aliases.items(), states(plan.party_languages) if plan.iso else None)
