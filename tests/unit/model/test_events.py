"""An event that exists is well formed: whatever is wrong is refused when it is made, by name, and nothing is mended."""

import datetime as dt
import pickle
from collections.abc import Iterator
from typing import Any, NamedTuple

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_registry.errors import InvalidDateError, InvalidIdError, InvalidValueError
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import (
    EVENTS,
    FACTS,
    MAX_ID,
    MAX_NUMBER,
    MAX_TEXT,
    ActivityReported,
    CountStated,
    DelegateAbsent,
    DelegateAttended,
    DialogueLaunched,
    DifferentPersons,
    Event,
    EventCited,
    EventRetracted,
    Fact,
    FactCorrected,
    FactDisputed,
    Format,
    HeadcountStated,
    Level,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    MeetingShared,
    NameUsed,
    OutcomeAgreed,
    PartyJoined,
    PartyLeft,
    Role,
    SamePerson,
    SeriesOpened,
    Source,
    SourceKept,
    TopicDiscussed,
    brief,
)
from dialogue_registry.model.standard_kinds import subject_of
from dialogue_registry.model.texts import fold_text


class Kind(NamedTuple):
    """The values that a field takes: an example and, of each bad value, the error and how its message goes on."""

    good: Any
    bad: list[tuple[Any, type[InvalidValueError], str]]


def bad_ids(*values: Any) -> list[tuple[Any, type[InvalidValueError], str]]:
    return [(value, InvalidIdError, "which is no id: use lower-case letters") for value in values]


def bad_dates(*values: Any) -> list[tuple[Any, type[InvalidValueError], str]]:
    return [(value, InvalidDateError, "is no date") for value in values]


def bad(wanted: str, *values: Any) -> list[tuple[Any, type[InvalidValueError], str]]:
    return [(value, InvalidValueError, wanted) for value in values]


IDS = bad_ids(
    "", "Ca-Jad", "ca jad", "/ca-jad", "ca-jad/", "ca-jad//som", "-ca", "ca-jad\n", "çа", "x" * (MAX_ID + 1), 14
)
DATES = bad_dates("June 2021", "", 2021, dt.datetime(2021, 6, 16, tzinfo=dt.UTC), b"2021")
TEXTS = [
    *bad("which is no text: give a str", 14, b"text", ["text"]),
    *bad("holds half a surrogate pair", "half \ud800", "\udfff"),
    *bad("holds a NUL character: remove it", "a\0b", "\0"),
    *bad(f"has {MAX_TEXT + 1:,} characters: shorten it to {MAX_TEXT:,} at most", "x" * (MAX_TEXT + 1)),
]
EMPTY = bad("is empty: give it a text", "", " ", "\u00a0\n\t")
LISTS = [
    *bad("is no list of texts: put it in a tuple", "Tokyo Dialogue", "", None, 14),
    *[([value], error, wanted) for value, error, wanted in [*TEXTS, *EMPTY]],
]

ID = Kind("ca-jad/som/14", [*IDS, *bad_ids(None)])
OPTIONAL_ID = Kind("ca-jad/som/14", IDS)
REQUIRED = Kind("Senior Officials' Meeting", [*TEXTS, *bad("which is no text: give a str", None), *EMPTY])
TEXT = Kind("text", [*TEXTS, *bad("which is no text: give a str", None)])
TEXT_LIST = Kind(("one", "another"), LISTS)
DATE = Kind("2021-06-16", [*DATES, *bad_dates(None)])
OPTIONAL_DATE = Kind("2021-06", DATES)
NO_NUMBERS = (-1, MAX_NUMBER + 1, True, False, 14.0, "14")
ORDINAL = Kind(14, bad(f"give a whole number from 1 to {MAX_NUMBER:,}", *NO_NUMBERS, 0))
COUNT = Kind(0, bad(f"give a whole number from 0 to {MAX_NUMBER:,}", *NO_NUMBERS, None))
FORMAT = Kind(
    "online",
    bad("is no format: use one of 'in-person', 'online', 'hybrid', or None", "", "Online", "virtual", "unknown", 1, []),
)
ROLE = Kind(
    "head",
    bad("is no role: use one of 'delegate', 'head', 'chair', 'guest', 'observer'", "", "Head", None, "president"),
)
FACT = Kind(
    TopicDiscussed(meeting="ca-jad/som/14", topic="tourism"),
    bad(
        "give a fact, such as MeetingHeld(…)",
        None,
        "tourism",
        EventRetracted(event_id="x", reason="y"),
        TopicDiscussed,
    ),
)

