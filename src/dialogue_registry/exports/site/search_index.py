"""The search of a site: an index in small files, which the page loads as the words that are typed need them.

A page that was opened from a disk may load scripts but no other files. So each file of the
index is a script that hands over data. The words of an index file begin with one letter, or
with two where there are too many. What is shown of a hit stands in files of a few hundred hits.
"""

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise
from operator import itemgetter
from typing import NamedTuple

from dialogue_registry.exports.site.writer import Writer
from dialogue_registry.queries.plain_text import UNSPACED, plain

_SHOWN = 400
"""So many hits are shown from one file."""
_LONGEST = 150_000
"""An index file of more characters than these is divided by the second letters of its words."""
_BUCKETS = 97
"""The number of files for letters beyond a to z; search.js has the same."""
_WORD = re.compile(r"[^\W_]+")

_SCHEMA = """
CREATE TABLE words (
    bucket TEXT, deep TEXT, word TEXT, hit INTEGER, PRIMARY KEY (bucket, deep, word, hit)
) WITHOUT ROWID;
"""


class Hit(NamedTuple):
    """An item that can be found: its kind, its name, the text beside it, and its address."""

    kind: str
    name: str
    beside: str
    href: str
    words: Iterable[str]


class SearchIndex:
    """An index of hits, the more important first, and the files that the search page loads."""

    def __init__(self, connection: sqlite3.Connection, writer: Writer) -> None:
        self._connection = connection
        self._connection.execute(_SCHEMA)
        self._writer = writer
        self._shown: list[tuple[str, str, str, str]] = []
        self._number = 0

    def add(self, hit: Hit) -> None:
        """Take a hit in."""
        found = {word for text in hit.words for word in words_of(text)}
        self._connection.executemany(
            "INSERT OR IGNORE INTO words VALUES (?, ?, ?, ?)",
            [(bucket(word[0]), bucket(word[1]) if len(word) > 1 else "", word, self._number) for word in sorted(found)],
        )
        self._shown.append((hit.kind, hit.name, hit.beside, hit.href))
        self._number += 1
        if len(self._shown) == _SHOWN:
            self._write_shown()

    def _write_shown(self) -> None:
        number = (self._number - 1) // _SHOWN
        self._put(f"hits-{number}", "hits", [number, self._shown])
        self._shown = []

    def finish(self) -> None:
        """Write the index."""
        if self._shown:
            self._write_shown()
        keys: dict[str, list[str]] = {}
        sizes = self._connection.execute(
            "SELECT bucket, sum(size) FROM (SELECT bucket, length(word) + 4 + 6 * count(*) AS size FROM words"
            " GROUP BY bucket, deep, word) GROUP BY bucket ORDER BY bucket"
        ).fetchall()
        for key, size in sizes:
            if size <= _LONGEST:
                self._put(f"words-{key}", "words", [key, self._postings("bucket = ?", key)])
                keys[key] = []
                continue
            deep = [row[0] for row in self._connection.execute(
                "SELECT DISTINCT deep FROM words WHERE bucket = ? ORDER BY deep", (key,)
            )]  # fmt: skip
            for second in deep:
                postings = self._postings("bucket = ? AND deep = ?", key, second)
                self._put(f"words-{key}-{second}", "words", [f"{key}-{second}", postings])
            keys[key] = deep
        self._put("index", "index", {"keys": keys, "shown": _SHOWN, "hits": self._number})

    def _postings(self, where: str, *values: str) -> dict[str, list[int]]:
        """Return the hits of each word, each as the distance from the one before."""
        rows = self._connection.execute(f"SELECT word, hit FROM words WHERE {where} ORDER BY word, hit", values)
        return {
            word: [hit - before for before, hit in pairwise((0, *(hit for _, hit in of_word)))]
            for word, of_word in groupby(rows, key=itemgetter(0))
        }

    def _put(self, name: str, hand_over: str, data: object) -> None:
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        # Two characters that JSON allows in a text ended a line of JavaScript before 2019.
        text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        self._writer.put(f"assets/search/{name}.js", f"registrySearch.{hand_over}({text});\n".encode())


def bucket(letter: str) -> str:
    """Return the name of the files in which words with a letter stand."""
    return letter if letter.isascii() and letter.isalnum() else f"x{ord(letter) % _BUCKETS}"


def words_of(text: str) -> Iterator[str]:
    """Yield the words that a text is found by, in plain form.

    In a script without spaces each letter is one, and each two letters that follow each other.
    """
    letters = f"{plain(text)} "
    yield from (word[:40] for word in _WORD.findall(UNSPACED.sub(" ", letters)))
    for first, second in pairwise(letters):
        if UNSPACED.match(first):
            yield first
            if UNSPACED.match(second):
                yield first + second
