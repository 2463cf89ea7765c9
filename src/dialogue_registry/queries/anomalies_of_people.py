"""Anomalies of parties and people: memberships, heads of delegations, names that are nearly the same.

Two names in one delegation are *nearly one* where they are the same but for titles, case,
diacritics, punctuation and order, or when run together (Min-su, Minsu). So they are where one
word of four letters or more differs in one letter and all other words are the same. Whatever
SamePerson or DifferentPersons says of them, or two ids of persons, is no longer odd.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations

from dialogue_registry.model.names import is_slip
from dialogue_registry.queries.anomalies_of_meetings import MeetingAnomalies
from dialogue_registry.queries.members import joined_twice, party_steps, without_a_join
from dialogue_registry.queries.oddity import AnomalyKind, Oddity, counted, listed
from dialogue_registry.queries.persons import Named, words_in_order

_STRANGERS = """
SELECT meeting, party, role, event FROM attendance
WHERE presence = 'present' AND party NOT IN (
    SELECT party FROM (SELECT DISTINCT dialogue, party FROM parties)
    GROUP BY party HAVING count(*) = (SELECT count(*) FROM dialogues))
ORDER BY fact
"""
_SEPARATOR = "\0"
"""The character between texts of a column that are asked for as one: no text that is recorded holds it."""
_HEADS = """
SELECT meeting, party, group_concat(name, char(0)), group_concat(person, char(0)),
       group_concat(office, char(0)), group_concat(event)
