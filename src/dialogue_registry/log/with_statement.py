"""A ``with`` statement of a running program, and whether its block has ended.

``__exit__`` is no proof: a signal handler may raise an exception before its first line. But
the frame of the statement is at an instruction of the block, or it is not. The exception
table of the code has the instructions of each block (CPython 3.11 and later). Only where the
same statement was entered again is its earlier block taken for the later one: ask before.

A block belongs to the thread that entered it, and ends with that thread, even where a
generator that nobody has closed waits in it.
"""

import contextlib
import inspect
import sys
from functools import lru_cache
from types import CodeType, FrameType
from typing import Self

from dialogue_registry.log.thread import this_thread

_SUSPENDABLE = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_CONTEXTLIB = vars(contextlib)
_LONGEST_ENTERING = 10
"""The instruction that enters a block has so many bytes at most, with its caches."""


class WithStatement:
    """A ``with`` statement that a frame executes, or has executed."""

    __slots__ = ("_frame", "_offset", "_thread")

    def __init__(self, frame: FrameType) -> None:
        self._frame = frame
        self._offset = frame.f_lasti
        self._thread = this_thread()

    @classmethod
    def of_caller(cls) -> Self:
        """Return the statement that is entering the context manager whose ``__enter__`` calls this.

        Context managers made by contextlib, and ``__enter__`` of others around it, are passed over.
        """
        frame = sys._getframe(2)  # noqa: SLF001 - documented, and all there is
        while frame.f_back is not None and _is_entering(frame):
            frame = frame.f_back
        return cls(frame)

    def is_running(self) -> bool:
        """Return whether the block is being executed, or waits to go on in a generator."""
        if self._thread() is None:
            return False
        code, offset = self._frame.f_code, self._frame.f_lasti
        if (own := _handler_entered(code, self._offset)) is not None:
            passed: set[int] = set()
            while (handler := _handler_of(code, offset)) != own:
                if handler is None or handler in passed:
                    return False
                passed.add(handler)
                offset = handler  # of a block within this one
        return bool(code.co_flags & _SUSPENDABLE) or _is_on_a_stack(self._frame)


def _is_entering(frame: FrameType) -> bool:
    """Return whether a frame does nothing but enter a context manager for the one before it."""
    code = frame.f_code
    if code.co_name in ("__init__", "__enter__") or frame.f_globals is _CONTEXTLIB:
        return True
    if not code.co_flags & inspect.CO_GENERATOR:
        return False
    return frame.f_back is not None and frame.f_back.f_globals is _CONTEXTLIB  # a generator made one by contextlib


def _is_on_a_stack(frame: FrameType) -> bool:
    if _is_below(frame, sys._getframe()):  # noqa: SLF001 - mostly it is on the stack of this very thread
        return True
    return any(_is_below(frame, top) for top in sys._current_frames().values())  # noqa: SLF001 - likewise


def _is_below(frame: FrameType, top: FrameType | None) -> bool:
    while top is not None:
        if top is frame:
            return True
        top = top.f_back
    return False


@lru_cache(maxsize=1024)
def _handler_entered(code: CodeType, offset: int) -> int | None:
    """Return where the code goes on when the block raises that the instruction at an offset enters; None for none."""
    entered = range(offset + 1, offset + _LONGEST_ENTERING + 1)
    return next((target for block, target in _handlers(code) if block.start in entered), None)


def _handler_of(code: CodeType, offset: int) -> int | None:
    for block, target in _handlers(code):
        if offset in block:
            return target
    return None


@lru_cache(maxsize=256)
def _handlers(code: CodeType) -> tuple[tuple[range, int], ...]:
    """Return the blocks of instructions that a handler watches, and where it is.

    The format is that of CPython's InternalDocs/exception_handling.md: numbers of six bits a
    byte, in units of two bytes.
    """
    numbers: list[int] = []
    continued = False
    for byte in code.co_exceptiontable:
        number = byte & 63
        numbers.append(numbers.pop() << 6 | number if continued else number)
        continued = bool(byte & 64)
    return tuple(
        (range(2 * start, 2 * (start + length)), 2 * target)
        for start, length, target in zip(numbers[::4], numbers[1::4], numbers[2::4], strict=True)
    )
