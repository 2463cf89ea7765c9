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


IN_KANJI = "会合,回,日付\n外相会合,1,2004-08-28\n外相会合,2,2006-06-05\n高級実務者会合,1,2005-03-04\n"


@pytest.mark.parametrize(
    ("table", "meetings"),
    [
        (IN_KANJI, ["d/series-1/1", "d/series-2/1", "d/series-1/2"]),
        ("会合,日付\n第1回外相会合,2004-08-28\n第2回外相会合,2006-06-05\n", ["d/meeting-1", "d/meeting-2"]),
        ("Meeting,No.,Date\nMinisters,1,2019-05-14\nMinisters,2,2020-05-14\n", ["d/ministers/1", "d/ministers/2"]),
        ("Meeting,Date\nfm/1,2019-05-14\nFM/2,2020-05-14\n", ["d/fm/1", "d/fm/2"]),
        ("Meeting no.,Date\n1,2019-05-14\n2,2020-05-14\n", ["d/meetings/1", "d/meetings/2"]),
        ("Meeting,Date\nC++,2019-05-14\nC,2020-05-14\n", ["d/meeting-1", "d/meeting-2"]),
    ],
    ids=["series in kanji", "meetings in kanji", "meetings that are series", "ids", "numbers", "two names of one id"],
)
def test_what_it_suggests_records_every_meeting(table: str, meetings: list[str], tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(table, "utf-8")
    suggested = suggest_mapping(path, constants={"dialogue": "d", "launched": "2000"})
    with Registry.open() as registry:
        report = import_table(registry, path, suggested.mapping)
        assert (report.problems, report.remarks) == ((), ())
        assert [meeting.meeting for meeting in registry.meetings()] == meetings
