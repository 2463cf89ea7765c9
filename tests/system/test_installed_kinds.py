"""Kinds of an installed package: the command line records, asks, exports and imports their facts as its own."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from dialogue_registry import InvalidValueError, Registry, installed_kinds
from tests.paths import ROOT

MODULE = '''
"""Facts of assemblies."""

from enum import StrEnum

import attrs

from dialogue_registry import Kind, PartialDate


class Choice(StrEnum):
    YES = "yes"
    NO = "no"
    ABSTAINED = "abstained"


@attrs.frozen(kw_only=True)
class VoteCast:
    """A party voted on a question."""

    meeting: str
    question: str
    party: str
    choice: Choice
    on: PartialDate | None = None
    share: float | None = None
    by: str = ""
    aliases: str = ""


@attrs.frozen(kw_only=True)
class VisitPaid:
    """Somebody paid a visit in the course of a dialogue."""

    dialogue: str
    visitor: str
    on: PartialDate
    secret: bool = False


VOTES = Kind(cls=VoteCast, word="org.example.vote-cast", about="meeting", key=("question", "party"))
KINDS = [VOTES, Kind(cls=VisitPaid, word="org.example.visit-paid", about="dialogue")]
'''
POINTS = "[dialogue_registry.kinds]\nvotes = {0}:KINDS\n"
METADATA = "Metadata-Version: 2.1\nName: {0}\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def parts(name: str, module: str) -> dict[str, str]:
    """The files of a package of one module."""
    info = f"{name}-1.0.dist-info"
    return {
        f"{name}.py": module,
        f"{info}/METADATA": METADATA.format(name),
        f"{info}/WHEEL": WHEEL,
        f"{info}/entry_points.txt": POINTS.format(name),
        f"{info}/RECORD": "",
    }


def lay_out(folder: Path, name: str, module: str) -> Path:
    """Put the files of a package where an installation would put them."""
    for path, text in parts(name, module).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    return folder


SHELL = """
import json, os, sys
from click.testing import CliRunner
from dialogue_registry.cli import cli
if "a reader" in sys.argv and os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
for line in sys.stdin:
    arguments, text = json.loads(line)
    done = CliRunner().invoke(cli, arguments, prog_name="dialogue-registry", input=text)
    print(json.dumps([done.exit_code, done.stdout, done.stderr, repr(done.exception)]), flush=True)
