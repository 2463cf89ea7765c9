"""What is known of tables can fail: each fault that is planted in their reading is caught by a test."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from dialogue_registry import DialogueRegistryError
from dialogue_registry.imports import date_words, files, row_mapper, workbooks
from dialogue_registry.imports.cells import texts_of
from dialogue_registry.imports.rows import Rows, filled_down
from tests.tried import TRIED, always_the_same
from tests.unit.imports import test_csv_files, test_date_cells, test_workbooks


def caught(test: Callable[..., object], *arguments: Any) -> None:
    """Check that a test fails."""
    with pytest.raises((AssertionError, DialogueRegistryError)):
        test(*arguments)
    TRIED["planted faults, all caught"] += 1


def test_the_day_and_the_month_swapped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(date_words, "DAY_FIRST", date_words.MONTH_FIRST)
    handle = test_date_cells.test_day_and_month_are_never_swapped.hypothesis  # type: ignore[attr-defined]
    caught(always_the_same(200)(given(**handle._given_kwargs)(handle.inner_test)))


def test_a_blank_filled_from_the_column_beside_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def filled(rows: Rows, columns: Sequence[str]) -> Rows:
        for row in filled_down(rows, columns):
            first, *others = (column for column in columns if column in row.cells)
            row.cells = {**row.cells, **dict.fromkeys(others, row.cells[first])}
            yield row

    monkeypatch.setattr(files, "filled_down", filled)
    caught(test_csv_files.test_a_blank_means_as_above_where_the_mapping_says_so_after_empty_rows_are_skipped, tmp_path)


def test_a_serial_off_by_one_epoch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    between = date(1904, 1, 1) - date(1899, 12, 30)
    plain = workbooks._value
    monkeypatch.setattr(workbooks, "_value", lambda cell: cell + between if isinstance(cell, date) else plain(cell))
    assert timedelta(days=1462) == between
    caught(test_workbooks.test_days_do_not_shift_whatever_the_epoch, tmp_path, "WINDOWS_EPOCH")
    caught(test_workbooks.test_another_reader_agrees_on_every_cell, tmp_path)


def test_a_split_that_loses_the_last_item(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(row_mapper, "texts_of", lambda *given: texts_of(*given)[:-1])
    caught(test_csv_files.test_a_cell_that_holds_several_makes_a_fact_of_each, tmp_path)
