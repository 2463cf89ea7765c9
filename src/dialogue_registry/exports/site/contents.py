"""The contents that all pages share: the registry, the names of its things, and the links to them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from dialogue_registry.charts.language import Language
from dialogue_registry.exports.jsonld import shared_series
from dialogue_registry.exports.site import addresses
from dialogue_registry.exports.site.memberships import memberships, names_used
from dialogue_registry.exports.site.page import Cell, Field, Link, Several, number_path
from dialogue_registry.exports.site.staging import Capacity, Staging
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import Role, Source
from dialogue_registry.queries.counts import Bounds
from dialogue_registry.queries.names import NamesInLanguage
from dialogue_registry.queries.results import Dialogue, Meeting, Series
from dialogue_registry.registry.registry import Snapshot

if TYPE_CHECKING:
    from dialogue_registry.queries.rates import AttendanceRate

SOURCES_A_PAGE = 50


@attrs.frozen
class About:
    """Texts about the site as a whole."""

    title: str
    description: str = ""
    licence: str = ""
    licence_url: str = ""
    source: str = ""
    source_url: str = ""
    base_url: str = ""


@attrs.frozen
class Label:
    """A meeting as others speak of it: its name, its date and year in words, its page, its place in time."""

    id: str
    name: str
    short: str
    day: PartialDate | None
    date: str
    path: str
    number: int
    year: str


class Contents:
    """The registry as the pages show it."""

    def __init__(self, registry: Snapshot, staging: Staging, language: Language, about: About) -> None:
        self.registry = registry
        self.staging = staging
        self.say = language
        self.about = about
        with registry.reading() as reader:
            self._names = NamesInLanguage(reader.connection, language.tag)
            #: The further series of joint meetings, and what was recorded of names and memberships.
            self.shared = shared_series(reader)
            self.names_used = names_used(reader)
            self.memberships = memberships(reader)
        self.dialogues: Mapping[str, Dialogue] = {
            one.dialogue: self._names.dialogue(one) for one in registry.dialogues()
        }
        self.series: Mapping[str, Series] = {one.series: self._names.series(one) for one in registry.series()}
        self.party_names: Mapping[str, str] = {
            party.party: party.name for one in reversed(self.dialogues.values()) for party in reversed(one.parties)
        }
        #: By dialogue; each is asked for one time, which takes 0.09 s at 100,000 attendances.
        self.rates: Mapping[str, Sequence[AttendanceRate]] = {
            dialogue: registry.attendance_rates(dialogue=dialogue) for dialogue in self.dialogues
        }
        self.labels: dict[str, Label] = {}
        self.by_number: list[Label] = []
        self.series_of: list[str] = []
        for meeting in registry.meetings():
            self._add_label(meeting)

    def _add_label(self, meeting: Meeting) -> None:
        series = self.series[meeting.series]
        name = self._names.title(meeting) or self._numbered(series.name, meeting)
        short = self._numbered(series.abbreviation or series.name, meeting)
        path = addresses.of_id("meetings", meeting.meeting)
        year = "" if meeting.date is None else _years(meeting.date)
        date, number = self.say.date(meeting.date), len(self.by_number)
        label = Label(meeting.meeting, name, short, meeting.date, date, path, number, year)
        self.labels[meeting.meeting] = label
        self.by_number.append(label)
        self.series_of.append(meeting.series)

    def _numbered(self, series: str, meeting: Meeting) -> str:
        if meeting.ordinal is None and meeting.date is not None:
            return self.say("{series}, {date}", series=series, date=self.say.date(meeting.date))
        if meeting.ordinal is None:
            return f"{series} ({self.word(meeting.status)})"
        return self.say("{ordinal} {series}", ordinal=self.say.ordinal(meeting.ordinal), series=series)

    # --- links -----------------------------------------------------------------------------

    def meeting_link(self, meeting: str, root: str = "../") -> Link | str:
        """Return a link to a meeting; only its id where it is not recorded."""
        label = self.labels.get(meeting)
        return Link(label.name, f"{root}{label.path}.html") if label else meeting

    def series_link(self, series: str, root: str = "../") -> Link:
        """Return a link to a series."""
        return Link(self.series[series].name, f"{root}{addresses.of_id('series', series)}.html")

    def dialogue_link(self, dialogue: str, root: str = "../") -> Link:
        """Return a link to a dialogue."""
        return Link(self.dialogues[dialogue].name, f"{root}{addresses.of_id('dialogues', dialogue)}.html")

    def party_name(self, party: str) -> str:
        """Return the name of a party; its code where it never joined a dialogue."""
        return self.party_names.get(party) or self._names.party(party, party)

    def party_link(self, party: str, root: str = "../") -> Link:
        """Return a link to a party."""
        return Link(self.party_name(party), f"{root}{addresses.of_party(party)}.html")

    def counted_link(self, counted: str, root: str = "../") -> Link:
        """Return a link to the series or the dialogue that a stated count is of."""
        return self.series_link(counted, root) if counted in self.series else self.dialogue_link(counted, root)

    def subject_link(self, subject: str, root: str = "../") -> Link | str:
        """Return a link to a dialogue, series, meeting or party; the id alone where it is none of them."""
        if subject in self.labels:
            return self.meeting_link(subject, root)
        if subject in self.series:
            return self.series_link(subject, root)
        if subject in self.dialogues:
            return self.dialogue_link(subject, root)
        return self.party_link(subject, root) if subject in self.party_names else subject

    def source_href(self, number: int, root: str = "../") -> str:
        """Return where the source of a number stands."""
        page = number_path("sources/index", (number - 1) // SOURCES_A_PAGE + 1)
        return f"{root}{page}.html#s{number}"

    def sources(self, sources: Sequence[Source], root: str = "../") -> Cell:
        """Return links to sources, by their titles."""
        links = [
            Link(title, self.source_href(self.staging.source_number(source), root))
            for title, source in zip(self._told_apart(sources), sources, strict=True)
        ]
        return links[0] if len(links) == 1 else Several(links, "; ")

    def _told_apart(self, sources: Sequence[Source]) -> list[str]:
        """Return the titles of sources; beside those that stand twice, in what these differ."""
        titles = [source.title for source in sources]
        if len(set(titles)) == len(titles):
            return titles
        names = []
        for source in sources:
            alike = [other for other in sources if other.title == source.title]
            known = {"language": source.language, "kind": source.kind, "publisher": source.publisher,
                    "published": self.say.date(source.published)}  # fmt: skip
            differing = [
                text for name, text in known.items() if text and len({getattr(other, name) for other in alike}) > 1
            ]
            names.append(f"{source.title} ({', '.join(differing[:2])})" if differing else source.title)
        return names

    def series_of_meeting(self, meeting: Meeting) -> list[Series]:
        """Return the series of a meeting: of a joint one, the one it was reported in first."""
        first = self.by_number[self.labels[meeting.meeting].number]
        ids = (self.series_of[first.number], *self.shared.get(meeting.meeting, ()))
        return [self.series[series] for series in ids]

    def cited(self, event: int) -> str:
        """Return where in its source an event stands, and in which words, as far as that is recorded."""
        citation = self.registry.event(event).citation
        if citation is None:
            return ""
        quote = f"“{citation.quote}”" if citation.quote else ""
        return ", ".join(filter(None, (citation.locator, quote)))

    def sources_and_place(self, sources: Sequence[Source], event: int) -> Cell:
        """Return links to sources, and behind them the place in the first of them."""
        links, place = self.sources(sources), self.cited(event)
        return Several([links, place], ": ") if place and links != Several([], "; ") else links

    def support(self, kind: str, subject: str, rows: Iterable[Any]) -> None:
        """Keep which sources say what the rows of an answer say about a subject."""
        for row in rows:
            self.staging.support(kind, subject, row.sources)

    # --- words -----------------------------------------------------------------------------

    def word(self, value: str | None) -> str:
        """Return a format or a status in words."""
        return self.say("not known how" if value in (None, "unknown") else str(value).replace("-", " "))

    def capacity(self, capacity: Capacity) -> str:
        """Return office, role, level and presence in words, such as "Ambassador (head, online)"."""
        say = self.say
        level = "" if not capacity.level else say("level: {level}", level=self.word(capacity.level))
        role = "" if capacity.role == Role.DELEGATE else capacity.role
        words = ", ".join(filter(None, (role and say(role), level, capacity.format and self.word(capacity.format))))
        if capacity.office and words:
            words = f"{capacity.office} ({words})"
        words = words or capacity.office
        behalf = say("on behalf of {name}", name=capacity.on_behalf_of) if capacity.on_behalf_of else ""
        return ", ".join(filter(None, (words, behalf)))

    def bounds(self, bounds: Bounds) -> str:
        """Return how many, in words: a number, or from which to which."""
        if bounds.certain == bounds.possible:
            return self.say.number(bounds.certain)
        return f"{self.say.number(bounds.certain)}–{self.say.number(bounds.possible)}"

    def in_words(self, text: str) -> str:
        """Return a sentence of the library with dates and names of fields in words, and meetings by their names."""
        text = _DATE.sub(lambda found: self._date_in_words(found[0]), text)
        text = _ID.sub(lambda found: self._named(found[0]), text)
        return _FIELD.sub(lambda found: found[0].replace("_", " "), text)

    def _named(self, id_: str) -> str:
        if id_ in self.labels:
            return self.labels[id_].name
        if id_ in self.series:
            return self.series[id_].name
        return self.dialogues[id_].name if id_ in self.dialogues else id_

    def _date_in_words(self, text: str) -> str:
        try:
            return self.say.date(PartialDate.of(text))
        except ValueError:  # it only looks like one
            return text

    def fields(self, **cells: Cell) -> list[Field]:
        """Return fields with their labels, those that say something."""
        labels = {name: self.say(name.replace("_", " ").capitalize()) for name in cells}
        return [Field(labels[name], cell) for name, cell in cells.items() if cell not in ("", ())]


_DAY = r"\d{4}-\d\d-\d\d"
_DATE = re.compile(rf"\[{_DAY}\.\.{_DAY}\]|{_DAY}/{_DAY}|(?<![\w/.-])\d{{4}}-\d\d(?:-\d\d)?(?![\w/-])")
#: Only what looks like no word of a sentence is taken for an id.
_ID = re.compile(r"\b[a-z0-9][a-z0-9._]*(?:[/-][a-z0-9][a-z0-9._]*)+")
_FIELD = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")


def _years(date: PartialDate) -> str:
    """Return the year of a date, or both where it can have begun in either of two."""
    return "–".join(dict.fromkeys(str(day.year) for day in (date.earliest, date.latest_start)))
