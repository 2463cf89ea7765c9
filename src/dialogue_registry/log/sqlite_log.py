"""The log kept in the tables ``events`` and ``sources`` of a SQLite connection."""

import re
import sqlite3
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import lru_cache
from hashlib import sha256
from typing import Any

import orjson

from dialogue_registry.errors import CodecError, WrongPositionError
from dialogue_registry.log.codec import STANDARD_CODEC, VERIFY, Codec
from dialogue_registry.log.entry import EMPTY, PAGE, Entry, Head, position_of

APPLICATION_ID = 0x44695265
"""The mark of a registry file (``PRAGMA application_id``)."""
SCHEMA = 2
"""The version of the log's tables (``PRAGMA user_version``)."""
_MOST_PARAMETERS = 1000
"""Of one statement; SQLite takes more, and each number of them is a statement of its own."""
LOG_TABLES = ("events", "sources", "editions")
"""The tables of the log."""
_APPEND_ONLY = "the log is append-only: record a correction or a retraction instead"
_LOG_TABLES = f"""
CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    data TEXT NOT NULL,
    title TEXT GENERATED ALWAYS AS (json_extract(data, '$.title')) VIRTUAL,
    url TEXT GENERATED ALWAYS AS (json_extract(data, '$.url')) VIRTUAL
) STRICT;
CREATE TABLE editions (
    id INTEGER PRIMARY KEY,
    data TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    subject TEXT NOT NULL,
    version INTEGER NOT NULL,
    type TEXT NOT NULL,
    schema INTEGER NOT NULL,
    data TEXT NOT NULL,
    source INTEGER REFERENCES sources(id),
    citation TEXT,
    edition INTEGER REFERENCES editions(id),
    by TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    salt BLOB NOT NULL,
    hash BLOB NOT NULL,
    UNIQUE (subject, version)
) STRICT;
CREATE TRIGGER events_keep_rows BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, '{_APPEND_ONLY}'); END;
CREATE TRIGGER events_keep_values BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, '{_APPEND_ONLY}'); END;
CREATE TRIGGER sources_keep_rows BEFORE DELETE ON sources BEGIN SELECT RAISE(ABORT, '{_APPEND_ONLY}'); END;
CREATE TRIGGER sources_keep_values BEFORE UPDATE ON sources BEGIN SELECT RAISE(ABORT, '{_APPEND_ONLY}'); END;
CREATE TRIGGER editions_keep_rows BEFORE DELETE ON editions BEGIN SELECT RAISE(ABORT, '{_APPEND_ONLY}'); END;
CREATE TRIGGER editions_keep_values BEFORE UPDATE ON editions BEGIN SELECT RAISE(ABORT, '{_APPEND_ONLY}'); END;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA};
"""

_ENTRY = (
    "SELECT e.position, e.id, e.subject, e.version, e.type, e.schema, e.data, s.data, e.citation, d.data, e.by,"
    " e.recorded_at, e.salt, e.hash"
    " FROM events e LEFT JOIN sources s ON s.id = e.source LEFT JOIN editions d ON d.id = e.edition"
)


def _insert(*columns: str) -> str:
    return f"INSERT INTO events ({', '.join(columns)}) VALUES ({', '.join('?' for _ in columns)})"


_PLAIN_COLUMNS = (
    "position", "id", "subject", "version", "type", "schema", "data", "source", "by", "recorded_at", "salt", "hash",
)  # fmt: skip
_INSERT = _insert(*_PLAIN_COLUMNS)
_INSERT_CITED = _insert(*_PLAIN_COLUMNS, "citation", "edition")


