"""A kind: everything that is particular to one sort of fact.

A kind says under which word its facts are stored, and which field names what they are about. It
says what tells two of them apart, and in which table they show. All else – JSON, the rule that
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
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, TypeAlias

import attrs

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.model.events import NO_FACTS
from dialogue_registry.model.kind_tables import ANY_SUBJECT, SUBJECTS, table_of
from dialogue_registry.model.shapes import Shape, shapes_of
from dialogue_registry.model.shown import shown
from dialogue_registry.model.tables import Table
from dialogue_registry.model.wordings import fold_value

Data: TypeAlias = dict[str, Any]
Upcaster: TypeAlias = Callable[[Data], Data]
KeyItem: TypeAlias = str | tuple[str, ...]
Identity: TypeAlias = tuple[Hashable, ...]

MAX_VERSION = 10_000
"""The highest schema version of a kind; each but the first has an upcaster."""

_REVERSE_DNS = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*){2,}")
_OWN = "dialogue_registry.model.events"


def _to_fields(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) * (value != "") if isinstance(value, str) else tuple(map(_to_name, value))


def _to_name(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidValueError(f"{shown(value)} is no field: give its name as a text")
    return value


def _as_given(value: Table | str | None) -> Table:
    if not isinstance(value, Table | str | None):
        raise InvalidValueError(f"table={shown(value)} is no table: give its name, or a Table")
    return value  # type: ignore[return-value]  # made when all fields are there


def _to_key(value: Iterable[KeyItem] | None) -> tuple[tuple[str, ...], ...]:
    if value is None:
        return None  # type: ignore[return-value]  # made when all fields are there
    if isinstance(value, str):
        raise InvalidValueError(f"key={shown(value)} is a text: give a tuple of fields, such as ({shown(value)},)")
    items = ((item,) if not isinstance(item, tuple | list) else tuple(item) for item in value)
    return tuple(tuple(map(_to_name, item)) for item in items)


@arguments_checked
@attrs.frozen(kw_only=True, eq=False, slots=False)
class Kind:
    """One sort of fact.

    ``cls`` is a frozen attrs class whose fields JSON can hold; ``word`` its stored name, in
    reverse-DNS form for kinds of yours. ``about`` names the field that holds the id of what the
    fact rests on: ``"dialogue"``, ``"series"``, ``"meeting"`` or ``"of"`` (any of them). Of
    several, the first that is not empty counts. It is ``""`` for a fact that rests on nothing.

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
                    f"{what} of {self._name} names {shown(unknown[0])}, which is no field of it: "
                    f"use {', '.join(self.shapes)}"
                )
        for name in (*self.about, *self.mentions):
            if name not in (*SUBJECTS, ANY_SUBJECT) or not self.shapes[name].is_text:
                raise InvalidValueError(
                    f"about of {self._name} names {name!r}: name a field dialogue, series, meeting or of (any of them) "
                    "that holds an id as a text"
                )

    def _check_versions(self) -> None:
        if not isinstance(self.version, int) or not 1 <= self.version <= MAX_VERSION:
            raise InvalidValueError(
                f"version={shown(self.version)} of {self._name}: give a whole number from 1 to {MAX_VERSION:,}"
            )
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

    @cached_property
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

    def identity(self, fact: Any) -> Identity:
        """Return what only one standing fact can have: its table, its subject and its key, folded."""
        return (self.table.name, *self.key_values(fact))

    @cached_property
    def width(self) -> int:
        """The number of expressions that are unique in the table: the fields of ``about`` and of the key."""
        return len(self.about) + sum(map(len, self.key))

    def key_values(self, fact: Any) -> list[Any]:
        """Return the values of the expressions that are unique in the table, in order."""
        values = [getattr(fact, name) or "" for name in self.about]
        for fields in self._stored_key:
            found: Any = ""
            for name, store in fields:
                if found not in ("", None):  # of several, the first that is not empty counts
                    values.append("")
                    continue
                found = fold_value(getattr(fact, name))
                if store is not None:
                    found = store(found)
                values.append("" if found is None else found)
        return values

    @cached_property
    def _stored_key(self) -> tuple[tuple[tuple[str, Callable[[Any], object] | None], ...], ...]:
        """The fields of each item of the key, each with the function that makes the value of its column."""
        return tuple(tuple((name, self.shapes[name].store) for name in names) for names in self.key)

    def check(self, fact: Any) -> None:
        """Raise InvalidValueError unless each field holds what its shape says and a log can hold."""
        for name, shape in self.shapes.items():
            shape.check(f"{self.cls.__name__}.{name}", getattr(fact, name))


def _is_frozen(cls: type[Any]) -> bool:
    return getattr(cls, "__setattr__", None) is not object.__setattr__ and bool(
        getattr(cls, "__attrs_props__", None) and cls.__attrs_props__.is_frozen
    )


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


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
        if type(getattr(fact, "event", None)) in self._by_class:  # a recorded event
            return f"{cls.__name__} is no fact but one that is recorded already: give its event, which is .event of it"
        of_the_library = cls.__module__.partition(".")[0] == __name__.partition(".")[0]
        if attrs.has(cls) and not of_the_library and not isinstance(fact, NO_FACTS):
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
