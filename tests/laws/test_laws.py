"""The laws: views equal the log, for every projection, whatever happened.

1. incremental = rebuilt, for any way the log was cut into transactions and batches
2. ``at(p)`` = a fresh registry fed the first p events
3. views of the log = views of the effective log; record then retract = never recorded
4. catching up twice, or from any checkpoint, changes nothing
5. events on unrelated subjects commute
6. views = an independent model in plain Python
9. counts: certain ≤ possible; monotone in ``as_of``; formats add up to the total

Elsewhere: law 7 (export and import) in test_export_import, law 8 (old shapes) in test_schema_evolution, law 10
(tampering) in test_tampering, law 11 (sudden death) in test_processes. That a failure half way leaves no trace is
law 11 without the death, and is tested here.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from typing import TypeAlias

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from dialogue_registry import (
    CountStated,
    DelegateAttended,
    DifferentPersons,
    MeetingHeld,
    Projection,
    RecordedEvent,
    Registry,
    Rule,
    SamePerson,
    State,
    Table,
    Tally,
    View,
)
from dialogue_registry.errors import ProjectionError
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.model.events import FACTS, EventRetracted, FactCorrected
from dialogue_registry.model.standard_kinds import subject_of
from dialogue_registry.projections.standard import STANDARD
from dialogue_registry.testing import (
    Correct,
    Dispute,
    History,
    Move,
    Player,
    Record,
    RegistryMachine,
    Retract,
    caught_up_as_kept_up,
    days,
    histories,
    log_as_effective_log,
    past_as_prefix,
    play,
    rebuilt_as_incremental,
    retracted_as_never_recorded,
    show,
    unrelated_commute,
)
from tests.laws import model
from tests.laws.agreement import (
    IN_TOKYO,
    WINTER,
    agree,
    agree_on_counts,
    agree_on_cumulative_counts,
    agree_on_move,
    agree_on_statements,
)
from tests.laws.model import Model

#: A projection as a user would write one, with every kind of part.
SEATS = Projection(
    "seats",
    1,
    [
        Table(
            "seats",
            columns={"meeting": "TEXT", "party": "TEXT", "head": "INTEGER"},
            feed={DelegateAttended: lambda e: (e.meeting, e.party, int(e.role == "head"))},
            indexes=("party",),
        ),
        Table(
            "days",
            columns={"series": "TEXT", "day": "TEXT", "ordinal": "INTEGER"},
            feed={
                MeetingHeld: lambda e: (e.series, e.date.text, e.ordinal) if e.date else None,
                CountStated: lambda e: (e.series, e.as_of.text, None) if e.series else None,
            },
        ),
        State(
            "last_seat",
            table="seats",
            key="meeting",
            columns={"meeting": "TEXT", "party": "TEXT", "fact": "INTEGER"},
            select="SELECT meeting, party, max(fact) FROM {rows} GROUP BY meeting",
        ),
        State(  # of meetings that have nothing to do with each other, so that no order of facts may decide
            "reach",
            table="seats",
            key="party",
            columns={"party": "TEXT", "meetings": "INTEGER", "last": "TEXT"},
            select="SELECT party, count(DISTINCT meeting), max(meeting) FROM {rows} GROUP BY party",
        ),
        Tally(
            "seats_taken",
            table="seats",
            key=("meeting", "party"),
            sums=("seats", "heads"),
            maxima=("any_head",),
            select="SELECT meeting, party, count(*), sum(head), max(head) FROM {rows} GROUP BY meeting, party",
        ),
        Tally(
            "highest",
            table="days",
            key=("series",),
            sums=("days",),
            maxima=("ordinal",),
            select="SELECT series, count(*), max(ordinal) FROM {rows} GROUP BY series",
        ),
        View("busiest", select="SELECT party, sum(seats) FROM seats_taken GROUP BY party"),
    ],
)

#: The laws are what this library is for: they are tried harder than the rest.
often = settings(max_examples=2 * settings().max_examples)
PROJECTIONS = {"standard": STANDARD, "a user's": SEATS}
every_projection = pytest.mark.parametrize("projection", PROJECTIONS)  # a name: Hypothesis prints all arguments
numbers = st.lists(st.integers(0, 30), max_size=4)


# --- laws 1 to 5 ---------------------------------------------------------------------


@every_projection
@often
@given(moves=histories(), cuts=numbers)
def test_made_step_by_step_is_rebuilt_however_the_log_is_cut(projection: str, moves: History, cuts: list[int]) -> None:
    rebuilt_as_incremental(PROJECTIONS[projection], moves, cuts)


@often
@given(moves=histories(), page=st.integers(1, 7))
def test_a_replay_does_not_care_how_many_events_it_reads_at_a_time(moves: History, page: int) -> None:
    with Registry.open(projections=[SEATS]) as registry:
        play(registry, moves)
        shown, events = (show(registry), show(registry, SEATS)), list(registry.events())
        with small_pages(page):
            registry.rebuild()
            registry.verify()
            assert list(registry.events()) == events
            assert {e for event in events for e in registry.events(subject=event.subject)} == set(events)
        assert (show(registry), show(registry, SEATS)) == shown


@contextmanager
def small_pages(size: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for read in (SQLiteLog.read, SQLiteLog.rows, SQLiteLog.events, SQLiteLog.end_of_page, SQLiteLog.of_subject):
            patch.setitem(read.__kwdefaults__ or {}, "limit", size)
        patch.setattr("dialogue_registry.projections.effective_log.PAGE", size)
        patch.setattr("dialogue_registry.registry.log_stream.PAGE", size)
        yield


@every_projection
@often
@given(moves=histories(), position=st.integers(0, 30))
def test_as_known_then_is_as_recorded_up_to_then(projection: str, moves: History, position: int) -> None:
    past_as_prefix(PROJECTIONS[projection], moves, position)


@every_projection
@often
@given(moves=histories())
def test_the_log_shows_what_its_effective_log_shows(projection: str, moves: History) -> None:
    log_as_effective_log(PROJECTIONS[projection], moves)


@every_projection
@often
@given(moves=histories(), more=histories())
def test_what_is_retracted_was_never_recorded(projection: str, moves: History, more: History) -> None:
    retracted_as_never_recorded(PROJECTIONS[projection], moves, more)


@every_projection
@often
@given(moves=histories(), openings=numbers)
def test_catching_up_from_any_checkpoint_changes_nothing(projection: str, moves: History, openings: list[int]) -> None:
    caught_up_as_kept_up(PROJECTIONS[projection], moves, openings)


@every_projection
@often
@example(
    moves=History([Record(SamePerson(party="JPN", names=("A", "B")))]),
    others=History([Record(DifferentPersons(party="JPN", names=("A", "B")))]),
    order=[],
)
@given(
    moves=histories(dialogues=["ca-jad"], max_moves=12),
    others=histories(dialogues=["c5"], max_moves=12),
    order=st.lists(st.booleans(), max_size=24),
)
def test_unrelated_events_commute(projection: str, moves: History, others: History, order: list[bool]) -> None:
    unrelated_commute(PROJECTIONS[projection], moves, others, order)


@given(moves=histories())
def test_recording_everything_again_appends_nothing_and_revives_nothing(moves: History) -> None:
    with Registry.open() as registry:
        player, again = Player(registry), Player(registry)
        for move in moves:
            player.play(move)
        position, shown = registry.position, show(registry)
        for number, move in enumerate(player.accepted):
            again.appended = player.appended[:number]  # so that the move refers to what it referred to before
            assert again.play(move) is not None
        assert registry.position == position
        assert show(registry) == shown


class TornError(Exception):
    """The power fails."""


def torn(_: object) -> tuple[int]:
    if tearing:
        raise TornError
    return (1,)


tearing: list[bool] = []
TORN = Projection("torn", 1, [Table("torn", columns={"one": "INTEGER"}, feed=dict.fromkeys(FACTS, torn))])


@given(moves=histories(), broken=st.sets(st.integers(0, 30), min_size=1))
def test_what_fails_half_way_leaves_no_trace(moves: History, broken: set[int]) -> None:
    with Registry.open(projections=[TORN]) as registry:
        player = Player(registry)
        for number, move in enumerate(moves):
            if number in broken:
                before = registry.position, show(registry), show(registry, TORN)
                tearing.append(True)
                try:
                    with suppress(ProjectionError):  # that names the table in which TornError was raised
                        player.play(move)
                        continue  # there was nothing to tear
                finally:
                    tearing.clear()
                assert (registry.position, show(registry), show(registry, TORN)) == before
                registry.verify()
            player.play(move)
        registry.verify()


# --- law 6: the model ----------------------------------------------------------------

RULES_ASKED = [*model.RULES, WINTER, IN_TOKYO]
rules_asked = st.sampled_from(RULES_ASKED)
#: A day near one of the history, or any day, or none; see day_near().
days_asked = st.none() | days() | st.tuples(st.integers(0, 99), st.sampled_from([-1, 0, 0, 1]))
Asked: TypeAlias = date | tuple[int, int] | None


def day_near(moves: History, asked: Asked) -> date | None:
    """The day that is asked for: one on which a count may change, the day before or after it."""
    if not isinstance(asked, tuple):
        return asked
    facts = [move.fact for move in moves if isinstance(move, Record)]
    spans = [fact.date for fact in facts if isinstance(fact, MeetingHeld) and fact.date is not None]
    spans += [fact.as_of for fact in facts if isinstance(fact, CountStated)]
    edges = sorted({day for span in spans for day in (span.earliest, span.latest_start, span.latest)})
    if not edges:
        return None
    number, offset = asked
    edge = edges[number % len(edges)]
    return edge if edge in (date.min, date.max) else edge + timedelta(offset)


@often
@given(moves=histories(), asked=st.lists(days_asked, max_size=3))
def test_views_are_what_the_model_shows_after_every_move(moves: History, asked: list[Asked]) -> None:
    known = Model()
    with Registry.open() as registry:
        player = Player(registry)
        for move in moves:
            position = registry.position
            agree_on_move(player.play(move), known.play(move))
            if registry.position > position:
                agree(registry, known)
        for day in asked:
            for rule_ in RULES_ASKED:
                agree_on_counts(registry, known, day_near(moves, day), rule_)
        agree_on_statements(registry, known)
        agree_on_cumulative_counts(registry, known)
        registry.verify()


@often
@given(
    moves=histories(min_moves=6),
    asked=st.lists(st.tuples(st.integers(0, 30), days_asked, rules_asked), min_size=1, max_size=3),
)
def test_two_times_counts_as_of_a_day_as_known_at_a_position(
    moves: History, asked: list[tuple[int, Asked, str | Rule]]
) -> None:
    with Registry.open() as registry:
        accepted = play(registry, moves)
        for latest, day, rule_ in asked:
            position = min(latest, registry.position)
            known = Model()
            for move in accepted[:position]:
                known.play(move)
            with registry.at(position=position) as past:
                agree(past, known)
                agree_on_counts(past, known, day_near(moves, day), rule_)
                agree_on_statements(past, known)


class ModelMachine(RegistryMachine):
    """The same moves on a registry and on the model."""

    projections = (SEATS,)

    def __init__(self) -> None:
        super().__init__()
        self.known = Model()

    def made(self, move: Move, recorded: RecordedEvent | None) -> None:
        agree_on_move(recorded, self.known.play(move))

    @rule(day=st.none() | days(), rule_=rules_asked)
    def count(self, day: date | None, rule_: str | Rule) -> None:
        agree_on_counts(self.registry, self.known, day, rule_)

    @rule()
    def ask(self) -> None:
        agree(self.registry, self.known)
        agree_on_statements(self.registry, self.known)

    def teardown(self) -> None:
        agree(self.registry, self.known)
        super().teardown()


def test_a_registry_driven_at_random_stays_with_the_model() -> None:
    run_state_machine_as_test(ModelMachine)


# --- law 9: counts -------------------------------------------------------------------


@often
@given(moves=histories(min_moves=6), asked=st.tuples(days(), days()).map(sorted), rule_=rules_asked)
def test_counts_have_bounds_grow_with_time_and_add_up(moves: History, asked: list[date], rule_: str | Rule) -> None:
    with Registry.open() as registry:
        play(registry, moves)
        sooner, later, ever = (registry.counts(as_of=day, rule=rule_) for day in (*asked, None))
        by_rule = {name: registry.counts(as_of=asked[0], rule=name) for name in model.RULES}
        for series in ever:
            tallies = [(counts[series].total, *counts[series].by_format.values()) for counts in (sooner, later, ever)]
            for one in tallies:
                assert all(0 <= tally.certain <= tally.possible for tally in one)
                assert one[0].certain == sum(tally.certain for tally in one[1:])
                assert one[0].possible == sum(tally.possible for tally in one[1:])
            for first, second, last in zip(*tallies, strict=True):
                assert first.certain <= second.certain <= last.certain
                assert first.possible <= second.possible <= last.possible
            assert all(list(counts[series].by_format) == list(model.FORMATS) for counts in (sooner, later, ever))
            held = by_rule["held"][series]
            assert {name: by_rule[name][series].total for name in model.FORMATS} == held.by_format
            assert by_rule["numbered"][series].total.possible <= held.total.possible


# --- do the histories get anywhere? --------------------------------------------------

#: What share of histories must reach this state.
REACHED: dict[str, float] = {
    "corrected": 0.20,
    "corrected again": 0.04,
    "moved by a correction": 0.04,
    "retracted": 0.20,
    "amendment retracted": 0.05,
    "disputed": 0.15,
    "postponed": 0.10,
    "cancelled": 0.10,
    "announced again": 0.07,
    "held": 0.35,
    "held, date unknown": 0.08,
    "held, date partial": 0.12,
    "several sources": 0.10,
    "several dialogues": 0.03,
    "stated and carried": 0.04,
    "repeated": 0.15,
    "refused": 0.30,
    "mostly accepted": 0.50,
}


def reached(moves: History) -> set[str]:
    """The interesting states that a history reaches, by the model."""
    known, found, refused = Model(), set[str](), 0
    for move in moves:
        before = len(known.log)
        was = {m.assertion.content.meeting: m.status for m in known.meetings()}
        position = known.play(move)
        if position is None:
            refused += 1
            found.add("refused")
            continue
        if len(known.log) == before:
            found.add("repeated")
            continue
        now = {m.assertion.content.meeting: m.status for m in known.meetings()}
        found |= set(now.values())
        if any(was.get(meeting) in ("postponed", "cancelled") and now[meeting] == "announced" for meeting in now):
            found.add("announced again")
        match move:
            case Correct():
                found.add("corrected")
                line = known.log[-1]
                if [other.of for other in known.log if other.what == "correction"].count(line.of) > 1:
                    found.add("corrected again")
                if line.content is not None and line.subject != subject_of(line.content):
                    found.add("moved by a correction")
            case Retract():
                amendment = move.of.event in (FactCorrected, EventRetracted)
                found.add("amendment retracted" if amendment else "retracted")
            case Dispute():
                found.add("disputed")
            case Record():
                pass
    held = known.facts(MeetingHeld)
    if any(assertion.content.date is None for assertion in held):
        found.add("held, date unknown")
    if any(assertion.content.date is not None and not assertion.content.date.is_day for assertion in held):
        found.add("held, date partial")
    if any(len(group) > 1 for _, group in known.standing()):
        found.add("several sources")
    if len({assertion.content.series.split("/")[0] for assertion in held}) > 1:
        found.add("several dialogues")
    if any(known.carried(assertion.content.series, None) is not None for assertion in held):
        found.add("stated and carried")
    if refused <= len(moves) / 4:
        found.add("mostly accepted")
    return found


@pytest.mark.fixed
def test_histories_reach_the_interesting_states_often_enough(capsys: pytest.CaptureFixture[str]) -> None:
    seen: Counter[str] = Counter()
    lengths: list[int] = []

    @settings(max_examples=500, derandomize=True)
    @given(histories())
    def look(moves: History) -> None:
        lengths.append(len(moves))
        seen.update(reached(moves))

    look()
    shares = {state: seen[state] / len(lengths) for state in REACHED}
    with capsys.disabled():
        lines = [f"{share:6.0%} {state}" for state, share in shares.items()]
        average = sum(lengths) / len(lengths)
        sys.stdout.write("\n".join([f"\n{len(lengths)} histories of {average:.1f} moves; of them", *lines, ""]))
    assert not {state for state, share in shares.items() if share < REACHED[state]}
