"""A row as a mapping sees it: its cells by name, by place and by path, as values and as texts."""

from collections.abc import Mapping
from typing import Any

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.imports.cells import is_nothing, text_of
from dialogue_registry.imports.header import place_of
from dialogue_registry.imports.mapping import TableMapping
from dialogue_registry.imports.rows import Row
from dialogue_registry.imports.templates import Template

_ABSENT = object()


class RowView:
    """A row, with the columns that the command line says, and with one item each of columns that are split.

    ``texts`` has the cells of the columns that the mapping reads, as far as they are texts
    already; :meth:`text` has them all.
    """

    __slots__ = ("_cells", "_row", "mapping", "texts")

    def __init__(self, row: Row, mapping: TableMapping, items: Mapping[str, Any] | None = None) -> None:
        self._row = row
        self.mapping = mapping
        same = mapping.constants
        cells = self._cells = {**row.cells, **same, **(items or {})} if same or items else row.cells
        texts: dict[str, str] = {}
        self.texts = texts
        missing, missing_in = mapping.missing, mapping.missing_in
        for column in mapping.in_cells:
            cell = cells.get(column)
            if cell.__class__ is str:
                text = cell.strip()
                texts[column] = "" if text in (missing_in.get(column, missing) if missing_in else missing) else text

    def with_items(self, items: Mapping[str, Any]) -> "RowView":
        """Return a view in which some columns have one of their items each."""
        return RowView(self._row, self.mapping, items)

    def value(self, column: str) -> Any:
        """Return what the row has in a column; None where it has no such column."""
        value = self._cells.get(column, _ABSENT)
        if value is not _ABSENT:
            return value
        if column == "row":
            return self._row.number
        if (place := place_of(column)) is not None:
            return self._row.places[place] if place < len(self._row.places) else None
        return _inside(self._cells, column) if "." in column else None

    def text(self, column: str) -> str:
        """Return a cell as text, "" where it says nothing."""
        text = self.texts.get(column)
        if text is None:
            text = text_of(self.value(column), column, self.mapping.separator)
            if text in self.missing(column):
                text = ""
            self.texts[column] = text
        return text

    def texts_of(self, template: Template) -> list[str]:
        """Return the cells of the columns of a template."""
        return [self.text(column) for column in template.columns]

    def says_something(self, column: str) -> bool:
        """Return whether a cell says something, of whatever kind it is."""
        value = self.value(column)
        return bool(self.text(column)) if isinstance(value, str | list | tuple) else not is_nothing(value)

    def missing(self, column: str) -> frozenset[str]:
        """Return the texts that say nothing in a column."""
        return self.mapping.missing_in.get(column, self.mapping.missing)


def _inside(cells: Mapping[str, Any], path: str) -> Any:
    """Return what is inside an object, or inside each object of a list."""
    head, *rest = path.split(".")
    value: Any = cells.get(head)
    for depth, key in enumerate(rest, 1):
        if is_nothing(value):
            return None
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list | tuple) and all(isinstance(item, Mapping) for item in value):
            value = [item.get(key) for item in value]
        else:
            reached = ".".join((head, *rest[: depth - 1]))
            raise InvalidValueError(
                f"column {reached!r} is no object, so it has no {key!r} inside: name it as it is, {{{reached}}}"
            )
    return value
