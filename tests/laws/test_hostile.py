"""Whatever comes from outside is recorded exactly as given, or refused with one of the library's own errors.

Nothing else comes out: no other exception, no mended text, no SQL, no number made of a text.
``tests/long/fuzz.py`` looks further into the same, guided by coverage.
"""

import json
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dialogue_registry import (
    ActivityReported,
    DelegateAttended,
    DialogueLaunched,
    MeetingHeld,
    PartyJoined,
    Registry,
    SeriesOpened,
    Source,
    TopicDiscussed,
    testing,
)
from dialogue_registry.errors import (
    CodecError,
    InvalidDateError,
    InvalidIdError,
    InvalidValueError,
    UnfitEventError,
)
from dialogue_registry.log.codec import STANDARD_CODEC, STORED, decode_source, encode_source
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import EVENTS, MAX_ID, MAX_TEXT, Event
from dialogue_registry.model.names import fold, name_parts
from dialogue_registry.model.texts import fold_text
from tests.cost import processor_time

WORDS = sorted(word for word, _ in STORED.values())

#: What people, programs and their enemies put into a field; each is a text like another.
HOSTILE = [
    "Robert'); DROP TABLE events; --",
    '" OR 1=1 --',
    "%s %d {0} {name} ${x} $(reboot) `id`",
    "<script>alert('x')</script><b>&amp;</b>",
    "]]><!-- -->",
    "../../etc/passwd",
    "=HYPERLINK(1)",
    "\u202eDROPPED\u202c",
    "\u2066isolated\u2069\u200f\u200e",
    "zero\u200bwidth\ufeff",
    "bell\a escape\x1b[31m tab\t newline\r\n form\f",
    "\x01\x02a\x7f\x80\x9f",
    "e\u0301 is not \u00e9",
    "ﬁ Ⅻ ﷺ",
    "𝕊 🕊 👩‍👩‍👧",
    "\ufffe\uffff\U0010ffff",
    "河野 太郎 · عبد الله · Қасым",
    "a" * 10_000,
    "\u0300" * 1000,
    " leading and trailing ",
    "null",
    '{"type":"x"}',
    "\\u0000 \\ \\\\",
]

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(HOSTILE),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
fields = st.sampled_from(
    sorted({field.name for cls in EVENTS for field in attrs.fields(cls)} | {"type", "schema", "data"})
)
any_text = st.text() | st.sampled_from(HOSTILE) | testing.texts()


# --- stored JSON -------------------------------------------------------------------------


def read(word: Any, schema: Any, data: Any) -> None:
    """Read stored data: an event that is stored as it reads, or the library's own error."""
    try:
        event = STANDARD_CODEC.decode(word, schema, data, 7)
    except CodecError as error:
        assert str(error).startswith("at position 7: ")
        return
    assert isinstance(event, EVENTS)
    assert STANDARD_CODEC.decode(*STANDARD_CODEC.encode(event)) == event


@given(st.sampled_from(WORDS) | st.text(), st.integers(-1, 3) | anything, anything.map(json.dumps))
def test_any_json_is_an_event_or_a_codec_error(word: str, schema: Any, data: str) -> None:
    read(word, schema, data)


@given(st.sampled_from(WORDS), st.integers(0, 3), st.dictionaries(fields, anything | testing.ids(), max_size=8))
def test_any_object_with_the_names_of_our_fields_is_an_event_or_a_codec_error(
    word: str, schema: int, data: dict[str, Any]
) -> None:
    read(word, schema, json.dumps(data))


@given(testing.events(), st.data())
def test_an_event_with_one_value_replaced_is_an_event_or_a_codec_error(event: Event, data: st.DataObject) -> None:
    word, schema, text = STANDARD_CODEC.encode(event)
    stored = json.loads(text)
    holder, key = data.draw(st.sampled_from(list(places(stored))))
    holder[key] = data.draw(anything)
    read(word, schema, json.dumps(stored))


