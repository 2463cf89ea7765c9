"""May these reports of a meeting stand together? Asked of the pure function that amendments are held against."""

import pytest

from dialogue_registry.errors import RefusedError, SeriesMismatchError, StatusError
from dialogue_registry.events import MeetingAnnounced, MeetingCancelled, MeetingHeld, MeetingPostponed
from dialogue_registry.rules import Report, check_story


def announced(date: str | None = None, series: str = "s") -> MeetingAnnounced:
    return MeetingAnnounced(meeting="m", series=series, date=date)


def held(series: str = "s") -> MeetingHeld:
    return MeetingHeld(meeting="m", series=series)


POSTPONED, CANCELLED = MeetingPostponed(meeting="m"), MeetingCancelled(meeting="m")


@pytest.mark.parametrize(
    "story",
    [
        [],
        [held(), announced()],
        [announced(), announced()],
        [announced("2005"), POSTPONED, announced("2006"), held()],
        [announced("2005"), CANCELLED, announced("2006"), POSTPONED, held()],
        [CANCELLED, announced(), held()],  # that the meeting is known counts, not which report came first
        [POSTPONED, held()],
        [held(), held()],
    ],
)
def test_these_may_stand_together(story: list[Report]) -> None:
    check_story("m", story, attended=False)


TWO_WAYS = (
    "'m' would be announced in two ways at once, with no postponement or cancellation between: "
    "correct one announcement first"
)


@pytest.mark.parametrize(
    ("story", "item", "error", "message"),
    [
        ([announced("2005"), announced("2006")], 1, StatusError, TWO_WAYS),
        ([announced("2005"), announced("2005"), announced("2006")], 2, StatusError, TWO_WAYS),
        ([announced("2005"), held(), announced("2006")], 2, StatusError, TWO_WAYS),
        ([announced(), CANCELLED, held()], 2, StatusError, "'m' was cancelled, so it was not held"),
        ([held(), POSTPONED], 1, StatusError, "'m' was held, so it was not postponed"),
        ([announced(), held(), CANCELLED], 2, StatusError, "'m' was held, so it was not cancelled"),
        ([announced(), held("t")], 1, SeriesMismatchError, "meeting 'm' belongs to series 's', not to 't'"),
    ],
)
def test_these_may_not_and_the_first_that_does_not_fit_is_named(
    story: list[Report], item: int, error: type[RefusedError], message: str
) -> None:
    with pytest.raises(error) as refusal:
        check_story("m", story, attended=False)
    assert str(refusal.value).startswith(message)
    assert refusal.value.item == item


def test_a_meeting_that_was_attended_was_not_cancelled() -> None:
    check_story("m", [announced(), CANCELLED, announced("2006")], attended=True)
    with pytest.raises(StatusError) as refusal:
        check_story("m", [announced(), CANCELLED], attended=True)
    assert str(refusal.value) == ("'m' would be cancelled although it was attended: retract its attendance first")
    assert refusal.value.item is None
