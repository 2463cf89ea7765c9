"""A registry moved: from a file to a server and back, ids, instants and hashes included.

What arrived stays, page by page, and what is there already is not copied again: after an
interruption, run it again. The chain is checked on the way.
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
from dialogue_registry.registry.adopting import following, take_over
from dialogue_registry.registry.registry import Registry, is_address, server_log

Place: TypeAlias = str | os.PathLike[str]


def copy(origin: Place, target: Place, *, progress: Callable[[int, int], object] | None = None) -> int:
    """Copy the log of a registry, a file or a ``postgresql://`` address; give how many events it has then.

    The target is made if it is missing. If it holds something, that must be the beginning
    of the same log: then it is continued. ``progress`` is called after each page with the
    events done and in all.

    Raises ExchangeError where the target holds another log, BrokenChainError where the
    origin was changed, WrongPositionError where somebody else writes to the target, and
    what opening a registry raises.
    """
    with _reading(origin) as source, _writing(target) as goal:
        return transfer(source, goal, progress)


def transfer(source: Log, goal: Log, progress: Callable[[int, int], object] | None = None) -> int:
    """Append to one log what another has beyond it; give the position reached. See :func:`copy`."""
    last, end = goal.head(), source.head().position
    if last.position:
        there = source.read(last.position - 1, limit=1)
        if not there or there[0].hash != last.hash:
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
        with Registry.open(place) as registry:
            yield _Kept(registry)


class _Kept(SQLiteLog):
    """The log of a registry file: what is appended shows in its views."""

    def __init__(self, registry: Registry) -> None:
        super().__init__(registry._conn)  # noqa: SLF001 - as the registry itself does it
        self._registry = registry

    def append(self, entries: Sequence[Entry], *, expected: int) -> None:
        """Append and fold all entries or none."""
        registry = self._registry
        with registry._writing():  # noqa: SLF001
            take_over(registry._log, registry._views, entries, expected=expected)  # noqa: SLF001
