"""A template: a text in which ``{Column}`` stands for what a row has there.

Where a column says nothing, the text before it goes too, so that no comma is left behind. So do
brackets that stand directly around it: ``{Name} ({Code})`` is the name alone.
"""

import re
from collections.abc import Sequence
from typing import Any

import attrs

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.imports.header import heading

_BRACKETS = {"(": ")", "[": "]", "“": "”", "«": "»", "（": "）", "「": "」"}
_COLUMN = re.compile(r"\{([^{}]+)\}")


@attrs.frozen
class Template:
    """A text with columns in it; ``constant`` where there are none."""

    constant: Any
    columns: tuple[str, ...] = ()
    #: The texts before each column, and after the last.
    between: tuple[str, ...] = ()
    #: The brackets that directly enclose each column.
    around: tuple[tuple[str, str], ...] = ()

    @property
    def bare(self) -> str:
        """The column that is all there is of the template; "" where there is more, or none."""
        return self.columns[0] if self.between == ("", "") and self.around == (("", ""),) else ""

    @classmethod
    def of(cls, value: object) -> "Template":
        """Read a template; whatever is no text is a constant."""
        if not isinstance(value, str) or not _COLUMN.search(value):
            return cls(value)
        pieces = _COLUMN.split(value)
        between, columns = pieces[::2], pieces[1::2]
        around = []
        for place in range(len(columns)):
            opening = between[place][-1:]
            if opening and _BRACKETS.get(opening) == between[place + 1][:1]:
                between[place], between[place + 1] = between[place][:-1], between[place + 1][1:]
                around.append((opening, _BRACKETS[opening]))
            else:
                around.append(("", ""))
        return cls(None, tuple(map(heading, columns)), tuple(between), tuple(around))

    def __str__(self) -> str:
        if not self.columns:
            return str(self.constant)
        pieces = zip(self.between, self.around, self.columns, strict=False)
        return "".join(f"{text}{left}{{{column}}}{right}" for text, (left, right), column in pieces) + self.between[-1]

    def fill(self, cells: Sequence[str]) -> str:
        """Put the cells of the columns in their places.

        Raises InvalidValueError where an empty one takes along one bracket of a pair.
        """
        if len(cells) == 1:  # most templates have one column
            return f"{self.between[0]}{self.around[0][0]}{cells[0]}{self.around[0][1]}{self.between[1]}"
        text, left_out = "", ""
        for place, cell in enumerate(cells):
            if not cell:
                left_out += self.between[place] if place else ""
                continue
            opening, closing = self.around[place]
            if text:
                text += self.between[place]
            elif place:
                left_out += self.between[place]
            text += f"{opening}{cell}{closing}"
        if any(left_out.count(opening) != left_out.count(closing) for opening, closing in _BRACKETS.items()):
            empty = next(column for column, cell in zip(self.columns, cells, strict=True) if not cell)
            raise InvalidValueError(
                f"column {empty!r} is empty, so a bracket of {str(self)!r} would stand alone: put brackets around one "
                "column only, or make two facts of the mapping, each with its when"
            )
        return f"{self.between[0]}{text}{self.between[-1]}"

    def halves(self, divider: str) -> "tuple[Template, Template] | None":
        """Return the templates on both sides of the one text between columns that is the divider."""
        places = [place for place, text in enumerate(self.between[1:-1], 1) if text.strip() == divider]
        if len(places) != 1:
            return None
        (place,) = places
        return (
            Template(None, self.columns[:place], (*self.between[:place], ""), self.around[:place]),
            Template(None, self.columns[place:], ("", *self.between[place + 1 :]), self.around[place:]),
        )
