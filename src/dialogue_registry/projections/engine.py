"""The engine that keeps projections up to date with the facts that stand, one event or one page at a time."""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, assert_never

from dialogue_registry.errors import InvalidValueError, NewerRegistryError, ProjectionError
from dialogue_registry.log.codec import AMENDMENT_WORDS
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.model.events import EventCited, EventRetracted, FactCorrected, StatusReport, UnknownEvent
from dialogue_registry.model.kinds import Kind
from dialogue_registry.model.tables import Part, Projection, Row, State, Table, Tally, View, names_of
from dialogue_registry.projections.effective_log import NAMES as FACT_TABLES
from dialogue_registry.projections.effective_log import TABLES as FACT_DDL
from dialogue_registry.projections.effective_log import Change, EffectiveLog, Standing
from dialogue_registry.projections.standard import add_functions

_OURS = dict.fromkeys(("events", "sources", "editions", "projections", "replica", "facts", *FACT_TABLES), "the log")
_OURS |= dict.fromkeys(("search_texts", "search_texts_past", "search_index"), "search")
"""The reserved names of tables, with their owner."""


def projections_of(kinds: Iterable[Kind]) -> tuple[Projection, ...]:
    """Return the projections that keep the tables of a program's own kinds, one a table.

    Their names begin with ``kind:``, and their version is that of the kinds together.
    """
    tables: dict[str, list[Kind]] = {}
    for kind in kinds:
        tables.setdefault(kind.table.name, []).append(kind)
    return tuple(
        Projection(f"kind:{sharing[0].word}", sum(kind.version for kind in sharing), (sharing[0].table,))
        for sharing in tables.values()
    )


def check_apart(projections: Sequence[Projection]) -> None:
    """Raise InvalidValueError where two projections share a name, or two parts; SQLite ignores case."""
    for projection in projections:
        if not isinstance(projection, Projection):
            raise InvalidValueError(f"{projection!r:.80} is no projection: give projections=[mine], a Projection each")
    names = [projection.name for projection in projections]
    if len(set(names)) < len(names):
        raise InvalidValueError(f"two projections share a name ({', '.join(names)}): rename one")
    taken = dict(_OURS)
    for projection in projections:
        if projection.name == "search" and {_OURS.get(name) for name in names_of(projection.parts)} != {"search"}:
            raise InvalidValueError("a projection is named 'search', as the library's own is: rename yours")
        for name in names_of(projection.parts):
            if (owner := taken.setdefault(name.lower(), projection.name)) != projection.name:
                raise InvalidValueError(
                    f"{name!r} of projection {projection.name!r} is the name of a table or view of {owner!r}: "
                    "rename yours"
                )


_STANDING = "fact INTEGER PRIMARY KEY, event INTEGER NOT NULL REFERENCES events, since INTEGER NOT NULL"
_EXCEPTIONS_AT = """
SELECT fact, since, iif(until > {position}, NULL, until) AS until, event, leader, subject, source, said
FROM main.exceptions WHERE since <= {position}
"""
_CHECKPOINTS = """
CREATE TABLE IF NOT EXISTS projections (
    name TEXT PRIMARY KEY, version INTEGER NOT NULL, position INTEGER NOT NULL, parts TEXT NOT NULL
) STRICT, WITHOUT ROWID
"""


