"""Names of states, and the codes of ISO 3166 that they mean: exactly one, or none.

A name is looked up among the codes and names of ISO 3166-1, and among the usual names of the
Unicode CLDR (as Babel has it). These are in English and in the languages asked for. The file
``states.csv`` has names that both lack. Its column ``source`` says where a row is from. "UN" is
the formal name of a member of the United Nations, with other names under which lists of
participants have it. "World Bank" is its list of economies. "ISO 3166-3" is a state that is no
more, with its former code. "usage" is what is usual and stands in none of them. The file
``state_names.csv`` has the same of other languages, where the CLDR has "Россия" only. There "UN",
"AA" and "MOFA" mark the formal names that the texts of the United Nations, of the German and of
the Japanese Foreign Office use in that language; its rows were not compared with their lists.

Case, accents, articles, punctuation and blanks do not matter; "&" is "and", "St" is "Saint".
Nothing is similar to anything: a name with another letter, or one that means two, means none.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files

from dialogue_registry.errors import needs_extra
from dialogue_registry.imports.date_languages import base_language, locale_of, plain, words_for_and

_TOKENS = {"st": "saint", "ste": "sainte", "rep": "republic", "dem": "democratic", "the": "", "of": ""}
_ARTICLES = frozenset(("la", "le", "les", "el", "los", "las", "der", "die", "das", "il", "lo", "gli", "os", "as"))
_ELIDED = re.compile(r"^l'\s?(?=\w)")
_WORDS = re.compile(r"[^\W_]+")
_ABBREVIATION = re.compile(r"[A-Z]{2,5}|(?:[A-Z]\.){2,5}")


def state_key(name: str) -> str:
    """Return a key under which spellings of one name meet; "" for a name without a letter."""
    text = _ELIDED.sub("", plain(name)).replace("&", " and ").replace("'", "")
    words = [_TOKENS.get(word, word) for word in _WORDS.findall(text)]
    if len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    return "".join(words)


def states(languages: tuple[str, ...] = ()) -> Mapping[str, frozenset[str]]:
    """Return the codes that each key means; abbreviations in capitals stand for themselves.

    Raises MissingExtraError without the extra ``[tables]``, InvalidValueError for a language nobody knows.
    """
    found: dict[str, set[str]] = {}
    for name, code in _names(languages):
        if _ABBREVIATION.fullmatch(name):
            found.setdefault(name.replace(".", ""), set()).add(code)
        else:
            found.setdefault(state_key(name), set()).add(code)
    return {key: frozenset(codes) for key, codes in found.items() if key}


def state(name: str, known: Mapping[str, frozenset[str]]) -> str | None:
    """Return the code of the one state that a name means, None where none or several do."""
    text = name.strip()
    codes = known.get(text.replace(".", ""), frozenset()) if _ABBREVIATION.fullmatch(text) else frozenset()
    codes = codes or known.get(state_key(text), frozenset())
    return next(iter(codes)) if len(codes) == 1 else None


def _names(languages: Iterable[str]) -> Iterator[tuple[str, str]]:
    with needs_extra("tables", "names of states need the package iso3166"):
        from iso3166 import countries  # noqa: PLC0415 - an extra
    codes = {country.alpha2: country.alpha3 for country in countries} | {"NR": "NRU"}  # which iso3166 2.1 leaves out
    for alpha2, alpha3 in codes.items():
        yield alpha2, alpha3
        yield alpha3.lower(), alpha3
    yield "Nauru", "NRU"
    for country in countries:
        for name in (country.name, country.apolitical_name):
            yield from ((variant, country.alpha3) for variant in _variants(name))
    for language in ("en", *languages):
        joined = words_for_and(language)
        for alpha2, name in locale_of(language, "names of states").territories.items():
            if alpha2 in codes:
                yield from ((variant, codes[alpha2]) for variant in (name, *_with_and(name, joined)))
    yield from table_names()
    spoken = {base_language(language) for language in languages}
    for row in _rows("state_names.csv"):
        if row["language"] in spoken:
            yield from ((name, row["code"]) for name in row["names"].split("|"))


def table_names() -> Iterator[tuple[str, str]]:
    """Yield the names of ``states.csv``, each with its code."""
    for row in _rows("states.csv"):
        for name in row["names"].split("|"):
            yield from ((variant, row["code"]) for variant in _variants(name))
        yield row["code"].lower(), row["code"]


def _rows(table: str) -> Iterator[dict[str, str]]:
    yield from csv.DictReader(files("dialogue_registry.imports").joinpath(table).read_text("utf-8").splitlines())


def _variants(name: str) -> Iterator[str]:
    """Yield a name, and "Korea, Republic of" also as "Republic of Korea"."""
    yield name
    head, comma, tail = name.partition(", ")
    if comma and tail.endswith((" of", " of the")):
        yield f"{tail} {head}"


def _with_and(name: str, words: frozenset[str]) -> Iterator[str]:
    """Yield a name with "&" for the language's own word."""
    for word in words:
        if f" {word} " in name:
            yield name.replace(f" {word} ", " & ")
