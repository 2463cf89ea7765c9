"""The next edition of a table is planned before it is taken over: what is new, changed and withdrawn, row by row."""

from typing import Any

import pytest
from attrs import fields

from dialogue_registry import (
    DelegateAttended,
    InvalidValueError,
    MappingError,
    MeetingHeld,
    Plan,
    PlanError,
    Registry,
    Source,
    StoppedImportError,
    TopicDiscussed,
    import_table,
    plan_edition,
)

FIRST = [
    {"event": "DialogueLaunched", "dialogue": "hillc", "name": "Hill Commission", "launched": "2017"},
    {"event": "SeriesOpened", "series": "hillc/c", "dialogue": "hillc", "name": "Congress"},
]
CONGRESSES: dict[str, Any] = {
    "source": {"title": "List of congresses"},
    "first": FIRST,
    "each": [
        {
            "event": "MeetingHeld", "meeting": "hillc/c/{No}", "series": "hillc/c", "date": "{Day}", "ordinal": "{No}",
            "title": "{Title}",
        }
    ],
}  # fmt: skip
LIST_1 = [
    {"No": "1", "Day": "2017-03-01", "Title": "1st Congress"},
    {"No": "2", "Day": "2018-03-02", "Title": "2nd Congress"},
    {"No": "3", "Day": "2019-03-05", "Title": "3rd Congress"},
    {"No": "4", "Day": "2020-03-04", "Title": "4th Congress"},
]
LIST_2 = [
    {"No": "1", "Day": "2017-03-01", "Title": "1st Congress"},
    {"No": "2", "Day": "2018-03-02", "Title": "2nd Congress (Turku)"},
    {"No": "3", "Day": "2019-03-06", "Title": "3rd Congress"},
    {"No": "5", "Day": "2022-03-09", "Title": "5th Congress"},
]
PEOPLE: dict[str, Any] = {
    "table": "Delegations",
    "source": {"title": "List of delegations"},
    "first": [*FIRST, {"event": "MeetingHeld", "meeting": "hillc/c/1", "series": "hillc/c"}],
    "each": [
        {
            "event": "DelegateAttended", "meeting": "hillc/c/1", "name": "{Name}", "party": "{Country}",
            "office": "{Office}", "role": "{Role}",
        }
    ],
}  # fmt: skip


def person(name: str, country: str = "JPN", office: str = "Minister", role: str = "delegate", **more: str) -> dict:
    return {"Name": name, "Country": country, "Office": office, "Role": role, **more}


@pytest.fixture
def registry():
    with Registry.open() as registry:
        yield registry
        registry.verify()


def views(registry: Registry) -> Any:
    """The rows of the views, without the numbers of events and the sources."""
    answers = (registry.dialogues(), registry.series(), registry.meetings(), registry.attendance(), registry.topics())
    return [sorted(str(without_numbers(row)) for row in rows) for rows in answers]


def without_numbers(row: Any) -> dict[str, Any]:
    names = [field.name for field in fields(type(row)) if field.name not in ("event", "sources", "parties")]
    return {name: getattr(row, name) for name in names}


def fresh(rows: Any, mapping: Any) -> Any:
    with Registry.open() as registry:
        import_table(registry, rows, mapping)
        return views(registry)


# --- case 17: the table was mended -----------------------------------------------------


def test_imported_without_a_plan_a_mended_table_is_in_conflict_and_nothing_is_changed(registry) -> None:
    import_table(registry, LIST_1, CONGRESSES)
    report = import_table(registry, LIST_2, CONGRESSES)
    assert (report.recorded, report.already_standing, report.in_conflict) == (1, 1, 2)
    assert [m.title for m in registry.meetings()][1] == "2nd Congress"


