"""The views as plain tables: CSV with a Tabular Data Package, Arrow, Parquet.

Every row has ``fact``, the position where it was first recorded, and ``event``, that of the
event whose wording it shows. It has the title and address of its first source. A date stands
three times: ``date`` as the source gives it (EDTF text), and the ``earliest`` and ``latest``
day on which the thing can have begun.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from dialogue_registry.errors import needs_extra
from dialogue_registry.exports.csv_cells import row_writer
from dialogue_registry.exports.facts_table import FACT_COLUMNS, FACT_TYPES, FACTS_TABLE, fact_rows
from dialogue_registry.exports.layouts import Layout, layouts_of
from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.queries.reader import Reader
from dialogue_registry.registry.registry import Snapshot

if TYPE_CHECKING:
    import pyarrow as pa


def rows_of(reader: Reader, layout: Layout) -> Iterator[Sequence[Any]]:
    """Yield the rows of one table, in the order they were recorded; all but numbers are texts."""
    columns = ", ".join(_column(layout, name) for name in layout.columns)
    first = "SELECT {0} FROM evidence v WHERE v.fact = t.fact AND v.title IS NOT NULL ORDER BY v.telling LIMIT 1"
    yield from reader.query(
        f"SELECT {columns}, t.fact, t.event, ({first.format('v.title')}), ({first.format('v.url')})"
        f" FROM {layout.table} t WHERE {layout.where} ORDER BY t.fact"
    )


def _column(layout: Layout, name: str) -> str:
    column = f't."{layout.stored.get(name, name)}"'
    return f"iif({column}, 'true', iif({column} = 0, 'false', NULL))" if layout.columns[name] == "boolean" else column


def write_data_package(registry: Snapshot, folder: Path, *, for_spreadsheet: bool = False) -> None:
    """Write one CSV file a table, and the descriptor datapackage.json, into a folder."""
    encoding = "utf-8-sig" if for_spreadsheet else "utf-8"
    with registry.reading() as reader:
        for name, layout in layouts_of(registry.kinds).items():
            with (folder / f"{name}.csv").open("w", encoding=encoding, newline="") as file:
                write = row_writer(file, "\r\n", for_spreadsheet=for_spreadsheet)
                write(list(layout.all_columns))
                for row in rows_of(reader, layout):
                    write(row)
        with (folder / f"{FACTS_TABLE}.csv").open("w", encoding=encoding, newline="") as file:
            write = row_writer(file, "\r\n", for_spreadsheet=for_spreadsheet)
            write(FACT_COLUMNS)
            for row in fact_rows(reader):
                write(row)
        package = orjson.dumps(descriptor(registry, encoding), option=orjson.OPT_INDENT_2) + b"\n"
    (folder / "datapackage.json").write_bytes(package)


def descriptor(registry: Snapshot, encoding: str = "utf-8") -> dict[str, Any]:
    """Return the Tabular Data Package of the CSV files, with the head of the log they were made from."""
    head = registry.head
    return {
        "profile": "tabular-data-package",
        "name": "dialogue-registry",
        "title": ", ".join(dialogue.name for dialogue in registry.dialogues()) or "An empty registry",
        "version": str(head.position),
        "head": {"position": head.position, "digest": head.digest},
        "resources": [
            *(
                _resource(name, layout.description, layout.all_columns, encoding, **_keys(layout))
                for name, layout in layouts_of(registry.kinds).items()
            ),
            _resource(FACTS_TABLE, _OF_FACTS, FACT_TYPES, encoding),
        ],
    }


_OF_FACTS = "Every fact that stands, from each of its sources, in the order of recording."


def _keys(layout: Layout) -> dict[str, Any]:
    foreign = [
        {"fields": [column], "reference": {"resource": table, "fields": [target]}}
        for column, (table, target) in layout.refers.items()
    ]
    return {"primaryKey": [layout.key], **({"foreignKeys": foreign} if foreign else {})}


def _resource(
    name: str, description: str, types: Mapping[str, str], encoding: str, **keys: Any
) -> dict[str, Any]:  # fmt: skip
    return {
        "profile": "tabular-data-resource",
        "name": name,
        "path": f"{name}.csv",
        "description": description,
        "encoding": encoding,
        "schema": {
            "fields": [{"name": column, "type": kind} for column, kind in types.items()],
            "missingValues": [""],  # so that "NA" stays what it is
            **keys,
        },
    }


@arguments_checked
def arrow_tables(registry: Snapshot) -> "dict[str, pa.Table]":
    """Return all tables as Arrow tables, by name: dialogues, parties, series, meetings, attendance …, and yours.

    Any data frame library takes them; needs the extra ``[dataframes]``. The columns
    ``earliest`` and ``latest`` are days, ``date`` is what the source gives.
    """
    pa = _pyarrow()
    with registry.reading() as reader:
        return {
            name: pa.Table.from_batches(_batches(pa, reader, layout), schema=_schema(pa, layout))
            for name, layout in layouts_of(registry.kinds).items()
        }


def write_parquet(registry: Snapshot, folder: Path) -> None:
    """Write one Parquet file a table into a folder; needs the extra ``[dataframes]``."""
    pa = _pyarrow()
    from pyarrow import parquet  # noqa: PLC0415 - an extra

    with registry.reading() as reader:
        for name, layout in layouts_of(registry.kinds).items():
            with parquet.ParquetWriter(folder / f"{name}.parquet", _schema(pa, layout)) as writer:
                for batch in _batches(pa, reader, layout):
                    writer.write_batch(batch)


def _pyarrow() -> Any:
    with needs_extra("dataframes", "Arrow tables need the package pyarrow"):
        import pyarrow as pa  # noqa: PLC0415 - an extra
    return pa


def _schema(pa: Any, layout: Layout) -> Any:
    types = {
        "string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(),
        "date": pa.date32(), "array": pa.list_(pa.string()),
    }  # fmt: skip
    return pa.schema([(column, types[kind]) for column, kind in layout.all_columns.items()])


def _batches(pa: Any, reader: Reader, layout: Layout) -> Iterator[Any]:
    """Yield the rows of a table as record batches, in bounded memory."""
    schema, types = _schema(pa, layout), layout.all_columns.values()
    rows = rows_of(reader, layout)
    while page := list(islice(rows, _BATCH)):
        columns = zip(*page, strict=True)
        yield pa.record_batch(
            [
                pa.array(map(_READ[type_], values) if type_ in _READ else values, field.type)
                for values, type_, field in zip(columns, types, schema, strict=True)
            ],
            schema=schema,
        )


_BATCH = 20_000
"""Rows of a record batch, so that no table is held in memory as a whole."""


_READ = {
    "date": lambda text: None if text is None else date.fromisoformat(text),
    "array": lambda text: None if text is None else [str(item) for item in orjson.loads(text)],
    "boolean": lambda text: None if text is None else text == "true",
}
