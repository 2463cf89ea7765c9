"""Validation of the arguments of the public API."""

import re
from contextlib import suppress
from datetime import datetime

import attrs

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.log.entry import instant as write_instant
from dialogue_registry.model.events import MAX_TEXT, Citation, DelegateAttended, Fact, Format, Level, Role, Source
from dialogue_registry.model.kinds import Kind, Kinds
from dialogue_registry.model.shown import shown
from dialogue_registry.model.status import Status
from dialogue_registry.queries.results import Presence

_TEXT = re.compile(r"[^\0\ud800-\udfff]*")


def check_fact(kinds: Kinds, event: Fact, number: int | None = None) -> Fact:
    """Return the fact; raises InvalidValueError where it is of none of the kinds, or holds what a log cannot."""
    kind = kinds.find(type(event))
    if kind is None:
        where = "" if number is None else f"item {number + 1}: "
        raise InvalidValueError(f"{where}{kinds.unfit(event)}")
    if not kind.is_own:  # built-in kinds are checked when they are made
        kind.check(event)
    elif isinstance(event, DelegateAttended) and event.format is Format.HYBRID:
        attrs.validate(event)  # facts() yields such a row, which only comes about
    return event


def check_fact_class(kinds: Kinds, cls: type[object]) -> Kind:
    """Return the kind of a class of facts; raises InvalidValueError."""
    kind = kinds.find(cls) if isinstance(cls, type) else None
    if kind is None:
        raise InvalidValueError(
            f"{cls.__name__ if isinstance(cls, type) else shown(cls)} is no class of facts that this registry knows: "
            "give one, such as MeetingHeld, or the class of a kind of yours, which Registry.open(…, kinds=[…]) takes"
        )
    return kind


def check_citation(citation: Citation | None) -> Citation | None:
    """Return the citation, or None; raises InvalidValueError."""
    if citation is not None and type(citation) is not Citation:
        _refuse_subclass(citation, Citation)
        raise InvalidValueError(f"{shown(citation)} is no citation: give Citation(locator=…, quote=…)")
    return citation


def check_source(source: Source | str | None) -> Source | None:
    """Return the source, which a text names by its title, or None; raises InvalidValueError."""
    if isinstance(source, str):
        return Source(source)
    if source is not None and type(source) is not Source:
        _refuse_subclass(source, Source)
        raise InvalidValueError(f"{shown(source)} is no source: give Source(title, url=…)")
    return source


def _refuse_subclass(value: object, cls: type[object]) -> None:
    """Raise InvalidValueError for a value of a subclass, whose further fields a log would lose."""
    if isinstance(value, cls):
        raise InvalidValueError(
            f"{type(value).__name__} is a subclass of {cls.__name__}, and a log keeps no classes: "
            f"give {cls.__name__}(…) itself"
        )


def check_text(value: str, name: str) -> str:
    """Return the text; raises InvalidValueError."""
    if not isinstance(value, str) or len(value) > MAX_TEXT or not _TEXT.fullmatch(value):
        raise InvalidValueError(
            f"{name} is {shown(value)}: give a text of at most {MAX_TEXT:,} characters, "
            "without NUL and half surrogate pairs"
        )
    return value


def check_number(value: int, name: str, least: int = 0) -> int:
    """Return the whole number; raises InvalidValueError."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < 2**63:
        raise InvalidValueError(f"{name} is {shown(value)}: give a whole number of at least {least}")
    return value


def check_seconds(value: float, name: str) -> float:
    """Return the number of seconds; raises InvalidValueError."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1e9:
        raise InvalidValueError(f"{name} is {shown(value)}: give a number of seconds, 0 or more")
    return value


def check_head(head: tuple[int, str]) -> tuple[int, str]:
    """Return the head, as verify() returned it; raises InvalidValueError."""
    try:
        position, digest = head
        if len(bytes.fromhex(digest)) == 32:
            return check_number(position, "the position of head"), digest
    except (TypeError, ValueError):
        pass
    raise InvalidValueError(
        f"head is {shown(head)}: give what verify() or head gave before, (position, 64 hexadecimal digits)"
    )


def check_choice(choices: type[Status | Format | Role | Presence | Level], value: str | None) -> str | None:
    """Return the value of a choice by its name, None for None; raises InvalidValueError."""
    if value is None:
        return None
    if isinstance(value, str):  # an enum compares anything else with each of its members
        with suppress(ValueError):
            return str(choices(value))
    wanted = ", ".join(repr(choice.value) for choice in choices)
    raise InvalidValueError(f"there is no {choices.__name__.lower()} {shown(value)}: use one of {wanted}")


def check_instant(moment: datetime | str) -> str:
    """Return the instant as the log writes it; raises InvalidValueError."""
    try:
        parsed = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        aware = parsed.utcoffset() is not None
        written = write_instant(parsed)
    except (ValueError, AttributeError, TypeError, OverflowError):
        raise InvalidValueError(f"{shown(moment)} is no instant: give one, such as '2021-07-01T00:00:00Z'") from None
    if not aware:
        raise InvalidValueError(f"{shown(moment)} has no offset from UTC: give one, such as '2021-07-01T00:00:00Z'")
    return written
