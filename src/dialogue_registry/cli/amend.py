"""The commands that amend: correct, retract, dispute, undo; each shows the change, field by field."""

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any

import attrs
import click

from dialogue_registry.cli.access import asking, find_event, position_in, writing
from dialogue_registry.cli.main import command
from dialogue_registry.cli.messages import reworded
from dialogue_registry.cli.options import (
    Function,
    answer_options,
    field_options,
    file_argument,
    fit_fields,
    shown_option,
    source_options,
    take_fields,
    take_source,
)
from dialogue_registry.cli.output import say, show
from dialogue_registry.errors import UnknownSubjectError
from dialogue_registry.imports.fact_fields import make_fact
from dialogue_registry.log.entry import RecordedEvent
from dialogue_registry.model.events import NO_FACTS, Fact, FactDisputed, Source
from dialogue_registry.model.kinds import Kinds
from dialogue_registry.queries.display import changed_fields, label
from dialogue_registry.registry.changes import Change
from dialogue_registry.registry.registry import Registry

_dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would change, and record nothing.")


def _wording_options(*, cleared: str) -> Callable[[Function], Function]:
    """Return a decorator that adds the options of a wording: its fields, those it leaves empty, its source."""

    def add(function: Function) -> Function:
        function = field_options(source_options(shown_option(function)))
        return click.option("--clear", multiple=True, metavar="FIELD", help=cleared)(_dry_run_option(function))

    return add


@command(
    example='dialogue-registry correct ca-jad.db 12 --title "2nd Foreign Ministers\' Meeting" --because "as printed"'
)
@file_argument
@click.argument("event")
@click.option("--because", required=True, metavar="TEXT", help="Why it is corrected.")
@_wording_options(cleared="A field that should say nothing; may be repeated.")
def correct(**options: Any) -> None:
    """Correct a recorded EVENT, named by its id or position: the options say how it should read.

    The id of a meeting, series or dialogue will do where one fact about it can be meant.
    """
    _record_wording(Registry.correct, "corrected", take_source(options), **options)


@command(example='dialogue-registry retract ca-jad.db 111 --because "listed by mistake"')
@file_argument
@click.argument("event")
@click.option("--because", required=True, metavar="TEXT", help="Why it is withdrawn.")
@_dry_run_option
@source_options
@shown_option
def retract(file: str, event: str, *, because: str, dry_run: bool, shown: str | None, by: str, **given: Any) -> None:
    """Withdraw a recorded EVENT, named by its id or position; withdrawing a correction undoes it.

    The id of a meeting, series or dialogue will do where one fact about it can be meant.
    """
    source = take_source(given)
    with writing(file) as registry, _trying(registry, dry_run=dry_run):
        meant = _meant(registry, event, set())
        recorded = registry.retract(meant.event.id, reason=because, source=source, by=by)
        after = _read(registry, meant.event).fact
        _report("retracted", recorded, meant.of, (meant.fact, after), shown, dry_run=dry_run)


@command(example='dialogue-registry dispute ca-jad.db 12 --date 2006-06-06 --source "A diary"')
@file_argument
@click.argument("event")
@click.option("--because", default="", metavar="TEXT", help="Why both are kept.")
@_wording_options(cleared="A field that the claim leaves open; may be repeated.")
def dispute(**options: Any) -> None:
    """Keep a contradicting claim beside a recorded EVENT: the options say how the source has it.

    The id of a meeting, series or dialogue will do where one fact about it can be meant.
    """
    source = take_source(options)
    if source is None:
        raise click.UsageError("a dispute needs the source that claims it: give --source")
    _record_wording(Registry.dispute, "disputed", source, **options)


