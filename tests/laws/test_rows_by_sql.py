"""Law 1, its second half: rows made by SQL on a rebuild are the rows that Python made on recording.

For the library's kinds and those of a program, whatever their texts, dates and defaults are;
and among facts that only repeat others, contradict them, or are amended in between.
"""

from contextlib import suppress
from datetime import date
from enum import StrEnum
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_registry import (
    DelegateAbsent,
    DelegateAttended,
    DialogueLaunched,
    DriftError,
    HeadcountStated,
    Kind,
    MeetingHeld,
    MeetingShared,
    NameUsed,
    OutcomeAgreed,
    PartialDate,
    PartyLeft,
    RefusedError,
    Registry,
    SeriesOpened,
    Source,
    TopicDiscussed,
)
from dialogue_registry.model.standard_kinds import STANDARD_KINDS


class Choice(StrEnum):
    """The vote of a party."""

    FOR = "for"
    AGAINST = "against"


@attrs.frozen(kw_only=True)
class VoteCast:
    """A kind of a program's own, with every shape of field that SQL can read, and each sort of default."""

    meeting: str
    question: str
    choice: Choice
    votes: int = 1
    secret: bool = False
    open: bool | None = True
    round: int | None = 2
    note: str = "it's  none"
    since: PartialDate | None = None
    until: date | None = None
    remark: str = ""


VOTES = Kind(cls=VoteCast, word="org.example.vote-cast", about="meeting", key=("question",))

SPREAD = Kind(
    cls=attrs.make_class(
        "WeightGiven", {"meeting": attrs.field(type=str), "weight": attrs.field(type=float)}, frozen=True, kw_only=True
    ),
    word="org.example.weight-given",
    about="meeting",
)
"""A kind whose rows need Python: its numbers are read by another algorithm in SQL."""

MEETINGS = ("d/s/1", "d/s/2")
STRANGE = st.sampled_from(
    ["", " ", "a", "A", "a  b", "a b", " a", "a ", "TRỊNH Bảo", "TRỊNH Bảo", "“a”", 'say "a"', 'x" y', 'x "y',
     "back\\slash", "tab\tand\nline", "\x7f", "a\u200bb", "\u00a0a", "{}", "null", "日本", "0012", "1e5", "it's"]
)  # fmt: skip
REQUIRED = st.sampled_from(["JPN", "kaz", "Ján", "J  P", " JPN", 'J"', "J\\"])
DATES = st.sampled_from(
    ["2021-06-16", "2004-02", "2005-02", "2004-04", "2004", "9999-12", "9999", "0001-01", "2025-12-19/2025-12-20",
     "[2007-12-14..2011-11-30]"]
)  # fmt: skip
MEETING = st.sampled_from(MEETINGS)
SEAT = {"meeting": MEETING, "party": REQUIRED, "name": STRANGE, "office": STRANGE, "person": STRANGE, "seat": STRANGE}
FACTS = st.one_of(
    st.builds(
        DelegateAttended,
        **SEAT,
        role=st.sampled_from(["delegate", "head"]),
        level=st.none() | st.just("minister"),
        format=st.none() | st.sampled_from(["online", "in-person"]),
    ),
    st.builds(
        DelegateAbsent, **SEAT, excused=st.none() | st.booleans(), reason=STRANGE, level=st.none() | st.just("other")
    ),
    st.builds(
        HeadcountStated, meeting=MEETING, count=st.integers(0, 3), of=st.sampled_from(["participants", "parties"]),
        party=STRANGE, format=st.none() | st.just("online"), approximate=st.booleans(),
    ),
    st.builds(TopicDiscussed, meeting=MEETING, topic=REQUIRED),
    st.builds(OutcomeAgreed, meeting=MEETING, title=REQUIRED, kind=STRANGE),
    st.builds(PartyLeft, dialogue=st.just("d"), party=REQUIRED, on=st.none() | DATES, reason=STRANGE),
    st.builds(
        NameUsed, of=st.sampled_from(["d", "d/s", *MEETINGS]), name=REQUIRED, language=STRANGE,
        since=st.none() | DATES, until=st.none() | DATES,
    ),
    st.builds(MeetingShared, meeting=MEETING, series=st.just("d/t"), ordinal=st.none() | st.integers(1, 3)),
    st.builds(
        VoteCast, meeting=MEETING, question=STRANGE, choice=st.sampled_from(Choice),
        votes=st.integers(-(2**63), 2**63 - 1), secret=st.booleans(), open=st.none() | st.booleans(),
        round=st.none() | st.integers(-2, 2),
        note=STRANGE | st.just("it's  none"), since=st.none() | DATES.map(PartialDate.of),
        until=st.none() | st.dates(), remark=STRANGE,
    ),
    st.builds(SPREAD.cls, meeting=MEETING, weight=st.floats(allow_nan=False, allow_infinity=False)),
)  # fmt: skip
MOVES = st.lists(st.tuples(FACTS, st.sampled_from("ab"), st.integers(0, 9)), max_size=12)


