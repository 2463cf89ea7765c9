"""A file of what pages need in another order than the registry is asked in, kept while they are written.

Attendance is asked meeting by meeting and shown person by person; a source is cited everywhere
and shown once. Both are gathered in a SQLite file that goes when the site is done, so that
memory stays the same however many there are.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Self

from dialogue_registry.exports.site.capacity import Capacity
from dialogue_registry.log.codec import decode_source, encode_source
from dialogue_registry.model.events import Source
from dialogue_registry.model.names import NameParts, ironed, name_parts
from dialogue_registry.queries.plain_text import plain
from dialogue_registry.queries.results import Attendance

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
PRAGMA cache_size = -4000;
CREATE TABLE sources (number INTEGER PRIMARY KEY, data TEXT NOT NULL UNIQUE);
CREATE TABLE supported (
    source INTEGER, kind TEXT, subject TEXT, facts INTEGER, PRIMARY KEY (source, kind, subject)
) WITHOUT ROWID;
CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, person INTEGER);
CREATE TABLE capacities (
    id INTEGER PRIMARY KEY, party TEXT, office TEXT, role TEXT, on_behalf_of TEXT, level TEXT, format TEXT,
    UNIQUE (party, office, role, on_behalf_of, level, format)
);
CREATE TABLE citations (id INTEGER PRIMARY KEY, sources TEXT NOT NULL UNIQUE);
CREATE TABLE appearances (meeting INTEGER, name INTEGER, capacity INTEGER, citation INTEGER);
CREATE TABLE people (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, family INTEGER, sort TEXT, written TEXT,
                     page TEXT, anchor TEXT);
CREATE TABLE orders (key TEXT, person INTEGER, PRIMARY KEY (key, person)) WITHOUT ROWID;
CREATE TABLE bearers (person INTEGER, name INTEGER, PRIMARY KEY (person, name)) WITHOUT ROWID;
"""


_CAPACITY = ", ".join(Capacity._fields)
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
    """A person under the name that is shown, with the page and the anchor in the site."""

    id: int
    written: str
    page: str
    anchor: str


