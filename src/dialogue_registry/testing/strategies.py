"""Strategies of Hypothesis for what can be recorded: dates, names, texts, sources, events."""

from datetime import date, timedelta
from typing import Any, TypeAlias, TypeVar

from hypothesis import strategies as st

from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import (
    FACTS,
    ActivityReported,
    CountStated,
    DelegateAttended,
    DialogueLaunched,
    Event,
    EventRetracted,
    Fact,
    FactCorrected,
    FactDisputed,
    Format,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    OutcomeAgreed,
    PartyJoined,
    Role,
    SeriesOpened,
    Source,
    TopicDiscussed,
)

Strategy: TypeAlias = st.SearchStrategy
_Ids: TypeAlias = Strategy[str]
F = TypeVar("F", bound=Fact)


def texts(*, min_size: int = 0) -> Strategy[str]:
    """Any text that a field may hold: all scripts, marks, control characters, markup."""
    odd = st.sampled_from(
        ["'; DROP TABLE events; --", "<b>&amp;</b>", "\u202eright to left", "a\r\n\tb", "%s {0}", "🕊"]
    )
    return odd | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=min_size)


def required_texts() -> Strategy[str]:
    """Any text that is not blank."""
    return texts(min_size=1).filter(str.strip)


def ids() -> _Ids:
    """Any id: lower-case path segments."""
    return st.from_regex(r"[a-z0-9][a-z0-9._-]{0,8}(/[a-z0-9][a-z0-9._-]{0,8}){0,3}", fullmatch=True)


def days() -> Strategy[date]:
    """Days that lie close enough together to be compared, and now and then any day of the calendar."""
    edges = st.sampled_from([date(2004, 12, 31), date(2005, 1, 1), date(2005, 2, 28), date(2004, 2, 29)])
    near = st.dates(date(2004, 11, 1), date(2005, 3, 31))
    return st.one_of(edges, near, near, near, edges, near, near, near, st.dates())


def dates() -> Strategy[PartialDate]:
    """Dates as sources give them: a day, a month, a year, a span of days, one day of a window."""
    windows = st.tuples(days(), days()).map(sorted)
    lengths = st.sampled_from([0, 1, 2, 40])
    return st.one_of(
        days().map(date.isoformat),
        days().map(lambda day: day.isoformat()[:7]),
        days().map(lambda day: day.isoformat()[:4]),
        st.tuples(days(), lengths).map(lambda span: f"{span[0]}/{_later(*span)}"),
        windows.map(lambda window: f"[{window[0]}..{window[1]}]"),
    ).map(PartialDate.of)


def _later(day: date, days_after: int) -> date:
    return day + timedelta(min(days_after, (date.max - day).days))


_FAMILIES = ["TOKUDA", "SYZDYKOV", "KEMELEVA", "СЫЗДЫКОВ", "ΒΕΝΙΖΕΛΟΣ", "PÉREZ DE LA CRUZ", "O'BRIEN", "in 't VELD"]
_GIVEN = ["Shuichi", "Marat", "Дінара", "Ki-moon", "太郎", "Ana", "Seán", "F."]


def names() -> Strategy[str]:
    """Names as written: several scripts, the family name in capitals before or after, or in none at all."""
    family, given_names = st.sampled_from(_FAMILIES), st.sampled_from(_GIVEN)
    honorifics = st.sampled_from(["", "Mr. ", "H.E. ", "Г-н "])
    return st.one_of(
        st.tuples(honorifics, family, given_names).map(lambda n: f"{n[0]}{n[1]} {n[2]}"),
        st.tuples(honorifics, given_names, family).map(lambda n: f"{n[0]}{n[1]} {n[2]}"),
        st.sampled_from(["河野 太郎", "عبد الله", "Abdul G. Jawshan"]),
        required_texts(),
    )


def sources() -> Strategy[Source]:
    """Where facts come from."""
    return st.builds(
        Source,
        required_texts(),
        url=_seldom(st.just("https://example.org/"), ""),
        publisher=_seldom(texts(), ""),
        published=_seldom(dates(), None),
        language=_seldom(st.sampled_from(["en", "ja", "ru"]), ""),
        kind=_seldom(st.sampled_from(["report", "announcement", "list", "inferred"]), ""),
    )


