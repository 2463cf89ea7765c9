"""The two-times law: ``at(p)`` answers as a fresh registry fed the first p events, and nothing can change it."""

import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from dialogue_registry import (
    CountStated,
    DelegateAttended,
    DialogueLaunched,
    InvalidValueError,
    MeetingAnnounced,
    MeetingHeld,
    Projection,
    Registry,
    SeriesOpened,
    Snapshot,
    Source,
    Table,
    Tally,
)
from dialogue_registry.model.events import Fact, FactCorrected
from tests.cost import processor_time

HOST = Source("Page of the host ministry")
PLACES = Projection(
    "places",
    1,
    [
        Table("places", columns={"place": "TEXT"}, feed={MeetingHeld: lambda e: (e.place,)}),
        Tally(
            "held_in",
            table="places",
            key=("place",),
            sums=("times",),
            select="SELECT place, count(*) FROM {rows} GROUP BY place",
        ),
    ],
)


def held(number: int, date: str | None, place: str = "Tokyo") -> MeetingHeld:
    return MeetingHeld(meeting=f"d/fm/{number}", series="d/fm", date=date, ordinal=number, place=place)


BASE: tuple[Fact, ...] = (
    DialogueLaunched(dialogue="d", name="A dialogue", launched="2004-08"),
    SeriesOpened(series="d/fm", dialogue="d", name="Foreign Ministers' Meeting"),
)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """At position 4 two meetings; at 5 the second is moved to 2007; at 6 the first is withdrawn, at 7 it is back."""
    with Registry.open(tmp_path / "registry.db", projections=[PLACES]) as registry:
        registry.record(*BASE, source=HOST)
        first, second = registry.record(held(1, "2004-08-28", "Astana"), held(2, "2006-06-05"), source=HOST)
        registry.correct(second.id, held(2, "2007-06-05", "Osaka"), reason="misread")
        retraction = registry.retract(first.id, reason="page withdrawn")
        registry.retract(retraction.id, reason="page is back")
        yield registry


def test_each_position_answers_as_was_known_then(registry: Registry) -> None:
    known = {}
    for position in range(registry.position + 1):
        with registry.at(position=position) as then:
            known[position] = {str(m.meeting): str(m.date) for m in then.meetings()}
            assert then.position == position
            assert len(list(then.events())) == position
            then.verify()
    assert known == {
        0: {},
        1: {},
        2: {},
        3: {"d/fm/1": "2004-08-28"},
        4: {"d/fm/1": "2004-08-28", "d/fm/2": "2006-06-05"},
        5: {"d/fm/1": "2004-08-28", "d/fm/2": "2007-06-05"},
        6: {"d/fm/2": "2007-06-05"},
        7: {"d/fm/1": "2004-08-28", "d/fm/2": "2007-06-05"},
    }


def test_as_of_and_at_combine(registry: Registry) -> None:
    def count(position: int, day: str) -> int:
        with registry.at(position=position) as then:
            return then.counts(as_of=day)["d/fm"].total.certain

    asked = [(p, d) for p in (4, 5, 6, 7) for d in ("2005-01-01", "2006-12-31", "2007-12-31")]
    assert [count(*when) for when in asked] == [1, 2, 2, 1, 1, 2, 0, 0, 1, 1, 1, 2]


def test_what_was_carried_on_is_known_then_too(registry: Registry) -> None:
    registry.record(CountStated(series="d/fm", count=5, as_of="2006-01-01"), source=HOST)
    carried = []
    for position in (7, 8):
        with registry.at(position=position) as then:
            carried.append(then.counts(as_of="2008-01-01")["d/fm"].carried)
    assert [str(bounds) for bounds in carried] == ["None", "6"]


def test_a_users_projection_is_known_then_too(registry: Registry) -> None:
    def places(position: int) -> dict[str, int]:
        with registry.at(position=position) as then:
            return {row["place"]: row["times"] for row in then.db.query("SELECT * FROM held_in ORDER BY place")}

    assert places(4) == {"Astana": 1, "Tokyo": 1}
    assert places(5) == {"Astana": 1, "Osaka": 1}
    assert places(6) == {"Osaka": 1}
    assert places(7) == {"Astana": 1, "Osaka": 1}


def test_history_disputes_and_reconciliation_are_known_then_too(registry: Registry) -> None:
    first = next(iter(registry.events(subject="d/fm/1")))
    registry.dispute(first.id, held(1, "2004-08-29"), source=Source("Newspaper"))
    registry.record(CountStated(series="d/fm", count=2, as_of="2008"), source=HOST)
    with registry.at(position=7) as then:
        assert [step.what for step in then.history("d/fm/1")] == ["recorded", "retracted", "restored"]
        assert (then.disputes(), len(then.reconcile())) == ((), 0)
    with registry.at(position=8) as then:
        assert (len(then.disputes()), len(then.reconcile())) == (1, 0)
        assert "disputed" in {anomaly.kind for anomaly in then.anomalies()}
    with registry.at(position=9) as then:
        assert [finding.verdict for finding in then.reconcile()] == ["agrees"]
        then.verify()


# --- instants ------------------------------------------------------------------------


def test_an_instant_is_the_last_event_recorded_by_then() -> None:
    with Registry.open() as registry:
        registry.record(*BASE)
        time.sleep(0.002)
        (record,) = registry.record(held(1, "2004-08-28"))
        tick = timedelta(microseconds=1)
        assert registry.at(instant=record.recorded_at - tick).position == 2
        assert registry.at(instant=record.recorded_at).position == 3
        assert registry.at(instant="9999-12-31T23:59:59Z").position == 3
        assert registry.at(instant="2004-08-28T00:00:00Z").position == 0


