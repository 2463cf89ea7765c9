"""The front page, and the pages of dialogues and series: how many meetings there were, and by which source."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from dialogue_registry.exports.site import addresses
from dialogue_registry.exports.site.contents import Contents
from dialogue_registry.exports.site.finding_pages import finding_row, finding_table
from dialogue_registry.exports.site.memberships import members_table, names_table, rate_data, rates_table
from dialogue_registry.exports.site.page import (
    ROWS,
    Cell,
    Field,
    Image,
    Items,
    Link,
    Page,
    Part,
    Several,
    Table,
    length,
)
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.status import Status
from dialogue_registry.queries.counts import FORMATS, Count, Counts
from dialogue_registry.queries.dicts import to_dict
from dialogue_registry.queries.rates import AttendanceRate
from dialogue_registry.queries.reconciliation import Finding
from dialogue_registry.queries.results import Dialogue, Meeting, Series

MOST_RATED = 24
"""Of so many series, each has its own rates and grid of attendance; of more, the dialogues and the parties have them.

Of 60 series with 60 members, grids took 75 MB, and each question for rates 0.09 s at 100,000 attendances.
"""
_FRONT = 60
"""So many series stand on the front page; of more, those of most meetings."""
_SOON, _LATELY = 12, 6
"""So many meetings to come, and so many held last, stand on the front page."""


class Overview:
    """The pages from which readers start."""

    def __init__(
        self, contents: Contents, findings: Sequence[Finding], pictures: Mapping[str, Sequence[Image]]
    ) -> None:  # fmt: skip
        """Take the findings, and the pictures by the dialogue or the series that they show."""
        self._c = contents
        self._pictures = pictures
        self._say = contents.say
        self._counts: Counts = contents.registry.counts()
        self._by_years: dict[int, Counts] = {}
        self._findings: dict[str, list[Finding]] = {}
        for finding in findings:
            self._findings.setdefault(finding.statement.counted, []).append(finding)

    # --- the front page --------------------------------------------------------------------

    def front(self, pictures: Sequence[Image], downloads: Sequence[Link], as_of: str) -> Page:
        """Return the front page: the numbers, what is next, the pictures, what can be had."""
        c, say = self._c, self._say
        most_held = sorted(c.series.values(), key=lambda one: -self._counts[one.series].total.possible)
        shown = list(c.series.values()) if len(c.series) <= _FRONT else most_held[:_FRONT]
        numbers = self._numbers(shown, root="", title=say("How many meetings were held"))
        if len(shown) < len(c.series):
            every = Link(say("All {n} series", n=say.number(len(c.series))), "series/index.html")
            numbers = attrs.evolve(numbers, note=every)
        parts: list[Part] = [numbers]
        meetings = c.registry.meetings(status=Status.ANNOUNCED)
        postponed = [meeting for meeting in c.registry.meetings(status=Status.POSTPONED) if meeting.until is not None]
        coming = [*meetings, *postponed]
        parts.append(self._coming(coming[-_SOON:]))
        held = [meeting for meeting in c.registry.meetings(status=Status.HELD) if meeting.date is not None]
        if held:
            columns = ("Date", "Meeting", "Place", "Source")
            last = held[: -_LATELY - 1 : -1]
            parts.append(self._listed(last, columns, root="", title=say("Held last"), anchor="last"))
        parts += pictures
        parts.append(Items(title=say("To take away"), items=downloads, anchor="downloads"))
        fields = []
        if c.about.description:
            fields.append(Field("", c.about.description))
        return Page(
            path="index", title=c.about.title, kind="front", fields=fields, parts=parts, template="front.html",
            data={
                "title": c.about.title,
                "as_of": as_of,
                "series": {series: _count_data(count) for series, count in self._counts.items()},
                "announced": [meeting.meeting for meeting in coming],
            },
        )  # fmt: skip

    def _coming(self, meetings: Sequence[Meeting]) -> Table:
        planned = [attrs.evolve(meeting, date=meeting.until or meeting.date) for meeting in meetings]
        note = "" if meetings else self._say("No meeting is announced that was not held or cancelled since.")
        columns = ("Date", "Meeting", "Place", "Status", "Source")
        return self._listed(planned, columns, root="", title=self._say("What is next"), note=note, anchor="next")

    def _listed(
        self, meetings: Sequence[Meeting], columns: Sequence[str], *, root: str = "../", **table: Any
    ) -> Table:  # fmt: skip
        """Return a table of meetings with some columns, each named in English."""
        c, say = self._c, self._say
        cells: Mapping[str, Callable[[Meeting], Cell]] = {
            "Date": lambda meeting: say.date(meeting.date) or say("not known"),
            "Number": lambda meeting: "" if meeting.ordinal is None else meeting.ordinal,
            "Meeting": lambda meeting: c.meeting_link(meeting.meeting, root),
            "Status": lambda meeting: c.word(meeting.status),
            "How": lambda meeting: "" if meeting.format is None else c.word(meeting.format),
            "How held": lambda meeting: c.word(meeting.format),
            "Place": lambda meeting: _place(c, meeting),
            "Source": lambda meeting: c.sources(meeting.sources, root),
        }
        rows = [[cells[column](meeting) for column in columns] for meeting in meetings]
        heads = [say(column.removesuffix(" held")) for column in columns]
        return Table(columns=heads, rows=rows, **table)

    def _numbers(
        self, of: Sequence[Series], *, root: str = "../", title: str = "", whole: Sequence[Cell] = ()
    ) -> Table:  # fmt: skip
        """Return the counts of series, each of which leads to its evidence; and what a source stated last.

        ``whole`` is the row of a whole dialogue.
        """
        say = self._say
        stated = any(self._findings.get(one.series) for one in of)
        columns = [
            say("Series"),
            say("Held"),
            *(say(how).capitalize() for how in ("in person", "online", "hybrid", "not known how")),
        ]
        columns.append(say("Highest number"))
        if stated:
            columns += [say("Stated last"), say("By")]
        rows: list[Sequence[Cell]] = []
        for one in of:
            count = self._counts[one.series]
            link = self._c.series_link(one.series, root)
            # Behind so many statements, the meetings begin on a later page.
            evidence = "#meetings" if len(self._findings.get(one.series, ())) < ROWS - 2 else ""
            row: list[Cell] = [
                link,
                Link(self._c.bounds(count.total), f"{link.href}{evidence}"),
                *(self._c.bounds(count.by_format[format_]) for format_ in FORMATS),
                "" if count.highest_ordinal is None else count.highest_ordinal,
            ]
            if stated:
                row += self._stated_last(one.series, root)
            rows.append(row)
        if whole:
            rows.append([*whole, *[""] * (len(columns) - len(whole))])
        return Table(title=title, columns=columns, rows=rows, numbers=frozenset(range(1, 7)), anchor="numbers")

    def _stated_last(self, series: str, root: str) -> list[Cell]:
        findings = self._findings.get(series)
        if not findings:
            return [self._say("not stated"), ""]
        last = [finding for finding in findings if finding.statement.as_of == findings[-1].statement.as_of]
        numbers = Several([self._stated(finding) for finding in last])
        href = f"{root}{addresses.of_id('series', series)}.html#stated"
        date = Link(self._say.date(last[-1].statement.as_of), href)
        return [Several([numbers, date], " · "), self._c.sources(last[-1].sources, root)]

    def _stated(self, finding: Finding) -> str:
        statement = finding.statement
        number = self._say.number(statement.count)
        return number if statement.format is None else f"{number} {self._c.word(statement.format)}"

    # --- dialogues -------------------------------------------------------------------------

    def dialogue_pages(self) -> Iterator[Page]:
        """Yield the list of dialogues, and a page for each."""
        c, say = self._c, self._say
        rows = [
            (
                c.dialogue_link(one.dialogue),
                say.date(one.launched),
                sum(series.dialogue == one.dialogue for series in c.series.values()),
                len({party.party for party in one.parties}),
                c.sources(one.sources),
            )
            for one in c.dialogues.values()
        ]
        columns = (say("Dialogue"), say("Launched"), say("Series"), say("Parties"), say("Source"))
        yield Page(
            path="dialogues/index", title=say("Dialogues"),
            parts=[Table(columns=columns, rows=rows, numbers=frozenset({2, 3}))],
            data={"dialogues": [one.dialogue for one in c.dialogues.values()]},
        )  # fmt: skip
        for one in c.dialogues.values():
            yield self._dialogue(one)

    def _dialogue(self, one: Dialogue) -> Page:
        c, say = self._c, self._say
        c.support("dialogue", one.dialogue, [one])
        c.support("party", one.dialogue, one.parties)
        series = [of for of in c.series.values() if of.dialogue == one.dialogue]
        findings = self._findings.get(one.dialogue, [])
        c.support("statement", one.dialogue, findings)
        count = c.registry.count(one.dialogue)
        held = c.registry.meetings(dialogue=one.dialogue, status=Status.HELD)
        rates = c.rates[one.dialogue]
        parts: list[Part] = []
        if findings:
            parts.append(finding_table(c, findings, title=say("What sources stated"), of_one=True))
        parts += members_table(c, one.dialogue)
        parts += names_table(c, one.dialogue)
        parts += self._pictures.get(one.dialogue, ())
        parts += self._rates(rates)
        if series:
            before = len(series) + 1 + sum(length(part) for part in parts)
            total = Link(c.bounds(count.total), "#held") if held and before < ROWS else c.bounds(count.total)
            whole = [say("The dialogue as a whole"), total, *(c.bounds(count.by_format[how]) for how in FORMATS), ""]
            parts.insert(0, self._numbers(series, title=say("Series"), whole=whole))
        if held:
            parts.append(self._held(held))
        return Page(
            path=addresses.of_id("dialogues", one.dialogue), title=one.name, kind=say("Dialogue"),
            trail=[Link(say("Dialogues"), "../dialogues/index.html")],
            fields=c.fields(
                launched=say.date(one.launched), also_called=Several(one.aliases, "; ") if one.aliases else "",
                sources=c.sources(one.sources),
            ),
            parts=parts,
            data={
                "dialogue": one.dialogue, "name": one.name, "launched": one.launched.text, "aliases": one.aliases,
                "series": [of.series for of in series], "count": _count_data(count),
                "held": [meeting.meeting for meeting in held],
                "statements": [finding_row(finding) for finding in findings],
                "rates": [rate_data(rate) for rate in rates],
                "parties": [
                    {"party": party.party, "name": party.name, "joined": party.joined and party.joined.text}
                    for party in one.parties
                ],
            },
        )  # fmt: skip

    def _held(self, held: Sequence[Meeting]) -> Table:
        """Return the meetings that the total of a dialogue counts."""
        say, joint = self._say, any(meeting.meeting in self._c.shared for meeting in held)
        title = say("Meetings held: {n}", n=say.number(len(held)))
        note = say("A joint meeting of several series is counted once in the dialogue.") if joint else ""
        return self._listed(held, ("Date", "Meeting", "How held", "Source"), title=title, note=note, anchor="held")

    def _rates(self, rates: Sequence[AttendanceRate]) -> Iterator[Table]:
        if not rates:
            return
        say = self._say
        yield rates_table(
            self._c, say("Party"), [(self._c.party_link(rate.party), rate) for rate in rates],
            title=say("How often members came"),
            note=say("Of the meetings held while it was a member, present where anybody of it came. "
                     "Who is on no list may have come: a share then says from which to which."),
        )  # fmt: skip

    # --- series ----------------------------------------------------------------------------

    def series_pages(self) -> Iterator[Page]:
        """Yield the list of series, and a page for each."""
        c, say = self._c, self._say
        of = list(c.series.values())
        yield Page(
            path="series/index", title=say("Series of meetings"), parts=[self._numbers(of)],
            data={"series": {one.series: one.name for one in of}},
        )  # fmt: skip
        for one in of:
            yield self._series(one, c.registry.meetings(one.series))

    def _series(self, one: Series, meetings: Sequence[Meeting]) -> Page:
        c, say = self._c, self._say
        c.support("series", one.series, [one])
        findings = self._findings.get(one.series, [])
        c.support("statement", one.series, findings)
        count = self._counts[one.series]
        parts: list[Part] = [self._numbers([one], title=say("How many meetings were held"))]
        if findings:
            parts.append(finding_table(c, findings, title=say("What sources stated"), of_one=True))
        parts.append(self._meetings(meetings))
        parts += names_table(c, one.series)
        rates = c.registry.attendance_rates(series=one.series) if len(c.series) <= MOST_RATED else ()
        parts += self._pictures.get(one.series, ())
        parts += self._rates(rates)
        if by_year := self._by_year(one, meetings):
            parts.append(by_year)
        return Page(
            path=addresses.of_id("series", one.series), title=one.name, kind=say("Series"),
            trail=[Link(say("Dialogues"), "../dialogues/index.html"), c.dialogue_link(one.dialogue)],
            fields=c.fields(
                dialogue=c.dialogue_link(one.dialogue), abbreviation=one.abbreviation,
                also_called=Several(one.aliases, "; ") if one.aliases else "", sources=c.sources(one.sources),
            ),
            parts=parts,
            data={
                "series": one.series, "dialogue": one.dialogue, "name": one.name, "abbreviation": one.abbreviation,
                "aliases": one.aliases, "count": _count_data(count),
                "statements": [finding_row(finding) for finding in findings],
                "rates": [rate_data(rate) for rate in rates],
                "meetings": [meeting_data(meeting) for meeting in meetings],
            },
        )  # fmt: skip

    def _by_year(self, one: Series, meetings: Sequence[Meeting]) -> Table | None:
        """Return how many had been held at the end of each year in which that may have changed."""
        c, say = self._c, self._say
        days: set[int] = set()
        for meeting in meetings:
            if meeting.status is Status.HELD and meeting.date is not None:
                days |= {meeting.date.earliest.year, meeting.date.latest_start.year}
        rows = []
        for year in sorted(days):
            total = self._as_of(year)[one.series].total
            rows.append((say.date(PartialDate.of(f"{year:04}-12-31")), c.bounds(total)))
        if not rows:
            return None
        return Table(
            title=say("As of the end of each year"), rows=rows, numbers=frozenset({1}), anchor="years",
            columns=(say("As of"), say("Held by then")),
            note=say("Where a date is not certain, the first number is certain and the last possible."),
        )  # fmt: skip

    def _as_of(self, year: int) -> Counts:
        if year not in self._by_years:
            self._by_years[year] = self._c.registry.counts(as_of=f"{year:04}-12-31")
        return self._by_years[year]

    def _meetings(self, meetings: Sequence[Meeting]) -> Table:
        columns = ("Date", "Number", "Meeting", "Status", "How", "Place", "Source")
        title, note = self._say("Meetings"), "" if meetings else self._say("No meeting is recorded.")
        return self._listed(meetings, columns, title=title, note=note, numbers=frozenset({1}), anchor="meetings")


def _place(contents: Contents, meeting: Meeting) -> str:
    country = contents.party_name(meeting.country) if meeting.country else ""
    return ", ".join(filter(None, (meeting.place, country)))


def meeting_data(meeting: Meeting) -> dict[str, Any]:
    """Return a meeting as JSON has it, with what is known of it."""
    data = to_dict(attrs.evolve(meeting, sources=())).items()
    return {name: value for name, value in data if value not in (None, "", []) and name not in ("period", "event")}


def _count_data(count: Count) -> dict[str, Any]:
    return {name: value for name, value in to_dict(count).items() if name != "series"}
