"""The command line: every example of every --help runs, every option is documented, exit codes mean something."""

import csv
import io
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import suppress
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from dialogue_registry import Registry
from dialogue_registry.cli import cli
from dialogue_registry.cli.main import at
from dialogue_registry.cli.options import field_option
from dialogue_registry.model.standard_kinds import STANDARD_KINDS
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "reference" / "cli.md").read_text("utf-8")
QUESTIONS = [
    name for name, command in at.commands.items() if {"json", "csv"} <= {p.opts[0][2:] for p in command.params}
]
ARGUMENTS = {
    "delegate": ["Toshihiro AIKI"], "explain": ["ca-jad/som", "--count", "14"], "history": ["ca-jad/som/14"],
    "evidence": ["ca-jad/som/14"], "search": ["minister"],
}  # fmt: skip


def leaves(group: click.Group, path: tuple[str, ...] = ()):
    for name, command in group.commands.items():
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))


COMMANDS = [((), cli), *leaves(cli)]


def example_of(command: click.Command) -> str:
    return unfolded((command.epilog or "").partition("\b\n")[2]).strip()


def unfolded(text: str) -> str:
    """Return a text without the marks with which a long command goes on in the next line."""
    return re.sub(r" *\\\n +", " ", text)


def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(cli, list(arguments), prog_name="dialogue-registry", input=stdin)


@pytest.fixture(scope="session")
def template_file(tmp_path_factory) -> Path:
    path: Path = tmp_path_factory.mktemp("made") / "ca-jad.db"
    for table in ("meetings", "delegates"):
        data = ROOT / "examples" / "data" / table
        assert run("import", str(path), f"{data}.csv", "--mapping", f"{data}.toml").exit_code == 0
    return path


@pytest.fixture
def desk(template_file: Path, tmp_path: Path, monkeypatch) -> Path:
    """A folder with a registry and the example data, in which commands are run."""
    shutil.copy(template_file, tmp_path / "ca-jad.db")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- what --help says ----------------------------------------------------------------


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[" ".join(path) for path, _ in COMMANDS])
def test_every_help_ends_in_an_example_that_runs(
    desk: Path, path: tuple[str, ...], command: click.Command, request: pytest.FixtureRequest
) -> None:
    shown = run(
        *(part if part != "at" else "at" for part in path[:1]),
        *(["41"] if path[:1] == ("at",) else []),
        *path[1:],
        "--help",
    )
    assert shown.exit_code == 0
    example = example_of(command)
    assert example
    assert example in unfolded(shown.output)
    program, *arguments = shlex.split(example)
    assert program == "dialogue-registry"
    for number, argument in enumerate(arguments):
        if argument.startswith("postgresql://"):
            arguments[number] = request.getfixturevalue("server").new_log()
    ran = run(*arguments)
    assert ran.exit_code == 0, ran.output


def section(name: str) -> str:
    found = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert found, f"docs/reference/cli.md has no heading '## {name}': describe the command there"
    return unfolded(found[1])


@pytest.mark.parametrize("name", cli.commands)
def test_every_command_and_option_is_documented(name: str) -> None:
    command = cli.commands[name]
    text = section(name)
    for shared in ("options of every question", "options of the fields", "options of the source"):
        if f"[{shared}]" in text:
            text += section(shared.capitalize())
    options = {o.opts[0]: o for o in command.params if isinstance(o, click.Option)}
    assert [option for option in options if f"`{option}`" not in text] == []
    documented = re.findall(r"^\| `(--[a-z-]+)` \|", text, re.MULTILINE)
    assert [option for option in documented if option not in options] == [], "documented, and not there"
    assert example_of(command) in text
    for option in options.values():
        assert option.help, f"{option.opts[0]} says nothing in --help"


def test_no_command_is_documented_that_is_not_there() -> None:
    headings = re.findall(r"^## ([a-z]+)$", PAGE, re.MULTILINE)
    assert sorted(headings) == sorted(cli.commands)


