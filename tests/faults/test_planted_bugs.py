"""The laws can fail: each fault that is planted here is caught by the law that is there to catch it.

A law that cannot fail is no law. When a fault survives, the law or the histories are too weak: mend those, never the
fault. Faults in pure functions and in the text of SQL are tried in each run. The others, which replace more of the
inside, are tried by ``pytest tests/faults -m long``.
"""

import re
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import date
from itertools import count, product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue_registry import (
    DelegateAbsent,
    DelegateAttended,
    DialogueRegistryError,
    Kind,
    MeetingHeld,
    PartyLeft,
    Projection,
    RefusedError,
    Registry,
    State,
    Table,
    Tally,
    TopicDiscussed,
)
from dialogue_registry.log import hash_chain
from dialogue_registry.log.codec import STANDARD_CODEC
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.log.sqlite_scopes import Step, WriteTransaction
from dialogue_registry.model import kind_tables, standard_kinds, wordings
from dialogue_registry.model.status import Story
from dialogue_registry.projections import effective_log, engine, fold, standard
from dialogue_registry.projections.standard import STANDARD
from dialogue_registry.queries import count_tables, counts, reader
from dialogue_registry.registry import decider, recorder, verify
from dialogue_registry.testing import (
    caught_up_as_kept_up,
    check_log,
    check_projection,
    histories,
    log_as_effective_log,
    past_as_prefix,
    rebuilt_as_incremental,
    retracted_as_never_recorded,
    unrelated_commute,
)
from tests.laws import test_laws, test_log_contract, test_rows_by_sql, test_tallies, test_tampering
from tests.laws.test_laws import SEATS
from tests.tried import TRIED, always_the_same
from tests.unit.log import test_schema_evolution
from tests.unit.model import test_status
from tests.unit.registry import test_repeats

TRIES = always_the_same(4000)

#: For several laws in a row, of which the last may be the one to catch it.
FEWER = settings(TRIES, max_examples=200)

Law = Callable[[], object]
Plant = Callable[[pytest.MonkeyPatch], object]


# --- the laws ------------------------------------------------------------------------


def law(test: Any, **strategies: Any) -> Law:
    """Return a property of another module, tried here in our own way, some of its arguments from other strategies."""
    handle = test.hypothesis
    return lambda: TRIES(given(**{**handle._given_kwargs, **strategies})(handle.inner_test))()


def law_of(check: Callable[..., object], projection: Projection, *strategies: Any) -> Law:
    """A law that ships to users, for one projection."""

    @TRIES
    @given(st.tuples(*strategies))
    def obeys(drawn: tuple[Any, ...]) -> None:
        check(projection, *drawn)

    return obeys


