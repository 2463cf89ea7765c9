"""Every event and every answer becomes plain data that JSON holds; events and sources come back of it."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from dialogue_registry import (
    ActivityReported,
    Bounds,
    Citation,
    CountStated,
    DelegateAttended,
    DialogueLaunched,
    EventCited,
    FactCorrected,
    InvalidValueError,
    Kind,
    MeetingCancelled,
    MeetingHeld,
    OutcomeAgreed,
    PartyJoined,
    Registry,
    SeriesOpened,
    Source,
    TopicDiscussed,
    UnknownEvent,
    from_dict,
    testing,
    to_dict,
)
from dialogue_registry.cli import cli
from dialogue_registry.model.events import EVENTS
from dialogue_registry.queries.results import StepKind

MINUTES = Source("Minutes", published="2019-06")


@attrs.frozen(kw_only=True)
class VoteCast:
    """A kind of one's own."""

    meeting: str
    party: str
    choices: tuple[str, ...] = ()
    weight: float = 1.0


VOTES = Kind(cls=VoteCast, word="org.example.vote-cast", about="meeting", key=("party",))


def fill(registry: Registry) -> None:
    """Record a fact of every answer, a correction and a dispute."""
    registry.record(
        DialogueLaunched(dialogue="d", name="Dialogue", launched="2018"),
        PartyJoined(dialogue="d", party="NOR", name="Norway"),
        SeriesOpened(series="d/s", dialogue="d", name="Sessions"),
        MeetingHeld(meeting="d/s/1", series="d/s", date="2019-05-14/2019-05-15", format="online", title="First"),
        DelegateAttended(meeting="d/s/1", name="Ola HAVNESTAD", party="NOR", role="head"),
        TopicDiscussed(meeting="d/s/1", topic="pilots"),
        ActivityReported(meeting="d/s/1", title="Fair", organisers=("Harbour Club",), date="2019-04"),
        OutcomeAgreed(meeting="d/s/1", title="Plan"),
        CountStated(series="d/s", count=2, as_of="2019-12-31"),
        source=MINUTES,
        cite=Citation(locator="p. 2", as_written={"date": "14 May"}),
    )
    held = next(one for one in registry.events() if isinstance(one.event, MeetingHeld))
    registry.dispute(held.id, attrs.evolve(held.event, date="2019-05-14"), source=Source("A diary"))
    registry.correct(held.id, attrs.evolve(held.event, ordinal=1), reason="the number was left out")


@pytest.fixture
def registry() -> Iterator[Registry]:
    """A registry with something in every answer."""
    with Registry.open() as registry:
        fill(registry)
        yield registry


