"""The contract of a log: a test that each keeper of a log must pass."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import orjson
from hypothesis import given, note
from hypothesis import settings as Settings  # noqa: N812 - "settings" is the name of the argument
from hypothesis import strategies as st

from dialogue_registry.errors import WrongPositionError
from dialogue_registry.log.codec import encode_source
from dialogue_registry.log.entry import EMPTY, Draft, Entry, Head, Log, seal
from dialogue_registry.testing.laws import agree
from dialogue_registry.testing.strategies import sources, texts

_DRAFTS = st.lists(
    st.builds(
        Draft,
        subject=st.sampled_from(["ca-jad", "ca-jad/som", "c5"]),
        type=st.sampled_from(["topic.discussed", "org.example.vote-cast"]),
        schema=st.just(1),
        data=texts().map(lambda text: orjson.dumps({"topic": text}).decode()),
        source=st.none() | sources().map(encode_source),
        citation=st.none() | st.just('{"locator":"1"}'),
        edition=st.none() | st.just('{"table":"t"}'),
        by=texts(),
    ),
    max_size=6,
)


def check_log(make: Callable[[], AbstractContextManager[tuple[Log, Log]]], *, settings: Settings | None = None) -> None:
    """Test a keeper of the log against the promise of :class:`dialogue_registry.log.entry.Log`.

    ``make()`` is a context manager that gives two handles to one new and empty log.
    """

    @given(st.lists(st.tuples(_DRAFTS, st.booleans()), max_size=4), st.integers(0, 24), st.integers(1, 9))
    def keeps(batches: list[tuple[list[Draft], bool]], after: int, limit: int) -> None:
        with make() as logs:
            agree(logs[0].head(), EMPTY, "the head of an empty log")
            agree(logs[0].read(), [], "what is read of an empty log")
            entries: list[Entry] = []
            for drafts, which in batches:
                new = _following(entries, drafts)
                logs[which].append(new, expected=len(entries))
                entries += new
                for log in logs:
                    agree(tuple(log.head()), _head(entries), "the head")
                    agree(log.read(), entries, "all entries")
                    agree(log.read(after, limit=limit), entries[after:][:limit], f"{limit} entries after {after}")

    @given(_DRAFTS, _DRAFTS, st.integers(0, 9))
    def refuses_another_position(first: list[Draft], second: list[Draft], expected: int) -> None:
        with make() as (one, other):
            entries = _following([], first)
            one.append(entries, expected=0)
            if expected != len(entries):
                try:
                    other.append(_following(entries, second), expected=expected)
                except WrongPositionError as error:
                    agree((error.expected, error.actual), (expected, len(entries)), "the positions of the error")
                else:
                    raise AssertionError(
                        f"the log ends at {len(entries)}, yet append(expected={expected}) went through"
                    )
            agree(other.read(), entries, "the log after a refused append")

    @given(_DRAFTS.filter(bool), _DRAFTS.filter(bool))
    def appends_all_or_none(first: list[Draft], second: list[Draft]) -> None:
        with make() as (one, other):
            entries = _following([], first)
            one.append(entries, expected=0)
            doubled = [*_following(entries, second), entries[0]]
            try:
                one.append(doubled, expected=len(entries))
            except Exception as error:  # noqa: BLE001 - how a keeper refuses a position that is taken is its own affair
                note(f"refused: {error}")
            else:
                raise AssertionError("an entry was appended twice")
            agree(other.read(), entries, "the log after an append that failed half way")

    for promise in (keeps, refuses_another_position, appends_all_or_none):
        (settings or Settings(deadline=None))(promise)()


def _following(entries: Sequence[Entry], drafts: Iterable[Draft]) -> list[Entry]:
    versions: dict[str, int] = {}
    for entry in entries:
        versions[entry.subject] = entry.version
    return seal(list(drafts), _head(entries), versions, datetime.now(UTC))


def _head(entries: Sequence[Entry]) -> Head:
    return Head(len(entries), entries[-1].hash, entries[-1].recorded_at) if entries else EMPTY
