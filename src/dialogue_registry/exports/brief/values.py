"""A brief as a value: facts, each with the numbers of its notes; every number is the length of a list of them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Generic, TypeVar

import attrs

from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Fact, Source
from dialogue_registry.queries.counts import FORMATS, Bounds
from dialogue_registry.queries.headcounts import Headcount
from dialogue_registry.queries.reconciliation import Finding
from dialogue_registry.queries.results import Activity, Attendance, Meeting, Outcome, Topic

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Note:
    """A numbered note: a source, where in it the fact stands, and where a copy of it is kept.

    ``source`` is None in the one note of all facts that were recorded without a source.
    ``archived`` is the address of the copy, ``retrieved`` when it was made.
    """

    number: int
    source: Source | None
    locator: str = ""
    quote: str = ""
    archived: str = ""
    retrieved: PartialDate | None = None


@attrs.frozen
class Noted(Generic[T]):
    """A row of an answer, and the numbers of the notes that state it."""

    row: T
    notes: tuple[int, ...]


@attrs.frozen(kw_only=True)
class CountedMeeting:
    """A held meeting that a count counts: ``certain`` unless its day may be a later one."""

    meeting: Meeting
    certain: bool
    notes: tuple[int, ...]


def bounds_of(meetings: Sequence[CountedMeeting]) -> Bounds:
    """Return the number of meetings, at least and at most."""
    return Bounds(sum(counted.certain for counted in meetings), len(meetings))


def by_format(meetings: Sequence[CountedMeeting]) -> Mapping[str, Sequence[CountedMeeting]]:
    """Return meetings by their format; those of which it is not known under "unknown"."""
    return {
        format_: [counted for counted in meetings if (counted.meeting.format or "unknown") == format_]
        for format_ in FORMATS
    }


@attrs.frozen(kw_only=True)
class CountedSeries:
    """The count of one series: the meetings it counts, and the statements made last, held against the record."""

    series: str
    name: str
    meetings: tuple[CountedMeeting, ...]
    stated: tuple[Noted[Finding], ...]

    @property
    def total(self) -> Bounds:
        """The number of its meetings."""
        return bounds_of(self.meetings)


@attrs.frozen(kw_only=True)
class Claim:
    """A fact that stands, and what another source claims in its place."""

    standing: Fact
    claim: Fact
    reason: str
    notes: tuple[int, ...]


@attrs.frozen(kw_only=True)
class PartyPresent:
    """A party, and those of its people who came; nobody where the party came and nobody is named."""

    party: str
    name: str
    people: tuple[Noted[Attendance], ...]


@attrs.frozen(kw_only=True)
class ShownMeeting:
    """A meeting with its series, who came and who did not, and what was discussed, reported and agreed."""

    meeting: Meeting
    title: str
    series_name: str
    notes: tuple[int, ...]
    present: tuple[PartyPresent, ...]
    absent: tuple[PartyPresent, ...]
    not_known: tuple[str, ...]
    """The names of the parties that were members then, and are on no list."""
    topics: tuple[Noted[Topic], ...]
    activities: tuple[Noted[Activity], ...]
    outcomes: tuple[Noted[Outcome], ...]


@attrs.frozen(kw_only=True)
class Upcoming:
    """A meeting that was announced and not yet held: its title, and what is known of it then."""

    meeting: Meeting
    title: str
    notes: tuple[int, ...]


@attrs.frozen(kw_only=True)
class Brief:
    """All that is known of a dialogue, series or meeting as of a day; printed, it is Markdown.

    ``kind`` says which of the three ``id`` names. ``counts`` are those of the series, or of all
    series of the dialogue. ``counted`` are the meetings of the whole dialogue, a joint one
    listed one time. ``stated`` are the last statements about it as a whole. ``shown`` is the
    meeting, or the last one held of the series or dialogue; None where there is none. Numbers
    are the lengths of lists; the notes of a number are those of all facts in its list.
    """

    id: str
    kind: str
    name: str
    as_of: date | None
    language: str
    dialogue: str
    dialogue_name: str
    shown: ShownMeeting | None
    counts: tuple[CountedSeries, ...]
    counted: tuple[CountedMeeting, ...]
    stated: tuple[Noted[Finding], ...]
    disagreeing: tuple[Noted[Finding], ...]
    claims: tuple[Claim, ...]
    headcounts: tuple[Noted[Headcount], ...]
    upcoming: tuple[Upcoming, ...]
    series_names: Mapping[str, str] = attrs.field(repr=False)
    countries: Mapping[str, str] = attrs.field(repr=False)
    notes: tuple[Note, ...]

    @property
    def total(self) -> Bounds:
        """The number of meetings of the whole dialogue."""
        return bounds_of(self.counted)

    def __str__(self) -> str:
        from dialogue_registry.exports.brief.composition import compose  # noqa: PLC0415 - it takes the value apart
        from dialogue_registry.exports.brief.markdown import markdown  # noqa: PLC0415

        return markdown(compose(self))

    def _repr_html_(self) -> str:
        from dialogue_registry.exports.brief.composition import compose  # noqa: PLC0415
        from dialogue_registry.exports.brief.page import body  # noqa: PLC0415

        return body(compose(self))
