"""The effective-log law: an amended registry answers as one that was told the truth at once.

Retracted facts are left out and corrected ones replaced where they stood; the log keeps everything.
"""

from collections.abc import Sequence
from itertools import count
from typing import Any, TypeVar

import pytest

from dialogue_registry import (
    AmendmentError,
    ConflictError,
    CountStated,
    DelegateAttended,
    DialogueLaunched,
    IdInUseError,
    InvalidValueError,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    Registry,
    SeriesMismatchError,
    SeriesOpened,
    Source,
    StatusError,
    StillNeededError,
    TopicDiscussed,
    UnknownEventError,
    UnknownSubjectError,
)
from dialogue_registry.model.events import Fact
from tests.cost import processor_time

Row = TypeVar("Row")

HOST = Source("Page of the host ministry")
PRESS = Source("Newspaper")
EMBASSY = Source("Embassy page")

LAUNCH = DialogueLaunched(dialogue="d", name="A dialogue", launched="2004-08")
SERIES = SeriesOpened(series="d/fm", dialogue="d", name="Foreign Ministers' Meeting")
OTHER_SERIES = SeriesOpened(series="d/som", dialogue="d", name="Senior Officials' Meeting")
BASE = (LAUNCH, SERIES, OTHER_SERIES)


def held(number: int = 1, date: str | None = "2005-03-04", series: str = "d/fm", meeting: str = "") -> MeetingHeld:
    return MeetingHeld(meeting=meeting or f"{series}/{number}", series=series, date=date, ordinal=number)


@pytest.fixture
def registry() -> Registry:
    registry = Registry.open()
    registry.record(*BASE, source=HOST)
    return registry


def registry_of(*facts: Fact) -> Registry:
    """A fresh registry that was told the truth at once."""
    registry = Registry.open()
    registry.record(*BASE, *facts, source=HOST)
    return registry


def answers(registry: Registry) -> list[list[dict[str, Any]]]:
    """Every table of a registry's views, without positions and without what merely keeps the log's order."""
    listed = []
    for name in ("dialogues", "parties", "series", "meetings", "attendance", "topics", "statements", "held_tallies"):
        table = registry.db[name]
        columns = [c.name for c in table.columns if c.name not in ("fact", "event", "since", "status_fact")]
        listed.append(sorted(registry.db.query(f"SELECT {', '.join(columns)} FROM {name}"), key=repr))
    return listed


def assert_effective(registry: Registry, *facts: Fact) -> None:
    """Its views are those of its effective log, just now and after a rebuild."""
    truth = answers(registry_of(*facts))
    assert answers(registry) == truth
    registry.verify()  # compares all views with a replay
    registry.rebuild()
    assert answers(registry) == truth


def one(rows: Sequence[Row]) -> Row:
    (row,) = rows
    return row


# --- corrections ---------------------------------------------------------------------


def test_a_correction_replaces_a_fact_where_it_stood(registry: Registry) -> None:
    wrong = one(registry.record(held(date="2005-03-05"), source=HOST))
    registry.record(held(2, "2006-02-08"), source=HOST)
    registry.correct(wrong.id, held(date="2005-03-04"), reason="misread", source=PRESS)
    assert_effective(registry, held(1, "2005-03-04"), held(2, "2006-02-08"))


def test_the_log_keeps_the_wrong_fact_and_the_correction(registry: Registry) -> None:
    wrong = one(registry.record(held(date="2005-03-05"), source=HOST))
    correction = registry.correct(wrong.id, held(), reason="misread", source=PRESS, by="archivist")
    kept = list(registry.events(subject="d/fm/1"))
    assert [r.id for r in kept] == [wrong.id, correction.id]
    assert (kept[0].event, kept[0].source) == (held(date="2005-03-05"), HOST)
    assert (correction.event.event_id, correction.event.replacement, correction.event.reason) == (
        wrong.id, held(), "misread",
    )  # fmt: skip
    assert (correction.source, correction.by, correction.version) == (PRESS, "archivist", 2)


def test_the_row_leads_to_the_correction_and_its_source(registry: Registry) -> None:
    wrong = one(registry.record(held(date="2005-03-05"), source=HOST))
    correction = registry.correct(wrong.id, held(), reason="misread", source=PRESS)
    meeting = one(registry.meetings())
    assert (meeting.event, meeting.sources) == (correction.position, (PRESS,))