class Appearance(NamedTuple):
    """An appearance at a meeting, by its number: in which capacity, under which name."""

    meeting: int
    capacity: Capacity
    name: str
    citation: str


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

    def add_meeting(self, number: int, meeting: str, attended: Sequence[Attendance]) -> None:
        """Keep who took part in a meeting."""
        cited: Counter[Source] = Counter()
        rows = []
        for row in attended:
            cited.update(row.sources)
            citation = " ".join(str(self.source_number(source)) for source in row.sources)
            rows.append(
                (
                    number,
                    self._id("names", "name", (row.name,)),
                    self._id("capacities", _CAPACITY, _capacity(row)),
                    self._id("citations", "sources", (citation,)),
                )
            )  # fmt: skip
        self._connection.executemany("INSERT INTO appearances VALUES (?, ?, ?, ?)", rows)
        for source, facts in cited.items():
            self.support("attendance", meeting, [source], facts)

    def decide_people(self) -> int:
        """Find out which names are one person, as the question ``delegate`` does; return how many people there are.

        Names are one where they differ in honorific, case, width and spacing only. An open name,
        whose capitals do not mark the family name, is that of the person who bears its words in either
        order; where there are several such people, it is a person of its own, who may be any of them.
        """
        connection = self._connection
        for name, id_ in _paged(connection, "SELECT name, id FROM names WHERE id > ? ORDER BY id LIMIT 1000"):
            if not name.strip():
                continue  # nobody is named
            parts = name_parts(name)
            key, orders = _key(parts)
            connection.execute(
                "INSERT OR IGNORE INTO people (key, family, sort, written) VALUES (?, ?, ?, ?)",
                (key, bool(parts.family), plain(parts.sort), name),
            )
            (person,) = connection.execute("SELECT id FROM people WHERE key = ?", (key,)).fetchone()
            connection.execute("UPDATE names SET person = ? WHERE id = ?", (person, id_))
            connection.executemany("INSERT OR IGNORE INTO orders VALUES (?, ?)", [(order, person) for order in orders])
        connection.executescript(_JOIN_OPEN_NAMES)
        connection.execute("BEGIN")
        (people,) = connection.execute("SELECT count(*) FROM people").fetchone()
        return int(people)

    def place_people(self, place: Callable[[str, int], tuple[str, str]]) -> None:
        """Set the page and the anchor of each person, as a function returns them for a name and its appearances."""
        rows = self._connection.cursor().execute(
            "SELECT id, written, (SELECT count(*) FROM bearers b JOIN appearances a ON a.name = b.name"
            " WHERE b.person = people.id) FROM people ORDER BY sort, key"
        )
        with_places = self._connection.cursor()
        while page := rows.fetchmany(1000):
            with_places.executemany(
                "INSERT INTO places VALUES (?, ?, ?)",
                [(id_, *place(written, appearances)) for id_, written, appearances in page],
            )
        self._connection.execute(
            "UPDATE people SET (page, anchor) = (SELECT page, anchor FROM places WHERE person = people.id)"
        )

    def seats(self, meeting: int) -> list[Seat]:
        """Return who took part in a meeting, by party, in the order it was recorded."""
        found = self._connection.execute(
            f"SELECT {_CAPACITY}, n.name, i.sources, coalesce(p.page, ''), coalesce(p.anchor, '')"
            " FROM appearances a JOIN names n ON n.id = a.name"
            " JOIN capacities c ON c.id = a.capacity JOIN citations i ON i.id = a.citation"
            " LEFT JOIN people p ON p.id = n.person WHERE a.meeting = ? ORDER BY a.rowid",
            (meeting,),
        )
        return [Seat(row[_WIDTH], Capacity(*row[:_WIDTH]), *row[_WIDTH + 1 :]) for row in found]

    def place_of(self, name: str) -> tuple[str, str] | None:
        """Return the page and the anchor of the person of a name as written; None where that person never came."""
        found = self._connection.execute(
            "SELECT p.page, p.anchor FROM names n JOIN people p ON p.id = n.person WHERE n.name = ?", (name,)
        ).fetchone()
        return None if found is None else (found[0], found[1])

    def people(self) -> Iterator[Person]:
        """Yield all people page by page, and by their names on each."""
        rows = self._connection.cursor().execute(
            "SELECT id, written, page, anchor FROM people ORDER BY page, sort, key"
        )
        while page := rows.fetchmany(1000):
            yield from (Person(*row) for row in page)

    def people_count(self) -> int:
        """Return how many people there are."""
        return int(self._connection.execute("SELECT count(*) FROM people").fetchone()[0])

    def people_with_counts(self) -> Iterator[tuple[str, str, str, str, int]]:
        """Yield all people with their page and anchor, the parties they came for, and at how many meetings."""
        rows = self._connection.cursor().execute(
            "SELECT p.written, p.page, p.anchor, (SELECT group_concat(party, char(31)) FROM"
            "  (SELECT party FROM members m WHERE m.person = p.id ORDER BY meetings DESC, party)),"
            " (SELECT count(DISTINCT a.meeting) FROM bearers b JOIN appearances a ON a.name = b.name"
            "  WHERE b.person = p.id) FROM people p ORDER BY p.sort, p.key"
        )
        while page := rows.fetchmany(1000):
            yield from page

    def people_in_words(self) -> Iterator[tuple[str, str, str, list[str], list[str], list[str]]]:
        """Yield all people, those who came oftenest first: with page, anchor, spellings, offices and parties."""
        people = self._connection.cursor().execute(
            "SELECT p.id, p.written, p.page, p.anchor FROM people p JOIN (SELECT person, sum(meetings) AS meetings"
            " FROM members GROUP BY person) m ON m.person = p.id ORDER BY m.meetings DESC, p.sort, p.key"
        )
        while page := people.fetchmany(1000):
            for id_, written, path, anchor in page:
                rows = self._connection.execute(
                    "SELECT DISTINCT n.name, c.office, c.party FROM bearers b JOIN appearances a ON a.name = b.name"
                    " JOIN names n ON n.id = a.name JOIN capacities c ON c.id = a.capacity WHERE b.person = ?"
                    " ORDER BY a.rowid",
                    (id_,),
                ).fetchall()
                names, offices, parties = (list(dict.fromkeys(column)) for column in zip(*rows, strict=True))
                yield written, path, anchor, names, offices, parties

    def appearances(self, person: int) -> list[Appearance]:
        """Return where a person was, in the order of the meetings."""
        found = self._connection.execute(
            f"SELECT {_CAPACITY}, a.meeting, n.name, i.sources FROM bearers b"
            " JOIN appearances a ON a.name = b.name JOIN names n ON n.id = a.name"
            " JOIN capacities c ON c.id = a.capacity JOIN citations i ON i.id = a.citation"
            " WHERE b.person = ? ORDER BY a.meeting, a.rowid",
            (person,),
        )
        return [Appearance(row[_WIDTH], Capacity(*row[:_WIDTH]), *row[_WIDTH + 1 :]) for row in found]

    def parties(self) -> list[tuple[str, int, int]]:
        """Return each party that took part, at how many meetings, with how many delegates in all."""
        return self._connection.execute(
            "SELECT c.party, count(DISTINCT a.meeting), count(*) FROM appearances a"
            " JOIN capacities c ON c.id = a.capacity GROUP BY c.party ORDER BY c.party"
        ).fetchall()

    def prepare_parties(self) -> None:
        """Gather attendance by party."""
        self._connection.execute(
            "CREATE TEMP TABLE delegations AS SELECT c.party AS party, a.meeting AS meeting, count(*) AS delegates"
            " FROM appearances a JOIN capacities c ON c.id = a.capacity GROUP BY 1, 2"
        )
        self._connection.execute("CREATE INDEX temp.delegations_party ON delegations (party, meeting)")
        self._connection.execute(
            "CREATE TEMP TABLE members AS SELECT c.party AS party, b.person AS person,"
            " count(DISTINCT a.meeting) AS meetings FROM appearances a JOIN capacities c ON c.id = a.capacity"
            " JOIN bearers b ON b.name = a.name GROUP BY 1, 2"
        )
        self._connection.execute("CREATE INDEX temp.members_party ON members (party)")
        self._connection.execute("CREATE INDEX temp.members_person ON members (person)")

    def delegations(self, party: str) -> list[tuple[int, int]]:
        """Return at which meetings a party was, with how many delegates."""
        return self._connection.execute(
            "SELECT meeting, delegates FROM delegations WHERE party = ? ORDER BY meeting", (party,)
        ).fetchall()

    def members(self, party: str) -> list[tuple[str, str, str, int]]:
        """Return who came for a party: name, page and anchor, at how many meetings."""
        return self._connection.execute(
            "SELECT p.written, p.page, p.anchor, m.meetings FROM members m JOIN people p ON p.id = m.person"
            " WHERE m.party = ? ORDER BY p.sort, p.key",
            (party,),
        ).fetchall()

    # --- search ----------------------------------------------------------------------------

    def connection(self) -> sqlite3.Connection:
        """Return the connection, for tables of others that are kept here."""
        return self._connection


