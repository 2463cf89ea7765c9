"""A published site says what the registry says, each number with its evidence; it is made whole or not at all."""

import json
import os
import posixpath
import re
import runpy
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

import attrs
import icalendar
import pytest
from datasette.app import Datasette
from hypothesis import settings

from dialogue_registry import (
    Citation,
    CountStated,
    DelegateAbsent,
    DelegateAttended,
    DialogueLaunched,
    DifferentPersons,
    HeadcountStated,
    InvalidValueError,
    MeetingAnnounced,
    MeetingHeld,
    MeetingShared,
    NameUsed,
    NotARegistryError,
    PartyJoined,
    PartyLeft,
    Registry,
    SamePerson,
    SeriesOpened,
    Source,
    StorageError,
    TopicDiscussed,
    charts,
    publish,
    to_dict,
)
from dialogue_registry.charts.language import language
from dialogue_registry.exports.site import addresses, meeting_pages, people_pages
from tests.kills import DYING
from tests.paths import ROOT

load = runpy.run_path(str(ROOT / "examples" / "central_asia_plus_japan.py"))["load"]
LIST = Source("A list", url="https://example.org/list", publisher="A club", language="en")


def fill(registry: Registry) -> None:
    """The example, with guests, a dispute, a source that must not be clicked, people of two names and namesakes."""
    registry.record_all(load())
    guests = [DelegateAttended(meeting="ca-jad/som/14", party="EU", name=name) for name in ("Zoë ŠIMŮNKOVÁ", "Łukasz")]
    registry.record(
        *guests,
        DelegateAttended(meeting="ca-jad/som/13", party="KAZ", name="Syzdykov Marat", level="senior-official"),
        DelegateAttended(meeting="ca-jad/som/13", party="EU", name="Marat Syzdykov"),
        DelegateAttended(meeting="ca-jad/som/12", party="KAZ", person="kaz-7", name="A. Omarov", office="Envoy"),
        DelegateAttended(meeting="ca-jad/som/13", party="KAZ", person="kaz-7", name="Askar OMAROV"),
        DelegateAttended(
            meeting="ca-jad/som/13", party="KAZ", person="kaz-8", name="Askar OMAROV", office="Counsellor"
        ),
        DelegateAbsent(meeting="ca-jad/som/14", party="KAZ", person="kaz-7", name="A. OMAROV", excused=True),
        DelegateAbsent(meeting="ca-jad/som/14", party="UZB", name="Nobody Came", office="Envoy"),
        SamePerson(party="KAZ", names=("Mr. Marat SYZDYKOV", "Syzdykov Marat")),
        source=LIST,
    )
    topic = TopicDiscussed(meeting="ca-jad/som/14", topic="中央アジア東京対話高級実務者会合「MOFA」")
    registry.record(topic, source=Source("not to be clicked", url="javascript:alert(1)"))
    held = next(event for event in registry.events(subject="ca-jad/som/13") if isinstance(event.event, MeetingHeld))
    registry.dispute(held.id, attrs.evolve(held.event, date="2018-11-27"), source=LIST, reason="seen there")


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("registry") / "ca-jad.db"
    with Registry.open(path) as registry:
        fill(registry)
    return path


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """A registry of three events, for tests that publish many times."""
    path = tmp_path_factory.mktemp("small") / "d.db"
    with Registry.open(path) as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            SeriesOpened(series="d/s", dialogue="d", name="S"),
            MeetingHeld(meeting="d/s/1", series="d/s", date="2004-01-02"),
        )  # fmt: skip
    return path


@pytest.fixture(scope="module")
def site(path: Path) -> Path:
    front = publish(path, path.parent / "site", licence="CC BY 4.0", description="<b>Since</b> 2004")
    assert front == path.parent / "site" / "index.html"
    return front.parent


@pytest.fixture
def registry(path: Path) -> Iterator[Registry]:
    with Registry.open(path, read_only=True) as registry:
        yield registry


