"""Names of things in a language on a day: of the names used then, the latest wins."""

from collections.abc import Iterator

import pytest

from dialogue_registry import (
    DialogueLaunched,
    MeetingHeld,
    NameUsed,
    PartyJoined,
    Registry,
    SeriesOpened,
    UnknownSubjectError,
)


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry.open() as opened:
        opened.record(
            DialogueLaunched(dialogue="d", name="Dialogue", launched="2000"),
            SeriesOpened(series="d/s", dialogue="d", name="Sessions"),
            MeetingHeld(meeting="d/s/1", series="d/s", title="First Session"),
            MeetingHeld(meeting="d/s/2", series="d/s"),
            PartyJoined(dialogue="d", party="SWZ", name="Swaziland"),
            NameUsed(of="d", name="対話", language="ja"),
            NameUsed(of="d/s/1", name="第1回", language="ja"),
            NameUsed(of="d/s", name="Old Sessions", until="2009"),
            NameUsed(of="d/s", name="New Sessions", since="2010"),
            NameUsed(party="SWZ", name="Eswatini", language="en", since="2018-04-19"),
            NameUsed(party="SWZ", name="Эсватини", language="ru-KZ", since="2018-04-19"),
            NameUsed(party="SWZ", name="Свазиленд", language="ru-KZ", until="2018-04-18"),
            NameUsed(party="TUR", name="Türkiye", since="2022"),
        )
        yield opened


@pytest.mark.parametrize(
    ("id_", "language", "on", "name"),
    [
        ("d", "ja", None, "対話"),
        ("d", "JA", None, "対話"),
        ("d", "ja-JP", None, "対話"),
        ("d", None, None, "Dialogue"),
        ("d", "fr", None, "Dialogue"),
        ("d/s/1", "ja", None, "第1回"),
        ("d/s/1", None, None, "First Session"),
        ("d/s/2", None, None, "d/s/2"),
        ("d/s", None, None, "New Sessions"),
        ("d/s", "ja", "2009-12-31", "Old Sessions"),
        ("d/s", None, "2010-01-01", "New Sessions"),
        ("SWZ", "en", None, "Eswatini"),
        ("SWZ", "en", "2018-04-18", "Swaziland"),
        ("SWZ", "ru-KZ", "2018-04-18", "Свазиленд"),
        ("SWZ", "ru-KZ", "2018-04-19", "Эсватини"),
        ("SWZ", "ru", None, "Swaziland"),
        ("TUR", "de", None, "Türkiye"),
    ],
)
def test_the_name_in_a_language_on_a_day(
    registry: Registry, id_: str, language: str | None, on: str | None, name: str
) -> None:
    assert registry.name(id_, language=language, on=on) == name


def test_of_two_names_the_one_used_since_later_wins_whatever_was_recorded_last(registry: Registry) -> None:
    registry.record(NameUsed(of="d", name="B", since="2012"), NameUsed(of="d", name="A", since="2005"))
    assert registry.name("d") == "B"
    assert registry.name("d", on="2011-05-01") == "A"


def test_what_is_not_recorded_has_no_name(registry: Registry) -> None:
    with pytest.raises(UnknownSubjectError, match="no dialogue, series, meeting or party 'x'"):
        registry.name("x")
