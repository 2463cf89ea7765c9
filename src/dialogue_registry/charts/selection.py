"""The selection that a picture shows: dialogues, series and meetings, and the years they lie in."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import attrs

from dialogue_registry.charts.language import Language, language
from dialogue_registry.charts.style import Span
from dialogue_registry.errors import InvalidValueError
from dialogue_registry.model.dates import full_day
from dialogue_registry.model.shown import shown
from dialogue_registry.queries.names import NamesInLanguage
from dialogue_registry.queries.results import Dialogue, Meeting, Series
from dialogue_registry.registry.registry import Snapshot

LONGEST_TITLE = 300
"""A title of more characters is cut: one of a megabyte took four seconds, on a picture that nobody can open."""


@attrs.frozen
class Selection:
    """Series with their meetings, by their dialogues; ``since`` is the first year, where one was chosen."""

    dialogues: Sequence[Dialogue]
    series: Sequence[Series]
    meetings: Mapping[str, Sequence[Meeting]]
    span: Span
    since: int | None
    language: Language

    def of_dialogue(self, dialogue: str) -> Sequence[Series]:
        """Return the chosen series of one dialogue."""
        return [one for one in self.series if one.dialogue == dialogue]

    def title(self, given: str = "") -> str:
        """Return the title given, or the names of the dialogues; what is longer than a title can be is cut."""
        names = ", ".join(dialogue.name for dialogue in self.dialogues)
        title = given or names or self.language("An empty registry")
        return title if len(title) <= LONGEST_TITLE else f"{title[:LONGEST_TITLE].rstrip()}…"


def select(
    registry: Snapshot,
    *,
    dialogue: str | None,
    series: str | Iterable[str],
    since: int | str | None,
    language_tag: str,
) -> Selection:
    """Return what is to be drawn; raises InvalidValueError where there is no such thing, or nothing dated in it."""
    with registry.reading() as reader:
        names = NamesInLanguage(reader.connection, language_tag)
    known = [names.dialogue(one) for one in registry.dialogues()]
    if dialogue is not None:
        _check(dialogue, "dialogue", [one.dialogue for one in known])
    offered = [names.series(one) for one in registry.series(dialogue)]
    wanted = [series] if isinstance(series, str) else list(series)
    for one in wanted:
        _check(one, "series", [there.series for there in offered])
    chosen = [one for one in offered if not wanted or one.series in wanted]
    holding = {one.dialogue for one in chosen} if wanted else {one.dialogue for one in known}
    first = _year(since)
    meetings = {one.series: registry.meetings(one.series) for one in chosen}
    stated = [statement.as_of for statement in registry.statements() if statement.series in meetings]
    span = Span.of([*stated, *(meeting.date for of_one in meetings.values() for meeting in of_one)], first)
    return Selection(
        dialogues=[one for one in known if one.dialogue in holding and dialogue in {None, one.dialogue}],
        series=chosen,
        meetings=meetings,
        span=span,
        since=first,
        language=language(language_tag),
    )


def _check(named: str, kind: str, known: Collection[str]) -> None:
    if not isinstance(named, str) or named not in known:
        there = ", ".join(repr(one) for one in list(known)[:10]) or "none"
        more = f" and {len(known) - 10} more" if len(known) > 10 else ""
        raise InvalidValueError(f"there is no {kind} {shown(named)} to draw: the registry has {there}{more}")


def _year(since: int | str | None) -> int | None:
    """Return the year from which on to draw: a year, or that of a day."""
    if since is None:
        return None
    text = shown(since) if isinstance(since, int) else since
    if len(text) == 4 and text.isascii() and text.isdecimal() and text != "0000":
        return int(text)
    return full_day(text).year
