"""An explanation of a number: the rule that gives it, and the meetings that make the difference.

An explanation agrees with reconciliation, statement by statement; and a number that no rule gives is answered too.
"""

import copy
import pickle
from collections.abc import Iterator
from datetime import date

import pytest
from click.testing import CliRunner

from dialogue_registry import (
    CountStated,
    DialogueLaunched,
    InvalidDateError,
    InvalidValueError,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingShared,
    Registry,
    Rule,
    SeriesOpened,
    Source,
    UnknownSubjectError,
    Verdict,
    to_dict,
)
from dialogue_registry.cli import cli

FM, SOM = "ca-jad/fm", "ca-jad/som"
SPECIAL = f"{FM}/2020-special"
RELEASE = Source("A release", url="https://example.org/r")


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2000"),
            SeriesOpened(series="s", dialogue="d", name="S"),
        )
        yield registry


def held(number: int, day: str | None = None, **fields: object) -> MeetingHeld:
    return MeetingHeld(meeting=f"s/{number}", series="s", date=day or f"20{number:02}-05-01", ordinal=number, **fields)


# --- the rule ----------------------------------------------------------------------------


def test_why_8_foreign_ministers_meetings(seed: Registry) -> None:
    explanation = seed.explain(FM, count=8, as_of="2021-06-16")
    assert explanation.verdict is Verdict.AGREES
    assert explanation.rules == ("held",)
    assert [meeting.meeting for meeting in explanation.meetings] == [SPECIAL]
    assert "which add up to 8" in explanation.text()
    assert (explanation.missing, explanation.uncertain, explanation.circular) == ((), (), ())


def test_why_7_foreign_ministers_meetings(seed: Registry) -> None:
    explanation = seed.explain(FM, count=7, as_of="2021-06-16")
    assert explanation.rules[:3] == ("numbered", "in-person", "ordinal")
    assert [meeting.meeting for meeting in explanation.meetings] == [SPECIAL]
    assert (explanation.since, explanation.until) == (date(2019, 5, 18), date(2020, 8, 10))


def test_a_count_that_leaves_out_the_meeting_it_reports_is_named_so(seed: Registry) -> None:
    explanation = seed.explain(SOM, count=11, as_of="2018-01-26")
    assert explanation.rules[0] == "held without ca-jad/som/12"
    assert "every meeting held, but for ca-jad/som/12" in explanation.text()


def test_the_last_meeting_is_left_out_even_where_no_source_states_the_number(registry: Registry) -> None:
    registry.record(*(held(number) for number in range(1, 6)))
    assert registry.explain("s", count=4).rules[0] == "held without s/5"


def test_the_number_of_one_format(seed: Registry) -> None:
    assert seed.explain(FM, count=1, as_of="2021-06-16", format="online").rules == ("held", "online")
    assert seed.explain(FM, count=7, as_of="2021-06-16", format="in-person").rules[0] == "held"


def test_an_explanation_agrees_with_reconciliation(seed: Registry) -> None:
    for finding in seed.reconcile():
        statement = finding.statement
        explanation = seed.explain(
            statement.series, count=statement.count, as_of=statement.as_of, format=statement.format
        )
        assert explanation.verdict is finding.verdict
        assert set(finding.rules) <= set(explanation.rules)
        assert statement in explanation.stated


def test_a_rule_of_a_users_own_is_tried_too(registry: Registry) -> None:
    registry.record(held(1, place="Here"), held(2, place="There"), held(3, place="There"))
    there = Rule("there", lambda meeting: meeting.place == "There")
    explanation = registry.explain("s", count=2, as_of="2003-06-01", rules=[there])
    assert explanation.rules[0] == "there"
    assert "a rule of your own" in explanation.text()


# --- what no rule gives ------------------------------------------------------------------


def test_a_number_that_no_rule_gives_has_the_nearest_rules(seed: Registry) -> None:
    explanation = seed.explain(FM, count=12, as_of="2021-06-16")
    assert explanation.verdict is Verdict.DISAGREES
    assert explanation.rules == ()
    assert explanation.nearest == ("held",)
    assert "No rule gives 12." in explanation.text()
    assert "gives 8, 4 fewer" in explanation.text()


def test_nothing_recorded_is_explained_too(registry: Registry) -> None:
    assert registry.explain("s", count=0).rules[0] == "held"
    explanation = registry.explain("s", count=1)
    assert "held" in explanation.nearest
    assert "No source on record states a number." in str(explanation)


# --- what is uncertain, circular, missing -----------------------------------------------


def test_meetings_of_an_uncertain_day_are_named(registry: Registry) -> None:
    registry.record(held(1), held(2, "[2002-01-01..2002-12-31]"), MeetingHeld(meeting="s/x", series="s"))
    explanation = registry.explain("s", count=2, as_of="2002-06-01")
    assert explanation.verdict is Verdict.WITHIN
    assert [meeting.meeting for meeting in explanation.uncertain] == ["s/2", "s/x"]
    assert "Of uncertain day: s/2 ([2002-01-01..2002-12-31], number 2, format not known), s/x" in str(explanation)


