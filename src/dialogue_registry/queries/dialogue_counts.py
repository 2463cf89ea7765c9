"""Counts of a dialogue as a whole: those of its series added up, a joint meeting counted one time."""

from collections.abc import Mapping
from datetime import date

from dialogue_registry.model.status import Status
from dialogue_registry.queries.counts import FORMATS, Bounds, Count, Rule, Shares, as_of
from dialogue_registry.queries.reader import Reader
from dialogue_registry.queries.results import Meeting


def count_dialogue(reader: Reader, dialogue: str, counts: Mapping[str, Count], day: date | None, rule: Rule) -> Count:
    """Return the count of a dialogue as of a day by a rule, from the counts of all series by the same.

    A joint meeting that the rule counts in several of its series is counted in the dialogue
    one time. There is no highest ordinal, since the series number their meetings apart.
    """
    rows = reader.query("SELECT series FROM series WHERE dialogue = ?", (dialogue,))
    within = [counts[series].by_format for (series,) in rows]
    again = {name: Bounds(0, 0) for name in FORMATS}
    for meeting in _counted_again(reader, dialogue, rule):
        name = meeting.format or "unknown"
        again[name] += as_of(meeting, day, day)
    shares = Shares(
        Bounds(
            sum(shares[name].certain for shares in within) - again[name].certain,
            sum(shares[name].possible for shares in within) - again[name].possible,
        )
        for name in FORMATS
    )
    total = sum(shares.values(), Bounds(0, 0))
    return Count(series=dialogue, total=total, by_format=shares, highest_ordinal=None, carried=None)


def _counted_again(reader: Reader, dialogue: str, rule: Rule) -> list[Meeting]:
    """Return each joint meeting as often as the rule counts it in the series of a dialogue beyond the first one."""
    joint = {meeting for (meeting,) in reader.query("SELECT DISTINCT meeting FROM shared_meetings")}
    if not joint:
        return []
    counted: set[str] = set()
    again: list[Meeting] = []
    for meeting in reader.in_series(dialogue=dialogue, status=Status.HELD.value):
        if meeting.meeting in joint and rule.counts(meeting):
            if meeting.meeting in counted:
                again.append(meeting)
            counted.add(meeting.meeting)
    return again
