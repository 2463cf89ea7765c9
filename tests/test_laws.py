"""The laws: views equal the log, for every projection, whatever happened; see each test for the law it guards.

1. incremental = rebuilt, for any way the log was cut into transactions and batches
2. ``at(p)`` = a fresh registry fed the first p events
3. views of the log = views of the effective log; record then retract = never recorded
4. catching up twice, or from any checkpoint, changes nothing
5. events on unrelated subjects commute
6. views = an independent model in plain Python
8. every stored log of an earlier schema version still replays to the same views
9. counts: certain ≤ possible; monotone in ``as_of``; formats add up to the total
10. any single change to the stored log is found by ``verify``
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from dialogue_registry import (
    ActivityReported,
    BrokenChainError,
    CountStated,
    DelegateAttended,
    DialogueLaunched,
    FactCorrected,
    FactDisputed,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    OutcomeAgreed,
    PartyJoined,
    Projection,
    RecordedEvent,
    Registry,
    Rule,
    SeriesOpened,
    Source,
    State,
    Table,
    Tally,
    TopicDiscussed,
    VerificationError,
    View,
)
from dialogue_registry.answers import Activity, Attendance, Outcome, Party, Series, Statement, Topic
from dialogue_registry.codec import STORED, encode
from dialogue_registry.events import subject_of
from dialogue_registry.log import EMPTY, Entry
from dialogue_registry.sqlite import SQLiteLog, connect, create_log, memory_uri, transaction
from dialogue_registry.standard import STANDARD
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
    check_log,
    check_projection,
    days,
    fed,
    histories,
    log_as_effective_log,
    past_as_prefix,
    play,
    rebuilt_as_incremental,
    retracted_as_never_recorded,
    same,
    show,
    stored,
    unrelated_commute,
)
from tests import model
from tests.model import Model, Told

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
                CountStated: lambda e: (e.series, e.as_of.text, None),
            },
        ),
        State(
            "last_seat",
            table="seats",
            key="party",
            columns={"party": "TEXT", "meeting": "TEXT", "fact": "INTEGER"},
            select="SELECT party, meeting, max(fact) FROM {rows} GROUP BY party",
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
often = settings(max_examples=3 * settings().max_examples)
seldom = settings(max_examples=max(1, settings().max_examples // 2))
PROJECTIONS = {"standard": STANDARD, "a user's": SEATS}
every_projection = pytest.mark.parametrize("projection", PROJECTIONS)  # a name: Hypothesis prints all arguments
numbers = st.lists(st.integers(0, 30), max_size=4)


# --- laws 1 to 5 ---------------------------------------------------------------------


@every_projection
@often
@given(moves=histories(), cuts=numbers)
def test_made_step_by_step_is_rebuilt_however_the_log_is_cut(
    projection: str, moves: History, cuts: list[int]
) -> None:
    rebuilt_as_incremental(PROJECTIONS[projection], moves, cuts)


@often
@given(moves=histories(), page=st.integers(1, 7))
def test_a_replay_does_not_care_how_many_events_it_reads_at_a_time(moves: History, page: int) -> None:
    with Registry.open(projections=[SEATS]) as registry:
        play(registry, moves)
        shown = show(registry), show(registry, SEATS)
        with small_pages(page):
            registry.rebuild()
            registry.verify()
        assert (show(registry), show(registry, SEATS)) == shown


@contextmanager
def small_pages(size: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SQLiteLog.read.__kwdefaults__, "limit", size)
        patch.setitem(SQLiteLog.of_subject.__kwdefaults__, "limit", size)
        patch.setattr("dialogue_registry.facts.PAGE", size)
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
def test_catching_up_from_any_checkpoint_changes_nothing(
    projection: str, moves: History, openings: list[int]
) -> None:
    caught_up_as_kept_up(PROJECTIONS[projection], moves, openings)


@every_projection
@often
@given(
    moves=histories(dialogues=["ca-jad"], max_moves=12),
    others=histories(dialogues=["c5"], max_moves=12),
    order=st.lists(st.booleans(), max_size=24),
)
def test_unrelated_events_commute(
    projection: str, moves: History, others: History, order: list[bool]
) -> None:
    unrelated_commute(PROJECTIONS[projection], moves, others, order)


@given(moves=histories())
def test_recording_everything_again_appends_nothing_and_revives_nothing(moves: History) -> None:
    with Registry.open() as registry:
        player = Player(registry)
        for move in moves:
            player.play(move)
        position, shown = registry.position, show(registry)
        for move in player.accepted:
            assert player.play(move) is not None
        assert registry.position == position
        assert show(registry) == shown


def test_one_call_checks_a_projection() -> None:
    check_projection(SEATS, settings=seldom)


# --- law 6: the model ----------------------------------------------------------------

WINTER = Rule("winter", lambda meeting: meeting.date is not None and meeting.date.earliest.month in (12, 1, 2))
IN_TOKYO = Rule("in Tokyo", lambda meeting: meeting.country == "JPN" or meeting.title == "x")
rules_asked = st.sampled_from([*model.RULES, WINTER, IN_TOKYO])
days_asked = st.none() | days()


def agree_on_move(recorded: RecordedEvent | None, expected: set[int] | None) -> None:
    if recorded is None:
        assert expected is None, f"refused, where the model has it at {expected}"
    else:
        assert expected is not None, f"recorded as {recorded.position}, where the model refuses"
        assert recorded.position in expected


def rows(cls: type[Any], told: Sequence[Told], **more: Any) -> list[Any]:
    """The rows a registry should answer with for these facts."""
    names = [name for name in attrs.fields_dict(cls) if name not in ("event", "sources", *more)]
    return [
        cls(**{name: getattr(t.content, name) for name in names}, event=t.event, sources=t.sources, **more)
        for t in told
    ]


def agree(registry: Registry, known: Model) -> None:
    """Every question is answered as the model answers it."""
    parties = rows(Party, known.facts(PartyJoined))
    assert [(d.dialogue, d.name, d.launched, d.aliases, d.event, d.sources) for d in registry.dialogues()] == [
        (t.content.dialogue, t.content.name, t.content.launched, t.content.aliases, t.event, t.sources)
        for t in known.facts(DialogueLaunched)
    ]
    for dialogue in registry.dialogues():
        assert list(dialogue.parties) == [party for party in parties if party.dialogue == dialogue.dialogue]
    assert list(registry.series()) == rows(Series, known.facts(SeriesOpened))
    assert list(registry.attendance()) == rows(Attendance, known.facts(DelegateAttended))
    assert list(registry.topics()) == rows(Topic, known.facts(TopicDiscussed))
    assert list(registry.activities()) == rows(Activity, known.facts(ActivityReported))
    assert list(registry.outcomes()) == rows(Outcome, known.facts(OutcomeAgreed))
    assert list(registry.statements()) == rows(Statement, known.facts(CountStated))
    meetings = [
        (m.told.content, m.status, m.reason, m.until, m.told.event, m.told.sources)
        for m in sorted(known.meetings(), key=by_day)
    ]
    assert [
        (as_reported(m, report), m.status, m.reason, m.until, m.event, m.sources)
        for m, (report, *_) in zip(registry.meetings(), meetings, strict=True)
    ] == meetings
    ids = [event.id for event in registry.events()]
    assert [(d.disputed, d.standing, d.claim, d.reason, d.event, d.sources) for d in registry.disputes()] == [
        (ids[fact - 1], standing, told.content[2], told.content[3], told.event, told.sources)
        for fact, standing, told in known.disputes()
    ]
    assert [(e.subject, e.version) for e in registry.events()] == numbered(known)


def numbered(known: Model) -> list[tuple[str, int]]:
    """The subjects of the log's lines, and their versions."""
    seen: Counter[str] = Counter()
    found = []
    for line in known.log:
        seen[line.subject] += 1
        found.append((line.subject, seen[line.subject]))
    return found


