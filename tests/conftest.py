"""How hard Hypothesis tries: ``ci`` unless ``HYPOTHESIS_PROFILE`` says otherwise.

::

    HYPOTHESIS_PROFILE=long python -m pytest
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.servers import Server

_PATIENT = [HealthCheck.too_slow, HealthCheck.data_too_large]  # logs are large values; that is the point

# Deadlines are off: the first example pays for imports and SQLite's first page, and machines differ.
settings.register_profile("ci", max_examples=25, deadline=None, print_blob=True, suppress_health_check=_PATIENT)
settings.register_profile("long", settings.get_profile("ci"), max_examples=3000, stateful_step_count=100)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One PostgreSQL server for all tests; each makes a database of its own."""
    running = Server()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def _databases_are_used_again(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "server" in request.fixturenames:
        request.getfixturevalue("server").use_again()
