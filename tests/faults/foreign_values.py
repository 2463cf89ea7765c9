"""Every public callable, with arguments that are right, and the values that nobody expects in their place.

The calls are found by walking what the library makes public, so that a later function is among them.
"""

import importlib
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import attrs

import dialogue_registry
from dialogue_registry import (
    Citation,
    CountStated,
    DelegateAttended,
    DialogueLaunched,
    Head,
    Kind,
    MeetingHeld,
    PartialDate,
    PartyJoined,
    Registry,
    Rule,
    SeriesOpened,
    Snapshot,
    Source,
    TopicDiscussed,
    brief,
    charts,
    plan_edition,
    projections,
)
from dialogue_registry.model.events import EVENTS
from dialogue_registry.registry.defaults import Recording
from dialogue_registry.registry.transaction import Transaction

# --- values ------------------------------------------------------------------------------


class Text(str):
    """A text of a class of its own."""

    __slots__ = ()


class Unshown:
    """A value that cannot be shown, nor compared."""

    def __repr__(self) -> str:
        raise RuntimeError("not to be shown")

    def __eq__(self, _: object) -> bool:
        raise RuntimeError("not to be compared")

    __hash__ = None  # type: ignore[assignment]


def nested(depth: int) -> list[Any]:
    """Return a list within a list within a list …"""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def endless() -> list[Any]:
    """Return a list that holds itself."""
    value: list[Any] = []
    value.append(value)
    return value


def nested_dict(depth: int) -> dict[str, Any]:
    """Return an object within an object within an object …"""
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"event": value}
    return value


#: Each makes a value anew, as some can be used up or changed.
VALUES: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "True": lambda: True,
    "zero": lambda: 0,
    "minus one": lambda: -1,
    "beyond 64 bits": lambda: 2**64,
    "5,000 digits": lambda: 10**5000,
    "a fraction": lambda: 2.5,
    "NaN": lambda: float("nan"),
    "infinity": lambda: float("-inf"),
    "complex": lambda: 1j,
    "bytes": lambda: b"d/s",
    "bytearray": lambda: bytearray(b"d/s"),
    "an empty text": lambda: "",
    "NUL": lambda: "d/s\0",
    "half a surrogate pair": lambda: "d/\ud800",
    "a text": lambda: "a line\nof { text } % with \u202e all",
    "5,000 digits as text": lambda: "9" * 5000,
    "a long text": lambda: "x " * 30_000,
    "a text of its own class": lambda: Text("d/s"),
    "an address with a password": lambda: "postgresql://someone:secret@127.0.0.1:1/x",
    "an empty list": list,
    "a list": lambda: ["d/s", None],
    "a list of one": lambda: ["d/s"],
    "a deep list": lambda: nested(100_000),
    "a deep object": lambda: nested_dict(5_000),
    "a list that holds itself": endless,
    "an empty dict": dict,
    "a dict": lambda: {"meeting": "d/s/1", "event": None},
    "a dict of numbers": lambda: {1: 2, None: {}},
    "a dict of tuples": lambda: {("a", "b"): {("c",): 1}},
    "a set": lambda: {"d/s"},
    "a frozenset": lambda: frozenset({1}),
    "a tuple": lambda: (1, "x", None),
    "an object": object,
    "a class": lambda: object,
    "an exception": lambda: ValueError("x"),
    "a function": lambda: len,
    "not to be shown": Unshown,
    "a module": lambda: sys,
    "an iterator": lambda: iter([1, 2]),
    "a generator": lambda: (number for number in (1, 2)),
    "a range": lambda: range(3),
    "a naive datetime": lambda: datetime(2021, 6, 16, 10),  # noqa: DTZ001 - that is the point
    "an aware datetime": lambda: datetime(2021, 6, 16, 10, tzinfo=UTC),
    "a day": lambda: date(2021, 6, 16),
    "a time": lambda: time(10, 30),
    "a span": lambda: timedelta(days=1),
    "Decimal": lambda: Decimal("1.5"),
    "Decimal NaN": lambda: Decimal("sNaN"),
    "Fraction": lambda: Fraction(1, 3),
    "a path": lambda: Path("no-such") / "d",
    "a member of an enum": lambda: Enum("Other", ["ONE"]).ONE,  # type: ignore[attr-defined]
    "a source": lambda: Source("S"),
    "a fact": lambda: TopicDiscussed(meeting="d/s/1", topic="t"),
    "a class of facts": lambda: TopicDiscussed,
}


