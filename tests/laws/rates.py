"""The meaning of attendance rates, in lists and loops over facts: nothing is shared with the library but its events.

Membership is thought through by trying all days on which steps can have happened.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import product
from typing import Any, NamedTuple

from dialogue_registry import (
    DelegateAbsent,
    DelegateAttended,
    MeetingHeld,
    MeetingShared,
    PartyJoined,
    PartyLeft,
    SamePerson,
    SeriesOpened,
)

LEVELS = (
    "head-of-state", "head-of-government", "minister", "deputy-minister", "senior-official", "ambassador", "expert",
    "other",
)  # fmt: skip
FIRST, LAST = date.min, date.max


class Rate(NamedTuple):
    """The numbers of meetings held, present, absent, excused and not known, each counted by itself."""

    held: int
    present: int
    absent: int
    excused: int
    not_known: int


def of_class(facts: Iterable[Any], *classes: type) -> list[Any]:
    return [fact for fact in facts if isinstance(fact, classes)]


# --- who was a member ------------------------------------------------------------------


def standings(steps: Sequence[Any], day: date) -> set[str]:
    """Return the standings in which a party can have been on a day, "" for none; its steps as they were recorded."""
    joins = [step for step in steps if isinstance(step, PartyJoined)]
    choices = [[(step, chosen) for chosen in days_of(step, day)] for step in steps]
    found: set[str] = set()
    for chosen in product(*choices):
        ordered = sorted(chosen, key=lambda pair: (pair[1], isinstance(pair[0], PartyJoined)))
        first = ordered[0][0]
        if isinstance(first, PartyLeft) and any(can_precede(join, first) for join in joins):
            continue  # it left after it joined
        found.add(on_the_day(ordered, day))
    return found


def can_precede(join: PartyJoined, left: PartyLeft) -> bool:
    return left.on is None or join.joined is None or join.joined.earliest < left.on.latest_start


def days_of(step: Any, day: date) -> list[date]:
    """The days that are worth trying: the first and the last, and those around the day asked about."""
    stated = step.joined if isinstance(step, PartyJoined) else step.on
    if stated is None:
        return [FIRST] if isinstance(step, PartyJoined) else [day, after(day)]
    near = [day, after(day), stated.earliest, stated.latest_start]
    return sorted({on for on in near if stated.earliest <= on <= stated.latest_start})


def after(day: date) -> date:
    return day + timedelta(days=1) if day < LAST else day


def on_the_day(ordered: Sequence[tuple[Any, date]], day: date) -> str:
    """The standing after all that happened by a day; whoever left first had been a member."""
    standing = "member" if isinstance(ordered[0][0], PartyLeft) else ""
    for step, on in ordered:
        if on <= day:
            standing = step.standing if isinstance(step, PartyJoined) else ""
    return standing


def days_in(meeting: MeetingHeld) -> list[date]:
    assert meeting.date is not None
    first, last = meeting.date.earliest, meeting.date.latest_start
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def was_member(steps: Sequence[Any], meeting: MeetingHeld) -> bool:
    """Whether a party can have been a member; at a meeting of nobody knows what day, if ever."""
    if not steps:
        return False
    asked = days_in(meeting) if meeting.date is not None else [on for step in steps for on in around(step)]
    return any("member" in standings(steps, day) for day in asked)


def around(step: Any) -> list[date]:
    stated = step.joined if isinstance(step, PartyJoined) else step.on
    if stated is None:
        return [date(1900, 1, 1), date(2100, 1, 1)]
    return [stated.earliest - timedelta(days=1), stated.earliest, stated.latest_start, after(stated.latest_start)]


# --- rates -----------------------------------------------------------------------------


def meetings_of(
    facts: Sequence[Any], series: str | None, dialogue: str | None
) -> dict[str, tuple[MeetingHeld, set[str]]]:
    """The meetings held, each with the dialogues that it is one of."""
    home = {opened.series: opened.dialogue for opened in of_class(facts, SeriesOpened)}
    found: dict[str, tuple[MeetingHeld, set[str]]] = {}
    for held in of_class(facts, MeetingHeld):
        within = {held.series, *(s.series for s in of_class(facts, MeetingShared) if s.meeting == held.meeting)}
        chosen = {home[one] for one in within if series in (None, one) and dialogue in (None, home[one])}
        if chosen:
            found[held.meeting] = held, chosen
    return found


def at_level(fact: Any, level: str | None) -> bool:
    if level is None:
        return True
    if isinstance(fact, DelegateAbsent) and not (fact.name or fact.office or fact.person):
        return True
    return fact.level is not None and LEVELS.index(fact.level) <= LEVELS.index(level)


def presence(rows: Sequence[Any]) -> str:
    if any(isinstance(row, DelegateAttended) for row in rows):
        return "present"
    if any(not row.excused for row in rows):
        return "absent"
    return "excused" if rows else "not known"


def tally(outcomes: Sequence[str]) -> Rate:
    numbers = [outcomes.count(outcome) for outcome in ("present", "absent", "excused", "not known")]
    return Rate(len(outcomes), *numbers)


def by_party(
    facts: Sequence[Any], *, series: str | None = None, dialogue: str | None = None, level: str | None = None
) -> dict[str, Rate]:
    outcomes: dict[str, list[str]] = {}
    seats = of_class(facts, DelegateAttended, DelegateAbsent)
    for meeting, (held, dialogues) in meetings_of(facts, series, dialogue).items():
        for party in sorted({step.party for step in of_class(facts, PartyJoined, PartyLeft)}):
            steps = [
                [s for s in of_class(facts, PartyJoined, PartyLeft) if (s.dialogue, s.party) == (one, party)]
                for one in dialogues
            ]
            if any(was_member(of_one, held) for of_one in steps):
                rows = [s for s in seats if (s.meeting, s.party) == (meeting, party) and at_level(s, level)]
                outcomes.setdefault(party, []).append(presence(rows))
    return {party: tally(of_party) for party, of_party in outcomes.items()}


def persons(facts: Sequence[Any], party: str, who: str) -> frozenset[str]:
    """All names of a person, joined again and again until nothing more is to join."""
    found = {who}
    joins = [set(same.names) for same in of_class(facts, SamePerson) if same.party == party]
    while any(names & found and not names <= found for names in joins):
        found = found.union(*(names for names in joins if names & found))
    return frozenset(found)


def by_person(facts: Sequence[Any], *, level: str | None = None) -> dict[tuple[str, frozenset[str]], Rate]:
    outcomes: dict[tuple[str, frozenset[str]], dict[str, list[Any]]] = {}
    held = meetings_of(facts, None, None)
    for row in of_class(facts, DelegateAttended, DelegateAbsent):
        who = row.person or row.name
        if who and row.meeting in held and at_level(row, level):
            key = row.party, persons(facts, row.party, who)
            outcomes.setdefault(key, {}).setdefault(row.meeting, []).append(row)
    return {key: tally([presence(rows) for rows in of_one.values()]) for key, of_one in outcomes.items()}


def strangers(facts: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """Parties at meetings at which they were no members."""
    held = meetings_of(facts, None, None)
    for row in of_class(facts, DelegateAttended, DelegateAbsent):
        if row.meeting in held:
            meeting, dialogues = held[row.meeting]
            steps = [
                [s for s in of_class(facts, PartyJoined, PartyLeft) if (s.dialogue, s.party) == (one, row.party)]
                for one in dialogues
            ]
            if not any(was_member(of_one, meeting) for of_one in steps):
                yield row.party, row.meeting
