"""A published site holds what the registry says, every row with its source; Datasette serves it as it is."""

import asyncio
import json
import re
import runpy
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from datasette.app import Datasette

from dialogue_registry import (
    DialogueLaunched,
    InvalidValueError,
    MeetingHeld,
    NotARegistryError,
    Registry,
    SeriesOpened,
    Source,
    publish,
)

ROOT = Path(__file__).parents[1]
load = runpy.run_path(str(ROOT / "examples" / "central_asia_plus_japan.py"))["load"]


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("registry") / "ca-jad.db"
    with Registry.open(path) as registry:
        registry.record_all(load())
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
    datasette = Datasette(
        [str(folder / "ca-jad.db")], metadata=yaml.safe_load((folder / "metadata.yaml").read_text("utf-8")),
        static_mounts=[("static", str(folder / "static"))],
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
        if name in {"people", "participants", "counts", "events", "sources", "anomalies"}:
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
    views = [name for (name,) in site.execute("SELECT name FROM sqlite_schema WHERE type = 'view'")]
    assert set(shown["tables"]) == {*tables(site), *views, "search_texts"}
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
    for name in ("counts_as_of", "disagreements", "delegations"):
        assert get(f"/ca-jad/{name}.json?_shape=array&day=2018-01-25&party=JPN") is not None
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
def test_feeds_have_the_columns_that_make_them_feeds(get) -> None:
    (event, *_) = get("/ca-jad/calendar.json?_shape=array")
    assert event["event_dtstart"] < event["event_dtend"]
    assert "BEGIN:VEVENT" in get("/ca-jad/calendar.ics")
    assert "<entry>" in get("/ca-jad/feed.atom")


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
