"""Formats of dates in strptime's notation, read without the locale of the machine.

``%B``, ``%b``, ``%A`` and ``%a`` stand for any name of a month or a weekday in the languages
of the mapping, short or long. A format with a time of day in it takes the day alone.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import attrs

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.imports.date_languages import plain
from dialogue_registry.imports.date_words import DAY_FIRST, MONTH_FIRST, Reading, no_century, no_such_day

_FIGURES = {
    "d": r"(?P<d>\d{1,2})",
    "m": r"(?P<m>\d{1,2})",
    "Y": r"(?P<Y>\d{4})",
    "y": r"(?P<y>\d\d)",
    "j": r"(?P<j>\d{1,3})",
    "H": r"(?P<H>\d{1,2})",
    "I": r"(?P<I>\d{1,2})",
    "M": r"(?P<M>\d{1,2})",
    "S": r"(?P<S>\d{1,2})",
    "f": r"\d{1,6}",
    "p": r"(?P<p>[ap]\.?m\.?)",
    "z": r"(?P<z>z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)",
    "Z": r"(?P<Z>[a-z]{1,5})?",
    "%": "%",
}
_ALL_DIGITS = dict.fromkeys("dmHIMS", 2) | {"j": 3}
_PIECES = re.compile(r"%(?P<letter>.?)|(?P<blank>\s+)|[^%\s]+")
_NUMBER = re.compile(r"%[dmYyjHIMSf]")
_UTC = re.compile(r"(?<![^\W\d_])(?:z|utc|gmt)(?![^\W\d_])")


@attrs.frozen
class DateFormat:
    """One format: its text, and what it becomes in some languages."""

    text: str
    pattern: re.Pattern[str]

    @property
    def order(self) -> str:
        """The order of day and month in figures, "" where the format has not both."""
        day, month = self.text.find("%d"), self.text.find("%m")
        if min(day, month) < 0 or self.text.startswith(("%Y", "%y")):
            return ""
        return DAY_FIRST if day < month else MONTH_FIRST


def date_format(text: str, languages: tuple[str, ...]) -> DateFormat:
    """Read a format; raises InvalidValueError where it has no year, or what no date has."""
    if "%Y" not in text and "%y" not in text:
        raise InvalidValueError(f'the format {text!r} has no year: write one, such as "%d %B %Y"')
    words = Reading(languages=languages).lexicon
    months = "|".join(sorted(map(re.escape, words.months), key=len, reverse=True))
    days = "|".join(sorted(map(re.escape, words.weekdays), key=len, reverse=True))
    known = _FIGURES | {
        "B": rf"(?P<B>{months})\.?", "b": rf"(?P<B>{months})\.?", "h": rf"(?P<B>{months})\.?",
        "A": rf"(?:{days})\.?", "a": rf"(?:{days})\.?",
    }  # fmt: skip
    pattern = ""
    for piece in _PIECES.finditer(text):
        letter = piece["letter"]
        # 11 2003 is no day, month and year, and 1112003 may be two of them.
        beside = [_NUMBER.fullmatch(near) for near in (text[: piece.start()][-2:], text[piece.end() :][:2])]
        if letter is None and piece["blank"]:
            pattern += r"\s+" if all(beside) else r"\s*"
        elif letter is None:
            word = re.escape(plain(piece[0]))
            # A Z in letters says UTC, as %z does.
            pattern += _UTC.sub(r"(?P<u>\g<0>)", word) if "%H" in text or "%I" in text else word
        elif letter not in known:
            raise InvalidValueError(
                f"the format {text!r} has {piece[0]!r}, which no date needs: use %{', %'.join(known)}"
            )
        elif letter in _ALL_DIGITS and any(beside):
            pattern += rf"(?P<{letter}>\d{{{_ALL_DIGITS[letter]}}})"
        else:
            pattern += known[letter]
    try:
        return DateFormat(text, re.compile(pattern))
    except re.error:
        raise InvalidValueError(f"the format {text!r} names one thing twice: name each once") from None


def read_format(text: str, shape: DateFormat, reading: Reading) -> tuple[str, datetime | None] | None:
    """Return the EDTF text that a format reads, and the instant if it has an offset; None where it does not fit.

    Raises UnreadDateError for a year of two digits where no century is said.
    """
    found = shape.pattern.fullmatch(plain(text))
    if found is None:
        return None
    groups = found.groupdict()
    if groups.get("Y"):
        year = int(groups["Y"])
    elif reading.century is None:
        raise no_century(text)
    else:
        year = reading.century + (int(groups["y"]) - reading.century) % 100
    months = reading.lexicon.months[groups["B"].rstrip(".")] if groups.get("B") else ()
    month = int(groups["m"]) if groups.get("m") else next(iter(months)) if len(months) == 1 else None
    if len(months) > 1:
        return None
    try:
        if groups.get("j"):
            day = date(year, 1, 1) + timedelta(days=int(groups["j"]) - 1)
            return (day.isoformat(), _instant(day, groups)) if day.year == year and int(groups["j"]) else None
        if month is None:
            return f"{date(year, 1, 1).year:04d}", None
        if not groups.get("d"):
            return f"{date(year, month, 1):%Y-%m}".rjust(7, "0"), None
        day = date(year, month, int(groups["d"]))
    except ValueError:
        raise no_such_day(text, year, month or 0, int(groups.get("d") or 1)) from None
    return day.isoformat(), _instant(day, groups)


def _instant(day: date, groups: dict[str, str | None]) -> datetime | None:
    offset = groups.get("z") or groups.get("u") or groups.get("Z")
    if not offset or (offset.isalpha() and offset not in ("z", "utc", "gmt")):
        return None  # a zone that only has a name is taken for that of the place
    zone = UTC if offset.isalpha() else datetime.strptime(offset, "%z").tzinfo
    hour = int(groups.get("H") or groups.get("I") or 0) % 24
    if groups.get("p"):
        hour = hour % 12 + (12 if str(groups["p"]).startswith("p") else 0)
    return datetime(
        day.year, day.month, day.day, hour, int(groups.get("M") or 0) % 60, int(groups.get("S") or 0) % 60, tzinfo=zone
    )


def order_of(formats: Sequence[DateFormat]) -> str:
    """Return the order of day and month that all formats have in common, "" where they do not tell."""
    orders = {shape.order for shape in formats} - {""}
    return next(iter(orders)) if len(orders) == 1 else ""