class SQLiteLog:
    """A log in the tables ``events``, ``sources`` and ``editions`` of a SQLite connection."""

    def __init__(self, connection: sqlite3.Connection, codec: Codec = STANDARD_CODEC) -> None:
        self._connection = connection
        self._unreadable: dict[int, str] = {}
        self.codec = codec.for_log(self._unreadable)
        self.recall_unreadable()

    def head(self) -> Head:
        """Return where the log ends."""
        row = self._connection.execute(
            "SELECT position, hash, recorded_at FROM events ORDER BY position DESC LIMIT 1"
        ).fetchone()
        return EMPTY if row is None else Head(*row)

    def position(self) -> int:
        """Return the position of the last entry, 0 where there is none."""
        (position,) = self._connection.execute("SELECT max(position) FROM events").fetchone()
        return position or 0

    def append(self, entries: Sequence[Entry], *, expected: int) -> None:
        """Append within the open transaction; raises WrongPositionError."""
        if (actual := self.head().position) != expected:
            raise WrongPositionError(expected=expected, actual=actual)
        self.extend(entries)

    def extend(self, entries: Sequence[Entry], sources: Mapping[str | None, int] | None = None) -> None:
        """Append entries that were sealed within the open transaction to follow the head, which is not read again.

        ``sources`` has the numbers of their sources, where these were asked for already.
        """
        # The driver seeks an adapter for every value that is no int, float, str or bytearray, which takes as long as
        # storing it: so hashes are passed as bytearrays, here and wherever many rows are written.
        if sources is None:
            sources = self.number_sources([entry.source for entry in entries])
        rows: list[tuple[Any, ...]] = [
            (*entry[:7], sources[entry.source] or None, *entry[10:12], bytearray(entry.salt), bytearray(entry.hash))
            for entry in entries
        ]
        insert = _INSERT
        if any(entry.citation or entry.edition for entry in entries):  # for None an adapter is sought, too
            insert = _INSERT_CITED
            editions = {edition: self._number_edition(edition) for edition in {entry.edition for entry in entries}}
            rows = [(*row, entry.citation, editions[entry.edition]) for row, entry in zip(rows, entries, strict=True)]
        self._connection.executemany(insert, rows)

    def number_source(self, source: str | None) -> int:
        """Return the number of a source, which is stored where it is new; 0 for none."""
        return self.number_sources([source])[source]

    def number_sources(self, sources: Iterable[str | None]) -> dict[str | None, int]:
        """Return the numbers of sources, which are stored where they are new; 0 for none."""
        numbers: dict[str | None, int] = dict.fromkeys(sources, 0)
        new = {sha256(source.encode()).digest(): source for source in numbers if source is not None}
        digests = list(new)
        for start in range(0, len(digests), _MOST_PARAMETERS):
            part = digests[start : start + _MOST_PARAMETERS]
            find = f"SELECT digest, id FROM sources WHERE digest IN ({', '.join('?' * len(part))})"
            for digest, number in self._connection.execute(find, part):
                numbers[new.pop(digest)] = number
        for digest, source in new.items():
            numbers[source] = self._insert_source(digest, source)
        return numbers

    def _insert_source(self, digest: bytes, source: str) -> int:
        insert = "INSERT INTO sources (digest, data) VALUES (?, ?) RETURNING id"
        return int(self._connection.execute(insert, (digest, source)).fetchone()[0])

    def _number_edition(self, edition: str | None) -> int | None:
        if edition is None:
            return None
        row = self._connection.execute("SELECT id FROM editions WHERE data = ?", (edition,)).fetchone()
        if row is not None:
            return int(row[0])
        insert = "INSERT INTO editions (data) VALUES (?) RETURNING id"
        return int(self._connection.execute(insert, (edition,)).fetchone()[0])

    def source_number(self, position: int) -> int:
        """Return the number of the source of the event at a position; 0 for none."""
        return int(self._one("SELECT source FROM events WHERE position = ?", position, "event")[0] or 0)

    def source_text(self, number: int) -> str:
        """Return a source as stored, by its number."""
        return str(self._one("SELECT data FROM sources WHERE id = ?", number, "source")[0])

    def read(self, after: int = 0, *, limit: int = PAGE) -> list[Entry]:
        """Return at most ``limit`` entries after a position, in order."""
        return list(map(Entry._make, self.rows(after, limit=limit)))

    def rows(self, after: int = 0, *, limit: int = PAGE) -> list[Entry]:
        """Return the same as plain tuples, which is faster, for callers that unpack them."""
        rows = self._connection.execute(f"{_ENTRY} WHERE e.position > ? ORDER BY e.position LIMIT ?", (after, limit))
        return rows.fetchall()

    def end_of_page(self, after: int, *, limit: int = PAGE) -> int:
        """Return the last position of at most ``limit`` entries after a position; 0 where none comes after it."""
        page = "SELECT position FROM events WHERE position > ? ORDER BY position LIMIT ?"
        (end,) = self._connection.execute(f"SELECT max(position) FROM ({page})", (after, limit)).fetchone()
        return end or 0

    def words(self, after: int, until: int) -> list[str]:
        """Return the words under which the entries with after < position ≤ until are stored."""
        distinct = "SELECT DISTINCT type FROM events WHERE position > ? AND position <= ? ORDER BY 1"
        return [word for (word,) in self._connection.execute(distinct, (after, until)).fetchall()]

    def events(
        self,
        after: int = 0,
        *,
        until: int = sys.maxsize,
        types: Collection[str] = (),
        without: Collection[tuple[str, int]] = (),
        limit: int = PAGE,
    ) -> list[tuple[int, Any, int]]:
        """Return position, event and number of the source of at most ``limit`` entries, in order.

        They are those with after < position ≤ until. With ``types``, only those stored under
        these words; none of those stored under a word and a schema version in ``without``.
        """
        of_types = f" AND type IN ({', '.join('?' * len(types))})" if types else ""
        rows = self._connection.execute(
            "SELECT position, type, schema, data, coalesce(source, 0) FROM events"
            f" WHERE position > ? AND position <= ?{of_types}{' AND (type, schema) <> (?, ?)' * len(without)}"
            " ORDER BY position LIMIT ?",
            (after, until, *types, *(value for pair in without for value in pair), limit),
        )
        decode = self.codec.decode
        return [
            (position, decode(word, schema, data, position), source) for position, word, schema, data, source in rows
        ]

    def of_subject(
        self,
        subject: str,
        *,
        after: int = 0,
        until: int = sys.maxsize,
        version: int = 0,
        types: Collection[str] = (),
        limit: int = PAGE,
    ) -> list[Entry]:
        """Return at most ``limit`` entries of one subject, after < position ≤ until and after a version, in order.

        With ``types``, only the entries stored under these words.
        """
        of_types = f" AND e.type IN ({', '.join('?' * len(types))})" if types else ""
        rows = self._connection.execute(
            f"{_ENTRY} WHERE e.subject = ? AND e.version > ? AND e.position > ? AND e.position <= ?{of_types}"
            " ORDER BY e.version LIMIT ?",
            (subject, version, after, until, *types, limit),
        )
        return list(map(Entry._make, rows))

    def at(self, position: int) -> Entry:
        """Return the entry at a position that the log has."""
        return Entry._make(self._one(f"{_ENTRY} WHERE e.position = ?", position, "event"))

    def _one(self, query: str, number: int, name: str) -> tuple[Any, ...]:
        """Return the row of a number that the log has; raises CodecError where it is missing all the same."""
        row: tuple[Any, ...] | None = self._connection.execute(query, (number,)).fetchone()
        if row is None:
            raise CodecError(f"{name} {number} is missing from the log; {VERIFY}")
        return row

    def several(self, positions: Sequence[int]) -> dict[int, Entry]:
        """Return the entries at some positions, by their positions."""
        rows = self._connection.execute(
            f"{_ENTRY} WHERE e.position IN (SELECT value FROM json_each(?))", (f"[{','.join(map(str, positions))}]",)
        )
        return {row[0]: Entry._make(row) for row in rows}

    def find(self, event_id: str) -> Entry | None:
        """Return the entry with that event id, if there is one."""
        if (position := position_of(event_id)) is None:
            return None
        row = self._connection.execute(f"{_ENTRY} WHERE e.position = ?", (position,)).fetchone()
        return Entry._make(row) if row is not None and row[1] == event_id else None

    # --- what is no event ----------------------------------------------------------------

    def recall_unreadable(self) -> None:
        """Read again which events are none, as another program may have found one."""
        there = "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = 'unreadable'"
        if self._connection.execute(there).fetchone() is not None:
            self._unreadable.update(self._connection.execute("SELECT position, reason FROM main.unreadable").fetchall())

    def note_unreadable(self, position: int, reason: str) -> None:
        """Note within the open transaction that no fact can be made of the event at a position."""
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS unreadable (position INTEGER PRIMARY KEY, reason TEXT NOT NULL)"
        )
        self._connection.execute("INSERT OR REPLACE INTO unreadable VALUES (?, ?)", (position, reason))
        self._unreadable[position] = reason

    def versions(self, subjects: Iterable[str]) -> dict[str, int]:
        """Return the last version of each of these subjects that has events."""
        rows = self._connection.execute(
            "SELECT value, (SELECT max(version) FROM events WHERE subject = value) FROM json_each(?)",
            (orjson.dumps(list(subjects)).decode(),),
        )
        return {subject: version for subject, version in rows.fetchall() if version is not None}


