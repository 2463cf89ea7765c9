"""What is exported is read by others: every format by an implementation that is not ours."""

import csv
import json
import os
import re
import stat
import warnings
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import ics
import jsonschema
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from attrs import evolve
from click.testing import CliRunner
from frictionless import Package, system
from hypothesis import given, settings
from icalendar import Calendar
from rdflib import RDF, SDO, Graph, Literal, URIRef

from dialogue_registry import (
    ActivityReported,
    CountStated,
    DelegateAbsent,
    DelegateAttended,
    DialogueLaunched,
    DifferentPersons,
    ExchangeError,
    HeadcountStated,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    MeetingShared,
    NameUsed,
    OutcomeAgreed,
    PartyJoined,
    PartyLeft,
    Registry,
    SamePerson,
    SeriesOpened,
    Source,
    SourceKept,
    TopicDiscussed,
    arrow_tables,
    brief,
    charts,
    export_file,
    import_table,
    write_brief,
)
from dialogue_registry.cli import cli
from dialogue_registry.exports.exporter import FORMATS
from dialogue_registry.exports.layouts import layouts_of
from dialogue_registry.exports.site.datasette import describe_for_datasette
from dialogue_registry.model.standard_kinds import STANDARD_KINDS
from dialogue_registry.testing import histories, play
from tests.paths import DOCS, EXAMPLES

DATA = EXAMPLES / "data"
FORMATS_PAGE = (DOCS / "reference" / "formats.md").read_text("utf-8")
VOCABULARY: Any = SDO
RELEASE = Source("A release", url="https://example.org/release", language="en", published="2021-06-16")


@pytest.fixture
def registry():
    with Registry.open() as registry:
        for table in ("meetings", "delegates"):
            import_table(registry, DATA / f"{table}.csv", DATA / f"{table}.toml")
        registry.record(
            MeetingAnnounced(meeting="ca-jad/som/15", series="ca-jad/som", date="2022-03-01", ordinal=15),
            MeetingPostponed(meeting="ca-jad/som/15", until="2022-12-15/2022-12-16", reason="COVID-19"),
            MeetingAnnounced(meeting="ca-jad/som/16", series="ca-jad/som", date="2023-03-01", ordinal=16),
            MeetingPostponed(meeting="ca-jad/som/16", until="2024"),
            MeetingHeld(meeting="ca-jad/som/x", series="ca-jad/som"),
            MeetingHeld(meeting="ca-jad/som/y", series="ca-jad/som", date="2012-05-01/2012-05-03", format="hybrid"),
            TopicDiscussed(meeting="ca-jad/som/14", topic="connectivity"),
            DelegateAttended(meeting="ca-jad/som/14", name="", office="Interpreter", party="JPN"),
            source=RELEASE,
        )
        yield registry


# --- iCalendar -----------------------------------------------------------------------


def calendar_of(registry, folder: Path):
    left_out = export_file(registry, folder / "calendar.ics")
    return Calendar.from_ical((folder / "calendar.ics").read_bytes()), left_out


def test_a_calendar_has_every_meeting_whose_days_are_known_and_names_the_others(registry, tmp_path: Path) -> None:
    calendar, left_out = calendar_of(registry, tmp_path)
    shown = {str(event["UID"]).removesuffix("@dialogue-registry") for event in calendar.walk("VEVENT")}
    missing = {line.split(":")[0] for line in left_out[:-1]}
    assert shown.isdisjoint(missing)
    assert shown | missing == {meeting.meeting for meeting in registry.meetings()}
    assert "ca-jad/som/7: 2013-10 is no known day" in left_out
    assert "ca-jad/som/x: its date is not known" in left_out
    assert all(line in str(calendar["DESCRIPTION"]) for line in left_out[:-1])
    assert left_out[-1] == "attendance (64), topics (1), stated counts (3): the format ics has no place for them"


