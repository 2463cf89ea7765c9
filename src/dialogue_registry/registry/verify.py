"""Verification that the stored log is the recorded one: the chain, the numbers, the views against a replay."""

import os
import re
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from hashlib import sha256
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, Self

import orjson

from dialogue_registry.errors import (
    BrokenChainError,
    DialogueRegistryError,
    DriftError,
    InvalidValueError,
    StorageError,
)
from dialogue_registry.log import hash_chain
from dialogue_registry.log.codec import WORDS
from dialogue_registry.log.entry import PAGE, Entry, is_instant, position_of
from dialogue_registry.log.entry import Head as LogHead
from dialogue_registry.log.sqlite_log import LOG_TABLES, SQLiteLog, create_log
from dialogue_registry.log.sqlite_place import file_uri
from dialogue_registry.log.sqlite_scopes import Connection, WriteTransaction
from dialogue_registry.model.kinds import Kinds
from dialogue_registry.model.shown import shown
from dialogue_registry.model.tables import Projection, State, Table, Tally
from dialogue_registry.projections.effective_log import NAMES as FACT_TABLES
from dialogue_registry.projections.engine import Views
from dialogue_registry.projections.fold import parts_of
from dialogue_registry.queries.search import INDEX, SEARCH_TRIGGERS, search_projection
from dialogue_registry.registry.session import Session

Progress = Callable[[int, int], object] | None


class Head(NamedTuple):
    """The end of a log: its last position (0 when empty) and the hash there, in hexadecimal.

    Keep it somewhere else, and :meth:`Snapshot.verify` can tell whether the tail was cut.
    ``str()`` writes it as ``POSITION:DIGEST``, and :meth:`parse` reads that.

    >>> Head.parse(str(Head(3, "ab" * 32))) == Head(3, "ab" * 32)
    True
    """

    position: int
    digest: str

    def __str__(self) -> str:
        return f"{self.position}:{self.digest}"

    @classmethod
    def parse(cls, text: str) -> "Head":
        """Return the head that a text writes; raises InvalidValueError."""
        found = _WRITTEN.fullmatch(text.strip()) if isinstance(text, str) else None
        if found is None:
            raise InvalidValueError(
                f"{shown(text)} is no head: give what verify printed, POSITION:DIGEST, of 64 hexadecimal digits"
            )
        return cls(int(found["position"]), found["digest"].lower())


_WRITTEN = re.compile("(?P<position>[0-9]{1,18}):(?P<digest>[0-9a-fA-F]{64})")


class Verified(Head):
    """The head of a log that was verified.

    ``unknown`` is the number of its events of kinds that this program does not know: they
    are kept and chained, and are in no view.
    """

    unknown: int

    def __new__(cls, position: int, digest: str, unknown: int = 0) -> Self:
        """Make one; it equals the head alone."""
        self = super().__new__(cls, position, digest)
        self.unknown = unknown
        return self


def head_of(end: LogHead) -> Head:
    """Return the end of a log as it is kept elsewhere."""
    return Head(end.position, end.hash.hex())


def verify(session: Session, head: tuple[int, str] | None, *, views: bool, progress: Progress) -> Verified:
    """Check the log, and the views against a replay; see ``Snapshot.verify()``."""
    with session.turn():
        session.require_committed("verify()")
        _detach_replays(session)
        with session.reading():
            found = check_log(session, head, progress)
            unknown = _unknown(session.connection, session.log.codec.kinds)
            if session.replica is not None:
                session.replica.compare(progress)
            if views:
                check_views(session, found.position, progress)
            _check_readable(session, found.position)
        return Verified(*found, unknown)


def _unknown(connection: sqlite3.Connection, kinds: Kinds) -> int:
    """Return the number of events of kinds that are not known, or of newer schemas of those that are."""
    known = {kind.word: kind.version for kind in kinds} | dict(WORDS.values())
    (number,) = connection.execute(_UNKNOWN, (orjson.dumps(known).decode(),)).fetchone()
    return int(number)