def test_a_correction_without_a_source_keeps_the_one_the_fact_had(registry: Registry) -> None:
    wrong = one(registry.record(held(date="2005-03-05"), source=HOST))
    registry.correct(wrong.id, held(), reason="typed wrongly")
    assert one(registry.meetings()).sources == (HOST,)


@pytest.mark.parametrize("by", ["the fact's id", "the last correction's id"])
def test_correcting_again_replaces_the_present_wording(registry: Registry, by: str) -> None:
    wrong = one(registry.record(held(date="2005-03-05"), source=HOST))
    first = registry.correct(wrong.id, held(date="2005-03-06"), reason="misread")
    again = registry.correct(wrong.id if by == "the fact's id" else first.id, held(), reason="misread twice")
    assert again.event.event_id == wrong.id  # whichever was given, it is the fact that is corrected
    assert_effective(registry, held())


def test_undoing_the_last_of_two_corrections_leaves_the_first(registry: Registry) -> None:
    wrong = one(registry.record(held(date="2005-03-05"), source=HOST))
    registry.correct(wrong.id, held(date="2005-03-06"), reason="one")
    second = registry.correct(wrong.id, held(date="2005-03-07"), reason="two")
    registry.retract(second.id, reason="two was wrong")
    assert_effective(registry, held(date="2005-03-06"))


def test_undoing_the_first_of_two_corrections_leaves_the_last(registry: Registry) -> None:
    wrong = one(registry.record(held(date="2005-03-05"), source=HOST))
    first = registry.correct(wrong.id, held(date="2005-03-06"), reason="one")
    registry.correct(wrong.id, held(date="2005-03-07"), reason="two")
    registry.retract(first.id, reason="one was wrong too")
    assert_effective(registry, held(date="2005-03-07"))


def test_a_correction_may_move_a_meeting_to_another_series(registry: Registry) -> None:
    wrong = one(registry.record(held(meeting="d/2005"), source=HOST))
    moved = held(series="d/som", meeting="d/2005")
    registry.correct(wrong.id, moved, reason="it was the officials'")
    assert {series: count.total.certain for series, count in registry.counts().items()} == {"d/fm": 0, "d/som": 1}
    assert_effective(registry, moved)


def test_a_meeting_that_was_announced_too_moves_once_the_announcement_is_retracted(registry: Registry) -> None:
    announced = MeetingAnnounced(meeting="d/2005", series="d/fm")
    announcement, report = registry.record(announced, held(meeting="d/2005"), source=HOST)
    moved = held(series="d/som", meeting="d/2005")
    with pytest.raises(SeriesMismatchError, match="'d/fm'"):
        registry.correct(report.id, moved, reason="it was the officials'")
    registry.retract(announcement.id, reason="of another series")
    registry.correct(report.id, moved, reason="it was the officials'")
    registry.record(MeetingAnnounced(meeting="d/2005", series="d/som"), source=HOST)
    assert_effective(registry, moved, MeetingAnnounced(meeting="d/2005", series="d/som"))


def test_a_correction_may_give_a_meeting_another_id(registry: Registry) -> None:
    wrong = one(registry.record(held(meeting="d/fm/first"), source=HOST))
    registry.correct(wrong.id, held(meeting="d/fm/1"), reason="our ids are numbers")
    with pytest.raises(UnknownSubjectError, match="there is no meeting 'd/fm/first'"):
        registry.meetings(meeting="d/fm/first")
    assert_effective(registry, held())


def test_a_correction_may_move_a_delegate_to_another_meeting(registry: Registry) -> None:
    facts = (held(1), held(2, "2006-02-08"))
    registry.record(*facts, source=HOST)
    wrong = one(registry.record(DelegateAttended(meeting="d/fm/1", name="OKADA", party="JPN"), source=HOST))
    right = DelegateAttended(meeting="d/fm/2", name="OKADA Katsuya", party="JPN")
    registry.correct(wrong.id, right, reason="the wrong list")
    assert_effective(registry, *facts, right)


def test_a_correction_may_turn_a_held_meeting_into_an_announced_one(registry: Registry) -> None:
    wrong = one(registry.record(held(), source=HOST))
    announced = MeetingAnnounced(meeting="d/fm/1", series="d/fm", date="2005-03-04", ordinal=1)
    registry.correct(wrong.id, announced, reason="the page announces it only")
    assert registry.counts()["d/fm"].total.certain == 0
    assert_effective(registry, announced)