def create_log(connection: sqlite3.Connection) -> None:
    """Create the log's tables, within the open transaction."""
    for statement in _statements(_LOG_TABLES):
        connection.execute(statement)


def changed_object(connection: sqlite3.Connection, *, read_only: bool) -> str:
    """Return what is missing, changed or foreign among the objects of the log, "" where all is as it was made.

    Only the schema is read. A view that never ends, or a trigger that undoes what is recorded,
    must be found before anything is asked or written. Who only reads runs no trigger and keeps
    no index, so these do not matter then.
    """
    found = {name: (kind, table, sql) for kind, name, table, sql in connection.execute(_SCHEMA)}
    objects = _objects()
    for name, wanted in objects.items():
        if found.get(name) != wanted and not (read_only and wanted[0] != "table"):
            return f"{wanted[0]} {name!r}"
    for name, (kind, table, sql) in found.items():
        if table in LOG_TABLES and name not in objects and not read_only:
            return f"{kind} {name!r}"
        if name in _PLAIN_TABLES and (kind != "table" or not re.fullmatch(_PLAIN, sql, re.DOTALL | re.IGNORECASE)):
            return f"{kind} {name!r}"
    return ""


_SCHEMA = "SELECT type, name, tbl_name, sql FROM main.sqlite_schema"
_PLAIN_TABLES = ("projections", "replica", "unreadable")
"""The tables beside the log that are read whenever a file is opened."""
_PLAIN = r"CREATE TABLE (?!.*\b(GENERATED|AS)\b).*"


@lru_cache(maxsize=1)
def _objects() -> dict[str, tuple[str, str, str | None]]:
    """Return the kind, the table and the definition of each object of a new log."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        create_log(connection)
        return {name: (kind, table, sql) for kind, name, table, sql in connection.execute(_SCHEMA)}


def _statements(script: str) -> Iterator[str]:
    # executescript() would commit the open transaction.
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
