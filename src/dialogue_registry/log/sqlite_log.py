"""The log kept in the tables ``events`` and ``sources`` of a SQLite connection."""

import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence

from dialogue_registry.errors import WrongPositionError
from dialogue_registry.log.codec import decode
from dialogue_registry.log.entry import EMPTY, PAGE, Entry, Head
from dialogue_registry.log.sqlite_file import APPLICATION_ID, SCHEMA
from dialogue_registry.model.events import Event

_APPEND_ONLY = "the log is append-only: record a correction or a retraction instead"
_LOG_TABLES = f"""
CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    data TEXT NOT NULL UNIQUE,
    title TEXT GENERATED ALWAYS AS (json_extract(data, '$.title')) VIRTUAL,
    url TEXT GENERATED ALWAYS AS (json_extract(data, '$.url')) VIRTUAL
) STRICT;
CREATE TABLE events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    subject TEXT NOT NULL,
    version INTEGER NOT NULL,
    type TEXT NOT NULL,
    schema INTEGER NOT NULL,
    data TEXT NOT NULL,
    source INTEGER REFERENCES sources(id),
    by TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    hash BLOB NOT NULL,
    UNIQUE (subject, version)
) STRICT;
CREATE TRIGGER events_keep_rows BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, '{_APPEND_ONLY}'); END;
CREATE TRIGGER events_keep_values BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, '{_APPEND_ONLY}'); END;
CREATE TRIGGER sources_keep_rows BEFORE DELETE ON sources BEGIN SELECT RAISE(ABORT, '{_APPEND_ONLY}'); END;
CREATE TRIGGER sources_keep_values BEFORE UPDATE ON sources BEGIN SELECT RAISE(ABORT, '{_APPEND_ONLY}'); END;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA};
"""

_ENTRY = (
    "SELECT e.position, e.id, e.subject, e.version, e.type, e.schema, e.data, s.data, e.by, e.recorded_at, e.hash"
    " FROM events e LEFT JOIN sources s ON s.id = e.source"
)


class SQLiteLog:
    """A log in the tables ``events`` and ``sources`` of a SQLite connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def head(self) -> Head:
        """Return where the log ends."""
        row = self._connection.execute(
            "SELECT position, hash, recorded_at FROM events ORDER BY position DESC LIMIT 1"
        ).fetchone()
        return EMPTY if row is None else Head(*row)

    def append(self, entries: Sequence[Entry], *, expected: int) -> None:
        """Append within the open transaction; raises WrongPositionError."""
        if (actual := self.head().position) != expected:
            raise WrongPositionError(expected=expected, actual=actual)
        self.extend(entries)

    def extend(self, entries: Sequence[Entry]) -> None:
        """Append entries that were sealed within the open transaction to follow the head, which is not read again."""
        # The driver seeks an adapter for every value that is no int, float, str or bytearray, which takes as long as
        # storing it: so hashes are passed as bytearrays, here and wherever many rows are written.
        source_ids = {source: self._source_id(source) for source in dict.fromkeys(entry.source for entry in entries)}
        self._connection.executemany(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(*entry[:7], source_ids[entry.source], *entry[8:10], bytearray(entry.hash)) for entry in entries],
        )

    def _source_id(self, source: str | None) -> int | None:
        if source is None:
            return None
        row = self._connection.execute("SELECT id FROM sources WHERE data = ?", (source,)).fetchone()
        if row is not None:
            return int(row[0])
        return self._connection.execute("INSERT INTO sources (data) VALUES (?)", (source,)).lastrowid

    def read(self, after: int = 0, *, limit: int = PAGE) -> list[Entry]:
        """Return at most ``limit`` entries after a position, in order."""
        return list(map(Entry._make, self.rows(after, limit=limit)))

    def rows(self, after: int = 0, *, limit: int = PAGE) -> list[Entry]:
        """Return the same as plain tuples, which is faster, for callers that unpack them."""
        rows = self._connection.execute(f"{_ENTRY} WHERE e.position > ? ORDER BY e.position LIMIT ?", (after, limit))
        return rows.fetchall()

    def events(self, after: int = 0, *, limit: int = PAGE) -> list[tuple[int, Event]]:
        """Return the positions and the events of at most ``limit`` entries after a position, in order."""
        rows = self._connection.execute(
            "SELECT position, type, schema, data FROM events WHERE position > ? ORDER BY position LIMIT ?",
            (after, limit),
        )
        return [(position, decode(type_, schema, data, position)) for position, type_, schema, data in rows]

    def of_subject(
        self, subject: str, *, after: int = 0, until: int = sys.maxsize, version: int = 0, limit: int = PAGE
    ) -> list[Entry]:
        """Return at most ``limit`` entries of one subject, after < position ≤ until and after a version, in order."""
        rows = self._connection.execute(
            f"{_ENTRY} WHERE e.subject = ? AND e.version > ? AND e.position > ? AND e.position <= ?"
            " ORDER BY e.version LIMIT ?",
            (subject, version, after, until, limit),
        )
        return list(map(Entry._make, rows))

    def at(self, position: int) -> Entry:
        """Return the entry at a position that the log has."""
        return Entry._make(self._connection.execute(f"{_ENTRY} WHERE e.position = ?", (position,)).fetchone())

    def find(self, event_id: str) -> Entry | None:
        """Return the entry with that event id, if there is one."""
        row = self._connection.execute(f"{_ENTRY} WHERE e.id = ?", (event_id,)).fetchone()
        return None if row is None else Entry._make(row)

    def versions(self, subjects: Iterable[str]) -> dict[str, int]:
        """Return the last version of each of these subjects that has events."""
        find, found = "SELECT max(version) FROM events WHERE subject = ?", {}
        for subject in subjects:
            (version,) = self._connection.execute(find, (subject,)).fetchone()
            if version is not None:
                found[subject] = version
        return found


def create_log(connection: sqlite3.Connection) -> None:
    """Create the log's tables, within the open transaction."""
    for statement in _statements(_LOG_TABLES):
        connection.execute(statement)


def _statements(script: str) -> Iterator[str]:
    # executescript() would commit the open transaction.
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