@pytest.mark.parametrize(
    ("meeting", "status", "first", "end"),
    [
        ("ca-jad/som/14", "CONFIRMED", date(2021, 6, 16), date(2021, 6, 17)),
        ("ca-jad/som/y", "CONFIRMED", date(2012, 5, 1), date(2012, 5, 4)),
        ("ca-jad/tokyo-dialogue/12", "CANCELLED", date(2020, 3, 13), date(2020, 3, 14)),
        ("ca-jad/som/15", "TENTATIVE", date(2022, 12, 15), date(2022, 12, 17)),
        ("ca-jad/som/16", "CANCELLED", date(2023, 3, 1), date(2023, 3, 2)),
    ],
)
def test_days_are_whole_days_and_the_end_is_the_day_after(
    registry, tmp_path: Path, meeting: str, status: str, first: date, end: date
) -> None:
    calendar, _ = calendar_of(registry, tmp_path)
    (event,) = [e for e in calendar.walk("VEVENT") if e["UID"] == f"{meeting}@dialogue-registry"]
    assert (str(event["STATUS"]), event["DTSTART"].dt, event["DTEND"].dt) == (status, first, end)
    assert event["DTSTART"].params["VALUE"] == "DATE"


def test_another_implementation_reads_the_same_days(registry, tmp_path: Path) -> None:
    calendar_of(registry, tmp_path)
    read = ics.Calendar((tmp_path / "calendar.ics").read_text("utf-8"))
    events = {event.uid.removesuffix("@dialogue-registry"): event for event in read.events}
    held = {m.meeting: m for m in registry.meetings(status="held") if m.meeting in events}
    assert len(held) > 20
    assert all(event.all_day for event in events.values())
    for id_, meeting in held.items():
        event = events[id_]
        first, last = event.begin.date(), event.end.date() - timedelta(days=1)
        assert (first, last, event.status) == (meeting.date.earliest, meeting.date.latest, "CONFIRMED")
        assert event.name == meeting.title or not meeting.title
        assert event.location == (", ".join(filter(None, (meeting.place, meeting.country))) or None)


def test_a_calendar_is_named_for_the_programs_that_read_it(registry, tmp_path: Path) -> None:
    calendar, _ = calendar_of(registry, tmp_path)
    assert str(calendar["NAME"]) == str(calendar["X-WR-CALNAME"]) == "“Central Asia plus Japan” Dialogue"


def test_the_last_day_that_a_calendar_knows_is_left_out(tmp_path: Path) -> None:
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            SeriesOpened(series="d/s", dialogue="d", name="S"),
            MeetingHeld(meeting="d/s/1", series="d/s", date="9999-12-31"),
            MeetingHeld(meeting="d/s/2", series="d/s", date="9999-12-30"),
        )
        calendar, left_out = calendar_of(registry, tmp_path)
    assert len(calendar.walk("VEVENT")) == 1
    assert left_out == ("d/s/1: a calendar has no day after 9999-12-31, on which it would end",)


def test_a_calendar_is_the_same_each_time_and_its_stamps_are_those_of_the_log(registry, tmp_path: Path) -> None:
    calendar, _ = calendar_of(registry, tmp_path)
    before = (tmp_path / "calendar.ics").read_bytes()
    calendar_of(registry, tmp_path)
    assert (tmp_path / "calendar.ics").read_bytes() == before
    (event,) = [e for e in calendar.walk("VEVENT") if e["UID"] == "ca-jad/som/14@dialogue-registry"]
    last = list(registry.events(subject="ca-jad/som/14"))[-1]
    assert event["DTSTAMP"].dt == last.recorded_at.replace(microsecond=0)
    assert event["SEQUENCE"] == last.position
    assert str(event["URL"]) == "https://www.mofa.go.jp/erp/ca_c/page4e_001144.html"


def test_a_change_keeps_the_uid_and_raises_the_sequence(registry, tmp_path: Path) -> None:
    def sequence() -> Any:
        calendar, _ = calendar_of(registry, tmp_path)
        return next(e["SEQUENCE"] for e in calendar.walk("VEVENT") if e["UID"] == "ca-jad/som/15@dialogue-registry")

    before = sequence()
    registry.record(MeetingAnnounced(meeting="ca-jad/som/15", series="ca-jad/som", date="2022-12-15/2022-12-16"))
    registry.record(MeetingCancelled(meeting="ca-jad/som/15"))
    assert sequence() > before
    before = sequence()
    opened = next(registry.events(subject="ca-jad/som"))
    registry.correct(opened.id, evolve(opened.event, name="SOM"), reason="as printed")  # what the meeting is called
    assert sequence() > before


def test_a_meeting_that_a_correction_made_is_stamped_by_the_correction(registry, tmp_path: Path) -> None:
    held = next(e for e in registry.events(subject="ca-jad/som/y"))
    moved = registry.correct(held.id, evolve(held.event, meeting="ca-jad/som/z"), reason="another id")
    calendar, _ = calendar_of(registry, tmp_path)
    (event,) = [e for e in calendar.walk("VEVENT") if e["UID"] == "ca-jad/som/z@dialogue-registry"]
    assert (event["SEQUENCE"], event["DTSTAMP"].dt) == (moved.position, moved.recorded_at.replace(microsecond=0))


