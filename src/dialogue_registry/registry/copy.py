"""A registry copied from a file to a server, back, or to another file; ids, instants and hashes included.

Pages that have arrived stay, and events that the target has already are not copied again:
after an interruption, run it again. The chain is checked on the way.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeAlias

from dialogue_registry.errors import ExchangeError
from dialogue_registry.log import sqlite_file
from dialogue_registry.log.entry import PAGE, Entry, Head, Log
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.model.addresses import is_address
from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.registry.opening import open_session, server_log
from dialogue_registry.registry.replica import following, take_in
from dialogue_registry.registry.session import Session

Place: TypeAlias = str | os.PathLike[str]


@arguments_checked
def copy(origin: Place, target: Place, *, progress: Callable[[int, int], object] | None = None) -> int:
    """Copy the log of a registry, a file or a ``postgresql://`` address; return how many events the target has then.

    The target is made if it is missing. If it holds events, they must be the beginning of
    the same log, which is then continued. ``progress`` is called after each page with the
    events done and in all.

    Raises ExchangeError where the target holds another log, and BrokenChainError where the
    origin was changed. Raises WrongPositionError where another program writes to the
    target, and the errors of opening a registry.
    """
    with _reading(origin) as source, _writing(target) as goal:
        return transfer(source, goal, progress)


def transfer(source: Log, goal: Log, progress: Callable[[int, int], object] | None = None) -> int:
    """Append to one log the events that another has beyond it; return the position reached. See :func:`copy`."""
    last, end = goal.head(), source.head().position
    if last.position:
        page = source.read(last.position - 1, limit=1)
        if not page or page[0].hash != last.hash:
            raise ExchangeError(
                f"the target has {last.position} events that are not the beginning of the origin's {end}: "
                "copy to an empty one"
            )
    while page := source.read(last.position, limit=PAGE):
        goal.append(list(following(last, page)), expected=last.position)
        last = Head(page[-1].position, page[-1].hash, page[-1].recorded_at)
        if progress is not None:
            progress(last.position, max(end, last.position))
    return last.position


@contextmanager
def _reading(place: Place) -> Iterator[Log]:
    if is_address(place):
        with closing(server_log(str(place))) as log:
            log.check()
            yield log
    else:
        connection, _ = sqlite_file.open_file(Path(place), read_only=True)
        with closing(connection), sqlite_file.translated(str(place)):
            yield SQLiteLog(connection)


@contextmanager
def _writing(place: Place) -> Iterator[Log]:
    if is_address(place):
        with closing(server_log(str(place))) as log:
            log.create()
            yield log
    else:
        with closing(open_session(place)) as session:
            yield _FoldedLog(session)


class _FoldedLog(SQLiteLog):
    """The log of a registry file: its views fold the entries that are appended."""

    def __init__(self, session: Session) -> None:
        super().__init__(session.connection)
        self._session = session

    def append(self, entries: Sequence[Entry], *, expected: int) -> None:
        """Append and fold all entries or none."""
        session = self._session
        with session.writing():
            take_in(session.connection, session.log, session.views, entries, expected=expected)
