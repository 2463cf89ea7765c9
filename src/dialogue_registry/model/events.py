"""Everything that can be recorded, in the past tense.

Events are values: frozen, compared by content, checked when they are made.
Ids are chosen by the user and shared by dialogues, series and meetings: lower-case
path segments such as ``ca-jad/som/14``. Fields that hold a date take a
``datetime.date`` or EDTF text (see :mod:`dialogue_registry.model.dates`).
"""

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date as day
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar, assert_never, cast

import attrs

from dialogue_registry.errors import InvalidIdError, InvalidValueError
from dialogue_registry.model.dates import PartialDate

MAX_ID = 200
"""The longest id, in characters."""
MAX_TEXT = 1_000_000
"""The longest text in any field, in characters."""
MAX_NUMBER = 1_000_000_000
"""The highest ordinal and the highest stated count."""


class Format(StrEnum):
    """How a meeting was held; None where that is not known."""

    IN_PERSON = "in-person"
    ONLINE = "online"
    HYBRID = "hybrid"


class Role(StrEnum):
    """In which role somebody took part."""

    DELEGATE = "delegate"
    HEAD = "head"
    CHAIR = "chair"
    GUEST = "guest"
    OBSERVER = "observer"


_ID = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*", re.ASCII)

AnyDate: TypeAlias = PartialDate | day | str


def _say(instance: object, attribute: "attrs.Attribute[Any]") -> str:
    return f"{type(instance).__name__}.{attribute.name}"


def _show(value: object) -> str:
    try:
        shown = repr(value)
    except ValueError:  # Python writes out no number of more than some thousand digits
        shown = f"a huge {type(value).__name__}"
    return shown if len(shown) <= 80 else f"{shown[:77]}…"


@lru_cache(maxsize=65536)  # the id of a meeting stands in all that is told of it
def _is_id(value: str) -> bool:
    return len(value) <= MAX_ID and _ID.fullmatch(value) is not None


