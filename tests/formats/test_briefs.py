"""A brief says what the record has, each number the length of a list of facts, each line with its sources.

The release of the 14th Senior Officials' Meeting is the touchstone: its two references, the counts and who took
part, are in the brief of that meeting.
"""

import json
import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import docx
import pytest
from click.testing import CliRunner

from dialogue_registry import (
    ActivityReported,
    Bounds,
    Brief,
    Citation,
    CountStated,
    DelegateAbsent,
    DelegateAttended,
    DialogueLaunched,
    ExchangeError,
    HeadcountStated,
    InvalidValueError,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    MeetingShared,
    NameUsed,
    OutcomeAgreed,
    PartyJoined,
    PartyLeft,
    Registry,
    SeriesOpened,
    Source,
    SourceKept,
    TopicDiscussed,
    UnknownSubjectError,
    brief,
    write_brief,
)
from dialogue_registry.charts.language import language, languages
from dialogue_registry.cli import cli
from dialogue_registry.exports.brief.composition import SeriesTimes, Times, compose, count_sentence
from dialogue_registry.exports.brief.document import Document, Grid, Heading, Items, Paragraph, Piece
from dialogue_registry.exports.brief.markdown import markdown
from dialogue_registry.exports.brief.word import bookmark, word
from dialogue_registry.model.events import Format, HeadcountOf, Level, Role
from dialogue_registry.model.status import Status
from tests.paths import ROOT

SHARED = ROOT.parent / "shared" / "data" / "central_asia_plus_japan"
SOM_14, RELEASE = "ca-jad/som/14", "14th Senior Officials' Meeting"
REPORT = Source(
    "Report of the 2nd meeting", url="https://example.org/2", publisher="A secretariat", published="2020-03-02"
)


@pytest.fixture(scope="module")
def som_14(seed: Registry) -> Brief:
    return brief(seed, SOM_14, as_of="2021-06-16")


@pytest.fixture
def registry() -> Iterator[Registry]:
    """A small dialogue in which everything that a brief has a place for occurs."""
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="A dialogue", launched="2018"),
            *(PartyJoined(dialogue="d", party=code, name=name, joined="2018-01-01") for code, name in PARTIES.items()),
            PartyLeft(dialogue="d", party="D", on="2019-06-01"),
            SeriesOpened(series="d/a", dialogue="d", name="Series A"),
            SeriesOpened(series="d/b", dialogue="d", name="Series B"),
            MeetingHeld(meeting="d/a/1", series="d/a", date="2019-03-01", ordinal=1, format="in-person"),
            MeetingHeld(
                meeting="d/a/2", series="d/a", date="2020-03-01", ordinal=2, format="online", place="Town", country="A"
            ),
            MeetingHeld(meeting="d/b/1", series="d/b", date="2020", format="hybrid"),
            MeetingShared(meeting="d/a/2", series="d/b", ordinal=7),
            source=REPORT,
        )
        registry.record(
            DelegateAttended(
                meeting="d/a/2", party="A", name="Ms. ONE", office="Minister", level="minister", role="chair"
            ),
            DelegateAttended(meeting="d/a/2", party="B", name="", office="Ambassador", on_behalf_of="The Minister"),
            DelegateAttended(meeting="d/a/2", party="X"),
            DelegateAbsent(meeting="d/a/2", party="C", name="Mr. THREE", excused=True, reason="Illness"),
            TopicDiscussed(meeting="d/a/2", topic="Water | and *power*"),
            ActivityReported(meeting="d/a/2", title="A fair", organisers=("One", "Two"), field="trade", date="2019-11"),
            OutcomeAgreed(meeting="d/a/2", title="A plan", kind="action plan"),
            HeadcountStated(meeting="d/a/2", count=30),
            CountStated(series="d/a", count=5, as_of="2020-03-01", reported_at="d/a/2"),
            source=REPORT,
            cite=Citation(locator="p. 2", quote="as follows"),
        )
        yield registry


PARTIES = {"A": "Aland", "B": "Bland", "C": "Cland", "D": "Dland", "E": "Eland"}


