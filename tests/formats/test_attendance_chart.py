"""The grid of attendance: a mark for each member and meeting held, gathered by years where there are too many."""

import re
from collections import Counter
from typing import Any

import pytest

from dialogue_registry import (
    DelegateAbsent,
    DelegateAttended,
    DialogueLaunched,
    InvalidValueError,
    MeetingHeld,
    PartyJoined,
    Registry,
    SeriesOpened,
    charts,
)
from dialogue_registry.charts import attendance_chart
from dialogue_registry.charts.language import language
from dialogue_registry.queries.rates import Outcome


def council(meetings: int, members: int = 4) -> Registry:
    registry = Registry.open()
    registry.record(
        DialogueLaunched(dialogue="d", name="A Dialogue", launched="1900"),
        SeriesOpened(series="d/s", dialogue="d", name="S"),
        *(
            PartyJoined(dialogue="d", party=f"P{n}", name=f"Party {n}", joined="1950" if n else None)
            for n in range(members)
        ),
    )
    kinds = [DelegateAttended, DelegateAttended, DelegateAbsent, None]
    facts: list[Any] = []
    for number in range(meetings):
        meeting = f"d/s/{number}"
        facts.append(MeetingHeld(meeting=meeting, series="d/s", date=f"{1949 + number}-05-01"))
        facts += [
            kind(meeting=meeting, party=f"P{party}", name="N")
            for party in range(members)
            if (kind := kinds[(number + party) % 4]) is not None
        ]
    registry.record(*facts)
    return registry


def test_each_member_has_a_mark_at_each_meeting_and_none_where_it_was_no_member() -> None:
    with council(5) as registry:
        drawn = charts.attendance(registry)
        cells = Counter(row["presence"] for row in drawn.rows)
        assert cells == {"present": 9, "absent": 4, "not known": 4}  # of 20, three before they joined
        marks = Counter(re.findall(r'<path d="([^"]+)"', drawn.svg))
        for outcome, number in cells.items():
            shape = attendance_chart.LOOKS[Outcome(outcome)].shape
            same = [o for o in cells if attendance_chart.LOOKS[Outcome(o)].shape == shape]
            legend = sum(look.shape == shape for look in attendance_chart.LOOKS.values())
            assert marks[shape] == sum(cells[o] for o in same) + legend, number
        assert "Party 3" in drawn.svg
        assert "Blank: no member" in drawn.svg


def test_the_looks_are_told_apart_without_colour() -> None:
    looks = [*attendance_chart.LOOKS.values()]
    assert len({(look.shape, look.fill) for look in looks}) == len(looks)
    for look in looks:
        red, green, blue = (look.fill[at : at + 2] for at in (1, 3, 5))
        assert red == green == blue


@pytest.mark.parametrize("meetings", [60, 120])
def test_however_many_meetings_it_is_no_higher_than_a_page(meetings: int) -> None:
    with council(meetings, 40) as registry:
        drawn = charts.attendance(registry)
        for drawing in (drawn.wide, drawn.narrow):
            assert drawing.height <= 25 / 17 * 636
            bars = [
                float(x) + float(width) for x, width in re.findall(r"M([\d.]+) [\d.]+v-[\d.]+h([\d.]+)", drawing.body)
            ]
            marks = [float(x) for x in re.findall(r'transform="translate\(([\d.]+),', drawing.body)]
            assert 0 < max(bars or marks) <= drawing.width


def test_too_many_meetings_are_gathered_by_years() -> None:
    with council(400) as registry:
        drawn = charts.attendance(registry)
        assert "dark the share to which a member came" in drawn.svg
        assert len(drawn.rows) == 400 * 4 - 3
        assert 'class="mark-text role-axis-label"' in drawn.svg
        assert ">1945<" in drawn.svg  # five years a column


def test_the_bars_of_a_year_are_as_high_as_the_shares() -> None:
    """Each member came to two of four meetings, was absent from one, and of one nothing is known."""
    with council(400) as registry:
        body = charts.attendance(registry).wide.body
    frames, grey, dark = re.findall(r'<path d="((?:M[^v]+v[^h]+h[^v]+v[^z]+z)+)"', body)
    heights = [[float(high) for high in re.findall(r"v-([\d.]+)h", path)] for path in (frames, grey, dark)]
    full = heights[0][0]
    assert set(heights[0]) == {full}
    assert sum(heights[2]) / sum(heights[0]) == pytest.approx(0.5, abs=0.02)
    assert sum(heights[1]) / sum(heights[0]) == pytest.approx(0.25, abs=0.02)


def test_a_part_can_be_drawn_and_the_past() -> None:
    with council(10) as registry:
        assert {row["meeting"] for row in charts.attendance(registry, since=1955).rows} == {
            f"d/s/{number}" for number in range(6, 10)
        }
        with registry.at(position=registry.position - 3) as then:
            assert len(charts.attendance(then, series="d/s").rows) <= 37


def test_without_a_member_there_is_nothing_to_draw() -> None:
    with council(2, 0) as registry, pytest.raises(InvalidValueError, match="no member is recorded"):
        charts.attendance(registry)


def test_every_phrase_is_there_in_japanese() -> None:
    with council(3) as small, council(400) as great:
        for registry in (small, great):
            texts = re.findall(r"<text[^>]*>([^<]+)</text>", charts.attendance(registry, language="ja").svg)
            assert not [
                text for text in texts if text in {"present", "absent", "excused", "not known", "possibly more"}
            ]
            assert language("ja")("Blank: no member") in texts
