"""The command: run the suites, print the table, write the results as JSON.

python -m benchmarks                      all of it, a quarter of an hour
python -m benchmarks --quick              a small version, about a minute
python -m benchmarks --only replay        one suite (may be given several times)
python -m benchmarks --processor          the time of the processor instead: where others use the machine
python -m benchmarks --page PAGE.md       no run: put the last results on a page of the documentation
"""

import argparse
import json
import os
import platform
import sqlite3
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import attrs

from benchmarks.rounds import DEFAULT, QUICK, Bench, Size
from benchmarks.suites import OF_ONE_PROCESS, SUITES, run
from benchmarks.table import heading, markdown, write_page
from benchmarks.targets import lines

_PACKAGES = ("dialogue-registry", "attrs", "cattrs", "orjson", "eventsourcing", "eventsource-py", "psycopg")
_RESULTS = Path(__file__).with_name("results.json")


def main() -> int:
    """Run it; gives 1 where a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="How fast is it?")
    parser.add_argument("--quick", action="store_true", help="a small version, for a first look")
    parser.add_argument("--only", action="append", choices=list(SUITES), default=[], help="run this suite alone")
    parser.add_argument("--rounds", type=int, help="how many rounds")
    parser.add_argument("--events", type=int, help="how many facts")
    parser.add_argument("--processor", action="store_true", help="time of the processor, in one process, no server")
    parser.add_argument("--largest", type=int, help="leave out of the sweep what has more meetings than this")
    parser.add_argument("--folder", help="where to put the files; the disk under it is what is measured")
    parser.add_argument("--out", type=Path, help=f"where to write the results ({_RESULTS.name} beside the command)")
    parser.add_argument("--page", type=Path, help="run nothing: put the results on this page")
    asked = parser.parse_args()
    out = asked.out or (Path("results-quick.json") if asked.quick or asked.only else _RESULTS)
    if asked.page:
        kept = json.loads((asked.out or _RESULTS).read_text("utf-8"))
        write_page(asked.page, kept["made"], list(lines(kept["results"])))
        return 0
    size = QUICK if asked.quick else DEFAULT
    if asked.rounds:
        size = attrs.evolve(size, rounds=asked.rounds)
    if asked.events:
        size = attrs.evolve(size, events=asked.events)
    if asked.largest:
        size = attrs.evolve(size, sweep=[meetings for meetings in size.sweep if meetings <= asked.largest])
    context = _context(size)
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=asked.folder) as folder:
        bench = Bench(Path(folder), size, asked.processor)
        try:
            run(bench, asked.only or (OF_ONE_PROCESS if asked.processor else ()))
        except KeyboardInterrupt:
            bench.say("stopped: here is what there is")
    context["load"]["after"] = os.getloadavg()[0]
    found = list(lines(bench.results))
    print(f"{heading(context)}\n\n{markdown(found)}")
    table = [attrs.asdict(line) for line in found]
    kept = {"made": context, "size": attrs.asdict(size), "table": table, "results": bench.results}
    out.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"\nwritten to {out}", file=sys.stderr)
    return int(any(line.reached is False for line in found))


def _context(size: Size) -> dict[str, Any]:
    versions = {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            sys.exit(f"{name} is not installed: run pip install -e '.[benchmarks]'")
    return {
        "day": datetime.now(UTC).date().isoformat(),
        "command": " ".join(["python -m benchmarks", *sys.argv[1:]]),
        "rounds": size.rounds,
        "machine": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "load": {"before": os.getloadavg()[0]},
        "versions": versions,
    }


if __name__ == "__main__":
    sys.exit(main())