def text_of(document: Document) -> str:
    def line(pieces: tuple[Piece, ...]) -> str:
        return "".join(piece.text for piece in pieces)

    parts = [document.title, document.notes_title, *map(line, document.notes)]
    for block in document.blocks:
        match block:
            case Heading():
                parts.append(block.text)
            case Paragraph():
                parts.append(line(block.line))
            case Items():
                parts += map(line, block.lines)
            case Grid():
                parts += [*block.headings, *(line(cell) for row in block.rows for cell in row)]
    return "\n".join(parts)


def pieces_of(document: Document) -> Iterator[Piece]:
    for block in document.blocks:
        match block:
            case Paragraph():
                yield from block.line
            case Items():
                yield from (piece for line in block.lines for piece in line)
            case Grid():
                yield from (piece for row in block.rows for cell in row for piece in cell)
            case _:
                pass


def sources_of(written: Brief, notes: tuple[int, ...]) -> list[str]:
    return [written.notes[number - 1].source.title for number in notes]


# --- the release -------------------------------------------------------------------------


def test_the_sentence_of_the_release_is_in_the_brief_of_its_meeting(som_14: Brief) -> None:
    sentence = str(som_14).split("## Counts\n\n")[1].split("\n")[0]
    plain = re.sub(r" \[[^]]*\]", "", sentence)
    assert plain.startswith(
        "By 16 June 2021, the following meetings had been held (“Central Asia plus Japan” Dialogue): "
        "Foreign Ministers' Meeting, 7 times face-to-face and 1 time online; Senior Officials' Meeting, 14 times; "
        "Tokyo Dialogue, 11 times; Experts' Meeting, 6 times"
    )


def test_every_number_is_the_length_of_a_list_of_cited_facts(som_14: Brief, seed: Registry) -> None:
    numbers = {count.series: count.total for count in som_14.counts}
    assert numbers == {series: count.total for series, count in seed.counts(as_of="2021-06-16").items()}
    for count in som_14.counts:
        assert count.total == Bounds(sum(one.certain for one in count.meetings), len(count.meetings))
        assert all(one.notes for one in count.meetings)
        assert len({one.meeting.meeting for one in count.meetings}) == len(count.meetings)
    assert som_14.total == Bounds(42, 42)
    assert len({one.meeting.meeting for one in som_14.counted}) == 42


def test_the_participants_of_the_release_are_in_the_brief(som_14: Brief) -> None:
    assert som_14.shown is not None
    listed = {
        (party.party, noted.row.name, noted.row.office): sources_of(som_14, noted.notes)
        for party in som_14.shown.present
        for noted in party.people
    }
    assert [party for party, _, _ in listed] == ["JPN", "KAZ", "KGZ", "TJK", "TKM", "UZB"]
    assert all(RELEASE in titles for titles in listed.values())
    assert (som_14.shown.absent, som_14.shown.not_known) == ((), ())


@pytest.mark.skipif(not SHARED.exists(), reason="the text of the release is not beside this checkout")
def test_the_second_reference_of_the_release_is_in_the_brief_word_for_word(som_14: Brief) -> None:
    release = (SHARED / "press_release_2021-06-16.txt").read_text("utf-8")
    lines = re.findall(r"^Mr\..+$", release.split("[Reference 2]")[1], re.MULTILINE)
    assert len(lines) == 5
    people = {f"{noted.row.name}, {noted.row.office}" for party in som_14.shown.present for noted in party.people}
    assert set(lines) <= people
    written = text_of(compose(som_14))
    for activity in ("Medical Excellence Japan (MEJ)", "Central Asia Virtual EXPO (CAVEX)", "ROTOBO"):
        assert activity in release
        assert activity in written


def test_topics_activities_and_outcomes_have_their_source(som_14: Brief) -> None:
    shown = som_14.shown
    assert (len(shown.topics), len(shown.activities), len(shown.outcomes)) == (8, 3, 1)
    for noted in (*shown.topics, *shown.activities, *shown.outcomes):
        assert RELEASE in sources_of(som_14, noted.notes)


