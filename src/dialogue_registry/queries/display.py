"""Answers for people: tables and facts in words for a terminal, small tables of HTML for a notebook."""

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import zip_longest
from shutil import get_terminal_size
from typing import Any, SupportsIndex, TypeVar, overload

import attrs
import wcwidth
from tabulate import tabulate

from dialogue_registry.log.codec import STORED
from dialogue_registry.model.events import EVENTS, Citation, FactDisputed, Source

T = TypeVar("T")

# --- text ----------------------------------------------------------------------------

#: Characters that steer a terminal: controls, except for tab and line feed, and those that reverse the direction.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_GAP = "  "
_NARROW = 12
"""A column of texts is not folded narrower than this."""


def printable(text: str) -> str:
    r"""Return a text as a terminal can show it; what would steer the terminal is spelled out, as in ``\x1b``.

    >>> print(printable("a \x1b[31mred\x07 title"))
    a \x1b[31mred\x07 title
    """
    return _STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def table(headings: Sequence[str], rows: Sequence[Sequence[object]], width: int | None = None) -> Iterator[str]:
    r"""Yield rows as lines of text: columns aligned as they show on a terminal, numbers to the right.

    A cell may have several lines. With a ``width``, texts are folded at their blanks until a
    line fits; what still does not fit goes below its row. No word is ever broken, but between
    letters that are two columns wide, such as kanji.

    >>> print("\n".join(table(("meeting", "ordinal", "place"), [("d/fm/1", 1, "東京"), ("d/fm/12", 12, "Astana")])))
    meeting  ordinal  place
    -------  -------  ------
    d/fm/1         1  東京
    d/fm/12       12  Astana
    """
    texts = [[printable(heading) for heading in headings]]
    texts += [["" if cell is None else printable(str(cell)).replace("\t", " ") for cell in row] for row in rows]
    columns = list(zip(*texts, strict=True))
    natural = [max(_width(line) for cell in column for line in cell.split("\n")) for column in columns]
    inside, widths = (range(len(columns)), natural) if width is None else _fitted(columns, natural, width)
    numeric = [all(row[i] is None or isinstance(row[i], int | float) for row in rows) for i in inside]
    lines: list[Sequence[str]] = []
    below: dict[int, list[str]] = {}
    for number, row in enumerate(texts):
        lines += zip_longest(*(fold(row[i], widths[i]) for i in inside), fillvalue="")
        if number == 0:
            lines.append(["-" * widths[i] for i in inside])
        elif width is not None:
            outside = [(headings[i], row[i]) for i in range(len(row)) if i not in inside and row[i]]
            below[len(lines)] = [line for heading, text in outside for line in _below(f"{heading}: {text}", width)]
    aligned = tabulate(
        lines, tablefmt="plain", disable_numparse=True, colalign=["right" if number else "left" for number in numeric]
    )
    for number, line in enumerate(aligned.split("\n"), 1):
        yield line.rstrip()
        yield from below.get(number, ())


def _fitted(
    columns: Sequence[Sequence[str]], natural: Sequence[int], width: int
) -> tuple[Sequence[int], Sequence[int]]:
    """Return the columns that fit side by side, and the width of every column.

    What goes below its row is the widest of the texts that can be folded and of the columns
    without which the others fit. Where there is no such text, the last of those columns.
    """
    least, inside, widths = [*map(_least, columns)], list(range(len(natural))), list(natural)
    available = width + len(_GAP)
    while len(inside) > 1 and (excess := sum(least[i] + len(_GAP) for i in inside) - available) > 0:
        texts = [i for i in inside[1:] if any(_width(cell) > least[i] for cell in columns[i][1:])]
        enough = [i for i in inside[1:] if least[i] + len(_GAP) >= excess]
        chosen = [*texts, *enough] if texts else enough[-1:] or inside[1:]
        inside.remove(max(chosen, key=lambda i: natural[i]))
    while sum(widths[i] + len(_GAP) for i in inside) > available:
        wide = [i for i in inside if widths[i] > least[i]]
        if not wide:
            break
        widths[max(wide, key=lambda i: widths[i])] -= 1
    return inside, widths


