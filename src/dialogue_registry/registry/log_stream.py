"""The log of a registry as a stream, read a page at a time: recorded events, facts, or the lines of an export."""

from collections.abc import Iterator

from dialogue_registry.log import cloudevents
from dialogue_registry.log.entry import PAGE, RecordedEvent, recorded
from dialogue_registry.model.kinds import Kind
from dialogue_registry.queries.standing_facts import FactsOfSubject, standing_facts
from dialogue_registry.registry.session import Session


def stream_events(session: Session, after: int, until: int | None, subject: str | None) -> Iterator[RecordedEvent]:
    """Yield the recorded events with after < position ≤ until, of one subject or all."""
    until = session.position if until is None else min(session.position, until)
    version, codec = 0, session.log.codec
    while after < until:
        with session.reading():
            if subject is None:
                page = session.log.rows(after, limit=min(PAGE, until - after))
            else:
                page = session.log.of_subject(subject, after=after, until=until, version=version)
        for entry in page:
            yield recorded(entry, codec=codec)
        if len(page) < PAGE:
            return
        after, version = page[-1][0], page[-1][3]


def stream_facts(session: Session, kind: Kind | None, subject: str | None) -> Iterator[RecordedEvent]:
    """Yield the facts that stand when the iteration begins, of a kind and about a subject, or all."""
    fact, end = 0, session.position
    about = None if subject is None else FactsOfSubject(subject, end, kind)
    while True:
        with session.reading():
            if about is None:
                fact, page = standing_facts(session.connection, session.log, end, fact, kind=kind)
            else:
                page = about.page(session.connection, session.log)
        yield from page
        if about.ended if about is not None else not fact:
            return


def stream_lines(session: Session) -> Iterator[str]:
    """Yield the log as CloudEvents 1.0, one line of JSON per event, without its line end."""
    position, end, name = 0, session.position, ""
    while position < end:
        with session.reading():
            page = session.log.read(position, limit=min(PAGE, end - position))
        name = name or cloudevents.name_of(page[0].id)
        for entry in page:
            yield cloudevents.to_line(entry, name)
        position = page[-1].position
