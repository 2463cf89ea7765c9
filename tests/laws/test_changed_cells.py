"""Law 10, of the whole file: a cell of any table that is given another value is found by ``verify``.

Each cell of each table of a registry with all sorts of facts, amendments and an index of
words is given one of ten values. What is not found is named here, with why it does no harm.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue_registry import (
    Citation,
    DelegateAbsent,
    DelegateAttended,
    DialogueLaunched,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    Registry,
    SeriesOpened,
    Source,
    StorageError,
    TopicDiscussed,
    VerificationError,
)
from dialogue_registry.log import sqlite_log

TEN = (None, 0, 1, -1, 2**40, 1.5, "", "x", b"", bytes(16))

HARMLESS = {
    ("projections", "version"): "a projection of another version is made again when the file is opened",
    ("projections", "parts"): "the names of what a later version drops; it drops nothing that it did not make",
    ("search_index_data", "block"): "a page of FTS5's own tree, which the connection may have read before",
    ("search_index_data", "id"): "likewise",
    ("search_index_idx", "segid"): "where the pages of that tree begin: here there is one, which is where it starts",
    ("search_index_idx", "term"): "likewise; of several pages, see below",
    ("search_index_idx", "pgno"): "likewise",
}
"""Cells beside the log and the views, as is the checkpoint of the search index:
they say only what has to be made again, or where words are looked up."""


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    """A registry with something in every table that it has."""
    with Registry.open() as registry:
        first, second = Source("a list", url="https://example.org/1"), Source("another list")
        registry.record(
            DialogueLaunched(dialogue="d", name="Dialogue", launched="2004"),
            SeriesOpened(series="d/s", dialogue="d", name="Series"),
            MeetingHeld(meeting="d/s/1", series="d/s", date="2020-01-02", ordinal=1),
            MeetingAnnounced(meeting="d/s/2", series="d/s", date="2021"),
            MeetingCancelled(meeting="d/s/2", reason="storm"),
            TopicDiscussed(meeting="d/s/1", topic="water"),
            source=first,
            cite=Citation(locator="p. 1", table="a table", edition="1f"),
        )
        names = [DelegateAttended(meeting="d/s/1", party="JPN", name=f"Person  {number}") for number in range(3)]
        recorded = registry.record(*names, DelegateAbsent(meeting="d/s/1", party="KAZ", excused=True), source=first)
        registry.record(*names, source=second)
        registry.retract(recorded[0].id, reason="not there")
        registry.correct(recorded[3].id, DelegateAbsent(meeting="d/s/1", party="KAZ"), reason="not excused")
        registry.dispute(recorded[1].id, DelegateAttended(meeting="d/s/1", party="JPN", name="Nobody"), source=second)
        registry.search("water")
        yield registry


def cells(connection: sqlite3.Connection) -> list[tuple[str, str, tuple[str, ...], tuple[Any, ...]]]:
    """Return each cell as its table, its column, and the columns and values that name its row."""
    found = []
    names = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'search_index'"
    )
    for (table,) in names.fetchall():
        info = connection.execute(f"PRAGMA table_info({table})").fetchall()
        key = tuple(name for _, name, *_, place in info if place) or ("rowid",)
        for row in connection.execute(f"SELECT {', '.join(key)} FROM {table} ORDER BY 1").fetchall():
            found += [(table, name, key, row) for _, name, *_ in info]
    return found


def is_found(registry: Registry, cell: tuple[str, str, tuple[str, ...], tuple[Any, ...]], value: object) -> bool:
    """Return whether ``verify`` finds a cell that is changed to a value, and put it back."""
    table, column, key, row = cell
    connection = registry._session.connection
    connection.execute("PRAGMA foreign_keys = OFF")
    backup = sqlite3.connect(":memory:")
    connection.backup(backup)
    try:
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            if name in sqlite_log._objects():
                connection.execute(f"DROP TRIGGER {name}")
        where = " AND ".join(f'"{name}" IS ?' for name in key)
        old = connection.execute(f'SELECT "{column}" FROM {table} WHERE {where}', row).fetchone()[0]
        try:
            connection.execute(f'UPDATE {table} SET "{column}" = ? WHERE {where}', (value, *row))
        except sqlite3.Error:
            return True  # not even SQLite stores that
        now = connection.execute(f'SELECT count(*) FROM {table} WHERE "{column}" IS ?', (old,)).fetchone()[0]
        for kind, _, sql in sqlite_log._objects().values():
            if kind == "trigger":
                connection.execute(str(sql))
        if type(old) is type(value) and old == value and now:
            return True  # it was that value before
        with suppress(VerificationError, StorageError):
            registry.verify()
            return False
        return True
    finally:
        backup.backup(connection)
        backup.close()


@settings(max_examples=3 * settings().max_examples)
@given(data=st.data())
def test_a_changed_cell_is_found(registry: Registry, data: st.DataObject) -> None:
    every = [
        cell
        for cell in cells(registry._session.connection)
        if cell[:2] not in HARMLESS and (cell[0], cell[3]) != ("projections", ("search",))
    ]
    tables = sorted({cell[0] for cell in every})
    table = data.draw(st.sampled_from(tables))
    cell = data.draw(st.sampled_from([cell for cell in every if cell[0] == table]))
    assert is_found(registry, cell, data.draw(st.sampled_from(TEN)))


def test_what_is_as_it_was_is_not_found(registry: Registry) -> None:
    registry.verify()


@pytest.fixture(scope="module")
def words() -> Iterator[Registry]:
    """A registry whose index of words has several pages."""
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="Dialogue", launched="2004"),
            SeriesOpened(series="d/s", dialogue="d", name="Series"),
            MeetingHeld(meeting="d/s/1", series="d/s", date="2020-01-02"),
        )
        registry.record_all(
            DelegateAttended(meeting="d/s/1", party="JPN", name=f"{number:x}{'bc' * 50} Delegate")
            for number in range(16, 256)
        )
        registry.search("Delegate")
        yield registry


@settings(max_examples=max(1, settings().max_examples // 3))
@given(data=st.data())
def test_a_page_of_words_that_is_not_found_any_more_is_found(words: Registry, data: st.DataObject) -> None:
    every = [cell for cell in cells(words._session.connection) if cell[0] == "search_index_idx"]
    pages = sorted({cell[3] for cell in every})
    assert len(pages) > 3
    later = [cell for cell in every if cell[3] != pages[0]]  # a word to which no row leads is sought from the first on
    assert is_found(words, data.draw(st.sampled_from(later)), data.draw(st.sampled_from(TEN)))
