"""The pictures show what the registry says, the same each time, told apart without colour, with no network."""

import inspect
import json
import re
import struct
import subprocess
import sys
import zlib
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from dialogue_registry import (
    CountStated,
    DialogueLaunched,
    InvalidValueError,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    Registry,
    SeriesOpened,
    Source,
    charts,
)
from dialogue_registry.charts import counts_chart, selection, style, svg, timeline_chart
from dialogue_registry.charts.counts_chart import VERDICT_LOOKS
from dialogue_registry.charts.language import language, languages
from dialogue_registry.charts.svg import Box, free_place
from dialogue_registry.charts.timeline_chart import LOOKS
from dialogue_registry.model.dates import PartialDate

SVG = "{http://www.w3.org/2000/svg}"
LONG = "Meeting of the Ministers Responsible for Foreign Affairs and Regional Cooperation of all Member States <&>"
JAPANESE = (
    "「中央アジア＋日本」対話・東京対話および高級実務者会合に関する専門家会議（経済・貿易・投資・環境・エネルギー分野）"
)


@pytest.fixture
def registry():
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="A dialogue", launched="2004"),
            DialogueLaunched(dialogue="e", name="Another", launched="2004"),
            SeriesOpened(series="d/fm", dialogue="d", name=LONG),
            SeriesOpened(series="d/som", dialogue="d", name=JAPANESE),
            SeriesOpened(series="e/x", dialogue="e", name="X"),
            MeetingHeld(meeting="d/fm/1", series="d/fm", date="2005-03-04", ordinal=1, format="in-person"),
            MeetingHeld(meeting="d/fm/2", series="d/fm", date="2006-03-04", format="online"),
            MeetingHeld(meeting="d/fm/3", series="d/fm", date="[2006-01-01..2008-06-30]", ordinal=3, format="hybrid"),
            MeetingHeld(meeting="d/fm/4", series="d/fm", date="2007-05"),
            MeetingHeld(meeting="d/fm/0", series="d/fm"),
            MeetingAnnounced(meeting="d/fm/5", series="d/fm", date="2009-02-03", ordinal=5),
            MeetingCancelled(meeting="d/fm/5"),
            MeetingAnnounced(meeting="d/som/1", series="d/som", date="2010-02-03/2010-02-05"),
            MeetingHeld(meeting="e/x/1", series="e/x", date="1999-01-01"),
            CountStated(series="d/fm", count=9, as_of="2010-01-01"),
            CountStated(series="d/fm", count=1, as_of="2005-12-31"),
            CountStated(series="d/fm", count=2, as_of="2006-12-31"),
            CountStated(series="d/fm", count=1, as_of="2010-01-01", format="online"),
            source=Source("Release"),
        )
        yield registry


def one_series(*dates: str, statements=(), **fields: Any) -> Registry:
    registry = Registry.open()
    registry.record(
        DialogueLaunched(dialogue="d", name="D", launched="2004"),
        SeriesOpened(series="d/s", dialogue="d", name="S"),
        *(MeetingHeld(meeting=f"d/s/{n}", series="d/s", date=date, **fields) for n, date in enumerate(dates)),
        *statements,
    )
    return registry


def many(series: int, meetings: int) -> Registry:
    """A registry of many series over sixty years."""
    registry = Registry.open()
    registry.record(
        DialogueLaunched(dialogue="d", name="D", launched="1960"),
        *(SeriesOpened(series=f"d/{n}", dialogue="d", name=f"Council number {n}") for n in range(series)),
    )
    registry.record_all(
        MeetingHeld(
            meeting=f"d/{n % series}/{n}", series=f"d/{n % series}", ordinal=n // series + 1,
            date=f"{1960 + n * 7 % 60}-{n % 12 + 1:02}-{n % 28 + 1:02}",
        )
        for n in range(meetings)
    )  # fmt: skip
    return registry


def texts(document: str) -> list[str]:
    return ["".join(node.itertext()) for node in ET.fromstring(document).iter(f"{SVG}text")]