def as_reported(meeting: Any, report: Any) -> Any:
    """The row of a meeting, as a report of the class that it should come from."""
    return type(report)(**{name: getattr(meeting, name) for name in attrs.fields_dict(type(report))})


def by_day(meeting: model.MeetingNow) -> tuple[Any, ...]:
    report = meeting.told.content
    ordinal = (report.ordinal is not None, report.ordinal)
    if report.date is None:
        return (True, date.min, date.min, *ordinal, meeting.told.fact)
    return (False, report.date.earliest, report.date.latest_start, *ordinal, meeting.told.fact)


def agree_on_counts(registry: Registry, known: Model, day: date | None, rule: str | Rule) -> None:
    predicate = rule.counts if isinstance(rule, Rule) else model.RULES[rule]
    counts = registry.counts(as_of=day, rule=rule)
    assert list(counts) == [told.content.series for told in known.facts(SeriesOpened)]
    for series, count in counts.items():
        expected = known.count(series, day, predicate)  # type: ignore[arg-type] # a report has what rules look at
        assert attrs.astuple(count.total) == expected.total
        assert {name: attrs.astuple(share) for name, share in count.by_format.items()} == expected.by_format
        assert count.highest_ordinal == expected.highest_ordinal
        assert (count.carried and attrs.astuple(count.carried)) == expected.carried