@command(example='dialogue-registry undo ca-jad.db --import 2 --because "the wrong mapping"')
@file_argument
@click.argument("event", required=False)
@click.option("--import", "number", type=int, metavar="N", help="The number of an import, as imports lists it.")
@click.option("--because", required=True, metavar="TEXT", help="Why it is undone.")
@click.option("--by", default="", help="Who records it.")
@_dry_run_option
@shown_option
def undo(
    file: str, event: str | None, *, number: int | None, because: str, by: str, dry_run: bool, shown: str | None
) -> None:
    """Withdraw what an import recorded, with --import, or one amendment, EVENT, named by its id or position.

    All of it is one transaction. What something rests on that stays, and what another
    source says too, stays and is listed. Ends with exit code 1 where something could not be
    withdrawn.
    """
    if (event is None) == (number is None):
        raise click.UsageError("say what to undo: EVENT, an amendment, or an import with --import N")
    with writing(file) as registry:
        if number is None:
            amendment = find_event(registry, str(event))
            if not isinstance(amendment.event, NO_FACTS):
                raise click.UsageError(
                    f"event {amendment.position} is a fact and amends nothing: withdraw it with retract, or undo its "
                    "import as a whole with --import"
                )
            undone = registry.undo(amendment, reason=because, by=by, dry_run=dry_run)
        else:
            known = registry.imports()
            if not 1 <= number <= len(known):
                raise click.UsageError(f"there is no import {number}: {len(known)} are listed by imports")
            undone = registry.undo(known[number - 1], reason=because, by=by, dry_run=dry_run)
    if shown is None:
        show_changes(undone.changes, dry_run=dry_run)
        for stay in undone.stays:
            say(f"stays: position {stay.event}, {label(stay.fact)}: {stay.why}")
        if not undone.changes and not undone.stays:
            say("nothing is left to undo")
    else:
        rows = [
            {
                "what": change.what, "position": change.event, "subject": change.subject, "of": change.of,
                "before": change.before, "after": change.after, "why": "", "dry_run": dry_run,
            }
            for change in undone.changes
        ]  # fmt: skip
        rows += [
            {
                "what": "stays", "position": stay.event, "subject": "", "of": stay.event,
                "before": stay.fact, "after": stay.fact, "why": stay.why, "dry_run": dry_run,
            }
            for stay in undone.stays
        ]  # fmt: skip
        show(rows, "what position subject of before after", shown)
    if any(stay.why.startswith("it cannot") for stay in undone.stays):
        sys.exit(1)


@command(example="dialogue-registry imports ca-jad.db")
@file_argument
@answer_options
def imports(file: str, *, shown: str | None) -> None:
    """List the imports of tables, and the plans that were applied, in the order of their recording."""
    with asking(file) as registry:
        found = registry.imports()
    rows = found if shown is not None else [{**attrs.asdict(one), "edition": one.edition[:12]} for one in found]
    show(rows, "number table edition recorded_at by facts amendments first undone", shown)


# --- what is meant ---------------------------------------------------------------------


@attrs.frozen
class _Meant:
    """A recorded event that is meant, the position of its fact, and how that reads; None where it is withdrawn."""

    event: RecordedEvent
    of: int
    fact: Fact | FactDisputed | None


def _trying(registry: Registry, *, dry_run: bool) -> AbstractContextManager[None]:
    return registry.transaction(dry_run=True) if dry_run else nullcontext()


def _record_wording(
    record: Callable[..., RecordedEvent],
    what: str,
    source: Source | None,
    *,
    file: str,
    event: str,
    because: str,
    clear: Sequence[str],
    dry_run: bool,
    shown: str | None,
    by: str,
    **given: Any,
) -> None:
    """Record another wording of a fact, as its correction or as a dispute of it, and show the change."""
    fields = take_fields(given)
    with writing(file) as registry, _trying(registry, dry_run=dry_run):
        meant = _meant(registry, event, {*fields, *clear})
        if registry.kinds.find(type(meant.fact)) is None:
            raise click.UsageError(
                f"event {meant.event.id} says nothing any more, or is no fact of a kind known here: "
                "name one that stands"
            )
        wording = _changed(registry.kinds, meant.fact, fields, clear)
        recorded = record(registry, meant.event.id, wording, reason=because, source=source, by=by)
        _report(what, recorded, meant.of, (meant.fact, wording), shown, dry_run=dry_run)


