"""The evidence of a fact: who states it now, where and in which words, and who contradicts it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dialogue_registry import (
    Citation,
    DelegateAttended,
    DialogueLaunched,
    MeetingHeld,
    Registry,
    SeriesOpened,
    Source,
    TopicDiscussed,
    UnknownEventError,
    import_table,
    to_dict,
)
from dialogue_registry.cli import cli

MINUTES, NEWSPAPER, DIARY = Source("Minutes", published="2019-06"), Source("A newspaper"), Source("A diary")
SETTING = (
    DialogueLaunched(dialogue="d", name="D", launched="2004"),
    SeriesOpened(series="d/s", dialogue="d", name="S"),
)
HELD = MeetingHeld(meeting="d/s/1", series="d/s", date="2019-05-14", place="Turku")
OLA = DelegateAttended(meeting="d/s/1", party="NOR", name="Ola HAVNESTAD", office="Envoy")


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry.open() as registry:
        registry.record(*SETTING)
        yield registry


def shown(registry: Registry, which: object) -> list[tuple[str, str, str]]:
    """The steps, each with its source and its place in that."""
    return [
        (step.what, step.source.title if step.source else "", step.citation.locator if step.citation else "")
        for step in registry.evidence(which)
    ]


def test_every_source_of_a_fact_is_given_with_its_place_and_its_words(registry: Registry) -> None:
    (held,) = registry.record(HELD, source=MINUTES, cite=Citation(locator="paragraph 3", quote="met in Turku"))
    registry.record(TopicDiscussed(meeting="d/s/1", topic="water"), source=MINUTES)
    (again,) = registry.record(HELD, source=NEWSPAPER, cite=Citation(locator="page 2"))
    wanted = [("recorded", "Minutes", "paragraph 3"), ("also reported", "A newspaper", "page 2")]
    for which in (held, again, held.position, held.id, registry.meetings()[0]):
        assert shown(registry, which) == wanted
    first, second = registry.evidence(held)
    assert (first.fact, first.citation.quote) == (HELD, "met in Turku")
    assert (first.of, second.of) == (held.position, again.position)


def test_a_further_citation_is_one_of_the_source_that_it_cites(registry: Registry) -> None:
    (held,) = registry.record(HELD, source=MINUTES, cite=Citation(locator="paragraph 3"))
    cited = registry.cite(held, Citation(locator="annex 1"))
    registry.cite(held, Citation(locator="page 40"), source=DIARY)
    wanted = [("recorded", "Minutes", "paragraph 3"), ("cited", "Minutes", "annex 1"), ("cited", "A diary", "page 40")]
    assert shown(registry, held) == shown(registry, cited) == wanted
    registry.retract(cited, reason="another meeting")
    assert shown(registry, held) == [wanted[0], wanted[2]]


def test_a_corrected_fact_has_both_wordings_and_keeps_its_source(registry: Registry) -> None:
    registry.record(HELD)
    (ola,) = registry.record(OLA, source=MINUTES, cite=Citation(locator="list, line 4", quote="Mr. Havnestad, Envoy"))
    registry.correct(ola, {"office": "Consul"}, reason="a first try")
    last = registry.correct(ola, {"office": "Ambassador"}, reason="as printed", cite=Citation(locator="list, line 5"))
    recorded, corrected = registry.evidence(last)
    assert shown(registry, ola) == [("recorded", "Minutes", "list, line 4"), ("corrected", "Minutes", "list, line 5")]
    assert (recorded.fact.office, corrected.fact.office, corrected.reason) == ("Envoy", "Ambassador", "as printed")
    registry.retract(last, reason="misread")
    registry.retract(registry.evidence(ola)[-1], reason="misread too")
    assert shown(registry, ola) == [("recorded", "Minutes", "list, line 4")]


def test_a_dispute_counts_while_it_contradicts_what_stands(registry: Registry) -> None:
    registry.record(HELD)
    (ola,) = registry.record(OLA, source=MINUTES)
    registry.record(OLA, source=NEWSPAPER)
    disputed = registry.dispute(ola, {"office": "Consul"}, source=DIARY, cite=Citation(locator="3 June"))
    beside = ("disputed", "A diary", "3 June")
    assert shown(registry, disputed) == [("recorded", "Minutes", ""), ("also reported", "A newspaper", ""), beside]
    registry.retract(ola, reason="another page")
    assert shown(registry, registry.attendance()[0]) == [("recorded", "A newspaper", ""), beside]
    registry.correct(registry.attendance()[0], {"office": "Consul"}, reason="the diary is right")
    assert [what for what, *_ in shown(registry, registry.attendance()[0])] == ["recorded", "corrected"]


def test_a_dispute_that_is_withdrawn_is_none(registry: Registry) -> None:
    registry.record(HELD)
    (ola,) = registry.record(OLA, source=MINUTES)
    registry.retract(registry.dispute(ola, {"office": "Consul"}, source=DIARY), reason="misread")
    assert shown(registry, ola) == [("recorded", "Minutes", "")]


def test_what_was_withdrawn_has_no_evidence_and_is_known_as_it_was(registry: Registry) -> None:
    registry.record(HELD)
    (ola,) = registry.record(OLA, source=MINUTES)
    registry.retract(ola, reason="listed by mistake")
    assert registry.evidence(ola) == ()
    with registry.at(position=ola.position) as past:
        assert shown(past, ola) == [("recorded", "Minutes", "")]


def test_the_evidence_of_nothing_is_refused(registry: Registry) -> None:
    with pytest.raises(UnknownEventError, match="no event has the id or position 99"):
        registry.evidence(99)


# --- on the command line -----------------------------------------------------------------


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), prog_name="dialogue-registry")


@pytest.fixture
def file(tmp_path: Path) -> str:
    with Registry.open(tmp_path / "r.db") as registry:
        registry.record(*SETTING)
        rows = tmp_path / "list.csv"
        rows.write_text("No,Day\n1,5 March 2019\n", "utf-8")
        mapping = {
            "table": "List of meetings",
            "source": {"title": "The secretariat"},
            "dates": {"languages": ["en"]},
            "each": [{"event": "MeetingHeld", "meeting": "d/s/{No}", "series": "d/s", "date": "{Day}"}],
        }
        import_table(registry, rows, mapping)
        registry.record(OLA, source=MINUTES, cite=Citation(locator="paragraph 3", quote="Mr. Havnestad"))
        registry.dispute(4, {"office": "Consul"}, source=DIARY, reason="he wrote so")
    return str(tmp_path / "r.db")


def test_a_table_shows_each_source_and_the_place_in_it(file: str) -> None:
    head, _, first, second = run("evidence", file, "4").output.splitlines()
    assert head.split() == ["position", "what", "fact", "reason", "source", "locator", "quote"]
    assert "Ola HAVNESTAD" in first
    assert first.split("  ")[-2:] == ["paragraph 3", "Mr. Havnestad"]
    assert "office Consul instead of office Envoy" in second
    assert "he wrote so" in second
    assert "A diary" in second


def test_a_row_of_a_table_is_named_with_its_edition_and_the_cells_as_written(file: str) -> None:
    head, _, row = run("evidence", file, "3").output.splitlines()
    assert head.split()[-5:] == ["table", "edition", "row", "as", "written"]
    with Registry.open(file) as registry:
        citation = registry.event(3).citation
    assert citation.edition
    assert f'List of meetings  {citation.edition[:12]}  {citation.row}    date "5 March 2019"' in row


def test_the_id_of_a_subject_stands_for_all_facts_about_it(file: str) -> None:
    data = json.loads(run("evidence", file, "d/s/1", "--json").output)
    assert [step["position"] for step in data] == [3, 4, 5]
    with Registry.open(file) as registry:
        assert data == to_dict(registry.evidence(3, 4)) == to_dict((*registry.evidence(3), *registry.evidence(4)))
    assert [step["what"] for step in data] == ["recorded", "recorded", "disputed"]


@pytest.mark.parametrize(
    ("named", "message"),
    [("nope", "no event has the id 'nope'"), ("99", "there is no event at position 99: the log has 1 to 5")],
)
def test_what_is_not_there_is_refused(file: str, named: str, message: str) -> None:
    refused = run("evidence", file, named)
    assert refused.exit_code == 2
    assert message in refused.output


def test_it_is_asked_as_it_was_known(file: str) -> None:
    assert "A diary" not in run("at", "4", "evidence", file, "4").output
    assert run("evidence", file, "4", "--at", "4").output == run("at", "4", "evidence", file, "4").output
