"""Names that may be one person are proposed and never joined; what is decided is not proposed again."""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from dialogue_registry import (
    ConflictError,
    DelegateAttended,
    DialogueLaunched,
    DifferentPersons,
    InvalidValueError,
    MeetingHeld,
    Registry,
    SamePerson,
    SeriesOpened,
)
from dialogue_registry.cli import cli
from dialogue_registry.imports.people_plan import people_plan, planned_facts
from dialogue_registry.model.events import Fact

SPELLINGS = Path(__file__).parents[2] / "spellings" / "people.csv"
FIRST: tuple[Fact, ...] = (
    DialogueLaunched(dialogue="d", name="D", launched="2000"),
    SeriesOpened(series="d/s", dialogue="d", name="S"),
    *(MeetingHeld(meeting=f"d/s/{number}", series="d/s", date=f"201{number}-05-01") for number in range(1, 6)),
)


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry.open() as opened:
        opened.record(*FIRST)
        yield opened


def came(number: int, name: str, party: str = "NOR", person: str = "", office: str = "") -> DelegateAttended:
    return DelegateAttended(meeting=f"d/s/{number}", name=name, party=party, person=person, office=office)


def proposed(registry: Registry) -> list[tuple[str, str]]:
    return [pair.names for pair in registry.look_alikes()]


def test_of_55_pairs_at_least_50_are_found_and_at_most_15_of_500_people_are_wrongly_paired(registry: Registry) -> None:
    rows = list(csv.DictReader(SPELLINGS.read_text("utf-8").splitlines()))
    persons = {(row["party"], row["name"]): row["person"] for row in rows}
    spelled: Counter[str] = Counter()
    for row in rows:
        spelled[row["person"]] += 1
        registry.record(came(spelled[row["person"]], row["name"], row["party"]))
    assert [*spelled.values()].count(2) == 55
    assert [*spelled.values()].count(1) == 500
    position = registry.position
    found = [{persons[pair.party, name] for name in pair.names} for pair in registry.look_alikes()]
    right = {min(pair) for pair in found if len(pair) == 1}
    wrong = [pair for pair in found if len(pair) > 1]
    print(f"{len(right)} of 55 pairs found, {len(wrong)} wrong ones")
    assert len(right) >= 50
    assert len(wrong) <= 15
    assert registry.position == position
    assert len(registry.people()) == len(rows)  # nothing is joined


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("Marat SYZDYKOV", "Marat SIZDYKOV", "the same name, spelled otherwise"),
        ("SYZDYKOV Marat", "Mr. Marat Syzdykov", "the same name, spelled otherwise"),
        ("Темирлан Жаксыбаев", "Temirlan ZHAKSYBAYEV", "the same name, spelled otherwise"),
        ("Ola TVEITDAHLE", "Ola TVEITDALHE", "one letter differs"),
        ("Ahmed Solehrani", "Ahmad Solehrani", "a vowel differs"),
        ("Mohammed Solehrani", "Muhammad Solehrani", "vowels differ"),
        ("Rafiq A. Chandpuri", "Rafiq Chandpuri", "one of them leaves out an initial"),
        ("Abdulaziz Khafizovich Kamilkhan", "Abdulaziz Kamilkhan", "one of them leaves out a name"),
        ("T. Magnus Aske", "Torvald Magnus Aske", "an initial stands for a name"),
        ("J. R. Hallowby", "John Robert Hallowby", "an initial stands for a name"),
    ],
)
def test_why_two_names_may_be_one_is_said(registry: Registry, one: str, other: str, why: str) -> None:
    registry.record(came(1, one), came(2, other), came(2, other, "KEN"))
    (pair,) = registry.look_alikes()
    assert (set(pair.names), pair.party, pair.why, pair.together) == ({one, other}, "NOR", why, ())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jan Novakson", "Jana Novakson"),
        ("Xenia Grabowska", "Xenia Grabowski"),
        ("Kamil Rahmat", "Kamila Rahmat"),
        ("Marta Marchetal", "Martin Marchetal"),
        ("Zuri MBAWALANI", "Amani MBAWALANI"),
        ("LI Wei", "LI Wen"),
        ("A. Marchetal", "Zofia Marchetal"),
        ("田中 健一", "田中 健太"),
        ("سالم الراشداني", "سليم الراشداني"),
    ],
)
def test_people_who_are_different_are_not_proposed(registry: Registry, one: str, other: str) -> None:
    registry.record(came(1, one), came(2, other))
    assert proposed(registry) == []


