"""What was recorded before, recorded again: by the same source nothing, by another one evidence; and in linear time.

A batch of which something repeats is decided one by one, and comes to what its facts come to
when each is recorded by itself.
"""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_registry import (
    DelegateAttended,
    DialogueLaunched,
    Fact,
    MeetingHeld,
    MeetingShared,
    Registry,
    SeriesOpened,
    Source,
    TopicDiscussed,
    import_table,
)
from tests.cost import processor_time

SETTING = (
    DialogueLaunched(dialogue="d", name="D", launched="2004"),
    SeriesOpened(series="d/s", dialogue="d", name="S"),
    MeetingHeld(meeting="d/s/0", series="d/s", date="2020-01-02"),
)
FACTS: tuple[Fact, ...] = (
    DelegateAttended(meeting="d/s/0", party="JPN", name="A"),
    DelegateAttended(meeting="d/s/0", party="JPN", name="A "),  # says the same, in other bytes
    DelegateAttended(meeting="d/s/0", party="JPN", name="B", format="online"),
    DelegateAttended(meeting="d/s/0", party="JPN", name="B", format="in-person"),  # both come to hybrid
    DelegateAttended(meeting="d/s/0", party="JPN", name="A", seat="chair"),
    TopicDiscussed(meeting="d/s/0", topic="water"),
    MeetingHeld(meeting="d/s/0", series="d/s", date="2020-01-02"),
    MeetingHeld(meeting="d/s/1", series="d/s", date="2021"),
    DelegateAttended(meeting="d/s/1", party="JPN", name="A"),
)
LINES = st.lists(st.tuples(st.sampled_from(FACTS), st.sampled_from([None, Source("a"), Source("b")])), max_size=14)


def opened() -> Registry:
    registry = Registry.open()
    registry.record(*SETTING, MeetingHeld(meeting="d/s/1", series="d/s", date="2021"))
    return registry


def shown(registry: Registry) -> tuple[object, ...]:
    return (
        [(event.event, event.source, event.version) for event in registry.events()],
        [(fact.event, fact.position) for fact in registry.facts()],
        registry.attendance(),
    )


@given(lines=LINES, sizes=st.integers(1, 8))
def test_a_batch_comes_to_what_its_facts_come_to_one_by_one(
    lines: list[tuple[Fact, Source | None]], sizes: int
) -> None:
    with opened() as batches, opened() as singles:
        batches.record_all(lines, batch=sizes)
        for fact, source in lines:
            singles.record(fact, source=source)
        assert shown(batches) == shown(singles)
        batches.verify()
        assert batches.record_all(lines) == 0  # all of it was said before


def test_of_facts_that_say_the_same_the_first_that_is_left_stands() -> None:
    with opened() as registry:
        lines = [registry.record(FACTS[0], source=Source(name))[0] for name in "abc"]
        for gone in range(len(lines) - 1):
            registry.retract(lines[gone].id, reason="not on that list")
            assert [fact.position for fact in registry.facts(DelegateAttended)] == [lines[gone + 1].position]
            assert [source.title for source in registry.attendance()[0].sources] == list("abc"[gone + 1 :])


# --- the work that it takes --------------------------------------------------------------


def delegates(first: int, number: int) -> Iterator[Fact]:
    for n in range(first, first + number):
        yield DelegateAttended(meeting="d/s/0", party="JPN", name=f"Delegate {n}")


def by_many_sources(number: int) -> Callable[[Registry], object]:
    fact = DelegateAttended(meeting="d/s/0", party="JPN", name="A")
    return lambda registry: registry.record_all((fact, Source(f"source {n}")) for n in range(number))


def meeting_by_many_sources(number: int) -> Callable[[Registry], object]:
    return lambda registry: registry.record_all((SETTING[-1], Source(f"source {n}")) for n in range(number))


def one_by_one(number: int) -> Callable[[Registry], object]:
    def work(registry: Registry) -> None:
        with registry.transaction():
            for n in range(number):
                registry.record(SETTING[1], source=Source(f"source {n}"))

    return work


def twice(number: int) -> Callable[[Registry], object]:
    def work(registry: Registry) -> None:
        for _ in range(2):
            registry.record_all(delegates(0, number), source=Source("a list"))

    return work


def every_second(number: int) -> Callable[[Registry], object]:
    def work(registry: Registry) -> None:
        registry.record_all(delegates(0, number // 2), source=Source("a list"))
        new = zip(delegates(0, number // 2), delegates(number, number // 2), strict=True)
        registry.record_all((fact for pair in new for fact in pair), source=Source("a list"))

    return work


@pytest.mark.parametrize("work", [by_many_sources, meeting_by_many_sources, one_by_one, twice, every_second])
def test_what_is_said_again_takes_linear_time(work: Callable[[int], Callable[[Registry], object]]) -> None:
    def taking(number: int) -> float:
        def run() -> None:
            with opened() as registry:
                work(number)(registry)

        return processor_time(run, runs=3)

    assert taking(1200) < 8 * taking(300)  # four times as much; in proportion to the square, sixteen times


def test_a_table_whose_rows_all_open_one_series_is_imported_in_linear_time() -> None:
    mapping = {
        "source": {"title": "Row {No}", "url": "{Link}"},
        "each": [
            {"event": "SeriesOpened", "series": "d/{Body}", "dialogue": "d", "name": "{Body}"},
            {"event": "MeetingHeld", "meeting": "d/m/{No}", "series": "d/{Body}", "date": "{Day}"},
        ],
    }

    def rows(number: int) -> list[dict[str, str]]:
        return [
            {"No": str(n), "Body": "council", "Day": "2001-01-01", "Link": f"https://example.org/{n}"}
            for n in range(number)
        ]

    def taking(number: int) -> float:
        def run() -> None:
            with opened() as registry:
                import_table(registry, rows(number), mapping)
                position = registry.position
                import_table(registry, rows(number), mapping)
                assert registry.position == position
                council = next(series for series in registry.series() if series.series == "d/council")
                assert [source.title for source in council.sources] == [f"Row {n}" for n in range(number)]
                assert len(registry.history("d/council")) == number

        return processor_time(run, runs=3)

    taking(10)
    assert taking(600) < 8 * taking(150)


def test_what_was_said_of_a_meeting_before_it_was_moved_to_another_series_makes_it_no_joint_one() -> None:
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            *(SeriesOpened(series=series, dialogue="d", name="S") for series in ("d/a", "d/b")),
        )
        held = MeetingHeld(meeting="d/a/1", series="d/a")
        (first,) = registry.record(held, source="A list")
        numbered = registry.correct(first, {"period": "I"}, reason="it has a period")
        registry.correct(numbered, MeetingHeld(meeting="d/a/1", series="d/b"), reason="of the other series")
        (again,) = registry.record(held, source="A list")
        assert (again.new, again.position) == (False, first.position)
        (other,) = registry.record(held, source="Another list")
        assert isinstance(other.event, MeetingShared)
