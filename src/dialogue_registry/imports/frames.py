"""Rows that a program gives: dicts, or a data frame of pandas, polars or pyarrow as it is."""

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeAlias

from dialogue_registry.errors import InvalidValueError, UnreadableFileError
from dialogue_registry.imports.rows import Row, Rows
from dialogue_registry.model.shown import shown


class ArrowTable(Protocol):
    """A table of pyarrow, which yields no rows by itself."""

    def to_batches(self) -> Any:
        """Return its rows, many at a time."""


GivenTable: TypeAlias = str | os.PathLike[str] | Iterable[Any] | ArrowTable
"""The forms of a table: the path of its file, dicts, or a data frame as it is."""


def rows_of(given: object) -> tuple[Rows, int | None]:
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
