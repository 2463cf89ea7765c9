"""A workbook is read as the CSV of the same table is, and another reader agrees on every cell."""

import csv
import re
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from dialogue_registry import MappingError, MissingExtraError, Registry, UnreadableFileError, import_table, read_table
from dialogue_registry.imports.files import FileRules, open_grid

openpyxl = pytest.importorskip("openpyxl")
pytest.importorskip("python_calamine")

FIRST = [
    {"event": "DialogueLaunched", "dialogue": "d", "name": "D", "launched": "2004"},
    {"event": "SeriesOpened", "series": "d/s", "dialogue": "d", "name": "S"},
]
HELD = {
    "event": "MeetingHeld", "meeting": "d/s/{No.}", "series": "d/s", "ordinal": "{No.}", "date": "{Date}",
    "place": "{Where / City}", "country": "{Where / Country}", "title": "{Title}",
}  # fmt: skip
HEAD = [
    ["Talks of the river basin"],
    ["as of 1 March 2020"],
    [],
    ["No.", "Date", "Where", None, "Title", "Check", "Start"],
    [None, None, "City", "Country", None, None, None],
]
ROWS = [
    [1, date(2017, 3, 7), "Gdynia", "POL", '=A6&". Talks"', "#N/A", time(9, 30)],
    [2, datetime.fromisoformat("2018-03-06"), "Klaipėda", "LTU", "2. Talks", 1.5, time(14, 0)],
    [],
    [3.0, date(2020, 2, 11), None, None, None, True, None],
    ["Total", None, "3 meetings", None, None, None, None],
]  # fmt: skip


def book(path: Path, *, epoch: datetime | None = None, values: dict[str, tuple[str, str]] | None = None) -> Path:
    """Write the workbook; ``values`` are what formulas last had, which openpyxl itself cannot keep."""
    workbook = openpyxl.Workbook()
    if epoch is not None:
        workbook.epoch = epoch
    hidden = workbook.active
    hidden.title, hidden.sheet_state = "Lists", "hidden"
    hidden["A1"] = "not this one"
    sheet = workbook.create_sheet("Meetings")
    for row in (*HEAD, *ROWS):
        sheet.append(row)
    for merged in ("A4:A5", "B4:B5", "C4:D4", "E4:E5", "F4:F5", "G4:G5"):
        sheet.merge_cells(merged)
    workbook.create_sheet("Notes")["A1"] = "nothing to see"
    workbook.save(path)
    if values is None:
        values = {"E6": ("str", "1. Talks")}
    kept = path.with_suffix(".kept.xlsx")
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(kept, "w") as after:
        for name in before.namelist():
            part = before.read(name)
            for cell, (kind, value) in values.items() if name == "xl/worksheets/sheet2.xml" else ():
                part, found = re.subn(
                    rf'<c r="{cell}"([^>]*?)(?: t="\w+")?>(<f>.*?</f>)<v ?/?>(?:</v>)?'.encode(),
                    rf'<c r="{cell}"\1 t="{kind}">\2<v>{value}</v>'.encode(),
                    part,
                )
                assert found == 1
            after.writestr(name, part)
    return kept.rename(path)


MAPPING = {"file": {"sheet": "Meetings", "header_row": [4, 5], "stop_at": "Total"}, "first": FIRST, "each": [HELD]}


def meetings(registry: Registry) -> list[tuple[Any, ...]]:
    return [(m.meeting, str(m.date), m.ordinal, m.place, m.country, m.title) for m in registry.meetings()]


def test_a_workbook_is_read_from_its_head_to_its_totals(tmp_path) -> None:
    path = book(tmp_path / "t.xlsx")
    with Registry.open() as registry:
        report = import_table(registry, path, MAPPING)
        assert (report.recorded, report.of_rows) == (3, ())
        assert report.unread == ("Check", "Start")
        assert meetings(registry) == [
            ("d/s/1", "2017-03-07", 1, "Gdynia", "POL", "1. Talks"),
            ("d/s/2", "2018-03-06", 2, "Klaipėda", "LTU", "2. Talks"),
            ("d/s/3", "2020-02-11", 3, "", "", ""),
        ]


