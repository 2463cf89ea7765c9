"""The shapes of fields: which types of Python a log can hold, and how each is stored.

A shape follows from the annotation of a field: ``str``, ``int``, ``float``, ``bool``, a
``StrEnum``, :class:`~dialogue_registry.PartialDate`, ``datetime.date``,
:class:`~dialogue_registry.Source`, a tuple of one of them, or one of these or None.
"""

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from json import dumps
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs
from orjson import loads

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Source
from dialogue_registry.model.fields import MAX_TEXT
from dialogue_registry.model.shown import shown

_ALLOWED = (
    "str, int, float, bool, a StrEnum, PartialDate, datetime.date, Source, tuple[str, ...], or one of these or None"
)
_SQL: Mapping[type[Any], str] = {str: "TEXT", int: "INTEGER", float: "REAL", bool: "INTEGER"}


@attrs.frozen
class Shape:
    """The values of a field: ``cls`` or None where ``optional``; with ``many``, a tuple of ``cls``."""

    cls: type[Any]
    optional: bool = False
    many: bool = False

    @property
    def is_text(self) -> bool:
        """Whether it is a text."""
        return self.cls is str and not self.many

    @property
    def is_date(self) -> bool:
        """Whether it is a date of any precision."""
        return self.cls is PartialDate and not self.many

    @property
    def is_foldable(self) -> bool:
        """Whether folding can change it: a text, texts, or a value made of texts."""
        return self.cls is str or (attrs.has(self.cls) and self.cls is not PartialDate)

    @property
    def sql(self) -> str:
        """The type of its column."""
        return "TEXT" if self.many else _SQL.get(self.cls, "TEXT")

    @property
    def store(self) -> Callable[[Any], object] | None:
        """The function that turns a value into that of a column; None where it is stored as it is."""
        if self.many or self.cls is Source:
            return _as_json
        if self.cls in (str, int, float):
            return None
        if self.cls is bool:
            return _as_integer
        return _as_text

    @property
    def load(self) -> Callable[[Any], object] | None:
        """The function that turns the value of a column back; None where it is taken over."""
        if self.cls in (str, int, float) and not self.many:
            return None
        one: Callable[[Any], object] = _LOAD.get(self.cls, self.cls)
        if self.many:
            make = tuple if self.cls is str else lambda values: tuple(map(one, values))
            return lambda value: None if value is None and self.optional else make(loads(value))
        if issubclass(self.cls, StrEnum):  # a mapping has the member in a quarter of the time that the class takes
            members: dict[Any, object] = {member.value: member for member in self.cls}
            if self.optional:
                members[None] = None
            return lambda value: members[value] if value in members else one(value)
        return (lambda value: None if value is None else one(value)) if self.optional else one

    def check(self, name: str, value: object) -> None:
        """Raise InvalidValueError unless the value of the field ``name`` has this shape and a log can hold it."""
        if value is None and self.optional:
            return
        values = value if self.many and isinstance(value, tuple) else (value,)
        if self.many and not isinstance(value, tuple):
            raise InvalidValueError(f"{name} is {shown(value)}: give a tuple of {self.cls.__name__}")
        for one in values:
            self._check_one(name, one)

    def _check_one(self, name: str, value: object) -> None:
        fits = isinstance(value, self.cls) and not (
            (self.cls is int and isinstance(value, bool)) or (self.cls is date and isinstance(value, datetime))
        )
        if self.cls is float and isinstance(value, int | float) and not isinstance(value, bool):
            fits = math.isfinite(value)
        if not fits:
            raise InvalidValueError(
                f"{name} is {shown(value)}: give {'None or ' * self.optional}a value of the type "
                f"{self.cls.__name__} that JSON can hold"
            )
        if isinstance(value, str):
            if len(value) > MAX_TEXT:
                raise InvalidValueError(f"{name} has {len(value):,} characters: shorten it to {MAX_TEXT:,} at most")
            try:
                value.encode()
            except UnicodeEncodeError:
                raise InvalidValueError(
                    f"{name} holds half a surrogate pair, which is no character: decode the text rightly"
                ) from None
            if "\0" in value:
                raise InvalidValueError(f"{name} holds a NUL character: remove it")
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise InvalidValueError(f"{name} is {shown(value)}: give a whole number of at most 64 bits")


def _as_text(value: object) -> object:
    return None if value is None else str(value)


def _as_integer(value: object) -> object:
    return None if value is None else int(bool(value))


def _as_json(value: Any) -> object:
    if value is None:
        return None
    if isinstance(value, Source):
        return dumps({key: str(item) for key, item in attrs.asdict(value, recurse=False).items() if item})
    return dumps([str(item) if not isinstance(item, int | float) else item for item in value], ensure_ascii=False)


_LOAD: Mapping[type[Any], Callable[[Any], object]] = {
    PartialDate: PartialDate.of,
    date: date.fromisoformat,
    Source: lambda text: Source(**loads(text)),
}


def default_of(cls: type[Any], name: str) -> Any:
    """Return the default of a field, made anew where a factory makes it; ``attrs.NOTHING`` where it has none."""
    default: Any = attrs.fields_dict(cls)[name].default
    return default.factory() if isinstance(default, attrs.Factory) else default  # type: ignore[arg-type]


def shapes_of(cls: type[Any]) -> Mapping[str, Shape]:
    """Return the fields of a class in order, each with its shape; raises InvalidValueError."""
    return _shapes_of(cls)  # type: ignore[arg-type]  # a class is hashable, whatever its instances are


@cache
def _shapes_of(cls: Any) -> Mapping[str, Shape]:
    try:
        hints = get_type_hints(cls)
    except Exception as error:
        raise InvalidValueError(
            f"the annotations of {cls.__name__} cannot be read ({error}): use {_ALLOWED}"
        ) from error
    found = {}
    for field in attrs.fields(cls):
        if not field.init or field.alias != field.name:
            raise InvalidValueError(
                f"{cls.__name__}.{field.name} is not given under its own name when the fact is made: "
                "use fields with init=True whose names begin with a letter"
            )
        found[field.name] = shape_of(f"{cls.__name__}.{field.name}", hints.get(field.name))
    return found


def shape_of(name: str, hint: Any) -> Shape:
    """Return the shape of a field that is annotated with ``hint``; raises InvalidValueError."""
    optional = False
    if get_origin(hint) in (Union, UnionType):
        rest = [one for one in get_args(hint) if one is not NoneType]
        optional = len(rest) < len(get_args(hint))
        hint = rest[0] if len(rest) == 1 else hint
    many = get_origin(hint) is tuple and len(get_args(hint)) == 2 and get_args(hint)[1] is Ellipsis
    cls = get_args(hint)[0] if many else hint
    allowed = isinstance(cls, type) and (
        cls in (str, int, float, bool, PartialDate, date, Source) or issubclass(cls, StrEnum)
    )
    if not allowed:
        raise InvalidValueError(f"{name} has the type {hint}, which JSON cannot hold as it is: use {_ALLOWED}")
    return Shape(cls, optional, many)
