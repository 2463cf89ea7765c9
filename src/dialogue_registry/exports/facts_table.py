"""The table of facts: every fact that stands, with each of its sources, one a row; and the mapping that reads it again.

The tables of the views show what facts come to. This one holds what was recorded, in the
order of recording: imported again it adds nothing, and in an empty registry it records the
same facts. Its columns are ``event``, the fields of all events, and those of the source.

Not covered: facts of kinds of a user's own; kept copies of sources, whose fields are no cells.
Nor are blanks around the texts of a source, which an import does not read.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from dialogue_registry.log.codec import decode_source
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import FACTS, DelegateAbsent, DelegateAttended, Fact, Source, SourceKept
from dialogue_registry.queries.reader import Reader

FACTS_TABLE = "facts"
"""The name of the table, the file and the sheet."""
SEPARATOR = "\n"
"""Stands between the items of a list in a cell."""
_OF_FACTS = tuple(cls for cls in FACTS if cls is not SourceKept)
_FIELDS = tuple(dict.fromkeys(field.name for cls in _OF_FACTS for field in attrs.fields(cls)))
_SOURCE: Mapping[str, str] = {
    "source": "title", "url": "url", "publisher": "publisher", "published": "published",
    "source_language": "language", "source_kind": "kind",
}  # fmt: skip
"""The columns of a source, and its fields."""
FACT_COLUMNS: tuple[str, ...] = ("event", *_FIELDS, *_SOURCE)
_NUMBERS = frozenset(field.name for cls in _OF_FACTS for field in attrs.fields(cls) if field.type in (int, int | None))
FACT_TYPES: Mapping[str, str] = {name: "integer" if name in _NUMBERS else "string" for name in FACT_COLUMNS}
"""The type of each column: string or integer."""
# Telling by telling: a fact that several sources state is a row for each of them.
_STANDING = "SELECT event, source FROM evidence ORDER BY telling"


def fact_rows(reader: Reader) -> Iterator[Sequence[str | int | PartialDate | None]]:
    """Yield the rows of the table of facts: texts, whole numbers, dates, and None where there is nothing."""
    for event, data in reader.query(_STANDING):
        fact = reader.facts.content(event)
        if isinstance(fact, _OF_FACTS):
            yield _row(fact, decode_source(data, event))


def _row(fact: Fact, source: Source | None) -> Sequence[str | int | PartialDate | None]:
    cells = {field.name: _cell(getattr(fact, field.name)) for field in attrs.fields(type(fact))}
    stated = {column: _cell(getattr(source, field)) for column, field in _SOURCE.items()} if source else {}
    row = {"event": type(fact).__name__, **cells, **stated}
    return [row.get(column) for column in FACT_COLUMNS]


def _cell(value: Any) -> str | int | PartialDate | None:
    match value:
        case None | "" | ():
            return None
        case bool():
            return "yes" if value else "no"
        case int() | PartialDate():
            return value
        case tuple():
            return SEPARATOR.join(" ".join(item.split()) for item in value)
        case _:
            return str(value)


# --- the mapping -----------------------------------------------------------------------


def facts_mapping(sheet: str = "") -> str:
    """Return the mapping (TOML) with which the table of facts is imported; ``sheet`` is that of a workbook."""
    parts = ["# How the table of facts that an export writes becomes facts again."]
    if sheet:
        parts.append(f"[file]\nsheet = {_text(sheet)}")
    parts.append(f"[lists]\nseparator = {_text(SEPARATOR)}")
    source = "\n".join(f"{field} = {_text('{' + column + '}')}" for column, field in _SOURCE.items())
    parts.append(f"[source]\noptional = true # a row that says nothing of its source has none\n{source}")
    for cls in _OF_FACTS:
        parts += [_each(cls, when, without) for when, without in _cases(cls)]
    return "\n\n".join(parts) + "\n"


def _cases(cls: type[Fact]) -> Sequence[tuple[Mapping[str, bool], tuple[str, ...]]]:
    """Return the cases of a fact: which cells say something, and the fields it has not then.

    That nobody is named is recorded only by a mapping that has neither name nor office.
    """
    if cls not in (DelegateAttended, DelegateAbsent):
        return [({}, ())]
    return [
        ({"name": True}, ()),
        ({"name": False, "office": True}, ()),
        ({"name": False, "office": False}, ("name", "office")),
    ]


def _each(cls: type[Fact], when: Mapping[str, bool], without: tuple[str, ...]) -> str:
    conditions = [
        f"event = {_text(cls.__name__)}",
        *(f"{column} = {str(says).lower()}" for column, says in when.items()),
    ]
    fields = [field.name for field in attrs.fields(cls) if field.name not in without]
    lines = [f"event = {_text(cls.__name__)}", f"when = {{ {', '.join(conditions)} }}"]
    return "\n".join(["[[each]]", *lines, *(f"{name} = {_text('{' + name + '}')}" for name in fields)])


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
