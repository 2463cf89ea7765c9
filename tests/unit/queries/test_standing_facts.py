"""``facts()`` yields what stands, as it reads, typed; ``event()`` returns one event of the log."""

import tracemalloc
from collections.abc import Iterator
from itertools import islice
from operator import attrgetter

import attrs
import pytest
from hypothesis import given

from dialogue_registry import (
    DelegateAttended,
    DialogueLaunched,
    FactDisputed,
    Format,
    InvalidValueError,
    Kind,
    MeetingCancelled,
    MeetingHeld,
    RecordedEvent,
    Registry,
    SeriesOpened,
    Source,
    TopicDiscussed,
    UnknownEventError,
    UnknownSubjectError,
    from_dict,
    testing,
    to_dict,
)
from dialogue_registry.queries.standing_facts import standing_facts

SERIES = (
    DialogueLaunched(dialogue="d", name="D", launched="2018"),
    SeriesOpened(series="d/s", dialogue="d", name="Sessions"),
    MeetingHeld(meeting="d/s/1", series="d/s", date="2018"),
    MeetingHeld(meeting="d/s/2", series="d/s", date="2019"),
)
MINUTES = Source("Minutes")


@attrs.frozen(kw_only=True)
class VoteCast:
    meeting: str
    party: str


VOTES = Kind(cls=VoteCast, word="org.example.vote-cast", about="meeting", key=("party",))


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry.open(kinds=[VOTES]) as registry:
        registry.record(*SERIES, source=MINUTES)
        yield registry


def test_facts_of_a_class_are_typed_and_in_the_order_of_recording(registry: Registry) -> None:
    held: list[RecordedEvent[MeetingHeld]] = list(registry.facts(MeetingHeld))
    assert [one.event.meeting for one in held] == ["d/s/1", "d/s/2"]
    assert held == [one for one in registry.events() if isinstance(one.event, MeetingHeld)]
    assert [one.event for one in registry.facts()] == list(SERIES)
    assert [one.event for one in registry.facts(subject="d/s/2")] == [SERIES[3]]
    assert list(registry.facts(MeetingCancelled)) == []
    for ask in (registry.facts, registry.events):
        with pytest.raises(UnknownSubjectError, match=r"nothing was recorded about 'd/s/22': did you mean 'd/s/2'"):
            ask(subject="d/s/22")


def test_a_corrected_fact_reads_as_corrected_with_its_own_source_and_a_withdrawn_one_is_left_out(
    registry: Registry,
) -> None:
    first, second = registry.facts(MeetingHeld)
    correction = registry.correct(first.id, attrs.evolve(first.event, place="Oslo"), reason="r")
    registry.retract(second.id, reason="r")
    (only,) = registry.facts(MeetingHeld)
    assert only.event == attrs.evolve(first.event, place="Oslo")
    assert (only.id, only.position, only.hash) == (correction.id, correction.position, correction.hash)
    assert only.source == MINUTES
    assert only.position == registry.meetings()[0].event


def test_a_fact_that_was_moved_is_about_its_new_subject(registry: Registry) -> None:
    (topic,) = registry.record(TopicDiscussed(meeting="d/s/1", topic="water"))
    registry.correct(topic.id, TopicDiscussed(meeting="d/s/2", topic="water"), reason="r")
    (moved,) = registry.facts(TopicDiscussed, subject="d/s/2")
    assert moved.subject == "d/s/2"
    assert list(registry.facts(TopicDiscussed, subject="d/s/1")) == []


def test_further_evidence_and_disputes_are_not_yielded_beside_the_fact(registry: Registry) -> None:
    first = next(registry.facts(MeetingHeld))
    registry.record(first.event, source=Source("A diary"))
    registry.dispute(first.id, attrs.evolve(first.event, date="2017"), source=Source("A letter"))
    assert len(list(registry.facts())) == len(SERIES)
    registry.retract(first.id, reason="r")
    assert next(registry.facts(MeetingHeld, subject="d/s/1")).source == Source("A diary")


def test_a_dispute_that_stands_again_is_no_fact(registry: Registry) -> None:
    dispute = registry.dispute(registry.meeting("d/s/1"), {"date": "2017"}, source="A letter")
    retraction = registry.retract(dispute, reason="r")
    registry.retract(retraction, reason="r")
    assert len(registry.disputes()) == 1
    assert [one.event for one in registry.facts()] == list(SERIES)
    assert [one.event for one in registry.facts(subject="d/s/1")] == [SERIES[2]]


def test_two_rows_of_a_seat_that_differ_in_the_format_are_one_that_is_hybrid(registry: Registry) -> None:
    seat = DelegateAttended(meeting="d/s/1", party="NOR", name="Ola", format=Format.ONLINE)
    registry.record(seat, source=MINUTES)
    registry.record(attrs.evolve(seat, format=Format.IN_PERSON), source=Source("A list"))
    (one,) = registry.facts(DelegateAttended)
    assert one.event.format is Format.HYBRID
    assert from_dict(to_dict(one)) == one
    before = registry.position
    with pytest.raises(InvalidValueError, match="record the delegate twice"):
        registry.record(one.event)
    with pytest.raises(InvalidValueError, match="record the delegate twice"):
        registry.correct(one.id, one.event, reason="r")
    assert registry.position == before


def test_facts_of_ones_own_kind_are_yielded_and_left_out_where_the_kind_is_unknown(registry: Registry) -> None:
    registry.record(VoteCast(meeting="d/s/1", party="NOR"))
    assert [one.event.party for one in registry.facts(VoteCast)] == ["NOR"]
    lines = list(registry.export_events())
    with Registry.open() as other:
        other.import_events(lines)
        assert [one.event for one in other.facts()] == list(SERIES)
        with pytest.raises(InvalidValueError, match=r"VoteCast is no class of facts.*kinds="):
            other.facts(VoteCast)