def opened() -> Registry:
    registry = Registry.open(kinds=[VOTES, SPREAD])
    registry.record(
        DialogueLaunched(dialogue="d", name="D", launched="2004"),
        *(SeriesOpened(series=series, dialogue="d", name=series) for series in ("d/s", "d/t")),
        *(MeetingHeld(meeting=meeting, series="d/s", date="2020-01-02") for meeting in MEETINGS),
    )
    return registry


def rows(registry: Registry) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all tables of kinds, with those that have fallen."""
    tables = {kind.table.name for kind in (*STANDARD_KINDS, VOTES, SPREAD)}
    names = [name for table in tables for name in (table, f"{table}_past")]
    return {name: sorted(registry.db.execute(f"SELECT * FROM {name}").fetchall(), key=repr) for name in names}


@given(moves=MOVES)
def test_rows_by_sql_are_the_rows_by_python(moves: list[tuple[Any, str, int]]) -> None:
    with opened() as registry:
        for fact, source, chance in moves:
            with suppress(RefusedError):
                recorded = registry.record(fact, source=Source(source))
                if chance == 0:
                    registry.retract(recorded[0].id, reason="not so")
        recorded_rows = rows(registry)
        registry.rebuild()
        assert rows(registry) == recorded_rows
        registry.verify()


def test_the_rows_of_a_users_kind_are_made_by_sql() -> None:
    assert VOTES.table.selects.keys() == {VoteCast}


def test_what_a_class_may_convert_on_reading_is_left_to_python() -> None:
    shouting = attrs.make_class(
        "Shouted", {"meeting": attrs.field(type=str), "word": attrs.field(type=str, converter=str.upper)}, frozen=True
    )
    kind = Kind(cls=shouting, word="org.example.shouted", about="meeting")
    assert kind.table.selects == {}
    assert SPREAD.table.selects == {}


def test_a_page_that_sql_cannot_read_is_read_by_python_which_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    table = VOTES.table
    monkeypatch.setitem(table.selects, VoteCast, table.selects[VoteCast].replace("json_extract", "no_such_function"))
    with opened() as registry:
        registry.record(VoteCast(meeting="d/s/1", question="who", choice=Choice.FOR))
        before = rows(registry)
        registry.rebuild()
        assert rows(registry) == before


def test_verification_finds_rows_that_sql_made_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    table = VOTES.table
    monkeypatch.setitem(table.selects, VoteCast, table.selects[VoteCast].replace('$."votes"', '$."round"'))
    with opened() as registry:
        registry.record(VoteCast(meeting="d/s/1", question="who", choice=Choice.FOR, votes=7))
        registry.rebuild()
        with pytest.raises(DriftError, match="vote_cast"):
            registry.verify()


def test_a_log_with_amendments_on_every_page_is_rebuilt_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in (0, 3, 1000):  # by Python, by both, by SQL alone
        monkeypatch.setattr("dialogue_registry.projections.engine._MOST_AMENDMENTS", limit)
        with opened() as registry:
            for number in range(6):
                source = Source(f"list {number}")
                again = DelegateAttended(meeting="d/s/1", party="JPN", name="Person of every list")
                fact = attrs.evolve(again, name=f"Person {number}")
                registry.record(again, source=source)
                (recorded,) = registry.record(fact, source=source)
                registry.correct(recorded.id, attrs.evolve(fact, office=f"office {number}"), reason="said so")
            before = rows(registry)
            registry.rebuild()
            assert rows(registry) == before
            registry.verify()


def test_a_rebuild_that_fails_leaves_views_that_are_kept_up() -> None:
    """What waited for the end of the rebuild does not wait for ever."""

    def interrupt(_done: int, _whole: int) -> None:
        raise KeyboardInterrupt

    with opened() as registry:
        with pytest.raises(KeyboardInterrupt):
            registry.rebuild(progress=interrupt)
        registry.record(MeetingHeld(meeting="d/s/3", series="d/s", date="2021"))
        assert [meeting.meeting for meeting in registry.meetings()] == [*MEETINGS, "d/s/3"]
        registry.verify()
