"""The words of dates in a language: months and weekdays of the CLDR, and what stands between days.

English is always known, without any package. Months and weekdays of other languages come
from the Unicode CLDR, as Babel has it (extra ``[tables]``). The CLDR has no words between
two days ("bis", "au"); those, and the forms of months that it lacks, stand in this module.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import attrs

from dialogue_registry.errors import InvalidValueError, MissingExtraError, needs_extra
from dialogue_registry.model.texts import with_ascii_digits

_ACCENTS = re.compile("[\u0300-\u036f]")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_LETTERS = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "’": "'", "ʼ": "'", "ʻ": "'", "‘": "'", "`": "'"})


def plain(text: str) -> str:
    """Return a text without case, accents, width, kinds of digits, invisible characters and double blanks."""
    text = with_ascii_digits(unicodedata.normalize("NFKC", _UNSEEN.sub("", text)))
    text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold())).translate(_LETTERS)
    return " ".join(unicodedata.normalize("NFC", text).split())


@attrs.frozen
class _Between:
    """Words of a language beside its months: of spans, of lists, and those that say nothing of the day."""

    to: str = ""
    both: str = ""
    besides: str = ""


ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_ENGLISH_DAYS = (
    "Monday Mon", "Tuesday Tue Tues", "Wednesday Wed Weds", "Thursday Thu Thur Thurs", "Friday Fri", "Saturday Sat",
    "Sunday Sun",
)  # fmt: skip

_BETWEEN: Mapping[str, _Between] = {
    "ar": _Between("إلى الى حتى", "و", "من في"),
    "az": _Between("", "və", "il ilin ili ay ayı tarixində tarixlərində"),
    "be": _Between("па да", "і", "з г года год годзе"),
    "bg": _Between("до", "и", "от на г година"),
    "ca": _Between("al a fins", "i", "el del de d'"),
    "cs": _Between("až do", "a", "od dne"),
    "da": _Between("til", "og", "den fra"),
    "de": _Between("bis", "und u", "am im den der dem vom von des jahr jahres"),
    "el": _Between("έως ως μέχρι", "και", "από στις"),
    "en": _Between("to until till through thru", "and", "the of on in from"),
    "es": _Between("al a hasta", "y e", "el del de los en desde dia dias"),
    "et": _Between("kuni", "ja", "aasta aastal"),
    "fi": _Between("", "ja", ""),
    "fr": _Between("au à jusqu'au", "et", "le la les du de d' en"),
    "he": _Between("עד", "", "של יום בין"),
    "hr": _Between("do", "i", "od g godine"),
    "hu": _Between("", "és", "án én"),
    "hy": _Between("", "և", "թ թվականի"),
    "id": _Between("sampai hingga", "dan", "tanggal pada dari"),
    "it": _Between("al a all'", "e ed", "il l' dal dall' di del in nel"),
    "ja": _Between("から", "と 及び および ・", "まで の 祝 休"),
    "ka": _Between("", "და", "წლის წელი"),
    "kk": _Between("", "мен және", "ж жыл жылы жылғы жылдың ай айы айында күні күндері"),
    "ko": _Between("부터 에서", "과 와 및", "까지"),
    "ky": _Between("", "жана менен", "ж жыл жылы жылдын жылкы ай айы айында күнү күндөрү"),
    "lt": _Between("iki", "ir", "m d nuo metų mėn"),
    "lv": _Between("līdz", "un", "no gada gadā"),
    "mn": _Between("", "ба", "оны он ны ний өдөр өдрүүд"),
    "nb": _Between("til", "og", "den fra"),
    "nl": _Between("tot t/m", "en", "op de van in"),
    "no": _Between("til", "og", "den fra"),
    "pl": _Between("do", "i oraz", "od w dniu dniach dnia r roku"),
    "pt": _Between("a ao até", "e", "o de do dia dias em no"),
    "ro": _Between("până la", "și", "din de pe"),
    "ru": _Between("по до", "и", "с со от в г гг год года году годов"),
    "sk": _Between("až do", "a", "od dňa"),
    "sl": _Between("do", "in", "od dne"),
    "sr": _Between("do до", "i и", "od од godine године g г"),
    "sv": _Between("till", "och", "den från"),
    "tg": _Between("то", "ва", "аз соли сол с моҳи рӯзи рӯзҳои"),
    "th": _Between("ถึง", "และ", "วันที่ วัน ที่ ค.ศ. พ.ศ."),
    "tk": _Between("", "we", "ýyl ýyly ýylyň ý aý aýy aýynda güni günleri"),
    "tr": _Between("", "ve", "yılı"),
    "uk": _Between("по до", "і й та", "з від у в р рр рік року році"),
    "uz": _Between(
        "", "va ва", "yil yili yilning y oy oyi oyida kuni kunlari йил йили йилнинг й ой ойи ойида куни кунлари"
    ),
    "vi": _Between("đến", "và", "ngày năm từ"),
    "zh": _Between("至 到", "和 及 与", "从 自"),
}
"""By language; written for this module. A language that is not here has dashes between its days."""

_FORMS: Mapping[str, str] = {
    "de": "jaenner - maerz",
    "es": "- - - - - - - - setiembre",
    "fi": "tammikuussa helmikuussa maaliskuussa huhtikuussa toukokuussa kesäkuussa heinäkuussa elokuussa syyskuussa"
    " lokakuussa marraskuussa joulukuussa",
    "he": "בינואר בפברואר במרץ באפריל במאי ביוני ביולי באוגוסט בספטמבר באוקטובר בנובמבר בדצמבר",
    "lv": "janvārī februārī martā aprīlī maijā jūnijā jūlijā augustā septembrī oktobrī novembrī decembrī",
    "sl": "januarja februarja marca aprila maja junija julija avgusta septembra oktobra novembra decembra",
    "sr": "јануара|januara фебруара|februara марта|marta априла|aprila маја|maja јуна|juna јула|jula августа|avgusta"
    " септембра|septembra октобра|oktobra новембра|novembra децембра|decembra",
    "ru": "январе феврале марте апреле мае июне июле августе сентябре октябре ноябре декабре",
    "tg": "январи феврали марти апрели майи июни июли августи сентябри октябри ноябри декабри",
    "uk": "січні лютому березні квітні травні червні липні серпні вересні жовтні листопаді грудні",
    "uz": "январь февраль - апрель - июнь июль - sentyabr|сентябрь oktyabr|октябрь ноябрь декабрь",
    "pl": "styczniu lutym marcu kwietniu maju czerwcu lipcu sierpniu wrześniu październiku listopadzie grudniu",
}
"""Forms of months that the CLDR lacks, by language: how it says "in June" or "of June", other spellings; "-": none."""

_ENDINGS: Mapping[str, str] = {
    "az": "ın in un ün da də ında ində unda ündə",
    "kk": "ы і да де та те ында інде",
    "ky": "ы и у ү да де до дө та те ында инде унда үндө",
    "mn": "ын д",
    "tk": "y i u ü da de ynda inde unda ünde",
    "uz": "i da ida ning и да ида нинг",
}
"""Endings that a month takes in a date (16-майы, 16 мамырында, 16-njy maýy), by language; a soft sign goes before."""

_VARIANTS = {
    "ar": ("ar_LB", "ar_DZ", "ar_MA"), "az": ("az_Cyrl",), "bs": ("bs_Cyrl",), "de": ("de_AT",), "es": ("es_MX",),
    "fr": ("fr_CA",), "pt": ("pt_PT",), "sr": ("sr_Latn",), "uz": ("uz_Cyrl",),
}  # fmt: skip
"""Locales whose months are spelled otherwise (Jänner), have other names (حزيران), or are in another script."""


@attrs.frozen
class Lexicon:
    """All words of dates in some languages; each key is as :func:`plain` gives it.

    A word that means two months in the languages asked for has both, and decides nothing.
    """

    languages: tuple[str, ...]
    months: Mapping[str, frozenset[int]]
    #: Weekdays as Python counts them: Monday is 0.
    weekdays: Mapping[str, frozenset[int]]
    to: frozenset[str]
    both: frozenset[str]
    besides: frozenset[str]
    #: All these words as one regular expression, the longest first.
    words: str


@lru_cache(maxsize=32)
def lexicon(languages: tuple[str, ...]) -> Lexicon:
    """Return the words of English and of these languages (BCP 47 tags such as "de").

    Raises InvalidValueError for a language that nobody knows, MissingExtraError without Babel.
    """
    months: dict[str, set[int]] = {}
    weekdays: dict[str, set[int]] = {}
    for month, key in _month_words(languages):
        months.setdefault(key, set()).add(month)
    for day, key in _weekday_words(languages):
        if key not in months:  # "mar" is Tuesday and March in Spanish: a date needs its month
            weekdays.setdefault(key, set()).add(day)
    for language in ("en", *languages):
        for month, key in _beginnings(_month_words((language,))):
            if key not in weekdays and (key not in months or month in months[key]):
                months.setdefault(key, set()).add(month)
    between = [_BETWEEN[base] for language in ("en", *languages) if (base := base_language(language)) in _BETWEEN]
    to, both, besides = (
        frozenset(plain(word) for words in between for word in getattr(words, field).split())
        for field in ("to", "both", "besides")
    )
    besides -= to | both | months.keys()
    every = {*months, *weekdays, *to, *both, *besides}
    return Lexicon(
        languages,
        {key: frozenset(found) for key, found in months.items()},
        {key: frozenset(found) for key, found in weekdays.items()},
        to,
        both - to,
        besides,
        "|".join(_bounded(word) for word in sorted(every, key=len, reverse=True)),
    )


def languages_of(word: str) -> tuple[str, ...]:
    """Return languages in which a word is a month, the most usual ones first; none without Babel."""
    key = plain(word).rstrip(".")
    return tuple(language for language in MANY_SPEAK if key in _months_of(language))


MANY_SPEAK = (
    "de", "fr", "es", "ru", "pt", "it", "ja", "zh", "ko", "ar", "tr", "uk", "pl", "nl", "vi", "id", "kk", "uz", "ky",
    "tg", "tk", "mn", "az", "hy", "ro", "cs", "el", "hu", "sv", "da", "nb", "fi", "bg", "sr", "sk", "sl", "ca", "th",
    "he", "hr", "lt", "lv", "et", "ka", "fa", "hi",
)  # fmt: skip
"""Languages that a hint may name, those that most documents are written in first."""


def words_for_and(language: str) -> frozenset[str]:
    """Return the words for "and" of a language, as it writes them."""
    return frozenset(_BETWEEN.get(base_language(language), _Between()).both.split())


@lru_cache(maxsize=64)
def _months_of(language: str) -> frozenset[str]:
    try:
        return frozenset(key for _, key in _month_words((language,), english=False))
    except (InvalidValueError, MissingExtraError):
        return frozenset()


def _month_words(languages: Iterable[str], *, english: bool = True) -> Iterator[tuple[int, str]]:
    """Yield each month with its words, long and short, in every form of the CLDR and of this module."""
    if english:
        yield from ((month, plain(word)) for month, word in enumerate(ENGLISH_MONTHS, 1))
    for language in languages:
        words = [
            (month, word)
            for locale in _locales(language)
            for context in ("format", "stand-alone")
            for width in ("wide", "abbreviated")
            for month, word in locale.months[context][width].items()
        ]
        forms = enumerate(_FORMS.get(base_language(language), "").split(), 1)
        words += [(month, word) for month, several in forms for word in several.split("|")]
        endings = _ENDINGS.get(base_language(language), "").split()
        for month, word in words:
            if _LETTER.search(key := plain(word).rstrip(".")):
                yield month, key
                yield from ((month, plain(f"{key.removesuffix('ь')}{ending}")) for ending in endings)


def _beginnings(words: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield the beginnings of three letters or more (Sept, Febr) that only one month of a language has."""
    found: dict[str, set[int]] = {}
    full = set(words)
    for month, key in full:
        for length in range(3, len(key)):
            found.setdefault(key[:length], set()).add(month)
    for key, months in found.items():
        if len(months) == 1 and key.isalpha() and not any(other == key for _, other in full):
            yield next(iter(months)), key


