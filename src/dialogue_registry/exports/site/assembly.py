"""The assembly of a site: the registry is asked in the order of its meetings, and written page after page.

Memory holds one page at a time, and of each meeting its name; what pages need in another order
is kept in a file beside them.
"""

import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path

import orjson

from dialogue_registry import charts
from dialogue_registry.charts import Picture
from dialogue_registry.charts.language import Language
from dialogue_registry.errors import InvalidValueError
from dialogue_registry.exports.exporter import export_file
from dialogue_registry.exports.site import addresses
from dialogue_registry.exports.site.contents import About, Contents
from dialogue_registry.exports.site.finding_pages import anomaly_page, dispute_page, statements_page
from dialogue_registry.exports.site.meeting_pages import MeetingPages, gather_attendance
from dialogue_registry.exports.site.news import news
from dialogue_registry.exports.site.overview_pages import MOST_RATED, Overview
from dialogue_registry.exports.site.page import Image, Link, Page, parted
from dialogue_registry.exports.site.people_pages import PeoplePages, places
from dialogue_registry.exports.site.publish import MARK
from dialogue_registry.exports.site.search_index import Hit, SearchIndex
from dialogue_registry.exports.site.source_pages import source_pages
from dialogue_registry.exports.site.staging import Staging
from dialogue_registry.exports.site.writer import Writer
from dialogue_registry.log.entry import instant
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.queries.persons import Named
from dialogue_registry.queries.results import Series
from dialogue_registry.registry.registry import Registry, Snapshot

_MOST_PICTURES = 12
"""Of so many dialogues, each has the pictures on its page too."""
_EMPTY = "1970-01-01T00:00:00Z"


def assemble(
    registry: Snapshot, folder: Path, work: Path, *, language: Language, about: About, theme: bytes | None,
    pictures: bool, log: bool, database: bool,
) -> None:  # fmt: skip
    """Write all that a site is made of into a folder; ``work`` is a place for what is needed meanwhile."""
    (last,) = tuple(registry.events(after=max(0, registry.position - 1))) or (None,)
    recorded = _EMPTY if last is None else instant(last.recorded_at)
    as_of = language.date(PartialDate.of(recorded[:10]))
    with Staging(work / "staging.db") as staging:
        contents = Contents(registry, staging, language, about)
        writer = Writer(folder, language, about, as_of=as_of, theme=theme is not None)
        site = _Site(contents, writer, folder=folder, work=work, recorded=recorded)
        site.write(pictures=pictures, log=log, database=database)
        _write_assets(writer, theme)
        mark = {"made_by": "dialogue-registry", "title": about.title, "position": registry.position}
        writer.put(MARK, orjson.dumps(mark) + b"\n")


def _write_assets(writer: Writer, theme: bytes | None) -> None:
    assets = files("dialogue_registry.exports.site") / "assets"
    for name in ("site.css", "search.js"):
        writer.put(f"assets/{name}", (assets / name).read_bytes())
    if theme is not None:
        writer.put("assets/theme.css", theme)


