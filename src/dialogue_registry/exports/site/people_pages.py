"""The pages of people and of parties: who came, when, in which office and for whom.

Everybody has a page. Where there are thousands of people, those who came seldom share pages in
alphabetical order, since an almost empty page costs as much as fifty rows.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any, TypeVar

from dialogue_registry.exports.jsonld import person_node
from dialogue_registry.exports.site import addresses
from dialogue_registry.exports.site.contents import Contents
from dialogue_registry.exports.site.memberships import names_table, party_table, rate_data, rates_table
from dialogue_registry.exports.site.page import (
    ROWS,
    Band,
    Cell,
    Entry,
    Field,
    Items,
    Link,
    Page,
    Part,
    Row,
    Several,
    Table,
    number_path,
    parted,
)
from dialogue_registry.exports.site.staging import Appearance, Capacity, Person
from dialogue_registry.queries.results import Presence

if TYPE_CHECKING:
    from dialogue_registry.queries.rates import AttendanceRate

T = TypeVar("T")
MOST_PAGES = 2000
"""So many people have a page each, however seldom they came."""
OFTEN = 100
"""A person who came so often has a page in any case."""
MOST_LINKS = 2000
"""Of a party that came oftener, meetings are counted by series and not listed one by one."""


def places(people: int) -> Callable[[Person], tuple[str, str]]:
    """Return the function that gives people a page and an anchor on it, in alphabetical order."""
    shared, filled, number = 1, 0, 0

    def place(person: Person) -> tuple[str, str]:
        nonlocal shared, filled, number
        if people <= MOST_PAGES or person.meetings >= OFTEN:
            return f"people/{addresses.slug(person.written, person.key)}", ""
        rows = 2 + 2 * person.meetings  # as many as can be needed: each appearance may be in an office of its own
        if filled and filled + rows > 6 * ROWS:
            shared, filled, number = shared + 1, 0, 0
        filled += rows
        number += 1
        return f"people/{shared}", str(number)

    return place


def _gathered(
    appearances: Sequence[Appearance], key: Callable[[Appearance], T]
) -> Iterable[tuple[T, list[Appearance]]]:
    """Return appearances by a key, in the order in which the keys come first."""
    found: dict[T, list[Appearance]] = {}
    for one in appearances:
        found.setdefault(key(one), []).append(one)
    return found.items()


class PeoplePages:
    """The pages of people and of parties, from what was gathered meeting by meeting."""

    def __init__(self, contents: Contents) -> None:
        self._c = contents
        self._say = contents.say
        self._rates: dict[str, list[tuple[str, AttendanceRate]]] = {}
        for dialogue, rates in contents.rates.items():
            for rate in rates:
                self._rates.setdefault(rate.party, []).append((dialogue, rate))

    # --- people ----------------------------------------------------------------------------

    def people(self) -> Iterator[Page]:
        """Yield the pages of people; those on one page share it."""
        for path, people in groupby(self._c.staging.people(), key=lambda person: person.page):
            shared = list(people)
            if len(shared) == 1 and not shared[0].anchor:
                yield from parted(self._own_page(shared[0]))
            else:
                yield self._shared_page(path, shared)

    def _trail(self) -> list[Link]:
        return [Link(self._say("People"), "../people/index.html")]

    def _own_page(self, person: Person) -> Page:
        say, base = self._say, self._c.about.base_url
        appearances = self._c.staging.appearances(person.id)
        data = self._data(person, appearances, whole=True)
        others = [name for name in data["names"] if name != person.written]
        return Page(
            path=person.page,
            title=person.written,
            kind=say("Person"),
            trail=self._trail(),
            fields=self._c.fields(
                party=self._c.party_link(person.party),
                meetings=person.meetings,
                also_written=Several(others, "; ") if others else "",
                levels=Several([say(level.replace("-", " ")) for level in data["levels"]]),
                of_the_same_name=self._namesakes(person),
            ),
            parts=[self._table(appearances)],
            data=data,
            structured=person_node(
                data["names"] or [person.written], offices=data["offices"], party=self._c.party_name(person.party),
                url=f"{base}/{person.href}" if base else "",
            ),
        )  # fmt: skip

    def _namesakes(self, person: Person) -> Cell:
        """Return links to others whose names are alike: whether they are this person, nobody has recorded."""
        links = [
            Several([self._link(other), self._c.party_link(other.party)])
            for other in self._c.staging.of_the_same_name(person)
        ]
        return Several(links, "; ") if links else ""

    def _link(self, person: Person) -> Link:
        return Link(person.written, f"../{person.href}")

    def _shared_page(self, path: str, people: Sequence[Person]) -> Page:
        parts: list[Part] = []
        data = []
        for person in people:
            appearances = self._c.staging.appearances(person.id)
            name = Several([person.written, self._c.party_link(person.party)], " · ")
            alike = self._c.fields(of_the_same_name=self._namesakes(person))
            parts.append(Entry(title=name, fields=alike, anchor=person.anchor))
            parts += self._lists(appearances)
            data.append(self._data(person, appearances, whole=False))
        title = self._say("People: {first} – {last}", first=people[0].written, last=people[-1].written)
        return Page(path=path, title=title, trail=self._trail(), parts=parts, data={"people": data})

    def _table(self, appearances: Sequence[Appearance]) -> Table:
        """Return when somebody came; an office is named once for all the meetings that follow each other in it."""
        say = self._say
        rows: list[Row] = []
        for capacity, group in groupby(appearances, key=lambda one: one.capacity):
            rows.append(Band(self._c.capacity(capacity) or say("no office stated")))
            for one in group:
                label = self._c.by_number[one.meeting]
                meeting = Link(label.short, f"../{label.path}.html")
                rows.append((label.date or say("not known"), self._at(one, [meeting])))
        return Table(columns=(say("Date"), say("Meeting")), rows=rows)

    def _lists(self, appearances: Sequence[Appearance]) -> Iterator[Items]:
        """Yield where somebody was, with the year of each meeting; a table would take a fifth more on a shared page.

        All meetings in one capacity stand together, which takes a tenth less than one list after another.
        """
        for capacity, group in _gathered(appearances, lambda one: one.capacity):
            rows = [(one, self._c.by_number[one.meeting]) for one in group]
            yield Items(
                note=self._c.capacity(capacity),
                items=[
                    self._at(one, [Link(label.short, f"../{label.path}.html"), label.year], " ") for one, label in rows
                ],
            )

    def _at(self, one: Appearance, cells: list[Cell], between: str = ", ") -> Cell:
        """Return the meeting of an appearance, and whether the person was absent."""
        if one.presence is not Presence.PRESENT:
            cells.append(self._say(one.presence.value))
        return Several(cells, between)

    def _data(self, person: Person, appearances: Sequence[Appearance], *, whole: bool) -> dict[str, Any]:
        """Return somebody as the answer ``people`` has it, and the appearances.

        These are with the ids of the meetings, or, where thousands share pages, their number.
        Ids are in the table of attendance that can be downloaded. Here they would take a tenth
        of the site.
        """

        def meetings(group: Iterable[Appearance]) -> list[str] | int:
            ids = [self._c.by_number[one.meeting].id for one in group]
            return ids if whole else len(ids)

        def of_capacity(one: Appearance) -> tuple[Capacity, Presence]:
            return one.capacity, one.presence

        names = list(dict.fromkeys(one.name for one in reversed(appearances) if one.name))[::-1]
        data: dict[str, Any] = {
            "party": person.party, "person": person.person, "name": person.written, "names": names,
            "meetings": person.meetings,
        }  # fmt: skip
        if whole:
            attended = [one.meeting for one in appearances if one.presence is Presence.PRESENT]
            days = [date.text for one in attended if (date := self._c.by_number[one].day) is not None]
            data["offices"] = list(dict.fromkeys(one.capacity.office for one in appearances if one.capacity.office))
            data["levels"] = list(dict.fromkeys(one.capacity.level for one in appearances if one.capacity.level))
            data |= {"first": days[0] if days else None, "last": days[-1] if days else None}
        grouped = groupby(appearances, key=of_capacity) if whole else _gathered(appearances, of_capacity)
        data["appearances"] = [
            {
                **{name: text for name, text in capacity.data().items() if name != "party" and (whole or text)},
                **({} if presence is Presence.PRESENT else {"presence": presence.value}),
                "meetings": meetings(group),
            }
            for (capacity, presence), group in grouped
        ]
        return data

    def people_index(self) -> Iterator[Page]:
        """Yield the list of people, as many on a page as fit."""
        say = self._say
        total = self._c.staging.people_count()
        numbers = max(1, -(-total // ROWS))
        people = self._c.staging.people_by_name()
        columns = (say("Name"), say("For"), say("Meetings"))
        for number in range(1, numbers + 1):
            rows: list[Row] = [
                (self._link(person), self._c.party_link(person.party), person.meetings)
                for person in islice(people, ROWS)
            ]
            note = say(
                "People of each party, under the names that were written last, in alphabetical order of their family "
                "names where capitals tell these. Two names are one person only where a source or a reader said so."
            )
            table = Table(columns=columns, rows=rows, numbers=frozenset({2}), note=note if number == 1 else "")
            yield Page(
                path=number_path("people/index", number), title=say("People"), parts=[table],
                data={"people": total} if number == 1 else {}, number=number, numbers=numbers,
            )  # fmt: skip

    # --- parties ---------------------------------------------------------------------------

    def parties(self) -> Iterator[Page]:
        """Yield the list of parties, and a page for each."""
        c, say = self._c, self._say
        came = {party: (meetings, delegates) for party, meetings, delegates in c.staging.parties()}
        members: dict[str, list[Any]] = {}
        for dialogue in c.dialogues.values():
            for row in dialogue.parties:
                members.setdefault(row.party, []).append((dialogue, row))
        hosts = {meeting.country for meeting in c.registry.meetings() if meeting.country}
        known = sorted({*came, *members, *hosts}, key=lambda party: (c.party_name(party).casefold(), party))
        rows: list[Row] = [(c.party_link(party), party, *came.get(party, (0, 0))) for party in known]
        yield Page(
            path="parties/index", title=say("Parties"),
            parts=[
                Table(columns=(say("Party"), say("Code"), say("Meetings attended"), say("Delegates in all")), rows=rows,
                      numbers=frozenset({2, 3}),
                      note=say("Countries and organisations that joined a dialogue, took part in a meeting or were "
                               "host to one."))
            ],
            data={"parties": {party: c.party_name(party) for party in known}},
        )  # fmt: skip
        for party in known:
            yield self._party(party, members.get(party, []))

    def _party(self, party: str, members: Sequence[Any]) -> Page:
        c, say = self._c, self._say
        parts: list[Part] = [*party_table(c, party), *names_table(c, party)]
        rates = [(c.dialogue_link(dialogue), rate) for dialogue, rate in self._rates.get(party, ())]
        if rates:
            parts.append(rates_table(c, say("Dialogue"), rates, title=say("How often it came")))
        delegations = c.staging.delegations(party)
        people = c.staging.members(party)
        if people:
            rows: list[Row] = [(self._link(person), person.meetings) for person in people]
            columns = (say("Name"), say("Meetings"))
            title = say("Who came for this party")
            parts.append(Table(title=title, columns=columns, rows=rows, numbers=frozenset({1}), anchor="people"))
        parts += self._delegations(delegations)
        aliases = dict.fromkeys(alias for _, row in members for alias in row.aliases)
        fields: list[Field] = c.fields(
            code=party if party != c.party_name(party) else "",
            also_called=Several(list(aliases), "; ") if aliases else "",
            meetings_attended=len(delegations),
        )
        return Page(
            path=addresses.of_party(party), title=c.party_name(party), kind=say("Party"),
            trail=[Link(say("Parties"), "../parties/index.html")], fields=fields, parts=parts,
            data={
                "party": party, "name": c.party_name(party), "meetings_attended": len(delegations),
                "rates": [{"dialogue": dialogue, **rate_data(rate)} for dialogue, rate in self._rates.get(party, ())],
                "people": [person.written for person in people],
            },
        )  # fmt: skip

    def _delegations(self, delegations: Sequence[tuple[int, int]]) -> Iterator[Part]:
        c, say = self._c, self._say
        by_series: dict[str, list[tuple[int, int]]] = {}
        for meeting, delegates in delegations:
            series = c.series_of[meeting]
            by_series.setdefault(series, []).append((meeting, delegates))
        if len(delegations) > MOST_LINKS:
            rows: list[Row] = [
                (c.series_link(series), len(meetings), sum(delegates for _, delegates in meetings))
                for series, meetings in by_series.items()
            ]
            columns = (say("Series"), say("Meetings"), say("Delegates in all"))
            note = say("So many meetings are not listed here; the page of each names its delegates.")
            yield Table(
                title=say("Meetings attended"), note=note, columns=columns, rows=rows, numbers=frozenset({1, 2}),
                anchor="meetings",
            )  # fmt: skip
            return
        for series, meetings in by_series.items():
            links = [
                Link(label.date or label.short, f"../{label.path}.html#delegates")
                for meeting, _ in meetings
                for label in [c.by_number[meeting]]
            ]
            name = c.series[series].name
            yield Items(title=say("{series}: {n} attended", series=name, n=say.number(len(links))), items=links)
