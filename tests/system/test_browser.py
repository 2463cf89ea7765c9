"""A reader in a real browser, on a disk without a server: at a desk and on a phone, by keyboard, on paper.

Needs Chromium and its driver (Debian: chromium, chromium-driver); is skipped without. The rules
of axe-core are put to each kind of page where ``npm install axe-core`` was run here, or
``AXE_CORE`` names the file. With ``SCREENSHOTS`` set to a folder, every page seen is kept there.
"""

import base64
import os
import re
import runpy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from dialogue_registry import (
    CountStated,
    DelegateAbsent,
    DelegateAttended,
    DialogueLaunched,
    MeetingHeld,
    NameUsed,
    PartyJoined,
    Registry,
    SeriesOpened,
    Source,
    TopicDiscussed,
    charts,
    publish,
)
from tests.paths import ROOT

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="chromium or chromedriver is not installed")

RELEASE = "https://www.mofa.go.jp/erp/ca_c/page4e_001144.html"
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars"
)
AXE = Path(os.environ.get("AXE_CORE") or ROOT / "node_modules" / "axe-core" / "axe.min.js")
KINDS = {
    "front": "index", "dialogues": "dialogues/index", "dialogue": "dialogues/ca-jad", "list of series": "series/index",
    "series": "series/ca-jad~som", "meeting": "meetings/ca-jad~som~14", "people": "people/index",
    "parties": "parties/index", "party": "parties/jpn", "stated counts": "statements/index",
    "disputes": "disputes/index", "oddities": "anomalies/index", "sources": "sources/index",
}  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> str:
    """The address of a published site on the disk."""
    folder = tmp_path_factory.mktemp("site")
    with Registry.open(folder / "ca-jad.db") as registry:
        registry.record_all(runpy.run_path(str(ROOT / "examples" / "central_asia_plus_japan.py"))["load"]())
        listed = Source("A list with diacritics", url="https://example.org/list")
        registry.record(
            DelegateAttended(meeting="ca-jad/som/14", party="EU", name="Zoë ŠIMŮNKOVÁ", role="guest"),
            DelegateAttended(meeting="ca-jad/som/13", party="RUS", name="Сергей Викторович ЛАВРОВ", office="Министр"),
            TopicDiscussed(meeting="ca-jad/som/13", topic="中央アジア東京対話高級実務者会合"),
            source=listed,
        )
        held = next(event for event in registry.events(subject="ca-jad/som/13") if isinstance(event.event, MeetingHeld))
        registry.dispute(held.id, attrs.evolve(held.event, date="2018-11-27"), source=Source("Another list"))
        registry.record(held.event, source=Source("Not to be clicked", url="javascript:document.title='clicked'"))
        registry.record(CountStated(series="ca-jad/som", count=20, as_of="2021-12-31"), source=listed)
    return publish(folder / "ca-jad.db", folder / "site", licence="CC BY 4.0").parent.as_uri()


