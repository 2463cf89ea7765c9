"""Words that stand in the heads of tables and in their cells, and what they mean; in several languages.

They are for the mapping to begin with that somebody looks at.
An import reads none of them but in an office that is how somebody took part, and names them where it refuses.
The table ``heading_words.csv`` was written for this module.
"""

import csv
import re
from functools import lru_cache
from importlib.resources import files

from dialogue_registry.imports.date_languages import plain
from dialogue_registry.imports.header import JOINED_BY

_PUNCTUATION = re.compile(r"[\s.:*()\[\]_-]+")


def word_key(text: str) -> str:
    """Return a text as words are compared: without case, accents, punctuation and double blanks."""
    return _PUNCTUATION.sub(" ", plain(text)).strip()


@lru_cache(maxsize=8)
def _meanings(of: str) -> dict[str, list[str]]:
    table = files("dialogue_registry.imports").joinpath("heading_words.csv").read_text("utf-8")
    found: dict[str, list[str]] = {}
    for row in csv.DictReader(table.splitlines()):
        for word in {*map(word_key, row["words"].split("|"))} if row["of"] == of else ():
            found.setdefault(word, []).append(row["meaning"])
    return found


def holds(heading: str) -> list[str]:
    """Return what a column under a heading may hold, of a heading of several rows by its lowest that is known."""
    for part in reversed(heading.split(JOINED_BY)):
        if found := _meanings("heading").get(word_key(part)):
            return found
    return []


def meaning(field: str, text: str) -> str:
    """Return what a text means as a format, a status or a role; "" where that is not known."""
    found = _meanings(field).get(word_key(text), [])
    return found[0] if len(found) == 1 else ""


@lru_cache(maxsize=1024)
def way_of_taking_part(text: str) -> str:
    """Return the format in which one person took part, in-person or online; "" where a text says neither."""
    format_ = meaning("format", text)
    return format_ if format_ in ("in-person", "online") else ""


# --- rows that are none ----------------------------------------------------------------

_TOTALS_IN_WORDS = (
    "total totals sum summe gesamt insgesamt somme totaux totale итого всего барлығы jami toplam 合計 計 合计 总计 합계"
)
_TOTALS = frozenset(_TOTALS_IN_WORDS.split())
_NOTES_IN_WORDS = (
    "note notes source sources quelle quellen anmerkung anmerkungen remarque nota fuente примечание источник 注 出典"
)
_NOTES = frozenset(_NOTES_IN_WORDS.split())


def is_total(text: str) -> bool:
    """Return whether the first cell of a row says that it holds totals."""
    return text.strip().rstrip(": ").casefold() in _TOTALS


def note_of(text: str) -> str:
    """Return the word with which a note below a table begins, as it is written; "" where it is none."""
    word = text.strip().partition(":")[0]
    return word if word.casefold() in _NOTES and ":" in text else ""