# To group the events by their words would sort them all: 4 MB of 100,000.
_UNKNOWN = """
WITH known AS MATERIALIZED (SELECT key AS word, value AS version FROM json_each(?))
SELECT count(*) FROM events LEFT JOIN known ON word = type WHERE schema > coalesce(known.version, 0)
"""


def check_log(session: Session, head: tuple[int, str] | None, progress: Progress) -> Head:
    """Check positions, versions and the chain from the first event on; return the head.

    Raises BrokenChainError at the first position that is not as it was recorded.
    """
    connection = session.connection
    position, last, link, latest, ids = 0, hash_chain.GENESIS, hash_chain.link, "", ""
    at, wanted = (0, hash_chain.GENESIS) if head is None else (head[0], bytes.fromhex(head[1]))
    end: int = connection.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()[0]
    if at == 0 and wanted != hash_chain.GENESIS:
        raise BrokenChainError("the head to compare with is at position 0, yet its hash is not zero", position=0)
    while page := _page(session.log, position):
        for entry in page:
            number, recorded_at, kept = entry[0], entry[11], entry[13]
            position += 1
            if number != position:
                raise BrokenChainError(
                    f"position {position} is missing from the log: {number} comes next", position=position
                )
            try:
                last = link(last, *entry[:13])
            except (TypeError, AttributeError, UnicodeError) as error:
                raise BrokenChainError(
                    f"the event at position {position} holds a value of another kind: {error}", position=position
                ) from None
            if last != kept:
                raise BrokenChainError(
                    f"the event at position {position} is not the one that was recorded: its hash should be "
                    f"{last.hex()} and is {kept.hex() if isinstance(kept, bytes) else kept!r}",
                    position=position,
                )
            # The ids of one call differ in the position alone: to read each takes 5 % of a verification.
            if not (ids and entry[1] == f"{ids}{position:010x}") and position_of(entry[1]) != position:
                raise BrokenChainError(
                    f"the event at position {position} has the id {entry[1]!r}, which carries another position: "
                    "it was not recorded by this library",
                    position=position,
                )
            if recorded_at != latest and (recorded_at < latest or not is_instant(recorded_at)):
                raise BrokenChainError(
                    f"the event at position {position} was recorded at {recorded_at!r}, which goes back, or is not "
                    "written as this library does",
                    position=position,
                )
            latest, ids = recorded_at, entry[1][:-10]
            if position == at and last != wanted:
                raise BrokenChainError(
                    f"the hash at position {position} is {last.hex()}, not {wanted.hex()}, which was kept elsewhere: "
                    "the log up to there was replaced",
                    position=position,
                )
        if progress is not None:
            progress(position, end)
    if position < at:
        raise BrokenChainError(
            f"the log ends at position {position}, not at {at}, the head kept elsewhere: its tail was cut off",
            position=position + 1,
        )
    _check_versions(connection)
    if session.known_at is None:
        _check_tail(connection, position)  # first: the sources of a tail that was cut off belong to no event
        _check_references(connection)
    _check_schema(connection)
    for table in LOG_TABLES:  # their indexes, which the chain does not cover
        _check_pages(connection, table)
    return Head(position, last.hex())


def _check_readable(session: Session, end: int) -> None:
    """Raise BrokenChainError at the first event of a shared log that is none, and was not retracted."""
    retracted = "SELECT 1 FROM amendments WHERE target = ? AND retraction"
    for position, reason in sorted(session.log.codec.unreadable.items()):
        if position <= end and session.connection.execute(retracted, (position,)).fetchone() is None:
            raise BrokenChainError(
                f"the event at position {position} cannot be read ({reason}): somebody wrote it to the server without "
                f"this library, and it is in no view; retract {session.log.at(position).id} once you know whose it is",
                position=position,
            )


