"""One projection on one connection: the statements that keep its tables, states, tallies and views."""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, assert_never

import orjson

from dialogue_registry.errors import ProjectionError
from dialogue_registry.model.kinds import Kind
from dialogue_registry.model.tables import Part, Projection, Row, State, Table, Tally, View, names_of
from dialogue_registry.projections.effective_log import NAMES as FACT_TABLES
from dialogue_registry.projections.effective_log import EffectiveLog, Standing

RESERVED_NAMES = dict.fromkeys(
    ("events", "sources", "editions", "projections", "replica", "unreadable", "facts", *FACT_TABLES), "the log"
) | dict.fromkeys(("search_texts", "search_texts_past", "search_index"), "search")
"""The names of tables of the library's own beside those of the standard projection, with their owner."""

_STANDING = "fact INTEGER PRIMARY KEY, event INTEGER NOT NULL REFERENCES events, since INTEGER NOT NULL"


def shadow(name: str, columns: Iterable[str], position: int) -> str:
    """Return a statement that shows a table, and what has fallen from it, as they stood at a position."""
    listed = ", ".join(columns)
    return (
        f"CREATE TEMP VIEW {name} AS SELECT {listed} FROM main.{name} WHERE since <= {position}"
        f" UNION ALL SELECT {listed} FROM main.{name}_past WHERE since <= {position} AND until > {position}"
    )


class TallyStatements:
    """The statements that keep one tally; each run of rows is (first fact, last fact, after)."""

    def __init__(self, tally: Tally) -> None:
        name, key, sums, maxima = tally.name, tally.key, tally.sums, tally.maxima
        self.name = name
        self.keys, self.width = len(key), len(key) + len(sums)
        self.over = tally.select.format(rows=f"(SELECT * FROM {tally.table} WHERE fact BETWEEN ? AND ? AND since > ?)")
        columns = ", ".join([*key, *sums, *maxima])
        whole = _named(tally.select.format(rows=tally.table), columns)
        self.whole = f"INSERT INTO {name} ({columns}) {whole}"
        gains = [f"{column} = {column} + excluded.{column}" for column in sums]
        # max(a, b) of SQLite is NULL when either is, and a bucket may have no ordinal yet.
        gains += [
            f"{column} = max(coalesce({column}, excluded.{column}), coalesce(excluded.{column}, {column}))"
            for column in maxima
        ]
        self.gain = (
            f"INSERT INTO {name} ({columns}) SELECT * FROM ({self.over}) WHERE true"
            f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {', '.join(gains)}"
        )
        where = " AND ".join(f"{column} IS ?" for column in key)
        self.lose = f"UPDATE {name} SET {', '.join(f'{column} = {column} - ?' for column in sums)} WHERE {where}"
        self.drop = f"DELETE FROM {name} WHERE {where} AND {' AND '.join(f'{column} = 0' for column in sums)}"
        of_key = f"SELECT {columns} FROM ({whole}) WHERE {where}"
        # Only where the row that goes has the highest: to find the next one, all rows of the key are read.
        highest = " OR ".join(f"{column} = ?" for column in maxima)
        self.again = (
            f"UPDATE {name} SET ({', '.join(maxima)}) = (SELECT {', '.join(maxima)} FROM ({of_key}))"
            f" WHERE {where} AND ({highest})"
        )


class StateStatements:
    """The statements that keep one state, for the keys given as a JSON list."""

    def __init__(self, state: State) -> None:
        self.name = state.name
        keys = "(SELECT value FROM json_each(:keys))"
        # The keys go to the innermost rows: SQLite does not push them into a subquery by itself.
        select = state.select.format(rows=f"(SELECT * FROM {state.table} WHERE {state.key} IN {keys})")
        columns = ", ".join(state.columns)
        self.whole = f"INSERT INTO {state.name} ({columns}) {_named(state.select.format(rows=state.table), columns)}"
        # The key stays as it is: to set it would make SQLite look for rows of other tables that refer to it.
        others = [column for column in state.columns if column != state.key] or [state.key]
        changes = ", ".join(f"{column} = excluded.{column}" for column in others)
        self.upsert = (
            f"INSERT INTO {state.name} ({columns}) SELECT * FROM ({select}) WHERE true"
            f" ON CONFLICT ({state.key}) DO UPDATE SET {changes}"
        )
        self.forget = (
            f"DELETE FROM {state.name} WHERE {state.key} IN {keys}"
            f" AND {state.key} NOT IN (SELECT {state.key} FROM ({_named(select, columns)}))"
        )


def parts_of(text: str) -> list[str]:
    """Return the names of the parts of a projection as they are stored; none where they cannot be read."""
    try:
        names = orjson.loads(text)  # refuses what is nested too deeply
    except (TypeError, ValueError):
        return []
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _named(select: str, columns: str) -> str:
    return f"WITH named ({columns}) AS ({select}) SELECT * FROM named"