def as_text(cell: object) -> object:
    """A cell as a spreadsheet saves it."""
    if isinstance(cell, date):
        return cell.isoformat()[:10]
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def test_the_same_table_as_csv_gives_the_same_log(tmp_path) -> None:
    def facts(path: Path, mapping: dict[str, Any]) -> list[Any]:
        with Registry.open() as registry:
            import_table(registry, path, mapping)
            return [event.event for event in registry.events()]

    with (tmp_path / "t.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for row in (*HEAD, ["1", "2017-03-07", "Gdynia", "POL", "1. Talks", "#N/A", "09:30"], *ROWS[1:]):
            writer.writerow([as_text(cell) for cell in row])  # type: ignore[attr-defined]
    from_csv = {**MAPPING, "file": {"header_row": [4, 5], "stop_at": "Total"}}
    assert facts(book(tmp_path / "t.xlsx"), MAPPING) == facts(tmp_path / "t.csv", from_csv)


def test_another_reader_agrees_on_every_cell(tmp_path) -> None:
    path = book(tmp_path / "t.xlsx")
    sheet = openpyxl.load_workbook(path, data_only=True)["Meetings"]
    with open_grid(str(path), None, FileRules(sheet="Meetings")) as grid:
        records = dict(grid.records)
    assert len(records) == sheet.max_row
    for number, record in records.items():
        for cell, other in zip(record, sheet[number], strict=True):
            if type(other).__name__ == "MergedCell":
                continue  # whose value is that of the first cell of the range
            if other.value == "#N/A":
                assert cell.why == f"the cell {other.coordinate} has the error #N/A"
            elif isinstance(other.value, bool):
                assert cell == str(other.value).upper()
            elif isinstance(other.value, datetime):
                assert cell == (other.value.date() if other.value.time() == time(0) else other.value)
            else:
                assert cell == ("" if other.value is None else other.value)


@pytest.mark.parametrize("epoch", ["WINDOWS_EPOCH", "MAC_EPOCH"])
def test_days_do_not_shift_whatever_the_epoch(tmp_path, epoch: str) -> None:
    path = book(tmp_path / "t.xlsx", epoch=getattr(openpyxl.utils.datetime, epoch))
    with Registry.open() as registry:
        import_table(registry, path, MAPPING)
        assert [str(m.date) for m in registry.meetings()] == ["2017-03-07", "2018-03-06", "2020-02-11"]


def test_an_error_and_a_formula_without_a_value_refuse_the_rows_that_read_them_by_name(tmp_path) -> None:
    checked = {**MAPPING, "each": [{**HELD, "title": "{Check}"}]}
    with Registry.open() as registry:
        (row,) = import_table(registry, book(tmp_path / "t.xlsx"), checked).of_rows
        assert (row.row, row.reason) == (6, "column 'Check' cannot be read: the cell F6 has the error #N/A")
        assert [m.title for m in registry.meetings()] == ["1.5", "TRUE"]
    with Registry.open() as registry:
        (row,) = import_table(registry, book(tmp_path / "u.xlsx", values={}), MAPPING).of_rows
        assert row.reason.startswith("column 'Title' cannot be read: the cell E6 has a formula that was never computed")


def test_a_time_of_day_is_written_as_a_spreadsheet_writes_it(tmp_path) -> None:
    mapping = {**MAPPING, "each": [{**HELD, "title": "{Start}"}]}
    with Registry.open() as registry:
        import_table(registry, book(tmp_path / "t.xlsx"), mapping)
        assert [m.title for m in registry.meetings()] == ["09:30", "14:00", ""]
    refused = {**MAPPING, "each": [{**HELD, "date": "{Start}"}]}
    with Registry.open() as registry:
        assert import_table(registry, tmp_path / "t.xlsx", refused).refused == 2


def test_a_cell_merged_with_those_below_is_that_of_all_their_rows_but_of_no_blank_one(tmp_path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    rows = [
        ["Session", "Party", "Name"],
        ["1", "JPN", "A"],
        [],
        [None, None, "B"],
        ["2", "KAZ", "C"],
        [None, None, "D"],
    ]
    for row in rows:
        sheet.append(row)
    sheet.merge_cells("A2:A4")
    sheet.merge_cells("B2:B4")
    sheet.merge_cells("A5:A6")
    workbook.save(tmp_path / "t.xlsx")
    with read_table(tmp_path / "t.xlsx") as table:
        assert [(row.number, tuple(row.cells.values())) for row in table] == [
            (2, ("1", "JPN", "A")), (4, ("1", "JPN", "B")), (5, ("2", "KAZ", "C")), (6, ("2", "", "D")),
        ]  # fmt: skip
    with read_table(tmp_path / "t.xlsx", {"file": {"fill_down": ["Party"]}, "each": [TOPIC]}) as table:
        assert [row.cells["Party"] for row in table] == ["JPN", "JPN", "KAZ", "KAZ"]


@pytest.mark.parametrize("first", ["A1", "A2", "B2", "C5", "AB30"])
def test_a_table_may_begin_anywhere_and_its_rows_have_the_numbers_of_the_spreadsheet(tmp_path, first: str) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    top, left = sheet[first].row, sheet[first].column
    rows: list[list[str | None]] = [
        ["Where", None, "Name"],
        ["City", "Party", None],
        ["Bern", "JPN", "A"],
        [],
        [None, None, "B"],
        ["Oslo", "KAZ", "#N/A"],
    ]
    for row, cells in enumerate(rows, top):
        for column, cell in enumerate(cells, left):
            sheet.cell(row, column, cell)
    for over, across, under, to in ((0, 0, 0, 1), (0, 2, 1, 2), (2, 0, 4, 0)):
        sheet.merge_cells(start_row=top + over, start_column=left + across, end_row=top + under, end_column=left + to)
    workbook.save(tmp_path / "t.xlsx")
    topic = {**TOPIC, "topic": "{Where / City}, {Where / Party}, {Name}"}
    mapping = {"file": {"header_row": [top, top + 1]}, "first": [*FIRST, HELD_ONE], "each": [topic]}
    with Registry.open() as registry:
        report = import_table(registry, tmp_path / "t.xlsx", mapping)
        assert [topic.topic for topic in registry.topics("d/s/1")] == ["Bern, JPN, A", "Bern, B"]
        error = f"column 'Name' cannot be read: the cell {sheet.cell(top + 5, left + 2).coordinate} has the error #N/A"
        assert [(row.row, row.reason) for row in report.problems] == [(top + 5, error)]
    with pytest.raises(
        MappingError, match=rf"has no column 'City' in row {top}: the head seems to be in row {top + 1}"
    ):
        import_table(Registry.open(), tmp_path / "t.xlsx", {"each": [{**TOPIC, "topic": "{City}, {Party}"}]})


HELD_ONE = {"event": "MeetingHeld", "meeting": "d/s/1", "series": "d/s"}
TOPIC = {"event": "TopicDiscussed", "meeting": "d/s/1", "topic": "{Name}"}


def test_the_first_visible_sheet_is_read_unless_another_is_named(tmp_path) -> None:
    path = book(tmp_path / "t.xlsx")
    with read_table(path) as table:
        assert table.found == ("sheet 'Meetings', beside 'Notes'",)
    with read_table(path, {"file": {"sheet": " lists "}, "each": [{**TOPIC, "topic": "{column 1}"}]}) as table:
        assert table.columns == ("not this one",)
    with pytest.raises(MappingError, match="has no sheet 'Meeting': it has 'Lists', 'Meetings', 'Notes'"):
        import_table(Registry.open(), path, {**MAPPING, "file": {"sheet": "Meeting"}})


def test_where_nothing_is_said_of_the_head_the_refusal_names_its_row(tmp_path) -> None:
    one_row = {**HELD, "place": "{City}", "country": "{Country}"}
    with pytest.raises(
        MappingError, match=r"head seems to be in row 5: say so in the mapping, \[file\] header_row = 5"
    ):
        import_table(Registry.open(), book(tmp_path / "t.xlsx"), {"first": FIRST, "each": [one_row]})


def test_without_the_extra_the_message_names_it_and_the_way_round(tmp_path, monkeypatch) -> None:
    path = book(tmp_path / "t.xlsx")
    monkeypatch.setitem(__import__("sys").modules, "python_calamine", None)
    with pytest.raises(MissingExtraError, match=r"dialogue-registry\[tables\]'?, or save the sheet as CSV UTF-8"):
        import_table(Registry.open(), path, MAPPING)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no workbook"])
def test_a_workbook_that_cannot_be_read_says_so(tmp_path, content: bytes) -> None:
    (tmp_path / "t.xlsx").write_bytes(content)
    with pytest.raises(UnreadableFileError, match="no workbook that can be read"):
        import_table(Registry.open(), tmp_path / "t.xlsx", MAPPING)


def test_numbers_of_a_cell_are_whole_where_they_are(tmp_path) -> None:
    workbook = openpyxl.Workbook()
    for row in (["Name"], [3.0], [3.5], [1e6], [43599], [timedelta(hours=30)], [-2]):
        workbook.active.append(row)
    workbook.save(tmp_path / "t.xlsx")
    with Registry.open() as registry:
        registry_rows = {
            "first": [*FIRST, {"event": "MeetingHeld", "meeting": "d/s/1", "series": "d/s"}],
            "each": [TOPIC],
        }
        import_table(registry, tmp_path / "t.xlsx", registry_rows)
        assert [topic.topic for topic in registry.topics()] == ["3", "3.5", "1000000", "43599", "30:00:00", "-2"]