def test_correcting_to_what_it_already_reads_is_refused(registry: Registry) -> None:
    fact = one(registry.record(held(), source=HOST))
    with pytest.raises(AmendmentError, match="nothing to correct"):
        registry.correct(fact.id, held(), reason="sure")


# --- retractions ---------------------------------------------------------------------


def test_record_then_retract_is_as_if_never_recorded(registry: Registry) -> None:
    wrong = one(registry.record(held(), source=HOST))
    registry.retract(wrong.id, reason="page withdrawn")
    assert_effective(registry)


def test_retracting_a_retraction_brings_the_fact_back(registry: Registry) -> None:
    fact = one(registry.record(held(), source=HOST))
    retraction = registry.retract(fact.id, reason="page withdrawn")
    registry.retract(retraction.id, reason="page is back")
    assert_effective(registry, held())


def test_undo_of_undo_of_undo(registry: Registry) -> None:
    fact = one(registry.record(held(), source=HOST))
    amendment = fact
    for number in range(1, 7):
        amendment = registry.retract(amendment.id, reason=f"no {number}")
        assert_effective(registry, *(() if number % 2 else (held(),)))


def test_a_corrected_fact_is_retracted_with_its_correction(registry: Registry) -> None:
    wrong = one(registry.record(held(date="2005-03-05"), source=HOST))
    registry.correct(wrong.id, held(), reason="misread")
    registry.retract(wrong.id, reason="page withdrawn")
    assert_effective(registry)


def test_a_retracted_correction_gives_the_first_wording_back(registry: Registry) -> None:
    first = one(registry.record(held(date="2005-03-05"), source=HOST))
    correction = registry.correct(first.id, held(), reason="misread")
    undo = registry.retract(correction.id, reason="read rightly after all")
    assert_effective(registry, held(date="2005-03-05"))
    registry.retract(undo.id, reason="no, misread")
    assert_effective(registry, held())


def test_a_retracted_fact_comes_back_as_it_was_corrected(registry: Registry) -> None:
    wrong = one(registry.record(held(date="2005-03-05"), source=HOST))
    registry.correct(wrong.id, held(), reason="misread")
    retraction = registry.retract(wrong.id, reason="page withdrawn")
    registry.retract(retraction.id, reason="page is back")
    assert_effective(registry, held())


def test_retracting_twice_is_refused_and_names_the_retraction(registry: Registry) -> None:
    fact = one(registry.record(held(), source=HOST))
    retraction = registry.retract(fact.id, reason="page withdrawn")
    with pytest.raises(AmendmentError, match=retraction.id):
        registry.retract(fact.id, reason="another reason")


def test_a_retracted_fact_cannot_be_corrected(registry: Registry) -> None:
    fact = one(registry.record(held(), source=HOST))
    retraction = registry.retract(fact.id, reason="page withdrawn")
    with pytest.raises(AmendmentError, match=retraction.id):
        registry.correct(fact.id, held(date=None), reason="date unknown")


def test_a_dispute_is_retracted_like_a_fact(registry: Registry) -> None:
    fact = one(registry.record(held(), source=HOST))
    dispute = registry.dispute(fact.id, held(date="2005-03-05"), source=PRESS)
    assert len(registry.disputes()) == 1
    undo = registry.retract(dispute.id, reason="the newspaper corrected itself")
    assert registry.disputes() == ()
    registry.retract(undo.id, reason="only the online edition did")
    assert len(registry.disputes()) == 1


def test_a_dispute_ends_when_the_fact_is_corrected_to_the_claim(registry: Registry) -> None:
    fact = one(registry.record(held(), source=HOST))
    registry.dispute(fact.id, held(date="2005-03-05"), source=PRESS)
    correction = registry.correct(fact.id, held(date="2005-03-05"), reason="the newspaper was right")
    assert registry.disputes() == ()
    registry.retract(correction.id, reason="it was not")
    assert one(registry.disputes()).claim == held(date="2005-03-05")


@pytest.mark.parametrize("act", ["correct", "dispute"])
def test_only_facts_are_corrected_or_disputed(registry: Registry, act: str) -> None:
    fact = one(registry.record(held(), source=HOST))
    retraction = registry.retract(fact.id, reason="page withdrawn")
    with pytest.raises(AmendmentError, match="is no fact"):
        getattr(registry, act)(retraction.id, held(date=None), reason="?", source=PRESS)