def test_an_instant_is_the_same_in_every_time_zone(registry: Registry) -> None:
    instant = next(registry.events(after=3)).recorded_at
    tokyo = timezone(timedelta(hours=9))
    same: list[datetime | str] = [instant, instant.astimezone(tokyo), instant.astimezone(tokyo).isoformat()]
    assert len({registry.at(instant=moment).position for moment in same}) == 1


@pytest.mark.parametrize("instant", [datetime(2021, 7, 1), "2021-07-01T00:00:00", "2021-07-01"])  # noqa: DTZ001
def test_an_instant_without_its_offset_is_refused(registry: Registry, instant: datetime | str) -> None:
    with pytest.raises(InvalidValueError, match="offset"):
        registry.at(instant=instant)


def test_what_is_no_instant_is_refused(registry: Registry) -> None:
    for moment in ("yesterday", 7):
        with pytest.raises(InvalidValueError, match="no instant"):
            registry.at(instant=moment)  # type: ignore[arg-type]


@pytest.mark.parametrize("both", [{}, {"position": 3, "instant": datetime.now(UTC)}], ids=["none", "both"])
def test_a_position_or_an_instant_one_of_the_two(registry: Registry, both: dict[str, object]) -> None:
    with pytest.raises(InvalidValueError, match="one of the two"):
        registry.at(**both)  # type: ignore[arg-type]


@pytest.mark.parametrize("position", [-1, 8, 1.0, True, "3"])
def test_a_position_that_the_log_does_not_have_is_refused(registry: Registry, position: object) -> None:
    with pytest.raises(InvalidValueError, match="give a whole number"):
        registry.at(position=position)  # type: ignore[arg-type]


# --- the past stays ------------------------------------------------------------------


def test_the_past_refuses_to_be_written_to(registry: Registry) -> None:
    with registry.at(position=4) as then:
        assert isinstance(then, Snapshot)
        verbs = vars(Registry).keys() - vars(Snapshot).keys()
        assert verbs >= {"record", "record_all", "correct", "retract", "dispute", "transaction", "rebuild"}
        assert not [verb for verb in verbs if hasattr(then, verb)]
        with pytest.raises(Exception, match="readonly|read-only"):
            then.db.execute("CREATE TABLE mine (x)")
    assert registry.position == 7


def test_it_does_not_move_when_others_write_on(registry: Registry) -> None:
    with registry.at(position=7) as then:
        before = then.counts()
        second = next(registry.events(after=3))
        registry.retract(second.id, reason="page withdrawn")
        registry.record(held(3, "2010-08-07"))
        registry.rebuild()
        assert then.counts() == before
        assert then.position == 7
        assert [m.meeting for m in then.meetings()] == ["d/fm/1", "d/fm/2"]


def test_at_of_at(registry: Registry) -> None:
    with registry.at(position=6) as later, later.at(position=4) as earlier:
        assert (later.position, earlier.position) == (6, 4)
        assert [len(r.meetings()) for r in (later, earlier)] == [1, 2]
        with pytest.raises(InvalidValueError, match="from 0 to 6"):
            later.at(position=7)
        assert later.at(instant="9999-12-31T00:00:00Z").position == 6


def test_a_registry_that_is_only_read_knows_its_past(registry: Registry, tmp_path: Path) -> None:
    with (
        Registry.open(tmp_path / "registry.db", read_only=True) as reader,
        reader.at(position=4) as then,
    ):
        assert len(then.meetings()) == 2


def test_an_amendment_is_undone_when_one_looks_before_it(registry: Registry) -> None:
    with registry.at(position=5) as then:
        (correction,) = (r.event for r in then.events() if isinstance(r.event, FactCorrected))
        assert correction.replacement == then.history("d/fm/2")[-1].fact


# --- cost ----------------------------------------------------------------------------


def test_reading_one_meeting_of_the_past_does_not_read_the_log() -> None:
    def asking(meetings: int) -> float:
        with Registry.open() as registry:
            registry.record(*BASE)
            registry.record_all(held(number, "2004-08-28") for number in range(1, meetings + 1))
            registry.record_all(
                MeetingAnnounced(meeting=f"d/fm/{number}", series="d/fm") for number in range(1, meetings // 4)
            )
            registry.record(DelegateAttended(meeting="d/fm/7", name="OKADA", party="JPN"))
            position = meetings + meetings // 8  # when half of the announcements were recorded

            def ask() -> None:
                with registry.at(position=position) as then:
                    assert [meeting.ordinal for meeting in then.meetings(meeting="d/fm/7")] == [7]

            with registry.at(position=position) as then:
                plan = list(then.db.query("EXPLAIN QUERY PLAN SELECT * FROM meetings WHERE meeting = 'd/fm/7'"))
            assert not [row for row in plan if row["detail"].startswith("SCAN main.")]
            return processor_time(ask)

    assert asking(8_000) < 6 * asking(80)


def test_what_was_known_then_cannot_be_written_to_by_any_trick(tmp_path: Path) -> None:
    with Registry.open(tmp_path / "registry.db") as registry:
        registry.record(DialogueLaunched(dialogue="d", name="D", launched="2004"))
        with registry.at(position=1) as then:
            then.db.execute("PRAGMA query_only = OFF")
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                then.db.execute("DELETE FROM main.dialogues")