class Reading(HTMLParser):
    """A page as a reader has it: its text, its links, its cells, its anchors."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.anchors: set[str] = set()
        self.rows: list[list[str]] = []
        self.tables: list[list[list[str]]] = []
        self.words: list[str] = []
        self.scripts: list[str] = []
        self._inside: list[str] = []
        self.feed(page)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def table(self, *heads: str) -> list[list[str]]:
        """The rows below the head of the table that has these heads among its own."""
        (found,) = [rows for rows in self.tables if set(heads) <= set(rows[0])]
        return found[1:]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.tags.append(tag)
        assert not [name for name in given if name.startswith("on") or name == "style"], attributes
        if given.get("id"):
            self.anchors.add(given["id"] or "")
        for name in ("href", "src", "srcset", "action"):
            if name in given:
                self.links.append((tag, given[name] or ""))
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.rows.append([])
            self.tables[-1].append(self.rows[-1])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
        if tag in {"script", "style"}:
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()
        if tag in {"table", "thead"}:
            self.rows.append([])

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts.append(data)
            return
        self.words.append(data)
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] = " ".join(f"{self.rows[-1][-1]} {data}".split())


def read(site: Path, page: str) -> Reading:
    return Reading((site / page).read_text("utf-8"))


def data_of(site: Path, page: str) -> Any:
    return json.loads((site / page).with_suffix(".json").read_text("utf-8"))


def pages(site: Path) -> list[str]:
    return sorted(str(found.relative_to(site)) for found in site.rglob("*.html"))


def target_of(page: str, link: str) -> str:
    """The target of a link of a page, as a path from the top of the site."""
    path = unquote(urlsplit(link).path)
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page


def matched(pattern: str, text: str) -> str:
    """The text that the group of a pattern matches."""
    found = re.search(pattern, text, re.DOTALL)
    assert found, pattern
    return found[1]


def page_of(kind: str, id_: str) -> str:
    return f"{addresses.of_id(kind, id_)}.html"


# --- what it says ----------------------------------------------------------------------------


def test_every_number_of_the_counts_is_the_registrys(site: Path, registry: Registry) -> None:
    say, counts = language("en"), registry.counts()
    rows = {row[0]: row for row in read(site, "index.html").table("Held", "Series")}
    for series in registry.series():
        count = counts[series.series]
        shown = rows[series.name][1:6]
        assert shown == [str(count.total), *(str(bounds) for bounds in count.by_format.values())]
        page = read(site, page_of("series", series.series))
        by_year = page.table("As of", "Held by then") if count.total.possible else []
        for day, number in by_year:
            then = registry.counts(as_of=f"{day.removeprefix('31 December ')}-12-31")[series.series].total
            assert number == str(then)
        assert by_year or not count.total.possible
        meetings = registry.meetings(series.series)
        listed = page.table("Date", "Number") if meetings else []
        assert [row[0] for row in listed] == [say.date(meeting.date) or "not known" for meeting in meetings]
        assert [row[1] for row in listed] == [str(meeting.ordinal or "") for meeting in meetings]
        assert [row[3] for row in listed] == [str(meeting.status) for meeting in meetings]


def test_a_reader_finds_the_counts_of_a_day_their_source_and_who_came_in_three_clicks(site: Path) -> None:
    def click(page: str, text: str, kind: str = "") -> str:
        link = rf"<a href=([^ >\"]*{kind}[^ >\"]*)>{re.escape(text)}</a>"
        return target_of(page, matched(link, (site / page).read_text("utf-8")))

    ministers = click("index.html", "Foreign Ministers&#39; Meeting")
    rows = [row for row in read(site, ministers).table("As of", "Stated") if row[0] == "16 June 2021"]
    assert [row[1:4] for row in rows] == [["7 in person", "7", "agrees"], ["1 online", "1", "agrees"]]
    assert all("14th Senior Officials' Meeting" in row[-1] for row in rows)
    officials = click("index.html", "Senior Officials&#39; Meeting")
    meeting = read(site, click(officials, "14th Senior Officials&#39; Meeting", "meetings"))
    assert "Who took part: 8 delegates" in meeting.text
    assert "Deputy Minister of Foreign Affairs of the Republic of Kazakhstan (head)" in meeting.text
    source = click(click("index.html", "Senior Officials&#39; Meeting"), "12th Senior Officials&#39; Meeting announced")
    assert "https://www.mofa.go.jp" in read(site, source).text


def test_every_meeting_says_who_came_and_what_was_said(site: Path, registry: Registry) -> None:
    for meeting in registry.meetings():
        page = read(site, page_of("meetings", meeting.meeting))
        attended = registry.attendance(meeting.meeting)
        for row in attended:
            assert (row.name or "not named") in page.text
            assert row.office in page.text
        if attended:
            number = "one delegate" if len(attended) == 1 else f"{len(attended)} delegates"
            assert f"Who took part: {number}" in page.text
        data = data_of(site, page_of("meetings", meeting.meeting))
        seats = [
            (name, party, office.get("office", ""), office["role"], office.get("on_behalf_of", ""))
            for office in data["attendance"]
            for party, names in office["parties"].items()
            for name in names
        ]
        listed = [(row.name, row.party, row.office, str(row.role), row.on_behalf_of) for row in attended]
        assert sorted(seats) == sorted(listed)
        assert data["topics"] == [topic.topic for topic in registry.topics(meeting.meeting)]
        for topic in registry.topics(meeting.meeting):
            assert topic.topic in page.text
        for activity in registry.activities(meeting.meeting):
            assert activity.title in page.text
        for outcome in registry.outcomes(meeting.meeting):
            assert outcome.title in page.text
        assert all(source.title in page.text for source in meeting.sources)


def people(site: Path) -> list[dict[str, Any]]:
    found = []
    for page in (site / "people").glob("*.json"):
        data = json.loads(page.read_text("utf-8"))
        of_page = data["people"] if isinstance(data.get("people"), list) else [data]
        found += [one for one in of_page if "appearances" in one]
    return found


def assert_same_people(site: Path, registry: Registry) -> None:
    columns = ("party", "person", "name", "names", "offices", "levels", "meetings", "first", "last")
    asked = [to_dict(person) for person in registry.people()]
    shown = [{column: one[column] for column in columns} for one in people(site)]
    assert sorted(shown, key=repr) == sorted(asked, key=repr)


def test_however_persons_are_named_and_joined_the_site_says_the_same(tmp_path: Path) -> None:
    def came(meeting: int, name: str, party: str = "X", **fields: Any) -> DelegateAttended:
        return DelegateAttended(meeting=f"d/s/{meeting}", party=party, name=name, **fields)

    with Registry.open() as registry:
        dates = enumerate(("2010", "2010", "[2009-01-01..2011-01-01]", None, "2008-02-03"), 1)
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            SeriesOpened(series="d/s", dialogue="d", name="S"),
            *(MeetingHeld(meeting=f"d/s/{number}", series="d/s", date=date) for number, date in dates),
            came(1, "Mr. Ola TVEIT", office="A"), came(2, "H.E. Ola TVEIT", office="B"), came(3, "Ola TVEIT"),
            came(1, "a"), came(2, "b"), came(3, "c"), came(4, "d"), came(5, "a", office="z"),
            came(1, "Kim", person="k1"), came(2, "Kim", person="k2"), came(3, "Kim"), came(4, "", person="k1"),
            came(5, "", person="known by an id only"), came(1, "   "), came(1, "", office="nobody named"),
            came(1, "Zoe\u0308", "E\u0301U"), came(2, "Zoë", "ÉU"), came(3, "Zo\u200bë ", "ÉU"), came(4, "ZOË", "ÉU"),
            came(1, "Same Name"), came(2, "same NAME", "Y"), came(3, "Name Same", "Z"),
            DelegateAbsent(meeting="d/s/1", party="Y", name="Away", office="o", level="minister"),
            SamePerson(party="X", names=("Mr. Ola TVEIT", "Ola TVEIT")),
            SamePerson(party="X", names=("a", "b")), SamePerson(party="X", names=("b", "c")),
            DifferentPersons(party="X", names=("a", "d")), SamePerson(party="X", names=("k1", "Kim")),
            SamePerson(party="X", names=("Same Name", "Ola TVEIT")),
        )  # fmt: skip
        registry.retract(registry.position, reason="they are two")
        site = publish(registry, tmp_path / "site", pictures=False).parent
        assert_same_people(site, registry)
        assert len(people(site)) == 13
        assert followed_links(site) > 100


def test_the_people_of_the_site_are_those_of_the_registry(site: Path, registry: Registry) -> None:
    assert_same_people(site, registry)
    (syzdykov,) = [one for one in people(site) if "Syzdykov Marat" in one["names"]]
    assert syzdykov["names"] == ["Syzdykov Marat", "Mr. Marat SYZDYKOV"]
    assert len([one for one in people(site) if one["name"] == "Askar OMAROV"]) == 1
    (omarov,) = [one for one in people(site) if one["person"] == "kaz-7"]
    assert [one.get("presence", "present") for one in omarov["appearances"]] == ["present", "present", "excused"]
    for one in people(site):
        listed = sorted(
            (meeting, capacity["office"], capacity["role"], capacity.get("presence", "present"))
            for capacity in one["appearances"]
            for meeting in capacity["meetings"]
        )
        rows = [
            row
            for row in registry.attendance(party=one["party"], presence=None)
            if row.person == one["person"] and (row.person or row.name in one["names"])
        ]
        assert listed == sorted((row.meeting, row.office, str(row.role), str(row.presence)) for row in rows)


def test_a_person_has_a_page_with_all_names_and_links_to_those_of_like_names(site: Path) -> None:
    texts = {page: read(site, page).text for page in pages(site) if page.startswith("people/") and "index" not in page}
    (page,) = [page for page, text in texts.items() if "Also written Syzdykov Marat" in text]
    assert "Levels senior official" in texts[page]
    assert "Of the same name Marat Syzdykov , EU" in texts[page]
    assert len([text for text in texts.values() if "Person Marat Syzdykov" in text]) == 1
    node = json.loads(matched(r'ld\+json">(.*?)</script>', (site / page).read_text("utf-8")))
    assert (node["@type"], node["name"], node["alternateName"]) == ("Person", "Mr. Marat SYZDYKOV", ["Syzdykov Marat"])
    meeting = (site / page_of("meetings", "ca-jad/som/13")).read_text("utf-8")
    assert f"<a href=../{page}>Syzdykov Marat</a>" in meeting
    (away,) = [text for text in texts.values() if "Person Nobody Came" in text]
    assert "Meetings 0" in away
    assert "14th SOM , absent" in away


def test_the_total_of_a_dialogue_is_the_length_of_a_list_on_its_page(site: Path, registry: Registry) -> None:
    page = read(site, page_of("dialogues", "ca-jad"))
    count = registry.count("ca-jad")
    (total,) = [row for row in page.table("Series", "Held") if row[0] == "The dialogue as a whole"]
    assert total[1:6] == [str(count.total), *(str(bounds) for bounds in count.by_format.values())]
    held = page.table("Meeting", "How")
    assert len(held) == int(count.total)
    assert f"Meetings held: {count.total}" in page.text
    assert ("a", "#held") in page.links
    words = {"in person": "in-person", "not known how": "unknown"}
    for how, bounds in count.by_format.items():
        assert len([row for row in held if words.get(row[2], row[2]) == how]) == int(bounds)
    assert all(row[-1] for row in held)  # the sources
    assert data_of(site, page_of("dialogues", "ca-jad"))["count"]["total"]["certain"] == int(count.total)


def test_who_came_how_often_is_a_grid_and_its_numbers_are_the_rates(site: Path, registry: Registry) -> None:
    names = {party.party: party.name for one in registry.dialogues() for party in one.parties}

    def row(name: str, rate: Any) -> list[str]:
        numbers = (rate.held, rate.present, rate.absent, rate.excused, rate.not_known)
        return [name, *map(str, numbers), str(rate.rate)]

    scopes: list[tuple[str, dict[str, str]]] = [(page_of("dialogues", "ca-jad"), {"dialogue": "ca-jad"})]
    scopes += [(page_of("series", one.series), {"series": one.series}) for one in registry.series()]
    for path, scope in scopes:
        rates, page = registry.attendance_rates(**scope), read(site, path)
        assert rates
        assert page.table("Party", "Came to") == [row(names[rate.party], rate) for rate in rates]
        (picture,) = [link for tag, link in page.links if tag == "img" and "attendance" in link]
        ET.parse(site / target_of(path, picture))
        assert len(data_of(site, path)["rates"]) == len(rates)
    (japan,) = [rate for rate in registry.attendance_rates(dialogue="ca-jad") if rate.party == "JPN"]
    assert read(site, "parties/jpn.html").table("Dialogue", "Came to") == [row(registry.dialogues()[0].name, japan)]


def test_stated_counts_have_the_verdicts_of_the_reconciliation(site: Path, registry: Registry) -> None:
    say, names = language("en"), {one.series: one.name for one in registry.series()}
    rows = read(site, "statements/index.html").table("Stated", "Verdict")
    findings = registry.reconcile()
    assert len(rows) == len(findings)
    for row, finding in zip(rows, findings, strict=True):
        statement = finding.statement
        assert row[:2] == [say.date(statement.as_of), names[statement.counted]]
        assert row[2].split()[0] == str(statement.count)
        assert row[3] == str(finding.recorded)
        assert row[4].startswith(str(finding.verdict))


def test_disputes_and_oddities_are_told_in_words(site: Path, registry: Registry) -> None:
    disputes = read(site, "disputes/index.html").text
    assert "date: 26 November 2018" in disputes
    assert "date: 27 November 2018" in disputes
    assert "seen there" in disputes
    odd = read(site, "anomalies/index.html").text
    anomalies = registry.anomalies(today="2026-12-31")
    for kind in {anomaly.kind for anomaly in anomalies}:
        assert kind.capitalize() in odd


def test_parties_have_their_meetings_and_people(site: Path, registry: Registry) -> None:
    for party in ("JPN", "UZB", "EU"):
        data = data_of(site, f"{addresses.of_party(party)}.html")
        attended = registry.attendance(party=party)
        assert data["meetings_attended"] == len({row.meeting for row in attended})
        page = read(site, f"{addresses.of_party(party)}.html")
        assert all(row.name in page.text for row in attended if row.name)


def test_every_source_says_what_it_is_and_what_it_says(site: Path, registry: Registry) -> None:
    text = " ".join(read(site, page).text for page in pages(site) if page.startswith("sources/"))
    listed = [one["title"] for page in (site / "sources").glob("*.json")
              for one in json.loads(page.read_text("utf-8"))["sources"]]  # fmt: skip
    asked = [row for rows in (registry.meetings(), registry.attendance(), registry.statements(), registry.topics())
             for row in rows]  # fmt: skip
    assert {source.title for row in asked for source in row.sources} <= set(listed)
    assert "14th Senior Officials' Meeting (3 activities, 6 delegates, the meeting, one outcome" in text
    assert "https://example.org/list" in text


def test_what_is_next_stands_on_the_front_page(site: Path) -> None:
    page = read(site, "index.html")
    (row,) = page.table("Meeting", "Status")
    assert row[:3] == ["not known", "Foreign Ministers' Meeting (announced)", "Japan"]
    assert [link for tag, link in page.links if tag == "img"] == ["pictures/timeline.svg", "pictures/counts.svg"]
    for picture in ("timeline", "timeline-narrow", "counts", "counts-narrow"):
        ET.parse(site / "pictures" / f"{picture}.svg")


# --- the words of the pages --------------------------------------------------------------------


def test_no_page_speaks_of_the_schema(site: Path) -> None:
    for page in pages(site):
        text = re.sub(r"https?://\S+", "", read(site, page).text)
        for sign in ("[", "]", "..", "_", "None", "meeting.held"):
            assert sign not in text, (page, sign, text[max(0, text.find(sign) - 60) : text.find(sign) + 60])
        assert not re.search(r"\d{4}-\d\d", text), page
        assert not re.search(r"ca-jad/", text), page


def test_every_page_has_one_heading_a_language_and_a_title_of_its_own(site: Path) -> None:
    titles: dict[str, list[str]] = {}
    for page in pages(site):
        content = (site / page).read_text("utf-8")
        assert read(site, page).tags.count("h1") == 1
        assert '<html lang="en">' in content
        title = matched("<title>(.*?)</title>", content)
        titles.setdefault(title, []).append(page)
    assert not {title: found for title, found in titles.items() if len(found) > 1}


def test_the_pages_can_be_had_in_japanese(path: Path, tmp_path: Path) -> None:
    site = publish(path, tmp_path / "site", language="ja", title="対話").parent
    front = read(site, "index.html")
    assert "2021年6月16日" in front.text
    for page in pages(site):
        heads = [head for table in read(site, page).tables for head in table[0]]
        assert not [head for head in heads if head.isascii()], page
    assert 'lang="ja"' in (site / "index.html").read_text("utf-8")


def test_every_phrase_of_the_pages_is_there_in_every_language() -> None:
    code = "\n".join(
        found.read_text("utf-8")
        for folder in ("exports/site", "charts")
        for found in sorted((ROOT / "src" / "dialogue_registry" / folder).rglob("*"))
        if found.suffix in {".py", ".html"}
    )
    used = set(re.findall(r"""\bsay\(\s*"([^"]+)"\s*[,)]""", code)) | set(
        re.findall(r"""_say\(\s*"([^"]+)"\s*[,)]""", code)
    )
    assert len(used) > 80
    phrases = language("ja").phrases
    assert sorted(phrase for phrase in used if phrase not in phrases) == []


