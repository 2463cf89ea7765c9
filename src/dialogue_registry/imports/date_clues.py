"""Clues from the cells of a column to how its dates are read, for a mapping to begin with."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

import attrs

from dialogue_registry.errors import InvalidDateError, InvalidValueError
from dialogue_registry.imports.cells import BadCell, is_nothing, text_of
from dialogue_registry.imports.date_cells import DateRules, read_date
from dialogue_registry.imports.date_languages import languages_of, lexicon
from dialogue_registry.imports.date_words import DAY_FIRST, MONTH_FIRST, UnreadDateError


@attrs.frozen
class DateClues:
    """The values of [dates] that the cells suggest, and the cells that a person must look at."""

    keys: dict[str, Any]
    notes: list[str]
    #: Whether days have no year of their own.
    lacks_year: bool


def date_clues(cells: Sequence[tuple[int, Any]]) -> DateClues:
    """Return what cells of dates tell of how they are read, each with the number of its row."""
    keys: dict[str, Any] = {}
    notes: list[str] = []
    texts = [(number, text) for number, cell in cells if (text := _text(cell))]
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
    return DateClues(keys, notes, "year" in causes)


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


def _text(cell: Any) -> str:
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