def agree_on_statements(registry: Registry, known: Model) -> None:
    found = registry.reconcile()
    assert [(f.statement.event, str(f.verdict), set(f.rules), abs(f.difference)) for f in found] == [
        (told.event, verdict, set(names), off) for told, verdict, names, off in known.reconciled()
    ]


def agree_on_cumulative_counts(registry: Registry, known: Model) -> None:
    listed = [
        tuple(row.values())
        for row in registry.db.query(
            "SELECT series, held, in_person, online, hybrid, unknown, numbered, highest_ordinal FROM cumulative_counts"
        )
    ]
    expected = []
    for told in known.facts(SeriesOpened):
        held = known.count(told.content.series, None, lambda _: True)
        numbers_only = known.count(told.content.series, None, lambda meeting: meeting.ordinal is not None)
        shares = [possible for _, possible in held.by_format.values()]
        expected.append(
            (told.content.series, held.total[1], *shares, numbers_only.total[1], held.highest_ordinal)
        )
    assert listed == expected


@often
@given(moves=histories(), asked=st.lists(st.tuples(days_asked, rules_asked), max_size=4))
def test_views_are_what_the_model_shows_after_every_move(
    moves: History, asked: list[tuple[date | None, str | Rule]]
) -> None:
    known = Model()
    with Registry.open() as registry:
        player = Player(registry)
        for move in moves:
            position = registry.position
            agree_on_move(player.play(move), known.play(move))
            if registry.position > position:
                agree(registry, known)
        for day, rule_ in asked:
            agree_on_counts(registry, known, day, rule_)
        agree_on_statements(registry, known)
        agree_on_cumulative_counts(registry, known)
        registry.verify()


@often
@given(
    moves=histories(min_moves=6),
    asked=st.lists(st.tuples(st.integers(0, 30), days_asked, rules_asked), min_size=1, max_size=3),
)
def test_two_times_counts_as_of_a_day_as_known_at_a_position(
    moves: History, asked: list[tuple[int, date | None, str | Rule]]
) -> None:
    with Registry.open() as registry:
        accepted = play(registry, moves)
        for position, day, rule_ in asked:
            position = min(position, registry.position)
            known = Model()
            for move in accepted[:position]:
                known.play(move)
            with registry.at(position=position) as past:
                agree(past, known)
                agree_on_counts(past, known, day, rule_)
                agree_on_statements(past, known)


class ModelMachine(RegistryMachine):
    """The same moves on a registry and on the model."""

    projections = (SEATS,)

    def __init__(self) -> None:
        super().__init__()
        self.known = Model()

    def made(self, move: Move, recorded: RecordedEvent | None) -> None:
        agree_on_move(recorded, self.known.play(move))

    @rule(day=days_asked, rule_=rules_asked)
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


# --- law 8: old shapes ---------------------------------------------------------------

RECORDED = Path(__file__).parent / "recorded"


def recorded_entries() -> list[Entry]:
    lines = (RECORDED / "log.jsonl").read_text("utf-8").splitlines()
    return [Entry(**{**json.loads(line), "hash": bytes.fromhex(json.loads(line)["hash"])}) for line in lines]


def test_every_released_shape_of_every_event_is_kept() -> None:
    kept = {(entry.type, entry.schema) for entry in recorded_entries()}
    assert kept == {(word, version) for word, latest in STORED.values() for version in range(1, latest + 1)}


def test_a_log_stored_in_the_oldest_shapes_replays_to_the_views_of_today() -> None:
    old = recorded_entries()
    today = []
    with closing(fed(old)) as registry:
        assert registry.verify() == (len(old), old[-1].hash.hex())
        told = list(registry.events())
        shown = show(registry)
    for entry, event in zip(old, told, strict=True):
        encoded = encode(event.event)
        assert encoded.type == entry.type
        today.append(entry._replace(schema=encoded.schema, data=encoded.data))
    assert today != old
    with closing(fed(today)) as registry:
        assert show(registry) == shown
    assert told[9].event == ActivityReported(
        meeting="ca-jad/som/14", title="Silk Road expo", organisers=("JICA", "Embassy of Japan"), date="2021-06"
    )
    assert isinstance(told[-1].event, FactDisputed | FactCorrected) or told


# --- law 9: counts -------------------------------------------------------------------


