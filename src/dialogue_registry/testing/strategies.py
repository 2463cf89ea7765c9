"""Strategies of Hypothesis for what can be recorded: dates, names, texts, sources, events."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, TypeAlias, TypeVar

import attrs
from hypothesis import strategies as st

from dialogue_registry.errors import DialogueRegistryError
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import (
    FACTS,
    CountStated,
    DelegateAttended,
    DifferentPersons,
    Event,
    EventRetracted,
    FactCorrected,
    FactDisputed,
    Format,
    NameUsed,
    SamePerson,
    Source,
)
from dialogue_registry.model.fields import MAX_NUMBER
from dialogue_registry.model.kind_tables import ANY_SUBJECT
from dialogue_registry.model.shapes import Shape, default_of, shapes_of
from dialogue_registry.model.texts import fold_text

Strategy: TypeAlias = st.SearchStrategy
_Ids: TypeAlias = Strategy[str]
F = TypeVar("F")


def texts(*, min_size: int = 0) -> Strategy[str]:
    """Return a strategy for any text that a field may hold: all scripts, marks, control characters, markup."""
    odd = st.sampled_from(
        ["'; DROP TABLE events; --", "<b>&amp;</b>", "\u202eright to left", "a\r\n\tb", "%s {0}", "🕊"]
    )
    return odd | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=min_size)


def required_texts() -> Strategy[str]:
    """Return a strategy for any text that is not blank."""
    return texts(min_size=1).filter(fold_text)


def ids() -> _Ids:
    """Return a strategy for any id: lower-case path segments."""
    return st.from_regex(r"[a-z0-9][a-z0-9._-]{0,8}(/[a-z0-9][a-z0-9._-]{0,8}){0,3}", fullmatch=True)


def days() -> Strategy[date]:
    """Return a strategy for days that lie close together, and now and then any day of the calendar."""
    edges = st.sampled_from([date(2004, 12, 31), date(2005, 1, 1), date(2005, 2, 28), date(2004, 2, 29)])
    near = st.dates(date(2004, 11, 1), date(2005, 3, 31))
    return st.one_of(edges, near, near, near, edges, near, near, near, st.dates())


def dates() -> Strategy[PartialDate]:
    """Return a strategy for dates as in sources: a day, a month, a year, a span of days, one day of a window."""
    windows = st.tuples(days(), days()).map(sorted)
    lengths = st.sampled_from([0, 1, 2, 40])
    return st.one_of(
        days().map(date.isoformat),
        days().map(lambda day: day.isoformat()[:7]),
        days().map(lambda day: day.isoformat()[:4]),
        st.tuples(days(), lengths).map(lambda span: f"{span[0]}/{_later(*span)}"),
        windows.map(lambda window: f"[{window[0]}..{window[1]}]"),
    ).map(PartialDate.of)


def _later(day: date, days_after: int) -> date:
    return day + timedelta(min(days_after, (date.max - day).days))


_FAMILIES = ["TOKUDA", "SYZDYKOV", "KEMELEVA", "СЫЗДЫКОВ", "ΒΕΝΙΖΕΛΟΣ", "PÉREZ DE LA CRUZ", "O'BRIEN", "in 't VELD"]
_GIVEN = ["Shuichi", "Marat", "Дінара", "Ki-moon", "太郎", "Ana", "Seán", "F."]


def names() -> Strategy[str]:
    """Return a strategy for names as written: in several scripts, the family name first or last, often in capitals."""
    family, given_names = st.sampled_from(_FAMILIES), st.sampled_from(_GIVEN)
    honorifics = st.sampled_from(["", "Mr. ", "H.E. ", "Г-н "])
    return st.one_of(
        st.tuples(honorifics, family, given_names).map(lambda n: f"{n[0]}{n[1]} {n[2]}"),
        st.tuples(honorifics, given_names, family).map(lambda n: f"{n[0]}{n[1]} {n[2]}"),
        st.sampled_from(["河野 太郎", "عبد الله", "Abdul G. Jawshan"]),
        required_texts(),
    )


def sources() -> Strategy[Source]:
    """Return a strategy for sources."""
    return st.builds(
        Source,
        required_texts(),
        url=_seldom(st.just("https://example.org/"), ""),
        publisher=_seldom(texts(), ""),
        published=_seldom(dates(), None),
        language=_seldom(st.sampled_from(["en", "ja", "ru"]), ""),
        kind=_seldom(st.sampled_from(["report", "announcement", "list", "inferred"]), ""),
    )


def _seldom(strategy: Strategy[Any], otherwise: object) -> Strategy[Any]:
    # Not one_of, which would give each branch of the strategy the chance of a whole one.
    return st.integers(0, 2).flatmap(lambda number: strategy if number == 2 else st.just(otherwise))


def _mostly(strategy: Strategy[Any], otherwise: object) -> Strategy[Any]:
    return st.integers(0, 3).flatmap(lambda number: strategy if number else st.just(otherwise))


# --- events --------------------------------------------------------------------------


def facts(
    *classes: type[F],
    dialogues: _Ids | None = None,
    series: _Ids | None = None,
    meetings: _Ids | None = None,
    words: Strategy[str] | None = None,
    people: Strategy[str] | None = None,
    fields: Mapping[str, Strategy[Any]] | None = None,
) -> Strategy[F]:
    """Return a strategy for facts of some classes, or of all of the library's own; yours are built by annotations.

    The ids, the texts and the names of people are drawn from these strategies: few of them
    make facts that have to do with each other. ``fields`` gives strategies for fields by name.
    """
    pools = {
        "dialogue": ids() if dialogues is None else dialogues,
        "series": ids() if series is None else series,
        "meeting": ids() if meetings is None else meetings,
    }
    drawn = _Fields(pools, names() if people is None else people, words, fields or {})
    return st.one_of([drawn.build(cls) for cls in classes or FACTS])


class _Fields:
    """The strategies of the fields of facts."""

    def __init__(
        self,
        pools: Mapping[str, _Ids],
        people: Strategy[str],
        words: Strategy[str] | None,
        given: Mapping[str, Strategy[Any]],
    ) -> None:
        self._given = given
        self._required, self._text = (required_texts(), texts()) if words is None else (words, words)
        self._by_name: dict[str, Strategy[Any]] = {
            **pools,
            ANY_SUBJECT: st.one_of(list(pools.values())),
            "reported_at": pools["meeting"],
            "party": st.sampled_from(["JPN", "UZB", "EU"]),
            "country": st.sampled_from(["JPN", "UZB", "EU"]),
            "ordinal": st.integers(1, 20),
            "count": st.integers(0, 6) | st.integers(0, MAX_NUMBER),
            "sha256": st.text("0123456789abcdef", min_size=64, max_size=64),
            "person": st.sampled_from(["p1", "p2"]),
            "seat": st.sampled_from(["s1", "s2"]),
            "period": st.sampled_from(["I", "II"]),
        }
        self._people = people

    def build(self, cls: type[Any]) -> Strategy[Any]:
        """Return a strategy for facts of one class."""
        shapes = shapes_of(cls)
        drawn = {field.name: self._field(cls, field, shapes[field.name]) for field in attrs.fields(cls)}
        if cls is DelegateAttended:
            drawn["format"] = _seldom(st.sampled_from([Format.IN_PERSON, Format.ONLINE]), None)
        if cls in (SamePerson, DifferentPersons):
            drawn["names"] = st.lists(self._people, min_size=2, max_size=3, unique_by=fold_text).map(tuple)
        if cls is CountStated:
            return st.one_of(
                st.builds(cls, **{**drawn, "dialogue": st.none(), "series": self._by_name["series"]}),
                st.builds(cls, **{**drawn, "series": st.none(), "dialogue": self._by_name["dialogue"]}),
            )
        if cls is NameUsed:
            return st.one_of(
                st.builds(cls, **{**drawn, "party": st.just(""), "of": self._by_name[ANY_SUBJECT]}),
                st.builds(cls, **{**drawn, "of": st.none(), "party": self._by_name["party"]}),
            )
        if cls in FACTS:
            return st.builds(cls, **drawn)
        return st.fixed_dictionaries(drawn).map(partial(_built, cls)).filter(lambda fact: fact is not None)

    def _field(self, cls: type[Any], field: "attrs.Attribute[Any]", shape: Shape) -> Strategy[Any]:
        if field.name in self._given:
            return self._given[field.name]
        strategy = self._by_name.get(field.name) if shape.cls in (str, int) and not shape.many else None
        if field.name in ("of", "count") and shape.cls is not (str if field.name == "of" else int):
            strategy = None
        if field.name == "name" and "office" in shapes_of(cls):
            return _mostly(self._people, "")
        if strategy is None:
            strategy = self._of_shape(shape, required=field.default is attrs.NOTHING or bool(field.default))
        if field.default is attrs.NOTHING:
            return st.none() | strategy if shape.optional else strategy
        default = default_of(cls, field.name)
        often = field.name in ("date", "ordinal")
        return _mostly(strategy, default) if often else _seldom(strategy, default)

    def _of_shape(self, shape: Shape, *, required: bool) -> Strategy[Any]:
        one: Strategy[Any]
        if shape.cls is str:
            one = self._required if required or shape.many else self._text
        elif shape.cls is bool:
            one = st.booleans()
        elif shape.cls is int:
            one = st.integers(-(2**63), 2**63 - 1)
        elif shape.cls is float:
            one = st.floats(allow_nan=False, allow_infinity=False)
        elif shape.cls is PartialDate:
            one = dates()
        elif shape.cls is date:
            one = st.dates()
        elif shape.cls is Source:
            one = sources()
        else:
            assert issubclass(shape.cls, StrEnum)
            one = st.sampled_from(list(shape.cls))
        return st.lists(one, max_size=2).map(tuple) if shape.many else one


def _built(cls: type[F], values: Mapping[str, Any]) -> F | None:
    """Return a fact of a class of a user; None where the class or the log does not take these values."""
    try:
        fact = cls(**values)
        for name, shape in shapes_of(cls).items():
            shape.check(name, getattr(fact, name))
    except (DialogueRegistryError, ValueError, TypeError):
        return None
    return fact


def events(**strategies: Any) -> Strategy[Event]:
    """Return a strategy for events of every class: facts as :func:`facts` makes them, amendments and disputes."""
    all_facts: Strategy[Any] = facts(**strategies)
    event_ids = st.uuids(version=4).map(str)
    return st.one_of(
        all_facts,
        st.builds(FactCorrected, event_id=event_ids, replacement=all_facts, reason=required_texts()),
        st.builds(EventRetracted, event_id=event_ids, reason=required_texts()),
        st.builds(FactDisputed, event_id=event_ids, claim=all_facts, reason=texts()),
    )