def test_who_they_are_is_shown_beside_them(registry: Registry) -> None:
    registry.record(
        came(1, "Ola TVEITDAHLE", office="Envoy"),
        came(2, "Ola TVEITDAHLE"),
        came(2, "Ola TVEITDALHE", office="Adviser"),
    )
    (pair,) = registry.look_alikes()
    assert (pair.one.offices, pair.one.meetings, pair.other.offices) == (("Envoy",), 2, ("Adviser",))
    assert pair.together == ("d/s/2",)
    plan = people_plan([pair])
    assert "#   Ola TVEITDAHLE: Envoy; 2 meetings, 2011-05-01 to 2012-05-01\n" in plan
    assert "#   both were at d/s/2\n" in plan
    assert planned_facts(plan) == []  # nothing is decided yet


@pytest.mark.parametrize("fact", [SamePerson, DifferentPersons])
def test_what_is_decided_is_not_proposed_again(registry: Registry, fact: type[Fact]) -> None:
    registry.record(came(1, "Ola TVEITDAHLE"), came(2, "Ola TVEITDALHE"))
    (pair,) = registry.look_alikes()
    decided = pair.same("a misprint") if fact is SamePerson else pair.different("cousins")
    assert isinstance(decided, fact)
    (recorded,) = registry.record(decided)
    assert proposed(registry) == []
    registry.retract(recorded.id, reason="who knows")
    assert proposed(registry) == [pair.names]


def test_a_join_that_is_forbidden_through_a_third_name_is_refused(registry: Registry) -> None:
    names = ["Ola TVEITDAHLE", "Ola TVEITDALHE", "Olav TVEITDALHE"]
    registry.record(*(came(number, name) for number, name in enumerate(names, 1)))
    registry.record(SamePerson(party="NOR", names=names[:2]), DifferentPersons(party="NOR", names=names[1:]))
    with pytest.raises(ConflictError):
        registry.record(SamePerson(party="NOR", names=(names[0], names[2])))
    assert proposed(registry) == []
    assert len(registry.delegate(names[0])) == 2


def test_persons_with_an_id_each_are_told_apart_already(registry: Registry) -> None:
    registry.record(came(1, "Ola TVEITDAHLE", person="1"), came(2, "Ola TVEITDALHE", person="2"))
    assert proposed(registry) == []
    registry.record(came(3, "Ola TVEITDAHLEN"))
    assert ("1", "Ola TVEITDAHLEN") in proposed(registry)


def test_a_plan_is_edited_and_applied_on_the_command_line(tmp_path: Path) -> None:
    file, plan = str(tmp_path / "d.db"), tmp_path / "plan.toml"
    with Registry.open(file) as registry:
        registry.record(*FIRST, came(1, "Ola TVEITDAHLE"), came(2, "Ola TVEITDALHE"), came(1, 'Li "Bo" Dahlen'))
        registry.record(came(2, 'Li "Boo" Dahlen'), came(3, "Marat SYZDYKOV"), came(4, "Marat SIZDYKOV"))
        position = registry.position
    text = CliRunner().invoke(cli, ["people", file, "--propose"]).output
    assert text.count("[[pair]]") == 3
    applied = CliRunner().invoke(cli, ["people", file, "--apply", "-"], input=text)
    assert applied.output == "recorded: 0\nalready standing: 0\n"
    plan.write_text(
        text.replace('decision = ""', 'decision = "same"', 1).replace('decision = ""', 'decision = "different"')
    )
    for numbers in ((3, 0), (0, 3)):
        applied = CliRunner().invoke(cli, ["people", file, "--apply", str(plan), "--by", "archivist"])
        assert applied.output == "recorded: {}\nalready standing: {}\n".format(*numbers)
    with Registry.open(file) as registry:
        assert registry.position == position + 3
        assert registry.event(registry.position).by == "archivist"
        assert registry.look_alikes() == ()


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ("[[pair", "the plan is no TOML"),
        ("pair = 1", "'pair', which is no list of pairs"),
        ("[[pairs]]", "'pairs', which is no list of pairs"),
        ("pair = [1]", "pair 1 has 1: give party, names"),
        ('[[pair]]\nparty = "A"\nname = "B"', "pair 1 has 'name'"),
        (
            '[[pair]]\nparty = "A"\nnames = ["a", "b"]\ndecision = "yes"',
            "the decision on pair 1 is 'yes': give \"same\"",
        ),
        ('[[pair]]\nparty = "A"\ndecision = "same"', "pair 1 has no names"),
        ('[[pair]]\nparty = "A"\nnames = ["a"]\ndecision = "same"', "pair 1: SamePerson.names is"),
        ('[[pair]]\nparty = 3\nnames = ["a", "b"]\ndecision = "same"', "pair 1: SamePerson.party"),
        ('[[pair]]\nparty = "A"\nnames = [1, "b"]\ndecision = "different"', "pair 1: DifferentPersons.names"),
    ],
)
def test_a_plan_that_cannot_be_read_says_where(plan: str, message: str) -> None:
    with pytest.raises(InvalidValueError) as found:
        planned_facts(plan)
    assert message in str(found.value)
