"""The command line for eyes and hands: names, totals, words, filters, times, a variable for FILE, completion."""

import csv
import io
import json
import re
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dialogue_registry import Citation, Registry, Source
from dialogue_registry.cli import cli
from dialogue_registry.cli.main import at

FACTS = [
    {"event": "DialogueLaunched", "dialogue": "sound", "name": "Sound Dialogue", "launched": "2015"},
    {"event": "PartyJoined", "dialogue": "sound", "party": "FIN", "name": "Finland"},
    {"event": "SeriesOpened", "series": "sound/fm", "dialogue": "sound", "name": "Foreign Ministers"},
    {"event": "SeriesOpened", "series": "sound/som", "dialogue": "sound", "name": "Senior Officials"},
    {"event": "MeetingHeld", "meeting": "sound/fm/1", "series": "sound/fm", "date": "2019-05-14/2019-05-15",
     "ordinal": 1, "place": "Turku", "country": "FIN", "source": {"title": "A release", "url": "https://example.org"}},
    {"event": "MeetingHeld", "meeting": "sound/som/1", "series": "sound/som", "date": "2020-02-03", "ordinal": 1},
    {"event": "DelegateAttended", "meeting": "sound/fm/1", "name": "Aino KALLIOVAHTO", "party": "FIN", "role": "head"},
    {"event": "TopicDiscussed", "meeting": "sound/fm/1", "topic": "ice"},
    {"event": "ActivityReported", "meeting": "sound/som/1", "title": "A seminar"},
    {"event": "OutcomeAgreed", "meeting": "sound/fm/1", "title": "A statement"},
    {"event": "CountStated", "series": "sound/fm", "count": 1, "as_of": "2019-12-31", "source": "A release"},
    {"event": "DialogueLaunched", "dialogue": "kai", "name": "海峡対話", "launched": "2004"},
    {"event": "SeriesOpened", "series": "kai/som", "dialogue": "kai", "name": "高級実務者会合"},
    {"event": "MeetingHeld", "meeting": "kai/som/1", "series": "kai/som", "date": "2005-03-04", "title": "=2+5"},
]  # fmt: skip


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner(env={"DIALOGUE_REGISTRY": None, **environment}).invoke(
        cli, list(arguments), prog_name="dialogue-registry"
    )


def rows(*arguments: str) -> list[dict]:
    found: list[dict] = json.loads(run(*arguments, "--json").output)
    return found


@pytest.fixture(scope="module")
def template_file(tmp_path_factory) -> Path:
    folder: Path = tmp_path_factory.mktemp("made")
    (folder / "facts.jsonl").write_text("\n".join(map(json.dumps, FACTS)), "utf-8")
    assert run("import", str(folder / "r.db"), str(folder / "facts.jsonl"), "--source", "A table").exit_code == 0
    return folder / "r.db"


@pytest.fixture
def file(template_file: Path, tmp_path: Path, monkeypatch) -> str:
    shutil.copy(template_file, tmp_path / "r.db")
    monkeypatch.chdir(tmp_path)
    return "r.db"


# --- names, totals, words ------------------------------------------------------------


def test_counts_have_the_name_of_each_series_and_a_line_for_each_dialogue(file: str) -> None:
    lines = [re.split("  +", line) for line in run("counts", file).output.splitlines()]
    assert lines[0][:3] == ["series", "name", "total"]
    assert [line[:2] for line in lines[2:]] == [
        ["sound/fm", "Foreign Ministers"],
        ["sound/som", "Senior Officials"],
        ["sound", "Sound Dialogue, all series"],
        ["kai/som", "高級実務者会合"],
        ["kai", "海峡対話, all series"],
    ]
    totals = re.findall(r" (\d+) +\d+ +\d+ +\d+ +\d+", run("counts", file).output)
    assert totals == ["1", "1", "2", "1", "1"]
    assert [row["series"] for row in rows("counts", file)] == ["sound/fm", "sound/som", "kai/som"]


def test_a_total_adds_up_bounds(file: str) -> None:
    run("record", file, "MeetingHeld", "--meeting", "sound/fm/2", "--series", "sound/fm", "--date", "2020")
    found = run("counts", file, "--as-of", "2020-06-30", "--dialogue", "sound").output
    assert re.search(r"^sound +Sound Dialogue, all series +2–3 ", found, re.MULTILINE)


