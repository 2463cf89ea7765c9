"""A mapping tells apart namesakes, capacities and ways of taking part; joint meetings and numbers come out right."""

from collections.abc import Iterator
from typing import Any

import pytest

from dialogue_registry import Format, ImportReport, Registry, import_table

FIRST = [
    {"event": "DialogueLaunched", "dialogue": "d", "name": "D", "launched": "2010"},
    {"event": "SeriesOpened", "series": "s", "dialogue": "d", "name": "S"},
    {"event": "SeriesOpened", "series": "t", "dialogue": "d", "name": "T", "numbering": "yearly"},
    {"event": "MeetingHeld", "meeting": "m", "series": "s", "date": "2017-10-04"},
]
ATTENDED = {"event": "DelegateAttended", "meeting": "m", "name": "{Name}", "party": "{Country}"}
BOARD = [
    {"Name": "Nadia FERHOUMAT", "Country": "DZA", "Office": "Member", "Role": "delegate"},
    {"Name": "Nadia FERHOUMAT", "Country": "DZA", "Office": "Vice-Chair", "Role": "chair"},
    {"Name": "Karim OUSSEDA", "Country": "MAR", "Office": "Director", "Role": "delegate"},
    {"Name": "Karim OUSSEDA", "Country": "MLI", "Office": "Envoy", "Role": "observer"},
]


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry.open() as opened:
        yield opened


def imported(registry: Registry, rows: list[dict[str, str]], each: dict[str, Any], **more: Any) -> ImportReport:
    return import_table(registry, rows, {"first": FIRST, "each": [each], **more})


def test_an_office_that_nobody_calls_a_capacity_is_in_conflict(registry: Registry) -> None:
    report = imported(registry, BOARD, {**ATTENDED, "office": "{Office}", "role": "{Role}"})
    assert (report.recorded, report.in_conflict) == (3, 1)


@pytest.mark.parametrize("field", ["seat", "person"])
def test_a_mapping_says_what_tells_two_rows_of_one_name_apart(registry: Registry, field: str) -> None:
    each = {**ATTENDED, "office": "{Office}", "role": "{Role}", field: "{Name} {Office}"}
    report = imported(registry, BOARD, each)
    assert (report.recorded, report.in_conflict) == (4, 0)
    assert [row.office for row in registry.attendance(role="chair")] == ["Vice-Chair"]
    assert len(registry.delegate("Nadia FERHOUMAT")) == 2
    before = registry.position
    assert imported(registry, BOARD, each).already_standing == 4
    assert registry.position == before


def test_a_column_tells_how_somebody_took_part(registry: Registry) -> None:
    rows = [
        {"Name": "Ana REZENDELLA", "Country": "BRA", "Mode": "on site"},
        {"Name": "Ana REZENDELLA", "Country": "BRA", "Mode": "remote"},
        {"Name": "Bo LJUNGVALL", "Country": "SWE", "Mode": "remote"},
    ]
    values = {"format": {"on site": "in-person", "remote": "online"}}
    report = imported(registry, rows, {**ATTENDED, "format": "{Mode}"}, values=values)
    assert report.in_conflict == 0
    assert [row.format for row in registry.attendance()] == [Format.HYBRID, Format.ONLINE]


@pytest.mark.parametrize(
    ("office", "format_"),
    [("on site", "in-person"), ("ONSITE", "in-person"), ("remote", "online"), ("онлайн", "online")],
)
def test_an_office_that_says_how_somebody_took_part_is_the_format(
    registry: Registry, office: str, format_: str
) -> None:
    report = imported(
        registry,
        [{"Name": "Bo LJUNGVALL", "Country": "SWE", "Office": office}],
        {**ATTENDED, "office": "{Office}"},
    )
    (row,) = registry.attendance()
    assert (row.office, row.format) == ("", Format(format_))
    assert f"{office!r} is no office" in report.remarks[0].reason
    cited = registry.event(row.event).citation
    assert cited is not None
    assert cited.as_written == (("format", office),)


