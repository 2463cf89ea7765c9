"""The page of each meeting: when and where, who took part, what was discussed and agreed, and who says so."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from dialogue_registry.exports.jsonld import event
from dialogue_registry.exports.site.contents import Contents, Label
from dialogue_registry.exports.site.finding_pages import dispute_table, finding_table
from dialogue_registry.exports.site.memberships import names_table
from dialogue_registry.exports.site.overview_pages import meeting_data
from dialogue_registry.exports.site.page import Band, Cell, Field, Link, Page, Part, Row, Several, Strong, Table
from dialogue_registry.exports.site.people_pages import MOST_PAGES
from dialogue_registry.exports.site.staging import Capacity, Seat
from dialogue_registry.model.standard_kinds import subject_of
from dialogue_registry.model.status import Status
from dialogue_registry.queries.headcounts import Headcount
from dialogue_registry.queries.reconciliation import Finding
from dialogue_registry.queries.results import Attendance, Dispute, Meeting, Presence

_COUNTED = 4
"""So many delegates of a party are counted in words; fewer are seen at a glance."""


def gather_attendance(contents: Contents) -> None:
    """Ask who took part in each meeting or was absent, and keep it for the pages of meetings, people and parties."""
    for label in contents.by_number:
        attendance = contents.registry.attendance(label.id, presence=None)
        contents.staging.add_meeting(label.number, label.id, attendance)


class MeetingPages:
    """The pages of meetings."""

    def __init__(self, contents: Contents, findings: Sequence[Finding], disputes: Sequence[Dispute]) -> None:
        self._c = contents
        self._say = contents.say
        self._crowded = contents.staging.people_count() > MOST_PAGES
        self._stated: dict[str, list[Finding]] = {}
        for finding in findings:
            if finding.statement.reported_at:
                self._stated.setdefault(finding.statement.reported_at, []).append(finding)
        self._headcounts: dict[str, list[Headcount]] = {}
        for headcount in contents.registry.headcounts():
            self._headcounts.setdefault(headcount.meeting, []).append(headcount)
        with contents.registry.reading() as reader:
            rows = reader.query("SELECT DISTINCT meeting FROM attendance WHERE presence <> 'present'")
            self._with_absences = {meeting for (meeting,) in rows}
        self._disputed: dict[str, list[Dispute]] = {}
        for dispute in disputes:
            self._disputed.setdefault(subject_of(dispute.claim), []).append(dispute)

    def __iter__(self) -> Iterator[Page]:
        """Yield the pages, series by series; a meeting of several series has one page."""
        written: set[str] = set()
        for series in self._c.series:
            meetings = self._c.registry.meetings(series)
            labels = [self._c.labels[meeting.meeting] for meeting in meetings]
            before = dict(zip(labels[1:], labels, strict=False))
            after = dict(pairwise(labels))
            for meeting, label in zip(meetings, labels, strict=True):
                if meeting.meeting not in written:
                    written.add(meeting.meeting)
                    yield self._page(meeting, label, before.get(label), after.get(label))

    def _page(self, meeting: Meeting, label: Label, before: Label | None, after: Label | None) -> Page:
        c, say = self._c, self._say
        series = c.series[meeting.series]
        c.support("meeting", meeting.meeting, [meeting])
        seats = c.staging.seats(label.number)
        parts: list[Part] = []
        if seats:
            parts.append(self._attendance(seats))
        absent = self._absent_from(meeting.meeting)
        parts += self._absences(absent)
        headcounts = self._headcounts.get(meeting.meeting, ())
        parts += self._numbers(meeting.meeting, headcounts)
        parts += names_table(c, meeting.meeting)
        parts += self._topics_and_outcomes(meeting.meeting)
        if findings := self._stated.get(meeting.meeting):
            parts.append(finding_table(c, findings, title=say("Counts stated at this meeting")))
        if disputes := self._disputed.get(meeting.meeting):
            parts.append(dispute_table(c, disputes, title=say("Disputed")))
        neighbours = [
            Link(say(text, name=label.short), f"../{label.path}.html")
            for text, label in (("Before: {name}", before), ("Next: {name}", after))
            if label is not None
        ]
        return Page(
            path=label.path,
            title=label.name,
            kind=say("Meeting"),
            trail=[c.dialogue_link(series.dialogue), c.series_link(meeting.series)],
            fields=[*self._fields(meeting), *([Field("", Several(neighbours, " · "))] if neighbours else [])],
            parts=parts,
            data={
                **meeting_data(meeting),
                "name": label.name,
                "sources": [source.title for source in meeting.sources],
                **self._attendance_data(seats),
                **({"absent": [_absence_data(row) for row in absent]} if absent else {}),
                **({"headcounts": [_headcount_data(row) for row in headcounts]} if headcounts else {}),
                "topics": [topic.topic for topic in self._topics],
                "activities": [activity.title for activity in self._activities],
                "outcomes": [outcome.title for outcome in self._outcomes],
            },
            structured=self._structured(meeting, label),
        )

    def _attendance_data(self, seats: Sequence[Seat]) -> Mapping[str, Any]:
        """Return who took part as JSON has it; of thousands of people, how many came for each party.

        Their names are in the table of attendance that can be downloaded, and on the page; here they would take a
        tenth of the site.
        """
        if self._crowded:
            return {"delegations": Counter(seat.capacity.party for seat in seats)}
        return {"attendance": _seats_data(seats)}

    def _structured(self, meeting: Meeting, label: Label) -> Mapping[str, Any]:
        """Return the meeting as search engines read it."""
        c = self._c
        series = c.series_of_meeting(meeting)
        organizers = [c.dialogues[one.dialogue].name for one in series]
        url = f"{c.about.base_url}/{label.path}.html" if c.about.base_url else ""
        node = event(meeting, name=label.name, series=series, organizers=organizers, url=url)
        return {"@context": "https://schema.org", **node}

    def _fields(self, meeting: Meeting) -> list[Field]:
        c, say = self._c, self._say
        country: Cell = c.party_link(meeting.country) if meeting.country else ""
        place: Cell = Several([cell for cell in (meeting.place, country) if cell]) if meeting.place or country else ""
        also = [one.series for one in c.series_of_meeting(meeting) if one.series != meeting.series]
        status = c.word(meeting.status)
        if meeting.status is Status.POSTPONED and meeting.until is not None:
            status = say("postponed until {date}", date=say.date(meeting.until))
        return c.fields(
            date=say.date(meeting.date) or say("not known"),
            status=status,
            reason=meeting.reason,
            how="" if meeting.format is None else c.word(meeting.format),
            place=place,
            number="" if meeting.ordinal is None else say("{n}, as printed on it", n=meeting.ordinal),
            series=c.series_link(meeting.series),
            also_a_meeting_of=Several([c.series_link(one) for one in also], "; ") if also else "",
            sources=c.sources_and_place(meeting.sources, meeting.event),
        )

    # --- who took part -----------------------------------------------------------------------

    def _attendance(self, seats: Sequence[Seat]) -> Table:
        """Return the delegates by party; a source that all of them share is named once."""
        c, say = self._c, self._say
        citations = {seat.citation for seat in seats}
        by_party: dict[str, list[Seat]] = {}
        for seat in seats:
            by_party.setdefault(seat.capacity.party, []).append(seat)
        rows: list[Row] = []
        for party, of_party in by_party.items():
            number = say("{n} delegates", n=len(of_party)) if _COUNTED <= len(of_party) < len(seats) else ""
            link = c.party_link(party)
            rows.append(Band(Several([link, number], ": ") if number else link))
            for seat in of_party:
                row: list[Cell] = [self._name(seat), c.capacity(seat.capacity)]
                if len(citations) > 1:
                    row.append(self._cited(seat.citation))
                rows.append(row)
        columns = [say("Name"), say("Office and role")]
        note: Cell = ""
        if len(citations) > 1:
            columns.append(say("Source"))
        elif seats[0].citation:
            note = Several([say("Source"), self._cited(seats[0].citation)], ": ")
        total = say.plural(len(seats), "Who took part: one delegate", "Who took part: {n} delegates")
        return Table(title=total, note=note, columns=columns, rows=rows, anchor="delegates")

    def _name(self, seat: Seat) -> Cell:
        if not seat.page:
            return seat.name or self._say("not named")
        return Link(seat.name, f"../{seat.page}.html{f'#{seat.anchor}' if seat.anchor else ''}")

    def _cited(self, citation: str) -> Cell:
        """Return links to sources by their numbers: in a table of hundreds of rows, titles would say the same."""
        numbers = [int(number) for number in citation.split()]
        titles = {number: self._c.staging.source_title(number) for number in numbers}
        return Several([Link(title, self._c.source_href(number)) for number, title in titles.items()], "; ")

    # --- who did not, and how many -----------------------------------------------------------

    def _absent_from(self, meeting: str) -> Sequence[Attendance]:
        registry = self._c.registry
        if meeting not in self._with_absences:
            return ()
        rows = [*registry.attendance(meeting, presence=Presence.ABSENT)]
        return sorted([*rows, *registry.attendance(meeting, presence=Presence.EXCUSED)], key=lambda row: row.event)

    def _absences(self, absent: Sequence[Attendance]) -> Iterator[Table]:
        if not absent:
            return
        c, say = self._c, self._say
        c.support("absence", absent[0].meeting, absent)
        rows = []
        for row in absent:
            words = [say("excused") if row.presence is Presence.EXCUSED else say("absent"), row.reason]
            if row.represented_by:
                words.append(say("represented by {name}", name=row.represented_by))
            person = c.staging.person_of(row)
            name: Cell = row.name or say("not named")
            if person is not None:
                name = Link(row.name or person.written, f"../{person.href}")
            rows.append(
                (c.party_link(row.party), name, row.office, ", ".join(filter(None, words)), c.sources(row.sources))
            )
        columns = [say("Party"), say("Name"), say("Office"), say("Absence"), say("Source")]
        yield Table(title=say("Who did not come"), columns=columns, rows=rows, anchor="absent")

    def _numbers(self, meeting: str, headcounts: Sequence[Headcount]) -> Iterator[Table]:
        if not headcounts:
            return
        c, say = self._c, self._say
        c.support("headcount", meeting, headcounts)
        rows = []
        for row in headcounts:
            number = say("about {n}", n=say.number(row.stated)) if row.approximate else say.number(row.stated)
            of = [say(str(row.of)), c.word(row.format) if row.format else ""]
            if row.party:
                of.append(c.party_name(row.party))
            verdict = Strong(say(str(row.verdict)), str(row.verdict))
            rows.append(
                (
                    ", ".join(filter(None, of)), number, say.number(row.listed), verdict, c.in_words(row.remark),
                    c.sources_and_place(row.sources, row.event),
                )
            )  # fmt: skip
        columns = [say("Of"), say("Stated"), say("Listed"), say("Verdict"), say("Remark"), say("Source")]
        yield Table(
            title=say("How many took part"), columns=columns, rows=rows, numbers=frozenset({1, 2}), anchor="headcounts"
        )

    # --- what was said -----------------------------------------------------------------------

    def _topics_and_outcomes(self, meeting: str) -> Iterator[Part]:
        c, say, registry = self._c, self._say, self._c.registry
        self._topics = registry.topics(meeting)
        self._activities = registry.activities(meeting)
        self._outcomes = registry.outcomes(meeting)
        for kind, answers in (
            ("topic", self._topics), ("activity", self._activities), ("outcome", self._outcomes),
        ):  # fmt: skip
            c.support(kind, meeting, answers)
        if self._topics:
            rows: list[Row] = [(topic.topic, c.sources(topic.sources)) for topic in self._topics]
            yield Table(title=say("Discussed"), columns=(say("Topic"), say("Source")), rows=rows, anchor="topics")
        if self._outcomes:
            rows = [(one.title, one.kind, c.sources(one.sources)) for one in self._outcomes]
            columns = [say("Outcome"), say("Kind"), say("Source")]
            yield Table(title=say("Agreed"), columns=columns, rows=rows, anchor="outcomes")
        if self._activities:
            rows = [
                (one.title, one.field, "; ".join(one.organisers), say.date(one.date), c.sources(one.sources))
                for one in self._activities
            ]
            columns = [say("Activity"), say("Field"), say("Organisers"), say("Date"), say("Source")]
            note = say("Reported at the meeting; they are no meetings of a series, and are never counted.")
            yield Table(title=say("Related activities"), note=note, columns=columns, rows=rows, anchor="activities")


def _seats_data(seats: Sequence[Seat]) -> list[Mapping[str, Any]]:
    """Return who took part as JSON has it: names by office, and by party within each.

    An office stands once however many hold it: with a row for each delegate, JSON took a fifth of a large site.
    """
    offices: dict[tuple[str, ...], dict[str, list[str]]] = {}
    for seat in seats:
        party, *office = seat.capacity
        offices.setdefault(tuple(office), {}).setdefault(party, []).append(seat.name)
    names = Capacity._fields[1:]
    return [
        {**{name: text for name, text in zip(names, office, strict=True) if text}, "parties": parties}
        for office, parties in offices.items()
    ]


def _absence_data(row: Attendance) -> dict[str, Any]:
    names = ("party", "name", "office", "presence", "reason", "represented_by")
    return {name: text for name in names if (text := str(getattr(row, name)))}


def _headcount_data(row: Headcount) -> dict[str, Any]:
    return {
        "of": str(row.of), "party": row.party, "format": row.format and str(row.format), "stated": row.stated,
        "approximate": row.approximate, "listed": row.listed, "verdict": str(row.verdict),
    }  # fmt: skip
