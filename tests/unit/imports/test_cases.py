"""Five lists as they came to somebody, taken in by a table and by Python, with what must come of them."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from dialogue_registry import (
    DelegateAttended,
    DialogueLaunched,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    Registry,
    SeriesOpened,
    Source,
    export_file,
    import_table,
)

FIRST: list[dict[str, Any]] = [
    {"event": "DialogueLaunched", "dialogue": "d", "name": "Delta Commission", "launched": "2016"},
    {"event": "SeriesOpened", "series": "d/s", "dialogue": "d", "name": "Technical Committee"},
]
HELD = {"event": "MeetingHeld", "meeting": "d/s/1", "series": "d/s", "date": "2017-10-04"}


@pytest.fixture
def registry():
    with Registry.open() as registry:
        yield registry
        registry.verify()


def opened(registry: Registry, *more: Any) -> Registry:
    registry.record(
        DialogueLaunched(dialogue="d", name="Delta Commission", launched="2016"),
        SeriesOpened(series="d/s", dialogue="d", name="Technical Committee"),
        *more,
    )
    return registry


def table(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def statuses(registry: Registry) -> dict[str, str]:
    return {meeting.meeting: str(meeting.status) for meeting in registry.meetings()}


# --- cancelled in the next file too ------------------------------------------------------

MAY = ("No,Day,State", "4,2022-11-02,cancelled", "5,2022-11-16,planned")
JUNE = (*MAY, "6,2022-11-30,planned")
FEED = {
    "first": FIRST,
    "each": [
        {"event": "MeetingAnnounced", "meeting": "d/s/{No}", "series": "d/s", "date": "{Day}", "ordinal": "{No}"},
        {"event": "MeetingCancelled", "meeting": "d/s/{No}", "when": {"State": "cancelled"}},
    ],
}
AFTER_JUNE = {"d/s/4": "cancelled", "d/s/5": "announced", "d/s/6": "announced"}


@pytest.mark.parametrize("order", [("may", "june"), ("june", "may"), ("may", "june", "july"), ("may", "may", "june")])
def test_a_meeting_stays_cancelled_whatever_list_says_so_again(registry, tmp_path, order) -> None:
    lists = {"may": MAY, "june": JUNE, "july": MAY}
    for month in order:
        report = import_table(registry, table(tmp_path, f"feed-{month}.csv", *lists[month]), FEED)
        assert report.problems == ()
    assert statuses(registry) == AFTER_JUNE
    export_file(registry, tmp_path / "d.ics")
    calendar = (tmp_path / "d.ics").read_text("utf-8")
    assert (calendar.count("STATUS:CANCELLED"), calendar.count("STATUS:TENTATIVE")) == (1, 2)


def test_a_list_read_again_appends_nothing_and_history_names_both_lists(registry, tmp_path) -> None:
    for month, lines in (("may", MAY), ("june", JUNE)):
        import_table(registry, table(tmp_path, f"feed-{month}.csv", *lines), FEED)
    position = registry.position
    for month, lines in (("may", MAY), ("june", JUNE)):
        import_table(registry, table(tmp_path, f"feed-{month}.csv", *lines), FEED)
    assert registry.position == position
    sources = {step.source.title for step in registry.history("d/s/4") if step.source}
    assert sources == {"feed-may.csv", "feed-june.csv"}


def test_the_same_lists_recorded_in_python_come_to_the_same(registry) -> None:
    opened(registry)
    for month in ("May", "June"):
        for number, day in ((4, "2022-11-02"), (5, "2022-11-16"), (6, "2022-11-30"))[: 2 if month == "May" else 3]:
            announced = MeetingAnnounced(meeting=f"d/s/{number}", series="d/s", date=day, ordinal=number)
            cancelled = [MeetingCancelled(meeting="d/s/4")] if number == 4 else []
            registry.record(announced, *cancelled, source=Source(f"Feed of {month}"))
    assert statuses(registry) == AFTER_JUNE


# --- cancelled twice ---------------------------------------------------------------------

NOTICES = [
    {"event": "MeetingAnnounced", "meeting": "d/s/3", "series": "d/s", "date": "2022-05-12"},
    {"event": "MeetingCancelled", "meeting": "d/s/3"},
    {"event": "MeetingAnnounced", "meeting": "d/s/3", "series": "d/s", "date": "2022-09-08"},
    {"event": "MeetingCancelled", "meeting": "d/s/3"},
]


@pytest.mark.parametrize("reason", ["", "no quorum"])
@pytest.mark.parametrize("one_page", [True, False], ids=["one page", "a notice each"])
def test_a_second_cancellation_after_a_new_announcement_cancels(registry, tmp_path, reason, one_page) -> None:
    opened(registry)
    rows = [
        {
            **notice,
            **({"reason": reason} if reason and "Cancelled" in notice["event"] else {}),
            "source": "A page" if one_page else f"Notice {number}",
        }
        for number, notice in enumerate(NOTICES)
    ]
    path = tmp_path / "notices.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    for _ in range(2):
        import_table(registry, path)
        (meeting,) = registry.meetings()
        assert (str(meeting.status), str(meeting.date)) == ("cancelled", "2022-09-08")
        assert [step.what for step in registry.history("d/s/3")] == ["recorded"] * 4


# --- two offices, one person; three of one name ------------------------------------------

BOARD = [
    {"Name": "Nadia FERHOUMAT", "Country": "DZA", "Office": "Member", "Role": "delegate"},
    {"Name": "Nadia FERHOUMAT", "Country": "DZA", "Office": "Vice-Chair", "Role": "chair"},
    {"Name": "Karim OUSSEDA", "Country": "MAR", "Office": "Director", "Role": "delegate"},
    {"Name": "Karim OUSSEDA", "Country": "MLI", "Office": "Envoy", "Role": "observer"},
]
PERSON = {
    "event": "DelegateAttended", "meeting": "d/s/1", "name": "{Name}", "party": "{Country}", "office": "{Office}",
    "role": "{Role}",
}  # fmt: skip
SITTING = {"first": [*FIRST, HELD], "each": [PERSON]}
BY_OFFICE = {"first": [*FIRST, HELD], "each": [{**PERSON, "seat": "{Office}"}]}


def test_a_second_office_is_in_conflict_and_the_message_says_how_to_keep_both(registry) -> None:
    (row,) = import_table(registry, BOARD, SITTING).problems
    assert "'Nadia FERHOUMAT' of 'DZA'" in row.reason
    assert "(row 1)" in row.reason
    assert "seat =" in row.reason
    assert "person =" in row.reason
    assert "dispute" not in row.reason


def test_the_office_as_a_seat_keeps_both_capacities_of_one_person(registry, tmp_path) -> None:
    report = import_table(registry, BOARD, BY_OFFICE)
    assert (report.recorded, report.in_conflict, len(registry.attendance("d/s/1"))) == (4, 0, 4)
    (chair,) = registry.attendance(role="chair")
    assert (chair.name, chair.office) == ("Nadia FERHOUMAT", "Vice-Chair")
    assert {row.office for row in registry.delegate("Nadia FERHOUMAT")} == {"Member", "Vice-Chair"}
    assert "disputed" not in {anomaly.kind for anomaly in registry.anomalies(today="2018-01-01")}
    export_file(registry, tmp_path / "d.json")
    popolo = orjson.loads((tmp_path / "d.json").read_bytes())
    (nadia,) = (person["id"] for person in popolo["persons"] if person["name"] == "Nadia FERHOUMAT")
    assert sum(membership["person_id"] == nadia for membership in popolo["memberships"]) == 2
    assert import_table(registry, BOARD, BY_OFFICE).already_standing == 4


def test_each_capacity_is_corrected_and_retracted_by_itself(registry) -> None:
    opened(registry, MeetingHeld(meeting="d/s/1", series="d/s"))
    member, chair = (
        registry.record(DelegateAttended(meeting="d/s/1", name="N. F.", party="DZA", office=office, seat=office))[0]
        for office in ("Member", "Vice-Chair")
    )
    corrected = DelegateAttended(meeting="d/s/1", name="N. F.", party="DZA", office="Board member", seat="Member")
    registry.correct(member.id, corrected, reason="as printed")
    assert [row.office for row in registry.attendance()] == ["Board member", "Vice-Chair"]
    registry.retract(chair.id, reason="she did not chair")
    assert [row.office for row in registry.attendance()] == ["Board member"]


PEOPLE = [
    {"No": str(number), "Name": "Rezaul HAQUE", "Country": "BGD", "Office": office, "Role": "delegate"}
    for number, office in enumerate(("Secretary", "Commander", "Accounts Officer"), 17)
]


def test_namesakes_are_in_conflict_each_with_the_row_it_contradicts(registry) -> None:
    first, second = import_table(registry, PEOPLE, SITTING).problems
    assert [(row.row, "(row 1)" in row.reason, "person =" in row.reason) for row in (first, second)] == [
        (2, True, True), (3, True, True),
    ]  # fmt: skip


@pytest.mark.parametrize("telling", [{"person": "{No}"}, {"seat": "{Office}"}], ids=["person", "seat"])
def test_what_tells_namesakes_apart_keeps_all_three(registry, telling) -> None:
    mapping = {"first": [*FIRST, HELD], "each": [{**PERSON, **telling}]}
    assert import_table(registry, PEOPLE, mapping).recorded == 3
    assert {row.office for row in registry.delegate("Rezaul HAQUE")} == {"Secretary", "Commander", "Accounts Officer"}
    assert import_table(registry, PEOPLE, mapping).already_standing == 3
    secretary = next(event for event in registry.facts(DelegateAttended) if event.event.office == "Secretary")
    fields = {"meeting": "d/s/1", "name": "Rezaul HAQUE", "party": "BGD", "person": secretary.event.person}
    registry.correct(
        secretary.id, DelegateAttended(**fields, seat=secretary.event.seat, office="Minister"), reason="as printed"
    )
    assert {row.office for row in registry.attendance()} == {"Minister", "Commander", "Accounts Officer"}


def test_two_rows_alike_but_for_their_number_are_named(registry) -> None:
    rows = [{**row, "Office": ""} for row in PEOPLE[:2]]
    (remark,) = import_table(registry, rows, SITTING).remarks
    assert (remark.row, "as row 1 does" in remark.reason, "'Rezaul HAQUE' of 'BGD'" in remark.reason) == (2, True, True)


# --- one name in other bytes -------------------------------------------------------------

PC, MAC, WEB = (
    "TRỊNH Bảo Ngưng",
    "TRI\u0323NH Ba\u0309o Ngu\u031bng\u00a0",
    "\u200bTRỊNH\u00a0Bảo  Ngưng",
)


@pytest.mark.parametrize("order", [(PC, MAC, WEB), (WEB, MAC, PC), (MAC, PC)])
def test_one_name_in_other_bytes_is_one_person(registry, tmp_path, order) -> None:
    for number, name in enumerate(order):
        report = import_table(
            registry, [{"Name": name, "Country": "VNM", "Office": "", "Role": "delegate"}], SITTING,
            source=Source(f"List {number}"),
        )  # fmt: skip
        assert report.problems == ()
    (row,) = registry.attendance("d/s/1")
    assert row.name == order[0].strip()
    assert len(row.sources) == len(order)
    for spelling in (PC, MAC, WEB):
        assert len(registry.delegate(spelling)) == 1
        assert len(registry.attendance(name=spelling)) == 1
        assert len([found for found in registry.search(spelling) if found.subject == "d/s/1"]) == 1
    assert import_table(
        registry, [{"Name": "Trịnh Bảo Ngừng", "Country": "VNM", "Office": "", "Role": "delegate"}], SITTING,
        source=Source("Another list"),
    ).recorded == 1  # fmt: skip
    assert len(registry.attendance()) == 2
