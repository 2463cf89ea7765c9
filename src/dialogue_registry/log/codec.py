"""Events and the JSON that outlives them.

An event is stored as a stable word, a schema version and a JSON object; never as the path of a
class. Keys whose value is the default are left out. A stored shape is never edited after
release. When one changes, the version of its kind goes up. An upcaster of the kind turns data
of version n into data of version n + 1 when it is read.
"""

from collections.abc import Callable, Mapping
from copy import copy
from datetime import date
from functools import lru_cache
from typing import Any, TypeAlias

import orjson
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override
from cattrs.preconf.orjson import make_converter

from dialogue_registry.errors import (
    CodecError,
    InvalidValueError,
    NewerEventError,
    UnknownEventTypeError,
)
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import (
    Citation,
    Event,
    EventCited,
    EventRetracted,
    FactCorrected,
    FactDisputed,
    Source,
    UnknownEvent,
    UnreadableEvent,
)
from dialogue_registry.model.kinds import Data, Kind, Kinds, Upcaster
from dialogue_registry.model.standard_kinds import STANDARD_KINDS, kinds_with

WORDS: Mapping[type[Any], tuple[str, int]] = {
    FactCorrected: ("fact.corrected", 1),
    EventRetracted: ("event.retracted", 1),
    FactDisputed: ("fact.disputed", 1),
    EventCited: ("event.cited", 1),
}
"""The word and the schema version of every event that is no fact."""
STORED: Mapping[type[Any], tuple[str, int]] = {
    **{kind.cls: (kind.word, kind.version) for kind in STANDARD_KINDS},
    **WORDS,
}
"""The word and the present schema version of every event of the library's own."""
NO_FACT_WORDS = frozenset(word for word, _ in WORDS.values())
AMENDMENT_WORDS = ("fact.corrected", "event.retracted")

VERIFY = "verify the registry to see whether the log was changed"
"""The advice about stored data that cannot be read."""
_NESTED: Mapping[type[Any], str] = {FactCorrected: "replacement", FactDisputed: "claim"}

_Make: TypeAlias = Callable[..., Any]


def is_foreign(word: object) -> bool:
    """Return whether a word may be that of a kind which this program does not know: it has three parts or more."""
    return isinstance(word, str) and word.count(".") >= 2 and "" not in word.split(".")


_converter = make_converter()
_converter.register_unstructure_hook(PartialDate, str)
_converter.register_structure_hook(PartialDate, lambda value, _: PartialDate.of(value))
_unstructure_source = make_dict_unstructure_fn(Source, _converter, _cattrs_omit_if_default=True)
_converter.register_unstructure_hook(Source, _unstructure_source)
_converter.register_structure_hook(Source, lambda value, _: Source(**value))
_converter.register_structure_hook(date, lambda value, _: date.fromisoformat(value))


class Codec:
    """Turns events of some kinds into stored JSON, and back."""

    #: Positions of a log at which stands what is no event, each with what is wrong with it.
    unreadable: Mapping[int, str] = {}

    def __init__(self, kinds: Kinds = STANDARD_KINDS) -> None:
        self.kinds = kinds
        self._write: dict[type[Any], tuple[str, int, Callable[[Any], Data]]] = {}
        self._read: dict[str, tuple[int, Mapping[int, Upcaster], _Make]] = {}
        for kind in kinds:
            unstructure = make_dict_unstructure_fn(kind.cls, _converter, _cattrs_omit_if_default=True)
            self._write[kind.cls] = kind.word, kind.version, unstructure
            self._read[kind.word] = (
                kind.version,
                kind.upcasters,
                kind.cls if _converts_itself(kind) else _structure(kind),
            )
        for cls, (word, version) in WORDS.items():
            nested = _NESTED.get(cls)
            overrides: dict[str, Any] = {nested: override(unstruct_hook=self._nest)} if nested else {}
            unstructure = make_dict_unstructure_fn(cls, _converter, _cattrs_omit_if_default=True, **overrides)
            self._write[cls] = word, version, unstructure
            self._read[word] = version, {}, self._nesting(cls, nested) if nested else cls

    def for_log(self, unreadable: Mapping[int, str]) -> "Codec":
        """Return the codec of a log that has events at these positions which are none."""
        codec = copy(self)
        codec.unreadable = unreadable
        return codec

    # --- writing -----------------------------------------------------------------------

    def encode(self, event: Event) -> tuple[str, int, str]:
        """Return the word, the schema version and the JSON text as which an event is stored.

        Raises InvalidValueError where its class has no kind here.
        """
        try:
            word, version, unstructure = self._write[type(event)]
        except KeyError:
            raise InvalidValueError(self.kinds.unfit(event)) from None
        return word, version, orjson.dumps(unstructure(event)).decode()

    def to_data(self, event: Event) -> Data:
        """Return the stored keys of an event, without those that hold the default."""
        if isinstance(event, UnknownEvent):
            return dict(event.data)
        return self._write[type(event)][2](event)

    def word(self, event: Event) -> tuple[str, int]:
        """Return the stored word and the schema version of an event."""
        if isinstance(event, UnknownEvent):
            return event.word, event.schema
        return self._write[type(event)][:2]

    def _nest(self, fact: Any) -> Data:
        word, version = self.word(fact)
        return {"type": word, "schema": version, "data": self.to_data(fact)}

    # --- reading -----------------------------------------------------------------------

    def decode(self, word: str, schema: int, data: str | bytes, position: int = 0) -> Any:
        """Read a stored event.

        An event under a word in reverse-DNS form that this program does not know is an
        UnknownEvent. Raises UnknownEventTypeError, NewerEventError or CodecError, each
        naming ``position``.
        """
        if position in self.unreadable:
            return UnreadableEvent(word, schema, orjson.loads(data), self.unreadable[position])
        try:
            return self.from_data(word, schema, orjson.loads(data))
        except CodecError as error:
            raise type(error)(f"at position {position}: {error}") from error.__cause__
        except orjson.JSONDecodeError as error:
            raise CodecError(f"at position {position}: the data of {word!r} is no JSON: {error}; {VERIFY}") from error

    def from_data(self, word: str, schema: int, data: Data) -> Any:
        """Make an event of its word, schema version and stored keys, older versions included.

        Raises UnknownEventTypeError, NewerEventError or CodecError.
        """
        try:
            latest, upcasters, make = self._read[word]
        except (KeyError, TypeError):
            if is_foreign(word) and isinstance(data, dict):
                return UnknownEvent(word, schema, data)
            raise UnknownEventTypeError(
                f"event type {word!r} (version {schema}) is not known to this library: upgrade dialogue_registry"
            ) from None
        if schema != latest and isinstance(schema, int) and schema > latest:
            if is_foreign(word):
                return UnknownEvent(word, schema, data)
            raise NewerEventError(
                f"{word!r} has schema version {schema}, this library knows 1 to {latest}: upgrade dialogue_registry"
            )
        try:
            if schema == latest:
                return make(**data)
            for version in range(schema, latest):
                data = _upcast(word, version, upcasters[version], data)
            return make(**data)
        except CodecError:
            raise
        except Exception as error:  # a class or an upcaster of a user may raise anything
            raise CodecError(
                f"the data of {word!r} version {schema} cannot be read: {type(error).__name__}: {error}; {VERIFY}"
            ) from error

    def _nesting(self, cls: type[Any], field: str) -> _Make:
        def make(**data: Any) -> Any:
            data[field] = self._unnest(data[field])
            return cls(**data)

        return make

    def _unnest(self, nested: Data) -> Any:
        word = nested["type"]
        if word in NO_FACT_WORDS:  # asked before reading it, so that no depth of nesting is followed
            raise CodecError(f"{word!r} stands where a fact belongs")
        return self.from_data(word, nested["schema"], nested["data"])