def test_a_plan_says_what_is_new_changed_and_withdrawn_and_records_nothing(registry) -> None:
    import_table(registry, LIST_1, CONGRESSES)
    position = registry.position
    plan = plan_edition(registry, LIST_2, CONGRESSES)
    assert registry.position == position
    assert [(p.what, p.decision, p.row, p.changes) for p in plan] == [
        ("changed", "correct", "2", ("title: '2nd Congress' → '2nd Congress (Turku)'",)),
        ("changed", "correct", "3", ("date: 2019-03-05 → 2019-03-06",)),
        ("new", "record", "4", ()),
        ("withdrawn", "keep", "4", ()),
    ]
    assert dict(plan.counts) == {
        "new": 1, "changed": 2, "withdrawn": 1, "unchanged": 1, "unreadable": 0, "to decide": 0,
    }  # fmt: skip


def test_a_plan_that_is_applied_corrects_records_and_keeps_what_is_gone(registry) -> None:
    import_table(registry, LIST_1, CONGRESSES)
    applied = plan_edition(registry, LIST_2, CONGRESSES).apply(registry, reason="second edition", by="clerk")
    assert applied.counts == {
        "corrected": 2, "recorded": 1, "retracted": 0, "disputed": 0, "kept": 1, "done already": 0,
    }  # fmt: skip
    assert applied.already_standing == 1
    assert [m.title for m in registry.meetings()] == [
        "1st Congress", "2nd Congress (Turku)", "3rd Congress", "4th Congress", "5th Congress",
    ]  # fmt: skip
    steps = [(step.what, step.reason, step.by) for step in registry.history("hillc/c/2")]
    assert steps == [("recorded", "", ""), ("corrected", "second edition", "clerk")]


def test_each_of_its_corrections_can_be_undone_by_itself(registry) -> None:
    import_table(registry, LIST_1, CONGRESSES)
    plan_edition(registry, LIST_2, CONGRESSES).apply(registry, reason="second edition")
    (correction,) = (step for step in registry.history("hillc/c/2") if step.what == "corrected")
    registry.undo(correction.position, reason="it was not in Turku")
    titles = [m.title for m in registry.meetings()]
    assert (titles[1], registry.meetings(meeting="hillc/c/3")[0].date.text) == ("2nd Congress", "2019-03-06")


def test_a_dry_run_says_the_same_and_records_nothing(registry) -> None:
    import_table(registry, LIST_1, CONGRESSES)
    plan, position = plan_edition(registry, LIST_2, CONGRESSES), registry.position
    tried = plan.apply(registry, reason="second edition", dry_run=True)
    assert registry.position == position
    done = plan.apply(registry, reason="second edition")
    assert [(c.what, c.before, c.after) for c in tried.changes] == [(c.what, c.before, c.after) for c in done.changes]


def test_applied_twice_and_planned_twice_it_records_nothing_more(registry) -> None:
    import_table(registry, LIST_1, CONGRESSES)
    plan = plan_edition(registry, LIST_2, CONGRESSES)
    plan.apply(registry, reason="second edition")
    position = registry.position
    assert plan.apply(registry, reason="second edition").counts["done already"] == 3
    again = plan_edition(registry, LIST_2, CONGRESSES)
    assert [(p.what, p.decision) for p in again] == [("withdrawn", "keep")]
    again.apply(registry, reason="second edition")
    assert registry.position == position


def test_the_first_edition_imported_afterwards_brings_nothing_back(registry) -> None:
    import_table(registry, LIST_1, CONGRESSES)
    plan_edition(registry, LIST_2, CONGRESSES).apply(registry, reason="second edition")
    report = import_table(registry, LIST_1, CONGRESSES)
    assert (report.recorded, report.amended_since, report.already_standing) == (0, 2, 2)


def test_what_another_source_has_recorded_is_no_part_of_the_list(registry) -> None:
    import_table(registry, LIST_1, CONGRESSES)
    registry.record(MeetingHeld(meeting="hillc/c/9", series="hillc/c"), source=Source("A diary"))
    plan = plan_edition(registry, LIST_2, CONGRESSES, withdraw=True)
    assert [p.before.meeting for p in plan if p.what == "withdrawn"] == ["hillc/c/4"]
    plan.apply(registry, reason="second edition")
    assert [m.meeting for m in registry.meetings()][-1] == "hillc/c/9"
    assert "hillc/c/4" not in [m.meeting for m in registry.meetings()]