moves, numbers = histories(), st.lists(st.integers(0, 30), max_size=4)
sides = histories(dialogues=["ca-jad"], max_moves=12), histories(dialogues=["c5"], max_moves=12)
LAW_1 = law_of(rebuilt_as_incremental, SEATS, moves, numbers)
LAW_1_PAGES = law(test_laws.test_a_replay_does_not_care_how_many_events_it_reads_at_a_time)
LAW_2 = law_of(past_as_prefix, SEATS, moves, st.integers(0, 30))
LAW_3 = law_of(log_as_effective_log, STANDARD, moves)
LAW_3_TOO = law_of(retracted_as_never_recorded, SEATS, moves, moves)
LAW_4 = law_of(caught_up_as_kept_up, SEATS, moves, numbers)
LAW_5 = law_of(unrelated_commute, SEATS, *sides, st.lists(st.booleans(), max_size=24))
LAW_6 = law(test_laws.test_views_are_what_the_model_shows_after_every_move)
LAW_6_ASKED = law(  # short histories, always with a day that is asked
    test_laws.test_views_are_what_the_model_shows_after_every_move,
    moves=histories(dialogues=["ca-jad"], max_moves=8),
    asked=st.lists(test_laws.days_asked, min_size=2, max_size=3),
)
TALLIES = law(test_tallies.test_counts_are_those_of_the_model_where_periods_meet)
STATEMENTS = law(  # two of a day, which are rare in histories
    test_tallies.test_counts_are_those_of_the_model_where_periods_meet,
    reported=st.just([]),
    stated=st.lists(st.tuples(st.just("a"), st.integers(0, 9), st.just("2009-12-31"), st.none()), max_size=3),
    shared=st.just({}),
    lost=st.just(set()),
    asked=st.just(["2010-01-01"]),
)
STRADDLING = law(  # a date that may begin on the day of a statement, which is rare among all edges
    test_tallies.test_counts_are_those_of_the_model_where_periods_meet,
    reported=st.lists(st.tuples(st.just("a"), st.sampled_from(["2010", "2010-02"]), st.none(), st.none()), min_size=1),
    stated=st.lists(st.tuples(st.just("a"), st.just(3), st.sampled_from(["2010-01-01", "2010-02-01"]), st.none())),
    shared=st.just({}),
    lost=st.just(set()),
    asked=st.just(["2010-02-28"]),
)
LAW_10 = law(test_tampering.test_an_edited_event_is_found_where_it_stands)
LAW_10_TAIL = law(test_tampering.test_a_cut_tail_is_found_by_the_head_kept_elsewhere)
BATCHES = law(test_repeats.test_a_batch_comes_to_what_its_facts_come_to_one_by_one)
ROWS_BY_SQL = law(test_rows_by_sql.test_rows_by_sql_are_the_rows_by_python)
IDEMPOTENCE = law(test_laws.test_recording_everything_again_appends_nothing_and_revives_nothing)
ATOMICITY = law(test_laws.test_what_fails_half_way_leaves_no_trace)


def LAW_8() -> None:  # noqa: N802 - a law like the others
    with TemporaryDirectory() as folder:
        test_schema_evolution.test_a_recorded_log_reads_as_it_was_meant(Path(folder) / "registry.db", "log-1.jsonl")


def STATUS() -> None:  # noqa: N802
    """Every history of one meeting, in each way to give a day."""
    for history, way in product(test_status.HISTORIES, test_status.WAYS):
        test_status.check_history(*history, way)


def SEATS_OF_NAMESAKES() -> None:  # noqa: N802
    with Registry.open() as registry:
        registry.record(*test_repeats.SETTING)
        several = [
            DelegateAttended(meeting="d/s/0", party="BGD", name="Rezaul HAQUE", office=office, person=office)
            for office in ("Envoy", "Secretary")
        ]
        registry.record(*several)
        assert len(registry.attendance()) == len(several)


def LOG_CONTRACT() -> None:  # noqa: N802
    check_log(test_log_contract.two_handles, settings=FEWER)


# --- the faults ----------------------------------------------------------------------

PLANTED: dict[str, tuple[Law, Plant, str]] = {}
LONG: set[str] = set()
"""The faults that only the long run tries."""


def planted(by: Law, *, because: str = "", long: bool = False) -> Callable[[Plant], Plant]:
    """Note a fault, named by its function, the law that has to catch it, and words of the failure that it causes.

    A law that fails for another reason has not caught the fault.
    """

    def note(plant: Plant) -> Plant:
        PLANTED[plant.__name__] = (by, plant, because)
        if long:
            LONG.add(plant.__name__)
        return plant

    return note


def rewritten(patch: pytest.MonkeyPatch, place: Any, name: str, old: str, new: str) -> None:
    """Change the text of a statement."""
    text = getattr(place, name)
    assert old in text
    patch.setattr(place, name, text.replace(old, new))


def wrapped(patch: pytest.MonkeyPatch, place: Any, name: str, wrap: Callable[..., Any]) -> None:
    """Put a function in the place of another, which it is given first."""
    original = getattr(place, name)
    patch.setattr(place, name, lambda *args, **more: wrap(original, *args, **more))


@planted(by=LAW_1_PAGES, long=True)
def a_replay_skips_the_first_event_of_a_page(patch: pytest.MonkeyPatch) -> None:
    def events(original: Any, self: Any, after: int = 0, **how: Any) -> Any:
        page = original(self, after, **how)
        return page if after == 0 else page[1:]

    def replay(original: Any, self: Any, progress: Any) -> None:
        with pytest.MonkeyPatch.context() as inner:
            wrapped(inner, SQLiteLog, "events", events)
            original(self, progress)

    wrapped(patch, engine.Views, "replay", replay)