def tooltips(document: str) -> list[str]:
    return [
        node.text or "" for group in ET.fromstring(document).iter(f"{SVG}g") for node in group.findall(f"{SVG}title")
    ]


def marks(document: str) -> dict[str, tuple[float, float]]:
    """The place of each mark, by its tooltip."""
    found = {}
    for group in ET.fromstring(document).iter(f"{SVG}g"):
        title, path = group.find(f"{SVG}title"), group.find(f"{SVG}path")
        if title is not None and path is not None:
            x, y = re.match(r"translate\(([\d.]+),([\d.]+)\)", path.get("transform", "")).groups()
            found[title.text or ""] = float(x), float(y)
    return found


def axis_numbers(document: str) -> list[list[int]]:
    groups = [
        node for node in ET.fromstring(document).iter(f"{SVG}g") if node.get("class") == "mark-text role-axis-label"
    ]
    return [[int(re.sub(r"\D", "", text.text)) for text in group.iter(f"{SVG}text")] for group in groups]


# --- what they say -----------------------------------------------------------------------


def test_the_timeline_tells_format_status_and_uncertainty_apart(registry: Registry) -> None:
    drawn = charts.timeline(registry, dialogue="d")
    assert {row["date"]: row["kind"] for row in drawn.rows} == {
        "2005-03-04": "in person",
        "2006-03-04": "online",
        "[2006-01-01..2008-06-30]": "hybrid",
        "2007-05": "not known how",
        "2009-02-03": "cancelled",
        "2010-02-03/2010-02-05": "announced",
    }
    assert "4 March 2005, in person" in tooltips(drawn.svg)
    assert "between 1 January 2006 and 30 June 2008, hybrid" in tooltips(drawn.svg)
    bars = [node for node in ET.fromstring(drawn.svg).iter(f"{SVG}rect") if node.get("fill") == style.BAND]
    assert len(bars) == 2
    shown = texts(drawn.svg)
    assert {"1", "3", "5"} <= set(shown)
    assert {"in person", "online", "hybrid", "not known how", "cancelled", "announced", "day uncertain"} <= set(shown)


def test_every_look_has_a_shape_or_fill_of_its_own_and_no_colour() -> None:
    for looks in (LOOKS, VERDICT_LOOKS):
        assert len({(look.shape, look.fill) for look in looks.values()}) == len(looks)
        colours = {colour for look in looks.values() for colour in (look.fill, look.outline)}
        assert all(red == green == blue for red, green, blue in (bytes.fromhex(c[1:]) for c in colours))


def test_undated_meetings_are_mentioned_and_long_names_are_whole(registry: Registry) -> None:
    drawn = charts.timeline(registry, dialogue="d")
    for document in (drawn.svg, drawn.narrow_svg):
        joined = "".join(texts(document)).replace(" ", "")
        assert "5held(1withoutadate,notdrawn),1cancelled" in joined
        assert LONG.replace(" ", "") in joined
        assert JAPANESE in joined
        assert "Another" not in joined


def test_the_counts_show_each_statement_with_its_verdict(registry: Registry) -> None:
    drawn = charts.counts(registry)
    assert {(row["as_of"], row["stated"]): row["verdict"] for row in drawn.rows} == {
        ("2010-01-01", 9): "disagrees",
        ("2005-12-31", 1): "within date uncertainty",
        ("2006-12-31", 2): "within date uncertainty",
        ("2010-01-01", 1): "agrees",
    }
    assert "1 January 2010: stated 9, on record 4–5: disagrees; Release" in tooltips(drawn.svg)
    shown = texts(drawn.svg)
    assert {"stated 9,", "on record 4–5", "4–5", "1 online"} <= set(shown)


def test_the_end_of_a_line_says_how_many() -> None:
    with one_series("2004-01-01", "2005-01-01", "2006-01-01") as registry:
        assert charts.counts(registry).svg.count(">3<") == 2  # at the axis, and at the end


