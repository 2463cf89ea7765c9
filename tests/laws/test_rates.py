"""Attendance rates are what lists and loops say, whatever was recorded; present, absent and not known add up."""

import random
from collections import Counter
from typing import Any

import duckdb
import pandas
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue_registry import (
    DelegateAbsent,
    DelegateAttended,
    DialogueLaunched,
    MeetingHeld,
    MeetingShared,
    PartyJoined,
    PartyLeft,
    RefusedError,
    Registry,
    SamePerson,
    SeriesOpened,
    to_dict,
)
from dialogue_registry.model.events import Fact
from tests.laws import rates

DIALOGUES, PARTIES, NAMES = ("d", "e"), ("A", "B"), ("x", "y", "z")
SERIES = {"d/s": "d", "d/t": "d", "e/s": "e"}
FIRST: tuple[Fact, ...] = (
    *(DialogueLaunched(dialogue=one, name=one, launched="2000") for one in DIALOGUES),
    *(SeriesOpened(series=one, dialogue=dialogue, name=one) for one, dialogue in SERIES.items()),
)
MEETINGS = ("m/1", "m/2", "m/3")
#: Close together, so that they meet; precise and vague ones.
days = st.sampled_from(
    ["2010-06-29", "2010-06-30", "2010-07-01", "2010-06", "2010-07", "2010", "2010-06-30/2010-07-02"]
)
parties, meetings = st.sampled_from(PARTIES), st.sampled_from(MEETINGS)
levels = st.none() | st.sampled_from(["head-of-state", "minister", "deputy-minister", "expert"])
exact = st.sampled_from(["2010-06-29", "2010-06-30", "2010-07-01", "2010-07-02"])


def joined(dialogue: str, party: str, day: str | None, standing: str = "member") -> PartyJoined:
    return PartyJoined(dialogue=dialogue, party=party, name=party, joined=day, standing=standing)


def left(dialogue: str, party: str, day: str | None) -> PartyLeft:
    return PartyLeft(dialogue=dialogue, party=party, on=day)


@st.composite
def memberships(draw: st.DrawFn, dialogue: str, party: str) -> list[PartyJoined | PartyLeft]:
    """Draw the steps of one party: vague ones, of which at most two, or exact ones in any order."""
    vague = [
        joined(dialogue, party, draw(st.none() | days), draw(st.sampled_from(["member", "member", "observer"]))),
        left(dialogue, party, draw(st.none() | days)),
    ]
    precise = [
        joined(dialogue, party, day) if draw(st.booleans()) else left(dialogue, party, day)
        for day in draw(st.lists(exact, min_size=1, max_size=3, unique=True))
    ]
    first = joined(dialogue, party, "2010-06-28", "observer")
    return draw(st.sampled_from([[], vague[:1], vague[1:], vague, vague[::-1], precise, [first, *precise]]))


steps = st.tuples(*(memberships(dialogue, party) for dialogue in DIALOGUES for party in PARTIES)).map(
    lambda of_each: [step for of_one in of_each for step in of_one]
)
names = st.sampled_from(["", *NAMES])
rows = st.builds(
    DelegateAttended, meeting=meetings, party=parties, name=names, person=st.sampled_from(["", "", "p"]), level=levels
) | st.builds(
    DelegateAbsent, meeting=meetings, party=parties, name=names, person=st.sampled_from(["", "", "p"]), level=levels,
    excused=st.sampled_from([None, True, False]),
)  # fmt: skip
held = st.builds(MeetingHeld, meeting=meetings, series=st.sampled_from(list(SERIES)), date=st.none() | days)
shared = st.builds(MeetingShared, meeting=meetings, series=st.sampled_from(list(SERIES)))
same = st.builds(SamePerson, party=parties, names=st.lists(st.sampled_from([*NAMES, "p"]), min_size=2, unique=True))
facts = st.tuples(
    st.lists(held, min_size=1, max_size=3),
    steps,
    st.lists(rows, max_size=8),
    st.lists(shared, max_size=1),
    st.lists(same, max_size=2),
).map(lambda lists: [fact for of_kind in lists for fact in of_kind])


def recorded(registry: Registry, wanted: list[Fact]) -> list[Any]:
    """Record what is not refused, and return all facts that stand."""
    for fact in (*FIRST, *wanted):
        try:
            registry.record(fact)
        except RefusedError:
            continue
    return [event.event for event in registry.facts()]


