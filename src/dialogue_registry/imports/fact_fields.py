"""Facts made of texts: what a command line, a spreadsheet or JSON says, field by field."""

import re
from collections.abc import Mapping
from typing import Any

import attrs

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.log.codec import STORED
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import FACTS, Fact, Source

_BY_NAME = {cls.__name__.lower(): cls for cls in FACTS} | {STORED[cls][0]: cls for cls in FACTS}
_WHOLE = re.compile(r"(\d{1,18})(?:\.0+)?", re.ASCII)
_IDS = frozenset({"dialogue", "series", "meeting", "reported_at"})


def fact_class(name: str) -> type[Fact]:
    """The class of facts by its name, ``MeetingHeld``, or by its stored word, ``meeting.held``."""
    try:
        return _BY_NAME[name.lower().replace("-", ".")]
    except (KeyError, AttributeError):
        raise InvalidValueError(
            f"there is no event {name!r}: use one of {', '.join(cls.__name__ for cls in FACTS)}"
        ) from None


def fields_of(cls: type[Fact]) -> Mapping[str, str]:
    """The fields of a class of facts, each with its kind: id, text, texts, number or date."""
    return {field.name: _kind(field) for field in attrs.fields(cls)}


def _kind(field: "attrs.Attribute[Any]") -> str:
    if field.name in _IDS:
        return "id"
    kinds = {PartialDate: "date", PartialDate | None: "date", int: "number", int | None: "number"}
    return kinds.get(field.type, "texts" if field.type == tuple[str, ...] else "text")  # type: ignore[arg-type]


def make_fact(cls: type[Fact], values: Mapping[str, Any]) -> Fact:
    """Make a fact of its fields; raises InvalidValueError, also where one is missing or unknown."""
    fields = attrs.fields_dict(cls)
    for name in values:
        if name not in fields:
            raise InvalidValueError(f"{cls.__name__} has no field {name!r}: its fields are {', '.join(fields)}")
    for name, field in fields.items():
        if field.default is attrs.NOTHING and values.get(name) is None:
            raise InvalidValueError(f"{cls.__name__} needs {name!r}, and there is none: give it")
    return cls(**{name: _converted(cls, name, value) for name, value in values.items() if value is not None})


def _converted(cls: type[Fact], name: str, value: Any) -> Any:
    if isinstance(value, str) and fields_of(cls)[name] == "number":
        return whole_number(value, f"{cls.__name__}.{name}")
    return value


def whole_number(text: str, what: str) -> int:
    """Read a whole number, written in digits; spreadsheets write 14 as 14.0."""
    found = _WHOLE.fullmatch(text)
    if found is None:
        raise InvalidValueError(f"{what} is {text!r:.80}, which is no whole number: write it in digits, such as 14")
    return int(found[1])


def fact_from(told: Mapping[str, Any]) -> tuple[Fact, Source | None]:
    """Make a fact and its source of JSON such as ``{"event": "MeetingHeld", …, "source": {"title": …}}``."""
    values = dict(told)
    if "event" not in values:
        raise InvalidValueError('there is no "event": say which, such as {"event": "MeetingHeld", "meeting": …}')
    source = source_from(values.pop("source", None))
    return make_fact(fact_class(values.pop("event")), values), source


def source_from(told: object) -> Source | None:
    """Make a source of its title, or of its fields by name."""
    match told:
        case None | "":
            return None
        case str():
            return Source(told)
        case Mapping():
            known = [field.name for field in attrs.fields(Source)]
            if stray := sorted(told.keys() - set(known)):
                raise InvalidValueError(f"a source has no field {stray[0]!r}: its fields are {', '.join(known)}")
            if not told.get("title"):
                raise InvalidValueError(f"the source {dict(told)!r:.80} has no title: give it one")
            return Source(**told)
        case _:
            raise InvalidValueError(f"{told!r:.80} is no source: give a title, or an object with a title")