SEEN = Source("A report", url="https://example.org/report", published="2011-06-20")


def fill_with_every_kind(registry: Registry) -> None:
    """Two dialogues with a joint meeting, absences, numbers of people, memberships, names and a count of a whole."""
    registry.record(
        DialogueLaunched(dialogue="d", name="The Dialogue", launched="2004"),
        DialogueLaunched(dialogue="e", name="The Other", launched="2005"),
        PartyJoined(dialogue="d", party="JPN", name="Japan", joined="2004"),
        PartyJoined(dialogue="d", party="EU", name="European Union", joined="2010", standing="observer"),
        PartyLeft(dialogue="d", party="EU", on="2015", reason="its mandate ended"),
        SeriesOpened(series="d/som", dialogue="d", name="Senior Officials' Meeting", abbreviation="SOM"),
        SeriesOpened(series="e/x", dialogue="e", name="Experts", numbering="yearly"),
        MeetingHeld(meeting="d/som/1", series="d/som", date="2010-02-03", ordinal=1, place="Tokyo", country="JPN"),
        MeetingShared(meeting="d/som/1", series="e/x", ordinal=4),
        MeetingHeld(meeting="e/x/5", series="e/x", date="2011-03-04", ordinal=5, format="online"),
        DelegateAttended(meeting="d/som/1", party="JPN", name="KAWA Yoriko", office="Minister", role="head",
                         level="deputy-minister", format="online"),
        DelegateAttended(meeting="d/som/1", party="EU"),
        DelegateAttended(meeting="e/x/5", party="JPN", name="Abe Sent"),
        DelegateAbsent(meeting="d/som/1", party="JPN", name="Abe Sent", office="Ambassador", excused=True,
                       reason="ill", represented_by="KAWA Yoriko"),
        HeadcountStated(meeting="d/som/1", count=12),
        HeadcountStated(meeting="d/som/1", count=3, of="parties", approximate=True),
        CountStated(series="d/som", count=1, as_of="2011-01-01", reported_at="d/som/1"),
        CountStated(dialogue="e", count=2, as_of="2012-01-01"),
        NameUsed(of="d", name="The Old Dialogue", until="2009"),
        NameUsed(party="JPN", name="Nippon", language="ja"),
        source=SEEN,
        cite=Citation(locator="page 3", quote="met in Tokyo"),
    )  # fmt: skip