def test_reconcile_has_the_names_and_the_sources(file: str) -> None:
    heading, _, line = run("reconcile", file).output.splitlines()[:3]
    assert re.split("  +", heading) == [
        "as of", "series", "name", "stated", "recorded", "verdict", "rules", "own meeting",
        "meetings", "sources",
    ]  # fmt: skip
    assert "Foreign Ministers" in line
    assert line.endswith("A release")


def test_a_party_has_its_name_beside_it_for_people_and_not_for_programs(file: str) -> None:
    assert "FIN Finland" in run("attendance", file).output
    assert rows("attendance", file)[0]["party"] == "FIN"


def test_a_dispute_reads_as_what_it_claims(file: str) -> None:
    claim = ["--place", "Åbo", "--date", "2019-05-14", "--source", "A diary", "--because", "two accounts"]
    assert run("dispute", file, "5", *claim).exit_code == 0
    with Registry.open(file) as registry:
        head, disputed = registry.position, next(registry.events(after=4)).id
    for asked in (["history", file, "sound/fm/1"], ["at", str(head), "history", file, "sound/fm/1"]):
        shown = run(*asked).output
        assert (
            "meeting.held: date 2019-05-14, place Åbo instead of date 2019-05-14/2019-05-15, place Turku (position 5)"
            in shown
        )
        assert "A diary" in shown
        assert "two accounts" in shown
        assert not re.search(r"\{'|'data':|" + disputed, shown)
    step = rows("history", file, "sound/fm/1")[-1]
    assert (step["fact"]["event"], step["fact"]["event_id"]) == ("fact.disputed", disputed)
    assert step["fact"]["claim"].items() >= {"event": "meeting.held", "place": "Åbo", "date": "2019-05-14"}.items()


def test_a_dispute_of_a_field_that_is_empty_and_one_that_was_corrected_since_read_rightly(file: str) -> None:
    run("dispute", file, "5", "--title", "First", "--clear", "place", "--source", "A diary")
    run("correct", file, "5", "--place", "Helsinki", "--because", "misread")
    run("dispute", file, "5", "--place", "Oulu", "--source", "A letter")
    shown = run("history", file, "sound/fm/1").output
    assert "meeting.held: no place, title First instead of place Turku, no title (position 5)" in shown
    assert "meeting.held: place Oulu instead of place Helsinki (position 5)" in shown
    assert "place Helsinki" in shown


# --- questions and filters -----------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "column", "wanted"),
    [
        ("dialogues", "dialogue", ["sound", "kai"]),
        ("dialogues --party FIN", "dialogue", ["sound"]),
        ("series", "series", ["sound/fm", "sound/som", "kai/som"]),
        ("series --dialogue kai", "series", ["kai/som"]),
        ("meetings --dialogue sound", "meeting", ["sound/fm/1", "sound/som/1"]),
        ("meetings --meeting sound/som/1", "meeting", ["sound/som/1"]),
        ("attendance --dialogue sound", "name", ["Aino KALLIOVAHTO"]),
        ("attendance --series sound/som", "name", []),
        ("topics", "topic", ["ice"]),
        ("topics --dialogue kai", "topic", []),
        ("topics --meeting sound/fm/1", "topic", ["ice"]),
        ("activities --series sound/som", "title", ["A seminar"]),
        ("outcomes --series sound/fm", "title", ["A statement"]),
        ("statements --series sound/fm", "count", [1]),
        ("statements --dialogue kai", "count", []),
        ("sources", "title", ["A table", "A release", "A release"]),
        ("sources --meeting sound/som/1", "title", ["A table"]),
        ("sources --dialogue kai", "events", [3]),
        ("counts --series sound/fm", "series", ["sound/fm"]),
        ("counts --dialogue kai", "series", ["kai/som"]),
        ("reconcile --dialogue sound", "verdict", ["agrees"]),
        ("reconcile --series kai/som", "verdict", []),
        ("reconcile --as-of 2019-12-30", "verdict", []),
        ("reconcile --as-of today", "verdict", ["agrees"]),
        ("anomalies --series sound/fm", "kind", []),
        ("disputes", "reason", []),
        ("dialogues --dialogue kai", "dialogue", ["kai"]),
        ("dialogues --party Finland", "dialogue", ["sound"]),
        ("series --series sound/som", "series", ["sound/som"]),
        ("meetings --since 2006", "meeting", ["sound/fm/1", "sound/som/1"]),
        ("meetings --since 2019-05-15 --until 2019", "meeting", ["sound/fm/1"]),
        ("meetings --until 2019-05-13", "meeting", ["kai/som/1"]),
        ("meetings --since today", "meeting", []),
        ("attendance --party finland", "name", ["Aino KALLIOVAHTO"]),
        ("statements --reported-at sound/fm/1", "count", []),
        ("search ice", "subject", ["sound/fm/1"]),
        ("search a --kind activity", "subject", ["sound/som/1"]),
        ("search a --meeting sound/fm/1 --limit 1", "subject", ["sound/fm/1"]),
        ("search a --dialogue kai", "subject", []),
        ("history sound/fm/1 --what corrected", "position", []),
        ("history sound/fm/1 --what recorded", "position", [5, 7, 8, 10]),
        ("history", "position", []),
    ],
)
def test_what_is_asked_can_be_limited(file: str, asked: str, column: str, wanted: list) -> None:
    name, *options = asked.split()
    assert [row[column] for row in rows(name, file, *options)] == wanted


