"""Composes a brief into a document in its language."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import attrs

from dialogue_registry.charts.language import Language
from dialogue_registry.charts.language import language as language_of
from dialogue_registry.exports.brief.document import (
    Block,
    Document,
    Heading,
    Items,
    Line,
    Paragraph,
    Piece,
    fill,
    grid,
    joined,
    line,
)
from dialogue_registry.exports.brief.values import (
    Brief,
    Claim,
    CountedMeeting,
    CountedSeries,
    Note,
    Noted,
    PartyPresent,
    ShownMeeting,
    Upcoming,
    bounds_of,
    by_format,
)
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Format, Role
from dialogue_registry.model.status import Status
from dialogue_registry.queries.counts import FORMATS, Bounds
from dialogue_registry.queries.display import differing
from dialogue_registry.queries.headcounts import Headcount
from dialogue_registry.queries.reconciliation import Finding
from dialogue_registry.queries.results import Activity, Attendance, Meeting, Presence


def compose(brief: Brief) -> Document:
    """Return a brief as a document: counts, the meeting, what disagrees, what is next, the meetings counted, notes."""
    return _Composition(brief, language_of(brief.language)).document()


@attrs.frozen
class Times:
    """The number of meetings that a series held: of all formats (``format`` None) or of one."""

    format: str | None
    number: Bounds
    notes: tuple[int, ...] = ()


@attrs.frozen
class SeriesTimes:
    """The numbers of meetings that a series held: one number, or one for each format."""

    name: str
    times: tuple[Times, ...]


def series_times(count: CountedSeries) -> SeriesTimes:
    """Return the meetings that a series held: by format where there are several and none is unknown, else in all."""
    shares = {format_: meetings for format_, meetings in by_format(count.meetings).items() if meetings}
    if len(shares) > 1 and "unknown" not in shares:
        times = tuple(Times(format_, bounds_of(meetings), _notes(meetings)) for format_, meetings in shares.items())
    else:
        times = (Times(None, count.total, _notes(count.meetings)),)
    return SeriesTimes(count.name, times)


def _notes(meetings: Iterable[CountedMeeting]) -> tuple[int, ...]:
    """Return the notes of all meetings of a list."""
    return tuple(sorted({number for counted in meetings for number in counted.notes}))


def count_sentence(say: Language, dialogue: str, day: date | None, counts: Iterable[SeriesTimes]) -> Line:
    """Return the sentence in which a release states how many meetings there were by a day; None: so far."""
    listed = joined([_of_series(say, count) for count in counts], say("; "))
    if not listed:
        return fill(say("No meeting is recorded as held ({dialogue})."), dialogue=dialogue)
    if day is None:
        return fill(say("So far, the following meetings have been held ({dialogue}): {counts}."),
                    dialogue=dialogue, counts=listed)  # fmt: skip
    return fill(
        say("By {day}, the following meetings had been held ({dialogue}): {counts}."),
        day=say.day(day), dialogue=dialogue, counts=listed,
    )  # fmt: skip


def _of_series(say: Language, count: SeriesTimes) -> Line:
    times = joined([_times(say, one) for one in count.times], say(", "), say(" and "))
    return fill(say("{series}, {times}"), series=count.name, times=times)


def _times(say: Language, times: Times) -> Line:
    pattern = say("{n} time") if times.number == Bounds(1, 1) else say("{n} times")
    match times.format:
        case "in-person":
            pattern = say("{times} face-to-face").replace("{times}", pattern)
        case "online":
            pattern = say("{times} online").replace("{times}", pattern)
        case "hybrid":
            pattern = say("{times} in hybrid form").replace("{times}", pattern)
    return (*fill(pattern, n=str(times.number)), *((Piece("", times.notes),) if times.notes else ()))


class _Composition:
    def __init__(self, brief: Brief, say: Language) -> None:
        self._brief = brief
        self._say = say

    def _word(self, value: str | None) -> str:
        """Return the phrase of a format, a status, a role or a level, "" where it says nothing."""
        if value is None or value == Role.DELEGATE:
            return ""
        return self._say("not known how") if value == "unknown" else self._say(value.replace("-", " "))

    def document(self) -> Document:
        brief, say = self._brief, self._say
        blocks: list[Block] = [Paragraph(line(self._as_of()))]
        blocks += self._counts()
        if brief.shown is not None:
            blocks += self._meeting(brief.shown)
        blocks += self._disagreeing()
        blocks += self._upcoming()
        blocks += self._counted()
        return Document(
            title=brief.name,
            language=brief.language,
            blocks=tuple(blocks),
            notes_title=say("Sources"),
            notes=tuple(self._note(note) for note in brief.notes),
        )

    def _as_of(self) -> str:
        if self._brief.as_of is None:
            return self._say("As of all that is recorded")
        return self._say("As of {day}", day=self._say.day(self._brief.as_of))

    # --- counts ------------------------------------------------------------------------

    def _counts(self) -> Iterable[Block]:
        brief, say = self._brief, self._say
        yield Heading(say("Counts"))
        held = [series_times(count) for count in brief.counts if count.meetings]
        yield Paragraph(count_sentence(say, brief.dialogue_name, brief.as_of, held))
        rows = [self._count_row(line(count.name), count.meetings, self._stated(count.stated)) for count in brief.counts]
        whole = fill(say("{dialogue}, all series"), dialogue=brief.dialogue_name)
        rows.append(self._count_row(whole, brief.counted, self._stated(brief.stated)))
        headings = (
            say("Series"),
            say("Total"),
            *(self._word(name) for name in FORMATS),
            say("Stated last"),
        )
        yield grid(headings, rows, range(1, len(FORMATS) + 2))

    def _count_row(self, name: Line, meetings: Sequence[CountedMeeting], stated: Line) -> Sequence[Line]:
        shares = by_format(meetings)
        return (
            name,
            line(bounds_of(meetings), _notes(meetings)),
            *(line(bounds_of(shares[name]), _notes(shares[name])) if shares[name] else () for name in FORMATS),
            stated,
        )

    def _stated(self, findings: Sequence[Noted[Finding]]) -> Line:
        if not findings:
            return line(self._say("not stated"))
        numbers = [
            line(f"{noted.row.statement.count} {self._word(noted.row.statement.format)}", noted.notes)
            for noted in findings
        ]
        verdicts = dict.fromkeys(self._say(noted.row.verdict.value) for noted in findings)
        return fill(
            self._say("{numbers} ({day}): {verdict}"),
            numbers=joined(numbers, self._say(", ")),
            day=self._say.date(findings[0].row.statement.as_of),
            verdict=self._say(", ").join(verdicts),
        )

    # --- the meeting -------------------------------------------------------------------

    def _meeting(self, shown: ShownMeeting) -> Iterable[Block]:
        say, meeting = self._say, shown.meeting
        if self._brief.kind == "meeting":
            yield Heading(say("The meeting"))
        else:
            yield Heading(say("The last meeting: {title}", title=shown.title))
        facts = (
            (say("Series"), shown.series_name),
            (say("Number"), "" if meeting.ordinal is None else say.ordinal(meeting.ordinal)),
            (say("Date"), say.date(meeting.date)),
            (say("Status"), self._word(meeting.status)),
            (say("Format"), self._word(meeting.format)),
            (say("Place"), self._place(meeting)),
            (say("Reason"), meeting.reason),
        )
        yield Items(
            tuple(
                fill(say("{what}: {value}"), what=what, value=line(value, shown.notes))
                for what, value in facts
                if value
            )
        )
        yield from self._people(shown)
        yield from self._listed(say("Topics"), [line(noted.row.topic, noted.notes) for noted in shown.topics])
        yield from self._listed(say("Activities reported"), [self._activity(noted) for noted in shown.activities])
        yield from self._listed(
            say("Outcomes"),
            [self._with_remarks(noted.row.title, [noted.row.kind], noted.notes) for noted in shown.outcomes],
        )

    def _place(self, meeting: Meeting) -> str:
        return self._say(", ").join(
            text for text in (meeting.place, self._brief.countries.get(meeting.country, "")) if text
        )

    def _people(self, shown: ShownMeeting) -> Iterable[Block]:
        say = self._say
        yield Heading(say("Participants"), 3)
        if not shown.present:
            yield Paragraph(line(say("Nobody is recorded as present.")))
        else:
            columns = (say("Party"), say("Name"), say("Office"), say("Level"), say("Role"), say("Took part"))
            yield grid(columns, [self._present(party, noted) for party in shown.present for noted in party.people])
        if shown.absent:
            yield Heading(say("Absent"), 3)
            headings = (
                say("Party"), say("Name"), say("Office"), say("Level"), say("Excused"), say("Reason"),
                say("Represented by"),
            )  # fmt: skip
            yield grid(headings, [self._absent(party, noted) for party in shown.absent for noted in party.people])
        if shown.not_known:
            parties = say(", ").join(shown.not_known)
            yield Paragraph(line(say("Members on no list, so neither present nor absent: {parties}.", parties=parties)))

    def _present(self, party: PartyPresent, noted: Noted[Attendance]) -> Sequence[Line]:
        row = noted.row
        office = row.office
        if row.on_behalf_of:
            behalf = self._say("on behalf of {name}", name=row.on_behalf_of)
            office = self._say("{office} ({remark})", office=office, remark=behalf) if office else behalf
        name, nobody = row.name, not row.name and not office
        return (
            line(party.name, noted.notes if nobody else ()),
            line(name, noted.notes),
            line(office, () if name else noted.notes),
            line(self._word(row.level)),
            line(self._word(row.role)),
            line(self._word(row.format)),
        )

    def _absent(self, party: PartyPresent, noted: Noted[Attendance]) -> Sequence[Line]:
        row = noted.row
        return (
            line(party.name, () if row.name or row.office else noted.notes),
            line(row.name, noted.notes),
            line(row.office, () if row.name else noted.notes),
            line(self._word(row.level)),
            line(self._say("excused") if row.presence is Presence.EXCUSED else ""),
            line(row.reason),
            line(row.represented_by),
        )

    def _listed(self, title: str, lines: Sequence[Line]) -> Iterable[Block]:
        if lines:
            yield Heading(title, 3)
            yield Items(tuple(lines))

    def _activity(self, noted: Noted[Activity]) -> Line:
        say, row = self._say, noted.row
        organised = say("organised by {names}", names=say(", ").join(row.organisers)) if row.organisers else ""
        return self._with_remarks(row.title, [organised, row.field, say.date(row.date)], noted.notes)

    def _with_remarks(self, text: str, remarks: Sequence[str], notes: tuple[int, ...]) -> Line:
        remark = self._say("; ").join(filter(None, remarks))
        return line(self._say("{office} ({remark})", office=text, remark=remark) if remark else text, notes)

    # --- what disagrees, and what is next ----------------------------------------------

    def _disagreeing(self) -> Iterable[Block]:
        brief, say = self._brief, self._say
        yield Heading(say("What disagrees"))
        lines = [self._finding(noted) for noted in brief.disagreeing]
        lines += [self._claim(claim) for claim in brief.claims]
        lines += [self._headcount(noted) for noted in brief.headcounts]
        if lines:
            yield Items(tuple(lines))
        else:
            yield Paragraph(line(say("Nothing that is recorded disagrees.")))

    def _finding(self, noted: Noted[Finding]) -> Line:
        say, finding = self._say, noted.row
        statement = finding.statement
        series = self._brief.series_names.get(str(statement.series), self._brief.dialogue_name)
        stated = f"{statement.count} {self._word(statement.format)}"
        return fill(
            say("{series}: {stated} stated as of {day}, {recorded} recorded"),
            series=series, stated=line(stated, noted.notes), day=say.date(statement.as_of),
            recorded=str(finding.recorded),
        )  # fmt: skip

    def _claim(self, claim: Claim) -> Line:
        say = self._say
        differences = [
            say(
                "{field}: {standing} stands, {claimed} is claimed",
                field=say(name.replace("_", " ")),
                standing=self._value(getattr(claim.standing, name)),
                claimed=self._value(getattr(claim.claim, name)),
            )
            for name in differing(claim.standing, claim.claim)
        ]
        return self._with_remarks(say("; ").join(differences), [claim.reason], claim.notes)

    def _value(self, value: Any) -> str:
        match value:
            case None | "" | ():
                return self._say("nothing")
            case bool():
                return self._say("yes") if value else self._say("no")
            case PartialDate():
                return self._say.date(value)
            case tuple():
                return self._say(", ").join(map(self._value, value))
            case Format():
                return self._word(value)
            case _:
                return str(value)

    def _headcount(self, noted: Noted[Headcount]) -> Line:
        row = noted.row
        return fill(
            self._say("{meeting}: {stated} {of} stated, {listed} listed"),
            meeting=row.meeting, stated=line(row.stated, noted.notes), of=self._word(row.of),
            listed=str(row.listed),
        )  # fmt: skip

    def _upcoming(self) -> Iterable[Block]:
        say = self._say
        yield Heading(say("Next meeting announced"))
        if self._brief.upcoming:
            yield Items(tuple(self._planned(planned) for planned in self._brief.upcoming))
        else:
            yield Paragraph(line(say("No further meeting is recorded as announced.")))

    def _planned(self, planned: Upcoming) -> Line:
        say, meeting = self._say, planned.meeting
        remarks = [say.date(meeting.date) or say("no date"), self._place(meeting), self._word(meeting.format)]
        remarks += [self._word(meeting.status) if meeting.status is Status.POSTPONED else "", meeting.reason]
        return self._with_remarks(planned.title, remarks, planned.notes)

    # --- the meetings counted, and the notes -------------------------------------------

    def _counted(self) -> Iterable[Block]:
        say = self._say
        rows = [self._counted_row(count, counted) for count in self._brief.counts for counted in count.meetings]
        if rows:
            yield Heading(say("The meetings counted"))
            headings = (say("Series"), say("Number"), say("Date"), say("Place"), say("Format"), say("Counted"))
            yield grid(headings, rows, {1})

    def _counted_row(self, count: CountedSeries, counted: CountedMeeting) -> Sequence[Line]:
        say, meeting = self._say, counted.meeting
        return (
            line(count.name),
            line("" if meeting.ordinal is None else meeting.ordinal),
            line(say.date(meeting.date) or say("no date"), counted.notes),
            line(self._place(meeting)),
            line(self._word(meeting.format)),
            line("" if counted.certain else say("possibly: the day is uncertain")),
        )

    def _note(self, note: Note) -> Line:
        say, source = self._say, note.source
        if source is None:
            return line(say("Recorded without a source."))
        parts = [line(source.title), line(source.publisher), line(say.date(source.published)), line(note.locator)]
        if note.quote:
            parts.append(line(say("“{quote}”", quote=note.quote)))
        if source.url:
            parts.append((Piece(source.url, url=source.url),))
        if note.archived:
            copy = (Piece(note.archived, url=note.archived),)
            parts.append(fill(say("copy kept: {address}"), address=copy))
        if note.retrieved is not None:
            parts.append(line(say("retrieved {day}", day=say.date(note.retrieved))))
        return joined([part for part in parts if part], say(", "))
