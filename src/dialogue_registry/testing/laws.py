"""The laws that every projection obeys, as functions that raise an AssertionError where one does not."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from typing import TypeAlias

import attrs
from hypothesis import HealthCheck, given
from hypothesis import settings as Settings  # noqa: N812 - "settings" is the name of the argument
from hypothesis import strategies as st

from dialogue_registry.log.codec import codec_of, encode_source
from dialogue_registry.log.entry import EMPTY, Draft, Entry, RecordedEvent, seal
from dialogue_registry.model.events import Event, EventRetracted, FactCorrected, FactDisputed, Source
from dialogue_registry.model.kinds import Kind
from dialogue_registry.model.tables import Projection, Table
from dialogue_registry.projections.standard import STANDARD
from dialogue_registry.registry.opening import open_again
from dialogue_registry.registry.registry import Registry, Snapshot
from dialogue_registry.registry.replica import entries_of
from dialogue_registry.testing.histories import histories as whole_histories
from dialogue_registry.testing.moves import Correct, Dispute, History, Move, Player, Record, play
from dialogue_registry.testing.strategies import Strategy

# --- what a registry shows -----------------------------------------------------------

Contents: TypeAlias = dict[str, list[tuple[object, ...]]]
"""Tables by name: rows of values."""

_EVENT_ID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_PLACES = ("fact", "event", "since", "until", "telling", "status_fact", "share_fact")


def show(
    registry: Snapshot, projection: Projection = STANDARD, *, places: bool = True, ignore: Iterable[str] = ()
) -> Contents:
    """Return everything a registry shows through a projection, to compare it with that of another.

    Ids of events and instants are blanked; without ``places``, so are the columns that hold
    positions: ``fact``, ``event``, ``since``, ``until`` and those to ``ignore``. Rows of
    tables are in the order of their facts, all others in an order of their own.
    """
    shown: Contents = {}
    blank = {*ignore, *(() if places else _PLACES), "event_id", "recorded_at"}
    session = registry._session
    with session.reading():
        for part in projection.parts:
            cursor = session.connection.execute(
                f"SELECT * FROM {part.name}{' ORDER BY fact' if isinstance(part, Table) else ''}"
            )
            columns = [column[0] for column in cursor.description]
            rows = [
                tuple(
                    "…" if column in blank or (isinstance(value, str) and _EVENT_ID.fullmatch(value)) else value
                    for column, value in zip(columns, row, strict=True)
                )
                for row in cursor
            ]
            shown[part.name] = rows if isinstance(part, Table) else sorted(rows, key=repr)
    return shown


def same(left: Contents, right: Contents, what: str, *, in_order: bool = True) -> None:
    """Raise an AssertionError that names the first table and the rows that differ."""
    for name in left.keys() | right.keys():
        one, other = left.get(name, []), right.get(name, [])
        if one == other or (not in_order and sorted(one, key=repr) == sorted(other, key=repr)):
            continue
        only_one = [row for row in one if row not in other]
        only_other = [row for row in other if row not in one]
        raise AssertionError(
            f"{what}: table {name!r} differs; only on the one side {only_one}, only on the other {only_other}"
            if only_one or only_other
            else f"{what}: table {name!r} has the same rows, in another order or number: {one} and {other}"
        )


def agree(found: object, wanted: object, what: str) -> None:
    """Raise an AssertionError unless both are equal."""
    if found != wanted:
        raise AssertionError(f"{what}: {found!r}, not {wanted!r}")


# --- registries to compare with ------------------------------------------------------


def opened_again(
    registry: Registry, projections: Iterable[Projection], kinds: Iterable[Kind] | None = None
) -> Registry:
    """Open the database of a registry once more, with other projections; with other kinds where they are given."""
    return Registry(open_again(registry._session, projections, None if kinds is None else codec_of(tuple(kinds))))


def fed(
    entries: Sequence[Entry],
    projections: Iterable[Projection] = (),
    cuts: Iterable[int] = (),
    kinds: Iterable[Kind] = (),
) -> Registry:
    """Return a new registry in memory that was fed these entries of a log, asking no rules.

    ``cuts`` are the numbers of entries after which a new transaction begins.
    """
    registry = Registry.open(projections=projections, kinds=kinds)
    session = registry._session
    ends = sorted({0, len(entries), *(cut for cut in cuts if 0 < cut < len(entries))})
    for start, end in pairwise(ends):
        page = entries[start:end]
        with session.writing():
            session.log.append(page, expected=start)
            session.views.apply(session.log.events(start, limit=len(page)))
    return registry


def stored(registry: Snapshot) -> list[Entry]:
    """Return the whole log of a registry, as stored."""
    session = registry._session
    with session.reading():
        return list(entries_of(session.log))


def effective(recorded: Iterable[RecordedEvent]) -> list[tuple[Event, Source | None]]:
    """Return the effective log: facts and disputes as they read now, where they stand, with their sources."""
    log = list(recorded)

    def active(event: RecordedEvent) -> bool:
        return not any(
            isinstance(later.event, EventRetracted) and later.event.event_id == event.id and active(later)
            for later in log
        )

    reports: list[tuple[Event, Source | None]] = []
    for event in log:
        if isinstance(event.event, FactCorrected | EventRetracted) or not active(event):
            continue
        reads, source = event.event, event.source
        for later in log:
            if isinstance(later.event, FactCorrected) and later.event.event_id == event.id and active(later):
                reads, source = later.event.replacement, later.source or event.source
        reports.append((reads, source))
    return reports


def sealed(standing: Iterable[tuple[Event, Source | None]], kinds: Iterable[Kind] = ()) -> list[Entry]:
    """Make the entries of a log that says just this."""
    codec = codec_of(tuple(kinds))
    drafts = [
        Draft(
            "" if isinstance(event, FactDisputed) else codec.kinds.subject(event),
            *codec.encode(event),
            encode_source(source),
        )
        for event, source in standing
    ]
    return seal(drafts, EMPTY, {}, datetime.now(UTC))


# --- the laws ------------------------------------------------------------------------


def _beside(projection: Projection) -> tuple[Projection, ...]:
    """Return the projections to open a registry with: the standard one and those of kinds are there by themselves."""
    return () if projection == STANDARD or projection.name.startswith("kind:") else (projection,)


@contextmanager
def _played(
    moves: Iterable[Move], projection: Projection, kinds: Iterable[Kind] = ()
) -> Iterator[tuple[Registry, History]]:
    with Registry.open(projections=_beside(projection), kinds=kinds) as registry:
        yield registry, play(registry, moves)


def rebuilt_as_incremental(
    projection: Projection, moves: Iterable[Move], cuts: Iterable[int] = (), *, kinds: Iterable[Kind] = ()
) -> None:
    """Law 1: incremental = rebuilt, for any way the log was cut into transactions and batches.

    ``cuts`` are the numbers of events after which another transaction or batch begins.
    """
    cuts, kinds = tuple(cuts), tuple(kinds)
    with _played(moves, projection, kinds) as (registry, accepted):
        incremental, lines, entries = show(registry, projection), _lines(registry), stored(registry)
        registry.rebuild()
        same(incremental, show(registry, projection), "made step by step, and rebuilt")
    with closing(fed(entries, _beside(projection), cuts, kinds)) as other:
        same(incremental, show(other, projection), f"made step by step, and in transactions cut after {cuts}")
    with Registry.open(projections=_beside(projection), kinds=kinds) as batched:
        _play_in_batches(batched, accepted, cuts)
        same(incremental, show(batched, projection), f"recorded one by one, and in batches cut after {cuts}")
        agree(_lines(batched), lines, "the log of what was recorded in batches")


def _lines(registry: Registry) -> list[tuple[object, ...]]:
    """Return the log of a registry without its ids, instants and hashes."""
    return [
        (e.position, e.subject, e.version, e.type, e.schema, _EVENT_ID.sub("…", e.data), e.source, e.citation, e.by)
        for e in stored(registry)
    ]


def _play_in_batches(registry: Registry, accepted: Sequence[Move], cuts: Iterable[int]) -> None:
    player, batch = Player(registry), list[Record]()
    for number, move in enumerate(accepted, 1):
        if isinstance(move, Record):
            batch.append(move)
        if batch and (not isinstance(move, Record) or number in cuts or number == len(accepted)):
            before = registry.position
            registry.record_all([(record.fact, record.source) for record in batch])
            player.appended += registry.events(after=before)
            batch = []
        if not isinstance(move, Record):
            player.play(move)


def past_as_prefix(projection: Projection, moves: Iterable[Move], position: int, *, kinds: Iterable[Kind] = ()) -> None:
    """Law 2: ``at(p)`` = a fresh registry fed the first p events."""
    kinds = tuple(kinds)
    with _played(moves, projection, kinds) as (registry, accepted):
        position = min(position, registry.position)
        with registry.at(position=position) as past, _played(accepted[:position], projection, kinds) as (fresh, _):
            same(show(past, projection), show(fresh, projection), f"as known at {position}, and recorded up to there")


def log_as_effective_log(
    projection: Projection, moves: Iterable[Move], *, ignore: Iterable[str] = (), kinds: Iterable[Kind] = ()
) -> None:
    """Law 3: views of the log = views of its effective log."""
    kinds = tuple(kinds)
    with _played(moves, projection, kinds) as (registry, _):
        shown = show(registry, projection, places=False, ignore=ignore)
        entries = sealed(effective(registry.events()), kinds)
    with closing(fed(entries, _beside(projection), kinds=kinds)) as other:
        same(shown, show(other, projection, places=False, ignore=ignore), "views of the log, and of its effective log")


def retracted_as_never_recorded(
    projection: Projection,
    moves: Iterable[Move],
    more: Iterable[Move],
    *,
    ignore: Iterable[str] = (),
    kinds: Iterable[Kind] = (),
) -> None:
    """Law 3: record then retract = never recorded."""
    with _played(moves, projection, kinds) as (registry, _):
        before, position = show(registry, projection, places=False, ignore=ignore), registry.position
        play(registry, [move for move in more if isinstance(move, Record)])
        for event in reversed(list(registry.events(after=position))):
            registry.retract(event.id, reason="never mind")
        after = show(registry, projection, places=False, ignore=ignore)
        same(before, after, "before something was recorded, and after it was retracted")


def caught_up_as_kept_up(
    projection: Projection, moves: Iterable[Move], openings: Iterable[int] = (), *, kinds: Iterable[Kind] = ()
) -> None:
    """Law 4: catching up twice, or from any checkpoint, changes nothing.

    ``openings`` are the numbers of moves after which the file is opened with the projection,
    while it is otherwise written to without.
    """
    kinds = tuple(kinds)
    with _played(moves, projection, kinds) as (kept_up, accepted), Registry.open(kinds=kinds) as registry:
        shown = show(kept_up, projection)
        player = Player(registry)
        for number, move in enumerate(accepted):
            if number in openings:
                opened_again(registry, _beside(projection)).close()
            player.play(move)
        for _ in "twice":
            with opened_again(registry, _beside(projection)) as caught_up:
                same(shown, show(caught_up, projection), f"kept up, and caught up after {list(openings)} events")
        newer = attrs.evolve(projection, version=projection.version + 1)
        with opened_again(registry, [newer] if _beside(projection) else []) as again:
            same(shown, show(again, projection), "kept up, and made again as another version")


def unrelated_commute(
    projection: Projection,
    moves: Iterable[Move],
    others: Iterable[Move],
    order: Sequence[bool],
    *,
    ignore: Iterable[str] = (),
    kinds: Iterable[Kind] = (),
) -> None:
    """Law 5: events on unrelated subjects commute: ``moves``, and ``others`` of which none shares an id with them.

    Facts that rest on nothing, as those about the persons of a party, may contradict each
    other whatever else a history is about: those of ``others`` are left out.
    """
    kept, kinds = _beside(projection), tuple(kinds)
    with Registry.open(projections=kept, kinds=kinds) as one, Registry.open(projections=kept, kinds=kinds) as other:
        others = [move for move in others if _subject(one, move) != ""]
        play(one, moves)
        play(one, others)
        player, other_player = Player(other), Player(other)
        left, right = list(moves), list(others)
        for first in order:
            if queue := left if first else right:
                (player if first else other_player).play(queue.pop(0))
        for move in right:
            other_player.play(move)
        for move in left:
            player.play(move)
        first_shown, other_shown = (
            show(registry, projection, places=False, ignore=ignore) for registry in (one, other)
        )
        same(first_shown, other_shown, "unrelated events in one order, and in another", in_order=False)


def _subject(registry: Registry, move: Move) -> str | None:
    """Return what the fact of a move rests on, "" for nothing; None where the move has no fact."""
    match move:
        case Record(fact) | Correct(_, fact) | Dispute(_, fact):
            return registry.kinds.subject(fact)
        case _:
            return None


_SETTINGS = Settings(
    deadline=None,  # the first example pays for imports
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],  # a history is a large value
)


def check_projection(
    projection: Projection,
    *,
    histories: Strategy[History] | None = None,
    ignore: Iterable[str] = (),
    kinds: Iterable[Kind] = (),
    settings: Settings | None = None,
) -> None:
    """Test a projection against laws that every projection must obey.

    1. Made step by step, it is what it is when rebuilt, however the log was cut into batches.
    2. ``registry.at(position=p)`` shows it as a registry would that was fed the first p events.
    3. It shows a log as it shows the effective log; what was retracted was never recorded.
    4. Caught up from any checkpoint, it is what it is when kept up.
    5. Events that have no subject in common may come in any order.

    ``ignore`` names columns of yours that hold positions of the log beside ``fact``,
    ``event`` and ``since``. ``kinds`` are yours, whose facts are mixed in. Raises an
    ExceptionGroup with one error for each law that is broken; each has the shortest history that Hypothesis found.
    """
    laws = laws_of(projection, histories, ignore=tuple(ignore), kinds=tuple(kinds))
    check_laws(f"projection {projection.name!r}", laws, settings)


def laws_of(
    projection: Projection,
    histories: Strategy[History] | None = None,
    *,
    ignore: Sequence[str] = (),
    kinds: Sequence[Kind] = (),
) -> dict[str, Callable[[], None]]:
    """Return the laws of a projection by name, each a test of Hypothesis."""
    moves = whole_histories(kinds=kinds) if histories is None else histories
    sides = [whole_histories(dialogues=[name], max_moves=12, kinds=kinds) for name in ("ca-jad", "c5")]
    numbers = st.lists(st.integers(0, 30), max_size=4)

    @given(moves, numbers)
    def law_1(moves: History, cuts: list[int]) -> None:
        rebuilt_as_incremental(projection, moves, cuts, kinds=kinds)

    @given(moves, st.integers(0, 30))
    def law_2(moves: History, position: int) -> None:
        past_as_prefix(projection, moves, position, kinds=kinds)

    @given(moves)
    def law_3(moves: History) -> None:
        log_as_effective_log(projection, moves, ignore=ignore, kinds=kinds)

    @given(moves, moves)
    def law_3_too(moves: History, more: History) -> None:
        retracted_as_never_recorded(projection, moves, more, ignore=ignore, kinds=kinds)

    @given(moves, numbers)
    def law_4(moves: History, openings: list[int]) -> None:
        caught_up_as_kept_up(projection, moves, openings, kinds=kinds)

    @given(*sides, st.lists(st.booleans(), max_size=24))
    def law_5(moves: History, others: History, order: list[bool]) -> None:
        unrelated_commute(projection, moves, others, order, ignore=ignore, kinds=kinds)

    return {
        "1 (rebuilt)": law_1,
        "2 (as known at a position)": law_2,
        "3 (effective log)": law_3,
        "3 (retracted)": law_3_too,
        "4 (caught up)": law_4,
        "5 (unrelated events)": law_5,
    }


def check_laws(what: str, laws: Mapping[str, Callable[[], None]], settings: Settings | None) -> None:
    """Test laws by name; raises an ExceptionGroup with one error for each law that is broken."""
    broken: dict[str, Exception] = {}
    for name, law in laws.items():
        try:
            (settings or _SETTINGS)(law)()
        except Exception as error:  # noqa: BLE001 - all of them are raised together
            error.add_note(f"This breaks law {name}.")
            broken[name] = error
    if broken:
        raise ExceptionGroup(f"{what} breaks law {', law '.join(broken)}", [*broken.values()])
