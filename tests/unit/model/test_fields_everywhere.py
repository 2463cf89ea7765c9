"""A field of a kind is declared once: what else must know it is derived, or its place is named here."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import attrs
import pytest

from dialogue_registry.cli import cli
from dialogue_registry.cli.options import field_option
from dialogue_registry.exports.facts_table import FACT_COLUMNS
from dialogue_registry.exports.layouts import layouts_of
from dialogue_registry.imports.fact_fields import fields_of, is_about_source
from dialogue_registry.model import events
from dialogue_registry.model.kind_tables import column_of
from dialogue_registry.model.kinds import Kind
from dialogue_registry.model.standard_kinds import STANDARD_KINDS
from dialogue_registry.queries import results
from dialogue_registry.queries.headcounts import Headcount
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "reference" / "events.md").read_text("utf-8")
RESULTS: dict[str, type[Any]] = {
    "dialogues": results.Dialogue, "parties": results.Party, "series": results.Series,
    "meeting_reports": results.Meeting, "attendance": results.Attendance, "topics": results.Topic,
    "activities": results.Activity, "outcomes": results.Outcome, "statements": results.Statement,
    "headcounts": Headcount,
}  # fmt: skip
"""The typed answers, by the table of the kinds that they show; the facts of all others are asked for by ``facts()``."""
ELSEWHERE = {
    ("meeting_reports", "on"): "history() has each report with its day",
    ("attendance", "excused"): "presence says excused",
    ("parties", "standing"): "members() has it, of any day",
    ("headcounts", "count"): "stated",
    ("headcounts", "approximate"): "the verdict takes it into account",
}
"""Fields that a typed answer says in another way."""
NOT_EXPORTED = {("meeting_reports", "on"), ("meeting_reports", "until")}
"""The table of meetings has their status; the log has the reports."""


def missing(kind: Kind, extra: Iterable[str] = ()) -> list[str]:
    """Return the places that do not know a field of a kind, each in words."""
    name, found = kind.cls.__name__, list[str]()
    described = _described(name)
    layouts = [layout for layout in layouts_of(STANDARD_KINDS).values() if layout.table == _exported(kind)]
    columns = {layout.stored.get(column, column) for layout in layouts for column in layout.columns}
    options = {text for parameter in cli.commands["record"].params for text in parameter.opts}
    answer = RESULTS.get(kind.table.name)
    places: list[tuple[str, Callable[[str], bool]]] = [
        ("column of the table", lambda field: column_of(field) in kind.table.columns),
        (
            "field of the answer",
            lambda field: answer is None or field in attrs.fields_dict(answer) or (kind.table.name, field) in ELSEWHERE,
        ),
        ("column of the export", lambda field: column_of(field) in columns or (kind.table.name, field) in NOT_EXPORTED),
        ("column of the table of facts", lambda field: kind.word == "source.kept" or field in FACT_COLUMNS),
        (
            "option of record",
            lambda field: field_option(field) in options or (field == "source" and is_about_source(kind)),
        ),
        ("field of a mapping", lambda field: field in fields_of(kind)),
        ("line of documentation", lambda field: field in described),
        ("description for --help", lambda field: bool(attrs.fields_dict(kind.cls)[field].metadata.get("doc"))),
    ]
    for field in (*kind.shapes, *extra):
        found += [f"{name}.{field} has no {place}" for place, knows in places if not knows(field)]
    return found


def _exported(kind: Kind) -> str:
    return "meetings" if kind.table.name == "meeting_reports" else kind.table.name


def _described(name: str) -> set[str]:
    section = re.search(rf"^### {name}\n(.*?)(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE)
    return set(re.findall(r"^\| `(\w+)` \|", section[1], re.MULTILINE)) if section else set()


@pytest.mark.parametrize("kind", list(STANDARD_KINDS), ids=lambda kind: kind.word)
def test_every_field_of_every_kind_is_known_everywhere(kind: Kind) -> None:
    assert missing(kind) == []


def test_the_test_names_the_place_that_is_missing() -> None:
    @attrs.frozen(kw_only=True)
    class TopicDiscussed:
        """A topic with a field more."""

        meeting: str
        topic: str
        minutes: int = 0

    kind = Kind(cls=TopicDiscussed, word="org.example.topic", about="meeting", table="topics")
    named = [line for line in missing(kind) if ".minutes " in line]
    assert "TopicDiscussed.minutes has no field of the answer" in named
    assert "TopicDiscussed.minutes has no column of the export" in named
    assert "TopicDiscussed.minutes has no option of record" in named
    assert "TopicDiscussed.minutes has no line of documentation" in named


def test_all_events_of_the_library_are_kinds_or_amendments() -> None:
    assert {kind.cls for kind in STANDARD_KINDS} == set(events.FACTS)