@planted(by=LAW_6, long=True)
def a_count_is_doubled(patch: pytest.MonkeyPatch) -> None:
    def init(original: Any, self: Any, tally: Tally) -> None:
        original(self, tally)
        self.gain = self.gain.replace("+ excluded.", "+ 2 * excluded.")

    wrapped(patch, fold.TallyStatements, "__init__", init)


@planted(by=ATOMICITY, long=True)
def the_checkpoint_is_written_outside_the_transaction(patch: pytest.MonkeyPatch) -> None:
    def apply(original: Any, self: Any, page: Sequence[Any], *args: Any) -> None:
        self._connection.execute("UPDATE projections SET position = ?", (page[-1][0],))
        self._connection.execute("COMMIT")
        self._connection.execute("BEGIN IMMEDIATE")
        original(self, page, *args)

    wrapped(patch, engine.Views, "apply", apply)


@planted(by=LAW_6, long=True)
def a_refused_amendment_stays_in_the_log(patch: pytest.MonkeyPatch) -> None:
    def leave(original: Any, self: Any, kind: Any, *details: Any) -> Any:
        return original(self, None if kind is not None and issubclass(kind, RefusedError) else kind, *details)

    wrapped(patch, WriteTransaction, "__exit__", leave)


@planted(by=LAW_1)
def versions_are_swapped(patch: pytest.MonkeyPatch) -> None:
    def seal(original: Any, *args: Any) -> Any:
        entries = original(*args)
        for one in range(len(entries) - 1):
            first, second = entries[one : one + 2]
            if first.subject == second.subject:
                entries[one] = first._replace(version=second.version)
                entries[one + 1] = second._replace(version=first.version)
                break
        return entries

    wrapped(patch, recorder, "seal", seal)


@planted(by=LAW_3_TOO, long=True)
def what_is_retracted_leaves_its_state_behind(patch: pytest.MonkeyPatch) -> None:
    def init(original: Any, self: Any, state: State) -> None:
        original(self, state)
        self.forget = "SELECT :keys"

    wrapped(patch, fold.StateStatements, "__init__", init)


@planted(by=LAW_3_TOO, long=True)
def the_highest_ordinal_survives_its_meeting(patch: pytest.MonkeyPatch) -> None:
    def lose(original: Any, self: Any, tally: Any, row: Any) -> None:
        original(self, tally, (*row[: tally.width], *(None for _ in row[tally.width :])))

    wrapped(patch, fold.Fold, "_lose", lose)


@planted(by=LAW_6, long=True)
def rows_come_in_the_order_of_their_last_wording(patch: pytest.MonkeyPatch) -> None:
    def rows(
        original: Any, self: Any, cls: Any, where: str = "", values: Any = (), order: str = "fact", **more: Any
    ) -> Any:
        return original(self, cls, where, values, "event" if order == "fact" else order, **more)

    wrapped(patch, reader.Reader, "rows", rows)


@planted(by=LAW_2)
def the_past_forgets_what_has_fallen_since(patch: pytest.MonkeyPatch) -> None:
    def shadow(original: Any, *args: Any) -> str:
        statement: str = original(*args)
        return statement.split(" UNION ALL ", maxsplit=1)[0]

    wrapped(patch, fold, "shadow", shadow)


@planted(by=LAW_2)
def the_past_shows_what_had_fallen_before(patch: pytest.MonkeyPatch) -> None:
    def shadow(original: Any, *args: Any) -> str:
        statement: str = original(*args)
        return statement.split(" AND until > ", maxsplit=1)[0]

    wrapped(patch, fold, "shadow", shadow)


@planted(by=LAW_6)
def as_of_leaves_out_the_day_itself(patch: pytest.MonkeyPatch) -> None:
    rewritten(patch, count_tables, "_TALLIED", "iif(r.level = 10, '~', '')", "''")


