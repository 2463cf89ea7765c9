"""A person is found by exactly a name, else without diacritics or by family name, and never by a guess."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_registry import (
    AmbiguousNameError,
    DelegateAbsent,
    DelegateAttended,
    DialogueLaunched,
    DifferentPersons,
    Level,
    MeetingHeld,
    PartyJoined,
    Registry,
    SamePerson,
    SeriesOpened,
)
from dialogue_registry.exports.popolo import popolo
from dialogue_registry.model.names import name_parts, same_name
from dialogue_registry.model.texts import fold_text
from dialogue_registry.queries.people import _bearers

MEETINGS = {f"d/s/{number}": f"20{10 + number}-05-01" for number in range(1, 6)}


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry.open() as opened:
        opened.record(
            DialogueLaunched(dialogue="d", name="D", launched="2000"),
            SeriesOpened(series="d/s", dialogue="d", name="S"),
            *(MeetingHeld(meeting=meeting, series="d/s", date=day) for meeting, day in MEETINGS.items()),
        )
        yield opened


def came(number: int, name: str, party: str = "TZA", **fields: Any) -> DelegateAttended:
    return DelegateAttended(meeting=f"d/s/{number}", name=name, party=party, **fields)


def meetings(registry: Registry, name: str) -> list[int]:
    return [int(row.meeting[-1]) for row in registry.delegate(name)]


_PIECES = st.sampled_from(
    ["Mr.", "H.E.", "M.", "Dr", "TOKUDA", "Tokuda", "ＴＯＫＵＤＡ", "Shuichi", "van", "Le", "L’", "O'BRIEN", "O’Brien",
     "É", "E\u0301", ",", "(ret.)", "PhD", "III", "J.", "ß", "SS", "ﬁ", "山田"]
)  # fmt: skip
_NAMES = st.lists(st.tuples(_PIECES, st.sampled_from(["", " ", ", "])).map("".join), min_size=1, max_size=4).map(
    "".join
)


@given(_NAMES, _NAMES | st.none(), st.sampled_from([str.upper, str.title, "Dr {}".format, "H.E.{}".format]))
def test_a_name_is_found_exactly_where_its_parts_say_that_it_is_one(
    written: str, other: str | None, spell: Callable[[str], str]
) -> None:
    """Most names are ruled out before their parts are looked at: none of those that are the name."""
    name = other or " ".join(reversed(spell(written).split()))
    wanted = name_parts(fold_text(name))
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2000"),
            SeriesOpened(series="d/s", dialogue="d", name="S"),
            MeetingHeld(meeting="d/s/1", series="d/s", date="2011-05-01"),
            came(1, written),
        )
        exactly = bool(_bearers(registry._session.reader, name))
    assert exactly == same_name(wanted, name_parts(fold_text(written)))


def test_a_name_is_found_whatever_title_stands_before_it(registry: Registry) -> None:
    names = ["Zuri MBAWALANI", "Ambassador Zuri MBAWALANI", "Amb. Zuri MBAWALANI", "H.E. Ms. Zuri MBAWALANI"]
    registry.record(*(came(number, name) for number, name in enumerate(names, 1)))
    for name in (*names, "MBAWALANI Zuri", "zuri mbawalani"):
        assert meetings(registry, name) == [1, 2, 3, 4]


def test_only_where_nobody_bears_a_name_it_is_sought_without_diacritics(registry: Registry) -> None:
    registry.record(came(1, "Inés Calderuela"), came(2, "Ines Calderuela"), came(3, "Łucja Ørsdal"))
    assert meetings(registry, "Inés Calderuela") == [1]
    assert meetings(registry, "Ines Calderuela") == [2]
    assert meetings(registry, "Lucja Orsdal") == [3]
    assert registry.delegate("Lucia Orsdal") == ()


def test_then_by_family_name(registry: Registry) -> None:
    registry.record(came(1, "Zuri MBAWALANI"), came(2, "Mr. Zuri MBAWALANI"), came(3, "Paul Vernage"))
    with pytest.raises(AmbiguousNameError):  # two names, which nobody has said to be one person
        registry.delegate("Mbawalani")
    registry.record(SamePerson(party="TZA", names=("Zuri MBAWALANI", "Mr. Zuri MBAWALANI")))
    assert meetings(registry, "Mbawalani") == [1, 2]
    assert registry.delegate("Vernage") == ()  # no capitals say which word is the family name


def test_where_several_may_be_meant_the_candidates_are_named(registry: Registry) -> None:
    registry.record(came(1, "Zuri MBAWALANI"), came(2, "Amani MBAWALANI"), came(3, "Zuri MBAWALANI", "KEN"))
    with pytest.raises(AmbiguousNameError, match="'mbawalani' may be .*: give one of these names") as found:
        registry.delegate("mbawalani")
    assert set(found.value.candidates) == {
        ("TZA", "Zuri MBAWALANI"),
        ("TZA", "Amani MBAWALANI"),
        ("KEN", "Zuri MBAWALANI"),
    }
    assert isinstance(found.value, LookupError)
    assert len(registry.delegate("Zuri MBAWALANI")) == 2  # both bearers of exactly that name


def test_names_that_are_said_to_be_one_person_are_found_together(registry: Registry) -> None:
    registry.record(came(1, "Marat SYZDYKOV"), came(2, "Marat SIZDYKOV"), came(3, "M. Syzdykov", person="ms"))
    assert meetings(registry, "Marat SYZDYKOV") == [1]
    (joined,) = registry.record(SamePerson(party="TZA", names=("Marat SYZDYKOV", "Marat SIZDYKOV", "ms")))
    for name in ("Marat SYZDYKOV", "Mr. Marat SIZDYKOV", "M. Syzdykov", "ms"):
        assert meetings(registry, name) == [1, 2, 3]
    with registry.at(position=joined.position - 1) as then:
        assert meetings(then, "Marat SYZDYKOV") == [1]
    registry.retract(joined.id, reason="two brothers")
    assert meetings(registry, "Marat SYZDYKOV") == [1]


def test_a_join_is_one_of_its_party_alone(registry: Registry) -> None:
    registry.record(
        came(1, "A B"), came(2, "A C"), came(3, "A C", "KEN"), SamePerson(party="TZA", names=("A B", "A C"))
    )
    assert meetings(registry, "A B") == [1, 2]
    assert meetings(registry, "A C") == [1, 2, 3]


def test_an_id_brings_spellings_together_and_tells_namesakes_apart(registry: Registry) -> None:
    registry.record(
        came(1, "Karim OUSSEDA", person="k1"),
        came(2, "Kareem OUSSEDA", person="k1"),
        came(1, "Karim OUSSEDA", person="k2"),
    )
    assert [(p.person, p.names, p.meetings) for p in registry.people()] == [
        ("k1", ("Karim OUSSEDA", "Kareem OUSSEDA"), 2),
        ("k2", ("Karim OUSSEDA",), 1),
    ]
    assert meetings(registry, "Kareem OUSSEDA") == [1, 2]
    assert meetings(registry, "Karim OUSSEDA") == [1, 1, 2]  # all bearers of the name


def test_people_have_their_offices_and_levels_in_the_order_of_the_meetings(registry: Registry) -> None:
    registry.record(
        came(4, "Zuri Mba", office="Minister", level="minister"),
        came(2, "Zuri MBA", office="Envoy", level="ambassador"),
        came(3, "Zuri MBA", office="Envoy", level="ambassador"),
        came(5, "Zuri MBA", "KEN", office="Adviser"),
        DelegateAbsent(meeting="d/s/1", party="TZA", name="Zuri MBA", office="Envoy"),
        DelegateAbsent(meeting="d/s/1", party="TZA", name="Never There"),
        came(1, "", office="Somebody"),
        SamePerson(party="TZA", names=("Zuri Mba", "Zuri MBA")),
    )
    kenya, never, zuri = registry.people()
    assert (kenya.party, kenya.name, kenya.offices, kenya.meetings) == ("KEN", "Zuri MBA", ("Adviser",), 1)
    assert (never.name, never.meetings, never.first, never.last) == ("Never There", 0, None, None)
    assert (zuri.party, zuri.name, zuri.names) == ("TZA", "Zuri Mba", ("Zuri MBA", "Zuri Mba"))
    assert (zuri.offices, zuri.levels, zuri.meetings) == (("Envoy", "Minister"), (Level.AMBASSADOR, Level.MINISTER), 3)
    assert (str(zuri.first), str(zuri.last)) == ("2012-05-01", "2014-05-01")
    assert [p.party for p in registry.people(party="KEN")] == ["KEN"]


def test_in_rates_a_party_is_written_as_where_it_joined(registry: Registry) -> None:
    """However its delegates have it: composed or not, with a blank more, or a mark that nobody sees."""
    joined, listed, other = "Tu\u0308rkiye", "T\u00fcrkiye", "South  Sudan"
    registry.record(
        PartyJoined(dialogue="d", party=joined, name="Turkey"),
        came(1, "A", joined),
        came(2, "B", listed),
        came(3, "C", f"{listed}\u200b"),
        came(3, "D", other),
    )
    (rate,) = registry.attendance_rates()
    assert (rate.party, rate.present) == (joined, 3)
    assert {cell.party for cell in registry.attendance_grid()} == {joined}
    assert [(one.party, one.present) for one in registry.non_members()] == [(other, 1)]
    persons = [(one.party, one.person) for one in registry.attendance_rates(by="person")]
    assert sorted(persons) == sorted([(other, "D"), (joined, "A"), (joined, "B"), (joined, "C")])


@pytest.mark.parametrize("asked", ["Türkiye", "Tu\u0308rkiye\u00a0", "\u200bTürkiye"])
def test_a_party_is_asked_for_in_any_spelling_that_looks_alike(registry: Registry, asked: str) -> None:
    registry.record(came(1, "A", "Türkiye"), came(2, "B", "Tu\u0308rkiye"), came(3, "C", "Türkiye\u200b"), came(4, "D"))
    assert [row.name for row in registry.attendance(party=asked)] == ["A", "B", "C"]
    assert sorted(person.name for person in registry.people(party=asked)) == ["A", "B", "C"]
    assert registry.attendance(party="turkiye") == ()


def test_joined_persons_are_one_in_rates_search_and_popolo(registry: Registry) -> None:
    registry.record(
        came(1, "Marat SYZDYKOV"),
        DelegateAbsent(meeting="d/s/2", party="TZA", name="Marat SIZDYKOV"),
        came(3, "Marat SIZDYKOV"),
        came(3, "Marat SIZDYKOV", "KEN"),
        SamePerson(party="TZA", names=("Marat SYZDYKOV", "Marat SIZDYKOV")),
    )
    rates = registry.attendance_rates(by="person")
    assert [(r.party, r.person, r.held, r.present, r.absent) for r in rates] == [
        ("KEN", "Marat SIZDYKOV", 1, 1, 0),
        ("TZA", "Marat SIZDYKOV", 3, 2, 1),
    ]
    assert registry.search("syzdykov")[0].text.startswith("Marat SYZDYKOV")
    assert {found.subject for found in registry.search("syzdykov")} == {"d/s/1", "d/s/2", "d/s/3"}
    assert {found.subject for found in registry.search("marat sizd")} == {"d/s/1", "d/s/2", "d/s/3"}
    with registry.reading() as reader:
        exported = orjson.loads(b"".join(popolo(reader)))
    one = next(person for person in exported["persons"] if "other_names" in person)
    assert (one["name"], one["other_names"]) == ("Marat SIZDYKOV", [{"name": "Marat SYZDYKOV"}])
    assert len(exported["persons"]) == 2
    assert [row["person_id"] for row in exported["memberships"]].count(one["id"]) == 2


def test_what_is_kept_apart_stays_apart_in_all_of_them(registry: Registry) -> None:
    registry.record(
        came(1, "A ONE"), came(2, "A TWO"), came(3, "A THREE"),
        SamePerson(party="TZA", names=("A ONE", "A TWO")),
        DifferentPersons(party="TZA", names=("A TWO", "A THREE")),
    )  # fmt: skip
    assert [(p.names, p.meetings) for p in registry.people()] == [(("A THREE",), 1), (("A ONE", "A TWO"), 2)]
