"""The sources of a registry: each with its number, and how many events name it.

They are numbered in the order in which the log names them first, so every copy of it has the same numbers.
"""

import sqlite3

import attrs

from dialogue_registry.log.codec import decode_source
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Source
from dialogue_registry.queries.display import Rows, Shown

_SELECT = """
WITH inside (id) AS (
    SELECT :within
    UNION SELECT series FROM series WHERE dialogue = :within
    UNION SELECT m.meeting FROM meetings m JOIN series s ON s.series = m.series WHERE :within IN (s.series, s.dialogue)
)
, named (id, first, events) AS (
    SELECT s.id, min(e.position), count(*) FILTER (WHERE :within IS NULL OR e.subject IN (SELECT id FROM inside))
    FROM events e JOIN sources s ON s.id = e.source GROUP BY s.id
)
, numbered AS (SELECT id, events, row_number() OVER (ORDER BY first, id) AS number FROM named)
SELECT n.number, s.data, n.events FROM numbered n JOIN sources s ON s.id = n.id WHERE n.events > 0 ORDER BY n.number
"""


@attrs.frozen(kw_only=True)
class NumberedSource(Shown):
    """A source, its number in this registry, and how many ``events`` name it; those withdrawn count too."""

    number: int
    title: str
    url: str
    publisher: str
    published: PartialDate | None
    language: str
    kind: str
    events: int

    @property
    def source(self) -> Source:
        """The source itself."""
        return Source(**{name: getattr(self, name) for name in attrs.fields_dict(Source)})


def sources(connection: sqlite3.Connection, within: str | None = None) -> tuple[NumberedSource, ...]:
    """Return the sources of all events, or of those about a subject and what lies in it, in the order of the log."""
    rows = connection.execute(_SELECT, {"within": within}).fetchall()
    return Rows(_source(number, data, events) for number, data, events in rows)


def _source(number: int, data: str, events: int) -> NumberedSource:
    source = decode_source(data)
    assert source is not None
    return NumberedSource(number=number, events=events, **attrs.asdict(source, recurse=False))
