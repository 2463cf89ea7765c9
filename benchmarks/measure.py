"""Measure one piece of work in this process: time on the clock and on the processor, and the peak of memory."""

import gc
import resource
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

Result = dict[str, Any]


def measured(work: Callable[[], int]) -> Result:
    """Run ``work``, which gives how many events it went through, and say what that took.

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


def spread(times: list[float]) -> Result:
    """Median, least and greatest of the seconds that repeated short work took."""
    return {"seconds": median(times), "least": min(times), "greatest": max(times), "times": len(times), "events": 1}


def repeated(work: Callable[[], object], times: int) -> list[float]:
    """The seconds of each of several runs."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return found


def peak_memory() -> float:
    """The most memory this process has had resident so far, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss may begin with the peak of the process that started this one
        for line in status.read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024**2 if sys.platform == "darwin" else peak / 1024


def file_size(path: str) -> int:
    """Bytes of a SQLite file once its write-ahead log has been put into it."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return Path(path).stat().st_size