def numbers(row: Any) -> rates.Rate:
    return rates.Rate(row.held, row.present, row.absent, row.excused, row.not_known)


@settings(max_examples=40)
@given(facts, levels, st.none() | st.sampled_from(list(SERIES)), st.none() | st.sampled_from(DIALOGUES))
def test_rates_are_what_the_model_counts(
    wanted: list[Fact], level: str | None, series: str | None, dialogue: str | None
) -> None:
    with Registry.open() as registry:
        stand = recorded(registry, wanted)
        found = registry.attendance_rates(series=series, dialogue=dialogue, level=level)
        assert {row.party: numbers(row) for row in found} == rates.by_party(
            stand, series=series, dialogue=dialogue, level=level
        )
        for row in found:
            assert row.present + row.absent + row.excused + row.not_known == row.held > 0
            assert 0 <= row.rate.certain <= row.rate.possible <= 1
            assert row.rate.certain == row.present / row.held
            assert row.rate.possible == (row.present + row.not_known) / row.held
        by_year: Counter[str] = Counter()
        for row in registry.attendance_rates(series=series, dialogue=dialogue, level=level, yearly=True):
            by_year[row.party] += row.held
        assert by_year == {row.party: row.held for row in found}


@settings(max_examples=40)
@given(facts, levels)
def test_persons_are_counted_over_the_meetings_that_name_them(wanted: list[Fact], level: str | None) -> None:
    with Registry.open() as registry:
        stand = recorded(registry, wanted)
        found = registry.attendance_rates(by="person", level=level)
        expected = rates.by_person(stand, level=level)
        assert len(found) == len(expected)
        for row in found:
            (key,) = [key for key in expected if key[0] == row.party and row.person in key[1]]
            assert numbers(row) == expected[key]
            assert row.not_known == 0


@settings(max_examples=40)
@given(facts)
def test_who_was_no_member_is_in_the_second_answer_alone(wanted: list[Fact]) -> None:
    with Registry.open() as registry:
        stand = recorded(registry, wanted)
        expected = Counter(party for party, _ in set(rates.strangers(stand)))
        found = {row.party: row.present + row.absent + row.excused for row in registry.non_members()}
        assert found == expected


def test_rates_are_what_a_naive_count_by_a_database_for_analysts_says() -> None:
    chosen = random.Random(23)
    with Registry.open() as registry:
        registry.record(*FIRST, *(joined("d", f"P{number}", "2009") for number in range(8)))
        for number in range(30):
            day = f"2010-{1 + number % 12:02}-01"
            registry.record(MeetingHeld(meeting=f"n/{number}", series="d/s", date=day))
            for party in range(8):
                for name in NAMES:
                    kind = chosen.choice([DelegateAttended, DelegateAbsent, None, None])
                    if kind is not None:
                        registry.record(kind(meeting=f"n/{number}", party=f"P{party}", name=name))
        held = pandas.DataFrame([to_dict(meeting) for meeting in registry.meetings(status="held")])  # noqa: F841
        seats = pandas.DataFrame([to_dict(seat) for seat in registry.attendance(presence=None)])
        members = pandas.DataFrame([to_dict(member) for member in registry.members("d")])  # noqa: F841
        naive = duckdb.sql("""
            SELECT m.party, count(*), count(*) FILTER (WHERE p > 0), count(*) FILTER (WHERE p = 0 AND a > 0),
                   count(*) FILTER (WHERE p IS NULL)
            FROM members m CROSS JOIN held h LEFT JOIN (
                SELECT meeting, party, count(*) FILTER (WHERE presence = 'present') p,
                       count(*) FILTER (WHERE presence = 'absent') a
                FROM seats GROUP BY ALL) s ON s.meeting = h.meeting AND s.party = m.party
            GROUP BY m.party ORDER BY m.party""").fetchall()
        found = [(r.party, r.held, r.present, r.absent, r.not_known) for r in registry.attendance_rates(dialogue="d")]
        assert sorted(found) == naive
        assert {row[1] for row in naive} == {30}
        by_name = seats.groupby(["party", "name"])["presence"].agg(
            held="size", present=lambda presences: int((presences == "present").sum())
        )
        persons = {(r.party, r.person): (r.held, r.present) for r in registry.attendance_rates(by="person")}
        assert persons == {key: (int(row.held), int(row.present)) for key, row in by_name.iterrows()}
