"""Handles of a fact that is amended, given in any way; and its change: a whole fact, or some fields of one."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, TypeAlias

import attrs

from dialogue_registry.errors import AmendmentError, InvalidValueError, UnknownEventError
from dialogue_registry.log.entry import Entry, RecordedEvent
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.model.events import Fact
from dialogue_registry.model.shown import shown
from dialogue_registry.queries.anomalies import Anomaly
from dialogue_registry.queries.reconciliation import Finding
from dialogue_registry.queries.results import Step

Handle: TypeAlias = Any
"""An event: recorded, as a row of an answer, an anomaly with exactly one event, by its position or its id."""

Change: TypeAlias = Fact | Mapping[str, Any]
"""A whole fact, or those of its fields that change."""

_TAKE = "give a recorded event, a row of an answer, a position or the id of an event"


def find_entry(log: SQLiteLog, which: Handle) -> Entry:
    """Return the entry of an event; raises UnknownEventError, AmendmentError or InvalidValueError."""
    match _name(which):
        case str() as event_id:
            entry = log.find(event_id)
        case position:
            entry = log.several([position]).get(position)
    if entry is None:
        raise UnknownEventError(f"no event has the id or position {shown(_name(which))}: {_TAKE}")
    return entry


def _name(which: Handle) -> str | int:
    """Return the id or the position of the event that something names."""
    match which:
        case RecordedEvent(id=event_id) | Step(event_id=event_id):
            return event_id
        case Anomaly(events=[event_id]):
            return event_id
        case Anomaly():
            raise AmendmentError(
                f"the anomaly {which.kind!r} of {which.subject!r} comes from {len(which.events)} events: say which one "
                f"is meant, by its id: {', '.join(which.events[:10])}"
            )
        case Finding():
            return which.statement.event
        case bool():
            pass
        case int() if 0 <= which < 2**63:
            return which
        case str() if which.isprintable():
            return which
        case _ if type(position := getattr(which, "event", None)) is int:
            return position
    raise InvalidValueError(f"{shown(which)} names no event: {_TAKE}")


def changed(standing: Any, change: Change) -> Fact:
    """Return a fact as it reads after a change; raises InvalidValueError."""
    if not isinstance(change, Mapping):
        return change
    names = [field.name for field in attrs.fields(type(standing))]
    for name in change:
        if name not in names:
            near = get_close_matches(name, names, n=1) if isinstance(name, str) else []
            perhaps = f", perhaps {near[0]!r} is meant" if near else ""
            raise InvalidValueError(
                f"{type(standing).__name__} has no field {shown(name)}{perhaps}: its fields are {', '.join(names)}"
            )
    fact: Fact = attrs.evolve(standing, **change)
    return fact
