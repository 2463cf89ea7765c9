"""The definitions of all tables of views, compared with those that this library makes.

A file may come from anywhere: a view that never ends, or a trigger, may have the name of a
table. So the schema is compared before anything of it is asked.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from functools import lru_cache
from typing import NamedTuple

from dialogue_registry.log.codec import STANDARD_CODEC, Codec
from dialogue_registry.log.sqlite_log import SQLiteLog, create_log
from dialogue_registry.log.sqlite_scopes import Connection
from dialogue_registry.model.tables import Projection
from dialogue_registry.projections.engine import Views
from dialogue_registry.projections.standard import STANDARD
from dialogue_registry.queries.search import INDEX, NAMES_INDEX, search_projection


class Definition(NamedTuple):
    """One object of a schema."""

    name: str
    kind: str
    table: str
    sql: str | None


def redefined(connection: sqlite3.Connection, log: SQLiteLog, projections: Sequence[Projection]) -> list[Definition]:
    """Return the objects that are not defined as this library does, though they have the name or the table of one.

    What is missing is not among them: the version of a projection tells of that.
    """
    own = _own() if len(projections) == 1 else _made_by(projections, log.codec)
    tables = {definition.table for definition in own.values()}
    return [
        found
        for found in _read(connection)
        if own.get(found.name, found) != found or (found.name not in own and found.table in tables)
    ]


def drop(connection: sqlite3.Connection, definitions: Iterable[Definition]) -> None:
    """Drop those that are no ordinary tables, which the views drop when they are made again."""
    for name, kind, _, sql in definitions:
        if sql is not None and not sql.upper().startswith("CREATE TABLE"):
            connection.execute(f'DROP {kind} IF EXISTS "{name.replace(chr(34), chr(34) * 2)}"')


def _read(connection: sqlite3.Connection) -> Iterable[Definition]:
    return map(Definition._make, connection.execute("SELECT name, type, tbl_name, sql FROM main.sqlite_schema"))


@lru_cache(maxsize=1)
def _own() -> Mapping[str, Definition]:
    return _made_by((STANDARD,), STANDARD_CODEC)


def _made_by(projections: Sequence[Projection], codec: Codec) -> Mapping[str, Definition]:
    with closing(Connection(":memory:", isolation_level=None)) as connection:
        create_log(connection)
        of_log = {definition.name for definition in _read(connection)}
        Views(connection, SQLiteLog(connection, codec), (*projections, search_projection(codec.kinds))).create()
        for statement in (*INDEX, NAMES_INDEX):
            connection.execute(statement)
        return {definition.name: definition for definition in _read(connection) if definition.name not in of_log}