def _quoted(columns: Iterable[str]) -> list[str]:
    """Return column names in quotes: a field may be named like a word of SQL."""
    return [f'"{column}"' for column in columns]


class TableStatements:
    """The statements that keep one table, and the parts made of it."""

    def __init__(self, table: Table, projection: Projection) -> None:
        self.table = table
        columns = ("fact", "event", "since", *table.columns)
        parts = projection.parts
        self.tallies = [TallyStatements(p) for p in parts if isinstance(p, Tally) and p.table == table.name]
        self.states = [
            (StateStatements(p), columns.index(p.key)) for p in parts if isinstance(p, State) and p.table == table.name
        ]
        self.find = f"SELECT * FROM {table.name} WHERE fact = ?"
        or_leave_out = " ON CONFLICT DO NOTHING" if table.unique else ""
        self.insert = f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(columns))}){or_leave_out}"
        #: Makes the rows of the events of one word between two positions, by class.
        self.selects = {
            cls: f"INSERT INTO {table.name} SELECT position, position, position, {select} FROM events"
            f" WHERE position > ? AND position <= ? AND type = ? AND schema = ?{or_leave_out}"
            for cls, select in table.selects.items()
        }
        self.bury = f"INSERT INTO {table.name}_past SELECT *, ? FROM {table.name} WHERE fact = ? AND since < ?"
        self.delete = f"DELETE FROM {table.name} WHERE fact = ?"


