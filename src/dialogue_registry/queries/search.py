"""Full-text search: the words of the facts that stand, in an index of SQLite's FTS5.

The index is a projection of its own, so that recording does not wait for it. It is made, and
brought up to date, on searching. Of a registry opened read-only, or as known at a position,
it is made in memory.
"""

import re
import sqlite3
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from zlib import crc32

import attrs

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.log.sqlite_scopes import Connection
from dialogue_registry.model.events import (
    ActivityReported,
    DelegateAbsent,
    DelegateAttended,
    DialogueLaunched,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    NameUsed,
    OutcomeAgreed,
    PartyJoined,
    PartyLeft,
    SeriesOpened,
    Source,
    TopicDiscussed,
)
from dialogue_registry.model.kind_tables import ANY_SUBJECT, SUBJECTS
from dialogue_registry.model.kinds import Kind, Kinds
from dialogue_registry.model.tables import Feed, Projection, Row, Table
from dialogue_registry.model.texts import fold_text
from dialogue_registry.projections.engine import Views
from dialogue_registry.projections.standard import STANDARD
from dialogue_registry.queries.display import Rows, Shown
from dialogue_registry.queries.persons import persons
from dialogue_registry.queries.plain_text import UNSPACED, plain
from dialogue_registry.queries.reader import Reader


@attrs.frozen(kw_only=True)
class Found(Shown):
    """A fact in which the words were found.

    ``subject`` is the id it is about, "" where it is about none. ``kind`` is one of dialogue,
    party, series, meeting, delegate, topic, activity, outcome, name, or the word of a kind of
    yours. ``text`` is all that is searched of it, ``snippet`` a part of that with the words
    found in brackets.
    """

    subject: str
    kind: str
    text: str
    snippet: str
    event: int
    sources: tuple[Source, ...]


LONGEST = 1000
"""So many characters may be searched for: a name or a title is shorter, and a page is no question."""

_WINDOW = 8
_WORD = re.compile(r"[^\W_]+")


def also(text: str) -> str:
    """Return further words to find a text by: its plain form, and parts of words without spaces.

    SQLite takes 日本外務省 for one word. So all its parts of up to 8 characters are words
    too: a search for 外務 or 外務省 finds it, with any tool.
    """
    bare = plain(fold_text(text))
    words = {} if bare == text.lower() else {bare: None}
    for word in _words(bare):
        if UNSPACED.search(word):
            for start in range(len(word)):
                words |= dict.fromkeys(word[start:end] for end in range(start + 1, start + _WINDOW + 1))
    return " ".join(words)


def query(text: str) -> str:
    """Ask FTS5 for all words of any text, each of them possibly the beginning of a word."""
    if len(text) > LONGEST:
        raise InvalidValueError(
            f"a text of {len(text)} characters is too long to search for: give some of its words, up to {LONGEST}"
        )
    clean = plain(fold_text(text).encode(errors="ignore").decode().replace("\0", " "))
    return " ".join(term for piece in clean.split() for term in _terms(piece))


def _terms(piece: str) -> Iterator[str]:
    if not UNSPACED.search(piece):
        if _WORD.search(piece):
            yield '"' + piece.replace('"', " ") + ('"' if piece[-1].isdigit() else '"*')
        return
    for word in _words(piece):
        for start in range(max(1, len(word) - _WINDOW + 1)):
            yield f'"{word[start : start + _WINDOW]}"'


def _words(text: str) -> list[str]:
    """Return the words of a text as the index has them: letters, digits, and the marks on them."""
    if not UNSPACED.search(text):
        return _WORD.findall(text)
    return "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in text).split()


def _row(subject: str, kind: str, *texts: str) -> Row | None:
    text = " · ".join(filter(None, texts))
    return (subject, kind, text, also(text)) if text else None


