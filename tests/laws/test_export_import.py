"""Law 7: export, import, export gives the same bytes and the same hashes; what does not fit records nothing."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_registry import Registry, UnfitEventError
from dialogue_registry.projections.standard import STANDARD
from dialogue_registry.testing import histories, play, same, show, stored
from tests.unit.log.test_cloudevents import lines_of


@given(histories(), st.data())
def test_export_import_export_is_byte_for_byte_the_same(moves, data) -> None:
    with Registry.open() as registry, Registry.open() as copy:
        play(registry, moves)
        lines = list(registry.export_events())
        cut = data.draw(st.integers(0, len(lines)))
        assert copy.import_events(lines[:cut]) == cut
        assert copy.import_events(f"{line}\n".encode() for line in lines) == len(lines) - cut
        assert list(copy.export_events()) == lines
        assert stored(copy) == stored(registry)
        same(show(registry, STANDARD, places=True), show(copy, STANDARD, places=True), "a registry, and its copy")
        assert copy.verify(registry.head) == registry.head
        assert copy.import_events(lines) == 0


@given(histories(min_moves=2), st.data())
def test_a_line_that_was_changed_left_out_or_swapped_is_found_and_nothing_is_recorded(moves, data) -> None:
    lines = lines_of(moves)
    place = data.draw(st.integers(0, len(lines) - 1))
    kind = data.draw(st.sampled_from(["changed", "left out", "swapped"]))
    if kind == "changed":
        event = orjson.loads(lines[place])
        name = data.draw(st.sampled_from(sorted(event.keys() - {"data", "specversion", "datacontenttype"})))
        value = event[name]
        event[name] = value + 1 if isinstance(value, int) else f"{value}x"
        lines[place] = orjson.dumps(event).decode()
    elif place < len(lines) - 1:
        if kind == "left out":
            del lines[place]
        else:
            lines[place : place + 2] = reversed(lines[place : place + 2])
    else:
        return
    with Registry.open() as copy:
        with pytest.raises(UnfitEventError) as caught:
            copy.import_events(lines)
        assert caught.value.line - 1 in (place, place + 1)
        assert copy.position == 0
        copy.verify()
