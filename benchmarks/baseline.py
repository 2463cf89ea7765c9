"""The baseline: the same bytes through plain sqlite3, hashlib, orjson and cattrs, with nothing decided or promised.

The rows and the schema are read from a file of a registry. Connections have its
settings: WAL, synchronous=FULL, foreign keys enforced, the same cache.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import attrs
import orjson
from cattrs.preconf.orjson import make_converter

from benchmarks import shape
from benchmarks.measure import Result, file_size, measured, repeated
from dialogue_registry import PartialDate
from dialogue_registry.log import sqlite_file, sqlite_place
from dialogue_registry.log.codec import STORED

Task = Mapping[str, Any]
Rows = dict[str, list[tuple[Any, ...]]]

BATCH = 1000
LOG = ("sources", "events")
"""The tables that a rebuild leaves alone."""
_SOURCE = 7
"""The column of ``events`` that refers to ``sources``."""


def connect(path: str) -> sqlite3.Connection:
    """Open a connection with the settings of a registry."""
    connection = sqlite_file.connect(sqlite_place.file_uri(Path(path), "rwc"))
    connection.execute("PRAGMA journal_mode = WAL")
    return connection


def schema(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """The statements that make tables, indexes and triggers, each with the name of its table."""
    return connection.execute(
        "SELECT tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND type <> 'view'"
        " AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
    ).fetchall()


def rows(connection: sqlite3.Connection, after: int = 0) -> Rows:
    """Return the rows of every table; where rows have a place in the log, those after one."""
    found: Rows = {}
    for name in dict.fromkeys(table for table, _ in schema(connection)):
        columns = _columns(connection, name)
        place = next((column for column in ('"position"', '"fact"') if column in columns), None)
        where = f" WHERE {place} > {after}" if place and name != "projections" else ""
        found[name] = connection.execute(f"SELECT {', '.join(columns)} FROM {name}{where}").fetchall()
    return found


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    rows_ = connection.execute(f"PRAGMA table_info({table})")  # generated ones are not listed
    return [f'"{row[1]}"' for row in rows_]  # quoted: a column may be named like a word of SQL


def batches(connection: sqlite3.Connection, found: Rows, size: int, after: int = 0) -> list[list[tuple[str, Any]]]:
    """Deal all rows out to batches of so many events: by place in the log where they have one, else evenly.

    Gives for each batch the statements and their rows, parents before children.
    """
    number = -(-len(found["events"]) // size)
    dealt: list[list[tuple[str, Any]]] = [[] for _ in range(number)]
    first_use: dict[int, int] = {}
    for event in found["events"]:
        first_use.setdefault(event[_SOURCE], event[0])
    for name, of_table in found.items():
        columns = _columns(connection, name)
        place = next((columns.index(column) for column in ('"position"', '"fact"') if column in columns), None)
        verb = "INSERT" if place is not None and name != "projections" else "INSERT OR REPLACE"
        insert = f"{verb} INTO {name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        parts: list[list[tuple[Any, ...]]] = [[] for _ in range(number)]
        for index, row in enumerate(of_table):
            if name == "sources":
                batch = (first_use[row[0]] - after - 1) // size
            elif place is None or name == "projections":
                batch = index * number // len(of_table)
            else:
                batch = (row[place] - after - 1) // size
            parts[batch].append(row)
        for statements, part in zip(dealt, parts, strict=True):
            if part:
                statements.append((insert, part))
    return dealt


def record_batches(task: Task) -> Result:
    """Insert every row of a registry, in all tables, 1000 events at a time."""
    with closing(connect(task["model"])) as model:
        statements, found = schema(model), rows(model)
        dealt = batches(model, found, BATCH)
    with closing(connect(task["path"])) as connection:
        if not task.get("foreign_keys", True):
            connection.execute("PRAGMA foreign_keys = OFF")
        for _, statement in statements:
            connection.execute(statement)
        result = measured(lambda: _insert(connection, dealt, len(found["events"])))
    return {**result, "bytes": file_size(task["path"])}


@contextmanager
def record_singles(task: Task) -> Iterator[Callable[[int], object]]:
    """Yield a function that inserts the rows of a registry for event number n."""
    with closing(connect(task["path"])) as connection, closing(connect(task["model"])) as model:
        after = connection.execute("SELECT max(position) FROM events").fetchone()[0]
        before, found = rows(connection), rows(model, after)
        for name in ("sources", "held_tallies"):
            known = set(before[name])
            found[name] = [row for row in found[name] if row not in known]
        dealt = batches(model, found, 1, after)
        yield lambda number: _insert(connection, dealt[number : number + 1], 1)


def _insert(connection: sqlite3.Connection, dealt: Sequence[Sequence[tuple[str, Any]]], events: int) -> int:
    for batch in dealt:
        connection.execute("BEGIN IMMEDIATE")
        for insert, part in batch:
            connection.executemany(insert, part)
        connection.execute("COMMIT")
    return events


def rebuild(task: Task) -> Result:
    """Read and decode all events, and insert the rows of all views into empty tables, in one transaction."""
    with closing(connect(task["model"])) as model:
        statements, found = schema(model), rows(model)
        dealt = batches(model, {name: part for name, part in found.items() if name not in LOG} | _log(found), BATCH)
    with closing(connect(task["path"])) as connection:
        for table, statement in statements:
            if table in LOG:
                connection.execute(statement)
        for batch in batches(connection, {name: found[name] for name in LOG}, BATCH):
            for insert, part in batch:
                connection.executemany(insert, part)

        def work() -> int:
            connection.execute("BEGIN IMMEDIATE")
            for table, statement in statements:
                if table not in LOG:
                    connection.execute(statement)
            number = 0
            scan = connection.execute("SELECT type, data FROM events ORDER BY position")
            for batch in dealt:
                for _, data in scan.fetchmany(BATCH):
                    orjson.loads(data)
                    number += 1
                for insert, part in batch:
                    if not insert.startswith("INSERT INTO events"):
                        connection.executemany(insert, part)
            connection.execute("COMMIT")
            return number

        return measured(work)


def _log(found: Rows) -> Rows:
    return {"events": found["events"]}  # batches() counts them


def replay(task: Task) -> Result:
    """Fast JSON and cattrs into the library's own classes, over a bare SELECT of all that is in the log."""
    converter = make_converter(detailed_validation=False)
    converter.register_structure_hook(PartialDate, lambda text, _: PartialDate.of(text))
    return _replay(task, converter, {STORED[cls][0]: cls for cls in shape.RECORDED}, "type, data, *")


