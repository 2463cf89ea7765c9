"""A program that uses each public name in the way its type promises: mypy --strict and pyright read it, a test runs it.

It is checked as strictly as a user's program, unlike the tests beside it; see ``pyproject.toml``.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, assert_type

import attrs

import dialogue_registry as dr
from dialogue_registry import (
    RULES,
    DialogueLaunched,
    Event,
    Fact,
    MeetingHeld,
    PartialDate,
    RecordedEvent,
    Registry,
    SeriesOpened,
    Snapshot,
    Source,
)

RELEASE = Source(title="Joint statement", published="2024-08-10")


# --- a kind, a rule and projections of one's own ---------------------------------------


@attrs.frozen(kw_only=True)
class VoteCast:
    meeting: str
    question: str
    party: str


VOTES = dr.Kind(cls=VoteCast, word="org.example.vote-cast", about="meeting", key=("question", "party"))


def _in_person(meeting: dr.Meeting) -> bool:
    return meeting.status is dr.Status.HELD and meeting.format is dr.Format.IN_PERSON


ON_SITE = dr.Rule("on site", _in_person)


def _launched(launched: DialogueLaunched) -> tuple[object, ...]:
    return (launched.dialogue, launched.launched.year)


PROJECTION = dr.Projection(
    "launches",
    1,
    [
        dr.Table("launches", columns={"dialogue": "TEXT", "year": "INTEGER"}, feed={DialogueLaunched: _launched}),
        dr.State(
            "latest",
            table="launches",
            key="dialogue",
            columns={"dialogue": "TEXT", "year": "INTEGER"},
            select="select dialogue, max(year) as year from {rows} group by dialogue",
        ),
        dr.Tally(
            "by_year",
            table="launches",
            key=["year"],
            sums=["dialogues"],
            select="select year, count(*) from {rows} group by year",
        ),
        dr.View("old_launches", select="select dialogue from launches where year < 2010"),
    ],
)


# --- recording -------------------------------------------------------------------------


def facts() -> Iterator[Fact]:
    """Yield a fact of each class."""
    yield DialogueLaunched(dialogue="c5", name="C5+1", launched="2015")
    yield SeriesOpened(series="c5/fm", dialogue="c5", name="Ministers", numbering=dr.Numbering.YEARLY)
    yield SeriesOpened(series="c5/som", dialogue="c5", name="Senior officials")
    yield dr.PartyJoined(dialogue="c5", party="kz", name="Kazakhstan")
    yield dr.PartyJoined(dialogue="c5", party="uz", name="Uzbekistan", joined="2015")
    yield dr.PartyLeft(dialogue="c5", party="uz", on="2023")
    yield dr.MeetingAnnounced(meeting="c5/fm/1", series="c5/fm", date="2015-11")
    yield dr.MeetingPostponed(meeting="c5/fm/1", until="2015-12", on="2015-10-01")
    yield dr.MeetingAnnounced(meeting="c5/fm/2", series="c5/fm", date="2016")
    yield dr.MeetingCancelled(meeting="c5/fm/2", on="2016-01-02")
    yield MeetingHeld(meeting="c5/fm/3", series="c5/fm", date="2017-03-04", format=dr.Format.IN_PERSON)
    yield dr.MeetingShared(meeting="c5/fm/3", series="c5/som")
    yield dr.DelegateAttended(
        meeting="c5/fm/3", name="A. Omarova", party="kz", level=dr.Level.MINISTER, role=dr.Role.HEAD
    )
    yield dr.DelegateAttended(meeting="c5/fm/3", name="Aigul Omarova", party="kz", office="Envoy")
    yield dr.DelegateAbsent(meeting="c5/fm/3", party="uz", excused=True)
    yield dr.SamePerson(party="kz", names=("A. Omarova", "Aigul Omarova"))
    yield dr.DifferentPersons(party="kz", names=("A. Omarova", "B. Omarova"))
    yield dr.NameUsed(of="c5", name="Central Asia Five plus One", language="en")
    yield dr.HeadcountStated(meeting="c5/fm/3", count=2, of=dr.HeadcountOf.DELEGATES)
    yield dr.TopicDiscussed(meeting="c5/fm/3", topic="water")
    yield dr.ActivityReported(meeting="c5/fm/3", title="A workshop")
    yield dr.OutcomeAgreed(meeting="c5/fm/3", title="A statement")
    yield dr.CountStated(series="c5/fm", count=1, as_of="2017-12-31")


def record(registry: Registry) -> RecordedEvent[MeetingHeld]:
    """Record facts, amend some, and return what was recorded of one meeting."""
    with registry.recording(source=RELEASE, by="archivist"):
        assert_type(registry.record(*facts()), tuple[RecordedEvent[Any], ...])
        held = MeetingHeld(meeting="c5/fm/4", series="c5/fm", date=PartialDate("2018"))
        (recorded,) = assert_type(registry.record(held), tuple[RecordedEvent[MeetingHeld]])
    registry.correct(recorded, {"date": "2018-05"}, reason="a slip")
    registry.dispute(recorded, attrs.evolve(held, date="2018-06"), source="Another page")
    registry.cite(recorded, dr.Citation(locator="p. 2", quote="in May"))
    registry.retract(registry.outcomes()[0], reason="not agreed")
    registry.record(VoteCast(meeting="c5/fm/3", question="the place", party="kz"))
    return recorded


def said_by(recorded: RecordedEvent) -> str:
    """Return a few words of any event."""
    event: Event = recorded.event
    match event:
        case dr.FactCorrected(reason=reason) | dr.EventRetracted(reason=reason) | dr.FactDisputed(reason=reason):
            return reason
        case dr.EventCited(event_id=id):
            return id
        case dr.UnknownEvent(word=word) | dr.UnreadableEvent(word=word):
            return word
        case dr.SourceKept(source=source):
            return source.title
        case _:
            return recorded.subject


# --- asking ----------------------------------------------------------------------------


def lists(registry: Snapshot) -> dict[str, int]:
    """Return how many rows each list has."""
    dialogues: tuple[dr.Dialogue, ...] = registry.dialogues()
    series: tuple[dr.Series, ...] = registry.series("c5")
    parties: tuple[dr.Party, ...] = registry.parties()
    members: tuple[dr.Member, ...] = registry.members("c5", on="2020-01-01")
    attendance: tuple[dr.Attendance, ...] = registry.attendance("c5/fm/3", presence=dr.Presence.PRESENT)
    appearances: tuple[dr.Appearance, ...] = registry.delegate("Aigul Omarova")
    people: tuple[dr.Person, ...] = registry.people()
    look_alikes: tuple[dr.LookAlike, ...] = registry.look_alikes()
    topics: tuple[dr.Topic, ...] = registry.topics()
    activities: tuple[dr.Activity, ...] = registry.activities()
    outcomes: tuple[dr.Outcome, ...] = registry.outcomes()
    statements: tuple[dr.Statement, ...] = registry.statements()
    sources: tuple[dr.NumberedSource, ...] = registry.sources()
    copies: tuple[dr.KeptCopy, ...] = registry.check_sources()
    disputes: tuple[dr.Dispute, ...] = registry.disputes()
    steps: tuple[dr.Step, ...] = registry.history("c5/fm/4")
    found: tuple[dr.Found, ...] = registry.search("water")
    headcounts: tuple[dr.Headcount, ...] = registry.headcounts()
    rates: tuple[dr.AttendanceRate, ...] = registry.attendance_rates(series="c5/fm")
    non_members: tuple[dr.NonMember, ...] = registry.non_members(series="c5/fm")
    imports: tuple[dr.Import, ...] = registry.imports()
    return {
        "dialogues": len(dialogues), "series": len(series), "parties": len(parties), "members": len(members),
        "attendance": len(attendance), "appearances": len(appearances), "people": len(people),
        "look-alikes": len(look_alikes), "topics": len(topics), "activities": len(activities),
        "outcomes": len(outcomes), "statements": len(statements), "sources": len(sources),
        "missing copies": sum(copy.state is dr.CopyState.GONE for copy in copies), "disputes": len(disputes),
        "steps": len(steps), "found": len(found), "imports": len(imports), "non-members": len(non_members),
        "disagreeing": sum(row.verdict is dr.HeadcountVerdict.DISAGREES for row in headcounts),
        "years": sum(isinstance(rate, dr.YearlyAttendanceRate) for rate in rates),
    }  # fmt: skip


def conclusions(registry: Snapshot) -> dict[str, object]:
    """Return what is concluded from the facts."""
    counts: dr.Counts = registry.counts(rule=ON_SITE)
    count: dr.Count = registry.count("c5", as_of="2018-05-15")
    total: dr.Bounds = sum((one.total for one in counts.values()), start=dr.Bounds(certain=0, possible=0))
    reconciliation: dr.Reconciliation = registry.reconcile()
    finding: dr.Finding = reconciliation.findings[0]
    explanation: dr.Explanation = registry.explain("c5/fm", count=3, as_of="2018-12-31")
    tried: dr.RuleTried = explanation.tried[0]
    missing: tuple[dr.MissingNumbers, ...] = explanation.missing
    odd: dr.Anomaly | None = next(iter(registry.anomalies()), None)
    kind: dr.AnomalyKind | None = odd.kind if odd else None
    return {
        "on site": int(total), "dialogue": str(count.total), "rules": len(RULES), "missing": len(missing),
        "agrees": finding.verdict is dr.Verdict.AGREES, "own": isinstance(finding.own, dr.Own),
        "tried": tried.rule, "odd": kind,
    }  # fmt: skip


# --- tables in, files out --------------------------------------------------------------

TABLE = [{"meeting": "c5/fm/5", "date": "2019"}]
NEXT = [{"meeting": "c5/fm/5", "date": "2019-05"}]
MAPPING: Mapping[str, Any] = {
    "table": "meetings",
    "key": "{meeting}",
    "source": {"title": "List of meetings"},
    "each": [{"event": "MeetingHeld", "meeting": "{meeting}", "series": "c5/fm", "date": "{date}"}],
}


def tables(registry: Registry, folder: Path) -> dict[str, object]:
    """Import a table, take its next edition over, and undo that."""
    path = folder / "meetings.csv"
    path.write_text("meeting,series,date\nc5/fm/5,c5/fm,2019\n", "utf-8")
    with dr.read_table(path) as opened:
        read = len(list(opened))
    suggested: str = dr.suggest_mapping(path).text
    report: dr.ImportReport = dr.import_table(registry, TABLE, MAPPING)
    problems: tuple[dr.RowReport, ...] = report.problems
    plan: dr.Plan = dr.plan_edition(registry, NEXT, MAPPING)
    proposals: tuple[dr.Proposal, ...] = plan.proposals
    applied: dr.Applied = plan.apply(registry, reason="the next edition")
    changes: tuple[dr.Change, ...] = applied.changes
    undone: dr.Undone = registry.undo(registry.imports()[-1], reason="the wrong file")
    stays: tuple[dr.Stay, ...] = undone.stays
    return {
        "read": read, "suggested": bool(suggested), "problems": len(problems), "stays": len(stays),
        "proposed": [proposal.what for proposal in proposals], "changed": [change.what for change in changes],
    }  # fmt: skip


def files(registry: Snapshot, folder: Path) -> None:
    """Write the registry in the formats of others."""
    dr.export_file(registry, folder / "log.jsonl")
    dr.publish(registry, folder / "site")
    sheet: dr.Brief = dr.brief(registry, "c5/fm")
    notes: tuple[dr.Note, ...] = sheet.notes
    written: Path = dr.write_brief(sheet, folder / "brief.md")
    rows: int = dr.arrow_tables(registry)["meetings"].num_rows
    assert notes
    assert written.exists()
    assert rows


def values(registry: Registry) -> None:
    """Turn answers and events into plain data, and back."""
    held = MeetingHeld(meeting="c5/fm/9", series="c5/fm", date="2020")
    assert dr.from_dict(dr.to_dict(held)) == held
    parts: dr.NameParts = dr.name_parts("OKADA Katsuya")
    assert parts.family == "OKADA"
    head: dr.Head = registry.head
    assert dr.Head.parse(str(head)) == head
    followed: dr.Followed = next(registry.follow())
    assert followed.position == registry.position


def appended(log: dr.Log) -> int:
    """Return how many entries any log has, in a file or on a server."""
    return log.head().position


def share(path: Path, address: str) -> int:
    """Copy a registry to a server, where a log for one writer is made first."""
    dr.create_log(address, writers=["archivist"])
    return dr.copy(path, address)


# --- what can go wrong -----------------------------------------------------------------


def what_to_do(error: dr.DialogueRegistryError) -> str:
    """Return what a program does after an error of each class; the fields are typed."""
    match error:
        case dr.ConflictError(standing=standing, position=position):
            return f"correct {position}, which says {standing}"
        case dr.StillNeededError(needed_by=events):
            return f"retract {len(events)} first"
        case dr.WrongPositionError(expected=expected, actual=actual):
            return f"read from {expected} to {actual}"
        case dr.StoppedImportError(report=report):
            return f"mend {report}"
        case dr.AmbiguousNameError() | dr.UnknownSubjectError() | dr.UnknownEventError():
            return "name another"
        case dr.SeriesMismatchError() | dr.StatusError() | dr.IdInUseError() | dr.AmendmentError():
            return "record something else"
        case dr.RefusedError(item=item):
            return f"leave out {item}"
        case dr.InvalidDateError() | dr.InvalidIdError() | dr.MappingError() | dr.UnfitEventError() | dr.PlanError():
            return "write it otherwise"
        case dr.InvalidValueError() | dr.ExchangeError():
            return "give another value"
        case dr.BrokenChainError() | dr.DriftError() | dr.VerificationError() | dr.UnreadableFileError():
            return "take the backup"
        case dr.NewerEventError() | dr.NewerRegistryError() | dr.UnknownEventTypeError() | dr.CodecError():
            return "install a newer version"
        case dr.MissingExtraError() | dr.MissingFileError() | dr.NotARegistryError():
            return "install or name what is missing"
        case dr.BusyError() | dr.WaitTimeoutError() | dr.UnreachableError():
            return "try again"
        case dr.ClosedError() | dr.ForkedError() | dr.ReadOnlyError() | dr.OutdatedViewsError() | dr.ProjectionError():
            return "open it again"
        case dr.StorageError():
            return "look at the disk"
        case _:
            return str(error)


def main(folder: Path) -> dict[str, object]:
    """Use every part, and return what came out."""
    assert dr.__version__
    path = folder / "c5.db"
    with Registry.open(path, kinds=[VOTES, *dr.installed_kinds()], projections=[PROJECTION]) as registry:
        recorded = record(registry)
        try:
            registry.record(attrs.evolve(recorded.event, date="2012"))
        except dr.DialogueRegistryError as error:
            refused = what_to_do(error)
        else:
            refused = ""
        values(registry)
        result: dict[str, object] = {"refused": refused, "words": {said_by(one) for one in registry.events()}}
        result |= tables(registry, folder) | lists(registry) | conclusions(registry)
        with registry.at(recorded.position) as then:
            result["then"] = str(then.meeting(recorded.event.meeting).date)
        files(registry, folder)
        return result