def test_a_meeting_known_only_from_the_source_that_counts_it_is_circular(registry: Registry) -> None:
    registry.record(held(1), held(2), source=Source("A page"))
    registry.record(held(3), held(4), CountStated(series="s", count=4, as_of="2004-06-01", reported_at="s/4"),
                    source=RELEASE)  # fmt: skip
    explanation = registry.explain("s", count=4)
    assert explanation.circular == ("s/3",)  # s/4 is what the release reports
    assert "Known only from sources that state this number: s/3." in str(explanation)
    assert registry.explain("s", count=3).circular == ()


def test_missing_numbers_are_named_with_the_meetings_that_bear_them(registry: Registry) -> None:
    registry.record(
        held(2), held(5), held(9),
        MeetingAnnounced(meeting="s/4", series="s", ordinal=4), MeetingCancelled(meeting="s/4"),
    )  # fmt: skip
    explanation = registry.explain("s", count=3)
    assert [str(missing) for missing in explanation.missing] == ["1", "3–4", "6–8"]
    assert explanation.missing[1].meetings == ("s/4",)
    assert "Numbers that no held meeting bears: 1, 3–4 (s/4 was not held), 6–8." in str(explanation)
    assert [str(missing) for missing in registry.explain("s", count=1, as_of="2003").missing] == ["1"]


def test_a_number_far_away_leaves_one_gap_and_no_long_list(registry: Registry) -> None:
    registry.record(MeetingHeld(meeting="m", series="s", date="2001", ordinal=10**9))
    assert [str(missing) for missing in registry.explain("s", count=1).missing] == [f"1–{10**9 - 1}"]


def test_numbers_that_begin_again_each_year_are_missing_within_their_year(registry: Registry) -> None:
    registry.record(
        SeriesOpened(series="y", dialogue="d", name="Y", numbering="yearly"),
        MeetingHeld(meeting="y/1", series="y", date="2001-02-01", ordinal=1),
        MeetingHeld(meeting="y/2", series="y", date="2002-02-01", ordinal=2),
    )
    assert [str(missing) for missing in registry.explain("y", count=2).missing] == ["1 of 2002"]


# --- dialogues, and what is asked --------------------------------------------------------


def test_a_dialogue_is_explained_by_all_its_meetings_a_joint_one_counted_once(registry: Registry) -> None:
    registry.record(
        SeriesOpened(series="t", dialogue="d", name="T"),
        held(1), held(2), MeetingShared(meeting="s/2", series="t"),
        MeetingHeld(meeting="t/1", series="t", date="2003"),
        CountStated(dialogue="d", count=3, as_of="2004-01-01"),
    )  # fmt: skip
    explanation = registry.explain("d", count=3)
    assert explanation.rules[0] == "held"
    assert [statement.count for statement in explanation.stated] == [3]


def test_a_statement_of_a_later_day_is_left_out(registry: Registry) -> None:
    registry.record(held(1), CountStated(series="s", count=1, as_of="2005-06-01"))
    assert registry.explain("s", count=1, as_of="2005-05-31").stated == ()
    assert len(registry.explain("s", count=1, as_of="2005-06").stated) == 1


def test_what_cannot_be_asked_is_refused(registry: Registry) -> None:
    with pytest.raises(UnknownSubjectError, match="there is no series or dialogue 'x'"):
        registry.explain("x", count=1)
    with pytest.raises(InvalidValueError, match="count is -1"):
        registry.explain("s", count=-1)
    with pytest.raises(InvalidDateError, match="is no date"):
        registry.explain("s", count=1, as_of="soon")
    with pytest.raises(InvalidValueError, match="phone"):
        registry.explain("s", count=1, format="phone")


def test_an_explanation_is_a_value(seed: Registry) -> None:
    explanation = seed.explain(FM, count=8)
    assert copy.copy(explanation) == pickle.loads(pickle.dumps(explanation)) == explanation
    assert to_dict(explanation)["rules"] == ["held"]


def test_it_is_asked_as_the_registry_was_known(registry: Registry) -> None:
    registry.record(held(1))
    registry.record(held(2))
    with registry.at(position=3) as past:
        assert past.explain("s", count=1).rules[0] == "held"


@pytest.mark.parametrize(("count", "code"), [("8", 0), ("99", 0), ("-1", 2), ("many", 2)])
def test_the_command_answers_either_way(seed: Registry, tmp_path, count: str, code: int) -> None:
    with Registry.open(tmp_path / "r.db") as copied:
        copied.import_events(seed.export_events())
    ran = CliRunner().invoke(cli, ["explain", str(tmp_path / "r.db"), FM, "--count", count, "--as-of", "2021-06-16"])
    assert ran.exit_code == code, ran.output


def test_on_a_terminal_of_eighty_columns_no_line_is_longer_and_no_id_is_broken(seed: Registry) -> None:
    for finding in seed.reconcile():
        statement = finding.statement
        explanation = seed.explain(statement.series, count=statement.count + 1, as_of=statement.as_of)
        text = explanation.text(80)
        assert max(map(len, text.splitlines())) <= 80
        assert all(meeting.meeting in text for meeting in explanation.meetings)
