"""Measure one piece of work in this process: time on the clock and on the processor, and the peak of memory."""

import gc
import resource
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

Result = dict[str, Any]


def measured(work: Callable[[], int]) -> Result:
    """Run ``work``, which returns its number of events, and return the time and the memory that it took.

    What was prepared before is kept from the garbage collector, for every contestant alike.
    """
    gc.collect()
    gc.freeze()
    before = peak_memory()
    cpu, clock = time.process_time(), time.perf_counter()
    events = work()
    clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    gc.unfreeze()
    return {"seconds": clock, "cpu": cpu, "events": events, "memory_before": before, "memory": peak_memory()}


class Stopwatch:
    """The times of work that is repeated, on the clock and on the processor."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.cpu: list[float] = []

    @contextmanager
    def lap(self) -> Iterator[None]:
        """Time the block."""
        cpu, clock = time.process_time(), time.perf_counter()
        yield
        self.seconds.append(time.perf_counter() - clock)
        self.cpu.append(time.process_time() - cpu)

    def result(self) -> Result:
        """Return the median, the least and the greatest time, in seconds."""
        return {**spread(self.seconds), "cpu": median(self.cpu)}


def spread(seconds: list[float]) -> Result:
    """Return the median, the least and the greatest of some times."""
    return {
        "seconds": median(seconds), "least": min(seconds), "greatest": max(seconds), "times": len(seconds), "events": 1
    }  # fmt: skip


def repeated(work: Callable[[], object], times: int) -> Result:
    """Run short work several times and return its times."""
    watch = Stopwatch()
    for _ in range(times):
        with watch.lap():
            work()
    return watch.result()


def peak_memory() -> float:
    """Return the peak of the resident memory of this process, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss may begin with the peak of the process that started this one
        for line in status.read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024**2 if sys.platform == "darwin" else peak / 1024


def file_size(path: str) -> int:
    """Return the bytes of a SQLite file, after its write-ahead log was written back."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return Path(path).stat().st_size
