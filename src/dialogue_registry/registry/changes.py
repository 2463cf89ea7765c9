"""Changes: what an amendment does to the fact that it is about, before and after."""

from typing import Any

import attrs

from dialogue_registry.model.events import FactDisputed
from dialogue_registry.queries.display import Shown
from dialogue_registry.registry.session import Session


@attrs.frozen(kw_only=True)
class Change(Shown):
    """One change of one fact.

    ``what`` is one of recorded, corrected, retracted, restored, disputed, unchanged. ``of`` is
    the position where the fact was first recorded, ``event`` that of the event that changed
    it. ``before`` and ``after`` are the fact as it reads, None where nothing stands; of a
    dispute, ``after`` is the claim.
    """

    what: str
    subject: str
    of: int
    event: int
    before: Any
    after: Any


def reading(session: Session, position: int) -> tuple[int, Any]:
    """Return the fact that an event is about, and how it reads now (None: it is withdrawn)."""
    facts = session.views.facts
    fact = facts.root(position)
    event = facts.reading(fact)
    return fact, None if event is None else facts.content(event)


def change_of(session: Session, event: int, before: tuple[int, Any]) -> Change:
    """Return the change that an event made; ``before`` is the reading before it."""
    fact, stood = before
    entry = session.log.at(event)
    content = session.log.codec.decode(entry.type, entry.schema, entry.data, entry.position)
    after = content.claim if isinstance(content, FactDisputed) else reading(session, fact)[1]
    if isinstance(content, FactDisputed):
        what = "disputed"
    elif stood == after:
        what = "unchanged"
    elif after is None:
        what = "retracted"
    else:
        what = "restored" if stood is None else "corrected"
    return Change(what=what, subject=entry.subject, of=fact, event=event, before=stood, after=after)
