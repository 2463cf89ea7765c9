"""The present status of a meeting follows from all its reports, their history is kept, and only held meetings count."""

import attrs
import pytest

from dialogue_registry import (
    ConflictError,
    DelegateAttended,
    DialogueLaunched,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    PartialDate,
    Registry,
    SeriesOpened,
    Source,
    Status,
    StatusError,
)
from dialogue_registry.model.events import Fact

HOST = Source("Page of the host ministry")
PRESS = Source("Newspaper")

ANNOUNCED = MeetingAnnounced(meeting="d/td/11", series="d/td", date="2018-03", ordinal=11)
POSTPONED = MeetingPostponed(meeting="d/td/11", reason="snow", on="2018-02-20", until="2018-05")
CANCELLED = MeetingCancelled(meeting="d/td/11", reason="no quorum", on="2018-02-25")
AGAIN = MeetingAnnounced(meeting="d/td/11", series="d/td", date="2018-09", ordinal=11)
HELD = MeetingHeld(meeting="d/td/11", series="d/td", date="2018-09-14", ordinal=11, format="hybrid")


@pytest.fixture
def registry() -> Registry:
    registry = Registry.open()
    registry.record(
        DialogueLaunched(dialogue="d", name="A dialogue", launched="2004-08"),
        SeriesOpened(series="d/td", dialogue="d", name="Tokyo Dialogue"),
    )
    return registry


@pytest.mark.parametrize(
    ("reports", "status", "date", "count"),
    [
        ([ANNOUNCED], "announced", "2018-03", 0),
        ([ANNOUNCED, POSTPONED], "postponed", "2018-03", 0),
        ([ANNOUNCED, CANCELLED], "cancelled", "2018-03", 0),
        ([ANNOUNCED, POSTPONED, CANCELLED], "cancelled", "2018-03", 0),
        ([ANNOUNCED, CANCELLED, AGAIN], "announced", "2018-09", 0),
        ([ANNOUNCED, POSTPONED, AGAIN], "announced", "2018-09", 0),
        ([ANNOUNCED, POSTPONED, HELD], "held", "2018-09-14", 1),
        ([ANNOUNCED, CANCELLED, AGAIN, HELD], "held", "2018-09-14", 1),
        ([HELD], "held", "2018-09-14", 1),
        ([HELD, ANNOUNCED], "held", "2018-09-14", 1),
    ],
    ids=lambda value: "+".join(type(fact).__name__[7:] for fact in value) if isinstance(value, list) else None,
)
def test_the_status_follows_from_the_reports(
    registry: Registry, reports: list[Fact], status: str, date: str, count: int
) -> None:
    registry.record(*reports, source=HOST)
    (meeting,) = registry.meetings()
    assert (meeting.status, str(meeting.date)) == (status, date)
    assert registry.db["meetings"].get("d/td/11")["status"] == status
    assert registry.counts()["d/td"].total.certain == count
    assert [r.event for r in registry.events(subject="d/td/11")] == reports  # the history is kept
    assert [step.fact for step in registry.history("d/td/11")] == reports


def test_a_postponement_says_why_and_until_when(registry: Registry) -> None:
    registry.record(ANNOUNCED, POSTPONED)
    (meeting,) = registry.meetings(status=Status.POSTPONED)
    assert (meeting.reason, meeting.until) == ("snow", PartialDate.of("2018-05"))


def test_a_cancellation_says_why_and_forgets_until_when(registry: Registry) -> None:
    registry.record(ANNOUNCED, POSTPONED, CANCELLED)
    (meeting,) = registry.meetings(status="cancelled")
    assert (meeting.reason, meeting.until) == ("no quorum", None)


def test_the_last_of_several_interruptions_is_the_one_that_tells(registry: Registry) -> None:
    registry.record(ANNOUNCED, CANCELLED, AGAIN, POSTPONED)
    later = MeetingPostponed(meeting="d/td/11", reason="elections", until="2019")
    registry.record(later)
    for view in (registry, registry.at(position=registry.position)):
        (meeting,) = view.meetings()
        assert (meeting.status, meeting.reason, str(meeting.until)) == ("postponed", "elections", "2019")