def test_every_kind_of_fact_is_on_the_pages(tmp_path: Path) -> None:
    with Registry.open() as registry:
        fill_with_every_kind(registry)
        site = publish(registry, tmp_path / "site").parent
    meeting = read(site, page_of("meetings", "d/som/1"))
    assert "Also a meeting of Experts" in meeting.text
    assert "Minister (head, level: deputy minister, online)" in meeting.text
    assert meeting.table("Absence") == [
        ["Japan", "Abe Sent", "Ambassador", "excused, ill, represented by KAWA Yoriko", "A report"]
    ]
    assert [row[:4] for row in meeting.table("Listed")] == [
        ["participants", "12", "1", "disagrees"],
        ["parties", "about 3", "2", "agrees"],
    ]
    assert "A report : page 3, “met in Tokyo”" in meeting.text
    came = [row[0] for row in meeting.table("Name", "Office and role")]
    assert came == ["Japan", "KAWA Yoriko", "European Union", "not named"]
    other = read(site, page_of("dialogues", "e"))
    assert [row[:4] for row in other.table("Stated", "Verdict")] == [["1 January 2012", "2", "2", "agrees"]]
    dialogue = read(site, page_of("dialogues", "d"))
    assert [row[1:3] for row in dialogue.table("What happened")] == [
        ["joined", "2004"], ["joined as observer", "2010"], ["left: its mandate ended", "2015"],
    ]  # fmt: skip
    assert dialogue.table("Language") == [["The Old Dialogue", "", "", "2009", "A report"]]
    assert read(site, "parties/jpn.html").table("Language") == [["Nippon", "ja", "", "", "A report"]]
    assert "one absence" in read(site, "sources/index.html").text
    test_no_page_speaks_of_the_schema(site)
    assert followed_links(site) > 100


