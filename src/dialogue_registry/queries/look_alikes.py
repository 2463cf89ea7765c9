"""Look-alikes: persons of one party whose names may be two spellings of one.

They are proposed, never joined. Proposed are names of which the skeletons are

- the same, in any order of the words, or run together;
- the same but for one word, which differs by one letter (six letters or more; an -a at the
  end tells a woman from a man);
- the same but for one word, which differs in its vowels only (seven letters or more; of five
  letters or more, in one that is not the last letter);
- the same but for further words that one of them leaves out, two long ones being left;
- the same but for initials, which stand for words of the other.

Two that are declared different, have an id of a person each, or are joined already, are left out.

A skeleton is what is left of a name where its spellings usually differ. Cyrillic is written in
Latin letters, old and other forms of letters become the usual ones, and what transliterations do
not agree on is left out. Two equal ones are a reason to look, and say nothing by themselves.

Sources: the romanisation of Cyrillic by BGN/PCGN, simplified; Unicode's Unihan (variants of Han in
personal names, a choice); the initial sound rule of Korean (두음 법칙).
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Any

import attrs

from dialogue_registry.errors import needs_extra
from dialogue_registry.model.events import DifferentPersons, SamePerson
from dialogue_registry.model.names import name_parts, without_honorific
from dialogue_registry.queries.display import Rows, Shown
from dialogue_registry.queries.people import Person, people
from dialogue_registry.queries.persons import Named
from dialogue_registry.queries.plain_text import plain

_LETTER, _VOWELS, _SHORT = 6, 7, 5
"""A word of fewer letters is another word where a letter, its vowels, or one vowel within it differ."""


@attrs.frozen(kw_only=True)
class LookAlike(Shown):
    """Two persons of one party who may be one: their names (or ids), why, and who they are.

    ``together`` are meetings that both attended, which speaks against it.
    """

    party: str
    names: tuple[str, str]
    why: str
    one: Person
    other: Person
    together: tuple[str, ...]

    def same(self, reason: str = "") -> SamePerson:
        """Return the fact that they are one person, which may be recorded."""
        return SamePerson(party=self.party, names=self.names, reason=reason)

    def different(self, reason: str = "") -> DifferentPersons:
        """Return the fact that they are different persons, after which they are not proposed again."""
        return DifferentPersons(party=self.party, names=self.names, reason=reason)


def look_alikes(connection: sqlite3.Connection, *, party: str | None = None) -> Rows[LookAlike]:
    """Return pairs of persons who may be one, party by party; needs the extra ``people``."""
    with needs_extra("people", "look-alikes need the package rapidfuzz"):
        from rapidfuzz.distance import OSA  # noqa: PLC0415 - an extra
    named = Named(connection)
    of_party: dict[str, list[Person]] = {}
    for person in people(connection, party=party):
        if person.names:
            of_party.setdefault(person.party, []).append(person)
    found: list[LookAlike] = []
    for party_, persons in of_party.items():
        for one, other in _pairs(persons):
            if one.person and other.person:
                continue
            names = one.person or one.name, other.person or other.name
            keys = [named.key(party_, name) for name in names]
            if keys[0] == keys[1] or named.persons.are_different(*keys):
                continue
            if why := _why(one, other, OSA.distance):
                together = tuple(sorted(_meetings(connection, one) & _meetings(connection, other)))
                found.append(LookAlike(party=party_, names=names, why=why, one=one, other=other, together=together))
    return Rows(found)


def _meetings(connection: sqlite3.Connection, person: Person) -> set[str]:
    marks = ", ".join("?" * len(person.names))
    rows = connection.execute(
        f"SELECT DISTINCT meeting FROM attendance WHERE party = ? AND presence = 'present' AND person = ?"
        f" AND name IN ({marks})",
        (person.party, person.person, *person.names),
    )
    return {row[0] for row in rows.fetchall()}


def _pairs(persons: Sequence[Person]) -> Iterator[tuple[Person, Person]]:
    """Yield the pairs of persons of whom two names have a word in common, or are the same when run together."""
    by_word: dict[str, dict[int, None]] = {}
    for place, person in enumerate(persons):
        for name in person.names:
            of_name = skeleton(name)
            for key in (*of_name.words, f" {of_name.whole}"):
                by_word.setdefault(key, {})[place] = None
    pairs = {pair for places in by_word.values() for pair in combinations(places, 2)}
    for one, other in sorted(pairs):
        yield persons[one], persons[other]


def _why(one: Person, other: Person, distance: Any) -> str:
    """Return why two persons may be one, "" where they do not look alike."""
    for first in one.names:
        for second in other.names:
            if why := alike(skeleton(first), skeleton(second), distance):
                return why
    return ""


def alike(one: "Skeleton", other: "Skeleton", distance: Any) -> str:
    """Return how two skeletons are alike, "" where they are not."""
    if sorted((*one.words, *one.initials)) == sorted((*other.words, *other.initials)) or one.whole == other.whole:
        return "the same name, spelled otherwise"
    rest = [*(Counter(one.words) - Counter(other.words)).elements()]
    others = [*(Counter(other.words) - Counter(one.words)).elements()]
    common = [*(Counter(one.words) & Counter(other.words)).elements()]
    if one.initials or other.initials:
        return _by_initials(one, other, rest, others, common)
    if len(rest) == len(others) == 1 and common:
        return _by_one_word(rest[0], others[0], distance)
    if not (rest and others) and sum(len(word) > 2 for word in common) >= 2:
        return "one of them leaves out a name"
    return ""


def _by_one_word(one: str, other: str, distance: Any) -> str:
    shorter, longer = sorted((one, other), key=len)
    if longer == f"{shorter}a" or (one[:-1] == other[:-1] and "a" in (one[-1], other[-1])):
        return ""
    if len(shorter) >= _LETTER and distance(one, other, score_cutoff=1) <= 1:
        return "one letter differs"
    if len(shorter) >= _VOWELS and consonants(one) == consonants(other) and distance(one, other, score_cutoff=2) <= 2:
        return "vowels differ"
    # Ahmed and Ahmad, but not Marta and Marto.
    if len(one) == len(other) >= _SHORT and consonants(one) == consonants(other) and one[-1] == other[-1]:
        return "a vowel differs" if distance(one, other, score_cutoff=1) <= 1 else ""
    return ""


def _by_initials(
    one: "Skeleton", other: "Skeleton", rest: Sequence[str], others: Sequence[str], common: Sequence[str]
) -> str:
    """Return whether initials of each stand for words of the other, in the same order, or are left out."""
    long = sum(len(word) > 2 for word in common)
    if not long:
        return ""
    if not rest and not others and long >= 2 and not (one.initials and other.initials):
        return "one of them leaves out an initial"
    stands = _stand_for(one.initials, others) and _stand_for(other.initials, rest)
    if stands and (long >= 2 or len(one.initials) + len(other.initials) >= 2 or max(map(len, common)) >= _LETTER):
        return "an initial stands for a name"
    return ""


def _stand_for(initials: Sequence[str], words: Sequence[str]) -> bool:
    return len(initials) == len(words) and all(
        word.startswith(initial) for initial, word in zip(initials, words, strict=True)
    )


# --- skeletons -------------------------------------------------------------------------

_CYRILLIC = str.maketrans(
    dict(zip("абвгдезийклмнопрстуфхыэіѣқғәөүұһңґєў", "abvgdeziiklmnoprstufhieiekgaouuhngeu", strict=True))
    | {"ж": "zh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sh", "ъ": "", "ь": "", "ю": "iu", "я": "ia", "ї": "i"}
)
_ARABIC = str.maketrans("أإآٱةىؤئکی", "ااااهيويكي", "ـء")
#: Each group is one letter: the usual form first.
_HAN = (
    "斎齋斉齊 辺邊邉 高髙 崎﨑嵜 沢澤泽 広廣广 桜櫻樱 浜濱滨 島嶋嶌岛 国國 真眞 竜龍龙 "
    "蔵藏 徳德 恵惠 栄榮荣 実實实 寿壽 浅淺 滝瀧 会會 関關关 塩鹽 蘆芦 鉄鐵铁 万萬 与與 "
    "亀龜 桧檜 峰峯 富冨 吉𠮷 円圓 学學 宝寶 従從 応應 条條 来來 栃橡 渋澁 猪豬 礼禮 "
    "穂穗 児兒 顔顏颜 晋晉 黒黑 静靜 清淸 青靑 頼賴赖 緑綠绿 張张 偉伟 陳陈 劉刘 楊杨 "
    "趙赵 黄黃 呉吳吴 孫孙 馬马 羅罗 鄭郑 謝谢 許许 馮冯 鄧邓 葉叶 蘇苏 盧卢 呂吕 蔣蒋 "
    "賈贾 鍾钟 閻阎 範范 陸陆 韋韦 鄒邹 譚谭 華华 強强 軍军 傑杰 麗丽 鳳凤 東东 義义 "
    "艶艳 紅红 軒轩 勲勳 憲宪 錦锦 鵬鹏 飛飞 輝辉 雲云 蘭兰 瑪玛 濤涛 愛爱 剛刚 貴贵 "
    "寧宁 慶庆 興兴 維维"
)
_HAN_FORMS = str.maketrans({form: group[0] for group in _HAN.split() for form in group[1:]})
_INITIAL_SOUNDS = dict(
    zip("라래려련렬령로뢰료루류륙률륜릉리린림량", "나내여연열영노뇌요누유육율윤능이인임양", strict=True)
)

#: The spellings that transliterations do not agree on, in this order.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), with_)
    for pattern, with_ in (
        ("['’ʼʻ‘`´ʹʺ]", ""),
        ("shch|sch", "sh"),
        ("tch", "ch"),
        ("dzh|dj", "j"),
        ("(?<=[oe])ff?$", "v"),
        ("kh", "h"),
        ("ph", "f"),
        ("tz", "ts"),
        ("ck|q", "k"),
        ("x", "ks"),
        ("w", "v"),
        ("^ye|(?<=[aeou])ye", "e"),
        ("([aou])e(?=[^aeiouy])", r"\1"),  # Juergen, Jürgen
        ("([ou])h(?=[^aeiouy]|$)", r"\1"),  # Ohno, Ono
        ("ou|oo", "o"),
        ("[yj]", "i"),
        ("(?<=.)[eiu]i$", "i"),
        (r"(.)\1+", r"\1"),
    )
)
_WORD = re.compile(r"[^\W_]+\.?")


@attrs.frozen
class Skeleton:
    """A name without what its spellings differ in: its words, which of them are initials, and all in one."""

    words: tuple[str, ...]
    initials: tuple[str, ...]
    whole: str


@lru_cache(maxsize=200_000)
def skeleton(name: str) -> Skeleton:
    """Return the skeleton of a name."""
    bare = without_honorific(name)
    parts = name_parts(bare)
    if parts.suffix:
        bare = f"{parts.given} {parts.family}"
    text = plain(re.sub("['’ʼʻ‘`´]", "", bare)).translate(_ARABIC).translate(_HAN_FORMS)
    if text[:1] in _INITIAL_SOUNDS:
        text = _INITIAL_SOUNDS[text[0]] + text[1:]
    words, initials = list[str](), list[str]()
    for word in _WORD.findall(text):
        letters = _reduced(word.rstrip("."))
        if (len(word.rstrip(".")) == 1 and word.isascii()) or (word.endswith(".") and len(word) == 2):
            initials.append(letters)
        elif letters:
            words.append(letters)
    return Skeleton(tuple(words), tuple(initials), _reduced("".join(_WORD.findall(text)).replace(".", "")))


def _reduced(word: str) -> str:
    word = word.translate(_CYRILLIC)
    for pattern, with_ in _RULES:
        word = pattern.sub(with_, word)
    return word


def consonants(word: str) -> str:
    """Return a word without its vowels."""
    return re.sub("[aeiou]", "", word)
