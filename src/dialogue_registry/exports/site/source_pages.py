"""The pages of sources: what each is, where it is to be found, and what it says."""

from collections.abc import Iterator

from dialogue_registry.exports.site.contents import SOURCES_A_PAGE, Contents
from dialogue_registry.exports.site.page import ROWS, Cell, Entry, Items, Link, Page, Part, number_path
from dialogue_registry.model.events import Source
from dialogue_registry.queries.dicts import to_dict

_KINDS = {
    "dialogue": ("the dialogue", "the dialogue"),
    "party": ("one party", "{n} parties"),
    "series": ("the series", "the series"),
    "meeting": ("the meeting", "the meeting"),
    "attendance": ("one delegate", "{n} delegates"),
    "topic": ("one topic", "{n} topics"),
    "activity": ("one activity", "{n} activities"),
    "outcome": ("one outcome", "{n} outcomes"),
    "statement": ("one stated count", "{n} stated counts"),
    "absence": ("one absence", "{n} absences"),
    "headcount": ("one number of people", "{n} numbers of people"),
    "membership": ("one membership", "{n} memberships"),
    "name": ("one name", "{n} names"),
    "dispute": ("one dispute", "{n} disputes"),
}
_MOST_LINKS = 4 * ROWS
"""A source of more meetings than these, such as a yearbook, says how many more there are."""


def source_pages(contents: Contents) -> Iterator[Page]:
    """Yield the pages of sources, in the order in which the site first names them."""
    say = contents.say
    total = contents.staging.source_count()
    numbers = max(1, -(-total // SOURCES_A_PAGE))
    parts: list[Part] = []
    data = []
    number = 0
    for number, source in contents.staging.sources():
        parts += _source(contents, number, source)
        data.append({"number": number, **to_dict(source)})
        if number % SOURCES_A_PAGE == 0 or number == total:
            yield _page(contents, -(-number // SOURCES_A_PAGE), numbers, parts, data)
            parts, data = [], []
    if not number:
        parts = [Items(items=[], note=say("No source is named."))]
        yield _page(contents, 1, 1, parts, [])


def _page(contents: Contents, number: int, numbers: int, parts: list[Part], data: list[dict[str, object]]) -> Page:
    return Page(
        path=number_path("sources/index", number), title=contents.say("Sources"), parts=parts,
        data={"sources": data}, number=number, numbers=numbers,
    )  # fmt: skip


def _source(contents: Contents, number: int, source: Source) -> Iterator[Part]:
    say = contents.say
    address = source.url
    fields = contents.fields(
        published=say.date(source.published), publisher=source.publisher, kind=source.kind, language=source.language,
        address=Link(address, address) if address.startswith(("http://", "https://")) else address,
    )  # fmt: skip
    subjects: dict[str, list[str]] = {}
    for kind, subject, facts in contents.staging.supported(number):
        one, many = _KINDS.get(kind, (kind, f"{{n}} {kind}"))
        subjects.setdefault(subject, []).append(say.plural(facts, one, many))
    says: list[Cell] = []
    for subject, kinds in list(subjects.items())[:_MOST_LINKS]:
        link, what = contents.subject_link(subject), ", ".join(kinds)
        says.append(Link(f"{link.text} ({what})", link.href) if isinstance(link, Link) else f"{link} ({what})")
    yield Entry(title=source.title, fields=fields, anchor=f"s{number}")
    note = ""
    if len(subjects) > _MOST_LINKS:
        note = say("and {n} further meetings", n=say.number(len(subjects) - _MOST_LINKS))
    yield Items(items=says, note=note)
