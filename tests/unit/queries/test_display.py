"""A table for people: columns stand where they are seen to stand, and no word of an answer is cut."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_registry.queries.display import fold, printable, table

LATIN = ["d/fm/1", "2026-01-31T08:20:04.507347Z", "[2020-03-01..2020-05-31]", "Second Meeting of Foreign Ministers", ""]
WIDE = ["第1回高級実務者会合", "東京", "白峰 澪", "한국", "ｱｲﾁ", "e\u0301tat", "Сауле ЖАНАБЕКТАС", "ไทย"]


def columns_of(text: str) -> int:
    """Return how many columns a text takes, by the widths that Unicode gives."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def starts(rule: str) -> list[int]:
    return [found.start() for found in re.finditer("-+", rule)]


def at_column(line: str, column: int) -> str:
    """Return what stands in a line from a column of the terminal on."""
    while column > 0:
        column -= columns_of(line[0])
        line = line[1:]
    assert column == 0, "a letter stands across the beginning of a column"
    return line


@given(st.lists(st.tuples(*[st.sampled_from([*LATIN, *WIDE])] * 4), min_size=1, max_size=5))
def test_every_column_begins_below_its_heading_whatever_the_letters(rows: list[tuple[str, ...]]) -> None:
    headings = ("meeting", "日付", "place", "title")
    heading, rule, *lines = table(headings, rows)
    for number, start in enumerate(starts(rule)):
        assert at_column(heading, start).startswith(headings[number])
        for row, line in zip(rows, lines, strict=True):
            assert (at_column(line.ljust(200), start)).startswith(row[number])
    widths = [max(map(columns_of, column)) for column in zip(headings, *rows, strict=True)]
    assert [len(dashes) for dashes in rule.split("  ")] == widths


@given(st.lists(st.tuples(*[st.sampled_from(LATIN)] * 3, st.integers() | st.none()), max_size=5))
def test_a_table_of_latin_letters_is_what_it_was(rows: list[tuple[str, str, str, int | None]]) -> None:
    headings = ("meeting", "date", "title", "ordinal")
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    wanted = [
        "  ".join(
            [*(cell.ljust(width) for cell, width in zip(line[:3], widths[:3], strict=True)), line[3].rjust(widths[3])]
        ).rstrip()
        for line in (headings, ["-" * width for width in widths], *cells)
    ]
    assert list(table(headings, rows)) == wanted


TEXTS = st.lists(st.sampled_from([*LATIN, *WIDE]), min_size=1, max_size=8).map(" ".join)


@given(st.lists(st.tuples(*[TEXTS] * 5), max_size=4), st.integers(min_value=40, max_value=120))
def test_a_folded_table_keeps_its_width_and_every_word(rows: list[tuple[str, ...]], width: int) -> None:
    lines = list(table(("meeting", "date", "place", "country", "title"), rows, width))
    assert max(map(columns_of, lines)) <= width
    shown = "".join(lines).replace(" ", "")
    for row in rows:
        for word in " ".join(row).split():
            if word.isascii():
                assert any(word in line for line in lines)
            else:
                assert all(letter in shown for letter in word)


def test_a_word_wider_than_the_terminal_stays_whole() -> None:
    id_ = "a" * 100
    assert any(id_ in line for line in table(("meeting", "title"), [(id_, "x")], 80))
    assert list(fold(f"of {id_} here", 20)) == ["of", id_, "here"]


def test_numbers_stand_at_the_right_also_where_some_are_missing() -> None:
    assert list(table(("ordinal", "place"), [(1, "Tokyo"), (None, "Astana"), (12, None)])) == [
        "ordinal  place", "-------  ------", "      1  Tokyo", "         Astana", "     12",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("a\x00b\x7fc\x9bd", r"a\x00b\x7fc\x9bd"),
        ("evil\u202egnp.exe", r"evil\u202egnp.exe"),
        ("\u2066a\u2069", r"\u2066a\u2069"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("Сауле – 東京 עברית", "Сауле – 東京 עברית"),
    ],
)
def test_what_would_steer_a_terminal_is_spelled_out(text: str, shown: str) -> None:
    assert printable(text) == shown
