"""Change the pure modules in a thousand small ways, and see which changes no test notices.

::

    pip install mutmut
    python tests/long/mutants.py            # about ten minutes on two cores; --show prints the survivors as diffs

The modules and the tests are listed in ``pyproject.toml`` under ``[tool.mutmut]``. It works on
a copy, prints a score for each module, and ends with exit code 1 below 90 %.

Not counted are mutants of what runs when the library is imported, before a mutant can be
switched on: the tests of every event and rule would fail on them. Of the others, those that
survive are mostly no faults: another slice that is empty too, ``cast`` to another type, the
place at which a long value is cut short in a message.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
WANTED = 0.9

#: Called while the library is imported.
AT_IMPORT = (
    "events.x__id__", "events.x__text__", "events.x__required__", "events.x__number__", "events.x__optional_number__",
    "counting.x__example__",
)  # fmt: skip


def mutmut(*arguments: str, folder: Path) -> str:
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", action="store_true", help="print each survivor as a diff")
    parser.add_argument("mutants", nargs="*", help="patterns such as 'dialogue_registry.dates*'; by default all")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        folder = Path(name) / "copy"
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".git", ".venv*", ".*_cache", "__pycache__"))
        subprocess.run([sys.executable, "-m", "mutmut", "run", *asked.mutants], cwd=folder, check=False)
        results = [
            line.strip().partition(": ") for line in mutmut("results", "--all", "true", folder=folder).splitlines()
        ]
        found = {mutant: outcome for mutant, _, outcome in results if outcome not in ("", "not checked")}
        counted = {m: o for m, o in found.items() if not m.removeprefix("dialogue_registry.").startswith(AT_IMPORT)}
        survivors = [mutant for mutant, outcome in counted.items() if outcome in ("survived", "no tests", "suspicious")]
        if asked.show:
            for mutant in survivors:
                print(mutmut("show", mutant, folder=folder))
    total, alive = (Counter(mutant.split(".")[1] for mutant in mutants) for mutants in (counted, survivors))
    for module, number in sorted(total.items()):
        print(f"{module:10} {number:5} mutants, {alive[module]:3} survived: {1 - alive[module] / number:6.1%}")
    score = 1 - len(survivors) / max(1, len(counted))
    print(f"score {score:.1%} of {len(counted)} mutants; {len(found) - len(counted)} more run at import only")
    return int(score < WANTED or not counted)


if __name__ == "__main__":
    sys.exit(main())
