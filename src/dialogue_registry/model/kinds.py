"""A kind: everything that is particular to one sort of fact.

A kind says under which word its facts are stored, which field names what they are about,
what tells two of them apart, and in which table they show. All else – JSON, the rule that
the subject is known, view rows, questions, exports, the command line – follows from it::

    @attrs.frozen(kw_only=True)
    class VoteCast:
        meeting: str
        question: str
        party: str
        choice: str


    VOTES = Kind(cls=VoteCast, word="org.example.vote-cast", about="meeting", key=("question", "party"))
"""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cache, cached_property
from hashlib import blake2b
from json import dumps
from operator import attrgetter, itemgetter
from typing import Any, TypeAlias

import attrs

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import NO_FACTS
from dialogue_registry.model.fields import shown
from dialogue_registry.model.shapes import Shape, default_of, shapes_of
from dialogue_registry.model.stored_rows import select_of
from dialogue_registry.model.tables import RESERVED, Row, Table
from dialogue_registry.model.texts import fold_text, is_folded

Data: TypeAlias = dict[str, Any]
Upcaster: TypeAlias = Callable[[Data], Data]
KeyItem: TypeAlias = str | tuple[str, ...]
Identity: TypeAlias = tuple[Hashable, ...]

SUBJECTS = ("dialogue", "series", "meeting")
"""The subjects an id can name; a field of that name holds the id of one."""
ANY_SUBJECT = "of"
"""The name of a field that holds the id of a dialogue, a series or a meeting."""

_REVERSE_DNS = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*){2,}")
_OWN = "dialogue_registry.model.events"


def _to_fields(value: str | Iterable[str]) -> tuple[str, ...]:
    names = (value,) if isinstance(value, str) else tuple(value)
    return tuple(name for name in names if name != "")


def _as_given(value: Table | str | None) -> Table:
    return value  # type: ignore[return-value]  # made when all fields are there


