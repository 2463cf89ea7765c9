"""A plan that is applied: its decisions become corrections, retractions, disputes and facts, judged by their end state.

What is refused is tried again as long as that helps: one row may free the name that another
takes. Where rows exchange what identifies them, each fact keeps its identity, and what else
they say is exchanged; so every step is one that may stand.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from dialogue_registry.errors import InvalidValueError, PlanError, RefusedError
from dialogue_registry.imports.earlier_editions import family, identity
from dialogue_registry.model.events import Citation
from dialogue_registry.model.recording_rules import OPENS
from dialogue_registry.model.wordings import same_fact
from dialogue_registry.queries.display import Shown, changed_fields, label, table
from dialogue_registry.registry.changes import Change, reading
from dialogue_registry.registry.registry import Registry
from dialogue_registry.registry.runs import Run
from dialogue_registry.registry.session import Session

if TYPE_CHECKING:
    from dialogue_registry.imports.edition_plan import Plan, Proposal

_PAGE = 500
_NAMED = 5


@attrs.frozen(kw_only=True)
class Applied(Shown):
    """The outcome of applying a plan: its changes, or with ``dry_run`` those that it would make.

    ``kept`` names what stays as it was. ``counts`` are the numbers of facts corrected,
    recorded, retracted and disputed, of proposals kept, and of those that were done already.
    ``already_standing`` rows of the table said nothing new.
    """

    changes: tuple[Change, ...]
    kept: tuple[str, ...]
    counts: Mapping[str, int]
    already_standing: int
    dry_run: bool

    def __str__(self) -> str:
        lines = [*self.counts.items(), ("already standing", self.already_standing)]
        text = list(table(("nothing recorded, would be" if self.dry_run else "applied", "number"), lines))
        for change in self.changes[:_PAGE]:
            text.append(f"{change.what}: {label(change.after if change.before is None else change.before)}")
            if change.before is not None and change.after is not None:
                text += [f"  {line}" for line in changed_fields(change.before, change.after)]
        if len(self.changes) > _PAGE:
            text.append(f"… and {len(self.changes) - _PAGE} more changes, which history shows")
        text += [f"kept as it was: {kept}" for kept in self.kept[:_PAGE]]
        return "\n".join(text)


def apply_plan(
    registry: Registry, plan: "Plan", *, reason: str, by: str, dry_run: bool,
    progress: Callable[[int, int], object] | None,
) -> Applied:  # fmt: skip
    """Record what a plan decides, in one transaction; see ``Plan.apply()``."""
    if not isinstance(reason, str) or not reason.strip():
        raise InvalidValueError("a plan needs a reason, which its amendments carry: give reason=…")
    session = registry._session  # noqa: SLF001 - only an import begins a run
    if left := [proposal for proposal in plan if proposal.decision == "decide"]:
        raise PlanError(
            f"{_named(left)} {'is' if len(left) == 1 else 'are'} left to decide: write another decision in the plan",
            proposals=[proposal.number for proposal in left],
        )
    with registry.transaction(dry_run=dry_run):
        done = {proposal.number for proposal in plan if _is_done(session, proposal)}
        if stale := [p for p in plan if p.number not in done and _has_changed(session, p)]:
            raise PlanError(
                f"{_named(stale)} {'has' if len(stale) == 1 else 'have'} changed in the registry since the plan was "
                "made: make the plan again",
                proposals=[proposal.number for proposal in stale],
            )
        work = [p for p in plan if p.number not in done and p.decision != "keep"]
        applying = Applying(session, plan.table, plan.edition, by)
        refused = applying.execute(work, reason, progress)
        if refused:
            first = min(refused)
            raise PlanError(
                f"{_named([p for p in work if p.number in refused])} cannot be applied: {refused[first]}; nothing was "
                "recorded: decide otherwise (keep), or amend first what is in the way",
                proposals=sorted(refused),
            )
    found = Counter(change.what for change in applying.changes)
    counts = {what: found[what] for what in ("corrected", "recorded", "retracted", "disputed")}
    counts["kept"] = sum(proposal.decision == "keep" for proposal in plan)
    counts["done already"] = len(done)
    kept = tuple(_kept(proposal) for proposal in plan if proposal.decision == "keep")
    return Applied(
        changes=tuple(applying.changes), kept=kept, counts=counts, already_standing=plan.unchanged, dry_run=dry_run
    )


def _kept(proposal: "Proposal") -> str:
    fact = label(proposal.after if proposal.before is None else proposal.before)
    what = "no longer in the table" if proposal.what == "withdrawn" else proposal.what
    return f"{fact}, {what}"


def _named(proposals: Sequence["Proposal"]) -> str:
    shown = ", ".join(
        f"{p.number} (row {p.row}, {label(p.after if p.before is None else p.before)})" for p in proposals[:_NAMED]
    )
    more = f" and {len(proposals) - _NAMED} more" if len(proposals) > _NAMED else ""
    return f"proposal{'s' * (len(proposals) > 1)} {shown}{more}"


def _is_done(session: Session, proposal: "Proposal") -> bool:
    """Return whether what a proposal decides was done already, as by applying the plan before."""
    match proposal.decision:
        case "record":
            return proposal.after is not None and _stands(session, proposal.after)
        case "correct":
            reads = [reading(session, event)[1] for event in proposal.events]
            return same_fact(reads[0], proposal.after) and not any(reads[1:])
        case "retract":
            return all(reading(session, event)[1] is None for event in proposal.events)
        case _:
            return False


def _has_changed(session: Session, proposal: "Proposal") -> bool:
    """Return whether a fact reads otherwise than when the plan was made, or is not there."""
    if proposal.decision == "keep" or not proposal.events:
        return False
    if max(proposal.events) > session.log.head().position:
        return True
    reads = reading(session, proposal.events[0])[1]
    return not (reads is proposal.before is None or same_fact(reads, proposal.before))


def _stands(session: Session, fact: Any) -> bool:
    try:
        return session.views.facts.saying(fact) is not None
    except KeyError:  # of a kind that is not stored by its key
        return False


class Applying:
    """The execution of decisions within a transaction."""

    def __init__(self, session: Session, table_: str, edition: str, by: str) -> None:
        self._session = session
        self._kinds = session.log.codec.kinds
        self._cited = Citation(table=table_, edition=edition)
        self._run = Run(session, by)
        self.changes: list[Change] = []

    def execute(
        self, proposals: Iterable["Proposal"], reason: str, progress: Callable[[int, int], object] | None = None
    ) -> dict[int, RefusedError]:
        """Do what the proposals decide; return the refusals of those that cannot be done."""
        work = self._exchanged(list(proposals))
        records = [proposal for proposal in work if proposal.decision == "record"]
        amendments = [proposal for proposal in work if proposal.decision != "record"]
        refused: dict[int, RefusedError] = {}
        left = len(work) + 1
        while records or amendments:
            if len(records) + len(amendments) == left:
                renamed = [p for p in amendments if self._gives_up_an_id(p)]
                if not renamed:
                    break
                # Others rest on the old id until they rest on the new one: so both are there for a while.
                amendments = [p for p in amendments if p not in renamed]
                amendments += [attrs.evolve(p, what="withdrawn", decision="retract") for p in renamed]
                records += [attrs.evolve(p, what="new", decision="record") for p in renamed]
            left = len(records) + len(amendments)
            refused = {}
            amendments = [p for p in amendments if not self._amend(p, reason, refused)]
            records = self._record(records, refused)
            if progress is not None:
                progress(len(work) - len(records) - len(amendments), len(work))
        # What another fact still said when it was recorded may be gone since.
        done = [p for p in work if p.decision == "record" and p.number not in refused]
        self._record([p for p in done if p.after is None or not _stands(self._session, p.after)], refused)
        return refused

    def _record(self, proposals: Sequence["Proposal"], refused: dict[int, RefusedError]) -> list["Proposal"]:
        """Record facts page by page, each fact that is refused apart; return the proposals that were refused."""
        left: list[Proposal] = []
        start, size = 0, _PAGE
        while start < len(proposals):
            page = proposals[start : start + size]
            items = [(p.after, p.source, p.cite or self._cited) for p in page if p.after is not None]
            before = self._session.log.head().position
            try:
                events = self._run.record(items, anew=True)
            except RefusedError as error:
                if len(page) == 1:
                    refused[page[0].number] = error
                    left += page
                    start += 1
                    size = _PAGE
                else:
                    size = max(error.item or 0, 1)
                continue
            new = [event for event in events if event.position > before]
            self.changes += [
                Change(
                    what="recorded", subject=event.subject, of=event.position, event=event.position, before=None,
                    after=event.event,
                )
                for event in new
            ]  # fmt: skip
            start += len(page)
            size = _PAGE
        return left

    def _amend(self, proposal: "Proposal", reason: str, refused: dict[int, RefusedError]) -> bool:
        """Amend the facts of a proposal, all or none; return whether that was done."""
        cited = self._cited if proposal.cite is None else proposal.cite
        run, changes = self._run, list[Change]()
        first, *further = proposal.events
        try:
            with self._session.transaction():
                match proposal.decision:
                    case "dispute":
                        assert proposal.after is not None
                        changes.append(run.dispute(first, proposal.after, reason, proposal.source, cited))
                    case "correct":
                        assert proposal.after is not None
                        changes += [run.retract(event, reason, cited) for event in further if self._reads(event)]
                        changes.append(run.correct(first, proposal.after, reason, proposal.source, cited))
                    case _:
                        changes += [
                            run.retract(event, reason, cited) for event in (*further, first) if self._reads(event)
                        ]
        except RefusedError as error:
            refused[proposal.number] = error
            return False
        self.changes += [change for change in changes if change.before is not None or change.after is not None]
        return True

    def _reads(self, event: int) -> bool:
        return reading(self._session, event)[1] is not None

    def _gives_up_an_id(self, proposal: "Proposal") -> bool:
        """Return whether a correction gives another id to what others may rest on."""
        if proposal.decision != "correct" or type(proposal.before) not in OPENS:
            return False
        return self._key(proposal.before) != self._key(proposal.after)

    def _exchanged(self, proposals: list["Proposal"]) -> list["Proposal"]:
        """Return proposals among which no corrections wait for each other in a ring."""
        corrections = {p.number: p for p in proposals if p.decision == "correct" and p.before is not None and p.after}
        from_: dict[Any, Proposal] = {}
        for p in corrections.values():
            from_.setdefault((family(self._kinds, p.before), identity(self._kinds, p.before)), p)
        changed: dict[int, Proposal] = {}
        for start in corrections.values():
            ring, at = [start], start
            while (following := from_.get(self._key(at.after))) is not None and following not in ring:
                ring.append(following)
                at = following
            if following is start and len(ring) > 1 and not any(p.number in changed for p in ring):
                for p in ring:
                    taken = from_[self._key(p.after)]
                    changed[taken.number] = attrs.evolve(taken, after=p.after, source=p.source, cite=p.cite)
        return [changed.get(proposal.number, proposal) for proposal in proposals]

    def _key(self, fact: Any) -> tuple[str, Any]:
        return family(self._kinds, fact), identity(self._kinds, fact)