def test_a_snapshot_yields_what_stood_then(registry: Registry) -> None:
    first = next(registry.facts(MeetingHeld))
    before = registry.position
    registry.correct(first.id, attrs.evolve(first.event, place="Oslo"), reason="r")
    registry.retract(first.id, reason="r")
    with registry.at(before) as then:
        assert [one.event for one in then.facts()] == list(SERIES)
    with registry.at(before + 1) as then:
        assert next(then.facts(MeetingHeld)).event.place == "Oslo"
        with pytest.raises(UnknownEventError):
            then.event(before + 2)


def test_facts_are_those_of_the_beginning_whatever_is_recorded_and_amended_meanwhile(registry: Registry) -> None:
    topics = [TopicDiscussed(meeting="d/s/1", topic=f"topic {number}") for number in range(2500)]
    registry.record_all(topics)
    found = registry.facts(TopicDiscussed)
    seen = [next(found).event]
    last = list(registry.facts(TopicDiscussed))[-1]
    registry.record(TopicDiscussed(meeting="d/s/1", topic="later"))
    registry.correct(last.id, TopicDiscussed(meeting="d/s/2", topic="moved"), reason="r")
    registry.retract(list(registry.facts(TopicDiscussed))[2000].id, reason="r")
    assert seen + [one.event for one in found] == topics


def test_facts_are_read_in_bounded_memory(registry: Registry) -> None:
    registry.record_all(TopicDiscussed(meeting="d/s/1", topic=f"topic {number}") for number in range(20_000))

    def peak(limit: int) -> int:
        tracemalloc.start()
        number = len([None for _ in islice(registry.facts(TopicDiscussed), limit)])
        assert number == limit
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    assert peak(20_000) < 2 * peak(2_000)


def test_the_facts_of_a_subject_are_looked_at_one_time_each(registry: Registry) -> None:
    registry.record_all(TopicDiscussed(meeting="d/s/1", topic=f"topic {number}") for number in range(6000))
    registry.record(TopicDiscussed(meeting="d/s/2", topic="moved"))
    (moved,) = [one for one in registry.facts(TopicDiscussed, "d/s/2") if one.event.topic == "moved"]
    registry.correct(moved.id, TopicDiscussed(meeting="d/s/1", topic="moved"), reason="r")
    steps: list[int] = []
    connection = registry._session.connection
    connection.set_progress_handler(lambda: steps.append(1), 1000)

    def asked(number: int) -> int:
        steps.clear()
        found = list(islice(registry.facts(subject="d/s/1"), number))
        assert len(found) == number
        return len(steps)

    few, many = asked(1000), asked(6000)
    assert [one.event.topic for one in registry.facts(TopicDiscussed, "d/s/1")][-1] == "moved"
    connection.set_progress_handler(None, 0)
    assert many < 9 * few  # six times the facts; of each page all of them would be 36 times


@given(testing.histories())
def test_after_any_history_the_facts_are_those_of_the_effective_log(history: testing.History) -> None:
    with Registry.open() as registry:
        testing.play(registry, history)
        facts = list(registry.facts())
        everything = (one for page in registry._session.reader.facts.risen(0) for one in page)
        standing = [one for one in everything if not isinstance(one.content, FactDisputed)]
        assert [one.event for one in facts] == [one.content for one in standing]
        assert [one.position for one in facts] == [one.event for one in standing]
        for subject in {one.subject for one in facts}:
            about = [one for one in facts if one.subject == subject]
            assert list(registry.facts(subject=subject)) == about
        assert sorted(
            (one for cls in {type(one.event) for one in facts} for one in registry.facts(cls)),
            key=attrgetter("position"),
        ) == sorted(facts, key=attrgetter("position"))


# --- one event -----------------------------------------------------------------------------


def test_an_event_is_found_by_its_id_and_by_the_position_that_a_row_has(registry: Registry) -> None:
    for one in registry.events():
        assert registry.event(one.id) == registry.event(one.position) == one
    assert registry.event(registry.meetings()[0].event).event == SERIES[2]


@pytest.mark.parametrize("which", ["", "x", "00000000-0000-7000-8000-000000000001", 0, 99])
def test_an_event_that_is_not_there_is_an_error_of_its_own(registry: Registry, which: str | int) -> None:
    with pytest.raises(UnknownEventError, match="no event has the id or position"):
        registry.event(which)


@pytest.mark.parametrize("which", [None, 1.0, True, -1, 2**63, b"x", "\0", "\ud800"], ids=repr)
def test_what_is_no_id_and_no_position_is_refused(registry: Registry, which: object) -> None:
    with pytest.raises(InvalidValueError):
        registry.event(which)


@pytest.mark.parametrize("cls", ["MeetingHeld", Source, int, RecordedEvent, MeetingHeld | None], ids=repr)
def test_what_is_no_class_of_facts_is_refused_at_once(registry: Registry, cls: type) -> None:
    with pytest.raises(InvalidValueError, match="no class of facts"):
        registry.facts(cls)


@given(testing.histories())
def test_a_reading_that_began_earlier_yields_what_a_snapshot_of_then_does(history: testing.History) -> None:
    with Registry.open() as registry:
        testing.play(registry, history)
        session = registry._session
        for position in range(0, registry.position + 1, 3):
            _, began = standing_facts(session.connection, session.log, position, 0, kind=None)
            with registry.at(position) as then:
                assert list(then.facts()) == began