def test_an_unknown_event_id_is_refused(registry: Registry) -> None:
    with pytest.raises(UnknownEventError, match="nowhere"):
        registry.correct("nowhere", held(), reason="?")
    with pytest.raises(UnknownEventError, match="position 7"):
        registry.retract(7, reason="?")
    with pytest.raises(InvalidValueError, match="names no event"):
        registry.retract(7.5, reason="?")


# --- what others rest on -------------------------------------------------------------


def test_retracting_what_others_rest_on_is_refused_and_names_them(registry: Registry) -> None:
    meeting, delegate, topic = registry.record(
        held(), DelegateAttended(meeting="d/fm/1", name="OKADA", party="JPN"),
        TopicDiscussed(meeting="d/fm/1", topic="water"), source=HOST,
    )  # fmt: skip
    with pytest.raises(StillNeededError) as refusal:
        registry.retract(meeting.id, reason="page withdrawn")
    assert set(refusal.value.needed_by) == {delegate.id, topic.id}
    assert delegate.id in str(refusal.value)
    assert registry.position == topic.position  # nothing was recorded
    for fact in (topic, delegate, meeting):
        registry.retract(fact.id, reason="page withdrawn")
    assert_effective(registry)


@pytest.mark.parametrize(
    ("fact", "dependents"),
    [
        (LAUNCH, [SERIES, OTHER_SERIES]),
        (SERIES, [held(), CountStated(series="d/fm", count=1, as_of="2005")]),
    ],
    ids=["a dialogue", "a series"],
)
def test_what_rests_on(registry: Registry, fact: Fact, dependents: list[Fact]) -> None:
    registry.record(held(), CountStated(series="d/fm", count=1, as_of="2005"), source=HOST)
    ids = {r.event: r.id for r in registry.events()}
    with pytest.raises(StillNeededError) as refusal:
        registry.retract(ids[fact], reason="page withdrawn")
    assert refusal.value.needed_by == tuple(ids[dependent] for dependent in dependents)


def test_changing_an_id_that_others_rest_on_is_refused(registry: Registry) -> None:
    meeting, delegate = registry.record(
        held(), DelegateAttended(meeting="d/fm/1", name="OKADA", party="JPN"), source=HOST
    )
    with pytest.raises(StillNeededError) as refusal:
        registry.correct(meeting.id, held(meeting="d/fm/first"), reason="nicer")
    assert refusal.value.needed_by == (delegate.id,)


def test_presence_counts_and_not_the_order_in_the_log(registry: Registry) -> None:
    announcement, _, later = registry.record(
        MeetingAnnounced(meeting="d/fm/1", series="d/fm"),
        DelegateAttended(meeting="d/fm/1", name="OKADA", party="JPN"),
        held(),
        source=HOST,
    )
    registry.retract(announcement.id, reason="page withdrawn")  # the later report still says that there was a meeting
    assert registry.meetings()[0].event == later.position
    registry.verify()


def test_a_correction_that_needs_something_unknown_is_refused(registry: Registry) -> None:
    fact = one(registry.record(held(), source=HOST))
    with pytest.raises(UnknownSubjectError, match="'d/experts'"):
        registry.correct(fact.id, held(series="d/experts"), reason="it was the experts'")


def test_a_correction_to_an_id_that_names_something_else_is_refused(registry: Registry) -> None:
    fact = one(registry.record(held(), source=HOST))
    with pytest.raises(IdInUseError, match="'d/som'"):
        registry.correct(fact.id, held(meeting="d/som"), reason="?")


def test_a_correction_that_contradicts_another_fact_is_refused(registry: Registry) -> None:
    first, second = registry.record(held(1), held(2, "2006-02-08"), source=HOST)
    with pytest.raises(ConflictError) as refusal:
        registry.correct(second.id, held(2, "2006-02-08", meeting="d/fm/1"), reason="?")
    assert refusal.value.standing == first.id


def test_undoing_a_retraction_is_refused_when_another_fact_has_taken_the_place(registry: Registry) -> None:
    fact = one(registry.record(held(date="2005-03-05"), source=HOST))
    retraction = registry.retract(fact.id, reason="page withdrawn")
    registry.record(held(), source=PRESS)
    with pytest.raises(ConflictError, match="2005-03-04"):
        registry.retract(retraction.id, reason="page is back")


