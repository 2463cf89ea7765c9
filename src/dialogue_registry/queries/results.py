"""The rows that typed questions answer with: frozen values, each with its evidence.

Every row has ``event``, the position of the event whose wording it shows, and ``sources``,
those that state it in the order of recording.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import attrs

from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import (
    Citation,
    DelegateAbsent,
    DelegateAttended,
    Format,
    Level,
    Numbering,
    Role,
    Source,
)
from dialogue_registry.model.names import NameParts, name_parts
from dialogue_registry.model.shapes import shape_of
from dialogue_registry.model.status import Status
from dialogue_registry.queries.display import Shown

_Sources = tuple[Source, ...]


def _with_fields_of(
    *classes: type[Any], but: Sequence[str] = ()
) -> Callable[[type, list["attrs.Attribute[Any]"]], list["attrs.Attribute[Any]"]]:
    """Return a field transformer: a row has also those fields of some facts that its class does not name.

    They come before its ``event``. A line in the class names one for type checkers too.
    """

    def with_fields(_: type, fields: list["attrs.Attribute[Any]"]) -> list["attrs.Attribute[Any]"]:
        names = [field.name for field in fields]
        of_facts = {field.name: field for cls in classes for field in attrs.fields(cls)}
        more = [
            field.evolve(default=attrs.NOTHING, validator=None, converter=None, metadata={}, kw_only=True)
            for name, field in of_facts.items()
            if name not in (*names, *but)
        ]
        place = names.index("event")
        return [*fields[:place], *more, *fields[place:]]

    return with_fields


@attrs.frozen(kw_only=True)
class Dialogue(Shown):
    """A dialogue, and the parties that joined it in the order they were recorded."""

    dialogue: str
    name: str
    launched: PartialDate
    aliases: tuple[str, ...]
    parties: "tuple[Party, ...]"
    event: int
    sources: _Sources


@attrs.frozen(kw_only=True)
class Party(Shown):
    """A party of a dialogue."""

    dialogue: str
    party: str
    name: str
    joined: PartialDate | None
    aliases: tuple[str, ...]
    event: int
    sources: _Sources


@attrs.frozen(kw_only=True)
class Series(Shown):
    """A series of meetings."""

    series: str
    dialogue: str
    name: str
    abbreviation: str
    aliases: tuple[str, ...]
    numbering: Numbering
    event: int
    sources: _Sources


@attrs.frozen(kw_only=True)
class Meeting(Shown):
    """A meeting with its present status.

    Its date, place and the rest are those of the report that it was held, else of the
    last announcement. ``reason`` and ``until`` are those of a postponement or cancellation.
    """

    meeting: str
    series: str
    status: Status
    date: PartialDate | None
    ordinal: int | None
    period: str
    format: Format | None
    place: str
    country: str
    title: str
    reason: str
    until: PartialDate | None
    event: int
    sources: _Sources


class Presence(StrEnum):
    """The presence of somebody: present, absent, or absent and excused."""

    PRESENT = "present"
    ABSENT = "absent"
    EXCUSED = "excused"


# Whether one who is absent was excused is said by the presence.
@attrs.frozen(kw_only=True, field_transformer=_with_fields_of(DelegateAttended, DelegateAbsent, but=("excused",)))
class Attendance(Shown):
    """The part of a delegate in a meeting: who sat there for a party, or did not come.

    ``person`` is the id given to the person, ``seat`` the capacity in which the person sat.
    ``format`` is hybrid where one came in person and online. ``reason`` and
    ``represented_by`` are those of an absence.
    """

    meeting: str
    party: str
    name: str
    office: str
    role: Role
    on_behalf_of: str
    presence: Presence
    format: Format | None
    person: str
    seat: str
    level: Level | None
    reason: str
    represented_by: str
    event: int
    sources: _Sources

    @property
    def parts(self) -> NameParts:
        """The parts of the name: honorific, family name, given name, sort name."""
        return name_parts(self.name)


@attrs.frozen(kw_only=True, field_transformer=_with_fields_of(DelegateAttended))
class Appearance(Shown):
    """One appearance of a delegate: at which meeting, in which office, for whom."""

    meeting: str
    series: str
    date: PartialDate | None
    name: str
    party: str
    office: str
    role: Role
    on_behalf_of: str
    format: Format | None
    person: str
    seat: str
    level: Level | None
    event: int
    sources: _Sources


@attrs.frozen(kw_only=True)
class Topic(Shown):
    """A topic discussed at a meeting."""

    meeting: str
    topic: str
    event: int
    sources: _Sources


@attrs.frozen(kw_only=True)
class Activity(Shown):
    """A related activity reported at a meeting."""

    meeting: str
    title: str
    organisers: tuple[str, ...]
    field: str
    date: PartialDate | None
    event: int
    sources: _Sources


@attrs.frozen(kw_only=True)
class Outcome(Shown):
    """An outcome that a meeting agreed on."""

    meeting: str
    title: str
    kind: str
    event: int
    sources: _Sources


@attrs.frozen(kw_only=True)
class Statement(Shown):
    """A count that a source stated: of a series, or of a dialogue as a whole; the other of the two is None."""

    series: str | None
    dialogue: str | None
    count: int
    as_of: PartialDate
    format: Format | None
    reported_at: str | None
    event: int
    sources: _Sources

    @property
    def counted(self) -> str:
        """The id of the series or the dialogue whose meetings were counted."""
        return self.series or self.dialogue or ""


@attrs.frozen(kw_only=True)
class Dispute(Shown):
    """A claim kept beside the fact it contradicts; never counted.

    ``standing`` is the fact as it reads now, ``claim`` what the source claims instead,
    ``disputed`` the id of the event it disputes.
    """

    disputed: str
    standing: Any
    claim: Any
    reason: str
    event: int
    sources: _Sources


class StepKind(StrEnum):
    """The effect of a step of a history on its fact."""

    RECORDED = "recorded"
    ALSO_REPORTED = "also reported"
    CORRECTED = "corrected"
    RETRACTED = "retracted"
    RESTORED = "restored"
    DISPUTED = "disputed"
    CITED = "cited"


@attrs.frozen(kw_only=True)
class Step(Shown):
    """One step in the history of a subject.

    ``what`` is a :class:`StepKind`, which compares with its word: recorded, also reported, corrected, retracted,
    restored, disputed, cited.
    ``fact`` is the event as it reads after the step, None after it is retracted. ``of`` is
    the position where that fact was first recorded, ``event_id`` the id of this step.
    ``citation`` says where in its source the step stands, None where nobody said.
    """

    position: int
    event_id: str
    recorded_at: datetime
    what: StepKind
    fact: Any
    of: int
    by: str
    reason: str
    source: Source | None
    citation: Citation | None = None


#: The expression that a field is read from, where it is no column of its name; a status may have no reason.
_COLUMN = {"until": "postponed_until", "reason": "coalesce(reason, '')"}


def columns_of(cls: type) -> Sequence[str]:
    """Return the columns that a row class is read from, without its sources."""
    return [_COLUMN.get(name, name) for name in _read_fields(cls)]


def _read_fields(cls: type) -> list[str]:
    return [name for name in attrs.fields_dict(cls) if name not in ("sources", "parties")]


def row_reader(cls: type) -> Callable[..., Any]:
    """Return a function that makes a row of a class from a database row (its :func:`columns_of`) and the sources.

    A dialogue takes its parties too.
    """
    names, fields = _read_fields(cls), attrs.fields_dict(cls)
    shapes = [shape_of(f"{cls.__name__}.{name}", fields[name].type) for name in names]
    hooks = [(place, shape.load) for place, shape in enumerate(shapes) if shape.load is not None]
    # To give the fields of a frozen class by name takes twice as long: 1.5 of the 3.5 us of a row of attendance.
    setters = [getattr(cls, name).__set__ for name in (*names, "sources", *({"parties"} & fields.keys()))]

    def read(row: Sequence[Any], *rest: tuple[Any, ...]) -> Any:
        values = [*row, *rest]
        for place, hook in hooks:
            values[place] = hook(values[place])
        answer: Any = object.__new__(cls)
        for setter, value in zip(setters, values, strict=True):
            setter(answer, value)
        return answer

    return read
