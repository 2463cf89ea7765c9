"""The laws that every kind obeys, tried on facts made of its class and mixed with those of the library."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import attrs
from hypothesis import assume, given
from hypothesis import settings as Settings  # noqa: N812 - "settings" is the name of the argument
from hypothesis import strategies as st

from dialogue_registry.errors import BrokenChainError, InvalidValueError
from dialogue_registry.log.codec import codec_of
from dialogue_registry.log.entry import EMPTY, Draft, RecordedEvent, seal
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import DialogueLaunched, MeetingHeld, SeriesOpened, Source
from dialogue_registry.model.kinds import Kind
from dialogue_registry.model.tables import Table
from dialogue_registry.model.texts import fold_text
from dialogue_registry.model.wordings import same_fact
from dialogue_registry.projections.engine import projections_of
from dialogue_registry.queries.dicts import from_dict, to_dict
from dialogue_registry.registry.registry import Registry
from dialogue_registry.testing.histories import histories
from dialogue_registry.testing.laws import (
    Contents,
    agree,
    check_laws,
    effective,
    fed,
    laws_of,
    opened_again,
    same,
    show,
    stored,
)
from dialogue_registry.testing.moves import History, play
from dialogue_registry.testing.strategies import facts

_OPENED = (
    DialogueLaunched(dialogue="d", name="D", launched="2004"),
    SeriesOpened(series="d/s", dialogue="d", name="S"),
    MeetingHeld(meeting="d/s/1", series="d/s"),
)
_ABOUT_ONE: Mapping[str, Any] = {"dialogues": st.just("d"), "series": st.just("d/s"), "meetings": st.just("d/s/1")}
"""The ids that facts are drawn with, so that all rest on what _OPENED makes known."""


def check_kind(
    kind: Kind,
    *,
    beside: Iterable[Kind] = (),
    earlier: Mapping[int, Iterable[Mapping[str, Any]]] | None = None,
    settings: Settings | None = None,
) -> None:
    """Test a kind of yours against the laws that every kind must obey.

    1. Its rows made step by step are what they are when rebuilt.
    2. ``registry.at(position=p)`` shows them as a registry would that was fed the first p events.
    3. The log shows what its effective log shows; what was retracted was never recorded.
    4. Rows made at any opening, after a program without the kind wrote, are the same.
    5. Facts about unrelated subjects may come in any order.
    6. The facts that stand are those of a plain model: of each key the first that was recorded.
    7. A fact becomes JSON and comes back; a log becomes lines and comes back, byte for byte.
    8. Stored data of earlier versions is read: ``earlier`` gives some for each version.
    9. No count of meetings depends on it.
    10. A change to a stored fact is found.
    11. What is undone half way leaves no trace.

    Facts are made by the annotations of the class, and mixed into histories of the library's
    own and of the kinds ``beside`` it. Raises an ExceptionGroup with one error for each law
    that is broken, InvalidValueError where ``earlier`` lacks a version.
    """
    earlier = {} if earlier is None else {version: list(data) for version, data in earlier.items()}
    for version in range(1, kind.version):
        if not earlier.get(version):
            raise InvalidValueError(
                f"nothing stored by version {version} of {kind.word!r} is given: give earlier={{{version}: [{{…}}]}}, "
                "the data of a fact as an export has it"
            )
    kinds = (kind, *beside)
    (projection,) = projections_of([one for one in kinds if one.table is kind.table])
    moves = histories(kinds=kinds)

    @given(moves, st.lists(st.integers(0, 30), max_size=4))
    def law_4(moves: History, openings: list[int]) -> None:
        _made_as_kept_up(kinds, moves, openings)

    @given(moves)
    def law_6(moves: History) -> None:
        _standing_as_modelled(kind, kinds, moves)

    @given(st.lists(facts(kind.cls, **_ABOUT_ONE), min_size=3, max_size=6))
    def law_6_too(several: list[Any]) -> None:
        _stand_beside_each_other(kind, kinds, several)

    @given(facts(kind.cls))
    def law_7(fact: Any) -> None:
        _there_and_back(kinds, fact)

    @given(moves)
    def law_7_too(moves: History) -> None:
        _carried_by_strangers(kinds, moves)

    @given(facts(kind.cls))
    def law_8(fact: Any) -> None:
        agree(codec_of(kinds).decode(*codec_of(kinds).encode(fact)), fact, "read by the present version")
        for version, several in earlier.items():
            for data in several:
                _read_again(kind, version, data)

    @given(moves, st.data())
    def law_10(moves: History, data: st.DataObject) -> None:
        _change_is_found(kinds, moves, data)

    @given(moves, st.integers(0, 30))
    def law_11(moves: History, position: int) -> None:
        _undone_without_trace(kinds, moves, position)

    laws = laws_of(projection, moves, kinds=kinds) | {
        "4 (made at openings)": law_4,
        "6 (model)": law_6,
        "6 (different keys)": law_6_too,
        "7 (to JSON and back)": law_7,
        "7 and 9 (export, import, counts)": law_7_too,
        "8 (earlier versions)": law_8,
        "10 (changes)": law_10,
        "11 (undone)": law_11,
    }
    check_laws(f"the kind {kind.word!r}", laws, settings)


def _opened(kinds: Iterable[Kind], moves: History) -> Registry:
    """Return a registry in memory on which moves were played."""
    registry = Registry.open(kinds=kinds)
    play(registry, moves)
    return registry


def _shown(registry: Registry, kinds: Iterable[Kind]) -> Contents:
    shown = show(registry)
    for projection in projections_of(kinds):
        shown |= show(registry, projection)
    return shown


# --- law 4 -------------------------------------------------------------------------------


def _made_as_kept_up(kinds: Sequence[Kind], moves: History, openings: Iterable[int]) -> None:
    """Law 4: rows made at any opening, of events taken over without the kinds, are the rows kept up."""
    with _opened(kinds, moves) as kept_up:
        wanted, entries = _shown(kept_up, kinds), stored(kept_up)
    cuts = sorted({number for number in openings if 0 < number < len(entries)} | {len(entries)})
    with fed([]) as stranger:
        session, start = stranger._session, 0
        for end in cuts:
            with session.writing():
                session.log.append(entries[start:end], expected=start)
                session.views.apply(session.log.events(start, limit=end - start))
            start = end
            with opened_again(stranger, (), kinds) as opened:
                opened.verify()
        with opened_again(stranger, (), kinds) as opened:
            same(wanted, _shown(opened, kinds), "kept up, and made at openings")


# --- law 6 -------------------------------------------------------------------------------


def _standing_as_modelled(kind: Kind, kinds: Sequence[Kind], moves: History) -> None:
    """Law 6: facts that stand, and their rows, are those of a model that knows nothing of tables."""
    with _opened(kinds, moves) as registry:
        modelled = [one for one in _of_table(registry.events(), kind.table, kinds) if type(one) is kind.cls]
        standing = list(registry.facts(kind.cls))
        agree([one.event for one in standing], modelled, "facts that stand")
        agree([one.subject for one in standing], [_subject(kind, fact) for fact in modelled], "what they rest on")
        table = kind.table
        columns = ", ".join(f'"{column}"' for column in table.columns)
        with registry.reading() as reader:
            rows = reader.query(f"SELECT {columns} FROM {table.name} ORDER BY fact").fetchall()
        wanted = [table.feed[type(fact)](fact) for fact in _of_table(registry.events(), table, kinds)]
        agree(rows, wanted, f"rows of {table.name}")
        registry.verify()


def _stand_beside_each_other(kind: Kind, kinds: Sequence[Kind], drawn: Iterable[Any]) -> None:
    """Law 6: facts of different keys stand beside each other, recorded one by one, or in one call and twice each."""
    several = list({_key(kind, fact): fact for fact in drawn}.values())
    for calls in ([[fact] for fact in several], [[*several, *several]]):
        with Registry.open(kinds=kinds) as registry:
            registry.record(*_OPENED)
            for call in calls:
                registry.record(*call)
            standing = [one.event for one in registry.facts(kind.cls)]
            agree(standing, several, f"facts that stand, recorded in {len(calls)} calls")


def _of_table(events: Iterable[RecordedEvent], table: Table, kinds: Sequence[Kind]) -> list[Any]:
    """Return the facts of a table that stand: of each key the first; all others of that key must say the same."""
    sharing = {one.cls: one for one in kinds if one.table is table}
    first: dict[tuple[object, ...], Any] = {}
    for fact, _ in effective(events):
        if type(fact) in sharing:
            key = _key(sharing[type(fact)], fact)
            stands = first.setdefault(key, fact)
            if not same_fact(stands, fact):
                raise AssertionError(f"{fact!r} stands beside {stands!r}, and both have the key {key!r}")
    return list(first.values())


def _subject(kind: Kind, fact: Any) -> str:
    """Return the first of its ids that is not empty."""
    return next((str(id_) for name in kind.about if (id_ := getattr(fact, name))), "")


def _key(kind: Kind, fact: Any) -> tuple[object, ...]:
    """Return what tells a fact apart: its ids, and of each item of the key the first field that is not empty."""
    about = [getattr(fact, name) or "" for name in kind.about]
    items = [
        next(((name, _plain(value)) for name in item if (value := getattr(fact, name)) not in ("", None)), ("", ""))
        for item in kind.key
    ]
    return (*about, *items)


def _plain(value: Any) -> object:
    """Return a value as it is compared: texts are folded."""
    if isinstance(value, str) and type(value) is str:
        return fold_text(value)
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    if isinstance(value, Source):
        return tuple(_plain(getattr(value, field.name)) for field in attrs.fields(Source))
    return str(value) if isinstance(value, PartialDate) else value


# --- laws 7 to 9 -------------------------------------------------------------------------


def _there_and_back(kinds: Sequence[Kind], fact: Any) -> None:
    """Law 7: a fact becomes JSON and comes back."""
    codec = codec_of(tuple(kinds))
    agree(codec.decode(*codec.encode(fact)), fact, "stored, and read again")
    agree(from_dict(json.loads(json.dumps(to_dict(fact))), kinds), fact, "as JSON, and back")


def _carried_by_strangers(kinds: Sequence[Kind], moves: History) -> None:
    """Laws 7 and 9: a program without the kinds keeps their facts byte for byte, and counts the same meetings."""
    words = {kind.word for kind in kinds}
    with _opened(kinds, moves) as registry:
        lines, shown = list(registry.export_events()), _shown(registry, kinds)
        of_kinds = sum(type(one.event) in {kind.cls for kind in kinds} for one in registry.events())
        with Registry.open() as stranger, Registry.open(kinds=kinds) as back:
            stranger.import_events(lines)
            agree(list(stranger.export_events()), lines, "exported by a program without the kinds")
            agree(stranger.counts(), registry.counts(), "counts of a program without the kinds")
            same(_of_facts(show(registry)), _of_facts(show(stranger)), "with the kinds, and without")
            agree(stranger.verify(registry.head).unknown, of_kinds, f"events of {', '.join(sorted(words))} not known")
            back.import_events(stranger.export_events())
            same(shown, _shown(back, kinds), "recorded, and imported")
            back.verify()


def _of_facts(shown: Contents) -> Contents:
    """Return the tables made of known facts: of others nobody can know which ones say the same."""
    return {name: rows for name, rows in shown.items() if name not in ("evidence", "disputes")}


def _read_again(kind: Kind, version: int, data: Mapping[str, Any]) -> None:
    """Law 8: data stored by an earlier version is read as a fact, and its rows are those of a new one."""
    codec = codec_of((kind,))
    read = codec.from_data(kind.word, version, dict(data))
    if type(read) is not kind.cls:
        raise AssertionError(f"data of version {version} is read as {read!r}, not as {kind.cls.__name__}")
    kind.check(read)
    subject, (projection,) = kind.subject(read), projections_of([kind])
    stored_then = Draft(subject, kind.word, version, json.dumps(data))
    stored_now = Draft(subject, *codec.encode(read))
    then, now = (
        closing(fed(seal([draft], EMPTY, {}, datetime.now(UTC)), kinds=[kind])) for draft in (stored_then, stored_now)
    )
    with then as one, now as other:
        shown = show(one, projection), show(other, projection)
    same(shown[0], shown[1], f"rows of data of version {version}, and of the present one")


# --- laws 10 and 11 ----------------------------------------------------------------------


def _change_is_found(kinds: Sequence[Kind], moves: History, data: st.DataObject) -> None:
    """Law 10: another fact in place of a stored one breaks the chain there."""
    with _opened(kinds, moves) as registry:
        classes = {kind.cls: kind for kind in kinds}
        places = [one for one in registry.events() if type(one.event) in classes]
        assume(places)
        changed = data.draw(st.sampled_from(places))
        cls = type(changed.event)
        other = data.draw(facts(cls).filter(lambda fact: fact != changed.event))
        connection = registry._session.connection
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        text = codec_of(tuple(kinds)).encode(other)[2]
        connection.execute("UPDATE events SET data = ? WHERE position = ?", (text, changed.position))
        try:
            registry.verify(views=False)
        except BrokenChainError as error:
            agree(error.position, changed.position, "the first position that is not as recorded")
        else:
            raise AssertionError(f"verify() takes {other!r} for {changed.event!r}, which was recorded")


def _undone_without_trace(kinds: Sequence[Kind], moves: History, position: int) -> None:
    """Law 11: a block that is undone leaves no trace."""
    with Registry.open(kinds=kinds) as registry:
        play(registry, moves[:position])
        before = registry.head, _shown(registry, kinds)
        with registry.transaction(dry_run=True):
            play(registry, moves[position:])
        agree(registry.head, before[0], "the head after a block that was undone")
        same(before[1], _shown(registry, kinds), "before a block that was undone, and after")
        registry.verify()
