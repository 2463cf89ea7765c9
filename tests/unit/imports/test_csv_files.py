"""CSV as people save it: any delimiter, encoding, line end and head; what is doubtful is asked for."""

import csv
import io
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_registry import MappingError, Registry, UnreadableFileError, import_table, read_table
from dialogue_registry.imports.header import heading

pytest.importorskip("charset_normalizer")

TOPIC = {"event": "TopicDiscussed", "meeting": "d/s/1", "topic": "{Topic}"}
MAPPING: dict[str, Any] = {
    "first": [
        {"event": "DialogueLaunched", "dialogue": "d", "name": "D", "launched": "2004"},
        {"event": "SeriesOpened", "series": "d/s", "dialogue": "d", "name": "S"},
        {"event": "MeetingHeld", "meeting": "d/s/1", "series": "d/s"},
    ],
    "each": [TOPIC],
}


def topics(path, **rules: Any) -> tuple[list[str], tuple[str, ...]]:
    """The topics recorded from a table, and the findings about its file."""
    with Registry.open() as registry:
        report = import_table(registry, path, {**MAPPING, "file": rules})
        return [topic.topic for topic in registry.topics()], report.found


GERMAN = ["Außenminister für Wirtschaft", "Präsenz in Köln", "Übersicht der Beschlüsse", "Gespräch über Wasser"]
RUSSIAN = ["Встреча министров иностранных дел", "Водные ресурсы", "Торговля и инвестиции", "Алматы, Ташкент"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("encoding", "words"),
    [("utf-8", GERMAN + RUSSIAN), ("utf-8-sig", GERMAN), ("utf-16", RUSSIAN), ("cp1252", GERMAN), ("cp1251", RUSSIAN)],
)
def test_delimiter_encoding_and_line_ends_are_found_out_and_said(tmp_path, delimiter, end, encoding, words) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerows([["No", "Topic", "Remark"], *([number, word, "–" * 0] for number, word in enumerate(words))])
    (tmp_path / "t.csv").write_bytes(text.getvalue().encode(encoding))
    recorded, found = topics(tmp_path / "t.csv")
    assert recorded == words
    shown = delimiter.replace("\t", "\\t")
    assert (f'cells divided by "{shown}"' in found) is (delimiter != ",")
    assert (f"encoding {encoding}" in found) is (not encoding.startswith("utf-8"))


def test_a_doubtful_encoding_is_asked_for_with_the_candidates(tmp_path) -> None:
    (tmp_path / "t.csv").write_bytes("Topic\nPräsenz\n".encode("cp1252"))
    with pytest.raises(UnreadableFileError) as caught:
        topics(tmp_path / "t.csv")
    assert "line 2 has the byte 0xe4" in str(caught.value)
    assert "cp1252 has “Präsenz”" in str(caught.value)
    assert '[file] encoding = "cp1252"' in str(caught.value)
    assert topics(tmp_path / "t.csv", encoding="cp1252") == (["Präsenz"], ())


def test_without_the_extra_only_utf_8_is_known_and_the_message_names_it(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "charset_normalizer", None)
    (tmp_path / "t.csv").write_bytes("\n".join(["Topic", *GERMAN]).encode("cp1252"))
    with pytest.raises(UnreadableFileError, match=r"pip install 'dialogue-registry\[tables\]'"):
        topics(tmp_path / "t.csv")
    (tmp_path / "t.csv").write_text("\n".join(["Topic", *GERMAN]), "utf-8")
    assert topics(tmp_path / "t.csv")[0] == GERMAN


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1), min_size=1, max_size=5))
def test_valid_utf_8_is_utf_8_and_never_asked(tmp_path_factory, words) -> None:
    path = tmp_path_factory.mktemp("t") / "t.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["Topic", "x"], *([word, "x"] for word in words)])
    with read_table(path) as table:
        assert [row.cells["Topic"] for row in table] == words
        assert table.found == ()


def test_the_line_that_names_the_delimiter_is_no_head(tmp_path) -> None:
    (tmp_path / "t.csv").write_text("sep=;\nTopic;Remark\nwater, clean;x\n", "utf-8")
    assert topics(tmp_path / "t.csv")[0] == ["water, clean"]
    with read_table(tmp_path / "t.csv") as table:
        assert [row.number for row in table] == [3]