def test_the_line_is_as_high_as_the_count_on_every_day(registry: Registry) -> None:
    chosen = charts.counts(registry, dialogue="d")
    held = [meeting for meeting in registry.meetings("d/fm") if meeting.status == "held"]
    panel = counts_chart._Panel(held, (), style.Span(2005.0, 2011.0), language("en"))
    panel.draw(0, 0, 400)
    for step in panel._steps(held):
        day = f"{int(step.at)}-12-31"
        last = [s for s in panel._steps(held) if s.at < int(step.at) + 1][-1]
        count = registry.counts(as_of=day)["d/fm"].total
        assert (last.certain, last.possible) == (count.certain, count.possible), day
    assert chosen.rows


def test_a_statement_off_the_line_says_by_which_rule_it_agrees() -> None:
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            SeriesOpened(series="d/som", dialogue="d", name="Senior Officials' Meeting"),
            MeetingHeld(meeting="d/som/14", series="d/som", date="2021-06-16", ordinal=14),
            CountStated(series="d/som", count=14, as_of="2021-06-16"),
            CountStated(series="d/som", count=0, as_of="2021-06-16", reported_at="d/som/14"),
        )
        shown = texts(charts.counts(registry).svg)
    assert [text for text in shown if text.startswith(("stated", "agrees"))][:2] == [
        "stated 14:",
        "agrees by rule ordinal",
    ]
    assert "stated 0:" not in shown


def test_series_of_several_dialogues_stand_under_their_names(registry: Registry) -> None:
    assert {"A dialogue", "Another"} <= set(texts(charts.timeline(registry).svg))
    assert {"A dialogue", "Another"} <= set(texts(charts.counts(registry).svg))
    alone = charts.timeline(registry, dialogue="d")
    assert alone.title == "A dialogue"
    assert "Another" not in alone.svg


def test_what_is_only_announced_is_drawn_too() -> None:
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2026"),
            SeriesOpened(series="d/som", dialogue="d", name="S"),
            MeetingAnnounced(meeting="d/som/1", series="d/som", date="2027-06-16"),
        )
        shown = texts(charts.timeline(registry).svg)
        assert charts.counts(registry).rows == []
    assert "The meetings of each series, 2027; numbers as printed on them" in shown
    assert "0 held, 1 announced" in shown


def test_the_past_can_be_drawn(registry: Registry) -> None:
    before = registry.position
    registry.record(MeetingHeld(meeting="d/som/9", series="d/som", date="2012-01-01"))
    with registry.at(position=before) as past:
        assert len(charts.timeline(past).rows) + 1 == len(charts.timeline(registry).rows)


# --- one height of marks -------------------------------------------------------------------


def test_marks_stand_at_one_height_where_none_collide() -> None:
    with one_series(*(f"{year}-03-04" for year in range(2000, 2020)), format="online") as registry:
        assert len({y for _, y in marks(charts.timeline(registry).svg).values()}) == 1


def test_where_two_collide_the_marks_of_that_series_alone_take_lines_in_turn() -> None:
    with one_series(*(f"{year}-03-04" for year in range(2000, 2020)), "2010-03-05") as registry:
        registry.record(
            SeriesOpened(series="d/t", dialogue="d", name="T"),
            *(MeetingHeld(meeting=f"d/t/{y}", series="d/t", date=f"{y}-06-01") for y in range(2000, 2020, 2)),
        )
        places = sorted((y, x) for x, y in marks(charts.timeline(registry).svg).values())
    heights = sorted({y for y, _ in places})
    assert len(heights) == 3  # two of the first series, one of the second
    in_order = [y for x, y in sorted((x, y) for y, x in places if y in heights[:2])]
    assert in_order == [heights[place % 2] for place in range(21)]


