"""Does a registry answer every question as the model does?"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

import attrs

from dialogue_registry import (
    ActivityReported,
    CountStated,
    DelegateAttended,
    DialogueLaunched,
    Format,
    OutcomeAgreed,
    PartyJoined,
    RecordedEvent,
    Registry,
    Rule,
    SeriesOpened,
    TopicDiscussed,
)
from dialogue_registry.model.events import (
    DelegateAbsent,
    DifferentPersons,
    HeadcountStated,
    MeetingShared,
    NameUsed,
    PartyLeft,
    SamePerson,
    SourceKept,
)
from dialogue_registry.queries.results import Activity, Attendance, Outcome, Party, Presence, Series, Statement, Topic
from tests.laws import model
from tests.laws.model import Assertion, Model

WINTER = Rule("winter", lambda meeting: meeting.date is not None and meeting.date.earliest.month in (12, 1, 2))
IN_TOKYO = Rule("in Tokyo", lambda meeting: meeting.country == "JPN" or meeting.title == "x")


def agree_on_move(recorded: RecordedEvent | None, expected: set[int] | None) -> None:
    if recorded is None:
        assert expected is None, f"refused, where the model has it at {expected}"
    else:
        assert expected is not None, f"recorded as {recorded.position}, where the model refuses"
        assert recorded.position in expected


#: Kinds that no question of the standard ones answers.
TABLES = {
    PartyLeft: "departures",
    MeetingShared: "shared_meetings",
    HeadcountStated: "headcounts",
    NameUsed: "names_used",
    SamePerson: "same_persons",
    DifferentPersons: "different_persons",
    SourceKept: "kept_sources",
}


def attended(assertions: Sequence[Assertion]) -> list[tuple[object, ...]]:
    """The rows of attendance as a table has them: of two that differ in their format alone, hybrid."""
    return [
        (
            t.fact,
            t.event,
            t.content.meeting,
            t.content.party,
            t.content.name,
            ("excused" if t.content.excused else "absent") if isinstance(t.content, DelegateAbsent) else "present",
            "hybrid" if len(t.formats) > 1 else next(iter(t.formats), None),
        )
        for t in assertions
    ]


OF_A_SEAT = {
    name: field.default
    for cls in (DelegateAttended, DelegateAbsent)
    for name, field in attrs.fields_dict(cls).items()
    if name not in ("format", "excused")
}
"""What is said of a seat, each with what stands where its class has no such field."""


def seated(assertions: Sequence[Assertion]) -> list[Attendance]:
    """The rows that a registry should answer with for those who came, and those who did not."""
    return [
        Attendance(
            **{name: getattr(t.content, name, default) for name, default in OF_A_SEAT.items()},
            presence=Presence(presence),  # type: ignore[arg-type]
            format=None if format_ is None else Format(format_),  # type: ignore[arg-type]
            event=t.event,
            sources=t.sources,
        )
        for t, (*_, presence, format_) in zip(assertions, attended(assertions), strict=True)
    ]


def rows(cls: type[Any], assertions: Sequence[Assertion], **more: Any) -> list[Any]:
    """The rows a registry should answer with for these facts."""
    skipped = ("event", "sources", *more)
    names = [name for name in attrs.fields_dict(cls) if name not in skipped]
    return [
        cls(**{name: getattr(t.content, name) for name in names}, event=t.event, sources=t.sources, **more)
        for t in assertions
    ]


def agree(registry: Registry, known: Model) -> None:
    """Every question is answered as the model answers it."""
    parties = rows(Party, known.facts(PartyJoined))
    assert [(d.dialogue, d.name, d.launched, d.aliases, d.event, d.sources) for d in registry.dialogues()] == [
        (t.content.dialogue, t.content.name, t.content.launched, t.content.aliases, t.event, t.sources)
        for t in known.facts(DialogueLaunched)
    ]
    for dialogue in registry.dialogues():
        assert list(dialogue.parties) == [party for party in parties if party.dialogue == dialogue.dialogue]
    assert list(registry.series()) == rows(Series, known.facts(SeriesOpened))
    seats = seated(known.facts(DelegateAttended, DelegateAbsent))
    assert list(registry.attendance(presence=None)) == seats
    assert list(registry.attendance()) == [seat for seat in seats if seat.presence == "present"]
    assert list(registry.topics()) == rows(Topic, known.facts(TopicDiscussed))
    assert list(registry.activities()) == rows(Activity, known.facts(ActivityReported))
    assert list(registry.outcomes()) == rows(Outcome, known.facts(OutcomeAgreed))
    assert list(registry.statements()) == rows(Statement, known.facts(CountStated))
    assert [
        tuple(row.values())
        for row in registry.db.query(
            "SELECT fact, event, meeting, party, name, presence, format FROM attendance ORDER BY fact"
        )
    ] == attended(known.facts(DelegateAttended, DelegateAbsent))
    for cls, table in TABLES.items():
        assert [tuple(row.values()) for row in registry.db.query(f"SELECT fact, event FROM {table} ORDER BY fact")] == [
            (assertion.fact, assertion.event) for assertion in known.facts(cls)
        ], table
    meetings = [
        (m.assertion.content, m.status, m.reason, m.until, m.assertion.event, m.sources)
        for m in sorted(known.meetings(), key=by_day)
    ]
    assert [
        (as_reported(m, report), m.status, m.reason, m.until, m.event, m.sources)
        for m, (report, *_) in zip(registry.meetings(), meetings, strict=True)
    ] == meetings
    ids = [event.id for event in registry.events()]
    assert [(d.disputed, d.standing, d.claim, d.reason, d.event, d.sources) for d in registry.disputes()] == [
        (ids[fact - 1], standing, assertion.content[2], assertion.content[3], assertion.event, assertion.sources)
        for fact, standing, assertion in known.disputes()
    ]
    assert [(e.subject, e.version) for e in registry.events()] == numbered(known)


def numbered(known: Model) -> list[tuple[str, int]]:
    """The subjects of the log's lines, and their versions."""
    seen: Counter[str] = Counter()
    found = []
    for line in known.log:
        seen[line.subject] += 1
        found.append((line.subject, seen[line.subject]))
    return found