def test_the_columns_of_the_mapping_decide_what_divides_the_cells(tmp_path) -> None:
    (tmp_path / "t.csv").write_text('Topic;Office, Ministry\n"a, b";"c, d"\ne, f;g, h\n', "utf-8")
    assert topics(tmp_path / "t.csv")[0] == ["a, b", "e, f"]


def test_unicode_text_of_a_spreadsheet_is_read_as_it_is(tmp_path) -> None:
    (tmp_path / "t.txt").write_text("Topic\tRemark\n水\tx\n", "utf-16")
    assert topics(tmp_path / "t.txt") == (["水"], ("encoding utf-16", 'cells divided by "\\t"'))


# --- heads ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "head", ["Topic", " Topic ", "Topic\u00a0", "\ufeffTopic", "To\u00adpic", "\u200bTopic", '"Topic\n"']
)
def test_blanks_and_what_cannot_be_seen_do_not_matter_in_a_heading(tmp_path, head: str) -> None:
    (tmp_path / "t.csv").write_text(f"No,{head},Remark\n1,water,x\n", "utf-8")
    assert topics(tmp_path / "t.csv")[0] == ["water"]
    assert heading(head.strip('"')) == "Topic"


def test_a_heading_that_is_missing_is_said_with_those_that_are_there_and_the_nearest(tmp_path) -> None:
    (tmp_path / "t.csv").write_text("No,topic\u00a0,Tоpic\n1,a,b\n", "utf-8")
    with pytest.raises(MappingError) as caught:
        topics(tmp_path / "t.csv")
    assert "it has No, 'topic\\xa0', Tоpic; did you mean 'topic'?" in str(caught.value)


def test_a_column_is_named_by_its_place_where_it_has_no_heading_or_two_have_one(tmp_path) -> None:
    (tmp_path / "t.csv").write_text(",Topic,Topic\n1,a,b\n", "utf-8")
    with pytest.raises(MappingError, match="two columns 'Topic', 2 and 3"):
        topics(tmp_path / "t.csv")
    with Registry.open() as registry:
        import_table(
            registry, tmp_path / "t.csv", {**MAPPING, "each": [{**TOPIC, "topic": "{column 1}{column 3} {row}"}]}
        )
        assert [topic.topic for topic in registry.topics()] == ["1b 2"]
    (tmp_path / "t.csv").write_text("row,column 1\na,b\n", "utf-8")
    with Registry.open() as registry:
        import_table(registry, tmp_path / "t.csv", {**MAPPING, "each": [{**TOPIC, "topic": "{row} {column 1}"}]})
        assert [topic.topic for topic in registry.topics()] == ["a b"]


def test_a_column_without_a_heading_is_said_where_one_is_missing(tmp_path) -> None:
    (tmp_path / "t.csv").write_text("Topic,,When\na,1,2020\n", "utf-8")
    each = {**TOPIC, "meeting": "d/s/{No}"}
    with Registry.open() as registry, pytest.raises(MappingError, match=r"no column 'No'.*by its place, \{column 2\}"):
        import_table(registry, tmp_path / "t.csv", {**MAPPING, "each": [each]})
    with Registry.open() as registry:
        import_table(registry, tmp_path / "t.csv", {**MAPPING, "each": [{**TOPIC, "meeting": "d/s/{column 2}"}]})
        assert [topic.topic for topic in registry.topics()] == ["a"]


def test_a_head_in_several_rows_is_joined_and_a_group_is_that_of_all_its_columns(tmp_path) -> None:
    (tmp_path / "t.csv").write_text("Talks,,,\n,,,\nNo.,2019,,Remark\n,online,Topic,\n1,a,water,x\n", "utf-8")
    with read_table(
        tmp_path / "t.csv", {"file": {"header_row": [3, 4]}, "each": [{**TOPIC, "topic": "{2019 / Topic}"}]}
    ) as t:
        assert t.columns == ("No.", "2019 / online", "2019 / Topic", "Remark")
        assert [(row.number, dict(row.cells)) for row in t] == [
            (5, {"No.": "1", "2019 / online": "a", "2019 / Topic": "water", "Remark": "x"})
        ]