_MEETING = ("meeting", "title", "place", "country")
_SEARCHED: Mapping[type, tuple[str, ...]] = {
    DialogueLaunched: ("dialogue", "name", "aliases"),
    PartyJoined: ("party", "name", "party", "aliases"),
    SeriesOpened: ("series", "name", "abbreviation", "aliases"),
    MeetingAnnounced: _MEETING,
    MeetingHeld: _MEETING,
    MeetingPostponed: ("meeting", "reason"),
    MeetingCancelled: ("meeting", "reason"),
    DelegateAttended: ("delegate", "name", "office", "party", "on_behalf_of"),
    TopicDiscussed: ("topic", "topic"),
    ActivityReported: ("activity", "title", "field", "organisers"),
    OutcomeAgreed: ("outcome", "title", "kind"),
    PartyLeft: ("party", "party", "reason"),
    DelegateAbsent: ("delegate", "name", "office", "party", "represented_by", "reason"),
    NameUsed: ("name", "name", "party"),
}
"""The facts of the library that are searched: the word for what was found, then the fields whose texts come first."""
_TOLD_APART_BY = frozenset({"person", "seat", "period", "standing", "language"})
"""Fields of these facts that hold an id or a code, which nobody seeks."""
_COLUMNS = {"subject": "TEXT NOT NULL", "kind": "TEXT NOT NULL", "text": "TEXT NOT NULL", "also": "TEXT NOT NULL"}


def search_projection(kinds: Kinds) -> Projection:
    """Return the projection of one text per fact that has words to be found by.

    Its version tells with which kinds of users it was made.
    """
    added = sorted(f"{kind.word} {kind.version}" for kind in kinds.added)
    version = crc32("\n".join([str(_VERSION), *added]).encode()) if added else _VERSION
    feed = {kind.cls: _texts_of(kind) for kind in kinds if not kind.is_own or kind.cls in _SEARCHED}
    return Projection("search", version, [Table("search_texts", columns=_COLUMNS, feed=feed)])


_VERSION = 4


def _texts_of(kind: Kind) -> Feed:
    """Return the function that makes a row of the texts of a fact, ids set aside."""
    word, *first = _SEARCHED.get(kind.cls, (kind.word,))
    left_out = {*SUBJECTS, ANY_SUBJECT, *(_TOLD_APART_BY if kind.is_own else ())}
    names = [*first, *(name for name, shape in kind.shapes.items() if shape.cls is str and name not in first)]
    fields = [name for name in names if name not in left_out]

    def row(fact: Any) -> Row | None:
        values = [getattr(fact, name) or "" for name in fields]
        texts = [text for value in values for text in (value if isinstance(value, tuple) else (value,))]
        return _row(kind.subject(fact), word, *texts)

    return row


INDEX = (
    "DROP TABLE IF EXISTS search_index",
    """CREATE VIRTUAL TABLE search_index USING fts5(
           text, also, content='search_texts', content_rowid='fact',
           tokenize="unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'")""",
    "INSERT INTO search_index (search_index) VALUES ('rebuild')",
    """CREATE TRIGGER search_texts_in AFTER INSERT ON search_texts BEGIN
           INSERT INTO search_index (rowid, text, also) VALUES (new.fact, new.text, new.also);
       END""",
    """CREATE TRIGGER search_texts_out AFTER DELETE ON search_texts BEGIN
           INSERT INTO search_index (search_index, rowid, text, also)
           VALUES ('delete', old.fact, old.text, old.also);
       END""",
)
"""Makes the index over ``search_texts``, and the triggers that keep it up to date."""
NAMES_INDEX = "CREATE INDEX IF NOT EXISTS attendance_names ON attendance (name)"
"""Makes the index of delegates' names: beside that of words, so that recording waits for neither until one is asked."""
SEARCH_TRIGGERS = frozenset(statement for statement in INDEX if statement.startswith("CREATE TRIGGER"))
"""The triggers among them."""

_FIND = """
SELECT t.fact, t.event, t.subject, t.kind, t.text, snippet(search_index, 0, '[', ']', '…', 24)
FROM search_index JOIN search_texts t ON t.fact = search_index.rowid
WHERE search_index MATCH ? ORDER BY rank, t.fact
"""


