"""A published site holds what the registry says, every row with its source; Datasette serves it as it is."""

import asyncio
import json
import re
import runpy
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import attrs
import pytest
import yaml
from datasette.app import Datasette

from dialogue_registry import (
    DelegateAttended,
    DialogueLaunched,
    InvalidValueError,
    MeetingAnnounced,
    MeetingHeld,
    NotARegistryError,
    Registry,
    SeriesOpened,
    Source,
    TopicDiscussed,
    publish,
)
from dialogue_registry.exports.site.pages import QUERIES
from tests.paths import ROOT

LIST = Source("A list", url="https://example.org/list", publisher="A club", language="en")
load = runpy.run_path(str(ROOT / "examples" / "central_asia_plus_japan.py"))["load"]


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("registry") / "ca-jad.db"
    with Registry.open(path) as registry:
        registry.record_all(load())
        guests = [
            DelegateAttended(meeting="ca-jad/som/14", party="EU", name=name) for name in ("Zoë ŠIMŮNKOVÁ", "Łukasz")
        ]
        registry.record(*guests, source=LIST)
        topic = TopicDiscussed(meeting="ca-jad/som/14", topic="中央アジア東京対話高級実務者会合「MOFA」")
        registry.record(topic, source=Source("not to be clicked", url="javascript:alert(1)"))
        held = next(event for event in registry.events(subject="ca-jad/som/13") if isinstance(event.event, MeetingHeld))
        registry.dispute(held.id, attrs.evolve(held.event, date="2018-11-27"), source=LIST, reason="seen there")
    return path


@pytest.fixture(scope="module")
def folder(path: Path) -> Path:
    made = publish(path, path.parent / "site", licence="CC BY 4.0", description="<b>Since</b> 2004", pictures=False)
    assert made == path.parent / "site" / "ca-jad.db"
    return made.parent


@pytest.fixture
def site(folder: Path):
    site = sqlite3.connect(folder / "ca-jad.db")
    yield site
    site.close()


@pytest.fixture(scope="module")
def get(folder: Path):
    """Ask the site as Datasette serves it from its folder."""
    return served(folder)


def served(folder: Path) -> Callable[[str], Any]:
    (database,) = folder.glob("*.db")
    datasette = Datasette(
        [str(database)], metadata=yaml.safe_load((folder / "metadata.yaml").read_text("utf-8")),
        static_mounts=[("static", str(folder / "static"))],
        settings=json.loads((folder / "settings.json").read_text("utf-8")),
    )  # fmt: skip

    def ask(url: str) -> Any:
        answer = asyncio.run(datasette.client.get(url, follow_redirects=True))
        assert answer.status_code == 200, (url, answer.text)
        return answer.json() if ".json" in url else answer.text

    return ask


def tables(site: sqlite3.Connection) -> list[str]:
    rows = site.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'search_%'")
    return [name for (name,) in rows if not name.startswith("sqlite_")]


def test_every_link_between_tables_leads_somewhere(site: sqlite3.Connection) -> None:
    assert site.execute("PRAGMA foreign_key_check").fetchall() == []
    assert site.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_every_fact_names_its_source_and_its_event(site: sqlite3.Connection) -> None:
    for name in tables(site):
        columns = {row[1] for row in site.execute(f"PRAGMA table_info({name})")}
        if name in {"people", "all_parties", "counts", "events", "sources", "anomalies"}:
            continue
        assert {"source", "source_url", "event"} <= columns, name
        without = site.execute(f"SELECT count(*) FROM {name} WHERE source IS NULL").fetchone()
        assert without == (0,), name


