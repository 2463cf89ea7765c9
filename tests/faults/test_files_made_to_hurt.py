"""A file made to hurt is refused, or answers; it never hangs, and never raises what is not the library's own.

Each file is asked everything in a process of its own, which an alarm ends when it takes too long.
"""

import os
import random
import signal
import sqlite3
import traceback
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from dialogue_registry import (
    DelegateAttended,
    DialogueLaunched,
    DialogueRegistryError,
    MeetingHeld,
    NotARegistryError,
    OutdatedViewsError,
    PartyJoined,
    Registry,
    SeriesOpened,
    Source,
)
from tests.tried import TRIED

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="what hangs must be ended from outside")
SECONDS = 60
ENDLESS = "WITH RECURSIVE endless(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM endless)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "registry.db"
    source = Source("Release", url="https://example.org")
    with Registry.open(path) as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="Dialogue", launched="2004"),
            PartyJoined(dialogue="d", party="KAZ", name="Kazakhstan"),
            SeriesOpened(series="d/s", dialogue="d", name="Series"),
            *(MeetingHeld(meeting=f"d/s/{n}", series="d/s", date=f"20{n:02}") for n in range(1, 9)),
            *(DelegateAttended(meeting="d/s/1", name=f"Name {n}", party="KAZ") for n in range(9)),
            source=source,
        )
        registry.search("name")
    return path


CALLS: dict[str, Callable[[Registry], object]] = {
    "position": lambda registry: registry.position,
    "counts": lambda registry: registry.counts(),
    "meetings": lambda registry: registry.meetings(),
    "events": lambda registry: list(registry.events()),
    "history": lambda registry: registry.history("d/s/1"),
    "anomalies": lambda registry: registry.anomalies(),
    "search": lambda registry: registry.search("name"),
    "at": lambda registry: registry.at(2).dialogues(),
    "export": lambda registry: list(registry.export_events()),
    "verify": lambda registry: registry.verify(),
    "delegate": lambda registry: registry.delegate("Name 1"),
    "record": lambda registry: registry.record(PartyJoined(dialogue="d", party="UZB", name="Uzbekistan")),
    "retract": lambda registry: [registry.retract(event, reason="x") for event in list(registry.events())[4:5]],
    "rebuild": lambda registry: registry.rebuild(),
}


def ask_everything(path: Path) -> None:
    """Ask it, in a process of its own; fail where that hangs, dies, or raises what is not the library's own."""
    read_end, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.alarm(SECONDS)
        faults = []
        for read_only in (True, False):
            for name, call in CALLS.items():
                try:
                    with Registry.open(path, read_only=read_only) as registry:
                        call(registry)
                except DialogueRegistryError:
                    pass
                except BaseException:  # noqa: BLE001 - told to the test
                    faults.append(f"{name}, read_only={read_only}: {traceback.format_exc()}")
        os.write(tell, "\n".join(faults).encode()[:60_000])
        os._exit(0)
    os.close(tell)
    with os.fdopen(read_end, "rb") as answer:
        report = answer.read().decode()
    status = os.waitpid(pid, 0)[1]
    assert not os.WIFSIGNALED(status), f"ended by {signal.Signals(os.WTERMSIG(status)).name}"
    assert report == ""
    TRIED["questions to files made to hurt"] += 2 * len(CALLS)


