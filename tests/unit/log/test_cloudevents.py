"""Events are exported as CloudEvents and imported from them; a line that does not fit is refused by its number."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dialogue_registry import DialogueLaunched, Registry, UnfitEventError
from dialogue_registry.log import hash_chain
from dialogue_registry.log.cloudevents import name_of, to_line
from dialogue_registry.log.entry import EMPTY, Draft, Entry, seal
from dialogue_registry.testing import fed, play, stored
from tests.paths import RECORDED

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def lines_of(moves) -> list[str]:
    with Registry.open() as registry:
        play(registry, moves)
        return list(registry.export_events())


@pytest.mark.parametrize("path", sorted(RECORDED.glob("*.jsonl")), ids=lambda path: path.stem)
def test_logs_of_earlier_versions_come_through(path: Path) -> None:
    entries = []
    for line in path.read_text("utf-8").splitlines():
        cells = json.loads(line)
        entries.append(Entry(**{**cells, "salt": bytes.fromhex(cells["salt"]), "hash": bytes.fromhex(cells["hash"])}))
    with fed(entries) as registry, Registry.open() as copy:
        copy.import_events(registry.export_events())
        assert stored(copy) == entries


def test_json_that_was_stored_otherwise_than_we_write_it_keeps_its_bytes() -> None:
    data = '{ "dialogue": "d", "name": "\\u2013", "launched": "2004" }'
    entries = seal([Draft("d", "dialogue.launched", 1, data, None, "")], EMPTY, {}, NOW)
    with fed(entries) as registry, Registry.open() as copy:
        lines = list(registry.export_events())
        assert "data_base64" in lines[0]
        copy.import_events(lines)
        assert stored(copy) == entries


def test_a_byte_order_mark_and_blank_lines_are_no_trouble() -> None:
    with Registry.open() as registry:
        registry.record(DialogueLaunched(dialogue="d", name="D", launched="2004"))
        lines = list(registry.export_events())
    for lines_given in (["\n", *lines], [f"\ufeff{lines[0]}"], [b"\xef\xbb\xbf" + lines[0].encode(), b"\n"]):
        with Registry.open() as copy:
            assert copy.import_events(lines_given) == 1


def test_an_export_that_is_not_whole_is_found_within_a_transaction_too() -> None:
    drafts = [Draft("d/s", "series.opened", 1, '{"series":"d/s","dialogue":"nowhere","name":"S"}', None, "")]
    lines = _written(seal(drafts, EMPTY, {}, NOW))
    with Registry.open() as registry, registry.transaction():
        with pytest.raises(UnfitEventError):
            registry.import_events(lines)
        assert registry.position == 0


def test_another_log_is_refused() -> None:
    with Registry.open() as registry, Registry.open() as other:
        registry.record(DialogueLaunched(dialogue="d", name="D", launched="2004"))
        other.record(DialogueLaunched(dialogue="d", name="D", launched="2004"))
        with pytest.raises(UnfitEventError, match="two different logs"):
            other.import_events(registry.export_events())


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("x", "no JSON"),
        ("[]", "no CloudEvent"),
        ("{}", "no 'specversion'"),
        ('{"specversion": "0.3"}', "specversion is '0.3'"),
        ('{"specversion": "1.0", "type": "com.example.thing"}', "type is 'com.example.thing'"),
    ],
)
def test_what_is_no_export_is_refused_in_one_line(line: str, why: str) -> None:
    with Registry.open() as registry, pytest.raises(UnfitEventError, match=why) as caught:
        registry.import_events([line])
    assert caught.value.line == 1


def test_a_chain_forged_around_events_that_do_not_fit_records_nothing() -> None:
    drafts = [
        Draft("d", "dialogue.launched", 1, '{"dialogue":"d","name":"D","launched":"2004"}', None, ""),
        Draft("d/s", "series.opened", 1, '{"series":"d/s","dialogue":"nowhere","name":"S"}', None, ""),
        Draft("d", "event.retracted", 1, '{"event_id":"nothing","reason":"x"}', None, ""),
        Draft("elsewhere", "party.joined", 1, '{"dialogue":"d","party":"P","name":"P"}', None, ""),
    ]
    for bad in drafts[1:]:
        entries = seal([drafts[0], bad], EMPTY, {}, NOW)
        with Registry.open() as registry:
            with pytest.raises(UnfitEventError):
                registry.import_events(_written(entries))
            assert registry.position == 0


def test_a_position_or_version_out_of_order_is_refused_even_with_a_forged_chain() -> None:
    draft = Draft("d", "dialogue.launched", 1, '{"dialogue":"d","name":"D","launched":"2004"}', None, "")
    (entry,) = seal([draft], EMPTY, {}, NOW)
    forged = entry._replace(version=2)
    forged = forged._replace(hash=hash_chain.link(EMPTY.hash, *forged[:-1]))
    with Registry.open() as registry, pytest.raises(UnfitEventError, match="version 2"):
        registry.import_events(_written([forged]))


def _written(entries) -> list[str]:
    return [to_line(entry, name_of(entries[0].id)) for entry in entries]


def test_a_past_registry_exports_what_was_known_then() -> None:
    with Registry.open() as registry:
        for name in "abc":
            registry.record(DialogueLaunched(dialogue=name, name=name, launched="2004"))
        lines = list(registry.export_events())
        with registry.at(position=2) as past:
            assert list(past.export_events()) == lines[:2]
