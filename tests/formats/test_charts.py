"""The pictures show what the registry says, the same each time, told apart without colour, with no network."""

import json
import struct
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
from dialogue_registry.charts.counts import VERDICTS
from dialogue_registry.charts.style import Box, room
from dialogue_registry.charts.timeline import _KINDS

LONG = "Meeting of the Ministers Responsible for Foreign Affairs and Regional Cooperation of all Member States <&>"
WIDE = (
    "「中央アジア＋日本」対話・東京対話および高級実務者会合に関する専門家会議（経済・貿易・投資・環境・エネルギー分野）"
)


@pytest.fixture
def registry():
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="A dialogue", launched="2004"),
            DialogueLaunched(dialogue="e", name="Another", launched="2004"),
            SeriesOpened(series="d/fm", dialogue="d", name=LONG),
            SeriesOpened(series="d/som", dialogue="d", name=WIDE),
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


def data(chart) -> list[dict]:
    """All rows that a chart draws, whatever layer they are in."""
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows]


def texts(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def drawn(chart, folder: Path) -> str:
    return charts.save(chart, folder / "x.svg").read_text("utf-8")


def test_the_timeline_tells_format_status_and_uncertainty_apart(registry: Registry) -> None:
    rows = {row["date"]: row for row in data(charts.timeline(registry, dialogue="d")) if "date" in row}
    assert {date: row["kind"] for date, row in rows.items()} == {
        "2005-03-04": "in person",
        "2006-03-04": "online",
        "[2006-01-01..2008-06-30]": "hybrid",
        "2007-05": "not known how",
        "2009-02-03": "cancelled",
        "2010-02-03/2010-02-05": "announced",
    }
    assert {date for date, row in rows.items() if row["uncertain"]} == {"[2006-01-01..2008-06-30]", "2007-05"}
    assert rows["2005-03-04"]["number"] == "1"
    assert rows["2006-03-04"]["number"] == ""


def test_every_look_has_a_shape_or_fill_of_its_own() -> None:
    for looks in (_KINDS, VERDICTS):
        assert len({(look.shape, look.fill) for look in looks.values()}) == len(looks)
        colours = {colour for look in looks.values() for colour in (look.fill, look.outline)}
        assert all(red == green == blue for red, green, blue in (bytes.fromhex(c[1:]) for c in colours))


def test_meetings_do_not_hide_each_other(registry: Registry) -> None:
    for number in range(40):
        date = f"2007-{1 + number % 12:02}" if number % 3 else "2007"
        registry.record(MeetingHeld(meeting=f"d/som/{number + 10}", series="d/som", date=date))
    rows = [row for row in data(charts.timeline(registry)) if "left" in row]
    places = {(row["y"], row["x"], row["left"], row["right"]) for row in rows}
    assert len(places) == len({(row["meeting"], row["date"]) for row in rows})
    for y, x, left, right in places:
        for other_y, other_x, other_left, other_right in places - {(y, x, left, right)}:
            apart = max(right, x + 8) < min(other_left, other_x - 8) or max(other_right, other_x + 8) < min(left, x - 8)
            assert y != other_y or apart


def test_undated_meetings_are_mentioned_and_long_names_are_wrapped(registry: Registry, tmp_path: Path) -> None:
    shown = texts(drawn(charts.timeline(registry, dialogue="d"), tmp_path))
    assert "5 held (1 without a date, not drawn), 1 cancelled" in shown
    assert "A dialogue" in shown
    joined = "".join(shown)
    assert LONG.replace(" ", "") in joined.replace(" ", "")
    assert WIDE in joined
    assert "Another" not in joined


def test_the_counts_show_each_statement_with_its_verdict(registry: Registry) -> None:
    chart = charts.counts(registry)
    points = {(row["as_of"], row["stated"]): row for row in data(chart) if "verdict" in row}
    assert {key: row["verdict"] for key, row in points.items()} == {
        ("2010-01-01", 9): "disagrees",
        ("2005-12-31", 1): "within date uncertainty",
        ("2006-12-31", 2): "within date uncertainty",
        ("2010-01-01", 1): "agrees",
    }
    assert points["2010-01-01", 9]["note"] == "stated 9,\non record 4–5"
    counts = registry.counts(as_of="2006-12-31")["d/fm"].total
    step = max((row for row in data(chart) if "certain" in row and row["x"] < 2007 and row["possible"] > 1),
               key=lambda row: row["x"])  # fmt: skip
    assert (step["certain"], step["possible"]) == (counts.certain, counts.possible)


def test_a_disagreeing_statement_says_both_numbers(registry: Registry, tmp_path: Path) -> None:
    shown = " ".join(texts(drawn(charts.counts(registry), tmp_path)))
    assert "stated 9," in shown
    assert "on record 4–5" in shown
    assert "online" in shown


@pytest.mark.parametrize(
    ("make", "suffix"),
    [(charts.timeline, "svg"), (charts.counts, "svg"), (charts.timeline, "png"), (charts.counts, "html")],
)
def test_the_same_registry_gives_the_same_file(registry: Registry, tmp_path: Path, make, suffix: str) -> None:
    one, other = (charts.save(make(registry), tmp_path / f"{name}.{suffix}") for name in "ab")
    assert one.read_bytes() == other.read_bytes()


def test_a_png_is_17_cm_wide_at_300_dots_per_inch(registry: Registry, tmp_path: Path) -> None:
    for path in charts.draw(registry, tmp_path, formats=["png"]):
        content = path.read_bytes()
        width = struct.unpack(">I", content[16:20])[0]
        metre = struct.unpack(">I", content[content.index(b"pHYs") + 4 :][:4])[0]
        assert metre / 100 * 2.54 == pytest.approx(300, abs=1)
        assert width / 300 * 2.54 == pytest.approx(17, abs=0.02)


def test_a_png_is_no_higher_than_a_page(registry: Registry, tmp_path: Path) -> None:
    registry.record(*(SeriesOpened(series=f"d/{n}", dialogue="d", name="S") for n in range(30)))
    path = charts.save(charts.timeline(registry), tmp_path / "x.png")
    wide, high = struct.unpack(">II", path.read_bytes()[16:24])
    assert high / 300 * 2.54 == pytest.approx(25, abs=0.02)
    assert wide / 300 * 2.54 < 17


def test_a_page_needs_no_network(registry: Registry, tmp_path: Path) -> None:
    page = charts.save(charts.timeline(registry), tmp_path / "x.html").read_text("utf-8")
    assert "<script src=" not in page
    assert "cdn.jsdelivr.net" not in page.split("<body>")[1].split("vegaEmbed(")[0][-2000:]


def test_a_notebook_shows_a_chart(registry: Registry) -> None:
    for chart in (charts.timeline(registry), charts.counts(registry), charts.counts(registry).properties(title="T")):
        bundle: Any = chart._repr_mimebundle_()
        assert json.dumps(bundle)
        assert texts(bundle["image/svg+xml"])
        assert "cdn" not in json.dumps(bundle)


def test_series_of_several_dialogues_stand_under_their_names(registry: Registry, tmp_path: Path) -> None:
    shown = texts(drawn(charts.timeline(registry), tmp_path))
    assert ["A dialogue" in shown, "Another" in shown] == [True, True]
    heads = sorted((row for row in data(charts.timeline(registry)) if "end" in row), key=lambda row: row["y"])
    assert [row["dialogue"] for row in heads if "dialogue" in row] == [["A dialogue"], ["Another"]]
    assert "dialogue" in heads[0]
    assert "AnotherX" in texts(drawn(charts.counts(registry), tmp_path))
    assert not [row for row in data(charts.timeline(registry, dialogue="d")) if "dialogue" in row]


def test_an_uncertain_day_is_seen_however_many_years_there_are(registry: Registry) -> None:
    registry.record(MeetingHeld(meeting="d/som/0", series="d/som", date="1870"))
    (row,) = [row for row in data(charts.timeline(registry)) if row.get("date") == "2007-05"]
    assert row["right"] - row["left"] >= 20


def test_notes_keep_clear_of_each_other_and_of_the_points() -> None:
    frame, taken = Box(0, 0, 240, 120), [Box(94, 54, 106, 66)]
    for _ in range(4):
        note, end = room(60, 24, (100, 60), frame, taken)
        assert not any(note.meets(other) for other in taken)
        assert note.left - 2 <= end[0] <= note.right + 2
        taken.append(note)


def test_a_statement_off_the_line_says_by_which_rule_it_agrees() -> None:
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            SeriesOpened(series="d/som", dialogue="d", name="Senior Officials' Meeting"),
            MeetingHeld(meeting="d/som/14", series="d/som", date="2021-06-16", ordinal=14),
            CountStated(series="d/som", count=14, as_of="2021-06-16"),
            CountStated(series="d/som", count=0, as_of="2021-06-16", reported_at="d/som/14"),
        )
        notes = {row["stated"]: row["note"] for row in data(charts.counts(registry)) if "note" in row}
    assert notes == {14: "stated 14:\nby ordinal", 0: ""}