# --- schema.org ----------------------------------------------------------------------


def graph_of(registry, folder: Path) -> Graph:
    export_file(registry, folder / "meetings.jsonld")
    document = json.loads((folder / "meetings.jsonld").read_bytes())
    assert document["@context"] == "https://schema.org"
    document["@context"] = {"@vocab": "https://schema.org/"}  # no network in a test
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # rdflib deprecates what it uses itself
        return Graph().parse(data=json.dumps(document), format="json-ld")


def test_json_ld_speaks_only_words_of_schema_org(registry, tmp_path: Path) -> None:
    graph = graph_of(registry, tmp_path)
    words = {*graph.predicates(), *graph.objects(None, RDF.type)} - {RDF.type}
    assert words
    assert [word for word in words if word not in VOCABULARY] == []
    assert len(list(graph.subjects(RDF.type, SDO.Event))) == len(registry.meetings())
    assert len(list(graph.subjects(RDF.type, SDO.EventSeries))) == len(registry.series())


@pytest.mark.parametrize(
    ("meeting", "property_", "value"),
    [
        ("ca-jad/som/14", "eventAttendanceMode", "https://schema.org/OnlineEventAttendanceMode"),
        ("ca-jad/som/13", "eventAttendanceMode", "https://schema.org/OfflineEventAttendanceMode"),
        ("ca-jad/som/y", "eventAttendanceMode", "https://schema.org/MixedEventAttendanceMode"),
        ("ca-jad/som/4", "eventAttendanceMode", None),
        ("ca-jad/som/14", "eventStatus", "https://schema.org/EventScheduled"),
        ("ca-jad/tokyo-dialogue/12", "eventStatus", "https://schema.org/EventCancelled"),
        ("ca-jad/som/15", "eventStatus", "https://schema.org/EventRescheduled"),
        ("ca-jad/som/15", "startDate", "2022-12-15"),
        ("ca-jad/som/15", "endDate", "2022-12-16"),
        ("ca-jad/som/15", "previousStartDate", "2022-03-01"),
        ("ca-jad/som/7", "startDate", "2013-10"),
        ("ca-jad/som/4", "startDate", None),
        ("ca-jad/som/y", "endDate", "2012-05-03"),
        ("ca-jad/som/14", "about", "connectivity"),
    ],
)
def test_status_mode_and_dates_of_meetings(registry, tmp_path: Path, meeting, property_, value) -> None:
    graph = graph_of(registry, tmp_path)
    found = graph.value(URIRef(f"urn:dialogue-registry:{meeting}"), SDO[property_])
    assert (None if found is None else str(found)) == value


def test_those_who_attended_stand_with_their_office_and_party(registry, tmp_path: Path) -> None:
    graph = graph_of(registry, tmp_path)
    (person,) = {
        person
        for person in graph.objects(URIRef("urn:dialogue-registry:ca-jad/som/14"), SDO.attendee)
        if graph.value(person, SDO.familyName) == Literal("SYZDYKOV")
    }
    assert str(graph.value(person, SDO.jobTitle)).startswith("Deputy Minister")
    assert str(graph.value(graph.value(person, SDO.affiliation), SDO.name)) == "Kazakhstan"