def test_no_mark_hides_another() -> None:
    dates = [f"2007-{n % 12 + 1:02}" if n % 3 else "2007" for n in range(9)]
    with one_series(*dates, "2008-03-04", "2008-03-05", "2001") as registry:
        found = timeline_chart._lines(
            [
                timeline_chart._Timeline(chosen, "", 636.0)._mark(m)
                for chosen in [select(registry)]
                for m in chosen.meetings["d/s"]
            ]
        )
    assert found is None or not any(map(timeline_chart._collide, found))


def select(registry: Registry):
    return selection.select(registry, dialogue=None, series=(), since=None, language_tag="en")


def test_an_uncertain_day_is_seen_however_many_years_there_are() -> None:
    with one_series("1870-01-01", "2007-05") as registry:
        drawn = charts.timeline(registry).svg
    (bar,) = [node for node in ET.fromstring(drawn).iter(f"{SVG}rect") if node.get("fill") == style.BAND]
    assert float(bar.get("width")) >= 17.9


def test_a_series_too_dense_for_marks_is_gathered_by_years() -> None:
    with one_series(*(f"2007-{n % 12 + 1:02}-{n % 28 + 1:02}" for n in range(90)), "2020") as registry:
        shown = tooltips(charts.timeline(registry).svg)
    assert shown == ["2007: 90 held", "2020: 1 held"]


# --- pictures of any size --------------------------------------------------------------------


@pytest.mark.parametrize("total", [0, 1, 2, 7, 30, 40, 99, 600, 601, 683, 999, 1000, 1001, 6203, 123_456, 10**9])
def test_an_upright_axis_always_has_round_numbers_up_to_half_of_the_total(total: int) -> None:
    numbers = style.ticks(0, total, limit=6)
    assert numbers[0] == 0
    assert numbers == sorted(set(numbers))
    assert 3 <= len(numbers) <= 7 or total < 3
    assert 2 * numbers[-1] >= total
    steps = {after - before for before, after in pairwise(numbers)}
    assert len(steps) <= 1
    assert all(re.fullmatch("[125]0*", str(step)) for step in steps)


@pytest.mark.parametrize(
    ("total", "numbers"),
    [(600, [*range(0, 601, 100)]), (30, [*range(0, 31, 5)]), (683, [0, 200, 400, 600]), (1000, [*range(0, 1001, 200)])],
)
def test_a_drawn_axis_has_its_numbers(total: int, numbers: list[int]) -> None:
    dates = (f"200{n % 4}-{n % 12 + 1:02}-{n % 28 + 1:02}" for n in range(total))
    with one_series(*dates) as registry:
        assert [axis for axis in axis_numbers(charts.counts(registry).svg) if 0 in axis] == [numbers]


def test_every_axis_of_every_size_has_numbers() -> None:
    for registry in (one_series("0001-01-01"), one_series("0001", "9999"), many(3, 40), many(20, 400), many(60, 600)):
        for drawn in (charts.timeline(registry), charts.counts(registry)):
            for document in (drawn.svg, drawn.narrow_svg):
                found = axis_numbers(document)
                assert found
                assert all(found)
        registry.close()


def test_hundreds_of_series_have_a_line_each_with_their_name_and_number() -> None:
    with many(300, 1500) as registry:
        for drawn in (charts.timeline(registry), charts.counts(registry)):
            for document in (drawn.svg, drawn.narrow_svg):
                places = {
                    node.text: float(node.get("y"))
                    for node in ET.fromstring(document).iter(f"{SVG}text")
                    if (node.text or "").startswith("Council number")
                }
                assert len(places) == 300
                heights = sorted(places.values())
                assert all(below - above >= 11 for above, below in pairwise(heights))
                assert texts(document).count("5") >= 300


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc says how much memory was used")
def test_hundreds_of_series_are_drawn_in_about_the_time_of_recording_and_150_megabytes() -> None:
    program = inspect.getsource(many) + (
        "start = time.process_time()\n"
        "registry = many(300, 6000)\n"
        "before = time.process_time()\n"
        "for chart in (charts.timeline, charts.counts):\n"
        "    charts.save(chart(registry), pathlib.Path(sys.argv[1], 'x.svg'))\n"
        # Not getrusage: a child begins with the peak of its parent.
        "peak = int(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1]) // 1024\n"
        "print(before - start, time.process_time() - before, peak)\n"
    )
    head = "import pathlib, re, sys, time\nfrom dialogue_registry import *\nfrom dialogue_registry import charts\n"
    done = subprocess.run(
        [sys.executable, "-c", head + program, "."], capture_output=True, text=True, check=True, cwd=Path("/tmp")
    )
    recording, drawing, megabytes = map(float, done.stdout.split())
    assert drawing < 3 * recording  # 0.37 s and 0.36 s where this was written
    assert megabytes < 150


