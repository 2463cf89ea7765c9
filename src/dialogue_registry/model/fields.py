"""The fields of events: how each is converted, checked and described.

A field is made by one of the functions here, which takes its description: the command
line's help and the reference page are made of it.
"""

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date as day
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeAlias, TypeVar

import attrs

from dialogue_registry.errors import InvalidIdError, InvalidValueError
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.shown import shown
from dialogue_registry.model.texts import fold_text

MAX_ID = 200
"""The longest id, in characters."""
MAX_TEXT = 1_000_000
"""The longest text in any field, in characters."""
MAX_NUMBER = 1_000_000_000
"""The highest ordinal and the highest stated count."""

AnyDate: TypeAlias = PartialDate | day | str
Attribute: TypeAlias = "attrs.Attribute[Any]"

_ID = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*", re.ASCII)
_Choice = TypeVar("_Choice", bound=StrEnum)


def _named(instance: object, attribute: Attribute) -> str:
    return f"{type(instance).__name__}.{attribute.name}"


# --- checks ----------------------------------------------------------------------------


@lru_cache(maxsize=4096)  # all that is known of a meeting names its id: 1.15 × on making an event
def _is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def check_id(instance: object, attribute: Attribute, value: object) -> None:
    """Raise InvalidIdError unless the value is an id: lower-case path segments, at most MAX_ID characters."""
    if not (isinstance(value, str) and len(value) <= MAX_ID and _is_id(value)):
        raise InvalidIdError(
            f"{_named(instance, attribute)} is {shown(value)}, which is no id: use lower-case letters, digits, '.', "
            f"'_' and '-' in segments joined by '/', such as 'ca-jad/som/14', at most {MAX_ID} characters"
        )


def check_text(instance: object, attribute: Attribute, value: Any) -> None:
    """Raise InvalidValueError unless the value is a text that a log can hold."""
    if value.__class__ is str and len(value) <= MAX_TEXT and value.isascii() and "\0" not in value:
        return  # nearly all there is, and on the hot path of replay
    if not isinstance(value, str):
        raise InvalidValueError(f"{_named(instance, attribute)} is {shown(value)}, which is no text: give a str")
    if len(value) > MAX_TEXT:
        raise InvalidValueError(
            f"{_named(instance, attribute)} has {len(value):,} characters: shorten it to {MAX_TEXT:,} at most"
        )
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidValueError(
            f"{_named(instance, attribute)} holds half a surrogate pair, which is no character: decode the text rightly"
        ) from None
    if "\0" in value:
        raise InvalidValueError(f"{_named(instance, attribute)} holds a NUL character: remove it")


def check_required(instance: object, attribute: Attribute, value: Any) -> None:
    """Raise InvalidValueError unless the value is a text in which something can be seen."""
    check_text(instance, attribute, value)
    if not fold_text(value):
        raise InvalidValueError(f"{_named(instance, attribute)} is empty: give it a text")


def check_texts(instance: object, attribute: Attribute, value: tuple[object, ...]) -> None:
    """Raise InvalidValueError unless each item is a text in which something can be seen."""
    for item in value:
        check_required(instance, attribute, item)


def check_texts_together(_: type, fields: list[Attribute]) -> list[Attribute]:
    """Return the fields of a class with one check of all their texts in place of one each (attrs' field_transformer).

    Half of the time of making an event was the checks of its texts: 1.3 × on replay. Only where they fail together
    is each text checked by itself; ``text_check`` in the metadata of a field is that check.
    """
    texts = [field for field in fields if field.validator in (check_text, check_required)]
    if len(texts) < 2:
        return fields
    values = attrgetter(*(field.name for field in texts))
    required = [place for place, field in enumerate(texts) if field.validator is check_required]

    def check(instance: Any, _: Attribute, __: object) -> None:
        found = values(instance)
        try:
            joined = "".join(found)
        except TypeError:
            joined = "\0"
        plain = joined.isascii() and "\0" not in joined
        fits = (plain or joined.isprintable()) and len(joined) <= MAX_TEXT
        for place in required:
            fits = fits and ((plain and found[place].isalnum()) or fold_text(found[place]) != "")
        if not fits:
            for field, value in zip(texts, found, strict=True):
                field.validator(instance, field, value)  # type: ignore[misc]

    return [
        field.evolve(
            validator=check if field is texts[0] else None,
            metadata={**field.metadata, "text_check": field.validator},
        )
        if field in texts
        else field
        for field in fields
    ]