def _check_pages(connection: sqlite3.Connection, what: str | int) -> None:
    row = connection.execute(f"PRAGMA main.integrity_check({what})").fetchone()
    if row is not None and row[0] != "ok":
        raise StorageError(f"the file is damaged ({row[0]}): restore it from a backup or an export")


def _page(log: SQLiteLog, after: int) -> Sequence[Entry]:
    try:
        return log.rows(after)
    except (sqlite3.OperationalError, UnicodeDecodeError) as error:
        if "decode" not in str(error):
            raise
    good: list[Entry] = []
    try:
        while len(good) < PAGE and (page := log.rows(after + len(good), limit=1)):
            good += page
    except (sqlite3.OperationalError, UnicodeDecodeError) as error:
        position = after + len(good) + 1
        if not good:
            raise BrokenChainError(
                f"the event at position {position} is no text any more: {error}", position=position
            ) from None
    return good


def _check_versions(connection: sqlite3.Connection) -> None:
    row = connection.execute(
        "SELECT min(position), subject, count(*), max(version) FROM events GROUP BY subject"
        " HAVING max(version) <> count(*) OR min(version) <> 1 ORDER BY 1 LIMIT 1"
    ).fetchone()
    if row is not None:
        raise BrokenChainError(
            f"the {row[2]} events of {row[1]!r} (the first at position {row[0]}) are numbered up to {row[3]}: "
            "versions must be 1, 2, 3 …",
            position=row[0],
        )


