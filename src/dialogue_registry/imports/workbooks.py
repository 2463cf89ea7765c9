"""Workbooks (.xlsx): a sheet as a grid of cells, with its dates, merged cells and errors.

Cells are read by python-calamine (extra ``[tables]``). It gives errors and formulas without a
kept value as empty cells. Those are looked up in the sheet's own XML, so that nothing is lost
without a word.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import IO, Any
from xml.etree.ElementTree import ParseError, iterparse

import attrs

from dialogue_registry.errors import MappingError, UnreadableFileError, needs_extra
from dialogue_registry.imports.cells import BadCell
from dialogue_registry.imports.grid import Grid, Record

WORKBOOKS = ("xlsx", "xlsm")
"""Endings of the workbooks that can be read."""
OTHER_WORKBOOKS = ("xls", "xlsb", "ods", "numbers", "gsheet")
"""Endings of other workbooks, which must be saved as .xlsx first."""
Place = tuple[int, int]


def open_workbook(file: IO[bytes], name: str, sheet: str) -> Grid:
    """Open a sheet of a workbook, by default the first that is visible.

    Raises MissingExtraError, UnreadableFileError or, where the sheet is not there, MappingError.
    """
    why = f"{name} is a workbook, which needs the package python-calamine"
    with needs_extra("tables", why, ", or save the sheet as CSV UTF-8"):
        import python_calamine as calamine  # noqa: PLC0415 - an extra
    content = io.BytesIO(file.read())
    try:
        workbook = calamine.CalamineWorkbook.from_filelike(content)
        title, others = _title(workbook, name, sheet)
        cells = workbook.get_sheet_by_name(title)
        bad = _bad_cells(content, title)
    except calamine.PasswordError:
        raise UnreadableFileError(f"{name} is locked by a password: save it without one") from None
    except (calamine.CalamineError, zipfile.BadZipFile, ParseError, KeyError, OSError) as error:
        raise UnreadableFileError(f"{name} is no workbook that can be read ({error}): save it again as .xlsx") from None
    merges = _Merges.of(cells.merged_cell_ranges or ())
    return Grid(
        f"{name}, sheet {title!r}",
        _records(cells.iter_rows(), (cells.start or (0, 0))[1], merges, bad),
        (f"sheet {title!r}, beside {', '.join(map(repr, others))}",) if others and not sheet else (),
        spans=merges.across,
        total=cells.total_height,
    )


def _title(workbook: Any, name: str, sheet: str) -> tuple[str, list[str]]:
    """Return the title of the sheet to read, and those of the other visible ones."""
    visible = [
        of.name
        for of in workbook.sheets_metadata
        if str(of.visible).endswith(".Visible") and str(of.typ).endswith(".WorkSheet")  # enumerations of Rust
    ]
    if not sheet:
        if not visible:
            raise UnreadableFileError(f"{name} has no visible sheet: name one in the mapping, [file] sheet = …")
        return visible[0], visible[1:]
    every = list(workbook.sheet_names)
    found = [title for title in every if title == sheet] or [
        title for title in every if title.strip().casefold() == sheet.strip().casefold()
    ]
    if len(found) != 1:
        raise MappingError(f"{name} has no sheet {sheet!r}: it has {', '.join(map(repr, every))}")
    return found[0], [title for title in visible if title != found[0]]


@attrs.frozen
class _Merges:
    """Merged cells: by row, the places that have their value from above, and the spans of columns."""

    down: Mapping[int, Mapping[int, Place]]
    across: Mapping[int, Sequence[Place]]

    @classmethod
    def of(cls, ranges: Iterable[tuple[Place, Place]]) -> "_Merges":
        down: dict[int, dict[int, Place]] = {}
        across: dict[int, list[Place]] = {}
        for (top, left), (bottom, right) in ranges:
            for row in range(top, bottom + 1):
                if row > top:
                    down.setdefault(row, {})[left] = (top, left)
                if right > left:
                    across.setdefault(row + 1, []).append((left, right))
        return cls(down, across)


def _records(
    rows: Iterable[list[Any]], left: int, merges: _Merges, bad: Mapping[int, Mapping[int, BadCell]]
) -> Iterator[Record]:
    """Yield each row with its number; a cell merged with one above has its value, unless the row is blank.

    calamine yields the rows from the first of the sheet on, also blank ones, but the cells from column ``left`` on.
    """
    origins = {origin for places in merges.down.values() for origin in places.values()}
    values: dict[Place, Any] = {}
    padding = [""] * left
    for row, read in enumerate(rows):
        cells = [*padding, *map(_value, read)]
        for place, cell in bad.get(row, {}).items():
            cells += [""] * (place + 1 - len(cells))
            cells[place] = cell
        for place, cell in enumerate(cells):
            if (row, place) in origins:
                values[row, place] = cell
        if any(cell != "" for cell in cells):
            for place, origin in merges.down.get(row, {}).items():
                cells[place] = values.get(origin, "")
        yield row + 1, cells


def _value(cell: Any) -> Any:
    """Return a cell as its CSV would have it: TRUE and FALSE are written so by spreadsheets."""
    return ("TRUE" if cell else "FALSE") if isinstance(cell, bool) else cell


# --- errors and formulas without a value ---------------------------------------------

_SUSPECT = re.compile(rb"""\st\s*=\s*["']e["']|<(?:\w+:)?f[\s/>]""")


def _bad_cells(content: IO[bytes], title: str) -> dict[int, dict[int, BadCell]]:
    """Return the cells of a sheet that calamine gives as empty although they are not, by row and place."""
    with zipfile.ZipFile(content) as archive:
        part = _part_of(archive, title)
        with archive.open(part) as sheet:
            if not any(_SUSPECT.search(chunk) for chunk in _overlapping(sheet)):
                return {}
        with archive.open(part) as sheet:
            return _looked_up(sheet)


def _overlapping(file: IO[bytes]) -> Iterator[bytes]:
    """Yield a file piece by piece, each with the end of the one before."""
    before = b""
    while piece := file.read(1 << 20):
        yield before + piece
        before = piece[-20:]


def _part_of(archive: zipfile.ZipFile, title: str) -> str:
    """Return the name of the part that holds a sheet, by way of the workbook's relations."""
    with archive.open("xl/workbook.xml") as file:
        relation = next(
            value
            for _, element in iterparse(file)  # noqa: S314 - expat bounds what entities can grow to
            if _tag(element) == "sheet" and element.get("name") == title
            for key, value in element.items()
            if key.endswith("}id")
        )
    with archive.open("xl/_rels/workbook.xml.rels") as file:
        target = next(
            element.get("Target", "")
            for _, element in iterparse(file)  # noqa: S314
            if element.get("Id") == relation
        )
    return target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)


