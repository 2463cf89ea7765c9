"""The spelling of a mapping: its tables and keys, and what may stand in each; read by cattrs."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

import attrs
from cattrs import ClassValidationError, Converter, ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, override

from dialogue_registry.errors import InvalidValueError, MappingError
from dialogue_registry.imports.date_words import DAY_FIRST, MONTH_FIRST
from dialogue_registry.imports.files import FileRules
from dialogue_registry.imports.rows import Unpivot
from dialogue_registry.model.shown import shown

# --- what may stand at a key ---------------------------------------------------------


_Reader: TypeAlias = Callable[[Any], Any]


def _reader(fits: Callable[[Any], bool], wanted: str, read: _Reader = lambda value: value) -> _Reader:
    """Return what reads a value, or raises InvalidValueError with what is wanted where it does not fit."""

    def reader(value: Any) -> Any:
        if not fits(value):
            raise InvalidValueError(f"is {value!r:.80}: give {wanted}")
        return read(value)

    return reader


def _one_of(*choices: str) -> _Reader:
    allowed = " or ".join(f'"{choice}"' for choice in choices)

    def reader(value: Any) -> str:
        if value not in choices:
            raise InvalidValueError(f"is {value!r:.80}: use {allowed}")
        return str(value)

    return reader


def _is_list(value: Any, of: type = object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, of) for item in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


_text = _reader(lambda value: isinstance(value, str), "a text")
_truth = _reader(lambda value: isinstance(value, bool), "true or false")
_texts = _reader(lambda value: _is_list(value, str), "a list of texts", tuple)
_table = _reader(lambda value: isinstance(value, Mapping), "a table")
_tables = _reader(_is_list, "a list of tables", lambda value: tuple(map(_table, value)))
_year = _reader(lambda value: _is_number(value) and value <= 9900, "a year, such as 1950")
_one_character = _reader(
    lambda value: isinstance(value, str) and len(value) == 1 and value not in '"\r\n',
    'the one character between the cells, such as ";"',
)
_rows = _reader(
    lambda value: _is_number(value) or (_is_list(value) and len(value) > 0 and all(map(_is_number, value))),
    "the number of a row as the spreadsheet shows it, or a list of them, such as [3, 4]",
    lambda value: tuple(value) if _is_list(value) else (value,),
)
_columns = _reader(
    lambda value: (isinstance(value, str) and ":" in value) or (_is_list(value, str) and len(value) > 0),
    'the first and the last heading, such as "1957:2011", or a list of headings',
    lambda value: value if isinstance(value, str) else tuple(value),
)


def _separator(value: Any) -> str:
    if value == "":
        raise InvalidValueError('is empty: give what stands between the items, such as ";"')
    return str(_text(value))


_nothings = _reader(_is_list, 'a list of texts that say nothing, or a table of them by column, { Office = ["NA"] }')


def _missing(value: object) -> frozenset[str] | Mapping[str, frozenset[str]]:
    if isinstance(value, Mapping):
        return {column: frozenset(_texts(texts)) for column, texts in value.items()}
    return frozenset(map(str, _nothings(value))) | {""}


def _codes(value: object) -> Mapping[str, str]:
    for name, code in _table(value).items():
        if not isinstance(code, str) or not code.strip():
            raise InvalidValueError(f'has {name!r} is {code!r}: give a code, such as "KGZ"')
    return cast("Mapping[str, str]", value)


def _meanings(value: object) -> Mapping[str, Mapping[str, Any]]:
    for field, meanings in _table(value).items():
        if not isinstance(meanings, Mapping):
            raise InvalidValueError(f'has {shown(field)} is {meanings!r:.80}: give a table, such as "Mai" = "2018-05"')
    return cast("Mapping[str, Mapping[str, Any]]", value)


# --- the tables ----------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class SourceTable:
    """[source]: the fields of a source, each a text that may have columns in it; and whether a row may have none."""

    title: Any = ""
    url: Any = ""
    publisher: Any = ""
    published: Any = ""
    language: Any = ""
    kind: Any = ""
    optional: bool = False


@attrs.frozen(kw_only=True)
class DatesTable:
    """[dates]."""

    formats: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    order: str = ""
    century: int | None = None
    times: str = ""
    year: str | int | None = None
    zone: str = ""


@attrs.frozen(kw_only=True)
class NamesTable:
    """[names]."""

    drop_honorifics: bool = False


@attrs.frozen(kw_only=True)
class PartyRules:
    """[parties]: how names of parties are matched; without this table, the text is the party."""

    iso: bool | None = None
    languages: tuple[str, ...] = ()
    unresolved: str = "leave out"
    aliases: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def states(self) -> bool:
        """Whether names of states are known."""
        return bool(self.iso or self.languages)

    @property
    def keep_unresolved(self) -> bool:
        """Whether a party that nobody knows is kept as written."""
        return self.unresolved == "keep"


@attrs.frozen(kw_only=True)
class ListsTable:
    """[lists]."""

    separator: str = ";"


@attrs.frozen(kw_only=True)
class Spelling:
    """A mapping as it is written."""

    table: str = ""
    key: str = ""
    missing: frozenset[str] | Mapping[str, frozenset[str]] = frozenset({""})
    source: SourceTable = SourceTable()
    first: tuple[Mapping[str, Any], ...] = ()
    each: tuple[Mapping[str, Any], ...] = ()
    dates: DatesTable = DatesTable()
    names: NamesTable = NamesTable()
    parties: PartyRules | None = None
    lists: ListsTable = ListsTable()
    values: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
    file: FileRules = FileRules()


READERS: Mapping[type, Mapping[str, _Reader]] = {
    SourceTable: {
        **dict.fromkeys((field.name for field in attrs.fields(SourceTable)), lambda value: value),
        "optional": _truth,
    },
    DatesTable: {
        "formats": _texts,
        "languages": _texts,
        "order": _one_of(DAY_FIRST, MONTH_FIRST),
        "century": _year,
        "times": _one_of("drop"),
        "year": lambda value: value if isinstance(value, str) and "{" in value else _year(value),
        "zone": _text,
    },
    NamesTable: {"drop_honorifics": _truth},
    PartyRules: {
        "iso": _truth,
        "languages": _texts,
        "unresolved": _one_of("leave out", "keep"),
        "aliases": _codes,
    },
    ListsTable: {"separator": _separator},
    Unpivot: {"columns": _columns, "name": _text, "value": _text},
    FileRules: {
        "sheet": _text,
        "header_row": _rows,
        "stop_at": lambda value: (value,) if isinstance(value, str) else _texts(value),
        "fill_down": _texts,
        "rows": _text,
        "unpivot": lambda value: _structured(value, Unpivot),
        "delimiter": _one_character,
        "encoding": _text,
    },
    Spelling: {
        "table": _text,
        "key": _text,
        "missing": _missing,
        "source": lambda value: _structured(value, SourceTable),
        "first": _tables,
        "each": _tables,
        "dates": lambda value: _structured(value, DatesTable),
        "names": lambda value: _structured(value, NamesTable),
        "parties": lambda value: _structured(value, PartyRules),
        "lists": lambda value: _structured(value, ListsTable),
        "values": _meanings,
        "file": lambda value: _structured(value, FileRules),
    },
}
"""By table, what reads the value of each of its keys; it raises InvalidValueError, which says what is allowed."""


# --- reading -------------------------------------------------------------------------

_converter = Converter(forbid_extra_keys=True)


def _hook(reader: _Reader) -> Callable[[Any, Any], Any]:
    return lambda value, _: reader(value)


for _class, _readers in READERS.items():
    _overrides: dict[str, Any] = {
        field.name: override(struct_hook=_hook(_readers[field.name])) if field.name in _readers else override(omit=True)
        for field in attrs.fields(_class)
    }
    _converter.register_structure_hook(
        _class, make_dict_structure_fn(_class, _converter, _cattrs_forbid_extra_keys=True, **_overrides)
    )


def _structured(value: object, cls: type) -> Any:
    return _converter.structure(_table(value), cls)


def read_spelling(content: object) -> Spelling:
    """Read a mapping as it is written; raises MappingError, which names table, key and what is allowed."""
    try:
        return cast("Spelling", _structured(content, Spelling))
    except InvalidValueError as error:
        raise MappingError(f" {error}") from None
    except ClassValidationError as error:
        first, *others = _causes(error, "")
        raise MappingError("; ".join((first, *(other.lstrip(", :") for other in others)))) from None


def _causes(error: ClassValidationError, table: str) -> list[str]:
    """Return for every failure its table and key, and what is allowed there."""
    where = f", [{table}]" if table else ""
    at_keys, others = error.group_exceptions()
    causes = []
    for other in others:
        if isinstance(other, ForbiddenExtraKeysError):
            known = ", ".join(READERS[other.cl])
            causes += [
                f"{where} has {name}, which means nothing: use {known}"
                for name in sorted(map(shown, other.extra_fields))
            ]
        elif isinstance(other, TypeError):  # a key that must be there
            causes.append(f"{where} lacks a key: it needs {', '.join(READERS[error.cl])}")
        else:
            causes.append(f"{where}: {other}")
    for failure, note in at_keys:
        if isinstance(failure, ClassValidationError):
            causes += _causes(failure, f"{table}.{note.name}" if table else note.name)
        elif isinstance(failure, KeyError):
            causes.append(f"{where} has no {note.name}: give it")
        else:
            causes.append(f"{where}: {note.name} {failure}")
    return causes
