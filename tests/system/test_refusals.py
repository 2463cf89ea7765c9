"""Every refusal on the command line is one line in the words of commands, and nothing is recorded or written."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dialogue_registry import Registry
from dialogue_registry.cli import cli
from dialogue_registry.cli.messages import PHRASES
from tests.paths import ROOT

PYTHON = re.compile(
    r"\b[a-z_]+\((?!see)|\b[a-z_]+=|datetime|Registry\b|registry\.|\bNone\b|\bTrue\b|\bstr\b|\.id\b|\{'|…\)|Traceback"
)
"""What only Python says: calls, keywords, classes of its library."""

RECORDING = """
record r.db CountStated --count 3 --as-of 2020
record r.db CountStated --count 3 --as-of 2020 --series ca-jad/fm --dialogue ca-jad
record r.db CountStated --count -1 --as-of 2020 --series ca-jad/fm
record r.db NameUsed --name X
record r.db NameUsed --name X --of ca-jad --party JPN
record r.db HeadcountStated --meeting ca-jad/fm/1 --count many
record r.db HeadcountStated --meeting ca-jad/fm/1 --count 3 --of dogs
record r.db DelegateAbsent --meeting ca-jad/fm/1 --party JPN --excused maybe
record r.db MeetingHeld --meeting x/1 --series ca-jad/fm --format video
record r.db MeetingHeld --meeting ca-jad/fm/2 --series ca-jad
record r.db MeetingHeld --meeting ca-jad/fm --series ca-jad/fm
record r.db MeetingHeld --meeting ca-jad/fm/2 --series ca-jad/fm --date 2000-01-01
record r.db MeetingCancelled --meeting ca-jad/fm/2
record r.db MeetingPostponed --meeting ca-jad/fm/99
record r.db MeetingShared --meeting ca-jad/fm/2 --series ca-jad/fm
record r.db MeetingAnnounced --meeting new/1 --series ca-jad/fm --date 2031
record r.db DelegateAttended --meeting ca-jad/som/14 --party JPN --name 'TOKUDA Shuichi' --office X
record r.db PartyJoined --dialogue ca-jad --party JPN --name X
record r.db PartyLeft --dialogue nope --party JPN
record r.db SeriesOpened --series ca-jad/fm --dialogue ca-jad --name Z
record r.db SeriesOpened --series ca-jad --dialogue ca-jad --name Z
record r.db SeriesOpened --series ca-jad/x --dialogue ca-jad --name Z --numbering odd
record r.db DialogueLaunched --dialogue x --name Z --launched 01.11.2025
record r.db SamePerson --party JPN --names A
record r.db SourceKept --source A --sha256 x --retrieved 2020
correct r.db 12 --because x
correct r.db 12 --because x --date x
correct r.db 12 --because x --topic x
correct r.db 12 --because '' --place X
correct r.db 12 --because x --clear series
correct r.db 12 --because x --meeting ca-jad/fm/3
correct r.db 1 --because x --dialogue other
retract r.db 1 --because x
retract r.db 12 --because ''
retract r.db nope --because x
dispute r.db 12 --place X
dispute r.db 12 --source A
dispute r.db 12 --source A --topic x
dispute r.db 999 --source A --place X
attach r.db missing --source 1
attach r.db examples --source 1
attach r.db notes.txt --source 99
attach r.db notes.txt --source 1 --retrieved x
"""
ASKING = """
counts r.db --as-of 2025-11
counts r.db --as-of 01.11.2025
counts r.db --as-of yesterday
counts r.db --as-of 2025-02-30
counts r.db --rule best
counts r.db --at 2026-11-27
counts r.db --at 999
counts r.db --at today
counts r.db --at ''
at 2026-11-27T00:00:00 counts r.db
at 999 history r.db ca-jad
reconcile r.db --as-of 2025/2026
anomalies r.db --today 99999-01-01
history r.db nope
meetings r.db --series nope
meetings r.db --format video
attendance r.db --party Nowhere
dialogues r.db --party Nowhere
search r.db x --limit 0
delegate r.db ' '
verify r.db --head 3
verify r.db --head 3:xyz
counts missing.db
counts notes.txt
counts examples
"""
WRITING = """
copy missing.db new.db
copy r.db nofolder/new.db
follow r.db new.db
init nofolder/new.db
init examples
init r.db --writer x
rebuild missing.db
export r.db new.foo
export r.db nofolder/new.ics
export r.db new --format zip
chart r.db new --series nope
chart r.db new --since x
chart r.db new --lang fr
chart r.db notes.txt
publish r.db notes.txt
publish r.db new --lang fr
publish r.db new --theme missing.css
publish r.db new --base-url x
import r.db missing.csv
import r.db notes.txt
import r.db notes.odd
import r.db r.db
import r.db r.db --format xlsx
import r.db examples
import r.db notes.txt --line '{name'
import r.db notes.txt --line '{name}'
import r.db notes.txt --mapping missing.toml
import r.db notes.txt --set x
mapping notes.txt
mapping missing.csv
"""
OBJECTS = [
    {},
    {"event": 3},
    {"event": "X"},
    {"event": "MeetingHeld"},
    {"event": "FactCorrected", "event_id": "x"},
    {"event": "MeetingHeld", "meeting": "a", "series": "b", "x": 1},
    {"event": "MeetingHeld", "meeting": {"a": 1}, "series": "ca-jad/fm"},
    {"event": "MeetingHeld", "meeting": ["a"], "series": "ca-jad/fm"},
    {"event": "MeetingHeld", "meeting": "a", "series": "ca-jad/fm", "date": 2020},
    {"event": "MeetingHeld", "meeting": "a", "series": "ca-jad/fm", "date": {"year": 2020}},
    {"event": "MeetingHeld", "meeting": "a", "series": "ca-jad/fm", "ordinal": 1.5},
    {"event": "MeetingHeld", "meeting": "a", "series": "ca-jad/fm", "title": 3},
    {"event": "MeetingHeld", "meeting": "a", "series": "ca-jad/fm", "source": 3},
    {"event": "MeetingHeld", "meeting": "a", "series": "ca-jad/fm", "source": {}},
    {"event": "MeetingHeld", "meeting": "a", "series": "ca-jad/fm", "source": {"url": "x"}},
    {"event": "MeetingHeld", "meeting": "a", "series": "ca-jad/fm", "source": {"title": 3}},
    {"event": "MeetingHeld", "meeting": "a", "series": "ca-jad/fm", "source": {"title": "x", "foo": 1}},
    {"event": "DelegateAbsent", "meeting": "ca-jad/fm/1", "party": "JPN", "excused": 3},
    {"event": "ActivityReported", "meeting": "ca-jad/fm/1", "title": "x", "organisers": [1]},
    {"event": "SamePerson", "party": "JPN", "names": "A"},
]


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner(env={"DIALOGUE_REGISTRY": None}).invoke(
        cli, list(arguments), prog_name="dialogue-registry", input=stdin
    )


@pytest.fixture(scope="module")
def template_file(tmp_path_factory) -> Path:
    path: Path = tmp_path_factory.mktemp("made") / "r.db"
    for table in ("meetings", "delegates"):
        data = ROOT / "examples" / "data" / table
        assert run("import", str(path), f"{data}.csv", "--mapping", f"{data}.toml").exit_code == 0
    announced = ["record", str(path), "MeetingAnnounced", "--meeting", "new/1", "--series", "ca-jad/fm"]
    assert run(*announced, "--date", "2030", "--source", "A").exit_code == 0
    return path


@pytest.fixture
def folder(template_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(template_file, tmp_path / "r.db")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for name in ("notes.txt", "notes.odd"):
        (tmp_path / name).write_text("one\ntwo\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def assert_is_refused(ran: Result, folder: Path) -> None:
    assert isinstance(ran.exception, SystemExit), ran.exception
    assert ran.exit_code in (1, 2), ran.output
    assert ran.stderr.startswith("Error: ")
    assert ran.stderr.count("\n") == 1
    unquoted = re.sub(r"'[^']*'|\"[^\"]*\"|--set dialogue=apt", "", ran.stderr)
    assert not PYTHON.search(unquoted), ran.stderr
    names = {path.name for path in folder.iterdir()}
    assert names - {"r.db-wal", "r.db-shm"} == {"r.db", "examples", "notes.txt", "notes.odd"}
    with Registry.open("r.db", read_only=True) as registry:
        assert registry.position == 112


@pytest.mark.parametrize("line", [line for group in (RECORDING, ASKING, WRITING) for line in group.strip().split("\n")])
def test_a_refusal_speaks_commands(folder: Path, line: str) -> None:
    assert_is_refused(run(*shlex.split(line)), folder)


@pytest.mark.parametrize("given", OBJECTS, ids=str)
def test_a_refusal_of_json_speaks_no_python_either(folder: Path, given: dict) -> None:
    assert_is_refused(run("record", "r.db", "-", stdin=json.dumps(given)), folder)


def test_a_list_of_lines_of_an_unknown_event_is_reported_row_by_row(folder: Path) -> None:
    ran = run("import", "r.db", "notes.txt", "--line", "{name}", "--event", "Nope")
    assert (ran.exit_code, "2 rows refused: there is no event 'Nope'" in ran.output) == (1, True)


def test_a_changed_plan_asks_for_the_day_by_its_option(folder: Path) -> None:
    file = ["record", "r.db"]
    plan = ["--meeting", "new/2", "--series", "ca-jad/fm", "--source", "A"]
    run(*file, "MeetingAnnounced", *plan, "--date", "2030")
    ran = run(*file, "MeetingAnnounced", *plan, "--date", "2031")
    assert "--on" in ran.stderr
    assert not PYTHON.search(ran.stderr)


def test_each_phrase_that_is_reworded_is_still_one_of_the_library() -> None:
    texts = "\n".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py") if path.name != "messages.py")
    joined = re.sub(r'"\s*\n\s*f?"', "", texts)
    assert [phrase for phrase in PHRASES if phrase not in joined] == []
