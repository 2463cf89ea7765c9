"""Names as written, the parts that can be read off them, and a key to match them by.

Ministries write the family name in capitals, in either order: ``TOKUDA Shuichi``,
``Marat SYZDYKOV``. That is the only hint taken, beside a table of titles. Nothing is
guessed: where the capitals do not tell, or a word is not understood, the parts stay empty.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

import attrs

from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.model.honorifics import (
    AMBIGUOUS,
    CONTINUED,
    DOTTED_TITLES,
    EXCELLENCIES_OF_MONSIEUR,
    LETTER_TITLES,
    LONGEST,
    ROMAN,
    TITLES,
    is_doubtful,
    is_post_nominal,
    tokens,
    word_key,
)

_PARTICLE = re.compile(
    "af|al|bin|bint|d|da|das|de|del|della|den|der|des|di|do|dos|du|e|el|i|ibn|in|la|las|le|los|ní|nic|ó|op|ould|"
    "['’]t|te|ten|ter|ua|uí|und|van|vom|von|y|zu|zum|zur"
)
_ARTICLES = re.compile(r"^(?:(?:the|la|le|les|el|los|las|der|die|das) |l['’] ?)+(?=\S)")


@attrs.frozen
class NameParts:
    """A name as written, and what its capitals say; "" where they do not say.

    ``sort`` is "FAMILY, Given", or the name without honorific where nothing is derived.
    ``suffix`` is what stands behind the name: post-nominals and numerals.
    """

    written: str
    honorific: str
    family: str
    given: str
    sort: str
    suffix: str = ""


@arguments_checked
def name_parts(written: str) -> NameParts:
    """Take honorific, family name, given names and post-nominals off a name as written.

    The family name is the one run of capitals, wherever it stands. It is words of more than one
    letter (``SIDIKOV``, ``O'BRIEN``, ``McALLISTER``, ``al-ASSAD``). It has the single letters
    between them (``RIBA I GINER``), and particles between or before them (``van DALEN``).
    Nothing is derived where all words or none are capitals, or where two runs of capitals stand
    apart: ``family`` and ``given`` are "" then. An initial is a capital in any style of
    writing, so it tells nothing.

    Every word must be understood: as a title (:mod:`dialogue_registry.model.honorifics`),
    a name, an initial, a particle or a post-nominal. Where one is not, nothing is derived.
    """
    text = " ".join(written.split())
    end = _end_of_titles(text)
    honorific, name = text[:end].rstrip(" ,"), text[end:]
    if not honorific and (bracket := _BRACKETED.search(name)) and _is_title(bracket[1]):
        honorific, name = bracket[1], name[: bracket.start()].rstrip(" ,")
    nothing = NameParts(written, honorific, "", "", name)
    words, suffix = _without_post_nominals(name)
    run = _capitals_run(words)
    family = " ".join(words[run])
    others = words[: run.start] + words[run.stop :]
    if not family or not _understood(others, first=run.start > 0):
        return nothing
    given = " ".join(others)
    return NameParts(written, honorific, family, given, f"{family}, {given}", suffix)


def without_honorific(written: str) -> str:
    """Return a name without its titles; the name itself where it has none."""
    parts = name_parts(written)
    if not parts.honorific:
        return written
    text = " ".join(written.split())
    if text.startswith(parts.honorific):
        return text[len(parts.honorific) :].lstrip(" ,")
    return text[: _BRACKETED.search(text).start()].rstrip(" ,")  # type: ignore[union-attr] # it stands there


#: A text of more words is no name, and has no titles to look for.
_MOST_WORDS = 100
_BRACKETED = re.compile(r"\(([^()]*)\)$")


def _is_title(text: str) -> bool:
    key = " ".join(word_key(word[0]) for word in tokens(text))
    return key in TITLES or key in DOTTED_TITLES


def _end_of_titles(text: str) -> int:
    """Return where the titles before a name end: 0 where there are none, or nothing would be left."""
    words = tokens(text)
    if len(words) > _MOST_WORDS:
        return 0
    keys = [word_key(word[0]) for word in words]
    place, before = 0, ""
    while place < len(words) - 1:
        length = _title_at(text, words, keys, place, before)
        if length:
            before = " ".join(keys[place : place + length])
        elif place and (words[place][0] == "," or (words[place][0][0] == "(" and is_post_nominal(words[place][0]))):
            length = 1  # Lt. Gen. (ret.)
        if not length:
            break
        place += length
    following = words[place][0] if words else ""
    if following[:1].islower() and not _PARTICLE.fullmatch(re.split("['’-]", following)[0]):
        return 0  # Minister of …, Mr. and Mrs. …: a title of more words than are known
    return words[place].start() if place else 0


def _title_at(text: str, words: Sequence[re.Match[str]], keys: Sequence[str], place: int, before: str) -> int:
    """Return how many words the title has that stands at a place, 0 where none does."""
    left = len(words) - place
    for length in range(min(LONGEST, left - 1), 0, -1):
        key = " ".join(keys[place : place + length])
        last, after = words[place + length - 1], left - length
        if key in LETTER_TITLES:
            # H.E. Bates has initials: a title is followed by another one, or by a whole name.
            glued = " " not in text[words[place].start() : last.end()]
            if after > 1 and (glued or _title_at(text, words, keys, place + length, key)):
                return length
        elif key in _UNDOTTED_EXCELLENCIES:
            # HE and SE are family names too (HE Yafei): only a title behind them tells.
            if after > 1 and _title_at(text, words, keys, place + length, key):
                return length
        elif key == "m":
            # M. is Monsieur before a whole name, at its beginning or behind S.E., and else an initial.
            first = not before or before in EXCELLENCIES_OF_MONSIEUR
            if first and after > 1 and not _is_initial(words[place + 1][0]):
                return length
        elif (
            (key in TITLES and _is_no_family_name(text, words[place], last))
            or (key in DOTTED_TITLES and last[0].endswith("."))
            or (place and key in CONTINUED)
        ):
            return length
    return 0


def _is_initial(word: str) -> bool:
    """Return whether a word is a single letter that has a capital; one ideograph is a whole name."""
    letter = word.rstrip(".")
    return len(letter) <= 1 and letter.upper() != letter.lower()


_UNDOTTED_EXCELLENCIES = frozenset({"he", "se"})
_IN_CAPITALS = frozenset({"hrh", "hih", "hsh", "hh", "hm"})


def _is_no_family_name(text: str, first: re.Match[str], last: re.Match[str]) -> bool:
    """Return whether a title is not in capitals as a family name is, or some other word is so too."""
    title = text[first.start() : last.end()]
    if not title.isupper() or title.endswith(".") or title.casefold() in _IN_CAPITALS:
        return True
    return any(_is_capitals(word) for word in text[last.end() :].split())


def _without_post_nominals(name: str) -> tuple[list[str], str]:
    """Return the words of a name, and what stands behind it; no words where a family name may be among that."""
    words = name.replace(",", " , ").split()
    end = len(words)
    while end > 1 and (words[end - 1] == "," or is_post_nominal(words[end - 1])):
        set_off = "," in words[:end] or words[end - 1][0] == "("
        if is_doubtful(words[end - 1]) and not set_off:
            return [], ""
        end -= 1
    if end > 1 and words[end - 1] in _SINGLE_NUMERALS and _is_capitals(words[end - 2]):
        end -= 1
    suffix = " ".join(word for word in words[end:] if word != ",")
    return [word for word in words[:end] if word != ","], suffix


_SINGLE_NUMERALS = ("I", "V", "X")


def _understood(words: Sequence[str], *, first: bool) -> bool:
    """Return whether words are given names; ``first`` says whether the first of them begins the name."""
    for place, word in enumerate(words):
        pieces = [word_key(piece) for piece in re.split("[-–]", word)]
        if not _is_name(word) or word in ROMAN or any(piece in TITLES or piece in DOTTED_TITLES for piece in pieces):
            return False
        if place == 0 and first and pieces[0] in AMBIGUOUS and not word.endswith("."):
            return False
    return True


def _is_name(word: str) -> bool:
    """Return whether a word is a given name, an initial or a particle: no abbreviation, number or bracket."""
    if _INITIALS.fullmatch(word) or _PARTICLE.fullmatch(word):
        return True
    pieces = re.split("['’ʼʻ‘`·–-]", unicodedata.normalize("NFC", word))
    letters = [piece for piece in pieces if piece]
    if not letters or not all(map(_is_of_letters, letters)):
        return False
    return not letters[0][0].islower() or _PARTICLE.fullmatch(letters[0]) is not None


def _is_of_letters(piece: str) -> bool:
    return all(unicodedata.category(letter)[0] in "LM" for letter in piece)


_INITIALS = re.compile(r"(?:[^\W\d_]\.-?)*[^\W\d_]\.?")


def fold(text: str) -> str:
    """Return a key that equal names share: match two names by comparing their keys.

    It irons out compatibility characters (Unicode NFKC), case, white space, ’ for ', and
    articles in front. These are the; la, le, les, l'; el, los, las; der, die, das ("the Kyrgyz
    Republic"). Everything else, diacritics included, is kept, so that different names stay
    different.
    """
    return _ARTICLES.sub("", ironed(text), count=1)


def same_name(one: NameParts, other: NameParts) -> bool:
    """Return whether two names are one name, spelled alike but for honorific, case, width and spacing.

    Where capitals tell the family name of both, family and given names are compared; of one
    only, the other may have them in either order. Nothing is left out, nothing shortened.
    """
    if doubtful(one) != doubtful(other):
        return False
    if one.family and other.family:
        return (ironed(one.family), ironed(one.given)) == (ironed(other.family), ironed(other.given))
    return not _orders(one).isdisjoint(_orders(other))


def doubtful(name: NameParts) -> bool:
    """Return whether the honorific of a name may be an initial of it: a bare "M.", which is Monsieur or not."""
    return word_key(name.honorific) == "m"


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
    """Return where the family name stands; an empty slice where the capitals do not say."""
    capitals = [place for place, word in enumerate(words) if _is_capitals(word) and (word not in ROMAN or place == 0)]
    if all(_is_particle(words[place]) for place in capitals):  # an article alone is nobody's family name
        return _NOWHERE
    first, stop = capitals[0], capitals[-1] + 1
    if not all(_is_capitals(word) or _is_particle(word) or _is_letter(word) for word in words[first:stop]):
        return _NOWHERE
    if any(word in ROMAN for word in words[first + 1 :]):  # a numeral within a name
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
    """Return whether a word of two or more letters is in capitals, but for Mc, Mac or a particle tied to it."""
    if sum(map(str.isalpha, word)) < 2 or _INITIALS.fullmatch(word) or any(map(_is_mark, word)):
        return False
    # ß stays small between capitals.
    pieces = [piece for piece in re.split("['’-]", word.replace("ß", "SS")) if piece]
    pieces[0] = pieces[0].removeprefix("Mc").removeprefix("Mac") or pieces[0]
    return pieces[-1].isupper() and all(piece.isupper() or _is_particle(piece) for piece in pieces)


def _is_mark(letter: str) -> bool:
    """Return whether a letter is a mark of a note, which is no part of a name."""
    return letter.isdigit() or letter in "*†‡§#"


def _is_particle(word: str) -> bool:
    return _PARTICLE.fullmatch(word.lower()) is not None


def _is_letter(word: str) -> bool:
    return len(word) == 1 and word.isupper()


def _tells(word: str) -> bool:
    """Return whether a word that is not in capitals could have been: initials or a lower-case particle could not."""
    letters = [letter for letter in word if letter.isalpha()]
    initials = _INITIALS.fullmatch(word) and all(map(str.isupper, letters))
    return bool(letters) and not _PARTICLE.fullmatch(word) and not initials


# --- names that are nearly one -----------------------------------------------------------

_JOINED = re.compile(r"[\s‐‑–'’ʼ`.-]+")
_SHORTEST = 4
"""A word of fewer letters is another one where a letter differs: Jan and Jana, Kim and Kin; Toru and Tooru are one.
Shorter than the six letters of look_alikes(), as two of one delegation are compared, not all persons of decades."""


def is_nearly(one: str, other: str) -> bool:
    """Return whether two texts that differ have like letters but for diacritics and hyphens, or differ in one letter.

    A letter apart is one more, one less, another one, or two that have changed places, in one
    word of four letters or more. Digits and ideographs are never taken for a slip.
    """
    if ironed(one) == ironed(other):
        return False
    if _plain(one) == _plain(other):
        return True
    words, of_other = Counter(_words(one)), Counter(_words(other))
    first, second = [*(words - of_other).elements()], [*(of_other - words).elements()]
    return len(first) == len(second) == 1 and is_slip(first[0], second[0])


def is_slip(one: str, other: str) -> bool:
    """Return whether two words differ in one letter, as by a slip of the pen: words of four letters or more."""
    if min(len(one), len(other)) < _SHORTEST or not one_letter_apart(one, other):
        return False
    return all(map(_may_slip, {*one} ^ {*other} or {*one}))


def _words(text: str) -> list[str]:
    return [plain for word in _JOINED.split(text) if (plain := _plain(word))]


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", _JOINED.sub("", text).casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _may_slip(letter: str) -> bool:
    """Return whether a slip of the pen makes this letter of another: ideographs and digits are no slips."""
    return unicodedata.category(letter) in ("Ll", "Lu", "Lt", "Lm", "Mc")


def one_letter_apart(one: str, other: str) -> bool:
    """Return whether one letter more, less or other, or two exchanged letters, turn one text into the other."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, of_other = one[start:], other[start:]
    return (
        rest[1:] == of_other
        or rest == of_other[1:]
        or rest[1:] == of_other[1:]
        or (rest[2:] == of_other[2:] and rest[:2] == of_other[1::-1])
    )