class _Site:
    def __init__(self, contents: Contents, writer: Writer, *, folder: Path, work: Path, recorded: str) -> None:
        self._c = contents
        self._writer = writer
        self._folder = folder
        self._work = work
        self._today = PartialDate.of(recorded[:10])
        self._recorded = recorded
        self._search = SearchIndex(contents.staging.connection(), writer)

    def write(self, *, pictures: bool, log: bool, database: bool) -> None:
        c, registry, say = self._c, self._c.registry, self._c.say
        # First: a calendar of 6,000 meetings takes 110 MB for a moment, which the pages use again afterwards.
        taken = tuple(_downloads(c, self._folder, self._work, log=log, database=database))
        whole, of_one = self._pictures() if pictures else ((), {})
        reconciliation = registry.reconcile()
        findings = tuple(reconciliation)
        disputes = registry.disputes()
        overview = Overview(c, findings, of_one)
        gather_attendance(c)
        with registry.reading() as reader:
            named = Named(reader.connection)
        c.staging.place_people(places(c.staging.decide_people(named.key)))
        c.staging.prepare_parties()
        people = PeoplePages(c)
        anomalies = registry.anomalies(today=self._today.earliest)
        for pages in (
            overview.dialogue_pages(),
            overview.series_pages(),
            [statements_page(c, findings, reconciliation.not_stated)],
            [dispute_page(c, disputes)],
            [anomaly_page(c, anomalies, say.date(self._today))],
            MeetingPages(c, findings, disputes),
            people.parties(),
        ):
            for page in pages:
                self._write(page)
        self._writer.write(overview.front(whole, taken, self._today.text))
        for page in people.people():  # these are cut already
            self._writer.write(page)
        for page in people.people_index():
            self._writer.write(page)
        for page in source_pages(c):  # last: by now it is known what each source says
            self._writer.write(page)
        self._writer.write(Page(path="search", title=say("Search"), template="search.html"))
        self._writer.put("news.atom", news(c, self._recorded))
        for hit in self._hits():
            self._search.add(hit)
        self._search.finish()

    def _write(self, page: Page) -> None:
        for part in parted(page):
            self._writer.write(part)

    # --- pictures --------------------------------------------------------------------------

    def _pictures(self) -> tuple[Sequence[Image], Mapping[str, Sequence[Image]]]:
        """Return the pictures of the front page, and those of each dialogue and series."""
        c = self._c
        whole = tuple(self._drawn("", None))
        of_one: dict[str, list[Image]] = {}
        if len(c.dialogues) <= _MOST_PICTURES:
            for number, dialogue in enumerate(c.dialogues, 1):
                of_one[dialogue] = [*self._drawn(f"-{number}", dialogue)] if len(c.dialogues) > 1 else []
                of_one[dialogue] += self._grid(f"-{number}", dialogue, None)
        if len(c.series) <= MOST_RATED:
            for number, series in enumerate(c.series.values(), 1):
                of_one[series.series] = [*self._grid(f"-of-{number}", series.dialogue, series)]
        return whole, of_one

    def _drawn(self, suffix: str, dialogue: str | None) -> Iterator[Image]:
        say, registry = self._c.say, self._c.registry
        root = "" if dialogue is None else "../"
        try:
            timeline = charts.timeline(registry, dialogue=dialogue, language=say.tag)
            counts = charts.counts(registry, dialogue=dialogue, language=say.tag)
        except InvalidValueError:  # there is nothing dated to draw
            return
        yield self._image(f"timeline{suffix}", timeline, say("The meetings of each series over time"), root)
        words = say("How many meetings of each series had been held, and the counts that sources state")
        yield self._image(f"counts{suffix}", counts, words, root)

    def _grid(self, suffix: str, dialogue: str, series: Series | None) -> Iterator[Image]:
        say = self._c.say
        of, title = ((), "") if series is None else (series.series, series.name)
        try:
            grid = charts.attendance(self._c.registry, dialogue=dialogue, series=of, title=title, language=say.tag)
        except InvalidValueError:  # nobody was a member of a meeting held
            return
        words = say("Which members came to which of the meetings held; the table below has the numbers")
        yield self._image(f"attendance{suffix}", grid, words, "../")

    def _image(self, name: str, picture: Picture, words: str, root: str) -> Image:
        for path, document in ((name, picture.svg), (f"{name}-narrow", picture.narrow_svg)):
            self._writer.put(f"pictures/{path}.svg", document.encode())
        return Image(
            wide=f"{root}pictures/{name}.svg", narrow=f"{root}pictures/{name}-narrow.svg", words=words,
            width=round(picture.wide.width), height=round(picture.wide.height),
        )  # fmt: skip

    def _used(self, of: str) -> list[str]:
        return [used.name for used in self._c.names_used.get(of, ())]

    # --- search ----------------------------------------------------------------------------

    def _hits(self) -> Iterator[Hit]:
        """Yield what can be found, the more important first."""
        c, say, registry = self._c, self._c.say, self._c.registry
        for dialogue in c.dialogues.values():
            href = f"{addresses.of_id('dialogues', dialogue.dialogue)}.html"
            yield Hit(
                say("Dialogue"),
                dialogue.name,
                "",
                href,
                (dialogue.name, *dialogue.aliases, *self._used(dialogue.dialogue)),
            )
        for series in c.series.values():
            href = f"{addresses.of_id('series', series.series)}.html"
            names = (series.name, series.abbreviation, *series.aliases, *self._used(series.series))
            yield Hit(say("Series"), series.name, c.dialogues[series.dialogue].name, href, names)
        aliases: dict[str, list[str]] = {}
        for dialogue in c.dialogues.values():
            for party in dialogue.parties:
                aliases.setdefault(party.party, []).extend((party.name, *party.aliases))
        for code in sorted({*aliases, *(party for party, *_ in c.staging.parties())}):
            href = f"{addresses.of_party(code)}.html"
            yield Hit(say("Party"), c.party_name(code), code, href, (code, *aliases.get(code, ()), *self._used(code)))
        for person, texts in c.staging.people_in_words():
            beside = c.party_name(person.party)
            yield Hit(say("Person"), person.written, beside, person.href, [person.written, *texts])
        for series_id in c.series:
            for meeting in registry.meetings(series_id):
                label = c.labels[meeting.meeting]
                words = [label.name, meeting.title, meeting.place, label.date, *self._used(meeting.meeting)]
                words += [topic.topic for topic in registry.topics(meeting.meeting)]
                words += [outcome.title for outcome in registry.outcomes(meeting.meeting)]
                for activity in registry.activities(meeting.meeting):
                    words += [activity.title, activity.field, *activity.organisers]
                yield Hit(say("Meeting"), label.name, label.date, f"{label.path}.html", words)
        for number, source in c.staging.sources():
            beside = ", ".join(filter(None, (source.publisher, say.date(source.published))))
            href = c.source_href(number, "")
            yield Hit(say("Source"), source.title, beside, href, (source.title, source.publisher, source.url))


