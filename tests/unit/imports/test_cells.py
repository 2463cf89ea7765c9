"""Cells of JSON and of data frames: nothing of any library, lists, objects, what no text is made of."""

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest

from dialogue_registry import (
    InvalidValueError,
    MappingError,
    PartialDate,
    Registry,
    UnreadableFileError,
    import_table,
    read_table,
)
from dialogue_registry.imports.cells import BadCell, is_nothing, text_of

FIRST = [
    {"event": "DialogueLaunched", "dialogue": "d", "name": "D", "launched": "2004"},
    {"event": "SeriesOpened", "series": "d/s", "dialogue": "d", "name": "S"},
]
HELD = {
    "event": "MeetingHeld", "meeting": "d/s/{no}", "series": "d/s", "date": "{day}", "ordinal": "{number}",
    "place": "{place}",
}  # fmt: skip
MAPPING: dict[str, Any] = {"first": FIRST, "each": [HELD]}
DAY = {"event": "MeetingHeld", "meeting": "d/s/{no}", "series": "d/s", "date": "{day}"}


def nothings() -> list[Any]:
    values: list[Any] = [None, float("nan"), Decimal("NaN"), Decimal("sNaN")]
    numpy = pytest.importorskip("numpy")
    pandas = pytest.importorskip("pandas")
    values += [
        numpy.float32("nan"),
        numpy.float64("nan"),
        numpy.datetime64("NaT", "s"),
        numpy.timedelta64("NaT", "s"),
        numpy.ma.masked,
    ]
    return [*values, pandas.NA, pandas.NaT]


def test_every_word_for_nothing_says_nothing_in_every_field() -> None:
    for value in nothings():
        assert is_nothing(value), repr(value)
        with Registry.open() as registry:
            row = {"no": 1, "day": value, "number": value, "place": value}
            assert import_table(registry, [row], MAPPING).recorded == 1
            (meeting,) = registry.meetings()
            assert (meeting.date, meeting.ordinal, meeting.place) == (None, None, "")
            needed = import_table(registry, [{**row, "no": value}], MAPPING)
            assert needed.of_rows[0].reason == "MeetingHeld needs 'meeting', and there is none: 'no' is empty"
            plain = {"event": "MeetingHeld", "meeting": "d/s/2", "series": "d/s", "date": value, "place": value}
            assert import_table(registry, [plain]).recorded == 1
    for value in ("<NA>", "nan", "NaN", "NaT", "None", "null", 0, "", False, [], {}):
        assert not is_nothing(value)


@pytest.mark.parametrize(
    ("no", "number", "day"), [("٣", "٣", "١٦/٠٥/٢٠١٨"), ("३", 3, "2018-05-16"), ("３", "３", None)]
)
def test_digits_of_every_script_are_numbers_ids_and_days(no: str, number: Any, day: str | None) -> None:
    mapping = {**MAPPING, "dates": {"order": "day first"}}
    row = {"no": no, "number": number, "day": day or PartialDate("2018-05-16"), "place": None}
    with Registry.open() as registry:
        assert import_table(registry, [row], mapping).recorded == 1
        (meeting,) = registry.meetings()
    assert (meeting.meeting, meeting.ordinal, str(meeting.date)) == ("d/s/3", 3, "2018-05-16")


