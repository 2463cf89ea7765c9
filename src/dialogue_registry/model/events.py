"""Events: all that can be recorded, in the past tense.

Events are values: frozen, compared by content, checked when they are made.
Ids are chosen by the user and shared by dialogues, series and meetings: lower-case
path segments such as ``ca-jad/som/14``. Fields that hold a date take a
``datetime.date`` or EDTF text (see :mod:`dialogue_registry.model.dates`).

What the library makes of each class – its stored word, what tells two facts apart, its
table – stands in its kind (:mod:`dialogue_registry.model.standard_kinds`).
"""

from collections.abc import Mapping
from enum import Enum, StrEnum
from functools import total_ordering
from typing import Any, TypeAlias, cast

import attrs

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.fields import (
    MAX_ID,
    MAX_NUMBER,
    MAX_TEXT,
    AnyDate,
    Attribute,
    check_texts,
    check_texts_together,
    choose,
    digest_field,
    doc,
    flag_field,
    id_field,
    number_field,
    optional_id_field,
    optional_number_field,
    required_field,
    text_field,
    to_date,
    to_optional_date,
    to_texts,
)
from dialogue_registry.model.shown import shown
from dialogue_registry.model.texts import fold_text

__all__ = ["MAX_ID", "MAX_NUMBER", "MAX_TEXT", "AnyDate"]


class Format(StrEnum):
    """The way in which a meeting was held, or somebody took part; None where that is not known."""

    IN_PERSON = "in-person"
    ONLINE = "online"
    HYBRID = "hybrid"


class Role(StrEnum):
    """The role in which somebody took part."""

    DELEGATE = "delegate"
    HEAD = "head"
    CHAIR = "chair"
    GUEST = "guest"
    OBSERVER = "observer"


@total_ordering
class Level(StrEnum):
    """The level of an office, from the highest down; given, never guessed from the office.

    Levels compare by rank: ``Level.MINISTER > Level.AMBASSADOR``.
    """

    HEAD_OF_STATE = "head-of-state"
    HEAD_OF_GOVERNMENT = "head-of-government"
    MINISTER = "minister"
    DEPUTY_MINISTER = "deputy-minister"
    SENIOR_OFFICIAL = "senior-official"
    AMBASSADOR = "ambassador"
    EXPERT = "expert"
    OTHER = "other"

    @property
    def rank(self) -> int:
        """The place among the levels: 7 for the highest, 0 for the lowest."""
        return len(Level) - 1 - list(Level).index(self)

    def __lt__(self, other: object) -> bool:
        """Return whether this level is lower than another."""
        return self.rank < other.rank if isinstance(other, Level) else NotImplemented

    def __le__(self, other: object) -> bool:
        """Return whether this level is no higher than another."""
        return self.rank <= other.rank if isinstance(other, Level) else NotImplemented

    def __gt__(self, other: object) -> bool:
        """Return whether this level is higher than another."""
        return self.rank > other.rank if isinstance(other, Level) else NotImplemented

    def __ge__(self, other: object) -> bool:
        """Return whether this level is no lower than another."""
        return self.rank >= other.rank if isinstance(other, Level) else NotImplemented


class Numbering(StrEnum):
    """The way in which the meetings of a series are numbered."""

    CONTINUOUS = "continuous"
    YEARLY = "yearly"
    BY_PERIOD = "by-period"


class HeadcountOf(StrEnum):
    """The unit of a head-count."""

    PARTICIPANTS = "participants"
    DELEGATES = "delegates"
    PARTIES = "parties"


def _to_format(value: Format | str | None) -> Format | None:
    return None if value is None else choose(Format, value, _OR_NONE)


def _to_level(value: Level | str | None) -> Level | None:
    return None if value is None else choose(Level, value, _OR_NONE)


_ROLES = {str(role): role for role in Role}
"""Looked up here first: half of a log is delegates, and calling an Enum is slow (1.07 × on replay)."""


def _to_role(value: Role | str) -> Role:
    if value.__class__ is Role:
        return value
    known = _ROLES.get(value) if isinstance(value, str) else None
    return choose(Role, value) if known is None else known


def _to_numbering(value: Numbering | str) -> Numbering:
    return choose(Numbering, value)


