"""Law 12: a plan that is applied gives the facts of a fresh import, and touches no fact of another source.

Tables, their next editions and other sources are invented, with and without keys.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue_registry import MeetingHeld, Plan, Registry, Snapshot, Source, TopicDiscussed, import_table, plan_edition
from dialogue_registry.model.events import brief

Table = list[dict[str, str]]
FIRST = [
    {"event": "DialogueLaunched", "dialogue": "d", "name": "D", "launched": "2000"},
    {"event": "SeriesOpened", "series": "d/s", "dialogue": "d", "name": "S"},
]
REPORT = {"meeting": "d/s/{Meeting}", "series": "d/s", "title": "{Title}", "date": "{Date}"}
MAPPING: dict[str, Any] = {
    "table": "A table",
    "source": {"title": "A list"},
    "first": FIRST,
    "each": [
        {"event": "MeetingHeld", **REPORT, "when": {"State": "held"}},
        {"event": "MeetingAnnounced", **REPORT, "when": {"State": "planned"}},
        {
            "event": "DelegateAttended", "meeting": "d/s/{Meeting}", "name": "{Name}", "party": "{Party}",
            "office": "{Office}", "when": {"Name": True},
        },
        {"event": "TopicDiscussed", "meeting": "d/s/{Meeting}", "topic": "{Topic}", "when": {"Topic": True}},
    ],
}  # fmt: skip
KEYED = {**MAPPING, "key": "{Id}"}


def seat(row: dict[str, str]) -> tuple[str, ...]:
    return row["Meeting"], row["Party"], row["Name"] or row["Id"]


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A table that contradicts itself nowhere: what it says of a meeting, and of a seat, it says one time."""
    few = st.sampled_from
    of_meeting = st.fixed_dictionaries(
        {"Title": few(["A", "B"]), "Date": few(["2001", "2002", ""]), "State": few(["held", "planned"])}
    )
    about = {number: draw(of_meeting) for number in "123"}
    rows = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "Id": few("abcdef"),
                    "Meeting": few("123"),
                    "Name": few(["", "Ann LEE", "Anne LEE", "Bo TAN", "Cy WU"]),
                    "Party": few(["JPN", "KGZ"]),
                    "Office": few(["", "Minister", "Envoy"]),
                    "Topic": few(["", "water", "trade"]),
                }
            ),
            max_size=6,
            unique_by=(lambda row: row["Id"], seat),
        )
    )  # fmt: skip
    return [{**row, **about[row["Meeting"]]} for row in rows]


def facts(registry: Snapshot) -> list[str]:
    return sorted(brief(event.event) for event in registry.facts())


def fresh(table: Table) -> list[str]:
    with Registry.open() as registry:
        report = import_table(registry, table, MAPPING)
        assert not report.problems, report
        return facts(registry)


def accepted(plan: Plan) -> Plan:
    """The plan with every proposal accepted."""
    accept = {"new": "record", "changed": "correct", "withdrawn": "retract"}
    return plan.decided({proposal.number: accept[proposal.what] for proposal in plan if proposal.decision == "decide"})


def take_over(registry: Registry, table: Table, mapping: Any) -> None:
    accepted(plan_edition(registry, table, mapping, withdraw=True)).apply(registry, reason="the next edition")


def check(editions: Sequence[Table], mapping: Any) -> None:
    """Raise AssertionError unless law 12 holds for some editions of one table."""
    with Registry.open() as registry:
        import_table(registry, editions[0], mapping)
        ends = [registry.position]
        for table in editions[1:]:
            take_over(registry, table, mapping)
            assert facts(registry) == fresh(table)
            assert plan_edition(registry, table, mapping, withdraw=True).proposals == ()
            ends.append(registry.position)
        for end, table in zip(ends, editions, strict=True):
            with registry.at(end) as then:
                assert facts(then) == fresh(table)


@pytest.mark.parametrize("mapping", [KEYED, MAPPING], ids=["with a key", "without"])
@settings(max_examples=6)
@given(st.lists(tables(), min_size=2, max_size=4))
def test_a_plan_that_is_applied_gives_the_facts_of_a_fresh_import(mapping: Any, editions: list[Table]) -> None:
    check(editions, mapping)


@settings(max_examples=6)
@given(tables(), tables(), st.booleans())
def test_an_edition_that_comes_back_brings_back_what_it_said(one: Table, other: Table, keyed: bool) -> None:  # noqa: FBT001
    check([one, other, one, other, one], KEYED if keyed else MAPPING)


@settings(max_examples=6)
@given(tables(), tables(), st.booleans())
def test_no_fact_of_another_source_is_touched(one: Table, other: Table, keyed: bool) -> None:  # noqa: FBT001
    mapping, diary = (KEYED if keyed else MAPPING), Source("A diary")
    with Registry.open() as registry:
        import_table(registry, one, mapping)
        events = [event for event in registry.facts() if event.event.__class__ in (MeetingHeld, TopicDiscussed)]
        registry.record(*(event.event for event in events[:2]), source=diary)
        plan = plan_edition(registry, other, mapping, withdraw=True)
        plan.decided({proposal.number: "keep" for proposal in plan if proposal.decision == "decide"}).apply(
            registry, reason="the next edition"
        )
        stands = facts(registry)
        assert [brief(event.event) for event in events[:2] if brief(event.event) not in stands] == []
        registry.verify()


@settings(max_examples=6)
@given(tables(), tables())
def test_an_edition_that_is_undone_leaves_the_facts_of_the_one_before(one: Table, other: Table) -> None:
    with Registry.open() as registry:
        import_table(registry, one, KEYED)
        position, before = registry.position, facts(registry)
        take_over(registry, other, KEYED)
        if registry.position > position:
            registry.undo(registry.imports()[-1], reason="the wrong file")
        assert facts(registry) == before
        take_over(registry, other, KEYED)
        assert facts(registry) == fresh(other)
