"""Every command on a real terminal of 80 columns: nothing that matters is cut, and columns are aligned as they show."""

import fcntl
import io
import json
import os
import re
import struct
import sys
import termios
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import pytest
import wcwidth
from click.testing import CliRunner

from dialogue_registry import Registry
from dialogue_registry.cli import cli
from dialogue_registry.cli.main import at
from dialogue_registry.queries.display import table
from tests.paths import ROOT

pty = pytest.importorskip("pty", reason="needs a pseudo-terminal")

COLUMNS = 80
LONG = "Minister for Foreign Affairs and for the North, in charge of everything that lies beyond the Sound"
FACTS = """
DialogueLaunched dialogue=sound name=Sound_Dialogue_of_the_Northern_Straits launched=2015
DialogueLaunched dialogue=kai name=海峡対話 launched=2004-08
PartyJoined dialogue=sound party=FIN name=Finland joined=2015-03-04/2015-03-05
PartyJoined dialogue=kai party=JPN name=日本
SeriesOpened series=sound/fm dialogue=sound name=Meetings_of_Foreign_Ministers
SeriesOpened series=kai/som dialogue=kai name=高級実務者会合 abbreviation=SOM
MeetingHeld meeting=sound/fm/1 series=sound/fm date=2019-05-14/2019-05-15 ordinal=1 place=Turku country=FIN \
    format=in-person title=First_Meeting_of_Foreign_Ministers source=Press_release_of_the_first_meeting
MeetingHeld meeting=sound/fm/2020-extraordinary series=sound/fm date=[2020-03-01..2020-05-31] place=Malmö \
    title=Second_Meeting_of_Foreign_Ministers source=A_second_release
MeetingAnnounced meeting=sound/fm/3 series=sound/fm date=2021-02-03
MeetingPostponed meeting=sound/fm/3 until=[2022-11-01..2022-12-31] reason=LONG
MeetingHeld meeting=kai/som/1 series=kai/som date=2005-03-04 place=東京 title=第1回高級実務者会合
MeetingHeld meeting=kai/som/2 series=kai/som date=2006-02-15 place=Astana title=Second_meeting
DelegateAttended meeting=sound/fm/1 name=Aino_KALLIOVAHTO party=FIN office=LONG role=head
DelegateAttended meeting=kai/som/1 name=白峰_澪 party=JPN office=特別代表として会合に出席した外務省の担当大使 role=head
DelegateAttended meeting=kai/som/1 name=Dias_NURMANBEKTAS party=KAZ office=Deputy_Minister
DelegateAbsent meeting=sound/fm/1 name=Ada_LINDQVIST party=SWE reason=LONG
TopicDiscussed meeting=sound/fm/1 topic=LONG
ActivityReported meeting=kai/som/1 title=気候変動に関する専門家会合と地域協力のための公開討論会ならびに交流事業
OutcomeAgreed meeting=sound/fm/1 title=LONG kind=joint_statement
CountStated series=sound/fm count=12 as_of=2019-12-31 source=LONG
CountStated dialogue=sound count=2 as_of=2020-12-31 source=A_second_release
HeadcountStated meeting=sound/fm/1 count=240 source=LONG
"""


def facts() -> Iterator[str]:
    for line in FACTS.strip().replace("\\\n", " ").split("\n"):
        event, *fields = line.split()
        named = (field.split("=", 1) for field in fields)
        yield json.dumps({"event": event} | {k: LONG if v == "LONG" else v.replace("_", " ") for k, v in named})


ARGUMENTS = {
    "delegate": ["白峰 澪"],
    "history": ["sound/fm/1"],
    "evidence": ["sound/fm/1"],
    "search": ["minister"],
    "explain": ["sound/fm", "--count", "2"],
}
#: What must stand there whole; a title or an office may go on in the next line.
KEYS = {
    "meeting", "series", "dialogue", "subject", "party", "date", "until", "as_of", "launched", "joined", "recorded_at",
    "position", "of", "event", "count", "ordinal", "number", "stated", "listed", "events", "country", "reported_at",
}  # fmt: skip


