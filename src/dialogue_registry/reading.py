"""Files of rows: CSV, JSON, JSON Lines and TOML, each row with the number that people know it by."""

import csv
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, TypeAlias

import orjson

from dialogue_registry.errors import MappingError, UnreadableFileError
from dialogue_registry.mapping import Plan

Numbered: TypeAlias = Iterator[tuple[int, Mapping[str, Any]]]


def read_rows(path: Path, plan: Plan | None) -> Numbered:
    """Yield the rows of a file, each with the number people know it by; raises UnreadableFileError."""
    plan = plan or Plan()
    kind = path.suffix.lower()
    try:
        if kind not in _READERS:
            raise UnreadableFileError(f"{path} ends in {kind!r}: give a file that ends in {', '.join(_READERS)}")
        yield from _READERS[kind](path, plan)
    except OSError as error:
        raise UnreadableFileError(f"{path} cannot be read ({error.strerror}): check the path") from None
    except (UnicodeDecodeError, LookupError) as error:
        raise UnreadableFileError(
            f"{path} is no text in {plan.encoding} ({error}): name its encoding in the mapping, under [file]"
        ) from None
    except (ValueError, csv.Error) as error:
        raise UnreadableFileError(f"{path} is no {kind[1:].upper()}: {error}") from None


def _csv(path: Path, plan: Plan) -> Numbered:
    with path.open(encoding=plan.encoding, newline="") as file:
        yield from read_csv(file, plan, str(path))


def read_csv(file: IO[str], plan: Plan, name: str) -> Numbered:
    """Yield the rows of an open CSV file; the head is row 1."""
    reader = csv.DictReader(file, delimiter=plan.delimiter, strict=True)
    head = reader.fieldnames or []
    if missing := sorted(plan.columns - set(head)):
        raise MappingError(
            f"{name} has no column {missing[0]!r}, of which the mapping speaks: it has {', '.join(head)}"
        )
    if twice := sorted({column for column in head if head.count(column) > 1 and column in plan.columns}):
        raise MappingError(f"{name} has two columns {twice[0]!r}: rename one")
    yield from enumerate(reader, 2)


def _json(path: Path, plan: Plan) -> Numbered:
    yield from _items(orjson.loads(path.read_bytes()), plan, path)


def _toml(path: Path, plan: Plan) -> Numbered:
    yield from _items(tomllib.loads(path.read_text("utf-8")), plan, path)


def _items(told: object, plan: Plan, path: Path) -> Numbered:
    lists = {name: value for name, value in told.items() if isinstance(value, list)} if isinstance(told, dict) else {}
    if isinstance(told, dict) and (plan.rows in lists or (not plan.rows and len(lists) == 1)):
        told = lists[plan.rows or next(iter(lists))]
    if not isinstance(told, list):
        raise MappingError(
            f"{path} holds no list of rows where one was looked for: name its key in the mapping, [file] rows = …"
        )
    yield from ((number, _object(item, f"item {number}")) for number, item in enumerate(told, 1))


def _json_lines(path: Path, _: Plan) -> Numbered:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield number, _object(orjson.loads(line), f"line {number}")


def _object(item: object, where: str) -> Mapping[str, Any]:
    if not isinstance(item, dict):
        raise ValueError(f"{where} is no object with named values")  # noqa: TRY004 - as JSON's own errors are
    return item


READABLE = ("csv", "json", "jsonl", "toml")
"""The kinds of files that can be read."""
_READERS: Mapping[str, Callable[[Path, Plan], Numbered]] = {
    ".csv": _csv,
    ".json": _json,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".toml": _toml,
}
