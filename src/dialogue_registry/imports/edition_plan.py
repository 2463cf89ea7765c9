"""A plan: what the next edition of a table changes, proposed for somebody to accept, edit or refuse.

``plan_edition`` compares a table with what its earlier editions said, and records nothing.
A plan is applied in one transaction, as ordinary corrections, retractions and facts::

    plan = plan_edition(registry, "list-2.csv", "list.toml")
    print(plan)
    plan.apply(registry, reason="second edition")
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import attrs

from dialogue_registry.errors import DialogueRegistryError, InvalidValueError, MappingError
from dialogue_registry.imports.applying import Applied, apply_plan
from dialogue_registry.imports.parsing import toml_of
from dialogue_registry.imports.toml_values import toml_comment, toml_value
from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.model.events import Citation, Fact, Source
from dialogue_registry.model.kinds import Kind
from dialogue_registry.queries.dicts import from_dict, to_dict
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
        return "\n".join(_lines(self)) + "\n"

    @classmethod
    def from_toml(cls, text: str, *, kinds: Iterable[Kind] = ()) -> "Plan":
        """Return the plan that a TOML text holds; ``kinds`` are your kinds. Raises MappingError."""
        return _read_plan(text, tuple(kinds))


# --- a plan as TOML ------------------------------------------------------------------

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SHARED = ("table", "edition")
"""The fields that all citations of a plan share."""
_HEAD = """\
# A plan: what the next edition of a table changes. Nothing of it is recorded yet.
# Edit each decision, then: dialogue-registry apply FILE PLAN --because "…"
#   new        record, or keep (do not record it)
#   changed    correct, dispute (keep both), record (it is a row of its own), or keep (as it was)
#   withdrawn  retract, or keep (it stays)
# Where the decision is decide, somebody must say; a plan with such a decision is not applied.
"""


def _lines(plan: Plan) -> Iterator[str]:
    yield _HEAD
    yield f"# {', '.join(f'{what} {number}' for what, number in plan.counts.items())}"
    for name in ("table", "edition", "position", "rows", "unchanged", "unreadable"):
        yield f"{name} = {toml_value(getattr(plan, name))}"
    for proposal in plan:
        yield ""
        yield from _proposal(proposal)


def _proposal(proposal: Proposal) -> Iterator[str]:
    fact = proposal.after if proposal.before is None else proposal.before
    yield f"# {toml_comment(label(fact))}"
    for change in proposal.changes:
        yield f"#   {toml_comment(change)}"
    if proposal.why:
        yield f"#   {toml_comment(proposal.why)}"
    yield "[[proposal]]"
    for name in ("what", "decision", "row", "key", "events", "why"):
        if (value := getattr(proposal, name)) or name == "row":
            yield f"{name} = {toml_value(value)}"
    if proposal.source is not None:
        yield f"source = {toml_value(to_dict(proposal.source))}"
    if proposal.cite is not None:
        own = {key: value for key, value in to_dict(proposal.cite).items() if key not in _SHARED}
        yield f"cite = {toml_value(own)}"
    for name in ("before", "after"):
        if (value := getattr(proposal, name)) is not None:
            yield f"[proposal.{name}]"
            for key, item in to_dict(value).items():
                yield f"{key if _BARE.fullmatch(key) else toml_value(key)} = {toml_value(item)}"


def _read_plan(text: str, known: tuple[Kind, ...]) -> Plan:
    """Return the plan that a TOML text holds; raises MappingError."""
    try:
        data = toml_of(text)
    except (ValueError, TypeError) as error:
        raise MappingError(f"the plan is no TOML: {error}") from None
    proposals = data.pop("proposal", [])
    wanted: Mapping[str, type] = {
        "table": str, "edition": str, "position": int, "rows": int, "unchanged": int, "unreadable": list,
    }  # fmt: skip
    for name, cls in wanted.items():
        if type(data.get(name)) is not cls:
            raise MappingError(
                f"the plan has no {name} that is {cls.__name__}: give a plan as import --refresh wrote it"
            )
    if stray := sorted(data.keys() - wanted.keys()):
        raise MappingError(f"the plan has a key {stray[0]!r} that no plan has: take it out")
    if not isinstance(proposals, list) or not all(isinstance(item, dict) for item in proposals):
        raise MappingError("the proposals of the plan are no tables: write each as [[proposal]]")
    data["unreadable"] = tuple(map(str, data["unreadable"]))
    shared = {name: data[name] for name in _SHARED}
    read = (_read_proposal(number, item, known, shared) for number, item in enumerate(proposals, 1))
    return Plan(**data, proposals=tuple(read))


_FIELDS = {"what", "decision", "row", "key", "events", "why", "source", "cite", "before", "after"}


def _read_proposal(
    number: int, item: Mapping[str, Any], kinds: tuple[Kind, ...], shared: Mapping[str, str]
) -> Proposal:
    fields = dict(item)
    where = f"proposal {number} of the plan"
    if stray := sorted(fields.keys() - _FIELDS):
        raise MappingError(f"{where} has a key {stray[0]!r} that none has: take it out")
    try:
        for name in ("before", "after", "source"):
            if name in fields:
                fields[name] = from_dict(fields[name], kinds)
        if "cite" in fields:
            cite = dict(fields["cite"])
            cite["as_written"] = tuple(map(tuple, cite.get("as_written", ())))
            fields["cite"] = Citation(**cite, **shared)
        events = fields["events"] = tuple(fields.get("events", ()))
        if not all(type(event) is int and event > 0 for event in events):
            raise InvalidValueError("its events are no positions")
    except (DialogueRegistryError, TypeError, ValueError) as error:
        raise MappingError(f"{where} cannot be read: {error}") from None
    needs = {"new": ("after",), "changed": ("events", "after", "before"), "withdrawn": ("events",)}
    for name in ("what", "decision", "row", *needs.get(fields.get("what", ""), ())):
        if not fields.get(name) and name != "row":
            raise MappingError(f"{where} has no {name}: give a plan as import --refresh wrote it")
    return Proposal(**{"number": number, "row": "", **fields})