def test_every_number_and_line_of_facts_has_its_notes(som_14: Brief) -> None:
    document = compose(som_14)
    cited = {number for piece in pieces_of(document) for number in piece.notes}
    assert cited == set(range(1, len(document.notes) + 1))
    for block in document.blocks:
        if isinstance(block, Items):
            assert all(any(piece.notes for piece in line) for line in block.lines)
        if isinstance(block, Grid):
            assert all(any(piece.notes for cell in row for piece in cell) for row in block.rows)


# --- stated counts -----------------------------------------------------------------------

SERIES = {
    "foreign_ministers": ("ca-jad/fm", None), "foreign_ministers_in_person": ("ca-jad/fm", "in-person"),
    "foreign_ministers_online": ("ca-jad/fm", "online"), "senior_officials": ("ca-jad/som", None),
    "tokyo_dialogue": ("ca-jad/tokyo-dialogue", None), "experts": ("ca-jad/experts", None),
    "business_dialogue": ("ca-jad/business", None),
}  # fmt: skip


@pytest.mark.skipif(not SHARED.exists(), reason="the stated counts are not beside this checkout")
def test_the_sentence_of_each_stated_count_is_reproduced_under_the_rule_that_explain_names(seed: Registry) -> None:
    say, reproduced = language("en"), 0
    for statement in json.loads((SHARED / "statements.json").read_text("utf-8")):
        for name, number in (statement["counts"] or {}).items():
            series, format_ = SERIES[name]
            explanation = seed.explain(series, count=number, as_of=statement["as_of"], format=format_)
            by_rule = {tried.rule: tried for tried in explanation.tried}
            fitting = [by_rule[rule] for rule in explanation.rules]
            assert fitting, f"no rule gives {number} of {series} as of {statement['as_of']}"
            rule = min(fitting, key=lambda tried: tried.verdict != "agrees")
            assert repr(explanation.rules[0]) in explanation.text()
            counted = Times(format_, Bounds(len(rule.counted), len(rule.counted)))
            sentences = {
                "".join(
                    piece.text for piece in count_sentence(say, "CA+J", None, [SeriesTimes(explanation.name, (t,))])
                )
                for t in (counted, Times(format_, Bounds(number, number)))
            }
            assert len(sentences) == 1, sentences
            reproduced += 1
    assert reproduced == 30


# --- what a brief says -------------------------------------------------------------------


def test_a_brief_says_who_was_absent_and_who_is_on_no_list(registry: Registry) -> None:
    shown = brief(registry, "d/a/2").shown
    assert [(one.party, one.people[0].row.name) for one in shown.absent] == [("C", "Mr. THREE")]
    assert shown.not_known == ("Eland",)  # D had left, X is no member
    written = str(brief(registry, "d/a/2"))
    assert "Mr. THREE" in written
    assert "excused" in written
    assert "Illness" in written
    assert "neither present nor absent: Eland" in written


def test_a_brief_says_what_disagrees(registry: Registry) -> None:
    held = next(fact for fact in registry.facts(MeetingHeld) if fact.event.meeting == "d/a/2")
    claim = MeetingHeld(meeting="d/a/2", series="d/a", date="2020-03-04", ordinal=2, format="online", place="Town",
                        country="A")  # fmt: skip
    registry.dispute(held.id, claim, source=Source("Another report"))
    written = str(brief(registry, "d/a/2"))
    section = written.split("## What disagrees")[1].split("\n## ", maxsplit=1)[0]
    assert "Series A: 5 [" in section
    assert "2 recorded" in section
    assert "1 March 2020 stands, 4 March 2020 is claimed" in section
    assert "30 [" in section
    notes = written.split("## Sources")[1]
    assert "Another report" in notes
    assert "p. 2, “as follows”" in notes