def test_an_announcement_after_that_gives_no_reason_any_more(registry: Registry) -> None:
    registry.record(ANNOUNCED, CANCELLED, AGAIN)
    (meeting,) = registry.meetings(status="announced")
    assert (meeting.reason, meeting.until) == ("", None)


def test_an_ordinal_that_was_announced_and_cancelled_is_used_again(registry: Registry) -> None:
    later = MeetingHeld(meeting="d/td/11-2019", series="d/td", date="2019-02-01", ordinal=11)
    registry.record(ANNOUNCED, CANCELLED, later)
    count = registry.counts()["d/td"]
    assert (count.total.certain, count.highest_ordinal) == (1, 11)
    assert "double ordinal" not in {anomaly.kind for anomaly in registry.anomalies(today="2020-01-01")}


@pytest.mark.parametrize(
    ("reports", "refused"),
    [
        ([ANNOUNCED, CANCELLED], HELD),
        ([ANNOUNCED, CANCELLED], DelegateAttended(meeting="d/td/11", name="OKADA", party="JPN")),
        ([HELD], attrs.evolve(POSTPONED, on=None)),
        ([HELD], attrs.evolve(CANCELLED, on=None)),
        (
            [ANNOUNCED, DelegateAttended(meeting="d/td/11", name="OKADA", party="JPN")],
            attrs.evolve(CANCELLED, on=None),
        ),
    ],
    ids=[
        "cancelled, then held", "cancelled, then attended", "held, then postponed", "held, then cancelled",
        "attended, then cancelled",
    ],
)  # fmt: skip
def test_what_cannot_follow_is_refused(registry: Registry, reports: list[Fact], refused: Fact) -> None:
    registry.record(*reports)
    with pytest.raises(StatusError, match="'d/td/11'"):
        registry.record(refused)


def test_an_announcement_stays_the_only_one_until_it_is_postponed_or_cancelled(registry: Registry) -> None:
    registry.record(ANNOUNCED)
    with pytest.raises(ConflictError, match="contradicts"):
        registry.record(AGAIN)
    registry.record(POSTPONED, AGAIN)


def test_the_same_announcement_by_the_same_source_is_no_new_announcement(registry: Registry) -> None:
    registry.record(ANNOUNCED, CANCELLED, source=HOST)
    registry.record(ANNOUNCED, source=HOST)  # the script runs again, and revives nothing
    assert registry.meetings()[0].status == "cancelled"
    (recorded,) = registry.record(ANNOUNCED, source=PRESS)
    assert registry.meetings()[0].status == "cancelled"  # further evidence of a plan that is known
    assert recorded.note == "further evidence of what is known of 'd/td/11'; give on= if it was reported again"
    registry.record(attrs.evolve(ANNOUNCED, on="2030-01-01"), source=PRESS)
    assert registry.meetings()[0].status == "announced"


def test_a_meeting_that_was_not_held_after_all_falls_back_to_its_announcement(registry: Registry) -> None:
    *_, report = registry.record(ANNOUNCED, POSTPONED, HELD)
    registry.retract(report.id, reason="the page spoke of another meeting")
    (meeting,) = registry.meetings()
    assert (meeting.status, meeting.reason) == ("postponed", "snow")
    assert registry.counts()["d/td"].total.possible == 0
    registry.verify()


def test_retracting_a_cancellation_brings_the_announcement_back(registry: Registry) -> None:
    _, cancellation = registry.record(ANNOUNCED, CANCELLED)
    registry.retract(cancellation.id, reason="of another dialogue")
    assert registry.meetings()[0].status == "announced"
    registry.record(HELD)
    assert registry.counts()["d/td"].total.certain == 1
    registry.verify()
