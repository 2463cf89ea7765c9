"""CSV files: encoding and delimiter as the mapping says or as they are found out; any line ends."""

import csv
import io
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import IO, Any

from dialogue_registry.errors import InvalidValueError, MappingError, UnreadableFileError
from dialogue_registry.imports.encodings import find_encoding
from dialogue_registry.imports.grid import Grid
from dialogue_registry.imports.header import heading, missing
from dialogue_registry.model.events import MAX_TEXT

_DELIMITERS = (",", ";", "\t", "|")
_LOOKED_AT = 200
"""So many records are looked at to find out what divides their cells."""
#: The characters that "surrogateescape" makes of bytes that are no text.
_UNDECODED = re.compile("[\udc80-\udcff]")
_SAYS_DELIMITER = re.compile(r'"?sep=(.)"?', re.IGNORECASE)


@contextmanager
def open_text(
    file: IO[bytes], name: str, encoding: str
) -> Iterator[tuple[io.TextIOWrapper, tuple[str, ...], int | None]]:
    """Open a text file, which can be read twice, in its encoding, found out where that is "".

    Yields the text, what was found out, and the number of its lines where that is known.
    A byte that is no text is kept as half a surrogate pair.
    """
    if file.read(4) == b"PK\x03\x04":
        raise UnreadableFileError(f"{name} is a workbook, and no text: give --format xlsx, or an ending of .xlsx")
    file.seek(0)
    found: tuple[str, ...] = ()
    lines = None
    if not encoding:
        encoding, lines = find_encoding(file, name)
        if not encoding.startswith("utf-8"):
            found = (f"encoding {encoding}",)
    errors = "strict" if lines is not None else "surrogateescape"  # UTF-8 has been read to its end
    text = io.TextIOWrapper(file, "utf-8-sig" if encoding.startswith("utf-8") else encoding, errors, newline="")
    try:
        yield text, found, lines
    finally:
        text.detach()  # the caller opened the file, and closes it


@contextmanager
def open_csv(
    file: IO[bytes], name: str, *, encoding: str, delimiter: str, usual: str, wanted: Collection[str]
) -> Iterator[Grid]:
    """Open a CSV file; ``encoding`` and ``delimiter`` are "" where nobody says them.

    ``usual`` is the delimiter by the ending of the file, ``wanted`` the columns that its
    head should have. Raises UnreadableFileError or MappingError.
    """
    csv.field_size_limit(max(csv.field_size_limit(), MAX_TEXT))  # the process's own: it is only ever raised
    with open_text(file, name, encoding) as (text, found, total):
        lines, findings = iter(text), [*found]
        begun = list(islice(lines, _LOOKED_AT))
        number = 1
        if begun and (stated := _SAYS_DELIMITER.fullmatch(begun[0].strip("\ufeff\r\n"))):
            delimiter, begun, number = delimiter or stated[1], begun[1:], 2
        if not delimiter:
            delimiter = _find_delimiter(begun, name, usual, wanted)
            if delimiter != usual:
                findings.append(f"cells divided by {_shown(delimiter)}")
        reader = csv.reader(chain(begun, lines), delimiter=delimiter, strict=True)
        records = _records(reader, number, name, text.encoding, checked=text.errors == "strict")
        yield Grid(name, records, tuple(findings), total=total)


def _records(
    reader: Any, number: int, name: str, encoding: str, *, checked: bool
) -> Iterator[tuple[int, Sequence[str] | InvalidValueError]]:
    """Yield each record with its number; after one that is no CSV, go on with the next line."""
    before = 0
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            first, last = before + 1, reader.line_num
            lines = f"line {last}" if last <= first else f"lines {first} to {last}"
            yield (
                number,
                InvalidValueError(
                    f"{lines} of the file cannot be read as CSV ({error}): close what is quoted, "
                    'and write a quotation mark within it twice, ""'
                ),
            )
        else:
            if not checked and (undecoded := _UNDECODED.search("".join(record))):
                raise UnreadableFileError(
                    f"{name} is no text in {encoding:.40} "
                    f"(row {number} has the byte 0x{ord(undecoded[0]) - 0xDC00:02x}): "
                    "name its encoding in the mapping, under [file]"
                )
            yield number, record
        number += 1
        before = reader.line_num


def _find_delimiter(lines: Sequence[str], name: str, usual: str, wanted: Collection[str]) -> str:
    """Return what divides the cells: what makes the head have the columns wanted, else what divides most evenly."""
    records = {delimiter: _read(lines, delimiter) for delimiter in dict.fromkeys((usual, *_DELIMITERS))}
    if wanted:
        fitting = [
            delimiter
            for delimiter, rows in records.items()
            if any(not missing([heading(cell) for cell in row], wanted) for row in rows)
        ]
        if fitting:
            return fitting[0]
    even = {delimiter: _evenness(rows) for delimiter, rows in records.items()}
    best = max(even, key=lambda delimiter: (even[delimiter], delimiter == usual))
    if even[best] == 0:
        return usual
    rivals = [other for other in even if even[other] == even[best]]
    if usual not in rivals and len(rivals) > 1:
        raise MappingError(
            f"the cells of {name} may be divided by {' or '.join(map(_shown, rivals))}: say which in the mapping, "
            f"[file] delimiter = {_shown(rivals[0])}"
        )
    return best


def _read(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        try:
            rows.append(next(reader))
        except StopIteration:
            return rows
        except csv.Error:
            continue


def _evenness(rows: Sequence[Sequence[str]]) -> float:
    """Return the share of rows that have the same number of cells, two or more; 0 where none has."""
    widths = [len(row) for row in rows if any(cell.strip() for cell in row)]
    several = [width for width in widths if width > 1]
    if not several:
        return 0
    usual = max(set(several), key=several.count)
    return several.count(usual) / len(widths)


def _shown(delimiter: str) -> str:
    return '"{}"'.format(delimiter.replace("\t", "\\t"))