def test_a_joint_meeting_is_an_event_of_all_its_series_and_dialogues(tmp_path: Path) -> None:
    with Registry.open() as registry:
        fill_with_every_kind(registry)
        content = (publish(registry, tmp_path / "site").parent / page_of("meetings", "d/som/1")).read_text("utf-8")
    node = json.loads(matched(r'ld\+json">(.*?)</script>', content))
    assert [one["name"] for one in node["superEvent"]] == ["Senior Officials' Meeting", "Experts"]
    assert [one["name"] for one in node["organizer"]] == ["The Dialogue", "The Other"]


def test_names_are_those_of_the_language_of_the_pages(tmp_path: Path) -> None:
    with Registry.open() as registry:
        fill_with_every_kind(registry)
        registry.record(
            NameUsed(of="d", name="第一対話", language="ja"),
            NameUsed(of="d/som", name="高級実務者会合", language="ja"),
            NameUsed(of="d/som/1", name="初会合", language="ja-JP"),
            NameUsed(of="d/som/1", name="初の会合", language="ja"),
            NameUsed(of="e", name="The Last Name"),
        )
        site = publish(registry, tmp_path / "site", language="ja").parent
    assert "<h1>第一対話, The Last Name</h1>" in (site / "index.html").read_text("utf-8")
    say, dialogue = language("ja"), read(site, page_of("dialogues", "d"))
    assert f"{say('Also called')} The Dialogue" in dialogue.text
    of_series = [row[0] for row in dialogue.table(say("Series"), say("Held"))]
    assert of_series == ["高級実務者会合", say("The dialogue as a whole")]
    assert [row[0] for row in dialogue.table(say("Party"), say("Came to"))] == ["Nippon"]
    content = (site / page_of("meetings", "d/som/1")).read_text("utf-8")
    node = json.loads(matched(r'ld\+json">(.*?)</script>', content))
    assert node["name"] == "初の会合"
    assert [one["name"] for one in node["superEvent"]] == ["高級実務者会合", "Experts"]
    assert [one["name"] for one in node["organizer"]] == ["第一対話", "The Last Name"]
    assert read(site, "parties/jpn.html").text.count("Japan") >= 1  # the other name is not lost
    for picture in (site / "pictures").glob("attendance-*.svg"):
        assert "Japan" not in picture.read_text("utf-8")
    calendar = icalendar.Calendar.from_ical((site / "calendar.ics").read_bytes())
    assert "初の会合" in {event["SUMMARY"] for event in calendar.walk("VEVENT")}
    assert followed_links(site) > 100


# --- links and files -----------------------------------------------------------------------------


def test_every_internal_link_leads_to_a_page_and_a_place_on_it(site: Path) -> None:
    assert followed_links(site) > 2000


def followed_links(site: Path) -> int:
    """The number of internal links; each of them leads somewhere."""
    readings = {page: read(site, page) for page in pages(site)}
    followed = 0
    for page, reading in readings.items():
        for tag, link in reading.links:
            parts = urlsplit(link)
            if parts.scheme:
                assert parts.scheme in {"http", "https"}, (page, link)
                assert tag == "a"
                continue
            target = target_of(page, link)
            assert (site / target).is_file(), (page, link)
            if parts.fragment:
                assert parts.fragment in readings[target].anchors, (page, link)
            followed += 1
    return followed


def test_nothing_is_asked_for_elsewhere(site: Path) -> None:
    for page in pages(site):
        content = (site / page).read_text("utf-8")
        policy = matched(r'Content-Security-Policy" content="([^"]+)"', content)
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not [link for tag, link in read(site, page).links if tag != "a" and "//" in link]
        assert "javascript:" not in {link for _, link in read(site, page).links}
    assert "url(" not in (site / "assets" / "site.css").read_text("utf-8")
    assert "fetch(" not in (site / "assets" / "search.js").read_text("utf-8")


def test_beside_each_page_stands_what_programs_read(site: Path) -> None:
    for page in pages(site):
        assert data_of(site, page)["title"]
    counts = data_of(site, "index.html")["series"]["ca-jad/experts"]
    assert counts["total"] == {"certain": 6, "possible": 6}


def test_search_engines_are_told_of_each_meeting(site: Path, registry: Registry) -> None:
    for meeting in registry.meetings():
        content = (site / page_of("meetings", meeting.meeting)).read_text("utf-8")
        node = json.loads(matched(r'ld\+json">(.*?)</script>', content))
        assert node["@type"] == "Event"
        assert node["organizer"]["name"] == "“Central Asia plus Japan” Dialogue"
        assert "VirtualLocation" not in content
        if meeting.date is not None and meeting.date.is_day:
            assert node["startDate"] == str(meeting.date.earliest)


def test_feeds_and_tables_can_be_taken_away(site: Path, registry: Registry) -> None:
    atom = ET.parse(site / "news.atom").getroot()
    entries = atom.findall("{http://www.w3.org/2005/Atom}entry")
    assert len(entries) == 50
    ids = [entry.findtext("{http://www.w3.org/2005/Atom}id") for entry in entries]
    assert len(set(ids)) == 50
    for entry in entries:
        link = entry.find("{http://www.w3.org/2005/Atom}link").get("href").partition("#")[0]
        assert (site / link).is_file()
    calendar = icalendar.Calendar.from_ical((site / "calendar.ics").read_bytes())
    days = [m for m in registry.meetings() if m.date is not None and m.date.earliest == m.date.latest_start]
    assert len(calendar.walk("VEVENT")) == len(days)
    with zipfile.ZipFile(site / "download" / "data-package.zip") as package:
        assert {"datapackage.json", "meetings.csv", "attendance.csv"} <= set(package.namelist())


def test_addresses_of_the_site_are_whole_where_it_is_known_where_it_will_be_read(small: Path, tmp_path: Path) -> None:
    site = publish(small, tmp_path / "site", base_url="https://example.org/ca-jad/", pictures=False).parent
    assert '<link rel="canonical" href="https://example.org/ca-jad/index.html">' in (site / "index.html").read_text()
    assert "https://example.org/ca-jad/meetings/" in (site / "news.atom").read_text("utf-8")
    with pytest.raises(InvalidValueError, match="give the address where the site will be read"):
        publish(small, tmp_path / "site", base_url="example.org")