def _of_others() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield the values of libraries that many programs use, as far as they are installed."""
    with suppress(ImportError):
        np: Any = importlib.import_module("numpy")
        yield "numpy int", lambda: np.int64(1)
        yield "numpy NaN", lambda: np.float64("nan")
        yield "numpy bool", lambda: np.bool_(True)  # noqa: FBT003
        yield "numpy text", lambda: np.str_("d/s")
        yield "numpy bytes", lambda: np.bytes_(b"d/s")
        yield "numpy array", lambda: np.array([1, 2])
        yield "numpy array of texts", lambda: np.array(["d/s", "d"])
        yield "numpy NaT", lambda: np.datetime64("NaT", "s")
        yield "numpy day", lambda: np.datetime64("2021-06-16")
    with suppress(ImportError):
        pd: Any = importlib.import_module("pandas")
        yield "pandas NA", lambda: pd.NA
        yield "pandas NaT", lambda: pd.NaT
        yield "pandas Timestamp", lambda: pd.Timestamp("2021-06-16")
        yield "pandas frame", lambda: pd.DataFrame({"meeting": ["d/s/1", None]})
        yield "pandas series", lambda: pd.Series(["d/s/1", None])
    with suppress(ImportError):
        pl: Any = importlib.import_module("polars")
        yield "polars frame", lambda: pl.DataFrame({"meeting": ["d/s/1", None]})
        yield "polars series", lambda: pl.Series(["d/s/1", None])


VALUES |= dict(_of_others())

# --- calls -------------------------------------------------------------------------------


@attrs.frozen
class Call:
    """A public callable, and what makes arguments for it that are right."""

    name: str
    function: Callable[..., Any]
    right: Callable[[], dict[str, Any]]
    around: Callable[[], AbstractContextManager[object]]
    slow: bool = False

    @property
    def parameters(self) -> tuple[inspect.Parameter, ...]:
        """What it takes."""
        return tuple(inspect.signature(self.function).parameters.values())

    def run(self, changed: Mapping[str, Any]) -> None:
        """Call it with these arguments in place of the right ones, and read what it yields."""
        arguments = {**self.right(), **changed}
        positional = [
            arguments.pop(parameter.name)
            for parameter in self.parameters
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL) and parameter.name in arguments
        ]
        with self.around():
            made = self.function(*positional, **arguments)
        if isinstance(made, Registry | Snapshot | Recording | Transaction):
            with made:
                pass
        elif isinstance(made, Iterator):
            with closing(made):  # type: ignore[type-var]
                for _ in islice(made, 3):
                    pass


@attrs.frozen(kw_only=True)
class VoteCast:
    """A fact of a kind of one's own."""

    meeting: str
    question: str = ""


TOPIC = TopicDiscussed(meeting="d/s/1", topic="water")
RULE = Rule("mine", lambda meeting: True)
MAPPING = {
    "source": {"title": "T"},
    "each": [{"event": "TopicDiscussed", "meeting": "{m}", "topic": "{t}"}],
}

