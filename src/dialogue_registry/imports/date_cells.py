"""The date of a cell: by the formats of the mapping, as EDTF, as an instant, or in words.

A cell is read as a whole. What cannot be read is refused with a message that looks at the
cell: what it seems to be, and what to write instead.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from dialogue_registry.errors import InvalidDateError, InvalidValueError
from dialogue_registry.imports.date_formats import DateFormat, order_of, read_format
from dialogue_registry.imports.date_languages import ENGLISH_MONTHS, languages_of, plain
from dialogue_registry.imports.date_words import Reading, UnreadDateError, months_refused, read_words
from dialogue_registry.model.dates import PartialDate


@attrs.frozen(kw_only=True, cache_hash=True)
class DateRules:
    """The rules by which a mapping reads the dates of its cells."""

    languages: tuple[str, ...] = ()
    formats: tuple[DateFormat, ...] = ()
    order: str = ""
    century: int | None = None
    drop_times: bool = False

    def reading(self, year: int | None) -> Reading:
        """Return how words and figures are read, with the year of days that have none."""
        return Reading(
            languages=self.languages, order=self.order or order_of(self.formats), century=self.century, year=year
        )


def read_date(cell: str, rules: DateRules, year: int | None = None, zone: ZoneInfo | None = None) -> PartialDate:
    """Return the date of a cell's text; raises InvalidDateError, which says what to write instead."""
    return _read(cell, rules, year, zone)


def day_of_moment(moment: datetime, rules: DateRules, zone: ZoneInfo | None) -> date:
    """Return the day of a datetime; a time of day without a zone is refused unless times are dropped."""
    if moment.tzinfo is not None:
        return day_of(moment, zone, moment.isoformat())
    if moment.time() != time(0) and not rules.drop_times:
        raise _has_time(moment.isoformat(sep=" "), moment.time().isoformat())
    return moment.date()


@lru_cache(maxsize=4096)  # a table names each day many times; reading one in words takes 50 µs
def _read(cell: str, rules: DateRules, year: int | None, zone: ZoneInfo | None) -> PartialDate:
    cell = " ".join(cell.split())
    reading = rules.reading(year)
    if (text := _by_formats(cell, rules, reading, zone)) is not None:
        return PartialDate.of(text)
    if (text := _edtf(cell)) is not None:
        return PartialDate.of(text)
    if (text := _instants(cell, zone)) is not None:
        return PartialDate.of(text)
    rest, moment = _without_times(cell, rules)
    try:
        found = read_words(rest, reading)
    except UnreadDateError as error:
        raise _explained(cell, error, [shape.text for shape in rules.formats]) from None
    if moment is None:
        return found
    if not found.is_day:  # nobody can tell which of its days the instant is on
        if rules.drop_times or moment.time() == time(0):
            return found
        raise _has_time(cell, f"{moment:%H:%M}")
    return PartialDate.of(day_of(datetime.combine(found.earliest, moment.timetz()), zone, cell))


# --- formats -------------------------------------------------------------------------


def _by_formats(cell: str, rules: DateRules, reading: Reading, zone: ZoneInfo | None) -> str | None:
    """Return the date that the formats read, also of a span of two days that each fit one; None where none fits."""
    if not rules.formats:
        return None
    if (text := _one_format(cell, rules, reading, zone)) is not None:
        return text
    for first, last in _halves(cell):
        ends = [_one_format(half, rules, reading, zone) for half in (first, last)]
        if all(end is not None and len(end) == len("2021-06-16") for end in ends):
            if ends[0] == ends[1]:
                return ends[0]
            return f"{ends[0]}/{ends[1]}"
    return None


def _one_format(cell: str, rules: DateRules, reading: Reading, zone: ZoneInfo | None) -> str | None:
    found: dict[str, str] = {}
    refusal: UnreadDateError | None = None
    for shape in rules.formats:
        try:
            read = read_format(cell, shape, reading)
        except UnreadDateError as error:
            refusal = refusal or error
            continue
        if read is not None:
            text, moment = read
            found.setdefault(text if moment is None else day_of(moment, zone, cell).isoformat(), shape.text)
    if len(found) > 1:
        ways = " or ".join(f"{day} by {shape!r}" for day, shape in found.items())
        raise InvalidDateError(f"{cell!r:.80} is {ways}: leave in the mapping, [dates] formats, the one that is meant")
    if not found and refusal is not None:
        raise refusal
    return next(iter(found), None)


_SPAN = re.compile(r"\s*[–—~〜～]\s*|\s+(?:-|to|until|bis|au|al|по)\s+|\s*-\s*", re.IGNORECASE)


