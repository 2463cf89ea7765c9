"""Views kept up to a log, on a server or in the file: followed, or waited for."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

from dialogue_registry.errors import BusyError, DialogueRegistryError, StorageError, UnreachableError, WaitTimeoutError
from dialogue_registry.registry.session import Session


class Followed(NamedTuple):
    """The position that :meth:`Registry.follow` has come to, and its lag (None: server away)."""

    position: int
    lag: int | None


def follow(session: Session, poll: float) -> Iterator[Followed]:
    """Yield after each page of new events, and each time the log was looked at; see ``Registry.follow()``."""
    if session.replica is None:
        while True:
            behind: int | None = None
            with suppress(BusyError):
                session.take_page()
                behind = 0
            yield Followed(session.position, behind)
            time.sleep(poll)
    shared = session.replica.shared
    waiting = shared.again()  # a connection of its own, on which it may wait while other threads record
    try:
        while True:
            lag: int | None = None
            with suppress(UnreachableError, BusyError):
                more = session.take_page()
                lag = waiting.head().position - session.position if more else 0
            yield Followed(session.position, lag)
            if not lag:
                waiting.wait(poll)
    finally:
        if not session.inherited:
            waiting.close()
            with suppress(StorageError), session.turn():
                shared.close()


def wait_until(
    session: Session, position: int, timeout: float, progress: Callable[[int, int], object] | None = None
) -> int:
    """Wait until every projection has reached a position; return the position reached.

    Neither a server that does not answer nor a lock that others hold makes it wait longer than ``timeout``.
    """
    deadline, pause = time.monotonic() + timeout, 0.002
    while True:
        if (reached := _reached(session)) >= position:  # mostly it is there by now
            return reached
        if progress is not None:
            progress(reached, position)
        left = max(deadline - time.monotonic(), 0.01)
        problem: DialogueRegistryError | None = None
        try:
            with session.patient(left):
                more = session.take_page()
        except (UnreachableError, BusyError) as error:
            more, problem = False, error
        if (reached := _reached(session)) >= position:
            return reached
        if time.monotonic() >= deadline:
            raise problem or WaitTimeoutError(
                f"{session.name} has reached position {reached}, not {position}, after {timeout} s: "
                "wait longer, or check that the position was given by the same log"
            )
        if not more:
            time.sleep(min(pause, max(deadline - time.monotonic(), 0)))
            pause = min(2 * pause, 0.1)


def _reached(session: Session) -> int:
    with session.reading():
        checkpoints = session.views.checkpoints()
    return min(checkpoints.get(projection.name, (0, 0))[1] for projection in session.projections)
