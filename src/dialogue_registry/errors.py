"""Errors: all that can go wrong, one tree.

::

    DialogueRegistryError
    ├── InvalidValueError (also a ValueError)    a value that no event may carry
    │   ├── InvalidIdError                       not lower-case path segments
    │   └── InvalidDateError                     not a date in EDTF notation
    ├── RefusedError                             a rule of recording said no
    │   ├── UnknownSubjectError (also a LookupError)  dialogue, series or meeting not recorded
    │   ├── UnknownEventError                    no event with that id in the log
    │   ├── IdInUseError                         the id already names something else
    │   ├── SeriesMismatchError                  a meeting stays in its series
    │   ├── StatusError                          the meeting's status forbids it
    │   ├── ConflictError                        another fact stands under that key
    │   └── AmendmentError                       this amendment cannot be made
    │       └── StillNeededError                 remaining facts would lose what they need
    ├── AmbiguousNameError (also a LookupError)  a name that several persons may bear
    ├── WrongPositionError                       somebody else wrote first
    ├── ExchangeError                            what is to come in, or go out, cannot
    │   ├── UnfitEventError                      an exported event that does not fit the log
    │   ├── UnreadableFileError                  no CSV, JSON, JSON Lines or TOML of rows
    │   ├── MappingError                         a mapping that does not say what it must
    │   ├── StoppedImportError                   a row could not be recorded, and all had to be
    │   └── PlanError                            a plan that cannot be applied as it is
    ├── MissingExtraError (also an ImportError)  an optional package is not installed
    ├── ProjectionError                          a projection of yours cannot be made or kept
    ├── CodecError                               stored data that cannot be read
    │   ├── UnknownEventTypeError
    │   └── NewerEventError
    ├── StorageError                             the file, not the facts
    │   ├── NotARegistryError
    │   │   └── MissingFileError (also a FileNotFoundError)  nothing is at that path
    │   ├── NewerRegistryError
    │   ├── ReadOnlyError
    │   ├── OutdatedViewsError
    │   ├── BusyError
    │   ├── WaitTimeoutError (also a TimeoutError)  a position was not reached in time
    │   ├── UnreachableError                     the server of a shared log
    │   ├── ClosedError
    │   └── ForkedError                          opened before fork(), used by the child
    └── VerificationError                        what is stored is not what was recorded
        ├── BrokenChainError                     the log was changed
        └── DriftError                           the views are not the log's
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any


class DialogueRegistryError(Exception):
    """The root: catch this to catch all that the library raises on purpose.

    Every error can be pickled and copied, with its fields: it may leave a worker process.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args, self.__dict__)


def _restored(cls: type[DialogueRegistryError], args: Sequence[object], fields: Mapping[str, object]) -> object:
    """Return an error as it was, without its ``__init__``, which takes other arguments than ``args``."""
    error = cls.__new__(cls, *args)
    super(DialogueRegistryError, error).__init__(*args)
    error.__dict__.update(fields)
    return error


class InvalidValueError(DialogueRegistryError, ValueError):
    """A value that no event may carry; nothing was made, nothing recorded."""


class InvalidIdError(InvalidValueError):
    """An id that is not made of lower-case path segments."""


class InvalidDateError(InvalidValueError):
    """A date that is not in the notation of :class:`~dialogue_registry.PartialDate`."""


class RefusedError(DialogueRegistryError):
    """A rule of recording said no; nothing was recorded.

    ``item`` is the place of the refused event among those given, counted from 0;
    None where a single amendment was refused.
    """

    item: int | None = None


class UnknownSubjectError(RefusedError, LookupError):
    """The dialogue, series or meeting that the event needs is not recorded.

    ``kind`` and ``id`` say which, "" where that is not known.
    """

    def __init__(self, message: str, *, kind: str = "", id: str = "") -> None:  # noqa: A002 - the word the field uses
        super().__init__(message)
        self.kind = kind
        self.id = id


