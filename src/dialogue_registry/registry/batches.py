"""Facts recorded: a few as one, or a stream of them batch by batch."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from dialogue_registry.errors import InvalidValueError, RefusedError
from dialogue_registry.log.codec import encode_source
from dialogue_registry.log.entry import RecordedEvent, recorded
from dialogue_registry.model.events import Fact, Source
from dialogue_registry.registry.argument_checks import check_fact, check_number, check_source, check_text
from dialogue_registry.registry.session import Session

Item = tuple[Fact, str | None]
"""A fact, and its source as stored."""


def record(
    session: Session,
    facts: Sequence[Fact | tuple[Fact, Source | None]],
    source: Source | None,
    by: str,
    expected: int | None,
) -> tuple[RecordedEvent, ...]:
    """Record facts, or pairs of a fact and its source, all or none; see ``Registry.record()``."""
    items = list(_with_sources(facts, source))
    check_text(by, "by")
    if expected is not None:
        check_number(expected, "expected")
    if not items:
        return ()
    try:
        entries = session.write(lambda: session.recorder.record(items, by, expected))
    except RefusedError as refusal:
        if len(items) > 1 and refusal.item is not None:
            refusal.args = (f"event {refusal.item + 1} of {len(items)}: {refusal}",)
        raise
    # The facts and their sources are at hand, and need not be decoded from the entries.
    origins = (given[1] if isinstance(given, tuple) else source for given in facts)
    return tuple(
        recorded(
            entry, None if entry.type == "fact.corrected" else fact, origin if entry.source == source_json else None
        )
        for entry, (fact, source_json), origin in zip(entries, items, origins, strict=True)
    )


def record_all(
    session: Session,
    items: Iterable[Fact | tuple[Fact, Source | None]],
    source: Source | None,
    by: str,
    *,
    batch: int,
    progress: Callable[[int, int], object] | None,
) -> int:
    """Record a stream of facts, or of pairs of a fact and its source; see ``Registry.record_all()``."""
    check_number(batch, "batch", 1)
    check_text(by, "by")
    done = appended = 0
    stream = _with_sources(items, source)
    while page := list(islice(stream, batch)):
        appended += _record_page(session, page, by, done)
        done += len(page)
        if progress is not None:
            progress(done, done)
    return appended


def _with_sources(items: Iterable[Fact | tuple[Fact, Source | None]], source: Source | None) -> Iterator[Item]:
    """Yield each fact with its source as stored, which is encoded only where it differs from the one before."""
    last, source_json = source, encode_source(check_source(source))
    for number, item in enumerate(items):
        if isinstance(item, tuple) and len(item) != 2:
            raise InvalidValueError(f"item {number + 1}: {item!r} is no fact, nor a pair of a fact and its source")
        fact, origin = item if isinstance(item, tuple) else (item, source)
        if origin is not last:
            last, source_json = origin, encode_source(check_source(origin))
        yield check_fact(fact, number), source_json


def _record_page(session: Session, page: list[Item], by: str, done: int) -> int:
    """Record a batch; return how many events were appended."""

    def append() -> int:
        before = session.log.head().position
        session.recorder.record(page, by, None)
        return session.log.head().position - before

    try:
        return session.write(append)
    except RefusedError as refusal:
        if refusal.item is not None:
            refusal.item += done
            refusal.args = (f"item {refusal.item + 1} (its batch of {len(page)} was not recorded): {refusal}",)
        raise
