"""Tables of other people taken in, with a report of every row.

Each row is recorded whole or not at all, and whatever becomes of it, the others are tried. Rows
that cannot be recorded are tried again after the last one, as long as that helps. So their
order does not matter. A second import of the same table finds nothing to do. An import is one
transaction: when it cannot be brought to its end, nothing of it is recorded.
"""

import logging
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
from dialogue_registry.imports.cells import first_of
from dialogue_registry.imports.edition_guard import EditionGuard
from dialogue_registry.imports.fact_maker import spelling_of
from dialogue_registry.imports.header import unread
from dialogue_registry.imports.heading_words import is_total
from dialogue_registry.imports.mapping import TableMapping, read_mapping, table_name
from dialogue_registry.imports.numbers import Numbers, Runs
from dialogue_registry.imports.parties import Parties
from dialogue_registry.imports.reading import GivenTable, open_rows, source_of
from dialogue_registry.imports.reasons import TELL_APART, Known, refusal_reason, seat_of
from dialogue_registry.imports.report import OUTCOMES, ImportReport, RowReport, RowReports
from dialogue_registry.imports.row_mapper import MappedFact, MappedRow, RowMapper, UnresolvedError
from dialogue_registry.imports.rows import Row, Table
from dialogue_registry.imports.seen_columns import SeenColumns
from dialogue_registry.imports.states import states
from dialogue_registry.log.entry import RecordedEvent
from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.model.events import (
    DelegateAbsent,
    DelegateAttended,
    Fact,
    FactCorrected,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingPostponed,
    Source,
)
from dialogue_registry.queries.names import names_of_parties
from dialogue_registry.registry.registry import Registry
from dialogue_registry.registry.runs import Run, imports

_PAGE = 1000
_BATCH = 500
"""So many rows are recorded together: of twice as many, an import takes 11 MB more and no less time."""

_log = logging.getLogger("dialogue_registry")


@arguments_checked
def import_table(
    registry: Registry,
    rows: GivenTable,
    mapping: Mapping[str, Any] | str | Path | None = None,
    *,
    source: Source | None = None,
    by: str = "",
    dry_run: bool = False,
    strict: bool = False,
    format: str | None = None,  # noqa: A002 - what it is called everywhere
    constants: Mapping[str, str] | None = None,
    line: str | Sequence[str] = (),
    anyway: bool = False,
    progress: Callable[[int, int], object] | None = None,
) -> ImportReport:
    """Record what a table says, row by row; running it again changes nothing.

    ``rows`` is the path of a CSV, JSON, JSON Lines or TOML file or of a workbook, or "-" for
    standard input. It may be any dicts, or a data frame as it is. ``format`` says what a file
    is ("csv", "tsv", "xlsx", "json", "jsonl", "toml"), by default its ending. ``mapping`` is a
    file or a dict that says which column is which field. Without one, each row names its event
    in ``event`` and the columns are the fields. ``constants`` are columns with the same text in
    all rows. ``line`` says what stands in each line of a list, such as "{name}, {office}"; of
    several, the first that fits counts. ``source`` is that of rows whose mapping gives none; a
    file's default is its name. With ``dry_run`` nothing is recorded, with ``strict`` nothing
    unless every row can be. A row may be at odds with an earlier edition of the table. It may
    be a second head of a delegation, a second row of one key, or a name much like one that is
    gone. Then it is in conflict, unless ``anyway``. :func:`plan_edition` takes over the next
    edition of a table. ``progress`` is called after each thousand rows with the rows done and
    their number in all, as far as that is known.

    Raises UnreadableFileError, MappingError, MissingExtraError, and with ``strict``
    StoppedImportError, whose ``report`` has all rows; nothing is then recorded.
    """
    constants = dict(constants or {})
    table_mapping = None if mapping is None else read_mapping(mapping, constants, registry.kinds)
    source = source or source_of(rows)
    with open_rows(rows, format, table_mapping, constants, line) as table:
        run = _Run(registry, table, table_mapping, source=source, by=by, constants=constants)
        with registry.transaction(dry_run=dry_run):
            run.begin(guarded=not anyway)
            run.record_first()
            while page := list(islice(table.rows, _PAGE)):
                for start in range(0, len(page), _BATCH):
                    run.record(page[start : start + _BATCH])
                if progress is not None:
                    progress(run.rows, max(run.rows, table.total or 0))
            run.columns.check()
            run.record_held()
            run.try_again()
            report = run.report(dry_run=dry_run)
            if strict and report.problems:
                row = report.problems[0]
                raise StoppedImportError(
                    f"row {row.row} is {row.outcome}: {row.reason}; nothing was recorded",
                    row=row.row,
                    report=attrs.evolve(report, dry_run=True),
                )
    _log.info("read %d rows of a table: %d events appended", report.rows, report.events)
    return report


