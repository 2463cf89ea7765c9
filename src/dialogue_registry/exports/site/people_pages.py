"""The pages of people and of parties: who came, when, in which office and for whom.

Everybody has a page. Where there are thousands of people, those who came seldom share pages in
alphabetical order, since an almost empty page costs as much as fifty rows.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from dialogue_registry.exports.site import addresses
from dialogue_registry.exports.site.capacity import in_words
from dialogue_registry.exports.site.contents import Contents
from dialogue_registry.exports.site.memberships import names_table, party_table
from dialogue_registry.exports.site.page import (
    ROWS,
    Band,
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
from dialogue_registry.exports.site.staging import Appearance, Person

MOST_PAGES = 2000
"""So many people have a page each, however seldom they came."""
OFTEN = 100
"""A person who came so often has a page in any case."""
MOST_LINKS = 2000
"""Of a party that came oftener, meetings are counted by series and not listed one by one."""


def places(people: int) -> Callable[[str, int], tuple[str, str]]:
    """Return the function that gives people a page and an anchor on it, in alphabetical order."""
    shared, filled, number = 1, 0, 0

    def place(written: str, appearances: int) -> tuple[str, str]:
        nonlocal shared, filled, number
        if people <= MOST_PAGES or appearances >= OFTEN:
            return f"people/{addresses.slug(written)}", ""
        rows = 2 + 2 * appearances  # as many as can be needed: each appearance may be in an office of its own
        if filled and filled + rows > 6 * ROWS:
            shared, filled, number = shared + 1, 0, 0
        filled += rows
        number += 1
        return f"people/{shared}", f"p{number}"

    return place


class PeoplePages:
    """The pages of people and of parties, from what was gathered meeting by meeting."""

    def __init__(self, contents: Contents) -> None:
        self._c = contents
        self._say = contents.say

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
        appearances = self._c.staging.appearances(person.id)
        meetings = len({one.meeting for one in appearances})
        spellings = sorted({one.name for one in appearances} - {person.written})
        return Page(
            path=person.page,
            title=person.written,
            kind=self._say("Person"),
            trail=self._trail(),
            fields=self._c.fields(
                meetings=meetings, also_written=Several(spellings, "; ") if spellings else "",
            ),
            parts=[self._table(appearances)],
            data=self._data(person, appearances, whole=True),
        )  # fmt: skip

    def _shared_page(self, path: str, people: Sequence[Person]) -> Page:
        parts: list[Part] = []
        data = []
        for person in people:
            appearances = self._c.staging.appearances(person.id)
            parts.append(Entry(title=person.written, anchor=person.anchor))
            parts += self._lists(appearances)
            data.append(self._data(person, appearances, whole=False))
        title = self._say("People: {first} – {last}", first=people[0].written, last=people[-1].written)
        return Page(path=path, title=title, trail=self._trail(), parts=parts, data={"people": data})

    def _table(self, appearances: Sequence[Appearance]) -> Table:
        """Return when somebody came; an office is named once for all the meetings that follow each other in it."""
        say = self._say
        rows: list[Row] = []
        for capacity, group in groupby(appearances, key=lambda one: one.capacity):
            words = [word for word in (in_words(say, capacity),) if word]
            rows.append(Band(Several([*words, self._c.party_link(capacity.party)], " · ")))
            for one in group:
                label = self._c.by_number[one.meeting]
                rows.append((label.date or say("not known"), Link(label.short, f"../{label.path}.html")))
        return Table(columns=(say("Date"), say("Meeting")), rows=rows)

    def _lists(self, appearances: Sequence[Appearance]) -> Iterator[Items]:
        """Yield where somebody was, with the year of each meeting; a table would take a fifth more on a shared page."""
        for capacity, group in groupby(appearances, key=lambda one: one.capacity):
            words = [word for word in (in_words(self._say, capacity),) if word]
            labels = [self._c.by_number[one.meeting] for one in group]
            yield Items(
                note=Several([*words, self._c.party_link(capacity.party)], " · "),
                items=[Several([Link(label.short, f"../{label.path}.html"), label.year], " ") for label in labels],
            )

    def _data(self, person: Person, appearances: Sequence[Appearance], *, whole: bool) -> dict[str, Any]:
        """Return somebody as JSON has it: with the ids of the meetings, or, where thousands share pages, their number.

        Those are in the table of attendance that can be downloaded; here they would take a tenth of the site.
        """

        def meetings(group: Iterable[Appearance]) -> list[str] | int:
            ids = [self._c.by_number[one.meeting].id for one in group]
            return ids if whole else len(ids)

        return {
            "name": person.written,
            "written": sorted({one.name for one in appearances}),
            "appearances": [
                {**capacity.data(), "meetings": meetings(group)}
                for capacity, group in groupby(appearances, key=lambda one: one.capacity)
            ],
        }  # fmt: skip

    def people_index(self) -> Iterator[Page]:
        """Yield the list of people, as many on a page as fit."""
        say = self._say
        total = self._c.staging.people_count()
        numbers = max(1, -(-total // ROWS))
        people = self._c.staging.people_with_counts()
        columns = (say("Name"), say("For"), say("Meetings"))
        for number in range(1, numbers + 1):
            rows: list[Row] = [
                (
                    Link(written, f"../{page}.html{f'#{anchor}' if anchor else ''}"),
                    Several([self._c.party_link(party) for party in parties.split("\x1f")]),
                    meetings,
                )
                for _, (written, page, anchor, parties, meetings) in zip(range(ROWS), people, strict=False)
            ]
            note = say(
                "Names as sources write them, in alphabetical order of their family names where capitals tell these. "
                "Two spellings of one person are two names, unless they differ in title, case or order only."
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
        delegations = c.staging.delegations(party)
        people = c.staging.members(party)
        if people:
            rows: list[Row] = [
                (Link(written, f"../{page}.html{f'#{anchor}' if anchor else ''}"), meetings)
                for written, page, anchor, meetings in people
            ]
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
        # A later question about rates of attendance has its place here.
        return Page(
            path=addresses.of_party(party), title=c.party_name(party), kind=say("Party"),
            trail=[Link(say("Parties"), "../parties/index.html")], fields=fields, parts=parts,
            data={
                "party": party, "name": c.party_name(party), "meetings_attended": len(delegations),
                "people": [written for written, *_ in people],
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