class Views:
    """All projections of one registry file, and the facts they are made of."""

    def __init__(self, connection: sqlite3.Connection, log: SQLiteLog, projections: Sequence[Projection]) -> None:
        self._connection = connection
        self._log = log
        self.facts = EffectiveLog(connection, log)
        add_functions(connection)
        self.projections = projections
        self._folds = [_Fold(connection, projection, self.facts) for projection in projections]

    # --- life ------------------------------------------------------------------------

    def only_standard(self) -> bool:
        """Return whether all projections are the library's own, which refuse no fact that the rules let through."""
        return {projection.name for projection in self.projections} <= {"standard", "search"}

    def checkpoints(self) -> dict[str, tuple[int, int]]:
        """Return the version and the position reached of each projection that was made, by name."""
        try:
            rows = self._connection.execute("SELECT name, version, position FROM projections").fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
            return {}
        return {name: (version, position) for name, version, position in rows}

    def outdated(self) -> list[Projection]:
        """Return the projections that are missing or of another version; NewerRegistryError for the built-in."""
        made = self.checkpoints()
        standard = self.projections[0]
        version = made.get(standard.name, (0, 0))[0]
        if version > standard.version:
            raise NewerRegistryError(
                f"the views have version {version}, this library knows up to {standard.version}: "
                "upgrade dialogue_registry"
            )
        if version < standard.version:
            return list(self.projections)
        return [p for p in self.projections if made.get(p.name, (0, 0))[0] != p.version]

    def lagging(self) -> list[Projection]:
        """Return the projections that have not reached what the standard one has, or were not made."""
        made = self.checkpoints()
        reached = made[self.projections[0].name][1]
        return [p for p in self.projections if made.get(p.name) != (p.version, reached)]

    def create(self) -> None:
        """Make all tables anew and empty, within the transaction that is open."""
        self._connection.execute(_CHECKPOINTS)
        # Kinds of other programs lose what was known of their facts: they make it again when they open the file.
        self._connection.execute("UPDATE projections SET version = 0, position = 0 WHERE name LIKE 'kind:%'")
        self._connection.execute("DROP VIEW IF EXISTS facts")
        for name in FACT_TABLES:
            self._connection.execute(f"DROP TABLE IF EXISTS {name}")
        for statement in FACT_DDL:
            self._connection.execute(statement)
        for fold in self._folds:
            fold.create()

    def make(self, projections: Sequence[Projection]) -> None:
        """Make some projections again; all of them from the log if the standard one is among them."""
        if self.projections[0] in projections:
            self.create()
            self.replay(None)
            return
        for fold in self._folds:
            if fold.projection in projections:
                fold.create()
        self.catch_up()

    def replay(self, progress: Callable[[int, int], object] | None) -> None:
        """Feed the whole log to empty tables, a page at a time."""
        head = self._log.head().position
        done = 0
        while page := self._log.events(done):
            self.apply(page)
            done = page[-1][0]
            if progress is not None:
                progress(done, head)

    def catch_up(self) -> None:
        """Bring projections that other programs did not know of up to the facts."""
        if len(self.projections) == 1:
            return
        reached = self.checkpoints()
        position = reached[self.projections[0].name][1]
        lagging = [fold for fold in self._folds[1:] if reached[fold.projection.name][1] < position]
        for fold in sorted(lagging, key=lambda fold: not fold.keeps_kinds):  # others are made of what kinds say
            after = reached[fold.projection.name][1]
            if fold.keeps_kinds:
                self._catch_up_kinds(fold, after)
            else:
                fold.catch_up(after)
            self._checkpoint(fold.projection, position)

    def _catch_up_kinds(self, fold: "_Fold", after: int) -> None:
        """Fold the events after a position that are about facts of a program's own kinds."""
        words = [kind.word for kind in self._log.codec.kinds.added if kind.table in fold.projection.parts]
        self.facts.forget(words, after)
        if after == 0:
            fold.create()
        done = after
        while page := self._log.events(done, types=[*words, *AMENDMENT_WORDS]):
            for position, event, source in page:
                if isinstance(event, FactCorrected | EventRetracted):
                    if self.facts.word_of(position) in words:
                        self._change(self.facts.settle(position), [fold])
                elif not isinstance(event, UnknownEvent):
                    self._fold([Standing(position, position, position, event, source)], [fold])
            done = page[-1][0]

    # --- folding ---------------------------------------------------------------------

    def apply(self, page: Sequence[tuple[int, Any, int]]) -> None:
        """Fold recorded events into all views, within the open transaction.

        ``page`` has the position, the event and the number of the source of each, in order.
        """
        facts: list[Standing] = []
        for position, event, source in page:
            if isinstance(event, FactCorrected | EventRetracted):
                self._fold(facts, self._folds)
                facts = []
                self._change(self.facts.amend(position, event), self._folds)
            elif not isinstance(event, EventCited | UnknownEvent):
                facts.append(Standing(position, position, position, event, source))
        self._fold(facts, self._folds)
        self.reach(page[-1][0])

    def _fold(self, facts: Sequence[Standing], folds: Sequence["_Fold"]) -> None:
        """Fold facts of which some may say what others said."""
        if not facts:
            return
        later = self._second_reports(facts)
        missing = self.insert([fact for fact in facts if fact.fact not in later], folds)
        for fact in facts:
            if fact.fact in missing or fact.fact in later:
                change = self.facts.take(fact)
                if change.added and change.added[0].fact == fact.fact:
                    self.insert(change.added, folds)
                else:
                    self._change(change, folds)

    def _second_reports(self, facts: Sequence[Standing]) -> set[int]:
        """Return the status reports of meetings of which something was reported before."""
        reports = [fact for fact in facts if isinstance(fact.content, StatusReport)]
        if not reports:
            return set()
        seen = self.facts.reported({fact.content.meeting for fact in reports})
        later = set()
        for fact in reports:
            if fact.content.meeting in seen:
                later.add(fact.fact)
            seen.add(fact.content.meeting)
        return later

    def insert(self, news: Sequence[Standing], folds: Sequence["_Fold"] | None = None) -> set[int]:
        """Fold facts that say something new; return those that say what another one said, which are left out."""
        folds = self._folds if folds is None else folds
        missing: set[int] = set()
        for fold in folds:
            if fold.keeps_kinds:
                missing |= fold.insert(news)
        added = [fact for fact in news if fact.fact not in missing] if missing else news
        for fold in folds:
            if not fold.keeps_kinds:
                fold.insert(added)
            fold.total(added)
        return missing

    def follow(self, evidence: Sequence[tuple[Standing, int]]) -> None:
        """Fold facts that are further evidence, each with the fact it is evidence of."""
        for new, leader in evidence:
            self._change(self.facts.place(new, leader), self._folds)

    def _change(self, change: Change, folds: Sequence["_Fold"]) -> None:
        if change.removed or change.added:
            for fold in folds:
                fold.change(change.removed, change.added, change.until)

    def reach(self, position: int) -> None:
        """Note that all projections have reached a position."""
        self._connection.executemany(
            "UPDATE projections SET position = ? WHERE name = ?", [(position, p.name) for p in self.projections]
        )

    def _checkpoint(self, projection: Projection, position: int) -> None:
        self._connection.execute("UPDATE projections SET position = ? WHERE name = ?", (position, projection.name))

    # --- another time ----------------------------------------------------------------

    def as_known(self, position: int) -> None:
        """Shadow all tables by temporary views that show them as the log stood at a position."""
        facts = next(statement for statement in FACT_DDL if "CREATE VIEW facts" in statement)
        for statement in (
            f"CREATE TEMP VIEW events AS SELECT * FROM main.events WHERE position <= {position}",
            f"CREATE TEMP VIEW projections AS SELECT name, version, {position} AS position FROM main.projections",
            f"CREATE TEMP VIEW amendments AS SELECT * FROM main.amendments WHERE position <= {position}",
            f"CREATE TEMP VIEW exceptions AS {_EXCEPTIONS_AT.format(position=position)}",
            facts.replace("CREATE VIEW", "CREATE TEMP VIEW"),
        ):
            self._connection.execute(statement)
        for fold in self._folds:
            fold.as_known(position)


