"""Every fact of a table says of which edition and row it was made, and which cells were changed on the way in."""

import hashlib
from pathlib import Path

import pytest

from dialogue_registry import (
    Citation,
    DelegateAttended,
    DialogueLaunched,
    MeetingHeld,
    Registry,
    SeriesOpened,
    Source,
    TopicDiscussed,
    import_table,
)

LIST = "No,Day,Name,Country\n1,5 March 2019,Dr. A. Person,Japan\n2,2020,B. Person,JPN\n"
MAPPING = {
    "table": "List of meetings",
    "names": {"drop_honorifics": True},
    "parties": {"aliases": {"Japan": "JPN", "JPN": "JPN"}},
    "dates": {"languages": ["en"]},
    "each": [
        {"event": "MeetingHeld", "meeting": "d/s/{No}", "series": "d/s", "date": "{Day}"},
        {"event": "DelegateAttended", "meeting": "d/s/{No}", "name": "{Name}", "party": "{Country}"},
    ],
}


@pytest.fixture
def registry():
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            SeriesOpened(series="d/s", dialogue="d", name="S"),
        )
        yield registry


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    path.write_text(LIST, "utf-8")
    return path


def cited(registry: Registry, cls: type) -> list[Citation]:
    return [event.citation for event in registry.events() if isinstance(event.event, cls) and event.citation]


def test_a_fact_names_its_table_the_edition_and_the_row(registry, table) -> None:
    import_table(registry, table, MAPPING)
    edition = hashlib.sha256(table.read_bytes()).hexdigest()
    first, second = cited(registry, MeetingHeld)
    assert first == Citation(table="List of meetings", edition=edition, row="2", as_written=[("date", "5 March 2019")])
    assert second == Citation(table="List of meetings", edition=edition, row="3")


def test_cells_that_were_changed_on_the_way_in_are_kept_as_written(registry, table) -> None:
    import_table(registry, table, MAPPING)
    first, second = cited(registry, DelegateAttended)
    assert first.as_written == (("name", "Dr. A. Person"), ("party", "Japan"))
    assert second.as_written == ()


def test_with_a_key_the_row_is_the_key_and_the_number_its_place(registry, table) -> None:
    import_table(registry, table, {**MAPPING, "key": "{No}"})
    assert [(c.row, c.locator) for c in cited(registry, MeetingHeld)] == [("1", "row 2"), ("2", "row 3")]


def test_without_a_name_of_its_own_a_table_is_called_as_its_source_is(registry, table) -> None:
    unnamed = {key: value for key, value in MAPPING.items() if key != "table"}
    import_table(registry, table, unnamed)
    import_table(registry, [{"No": "7", "Day": "2021", "Name": "", "Country": ""}], unnamed, source=Source("Notes"))
    import_table(registry, [{"Topic": "water"}], {
        "source": {"title": "A page"}, "each": [{"event": "TopicDiscussed", "meeting": "d/s/1", "topic": "{Topic}"}],
    })  # fmt: skip
    assert [c.table for c in cited(registry, MeetingHeld)] == ["list.csv", "list.csv"]
    assert [c.table for c in cited(registry, TopicDiscussed)] == ["A page"]


def test_rows_of_a_column_or_a_list_are_told_apart_by_their_part(registry, tmp_path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("Topic,1\nwater,x\n", "utf-8")
    registry.record(MeetingHeld(meeting="d/s/1", series="d/s"))
    import_table(registry, path, {
        "file": {"unpivot": {"columns": ["1"], "name": "Meeting", "value": "Said"}},
        "each": [{"event": "TopicDiscussed", "meeting": "d/s/{Meeting}", "topic": "{Topic}", "when": {"Said": "x"}}],
    })  # fmt: skip
    assert [(c.row, c.locator) for c in cited(registry, TopicDiscussed)] == [("2", "column '1'")]


def test_a_row_read_again_adds_no_citation(registry, table) -> None:
    import_table(registry, table, MAPPING)
    position = registry.position
    import_table(registry, table, {**MAPPING, "key": "{No}"})
    assert registry.position == position


def test_an_export_carries_citations_and_imports_back_with_them(registry, table) -> None:
    import_table(registry, table, MAPPING)
    lines = list(registry.export_events())
    assert any('"factedition"' in line and '"factcitation"' in line for line in lines)
    with Registry.open() as copy:
        copy.import_events(lines)
        assert [event.citation for event in copy.events()] == [event.citation for event in registry.events()]
        assert copy.imports() == registry.imports()


def test_standard_input_has_an_edition_too(registry, table, monkeypatch) -> None:
    with table.open("rb") as stream:
        monkeypatch.setattr("sys.stdin", type("Stdin", (), {"buffer": stream}))
        import_table(registry, "-", MAPPING, format="csv")
    assert {c.edition for c in cited(registry, MeetingHeld)} == {hashlib.sha256(table.read_bytes()).hexdigest()}
