"""Dates as people write them: a text becomes a date, or a refusal that says what to write.

Pure. A text is read in every way that the languages and the order of day and month allow.
Where all ways that fit come to one date, that is it; where they do not, the text is refused.
Nothing is guessed: no century, no year, no order, no season.

A text is one date, a span of two or a list of several parts. Each part is read by the pattern
of its tokens, such as ``NMY``. What one part lacks, the others lend it.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise, product

import attrs

from dialogue_registry.errors import InvalidDateError
from dialogue_registry.imports.date_languages import Lexicon, lexicon
from dialogue_registry.imports.date_tokens import Token, UnknownWordError, UnknownYearError, tokens_of
from dialogue_registry.model.dates import PartialDate

DAY_FIRST, MONTH_FIRST = "day first", "month first"
_YEAR_FIRST = "year first"


@attrs.frozen(kw_only=True)
class Reading:
    """The rules by which dates in words and figures are read.

    ``order`` is "day first", "month first" or "" (not said). Two-digit years lie in the
    hundred years from ``century`` on; with None they are refused. ``year`` is that of days
    without one.
    """

    languages: tuple[str, ...] = ()
    order: str = ""
    century: int | None = None
    year: int | None = None

    @property
    def lexicon(self) -> Lexicon:
        """The words of the languages asked for, and of English."""
        return lexicon(self.languages)


class UnreadDateError(InvalidDateError):
    """No date can be read; ``cause`` is one of ``CAUSES``, ``word`` the one that is not understood."""

    def __init__(self, message: str, cause: str, word: str = "") -> None:
        super().__init__(message)
        self.cause = cause
        self.word = word


CAUSES = (
    "ambiguous",
    "no such day",
    "weekday",
    "reversed",
    "list",
    "century",
    "era",
    "two months",
    "year",
    "months",
    "unknown",
)
"""Causes why a text is refused, the most telling first: several ways to read it may fail for several reasons."""


def read_words(text: str, reading: Reading) -> PartialDate:
    """Return the date that a text means in words or figures; raises UnreadDateError."""
    try:
        tokens = tokens_of(text, reading.lexicon)
    except UnknownWordError as error:
        spoken = ", ".join(("en", *reading.languages))
        raise UnreadDateError(
            f"{text!r:.80} has {error.word!r:.40}, which is no month, day or year ({spoken})", "unknown", error.word
        ) from None
    except UnknownYearError as error:
        raise UnreadDateError(
            f"{text!r:.80} has a year that the era {error} did not have: write the common year", "era"
        ) from None
    found: dict[str, str] = {}
    refusals: list[UnreadDateError] = []
    for parts, is_span in _divisions(tokens):
        for ways in _ways(parts, reading):
            try:
                day = _date(text, ways, parts, reading, is_span=is_span)
            except UnreadDateError as refusal:
                refusals.append(refusal)
            else:
                found.setdefault(day, next((part.order for part in ways if part.order), ""))
    if len(found) > 1:
        raise _ambiguous(text, found, reading)
    if found:
        return PartialDate.of(next(iter(found)))
    if refusals:
        raise min(refusals, key=lambda refusal: CAUSES.index(refusal.cause))
    raise UnreadDateError(f"{text!r:.80} is no date that can be read", "unknown")


def _ambiguous(text: str, found: dict[str, str], reading: Reading) -> UnreadDateError:
    ways = " or ".join(f"{day}{f' with the {order}' if order else ''}" for day, order in found.items())
    ordered = (
        "" if reading.order else f'say which in the mapping, [dates] order = "{DAY_FIRST}" or "{MONTH_FIRST}", or '
    )
    return UnreadDateError(
        f"{text!r:.80} is {ways}: {ordered}write the month in words and the year in four digits",
        "ambiguous",
    )


# --- the parts of a span or a list ---------------------------------------------------


def _divisions(tokens: Sequence[Token]) -> Iterator[tuple[list[list[Token]], bool]]:
    """Yield every way to take tokens apart, and whether it is a span: as one date, a span of two, a list."""
    yield [list(tokens)], False
    for place, token in enumerate(tokens):
        # ISO 8601 has a slash in a span too: 2021-06-16/17.
        iso = token.kind == "/" and [t.kind for t in tokens[:place]] == ["D"] and "-" in tokens[0].text
        if token.kind in "~-" or iso:
            yield [list(tokens[:place]), list(tokens[place + 1 :])], True
    for between in ("&", "&,", "/"):
        parts: list[list[Token]] = [[]]
        for token in tokens:
            if token.kind in between:
                parts.append([])
            else:
                parts[-1].append(token)
        if len(parts) > 1:
            yield parts, False
    if any(token.kind == "M" for token in tokens):  # 14/15 May is no day and month in figures
        for place, token in enumerate(tokens):
            if token.kind == "F" and "/" in token.text:
                days = [Token("N", figures, int(figures)) for figures in token.text.strip("/").split("/")]
                yield [[*tokens[:place], days[0]], [days[1], *tokens[place + 1 :]]], False


@attrs.frozen
class _Part:
    """One way to read a part: its year, month and day, None where it says nothing of them."""

    year: int | None
    month: int | None
    day: int | None
    #: In which order figures were read, where that mattered.
    order: str = ""


_PATTERNS = frozenset(
    ("NMY", "MNY", "YMN", "YNM", "NM", "MN", "MY", "YM", "NY", "YN", "Y", "N", "M", "NMZ", "MNZ", "MZ")
)
_NO_CENTURY = _TWO_MONTHS = -1


def _ways(parts: Sequence[Sequence[Token]], reading: Reading) -> Iterator[tuple[_Part, ...]]:
    """Yield every way to read all parts; figures are read in one order throughout."""
    for order in (reading.order,) if reading.order else (DAY_FIRST, MONTH_FIRST, _YEAR_FIRST):
        yield from product(*(list(_part(tokens, order, reading)) for tokens in parts))


def _part(tokens: Sequence[Token], order: str, reading: Reading) -> Iterator[_Part]:
    kept = _kept(tokens)
    pattern = "".join(token.kind for token in kept)
    if pattern == "D":
        yield from _figures(kept[0].text, order, reading)
    elif order == _YEAR_FIRST:
        return  # only a date of three figures can have the year first
    elif pattern == "E":
        yield _month_and_year(kept[0].text)
        day = re.fullmatch(r"(\d{1,2})/(\d{4})", kept[0].text) if order == MONTH_FIRST else None
        if day and (reading.order or int(day[1]) > 12):  # the last day of 05/14-16/2019
            yield _Part(int(day[2]), None, int(day[1]), order)
    elif pattern in ("F", "FY", "YF"):
        one, other = map(int, re.findall(r"\d+", kept[pattern.index("F")].text))
        year = next((token.number for token in kept if token.kind == "Y"), None)
        yield _Part(year, *((other, one) if order == DAY_FIRST else (one, other)), order)
    elif pattern == "NMN":
        yield _Part(_short(kept[2].number, reading), _month(kept[1]), kept[0].number)
    elif pattern in _PATTERNS:
        token = {token.kind: token for token in kept}
        year = token["Y"].number if "Y" in token else _short(token["Z"].number, reading) if "Z" in token else None
        yield _Part(year, _month(token["M"]) if "M" in token else None, token["N"].number if "N" in token else None)
        if pattern == "MN" and reading.century is not None:  # Jun-16 is a day, or June 2016
            yield _Part(_short(kept[1].number, reading), _month(kept[0]), None)


def _kept(tokens: Sequence[Token]) -> list[Token]:
    """Leave out what joins (14-May-2019, 14/May/2019), commas, and weekdays, which are checked later."""
    kept = [token for token in tokens if token.kind not in ",W" and not token.joins]
    kinds = "".join(token.kind for token in kept)
    return [
        token
        for place, token in enumerate(kept)
        if token.kind != "/" or "M" not in kinds[max(place - 1, 0) : place + 2]
    ]


def _month(token: Token) -> int:
    return next(iter(token.choices)) if len(token.choices) == 1 else _TWO_MONTHS


def _short(year: int, reading: Reading) -> int:
    """Return the year that two digits mean within the hundred years from the century on."""
    return _NO_CENTURY if reading.century is None else reading.century + (year - reading.century) % 100


def _figures(text: str, order: str, reading: Reading) -> Iterator[_Part]:
    one, two, three = re.findall(r"\d+", text)
    if len(one) == 4:
        yield _Part(int(one), int(two), int(three))
    elif len(three) == 4 and order != _YEAR_FIRST:
        yield _Part(int(three), *((int(two), int(one)) if order == DAY_FIRST else (int(one), int(two))), order)
    elif len(three) == 2:
        day, month, year = {
            DAY_FIRST: (one, two, three), MONTH_FIRST: (two, one, three), _YEAR_FIRST: (three, two, one),
        }[order]  # fmt: skip
        yield _Part(_short(int(year), reading), int(month), int(day), order)


def _month_and_year(text: str) -> _Part:
    one, other = re.findall(r"\d+", text)
    year, month = (one, other) if len(one) == 4 else (other, one)
    if len(one) == 4 and (int(month) > 12 or (int(one) + 1) % 100 == int(month)):  # 2019/20, and 2009/10 may be that
        return _Part(int(one), None, None, "/")
    return _Part(int(year), int(month), None)


# --- the date ------------------------------------------------------------------------


def _date(
    text: str, parts: Sequence[_Part], tokens: Sequence[Sequence[Token]], reading: Reading, *, is_span: bool
) -> str:
    """Return the EDTF text of one way to read the parts; raises UnreadDateError."""
    if any(part.month == _TWO_MONTHS for part in parts):
        raise UnreadDateError(
            f"{text!r:.80} has a month that is two in the languages of [dates] languages: leave out those not needed",
            "two months",
        )
    if any(part.year == _NO_CENTURY for part in parts):
        raise no_century(text)
    if len(parts) == 1 and parts[0].day is None:
        return _month_or_year(text, parts[0], reading)
    if any(part.day is None for part in parts):
        raise months_refused(text)
    days = [_day(text, part, parts, place, reading) for place, part in enumerate(parts)]
    for day, words in zip(days, tokens, strict=True):
        _check_weekday(text, day, words)
    if days != sorted(days):
        raise UnreadDateError(
            f"{text!r:.80} ends on {days[-1]}, before it begins on {days[0]}: put the earlier day first, "
            "and write the year at both ends where it changes",
            "reversed",
        )
    if not is_span and any((after - before).days > 1 for before, after in pairwise(days)):
        listed = f"{', '.join(map(str, days[:-1]))} and {days[-1]}"
        raise UnreadDateError(
            f"{text!r:.80} names {'two' if len(days) == 2 else len(days)} days, {listed}, and not a span: record a "
            f"meeting for each, or write {days[0]}/{days[-1]} if it went on from the first to the last",
            "list",
        )
    return days[0].isoformat() if days[0] == days[-1] else f"{days[0]}/{days[-1]}"


def _month_or_year(text: str, part: _Part, reading: Reading) -> str:
    year = reading.year if part.year is None else part.year
    if year is None:
        raise _no_year(text)
    _check_era(text, year, reading)
    if part.order == "/":
        raise UnreadDateError(
            f"{text!r:.80} may be a span of two years: write the month as {year}-10, or the days", "months"
        )
    if part.month is None:
        return f"{year:04d}"
    if not 1 <= part.month <= 12:
        raise UnreadDateError(f"{text!r:.80} has month {part.month}, and there are 12: check the cell", "no such day")
    return f"{year:04d}-{part.month:02d}"


def _day(text: str, part: _Part, parts: Sequence[_Part], place: int, reading: Reading) -> date:
    """Return the day of a part; what it lacks, the nearest part that has it lends, those behind it first."""
    near = [*parts[place:], *reversed(parts[:place])]
    month = next((other.month for other in near if other.month is not None), None)
    year = next((other.year for other in near if other.year is not None), reading.year)
    assert part.day is not None
    if month is None:
        raise UnreadDateError(f"{text!r:.80} has a day and no month: give it one", "unknown")
    if year is None:
        raise _no_year(text)
    _check_era(text, year, reading)
    try:
        return date(year, month, part.day)
    except ValueError:
        raise no_such_day(text, year, month, part.day) from None


def _check_era(text: str, year: int, reading: Reading) -> None:
    if year >= 2400 and "th" in (language.partition("-")[0] for language in reading.languages):
        raise UnreadDateError(
            f"{text!r:.80} has the year {year}, of the Buddhist era it seems: write the common year, {year - 543}",
            "era",
        )


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _check_weekday(text: str, day: date, tokens: Sequence[Token]) -> None:
    for token in tokens:
        if token.kind == "W" and day.weekday() not in token.choices:
            raise UnreadDateError(
                f"{text!r:.80} names another weekday than that of {day}, a {_WEEKDAYS[day.weekday()]}: "
                "check which of them is right",
                "weekday",
            )


def no_such_day(text: str, year: int, month: int, day: int) -> UnreadDateError:
    """Return the refusal of a day that the calendar does not have."""
    return UnreadDateError(
        f"{text!r:.80} has the day {year:04d}-{month:02d}-{day:02d}, which does not exist: check the cell",
        "no such day",
    )


def no_century(text: str) -> UnreadDateError:
    """Return the refusal of a year of two digits."""
    return UnreadDateError(
        f"{text!r:.80} has a year of two digits: say in the mapping in which hundred years it lies, "
        "such as [dates] century = 1950",
        "century",
    )


def _no_year(text: str) -> UnreadDateError:
    return UnreadDateError(
        f"{text!r:.80} has no year: name the column that has it, or the year, in the mapping, "
        '[dates] year = "{Year}"',
        "year",
    )


def months_refused(text: str) -> UnreadDateError:
    """Return the refusal of a span whose ends are months or years."""
    return UnreadDateError(
        f"{text!r:.80} is a span of months or years, of which nobody knows the days: write the days, or the window in "
        "which its one day lies, such as [2019-05-01..2019-06-30]",
        "months",
    )