def test_the_site_says_what_the_registry_says(path: Path, site: sqlite3.Connection) -> None:
    def all_of(query: str) -> list[Any]:
        return site.execute(query).fetchall()

    with Registry.open(path, read_only=True) as registry:
        counts = registry.counts()
        assert dict(all_of("SELECT series, held FROM series")) == {s: c.total.certain for s, c in counts.items()}
        for meeting in registry.meetings():
            (row,) = all_of(
                f"SELECT status, date, format, source_url FROM meetings WHERE meeting = '{meeting.meeting}'"
            )
            assert row == (
                meeting.status, meeting.date and str(meeting.date), meeting.format, meeting.sources[0].url or None,
            )  # fmt: skip
        assert dict(all_of("SELECT title, publisher || ' ' || language FROM sources"))["A list"] == "A club en"
        told = [(a.name or "not named", a.party, a.meeting, a.sources[0].url or None) for a in registry.attendance()]
        assert all_of("SELECT name, party, meeting, source_url FROM delegates ORDER BY event") == told
        findings = [(f.statement.series, f.statement.count, f.verdict, f.difference) for f in registry.reconcile()]
        assert sorted(all_of("SELECT series, stated, verdict, difference FROM reconciliation")) == sorted(findings)
        for year in (2005, 2010, 2021):
            then = registry.counts(as_of=f"{year}-12-31")
            rows = all_of(f"SELECT series, held, possibly FROM counts WHERE as_of = '{year}-12-31'")
            assert {s: (c, p) for s, c, p in rows} == {
                s: (c.total.certain, c.total.possible) for s, c in then.items() if c.total.possible
            }
        assert all_of("SELECT count(*) FROM evidence") == [(len(list(registry.db.query("SELECT 1 FROM evidence"))),)]


def test_the_published_file_is_the_registry_still(path: Path, folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_bytes((folder / "ca-jad.db").read_bytes())
    with Registry.open(path, read_only=True) as registry, Registry.open(copy) as published:
        assert published.verify() == registry.head
        assert published.meetings() == registry.meetings()
        assert published.search("syzdykov") == registry.search("syzdykov")


def test_what_datasette_is_told_names_tables_and_columns_that_are_there(folder: Path, site: sqlite3.Connection) -> None:
    told = yaml.safe_load((folder / "metadata.yaml").read_text("utf-8"))
    assert told["title"] == "“Central Asia plus Japan” Dialogue"
    assert told["license"] == "CC BY 4.0"
    assert "&lt;b&gt;Since&lt;/b&gt; 2004" in told["description_html"]
    shown = told["databases"]["ca-jad"]
    assert set(shown["tables"]) == {*tables(site), "search_texts", "sqlite_sequence"}
    for name, table in shown["tables"].items():
        columns = {row[1] for row in site.execute(f"PRAGMA table_xinfo({name})")}
        named = {*table.get("facets", ()), *table.get("columns", ())}
        named |= {table[key] for key in ("label_column", "sort_desc", "fts_pk") if key in table}
        assert named <= columns, name
        assert table.get("hidden") or table["description"]


def test_every_page_and_query_is_served(get, site: sqlite3.Connection) -> None:
    for name in tables(site):
        page = get(f"/ca-jad/{name}")
        assert "facet_timeout" not in page
    for name in QUERIES:
        assert get(f"/ca-jad/{name}.json?_shape=array&day=2018-01-25&party=JPN&words=tokyo") is not None
        assert 'id="sql-' not in get(f"/ca-jad/{name}?day=2018-01-25&party=JPN&words=tokyo")
    assert "site.css" in get("/")
    assert get("/static/site.js").startswith("//")


def test_every_way_on_the_front_page_leads_somewhere(get) -> None:
    ways = re.findall(r'<nav class="ways">(.*?)</nav>', get("/"))[0]
    links = re.findall(r'href="([^"]+)"', ways)
    assert len(links) > 5
    for link in links:
        get(f"/{link}")


def test_counts_as_of_a_day_are_the_registrys(path: Path, get) -> None:
    rows = get("/ca-jad/counts_as_of.json?_shape=array&day=2010-01-01")
    with Registry.open(path, read_only=True) as registry:
        counts = registry.counts(as_of="2010-01-01")
    assert {row["series"]: (row["certain"], row["possible"], row["highest_ordinal"]) for row in rows} == {
        s: (c.total.certain, c.total.possible, c.highest_ordinal) for s, c in counts.items()
    }


@pytest.mark.parametrize("day", ["2010", "xx", "01/02/2010", "2010-02-31", "2010-1-1"])
def test_what_is_no_day_is_said_to_be_none(get, day: str) -> None:
    (row,) = get(f"/ca-jad/counts_as_of.json?_shape=array&day={day}")
    assert row["name"] == f"There is no day {day}: write it as 2021-06-16"
    assert row["certain"] is None


@pytest.mark.parametrize(
    "words", ["ministe TOK", "simunkova", "Zoë", "lukasz", "東京対話高級実務者会合", '"expo" (cavex', "mofa'"]
)
def test_the_search_box_finds_the_beginnings_of_words_in_plain_form(get, words: str) -> None:
    assert get(f"/ca-jad/find.json?_shape=array&words={quote(words)}")


@pytest.mark.parametrize("words", ["", '"', "*", "nothing-like-it", "NOT", "%"])
def test_no_search_is_a_mistake(get, words: str) -> None:
    assert get(f"/ca-jad/find.json?_shape=array&words={quote(words)}") == []


@pytest.mark.parametrize(
    ("table", "text", "column"),
    [("delegates", "SIDIKOV", "name"), ("search", "tokuda shuichi", "text"), ("topics", "tourism", "topic"),
     ("meetings", "video conference", "name"), ("series", "som", "abbreviation")],
)  # fmt: skip
def test_tables_are_searched(get, table: str, text: str, column: str) -> None:
    rows = get(f"/ca-jad/{table}.json?_shape=array&_search={text}")
    assert rows
    words = text.casefold().split()
    assert all(word in row[column].casefold() for row in rows for word in words)


@pytest.mark.filterwarnings("ignore:Behaviour of str:FutureWarning")  # of a library that datasette-ics uses
def test_feeds_have_titles_and_hold_all_meetings(tmp_path: Path) -> None:
    with Registry.open(tmp_path / "d.db") as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            SeriesOpened(series="d/1", dialogue="d", name="S"),
            *(MeetingHeld(meeting=f"d/1/{n}", series="d/1", date=f"{1900 + n}-03-04") for n in range(70)),
            MeetingHeld(meeting="d/1/vague", series="d/1", date="2004"),
        )  # fmt: skip
    ask = served(publish(tmp_path / "d.db", tmp_path / "site", pictures=False).parent)
    (event, *_) = ask("/d/calendar.json?_shape=array")
    assert (event["event_dtstart"], event["event_dtend"]) == ("1969-03-04", "1969-03-05")
    calendar = ask("/d/calendar.ics")
    assert "X-WR-CALNAME:Calendar: meetings on a known day" in calendar
    assert calendar.count("BEGIN:VEVENT") == 70
    feed = ask("/d/feed.atom")
    assert "<title>News: what was recorded last</title>" in feed
    assert feed.count("<entry>") == 73


