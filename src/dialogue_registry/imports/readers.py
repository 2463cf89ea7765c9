"""Files of rows: CSV, JSON, JSON Lines and TOML, each row with the number that people know it by.

A row that cannot be read is given as the error that says why, and those after it are read
all the same; what is wrong with the whole file is raised.
"""

import csv
import io
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import IO, Any, TypeAlias

import orjson

from dialogue_registry.errors import InvalidValueError, MappingError, UnreadableFileError
from dialogue_registry.imports.mapping import Plan
from dialogue_registry.model.events import MAX_TEXT

Row: TypeAlias = Mapping[str, Any] | InvalidValueError
Numbered: TypeAlias = Iterator[tuple[int, Row]]

_BOM = b"\xef\xbb\xbf"
#: What "surrogateescape" makes of a byte that is no text.
_UNDECODED = re.compile("[\udc80-\udcff]")


def read_rows(path: str, kind: str | None, plan: Plan | None) -> Numbered:
    """Yield the rows of a file, or of standard input ("-"); raises UnreadableFileError or MappingError.

    ``kind`` is one of ``READABLE``, by default what the ending says.
    """
    name = "standard input" if path == "-" else path
    kind = kind or Path(path).suffix[1:].lower()
    if kind not in _READERS:
        known = ", ".join(f".{known}" for known in _READERS)
        raise UnreadableFileError(
            f"{name} ends in {Path(path).suffix!r}: give a file that ends in {known}, or say which of them it is"
        )
    try:
        with nullcontext(sys.stdin.buffer) if path == "-" else Path(path).open("rb") as file:
            yield from _READERS[kind](file, plan, name)
    except OSError as error:
        raise UnreadableFileError(f"{name} cannot be read ({error.strerror}): check the path") from None
    except (UnicodeError, LookupError) as error:
        encoding = plan.encoding if plan and kind in ("csv", "tsv") else "utf-8"
        raise _no_text(name, encoding, str(error)) from None
    except ValueError as error:
        raise UnreadableFileError(f"{name} is no {kind.upper()}: {error}") from None


def _no_text(name: str, encoding: str, why: str) -> UnreadableFileError:
    return UnreadableFileError(
        f"{name} is no text in {encoding} ({why}): name its encoding in the mapping, under [file]"
    )


# --- CSV -----------------------------------------------------------------------------


def _csv(file: IO[bytes], plan: Plan | None, name: str, *, delimiter: str) -> Numbered:
    """The rows of a table, numbered as a spreadsheet does: blank rows, also above the head, are counted only."""
    csv.field_size_limit(max(csv.field_size_limit(), MAX_TEXT))  # the process's own: it is only ever raised
    encoding, delimiter = (plan.encoding, plan.delimiter or delimiter) if plan else (Plan().encoding, delimiter)
    text = io.TextIOWrapper(file, encoding, "surrogateescape", newline="")
    try:
        head: Sequence[str] | None = None
        for number, row in _records(csv.reader(text, delimiter=delimiter, strict=True)):
            if isinstance(row, InvalidValueError):
                if head is None:
                    raise UnreadableFileError(f"{name} is no CSV: {row}")
                yield number, row
            elif any(cell.strip() for cell in row):
                if undecoded := _UNDECODED.search("".join(row)):
                    raise _no_text(name, encoding, f"row {number} has the byte 0x{ord(undecoded[0]) - 0xDC00:02x}")
                if head is None:
                    head = [row[0].removeprefix("\ufeff"), *row[1:]]
                    _check_head(head, plan, name, delimiter)
                else:
                    yield number, _cells(head, row)
        if head is None:
            _check_head((), plan, name, delimiter)
    finally:
        text.detach()  # whoever opened the file closes it


def _records(reader: Any) -> Iterator[tuple[int, Sequence[str] | InvalidValueError]]:
    """Each record with its number; after one that is no CSV, go on with the next line."""
    number = 0
    while True:
        number, before = number + 1, reader.line_num
        try:
            yield number, next(reader)
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


def _cells(head: Sequence[str], row: Sequence[str]) -> Row:
    cells: dict[Any, Any] = {**dict.fromkeys(head, ""), **dict(zip(head, row, strict=False))}
    if any(cell.strip() for cell in row[len(head) :]):
        cells[None] = row[len(head) :]  # as the csv module's own reader gives what is too many
    return cells


def _check_head(head: Sequence[str], plan: Plan | None, name: str, delimiter: str) -> None:
    """Raise MappingError unless the head has, and has once, what is asked of it."""
    wanted = {"event"} if plan is None else plan.columns
    if missing := sorted(wanted - set(head)):
        asker = "of which the mapping speaks" if plan else "which it needs without a mapping"
        raise MappingError(
            f"{name} has no column {missing[0]!r}, {asker}: it has {', '.join(head) or 'none at all'}"
            + _other_delimiter(head, delimiter)
        )
    for column in head:
        if column and head.count(column) > 1 and (plan is None or column in wanted):
            raise MappingError(f"{name} has two columns {column!r}: rename one")


def _other_delimiter(head: Sequence[str], delimiter: str) -> str:
    seen = next((other for other in ";\t|," if other != delimiter and len(head) == 1 and other in head[0]), None)
    if seen is None:
        return ""
    shown = seen.replace("\t", "\\t")
    return f'; its cells seem to be divided by "{shown}": say so in the mapping, [file] delimiter = "{shown}"'


# --- JSON, JSON Lines, TOML ----------------------------------------------------------


def _json(file: IO[bytes], plan: Plan | None, name: str) -> Numbered:
    yield from _items(orjson.loads(file.read().removeprefix(_BOM)), plan, name)


def _toml(file: IO[bytes], plan: Plan | None, name: str) -> Numbered:
    yield from _items(tomllib.loads(file.read().decode("utf-8-sig")), plan, name)


def _items(told: object, plan: Plan | None, name: str) -> Numbered:
    key = plan.rows if plan else ""
    lists = {name: value for name, value in told.items() if isinstance(value, list)} if isinstance(told, dict) else {}
    if isinstance(told, dict) and (key in lists or (not key and len(lists) == 1)):
        told = lists[key or next(iter(lists))]
    if not isinstance(told, list):
        raise MappingError(
            f"{name} holds no list of rows where one was looked for: name its key in the mapping, [file] rows = …"
        )
    yield from ((number, _object(item)) for number, item in enumerate(told, 1))


def _json_lines(file: IO[bytes], _: Plan | None, __: str) -> Numbered:
    for number, line in enumerate(file, 1):
        written = line.removeprefix(_BOM) if number == 1 else line
        if written.strip():
            try:
                yield number, _object(orjson.loads(written))
            except orjson.JSONDecodeError as error:
                yield number, InvalidValueError(f"it is no JSON ({error.msg}, at character {error.pos + 1})")


def _object(item: object) -> Row:
    return item if isinstance(item, dict) else InvalidValueError("it is no object with named values")


_READERS: Mapping[str, Callable[[IO[bytes], Plan | None, str], Numbered]] = {
    "csv": partial(_csv, delimiter=","),
    "tsv": partial(_csv, delimiter="\t"),
    "json": _json,
    "jsonl": _json_lines,
    "ndjson": _json_lines,
    "toml": _toml,
}
READABLE = tuple(_READERS)
"""The kinds of files that can be read."""