@pytest.mark.parametrize("office", ["Director, remote sensing", "hybrid", "Online Editor", "Minister"])
def test_an_office_that_only_holds_such_a_word_stays(registry: Registry, office: str) -> None:
    report = imported(
        registry,
        [{"Name": "Bo LJUNGVALL", "Country": "SWE", "Office": office}],
        {**ATTENDED, "office": "{Office}"},
    )
    assert ([row.office for row in registry.attendance()], report.remarks) == ([office], ())


@pytest.mark.parametrize(
    ("mode", "end"), [("on site", '[values.format] "on site" = "in-person"'), ("by pigeon", "[values.format]")]
)
def test_the_refusal_of_a_format_names_what_the_word_likely_means(registry: Registry, mode: str, end: str) -> None:
    rows = [{"Name": "Bo LJUNGVALL", "Country": "SWE", "Mode": mode}]
    (row,) = imported(registry, rows, {**ATTENDED, "format": "{Mode}"}).of_rows
    assert row.reason.endswith(end)


@pytest.mark.parametrize(("mode", "format_"), [("ONLINE", "online"), ("In-Person", "in-person")])
def test_the_words_of_a_format_are_read_in_any_case(registry: Registry, mode: str, format_: str) -> None:
    rows = [{"Name": "Bo LJUNGVALL", "Country": "SWE", "Mode": mode}]
    assert imported(registry, rows, {**ATTENDED, "format": "{Mode}"}).recorded == 1
    assert [row.format for row in registry.attendance()] == [Format(format_)]


@pytest.mark.parametrize("sign", [";", "；", "、", "|"])
def test_a_name_that_holds_what_stands_between_people_is_reported_and_can_be_split(
    registry: Registry, sign: str
) -> None:
    rows = [{"Name": f"山田 太郎{sign}鈴木 花子", "Country": "JPN"}]
    (remark,) = imported(registry, rows, ATTENDED).remarks
    assert f'split = {{ "Name" = "{sign}" }}' in remark.reason
    with Registry.open() as other:
        assert imported(other, rows, {**ATTENDED, "split": {"Name": sign}}).remarks == ()
        assert [row.name for row in other.attendance()] == ["山田 太郎", "鈴木 花子"]


def test_on_site_and_remote_under_an_office_are_one_person_who_did_both(registry: Registry) -> None:
    rows = [{"Name": "Ana REZENDELLA", "Country": "BRA", "Mode": mode} for mode in ("on site", "remote")]
    each = {**ATTENDED, "office": "{Mode}"}
    assert imported(registry, rows, each).recorded == 2
    assert [row.format for row in registry.attendance()] == [Format.HYBRID]
    assert imported(registry, rows, each).already_standing == 2


def test_a_meeting_that_two_bodies_list_is_joint(registry: Registry) -> None:
    rows = [
        {"Meeting": "j1", "Body": "s", "No": "1"},
        {"Meeting": "j2", "Body": "s", "No": "2"},
        {"Meeting": "j2", "Body": "t", "No": "1"},
    ]
    each = {
        "event": "MeetingHeld", "meeting": "{Meeting}", "series": "{Body}", "ordinal": "{No}", "date": "2019-05-14",
    }  # fmt: skip
    report = imported(registry, rows, each)
    assert (report.recorded, report.in_conflict) == (3, 0)
    assert [(m.meeting, m.ordinal) for m in registry.meetings("t")] == [("j2", 1)]
    assert {series: str(count.total) for series, count in registry.counts().items()} == {"s": "3", "t": "1"}


def test_one_name_in_other_bytes_is_one_person(registry: Registry) -> None:
    spellings = ["TRỊNH Bảo Ngưng", "TRI\u0323NH Ba\u0309o Ngu\u031bng\u00a0", "TRỊNH\u00a0Bảo  Ngưng\u200b"]
    for spelling in spellings:
        imported(registry, [{"Name": spelling, "Country": "VNM"}], ATTENDED)
    imported(registry, [{"Name": "TRỊNH Bảo Ngừng", "Country": "VNM"}], ATTENDED)
    assert [row.name for row in registry.attendance()] == ["TRỊNH Bảo Ngưng", "TRỊNH Bảo Ngừng"]
    assert all(registry.delegate(spelling) for spelling in spellings)
