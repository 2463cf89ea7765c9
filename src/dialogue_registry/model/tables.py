"""A projection: what to make of the standing facts.

A projection is a value with a name, a version and parts, in order:

- a :class:`Table` is fed by one pure function per class of event: a fact gives a row;
- a :class:`State` is what several rows decide together, one row per key, as a SELECT;
- a :class:`Tally` is a sum of rows, one row per key, as a SELECT;
- a :class:`View` is any SELECT over all of these.

Every row of a table begins with ``fact`` (the number of the fact it shows) and ``event`` (the
position of the event whose wording it has). Then comes ``since``, the position since which it
stands. An amendment takes a row out and puts a row in; what it takes out moves to the table
``…_past`` with ``until``. Rows are linear in facts, states and tallies are made of rows. So
views of the log are views of its effective log, and no fact is undone by replay.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.model.shown import shown

Row: TypeAlias = tuple[object, ...]
Feed: TypeAlias = Callable[..., Row | None]

RESERVED = frozenset({"fact", "event", "since", "until"})
"""The columns that every table has by itself, or its table of the past."""


@arguments_checked
@attrs.frozen
class Table:
    """Rows made of facts: ``feed`` maps a class of event to a pure function of the event.

    The function gives the values of ``columns`` in order (str, int, float, bytes or
    None), or None where the fact makes no row. ``columns`` maps a name to its SQL
    definition; the columns ``fact``, ``event`` and ``since`` come before them by
    themselves. ``indexes`` are lists of columns, such as "meeting, party", or
    "series, date WHERE date IS NOT NULL" for an index of some rows only.
    """

    name: str
    columns: Mapping[str, str] = attrs.field(kw_only=True)
    feed: Mapping[type[Any], Feed] = attrs.field(kw_only=True)
    indexes: Sequence[str] = attrs.field(default=(), kw_only=True)
    #: Whether the functions are also given the source of the fact, or None.
    sourced: bool = attrs.field(default=False, kw_only=True)
    #: Whether the functions are given the stored keys of the event in its place, as a dict: so a row does not
    #: depend on which kinds a program knows.
    stored: bool = attrs.field(default=False, kw_only=True)
    #: Of a table of kinds: the expressions in which no two rows are equal.
    unique: str = attrs.field(default="", kw_only=True)
    #: Of a table of kinds: the values of the columns as SQL over the stored JSON (``data``), by class.
    selects: Mapping[type[Any], str] = attrs.field(factory=dict, kw_only=True)


@arguments_checked
@attrs.frozen
class State:
    """A table of what the rows of another decide together, one row per ``key``.

    ``select`` is a SELECT over ``{rows}`` that gives the columns in order; it is run for
    the keys whose rows changed. It must give at most one row per key.
    """

    name: str
    table: str = attrs.field(kw_only=True)
    key: str = attrs.field(kw_only=True)
    columns: Mapping[str, str] = attrs.field(kw_only=True)
    select: str = attrs.field(kw_only=True)
    indexes: Sequence[str] = attrs.field(default=(), kw_only=True)


@arguments_checked
@attrs.frozen
class Tally:
    """Sums over the rows of one table, one row per ``key``; a row whose sums are all zero is left out.

    ``select`` is a SELECT over ``{rows}`` with GROUP BY; it gives the key, then the sums, then
    the ``maxima``. It is run over the rows that come and go, so it must be linear. It has sums
    and counts of one row at a time, nothing that looks at two rows.
    """

    name: str
    table: str = attrs.field(kw_only=True)
    key: Sequence[str] = attrs.field(kw_only=True)
    sums: Sequence[str] = attrs.field(kw_only=True)
    maxima: Sequence[str] = attrs.field(default=(), kw_only=True)
    select: str = attrs.field(kw_only=True)


@arguments_checked
@attrs.frozen
class View:
    """A SELECT under a name, made when it is asked."""

    name: str
    select: str = attrs.field(kw_only=True)


Part: TypeAlias = Table | State | Tally | View


def _to_tuple(parts: Iterable[Part]) -> tuple[Part, ...]:
    chosen = tuple(parts)
    for part in chosen:
        if not isinstance(part, Table | State | Tally | View):
            raise InvalidValueError(f"{shown(part)} is no part of a projection: give a Table, State, Tally or View")
    return chosen


def names_of(parts: Iterable[Part]) -> list[str]:
    """Return the names in the file that parts take, in order."""
    return [
        name
        for part in parts
        for name in ((part.name, f"{part.name}_past") if isinstance(part, Table) else (part.name,))
    ]


@arguments_checked
@attrs.frozen
class Projection:
    """A name, a version and parts in order: a part may only speak of those before it.

    When ``version`` is raised, the projection is made again at the next opening.
    """

    name: str
    version: int
    parts: tuple[Part, ...] = attrs.field(converter=_to_tuple)

    @parts.validator
    def _check(self, _: object, parts: Sequence[Part]) -> None:
        taken = [name.lower() for name in names_of(parts)]  # case is no difference to SQLite
        if twice := [name for name in taken if taken.count(name) > 1]:
            raise InvalidValueError(f"projection {self.name!r} takes the name {twice[0]!r} twice: rename a part")
        tables: set[str] = set()
        for part in parts:
            if isinstance(part, Table):
                tables.add(part.name)
                if reserved := RESERVED & part.columns.keys():
                    raise InvalidValueError(
                        f"table {part.name!r} of projection {self.name!r} has columns {sorted(reserved)}, "
                        "which every table has by itself: choose other names"
                    )
            elif isinstance(part, State | Tally) and part.table not in tables:
                raise InvalidValueError(
                    f"{part.name!r} of projection {self.name!r} is made of table {part.table!r}: "
                    "put that Table before it"
                )
            if isinstance(part, State | Tally):
                self._check_select(part)
            if isinstance(part, State):
                of_table = next(one.columns for one in parts if isinstance(one, Table) and one.name == part.table)
                for columns, owner in ((part.columns, "its own"), (of_table, f"table {part.table!r}'s")):
                    if part.key not in columns:
                        raise InvalidValueError(
                            f"key {part.key!r} of {part.name!r} in projection {self.name!r} is no column of {owner}: "
                            f"use one of {', '.join(columns)}"
                        )

    def _check_select(self, part: State | Tally) -> None:
        try:
            over_rows = part.select.format(rows="<rows>")
        except (KeyError, IndexError, ValueError):
            over_rows = ""
        if "<rows>" not in over_rows:
            raise InvalidValueError(
                f"the select of {part.name!r} in projection {self.name!r} is not made of {{rows}}: "
                "write FROM {rows}, and other braces twice"
            )