@pytest.mark.parametrize("name", ["counts", "meetings", "attendance", "topics", "sources", "anomalies", "disputes"])
def test_an_id_that_is_not_recorded_is_said(file: str, name: str) -> None:
    ran = run(name, file, "--dialogue", "nope")
    assert (ran.exit_code, ran.stderr) == (1, "Error: there is no dialogue 'nope': check its id\n")


def test_disputes_are_listed_in_words(file: str) -> None:
    run("dispute", file, "5", "--place", "Åbo", "--source", "A diary")
    line = run("disputes", file, "--series", "sound/fm").output.splitlines()[-1]
    assert "sound/fm/1  meeting.held: place Åbo  meeting.held: place Turku" in line
    assert run("disputes", file, "--series", "sound/som").output == "nothing\n"


@pytest.mark.parametrize("name", sorted(at.commands))
def test_every_question_takes_a_time(name: str) -> None:
    options = {option for parameter in at.commands[name].params for option in parameter.opts}
    assert "--at" in options
    assert cli.commands[name] is at.commands[name]


def test_today_is_a_day(file: str) -> None:
    today = datetime.now().astimezone().date().isoformat()
    assert run("counts", file, "--as-of", "today").output == run("counts", file, "--as-of", today).output


def test_a_time_is_given_before_a_question_or_as_its_option(file: str) -> None:
    with Registry.open(file) as registry:
        end = registry.position
    run("record", file, "MeetingHeld", "--meeting", "kai/som/2", "--series", "kai/som", "--date", "2006")
    with Registry.open(file) as registry:
        instant = next(registry.events(after=end - 1)).recorded_at.isoformat()
    for when in (str(end), instant):
        assert rows("meetings", file, "--at", when) == rows("at", when, "meetings", file)
        assert "kai/som/2" not in run("meetings", file, "--at", when).output
    assert "kai/som/2" in run("meetings", file).output
    ran = run("at", "6", "counts", file, "--at", "7")
    assert (ran.exit_code, "two times to ask about" in ran.stderr) == (2, True)
    assert run("export", file, "--at", "2").stdout_bytes.count(b"\n") == 2


# --- the shell -----------------------------------------------------------------------


