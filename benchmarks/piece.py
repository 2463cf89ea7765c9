"""One piece of work in a process of its own: ``python -m benchmarks.piece MODULE FUNCTION TASK``; gives JSON."""

import json
import sys
from importlib import import_module


def main() -> None:
    """Run the function of the module with the task (JSON) and print its result."""
    module, function, task = sys.argv[1:]
    result = getattr(import_module(f"benchmarks.{module}"), function)(json.loads(task))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
