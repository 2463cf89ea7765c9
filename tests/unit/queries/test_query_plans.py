"""A question about one meeting reads one meeting: no statement goes through a whole table that grows with the log.

What is fast on a small file may be a scan, and nobody would notice before there are a million events. So SQLite is
asked how it would go about each statement.
"""

import re
from collections.abc import Callable, Iterator

import pytest

from dialogue_registry import (
    ActivityReported,
    CountStated,
    DelegateAttended,
    DialogueLaunched,
    MeetingHeld,
    OutcomeAgreed,
    Registry,
    SeriesOpened,
    Source,
    TopicDiscussed,
)

RELEASE = Source("Release", url="https://example.org/1")

#: Lists of keys, tables that have a row per series or less or a row for each joint meeting (h), and last rows.
SMALL = r"json_each|\d+ CONSTANT ROWS?|CONSTANT ROW|\(subquery|projections|series|a$|r$|b$|[hs]\b"


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"), SeriesOpened(series="s", dialogue="d", name="S")
        )
        for number in range(20):
            meeting = f"m{number}"
            registry.record(
                MeetingHeld(meeting=meeting, series="s", date="2005-01-01"),
                DelegateAttended(meeting=meeting, name="X", party="P"),
                TopicDiscussed(meeting=meeting, topic="t"),
                ActivityReported(meeting=meeting, title="a"),
                OutcomeAgreed(meeting=meeting, title="o"),
                source=RELEASE,
            )
        registry.record(CountStated(series="s", count=3, as_of="2006"), source=RELEASE)
        yield registry


def scanned(registry: Registry, ask: Callable[[Registry], object]) -> set[str]:
    """The tables that SQLite reads from end to end to answer."""
    statements: list[str] = []
    connection = registry._session.connection
    connection.set_trace_callback(statements.append)
    try:
        ask(registry)
    finally:
        connection.set_trace_callback(None)
    asked = [sql for sql in statements if re.match(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\b", sql)]
    assert asked
    found = set()
    for sql in asked:
        if sql.endswith("LIMIT 1"):
            continue
        for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall():
            if step.startswith("SCAN ") and not re.match(SMALL, step.removeprefix("SCAN ")):
                found.add(f"{step} in {' '.join(sql.split())[:200]}")
    return found


QUESTIONS: dict[str, Callable[[Registry], object]] = {
    "a meeting": lambda r: r.meetings(meeting="m3"),
    "its attendance": lambda r: r.attendance("m3"),
    "its topics": lambda r: r.topics("m3"),
    "its activities": lambda r: r.activities("m3"),
    "its outcomes": lambda r: r.outcomes("m3"),
    "its history": lambda r: r.history("m3"),
    "its evidence": lambda r: r.evidence(r.meetings(meeting="m3")[0]),
    "its events": lambda r: list(r.events(subject="m3")),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_about_one_thing_reads_no_whole_table(registry: Registry, question: str) -> None:
    assert scanned(registry, QUESTIONS[question]) == set()


@pytest.mark.parametrize("question", QUESTIONS)
def test_neither_does_it_as_of_an_earlier_position(registry: Registry, question: str) -> None:
    with registry.at(position=60) as past:
        whole = {step for step in scanned(past, QUESTIONS[question]) if step.startswith("SCAN main.")}
        assert whole == set()


@pytest.mark.parametrize("day", ["2005-06-01", "2007-06-01", None])
def test_counts_read_tallies_and_the_last_statements_only(registry: Registry, day: str | None) -> None:
    assert scanned(registry, lambda r: r.counts(as_of=day)) == set()


@pytest.mark.parametrize(
    "write",
    [
        lambda r: r.record(MeetingHeld(meeting="n", series="s"), source=Source("Another")),
        lambda r: r.record(TopicDiscussed(meeting="m3", topic="u"), source=RELEASE),
        lambda r: r.correct(first(r), MeetingHeld(meeting="m3", series="s", date="2006"), reason="misread"),
        lambda r: r.retract(list(r.events(subject="m3"))[-1].id, reason="withdrawn"),
    ],
    ids=["a meeting", "a topic", "a correction", "a retraction"],
)
def test_recording_and_amending_read_no_whole_table(registry: Registry, write: Callable[[Registry], object]) -> None:
    assert scanned(registry, write) == set()


def first(registry: Registry) -> str:
    return next(registry.events(subject="m3")).id


def test_a_scan_would_be_noticed(registry: Registry) -> None:
    assert scanned(
        registry, lambda r: r._session.connection.execute("SELECT * FROM attendance WHERE office = 'x'").fetchall()
    )
