"""A plan as TOML: each proposal with its decision, the fields that change, and the facts whole."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dialogue_registry.errors import DialogueRegistryError, InvalidValueError, MappingError
from dialogue_registry.imports.toml_values import toml_value
from dialogue_registry.model.events import Citation
from dialogue_registry.model.kinds import Kind
from dialogue_registry.queries.dicts import from_dict, to_dict
from dialogue_registry.queries.display import label

if TYPE_CHECKING:
    from dialogue_registry.imports.edition_plan import Plan, Proposal

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


def plan_to_toml(plan: "Plan") -> str:
    """Return a plan as TOML, made to be read and edited."""
    return "\n".join(_lines(plan)) + "\n"


def _lines(plan: "Plan") -> Iterator[str]:
    yield _HEAD
    yield f"# {', '.join(f'{what} {number}' for what, number in plan.counts.items())}"
    for name in ("table", "edition", "position", "rows", "unchanged", "unreadable"):
        yield f"{name} = {toml_value(getattr(plan, name))}"
    for proposal in plan:
        yield ""
        yield from _proposal(proposal)


def _proposal(proposal: "Proposal") -> Iterator[str]:
    fact = proposal.after if proposal.before is None else proposal.before
    yield f"# {_comment(label(fact))}"
    for change in proposal.changes:
        yield f"#   {_comment(change)}"
    if proposal.why:
        yield f"#   {_comment(proposal.why)}"
    yield "[[proposal]]"
    yield f"what = {toml_value(proposal.what)}"
    yield f"decision = {toml_value(proposal.decision)}"
    yield f"row = {toml_value(proposal.row)}"
    if proposal.key:
        yield f"key = {toml_value(proposal.key)}"
    if proposal.events:
        yield f"events = {toml_value(proposal.events)}"
    if proposal.why:
        yield f"why = {toml_value(proposal.why)}"
    if proposal.source is not None:
        yield f"source = {toml_value(to_dict(proposal.source))}"
    if proposal.cite is not None:
        own = {key: value for key, value in to_dict(proposal.cite).items() if key not in _SHARED}
        yield f"cite = {toml_value(own)}"
    for name in ("before", "after"):
        if (value := getattr(proposal, name)) is not None:
            yield f"[proposal.{name}]"
            yield from (f"{_key(key)} = {toml_value(item)}" for key, item in to_dict(value).items())


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else toml_value(name)


def _comment(text: str) -> str:
    """Return a text on one line, with nothing in it that a comment cannot hold."""
    return "".join(c if c.isprintable() else " " for c in text)


def plan_data(text: str, kinds: Iterable[Kind]) -> dict[str, Any]:
    """Return the fields of the plan that a TOML text holds; the proposals are dicts of their fields.

    Raises MappingError.
    """
    try:
        data = tomllib.loads(text)
    except (ValueError, TypeError) as error:
        raise MappingError(f"the plan is no TOML: {error}") from None
    known = tuple(kinds)
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
    data["proposals"] = [_read_proposal(number, item, known, shared) for number, item in enumerate(proposals, 1)]
    return data


_FIELDS = {"what", "decision", "row", "key", "events", "why", "source", "cite", "before", "after"}


def _read_proposal(
    number: int, item: Mapping[str, Any], kinds: tuple[Kind, ...], shared: Mapping[str, str]
) -> dict[str, Any]:
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
    return {"number": number, "row": "", **fields}