"""


class Shell:
    """A process that runs commands, one after the other, with the packages of a folder."""

    def __init__(self, site: Path | None, *options: str) -> None:
        path = os.pathsep.join(map(str, filter(None, [site, ROOT / "src"])))
        self.process = subprocess.Popen(
            [sys.executable, "-c", SHELL, *options], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip

    def __call__(self, *arguments: str | Path, stdin: str = "", code: int = 0) -> "Done":
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([[*map(str, arguments)], stdin]) + "\n")
        self.process.stdin.flush()
        ended, out, err, exception = json.loads(self.process.stdout.readline())
        assert ended == code, f"{out}{err}{exception}"
        return Done(out, err)

    def close(self) -> None:
        self.process.communicate(timeout=60)


class Done(NamedTuple):
    stdout: str
    stderr: str


def opened(site: Path | None, *options: str) -> Iterator[Shell]:
    shell = Shell(site, *options)
    yield shell
    shell.close()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """Commands where the package is installed by pip, from a wheel."""
    folder = tmp_path_factory.mktemp("votes")
    wheel = folder / "votes_of_assemblies-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in parts("votes_of_assemblies", MODULE).items():
            archive.writestr(path, text)
    options = ["--quiet", "--no-index", "--no-deps", "--no-compile", "--disable-pip-version-check"]
    pip = [sys.executable, "-m", "pip", "install", *options, "--target", folder / "site", wheel]
    subprocess.run(pip, check=True, capture_output=True, timeout=120)
    yield from opened(folder / "site")


@pytest.fixture(scope="module")
def bare() -> Iterator[Shell]:
    """Commands where it is not."""
    yield from opened(None)


@pytest.fixture
def file(tmp_path: Path, bare: Shell) -> Path:
    path = tmp_path / "assembly.db"
    lines = [
        {"event": "DialogueLaunched", "dialogue": "d", "name": "D", "launched": "2018"},
        {"event": "SeriesOpened", "series": "d/s", "dialogue": "d", "name": "Sessions"},
        {"event": "MeetingHeld", "meeting": "d/s/1", "series": "d/s", "date": "2019-05-14"},
    ]
    rows = tmp_path / "facts.jsonl"
    rows.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    bare("import", path, rows)
    return path


VOTE = ("--meeting", "d/s/1", "--question", "Budget", "--party", "NOR", "--choice", "yes", "--source", "Minutes")


def test_help_names_the_fields_of_installed_kinds_and_takes_them(installed: Shell, bare: Shell, file: Path) -> None:
    text = installed("record", "--help").stdout
    assert "--question" in text
    assert "--visitor" in text
    assert "--field-by" in text  # --by is by whom the fact is recorded
    assert "--question" not in bare("record", "--help").stdout
    installed(
        "record", file, "VoteCast", *VOTE, "--on", "2019-05-14", "--share", "0.5", "--field-by", "a deputy",
        "--by", "me", "--aliases", "one",
    )  # fmt: skip
    (vote,) = json.loads(installed("facts", file, "VoteCast", "--json").stdout)
    assert vote["event"] == {
        "event": "VoteCast", "meeting": "d/s/1", "question": "Budget", "party": "NOR", "choice": "yes",
        "on": "2019-05-14", "share": 0.5, "by": "a deputy", "aliases": "one",
    }  # fmt: skip
    assert (vote["by"], vote["source"]) == ("me", {"title": "Minutes"})
    assert "Budget" in installed("facts", file, "org.example.vote-cast", "--csv").stdout


def test_what_is_no_choice_and_what_is_missing_is_refused_in_one_line(
    installed: Shell, bare: Shell, file: Path
) -> None:
    wrong = [*VOTE[:-4], "--choice", "perhaps"]
    assert (
        "'perhaps' is no choice: use one of 'yes', 'no'" in installed("record", file, "VoteCast", *wrong, code=2).stderr
    )
    assert "VoteCast needs 'question'" in installed("record", file, "VoteCast", "--meeting", "d/s/1", code=2).stderr
    unknown = installed("record", file, "VisitPaid", "--dialogue", "e", "--visitor", "V", "--on", "2020", code=1)
    assert "dialogue 'e' is not recorded" in unknown.stderr
    assert "there is no event 'VoteCast'" in bare("record", file, "VoteCast", "--meeting", "d/s/1", code=2).stderr
    with Registry.open(file) as registry:
        assert registry.position == 3


def test_json_on_standard_input_is_a_fact_of_an_installed_kind_too(installed: Shell, file: Path) -> None:
    visit = {"event": "VisitPaid", "dialogue": "d", "visitor": "The chair", "on": "2020-03", "secret": True}
    installed("record", file, "-", stdin=json.dumps(visit))
    (row,) = json.loads(installed("facts", file, "VisitPaid", "--subject", "d", "--json").stdout)
    assert row["event"] == visit


def test_facts_are_corrected_disputed_retracted_searched_and_told(installed: Shell, file: Path) -> None:
    installed("record", file, "VoteCast", *VOTE)
    installed("dispute", file, "4", "--choice", "abstained", "--source", "A diary")
    (dispute,) = json.loads(installed("disputes", file, "--json").stdout)
    assert dispute["claim"]["choice"] == "abstained"
    assert "abstained" in installed("disputes", file, "--meeting", "d/s/1").stdout
    assert "disputed" in installed("anomalies", file).stdout
    installed("correct", file, "4", "--choice", "no", "--because", "misread")
    assert "no" in installed("facts", file, "VoteCast").stdout
    assert "VoteCast" in installed("history", file, "d/s/1").stdout
    (found,) = json.loads(installed("search", file, "budget", "--json").stdout)
    assert (found["kind"], found["subject"]) == ("org.example.vote-cast", "d/s/1")
    again = installed("record", file, "VoteCast", *VOTE[:-4], "--choice", "abstained", code=1)
    assert "contradicts event" in again.stderr
    installed("retract", file, "4", "--because", "no vote was taken")
    assert json.loads(installed("facts", file, "VoteCast", "--json").stdout) == []
    installed("verify", file)


def test_a_table_is_imported_by_a_mapping_and_exported_again(installed: Shell, file: Path, tmp_path: Path) -> None:
    (tmp_path / "votes.csv").write_text(
        "Sitting,Question,State,Vote,Day,Share\n1,Budget,NOR,Yes,14.05.2019,0.5\n"
        "1,Budget,SWE,No,,\n1,Budget,DNK,Maybe,,\n",
        "utf-8",
    )
    (tmp_path / "votes.toml").write_text(
        """
