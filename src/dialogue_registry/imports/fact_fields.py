"""Facts made of texts: what a command line, a spreadsheet or JSON says, field by field.

The fields of a kind, and what sort of value each takes, are asked for here and nowhere else.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any

import attrs

from dialogue_registry.errors import DialogueRegistryError, InvalidValueError
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Fact, Source
from dialogue_registry.model.fields import choose
from dialogue_registry.model.kind_tables import ANY_SUBJECT, SUBJECTS
from dialogue_registry.model.kinds import Kind, Kinds
from dialogue_registry.model.shapes import Shape
from dialogue_registry.model.shown import shown
from dialogue_registry.model.standard_kinds import STANDARD_KINDS
from dialogue_registry.model.texts import with_ascii_digits

_WHOLE = re.compile(r"(\d{1,18})(?:\.0+)?", re.ASCII)
_IDS = frozenset({*SUBJECTS, ANY_SUBJECT, "reported_at"})
_SORTS: Mapping[Any, str] = {
    PartialDate: "date", date: "date", int: "number", float: "decimal", bool: "truth", Source: "source",
}  # fmt: skip


def find_kind(name: object, kinds: Kinds = STANDARD_KINDS) -> Kind:
    """Return the kind of the class ``MeetingHeld``, or of the stored word ``meeting.held``; raises InvalidValueError.

    Of two kinds whose classes have one name, that of the library is returned.
    """
    wanted = name.lower() if isinstance(name, str) else ""
    for kind in kinds:
        if wanted in (kind.cls.__name__.lower(), kind.word) or wanted.replace("-", ".") == kind.word:
            return kind
    raise InvalidValueError(
        f"there is no event {shown(name)}: use one of {', '.join(kind.cls.__name__ for kind in kinds)}"
    )


def fields_of(kind: Kind) -> Mapping[str, str]:
    """Return the fields of a kind, each with the sort of its values.

    Sorts are id, text, texts, number, decimal, truth, choice, date and source.
    """
    return {name: _sort(name, shape) for name, shape in kind.shapes.items()}


def _sort(name: str, shape: Shape) -> str:
    if shape.many:
        return "texts"
    if name in _IDS and shape.is_text:
        return "id"
    return "choice" if issubclass(shape.cls, StrEnum) else _SORTS.get(shape.cls, "text")


def choices_of(kind: Kind) -> Mapping[str, tuple[str, ...]]:
    """Return the fields of a kind that have few values, each with these."""
    return {name: tuple(shape.cls) for name, shape in kind.shapes.items() if issubclass(shape.cls, StrEnum)}


def required_fields(kind: Kind) -> tuple[str, ...]:
    """Return the fields of a kind that have no default."""
    return tuple(field.name for field in attrs.fields(kind.cls) if field.default is attrs.NOTHING)


def make_fact(kind: Kind, values: Mapping[str, Any]) -> Fact:
    """Make a fact of its fields; raises InvalidValueError, also where one is missing or unknown."""
    for name in values:
        if name not in kind.shapes:
            raise InvalidValueError(
                f"{kind.cls.__name__} has no field {name!r}: its fields are {', '.join(kind.shapes)}"
            )
    for name in required_fields(kind):
        if values.get(name) is None:
            raise InvalidValueError(f"{kind.cls.__name__} needs {name!r}, and there is none: give it")
    return build(kind, {name: value for name, value in values.items() if value is not None})


def build(kind: Kind, values: Mapping[str, Any]) -> Fact:
    """Make a fact of values that may be texts; raises InvalidValueError, whatever the class raises.

    A class of the library takes the texts of dates and choices as they are, one of a user need not.
    """
    read = {
        name: read_value(kind.shapes[name], value, f"{kind.cls.__name__}.{name}", convert=not kind.is_own)
        for name, value in values.items()
    }
    fact: Fact
    if kind.is_own:
        fact = kind.cls(**read)
        return fact
    try:
        fact = kind.cls(**read)
    except DialogueRegistryError:
        raise
    except Exception as error:  # a class of a user may raise anything
        raise InvalidValueError(f"{kind.cls.__name__} does not take these values: {error}") from error
    kind.check(fact)
    return fact


def read_value(shape: Shape, value: Any, what: str, *, convert: bool = True) -> Any:
    """Return the value of a field for its text; what is no text, as it is.

    Without ``convert``, only numbers and truths are read. Raises InvalidValueError.
    """
    if shape.many:
        items = (value,) if isinstance(value, str) or not isinstance(value, list | tuple) else value
        return tuple(_read_one(shape.cls, item, what) for item in items) if convert else value
    return _read_one(shape.cls, value, what) if convert or shape.cls in (int, bool, Source) else value


def _read_one(cls: type[Any], value: Any, what: str) -> Any:
    if cls is PartialDate and isinstance(value, str | date):
        return PartialDate.of(value)
    if cls is Source and isinstance(value, str | Mapping):
        return source_from(value)
    if not isinstance(value, str):
        return value
    if issubclass(cls, StrEnum):
        return choose(cls, value)
    if cls not in _OF_TEXTS:
        return value
    read, otherwise = _OF_TEXTS[cls]
    try:
        return read(value)
    except (ValueError, KeyError):
        raise InvalidValueError(f"{what} is {value!r:.80}{otherwise}") from None


def _whole(text: str) -> int:
    """Return a whole number, written in digits; spreadsheets write 14 as 14.0."""
    found = _WHOLE.fullmatch(with_ascii_digits(unicodedata.normalize("NFKC", text)))
    if found is None:
        raise ValueError(text)
    return int(found[1])


_TRUTHS = {"true": True, "yes": True, "false": False, "no": False}
_OF_TEXTS: Mapping[type, tuple[Callable[[str], Any], str]] = {
    int: (_whole, ", which is no whole number: write it in digits, such as 14"),
    float: (float, ", which is no number: write one, such as 2.5"),
    bool: (lambda text: _TRUTHS[text.casefold()], ": write yes or no, or true or false"),
    date: (date.fromisoformat, ", which is no day: write one, such as 2021-06-16"),
}
"""By class, what reads a text as a value, and what to say of one that it cannot read."""


def check_field(kind: Kind, name: str, value: Any) -> None:
    """Raise InvalidValueError unless a field of a kind can have a value."""
    field = attrs.fields_dict(kind.cls)[name]
    what = f"{kind.cls.__name__}.{name}"
    read = read_value(kind.shapes[name], value, what, convert=not kind.is_own)
    if not kind.is_own:
        kind.shapes[name].check(what, read)
        return
    if field.converter is not None:
        read = field.converter(read)  # type: ignore[operator] # the converters of events are plain functions
    check = field.metadata.get("text_check", field.validator)  # a text alone, not with the others of the fact
    if check is not None:
        check(object.__new__(kind.cls), field, read)


def fact_from(values: Mapping[str, Any], kinds: Kinds = STANDARD_KINDS) -> tuple[Fact, Source | None]:
    """Make a fact and its source of JSON such as ``{"event": "MeetingHeld", …, "source": {"title": …}}``."""
    fields = dict(values)
    if "event" not in fields:
        raise InvalidValueError('there is no "event": say which, such as {"event": "MeetingHeld", "meeting": …}')
    kind = find_kind(fields.pop("event"), kinds)
    if is_about_source(kind):
        return make_fact(kind, fields), None
    source = None if "source" in kind.shapes else source_from(fields.pop("source", None))
    return make_fact(kind, fields), source


def is_about_source(kind: Kind) -> bool:
    """Return whether the facts of a kind are about a source, which is their field ``source``."""
    return "source" in kind.shapes and kind.shapes["source"].cls is Source


def source_from(value: object) -> Source | None:
    """Make a source of its title, or of its fields by name."""
    match value:
        case None | "":
            return None
        case str():
            return Source(value)
        case Mapping():
            known = [field.name for field in attrs.fields(Source)]
            if stray := sorted(value.keys() - set(known)):
                raise InvalidValueError(f"a source has no field {stray[0]!r}: its fields are {', '.join(known)}")
            if not value.get("title"):
                raise InvalidValueError("a source needs a title, and there is none: give it")
            return Source(**value)
        case _:
            raise InvalidValueError(f"{value!r:.80} is no source: give a title, or an object with a title")