def _least(column: Sequence[str]) -> int:
    """Return how far a column can be folded: to its longest word, and no narrower than is good to read."""
    lines = [line for cell in column for line in cell.split("\n")]
    word = max((_width(piece) for line in lines for piece, _ in _pieces(line)), default=0)
    return max(word, min(max(map(_width, lines[1:]), default=0), _NARROW))  # the heading may be folded further


def fold(text: str, width: int) -> Iterator[str]:
    """Yield a text in lines of a width, broken at blanks and between wide letters; a longer word stays whole.

    A no-break space holds what belongs together, and is written as a blank. Only an address
    of the web that is longer than a line is broken.
    """
    for paragraph in text.split("\n"):
        if _width(paragraph) <= width:
            yield paragraph.replace("\xa0", " ")
            continue
        line, used = "", 0
        for piece, blanks in _pieces(paragraph, width):
            if line and used + blanks + _width(piece) > width:
                yield line
                line, used = "", 0
            between = " " * blanks if line else ""
            line += between + piece.replace("\xa0", " ")
            used += len(between) + _width(piece)
        yield line


def _pieces(text: str, width: int | None = None) -> Iterator[tuple[str, int]]:
    """Yield what no line may break, each with the number of blanks before it; with a width, of long addresses too."""
    blanks = 0
    for number, word in enumerate(text.split(" ")):
        blanks += number > 0
        if width is not None and "://" in word and _width(word) > width:
            pieces: Iterable[str] = (part for part in re.split("(?<=[/?&=.-])", word) for part in _chopped(part, width))
        else:
            pieces = [word] if word.isascii() else _between_wide_letters(word)
        for piece in pieces:
            if piece:
                yield piece, blanks
                blanks = 0


def _chopped(word: str, width: int) -> Iterator[str]:
    yield from (word[start : start + width] for start in range(0, len(word), max(width, 1)))


def _between_wide_letters(word: str) -> Iterator[str]:
    narrow = ""
    for letter in wcwidth.iter_graphemes(word):
        if _width(letter) < 2:
            narrow += letter
        else:
            yield narrow
            yield letter
            narrow = ""
    yield narrow


def _below(text: str, width: int) -> Iterator[str]:
    """Yield what stands below its row, indented."""
    for number, line in enumerate(fold(text, width - 6)):
        yield f"{' ' * (6 if number else 4)}{line}"


def _width(text: str) -> int:
    """Return how many columns a text takes on a terminal."""
    return len(text) if text.isascii() else max(wcwidth.wcswidth(text), 0)


# --- facts ---------------------------------------------------------------------------


def in_words(fact: Any, fields: Sequence[str] | None = None, *, without: str = "") -> str:
    """Return what a fact says, such as ``topic.discussed: meeting d/fm/1, topic water``.

    Without ``fields``, all are named that say something else than ``without``.
    """
    if fields is None:
        fields = [name for name in _fields(type(fact)) if getattr(fact, name) not in (*_NOTHING, without)]
    return f"{word_of(fact)}: {stated(fact, fields)}"


def word_of(fact: Any) -> str:
    """Return the word of the kind of a fact, such as ``meeting.held``."""
    return STORED[type(fact)][0] if type(fact) in STORED else getattr(fact, "word", type(fact).__name__)


def stated(fact: Any, fields: Sequence[str]) -> str:
    """Return what a fact says in some of its fields, such as ``date 2019, no place``."""
    values = [(name.replace("_", " "), getattr(fact, name)) for name in fields]
    return ", ".join(f"no {name}" if value in _NOTHING else f"{name} {value_in_words(value)}" for name, value in values)