def replay_unchecked(task: Task) -> Result:
    """Words and data alone, into twins of those classes that check nothing and leave dates as they are written."""
    twins = {STORED[cls][0]: _twin(cls) for cls in shape.RECORDED}
    return _replay(task, make_converter(detailed_validation=False), twins, "type, data")


def _replay(task: Task, converter: Any, classes: Mapping[str, Any], columns: str) -> Result:
    structure = {word: converter.get_structure_hook(cls) for word, cls in classes.items()}

    def work() -> int:
        number = 0
        for word, data, *_ in connection.execute(f"SELECT {columns} FROM events ORDER BY position"):
            structure[word](orjson.loads(data), classes[word])
            number += 1
        return number

    with closing(connect(task["path"])) as connection:
        return measured(work)


def _twin(cls: type[Any]) -> type[Any]:
    fields = {}
    for field in attrs.fields(cls):
        kind = tuple[str, ...] if str(field.type).startswith("tuple") else Any
        fields[field.name] = attrs.field(default=field.default, type=kind)
    return attrs.make_class(cls.__name__, fields, frozen=True, slots=True, kw_only=True)


def verify_chain(task: Task) -> Result:
    """Read all columns and compute one hash of each event."""

    def work() -> int:
        number = 0
        select = (
            "SELECT e.position, e.id, e.subject, e.version, e.type, e.schema, e.data, s.data, e.by, e.recorded_at,"
            " e.hash FROM events e LEFT JOIN sources s ON s.id = e.source ORDER BY e.position"
        )
        for _, id_, subject, _, type_, _, data, source, by, recorded_at, last in connection.execute(select):
            sha256(last + f"{id_}{subject}{type_}{data}{source}{by}{recorded_at}".encode()).digest()
            number += 1
        return number

    with closing(connect(task["path"])) as connection:
        return measured(work)


def opening(task: Task) -> Result:
    """Open an existing file, read one row, and close it."""

    def work() -> None:
        with closing(connect(task["path"])) as connection:
            connection.execute("SELECT position FROM events ORDER BY position DESC LIMIT 1").fetchone()

    return repeated(work, 30)