def test_only_pages_of_the_web_become_links(get) -> None:
    (news,) = [row for row in get("/ca-jad/feed.json?_shape=array") if "MOFA" in row["atom_content"]]
    assert re.fullmatch(r"events/\d+", news["atom_link"])
    assert 'href=""' not in get("/ca-jad/feed.atom")
    assert "javascript:" not in re.sub("<content.*?</content>", "", get("/ca-jad/feed.atom"), flags=re.DOTALL)


def test_disputes_are_told_with_what_they_contradict(get) -> None:
    (row,) = get("/ca-jad/disputes.json?_shape=array")
    assert (row["on_record"], row["claimed"], row["reason"]) == ("date 2018-11-26", "date 2018-11-27", "seen there")
    assert (row["meeting"], row["source_url"]) == ("ca-jad/som/13", "https://example.org/list")


def test_an_empty_registry_is_a_site_too(tmp_path: Path) -> None:
    with Registry.open(tmp_path / "empty.db"):
        pass
    made = publish(tmp_path / "empty.db", tmp_path / "site")
    ask = served(made.parent)
    for page in ("/", "/empty/feed.atom", "/empty/find?words=x", "/empty/meetings", "/empty/counts_as_of?day="):
        assert ask(page)
    assert "Nothing is recorded yet" in ask("/empty/feed.atom")