def _halves(cell: str) -> Iterator[tuple[str, str]]:
    for found in _SPAN.finditer(cell):
        yield cell[: found.start()], cell[found.end() :]


# --- EDTF ----------------------------------------------------------------------------

_DAY = r"\d{4}-\d\d-\d\d"
_UNKNOWN_DIGITS = re.compile(
    r"(?P<month>\d{4}-\d\d)-XX|(?P<year>\d{4})(?:-XX){1,2}|(?P<decade>\d{3}X|\d\dXX)", re.IGNORECASE
)
_WINDOW = re.compile(r"\[(\d{4}(?:-\d\d){0,2})\.\.(\d{4}(?:-\d\d){0,2})\]|\[(\d{4}-\d\d-\d\d(?:, ?\d{4}-\d\d-\d\d)+)\]")
_BASIC = re.compile(r"(1[6-9]\d\d|2[01]\d\d)(\d\d)(\d\d)")
_DAYS = re.compile(rf"{_DAY}/{_DAY}|\[{_DAY}\.\.{_DAY}\]")


def _edtf(cell: str) -> str | None:
    """Return the EDTF text of a cell that is EDTF; its looser forms as the widest one that is as honest."""
    text = plain(cell).upper()
    if text.startswith("["):
        text = text.replace(" ", "")
    try:
        return PartialDate.of(text).text
    except InvalidDateError as error:
        if re.fullmatch(_DAY, text):
            raise InvalidDateError(f"{cell!r} names a day that does not exist: check the cell") from None
        if _DAYS.fullmatch(text):
            raise InvalidDateError(f"{error}: check the cell") from None
    if basic := _BASIC.fullmatch(text):
        return _calendar("-".join(basic.groups()))
    if found := _UNKNOWN_DIGITS.fullmatch(text):
        if found["month"] or found["year"]:
            return _calendar(found["month"] or found["year"])
        first, last = (found["decade"].replace("X", digit) for digit in "09")
        return _calendar(f"[{first}-01-01..{last}-12-31]")
    if found := _WINDOW.fullmatch(text):
        ends = re.split(", ?", found[3]) if found[3] else [found[1], found[2]]
        first, last = PartialDate.of(ends[0]), PartialDate.of(ends[-1])
        return _calendar(f"[{first.earliest}..{last.latest}]")
    return None


def _calendar(text: str) -> str | None:
    try:
        return PartialDate.of(text).text
    except InvalidDateError:
        return None


# --- instants and times of day -------------------------------------------------------