LEVEL = Kind("minister", bad("is no level: use one of 'head-of-state'", "", "Minister", "president"))
PRESENCE = Kind("online", bad("use one of 'in-person', 'online', 'hybrid', or None", "", "virtual"))
NUMBERING = Kind("yearly", bad("is no numbering: use one of 'continuous', 'yearly', 'by-period'", "", None, "annual"))
HEADCOUNT_OF = Kind("parties", bad("use one of 'participants', 'delegates', 'parties'", "", None, "people"))
FLAG = Kind(good=True, bad=bad("give True or False", 1, "yes", None))
OPTIONAL_FLAG = Kind(good=True, bad=bad("give True or False", 0, "no"))
_TWO = "two names or more"
NAMES = Kind(
    ("one", "another"),
    [*LISTS[:4], (["one"], InvalidValueError, _TWO), (["a", " a\u200b"], InvalidValueError, _TWO)],
)
DIGEST = Kind("a" * 64, bad("give a SHA-256 as 64 hexadecimal digits", "", "A" * 64, "a" * 63, None))
ORIGIN = Kind(Source("A release"), bad("which is no source: give Source(title, url=…)", None, "A release", 14))

MEETING = {
    "meeting": ID,
    "series": ID,
    "date": OPTIONAL_DATE,
    "ordinal": ORDINAL,
    "format": FORMAT,
    "place": TEXT,
    "country": TEXT,
    "title": TEXT,
    "on": OPTIONAL_DATE,
    "period": TEXT,
}
FIELDS: dict[type[Any], dict[str, Kind]] = {
    DialogueLaunched: {"dialogue": ID, "name": REQUIRED, "launched": DATE, "aliases": TEXT_LIST},
    PartyJoined: {
        "dialogue": ID,
        "party": REQUIRED,
        "name": REQUIRED,
        "joined": OPTIONAL_DATE,
        "aliases": TEXT_LIST,
        "standing": REQUIRED,
    },
    PartyLeft: {"dialogue": ID, "party": REQUIRED, "on": OPTIONAL_DATE, "reason": TEXT},
    SeriesOpened: {
        "series": ID,
        "dialogue": ID,
        "name": REQUIRED,
        "abbreviation": TEXT,
        "aliases": TEXT_LIST,
        "numbering": NUMBERING,
    },
    MeetingAnnounced: MEETING,
    MeetingHeld: MEETING,
    MeetingPostponed: {"meeting": ID, "reason": TEXT, "on": OPTIONAL_DATE, "until": OPTIONAL_DATE},
    MeetingCancelled: {"meeting": ID, "reason": TEXT, "on": OPTIONAL_DATE},
    MeetingShared: {"meeting": ID, "series": ID, "ordinal": ORDINAL, "period": TEXT},
    DelegateAttended: {
        "meeting": ID,
        "name": TEXT,
        "party": REQUIRED,
        "office": TEXT,
        "role": ROLE,
        "on_behalf_of": TEXT,
        "person": TEXT,
        "seat": TEXT,
        "level": LEVEL,
        "format": PRESENCE,
    },
    DelegateAbsent: {
        "meeting": ID,
        "party": REQUIRED,
        "name": TEXT,
        "office": TEXT,
        "person": TEXT,
        "seat": TEXT,
        "level": LEVEL,
        "excused": OPTIONAL_FLAG,
        "reason": TEXT,
        "represented_by": TEXT,
    },
    HeadcountStated: {
        "meeting": ID,
        "count": COUNT,
        "of": HEADCOUNT_OF,
        "party": TEXT,
        "format": FORMAT,
        "approximate": FLAG,
    },
    TopicDiscussed: {"meeting": ID, "topic": REQUIRED},
    ActivityReported: {
        "meeting": ID,
        "title": REQUIRED,
        "organisers": TEXT_LIST,
        "field": TEXT,
        "date": OPTIONAL_DATE,
    },
    OutcomeAgreed: {"meeting": ID, "title": REQUIRED, "kind": TEXT},
    CountStated: {
        "series": OPTIONAL_ID,
        "count": COUNT,
        "as_of": DATE,
        "format": FORMAT,
        "reported_at": OPTIONAL_ID,
        "dialogue": OPTIONAL_ID,
    },
    NameUsed: {
        "of": OPTIONAL_ID,
        "party": TEXT,
        "name": REQUIRED,
        "language": TEXT,
        "since": OPTIONAL_DATE,
        "until": OPTIONAL_DATE,
    },
    SamePerson: {"party": REQUIRED, "names": NAMES, "reason": TEXT},
    DifferentPersons: {"party": REQUIRED, "names": NAMES, "reason": TEXT},
    SourceKept: {"source": ORIGIN, "sha256": DIGEST, "retrieved": DATE, "archived": TEXT},
    FactCorrected: {"event_id": REQUIRED, "replacement": FACT, "reason": REQUIRED},
    EventRetracted: {"event_id": REQUIRED, "reason": REQUIRED},
    FactDisputed: {"event_id": REQUIRED, "claim": FACT, "reason": TEXT},
    EventCited: {"event_id": REQUIRED},
    Source: {
        "title": REQUIRED,
        "url": TEXT,
        "publisher": TEXT,
        "published": OPTIONAL_DATE,
        "language": TEXT,
        "kind": TEXT,
    },
}
CLASSES = list(FIELDS)
LISTED = {cls: list(fields) for cls, fields in FIELDS.items()}
FIELDS |= {
    cls: {field.name: fields.get(field.name, TEXT) for field in attrs.fields(cls)} for cls, fields in FIELDS.items()
}
"""A field of which the table above says nothing is a text that may be empty, and is tried as one."""


