"""Law 10: any single change to the stored log is found by ``verify``, which names the first bad position."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import attrs
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from dialogue_registry import BrokenChainError, Registry, VerificationError
from dialogue_registry.log import sqlite_log
from dialogue_registry.log.entry import Entry
from dialogue_registry.testing import History, histories, play

often = settings(max_examples=2 * settings().max_examples)

COLUMNS = [field for field in Entry._fields if field != "source"]


def unlocked(registry: Registry) -> sqlite3.Connection:
    """Return the registry's own connection, with nothing left that protects the log until it is locked again."""
    connection = registry._session.connection
    connection.execute("PRAGMA foreign_keys = OFF")
    for name in names_of(connection, "trigger"):
        connection.execute(f"DROP TRIGGER {name}")
    return connection


def lock_again(connection: sqlite3.Connection) -> None:
    """Put the triggers of the log back: one who changes it would."""
    there = names_of(connection, "trigger")
    for name, (kind, _, sql) in sqlite_log._objects().items():
        if kind == "trigger" and name not in there:
            connection.execute(str(sql))


def names_of(connection: sqlite3.Connection, kind: str) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = ?", (kind,))
    return [name for (name,) in rows.fetchall()]


@st.composite
def changed(draw: st.DrawFn, value: Any) -> Any:
    """Another value of the same kind: one byte is another, or one bit of a number."""
    match value:
        case int():
            return value ^ (1 << draw(st.integers(0, 40)))
        case str() | bytes():
            raw = bytearray(value if isinstance(value, bytes) else value.encode())
            if not raw:
                return "x"
            raw[draw(st.integers(0, len(raw) - 1))] ^= draw(st.integers(1, 255))
            return bytes(raw) if isinstance(value, bytes) else Text(bytes(raw))
    return 1


@attrs.frozen
class Text:
    """Bytes to be stored as text, well formed or not."""

    raw: bytes


def put(connection: sqlite3.Connection, table: str, key: str, row: int, column: str, value: object) -> None:
    place, content = ("CAST(? AS TEXT)", value.raw) if isinstance(value, Text) else ("?", value)
    try:
        connection.execute(f"UPDATE {table} SET {column} = {place} WHERE {key} = ?", (content, row))
    except sqlite3.IntegrityError:
        reject()  # not even SQLite stores that


def found_at(registry: Registry, **how: Any) -> int:
    lock_again(registry._session.connection)
    with pytest.raises(BrokenChainError) as found:
        registry.verify(views=False, **how)
    return found.value.position


@contextmanager
def a_log(moves: History) -> Iterator[tuple[Registry, sqlite3.Connection]]:
    with Registry.open() as registry:
        play(registry, moves)
        yield registry, unlocked(registry)


long_enough = histories(min_moves=6)


@often
@given(moves=long_enough, data=st.data())
def test_an_edited_event_is_found_where_it_stands(moves: History, data: st.DataObject) -> None:
    with a_log(moves) as (registry, connection):
        position = data.draw(st.integers(1, registry.position))
        column = data.draw(st.sampled_from([*COLUMNS, "source"]))
        value = connection.execute(f"SELECT {column} FROM events WHERE position = ?", (position,)).fetchone()[0]
        put(connection, "events", "position", position, column, data.draw(changed(value)))
        where = found_at(registry)
        assert where <= position if column == "position" else where == position


@given(moves=long_enough, data=st.data())
def test_an_edited_source_is_found_where_it_is_first_given(moves: History, data: st.DataObject) -> None:
    with a_log(moves) as (registry, connection):
        given_at = connection.execute(
            "SELECT s.id, s.data, min(e.position) FROM sources s JOIN events e ON e.source = s.id GROUP BY 1"
        ).fetchall()
        if not given_at:
            reject()
        id_, text, position = data.draw(st.sampled_from(given_at))
        for name in names_of(connection, "view"):
            connection.execute(f"DROP VIEW {name}")
        for made_of_data in ("title", "url"):  # they demand that it be JSON
            connection.execute(f"ALTER TABLE sources DROP COLUMN {made_of_data}")
        column = data.draw(st.sampled_from(["id", "data"]))
        put(connection, "sources", "id", id_, column, data.draw(changed(id_ if column == "id" else text)))
        assert found_at(registry) == position


@given(moves=long_enough, data=st.data())
def test_a_swapped_pair_is_found(moves: History, data: st.DataObject) -> None:
    with a_log(moves) as (registry, connection):
        one = data.draw(st.integers(1, registry.position - 1))
        other = data.draw(st.integers(one + 1, registry.position))
        for before, after in ((one, -1), (other, one), (-1, other)):
            connection.execute("UPDATE events SET position = ? WHERE position = ?", (after, before))
        assert found_at(registry) == one


@given(moves=long_enough, data=st.data())
def test_a_deleted_event_is_found(moves: History, data: st.DataObject) -> None:
    with a_log(moves) as (registry, connection):
        position = data.draw(st.integers(1, registry.position))
        connection.execute("DELETE FROM events WHERE position = ?", (position,))
        assert found_at(registry) == position


@given(moves=long_enough, data=st.data())
def test_a_cut_tail_is_found_by_the_head_kept_elsewhere(moves: History, data: st.DataObject) -> None:
    with a_log(moves) as (registry, connection):
        lock_again(connection)
        head = registry.verify()
        unlocked(registry)
        last = data.draw(st.integers(0, registry.position - 1))
        connection.execute("DELETE FROM events WHERE position > ?", (last,))
        assert found_at(registry) == last + 1  # the views were made of more
        connection.execute("UPDATE projections SET position = ?", (last,))
        for name in ("sources_keep_rows", "editions_keep_rows"):
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DELETE FROM sources WHERE id NOT IN (SELECT source FROM events WHERE source IS NOT NULL)")
        lock_again(connection)
        registry.verify(views=False)  # the chain alone does not show it
        assert found_at(registry, head=head) == last + 1
        with pytest.raises(VerificationError):
            registry.verify()  # the views can


@given(moves=long_enough, others=long_enough)
def test_another_log_is_not_taken_for_the_one_whose_head_was_kept(moves: History, others: History) -> None:
    with Registry.open() as one, Registry.open() as other:
        play(one, moves)
        play(other, others)
        with pytest.raises(BrokenChainError):
            other.verify(head=one.verify(views=False), views=False)