@often
@given(moves=histories(min_moves=6), asked=st.tuples(days(), days()).map(sorted), rule_=rules_asked)
def test_counts_have_bounds_grow_with_time_and_add_up(moves: History, asked: list[date], rule_: str | Rule) -> None:
    with Registry.open() as registry:
        play(registry, moves)
        sooner, later, ever = (registry.counts(as_of=day, rule=rule_) for day in (*asked, None))
        by_rule = {name: registry.counts(as_of=asked[0], rule=name) for name in model.RULES}
        for series in ever:
            tallies = [
                (counts[series].total, *counts[series].by_format.values()) for counts in (sooner, later, ever)
            ]
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


# --- law 10: tampering ---------------------------------------------------------------

COLUMNS = [field for field in Entry._fields if field != "source"]


def unlocked(registry: Registry) -> sqlite3.Connection:
    """The registry's own connection, with nothing left that protects the log."""
    connection = registry._conn
    connection.execute("PRAGMA foreign_keys = OFF")
    for kind in ("trigger", "view"):
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = ?", (kind,)).fetchall():
            connection.execute(f"DROP {kind} {name}")
    for column in ("title", "url"):  # made of the data, of which they demand that it be JSON
        connection.execute(f"ALTER TABLE sources DROP COLUMN {column}")
    return connection


@st.composite
def changed(draw: st.DrawFn, value: Any) -> Any:
    """Another value of the same kind: one byte is another, or one bit of a number."""
    match value:
        case int():
            return value ^ (1 << draw(st.integers(0, 40)))
        case str() | bytes():
            raw = bytearray(value if isinstance(value, bytes) else value.encode())
            if not raw:
                return "x"
            raw[draw(st.integers(0, len(raw) - 1))] ^= draw(st.integers(1, 255))
            return bytes(raw) if isinstance(value, bytes) else Text(bytes(raw))
    return 1


@attrs.frozen
class Text:
    """Bytes to be stored as text, well formed or not."""

    raw: bytes


def put(connection: sqlite3.Connection, table: str, key: str, row: int, column: str, value: object) -> None:
    told, what = ("CAST(? AS TEXT)", value.raw) if isinstance(value, Text) else ("?", value)
    try:
        connection.execute(f"UPDATE {table} SET {column} = {told} WHERE {key} = ?", (what, row))
    except sqlite3.IntegrityError:
        reject()  # not even SQLite stores that


def found_at(registry: Registry, **how: Any) -> int:
    with pytest.raises(BrokenChainError) as found:
        registry.verify(views=False, **how)
    return found.value.position


@contextmanager
def a_log(moves: History) -> Iterator[tuple[Registry, sqlite3.Connection]]:
    with Registry.open() as registry:
        play(registry, moves)
        yield registry, unlocked(registry)


long_enough = histories(min_moves=6)


@often
@given(moves=long_enough, data=st.data())
def test_an_edited_event_is_found_where_it_stands(moves: History, data: st.DataObject) -> None:
    with a_log(moves) as (registry, connection):
        position = data.draw(st.integers(1, registry.position))
        column = data.draw(st.sampled_from([*COLUMNS, "source"]))
        value = connection.execute(f"SELECT {column} FROM events WHERE position = ?", (position,)).fetchone()[0]
        put(connection, "events", "position", position, column, data.draw(changed(value)))
        where = found_at(registry)
        assert where <= position if column == "position" else where == position


@given(moves=long_enough, data=st.data())
def test_an_edited_source_is_found_where_it_is_first_given(moves: History, data: st.DataObject) -> None:
    with a_log(moves) as (registry, connection):
        given_at = connection.execute(
            "SELECT s.id, s.data, min(e.position) FROM sources s JOIN events e ON e.source = s.id GROUP BY 1"
        ).fetchall()
        if not given_at:
            reject()
        id_, text, position = data.draw(st.sampled_from(given_at))
        column = data.draw(st.sampled_from(["id", "data"]))
        put(connection, "sources", "id", id_, column, data.draw(changed(id_ if column == "id" else text)))
        assert found_at(registry) == position


@given(moves=long_enough, data=st.data())
def test_a_swapped_pair_is_found(moves: History, data: st.DataObject) -> None:
    with a_log(moves) as (registry, connection):
        one = data.draw(st.integers(1, registry.position - 1))
        other = data.draw(st.integers(one + 1, registry.position))
        for before, after in ((one, -1), (other, one), (-1, other)):
            connection.execute("UPDATE events SET position = ? WHERE position = ?", (after, before))
        assert found_at(registry) == one