def test_a_part_can_be_drawn_by_series_and_by_year(registry: Registry) -> None:
    drawn = charts.timeline(registry, series="d/fm", since=2007)
    assert [row["date"] for row in drawn.rows] == ["[2006-01-01..2008-06-30]", "2007-05", "2009-02-03"]
    assert JAPANESE[:10] not in drawn.svg
    assert axis_numbers(drawn.svg)[0][0] == 2007
    assert {row["series"] for row in charts.timeline(registry, series=["d/fm", "e/x"]).rows} == {"d/fm", "e/x"}
    counted = charts.counts(registry, series="d/fm", since="2009-06-01")
    assert [row["as_of"] for row in counted.rows] == ["2010-01-01", "2010-01-01"]
    assert "4–5" in texts(counted.svg)  # those before are counted all the same


# --- titles and languages ----------------------------------------------------------------------


def test_a_title_longer_than_three_hundred_characters_is_cut(registry: Registry) -> None:
    long = "An endless title " * 60_000
    for draw in (charts.counts, charts.timeline):
        drawn = draw(registry, title=long)
        assert drawn.title == f"{long[:300].rstrip()}…"
        assert len(drawn.svg) < len(draw(registry).svg) + 2000
        assert drawn.narrow.height < draw(registry).narrow.height + 300
        assert draw(registry, title=long[:300].rstrip()).title == long[:300].rstrip()


def test_title_and_language_are_options(registry: Registry, tmp_path: Path) -> None:
    drawn = charts.timeline(registry, title="Twenty years", language="ja", dialogue="d")
    assert "Twenty years" in texts(drawn.svg)
    assert 'lang="ja"' in drawn.svg
    assert {"対面", "中止", "開催日不確定"} <= set(texts(drawn.svg))
    assert any("2005年3月4日" in tooltip for tooltip in tooltips(drawn.svg))
    charts.draw(registry, tmp_path, formats=["svg"], title="Both", language="ja")
    assert all("Both" in texts(path.read_text("utf-8")) for path in tmp_path.iterdir())
    with pytest.raises(InvalidValueError, match=r"no words in the language 'xx': choose one of en, ja"):
        charts.counts(registry, language="xx")


def test_every_language_has_every_phrase_of_the_pictures(registry: Registry) -> None:
    for tag in set(languages()) - {"en"}:
        for drawn in (charts.timeline(registry, language=tag), charts.counts(registry, language=tag)):
            own = [
                text
                for text in [*texts(drawn.svg), *tooltips(drawn.svg)]
                if re.search("held|stated|person|record", text)
            ]
            assert own == []


@pytest.mark.parametrize(
    ("text", "english", "japanese"),
    [
        ("2021-06-16", "16 June 2021", "2021年6月16日"),
        ("2004-08", "August 2004", "2004年8月"),
        ("2004", "2004", "2004年"),
        ("2025-12-19/2025-12-20", "19–20 December 2025", "2025年12月19日～20日"),
        ("2004-04-30/2004-05-01", "30 April – 1 May 2004", "4月30日～2004年5月1日"),
        ("2004-12-31/2005-01-01", "31 December 2004 – 1 January 2005", "2004年12月31日～2005年1月1日"),
        ("2004-05-01/2004-05-01", "1 May 2004", "2004年5月1日"),
        ("[2007-12-14..2011-11-30]", "between 14 December 2007 and 30 November 2011",
         "2007年12月14日から2011年11月30日までのいずれかの日"),
        ("0800", "800", "800年"),
    ],
)  # fmt: skip
def test_dates_are_written_in_words(text: str, english: str, japanese: str) -> None:
    assert language("en").date(PartialDate.of(text)) == english
    assert language("ja").date(PartialDate.of(text)) == japanese