def test_the_place_in_the_source_and_the_kept_copy_are_in_the_notes(registry: Registry) -> None:
    registry.record(SourceKept(source=REPORT, sha256="0" * 64, retrieved="2020-04-01", archived="https://keep.org/2"))
    notes = brief(registry, "d/a/2").notes
    assert {(note.source, note.locator) for note in notes} == {(REPORT, ""), (REPORT, "p. 2")}
    assert all(note.archived == "https://keep.org/2" for note in notes)
    assert "copy kept: <https://keep.org/2>, retrieved 1 April 2020" in str(brief(registry, "d/a/2"))


def test_facts_without_a_source_say_so() -> None:
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2018"),
            SeriesOpened(series="s", dialogue="d", name="S"),
            MeetingHeld(meeting="m", series="s", date="2019"),
        )
        assert "1. Recorded without a source." in str(brief(registry, "m"))


def test_a_joint_meeting_counts_in_each_series_and_one_time_in_the_dialogue(registry: Registry) -> None:
    written = brief(registry, "d")
    assert [(count.series, count.total) for count in written.counts] == [("d/a", Bounds(2, 2)), ("d/b", Bounds(2, 2))]
    assert written.total == Bounds(3, 3)
    [in_b] = [one.meeting for one in written.counts[1].meetings if one.meeting.meeting == "d/a/2"]
    assert in_b.ordinal == 7


def test_a_meeting_of_an_uncertain_day_is_counted_as_possible(registry: Registry) -> None:
    written = brief(registry, "d/b", as_of="2020-06-01")
    assert written.counts[0].total == Bounds(1, 2)
    assert "0–1 times in hybrid form" in str(written)
    assert "possibly: the day is uncertain" in str(written)


def test_a_brief_of_a_series_shows_the_last_meeting_held_by_then(registry: Registry) -> None:
    assert brief(registry, "d/a").shown.meeting.meeting == "d/a/2"
    assert brief(registry, "d/a", as_of="2019-12-31").shown.meeting.meeting == "d/a/1"
    assert brief(registry, "d/a", as_of="2019-01-01").shown is None
    assert "No meeting is recorded as held" in str(brief(registry, "d/a", as_of="2018-12-31"))


def test_statements_of_a_later_day_are_not_in_a_brief_of_an_earlier_one(registry: Registry) -> None:
    assert brief(registry, "d/a", as_of="2020-02-28").counts[0].stated == ()
    assert brief(registry, "d/a", as_of="2020-02-28").disagreeing == ()
    assert [noted.row.statement.count for noted in brief(registry, "d/a").counts[0].stated] == [5]


# --- what is next ------------------------------------------------------------------------


def next_of(registry: Registry, as_of: str | None) -> list[tuple[str, str, str]]:
    return [
        (one.meeting.meeting, str(one.meeting.status), str(one.meeting.date))
        for one in brief(registry, "d", as_of=as_of).upcoming
    ]


def test_the_next_meeting_is_that_announced_by_the_day_and_not_yet_held(registry: Registry) -> None:
    registry.record(
        MeetingAnnounced(meeting="d/a/3", series="d/a", date="2021-05-01", on="2021-01-10"),
        MeetingPostponed(meeting="d/a/3", until="2021-09", on="2021-04-20"),
        MeetingHeld(meeting="d/a/3", series="d/a", date="2021-09-03", on="2021-09-04"),
    )
    assert next_of(registry, "2021-01-09") == []
    assert next_of(registry, "2021-01-10") == [("d/a/3", "announced", "2021-05-01")]
    assert next_of(registry, "2021-04-30") == [("d/a/3", "postponed", "2021-09")]
    assert next_of(registry, "2021-09-02") == [("d/a/3", "postponed", "2021-09")]
    assert next_of(registry, "2021-09-03") == []
    assert next_of(registry, None) == []


def test_a_meeting_cancelled_by_the_day_is_not_next(registry: Registry) -> None:
    registry.record(
        MeetingAnnounced(meeting="d/b/9", series="d/b", date="2022-05-01", on="2022-01-10", place="Elsewhere"),
        MeetingCancelled(meeting="d/b/9", on="2022-03-01"),
    )
    assert next_of(registry, "2022-02-28") == [("d/b/9", "announced", "2022-05-01")]
    assert next_of(registry, "2022-03-01") == next_of(registry, None) == []
    assert "Series B (1 May 2022; Elsewhere)" in str(brief(registry, "d/b", as_of="2022-02-01"))


