"""The news of a registry: what was recorded last, as an Atom feed (RFC 4287) to subscribe to."""

from xml.etree import ElementTree as ET

from dialogue_registry.charts.svg import xml_text
from dialogue_registry.exports.site.contents import Contents
from dialogue_registry.log.entry import instant

_ATOM = "http://www.w3.org/2005/Atom"
_MOST = 50


def news(contents: Contents, updated: str) -> bytes:
    """Return the meetings and stated counts that were recorded last; ``updated`` is the instant of the last event."""
    c, say = contents, contents.say
    feed = ET.Element("feed", xmlns=_ATOM)
    base = f"{c.about.base_url}/" if c.about.base_url else ""
    ids = ", ".join(c.dialogues) or "empty"
    _add(feed, "id", f"{base}news.atom" if base else f"urn:dialogue-registry:news:{ids}")
    _add(feed, "title", c.about.title)
    _add(feed, "updated", updated)
    _add(feed, "author", None, _add_name(c.about.source or c.about.title))
    _link(feed, f"{base}index.html", rel="alternate")
    if base:
        _link(feed, f"{base}news.atom", rel="self")
    entries: list[tuple[int, str, str, str]] = []
    for meeting in c.registry.meetings():
        label = c.labels[meeting.meeting]
        place = ", ".join(filter(None, (meeting.place, c.party_name(meeting.country) if meeting.country else "")))
        words = ", ".join(filter(None, (c.word(meeting.status), label.date, place)))
        entries.append((meeting.event, label.name, words, f"{label.path}.html"))
    for statement in c.registry.statements():
        counted = c.counted_link(statement.counted, "")
        number = say.number(statement.count)
        stated = number if statement.format is None else f"{number} {c.word(statement.format)}"
        title = say("{series}: {n} stated", series=counted.text, n=stated)
        words = say("as of {date}", date=say.date(statement.as_of))
        entries.append((statement.event, title, words, f"{counted.href}#stated"))
    for position, title, words, path in sorted(entries, reverse=True)[:_MOST]:
        (event,) = c.registry.events(after=position - 1, until=position)
        entry = ET.SubElement(feed, "entry")
        _add(entry, "id", f"urn:uuid:{event.id}")
        _add(entry, "title", title)
        _add(entry, "updated", instant(event.recorded_at))
        _link(entry, f"{base}{path}", rel="alternate")
        _add(entry, "summary", words)
    ET.indent(feed)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(feed, encoding="unicode").encode() + b"\n"


def _add(parent: ET.Element, name: str, text: str | None, child: ET.Element | None = None) -> None:
    element = ET.SubElement(parent, name)
    element.text = None if text is None else xml_text(text)
    if child is not None:
        element.append(child)


def _add_name(text: str) -> ET.Element:
    name = ET.Element("name")
    name.text = xml_text(text)
    return name


def _link(parent: ET.Element, href: str, **attributes: str) -> None:
    ET.SubElement(parent, "link", {**attributes, "href": href})
