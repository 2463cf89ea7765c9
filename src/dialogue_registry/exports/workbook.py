"""The registry as a workbook (.xlsx): sheets to read and filter, and the table of facts to import again.

Every text is written as a text, so that no formula ever runs; every date that is one day is a
real date. Rows are written as they are read, in bounded memory. XlsxWriter (extra ``[xlsx]``)
writes the file.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import IO, Any

import attrs

from dialogue_registry.errors import ExchangeError, needs_extra
from dialogue_registry.exports.facts_table import FACT_COLUMNS, FACTS_TABLE, fact_rows
from dialogue_registry.exports.layouts import Layout, layouts_of
from dialogue_registry.exports.tabular import rows_of
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.queries.counts import FORMATS
from dialogue_registry.queries.reader import Reader
from dialogue_registry.queries.reconciliation import Finding
from dialogue_registry.registry.registry import Snapshot

MOST_ROWS = 1_048_575
"""So many rows fit in a sheet below its head."""
MOST_COLUMNS = 16_384
LONGEST = 32_767
"""So many characters fit in a cell."""
_MOST_LINKS = 65_000
_LONGEST_LINK = 600
_FIRST_DATE = date(1900, 3, 1)
"""Before it, spreadsheets have no dates, or count them wrongly; they stay texts."""
_MADE = datetime(2000, 1, 1)  # noqa: DTZ001 - the library writes it as it is
"""The instant at which every workbook says that it was made, so that the same registry gives the same bytes."""
_DATES = frozenset({"date", "earliest", "latest", "launched", "joined", "as_of", "postponed_until", "published"})
_LINKS = frozenset({"url"})
_WIDE = frozenset({"title", "name", "office", "topic", "source", "url", "rules", "organisers"})
_NARROW = frozenset({"ordinal", "count", "fact", "event", "certain", "possible", "number", "events", "format"})


@attrs.frozen(kw_only=True)
class Sheet:
    """A sheet: its name, its columns, and its rows in the order of the columns."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]
    #: The columns whose texts are dates, and those whose texts are addresses.
    dates: frozenset[str] = _DATES
    links: frozenset[str] = _LINKS
    #: Whether the heads are the names of the columns, letter by letter.
    by_name: bool = False


def write_workbook(registry: Snapshot, reader: Reader, file: IO[bytes]) -> tuple[str, ...]:
    """Write the registry as a workbook to a file; return a line for the texts that had to be cut, if any."""
    with needs_extra("xlsx", "a workbook needs the package XlsxWriter", ", or export csv"):
        import xlsxwriter  # noqa: PLC0415 - an extra
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False, "nan_inf_to_errors": True}  # fmt: skip
    workbook = xlsxwriter.Workbook(file, options)
    workbook.set_properties({"created": _MADE})
    writer = _Writer(workbook)
    for sheet in sheets(registry, reader):
        writer.write(sheet)
    workbook.close()
    return (f"the ends of texts longer than {LONGEST:,} characters ({writer.cut})",) if writer.cut else ()


class _Writer:
    def __init__(self, workbook: Any) -> None:
        self._workbook = workbook
        self._head = workbook.add_format({"bold": True, "bg_color": "#E8EEF7", "bottom": 1})
        self._day = workbook.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        self._link = workbook.add_format({"font_color": "#0563C1", "underline": 1})
        self._links = 0
        #: The number of texts that were too long for a cell.
        self.cut = 0

    def write(self, sheet: Sheet) -> None:
        """Write one sheet: its head, which stays in sight, its rows, and a filter over all columns."""
        page = self._workbook.add_worksheet(sheet.name)
        page.freeze_panes(1, 1)
        for column, name in enumerate(sheet.columns):
            page.set_column(column, column, 40 if name in _WIDE else 10 if name in _NARROW else 18)
        for column, name in enumerate(sheet.columns):
            page.write_string(0, column, name if sheet.by_name else name.replace("_", " "), self._head)
        self._links = 0
        number = 0
        for number, row in enumerate(sheet.rows, 1):
            if number > MOST_ROWS:
                raise ExchangeError(
                    f"the sheet {sheet.name!r} would have more than {MOST_ROWS:,} rows, which no spreadsheet opens: "
                    "export csv or parquet"
                )
            for column, (name, value) in enumerate(zip(sheet.columns, row, strict=True)):
                if value not in (None, ""):
                    self._cell(page, number, column, value, dated=name in sheet.dates, linked=name in sheet.links)
        page.autofilter(0, 0, number, len(sheet.columns) - 1)

    def _cell(self, page: Any, row: int, column: int, value: Any, *, dated: bool, linked: bool) -> None:
        if isinstance(value, int):
            if abs(value) < 10**15:  # of more digits, a spreadsheet keeps fifteen
                page.write_number(row, column, value)
            else:
                page.write_string(row, column, str(value))
            return
        text = str(value)
        day = _day(value) if dated or isinstance(value, PartialDate) else None
        if day is not None:
            page.write_datetime(row, column, datetime(day.year, day.month, day.day), self._day)  # noqa: DTZ001
        elif linked and self._links < _MOST_LINKS and _is_address(text):
            self._links += 1
            page.write_url(row, column, text, self._link, string=text)
        else:
            if len(text) > LONGEST:
                self.cut += 1
                text = text[: LONGEST - 1] + "…"
            page.write_string(row, column, text)