def example(cls: type[Any], **changes: Any) -> Any:
    """An event with all its fields given, but for one of two that exclude each other."""
    values = {name: kind.good for name, kind in FIELDS[cls].items()} | changes
    one, other = EITHER.get(cls, ("", ""))
    if one:
        dropped = other if one in changes or other not in changes else one
        values[dropped] = "" if dropped == "party" else None
    return cls(**values)


#: Fields of which just one is given.
EITHER = {CountStated: ("series", "dialogue"), NameUsed: ("of", "party")}


def bad_fields() -> Iterator[Any]:
    for cls, fields in FIELDS.items():
        for name, kind in fields.items():
            for value, error, wanted in kind.bad:
                yield pytest.param(cls, name, value, error, wanted, id=f"{cls.__name__}.{name}={ascii(value)[:30]}")


def test_the_table_above_knows_every_event_and_no_field_that_is_not_there() -> None:
    assert [*EVENTS, Source] == CLASSES
    for cls, listed in LISTED.items():
        assert listed == [name for name in attrs.fields_dict(cls) if name in listed]


@pytest.mark.parametrize(("cls", "name", "value", "error", "wanted"), list(bad_fields()))
def test_a_bad_value_is_refused_by_name(
    cls: type[Any], name: str, value: Any, error: type[InvalidValueError], wanted: str
) -> None:
    with pytest.raises(InvalidValueError) as refused:
        example(cls, **{name: value})
    message = str(refused.value)
    assert type(refused.value) is error
    assert wanted in message
    assert len(message) < 400  # however long the value was
    if wanted.startswith(("which is no id", "which is no text", "give a")):
        shown = repr(
            value[0]
            if isinstance(value, list) and FIELDS[cls][name] in (TEXT_LIST, NAMES) and len(value) == 1
            else value
        )
        assert f"{cls.__name__}.{name} is {shown[:77]}" in message
    elif wanted.startswith(("holds", "has", "is empty")):
        assert f"{cls.__name__}.{name} {wanted}" in message
    else:
        as_kept = tuple(value) if isinstance(value, list) else value
        assert repr(value) in message or repr(as_kept) in message  # read before there is an event to name


# --- values --------------------------------------------------------------------------


