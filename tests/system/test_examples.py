"""The examples run as a reader would run them, and say what the press release says."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from dialogue_registry import Registry
from tests.paths import ROOT

EXAMPLES = ROOT / "examples"
CA_JAD = EXAMPLES / "central_asia_plus_japan.py"
DATA = EXAMPLES / "data" / "central_asia_plus_japan.toml"
COMPILED = ROOT.parent / "shared" / "data" / "central_asia_plus_japan"

load = runpy.run_path(str(CA_JAD))["load"]


def run(script: Path, folder: Path, *arguments: str) -> str:
    """The output of a script in a folder; a warning is an error."""
    command = [sys.executable, "-W", "error", str(script), *arguments]
    environment = os.environ | {"PYTHONUTF8": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def lines(output: str) -> list[str]:
    """The lines of an output, its columns one space apart."""
    return [" ".join(line.split()) for line in output.splitlines()]


def test_no_example_is_left_out() -> None:
    tested = {
        "central_asia_plus_japan.py",
        "cited_release.py",
        "next_editions.py",
        "one_press_release.py",
        "own_projection.py",
        "publish_a_site.py",
        "replay.py",
        "what_did_we_know.py",
        "who_came.py",
        "who_is_right.py",
    }
    assert {path.name for path in EXAMPLES.glob("*.py")} == tested


def test_every_fact_of_a_release_prints_the_words_it_was_read_from(tmp_path: Path) -> None:
    printed = lines(run(EXAMPLES / "cited_release.py", tmp_path))
    assert len(printed) == 39
    assert "12 MeetingHeld: paragraph 1: “On June 16, the 14th Senior Officials Meeting (SOM)”" in printed


@pytest.mark.skipif(not COMPILED.is_dir(), reason="the text of the release is not beside this repository")
def test_every_fact_of_the_release_is_traced_to_its_words() -> None:
    text = (COMPILED / "press_release_2021-06-16.txt").read_text("utf-8")
    text = text.replace("'", "’").replace('"', "”")
    first, second = text.index("\n  2. "), text.index("\n  3. ")
    reference, participants = text.index("[Reference 1]"), text.index("[Reference 2]")
    passages = {
        "paragraph 1": text[:first], "paragraph 2": text[first:second], "paragraph 3": text[second:reference],
        "reference 1": text[reference:participants], "reference 2": text[participants:],
    }  # fmt: skip
    with Registry.open() as registry:
        runpy.run_path(str(EXAMPLES / "cited_release.py"))["record"](registry)
        cited = [event.citation for event in registry.events()]
    assert {citation.locator for citation in cited} == passages.keys()
    lost = [c.quote for c in cited if c.quote.replace("'", "’") not in passages[c.locator]]
    assert lost == []
    assert all(f"Mr. {name}" in " ".join(c.quote for c in cited) for name in re.findall(r"Mr\. (.*?),", text))


def test_after_each_edition_the_registry_shows_what_a_fresh_import_shows(tmp_path: Path) -> None:
    printed = lines(run(EXAMPLES / "next_editions.py", tmp_path))
    assert [line for line in printed if line.endswith(("True", "False"))] == [
        "as a fresh import: True",
        "as a fresh import: True",
        "known at position 14: edition 1: True",
        "known at position 19: edition 2: True",
        "known at position 26: edition 3: True",
    ]
    assert "correct: changed, row 4: MeetingHeld hill/v/3: date: 2019-03-05 → 2019-03-06" in printed


def test_the_whole_history_gives_the_counts_of_the_release(tmp_path: Path) -> None:
    printed = lines(run(CA_JAD, tmp_path))
    assert printed[4:10] == [
        "Foreign Ministers' Meeting 8: 7 in person and 1 online stated: 7 in person and 1 online, agrees",
        "Senior Officials' Meeting 14: 11 in person, 1 online and 2 not known stated: 14, agrees",
        "Tokyo Dialogue 11: 10 in person and 1 not known stated: 11, agrees",
        "Experts' Meeting 6: 4 in person and 2 not known stated: 6, agrees",
        "Business Dialogue 2: 1 in person and 1 not known not stated",
        "Sofia Meeting 1: 1 in person not stated",
    ]
    assert printed[-1] == "5 stated counts compared with the meetings recorded: they agree."
    assert (tmp_path / "central-asia-plus-japan.db").is_file()


def test_the_site_of_the_whole_history_is_made(tmp_path: Path) -> None:
    assert re.fullmatch(r"ca-jad-site/index\.html: \d{3} pages\n", run(EXAMPLES / "publish_a_site.py", tmp_path))
    front = (tmp_path / "ca-jad-site" / "index.html").read_text("utf-8")
    assert "as the ministries of foreign affairs report them" in front


def test_running_it_again_records_nothing_and_says_so(tmp_path: Path) -> None:
    first, second = (run(CA_JAD, tmp_path, "mine.db") for _ in range(2))
    events = len(list(load()))
    assert lines(first)[0] == f"mine.db: {events} new events, {events} in all"
    assert lines(second)[0] == f"mine.db: no new events, {events} in all"
    assert lines(first)[1:] == lines(second)[1:]
    assert not (tmp_path / "central-asia-plus-japan.db").exists()


def test_a_statement_that_does_not_fit_is_said_to_differ(tmp_path: Path) -> None:
    copy = shutil.copytree(EXAMPLES, tmp_path / "examples")
    data = copy / "data" / DATA.name
    right, wrong = '{ series = "ca-jad/som", count = 14 }', '{ series = "ca-jad/som", count = 15 }'
    assert right in DATA.read_text("utf-8")
    data.write_text(DATA.read_text("utf-8").replace(right, wrong), "utf-8")
    printed = lines(run(copy / CA_JAD.name, tmp_path))
    assert "Senior Officials' Meeting 14: 11 in person, 1 online and 2 not known stated: 15, differs" in printed
    assert printed[-1] == "5 stated counts compared with the meetings recorded: 1 differ."


def test_a_single_release_carries_on_from_its_statement(tmp_path: Path) -> None:
    assert lines(run(EXAMPLES / "one_press_release.py", tmp_path)) == [
        "From the release alone: SOM: recorded 1, carried 14",
        "After a 15th meeting: SOM: recorded 2, carried 15",
    ]
    assert not list(tmp_path.iterdir())


def test_a_rebuild_changes_no_answer_and_the_log_can_be_folded_by_hand(tmp_path: Path) -> None:
    printed = lines(run(EXAMPLES / "replay.py", tmp_path))
    assert printed[0] == f"views made again from {len(list(load()))} events: same answers"
    assert printed[1] == "6 series counted, 44 meetings listed"
    assert printed[4:6] == ["JPN 22", "TJK 3"]
    assert not list(tmp_path.iterdir())


def test_every_official_count_is_explained(tmp_path: Path) -> None:
    printed = lines(run(EXAMPLES / "who_is_right.py", tmp_path))
    assert "2021-06-16 ca-jad/som 14 14 agrees held, numbered, ordinal included ca-jad/som/14" in printed
    assert "not stated: ca-jad/sofia" in printed
    assert "2018-01-26 PRP Channel" in {line.split(" https:")[0] for line in printed}
    reading = printed[printed.index("Reading") + 2 :]
    assert [line.split(":")[0] for line in reading] == [
        "- 27 of 30 counts agree with the meetings held, taken plainly.",
        "- Tokyo Dialogue, 6 as of 2014-03-18",
        "- Senior Officials' Meeting, 11 as of 2018-01-26",
        "- Tokyo Dialogue, 10 as of 2018-06-12",
        "- Experts' Meeting, 5 as of 2020-08-06",
        "- Foreign Ministers' Meeting, 1 as of 2021-06-16",
        "- Senior Officials' Meeting, 14 as of 2021-06-16",
        "- Nobody is wrong",
    ]
    assert not list(tmp_path.iterdir())


def test_both_times_are_answered(tmp_path: Path) -> None:
    printed = lines(run(EXAMPLES / "what_did_we_know.py", tmp_path))
    assert printed[2:6] == ["as of as reported as known now", "2012-11-08 0 0", "2012-11-09 1 0", "2012-11-10 1 1"]
    assert [line for line in printed if line.startswith("as reported: 2012-11-09 (")]
    assert [line for line in printed if line.startswith("as known now: 2012-11-10 (")]
    assert printed[-1].startswith("4 corrected Jun 2012-11-10 the ministers met on the 10th")
    assert not list(tmp_path.iterdir())


def test_a_projection_of_ones_own_is_kept_amended_and_made_again(tmp_path: Path) -> None:
    assert lines(run(EXAMPLES / "own_projection.py", tmp_path))[1::2] == [
        "JPN 22, TJK 3, KAZ 2, KGZ 2",
        "JPN 22, KAZ 3, TJK 3, KGZ 2",
        "JPN 22, TJK 3, KAZ 2, KGZ 2",
        "Tokyo 22, Dushanbe 3, Ashgabat 2, Astana 2",
    ]
    assert not list(tmp_path.iterdir())


# --- the data ------------------------------------------------------------------------


def events(kind: str, **fields: Any) -> list[Any]:
    """The events of a class with these fields, each once."""
    found = dict.fromkeys(event for event, _ in load() if type(event).__name__ == kind)
    return [event for event in found if all(getattr(event, name) == value for name, value in fields.items())]


def test_every_page_is_described_once_and_used() -> None:
    data = tomllib.loads(DATA.read_text("utf-8"))
    pages = [page for publisher in data["publishers"] for page in publisher["pages"].values()]
    urls = [page["url"] for page in pages if "url" in page]
    assert len(set(urls)) == len(urls)
    assert {source.url for _, source in load()} == {*urls, ""}
    assert {source.kind for _, source in load()} == {"report", "announcement", "list", "inferred"}
    assert [source for _, source in load() if not source.url and source.kind != "inferred"] == []


def test_the_release_is_recorded_in_full() -> None:
    som14 = "ca-jad/som/14"
    (held,) = events("MeetingHeld", meeting=som14)
    assert (str(held.date), held.ordinal, held.format, held.place) == ("2021-06-16", 14, "online", "")
    attended = events("DelegateAttended", meeting=som14)
    assert [(a.party, a.name) for a in attended] == [
        ("JPN", "Mr. TOKUDA Shuichi"),
        ("KAZ", "Mr. Marat SYZDYKOV"),
        ("KGZ", "Mr. Azizbek MADMAROV"),
        ("TJK", "Mr. Khusrav NOZIRI"),
        ("TKM", "Mr. Vepa HAJIYEV"),
        ("UZB", "Mr. Furkat SIDIKOV"),
    ]
    assert {a.role for a in attended} == {"head"}
    assert [(a.organisers, a.field) for a in events("ActivityReported", meeting=som14)] == [
        (("Medical Excellence Japan (MEJ)",), "health and medical care"),
        (("Japan Association for Trade with Russia & NIS (ROTOBO)",), "trade and economy"),
        ((), "clean energy"),
    ]
    assert len(events("TopicDiscussed", meeting=som14)) == 8
    assert len(events("OutcomeAgreed", meeting=som14)) == 1
    (announced,) = events("MeetingAnnounced", series="ca-jad/fm")
    assert (announced.meeting, announced.date, announced.ordinal, announced.country) == (
        "ca-jad/fm/8",
        None,
        None,
        "JPN",
    )


def test_what_is_easily_miscounted_is_not() -> None:
    with Registry.open() as registry:
        registry.record_all(load())
        count = registry.counts(as_of="2021-06-16")
        assert count["ca-jad/fm"].by_format["online"].certain == 1
        assert count["ca-jad/tokyo-dialogue"].highest_ordinal == 11  # the 12th was cancelled
        assert count["ca-jad/experts"].total.possible == 6  # the medical experts' meeting is none of them
        statuses = {row["meeting"]: row["status"] for row in registry.db["meetings"].rows}
        assert statuses["ca-jad/tokyo-dialogue/12"] == "cancelled"
        assert statuses["ca-jad/fm/8"] == "announced"
        assert [(a.party, a.role) for a in events("DelegateAttended", party="AFG")] == [("AFG", "guest")] * 2
        assert {party.party for party in events("PartyJoined")} == {"JPN", "KAZ", "KGZ", "TJK", "TKM", "UZB"}
        assert len(registry.reconcile()) == 30
        assert "disagrees" not in {finding.verdict for finding in registry.reconcile()}


# --- the data against what was compiled from the pages --------------------------------

needs_compiled = pytest.mark.skipif(
    not COMPILED.is_dir(), reason="the compilation that the example data was made from is not beside this repository"
)
SERIES = {
    "foreign_ministers": "ca-jad/fm",
    "foreign_ministers_special": "ca-jad/fm",
    "senior_officials": "ca-jad/som",
    "tokyo_dialogue": "ca-jad/tokyo-dialogue",
    "experts": "ca-jad/experts",
    "business_dialogue": "ca-jad/business",
    "unnumbered_meeting": "ca-jad/sofia",
}


def compiled(name: str) -> Any:
    return json.loads((COMPILED / f"{name}.json").read_text("utf-8"))


@needs_compiled
def test_every_compiled_meeting_is_there_with_its_date_format_sources_and_heads() -> None:
    reported: dict[tuple[str, int | None], tuple[Any, set[str]]] = {}
    for event, source in load():
        if type(event).__name__ == "MeetingHeld" or getattr(event, "ordinal", None) == 12:
            reported.setdefault((event.series, event.ordinal), (event, set()))[1].add(source.url)
    meetings = [meeting for meeting in compiled("meetings") if meeting["series"] in SERIES]
    assert len(meetings) == len(reported) == 43
    for meeting in meetings:
        event, urls = reported[SERIES[meeting["series"]], meeting["ordinal"]]
        assert str(event.date) == (meeting["date"] or "[{}..{}]".format(*meeting["date_window"]))
        assert event.format == (meeting["format"] and meeting["format"].split()[0])
        assert event.place == ("" if meeting["place"] in {None, "online"} else meeting["place"].split(",")[0])
        assert urls == (set(meeting["sources"]) or {""})
        names = [attended.name.removeprefix("Mr. ") for attended in events("DelegateAttended", meeting=event.meeting)]
        for head in meeting.get("heads", []):
            assert (head["name"] or "").split("/")[0] in names


@needs_compiled
def test_every_compiled_statement_is_there() -> None:
    stated = {
        (str(e.as_of), e.series, e.format, e.count, s.url) for e, s in load() if type(e).__name__ == "CountStated"
    }
    expected = set()
    for statement in compiled("statements"):
        for name, count in (statement["counts"] or {}).items():
            series, how = name, None
            for suffix in ("in_person", "online"):
                if name.endswith(suffix):
                    series, how = name.removesuffix(f"_{suffix}"), suffix.replace("_", "-")
            expected.add((statement["as_of"], SERIES[series], how, count, statement["source_url"]))
    assert stated == expected
    assert len(stated) == 30


def test_the_register_of_a_council_says_who_came_how_often(tmp_path: Path) -> None:
    printed = run(EXAMPLES / "who_came.py", tmp_path)
    table, *parts = printed.split("\n\n")
    rates = [line.split() for line in table.splitlines()[1:]]
    assert len(rates) == 40
    for _, _, held, *numbers, _ in rates:
        assert sum(map(int, numbers)) == int(held)
    by_party = {f"{row[0]} {row[1]}": row[2:] for row in rates}
    assert by_party["Land 01"] == ["60", "54", "2", "2", "2", "90%–93%"]
    assert {party: row[0] for party, row in by_party.items() if row[0] != "60"} == {
        "Land 07": "30", "Land 19": "44", "Land 39": "40", "Land 40": "20",
    }  # fmt: skip
    assert by_party["Land 03"] == ["60", "60", "0", "0", "0", "100%"]
    assert [part.splitlines() for part in parts] == [
        ["At the level of a minister or higher", "Land 01: 87%–100%", "Land 02: 87%–100%", "Land 03: 100%"],
        ["No members", "Land 99: 1"],
        ["Wrong head-counts", "council/sitting/17: 37 stated, 35 listed"],
        ["Namesakes", "Chidi VELDRANOV (elder): 60 meetings", "Chidi VELDRANOV (younger): 15 meetings"],
        ["One person?", "Land 05: Emre VELDRANOV and Emre WELDRANOW, the same name, spelled otherwise"],
    ]
