"""What a published site shows: its tables, and what Datasette is told about them.

The tables are made for readers: every row has a key that can be read, names its source and
links to it, and leads to its event in the log by ``event``. They are filled from a copy of
the registry attached as ``old``.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

_TOLD = "source INTEGER REFERENCES sources (id), source_url TEXT"
_EVENT = f"event INTEGER PRIMARY KEY REFERENCES events (position), {_TOLD}"
_LATER = "DEFERRABLE INITIALLY DEFERRED"
_DIALOGUE = f"dialogue TEXT REFERENCES dialogues (dialogue) {_LATER}"
_SERIES = f"series TEXT REFERENCES series (series) {_LATER}"
_MEETING = f"meeting TEXT REFERENCES meetings (meeting) {_LATER}"
_PARTY = f"REFERENCES all_parties (party) {_LATER}"


class Page(NamedTuple):
    """One table of the site: its columns, how it is filled, and how it is shown."""

    columns: str
    #: A SELECT over ``old``, or "" where the rows are answers of the registry.
    fill: str
    about: str
    facets: Sequence[str] = ()
    label: str = ""
    newest: str = ""
    #: What a column means, where its name does not say.
    meaning: Mapping[str, str] = {}


#: The first source of each fact, for the tables to join.
FIRST_SOURCES = """
CREATE TEMP TABLE told AS
SELECT fact, source, url FROM (
    SELECT v.fact AS fact, s.id AS source, s.url AS url,
           row_number() OVER (PARTITION BY v.fact ORDER BY v.telling) AS place
    FROM old.evidence v JOIN old.sources s ON s.data = v.source
) WHERE place = 1
"""
_FROM = "FROM old.{table} t LEFT JOIN told ON told.fact = t.fact"
_SOURCE = "told.source, told.url"

PAGES: Mapping[str, Page] = {
    "dialogues": Page(
        f"dialogue TEXT PRIMARY KEY, name TEXT, launched TEXT, also_called TEXT, {_TOLD},"
        " event INTEGER REFERENCES events (position)",
        f"SELECT dialogue, name, launched, listed(aliases), {_SOURCE}, t.event {_FROM.format(table='dialogues')}",
        "Dialogues that hold series of meetings. Open one for its series and its parties.",
        label="name",
    ),
    "series": Page(
        f"series TEXT PRIMARY KEY, name TEXT, abbreviation TEXT, {_DIALOGUE}, held INTEGER, in_person INTEGER,"
        " online INTEGER, hybrid INTEGER, unknown INTEGER, numbered INTEGER, highest_ordinal INTEGER,"
        f" also_called TEXT, {_TOLD}, event INTEGER REFERENCES events (position)",
        "SELECT t.series, t.name, t.abbreviation, t.dialogue, c.held, c.in_person, c.online, c.hybrid, c.unknown,"
        f" c.numbered, c.highest_ordinal, listed(t.aliases), {_SOURCE}, t.event {_FROM.format(table='series')}"
        " JOIN old.cumulative_counts c ON c.series = t.series ORDER BY t.fact",
        "Series of meetings, each with the meetings recorded as held. Open one for its meetings and stated counts.",
        facets=("dialogue",),
        label="name",
        meaning={
            "held": "all meetings recorded as held, numbered or not",
            "numbered": "those that bear an ordinal",
            "unknown": "those of which it is not known how they were held",
            "highest_ordinal": "the highest number printed on one of them; not a count",
        },
    ),
    "meetings": Page(
        f"meeting TEXT PRIMARY KEY, name TEXT, {_SERIES}, status TEXT, date TEXT, ordinal INTEGER, format TEXT,"
        f" place TEXT, country TEXT {_PARTY}, delegates INTEGER, reason TEXT, {_TOLD},"
        " event INTEGER REFERENCES events (position), earliest TEXT, latest TEXT",
        "SELECT t.meeting, coalesce(nullif(t.title, ''), s.name || coalesce(' ' || t.ordinal, '')), t.series, t.status,"
        " t.date, t.ordinal, t.format, nullif(t.place, ''), nullif(t.country, ''),"
        f" (SELECT count(*) FROM old.attendance a WHERE a.meeting = t.meeting), t.reason, {_SOURCE},"
        f" t.event, t.earliest, t.latest {_FROM.format(table='meetings')} JOIN old.series s ON s.series = t.series"
        " ORDER BY t.earliest IS NULL, t.earliest, t.latest, t.fact",
        "Meetings with their present status. Open one for who attended, what was discussed and what was agreed.",
        facets=("series", "status", "format", "country"),
        label="name",
        newest="earliest",
        meaning={
            "date": "EDTF: a day, a month, a year, a span (from/to), or one unknown day of a window [from..to]",
            "ordinal": "the number printed on the meeting; not its place in a count",
            "earliest": "the first day on which it can have begun",
            "latest": "the last day on which it can have begun",
            "source": "the first source that tells it; the table evidence has all",
        },
    ),
    "delegates": Page(
        f"name TEXT, person TEXT REFERENCES people (person) {_LATER}, party TEXT {_PARTY}, office TEXT, role TEXT,"
        f" {_MEETING}, on_behalf_of TEXT, {_EVENT}",
        "SELECT coalesce(nullif(name, ''), 'not named'), person(name), party, office, role, meeting,"
        f" nullif(on_behalf_of, ''), t.event, {_SOURCE} {_FROM.format(table='attendance')} ORDER BY t.fact",
        "Who took part in a meeting, and in which office: names as the source writes them.",
        facets=("party", "role"),
        label="name",
    ),
    "people": Page(
        "person TEXT PRIMARY KEY, written TEXT, meetings INTEGER",
        "SELECT person(name), group_concat(DISTINCT name), count(DISTINCT meeting) FROM old.attendance"
        " WHERE name <> '' GROUP BY 1 ORDER BY 1",
        "Names of delegates, family name first where capitals tell it. Nothing is guessed: one person spelled in two "
        "ways is two rows, two people of one name are one.",
        label="person",
    ),
    # Not "parties": opened as a registry again, the file makes a table of that name.
    "all_parties": Page(
        "party TEXT PRIMARY KEY, name TEXT, meetings INTEGER",
        "SELECT p.party, coalesce((SELECT name FROM old.parties n WHERE n.party = p.party ORDER BY fact), p.party),"
        " (SELECT count(DISTINCT meeting) FROM old.attendance a WHERE a.party = p.party)"
        " FROM (SELECT party FROM old.parties UNION SELECT party FROM old.attendance"
        " UNION SELECT country FROM old.meetings WHERE country <> '') p ORDER BY 2",
        "Countries and organisations, by ISO 3166-1 code where there is one. Open one for its delegates.",
        label="name",
        meaning={"meetings": "the meetings at which a delegate of this party is recorded"},
    ),
    "accessions": Page(
        f"{_DIALOGUE}, party TEXT {_PARTY}, joined TEXT, {_EVENT}",
        f"SELECT dialogue, party, joined, t.event, {_SOURCE} {_FROM.format(table='parties')} ORDER BY t.fact",
        "Which party joined which dialogue, and when.",
        facets=("dialogue", "party"),
    ),
    "topics": Page(
        f"topic TEXT, {_MEETING}, {_EVENT}",
        f"SELECT topic, meeting, t.event, {_SOURCE} {_FROM.format(table='topics')} ORDER BY t.fact",
        "What was discussed.",
        label="topic",
    ),
    "activities": Page(
        f"title TEXT, field TEXT, organisers TEXT, date TEXT, {_MEETING}, {_EVENT}",
        f"SELECT title, field, listed(organisers), date, meeting, t.event, {_SOURCE} {_FROM.format(table='activities')}"
        " ORDER BY t.fact",
        "Related activities reported at a meeting. They are no meetings of a series, and are never counted.",
        facets=("field",),
        label="title",
        meaning={"meeting": "the meeting at which it was reported"},
    ),
    "outcomes": Page(
        f"title TEXT, kind TEXT, {_MEETING}, {_EVENT}",
        f"SELECT title, kind, meeting, t.event, {_SOURCE} {_FROM.format(table='outcomes')} ORDER BY t.fact",
        "What meetings agreed on.",
        facets=("kind",),
        label="title",
    ),
    "counts": Page(
        f"{_SERIES}, as_of TEXT, held INTEGER, possibly INTEGER, in_person INTEGER, online INTEGER, hybrid INTEGER,"
        " unknown INTEGER, numbered INTEGER, PRIMARY KEY (series, as_of)",
        "",
        "How many meetings of each series had certainly been held by the end of each year.",
        facets=("series", "as_of"),
        meaning={"possibly": "at most so many: with those whose date is not certain"},
    ),
    "reconciliation": Page(
        f"{_SERIES}, as_of TEXT, stated INTEGER, format TEXT, recorded TEXT, verdict TEXT, difference INTEGER,"
        f" rules TEXT, own_meeting TEXT, meetings TEXT, reported_at TEXT, {_EVENT}",
        "",
        "Every count that an official source states, held against the meetings on record under every counting rule.",
        facets=("verdict", "series"),
        newest="as_of",
        meaning={
            "stated": "what the source says; of one format only where format is given",
            "recorded": "meetings recorded as held by then; from certainly to possibly",
            "difference": "stated minus recorded, by the nearest rule",
            "rules": "the counting rules that give the verdict",
            "own_meeting": "whether the statement counts the meeting whose release states it",
            "meetings": "the meetings that make the difference between the rules",
        },
    ),
    "disputes": Page(
        f"on_record TEXT, claimed TEXT, reason TEXT, {_DIALOGUE}, {_SERIES}, {_MEETING}, {_EVENT}",
        "",
        "Where a source contradicts what is on record: the claim is kept beside the fact, and is not counted.",
    ),
    "anomalies": Page(
        "kind TEXT, subject TEXT, why TEXT, event INTEGER REFERENCES events (position)",
        "",
        "What is odd but may be true: recorded, counted, and listed here.",
        facets=("kind",),
    ),
    "evidence": Page(
        "fact INTEGER REFERENCES events (position), event INTEGER REFERENCES events (position),"
        f" {_TOLD}, {_MEETING}, recorded_at TEXT, recorded_by TEXT",
        "SELECT v.fact, v.event, s.id, s.url, m.meeting, v.recorded_at, v.by FROM old.evidence v"
        " LEFT JOIN old.sources s ON s.data = v.source LEFT JOIN old.meetings m ON m.fact = v.fact ORDER BY 1, 2",
        "Every source of every fact that stands.",
        meaning={
            "fact": "the event that first told it",
            "event": "the event that this source tells it by",
            "meeting": "where the fact is that this meeting was announced or held",
        },
    ),
    "search": Page(
        f"kind TEXT, text TEXT, {_DIALOGUE}, {_SERIES}, {_MEETING}, {_EVENT}",
        "SELECT kind, text, coalesce(d.dialogue, s.dialogue, ms.dialogue), coalesce(s.series, m.series), m.meeting,"
        f" t.event, {_SOURCE} {_FROM.format(table='search_texts')}"
        " LEFT JOIN old.dialogues d ON d.dialogue = t.subject LEFT JOIN old.series s ON s.series = t.subject"
        " LEFT JOIN old.meetings m ON m.meeting = t.subject LEFT JOIN old.series ms ON ms.series = m.series"
        " ORDER BY t.fact",
        "Everything that has words: titles, names, offices, topics, activities, outcomes. Case and diacritics do not "
        "matter.",
        facets=("kind", "series"),
        label="text",
    ),
}
#: Rows per table for which the index of ``search_texts`` answers; all but these have no words.
UNSEARCHED = {"people", "all_parties", "counts", "reconciliation", "disputes", "anomalies", "evidence"}

#: What the log keeps of a source, beside its title and address.
SOURCE_COLUMNS = ("publisher", "published", "language", "kind")


class Query(NamedTuple):
    """A question that the site answers at an address of its own."""

    title: str
    about: str
    sql: str


QUERIES = {
    "find": Query(
        "Find",
        "All of the words, each as the beginning of one. Case and diacritics do not matter.",
        """WITH found AS (
    SELECT rowid AS event, rank AS place FROM search_index
    WHERE search_index MATCH '"' || replace(replace(:words, '"', ' '), ' ', '"* "') || '"*'
    UNION ALL SELECT event, 0 FROM search WHERE length(:words) > 8 AND instr(text, :words)
)
SELECT s.text, s.kind, s.meeting, s.series, s.dialogue, s.source_url, s.event
FROM search s JOIN (SELECT event, min(place) AS place FROM found GROUP BY event) f ON f.event = s.event
ORDER BY f.place, s.event LIMIT 200""",
    ),
    "counts_as_of": Query(
        "How many meetings, as of a day",
        "Certainly: the last day on which a meeting can have begun has come. Possibly: the first has. "
        "A day is written as 2021-06-16; without one, all that is recorded counts.",
        """SELECT s.series, s.name,
       count(m.meeting) FILTER (WHERE :day = '' OR m.latest <= :day) AS certain,
       count(m.meeting) FILTER (WHERE :day = '' OR m.earliest <= :day OR m.earliest IS NULL) AS possible,
       max(m.ordinal) FILTER (WHERE :day = '' OR m.latest <= :day) AS highest_ordinal
