"""The turns that threads take at one registry: in the order in which they asked.

A turn is a ``with`` statement. Within it the same thread may take further ones. Who waits is
handed the turn by the one who ends it, so nobody overtakes. Only the main thread may be
interrupted by a signal handler between any two instructions. The next call of that thread ends
the turns whose statement has ended.
"""

import logging
import threading
import time
from collections import deque
from types import TracebackType

from dialogue_registry.errors import BusyError
from dialogue_registry.log.thread import Thread, this_thread
from dialogue_registry.log.with_statement import WithStatement

_log = logging.getLogger("dialogue_registry")

_LOOK_AGAIN = 1.0
"""After so many seconds a waiting thread looks whether the thread before it has ended."""


class Turns:
    """The turns at one registry. ``name`` is the registry in messages, ``patience`` in seconds.

    No thread waits longer than ``patience`` for one single turn of another thread.
    """

    def __init__(self, name: str, patience: float) -> None:
        self._name = name
        self._patience = patience
        self._lock = threading.RLock()  # the garbage collector may end a turn while this thread takes one
        self._thread: Thread | None = None
        self._taken: list[Turn] = []
        self._since = 0.0
        self._waiting: deque[_Waiter] = deque()

    @property
    def waiting(self) -> int:
        """The number of threads that wait."""
        return len(self._waiting)

    def take(self, turn: "Turn") -> None:
        """Wait for a turn; raises BusyError."""
        thread = this_thread()
        with self._lock:
            if self._thread is thread:
                self._drop_interrupted()
                self._taken.append(turn)
                return
            self._take_from_ended()
            if self._thread is None and not self._waiting:
                self._begin(thread, turn)
                return
            waiter = _Waiter(thread, turn)
            self._waiting.append(waiter)
        asked = time.monotonic()
        try:
            while not waiter.handed_over.wait(_LOOK_AGAIN):
                self._look(waiter)
        except BaseException:
            self._give_up(waiter)
            raise
        if (waited := time.monotonic() - asked) > 1:
            _log.warning("waited %.1f s for other threads that use %s", waited, self._name)

    def end(self, turn: "Turn") -> None:
        """End a turn, unless it has ended already."""
        with self._lock:
            if turn in self._taken:
                self._taken.remove(turn)
                self._drop_interrupted()
                if not self._taken:
                    self._hand_over()

    def _drop_interrupted(self) -> None:
        """Drop the turns whose statement a signal handler has ended."""
        while self._taken and not self._taken[-1].statement.is_running():
            self._taken.pop()

    def _take_from_ended(self) -> None:
        """End the turn of a thread that has ended."""
        if self._thread is not None and self._thread() is None:
            self._hand_over()

    def _begin(self, thread: Thread, turn: "Turn") -> None:
        self._thread, self._since = thread, time.monotonic()
        self._taken.append(turn)

    def _hand_over(self) -> None:
        self._thread = None
        self._taken.clear()
        if self._waiting:
            waiter = self._waiting.popleft()
            self._begin(waiter.thread, waiter.turn)
            waiter.handed_over.set()

    def _give_up(self, waiter: "_Waiter") -> None:
        with self._lock:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
            else:
                self.end(waiter.turn)

    def _look(self, waiter: "_Waiter") -> None:
        """End the turn of a thread that has ended; raises BusyError where a turn lasts too long."""
        with self._lock:
            self._take_from_ended()
            if not waiter.handed_over.is_set() and time.monotonic() - self._since > self._patience:
                raise BusyError(
                    f"another thread has been using {self._name} for more than {self._patience:.0f} s, perhaps within "
                    "a transaction() or reading() that it has not left: leave that first, or open a registry for "
                    "each thread; nothing was recorded"
                )


class _Waiter:
    """A thread that waits for a turn."""

    def __init__(self, thread: Thread, turn: "Turn") -> None:
        self.thread = thread
        self.turn = turn
        self.handed_over = threading.Event()


class Turn:
    """One turn of a thread: a context manager that is entered once."""

    __slots__ = ("_turns", "statement")

    statement: WithStatement

    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    def __enter__(self) -> None:
        self.statement = WithStatement.of_caller()
        self._turns.take(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._turns.end(self)
