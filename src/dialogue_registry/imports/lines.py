"""A list of lines, as one pastes it from a release: a pattern says what stands in a line.

In ``{name}, {office}`` each name in braces is a column. What stands between them divides a line
where it comes first, and the last column takes the rest. ``{}`` is passed over. Bullets at the
beginning of a line are no part of it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from dialogue_registry.errors import InvalidValueError, MappingError
from dialogue_registry.imports.csv_files import open_text
from dialogue_registry.imports.header import heading
from dialogue_registry.imports.rows import Row, Rows, Table

_COLUMN = re.compile(r"\{([^{}]*)\}")
_BULLET = re.compile(r"^\s*[•‣▪●◦○■□∙·*–—-]\s+")


def pattern_of(text: str) -> re.Pattern[str]:
    """Read the pattern of a line; raises MappingError where it names no column, or one twice."""
    pieces = _COLUMN.split(text)
    columns = [heading(column) for column in pieces[1::2]]
    named = [column for column in columns if column]
    if not named or len(set(named)) < len(named):
        raise MappingError(
            f'the pattern of a line is {text!r}: name each column of it in braces, such as "{{name}}, {{office}}"'
        )
    for between in pieces[2:-1:2]:
        if not between:
            raise MappingError(
                f"the pattern of a line is {text!r}, with nothing between two columns: say what divides them"
            )
    pattern = _between(pieces[0])
    for number, column in enumerate(columns):
        last = number == len(columns) - 1
        group = f"(?P<c{number}>" if column else "(?:"
        pattern += f"{group}.+{'' if last and not pieces[-1] else '?'}){_between(pieces[2 * number + 2])}"
    return re.compile(pattern)


def _between(text: str) -> str:
    """Return the divider of columns, with blanks around it as a list may have them."""
    if not text:
        return ""
    return r"\s*" + r"\s+".join(map(re.escape, text.split())) + r"\s*" if text.strip() else r"\s+"


def columns_of(text: str) -> tuple[str, ...]:
    """Return the columns that a pattern names."""
    return tuple(column for column in map(heading, _COLUMN.findall(text)) if column)


@contextmanager
def open_lines(file: IO[bytes], name: str, patterns: Sequence[str], encoding: str) -> Iterator[Table]:
    """Open a list of lines as a table; each line is read by the first pattern that fits it."""
    compiled = [(pattern_of(text), _numbered(text)) for text in patterns]
    columns = tuple(dict.fromkeys(column for text in patterns for column in columns_of(text)))
    with open_text(file, name, encoding) as (text, found, total):
        yield Table(name, _rows(text, compiled, patterns, columns), columns, found, total)


def _numbered(text: str) -> dict[str, str]:
    names = map(heading, _COLUMN.findall(text))
    return {f"c{number}": column for number, column in enumerate(names) if column}


def _rows(
    lines: Iterable[str], patterns: Sequence[tuple[re.Pattern[str], dict[str, str]]], written: Sequence[str],
    columns: Sequence[str],
) -> Rows:  # fmt: skip
    shown = " or ".join(f'"{text}"' for text in written)
    for number, line in enumerate(lines, 1):
        text = _BULLET.sub("", line.strip("\ufeff\r\n")).strip()
        if not text:
            continue
        for pattern, names in patterns:
            if found := pattern.fullmatch(text):
                cells = dict.fromkeys(columns, "")
                cells |= {names[group]: cell.strip() for group, cell in found.groupdict().items()}
                yield Row(number, cells, tuple(cells.values()))
                break
        else:
            yield Row(
                number,
                error=InvalidValueError(f"{text!r:.80} does not fit {shown}: write it so, or give another --line"),
            )
