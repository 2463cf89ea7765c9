"""The day of an instant: it depends on the zone of the place, and is never guessed."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dialogue_registry.errors import InvalidDateError, InvalidValueError

MIDNIGHT = time(0)


def find_zone(name: str) -> ZoneInfo:
    """Return a zone of the IANA database by its name, such as "Asia/Tokyo"; raises InvalidValueError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidValueError(
            f'{name!r} is no time zone: give a name of the IANA database, such as "Asia/Tokyo" or "Europe/Paris"'
        ) from None


def day_of(moment: datetime, zone: ZoneInfo | None, written: str) -> date:
    """Return the day of an aware instant in a zone.

    Without a zone, an instant with an offset of its own, and midnight in UTC, keep their
    day; any other instant in UTC is refused, as its day depends on the place.
    """
    if zone is not None:
        return moment.astimezone(zone).date()
    if moment.utcoffset() == timedelta(0) and moment.time() != MIDNIGHT:
        raise InvalidDateError(
            f"{written!r:.80} is an instant in UTC, and the zone of the place decides its day: say in the mapping, "
            '[dates] zone = "Asia/Tokyo", or name the column that has it'
        )
    return moment.date()


def in_utc(day: date, hour: int, minute: int) -> datetime:
    """Return an instant in UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