@planted(by=TALLIES)
def the_months_of_a_decade_are_counted_with_it(patch: pytest.MonkeyPatch) -> None:
    rewritten(patch, count_tables, "_TALLIED", "(7, 4, 7)", "(7, 3, 7)")


@planted(by=STRADDLING)
def a_meeting_that_may_have_begun_on_the_day_of_a_statement_counts_after_it(patch: pytest.MonkeyPatch) -> None:
    rewritten(patch, count_tables, "_STRADDLING", "earliest <= a.day", "earliest < a.day")


@planted(by=TALLIES)
def the_widest_window_is_taken_for_the_narrowest(patch: pytest.MonkeyPatch) -> None:
    rewritten(patch, count_tables, "_STRADDLING", "-max(", "-min(")


@planted(by=TALLIES)
def a_statement_is_carried_on_from_the_day_after(patch: pytest.MonkeyPatch) -> None:
    rewritten(patch, count_tables, "_STATED", "u.ends <= ?", "u.ends < ?")


@planted(by=LAW_6_ASKED)
def a_meeting_without_a_date_is_certain(patch: pytest.MonkeyPatch) -> None:
    def as_of(original: Any, meeting: Any, *args: Any) -> Any:
        return counts.Bounds(1, 1) if meeting.date is None else original(meeting, *args)

    wrapped(patch, counts, "as_of", as_of)


@planted(by=STATEMENTS)
def the_first_statement_of_a_day_is_carried_on(patch: pytest.MonkeyPatch) -> None:
    wrapped(patch, counts, "carrying", lambda original, stated, day: original(stated[::-1], day))


@planted(by=LAW_10)
def the_hash_leaves_out_who_recorded_it(patch: pytest.MonkeyPatch) -> None:
    wrapped(patch, hash_chain, "link", lambda original, *args: original(*args[:11], "", *args[12:]))


@planted(by=LAW_10)
def the_hash_leaves_out_the_source(patch: pytest.MonkeyPatch) -> None:
    wrapped(patch, hash_chain, "link", lambda original, *args: original(*args[:8], None, *args[9:]))


@planted(by=LAW_10_TAIL, long=True)
def a_lost_tail_goes_unnoticed(patch: pytest.MonkeyPatch) -> None:
    wrapped(patch, verify, "check_log", lambda original, session, _, progress: original(session, None, progress))


@planted(by=LOG_CONTRACT, long=True)
def a_position_is_given_out_twice(patch: pytest.MonkeyPatch) -> None:
    def append(_: Any, self: Any, entries: Sequence[Any], *, expected: int) -> None:
        head = self.head().position
        for entry in entries:
            placed = entry._replace(position=head if entry.position == head + 1 and head > 2 else entry.position)
            self._connection.execute("DROP TRIGGER IF EXISTS events_keep_rows")
            self._connection.execute("DELETE FROM events WHERE position = ?", (placed.position,))
            self._connection.execute(
                f"INSERT INTO events VALUES ({', '.join('?' * len(placed))})",
                (*placed[:7], None, placed.citation, None, *placed[10:]),
            )

    wrapped(patch, SQLiteLog, "append", append)


@planted(by=LOG_CONTRACT, long=True)
def the_log_does_not_look_where_it_ends(patch: pytest.MonkeyPatch) -> None:
    def append(original: Any, self: Any, entries: Sequence[Any], *, expected: int) -> None:
        original(self, entries, expected=self.head().position)

    wrapped(patch, SQLiteLog, "append", append)


@planted(by=LOG_CONTRACT, long=True)
def half_an_append_is_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(test_log_contract, "WriteTransaction", lambda _: nullcontext())


def seats(name: str, *parts: Any) -> Projection:
    """A user's projection of who sat where."""
    rows = Table(
        "sat", columns={"meeting": "TEXT", "party": "TEXT"}, feed={DelegateAttended: lambda e: (e.meeting, e.party)}
    )
    return Projection(name, 1, [rows, *parts])


def of_a_user(projection: Projection) -> Law:
    """The one call that users make."""
    return lambda: check_projection(projection, settings=settings(TRIES, max_examples=40))


