"""The running thread, by more than its number, which a later thread is given again once this one has ended."""

import threading
import weakref
from typing import TypeAlias


class _Life:
    """An object that lives as long as its thread."""


Thread: TypeAlias = weakref.ref[_Life]
"""A thread: called, it returns None once the thread has ended."""


class _Own(threading.local):
    """The values of each thread."""

    def __init__(self) -> None:
        self.life = _Life()
        self.thread: Thread = weakref.ref(self.life)


_own = _Own()


def this_thread() -> Thread:
    """Return the running thread, each time the same object."""
    return _own.thread