# --- downloads -------------------------------------------------------------------------

_MOST_IN_A_WORKBOOK = 200_000
"""Of more events, a spreadsheet opens a workbook in minutes if at all; the tables are there all the same."""


def _downloads(contents: Contents, folder: Path, work: Path, *, log: bool, database: bool) -> Iterator[Link]:
    """Write what can be taken away into the folder of a site; yield a link to each."""
    say, registry = contents.say, contents.registry
    target = folder / "download"
    target.mkdir()
    export_file(registry, folder / "calendar.ics", format="ics", language=say.tag)
    yield Link(say("Calendar to subscribe to"), "calendar.ics")
    yield Link(say("News (Atom)"), "news.atom")
    if registry.position <= _MOST_IN_A_WORKBOOK:
        export_file(registry, target / "registry.xlsx")
        yield Link(say("Workbook (xlsx)"), "download/registry.xlsx")
    package = work / "data-package"
    export_file(registry, package, format="csv")
    _zipped(package, target / "data-package.zip")
    yield Link(say("Tables (CSV, as a data package)"), "download/data-package.zip")
    if log:
        export_file(registry, target / "events.jsonl", format="events")
        yield Link(say("The log, with who recorded what (JSON lines)"), "download/events.jsonl")
    if database:
        with Registry.open(target / "registry.db") as copied:
            copied.import_events(registry.export_events())
        yield Link(say("The registry itself (SQLite)"), "download/registry.db")


def _zipped(package: Path, target: Path) -> None:
    """Put the files of a folder into an archive, which is the same each time they are."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(package.iterdir()):
            entry = zipfile.ZipInfo(path.name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as into:
                shutil.copyfileobj(source, into, 1 << 20)
