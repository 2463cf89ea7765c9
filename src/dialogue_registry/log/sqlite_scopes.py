"""The scopes of a connection to SQLite: a transaction, a savepoint within one, a snapshot to read from.

A signal handler may raise an exception between any two instructions of Python, also where a
scope is entered or left, and so does Python at the limit of recursion. Then it stays open
though its ``with`` statement has ended. So each scope knows its statement. Those whose
statement has ended are undone by the next one on the connection, or by the outer one at its
end. Until then only the statement keeps the scope, besides a traceback that somebody keeps. A
transaction that nothing keeps is undone at once, so that it holds no lock. Nothing acknowledged
is undone: the exception took the place of the answer. A scope that was undone does nothing any
more.
"""

import logging
import sqlite3
import time
import weakref
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any, Protocol, Self

from dialogue_registry.log.sqlite_functions import Function, SQLFunction
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
        self._functions: dict[str, SQLFunction] = {}

    def add_function(self, name: str, function: Function) -> None:
        """Add a pure function of one text, which statements may use, unless it is there already."""
        if name not in self._functions:
            self._functions[name] = SQLFunction(self, name, function)

    def close(self) -> None:
        """Close it, which undoes what is open."""
        self.scopes.clear()
        super().close()

    def add_scope(self, scope: "Scope") -> None:
        """Add the innermost scope."""
        if self.scopes:
            self.scopes.append(weakref.ref(scope))
        else:
            # Undone at once where nothing keeps it, so that it holds no lock: by no function of Python, in which a
            # signal handler might raise an exception that is lost.
            undo = map(sqlite3.Connection.rollback, [self])
            self.scopes.append(weakref.ref(scope, partial(next, undo)))

    def place_of(self, scope: "Scope") -> int | None:
        """Return the place of a scope among those that are open; None where it was undone."""
        for place, reference in enumerate(self.scopes):
            if reference() is scope:
                return place
        return None

    def undo_abandoned(self) -> bool:
        """Undo the scopes whose ``with`` statement has ended; return whether there were any."""
        for place, reference in enumerate(self.scopes):
            scope = reference()
            if scope is None or not scope.statement.is_running():
                self.undo_from(place)
                return True
        return False

    def undo_from(self, place: int) -> None:
        """Undo the scopes from that place on, as far as they are open, whether or not anything keeps them.

        They are undone for an error, which may have ended a function of SQL, too.
        """
        for inner in reversed(range(place, len(self.scopes))):
            if not self.in_transaction:  # a full disk makes SQLite itself roll back
                break
            if inner == 0:
                self.execute("ROLLBACK")
            else:
                self._undo_savepoint(savepoint_at(inner))
        for function in self._functions.values():
            function.renew(self)
        del self.scopes[place:]

    def _undo_savepoint(self, name: str) -> None:
        try:
            self.execute(f"ROLLBACK TO {name}")
            self.execute(f"RELEASE {name}")
        except sqlite3.OperationalError as error:
            if "no such savepoint" not in str(error):  # it was not needed, not set yet, or released just before
                raise


def savepoint_at(place: int) -> str:
    """Return the name of the savepoint of the scope at that place: few names, whose statements are prepared once."""
    return f"savepoint_{place}"


class Scope:
    """The base of all scopes. A scope is entered once."""

    __slots__ = ("__weakref__", "_connection", "statement")

    statement: WithStatement

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> Self:
        if self._connection.scopes:
            self._connection.undo_abandoned()
        self.statement = WithStatement.of_caller()
        self._connection.add_scope(self)
        try:
            self.begin()
        except BaseException:
            self._leave(succeeded=False)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave(succeeded=kind is None)

    def _leave(self, *, succeeded: bool) -> None:
        connection = self._connection
        place = connection.place_of(self)
        if place is None:  # it was undone before
            return
        try:
            if succeeded:
                if place + 1 < len(connection.scopes):
                    connection.undo_from(place + 1)  # they were never left
                self.keep()
                del connection.scopes[place:]
            else:
                connection.undo_from(place)
        except BaseException:
            connection.undo_from(place)
            raise

    def begin(self) -> None:
        """Begin the scope."""
        raise NotImplementedError

    def keep(self) -> None:
        """End the scope, and keep what was done in it."""
        raise NotImplementedError


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

    def begin(self) -> None:
        """Set the savepoint, under a name that no other open one has."""
        self._name = savepoint_at(len(self._connection.scopes) - 1)
        self._connection.execute(f"SAVEPOINT {self._name}")

    def keep(self) -> None:
        """Make it part of the transaction."""
        self._connection.execute(f"RELEASE {self._name}")


class Step(Savepoint):
    """Work within the open transaction that may take back what it did so far.

    With ``several`` False it consists of one statement that leaves nothing behind when it
    fails. Then no savepoint is needed, which costs a tenth of a durable event.
    """

    __slots__ = ("_several",)

    def __init__(self, connection: Connection, *, several: bool) -> None:
        super().__init__(connection)
        self._several = several

    def __enter__(self) -> Self:
        return super().__enter__() if self._several else self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._several:
            super().__exit__(kind, error, trace)

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
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
