"""The text of a date, cut into tokens: numbers, months, weekdays, and what stands between them.

=====  ============================================================================
``N``  a number of one or two digits, also an ordinal (16th, 1er, 16.) or 16日
``Y``  a year of four digits, also 2021年 or a year of a Japanese era
``Z``  a year of two digits behind an apostrophe: '21
``M``  a month in words, or 6月
``W``  a weekday
``D``  a date in figures: 16.06.2021, 2021/6/16
``E``  a month and a year in figures: 06/2021
``F``  a day and a month in figures, in either order: 16.06.
``~``  a dash or a word between the ends of a span
``-``  a hyphen, which may be that, or join what it stands between
``&``  a word or a sign between the items of a list; ``,`` and ``/`` may be that
=====  ============================================================================

Words that say nothing of the day ("of", "am", "года") become no token.
"""

import re
from functools import lru_cache

import attrs

from dialogue_registry.imports.date_languages import Lexicon, plain


@attrs.frozen
class Token:
    """A piece of a text: its kind, the piece itself, and what it stands for."""

    kind: str
    text: str
    number: int = 0
    #: The numbers that a month or a weekday can be: one, unless two languages contradict each other.
    choices: frozenset[int] = frozenset()
    #: Whether a hyphen touches a letter, as in 16-June: then it may join what it stands between.
    joins: bool = False


class UnknownWordError(Exception):
    """A word that is no part of a date in the languages asked for."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


class UnknownYearError(Exception):
    """A year that its era did not have."""


_ERAS = {
    "明治": (1868, 45), "大正": (1912, 15), "昭和": (1926, 64), "平成": (1989, 31), "令和": (2019, 99),
    "民國": (1912, 199), "民国": (1912, 199),
}  # fmt: skip
"""Eras of Japan and of the Republic of China: the common year of their first year, and their last year."""
_WEEKDAYS = "月火水木金土日"
_DIGITS = {digit: str(number) for number, digit in enumerate("〇一二三四五六七八九")} | {"零": "0"}
_KANJI_NUMBER = re.compile("[〇零一二三四五六七八九十]+(?=[年月日号號])")
_PARENTHESES = re.compile(r"\(([^()]*)\)")
_JAPANESE_WEEKDAY = re.compile(rf"[{_WEEKDAYS}](?:曜日?)?(?:・?[祝休振])?")
_ORDINAL = (
    r"(?:(?:st|nd|rd|th|er|ere|eme|re|ro|e|\.?[oa]|°|-?го|-?ое|-?е|-?и|-?ші|-?njy|-?nji|-?inci|-?nci|-?[ую]ми?|-ны|-ний"
    r"|-d[aə]|-s?[iu])(?![^\W_]))?"
    r"\.?(?![^\W_])"
)
_SHAPES = rf"""
  (?:中華|中华)?(?P<era>{"|".join(_ERAS)})\s?(?P<era_year>\d{{1,3}}|元)\s?年
| (?P<year_mark>\d{{4}})\s?[年년]
| (?P<month_mark>\d{{1,2}})(?:\s?[月월]|(?:-р|(?:\s|-)?(?:дугаар|дүгээр))?\s?сар(?:ын|д)?(?![^\W_]))
| (?P<day_mark>\d{{1,2}})\s?[日일号號]
| (?P<figures>(?<![\d.])(?:
      \d{{4}}(?P<between>\s?[./]\s?|-)\d{{1,2}}(?P=between)\d{{1,2}}(?!\d)
    | \d{{1,2}}(?P<between_too>\s?[./]\s?|-)\d{{1,2}}(?P=between_too)(?:\d{{4}}|\d\d)(?!\d)))\.?