QUESTIONS: dict[str, Callable[[Registry], Any]] = {
    "dialogues": Registry.dialogues,
    "series": Registry.series,
    "meetings": Registry.meetings,
    "attendance": Registry.attendance,
    "delegate": lambda registry: registry.delegate("Ola HAVNESTAD"),
    "topics": Registry.topics,
    "activities": Registry.activities,
    "outcomes": Registry.outcomes,
    "statements": Registry.statements,
    "disputes": Registry.disputes,
    "history": lambda registry: registry.history("d/s/1"),
    "evidence": lambda registry: registry.evidence(registry.meetings()[0]),
    "anomalies": partial(Registry.anomalies, today="2030-01-01"),
    "search": lambda registry: registry.search("Ola"),
    "counts": Registry.counts,
    "reconcile": Registry.reconcile,
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_answer_becomes_a_list_of_dicts_that_json_holds(registry: Registry, name: str) -> None:
    answer = QUESTIONS[name](registry)
    data = to_dict(answer)
    assert json.loads(json.dumps(data)) == data
    assert isinstance(data, list)
    assert all(isinstance(row, dict) for row in data)
    assert data == [to_dict(row) for row in (answer.values() if name == "counts" else answer)]
    assert data or name == "anomalies"


ASKED = {"delegate": ["Ola HAVNESTAD"], "history": ["d/s/1"], "evidence": ["4"], "search": ["Ola"]}
ASKED["anomalies"] = ["--today", "2030-01-01"]
COMMANDS = sorted(QUESTIONS.keys() & cli.commands.keys())


@pytest.mark.parametrize("name", COMMANDS)
def test_an_answer_becomes_what_its_command_prints(name: str, tmp_path: Path) -> None:
    with Registry.open(tmp_path / "d.db") as registry:
        fill(registry)
        data = to_dict(QUESTIONS[name](registry))
    ran = CliRunner().invoke(cli, [name, str(tmp_path / "d.db"), *ASKED.get(name, []), "--json"])
    assert json.loads(ran.output) == data


def test_dates_instants_choices_and_bounds_are_what_a_program_expects(registry: Registry) -> None:
    (meeting,) = to_dict(registry.meetings())
    assert meeting == {
        "meeting": "d/s/1", "series": "d/s", "status": "held", "date": "2019-05-14/2019-05-15", "ordinal": 1,
        "period": "", "format": "online", "place": "", "country": "", "title": "First", "reason": "", "until": None,
        "event": registry.position, "sources": [{"title": "Minutes", "published": "2019-06"}],
    }  # fmt: skip
    (count,) = to_dict(registry.counts())
    assert count["total"] == {"certain": 1, "possible": 1}
    assert to_dict(Bounds(1, 2)) == {"certain": 1, "possible": 2}
    assert all(step["recorded_at"].endswith("Z") for step in to_dict(registry.history("d/s/1")))
    assert to_dict(registry.attendance())[0]["role"] == "head"


def test_the_end_of_the_log_and_a_report_of_an_import_become_dicts_too(registry: Registry) -> None:
    head = registry.head
    assert list(to_dict(head).values()) == list(head)


def test_the_iterators_of_events_and_facts_become_lists(registry: Registry) -> None:
    assert to_dict(registry.events()) == [to_dict(recorded) for recorded in registry.events()]
    assert to_dict(registry.facts(MeetingHeld)) == [to_dict(recorded) for recorded in registry.facts(MeetingHeld)]


# --- events and sources, there and back --------------------------------------------------


@given(testing.events() | testing.sources())
def test_every_event_and_source_comes_back_equal(value: Any) -> None:
    assert from_dict(json.loads(json.dumps(to_dict(value)))) == value


def test_the_strategy_above_knows_every_class_but_the_citation_of_an_event() -> None:
    cited = EventCited(event_id="00000000-0000-7000-8000-000000000001")
    assert from_dict(to_dict(cited)) == cited
    assert EventCited in EVENTS


def test_every_recorded_event_comes_back_equal_with_its_source_and_citation(registry: Registry) -> None:
    events = list(registry.events())
    back = [from_dict(json.loads(json.dumps(to_dict(one)))) for one in events]
    assert back == events
    assert back[0].source == MINUTES
    assert back[0].citation.as_written == (("date", "14 May"),)
    assert isinstance(back[-1].event, FactCorrected)


def test_what_record_returned_comes_back_with_its_note(registry: Registry) -> None:
    (recorded,) = registry.record(MeetingHeld(meeting="d/s/2", series="d/s", date="2020"))
    back = from_dict(to_dict(recorded))
    assert (back, back.new, back.note) == (recorded, True, recorded.note)


def test_an_event_is_named_by_its_word_and_leaves_out_what_it_does_not_say() -> None:
    cancelled = MeetingCancelled(meeting="d/s/1", reason="storm")
    assert to_dict(cancelled) == {"event": "meeting.cancelled", "meeting": "d/s/1", "reason": "storm"}
    assert from_dict({"event": "MeetingCancelled", "meeting": "d/s/1", "reason": "storm"}) == cancelled
    correction = FactCorrected(event_id="0" * 36, replacement=cancelled, reason="r")
    assert to_dict(correction)["replacement"] == to_dict(cancelled)


@given(
    st.builds(
        VoteCast,
        meeting=testing.ids(),
        party=testing.texts(),
        choices=st.lists(testing.texts()).map(tuple),
        weight=st.floats(allow_nan=False, allow_infinity=False),
    )
)
def test_a_fact_of_ones_own_kind_comes_back_equal_where_its_kind_is_given(vote: VoteCast) -> None:
    data = json.loads(json.dumps(to_dict(vote)))
    assert from_dict(data, kinds=[VOTES]) == vote
    assert from_dict({**data, "event": VOTES.word}, kinds=[VOTES]) == vote
    correction = FactCorrected(event_id="0" * 36, replacement=vote, reason="r")
    assert from_dict(json.loads(json.dumps(to_dict(correction))), kinds=[VOTES]) == correction
    with pytest.raises(InvalidValueError, match="kinds="):
        from_dict(data)


def test_an_event_of_an_unknown_kind_comes_back_equal_even_where_a_newer_program_wrote_it() -> None:
    unknown = UnknownEvent("org.example.vote-cast", 9, {"meeting": "d/s/1", "votes": [{"NOR": True}]})
    assert from_dict(to_dict(unknown)) == unknown
    assert from_dict(to_dict(unknown), kinds=[VOTES]) == unknown
    correction = FactCorrected(event_id="0" * 36, replacement=unknown, reason="r")
    assert from_dict(to_dict(correction)) == correction


HELD = {"event": "meeting.held", "meeting": "d/s/1", "series": "d/s", "date": "2019"}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({}, '"event" or "title"'),
        ([], "no event and no source"),
        ("meeting.held", "no event and no source"),
        ({"event": "meeting.hold"}, "there is no event 'meeting.hold'"),
        ({"event": None}, "there is no event None"),
        ({"event": ["meeting.held"]}, "there is no event"),
        ({**HELD, "venue": "x"}, "MeetingHeld has no field 'venue'"),
        (HELD | {"": "x"}, "MeetingHeld has no field ''"),
        ({"event": "meeting.held", "meeting": "d/s/1"}, "MeetingHeld needs 'series'"),
        ({**HELD, "date": "some day"}, "some day"),
        ({**HELD, "format": "by post"}, "by post"),
        ({**HELD, "ordinal": "first"}, "first"),
        ({"title": ""}, "title"),
        ({"title": "Minutes", "isbn": "1"}, "Source has no field 'isbn'"),
        ({"title": "Minutes", "published": "soon"}, "soon"),
        ({"event": "fact.corrected", "event_id": "x", "reason": "r", "replacement": "d/s/1"}, "give a fact"),
        ({"event": "fact.corrected", "event_id": "x", "reason": "r", "replacement": {"title": "t"}}, "give a fact"),
        ({"event": "org.example.x", "schema": "1", "data": {}}, "a whole number as schema"),
        ({"event": {}}, "RecordedEvent needs 'position'"),
        ({"event": HELD, "position": 1}, "RecordedEvent needs 'id'"),
    ],
)
def test_what_no_event_or_source_can_be_made_of_says_why(data: Any, why: str) -> None:
    with pytest.raises(InvalidValueError, match=why):
        from_dict(data)


