"""Whatever text stands in every field, each format holds it, and has the structure that it has with a plain one.

The texts are made of what steers one of the formats; with ``--hypothesis-profile=long`` each property tries 250.
"""

import csv
import json
import posixpath
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree as ET

import docx
import openpyxl
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from dialogue_registry import (
    ActivityReported,
    CountStated,
    DelegateAbsent,
    DelegateAttended,
    DialogueLaunched,
    MeetingAnnounced,
    MeetingHeld,
    NameUsed,
    OutcomeAgreed,
    PartyJoined,
    Registry,
    SeriesOpened,
    Source,
    TopicDiscussed,
    arrow_tables,
    brief,
    charts,
    export_file,
    import_table,
    publish,
    write_brief,
)
from dialogue_registry.model.texts import fold_text
from dialogue_registry.queries.display import printable

PIECES = (
    "<", ">", "&", '"', "'", "</script>", "<script>", "<!--", "-->", "]]>", "</title>", "<img src=x onerror=alert(1)>",
    "\r\n", "\n", "\r", "\t", "\v", "\f", "\x1c", "\x1e", "\x1f", "\x85", "\u2028", "\u2029", "\x07", "\x1b[31m",
    "\x7f", "\x9b", "\ufeff", "\ufffe", "\uffff", "\u202e", "\u200f", "e\u0301", "東京", "🕊", "\U0010ffff",
    "=1+1", "+", "-", "@", "|", ";", ",", ":", "\\", "\\n", "_x0041_", "_x000D_", "BEGIN:VEVENT", "END:VCALENDAR",
    "javascript:alert(1)", "[a](b)", "`", "#", "1. ", "* ", "{{ 7 }}", "{% raw %}", "{0}", "%s", "%", " ", "  ", "a",
)  # fmt: skip
texts = st.lists(st.sampled_from(PIECES) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
                 max_size=5), min_size=1, max_size=6).map("".join).filter(fold_text)  # fmt: skip
