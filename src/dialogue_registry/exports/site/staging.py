"""A file of what pages need in another order than the registry is asked in, kept while they are written.

Attendance is asked meeting by meeting and shown person by person; a source is cited everywhere
and shown once. Both are gathered in a SQLite file that goes when the site is done, so that
memory stays the same however many there are.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

from dialogue_registry.log.codec import decode_source, encode_source
from dialogue_registry.model.events import Source
from dialogue_registry.model.names import name_parts
from dialogue_registry.queries.persons import plain_words
from dialogue_registry.queries.plain_text import plain
from dialogue_registry.queries.results import Attendance, Presence

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
PRAGMA cache_size = -4000;
CREATE TABLE sources (number INTEGER PRIMARY KEY, data TEXT NOT NULL UNIQUE);
CREATE TABLE supported (
    source INTEGER, kind TEXT, subject TEXT, facts INTEGER, PRIMARY KEY (source, kind, subject)
) WITHOUT ROWID;
CREATE TABLE names (
    id INTEGER PRIMARY KEY, party TEXT, person TEXT, name TEXT, bearer INTEGER, UNIQUE (party, person, name)
);
CREATE TABLE capacities (
    id INTEGER PRIMARY KEY, party TEXT, office TEXT, role TEXT, on_behalf_of TEXT, level TEXT, format TEXT,
    UNIQUE (party, office, role, on_behalf_of, level, format)
);
CREATE TABLE citations (id INTEGER PRIMARY KEY, sources TEXT NOT NULL UNIQUE);
CREATE TABLE appearances (meeting INTEGER, name INTEGER, capacity INTEGER, citation INTEGER, presence TEXT);
CREATE TABLE people (
    id INTEGER PRIMARY KEY, key_party TEXT, key_name TEXT, party TEXT, person TEXT, written TEXT, sort TEXT, alike TEXT,
    meetings INTEGER, page TEXT, anchor TEXT, UNIQUE (key_party, key_name)
);
"""


class Capacity(NamedTuple):
    """The capacity in which somebody took part in a meeting; "" stands for what is not known."""

    party: str
    office: str
    role: str
    on_behalf_of: str
    level: str
    format: str

    def data(self) -> dict[str, str]:
        """Return the capacity as JSON has it, without a level and a format that are not known."""
        return {name: text for name, text in self._asdict().items() if text or name not in ("level", "format")}


_CAPACITY = ", ".join(Capacity._fields)
_CAPACITY_OF = ", ".join(f"c.{field}" for field in Capacity._fields)
_PERSON = (
    "p.id, p.key_party || char(31) || p.key_name, p.party, coalesce(p.person, ''), p.written, p.meetings, p.page,"
    " p.anchor"
)
_WIDTH = len(Capacity._fields)


def _capacity(row: Attendance) -> Capacity:
    return Capacity(row.party, row.office, str(row.role), row.on_behalf_of, row.level or "", row.format or "")


class Seat(NamedTuple):
    """A person's part in a meeting, with the numbers of the sources that say so."""

    name: str
    capacity: Capacity
    citation: str
    page: str
    anchor: str


class Person(NamedTuple):
    """A person of a party under the name that is shown; ``key`` is what tells this person from all others."""

    id: int
    key: str
    party: str
    person: str
    written: str
    meetings: int
    page: str
    anchor: str

    @property
    def href(self) -> str:
        """The place of the person, from the top of the site."""
        return f"{self.page}.html{f'#{self.anchor}' if self.anchor else ''}"


class Appearance(NamedTuple):
    """An appearance at a meeting, by its number, or an absence: in which capacity, under which name."""

    meeting: int
    capacity: Capacity
    name: str
    citation: str
    presence: Presence