def _to_key(value: Iterable[KeyItem] | None) -> tuple[tuple[str, ...], ...]:
    if value is None:
        return None  # type: ignore[return-value]  # made when all fields are there
    if isinstance(value, str):
        raise InvalidValueError(f"key={value!r} is a text: give a tuple of fields, such as ({value!r},)")
    return tuple((item,) if isinstance(item, str) else tuple(item) for item in value)


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Kind:
    """One sort of fact.

    ``cls`` is a frozen attrs class whose fields JSON can hold; ``word`` its stored name,
    in reverse-DNS form for kinds of yours. ``about`` names the field that holds the id of
    what the fact rests on: ``"dialogue"``, ``"series"``, ``"meeting"`` or ``"of"`` (any of
    them); of several, the first that is not empty counts; ``""`` for a fact that rests on
    nothing.

    ``key`` tells facts about one subject apart: of those that are equal in it only one can
    stand, and one that differs elsewhere contradicts it. An item is a field, or a tuple of
    fields of which the first that is not empty counts. Without ``key`` all fields tell apart,
    so that no two facts contradict each other; ``()`` allows one fact a subject.

    ``table`` is the name of its table, or a :class:`~dialogue_registry.projections.Table`
    (two kinds may share one); by default the name is made of the class's. ``version`` is the schema version,
    ``upcasters`` maps version n to the function that makes stored data of version n + 1.
    ``personal`` lists fields that name persons, ``mentions`` further fields with ids that
    must be known.

    Raises InvalidValueError where these do not fit together.
    """

    cls: type[Any]
    word: str
    about: tuple[str, ...] = attrs.field(converter=_to_fields)
    key: tuple[tuple[str, ...], ...] = attrs.field(default=None, converter=_to_key)
    table: Table = attrs.field(default=None, converter=_as_given)
    version: int = 1
    upcasters: Mapping[int, Upcaster] = attrs.field(factory=dict)
    personal: tuple[str, ...] = attrs.field(default=(), converter=_to_fields)
    mentions: tuple[str, ...] = attrs.field(default=(), converter=_to_fields)

    def __attrs_post_init__(self) -> None:
        self._check_class()
        if self.key is None:
            others = tuple((name,) for name in self.shapes if name not in self.about)
            object.__setattr__(self, "key", others)
        self._check_fields()
        self._check_versions()
        if not isinstance(self.table, Table):
            name = self.table or _snake(self.cls.__name__)
            object.__setattr__(
                self, "table", table_of(name, {self.cls: {}}, about=self.about, key=self.key, refers=False)
            )
        elif self.cls not in self.table.feed:
            raise InvalidValueError(f"table {self.table.name!r} of {self._name} has no feed for that class: add it")

    # --- checks ------------------------------------------------------------------------

    @property
    def _name(self) -> str:
        return f"the kind of {self.cls.__name__}"

    def _check_class(self) -> None:
        if not (isinstance(self.cls, type) and attrs.has(self.cls)) or self.cls in NO_FACTS:
            raise InvalidValueError(f"cls={shown(self.cls)} is no class of a fact: give a frozen attrs class")
        if own := [base for base in self.cls.__mro__[1:] if base.__module__ == _OWN]:
            raise InvalidValueError(
                f"{self.cls.__name__} is a subclass of {own[0].__name__}, an event of the library: "
                "make a class with no such parent, and repeat the fields that you need"
            )
        if not _is_frozen(self.cls):
            raise InvalidValueError(
                f"{self.cls.__name__} can be changed after it was made: decorate it with @attrs.frozen(kw_only=True)"
            )
        if not isinstance(self.word, str) or not (self.is_own or _REVERSE_DNS.fullmatch(self.word)):
            raise InvalidValueError(
                f"word={shown(self.word)} of {self._name} is not in reverse-DNS form: use at least three parts in "
                "lower case, such as 'org.example.vote-cast'"
            )
        if "event" in self.shapes:  # raises where JSON cannot hold a field
            raise InvalidValueError(
                f"{self.cls.__name__} has a field 'event', which is the key that names a fact's kind: rename it"
            )

    def _check_fields(self) -> None:
        named = {"about": self.about, "personal": self.personal, "mentions": self.mentions}
        named["key"] = tuple(name for item in self.key for name in item)
        for what, names in named.items():
            if unknown := [name for name in names if name not in self.shapes]:
                raise InvalidValueError(
                    f"{what} of {self._name} names {unknown[0]!r}, which is no field of it: "
                    f"use {', '.join(self.shapes)}"
                )
        for name in (*self.about, *self.mentions):
            if name not in (*SUBJECTS, ANY_SUBJECT) or not self.shapes[name].is_text:
                raise InvalidValueError(
                    f"about of {self._name} names {name!r}: name a field dialogue, series, meeting or of (any of them) "
                    "that holds an id as a text"
                )

    def _check_versions(self) -> None:
        if not isinstance(self.version, int) or self.version < 1:
            raise InvalidValueError(f"version={shown(self.version)} of {self._name}: give a whole number from 1")
        wanted = set(range(1, self.version))
        for gap in sorted(wanted - self.upcasters.keys()):
            raise InvalidValueError(
                f"no upcaster of {self._name} leads from version {gap} to version {gap + 1}: add it"
            )
        for stray in sorted(self.upcasters.keys() - wanted):
            raise InvalidValueError(
                f"the upcaster of {self._name} from version {stray} leads nowhere: remove it or raise the version"
            )

    # --- what follows ------------------------------------------------------------------

    @property
    def is_own(self) -> bool:
        """Whether the kind is the library's own."""
        return self.cls.__module__ == _OWN

    @cached_property
    def shapes(self) -> Mapping[str, Shape]:
        """The fields in order, each with the shape of its values."""
        return shapes_of(self.cls)

    def subject(self, fact: Any) -> str:
        """Return the id that a fact rests on, "" where it rests on nothing."""
        for name in self.about:
            if subject := getattr(fact, name):
                return str(subject)
        return ""

    @cached_property
    def naming(self) -> tuple[str, ...]:
        """The fields that may hold an id which must be known."""
        return (*self.about, *self.mentions)

    def needs(self, fact: Any) -> list[tuple[str, str]]:
        """Return the ids that must be known, each with what it must name (``"of"``: anything)."""
        found: list[tuple[str, str]] = []
        for name in self.about:
            if subject := getattr(fact, name):
                found.append((name, subject))
                break
        found += [(name, id_) for name in self.mentions if (id_ := getattr(fact, name))]
        return found

    def identity(self, fact: Any, values: Sequence[Any] = ()) -> Identity:
        """Return what only one standing fact can have: its table, its subject and its key, folded.

        ``values`` are its key's values, where they are known already.
        """
        return (self.table.name, *(values or self.key_values(fact)))

    @cached_property
    def width(self) -> int:
        """The number of expressions that are unique in the table: the fields of ``about`` and of the key."""
        return len(self.about) + sum(map(len, self.key))

    def key_values(self, fact: Any) -> list[Any]:
        """Return the values of the expressions that are unique in the table, in order."""
        values = [getattr(fact, name) or "" for name in self.about]
        for fields in self._stored_key:
            empty = True
            for name, store in fields:
                value: Any = ""
                if empty:
                    value = _folded(getattr(fact, name))
                    value = value if store is None else store(value)
                    empty = value in ("", None)
                values.append("" if value is None else value)
        return values

    @cached_property
    def _stored_key(self) -> tuple[tuple[tuple[str, Callable[[Any], object] | None], ...], ...]:
        """The fields of each item of the key, each with the function that makes the value of its column."""
        return tuple(tuple((name, self.shapes[name].store) for name in names) for names in self.key)

    def check(self, fact: Any) -> None:
        """Raise InvalidValueError unless each field holds what its shape says and a log can hold."""
        for name, shape in self.shapes.items():
            shape.check(f"{self.cls.__name__}.{name}", getattr(fact, name))