def _to_headcount_of(value: HeadcountOf | str) -> HeadcountOf:
    return choose(HeadcountOf, value)


_OR_NONE = ", or None where it is not known"


@attrs.frozen
class Source:
    """The publication that a fact comes from.

    ``published`` is a date; ``language`` a BCP 47 tag such as "en"; ``kind`` says what
    it is: report, announcement, list, inferred … Only ``title`` is required.
    """

    title: str = required_field("Title of the source.")
    url: str = text_field("Address of the source.")
    publisher: str = text_field("Who published the source.")
    published: PartialDate | None = attrs.field(
        default=None, converter=to_optional_date, metadata=doc("When the source was published.")
    )
    language: str = text_field("Language of the source, such as en.")
    kind: str = text_field("What the source is: report, announcement, list …")


def _to_pairs(value: Any) -> tuple[tuple[str, str], ...]:
    pairs = value.items() if isinstance(value, Mapping) else value
    try:
        return tuple((field, text) for field, text in pairs)
    except (TypeError, ValueError):
        raise InvalidValueError(
            f"{shown(value)} is no list of cells: give pairs of a field and its text, such as (('date', '16 June'),)"
        ) from None


def _check_pairs(instance: object, attribute: Attribute, value: tuple[tuple[str, str], ...]) -> None:
    for pair in value:
        for text in pair:
            if not isinstance(text, str):
                raise InvalidValueError(
                    f"{type(instance).__name__}.{attribute.name} holds {shown(text)}, which is no text: give a str"
                )


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class Citation:
    """The place in its source where a recorded event stands, and the words there.

    ``locator`` is a page, paragraph or cell. ``table``, ``edition`` (the digest of the table's
    bytes) and ``row`` tell which row of which edition of a table it is. ``as_written`` holds
    the cells that were changed on the way in, as (field, text). A citation belongs to one
    recorded event: it tells no facts apart.
    """

    locator: str = text_field("Where in the source: a page, a paragraph, a cell.")
    quote: str = text_field("The words of the source.")
    table: str = text_field("Name of the table that the row belongs to.")
    edition: str = text_field("Digest of the edition of the table.")
    row: str = text_field("The key or the number of the row.")
    as_written: tuple[tuple[str, str], ...] = attrs.field(
        default=(), converter=_to_pairs, validator=_check_pairs, metadata={"doc": "The cells that were changed."}
    )


_PARTY = "The party: an ISO 3166-1 alpha-3 code, or a short name."
_PERSON = "An id for the person: tells namesakes apart, brings spellings together."
_SEAT = "The capacity in which a person sat, where there are two."
_ALIAS = "Another name; may be repeated."
_FORMATS = f"{', '.join(Format)}."
_LEVELS = f"Level of the office: {', '.join(Level)}."
_NOTICE = "The day of the notice."
_EVENT = "Id of the event."
_WHEN = "When it took or takes place: 2021-06-16, 2004-08, 2004, or in other EDTF notation."
_PERIOD = "The term or session within which the meeting is numbered."


