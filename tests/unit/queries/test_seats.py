"""Seats at a meeting: capacities, namesakes, formats, and stated numbers of people beside the list."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dialogue_registry import (
    DelegateAbsent,
    DelegateAttended,
    DialogueLaunched,
    Format,
    HeadcountStated,
    MeetingHeld,
    MeetingShared,
    Presence,
    Registry,
    SamePerson,
    SeriesOpened,
    Source,
    UnknownSubjectError,
)
from dialogue_registry.exports.popolo import popolo

REPORT, PRESS = Source("Report"), Source("Press notice")


def exported_from(registry: Registry) -> dict[str, Any]:
    """The Popolo document of a registry."""
    with registry.reading() as reader:
        document: dict[str, Any] = json.loads(b"".join(popolo(reader)))
    return document


def seat(name: str, party: str = "BRA", **more: object) -> DelegateAttended:
    return DelegateAttended(meeting="m", party=party, name=name, **more)  # type: ignore[arg-type]


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry.open() as opened:
        opened.record(
            DialogueLaunched(dialogue="d", name="D", launched="1996"),
            SeriesOpened(series="s", dialogue="d", name="S"),
            MeetingHeld(meeting="m", series="s", date="2022-03-21", ordinal=1, format="hybrid"),
        )
        yield opened


@pytest.fixture
def listed(registry: Registry) -> Registry:
    """Three people, of whom one was there on site and from afar."""
    registry.record(
        seat("Ana REZENDELLA", format="in-person"),
        seat("Ana REZENDELLA", format="online"),
        seat("Bo LJUNGVALL", "SWE", format="online"),
        seat("Chidi OKWARANDU", "NGA", format="in-person"),
    )
    return registry


def headcount(registry: Registry, **fields: object) -> tuple[int, int, str, str]:
    registry.record(HeadcountStated(meeting="m", **fields), source=REPORT)  # type: ignore[arg-type]
    found = registry.headcounts("m")[-1]
    return found.stated, found.listed, found.verdict.value, found.remark


# --- seats -----------------------------------------------------------------------------


def test_two_capacities_of_one_person_are_two_rows_and_one_person(registry: Registry) -> None:
    both = [
        seat("Nadia FERHOUMAT", "DZA", office="Member of the Board", seat="Member"),
        seat("Nadia FERHOUMAT", "DZA", office="Vice-Chair", role="chair", seat="Vice-Chair"),
    ]
    registry.record(*both)
    assert [row.seat for row in registry.attendance("m")] == ["Member", "Vice-Chair"]
    (chair,) = registry.attendance(role="chair")
    assert chair.office == "Vice-Chair"
    assert [row.office for row in registry.delegate("Nadia FERHOUMAT")] == ["Member of the Board", "Vice-Chair"]
    exported = exported_from(registry)
    assert len(exported["persons"]) == 1
    assert {membership["role"] for membership in exported["memberships"]} == {"delegate", "chair"}
    assert [len(event["attendees"]) for event in exported["events"]] == [1]
    before = registry.position
    registry.record(*both)
    assert registry.position == before


def test_three_of_one_name_are_three_rows_where_something_tells_them_apart(registry: Registry) -> None:
    offices = ["Private Secretary", "Commander", "Accounts Officer"]
    first, *_ = registry.record(
        *(seat("Rezaul HAQUE-MIAH", "BGD", office=office, person=f"haque-{office}") for office in offices)
    )
    assert [row.office for row in registry.delegate("Rezaul HAQUE-MIAH")] == offices
    envoy = seat("Rezaul HAQUE-MIAH", "BGD", office="Envoy", person="haque-Private Secretary")
    registry.correct(first.id, envoy, reason="a slip")
    assert sorted(row.office for row in registry.attendance("m")) == ["Accounts Officer", "Commander", "Envoy"]
    exported = exported_from(registry)
    assert len(exported["persons"]) == len(exported["memberships"]) == 3


def test_somebody_there_in_two_ways_is_one_row_and_hybrid(listed: Registry) -> None:
    ana, bo, _ = listed.attendance("m")
    assert (ana.format, bo.format) == (Format.HYBRID, Format.ONLINE)


# --- presence --------------------------------------------------------------------------


def test_those_present_are_given_unless_others_are_asked_for(registry: Registry) -> None:
    registry.record(
        seat("Ana REZENDELLA"),
        DelegateAbsent(meeting="m", party="SWE", name="Bo LJUNGVALL", reason="illness", excused=True),
        DelegateAbsent(meeting="m", party="NGA", represented_by="BRA"),
    )
    assert [row.name for row in registry.attendance("m")] == ["Ana REZENDELLA"]
    (excused,) = registry.attendance(presence="excused")
    assert (excused.name, excused.reason, excused.presence) == ("Bo LJUNGVALL", "illness", Presence.EXCUSED)
    (absent,) = registry.attendance(presence=Presence.ABSENT)
    assert (absent.party, absent.represented_by) == ("NGA", "BRA")
    assert len(registry.attendance(presence=None)) == 3


def test_who_is_absent_makes_no_appearance_and_no_guest(registry: Registry) -> None:
    registry.record(DelegateAbsent(meeting="m", party="SWE", name="Bo LJUNGVALL"))
    assert registry.delegate("Bo LJUNGVALL") == ()
    assert [a for a in registry.anomalies(today="2022-04-01") if a.kind == "party that never joined"] == []
    assert exported_from(registry)["memberships"] == []


# --- head-counts -----------------------------------------------------------------------


def test_a_stated_number_stands_beside_the_listed_one(listed: Registry) -> None:
    assert headcount(listed, count=240) == (240, 3, "disagrees", "the list is shorter by 237")
    assert headcount(listed, count=130, format="in-person") == (130, 2, "disagrees", "the list is shorter by 128")
    assert headcount(listed, count=12, party="BRA") == (12, 1, "disagrees", "the list is shorter by 11")
    assert headcount(listed, count=2, format="online") == (2, 2, "agrees", "")
    assert headcount(listed, count=1, format="hybrid") == (1, 1, "agrees", "")
    assert headcount(listed, count=3, of="parties") == (3, 3, "agrees", "")
    assert headcount(listed, count=2, of="participants") == (2, 3, "disagrees", "also stated: 240")


def test_an_approximate_number_never_disagrees(listed: Registry) -> None:
    assert headcount(listed, count=200, approximate=True)[2] == "agrees"


def test_a_party_present_with_nobody_named_is_a_party_and_no_participant(listed: Registry) -> None:
    listed.record(seat("", "FIN"), seat("", "NOR", office="Ambassador"), seat("An Observer", "UN", role="observer"))
    assert headcount(listed, count=6, of="parties")[1] == 6
    assert headcount(listed, count=5)[1] == 5
    assert headcount(listed, count=4, of="delegates")[1] == 4


def test_two_spellings_that_are_one_person_are_one_participant(listed: Registry) -> None:
    listed.record(seat("Bo LJUNGWALL", "SWE", format="in-person"))
    assert headcount(listed, count=11)[1] == 4
    (same,) = listed.record(SamePerson(party="SWE", names=("Bo LJUNGVALL", "Bo LJUNGWALL")))
    assert headcount(listed, count=12)[1] == 3
    assert headcount(listed, count=12, of="delegates")[1] == 3
    assert headcount(listed, count=12, format="hybrid")[1] == 2
    listed.retract(same, reason="they are two")
    assert headcount(listed, count=13)[1] == 4


def test_capacities_are_one_participant_and_the_absent_none(listed: Registry) -> None:
    listed.record(
        seat("Bo LJUNGVALL", "SWE", seat="Vice-Chair"),
        DelegateAbsent(meeting="m", party="FIN", name="Ari NYLUNDE"),
    )
    assert headcount(listed, count=3) == (3, 3, "agrees", "")
    assert headcount(listed, count=3, of="parties")[1] == 3


def test_two_sources_that_differ_both_stand_and_the_difference_is_named(listed: Registry) -> None:
    listed.record(HeadcountStated(meeting="m", count=240), source=REPORT)
    listed.record(HeadcountStated(meeting="m", count=235), source=PRESS)
    first, second = listed.headcounts(series="s")
    assert (first.source, second.source) == (REPORT, PRESS)
    assert "also stated: 235" in first.remark
    assert "also stated: 240" in second.remark


def test_a_headcount_counts_no_meeting(listed: Registry) -> None:
    listed.record(HeadcountStated(meeting="m", count=240))
    assert str(listed.counts()["s"].total) == "1"
    assert list(listed.reconcile()) == []


def test_each_series_of_a_joint_meeting_has_its_headcounts(listed: Registry) -> None:
    listed.record(
        SeriesOpened(series="t", dialogue="d", name="T"),
        MeetingShared(meeting="m", series="t"),
        HeadcountStated(meeting="m", count=3),
    )
    assert listed.headcounts(series="t") == listed.headcounts(series="s") == listed.headcounts()


def test_an_id_that_is_not_recorded_is_refused(registry: Registry) -> None:
    with pytest.raises(UnknownSubjectError, match="there is no meeting 'nope'"):
        registry.headcounts("nope")
    with pytest.raises(UnknownSubjectError, match="there is no series 'nope'"):
        registry.headcounts(series="nope")
