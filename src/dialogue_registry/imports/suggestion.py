"""A mapping to begin with, made from the head and the first rows of a table.

It names the columns whose headings are known words. It says how the head, the dates and the end
of the table are. Every other column is a comment. Somebody looks at it before it is used: what
cannot be known from the table is asked in a comment, and never guessed.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

import attrs

from dialogue_registry.errors import InvalidDateError, InvalidValueError, MissingExtraError
from dialogue_registry.imports.cells import BadCell, is_nothing, text_of
from dialogue_registry.imports.date_cells import DateRules, read_date
from dialogue_registry.imports.date_languages import MANY_SPEAK, languages_of, lexicon
from dialogue_registry.imports.date_words import DAY_FIRST, MONTH_FIRST, UnreadDateError
from dialogue_registry.imports.fact_maker import BETWEEN_PEOPLE, id_segment, spelling_of
from dialogue_registry.imports.files import FileRules
from dialogue_registry.imports.heading_words import holds, meaning
from dialogue_registry.imports.mapping import read_mapping
from dialogue_registry.imports.sample import Sample, look_at
from dialogue_registry.imports.states import state, states
from dialogue_registry.imports.toml_values import toml_text, toml_value
from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.model.events import Format, Role

_PERSONS = ("name", "party", "office", "role")


@attrs.frozen
class Suggestion:
    """A mapping to begin with: as TOML with comments, and as a dict that ``import_table`` takes.

    ``unread`` are the columns that nothing reads; ``needed`` the names that an import must
    give a text, by ``--set`` or ``constants``.
    """

    text: str
    mapping: Mapping[str, Any]
    unread: tuple[str, ...]
    needed: tuple[str, ...]

    def __str__(self) -> str:
        return self.text


@arguments_checked
def suggest_mapping(
    table: str | os.PathLike[str],
    *,
    format: str | None = None,  # noqa: A002 - what it is called everywhere
    sheet: str = "",
    encoding: str = "",
    constants: Mapping[str, str] | None = None,
) -> Suggestion:
    """Return a mapping to begin with for a CSV file or a sheet of a workbook, by default the first visible one.

    ``encoding`` is that of a CSV file of which it cannot be found out.

    ``constants`` say what no table says: ``dialogue`` (its id), ``launched`` (when it began),
    ``dialogue name``, ``series`` and ``series name``. For a list of those who came to a meeting
    they say ``meeting``. Raises UnreadableFileError, MappingError or MissingExtraError.
    """
    sample = look_at(table, format, FileRules(sheet=sheet, encoding=encoding))
    return _Draft(sample, dict(constants or {})).suggestion()


_LANGUAGES = 20
"""So many languages are tried on names of states that nobody knows in English; each takes 10 ms."""


class _Draft:
    """A mapping while it is made."""

    def __init__(self, sample: Sample, constants: dict[str, str]) -> None:
        self._sample = sample
        self._constants = constants
        self._columns = _by_what_they_hold(sample)
        self._needed: dict[str, None] = {}
        self._notes: dict[str, list[str]] = {}

    def suggestion(self) -> Suggestion:
        """Return the mapping, with the questions that a person must answer."""
        if "name" in self._columns and ("party" in self._columns or "office" in self._columns):
            each = self._delegates()
            first: list[dict[str, Any]] = []
        else:
            first, each = self._meetings()
        tables = {
            "file": self._file(),
            "dates": self._dates(),
            "parties": self._parties(),
            "values": self._values(each),
        }
        mapping: dict[str, Any] = {
            name: table for name, table in {**tables, "first": first, "each": each}.items() if table
        }
        read = read_mapping(mapping, dict.fromkeys(self._needed, "x")).columns
        unread = tuple(name for name in self._sample.columns if name and name not in read)
        return Suggestion(self._text(mapping, unread), mapping, unread, tuple(self._needed))

    # --- what the table says ---------------------------------------------------------

    def _meetings(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        columns = self._columns
        if "meeting" in columns and "series" not in columns and not self._tell_apart("meeting"):
            columns["series"] = columns.pop("meeting")  # "Meeting: Ministers, No.: 2" names a series
        dialogue, series = self._stated("dialogue"), self._series()
        first: list[dict[str, Any]] = []
        if "launched" in self._constants:
            name = self._constants.get("dialogue name") or self._sample.title or self._sample.sheet or dialogue
            first.append(
                {
                    "event": "DialogueLaunched",
                    "dialogue": dialogue,
                    "name": name,
                    "launched": self._constants["launched"],
                }
            )
        else:
            self._note(
                "first", "the dialogue must be recorded already; else make this mapping with --set launched=YEAR"
            )
        each: list[dict[str, Any]] = []
        if "series" in columns:
            each.append(
                {"event": "SeriesOpened", "series": series, "dialogue": dialogue, "name": _column(columns["series"])}
            )
        else:
            name = self._constants.get("series name") or self._sample.title or self._sample.sheet or "Meetings"
            first.append({"event": "SeriesOpened", "series": series, "dialogue": dialogue, "name": name})
        fields = {"series": series}
        for field in ("ordinal", "format", "place", "country", "title"):
            if (holding := "number" if field == "ordinal" else field) in columns:
                fields[field] = _column(columns[holding])
        if "date" in columns:
            fields["date"] = _column(columns["date"])
        elif "start" in columns:
            ends = f"/{_column(columns['end'])}" if "end" in columns else ""
            fields["date"] = f"{_column(columns['start'])}{ends}"
        elif "year" in columns:
            fields["date"] = _column(columns["year"])
        if "ordinal" in fields and not all(text.isdecimal() for text in self._sample.texts(columns["number"])):
            self._note("each", f"not every {columns['number']!r} is a whole number: those rows are refused")
        by_status = self._by_status()
        for with_number, meeting in self._ids(series):
            for event, with_status in by_status:
                when = {"when": {**with_number, **with_status}} if with_number or with_status else {}
                extra = fields if event in ("MeetingHeld", "MeetingAnnounced") else {}
                each.append({"event": event, **when, "meeting": meeting, **extra})
        return first, each

    def _by_status(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the events of a meeting, each with the status that it has in its row; without one, it was held."""
        if "status" not in self._columns:
            return [("MeetingHeld", {})]
        column = self._columns["status"]
        by_meaning: dict[str, list[str]] = {}
        for text in dict.fromkeys(self._sample.texts(column)):
            by_meaning.setdefault(meaning("status", text), []).append(text)
        if unknown := by_meaning.pop("", []):
            self._note(
                "each",
                f"of {column!r} it is not known what these mean, and their rows are left out: {', '.join(unknown)}",
            )
        planned = [text for status in ("planned", "postponed", "cancelled") for text in by_meaning.get(status, ())]
        events = [
            ("MeetingHeld", by_meaning.get("held", [])),
            ("MeetingAnnounced", planned),
            ("MeetingPostponed", by_meaning.get("postponed", [])),
            ("MeetingCancelled", by_meaning.get("cancelled", [])),
        ]
        return [(event, {column: texts}) for event, texts in events if texts] or [("MeetingHeld", {})]

    def _delegates(self) -> list[dict[str, Any]]:
        columns = self._columns
        if "meeting" in columns:
            meeting = f"{self._stated('dialogue')}/{_column(columns['meeting'])}"
            self._note(
                "each", f"ids of meetings are made of {columns['meeting']!r}: write them as those of your meetings are"
            )
        elif "series" in columns and "number" in columns:
            meeting = f"{self._stated('dialogue')}/{_column(columns['series'])}/{_column(columns['number'])}"
        else:
            meeting = self._stated("meeting")
        fact: dict[str, Any] = {"event": "DelegateAttended", "meeting": meeting}
        fact |= {field: _column(columns[field]) for field in _PERSONS if field in columns}
        if "party" not in fact:
            fact["party"] = self._stated("party")
        names = self._sample.texts(columns["name"])
        for sign in BETWEEN_PEOPLE:
            if holding := sum(sign in name for name in names):
                shown = sign.replace("\n", "\\n")
                split = f'split = {{ {toml_text(columns["name"])} = "{shown}" }}'
                self._note("each", f'{holding} names hold "{shown}"; if they are several people: {split}')
        return [fact]

    def _series(self) -> str:
        if "series" in self._columns:
            return f"{self._stated('dialogue')}/{_column(self._columns['series'])}"
        return self._constants.get("series") or f"{self._stated('dialogue')}/meetings"

    def _ids(self, series: str) -> list[tuple[dict[str, bool], str]]:
        """Return how ids of meetings are made: of the column that names them, their number, their day, or their row.

        Meetings without a number, where others have one, are distinguished by their days.
        """
        columns = self._columns
        if "meeting" in columns:
            return [({}, f"{self._stated('dialogue')}/{_column(columns['meeting'])}")]
        by_day = [
            f"{series}/{_column(columns[holding])}" for holding in ("date", "start", "year") if holding in columns
        ]
        for telling in ((), ("series",), ("year",)):
            if (
                "number" in columns
                and all(holding in columns for holding in telling)
                and self._tell_apart(*telling, "number")
            ):
                year = f"{_column(columns['year'])}-" if "year" in telling else ""
                of_number = f"{series}/{year}{_column(columns['number'])}"
                if len(self._sample.cells(columns["number"])) == len(self._sample.rows):
                    return [({}, of_number)]
                if by_day:
                    number = columns["number"]
                    return [({number: True}, of_number), ({number: False}, by_day[0])]
        if by_day:
            return [({}, by_day[0])]
        self._note(
            "each", "no column tells the meetings apart, so their rows do: that goes wrong when a row is put in above"
        )
        return [({}, f"{series}/{{row}}")]

    def _tell_apart(self, *holdings: str) -> bool:
        """Return whether columns together tell all rows apart that have the last of them."""
        ids = [self._ids_of_their_own(holding) for holding in holdings]
        keys = [
            tuple(own.get(text) or id_segment(text) for own, text in zip(ids, texts, strict=True))
            for texts in self._together(holdings)
            if texts[-1]
        ]
        return len(set(keys)) == len(keys) > 0

    def _ids_of_their_own(self, holding: str) -> dict[str, str]:
        """Return ids for the names of a column of which no id can be made, or the one of another name."""
        if holding not in ("series", "meeting") or holding not in self._columns:
            return {}
        texts = dict.fromkeys(self._sample.texts(self._columns[holding]))
        spelled: dict[str, set[str]] = {}
        for text in texts:
            spelled.setdefault(id_segment(text), set()).add(spelling_of(text))
        return {
            text: f"{holding}-{number}"
            for number, text in enumerate(texts, 1)
            if not _names(id_segment(text), text) or len(spelled[id_segment(text)]) > 1
        }

    def _together(self, holdings: Sequence[str]) -> Iterator[list[str]]:
        places = [self._sample.columns.index(self._columns[holding]) for holding in holdings]
        for _, row in self._sample.rows:
            yield [text_of(row[place], "") if not isinstance(row[place], BadCell) else "" for place in places]

    def _stated(self, name: str) -> str:
        """Return what was said of the whole table; where nothing was, the import must say it."""
        if name in self._constants:
            return self._constants[name]
        self._needed[name] = None
        return f"{{{name}}}"

    # --- how it is read --------------------------------------------------------------

    def _file(self) -> dict[str, Any]:
        sample = self._sample
        keys: dict[str, Any] = {"sheet": sample.sheet} if sample.sheet else {}
        keys |= {"encoding": sample.encoding} if sample.encoding else {}
        if sample.header_row != (1,):
            keys["header_row"] = sample.header_row[0] if len(sample.header_row) == 1 else list(sample.header_row)
        if sample.stop_at:
            keys["stop_at"] = sample.stop_at[0]
        for column in (
            self._columns[holding] for holding in ("meeting", "series", "party", "date") if holding in self._columns
        ):
            blank = len(sample.rows) - len(sample.cells(column))
            if blank and sample.rows and sample.cells(column)[:1] and sample.cells(column)[0][0] == sample.rows[0][0]:
                fill = f"fill_down = [{toml_text(column)}]"
                self._note("file", f'{blank} cells of {column!r} are blank; if that means "as above": {fill}')
        return keys

    def _dates(self) -> dict[str, Any]:
        columns = [self._columns[holding] for holding in ("date", "start", "end") if holding in self._columns]
        clues = _date_clues([cell for column in columns for cell in self._sample.cells(column)])
        for note in clues.notes:
            self._note("dates", note)
        with_year = clues.lacks_year and "year" in self._columns
        return clues.keys | ({"year": _column(self._columns["year"])} if with_year else {})

    def _parties(self) -> dict[str, Any]:
        columns = [self._columns[holding] for holding in ("party", "country") if holding in self._columns]
        if not columns:
            return {}
        try:
            known = states()
        except MissingExtraError:
            self._note("each", "names of states are known with the extra [tables]: [parties] iso = true")
            return {}
        texts = dict.fromkeys(text for column in columns for text in self._sample.texts(column))
        strange = [text for text in texts if not state(text, known)]
        rules: dict[str, Any] = {"iso": True} if len(strange) < len(texts) else {}
        in_language = {
            language: sum(state(text, names) is not None for text in strange)
            for language in (MANY_SPEAK[:_LANGUAGES] if strange else ())
            for names in [states((language,))]
        }
        language = max(in_language, key=in_language.__getitem__, default="")
        return rules | {"languages": [language]} if in_language.get(language) else rules

    def _values(self, each: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return what the texts in the columns of a format and a role mean, as far as that is known."""
        values: dict[str, Any] = {}
        if "name" not in self._columns and (
            ids := self._ids_of_their_own("series") | self._ids_of_their_own("meeting")
        ):
            self._note(
                "values", "ids of names of which none can be made: write them as you like, before the first import"
            )
            fields = ("series", "meeting") if "series" in self._columns else ("meeting",)
            values = dict.fromkeys(fields, ids)
        for field, choices in (("format", list(Format)), ("role", list(Role))):
            if field not in self._columns or not any(field in fact for fact in each):
                continue
            texts = dict.fromkeys(self._sample.texts(self._columns[field]))
            meanings = {text: meaning(field, text) for text in texts if text.casefold() not in choices}
            if known := {text: means for text, means in meanings.items() if means}:
                values[field] = known
            if unknown := [text for text, means in meanings.items() if not means]:
                self._note("values", f"of {field} it is not known what these mean: {', '.join(unknown[:8])}")
        return values

    def _note(self, table: str, note: str) -> None:
        self._notes.setdefault(table, []).append(note)

    # --- as TOML ---------------------------------------------------------------------

    def _text(self, mapping: Mapping[str, Any], unread: Sequence[str]) -> str:
        lines = [f"# A mapping to begin with, made from {self._sample.name}: look at it before you use it."]
        lines += (
            f"# Say what the table does not say when you import it: --set {_option(name)}=…" for name in self._needed
        )
        if unread:
            lines.append(f"# Columns that are not read: {', '.join(unread)}")
        lines += (f"# Found out: {found}" for found in self._sample.found)
        for table in ("file", "dates", "parties"):
            if table in mapping or table in self._notes:
                lines += ["", f"[{table}]", *self._commented(table)]
                lines += (f"{key} = {toml_value(value)}" for key, value in mapping.get(table, {}).items())
        for table in ("first", "each"):
            lines += ["", *self._commented(table)] if table in self._notes else []
            for fact in mapping.get(table, ()):
                lines += ["", f"[[{table}]]", *(f"{key} = {toml_value(value)}" for key, value in fact.items())]
        lines += ["", *self._commented("values")] if "values" in self._notes else []
        for field, meanings in mapping.get("values", {}).items():
            lines += [
                "",
                f"[values.{field}]",
                *(f"{toml_text(text)} = {toml_text(means)}" for text, means in meanings.items()),
            ]
        return "\n".join(lines) + "\n"

    def _commented(self, table: str) -> Iterator[str]:
        return (f"# {' '.join(note.split())}" for note in self._notes.get(table, ()))


def _by_what_they_hold(sample: Sample) -> dict[str, str]:
    """Return the columns by what they hold: each column one thing, each thing one column, from left to right."""
    found: dict[str, str] = {}
    of_persons = any({"name", "office"} & {*holds(column)} for column in sample.columns) and any(
        {"name"} & {*holds(column)} for column in sample.columns
    )
    for column in sample.columns:
        for holding in holds(column) if column else ():
            kept = "party" if holding == "country" and of_persons else holding
            if kept not in found:
                found[kept] = column
                break
    return found


def _names(segment: str, text: str) -> bool:
    """Return whether an id says what a text says: a number alone is not the name that it stands in."""
    return any(map(str.isalpha, segment)) or not any(map(str.isalpha, text))


def _column(name: str) -> str:
    return f"{{{name}}}"


def _option(name: str) -> str:
    return name if " " not in name else f'"{name}"'


# --- how dates are read ----------------------------------------------------------------


@attrs.frozen
class _DateClues:
    """The values of [dates] that the cells suggest, and the cells that a person must look at."""

    keys: dict[str, Any]
    notes: list[str]
    #: Whether days have no year of their own.
    lacks_year: bool


def _date_clues(cells: Sequence[tuple[int, Any]]) -> _DateClues:
    """Return what cells of dates tell of how they are read, each with the number of its row."""
    keys: dict[str, Any] = {}
    notes: list[str] = []
    texts = [(number, text) for number, cell in cells if (text := _as_text(cell))]
    languages = _languages(text for _, text in texts)
    if languages:
        keys["languages"] = list(languages)
    rules = DateRules(languages=languages)
    causes = {_cause(text, rules) for _, text in texts}
    if "time" in causes or any(isinstance(cell, datetime) and cell.time() != time(0) for _, cell in cells):
        keys["times"] = "drop"
    if "ambiguous" in causes:
        order, note = _order(texts, rules)
        keys |= {"order": order} if order else {}
        notes.append(note)
    if "century" in causes:
        notes.append("years have two digits; say from which year on their hundred years are: century = 1950")
    return _DateClues(keys, notes, "year" in causes)


def _order(texts: Sequence[tuple[int, str]], rules: DateRules) -> tuple[str, str]:
    """Return the order of day and month that all dates allow, "" where both are; and what tells it."""
    against = {
        order: next((one for one in texts if _cause(one[1], attrs.evolve(rules, order=order)) == "no such day"), None)
        for order in (DAY_FIRST, MONTH_FIRST)
    }
    fitting = [order for order, told_by in against.items() if told_by is None]
    telling = next((told_by for told_by in against.values() if told_by is not None), None)
    if len(fitting) == 1 and telling is not None:
        return fitting[0], f"row {telling[0]} has {telling[1]}, which no other order allows"
    return "", f'dates may have the day or the month first: say order = "{DAY_FIRST}" or order = "{MONTH_FIRST}"'


def _as_text(cell: Any) -> str:
    if isinstance(cell, date | BadCell) or is_nothing(cell):
        return ""
    try:
        return text_of(cell, "")
    except InvalidValueError:
        return ""


def _cause(text: str, rules: DateRules) -> str:
    """Return why a text is no date; "" where it is one."""
    try:
        read_date(text, rules)
    except UnreadDateError as error:
        return error.cause
    except InvalidDateError as error:
        return "time" if "time of day" in str(error) else "other"
    return ""


def _languages(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the language in which all months are known that English does not know; () where none has them all."""
    spoken: dict[str, tuple[str, ...]] = {}
    english = lexicon(()).months
    for text in texts:
        for word in "".join(letter if letter.isalpha() else " " for letter in text).casefold().split():
            if word not in english and word not in spoken and (languages := languages_of(word)):
                spoken[word] = languages
    first = next(iter(spoken.values()), ())
    return next(((language,) for language in first if all(language in others for others in spoken.values())), ())