# --- dialogues, series, parties ----------------------------------------------------------


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class DialogueLaunched:
    """A dialogue between parties began."""

    dialogue: str = id_field("Id of the dialogue.")
    name: str = required_field("Name of the dialogue.")
    launched: PartialDate = attrs.field(converter=to_date, metadata=doc("When the dialogue began."))
    aliases: tuple[str, ...] = attrs.field(default=(), converter=to_texts, validator=check_texts, metadata=doc(_ALIAS))


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class PartyJoined:
    """A party takes part in a dialogue.

    ``party`` is an ISO 3166-1 alpha-3 code where there is one ("UZB"), else any short
    name ("EU"). ``standing`` is "member", "observer", "partner" …
    A party may join again: ``joined`` tells one membership from another.
    """

    dialogue: str = id_field("Id of the dialogue.")
    party: str = required_field(_PARTY)
    name: str = required_field("Name of the party.")
    joined: PartialDate | None = attrs.field(
        default=None, converter=to_optional_date, metadata=doc("When the party joined.")
    )
    aliases: tuple[str, ...] = attrs.field(default=(), converter=to_texts, validator=check_texts, metadata=doc(_ALIAS))
    standing: str = required_field("As what the party takes part: member, observer, partner …", default="member")


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class PartyLeft:
    """A party takes part in a dialogue no longer; ``on`` is the first day without it."""

    dialogue: str = id_field("Id of the dialogue.")
    party: str = required_field(_PARTY)
    on: PartialDate | None = attrs.field(
        default=None, converter=to_optional_date, metadata=doc("The first day without the party.")
    )
    reason: str = text_field("Why the party left.")


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class SeriesOpened:
    """A dialogue holds a series of meetings, such as its senior officials' meetings.

    ``numbering`` says whether the numbers of its meetings go on for ever or begin again
    each year or period.
    """

    series: str = id_field("Id of the series.")
    dialogue: str = id_field("Id of the dialogue.")
    name: str = required_field("Name of the series.")
    abbreviation: str = text_field("Short name of the series.")
    aliases: tuple[str, ...] = attrs.field(default=(), converter=to_texts, validator=check_texts, metadata=doc(_ALIAS))
    numbering: Numbering = attrs.field(
        default=Numbering.CONTINUOUS,
        converter=_to_numbering,
        metadata=doc(f"How its meetings are numbered: {', '.join(Numbering)}."),
    )


# --- meetings --------------------------------------------------------------------------


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class MeetingAnnounced:
    """A meeting of a series was announced; it may still come to nothing.

    ``ordinal`` is the number printed on it, if any: a label, neither key nor position;
    ``period`` the term or session within which it is numbered. ``country`` is an ISO
    3166-1 alpha-3 code where there is one. ``on`` is the day of the notice.
    """

    meeting: str = id_field("Id of the meeting.")
    series: str = id_field("Id of the series.")
    date: PartialDate | None = attrs.field(default=None, converter=to_optional_date, metadata=doc(_WHEN))
    ordinal: int | None = optional_number_field("The number printed on the meeting.")
    format: Format | None = attrs.field(default=None, converter=_to_format, metadata=doc(_FORMATS))
    place: str = text_field("City or venue.")
    country: str = text_field("Country of the place, an ISO 3166-1 alpha-3 code.")
    title: str = text_field("Title of the meeting.")
    on: PartialDate | None = attrs.field(default=None, converter=to_optional_date, metadata=doc(_NOTICE))
    period: str = text_field(_PERIOD)


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class MeetingHeld:
    """A meeting of a series took place. Only held meetings are counted.

    ``date`` is None where only its existence is known; ``on`` is the day of the report.
    """

    meeting: str = id_field("Id of the meeting.")
    series: str = id_field("Id of the series.")
    date: PartialDate | None = attrs.field(default=None, converter=to_optional_date, metadata=doc(_WHEN))
    ordinal: int | None = optional_number_field("The number printed on the meeting.")
    format: Format | None = attrs.field(default=None, converter=_to_format, metadata=doc(_FORMATS))
    place: str = text_field("City or venue.")
    country: str = text_field("Country of the place, an ISO 3166-1 alpha-3 code.")
    title: str = text_field("Title of the meeting.")
    on: PartialDate | None = attrs.field(
        default=None, converter=to_optional_date, metadata=doc("The day of the report.")
    )
    period: str = text_field(_PERIOD)


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class MeetingPostponed:
    """An announced meeting was put off: said ``on`` a day, ``until`` another if known."""

    meeting: str = id_field("Id of the meeting.")
    reason: str = text_field("Why it was postponed.")
    on: PartialDate | None = attrs.field(default=None, converter=to_optional_date, metadata=doc(_NOTICE))
    until: PartialDate | None = attrs.field(
        default=None, converter=to_optional_date, metadata=doc("The day to which it was postponed.")
    )


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class MeetingCancelled:
    """An announced meeting was called off: said ``on`` a day."""

    meeting: str = id_field("Id of the meeting.")
    reason: str = text_field("Why it was cancelled.")
    on: PartialDate | None = attrs.field(default=None, converter=to_optional_date, metadata=doc(_NOTICE))


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class MeetingShared:
    """A joint meeting is also one of another series, under that number.

    It is held, put off and cancelled as the one meeting it is, and counts once in each series.
    """

    meeting: str = id_field("Id of the meeting.")
    series: str = id_field("Id of the series.")
    ordinal: int | None = optional_number_field("The number printed on the meeting.")
    period: str = text_field(_PERIOD)


