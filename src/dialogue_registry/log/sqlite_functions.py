"""Functions of Python that SQLite calls, and what is raised while it calls them.

The module sqlite3 forgets what a function raises, and says only that it raised something.
Python runs a signal handler at the first instruction of the function that is called next,
before any ``try`` within it. So SQLite calls no function but resumes a generator, which waits
within its ``try`` and keeps what is raised; the translation of the error raises it again.
"""

import sqlite3
import threading
from collections.abc import Callable, Generator
from contextlib import suppress
from inspect import GEN_CLOSED, getgeneratorstate
from typing import Any

from dialogue_registry.errors import DialogueRegistryError

Function = Callable[[str], str | None]
_OF_DATA = (ArithmeticError, AssertionError, AttributeError, DialogueRegistryError, LookupError, TypeError, ValueError)
"""The exceptions that a function itself may raise, of values that it cannot read."""
_NO_VALUE = object()
"""No value of SQL: a function that returns it has failed."""


class _Raised(threading.local):
    """The exception that was raised last in a function that SQLite called, in each thread."""

    error: BaseException | None = None


_raised = _Raised()


class SQLFunction:
    """A function of one text, by name, on one connection."""

    def __init__(self, connection: sqlite3.Connection, name: str, function: Function) -> None:
        self._name = name
        self._function = function
        self._calls = self._register(connection)

    def renew(self, connection: sqlite3.Connection) -> None:
        """Register it again where it has ended: at the limit of recursion, no ``try`` of a generator is reached."""
        if getgeneratorstate(self._calls) == GEN_CLOSED:
            with suppress(sqlite3.OperationalError):  # a statement still uses it: another time
                self._calls = self._register(connection)

    def _register(self, connection: sqlite3.Connection) -> Generator[Any, str, None]:
        calls = _calls(self._function)
        next(calls)
        connection.create_function(self._name, 1, calls.send, deterministic=True)
        return calls


def _calls(function: Function) -> Generator[Any, str, None]:
    """Yield what the function returns of each text sent, and no value of SQL where anything was raised."""
    answer: object = None
    while True:
        try:
            while True:
                try:
                    answer = function((yield answer))
                except GeneratorExit:
                    return
                except BaseException as error:  # noqa: BLE001 - raised again where the error of SQLite is translated
                    _raised.error = error
                    answer = _NO_VALUE
        except BaseException as error:  # noqa: BLE001 - likewise: it was raised while the other one was kept
            _raised.error = error
            answer = _NO_VALUE


def raised_in_function(error: sqlite3.Error) -> Exception | None:
    """Return the exception of a value that could not be read, which is why SQLite raised its error; else None.

    Raises any other exception, such as that of a signal handler.
    """
    raised, _raised.error = _raised.error, None
    if raised is None or "user-defined" not in str(error):
        return None
    if isinstance(raised, _OF_DATA):
        return raised
    raise raised from error
