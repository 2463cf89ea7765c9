"""An event-sourced registry of meetings, first of diplomatic dialogues."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dialogue_registry.anomalies import Anomaly
    from dialogue_registry.answers import (
        Activity,
        Appearance,
        Attendance,
        Dialogue,
        Dispute,
        Meeting,
        Outcome,
        Party,
        Series,
        Statement,
        Step,
        Topic,
    )
    from dialogue_registry.counting import RULES, Bounds, Count, Counts, Rule
    from dialogue_registry.dates import PartialDate
    from dialogue_registry.errors import (
        AmendmentError,
        BrokenChainError,
        BusyError,
        ClosedError,
        CodecError,
        ConflictError,
        DialogueRegistryError,
        DriftError,
        ExchangeError,
        IdInUseError,
        InvalidDateError,
        InvalidIdError,
        InvalidValueError,
        MappingError,
        MissingExtraError,
        NewerEventError,
        NewerRegistryError,
        NotARegistryError,
        OutdatedViewsError,
        ProjectionError,
        ReadOnlyError,
        RefusedError,
        SeriesMismatchError,
        StatusError,
        StillNeededError,
        StoppedImportError,
        StorageError,
        UnfitEventError,
        UnknownEventError,
        UnknownEventTypeError,
        UnknownSubjectError,
        UnreachableError,
        UnreadableFileError,
        VerificationError,
        WrongPositionError,
    )
    from dialogue_registry.events import (
        ActivityReported,
        CountStated,
        DelegateAttended,
        DialogueLaunched,
        EventRetracted,
        FactCorrected,
        FactDisputed,
        Format,
        MeetingAnnounced,
        MeetingCancelled,
        MeetingHeld,
        MeetingPostponed,
        OutcomeAgreed,
        PartyJoined,
        Role,
        SeriesOpened,
        Source,
        TopicDiscussed,
    )
    from dialogue_registry.exporting import export_file
    from dialogue_registry.importing import ImportReport, RowReport, import_table
    from dialogue_registry.log import RecordedEvent
    from dialogue_registry.names import NameParts, name_parts
    from dialogue_registry.projections import Projection, State, Table, Tally, View
    from dialogue_registry.publishing import publish
    from dialogue_registry.reconciling import Finding, Own, Reconciliation, Verdict
    from dialogue_registry.registry import Head, Registry
    from dialogue_registry.rules import Status
    from dialogue_registry.searching import Found
    from dialogue_registry.tables import arrow_tables

__all__ = [
    "RULES",
    "Activity",
    "ActivityReported",
    "AmendmentError",
    "Anomaly",
    "Appearance",
    "Attendance",
    "Bounds",
    "BrokenChainError",
    "BusyError",
    "ClosedError",
    "CodecError",
    "ConflictError",
    "Count",
    "CountStated",
    "Counts",
    "DelegateAttended",
    "Dialogue",
    "DialogueLaunched",
    "DialogueRegistryError",
    "Dispute",
    "DriftError",
    "EventRetracted",
    "ExchangeError",
    "FactCorrected",
    "FactDisputed",
    "Finding",
    "Format",
    "Found",
    "Head",
    "IdInUseError",
    "ImportReport",
    "InvalidDateError",
    "InvalidIdError",
    "InvalidValueError",
    "MappingError",
    "Meeting",
    "MeetingAnnounced",
    "MeetingCancelled",
    "MeetingHeld",
    "MeetingPostponed",
    "MissingExtraError",
    "NameParts",
    "NewerEventError",
    "NewerRegistryError",
    "NotARegistryError",
    "Outcome",
    "OutcomeAgreed",
    "OutdatedViewsError",
    "Own",
    "PartialDate",
    "Party",
    "PartyJoined",
    "Projection",
    "ProjectionError",
    "ReadOnlyError",
    "Reconciliation",
    "RecordedEvent",
    "RefusedError",
    "Registry",
    "Role",
    "RowReport",
    "Rule",
    "Series",
    "SeriesMismatchError",
    "SeriesOpened",
    "Source",
    "State",
    "Statement",
    "Status",
    "StatusError",
    "Step",
    "StillNeededError",
    "StoppedImportError",
    "StorageError",
    "Table",
    "Tally",
    "Topic",
    "TopicDiscussed",
    "UnfitEventError",
    "UnknownEventError",
    "UnknownEventTypeError",
    "UnknownSubjectError",
    "UnreachableError",
    "UnreadableFileError",
    "Verdict",
    "VerificationError",
    "View",
    "WrongPositionError",
    "arrow_tables",
    "export_file",
    "import_table",
    "name_parts",
    "publish",
]

_ROOMS: dict[str, tuple[str, ...]] = {
    "anomalies": ("Anomaly",),
    "answers": (
        "Activity", "Appearance", "Attendance", "Dialogue", "Dispute", "Meeting", "Outcome", "Party", "Series",
        "Statement", "Step", "Topic",
    ),
    "counting": ("RULES", "Bounds", "Count", "Counts", "Rule"),
    "dates": ("PartialDate",),
    "errors": (
        "AmendmentError", "BrokenChainError", "BusyError", "ClosedError", "CodecError", "ConflictError",
        "DialogueRegistryError", "DriftError", "ExchangeError", "IdInUseError", "InvalidDateError", "InvalidIdError",
        "InvalidValueError", "MappingError", "MissingExtraError", "NewerEventError", "NewerRegistryError",
        "NotARegistryError", "OutdatedViewsError", "ProjectionError", "ReadOnlyError", "RefusedError",
        "SeriesMismatchError", "StatusError", "StillNeededError", "StoppedImportError", "StorageError",
        "UnfitEventError", "UnknownEventError", "UnknownEventTypeError", "UnknownSubjectError", "UnreachableError",
        "UnreadableFileError", "VerificationError", "WrongPositionError",
    ),
    "events": (
        "ActivityReported", "CountStated", "DelegateAttended", "DialogueLaunched", "EventRetracted", "FactCorrected",
        "FactDisputed", "Format", "MeetingAnnounced", "MeetingCancelled", "MeetingHeld", "MeetingPostponed",
        "OutcomeAgreed", "PartyJoined", "Role", "SeriesOpened", "Source", "TopicDiscussed",
    ),
    "exporting": ("export_file",),
    "importing": ("ImportReport", "RowReport", "import_table"),
    "log": ("RecordedEvent",),
    "names": ("NameParts", "name_parts"),
    "projections": ("Projection", "State", "Table", "Tally", "View"),
    "publishing": ("publish",),
    "reconciling": ("Finding", "Own", "Reconciliation", "Verdict"),
    "registry": ("Head", "Registry"),
    "rules": ("Status",),
    "searching": ("Found",),
    "tables": ("arrow_tables",),
}  # fmt: skip
"""Where each name is imported from when it is first asked for. Type checkers read the imports above instead."""

_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

if not TYPE_CHECKING:  # to a type checker, a module with such a function has every name there is

    def __getattr__(name: str) -> object:
        if name not in _ROOM_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(f"{__name__}.{_ROOM_OF[name]}"), name)
        return found


def __dir__() -> list[str]:
    return [*globals(), *(_ROOM_OF.keys() - globals().keys())]