@pytest.mark.parametrize(
    ("number", "word"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (13, "13th"), (21, "21st"), (112, "112th")],
)
def test_ordinals_are_written_as_english_has_them(number: int, word: str) -> None:
    assert language("en").ordinal(number) == word


# --- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["svg", "png", "html"])
def test_the_same_registry_gives_the_same_file(registry: Registry, tmp_path: Path, suffix: str) -> None:
    for chart in (charts.timeline, charts.counts):
        one, other = (charts.save(chart(registry), tmp_path / f"{name}.{suffix}") for name in "ab")
        assert one.read_bytes() == other.read_bytes()


def size_of(png: bytes) -> tuple[float, float, float]:
    """The width and the height in centimetres, and the dots per inch."""
    wide, high = struct.unpack(">II", png[16:24])
    per_metre = struct.unpack(">I", png[png.index(b"pHYs") + 4 :][:4])[0]
    return wide / per_metre * 100, high / per_metre * 100, per_metre / 100 * 2.54


def test_a_png_is_17_cm_wide_at_300_dots_per_inch(registry: Registry, tmp_path: Path) -> None:
    for path in charts.draw(registry, tmp_path, formats=["png"]):
        wide, _, dots = size_of(path.read_bytes())
        assert dots == pytest.approx(300, abs=1)
        assert wide == pytest.approx(17, abs=0.02)


def test_a_png_is_no_higher_than_a_page_where_it_can_be_read_so(registry: Registry, tmp_path: Path) -> None:
    registry.record(*(SeriesOpened(series=f"d/{n}", dialogue="d", name="S") for n in range(30)))
    wide, high, _ = size_of(charts.save(charts.timeline(registry), tmp_path / "x.png").read_bytes())
    assert high <= 25.03
    assert 0.7 * 17 <= wide <= 17.03


def test_a_png_of_very_many_series_stays_as_wide_as_a_page(tmp_path: Path) -> None:
    with many(300, 600) as registry:
        wide, high, dots = size_of(charts.save(charts.timeline(registry), tmp_path / "x.png").read_bytes())
    assert wide == pytest.approx(17, abs=0.1)
    assert high > 100
    assert dots > 120


def test_a_pdf_holds_the_texts_as_texts(registry: Registry, tmp_path: Path) -> None:
    content = charts.save(charts.timeline(registry), tmp_path / "x.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    streams = [zlib.decompress(found) for found in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL)
               if found[:1] == b"x"]  # fmt: skip
    assert any(b"Tj" in stream or b"TJ" in stream for stream in streams)


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on") or name in {"src", "href", "style"}]

    def handle_data(self, data: str) -> None:
        if self.names and self.names[-1] == "script":
            self.scripts.append(data)


def elements(page: str) -> _Elements:
    parser = _Elements()
    parser.feed(page)
    return parser


HOSTILE = [
    "</script><script>document.title='changed'</script>",
    "<!--<script>",
    "</title><img src=x onerror=alert(1)>",
    "]]>&amp;<![CDATA[",
    '" onload="alert(1)',
    "{braces} {0} %s",
    "A\u001bB\u0001\ufffe\uffff\u200f",
]


