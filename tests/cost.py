"""The work that something takes, to be compared: the time of the processor, which other programs do not change."""

import time
from collections.abc import Callable


def processor_time(work: Callable[[], object], *, runs: int = 5) -> float:
    """Return the least processor time of several runs, in seconds: only the ratio of two results means anything."""
    return min(_seconds(work) for _ in range(runs))


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