def _looked_up(sheet: IO[bytes]) -> dict[int, dict[int, BadCell]]:
    bad: dict[int, dict[int, BadCell]] = {}
    row = column = -1
    for event, element in iterparse(sheet, ("start", "end")):  # noqa: S314 - as above
        tag = _tag(element)
        if event == "start":
            if tag == "row":
                row, column = int(element.get("r", row + 2)) - 1, -1
            elif tag == "c":
                column = _column(element.get("r", "")) if element.get("r") else column + 1
        elif tag == "c":
            value = next((child.text or "" for child in element if _tag(child) == "v"), "")
            has_formula = any(_tag(child) == "f" for child in element)
            place = f"{_letters(column)}{row + 1}"
            if element.get("t") == "e":
                bad.setdefault(row, {})[column] = BadCell(f"the cell {place} has the error {value}")
            elif has_formula and not value and element.get("t") != "str":
                bad.setdefault(row, {})[column] = BadCell(
                    f"the cell {place} has a formula that was never computed: open the workbook in a spreadsheet, "
                    "and save it"
                )
        elif tag == "row":
            element.clear()
    return bad


def _tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _column(reference: str) -> int:
    place = 0
    for letter in reference:
        if letter.isalpha():
            place = place * 26 + ord(letter.upper()) - 64
    return place - 1


def _letters(place: int) -> str:
    text = ""
    while place >= 0:
        place, letter = divmod(place, 26)
        text, place = chr(65 + letter) + text, place - 1
    return text