def test_the_variable_names_the_file_where_it_is_left_out(file: str) -> None:
    wanted = run("history", file, "sound/fm/1").output
    assert run("history", "sound/fm/1", DIALOGUE_REGISTRY=file).output == wanted
    assert run("history", file, "sound/fm/1", DIALOGUE_REGISTRY="other.db").output == wanted
    assert (
        run("counts", "--series", "sound/fm", DIALOGUE_REGISTRY=file).output
        == run("counts", file, "--series", "sound/fm").output
    )
    assert run("at", "3", "counts", DIALOGUE_REGISTRY=file).output == run("counts", file, "--at", "3").output
    assert run("search", "finland", DIALOGUE_REGISTRY=file).output == run("search", file, "finland").output
    assert run("search", file, "finland", DIALOGUE_REGISTRY="other.db").output.startswith("subject")
    assert run("export", "out.jsonl", DIALOGUE_REGISTRY=file).exit_code == 0
    assert Path("out.jsonl").read_bytes() == run("export", DIALOGUE_REGISTRY=file).stdout_bytes
    assert run("export", "out.jsonl", DIALOGUE_REGISTRY=file).exit_code == 0
    assert (
        run("record", "TopicDiscussed", "--meeting", "sound/fm/1", "--topic", "x", DIALOGUE_REGISTRY=file).exit_code
        == 0
    )
    assert run("init", "new.db", DIALOGUE_REGISTRY=file).output == "new.db: a new registry\n"
    missing = run("counts")
    assert (missing.exit_code, "Missing argument 'FILE'" in missing.stderr) == (2, True)
    wrong = run("counts", "missing.db", DIALOGUE_REGISTRY=file)
    assert "there is no registry missing.db" in wrong.stderr


@pytest.mark.parametrize("arguments", [(), ("counts",), ("at",), ("at", "3", "counts")])
def test_h_is_help(arguments: tuple[str, ...]) -> None:
    assert run(*arguments, "-h").output == run(*arguments, "--help").output != ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_completes_commands_options_and_paths(shell: str) -> None:
    if shutil.which("bash") is None:
        pytest.skip("click asks bash for its version")

    def completed(line: str) -> str:
        words = line.split(" ")
        place = {"COMP_WORDS": line, "COMP_CWORD": words[-1] if shell == "fish" else str(len(words) - 1)}
        ran = run(_DIALOGUE_REGISTRY_COMPLETE=f"{shell}_complete", **place)
        assert ran.stderr == ""
        return ran.stdout

    assert "counts" in completed("dialogue-registry co")
    assert "file" in completed("dialogue-registry counts r")
    assert "--rule" in completed("dialogue-registry counts r.db --r")
    assert "numbered" in completed("dialogue-registry counts r.db --rule n")
    assert "file" in completed("dialogue-registry import r.db t")
    assert "_DIALOGUE_REGISTRY_COMPLETE" in run(_DIALOGUE_REGISTRY_COMPLETE=f"{shell}_source").stdout


# --- spreadsheets --------------------------------------------------------------------


def test_a_spreadsheet_gets_its_mark_and_no_cell_that_runs(file: str) -> None:
    for name in ("=2+5", "-4+1", "Сауле ЖАНАБЕКТАС", "NULL", "\r\n@x", "a\rb"):
        fact_as_json = {
            "event": "DelegateAttended",
            "meeting": "sound/fm/1",
            "party": "KAZ",
            "name": name,
            "office": "+1 555",
        }
        assert CliRunner().invoke(cli, ["record", file, "-"], input=json.dumps(fact_as_json)).exit_code == 0
    plain = run("attendance", file, "--csv").stdout_bytes
    names = [row["name"] for row in csv.DictReader(io.StringIO(plain.decode(), newline=""))]
    assert names == ["Aino KALLIOVAHTO", "=2+5", "-4+1", "Сауле ЖАНАБЕКТАС", "NULL", "\r\n@x", "a\rb"]
    for asked in (["--spreadsheet"], ["--csv", "--spreadsheet"], ["--spreadsheet", "--csv"]):
        output = run("attendance", file, *asked).stdout_bytes
        assert output.startswith(b"\xef\xbb\xbf")
        table = list(csv.DictReader(io.StringIO(output.decode("utf-8-sig"), newline="")))
        assert [row["name"] for row in table] == [
            "Aino KALLIOVAHTO", "'=2+5", "'-4+1", "Сауле ЖАНАБЕКТАС", "NULL", "'\r\n@x", "a\rb",
        ]  # fmt: skip
        assert table[1]["office"] == "'+1 555"
        assert table[1]["event"] == "15"
    assert run("attendance", file, "--spreadsheet", "--json").exit_code == 2