@pytest.mark.parametrize("cls", CLASSES)
def test_events_are_frozen_slotted_values(cls: type[Any]) -> None:
    event, same = example(cls), example(cls)
    name = attrs.fields(cls)[0].name
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(event, name, "other")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        event.something_else = "other"
    assert not hasattr(event, "__dict__")
    assert event == same
    assert hash(event) == hash(same)
    assert pickle.loads(pickle.dumps(event)) == event


@pytest.mark.parametrize("cls", EVENTS)
def test_events_take_keywords_only(cls: type[Event]) -> None:
    with pytest.raises(TypeError):
        cls("ca-jad")  # type: ignore[call-arg]


def test_a_source_needs_a_title_and_takes_the_rest_in_order_or_by_keyword() -> None:
    assert Source("A release") == Source(title="A release", url="", publisher="", published=None, language="", kind="")
    assert Source("A release", "https://example.org") == Source("A release", url="https://example.org")
    with pytest.raises(TypeError):
        Source(url="https://example.org")  # type: ignore[call-arg]


def test_a_fact_is_written_briefly_as_the_code_that_makes_it() -> None:
    fact = MeetingHeld(meeting="d/s/1", series="d/s", date="2005-03-04", format="online")
    assert brief(fact) == "MeetingHeld(meeting='d/s/1', series='d/s', date='2005-03-04', format='online')"
    assert brief(Source("A", published="2005")) == "Source('A', published='2005')"
    assert brief(Source("A", url="https://example.org")) == "Source('A', url='https://example.org')"


@pytest.mark.parametrize(
    ("cls", "name"),
    [(cls, field.name) for cls in CLASSES for field in attrs.fields(cls) if field.default is not attrs.NOTHING],
)
def test_a_changed_or_missing_field_makes_another_event(cls: type[Any], name: str) -> None:
    if name in EITHER.get(cls, ()):
        return  # one of the two must be there
    assert attrs.evolve(example(cls), **{name: attrs.fields_dict(cls)[name].default}) != example(cls)


def test_reports_of_different_kinds_are_never_equal() -> None:
    assert example(MeetingAnnounced) != example(MeetingHeld)
    assert len({example(cls) for cls in CLASSES}) == len(CLASSES)


@pytest.mark.parametrize("cls", [cls for cls in FACTS if cls not in (SamePerson, DifferentPersons, SourceKept)])
def test_a_fact_is_about_the_first_id_it_names(cls: type[Fact]) -> None:
    fact = example(cls, **{attrs.fields(cls)[0].name: "the/subject"})
    assert subject_of(fact) == "the/subject"


# --- what is taken -------------------------------------------------------------------


@pytest.mark.parametrize("word", ["in-person", "online", "hybrid"])
def test_a_format_is_a_member_or_its_word(word: str) -> None:
    held = example(MeetingHeld, format=word)
    assert held.format is Format(word)
    assert held == example(MeetingHeld, format=Format(word))
    assert held.format == word


def test_a_format_may_be_unknown() -> None:
    assert example(MeetingHeld, format=None).format is None


@pytest.mark.parametrize("word", ["delegate", "head", "chair", "guest", "observer"])
def test_a_role_is_a_member_or_its_word(word: str) -> None:
    assert example(DelegateAttended, role=word).role is Role(word)
    assert DelegateAttended(meeting="m", name="SYZDYKOV", party="KAZ").role is Role.DELEGATE


@pytest.mark.parametrize("text", ["2021-06-16", "2021-06", "2021", "2025-12-19/2025-12-20", "[2007-12-14..2011-11-30]"])
def test_dates_are_given_as_text_as_a_day_or_as_they_are(text: str) -> None:
    assert example(MeetingHeld, date=text).date == PartialDate.of(text)
    assert example(MeetingHeld, date=PartialDate.of(text)) == example(MeetingHeld, date=text)
    assert example(MeetingHeld, date=dt.date(2021, 6, 16)) == example(MeetingHeld, date="2021-06-16")
    assert example(MeetingHeld, date=None).date is None


