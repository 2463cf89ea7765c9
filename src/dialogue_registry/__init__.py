"""An event-sourced registry of meetings, first of diplomatic dialogues.

The packages, each importing only those above it:

- ``errors``: everything that can go wrong, one tree.
- ``model``: what can be recorded and what may follow; pure.
- ``log``: the append-only log: entries, codec, hash chain, SQLite, PostgreSQL.
- ``projections``: from the log to tables: the facts that stand, and the tables made of them.
- ``queries``: from tables to answers: counts, reconciliation, anomalies, history, search.
- ``registry``: open, record, amend, ask, verify, follow, copy.
- ``charts``: pictures (extra ``[charts]``).
- ``imports``, ``exports``: other people's tables in, other people's formats out.
- ``cli``: the command line. ``testing``: strategies and laws for users (extra ``[testing]``).

To read the code, begin with ``model/events.py``, ``log/entry.py``, ``model/tables.py`` and
``registry/registry.py``.
"""

import logging
from importlib import import_module
from typing import TYPE_CHECKING

from dialogue_registry.errors import (
    AmbiguousNameError,
    AmendmentError,
    BrokenChainError,
    BusyError,
    ClosedError,
    CodecError,
    ConflictError,
    DialogueRegistryError,
    DriftError,
    ExchangeError,
    ForkedError,
    IdInUseError,
    InvalidDateError,
    InvalidIdError,
    InvalidValueError,
    MappingError,
    MissingExtraError,
    MissingFileError,
    NewerEventError,
    NewerRegistryError,
    NotARegistryError,
    OutdatedViewsError,
    PlanError,
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
    WaitTimeoutError,
    WrongPositionError,
)
from dialogue_registry.log.entry import Log, RecordedEvent
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import (
    ActivityReported,
    Citation,
    CountStated,
    DelegateAbsent,
    DelegateAttended,
    DialogueLaunched,
    DifferentPersons,
    Event,
    EventCited,
    EventRetracted,
    Fact,
    FactCorrected,
    FactDisputed,
    Format,
    HeadcountOf,
    HeadcountStated,
    Level,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    MeetingShared,
    NameUsed,
    Numbering,
    OutcomeAgreed,
    PartyJoined,
    PartyLeft,
    Role,
    SamePerson,
    SeriesOpened,
    Source,
    SourceKept,
    TopicDiscussed,
    UnknownEvent,
    UnreadableEvent,
)
from dialogue_registry.model.kinds import Kind
from dialogue_registry.model.names import NameParts, name_parts
from dialogue_registry.model.status import Status
from dialogue_registry.model.tables import Projection, State, Table, Tally, View
from dialogue_registry.queries.anomalies import Anomaly
from dialogue_registry.queries.counts import RULES, Bounds, Count, Counts, Rule
from dialogue_registry.queries.dicts import from_dict, to_dict
from dialogue_registry.queries.explanation import Explanation, MissingNumbers, RuleTried
from dialogue_registry.queries.headcounts import Headcount, HeadcountVerdict
from dialogue_registry.queries.look_alikes import LookAlike
from dialogue_registry.queries.members import Member
from dialogue_registry.queries.oddity import AnomalyKind
from dialogue_registry.queries.people import Person
from dialogue_registry.queries.rates import AttendanceRate, NonMember, YearlyAttendanceRate
from dialogue_registry.queries.reconciliation import Finding, Own, Reconciliation, Verdict
from dialogue_registry.queries.results import (
    Activity,
    Appearance,
    Attendance,
    Dialogue,
    Dispute,
    Meeting,
    Outcome,
    Party,
    Presence,
    Series,
    Statement,
    Step,
    Topic,
)
from dialogue_registry.queries.search import Found
from dialogue_registry.queries.sources import NumberedSource
from dialogue_registry.registry.changes import Change
from dialogue_registry.registry.copy import copy
from dialogue_registry.registry.follower import Followed
from dialogue_registry.registry.installed_kinds import installed_kinds
from dialogue_registry.registry.kept_copies import CopyState, KeptCopy
from dialogue_registry.registry.opening import create_log
from dialogue_registry.registry.registry import Registry, Snapshot
from dialogue_registry.registry.runs import Import, Stay, Undone
from dialogue_registry.registry.verify import Head

logging.getLogger("dialogue_registry").addHandler(logging.NullHandler())

if TYPE_CHECKING:
    from dialogue_registry.exports.brief.gathering import brief
    from dialogue_registry.exports.brief.values import Brief, Note
    from dialogue_registry.exports.brief.writing import write_brief
    from dialogue_registry.exports.exporter import export_file
    from dialogue_registry.exports.site.publish import publish
    from dialogue_registry.exports.tabular import arrow_tables
    from dialogue_registry.imports.applying import Applied
    from dialogue_registry.imports.edition_plan import Plan, Proposal
    from dialogue_registry.imports.importer import import_table
    from dialogue_registry.imports.planning import plan_edition
    from dialogue_registry.imports.reading import read_table
    from dialogue_registry.imports.report import ImportReport, RowReport
    from dialogue_registry.imports.suggestion import suggest_mapping

    __version__: str