def test_a_month_or_a_year_of_numpy_or_pandas_is_that_and_no_day_of_it() -> None:
    numpy = pytest.importorskip("numpy")
    pandas = pytest.importorskip("pandas")
    days = [
        (numpy.datetime64("2019-05"), "2019-05"), (numpy.datetime64("2019"), "2019"),
        (numpy.datetime64("2019-05-14"), "2019-05-14"), (numpy.datetime64("2019-05-14T00:00", "ns"), "2019-05-14"),
        (pandas.Period("2019-05-14", "M"), "2019-05"), (pandas.Period("2019-05-14", "Y"), "2019"),
        (pandas.Period("2019-05-14", "D"), "2019-05-14"),
        (numpy.datetime64("2019-05-14", "W"), None), (numpy.datetime64("2019-05", "2M"), None),
        (pandas.Period("2019-05-14", "Q"), None), (pandas.Period("2019-05-14", "W"), None),
        (pandas.Period("2019-05-14", "Y-JUN"), None), (numpy.datetime64("2019-05-14T09:30"), None),
    ]  # fmt: skip
    for value, day in days:
        for mapping in (MAPPING, None):
            row = {"no": 1, "day": value, "number": 1, "place": ""}
            plain = {"event": "MeetingHeld", "meeting": "d/s/1", "series": "d/s", "date": value}
            with Registry.open() as registry:
                import_table(registry, [], {"first": FIRST, "each": [HELD]})
                report = import_table(registry, [row if mapping else plain], mapping)
                assert report.refused == (day is None), (value, report.of_rows)
                assert [str(meeting.date) for meeting in registry.meetings()] == ([day] if day else []), value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" a ", "a"), (3, "3"), (3.0, "3"), (3.5, "3.5"), (True, "true"), (Decimal("3.0"), "3"),
        (Decimal("3.50"), "3.50"),
        (date(2021, 6, 16), "2021-06-16"), (datetime.fromisoformat("2021-06-16"), "2021-06-16"), (time(9, 30), "09:30"),
        (time(9, 30, 5), "09:30:05"), (timedelta(hours=30), "30:00:00"), (1e20, "1e+20"), ([], ""),
        (["a", 2, None, ""], "a; 2"),
        (("a",), "a"), (UUID(int=0), "00000000-0000-0000-0000-000000000000"), (Enum("Few", {"A": "one"}).A, "one"),  # type: ignore[attr-defined]
    ],
)  # fmt: skip
def test_a_cell_is_the_text_that_a_table_would_have(value: object, text: str) -> None:
    assert text_of(value, "c") == text


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"a": 1, "b": 2}, "holds an object, with 'a', 'b': name what is inside, such as {c.a}"),
        ({}, "an empty object"),
        ([{"a": 1}], "a list of objects: name what is inside, such as {c.a}"),
        ([[1]], "a list that holds lists"),
        (b"x", "a value of the kind bytes"),
        (Fraction(1, 2), "a value of the kind Fraction"),
        ({1, 2}, "a value of the kind set"),
        (1j, "a value of the kind complex"),
        (object(), "a value of the kind object"),
        (float("inf"), "holds inf, which is no number"),
        (BadCell("the cell D4 has the error #N/A"), "cannot be read: the cell D4 has the error #N/A"),
    ],
)
def test_what_no_text_can_be_made_of_is_refused(value: object, words: str) -> None:
    with pytest.raises(InvalidValueError, match="column 'c'") as caught:
        text_of(value, "c")
    assert words in str(caught.value)


def test_an_error_of_somebody_elses_class_is_that_of_its_row() -> None:
    class Bad(str):
        __slots__ = ()

        def strip(self, *_: object) -> str:
            raise ZeroDivisionError("on purpose")

    with Registry.open() as registry:
        places = ("a", Bad("x"), "")
        rows = [{"no": str(number), "day": "", "number": "", "place": place} for number, place in enumerate(places, 1)]
        report = import_table(registry, rows, MAPPING)
        assert [m.meeting for m in registry.meetings()] == ["d/s/1", "d/s/3"]
    (row,) = report.problems
    assert row.reason == "it cannot be read (ZeroDivisionError: on purpose): correct it"


# --- data frames ---------------------------------------------------------------------


def frames() -> dict[str, Any]:
    pandas = pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    data = {"no": [1, 2], "day": [date(2018, 4, 17), None], "number": [1, None], "place": ["Turku", None]}
    pandas_frame = pandas.DataFrame(
        {**data, "day": pandas.to_datetime(data["day"]), "number": pandas.array([1, None], "Int64")}
    )
    return {
        "pandas": pandas_frame,
        "numpy columns": pandas.DataFrame(data),
        "records": pandas_frame.to_dict("records"),
        "tuples": list(pandas_frame.itertuples(index=False)),
        "polars": polars.DataFrame(data),
        "arrow": polars.DataFrame(data).to_arrow(),
        "dicts": polars.DataFrame(data).to_dicts(),
    }