# --- who came --------------------------------------------------------------------------


def _check_presence(_: object, __: object, value: Format | None) -> None:
    if value is Format.HYBRID:
        raise InvalidValueError(
            "DelegateAttended.format is 'hybrid': record the delegate twice, once 'in-person' and once 'online'; "
            "the answer then says hybrid, and keeps both sources"
        )


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class DelegateAttended:
    """Somebody took part in a meeting for a party.

    ``name`` is kept as written (:func:`dialogue_registry.name_parts` derives its parts).
    Where it is "", ``office`` says who it was; where both are "", the party took part and
    nobody is named. ``on_behalf_of`` names whom an ambassador or deputy sat in for.
    ``person`` is an id of yours for the person: it tells namesakes apart and brings
    spellings together. ``seat`` names a second capacity of one person. ``level`` is the
    level of the office. ``format`` says how this delegate took part: of two rows that
    differ in it alone, the answer says hybrid.
    """

    meeting: str = id_field("Id of the meeting.")
    name: str = text_field("Name of the delegate as written.")
    party: str = required_field(_PARTY)
    office: str = text_field("Office of the delegate.")
    role: Role = attrs.field(default=Role.DELEGATE, converter=_to_role, metadata=doc(f"{', '.join(Role)}."))
    on_behalf_of: str = text_field("For whom the delegate sat in.")
    person: str = text_field(_PERSON)
    seat: str = text_field(_SEAT)
    level: Level | None = attrs.field(default=None, converter=_to_level, metadata=doc(_LEVELS))
    format: Format | None = attrs.field(
        default=None, converter=_to_format, validator=_check_presence, metadata=doc(_FORMATS)
    )


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class DelegateAbsent:
    """Somebody did not take part in a meeting, or a party did not.

    ``excused`` is True, False, or None where that is not said. ``represented_by`` names
    who stood in. The rest is as in DelegateAttended; present and absent in one seat
    contradict each other.
    """

    meeting: str = id_field("Id of the meeting.")
    party: str = required_field(_PARTY)
    name: str = text_field("Name of the delegate as written.")
    office: str = text_field("Office of the delegate.")
    person: str = text_field(_PERSON)
    seat: str = text_field(_SEAT)
    level: Level | None = attrs.field(default=None, converter=_to_level, metadata=doc(_LEVELS))
    excused: bool | None = flag_field("Whether the absence was excused: true or false.", default=None)
    reason: str = text_field("Why the delegate was absent.")
    represented_by: str = text_field("Who stood in for the absent delegate.")


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class HeadcountStated:
    """A source stated how many people, delegates or parties were at a meeting.

    With a ``party`` or a ``format``, how many of those. An ``approximate`` number never
    disagrees with a list. Evidence to compare with, never an input to a count.
    """

    meeting: str = id_field("Id of the meeting.")
    count: int = number_field("The number stated.")
    of: HeadcountOf = attrs.field(
        default=HeadcountOf.PARTICIPANTS,
        converter=_to_headcount_of,
        metadata=doc(f"What is counted: {', '.join(HeadcountOf)}."),
    )
    party: str = text_field(_PARTY)
    format: Format | None = attrs.field(default=None, converter=_to_format, metadata=doc(_FORMATS))
    approximate: bool = flag_field("Whether the number is approximate.")