def test_every_field_of_every_event_is_an_option_of_record() -> None:
    options = {text for option in cli.commands["record"].params for text in option.opts}
    assert {field_option(field) for kind in STANDARD_KINDS for field in kind.shapes if field != "source"} <= options


# --- answers -------------------------------------------------------------------------


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("when", [[], ["at", "60"]])
def test_the_same_rows_come_as_json_as_lines_and_as_csv(desk: Path, name: str, when: list[str]) -> None:
    asked = [*when, name, "ca-jad.db", *ARGUMENTS.get(name, [])]
    people, array, lines, table = (run(*asked, *option) for option in ([], ["--json"], ["--nl"], ["--csv"]))
    rows = json.loads(array.output)
    assert [json.loads(line) for line in lines.output.splitlines()] == rows
    assert len(list(csv.reader(io.StringIO(table.output)))) - 1 == len(rows)
    assert {r.exit_code for r in (people, array, lines, table)} == {0}
    assert {r.stderr for r in (people, array, lines, table)} == {""}
    assert "\x1b" not in people.output


def test_counts_are_those_of_the_registry(desk: Path) -> None:
    answer = {
        row["series"]: row for row in json.loads(run("counts", "ca-jad.db", "--as-of", "2009-12-31", "--json").output)
    }
    with Registry.open("ca-jad.db") as registry:
        for series, count in registry.counts("2009-12-31").items():
            assert answer[series]["total"] == {"certain": count.total.certain, "possible": count.total.possible}
            assert answer[series]["highest_ordinal"] == count.highest_ordinal


def test_csv_gives_each_number_a_column(desk: Path) -> None:
    (row, *_) = csv.DictReader(io.StringIO(run("counts", "ca-jad.db", "--csv").output))
    assert (row["series"], row["total_certain"], row["by_format_online_certain"]) == ("ca-jad/fm", "8", "1")
    assert (row["carried_certain"], row["carried_possible"], "carried" in row) == ("", "", False)


def test_at_asks_as_it_was_known_then(desk: Path) -> None:
    with Registry.open("ca-jad.db") as registry:
        position = registry.position
        instant = next(registry.events(after=position - 1)).recorded_at.isoformat()
        wanted = {series: count.total.certain for series, count in registry.counts().items()}
    assert (
        run("record", "ca-jad.db", "MeetingHeld", "--meeting", "ca-jad/som/15", "--series", "ca-jad/som").exit_code == 0
    )
    for when, more in ((str(position), 0), (instant, 0), (str(position + 1), 1)):
        rows = json.loads(run("at", when, "counts", "ca-jad.db", "--json").output)
        counts = {row["series"]: row["total"]["certain"] for row in rows}
        assert counts == {**wanted, "ca-jad/som": wanted["ca-jad/som"] + more}


def test_reconcile_can_be_asked_to_fail(desk: Path) -> None:
    assert run("reconcile", "ca-jad.db", "--check").exit_code == 0
    run("record", "ca-jad.db", "CountStated", "--series", "ca-jad/fm", "--count", "99", "--as-of", "2021-06-16")
    assert run("reconcile", "ca-jad.db").exit_code == 0
    assert run("reconcile", "ca-jad.db", "--check").exit_code == 1


def test_reconcile_has_the_same_columns_whatever_was_stated(desk: Path) -> None:
    def columns() -> list[str]:
        return next(csv.reader(io.StringIO(run("reconcile", "ca-jad.db", "--csv").output)))

    before = columns()
    stated = ["--series", "ca-jad/fm", "--count", "2", "--as-of", "2006-06-05", "--reported-at", "ca-jad/fm/2"]
    assert run("record", "ca-jad.db", "CountStated", *stated).exit_code == 0
    assert columns() == before
    assert "by_rule" in before


