"""A class made of an event, a source or a citation is refused by its name; nothing is recorded, and no KeyError."""

from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest

from dialogue_registry import (
    Citation,
    DialogueLaunched,
    EventRetracted,
    FactCorrected,
    FactDisputed,
    InvalidValueError,
    Kind,
    MeetingHeld,
    Registry,
    SeriesOpened,
    Source,
)
from dialogue_registry.model.events import FACTS
from dialogue_registry.model.kinds import Kinds
from dialogue_registry.model.standard_kinds import STANDARD_KINDS

MEETING = {"meeting": "d/s/1", "series": "d/s", "date": "2019"}


class Plain(MeetingHeld):
    """A helpful method more."""

    def year(self) -> int:
        """Return the year of the meeting."""
        return self.date.earliest.year


@attrs.frozen(kw_only=True)
class WithField(MeetingHeld):
    """A field more."""

    building: str = ""


@attrs.frozen(kw_only=True)
class VoteCast:
    """A fact of one's own."""

    meeting: str
    party: str


class Ballot(VoteCast):
    """A subclass of it."""


VOTES = Kind(cls=VoteCast, word="org.example.vote-cast", about="meeting", key=("party",))


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry.open(kinds=[VOTES]) as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2018"),
            SeriesOpened(series="d/s", dialogue="d", name="Sessions"),
            MeetingHeld(meeting="d/s/0", series="d/s", date="2018"),
        )
        yield registry


def meeting_zero(registry: Registry) -> str:
    """The id of the event that holds the meeting."""
    return next(one.id for one in registry.events() if isinstance(one.event, MeetingHeld))


CALLS: dict[str, Callable[[Registry, Any], object]] = {
    "record": lambda registry, fact: registry.record(fact),
    "record with a good one": lambda registry, fact: registry.record(MeetingHeld(**MEETING), fact),
    "record a pair": lambda registry, fact: registry.record((fact, Source("Minutes"))),
    "record_all": lambda registry, fact: registry.record_all(iter([fact])),
    "correct": lambda registry, fact: registry.correct(meeting_zero(registry), fact, reason="r"),
    "dispute": lambda registry, fact: registry.dispute(meeting_zero(registry), fact, source=Source("A diary")),
}


@pytest.mark.parametrize("call", CALLS)
def test_what_a_registry_answers_is_no_fact_and_of_a_recorded_event_its_event_is(registry: Registry, call: str) -> None:
    for value, advice in [
        (next(iter(registry.events())), "give its event, which is .event of it"),
        (registry.meetings()[0], "is no fact to record"),
    ]:
        before = registry.position
        with pytest.raises(InvalidValueError, match=advice):
            CALLS[call](registry, value)
        assert registry.position == before


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("cls", [Plain, WithField])
def test_a_subclass_of_an_event_is_refused_with_what_to_record_instead(
    registry: Registry, cls: type[MeetingHeld], call: str
) -> None:
    with pytest.raises(InvalidValueError) as info:
        CALLS[call](registry, cls(**MEETING))
    assert f"{cls.__name__} is a subclass of MeetingHeld" in str(info.value)
    assert "record MeetingHeld(…) itself" in str(info.value)
    assert registry.position == 3
    registry.verify()


@pytest.mark.parametrize("call", CALLS)
def test_a_subclass_of_a_class_of_ones_own_kind_is_refused_too(registry: Registry, call: str) -> None:
    with pytest.raises(InvalidValueError, match=r"Ballot is a subclass of VoteCast.*record VoteCast\(…\) itself"):
        CALLS[call](registry, Ballot(meeting="d/s/0", party="NOR"))
    assert registry.position == 3


@pytest.mark.parametrize("cls", FACTS)
def test_a_subclass_of_any_event_is_named_with_its_parent(cls: type[Any]) -> None:
    subclass: Any = type("Mine", (cls,), {})
    unfit = Kinds(STANDARD_KINDS).unfit(subclass.__new__(subclass))
    assert f"Mine is a subclass of {cls.__name__}" in unfit


@pytest.mark.parametrize("parent", [FactCorrected, EventRetracted, FactDisputed, Source, Citation])
@pytest.mark.parametrize("call", CALLS)
def test_what_is_no_fact_is_none_in_a_subclass_either(registry: Registry, parent: type[Any], call: str) -> None:
    whole: dict[type[Any], dict[str, Any]] = {
        FactCorrected: {"event_id": "e", "replacement": MeetingHeld(**MEETING), "reason": "r"},
        EventRetracted: {"event_id": "e", "reason": "r"},
        FactDisputed: {"event_id": "e", "claim": MeetingHeld(**MEETING)},
        Source: {"title": "Minutes"},
        Citation: {},
    }
    with pytest.raises(InvalidValueError, match=r"is no fact to record.*use correct\(\), retract\(\) or dispute\(\)"):
        CALLS[call](registry, type("Mine", (parent,), {})(**whole[parent]))
    assert registry.position == 3


class Report(Source):
    """A source of one's own."""


class Page(Citation):
    """A citation of one's own."""


def test_a_subclass_of_a_source_or_a_citation_is_refused_as_its_further_fields_would_be_lost(
    registry: Registry,
) -> None:
    held = MeetingHeld(**MEETING)
    with pytest.raises(InvalidValueError, match=r"Report is a subclass of Source.*give Source\(…\) itself"):
        registry.record(held, source=Report("Minutes"))
    with pytest.raises(InvalidValueError, match="Report is a subclass of Source"):
        registry.record_all([(held, Report("Minutes"))])
    with pytest.raises(InvalidValueError, match=r"Page is a subclass of Citation.*give Citation\(…\) itself"):
        registry.record(held, source=Source("Minutes"), cite=Page(locator="p. 1"))
    with pytest.raises(InvalidValueError, match="Page is a subclass of Citation"):
        registry.cite(meeting_zero(registry), Page(locator="p. 1"), source=Source("Minutes"))
    assert registry.position == 3


@pytest.mark.parametrize("cls", [WithField, type("Mine", (FactCorrected,), {}), type("Mine", (Source,), {})])
def test_a_kind_of_a_subclass_of_an_event_is_refused_when_it_is_made(cls: type[Any]) -> None:
    with pytest.raises(InvalidValueError, match=rf"{cls.__name__} is a subclass of .*class with no such parent"):
        Kind(cls=cls, word="org.example.mine", about="")


@attrs.frozen(kw_only=True)
class Visit:
    """A fact with two ids, of which the first that is not empty counts."""

    meeting: str = ""
    series: str = ""
    dialogue: str = ""


@pytest.mark.parametrize("ids", [{"meeting": "d/s/0"}, {"series": "d/s", "dialogue": "not known"}])
def test_a_fact_of_ones_own_may_leave_ids_empty_that_it_does_not_rest_on(ids: dict[str, str]) -> None:
    kind = Kind(cls=Visit, word="org.example.visit", about=("meeting", "series"))
    with Registry.open(kinds=[kind]) as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2018"),
            SeriesOpened(series="d/s", dialogue="d", name="Sessions"),
            MeetingHeld(meeting="d/s/0", series="d/s", date="2018"),
        )
        (recorded,) = registry.record(Visit(**ids))
        assert recorded.subject in ("d/s/0", "d/s")
        registry.rebuild()
        registry.verify()