def _check_schema(connection: sqlite3.Connection) -> None:
    """Raise DriftError where the log's tables or triggers are changed, or a foreign trigger sits on a table."""
    with closing(sqlite3.connect(":memory:")) as scratch:
        create_log(scratch)
        expected = dict(scratch.execute("SELECT name, sql FROM sqlite_schema").fetchall())
    there = dict(connection.execute("SELECT name, sql FROM main.sqlite_schema").fetchall())
    for name, sql in expected.items():
        if there.get(name) != sql:
            raise DriftError(
                f"{name!r} of the log is missing or not defined as this library does: export the log, and import it "
                "into a new registry",
                table=name,
            )
    tables = {*LOG_TABLES, *FACT_TABLES, "projections", "replica"}
    for (parts,) in connection.execute("SELECT parts FROM main.projections"):
        tables.update(parts_of(parts))
    triggers = connection.execute("SELECT name, tbl_name FROM main.sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, table in triggers:
        if table in tables and name not in expected and there[name] not in SEARCH_TRIGGERS:
            raise DriftError(
                f"the trigger {name!r} on {table!r} is not this library's, and may change what is recorded: drop it",
                table=table,
            )


def _check_tail(connection: sqlite3.Connection, position: int) -> None:
    row = connection.execute("SELECT max(position) FROM projections").fetchone()
    if row[0] is not None and row[0] > position:
        raise BrokenChainError(
            f"the log ends at position {position}, but views were made of it up to position {row[0]}: "
            "its tail was cut off",
            position=position + 1,
        )


def _check_references(connection: sqlite3.Connection) -> None:
    """Raise BrokenChainError where a source or an edition is missing, is of no event, or has another digest."""
    for table, column in (("sources", "source"), ("editions", "edition")):
        row = connection.execute(
            f"SELECT min(e.position) FROM events e WHERE e.{column} IS NOT NULL"
            f" AND NOT EXISTS (SELECT 1 FROM {table} s WHERE s.id = e.{column})"
        ).fetchone()
        if row[0] is not None:
            raise BrokenChainError(
                f"the {column} of the event at position {row[0]} is missing from the log", position=row[0]
            )
        row = connection.execute(
            # No index is on the column: the events are read for all rows together, not for each row again.
            f"SELECT id FROM {table} WHERE id NOT IN (SELECT {column} FROM events WHERE {column} IS NOT NULL) LIMIT 1"
        ).fetchone()
        if row is not None:
            raise DriftError(f"{column} {row[0]} belongs to no event: it was not recorded by this library", table=table)
    for number, digest, data in connection.execute("SELECT id, digest, data FROM sources"):
        if sha256(data.encode()).digest() != digest:
            raise DriftError(f"the digest of source {number} is not that of its text", table="sources")


def tables(projections: Sequence[Projection], *, past: bool) -> list[str]:
    """Return the names of the tables to compare; ``past`` includes those of facts that no longer stand."""
    names = ["exceptions", "amendments"]
    for projection in projections:
        names += [part.name for part in projection.parts if isinstance(part, Table | State | Tally)]
    if past:
        fallen = [part.name for p in projections for part in p.parts if isinstance(part, Table)]
        names += [f"{name}_past" for name in fallen]
    return names


def check_views(session: Session, position: int, progress: Progress) -> None:
    """Compare the views with a replay of the log into a scratch file; raises DriftError.

    The session must hold a snapshot, so that no other program writes in between.
    """
    connection, projections = session.connection, session.projections
    stored = connection.execute("SELECT name, version, position FROM projections").fetchall()
    reached = {name: at for name, _, at in stored}
    standard = projections[0].name
    if reached.get(standard) != position:
        raise DriftError(
            f"the views of {standard!r} have reached position {reached.get(standard)}, the log {position}: "
            "rebuild them",
            table="projections",
        )
    current = [projection for projection in projections if reached.get(projection.name) == position]
    search = search_projection(session.log.codec.kinds)
    if session.known_at is None and (search.name, search.version, position) in stored:
        current.append(search)
    with TemporaryDirectory(prefix="dialogue_registry-") as folder:
        path = str(Path(folder) / "replay.db")
        _replay(path, session.log, current, progress)
        # A database attached without a vfs of its own would take that of a registry in memory.
        vfs = "win32" if os.name == "nt" else "unix"
        replay = f"replay_{next(_replays)}"
        connection.execute(f"ATTACH ? AS {replay}", (f"{file_uri(Path(path), 'ro')}&vfs={vfs}",))
        try:
            _compare_definitions(connection, replay)
            for name in tables(current, past=session.known_at is None):
                _compare(connection, name, replay, _of_known_kinds(session.log) if name == "exceptions" else "")
            if search in current:
                _compare_index(connection, replay)
            _check_rests(connection)
            _check_pages(connection, 1)  # of everything, until the first fault
        finally:
            connection.execute("ROLLBACK")  # ends the snapshot, without which nothing can be detached
            _detach(connection, replay)


_replays = count(1)


def _detach_replays(session: Session) -> None:
    """Detach what interrupted verifications have left."""
    session.undo_abandoned()
    for _, name, _ in session.connection.execute("PRAGMA database_list").fetchall():
        if name.startswith("replay_"):
            _detach(session.connection, name)


def _detach(connection: sqlite3.Connection, replay: str) -> None:
    with suppress(
        sqlite3.OperationalError
    ):  # an interrupted question still reads it: the next verification detaches it
        connection.execute(f"DETACH {replay}")


def _replay(path: str, log: SQLiteLog, projections: Sequence[Projection], progress: Progress) -> None:
    replayed = Connection(path, isolation_level=None)
    try:
        # The log is not in this file, so its events cannot be referred to; and it need not survive.
        for setting in ("foreign_keys = OFF", "journal_mode = OFF", "synchronous = OFF"):
            replayed.execute(f"PRAGMA {setting}")
        views = Views(replayed, log, projections)
        with WriteTransaction(replayed):
            views.create()
            views.replay(progress, by_sql=False)
            if any(projection.name == "search" for projection in projections):
                for statement in INDEX:
                    replayed.execute(statement)
    except (sqlite3.IntegrityError, DialogueRegistryError) as error:
        raise DriftError(f"the log cannot be replayed: {error}", table="events") from error
    finally:
        replayed.close()


def _compare_definitions(connection: sqlite3.Connection, replay: str) -> None:
    row = connection.execute(
        f"SELECT name FROM (SELECT name, type, sql FROM {replay}.sqlite_schema"
        " EXCEPT SELECT name, type, sql FROM main.sqlite_schema) LIMIT 1"
    ).fetchone()
    if row is not None:
        raise DriftError(
            f"{row[0]!r} is missing or not defined as this library does: rebuild the views",
            table=row[0],
        )


def _compare_index(connection: sqlite3.Connection, replay: str) -> None:
    """Raise DriftError unless the search index has each word at each place, finds it, and has each text's length."""
    (query_only,) = connection.execute("PRAGMA query_only").fetchone()
    connection.execute("PRAGMA query_only = OFF")  # it forbids tables that are of this connection alone, too
    try:
        for schema in ("main", replay):
            connection.execute(
                f"CREATE VIRTUAL TABLE temp.words_of_{schema} USING fts5vocab('{schema}', 'search_index', 'instance')"
            )
    finally:
        connection.execute(f"PRAGMA query_only = {query_only}")
    pairs = (
        (
            "SELECT term, doc, col, offset FROM temp.words_of_main",
            f"SELECT term, doc, col, offset FROM temp.words_of_{replay}",
        ),
        ("SELECT * FROM main.search_index_docsize", f"SELECT * FROM {replay}.search_index_docsize"),
    )
    differing = [f"{one} EXCEPT {other} LIMIT 1" for pair in pairs for one, other in (pair, pair[::-1])]
    for found in (*differing, _NOT_FOUND.format(replay=replay)):
        if connection.execute(found).fetchone():
            raise DriftError("the search index is not that of the texts: rebuild the views", table="search_index")


# To list all words of the index reads its pages in a row; to find one uses the table of where they begin.
_NOT_FOUND = """
SELECT 1 FROM (SELECT DISTINCT term FROM temp.words_of_{replay} WHERE term <> '') -- a lone accent is an empty word
WHERE (SELECT count(*) FROM main.search_index WHERE search_index MATCH '"' || term || '"')
   <> (SELECT count(*) FROM {replay}.search_index WHERE search_index MATCH '"' || term || '"') LIMIT 1"""


def _of_known_kinds(log: SQLiteLog) -> str:
    """Return the condition that a fact is of a kind which this program knows: others keep exceptions of their own."""
    words = ", ".join(f"'{kind.word}'" for kind in log.codec.kinds)
    return f" WHERE (SELECT type FROM events e WHERE e.position = fact) IN ({words}, 'fact.disputed')"


def _check_rests(connection: sqlite3.Connection) -> None:
    """Raise DriftError where a row of the views refers to one that is not there."""
    row = connection.execute("PRAGMA main.foreign_key_check").fetchone()
    if row is not None:
        raise DriftError(
            f"row {row[1]} of table {row[0]!r} refers to {row[2]!r}, where nothing is: the log was not recorded by "
            "this library",
            table=row[0],
        )


def _compare(connection: sqlite3.Connection, name: str, replay: str, condition: str = "") -> None:
    columns = [f'"{column[0]}"' for column in connection.execute(f"SELECT * FROM {name} LIMIT 0").description]
    listed = ", ".join(columns)
    kept, replayed = f"SELECT {listed} FROM {name}{condition}", f"SELECT {listed} FROM {replay}.{name}{condition}"
    for wanted, other, verb in ((replayed, kept, "lacks"), (kept, replayed, "has, against the log,")):
        row = connection.execute(f"{wanted} EXCEPT {other} LIMIT 1").fetchone()
        if row is not None:
            values = ", ".join(f"{column} {value!r}" for column, value in zip(columns, row, strict=True))
            raise DriftError(f"table {name!r} {verb} the row ({values}): rebuild the views", table=name)
    counts = [connection.execute(f"SELECT count(*) FROM ({select})").fetchone()[0] for select in (kept, replayed)]
    if counts[0] != counts[1]:
        raise DriftError(
            f"table {name!r} has {counts[0]} rows, a replay gives {counts[1]}: rebuild the views",
            table=name,
        )
