"""The facts that a format has no place for, with their number in a registry."""

from collections.abc import Mapping

from dialogue_registry.queries.reader import Reader

_MEETINGS_ALONE = {
    "attendance": "attendance",
    "topics": "topics",
    "activities": "activities",
    "outcomes": "outcomes",
    "stated counts": "statements",
    "disputes": "disputes",
}
_FACTS = {
    "kept copies of sources": "kept_sources",
    "places in sources": "events WHERE json_extract(citation, '$.locator', '$.quote') <> '[null,null]'",
    "wordings before a correction or retraction": "events WHERE type IN ('fact.corrected', 'event.retracted')",
    "disputes": "disputes",
}
_TABLES = {
    "further sources of a fact": "evidence WHERE telling <> fact AND title IS NOT NULL",
    "wordings before a correction or retraction": "events WHERE type IN ('fact.corrected', 'event.retracted')",
    "disputes": "disputes",
}
_WEB = {
    "delegates whom nobody named": "attendance WHERE name = ''",
    "persons sat in for": "attendance WHERE name <> '' AND on_behalf_of <> ''",
    "dates of which a window is known": "meetings WHERE date LIKE '[%'",
    "activities": "activities",
    "outcomes": "outcomes",
    "stated counts": "statements",
    "disputes": "disputes",
}
_PARTS: Mapping[str, Mapping[str, str]] = {
    "events": {},
    "xlsx": _FACTS,
    "csv": _FACTS,
    "parquet": _TABLES,
    "ics": _MEETINGS_ALONE,
    "jsonld": {"roles in a meeting": "attendance WHERE name <> '' AND role <> 'delegate'", **_WEB},
    "popolo": {"topics": "topics", **_WEB},
}
"""By format: the name of each part that it has no place for, and the rows that this part is."""


def left_out(reader: Reader, format: str) -> tuple[str, ...]:  # noqa: A002 - what it is called everywhere
    """Return a line for what a registry has and a format does not, none where that is nothing."""
    parts = []
    for name, rows in _PARTS[format].items():
        (number,) = reader.query(f"SELECT count(*) FROM {rows}").fetchone()
        if number:
            parts.append(f"{name} ({number})")
    return (f"{', '.join(parts)}: the format {format} has no place for them",) if parts else ()
