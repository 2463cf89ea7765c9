"""A real PostgreSQL server, for the tests that ask for it."""

from collections.abc import Iterator

import pytest

from tests.system.servers import Server


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
