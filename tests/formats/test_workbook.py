"""A workbook shows what the registry has, runs nothing, and comes back as the facts that it was made of."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import given, settings

from dialogue_registry import (
    CountStated,
    DelegateAbsent,
    DelegateAttended,
    DialogueLaunched,
    ExchangeError,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    PartyJoined,
    Registry,
    SamePerson,
    SeriesOpened,
    Source,
    TopicDiscussed,
    export_file,
    import_table,
)
from dialogue_registry.cli import cli
from dialogue_registry.testing import histories, play
from tests.paths import ROOT

PAGE = Source(
    "A page", url="https://example.org/a#b", publisher="Somebody", published="2020-01", language="en", kind="list"
)

NO_DAYS = ("0001-01-01", "1900-02-28", "2019-01-01/2019-01-01", "2019-01", "[2019-01-01..2019-01-02]")


@pytest.fixture(scope="module")
def workbook(seed: Registry, tmp_path_factory) -> openpyxl.Workbook:
    path = tmp_path_factory.mktemp("made") / "seed.xlsx"
    assert export_file(seed, path) == ()
    return openpyxl.load_workbook(path)


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2018"),
            SeriesOpened(series="s", dialogue="d", name="S"),
            source=PAGE,
        )
        yield registry


def rows(workbook: openpyxl.Workbook, sheet: str) -> list[dict[str, object]]:
    head, *others = ([cell.value for cell in row] for row in workbook[sheet].iter_rows())
    return [dict(zip(head, row, strict=True)) for row in others]


# --- what it shows -----------------------------------------------------------------------


def test_every_sheet_has_a_head_that_stays_and_a_filter_over_all_rows(workbook: openpyxl.Workbook) -> None:
    assert workbook.sheetnames[:6] == ["meetings", "attendance", "delegates", "counts", "statements", "sources"]
    for sheet in workbook:
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref == sheet.dimensions


def test_meetings_have_real_dates_where_there_is_a_day(workbook: openpyxl.Workbook, seed: Registry) -> None:
    dates = {row["meeting"]: row["date"] for row in rows(workbook, "meetings")}
    assert len(dates) == len(seed.meetings())
    assert dates["ca-jad/som/14"] == datetime.fromisoformat("2021-06-16")
    assert dates["ca-jad/som/7"] == "2013-10"
    assert dates["ca-jad/som/4"] == "[2007-12-14..2011-11-30]"


def test_attendance_is_a_row_for_each_meeting_and_a_column_for_each_party(
    workbook: openpyxl.Workbook, seed: Registry
) -> None:
    found = {row["meeting"]: row for row in rows(workbook, "attendance")}
    attended = {(row.meeting, row.party) for row in seed.attendance()}
    assert {
        (meeting, party) for meeting, row in found.items() for party, value in row.items() if value == "present"
    } == attended


def test_counts_and_statements_are_those_of_the_registry(workbook: openpyxl.Workbook, seed: Registry) -> None:
    counts = {row["series"]: (row["certain"], row["possible"]) for row in rows(workbook, "counts")}
    for series, count in seed.counts().items():
        assert counts[series] == (count.total.certain, count.total.possible)
    stated = [(row["series"], row["count"], row["verdict"]) for row in rows(workbook, "statements")]
    assert stated == [(f.statement.series, f.statement.count, str(f.verdict)) for f in seed.reconcile()]


def test_sources_lead_to_their_pages(workbook: openpyxl.Workbook, seed: Registry) -> None:
    sheet = workbook["sources"]
    links = {link.target for row in sheet.iter_rows() for cell in row if (link := cell.hyperlink)}
    assert len(links) == len({s.url for s in seed.sources() if s.url})


def test_an_absent_party_says_so_and_one_on_no_list_says_nothing(registry: Registry, tmp_path: Path) -> None:
    registry.record(
        MeetingHeld(meeting="m", series="s", date="2019-01-01"),
        *(PartyJoined(dialogue="d", party=party, name=party) for party in ("date", "url", "C", "D")),
        DelegateAttended(meeting="m", party="date", name="A"),
        DelegateAbsent(meeting="m", party="date", name="B"),
        DelegateAbsent(meeting="m", party="url"),
        DelegateAbsent(meeting="m", party="C", excused=True),
    )
    export_file(registry, tmp_path / "r.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["attendance"]
    head, (row,) = [[c.value for c in line] for line in sheet.iter_rows(max_row=1)], list(sheet.iter_rows(min_row=2))
    assert head[0][:3] == ["meeting", "series", "date"]
    assert dict(zip(head[0][3:], [cell.value for cell in row][3:], strict=True)) == {
        "C": "excused", "date": "present", "url": "absent"
    }  # fmt: skip


# --- nothing runs ------------------------------------------------------------------------

HOSTILE = [
    "=1+1", '=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(A1)", "{=1}", "\tx", "0012", "1e5", "NA", "_x0041_",
    "a\x07b", "javascript:alert(1)", "file:///etc/passwd", "𝒳 東京", "TRUE", "2021-06-16", "x" * 300,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_stays_a_text_and_comes_back_as_it_was(registry: Registry, tmp_path: Path, text: str) -> None:
    registry.record(
        MeetingHeld(meeting="m", series="s", title=text, place=text),
        DelegateAttended(meeting="m", party=text, name=text, office=text),
        TopicDiscussed(meeting="m", topic=text),
        source=Source(text.strip(), url=text.strip(), publisher=text.strip()),
    )
    position = registry.position
    export_file(registry, tmp_path / "r.xlsx", mapping=tmp_path / "r.toml")
    for sheet in openpyxl.load_workbook(tmp_path / "r.xlsx"):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert cell.hyperlink is None or cell.hyperlink.target.startswith("http")
    report = import_table(registry, tmp_path / "r.xlsx", tmp_path / "r.toml")
    assert (report.recorded, report.problems, registry.position) == (0, (), position)


def test_dates_that_no_spreadsheet_has_stay_texts(registry: Registry, tmp_path: Path) -> None:
    days = ("1900-03-01", "9999-12-31")
    registry.record(*(MeetingHeld(meeting=f"m/{n}", series="s", date=day) for n, day in enumerate((*NO_DAYS, *days))))
    export_file(registry, tmp_path / "r.xlsx", mapping=tmp_path / "r.toml")
    dates = [row["date"] for row in rows(openpyxl.load_workbook(tmp_path / "r.xlsx"), "meetings")]
    assert dates == [*NO_DAYS, *map(datetime.fromisoformat, days)]
    assert import_table(registry, tmp_path / "r.xlsx", tmp_path / "r.toml").recorded == 0


def test_a_text_too_long_for_a_cell_is_cut_and_said_so(registry: Registry, tmp_path: Path) -> None:
    registry.record(DialogueLaunched(dialogue="e", name="x" * 40_000, launched="2019"))
    (line,) = export_file(registry, tmp_path / "r.xlsx")
    assert line == "the ends of texts longer than 32,767 characters (2)"


# --- there and back ----------------------------------------------------------------------


@pytest.mark.parametrize(("name", "table"), [("r.xlsx", "r.xlsx"), ("tables", "tables/facts.csv")])
def test_the_seed_comes_back_and_adds_nothing(seed: Registry, tmp_path: Path, name: str, table: str) -> None:
    position = seed.position
    export_file(seed, tmp_path / name, mapping=tmp_path / "m.toml")
    report = import_table(seed, tmp_path / table, tmp_path / "m.toml")
    assert (report.recorded, report.problems, seed.position) == (0, (), position)
    with Registry.open() as new:
        assert import_table(new, tmp_path / table, tmp_path / "m.toml").problems == ()
        assert new.counts() == seed.counts()
        assert [fact.event for fact in new.facts()] == [fact.event for fact in seed.facts()]
        assert [fact.source for fact in new.facts()] == [fact.source for fact in seed.facts()]


@given(histories(max_moves=10))
@settings(max_examples=6)
def test_any_history_comes_back_and_adds_nothing(tmp_path_factory, moves) -> None:
    folder = tmp_path_factory.mktemp("there")
    with Registry.open() as registry:
        play(registry, moves)
        position = registry.position
        export_file(registry, folder / "tables", mapping=folder / "m.toml")
        export_file(registry, folder / "r.xlsx", mapping=folder / "x.toml")
        for table, mapping in (("tables/facts.csv", "m.toml"), ("r.xlsx", "x.toml")):
            report = import_table(registry, folder / table, folder / mapping)
            assert report.recorded == 0, str(report)
            assert registry.position == position


def test_what_an_amendment_or_a_second_source_makes_comes_back_too(registry: Registry, tmp_path: Path) -> None:
    other = Source("Another page")
    registry.record(
        MeetingAnnounced(meeting="m", series="s", date="2020-05", on="2020-01-01"),
        MeetingPostponed(meeting="m", until="2020-09", on="2020-04-01"),
        MeetingCancelled(meeting="m", reason="Illness", on="2020-08-01"),
        MeetingHeld(meeting="n", series="s", date="2019-01-01", ordinal=3),
        DelegateAttended(meeting="n", party="A", name="X", format="in-person"),
        DelegateAttended(meeting="n", party="B"),
        DelegateAttended(meeting="n", party="C", office="Minister"),
        PartyJoined(dialogue="d", party="A", name="A", aliases=["one; two", "three"], standing="observer"),
        SamePerson(party="A", names=["X", "Y"]),
        CountStated(dialogue="d", count=4, as_of="2020"),
        source=PAGE,
    )
    registry.record(DelegateAttended(meeting="n", party="A", name="X", format="online"), source=other)
    registry.record(MeetingHeld(meeting="n", series="s", date="2019-01-01", ordinal=3), source=other)
    registry.record(TopicDiscussed(meeting="n", topic="Without a source"))
    [held] = [f for f in registry.facts(DelegateAttended) if f.event.party == "C"]
    registry.correct(held.id, DelegateAttended(meeting="n", party="C", office="First Minister"), reason="A slip")
    position = registry.position
    export_file(registry, tmp_path / "r.xlsx", mapping=tmp_path / "r.toml")
    report = import_table(registry, tmp_path / "r.xlsx", tmp_path / "r.toml")
    assert (report.recorded, report.problems, registry.position) == (0, (), position), str(report)
    with Registry.open() as new:
        report = import_table(new, tmp_path / "r.xlsx", tmp_path / "r.toml")
        assert report.problems == (), str(report)
        for question in ("meetings", "attendance", "statements", "topics"):
            assert [strip(row) for row in getattr(new, question)()] == [
                strip(row) for row in getattr(registry, question)()
            ]


def strip(row) -> str:
    return repr({name: getattr(row, name) for name in row.__slots__ if name not in ("event", "__weakref__")})


# --- how it is asked for -----------------------------------------------------------------


def test_the_same_registry_gives_the_same_bytes(seed: Registry, tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        export_file(seed, tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_mapping_is_refused_where_it_would_not_fit(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(ExchangeError, match="only xlsx and csv have a mapping, not ics"):
        export_file(registry, tmp_path / "r.ics", mapping=tmp_path / "m.toml")
    with pytest.raises(ExchangeError, match="apostrophes"):
        export_file(registry, tmp_path / "t", spreadsheet=True, mapping=tmp_path / "m.toml")
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_both_and_the_import_finds_nothing_new(seed: Registry, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Registry.open("r.db") as copy:
        copy.import_events(seed.export_events())
    runner = CliRunner()
    assert runner.invoke(cli, ["export", "r.db", "r.xlsx", "--mapping", "r.toml"]).exit_code == 0
    ran = runner.invoke(cli, ["import", "r.db", "r.xlsx", "--mapping", "r.toml"])
    assert ran.exit_code == 0, ran.output
    assert "recorded             0" in ran.output


def test_a_workbook_goes_to_standard_output_too(seed: Registry, tmp_path: Path) -> None:
    with Registry.open(tmp_path / "r.db") as copy:
        copy.import_events(seed.export_events())
    command = [sys.executable, "-m", "dialogue_registry", "export", str(tmp_path / "r.db"), "-", "--format", "xlsx"]
    ran = subprocess.run(command, capture_output=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT / "src")})
    assert ran.stdout.startswith(b"PK")
