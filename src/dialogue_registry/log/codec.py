"""Events and the JSON that outlives them.

An event is stored as a stable word, a schema version and a JSON object; never as the
path of a class. Keys whose value is the default are left out. A stored shape is never
edited after release: when one changes, its version goes up and an upcaster here turns
data of version n into data of version n + 1 when it is read.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from cattrs.gen import make_dict_unstructure_fn, override
from cattrs.preconf.orjson import make_converter

from dialogue_registry.errors import CodecError, NewerEventError, UnknownEventTypeError
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import (
    EVENTS,
    FACTS,
    ActivityReported,
    CountStated,
    DelegateAttended,
    DialogueLaunched,
    Event,
    EventRetracted,
    Fact,
    FactCorrected,
    FactDisputed,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    OutcomeAgreed,
    PartyJoined,
    SeriesOpened,
    Source,
    TopicDiscussed,
)

Data = dict[str, Any]
Upcaster = Callable[[Data], Data]


class Encoded(NamedTuple):
    """An event as it is stored: a word, a schema version, JSON text."""

    type: str
    schema: int
    data: str


STORED: Mapping[type[Event], tuple[str, int]] = {
    DialogueLaunched: ("dialogue.launched", 1),
    PartyJoined: ("party.joined", 1),
    SeriesOpened: ("series.opened", 1),
    MeetingAnnounced: ("meeting.announced", 1),
    MeetingHeld: ("meeting.held", 1),
    MeetingPostponed: ("meeting.postponed", 1),
    MeetingCancelled: ("meeting.cancelled", 1),
    DelegateAttended: ("delegate.attended", 1),
    TopicDiscussed: ("topic.discussed", 1),
    ActivityReported: ("activity.reported", 2),
    OutcomeAgreed: ("outcome.agreed", 1),
    CountStated: ("count.stated", 1),
    FactCorrected: ("fact.corrected", 1),
    EventRetracted: ("event.retracted", 1),
    FactDisputed: ("fact.disputed", 1),
}
"""The word and the present schema version of every event."""


def _activity_1_to_2(data: Data) -> Data:
    """Version 1 wrote ``organizers`` and knew no ``field``."""
    return {("organisers" if key == "organizers" else key): value for key, value in data.items()}


UPCASTERS: Mapping[tuple[str, int], Upcaster] = {
    ("activity.reported", 1): _activity_1_to_2,
}
"""(word, version n) to the function that turns its data into version n + 1."""


def check_upcasters(
    stored: Mapping[type[Event], tuple[str, int]], upcasters: Mapping[tuple[str, int], Upcaster]
) -> None:
    """Raise CodecError unless every older version of every event leads to the present one."""
    wanted = {(word, version) for word, latest in stored.values() for version in range(1, latest)}
    for gap in sorted(wanted - upcasters.keys()):
        raise CodecError(f"no upcaster leads from {gap[0]!r} version {gap[1]} to version {gap[1] + 1}: add it")
    for stray in sorted(upcasters.keys() - wanted):
        raise CodecError(
            f"the upcaster from {stray[0]!r} version {stray[1]} leads nowhere: remove it or raise the version"
        )


check_upcasters(STORED, UPCASTERS)

_converter = make_converter()
_converter.register_unstructure_hook(PartialDate, str)


def _nest(fact: Fact) -> Data:
    word, version = STORED[type(fact)]
    return {"type": word, "schema": version, "data": _unstructure[type(fact)](fact)}


_NESTED: dict[type[Event], dict[str, Any]] = {
    FactCorrected: {"replacement": override(unstruct_hook=_nest)},
    FactDisputed: {"claim": override(unstruct_hook=_nest)},
}
_unstructure: dict[type[Event], Callable[[Any], Data]] = {
    cls: make_dict_unstructure_fn(cls, _converter, _cattrs_omit_if_default=True, **_NESTED.get(cls, {}))
    for cls in EVENTS
}
_unstructure_source = make_dict_unstructure_fn(Source, _converter, _cattrs_omit_if_default=True)

_NO_FACTS = {STORED[cls][0] for cls in EVENTS if cls not in FACTS}


def _unnest(nested: Data) -> Fact:
    word = nested["type"]
    if word in _NO_FACTS:  # asked before reading it, so that no depth of nesting is followed
        raise CodecError(f"{word!r} stands where a fact belongs")
    fact = from_data(word, nested["schema"], nested["data"])
    assert isinstance(fact, FACTS)
    return fact


def _corrected(*, replacement: Data, **data: Any) -> FactCorrected:
    return FactCorrected(replacement=_unnest(replacement), **data)


def _disputed(*, claim: Data, **data: Any) -> FactDisputed:
    return FactDisputed(claim=_unnest(claim), **data)


# The stored keys are the names of the fields, and an event converts and checks what it is made of:
# a second reading of each value by a converter would cost as much again on every replay.
_make: dict[str, tuple[int, Callable[..., Event]]] = {word: (latest, cls) for cls, (word, latest) in STORED.items()}
_make["fact.corrected"] = (STORED[FactCorrected][1], _corrected)
_make["fact.disputed"] = (STORED[FactDisputed][1], _disputed)


_VERIFY = "verify the registry to see whether the log was changed"


def encode(event: Event) -> Encoded:
    """Return the stored form of an event."""
    cls = type(event)
    return Encoded(*STORED[cls], orjson.dumps(_unstructure[cls](event)).decode())


def decode(word: str, schema: int, data: str | bytes, position: int = 0) -> Event:
    """Return a stored event.

    Raises UnknownEventTypeError, NewerEventError or CodecError, each naming ``position``.
    """
    try:
        return from_data(word, schema, orjson.loads(data))
    except CodecError as error:
        raise type(error)(f"at position {position}: {error}") from error.__cause__
    except orjson.JSONDecodeError as error:
        raise CodecError(f"at position {position}: the data of {word!r} is no JSON: {error}; {_VERIFY}") from error


def from_data(word: str, schema: int, data: Data) -> Event:
    """Return the event of a word, a schema version and stored keys, older versions included.

    Raises UnknownEventTypeError, NewerEventError or CodecError.
    """
    try:
        latest, make = _make[word]
    except (KeyError, TypeError):
        raise UnknownEventTypeError(
            f"event type {word!r} (version {schema}) is not known to this library: upgrade dialogue_registry"
        ) from None
    try:
        if schema == latest:
            return make(**data)
        if schema > latest:
            raise NewerEventError(
                f"{word!r} has schema version {schema}, this library knows 1 to {latest}: upgrade dialogue_registry"
            )
        for version in range(schema, latest):
            data = UPCASTERS[word, version](data)
        return make(**data)
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise CodecError(
            f"the data of {word!r} version {schema} cannot be read: {type(error).__name__}: {error}; {_VERIFY}"
        ) from error


def to_data(event: Event) -> Data:
    """Return the stored keys of an event, without those that hold the default."""
    return _unstructure[type(event)](event)


def encode_source(source: Source | None) -> str | None:
    """Return the stored form of a source: JSON text, or None."""
    return None if source is None else orjson.dumps(_unstructure_source(source)).decode()


def decode_source(data: str | None, position: int = 0) -> Source | None:
    """Return a stored source."""
    try:
        return None if data is None else _source(data)
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise CodecError(f"at position {position}: the stored source cannot be read: {error}") from error


@lru_cache(maxsize=4096)
def _source(data: str) -> Source:
    return Source(**orjson.loads(data))