def test_who_recorded_and_what_was_withdrawn_are_left_out_unless_asked_for(tmp_path: Path) -> None:
    with Registry.open(tmp_path / "d.db") as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            SeriesOpened(series="d/s", dialogue="d", name="S"),
            MeetingHeld(meeting="d/s/1", series="d/s", date="2004-01-02", place="Tokyo"), by="desk-officer-seven",
        )  # fmt: skip
        wrong = registry.record(TopicDiscussed(meeting="d/s/1", topic="withdrawn-topic"), by="desk-officer-seven")[0]
        registry.retract(wrong.id, reason="reason-not-for-all")
        secrets = (b"desk-officer-seven", b"withdrawn-topic", b"reason-not-for-all")

        def revealed(site: Path) -> set[bytes]:
            files = [found.read_bytes() for found in site.rglob("*") if found.is_file()]
            for found in site.rglob("*.zip"):
                with zipfile.ZipFile(found) as package:
                    files += [package.read(name) for name in package.namelist()]
            return {secret for secret in secrets for content in files if secret in content}

        assert revealed(publish(registry, tmp_path / "plain").parent) == set()
        with_log = publish(registry, tmp_path / "log", log=True).parent
        assert revealed(with_log) == set(secrets)
        assert "download/events.jsonl" in (with_log / "index.html").read_text("utf-8")
        whole = publish(registry, tmp_path / "whole", database=True).parent
        with Registry.open(whole / "download" / "registry.db", read_only=True) as copied:
            assert copied.verify() == registry.head


