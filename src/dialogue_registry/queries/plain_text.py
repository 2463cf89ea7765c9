"""A text as it is sought: without case, width, accents and points."""

import re
import unicodedata

#: Marks that a reader may leave out: accents of Latin, Greek and Cyrillic, points of Hebrew and Arabic.
#: Not the vowel signs of Indic and other scripts, which are letters in all but name.
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)
#: Letters that Unicode does not decompose, as they are written on a keyboard without them.
_PLAIN = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
#: Letters of scripts that put no spaces between words, Hangul with them for its suffixes: Thai,
#: Lao, Myanmar, Khmer, kana, Han, Hangul.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
)


def plain(text: str) -> str:
    """Return a text without case, width, accents and points."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFKC", _MARKS.sub("", decomposed).translate(_PLAIN))