def test_with_withdraw_the_views_are_those_of_a_fresh_import(registry) -> None:
    import_table(registry, LIST_1, CONGRESSES)
    plan_edition(registry, LIST_2, CONGRESSES, withdraw=True).apply(registry, reason="second edition")
    assert views(registry) == fresh(LIST_2, CONGRESSES)


def test_a_table_that_was_never_imported_is_all_new(registry) -> None:
    plan = plan_edition(registry, LIST_1, CONGRESSES)
    assert {p.what for p in plan} == {"new"}
    plan.apply(registry, reason="first edition")
    assert views(registry) == fresh(LIST_1, CONGRESSES)


def test_a_b_and_a_again_are_three_editions(registry) -> None:
    import_table(registry, LIST_1, CONGRESSES)
    for rows in (LIST_2, LIST_1, LIST_2, LIST_1):
        plan_edition(registry, rows, CONGRESSES, withdraw=True).apply(registry, reason="the next edition")
        assert views(registry) == fresh(rows, CONGRESSES)
    assert len(registry.imports()) == 5


def test_an_edition_that_was_undone_said_nothing(registry) -> None:
    import_table(registry, LIST_1, CONGRESSES)
    plan_edition(registry, LIST_2, CONGRESSES, withdraw=True).apply(registry, reason="second edition")
    registry.undo(registry.imports()[1], reason="the wrong file")
    assert views(registry) == fresh(LIST_1, CONGRESSES)
    assert plan_edition(registry, LIST_1, CONGRESSES).proposals == ()
    plan_edition(registry, LIST_2, CONGRESSES, withdraw=True).apply(registry, reason="second edition")
    assert views(registry) == fresh(LIST_2, CONGRESSES)


# --- case 22: a name spelled otherwise ---------------------------------------------------

TOORU = [person("ICHINOWARI Tooru", role="head"), person("Mari KUUSKLAID", "EST", role="head")]
TORU = [person("ICHINOWARI Toru", role="head"), person("Mari KUUSKLAID", "EST", role="head")]


def test_a_row_that_looks_like_a_changed_row_is_left_to_decide(registry) -> None:
    import_table(registry, TOORU, PEOPLE)
    plan = plan_edition(registry, TORU, PEOPLE)
    (proposal,) = plan
    assert (proposal.what, proposal.decision) == ("changed", "decide")
    assert proposal.changes == ("name: 'ICHINOWARI Tooru' → 'ICHINOWARI Toru'",)
    with pytest.raises(PlanError, match=r"proposal 1 \(row 1, .*\) is left to decide") as refusal:
        plan.apply(registry, reason="second edition")
    assert refusal.value.proposals == (1,)


def test_decided_it_is_corrected_and_history_has_both_spellings(registry) -> None:
    import_table(registry, TOORU, PEOPLE)
    plan = plan_edition(registry, TORU, PEOPLE).decided({1: "correct"})
    plan.apply(registry, reason="second edition")
    assert [a.name for a in registry.attendance("hillc/c/1", role="head")] == ["ICHINOWARI Toru", "Mari KUUSKLAID"]
    names = [step.fact.name for step in registry.history("hillc/c/1") if isinstance(step.fact, DelegateAttended)]
    assert names == ["ICHINOWARI Tooru", "Mari KUUSKLAID", "ICHINOWARI Toru"]


def test_or_recorded_as_a_person_of_its_own(registry) -> None:
    import_table(registry, TOORU, PEOPLE)
    plan_edition(registry, TORU, PEOPLE).decided({1: "record"}).apply(registry, reason="two brothers")
    assert len(registry.attendance("hillc/c/1", party="JPN")) == 2