def test_names_are_those_of_a_language_and_joined_persons_have_one_identifier(registry, tmp_path: Path) -> None:
    registry.record(
        NameUsed(of="ca-jad", name="「中央アジア＋日本」対話", language="ja", since="2004"),
        NameUsed(of="ca-jad/som", name="高級実務者会合", language="ja"),
        NameUsed(of="ca-jad/som", name="Treffen hoher Beamter", language="German, of course"),
        NameUsed(of="ca-jad/som/14", name="第14回高級実務者会合", language="ja"),
        NameUsed(party="KAZ", name="カザフスタン", language="JA"),
        DelegateAttended(meeting="ca-jad/som/13", party="KAZ", name="Syzdykov Marat"),
        SamePerson(party="KAZ", names=("Syzdykov Marat", "Marat SYZDYKOV")),
        source=RELEASE,
    )
    plain = graph_of(registry, tmp_path)
    (left_out,) = export_file(registry, tmp_path / "ja.jsonld", language="ja")
    assert "further names of parties (1), periods of names (1)" in left_out
    graph = {node["@id"]: node for node in json.loads((tmp_path / "ja.jsonld").read_bytes())["@graph"]}
    series, meeting = (graph[f"urn:dialogue-registry:ca-jad/som{end}"] for end in ("", "/14"))
    assert series["name"] == meeting["superEvent"]["name"] == "高級実務者会合"
    assert "Senior Officials' Meeting" in series["alternateName"]
    assert "Treffen hoher Beamter" in series["alternateName"]
    assert series["organizer"]["name"] == "「中央アジア＋日本」対話"
    assert (meeting["name"], meeting["organizer"]["name"]) == ("第14回高級実務者会合", "「中央アジア＋日本」対話")
    attendees = [graph[f"urn:dialogue-registry:ca-jad/som/{one}"]["attendee"] for one in ("13", "14")]
    people = {person["name"]: person for of_meeting in attendees for person in of_meeting}
    syzdykov = people["Marat SYZDYKOV"]
    assert syzdykov["alternateName"] == ["Syzdykov Marat"]
    assert syzdykov["affiliation"]["name"] == "カザフスタン"
    assert syzdykov["identifier"] == people["Syzdykov Marat"]["identifier"]
    names = plain.objects(URIRef("urn:dialogue-registry:ca-jad/som"), SDO.alternateName)
    assert Literal("高級実務者会合", lang="ja") in set(names)

    export_file(registry, tmp_path / "ja.json", language="ja")
    told = json.loads((tmp_path / "ja.json").read_bytes())
    jsonschema.validate(told, POPOLO)
    organizations = {one["id"]: one for one in told["organizations"]}
    assert (organizations["ca-jad"]["name"], organizations["party/KAZ"]["name"]) == (
        "「中央アジア＋日本」対話",
        "カザフスタン",
    )
    assert {"name": "Senior Officials' Meeting"} in organizations["ca-jad/som"]["other_names"]
    assert {one["name"] for one in told["events"] if one["id"] == "ca-jad/som/14"} == {"第14回高級実務者会合"}
    export_file(registry, tmp_path / "ja.ics", language="ja")
    calendar = Calendar.from_ical((tmp_path / "ja.ics").read_bytes())
    (event,) = [one for one in calendar.walk("VEVENT") if one["UID"].startswith("ca-jad/som/14@")]
    assert (calendar["NAME"], event["SUMMARY"]) == ("「中央アジア＋日本」対話", "第14回高級実務者会合")
    for format_ in ("events", "csv", "xlsx"):
        with pytest.raises(ExchangeError, match="has all names as they are recorded"):
            export_file(registry, tmp_path / "out", format=format_, language="ja")


# --- Popolo --------------------------------------------------------------------------

_TEXT = {"type": ["string", "null"]}
_REDUCED = {"type": ["string", "null"], "pattern": r"^[0-9]{4}(-[0-9]{2}){0,2}$"}
_LINKS = {
    "type": "array",
    "items": {"type": "object", "required": ["url"], "properties": {"url": {"type": "string"}, "note": _TEXT}},
}
_OTHER_NAMES = {"type": "array", "items": {"type": "object", "required": ["name"], "properties": {"name": _TEXT}}}


def _a(required: list[str], **properties) -> dict[str, Any]:
    return {
        "type": "array",
        "items": {"type": "object", "required": required, "properties": properties, "additionalProperties": False},
    }


def _texts(*names: str) -> dict[str, Any]:
    return dict.fromkeys(names, _TEXT)


_PERIOD: dict[str, Any] = {"start_date": _REDUCED, "end_date": _REDUCED, "sources": _LINKS}

#: The properties of the Popolo classes that we use, with their types, after the specification.
POPOLO = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "persons": _a(
            ["id", "name"],
            **_texts("id", "name", "family_name", "given_name", "honorific_prefix", "sort_name"),
            other_names=_OTHER_NAMES,
        ),
        "organizations": _a(
            ["id", "name"],
            **_texts("id", "name", "classification", "parent_id"),
            other_names=_OTHER_NAMES,
            founding_date=_REDUCED,
            sources=_LINKS,
        ),
        "memberships": _a(
            ["id", "person_id", "organization_id"],
            **_texts("id", "label", "role", "person_id", "organization_id"),
            **_PERIOD,
        ),
        "events": _a(
            ["id", "name"],
            **_texts("id", "name", "classification", "organization_id", "location", "status"),
            **_PERIOD,
            identifiers={
                "type": "array",
                "items": {"type": "object", "required": ["identifier"], "properties": {"scheme": _TEXT}},
            },
            attendees={
                "type": "array",
                "items": {"type": "object", "required": ["id"], "properties": {"id": _TEXT, "name": _TEXT}},
            },
        ),
    },
}


