"""The library's own kinds: what of each sort of fact is stored, what tells two apart, and where they show.

What the status reports of a meeting come to together stands in
:mod:`dialogue_registry.model.status`; all other rules follow from these values.
"""

from collections.abc import Callable
from typing import Any

import attrs

from dialogue_registry.model.events import (
    ActivityReported,
    CountStated,
    DelegateAbsent,
    DelegateAttended,
    DialogueLaunched,
    DifferentPersons,
    HeadcountStated,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    MeetingShared,
    NameUsed,
    OutcomeAgreed,
    PartyJoined,
    PartyLeft,
    SamePerson,
    SeriesOpened,
    Source,
    SourceKept,
    StatusReport,
    TopicDiscussed,
)
from dialogue_registry.model.kind_tables import Key, table_of
from dialogue_registry.model.kinds import Data, Kind, Kinds
from dialogue_registry.model.status import own_day
from dialogue_registry.model.tables import Feed, Row, Table

_DIALOGUES = table_of("dialogues", {DialogueLaunched: {}}, about=("dialogue",), key=(), opens="dialogue")
_SERIES = table_of("series", {SeriesOpened: {}}, about=("series",), key=(), opens="series", indexes=("dialogue",))


def _with_day(table: Table) -> Table:
    """Return the table of reports with a column for the day of each, which its source may tell."""

    def sourced(row: Feed) -> Callable[[Any, Source | None], Row]:
        def with_day(report: StatusReport, source: Source | None) -> Row:
            day = own_day(report, source)
            return (*(row(report) or ()), None if day is None else day.isoformat())

        return with_day

    feed = {cls: sourced(row) for cls, row in table.feed.items()}
    return attrs.evolve(table, columns={**table.columns, "day": "TEXT"}, feed=feed, sourced=True, selects={})


_VAGUE = "report = 'held' AND earliest < latest"
_REPORTS = _with_day(
    table_of(
        "meeting_reports",
        {
            MeetingAnnounced: {"report": ("TEXT NOT NULL", lambda _: "announced", "")},
            MeetingHeld: {"report": ("TEXT NOT NULL", lambda _: "held", "")},
            MeetingPostponed: {"report": ("TEXT NOT NULL", lambda _: "postponed", "")},
            MeetingCancelled: {"report": ("TEXT NOT NULL", lambda _: "cancelled", "")},
        },
        about=("meeting",),
        key=None,
        opens="meeting",
        indexes=(
            "meeting",
            "series",
            f"series, earliest, latest WHERE {_VAGUE}",
            f"series, julianday(latest) - julianday(earliest) WHERE {_VAGUE}",
        ),
    )
)

_SEAT: Key = (("party",), ("person", "name", "office"), ("seat",))
_ATTENDANCE = table_of(
    "attendance",
    {
        DelegateAttended: {"presence": ("TEXT NOT NULL", lambda _: "present", "'present'")},
        DelegateAbsent: {
            "presence": (
                "TEXT NOT NULL",
                lambda fact: "excused" if fact.excused else "absent",
                "iif(json_extract(data, '$.excused'), 'excused', 'absent')",
            )
        },
    },
    about=("meeting",),
    key=_SEAT,
)

_STATEMENT: Key = (("count",), ("as_of",), ("format",), ("reported_at",))
_STATEMENTS = table_of(
    "statements",
    # The last day that a date can reach: as of that day the statement is known.
    {CountStated: {"ends": ("TEXT NOT NULL", lambda fact: fact.as_of.latest.isoformat(), "")}},
    about=("series", "dialogue"),
    key=_STATEMENT,
    indexes=("series, ends", "dialogue, ends"),
)


def _activity_1_to_2(data: Data) -> Data:
    """Return data of version 2: version 1 wrote ``organizers`` and knew no ``field``."""
    return {("organisers" if key == "organizers" else key): value for key, value in data.items()}


OWN_KINDS: tuple[Kind, ...] = (
    Kind(cls=DialogueLaunched, word="dialogue.launched", about="dialogue", key=(), table=_DIALOGUES),
    Kind(cls=PartyJoined, word="party.joined", about="dialogue", key=("party", "joined"), table="parties"),
    Kind(cls=PartyLeft, word="party.left", about="dialogue", key=("party", "on"), table="departures"),
    Kind(cls=SeriesOpened, word="series.opened", about="series", key=(), table=_SERIES, mentions="dialogue"),
    Kind(cls=MeetingAnnounced, word="meeting.announced", about="meeting", table=_REPORTS, mentions="series"),
    Kind(cls=MeetingHeld, word="meeting.held", about="meeting", table=_REPORTS, mentions="series"),
    Kind(cls=MeetingPostponed, word="meeting.postponed", about="meeting", table=_REPORTS),
    Kind(cls=MeetingCancelled, word="meeting.cancelled", about="meeting", table=_REPORTS),
    Kind(
        cls=MeetingShared,
        word="meeting.shared",
        about="meeting",
        key=("series",),
        table="shared_meetings",
        mentions="series",
    ),
    Kind(
        cls=DelegateAttended,
        word="delegate.attended",
        about="meeting",
        key=_SEAT,
        table=_ATTENDANCE,
        personal=("name", "person", "on_behalf_of"),
    ),
    Kind(
        cls=DelegateAbsent,
        word="delegate.absent",
        about="meeting",
        key=_SEAT,
        table=_ATTENDANCE,
        personal=("name", "person", "represented_by"),
    ),
    Kind(cls=HeadcountStated, word="headcount.stated", about="meeting", table="headcounts"),
    Kind(cls=TopicDiscussed, word="topic.discussed", about="meeting", table="topics"),
    Kind(
        cls=ActivityReported,
        word="activity.reported",
        about="meeting",
        table="activities",
        version=2,
        upcasters={1: _activity_1_to_2},
    ),
    Kind(cls=OutcomeAgreed, word="outcome.agreed", about="meeting", table="outcomes"),
    Kind(cls=CountStated, word="count.stated", about=("series", "dialogue"), key=_STATEMENT, table=_STATEMENTS),
    Kind(cls=NameUsed, word="name.used", about="of", key=("party", "language", "since"), table="names_used"),
    Kind(cls=SamePerson, word="person.same", about="", table="same_persons", personal="names"),
    Kind(cls=DifferentPersons, word="person.different", about="", table="different_persons", personal="names"),
    Kind(cls=SourceKept, word="source.kept", about="", table="kept_sources"),
)

STANDARD_KINDS = Kinds(OWN_KINDS)
"""The kinds of every registry."""


def kinds_with(added: "tuple[Kind, ...]") -> Kinds:
    """Return the library's kinds and some of a program's own; raises InvalidValueError where they do not fit."""
    return Kinds(OWN_KINDS, added) if added else STANDARD_KINDS


def subject_of(fact: object) -> str:
    """Return the id that a fact of the library's own kinds rests on, "" where it rests on nothing."""
    return STANDARD_KINDS.subject(fact)