few = settings(max_examples=settings().max_examples // 12)


def registry_of(text: str) -> Registry:
    """Return a registry that has a text wherever one may stand."""
    registry = Registry.open()
    registry.record(
        DialogueLaunched(dialogue="d", name=text, launched="2004", aliases=(text,)),
        SeriesOpened(series="d/s", dialogue="d", name=text, abbreviation=text, aliases=(text,)),
        PartyJoined(dialogue="d", party=text, name=text, aliases=(text,)),
        MeetingHeld(meeting="d/s/1", series="d/s", date="2004-01-02", title=text, place=text, country=text),
        MeetingAnnounced(meeting="d/s/2", series="d/s", date="2030-01-03", title=text, place=text, period=text),
        MeetingAnnounced(meeting="d/s/3", series="d/s", date="2030", title=text),
        DelegateAttended(meeting="d/s/1", party=text, name=text, office=text, on_behalf_of=text),
        DelegateAttended(meeting="d/s/1", party=text, name=f"{text}!", person=text, seat=text),
        DelegateAbsent(meeting="d/s/1", party=text, name=f"{text}?", reason=text, represented_by=text),
        NameUsed(of="d/s", name=text, language="en"),
        TopicDiscussed(meeting="d/s/1", topic=text),
        OutcomeAgreed(meeting="d/s/1", title=text, kind=text),
        ActivityReported(meeting="d/s/1", title=text, organisers=(text,), field=text),
        CountStated(series="d/s", count=7, as_of="2004-05-05", reported_at="d/s/1"),
        source=Source(text.strip(), publisher=text.strip(), kind=text.strip()),  # as the cell of a table has it
    )
    return registry


@few
@given(texts)
def test_tables_and_lines_hold_any_text_as_it_is_and_come_back(text: str) -> None:
    with registry_of(text) as registry, TemporaryDirectory() as name:
        folder = Path(name)
        export_file(registry, folder / "r.jsonl")
        lines = (folder / "r.jsonl").read_text("utf-8").split("\n")[:-1]
        data = [json.loads(line)["data"] for line in lines]
        assert [fields["title"] for fields in data if "title" in fields] == [text] * 5
        assert len(lines) == registry.position
        position = registry.position
        export_file(registry, folder / "csv", mapping=folder / "csv.toml")
        assert arrow_tables(registry)["meetings"].column("title").to_pylist() == [text] * 3
        with (folder / "csv" / "meetings.csv").open(encoding="utf-8", newline="") as file:
            assert [row["title"] for row in csv.DictReader(file)] == [text] * 3
        export_file(registry, folder / "r.xlsx", mapping=folder / "xlsx.toml")
        for sheet in openpyxl.load_workbook(folder / "r.xlsx"):
            assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
        tables = [("csv/facts.csv", "csv.toml"), ("r.xlsx", "xlsx.toml")]
        if re.search("[\ufffe\uffff]", text):  # the reader of workbooks leaves them spelled out, as "_xFFFF_"
            tables.pop()
        for table, mapping in tables:
            report = import_table(registry, folder / table, folder / mapping)
            assert (report.recorded, report.problems, registry.position) == (0, (), position), table


PARTS_OF_NAMES = {
    "familyName", "givenName", "honorificPrefix", "honorificSuffix",
    "family_name", "given_name", "honorific_prefix", "honorific_suffix", "sort_name",
}  # fmt: skip


def shape(value: Any) -> Any:
    """Return a JSON value without its texts and numbers, and without the parts of names, which not every name has."""
    match value:
        case dict():
            return {key: shape(inner) for key, inner in value.items() if key not in PARTS_OF_NAMES}
        case list():
            return [shape(inner) for inner in value]
        case _:
            return type(value).__name__


def leaves(value: Any) -> Iterator[Any]:
    match value:
        case dict() | list():
            for inner in value.values() if isinstance(value, dict) else value:
                yield from leaves(inner)
        case _:
            yield value


@few
@given(texts)
def test_json_for_others_holds_any_text_in_the_same_shape(text: str) -> None:
    def exported(name: str, text: str) -> Any:
        with registry_of(text) as registry, TemporaryDirectory() as folder:
            export_file(registry, Path(folder) / name)
            return json.loads((Path(folder) / name).read_bytes())

    for name in ("r.jsonld", "r.json"):
        hostile = exported(name, text)
        assert shape(hostile) == shape(exported(name, "plain"))
        assert text in set(leaves(hostile))


@few
@given(texts)
@example("END:VCALENDAR")
def test_a_calendar_holds_any_text_on_the_same_lines(text: str) -> None:
    def exported(text: str) -> bytes:
        with registry_of(text) as registry, TemporaryDirectory() as folder:
            export_file(registry, Path(folder) / "r.ics")
            return (Path(folder) / "r.ics").read_bytes()

    hostile = exported(text)
    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n", hostile)
    assert max(map(len, hostile.split(b"\r\n"))) <= 75
    keys = [
        [line.partition(b":")[0].partition(b";")[0] for line in written.replace(b"\r\n ", b"").split(b"\r\n")]
        for written in (hostile, exported("plain"))
    ]
    assert keys[0] == keys[1]
    events = Calendar.from_ical(hostile).walk("VEVENT")
    shown = printable(" ".join(text.splitlines())).removeprefix("\ufeff")  # the mark that icalendar drops
    assert [str(event["SUMMARY"]) for event in events] == [shown] * 2


class Elements(HTMLParser):
    """The elements of a page with the names of their attributes, and the addresses that they lead to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[tuple[str, ...]] = set()
        self.links: set[str] = set()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add((tag, *sorted(name for name, _ in attrs)))
        self.links |= {(value or "").partition("#")[0] for name, value in attrs if name in ("href", "src")}


def files_of(text: str) -> dict[str, str]:
    """Return the pictures, briefs and pages of a registry with a text in every field, by their names."""
    with registry_of(text) as registry, TemporaryDirectory() as name:
        folder = Path(name)
        charts.draw(registry, folder / "pictures", formats=["html", "svg"], title=text)
        written = brief(registry, "d/s/1")
        for ending in ("md", "html", "docx"):
            write_brief(written, folder / f"brief.{ending}")
        docx.Document(str(folder / "brief.docx"))
        publish(registry, folder / "site", title=text, description=text, licence=text, source=text)
        paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".docx"]
        return {path.relative_to(folder).as_posix(): path.read_bytes().decode(errors="replace") for path in paths}


@cache
def elements_of_plain_files() -> set[tuple[str, ...]]:
    files = files_of("plain")
    return {element for name in files if name.endswith(".html") for element in Elements(files[name]).found}


@few
@given(texts)
@example("0\x1f<")
def test_pictures_briefs_and_pages_hold_any_text_in_the_same_elements(text: str) -> None:
    files = files_of(text)
    for name, content in files.items():
        match name.rpartition(".")[2]:
            case "html":
                page = Elements(content)
                assert page.found <= elements_of_plain_files(), name
                own = [link for link in page.links if link and not link.startswith("https://")]
                assert [link for link in own if posixpath.normpath(posixpath.join(name, "..", link)) not in files] == []
            case "svg" | "atom":
                ET.fromstring(content)
            case "json":
                json.loads(content)
            case "md":
                assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", content)
    assert json.loads(files["site/meetings/d~s~1.json"])["title"] == text