def test_a_theme_sets_the_variables(small: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.css").write_text(":root { --link: #060; }", "utf-8")
    site = publish(small, tmp_path / "site", theme=tmp_path / "mine.css", pictures=False).parent
    assert "../assets/theme.css" in (site / "series" / "index.html").read_text("utf-8")
    assert "--link: #060" in (site / "assets" / "theme.css").read_text("utf-8")
    with pytest.raises(InvalidValueError, match="cannot be read"):
        publish(small, tmp_path / "site", theme=tmp_path / "none.css")


# --- the same, whole, or not at all --------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    return {str(found.relative_to(folder)): found.read_bytes() for found in folder.rglob("*") if found.is_file()}


def test_the_same_registry_makes_the_same_bytes(path: Path, site: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / "other-name.db"
    copy.parent.mkdir()
    shutil.copy(path, copy)
    again = publish(copy, tmp_path / "site", licence="CC BY 4.0", description="<b>Since</b> 2004").parent
    assert contents(again) == contents(site)
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Pacific/Kiritimati", "LC_ALL": "C"}
    command = [sys.executable, "-m", "dialogue_registry", "publish", str(copy), str(tmp_path / "third"), "--licence",
               "CC BY 4.0", "--description", "<b>Since</b> 2004"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "third") == contents(site)


def test_an_open_registry_and_its_past_are_published_too(registry: Registry, tmp_path: Path) -> None:
    before = next(event.position for event in registry.events() if isinstance(event.event, CountStated))
    with registry.at(position=before - 1) as past:
        site = publish(past, tmp_path / "site", pictures=False).parent
        assert data_of(site, "statements/index.html")["statements"] == []
    publish(registry, tmp_path / "site", pictures=False)
    assert data_of(site, "statements/index.html")["statements"]


def test_an_empty_registry_is_a_site_too(tmp_path: Path) -> None:
    with Registry.open(tmp_path / "empty.db"):
        pass
    site = publish(tmp_path / "empty.db", tmp_path / "site").parent
    assert "An empty registry" in read(site, "index.html").text
    for page in pages(site):
        for _, link in read(site, page).links:
            assert (site / target_of(page, link)).exists(), (page, link)


def test_publishing_again_replaces_the_site(small: Path, tmp_path: Path) -> None:
    copy = tmp_path / "d.db"
    shutil.copy(small, copy)
    site = publish(copy, tmp_path / "site").parent
    stale = site / "meetings" / "stale.html"
    stale.write_text("stale", "utf-8")
    site.chmod(0o750)
    with Registry.open(copy) as registry:
        registry.record(TopicDiscussed(meeting="d/s/1", topic="water"), source=Source("T"))
    publish(copy, tmp_path / "site", pictures=False)
    assert "water" in read(site, page_of("meetings", "d/s/1")).text
    assert not stale.exists()
    assert not (site / "pictures").exists()
    assert site.stat().st_mode & 0o777 == 0o750
    assert sorted(found.name for found in tmp_path.iterdir() if ".writing-" in found.name) == []


@pytest.mark.parametrize("name", ["diary.txt", ".git", "ca-jad.db", "metadata.yaml"])
def test_a_folder_with_anything_else_is_left_alone(path: Path, site: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / name).write_text("mine", "utf-8")
    with pytest.raises(InvalidValueError, match="publish into another folder"):
        publish(path, folder)
    shutil.copytree(site, tmp_path / "copy")
    (tmp_path / "copy" / name).write_text("mine", "utf-8")
    with pytest.raises(InvalidValueError, match="publish into another folder"):
        publish(path, tmp_path / "copy")
    assert (folder / name).read_text("utf-8") == (tmp_path / "copy" / name).read_text("utf-8") == "mine"
    assert len(contents(tmp_path / "copy")) == len(contents(site)) + 1


def test_a_registry_is_never_overwritten(path: Path) -> None:
    before = path.read_bytes()
    for folder in (path, path.parent):
        with pytest.raises(InvalidValueError):
            publish(path, folder)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "address", ["postgresql://desk:s3cret@h/db", "postgresql:/desk:s3cret@h/db", "mysql://desk:s3cret@h/db"]
)
def test_an_address_is_neither_shown_nor_made_a_folder(path: Path, tmp_path: Path, monkeypatch, address: str) -> None:
    monkeypatch.chdir(tmp_path)
    with Registry.open(path, read_only=True) as registry:
        for attempt in (
            lambda: publish(registry, address),
            lambda: publish(registry, tmp_path / "site", theme=address),
            lambda: charts.draw(registry, address),
        ):
            with pytest.raises(InvalidValueError) as raised:
                attempt()
            assert "s3cret" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_published_is_said_and_leaves_nothing(path: Path, tmp_path: Path) -> None:
    with pytest.raises(NotARegistryError):
        publish(tmp_path / "missing.db", tmp_path / "site")
    with pytest.raises(InvalidValueError, match="no words in the language"):
        publish(path, tmp_path / "site", language="tlh")
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(StorageError, match="cannot be written"):
        publish(path, tmp_path / "file" / "site")
    assert sorted(found.name for found in tmp_path.iterdir()) == ["file"]


KILLED = (
    DYING
    + """
from dialogue_registry import publish

path, folder = sys.argv[1:]

def published(kill_at, title):
    done = die_after(kill_at)
    publish(path, folder, title=title, pictures=False)
    print(done(), end=" ", flush=True)

publish(path, folder + "-first", pictures=False)  # imports what it needs
for line in sys.stdin:
    kill_at, _, title = line.strip().partition(" ")
    if not (child := os.fork()):
        try:
            published(int(kill_at), title)
        finally:
            os._exit(1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork()")
def test_a_site_whose_publishing_is_killed_at_any_write_is_the_old_or_the_new_one(small: Path, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    command = [sys.executable, "-c", KILLED, str(small), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdin
        assert running.stdout

        def run(kill_at: int, title: str) -> list[str]:
            """The number of writes, unless it was killed, and the status of the process."""
            print(kill_at, title, file=running.stdin, flush=True)
            return running.stdout.readline().split()

        def publish_again(title: str) -> dict[str, bytes]:
            publish(small, folder, title=title, pictures=False)
            return contents(folder)

        wanted, old = publish_again("New"), publish_again("Old")
        writes = int(run(10**6, "Old")[0])  # counts what it takes to replace a site
        assert contents(folder) == old
        assert writes > 60
        seen = set()
        every = 1 if settings().max_examples > 1000 else 17
        for kill_at in sorted({*range(0, writes, every), *range(writes - 3, writes)}):
            killed = run(kill_at, "New")
            assert killed == [str(-signal.SIGKILL)], kill_at
            there = contents(folder)
            assert there in (old, wanted)
            seen.add("old" if there == old else "new")
            if there == wanted:
                publish_again("Old")
        running.stdin.close()
    assert seen == {"old", "new"}
    assert publish_again("New") == wanted  # sweeps away what the killed ones left
    assert [found.name for found in tmp_path.iterdir() if ".writing-" in found.name] == []


def test_who_publishes_at_the_same_time_does_not_sweep_away_the_others_work(small: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dialogue_registry", "publish", str(small), str(tmp_path / "site")]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in running:
        _, error = process.communicate(timeout=120)
        assert process.returncode == 0, error
    assert contents(tmp_path / "site")


def test_a_site_shows_one_state_while_others_record(tmp_path: Path) -> None:
    recording = (
        "import sys, time\nfrom dialogue_registry import *\n"
        "with Registry.open(sys.argv[1]) as r:\n"
        " for n in range(400):\n"
        "  time.sleep(0.03)\n"  # so that the site stays small
        "  r.record(SeriesOpened(series=f'd/{n}', dialogue='d', name=f'S{n}'),"
        " MeetingHeld(meeting=f'd/{n}/1', series=f'd/{n}', date='2004-01-02'),"
        " DelegateAttended(meeting=f'd/{n}/1', party='JPN', name=f'Name {n}'))\n"
        "  print(n, flush=True)\n"
    )
    with Registry.open(tmp_path / "d.db") as registry:
        registry.record(DialogueLaunched(dialogue="d", name="D", launched="2004"))
    writer = subprocess.Popen(
        [sys.executable, "-c", recording, str(tmp_path / "d.db")], stdout=subprocess.PIPE, text=True
    )
    try:
        sizes = set()
        for _ in range(3):
            writer.stdout.readline()
            site = publish(tmp_path / "d.db", tmp_path / "site", pictures=False).parent
            series = set(data_of(site, "series/index.html")["series"])
            meetings = {data_of(site, page)["series"] for page in pages(site) if page.startswith("meetings/")}
            assert series == meetings
            assert len(people(site)) == len(series)
            sizes.add(len(series))
        assert len(sizes) > 1
    finally:
        writer.kill()
        writer.wait()
        writer.stdout.close()


# --- very much, and hostile ------------------------------------------------------------------------


def test_long_lists_go_on_over_pages_and_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (people_pages, meeting_pages):
        monkeypatch.setattr(module, "MOST_PAGES", 250)
    with Registry.open(tmp_path / "d.db") as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            SeriesOpened(series="d/s", dialogue="d", name="S"),
            PartyJoined(dialogue="d", party="JPN", name="Japan"),
            MeetingHeld(meeting="d/s/1", series="d/s", date="2004-01-02"),
            *(MeetingHeld(meeting=f"d/s/{n}", series="d/s", date=f"{1000 + n}-01-02") for n in range(2, 300)),
            *(DelegateAttended(meeting="d/s/1", party="JPN", name=f"Delegate {n:04}") for n in range(400)),
            *(DelegateAttended(meeting=f"d/s/{n}", party="JPN", name="Delegate 0007") for n in range(2, 300)),
            source=LIST,
        )  # fmt: skip
        site = publish(registry, tmp_path / "site", pictures=False).parent
        attended = [row for page in pages(site) if page.startswith(("meetings/d~s~1.", "meetings/d~s~1~~"))
                    for row in read(site, page).rows if row and row[0].startswith("Delegate")]  # fmt: skip
        assert len(attended) == 400
        assert data_of(site, page_of("meetings", "d/s/1"))["delegations"] == {"JPN": 400}
        listed = [
            row
            for page in pages(site)
            if page.startswith("series/d~s")
            for table in read(site, page).tables
            if "Number" in table[0]
            for row in table[1:]
        ]
        assert len(listed) == 299
        indexed = {row[0]: row[2] for page in pages(site) if page.startswith("people/index")
                   for row in read(site, page).rows if len(row) == 3 and row[0] != "Name"}  # fmt: skip
        assert len(indexed) == 400
        assert indexed["Delegate 0007"] == "299"
        assert len(people(site)) == 400
        often = [row.meeting for row in registry.delegate("Delegate 0007")]
        everybody = {one["name"]: one for one in people(site)}
        assert sorted(everybody["Delegate 0007"]["appearances"][0]["meetings"]) == sorted(often)
        assert everybody["Delegate 0234"]["appearances"][0]["meetings"] == 1
        assert max(len(read(site, page).rows) for page in pages(site)) < 2000
        assert len([page for page in pages(site) if re.fullmatch(r"people/\d+\.html", page)]) == 2
        assert followed_links(site) > 2000


HOSTILE = [
    "</script><script>document.title='changed'</script>",
    "<img src=x onerror=\"document.title='changed'\">",
    "\" onmouseover=\"document.title='changed'",
    "' onfocus='alert(1)' autofocus='",
    "{{ 7 * 7 }}{% raw %}",
    "]]><!--",
    "&lt;b&gt; %3Cscript%3E",
    "A\u001bB\u0001\ufffe\u202e\u2028<",
]


def hostile(text: str) -> Registry:
    """A registry with a text in every field that takes one."""
    registry = Registry.open()
    source = Source(text, url=text, publisher=text, language=text, kind=text)
    registry.record(
        DialogueLaunched(dialogue="d", name=text, launched="2004", aliases=(text,)),
        SeriesOpened(series="d/s", dialogue="d", name=text, abbreviation=text, aliases=(text,)),
        PartyJoined(dialogue="d", party=text, name=text, aliases=(text,)),
        MeetingHeld(meeting="d/s/1", series="d/s", date="2004-01-02", title=text, place=text, country=text),
        MeetingHeld(meeting="d/s/2", series="d/s", date="2004-01-03"),
        MeetingAnnounced(meeting="d/s/3", series="d/s", date="2030-01-03", title=text),
        DelegateAttended(meeting="d/s/1", party=text, name=text, office=text, on_behalf_of=text),
        DelegateAttended(meeting="d/s/2", party="JPN", name="", office=text),
        DelegateAttended(meeting="d/s/2", party=text, name=f"{text} II", person=text),
        DelegateAbsent(meeting="d/s/2", party=text, name=text, reason=text, represented_by=text),
        NameUsed(of="d/s/2", name=text, language="en"),
        NameUsed(party="JPN", name=text, language=text),
        TopicDiscussed(meeting="d/s/1", topic=text),
        CountStated(series="d/s", count=7, as_of="2004-05-05", reported_at="d/s/1"),
        source=source,
    )  # fmt: skip
    held = next(event for event in registry.events(subject="d/s/1") if isinstance(event.event, MeetingHeld))
    registry.dispute(held.id, attrs.evolve(held.event, place=f"{text}!"), source=source, reason=text)
    return registry


@pytest.fixture(scope="module")
def same(tmp_path_factory) -> Path:
    """The site of the same registry with a harmless text."""
    about = dict.fromkeys(("title", "description", "licence", "source"), "harmless")
    with hostile("harmless") as registry:
        return publish(registry, tmp_path_factory.mktemp("harmless") / "site", **about).parent


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_an_element_of_a_page(text: str, same: Path, tmp_path: Path) -> None:
    with hostile(text) as registry:
        about = {"title": text, "description": text, "licence": text, "source": text}
        site = publish(registry, tmp_path / "site", licence_url=text, source_url=text, **about).parent
    for page in pages(same):
        if not page.startswith(("people/", "parties/")) or "index" in page:
            for tag in ("script", "img", "b", "svg", "iframe", "form", "input"):
                assert read(site, page).tags.count(tag) == read(same, page).tags.count(tag), (page, tag)
    assert len(pages(site)) == len(pages(same))
    assert not any("javascript:" in link or "<" in link for page in pages(site) for _, link in read(site, page).links)
    meeting = (site / "meetings" / "d~s~1.html").read_text("utf-8")
    assert json.loads(matched(r'ld\+json">(.*?)</script>', meeting))["name"] == text
    ET.parse(site / "news.atom")
    for picture in (site / "pictures").iterdir():
        ET.parse(picture)
    assert data_of(site, "meetings/d~s~1.html")["title"] == text


@pytest.mark.parametrize("id_", ["con", "aux/nul", "index", "a.html", "a.html/b", "a..", "index/1", f"{'x' * 200}"])
def test_every_id_is_a_file_name_on_every_system(id_: str) -> None:
    found = addresses.of_id("meetings", id_).removeprefix("meetings/")
    assert re.fullmatch(r"[a-z0-9~._-]{1,202}", found)
    assert found.split(".")[0] not in {"con", "aux", "nul", "prn"}
    assert not found.startswith("index")


def test_ids_and_names_never_share_a_file() -> None:
    ids = ["a/b", "a~b".replace("~", "-"), "a.b", "a_b", "a/b/c", "con", "index", "index-2", "x/con"]
    assert len({addresses.of_id("meetings", id_) for id_ in ids}) == len(ids)
    parties = ["JPN", "jpn", "Jpn", "JPN ", "日本", "日本国", "con", "CON", "../x", "", "A" * 300, "A" * 301]
    found = {addresses.of_party(party) for party in parties}
    assert len({one.lower() for one in found}) == len(parties)
    assert all(re.fullmatch(r"parties/[a-z0-9-]{1,70}", one) for one in found)


# --- Datasette --------------------------------------------------------------------------------------


def test_datasette_serves_the_registry_without_arbitrary_sql_and_without_the_log(path: Path, tmp_path: Path) -> None:
    import asyncio

    command = [sys.executable, "-m", "dialogue_registry", "publish", str(path), str(tmp_path / "d"), "--datasette",
               "--licence", "CC BY 4.0"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    metadata = json.loads((tmp_path / "d" / "metadata.json").read_text("utf-8"))
    assert f"datasette serve {path} --metadata" in done.stderr
    assert metadata["license"] == "CC BY 4.0"
    datasette = Datasette([str(path)], metadata=metadata, settings={"allow_download": False})

    def status(address: str) -> int:
        return asyncio.run(datasette.client.get(address)).status_code

    assert status("/ca-jad/meetings") == status("/ca-jad/attendance") == status("/ca-jad/cumulative_counts") == 200
    assert status("/ca-jad/events") == status("/ca-jad/evidence") == status("/ca-jad.db") == 403
    assert status("/ca-jad?sql=select+1") == 403
    assert status("/ca-jad.json?sql=select+*+from+events") == 403


def test_neither_the_library_nor_publishing_imports_what_it_does_not_need(small: Path, tmp_path: Path) -> None:
    script = (
        "import sys, dialogue_registry\n"
        "heavy = {'vl_convert', 'datasette', 'jinja2', 'icalendar', 'click'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        f"dialogue_registry.publish({str(small)!r}, {str(tmp_path / 'site')!r})\n"
        "assert not {'vl_convert', 'datasette'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