def on_a_terminal(*arguments: str) -> str:
    """Return what somebody sees who runs a command on a terminal of 80 columns.

    The program is run by a copy of this process, which has imported it already.
    """
    pid, descriptor = pty.fork()
    if pid == 0:
        _run_here(arguments)
    seen = b""
    with suppress(OSError):  # how Linux says that a terminal was left
        while piece := os.read(descriptor, 65536):
            seen += piece
    os.close(descriptor)
    os.waitpid(pid, 0)
    return re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", seen.decode()).replace("\r\n", "\n")


def _run_here(arguments: tuple[str, ...]) -> NoReturn:
    """Run a command on the terminal that this process has, and end it."""
    try:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
        os.environ.pop("COLUMNS", None)
        sys.stdin = io.TextIOWrapper(io.FileIO(0, "r", closefd=False))
        sys.stdout = sys.__stdout__ = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), "utf-8")  # type: ignore[misc]
        sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), "utf-8", write_through=True)
        with suppress(SystemExit):
            cli(list(arguments), prog_name="dialogue-registry")
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001 - nothing may go on here
        traceback.print_exc()
    os._exit(0)


def width(text: str) -> int:
    return max(wcwidth.wcswidth(text), 0)


def run(*arguments: str) -> str:
    ran = CliRunner(env={"DIALOGUE_REGISTRY": None}).invoke(cli, list(arguments), prog_name="dialogue-registry")
    assert ran.exit_code in (0, 1), ran.output
    return ran.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Iterator[Path]:
    path: Path = tmp_path_factory.mktemp("terminal")
    (path / "facts.jsonl").write_text("\n".join(facts()), "utf-8")
    (path / "examples").symlink_to(ROOT / "examples")
    before = Path.cwd()
    os.chdir(path)
    assert "refused              0" in run("import", "r.db", "facts.jsonl")
    run("dispute", "r.db", "7", "--place", "Åbo", "--source", "A diary", "--because", "two accounts")
    run("correct", "r.db", "7", "--place", "Helsinki", "--because", LONG)
    run("attach", "r.db", "facts.jsonl", "--source", "1")
    yield path
    os.chdir(before)


QUESTIONS = [
    name for name, command in at.commands.items() if {"json", "csv"} <= {o.opts[0][2:] for o in command.params}
]


def values(rows: object, key: str = "") -> set[str]:
    """Return the ids, days, instants, numbers and parties of an answer."""
    if isinstance(rows, list):
        return {value for row in rows for value in values(row, key)}
    if isinstance(rows, dict):
        if "title" in rows and "sources" not in rows and key in ("source", "sources"):
            return set()
        return {value for name, item in rows.items() if name != "sources" for value in values(item, name)}
    return {str(rows)} if key in KEYS and rows not in (None, "", 0) and not isinstance(rows, bool) else set()


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_holds_what_was_asked_within_80_columns(folder: Path, name: str) -> None:
    asked = [name, "r.db", *ARGUMENTS.get(name, [])]
    seen = on_a_terminal(*asked)
    assert "Traceback" not in seen
    assert max(map(width, seen.splitlines())) <= COLUMNS
    shown = set(re.split(r"[\s,()]+", seen))
    wanted = json.loads(run(*asked, "--json"))
    columns = set(seen.split("\n---", 1)[0].replace("\n", " ").split()) if "\n---" in seen else set()
    rows = [row for row in wanted if isinstance(row, dict)] if isinstance(wanted, list) else []
    keys = {key for key in KEYS if key.split("_")[0] in columns or f"    {key.replace('_', ' ')}: " in seen}
    asked_for = {v for row in rows for k, item in row.items() if k in keys for v in values(item, k)}
    assert asked_for or name in ("explain", "reconcile", "disputes")  # their ids are within other values
    assert not asked_for - shown


