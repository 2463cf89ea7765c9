"""The name of a meeting that has no title."""

from dialogue_registry.queries.results import Meeting


def title_of(meeting: Meeting, series: str) -> str:
    """Return the title of a meeting, else the name of its series and the number printed."""
    number = "" if meeting.ordinal is None else f" ({meeting.ordinal})"
    return meeting.title or f"{series}{number}"
