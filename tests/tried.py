"""How much was tried: counted while the tests run, printed at their end."""

from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest

TRIED: Counter[str] = Counter()
"""examples, kills, faults, planted faults caught."""


def count_examples(items: list[pytest.Item]) -> None:
    """Let every property count the examples that Hypothesis tries it with."""
    seen: set[int] = set()
    for item in items:
        handle = getattr(getattr(item, "obj", None), "hypothesis", None)
        if handle is not None and id(handle) not in seen:  # parameters share their function
            seen.add(id(handle))
            handle.inner_test = _counted(handle.inner_test)


def _counted(inner: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(inner)
    def counted(*args: Any, **kwargs: Any) -> Any:
        TRIED["examples"] += 1
        return inner(*args, **kwargs)

    return counted