def test_a_held_meeting_cannot_become_a_cancelled_one_while_attendance_stands(registry: Registry) -> None:
    _, report, delegate = registry.record(
        MeetingAnnounced(meeting="d/fm/1", series="d/fm"),
        held(),
        DelegateAttended(meeting="d/fm/1", name="OKADA", party="JPN"),
        source=HOST,
    )
    cancelled = MeetingCancelled(meeting="d/fm/1", reason="storm")
    with pytest.raises(StatusError, match="attended"):
        registry.correct(report.id, cancelled, reason="it was never held")
    registry.retract(delegate.id, reason="it was never held")
    registry.correct(report.id, cancelled, reason="it was never held")
    assert_effective(registry, MeetingAnnounced(meeting="d/fm/1", series="d/fm"), cancelled)


def test_undoing_the_retraction_of_a_cancellation_is_refused_once_the_meeting_was_held(registry: Registry) -> None:
    _, cancellation = registry.record(
        MeetingAnnounced(meeting="d/fm/1", series="d/fm"),
        MeetingCancelled(meeting="d/fm/1", reason="storm"),
        source=HOST,
    )
    retraction = registry.retract(cancellation.id, reason="of another meeting")
    registry.record(held(), source=PRESS)
    with pytest.raises(StatusError, match="cancelled"):
        registry.retract(retraction.id, reason="it was this meeting")
    registry.verify()


def test_a_refused_amendment_leaves_no_trace(registry: Registry) -> None:
    meeting, _ = registry.record(held(), DelegateAttended(meeting="d/fm/1", name="OKADA", party="JPN"), source=HOST)
    before, head = answers(registry), registry.head
    with pytest.raises(StillNeededError):
        registry.retract(meeting.id, reason="page withdrawn")
    assert (answers(registry), registry.head) == (before, head)
    registry.verify()


# --- several sources -----------------------------------------------------------------


def test_a_further_source_doubles_nothing(registry: Registry) -> None:
    registry.record(held(), source=HOST)
    further = one(registry.record(held(), source=PRESS))
    assert further.position == registry.position
    assert one(registry.meetings()).sources == (HOST, PRESS)
    assert_effective(registry, held())


def test_a_retraction_withdraws_one_assertion_and_the_other_source_takes_its_place(registry: Registry) -> None:
    first = one(registry.record(held(), source=HOST))
    second = one(registry.record(held(), source=PRESS))
    registry.retract(first.id, reason="page withdrawn")
    meeting = one(registry.meetings())
    assert (meeting.sources, meeting.event) == ((PRESS,), second.position)
    assert_effective(registry, held())
    registry.retract(second.id, reason="printed by mistake")
    assert_effective(registry)


def test_a_further_source_is_retracted_alone(registry: Registry) -> None:
    registry.record(held(), source=HOST)
    second = one(registry.record(held(), source=PRESS))
    registry.retract(second.id, reason="printed by mistake")
    assert one(registry.meetings()).sources == (HOST,)
    assert_effective(registry, held())


def test_a_first_source_that_comes_back_stands_first_again(registry: Registry) -> None:
    first = one(registry.record(held(), source=HOST))
    registry.record(held(), source=PRESS)
    registry.record(held(), source=EMBASSY)
    retraction = registry.retract(first.id, reason="page withdrawn")
    assert one(registry.meetings()).sources == (PRESS, EMBASSY)
    registry.retract(retraction.id, reason="page is back")
    meeting = one(registry.meetings())
    assert (meeting.sources, meeting.event) == ((HOST, PRESS, EMBASSY), first.position)
    assert_effective(registry, held())


@pytest.mark.parametrize("which", [0, 1], ids=["the first source", "the further source"])
def test_a_correction_is_refused_while_another_source_says_the_old_wording(registry: Registry, which: int) -> None:
    wrong = held(date="2005-03-05")
    records = [one(registry.record(wrong, source=source)) for source in (HOST, PRESS)]
    other = records[1 - which]
    with pytest.raises(ConflictError, match="retract it first") as refusal:
        registry.correct(records[which].id, held(), reason="misread")
    assert refusal.value.standing == other.id
    registry.retract(other.id, reason="says 5 March, copied from the first")
    registry.correct(records[which].id, held(), reason="misread")
    assert_effective(registry, held())