def test_a_head_further_down_is_named_by_its_row(tmp_path) -> None:
    (tmp_path / "t.csv").write_text("Topics of the quarter,,\n,,\nNo,Topic,Remark\n1,water,x\n", "utf-8")
    with pytest.raises(
        MappingError, match=r"the head seems to be in row 3: say so in the mapping, \[file\] header_row = 3"
    ):
        topics(tmp_path / "t.csv")
    with pytest.raises(MappingError, match=r"the head may be in row 3, which has No, Topic, Remark: say so"):
        import_table(Registry.open(), tmp_path / "t.csv", {**MAPPING, "each": [{**TOPIC, "topic": "{Thema}"}]})
    assert topics(tmp_path / "t.csv", header_row=3)[0] == ["water"]
    with pytest.raises(MappingError, match="row 9 of .* is empty or not there"):
        topics(tmp_path / "t.csv", header_row=9)


# --- rows ----------------------------------------------------------------------------


def test_a_blank_means_as_above_where_the_mapping_says_so_after_empty_rows_are_skipped(tmp_path) -> None:
    (tmp_path / "t.csv").write_text("Session,Party,Topic\n1,JPN,a\n,,\n,,b\n,KAZ,c\n2,,d\n", "utf-8")
    mapping = {"file": {"fill_down": ["Session", "Party"]}, "each": [TOPIC]}
    with read_table(tmp_path / "t.csv", mapping) as table:
        assert [(row.number, row.cells["Session"], row.cells["Party"]) for row in table] == [
            (2, "1", "JPN"), (4, "1", "JPN"), (5, "1", "KAZ"), (6, "2", "KAZ"),
        ]  # fmt: skip
    with pytest.raises(MappingError, match="no column 'Sesion'"):
        topics(tmp_path / "t.csv", fill_down=["Sesion"])


def test_a_cell_that_holds_several_makes_a_fact_of_each(tmp_path) -> None:
    """Columns that are split go side by side; empty items make nothing."""
    (tmp_path / "t.csv").write_text('People,Offices\n"A; B;C","Envoy; Clerk; Aide"\nD,Judge\n"E;",\n', "utf-8")
    attended = {
        "event": "DelegateAttended", "meeting": "d/s/1", "party": "JPN", "name": "{People}", "office": "{Offices}",
        "split": {"People": ";", "Offices": ";"},
    }  # fmt: skip
    with Registry.open() as registry:
        import_table(registry, tmp_path / "t.csv", {**MAPPING, "each": [attended]})
        assert [(row.name, row.office) for row in registry.attendance()] == [
            ("A", "Envoy"), ("B", "Clerk"), ("C", "Aide"), ("D", "Judge"), ("E", ""),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("stop", "read"), [("Total", ["a"]), ("total", ["a"]), (["Sum", "TOT"], ["a"]), ("x", ["a", "3", ""])]
)
def test_a_table_ends_where_the_mapping_says(tmp_path, stop, read) -> None:
    (tmp_path / "t.csv").write_text("No,Topic\n1,a\nTotal:,3\nNote: none,\n", "utf-8")
    with read_table(tmp_path / "t.csv", {"file": {"stop_at": stop}, "each": [TOPIC]}) as table:
        assert [row.cells["Topic"] for row in table] == read


def test_a_row_that_seems_to_hold_totals_is_remarked(tmp_path) -> None:
    (tmp_path / "t.csv").write_text("No,Topic\n1,a\nTotal,3\n", "utf-8")
    with Registry.open() as registry:
        (remark,) = import_table(registry, tmp_path / "t.csv", MAPPING).remarks
    assert (remark.row, remark.outcome) == (3, "recorded")
    assert '[file] stop_at = "Total"' in remark.reason


