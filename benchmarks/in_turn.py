"""Durable single events: all contestants in one process, event by event in turn, as the disk changes its mind."""

from collections.abc import Mapping
from contextlib import ExitStack
from importlib import import_module
from typing import Any

from benchmarks.measure import Stopwatch

Task = Mapping[str, Any]


def singles(task: Task) -> dict[str, Any]:
    """Record the first event with each contestant, then the second, …; return the times of an event by contestant."""
    with ExitStack() as stack:
        records = {
            name: stack.enter_context(import_module(f"benchmarks.{module}").record_singles({**task, **settings}))
            for name, (module, settings) in task["contestants"].items()
        }
        names = list(records)
        watches = {name: Stopwatch() for name in names}
        for number in range(task["events"]):
            first = number % len(names)
            for name in names[first:] + names[:first]:
                with watches[name].lap():
                    records[name](number)
    return {name: watch.result() for name, watch in watches.items()}