def test_a_fact_corrected_to_what_another_source_says_joins_it(registry: Registry) -> None:
    registry.record(held(), DelegateAttended(meeting="d/fm/1", name="OKADA", party="JPN"), source=HOST)
    wrong = one(registry.record(DelegateAttended(meeting="d/fm/1", name="OKADO", party="JPN"), source=PRESS))
    registry.correct(wrong.id, DelegateAttended(meeting="d/fm/1", name="OKADA", party="JPN"), reason="misprint")
    assert one(registry.attendance()).sources == (HOST, PRESS)
    assert_effective(registry, held(), DelegateAttended(meeting="d/fm/1", name="OKADA", party="JPN"))


# --- idempotence ---------------------------------------------------------------------


def script(registry: Registry) -> None:
    """A script that somebody runs every morning: facts from two sources, and all that was found wrong with them."""
    registry.record(*BASE, source=HOST)
    first, second, delegate = registry.record(
        held(1, "2005-03-05"), held(2, "2006-02-08"), DelegateAttended(meeting="d/fm/1", name="OKADA", party="JPN"),
        source=HOST,
    )  # fmt: skip
    registry.record(held(2, "2006-02-08"), source=PRESS)
    correction = registry.correct(first.id, held(1, "2005-03-04"), reason="misread")
    registry.correct(correction.id, held(1, "2005-03-03"), reason="misread again")
    undo = registry.retract(delegate.id, reason="another page")
    registry.retract(undo.id, reason="the right page after all")
    registry.retract(second.id, reason="page withdrawn")
    registry.dispute(first.id, held(1, "2005-03-02"), source=PRESS, reason="reports the eve")


def test_running_a_whole_script_again_changes_nothing_and_revives_nothing() -> None:
    registry = Registry.open()
    script(registry)
    before, head = answers(registry), registry.head
    script(registry)
    assert registry.head == head
    assert answers(registry) == before
    assert_effective(
        registry, held(1, "2005-03-03"), held(2, "2006-02-08"),
        DelegateAttended(meeting="d/fm/1", name="OKADA", party="JPN"),
    )  # fmt: skip


def test_an_import_run_again_after_somebody_amended_it_revives_nothing(registry: Registry) -> None:
    facts = [held(1, "2005-03-05"), held(2, "2006-02-08"), held(3, "2007-12-13")]
    first, second, _ = registry.record(*facts, source=HOST)
    registry.correct(first.id, held(1), reason="misread")
    registry.retract(second.id, reason="page withdrawn")
    position = registry.position
    assert registry.record_all((fact, HOST) for fact in facts) == 0
    assert registry.record(*facts, source=HOST)[0] == first
    assert registry.position == position
    assert_effective(registry, held(1), held(3, "2007-12-13"))


def test_the_corrected_wording_from_the_same_source_is_already_there(registry: Registry) -> None:
    wrong = one(registry.record(held(date="2005-03-05"), source=HOST))
    correction = registry.correct(wrong.id, held(), reason="misread")
    assert one(registry.record(held(), source=HOST)) == correction
    assert one(registry.record(held(), source=PRESS)).position == correction.position + 1


def test_a_retracted_fact_is_recorded_anew_from_another_source(registry: Registry) -> None:
    fact = one(registry.record(held(), source=HOST))
    registry.retract(fact.id, reason="page withdrawn")
    registry.record(held(), source=PRESS)
    assert one(registry.meetings()).sources == (PRESS,)
    assert_effective(registry, held())


def test_the_same_retraction_again_appends_nothing_even_once_it_was_undone(registry: Registry) -> None:
    fact = one(registry.record(held(), source=HOST))
    retraction = registry.retract(fact.id, reason="page withdrawn")
    registry.retract(retraction.id, reason="page is back")
    assert registry.retract(fact.id, reason="page withdrawn") == retraction
    assert len(registry.meetings()) == 1
    registry.retract(fact.id, reason="page withdrawn for good")  # a new reason is a new retraction
    assert_effective(registry)


# --- announcements -------------------------------------------------------------------


def test_a_retracted_postponement_leaves_two_announcements_and_is_refused_if_they_differ(registry: Registry) -> None:
    _, postponement, _ = registry.record(
        MeetingAnnounced(meeting="d/fm/1", series="d/fm", date="2005-03"),
        MeetingPostponed(meeting="d/fm/1", reason="storm"),
        MeetingAnnounced(meeting="d/fm/1", series="d/fm", date="2005-04"),
        source=HOST,
    )
    with pytest.raises((StatusError, ConflictError), match="2005-03|two ways"):
        registry.retract(postponement.id, reason="of another meeting")
    registry.verify()