class Reader:
    """Somebody who reads pages and clicks on what they say."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver
        self.wait = WebDriverWait(driver, 30)
        self._pages = 0

    def open(self, address: str) -> None:
        self.driver.get(address)
        self.look()

    def click(self, text: str, *, within: str = "main", to: str = "") -> None:
        before = self.driver.current_url
        part = self.driver.find_element(By.CSS_SELECTOR, within)
        found = part.find_elements(By.LINK_TEXT, text)
        link = next(link for link in found if to in link.get_attribute("href"))
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", link)
        link.click()
        self.wait.until(lambda driver: driver.current_url != before)
        self.look()

    def search(self, text: str) -> list[str]:
        """Type into the search box, send it, and return what was found."""
        box = self.driver.find_element(By.ID, "q")
        box.clear()
        box.send_keys(text, Keys.ENTER)
        self.wait.until(lambda driver: "search.html" in driver.current_url)
        self.await_answer(text)
        self.look()
        return [item.text for item in self.driver.find_elements(By.CSS_SELECTOR, "#found a")]

    def await_answer(self, text: str) -> None:
        script = "return document.getElementById('answer').dataset.of"
        self.wait.until(lambda driver: driver.execute_script(script) == text)

    def look(self) -> None:
        self.wait.until(lambda driver: driver.execute_script("return document.readyState") == "complete")
        self._pages += 1
        if folder := os.environ.get("SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.driver.save_screenshot(f"{folder}/{self._pages:02}.png")

    @property
    def heading(self) -> str:
        return str(self.driver.find_element(By.CSS_SELECTOR, "h1").text).split("\n")[-1]

    @property
    def text(self) -> str:
        return str(self.driver.find_element(By.TAG_NAME, "body").text)

    def links(self) -> dict[str, str]:
        found = self.driver.execute_script("return [...document.links].map((link) => [link.innerText, link.href])")
        return {text: address for text, address in found if text}

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def width(self, pixels: int, *, mobile: bool = False) -> None:
        screen = {"width": pixels, "height": 900, "deviceScaleFactor": 1, "mobile": mobile}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)


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


@pytest.fixture(params=[1280, 390], ids=["desk", "phone"])
def reader(browser: Any, site: str, request: pytest.FixtureRequest) -> Iterator[Reader]:
    """Somebody on the front page, at each width."""
    reader = Reader(browser)
    reader.width(request.param, mobile=request.param < 600)
    reader.open(f"{site}/index.html")
    reader.complaints()
    yield reader
    assert reader.complaints() == []  # nor does the policy of a page refuse what that page needs
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_from_the_front_page_to_a_person_a_source_and_back(reader: Reader) -> None:
    assert reader.heading == "“Central Asia plus Japan” Dialogue"
    reader.click("Senior Officials' Meeting")
    reader.click("14th Senior Officials' Meeting", to="meetings/")
    assert reader.heading == "14th Senior Officials' Meeting"
    assert "Central Asia Virtual EXPO (CAVEX)" in reader.text
    reader.click("Mr. Marat SYZDYKOV")
    assert reader.heading == "Mr. Marat SYZDYKOV"
    assert "Deputy Minister of Foreign Affairs of the Republic of Kazakhstan" in reader.text
    reader.click("14th SOM")
    reader.click("14th Senior Officials' Meeting", to="sources/")
    assert "sources/" in reader.driver.current_url
    assert reader.links()[RELEASE] == RELEASE
    target = "return getComputedStyle(document.querySelector(':target')).backgroundColor"
    assert reader.driver.execute_script(target) != "rgba(0, 0, 0, 0)"
    reader.driver.back()
    assert reader.heading == "14th Senior Officials' Meeting"
    reader.click("“Central Asia plus Japan” Dialogue", within="header")
    assert reader.driver.current_url.endswith("index.html")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("simunkova zoe", "Zoë ŠIMŮNKOVÁ"),
        ("ŠIMŮNKOVÁ", "Zoë ŠIMŮNKOVÁ"),
        ("лавров", "Сергей Викторович ЛАВРОВ"),
        ("сергеи", "Сергей Викторович ЛАВРОВ"),
        ("министр", "Сергей Викторович ЛАВРОВ"),
        ("実務者", "13th Senior Officials' Meeting"),
        ("東京対話高級", "13th Senior Officials' Meeting"),
        ("deputy kazakhstan syz", "Mr. Marat SYZDYKOV"),
        ("kaz", "Kazakhstan"),
        ("cavex", "14th Senior Officials' Meeting"),
        ("tokyo dial", "Tokyo Dialogue"),
    ],
)
def test_the_search_finds_names_in_any_script_with_or_without_diacritics(
    reader: Reader, words: str, found: str
) -> None:
    assert found in reader.search(words)
    reader.click(found, within="#found")
    assert reader.heading == found


def test_the_search_answers_whatever_is_typed(reader: Reader) -> None:
    for words in ("nothinglikethat", "'\"<script>", "%00", "  ", "a" * 300, "constructor", "__proto__", "㊙"):
        box = reader.driver.find_element(By.ID, "q")
        box.clear()
        box.send_keys(words, Keys.ENTER)
        reader.wait.until(lambda driver: "search.html" in driver.current_url)
        if words.strip():
            reader.await_answer(words)
        assert reader.driver.find_elements(By.CSS_SELECTOR, "#found script, #found img") == []
    assert reader.search("s")  # one letter


def test_the_search_loads_only_what_the_words_need(reader: Reader) -> None:
    reader.search("syzdykov")
    loaded = reader.driver.execute_script("return [...document.scripts].map((script) => script.src.split('/').pop())")
    assert {"search.js", "index.js", "words-s.js", "hits-0.js"} == set(loaded)


@pytest.mark.parametrize("page", [*KINDS.values(), "search"])
def test_no_page_need_be_pushed_sideways(reader: Reader, site: str, page: str) -> None:
    reader.open(f"{site}/{page}.html")
    widths = "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    scroll, client = reader.driver.execute_script(widths)
    assert scroll <= client
    cut = (
        "return [...document.querySelectorAll('td, th, dd, h1, h2')].filter((cell) => cell.scrollWidth >"
        " cell.clientWidth + 1 && cell.clientWidth).map((cell) => cell.textContent)"
    )
    assert reader.driver.execute_script(cut) == []
    below = (
        "return [...document.querySelectorAll('.cards td')].filter((cell) => cell.clientHeight && parseFloat("
        "getComputedStyle(cell, '::before').height) > cell.clientHeight).map((cell) => cell.dataset.of)"
    )
    assert reader.driver.execute_script(below) == []  # no label of a card lies on the next one


def test_the_pictures_fit_the_screen(reader: Reader) -> None:
    shown = "return [...document.querySelectorAll('figure img')].map((image) => [image.currentSrc, image.naturalWidth])"
    for image in reader.driver.find_elements(By.CSS_SELECTOR, "figure img"):
        reader.driver.execute_script("arguments[0].scrollIntoView()", image)
    pictures = reader.driver.execute_script(shown)
    phone = reader.driver.execute_script("return innerWidth") < 600
    assert [path.rpartition("/")[2] for path, _ in pictures] == (
        ["timeline-narrow.svg", "counts-narrow.svg"] if phone else ["timeline.svg", "counts.svg"]
    )
    assert all(width > 300 for _, width in pictures)


def test_links_are_followed_by_keyboard(reader: Reader) -> None:
    body = reader.driver.find_element(By.TAG_NAME, "body")
    body.send_keys(Keys.TAB)
    focused = "return document.activeElement.textContent"
    assert reader.driver.execute_script(focused) == "To the content"
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert reader.driver.execute_script(outline) == "solid"
    reader.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert reader.driver.execute_script("return document.activeElement.id") == "content"
    reader.driver.switch_to.active_element.send_keys(Keys.TAB)
    assert reader.driver.execute_script("return document.activeElement.closest('main') !== null")


def test_it_reads_in_dark_and_in_light(reader: Reader) -> None:
    for scheme, dark in (("dark", True), ("light", False)):
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        reader.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        colours = reader.driver.execute_script(
            "const style = getComputedStyle(document.documentElement); return [style.backgroundColor, style.color]"
        )
        back, ink = (sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in colours)
        assert (back < ink) is dark
        assert abs(back - ink) > 400
    reader.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not here: npm install axe-core")
@pytest.mark.parametrize("page", [*KINDS.values(), "search"])
def test_axe_finds_no_violation(reader: Reader, site: str, page: str) -> None:
    """In light at a desk and in dark on a phone: colours do not depend on the width."""
    scheme = "dark" if reader.driver.execute_script("return innerWidth") < 600 else "light"
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    reader.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    addresses = [f"{site}/{page}.html"]
    if page == "people/index":
        reader.open(addresses[0])
        addresses.append(reader.driver.execute_script("return document.querySelector('td a').href"))
    for address in addresses:
        reader.open(address)
        # The policy of a page lets no foreign script in, so the driver puts this one where pages cannot look.
        reader.driver.execute_script(AXE.read_text("utf-8"))
        found = reader.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run({preload: false}).then((result) => done(result.violations.map("
            "(one) => [one.id, one.help, one.nodes.slice(0, 3).map((node) => node.html)])))"
        )
        assert found == [], (scheme, address)
    reader.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize("page", KINDS.values())
def test_nothing_is_cut_on_paper(browser: Any, site: str, page: str) -> None:
    reader = Reader(browser)
    reader.width(int(17 / 2.54 * 96))  # the text of an A4 page
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    reader.open(f"{site}/{page}.html")
    wide = browser.execute_script(
        "return [...document.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right >"
        " document.documentElement.clientWidth + 1 && one.getClientRects().length).map((one) => one.outerHTML)"
    )
    assert wide == []
    shown = browser.execute_script("return getComputedStyle(document.querySelector('header nav')).display")
    assert shown == "none"
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    paper = {"paperWidth": 8.27, "paperHeight": 11.69, "printBackground": True}
    printed = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", paper)["data"])
    assert printed.startswith(b"%PDF-")
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder, f"{page.replace('/', '-')}.pdf").write_bytes(printed)
    pages = len(re.findall(rb"/Type\s*/Page\b", printed))
    assert 1 <= pages <= 12, pages


HOSTILE = [
    "</script><script>document.title='changed'</script>",
    "<img src=x onerror=\"document.title='changed'\">",
    '" onmouseover="document.title=\'changed\'" x="',
    "' autofocus onfocus='document.title=1'",
    "<svg/onload=document.title='changed'>",
]


# One after another in one text: what ends the first context lets the next one in.
@pytest.mark.parametrize("text", ["".join(HOSTILE), "".join(reversed(HOSTILE))], ids=["forwards", "backwards"])
def test_hostile_texts_in_every_field_run_nothing(browser: Any, tmp_path: Path, text: str) -> None:
    source = Source(text, url=f"javascript:document.title='changed'//{text}", publisher=text, language=text, kind=text)
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name=text, launched="2004", aliases=(text,)),
            SeriesOpened(series="d/s", dialogue="d", name=text, abbreviation=text, aliases=(text,)),
            PartyJoined(dialogue="d", party=text, name=text, aliases=(text,)),
            MeetingHeld(meeting="d/s/1", series="d/s", date="2004-01-02", title=text, place=text, country=text),
            DelegateAttended(meeting="d/s/1", party=text, name=text, office=text, on_behalf_of=text),
            DelegateAttended(meeting="d/s/1", party=text, name=f"{text}!", person=text),
            DelegateAbsent(meeting="d/s/1", party=text, name=f"{text}?", reason=text, represented_by=text),
            NameUsed(of="d/s", name=text, language="en"),
            TopicDiscussed(meeting="d/s/1", topic=text),
            CountStated(series="d/s", count=7, as_of="2004-05-05", reported_at="d/s/1"),
            source=source,
        )
        folder = publish(registry, tmp_path / "site", title=text, description=text, licence=text, source=text).parent
        pictures = charts.draw(registry, tmp_path / "pictures", formats=["html", "svg"], title=text)
    reader = Reader(browser)
    reader.width(1280)
    for page in [*sorted(folder.rglob("*.html")), *sorted(folder.rglob("*.svg")), *pictures]:
        reader.open(page.as_uri())
        browser.execute_script(
            "document.querySelectorAll('*').forEach((one) => one.dispatchEvent(new MouseEvent('mouseover')))"
        )
        assert browser.title != "changed", page
        assert browser.execute_script("return document.title") not in {"changed", "1"}, page
        scripts = "return [...document.querySelectorAll('a')].filter((a) => a.protocol === 'javascript:').length"
        assert browser.execute_script(scripts) == 0, page
    reader.open((folder / "search.html").as_uri())
    reader.search(text)
    reader.search("script img svg title")
    assert reader.driver.execute_script("return document.title") not in {"changed", "1"}


def test_a_picture_as_a_page_fits_a_phone(browser: Any, tmp_path: Path) -> None:
    with Registry.open() as registry:
        registry.record_all(runpy.run_path(str(ROOT / "examples" / "central_asia_plus_japan.py"))["load"]())
        pages = charts.draw(registry, tmp_path, formats=["html"])
    reader = Reader(browser)
    for page in pages:
        for width in (1280, 390):
            reader.width(width, mobile=width < 600)
            reader.complaints()
            reader.open(page.as_uri())
            shown = browser.execute_script(
                "return [...document.querySelectorAll('svg')].map((svg) => svg.getBoundingClientRect().width)"
            )
            assert sum(wide > 0 for wide in shown) == 1
            assert browser.execute_script("return document.documentElement.scrollWidth") <= width
            size = browser.execute_script(
                "return Math.min(...[...document.querySelectorAll('svg text')]"
                ".map((text) => text.getBoundingClientRect().height).filter(Boolean))"
            )
            assert size >= 9  # pixels: it can be read
            assert reader.complaints() == []
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