def test_two_people_of_one_office_are_new_and_withdrawn(registry) -> None:
    import_table(registry, [person("Aino KALLIO"), person("B")], PEOPLE)
    plan = plan_edition(registry, [person("Pekka VIRTA", "FIN"), person("B")], PEOPLE)
    assert [(p.what, p.decision) for p in plan] == [("new", "record"), ("withdrawn", "keep")]


# --- the next edition imported as if it were more of the same -----------------------------


def test_a_second_head_of_a_delegation_is_in_conflict_and_says_how_to_go_on(registry) -> None:
    import_table(registry, TOORU, PEOPLE)
    report = import_table(registry, TORU, PEOPLE)
    assert (report.recorded, report.already_standing, report.in_conflict) == (0, 1, 1)
    (row,) = report.problems
    assert row.row == 1
    assert "hillc/c/1 would have two heads for JPN, 'ICHINOWARI Toru' and 'ICHINOWARI Tooru'" in row.reason
    assert "--refresh PLAN" in row.reason
    assert "--anyway" in row.reason
    assert len(registry.attendance()) == 2


def test_anyway_it_is_recorded_and_is_one_anomaly(registry) -> None:
    import_table(registry, TOORU, PEOPLE)
    assert import_table(registry, TORU, PEOPLE, anyway=True).recorded == 1
    (anomaly,) = (a for a in registry.anomalies(today="2017-04-01") if "ICHINOWARI" in a.why)
    assert anomaly.subject == "hillc/c/1"
    assert "ICHINOWARI Tooru" in anomaly.why
    assert "ICHINOWARI Toru" in anomaly.why


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Ayse YILMAZ", "Ayşe YILMAZ"),
        ("Jean-Luc PICARD", "Jean Luc PICARD"),
        ("Mari KUUSKLAID", "Mari KUUSKLAD"),
        ("Mari KUUSKLAID", "Mari KUSUKLAID"),
        ("Mari KUUSKLAID", "Mari KUUSKLAIT"),
        ("Marí KUUSKLAID", "Mari Kuusklaid"),
    ],
)
def test_a_name_much_like_one_that_is_gone_is_in_conflict(registry, before, after) -> None:
    import_table(registry, [person(before), person("B. Other")], PEOPLE)
    report = import_table(registry, [person("B. Other"), person(after)], PEOPLE)
    assert (report.in_conflict, len(registry.attendance())) == (1, 2)
    assert import_table(registry, [person(after)], PEOPLE, anyway=True).recorded == 1


def test_a_name_much_like_one_that_is_still_there_is_another_person(registry) -> None:
    import_table(registry, [person("Mari KUUSKLAID")], PEOPLE)
    report = import_table(registry, [person("Mari KUUSKLAIT"), person("Mari KUUSKLAID")], PEOPLE)
    assert (report.recorded, report.in_conflict) == (1, 0)


@pytest.mark.parametrize(
    ("before", "after"),
    [("Ann LI", "Anne LEE"), ("Delegate 1", "Delegate 2"), ("LI Wei", "LU Xin"), ("山田太郎", "山田次郎")],
)
def test_other_names_are_other_people(registry, before, after) -> None:
    import_table(registry, [person(before)], PEOPLE)
    assert import_table(registry, [person(after)], PEOPLE).recorded == 1


def test_another_delegation_or_another_table_is_not_asked(registry) -> None:
    import_table(registry, TOORU, PEOPLE)
    assert import_table(registry, [person("ICHINOWARI Toru", "KOR", role="head")], PEOPLE).recorded == 1
    other = {**PEOPLE, "table": "Another list", "source": {"title": "Another list"}}
    assert import_table(registry, [person("ICHINOWARI Torou", role="head")], other).recorded == 1


def test_a_second_row_of_one_key_is_in_conflict(registry) -> None:
    import_table(registry, [person("A. Person", Id="7"), person("B. Person", Id="8")], {**PEOPLE, "key": "{Id}"})
    report = import_table(
        registry, [person("Quite Different", Id="7"), person("C. Person", Id="9")], {**PEOPLE, "key": "{Id}"}
    )
    assert (report.recorded, report.in_conflict) == (1, 1)
    assert "a row with the key '7' stands already" in report.problems[0].reason