class Fold:
    """One projection on one connection."""

    def __init__(self, connection: sqlite3.Connection, projection: Projection, facts: EffectiveLog) -> None:
        self._connection = connection
        self._facts = facts
        self.projection = projection
        #: Whether it keeps tables of kinds, whose rows tell which facts say the same.
        self.keeps_kinds = projection.name == "standard" or projection.name.startswith("kind:")
        #: Whether states and tallies wait until all rows are there; see :meth:`derive`.
        self.deferred = False
        self._tables = {p.name: TableStatements(p, projection) for p in projection.parts if isinstance(p, Table)}
        self._feeds: dict[type, list[tuple[str, Callable[..., Row | None], bool, bool]]] = {}
        for name, fold in self._tables.items():
            for cls, feed in fold.table.feed.items():
                self._feeds.setdefault(cls, []).append((name, feed, fold.table.sourced, fold.table.stored))

    def create(self) -> None:
        """Make the tables anew and empty; raises ProjectionError, also where a name is taken in the file."""
        described = f"projection {self.projection.name!r}"
        try:
            self._drop()
            for part in self.projection.parts:
                described = f"{part.name!r} of projection {self.projection.name!r}"
                self._create(part)
            for fold in self._tables.values():
                derived: list[TallyStatements | StateStatements] = [*fold.tallies, *(state for state, _ in fold.states)]
                for made_of in derived:
                    described = f"{made_of.name!r} of projection {self.projection.name!r}"
                    self._connection.execute(f"EXPLAIN {made_of.whole}")  # a mistake is found before there are rows
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
                raise
            raise ProjectionError(f"{described} cannot be made: {error}") from error
        self._connection.execute(
            "INSERT INTO projections VALUES (?, ?, 0, ?)"
            " ON CONFLICT DO UPDATE SET version = excluded.version, position = 0, parts = excluded.parts",
            (self.projection.name, self.projection.version, json.dumps(names_of(self.projection.parts))),
        )

    def _drop(self) -> None:
        """Drop what an earlier version made; what else is in the file is left alone, and in the way."""
        run = self._connection.execute
        projections = run("SELECT name, parts FROM projections").fetchall()
        parts_of_others = {name: parts_of(parts) for name, parts in projections}
        kinds = {name.lower(): kind for name, kind in run("SELECT name, type FROM sqlite_schema").fetchall()}
        tables = parts_of_others.pop(self.projection.name, [])
        for name in names_of(self.projection.parts):  # those of the library's own, whatever holds them now
            if name not in tables and self.projection.name in ("standard", RESERVED_NAMES.get(name.lower())):
                tables.append(name)
        for name in reversed(tables):
            if (kind := kinds.pop(name.lower(), None)) is not None:
                run(f"DROP {kind} {name}")
        for name in names_of(self.projection.parts):
            if name.lower() in kinds:
                owner = next((other for other, parts in parts_of_others.items() if name in parts), None)
                raise ProjectionError(
                    f"{name!r} of projection {self.projection.name!r} is in the file already, "
                    f"{f'made by projection {owner!r}' if owner else 'and was not made by it'}: rename yours"
                )

    def _create(self, part: Part) -> None:
        run = self._connection.execute
        match part:
            case Table():
                columns = ", ".join(f'"{name}" {kind}' for name, kind in part.columns.items())
                run(f"CREATE TABLE {part.name} ({_STANDING}, {columns})")
                past = ", ".join(_quoted(part.columns))
                run(
                    f"CREATE TABLE {part.name}_past (fact INTEGER, event INTEGER, since INTEGER, {past},"
                    " until INTEGER, PRIMARY KEY (fact, since))"
                )
                if part.unique:
                    run(f"CREATE UNIQUE INDEX {part.name}_key ON {part.name} ({part.unique})")
                    run(f"CREATE INDEX {part.name}_past_key ON {part.name}_past ({part.unique})")
            case State():
                columns = ", ".join(f"{name} {kind}" for name, kind in part.columns.items())
                run(f"CREATE TABLE {part.name} ({columns}, PRIMARY KEY ({part.key}))")
            case Tally():
                columns = ", ".join([*part.key, *(f"{name} INTEGER NOT NULL" for name in part.sums), *part.maxima])
                run(f"CREATE TABLE {part.name} ({columns}, PRIMARY KEY ({', '.join(part.key)})) WITHOUT ROWID")
            case View():
                run(f"CREATE VIEW {part.name} AS {part.select}")
        if isinstance(part, Table | State):
            for number, index in enumerate(part.indexes, 1):
                columns, _, where = index.partition(" WHERE ")
                on = f"({columns})" + (f" WHERE {where}" if where else "")
                run(f"CREATE INDEX {part.name}_{number} ON {part.name} {on}")
                if isinstance(part, Table):
                    run(f"CREATE INDEX {part.name}_past_{number} ON {part.name}_past {on}")

    # --- facts that are new --------------------------------------------------------------

    def insert(self, news: Sequence[Standing]) -> set[int]:
        """Put rows of new facts into the tables of kinds; return the facts that say what another one said."""
        missing: set[int] = set()
        for name, rows in self._rows(news).items():
            if rows and self._put(self._tables[name], rows) < len(rows):
                facts = [row[0] for row in rows]
                there = {
                    fact
                    for (fact,) in self._connection.execute(
                        f"SELECT fact FROM {name} WHERE fact BETWEEN ? AND ?", (facts[0], facts[-1])
                    )
                }
                missing.update(fact for fact in facts if fact not in there)  # type: ignore[misc]
        return missing

    def makes_rows(self, cls: type[Any]) -> bool:
        """Return whether facts of a class make rows here."""
        return cls in self._feeds

    def makes_rows_by_sql(self, kind: Kind) -> bool:
        """Return whether SQL alone makes all rows of the facts of a kind."""
        fold = self._tables.get(kind.table.name)
        return fold is not None and kind.cls in fold.selects and len(self._feeds[kind.cls]) == 1

    def insert_stored(self, kind: Kind, after: int, until: int) -> list[int]:
        """Put rows of the events of a kind with after < position ≤ until into its table, by SQL alone.

        Return the positions of those that say what another fact said, which are left out.
        """
        name, values = kind.table.name, (after, until, kind.word, kind.version)
        inserted = self._connection.execute(self._tables[name].selects[kind.cls], values).rowcount
        events = "FROM events WHERE position > ? AND position <= ? AND type = ? AND schema = ?"
        (there,) = self._connection.execute(f"SELECT count(*) {events}", values).fetchone()
        if inserted == there:
            return []
        missing = f"SELECT position {events} AND NOT EXISTS (SELECT 1 FROM {name} WHERE fact = position)"
        return [position for (position,) in self._connection.execute(f"{missing} ORDER BY position", values).fetchall()]

    def derive(self) -> None:
        """Make the states and tallies of the rows that are there: all at once, of empty tables."""
        self.deferred = False
        for fold in self._tables.values():
            for tally in fold.tallies:
                self._connection.execute(tally.whole)
            for state, _ in fold.states:
                try:
                    self._connection.execute(state.whole)
                except sqlite3.IntegrityError as error:
                    if error.sqlite_errorcode != sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
                        raise
                    raise self._twice(state) from error

    def total(self, added: Sequence[Standing]) -> None:
        """Bring what is made of tables up to date with rows that were just put into them."""
        if not added or self.deferred:
            return
        tables = {name for cls in {type(fact.content) for fact in added} for name, *_ in self._feeds.get(cls, ())}
        run = (added[0].fact, added[-1].fact, added[0].fact - 1)
        for name in tables:
            fold = self._tables[name]
            for tally in fold.tallies:
                self._connection.execute(tally.gain, run)
            for state, column in fold.states:
                keys = {
                    row[0]
                    for row in self._connection.execute(
                        f"SELECT {('fact', 'event', 'since', *fold.table.columns)[column]} FROM {name}"
                        " WHERE fact BETWEEN ? AND ? AND since > ?",
                        run,
                    )
                }
                self._decide(state, keys)

    # --- facts that come and go ----------------------------------------------------------

    def change(self, removed: Sequence[int], added: Sequence[Standing], until: int) -> None:
        """Take rows out, put rows in, and bring what is made of them up to date."""
        rows = self._rows(added)
        for name, fold in self._tables.items():
            new = rows[name]
            old = [row for fact in removed for row in self._take_out(fold, fact, until)]
            if not old and not new:
                continue
            self._put(fold, new)
            if self.deferred:
                continue
            for tally in fold.tallies:
                for row in new:
                    self._connection.execute(tally.gain, (row[0], row[0], -1))
            for state, column in fold.states:
                self._decide(state, {row[column] for row in old} | {row[column] for row in new})

    def _put(self, fold: "TableStatements", rows: Sequence[Row]) -> int:
        try:
            return self._connection.executemany(fold.insert, rows).rowcount
        except (sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.IntegrityError) as error:
            if self.projection.name == "standard":
                raise
            raise ProjectionError(
                f"table {fold.table.name!r} of projection {self.projection.name!r} does not take what its function "
                f"returned for a fact from position {rows[0][0]} on ({error}): return a value for each of "
                f"{', '.join(fold.table.columns)}"
            ) from error

    def _rows(self, added: Iterable[Standing]) -> dict[str, list[Row]]:
        rows: dict[str, list[Row]] = {name: [] for name in self._tables}
        feeds = self._feeds
        for fact, event, since, content, source in added:
            for name, feed, sourced, stored in feeds.get(type(content), ()):
                given = self._facts.stored(content) if stored else content
                more = (self._facts.source(source),) if sourced else ()
                try:
                    row = feed(given, *more)
                except Exception as error:  # a function of a user may raise anything
                    raise self._raised(name, event, error) from error
                if row is not None:
                    rows[name].append((fact, event, since, *row))
        return rows

    def _raised(self, table: str, position: int, error: Exception) -> ProjectionError:
        return ProjectionError(
            f"the function of table {table!r} of projection {self.projection.name!r} raised "
            f"{type(error).__name__} for the event at position {position}: {error}; "
            "mend the function, then open the registry again"
        )

    def _take_out(self, fold: TableStatements, fact: int, until: int) -> list[Row]:
        old: list[Row] = self._connection.execute(fold.find, (fact,)).fetchall()
        if old:
            tallies = [] if self.deferred else fold.tallies
            lost = [(tally, self._connection.execute(tally.over, (fact, fact, -1)).fetchall()) for tally in tallies]
            self._connection.execute(fold.bury, (until, fact, until))
            self._connection.execute(fold.delete, (fact,))
            for tally, rows in lost:
                for row in rows:
                    self._lose(tally, row)
        return old

    def _lose(self, tally: TallyStatements, row: Row) -> None:
        key, sums, highest = row[: tally.keys], row[tally.keys : tally.width], row[tally.width :]
        self._connection.execute(tally.lose, (*sums, *key))
        if self._connection.execute(tally.drop, key).rowcount or not any(value is not None for value in highest):
            return
        self._connection.execute(tally.again, (*key, *key, *highest))

    def _decide(self, state: StateStatements, keys: Collection[object]) -> None:
        params = {"keys": json.dumps(list(keys))}
        decided = self._connection.execute(state.upsert, params).rowcount
        if decided > len(keys):
            raise self._twice(state)
        if decided < len(keys):
            self._connection.execute(state.forget, params)

    def _twice(self, state: StateStatements) -> ProjectionError:
        return ProjectionError(
            f"{state.name!r} of projection {self.projection.name!r} returned several rows for one key: "
            "let its select return one row a key, with GROUP BY or a window"
        )

    def catch_up(self, after: int) -> None:
        """Bring tables that were right at position ``after`` up to the facts."""
        for standing, until in self._facts.fallen(after):
            if standing.since > after:
                self.change([], [standing], 0)
            self.change([standing.fact], [], until)
        for page in self._facts.risen(after):
            self.change([], page, 0)

    def as_known(self, position: int) -> None:
        """Shadow the tables by views that show them as the log stood at a position."""
        for part in self.projection.parts:
            match part:
                case Table():
                    sql = shadow(part.name, ("fact", "event", "since", *_quoted(part.columns)), position)
                case State():
                    rows = part.select.format(rows=part.table)
                    sql = f"CREATE TEMP VIEW {part.name} ({', '.join(part.columns)}) AS {rows}"
                case Tally():
                    columns = ", ".join([*part.key, *part.sums, *part.maxima])
                    sql = f"CREATE TEMP VIEW {part.name} ({columns}) AS {part.select.format(rows=part.table)}"
                case View():
                    sql = f"CREATE TEMP VIEW {part.name} AS {part.select}"
                case _:
                    assert_never(part)
            self._connection.execute(sql)