def test_what_is_only_announced_is_drawn_too(tmp_path: Path) -> None:
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2026"),
            SeriesOpened(series="d/som", dialogue="d", name="S"),
            MeetingAnnounced(meeting="d/som/1", series="d/som", date="2027-06-16"),
        )
        assert len(charts.draw(registry, tmp_path, formats=["svg"])) == 2
        shown = texts((tmp_path / "timeline.svg").read_text("utf-8"))
    assert "The meetings of each series, 2027; numbers as printed on them" in shown
    assert "0 held, 1 announced" in shown


def test_names_in_one_row_begin_at_one_height(registry: Registry) -> None:
    spec = charts.counts(registry, dialogue="d").to_dict()
    assert len({len(panel["title"]["text"]) for panel in spec["concat"]}) == 1


def test_the_past_can_be_drawn(registry: Registry) -> None:
    before = registry.position
    registry.record(MeetingHeld(meeting="d/som/9", series="d/som", date="2012-01-01"))
    with registry.at(position=before) as past:
        assert len(data(charts.timeline(past))) < len(data(charts.timeline(registry)))


def test_what_cannot_be_drawn_is_said(registry: Registry, tmp_path: Path) -> None:
    with Registry.open() as empty, pytest.raises(InvalidValueError, match="nothing dated to draw"):
        charts.timeline(empty)
    with pytest.raises(InvalidValueError, match="there is no dialogue 'zzz' to draw: the registry has 'd', 'e'"):
        charts.timeline(registry, dialogue="zzz")
    with pytest.raises(InvalidValueError, match="use .svg, .png or .html"):
        charts.save(charts.timeline(registry), tmp_path / "x.gif")
