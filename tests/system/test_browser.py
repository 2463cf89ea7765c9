"""A reader in a real browser: from a dialogue to a source, to a name without its diacritics, to the stated counts.

Needs Chromium and its driver (Debian: chromium, chromium-driver); is skipped without. With
``SCREENSHOTS`` set to a folder, every page seen is kept there to be looked at.
"""

import os
import runpy
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import attrs
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from dialogue_registry import DelegateAttended, MeetingHeld, Registry, Source, TopicDiscussed, charts, publish
from tests.paths import ROOT

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="chromium or chromedriver is not installed")

RELEASE = "https://www.mofa.go.jp/erp/ca_c/page4e_001144.html"
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --window-size=1300,1500"
)


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[str]:
    """The address of a published site, served by Datasette as the how-to page says."""
    folder = tmp_path_factory.mktemp("site")
    with Registry.open(folder / "ca-jad.db") as registry:
        registry.record_all(runpy.run_path(str(ROOT / "examples" / "central_asia_plus_japan.py"))["load"]())
        guest = DelegateAttended(meeting="ca-jad/som/14", party="EU", name="Zoë ŠIMŮNKOVÁ", role="guest")
        registry.record(guest, source=Source("A list with diacritics", url="https://example.org/list"))
        held = next(event for event in registry.events(subject="ca-jad/som/13") if isinstance(event.event, MeetingHeld))
        registry.dispute(held.id, attrs.evolve(held.event, date="2018-11-27"), source=Source("Another list"))
        registry.record(held.event, source=Source("Not to be clicked", url="javascript:alert(1)"))
        topics = (TopicDiscussed(meeting="ca-jad/sofia/2004", topic=f"topic {number}") for number in range(60))
        registry.record(*topics, source=Source("A long agenda"))
    publish(folder / "ca-jad.db", folder / "site", licence="CC BY 4.0", pictures=True)
    address = f"http://127.0.0.1:{(port := free_port())}"
    server = subprocess.Popen(
        [sys.executable, "-m", "datasette", "serve", str(folder / "site"), "--port", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait(address)
        yield address
    finally:
        server.terminate()
        server.wait(30)


def _wait(address: str) -> None:
    for _ in range(300):
        try:
            with urlopen(address, timeout=5):
                return
        except (URLError, ConnectionError):
            time.sleep(0.1)
    pytest.fail(f"Datasette does not answer at {address}")


class Reader:
    """Somebody who reads pages and clicks on what they say."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver
        self._wait = WebDriverWait(driver, 20)
        self._pages = 0

    def open(self, address: str) -> None:
        self.driver.get(address)
        self._look()

    def click(self, text: str, *, within: str = "body") -> None:
        before = self.driver.current_url
        part = self.driver.find_element(By.CSS_SELECTOR, within)
        link = part.find_element(By.LINK_TEXT, text)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", link)
        link.click()
        self._wait.until(lambda driver: driver.current_url != before)
        self._look()

    def search(self, text: str) -> None:
        box = self.driver.find_element(By.NAME, "words")
        box.send_keys(text)
        box.submit()
        self._wait.until(lambda driver: "words=" in driver.current_url)
        self._look()

    def _look(self) -> None:
        ready = (
            "return document.readyState == 'complete' && (document.body.dataset.ready == 'yes' || "
            "!['row', 'table', 'query'].some((kind) => document.body.classList.contains(kind)))"
        )
        self._wait.until(lambda driver: driver.execute_script(ready))
        self._pages += 1
        if folder := os.environ.get("SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.driver.save_screenshot(f"{folder}/{self._pages:02}.png")

    @property
    def heading(self) -> str:
        heading: str = self.driver.find_element(By.TAG_NAME, "h1").text
        return heading

    @property
    def text(self) -> str:
        text: str = self.driver.find_element(By.TAG_NAME, "body").text
        return text

    def links(self) -> dict[str, str]:
        found = self.driver.find_elements(By.TAG_NAME, "a")
        return {link.text: link.get_attribute("href") for link in found if link.text}

    def rows(self) -> list[str]:
        return [row.text for row in self.driver.find_elements(By.CSS_SELECTOR, "table tbody tr")]

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser") if "favicon" not in entry["message"]]


@pytest.fixture(scope="module")
def browser(tmp_path_factory) -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for flag in (*FLAGS.split(), f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.set_page_load_timeout(60)
    yield driver
    driver.quit()


@pytest.fixture
def reader(browser: Any, site: str) -> Reader:
    reader = Reader(browser)
    reader.open(site)
    return reader


def test_from_the_dialogue_to_a_series_a_meeting_a_delegate_and_a_source(reader: Reader) -> None:
    assert reader.heading == "“Central Asia plus Japan” Dialogue"
    reader.click("Dialogues")
    reader.click("ca-jad", within="table")
    assert "Senior Officials' Meeting" in reader.text
    reader.click("ca-jad/som")
    assert reader.heading == "Senior Officials' Meeting"
    assert len([row for row in reader.rows() if row.startswith("ca-jad/som/")]) == 14
    reader.click("ca-jad/som/14")
    assert reader.heading == "14th Senior Officials' Meeting"
    assert "tourism" in reader.text
    assert "Central Asia Virtual EXPO (CAVEX)" in reader.text
    reader.click("Mr. Marat SYZDYKOV")
    assert "Deputy Minister of Foreign Affairs of the Republic of Kazakhstan" in reader.text
    links = reader.links()
    assert links[RELEASE] == RELEASE
    assert links["Kazakhstan"].endswith("/all_parties/KAZ")
    reader.click("14th Senior Officials' Meeting")  # the meeting, back again
    reader.click("meeting.held")
    assert '"ordinal":14' in reader.text
    reader.click("14th Senior Officials' Meeting")  # the source
    assert "/sources/" in reader.driver.current_url
    assert reader.links()[RELEASE] == RELEASE
    assert reader.complaints() == []


def test_a_name_is_found_without_its_diacritics(reader: Reader) -> None:
    reader.search("simunkova zoe")
    (row,) = reader.rows()
    assert "Zoë ŠIMŮNKOVÁ" in row
    assert "https://example.org/list" in reader.links().values()
    reader.click("Zoë ŠIMŮNKOVÁ · EU")
    assert "/delegates/" in reader.driver.current_url
    reader.click("14th Senior Officials' Meeting")
    assert "Zoë ŠIMŮNKOVÁ" in reader.text


def test_the_reconciliation_is_read_and_narrowed_by_its_facets(reader: Reader) -> None:
    reader.click("Stated and recorded")
    assert "30 rows" in reader.text
    reader.click("within date uncertainty")
    assert "2 rows" in reader.text
    assert all("within date uncertainty" in row for row in reader.rows())
    reader.click("Experts' Meeting")
    assert "5–6" in reader.text
    reader.click("ca-jad/experts/6")
    assert "/meetings/" in reader.driver.current_url


def test_a_meeting_tells_all_its_sources_and_who_disputes_it(reader: Reader) -> None:
    reader.click("Disputes")
    assert "date 2018-11-27" in reader.text
    reader.click("13th Senior Officials' Meeting")
    assert "date 2018-11-27" in reader.text
    assert "Not to be clicked" in reader.text
    assert not [href for href in reader.links().values() if href.startswith("javascript:")]
    assert "Links from other tables" not in reader.text
    reader.click("meeting.held")
    assert [heading.text for heading in reader.driver.find_elements(By.TAG_NAME, "h3")].count("evidence (4 rows)") == 1


def test_more_rows_than_fifty_are_a_click_away(reader: Reader, site: str) -> None:
    reader.open(f"{site}/ca-jad/meetings/ca-jad~2Fsofia~2F2004")
    assert "topic 49" in reader.text
    assert "topic 50" not in reader.text
    reader.click("… more")
    assert "60 rows" in reader.text


@pytest.fixture
def phone(reader: Reader) -> Iterator[Reader]:
    screen = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    reader.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    yield reader
    reader.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_phone_names_what_a_row_says(phone: Reader, site: str) -> None:
    phone.open(f"{site}/ca-jad/series/ca-jad~2Fsom")
    script = (
        "return [...document.querySelectorAll('table.belonging td')].filter((cell) => cell.textContent)"
        ".map((cell) => [getComputedStyle(cell, '::before').content, cell.textContent])"
    )
    told = phone.driver.execute_script(script)
    assert ['"status"', "held"] in told
    assert ['"ordinal"', "14"] in told
    assert {label for label, text in told if text == "held"} == {'"status"'}


@pytest.mark.parametrize("page", ["", "/ca-jad/counts_as_of?day=", "/ca-jad/meetings", "/ca-jad/series/ca-jad~2Fsom"])
def test_a_phone_need_not_be_pushed_sideways(phone: Reader, site: str, page: str) -> None:
    phone.open(f"{site}{page}")
    assert phone.driver.execute_script("return document.documentElement.scrollWidth") <= 390


def test_meetings_are_narrowed_by_their_facets(reader: Reader) -> None:
    reader.click("Meetings")
    reader.click("cancelled")
    (row,) = reader.rows()
    assert "12th Tokyo Dialogue" in row


def test_counts_are_asked_as_of_a_day(reader: Reader) -> None:
    reader.click("Counts as of a day")
    assert "certain" in reader.text
    reader.open(reader.driver.current_url.replace("day=", "day=2010-01-01"))
    (som,) = [row for row in reader.rows() if "ca-jad/som" in row]
    assert som.split()[-3:] == ["3", "5", "3"]


def test_the_pictures_of_the_front_page_are_drawn(reader: Reader) -> None:
    drawn = "[...document.querySelectorAll('a.picture img')].map((image) => image.naturalWidth)"
    widths = reader.driver.execute_script(f"return {drawn}")
    assert len(widths) == 2
    assert min(widths) > 500


def test_a_picture_as_a_page_draws_itself_without_a_network(browser: Any, site: str, tmp_path: Path) -> None:
    with Registry.open() as registry:
        registry.record_all(runpy.run_path(str(ROOT / "examples" / "central_asia_plus_japan.py"))["load"]())
        page = charts.save(charts.timeline(registry), tmp_path / "timeline.html")
    reader = Reader(browser)
    reader.open(page.as_uri())
    for _ in range(100):
        if browser.execute_script("return document.querySelectorAll('svg, canvas').length"):
            break
        time.sleep(0.1)
    assert browser.execute_script("return document.querySelectorAll('svg, canvas').length")
    assert reader.complaints() == []
