"""Sentences as data: a pattern for each language, filled with pieces that keep their notes; the sentence of counts."""

import re
from collections.abc import Iterable, Sequence
from datetime import date

import attrs

from dialogue_registry.charts.language import Language
from dialogue_registry.exports.brief.document import Line, Piece, line
from dialogue_registry.queries.counts import Bounds

_GAP = re.compile(r"\{(\w+)\}")


@attrs.frozen
class Times:
    """The number of meetings that a series held: of all formats (``format`` None) or of one."""

    format: str | None
    number: Bounds
    notes: tuple[int, ...] = ()


@attrs.frozen
class SeriesTimes:
    """The numbers of meetings that a series held: one number, or one for each format."""

    name: str
    times: tuple[Times, ...]


def fill(pattern: str, **values: Line | str) -> Line:
    """Return a pattern with lines or texts where their names stand in braces."""
    pieces: list[Piece] = []
    for place, part in enumerate(_GAP.split(pattern)):
        if place % 2 == 0:
            pieces += [Piece(part)] * bool(part)
        else:
            value = values[part]
            pieces += line(value) if isinstance(value, str) else value
    return tuple(pieces)


def joined(lines: Sequence[Line], between: str, last: str | None = None) -> Line:
    """Return lines one after another, with a text between them, and another one before the last."""
    pieces: list[Piece] = []
    for place, one in enumerate(lines):
        if place:
            pieces.append(Piece(between if last is None or place < len(lines) - 1 else last))
        pieces += one
    return tuple(pieces)


def count_sentence(say: Language, dialogue: str, day: date | None, counts: Iterable[SeriesTimes]) -> Line:
    """Return the sentence in which a release states how many meetings there were by a day; None: so far."""
    listed = joined([_of_series(say, count) for count in counts], say("; "))
    if not listed:
        return fill(say("No meeting is recorded as held ({dialogue})."), dialogue=dialogue)
    if day is None:
        return fill(say("So far, the following meetings have been held ({dialogue}): {counts}."),
                    dialogue=dialogue, counts=listed)  # fmt: skip
    return fill(
        say("By {day}, the following meetings had been held ({dialogue}): {counts}."),
        day=say.day(day), dialogue=dialogue, counts=listed,
    )  # fmt: skip


def _of_series(say: Language, count: SeriesTimes) -> Line:
    times = joined([_times(say, one) for one in count.times], say(", "), say(" and "))
    return fill(say("{series}, {times}"), series=count.name, times=times)


def _times(say: Language, times: Times) -> Line:
    pattern = say("{n} time") if times.number == Bounds(1, 1) else say("{n} times")
    match times.format:
        case "in-person":
            pattern = say("{times} face-to-face").replace("{times}", pattern)
        case "online":
            pattern = say("{times} online").replace("{times}", pattern)
        case "hybrid":
            pattern = say("{times} in hybrid form").replace("{times}", pattern)
    return (*fill(pattern, n=str(times.number)), *((Piece("", times.notes),) if times.notes else ()))