def tamper(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            connection.execute(statement)


def redefine(name: str, kind: str, definition: str, root: int = 0) -> str:
    quoted = definition.replace("'", "''")
    return (
        f"UPDATE sqlite_schema SET type = '{kind}', tbl_name = '{name}', sql = '{quoted}'"
        f"{f', rootpage = {root}' if root >= 0 else ''} WHERE name = '{name}'"
    )


def _dropped(name: str) -> str:
    return f"DROP {'VIEW' if name == 'cumulative_counts' else 'TABLE'} {name}"


TABLES = {
    "events": ["position", "id", "subject", "version", "type", "schema", "data", "source", "by", "recorded_at", "hash"],
    "sources": ["id", "data", "title", "url"],
    "projections": ["name", "version", "position", "parts"],
    "meetings": ["meeting", "series", "status", "date"],
    "dialogues": ["fact", "dialogue", "name"],
    "attendance": ["fact", "meeting", "name"],
    "search_texts": ["fact", "text"],
    "cumulative_counts": ["series"],
}
"""Some tables and a view, with columns of theirs."""
_INSERT = "INSERT INTO events (position, id, subject, version, type, schema, data, source, by, recorded_at, salt, hash)"
_SOURCES = {"a number": "7", "a list": "[]", "made of numbers": '{"title":7}', "deep": "[" * 900 + "]" * 900}
TAMPERED: dict[str, tuple[str, ...]] = {
    **{
        f"{name} is a view that never ends": (
            _dropped(name),
            f"CREATE VIEW {name} AS {ENDLESS} SELECT {', '.join(f'n AS {column}' for column in columns)} FROM endless",
        )
        for name, columns in TABLES.items()
    },
    **{
        f"{name} is a virtual table": (
            _dropped(name),
            f"CREATE VIRTUAL TABLE {name} USING fts5({', '.join(columns)})",
        )
        for name, columns in TABLES.items()
    },
    **{
        f"{name} is defined otherwise": (redefine(name, "table", f"CREATE TABLE {name} ({', '.join(columns)})", -1),)
        for name, columns in TABLES.items()
    },
    "projections has a column that is worked out": (
        redefine(
            "projections",
            "table",
            "CREATE TABLE projections (name TEXT PRIMARY KEY, version INTEGER AS (length(hex(zeroblob(400000000)))), "
            "position INTEGER, parts TEXT) WITHOUT ROWID",
            -1,
        ),
    ),
    "events has a column that is worked out": (
        redefine("events", "table", "CREATE TABLE events (position INTEGER PRIMARY KEY, id TEXT AS (random()))", -1),
    ),
    "a module that is missing": (redefine("meetings", "table", "CREATE VIRTUAL TABLE meetings USING nothing(a)"),),
    "a trigger that never ends": (
        f"CREATE TRIGGER endless AFTER INSERT ON events BEGIN INSERT INTO sources (data) {ENDLESS} "
        "SELECT n FROM endless; END",
    ),
    "a trigger that undoes": (
        "CREATE TRIGGER undo AFTER INSERT ON events BEGIN UPDATE projections SET position = 0; END",
        "DROP TRIGGER events_keep_rows",
    ),
    "a trigger of ours that does nothing": (
        "DROP TRIGGER events_keep_rows",
        "CREATE TRIGGER events_keep_rows BEFORE DELETE ON events BEGIN SELECT 1; END",
    ),
    "a trigger on a view's table": (
        f"CREATE TRIGGER endless AFTER INSERT ON parties BEGIN INSERT INTO parties {ENDLESS} SELECT n FROM endless;"
        " END",
    ),
    "an index with work in it": ("CREATE INDEX work ON events (length(hex(zeroblob(90000000))))",),
    "a view of ours that never ends": (
        redefine("evidence", "view", f"CREATE VIEW evidence AS {ENDLESS} SELECT n AS fact FROM endless"),
    ),
    "a version of no kind": ("UPDATE projections SET version = -9223372036854775808",),
    "a position far ahead": ("UPDATE projections SET position = 9223372036854775807",),
    "a schema before the first": ("PRAGMA user_version = -5",),
    "a definition that is none": ("UPDATE sqlite_schema SET sql = 'CREATE' WHERE name = 'meetings'",),
    "a definition that is missing": ("UPDATE sqlite_schema SET sql = NULL WHERE name = 'meetings'",),
    "a very long definition": (redefine("meetings", "table", f"CREATE TABLE meetings (a, {'b' * 2_000_000})", -1),),
    "no triggers": ("DELETE FROM sqlite_schema WHERE type = 'trigger'",),
    "no indexes": ("DELETE FROM sqlite_schema WHERE type = 'index'",),
    "many views": ("BEGIN", *(f"CREATE VIEW view_{n} AS SELECT {n}" for n in range(3000)), "COMMIT"),
    "a replica that is a view": (f"CREATE VIEW replica AS {ENDLESS} SELECT n AS of_log FROM endless",),
    "a replica that is worked out": ("CREATE TABLE replica (a, of_log TEXT AS (hex(zeroblob(90000000))))",),
    "an event with an endless text": (
        f"{_INSERT} SELECT position + 1, id, subject, version + 1, type, schema, "
        "'{\"dialogue\":\"' || hex(zeroblob(60000000)) || '\"}', source, by, recorded_at, salt, hash FROM events "
        "ORDER BY position DESC LIMIT 1",
    ),
    "an event with deep data": (
        f"{_INSERT} SELECT position + 1, id, subject, version + 1, type, schema, "
        f"'{'[' * 100_000}', source, by, recorded_at, salt, hash FROM events ORDER BY position DESC LIMIT 1",
    ),
    **{
        f"a source that is {what}": (
            "PRAGMA ignore_check_constraints = ON",
            "DROP TRIGGER sources_keep_values",
            f"UPDATE sources SET data = '{data}'",
            "CREATE TRIGGER sources_keep_values BEFORE UPDATE ON sources BEGIN SELECT RAISE(ABORT, "
            "'the log is append-only: record a correction or a retraction instead'); END",
        )
        for what, data in _SOURCES.items()
    },
}  # fmt: skip


@pytest.mark.parametrize("tampering", TAMPERED)
def test_what_was_made_to_hurt_does_not(path: Path, tampering: str) -> None:
    tamper(path, *TAMPERED[tampering])
    ask_everything(path)


REFUSED = [f"{name} is {what}" for name in ("events", "sources", "projections")
           for what in ("a view that never ends", "a virtual table")]  # fmt: skip
REFUSED += ["a replica that is a view", "a replica that is worked out"]
NOT_WRITTEN_TO = ["a trigger that never ends", "a trigger that undoes", "an index with work in it"]
NOT_WRITTEN_TO += ["a trigger of ours that does nothing"]


@pytest.mark.parametrize("tampering", [*REFUSED, *NOT_WRITTEN_TO])
@pytest.mark.parametrize("read_only", [True, False])
def test_the_tables_of_the_log_are_refused_unless_they_are_ours(path: Path, tampering: str, *, read_only: bool) -> None:
    """What runs when something is written does not harm who only reads: so what the log holds can be exported."""
    tamper(path, *TAMPERED[tampering])
    if read_only and tampering in NOT_WRITTEN_TO:
        with Registry.open(path, read_only=True) as registry:
            assert len(list(registry.export_events())) == 20
    else:
        with pytest.raises(NotARegistryError, match="is not the one that this library makes: restore it"):
            Registry.open(path, read_only=read_only)


@pytest.mark.parametrize(
    "tampering",
    [
        *(f"{name} is {what}" for name in ("meetings", "dialogues", "search_texts", "cumulative_counts")
          for what in ("a view that never ends", "a virtual table")),
        "a trigger on a view's table", "a view of ours that never ends",
    ],
)  # fmt: skip
def test_the_tables_of_views_are_made_again_unless_they_are_ours(path: Path, tampering: str) -> None:
    with Registry.open(path) as registry:
        answers = [registry.meetings(), registry.dialogues(), registry.counts(), registry.search("name")]
    tamper(path, *TAMPERED[tampering])
    with pytest.raises(OutdatedViewsError):
        Registry.open(path, read_only=True)
    for _ in range(2):
        with Registry.open(path) as registry:
            assert [registry.meetings(), registry.dialogues(), registry.counts(), registry.search("name")] == answers
            registry.verify()


@pytest.mark.parametrize("parts", ["[" * 100_000, '{"a":' * 100_000, "[1, null]", "7", "no JSON"])
def test_names_of_parts_that_cannot_be_read_do_not_hurt(path: Path, parts: str) -> None:
    tamper(path, f"UPDATE projections SET parts = '{parts}'")
    with Registry.open(path) as registry:
        with suppress(DialogueRegistryError):
            registry.verify()
        registry.rebuild()
        registry.verify()
    with Registry.open(path, read_only=True) as registry:
        assert registry.meetings()


def _roots(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as connection:
        return dict(connection.execute("SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0"))


@pytest.mark.parametrize("number", range(8))
def test_tables_whose_pages_were_crossed_do_not_hurt(path: Path, number: int) -> None:
    chance = random.Random(number)
    roots = _roots(path)
    first = chance.choice(["events", "sources", "projections", "meetings", "sqlite_autoindex_events_1"])
    other = chance.choice([name for name in sorted(roots) if name != first])
    tamper(
        path,
        f"UPDATE sqlite_schema SET rootpage = {roots[other]} WHERE name = '{first}'",
        f"UPDATE sqlite_schema SET rootpage = {roots[first]} WHERE name = '{other}'",
    )
    ask_everything(path)


VALUES = (
    "NULL",
    "7",
    "-1",
    "1.5",
    "'text'",
    "''",
    "x'00ff'",
    "zeroblob(1000)",
    "9223372036854775807",
    "'\ud7ff\ufffe'",
)


@pytest.mark.parametrize("number", range(12))
def test_a_cell_of_another_kind_does_not_hurt(path: Path, number: int) -> None:
    """As no SQL lets in, since all tables are STRICT."""
    chance = random.Random(number)
    name = chance.choice(["events", "sources"])
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
        (kept,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (name,)).fetchone()
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?", (name,)
        ).fetchall()
        for trigger, _ in triggers:
            connection.execute(f"DROP TRIGGER {trigger}")
    loose = kept.replace(") STRICT, WITHOUT ROWID", ") WITHOUT ROWID").replace(") STRICT", ")").replace(" NOT NULL", "")
    tamper(path, redefine(name, "table", loose, -1))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection, suppress(sqlite3.Error):
        connection.execute(f"UPDATE {name} SET {chance.choice(columns)} = {chance.choice(VALUES)}")
    tamper(path, redefine(name, "table", kept, -1), *(sql for _, sql in triggers))
    ask_everything(path)


@pytest.mark.parametrize("number", range(9))
def test_bytes_that_were_overwritten_do_not_hurt(path: Path, number: int) -> None:
    chance = random.Random(number)
    content = bytearray(path.read_bytes())
    for _ in range(chance.choice([1, 20, 400])):
        at = chance.randrange(100 if number % 3 else 0, len(content))
        content[at] = chance.randrange(256)
    path.write_bytes(content)
    ask_everything(path)


def test_a_database_in_another_encoding_does_not_hurt(tmp_path: Path, path: Path) -> None:
    other = tmp_path / "utf16.db"
    with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(other)) as new:
        new.execute("PRAGMA encoding = 'UTF-16'")
        script = "\n".join(line for line in old.iterdump() if "search_index" not in line)
        with suppress(sqlite3.Error):
            new.executescript(script)
        new.execute("PRAGMA application_id = 1148801637")
        new.execute("PRAGMA user_version = 1")
    ask_everything(other)
