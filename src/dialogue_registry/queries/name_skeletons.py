"""Skeletons of names: what is left where spellings of one name usually differ.

Cyrillic is written in Latin letters, old and other forms of letters become the usual ones, and
what transliterations do not agree on is left out. A skeleton is for comparing only: two equal
ones are a reason to look, and say nothing by themselves.

Sources: the romanisation of Cyrillic by BGN/PCGN, simplified; Unicode's Unihan (variants of Han in
personal names, a choice); the initial sound rule of Korean (두음 법칙).
"""

import re
from functools import lru_cache

import attrs

from dialogue_registry.model.names import name_parts, without_honorific
from dialogue_registry.queries.plain_text import plain

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