@pytest.mark.parametrize(
    "change", [{"recorded_at": "noon"}, {"recorded_at": 3}, {"position": "1"}, {"source": "Minutes"}, {"event": {}}]
)
def test_a_recorded_event_with_a_field_that_is_none_says_which(registry: Registry, change: dict[str, Any]) -> None:
    data = to_dict(next(iter(registry.events())))
    with pytest.raises(InvalidValueError):
        from_dict(data | change)


def test_a_correction_within_a_correction_is_refused_at_any_depth() -> None:
    data: dict[str, Any] = HELD
    for _ in range(100_000):
        data = {"event": "fact.corrected", "event_id": "x", "reason": "r", "replacement": data}
    with pytest.raises(InvalidValueError, match="give a fact"):
        from_dict(data)


@pytest.mark.parametrize("value", [object(), b"bytes", {"a": {1, 2}}, Registry, len], ids=range(5))
def test_what_is_no_part_of_a_registry_is_refused(value: object) -> None:
    with pytest.raises(InvalidValueError, match="cannot become plain data"):
        to_dict(value)


def test_a_step_of_a_history_is_told_by_a_kind_that_is_its_word() -> None:
    with Registry.open() as registry:
        (launched,) = registry.record(DialogueLaunched(dialogue="d", name="D", launched="2004"))
        registry.correct(launched, {"name": "The D"}, reason="misread")
        steps = registry.history("d")
        assert [step.what for step in steps] == [StepKind.RECORDED, StepKind.CORRECTED] == ["recorded", "corrected"]
        assert json.dumps(to_dict(steps[1]))
        assert to_dict(steps[1])["what"] == "corrected"
