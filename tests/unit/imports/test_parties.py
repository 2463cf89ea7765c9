"""Parties are matched exactly or not at all."""

import pytest
from hypothesis import given

from dialogue_registry import (
    DelegateAttended,
    DialogueLaunched,
    MeetingHeld,
    NameUsed,
    PartyJoined,
    Registry,
    SeriesOpened,
    import_table,
)
from dialogue_registry.imports.parties import Parties
from dialogue_registry.imports.states import states
from dialogue_registry.model.names import fold, name_parts, same_name
from dialogue_registry.testing import names

KNOWN = [("Kyrgyzstan", "KGZ"), ("Kyrgyz Republic", "KGZ"), ("Congo", "COG"), ("Korea", "KOR"), ("Korea", "PRK")]


@pytest.mark.parametrize(
    ("name", "party"),
    [
        ("Kyrgyzstan", "KGZ"),
        ("the Kyrgyz  Republic", "KGZ"),
        ("KYRGYZ REPUBLIC", "KGZ"),
        ("Ｋｙｒｇｙｚｓｔａｎ", "KGZ"),
        ("kgz", "KGZ"),
        ("Kyrgyz", None),
        ("Kirgyzstan", None),
        ("Korea", None),
        ("PRK", "PRK"),
        ("", None),
    ],
)
def test_a_name_is_matched_exactly_but_for_case_width_space_and_article(name: str, party: str | None) -> None:
    assert Parties(KNOWN).match(name) == party


@pytest.mark.parametrize(("name", "party"), [("Korea", "KOR"), ("Congo", "COD"), ("congo", "COD"), ("COG", "COG")])
def test_an_alias_decides_where_a_name_means_two_or_another(name: str, party: str) -> None:
    assert Parties(KNOWN, [("Korea", "KOR"), ("the Congo", "COD")]).match(name) == party


def test_two_aliases_that_contradict_each_other_decide_nothing() -> None:
    assert Parties(KNOWN, [("Congo", "COD"), ("congo", "COG")]).match("Congo") is None


def test_names_of_states_are_known_beside_those_of_the_registry_and_an_alias_decides() -> None:
    parties = Parties([("Kyrgyz Republic", "KGZ"), ("Congo", "COD")], [("Georgia", "US-GA")], states())
    assert [parties.match(name) for name in ("Kyrgyz Republic", "Japan", "Georgia", "Congo", "Korea")] == [
        "KGZ", "JPN", "US-GA", None, None,
    ]  # fmt: skip


# --- delegates -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("TOKUDA Shuichi", "Shuichi TOKUDA", True),
        ("Mr. TOKUDA Shuichi", "tokuda shuichi", True),
        ("TOKUDA Shuichi", "Shuichi Tokuda", True),
        ("Ｔokuda shuichi", "Tokuda  Shuichi", True),
        ("H.E. Mr. Vepa HAJIYEV", "Vepa Hajiyev", True),
        ("Vepa HAJIYEV", "Vepa KHAJIYEV", False),
        ("KIM Lee", "LEE Kim", False),
        ("Shuichi Tokuda", "Tokuda Shuichi", False),
        ("LA ROSA Juan", "ROSA Juan", False),
        ("TOKUDA S.", "TOKUDA Shuichi", False),
    ],
)
def test_names_are_the_same_only_when_they_are_spelled_alike(one, other, same) -> None:
    assert same_name(name_parts(one), name_parts(other)) is same
    assert same_name(name_parts(other), name_parts(one)) is same


@given(names())
def test_the_order_of_a_name_does_not_matter_where_capitals_tell(name: str) -> None:
    parts = name_parts(name)
    assert same_name(parts, parts)
    if parts.family:
        assert same_name(parts, name_parts(f"{parts.family} {parts.given}"))
        assert same_name(parts, name_parts(f"Mr. {parts.given} {parts.family}"))


def test_a_delegate_is_told_by_the_days_of_the_meetings() -> None:
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            SeriesOpened(series="d/s", dialogue="d", name="S"),
            MeetingHeld(meeting="d/s/3", series="d/s"),
            MeetingHeld(meeting="d/s/2", series="d/s", date="2018-01-26"),
            MeetingHeld(meeting="d/s/1", series="d/s", date="2015-11"),
        )
        for meeting, name, office in [
            ("d/s/3", "AIKI Toshihiro", "Ambassador"),
            ("d/s/2", "Toshihiro AIKI", "Special Representative"),
            ("d/s/1", "Mr. AIKI Toshihiro", "Director"),
            ("d/s/1", "AIKI Taro", "Interpreter"),
        ]:
            registry.record(DelegateAttended(meeting=meeting, name=name, party="JPN", office=office))
        found = registry.delegate("Toshihiro Aiki")
        assert [(a.meeting, str(a.date), a.office) for a in found] == [
            ("d/s/1", "2015-11", "Director"),
            ("d/s/2", "2018-01-26", "Special Representative"),
            ("d/s/3", "None", "Ambassador"),
        ]
        assert [a.event for a in found] == [8, 7, 6]
        with registry.at(position=7) as past:
            assert [a.meeting for a in past.delegate("Toshihiro Aiki")] == ["d/s/2", "d/s/3"]
        assert registry.delegate("Nobody") == ()


def test_an_article_is_no_part_of_a_party_but_of_a_name() -> None:
    assert fold("La Rosa") == fold("Rosa")
    assert not same_name(name_parts("La Rosa"), name_parts("Rosa"))


@pytest.mark.parametrize(
    ("written", "party"),
    [
        ("Eswatini", "SWZ"),
        ("Swaziland", "SWZ"),
        ("Эсватини", "SWZ"),
        ("Kingdom of Swaziland", "SWZ"),
        ("Nowhere", None),
    ],
)
def test_an_import_finds_a_party_by_any_of_its_names(written: str, party: str | None) -> None:
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            SeriesOpened(series="d/s", dialogue="d", name="S"),
            MeetingHeld(meeting="d/s/1", series="d/s"),
            PartyJoined(dialogue="d", party="SWZ", name="Swaziland", aliases=["Kingdom of Swaziland"]),
            NameUsed(party="SWZ", name="Eswatini", language="en", since="2018-04-19"),
            NameUsed(party="SWZ", name="Эсватини", language="ru", until="2030"),
        )
        each = [{"event": "DelegateAttended", "meeting": "d/s/1", "name": "{Name}", "party": "{Country}"}]
        mapping = {"parties": {"iso": False}, "each": each}
        report = import_table(registry, [{"Name": "Zuri", "Country": written}], mapping)
        assert [row.party for row in registry.attendance()] == ([party] if party else [])
        assert report.unresolved == (party is None)
