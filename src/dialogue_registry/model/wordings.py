"""Wordings: facts compared by what they say, with every text folded."""

from collections.abc import Callable, Sequence
from enum import Enum
from functools import cache
from hashlib import blake2b
from operator import attrgetter
from typing import Any

import attrs

from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.texts import fold_text, is_folded


def fold_fact(fact: Any) -> Any:
    """Return a fact with every text folded; the fact itself where nothing changes."""
    changes = {}
    for field in attrs.fields(type(fact)):
        value = getattr(fact, field.name)
        if (folded := fold_value(value)) != value:
            changes[field.name] = folded
    return attrs.evolve(fact, **changes) if changes else fact


def same_fact(one: Any, other: Any) -> bool:
    """Return whether two facts say the same: they are equal once every text is folded."""
    return type(one) is type(other) and (one == other or fold_fact(one) == fold_fact(other))


def wording(fact: Any) -> bytes:
    """Return a digest (16 bytes) of what a fact says, folded."""
    return blake2b(repr(_words(fact)).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _words(fact: Any) -> tuple[object, ...]:
    """Return the class of a fact and its fields without those that hold the default, folded, as plain values."""
    cls = fact.__class__
    names, defaults, get = _fields_of(cls)
    values = get(fact)
    plain = is_folded(f"|{'|'.join([value for value in values if value.__class__ is str])}|")
    found: list[object] = [cls.__name__]
    for name, default, value in zip(names, defaults, values, strict=True):
        if value is default:
            continue
        if value.__class__ is str:
            folded = value if plain else fold_text(value)
            if folded != default:
                found += (name, folded)
        elif value != default:
            found += (name, _word(value))
    return tuple(found)


def _word(value: Any) -> object:
    if value is None or value.__class__ in _ATOMS:
        return fold_text(value) if value.__class__ is str else value
    if isinstance(value, tuple):
        return tuple(map(_word, value))
    if isinstance(value, PartialDate | Enum):
        return str(value)
    return _words(value) if attrs.has(value.__class__) else repr(value)


@cache
def _fields_of(cls: type[Any]) -> tuple[tuple[str, ...], tuple[object, ...], Callable[[Any], tuple[Any, ...]]]:
    fields = attrs.fields(cls)
    names = tuple(field.name for field in fields)
    return names, tuple(field.default for field in fields), getter(names)


_ATOMS = frozenset({str, int, bool, float})


def fold_value(value: Any) -> Any:
    """Return the value of a field with every text in it folded."""
    if value.__class__ is str:
        return fold_text(value)
    if value is None or value.__class__ in _ATOMS or isinstance(value, Enum):
        return value
    if isinstance(value, tuple):
        return tuple(map(fold_value, value))
    return fold_fact(value) if attrs.has(type(value)) and not isinstance(value, PartialDate) else value


def getter(fields: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Return the function that returns the values of some fields of a fact as a tuple."""
    if len(fields) > 1:
        return attrgetter(*fields)
    return lambda fact: tuple(getattr(fact, field) for field in fields)