def test_at_understands_the_instants_that_history_prints(desk: Path) -> None:
    run("record", "ca-jad.db", "TopicDiscussed", "--meeting", "ca-jad/som/14", "--topic", "water")
    last = run("history", "ca-jad.db", "ca-jad/som/14").output.splitlines()[-1].split()
    assert last[0] == "112"
    assert "water" in run("at", last[1], "history", "ca-jad.db", "ca-jad/som/14").output


def test_what_would_steer_a_terminal_is_spelled_out(desk: Path) -> None:
    event_as_json = {"event": "TopicDiscussed", "meeting": "ca-jad/som/14", "topic": "\x1b[31mred\x07"}
    assert run("record", "ca-jad.db", "-", stdin=json.dumps(event_as_json)).exit_code == 0
    shown = run("history", "ca-jad.db", "ca-jad/som/14").output
    assert "topic \\x1b[31mred\\x07" in shown
    assert "\x1b" not in shown
    assert run("retract", "ca-jad.db", "\x1b[2J", "--because", "x").stderr.count("\x1b") == 0


def test_a_table_of_nothing_says_so(desk: Path) -> None:
    assert run("attendance", "ca-jad.db", "--name", "Nobody").output == "nothing\n"
    assert run("attendance", "ca-jad.db", "--name", "Nobody", "--json").output == "[]\n"
    assert run("attendance", "ca-jad.db", "--name", "Nobody", "--nl").output == ""


# --- recording -----------------------------------------------------------------------


def test_one_event_is_recorded_from_options_and_twice_is_once(desk: Path) -> None:
    arguments = ["record", "ca-jad.db", "TopicDiscussed", "--meeting", "ca-jad/som/14", "--topic", "water", "--json"]
    arguments += ["--source", "A release", "--source-url", "https://example.org", "--source-published", "2021-06"]
    first, second = (json.loads(run(*arguments, "--by", "me").output)[0] for _ in "12")
    assert (first["what"], second["what"]) == ("recorded", "already standing")
    assert first["id"] == second["id"]
    with Registry.open("ca-jad.db") as registry:
        (topic,) = registry.topics()
        assert (topic.topic, str(topic.sources[0].published)) == ("water", "2021-06")
        assert next(registry.events(after=first["position"] - 1)).by == "me"


@pytest.mark.parametrize("event", ["OutcomeAgreed", "outcomeagreed", "outcome.agreed"])
def test_one_event_is_recorded_from_json_on_standard_input(desk: Path, event: str) -> None:
    event_as_json = {"event": event, "meeting": "ca-jad/som/14", "title": "Plan", "source": {"title": "A release"}}
    for option, why in (("--title", "leave --title out"), ("--source", "leave --source out")):
        ran = run("record", "ca-jad.db", "-", option, "x", stdin=json.dumps(event_as_json))
        assert ran.exit_code == 2
        assert why in ran.stderr
    assert run("record", "ca-jad.db", "-", stdin=f"\ufeff{json.dumps(event_as_json)}".encode()).exit_code == 0
    with Registry.open("ca-jad.db") as registry:
        assert [(o.title, o.sources[0].title) for o in registry.outcomes()] == [("Plan", "A release")]


@pytest.mark.parametrize("by", ["position", "id"])
def test_an_event_is_corrected_disputed_and_retracted_by_its_position_or_id(desk: Path, by: str) -> None:
    def named(position: int) -> str:
        with Registry.open("ca-jad.db") as registry:
            event = next(registry.events(after=position - 1))
        return str(event.position) if by == "position" else event.id

    def meeting():
        with Registry.open("ca-jad.db") as registry:
            return registry.meetings(meeting="ca-jad/fm/2")[0]

    assert run("correct", "ca-jad.db", named(12), "--place", "Kyoto", "--because", "misread").exit_code == 0
    assert (meeting().place, meeting().title) == ("Kyoto", "Second Foreign Ministers' Meeting")
    assert run("correct", "ca-jad.db", named(12), "--clear", "title", "--because", "not printed").exit_code == 0
    assert (meeting().place, meeting().title) == ("Kyoto", "")
    assert run("dispute", "ca-jad.db", named(12), "--place", "Osaka", "--source", "A diary").exit_code == 0
    with Registry.open("ca-jad.db") as registry:
        (dispute,) = registry.disputes()
        last = registry.position

    assert (dispute.claim.place, dispute.standing.place) == ("Osaka", "Kyoto")
    assert run("retract", "ca-jad.db", named(last - 1), "--because", "it was right").exit_code == 0
    assert (meeting().place, meeting().title) == ("Kyoto", "Second Foreign Ministers' Meeting")
    assert run("retract", "ca-jad.db", named(111), "--because", "x").exit_code == 0
    with Registry.open("ca-jad.db") as registry:
        assert len(registry.attendance("ca-jad/som/14")) == 5