def test_lists_of_texts_become_tuples() -> None:
    assert example(SeriesOpened, aliases=["SOM", "高級実務者会合"]).aliases == ("SOM", "高級実務者会合")
    assert example(SeriesOpened, aliases=(alias for alias in ["SOM"])).aliases == ("SOM",)
    assert hash(example(ActivityReported, organisers=["MEJ"])) == hash(example(ActivityReported, organisers=("MEJ",)))


@pytest.mark.parametrize("id_", ["0", "ca-jad", "ca-jad/fm/2020-special", "a.b_c-d/1.2", "x" * MAX_ID])
def test_ids_are_lower_case_segments(id_: str) -> None:
    assert example(TopicDiscussed, meeting=id_).meeting == id_


@given(st.integers(1, MAX_NUMBER))
def test_ordinals_and_counts_are_whole_numbers(number: int) -> None:
    assert example(MeetingHeld, ordinal=number).ordinal == number
    assert example(CountStated, count=number).count == number


def test_a_delegate_may_be_named_by_the_office_alone_or_not_at_all() -> None:
    assert example(DelegateAttended, name="", office="Ambassador to Tajikistan").name == ""
    assert DelegateAttended(meeting="m", name="", party="KAZ").office == ""
    assert DelegateAttended(meeting="m", party="KAZ").name == ""


def test_a_delegate_took_part_on_site_or_online_and_both_are_two_rows() -> None:
    with pytest.raises(InvalidValueError, match="record the delegate twice, once 'in-person' and once 'online'"):
        example(DelegateAttended, format="hybrid")


def test_levels_are_ordered() -> None:
    assert sorted(Level) == list(Level)[::-1]
    assert Level.HEAD_OF_STATE > Level.MINISTER >= Level("minister") > Level.AMBASSADOR > Level.OTHER
    assert not Level.MINISTER < Level.EXPERT
    assert max(Level) is Level.HEAD_OF_STATE


@pytest.mark.parametrize("cls", [CountStated, NameUsed])
def test_one_of_two_fields_is_given(cls: type[Any]) -> None:
    one, other = EITHER[cls]
    good = {name: kind.good for name, kind in FIELDS[cls].items()}
    with pytest.raises(InvalidValueError, match="one of the two"):
        cls(**good)
    with pytest.raises(InvalidValueError, match="one of the two"):
        cls(**{**good, one: None, other: "" if other == "party" else None})


@pytest.mark.parametrize(
    "name",
    [
        "Robert'); DROP TABLE events;--",
        "<script>alert('1')</script> & <b>",
        "\u202eVOKYDZYS\u202c Marat",  # right-to-left override
        "محمد \u200fالعربي",
        "E\u0301lodie",  # not composed
        "  two  spaces ",
        "河野 太郎",
        "line\nbreak\ttab\x1b[31m",
        "%s {0} \\N{BULLET} $HOME",
        "\U0001f54a",
    ],
)
def test_names_are_kept_exactly_as_written(name: str) -> None:
    assert example(DelegateAttended, name=name).name == name


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(fold_text))
def test_any_text_of_characters_is_kept(text: str) -> None:
    assert example(TopicDiscussed, topic=text).topic == text
    assert example(SeriesOpened, aliases=[text]).aliases == (text,)


def test_a_text_as_long_as_allowed_is_kept() -> None:
    assert len(example(OutcomeAgreed, title="x" * MAX_TEXT).title) == MAX_TEXT


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("X" * 78, repr("X" * 78)),
        ("X" * 79, f"'{'X' * 76}…"),
        pytest.param(10**5000, "a huge int", id="huge"),
    ],
)
def test_what_is_no_id_is_shown_in_part(value: Any, shown: str) -> None:
    with pytest.raises(InvalidIdError) as refusal:
        TopicDiscussed(meeting=value, topic="x")
    assert str(refusal.value).startswith(f"TopicDiscussed.meeting is {shown}, which is no id: ")


@pytest.mark.parametrize("value", ["Tokyo", {"Tokyo": 1}, 5])
def test_what_is_no_list_of_texts_is_shown(value: Any) -> None:
    with pytest.raises(InvalidValueError) as refusal:
        SeriesOpened(series="s", dialogue="d", name="S", aliases=value)
    assert str(refusal.value) == f"{value!r} is no list of texts: put it in a tuple, such as ({value!r},)"