def test_the_same_edition_read_again_is_as_before(registry) -> None:
    import_table(registry, TOORU, PEOPLE)
    assert import_table(registry, TOORU, PEOPLE).already_standing == 2


def test_a_strict_import_stops_at_what_is_at_odds_with_an_earlier_edition(registry) -> None:
    import_table(registry, TOORU, PEOPLE)
    with pytest.raises(StoppedImportError, match="two heads"):
        import_table(registry, TORU, PEOPLE, strict=True)


def test_a_conflict_with_an_earlier_edition_names_the_plan(registry) -> None:
    import_table(registry, LIST_1, CONGRESSES)
    assert all("--refresh PLAN" in row.reason for row in import_table(registry, LIST_2, CONGRESSES).problems)


# --- keys ----------------------------------------------------------------------------

KEYED = {**PEOPLE, "key": "{Id}"}


def test_rows_with_a_key_pair_by_their_key(registry) -> None:
    import_table(registry, [person("A. Person", Id="7"), person("B. Person", Id="8")], KEYED)
    plan = plan_edition(registry, [person("B. Person", Id="8"), person("Quite Different", Id="7")], KEYED)
    (proposal,) = plan
    assert (proposal.what, proposal.decision, proposal.key, proposal.row) == ("changed", "correct", "7", "2")
    plan.apply(registry, reason="second edition")
    assert [a.name for a in registry.attendance()] == ["Quite Different", "B. Person"]


def test_the_order_of_rows_means_nothing(registry) -> None:
    import_table(registry, [person("Ann LEE", Id="7"), person("Bo TAN", Id="8")], KEYED)
    plan = plan_edition(registry, [person("Bob TANNER", Id="8"), person("Anna LEEWARD", Id="7")], KEYED)
    assert [(p.key, p.before.name, p.after.name) for p in plan] == [
        ("8", "Bo TAN", "Bob TANNER"), ("7", "Ann LEE", "Anna LEEWARD"),
    ]  # fmt: skip


@pytest.mark.parametrize("keyed", [KEYED, PEOPLE], ids=["with a key", "without"])
@pytest.mark.parametrize(
    "after",
    [
        [person("B. Person", office="Minister", Id="1"), person("A. Person", office="Ambassador", Id="2")],
        [person("A. Person", office="Ambassador", Id="1"), person("B. Person", office="Minister", Id="2")],
        [person("B. Person", office="Ambassador", Id="1"), person("A. Person", office="Minister", Id="2")],
    ],
    ids=["names", "offices", "all"],
)
def test_two_rows_may_exchange_what_they_say(registry, keyed, after) -> None:
    before = [person("A. Person", office="Minister", Id="1"), person("B. Person", office="Ambassador", Id="2")]
    import_table(registry, before, keyed)
    plan_edition(registry, after, keyed, withdraw=True).apply(registry, reason="second edition")
    assert views(registry) == fresh(after, keyed)
    assert plan_edition(registry, after, keyed).proposals == ()


def test_three_rows_may_exchange_names_in_a_ring_and_a_fourth_follow(registry) -> None:
    offices = {"A": "1", "B": "2", "C": "3", "D": "4"}
    before = [person(f"{n} Person", office=f"Office {o}", Id=o) for n, o in offices.items()]
    after = [person(f"{n} Person", office=f"Office {o}", Id=o) for n, o in zip("BCAE", "1234", strict=True)]
    import_table(registry, before, KEYED)
    plan_edition(registry, after, KEYED).apply(registry, reason="second edition")
    assert views(registry) == fresh(after, KEYED)


