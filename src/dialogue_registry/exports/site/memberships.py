"""Names of things, memberships of parties and their rates of attendance, as the pages show them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from dialogue_registry.exports.site.page import Cell, Row, Table
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Source
from dialogue_registry.queries.dicts import to_dict
from dialogue_registry.queries.rates import AttendanceRate
from dialogue_registry.queries.reader import Reader

if TYPE_CHECKING:
    from dialogue_registry.exports.site.contents import Contents

_NAMES = 'SELECT fact, coalesce("of", party), name, language, since_, until_ FROM names_used ORDER BY fact'
_MEMBER = "member"
_JOINED = "SELECT fact, dialogue, party, joined, standing FROM parties ORDER BY fact"
_LEFT = 'SELECT fact, dialogue, party, "on", reason FROM departures ORDER BY fact'


@attrs.frozen
class UsedName:
    """A name that a dialogue, series, meeting or party had, in a language and a period."""

    name: str
    language: str
    since: PartialDate | None
    until: PartialDate | None
    sources: tuple[Source, ...]


@attrs.frozen
class Membership:
    """The day on which a party joined a dialogue and its standing, or the day on which it left and the reason."""

    dialogue: str
    party: str
    joined: bool
    date: PartialDate | None
    words: str
    sources: tuple[Source, ...]


def names_used(reader: Reader) -> Mapping[str, Sequence[UsedName]]:
    """Return the names recorded of each id and each party."""
    rows = reader.query(_NAMES).fetchall()
    sources = reader.sources([row[0] for row in rows])
    found: dict[str, list[UsedName]] = {}
    for fact, of, name, language, since, until in rows:
        used = UsedName(name, language, _date(since), _date(until), sources.get(fact, ()))
        found.setdefault(of, []).append(used)
    return found


def memberships(reader: Reader) -> Sequence[Membership]:
    """Return who joined and who left, in the order it was recorded, those who joined first."""
    found = []
    for joined, question in ((True, _JOINED), (False, _LEFT)):
        rows = reader.query(question).fetchall()
        sources = reader.sources([row[0] for row in rows])
        found += [
            Membership(dialogue, party, joined, _date(date), words, sources.get(fact, ()))
            for fact, dialogue, party, date, words in rows
        ]
    return found


def members_table(contents: "Contents", dialogue: str) -> Iterator[Table]:
    """Yield who joined a dialogue and who left it, if anybody did."""
    say = contents.say
    left = [one for one in contents.memberships if one.dialogue == dialogue and not one.joined]
    contents.support("membership", dialogue, left)
    yield from _table(
        contents,
        say("Parties"),
        say("Party"),
        [(contents.party_link(one.party), one) for one in contents.memberships if one.dialogue == dialogue],
    )


def party_table(contents: "Contents", party: str) -> Iterator[Table]:
    """Yield which dialogues a party joined and left, if any."""
    say = contents.say
    yield from _table(
        contents,
        say("Member of"),
        say("Dialogue"),
        [(contents.dialogue_link(one.dialogue), one) for one in contents.memberships if one.party == party],
    )


def _table(contents: "Contents", title: str, of: str, found: Sequence[tuple[Cell, Membership]]) -> Iterator[Table]:
    """Yield the table of memberships; without the column of what happened where all only joined, as members."""
    if not found:
        return
    say = contents.say
    plain = all(one.joined and one.words == _MEMBER for _, one in found)
    columns = [of, say("Joined") if plain else say("Date"), say("Source")]
    if not plain:
        columns.insert(1, say("What happened"))
    rows: list[Row] = []
    for link, one in found:
        row: list[Cell] = [link, say.date(one.date) or say("not known"), contents.sources(one.sources)]
        if not plain:
            row.insert(1, _happened(contents, one))
        rows.append(row)
    yield Table(title=title, columns=columns, rows=rows, anchor="parties")


def _happened(contents: "Contents", one: Membership) -> str:
    say = contents.say
    if one.joined:
        return say("joined") if one.words == _MEMBER else say("joined as {standing}", standing=say(one.words))
    return say("left: {reason}", reason=one.words) if one.words else say("left")


def names_table(contents: "Contents", of: str) -> Iterator[Table]:
    """Yield the names that something or a party had, if any are recorded."""
    say, found = contents.say, contents.names_used.get(of, ())
    if not found:
        return
    contents.support("name", of, found)
    columns = [say("Name"), say("Language"), say("Since"), say("Until"), say("Source")]
    rows = [
        (one.name, one.language, say.date(one.since), say.date(one.until), contents.sources(one.sources))
        for one in found
    ]
    yield Table(title=say("Names"), columns=columns, rows=rows, anchor="names")


def rates_table(
    contents: "Contents", of: str, rows: Sequence[tuple[Cell, AttendanceRate]], *, title: str, note: str = ""
) -> Table:
    """Return rates of attendance, each behind what it is of; ``of`` is the head of that column."""
    say = contents.say
    outcomes = [say(word).capitalize() for word in ("present", "absent", "excused", "not known")]
    return Table(
        title=title, note=note, columns=(of, say("Meetings held"), *outcomes, say("Came to")), anchor="rates",
        numbers=frozenset(range(1, 7)),
        rows=[
            (
                link, *map(say.number, (rate.held, rate.present, rate.absent, rate.excused, rate.not_known)),
                str(rate.rate),
            )
            for link, rate in rows
        ],
    )  # fmt: skip


def rate_data(rate: AttendanceRate) -> Mapping[str, Any]:
    """Return a rate of a party as JSON has it."""
    return {name: value for name, value in to_dict(rate).items() if name != "person"}


def _date(text: str | None) -> PartialDate | None:
    return None if text is None else PartialDate.of(text)
