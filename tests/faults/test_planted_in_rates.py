"""The laws about rates and persons can fail: each fault that is planted here is caught by one of them."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_registry import (
    ConflictError,
    DelegateAbsent,
    DelegateAttended,
    DifferentPersons,
    MeetingHeld,
    Registry,
    SamePerson,
)
from dialogue_registry.model import persons
from dialogue_registry.model.events import Level
from dialogue_registry.queries import members, rates
from tests.laws import test_rates
from tests.tried import always_the_same

TRIES = always_the_same(500)


def law(test: Callable[..., None], **strategies: Any) -> Callable[[], None]:
    """Return a property of another module, some of its arguments from other strategies."""
    handle = test.hypothesis  # type: ignore[attr-defined]
    return TRIES(given(**{**handle._given_kwargs, **strategies})(handle.inner_test))  # type: ignore[no-any-return]


def caught(test: Callable[..., None], **strategies: Any) -> None:
    with pytest.raises(AssertionError):
        law(test, **strategies)()


#: A member that leaves about the day of a meeting, where somebody of it is listed as present or as absent.
LEAVING = {
    "wanted": st.builds(
        lambda held, gone, listed: [
            MeetingHeld(meeting="m/1", series="d/s", date=held),
            test_rates.joined("d", "A", "2010-06-28"),
            test_rates.left("d", "A", gone),
            listed(meeting="m/1", party="A", name="x"),
        ],
        test_rates.exact,
        test_rates.exact,
        st.sampled_from([DelegateAttended, DelegateAbsent]),
    ),
    "level": st.none(),
    "series": st.none(),
    "dialogue": st.none(),
}


def replaced(monkeypatch: pytest.MonkeyPatch, name: str, old: str, new: str) -> None:
    """Plant another text of SQL in the place of one that is there."""
    text = getattr(rates, name)
    assert old in text
    monkeypatch.setattr(rates, name, text.replace(old, new))


def test_not_known_counted_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced(monkeypatch, "_SUMS", "WHERE NOT c.present AND c.absent", "WHERE NOT coalesce(c.present, 0)")
    caught(test_rates.test_rates_are_what_the_model_counts)


def test_a_meeting_counted_for_those_who_were_no_members(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced(monkeypatch, "_EXPECTED", "h.earliest < w.until", "1")
    caught(test_rates.test_rates_are_what_the_model_counts)


def test_without_a_fault_a_member_that_leaves_is_counted_as_the_model_counts_it() -> None:
    law(test_rates.test_rates_are_what_the_model_counts, **LEAVING)()


def test_membership_that_ends_a_day_early(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced(monkeypatch, "_EXPECTED", "h.earliest < w.until", "h.earliest < date(w.until, '-1 day')")
    caught(test_rates.test_rates_are_what_the_model_counts, **LEAVING)


def test_absence_counted_as_presence(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced(monkeypatch, "_SUMS", "FILTER (WHERE c.present)", "FILTER (WHERE c.present OR c.absent)")
    caught(test_rates.test_rates_are_what_the_model_counts, **LEAVING)


def test_a_level_compared_the_wrong_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Level, "__ge__", lambda one, other: one.rank <= other.rank)
    caught(test_rates.test_rates_are_what_the_model_counts)


@pytest.mark.long
def test_an_excuse_taken_for_presence(monkeypatch: pytest.MonkeyPatch) -> None:
    text = rates._came("", None)
    assert "max(presence = 'present')" in text
    come = rates._came
    monkeypatch.setattr(
        rates, "_came", lambda who, level: come(who, level).replace("presence = 'present')", "presence <> 'absent')")
    )
    caught(test_rates.test_rates_are_what_the_model_counts)


@pytest.mark.long
def test_a_joint_meeting_counted_in_one_of_its_series_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced(monkeypatch, "_HELD", "FROM series_meetings m", "FROM meetings m")
    caught(test_rates.test_rates_are_what_the_model_counts)


@pytest.mark.long
def test_observers_counted_as_members(monkeypatch: pytest.MonkeyPatch) -> None:
    terms = members.terms
    monkeypatch.setattr(rates, "terms", lambda *given_: [term._replace(standing="member") for term in terms(*given_)])
    caught(test_rates.test_rates_are_what_the_model_counts)


@pytest.mark.long
def test_a_join_that_holds_for_the_two_names_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def same(self: persons.Persons, name: persons.Name) -> frozenset[persons.Name]:
        pairs = [persons._names(fact) for _, fact in self._joined.get(name, ())[:1]]
        return frozenset({name}.union(*pairs))

    monkeypatch.setattr(persons.Persons, "same", same)
    caught(test_rates.test_persons_are_counted_over_the_meetings_that_name_them)


def test_a_join_through_a_third_name_that_is_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def joined() -> None:
        with Registry.open() as registry:
            registry.record(SamePerson(party="A", names=("x", "y")), DifferentPersons(party="A", names=("x", "z")))
            with pytest.raises(ConflictError):
                registry.record(SamePerson(party="A", names=("y", "z")))

    joined()
    monkeypatch.setattr(persons.Persons, "_person", lambda _, name: {name})  # nobody is joined by others
    with pytest.raises(pytest.fail.Exception):
        joined()
