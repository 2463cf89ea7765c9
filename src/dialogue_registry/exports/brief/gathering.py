"""Gathers what a brief says, in the order in which it says it, so that its notes are numbered in that order."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from typing import Any

import attrs

from dialogue_registry.charts.language import language as language_of
from dialogue_registry.errors import InvalidValueError, UnknownSubjectError
from dialogue_registry.exports.brief.upcoming import upcoming
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
)
from dialogue_registry.log.codec import decode_citation, decode_source
from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.model.dates import full_day
from dialogue_registry.model.events import PartyJoined, Source, SourceKept
from dialogue_registry.model.shown import shown
from dialogue_registry.queries.counts import as_of as counted_as_of
from dialogue_registry.queries.headcounts import HeadcountVerdict
from dialogue_registry.queries.names import NamesInLanguage
from dialogue_registry.queries.reader import Reader
from dialogue_registry.queries.reconciliation import Finding, Verdict
from dialogue_registry.queries.results import Attendance, Meeting, Presence, Series
from dialogue_registry.registry.registry import Snapshot

MEMBER = "member"


@arguments_checked
def brief(
    registry: Snapshot,
    id: str,  # noqa: A002 - what it is called everywhere
    *,
    as_of: date | str | None = None,
    language: str = "en",
) -> Brief:
    """Return what is known of a dialogue, series or meeting as of a day, each line with its sources.

    ``as_of`` is a full day; None means all that is recorded. ``language`` is that of the
    words and, where the registry has them (NameUsed), of the names. Printed, the brief is
    Markdown; :func:`~dialogue_registry.write_brief` writes it to a file. Raises
    UnknownSubjectError where nothing has the id, InvalidValueError for a language without words.
    """
    say = language_of(language)
    day = None if as_of is None else full_day(as_of)
    if not isinstance(id, str):
        raise InvalidValueError(
            f"{shown(id)} is no id: give that of a dialogue, series or meeting, such as 'ca-jad/som/14'"
        )
    with registry.reading() as reader:
        return _Gathering(registry, reader, day, say.tag).brief(id)


class _Gathering:
    def __init__(self, registry: Snapshot, reader: Reader, day: date | None, language: str) -> None:
        self._registry = registry
        self._reader = reader
        self._day = day
        self._names = NamesInLanguage(reader.connection, language, day)
        dialogues = [self._names.dialogue(one) for one in registry.dialogues()]
        self._party_names = {party.party: party.name for one in dialogues for party in one.parties}
        self._name_of = {one.dialogue: one.name for one in dialogues}
        self._name_of |= {one.series: self._names.series(one).name for one in registry.series()}
        self._register = NoteRegister(registry, reader)
        self._language = language

    def brief(self, id_: str) -> Brief:
        kind, dialogue, series, meeting = self._found(id_)
        of_dialogue = [one for one in self._registry.series() if one.dialogue == dialogue]
        within = [one for one in of_dialogue if kind != "series" or one.series == id_]
        counted = {one.series: self._counted(one.series) for one in of_dialogue}
        if meeting is None:
            meeting = self._last(held for one in within for held in counted[one.series])
        findings = self._registry.reconcile(as_of=self._day)
        counts = tuple(self._series_count(one, counted[one.series], findings) for one in within)
        whole = self._with_notes(_each_one_time(m for one in of_dialogue for m in counted[one.series]))
        stated = self._stated_last([finding for finding in findings if finding.statement.dialogue == dialogue])
        shown = None if meeting is None else self._shown(meeting, dialogue)
        scope = self._scope(kind, id_, within)
        return Brief(
            id=id_,
            kind=kind,
            name=self._name(kind, id_, series, meeting),
            as_of=self._day,
            language=self._language,
            dialogue=dialogue,
            dialogue_name=self._name_of[dialogue],
            shown=shown,
            counts=counts,
            counted=whole,
            stated=stated,
            disagreeing=self._disagreeing(findings, {one.series for one in within}, dialogue),
            claims=self._claims(scope),
            headcounts=self._headcounts(scope),
            upcoming=self._upcoming(within, shown),
            series_names={one.series: self._name_of[one.series] for one in of_dialogue},
            countries={one.country: self._party(one.country) for one in self._reader.meetings(dialogue=dialogue)},
            notes=self._register.notes,
        )

    def _found(self, id_: str) -> tuple[str, str, str, Meeting | None]:
        """Return of which kind an id is, its dialogue, its series and its meeting; raises UnknownSubjectError."""
        if any(known.dialogue == id_ for known in self._registry.dialogues()):
            return "dialogue", id_, "", None
        of_series = {known.series: known.dialogue for known in self._registry.series()}
        if id_ in of_series:
            return "series", of_series[id_], id_, None
        for meeting in self._reader.meetings(meeting=id_):
            return "meeting", of_series[meeting.series], meeting.series, meeting
        raise UnknownSubjectError(f"there is no dialogue, series or meeting {shown(id_)}: check its id", id=id_)

    def _name(self, kind: str, id_: str, series: str, meeting: Meeting | None) -> str:
        if kind == "meeting" and meeting is not None:
            return self._title(meeting)
        return self._name_of[series or id_]

    def _title(self, meeting: Meeting) -> str:
        return self._names.meeting(meeting, self._name_of[meeting.series])

    def _party(self, party: str) -> str:
        return self._party_names.get(party) or self._names.party(party, party)

    # --- counts ------------------------------------------------------------------------

    def _counted(self, series: str) -> list[CountedMeeting]:
        """Return the held meetings of a series that count as of the day, without their notes."""
        found = []
        for meeting in self._reader.held(series):
            bounds = counted_as_of(meeting, self._day, self._day)
            if bounds.possible:
                found.append(CountedMeeting(meeting=meeting, certain=bool(bounds.certain), notes=()))
        return found

    def _with_notes(self, counted: Iterable[CountedMeeting]) -> tuple[CountedMeeting, ...]:
        return tuple(attrs.evolve(one, notes=self._register.of_facts(self._reports(one.meeting))) for one in counted)

    def _reports(self, meeting: Meeting) -> Sequence[int]:
        """Return the facts that say that a meeting was held, or is one of its series too."""
        held = "SELECT fact FROM meeting_reports WHERE meeting = ? AND report = 'held' ORDER BY fact"
        shared = "SELECT fact FROM shared_meetings WHERE meeting = ? AND series = ?"
        rows = [*self._reader.query(held, (meeting.meeting,))]
        rows += self._reader.query(shared, (meeting.meeting, meeting.series))
        return [fact for (fact,) in rows]

    def _series_count(
        self, series: Series, counted: Sequence[CountedMeeting], findings: Sequence[Finding]
    ) -> CountedSeries:
        own = [finding for finding in findings if finding.statement.series == series.series]
        return CountedSeries(
            series=series.series,
            name=self._name_of[series.series],
            meetings=self._with_notes(counted),
            stated=self._stated_last(own),
        )

    def _stated_last(self, findings: Sequence[Finding]) -> tuple[Noted[Finding], ...]:
        last = max(map(_ends, findings), default=None)
        return tuple(self._noted_finding(finding) for finding in findings if _ends(finding) == last)

    def _noted_finding(self, finding: Finding) -> Noted[Finding]:
        return self._noted("statements", finding, finding.statement.event)

    def _disagreeing(
        self, findings: Sequence[Finding], series: Collection[str], dialogue: str
    ) -> tuple[Noted[Finding], ...]:
        return tuple(
            self._noted_finding(finding)
            for finding in findings
            if finding.verdict is Verdict.DISAGREES
            and (finding.statement.series in series or finding.statement.dialogue == dialogue)
        )

    # --- one meeting -------------------------------------------------------------------

    def _last(self, counted: Iterable[CountedMeeting]) -> Meeting | None:
        """Return the last of some meetings that certainly counts and has a date."""
        dated = [(one.meeting.date.latest_start, one.meeting) for one in counted if one.certain and one.meeting.date]
        return max(dated, key=lambda pair: pair[0])[1] if dated else None

    def _shown(self, meeting: Meeting, dialogue: str) -> ShownMeeting:
        id_ = meeting.meeting
        reports = "SELECT fact FROM meeting_reports WHERE meeting = ? ORDER BY fact"
        notes = self._register.of_facts(row[0] for row in self._reader.query(reports, (id_,)).fetchall())
        rows = self._reader.selected(Attendance, meeting=id_)
        present = self._by_party((row for row in rows if row.presence is Presence.PRESENT), dialogue)
        absent = self._by_party((row for row in rows if row.presence is not Presence.PRESENT), dialogue)
        listed = {row.party for row in rows}
        return ShownMeeting(
            meeting=meeting,
            title=self._title(meeting),
            series_name=self._name_of[meeting.series],
            notes=notes,
            present=present,
            absent=absent,
            not_known=tuple(
                self._party(party) for party in self._members(dialogue, meeting) if rows and party not in listed
            ),
            topics=self._noted_rows("topics", self._registry.topics(id_)),
            activities=self._noted_rows("activities", self._registry.activities(id_)),
            outcomes=self._noted_rows("outcomes", self._registry.outcomes(id_)),
        )

    def _by_party(self, rows: Iterable[Attendance], dialogue: str) -> tuple[PartyPresent, ...]:
        """Return attendance by party: members in the order in which they joined, then the others."""
        order = list(dict.fromkeys(joined.event.party for joined in self._registry.facts(PartyJoined, dialogue)))
        found: dict[str, list[Attendance]] = {}
        for row in rows:
            found.setdefault(row.party, []).append(row)
        parties = sorted(found, key=lambda party: order.index(party) if party in order else len(order))
        return tuple(
            PartyPresent(party=party, name=self._party(party), people=self._noted_rows("attendance", found[party]))
            for party in parties
        )

    def _members(self, dialogue: str, meeting: Meeting) -> Sequence[str]:
        """Return the parties that were members on the day of a meeting, as far as that is certain."""
        day = None if meeting.date is None else meeting.date.earliest
        members = self._registry.members(dialogue, on=day)
        return [member.party for member in members if member.standing == MEMBER and member.certain]

    # --- what disagrees ----------------------------------------------------------------

    def _scope(self, kind: str, id_: str, within: Sequence[Series]) -> Callable[[str], bool]:
        """Return whether a fact that rests on an id belongs to the brief."""
        if kind == "meeting":
            return lambda subject: subject == id_
        ids = {id_, *(one.series for one in within)}
        ids |= {meeting.meeting for one in within for meeting in self._reader.meetings(series=one.series)}
        return ids.__contains__

    def _claims(self, scope: Callable[[str], bool]) -> tuple[Claim, ...]:
        return tuple(
            Claim(
                standing=dispute.standing,
                claim=dispute.claim,
                reason=dispute.reason,
                notes=self._register.of_sources(dispute.sources),
            )
            for dispute in self._registry.disputes()
            if scope(self._registry.kinds.subject(dispute.standing))
        )

    def _headcounts(self, scope: Callable[[str], bool]) -> tuple[Noted[Any], ...]:
        return tuple(
            self._noted("headcounts", headcount, headcount.event)
            for headcount in self._registry.headcounts()
            if headcount.verdict is HeadcountVerdict.DISAGREES and scope(headcount.meeting)
        )

    # --- what is next ------------------------------------------------------------------

    def _upcoming(self, within: Sequence[Series], shown: ShownMeeting | None) -> tuple[Upcoming, ...]:
        found = upcoming(self._reader, [one.series for one in within], self._day)
        if self._day is None and shown is not None and shown.meeting.date is not None:
            after = shown.meeting.date.latest_start
            found = [one for one in found if one[0].date is None or one[0].date.latest > after]
        return tuple(
            Upcoming(meeting=meeting, title=self._title(meeting), notes=self._register.of_facts(facts))
            for meeting, facts in found
            if shown is None or meeting.meeting != shown.meeting.meeting
        )

    # --- notes -------------------------------------------------------------------------

    def _noted_rows(self, table: str, rows: Iterable[Any]) -> tuple[Noted[Any], ...]:
        return tuple(self._noted(table, row, row.event) for row in rows)

    def _noted(self, table: str, row: Any, event: int) -> Noted[Any]:
        facts = self._reader.query(f"SELECT fact FROM {table} WHERE event = ?", (event,)).fetchall()
        return Noted(row, self._register.of_facts(fact for (fact,) in facts))


_EVIDENCE = "SELECT source, citation, event FROM evidence WHERE fact = ? ORDER BY telling"


class NoteRegister:
    """Numbers the notes of a brief in the order in which they are first cited."""

    def __init__(self, registry: Snapshot, reader: Reader) -> None:
        self._reader = reader
        self._kept = {kept.event.source: kept.event for kept in registry.facts(SourceKept)}
        self._notes: dict[tuple[object, ...], Note] = {}

    @property
    def notes(self) -> tuple[Note, ...]:
        """All notes so far, by their numbers."""
        return tuple(self._notes.values())

    def of_facts(self, facts: Iterable[int]) -> tuple[int, ...]:
        """Return the numbers of the notes of some facts, each the position where it was first recorded."""
        numbers: dict[int, None] = {}
        for fact in facts:
            for data, citation, event in self._reader.query(_EVIDENCE, (fact,)).fetchall():
                place = decode_citation(citation, None, event)
                locator, quote = ("", "") if place is None else (place.locator, place.quote)
                numbers[self._number(decode_source(data, event), locator, quote)] = None
        return tuple(sorted(numbers))

    def of_sources(self, sources: Iterable[Source]) -> tuple[int, ...]:
        """Return the numbers of the notes of some sources as a whole."""
        return tuple(sorted({self._number(source) for source in sources}))

    def _number(self, source: Source | None, locator: str = "", quote: str = "") -> int:
        # What a source is (a report, an announcement) and its language make no note of their own.
        where = () if source is None else (source.title, source.url, source.publisher, source.published)
        key = (*where, locator, quote)
        if key not in self._notes:
            kept = None if source is None else self._kept.get(source)
            self._notes[key] = Note(
                number=len(self._notes) + 1,
                source=source,
                locator=locator,
                quote=quote,
                archived="" if kept is None else kept.archived,
                retrieved=None if kept is None else kept.retrieved,
            )
        return self._notes[key].number


def _ends(finding: Finding) -> tuple[date, date]:
    return finding.statement.as_of.latest, finding.statement.as_of.earliest


def _each_one_time(counted: Iterable[CountedMeeting]) -> Iterable[CountedMeeting]:
    """Return meetings, a joint one of several series only where it comes first."""
    found: dict[str, CountedMeeting] = {}
    for one in counted:
        found.setdefault(one.meeting.meeting, one)
    return found.values()
