"""The languages that pictures and pages are written in: phrases, dates and numbers.

English stands in the program itself. Another language is a file beside this module, which
maps each English phrase to its own; a phrase that is not in it stays English.
"""

import datetime as dt
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import attrs

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.shown import shown

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DIRECTORY = files("dialogue_registry.charts") / "languages"


@attrs.frozen
class Language:
    """A language: its BCP 47 tag, and its phrases by the English ones."""

    tag: str
    phrases: Mapping[str, str] = attrs.field(repr=False, eq=False)

    def __call__(self, phrase: str, **values: object) -> str:
        """Return a phrase in this language, with values, if any, put where their names stand in braces."""
        words = self.phrases.get(phrase, phrase)
        return words.format(**values) if values else words

    def day(self, day: dt.date) -> str:
        """Return one day in words."""
        return self("{day} {month} {year}", day=day.day, month=self.month(day), year=day.year, number=day.month)

    def month(self, day: dt.date) -> str:
        """Return the name of the month of a day."""
        return self(_MONTHS[day.month - 1])

    def date(self, when: PartialDate | None) -> str:
        """Return a date in words, as precise as its source; "" where there is none."""
        if when is None:
            return ""
        first, last = when.earliest, when.latest
        if first == last:
            return self.day(first)
        if when.text.startswith("["):
            return self("between {first} and {last}", first=self.day(first), last=self.day(last))
        if "/" in when.text:
            return self._span(first, last)
        if (first.month, first.year) == (last.month, last.year):
            return self("{month} {year}", month=self.month(first), year=first.year, number=first.month)
        return self("{year}", year=first.year)

    def _span(self, first: dt.date, last: dt.date) -> str:
        if (first.year, first.month) == (last.year, last.month):
            return self("{first}–{day} {month} {year}", first=first.day, **self._parts(last))
        if first.year == last.year:
            begin = self("{day} {month}", **self._parts(first))
            return self("{first} – {last}", first=begin, last=self.day(last))
        return self("{first} – {last}", first=self.day(first), last=self.day(last))

    def _parts(self, day: dt.date) -> dict[str, Any]:
        return {"day": day.day, "month": self.month(day), "year": day.year, "number": day.month}

    def ordinal(self, number: int) -> str:
        """Return an ordinal number, such as 14th."""
        if self.tag != "en":
            return self("no. {number}", number=number)
        ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
        return f"{number}{ending}"

    def number(self, number: int) -> str:
        """Return a whole number with its thousands divided."""
        return f"{number:,}"

    def plural(self, number: int, one: str, many: str) -> str:
        """Return a phrase for one or for several, with the number put where {n} stands."""
        return self(one if number == 1 else many, n=self.number(number))


def languages() -> tuple[str, ...]:
    """Return the tags of all languages there are."""
    return ("en", *sorted(entry.name.removesuffix(".json") for entry in _DIRECTORY.iterdir()))


@cache
def language(tag: str) -> Language:
    """Return the language of a tag; raises InvalidValueError where there is no such language."""
    if tag == "en":
        return Language("en", {})
    if tag not in languages():
        raise InvalidValueError(
            f"there are no words in the language {shown(tag)}: choose one of {', '.join(languages())}"
        )
    return Language(tag, json.loads((_DIRECTORY / f"{tag}.json").read_text("utf-8")))