@pytest.mark.parametrize(
    "kind", ["pandas", "numpy columns", "records", "tuples", "polars", "arrow", "dicts"],
)  # fmt: skip
def test_a_data_frame_comes_in_as_it_is(kind: str) -> None:
    with Registry.open() as registry:
        report = import_table(registry, frames()[kind], MAPPING)
        assert (report.recorded, report.rows) == (2, 2)
        assert [(m.meeting, str(m.date), m.ordinal, m.place) for m in registry.meetings()] == [
            ("d/s/1", "2018-04-17", 1, "Turku"), ("d/s/2", "None", None, ""),
        ]  # fmt: skip


def test_a_frame_without_a_mapping_names_its_event_and_fields() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "event": "MeetingHeld", "meeting": ["d/s/1", "d/s/2"], "series": "d/s",
            "date": pandas.to_datetime(["2018-04-17", None]), "ordinal": [1, None],
        }
    )  # fmt: skip
    with Registry.open() as registry:
        import_table(registry, [], {"first": FIRST})
        assert import_table(registry, frame).recorded == 2
        assert [(str(m.date), m.ordinal) for m in registry.meetings()] == [("2018-04-17", 1), ("None", None)]


@pytest.mark.parametrize("table", [5, None, object(), {"no": 1}, b"no"])
def test_what_is_no_table_is_refused_by_an_error_of_the_library(table: object) -> None:
    with pytest.raises(UnreadableFileError, match="no table"):
        import_table(Registry.open(), table, MAPPING)


def test_a_row_that_is_none_and_a_time_of_day_are_refused_in_their_rows() -> None:
    pandas = pytest.importorskip("pandas")
    rows = [
        {"no": 1, "day": pandas.Timestamp("2018-04-17 09:30")},
        [1, 2],
        {"no": 2, "day": pandas.Timestamp("2018-04-17")},
    ]
    with Registry.open() as registry:
        report = import_table(registry, rows, {"first": FIRST, "each": [DAY]})
        assert [row.row for row in report.problems] == [1, 2]
        assert [m.meeting for m in registry.meetings()] == ["d/s/2"]
        assert import_table(registry, rows[:1], {"each": [DAY], "dates": {"times": "drop"}}).recorded == 1


def test_a_datetime_with_a_zone_has_the_day_of_the_place() -> None:
    night = datetime(2023, 3, 8, 23, 30, tzinfo=UTC)
    with Registry.open() as registry:
        assert import_table(registry, [{"no": 1, "day": night}], {"first": FIRST, "each": [DAY]}).refused == 1
        import_table(registry, [{"no": 1, "day": night}], {"each": [DAY], "dates": {"zone": "Asia/Tokyo"}})
        rows = [{"no": 2, "day": night, "number": "Asia/Almaty"}, {"no": 3, "day": night, "number": "Asia/Nowhere"}]
        report = import_table(registry, rows, {"each": [DAY], "dates": {"zone": "{number}"}})
        assert [str(m.date) for m in registry.meetings()] == ["2023-03-09", "2023-03-09"]
        assert "'Asia/Nowhere' is no time zone" in report.problems[0].reason


# --- objects and lists of JSON -------------------------------------------------------

VISITS = {
    "publisher": "Office",
    "countries": [
        {
            "name": "Japan",
            "visits": [{"day": "2021-06-16", "place": {"city": "Tokyo"}}, {"day": "2021-07-01", "name": "own"}],
        },
        {"name": "Kazakhstan", "visits": []},
        {"name": "Tajikistan"},
        {"name": "Uzbekistan", "visits": [{"day": "2021-08-01", "place": None}]},
    ],
}
VISIT = {
    "event": "MeetingHeld", "meeting": "d/s/{row}", "series": "d/s", "date": "{day}", "place": "{place.city}",
    "title": "{name} of {countries.name} ({publisher})",
}  # fmt: skip


@pytest.mark.parametrize("name", ["t.json", "t.jsonl"])
def test_lists_within_lists_become_rows_that_see_what_encloses_them(tmp_path, name: str) -> None:
    (tmp_path / name).write_text(json.dumps(VISITS), "utf-8")
    with Registry.open() as registry:
        mapping = {"first": FIRST, "file": {"rows": "countries.visits"}, "each": [VISIT]}
        if name == "t.jsonl":  # whose rows are of one line, and have its number
            mapping["each"] = [{**VISIT, "meeting": "d/s/{day}"}]
        report = import_table(registry, tmp_path / name, mapping)
        assert [(str(m.date), m.place, m.title) for m in registry.meetings()] == [
            ("2021-06-16", "Tokyo", "Japan of Japan (Office)"),
            ("2021-07-01", "", "own of Japan (Office)"),
            ("2021-08-01", "", "Uzbekistan of Uzbekistan (Office)"),
        ]
        assert report.rows == 3
        again = import_table(registry, tmp_path / name, mapping)
        assert [row.part for row in again.of_rows] == [
            "countries 1, visits 1", "countries 1, visits 2", "countries 4, visits 1",
        ]  # fmt: skip