def test_init_makes_a_registry_and_leaves_one_as_it_is(desk: Path) -> None:
    assert run("init", "new.db").output == "new.db: a new registry\n"
    assert run("init", "ca-jad.db").output == "ca-jad.db: a registry at position 111\n"


# --- import and export ---------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "jsonl", "json", "toml"])
def test_rows_come_from_standard_input_too(desk: Path, kind: str) -> None:
    row = {"event": "TopicDiscussed", "meeting": "ca-jad/som/14", "topic": "water"}
    written = {
        "csv": "event,meeting,topic\nTopicDiscussed,ca-jad/som/14,water\n",
        "jsonl": json.dumps(row) + "\n",
        "json": json.dumps([row]),
        "toml": "[[rows]]\n" + "".join(f'{key} = "{value}"\n' for key, value in row.items()),
    }
    ran = run("import", "ca-jad.db", "-", "--format", kind, stdin=written[kind])
    assert ran.exit_code == 0, ran.output
    with Registry.open("ca-jad.db") as registry:
        assert [topic.topic for topic in registry.topics()] == ["water"]
        assert [source.title for source in registry.topics()[0].sources] == ["standard input"]


def test_a_file_of_another_ending_keeps_its_name_as_evidence_and_in_errors(desk: Path) -> None:
    Path("rows.dat").write_text("event,meeting,topic\nTopicDiscussed,ca-jad/som/14,water\n", "utf-8")
    assert run("import", "ca-jad.db", "rows.dat", "--format", "csv").exit_code == 0
    with Registry.open("ca-jad.db") as registry:
        assert [source.title for source in registry.topics()[0].sources] == ["rows.dat"]
    assert "Error: rows.dat is no JSON" in run("import", "ca-jad.db", "rows.dat", "--format", "json").stderr


def test_a_row_with_a_problem_makes_exit_code_1_and_the_others_are_recorded(desk: Path) -> None:
    mapping = ["--mapping", "examples/data/delegates.toml"]
    ran = run("import", "ca-jad.db", "examples/data/delegates-with-mistakes.csv", *mapping, "--json")
    assert ran.exit_code == 1
    report = json.loads(ran.output)
    problems = [(2, "in conflict"), (3, "unresolved"), (4, "refused")]
    assert [(row["row"], row["outcome"]) for row in report["of_rows"]] == problems
    assert (report["rows"], report["recorded"], report["refused"], report["dry_run"]) == (3, 0, 1, False)
    assert report["unknown"] == {"Ruritania": 1}
    table = run("import", "ca-jad.db", "examples/data/delegates-with-mistakes.csv", *mapping, "--csv")
    assert [(int(row["row"]), row["outcome"]) for row in csv.DictReader(io.StringIO(table.stdout))] == problems
    assert "rows read            3" in table.stderr
    strict = run("import", "ca-jad.db", "examples/data/delegates-with-mistakes.csv", *mapping, "--strict")
    assert strict.exit_code == 1
    assert strict.stderr.startswith("Error: row 2 is in conflict")
    assert "\nrow 4: refused: " in strict.stdout


def test_a_dry_run_makes_no_file(desk: Path) -> None:
    arguments = ["examples/data/meetings.csv", "--mapping", "examples/data/meetings.toml", "--dry-run"]
    ran = run("import", "new.db", *arguments)
    assert ran.exit_code == 0
    assert "\nrecorded                      34\n" in ran.output
    assert not Path("new.db").exists()


