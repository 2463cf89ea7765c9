"""Tables come in row by row: each whole or not at all, each with its report, and twice changes nothing."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from dialogue_registry import (
    DelegateAbsent,
    DelegateAttended,
    DialogueLaunched,
    InvalidValueError,
    MappingError,
    MeetingHeld,
    PartyJoined,
    Registry,
    SeriesOpened,
    Source,
    StoppedImportError,
    UnreadableFileError,
    import_table,
)
from dialogue_registry.imports.mapping import read_mapping
from dialogue_registry.imports.report import OUTCOMES, RowOutcome, RowReport
from dialogue_registry.imports.spelling import READERS, SourceTable
from dialogue_registry.imports.templates import Template
from tests.paths import ROOT

PRECOP = ROOT.parent / "shared" / "data" / "unfccc_precop" / "precops.cleaned.csv"
MAPPINGS_PAGE = (ROOT / "docs" / "reference" / "mappings.md").read_text("utf-8")
TOPIC = {"event": "TopicDiscussed", "meeting": "d/s/{Meeting}", "topic": "{Topic}"}
DELEGATE = {"event": "DelegateAttended", "meeting": "d/s/{Meeting}", "name": "{Name}", "party": "{Country}"}


@pytest.fixture
def registry():
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            PartyJoined(dialogue="d", party="KGZ", name="Kyrgyzstan", aliases=["Kyrgyz Republic"]),
            SeriesOpened(series="d/s", dialogue="d", name="S"),
            MeetingHeld(meeting="d/s/1", series="d/s"),
        )
        yield registry


def imported_fact(registry: Registry, mapping: dict[str, Any], **row: object) -> Any:
    """The fact that a mapping of one fact makes of a row, recorded."""
    report = import_table(registry, [row], mapping)
    assert report.of_rows == ()
    return list(registry.events())[-1].event


# --- the report ----------------------------------------------------------------------

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "Meeting": st.sampled_from(["1", "2", "99", "!", ""]),
            "Name": st.sampled_from(["A", "B", ""]),
            "Country": st.sampled_from(["Kyrgyzstan", "KGZ", "Ruritania", ""]),
            "Office": st.sampled_from(["", "Minister", "Ambassador"]),
            "Held": st.sampled_from(["yes", ""]),
        }
    ),
    max_size=12,
)
MAPPING = {
    "parties": {},
    "each": [
        {
            "event": "MeetingHeld",
            "when": {"Held": "yes", "Meeting": ["1", "2"]},
            "meeting": "d/s/{Meeting}",
            "series": "d/s",
        },
        {**DELEGATE, "when": {"Country": True}, "office": "{Office}"},
    ],
}


@given(ROWS)
def test_every_row_is_counted_once_and_a_second_run_records_nothing(rows) -> None:
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            PartyJoined(dialogue="d", party="KGZ", name="Kyrgyzstan"),
            SeriesOpened(series="d/s", dialogue="d", name="S"),
        )
        before = registry.position
        dry = import_table(registry, rows, MAPPING, dry_run=True)
        assert registry.position == before
        report = import_table(registry, rows, MAPPING)
        assert (dry.rows, dry.recorded, dry.events, dry.unknown) == (
            report.rows, report.recorded, report.events, report.unknown,
        )  # fmt: skip
        assert [(r.row, r.outcome) for r in dry.of_rows] == [(r.row, r.outcome) for r in report.of_rows]
        assert report.rows == len(rows) == sum(getattr(report, name.replace(" ", "_")) for name in OUTCOMES)
        assert report.events == registry.position - before
        assert len(report.of_rows) == report.rows - report.recorded
        head = registry.head
        again = import_table(registry, rows, MAPPING)
        assert (again.recorded, again.events, registry.head) == (0, 0, head)
        assert {r.row for r in again.problems} == {r.row for r in report.problems}
        registry.verify()


@given(ROWS)
def test_a_bad_row_changes_nothing_about_the_others(rows) -> None:
    def recorded(given) -> tuple[list[Any], list[int]]:
        with Registry.open() as registry:
            registry.record(
                DialogueLaunched(dialogue="d", name="D", launched="2004"),
                PartyJoined(dialogue="d", party="KGZ", name="Kyrgyzstan"),
                SeriesOpened(series="d/s", dialogue="d", name="S"),
            )
            report = import_table(registry, given, MAPPING)
            return [e.event for e in registry.events()], [r.row for r in report.problems]

    all_of_them, bad = recorded(rows)
    without, none = recorded([row for number, row in enumerate(rows, 1) if number not in bad])
    assert all_of_them == without
    assert none == []


@given(ROWS)
def test_strict_records_all_or_nothing(rows) -> None:
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            PartyJoined(dialogue="d", party="KGZ", name="Kyrgyzstan"),
            SeriesOpened(series="d/s", dialogue="d", name="S"),
        )
        before = registry.head
        problems = import_table(registry, rows, MAPPING, dry_run=True).problems
        if problems:
            with pytest.raises(StoppedImportError) as caught:
                import_table(registry, rows, MAPPING, strict=True)
            assert caught.value.row == problems[0].row
            assert registry.head == before
        else:
            import_table(registry, rows, MAPPING, strict=True)


def test_a_row_is_recorded_whole_or_not_at_all(registry) -> None:
    mapping = {"each": [TOPIC, {"event": "OutcomeAgreed", "meeting": "d/s/{Meeting}", "title": "{Title}"}]}
    report = import_table(registry, [{"Meeting": "1", "Topic": "water", "Title": ""}], mapping)
    (row,) = report.of_rows
    assert (row.row, row.outcome) == (1, "refused")
    assert "OutcomeAgreed needs 'title'" in row.reason
    assert registry.topics() == ()


def test_a_row_may_rest_on_rows_further_down(registry) -> None:
    rows = [
        {"event": "DelegateAttended", "meeting": "d/t/1", "name": "A", "party": "RUR"},
        {"event": "MeetingHeld", "meeting": "d/t/1", "series": "d/t"},
        {"event": "SeriesOpened", "series": "d/t", "dialogue": "d", "name": "T"},
    ]
    report = import_table(registry, rows, strict=True)
    assert (report.recorded, report.of_rows) == (3, ())
    each = [
        {**DELEGATE, "when": {"Name": True}},
        {"event": "PartyJoined", "when": {"Name": False}, "dialogue": "d", "party": "{Code}", "name": "{Country}"},
    ]
    table = [
        {"Meeting": "1", "Name": "B", "Country": "Freedonia", "Code": ""},
        {"Meeting": "1", "Name": "", "Country": "Freedonia", "Code": "FRE"},
    ]
    mapping = {"parties": {"aliases": {"FRE": "FRE"}, "unresolved": "keep"}, "each": each}
    assert import_table(registry, table, mapping).unknown == {}
    assert [a.party for a in registry.attendance("d/s/1")] == ["FRE"]


def test_a_conflict_says_what_differs_and_where_the_other_stands(registry) -> None:
    rows = [
        {"Meeting": "1", "Name": "A", "Country": "KGZ", "Office": "Minister"},
        {"Meeting": "1", "Name": "A", "Country": "KGZ", "Office": ""},
    ]
    report = import_table(registry, rows, {"each": [{**DELEGATE, "office": "{Office}"}]})
    (row,) = report.problems
    assert (row.row, row.outcome) == (2, "in conflict")
    assert row.reason.startswith(
        "'A' of 'KGZ': DelegateAttended stands otherwise at position 5 (row 1): office is not given here, 'Minister' "
        "there; if several persons bear that name, say in the mapping what tells them apart"
    )


def test_a_repeated_row_says_which_it_repeats(registry) -> None:
    row = {"Meeting": "1", "Topic": "water", "Remark": "x"}
    report = import_table(registry, [row, row, {**row, "Remark": "y"}], {"each": [TOPIC]})
    assert [(r.row, r.outcome, r.reason) for r in report.of_rows] == [
        (2, "already standing", "it repeats row 1, cell for cell"),
        (3, "already standing", "the log has all of it, from the same source"),
    ]


def test_printed_it_is_a_summary_a_line_a_cause_and_a_table_of_names_to_paste(registry) -> None:
    rows = [{"Meeting": "1", "Name": "A", "Country": f"Nowhere {number}"} for number in range(30)]
    mapping = {"parties": {}, "each": [DELEGATE]}
    text = str(import_table(registry, rows, mapping))
    assert (
        "30 rows unresolved: party 'Nowhere 0' is not known, or is two: give its code in [parties.aliases] (also "
        "'Nowhere 1', 'Nowhere 2', 'Nowhere 3', 'Nowhere 4' …); rows 1, 2, 3, 4, 5, 6, 7, 8 …"
    ) in text.split("\n")
    assert '[parties.aliases]\n"Nowhere 0" = ""  # 1 row\n' in text
    report = import_table(registry, rows, mapping, dry_run=True)
    assert str(report).startswith("nothing recorded, would be")
    assert "row 30: unresolved: party 'Nowhere 29' is not known" in report.text(verbose=True)
    with pytest.raises(StoppedImportError) as caught:
        import_table(registry, rows, mapping, strict=True)
    assert str(caught.value.report) == str(report)


def test_what_was_amended_since_is_told_apart_and_is_no_problem(registry) -> None:
    rows = [{"Meeting": "1", "Topic": topic} for topic in ("water", "fire", "earth")]
    import_table(registry, rows, {"each": [TOPIC]})
    water, fire = list(registry.events(subject="d/s/1"))[1:3]
    registry.retract(water.id, reason="misread")
    wind = registry.correct(fire.id, evolve(fire.event, topic="wind"), reason="misread")

    def again():
        report = import_table(registry, rows, {"each": [TOPIC]})
        assert (report.recorded, report.problems) == (0, ())
        return [row.outcome for row in report.of_rows]

    assert again() == ["amended since", "amended since", "already standing"]
    registry.retract(wind.id, reason="it was right")
    assert again() == ["amended since", "already standing", "already standing"]


def test_progress_is_told_after_each_thousand_rows(registry) -> None:
    reported: list[tuple[int, int]] = []
    rows = ({"Meeting": "1", "Topic": str(number)} for number in range(1500))
    import_table(registry, rows, {"each": [TOPIC]}, progress=lambda done, total: reported.append((done, total)))
    assert reported == [(1000, 1000), (1500, 1500)]


# --- what a mapping can say ----------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "cells", "text"),
    [
        ("{A}", ["x"], "x"),
        ("{A}, {B}, {C}", ["x", "y", "z"], "x, y, z"),
        ("{A}, {B}, {C}", ["x", "", "z"], "x, z"),
        ("{A}, {B}, {C}", ["", "y", ""], "y"),
        ("{A} {B}", ["", "y"], "y"),
        ("{A} ({B})", ["x", "y"], "x (y)"),
        ("no. {A}", ["14"], "no. 14"),
        ("{A} ({B})", ["x", ""], "x"),
        ("{A} ({B})", ["", "y"], "(y)"),
        ("({A}) {B}", ["", "y"], "y"),
        ("{A} [{B}], {C}", ["x", "", "z"], "x, z"),
        ("{A} ({B}, {C})", ["x", "y", "z"], "x (y, z)"),
        ("{A}) {B}", ["1", "y"], "1) y"),
    ],
)
def test_an_empty_column_takes_the_text_before_it_along(template: str, cells: list[str], text: str) -> None:
    assert Template.of(template).fill(cells) == text


@pytest.mark.parametrize("cells", [["x", "", "z"], ["x", "", ""]])
def test_a_bracket_never_stands_alone(cells: list[str]) -> None:
    with pytest.raises(InvalidValueError, match=r"a bracket of '\{A\} \(\{B\}, \{C\}\)' would stand alone"):
        Template.of("{A} ({B}, {C})").fill(cells)


@given(st.text("(){}AB ,", max_size=12).map(lambda text: text.replace("A", "{A}").replace("B", "{B}")), st.data())
def test_brackets_stay_in_pairs_where_the_mapping_has_pairs(text: str, data) -> None:
    template = Template.of(text)
    if template.columns and _paired(re.sub(r"{[^{}]+}", "", text)):
        cells = [data.draw(st.sampled_from(["x", ""])) for _ in template.columns]
        if any(cells):
            try:
                filled = template.fill(cells)
            except InvalidValueError:
                return
            assert filled.count("(") == filled.count(")")


def _paired(text: str) -> bool:
    depth = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return False
    return depth == 0


@pytest.mark.parametrize(
    ("cell", "date"),
    [
        ("16 June 2021", "2021-06-16"),
        ("June 2021", "2021-06"),
        ("2021", "2021"),
        ("16.06.2021", "2021-06-16"),
        ("[2007-12-14..2011-11-30]", "[2007-12-14..2011-11-30]"),
        ("2021-06-16", "2021-06-16"),
    ],
)
def test_dates_are_read_by_the_formats_given_and_as_precisely_as_they_are(registry, cell: str, date: str) -> None:
    mapping = {
        "dates": {"formats": ["%d %B %Y", "%B %Y", "%d.%m.%Y"]},
        "each": [{"event": "MeetingHeld", "meeting": "d/s/2", "series": "d/s", "date": "{Date}"}],
    }
    assert str(imported_fact(registry, mapping, Date=cell).date) == date


@pytest.mark.parametrize(
    ("first", "last", "date"),
    [
        ("19.12.2025", "20.12.2025", "2025-12-19/2025-12-20"),
        ("19.12.2025", "19.12.2025", "2025-12-19"),
        ("19.12.2025", "", "2025-12-19"),
    ],
)
def test_two_columns_make_a_span(registry, first: str, last: str, date: str) -> None:
    mapping = {
        "dates": {"formats": ["%d.%m.%Y"]},
        "each": [{"event": "MeetingHeld", "meeting": "d/s/2", "series": "d/s", "date": "{From}/{To}"}],
    }
    assert str(imported_fact(registry, mapping, From=first, To=last).date) == date


def test_a_span_without_its_first_day_is_refused(registry) -> None:
    each = [{"event": "MeetingHeld", "meeting": "d/s/2", "series": "d/s", "date": "{From}/{To}"}]
    (row,) = import_table(registry, [{"From": "", "To": "2025-12-20"}], {"each": each}).of_rows
    assert "'From' has no day to begin on" in row.reason


@pytest.mark.parametrize(
    ("template", "dates", "cells", "date"),
    [
        ("{Y}-{M}-{D}", {}, (2003, 7, 5), "2003-07-05"),
        ("{Y}-{M}-{D}", {}, (2003, 4, None), "2003-04"),  # which alone might be the years 2003 and 2004
        ("{Y}-{M}-{D}", {}, (2003, None, None), "2003"),
        ("{Y}-{M}-{D}", {}, (2003, None, 12), None),
        ("{Y}-{M}-{D}", {}, (2003, 13, None), None),
        ("{Y}-{M}", {}, (2003, 4, 5), "2003-04"),
        ("{D}/{M}/{Y}", {"order": "day first"}, (2003, 4, None), "2003-04"),
        ("{D}/{M}/{Y}", {"order": "day first"}, (2003, None, 12), None),
        ("{M}/{D}/{Y}", {"order": "month first"}, (2003, 4, None), "2003-04"),
        ("{M}/{D}/{Y}", {"order": "month first"}, (2003, None, 12), None),
        ("{D}.{M}.{Y}", {"formats": ["%d.%m.%Y"]}, (2003, 4, None), "2003-04"),
        ("{D}.{M}.{Y}", {}, (2003, 4, None), None),
        ("{D} {M} {Y}", {"formats": ["%d %m %Y"]}, (2003, None, 11), None),
        ("Tue {D}/{M}/{Y}", {"order": "day first"}, (2003, None, 12), None),
        ("{Y}-{M}-{D} {T}", {}, (2003, None, 12), None),
        ("{Y}-{M}-{D} {T}", {}, (2003, 4, None), "2003-04"),
        ("{Y}年{M}月{D}日", {}, (2003, 4, 12), "2003-04-12"),
        ("{Y}年{M}月{D}日", {}, (2003, 4, None), "2003-04"),
        ("{Y}年{M}月{D}日", {}, (2003, None, 12), None),
        ("2003-{M}-{D}", {}, (2001, None, 12), None),
        ("2003-{M}-{D}", {}, (2001, 4, None), "2003-04"),
        ("{D}.{M}.2003", {"order": "day first"}, (2001, None, 12), None),
    ],
)
def test_a_day_whose_month_is_empty_never_becomes_a_month(registry, template, dates, cells, date) -> None:
    mapping = {
        "dates": dates, "each": [{"event": "MeetingHeld", "meeting": "d/s/2", "series": "d/s", "date": template}],
    }  # fmt: skip
    report = import_table(registry, [{**dict(zip("YMD", cells, strict=True)), "T": ""}], mapping)
    if date is None:
        assert [row.outcome for row in report.of_rows] == ["refused"]
    else:
        assert str(registry.meeting("d/s/2").date) == date


def test_the_year_of_a_column_may_have_a_word(registry) -> None:
    mapping = {
        "dates": {"year": "{Y}", "languages": ["ja"]},
        "each": [{"event": "MeetingHeld", "meeting": "d/s/2", "series": "d/s", "date": "{D}"}],
    }
    pytest.importorskip("babel")
    assert str(imported_fact(registry, mapping, Y="2017年", D="8月13日～8月15日").date) == "2017-08-13/2017-08-15"


@pytest.mark.parametrize(
    ("cell", "meeting"),
    [
        ("INC 1", "d/s/inc-1"),
        ("fm/2020-special", "d/s/fm/2020-special"),
        ("FM/2020 special", "d/s/fm/2020-special"),
        ("Réunion n° 3", "d/s/reunion-n-3"),
    ],
)
def test_a_cell_in_an_id_is_written_as_ids_are(registry, cell: str, meeting: str) -> None:
    mapping = {"each": [{"event": "MeetingHeld", "meeting": "d/s/{M}", "series": "d/s"}]}
    assert imported_fact(registry, mapping, M=cell).meeting == meeting


def test_two_texts_do_not_become_one_id_unless_they_are_spelled_alike(registry) -> None:
    each = [{"event": "MeetingHeld", "meeting": "d/s/{M}", "series": "d/s"}]
    rows = [{"M": cell} for cell in ("C++", "C", "INC 1", "inc-1", "INC – 1", "Ｃ++")]
    report = import_table(registry, rows, {"each": each})
    assert [(row.row, row.outcome) for row in report.of_rows] == [
        (2, "refused"), (4, "already standing"), (5, "already standing"), (6, "already standing"),
    ]  # fmt: skip
    assert "'C', and the id made of it, 'c', is that of 'C++' further up" in report.of_rows[0].reason


@pytest.mark.parametrize(("cell", "why"), [("", "is empty"), ("会合", "no id can be made")])
def test_no_id_is_made_of_nothing(registry, cell: str, why: str) -> None:
    each = [{"event": "MeetingHeld", "meeting": "d/{A}/{M}", "series": "d/s"}]
    (row,) = import_table(registry, [{"A": "s", "M": cell}], {"each": each}).of_rows
    assert row.outcome == "refused"
    assert why in row.reason


def test_names_are_kept_as_written_unless_honorifics_are_to_be_dropped(registry) -> None:
    row = {"Meeting": "1", "Name": "H.E. Mr. TOKUDA Shuichi", "Country": "JPN"}
    assert imported_fact(registry, {"each": [DELEGATE]}, **row).name == "H.E. Mr. TOKUDA Shuichi"
    assert (
        imported_fact(registry, {"names": {"drop_honorifics": True}, "each": [DELEGATE]}, **row).name
        == "TOKUDA Shuichi"
    )


def test_an_honorific_that_is_taken_off_can_be_read_in_the_citation(registry) -> None:
    mapping = {"names": {"drop_honorifics": True}, "each": [DELEGATE]}
    names = ["Mr. M. Torvald Aske", "M. Paul Vernage", "S.E. M. Paul Vernage", "M. K. Ondara"]
    for name in names:
        import_table(registry, [{"Meeting": "1", "Name": name, "Country": "XXX"}], mapping)
    recorded = [event for event in registry.events() if isinstance(event.event, DelegateAttended)]
    assert [event.event.name for event in recorded] == ["M. Torvald Aske", "Paul Vernage", "M. K. Ondara"]
    written = [event.citation and dict(event.citation.as_written).get("name") for event in recorded]
    assert written == ["Mr. M. Torvald Aske", "M. Paul Vernage", None]
    assert [row.name for row in registry.delegate("M. Torvald Aske")] == ["M. Torvald Aske"]
    assert registry.delegate("Torvald Aske") == ()


def test_a_delegate_nobody_named_has_an_office(registry) -> None:
    mapping = {"each": [{**DELEGATE, "office": "{Office}"}]}
    assert imported_fact(
        registry, mapping, Meeting="1", Name="", Country="TKM", Office="Ambassador"
    ) == DelegateAttended(meeting="d/s/1", name="", party="TKM", office="Ambassador")


@pytest.mark.parametrize("cls", [DelegateAttended, DelegateAbsent])
def test_that_nobody_is_named_is_recorded_by_a_fact_without_name_and_office_alone(registry, cls: type[Any]) -> None:
    seat = {"event": cls.__name__, "meeting": "d/s/1", "party": "{Country}"}
    row = {"Name": "", "Office": "", "Country": "TKM"}
    for fields in ({"name": "{Name}"}, {"office": "{Office}"}, {"name": "{Name}", "office": "{Office}"}):
        (refused,) = import_table(registry, [row], {"each": [{**seat, **fields}]}).of_rows
        assert refused.outcome is RowOutcome.REFUSED
        assert "is empty: where a party is listed and nobody of it is named" in refused.reason
    named = {**seat, "name": "{Name}", "when": {"Name": True}}
    unnamed = {**seat, "when": {"Name": False}}
    assert import_table(registry, [row, {**row, "Name": "A"}], {"each": [named, unnamed]}).recorded == 2
    assert {fact.event.name for fact in registry.facts(cls)} == {"", "A"}


def test_parties_are_matched_with_the_registry_the_aliases_and_iso(registry) -> None:
    aliases = {"Great Britain": "GBR", "Congo": "COD"}  # ISO's Congo is the other one
    mapping = {"parties": {"iso": True, "aliases": aliases}, "each": [DELEGATE]}
    for country, code in [
        ("Congo", "COD"), ("Cote d'Ivoire", "CIV"),
        ("the Kyrgyz Republic", "KGZ"), ("great britain", "GBR"), ("Republic of Korea", "KOR"), ("UZB", "UZB"),
    ]:  # fmt: skip
        assert imported_fact(registry, mapping, Meeting="1", Name=country, Country=country).party == code


@pytest.mark.parametrize(("unresolved", "recorded"), [("leave out", 0), ("keep", 2)])
def test_parties_nobody_knows_are_listed_and_left_out_or_kept(registry, unresolved: str, recorded: int) -> None:
    rows = [{"Meeting": "1", "Name": name, "Country": "Ruritania"} for name in "AB"]
    report = import_table(registry, rows, {"parties": {"unresolved": unresolved}, "each": [DELEGATE]})
    assert report.unknown == {"Ruritania": 2}
    assert (report.recorded, report.unresolved) == (recorded, 2 - recorded)
    assert {a.party for a in registry.attendance()} == ({"Ruritania"} if recorded else set())


def test_values_constants_lists_numbers_and_missing_cells(registry) -> None:
    mapping = {
        "missing": ["NA", "-"],
        "values": {"format": {"Virtual": "online"}},
        "lists": {"separator": "|"},
        "each": [
            {
                "event": "MeetingHeld", "meeting": "d/s/2", "series": "d/s", "ordinal": "{No}", "format": "{How}",
                "place": "{City}", "country": "JPN",
            },
            {"event": "ActivityReported", "meeting": "d/s/2", "title": "Expo", "organisers": "{Who}"},
        ],
    }  # fmt: skip
    import_table(registry, [{"No": 14.0, "How": " virtual ", "City": "NA", "Who": "A | B"}], mapping)
    (meeting,) = registry.meetings(meeting="d/s/2")
    assert (meeting.ordinal, meeting.format, meeting.place, meeting.country) == (14, "online", "", "JPN")
    assert registry.activities()[0].organisers == ("A", "B")


def test_conditions_say_for_which_rows(registry) -> None:
    each = [{**TOPIC, "when": {"Status": ["held", ""], "Topic": True, "Secret": False}}]
    rows = [
        {"Meeting": "1", "Topic": topic, "Status": status, "Secret": secret}
        for topic, status, secret in [
            ("a", "Held", ""), ("b", "", ""), ("c", "cancelled", ""), ("", "held", ""), ("e", "held", "x"),
        ]
    ]  # fmt: skip
    report = import_table(registry, rows, {"each": each})
    assert [topic.topic for topic in registry.topics()] == ["a", "b"]
    assert (report.recorded, report.skipped) == (2, 3)


def test_the_source_is_in_columns_in_the_mapping_or_the_file(registry, tmp_path: Path) -> None:
    row = {"Meeting": "1", "Topic": "water", "Title": "A release", "Link": "https://example.org", "Day": "2021-06-16"}
    source = {"title": "{Title}", "url": "{Link}", "published": "{Day}", "kind": "report"}
    import_table(registry, [row], {"source": source, "each": [TOPIC]})
    (topic,) = registry.topics()
    assert topic.sources == (Source("A release", url="https://example.org", published="2021-06-16", kind="report"),)
    path = tmp_path / "topics.csv"
    path.write_text("Meeting,Topic\n1,fire\n", "utf-8")
    import_table(registry, path, {"each": [TOPIC]})
    import_table(registry, path, {"each": [TOPIC]}, source=Source("Minutes"), by="me")
    assert [source.title for source in registry.topics()[1].sources] == ["topics.csv", "Minutes"]


def test_what_stands_first_is_recorded_once(registry) -> None:
    first = [{"event": "SeriesOpened", "series": "d/t", "dialogue": "d", "name": "T"}]
    each = [{"event": "MeetingHeld", "meeting": "d/t/{M}", "series": "d/t"}]
    report = import_table(registry, [{"M": "1"}], {"first": first, "each": each})
    assert (report.events, report.recorded) == (2, 1)
    assert import_table(registry, [{"M": "1"}], {"first": first, "each": each}).events == 0
    with pytest.raises(MappingError, match=r"\[\[first\]\] of the mapping cannot be recorded"):
        import_table(registry, [], {"first": [{**first[0], "dialogue": "nowhere", "series": "d/u"}]})


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({}, "makes no facts"),
        ({"each": [{}]}, "has no event"),
        ({"each": [{"event": "Nothing"}]}, "there is no event 'Nothing'"),
        ({"each": [{"event": "TopicDiscussed", "subject": "x"}]}, "no field 'subject'"),
        ({"each": [TOPIC], "colour": "red"}, "has 'colour', which means nothing"),
        ({"each": [TOPIC], "parties": {"iso": "yes"}}, "give true or false"),
        ({"each": [TOPIC], "parties": {"unresolved": "guess"}}, '"leave out" or "keep"'),
        ({"each": [TOPIC], "values": {"party": {}}}, "about no field"),
        ({"each": [TOPIC], "values": {"topic": "x"}}, "values has 'topic' is 'x': give a table"),
        ({"each": [TOPIC], "source": {"author": "x"}}, "'author', which means nothing"),
        ({"each": [TOPIC], "dates": {"formats": ["%d %B"]}}, "no year"),
        ({"each": [TOPIC], "file": {"delimiter": ";;"}}, "give the one character"),
        ({"each": [TOPIC], "file": {"delimiter": ""}}, "give the one character"),
        ({"each": [TOPIC], "file": {"delimiter": '"'}}, "give the one character"),
        ({"each": [TOPIC], "lists": {"separator": ""}}, "separator is empty"),
        ({"each": [TOPIC], "parties": {"aliases": {"X": 5}}}, "'X' is 5: give a code"),
        ({"each": "x"}, "give a list"),
        ({"each": ["x"]}, "give a table"),
        ({"first": [TOPIC]}, "is made of no row"),
    ],
)
def test_a_mapping_that_means_nothing_says_so(mapping: dict[str, Any], words: str) -> None:
    with pytest.raises(MappingError, match=words.replace("[", r"\[")):
        read_mapping(mapping)


def test_every_key_of_a_mapping_is_documented() -> None:
    for table, keys in READERS.items():
        for key in keys if table is not SourceTable else ():  # the page points to the fields of a source
            spelled = (f"`{key}`", f"`[{key}]`", f"`[[{key}]]`", f"`[{key}.FIELD]`")
            assert any(text in MAPPINGS_PAGE for text in spelled), f"{table.__name__}.{key}"
    for outcome in OUTCOMES:
        assert f"| {outcome} |" in MAPPINGS_PAGE


# --- files ---------------------------------------------------------------------------

FACT = {"event": "TopicDiscussed", "meeting": "d/s/1", "topic": "water"}


@pytest.mark.parametrize(
    ("name", "text", "number"),
    [
        ("t.csv", "\n\nevent,meeting,topic\n\nTopicDiscussed,d/s/1,water\n,,\nx,,\n,,", 6),
        ("t.tsv", "event\tmeeting\ttopic\t\nTopicDiscussed\td/s/1\twater\t\t\nx\t\t", 2),
        ("t.CSV", "\ufeffevent,meeting,topic\nTopicDiscussed,d/s/1,water\nx,,", 2),
        ("t.json", json.dumps([FACT, {"event": "x"}]), 1),
        ("t.json", json.dumps({"rows": [FACT, {"event": "x"}], "about": "x"}), 1),
        ("t.jsonl", f"\n{json.dumps(FACT)}\n\n{{}}\n", 3),
        ("t.json", "\ufeff" + json.dumps([FACT, "x"]), 1),
        ("t.jsonl", f"\ufeff{json.dumps(FACT)}\nx\n", 1),
        ("t.toml", '\ufeff[[topics]]\nevent="TopicDiscussed"\nmeeting="d/s/1"\ntopic="water"\n[[topics]]\n', 1),
    ],
)
def test_rows_without_a_mapping_name_their_event_and_fields(registry, tmp_path, name, text, number) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    report = import_table(registry, tmp_path / name)
    assert [topic.topic for topic in registry.topics()] == ["water"]
    assert (report.rows, report.recorded, report.refused) == (2, 1, 1)
    assert report.of_rows[0].row == number + 1


@pytest.mark.parametrize("bad", ['1,"x"y', '1,"a ""b" c"', f"1,{'x' * 1_000_001}"])
def test_a_line_that_is_no_csv_is_a_row_refused_and_the_others_come_in(registry, tmp_path, bad: str) -> None:
    csv.field_size_limit(131_072)  # the csv module's own, which others may have raised
    (tmp_path / "t.csv").write_text(f"Meeting,Topic\n1,water\n{bad}\n1,{'x' * 200_000}\n", "utf-8")
    report = import_table(registry, tmp_path / "t.csv", {"each": [TOPIC]})
    assert [(row.row, row.outcome) for row in report.of_rows] == [(3, "refused")]
    assert "line 3 of the file cannot be read as CSV" in report.of_rows[0].reason
    assert (report.rows, report.recorded) == (3, 2)


def test_what_an_unclosed_quotation_swallows_is_said(registry, tmp_path) -> None:
    (tmp_path / "t.csv").write_text('Meeting,Topic\n1,water\n1,"fire\n1,earth\n1,wind\n', "utf-8")
    report = import_table(registry, tmp_path / "t.csv", {"each": [TOPIC]})
    assert [row.row for row in report.of_rows] == [3]
    assert "lines 3 to 5 of the file" in report.of_rows[0].reason


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("t.csv", b"Meeting,Topic\n" + b"1,x\n" * 1600 + b"1,Pr\xe4senz\n", "line 1602 has the byte 0xe4"),
        ("t.jsonl", b'{"Meeting": 1, "Thema": "x"}\n' * 1600, "no row has 'Topic'"),
        ("t.json", b'[{"Meeting": 1, "Thema": "x"}]', "no row has 'Topic'"),
        ("t.toml", b"[[a]]\nMeeting = 1", "no row has 'Topic'"),
        ("t.csv", b"Meeting\n1\n", "no column 'Topic'"),
    ],
)
def test_where_a_file_or_its_mapping_is_wrong_nothing_is_recorded(registry, tmp_path, name, content, words) -> None:
    (tmp_path / name).write_bytes(content)
    first = [{"event": "DialogueLaunched", "dialogue": "e", "name": "E", "launched": "2004"}]
    before = registry.head
    with pytest.raises((MappingError, UnreadableFileError), match=words):
        import_table(registry, tmp_path / name, {"first": first, "each": [TOPIC]})
    assert registry.head == before


def test_a_key_that_only_some_rows_lack_is_an_empty_cell(registry) -> None:
    each = [{**DELEGATE, "office": "{Office}"}]
    rows = [{"Meeting": 1, "Name": "A", "Country": "KGZ"}, {"Meeting": 1, "Name": "B", "Country": "KGZ", "Office": "X"}]
    assert import_table(registry, rows, {"each": each}).recorded == 2


def test_a_number_from_a_spreadsheet_may_end_in_point_nought(registry, tmp_path) -> None:
    (tmp_path / "t.csv").write_text("M,No\n2,14.0\n3,14.5\n", "utf-8")
    each = [{"event": "MeetingHeld", "meeting": "d/s/{M}", "series": "d/s", "ordinal": "{No}"}]
    report = import_table(registry, tmp_path / "t.csv", {"each": each})
    assert [m.ordinal for m in registry.meetings(meeting="d/s/2")] == [14]
    assert [row.row for row in report.problems] == [3]


def test_a_date_that_is_none_points_to_the_formats(registry) -> None:
    each = [{"event": "MeetingHeld", "meeting": "d/s/2", "series": "d/s", "date": "{Date}"}]
    (row,) = import_table(registry, [{"Date": "16;06;2021"}], {"each": each}).of_rows
    assert "[dates] formats" in row.reason


def test_a_file_has_the_delimiter_encoding_and_rows_that_the_mapping_says(registry, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Meeting;Topic\n1;Präsenz, nur\n", "cp1252")
    mapping = {"file": {"delimiter": ";", "encoding": "cp1252"}, "each": [TOPIC]}
    import_table(registry, tmp_path / "t.csv", mapping)
    (tmp_path / "t.json").write_text(json.dumps({"a": [], "b": [{"Meeting": 1, "Topic": "water"}]}), "utf-8")
    import_table(registry, tmp_path / "t.json", {"file": {"rows": "b"}, "each": [TOPIC]})
    assert [topic.topic for topic in registry.topics()] == ["Präsenz, nur", "water"]


def test_the_number_of_a_row_is_that_of_the_spreadsheet(registry, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('Meeting,Topic\n1,"two\nlines"\n99,x\n1,a,b\n', "utf-8-sig")
    report = import_table(registry, tmp_path / "t.csv", {"each": [TOPIC]})
    assert [(row.row, row.outcome) for row in report.of_rows] == [(3, "refused"), (4, "refused")]
    assert "more cells than the head" in report.of_rows[1].reason


@pytest.mark.parametrize(
    ("name", "content", "error", "words"),
    [
        ("t.xlsx", b"", UnreadableFileError, "no workbook that can be read"),
        ("t.xls", b"", UnreadableFileError, "save it as .xlsx or as CSV UTF-8"),
        ("t.docx", b"", UnreadableFileError, "ends in '.docx'"),
        ("t.csv", b"PK\x03\x04", UnreadableFileError, "is a workbook"),
        ("t.csv", b"\xff\xfe", MappingError, "it has none at all"),
        ("t.csv", b'"Meeting\n1\n', UnreadableFileError, "no CSV: lines 1 to 2"),
        ("t.csv", b"Meeting\n1\n", MappingError, "no column 'Topic'"),
        ("t.csv", b"Meeting,Topic,Topic\n1,a,b\n", MappingError, "two columns 'Topic'"),
        ("t.csv", b"", MappingError, "no column"),
        ("t.json", b"{", UnreadableFileError, "no JSON"),
        ("t.json", b'{"a": [], "b": []}', MappingError, "no list of rows"),
        ("t.toml", b"x", UnreadableFileError, "no TOML"),
        ("missing.csv", None, UnreadableFileError, "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(registry, tmp_path, name, content, error, words) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=words):
        import_table(registry, tmp_path / name, {"each": [TOPIC]})


@pytest.mark.parametrize(
    ("content", "words"), [("meeting,topic\n1,a\n", "no column 'event'"), ("event,meeting,meeting\n", "two columns")]
)
def test_without_a_mapping_the_head_must_be_plain(registry, tmp_path, content: str, words: str) -> None:
    (tmp_path / "t.csv").write_text(content, "utf-8")
    with pytest.raises(MappingError, match=words):
        import_table(registry, tmp_path / "t.csv")


def test_a_file_may_be_of_another_kind_than_its_ending_says_and_keeps_its_name(registry, tmp_path) -> None:
    (tmp_path / "t.txt").write_text("Meeting\tTopic\n1\twater\n", "utf-8")
    import_table(registry, tmp_path / "t.txt", {"each": [TOPIC]}, format="tsv")
    assert [source.title for source in registry.topics()[0].sources] == ["t.txt"]


def test_a_mapping_is_read_from_toml_and_json_alike(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(json.dumps({"each": [TOPIC]}), "utf-8")
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in TOPIC.items())
    (tmp_path / "m.toml").write_text(f"[[each]]\n{lines}", "utf-8")
    assert read_mapping(tmp_path / "m.json") == read_mapping(tmp_path / "m.toml") == read_mapping({"each": [TOPIC]})


@pytest.mark.parametrize("column", ["{Number}", "{Number}{Nothing}"])
def test_numbers_and_truths_that_texts_mean_may_be_written_as_texts(registry: Registry, column: str) -> None:
    mapping = {
        "source": {"title": "A list"},
        "values": {"count": {"a dozen": "12"}, "approximate": {"some": "yes"}, "ordinal": {"first": "1"}},
        "each": [
            {"event": "MeetingHeld", "meeting": "d/s/9", "series": "d/s", "ordinal": "{No}"},
            {"event": "HeadcountStated", "meeting": "d/s/9", "count": column, "approximate": "{About}"},
        ],
    }
    report = import_table(registry, [{"No": "first", "Number": "A dozen", "About": "some", "Nothing": ""}], mapping)
    assert (report.recorded, report.refused) == (1, 0)
    (headcount,) = registry.headcounts(meeting="d/s/9")
    assert (headcount.stated, headcount.approximate) == (12, True)
    assert registry.meeting("d/s/9").ordinal == 1


# --- 7,830 delegates -----------------------------------------------------------------


@pytest.fixture(scope="module")
def precop():
    if not PRECOP.exists():
        pytest.skip("the delegates of Bagozzi et al. (2024) are not here: see the data's own licence")
    mapping = {
        "missing": ["", "NA"],
        "source": {"title": "Bagozzi et al. 2024", "kind": "list"},
        "first": [
            {"event": "DialogueLaunched", "dialogue": "unfccc", "name": "UNFCCC", "launched": "1991"},
            {"event": "SeriesOpened", "series": "unfccc/inc", "dialogue": "unfccc", "name": "INC"},
        ],
        "values": {
            "role": {"Parties": "delegate"}
            | dict.fromkeys(
                [
                    "Non-governmental organizations",
                    "Intergovernmental organizations",
                    "United Nations Secretariat units and bodies",
                    "Specialized agencies and related organizations",
                ],
                "observer",
            )
        },
        "each": [
            {
                "event": "MeetingHeld", "meeting": "unfccc/{Meeting}", "series": "unfccc/inc", "date": "{Year}",
                "place": "{Location}",
            },
            {
                "event": "DelegateAttended", "meeting": "unfccc/{Meeting}", "name": "{Person_Name}",
                "party": "{Delegation}", "office": "{Job_Title}, {Division}, {Affiliation}", "role": "{Group_Type}",
            },
        ],
    }  # fmt: skip
    with Registry.open() as registry:
        yield registry, mapping, import_table(registry, PRECOP, mapping)


def test_the_delegates_of_eleven_sessions_come_in(precop) -> None:
    registry, _, report = precop
    assert report.rows == 7830
    assert (report.recorded, report.already_standing, report.in_conflict) == (7410, 289, 131)
    assert (report.unresolved, report.refused, report.skipped) == (0, 0, 0)
    assert report.events == registry.position == 2 + 11 + 7410
    page = (ROOT / "docs" / "how-to" / "from-a-spreadsheet.md").read_text("utf-8")
    for outcome in ("recorded", "already standing", "in conflict"):
        assert f"| {outcome} | {getattr(report, outcome.replace(' ', '_')):,} |" in page
    repeats = [row for row in report.of_rows if "cell for cell" in row.reason]
    assert len(repeats) == 250
    assert len(registry.meetings()) == 11
    assert len(registry.attendance("unfccc/inc-5")) == len({
        (row["Delegation"], row["Person_Name"]) for row in _rows() if row["Meeting"] == "INC 5"
    })  # fmt: skip
    registry.verify()


def _rows() -> list[dict[str, str]]:
    with PRECOP.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_report_agrees_with_a_count_by_hand(precop) -> None:
    _, _, report = precop
    seats: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for row in _rows():
        seats.setdefault((row["Meeting"], row["Delegation"], row["Person_Name"]), set()).add(tuple(row.values()))
    assert len(seats) == report.recorded
    assert sum(len(rows) > 1 for rows in seats.values()) == 170
    # Of the 170 keys with rows that differ, 131 differ in what the mapping takes; the others in honorific or sex only.
    unlike = [row for row in report.of_rows if row.outcome == "already standing" and "cell for cell" not in row.reason]
    assert len(unlike) == 170 - report.in_conflict == 39


def test_a_second_run_records_nothing(precop) -> None:
    registry, mapping, report = precop
    head = registry.head
    again = import_table(registry, PRECOP, mapping)
    assert (again.recorded, again.events, again.already_standing, again.in_conflict) == (0, 0, 7699, 131)
    assert registry.head == head
    assert [row.row for row in again.problems] == [row.row for row in report.problems]


def test_every_state_is_known_by_its_usual_or_former_name(precop) -> None:
    _, mapping, _ = precop
    held, attended = mapping["each"]
    parties = {"Group_Type": "Parties"}
    with Registry.open() as registry:
        report = import_table(
            registry,
            PRECOP,
            {**mapping, "parties": {"iso": True}, "each": [held, {**attended, "when": parties}]},
            dry_run=True,
        )
        assert registry.position == 0
    assert report.unknown == {}
    assert report.unresolved == 0


def test_the_outcome_of_a_row_is_one_of_an_enum_that_is_its_word() -> None:
    with pytest.raises(ValueError, match="'lost' is not a valid RowOutcome"):
        RowReport(2, "lost", "")
    assert RowReport(2, "refused", "why").outcome is RowOutcome.REFUSED
    assert [RowOutcome.REFUSED, RowOutcome.SKIPPED] == ["refused", "skipped"]
    assert f"{RowOutcome.ALREADY_STANDING}" == "already standing"


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("{hall.nam}", "no row has 'hall.nam', of which the mapping speaks: 'hall' has floor, name"),
        ("{hall.name.first}", "column 'hall.name' is no object"),
        ("{hall.floor.no}", "no row has 'hall.floor.no', of which the mapping speaks: 'hall.floor' has nr"),
    ],
)
def test_a_path_that_no_row_has_is_refused_as_a_column_is(registry, place: str, words: str) -> None:
    rows = [{"no": 2, "hall": {"name": "North", "floor": [{"nr": 1}]}}, {"no": 3, "hall": None}]
    each = [{"event": "MeetingHeld", "meeting": "d/s/{no}", "series": "d/s", "place": place}]
    try:
        (first, *_) = import_table(registry, rows, {"each": each}).of_rows
        assert words in first.reason
    except MappingError as error:
        assert words in str(error)


def test_a_path_that_some_row_has_is_there_for_all(registry) -> None:
    rows = [{"no": 2, "hall": {}}, {"no": 3, "hall": {"name": "North"}}, {"no": 4}]
    each = [{"event": "MeetingHeld", "meeting": "d/s/{no}", "series": "d/s", "place": "{hall.name}"}]
    import_table(registry, rows, {"each": each})
    assert [registry.meeting(f"d/s/{number}").place for number in (2, 3, 4)] == ["", "North", ""]
