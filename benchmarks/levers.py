"""What made it fast, switched off one at a time: the same work as it is, and without the lever."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import attrs
from cattrs.preconf.orjson import make_converter

from benchmarks import ours
from benchmarks.measure import Result
from dialogue_registry import codec, dates, facts, log, questions, sqlite, views
from dialogue_registry.dates import PartialDate

Task = Mapping[str, Any]


def _random_ids(_: object) -> Iterator[str]:
    while True:
        yield str(uuid4())


def _one_by_one(self: views.Views, page: Any, keys: Any = None) -> None:
    for number, told in enumerate(page):
        _apply(self, [told], None if keys is None else [keys[number]])


_apply = views.Views.apply


def _read_twice() -> dict[str, tuple[int, Callable[..., Any]]]:
    """Let a converter check what the events check again."""
    converter = make_converter(detailed_validation=True)
    converter.register_structure_hook(PartialDate, lambda value, _: PartialDate.of(value))
    return {
        word: (latest, lambda _cls=cls, **data: converter.structure(data, _cls))
        for cls, (word, latest) in codec.STORED.items()
        if word not in {"fact.corrected", "fact.disputed"}
    }


_Recorded = attrs.make_class("Recorded", log.RecordedEvent._fields, frozen=True)


def _scanning(self: questions.Questions, connection: Any, *, tallied: bool) -> None:  # noqa: ARG001 - that is the lever
    self._connection, self._tallied = connection, False


LEVERS: Mapping[str, tuple[str, Callable[[], AbstractContextManager[Any]]]] = {
    "ids in the order of time": ("record_batches", lambda: patch.object(log, "_time_ordered_ids", _random_ids)),
    "a page folded at once": ("record_batches", lambda: patch.object(views.Views, "apply", _one_by_one)),
    "duplicates sought only where there may be some": (
        "record_batches",
        lambda: patch.object(facts.Facts, "moved_to", lambda _, subjects: set(subjects)),
    ),
    "and fifty of them at a time": (
        "record_batches",
        lambda: patch.object(facts.Facts, "used", lambda _, keys: set(keys)),
    ),
    "more in memory, fewer checkpoints": (
        "record_batches",
        lambda: patch.multiple(sqlite, CACHE_KIB=2000, CHECKPOINT_PAGES=1000),
    ),
    "a recorded event is a tuple": ("replay", lambda: patch.object(log, "_make", lambda told: _Recorded(*told))),
    "events check themselves, and nobody else does": ("replay", lambda: patch.dict(codec._make, _read_twice())),
    "a date is read once": ("replay", lambda: patch.object(dates, "_parse", dates._parse.__wrapped__)),
    "a source is read once": ("replay", lambda: patch.object(codec, "_source", codec._source.__wrapped__)),
    "meetings tallied by decade, year, month and day": (
        "counts",
        lambda: patch.object(questions.Questions, "__init__", _scanning),
    ),
}
"""Each lever: the work it is for, and how it is switched off."""


def without(task: Task) -> Result:
    """Do the work of a lever without it."""
    work, off = LEVERS[task["lever"]]
    with off():
        result: Result = getattr(ours, work)(task)
    return result