def check_number(instance: object, attribute: Attribute, value: object) -> None:
    """Raise InvalidValueError unless the value is a whole number: from 0 for a ``count``, else from 1."""
    least = 0 if attribute.name == "count" else 1
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MAX_NUMBER:
        raise InvalidValueError(
            f"{_named(instance, attribute)} is {shown(value)}: give a whole number from {least} to {MAX_NUMBER:,}"
        )


def _check_flag(instance: object, attribute: Attribute, value: object) -> None:
    if not isinstance(value, bool):
        raise InvalidValueError(f"{_named(instance, attribute)} is {shown(value)}: give True or False")


def _check_digest(instance: object, attribute: Attribute, value: object) -> None:
    if not (isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value)):
        raise InvalidValueError(
            f"{_named(instance, attribute)} is {shown(value)}: give a SHA-256 as 64 hexadecimal digits in lower case"
        )


# --- conversions -----------------------------------------------------------------------


def to_texts(value: Iterable[str]) -> tuple[str, ...]:
    """Return a list of texts as a tuple; a text, a mapping and a set are refused."""
    if isinstance(value, str | Mapping | AbstractSet) or not isinstance(value, Iterable):  # a set has no order to keep
        raise InvalidValueError(f"{shown(value)} is no list of texts: put it in a tuple, such as ({shown(value)},)")
    return tuple(value)


def to_date(value: AnyDate) -> PartialDate:
    """Return a date."""
    return PartialDate.of(value)


def to_optional_date(value: AnyDate | None) -> PartialDate | None:
    """Return a date, or None."""
    return None if value is None else PartialDate.of(value)


def choose(choices: type[_Choice], value: str, otherwise: str = "") -> _Choice:
    """Return the choice that a value names; raises InvalidValueError."""
    for choice in choices:
        if isinstance(value, str) and choice == value:
            return choice
    wanted = ", ".join(repr(choice.value) for choice in choices)
    raise InvalidValueError(f"{shown(value)} is no {choices.__name__.lower()}: use one of {wanted}{otherwise}")


# --- fields ----------------------------------------------------------------------------
#
# Fields with a converter are made where they stand, so that type checkers see what they take.


def doc(text: str) -> dict[str, str]:
    """Return the metadata of a field with a description."""
    return {"doc": text}


def id_field(description: str) -> Any:
    """Return a field for the id of a dialogue, series or meeting."""
    return attrs.field(validator=check_id, metadata=doc(description))


def optional_id_field(description: str) -> Any:
    """Return a field for an id that may be None."""
    return attrs.field(default=None, validator=attrs.validators.optional(check_id), metadata=doc(description))


def text_field(description: str) -> Any:
    """Return a field for a text, "" by default."""
    return attrs.field(default="", validator=check_text, metadata=doc(description))


def required_field(description: str, *, default: Any = attrs.NOTHING) -> Any:
    """Return a field for a text that is not blank."""
    return attrs.field(default=default, validator=check_required, metadata=doc(description))


def number_field(description: str) -> Any:
    """Return a field for a whole number."""
    return attrs.field(validator=check_number, metadata=doc(description))


def optional_number_field(description: str) -> Any:
    """Return a field for a whole number that may be None."""
    return attrs.field(default=None, validator=attrs.validators.optional(check_number), metadata=doc(description))


def flag_field(description: str, *, default: bool | None = False) -> Any:
    """Return a field for True or False; with the default None, also not said."""
    check = _check_flag if default is not None else attrs.validators.optional(_check_flag)
    return attrs.field(default=default, validator=check, metadata=doc(description))


def digest_field(description: str) -> Any:
    """Return a field for a SHA-256 in hexadecimal."""
    return attrs.field(validator=_check_digest, metadata=doc(description))
