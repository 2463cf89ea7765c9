"""Values as plain dicts, lists, texts, numbers, booleans and None, which JSON can hold; and events and sources back.

- Dates are their text, instants end in Z, a choice such as a format is its word.
- A source is an object of its fields that are not empty; so is a citation.
- An event is an object: the key ``event`` with its stored word, then its fields that do not hold the default.
  The word of a fact of a user's kind is the name of its class.
- A recorded event, and every row of an answer, is an object of its fields; an answer is a list of its rows.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from enum import Enum
from typing import Any

import attrs

from dialogue_registry.errors import CodecError, InvalidValueError
from dialogue_registry.log.codec import STORED, WORDS, Codec, codec_of, is_foreign
from dialogue_registry.log.entry import RecordedEvent, instant
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import (
    Citation,
    DelegateAttended,
    FactCorrected,
    FactDisputed,
    Format,
    Source,
    UnknownEvent,
    UnreadableEvent,
)
from dialogue_registry.model.kinds import Kind
from dialogue_registry.model.shapes import default_of
from dialogue_registry.model.shown import shown
from dialogue_registry.projections.arrangement import as_hybrid
from dialogue_registry.queries.counts import Counts
from dialogue_registry.queries.display import is_of_the_library

_NESTED: Mapping[type[Any], str] = {FactCorrected: "replacement", FactDisputed: "claim"}
"""The field of an event that holds a fact."""
_UNKNOWN = {"schema", "data"}
"""The keys of an UnknownEvent beside its word."""


# --- there -----------------------------------------------------------------------------


def to_dict(value: Any) -> Any:
    """Return a value as plain data that ``json.dumps`` takes.

    ``value`` is an event, a recorded event, a source, an answer, or one row of it. A row
    becomes a dict of its fields, an answer a list of its rows; it is what ``--json`` of the
    same question prints. Raises InvalidValueError for what is none of these.
    """
    try:
        return _plain(value)
    except RecursionError:
        raise InvalidValueError(f"{shown(value)} holds lists within lists without an end: give fewer of them") from None


def _instant(value: datetime) -> str:
    try:
        return instant(value)
    except (TypeError, ValueError, OverflowError):
        raise InvalidValueError(f"{shown(value)} is no instant: give an aware datetime") from None


def _plain(value: Any) -> Any:
    match value:
        case PartialDate():
            return value.text
        case Enum():
            return value.value
        case None | str() | bool() | int() | float():
            return value
        case datetime():
            return _instant(value)
        case date():
            return value.isoformat()
        case Source() | Citation():
            return {name: _plain(item) for name, item in _fields(value).items() if item}
        case UnreadableEvent():
            return {
                "event": value.word, "schema": value.schema, "data": _plain(value.data), "unreadable": value.reason
            }  # fmt: skip
        case UnknownEvent():
            return {"event": value.word, "schema": value.schema, "data": _plain(value.data)}
        case Counts():
            return [_plain(count) for count in value.values()]
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case tuple() if hasattr(value, "_asdict"):
            return _plain(value._asdict())
        case _ if type(value) in STORED or (attrs.has(type(value)) and not is_of_the_library(type(value))):
            return _event__plain(value)
        case tuple() | list() | Iterator():
            return [_plain(item) for item in value]
        case _ if isinstance(value, Iterable) and is_of_the_library(type(value)):
            return [_plain(item) for item in value]
        case _ if attrs.has(type(value)):
            return {name: _plain(item) for name, item in _fields(value).items()}
        case _:
            raise InvalidValueError(
                f"{shown(value)} cannot become plain data: give an event, a recorded event, a source or an answer"
            )


def _event__plain(event: Any) -> dict[str, Any]:
    cls = type(event)
    word = STORED[cls][0] if cls in STORED else cls.__name__
    changed = {name: value for name, value in _fields(event).items() if value != default_of(cls, name)}
    return {"event": word, **{name: _plain(value) for name, value in changed.items()}}


def _fields(value: Any) -> dict[str, Any]:
    return {
        field.name: getattr(value, field.name) for field in attrs.fields(type(value)) if not field.name.startswith("_")
    }


# --- back ------------------------------------------------------------------------------


def from_dict(data: Mapping[str, Any], kinds: Iterable[Kind] = ()) -> Any:
    """Return the event, recorded event or source that :func:`to_dict` has made ``data`` of.

    ``kinds`` are your kinds, where the data may be of a fact of one of these. An event is named
    by its stored word, such as "meeting.held", or by its class, such as "MeetingHeld".
    Raises InvalidValueError, which names the field, for data of nothing that can be made.
    """
    if not isinstance(kinds, Iterable):
        raise InvalidValueError(f"kinds is {shown(kinds)}: give a list of your kinds")
    codec = codec_of(tuple(kinds))
    match data:
        case {"event": Mapping()}:
            return _recorded(data, codec)
        case {"event": _}:
            return _event(data, codec)
        case {"title": _}:
            return _built(Source, data)
        case _:
            raise InvalidValueError(
                f"{shown(data)} is no event and no source: give what to_dict() returned for one, "
                'an object with the key "event" or "title"'
            )


def _event(data: Mapping[str, Any], codec: Codec) -> Any:
    word, schema, fields = _as_stored(data, codec)
    hybrid = word == STORED[DelegateAttended][0] and fields.get("format") == Format.HYBRID
    try:
        event = codec.from_data(word, schema, fields | {"format": None} if hybrid else fields)
        return as_hybrid(event) if hybrid else event
    except CodecError as error:
        if isinstance(error.__cause__, InvalidValueError):
            raise error.__cause__ from None
        raise InvalidValueError(f"no event can be made of {shown(data)}: {error.__cause__ or error}") from error


def _as_stored(data: Mapping[str, Any], codec: Codec) -> tuple[str, int, dict[str, Any]]:
    """Return the word, the schema version and the stored keys of an event."""
    fields = dict(data)
    name = fields.pop("event")
    cls = _class_of(name, codec)
    if fields.keys() == _UNKNOWN and (cls is None or not fields.keys() <= attrs.fields_dict(cls).keys()):
        if not (is_foreign(name) and isinstance(fields["schema"], int) and isinstance(fields["data"], dict)):
            raise InvalidValueError(f"{shown(data)} is no event: give its word, a whole number as schema, its data")
        return name, fields["schema"], fields["data"]
    if cls is None:
        raise InvalidValueError(
            f"there is no event {shown(name)}: use one of {', '.join(word for word, _ in STORED.values())}, "
            "or give kinds=[…] with its kind"
        )
    _check_keys(cls, fields.keys())
    if (nested := _NESTED.get(cls)) is not None:
        fields[nested] = _nested(fields[nested], codec, f"{cls.__name__}.{nested}")
    elif isinstance(fields.get("source"), Mapping):
        _check_keys(Source, fields["source"].keys())
    kind = codec.kinds.find(cls)
    word, schema = STORED[cls] if kind is None else (kind.word, kind.version)
    return word, schema, fields


def _nested(fact: Any, codec: Codec, what: str) -> dict[str, Any]:
    """Return a fact as it is stored within an event; asked before its own keys are, so that no depth is followed."""
    if not isinstance(fact, Mapping) or "event" not in fact or _class_of(fact["event"], codec) in WORDS:
        raise InvalidValueError(f'{what} is {shown(fact)}: give a fact, an object with the key "event"')
    word, schema, fields = _as_stored(fact, codec)
    return {"type": word, "schema": schema, "data": fields}


def _class_of(name: object, codec: Codec) -> type[Any] | None:
    """Return the class of events of a stored word or of a name; kinds of users come first."""
    by_word = {kind.word: kind.cls for kind in codec.kinds} | {word: cls for cls, (word, _) in WORDS.items()}
    if not isinstance(name, str) or name in by_word:
        return by_word.get(name) if isinstance(name, str) else None
    added = [kind.cls for kind in codec.kinds.added if kind.cls.__name__ == name]
    if len(added) > 1:
        raise InvalidValueError(
            f"{shown(name)} is the class of {len(added)} kinds: name the event by the word of its kind"
        )
    return next(iter(added), None) or {cls.__name__: cls for cls in STORED}.get(name)


def _recorded(data: Mapping[str, Any], codec: Codec) -> RecordedEvent:
    _check_keys(RecordedEvent, data.keys())
    fields = {
        **data,
        "event": _event(data["event"], codec) if "event" in data["event"] else _no_event(data["event"]),
        "source": None if data["source"] is None else _built(Source, data["source"]),
        "citation": None if data.get("citation") is None else _built(Citation, data["citation"]),
    }
    for name, cls in _RECORDED.items():
        if not isinstance(fields.get(name, cls()), cls):
            raise InvalidValueError(f"{name} of a recorded event is {shown(fields[name])}: give a {cls.__name__}")
    try:
        fields["recorded_at"] = datetime.fromisoformat(data["recorded_at"])
    except ValueError:
        raise InvalidValueError(f"recorded_at is {shown(data['recorded_at'])}: give an instant in ISO 8601") from None
    return RecordedEvent(**fields)


_RECORDED: Mapping[str, type[Any]] = {
    "position": int, "id": str, "subject": str, "version": int, "recorded_at": str, "by": str, "hash": str,
    "new": bool, "note": str,
}  # fmt: skip


def _no_event(data: object) -> Any:
    raise InvalidValueError(f'{shown(data)} is no event: give an object with the key "event"')


def _built(cls: type[Any], data: Any) -> Any:
    if not isinstance(data, Mapping):
        raise InvalidValueError(f"{shown(data)} is no {cls.__name__}: give an object of its fields")
    _check_keys(cls, data.keys())
    return cls(**data)


def _check_keys(cls: type[Any], keys: AbstractSet[str]) -> None:
    """Raise InvalidValueError where a class has no field of a key, or a field without a default has no key."""
    fields = attrs.fields_dict(cls)
    for key in keys:
        if key not in fields:
            raise InvalidValueError(f"{cls.__name__} has no field {shown(key)}: its fields are {', '.join(fields)}")
    for name, field in fields.items():
        if field.default is attrs.NOTHING and name not in keys:
            raise InvalidValueError(f"{cls.__name__} needs {name!r}, and there is none: give it")
