"""Contestants take turns: every piece of work runs in a fresh process, in several rounds, each in another order."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

import attrs

Result = dict[str, Any]
Run = Callable[[int], Result]

_START = "import time\nbegan = time.perf_counter()\n{}\nprint(time.perf_counter() - began)"


@attrs.frozen
class Size:
    """The amounts of work that are done."""

    rounds: int
    #: Facts in all: many small meetings, a few huge ones.
    events: int
    #: Facts recorded one by one.
    singles: int
    #: Facts for the peer that is much slower than the others; its rate is what is compared.
    slow: int
    #: Meetings of the sweep.
    sweep: Sequence[int]
    #: Delegates of the huge meeting that is amended.
    delegates: int


DEFAULT = Size(rounds=5, events=60_000, singles=1000, slow=9000, sweep=(10_000, 100_000, 1_000_000), delegates=10_000)
QUICK = Size(rounds=2, events=6000, singles=100, slow=600, sweep=(1000, 10_000), delegates=1000)


@attrs.define
class Bench:
    """Runs pieces in a folder of its own, and keeps what they gave: suite, contestant, one result a round."""

    folder: Path
    size: Size
    #: Whether all works in this process, and the time of the processor is taken for the time.
    processor: bool = False
    out: TextIO = attrs.field(default=sys.stderr)
    results: dict[str, dict[str, list[Result]]] = attrs.field(factory=dict)
    _began: float = attrs.field(factory=time.perf_counter)

    def path(self, name: str) -> str:
        """Return a path in the folder."""
        return str(self.folder / name)

    def copy(self, name: str, to: str) -> str:
        """Copy a file in the folder; return the path of the copy."""
        self.remove(to)
        with (self.folder / name).open("rb") as source, (self.folder / to).open("wb") as target:
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())  # lest what is measured waits for this
        return self.path(to)

    def fresh(self, name: str) -> str:
        """Remove a file of the folder, if it exists; return its path."""
        self.remove(name)
        return self.path(name)

    def remove(self, *names: str) -> None:
        """Remove databases."""
        for name in names:
            for file in self.folder.glob(f"{name}*"):
                file.unlink()

    def run(self, piece: str, **task: Any) -> Result:
        """Run ``module.function`` in a process of its own, unless the time of the processor is taken."""
        module, function = piece.split(".")
        if self.processor:
            found: Result = getattr(import_module(f"benchmarks.{module}"), function)(task)
            for one in (found, *found.values()):
                if isinstance(one, dict) and "cpu" in one:
                    one["seconds"] = one["cpu"]
            return found
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.piece", module, function, json.dumps(task)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 - our own module
        result: Result = json.loads(done.stdout)
        return result

    def start(self, statements: str) -> Result:
        """Return the least time of five in which a fresh interpreter runs its first statements."""
        command = [sys.executable, "-c", _START.format(statements)]
        compiled = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}  # as an installed package is
        times = [
            float(subprocess.run(command, capture_output=True, check=True, env=compiled).stdout)  # noqa: S603
            for _ in range(5)
        ]
        return {"seconds": min(times), "events": 1}

    def take_turns(self, suite: str, contestants: Mapping[str, Run], rounds: int | None = None) -> None:
        """Run every contestant in each round; each round begins with another one."""
        names = list(contestants)
        rounds = rounds or self.size.rounds
        for turn in range(rounds):
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                self.keep(suite, turn, name, contestants[name](turn))

    def keep(self, suite: str, turn: int, name: str, result: Result) -> None:
        """Keep the result of a contestant."""
        self.results.setdefault(suite, {}).setdefault(name, []).append(result)
        self.say(f"{suite}, round {turn + 1}, {name}: {_speed(result)}")

    def say(self, text: str) -> None:
        """Show progress."""
        print(f"[{time.perf_counter() - self._began:4.0f} s] {text}", file=self.out, flush=True)


def _speed(result: Result) -> str:
    rate = result["events"] / result["seconds"]
    if result["events"] > 1:
        return f"{rate:,.0f} events/s"
    return f"{result['seconds'] * 1000:.3g} ms"
