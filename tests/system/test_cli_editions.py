"""Editions, undoing and amendments on the command line: what changes is shown before and after."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dialogue_registry.cli.main import cli
from tests.paths import ROOT

DATA = ROOT / "examples" / "data"
FACTS = [
    {"event": "DialogueLaunched", "dialogue": "sound", "name": "Sound Dialogue", "launched": "2015"},
    {"event": "SeriesOpened", "series": "sound/fm", "dialogue": "sound", "name": "Foreign Ministers"},
    {
        "event": "MeetingHeld", "meeting": "sound/fm/1", "series": "sound/fm", "date": "2019-05-14/2019-05-15",
        "ordinal": 1, "place": "Turku", "country": "FIN", "title": "First Meeting",
    },
    {
        "event": "MeetingHeld", "meeting": "sound/fm/2", "series": "sound/fm", "date": "2020-03-01", "ordinal": 2,
        "place": "Malmö", "country": "SWE", "title": "Second Meeting",
    },
    {"event": "DelegateAttended", "meeting": "sound/fm/1", "name": "Aino KALLIOVAHTO", "party": "FIN", "role": "head"},
]  # fmt: skip


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), prog_name="dialogue-registry")


def position() -> int:
    return json.loads(run("history", "r.db", "sound/fm/1", "--json").output)[-1]["position"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "facts.jsonl").write_text("\n".join(map(json.dumps, FACTS)), "utf-8")
    monkeypatch.chdir(tmp_path)
    assert run("import", "r.db", "facts.jsonl").exit_code == 0
    return tmp_path


# --- what a correction changes ---------------------------------------------------------


@pytest.mark.usefixtures("folder")
def test_a_correction_names_the_fact_and_each_field_before_and_after() -> None:
    shown = run("correct", "r.db", "3", "--place", "Lund", "--clear", "country", "--because", "typo")
    assert shown.exit_code == 0
    assert "MeetingHeld sound/fm/1 (First Meeting), position 3:" in shown.output
    assert "  place: 'Turku' → 'Lund'" in shown.output
    assert "  country: 'FIN' → nothing" in shown.output


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "command",
    [
        ["correct", "r.db", "3", "--place", "Lund", "--because", "typo"],
        ["retract", "r.db", "5", "--because", "typo"],
        ["dispute", "r.db", "3", "--place", "Lund", "--source", "A diary"],
        ["undo", "r.db", "--import", "1", "--because", "typo"],
    ],
    ids=lambda command: command[0],
)
def test_tried_first_it_says_the_same_and_records_nothing(command: list[str]) -> None:
    before = position()
    tried = run(*command, "--dry-run")
    assert (tried.exit_code, position()) == (0, before)
    done = run(*command)
    changes = [line.removeprefix("would be ") for line in tried.output.splitlines() if _changes(line)]
    assert changes == [line for line in done.output.splitlines() if _changes(line)]
    assert "would be" in tried.output


def _changes(line: str) -> bool:
    return "→" in line or line.endswith("withdrawn")


@pytest.mark.usefixtures("folder")
def test_a_correction_that_changes_nothing_says_so() -> None:
    shown = run("correct", "r.db", "3", "--place", "Turku", "--because", "typo")
    assert (shown.exit_code, "there is nothing to change" in shown.output + shown.stderr) == (1, True)
    run("correct", "r.db", "3", "--place", "Lund", "--because", "typo")
    again = run("correct", "r.db", "3", "--place", "Lund", "--because", "typo")
    assert "there is nothing to change" in again.stderr or "nothing changes" in again.output


@pytest.mark.usefixtures("folder")
def test_retract_says_which_fact_and_for_a_correction_what_reads_again_as_before() -> None:
    assert (
        "DelegateAttended sound/fm/1 (Aino KALLIOVAHTO, FIN), position 5: withdrawn"
        in run("retract", "r.db", "5", "--because", "typo").output
    )
    run("correct", "r.db", "3", "--place", "Lund", "--because", "typo")
    assert "  place: 'Lund' → 'Turku'" in run("retract", "r.db", "7", "--because", "it was right").output
    run("correct", "r.db", "4", "--place", "Lund", "--because", "typo")
    assert "  place: 'Lund' → 'Malmö'" in run("undo", "r.db", "9", "--because", "it was right").output


@pytest.mark.usefixtures("folder")
def test_the_id_of_a_meeting_will_do_where_one_fact_can_be_meant() -> None:
    assert "place: 'Malmö' → 'Lund'" in run("correct", "r.db", "sound/fm/2", "--place", "Lund", "--because", "x").output
    assert "place: 'Turku' → 'Lund'" in run("correct", "r.db", "sound/fm/1", "--place", "Lund", "--because", "x").output
    refused = run("retract", "r.db", "sound/fm/1", "--because", "x")
    assert refused.exit_code == 2
    assert "2 facts about 'sound/fm/1' can be meant, so give a position" in refused.stderr
    withdrawn = run("retract", "r.db", "sound/fm/2", "--because", "x")
    assert "MeetingHeld sound/fm/2 (Second Meeting), position 4: withdrawn" in withdrawn.output


@pytest.mark.usefixtures("folder")
def test_json_has_before_and_after_as_whole_facts() -> None:
    (row,) = json.loads(run("correct", "r.db", "3", "--place", "Lund", "--because", "typo", "--json").output)
    assert (row["what"], row["of"], row["before"]["place"], row["after"]["place"]) == ("corrected", 3, "Turku", "Lund")
    assert row["before"]["event"] == row["after"]["event"] == "meeting.held"
    (row,) = json.loads(run("retract", "r.db", "5", "--because", "typo", "--json").output)
    assert (row["before"]["name"], row["after"]) == ("Aino KALLIOVAHTO", None)


@pytest.mark.usefixtures("folder")
def test_undo_asks_for_one_thing_that_is_there() -> None:
    assert "say what to undo" in run("undo", "r.db", "--because", "x").stderr
    assert "there is no import 7" in run("undo", "r.db", "--import", "7", "--because", "x").stderr
    assert "is a fact and amends nothing" in run("undo", "r.db", "3", "--because", "x").stderr


# --- editions ----------------------------------------------------------------------------


@pytest.fixture
def visits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert imported("1").exit_code == 0
    return tmp_path


def imported(edition: str, *more: str) -> Result:
    table, mapping = str(DATA / f"visits-{edition}.csv"), str(DATA / "visits.toml")
    return run("import", "v.db", table, "--mapping", mapping, *more)


def test_a_plan_is_written_edited_and_applied(visits: Path) -> None:
    planned = imported("2", "--refresh", "plan.toml", "--withdraw")
    assert planned.exit_code == 0
    assert "1. correct: changed, row 3: MeetingHeld hill/v/2: place: 'Malmo' → 'Malmö'" in planned.output
    plan = visits / "plan.toml"
    plan.write_text(plan.read_text("utf-8").replace('decision = "correct"', 'decision = "decide"', 1), "utf-8")
    refused = run("apply", "v.db", "plan.toml", "--because", "second edition")
    assert (refused.exit_code, "left to decide" in refused.stderr) == (1, True)
    plan.write_text(plan.read_text("utf-8").replace('"decide"', '"correct"'), "utf-8")
    assert "corrected              3" in run("apply", "v.db", "plan.toml", "--because", "second edition").output
    assert "done already           5" in run("apply", "v.db", "plan.toml", "--because", "second edition").output
    assert [row["facts"] for row in json.loads(run("imports", "v.db", "--json").output)] == [14, 0]


@pytest.mark.usefixtures("visits")
def test_a_plan_is_printed_and_nothing_is_made() -> None:
    printed = run(
        "import", "new.db", str(DATA / "visits-2.csv"), "--mapping", str(DATA / "visits.toml"), "--refresh", "-"
    )
    assert printed.exit_code == 0
    assert 'decision = "record"' in printed.output
    assert not Path("new.db").exists()


@pytest.mark.usefixtures("visits")
def test_what_is_at_odds_with_an_earlier_edition_says_how_to_go_on() -> None:
    refused = imported("2")
    assert refused.exit_code == 1
    assert "--refresh PLAN" in refused.output
    assert "--anyway" in refused.output


@pytest.mark.usefixtures("visits")
def test_options_that_do_not_go_together_are_refused() -> None:
    assert imported("2", "--withdraw").exit_code == 2
    assert imported("2", "--refresh", "p.toml", "--dry-run").exit_code == 2
    assert run("apply", "v.db", "absent.toml", "--because", "x").exit_code == 1