class Staging:
    """The file in which pages are prepared."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.executescript(_SCHEMA)
        self._connection.execute("BEGIN")
        self._ids: dict[str, dict[tuple[str, ...], int]] = {}
        self._numbers: dict[Source, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def _id(self, table: str, columns: str, values: tuple[str, ...]) -> int:
        known = self._ids.setdefault(table, {})
        found = known.get(values)
        if found is None:
            if len(known) > 5_000:
                known.clear()
            holes = ", ".join("?" * len(values))
            self._connection.execute(f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({holes})", values)
            found = self._connection.execute(
                f"SELECT {'number' if table == 'sources' else 'id'} FROM {table} WHERE ({columns}) = ({holes})", values
            ).fetchone()[0]
            known[values] = found
        return int(found)

    # --- sources ---------------------------------------------------------------------------

    def source_number(self, source: Source) -> int:
        """Return the number of a source: 1 for the first that was asked for."""
        number = self._numbers.get(source)
        if number is None:
            if len(self._numbers) > 5_000:
                self._numbers.clear()
            number = self._numbers[source] = self._id("sources", "data", (encode_source(source) or "",))
        return number

    def support(self, kind: str, subject: str, sources: Iterable[Source], facts: int = 1) -> None:
        """Keep that sources say so many facts of a kind about a subject."""
        rows = [(self.source_number(source), kind, subject, facts) for source in sources]
        self._connection.executemany(
            "INSERT INTO supported VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET facts = facts + excluded.facts", rows
        )

    def sources(self) -> Iterator[tuple[int, Source]]:
        """Yield all sources by their numbers."""
        for number, data in self._connection.execute("SELECT number, data FROM sources ORDER BY number"):
            source = decode_source(data, 0)
            assert source is not None
            yield number, source

    def source_count(self) -> int:
        """Return how many sources were asked for."""
        return int(self._connection.execute("SELECT count(*) FROM sources").fetchone()[0])

    def source_title(self, number: int) -> str:
        """Return the title of the source of a number."""
        (data,) = self._connection.execute("SELECT data FROM sources WHERE number = ?", (number,)).fetchone()
        source = decode_source(data, 0)
        assert source is not None
        return source.title

    def supported(self, number: int) -> list[tuple[str, str, int]]:
        """Return what a source says: kinds of facts, their subjects, how many of each."""
        return self._connection.execute(
            "SELECT kind, subject, facts FROM supported WHERE source = ? ORDER BY subject, kind", (number,)
        ).fetchall()

    # --- attendance ------------------------------------------------------------------------

    def add_meeting(self, number: int, meeting: str, attendance: Sequence[Attendance]) -> None:
        """Keep who took part in a meeting, and who is said to have been absent."""
        cited: Counter[Source] = Counter()
        rows = []
        for row in attendance:
            if row.presence is Presence.PRESENT:
                cited.update(row.sources)
            citation = " ".join(str(self.source_number(source)) for source in row.sources)
            rows.append(
                (
                    number,
                    self._id("names", "party, person, name", (row.party, row.person, row.name)),
                    self._id("capacities", _CAPACITY, _capacity(row)),
                    self._id("citations", "sources", (citation,)),
                    row.presence.value,
                )
            )  # fmt: skip
        self._connection.executemany("INSERT INTO appearances VALUES (?, ?, ?, ?, ?)", rows)
        for source, facts in cited.items():
            self.support("attendance", meeting, [source], facts)

    def decide_people(self, key: Callable[[str, str], tuple[str, str]]) -> int:
        """Gather the rows of each person; return how many people there are.

        ``key`` returns what tells the person of a party and a name (or an id) from others. It
        is the registry's own, so that joined names are one person here too.
        """
        connection = self._connection
        pages = _paged(connection, "SELECT id, party, person, name FROM names WHERE id > ? ORDER BY id LIMIT 1000")
        for id_, party, person, name in pages:
            of = key(party, person or name)
            if not of[1]:
                continue  # nobody is named, or by blanks alone
            bearer = self._id("people", "key_party, key_name", of)
            connection.execute("UPDATE names SET bearer = ? WHERE id = ?", (bearer, id_))
        connection.executescript(_GATHER_PEOPLE)
        connection.execute("BEGIN")
        shown = "SELECT id, coalesce(written, key_name) FROM people WHERE id > ? ORDER BY id LIMIT 1000"
        for id_, written in _paged(connection, shown):
            connection.execute(
                "UPDATE people SET written = ?, sort = ?, alike = ? WHERE id = ?",
                (written, plain(name_parts(written).sort), " ".join(plain_words(written)), id_),
            )
        return self.people_count()

    def place_people(self, place: Callable[[Person], tuple[str, str]]) -> None:
        """Set the page and the anchor of each person, as a function returns them, in alphabetical order."""
        placed = ((one.id, *place(one)) for one in self.people_by_name())
        self._connection.executemany("INSERT INTO places VALUES (?, ?, ?)", placed)
        self._connection.execute(
            "UPDATE people SET (page, anchor) = (SELECT page, anchor FROM places WHERE person = people.id)"
        )

    def seats(self, meeting: int) -> list[Seat]:
        """Return who took part in a meeting, by party, in the order it was recorded."""
        found = self._connection.execute(
            f"SELECT {_CAPACITY_OF}, coalesce(nullif(n.name, ''), p.written, ''), i.sources, coalesce(p.page, ''),"
            " coalesce(p.anchor, '') FROM appearances a JOIN names n ON n.id = a.name"
            " JOIN capacities c ON c.id = a.capacity JOIN citations i ON i.id = a.citation"
            " LEFT JOIN people p ON p.id = n.bearer WHERE a.meeting = ? AND a.presence = 'present' ORDER BY a.rowid",
            (meeting,),
        )
        return [Seat(row[_WIDTH], Capacity(*row[:_WIDTH]), *row[_WIDTH + 1 :]) for row in found]

    def person_of(self, row: Attendance) -> Person | None:
        """Return the person that a row of attendance names; None where it names nobody."""
        found = self._connection.execute(
            f"SELECT {_PERSON} FROM names n JOIN people p ON p.id = n.bearer"
            " WHERE n.party = ? AND n.person = ? AND n.name = ?",
            (row.party, row.person, row.name),
        ).fetchone()
        return None if found is None else Person(*found)

    def people(self) -> Iterator[Person]:
        """Yield all people page by page, and by their names on each."""
        return self._people("p.page, p.sort, p.key_party, p.key_name")

    def people_by_name(self) -> Iterator[Person]:
        """Yield all people in alphabetical order."""
        return self._people("p.sort, p.key_party, p.key_name")

    def _people(self, order: str) -> Iterator[Person]:
        rows = self._connection.cursor().execute(f"SELECT {_PERSON} FROM people p ORDER BY {order}")
        yield from map(Person._make, rows)

    def people_count(self) -> int:
        """Return how many people there are."""
        return int(self._connection.execute("SELECT count(*) FROM people").fetchone()[0])

    def of_the_same_name(self, person: Person) -> list[Person]:
        """Return other people whose names differ in titles, case, diacritics and the order of the words at most."""
        found = self._connection.execute(
            f"SELECT {_PERSON} FROM people p, people o WHERE o.id = ? AND p.alike = o.alike AND p.alike <> ''"
            " AND p.id <> o.id ORDER BY p.sort, p.key_party, p.key_name",
            (person.id,),
        )
        return [Person(*row) for row in found]

    def people_in_words(self) -> Iterator[tuple[Person, list[str]]]:
        """Yield all people, those who came oftenest first, with their names and offices."""
        for person in self._people("p.meetings DESC, p.sort, p.key_party, p.key_name"):
            rows = self._connection.execute(
                "SELECT DISTINCT n.name, c.office FROM names n JOIN appearances a ON a.name = n.id"
                " JOIN capacities c ON c.id = a.capacity WHERE n.bearer = ? ORDER BY a.rowid",
                (person.id,),
            ).fetchall()
            yield person, list(dict.fromkeys(text for row in rows for text in row))

    def appearances(self, person: int) -> list[Appearance]:
        """Return where a person was, or is said to have been absent, in the order of the meetings."""
        found = self._connection.execute(
            f"SELECT {_CAPACITY_OF}, a.meeting, n.name, i.sources, a.presence FROM names n"
            " JOIN appearances a ON a.name = n.id JOIN capacities c ON c.id = a.capacity"
            " JOIN citations i ON i.id = a.citation WHERE n.bearer = ? ORDER BY a.meeting, a.rowid",
            (person,),
        )
        return [
            Appearance(meeting, Capacity(*capacity), name, citation, Presence(presence))
            for *capacity, meeting, name, citation, presence in found
        ]

    def parties(self) -> list[tuple[str, int, int]]:
        """Return each party that took part, at how many meetings, with how many delegates in all."""
        return self._connection.execute(
            "SELECT party, count(*), sum(delegates) FROM delegations GROUP BY party ORDER BY party"
        ).fetchall()

    def prepare_parties(self) -> None:
        """Gather attendance by party."""
        self._connection.execute(
            "CREATE TEMP TABLE delegations AS SELECT c.party AS party, a.meeting AS meeting, count(*) AS delegates"
            " FROM appearances a JOIN capacities c ON c.id = a.capacity WHERE a.presence = 'present' GROUP BY 1, 2"
        )
        self._connection.execute("CREATE INDEX temp.delegations_party ON delegations (party, meeting)")

    def delegations(self, party: str) -> list[tuple[int, int]]:
        """Return at which meetings a party was, with how many delegates."""
        return self._connection.execute(
            "SELECT meeting, delegates FROM delegations WHERE party = ? ORDER BY meeting", (party,)
        ).fetchall()

    def members(self, party: str) -> list[Person]:
        """Return who came for a party."""
        found = self._connection.execute(
            f"SELECT {_PERSON} FROM people p WHERE p.party = ? AND p.meetings > 0 ORDER BY p.sort, p.key_name", (party,)
        )
        return [Person(*row) for row in found]

    # --- search ----------------------------------------------------------------------------

    def connection(self) -> sqlite3.Connection:
        """Return the connection, for tables of others that are kept here."""
        return self._connection


# What stands with a maximum is of the row that has it: the name written last, by the order of the meetings.
_GATHER_PEOPLE = """
CREATE INDEX names_bearer ON names (bearer);
CREATE INDEX appearances_name ON appearances (name, meeting);
CREATE INDEX appearances_meeting ON appearances (meeting);
CREATE TABLE places (person INTEGER PRIMARY KEY, page TEXT, anchor TEXT);
CREATE TABLE last AS SELECT n.bearer, n.party, n.name, max((a.meeting << 40) + a.rowid) AS place
    FROM names n JOIN appearances a ON a.name = n.id WHERE n.bearer IS NOT NULL GROUP BY n.bearer, n.name <> '';
CREATE INDEX last_bearer ON last (bearer);
UPDATE people SET
    written = (SELECT name FROM last WHERE bearer = people.id AND name <> ''),
    party = (SELECT party FROM last WHERE bearer = people.id ORDER BY place DESC),
    person = (SELECT person FROM names WHERE bearer = people.id AND person <> '' ORDER BY id LIMIT 1),
    meetings = (SELECT count(DISTINCT a.meeting) FROM names n JOIN appearances a ON a.name = n.id
                WHERE n.bearer = people.id AND a.presence = 'present');
CREATE INDEX people_sort ON people (sort, key_party, key_name);
CREATE INDEX people_alike ON people (alike);
CREATE INDEX people_party ON people (party);
"""


def _paged(connection: sqlite3.Connection, query: str) -> Iterator[tuple[Any, ...]]:
    last = 0
    while rows := connection.execute(query, (last,)).fetchall():
        yield from rows
        last = rows[-1][0]
