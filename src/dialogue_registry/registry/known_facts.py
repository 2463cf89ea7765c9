"""The questions that are asked of the log before a fact is recorded or amended."""

import sqlite3
from collections.abc import Iterable

import orjson

from dialogue_registry.model.persons import Persons
from dialogue_registry.model.recording_rules import Subject
from dialogue_registry.model.status import Status
from dialogue_registry.projections.effective_log import EffectiveLog

_KNOWN = """
SELECT m.meeting, 'meeting', m.series, m.status FROM json_each(:ids) JOIN meetings m ON m.meeting = value
UNION ALL SELECT s.series, 'series', s.dialogue, NULL FROM json_each(:ids) JOIN series s ON s.series = value
UNION ALL SELECT d.dialogue, 'dialogue', '', NULL FROM json_each(:ids) JOIN dialogues d ON d.dialogue = value
"""


class KnownFacts:
    """The facts that stand, as far as rules ask for them."""

    def __init__(self, connection: sqlite3.Connection, facts: EffectiveLog) -> None:
        self._connection = connection
        self._facts = facts

    def subjects(self, ids: Iterable[str]) -> dict[str, Subject]:
        """Return what each id names that is known, with its parent and status."""
        params = {"ids": orjson.dumps(list(ids)).decode()}
        rows = self._connection.execute(_KNOWN, params).fetchall()
        return {id_: Subject(kind, parent, status and Status(status)) for id_, kind, parent, status in rows}

    def attended(self, meeting: str, *, after: int = 0, before: int | None = None) -> bool:
        """Return whether somebody is recorded to have attended a meeting, by facts between two positions."""
        row = self._connection.execute(
            "SELECT 1 FROM attendance WHERE meeting = :meeting AND presence = 'present' AND fact > :after"
            " AND (:before IS NULL OR fact < :before) LIMIT 1",
            {"meeting": meeting, "after": after, "before": before},
        ).fetchone()
        return row is not None

    def persons(self, *, without: int | None = None) -> Persons:
        """Return the persons that the statements which stand make of names, all but one statement."""
        rows = self._connection.execute(
            "SELECT fact, event FROM same_persons UNION ALL SELECT fact, event FROM different_persons ORDER BY fact"
        ).fetchall()
        return Persons((event, self._facts.content(event)) for fact, event in rows if fact != without)
