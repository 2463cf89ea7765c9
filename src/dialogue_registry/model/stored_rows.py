"""The row of a fact as SQL over its stored JSON, for classes whose row is plain columns of it.

A rebuild makes such rows without reading the events into Python. They are the rows that the
function of the class returns (:func:`dialogue_registry.model.kind_tables.table_of`): a law of the
tests compares the two, and so does ``verify()``.

The statements are over the column ``data``, whose keys are left out where they hold the
default, and use the function :func:`folded_texts`.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from json import dumps, loads
from typing import Any

import attrs

from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.shapes import Shape, shapes_of
from dialogue_registry.model.texts import fold_text, is_folded

FUNCTION = "folded_texts"
"""The name of the function of SQL that a connection needs, with one argument."""

#: Whether no text in the JSON can be changed by folding: ASCII without escapes, no blanks but single ones within.
_IS_FOLDED = (
    "length(data) = length(CAST(data AS BLOB)) AND instr(data, '\\') = 0 AND instr(data, '  ') = 0"
    " AND instr(data, ' \"') = 0 AND instr(data, '\" ') = 0 AND instr(data, char(127)) = 0"
)
_FIRST_DAY = (
    "CASE length({date}) WHEN 10 THEN {date} WHEN 7 THEN {date} || '-01' WHEN 4 THEN {date} || '-01-01'"
    " WHEN 21 THEN substr({date}, 1, 10) ELSE substr({date}, 2, 10) END"
)
#: The latest day that a date can begin on: of a span of days the first, of a window the last.
_LAST_DAY = (
    "CASE length({date}) WHEN 10 THEN {date} WHEN 4 THEN {date} || '-12-31'"
    " WHEN 7 THEN iif(substr({date}, 6) = '12', {date} || '-31', date({date} || '-01', '+1 month', '-1 day'))"
    " WHEN 21 THEN substr({date}, 1, 10) ELSE substr({date}, 14, 10) END"
)


def select_of(
    cls: type[Any],
    columns: Sequence[str],
    *,
    fields: Mapping[str, str],
    extra: Mapping[str, str],
    dated: str,
    foldable: Sequence[str],
    defaults: Mapping[str, object],
) -> str:
    """Return the values of the columns as a list of SQL expressions; "" where a value needs Python.

    ``fields`` has the field of each column that shows one, ``extra`` the expressions of further
    columns. ``defaults`` are the values of columns that the class has nothing for.
    """
    if not _is_read_as_stored(cls):
        return ""
    shapes = shapes_of(cls)
    values: list[str] = []
    for column in columns:
        if column in extra:
            value = extra[column]
        elif column in fields:
            value = _value(cls, fields[column], shapes[fields[column]])
        elif column in ("earliest", "latest") and dated in shapes:
            day = _FIRST_DAY if column == "earliest" else _LAST_DAY
            value = day.format(date=_stored(dated))
        elif column == "folded":
            value = _folded(cls, [field for field in foldable if field in shapes])
        else:
            value = _literal(defaults.get(column))
        if not value:
            return ""
        values.append(value)
    return ", ".join(values)


def folded_texts(texts: str) -> str | None:
    """Return those texts of a JSON object which folding changes, folded, as one; None where it changes none."""
    if "\\" not in texts and is_folded(texts.replace('"', "|")):
        return None
    changed = {}
    for name, text in loads(texts).items():
        if text is not None and (folded := fold_text(text)) != text:
            changed[name] = folded
    return dumps(changed, ensure_ascii=False) if changed else None


def _is_read_as_stored(cls: type[Any]) -> bool:
    """Return whether reading changes nothing in what is stored of a class: those of users may convert anything."""
    if cls.__module__.startswith("dialogue_registry."):
        return True
    return not hasattr(cls, "__attrs_post_init__") and all(field.converter is None for field in attrs.fields(cls))


def _value(cls: type[Any], field: str, shape: Shape) -> str:
    """Return the value of a column that shows a field; "" where SQL cannot make it of the JSON."""
    plain = shape.cls in (str, int, bool, PartialDate, date) or issubclass(shape.cls, StrEnum)
    default = attrs.fields_dict(cls)[field].default
    if not plain or shape.many or isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        return ""
    if default is attrs.NOTHING or default is None:
        return _stored(field)
    stored = _literal(default if shape.store is None else shape.store(default))
    if shape.optional:
        return f"""iif(json_type(data, '$."{field}"') IS NULL, {stored}, {_stored(field)})"""
    return f"coalesce({_stored(field)}, {stored})"


def _stored(field: str) -> str:
    return f"""json_extract(data, '$."{field}"')"""


def _folded(cls: type[Any], fields: Sequence[str]) -> str:
    shapes, attributes = shapes_of(cls), attrs.fields_dict(cls)
    defaults = [attributes[field].default for field in fields]
    if not all(shapes[field].is_text for field in fields) or any(
        isinstance(default, str) and fold_text(default) != default for default in defaults
    ):
        return ""
    pairs = ", ".join(f"'{field}', {_stored(field)}" for field in fields)
    return f"iif({_IS_FOLDED}, NULL, {FUNCTION}(json_object({pairs})))"


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'{}'".format(str(value).replace("'", "''"))
