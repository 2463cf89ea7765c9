"""Anomalies: facts that are odd but may be true. They are recorded and counted, and listed here.

Everything is read one time, in slim rows. Of a registry as it was earlier, each question to a
view costs as much as making that view (17,000 meetings: 0.2 s).
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import attrs
import orjson

from dialogue_registry.model.events import Fact
from dialogue_registry.queries.anomalies_of_meetings import MeetingAnomalies
from dialogue_registry.queries.anomalies_of_people import PeopleAnomalies
from dialogue_registry.queries.display import Rows, differing, table, value_in_words
from dialogue_registry.queries.oddity import AnomalyKind, Oddity
from dialogue_registry.queries.reader import Reader

_MOST_EVENTS = 100
"""So many events of one anomaly are named."""


@attrs.frozen(kw_only=True)
class Anomaly:
    """Something odd: its ``kind``, the id it is about, ``why``, and the ids of the events it comes from."""

    kind: AnomalyKind
    subject: str
    why: str
    events: tuple[str, ...]

    @property
    def event(self) -> str | None:
        """The id of its event, where it comes from exactly one."""
        return self.events[0] if len(self.events) == 1 else None


class Anomalies(Rows[Anomaly]):
    """The anomalies of a registry, those of one kind together; printed, they are a table."""

    __slots__ = ()

    @property
    def by_kind(self) -> Mapping[AnomalyKind, tuple[Anomaly, ...]]:
        """The anomalies of each kind."""
        found: dict[AnomalyKind, list[Anomaly]] = {}
        for anomaly in self:
            found.setdefault(anomaly.kind, []).append(anomaly)
        return {kind: tuple(of_kind) for kind, of_kind in found.items()}

    def lines(self) -> list[tuple[str, str, str]]:
        """Return kind, subject and why of each; a kind stands beside its first one, with their number if several."""
        return [
            ("" if place else kind if len(of_kind) == 1 else f"{kind} ({len(of_kind)})", one.subject, one.why)
            for kind, of_kind in self.by_kind.items()
            for place, one in enumerate(of_kind)
        ]

    def __str__(self) -> str:
        return "\n".join(table(("kind", "subject", "why"), self.lines()))


def find(connection: sqlite3.Connection, reader: Reader, today: date) -> Anomalies:
    """Return the anomalies that the views show, as of a day."""
    of_meetings = MeetingAnomalies(connection, reader, today.isoformat())
    found = [
        *of_meetings.find(),
        *PeopleAnomalies(connection, of_meetings).find(),
        *_disputes(reader),
    ]
    ids = _ids(connection, (event for oddity in found for event in oddity.positions[:_MOST_EVENTS]))
    kinds = {kind: place for place, kind in enumerate(dict.fromkeys(oddity.kind for oddity in found))}
    return Anomalies(
        Anomaly(
            kind=oddity.kind,
            subject=oddity.subject,
            why=oddity.why,
            events=(*oddity.disputed, *(ids[position] for position in oddity.positions[:_MOST_EVENTS])),
        )
        for oddity in sorted(found, key=lambda oddity: kinds[oddity.kind])
    )


def _ids(connection: sqlite3.Connection, positions: Iterable[int]) -> Mapping[int, str]:
    asked = orjson.dumps(list(set(positions))).decode()
    return dict(
        connection.execute(
            "SELECT position, id FROM events WHERE position IN (SELECT value FROM json_each(?))", (asked,)
        ).fetchall()
    )


def _disputes(reader: Reader) -> Iterator[Oddity]:
    for dispute in reader.disputes():
        differences = "; ".join(
            f"{name}: {_stated(dispute.standing, name)} stands, {_stated(dispute.claim, name)} is claimed"
            for name in differing(dispute.standing, dispute.claim)
        )
        why = f"{differences}, as {', '.join(source.title for source in dispute.sources)} has it"
        subject = reader.kinds.subject(dispute.standing)
        yield Oddity(AnomalyKind.DISPUTED, subject, why, (dispute.event,), (dispute.disputed,))


def _stated(fact: Fact, name: str) -> str:
    value = getattr(fact, name)
    return "nothing" if value in (None, "", ()) else value_in_words(value)
