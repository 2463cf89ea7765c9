"""The scopes of a connection to SQLite: a transaction, a savepoint within one, a snapshot to read from.

A signal handler may raise an exception between any two instructions of Python, also where a
scope is entered or left: then it stays open though its ``with`` statement has ended. So each
scope knows its statement, and the next one on the connection undoes those whose statement
has ended. Until then only the statement keeps the scope, besides a traceback that somebody
keeps: a scope that nothing keeps is undone at once, so that it holds no lock. Nothing
acknowledged is undone: the exception took the place of the answer. A scope that was undone
does nothing any more.
"""

import logging
import sqlite3
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol, Self

from dialogue_registry.log.with_statement import WithStatement

_log = logging.getLogger("dialogue_registry")


class Place(Protocol):
    """The holder of a database, which others may delete, replace or change."""

    def check_is_there(self) -> None:
        """Raise StorageError unless its path still leads to it."""

    def check_is_unchanged(self) -> None:
        """Raise StorageError where it has changed and that is not seen through the connection."""


class Connection(sqlite3.Connection):
    """A connection that knows its open scopes, from the outer to the inner one, and what holds its database."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scopes: list[weakref.ref[Scope]] = []
        #: Whether it was opened by the parent of this process, before fork().
        self.inherited = False
        self.place: Place | None = None

    def undo_abandoned(self) -> bool:
        """Undo the scopes whose ``with`` statement has ended; return whether there were any."""
        scopes = [scope for reference in self.scopes if (scope := reference()) is not None]
        for number, scope in enumerate(scopes):
            if not scope.statement.is_running():
                for abandoned in reversed(scopes[number:]):
                    abandoned.undo()
                del self.scopes[self.scopes.index(scope.reference) :]
                return True
        return False


class Scope:
    """The base of all scopes. A scope is entered once."""

    __slots__ = ("__weakref__", "_connection", "reference", "statement")

    statement: WithStatement

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.reference = weakref.ref(self)

    def __enter__(self) -> Self:
        if self._connection.scopes:
            self._connection.undo_abandoned()
        self.statement = WithStatement.of_caller()
        self._connection.scopes.append(self.reference)
        try:
            self.begin()
        except BaseException:
            self._leave(succeeded=False)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.reference in self._connection.scopes:  # else it was undone before
            self._leave(succeeded=kind is None)

    def __del__(self) -> None:
        if self.reference in self._connection.scopes:
            with suppress(sqlite3.Error):  # the connection may be closed
                self._leave(succeeded=False)

    def _leave(self, *, succeeded: bool) -> None:
        scopes = self._connection.scopes
        try:
            if succeeded:
                self.keep()
            else:
                self.undo()
        except BaseException:
            self.undo()
            raise
        finally:
            del scopes[scopes.index(self.reference) :]

    def begin(self) -> None:
        """Begin the scope."""
        raise NotImplementedError

    def keep(self) -> None:
        """End the scope, and keep what was done in it."""
        raise NotImplementedError

    def undo(self) -> None:
        """End the scope, if it is open, and undo what was done in it."""
        if self._connection.in_transaction:  # a full disk makes SQLite itself roll back
            self._connection.execute("ROLLBACK")


class WriteTransaction(Scope):
    """Hold the write lock; commit at the end of the block, or roll everything back.

    ``prepare`` is called as soon as the lock is held.
    """

    __slots__ = ("_prepare",)

    def __init__(self, connection: Connection, prepare: Callable[[], object] | None = None) -> None:
        super().__init__(connection)
        self._prepare = prepare

    def begin(self) -> None:
        """Take the write lock."""
        asked = time.monotonic()
        self._connection.execute("BEGIN IMMEDIATE")
        if (waited := time.monotonic() - asked) > 1:
            _log.warning("waited %.1f s for another program that was recording", waited)
        if self._prepare is not None:
            self._prepare()

    def keep(self) -> None:
        """Commit, unless the database is no longer where it was opened."""
        if self._connection.place is not None:
            self._connection.place.check_is_there()
        self._connection.execute("COMMIT")


class Savepoint(Scope):
    """Keep all that the block does within the open transaction, or undo that alone."""

    __slots__ = ("_name",)

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._name = "savepoint_0"  # no open one is called so: the first is number 1

    def begin(self) -> None:
        """Set the savepoint, under a name that no other open one has."""
        self._name = f"savepoint_{len(self._connection.scopes)}"  # few names: their statements are prepared once
        self._connection.execute(f"SAVEPOINT {self._name}")

    def keep(self) -> None:
        """Make it part of the transaction."""
        self._connection.execute(f"RELEASE {self._name}")

    def undo(self) -> None:
        """Undo it alone."""
        if self._connection.in_transaction:
            try:
                self._connection.execute(f"ROLLBACK TO {self._name}")
                self._connection.execute(f"RELEASE {self._name}")
            except sqlite3.OperationalError as error:
                if "no such savepoint" not in str(error):  # it was not set yet, or was released just before
                    raise


class Step(Savepoint):
    """Work within the open transaction that may take back what it did so far.

    With ``several`` False it consists of one statement that leaves nothing behind when it
    fails: then no savepoint is needed, which costs a tenth of a durable event.
    """

    __slots__ = ("_several",)

    def __init__(self, connection: Connection, *, several: bool) -> None:
        super().__init__(connection)
        self._several = several

    def __enter__(self) -> Self:
        return super().__enter__() if self._several else self

    def take_back(self) -> None:
        """Undo what was done so far, and go on."""
        if self._several:
            self._connection.execute(f"ROLLBACK TO {self._name}")


class Snapshot(Scope):
    """Read one state of the database throughout the block, whatever others write meanwhile."""

    __slots__ = ()

    def begin(self) -> None:
        """Begin to read."""
        if self._connection.place is not None:
            self._connection.place.check_is_unchanged()
        self._connection.execute("BEGIN")

    def keep(self) -> None:
        """End it: nothing was done."""
        self.undo()
