"""The facts that a format has no place for, with their number in a registry."""

from collections.abc import Mapping

from dialogue_registry.queries.reader import Reader

_MEETINGS_ALONE = {
    "attendance": "attendance",
    "numbers of people": "headcounts",
    "topics": "topics",
    "activities": "activities",
    "outcomes": "outcomes",
    "stated counts": "statements",
    "disputes": "disputes",
}
_FACTS = {
    "places in sources": "events WHERE coalesce(citation ->> '$.locator', citation ->> '$.quote') IS NOT NULL",
    "wordings before a correction or retraction": "events WHERE type IN ('fact.corrected', 'event.retracted')",
    "disputes": "disputes",
}
_NAMES = {"names by language or period": "names_used"}
_MEMBERSHIP = {
    "parties that left": "departures",
    "standing of parties": "parties WHERE standing <> 'member'",
    "kept copies of sources": "kept_sources",
    "statements on who is who": "(SELECT fact FROM same_persons UNION ALL SELECT fact FROM different_persons)",
}
_EARLIER_REPORTS = {
    "reports that others followed": "meeting_reports r WHERE NOT EXISTS"
    " (SELECT 1 FROM meetings m WHERE m.meeting = r.meeting AND r.fact IN (m.fact, m.status_fact))",
}
_TABLES = {
    "further sources of a fact": "evidence WHERE telling <> fact AND title IS NOT NULL",
    **_EARLIER_REPORTS,
    **_FACTS,
}
_WEB = {
    "delegates whom nobody named": "attendance WHERE name = '' AND presence = 'present'",
    "persons sat in for": "attendance WHERE name <> '' AND on_behalf_of <> ''",
    "absences": "attendance WHERE presence <> 'present'",
    "levels of offices": "attendance WHERE level IS NOT NULL AND presence = 'present'",
    "seats": "attendance WHERE seat <> '' AND presence = 'present'",
    "ways in which delegates took part": "attendance WHERE format IS NOT NULL AND presence = 'present'",
    "numbers of people": "headcounts",
    "dates of which a window is known": "meetings WHERE date LIKE '[%'",
    "terms of meetings": "meetings WHERE period <> ''",
    "reasons": "meetings WHERE reason <> ''",
    "activities": "activities",
    "outcomes": "outcomes",
    "stated counts": "statements",
    **_MEMBERSHIP,
    **_EARLIER_REPORTS,
    **_FACTS,
}
_PARTS: Mapping[str, Mapping[str, str]] = {
    "events": {},
    "xlsx": _FACTS,
    "csv": _FACTS,
    "parquet": _TABLES,
    "ics": {"further series of joint meetings": "shared_meetings", **_MEETINGS_ALONE, **_NAMES, **_MEMBERSHIP,
            **_EARLIER_REPORTS, "places in sources": _FACTS["places in sources"]},
    "jsonld": {
        "roles in a meeting": "attendance WHERE name <> '' AND role <> 'delegate' AND presence = 'present'",
        "numbers of joint meetings in further series": "shared_meetings WHERE ordinal IS NOT NULL",
        "numbers of meetings with a title": "meetings WHERE ordinal IS NOT NULL AND title <> ''",
        "further names of parties": 'names_used WHERE "of" IS NULL',
        "periods of names": 'names_used WHERE "of" IS NOT NULL AND (since_ IS NOT NULL OR until_ IS NOT NULL)',
        **_WEB,
    },
    "popolo": {
        "topics": "topics",
        "names of meetings": 'names_used WHERE "of" IN (SELECT meeting FROM meetings)',
        "further series of joint meetings": "shared_meetings",
        "how meetings were held": "meetings WHERE format IS NOT NULL",
        **_WEB,
    },
}  # fmt: skip
"""By format: the name of each part that it has no place for, and the rows that this part is."""


def left_out(reader: Reader, format: str) -> tuple[str, ...]:  # noqa: A002 - what it is called everywhere
    """Return a line for what a registry has and a format does not, none where that is nothing."""
    parts = []
    for name, rows in _PARTS[format].items():
        (number,) = reader.query(f"SELECT count(*) FROM {rows}").fetchone()
        if number:
            parts.append(f"{name} ({number})")
    return (f"{', '.join(parts)}: the format {format} has no place for them",) if parts else ()
