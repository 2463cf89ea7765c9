"""Long lists of numbers are lists, and what an import keeps of each row is a few bytes, whatever becomes of it."""

import gc
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_registry import DialogueLaunched, ImportReport, MeetingHeld, Registry, SeriesOpened, import_table
from dialogue_registry.imports.numbers import Numbers, Runs
from dialogue_registry.imports.report import RowReports

NUMBERS = st.lists(st.one_of(st.integers(-2, 3), st.sampled_from(["same", "next"])), max_size=60)


@given(steps=NUMBERS)
def test_runs_are_the_numbers_that_were_appended(steps: Sequence[int | str]) -> None:
    numbers: list[int] = []
    runs = Runs()
    for step in steps:
        before = numbers[-1] if numbers else 0
        numbers.append(step if isinstance(step, int) else before + (step == "next"))
        runs.append(numbers[-1])
    assert list(runs) == numbers == [runs[place] for place in range(len(runs))]


def test_numbers_are_kept_over_many_pieces() -> None:
    numbers = Numbers("q")
    for number in range(20_000):
        numbers.append(-7 * number)
    assert [numbers[place] for place in range(len(numbers))] == [-7 * number for number in range(20_000)]


def kept_of(make: Callable[[int], object], number: int) -> int:
    """Return how many bytes are in use by what is made for a number of rows."""
    tracemalloc.start()
    made = make(number)
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert made is not None
    return size


@given(tries=st.lists(st.lists(st.integers(2, 40), max_size=12).map(sorted), max_size=5))
def test_reports_of_several_tries_come_in_the_order_of_their_rows(tries: Sequence[Sequence[int]]) -> None:
    added = [(row, f"try {number}") for number, rows in enumerate(tries) for row in rows]
    reports = RowReports()
    for row, reason in added:
        reports.add(row, "refused", reason)
    assert [(one.row, one.reason) for one in reports.in_order()] == sorted(added, key=lambda one: one[0])
    assert [one.row for one in reports.of_outcomes(["refused"])] == sorted(row for row, _ in added)


@pytest.mark.parametrize(("detail", "parts"), [(0, 1), (1, 1), (0, 12)], ids=["said before", "repeated", "columns"])
def test_thousands_of_reports_of_rows_take_no_more_than_a_few(detail: int, parts: int) -> None:
    def reports(number: int) -> RowReports:
        made = RowReports()
        for place in range(number):
            part = f"column '{place % parts}'" if parts > 1 else ""
            made.add(2 + place // parts, "already standing", "it repeats row {}", part, detail * 7)
        return made.in_order()

    assert reports(100)[99].row == 2 + 99 // parts
    grown = kept_of(reports, 4_000) - kept_of(reports, 1_000)
    assert grown < 3_000 * 4


def test_of_a_row_that_says_nothing_new_an_import_keeps_a_few_bytes(tmp_path: Path) -> None:
    rows = [{"name": f"Delegate {number}"} for number in range(400)]
    delegate = {"event": "DelegateAttended", "meeting": "d/s/1", "party": "JPN", "name": "{name}"}
    with Registry.open(tmp_path / "d.db") as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            SeriesOpened(series="d/s", dialogue="d", name="S"),
            MeetingHeld(meeting="d/s/1", series="d/s", date="2004-01-02"),
        )

        def again(number: int) -> ImportReport:
            report = import_table(registry, rows[:number], {"each": [delegate]})
            assert report.already_standing == number
            return report

        import_table(registry, rows, {"each": [delegate]})
        again(400)  # what is kept of names for any import is there by now
        assert kept_of(again, 400) - kept_of(again, 100) < 40 * 300