FROM attendance WHERE presence = 'present' AND role = 'head' GROUP BY meeting, party HAVING count(*) > 1
"""
_DELEGATIONS = """
SELECT meeting, party, group_concat(name, char(0)), group_concat(person, char(0)), group_concat(event)
FROM attendance WHERE presence = 'present' AND name <> '' GROUP BY meeting, party HAVING count(*) > 1
"""


class PeopleAnomalies:
    """The anomalies of parties and people, found in one pass."""

    def __init__(self, connection: sqlite3.Connection, meetings: MeetingAnomalies) -> None:
        self._connection = connection
        self._meetings = meetings
        self._named = Named(connection)
        #: The delegation of each event that is named among its two heads.
        self._heads_of: dict[int, tuple[str, str]] = {}

    def find(self) -> Iterator[Oddity]:
        """Yield what is odd."""
        yield from self._strangers()
        yield from self._memberships()
        yield from self._heads()
        yield from self._nearly_one_name()

    def _strangers(self) -> Iterator[Oddity]:
        """Yield parties that attended and joined none of the dialogues of the meeting, one line each.

        Where nobody is recorded to have joined a dialogue, that is one line for all of its parties.
        """
        joined: dict[str, set[str]] = {}
        for dialogue, party in self._connection.execute("SELECT dialogue, party FROM parties").fetchall():
            joined.setdefault(dialogue, set()).add(party)
        shared: dict[str, list[str]] = {}
        for meeting, series, _, _ in self._meetings.shares:
            shared.setdefault(meeting, []).append(self._meetings.series[series])
        found: dict[tuple[str, str], tuple[dict[str, None], list[int]]] = {}
        for meeting, party, role, event in self._connection.execute(_STRANGERS):
            dialogue = self._meetings.series[self._meetings.meetings[meeting].series]
            if any(party in joined.get(of, ()) for of in (dialogue, *shared.get(meeting, ()))):
                continue
            roles, events = found.setdefault((dialogue, party), ({}, []))
            roles[role] = None
            events.append(event)
        whole: dict[str, list[str]] = {}
        for dialogue, party in found:
            whole.setdefault(dialogue, []).append(party)
        for dialogue, parties in whole.items():
            if dialogue not in joined and len(parties) > 1:
                events = sorted(event for party in parties for event in found[dialogue, party][1])
                why = f"{listed(parties)} attended, and nobody is recorded to have joined {dialogue}"
                yield Oddity(AnomalyKind.PARTY_THAT_NEVER_JOINED, dialogue, why, tuple(events))
        for (dialogue, party), (roles, events) in found.items():
            if dialogue in joined or len(whole[dialogue]) == 1:
                why = (
                    f"{party} attended {counted(len(events), 'time')} ({', '.join(roles)}) "
                    f"and never joined {dialogue}: a guest?"
                )
                yield Oddity(AnomalyKind.PARTY_THAT_NEVER_JOINED, dialogue, why, tuple(events))

    def _memberships(self) -> Iterator[Oddity]:
        for steps in party_steps(self._connection):
            dialogue, party = steps[0][:2]
            for first, second in joined_twice(steps):
                days = [step.earliest and self._joined(step.fact) for step in (first, second)]
                words = " and ".join("some day" if day is None else str(day) for day in days)
                why = f"{party} joined as {first.standing} on {words}, and did not leave between"
                yield Oddity(AnomalyKind.JOINED_TWICE, dialogue, why, (first.event, second.event))
            for left in without_a_join(steps):
                why = f"{party} left, and is not recorded to have joined before"
                yield Oddity(AnomalyKind.LEFT_WITHOUT_JOINING, dialogue, why, (left.event,))

    def _joined(self, fact: int) -> str:
        ((day,),) = self._connection.execute("SELECT joined FROM parties WHERE fact = ?", (fact,)).fetchall()
        return str(day)

    def _heads(self) -> Iterator[Oddity]:
        for meeting, party, *columns, events in self._connection.execute(_HEADS).fetchall():
            positions = [int(event) for event in events.split(",")]
            rows = sorted(zip(positions, *(column.split(_SEPARATOR) for column in columns), strict=True))
            heads = {
                self._named.key(party, person or name or office): name or office for _, name, person, office in rows
            }
            if len(heads) > 1:
                number = "two" if len(heads) == 2 else len(heads)
                why = f"{party} has {number} heads of one delegation: {listed([*heads.values()])}"
                self._heads_of |= dict.fromkeys(positions, (meeting, party))
                yield Oddity(AnomalyKind.TWO_HEADS, meeting, why, tuple(sorted(positions)))

    def _nearly_one_name(self) -> Iterator[Oddity]:
        for meeting, party, names, persons, events in self._connection.execute(_DELEGATIONS):
            for one, other in _near(names):
                ids = persons.split(_SEPARATOR)
                if ids[one] and ids[other]:  # somebody has said who they are
                    continue
                pair = names.split(_SEPARATOR)
                keys = [self._named.key(party, ids[place] or pair[place]) for place in (one, other)]
                if keys[0] == keys[1] or self._named.persons.are_different(*keys):
                    continue
                positions = [int(event) for event in events.split(",")]
                if positions[one] in self._heads_of and positions[other] in self._heads_of:
                    continue  # two heads of one delegation, named together already
                first, second = sorted((one, other), key=positions.__getitem__)
                why = f"{party} has {pair[first]} and {pair[second]}: one person?"
                yield Oddity(AnomalyKind.NEARLY_ONE_NAME, meeting, why, (positions[first], positions[second]))


@lru_cache(maxsize=5_000)  # delegations often come again as they were
def _near(delegation: str) -> Sequence[tuple[int, int]]:
    """Return the places of names in a delegation that are nearly one."""
    as_written = [words_in_order(name) for name in delegation.split(_SEPARATOR)]
    words = [tuple(sorted(of_name)) for of_name in as_written]
    together = ["".join(of_name) for of_name in as_written]
    places: dict[tuple[str, ...], dict[int, None]] = {}
    for place, of_name in enumerate(words):
        places.setdefault(of_name, {})[place] = None
        places.setdefault((together[place],), {})[place] = None
        if len(of_name) > 1:
            for number in range(len(of_name)):
                places.setdefault(("", *of_name[:number], *of_name[number + 1 :]), {})[place] = None
    pairs = {pair for alike in places.values() for pair in combinations(alike, 2)}
    return sorted(
        (one, other)
        for one, other in pairs
        if (together[one] and together[one] == together[other]) or _nearly(words[one], words[other])
    )


def _nearly(one: Sequence[str], other: Sequence[str]) -> bool:
    rest = list((Counter(one) - Counter(other)).elements()), list((Counter(other) - Counter(one)).elements())
    if not any(rest):
        return bool(one)
    if [*map(len, rest)] != [1, 1]:
        return False
    (first,), (second,) = rest
    return is_slip(first, second)
