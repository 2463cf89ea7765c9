"""Members: which parties took part in a dialogue when, certainly and possibly.

A party takes part from the day it joined until the first day without it. Where one of the two
is not exactly known, it took part possibly on all days that it can have done so. Certainly it
did on those that it must have. A join in another standing ends the standing before.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

import attrs

from dialogue_registry.queries.display import Rows, Shown
from dialogue_registry.queries.subjects import check_known

AT_THE_END = "9999-12-31"
"""A day after all others: a party that joined some day has joined by then."""
_OPEN = "~"
"""The end of what has none; it comes after every day."""

_JOINS = "SELECT dialogue, party, earliest, latest, fact, event, standing FROM parties"
_LEAVES = "SELECT dialogue, party, earliest, latest, fact, event, '' FROM departures"


@attrs.frozen(kw_only=True)
class Member(Shown):
    """A party that takes part in a dialogue, in which standing, and whether that is certain on the day asked about."""

    party: str
    standing: str
    certain: bool


class Step(NamedTuple):
    """A party joined, or left (then ``standing`` is ""), on some day from the earliest to the latest."""

    dialogue: str
    party: str
    earliest: str | None
    latest: str | None
    fact: int
    event: int
    standing: str


class Term(NamedTuple):
    """A time in one standing: possible and certain from a day until the first day without it, all ISO 8601."""

    dialogue: str
    party: str
    standing: str
    fact: int
    possible_from: str
    possible_until: str
    certain_from: str
    certain_until: str

    def possible(self, day: str) -> bool:
        """Return whether the party can have been in this standing on a day."""
        return self.possible_from <= day < self.possible_until

    def certain(self, day: str) -> bool:
        """Return whether the party must have been in this standing on a day."""
        return self.certain_from <= day < self.certain_until


def members(connection: sqlite3.Connection, dialogue: str, on: date | None) -> Rows[Member]:
    """Return the parties of a dialogue on a day, or as it was recorded last; raises UnknownSubjectError."""
    check_known(connection, dialogue=dialogue)
    day = AT_THE_END if on is None else on.isoformat()
    found: dict[tuple[str, str], bool] = {}
    for term in terms(connection, dialogue):
        if term.possible(day):
            place = term.party, term.standing
            found[place] = found.get(place, False) or term.certain(day)
    return Rows(Member(party=party, standing=as_, certain=certain) for (party, as_), certain in found.items())


def terms(connection: sqlite3.Connection, dialogue: str | None = None) -> list[Term]:
    """Return the terms of all parties of a dialogue, or of all dialogues, in the order they were recorded."""
    steps = party_steps(connection, dialogue)
    found = [term for of_party in steps for term in _terms_of(of_party)]
    return sorted(found, key=lambda term: term.fact)


def party_steps(connection: sqlite3.Connection, dialogue: str | None = None) -> Iterator[Sequence[Step]]:
    """Yield for each party of each dialogue when it joined and left, in the order of recording."""
    where = "" if dialogue is None else " WHERE dialogue = :dialogue"
    rows = connection.execute(f"{_JOINS}{where} UNION ALL {_LEAVES}{where} ORDER BY 1, 2, 5", {"dialogue": dialogue})
    for _, of_party in groupby(map(Step._make, rows.fetchall()), key=lambda step: step[:2]):
        yield list(of_party)


def follows(later: Step, earlier: Step) -> bool:
    """Return whether one step can have come after another; undated, a party joined first, and left whenever."""
    if later.latest is None:
        return not later.standing
    return earlier.latest is None or later.latest > (earlier.earliest or "")


def _must_follow(later: Step, earlier: Step, steps: Sequence[Step]) -> bool:
    """Return whether one step came after another in any case: also where a party can have left after no other join."""
    if not later.standing and [step for step in steps if step.standing and follows(later, step)] == [earlier]:
        return True
    return later.earliest is not None and (earlier.latest is None or later.earliest > earlier.latest)


def without_a_join(steps: Sequence[Step]) -> list[Step]:
    """Return where a party left without having joined before."""
    joins = [step for step in steps if step.standing]
    return [step for step in steps if not step.standing and not any(follows(step, join) for join in joins)]


def _terms_of(steps: Sequence[Step]) -> Iterator[Term]:
    joins = [step for step in steps if step.standing]
    joins += [
        Step(left.dialogue, left.party, None, None, 0, left.event, "member") for left in without_a_join(steps)[:1]
    ]
    for join in joins:
        ends = [step for step in steps if step.standing != join.standing and follows(step, join)]
        yield Term(
            join.dialogue,
            join.party,
            join.standing,
            join.fact,
            join.earliest or "",
            min((step.latest or AT_THE_END for step in ends if _must_follow(step, join, steps)), default=_OPEN),
            join.latest or AT_THE_END,
            min((step.earliest or "" for step in ends), default=_OPEN),
        )


def joined_twice(steps: Iterable[Step]) -> list[tuple[Step, Step]]:
    """Return pairs of joins in one standing between which the party cannot have left, nor changed its standing."""
    steps = list(steps)
    joins = [step for step in steps if step.standing]
    found = []
    for place, one in enumerate(joins):
        for other in joins[place + 1 :]:
            first, second = sorted(
                (one, other), key=lambda join: (join.latest is not None, join.latest or "", join.fact)
            )
            between = [
                step
                for step in steps
                if step.standing != one.standing
                and follows(step, first)
                and (step.latest is None or follows(second, step))
            ]
            if one.standing == other.standing and not between:
                found.append((first, second))
    return found