def test_a_retracted_postponement_makes_equal_announcements_one(registry: Registry) -> None:
    announced = MeetingAnnounced(meeting="d/fm/1", series="d/fm", date="2005-03")
    _, postponement = registry.record(announced, MeetingPostponed(meeting="d/fm/1", reason="storm"), source=HOST)
    registry.record(announced, source=PRESS)
    undo = registry.retract(postponement.id, reason="of another meeting")
    assert one(registry.meetings()).sources == (HOST, PRESS)
    assert_effective(registry, announced)
    registry.retract(undo.id, reason="it was this meeting")
    assert one(registry.meetings()).sources == (HOST, PRESS)
    assert one(registry.meetings()).status == "postponed"  # the newspaper said what was known, and no day
    registry.verify()


# --- the story -----------------------------------------------------------------------


def test_history_tells_who_changed_what_and_why(registry: Registry) -> None:
    wrong = one(registry.record(held(date="2005-03-05"), source=HOST, by="Aliya"))
    copy = one(registry.record(held(date="2005-03-05"), source=EMBASSY, by="Aliya"))
    dispute = registry.dispute(wrong.id, held(date="2005-03-02"), source=PRESS, reason="reports the eve", by="Jun")
    registry.retract(copy.id, reason="copied", by="Jun")
    registry.correct(wrong.id, held(), reason="misread", source=PRESS, by="Jun")
    retraction = registry.retract(wrong.id, reason="page withdrawn", by="Aliya")
    registry.retract(retraction.id, reason="page is back", by="Aliya")

    story = registry.history("d/fm/1")
    assert [(step.what, step.by, step.reason, step.source) for step in story] == [
        ("recorded", "Aliya", "", HOST),
        ("also reported", "Aliya", "", EMBASSY),
        ("disputed", "Jun", "reports the eve", PRESS),
        ("retracted", "Jun", "copied", None),
        ("corrected", "Jun", "misread", PRESS),
        ("retracted", "Aliya", "page withdrawn", None),
        ("restored", "Aliya", "page is back", None),
    ]
    assert [step.position for step in story] == list(range(wrong.position, wrong.position + 7))
    first, further, claim = wrong.position, copy.position, dispute.position
    assert [step.of for step in story] == [first, further, claim, further, first, first, first]
    assert [getattr(step.fact, "date", None) and step.fact.date.text for step in story] == [
        "2005-03-05", "2005-03-05", None, None, "2005-03-04", None, "2005-03-04",
    ]  # fmt: skip
    assert story[2].event_id == dispute.id
    assert story[0].recorded_at == wrong.recorded_at


def test_history_follows_a_fact_that_was_moved_here(registry: Registry) -> None:
    registry.record(held(1), held(2, "2006-02-08"), source=HOST)
    wrong = one(registry.record(TopicDiscussed(meeting="d/fm/1", topic="water"), source=HOST))
    correction = registry.correct(wrong.id, TopicDiscussed(meeting="d/fm/2", topic="water"), reason="the other page")
    moved = [step.position for step in registry.history("d/fm/2")]
    assert moved == [wrong.position - 1, wrong.position, correction.position]
    assert [step.what for step in registry.history("d/fm/1")] == ["recorded", "recorded", "corrected"]


def test_history_of_what_nobody_recorded_is_refused(registry: Registry) -> None:
    with pytest.raises(UnknownSubjectError, match="nothing was recorded about 'd/fm/99'"):
        registry.history("d/fm/99")


# --- cost ----------------------------------------------------------------------------


def meeting_of(delegates: int) -> Registry:
    """A registry of one meeting with so many delegates."""
    registry = registry_of(held())
    seats = [DelegateAttended(meeting="d/fm/1", name=f"Delegate {i}", party="JPN") for i in range(delegates)]
    registry.record_all(seats, source=HOST)
    return registry