#: What is right for a parameter of that name, wherever there is one.
RIGHT: dict[str, Callable[[], Any]] = {
    "as_of": lambda: "2006-01-01",
    "columns": lambda: {"meeting": "TEXT"},
    "counts": lambda: lambda _meeting: True,
    "feed": lambda: {TopicDiscussed: lambda fact: (fact.meeting,)},
    "key": lambda: "meeting",
    "launched": lambda: "2004",
    "parts": list,
    "replacement": lambda: TOPIC,
    "retrieved": lambda: "2021-06-16",
    "select": lambda: "SELECT meeting FROM {rows}",
    "sums": lambda: ["meetings"],
    "version": lambda: 1,
    "word": lambda: "org.example.vote-cast",
    "address": lambda: "postgresql://nobody@127.0.0.1:1/x?connect_timeout=1",
    "about": lambda: "meeting",
    "change": lambda: {"topic": "energy"},
    "citation": lambda: Citation(locator="p. 1"),
    "claim": lambda: {"topic": "energy"},
    "cls": lambda: TopicDiscussed,
    "count": lambda: 2,
    "data": lambda: {"event": "TopicDiscussed", "meeting": "d/s/1", "topic": "t"},
    "date": lambda: "2021-06-16",
    "decisions": lambda: {1: "record"},
    "dialogue": lambda: "d",
    "digest": lambda: "0" * 64,
    "event": lambda: TOPIC,
    "event_id": lambda: "x",
    "events": lambda: TOPIC,
    "id": lambda: "d/s",
    "items": lambda: [TOPIC],
    "lines": list,
    "mapping": lambda: MAPPING,
    "meeting": lambda: "d/s/1",
    "name": lambda: "mine",
    "names": lambda: ("A", "B"),
    "of": lambda: "d/s/1",
    "party": lambda: "JPN",
    "position": lambda: 1,
    "reason": lambda: "a reason",
    "rows": lambda: [{"m": "d/s/1", "t": "water"}],
    "series": lambda: "d/s",
    "sha256": lambda: "0" * 64,
    "subject": lambda: "d/s/1",
    "table": lambda: [{"m": "d/s/1", "t": "water"}],
    "text": lambda: "water",
    "title": lambda: "A title",
    "topic": lambda: "water",
    "which": lambda: 4,
    "written": lambda: "Mr. TOKUDA Shuichi",
}