def test_a_dry_run_of_an_export_takes_nothing_in(desk: Path) -> None:
    run("export", "ca-jad.db", "backup.jsonl")
    run("init", "empty.db")
    for file in ("new.db", "empty.db"):
        ran = run("import", file, "backup.jsonl", "--dry-run")
        assert ran.exit_code == 0
        assert ran.stderr.startswith("111 events would be imported, the log would end at 111:")
    assert not Path("new.db").exists()
    assert "at position 0" in run("init", "empty.db").output
    (report,) = json.loads(run("import", "empty.db", "backup.jsonl", "--json").output)
    assert (report["events"], report["position"], report["dry_run"]) == (111, 111, False)


@pytest.mark.parametrize("option", ["--strict", "--by me", "--source x", "--mapping examples/data/meetings.toml"])
def test_what_means_nothing_to_an_export_is_refused(desk: Path, option: str) -> None:
    run("export", "ca-jad.db", "backup.jsonl")
    ran = run("import", "new.db", "backup.jsonl", "--format", "events", *option.split())
    assert ran.exit_code == 2
    assert f"leave {option.split(maxsplit=1)[0]} out" in ran.stderr
    assert not Path("new.db").exists()


@pytest.mark.parametrize(
    "rows",
    [
        "examples/data/delegates-with-mistakes.csv --mapping examples/data/delegates.toml --strict",
        "examples/data/delegates.csv --mapping examples/data/meetings.toml",
        "examples/data/meetings.csv --mapping bad.toml",
        "examples/data/meetings.toml --format events",
        "examples/data/meetings.csv --format toml",
    ],
)
def test_an_import_that_fails_makes_no_file_and_records_nothing(desk: Path, rows: str) -> None:
    Path("bad.toml").write_text("[file]\ndelimiter = ';;'\n[[each]]\nevent = 'TopicDiscussed'\n", "utf-8")
    for file in ("new.db", "ca-jad.db"):
        assert run("import", file, *rows.split()).exit_code == 1
    assert not list(desk.glob("new.db*"))
    with Registry.open("ca-jad.db") as registry:
        assert registry.position == 111


def test_the_backup_goes_through_pipes_byte_for_byte(desk: Path) -> None:
    written = run("export", "ca-jad.db").stdout_bytes
    run("export", "ca-jad.db", "backup.jsonl")
    assert Path("backup.jsonl").read_bytes() == written
    assert run("import", "copy.db", "-", "--format", "events", stdin=written).exit_code == 0
    assert run("import", "copy2.db", "backup.jsonl").exit_code == 0
    assert run("export", "copy.db").stdout_bytes == run("export", "copy2.db", "-").stdout_bytes == written


def test_what_was_left_out_is_said_on_standard_error(desk: Path) -> None:
    ran = run("export", "ca-jad.db", "-", "--format", "ics")
    assert ran.stdout.startswith("BEGIN:VCALENDAR")
    assert "left out: ca-jad/som/7: 2013-10 is no known day" in ran.stderr


# --- upkeep and exit codes -----------------------------------------------------------


def test_verify_prints_the_head_and_takes_it_back(desk: Path) -> None:
    head = run("verify", "ca-jad.db").output.strip()
    assert run("verify", "ca-jad.db", "--head", head).output.strip() == head
    assert run("verify", "ca-jad.db", "--head", f"112:{head.partition(':')[2]}").exit_code == 1
    with Registry.open("ca-jad.db") as registry:
        registry.rebuild()
    assert json.loads(run("verify", "ca-jad.db", "--json").output)[0]["position"] == 111


def test_verify_fails_on_a_log_that_was_changed(desk: Path) -> None:
    with sqlite3.connect("ca-jad.db") as connection:
        connection.execute("DROP TRIGGER events_keep_values")
        connection.execute("UPDATE events SET by = 'somebody else' WHERE position = 20")
    connection.close()
    ran = run("verify", "ca-jad.db")
    assert ran.exit_code == 1
    assert ran.stderr.startswith("Error: ")


