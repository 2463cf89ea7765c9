"""Facts made of texts: what a command line, a spreadsheet or JSON says, field by field.

The fields of a class, and what kind of value each takes, are asked for here and nowhere else.
"""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, get_args

import attrs

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.log.codec import STORED
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import FACTS, Fact, Source

_BY_NAME = {cls.__name__.lower(): cls for cls in FACTS} | {STORED[cls][0]: cls for cls in FACTS}
_WHOLE = re.compile(r"(\d{1,18})(?:\.0+)?", re.ASCII)
_IDS = frozenset({"dialogue", "series", "meeting", "reported_at"})
_KINDS: Mapping[Any, str] = {
    PartialDate: "date",
    PartialDate | None: "date",
    int: "number",
    int | None: "number",
    bool: "truth",
    bool | None: "truth",
    tuple[str, ...]: "texts",
}


def fact_class(name: str) -> type[Fact]:
    """Return the class of facts by its name, ``MeetingHeld``, or by its stored word, ``meeting.held``."""
    try:
        return _BY_NAME[name.lower().replace("-", ".")]
    except (KeyError, AttributeError):
        raise InvalidValueError(
            f"there is no event {name!r}: use one of {', '.join(cls.__name__ for cls in FACTS)}"
        ) from None


def fields_of(cls: type[Fact]) -> Mapping[str, str]:
    """Return the fields of a class of facts, each with its kind: id, text, texts, number, truth, choice or date."""
    return {field.name: _kind(field) for field in attrs.fields(cls)}


def _kind(field: "attrs.Attribute[Any]") -> str:
    if field.name in _IDS:
        return "id"
    return "choice" if choices_of(field.type) else _KINDS.get(field.type, "text")


def choices_of(of_type: Any) -> tuple[str, ...]:
    """Return the texts that a field of some type can have; () where it has no few of them."""
    for option in (of_type, *get_args(of_type)):
        if isinstance(option, type) and issubclass(option, StrEnum):
            return tuple(option)
    return ()


def required_fields(cls: type[Fact]) -> tuple[str, ...]:
    """Return the fields of a class of facts that have no default."""
    return tuple(field.name for field in attrs.fields(cls) if field.default is attrs.NOTHING)


def make_fact(cls: type[Fact], values: Mapping[str, Any]) -> Fact:
    """Make a fact of its fields; raises InvalidValueError, also where one is missing or unknown."""
    kinds = fields_of(cls)
    for name in values:
        if name not in kinds:
            raise InvalidValueError(f"{cls.__name__} has no field {name!r}: its fields are {', '.join(kinds)}")
    for name in required_fields(cls):
        if values.get(name) is None:
            raise InvalidValueError(f"{cls.__name__} needs {name!r}, and there is none: give it")
    return cls(
        **{
            name: read_value(kinds[name], value, f"{cls.__name__}.{name}")
            for name, value in values.items()
            if value is not None
        }
    )


def read_value(kind: str, value: Any, what: str) -> Any:
    """Return the value of a field for its text; what is no text, and texts of other kinds, as they are."""
    if isinstance(value, str):
        if kind == "number":
            return whole_number(value, what)
        if kind == "truth":
            return truth(value, what)
    return value


def whole_number(text: str, what: str) -> int:
    """Read a whole number, written in digits; spreadsheets write 14 as 14.0."""
    found = _WHOLE.fullmatch(text if text.isascii() else unicodedata.normalize("NFKC", text))
    if found is None:
        raise InvalidValueError(f"{what} is {text!r:.80}, which is no whole number: write it in digits, such as 14")
    return int(found[1])


_TRUTHS = {"true": True, "yes": True, "false": False, "no": False}


def truth(text: str, what: str) -> bool:
    """Read yes or no."""
    try:
        return _TRUTHS[text.casefold()]
    except KeyError:
        raise InvalidValueError(f"{what} is {text!r:.80}: write yes or no, or true or false") from None


def check_field(cls: type[Fact], name: str, value: Any) -> None:
    """Raise InvalidValueError unless a field of a class of facts can have a value."""
    field = attrs.fields_dict(cls)[name]
    what = f"{cls.__name__}.{name}"
    read = read_value(fields_of(cls)[name], value, what)
    if field.converter is not None:
        read = field.converter(read)  # type: ignore[operator] # the converters of events are plain functions
    check = field.metadata.get("text_check", field.validator)  # a text alone, not with the others of the fact
    if check is not None:
        check(cls.__new__(cls), field, read)


def fact_from(values: Mapping[str, Any]) -> tuple[Fact, Source | None]:
    """Make a fact and its source of JSON such as ``{"event": "MeetingHeld", …, "source": {"title": …}}``."""
    fields = dict(values)
    if "event" not in fields:
        raise InvalidValueError('there is no "event": say which, such as {"event": "MeetingHeld", "meeting": …}')
    cls = fact_class(fields.pop("event"))
    source = source_from(fields.pop("source", None))
    if "source" in fields_of(cls):  # the fact itself is about it
        return make_fact(cls, {**fields, "source": source}), None
    return make_fact(cls, fields), source


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