@pytest.mark.parametrize("columns", ["1957:1959", ["1957", "1958", "1959"]])
def test_columns_become_rows_and_blank_cells_none(tmp_path, columns) -> None:
    (tmp_path / "t.csv").write_text("Country,1957,1958,1959,Note\nJPN,3,,5,x\nKAZ,-,7,,y\n", "utf-8")
    file = {"unpivot": {"columns": columns, "name": "year", "value": "delegates"}}
    mapping = {
        **MAPPING,
        "missing": ["-"],
        "file": file,
        "each": [{**TOPIC, "topic": "{Country} {year}: {delegates} {Note}"}],
    }
    with Registry.open() as registry:
        report = import_table(registry, tmp_path / "t.csv", mapping)
        assert [topic.topic for topic in registry.topics()] == ["JPN 1957: 3 x", "JPN 1959: 5 x", "KAZ 1958: 7 y"]
        assert report.rows == 3
        again = import_table(
            registry, tmp_path / "t.csv", {**mapping, "each": [{**TOPIC, "meeting": "d/s/{year}", "topic": "x"}]}
        )
    assert [(row.row, row.part) for row in again.of_rows] == [
        (2, "column '1957'"),
        (2, "column '1959'"),
        (3, "column '1958'"),
    ]
    for wrong in ("1957:1960", "1959:1957"):
        with (
            pytest.raises(MappingError, match="unpivot"),
            read_table(
                tmp_path / "t.csv",
                {"file": {"unpivot": {**file["unpivot"], "columns": wrong}}, "each": [{**TOPIC, "topic": "{year}"}]},
            ) as table,
        ):
            list(table)


def test_a_list_of_lines_is_read_by_a_pattern_and_lines_that_do_not_fit_are_reported(tmp_path) -> None:
    lines = "\ufeff  • Mr. A Aaa, Minister, Ministry of X\nJapan\n\n– B Bbb , Ambassador\n3. C Ccc – Head, of it\n"
    (tmp_path / "list.txt").write_text(lines, "utf-8")
    held = {**MAPPING, "each": [{"event": "TopicDiscussed", "meeting": "d/s/1", "topic": "x"}]}
    with Registry.open() as registry:
        import_table(registry, [{}], held)
        same = {"event": "DelegateAttended", "meeting": "d/s/1", "party": "JPN"}
        report = import_table(
            registry, tmp_path / "list.txt", constants=same, line=["{}. {name} – {office}", "{name}, {office}"]
        )
        assert [(a.name, a.office) for a in registry.attendance()] == [
            ("Mr. A Aaa", "Minister, Ministry of X"), ("B Bbb", "Ambassador"), ("C Ccc", "Head, of it"),
        ]  # fmt: skip
    (row,) = report.problems
    assert row.row == 2
    assert """'Japan' does not fit "{}. {name} – {office}" or "{name}, {office}\"""" in row.reason
    for pattern in ("name, office", "{name}{office}", "{name} {name}"):
        with pytest.raises(MappingError, match="the pattern of a line"):
            import_table(Registry.open(), tmp_path / "list.txt", constants=same, line=pattern)


@given(st.randoms(use_true_random=False), st.integers(0, 60))
def test_batches_and_single_rows_come_to_the_same(chance: random.Random, number: int) -> None:
    """However many rows are refused in between, each is recorded or refused as it would be by itself."""
    rows = [
        {"Topic": chance.choice(["a", "b", "c", ""]), "M": chance.choice(["1", "1", "9", "C++", "C"])}
        for _ in range(number)
    ]
    mapping = {**MAPPING, "each": [{**TOPIC, "meeting": "d/s/{M}"}]}
    with Registry.open() as together, Registry.open() as separate:
        import_table(together, [], MAPPING)
        import_table(separate, [], MAPPING)
        for registry in (together, separate):
            registry.record(*(_held(name) for name in ("c", "c2")))
        report = import_table(together, rows, mapping)
        spelled: dict[str, str] = {}
        for row in rows:
            clash = {"C++": "C", "C": "C++"}.get(row["M"])
            if clash is not None and spelled.get("c") == clash:
                continue
            if (
                import_table(separate, [row], mapping).recorded
                + import_table(separate, [row], mapping).already_standing
                and clash
            ):
                spelled["c"] = row["M"]
        assert [e.event for e in together.events()] == [e.event for e in separate.events()]
        assert report.recorded + report.already_standing + len(report.problems) == number


def _held(name: str):
    from dialogue_registry import MeetingHeld

    return MeetingHeld(meeting=f"d/s/{name}", series="d/s")