# A person without a family name of whom there is one bearer is that bearer.
_JOIN_OPEN_NAMES = """
CREATE INDEX names_person ON names (person);
CREATE TABLE open AS SELECT p.id AS person, o.person AS known FROM people p JOIN orders o ON o.key = p.key
    WHERE NOT p.family;
CREATE INDEX open_person ON open (person);
CREATE TABLE single AS SELECT person, min(known) AS known FROM open GROUP BY person HAVING count(*) = 1;
CREATE UNIQUE INDEX single_person ON single (person);
INSERT INTO bearers SELECT person, id FROM names WHERE person IS NOT NULL AND person NOT IN (SELECT person FROM single);
INSERT OR IGNORE INTO bearers SELECT o.known, n.id FROM open o JOIN names n ON n.person = o.person;
INSERT OR IGNORE INTO bearers SELECT o.person, n.id FROM open o JOIN names n ON n.person = o.known
    WHERE o.person NOT IN (SELECT person FROM single);
UPDATE names SET person = (SELECT known FROM single WHERE single.person = names.person)
    WHERE person IN (SELECT person FROM single);
DELETE FROM people WHERE id IN (SELECT person FROM single);
CREATE INDEX people_sort ON people (sort, key);
CREATE INDEX appearances_name ON appearances (name, meeting);
CREATE INDEX appearances_meeting ON appearances (meeting);
CREATE TABLE places (person INTEGER PRIMARY KEY, page TEXT, anchor TEXT);
"""


def _paged(connection: sqlite3.Connection, query: str) -> Iterator[tuple[str, int]]:
    last = 0
    while rows := connection.execute(query, (last,)).fetchall():
        yield from rows
        last = rows[-1][1]


def _key(parts: NameParts) -> tuple[str, list[str]]:
    """Return what tells a name from others, and, where its family name is known, its words in both orders."""
    if not parts.family:
        return ironed(parts.sort), []
    family, given = ironed(parts.family), ironed(parts.given)
    return f"{family}\x1f{given}", [f"{family} {given}".strip(), f"{given} {family}".strip()]