def test_who_reads_the_site_while_it_is_published_again_sees_one_state_of_it(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "ca-jad.db"
    copy.write_bytes(path.read_bytes())
    made = publish(copy, tmp_path / "site", pictures=False)
    reader = sqlite3.connect(f"file:{made}?mode=ro", uri=True)
    (before,) = reader.execute("SELECT count(*) FROM topics").fetchone()
    with Registry.open(copy) as registry:
        registry.record(TopicDiscussed(meeting="ca-jad/som/14", topic="water"), source=Source("T"))
    publish(copy, tmp_path / "site", pictures=False)
    assert reader.execute("SELECT count(*) FROM topics").fetchone() == (before + 1,)
    assert reader.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    reader.close()


def test_a_folder_holds_one_site(path: Path, tmp_path: Path) -> None:
    publish(path, tmp_path / "site", pictures=False)
    other = tmp_path / "other.db"
    other.write_bytes(path.read_bytes())
    with pytest.raises(InvalidValueError, match=r"holds the site of ca-jad\.db: publish .* into another folder"):
        publish(other, tmp_path / "site")


def test_without_pictures_the_old_ones_go(path: Path, tmp_path: Path) -> None:
    static = publish(path, tmp_path / "site", pictures=True).parent / "static"
    publish(path, tmp_path / "site", pictures=False)
    assert {item.name for item in static.iterdir()} == {"site.css", "site.js"}


def test_publishing_again_replaces_the_site(tmp_path: Path) -> None:
    path = tmp_path / "odd name é.db"
    with Registry.open(path) as registry:
        registry.record(DialogueLaunched(dialogue="d", name='A "dialogue"\n: with # odd \x07 🕊 name', launched="2004"))
        publish(path, tmp_path / "site", pictures=False)
        registry.record(
            SeriesOpened(series="d/1", dialogue="d", name="S"), MeetingHeld(meeting="d/1/1", series="d/1"),
            source=Source("T"),
        )  # fmt: skip
        made = publish(path, tmp_path / "site", pictures=False)
    told = yaml.safe_load((tmp_path / "site" / "metadata.yaml").read_text("utf-8"))
    assert told["title"] == 'A "dialogue"\n: with # odd \x07 🕊 name'
    assert list(told["databases"]) == ["odd name é"]
    site = sqlite3.connect(made)
    assert site.execute("SELECT meeting, source_url FROM meetings").fetchall() == [("d/1/1", None)]
    site.close()
    assert not [item for item in made.parent.iterdir() if item.name.startswith(".publishing")]


def test_a_registry_is_never_overwritten(path: Path, tmp_path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(InvalidValueError, match="but a registry"):
        publish(path, path.parent)
    (tmp_path / "ca-jad.db").write_text("a diary", "utf-8")
    with pytest.raises(InvalidValueError, match="no published site"):
        publish(path, tmp_path)
    assert path.read_bytes() == before


def test_what_is_no_registry_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(NotARegistryError):
        publish(tmp_path / "missing.db", tmp_path / "site")


def test_with_pictures_the_front_page_shows_them(path: Path, tmp_path: Path) -> None:
    made = publish(path, tmp_path / "site", pictures=True)
    static = made.parent / "static"
    front = (made.parent / "metadata.yaml").read_text("utf-8")
    for name in ("timeline", "counts"):
        assert {f"{name}.svg", f"{name}.png"} <= {item.name for item in static.iterdir()}
        assert f"static/{name}.svg" in front


def test_what_is_only_announced_is_published_with_pictures(tmp_path: Path) -> None:
    with Registry.open(tmp_path / "d.db") as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2026"),
            SeriesOpened(series="d/1", dialogue="d", name="S"),
            MeetingAnnounced(meeting="d/1/1", series="d/1", date="2027-06-16"),
        )
    made = publish(tmp_path / "d.db", tmp_path / "site", pictures=True)
    assert (made.parent / "static" / "timeline.svg").exists()
    assert (made.parent / "metadata.yaml").exists()


def test_neither_the_library_nor_publishing_imports_what_it_does_not_need(path: Path, tmp_path: Path) -> None:
    script = (
        "import sys, dialogue_registry\n"
        "heavy = {'altair', 'vl_convert', 'datasette', 'sqlite_utils', 'click'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        f"dialogue_registry.publish({str(path)!r}, {str(tmp_path / 'site')!r}, pictures=False)\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_settings_are_known_to_datasette(folder: Path) -> None:
    settings = json.loads((folder / "settings.json").read_text("utf-8"))
    Datasette([], settings=settings)