def differing(fact: Any, other: Any) -> Sequence[str]:
    """Return the names of the fields in which two facts of one kind differ."""
    return [name for name in _fields(type(fact)) if getattr(fact, name) != getattr(other, name, None)]


def cited(citation: Citation | None) -> str:
    """Return a citation in words, such as ``row 3 of "List of meetings", "5 March 2019"``; "" for none."""
    if citation is None:
        return ""
    row = citation.locator if citation.locator.startswith("row ") else citation.row and f"row {citation.row}"
    key = f"key {citation.row}" if row and row == citation.locator else ""
    other = "" if row == citation.locator else citation.locator
    table = f'{"of " if row else ""}"{citation.table}"' if citation.table else ""
    written = ", ".join(f'{field} "{text}"' for field, text in citation.as_written)
    quote = f"“{citation.quote}”" if citation.quote else ""
    return ", ".join(filter(None, (" ".join(filter(None, (row, table))), key, other, quote, written)))


def label(fact: Any) -> str:
    """Return a fact in few words: its class, its subject, and what tells it from others.

    >>> from dialogue_registry import MeetingHeld, TopicDiscussed
    >>> label(MeetingHeld(meeting="d/fm/1", series="d/fm", title="First Meeting"))
    'MeetingHeld d/fm/1 (First Meeting)'
    >>> label(TopicDiscussed(meeting="d/fm/1", topic="water"))
    'TopicDiscussed d/fm/1 (water)'
    """
    if isinstance(fact, FactDisputed):
        return f"dispute, {label(fact.claim)}"
    if fact is None or not attrs.has(type(fact)):
        return "nothing"
    values = {name: getattr(fact, name) for name in _fields(type(fact))}
    subject = next((values[name] for name in ("meeting", "series", "dialogue", "of") if values.get(name)), "")
    told_by = [str(values[name]) for name in _LABELS if values.get(name) not in _NOTHING and values[name] != subject]
    return " ".join(filter(None, (type(fact).__name__, subject, f"({', '.join(told_by[:2])})" if told_by else "")))


_LABELS = ("title", "name", "topic", "party", "office", "count", "as_of", "names")
"""The fields that name a fact, in this order."""


def changed_fields(before: Any, after: Any) -> Iterator[str]:
    """Yield each field in which two readings of a fact differ, such as ``place: 'Turku' → 'Lund'``.

    Of one reading alone, yield each field that says something.
    """
    if before is not None and after is not None and type(before) is not type(after):
        yield f"event: {type(before).__name__} → {type(after).__name__}"
    names = dict.fromkeys(name for one in (before, after) if one is not None for name in _fields(type(one)))
    for name in names:
        old, new = getattr(before, name, None), getattr(after, name, None)
        if old == new or (old in _NOTHING and new in _NOTHING):
            continue
        shown = _before_or_after(new) if before is None else f"{_before_or_after(old)} → {_before_or_after(new)}"
        yield f"{name.replace('_', ' ')}: {shown}"


def _before_or_after(value: Any) -> str:
    if value in _NOTHING:
        return "nothing"
    return repr(value) if isinstance(value, str) and not isinstance(value, Enum) else value_in_words(value)


_NOTHING = (None, "", ())


def _is_event(value: object) -> bool:
    """Return whether a value is an event: of the library, or of a kind of a user."""
    return isinstance(value, EVENTS) or (attrs.has(type(value)) and not is_of_the_library(type(value)))


def is_of_the_library(cls: type[Any]) -> bool:
    """Return whether the library defines a class."""
    return cls.__module__.partition(".")[0] == __name__.partition(".")[0]