class Calls:
    """All calls of a registry in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry = Registry.open(folder / "registry.db")
        self.registry.record(
            DialogueLaunched(dialogue="d", name="Dialogue", launched="2004"),
            SeriesOpened(series="d/s", dialogue="d", name="Series"),
            MeetingHeld(meeting="d/s/1", series="d/s", date="2005-03-04"),
            TOPIC,
            DelegateAttended(meeting="d/s/1", party="JPN", name="TOKUDA Shuichi"),
            PartyJoined(dialogue="d", party="JPN", name="Japan"),
            CountStated(series="d/s", count=2, as_of="2006-01-01"),
            source=Source("Release"),
        )
        self.registry.correct(7, {"count": 3}, reason="misread")
        (folder / "table.csv").write_text("m,t\nd/s/1,fire\n")
        (folder / "copy.txt").write_text("text")
        self.plan = plan_edition(self.registry, [{"m": "d/s/1", "t": "fire"}], {**MAPPING, "table": "Topics"})
        self.brief = brief(self.registry, "d")
        self.picture = charts.counts(self.registry)
        self.snapshot = self.registry.at(8)

    def close(self) -> None:
        """Close what is open."""
        self.snapshot.close()
        self.registry.close()

    def all(self) -> Iterator[Call]:
        """Yield each call."""
        yield from self._methods(self.registry, "Registry")
        yield from self._methods(self.plan, "Plan", to={"text": self.plan.to_toml})
        yield from self._methods(PartialDate("2021"), "PartialDate")
        yield from self._methods(Head(0, "0" * 64), "Head", only=("parse",))
        for module in (dialogue_registry, charts):
            for name in module.__all__:
                function = getattr(module, name)
                if inspect.isfunction(function):
                    yield self._call(f"{module.__name__}.{name}", function, slow=name in SLOW)
        for cls in (*EVENTS, *VALUE_CLASSES):
            yield self._call(cls.__name__, cls)

    def _methods(
        self, value: object, owner: str, only: Iterable[str] = (), to: Mapping[str, Callable[[], Any]] | None = None
    ) -> Iterator[Call]:
        names = only or [name for name, _ in inspect.getmembers(type(value), callable) if not name.startswith("_")]
        for name in names:
            function = getattr(value, name)
            if inspect.signature(function).parameters:
                yield self._call(f"{owner}.{name}", function, to or {})

    def _call(
        self, name: str, function: Callable[..., Any], to: Mapping[str, Callable[[], Any]] | None = None,
        *, slow: bool = False,
    ) -> Call:  # fmt: skip
        own = {**self._here(name), **OWN.get(name, {}), **(to or {})}
        needed = [p.name for p in inspect.signature(function).parameters.values() if p.default is p.empty]

        def right() -> dict[str, Any]:
            made = {
                parameter: own.get(parameter, RIGHT.get(parameter)) for parameter in needed if parameter != "kwargs"
            }
            lacking = [parameter for parameter, make in made.items() if make is None]
            assert not lacking, f"{name} needs {lacking}: say in RIGHT or OWN what is right for it"
            extra = {parameter: make for parameter, make in own.items() if parameter in always(name)}
            return {parameter: make() for parameter, make in {**made, **extra}.items()}  # type: ignore[misc]

        changes = name.rpartition(".")[2] in CHANGING
        around = partial(self.registry.transaction, dry_run=True) if changes else nullcontext
        return Call(name, function, right, around, slow)

    def _here(self, name: str) -> dict[str, Callable[[], Any]]:
        """Return what is right and belongs to this registry and folder."""
        number = iter(range(10**9))
        path = {
            "Registry.attach": self.folder / "copy.txt",
            "dialogue_registry.write_brief": self.folder / "brief.md",
            "dialogue_registry.charts.save": self.folder / "picture.svg",
        }.get(name)
        return {
            "registry": lambda: self.registry,
            "snapshot": lambda: self.registry,
            "brief": lambda: self.brief,
            "picture": lambda: self.picture,
            "origin": lambda: self.folder / "registry.db",
            "target": lambda: self.folder / f"copy-{next(number)}.db",
            "folder": lambda: self.folder / f"folder-{next(number)}",
            "path": lambda: path or self.folder / f"path-{next(number)}.jsonl",
            "source": lambda: Source("S"),
            **({"table": lambda: self.folder / "table.csv"} if name.endswith("suggest_mapping") else {}),
        }


def always(name: str) -> tuple[str, ...]:
    """Return the parameters that are given though they have defaults."""
    return ALWAYS.get(name, ())


CHANGING = ("record", "record_all", "correct", "retract", "dispute", "cite", "attach", "undo", "import_table", "apply")
SLOW = ("publish", "create_log", "draw")
ALWAYS = {
    "Registry.dispute": ("source",),
    "CountStated": ("series",),
    "NameUsed": ("of",),
    "Registry.at": ("position",),
    "Registry.wait_until": ("timeout",),
    "dialogue_registry.charts.draw": ("formats",),
    "Snapshot.at": ("position",),
}
#: What is right for the parameters of one call alone.
OWN: dict[str, dict[str, Callable[[], Any]]] = {
    "CountStated": {"series": lambda: "d/s"},
    "FactDisputed": {"claim": lambda: TOPIC},
    "Kind": {"cls": lambda: VoteCast, "key": lambda: ("question",)},
    "NameUsed": {"of": lambda: "d"},
    "SamePerson": {"names": lambda: ("A", "B")},
    "State": {"table": lambda: "mine"},
    "Tally": {"table": lambda: "mine", "key": lambda: ["meeting"]},
    "Registry.at": {"position": lambda: 3},
    "Snapshot.at": {"position": lambda: 3},
    "Registry.wait_until": {"timeout": lambda: 0.0},
    "Registry.delegate": {"name": lambda: "TOKUDA Shuichi"},
    "Snapshot.delegate": {"name": lambda: "TOKUDA Shuichi"},
    "dialogue_registry.charts.draw": {"formats": lambda: ("svg",)},
    "Registry.undo": {"which": lambda: 8},
    "dialogue_registry.to_dict": {"value": lambda: TOPIC},
    "PartialDate.of": {"value": lambda: "2021"},
    "PartialDate": {"value": lambda: "2021"},
    "Rule": {"predicate": lambda: lambda meeting: True},
    "Head.parse": {"text": lambda: "0:" + "0" * 64},
}
VALUE_CLASSES = (Source, Citation, PartialDate, Kind, Rule, *(getattr(projections, n) for n in projections.__all__))