def as_reported(meeting: Any, report: Any) -> Any:
    """The row of a meeting, as a report of the class that it should come from."""
    names = attrs.fields_dict(type(report))
    return attrs.evolve(report, **{name: getattr(meeting, name) for name in names if hasattr(meeting, name)})


def by_day(meeting: model.MeetingNow) -> tuple[Any, ...]:
    report = meeting.assertion.content
    ordinal = (report.ordinal is not None, report.ordinal)
    if report.date is None:
        return (True, date.min, date.min, *ordinal, meeting.assertion.fact)
    return (False, report.date.earliest, report.date.latest_start, *ordinal, meeting.assertion.fact)


def agree_on_counts(registry: Registry, known: Model, day: date | None, rule: str | Rule) -> None:
    predicate = rule.counts if isinstance(rule, Rule) else model.RULES[rule]
    counts = registry.counts(as_of=day, rule=rule)
    assert list(counts) == [assertion.content.series for assertion in known.facts(SeriesOpened)]
    for series, count in counts.items():
        expected = known.count(series, day, predicate)  # type: ignore[arg-type] # a report has what rules look at
        assert attrs.astuple(count.total) == expected.total
        assert {name: attrs.astuple(share) for name, share in count.by_format.items()} == expected.by_format
        assert count.highest_ordinal == expected.highest_ordinal
        assert (count.carried and attrs.astuple(count.carried)) == expected.carried


def agree_on_statements(registry: Registry, known: Model) -> None:
    found = registry.reconcile()
    assert [(f.statement.event, str(f.verdict), set(f.rules), abs(f.difference)) for f in found] == [
        (assertion.event, verdict, set(names), off) for assertion, verdict, names, off in known.reconciled()
    ]


def agree_on_cumulative_counts(registry: Registry, known: Model) -> None:
    listed = [
        tuple(row.values())
        for row in registry.db.query(
            "SELECT series, held, in_person, online, hybrid, unknown, numbered, highest_ordinal FROM cumulative_counts"
        )
    ]
    expected = []
    for assertion in known.facts(SeriesOpened):
        held = known.count(assertion.content.series, None, lambda _: True)
        numbers_only = known.count(assertion.content.series, None, lambda meeting: meeting.ordinal is not None)
        shares = [possible for _, possible in held.by_format.values()]
        expected.append((assertion.content.series, held.total[1], *shares, numbers_only.total[1], held.highest_ordinal))
    assert listed == expected
