"""Numbering: the terms within which the meetings of a series are numbered."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from dialogue_registry.model.events import Numbering


class _Numbered(Protocol):
    @property
    def period(self) -> str: ...


N = TypeVar("N", bound=_Numbered)


def year_of(meeting: Any) -> str | None:
    """Return the year of a meeting, None where its date does not tell."""
    day = meeting.date
    return str(day.earliest.year) if day is not None and day.earliest.year == day.latest_start.year else None


def terms_of(
    numbering: Numbering, held: Sequence[N], year: Callable[[N], str | None] = year_of
) -> Mapping[str, Sequence[N]]:
    """Return meetings by the term within which they are numbered: all of them, a year, a period.

    Where the numbers begin again each year, those are left out whose year is not known.
    """
    terms: dict[str, list[N]] = {}
    for meeting in held:
        match numbering:
            case Numbering.CONTINUOUS:
                terms.setdefault("", []).append(meeting)
            case Numbering.BY_PERIOD:
                terms.setdefault(meeting.period, []).append(meeting)
            case Numbering.YEARLY if (within := year(meeting)) is not None:
                terms.setdefault(within, []).append(meeting)
    return terms