@attrs.frozen
class _Item:
    """A row that waits to be recorded: its place in the table, and what it says."""

    place: int
    row: Row
    mapped: MappedRow


class _Run:
    """One import: records what can be, and keeps the books."""

    def __init__(
        self, registry: Registry, table: Table, mapping: TableMapping | None, *, source: Source | None, by: str,
        constants: Mapping[str, str],
    ) -> None:  # fmt: skip
        self._registry = registry
        self._table = table
        self._mapping = mapping
        self._run = Run(registry._session, by)  # noqa: SLF001 - only an import begins a run
        self._name = table_name(mapping, source)
        self._mapper = RowMapper(mapping, source, registry.kinds, constants)
        self._known = Known(registry)
        self._amended = registry.amended_subjects()
        self._reads: dict[str, Mapping[int, object]] = {}
        #: The position before the import, and the last one now.
        self._began = self._position = registry.position
        self._settled = RowReports()
        self._counts: dict[str, int] = dict.fromkeys(OUTCOMES, 0)
        self._remarks: list[RowReport] = []
        self.columns = SeenColumns(table, mapping)
        #: By place: rows that are not recorded yet, why, and the names of parties in rows that nobody knows.
        self._pending: dict[int, Row] = {}
        self._problems: dict[int, RowReport] = {}
        self._unknown: dict[int, tuple[str, ...]] = {}
        #: Statements of earlier editions of the table, and the rows that may be at odds with them.
        self._guard: EditionGuard | None = None
        self._held: list[_Item] = []
        #: The ids made of cells, and the keys of rows, each with where it was first.
        self._ids: dict[tuple[str, str], str] = {}
        self._keys: dict[str, int] = {}
        #: The row of each event of this import; by place, the number of each row and a digest of its cells.
        self._rows_of_events = Runs()
        self._numbers = Runs()
        self._digests = Numbers("q")

    @property
    def rows(self) -> int:
        """The number of rows that were read."""
        return len(self._numbers)

    def begin(self, *, guarded: bool) -> None:
        """Look up what earlier editions of the table said."""
        if guarded and self._name and has_other_edition(self._registry, self._name, self._table.edition):
            self._guard = EditionGuard(self._registry._session, self._name) or None  # noqa: SLF001

    def record_held(self) -> None:
        """Record the rows that were held back and turn out to be at odds with no earlier edition; report the others."""
        items = []
        for item in self._held:
            assert self._guard is not None
            if reason := self._guard.reason(item.mapped):
                self._refuse(item.place, item.row, "in conflict", reason)
                del self._pending[item.place]  # another try would not help
            else:
                items.append(item)
        self._held = []
        self._record(items)

    def record_first(self) -> None:
        """Record the facts that the mapping makes of no row, then read the parties known by now."""
        try:
            self._append(self._mapper.first(), -1)
        except (RefusedError, InvalidValueError) as error:
            reason = (
                refusal_reason(error, None, self._known, self._position) if isinstance(error, RefusedError) else error
            )
            raise MappingError(f"[[first]] of the mapping cannot be recorded: {reason}") from error
        self._mapper.know(known_parties(self._registry, self._mapping))

    def record(self, rows: Iterable[Row]) -> None:
        """Record rows, each whole or not at all; those that cannot be are kept, to be tried again."""
        numbered = []
        for place, row in enumerate(rows, self.rows):
            numbered.append((place, row))
            self._numbers.append(row.number)
            self._digests.append(_digest(row))
            self.columns.look(row)
        self._try(numbered)

    def try_again(self) -> None:
        """Try what was not recorded once more, as long as that helps: a row may rest on one further down."""
        kept = bool(self._mapping and self._mapping.parties and self._mapping.parties.keep_unresolved)
        for keep_unresolved in dict.fromkeys((False, kept)):
            self._mapper.keep_unresolved = keep_unresolved
            before = -1 if keep_unresolved else self._began
            while self._pending and self._position != before:
                before = self._position
                self._mapper.know(known_parties(self._registry, self._mapping))
                rows = iter(sorted(self._pending.items()))
                while page := list(islice(rows, _BATCH)):
                    self._try(page)

    # --- rows ------------------------------------------------------------------------

    def _try(self, rows: Iterable[tuple[int, Row]]) -> None:
        """Map rows, each with its place, and record them."""
        items = []
        for place, row in rows:
            try:
                mapped = self._mapper.map(row)
            except UnresolvedError as error:
                self._unknown[place] = error.names
                self._refuse(place, row, "unresolved", str(error))
            except InvalidValueError as error:
                self._refuse(place, row, "refused", str(error))
            else:
                items.append(_Item(place, row, mapped))
        if self._guard is not None:
            doubtful = [self._guard.doubts(item.mapped) for item in items]
            self._held += [item for item, held in zip(items, doubtful, strict=True) if held]
            items = [item for item, held in zip(items, doubtful, strict=True) if not held]
        self._record(items)

    def _record(self, items: Sequence[_Item]) -> None:
        """Record rows in batches; where one is refused, those before it, then that one alone, then the others."""
        start, size, alone = 0, len(items), len(items)
        while start < len(items):
            if (reason := id_in_use(self._ids, items[start].mapped.ids)) is not None:
                self._refuse(items[start].place, items[start].row, "refused", reason)
                start += 1
                continue
            stop = start + 1 if start == alone else min(start + size, alone if start < alone else len(items))
            batch = self._one_by_one(items[start:stop])
            facts, places = _distinct(batch)
            try:
                recorded = self._append(facts, None)
            except RefusedError as error:
                if len(batch) == 1:
                    self._refuse(batch[0].place, batch[0].row, *self._why(error, facts))
                    start += 1
                else:
                    refused = error.item or 0
                    alone = start + next(row for row, of_row in enumerate(places) if refused in of_row)
                    size = max(size // 4, 1)
                continue
            for item, of_row in zip(batch, places, strict=True):
                self._settle(item, [recorded[place] for place in of_row])
            start += len(batch)
            size *= 2

    def _one_by_one(self, items: Sequence[_Item]) -> Sequence[_Item]:
        """Return the rows before the first that makes an id of another text than a row above it."""
        ids: dict[tuple[str, str], str] = {}
        for number, item in enumerate(items):
            for key, cell in item.mapped.ids:
                other = self._ids.get(key) or ids.setdefault(key, cell)
                if number and other != cell and spelling_of(other) != spelling_of(cell):
                    return items[:number]
        return items

    def _append(self, facts: Sequence[MappedFact], place: int | None) -> Sequence[RecordedEvent]:
        """Record facts; where a place is given, their events are of that row."""
        if not facts:
            return ()
        edition = self._table.edition
        recorded = self._run.record([(fact.fact, fact.source, fact.cited(self._name, edition)) for fact in facts])
        if place is not None:
            self._count([event for event in recorded if event.position > self._position], place)
        return recorded

    def _count(self, new: Sequence[RecordedEvent], place: int) -> None:
        """Keep of which row events are."""
        for event in new:
            if event.position > self._position:
                self._position = event.position
                self._rows_of_events.append(place)

    def _why(self, error: RefusedError, facts: Sequence[MappedFact]) -> tuple[str, str]:
        fact: Fact = facts[error.item or 0].fact
        reason = refusal_reason(error, fact, self._known, self._position)
        if self._guard is not None and isinstance(error, ConflictError) and error.position <= self._began:
            reason += "; if the table was mended, plan its changes with --refresh PLAN (plan_edition in Python)"
        return ("in conflict" if isinstance(error, ConflictError) else "refused"), reason

    def _refuse(self, place: int, row: Row, outcome: str, reason: str) -> None:
        self._pending[place] = row
        self._problems[place] = RowReport(row.number, outcome, reason, row.part)

    # --- outcomes --------------------------------------------------------------------

    def _settle(self, item: _Item, recorded: Sequence[RecordedEvent]) -> None:
        """Report a row that was settled, and drop what was kept to try it again."""
        row, mapped = item.row, item.mapped
        if self._pending.pop(item.place, None) is not None:
            del self._problems[item.place]
            self._unknown.pop(item.place, None)
        if mapped.unknown:
            self._unknown[item.place] = mapped.unknown
        for key, cell in mapped.ids:
            self._ids.setdefault(key, cell)
        new = [event for event in recorded if event.position > self._position]
        if new:
            self._count(new, item.place)
        self._remark(item, row, recorded)
        if new:
            self._counts["recorded"] += 1
            return
        outcome, reason, detail = "already standing", "the log has all of it, from the same source", 0
        if not recorded:
            outcome, reason = "skipped", "the mapping makes nothing of it"
        elif (same := self._repeated(item.place, recorded)) is not None:
            reason, detail = "it repeats row {}, cell for cell", same
        elif amended := [event.position for event in recorded if self._is_amended(event)]:
            outcome, reason, detail = (
                "amended since", "it was recorded at position {}, and corrected or retracted since", amended[0],
            )  # fmt: skip
        self._counts[outcome] += 1
        self._settled.add(row.number, outcome, reason, row.part, detail)

    def _named_before(self, item: _Item, recorded: Sequence[RecordedEvent]) -> str:
        """Return the reason why a row names just whom another row of this table named, though they differ; else ""."""
        for mapped, event in zip(item.mapped.facts, recorded, strict=True):
            if not isinstance(mapped.fact, DelegateAttended | DelegateAbsent) or event.position <= self._began:
                continue
            other = self._rows_of_events[event.position - self._began - 1]
            if other >= 0 and other != item.place and self._digests[other] != self._digests[item.place]:
                return f"it names {seat_of(mapped.fact)}, as row {self._numbers[other]} does: {TELL_APART}"
        return ""

    def _remark(self, item: _Item, row: Row, recorded: Sequence[RecordedEvent]) -> None:
        remarks = list(item.mapped.remarks)
        if (key := item.mapped.key) and (other := self._keys.setdefault(key, item.place)) != item.place:
            remarks += [f"it has the key {key!r}, as row {self._numbers[other]} has: make them differ"] * (
                self._digests[other] != self._digests[item.place]
            )
        if same := self._named_before(item, recorded):
            remarks.append(same)
        if item.mapped.facts and (word := _total(row)):
            remarks.append(
                f"it begins with {word!r}: if it holds totals and is no row, say in the mapping, "
                f'[file] stop_at = "{word}"'
            )
        self._remarks += (RowReport(row.number, "recorded", remark, row.part) for remark in remarks)

    def _repeated(self, place: int, recorded: Sequence[RecordedEvent]) -> int | None:
        """Return the number of the row above that is the same cell for cell; None where none is."""
        position = max(event.position for event in recorded)
        if position <= self._began:
            return None
        other = self._rows_of_events[position - self._began - 1]
        same = other >= 0 and self._digests[other] == self._digests[place]
        return self._numbers[other] if same else None

    def _is_amended(self, event: RecordedEvent) -> bool:
        """Return whether what was recorded reads otherwise now."""
        if event.subject not in self._amended:
            return False
        reads = self._reads.get(event.subject)
        if reads is None:
            steps = self._registry.history(event.subject)
            now = {step.of: step.fact for step in steps}
            reads = self._reads[event.subject] = {step.position: now[step.of] for step in steps}
        stated = event.event.replacement if isinstance(event.event, FactCorrected) else event.event
        return reads.get(event.position, stated) != stated

    def report(self, *, dry_run: bool) -> ImportReport:
        """Return what became of all rows."""
        counts = Counter(problem.outcome for problem in self._problems.values())
        for problem in self._problems.values():
            self._settled.add(problem.row, problem.outcome, problem.reason, problem.part)
        return ImportReport(
            rows=self.rows,
            **{outcome.replace(" ", "_"): self._counts[outcome] + counts[outcome] for outcome in OUTCOMES},
            events=self._position - self._began,
            unknown=dict(Counter(name for names in self._unknown.values() for name in names)),
            of_rows=self._settled.in_order(),
            dry_run=dry_run,
            remarks=tuple(sorted(self._remarks, key=lambda remark: remark.row)),
            unread=unread(tuple(self.columns.names), self._mapping.read_columns) if self._mapping else (),
            found=self._table.found,
        )


def has_other_edition(registry: Registry, table: str, edition: str) -> bool:
    """Return whether another edition of a table was imported before; of rows without a file, any."""
    before = imports(registry._session)  # noqa: SLF001
    return any(one.table == table and not (edition and one.edition == edition) for one in before)


def id_in_use(ids: Mapping[tuple[str, str], str], of_row: Iterable[tuple[tuple[str, str], str]]) -> str | None:
    """Return the refusal of an id that another text further up made already; None where there is none."""
    for key, cell in of_row:
        other = ids.get(key, cell)
        if other is not cell and other != cell and spelling_of(other) != spelling_of(cell):
            column, segment = key
            return (
                f"column {column!r} is {cell!r}, and the id made of it, {segment!r}, is that of {other!r} further "
                "up: if they are one, write them alike; if not, write one so that its letters and digits differ"
            )
    return None


def known_parties(registry: Registry, mapping: TableMapping | None, more: Iterable[tuple[str, str]] = ()) -> Parties:
    """Return the parties that names are matched with, by any name that was ever used, and more, as the mapping says."""
    rules = mapping.parties if mapping else None
    if rules is None:
        return Parties(())
    with registry.reading() as reader:
        joined = names_of_parties(reader.connection)
    known = states(rules.languages) if rules.states else {}
    return Parties([*joined, *more], rules.aliases.items(), known)


def _distinct(items: Sequence[_Item]) -> tuple[list[MappedFact], list[list[int]]]:
    """Return the facts of rows, and by row at which places among them its own are.

    A fact that the mapper gave to rows next to each other is there one time only. That is
    half of the facts where each row repeats its meeting. Reports of a plan are kept as often
    as they are said: their order means something.
    """
    facts: list[MappedFact] = []
    places: list[list[int]] = []
    known: dict[int, int] = {}
    for item in items:
        of_row = []
        for mapped in item.mapped.facts:
            place = known.get(id(mapped.fact))
            if place is None or facts[place].source is not mapped.source or isinstance(mapped.fact, _OF_A_PLAN):
                place = known[id(mapped.fact)] = len(facts)
                facts.append(mapped)
            of_row.append(place)
        places.append(of_row)
    return facts, places


_OF_A_PLAN = (MeetingAnnounced, MeetingPostponed, MeetingCancelled)


def _digest(row: Row) -> int:
    cells = row.places or tuple(row.cells.values())
    try:
        return hash((row.part, tuple(cells)))
    except TypeError:  # a list or an object in a cell
        return hash((row.part, repr(cells)))


def _total(row: Row) -> str:
    """Return the first word of a row that seems to hold totals, else ""."""
    first = first_of(row.places)
    return first if isinstance(first, str) and is_total(first) else ""