FROM series s LEFT JOIN meetings m ON m.series = s.series AND m.status = 'held'
WHERE :day = '' OR date(:day, '+0 days') IS :day GROUP BY s.series
UNION ALL SELECT NULL, 'There is no day ' || :day || ': write it as 2021-06-16', NULL, NULL, NULL
WHERE :day <> '' AND date(:day, '+0 days') IS NOT :day ORDER BY 2""",
    ),
    "disagreements": Query(
        "Stated counts that the record does not bear out",
        "Under no rule, with or without the meeting that states them.",
        """SELECT r.series, s.name, r.as_of, r.stated, r.format, r.recorded, r.difference, r.verdict, r.source_url
FROM reconciliation r JOIN series s ON s.series = r.series WHERE r.verdict <> 'agrees' ORDER BY r.as_of""",
    ),
    "delegations": Query(
        "Delegations: who came for whom, meeting by meeting",
        "Give the code of a party, such as JPN; without one, all of them.",
        """SELECT m.date, m.meeting, m.name, p.name AS party, count(*) AS delegates,
       group_concat(d.name || coalesce(' (' || nullif(d.office, '') || ')', ''), '; ') AS who, d.source_url
FROM delegates d JOIN meetings m ON m.meeting = d.meeting JOIN all_parties p ON p.party = d.party
WHERE :party IN ('', d.party) GROUP BY m.meeting, d.party ORDER BY m.earliest, p.name""",
    ),
    # Feeds are queries and no views, so that they have a title and are whole, however many rows a page has.
    "calendar": Query(
        "Calendar: meetings on a known day, held or to come",
        "To subscribe to, as calendar.ics (plugin datasette-ics). A day begins at midnight UTC.",
        """SELECT name AS event_name, earliest AS event_dtstart,
       date(coalesce(iif(date LIKE '%/%', substr(date, 12), NULL), latest), '+1 day') AS event_dtend,
       status || coalesce(', ' || format, '') || coalesce(', ' || place, '') || coalesce(' ' || source_url, '')
           AS event_description,
       meeting || '@dialogue-registry' AS event_uid