def value_in_words(value: Any) -> str:
    """Return the value of a field as people write it: several with commas, a truth as yes or no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(value_in_words, value))
    return in_words(value) if _is_event(value) else str(value)


# --- HTML ----------------------------------------------------------------------------

_SHOWN_ROWS = 60
"""So many rows are shown; a notebook is no place for all of them."""


def html_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return rows as a table of HTML; sources become links, columns that say nothing are left out."""
    shown = rows[:_SHOWN_ROWS]
    filled = _filled(len(headings), rows)
    head = "".join(f"<th>{html.escape(headings[i])}</th>" for i in filled)
    body = "".join(f"<tr>{''.join(f'<td>{_cell(row[i])}</td>' for i in filled)}</tr>" for row in shown)
    more = f"<p>… and {len(rows) - _SHOWN_ROWS} more</p>" * (len(rows) > _SHOWN_ROWS)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}" if rows else "<p>nothing</p>"


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case Source(title=title, url=url):
            title = html.escape(title)
            return f'<a href="{html.escape(url)}">{title}</a>' if url.startswith(("http://", "https://")) else title
        case tuple():
            return "; ".join(map(_cell, value))
        case Mapping():
            return "; ".join(f"{html.escape(str(key))}: {_cell(item)}" for key, item in value.items())
        case _ if _is_event(value):
            fields = {name: getattr(value, name) for name in _fields(type(value))}
            stated = "; ".join(
                f"{name.replace('_', ' ')}: {_cell(item)}" for name, item in fields.items() if item or item == 0
            )
            return f"{type(value).__name__} – {stated}"
        case _ if attrs.has(type(value)) and hasattr(value, "name"):
            return html.escape(str(value.name))
        case _:
            return html.escape(str(value))


def _filled(columns: int, rows: Sequence[Sequence[object]]) -> Sequence[int]:
    """Return the places of the columns that say something."""
    return [place for place in range(columns) if any(row[place] not in _NOTHING for row in rows)]


def _text(value: Any) -> object:
    """Return what a cell of a table of text shows: numbers as they are, sources by their titles."""
    match value:
        case None | int():
            return value
        case Source(title=title):
            return title
        case tuple():
            return "; ".join(str(_text(item)) for item in value)
        case Mapping():
            return "; ".join(f"{key}: {_text(item)}" for key, item in value.items())
        case _:
            return value_in_words(value)


def shown_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return rows as a table that fits the terminal, as a prompt of Python shows them; see :func:`html_table`."""
    if not rows:
        return "nothing"
    filled = _filled(len(headings), rows)
    texts = [[_text(row[place]) for place in filled] for row in rows[:_SHOWN_ROWS]]
    lines = table([headings[place] for place in filled], texts, terminal_columns())
    more = [f"… and {len(rows) - _SHOWN_ROWS} more"] if len(rows) > _SHOWN_ROWS else []
    return "\n".join([*lines, *more])


def terminal_columns() -> int:
    """Return how many columns the terminal has."""
    return get_terminal_size().columns


class Rows(tuple[T, ...]):
    """Rows of one kind: a tuple, which a notebook and a prompt of Python show as a table."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return a table that fits the terminal, without ids of events and columns that say nothing."""
        names = [name for name in self._columns() if name not in ("event", "events")]
        return shown_table(_headings(names), [[getattr(row, name) for name in names] for row in self])

    @overload
    def __getitem__(self, index: SupportsIndex) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> "Rows[T]": ...
    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return type(self)(found) if isinstance(index, slice) else found

    def _repr_html_(self) -> str:
        names = self._columns()
        return html_table(_headings(names), [[getattr(row, name) for name in names] for row in self])

    def _columns(self) -> Sequence[str]:
        return _fields(type(self[0])) if self else ()


class Shown:
    """One answer, which a notebook shows as a table of two columns."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        fields = [(name.replace("_", " "), getattr(self, name)) for name in _fields(type(self))]
        return html_table(("what", type(self).__name__), [row for row in fields if row[1] not in (None, "", ())])


def _headings(names: Sequence[str]) -> Sequence[str]:
    return [name.replace("_", " ") for name in names]


def _fields(kind: Any) -> Sequence[str]:
    """Return the names of the fields that an answer shows."""
    return [field.name for field in attrs.fields(kind) if not field.name.startswith("_")]