[[each]]
event = "VoteCast"
meeting = "d/s/{Sitting}"
question = "{Question}"
party = "{State}"
choice = "{Vote}"
on = "{Day}"
share = "{Share}"
[values.choice]
Yes = "yes"
No = "no"
""",
        "utf-8",
    )
    report = json.loads(
        installed("import", file, tmp_path / "votes.csv", "--mapping", tmp_path / "votes.toml", "--json", code=1).stdout
    )
    assert (report["recorded"], report["refused"]) == (2, 1)
    installed("export", file, tmp_path / "package", "--format", "csv")
    package = json.loads((tmp_path / "package" / "datapackage.json").read_text("utf-8"))
    resources = {resource["name"]: resource for resource in package["resources"]}
    types = {field["name"]: field["type"] for field in resources["vote_cast"]["schema"]["fields"]}
    assert (types["share"], types["choice"], types["earliest"]) == ("number", "string", "date")
    assert {field["name"]: field["type"] for field in resources["visit_paid"]["schema"]["fields"]}[
        "secret"
    ] == "boolean"
    assert "d/s/1,Budget,NOR,yes,2019-05-14,2019-05-14,2019-05-14,0.5" in (
        tmp_path / "package" / "vote_cast.csv"
    ).read_text("utf-8")

    installed("export", file, tmp_path / "log.jsonl")
    installed("import", tmp_path / "copy.db", tmp_path / "log.jsonl")
    installed("export", tmp_path / "copy.db", tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "log.jsonl").read_bytes()
    votes = installed("facts", tmp_path / "copy.db", "VoteCast", "--csv").stdout.splitlines()
    assert len(votes) == 3


def test_without_the_package_the_facts_are_kept_and_shown_as_unknown(
    installed: Shell, bare: Shell, file: Path, tmp_path: Path
) -> None:
    installed("record", file, "VoteCast", *VOTE)
    head = installed("verify", file).stdout.split()[0]
    done = bare("verify", file)
    assert done.stdout.split()[0] == head
    assert "1 event of a kind not known here" in done.stderr
    assert "not known here" not in installed("verify", file).stderr
    assert "org.example.vote-cast" in bare("history", file, "d/s/1").stdout
    bare("export", file, tmp_path / "log.jsonl")
    bare("import", tmp_path / "copy.db", tmp_path / "log.jsonl")
    assert bare("verify", tmp_path / "copy.db").stdout.split()[0] == head
    assert "yes" in installed("facts", tmp_path / "copy.db", "VoteCast", "--csv").stdout


def test_a_file_that_cannot_be_written_to_is_asked_without_the_rows_of_installed_kinds(
    installed: Shell, file: Path, tmp_path: Path
) -> None:
    mode = tmp_path.stat().st_mode
    for place in tmp_path.parents:  # they stay open, as tests beside this one need them, too
        if not place.stat().st_mode & 0o001:
            place.chmod(place.stat().st_mode | 0o005)
    site = lay_out(tmp_path / "site", "votes_again", MODULE)
    try:
        tmp_path.chmod((mode | 0o005) & ~0o222)
        for reader in opened(site, "a reader"):
            (count,) = json.loads(reader("counts", file, "--json").stdout)
            assert count["total"] == {"certain": 1, "possible": 1}
            refused = reader("record", file, "VoteCast", *VOTE, code=1)
            assert "Error:" in refused.stderr
    finally:
        tmp_path.chmod(mode)
    installed("record", file, "VoteCast", *VOTE)


def test_a_package_that_cannot_be_loaded_is_named(file: Path, tmp_path: Path) -> None:
    error = ""
    for broken in opened(lay_out(tmp_path / "site", "broken_votes", "import nothing_of_that_name")):
        assert "--meeting" in broken("record", "--help").stdout
        error = broken("counts", file, code=2).stderr
    assert "'broken_votes:KINDS' of the package broken_votes cannot be loaded" in error
    assert "uninstall it" in error


@pytest.mark.parametrize(
    ("module", "wanted"),
    [
        ("KINDS = 'votes'", "'odd_votes:KINDS' of the package odd_votes hold 'votes', which is no kind"),
        ("KINDS = [1]", "hold 1, which is no kind: give Kind"),
        ("OTHER = 1", "cannot be loaded .AttributeError"),
        ("raise SystemError('no')", "cannot be loaded .SystemError: no"),
        (MODULE.replace("KINDS = [VOTES, ", "KINDS = [VOTES, attrs.evolve(VOTES), "), "both stored as"),
    ],
)
def test_what_a_package_offers_is_checked(
    module: str, wanted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(lay_out(tmp_path, "odd_votes", module))
    monkeypatch.delitem(sys.modules, "odd_votes", raising=False)
    with pytest.raises(InvalidValueError, match=wanted):
        installed_kinds()


def test_a_kind_that_two_packages_offer_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(lay_out(tmp_path, "votes_here", MODULE))
    monkeypatch.syspath_prepend(lay_out(tmp_path, "votes_there", "from votes_here import KINDS"))
    kinds = installed_kinds()
    assert [kind.word for kind in kinds] == ["org.example.vote-cast", "org.example.visit-paid"]
    with Registry.open(kinds=kinds) as registry:
        assert kinds[0] in registry.kinds
