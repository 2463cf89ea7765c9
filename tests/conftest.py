"""The example data, the number of examples that Hypothesis tries, and the numbers printed at the end of a run.

The profile ``fixed`` tries the same examples in each run of the same tests by one process. Beside others they may be
other ones: Hypothesis also tries the constants of the modules that are loaded.
``fresh`` tries as many new ones, ``long`` a hundred times as many::

    python -m pytest tests/laws --hypothesis-profile=fresh --hypothesis-seed=1234
"""

from collections.abc import Iterator
from typing import Any

import pytest
from central_asia_plus_japan import load
from hypothesis import HealthCheck, settings

from dialogue_registry import Registry
from tests.tried import TRIED, count_examples

# Deadlines are off: the first example pays for imports and the first page of SQLite, and machines differ.
_PATIENT = [HealthCheck.too_slow, HealthCheck.data_too_large]  # logs are large values
settings.register_profile(
    "fixed", max_examples=25, derandomize=True, deadline=None, print_blob=True, suppress_health_check=_PATIENT
)
settings.register_profile("fresh", settings.get_profile("fixed"), derandomize=False)
settings.register_profile("long", settings.get_profile("fresh"), max_examples=3000, stateful_step_count=100)
settings.load_profile("fixed")


@pytest.fixture(scope="module")
def seed() -> Iterator[Registry]:
    """The example: what was published of the "Central Asia plus Japan" Dialogue."""
    with Registry.open() as registry:
        registry.record_all(load())
        yield registry


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    count_examples(items)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):  # this process is a worker of pytest-xdist
        session.config.workeroutput["tried"] = dict(TRIED)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    TRIED.update(getattr(node, "workeroutput", {}).get("tried", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    numbers = ", ".join(f"{number:,} {what}" for what, number in TRIED.items())
    terminalreporter.write_line(f"tried: {numbers or 'nothing'}")