@pytest.mark.parametrize(
    ("code", "command", "words"),
    [
        (1, "counts missing.db", "there is no registry missing.db"),
        (1, "counts examples/data/meetings.csv", "is no registry"),
        (1, "record ca-jad.db TopicDiscussed --meeting nowhere --topic x", "'nowhere' is not recorded"),
        (1, "retract ca-jad.db 1 --because x", "facts rest on it"),
        (1, "record ca-jad.db MeetingHeld --meeting ca-jad/fm/2 --series ca-jad/fm --place Oslo", "correct FILE 12"),
        (1, "export ca-jad.db a.xyz", "no format to export to"),
        (1, "import missing.db missing.csv", "there is no file missing.csv"),
        (1, "import missing.db . --format csv", ". cannot be read"),
        (1, "import missing.db examples/data/meetings.csv --mapping missing.toml", "cannot be read"),
        (1, "import new.db examples/data/delegates.toml --format events", "no JSON"),
        (2, "frobnicate ca-jad.db", "No such command"),
        (2, "counts", "Missing argument"),
        (2, "counts ca-jad.db --as-of 2009", "not one full day"),
        (2, "counts ca-jad.db --rule best", "is not one of"),
        (2, "record ca-jad.db Frobnicated", "there is no event 'Frobnicated'"),
        (2, "record ca-jad.db MeetingHeld --meeting X --series y", "is no id"),
        (2, "record ca-jad.db MeetingHeld --series y", "needs 'meeting'"),
        (2, "record ca-jad.db MeetingHeld --meeting a --series y --topic x", "has no field 'topic'"),
        (2, "record ca-jad.db MeetingHeld --meeting a --series y --ordinal x", "no whole number"),
        (2, "record ca-jad.db TopicDiscussed --meeting a --topic x --source-url y", "no title: give --source"),
        (2, "record ca-jad.db - ", "no JSON"),
        (2, "correct ca-jad.db 999 --because x", "no event at position 999"),
        (2, "correct ca-jad.db xyz --because x", "no event has the id 'xyz'"),
        (2, "correct ca-jad.db 12 --because x --clear topic", "has no field 'topic'"),
        (2, "dispute ca-jad.db 12 --place x", "give --source"),
        (2, "at 999 counts ca-jad.db", "not in the log"),
        (2, "at yesterday counts ca-jad.db", "no instant"),
        (2, "verify ca-jad.db --head x", "POSITION:DIGEST"),
        (2, "import ca-jad.db -", "give --format"),
        (2, "retract ca-jad.db 0 --because x", "no event at position 0: the log has 1 to 111"),
        (2, "counts ca-jad.db --json --csv", "--json and --csv are two ways"),
        (2, "delegate ca-jad.db ' '", "the name is empty"),
        (1, "history ca-jad.db typo", "nothing was recorded about 'typo'"),
        (1, "meetings ca-jad.db --series nope", "no series 'nope'"),
        (1, "meetings ca-jad.db --dialogue nope", "no dialogue 'nope'"),
        (1, "attendance ca-jad.db --meeting nope", "no meeting 'nope'"),
        (1, "export ca-jad.db out.csv", "the format csv fills a folder"),
        (1, "export ca-jad.db ca-jad.db --format ics", "is a registry"),
        (1, "export ca-jad.db ''", "the destination is empty"),
    ],
)
def test_an_error_is_one_line_without_a_traceback_and_its_exit_code_says_whose_it_is(
    desk: Path, code: int, command: str, words: str
) -> None:
    ran = run(*shlex.split(command))
    assert (ran.exit_code, ran.stdout) == (code, "")
    assert words in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert ran.stderr.startswith("Error: ")
    assert not Path("missing.db").exists()