def shadow(name: str, columns: Iterable[str], position: int) -> str:
    """Return a statement that shows a table, and what has fallen from it, as they stood at a position."""
    listed = ", ".join(columns)
    return (
        f"CREATE TEMP VIEW {name} AS SELECT {listed} FROM main.{name} WHERE since <= {position}"
        f" UNION ALL SELECT {listed} FROM main.{name}_past WHERE since <= {position} AND until > {position}"
    )


class _TallyFold:
    """The statements that keep one tally; each run of rows is (first fact, last fact, after)."""

    def __init__(self, tally: Tally) -> None:
        name, key, sums, maxima = tally.name, tally.key, tally.sums, tally.maxima
        self.keys, self.width = len(key), len(key) + len(sums)
        self.over = tally.select.format(rows=f"(SELECT * FROM {tally.table} WHERE fact BETWEEN ? AND ? AND since > ?)")
        columns = ", ".join([*key, *sums, *maxima])
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
        whole = f"SELECT {columns} FROM ({_named(tally.select.format(rows=tally.table), columns)}) WHERE {where}"
        # Only where the row that goes has the highest: to find the next one, all rows of the key are read.
        highest = " OR ".join(f"{column} = ?" for column in maxima)
        self.again = (
            f"UPDATE {name} SET ({', '.join(maxima)}) = (SELECT {', '.join(maxima)} FROM ({whole}))"
            f" WHERE {where} AND ({highest})"
        )


class _StateFold:
    """The statements that keep one state, for the keys given as a JSON list."""

    def __init__(self, state: State) -> None:
        keys = "(SELECT value FROM json_each(:keys))"
        # The keys go to the innermost rows: SQLite does not push them into a subquery by itself.
        select = state.select.format(rows=f"(SELECT * FROM {state.table} WHERE {state.key} IN {keys})")
        columns = ", ".join(state.columns)
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


def _named(select: str, columns: str) -> str:
    return f"WITH named ({columns}) AS ({select}) SELECT * FROM named"


def _quoted(columns: Iterable[str]) -> list[str]:
    """Return column names in quotes: a field may be named like a word of SQL."""
    return [f'"{column}"' for column in columns]