@pytest.mark.parametrize("name", ["meetings", "attendance", "series", "dialogues", "counts", "search"])
def test_columns_begin_below_their_headings(folder: Path, name: str) -> None:
    """Letters of East Asian width count two columns, combining marks none."""
    for text in (on_a_terminal(name, "r.db", *ARGUMENTS.get(name, [])), run(name, "r.db", *ARGUMENTS.get(name, []))):
        lines = text.rstrip("\n").split("\n")
        rule = next(line for line in lines if line.startswith("---"))
        starts = [found.start() for found in re.finditer("-+", rule)]
        assert max(map(width, lines)) <= max(width(rule), COLUMNS)
        for line in lines:
            if line.startswith("    "):
                continue
            cells = [""]
            places = [0]
            column = 0
            for letter in wcwidth.iter_graphemes(line):
                places += [column] * (column in starts)
                column += width(letter)
                cells.append(letter)
            reached = [start for start in starts if start < column]
            assert set(reached) <= set(places), line


def test_what_history_shows_is_taken_by_at(folder: Path) -> None:
    seen = on_a_terminal("history", "r.db", "sound/fm/1")
    instants = re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", seen)
    assert instants
    for instant in instants:
        assert "sound/fm/1" in run("at", instant, "meetings", "r.db")
    assert not re.search(r"\{'|'data':|[0-9a-f]{8}-[0-9a-f]{4}", seen)


@pytest.mark.parametrize(
    "line",
    [
        ["init", "new.db"],
        ["record", "r.db", "TopicDiscussed", "--meeting", "sound/fm/1", "--topic", "ice", "--source", LONG],
        ["record", "r.db", "MeetingHeld", "--meeting", "sound/fm/1", "--series", "sound/fm", "--place", LONG],
        ["correct", "r.db", "13", "--office", LONG[::-1], "--because", LONG],
        ["retract", "r.db", "13", "--because", LONG],
        ["attach", "r.db", "examples/data/meetings.csv", "--source", "1"],
        ["import", "r.db", "facts.jsonl"],
        ["import", "r.db", "examples/data/delegates-with-mistakes.csv", "--mapping", "examples/data/delegates.toml"],
        ["export", "r.db", "calendar.ics"],
        ["export", "r.db", "tables"],
        ["chart", "r.db", "pictures", "--format", "svg"],
        ["verify", "r.db"],
        ["rebuild", "r.db"],
        ["copy", "r.db", "copy.db"],
        ["history", "r.db", "nowhere/at/all"],
        ["counts", "a-registry-that-is-not-there-and-whose-name-is-rather-long-for-a-terminal.db"],
        [],
    ],
    ids=lambda line: " ".join(line[:2]),
)  # fmt: skip
def test_any_other_command_says_what_it_has_done_within_80_columns(folder: Path, line: list[str]) -> None:
    seen = on_a_terminal(*line)
    assert "Traceback" not in seen
    for shown in re.split("[\r\n]", seen):
        assert width(shown) <= COLUMNS, shown


@pytest.mark.parametrize("name", cli.commands)
def test_every_help_is_read_within_80_columns(folder: Path, name: str) -> None:
    text = CliRunner().invoke(cli, [name, "-h"], prog_name="dialogue-registry", terminal_width=COLUMNS).output
    assert max(map(width, text.splitlines())) <= COLUMNS


def test_other_tables_are_aligned_too(folder: Path) -> None:
    with Registry.open("r.db", read_only=True) as registry:
        for text in (str(registry.anomalies(today="2026-01-01")), str(registry.reconcile())):
            heading, rule = text.split("\n")[:2]
            assert [m.start() for m in re.finditer(r"(?<=  )\S", rule)] == [
                m.start() for m in re.finditer(r"(?<=  )\S", heading)
            ]


def test_latin_letters_stay_as_they_are() -> None:
    rows = [("d/fm/1", 1, "Malmö"), ("d/fm/12", 12, "Astana")]
    assert "\n".join(table(("meeting", "ordinal", "place"), rows)) == (
        "meeting  ordinal  place\n"
        "-------  -------  ------\n"
        "d/fm/1         1  Malmö\n"
        "d/fm/12       12  Astana"
    )  # fmt: skip


def test_a_combining_mark_takes_no_column() -> None:
    rows = [("a", "Malmo\u0308"), ("bb", "\u1100\u1161"), ("c", "👩\u200d🚀")]
    heading, rule, *lines = table(("id", "place"), rows)
    assert (heading, rule) == ("id  place", "--  -----")
    assert {line[:4] for line in lines} == {"a   ", "bb  ", "c   "}
