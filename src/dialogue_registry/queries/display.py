"""Answers in a notebook: small tables of HTML, with everything escaped."""

import html
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import attrs

from dialogue_registry.model.events import EVENTS, Source

T = TypeVar("T")
_MOST = 60
"""So many rows are shown; a notebook is no place for all of them."""


def html_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lay out rows as a table of HTML; sources become links, columns that say nothing are left out."""
    shown = rows[:_MOST]
    told = [i for i in range(len(headings)) if any(row[i] not in (None, "", ()) for row in rows)]
    head = "".join(f"<th>{html.escape(headings[i])}</th>" for i in told)
    body = "".join(f"<tr>{''.join(f'<td>{_cell(row[i])}</td>' for i in told)}</tr>" for row in shown)
    more = f"<p>… and {len(rows) - _MOST} more</p>" * (len(rows) > _MOST)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}" if rows else "<p>nothing</p>"


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case Source(title=title, url=url):
            named = html.escape(title)
            return f'<a href="{html.escape(url)}">{named}</a>' if url.startswith(("http://", "https://")) else named
        case tuple():
            return "; ".join(map(_cell, value))
        case Mapping():
            return "; ".join(f"{html.escape(str(key))}: {_cell(told)}" for key, told in value.items())
        case _ if isinstance(value, EVENTS):
            told = {name: getattr(value, name) for name in _fields(type(value))}
            stated = "; ".join(
                f"{name.replace('_', ' ')}: {_cell(one)}" for name, one in told.items() if one or one == 0
            )
            return f"{type(value).__name__} – {stated}"
        case _ if attrs.has(type(value)) and hasattr(value, "name"):
            return html.escape(str(value.name))
        case _:
            return html.escape(str(value))


class Rows(tuple[T, ...]):
    """Rows of one kind: a tuple, which a notebook shows as a table."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        names = _fields(type(self[0])) if self else ()
        return html_table(
            [name.replace("_", " ") for name in names], [[getattr(row, name) for name in names] for row in self]
        )


class Shown:
    """One answer, which a notebook shows as a table of two columns."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        told = [(name.replace("_", " "), getattr(self, name)) for name in _fields(type(self))]
        return html_table(("what", type(self).__name__), [row for row in told if row[1] not in (None, "", ())])


def _fields(kind: Any) -> Sequence[str]:
    """The names of what an answer tells."""
    return [field.name for field in attrs.fields(kind) if not field.name.startswith("_")]