class _TableFold:
    """The statements that keep one table, and the parts made of it."""

    def __init__(self, table: Table, projection: Projection) -> None:
        self.table = table
        columns = ("fact", "event", "since", *table.columns)
        parts = projection.parts
        self.tallies = [_TallyFold(p) for p in parts if isinstance(p, Tally) and p.table == table.name]
        self.states = [
            (_StateFold(p), columns.index(p.key)) for p in parts if isinstance(p, State) and p.table == table.name
        ]
        self.find = f"SELECT * FROM {table.name} WHERE fact = ?"
        or_leave_out = " ON CONFLICT DO NOTHING" if table.unique else ""
        self.insert = f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(columns))}){or_leave_out}"
        self.bury = f"INSERT INTO {table.name}_past SELECT *, ? FROM {table.name} WHERE fact = ? AND since < ?"
        self.delete = f"DELETE FROM {table.name} WHERE fact = ?"


class _Fold:
    """One projection on one connection."""

    def __init__(self, connection: sqlite3.Connection, projection: Projection, facts: EffectiveLog) -> None:
        self._connection = connection
        self._facts = facts
        self.projection = projection
        #: Whether it keeps tables of kinds, whose rows tell which facts say the same.
        self.keeps_kinds = projection.name == "standard" or projection.name.startswith("kind:")
        self._tables = {p.name: _TableFold(p, projection) for p in projection.parts if isinstance(p, Table)}
        self._feeds: dict[type, list[tuple[str, Callable[..., Row | None], bool]]] = {}
        for name, fold in self._tables.items():
            for cls, feed in fold.table.feed.items():
                self._feeds.setdefault(cls, []).append((name, feed, fold.table.sourced))

    def create(self) -> None:
        """Make the tables anew and empty; raises ProjectionError, also where a name is taken in the file."""
        try:
            self._drop()
            for part in self.projection.parts:
                self._create(part)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
                raise
            raise ProjectionError(f"projection {self.projection.name!r} cannot be made: {error}") from error
        self._connection.execute(
            "INSERT INTO projections VALUES (?, ?, 0, ?)"
            " ON CONFLICT DO UPDATE SET version = excluded.version, position = 0, parts = excluded.parts",
            (self.projection.name, self.projection.version, json.dumps(names_of(self.projection.parts))),
        )

    def _drop(self) -> None:
        """Drop what an earlier version made; what else is in the file is left alone, and in the way."""
        run = self._connection.execute
        made = {name: json.loads(parts) for name, parts in run("SELECT name, parts FROM projections").fetchall()}
        kinds = {name.lower(): kind for name, kind in run("SELECT name, type FROM sqlite_schema").fetchall()}
        tables = made.pop(self.projection.name, [])
        for name in names_of(self.projection.parts):  # those of the library's own, whatever holds them now
            if name not in tables and self.projection.name in ("standard", _OURS.get(name.lower())):
                tables.append(name)
        for name in reversed(tables):
            if (kind := kinds.pop(name.lower(), None)) is not None:
                run(f"DROP {kind} {name}")
        for name in names_of(self.projection.parts):
            if name.lower() in kinds:
                owner = next((other for other, parts in made.items() if name in parts), None)
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

    def total(self, added: Sequence[Standing]) -> None:
        """Bring what is made of tables up to date with rows that were just put into them."""
        if not added:
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
            for tally in fold.tallies:
                for row in new:
                    self._connection.execute(tally.gain, (row[0], row[0], -1))
            for state, column in fold.states:
                self._decide(state, {row[column] for row in old} | {row[column] for row in new})

    def _put(self, fold: "_TableFold", rows: Sequence[Row]) -> int:
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
            for name, feed, sourced in feeds.get(type(content), ()):
                row = feed(content, self._facts.source(source)) if sourced else feed(content)
                if row is not None:
                    rows[name].append((fact, event, since, *row))
        return rows

    def _take_out(self, fold: _TableFold, fact: int, until: int) -> list[Row]:
        old: list[Row] = self._connection.execute(fold.find, (fact,)).fetchall()
        if old:
            lost = [
                (tally, self._connection.execute(tally.over, (fact, fact, -1)).fetchall()) for tally in fold.tallies
            ]
            self._connection.execute(fold.bury, (until, fact, until))
            self._connection.execute(fold.delete, (fact,))
            for tally, rows in lost:
                for row in rows:
                    self._lose(tally, row)
        return old

    def _lose(self, tally: _TallyFold, row: Row) -> None:
        key, sums, highest = row[: tally.keys], row[tally.keys : tally.width], row[tally.width :]
        self._connection.execute(tally.lose, (*sums, *key))
        if self._connection.execute(tally.drop, key).rowcount or not any(value is not None for value in highest):
            return
        self._connection.execute(tally.again, (*key, *key, *highest))

    def _decide(self, state: _StateFold, keys: Collection[object]) -> None:
        params = {"keys": json.dumps(list(keys))}
        if self._connection.execute(state.upsert, params).rowcount < len(keys):
            self._connection.execute(state.forget, params)

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
