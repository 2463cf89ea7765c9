"""Tables of kinds: the columns, the unique key and the rows that follow from classes of facts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from json import dumps
from operator import itemgetter
from typing import Any, TypeAlias

import attrs

from dialogue_registry.model.shapes import Shape, default_of, shapes_of
from dialogue_registry.model.stored_rows import select_of
from dialogue_registry.model.tables import RESERVED, Row, Table
from dialogue_registry.model.texts import is_folded
from dialogue_registry.model.wordings import fold_value, getter

SUBJECTS = ("dialogue", "series", "meeting")
"""The subjects an id can name; a field of that name holds the id of one."""
ANY_SUBJECT = "of"
"""The name of a field that holds the id of a dialogue, a series or a meeting."""

Key: TypeAlias = tuple[tuple[str, ...], ...]
Extra: TypeAlias = Mapping[str, tuple[str, Callable[[Any], object], str]]

_IDS = {*SUBJECTS, ANY_SUBJECT, "reported_at"}
"""Fields that hold ids, which have nothing to fold."""
_PARENTS = {"dialogue": "dialogues", "series": "series", "meeting": "meetings"}


def table_of(
    name: str,
    classes: Mapping[type[Any], Extra],
    *,
    about: Sequence[str],
    key: Key | None,
    opens: str = "",
    indexes: Sequence[str] = (),
    refers: bool = True,
) -> Table:
    """Return the table of one or several classes: a column for each field, in order.

    ``classes`` maps each class to columns beside its fields. Each is a definition, a function
    of the fact, and the same as SQL over its stored JSON ("" where it needs Python). The first
    date also gets the columns ``earliest`` and ``latest``, ISO 8601 days on which it can have
    begun. ``opens`` is the field whose id the facts themselves make known. ``about`` and
    ``key`` are as in :class:`Kind`: of the rows that are equal in them, only one can be there;
    without a ``key``, any number. Unless ``refers``, its ids may be empty, or of something
    unknown.

    Where folding changes a text of the key, the column ``folded`` holds the folded texts as
    a JSON object.
    """
    fields: dict[str, list[Shape]] = {}
    columns: dict[str, str] = {}
    for cls, more in classes.items():
        columns |= {column: definition for column, (definition, *_) in more.items()}
        for field, shape in shapes_of(cls).items():
            fields.setdefault(field, []).append(shape)
    dated = next((field for field, shapes in fields.items() if shapes[0].is_date), "")
    for field, shapes in fields.items():
        missing = len(shapes) < len(classes) and _default(field, classes) is None
        optional = missing or any(shape.optional for shape in shapes)
        definition = shapes[0].sql + ("" if optional else " NOT NULL")
        if refers and field in SUBJECTS and field != opens:
            definition += f" REFERENCES {_PARENTS[field]} ({field})"
        columns[column_of(field)] = definition
        if field == dated:
            columns |= dict.fromkeys(("earliest", "latest"), "TEXT" if optional else "TEXT NOT NULL")
    unique, foldable = "", list[str]()
    if key is not None:
        foldable = [field for item in key for field in item if fields[field][0].is_foldable and field not in _IDS]
        unique = ", ".join(
            [*(_expression(field, fields[field], foldable) for field in about)]
            + [expression for item in key for expression in _alternatives(item, fields, foldable)]
        )
    if foldable:
        columns["folded"] = "TEXT"
    defaults = {column_of(field): _default(field, classes) for field in fields}
    feed = {
        cls: _row_maker(cls, more, columns, dated=dated, foldable=foldable, defaults=defaults)
        for cls, more in classes.items()
    }
    selects = {
        cls: select
        for cls, more in classes.items()
        if (
            select := select_of(
                cls,
                list(columns),
                fields={column_of(field): field for field in shapes_of(cls)},
                extra={column: sql for column, (_, _, sql) in more.items()},
                dated=dated,
                foldable=foldable,
                defaults=defaults,
            )
        )
    }
    return Table(name, columns=columns, feed=feed, indexes=indexes, unique=unique, selects=selects)


def _default(field: str, classes: Iterable[type[Any]]) -> object:
    """Return what the column of a field holds for a class that has no such field, as stored."""
    for cls in classes:
        if field in shapes_of(cls):
            default = default_of(cls, field)
            store = shapes_of(cls)[field].store
            return None if default in (None, attrs.NOTHING) else default if store is None else store(default)
    return None


def column_of(field: str) -> str:
    """Return the column of a field: its name, with an underscore where every table has a column of that name."""
    return f"{field}_" if field in RESERVED or field == "folded" else field


def _expression(field: str, shapes: Sequence[Shape], foldable: Sequence[str]) -> str:
    column = f'"{column_of(field)}"'
    if field in foldable:
        return f"coalesce(json_extract(folded, '$.{field}'), {column}, '')"
    return f"coalesce({column}, '')" if any(shape.optional for shape in shapes) else column


def _alternatives(item: tuple[str, ...], fields: Mapping[str, Sequence[Shape]], foldable: Sequence[str]) -> list[str]:
    """Return an expression for each field of an item: "" where one before it is not empty."""
    plain = [_expression(field, fields[field], foldable) for field in item]
    return [
        f"iif({' AND '.join(f'{before} = {_EMPTY}' for before in plain[:place])}, {expression}, {_EMPTY})"
        if place
        else expression
        for place, expression in enumerate(plain)
    ]


_EMPTY = "''"


def _row_maker(
    cls: type[Any],
    extra: Extra,
    columns: Iterable[str],
    *,
    dated: str,
    foldable: Sequence[str],
    defaults: Mapping[str, object],
) -> Callable[[Any], Row]:
    """Return the function that makes a row of a fact: all fields at once, then what is not stored as it is."""
    shapes = shapes_of(cls)
    by_column = {column_of(field): field for field in shapes}
    fields, computed, constants = list[str](), list[str](), dict[str, object]()
    makers: list[Callable[[Any], object]] = []
    for column in columns:
        maker = None
        if column in extra:
            maker = extra[column][1]
        elif column in by_column:
            fields.append(column)
        elif column in ("earliest", "latest") and dated in shapes:
            maker = _bound(dated, "earliest" if column == "earliest" else "latest_start")
        elif column == "folded":
            maker = _folding([(field, shapes[field]) for field in foldable if field in shapes])
        else:
            constants[column] = defaults.get(column)
        if maker is not None:
            computed.append(column)
            makers.append(maker)
    get = getter([by_column[column] for column in fields])
    stored = [
        (place, store) for place, column in enumerate(fields) if (store := shapes[by_column[column]].store) is not None
    ]
    places = {column: place for place, column in enumerate([*fields, *constants, *computed])}
    arrange = itemgetter(*(places[column] for column in columns)) if len(places) > 1 else tuple
    others = tuple(constants.values())

    def row(fact: Any) -> Row:
        values = [*get(fact), *others]
        for place, store in stored:
            if (value := values[place]) is not None:
                values[place] = store(value)
        values += [make(fact) for make in makers]
        return arrange(values)

    return row


def _bound(field: str, end: str) -> Callable[[Any], object]:
    def bound(fact: Any) -> object:
        date = getattr(fact, field)
        return None if date is None else getattr(date, end).isoformat()

    return bound


def _folding(fields: Sequence[tuple[str, Shape]]) -> Callable[[Any], str | None]:
    """Return the function that returns those fields of a fact which folding changes, folded, as a JSON object."""
    get = getter([field for field, _ in fields])
    texts = all(shape.is_text and not shape.optional for _, shape in fields)

    def folding(fact: Any) -> str | None:
        values = get(fact)
        if texts and is_folded(f"|{'|'.join(values)}|"):  # nearly always, and then no text is looked at alone
            return None
        changed = {}
        for (field, shape), value in zip(fields, values, strict=True):
            if (folded := fold_value(value)) != value:
                changed[field] = folded if shape.store is None else shape.store(folded)
        return dumps(changed, ensure_ascii=False) if changed else None

    return folding