@pytest.mark.parametrize("title", HOSTILE)
def test_no_title_becomes_an_element_and_each_is_kept(title: str, tmp_path: Path) -> None:
    def page(text: str, name: str) -> str:
        with Registry.open() as registry:
            registry.record(
                DialogueLaunched(dialogue="d", name=f"D{text}", launched="2004"),
                SeriesOpened(series="d/s", dialogue="d", name=f"S{text}"),
                MeetingHeld(meeting="d/s/1", series="d/s", date="2021-06-08", title=f"M{text}", place=f"P{text}"),
                CountStated(series="d/s", count=7, as_of="2021-12-31"),
                source=Source(f"Y{text}"),
            )
            chart = charts.timeline if name == "timeline" else charts.counts
            drawn = chart(registry, title=f"T{text}")
            for suffix in ("svg", "png", "pdf"):  # a character that XML forbids aborts the renderer's process
                assert charts.save(drawn, tmp_path / f"x.{suffix}").stat().st_size
            ET.fromstring(drawn.svg)
            return drawn.html

    for name, kept in (("timeline", f"M{title}"), ("counts", f"Y{title}")):
        hostile, plain = elements(page(title, name)), elements(page("", name))
        assert hostile.names.count("script") == plain.names.count("script") == 1
        assert hostile.names.count("svg") == plain.names.count("svg") == 2
        assert {"img", "iframe", "foreignobject"}.isdisjoint(hostile.names)
        rows = json.loads("".join(hostile.scripts))
        assert kept in {text for row in rows for text in (row.get("title"), *row.get("sources", ()))}


def test_a_page_fits_a_phone_and_asks_for_nothing(registry: Registry) -> None:
    page = charts.timeline(registry).html
    assert '<meta name="viewport"' in page
    assert "default-src 'none'" in page
    assert page.count("<svg") == 2
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")


def test_a_notebook_shows_a_picture(registry: Registry) -> None:
    for drawn in (charts.timeline(registry), charts.counts(registry)):
        bundle: Any = drawn._repr_mimebundle_()
        assert json.dumps(bundle)
        assert texts(bundle["image/svg+xml"])


def test_drawing_imports_no_renderer_until_a_file_needs_one() -> None:
    script = (
        "import sys\nfrom dialogue_registry import *\nfrom dialogue_registry import charts\n"
        "r = Registry.open(); r.record(DialogueLaunched(dialogue='d', name='D', launched='2004'),"
        " SeriesOpened(series='d/s', dialogue='d', name='S'),"
        " MeetingHeld(meeting='d/s/1', series='d/s', date='2004'))\n"
        "charts.timeline(r).html\n"
        "assert not {'altair', 'vl_convert'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_notes_keep_clear_of_each_other_and_of_the_points() -> None:
    frame, taken = Box(0, 0, 240, 120), [Box(94, 54, 106, 66)]
    for _ in range(4):
        note, end = free_place(60, 24, (100, 60), frame, taken)
        assert not any(note.meets(other) for other in taken)
        assert note.left - 2 <= end[0] <= note.right + 2
        taken.append(note)


def test_a_long_word_is_broken_and_nothing_is_lost() -> None:
    for text in ("a" * 300, f"short {'字' * 80} end", "", "   "):
        lines = svg.wrapped(text, 100, 10)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(svg.text_width(line, 10) <= 101 for line in lines)


def test_what_cannot_be_drawn_is_said(registry: Registry, tmp_path: Path) -> None:
    with Registry.open() as empty, pytest.raises(InvalidValueError, match="nothing dated to draw"):
        charts.timeline(empty)
    with pytest.raises(InvalidValueError, match="nothing dated in 2050 or later to draw"):
        charts.timeline(registry, since=2050)
    with pytest.raises(InvalidValueError, match="there is no dialogue 'zzz' to draw: the registry has 'd', 'e'"):
        charts.timeline(registry, dialogue="zzz")
    with pytest.raises(InvalidValueError, match="there is no series 'e/x' to draw: the registry has 'd/fm', 'd/som'"):
        charts.counts(registry, dialogue="d", series="e/x")
    with pytest.raises(InvalidValueError, match=r"use .svg, .png, .pdf or .html"):
        charts.save(charts.timeline(registry), tmp_path / "x.gif")
    for since in ("soon", "0000", "12"):
        with pytest.raises(InvalidValueError):
            charts.timeline(registry, since=since)
