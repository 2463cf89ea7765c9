"""Examples that are tried: as many as a test asks for, counted while the tests run, printed at their end."""

from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

TRIED: Counter[str] = Counter()
"""examples, kills, faults, planted faults caught."""


def always_the_same(max_examples: int) -> settings:
    """Return settings for the same examples each time, on which no time is spent to make them short."""
    return settings(
        max_examples=max_examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )


def count_examples(items: list[pytest.Item]) -> None:
    """Make every property count the examples that Hypothesis tries it with."""
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