def test_a_row_may_take_the_name_that_another_gives_up(registry) -> None:
    import_table(registry, [person("A", Id="1"), person("B", office="Envoy", Id="2")], KEYED)
    after = [person("B", Id="1"), person("C", office="Envoy", Id="2")]
    plan_edition(registry, after, KEYED).apply(registry, reason="second edition")
    assert views(registry) == fresh(after, KEYED)


def test_two_meetings_may_exchange_their_numbers(registry) -> None:
    keyed = {**CONGRESSES, "key": "{Id}"}
    before = [{"Id": "x", "No": "1", "Day": "2017", "Title": "A"}, {"Id": "y", "No": "2", "Day": "2018", "Title": "B"}]
    after = [{"Id": "x", "No": "2", "Day": "2017", "Title": "A"}, {"Id": "y", "No": "1", "Day": "2018", "Title": "B"}]
    import_table(registry, before, keyed)
    registry.record(TopicDiscussed(meeting="hillc/c/1", topic="water"), source=Source("A diary"))
    plan_edition(registry, after, keyed).apply(registry, reason="second edition")
    assert [(m.meeting, m.title, m.date.text) for m in registry.meetings()] == [
        ("hillc/c/2", "A", "2017"), ("hillc/c/1", "B", "2018"),
    ]  # fmt: skip


def test_a_meeting_that_was_announced_and_is_held_now_is_corrected(registry) -> None:
    mapping = {**CONGRESSES, "each": [
        {**CONGRESSES["each"][0], "when": {"Held": "yes"}},
        {**CONGRESSES["each"][0], "event": "MeetingAnnounced", "when": {"Held": "no"}},
    ]}  # fmt: skip
    import_table(registry, [{**LIST_1[0], "Held": "no"}], mapping)
    after = [{**LIST_1[0], "Held": "yes"}]
    plan_edition(registry, after, mapping).apply(registry, reason="second edition")
    assert views(registry) == fresh(after, mapping)


def test_the_same_row_added_again_after_its_wording_was_mended_stands_beside_it(registry) -> None:
    import_table(registry, [person("A. Persen", Id="1")], KEYED)
    plan_edition(registry, [person("A. Person", Id="1")], KEYED).apply(registry, reason="second edition")
    after = [person("A. Person", Id="1"), person("A. Persen", Id="2")]
    plan_edition(registry, after, KEYED).apply(registry, reason="third edition")
    assert views(registry) == fresh(after, KEYED)


# --- what stays ----------------------------------------------------------------------


def test_nothing_is_withdrawn_that_something_rests_on(registry) -> None:
    import_table(registry, LIST_1, CONGRESSES)
    registry.record(TopicDiscussed(meeting="hillc/c/4", topic="water"), source=Source("A diary"))
    plan = plan_edition(registry, LIST_2, CONGRESSES, withdraw=True)
    (withdrawn,) = (p for p in plan if p.what == "withdrawn")
    assert (withdrawn.decision, "facts rest on it" in withdrawn.why) == ("keep", True)
    with pytest.raises(PlanError, match="facts rest on it"):
        plan.decided({withdrawn.number: "retract"}).apply(registry, reason="second edition")
    assert plan_edition(registry, LIST_2, CONGRESSES).counts["changed"] == 2, "nothing of it was recorded"


def test_what_rests_on_a_withdrawn_row_of_the_same_table_goes_with_it(registry) -> None:
    both = {**CONGRESSES, "key": "{No}", "each": [
        *CONGRESSES["each"], {"event": "TopicDiscussed", "meeting": "hillc/c/{No}", "topic": "{Title}"},
    ]}  # fmt: skip
    import_table(registry, LIST_1, both)
    plan_edition(registry, LIST_2, both, withdraw=True).apply(registry, reason="second edition")
    assert views(registry) == fresh(LIST_2, both)


