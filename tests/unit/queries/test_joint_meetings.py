"""A meeting of several series counts once in each of them, under the number it has there."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialogue_registry import (
    CountStated,
    DelegateAttended,
    DialogueLaunched,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingShared,
    Registry,
    Rule,
    SeriesOpened,
    Status,
    UnknownSubjectError,
    export_file,
)
from dialogue_registry.queries.counts import Bounds

JOINT = "joint"
OPENINGS = (
    DialogueLaunched(dialogue="d", name="D", launched="2000"),
    DialogueLaunched(dialogue="e", name="E", launched="2000"),
    SeriesOpened(series="d/a", dialogue="d", name="A"),
    SeriesOpened(series="d/b", dialogue="d", name="B"),
    SeriesOpened(series="e/c", dialogue="e", name="C"),
)


@pytest.fixture
def registry() -> Iterator[Registry]:
    """Two dialogues with three series; the second meeting of ``d/a`` is the second of ``d/b`` and the fifth of e."""
    with Registry.open() as opened:
        opened.record(
            *OPENINGS,
            MeetingHeld(meeting="a1", series="d/a", date="2019-03-12", ordinal=1),
            MeetingHeld(meeting="b1", series="d/b", date="2019-04-02", ordinal=1),
            MeetingHeld(meeting=JOINT, series="d/a", date="2019-05-14", ordinal=2, format="online"),
            DelegateAttended(meeting=JOINT, party="BEL", name="Els VERHAEGDONCK"),
            MeetingHeld(meeting=JOINT, series="d/b", date="2019-05-14", ordinal=2, format="online"),
            MeetingShared(meeting=JOINT, series="e/c", ordinal=5),
        )
        yield opened


def test_it_counts_once_in_each_series_and_is_listed_once_in_all(registry: Registry) -> None:
    assert {series: str(count.total) for series, count in registry.counts().items()} == {
        "d/a": "2", "d/b": "2", "e/c": "1",
    }  # fmt: skip
    assert registry.counts()["d/b"].by_format["online"] == Bounds(1, 1)
    assert [meeting.meeting for meeting in registry.meetings()] == ["a1", "b1", JOINT]


@pytest.mark.parametrize(("series", "number"), [("d/a", 2), ("d/b", 2), ("e/c", 5)])
def test_each_series_has_it_under_its_own_number(registry: Registry, series: str, number: int) -> None:
    (found,) = [meeting for meeting in registry.meetings(series) if meeting.meeting == JOINT]
    assert (found.series, found.ordinal, found.status) == (series, number, Status.HELD)
    assert registry.counts()[series].highest_ordinal == number
    assert registry.counts(rule="numbered")[series].total == registry.counts()[series].total


def test_each_dialogue_lists_it_once(registry: Registry) -> None:
    assert [(m.meeting, m.series) for m in registry.meetings(dialogue="d")] == [
        ("a1", "d/a"), ("b1", "d/b"), (JOINT, "d/a"),
    ]  # fmt: skip
    assert [(m.meeting, m.series, m.ordinal) for m in registry.meetings(dialogue="e")] == [(JOINT, "e/c", 5)]


@pytest.mark.parametrize("number", [None, 1, 2, 9])
def test_a_dialogue_lists_it_as_one_of_the_series_it_was_reported_in(registry: Registry, number: int | None) -> None:
    registry.record(
        MeetingHeld(meeting="j2", series="d/b", date="2020-02", ordinal=2),
        MeetingShared(meeting="j2", series="d/a", ordinal=number),
        CountStated(dialogue="d", count=7, as_of="2021"),
    )
    (listed,) = [meeting for meeting in registry.meetings(dialogue="d") if meeting.meeting == "j2"]
    assert (listed.series, listed.ordinal) == ("d/b", 2)
    (finding,) = registry.reconcile()
    assert finding.difference == 3


def test_each_dialogue_counts_it_once(registry: Registry) -> None:
    assert registry.count("d").total == Bounds(3, 3)
    assert registry.count("e").total == Bounds(1, 1)
    assert dict(registry.count("d").by_format) == {
        "in-person": Bounds(0, 0), "online": Bounds(1, 1), "hybrid": Bounds(0, 0), "unknown": Bounds(2, 2),
    }  # fmt: skip
    assert registry.count("d", as_of="2019-05-13").total == Bounds(2, 2)
    assert registry.count("d", rule="online").total == Bounds(1, 1)
    assert registry.count("d", rule=Rule("all", lambda meeting: True)).total == Bounds(3, 3)
    assert registry.count("d/b") == registry.counts()["d/b"]
    with registry.at(registry.position) as then:
        assert then.count("d") == registry.count("d")
    with pytest.raises(UnknownSubjectError, match="there is no series or dialogue 'nope'"):
        registry.count("nope")


def test_a_dialogue_counts_it_by_its_number_in_whichever_series_has_one(registry: Registry) -> None:
    registry.record(
        MeetingHeld(meeting="j2", series="d/a", date="2020"),
        MeetingShared(meeting="j2", series="d/b", ordinal=3),
        MeetingHeld(meeting="j3", series="d/a", date="2020"),
        MeetingShared(meeting="j3", series="d/b"),
    )
    assert registry.count("d", rule="numbered").total == Bounds(4, 4)
    registry.record(CountStated(dialogue="d", count=4, as_of="2021"))
    assert "numbered" in registry.reconcile()[0].rules
    assert "numbered" in registry.explain("d", count=4).rules
    assert registry.count("d", as_of="2020-06-30").total == Bounds(3, 5)
    assert registry.count("d").total == Bounds(5, 5)


def test_it_is_one_appearance_and_one_entry_of_the_calendar(registry: Registry, tmp_path: Path) -> None:
    assert len(registry.delegate("Els VERHAEGDONCK")) == 1
    export_file(registry, tmp_path / "all.ics")
    assert (tmp_path / "all.ics").read_text().count("BEGIN:VEVENT") == 3


def test_nothing_is_odd_about_it(registry: Registry) -> None:
    odd = {anomaly.kind for anomaly in registry.anomalies(today="2020-01-01") if anomaly.subject in ("d/a", "d/b")}
    assert not odd & {"same day", "ordinal against count", "double ordinal", "gap in ordinals"}


def test_a_stated_count_of_either_series_agrees(registry: Registry) -> None:
    registry.record(*(CountStated(series=series, count=2, as_of="2019-12-31") for series in ("d/a", "d/b")))
    assert [str(finding.verdict) for finding in registry.reconcile()] == ["agrees", "agrees"]


def test_it_is_carried_on_from_a_statement_made_before_it(registry: Registry) -> None:
    registry.record(CountStated(series="d/b", count=7, as_of="2019-05-01"))
    assert registry.counts()["d/b"].carried == Bounds(8, 8)
    assert registry.counts(as_of="2019-05-13")["d/b"].carried == Bounds(7, 7)


def test_a_rule_of_ones_own_sees_it_in_each_series(registry: Registry) -> None:
    fifth = Rule("fifth", lambda meeting: meeting.ordinal == 5)
    assert [count.total for count in registry.counts(rule=fifth).values()] == [Bounds(0, 0), Bounds(0, 0), Bounds(1, 1)]


def test_a_past_position_counts_it_as_it_was_known_then(registry: Registry) -> None:
    end = registry.position
    with registry.at(position=end) as now, registry.at(position=end - 1) as before:
        assert now.counts() == registry.counts()
        assert before.counts()["e/c"].total == Bounds(0, 0)
        assert now.meetings("e/c") == registry.meetings("e/c")
        assert before.meetings("e/c") == ()


def test_a_share_that_is_retracted_counts_no_more(registry: Registry) -> None:
    registry.retract([*registry.events()][-1].id, reason="another body")
    assert registry.counts()["e/c"].total == Bounds(0, 0)
    assert registry.counts()["d/b"].total == Bounds(2, 2)


def test_the_table_of_cumulative_counts_has_it_in_each_series(registry: Registry) -> None:
    rows = registry.db.query("SELECT series, held, online, numbered, highest_ordinal FROM cumulative_counts")
    assert [tuple(row.values()) for row in rows] == [("d/a", 2, 1, 2, 2), ("d/b", 2, 1, 2, 2), ("e/c", 1, 1, 1, 5)]


def test_a_joint_meeting_of_unknown_date_and_format_is_counted_by_table_and_by_rule_alike(registry: Registry) -> None:
    registry.record(MeetingHeld(meeting="a2", series="d/a"), MeetingShared(meeting="a2", series="e/c"))
    (row,) = registry.db.query("SELECT held, online, unknown FROM cumulative_counts WHERE series = 'e/c'")
    assert row == {"held": 2, "online": 1, "unknown": 1}
    assert registry.counts()["e/c"].by_format["unknown"] == Bounds(1, 1)
    assert registry.counts(as_of="2021-01-01")["e/c"].total == Bounds(1, 2)


def test_it_is_cancelled_as_the_one_meeting_it_is(registry: Registry) -> None:
    registry.record(
        MeetingAnnounced(meeting="next", series="d/a", date="2020-05-14", ordinal=3),
        MeetingAnnounced(meeting="next", series="d/b", date="2020-05-14", ordinal=3),
        MeetingCancelled(meeting="next", reason="flood"),
    )
    found = [m for series in ("d/a", "d/b") for m in registry.meetings(series, status="cancelled")]
    assert [(m.meeting, m.series, m.reason) for m in found] == [("next", "d/a", "flood"), ("next", "d/b", "flood")]
    assert str(registry.counts()["d/b"].total) == "2"


# --- announced and cancelled -----------------------------------------------------------


@pytest.fixture
def cancelled() -> Iterator[Registry]:
    """The same meeting, announced to three series in two dialogues, and called off."""
    with Registry.open() as opened:
        opened.record(
            *OPENINGS,
            MeetingAnnounced(meeting=JOINT, series="d/a", date="2019-05-14", ordinal=2, title="Together"),
            MeetingAnnounced(meeting=JOINT, series="d/b", date="2019-05-14", ordinal=2, title="Together"),
            MeetingAnnounced(meeting=JOINT, series="e/c", date="2019-05-14", ordinal=5, title="Together"),
            MeetingCancelled(meeting=JOINT, reason="storm", on="2019-05-10"),
        )
        yield opened


def test_called_off_it_counts_nowhere_and_is_cancelled_in_each_series(cancelled: Registry) -> None:
    assert {str(count.total) for count in cancelled.counts().values()} == {"0"}
    assert {str(cancelled.count(dialogue).total) for dialogue in ("d", "e")} == {"0"}
    for series, number in (("d/a", 2), ("d/b", 2), ("e/c", 5)):
        (found,) = cancelled.meetings(series)
        assert (found.meeting, found.status, found.ordinal, found.reason) == (JOINT, "cancelled", number, "storm")
    assert [meeting.meeting for meeting in cancelled.meetings()] == [JOINT]
    assert cancelled.anomalies(today="2019-05-11") == ()


def test_before_it_was_called_off_it_was_announced_in_each_series(cancelled: Registry) -> None:
    with cancelled.at(position=cancelled.position - 1) as before:
        for series in ("d/a", "d/b", "e/c"):
            assert [(m.meeting, m.status) for m in before.meetings(series)] == [(JOINT, "announced")]
    with cancelled.at(position=7) as then:
        assert then.meetings("e/c") == ()
        assert [m.meeting for m in then.meetings("d/b")] == [JOINT]


@pytest.mark.parametrize(("name", "status"), [("registry", "Scheduled"), ("cancelled", "Cancelled")])
def test_the_calendar_and_the_graph_have_one_entry_of_all_series(
    name: str, status: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    registry: Registry = request.getfixturevalue(name)
    export_file(registry, tmp_path / "all.ics")
    (calendar,) = [
        entry for entry in (tmp_path / "all.ics").read_text("utf-8").split("BEGIN:VEVENT") if f"UID:{JOINT}@" in entry
    ]
    assert f"STATUS:{'CANCELLED' if status == 'Cancelled' else 'CONFIRMED'}" in calendar
    assert all(series in calendar.partition("CATEGORIES:")[2].splitlines()[0] for series in "ABC")
    export_file(registry, tmp_path / "all.jsonld")
    graph = json.loads((tmp_path / "all.jsonld").read_text("utf-8"))["@graph"]
    (event,) = [node for node in graph if node["@id"].endswith(f":{JOINT}")]
    assert event["eventStatus"].endswith(f"Event{status}")
    above = event["superEvent"]
    assert {node["@id"].rpartition(":")[2] for node in above} == {"d/a", "d/b", "e/c"}


def test_a_statement_of_the_whole_dialogue_is_compared_with_a_joint_meeting_counted_once(registry: Registry) -> None:
    registry.record(
        CountStated(dialogue="d", count=3, as_of="2019-12-31"),
        CountStated(dialogue="d", count=4, as_of="2020-12-31"),
        CountStated(dialogue="d", count=1, as_of="2020-12-31", format="online"),
    )
    findings = registry.reconcile()
    assert {(f.statement.count, str(f.verdict)) for f in findings} == {(3, "agrees"), (4, "disagrees"), (1, "agrees")}
    assert {f.statement.dialogue for f in findings} == {"d"}
