"""A with statement is running as long as its block is, whatever ends it, even before the first line of __exit__."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from threading import Thread
from types import TracebackType
from typing import Self

import pytest

from dialogue_registry.log.with_statement import WithStatement


class Block:
    """A context manager that knows its statement."""

    def __enter__(self) -> Self:
        self.statement = WithStatement.of_caller()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    @property
    def running(self) -> bool:
        return self.statement.is_running()


@contextlib.contextmanager
def wrapped(block: Block) -> Iterator[Block]:
    with contextlib.suppress(ZeroDivisionError), block:
        yield block


def raise_it() -> None:
    raise KeyError


ENTER: dict[str, Callable[[Block], contextlib.AbstractContextManager[Block]]] = {
    "itself": lambda block: block,
    "in a generator": wrapped,
}


@pytest.fixture(params=ENTER)
def entered(request: pytest.FixtureRequest) -> Callable[[Block], contextlib.AbstractContextManager[Block]]:
    return ENTER[request.param]


def test_it_runs_within_its_block_and_not_after(entered) -> None:
    block = Block()
    with entered(block):
        assert block.running
        for _ in range(2):
            with contextlib.suppress(KeyError):
                assert block.running
                raise_it()
            try:
                assert block.running
                raise_it()
            except KeyError:
                assert block.running
            finally:
                assert block.running
        assert [block.running for _ in range(2)] == [True, True]
    assert not block.running


def test_it_has_ended_where_its_exception_is_handled(entered) -> None:
    block = Block()
    try:
        with entered(block):
            assert block.running
            raise_it()
    except KeyError:
        assert not block.running
    try:
        assert not block.running
    finally:
        assert not block.running
    assert not block.running


def test_each_turn_of_a_loop_has_its_own(entered) -> None:
    before: list[Block] = []
    for _ in range(3):
        assert not any(other.running for other in before)
        with entered(Block()) as block, contextlib.nullcontext():
            assert block.running
            before.append(block)
            if len(before) == 2:
                continue
        assert not block.running


def test_one_within_another_ends_alone(entered) -> None:
    outer, inner = Block(), Block()
    with entered(outer):
        try:
            with entered(inner):
                assert outer.running
                assert inner.running
                raise_it()
        except KeyError:
            assert outer.running
            assert not inner.running
        with entered(inner):
            assert outer.running
            assert inner.running
        assert not inner.running
    assert not outer.running


def test_it_ends_with_its_function(entered) -> None:
    block = Block()

    def leave() -> None:
        with entered(block):
            assert block.running
            return

    def fail() -> None:
        with entered(block):
            raise_it()

    leave()
    assert not block.running
    with pytest.raises(KeyError) as kept:
        fail()
    assert not block.running
    assert kept.value.__traceback__ is not None


def test_in_a_generator_it_waits_to_go_on(entered) -> None:
    def generator() -> Iterator[Block]:
        with entered(Block()) as block:
            yield block
        yield block

    blocks = generator()
    block = next(blocks)
    assert block.running
    next(blocks)
    assert not block.running


def test_another_thread_sees_that_it_runs(entered) -> None:
    seen: list[bool] = []
    with entered(Block()) as block:
        thread = Thread(target=lambda: seen.append(block.running))
        thread.start()
        thread.join()
    thread = Thread(target=lambda: seen.append(block.running))
    thread.start()
    thread.join()
    assert seen == [True, False]


def test_on_an_exit_stack_it_ends_with_the_function_at_the_latest() -> None:
    block = Block()

    def stacked() -> None:
        with contextlib.ExitStack() as stack:
            stack.enter_context(block)
            assert block.running

    stacked()
    assert not block.running


@pytest.mark.parametrize("where", ["call", "line", "return"])
def test_it_has_ended_where_its_exit_was_interrupted(where: str) -> None:
    """As a signal handler may do, also before the first line of __exit__; and somebody keeps the exception."""

    def interrupt(frame: object, event: str, _argument: object) -> object:
        if frame.f_code is Block.__exit__.__code__ and event == where:  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        return interrupt

    before = sys.gettrace()
    block = Block()
    with pytest.raises(KeyboardInterrupt) as kept:
        try:
            with block:
                assert block.running
                sys.settrace(interrupt)
        finally:
            sys.settrace(before)
    assert not block.running
    assert kept.value is not None