class AmbiguousNameError(DialogueRegistryError, LookupError):
    """A name that several persons may bear: ``candidates`` are pairs of a party and a name as written."""

    def __init__(self, message: str, *, candidates: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.candidates = candidates


class UnknownEventError(RefusedError):
    """No event with that id is in the log."""


class IdInUseError(RefusedError):
    """The id already names a dialogue, series or meeting of another kind.

    ``fact`` is the outcome of an amendment that would use it, None elsewhere.
    """

    def __init__(self, message: str, *, fact: object = None) -> None:
        super().__init__(message)
        self.fact = fact


class SeriesMismatchError(RefusedError):
    """A meeting stays in the series it was first recorded in."""


class StatusError(RefusedError):
    """The meeting's status forbids it: cancelled, held, or attended."""


class ConflictError(RefusedError):
    """A different fact stands under the same key, or makes persons that this one contradicts.

    ``standing`` is the id of the event that stands, ``position`` its position, ``stands`` what
    it says; "", 0 and None are not known. ``fact`` is what contradicts it.
    """

    def __init__(
        self, message: str, *, standing: str = "", position: int = 0, stands: object = None, fact: object = None
    ) -> None:
        super().__init__(message)
        self.standing = standing
        self.position = position
        self.stands = stands
        self.fact = fact


class AmendmentError(RefusedError):
    """This correction, retraction or dispute cannot be made.

    ``fact`` is the wording that was given, ``stands`` what stands; None where that is not the reason.
    """

    def __init__(self, message: str, *, fact: object = None, stands: object = None) -> None:
        super().__init__(message)
        self.fact = fact
        self.stands = stands


class StillNeededError(AmendmentError):
    """Remaining facts would lose what they need.

    ``needed_by`` holds the ids of (the first hundred of) those events.
    """

    def __init__(self, message: str, *, needed_by: Sequence[str]) -> None:
        super().__init__(message)
        self.needed_by = tuple(needed_by)


class WrongPositionError(DialogueRegistryError):
    """``expected=`` named another position than the log's: somebody else wrote first.

    ``expected`` and ``actual`` are log positions.
    """

    def __init__(self, *, expected: int, actual: int) -> None:
        super().__init__(
            f"the log stands at position {actual}, not at the expected {expected}: "
            "somebody else wrote first; read what is new "
            f"(registry.events(after={min(expected, actual)})) and decide again; nothing was recorded"
        )
        self.expected = expected
        self.actual = actual


class ExchangeError(DialogueRegistryError):
    """An import or export that cannot be done; nothing was recorded or written."""


class UnfitEventError(ExchangeError):
    """An exported event does not fit the log; nothing was imported.

    ``line`` counts the lines of the export from 1; 0 is the export as a whole.
    """

    def __init__(self, message: str, *, line: int) -> None:
        super().__init__(message)
        self.line = line


class UnreadableFileError(ExchangeError):
    """A file cannot be read, or is not the CSV, JSON, JSON Lines or TOML that its name says."""


class MappingError(ExchangeError):
    """A mapping does not say what it must, or says what no import understands."""


class StoppedImportError(ExchangeError):
    """A strict import met a row that cannot be recorded; nothing was recorded.

    ``row`` is its number, ``report`` the :class:`~dialogue_registry.ImportReport` of all rows.
    """

    def __init__(self, message: str, *, row: int, report: object = None) -> None:
        super().__init__(message)
        self.row = row
        self.report = report


class PlanError(ExchangeError):
    """A plan cannot be applied as it is; nothing was recorded.

    ``proposals`` are the numbers of those that are in the way.
    """

    def __init__(self, message: str, *, proposals: Sequence[int] = ()) -> None:
        super().__init__(message)
        self.proposals = tuple(proposals)


class MissingExtraError(DialogueRegistryError, ImportError):
    """An optional package is needed and not installed; the message says which extra has it."""


@contextmanager
def needs_extra(extra: str, why: str, otherwise: str = "") -> Iterator[None]:
    """Raise MissingExtraError where a block imports what is not installed, and say which extra has it."""
    try:
        yield
    except ImportError:
        raise MissingExtraError(f"{why}: pip install 'dialogue-registry[{extra}]'{otherwise}") from None


class ProjectionError(DialogueRegistryError):
    """A projection of yours cannot be made or kept; nothing was recorded or changed."""


class CodecError(DialogueRegistryError):
    """Stored data that cannot be turned into an event."""


class UnknownEventTypeError(CodecError):
    """The log holds an event type that this library does not know."""


class NewerEventError(CodecError):
    """The log holds an event of a newer schema version than this library knows."""


class StorageError(DialogueRegistryError):
    """The file is the trouble, not the facts in it."""


class NotARegistryError(StorageError):
    """There is something at that path, but it is no registry, or nothing is there to read."""


class MissingFileError(NotARegistryError, FileNotFoundError):
    """There is no file at that path, and none was to be made."""


class NewerRegistryError(StorageError):
    """The file or its views were made by a newer version of this library."""


class ReadOnlyError(StorageError):
    """Writing was asked of a registry that can only be read."""


class OutdatedViewsError(StorageError):
    """The views must be made again, which a read-only registry cannot do."""


class BusyError(StorageError):
    """Another process or thread kept the registry busy for longer than the time-out."""


class WaitTimeoutError(StorageError, TimeoutError):
    """A position was not reached within the time that :meth:`~dialogue_registry.Registry.wait_until` was given."""


class UnreachableError(StorageError):
    """The server of a shared log cannot be reached, or went away.

    What was being recorded may have arrived: record it again, nothing is recorded twice.
    """


class ClosedError(StorageError):
    """The registry was closed."""


class ForkedError(StorageError):
    """The registry was opened by the parent of this process, before ``fork()``; nothing was touched."""


class VerificationError(DialogueRegistryError):
    """Stored data that differ from what was recorded."""


class BrokenChainError(VerificationError):
    """The log was changed after it was written.

    ``position`` is the first one at which the log is not what was recorded.
    """

    def __init__(self, message: str, *, position: int) -> None:
        super().__init__(message)
        self.position = position


class DriftError(VerificationError):
    """The views are not what a replay of the log gives; ``registry.rebuild()`` mends them.

    ``table`` names the first table that differs.
    """

    def __init__(self, message: str, *, table: str) -> None:
        super().__init__(message)
        self.table = table