def popolo_of(registry, folder: Path) -> dict[str, Any]:
    export_file(registry, folder / "popolo.json")
    document: dict[str, Any] = json.loads((folder / "popolo.json").read_bytes())
    return document


def test_popolo_is_valid_and_its_references_lead_somewhere(registry, tmp_path: Path) -> None:
    document = popolo_of(registry, tmp_path)
    jsonschema.validate(document, POPOLO)
    ids = [node["id"] for nodes in document.values() for node in nodes]
    assert len(ids) == len(set(ids))
    known = set(ids)
    for membership in document["memberships"]:
        assert {membership["person_id"], membership["organization_id"]} <= known
    for event in document["events"]:
        assert {event["organization_id"], *(person["id"] for person in event.get("attendees", []))} <= known


def test_popolo_keeps_dates_as_precise_as_they_are(registry, tmp_path: Path) -> None:
    events = {event["id"]: event for event in popolo_of(registry, tmp_path)["events"]}
    assert events["ca-jad/som/7"]["start_date"] == "2013-10"
    assert "start_date" not in events["ca-jad/som/4"]
    assert (events["ca-jad/som/y"]["start_date"], events["ca-jad/som/y"]["end_date"]) == ("2012-05-01", "2012-05-03")


def test_a_meeting_without_a_title_has_the_same_name_in_every_format(registry, tmp_path: Path) -> None:
    calendar, _ = calendar_of(registry, tmp_path)
    graph = graph_of(registry, tmp_path)
    names = {event["id"]: event["name"] for event in popolo_of(registry, tmp_path)["events"]}
    assert names["ca-jad/som/15"] == "Senior Officials' Meeting (15)"
    assert names["ca-jad/som/x"] == "Senior Officials' Meeting"
    for event in calendar.walk("VEVENT"):
        id_ = str(event["UID"]).removesuffix("@dialogue-registry")
        assert names[id_] == str(event["SUMMARY"])
        assert names[id_] == str(graph.value(URIRef(f"urn:dialogue-registry:{id_}"), SDO.name))


# --- what is left out ----------------------------------------------------------------

BASE = (
    DialogueLaunched(dialogue="d", name="D", launched="2004"),
    PartyJoined(dialogue="d", party="JPN", name="Japan"),
    SeriesOpened(series="d/s", dialogue="d", name="S"),
    SeriesOpened(series="d/t", dialogue="d", name="T"),
    MeetingHeld(meeting="d/s/1", series="d/s", date="2005-06-07", ordinal=1),
    MeetingAnnounced(meeting="d/s/2", series="d/s", date="2006-06-07"),
)
FACTS: tuple[Any, ...] = (
    PartyJoined(dialogue="d", party="EU", name="EU", standing="observer"),
    PartyLeft(dialogue="d", party="JPN", on="2010"),
    MeetingShared(meeting="d/s/1", series="d/t", ordinal=4),
    MeetingPostponed(meeting="d/s/2", until="2007", reason="an election"),
    MeetingCancelled(meeting="d/s/2", reason="an election"),
    DelegateAttended(meeting="d/s/1", party="JPN", name="N", office="O", on_behalf_of="B"),
    DelegateAttended(meeting="d/s/1", party="JPN", name="N", seat="chair", level="expert", format="online"),
    DelegateAttended(meeting="d/s/1", party="JPN"),
    DelegateAbsent(meeting="d/s/1", party="JPN", name="Nobody", excused=True),
    HeadcountStated(meeting="d/s/1", count=7),
    TopicDiscussed(meeting="d/s/1", topic="water"),
    ActivityReported(meeting="d/s/1", title="A workshop"),
    OutcomeAgreed(meeting="d/s/1", title="A plan"),
    CountStated(series="d/s", count=7, as_of="2009"),
    CountStated(dialogue="d", count=7, as_of="2009"),
    NameUsed(of="d", name="Old D"),
    SamePerson(party="JPN", names=("A", "B")),
    DifferentPersons(party="JPN", names=("A", "B")),
    SourceKept(source=Source("A page"), sha256="0" * 64, retrieved="2020-01-02"),
)


