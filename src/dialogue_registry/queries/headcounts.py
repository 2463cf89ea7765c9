"""Head-counts: the numbers of people that sources stated of meetings, beside the numbers listed."""

import sqlite3
from collections.abc import Iterable, Sequence
from enum import StrEnum

import attrs

from dialogue_registry.model.events import Format, HeadcountOf, Role, Source
from dialogue_registry.model.persons import Name
from dialogue_registry.model.texts import fold_text
from dialogue_registry.queries.display import Rows, Shown
from dialogue_registry.queries.persons import Named
from dialogue_registry.queries.reader import Reader
from dialogue_registry.queries.results import Attendance, Presence
from dialogue_registry.queries.subjects import check_known

_STATED = 'SELECT fact, event, meeting, "of", party, format, count, approximate FROM headcounts'
_OF_SERIES = "meeting IN (SELECT meeting FROM series_meetings WHERE series = ?)"
_NO_DELEGATES = (Role.GUEST, Role.OBSERVER)


class HeadcountVerdict(StrEnum):
    """The outcome of comparing a stated number of people with the list."""

    AGREES = "agrees"
    DISAGREES = "disagrees"


@attrs.frozen(kw_only=True)
class Headcount(Shown):
    """A stated number of people at a meeting, beside the number listed.

    ``of`` says what is counted: participants, delegates or parties; ``party`` and ``format``
    of which, "" and None of all. An ``approximate`` number never disagrees. ``remark`` says
    where the list is shorter, and what other numbers are stated. ``source`` is the first of
    the ``sources``.
    """

    meeting: str
    of: HeadcountOf
    party: str
    format: Format | None
    stated: int
    approximate: bool
    listed: int
    verdict: HeadcountVerdict
    remark: str
    source: Source | None
    event: int
    sources: tuple[Source, ...]


def headcounts(
    connection: sqlite3.Connection, reader: Reader, *, meeting: str | None = None, series: str | None = None
) -> Rows[Headcount]:
    """Return the stated numbers of people, in the order they were recorded; raises UnknownSubjectError."""
    wanted = {"meeting = ?": meeting, _OF_SERIES: series}
    check_known(connection, meeting=meeting, series=series)
    given = {condition: id_ for condition, id_ in wanted.items() if id_ is not None}
    where = f" WHERE {' AND '.join(given)}" if given else ""
    rows = connection.execute(f"{_STATED}{where} ORDER BY fact", [*given.values()]).fetchall()
    sources = reader.sources(row[0] for row in rows)
    listed = {
        id_: reader.selected(Attendance, meeting=id_, presence=Presence.PRESENT)
        for id_ in dict.fromkeys(row[2] for row in rows)
    }
    named = Named(connection)
    numbers: dict[tuple[object, ...], list[int]] = {}
    for _, _, *about, count, _ in rows:
        numbers.setdefault(tuple(about), []).append(count)
    found: list[Headcount] = []
    for fact, event, id_, of, party, format_, stated, approximate in rows:
        how = None if format_ is None else Format(format_)
        number = _listed(listed[id_], HeadcountOf(of), party, how, named)
        agrees = approximate or number == stated
        others = sorted(set(numbers[id_, of, party, format_]) - {stated}, reverse=True)
        found.append(
            Headcount(
                meeting=id_,
                of=HeadcountOf(of),
                party=party,
                format=how,
                stated=stated,
                approximate=bool(approximate),
                listed=number,
                verdict=HeadcountVerdict.AGREES if agrees else HeadcountVerdict.DISAGREES,
                remark=_remark(stated, number, others),
                source=next(iter(sources.get(fact, ())), None),
                event=event,
                sources=sources.get(fact, ()),
            )
        )
    return Rows(found)


def _remark(stated: int, listed: int, others: Iterable[int]) -> str:
    remarks = []
    if listed == 0 < stated:
        remarks.append("nobody is listed")
    elif listed < stated:
        remarks.append(f"the list is shorter by {stated - listed}")
    if also := ", ".join(map(str, others)):
        remarks.append(f"also stated: {also}")
    return "; ".join(remarks)


def _listed(seats: Sequence[Attendance], of: HeadcountOf, party: str, format_: Format | None, named: Named) -> int:
    """Return how many are listed: persons, each one time whatever their seats and spellings, or parties."""
    chosen = [seat for seat in seats if party in ("", seat.party) or fold_text(party) == fold_text(seat.party)]
    if of is HeadcountOf.DELEGATES:
        chosen = [seat for seat in chosen if seat.role not in _NO_DELEGATES]
    by_id: dict[str, Name] = {}
    formats: dict[str | Name, set[Format | None]] = {}
    for seat in chosen:
        who: str | Name | None = fold_text(seat.party) if of is HeadcountOf.PARTIES else _person(seat, named, by_id)
        if who is not None:
            formats.setdefault(who, set()).update(_BOTH if seat.format is Format.HYBRID else [seat.format])
    wanted = set() if format_ is None else _BOTH if format_ is Format.HYBRID else {format_}
    return sum(wanted <= there for there in formats.values())


_BOTH = frozenset({Format.IN_PERSON, Format.ONLINE})
"""The formats of somebody who took part in a hybrid way."""


def _person(seat: Attendance, named: Named, by_id: dict[str, Name]) -> Name | None:
    """Return what tells a person apart, an id whatever the party; None where nobody is named."""
    who = seat.person or seat.name or seat.office
    if not who:
        return None
    key = named.key(seat.party, who)
    return by_id.setdefault(fold_text(seat.person), key) if seat.person else key
