"""Views kept up to a log, on a server or in the file: followed, or waited for."""

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from dialogue_registry.errors import BusyError, UnreachableError, WaitTimeoutError
from dialogue_registry.registry.session import Session


class Followed(NamedTuple):
    """Where :meth:`Registry.follow` has come to: the position, and how far behind it was (None: server away)."""

    position: int
    lag: int | None


def follow(session: Session, poll: float) -> Iterator[Followed]:
    """Yield after each page of new events, and each time the log was looked at; see ``Registry.follow()``."""
    # A connection of its own, on which it may wait while other threads record.
    shared = None if session.replica is None else session.replica.shared.again()
    try:
        while True:
            lag: int | None = None
            with suppress(UnreachableError, BusyError):
                more = session.take_page()
                lag = shared.head().position - session.position if more and shared is not None else 0
            yield Followed(session.position, lag)
            if shared is None:
                time.sleep(poll)
            elif not lag:
                shared.wait(poll)
    finally:
        if shared is not None:
            shared.close()


def wait_until(session: Session, position: int, timeout: float) -> int:
    """Wait until every projection has reached a position; return the position reached."""
    deadline = time.monotonic() + timeout
    if (reached := _reached(session)) < position:  # mostly it is there by now
        with suppress(UnreachableError, BusyError):
            session.take_page()
        reached = _reached(session)
    if reached >= position:
        return reached
    for step in follow(session, min(0.1, timeout)):
        if (reached := _reached(session)) >= position:
            break
        if time.monotonic() > deadline:
            if step.lag is None:
                session.take_page()  # raises the error that was in the way
            raise WaitTimeoutError(
                f"{session.name} has reached position {reached}, not {position}, after {timeout} s: "
                "wait longer, or check that the position was given by the same log"
            )
    return reached


def _reached(session: Session) -> int:
    with session.reading():
        checkpoints = session.views.checkpoints()
    return min(checkpoints.get(projection.name, (0, 0))[1] for projection in session.projections)