def _check_id(instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    if not (isinstance(value, str) and _is_id(value)):
        raise InvalidIdError(
            f"{_say(instance, attribute)} is {_show(value)}, which is no id: use lower-case letters, digits, '.', '_' "
            f"and '-' in segments joined by '/', such as 'ca-jad/som/14', at most {MAX_ID} characters"
        )


def _check_text(instance: object, attribute: "attrs.Attribute[Any]", value: Any) -> None:
    if value.__class__ is str and len(value) <= MAX_TEXT and value.isascii() and "\0" not in value:
        return  # nearly all there is, and on the hot path of replay
    if not isinstance(value, str):
        raise InvalidValueError(f"{_say(instance, attribute)} is {_show(value)}, which is no text: give a str")
    if len(value) > MAX_TEXT:
        raise InvalidValueError(
            f"{_say(instance, attribute)} has {len(value):,} characters: shorten it to {MAX_TEXT:,} at most"
        )
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidValueError(
            f"{_say(instance, attribute)} holds half a surrogate pair, which is no character: decode the text rightly"
        ) from None
    if "\0" in value:
        raise InvalidValueError(f"{_say(instance, attribute)} holds a NUL character: remove it")


def _check_required(instance: object, attribute: "attrs.Attribute[Any]", value: Any) -> None:
    _check_text(instance, attribute, value)
    if not value.strip():
        raise InvalidValueError(f"{_say(instance, attribute)} is empty: give it a text")


def _check_texts(instance: object, attribute: "attrs.Attribute[Any]", value: tuple[object, ...]) -> None:
    for item in value:
        _check_required(instance, attribute, item)


def _check_number(instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    least = 0 if attribute.name == "count" else 1
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MAX_NUMBER:
        raise InvalidValueError(
            f"{_say(instance, attribute)} is {_show(value)}: give a whole number from {least} to {MAX_NUMBER:,}"
        )


def _to_texts(value: Iterable[str]) -> tuple[str, ...]:
    if isinstance(value, str | Mapping | AbstractSet) or not isinstance(value, Iterable):  # a set has no order to keep
        raise InvalidValueError(f"{_show(value)} is no list of texts: put it in a tuple, such as ({_show(value)},)")
    return tuple(value)


_ROLES = {str(role): role for role in Role}
"""Looked up here first: half of all that is replayed is delegates, and calling an Enum is slow."""


def _to_format(value: Format | str | None) -> Format | None:
    return None if value is None else _choice(Format, value, ", or None where it is not known")


def _to_role(value: Role | str) -> Role:
    known = _ROLES.get(value) if isinstance(value, str) else None
    return _choice(Role, value) if known is None else known


_Choice = TypeVar("_Choice", bound=StrEnum)


def _choice(choices: type[_Choice], value: str, otherwise: str = "") -> _Choice:
    try:
        return choices(value)
    except ValueError:
        wanted = ", ".join(repr(choice.value) for choice in choices)
        raise InvalidValueError(
            f"{_show(value)} is no {choices.__name__.lower()}: use one of {wanted}{otherwise}"
        ) from None


def _to_date(value: AnyDate) -> PartialDate:
    return PartialDate.of(value)


def _to_optional_date(value: AnyDate | None) -> PartialDate | None:
    return None if value is None else PartialDate.of(value)


def _id() -> Any:
    return attrs.field(validator=_check_id)


def _text() -> Any:
    return attrs.field(default="", validator=_check_text)


def _required() -> Any:
    return attrs.field(validator=_check_required)


def _number() -> Any:
    return attrs.field(validator=_check_number)


def _optional_number() -> Any:
    return attrs.field(default=None, validator=attrs.validators.optional(_check_number))


@attrs.frozen
class Source:
    """Where a fact comes from.

    ``published`` is a date; ``language`` a BCP 47 tag such as "en"; ``kind`` says what
    it is: report, announcement, list, inferred … Only ``title`` is required.
    """

    title: str = _required()
    url: str = _text()
    publisher: str = _text()
    published: PartialDate | None = attrs.field(default=None, converter=_to_optional_date)
    language: str = _text()
    kind: str = _text()


@attrs.frozen(kw_only=True)
class DialogueLaunched:
    """A dialogue between parties began."""

    dialogue: str = _id()
    name: str = _required()
    launched: PartialDate = attrs.field(converter=_to_date)
    aliases: tuple[str, ...] = attrs.field(default=(), converter=_to_texts, validator=_check_texts)


@attrs.frozen(kw_only=True)
class PartyJoined:
    """A party takes part in a dialogue.

    ``party`` is an ISO 3166-1 alpha-3 code where there is one ("UZB"), else any short
    name ("EU").
    """

    dialogue: str = _id()
    party: str = _required()
    name: str = _required()
    joined: PartialDate | None = attrs.field(default=None, converter=_to_optional_date)
    aliases: tuple[str, ...] = attrs.field(default=(), converter=_to_texts, validator=_check_texts)


@attrs.frozen(kw_only=True)
class SeriesOpened:
    """A dialogue holds a series of meetings, such as its senior officials' meetings."""

    series: str = _id()
    dialogue: str = _id()
    name: str = _required()
    abbreviation: str = _text()
    aliases: tuple[str, ...] = attrs.field(default=(), converter=_to_texts, validator=_check_texts)


@attrs.frozen(kw_only=True)
class MeetingAnnounced:
    """A meeting of a series was announced; it may still come to nothing.

    ``ordinal`` is the number printed on it, if any: a label, neither key nor position.
    ``country`` is an ISO 3166-1 alpha-3 code where there is one.
    """

    meeting: str = _id()
    series: str = _id()
    date: PartialDate | None = attrs.field(default=None, converter=_to_optional_date)
    ordinal: int | None = _optional_number()
    format: Format | None = attrs.field(default=None, converter=_to_format)
    place: str = _text()
    country: str = _text()
    title: str = _text()


@attrs.frozen(kw_only=True)
class MeetingHeld:
    """A meeting of a series took place. Only held meetings are counted.

    ``date`` is None where only its existence is known.
    """

    meeting: str = _id()
    series: str = _id()
    date: PartialDate | None = attrs.field(default=None, converter=_to_optional_date)
    ordinal: int | None = _optional_number()
    format: Format | None = attrs.field(default=None, converter=_to_format)
    place: str = _text()
    country: str = _text()
    title: str = _text()


@attrs.frozen(kw_only=True)
class MeetingPostponed:
    """An announced meeting was put off: said ``on`` a day, ``until`` another if known."""

    meeting: str = _id()
    reason: str = _text()
    on: PartialDate | None = attrs.field(default=None, converter=_to_optional_date)
    until: PartialDate | None = attrs.field(default=None, converter=_to_optional_date)


@attrs.frozen(kw_only=True)
class MeetingCancelled:
    """An announced meeting was called off: said ``on`` a day."""

    meeting: str = _id()
    reason: str = _text()
    on: PartialDate | None = attrs.field(default=None, converter=_to_optional_date)


@attrs.frozen(kw_only=True)
class DelegateAttended:
    """Somebody took part in a meeting for a party.

    ``name`` is kept as written (:func:`dialogue_registry.name_parts` derives its parts)
    and may be "" only where ``office`` says who it was. ``on_behalf_of`` names whom an
    ambassador or deputy sat in for.
    """

    meeting: str = _id()
    name: str = attrs.field(validator=_check_text)
    party: str = _required()
    office: str = _text()
    role: Role = attrs.field(default=Role.DELEGATE, converter=_to_role)
    on_behalf_of: str = _text()

    def __attrs_post_init__(self) -> None:
        if not self.name.strip() and not self.office.strip():
            raise InvalidValueError(
                "DelegateAttended has neither a name nor an office: give the name as written, "
                "or name='' with the office of a delegate nobody named"
            )


@attrs.frozen(kw_only=True)
class TopicDiscussed:
    """A topic was on the table at a meeting."""

    meeting: str = _id()
    topic: str = _required()


@attrs.frozen(kw_only=True)
class ActivityReported:
    """A related activity was reported at ``meeting``; it is never counted as a meeting.

    ``field`` is the field of cooperation, ``date`` when the activity took place.
    """

    meeting: str = _id()
    title: str = _required()
    organisers: tuple[str, ...] = attrs.field(default=(), converter=_to_texts, validator=_check_texts)
    field: str = _text()
    date: PartialDate | None = attrs.field(default=None, converter=_to_optional_date)


@attrs.frozen(kw_only=True)
class OutcomeAgreed:
    """A meeting agreed on something; ``kind`` says what: joint statement, action plan …"""

    meeting: str = _id()
    title: str = _required()
    kind: str = _text()


@attrs.frozen(kw_only=True)
class CountStated:
    """A source stated how many meetings of a series there had been ``as_of`` a date.

    With a ``format``, how many of that format. ``reported_at`` is the meeting whose
    release states it; it may name a meeting that is not recorded. A statement is
    evidence to compare with, never an input to the recorded count.
    """

    series: str = _id()
    count: int = _number()
    as_of: PartialDate = attrs.field(converter=_to_date)
    format: Format | None = attrs.field(default=None, converter=_to_format)
    reported_at: str | None = attrs.field(default=None, validator=attrs.validators.optional(_check_id))


Fact: TypeAlias = (
    DialogueLaunched
    | PartyJoined
    | SeriesOpened
    | MeetingAnnounced
    | MeetingHeld
    | MeetingPostponed
    | MeetingCancelled
    | DelegateAttended
    | TopicDiscussed
    | ActivityReported
    | OutcomeAgreed
    | CountStated
)
"""What a source says of the world."""

FACTS: tuple[type[Fact], ...] = Fact.__args__
"""The classes of all facts."""


def _is_fact(instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    if not isinstance(value, FACTS):
        raise InvalidValueError(f"{_say(instance, attribute)} is {_show(value)}: give a fact, such as MeetingHeld(…)")


@attrs.frozen(kw_only=True)
class FactCorrected:
    """The fact recorded as ``event_id`` should have read ``replacement``."""

    event_id: str = _required()
    replacement: Fact = attrs.field(validator=_is_fact)
    reason: str = _required()


@attrs.frozen(kw_only=True)
class EventRetracted:
    """The event ``event_id`` – a fact, an amendment or a dispute – was withdrawn."""

    event_id: str = _required()
    reason: str = _required()


@attrs.frozen(kw_only=True)
class FactDisputed:
    """A source claims something else than the fact recorded as ``event_id``."""

    event_id: str = _required()
    claim: Fact = attrs.field(validator=_is_fact)
    reason: str = _text()


Amendment: TypeAlias = FactCorrected | EventRetracted
Event: TypeAlias = Fact | Amendment | FactDisputed
"""What the log holds."""

EVENTS: tuple[type[Event], ...] = (*FACTS, FactCorrected, EventRetracted, FactDisputed)
"""The classes of all events."""


def subject_of(fact: Fact) -> str:
    """The id that a fact is about: its dialogue, series or meeting."""
    match fact:  # the most frequent first: a registry is mostly delegates
        case (
            DelegateAttended()
            | MeetingHeld()
            | MeetingAnnounced()
            | MeetingPostponed()
            | MeetingCancelled()
            | TopicDiscussed()
            | ActivityReported()
            | OutcomeAgreed()
        ):
            return fact.meeting
        case DialogueLaunched() | PartyJoined():
            return fact.dialogue
        case SeriesOpened() | CountStated():
            return fact.series
        case _:
            assert_never(fact)


def brief(value: object) -> str:
    """Write a fact, or what is made of facts, as code without the fields that hold the default."""
    if isinstance(value, PartialDate | Format | Role):
        return repr(str(value))
    if not attrs.has(type(value)):
        return repr(value)
    told: list[str] = []
    for field in attrs.fields(cast("type[attrs.AttrsInstance]", type(value))):
        content = getattr(value, field.name)
        if content != field.default:
            named = field.kw_only or field.default is not attrs.NOTHING
            told.append(f"{field.name}={brief(content)}" if named else brief(content))
    return f"{type(value).__name__}({', '.join(told)})"