| (?P<month_year>(?<!\d)(?:\d{{1,2}}[./-]\d{{4}}|\d{{4}}[./]\d{{1,2}})(?![\d./-]))
| (?P<day_month>(?<!\d)\d{{1,2}}(?P<behind>\.\s?|/)\d{{1,2}}(?!\d)(?:(?P=behind)(?!\d))?)
| (?P<year>(?<!\d)\d{{4}}(?!\d))(?:-(?:ci|cu|nji|njy)(?![^\W_]))?\.?
| '(?P<short_year>\d\d)(?!\d)
| (?P<number>(?<!\d)\d{{1,2}}(?!\d)){_ORDINAL}
| (?P<span>[–—−‒―~〜])
| (?P<hyphen>[-‐‑])
| (?P<list>[&+、]|・(?=\s?\d))
| (?P<comma>[,،])
| (?P<slash>/)
| (?P<skip>(?:[\s.]|・(?!\s?\d))+)
| (?P<word>WORDS)\.?
| (?P<other>\w[\w'.-]*|.)
"""
_TOUCHING = re.compile(r"(?<![^\W_])(\d{1,2})([^\W\d_]{3,})(\d{4}|\d\d)(?![^\W_])")
_ROMANS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_ROMAN_MONTH = re.compile(rf"(?<=\d)[\s./-]{{1,2}}({'|'.join(reversed(_ROMANS))})[\s./-]{{1,2}}(?=\d{{4}}(?!\d))")
_KINDS = {
    "year_mark": "Y", "year": "Y", "short_year": "Z", "day_mark": "N", "number": "N", "figures": "D",
    "month_year": "E", "day_month": "F", "span": "~", "list": "&", "comma": ",", "slash": "/",
}  # fmt: skip


def tokens_of(text: str, words: Lexicon) -> list[Token]:
    """Return the tokens of a text; raises UnknownWordError or UnknownYearError."""
    text = _ROMAN_MONTH.sub(lambda found: f" {_ROMANS.index(found[1]) + 1}月 ", text)  # 14.V.2019
    folded = _TOUCHING.sub(r"\1 \2 \3", plain(text))  # 14May2019
    folded = _KANJI_NUMBER.sub(lambda found: str(_kanji_number(found[0])), folded)

    def without_parentheses(found: re.Match[str]) -> str:
        inner = found[1].strip(" .")
        if _JAPANESE_WEEKDAY.fullmatch(inner) and inner not in words.weekdays:
            inner = _IN_ENGLISH[inner[0]]
        return f" {inner} " if inner in words.weekdays else found[0]

    folded = _PARENTHESES.sub(without_parentheses, folded)
    tokens: list[Token] = []
    for found in _pattern(words.words).finditer(folded):
        token = _token(found, folded, words)
        if token is not None:
            tokens.append(token)
    return _without_pairs(tokens)


_IN_ENGLISH = dict(zip(_WEEKDAYS, ("mon", "tue", "wed", "thu", "fri", "sat", "sun"), strict=True))


def _token(found: re.Match[str], text: str, words: Lexicon) -> Token | None:
    kind, piece = str(found.lastgroup), found[0]
    match kind:
        case "skip":
            return None
        case "other":
            raise UnknownWordError(piece)
        case "word":
            return _word(found["word"], words)
        case "era_year":
            return Token("Y", piece, _era_year(found["era"], found["era_year"]))
        case "month_mark":
            return Token("M", piece, choices=frozenset({int(found["month_mark"])}))
        case "hyphen":
            around = text[max(found.start() - 1, 0) : found.start()] + text[found.end() : found.end() + 1]
            joins = len(around) == 2 and not any(map(str.isspace, around)) and any(map(str.isalpha, around))
            return Token("-", piece, joins=joins)
        case _:
            shape = next(name for name in _KINDS if found[name] is not None)
            figures = found[shape]
            return Token(_KINDS[shape], figures, int(figures) if figures.isdecimal() else 0)


def _word(word: str, words: Lexicon) -> Token | None:
    if word in words.months:
        return Token("M", word, choices=words.months[word])
    if word in words.weekdays:
        return Token("W", word, choices=words.weekdays[word])
    if word in words.to:
        return Token("~", word)
    return Token("&", word) if word in words.both else None


def _without_pairs(tokens: list[Token]) -> list[Token]:
    """Leave out commas that divide no days, and two weekdays with something between them: the days tell."""
    kinds = "".join(token.kind for token in tokens)
    for found in reversed(list(re.finditer("W[-~&/]W|,(?=&)|(?<=N),(?=Y)", kinds))):
        del tokens[found.start() : found.end()]
    return tokens


@lru_cache(maxsize=32)
def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(_SHAPES.replace("WORDS", words), re.VERBOSE | re.DOTALL)


def _kanji_number(text: str) -> int:
    """Return the number that kanji write, with 十 for ten (二十一) or digit by digit (二〇二一)."""
    if "十" not in text:
        return int("".join(_DIGITS[digit] for digit in text))
    tens, _, ones = text.partition("十")
    return 10 * (_kanji_number(tens) if tens else 1) + (_kanji_number(ones) if ones else 0)


def _era_year(era: str, written: str) -> int:
    first, last = _ERAS[era]
    number = 1 if written == "元" else int(written)
    if not 1 <= number <= last:
        raise UnknownYearError(era)
    return first + number - 1