def test_a_path_to_no_list_is_refused_and_one_to_an_empty_list_is_not(tmp_path) -> None:
    (tmp_path / "t.json").write_text(json.dumps(VISITS), "utf-8")
    for path in ("nowhere", "countries.nowhere"):
        with pytest.raises(MappingError, match="no list of rows at"):
            import_table(Registry.open(), tmp_path / "t.json", {"file": {"rows": path}, "each": [VISIT]})
    (tmp_path / "t.json").write_text(json.dumps({"countries": [{"visits": []}]}), "utf-8")
    report = import_table(Registry.open(), tmp_path / "t.json", {"file": {"rows": "countries.visits"}, "each": [VISIT]})
    assert report.rows == 0


def test_objects_are_reached_into_and_a_text_has_nothing_inside() -> None:
    rows = [
        {"no": 1, "place": {"city": {"name": "Turku"}}}, {"no": 2, "place": "Turku"}, {"no": 3, "place": None},
        {"no": 4, "place": [{"city": {"name": "a"}}, {"city": {"name": "b"}}]},
        {"no": 5, "place": {"town": 1}},
    ]  # fmt: skip
    each = [{"event": "MeetingHeld", "meeting": "d/s/{no}", "series": "d/s", "place": "{place.city.name}"}]
    with Registry.open() as registry:
        report = import_table(registry, rows, {"first": FIRST, "each": each})
        assert [(m.meeting, m.place) for m in registry.meetings()] == [
            ("d/s/1", "Turku"), ("d/s/3", ""), ("d/s/4", "a; b"), ("d/s/5", ""),
        ]  # fmt: skip
    assert [row.reason for row in report.problems] == [
        "column 'place' is no object, so it has no 'city' inside: name it as it is, {place}"
    ]


def test_a_list_stays_one_where_a_field_takes_several_and_is_joined_where_it_takes_one() -> None:
    rows = [{"no": 1, "who": ["A", "B; C"], "place": ["Turku", "Vaasa"]}, {"no": ["2"], "who": [], "place": [{"x": 1}]}]
    each = [
        {"event": "MeetingHeld", "meeting": "d/s/{no}", "series": "d/s", "place": "{place}"},
        {"event": "ActivityReported", "meeting": "d/s/{no}", "title": "T", "organisers": "{who}"},
    ]
    with Registry.open() as registry:
        report = import_table(registry, rows, {"first": FIRST, "lists": {"separator": " /"}, "each": each})
        assert [m.place for m in registry.meetings()] == ["Turku / Vaasa"]
        assert registry.activities()[0].organisers == ("A", "B; C")
    assert "is a list of objects" in report.problems[0].reason


@pytest.mark.parametrize("value", [{"a": 1}, [{"a": 1}], [["a"]]])
@pytest.mark.parametrize("field", ["meeting", "date", "place", "title", "ordinal", "format"])
def test_no_fact_ever_has_a_text_of_python(value: object, field: str) -> None:
    each = {"event": "MeetingHeld", "meeting": "d/s/1", "series": "d/s", field: "{x}"}
    with Registry.open() as registry:
        report = import_table(registry, [{"x": value}], {"first": FIRST, "each": [each], "source": {"title": "T {x}"}})
        assert report.refused == 1
        assert len(list(registry.events())) == 2


def test_rows_can_be_looked_at_before_they_are_imported(tmp_path) -> None:
    (tmp_path / "t.json").write_text(json.dumps([{"no": 1}, {"no": 2}]), "utf-8")
    with read_table(tmp_path / "t.json") as table:
        assert [(row.number, dict(row.cells)) for row in table] == [(1, {"no": 1}), (2, {"no": 2})]
    with read_table([{"no": 1}]) as table:
        assert [dict(row.cells) for row in table] == [{"no": 1}]