class Searcher:
    """The index of one registry: kept beside its views, or made in memory."""

    def __init__(self, connection: Connection, log: SQLiteLog, reader: Reader, *, past: bool) -> None:
        self._connection = connection
        self._reader = reader
        self._past = past
        self._projection = search_projection(log.codec.kinds)
        self._views = Views(connection, log, (STANDARD, self._projection))
        self._memory: tuple[int, sqlite3.Connection] | None = None

    def current(self) -> bool:
        """Return whether the index kept beside the views has reached their position."""
        return not self._past and not self._views.lagging()

    def update(self) -> None:
        """Bring the index beside the views up to date, within the transaction that is open."""
        if self._projection in self._views.outdated():
            self._views.make([self._projection])
            for statement in (*INDEX, NAMES_INDEX):
                self._connection.execute(statement)
        else:
            self._views.catch_up()

    def forget(self) -> None:
        """Mark the index as missing: the next search makes it again."""
        self._connection.execute("DELETE FROM projections WHERE name = ?", (self._projection.name,))

    def find(self, text: str, limit: int) -> tuple[Found, ...]:
        """Find the facts that hold all words of a text, the best first; each wording once.

        After them come those that hold another name of a person of whom the text is one name.
        """
        connection = self._connection if self.current() else self._in_memory()
        found: dict[tuple[str, str, str], tuple[int, int, str]] = {}
        for sought in (text, *self._other_names(text)):
            words = query(sought)
            for fact, event, subject, kind, whole, snippet in connection.execute(_FIND, (words,)) if words else ():
                if len(found) == limit and (subject, kind, whole) not in found:
                    break
                found.setdefault((subject, kind, whole), (fact, event, _marked(snippet, whole, sought)))
        sources = self._reader.sources(fact for fact, _, _ in found.values())
        return Rows(
            Found(subject=subject, kind=kind, text=whole, snippet=snippet, event=event, sources=sources.get(fact, ()))
            for (subject, kind, whole), (fact, event, snippet) in found.items()
        )

    def _other_names(self, text: str) -> Sequence[str]:
        """Return the other names of the persons who are one by what was recorded, and of whom a text is a name."""
        words = tuple(_WORD.findall(plain(text)))
        if not words:
            return ()
        others: dict[str, None] = {}
        for person in persons(self._connection).joined():
            names = [(name, _WORD.findall(plain(name))) for _, name in sorted(person)]
            bears = [all(any(own.startswith(word) for own in of_name) for word in words) for _, of_name in names]
            if any(bears):
                others |= {name: None for (name, _), holds in zip(names, bears, strict=True) if not holds}
        return tuple(others)

    def _in_memory(self) -> sqlite3.Connection:
        position = self._views.checkpoints()[STANDARD.name][1]
        if self._memory is not None and self._memory[0] == position:
            return self._memory[1]
        self.close()
        memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
        memory.execute(f"CREATE TABLE search_texts (fact INTEGER PRIMARY KEY, event INTEGER NOT NULL, {columns})")
        (table,) = self._projection.parts
        assert isinstance(table, Table)
        feed = table.feed
        for page in self._views.facts.risen(0):
            rows = ((f.fact, f.event, feed[type(f.content)](f.content)) for f in page if type(f.content) in feed)
            memory.executemany(
                "INSERT INTO search_texts VALUES (?, ?, ?, ?, ?, ?)",
                [(fact, event, *row) for fact, event, row in rows if row is not None],
            )
        for statement in INDEX:
            memory.execute(statement)
        self._memory = position, memory
        return memory

    def close(self) -> None:
        """Close the index in memory."""
        if self._memory is not None:
            self._memory[1].close()
            self._memory = None


def _marked(snippet: str, whole: str, text: str) -> str:
    """Mark what was found by its plain form or inside a word without spaces, where SQLite's own snippet does not."""
    if "[" in snippet:
        return snippet
    for word in filter(UNSPACED.search, text.split()):
        if (start := whole.find(word)) >= 0:
            end = start + len(word)
            before, after = whole[max(0, start - 30) : start], whole[end : end + 60]
            return f"{'…' * (start > 30)}{before}[{word}]{after}{'…' * (end + 60 < len(whole))}"
    sought = tuple(_WORD.findall(plain(text)))
    return re.sub(r"\w+", lambda word: f"[{word[0]}]" if plain(word[0]).startswith(sought) else word[0], snippet)
