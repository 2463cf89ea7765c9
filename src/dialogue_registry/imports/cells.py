"""The value of a cell as text: what says nothing is "", and what no text can be made of is refused.

Cells come from CSV, workbooks, JSON and data frames. A value of a kind that nobody expected
is never turned into text by force.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import attrs

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.model.dates import PartialDate

_NOTHING = frozenset(("NAType", "NaTType", "MaskedConstant"))
"""Classes of pandas and NumPy whose values say that there is none."""


@attrs.frozen
class BadCell:
    """A cell that its file says to be wrong, such as #N/A in a workbook; ``why`` says so."""

    why: str


def is_nothing(value: object) -> bool:
    """Return whether a value is one of the words of other libraries for nothing: None, NaN, NaT, NA."""
    if value is None:
        return True
    if type(value).__name__ in _NOTHING:
        return True
    if isinstance(value, str | bytes | Mapping | Sequence):
        return False
    if isinstance(value, Decimal):
        return value.is_nan()  # a signalling one raises where it is compared
    try:
        return bool(value != value)  # noqa: PLR0124 - NaN of any library differs from itself
    except Exception:  # noqa: BLE001 - a comparison of somebody else's class may fail in any way
        return False


def is_empty(cell: Any) -> bool:
    """Return whether a cell says nothing: blanks alone, or one of those words."""
    return not cell or cell.isspace() if isinstance(cell, str) else is_nothing(cell)


def first_of(cells: Iterable[Any]) -> Any:
    """Return the first cell that says something, a text without the blanks around it; "" where none does."""
    found = next((cell for cell in cells if not is_empty(cell)), "")
    return found.strip() if isinstance(found, str) else found


def plain_value(value: Any) -> Any:
    """Return a value of this module's kinds for one of NumPy's, an enumeration or a PartialDate; others as they are."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, PartialDate):
        return value.text
    if type(value).__module__.partition(".")[0] == "numpy" and not isinstance(value, str):
        if type(value).__name__ == "datetime64":
            return _in_its_unit(value)
        return value.tolist() if hasattr(value, "tolist") else value
    if type(value).__name__ == "Period" and getattr(value, "freqstr", "") in ("Y-DEC", "A-DEC", "M", "D"):
        return str(value)  # of pandas: a year of the calendar, a month or a day
    return value


def _in_its_unit(value: Any) -> Any:
    """Return a datetime64 of NumPy: a month or a year as text, since it names no day; a week, no date, as it is."""
    unit = value.dtype.name.partition("[")[2].rstrip("]")
    if unit in ("Y", "M"):
        return str(value)
    if unit.endswith(("Y", "M", "W")):
        return value
    return value.astype("datetime64[us]").item()  # nanoseconds would become a bare number


def text_of(value: Any, column: str, separator: str = ";") -> str:
    """Return a cell as text, without white space around it; "" where it says nothing.

    Items of a list are joined by the separator. Raises InvalidValueError for an object, a
    list in a list, and whatever else is no cell.
    """
    if isinstance(value, str):
        return value.strip()
    if is_nothing(value):
        return ""
    match plain_value(value):
        case str(text):
            return text.strip()
        case bool(truth):
            return "true" if truth else "false"
        case int(number):
            return str(number)
        case float(number):
            return _number(number, column)
        case Decimal() as number:
            return _number(number, column)
        case datetime() as moment:
            return moment.date().isoformat() if moment.timetz() == time(0) else moment.isoformat()
        case date() as day:
            return day.isoformat()
        case time() as clock:
            return clock.isoformat("minutes" if not clock.second and not clock.microsecond else "auto")
        case timedelta() as duration:
            return _duration(duration)
        case UUID() as uuid:
            return str(uuid)
        case BadCell(why=why):
            raise InvalidValueError(f"column {column!r} cannot be read: {why}")
        case Mapping() as item:
            raise InvalidValueError(_object(item, column))
        case list() | tuple() as items:
            return _joined(items, column, separator)
        case other:
            raise InvalidValueError(
                f"column {column!r} holds a value of the kind {type(other).__name__}, of which no text can be made: "
                "give texts, numbers or dates"
            )


def _number(number: Any, column: str) -> str:
    if not math.isfinite(number):
        raise InvalidValueError(f"column {column!r} holds {number}, which is no number: correct or empty the cell")
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    return str(number)


def _duration(duration: timedelta) -> str:
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}"


def _object(item: Mapping[str, Any], column: str) -> str:
    keys = [str(key) for key in item]
    if not keys:
        return f"column {column!r} holds an empty object: leave it out"
    return (
        f"column {column!r} holds an object, with {', '.join(map(repr, keys[:8]))}{' …' * (len(keys) > 8)}: name what "
        f"is inside, such as {{{column}.{keys[0]}}}"
    )


def _joined(items: Sequence[Any], column: str, separator: str) -> str:
    if any(isinstance(item, list | tuple) for item in items):
        raise InvalidValueError(
            f"column {column!r} is a list that holds lists: name the list whose items are rows in the mapping, "
            "[file] rows = …"
        )
    if objects := [item for item in items if isinstance(item, Mapping)]:
        raise InvalidValueError(
            f"column {column!r} is a list of objects: name what is inside, such as "
            f"{{{column}.{next(iter(objects[0]), 'name')}}}, or the list itself in the mapping, [file] rows = …"
        )
    return f"{separator} ".join(text for item in items if (text := text_of(item, column)))


def texts_of(value: Any, column: str, separator: str) -> tuple[str, ...]:
    """Return the items of a cell: of a list, or of a text with a separator between them; empty ones left out."""
    value = plain_value(value)
    if isinstance(value, list | tuple):
        _joined(value, column, separator)  # refuses what is inside
        items = [text_of(item, column) for item in value]
    else:
        items = [item.strip() for item in text_of(value, column).split(separator)]
    return tuple(item for item in items if item)