def test_an_announced_day_that_is_over_is_not_next(registry: Registry) -> None:
    registry.record(MeetingAnnounced(meeting="d/a/3", series="d/a", date="2020-01-05", on="2019-12-10"))
    assert next_of(registry, "2020-01-04") == [("d/a/3", "announced", "2020-01-05")]
    assert next_of(registry, "2020-01-05") == next_of(registry, None) == []


# --- languages ---------------------------------------------------------------------------


def test_japanese_words_and_names_are_those_of_the_language(registry: Registry) -> None:
    japanese = {"d": "対話", "d/a": "甲会合", "d/b": "乙会合", "d/a/2": "第二回甲会合"}
    registry.record(
        *(NameUsed(of=id_, name=name, language="ja") for id_, name in japanese.items()),
        *(NameUsed(party=party, name=f"国{number}", language="ja") for number, party in enumerate(PARTIES)),
        NameUsed(of="d/a", name="Reihe A", language="de"),
    )
    written = brief(registry, "d/a/2", as_of="2020-12-31", language="ja")
    assert written.name == "第二回甲会合"
    text = text_of(compose(written))
    assert "2020年12月31日までに、対話の下で、甲会合が対面式で1回とオンラインで1回、乙会合が" in text
    recorded = text_of(compose(brief(registry, "d/a/2", as_of="2020-12-31")))
    own = {"Report of the 2nd meeting", "A secretariat", "Ms. ONE", "Minister", "Mr. THREE", "Illness", "Ambassador"}
    words = set(re.findall(r"[A-Za-z]{3,}", text)) - {w for o in own for w in re.findall(r"[A-Za-z]{3,}", o)}
    facts = {"https", "example", "org", "Water", "and", "power", "fair", "One", "Two", "trade", "plan", "action",
             "follows", "Town", "The"}  # fmt: skip
    assert words <= facts
    assert "Participants" in recorded


def test_a_name_of_a_period_is_used_in_its_period(registry: Registry) -> None:
    registry.record(
        NameUsed(of="d", name="The old name", language="en", until="2019-12-31"),
        NameUsed(of="d", name="The new name", language="en", since="2020-01-01"),
    )
    assert brief(registry, "d", as_of="2019-06-01").name == "The old name"
    assert brief(registry, "d", as_of="2020-06-01").name == "The new name"
    assert brief(registry, "d").name == "The new name"


def test_every_phrase_of_a_brief_is_there_in_every_language_with_the_same_gaps() -> None:
    code = "".join(path.read_text("utf-8") for path in (ROOT / "src/dialogue_registry/exports/brief").glob("*.py"))
    phrases = set(re.findall(r'\bsay\(\s*"([^"]+)"', code))
    assert len(phrases) > 50
    words = {*Format, *Status, *Role, *Level, *HeadcountOf} - {Role.DELEGATE}
    phrases |= {word.replace("-", " ") for word in words} | {"not known how"}
    for tag in set(languages()) - {"en"}:
        known = language(tag).phrases
        assert sorted(phrase for phrase in phrases if phrase not in known) == []
        for phrase in phrases:
            assert set(re.findall(r"\{\w+\}", known[phrase])) == set(re.findall(r"\{\w+\}", phrase)), phrase


def test_a_language_without_words_is_refused(registry: Registry) -> None:
    with pytest.raises(InvalidValueError, match="no words in the language 'tlh'"):
        brief(registry, "d", language="tlh")


def test_an_unknown_id_is_refused(registry: Registry) -> None:
    with pytest.raises(UnknownSubjectError, match="there is no dialogue, series or meeting 'd/c'"):
        brief(registry, "d/c")
    with pytest.raises(InvalidValueError, match="id is 3: give a text"):
        brief(registry, 3)


