"""Tables opened to be read: files of any kind, dicts and data frames as they are, by the rules of a mapping."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import attrs

from dialogue_registry.errors import InvalidValueError, UnreadableFileError
from dialogue_registry.imports.files import FileRules, open_table, reshaped
from dialogue_registry.imports.header import Wanted
from dialogue_registry.imports.mapping import TableMapping, read_mapping
from dialogue_registry.imports.rows import Row, Rows, Table
from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.model.events import Source
from dialogue_registry.model.kinds import Kind
from dialogue_registry.model.shown import shown
from dialogue_registry.model.standard_kinds import kinds_with


class ArrowTable(Protocol):
    """A table of pyarrow, which yields no rows by itself."""

    def to_batches(self) -> Any:
        """Return its rows, many at a time."""


GivenTable: TypeAlias = str | os.PathLike[str] | Iterable[Any] | ArrowTable
"""The forms of a table: the path of its file, dicts, or a data frame as it is."""


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
        given, total = _rows_of(rows)
        yield reshaped(Table("the rows", given, total=total), rules)


def _lines(line: str | Sequence[str]) -> tuple[str, ...]:
    return (line,) if isinstance(line, str) else tuple(line)


# --- rows that a program gives ---------------------------------------------------------


def _rows_of(given: object) -> tuple[Rows, int | None]:
    """Return the rows of a data frame or of any dicts, and their number where it is known.

    Raises UnreadableFileError for what is no table.
    """
    if isinstance(given, Mapping):
        raise UnreadableFileError("a single dict is no table: give a list of dicts, one for each row, or a data frame")
    records = _records(given)
    total = len(given) if hasattr(given, "__len__") else getattr(given, "num_rows", None)
    return (_row(number, item) for number, item in enumerate(records, 1)), total


def _records(given: Any) -> Iterator[Any]:
    """Yield the rows of a frame by the method that its library has for it, else the items."""
    if hasattr(given, "iter_rows") and hasattr(given, "columns"):  # polars
        return iter(given.iter_rows(named=True))
    if hasattr(given, "itertuples") and hasattr(given, "columns"):  # pandas
        columns = [str(column) for column in given.columns]
        return (dict(zip(columns, values, strict=True)) for values in given.itertuples(index=False, name=None))
    if hasattr(given, "to_batches") and hasattr(given, "column_names"):  # pyarrow
        return (item for batch in given.to_batches() for item in batch.to_pylist())
    if hasattr(given, "collect") and hasattr(given, "collect_schema"):
        raise UnreadableFileError("a lazy frame has no rows yet: give frame.collect(), or frame.collect().to_dicts()")
    if isinstance(given, Iterable) and not isinstance(given, str | bytes):
        return iter(given)
    raise UnreadableFileError(
        f"{shown(given)} is no table: give the path of a file, a list of dicts, or a data frame, as it is or "
        'as frame.to_dict("records")'
    )


def _row(number: int, item: Any) -> Row:
    if isinstance(item, Mapping):
        return Row(number, item)
    if hasattr(item, "_asdict"):  # a named tuple
        return Row(number, item._asdict())
    if hasattr(item, "keys") and hasattr(item, "__getitem__"):  # a row of sqlite3 or of SQLAlchemy
        return Row(number, {key: item[key] for key in item.keys()})  # noqa: SIM118 - it is no Mapping
    return Row(
        number, error=InvalidValueError(f"it is a {type(item).__name__}, with no names for its values: give a dict")
    )