def _upcast(word: str, version: int, upcaster: Upcaster, data: Data) -> Data:
    try:
        return upcaster(data)
    except Exception as error:  # a function of a user may raise anything
        raise CodecError(
            f"the upcaster of {word!r} from version {version} raised {type(error).__name__}: {error}; mend it"
        ) from error


def _converts_itself(kind: Kind) -> bool:
    """Return whether the class takes its stored keys as they are: a second reading of each would cost a replay 2 ×."""
    return kind.is_own and all(shape.cls is not Source for shape in kind.shapes.values())


def _structure(kind: Kind) -> _Make:
    """Return a function that makes a fact of a user's class of its stored keys."""
    structure = make_dict_structure_fn(kind.cls, _converter, _cattrs_forbid_extra_keys=True)

    def make(**data: Any) -> Any:
        return structure(data, kind.cls)

    return make


STANDARD_CODEC = Codec()
"""The codec of the library's own kinds."""


def codec_of(added: tuple[Kind, ...]) -> Codec:
    """Return the codec of the library's own kinds and some of a program; raises InvalidValueError."""
    if not all(isinstance(kind, Kind) for kind in added):
        kinds_with(added)  # raises; what is no kind need not have a hash, by which to look it up
    return _codec_with(added) if added else STANDARD_CODEC


@lru_cache(maxsize=16)  # a registry in memory opens with two kinds in 9 ms, not in 16
def _codec_with(added: tuple[Kind, ...]) -> Codec:
    return Codec(kinds_with(added))


def encode_source(source: Source | None) -> str | None:
    """Return the stored form of a source: JSON text, or None."""
    return None if source is None else orjson.dumps(_unstructure_source(source)).decode()


def decode_source(data: str | None, position: int = 0) -> Source | None:
    """Read a stored source; raises CodecError, naming ``position``."""
    try:
        return None if data is None else _source(data)
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise CodecError(f"at position {position}: the stored source cannot be read: {error}") from error


@lru_cache(maxsize=4096)  # 1.48 × on replay
def _source(data: str) -> Source:
    return Source(**orjson.loads(data))


_CITED = ("locator", "quote", "row", "as_written")
"""The fields of a citation that it shares with no other."""


def encode_citation(citation: Citation | None, run: int = 0) -> tuple[str | None, str | None]:
    """Return the stored form of a citation: what is its own, and the edition it shares with others; JSON or None.

    ``run`` is the position at which the import began that records it, 0 where no import does.
    """
    if citation is None:
        return None, None
    data = {name: value for name in _CITED if (value := getattr(citation, name))}
    edition = _encode_edition(citation.table, citation.edition, run)
    return orjson.dumps(data).decode() if data or edition is None else None, edition


@lru_cache(maxsize=64)  # the rows of an import share one
def _encode_edition(table: str, edition: str, run: int) -> str | None:
    shared = {"table": table, "edition": edition, "run": run}
    data = {name: value for name, value in shared.items() if value}
    return orjson.dumps(data).decode() if data else None


def decode_citation(citation: str | None, edition: str | None, position: int = 0) -> Citation | None:
    """Read a stored citation; raises CodecError, naming ``position``."""
    if citation is None and edition is None:
        return None
    try:
        shared = orjson.loads(edition or "{}")
        shared.pop("run", None)
        return Citation(**orjson.loads(citation or "{}"), **shared)
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise CodecError(f"at position {position}: the stored citation cannot be read: {error}") from error