# --- writers -----------------------------------------------------------------------------


def test_word_opens_the_brief_and_every_note_is_linked_to_its_bookmark(som_14: Brief, tmp_path: Path) -> None:
    path = write_brief(som_14, tmp_path / "som.docx")
    document = docx.Document(str(path))
    assert document.paragraphs[0].text == som_14.name
    assert document.core_properties.title == som_14.name
    names = [element.get(NAMED + "name") for element in document.element.iter(NAMED + "bookmarkStart")]
    assert names == [bookmark(number) for number in range(1, len(som_14.notes) + 1)]
    leads = {link.get(NAMED + "anchor") for link in document.element.iter(NAMED + "hyperlink")} - {None}
    assert leads <= set(names)
    assert len(leads) > 30
    tables = [[[cell.text for cell in row.cells] for row in table.rows] for table in document.tables]
    assert [len(rows) for rows in tables] == [8, 7, 43]
    assert any(row[1].startswith("Mr. Marat SYZDYKOV") for row in tables[1])


NAMED = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def test_the_three_formats_say_the_same(registry: Registry, tmp_path: Path) -> None:
    written = brief(registry, "d/a/2")
    document = docx.Document(str(write_brief(written, tmp_path / "b.docx")))
    page = write_brief(written, tmp_path / "b.html").read_text("utf-8")
    text = write_brief(written, tmp_path / "b.md").read_text("utf-8")
    body = "\n".join(paragraph.text for paragraph in document.paragraphs)
    cells = "\n".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
    for fact in ("Ms. ONE", "Mr. THREE", "A fair", "One, Two", "A plan", "action plan", "Illness", "p. 2", "Aland"):
        assert fact in page
        assert fact in text
        assert fact in body + cells
    assert text.startswith("# Series A")
    assert "Water \\| and \\*power\\*" in text
    assert 'id="note-1"' in page
    assert 'href="#note-1"' in page


def test_a_written_brief_is_the_same_bytes_each_time(som_14: Brief) -> None:
    files = [zipfile.ZipFile(BytesIO(word(compose(som_14)))) for _ in range(2)]
    assert [[(name, file.read(name)) for name in file.namelist()] for file in files[:1]] == [
        [(name, file.read(name)) for name in file.namelist()] for file in files[1:]
    ]


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[a](javascript:x)",
        "\x1b[2J",
        "a\x07b",
        "# no",
        "1. no",
        "|",
        "𝒳",
        "a\ufffe\uffffb",
    ],
)
def test_texts_that_would_steer_a_format_do_not(tmp_path: Path, text: str) -> None:
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name=text, launched="2018"),
            PartyJoined(dialogue="d", party=text, name=text),
            SeriesOpened(series="s", dialogue="d", name=text),
            MeetingHeld(meeting="m", series="s", date="2019", title=text, place=text),
            TopicDiscussed(meeting="m", topic=text),
            DelegateAttended(meeting="m", party=text, name=text, office=text),
            source=Source(text, url="javascript:alert(1)", publisher=text),
        )
        written = brief(registry, "m")
        paths = [write_brief(written, tmp_path / f"b{ending}") for ending in (".md", ".html", ".docx")]
    markdown, page = (path.read_text("utf-8") for path in paths[:2])
    docx.Document(str(paths[2]))
    assert "<script" not in page
    assert 'href="javascript' not in page
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", markdown + page)
    assert "\n- # no" not in markdown
    assert not re.search(r"^- 1\. ", markdown, re.MULTILINE)


def test_another_ending_is_refused_and_a_registry_is_never_replaced(registry: Registry, tmp_path: Path) -> None:
    written = brief(registry, "d")
    with pytest.raises(ExchangeError, match=r"ends in '.pdf': a brief is written to a file that ends in .md, .html"):
        write_brief(written, tmp_path / "b.pdf")
    Registry.open(tmp_path / "r.db").close()
    (tmp_path / "r.db").rename(tmp_path / "r.md")
    with pytest.raises(ExchangeError, match="is a registry"):
        write_brief(written, tmp_path / "r.md")


