"""The views as plain tables: CSV with a Tabular Data Package, Arrow, Parquet.

Every row has ``fact`` (the position where it was first recorded), ``event`` (that of the
event whose wording it shows) and the title and address of its first source. A date stands
three times: ``date`` as the source gives it (EDTF text), and the ``earliest`` and
``latest`` day on which the thing can have begun.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import orjson

from dialogue_registry.errors import MissingExtraError
from dialogue_registry.exports.csv_cells import row_writer
from dialogue_registry.exports.facts_table import FACT_COLUMNS, FACT_TYPES, FACTS_TABLE, fact_rows
from dialogue_registry.queries.reader import Reader
from dialogue_registry.registry.registry import Snapshot

if TYPE_CHECKING:
    import pyarrow as pa

_DATED = {"date": "string", "earliest": "date", "latest": "date"}


@attrs.frozen(kw_only=True)
class Layout:
    """The columns of a table with their types: string, integer, date or array (a list of texts)."""

    columns: Mapping[str, str]
    #: Column to (table, column) that it refers to.
    refers: Mapping[str, tuple[str, str]] = attrs.field(factory=dict)
    key: str = "fact"
    #: Which rows, where not all.
    where: str = "true"
    description: str

    @property
    def all_columns(self) -> Mapping[str, str]:
        """Its own columns, then those that every table has."""
        return {**self.columns, "fact": "integer", "event": "integer", "source": "string", "url": "string"}


_MEETING = {"meeting": ("meetings", "meeting")}
LAYOUTS: Mapping[str, Layout] = {
    "dialogues": Layout(
        description="Dialogues between parties.",
        columns={"dialogue": "string", "name": "string", "launched": "string", "earliest": "date", "latest": "date",
                 "aliases": "array"},
        key="dialogue",
    ),
    "parties": Layout(
        description="Parties of dialogues.",
        columns={"dialogue": "string", "party": "string", "name": "string", "joined": "string", "earliest": "date",
                 "latest": "date", "aliases": "array"},
        refers={"dialogue": ("dialogues", "dialogue")},
    ),
    "series": Layout(
        description="Series of meetings that dialogues hold.",
        columns={"series": "string", "dialogue": "string", "name": "string", "abbreviation": "string",
                 "aliases": "array"},
        refers={"dialogue": ("dialogues", "dialogue")},
        key="series",
    ),
    "meetings": Layout(
        description="Meetings with their present status: announced, postponed, cancelled or held.",
        columns={"meeting": "string", "series": "string", "status": "string", **_DATED, "ordinal": "integer",
                 "format": "string", "place": "string", "country": "string", "title": "string", "reason": "string",
                 "postponed_until": "string"},
        refers={"series": ("series", "series")},
        key="meeting",
    ),
    "attendance": Layout(
        description="Who took part in meetings, names as written.",
        columns={"meeting": "string", "party": "string", "name": "string", "office": "string", "role": "string",
                 "on_behalf_of": "string", "format": "string", "person": "string", "seat": "string",
                 "level": "string"},
        refers=_MEETING,
        where="t.presence = 'present'",
    ),
    "topics": Layout(
        description="What was discussed at meetings.",
        columns={"meeting": "string", "topic": "string"},
        refers=_MEETING,
    ),
    "activities": Layout(
        description="Related activities reported at meetings, which are never counted.",
        columns={"meeting": "string", "title": "string", "organisers": "array", "field": "string", **_DATED},
        refers=_MEETING,
    ),
    "outcomes": Layout(
        description="What meetings agreed on.",
        columns={"meeting": "string", "title": "string", "kind": "string"},
        refers=_MEETING,
    ),
    "statements": Layout(
        description="Counts that sources stated.",
        columns={"series": "string", "count": "integer", "as_of": "string", "earliest": "date", "latest": "date",
                 "format": "string", "reported_at": "string"},
        refers={"series": ("series", "series")},
    ),
}  # fmt: skip
"""The tables that are exported, parents first."""


def rows_of(reader: Reader, table: str) -> Iterator[Sequence[Any]]:
    """Yield the rows of one table, in the order they were recorded; dates and lists as SQLite has them: text."""
    columns = ", ".join(f"t.{column}" for column in LAYOUTS[table].columns)
    first = "SELECT {0} FROM evidence v WHERE v.fact = t.fact AND v.title IS NOT NULL ORDER BY v.telling LIMIT 1"
    yield from reader.query(
        f"SELECT {columns}, t.fact, t.event, ({first.format('v.title')}), ({first.format('v.url')})"
        f" FROM {table} t WHERE {LAYOUTS[table].where} ORDER BY t.fact"
    )


def write_data_package(registry: Snapshot, folder: Path, *, for_spreadsheet: bool = False) -> None:
    """Write one CSV file a table, and the descriptor datapackage.json, into a folder."""
    encoding = "utf-8-sig" if for_spreadsheet else "utf-8"
    with registry.reading() as reader:
        for name, layout in LAYOUTS.items():
            with (folder / f"{name}.csv").open("w", encoding=encoding, newline="") as file:
                write = row_writer(file, "\r\n", for_spreadsheet=for_spreadsheet)
                write(list(layout.all_columns))
                for row in rows_of(reader, name):
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
        "resources": [*(_resource(name, layout, encoding) for name, layout in LAYOUTS.items()), _facts(encoding)],
    }


def _resource(name: str, layout: Layout, encoding: str) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "fields": [{"name": column, "type": kind} for column, kind in layout.all_columns.items()],
        "missingValues": [""],  # so that "NA" stays what it is
        "primaryKey": [layout.key],
    }
    if layout.refers:
        schema["foreignKeys"] = [
            {"fields": [column], "reference": {"resource": table, "fields": [target]}}
            for column, (table, target) in layout.refers.items()
        ]
    return {
        "profile": "tabular-data-resource",
        "name": name,
        "path": f"{name}.csv",
        "description": layout.description,
        "encoding": encoding,
        "schema": schema,
    }


def _facts(encoding: str) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": FACTS_TABLE,
        "path": f"{FACTS_TABLE}.csv",
        "description": "Every fact that stands, from each of its sources, in the order of recording.",
        "encoding": encoding,
        "schema": {
            "fields": [{"name": column, "type": kind} for column, kind in FACT_TYPES.items()],
            "missingValues": [""],
        },
    }


def arrow_tables(registry: Snapshot) -> "dict[str, pa.Table]":
    """Return all tables as Arrow tables, by name: dialogues, parties, series, meetings, attendance …

    Any data frame library takes them; needs the extra ``[dataframes]``. The columns
    ``earliest`` and ``latest`` are days, ``date`` is what the source gives.
    """
    pa = _pyarrow()
    with registry.reading() as reader:
        return {
            name: pa.Table.from_batches(_batches(pa, reader, name), schema=_schema(pa, layout))
            for name, layout in LAYOUTS.items()
        }


def write_parquet(registry: Snapshot, folder: Path) -> None:
    """Write one Parquet file a table into a folder; needs the extra ``[dataframes]``."""
    pa = _pyarrow()
    from pyarrow import parquet  # noqa: PLC0415 - an extra

    with registry.reading() as reader:
        for name, layout in LAYOUTS.items():
            with parquet.ParquetWriter(folder / f"{name}.parquet", _schema(pa, layout)) as writer:
                for batch in _batches(pa, reader, name):
                    writer.write_batch(batch)


def _pyarrow() -> Any:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtraError(
            "Arrow tables need the package pyarrow: pip install 'dialogue-registry[dataframes]'"
        ) from None
    return pa


def _schema(pa: Any, layout: Layout) -> Any:
    types = {
        "string": pa.string(), "integer": pa.int64(), "date": pa.date32(), "array": pa.list_(pa.string())
    }  # fmt: skip
    return pa.schema([(column, types[kind]) for column, kind in layout.all_columns.items()])


def _batches(pa: Any, reader: Reader, name: str) -> Iterator[Any]:
    """Yield the rows of a table as record batches, in bounded memory."""
    schema, kinds = _schema(pa, LAYOUTS[name]), LAYOUTS[name].all_columns.values()
    rows = rows_of(reader, name)
    while page := list(islice(rows, _BATCH)):
        columns = zip(*page, strict=True)
        yield pa.record_batch(
            [
                pa.array(map(_READ.get(kind, _same), values), field.type)
                for values, kind, field in zip(columns, kinds, schema, strict=True)
            ],
            schema=schema,
        )


_BATCH = 20_000
"""Rows of a record batch, so that no table is held in memory as a whole."""


def _same(value: Any) -> Any:
    return value


_READ = {
    "date": lambda text: None if text is None else date.fromisoformat(text),
    "array": lambda text: None if text is None else orjson.loads(text),
}