#: What only Python says: calls, keywords, classes of its library.
PYTHON = re.compile(r"[a-z_]+\(|\w+=\S|datetime|Registry\b|registry\.|'[a-z_]+':")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (
            "record ca-jad.db MeetingHeld --meeting ca-jad/fm/2 --series ca-jad/fm --place Oslo",
            "contradicts event 112, which",
        ),
        ("record ca-jad.db TopicDiscussed --meeting ca-jad/fm/99 --topic x", "record MeetingAnnounced or MeetingHeld"),
        ("record ca-jad.db SeriesOpened --series x/y --dialogue x --name Y", "record DialogueLaunched for it first"),
        ("correct ca-jad.db 12 --place Astana --because x", "there is nothing to change"),
        ("dispute ca-jad.db 12 --place Astana --source x", "there is nothing to change"),
        ("dispute ca-jad.db 12 --meeting ca-jad/fm/3 --source x", "record it as a fact of its own"),
        ("correct ca-jad.db 12 --meeting ca-jad/fm/4 --because x", "facts rest on it"),
        ("correct ca-jad.db 12 --meeting ca-jad --because x", "facts rest on it"),
        ("counts ca-jad.db --as-of 2009", "is not one full day"),
        ("at yesterday counts ca-jad.db", "no instant"),
        ("at 2021-07-01T00:00:00 counts ca-jad.db", "no offset from UTC"),
        ("record ca-jad.db DelegateAttended --meeting ca-jad/fm/2", "needs"),
    ],
)
def test_the_command_line_speaks_commands(desk: Path, command: str, words: str) -> None:
    run("correct", "ca-jad.db", "12", "--place", "Astana", "--because", "as printed")
    ran = run(*shlex.split(command))
    assert ran.exit_code != 0
    assert words in ran.stderr
    assert not PYTHON.search(ran.stderr), ran.stderr


def test_a_verification_that_fails_names_the_command_that_mends_it(desk: Path) -> None:
    with sqlite3.connect("ca-jad.db") as connection:
        connection.execute("DELETE FROM topics WHERE true")
        connection.execute("DELETE FROM attendance WHERE meeting = 'ca-jad/som/14'")
    connection.close()
    ran = run("verify", "ca-jad.db")
    assert "rebuild the views" in ran.stderr
    assert not PYTHON.search(ran.stderr), ran.stderr


# --- as a program --------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [(), ("at",)])
def test_without_a_command_the_help_is_shown_as_help(arguments: tuple[str, ...]) -> None:
    ran = run(*arguments)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr == run(*arguments, "--help").stdout
    assert ran.stderr.count("\n") > 10


@pytest.mark.parametrize("encoding", ["cp437", "cp1252", "utf-8"])
def test_a_terminal_of_any_encoding_gets_an_answer_and_a_program_gets_utf_8(desk: Path, encoding: str) -> None:
    run("record", "ca-jad.db", "TopicDiscussed", "--meeting", "ca-jad/som/14", "--topic", "3–5 東京")
    command = [sys.executable, "-m", "dialogue_registry", "history", "ca-jad.db", "ca-jad/som/14"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    shown = subprocess.run(command, capture_output=True, check=True, env=environment).stdout.decode(encoding)
    topic = {"cp437": r"3\u20135 \u6771\u4eac", "cp1252": r"3–5 \u6771\u4eac", "utf-8": "3–5 東京"}[encoding]
    assert f"topic {topic}" in shown
    ran = subprocess.run([*command, "--json"], capture_output=True, check=True, env=environment)
    assert json.loads(ran.stdout.decode("utf-8"))[-1]["fact"]["topic"] == "3–5 東京"


def test_python_m_and_the_entry_point_are_the_same_program(desk: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "dialogue_registry", "--help"], capture_output=True, text=True, check=True
    )
    assert ran.stdout.startswith("Usage: dialogue-registry ")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["scripts"] == {"dialogue-registry": "dialogue_registry.cli:cli"}


