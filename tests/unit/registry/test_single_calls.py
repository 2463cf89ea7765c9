"""A single call puts as few statements to SQLite as it needs: each costs more than the row that it is about."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dialogue_registry import (
    DelegateAttended,
    DialogueLaunched,
    MeetingHeld,
    Registry,
    SeriesOpened,
    Source,
    TopicDiscussed,
)

RELEASE = Source("Press release", url="https://example.org/1")
MEETING = "d/fm/1"


@pytest.fixture(params=["file", "memory"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    with Registry.open(tmp_path / "registry.db" if request.param == "file" else None) as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="Dialogue", launched="2004"),
            SeriesOpened(series="d/fm", dialogue="d", name="Foreign Ministers' Meeting"),
            MeetingHeld(meeting=MEETING, series="d/fm", date="2004-08-28"),
            DelegateAttended(meeting=MEETING, party="JPN", name="KAWAGUCHI Yoriko"),
            DelegateAttended(meeting=MEETING, party="UZB", name="SAFAYEV Sodiq"),
            source=RELEASE,
        )
        yield registry


def statements(registry: Registry, call: Callable[[], object]) -> list[str]:
    """Return what is put to SQLite within a call."""
    found: list[str] = []
    connection = registry._session.connection
    connection.set_trace_callback(found.append)
    try:
        call()
    finally:
        connection.set_trace_callback(None)
    return found


def test_one_event_is_one_transaction_without_savepoints_of_eleven_statements(registry: Registry) -> None:
    """It looks for views, head, ids, exceptions, source and version, and writes row, event and checkpoint."""
    first, *between, last = statements(
        registry, lambda: registry.record(TopicDiscussed(meeting=MEETING, topic="water"), source=RELEASE)
    )
    assert (first, last) == ("BEGIN IMMEDIATE", "COMMIT")
    assert len(between) <= 9
    assert not [sql for sql in between if "SAVEPOINT" in sql or "COMMIT" in sql or "BEGIN" in sql]


def test_facts_recorded_again_one_by_one_are_looked_up_at_once(registry: Registry) -> None:
    """The first one is refused by its table; from then on no row is offered until something is news again."""
    fact = DelegateAttended(meeting=MEETING, party="JPN", name="KAWAGUCHI Yoriko")
    registry.record(fact, source=RELEASE)
    again = statements(registry, lambda: registry.record(fact, source=RELEASE))
    assert len(again) <= 9
    assert not [sql for sql in again if "INSERT" in sql]
    (news,) = registry.record(TopicDiscussed(meeting=MEETING, topic="water"), source=RELEASE)
    assert news.new
    assert [sql for sql in statements(registry, lambda: registry.record(fact, source=RELEASE)) if "INSERT" in sql]


def test_a_position_is_one_statement(registry: Registry) -> None:
    assert len(statements(registry, lambda: registry.position)) == 1


def test_an_answer_about_one_meeting_is_its_rows_and_their_sources_of_one_state(registry: Registry) -> None:
    asked = statements(registry, lambda: registry.attendance(MEETING))
    assert (asked[0], asked[-1]) == ("BEGIN", "ROLLBACK")
    assert len(asked) <= 5


@pytest.mark.parametrize(
    "ask", [lambda registry: list(registry.events(subject=MEETING)), lambda registry: registry.history(MEETING)]
)
def test_what_fits_a_page_is_read_one_time(registry: Registry, ask: Callable[[Registry], object]) -> None:
    pages = [sql for sql in statements(registry, lambda: ask(registry)) if "ORDER BY e.version" in sql]
    assert len(pages) == 1


def test_sources_are_those_of_the_call_though_the_last_one_is_remembered(registry: Registry) -> None:
    """One source after the other, by turns, equal ones that are not the same, and none."""
    again, other = Source("Press release", url="https://example.org/1"), Source("Joint statement")
    given = [RELEASE, other, RELEASE, again, None, other, None, again]
    for number, source in enumerate(given):
        registry.record(TopicDiscussed(meeting=MEETING, topic=f"item {number}"), source=source)
    assert [event.source for event in registry.events(after=5)] == given
    assert [topic.sources for topic in registry.topics(MEETING)] == [(source,) if source else () for source in given]
