"""Names as written, the parts that can be read off them, and a key to match them by.

Ministries write the family name in capitals, in either order: ``TOKUDA Shuichi``,
``Marat SYZDYKOV``. That is the only hint taken. Nothing is looked up, nothing is
guessed: where the capitals do not tell, the parts stay empty.
"""

import re
import unicodedata

import attrs

_PARTICLE = re.compile(
    "af|al|bin|bint|d|da|das|de|del|della|den|der|des|di|do|dos|du|e|el|i|ibn|in|la|las|le|los|op|ould|"
    "['’]t|te|ten|ter|und|van|vom|von|y|zu|zum|zur"
)
_END = r"(?:\.|(?=\s))"
_TITLES = rf"(?i:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Mme|Mlle|Sr|Sra|Srta|Sir){_END}"
# "M." is Monsieur, but in "M. K. Gandhi" an initial.
_MONSIEUR = rf"M{_END}(?!\s*\w\.)"
# Without dots, HE and SE are family names too (HE Yafei): only a title behind them tells.
_EXCELLENCIES = (
    rf"(?:H\.E|S\.E|H\.R\.H|H\.H|HRH|HH|(?:(?:His|Her|Your|Son|Su) )?(?:Excellency|Excellence|Excelencia)){_END}"
    rf"|(?:HE|SE)(?=\s+(?:{_TITLES}|{_MONSIEUR}))"
)
_HONORIFIC = re.compile(rf"(?:(?:{_EXCELLENCIES}|{_TITLES}|{_MONSIEUR})[\s,]*)+(?=\S)")
_ARTICLES = re.compile(r"^(?:(?:the|la|le|les|el|los|las|der|die|das) |l['’] ?)+(?=\S)")


@attrs.frozen
class NameParts:
    """A name as written, and what its capitals say; "" where they do not say.

    ``sort`` is "FAMILY, Given", or the name without honorific where nothing is derived.
    """

    written: str
    honorific: str
    family: str
    given: str
    sort: str


def name_parts(written: str) -> NameParts:
    """Take honorific, family name and given names off a name as written.

    The family name is the one run of capitals, wherever it stands: words of more than
    one letter (``SIDIKOV``, ``O'BRIEN``, ``McALLISTER``, ``al-ASSAD``), the single
    letters between them (``RIBA I GINER``), and particles between or before them
    (``van DALEN``). Nothing is derived where all words or none are capitals, or where
    two runs of capitals stand apart: ``family`` and ``given`` are "" then. An initial is
    a capital in any style of writing, so it tells nothing.
    """
    text = " ".join(written.split())
    prefix = _HONORIFIC.match(text)
    honorific, name = (prefix[0].rstrip(" ,"), text[prefix.end() :]) if prefix else ("", text)
    words = name.replace(",", " ").split()
    run = _capitals_run(words)
    family = " ".join(words[run])
    given = " ".join(words[: run.start] + words[run.stop :])
    if not family:
        return NameParts(written, honorific, "", "", name)
    return NameParts(written, honorific, family, given, f"{family}, {given}")


def fold(text: str) -> str:
    """A key under which equal names meet: match two names by comparing their keys.

    It irons out compatibility characters (Unicode NFKC), case, white space, ’ for ', and
    articles in front: the; la, le, les, l'; el, los, las; der, die, das ("the Kyrgyz
    Republic").
    Everything else, diacritics included, is kept, so that different names stay different.
    """
    return _ARTICLES.sub("", ironed(text), count=1)


def same_name(one: NameParts, other: NameParts) -> bool:
    """Whether two names are one name, spelled alike but for honorific, case, width and spacing.

    Where capitals tell the family name of both, family and given names are compared; of one
    only, the other may have them in either order. Nothing is left out, nothing shortened.
    """
    if one.family and other.family:
        return (ironed(one.family), ironed(one.given)) == (ironed(other.family), ironed(other.given))
    return not _orders(one).isdisjoint(_orders(other))


def _orders(name: NameParts) -> set[str]:
    if not name.family:
        return {ironed(name.sort)}
    return {ironed(f"{name.family} {name.given}"), ironed(f"{name.given} {name.family}")}


def ironed(text: str) -> str:
    """Return a text without what its writing may differ in: compatibility characters, case, white space, ’ for '."""
    folded = unicodedata.normalize("NFKC", text.replace("’", "'")).casefold()
    # Folding the case can leave a text unnormalised.
    return " ".join(unicodedata.normalize("NFKC", folded).split())


_NOWHERE = slice(0, 0)


def _capitals_run(words: list[str]) -> slice:
    """Where the family name stands; an empty slice where the capitals do not say."""
    capitals = [place for place, word in enumerate(words) if _is_capitals(word)]
    if not capitals:
        return _NOWHERE
    first, stop = capitals[0], capitals[-1] + 1
    if not all(_is_capitals(word) or _is_particle(word) or _is_letter(word) for word in words[first:stop]):
        return _NOWHERE

    def others_tell(before: int) -> bool:
        return any(_tells(word) for word in words[:before] + words[stop:])

    # A particle with a capital of its own (Al GORE) may be all there is of a given name.
    while first and (
        _PARTICLE.fullmatch(words[first - 1]) or (_is_particle(words[first - 1]) and others_tell(first - 1))
    ):
        first -= 1
    return slice(first, stop) if others_tell(first) else _NOWHERE


def _is_capitals(word: str) -> bool:
    """Whether a word of more than one letter is in capitals, but for Mc, Mac or a particle tied to it."""
    if sum(map(str.isalpha, word)) < 2:
        return False
    # ß stays small between capitals.
    pieces = [piece for piece in re.split("['’-]", word.replace("ß", "SS")) if piece]
    pieces[0] = pieces[0].removeprefix("Mc").removeprefix("Mac") or pieces[0]
    return pieces[-1].isupper() and all(piece.isupper() or _is_particle(piece) for piece in pieces)


def _is_particle(word: str) -> bool:
    return _PARTICLE.fullmatch(word.lower()) is not None


def _is_letter(word: str) -> bool:
    return len(word) == 1 and word.isupper()


def _tells(word: str) -> bool:
    """Whether a word that is not in capitals could have been: an initial or a lower-case particle could not."""
    letters = [letter for letter in word if letter.isalpha()]
    return bool(letters) and not _PARTICLE.fullmatch(word) and not (len(letters) == 1 and letters[0].isupper())