def places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value that could hold another."""
    for key, value in list(data.items()) if isinstance(data, dict) else list(enumerate(data)):
        yield data, key
        if isinstance(value, dict | list):
            yield from places(value)


@given(testing.events(), st.data())
def test_an_event_with_bytes_changed_is_an_event_or_a_codec_error(event: Event, data: st.DataObject) -> None:
    word, schema, text = STANDARD_CODEC.encode(event)
    raw = bytearray(text.encode())
    for at in data.draw(st.lists(st.integers(0, len(raw) - 1), min_size=1, max_size=3)):
        raw[at] = data.draw(st.integers(0, 255))
    read(word, schema, bytes(raw[: data.draw(st.integers(0, len(raw)))]))


SCHEMAS: list[Any] = [1, 0, -1, 2**70, None, "1", 1.5, []]
NONSENSE: list[Any] = [None, 5, "", "[]", "{", '"x"', b"\xff", '{"a":1e999}', "[" * 100_000]


@pytest.mark.parametrize("word", [*WORDS, "", None, [], {}, 5])
def test_nothing_else_comes_out_of_stored_nonsense(word: Any) -> None:
    for schema, data in product(SCHEMAS, NONSENSE):
        read(word, schema, data)


@given(anything, anything, anything)
def test_data_from_a_file_is_an_event_or_a_codec_error(word: Any, schema: Any, data: Any) -> None:
    for kind in (word, "fact.corrected", "activity.reported"):
        try:
            event = STANDARD_CODEC.from_data(kind, schema, data)
        except CodecError:
            continue
        assert isinstance(event, EVENTS)


@pytest.mark.parametrize("depth", [10, 300, 10_000])
def test_no_depth_of_nesting_is_followed(depth: int) -> None:
    fact = '{"type":"topic.discussed","schema":1,"data":{"meeting":"m","topic":"t"}}'
    for _ in range(depth):
        fact = f'{{"type":"fact.corrected","schema":1,"data":{{"event_id":"x","reason":"r","replacement":{fact}}}}}'
    read("fact.corrected", 1, f'{{"event_id":"x","reason":"r","replacement":{fact}}}')
    read("topic.discussed", 1, f'{{"meeting":"m","topic":{"[" * depth}{"]" * depth}}}')
    read("activity.reported", 1, f'{{"meeting":"m","title":"t","organizers":{"[" * depth}{"]" * depth}}}')


@pytest.mark.parametrize(
    ("word", "data"),
    [
        ("topic.discussed", {"meeting": "m", "topic": 5}),
        ("topic.discussed", {"meeting": "m", "topic": ["t"]}),
        ("meeting.held", {"meeting": "m", "series": "s", "ordinal": "3"}),
        ("meeting.held", {"meeting": "m", "series": "s", "ordinal": 3.0}),
        ("meeting.held", {"meeting": "m", "series": "s", "ordinal": True}),
        ("meeting.held", {"meeting": "m", "series": "s", "date": 2004}),
        ("dialogue.launched", {"dialogue": "d", "name": "D", "launched": "2004", "aliases": "CAJ"}),
        ("dialogue.launched", {"dialogue": "d", "name": "D", "launched": "2004", "aliases": [1]}),
    ],
)
def test_a_value_of_another_kind_is_not_turned_into_ours(word: str, data: dict[str, Any]) -> None:
    with pytest.raises(CodecError, match="cannot be read"):
        STANDARD_CODEC.decode(word, 1, json.dumps(data))


@given(anything.map(json.dumps) | st.dictionaries(fields, anything).map(json.dumps) | st.text() | st.none())
def test_any_stored_source_is_a_source_or_a_codec_error(data: str | None) -> None:
    try:
        source = decode_source(data)
    except CodecError:
        return
    assert decode_source(encode_source(source)) == source


@given(st.binary() | any_text | anything.map(json.dumps))
def test_any_line_of_an_import_is_refused_by_number_and_nothing_is_recorded(line: str | bytes) -> None:
    with Registry.open() as registry:
        try:
            assert registry.import_events([line]) == 0  # a blank line
        except UnfitEventError as error:
            assert "line 1" in str(error)
        assert registry.position == 0


@given(st.data())
def test_an_exported_line_with_one_value_replaced_is_refused(data: st.DataObject) -> None:
    with Registry.open() as registry:
        registry.record(*SERIES, source=Source("A"), by="desk")
        lines = list(registry.export_events())
    number = data.draw(st.integers(0, len(lines) - 1))
    stored = json.loads(lines[number])
    holder, key = data.draw(st.sampled_from(list(places(stored))))
    holder[key] = data.draw(anything)
    lines[number] = json.dumps(stored)
    with Registry.open() as other:
        try:
            other.import_events(lines)
        except UnfitEventError:
            assert other.position == 0
        else:
            other.verify()


# --- dates and ids -----------------------------------------------------------------------

date_like = st.from_regex(r"[\[\d]?\d{1,4}(-\d\d?){0,2}([./]{1,2}\d{1,4}(-\d\d?){0,2})?\]?[Z~?]?", fullmatch=True)


@given(any_text | date_like | anything)
@example("2021-06-16\n")
@example("२०२१-०६-१६")
@example("0000")
@example("9999-12-31/9999-12-31")
@example("[" * 100_000)
def test_a_date_reads_as_it_was_written_or_is_refused(value: Any) -> None:
    try:
        date = PartialDate.of(value)
    except InvalidDateError as error:
        assert len(str(error)) < 1000 or not isinstance(value, str)
        return
    assert str(date) == value
    assert date.earliest <= date.latest_start <= date.latest


@given(any_text | st.from_regex(r"[a-zA-Z0-9._/\n-]{1,12}") | anything)
@example("a\n")
@example("a" * MAX_ID)
@example("a/" * MAX_TEXT)
@example("ａ")
def test_an_id_is_kept_as_it_was_given_or_refused(value: Any) -> None:
    try:
        event = TopicDiscussed(meeting=value, topic="t")
    except InvalidIdError as error:
        assert len(str(error)) < 1000
        return
    assert event.meeting == value
    assert set(value) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-/")


# --- names and other texts ---------------------------------------------------------------

SERIES = (
    DialogueLaunched(dialogue="d", name="A dialogue", launched="2004"),
    SeriesOpened(series="d/s", dialogue="d", name="Senior officials"),
    MeetingHeld(meeting="d/s/1", series="d/s", date="2005", title="First"),
)


def facts_with(text: str) -> tuple[Any, ...]:
    """One fact of each kind of text field, all saying the same."""
    return (
        PartyJoined(dialogue="d", party=text, name=text, aliases=(text, text)),
        MeetingHeld(meeting="d/s/2", series="d/s", place=text, country=text, title=text),
        DelegateAttended(meeting="d/s/1", name=text, party=text, office=text, on_behalf_of=text),
        TopicDiscussed(meeting="d/s/1", topic=text),
        ActivityReported(meeting="d/s/1", title=text, organisers=(text,), field=text),
    )


def demand_as_given(registry: Registry, text: str) -> None:
    """Record the text in every field; demand it back, unchanged, from all that can be asked."""
    source = Source(text, url=text, publisher=text, language=text, kind=text)
    facts = facts_with(text)
    registry.record(*SERIES)
    recorded = registry.record(*facts, source=source, by=text)
    assert registry.record(*facts, source=source) == recorded
    assert [event.event for event in registry.events(after=3)] == list(facts)
    assert {(event.source, event.by) for event in registry.events(after=3)} == {(source, text)}
    (seat,) = registry.attendance(name=text)
    assert (seat.name, seat.party, seat.office, seat.on_behalf_of) == (text, text, text, text)
    assert registry.attendance(party=text) == (seat,)
    assert registry.topics()[0].topic == registry.meetings(meeting="d/s/2")[0].title == text
    assert registry.activities()[0].organisers == (text,)
    assert [row["data"] for row in registry.db.query("SELECT json_extract(data, '$.topic') AS data FROM events")][
        6
    ] == text
    fixed = registry.correct(recorded[3].id, TopicDiscussed(meeting="d/s/1", topic="fixed"), reason=text)
    assert registry.retract(fixed.id, reason=text).event.reason == text
    assert registry.history("d/s/1")[-1].reason == text
    with registry.at(registry.position) as past:
        assert past.attendance(name=text) == (seat,)
    registry.search(text[:1000])
    registry.verify()


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_comes_back_as_it_was_given(tmp_path: Path, text: str) -> None:
    path = tmp_path / "registry.db"
    with Registry.open(path) as registry:
        demand_as_given(registry, text)
        wanted = list(registry.events())
    with Registry.open(path) as registry:
        assert list(registry.events()) == wanted
        registry.rebuild()
        registry.verify()
        lines = list(registry.export_events())
    with Registry.open() as other:
        other.import_events(lines)
        assert list(other.events()) == wanted


@example("\u0300")  # an accent alone is an empty word of the search index
@given(any_text)
def test_any_text_is_recorded_as_it_was_given_or_refused(text: str) -> None:
    try:
        facts_with(text)
    except InvalidValueError as error:
        assert not fold_text(text) or "\0" in text or any("\ud800" <= c <= "\udfff" for c in text)
        assert len(str(error)) < 1000
        return
    with Registry.open() as registry:
        demand_as_given(registry, text)


@given(any_text, any_text)
def test_texts_that_differ_are_different_people(one: str, other: str) -> None:
    with Registry.open() as registry:
        registry.record(*SERIES)
        for name in {one, other}:
            if name.strip() and "\0" not in name and name.isprintable():
                registry.record(DelegateAttended(meeting="d/s/1", name=name, party="P"))
                assert [seat.name for seat in registry.attendance(name=name)] == [name]


def test_the_longest_text_is_recorded_and_a_longer_one_refused() -> None:
    longest = "対" * MAX_TEXT
    with Registry.open() as registry:
        registry.record(*SERIES)
        (event,) = registry.record(TopicDiscussed(meeting="d/s/1", topic=longest))
        assert registry.topics()[0].topic == longest
        assert next(registry.events(after=3)) == event
        registry.verify()
    for text in (longest + "x", "x" * 10_000_000):
        with pytest.raises(InvalidValueError, match="shorten it to 1,000,000 at most") as info:
            TopicDiscussed(meeting="d/s/1", topic=text)
        assert len(str(info.value)) < 1000


@pytest.mark.parametrize("ask", [name_parts, fold], ids=["name_parts", "fold"])
@pytest.mark.parametrize(
    "piece",
    ["Mr. ", "H.E. ,", "a", "A", "van ", "the ", "l'", "' ", "-", "Mc", "O'", "TOKUDA ", "T. ", "\u0300", ", ", "ﷺ"],
)
def test_no_name_takes_more_than_its_length(ask: Callable[[str], Any], piece: str) -> None:
    def asking(length: int) -> float:
        text = (piece * length)[:length] + "x"
        return processor_time(lambda: ask(text))

    # Ten times as long: in proportion to the square it would take a hundred times as long. Twenty are seen, as memory
    # for long texts comes from the system.
    assert asking(100_000) < 60 * asking(10_000)


@given(st.text() | st.sampled_from(HOSTILE))
def test_any_text_has_parts_and_a_key(text: str) -> None:
    parts = name_parts(text)
    assert parts.written == text
    assert fold(fold(text)) == fold(text)


@given(st.lists(any_text, min_size=1, max_size=3), any_text)
def test_any_text_may_be_sought(texts: list[str], sought: str) -> None:
    with Registry.open() as registry:
        registry.record(*SERIES)
        for text in texts:
            if text.strip() and "\0" not in text and text.isprintable():
                registry.record(TopicDiscussed(meeting="d/s/1", topic=text))
        for text in (sought, *texts, f'"{sought}', f"{sought}*", f"NEAR({sought})", f"topic:{sought}"):
            try:
                registry.search(text[:1000])
            except InvalidValueError:
                assert any("\ud800" <= c <= "\udfff" for c in text)