def _meant(registry: Registry, named: str, fields: set[str]) -> _Meant:
    """Return the event of a position or an id, or the one fact about a subject that has all of some fields."""
    about: list[RecordedEvent] = []
    if position_in(named) is None:
        with suppress(UnknownSubjectError):  # it is the id of an event, or of nothing
            about = list(registry.facts(subject=named))
    candidates = [fact for fact in about if fields <= {*attrs.fields_dict(type(fact.event))}]
    if len(candidates) == 1:
        return _read(registry, registry.event(_read(registry, candidates[0]).of))
    if not about:
        return _read(registry, find_event(registry, named))
    if not candidates:
        stray = sorted(fields - set().union(*(attrs.fields_dict(type(fact.event)) for fact in about)))
        raise click.UsageError(
            f"no fact about {named!r} has the field{'s' * (len(stray) > 1)} {', '.join(stray) or ', '.join(fields)}: "
            f"see history FILE {named}"
        )
    shown = "; ".join(f"{fact.position} {label(fact.event)}" for fact in candidates[:5])
    more = f" … ({len(candidates)} in all)" if len(candidates) > 5 else ""
    raise click.UsageError(f"{len(candidates)} facts about {named!r} can be meant, so give a position: {shown}{more}")


def _read(registry: Registry, event: RecordedEvent) -> _Meant:
    """Return an event with the fact that it is about, as that reads now."""
    steps = registry.history(event.subject)
    of = next(step.of for step in steps if step.position == event.position)
    fact: Any = [step.fact for step in steps if step.of == of][-1]
    return _Meant(event, of, fact)


def _changed(kinds: Kinds, fact: Any, fields: dict[str, Any], clear: Sequence[str]) -> Fact:
    kind = kinds.of(fact)
    if stray := [name for name in clear if name not in kind.shapes]:
        raise click.UsageError(
            f"{kind.cls.__name__} has no field {stray[0]!r}: its fields are {', '.join(kind.shapes)}"
        )
    values = {name: value for name, value in attrs.asdict(fact, recurse=False).items() if name not in clear}
    return make_fact(kind, values | fit_fields(kind, fields))


# --- what is shown ---------------------------------------------------------------------


def _report(
    what: str, event: RecordedEvent, of: int, change: tuple[Any, Any], shown: str | None, *, dry_run: bool
) -> None:
    """Show what one command has changed: a row, and in words which fact, before and after."""
    before, after = change
    row = {
        "what": f"{'would be ' * dry_run}{what}" if event.new else "already standing",
        "position": event.position,
        "subject": event.subject,
        "id": event.id,
        "note": reworded(event.note),
    }
    if shown is not None:
        row |= {"of": of, "before": before, "after": after, "dry_run": dry_run}
    show([row], "what position subject id", shown)
    if shown is None:
        say("\n".join([*in_fields(of, before, after), *filter(None, [reworded(event.note)])]))
        if not event.new:
            say("it was recorded before: nothing changes")


def show_changes(changes: Sequence[Change], *, dry_run: bool) -> None:
    """Print changes in words: which fact, and each field before and after."""
    for change in changes:
        say(f"{'would be ' * dry_run}{change.what}: " + "\n".join(in_fields(change.of, change.before, change.after)))


def in_fields(of: int, before: Any, after: Any) -> list[str]:
    """Return which fact changes, then each field that changes, before and after."""
    fact = before if before is not None else after
    head = f"{label(fact)}, position {of}" if fact is not None else f"position {of}, which says nothing"
    if after is None and before is not None:
        return [f"{head}: withdrawn"]
    if before is None and after is not None:
        return [f"{head}: stands again"]
    lines = [f"  {line}" for line in changed_fields(before, after)] if before is not None else []
    return [head + (":" if lines else ": nothing changes"), *lines]
