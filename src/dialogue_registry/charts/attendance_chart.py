"""The chart of attendance: a grid of parties and meetings, and how each party took part in each.

Where the meetings are more than fit beside each other, they are gathered by years. A column is
as high as the share of the meetings to which the party came, and grey as far as it may have.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

import attrs

from dialogue_registry.charts import svg
from dialogue_registry.charts.picture import Drawing, Picture, picture
from dialogue_registry.charts.selection import Selection, select
from dialogue_registry.charts.style import BAND, DARK, GREY, LIGHT, MARGIN, PAPER, Look, heading, legend
from dialogue_registry.errors import InvalidValueError
from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.queries.rates import Cell, Outcome
from dialogue_registry.registry.registry import Snapshot

_SQUARE = "M-1,-1H1V1H-1Z"
_DOT = "M.4,0A.4,.4,0,1,1,-.4,0A.4,.4,0,1,1,.4,0Z"
LOOKS = {
    Outcome.PRESENT: Look(_SQUARE, DARK),
    Outcome.ABSENT: Look(_SQUARE, PAPER),
    Outcome.EXCUSED: Look("M-1,1V-1H1ZM-1,1L1,-1V1Z", BAND),
    Outcome.NOT_KNOWN: Look(_DOT, GREY, GREY),
}
"""The mark of each outcome; of a party that was no member, nothing is."""
_GATHERED = {
    "share of the meetings": Look(_SQUARE, DARK),
    "possibly more": Look(_SQUARE, BAND, GREY),
}
_LEAST = 7.0
"""A column of a meeting is not narrower."""
_HIGHEST = 900
"""The height of a page, at the width of one."""
_ROW, _LEAST_ROW = 14.0, 8.5


@attrs.frozen
class _Column:
    """A meeting or a year: its label, and the cells of the parties in it."""

    label: str
    year: int | None
    cells: Mapping[str, Sequence[Outcome]]


@arguments_checked
def attendance(
    registry: Snapshot,
    *,
    dialogue: str | None = None,
    series: str | Iterable[str] = (),
    since: int | str | None = None,
    title: str = "",
    language: str = "en",
) -> Picture:
    """Draw which members came to which of the meetings held: present, absent, excused, not known.

    ``series`` are all of the dialogue by default, ``since`` is the first year to draw. The title is
    by default the names of the dialogues, and of 300 characters at most. Raises
    InvalidValueError where there was no member.
    """
    chosen = select(registry, dialogue=dialogue, series=series, since=since, language_tag=language)
    wanted = {meeting.meeting for of_one in chosen.meetings.values() for meeting in of_one}
    first = chosen.since or 0
    cells = [
        cell
        for cell in registry.attendance_grid(dialogue=dialogue)
        if cell.meeting in wanted and (cell.year or first) >= first
    ]
    if not cells:
        raise InvalidValueError("no member is recorded of a meeting held: record PartyJoined, or choose otherwise")
    title = chosen.title(title)
    names = {party.party: party.name for one in chosen.dialogues for party in one.parties}

    def draw(width: float) -> Drawing:
        return _Grid(chosen, cells, names, title, width).draw()

    rows = [{"party": cell.party, "meeting": cell.meeting, "presence": cell.outcome.value} for cell in cells]
    return picture(draw, title=title, language=chosen.language, rows=rows)


class _Grid:
    def __init__(
        self, chosen: Selection, cells: Sequence[Cell], names: Mapping[str, str], title: str, width: float
    ) -> None:
        self._say = chosen.language
        self._title = title
        self._width = width
        self._cells = cells
        self._parties = list(dict.fromkeys(cell.party for cell in cells))
        labels = {party: names.get(party, party) for party in self._parties}
        widest = max(svg.text_width(label, 9.5) for label in labels.values())
        self._left = MARGIN + min(widest + 6, 0.28 * width)
        self._labels = {party: svg.wrapped(label, self._left - MARGIN - 4, 9.5) for party, label in labels.items()}

    def draw(self) -> Drawing:
        """Return the grid of meetings, or of years where meetings do not fit."""
        width = self._width - MARGIN - self._left
        columns = self._of_meetings()
        gathered = len(columns) * _LEAST > width
        if gathered:
            columns = self._of_years(int(width / _LEAST))
        note = (
            "Meetings held of each year: dark the share to which a member came, grey to which it may have come"
            if gathered
            else "Meetings held, in the order of their days: which members came"
        )
        head, top = heading(self._title, [self._say(note), self._say("Blank: no member")], self._width)
        lines = max(len(label) for label in self._labels.values())
        row = max(_LEAST_ROW, min(_ROW, (_HIGHEST - top - 60) / len(self._parties)))
        row = max(row, 11.0 * lines) if lines > 1 else row
        wide = min(width / len(columns), 22.0)
        parts, y = [self._years(columns, wide, top + 10)], top + 16
        for number, party in enumerate(self._parties):
            base = y + number * row
            size = 9.5 if row >= 11 else 8
            parts += [
                svg.label(
                    MARGIN, base + row / 2 + 3.2 + 10 * (place - (len(self._labels[party]) - 1) / 2), line, size=size
                )
                for place, line in enumerate(self._labels[party])
            ]
            parts.append(
                svg.element(
                    "line", x1=MARGIN, x2=self._left + wide * len(columns), y1=base + row, y2=base + row, stroke=LIGHT
                )
            )
        draw_cells = self._shares if gathered else self._marks
        parts += draw_cells(columns, wide, y, row)
        end = y + row * len(self._parties)
        entries = [*_GATHERED.items()] if gathered else [(outcome.value, look) for outcome, look in LOOKS.items()]
        key, bottom = legend([(self._say(word), look) for word, look in entries], self._width, end + 4)
        return Drawing(self._width, bottom + MARGIN, head + "".join(parts) + key)

    def _of_meetings(self) -> list[_Column]:
        found: dict[str, dict[str, list[Outcome]]] = {}
        years: dict[str, int | None] = {}
        for cell in self._cells:
            years[cell.meeting] = cell.year
            found.setdefault(cell.meeting, {})[cell.party] = [cell.outcome]
        return [_Column(meeting, years[meeting], of_meeting) for meeting, of_meeting in found.items()]

    def _of_years(self, limit: int) -> list[_Column]:
        """Return columns of as many years each as make no more columns than fit."""
        years = [cell.year for cell in self._cells if cell.year is not None]
        first, span = min(years), max(years) - min(years) + 1
        step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1000) if span / step <= limit - 1)
        found: dict[int | None, dict[str, list[Outcome]]] = {
            year: {} for year in range(first - first % step, max(years) + 1, step)
        }
        for cell in self._cells:
            year = None if cell.year is None else cell.year - cell.year % step
            found.setdefault(year, {}).setdefault(cell.party, []).append(cell.outcome)
        return [_Column("" if year is None else str(year), year, of_year) for year, of_year in found.items()]

    def _years(self, columns: Sequence[_Column], wide: float, y: float) -> str:
        """Return the years above the columns, each where its first meeting is, as far as there is room."""
        labels, free = [], 0.0
        for place, (year, of_year) in enumerate(_by_year(columns)):
            x = self._left + wide * of_year
            text = "?" if year is None else str(year)
            end = x + svg.text_width(text, 10)
            if (x >= free and end <= self._width) or place == 0:
                labels.append(svg.label(x, y, text, size=10))
                free = end + 5
        return svg.group("mark-text role-axis-label", labels)

    def _marks(self, columns: Sequence[_Column], wide: float, top: float, row: float) -> list[str]:
        """Return a mark for each party at each meeting."""
        radius = min(wide, row) / 2 - 1.1
        return [
            LOOKS[of_party[0]].at(
                self._left + wide * (place + 0.5), top + row * (number + 0.5), radius, outline_width=0.7
            )
            for place, column in enumerate(columns)
            for number, party in enumerate(self._parties)
            if (of_party := column.cells.get(party))
        ]

    def _shares(self, columns: Sequence[_Column], wide: float, top: float, row: float) -> list[str]:
        """Return a column for each party and year: dark as far as it came, grey as far as it may have.

        All columns of a fill are one path: an element each takes five times the room, 900 KB for sixty parties.
        """
        frames, grey, dark = "", "", ""
        high, width = row - 2, wide - 1.2
        for place, column in enumerate(columns):
            for number, party in enumerate(self._parties):
                if not (outcomes := column.cells.get(party)):
                    continue
                left, base = self._left + wide * place + 0.6, top + row * (number + 1) - 0.8
                came = outcomes.count(Outcome.PRESENT) / len(outcomes)
                may = came + outcomes.count(Outcome.NOT_KNOWN) / len(outcomes)
                frames += _bar(left, base, width, high)
                if came:
                    dark += _bar(left, base, width, high * came)
                if may > came:
                    grey += _bar(left, base - high * came, width, high * (may - came))
        return [
            svg.element("path", d=frames, fill=PAPER, stroke=LIGHT, stroke_width="0.6"),
            *(svg.element("path", d=bars, fill=fill) for bars, fill in ((grey, BAND), (dark, DARK)) if bars),
        ]


def _bar(left: float, base: float, width: float, height: float) -> str:
    """Return the outline of a column that stands on its base."""
    across = svg.number(width)
    return f"M{svg.number(left)} {svg.number(base)}v{svg.number(-height)}h{across}v{svg.number(height)}z"


def _by_year(columns: Sequence[_Column]) -> list[tuple[int | None, int]]:
    """Return each year with the place of its first column."""
    places = groupby(enumerate(columns), key=lambda pair: pair[1].year)
    return [(year, next(iter(of_year))[0]) for year, of_year in places]
