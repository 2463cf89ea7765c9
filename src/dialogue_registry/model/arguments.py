"""The kinds of arguments: what is no text, no path, no list … where one is wanted is refused by its name.

The annotations of the public functions and values say what is wanted, so that none of them
can forget to check. What a value means – whether an id is recorded, a date exists – is
asked where it is used.
"""

import inspect
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from enum import Enum
from functools import wraps
from typing import Any, TypeVar, Union, cast, get_args, get_origin

import attrs

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.model.shown import shown

T = TypeVar("T", bound=Callable[..., Any])

_KINDS: dict[Any, tuple[tuple[type, ...], str]] = {
    str: ((str,), "a text"),
    bool: ((bool,), "True or False"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    Mapping: ((Mapping,), "a dict"),
    Sequence: ((Sequence,), "a list"),
    Iterable: ((Iterable,), "a list"),
    Callable: ((cast("type", Callable),), "a function"),
}
_ANY = (Any, inspect.Parameter.empty, object, type)


@attrs.frozen
class Argument:
    """The values that a parameter takes: instances of ``classes``; of lists and dicts, what they hold."""

    classes: tuple[type, ...]
    wanted: str
    items: "tuple[Argument | None, ...]" = ()

    @property
    def plain(self) -> frozenset[type]:
        """The classes whose own instances, which those of subclasses are not, need no further look."""
        return frozenset() if any(self.items) else frozenset(self.classes)

    def check(self, name: str, value: Any) -> None:
        """Raise InvalidValueError unless the value is of a kind that is wanted."""
        # A truth value is a whole number to Python, and no number to anybody else.
        if not isinstance(value, self.classes) or (isinstance(value, bool) and bool not in self.classes):
            raise InvalidValueError(f"{name} is {shown(value)}: give {self.wanted}")
        if isinstance(value, list | tuple | Mapping):  # else to look at the items could use them up
            held = (value, value.values()) if isinstance(value, Mapping) else (value,)
            for of_items, items in zip(self.items, held, strict=False):
                if of_items is not None:
                    for item in items:
                        of_items.check(f"an item of {name}", item)


def argument(annotation: Any) -> Argument | None:
    """Return what a parameter of this annotation takes; None where that is not known, or is checked elsewhere."""
    members = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
    classes: list[type] = []
    wanted: list[str] = []
    items: tuple[Argument | None, ...] = ()
    for member in members:
        plain = get_origin(member) or member
        if plain in _KINDS:
            fits, called = _KINDS[plain]
            classes += fits
            wanted.append(called)
            items = items or (() if plain is Callable else tuple(map(argument, get_args(member))))
        elif plain is types.NoneType:
            classes.append(plain)
        elif plain in _ANY or not isinstance(plain, type) or issubclass(plain, date | Enum) or is_protocol(plain):
            return None  # a date and a choice are read where they are needed, which says what there is
        else:
            classes.append(plain)
            wanted.append("a path" if hasattr(plain, "__fspath__") else f"a {plain.__name__}")
    if str in classes and any(cls.__module__.startswith("dialogue_registry") for cls in classes):
        return None  # a text that names a value of the library
    return Argument(tuple(classes), " or ".join(dict.fromkeys(wanted)), items)


def is_protocol(cls: type) -> bool:
    """Return whether a class is a protocol, of which nothing is an instance; that of paths can be asked."""
    return bool(getattr(cls, "_is_protocol", False)) and not hasattr(cls, "__fspath__")


def arguments_checked(target: T) -> T:
    """Make a function refuse arguments of another kind than it is annotated with; of a class, each public method.

    So does an attrs class when an instance is made.
    """
    if not isinstance(target, type):
        return cast("T", _checked(target))
    for name, member in list(vars(target).items()):
        if isinstance(member, classmethod):
            setattr(target, name, classmethod(_checked(member.__func__)))
        elif inspect.isfunction(member) and (not name.startswith("_") or (name == "__init__" and attrs.has(target))):
            setattr(target, name, _checked(member))
    return target


def _checked(function: Callable[..., Any]) -> Callable[..., Any]:
    parameters = inspect.signature(function).parameters.values()
    single = [parameter for parameter in parameters if parameter.kind is not parameter.VAR_POSITIONAL]
    taken = {parameter.name: argument(parameter.annotation) for parameter in single}
    checks = {name: (takes.plain, takes.check) for name, takes in taken.items() if takes is not None}
    names = tuple(parameter.name for parameter in single if parameter.kind is not parameter.KEYWORD_ONLY)
    first = [(place, name, *checks[name]) for place, name in enumerate(names) if name in checks]

    @wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        # Most values are of a class that is wanted: to see that here halves the time of a call's checks.
        for place, name, plain, check in first:
            if place >= len(args):
                break
            if type(args[place]) not in plain:
                check(name, args[place])
        for name, value in kwargs.items():
            if name in checks:
                plain, check = checks[name]
                if type(value) not in plain:
                    check(name, value)
        return function(*args, **kwargs)

    return checked if checks else function
