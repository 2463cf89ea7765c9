"""The facts that are recorded: made up, always the same, shaped like the real thing.

Many small meetings – a report, nine delegates, now and then a topic, an outcome, an
announcement before – and a few huge ones of ten thousand delegates. Each meeting has a
source of its own, as each has a press release.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from itertools import islice
from random import Random
from typing import Any

import attrs

from dialogue_registry import (
    CountStated,
    DelegateAttended,
    DialogueLaunched,
    MeetingAnnounced,
    MeetingHeld,
    OutcomeAgreed,
    PartialDate,
    SeriesOpened,
    Source,
    TopicDiscussed,
)
from dialogue_registry.model.events import Fact

SEED = 2004
DIALOGUES, SERIES = 5, 50
SMALL, HUGE = 9, 10_000
"""Delegates of a small and of a huge meeting."""

Item = tuple[Fact, Source]

_FIRST_DAY, _DAYS = date(1955, 1, 1), 70 * 365
_SYLLABLES = ("ka", "ri", "mov", "tash", "ber", "dy", "na", "zar", "bek", "sul", "tan", "oğ")
_GIVEN = ("Rustam", "Åsa", "Nguyễn", "Aigul", "Taro", "Maria", "Bakyt", "Юлия", "Ashgabat", "Ana", "Leyla", "Ken")
_PARTIES = ("JPN", "KAZ", "KGZ", "TJK", "TKM", "UZB", "KOR", "CHN", "IDN", "MYS", "VNM", "EU")
_OFFICES = ("Minister for Foreign Affairs", "Deputy Minister", "Ambassador", "Director-General", "Senior Adviser")
_PLACES = (("Tokyo", "JPN"), ("Astana", "KAZ"), ("Tashkent", "UZB"), ("Dushanbe", "TJK"), ("", ""))
_FORMATS = ("in-person", "in-person", "in-person", "online", "hybrid", None)
_PUBLISHER = "Ministry of Foreign Affairs"


def opening() -> Iterator[Item]:
    """Launch the dialogues and open their series."""
    source = Source("Founding documents", url="https://example.org/founding", publisher=_PUBLISHER)
    for number in range(DIALOGUES):
        yield DialogueLaunched(dialogue=f"dialogue-{number}", name=f"Dialogue {number}", launched="1955"), source
    for number in range(SERIES):
        dialogue, series = f"dialogue-{number % DIALOGUES}", series_id(number)
        yield SeriesOpened(series=series, dialogue=dialogue, name=f"Series {number}", abbreviation="SOM"), source


def series_id(number: int) -> str:
    """The id of a series, by its number."""
    return f"dialogue-{number % SERIES % DIALOGUES}/series-{number % SERIES}"


def meeting_id(number: int) -> str:
    """The id of a meeting, by its number."""
    return f"{series_id(number)}/{number}"


def facts(events: int) -> Iterator[Item]:
    """Exactly that many facts, with huge meetings in proportion: a third of all events."""
    return islice(_facts(events), events)


def _facts(events: int) -> Iterator[Item]:
    yield from opening()
    chance = Random(SEED)
    huge = min(HUGE, events // 3)
    every = max(1, 2 * huge // (SMALL + 2))  # so many small meetings have twice the events of a huge one
    number = 0
    while True:
        yield from _meeting(chance, number, huge if number % every == every // 2 else SMALL)
        number += 1


def _meeting(chance: Random, number: int, delegates: int) -> Iterator[Item]:
    meeting, series = meeting_id(number), series_id(number)
    day = _FIRST_DAY + timedelta(days=number * 3 % _DAYS)
    source = _release(meeting, day)
    place, country = chance.choice(_PLACES)
    how, ordinal = chance.choice(_FORMATS), number // SERIES + 1 if chance.random() < 0.8 else None
    fields: dict[str, Any] = {
        "meeting": meeting, "series": series, "ordinal": ordinal, "place": place, "country": country,
    }  # fmt: skip
    if chance.random() < 0.2:
        yield MeetingAnnounced(**fields, date=day.isoformat()[:7]), source
    yield MeetingHeld(**fields, date=vague(chance, day), format=how), source
    for seat in range(delegates):
        yield delegate(meeting, seat), source
    if chance.random() < 0.5:
        yield TopicDiscussed(meeting=meeting, topic=f"Energy and water, item {number % 7}"), source
    if chance.random() < 0.3:
        yield OutcomeAgreed(meeting=meeting, title=f"Joint Statement {number}", kind="joint statement"), source
    if chance.random() < 0.02:
        yield CountStated(series=series, count=number // SERIES + 1, as_of=day, reported_at=meeting), source


def _release(meeting: str, day: date) -> Source:
    return Source(
        f"Press release on {meeting}",
        url=f"https://example.org/releases/{meeting}.html",
        publisher=_PUBLISHER,
        published=day,
        language="en",
        kind="report",
    )


def delegate(meeting: str, seat: int) -> DelegateAttended:
    """The delegate on a seat of a meeting: no two of a meeting have one name."""
    family = "".join(_SYLLABLES[seat // 12**place % 12] for place in range(4)).upper()
    return DelegateAttended(
        meeting=meeting,
        name=f"{_GIVEN[seat % 7]} {family}",
        party=_PARTIES[seat % len(_PARTIES)],
        office=_OFFICES[seat % len(_OFFICES)],
        role="head" if seat == 0 else "delegate",
    )


def vague(chance: Random, day: date) -> str | None:
    """A date as sources give them: nine in ten are a day."""
    luck, text = chance.random(), day.isoformat()
    if luck < 0.9:
        return text
    if luck < 0.93:
        return text[:7]
    if luck < 0.95:
        return text[:4]
    if luck < 0.97:
        return f"[{text}..{(day + timedelta(days=200)).isoformat()}]"
    if luck < 0.98:
        return f"{text}/{(day + timedelta(days=2)).isoformat()}"
    return None


def singles(events: int, meetings: int) -> Iterator[Item]:
    """Facts to record one by one: delegates of small meetings already recorded, each tenth a new meeting."""
    for number in range(events):
        day = _FIRST_DAY + timedelta(days=number % _DAYS)
        if number % 10 == 9:
            meeting, series = f"{series_id(number)}/new-{number}", series_id(number)
            held = MeetingHeld(meeting=meeting, series=series, date=day, ordinal=number, place="Tokyo", country="JPN")
            yield held, _release(meeting, day)
        else:
            meeting = meeting_id(number % meetings)
            yield delegate(meeting, 10_000 + number), _release(meeting, day)


def meetings_only(meetings: int) -> Iterator[Item]:
    """So many held meetings, in all series and the order of their days over seventy years; a statement each series."""
    yield from opening()
    chance = Random(SEED)
    source = Source("A list of meetings", url="https://example.org/list", publisher=_PUBLISHER)
    for number in range(meetings):
        day = _FIRST_DAY + timedelta(days=number * _DAYS // meetings)
        ordinal = number // SERIES + 1 if number % 5 else None
        how = _FORMATS[number * 7 // SERIES % len(_FORMATS)]
        held = MeetingHeld(
            meeting=meeting_id(number), series=series_id(number), date=vague(chance, day), ordinal=ordinal, format=how
        )
        yield held, source
    last = (_FIRST_DAY + timedelta(days=_DAYS * 9 // 10)).isoformat()
    for number in range(SERIES):
        yield CountStated(series=series_id(number), count=meetings // SERIES, as_of=last), source


def plain(fact: Fact, source: Source) -> dict[str, Any]:
    """The values of a fact as another event store takes them: texts, numbers and None, and its source by address."""
    values = {field.name: getattr(fact, field.name) for field in attrs.fields(type(fact))}
    return {name: _plain(value) for name, value in values.items()} | {"source": source.url}


def _plain(value: Any) -> Any:
    if isinstance(value, PartialDate | StrEnum):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


RECORDED = (
    DialogueLaunched, SeriesOpened, MeetingAnnounced, MeetingHeld, DelegateAttended, TopicDiscussed, OutcomeAgreed,
    CountStated,
)  # fmt: skip
"""The classes of the facts made here."""


def plain_types(cls: type[Fact]) -> dict[str, Any]:
    """The fields of a class of facts with the types that :func:`plain` gives them."""
    kinds: dict[str, Any] = {"ordinal": int | None, "count": int, "aliases": list[str]}
    return {field.name: kinds.get(field.name, str | None) for field in attrs.fields(cls)} | {"source": str}