def test_an_error_and_an_interrupted_pipe_leave_no_traceback(desk: Path) -> None:
    program = f"{shlex.quote(sys.executable)} -m dialogue_registry"
    for command in (f"{program} counts missing.db", f"{program} export ca-jad.db | head -n 1"):
        ran = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
        assert "Traceback" not in ran.stderr


def on_a_terminal(*arguments: str, columns: int = 80) -> str:
    """The output of a command that is run on a terminal."""
    terminal, other_end = os.openpty()
    command = [sys.executable, "-m", "dialogue_registry", *arguments]
    seen = b""
    with subprocess.Popen(
        command, stdout=other_end, stderr=other_end, env={**os.environ, "COLUMNS": str(columns)}
    ) as ran:
        os.close(other_end)
        with suppress(OSError):  # how Linux says that a terminal was left
            while piece := os.read(terminal, 10_000):
                seen += piece
    os.close(terminal)
    assert ran.returncode == 0
    return seen.decode()


on_posix = pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")


@on_posix
def test_a_bar_is_drawn_only_on_a_terminal_and_ends_before_the_answer(desk: Path) -> None:
    command = [sys.executable, "-m", "dialogue_registry", "rebuild", "ca-jad.db"]
    piped = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "\r" not in piped.stderr
    run("export", "ca-jad.db", "backup.jsonl")
    for arguments, answer in (
        (["rebuild", "ca-jad.db"], "ca-jad.db: views made again"),
        (["verify", "ca-jad.db"], "111:"),
        (["import", "copy.db", "backup.jsonl"], "111 events imported"),
        (["import", "ca-jad.db", "examples/data/meetings.csv", "--mapping", "examples/data/meetings.toml"], "import "),
    ):
        bar, answered = on_a_terminal(*arguments).split(answer)[:2]
        assert re.search(r"\r.*(events|rows)  \[.*\]  \d+", bar)
        assert bar.endswith("\r\n")
        assert "\x1b" not in answered
    assert on_a_terminal("export", "ca-jad.db").startswith('{"specversion"')


@on_posix
@pytest.mark.parametrize(
    ("name", "columns"), [*((name, 60) for name in QUESTIONS), ("attendance", 72), ("facts", 120)]
)  # at 80 columns, see test_terminal
def test_a_table_is_folded_to_the_width_of_a_terminal_and_no_word_of_it_is_cut(
    desk: Path, name: str, columns: int
) -> None:
    asked = [name, "ca-jad.db", *ARGUMENTS.get(name, [])]
    seen = on_a_terminal(*asked, columns=columns)
    assert max(map(len, seen.splitlines())) <= columns
    whole = run(*asked).output
    words = {word for word in re.split(r"[,:]?\s+", whole) if not word.startswith("---")}
    missing = words - set(re.split(r"[,:]?\s+", seen))
    assert all(len(word) > columns - 6 and word in re.sub(r"\s+", "", seen) for word in missing)  # long addresses


@pytest.mark.parametrize("module", ["click", "sqlite_utils", "icalendar", "pyarrow", "iso3166", "hypothesis"])
def test_importing_the_library_does_not_import(module: str) -> None:
    code = f"import sys; from dialogue_registry import *; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("module", "command", "extra"),
    [
        ("icalendar", "export ca-jad.db a.ics", "ics"),
        ("pyarrow", "export ca-jad.db a --format parquet", "dataframes"),
        ("iso3166", "import ca-jad.db examples/data/delegates.csv --mapping iso.toml", "tables"),
    ],
)
def test_a_missing_extra_says_which(desk: Path, monkeypatch, module: str, command: str, extra: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    mapping = Path("examples/data/delegates.toml").read_text("utf-8")
    Path("iso.toml").write_text(
        mapping.replace("[parties.aliases]", "[parties]\niso = true\n\n[parties.aliases]"), "utf-8"
    )
    ran = run(*shlex.split(command))
    assert ran.exit_code == 1
    assert f"pip install 'dialogue-registry[{extra}]'" in ran.stderr
