"""A mapping to begin with knows the states that a table names, in the language it names them in."""

from pathlib import Path

import pytest

from dialogue_registry import Registry, import_table, suggest_mapping

pytest.importorskip("babel")


@pytest.mark.parametrize(
    ("table", "parties", "countries"),
    [
        ("No.,Date,Country\n1,2012-04-03,Norway\n2,2013-06-25,Japan\n", {"iso": True}, ["NOR", "JPN"]),
        ("N°,Date,Pays\n1,2012-04-03,Suisse\n2,2013-06-25,Norvège\n", {"languages": ["fr"]}, ["CHE", "NOR"]),
        (
            "Nr,Datum,Land\n1,2012-04-03,Schweiz\n2,2013-06-25,Japan\n",
            {"iso": True, "languages": ["de"]},
            ["CHE", "JPN"],
        ),
        ("№,Дата,Страна\n1,2012-04-03,Республика Узбекистан\n", {"languages": ["ru"]}, ["UZB"]),
        ("番号,日付,国\n1,2012-04-03,大韓民国\n", {"languages": ["ja"]}, ["KOR"]),
        ("No.,Date,Country\n1,2012-04-03,Ruritania\n", {}, ["Ruritania"]),
    ],
    ids=["en", "fr", "de", "ru", "ja", "nowhere"],
)
def test_states_are_known_in_the_language_of_the_table(
    table: str, parties: dict[str, object], countries: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(table, "utf-8")
    suggested = suggest_mapping(path, constants={"dialogue": "d", "launched": "2012", "series": "d/s"})
    assert suggested.mapping.get("parties", {}) == parties
    with Registry.open() as registry:
        assert import_table(registry, path, suggested.mapping).problems == ()
        assert [meeting.country for meeting in registry.meetings()] == countries
