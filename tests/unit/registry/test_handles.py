"""What one has asked for can be amended as it is, by the fields that change; sources and names are given one time."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from dialogue_registry import (
    AmendmentError,
    Citation,
    ConflictError,
    CountStated,
    DelegateAttended,
    DialogueLaunched,
    Format,
    InvalidValueError,
    Kind,
    MeetingCancelled,
    MeetingHeld,
    MeetingShared,
    PartyJoined,
    RecordedEvent,
    Registry,
    SeriesOpened,
    Source,
    StatusError,
    TopicDiscussed,
    UnknownEventError,
    UnknownSubjectError,
)

RELEASE = Source("A press release")
SERIES = (
    DialogueLaunched(dialogue="d", name="D", launched="2004"),
    DialogueLaunched(dialogue="e", name="E", launched="2004"),
    SeriesOpened(series="d/fm", dialogue="d", name="Ministers"),
    SeriesOpened(series="d/som", dialogue="d", name="Officials"),
    SeriesOpened(series="e/fm", dialogue="e", name="Ministers"),
    PartyJoined(dialogue="d", party="JPN", name="Japan"),
    PartyJoined(dialogue="e", party="KAZ", name="Kazakhstan"),
    MeetingHeld(meeting="d/fm/1", series="d/fm", date="2005-03-04", ordinal=1, place="Astana"),
    MeetingHeld(meeting="d/som/1", series="d/som", date="2005", ordinal=1, format="online"),
    MeetingShared(meeting="d/fm/1", series="d/som", ordinal=2),
    MeetingHeld(meeting="e/fm/1", series="e/fm", date="2019-05-06", ordinal=1),
    DelegateAttended(meeting="d/fm/1", name="OKADA", party="JPN", office="Minister"),
    TopicDiscussed(meeting="d/fm/1", topic="water"),
    CountStated(series="d/fm", count=2, as_of="2006"),
    CountStated(series="e/fm", count=1, as_of="2020"),
)


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry.open() as opened:
        opened.record(*SERIES, source=RELEASE)
        yield opened


# --- which -----------------------------------------------------------------------------

ROWS = {
    "a meeting": lambda r: r.meeting("d/fm/1"),
    "a delegate": lambda r: r.attendance("d/fm/1")[0],
    "an appearance": lambda r: r.delegate("OKADA")[0],
    "a topic": lambda r: r.topics()[0],
    "a statement": lambda r: r.statements("d/fm")[0],
    "a party": lambda r: r.parties("d")[0],
    "a series": lambda r: r.series("d")[0],
    "a dialogue": lambda r: r.dialogues()[0],
    "what was found": lambda r: r.search("water")[0],
    "a step of a history": lambda r: r.history("d/fm/1")[-1],
    "a finding": lambda r: r.reconcile()[0],
    "a recorded event": lambda r: next(r.events(after=12)),
    "a fact that stands": lambda r: next(r.facts(TopicDiscussed)),
    "a position": lambda r: 13,
    "an id": lambda r: next(r.events(after=12)).id,
}


@pytest.mark.parametrize("ask", ROWS.values(), ids=ROWS)
def test_any_answer_names_its_event(registry: Registry, ask: Any) -> None:
    answer = ask(registry)
    event = registry.event(answer)
    assert event in list(registry.events())
    with registry.at(position=registry.position) as then:
        assert then.event(answer) == event
    cited = registry.cite(answer, Citation(locator="page 2"))
    assert (cited.event.event_id, cited.citation) == (event.id, Citation(locator="page 2"))


@pytest.mark.parametrize("name", ["a delegate", "an appearance", "a topic", "a statement", "what was found", "an id"])
def test_any_answer_may_be_retracted(registry: Registry, name: str) -> None:
    answer = ROWS[name](registry)
    event = registry.event(answer)
    retracted = registry.retract(answer, reason="a mistake")
    assert retracted.event.event_id == event.id
    assert event.event not in [fact.event for fact in registry.facts()]


def test_a_row_that_was_corrected_names_its_correction_and_may_be_corrected_again(registry: Registry) -> None:
    for place in ("Tashkent", "Bishkek"):
        registry.correct(registry.meeting("d/fm/1"), {"place": place}, reason="another page")
        assert registry.meeting("d/fm/1").place == place
    assert [step.what for step in registry.history("d/fm/1")][-2:] == ["corrected", "corrected"]


def test_an_anomaly_with_one_event_names_it_and_one_with_several_asks_which(registry: Registry) -> None:
    registry.record(DelegateAttended(meeting="d/fm/1", name="SMITH", party="USA"))
    (stranger,) = (found for found in registry.anomalies() if "SMITH" in found.why or "USA" in found.why)
    registry.retract(stranger, reason="no party")
    assert [row.party for row in registry.attendance("d/fm/1")] == ["JPN"]
    registry.record(MeetingHeld(meeting="d/fm/2", series="d/fm", date="2006", ordinal=1))
    twice = next(found for found in registry.anomalies() if len(found.events) > 1)
    with pytest.raises(AmendmentError, match=rf"comes from 2 events: say which one .*{twice.events[0]}"):
        registry.retract(twice, reason="which?")


@pytest.mark.parametrize("which", [None, True, 1.5, b"id", "\ud800", -1, 2**63, object(), SERIES[0], {"event": 1}])
def test_what_names_no_event_is_refused(registry: Registry, which: Any) -> None:
    before = registry.position
    for amend in (
        lambda: registry.retract(which, reason="r"),
        lambda: registry.correct(which, {"topic": "wine"}, reason="r"),
        lambda: registry.dispute(which, {"topic": "wine"}, source="S"),
        lambda: registry.cite(which, Citation(locator="1")),
        lambda: registry.event(which),
    ):
        with pytest.raises(InvalidValueError, match="names no event: give a recorded event, a row of an answer"):
            amend()
    assert registry.position == before


@pytest.mark.parametrize("which", [0, 99, "d/fm/1", "nowhere"])
def test_an_event_that_is_not_there_is_refused(registry: Registry, which: Any) -> None:
    with pytest.raises(UnknownEventError, match=f"no event has the id or position {which!r}: give"):
        registry.retract(which, reason="r")


# --- what changes ----------------------------------------------------------------------


def test_some_fields_of_a_fact_are_corrected_and_the_others_stay(registry: Registry) -> None:
    before = registry.meeting("d/fm/1")
    recorded = registry.correct(before, {"date": "2005-03-05", "format": "hybrid"}, reason="the page was corrected")
    assert recorded.new
    after = registry.meeting("d/fm/1")
    assert (str(after.date), after.format) == ("2005-03-05", Format.HYBRID)
    assert attrs.evolve(after, date=before.date, format=None, event=before.event) == before
    whole = attrs.evolve(SERIES[7], date="2005-03-05", format="hybrid")
    assert registry.event(after).event.replacement == whole


def test_the_same_change_again_appends_nothing(registry: Registry) -> None:
    topic = registry.topics()[0]
    first = registry.correct(topic, {"topic": "wine"}, reason="a slip")
    again = registry.correct(topic, {"topic": "wine"}, reason="a slip")
    assert (first.new, again.new, first == again) == (True, False, True)
    with pytest.raises(AmendmentError, match="nothing to correct"):
        registry.correct(topic, {}, reason="another")


def test_a_field_that_a_kind_has_not_is_refused_with_those_it_has(registry: Registry) -> None:
    position = registry.position
    with pytest.raises(InvalidValueError, match=r"no field 'dat', perhaps 'date' is meant: its fields are meeting, s"):
        registry.correct(registry.meeting("d/fm/1"), {"dat": "2005"}, reason="r")
    with pytest.raises(InvalidValueError, match=r"TopicDiscussed has no field 3: its fields are meeting, topic"):
        registry.correct(registry.topics()[0], {3: "x"}, reason="r")  # type: ignore[dict-item]
    with pytest.raises(InvalidValueError, match="is no date"):
        registry.correct(registry.meeting("d/fm/1"), {"date": "yesterday"}, reason="r")
    with pytest.raises(InvalidValueError, match="give an event, such as|is no fact"):
        registry.correct(registry.topics()[0], "wine", reason="r")  # type: ignore[arg-type]
    assert registry.position == position


def test_fields_of_what_was_retracted_have_nothing_to_change(registry: Registry) -> None:
    topic = registry.topics()[0]
    registry.retract(topic, reason="a mistake")
    with pytest.raises(AmendmentError, match="was retracted by event"):
        registry.correct(topic, {"topic": "wine"}, reason="r")


def test_a_claim_may_be_the_fields_that_another_source_has_otherwise(registry: Registry) -> None:
    registry.dispute(registry.meeting("d/fm/1"), {"place": "Almaty"}, source="Another release")
    (dispute,) = registry.disputes(dialogue="d")
    assert (dispute.claim.place, dispute.standing.place) == ("Almaty", "Astana")
    assert dispute.sources == (Source("Another release"),)
    assert registry.disputes(dialogue="e") == registry.disputes(series="e/fm") == ()
    assert registry.disputes(series="d/fm") == registry.disputes(series="d/som") == (dispute,)  # it is joint


def test_fields_of_a_kind_of_ones_own_are_corrected_too() -> None:
    @attrs.frozen(kw_only=True)
    class VoteCast:
        meeting: str
        question: str
        choice: str = ""

    votes = Kind(cls=VoteCast, word="org.example.vote", about="meeting", key=("question",))
    with Registry.open(kinds=[votes]) as registry:
        registry.record(*SERIES)
        (vote,) = registry.record(VoteCast(meeting="d/fm/1", question="q", choice="yes"))
        registry.correct(vote, {"choice": "no"}, reason="counted again")
        assert [fact.event.choice for fact in registry.facts(VoteCast)] == ["no"]
        with pytest.raises(InvalidValueError, match="its fields are meeting, question, choice"):
            registry.correct(vote, {"vote": "no"}, reason="r")


# --- what comes back -------------------------------------------------------------------


def test_recording_returns_a_tuple_of_recorded_events_that_say_whether_they_are_new(registry: Registry) -> None:
    (one,) = registry.record(TopicDiscussed(meeting="d/fm/1", topic="trade"), source=RELEASE)
    typed: RecordedEvent[TopicDiscussed] = one
    assert (typed.event.topic, typed.new) == ("trade", True)
    again = registry.record(TopicDiscussed(meeting="d/fm/1", topic="trade"), SERIES[0], source=RELEASE)
    assert [(event.position, event.new) for event in again] == [(one.position, False), (1, False)]


# --- whose source ----------------------------------------------------------------------


def test_a_text_is_the_title_of_a_source(registry: Registry) -> None:
    topic = TopicDiscussed(meeting="d/fm/1", topic="trade")
    assert registry.record(topic, source="A page")[0].source == Source("A page")
    assert registry.record((topic, "Another page"))[0].source == Source("Another page")
    assert registry.record_all([(topic, "A third page")]) == 1
    assert registry.record(topic, source=Source("A page"))[0].new is False
    assert registry.retract(registry.topics()[-1], reason="r", source="A note").source == Source("A note")


def test_what_a_block_records_has_its_source_and_name(registry: Registry) -> None:
    topic = [TopicDiscussed(meeting="d/fm/1", topic=str(number)) for number in range(9)]
    with registry.recording(source=RELEASE, by="archivist"):
        registry.record(topic[0])
        registry.record_all([topic[1]])
        registry.record(topic[2], source="Another", by="intern")
        with registry.recording(by="librarian"):
            registry.record(topic[3])
        corrected = registry.correct(registry.event(16), {"topic": "zero"}, reason="r")
        registry.cite(registry.event(17), Citation(locator="p. 1"))
        registry.record((topic[4], None))
        with Registry.open() as other:
            assert other.record(*SERIES)[0].source is None
    registry.record(topic[5])
    recorded = {
        str(e.event.topic): (e.source, e.by) for e in registry.events(15) if isinstance(e.event, TopicDiscussed)
    }
    assert recorded == {
        "0": (RELEASE, "archivist"),
        "1": (RELEASE, "archivist"),
        "2": (Source("Another"), "intern"),
        "3": (RELEASE, "librarian"),
        "4": (None, "archivist"),
        "5": (None, ""),
    }
    assert (corrected.source, corrected.by) == (RELEASE, "archivist")
    with pytest.raises(InvalidValueError, match="is no source"):
        registry.recording(source=3)  # type: ignore[arg-type]


def test_a_dispute_within_a_block_has_its_source(registry: Registry) -> None:
    with registry.recording(source="Another release"):
        registry.dispute(registry.meeting("d/fm/1"), {"place": "Almaty"})
    assert registry.disputes()[0].sources == (Source("Another release"),)
    with pytest.raises(InvalidValueError, match="needs the source"):
        registry.dispute(registry.meeting("d/fm/1"), {"place": "Osh"})


def test_threads_and_tasks_do_not_see_the_sources_of_each_other(registry: Registry) -> None:
    def record(name: str) -> None:
        with registry.recording(by=name):
            both.wait()
            registry.record(TopicDiscussed(meeting="d/fm/1", topic=name))
            both.wait()

    both = threading.Barrier(2)
    threads = [threading.Thread(target=record, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    async def task(name: str) -> None:
        with registry.recording(by=name):
            await asyncio.sleep(0)
            await asyncio.to_thread(registry.record, TopicDiscussed(meeting="d/fm/1", topic=name))

    async def main() -> None:
        await asyncio.gather(task("three"), task("four"))
        registry.record(TopicDiscussed(meeting="d/fm/1", topic="nobody"))

    asyncio.run(main())
    assert {event.event.topic: event.by for event in registry.events(after=15)} == {
        "one": "one", "two": "two", "three": "three", "four": "four", "nobody": "",
    }  # fmt: skip


def test_a_block_may_be_left_in_another_context(registry: Registry) -> None:
    def dependency() -> Iterator[None]:
        with registry.recording(by="request"):
            yield

    request = dependency()
    thread = threading.Thread(target=next, args=(request,))
    thread.start()
    thread.join()
    with registry.recording(by="other"):
        assert next(request, None) is None
        assert registry.record(TopicDiscussed(meeting="d/fm/1", topic="x"))[0].by == "other"


# --- what is asked ---------------------------------------------------------------------


def test_counts_of_one_series_and_of_a_dialogue_as_a_whole(registry: Registry) -> None:
    assert registry.count("d/som") == registry.counts()["d/som"]
    assert registry.count("d/som", as_of="2005-06-01").total == registry.counts("2005-06-01")["d/som"].total
    whole = registry.count("d")
    assert (whole.series, str(whole.total), str(whole.by_format["online"])) == ("d", "2", "1")
    assert str(registry.count("d", as_of="2005-06-01").total) == "1–2"
    assert str(registry.count("d", rule="online").total) == "1"
    assert [*registry.counts(dialogue="d")] == ["d/fm", "d/som"]
    assert [*registry.counts(series="e/fm")] == ["e/fm"]
    assert [*registry.counts(dialogue="d", series="e/fm")] == []


def test_conclusions_within_a_dialogue_or_a_series(registry: Registry) -> None:
    assert [finding.statement.series for finding in registry.reconcile(dialogue="e")] == ["e/fm"]
    assert [finding.statement.series for finding in registry.reconcile(series="d/fm")] == ["d/fm"]
    assert registry.reconcile(series="d/som").not_stated == ("d/som",)
    assert [finding.statement.series for finding in registry.reconcile(as_of="2007-01-01")] == ["d/fm"]
    registry.record(DelegateAttended(meeting="e/fm/1", name="SMITH", party="USA"))
    everywhere = registry.anomalies(today="2020-01-01")
    of_d, of_e = (registry.anomalies(today="2020-01-01", dialogue=id_) for id_ in "de")
    assert sorted([*of_d, *of_e], key=str) == sorted(everywhere, key=str)
    assert "USA" in str(of_e)
    assert registry.anomalies(today="2020-01-01", series="e/fm") == ()  # a party is one of a dialogue


def test_parties_of_a_dialogue_or_of_all(registry: Registry) -> None:
    assert [party.party for party in registry.parties()] == ["JPN", "KAZ"]
    assert [party.party for party in registry.parties("e")] == ["KAZ"]
    assert registry.meeting("d/fm/1").place == "Astana"


UNKNOWN = [
    lambda r, id_: r.meeting(id_),
    lambda r, id_: r.meetings(id_),
    lambda r, id_: r.meetings(meeting=id_),
    lambda r, id_: r.meetings(dialogue=id_),
    lambda r, id_: r.series(id_),
    lambda r, id_: r.parties(id_),
    lambda r, id_: r.attendance(id_),
    lambda r, id_: r.topics(id_),
    lambda r, id_: r.activities(id_),
    lambda r, id_: r.outcomes(id_),
    lambda r, id_: r.statements(id_),
    lambda r, id_: r.sources(id_),
    lambda r, id_: r.history(id_),
    lambda r, id_: r.events(subject=id_),
    lambda r, id_: r.facts(subject=id_),
    lambda r, id_: r.headcounts(id_),
    lambda r, id_: r.headcounts(series=id_),
    lambda r, id_: r.count(id_),
    lambda r, id_: r.counts(series=id_),
    lambda r, id_: r.counts(dialogue=id_),
    lambda r, id_: r.reconcile(series=id_),
    lambda r, id_: r.anomalies(dialogue=id_),
    lambda r, id_: r.disputes(series=id_),
]


@pytest.mark.parametrize("ask", UNKNOWN)
def test_an_id_that_is_not_recorded_is_refused_by_every_question(registry: Registry, ask: Any) -> None:
    with pytest.raises(UnknownSubjectError, match=r"'nope'.*: check its id"):
        ask(registry, "nope")
    with registry.at(position=1) as then, pytest.raises(UnknownSubjectError, match="'d/fm/1'"):
        ask(then, "d/fm/1")


def test_what_was_probably_meant_is_named(registry: Registry) -> None:
    for ask, meant in (
        (lambda: registry.topics("d/fm/11"), "'d/fm/1'"),
        (lambda: registry.meetings("d/smo"), "'d/som'"),
        (lambda: registry.history("d/som/7"), "'d/som/1'"),
        (lambda: registry.count("D/FM"), "'d/fm'"),
    ):
        with pytest.raises(UnknownSubjectError, match=f"did you mean .*{meant}") as info:
            ask()
        assert isinstance(info.value, LookupError)
    with pytest.raises(UnknownSubjectError, match="'d/fm/1' is a meeting, where a series was wanted") as info:
        registry.meetings("d/fm/1")
    assert (info.value.kind, info.value.id) == ("series", "d/fm/1")


def test_what_is_refused_in_a_block_is_refused_as_ever(registry: Registry) -> None:
    with registry.recording(by="archivist"), pytest.raises((ConflictError, StatusError)):
        registry.record(MeetingHeld(meeting="d/fm/1", series="d/fm", date="1999"), MeetingCancelled(meeting="d/fm/1"))
