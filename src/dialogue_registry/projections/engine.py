"""The engine that keeps projections up to date with the facts that stand, one event or one page at a time."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

from dialogue_registry.errors import InvalidValueError, NewerRegistryError
from dialogue_registry.log.codec import AMENDMENT_WORDS
from dialogue_registry.log.sqlite_functions import raised_in_function
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.log.sqlite_scopes import Connection
from dialogue_registry.model.events import EventCited, EventRetracted, FactCorrected, StatusReport, UnknownEvent
from dialogue_registry.model.kinds import Kind
from dialogue_registry.model.shown import shown
from dialogue_registry.model.stored_rows import FUNCTION, folded_texts
from dialogue_registry.model.tables import Projection, names_of
from dialogue_registry.projections.effective_log import NAMES as FACT_TABLES
from dialogue_registry.projections.effective_log import TABLES as FACT_DDL
from dialogue_registry.projections.effective_log import Change, EffectiveLog, Standing
from dialogue_registry.projections.fold import RESERVED_NAMES, Fold
from dialogue_registry.projections.standard import meeting_status


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
            raise InvalidValueError(f"{shown(projection)} is no projection: give projections=[mine], a Projection each")
    names = [projection.name for projection in projections]
    if len(set(names)) < len(names):
        raise InvalidValueError(f"two projections share a name ({', '.join(names)}): rename one")
    taken = dict(RESERVED_NAMES)
    for projection in projections:
        owners = {RESERVED_NAMES.get(name) for name in names_of(projection.parts)}
        if projection.name == "search" and owners != {"search"}:
            raise InvalidValueError("a projection is named 'search', as the library's own is: rename yours")
        for name in names_of(projection.parts):
            if (owner := taken.setdefault(name.lower(), projection.name)) != projection.name:
                raise InvalidValueError(
                    f"{name!r} of projection {projection.name!r} is the name of a table or view of {owner!r}: "
                    "rename yours"
                )


_MOST_AMENDMENTS = 20
"""With more amendments a page, Python makes its rows: each ends a run of facts, and takes statements of its own."""
_EXCEPTIONS_AT = """
SELECT fact, since, iif(until > {position}, NULL, until) AS until, event, leader, subject, source, said
FROM main.exceptions WHERE since <= {position}
AND NOT (since = fact AND leader IS NULL AND ifnull(until > {position}, TRUE)) -- changed only later: no exception then
"""
_CHECKPOINTS = """
CREATE TABLE IF NOT EXISTS projections (
    name TEXT PRIMARY KEY, version INTEGER NOT NULL, position INTEGER NOT NULL, parts TEXT NOT NULL
) STRICT, WITHOUT ROWID
"""


class Views:
    """All projections of one registry file, and the facts they are made of."""

    def __init__(self, connection: Connection, log: SQLiteLog, projections: Sequence[Projection]) -> None:
        self._connection = connection
        self._log = log
        self.facts = EffectiveLog(connection, log)
        connection.add_function("meeting_status", meeting_status)
        connection.add_function(FUNCTION, folded_texts)
        self.projections = projections
        self._folds = [Fold(connection, projection, self.facts) for projection in projections]

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
        checkpoints = self.checkpoints()
        standard = self.projections[0]
        version = checkpoints.get(standard.name, (0, 0))[0]
        if version > standard.version:
            raise NewerRegistryError(
                f"the views have version {version}, this library knows up to {standard.version}: "
                "upgrade dialogue_registry"
            )
        if version < standard.version:
            return list(self.projections)
        return [p for p in self.projections if checkpoints.get(p.name, (0, 0))[0] != p.version]

    def lagging(self) -> list[Projection]:
        """Return the projections that have not reached what the standard one has, or were not made."""
        checkpoints = self.checkpoints()
        reached = checkpoints[self.projections[0].name][1]
        return [p for p in self.projections if checkpoints.get(p.name) != (p.version, reached)]

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

    def make(self, projections: Sequence[Projection], progress: Callable[[int, int], object] | None = None) -> None:
        """Make some projections again; all of them from the log if the standard one is among them."""
        if self.projections[0] in projections:
            self.create()
            self.replay(progress)
            return
        for fold in self._folds:
            if fold.projection in projections:
                fold.create()
        self.catch_up()

    def replay(self, progress: Callable[[int, int], object] | None, *, by_sql: bool = True) -> None:
        """Feed the whole log to empty tables, a page at a time; states and tallies are made at the end.

        Rows that are plain columns of the stored JSON are made by SQL, unless ``by_sql`` is
        False. Then every event is read and checked, and the log may be on another connection.
        """
        head, done = self._log.head().position, 0
        for fold in self._folds:
            fold.deferred = True
        try:
            while end := self._log.end_of_page(done):
                if not (by_sql and self._apply_stored(done, end)):
                    self._apply(self._log.events(done, until=end, limit=-1))
                self.reach(end)
                done = end
                if progress is not None:
                    progress(done, head)
            for fold in self._folds:
                fold.derive()
        finally:
            for fold in self._folds:
                fold.deferred = False

    def _apply_stored(self, after: int, until: int) -> bool:
        """Fold a page of the log, with rows made by SQL where that can be; return whether it was folded.

        Facts between two amendments do not depend on their order: those whose rows SQL makes
        come first. A page that SQL cannot read is left to :meth:`apply`, which says why.
        """
        kinds = [kind for word in self._log.words(after, until) if (kind := self._log.codec.kinds.by_word(word))]
        stored = [kind for kind in kinds if self._table_by_sql(kind) is not None]
        self._connection.execute("SAVEPOINT page")
        try:
            others = self._log.events(
                after, until=until, without=[(kind.word, kind.version) for kind in stored], limit=-1
            )
            cuts = [position for position, event, _ in others if isinstance(event, FactCorrected | EventRetracted)]
            if len(cuts) > _MOST_AMENDMENTS:
                return False
            for start, end in pairwise((after, *cuts, until)):
                for kind in stored:
                    self._insert_stored(kind, start, end)
                self._apply([item for item in others if start < item[0] <= end])
        except (sqlite3.OperationalError, sqlite3.IntegrityError) as error:
            raised_in_function(error)
            self._connection.execute("ROLLBACK TO page")
            return False
        finally:
            self._connection.execute("RELEASE page")
        return True

    def _table_by_sql(self, kind: Kind) -> Fold | None:
        """Return what keeps the table of a kind, where SQL makes its rows and nothing else needs its facts."""
        fed = [fold for fold in self._folds if fold.makes_rows(kind.cls)]
        return fed[0] if len(fed) == 1 and fed[0].makes_rows_by_sql(kind) else None

    def _insert_stored(self, kind: Kind, after: int, until: int) -> None:
        """Fold the facts of a kind between two positions: by SQL those that say something new, then the others."""
        fold = self._table_by_sql(kind)
        assert fold is not None
        for position in fold.insert_stored(kind, after, until):
            ((_, event, source),) = self._log.events(position - 1, until=position)
            self._take(Standing(position, position, position, event, source), self._folds)

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

    def _catch_up_kinds(self, fold: Fold, after: int) -> None:
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
        self._apply(page)
        self.reach(page[-1][0])

    def _apply(self, page: Sequence[tuple[int, Any, int]]) -> None:
        facts: list[Standing] = []
        for position, event, source in page:
            if isinstance(event, FactCorrected | EventRetracted):
                self._fold(facts, self._folds)
                facts = []
                self._change(self.facts.amend(position, event), self._folds)
            elif not isinstance(event, EventCited | UnknownEvent):
                facts.append(Standing(position, position, position, event, source))
        self._fold(facts, self._folds)

    def _fold(self, facts: Sequence[Standing], folds: Sequence[Fold]) -> None:
        """Fold facts of which some may say what others said."""
        if not facts:
            return
        later = self._second_reports(facts)
        missing = self.insert([fact for fact in facts if fact.fact not in later], folds)
        for fact in facts:
            if fact.fact in missing or fact.fact in later:
                self._take(fact, folds)

    def _take(self, fact: Standing, folds: Sequence[Fold]) -> None:
        """Fold a fact that may say what another one said."""
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

    def insert(self, news: Sequence[Standing], folds: Sequence[Fold] | None = None) -> set[int]:
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

    def _change(self, change: Change, folds: Sequence[Fold]) -> None:
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
