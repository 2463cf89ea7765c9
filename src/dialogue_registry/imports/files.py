"""Files of rows: CSV, workbooks, JSON, JSON Lines and TOML, opened as tables.

A row that cannot be read comes with the error that says why. Those after it are read all the
same. What is wrong with the whole file is raised.
"""

import hashlib
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, cast

import attrs

from dialogue_registry.errors import DialogueRegistryError, UnreadableFileError
from dialogue_registry.imports import json_files
from dialogue_registry.imports.csv_files import open_csv
from dialogue_registry.imports.grid import Grid, as_table
from dialogue_registry.imports.header import Wanted, check_columns
from dialogue_registry.imports.lines import open_lines
from dialogue_registry.imports.rows import Rows, Table, Unpivot, filled_down, unpivoted, until
from dialogue_registry.imports.workbooks import OTHER_WORKBOOKS, WORKBOOKS, open_workbook
from dialogue_registry.model.addresses import check_path
from dialogue_registry.model.shown import shown

if TYPE_CHECKING:
    from io import BytesIO

_DIVIDED_BY = {"csv": ",", "tsv": "\t", "txt": ","}
_OBJECTS = {
    "json": json_files.read_json,
    "jsonl": json_files.read_json_lines,
    "ndjson": json_files.read_json_lines,
    "toml": json_files.read_toml,
}
TEXTS_WITH_A_HEAD = tuple(_DIVIDED_BY)
"""The kinds of text files that have a head."""
READABLE = (*_DIVIDED_BY, *WORKBOOKS, *_OBJECTS)
"""The kinds of files that can be read."""
_SPOOLED = 64_000_000
"""So many bytes of a stream are kept in memory, further ones in a temporary file."""


@attrs.frozen(kw_only=True)
class FileRules:
    """The rules by which a file is read; "" and () where a mapping gives none.

    ``header_row`` are the rows of the head, as a spreadsheet numbers them; ``rows`` is the
    path to the list of rows in JSON or TOML. ``missing`` are texts that say nothing.
    """

    sheet: str = ""
    header_row: tuple[int, ...] = ()
    stop_at: tuple[str, ...] = ()
    fill_down: tuple[str, ...] = ()
    rows: str = ""
    unpivot: Unpivot | None = None
    delimiter: str = ""
    encoding: str = ""
    #: Patterns of the lines of a list, which the command line says.
    lines: tuple[str, ...] = ()
    missing: frozenset[str] = frozenset(("",))


@contextmanager
def open_table(path: str, kind: str | None, rules: FileRules, wanted: Wanted) -> Iterator[Table]:
    """Open a file, or standard input ("-"), as a table.

    ``kind`` is one of ``READABLE``, by default what the ending says. Raises UnreadableFileError, MappingError or
    MissingExtraError, also while the rows are read.
    """
    check_path(path)
    kind = "txt" if rules.lines else kind or Path(path).suffix[1:].lower()
    with _opened(path, kind, rules) as (file, name):
        edition = hashlib.file_digest(cast("BytesIO", file), "sha256").hexdigest()
        file.seek(0)
        with _table(file, kind, name, rules, wanted) as table:
            yield attrs.evolve(table, edition=edition)


@contextmanager
def _opened(path: str, kind: str, rules: FileRules) -> Iterator[tuple[IO[bytes], str]]:
    """Open a file, and turn what goes wrong with it into errors of this library."""
    name = "standard input" if path == "-" else path
    _check_kind(kind, name, Path(path).suffix)
    try:
        with nullcontext(sys.stdin.buffer) if path == "-" else Path(path).open("rb") as file:
            if path != "-" and file.seekable():
                yield file, name
                return
            with SpooledTemporaryFile(_SPOOLED) as copy:  # it is read twice: to know its digest, and its rows
                shutil.copyfileobj(file, copy)
                copy.seek(0)
                yield cast("IO[bytes]", copy), name
    except DialogueRegistryError:
        raise
    except OSError as error:
        raise UnreadableFileError(f"{name} cannot be read ({error.strerror}): check the path") from None
    except (UnicodeError, LookupError) as error:
        encoding = rules.encoding if kind in _DIVIDED_BY and rules.encoding else "utf-8"
        if isinstance(error, LookupError):
            raise UnreadableFileError(f"{shown(encoding)} is no encoding: give one such as 'cp1251'") from None
        raise UnreadableFileError(
            f"{name} is no text in {encoding} ({error}): name its encoding in the mapping, under [file]"
        ) from None
    except ValueError as error:
        raise UnreadableFileError(f"{name} is no {kind.upper()}: {error}") from None


def _check_kind(kind: str, name: str, ending: str) -> None:
    if kind in OTHER_WORKBOOKS:
        raise UnreadableFileError(
            f"{name} is a workbook of another kind: open it in a spreadsheet, and save it as .xlsx or as CSV UTF-8"
        )
    if kind not in READABLE:
        known = ", ".join(f".{known}" for known in READABLE)
        raise UnreadableFileError(
            f"{name} ends in {ending!r}: give a file that ends in {known}, or say with --format (format= in Python) "
            "which of them it is"
        )


@contextmanager
def _table(file: IO[bytes], kind: str, name: str, rules: FileRules, wanted: Wanted) -> Iterator[Table]:
    if kind in _OBJECTS:
        yield reshaped(Table(name, _OBJECTS[kind](file, name, rules.rows)), rules)
        return
    if rules.lines:
        with open_lines(file, name, rules.lines, rules.encoding) as table:
            check_columns(name, table.columns, table.columns, wanted)
            yield reshaped(table, rules)
        return
    new_columns = {rules.unpivot.name, rules.unpivot.value} if rules.unpivot else set()
    sought = attrs.evolve(wanted, columns={*wanted.columns, *rules.fill_down} - new_columns)
    with _grid(file, kind, name, rules, sought) as grid:
        yield reshaped(as_table(grid, rules.header_row, sought), rules)


@contextmanager
def _grid(file: IO[bytes], kind: str, name: str, rules: FileRules, wanted: Wanted) -> Iterator[Grid]:
    if kind in WORKBOOKS:
        yield open_workbook(file, name, rules.sheet)
    else:
        with open_csv(
            file, name, encoding=rules.encoding, delimiter=rules.delimiter, usual=_DIVIDED_BY[kind],
            wanted=wanted.columns,
        ) as grid:  # fmt: skip
            yield grid


@contextmanager
def open_grid(path: str, kind: str | None, rules: FileRules) -> Iterator[Grid]:
    """Open a CSV file or a sheet of a workbook as a grid, without looking for a head; raises as :func:`open_table`."""
    check_path(path)
    kind = kind or Path(path).suffix[1:].lower()
    if kind in _OBJECTS:
        raise UnreadableFileError(f"{path} has no head: its rows name their own values")
    with _opened(path, kind, rules) as (file, name), _grid(file, kind, name, rules, Wanted()) as grid:
        yield grid


def reshaped(table: Table, rules: FileRules) -> Table:
    """Return a table without what is below its end, with blanks filled and columns made rows, as the rules say."""
    rows: Rows = table.rows
    if rules.stop_at:
        rows = until(rows, rules.stop_at)
    if rules.fill_down:
        rows = filled_down(rows, rules.fill_down)
    columns: Sequence[str] = table.columns
    if rules.unpivot is not None:
        headings = rules.unpivot.headings(columns) if columns else ()
        rows = unpivoted(rows, rules.unpivot, columns, rules.missing)
        columns = (*(name for name in columns if name not in headings), rules.unpivot.name, rules.unpivot.value)
    return attrs.evolve(table, rows=rows, columns=tuple(columns))
