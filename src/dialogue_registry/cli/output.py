"""The output of a command: a table for people; JSON, CSV or lines of JSON for programs; a bar during long work."""

import io
import re
import shutil
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click
import orjson

from dialogue_registry.exports.csv_cells import MARK, row_writer
from dialogue_registry.queries.counts import Bounds
from dialogue_registry.queries.dicts import to_dict
from dialogue_registry.queries.display import fold, printable, table

Plain = Mapping[str, Any]


def as_table(rows: Sequence[Plain], columns: Sequence[str], width: int | None = None) -> str:
    """Return rows as an aligned table, folded to a width; a column that says nothing in any row is left out."""
    filled = [column for column in columns if any(row[column] not in (None, "", []) for row in rows)]
    if not rows:
        return "nothing"
    headings = [column.replace("_", " ") for column in filled]
    return "\n".join(table(headings, [[_cell(row[column]) for column in filled] for row in rows], width))


_BLANKS = re.compile(r"[^\S\xa0]+")


def whole(text: str) -> str:
    """Return a text that no table folds."""
    return _BLANKS.sub("\xa0", text)


def _cell(value: Any) -> Any:
    match value:
        case {"certain": int(certain), "possible": int(possible)}:
            return str(Bounds(certain, possible)) if certain != possible else certain
        case {"event": str(event), **fields}:
            return f"{event}: {', '.join(f'{name} {_cell(item)}' for name, item in fields.items())}"
        case {"title": str(title)}:
            return title
        case list():
            return ", ".join(str(_cell(item)) for item in value)
        case str():
            return _BLANKS.sub(" ", value).strip()  # a line break would break the table
        case _:
            return value


def as_json(rows: Sequence[Plain] | Plain) -> str:
    """Return rows as one JSON array, an object as one object."""
    return orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode()


def as_lines(rows: Sequence[Plain]) -> str:
    """Return rows as newline-delimited JSON."""
    return "\n".join(orjson.dumps(row).decode() for row in rows)


def as_csv(rows: Sequence[Plain], columns: Sequence[str], *, for_spreadsheet: bool = False) -> str:
    """Return rows as CSV: nested values become columns such as ``total_certain``, lists are JSON."""
    nested = {name for row in rows for name, value in row.items() if _opens(value)}
    flat = [dict(_flat(row, nested)) for row in rows]
    head = list(dict.fromkeys(name for row in flat for name in row)) or list(columns)
    text = io.StringIO()
    if for_spreadsheet:
        text.write(MARK)
    write = row_writer(text, "\n", for_spreadsheet=for_spreadsheet)
    write(head)
    for row in flat:
        write([row.get(name, "") for name in head])
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
    """Return whether a value becomes several columns: an event or a source stays one."""
    return isinstance(value, Mapping) and not isinstance(value.get("event"), str) and "title" not in value


def show(rows: Sequence[Any], columns: str, shown: str | None) -> None:
    """Print rows: as a table for people, the columns named; on a terminal, long cells are folded."""
    answer, names = to_dict(tuple(rows)), columns.split()
    match shown:
        case "json":
            text = as_json(answer)
        case "csv":
            text = as_csv(answer, names)
        case "spreadsheet":
            text = as_csv(answer, names, for_spreadsheet=True)
        case "nl":
            text = as_lines(answer)
        case _:
            say(as_table(answer, names, terminal_width()))
            return
    if text:
        put(text)


def terminal_width(*, err: bool = False) -> int | None:
    """Return the columns of the terminal, 80 where that is not known; None where no terminal shows the text."""
    return shutil.get_terminal_size().columns if (sys.stderr if err else sys.stdout).isatty() else None


QUIET = "dialogue_registry.quiet"
"""The key in the context of a command of whether it shows no bars."""


@contextmanager
def progress_bar(doing: str) -> Iterator[Callable[[int, int], object] | None]:
    """Show a bar on standard error while long work is done, where that is a terminal."""
    if not sys.stderr.isatty() or click.get_current_context().meta.get(QUIET):
        yield None
        return
    with click.progressbar(length=1, label=doing, file=sys.stderr, show_pos=True, show_eta=False) as bar:

        def show(done: int, total: int) -> None:
            known = total > done or bar.length not in (1, None)
            bar.length = total if known else None  # of a stream, total is what was done so far
            bar.update(done - bar.pos)

        yield show


def say(text: object, *, err: bool = False) -> None:
    """Print a text for people, folded to the terminal; what would steer a terminal is spelled out."""
    shown, width = printable(str(text)), terminal_width(err=err)
    if width is not None:
        shown = "\n".join(line for part in shown.split("\n") for line in fold(part, width))
    click.echo(shown, err=err)


def put(text: str) -> None:
    """Print a text for programs: UTF-8, whatever the terminal has."""
    click.echo(f"{text}\n".encode(), nl=False)
