"""Folding of texts: two texts say the same where they are equal once folded.

Folding composes characters (Unicode NFC), turns every run of white space into one blank, and
drops what nobody can see. These are format characters (zero-width spaces and joiners, marks of
direction, soft hyphens), variation selectors and control characters. Letters, accents and case
are never folded.
"""

import re
import unicodedata

#: Format and control characters but white space, the combining grapheme joiner, variation selectors.
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000e0000-\U000e0fff]"
)


def is_folded(joined: str) -> bool:
    """Return whether folding changes none of some texts that stand between bars, such as ``"|one|another|"``.

    The answer may be False of texts that are folded.
    """
    return (
        joined.isprintable()
        and "  " not in joined
        and "| " not in joined
        and " |" not in joined
        and (joined.isascii() or (unicodedata.is_normalized("NFC", joined) and not _INVISIBLE.search(joined)))
    )


def with_ascii_digits(text: str) -> str:
    """Return a text with the digits of every script as 0 to 9.

    Example::

        >>> with_ascii_digits("٣ / ३")
        '3 / 3'
    """
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in text)


def fold_text(text: str) -> str:
    r"""Return the text as it is compared; two texts say the same when they are equal so.

    Example::

        >>> fold_text("TRỊNH\u00a0 Bảo\u200b Ngưng ") == "TRỊNH Bảo Ngưng"
        True
    """
    if text.isascii() and text.isprintable() and "  " not in text and text[:1] != " " and text[-1:] != " ":
        return text
    return " ".join(unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).split())