@planted(
    by=of_a_user(
        seats(
            "parties",
            Tally(
                "parties_there", table="sat", key=("meeting",), sums=("parties",),
                select="SELECT meeting, count(DISTINCT party) FROM {rows} GROUP BY meeting",
            ),
        )
    )
)  # fmt: skip
def a_users_tally_looks_at_two_rows_at_once(patch: pytest.MonkeyPatch) -> None:
    """A tally must be linear."""


numbering = count(1)


@planted(
    by=of_a_user(
        Projection(
            "numbers", 1,
            [
                Table(
                    "topic_numbers",
                    columns={"number": "INTEGER"},
                    feed={TopicDiscussed: lambda _: (next(numbering),)},
                )
            ],
        )
    )
)  # fmt: skip
def a_users_function_is_not_pure(patch: pytest.MonkeyPatch) -> None:
    """It counts how often it was called."""


FIRST_THERE = seats(
    "first",
    State(
        "first_there", table="sat", key="meeting", columns={"meeting": "TEXT", "party": "TEXT"},
        select="""
            SELECT meeting, party FROM (
                SELECT *, row_number() OVER (PARTITION BY meeting ORDER BY event) AS rank FROM {rows}
            ) WHERE rank = 1""",
    ),
)  # fmt: skip


# --- identity, arrange, the savepoint, rows by SQL ------------------------------------------


@planted(by=BATCHES, because="looked up")
def the_key_of_a_kind_is_ignored(patch: pytest.MonkeyPatch) -> None:
    def identity(original: Any, self: Kind, fact: Any) -> Any:
        whole, kept = original(self, fact), 1 + len(self.about)
        return *whole[:kept], *("" for _ in whole[kept:])

    wrapped(patch, Kind, "identity", identity)


@planted(by=test_repeats.test_of_facts_that_say_the_same_the_first_that_is_left_stands, because="assert")
def the_last_of_a_group_stands(patch: pytest.MonkeyPatch) -> None:
    def arrange(original: Any, members: Any) -> Any:
        placed = original(members)
        last = max(placed)
        return {fact: place._replace(leader=None if fact == last else last) for fact, place in placed.items()}

    wrapped(patch, effective_log, "arrange", arrange)


@planted(by=BATCHES, because="was looked up|UNIQUE|assert|is missing from the log")
def what_a_refused_batch_has_put_into_the_views_stays_there(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Step, "take_back", lambda _: None)


@planted(by=BATCHES, because="assert")
def a_fact_that_repeats_one_of_its_batch_is_news(patch: pytest.MonkeyPatch) -> None:
    wrapped(patch, fold.Fold, "insert", lambda original, self, news: original(self, news) and set())


@planted(by=ROWS_BY_SQL, because="assert|attendance")
def a_row_by_sql_is_one_of_another_kind(patch: pytest.MonkeyPatch) -> None:
    of_absence = standard_kinds._ATTENDANCE.selects[DelegateAbsent]
    patch.setitem(
        standard_kinds._ATTENDANCE.selects,  # type: ignore[arg-type]
        DelegateAbsent,
        of_absence.replace("'excused', 'absent'", "'excused', 'present'"),
    )


@planted(by=ROWS_BY_SQL, because="exceptions|facts")
def what_repeats_others_is_left_out_by_sql(patch: pytest.MonkeyPatch) -> None:
    wrapped(patch, fold.Fold, "insert_stored", lambda original, *args: original(*args) and [])


@planted(by=ROWS_BY_SQL, because="assert")
def a_vague_date_begins_on_its_last_day_by_sql(patch: pytest.MonkeyPatch) -> None:
    table = next(kind.table for kind in standard_kinds.OWN_KINDS if kind.cls is PartyLeft)
    select = table.selects[PartyLeft]
    patch.setitem(table.selects, PartyLeft, select.replace("|| '-01-01'", "|| '-12-31'"))  # type: ignore[arg-type]


@planted(by=ROWS_BY_SQL, because="assert|meetings|held_tallies")
def states_are_not_made_at_the_end_of_a_rebuild(patch: pytest.MonkeyPatch) -> None:
    def derive(_: Any, self: Any) -> None:
        self.deferred = False

    wrapped(patch, fold.Fold, "derive", derive)