@pytest.mark.parametrize("format_", [name for name in FORMATS if name != "events"])
def test_every_fact_is_in_an_export_or_said_to_be_left_out(tmp_path: Path, format_: str) -> None:
    """Law: a fact changes what is written, or what is said to be left out."""
    stamps = re.compile(rb"(DTSTAMP|LAST-MODIFIED|SEQUENCE)\S*")

    def exported(*facts: Any) -> tuple[object, ...]:
        path = tmp_path / "out"
        with Registry.open() as registry:
            registry.record(*BASE)
            registry.record(*facts)
            lines = export_file(registry, path, format=format_)
        if not path.is_dir():
            return stamps.sub(b"", path.read_bytes()), lines
        written = {file.name: file.read_bytes() for file in path.iterdir() if file.name != "datapackage.json"}
        return written, lines

    without = exported()
    assert [fact for fact in FACTS if exported(fact) == without] == []


def test_who_was_absent_did_not_attend(tmp_path: Path) -> None:
    with Registry.open() as registry:
        registry.record(*BASE, *(fact for fact in FACTS if isinstance(fact, DelegateAttended | DelegateAbsent)))
        for name in ("out.jsonld", "out.json", "out.ics"):
            export_file(registry, tmp_path / name)
            assert b"Nobody" not in (tmp_path / name).read_bytes()


# --- tables --------------------------------------------------------------------------


def test_the_data_package_is_valid(registry, tmp_path: Path) -> None:
    export_file(registry, tmp_path / "package")
    with system.use_context(trusted=True):
        report = Package(tmp_path / "package" / "datapackage.json").validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "type", "note"])
    assert report.stats["tasks"] == len(layouts_of(STANDARD_KINDS)) + 1  # and the table of facts


def test_frictionless_reads_the_rows_that_the_registry_has(registry, tmp_path: Path) -> None:
    export_file(registry, tmp_path / "package")
    with system.use_context(trusted=True):
        package: Any = Package(tmp_path / "package" / "datapackage.json")
        rows = {row["meeting"]: row for row in package.get_resource("meetings").read_rows()}
    for meeting in registry.meetings():
        row = rows.pop(meeting.meeting)
        assert (row["date"] or "") == str(meeting.date or "")
        assert row["earliest"] == (meeting.date and meeting.date.earliest)
        assert row["ordinal"] == meeting.ordinal
        assert row["source"] == meeting.sources[0].title
    assert not rows


def test_a_table_that_is_wrong_is_found_by_frictionless(registry, tmp_path: Path) -> None:
    export_file(registry, tmp_path / "package")
    path = tmp_path / "package" / "attendance.csv"
    path.write_text(path.read_text("utf-8").replace("ca-jad/som/14", "ca-jad/som/99"), "utf-8")
    with system.use_context(trusted=True):
        assert not Package(tmp_path / "package" / "datapackage.json").validate().valid


def test_a_name_that_reads_na_stays_a_name(tmp_path: Path) -> None:
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            PartyJoined(dialogue="d", party="NA", name="NA", aliases=["N/A", "a, b; c"]),
        )
        export_file(registry, tmp_path / "p")
        with system.use_context(trusted=True):
            package: Any = Package(tmp_path / "p" / "datapackage.json")
            (row,) = package.get_resource("parties").read_rows()
    assert (row["name"], row["aliases"], row["joined"]) == ("NA", ["N/A", "a, b; c"], None)


def test_parquet_is_read_by_pandas_polars_and_duckdb_alike(registry, tmp_path: Path) -> None:
    export_file(registry, tmp_path / "parquet", format="parquet")
    path = tmp_path / "parquet" / "meetings.parquet"
    wanted = [
        (meeting.meeting, meeting.status.value, meeting.ordinal, meeting.date and meeting.date.earliest)
        for meeting in sorted(registry.meetings(), key=lambda meeting: meeting.meeting)
    ]
    columns = ["meeting", "status", "ordinal", "earliest"]
    assert pl.read_parquet(path).sort("meeting").select(columns).rows() == wanted
    assert duckdb.sql(f"SELECT {', '.join(columns)} FROM '{path}' ORDER BY meeting").fetchall() == wanted
    frame = pd.read_parquet(path, dtype_backend="pyarrow").sort_values("meeting")[columns]
    assert [tuple(None if pd.isna(v) else v for v in row) for row in frame.itertuples(index=False)] == wanted