def _seldom(strategy: Strategy[Any], otherwise: object) -> Strategy[Any]:
    # Not one_of, which would give each branch of the strategy the chance of a whole one.
    return st.integers(0, 2).flatmap(lambda number: strategy if number == 2 else st.just(otherwise))


def _mostly(strategy: Strategy[Any], otherwise: object) -> Strategy[Any]:
    return st.integers(0, 3).flatmap(lambda number: strategy if number else st.just(otherwise))


# --- events --------------------------------------------------------------------------


def facts(
    *classes: type[F],
    dialogues: _Ids | None = None,
    series: _Ids | None = None,
    meetings: _Ids | None = None,
    words: Strategy[str] | None = None,
    people: Strategy[str] | None = None,
) -> Strategy[F]:
    """Facts of some classes, or of all.

    The ids, the texts and the names of people are drawn from these strategies: few of them
    make facts that have to do with each other.
    """
    dialogues, series, meetings = (ids() if told is None else told for told in (dialogues, series, meetings))
    people = names() if people is None else people
    required, text = (required_texts(), texts()) if words is None else (words, words)
    text = _seldom(text, "")
    formats = _seldom(st.sampled_from(Format), None)
    named = {"name": required, "aliases": _seldom(st.lists(required, max_size=2).map(tuple), ())}
    parties = st.sampled_from(["JPN", "UZB", "EU"])
    report = {
        "meeting": meetings,
        "series": series,
        "date": _mostly(dates(), None),
        "ordinal": st.none() | st.integers(1, 20),
        "format": formats,
        "place": text,
        "country": _seldom(parties, ""),
        "title": text,
    }
    interruption = {"meeting": meetings, "reason": text, "on": _seldom(dates(), None)}
    seat = {"meeting": meetings, "party": parties, "role": _seldom(st.sampled_from(Role), Role.DELEGATE)}
    made: dict[type[Any], Strategy[Any]] = {
        DialogueLaunched: st.builds(DialogueLaunched, dialogue=dialogues, launched=dates(), **named),
        PartyJoined: st.builds(PartyJoined, dialogue=dialogues, party=parties, joined=_seldom(dates(), None), **named),
        SeriesOpened: st.builds(SeriesOpened, series=series, dialogue=dialogues, abbreviation=text, **named),
        MeetingAnnounced: st.builds(MeetingAnnounced, **report),
        MeetingHeld: st.builds(MeetingHeld, **report),
        MeetingPostponed: st.builds(MeetingPostponed, until=_seldom(dates(), None), **interruption),
        MeetingCancelled: st.builds(MeetingCancelled, **interruption),
        DelegateAttended: st.one_of(
            st.builds(DelegateAttended, name=people, office=text, on_behalf_of=text, **seat),
            st.builds(DelegateAttended, name=st.just(""), office=required, on_behalf_of=text, **seat),
        ),
        TopicDiscussed: st.builds(TopicDiscussed, meeting=meetings, topic=required),
        ActivityReported: st.builds(
            ActivityReported,
            meeting=meetings,
            title=required,
            organisers=_seldom(st.lists(required, max_size=2).map(tuple), ()),
            field=text,
            date=_seldom(dates(), None),
        ),
        OutcomeAgreed: st.builds(OutcomeAgreed, meeting=meetings, title=required, kind=text),
        CountStated: st.builds(
            CountStated,
            series=series,
            count=st.integers(0, 6) | st.integers(0, 1_000_000_000),
            as_of=dates(),
            format=formats,
            reported_at=_seldom(meetings, None),
        ),
    }
    return st.one_of([made[cls] for cls in classes or FACTS])


def events(**strategies: Any) -> Strategy[Event]:
    """Events of every class: facts as :func:`facts` makes them, amendments and disputes."""
    told: Strategy[Fact] = facts(**strategies)
    event_ids = st.uuids(version=4).map(str)
    return st.one_of(
        told,
        st.builds(FactCorrected, event_id=event_ids, replacement=told, reason=required_texts()),
        st.builds(EventRetracted, event_id=event_ids, reason=required_texts()),
        st.builds(FactDisputed, event_id=event_ids, claim=told, reason=texts()),
    )