@given(moves=long_enough, data=st.data())
def test_a_deleted_event_is_found(moves: History, data: st.DataObject) -> None:
    with a_log(moves) as (registry, connection):
        position = data.draw(st.integers(1, registry.position))
        connection.execute("DELETE FROM events WHERE position = ?", (position,))
        assert found_at(registry) == position


@given(moves=long_enough, data=st.data())
def test_a_cut_tail_is_found_by_the_head_kept_elsewhere(moves: History, data: st.DataObject) -> None:
    with a_log(moves) as (registry, connection):
        head = registry.verify()
        last = data.draw(st.integers(0, registry.position - 1))
        connection.execute("DELETE FROM events WHERE position > ?", (last,))
        connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'events'", (last,))
        registry.verify(views=False)  # the chain alone cannot tell
        assert found_at(registry, head=head) == last + 1
        with pytest.raises(VerificationError):
            registry.verify()  # the views can


@given(moves=long_enough, others=long_enough)
def test_another_log_is_not_taken_for_the_one_whose_head_was_kept(moves: History, others: History) -> None:
    with Registry.open() as one, Registry.open() as other:
        play(one, moves)
        play(other, others)
        with pytest.raises(BrokenChainError):
            other.verify(head=one.verify())


# --- the contract of a log -----------------------------------------------------------


class OneTransactionEach(SQLiteLog):
    """The log of a file, each append a transaction."""

    def append(self, entries: Sequence[Entry], *, expected: int) -> None:
        with transaction(self._connection):
            super().append(entries, expected=expected)


@contextmanager
def two_handles() -> Iterator[tuple[SQLiteLog, SQLiteLog]]:
    uri = memory_uri()
    with closing(connect(uri)) as one, closing(connect(uri)) as other:
        with transaction(one):
            create_log(one)
        yield OneTransactionEach(one), OneTransactionEach(other)


def test_the_log_in_a_file_keeps_the_promise_of_a_log() -> None:
    check_log(two_handles, settings=settings())


# --- do the histories get anywhere? --------------------------------------------------

#: What share of histories must reach this state.
REACHED: dict[str, float] = {
    "corrected": 0.20,
    "corrected again": 0.03,
    "moved by a correction": 0.03,
    "retracted": 0.20,
    "amendment retracted": 0.08,
    "disputed": 0.15,
    "postponed": 0.10,
    "cancelled": 0.12,
    "announced again": 0.10,
    "held": 0.40,
    "held, date unknown": 0.05,
    "held, date partial": 0.20,
    "several sources": 0.08,
    "several dialogues": 0.08,
    "stated and carried": 0.10,
    "repeated": 0.15,
    "refused": 0.30,
    "mostly accepted": 0.60,
}


def reached(moves: History) -> set[str]:
    """The interesting states that a history reaches, by the model."""
    known, found, refused = Model(), set[str](), 0
    for move in moves:
        before = len(known.log)
        was = {m.told.content.meeting: m.status for m in known.meetings()}
        made = known.play(move)
        if made is None:
            refused += 1
            found.add("refused")
            continue
        if len(known.log) == before:
            found.add("repeated")
            continue
        now = {m.told.content.meeting: m.status for m in known.meetings()}
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
                target = known.log[move.of - 1]
                found.add("retracted" if target.what in ("fact", "dispute") else "amendment retracted")
            case Dispute():
                found.add("disputed")
            case Record():
                pass
    held = known.facts(MeetingHeld)
    if any(told.content.date is None for told in held):
        found.add("held, date unknown")
    if any(told.content.date is not None and not told.content.date.is_day for told in held):
        found.add("held, date partial")
    if any(len(tellings) > 1 for _, tellings in known.standing()):
        found.add("several sources")
    if len({told.content.series.split("/")[0] for told in held}) > 1:
        found.add("several dialogues")
    if any(known.carried(told.content.series, None) is not None for told in held):
        found.add("stated and carried")
    if refused <= len(moves) / 4:
        found.add("mostly accepted")
    return found


def test_histories_reach_the_interesting_states_often_enough(capsys: pytest.CaptureFixture[str]) -> None:
    seen: Counter[str] = Counter()
    lengths: list[int] = []

    @settings(max_examples=300, derandomize=True)
    @given(histories())
    def look(moves: History) -> None:
        lengths.append(len(moves))
        seen.update(reached(moves))

    look()
    with capsys.disabled():
        print(f"\n{len(lengths)} histories of {sum(lengths) / len(lengths):.1f} moves on average; of them")
        for state in REACHED:
            print(f"{seen[state] / len(lengths):6.0%} {state}")
    assert not {state: seen[state] / len(lengths) for state, share in REACHED.items() if seen[state] < share * len(lengths)}