def _weekday_words(languages: Iterable[str]) -> Iterator[tuple[int, str]]:
    yield from ((day, plain(word)) for day, words in enumerate(_ENGLISH_DAYS) for word in words.split())
    for language in languages:
        for locale in _locales(language):
            for context in ("format", "stand-alone"):
                for width in ("wide", "abbreviated"):
                    for day, word in locale.days[context][width].items():
                        if key := plain(word).rstrip("."):
                            yield day, key


def base_language(language: str) -> str:
    """Return a language without its script and country: "uz" for "uz-Cyrl"."""
    return language.replace("_", "-").partition("-")[0].lower()


def _locales(language: str) -> Iterator[Any]:
    """Yield Babel's locale of a language, and those that spell its months otherwise."""
    if base_language(language) == "en":
        return
    for tag in (language, *_VARIANTS.get(language, ())):
        yield locale_of(tag, f"the months of {language!r}")


def locale_of(language: str, wanted: str) -> Any:
    """Return Babel's locale of a language tag.

    Raises InvalidValueError where there is none, MissingExtraError without Babel for what is ``wanted``.
    """
    with needs_extra("tables", f"{wanted} need the package Babel"):
        from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - an extra, and 30 ms at every start
    try:
        return Locale.parse(language.replace("-", "_"))
    except (ValueError, TypeError, UnknownLocaleError):
        raise InvalidValueError(
            f'{language!r} is no language that the Unicode CLDR has: give tags such as "de", "fr", "ru" or "uz-Cyrl"'
        ) from None


_LETTER = re.compile(r"[^\W\d]")
_UNSPACED = re.compile("[\u0e00-\u0eff\u2e80-\u9fff\uac00-\ud7af\u1100-\u11ff]")


def _bounded(word: str) -> str:
    """Return a word as a regular expression; where words have blanks between, it finds no part of a longer one."""
    pattern = re.escape(word).replace(r"\ ", "[ ]")  # it stands in a verbose expression
    if _UNSPACED.search(word):
        return pattern
    before = r"(?<![^\W\d_])" if word[0].isalpha() else ""
    after = r"(?![^\W_])" if word[-1].isdecimal() else r"(?![^\W\d_])" if word[-1].isalpha() else ""
    return f"{before}{pattern}{after}"
