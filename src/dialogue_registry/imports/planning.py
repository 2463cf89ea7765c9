"""Making a plan: read the next edition, compare it with the earlier ones, pair what differs, and try it out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import attrs

from dialogue_registry.errors import InvalidValueError, StillNeededError
from dialogue_registry.imports.applying import Applying
from dialogue_registry.imports.earlier_editions import EarlierEditions, Statement, digest, family
from dialogue_registry.imports.edition_plan import Plan, Proposal
from dialogue_registry.imports.importer import id_in_use, known_parties
from dialogue_registry.imports.mapping import TableMapping, read_mapping, table_name
from dialogue_registry.imports.pairing import Pair, pair
from dialogue_registry.imports.reading import GivenTable, open_rows, source_of
from dialogue_registry.imports.row_mapper import MappedFact, MappedRow, RowMapper, UnresolvedError
from dialogue_registry.imports.rows import Row, Table
from dialogue_registry.imports.seen_columns import SeenColumns
from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.model.events import PartyJoined, Source
from dialogue_registry.model.wordings import fold_fact, same_fact
from dialogue_registry.registry.registry import Registry

_PAGE = 1000


@arguments_checked
def plan_edition(
    registry: Registry,
    rows: GivenTable,
    mapping: Mapping[str, Any] | str | Path | None = None,
    *,
    withdraw: bool = False,
    source: Source | None = None,
    format: str | None = None,  # noqa: A002 - what it is called everywhere
    constants: Mapping[str, str] | None = None,
    line: str | Sequence[str] = (),
    progress: Callable[[int, int], object] | None = None,
) -> Plan:
    """Compare a table with what its earlier editions said; return a plan, and record nothing.

    A changed row is corrected. One that another source states too, that somebody has amended,
    or that only looks like a changed row, is left to decide. What no row says any more is kept.
    With ``withdraw`` it is retracted, unless another source states it, something rests on it,
    or a row that cannot be read may say it. The other arguments are those of ``import_table``.
    Raises UnreadableFileError, MappingError or MissingExtraError.
    """
    constants = dict(constants or {})
    table_mapping = None if mapping is None else read_mapping(mapping, constants, registry.kinds)
    source = source or source_of(rows)
    name = table_name(table_mapping, source)
    with (
        open_rows(rows, format, table_mapping, constants, line) as table,
        registry.transaction(dry_run=True),
    ):
        comparison = _Comparison(registry, table, name, table_mapping, source=source, constants=constants)
        comparison.read(progress)
        proposals = _tried(registry, comparison.proposals(withdraw=withdraw), name, table.edition)
        return Plan(
            table=name,
            edition=table.edition,
            position=comparison.position,
            rows=comparison.rows,
            unchanged=comparison.unchanged,
            unreadable=tuple(f"row {number}: {why}" for number, why in comparison.unreadable),
            proposals=tuple(proposals),
        )


class _Comparison:
    """A new edition beside the earlier ones."""

    def __init__(
        self, registry: Registry, table: Table, name: str, mapping: TableMapping | None, *, source: Source | None,
        constants: Mapping[str, str],
    ) -> None:  # fmt: skip
        self._registry = registry
        self._table = table
        self._name = name
        self._mapping = mapping
        self._session = registry._session  # noqa: SLF001 - imports read the log by its editions
        self._kinds = self._session.log.codec.kinds
        self._mapper = RowMapper(mapping, source, registry.kinds, constants)
        self._earlier = EarlierEditions(self._session, name)
        self._columns = SeenColumns(table, mapping)
        self._new: dict[int, MappedFact] = {}
        self._ids: dict[tuple[str, str], str] = {}
        self._joined: list[tuple[str, str]] = []
        #: Rows that cannot be read, each with what is known of its facts.
        self._doubtful: list[list[tuple[type[Any], Mapping[str, Any]]] | None] = []
        self.unreadable: list[tuple[int, str]] = []
        self.position = registry.position
        self.rows = self.unchanged = 0

    # --- reading ---------------------------------------------------------------------

    def read(self, progress: Callable[[int, int], object] | None) -> None:
        """Read all rows; those whose parties a row further down names are read again."""
        for fact in self._mapper.first():
            self._take(fact)
        self._know()
        pending: list[Row] = []
        while page := list(islice(self._table.rows, _PAGE)):
            self.rows += len(page)
            for row in page:
                self._columns.look(row)
            pending += self._read(page)
            if progress is not None:
                progress(self.rows, max(self.rows, self._table.total or 0))
        self._columns.check()
        keep = bool(self._mapping and self._mapping.parties and self._mapping.parties.keep_unresolved)
        for keep_unresolved in dict.fromkeys((False, keep)):
            if pending:
                self._mapper.keep_unresolved = keep_unresolved
                self._know()
                pending = self._read(pending)
        for row in pending:
            try:
                self._mapper.map(row)
            except UnresolvedError as error:
                self._doubt(row, str(error))

    def _know(self) -> None:
        self._mapper.know(known_parties(self._registry, self._mapping, self._joined))

    def _read(self, rows: Iterable[Row]) -> list[Row]:
        """Compare rows; return those that name a party nobody knows."""
        unresolved = []
        for row in rows:
            try:
                mapped = self._mapper.map(row)
            except UnresolvedError:
                unresolved.append(row)
            except InvalidValueError as error:
                self._doubt(row, str(error))
            else:
                self._compare(row, mapped)
        return unresolved

    def _compare(self, row: Row, mapped: MappedRow) -> None:
        if (reason := id_in_use(self._ids, mapped.ids)) is not None:
            self._doubt(row, reason)
            return
        for key, cell in mapped.ids:
            self._ids.setdefault(key, cell)
        known = [self._take(fact) for fact in mapped.facts]
        self.unchanged += bool(known) and all(known)

    def _take(self, fact: MappedFact) -> bool:
        """Take a fact of the new edition; return whether an earlier one said it."""
        if isinstance(fact.fact, PartyJoined):
            self._joined += [(name, fact.fact.party) for name in (fact.fact.name, *fact.fact.aliases)]
        key = digest(fact.fact)
        if self._earlier.has(key):
            return True
        self._new.setdefault(key, fact)
        return False

    def _doubt(self, row: Row, why: str) -> None:
        self.unreadable.append((row.number, why))
        self._doubtful.append(self._mapper.partly(row))

    # --- proposing -------------------------------------------------------------------

    def proposals(self, *, withdraw: bool) -> list[Proposal]:
        """Return what the new edition changes, in the order of its rows; then what it says no more."""
        keyed = bool(self._mapping and self._mapping.key)
        pairs = pair(self._kinds, list(self._new.values()), self._earlier.lost(), keyed=keyed)
        found = (self._proposal(one, withdraw=withdraw) for one in pairs)
        return [
            attrs.evolve(proposal, number=number)
            for number, proposal in enumerate((p for p in found if p is not None), 1)
        ]

    def _proposal(self, one: Pair, *, withdraw: bool) -> Proposal | None:
        fact, old = one.fact, one.statement
        if fact is None:
            assert old is not None
            return self._withdrawn(old, withdraw=withdraw)
        keyed = fact.locator.startswith("row ") and bool(self._mapping and self._mapping.key)
        shared: dict[str, Any] = {
            "number": 0,
            "row": fact.locator.removeprefix("row ") if keyed else ", ".join(filter(None, (fact.row, fact.locator))),
            "key": fact.row if keyed else "",
            "after": fact.fact,
            "source": fact.source,
            "cite": fact.cited(self._name, self._table.edition),
        }
        if old is None:
            return Proposal(what="new", decision="record", **shared)
        if old.reads is None:
            why = "an earlier edition said it otherwise, and that was retracted"
            return Proposal(what="new", decision="decide", why=why, **shared)
        why = ""
        if old.others:
            why = f"{_listed(old.others)} states it too as it was: dispute, keep, or correct what this table said of it"
        elif not same_fact(old.reads, old.stated):
            why = "somebody has amended it since the table said it"
        elif one.likely:
            why = "it looks like a changed row: correct, or record it as a row of its own"
        return Proposal(
            what="changed",
            decision="decide" if why else "correct",
            events=old.facts,
            before=old.reads,
            why=why,
            **shared,
        )

    def _withdrawn(self, old: Statement, *, withdraw: bool) -> Proposal | None:
        if old.reads is None:
            return None  # nothing is left to withdraw
        decision, why = ("retract" if withdraw else "keep"), ""
        if old.others:
            decision, why = "keep", f"{_listed(old.others)} states it too"
        elif (row := self._doubt_about(old)) is not None:
            decision, why = "keep", f"row {row} cannot be read, and may say it"
        elif not same_fact(old.reads, old.stated):
            decision, why = ("decide" if withdraw else "keep"), "somebody has amended it since the table said it"
        return Proposal(
            number=0, what="withdrawn", decision=decision, row=old.row, key=old.key, events=old.facts,
            before=old.reads, why=why,
        )  # fmt: skip

    def _doubt_about(self, old: Statement) -> int | None:
        """Return the row that cannot be read and may say what a statement says."""
        stated = fold_fact(old.stated)
        for (number, _), facts in zip(self.unreadable, self._doubtful, strict=True):
            if facts is None or any(self._may_say(cls, values, stated) for cls, values in facts):
                return number
        return None

    def _may_say(self, cls: type[Any], values: Mapping[str, Any], stated: Any) -> bool:
        """Return whether a row of which some fields could be read may say what somebody said."""
        kind = self._kinds.of(stated)
        telling = {*kind.about, *(name for names in kind.key for name in names)}
        if (
            cls is not type(stated)
            and family(self._kinds, stated) != "reports"
            and kind.table is not _table(self._kinds, cls)
        ):
            return False
        return all(getattr(stated, name, None) == value for name, value in values.items() if name in telling)


def _table(kinds: Any, cls: type[Any]) -> Any:
    kind = kinds.find(cls)
    return None if kind is None else kind.table


def _listed(titles: Sequence[str]) -> str:
    return " and ".join(map(repr, titles[:2])) + f" and {len(titles) - 2} more" * (len(titles) > 2)


def _tried(registry: Registry, proposals: Sequence[Proposal], name: str, edition: str) -> Iterator[Proposal]:
    """Yield proposals, and leave to decide what would be refused if the plan were applied as it is."""
    work = [proposal for proposal in proposals if proposal.decision not in ("keep", "decide")]
    refused = Applying(registry._session, name, edition, "").execute(work, "a plan")  # noqa: SLF001
    for proposal in proposals:
        error = refused.get(proposal.number)
        if error is None:
            yield proposal
        elif isinstance(error, StillNeededError) and proposal.decision == "retract":
            yield attrs.evolve(proposal, decision="keep", why=f"it stays: {error}")
        else:
            yield attrs.evolve(proposal, decision="decide", why=f"it would be refused: {error}")
