"""Durable single events: all contestants in one process, event by event in turn, as the disk changes its mind."""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from importlib import import_module
from statistics import median
from typing import Any

Task = Mapping[str, Any]


def singles(task: Task) -> dict[str, Any]:
    """Let each contestant record the first event, then the second, …: the median time of an event, by contestant."""
    with ExitStack() as stack:
        records = {
            name: stack.enter_context(import_module(f"benchmarks.{module}").record_singles({**task, **told}))
            for name, (module, told) in task["contestants"].items()
        }
        names = list(records)
        times: dict[str, list[float]] = {name: [] for name in names}
        for number in range(task["events"]):
            first = number % len(names)
            for name in names[first:] + names[:first]:
                began = time.perf_counter()
                records[name](number)
                times[name].append(time.perf_counter() - began)
    return {
        name: {"seconds": median(of), "least": min(of), "greatest": max(of), "events": 1} for name, of in times.items()
    }
