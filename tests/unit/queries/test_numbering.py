"""Numbers that begin again each year, or with a period, are judged within it."""

import pytest

from dialogue_registry import DialogueLaunched, MeetingHeld, Registry, SeriesOpened

KINDS = {"double ordinal", "gap in ordinals", "ordinal against count"}
SITTINGS = [(year, number) for year in (2015, 2016, 2017) for number in (1, 2, 3)]


def sitting(year: int, number: int, suffix: str = "", month: int | None = None, period: str = "") -> MeetingHeld:
    day = f"{year}-{month or number * 3:02}-07"
    return MeetingHeld(meeting=f"{year}-{number}{suffix}", series="s", date=day, ordinal=number, period=period)


def odd(*meetings: MeetingHeld, numbering: str = "yearly") -> list[tuple[str, str]]:
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2000"),
            SeriesOpened(series="s", dialogue="d", name="S", numbering=numbering),  # type: ignore[arg-type]
            *meetings,
        )
        return [(a.kind, a.why) for a in registry.anomalies(today="2020-01-01") if a.kind in KINDS]


def test_numbers_that_begin_again_each_year_are_orderly() -> None:
    assert odd(*(sitting(*one) for one in SITTINGS)) == []
    assert {kind for kind, _ in odd(*(sitting(*one) for one in SITTINGS), numbering="continuous")} >= {"double ordinal"}


def test_a_number_given_twice_within_a_year_is_one_anomaly() -> None:
    found = odd(*(sitting(*one) for one in SITTINGS), sitting(2017, 2, "b", month=8))
    assert found == [("double ordinal", "2017-2 and 2017-2b both bear number 2 of 2017")]


def test_a_year_without_a_number_has_a_gap() -> None:
    found = odd(*(sitting(*one) for one in SITTINGS if one != (2016, 2)))
    assert [why for kind, why in found if kind == "gap in ordinals"] == [
        "no held meeting bears number 2 of 2016, between 2016-1 and 2016-3"
    ]


def test_three_meetings_of_one_number_are_not_both() -> None:
    found = odd(
        sitting(2015, 1), sitting(2015, 1, "b", month=4), sitting(2015, 1, "c", month=5), numbering="continuous"
    )
    assert found == [("double ordinal", "2015-1 and 2015-1b and 2015-1c all bear number 1")]


@pytest.mark.parametrize(("second", "expected"), [("II", []), ("I", ["double ordinal"])])
def test_numbers_that_begin_again_with_a_period_are_judged_within_it(second: str, expected: list[str]) -> None:
    found = odd(sitting(2015, 1, period="I"), sitting(2016, 1, period=second), numbering="by-period")
    assert [kind for kind, _ in found] == expected