else:
    #: What reads tables and writes documents takes as long to import as the rest, so it waits until it is asked for.
    _LATER = {
        "Applied": "imports.applying",
        "Brief": "exports.brief.values",
        "ImportReport": "imports.report",
        "Note": "exports.brief.values",
        "Plan": "imports.edition_plan",
        "Proposal": "imports.edition_plan",
        "RowReport": "imports.report",
        "arrow_tables": "exports.tabular",
        "brief": "exports.brief.gathering",
        "export_file": "exports.exporter",
        "import_table": "imports.importer",
        "plan_edition": "imports.planning",
        "publish": "exports.site.publish",
        "read_table": "imports.reading",
        "suggest_mapping": "imports.suggestion",
        "write_brief": "exports.brief.writing",
    }

    def __getattr__(name: str) -> object:
        if name == "__version__":
            from importlib.metadata import version  # noqa: PLC0415 - takes longer to import than a third of the rest

            return version("dialogue-registry")
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *_LATER})


__all__ = [
    "RULES",
    "Activity",
    "ActivityReported",
    "AmbiguousNameError",
    "AmendmentError",
    "Anomaly",
    "AnomalyKind",
    "Appearance",
    "Applied",
    "Attendance",
    "AttendanceRate",
    "Bounds",
    "Brief",
    "BrokenChainError",
    "BusyError",
    "Change",
    "Citation",
    "ClosedError",
    "CodecError",
    "ConflictError",
    "CopyState",
    "Count",
    "CountStated",
    "Counts",
    "DelegateAbsent",
    "DelegateAttended",
    "Dialogue",
    "DialogueLaunched",
    "DialogueRegistryError",
    "DifferentPersons",
    "Dispute",
    "DriftError",
    "Event",
    "EventCited",
    "EventRetracted",
    "ExchangeError",
    "Explanation",
    "Fact",
    "FactCorrected",
    "FactDisputed",
    "Finding",
    "Followed",
    "ForkedError",
    "Format",
    "Found",
    "Head",
    "Headcount",
    "HeadcountOf",
    "HeadcountStated",
    "HeadcountVerdict",
    "IdInUseError",
    "Import",
    "ImportReport",
    "InvalidDateError",
    "InvalidIdError",
    "InvalidValueError",
    "KeptCopy",
    "Kind",
    "Level",
    "Log",
    "LookAlike",
    "MappingError",
    "Meeting",
    "MeetingAnnounced",
    "MeetingCancelled",
    "MeetingHeld",
    "MeetingPostponed",
    "MeetingShared",
    "Member",
    "MissingExtraError",
    "MissingFileError",
    "MissingNumbers",
    "NameParts",
    "NameUsed",
    "NewerEventError",
    "NewerRegistryError",
    "NonMember",
    "NotARegistryError",
    "Note",
    "NumberedSource",
    "Numbering",
    "Outcome",
    "OutcomeAgreed",
    "OutdatedViewsError",
    "Own",
    "PartialDate",
    "Party",
    "PartyJoined",
    "PartyLeft",
    "Person",
    "Plan",
    "PlanError",
    "Presence",
    "Projection",
    "ProjectionError",
    "Proposal",
    "ReadOnlyError",
    "Reconciliation",
    "RecordedEvent",
    "RefusedError",
    "Registry",
    "Role",
    "RowReport",
    "Rule",
    "RuleTried",
    "SamePerson",
    "Series",
    "SeriesMismatchError",
    "SeriesOpened",
    "Snapshot",
    "Source",
    "SourceKept",
    "State",
    "Statement",
    "Status",
    "StatusError",
    "Stay",
    "Step",
    "StillNeededError",
    "StoppedImportError",
    "StorageError",
    "Table",
    "Tally",
    "Topic",
    "TopicDiscussed",
    "Undone",
    "UnfitEventError",
    "UnknownEvent",
    "UnknownEventError",
    "UnknownEventTypeError",
    "UnknownSubjectError",
    "UnreachableError",
    "UnreadableEvent",
    "UnreadableFileError",
    "Verdict",
    "VerificationError",
    "View",
    "WaitTimeoutError",
    "WrongPositionError",
    "YearlyAttendanceRate",
    "arrow_tables",
    "brief",
    "copy",
    "create_log",
    "export_file",
    "from_dict",
    "import_table",
    "installed_kinds",
    "name_parts",
    "plan_edition",
    "publish",
    "read_table",
    "suggest_mapping",
    "to_dict",
    "write_brief",
]
