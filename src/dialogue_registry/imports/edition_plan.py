"""A plan: what the next edition of a table changes, proposed for somebody to accept, edit or refuse.

``plan_edition`` compares a table with what its earlier editions said, and records nothing.
A plan is applied in one transaction, as ordinary corrections, retractions and facts::

    plan = plan_edition(registry, "list-2.csv", "list.toml")
    print(plan)
    plan.apply(registry, reason="second edition")
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

import attrs

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.imports.applying import Applied, apply_plan
from dialogue_registry.imports.plan_file import plan_data, plan_to_toml
from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.model.events import Citation, Fact, Source
from dialogue_registry.model.kinds import Kind
from dialogue_registry.queries.display import changed_fields, label, table
from dialogue_registry.registry.registry import Registry

CHOICES: Mapping[str, tuple[str, ...]] = {
    "new": ("record", "keep", "decide"),
    "changed": ("correct", "dispute", "record", "keep", "decide"),
    "withdrawn": ("retract", "keep", "decide"),
}
"""The decisions on each kind of proposal; ``keep`` leaves the registry as it is."""


@attrs.frozen(kw_only=True)
class Proposal:
    """One change that a plan proposes.

    ``what`` is new, changed or withdrawn; ``decision`` what is to be done: record, correct,
    dispute, retract, keep (nothing), or decide (somebody must say). ``row`` is the row of the
    new edition, of what is withdrawn that of the earlier one, and ``key`` its key. ``events``
    are the positions of the facts that would be amended, ``before`` is how they read,
    ``after`` how the new edition has it. ``why`` says why it is left to decide, or kept.
    """

    number: int
    what: str
    decision: str = attrs.field()
    row: str
    key: str = ""
    events: tuple[int, ...] = ()
    before: Fact | None = None
    after: Fact | None = None
    source: Source | None = None
    cite: Citation | None = None
    why: str = ""

    @decision.validator
    def _check(self, _: object, decision: object) -> None:
        choices = CHOICES.get(self.what, ())
        if decision not in choices:
            raise InvalidValueError(
                f"proposal {self.number} ({self.what}, row {self.row}) has the decision {decision!r}: "
                f"use {', '.join(choices)}"
            )

    @property
    def changes(self) -> tuple[str, ...]:
        """The fields that change, each from what to what, such as "place: 'Turku' → 'Lund'"."""
        return tuple(changed_fields(self.before, self.after)) if self.before is not None and self.after else ()

    def __str__(self) -> str:
        fact = label(self.after if self.what == "new" else self.before)
        text = f"{self.decision}: {self.what}, row {self.row}: {fact}"
        text += f": {'; '.join(self.changes)}" * bool(self.changes)
        return text + f" ({self.why})" * bool(self.why)


@arguments_checked
@attrs.frozen(kw_only=True)
class Plan:
    """The changes of the next edition of a table; iterated, it yields its proposals.

    ``rows`` were read; of them ``unchanged`` say what earlier editions said, and
    ``unreadable`` are the reports of those that could not be read, which withdraw nothing.
    ``position`` is the end of the log at which the plan was made.
    """

    table: str
    edition: str
    position: int
    rows: int
    unchanged: int
    unreadable: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()

    def __iter__(self) -> Iterator[Proposal]:
        return iter(self.proposals)

    def __len__(self) -> int:
        return len(self.proposals)

    def __str__(self) -> str:
        lines = [(f"plan for {self.table or 'the table'}", "rows"), ("rows read", self.rows), *self.counts.items()]
        text = list(table(lines[0], lines[1:]))  # type: ignore[arg-type]
        text += [f"{proposal.number}. {proposal}" for proposal in self.proposals[:20]]
        if len(self.proposals) > 20:
            text.append(f"… and {len(self.proposals) - 20} more in the plan")
        text += [f"unreadable: {report}" for report in self.unreadable[:10]]
        return "\n".join(text)

    @property
    def counts(self) -> Mapping[str, int]:
        """The numbers of rows new, changed, withdrawn, unchanged and unreadable, and of proposals to decide."""
        rows = {(proposal.what, proposal.row, proposal.key) for proposal in self.proposals}
        found = Counter(what for what, _, _ in rows)
        return {
            **{what: found[what] for what in CHOICES},
            "unchanged": self.unchanged,
            "unreadable": len(self.unreadable),
            "to decide": sum(proposal.decision == "decide" for proposal in self.proposals),
        }

    def decided(self, decisions: Mapping[int, str]) -> "Plan":
        """Return the plan with other decisions, by the numbers of its proposals; raises InvalidValueError."""
        known = {proposal.number for proposal in self.proposals}
        if stray := sorted(decisions.keys() - known):
            raise InvalidValueError(f"the plan has no proposal {stray[0]}: it has {len(known)}")
        changed = [attrs.evolve(p, decision=decisions.get(p.number, p.decision)) for p in self.proposals]
        return attrs.evolve(self, proposals=tuple(changed))

    def apply(
        self, registry: Registry, *, reason: str, by: str = "", dry_run: bool = False,
        progress: Callable[[int, int], object] | None = None,
    ) -> Applied:  # fmt: skip
        """Record what was decided, in one transaction; return what has changed.

        Its amendments carry ``reason`` and the edition. What is done already is passed over.
        Raises PlanError, which names the proposals, where something is left to decide, has
        changed since the plan was made, or is refused; nothing is then recorded.
        """
        return apply_plan(registry, self, reason=reason, by=by, dry_run=dry_run, progress=progress)

    def to_toml(self) -> str:
        """Return the plan as TOML, made to be read and edited."""
        return plan_to_toml(self)

    @classmethod
    def from_toml(cls, text: str, *, kinds: Iterable[Kind] = ()) -> "Plan":
        """Return the plan that a TOML text holds; ``kinds`` are your kinds. Raises MappingError."""
        fields = plan_data(text, kinds)
        return cls(**{**fields, "proposals": tuple(Proposal(**proposal) for proposal in fields["proposals"])})
