"""Facts recorded: a few as one, or a stream of them batch by batch."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from dialogue_registry.errors import InvalidValueError, RefusedError
from dialogue_registry.log.codec import encode_source
from dialogue_registry.log.entry import RecordedEvent, recorded
from dialogue_registry.model.events import Citation, Fact, Source
from dialogue_registry.model.shown import shown
from dialogue_registry.registry.argument_checks import (
    check_citation,
    check_fact,
    check_number,
    check_source,
)
from dialogue_registry.registry.call import Call
from dialogue_registry.registry.items import Item
from dialogue_registry.registry.session import Session

#: A fact alone, with its source (or the title of it), or with its source and citation.
Given = Fact | tuple[Fact, Source | str | None] | tuple[Fact, Source | str | None, Citation | None]


def record(
    session: Session,
    facts: Sequence[Given],
    *,
    source: Source | None,
    citation: Citation | None,
    by: str,
    expected: int | None,
    run: int = 0,
    anew: bool = False,
) -> tuple[RecordedEvent, ...]:
    """Record facts, each alone or with its source and citation, all or none; see ``Registry.record()``.

    ``source`` and ``by`` were checked already: the caller has defaults for them.
    ``run`` and ``anew`` are those of every item, as :class:`~dialogue_registry.registry.items.Item` has them.
    """
    codec = session.log.codec
    items = list(_with_origins(session, facts, source, citation))
    if run or anew:
        items = [item._replace(run=run, anew=anew) for item in items]
    if expected is not None:
        check_number(expected, "expected")
    if not items:
        return ()
    try:
        outcomes = session.write(lambda: session.recorder.record(items, by, expected, session.call))
    except RefusedError as refusal:
        if len(items) > 1 and refusal.item is not None:
            refusal.args = (f"event {refusal.item + 1} of {len(items)}: {refusal}",)
        raise
    found = []
    for (entry, new, note), item, given in zip(outcomes, items, facts, strict=True):
        # The facts and their sources are at hand, and need not be decoded from the entries.
        fact = item.fact if new and entry.type != "meeting.shared" else None
        origin = check_source(given[1]) if isinstance(given, tuple) else source
        known = origin if entry.source == item.source else None
        found.append(recorded(entry, fact, known, codec=codec, new=new, note=note))
    return tuple(found)


def record_all(
    session: Session,
    items: Iterable[Given],
    source: Source | None,
    by: str,
    *,
    batch: int,
    progress: Callable[[int, int], object] | None,
) -> int:
    """Record a stream of facts, or of pairs of a fact and its source; see ``Registry.record_all()``."""
    check_number(batch, "batch", 1)
    done = appended = 0
    with session.turn():  # the call may be that of a transaction() of this very thread
        call = Call() if session.call is None else session.call
    stream = _with_origins(session, items, source, None)
    while page := list(islice(stream, batch)):
        appended += _record_page(session, page, by, done, call)
        done += len(page)
        if progress is not None:
            progress(done, done)
    return appended


def _with_origins(
    session: Session, items: Iterable[Given], source: Source | None, citation: Citation | None
) -> Iterator[Item]:
    """Yield each fact with its source as stored, which is encoded only where it differs from the one before.

    ``source`` and ``citation`` are those of facts that come alone.
    """
    kinds = session.log.codec.kinds
    check_citation(citation)
    origin: Source | str | None
    last: Source | str | None = source
    source_json = session.encoded(source)
    for number, item in enumerate(items):
        if not isinstance(item, tuple):
            fact, origin, cited = item, source, citation
        elif len(item) == 2:
            (fact, origin), cited = item, None
        elif len(item) == 3:
            fact, origin, cited = item
        else:
            raise InvalidValueError(
                f"item {number + 1}: {shown(item)} is no fact, nor a fact with its source (and its citation)"
            )
        if cited is not citation:
            check_citation(cited)
        if origin is not last:
            last, source_json = origin, encode_source(check_source(origin))
        yield Item(check_fact(kinds, fact, number), source_json, cited)


def _record_page(session: Session, page: list[Item], by: str, done: int, call: Call) -> int:
    """Record a batch; return how many events were appended."""

    def append() -> int:
        before = session.log.head().position
        session.recorder.record(page, by, None, call)
        return session.log.head().position - before

    try:
        return session.write(append)
    except RefusedError as refusal:
        if refusal.item is not None:
            refusal.item += done
            refusal.args = (f"item {refusal.item + 1} (its batch of {len(page)} was not recorded): {refusal}",)
        raise