def fold_fact(fact: Any) -> Any:
    """Return a fact with every text folded; the fact itself where nothing changes."""
    changes = {}
    for field in attrs.fields(type(fact)):
        value = getattr(fact, field.name)
        if (folded := _folded(value)) != value:
            changes[field.name] = folded
    return attrs.evolve(fact, **changes) if changes else fact


def same_fact(one: Any, other: Any) -> bool:
    """Return whether two facts say the same: they are equal once every text is folded."""
    return type(one) is type(other) and (one == other or fold_fact(one) == fold_fact(other))


def wording(fact: Any) -> bytes:
    """Return a digest (16 bytes) of what a fact says, folded."""
    return blake2b(repr(_words(fact)).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _words(fact: Any) -> tuple[object, ...]:
    """Return the class of a fact and its fields without those that hold the default, folded, as plain values."""
    cls = fact.__class__
    names, defaults, get = _fields_of(cls)
    values = get(fact)
    plain = is_folded(f"|{'|'.join([value for value in values if value.__class__ is str])}|")
    found: list[object] = [cls.__name__]
    for name, default, value in zip(names, defaults, values, strict=True):
        if value is default:
            continue
        if value.__class__ is str:
            folded = value if plain else fold_text(value)
            if folded != default:
                found += (name, folded)
        elif value != default:
            found += (name, _word(value))
    return tuple(found)


def _word(value: Any) -> object:
    if value is None or value.__class__ in _ATOMS:
        return fold_text(value) if value.__class__ is str else value
    if isinstance(value, tuple):
        return tuple(map(_word, value))
    if isinstance(value, PartialDate | Enum):
        return str(value)
    return _words(value) if attrs.has(value.__class__) else repr(value)


@cache
def _fields_of(cls: type[Any]) -> tuple[tuple[str, ...], tuple[object, ...], Callable[[Any], tuple[Any, ...]]]:
    fields = attrs.fields(cls)
    names = tuple(field.name for field in fields)
    return names, tuple(field.default for field in fields), _getter(names)


_ATOMS = frozenset({str, int, bool, float})


def _folded(value: Any) -> Any:
    if value.__class__ is str:
        return fold_text(value)
    if value is None or value.__class__ in _ATOMS or isinstance(value, Enum):
        return value
    if isinstance(value, tuple):
        return tuple(map(_folded, value))
    return fold_fact(value) if attrs.has(type(value)) and not isinstance(value, PartialDate) else value


def _is_frozen(cls: type[Any]) -> bool:
    return getattr(cls, "__setattr__", None) is not object.__setattr__ and bool(
        getattr(cls, "__attrs_props__", None) and cls.__attrs_props__.is_frozen
    )


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


# --- tables of kinds -------------------------------------------------------------------

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

    ``classes`` maps each class to columns beside its fields: a definition, a function of the
    fact, and the same as SQL over its stored JSON ("" where it needs Python). The first date
    also gets the columns ``earliest`` and ``latest``, ISO 8601 days on which it can have begun.
    ``opens`` is the field whose id the facts themselves make known. ``about`` and ``key`` are
    as in :class:`Kind`: of the rows that are equal in them, only one can be there; without a
    ``key``, any number. Unless ``refers``, its ids may be empty, or of something unknown.

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
    get = _getter([by_column[column] for column in fields])
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


def _getter(fields: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Return the function that returns the values of fields as a tuple."""
    if len(fields) > 1:
        return attrgetter(*fields)
    return lambda fact: tuple(getattr(fact, field) for field in fields)


def _bound(field: str, end: str) -> Callable[[Any], object]:
    def bound(fact: Any) -> object:
        date: PartialDate | None = getattr(fact, field)
        return None if date is None else getattr(date, end).isoformat()

    return bound


def _folding(fields: Sequence[tuple[str, Shape]]) -> Callable[[Any], str | None]:
    """Return the function that returns those fields of a fact which folding changes, folded, as a JSON object."""
    get = _getter([field for field, _ in fields])
    texts = all(shape.is_text and not shape.optional for _, shape in fields)

    def folding(fact: Any) -> str | None:
        values = get(fact)
        if texts and is_folded(f"|{'|'.join(values)}|"):  # nearly always, and then no text is looked at alone
            return None
        changed = {}
        for (field, shape), value in zip(fields, values, strict=True):
            if (folded := _folded(value)) != value:
                changed[field] = folded if shape.store is None else shape.store(folded)
        return dumps(changed, ensure_ascii=False) if changed else None

    return folding


# --- all kinds of a registry -----------------------------------------------------------


class Kinds:
    """The kinds that a program knows: the library's own, and those it adds."""

    def __init__(self, own: Iterable[Kind], added: Iterable[Kind] = ()) -> None:
        self.added: tuple[Kind, ...] = tuple(added)
        self._kinds: list[Kind] = list(own)
        for kind in self.added:
            if not isinstance(kind, Kind):
                raise InvalidValueError(f"{shown(kind)} is no kind: give kinds=[Kind(cls=…, word=…, about=…)]")
            if kind.is_own:
                raise InvalidValueError(f"{kind.cls.__name__} is a fact of the library itself: leave it out of kinds=")
            self._kinds.append(kind)
        self._check_apart()
        self._by_class = {kind.cls: kind for kind in self._kinds}
        self._by_word = {kind.word: kind for kind in self._kinds}

    def _check_apart(self) -> None:
        own = {kind.table.name.lower() for kind in self._kinds if kind not in self.added}
        words: dict[str, Kind] = {}
        classes: dict[type[Any], Kind] = {}
        tables: dict[str, Kind] = {}
        for kind in self._kinds:
            if (other := words.setdefault(kind.word, kind)) is not kind:
                raise InvalidValueError(
                    f"{kind.cls.__name__} and {other.cls.__name__} are both stored as {kind.word!r}: rename one"
                )
            if classes.setdefault(kind.cls, kind) is not kind:
                raise InvalidValueError(f"{kind.cls.__name__} has two kinds: leave one out")
            other = tables.setdefault(kind.table.name.lower(), kind)
            taken = kind in self.added and kind.table.name.lower() in own
            if taken or (other.table is not kind.table and kind in self.added):
                raise InvalidValueError(
                    f"table {kind.table.name!r} of {kind.cls.__name__} is a table of {other.cls.__name__} already: "
                    "give table= another name, or one Table to both kinds"
                )

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._kinds)

    def of(self, fact: object) -> Kind:
        """Return the kind of a fact; raises InvalidValueError where this program has none for its class."""
        kind = self._by_class.get(type(fact))
        if kind is None:
            raise InvalidValueError(self.unfit(fact))
        return kind

    def find(self, cls: object) -> Kind | None:
        """Return the kind of a class, if there is one."""
        return self._by_class.get(cls)  # type: ignore[call-overload, no-any-return]

    def by_word(self, word: str) -> Kind | None:
        """Return the kind that is stored under a word, if there is one."""
        return self._by_word.get(word)

    def unfit(self, fact: object) -> str:
        """Return why a value is no fact that can be recorded, and what to do."""
        cls = type(fact)
        parent = next((base for base in cls.__mro__[1:] if base in self._by_class), None)
        if parent is not None:
            return (
                f"{cls.__name__} is a subclass of {parent.__name__}, and a log keeps no classes: record "
                f"{parent.__name__}(…) itself, or a class with no such parent and a kind of its own"
            )
        if attrs.has(cls) and not isinstance(fact, NO_FACTS):
            return (
                f"{cls.__name__} is of no kind that this registry knows: give Registry.open(…, kinds=[Kind("
                f"cls={cls.__name__}, word='org.example.…', about=…)])"
            )
        return (
            f"{shown(fact)} is no fact to record: give an event such as MeetingHeld(…); "
            "to amend one that is recorded, use correct(), retract() or dispute()"
        )

    def subject(self, fact: object) -> str:
        """Return the id that a fact rests on, "" where it rests on nothing."""
        return self.of(fact).subject(fact)