def test_a_notebook_shows_a_brief_as_a_page(registry: Registry) -> None:
    assert brief(registry, "d")._repr_html_().startswith("<h1>A dialogue</h1>")


# --- the command -------------------------------------------------------------------------


def run(*arguments: str) -> str:
    ran = CliRunner().invoke(cli, list(arguments), prog_name="dialogue-registry")
    assert ran.exit_code == 0, ran.output
    return ran.output


@pytest.fixture
def file(registry: Registry, tmp_path: Path) -> str:
    path = tmp_path / "d.db"
    with Registry.open(path) as copy:
        copy.import_events(registry.export_events())
    return str(path)


def test_the_command_prints_markdown_or_writes_what_the_ending_says(file: str, tmp_path: Path) -> None:
    assert run("brief", file, "d/a/2").startswith("# Series A (2)\n")
    assert "b.docx is ready" in run("brief", file, "d/a/2", "--lang", "ja", "--out", str(tmp_path / "b.docx"))
    assert docx.Document(str(tmp_path / "b.docx")).core_properties.language == "ja"
    refused = CliRunner().invoke(cli, ["brief", file, "d/a/2", "--out", "b.txt"])
    assert refused.exit_code == 1
    assert "ends in '.txt'" in refused.output


def test_the_command_asks_as_of_an_earlier_state(file: str) -> None:
    assert "Ms. ONE" in run("brief", file, "d/a/2")
    assert "Nobody is recorded as present." in run("at", "12", "brief", file, "d/a/2")


def test_a_count_stated_of_the_whole_dialogue_is_held_against_all_its_meetings(registry: Registry) -> None:
    registry.record(CountStated(dialogue="d", count=3, as_of="2020-12-31"), source=Source("A speech"))
    written = brief(registry, "d", as_of="2020-12-31")
    assert [(noted.row.statement.count, str(noted.row.verdict)) for noted in written.stated] == [(3, "agrees")]
    assert "3 [3] (31 December 2020): agrees" in str(written)
    registry.record(CountStated(dialogue="d", count=9, as_of="2021-06-30"), source=Source("Another speech"))
    assert "A dialogue: 9 [" in str(brief(registry, "d")).split("## What disagrees")[1]


@pytest.mark.parametrize("as_of", ["2019-01-01", None])
def test_a_dialogue_and_a_series_without_meetings_have_a_brief_too(as_of: str | None) -> None:
    with Registry.open() as registry:
        registry.record(DialogueLaunched(dialogue="d", name="D", launched="2018"))
        assert brief(registry, "d", as_of=as_of).total == Bounds(0, 0)
        registry.record(SeriesOpened(series="s", dialogue="d", name="S"))
        assert "S" in str(brief(registry, "s", as_of=as_of))


@pytest.mark.parametrize(
    "report", [MeetingPostponed(meeting="m", reason="Snow"), MeetingCancelled(meeting="m", reason="Snow")]
)
def test_a_meeting_that_was_not_held_has_a_brief_with_its_status_and_why(report: MeetingPostponed) -> None:
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2018"),
            SeriesOpened(series="s", dialogue="d", name="S"),
            MeetingAnnounced(meeting="m", series="s", date="2020-01"),
            report,
            source=REPORT,
        )
        written = str(brief(registry, "m"))
        assert f"- Status: {registry.meetings()[0].status} [1]" in written
        assert "- Reason: Snow [1]" in written


def test_on_a_terminal_of_eighty_columns_no_line_is_longer_and_nothing_is_lost(som_14: Brief) -> None:
    folded = markdown(compose(som_14), 80)
    addresses = [note.source.url for note in som_14.notes if note.source.url]
    assert max(len(text) for text in folded.splitlines() if "://" not in text) <= 80
    plain = "".join(folded.split())
    assert all("".join(f"<{address}>".split()) in plain for address in addresses)
    for count in som_14.counts:
        assert all(str(one.meeting.ordinal or "") in folded for one in count.meetings)