# --- what it was about -----------------------------------------------------------------


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class TopicDiscussed:
    """A topic was on the table at a meeting."""

    meeting: str = id_field("Id of the meeting.")
    topic: str = required_field("What was discussed.")


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class ActivityReported:
    """A related activity was reported at ``meeting``; it is never counted as a meeting.

    ``field`` is the field of cooperation, ``date`` when the activity took place.
    """

    meeting: str = id_field("Id of the meeting.")
    title: str = required_field("Title of the activity.")
    organisers: tuple[str, ...] = attrs.field(
        default=(),
        converter=to_texts,
        validator=check_texts,
        metadata=doc("Who organised the activity; may be repeated."),
    )
    field: str = text_field("Field of cooperation.")
    date: PartialDate | None = attrs.field(default=None, converter=to_optional_date, metadata=doc(_WHEN))


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class OutcomeAgreed:
    """A meeting agreed on something; ``kind`` says what: joint statement, action plan …"""

    meeting: str = id_field("Id of the meeting.")
    title: str = required_field("Title of the outcome.")
    kind: str = text_field("What the outcome is: joint statement, action plan …")


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class CountStated:
    """A source stated how many meetings of a series, or of a whole dialogue, there had been ``as_of`` a date.

    With a ``format``, how many of that format. ``reported_at`` is the meeting whose
    release states it; it may name a meeting that is not recorded. A statement is
    evidence to compare with, never an input to the recorded count.
    """

    series: str | None = optional_id_field("Id of the series.")
    count: int = number_field("The number stated.")
    as_of: PartialDate = attrs.field(converter=to_date, metadata=doc("The day up to which it was counted."))
    format: Format | None = attrs.field(default=None, converter=_to_format, metadata=doc(_FORMATS))
    reported_at: str | None = optional_id_field("Id of the meeting whose release states it.")
    dialogue: str | None = optional_id_field("Id of the dialogue.")

    def __attrs_post_init__(self) -> None:
        if (self.series is None) == (self.dialogue is None):
            raise InvalidValueError(
                f"CountStated names {'neither a series nor a' if self.series is None else 'both a series and a'} "
                "dialogue: give series= or dialogue=, one of the two"
            )


# --- names and persons -----------------------------------------------------------------


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class NameUsed:
    """A dialogue, series or meeting (``of``), or a ``party``, bears a name in a language and a period.

    ``language`` is a BCP 47 tag such as "ja". Of several, the latest ``since`` wins.
    """

    of: str | None = optional_id_field("Id of the dialogue, series or meeting that bears the name.")
    party: str = text_field(_PARTY)
    name: str = required_field("The name.")
    language: str = text_field("Language of the name, such as ja.")
    since: PartialDate | None = attrs.field(
        default=None, converter=to_optional_date, metadata=doc("Since when the name was used.")
    )
    until: PartialDate | None = attrs.field(
        default=None, converter=to_optional_date, metadata=doc("Until when the name was used.")
    )

    def __attrs_post_init__(self) -> None:
        if (self.of is None) == (not fold_text(self.party)):
            raise InvalidValueError(
                f"NameUsed names {'neither an id nor a' if self.of is None else 'both an id and a'} party: "
                "give of= or party=, one of the two"
            )


def _check_two(instance: object, attribute: Attribute, value: tuple[str, ...]) -> None:
    if len({fold_text(name) for name in value}) < 2:
        raise InvalidValueError(
            f"{type(instance).__name__}.{attribute.name} is {shown(value)}: give two names or more that differ"
        )


_NAMES = "A name as written, or the id of a person; repeated for each."


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class SamePerson:
    """These names of delegates of one party, as written or as person ids, are one person."""

    party: str = required_field(_PARTY)
    names: tuple[str, ...] = attrs.field(converter=to_texts, validator=[check_texts, _check_two], metadata=doc(_NAMES))
    reason: str = text_field("Why it is one person.")


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class DifferentPersons:
    """These names of delegates of one party, as written or as person ids, are different persons."""

    party: str = required_field(_PARTY)
    names: tuple[str, ...] = attrs.field(converter=to_texts, validator=[check_texts, _check_two], metadata=doc(_NAMES))
    reason: str = text_field("Why they are different persons.")


def _check_source(instance: object, attribute: Attribute, value: object) -> None:
    if not isinstance(value, Source):
        raise InvalidValueError(
            f"{type(instance).__name__}.{attribute.name} is {shown(value)}, which is no source: "
            "give Source(title, url=…)"
        )


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class SourceKept:
    """A copy of a source was kept: its checksum, when it was retrieved, where the copy is."""

    source: Source = attrs.field(validator=_check_source, metadata={"doc": "The source that was kept."})
    sha256: str = digest_field("SHA-256 of the copy.")
    retrieved: PartialDate = attrs.field(converter=to_date, metadata=doc("When the copy was retrieved."))
    archived: str = text_field("Address of the kept copy.")


