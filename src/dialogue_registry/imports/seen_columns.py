"""The columns that the rows of a table have: those of which the mapping speaks must be among them."""

from collections.abc import Collection, Mapping
from typing import Any

from dialogue_registry.errors import MappingError
from dialogue_registry.imports.cells import is_nothing
from dialogue_registry.imports.mapping import TableMapping, unknown_columns
from dialogue_registry.imports.rows import Row, Table


class SeenColumns:
    """The columns of a table: of its head, which was checked when it was opened, else of the rows seen so far.

    ``names`` are in the order in which they came.
    """

    def __init__(self, table: Table, mapping: TableMapping | None) -> None:
        self._has_head = bool(table.columns)
        self._mapping = mapping
        self.names: dict[str, None] = dict.fromkeys(table.columns)
        #: What encloses rows of JSON.
        self._around: set[str] = set()
        #: Paths into objects that no row had so far; of those where an object lacks a key, which and what it has.
        self._paths = sorted(column for column in (mapping.columns if mapping else ()) if "." in column)
        self._lacking: dict[str, tuple[str, set[str]]] = {}

    def look(self, row: Row) -> None:
        """Look at the columns of a row."""
        if self._has_head:
            return
        own, *around = getattr(row.cells, "maps", [row.cells])
        self.names.update(dict.fromkeys(own))
        self._around.update(*around)
        for path in [path for path in self._paths if not is_nothing(row.cells.get(path.partition(".")[0]))]:
            lacking = _lacking(row.cells, path)
            if lacking is None:
                self._paths.remove(path)
                self._lacking.pop(path, None)
            else:
                self._lacking.setdefault(path, (lacking[0], set()))[1].update(lacking[1])

    def check(self) -> None:
        """Raise MappingError where the mapping speaks of a column, or of a path into objects, that no row has."""
        if self._has_head or self._mapping is None or not self.names:
            return
        if absent := sorted(unknown_columns(self._mapping, self.names.keys() | self._around)):
            raise _no_row_has(absent[0], "they have", self.names)
        for path, (reached, keys) in self._lacking.items():
            if path not in self.names:
                raise _no_row_has(path, f"{reached!r} has", keys)


def _no_row_has(column: str, who: str, names: Collection[str]) -> MappingError:
    return MappingError(
        f"no row has {column!r}, of which the mapping speaks: {who} {', '.join(sorted(map(str, names))) or 'nothing'}; "
        "nothing was recorded"
    )


def _lacking(cells: Mapping[str, Any], path: str) -> tuple[str, set[str]] | None:
    """Return the object, by its path, that lacks the next key of a path, and its keys; None where none lacks it."""
    head, *rest = path.split(".")
    values = [cells.get(head)]
    for depth, key in enumerate(rest):
        inside = [item for value in values for item in (value if isinstance(value, list | tuple) else [value])]
        objects = [value for value in inside if isinstance(value, Mapping)]
        values = [value[key] for value in objects if key in value]
        if objects and not values:
            return ".".join((head, *rest[:depth])), {str(key) for value in objects for key in value}
    return None
