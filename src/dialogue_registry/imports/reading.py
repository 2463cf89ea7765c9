"""Tables opened to be read: files of any kind, dicts and data frames, by the rules of a mapping."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from dialogue_registry.imports.files import FileRules, open_table, reshaped
from dialogue_registry.imports.frames import GivenTable, rows_of
from dialogue_registry.imports.header import Wanted
from dialogue_registry.imports.mapping import TableMapping, read_mapping
from dialogue_registry.imports.rows import Table
from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.model.events import Source
from dialogue_registry.model.kinds import Kind
from dialogue_registry.model.standard_kinds import kinds_with


@arguments_checked
@contextmanager
def read_table(
    table: GivenTable,
    mapping: Mapping[str, Any] | str | Path | None = None,
    *,
    format: str | None = None,  # noqa: A002 - what it is called everywhere
    line: str | Sequence[str] = (),
    kinds: Iterable[Kind] = (),
) -> Iterator[Table]:
    """Open a table to see what an import would read: its columns, what was found out, and its rows.

    ``table``, ``mapping``, ``format`` and ``line`` are those of ``import_table``; without a
    mapping the head is in the first row. ``kinds`` are yours that the mapping names. Rows
    are read one by one, each with its ``number`` and its ``cells`` by their headings. Raises
    UnreadableFileError, MappingError or MissingExtraError, also while rows are read.
    """
    read = None if mapping is None else read_mapping(mapping, kinds=kinds_with(tuple(kinds)))
    rules = attrs.evolve(read.file if read else FileRules(), lines=_lines(line))
    with _opened(table, format, rules, Wanted(read.columns if read else frozenset())) as opened:
        yield opened


@contextmanager
def open_rows(
    rows: object,
    kind: str | None,
    mapping: TableMapping | None,
    constants: Mapping[str, str],
    line: str | Sequence[str],
) -> Iterator[Table]:
    """Open what an import takes its rows from."""
    rules = attrs.evolve(mapping.file if mapping else FileRules(), lines=_lines(line))
    if mapping is None:
        wanted = Wanted({"event"} - constants.keys(), "which it needs without a mapping", every=True)
    else:
        wanted = Wanted(mapping.columns)
    with _opened(rows, kind, rules, wanted) as table:
        yield table


def source_of(rows: object) -> Source | None:
    """Return the source of rows that nobody names another one of: the name of their file, None where there is none."""
    if not isinstance(rows, str | os.PathLike):
        return None
    path = os.fspath(rows)
    return Source("standard input" if path == "-" else Path(path).name or path)


@contextmanager
def _opened(rows: object, kind: str | None, rules: FileRules, wanted: Wanted) -> Iterator[Table]:
    if isinstance(rows, str | os.PathLike):
        with open_table(os.fspath(rows), kind, rules, wanted) as table:
            yield table
    else:
        given, total = rows_of(rows)
        yield reshaped(Table("the rows", given, total=total), rules)


def _lines(line: str | Sequence[str]) -> tuple[str, ...]:
    return (line,) if isinstance(line, str) else tuple(line)