def test_an_empty_registry_has_empty_tables_of_the_right_types() -> None:
    with Registry.open() as registry:
        tables = arrow_tables(registry)
    assert {table.num_rows for table in tables.values()} == {0}
    assert str(tables["meetings"].schema.field("earliest").type) == "date32[day]"
    assert tables["parties"].schema.field("aliases").type == pa.list_(pa.string())


# --- all of them ---------------------------------------------------------------------


@settings(max_examples=12)
@given(histories())
def test_whatever_was_recorded_can_be_exported_and_read_again(tmp_path_factory, moves) -> None:
    folder = tmp_path_factory.mktemp("out")
    with Registry.open() as registry:
        play(registry, moves)
        meetings = registry.meetings()
        calendar, left_out = calendar_of(registry, folder)
        undated = [line for line in left_out if "has no place" not in line]
        assert len(calendar.walk("VEVENT")) + len(undated) == len(meetings)
        jsonschema.validate(popolo_of(registry, folder), POPOLO)
        assert len(graph_of(registry, folder)) >= len(meetings)
        export_file(registry, folder / "tables", force=True)
        with (folder / "tables" / "meetings.csv").open(encoding="utf-8", newline="") as file:
            assert {row["meeting"] for row in csv.DictReader(file)} == {meeting.meeting for meeting in meetings}
        assert arrow_tables(registry)["attendance"].num_rows == len(registry.attendance())


def test_a_file_appears_whole_or_not_at_all(registry, tmp_path: Path) -> None:
    path = tmp_path / "backup.jsonl"
    path.write_text("precious", "utf-8")

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_file(registry, path, progress=stop)
    assert [p.name for p in tmp_path.iterdir()] == ["backup.jsonl"]
    assert path.read_text("utf-8") == "precious"


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_folder_of_other_files_is_left_alone_unless_forced(registry, tmp_path: Path, kind: str) -> None:
    mine = tmp_path / f"meetings.{kind}"
    mine.write_text("mine", "utf-8")
    with pytest.raises(ExchangeError, match=f"holds 'meetings.{kind}', and is no earlier export"):
        export_file(registry, tmp_path, format=kind)
    assert [(path.name, path.read_text("utf-8")) for path in tmp_path.iterdir()] == [(mine.name, "mine")]
    export_file(registry, tmp_path, format=kind, force=True)
    assert mine.read_bytes() != b"mine"
    export_file(registry, tmp_path, format=kind)  # an earlier export is written anew
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(ExchangeError, match="holds 'notes.txt'"):
        export_file(registry, tmp_path, format=kind)