def _day(value: str | PartialDate) -> date | None:
    """Return the day that a date is, None where it is none, or where spreadsheets have no such day."""
    when = PartialDate.of(value)
    return when.earliest if when.is_day and "/" not in when.text and when.earliest >= _FIRST_DATE else None


def _is_address(text: str) -> bool:
    return (
        text.startswith(("http://", "https://")) and len(text) <= _LONGEST_LINK and text.isascii() and " " not in text
    )


# --- the sheets ------------------------------------------------------------------------


def sheets(registry: Snapshot, reader: Reader) -> Iterator[Sheet]:
    """Yield the sheets of a registry: what one reads first, then the other tables, at last that of facts."""
    layouts = layouts_of(registry.kinds)
    yield _table(reader, "meetings", layouts["meetings"])
    yield _attendance(reader)
    yield _table(reader, "delegates", layouts["attendance"])
    yield _counts(registry)
    yield _statements(registry)
    yield _sources(registry)
    taken = {"meetings", "attendance", "delegates", "counts", "statements", "sources", FACTS_TABLE}
    for name, layout in layouts.items():
        if name not in {"meetings", "attendance", "statements"}:
            yield _table(reader, _sheet_name(name, taken), layout)
    yield Sheet(name=FACTS_TABLE, columns=FACT_COLUMNS, rows=fact_rows(reader), dates=frozenset(), by_name=True)


def _table(reader: Reader, name: str, layout: Layout) -> Sheet:
    return Sheet(name=name, columns=[*layout.all_columns], rows=rows_of(reader, layout))


def _sheet_name(table: str, taken: set[str]) -> str:
    """Return the name of the sheet of a table, which has at most 31 letters and is nobody else's."""
    names = [table[:31], *(f"{table[:28]}_{number}" for number in range(2, 100))]
    name = next(name for name in names if name.lower() not in taken)
    taken.add(name.lower())
    return name


_PRESENCE = """
SELECT m.meeting, m.series, m.date, a.party,
       CASE WHEN max(a.presence = 'present') THEN 'present'
            WHEN max(a.presence = 'excused') THEN 'excused' ELSE 'absent' END
FROM meetings m JOIN attendance a ON a.meeting = m.meeting
GROUP BY m.meeting, a.party ORDER BY m.earliest IS NULL, m.earliest, m.fact, m.meeting
"""
_PARTIES = "SELECT party FROM attendance GROUP BY party ORDER BY count(DISTINCT meeting) DESC, party"


def _attendance(reader: Reader) -> Sheet:
    """Return who came to which meeting: a row for each meeting, a column for each party; blank is not known."""
    columns = ("meeting", "series", "date")
    parties = [row[0] for row in reader.query(_PARTIES)][: MOST_COLUMNS - len(columns)]
    nothing: frozenset[str] = frozenset()  # a party may be called as a column is
    return Sheet(
        name="attendance", columns=[*columns, *parties], rows=_presences(reader, parties), dates=nothing, links=nothing,
        by_name=True,
    )  # fmt: skip


def _presences(reader: Reader, parties: Sequence[str]) -> Iterator[Sequence[Any]]:
    for (meeting, series, when), rows in groupby(reader.query(_PRESENCE), key=lambda row: tuple(row[:3])):
        presences: Mapping[str, str] = {party: presence for *_, party, presence in rows}
        yield [meeting, series, None if when is None else PartialDate.of(when), *map(presences.get, parties)]


def _counts(registry: Snapshot) -> Sheet:
    names = {series.series: series.name for series in registry.series()}
    shares = [(how, bound) for how in FORMATS for bound in ("certain", "possible")]
    columns = [
        "series", "name", "certain", "possible", *(f"{how} {bound}" for how, bound in shares), "highest_ordinal",
        "carried certain", "carried possible",
    ]  # fmt: skip
    rows = [
        [
            id_, names.get(id_, ""), count.total.certain, count.total.possible,
            *(getattr(count.by_format[how], bound) for how, bound in shares), count.highest_ordinal,
            *((count.carried.certain, count.carried.possible) if count.carried else (None, None)),
        ]
        for id_, count in registry.counts().items()
    ]  # fmt: skip
    return Sheet(name="counts", columns=columns, rows=rows)


def _statements(registry: Snapshot) -> Sheet:
    columns = ["series", "dialogue", "count", "as_of", "format", "reported_at", "verdict", "recorded", "rules",
               "own_meeting", "meetings", "source", "url"]  # fmt: skip
    return Sheet(name="statements", columns=columns, rows=map(_finding, registry.reconcile()))


def _finding(finding: Finding) -> Sequence[Any]:
    statement = finding.statement
    first = finding.sources[0] if finding.sources else None
    return (
        statement.series, statement.dialogue, statement.count, statement.as_of, statement.format,
        statement.reported_at, finding.verdict,
        str(finding.recorded), ", ".join(finding.rules), finding.own, ", ".join(finding.meetings),
        "" if first is None else first.title, "" if first is None else first.url,
    )  # fmt: skip


def _sources(registry: Snapshot) -> Sheet:
    columns = ["number", "title", "publisher", "published", "language", "kind", "url", "events"]
    rows = ([getattr(source, column) for column in columns] for source in registry.sources())
    return Sheet(name="sources", columns=columns, rows=rows)