def test_an_amendment_in_a_large_meeting_takes_no_more_than_in_a_small_one() -> None:
    def amending(delegates: int) -> float:
        registry, numbers = meeting_of(delegates), count()
        middle = next(registry.events(after=delegates // 2 + 4))
        replacement = DelegateAttended(meeting="d/fm/1", name="Delegate the Great", party="JPN")

        def amend() -> None:
            correction = registry.correct(middle.id, replacement, reason=f"his epithet {next(numbers)}")
            registry.retract(correction.id, reason="flattery")

        return processor_time(amend)

    assert amending(5_000) < 6 * amending(10)  # a replay of 5,000 takes seventy times as long


def test_the_history_of_a_large_meeting_takes_what_its_length_takes() -> None:
    def asking(delegates: int) -> float:
        registry = meeting_of(delegates)
        assert len(registry.history("d/fm/1")) == delegates + 1
        return processor_time(lambda: registry.history("d/fm/1"), runs=3)

    assert asking(4_000) < 40 * asking(400)  # ten times as long; in proportion to the square, a hundred times


@pytest.mark.parametrize(
    ("rest", "kind"),
    [
        ([MeetingPostponed(meeting="x")], "meeting"),
        ([DelegateAttended(meeting="x", name="OKADA", party="JPN")], "meeting"),
    ],
)
def test_an_id_that_others_rest_on_cannot_come_to_name_another_kind(
    registry: Registry, rest: list[Fact], kind: str
) -> None:
    first, *resting = registry.record(MeetingAnnounced(meeting="x", series="d/fm"), *rest, source=HOST)
    position = registry.position
    with pytest.raises(StillNeededError, match=f"{kind} 'x'") as refusal:
        registry.correct(
            first.id, DialogueLaunched(dialogue="x", name="X", launched="2004"), reason="it was a dialogue"
        )
    assert refusal.value.needed_by == tuple(event.id for event in resting)
    assert registry.position == position


def test_the_refusal_names_the_report_that_would_not_fit(registry: Registry) -> None:
    _, _, again, report = registry.record(
        MeetingAnnounced(meeting="d/fm/1", series="d/fm"),
        MeetingCancelled(meeting="d/fm/1"),
        MeetingAnnounced(meeting="d/fm/1", series="d/fm", date="2005"),
        held(),
        source=HOST,
    )
    with pytest.raises(StatusError, match=f"meeting.held {report.id}.*'d/fm/1' was cancelled, so it was not held"):
        registry.retract(again.id, reason="there was no second announcement")


def test_a_cancellation_is_not_moved_to_before_the_report_that_a_meeting_was_held(registry: Registry) -> None:
    registry.record(MeetingAnnounced(meeting="d/fm/8", series="d/fm"))
    (cancelled,) = registry.record(MeetingCancelled(meeting="d/fm/8"))
    registry.record(MeetingHeld(meeting="d/fm/9", series="d/fm"))
    with pytest.raises(StatusError, match="'d/fm/9' was cancelled, so it was not held"):
        registry.correct(cancelled, {"meeting": "d/fm/9"}, reason="another meeting")
    assert [(row.meeting, row.status) for row in registry.meetings() if row.meeting in ("d/fm/8", "d/fm/9")] == [
        ("d/fm/8", "cancelled"),
        ("d/fm/9", "held"),
    ]


@pytest.mark.parametrize("which", ["the announcement", "the report"])
def test_a_meeting_of_two_reports_cannot_move_by_one_of_them_and_is_told_of_the_other(
    registry: Registry, which: str
) -> None:
    announced, report = registry.record(MeetingAnnounced(meeting="d/fm/1", series="d/fm"), held(), source=HOST)
    one, other = (announced, report) if which == "the announcement" else (report, announced)
    with pytest.raises(SeriesMismatchError, match=f"{other.id}.*belongs to series"):
        registry.correct(one.id, {"series": "d/som"}, reason="another series")


def test_a_dispute_goes_on_against_another_source_that_says_the_same(registry: Registry) -> None:
    (fact,) = registry.record(held(), source=HOST)
    registry.record(held(), source=EMBASSY)
    registry.dispute(fact.id, held(date="2005-03-05"), source=PRESS)
    registry.retract(fact.id, reason="page withdrawn")
    (dispute,) = registry.disputes()
    assert (dispute.standing, dispute.claim, dispute.sources) == (held(), held(date="2005-03-05"), (PRESS,))
    with registry.at(position=registry.position) as then:
        assert then.disputes() == registry.disputes()
    registry.retract(next(event for event in registry.events() if event.source == EMBASSY).id, reason="too")
    assert registry.disputes() == ()