def test_a_spreadsheet_gets_the_exported_tables_too(file: str) -> None:
    assert run("export", file, "plain").exit_code == run("export", file, "sheets", "--spreadsheet").exit_code == 0
    for table in Path("plain").glob("*.csv"):
        sheet = Path("sheets", table.name).read_bytes()
        assert sheet.startswith(b"\xef\xbb\xbf")
        assert not table.read_bytes().startswith(b"\xef\xbb\xbf")
        assert sheet[3:].replace(b"'=2+5", b"=2+5") == table.read_bytes()
    assert b"'=2+5" in Path("sheets/meetings.csv").read_bytes()
    ran = run("export", file, "a.ics", "--spreadsheet")
    assert (ran.exit_code, "only the format csv" in ran.stderr) == (1, True)


# --- copies of sources ---------------------------------------------------------------


def test_a_copy_of_a_source_is_kept_and_compared(file: str) -> None:
    Path("release.txt").write_text("One meeting was held.\n", "utf-8")
    kept = run("attach", file, "release.txt", "--source", "1", "--retrieved", "2020-01-02")
    assert (kept.exit_code, "\nkept " in kept.output) == (0, True)
    again = run("attach", file, "release.txt", "--source", "A table", "--json")
    assert [row["what"] for row in json.loads(again.output)] == ["already kept"]
    assert [row["state"] for row in rows("sources", file, "--check")] == ["unchanged"]
    assert [row["state"] for row in rows("sources", file, "--check", "--dialogue", "sound")] == ["unchanged"]
    assert "A release" not in run("sources", file, "--check").output
    (copy,) = Path("r.db.sources").iterdir()
    copy.unlink()
    gone = run("sources", file, "--check")
    assert (gone.exit_code, "gone" in gone.output) == (1, True)
    assert run("sources", file, "--check", "--at", "3").output == "nothing\n"
    for named, words in (("A release", "2 sources are called"), ("9", "no source has the number or title '9'")):
        refused = run("attach", file, "release.txt", "--source", named)
        assert (refused.exit_code, words in refused.stderr) == (2, True)


def test_a_kept_source_can_be_recorded_by_hand_too(file: str) -> None:
    digest = "0" * 64
    given = ["--sha256", digest, "--retrieved", "2020", "--archived", "https://archive.example.org/1"]
    assert run("record", file, "SourceKept", "--source", "A book", *given).exit_code == 0
    fact = {"event": "SourceKept", "source": {"title": "A book"}, "sha256": digest, "retrieved": "2021"}
    assert CliRunner().invoke(cli, ["record", file, "-"], input=json.dumps(fact)).exit_code == 0
    assert [row["state"] for row in rows("sources", file, "--check")] == ["elsewhere", "gone"]


def test_a_joint_meeting_counts_one_time_in_the_total_of_its_dialogue(file: str) -> None:
    run("record", file, "MeetingShared", "--meeting", "sound/fm/1", "--series", "sound/som", "--ordinal", "2")
    totals = dict(re.findall(r"^(\S+) .*?  (\d+) ", run("counts", file).output, re.MULTILINE))
    assert totals == {"sound/fm": "1", "sound/som": "2", "sound": "2", "kai/som": "1", "kai": "1"}


def test_history_reads_as_what_was_changed_and_withdrawn(file: str) -> None:
    run("correct", file, "5", "--place", "Helsinki", "--title", "First", "--clear", "ordinal", "--because", "misread")
    run("retract", file, "15", "--because", "it was right")
    run("retract", file, "7", "--because", "somebody else")
    with Registry.open(file) as registry:
        registry.cite(registry.event(5).id, Citation(locator="p. 3"), source=Source("A book"))
    table = run("history", file, "sound/fm/1").output
    assert "meeting.held, ordinal: 1 → nothing, place: 'Turku' → 'Helsinki', title: nothing → 'First'" in table
    assert "meeting.held, ordinal: nothing → 1, place: 'Helsinki' → 'Turku', title: 'First' → nothing" in table
    assert len(re.findall(r"retracted +delegate.attended: name Aino KALLIOVAHTO, party FIN, role head", table)) == 1
    assert re.search(r"cited +position 5 ", table)
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", table)
