"""The encoding of a text file: found out where it is certain, asked for where it is not.

Valid UTF-8 is UTF-8, and a mark at the start tells UTF-16 and UTF-32. Anything else is doubtful
by nature. It is taken only where charset-normalizer (extra ``[tables]``) finds one reading that
is clearly better than every other one. Else it is refused with the candidates.
"""

import codecs
import re
from typing import IO, TYPE_CHECKING

from dialogue_registry.errors import UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from charset_normalizer import CharsetMatch

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_OF_OFFICES = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "iso8859_2", "iso8859_9",
    "koi8_r", "cp866", "cp850", "cp852", "mac_roman", "mac_cyrillic", "cp932", "euc_jp", "gb18030", "big5", "cp949",
)  # fmt: skip
"""Encodings in which offices save tables."""
_SAMPLE = 200_000
_CLEARLY = 0.05
"""So much less disorder, of 1, or twice as much more coherence, makes one reading clearly better than another."""


def find_encoding(file: IO[bytes], name: str) -> tuple[str, int | None]:
    """Return the encoding of a file that can be read twice, and how many lines it has where that is known.

    The file is left at its start.

    Raises UnreadableFileError, which names the candidates, where it is doubtful.
    """
    start = file.read(4096)
    file.seek(0)
    for mark, encoding in _MARKS.items():
        if start.startswith(mark):
            return encoding, None
    if encoding := _without_mark(start):
        return encoding, None
    lines, bad = _lines_of_utf8(file)
    file.seek(0)
    if bad is None:
        return "utf-8", lines
    encoding = _guessed(_beyond_ascii(file), name, (lines, bad))
    file.seek(0)
    return encoding, None


def _without_mark(start: bytes) -> str:
    """Return the name of UTF-16 without a mark, by the NUL in every other byte of plain letters; else ""."""
    if len(start) < 4 or b"\0" not in start:
        return ""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    quarter = len(start) // 4
    return "utf-16-be" if even > quarter > odd else "utf-16-le" if odd > quarter > even else ""


def _lines_of_utf8(file: IO[bytes]) -> tuple[int, int | None]:
    """Return how many lines there are, and None; or the line of the first byte that is no UTF-8, and that byte."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 0
    while chunk := file.read(1 << 20):
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            return lines + error.object[: error.start].count(b"\n") + 1, error.object[error.start]
        lines += chunk.count(b"\n")
    rest = decoder.getstate()[0]
    return (lines + 1, rest[0]) if rest else (lines, None)


def _beyond_ascii(file: IO[bytes]) -> bytes:
    """Return lines that have letters beyond ASCII, which alone tell encodings apart."""
    lines: list[bytes] = []
    size = 0
    for line in file:
        if not line.isascii():
            lines.append(line)
            size += len(line)
            if size > _SAMPLE:
                break
    return b"".join(lines)


def _guessed(sample: bytes, name: str, bad: tuple[int, int]) -> str:
    where = f"{name} is no text in UTF-8 (line {bad[0]} has the byte 0x{bad[1]:02x})"
    say = 'say in the mapping, [file] encoding = "cp1252" or whichever it is, or save the table as UTF-8'
    try:
        from charset_normalizer import from_bytes  # noqa: PLC0415 - an extra
    except ImportError:
        raise UnreadableFileError(
            f"{where}: {say}; the extra [tables] finds encodings out: pip install 'dialogue-registry[tables]'"
        ) from None
    ranked = _by_text(from_bytes(sample, cp_isolation=list(_OF_OFFICES)))
    if not ranked:
        raise UnreadableFileError(f"{where}, nor in another encoding that offices use: {say}")
    if len(ranked) == 1 or _is_clear(ranked[0], ranked[1]):
        return _usual(ranked[0], sample)
    shown = "; ".join(f"{_usual(one, sample)} has “{word}”" for one, word in _differing(ranked[:4]))
    raise UnreadableFileError(f"{where}, and its encoding is doubtful: {shown}: {say}")


def _by_text(found: "Iterable[CharsetMatch]") -> "list[CharsetMatch]":
    """Return the best candidate of each reading, the best reading first: two encodings that read alike are one."""
    best: dict[str, CharsetMatch] = {}
    for candidate in sorted(found, key=lambda one: (round(one.chaos, 2), -one.coherence)):
        best.setdefault(str(candidate), candidate)
    return list(best.values())


def _is_clear(one: "CharsetMatch", other: "CharsetMatch") -> bool:
    return one.coherence > 0 and (
        other.chaos - one.chaos >= _CLEARLY
        or (one.chaos <= other.chaos and one.coherence - other.coherence >= 2 * _CLEARLY)
    )


def _usual(candidate: "CharsetMatch", sample: bytes) -> str:
    """Return the most usual of the encodings that read the sample alike."""
    for encoding in _OF_OFFICES:
        try:
            if sample.decode(encoding) == str(candidate):
                return encoding
        except UnicodeDecodeError:
            continue
    return candidate.encoding


def _differing(candidates: "Sequence[CharsetMatch]") -> "Iterator[tuple[CharsetMatch, str]]":
    """Yield each candidate with the first word that tells it from the others."""
    words = [re.findall(r"\w+", str(candidate)) for candidate in candidates]
    for candidate, own in zip(candidates, words, strict=True):
        others = {word for other in words if other is not own for word in other}
        yield candidate, next((word for word in own if word not in others), own[0] if own else "")