@pytest.mark.parametrize("name", ["a.db", "link.ics"])
def test_a_registry_is_never_overwritten(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.db"
    with Registry.open(path) as registry:
        registry.record(DialogueLaunched(dialogue="d", name="D", launched="2004"))
        (tmp_path / "link.ics").symlink_to(path)
        with pytest.raises(ExchangeError, match="is a registry"):
            export_file(registry, tmp_path / name, format="ics", force=True)
    with Registry.open(path) as registry:
        assert registry.position == 1


def test_permissions_stay_and_a_link_is_replaced_instead_of_followed(registry, tmp_path: Path) -> None:
    kept, link = tmp_path / "kept.ics", tmp_path / "link.ics"
    kept.write_text("old", "utf-8")
    kept.chmod(0o600)
    link.symlink_to(kept)
    export_file(registry, link)
    assert not link.is_symlink()
    assert link.read_bytes().startswith(b"BEGIN:VCALENDAR")
    assert kept.read_text("utf-8") == "old"
    export_file(registry, kept)
    assert kept.read_bytes() == link.read_bytes()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def refreshed(database: Path, rows: Path, plan: Path) -> None:
    rows.write_text("meeting,series,date\nca-jad/som/77,ca-jad/som,2020-02-03\n", "utf-8")
    ran = CliRunner().invoke(
        cli, ["import", str(database), str(rows), "--event", "MeetingHeld", "--refresh", str(plan)]
    )
    assert ran.exit_code == 0, ran.output


WRITERS: dict[str, Callable[[Registry, Path], object]] = {
    "calendar.ics": export_file,
    "brief.md": lambda registry, path: write_brief(brief(registry, "ca-jad"), path),
    "brief.docx": lambda registry, path: write_brief(brief(registry, "ca-jad"), path),
    "counts.svg": lambda registry, path: charts.save(charts.counts(registry), path),
    "counts.png": lambda registry, path: charts.draw(registry, path.parent, formats=["png"]),
    "timeline.html": lambda registry, path: charts.draw(registry, path.parent, formats=["html"]),
    "metadata.json": lambda _, path: describe_for_datasette(path.with_name("d.db"), path.parent),
    "plan.toml": lambda _, path: refreshed(path.with_name("d.db"), path.with_name("rows.csv"), path),
}


@pytest.mark.parametrize("name", WRITERS)
def test_nothing_that_is_written_follows_a_link(registry, tmp_path: Path, name: str) -> None:
    """It takes the place of the link, whole; what the link leads to stays."""
    with Registry.open(tmp_path / "d.db") as other:
        other.record(DialogueLaunched(dialogue="ca-jad", name="Dialogue", launched="2004"))
        other.record(SeriesOpened(series="ca-jad/som", dialogue="ca-jad", name="Senior officials"))
    (tmp_path / "kept").write_text("kept", "utf-8")
    path = tmp_path / name
    path.symlink_to(tmp_path / "kept")
    WRITERS[name](registry, path)
    assert (tmp_path / "kept").read_text("utf-8") == "kept"
    assert not path.is_symlink()
    assert path.stat().st_size > 20


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_that_is_a_link_is_not_followed(registry, tmp_path: Path, *, force: bool) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/meetings.csv").write_text("kept", "utf-8")
    (tmp_path / "kept/mine.txt").write_text("mine", "utf-8")
    (tmp_path / "link").symlink_to("kept")
    with pytest.raises(ExchangeError):
        export_file(registry, tmp_path / "link", format="csv", force=force)
    assert sorted(path.read_text("utf-8") for path in (tmp_path / "kept").iterdir()) == ["kept", "mine"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_a_pipe_is_written_to_and_not_replaced(registry, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    end = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    export_file(registry, tmp_path / "pipe", format="ics")
    assert os.read(end, 100).startswith(b"BEGIN:VCALENDAR")
    os.close(end)
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_device_that_is_full_says_so_and_stays(registry) -> None:
    with pytest.raises(ExchangeError, match="cannot be written"):
        export_file(registry, "/dev/full", format="ics")
    assert Path("/dev/full").is_char_device()


def test_what_cannot_be_exported_says_so(registry, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ExchangeError, match="destination is empty"):
        export_file(registry, "")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ExchangeError, match="the format csv fills a folder: give the path of one"):
        export_file(registry, tmp_path / "out.csv")
    with pytest.raises(ExchangeError, match=r"'\.xyz' is no format to export to: choose one of events"):
        export_file(registry, tmp_path / "a.xyz")
    (tmp_path / "a.csv").write_text("", "utf-8")
    with pytest.raises(ExchangeError, match="fills a folder"):
        export_file(registry, tmp_path / "a.csv", format="csv")
    with pytest.raises(ExchangeError, match="cannot be written"):
        export_file(registry, tmp_path / "nowhere" / "a.ics")


def test_what_is_exported_is_as_known_then(registry, tmp_path: Path) -> None:
    with registry.at(position=45) as past:
        assert arrow_tables(past)["attendance"].num_rows == len(past.attendance())
        calendar, _ = calendar_of(past, tmp_path)
        stamps = {event["DTSTAMP"].dt for event in calendar.walk("VEVENT")}
        last = list(past.events())[-1].recorded_at
    assert max(stamps) <= last
    assert min(stamps) > datetime.now(UTC) - timedelta(hours=1)


def test_every_format_and_every_column_is_documented() -> None:
    for name in FORMATS:
        assert f"| `{name}` |" in FORMATS_PAGE
    for name, layout in layouts_of(STANDARD_KINDS).items():
        columns = " ".join(f"`{column}`" for column in layout.columns)
        assert f"| `{name}` | {columns} |" in FORMATS_PAGE


def test_every_attribute_of_a_cloud_event_is_documented(registry) -> None:
    registry.record(TopicDiscussed(meeting="ca-jad/som/14", topic="x"), source=RELEASE, by="me")
    attributes = json.loads(list(registry.export_events())[-1]).keys() - {"specversion"}
    assert [name for name in attributes if not re.search(rf"^\| `{name}` \|", FORMATS_PAGE, re.MULTILINE)] == []


def test_series_without_a_dialogue_or_meetings_are_no_trouble(tmp_path: Path) -> None:
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            SeriesOpened(series="d/s", dialogue="d", name="S"),
        )
        for name in ("a.ics", "a.jsonld", "a.json", "a.jsonl", "tables"):
            assert export_file(registry, tmp_path / name) == ()
