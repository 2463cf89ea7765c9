"""How hard Hypothesis tries: ``ci`` unless ``HYPOTHESIS_PROFILE`` says otherwise.

::

    HYPOTHESIS_PROFILE=long python -m pytest tests

``ci`` tries the same examples each time, so that what lands does not depend on luck; to
look for what nobody has thought of is the business of ``long``, whose examples are new
every time. Both say at the end how much they tried.
"""

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.tried import TRIED, count_examples

_PATIENT = [HealthCheck.too_slow, HealthCheck.data_too_large]  # logs are large values; that is the point

# Deadlines are off: the first example pays for imports and SQLite's first page, and machines differ.
settings.register_profile(
    "ci", max_examples=25, derandomize=True, deadline=None, print_blob=True, suppress_health_check=_PATIENT
)
settings.register_profile(
    "long", settings.get_profile("ci"), max_examples=3000, derandomize=False, stateful_step_count=100
)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "ci")
settings.load_profile(PROFILE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    count_examples(items)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    told = ", ".join(f"{number:,} {what}" for what, number in TRIED.items())
    terminalreporter.write_line(f"tried with profile {PROFILE}: {told or 'nothing'}")
