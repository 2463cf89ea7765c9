"""Which party a name means: exactly, or not at all.

A name is looked up among names and aliases that are known, after ironing out case,
width, white space and articles (:func:`dialogue_registry.model.names.fold`). Nothing is
similar to anything here: "Republic of Korea" is KOR, and never PRK.
"""

from collections.abc import Iterable, Iterator

from dialogue_registry.errors import MissingExtraError
from dialogue_registry.model.names import fold


class Parties:
    """Known names of parties; a name that means two of them means none."""

    def __init__(self, names: Iterable[tuple[str, str]], aliases: Iterable[tuple[str, str]] = ()) -> None:
        """Take pairs of a name and the party it means; a party's own code is a name of it.

        An alias is somebody's word for this table: it decides where a name means two.
        """
        self._known: dict[str, set[str]] = {}
        self._decided: dict[str, set[str]] = {}
        for name, party in aliases:
            self._decided.setdefault(fold(name), set()).add(party)
            self._known.setdefault(fold(party), set()).add(party)
        for name, party in names:
            self._known.setdefault(fold(name), set()).add(party)
            self._known.setdefault(fold(party), set()).add(party)

    def match(self, name: str) -> str | None:
        """The party that a name means; None where none or several do."""
        key = fold(name)
        found = self._decided.get(key) or self._known.get(key, set())
        return next(iter(found)) if len(found) == 1 else None


def iso_names() -> Iterator[tuple[str, str]]:
    """Pairs of a country's name in ISO 3166-1 and its alpha-3 code; needs the extra ``[countries]``.

    "Korea, Republic of" is also "Republic of Korea". "Bolivia, Plurinational State of" is
    also "Bolivia", as no other name is filed under that word; Korea is two, so it is none.
    """
    try:
        from iso3166 import countries  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtraError(
            "matching ISO 3166 names needs the package iso3166: pip install 'dialogue-registry[countries]'"
        ) from None
    names = {"Nauru": "NRU"}  # which iso3166 2.1 leaves out
    filed: dict[str, list[str]] = {}
    for country in countries:
        for name in (country.name, country.apolitical_name):
            names[name] = country.alpha3
            head, comma, tail = name.partition(", ")
            if comma and tail.endswith((" of", " of the")):
                names[f"{tail} {head}"] = country.alpha3
                filed.setdefault(head, []).append(country.alpha3)
    for head, codes in filed.items():
        if len(set(codes)) == 1:
            names.setdefault(head, codes[0])
    yield from names.items()
