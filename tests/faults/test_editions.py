"""The tests of plans can fail: each fault planted here is caught; and a plan that is killed is whole or not begun."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dialogue_registry import Registry, import_table, plan_edition
from dialogue_registry.imports import applying, earlier_editions, pairing, planning
from dialogue_registry.registry.runs import Run
from tests.laws.test_editions import KEYED, facts, fresh
from tests.tried import TRIED
from tests.unit.imports import test_editions as editions

A_LIST = [
    {"Id": n, "Meeting": "1", "Name": f"{n} Person", "Party": "JPN", "Office": f"Office {n}", "Topic": "", "Title": "A",
     "Date": "2001", "State": "held"}
    for n in "abcd"
]  # fmt: skip
NEXT = [
    {**A_LIST[0], "Name": "b Person"}, {**A_LIST[1], "Name": "a Person"}, {**A_LIST[2], "Title": "A", "Topic": "water"},
    {**A_LIST[0], "Id": "e", "Name": "e Person"},
]  # fmt: skip


def without_key(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = pairing.pair
    monkeypatch.setattr(planning, "pair", lambda *given, keyed: pair(*given, keyed=False))


def by_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def pair(_: Any, facts_: Any, old: Any, *, keyed: bool) -> Any:
        longest = max(len(facts_), len(old))
        padded = [*facts_, *[None] * longest][:longest], [*old, *[None] * longest][:longest]
        return [pairing.Pair(*both) for both in zip(*padded, strict=True)]

    monkeypatch.setattr(planning, "pair", pair)


def nothing_withdrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning._Comparison, "_withdrawn", lambda *_, **__: None)


def no_other_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earlier_editions.EarlierEditions, "_others", lambda *_: iter(()))


def said_before_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    record = Run._record
    monkeypatch.setattr(Run, "_record", lambda self, facts_, *, anew: record(self, facts_, anew=anew and False))


def first_wording_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earlier_editions.EarlierEditions, "_target", lambda *_: -1)


def no_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying.Applying, "_exchanged", lambda _, proposals: proposals)


def unreadable_withdraws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning._Comparison, "_doubt_about", lambda *_: None)


def stale_is_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "_has_changed", lambda *_: False)


FAULTS: list[tuple[Callable[[pytest.MonkeyPatch], None], Callable[[Registry], None]]] = [
    (without_key, editions.test_rows_with_a_key_pair_by_their_key),
    (by_place, editions.test_the_order_of_rows_means_nothing),
    (nothing_withdrawn, editions.test_with_withdraw_the_views_are_those_of_a_fresh_import),
    (no_other_sources, editions.test_a_withdrawn_row_that_another_source_states_stays),
    (said_before_is_said, editions.test_a_b_and_a_again_are_three_editions),
    (first_wording_counts, editions.test_a_b_and_a_again_are_three_editions),
    (no_exchange, editions.test_three_rows_may_exchange_names_in_a_ring_and_a_fourth_follow),
    (unreadable_withdraws, editions.test_a_row_that_cannot_be_read_withdraws_nothing),
    (stale_is_applied, editions.test_what_has_changed_since_the_plan_was_made_is_named),
]


@pytest.mark.parametrize(("plant", "law"), FAULTS, ids=lambda it: it.__name__.removeprefix("test_"))
def test_a_planted_fault_is_caught(plant: Any, law: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with Registry.open() as registry:
        law(registry)
    plant(monkeypatch)
    with Registry.open() as registry, pytest.raises(BaseException):  # noqa: B017 - whatever the test says
        law(registry)
    TRIED["planted faults caught"] += 1


def test_a_plan_killed_at_any_write_is_whole_or_not_begun(tmp_path: Path) -> None:

    path = tmp_path / "r.db"
    with Registry.open(path) as registry:
        import_table(registry, A_LIST, KEYED)
        before, position = facts(registry), registry.position
        plan = plan_edition(registry, NEXT, KEYED, withdraw=True)
    after, writes, moment = fresh(NEXT), 0, 1
    while True:
        child = os.fork()
        if child == 0:  # pragma: no cover - the process is killed
            _apply_and_die(path, plan, moment)
        _, status = os.waitpid(child, 0)
        with Registry.open(path) as registry:
            stands = facts(registry)
            whole = os.waitstatus_to_exitcode(status) == 0
            assert stands == (after if whole else before)
            assert whole or registry.position == position
        TRIED["kills"] += not whole
        if whole:
            break
        writes, moment = writes + 1, moment + 1
    assert writes > 5


def _apply_and_die(path: Path, plan: Any, moment: int) -> None:
    """Apply a plan in this process, and end it at one of the statements that write."""
    left = moment

    def count(statement: str) -> None:
        nonlocal left
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE", "COMMIT", "RELEASE")):
            left -= 1
            if left == 0:
                os._exit(9)

    registry = Registry.open(path)
    registry._session.connection.execute("PRAGMA synchronous = OFF")  # the process dies, not the machine
    registry._session.connection.set_trace_callback(count)
    plan.apply(registry, reason="second edition")
    os._exit(0)
