"""Transactions: the blocks in which several calls of a registry are one."""

from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING

from dialogue_registry.errors import StorageError
from dialogue_registry.log.thread import this_thread
from dialogue_registry.registry.turns import Turn

if TYPE_CHECKING:
    from dialogue_registry.registry.session import Session


class Block:
    """A block of ``transaction()`` that is being executed."""

    def __init__(self, transaction: "Transaction", turn: Turn, scope: AbstractContextManager[None]) -> None:
        self.transaction = transaction
        self.turn = turn
        self.scope = scope
        self.statement = turn.statement
        self.thread = this_thread()

    def undo(self) -> None:
        """Undo what was recorded in the block."""
        try:
            self.scope.__exit__(_UndoneError, _UndoneError(), None)
        finally:
            self.turn.__exit__(None, None, None)


class Transaction:
    """The context manager of ``Registry.transaction()``.

    It is no generator. The block of a generator that was entered and then forgotten is undone
    by the garbage collector, at any later time. This one is undone by the next call, or by
    ``close()``.
    """

    def __init__(self, session: "Session", *, dry_run: bool) -> None:
        self._session = session
        self._dry_run = dry_run

    def __enter__(self) -> None:
        turn = self._session.turn()
        turn.__enter__()
        try:
            scope = self._session.writing()
            scope.__enter__()
        except BaseException:
            turn.__exit__(None, None, None)
            raise
        self._session.open_blocks.append(Block(self, turn, scope))
        if self._session.call is None:
            self._session.begin_call()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        blocks = self._session.open_blocks
        own = next((block for block in reversed(blocks) if block.transaction is self), None)
        if own is None:  # it was undone
            if kind is not None:
                return None
            _ = self._session.connection  # raises ClosedError where that was why
            raise StorageError(
                "a transaction() was undone before its block ended, since its thread had ended or left it in another "
                "way: nothing is recorded; run the whole block in one thread"
            )
        if self._session.inherited:
            _ = self._session.connection if kind is None else None  # raises ForkedError
            return None
        if own.thread is not this_thread():
            self._session.undo_blocks()
            if kind is not None:
                return None
            raise StorageError(
                "a transaction() belongs to the thread that entered it, and another one has left it: nothing is "
                "recorded; run the whole block in one thread"
            )
        left_open = blocks[-1] is not own
        while blocks[-1] is not own:
            blocks.pop().undo()
        blocks.pop()
        if kind is not None or not blocks:
            self._session.begin_call()
        if kind is None and left_open:
            own.undo()
            raise StorageError("a transaction() within this one was left open: nothing is recorded; run it again")
        if kind is None and self._dry_run:
            kind, error = _DryRunError, _DryRunError()
        try:
            return own.scope.__exit__(kind, error, trace)
        finally:
            own.turn.__exit__(None, None, None)


class _UndoneError(Exception):
    """Undoes a block that was left open, and never leaves it."""


class _DryRunError(Exception):
    """Undoes the block of a dry run, and never leaves it."""