@planted(by=ROWS_BY_SQL, because="assert|folded")
def texts_are_not_folded(patch: pytest.MonkeyPatch) -> None:
    wrapped(patch, wordings, "fold_text", lambda _, text: text)
    for module in (wordings, kind_tables):
        wrapped(patch, module, "is_folded", lambda *_: True)


@planted(by=SEATS_OF_NAMESAKES, because="contradicts|assert")
def namesakes_are_one(patch: pytest.MonkeyPatch) -> None:
    def values(original: Any, self: Kind, fact: Any) -> Any:
        return original(self, attrs.evolve(fact, person="") if hasattr(fact, "person") else fact)

    wrapped(patch, Kind, "key_values", values)
    wrapped(patch, decider.Decider, "decide", lambda original, self, _fresh, expected: original(self, (), expected))


@planted(by=LAW_8, because="organizers")
def the_upcaster_is_skipped(patch: pytest.MonkeyPatch) -> None:
    version, upcasters, make = STANDARD_CODEC._read["activity.reported"]
    patch.setitem(STANDARD_CODEC._read, "activity.reported", (version, dict.fromkeys(upcasters, dict), make))


# --- the status of a meeting ---------------------------------------------------------------


@planted(by=STATUS, because="assert")
def the_day_of_a_report_is_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(effective_log, "own_day", lambda *_: None)


@planted(by=STATUS, because="assert")
def a_report_without_a_day_has_the_day_of_recording(patch: pytest.MonkeyPatch) -> None:
    wrapped(patch, effective_log, "own_day", lambda original, *args: original(*args) or date(2026, 11, 27))


@planted(by=STATUS, because="held")
def held_is_not_final(patch: pytest.MonkeyPatch) -> None:
    def come_to(original: Any, news: Any) -> Any:
        news = sorted(news, key=lambda one: one.order)
        held = [isinstance(one.report.content, MeetingHeld) for one in news]
        return original([one for one, is_held in zip(news, held, strict=True) if not is_held or held[-1]])

    wrapped(patch, standard, "fold", come_to)


@planted(by=STATUS, because="assert")
def an_interruption_is_about_the_latest_plan_of_anybody(patch: pytest.MonkeyPatch) -> None:
    def about(_: Any, _self: Any, _report: Any, _order: Any, before: Any) -> Any:
        return next((one.plan for one in reversed(before) if one.plan is not None), None)

    wrapped(patch, Story, "_about", about)


@planted(by=STATUS, because="assert")
def a_feed_read_again_is_recorded_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decider.Decider, "_event_before", lambda *_, **__: None)


@planted(by=STATUS, because="was-held|was held|was cancelled|assert")
def a_report_without_a_day_is_never_refused(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Story, "_check_status", lambda *_, **__: None)


def test_there_are_enough_of_them() -> None:
    assert len(PLANTED) >= 40
    assert len(PLANTED.keys() - LONG) >= 24


@pytest.mark.parametrize(
    "fault", [pytest.param(fault, marks=pytest.mark.long if fault in LONG else ()) for fault in PLANTED]
)
def test_the_fault_is_caught(fault: str, capsys: pytest.CaptureFixture[str]) -> None:
    check, plant, because = PLANTED[fault]
    with pytest.MonkeyPatch.context() as patch:
        plant(patch)
        try:
            check()
        except (AssertionError, ExceptionGroup, DialogueRegistryError, pytest.fail.Exception) as caught:
            message = str(caught) if not isinstance(caught, ExceptionGroup) else "\n".join(map(str, caught.exceptions))
            failure = f"{type(caught).__name__}: {message.splitlines()[0][:60] if message else ''}"
            assert re.search(because, message), f"{fault!r} was not caught for what it does, but: {message}"
        else:
            pytest.fail(f"the planted fault {fault!r} survived")
    TRIED["planted faults, all caught"] += 1
    with capsys.disabled():
        sys.stdout.write(f"\n{fault.replace('_', ' ')}: {failure}")