FROM meetings WHERE status IN ('held', 'announced') AND earliest = latest ORDER BY earliest DESC""",
    ),
    "feed": Query(
        "News: what was recorded last",
        "To subscribe to, as feed.atom (plugin datasette-atom).",
        """SELECT 'urn:uuid:' || e.id AS atom_id, replace(type, '.', ' ') || ': ' || subject AS atom_title,
       recorded_at AS atom_updated, e.data AS atom_content,
       iif(s.url LIKE 'http://%' OR s.url LIKE 'https://%', s.url, 'events/' || position) AS atom_link
FROM (SELECT * FROM events ORDER BY position DESC LIMIT 100) e LEFT JOIN sources s ON s.id = e.source
UNION ALL SELECT 'urn:dialogue-registry:empty', 'Nothing is recorded yet', '2004-01-01T00:00:00Z', '', 'events'
WHERE NOT EXISTS (SELECT 1 FROM events) ORDER BY atom_updated DESC""",
    ),
}

ASSETS = {"extra_css_urls": ["/static/site.css"], "extra_js_urls": ["/static/site.js"]}
"""Which Datasette 0.65 wants in its metadata, and 1.0 in its configuration."""


def metadata(database: str, told: Mapping[str, str], pictures: Sequence[str]) -> Mapping[str, Any]:
    """What Datasette is told: about the site, its tables, facets, labels, search and queries."""
    words = escape(told.get("description", ""))
    front = {key: value for key, value in told.items() if key != "description"} | {
        "description_html": f"<p>{words}</p>" * bool(words) + _front(database, pictures)
    }
    tables = {name: _table(name, page) for name, page in PAGES.items()}
    tables["events"] = {
        "description": "The log itself, append-only, each event chained to the one before it by its hash.",
        "label_column": "type",
        "sort_desc": "position",
        "facets": ["type"],
    }
    tables["sources"] = {"description": "The pages that tell the facts.", "label_column": "title"}
    contents = "".join(
        f'<dt><a href="{_tilde(database)}/{name}">{name}</a></dt><dd>{escape(table["description"])}</dd>'
        for name, table in tables.items()
    )
    tables |= {name: {"hidden": True} for name in ("search_texts", "sqlite_sequence")}
    queries = {
        name: {"title": query.title, "description": query.about, "sql": query.sql, "hide_sql": True}
        for name, query in QUERIES.items()
    }
    shown = {
        "description_html": f'{_front(database, ())}<dl class="contents">{contents}</dl>',
        "tables": tables,
        "queries": queries,
    }
    return {**front, **ASSETS, "databases": {database: shown}}


def _table(name: str, page: Page) -> Mapping[str, Any]:
    told: dict[str, Any] = {"description": page.about}
    if page.label:
        told["label_column"] = page.label
    if page.facets:
        told["facets"] = list(page.facets)
    if page.newest:
        told["sort_desc"] = page.newest
    if page.meaning:
        told["columns"] = dict(page.meaning)
    if name not in UNSEARCHED:
        told |= {"fts_table": "search_index", "fts_pk": "event"}
    return told


_WAYS = {
    "dialogues": "Dialogues",
    "series": "Series",
    "meetings": "Meetings",
    "delegates": "Delegates",
    "all_parties": "Parties",
    "topics": "Topics",
    "outcomes": "Outcomes",
    "counts": "Counts",
    "counts_as_of?day=": "Counts as of a day",
    "reconciliation": "Stated and recorded",
    "disagreements": "Disagreements",
    "disputes": "Disputes",
    "anomalies": "Anomalies",
    "sources": "Sources",
    "events": "The log",
    "calendar": "Calendar",
    "feed": "News",
}


def _front(database: str, pictures: Sequence[str]) -> str:
    """The way in: a search box, links in the order of reading, pictures."""
    # Relative, so that they lead there from the front page and the database's page, under any prefix.
    root = _tilde(database)
    links = "".join(f'<a href="{root}/{path}">{name}</a>' for path, name in _WAYS.items())
    shown = "".join(
        f'<a class="picture" href="static/{name}.svg"><img src="static/{name}.svg" alt="{alt}"></a>'
        for name, alt in PICTURES.items()
        if name in pictures
    )
    return (
        f'<form class="find" action="{root}/find"><input type="search" name="words" required'
        ' placeholder="a name, a topic, an office" aria-label="Search"> <input type="submit" value="Search"></form>'
        f'<nav class="ways">{links}</nav>{shown}'
    )


_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


def _tilde(text: str) -> str:
    """A text as Datasette writes it in a path."""
    return "".join(
        char if char in _PLAIN else "+" if char == " " else "".join(f"~{byte:02X}" for byte in char.encode())
        for char in text
    )


PICTURES = {"timeline": "The meetings of each series over time", "counts": "Meetings held, and the counts stated"}
"""The pictures of the front page, each with what it shows."""