def test_a_withdrawn_row_that_another_source_states_stays(registry) -> None:
    import_table(registry, LIST_1, CONGRESSES)
    same = next(event.event for event in registry.events() if getattr(event.event, "meeting", "") == "hillc/c/4")
    registry.record(same, source=Source("A diary"))
    plan = plan_edition(registry, LIST_2, CONGRESSES, withdraw=True)
    (withdrawn,) = (p for p in plan if p.what == "withdrawn")
    assert (withdrawn.decision, withdrawn.why) == ("keep", "'A diary' states it too")


def test_earlier_editions_of_one_table_are_no_other_source_whatever_their_files_are_called(registry, tmp_path) -> None:
    mapping = {**{k: v for k, v in CONGRESSES.items() if k != "source"}, "table": "Congresses"}
    for name, rows in (("may.csv", LIST_1), ("june.csv", LIST_1), ("july.csv", LIST_2)):
        text = "\n".join([",".join(LIST_1[0]), *(",".join(row.values()) for row in rows)])
        (tmp_path / name).write_text(text, "utf-8")
    import_table(registry, tmp_path / "may.csv", mapping)
    import_table(registry, tmp_path / "june.csv", mapping)
    plan = plan_edition(registry, tmp_path / "july.csv", mapping, withdraw=True)
    assert [(p.what, p.decision) for p in plan] == [
        ("changed", "correct"), ("changed", "correct"), ("new", "record"), ("withdrawn", "retract"),
    ]  # fmt: skip
    plan.apply(registry, reason="the list of July")
    assert views(registry) == fresh(LIST_2, mapping)


def test_a_changed_row_that_another_source_states_is_left_to_decide_and_may_be_disputed(registry) -> None:
    import_table(registry, LIST_1, CONGRESSES)
    same = next(event.event for event in registry.events() if getattr(event.event, "meeting", "") == "hillc/c/2")
    registry.record(same, source=Source("A diary"))
    plan = plan_edition(registry, LIST_2, CONGRESSES)
    (shared,) = (p for p in plan if p.decision == "decide")
    assert "'A diary' states it too" in shared.why
    plan.decided({shared.number: "dispute"}).apply(registry, reason="second edition")
    assert [m.title for m in registry.meetings(meeting="hillc/c/2")] == ["2nd Congress"]
    assert [dispute.claim.title for dispute in registry.disputes()] == ["2nd Congress (Turku)"]
    assert [p.what for p in plan_edition(registry, LIST_2, CONGRESSES)] == ["withdrawn"]


def test_an_edition_without_a_column_of_the_mapping_is_refused_and_empties_no_field(registry) -> None:
    import_table(registry, LIST_1, CONGRESSES)
    renamed = [{"No": row["No"], "Day": row["Day"], "Name": row["Title"]} for row in LIST_2]
    with pytest.raises(MappingError, match="no row has 'Title', of which the mapping speaks: they have Day, Name, No"):
        plan_edition(registry, renamed, CONGRESSES)
    within = {**CONGRESSES, "each": [{**CONGRESSES["each"][0], "title": "{Title.en}"}]}
    with pytest.raises(MappingError, match=r"no row has 'Title.en', of which the mapping speaks: 'Title' has fr"):
        plan_edition(registry, [{**row, "Title": {"fr": row["Title"]}} for row in LIST_2], within)


def test_a_row_that_cannot_be_read_withdraws_nothing(registry) -> None:
    import_table(registry, LIST_1, CONGRESSES)
    broken = [*LIST_1[:2], {**LIST_1[2], "Day": "the fifth of March"}]
    plan = plan_edition(registry, broken, CONGRESSES, withdraw=True)
    assert plan.counts["unreadable"] == 1
    assert [(p.what, p.decision, p.before.meeting) for p in plan] == [
        ("withdrawn", "keep", "hillc/c/3"), ("withdrawn", "retract", "hillc/c/4"),
    ]  # fmt: skip
    assert "row 3 cannot be read" in plan.proposals[0].why


