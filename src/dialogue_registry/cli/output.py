"""Answers on paper: the same rows as a table for people, and as JSON, CSV or lines of JSON for programs."""

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any

import attrs
import orjson

from dialogue_registry.log.codec import STORED, to_data
from dialogue_registry.log.entry import instant
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import EVENTS, Source
from dialogue_registry.queries.counts import Bounds
from dialogue_registry.queries.results import table

Plain = Mapping[str, Any]


def plain(value: Any) -> Any:
    """A value of the library as JSON knows values: fields by name, dates as text, sources by their fields."""
    match value:
        case PartialDate():
            return value.text
        case Enum():
            return value.value
        case datetime():
            return instant(value)
        case date():
            return value.isoformat()
        case Source():
            return {name: plain(told) for name, told in attrs.asdict(value, recurse=False).items() if told}
        case _ if isinstance(value, EVENTS):
            return {"event": STORED[type(value)][0], **to_data(value)}
        case Mapping():
            return {str(key): plain(told) for key, told in value.items()}
        case tuple() | list():
            return [plain(item) for item in value]
        case _ if attrs.has(type(value)):
            fields = [field.name for field in attrs.fields(type(value)) if not field.name.startswith("_")]
            return {name: plain(getattr(value, name)) for name in fields}
        case _:
            return value


_LEAST = 12
"""A cell is not cut shorter than this."""


def as_table(rows: Sequence[Plain], columns: Sequence[str], width: int | None = None) -> str:
    """Rows as an aligned table; a column that says nothing in any row is left out.

    The widest cells are cut until the table fits in ``width``, as far as that is possible.
    """
    told = [column for column in columns if any(row[column] not in (None, "", []) for row in rows)]
    if not rows:
        return "nothing"
    headings = [column.replace("_", " ") for column in told]
    cells = [[_cell(row[column]) for column in told] for row in rows]
    if width is not None:
        widths = [max(len(str(cell)) for cell in column) for column in zip(headings, *cells, strict=True)]
        while sum(widths) + 2 * len(widths) - 2 > width and max(widths) > _LEAST:
            widths[widths.index(max(widths))] -= 1
        cells = [[_cut(cell, most) for cell, most in zip(row, widths, strict=True)] for row in cells]
    return "\n".join(table(headings, cells))


def _cut(cell: Any, most: int) -> Any:
    return f"{cell[: most - 1]}…" if isinstance(cell, str) and len(cell) > most else cell


def _cell(value: Any) -> Any:
    match value:
        case {"certain": int(certain), "possible": int(possible)}:
            return str(Bounds(certain, possible)) if certain != possible else certain
        case {"event": str(event), **fields}:
            return f"{event}: {', '.join(f'{name} {_cell(told)}' for name, told in fields.items())}"
        case {"title": str(title)}:
            return title
        case list():
            return ", ".join(str(_cell(item)) for item in value)
        case str():
            return " ".join(value.split())  # a line break would break the table
        case _:
            return value


def as_json(rows: Sequence[Plain] | Plain) -> str:
    """Rows as one JSON array, or an object as one."""
    return orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode()


def as_lines(rows: Sequence[Plain]) -> str:
    """Rows as newline-delimited JSON."""
    return "\n".join(orjson.dumps(row).decode() for row in rows)


def as_csv(rows: Sequence[Plain], columns: Sequence[str]) -> str:
    """Rows as CSV: nested values become columns such as ``total_certain``, lists are JSON."""
    nested = {name for row in rows for name, value in row.items() if _opens(value)}
    flat = [dict(_flat(row, nested)) for row in rows]
    head = list(dict.fromkeys(name for row in flat for name in row)) or list(columns)
    text = io.StringIO()
    writer = csv.DictWriter(text, head, lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return text.getvalue().rstrip("\n")


def _flat(row: Plain, nested: Collection[str] = (), before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if _opens(value):
            yield from _flat(value, before=f"{before}{name}_")
        elif value is None and name in nested:
            continue  # its columns stay empty
        elif isinstance(value, Mapping | list):
            yield f"{before}{name}", orjson.dumps(value).decode()
        else:
            yield f"{before}{name}", value


def _opens(value: Any) -> bool:
    """Whether a value becomes several columns: an event or a source stays one."""
    return isinstance(value, Mapping) and not isinstance(value.get("event"), str) and "title" not in value