StatusReport: TypeAlias = MeetingAnnounced | MeetingHeld | MeetingPostponed | MeetingCancelled
"""A report of a meeting's status."""

Fact: TypeAlias = attrs.AttrsInstance
"""A statement of a source about the world: a class of this module, or one of a user's kind."""

FACTS: tuple[type[Any], ...] = (
    DialogueLaunched,
    PartyJoined,
    PartyLeft,
    SeriesOpened,
    MeetingAnnounced,
    MeetingHeld,
    MeetingPostponed,
    MeetingCancelled,
    MeetingShared,
    DelegateAttended,
    DelegateAbsent,
    HeadcountStated,
    TopicDiscussed,
    ActivityReported,
    OutcomeAgreed,
    CountStated,
    NameUsed,
    SamePerson,
    DifferentPersons,
    SourceKept,
)
"""The classes of the library's own facts."""


@attrs.frozen
class UnknownEvent:
    """An event of a kind that this program does not know.

    ``word`` is its stored name in reverse-DNS form, ``schema`` its version, ``data`` its
    stored keys. It is kept, chained and exported, and is part of no view.
    """

    word: str
    schema: int
    data: Mapping[str, Any] = attrs.field(hash=False)


@attrs.frozen
class UnreadableEvent(UnknownEvent):
    """An event of a shared log that no version of this library recorded: no fact can be made of it.

    Somebody who may write to the server wrote it there by hand. It is kept and chained, is
    part of no view, and ``verify()`` names it until it is retracted. ``reason`` says what
    is wrong with it.
    """

    reason: str = ""


# --- amendments ------------------------------------------------------------------------


def _check_fact(instance: object, attribute: Attribute, value: object) -> None:
    if not attrs.has(type(value)) or isinstance(value, NO_FACTS):
        raise InvalidValueError(
            f"{type(instance).__name__}.{attribute.name} is {shown(value)}: give a fact, such as MeetingHeld(…)"
        )


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class FactCorrected:
    """The fact recorded as ``event_id`` should have read ``replacement``."""

    event_id: str = required_field(_EVENT)
    replacement: Fact = attrs.field(validator=_check_fact)
    reason: str = required_field("Why it is corrected.")


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class EventRetracted:
    """The event ``event_id`` – a fact, an amendment, a dispute or a citation – was withdrawn."""

    event_id: str = required_field(_EVENT)
    reason: str = required_field("Why it is withdrawn.")


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class FactDisputed:
    """A source claims something else than the fact recorded as ``event_id``."""

    event_id: str = required_field(_EVENT)
    claim: Fact = attrs.field(validator=_check_fact)
    reason: str = text_field("Why it is claimed.")


@attrs.frozen(kw_only=True, field_transformer=check_texts_together)
class EventCited:
    """The event ``event_id`` has a further citation, which the log keeps beside this event."""

    event_id: str = required_field(_EVENT)


Amendment: TypeAlias = FactCorrected | EventRetracted
Event: TypeAlias = Fact | Amendment | FactDisputed | EventCited | UnknownEvent
"""Everything that the log holds."""

NO_FACTS: tuple[type[Any], ...] = (FactCorrected, EventRetracted, FactDisputed, EventCited, Source, Citation)
"""Classes whose values are no facts."""

EVENTS: tuple[type[Any], ...] = (*FACTS, FactCorrected, EventRetracted, FactDisputed, EventCited)
"""The classes of the library's own events."""


def brief(value: object) -> str:
    """Return a fact, or what is made of facts, as code without the fields that hold the default."""
    if isinstance(value, PartialDate | Enum):
        return repr(str(value))
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, tuple) and value and attrs.has(type(value[0])):
        return f"({', '.join(map(brief, value))},)"
    if not attrs.has(type(value)):
        return repr(value)
    arguments: list[str] = []
    for field in attrs.fields(cast("type[attrs.AttrsInstance]", type(value))):
        content = getattr(value, field.name)
        if content != field.default:
            named = field.kw_only or field.default is not attrs.NOTHING
            arguments.append(f"{field.name}={brief(content)}" if named else brief(content))
    return f"{type(value).__name__}({', '.join(arguments)})"
