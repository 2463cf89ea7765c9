"""One fact of a mapping made of row after row: each field by what kind of value it takes."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import attrs

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.imports.cells import text_of, texts_of
from dialogue_registry.imports.date_fields import DateField
from dialogue_registry.imports.fact_fields import build, read_value
from dialogue_registry.imports.heading_words import meaning, way_of_taking_part
from dialogue_registry.imports.mapping import FactTemplate, TableMapping
from dialogue_registry.imports.parties import Parties
from dialogue_registry.imports.row_view import RowView
from dialogue_registry.imports.templates import Template
from dialogue_registry.model.events import DelegateAbsent, DelegateAttended, Fact
from dialogue_registry.model.names import fold, without_honorific
from dialogue_registry.model.shapes import Shape
from dialogue_registry.model.texts import fold_text, with_ascii_digits

PARTY_FIELDS = ("party", "country")
"""Fields in which names of parties are matched."""
_SEGMENTS = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*", re.ASCII)
_KEPT_IDS = 10_000
_BLANKS = re.compile(r"[\s‐‑–-]+")


@attrs.define
class MadeFact:
    """A fact, and what was found while it was made."""

    fact: Fact | None = None
    #: Fields with the text that was changed on the way in.
    as_written: tuple[tuple[str, str], ...] = ()
    #: The ids made of cells: the column and the id, each with the cell.
    ids: tuple[tuple[tuple[str, str], str], ...] = ()
    #: Fields with names of parties that nobody knows.
    unresolved: tuple[tuple[str, str], ...] = ()
    #: Remarks: somebody should look at the row, although it can be recorded.
    remarks: tuple[str, ...] = ()


_OfText = Callable[[str, MadeFact], Any]
_OfRow = Callable[[RowView, MadeFact], Any]


class FactMaker:
    """Makes one kind of fact of rows."""

    def __init__(self, template: FactTemplate, mapping: TableMapping) -> None:
        self.template = template
        self._mapping = mapping
        self._parties = Parties(())
        self._columns = sorted(template.columns)
        self._constants = {name: field.constant for name, field in template.fields.items() if not field.columns}
        #: Fields that are one column and nothing else, and how its text is read; None: as it is.
        self._bare: list[tuple[str, str, _OfText | None]] = []
        #: All other fields, and how they are read from the row.
        self._others: list[tuple[str, _OfRow]] = []
        for name, field in template.fields.items():
            if field.columns:
                self._sort(name, field)
        kind = template.kind
        self._build: Callable[..., Any] = kind.cls if kind.is_own else lambda **values: build(kind, values)
        seats = template.kind.cls in (DelegateAttended, DelegateAbsent)
        #: The fields of a seat that say who sat in it and are made of columns: where these are empty, nobody did.
        self._names = [name for name in ("name", "office") if seats and name in template.fields]
        if any(name in self._constants for name in self._names):
            self._names = []
        self._lacks_format = "format" in template.sorts and "format" not in template.fields
        self._last: tuple[Mapping[str, str], MadeFact] | None = None
        self._differing = self._columns[0] if self._columns else ""

    def _sort(self, name: str, template: Template) -> None:
        """Choose how a field is read."""
        sort = self.template.sorts[name]
        meanings = self._mapping.values.get(name, {})
        match sort:
            case "date":
                self._others.append((name, partial(self._date, name, DateField(name, template, self._mapping))))
                return
            case "id":
                self._others.append((name, partial(self._id, template, meanings, {})))
                return
            case "texts":
                self._others.append((name, partial(self._texts, template, meanings)))
                return
        read: _OfText | None = None
        if name in PARTY_FIELDS and self._mapping.parties is not None:
            read = partial(self._party, name)
        elif name == "name" and "party" in self.template.sorts and "dialogue" not in self.template.sorts:
            read = partial(self._person, template.columns[0])
        elif sort == "choice":
            read = partial(self._choice, name, self.template.choices[name])
        elif sort != "text":
            shape, what = self.template.kind.shapes[name], f"{self.template.kind.cls.__name__}.{name}"
            read = partial(self._other, shape, what)
            meanings = {text: read_value(shape, value, what) for text, value in meanings.items()}
        if template.bare and not meanings:
            self._bare.append((name, template.bare, None if read is None else partial(self._noted, name, read)))
        else:
            self._others.append((name, partial(self._filled, name, template, meanings, read or (lambda text, _: text))))

    def know(self, parties: Parties) -> None:
        """Match names of parties with these from now on."""
        self._parties = parties
        self._last = None

    def make(self, view: RowView) -> MadeFact:
        """Return the fact of a row; raises InvalidValueError."""
        texts = view.texts
        # Rows next to each other often say the same of their meeting. The column that differed last is looked at first.
        if self._last is not None and self._differing in texts:
            before, result = self._last
            if texts[self._differing] == before.get(self._differing):
                for column in self._columns:
                    if column not in texts or texts[column] != before.get(column):
                        self._differing = column
                        break
                else:
                    return result
        result = MadeFact()
        values = dict(self._constants)
        for name, column, read in self._bare:
            text = texts[column] if column in texts else view.text(column)
            if text:
                values[name] = text if read is None else read(text, result)
        for name, read_row in self._others:
            value = read_row(view, result)
            if value is not None:
                values[name] = value
        if self._lacks_format and values.get("office"):
            _take_format_of_office(values, result)
        if self._names and not any(map(values.get, ("person", *self._names))):
            raise InvalidValueError(self._names_nobody(view))
        for name in self.template.required:
            if name not in values:
                raise InvalidValueError(self._lacks(name, view))
        result.fact = self._build(**values)
        self._last = texts, result
        return result

    def partly(self, view: RowView) -> dict[str, Any]:
        """Return the fields of a row that can be read, texts folded; parties that nobody knows are left out."""
        result, values = MadeFact(), dict(self._constants)
        for name, column, read in self._bare:
            with suppress(InvalidValueError):
                if text := view.text(column):
                    values[name] = text if read is None else read(text, result)
        for name, read_row in self._others:
            with suppress(InvalidValueError):
                if (value := read_row(view, result)) is not None:
                    values[name] = value
        unresolved = {name for name, _ in result.unresolved}
        return {
            name: fold_text(value) if isinstance(value, str) else value
            for name, value in values.items()
            if name not in unresolved
        }

    # --- fields of one text ----------------------------------------------------------

    @staticmethod
    def _noted(name: str, read: _OfText, text: str, result: MadeFact) -> Any:
        """Read a text, and note where it was changed."""
        value = read(text, result)
        if value != text and str(value) != text:
            result.as_written += ((name, text),)
        return value

    def _party(self, field: str, name: str, result: MadeFact) -> str:
        if (party := self._parties.match(name)) is not None:
            return party
        result.unresolved += ((field, name),)
        return name

    def _person(self, column: str, name: str, result: MadeFact) -> str:
        if column not in self.template.split and any(sign in name for sign in BETWEEN_PEOPLE):
            result.remarks += (_several(name, column),)
        return without_honorific(name) if self._mapping.drop_honorifics else name

    @staticmethod
    def _choice(name: str, choices: Sequence[str], text: str, _: MadeFact) -> str:
        if (word := text.casefold()) not in choices:
            likely = meaning(name, text)
            hint = f' "{text}" = "{likely}"' if likely in choices else ""
            raise InvalidValueError(
                f"{text!r:.80} is no {name}, which is {', '.join(choices)}: say what it means in the mapping, "
                f"[values.{name}]{hint}"
            )
        return word

    @staticmethod
    def _other(shape: Shape, what: str, text: str, _: MadeFact) -> Any:
        return read_value(shape, text, what)

    # --- fields of a row -------------------------------------------------------------

    def _filled(self, name: str, template: Template, meanings: Mapping[str, Any], read: _OfText, *row: Any) -> Any:
        view, result = row
        texts = view.texts_of(template)
        if not any(texts):
            return None
        written = template.fill(texts)
        if not meanings:
            return self._noted(name, read, written, result)
        value: Any = meanings.get(fold(written))
        if value is None:
            value = read(template.fill([str(meanings.get(fold(text), text)) for text in texts]), result)
        if str(value) != written:
            result.as_written += ((name, written),)
        return value

    @staticmethod
    def _date(name: str, field: DateField, view: RowView, result: MadeFact) -> Any:
        read = field.read(view)
        if read is None:
            return None
        found, written = read
        if str(found) != written:
            result.as_written += ((name, written),)
        return found

    def _texts(
        self, template: Template, meanings: Mapping[str, Any], view: RowView, _: MadeFact
    ) -> tuple[str, ...] | None:
        texts = view.texts_of(template)
        if not any(texts):
            return None
        column = template.columns[0]
        items = texts_of(view.value(column) if template.bare else template.fill(texts), column, self._mapping.separator)
        items = tuple(item for item in items if item not in view.missing(column))
        return tuple(str(meanings.get(fold(item), item)) for item in items) if meanings else items

    @staticmethod
    def _id(
        template: Template, meanings: Mapping[str, Any], made_of: dict[tuple[str, ...], Any], *row: Any
    ) -> str | None:
        """Return the id of a row; ``made_of`` keeps ids by the texts that they are made of."""
        view, result = row
        texts = tuple(view.texts_of(template))
        if not any(texts):
            return None
        if (kept := made_of.get(texts)) is None:
            if len(made_of) >= _KEPT_IDS:
                made_of.clear()
            kept = made_of[texts] = _id_of(texts, template, meanings)
        result.ids += kept[1]
        return str(kept[0])

    def _names_nobody(self, view: RowView) -> str:
        """Return why a row says nothing of a seat; that nobody is named is recorded by a fact without these fields."""
        column = self.template.fields[self._names[0]].columns[0]
        return (
            f"{self._lacks(self._names[0], view)}: where a party is listed and nobody of it is named, make a fact "
            f"without name and office of such rows, with when = {{ {column!r} = false }}"
        )

    def _lacks(self, name: str, view: RowView) -> str:
        """Return why a field that is needed has no value."""
        event = self.template.kind.cls.__name__
        template = self.template.fields.get(name)
        if template is None:
            return f"{event} needs {name!r}, and the mapping has none: give it there"
        for column in template.columns:
            if written := text_of(view.value(column), column, self._mapping.separator):
                return (
                    f"{event} needs {name!r}, and column {column!r} says {written!r}, which missing takes for nothing: "
                    "if it says something here, say in the mapping in which column it does not, such as "
                    f'missing = {{ Office = ["{written}"] }}'
                )
        columns = " and ".join(map(repr, template.columns))
        are = "is" if len(template.columns) == 1 else "are"
        return f"{event} needs {name!r}, and there is none: {columns} {are} empty"


def _take_format_of_office(values: dict[str, Any], result: MadeFact) -> None:
    """Make an office that says how somebody took part, such as "on site", the format; with a remark."""
    office = values["office"]
    if way := way_of_taking_part(office):
        del values["office"]
        values["format"] = way
        result.as_written = (*(pair for pair in result.as_written if pair[0] != "office"), ("format", office))
        remark = f"{office!r} is no office but how somebody took part, and stands as the format {way!r}"
        result.remarks += (f"{remark}: say so in the mapping, with the column as format and [values.format]",)


def _id_of(
    texts: Sequence[str], template: Template, meanings: Mapping[str, Any]
) -> tuple[str, tuple[tuple[tuple[str, str], str], ...]]:
    """Return the id that texts make, and of which column and text each part is."""
    if meanings and (whole := meanings.get(fold(template.fill(texts)))) is not None:
        return str(whole), ()
    segments: list[str] = []
    ids: tuple[tuple[tuple[str, str], str], ...] = ()
    for text, column in zip(texts, template.columns, strict=True):
        if meanings and (meaning := meanings.get(fold(text))) is not None:
            segments.append(str(meaning))
            continue
        segment = id_segment(text)
        if not segment:
            shown = f"{text!r}, of which no id can be made" if text else "empty, and an id is made of it"
            raise InvalidValueError(f"column {column!r} is {shown}: give it letters a to z or digits")
        ids += (((column, segment), text),)
        segments.append(segment)
    return template.fill(segments), ids


BETWEEN_PEOPLE = (";", "\n", "|", "；", "、")
"""Signs that stand between people and in the name of none."""


def _several(name: str, column: str) -> str:
    shown = next(sign for sign in BETWEEN_PEOPLE if sign in name).replace("\n", "\\n")
    return (
        f'name {name!r:.80} holds "{shown}": if it names several people, say in the mapping '
        f'split = {{ "{column}" = "{shown}" }}'
    )


def id_segment(cell: str) -> str:
    """Return a cell as it may stand in an id ("INC 1" is inc-1, "Som/80" is som/80); "" where none can be made."""
    if _SEGMENTS.fullmatch(cell):
        return cell
    letters = with_ascii_digits(unicodedata.normalize("NFKD", cell)).lower()
    plain = "".join(c for c in letters if not unicodedata.combining(c))
    parts = (re.sub(r"[^a-z0-9._]+", "-", part).strip("-._") for part in plain.split("/"))
    return "/".join(filter(None, parts))


def spelling_of(cell: str) -> str:
    """Return a text without what may differ between two spellings of one id: case, width, and how words are joined."""
    return _BLANKS.sub("-", unicodedata.normalize("NFKC", cell).casefold())


def split_items(texts: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """Return the items of columns that are split, side by side; raises InvalidValueError where one has more."""
    numbers = {column: len(items) for column, items in texts.items()}
    if len(set(numbers.values())) > 1:
        has = ", ".join(f"{column!r} has {number}" for column, number in numbers.items())
        raise InvalidValueError(f"the columns that are split do not go together: {has}: give each as many items")
    return [dict(zip(texts, items, strict=True)) for items in zip(*texts.values(), strict=True)]