def find_zone(name: str) -> ZoneInfo:
    """Return a zone of the IANA database by its name, such as "Asia/Tokyo"; raises InvalidValueError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidValueError(
            f'{name!r} is no time zone: give a name of the IANA database, such as "Asia/Tokyo" or "Europe/Paris"'
        ) from None


def day_of(moment: datetime, zone: ZoneInfo | None, written: str) -> date:
    """Return the day of an aware instant in a zone.

    Without a zone, an instant with an offset of its own, and midnight in UTC, keep their day.
    Any other instant in UTC is refused, as its day depends on the place.
    """
    if zone is not None:
        return moment.astimezone(zone).date()
    if moment.utcoffset() == timedelta(0) and moment.time() != time(0):
        raise InvalidDateError(
            f"{written!r:.80} is an instant in UTC, and the zone of the place decides its day: say in the mapping, "
            '[dates] zone = "Asia/Tokyo", or name the column that has it'
        )
    return moment.date()


_ISO = re.compile(
    r"\d{4}-?\d\d-?\d\d[T ]\d\d(?::?\d\d(?::?\d\d(?:[.,]\d+)?)?)? ?(?:Z|[+-]\d\d(?::?\d\d)?)", re.IGNORECASE
)
_CLOCK = r"\d{1,2}(?:(?::|h)\d\d(?::\d\d(?:[.,]\d+)?)?|h(?!\w))"
_HOUR = rf"""
    (?:{_CLOCK}\s*(?:[ap]\.?\s?m\.?(?!\w))?(?:\s*(?:uhr|hrs?|h)(?!\w))?
    |\d{{1,2}}(?:\.\d\d)?\s*(?:[ap]\.?\s?m\.?(?!\w)|uhr(?!\w)|hrs?(?!\w))
    |(?:午前|午後|上午|下午|오전|오후)?\s?\d{{1,2}}[時时시](?:\s?\d{{1,2}}[分분]|半)?)"""
_TIME = re.compile(
    rf"""[T,;\s]*\(?(?<![\d.:])(?P<from>
        (?<!\w)(?:at|um|klo|kl\.)\s+\d{{1,2}}\.\d\d(?![\d.])
        |(?:(?<!\w)(?:at|um|à|a\ las|às|в|saat|klo|kl\.|soat|сағат)\s+)?{_HOUR})
    (?:\s*(?:-|–|to|bis)\s*{_HOUR})?
    \s*\(?(?P<zone>Z|(?-i:[A-Z]{{2,5}})(?:[+-]\d{{1,2}}(?::?\d\d)?)?|(?:\+\d\d:?|-\d\d)\d\d(?!\d)(?:\s?UTC)?)?\)?(?!\w)\)?
    (?:\[[\w/+-]+\])?""",
    re.IGNORECASE | re.VERBOSE,
)
_OFFSET = re.compile(r"(?:Z|UTC|GMT)?(?:([+-])(\d{1,2}):?(\d\d)?)?(?:\s?UTC)?", re.IGNORECASE)


def _instants(cell: str, zone: ZoneInfo | None) -> str | None:
    """Return the day of an instant in ISO 8601, with its offset, or the days from one such instant to another."""
    for ends in ([cell], *_halves(cell), cell.split("/")):
        if len(ends) <= 2 and all(map(_ISO.fullmatch, ends)):
            days = list(dict.fromkeys(_day_of_instant(end, zone).isoformat() for end in ends))
            if days != sorted(days):
                raise InvalidDateError(f"{cell!r:.80} ends before it begins: check the cell")
            return "/".join(days)
    return None


def _day_of_instant(text: str, zone: ZoneInfo | None) -> date:
    try:
        moment = datetime.fromisoformat(text.upper().replace(" +", "+").replace(" -", "-").replace(" Z", "Z"))
    except ValueError:
        raise InvalidDateError(f"{text!r:.80} is no instant of the calendar: check the cell") from None
    return day_of(moment, zone, text)


def _without_times(cell: str, rules: DateRules) -> tuple[str, datetime | None]:
    """Return the text without its times of day, and the time if it is one with an offset, on any day."""
    times = list(_TIME.finditer(cell))
    if not times:
        return cell, None
    first = times[0]
    if first[0] == cell:
        raise InvalidDateError(f"{cell!r:.80} is a time of day, and no day: name the column that has the day")
    rest = _TIME.sub(" ", cell).strip(" ,;")
    clock = _clock(first["from"])
    zone = first["zone"] or ""
    is_range = zone.startswith("-") and first["from"].count(":") < 2  # 08:00-1030, and no -10:30 from UTC
    if clock is not None and len(times) == 1 and not is_range and (offset := _offset(zone)) is not None:
        return rest, datetime.combine(date.max, clock, timezone(offset))
    if rules.drop_times or all(_clock(found["from"]) == time(0) for found in times):
        return rest, None
    raise _has_time(cell, first["from"].strip())


def _clock(text: str) -> time | None:
    """Return the time of day of a text, such as "9.30 p.m."; None where no day has it."""
    hour, minute, second, *_ = (*map(int, re.findall(r"\d+", text)), 0, 0, 0)
    if "半" in text:
        minute = 30
    if re.search(r"\dh?\s*p\.?\s?m|午後|下午|오후", text, re.IGNORECASE):
        hour = hour % 12 + 12 if hour <= 12 else hour
    elif re.search(r"\dh?\s*a\.?\s?m|午前|上午|오전", text, re.IGNORECASE):
        hour = hour % 12 if hour <= 12 else hour
    return time(hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


def _offset(zone: str) -> timedelta | None:
    """Return the offset from UTC that a zone names; None where it is a name of a place or nothing."""
    found = _OFFSET.fullmatch(zone)
    if not zone or found is None:
        return None
    sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    offset = -offset if sign == "-" else offset
    return offset if timedelta(hours=-12) <= offset <= timedelta(hours=14) else None


def _has_time(cell: str, clock: str) -> InvalidDateError:
    return InvalidDateError(
        f"{cell!r:.80} has a time of day, {clock}: a date is a day; to leave times out, say in the mapping, "
        '[dates] times = "drop"'
    )


# --- what a cell that cannot be read seems to be ---------------------------------------

_PART_OF_A_TIME = """
early late mid middle beginning end start spring summer autumn fall winter quarter half q1 q2 q3 q4 h1 h2 circa ca c
about around approximately before after since
anfang mitte ende frühjahr frühling sommer herbst quartal halbjahr etwa vor nach seit
début debut mi fin milieu courant printemps été ete automne hiver trimestre semestre vers avant après depuis
principios mediados finales primavera verano otoño invierno alrededor antes después inicio início meados fim verão
outono inverno estate autunno inizio metà fine
начало начале середина середине конец конце весна весной лето летом осень осенью зима зимой квартал полугодие около до
после
"""
_PARTS = frozenset(map(plain, _PART_OF_A_TIME.split()))
_UNSPACED_PARTS = re.compile("[上中下初]旬|頃|[春夏秋冬季初末旬]|봄|여름|가을|겨울|초|말")
_SAYING_NOTHING = "tbc tbd tba n/a na none nil null unknown unbekannt inconnu offen ? - – — … x"
_NOTHING = frozenset(_SAYING_NOTHING.split())
_TENTATIVE_WORDS = "tbc tbd tba tentative tentatively provisional provisionally planned vorläufig geplant prévu"
_TENTATIVE = frozenset(map(plain, _TENTATIVE_WORDS.split()))
_UNCERTAIN = re.compile(r".*\d.*[?~%].*|[~?%].*\d.*")
_OPEN = re.compile(r"\[?(?:\.\.)?/?\d{4}(?:-\d\d){0,2}/?(?:\.\.)?\]?")
_MONTHS_APART = re.compile(r"\d{4}(?:-\d\d){0,2}/\d{4}(?:-\d\d){0,2}")
_SEASON = re.compile(r"\d{4}-(2[1-9]|3\d|4[01])")
_WRITE_WINDOW = "write the window in which it surely lies, such as [2004-01-01..2004-06-30], or a month or a year"
_WRITE = "write 2021-06-16, 2021-06, 2021 or 16-17 June 2021"
_EPOCH = date(1899, 12, 30)


def _explained(cell: str, error: UnreadDateError, formats: Sequence[str]) -> InvalidDateError:
    """Return the refusal that a cell deserves: it says what the cell seems to be."""
    text = plain(cell)
    words = re.findall(r"[^\W\d_][^\W_]*(?:/a)?", text)
    if _SEASON.fullmatch(text):
        return InvalidDateError(f"{cell!r} is a season, with no limits that are known: {_WRITE_WINDOW}")
    if error.cause != "unknown":
        return error
    if text in _NOTHING:
        return InvalidDateError(
            f'{cell!r} is no date: if it says nothing, say so in the mapping, missing = ["", "{cell}"]'
        )
    if why := _number(text):
        return InvalidDateError(f"{cell!r} {why}")
    if not _PARTS.isdisjoint(words) or _UNSPACED_PARTS.search(text):
        return InvalidDateError(
            f"{cell!r:.80} is a part of a year or a month, with no limits that are known: {_WRITE_WINDOW}"
        )
    if _UNCERTAIN.fullmatch(text) or not _TENTATIVE.isdisjoint(words):
        return InvalidDateError(f"{cell!r:.80} says that it is uncertain: {_WRITE_WINDOW}")
    if _MONTHS_APART.fullmatch(text):
        return months_refused(cell)
    if _OPEN.fullmatch(text):
        return InvalidDateError(f"{cell!r:.80} is open at one end: {_WRITE_WINDOW}")
    if languages := languages_of(error.word):
        named = [f'"{language}"' for language in languages[:4]]
        return InvalidDateError(
            f"{cell!r:.80} has a month in another language ({', '.join(named)}): name the language in the mapping, "
            f"such as [dates] languages = [{named[0]}]"
        )
    return InvalidDateError(f"{error}: {_what_to_write(error.word, formats)}")


def _number(text: str) -> str:
    """Return what a cell of digits alone seems to be; "" where it seems nothing."""
    number = text.partition(".")[0] if re.fullmatch(r"\d+(\.\d+)?", text) else ""
    if len(number) == 5 and 10_000 <= int(number) <= 80_000:
        day = _EPOCH + timedelta(days=int(number))
        return (
            "looks like the number that a spreadsheet keeps for "
            f"{day.day} {ENGLISH_MONTHS[day.month - 1]} {day.year}: format the column as dates there, or import the "
            "workbook itself"
        )
    if len(number) in (9, 10, 13):
        seconds = int(number) // (1000 if len(number) == 13 else 1)
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
        return f"looks like seconds since 1970, {moment:%Y-%m-%d %H:%M} in UTC: write the day instead"
    if number and len(number) != 4:
        return "is a number and no date: write it as 2021-06-16, 2021-06 or 2021"
    return ""


def _what_to_write(word: str, formats: Sequence[str]) -> str:
    if formats:
        return f"{_WRITE}; none of [dates] formats fits ({', '.join(map(repr, formats))})"
    if word[:1].isalpha():
        return f'{_WRITE}, or name the language of its months in the mapping, such as [dates] languages = ["de"]'
    return f"{_WRITE}, or say in the mapping, [dates] formats, how days are written"
