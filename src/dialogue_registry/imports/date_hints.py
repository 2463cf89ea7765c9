"""The advice for a date that cannot be read, from the form of the cell."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from dialogue_registry.errors import InvalidDateError
from dialogue_registry.imports.date_languages import ENGLISH_MONTHS, languages_of, plain
from dialogue_registry.imports.date_words import UnreadDateError, months_refused

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
_WINDOW = "write the window in which it surely lies, such as [2004-01-01..2004-06-30], or a month or a year"
_WRITE = "write 2021-06-16, 2021-06, 2021 or 16-17 June 2021"
_EPOCH = date(1899, 12, 30)


def explained(cell: str, error: UnreadDateError, formats: Sequence[str]) -> InvalidDateError:
    """Return the refusal that a cell deserves: it says what the cell seems to be."""
    text = plain(cell)
    words = re.findall(r"[^\W\d_][^\W_]*(?:/a)?", text)
    if _SEASON.fullmatch(text):
        return InvalidDateError(f"{cell!r} is a season, with no limits that are known: {_WINDOW}")
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
            f"{cell!r:.80} is a part of a year or a month, with no limits that are known: {_WINDOW}"
        )
    if _UNCERTAIN.fullmatch(text) or not _TENTATIVE.isdisjoint(words):
        return InvalidDateError(f"{cell!r:.80} says that it is uncertain: {_WINDOW}")
    if _MONTHS_APART.fullmatch(text):
        return months_refused(cell)
    if _OPEN.fullmatch(text):
        return InvalidDateError(f"{cell!r:.80} is open at one end: {_WINDOW}")
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