def test_what_somebody_has_corrected_meanwhile_is_left_to_decide(registry) -> None:
    import_table(registry, LIST_1, CONGRESSES)
    event = next(event for event in registry.events() if getattr(event.event, "meeting", "") == "hillc/c/2")
    mended = MeetingHeld(meeting="hillc/c/2", series="hillc/c", date="2018-03-02", ordinal=2, title="Second Congress")
    registry.correct(event.id, mended, reason="as on its page")
    plan = plan_edition(registry, LIST_2, CONGRESSES)
    (proposal,) = (p for p in plan if p.decision == "decide")
    assert (proposal.before.title, proposal.after.title) == ("Second Congress", "2nd Congress (Turku)")
    assert [p.decision for p in plan_edition(registry, LIST_1, CONGRESSES)] == [], "the table says what it said"


def test_a_mended_cell_that_somebody_had_mended_already_is_unchanged(registry) -> None:
    import_table(registry, LIST_1, CONGRESSES)
    event = next(event for event in registry.events() if getattr(event.event, "meeting", "") == "hillc/c/2")
    mended = MeetingHeld(
        meeting="hillc/c/2", series="hillc/c", date="2018-03-02", ordinal=2, title="2nd Congress (Turku)"
    )
    registry.correct(event.id, mended, reason="as on its page")
    assert plan_edition(registry, LIST_2, CONGRESSES).counts["changed"] == 1


def test_what_has_changed_since_the_plan_was_made_is_named(registry) -> None:
    import_table(registry, LIST_1, CONGRESSES)
    plan = plan_edition(registry, LIST_2, CONGRESSES)
    event = next(event for event in registry.events() if getattr(event.event, "meeting", "") == "hillc/c/2")
    registry.retract(event.id, reason="never held")
    position = registry.position
    with pytest.raises(PlanError, match=r"proposal 1 .* changed in the registry since the plan was made") as refusal:
        plan.apply(registry, reason="second edition")
    assert (refusal.value.proposals, registry.position) == ((1,), position)


# --- the plan as a file ----------------------------------------------------------------


def test_a_plan_is_written_as_toml_and_read_again(registry) -> None:
    import_table(registry, LIST_1, CONGRESSES)
    plan = plan_edition(registry, LIST_2, CONGRESSES)
    text = plan.to_toml()
    assert "#   title: '2nd Congress' → '2nd Congress (Turku)'" in text
    assert Plan.from_toml(text) == plan
    assert Plan.from_toml(text).to_toml() == text


def test_a_decision_is_edited_in_the_text(registry) -> None:
    import_table(registry, TOORU, PEOPLE)
    text = plan_edition(registry, TORU, PEOPLE).to_toml()
    Plan.from_toml(text.replace('decision = "decide"', 'decision = "correct"')).apply(registry, reason="mended")
    assert [a.name for a in registry.attendance(party="JPN")] == ["ICHINOWARI Toru"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("= [", "the plan is no TOML"),
        ("table = 1", "the plan has no table that is str"),
        ('table = ""\nedition = ""\n', "the plan has no position"),
    ],
)  # fmt: skip
def test_what_is_no_plan_says_what_is_wrong_with_it(registry, wrong, message) -> None:
    with pytest.raises(MappingError, match=message):
        Plan.from_toml(wrong)


def test_a_decision_that_cannot_be_made_says_which_can(registry) -> None:
    import_table(registry, LIST_1, CONGRESSES)
    text = plan_edition(registry, LIST_2, CONGRESSES).to_toml()
    with pytest.raises(InvalidValueError, match="use correct, dispute, record, keep, decide"):
        Plan.from_toml(text.replace('decision = "correct"', 'decision = "retract"'))
    with pytest.raises(MappingError, match="proposal 1 of the plan cannot be read"):
        Plan.from_toml(text.replace('event = "meeting.held"', 'event = "meeting.hold"'))


def test_a_plan_without_a_reason_is_not_applied(registry) -> None:
    plan = plan_edition(registry, LIST_1, CONGRESSES)
    with pytest.raises(InvalidValueError, match="needs a reason"):
        plan.apply(registry, reason=" ")
