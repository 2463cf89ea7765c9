"""The registry: a snapshot that answers questions, and a registry that also records."""

import html
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar, overload

import attrs

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.log.codec import encode_source
from dialogue_registry.log.entry import RecordedEvent, recorded
from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.model.dates import PartialDate, full_day
from dialogue_registry.model.events import Citation, Format, Level, Role, Source, SourceKept
from dialogue_registry.model.kinds import Kind, Kinds
from dialogue_registry.model.shown import shown
from dialogue_registry.model.status import Status
from dialogue_registry.model.tables import Projection
from dialogue_registry.queries import anomalies, results
from dialogue_registry.queries.count_tables import count, count_dialogue
from dialogue_registry.queries.counts import Count, Counts, Rule, find_rule
from dialogue_registry.queries.display import Rows
from dialogue_registry.queries.evidence import evidence
from dialogue_registry.queries.explanation import Explanation
from dialogue_registry.queries.explanation import explain as explain_of
from dialogue_registry.queries.headcounts import Headcount, headcounts
from dialogue_registry.queries.history import amended_subjects, history
from dialogue_registry.queries.look_alikes import LookAlike, look_alikes
from dialogue_registry.queries.members import Member, members
from dialogue_registry.queries.names import name_of
from dialogue_registry.queries.people import Person, appearances, people
from dialogue_registry.queries.rates import (
    AttendanceRate,
    Cell,
    NonMember,
    Scope,
    attendance_grid,
    attendance_rates,
    non_members,
)
from dialogue_registry.queries.reader import Reader
from dialogue_registry.queries.reconciliation import Reconciliation, reconcile_all, your_rules
from dialogue_registry.queries.search import Found
from dialogue_registry.queries.sources import NumberedSource, sources
from dialogue_registry.queries.subjects import check_named, is_known, unknown, within
from dialogue_registry.registry.amender import Amender, Origin
from dialogue_registry.registry.argument_checks import (
    check_choice,
    check_citation,
    check_fact,
    check_fact_class,
    check_head,
    check_number,
    check_seconds,
    check_source,
    check_text,
)
from dialogue_registry.registry.batches import Given, record, record_all
from dialogue_registry.registry.defaults import Defaults, Recording, defaults_of
from dialogue_registry.registry.follower import Followed, follow, wait_until
from dialogue_registry.registry.handles import Change, Handle, find_entry
from dialogue_registry.registry.items import Appended
from dialogue_registry.registry.kept_copies import KeptCopy, check_copies, keeping, standing_copy
from dialogue_registry.registry.log_import import import_events
from dialogue_registry.registry.log_stream import stream_events, stream_facts, stream_lines
from dialogue_registry.registry.opening import open_at, open_session
from dialogue_registry.registry.runs import Import, Undone, imports, undo_amendment, undo_import
from dialogue_registry.registry.session import Progress, Session
from dialogue_registry.registry.transaction import Transaction
from dialogue_registry.registry.verify import Head, Verified, head_of, verify

if TYPE_CHECKING:
    import sqlite_utils

E = TypeVar("E", bound=attrs.AttrsInstance)
F = TypeVar("F")


@arguments_checked
class Snapshot:
    """A registry that can only be asked, as known at a position of its log: see :meth:`Registry.at`.

    It is a context manager.
    """

    def __init__(self, session: Session) -> None:
        """Not for users: see :meth:`Registry.open` and :meth:`at`."""
        self._session = session

    def close(self) -> None:
        """Close the file; closing twice does nothing."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._session.closed:
            state = ", closed"
        elif self._session.inherited:
            state = ", opened before fork()"
        else:
            state = f" at position {self.position}"
        return f"<{type(self).__name__} {self._session.name}{state}>"

    def __reduce__(self) -> NoReturn:
        raise InvalidValueError(
            "a registry can neither be sent to another process nor copied: send its path, and open it there with "
            "Registry.open(path); copy(path, target) copies what it holds"
        )

    @property
    def kinds(self) -> Kinds:
        """The kinds of facts that it knows: the library's own, then yours."""
        return self._session.log.codec.kinds

    def _repr_html_(self) -> str:
        counts = "" if self._session.closed or self._session.inherited else self.counts()._repr_html_()
        return f"<p>{html.escape(repr(self))}</p>{counts}"

    def reading(self) -> AbstractContextManager[Reader]:
        """Read one state within the block: all questions in it agree, whatever others record meanwhile.

        >>> with Registry.open() as registry, registry.reading():
        ...     registry.position == registry.head.position
        True
        """
        return self._session.reading()

    # --- the log ---------------------------------------------------------------------

    @property
    def position(self) -> int:
        """The position of the last event, 0 when there is none."""
        return self._session.position

    @property
    def head(self) -> Head:
        """The end of the log, to be kept elsewhere for :meth:`verify`."""
        return head_of(self._session.ask_once(self._session.log.head))

    def events(self, after: int = 0, until: int | None = None, subject: str | None = None) -> Iterator[RecordedEvent]:
        """Yield the recorded events with after < position ≤ until, of one subject or all.

        Amendments are included. Events are read a page at a time, in bounded memory. By
        default they end at the position that the log has when the iteration begins.
        """
        until = None if until is None else check_number(until, "until")
        if subject is not None:
            self._check_named(subject)
        return stream_events(self._session, check_number(after, "after"), until, subject)

    def event(self, which: Handle) -> RecordedEvent:
        """Return the recorded event of an id, a position, a row of an answer, or an anomaly with exactly one event.

        Raises UnknownEventError where there is none, InvalidValueError where it is none of these.

        >>> from dialogue_registry import DialogueLaunched
        >>> with Registry.open() as registry:
        ...     launched = DialogueLaunched(dialogue="c5", name="C5+1", launched="2015")
        ...     (recorded,) = registry.record(launched)
        ...     registry.event(registry.dialogues()[0]) == registry.event(1) == recorded
        True
        """
        with self._session.reading():
            log = self._session.log
            return recorded(find_entry(log, which), codec=log.codec)

    @overload
    def facts(self, cls: None = None, subject: str | None = None) -> Iterator[RecordedEvent]: ...
    @overload
    def facts(self, cls: type[F], subject: str | None = None) -> Iterator[RecordedEvent[F]]: ...
    def facts(self, cls: type[Any] | None = None, subject: str | None = None) -> Iterator[RecordedEvent]:
        """Yield the facts that stand, of a class or all, about one subject or all; in the order of their recording.

        Each is a recorded event whose ``event`` is the fact as it reads now. Where it was
        corrected, the rest is that of its last correction. What was withdrawn, what is only
        further evidence, disputes and facts of unknown kinds are left out. Of a meeting that
        was reported several times, every report stands. Facts are read a page at a time, in
        bounded memory, as they stand when the iteration begins.
        """
        if subject is not None:
            self._check_named(subject)
        return stream_facts(self._session, None if cls is None else check_fact_class(self.kinds, cls), subject)

    def export_events(self) -> Iterator[str]:
        """Yield the log as CloudEvents 1.0: one line of JSON per event, without its line end.

        Nothing is lost: :meth:`Registry.import_events` makes the same log of it, ids and
        hashes included. Events are read a page at a time, in bounded memory.
        """
        return stream_lines(self._session)

    def verify(
        self, head: tuple[int, str] | str | None = None, *, views: bool = True, progress: Progress | None = None
    ) -> Verified:
        """Check the hash chain, positions and versions, and the views against a replay; return the head.

        Its ``unknown`` is the number of events of kinds that this program does not know.

        With ``head``, as this returned it before and kept elsewhere (also as ``str()`` wrote
        it), it also notices a tail cut off. ``views=False`` checks the log alone. It takes
        time in proportion to the log, and a temporary file as large as the views. A log
        shared on a server is compared with the local replica. Raises BrokenChainError (with the first bad
        position) or DriftError (with the table).
        """
        kept = Head.parse(head) if isinstance(head, str) else head
        return verify(self._session, None if kept is None else check_head(kept), views=views, progress=progress)

    def at(self, position: int | None = None, instant: datetime | str | None = None) -> "Snapshot":
        """Return the registry as known at a log position, or at an instant (one of the two).

        ``instant`` is an aware ``datetime`` or ISO 8601 text with its offset from UTC. The
        file is not copied; close the snapshot when done.
        """
        return Snapshot(open_at(self._session, position, instant))

    @property
    def db(self) -> "sqlite_utils.Database":
        """The views and the log as a ``sqlite_utils.Database`` of its own; it refuses writes."""
        return self._session.database

    def _check_named(self, subject: str) -> None:
        """Raise UnknownSubjectError where nothing was recorded about an id."""
        with self._session.reading():
            check_named(self._session.connection, subject)

    # --- facts -----------------------------------------------------------------------

    def dialogues(self) -> tuple[results.Dialogue, ...]:
        """Return all dialogues with their parties, in the order they were recorded."""
        with self._session.reading() as reader:
            return reader.dialogues()

    def series(self, dialogue: str | None = None) -> tuple[results.Series, ...]:
        """Return the series of a dialogue, or all, in the order they were recorded."""
        with self._session.reading(dialogue=dialogue) as reader:
            return reader.selected(results.Series, dialogue=dialogue)

    def meetings(
        self, series: str | None = None, *, meeting: str | None = None, status: Status | str | None = None,
        format: Format | str | None = None,  # noqa: A002 - the field's name
        dialogue: str | None = None,
    ) -> tuple[results.Meeting, ...]:  # fmt: skip
        """Return the meetings with their present status, by their days; those without a date last.

        Of a ``series``, a joint meeting has the number that it has there. Raises
        UnknownSubjectError where an id is not recorded.
        """
        with self._session.reading(series=series, meeting=meeting, dialogue=dialogue) as reader:
            return reader.meetings(
                series=series,
                meeting=meeting,
                status=check_choice(Status, status),
                format=check_choice(Format, format),
                dialogue=dialogue,
            )

    def meeting(self, meeting: str) -> results.Meeting:
        """Return one meeting with its present status; raises UnknownSubjectError where it is not recorded."""
        with self._session.reading(meeting=check_text(meeting, "meeting")) as reader:
            return reader.meetings(meeting=meeting)[0]

    def parties(self, dialogue: str | None = None) -> tuple[results.Party, ...]:
        """Return the parties of a dialogue, or of all, in the order they were recorded."""
        with self._session.reading(dialogue=dialogue) as reader:
            return reader.selected(results.Party, dialogue=dialogue)

    def attendance(
        self, meeting: str | None = None, *, party: str | None = None, name: str | None = None,
        role: Role | str | None = None, presence: results.Presence | str | None = results.Presence.PRESENT,
    ) -> tuple[results.Attendance, ...]:  # fmt: skip
        """Return the attendance, in the order it was recorded; ``name`` as written.

        By default those present. ``presence`` asks for the ``"absent"``, of whom no excuse
        is recorded, or the ``"excused"``; None for all.
        """
        with self._session.reading(meeting=meeting) as reader:
            return reader.selected(
                results.Attendance,
                meeting=meeting,
                party=party,
                name=name,
                role=check_choice(Role, role),
                presence=check_choice(results.Presence, presence),
            )

    def delegate(self, name: str) -> tuple[results.Appearance, ...]:
        """Return the appearances of a delegate: office, party and meeting, by the days of the meetings.

        The name may differ in honorific, case, width and spacing, and in order where capitals
        tell the family name (``TOKUDA Shuichi``, ``Mr. Shuichi TOKUDA``). Two people of one name
        are both given, and of each person all spellings that are joined by ``SamePerson`` or an id.

        Where nobody bears that name, it is sought without diacritics, then as a family name.
        Raises AmbiguousNameError, with the ``candidates``, where that may be several persons.
        """
        check_text(name, "name")
        self._session.index()
        with self._session.reading() as reader:
            return appearances(self._session.connection, reader, name)

    def people(
        self, *, party: str | None = None, series: str | None = None, dialogue: str | None = None
    ) -> tuple[Person, ...]:
        """Return the persons of each party with all their names, offices and levels, by party and name.

        Of a ``series`` or a ``dialogue``, those of its meetings. One name is one person of a
        party, unless ids of persons tell two apart; ``SamePerson`` and ids join names.
        """
        with self._session.reading() as reader:
            meetings = None
            if series is not None or dialogue is not None:
                meetings = {meeting.meeting for meeting in reader.meetings(series=series, dialogue=dialogue)}
            return people(self._session.connection, party=party, within=meetings)

    def look_alikes(self, *, party: str | None = None) -> tuple[LookAlike, ...]:
        """Return the pairs of persons of a party whose names may be two spellings of one; nothing is joined by it.

        Record what ``same()`` or ``different()`` of one returns, or leave it. Needs the extra ``people``.
        """
        with self._session.reading():
            return look_alikes(self._session.connection, party=party)

    def members(self, dialogue: str, *, on: date | str | None = None) -> tuple[Member, ...]:
        """Return the parties that take part in a dialogue on a day, or by all that is recorded, each with its standing.

        Where the days of joining and leaving leave it open, a party is there and not
        ``certain``. Raises UnknownSubjectError.
        """
        day = None if on is None else full_day(on)
        with self._session.reading():
            return members(self._session.connection, check_text(dialogue, "dialogue"), day)

    def name(self, id: str, *, language: str | None = None, on: date | str | None = None) -> str:  # noqa: A002 - the word
        """Return what a dialogue, series, meeting or party is called in a language on a day.

        Without a day, by the name used last. Where no name is recorded in that language, by
        one of no stated language, else by the name it was recorded with. Raises UnknownSubjectError.
        """
        day = None if on is None else full_day(on)
        with self._session.reading():
            return name_of(self._session.connection, check_text(id, "id"), language=language, on=day)

    def topics(self, meeting: str | None = None) -> tuple[results.Topic, ...]:
        """Return the topics discussed, in the order they were recorded."""
        with self._session.reading(meeting=meeting) as reader:
            return reader.selected(results.Topic, meeting=meeting)

    def activities(self, meeting: str | None = None) -> tuple[results.Activity, ...]:
        """Return the related activities reported at a meeting, or all, in the order they were recorded."""
        with self._session.reading(meeting=meeting) as reader:
            return reader.selected(results.Activity, meeting=meeting)

    def outcomes(self, meeting: str | None = None) -> tuple[results.Outcome, ...]:
        """Return the outcomes that meetings agreed on, in the order they were recorded."""
        with self._session.reading(meeting=meeting) as reader:
            return reader.selected(results.Outcome, meeting=meeting)

    def statements(self, series: str | None = None) -> tuple[results.Statement, ...]:
        """Return the counts that sources stated, in the order they were recorded."""
        with self._session.reading(series=series) as reader:
            return reader.selected(results.Statement, series=series)

    def sources(self, within: str | None = None) -> tuple[NumberedSource, ...]:
        """Return the sources, each with its number and how many events name it.

        ``within`` is the id of a dialogue, series or meeting: only sources of events about
        it, and about the series and meetings in it, are returned.
        """
        with self._session.reading():
            check_named(self._session.connection, within)
            return sources(self._session.connection, within)

    def check_sources(self) -> tuple[KeptCopy, ...]:
        """Return the copies of sources that :meth:`Registry.attach` kept, each compared with its checksum."""
        with self._session.reading():
            return Rows(check_copies(self._session))

    def imports(self) -> tuple[Import, ...]:
        """Return the imports of tables, and the plans that were applied, in the order in which they were recorded."""
        with self._session.reading():
            return imports(self._session)

    def disputes(self, *, dialogue: str | None = None, series: str | None = None) -> tuple[results.Dispute, ...]:
        """Return the claims kept beside facts that stand and read otherwise, also within a dialogue or a series."""
        with self._session.reading() as reader:
            inside = within(self._session.connection, dialogue=dialogue, series=series)
            return Rows(found for found in reader.disputes() if inside(self.kinds.subject(found.standing)))

    def history(self, subject: str) -> tuple[results.Step, ...]:
        """Return each step of every fact about a dialogue, series or meeting: recorded, corrected, by whom, why."""
        with self._session.reading():
            check_named(self._session.connection, check_text(subject, "subject"))
            return history(self._session.connection, self._session.log, subject)

    def evidence(self, *which: Handle) -> tuple[results.Step, ...]:
        """Return the evidence of a fact, or of several: the steps of its history that bear on it as it stands.

        ``which`` is named as for :meth:`event`, by any event about the fact. The steps are
        all events that state it, each with its source, its citation and its last correction;
        further citations; and disputes. Of a fact that was withdrawn there are none.
        """
        with self._session.reading():
            log = self._session.log
            return evidence(self._session.connection, log, [find_entry(log, one) for one in which])

    def amended_subjects(self) -> frozenset[str]:
        """Return the dialogues, series and meetings of which a fact was corrected or retracted."""
        with self._session.reading():
            return amended_subjects(self._session.connection)

    def search(self, text: str, *, limit: int = 20) -> tuple[Found, ...]:
        """Return the facts that hold all words: titles, names, offices, topics, activities, outcomes, places.

        Each word of ``text`` is sought as the beginning of a word; in a script without
        spaces, anywhere. Case, diacritics and punctuation are ignored. The best come first,
        and each wording only one time. The first search makes the index, which takes about
        a second per 100,000 facts. It is kept in the file, unless that is read-only.
        """
        return self._session.search(text, check_number(limit, "limit", 1))

    # --- conclusions -----------------------------------------------------------------

    def counts(
        self, as_of: date | str | None = None, rule: str | Rule = "held", *, dialogue: str | None = None,
        series: str | None = None,
    ) -> Counts:  # fmt: skip
        """Count the meetings of each series: return a mapping from series id to Count, zeros included.

        ``as_of`` is a full day (a ``date`` or text); None means all that is recorded.
        ``rule`` is the name of one of RULES or a Rule of your own, which is put to every
        held meeting. With ``dialogue`` only its series are counted, with ``series`` only that.
        """
        day, chosen = None if as_of is None else full_day(as_of), find_rule(rule)
        with self._session.reading(dialogue=dialogue, series=series) as reader:
            counted = count(self._session.count_tables, reader.held, day, chosen)
            if dialogue is None and series is None:
                return counted
            inside = within(self._session.connection, dialogue=dialogue, series=series)
            return Counts({id_: of_series for id_, of_series in counted.items() if inside(id_)})

    def count(self, id: str, *, as_of: date | str | None = None, rule: str | Rule = "held") -> Count:  # noqa: A002 - the word the field uses
        """Count the meetings of a series, or of a dialogue as a whole, as :meth:`counts` does.

        In a dialogue, a joint meeting of several of its series is counted one time. Raises
        UnknownSubjectError where neither a series nor a dialogue has the id.
        """
        day = None if as_of is None else full_day(as_of)
        by = find_rule(rule)
        with self._session.reading() as reader:
            found = count(self._session.count_tables, reader.held, day, by)
            if id in found:
                return found[id]
            if not is_known(self._session.connection, "dialogue", id):
                raise unknown(self._session.connection, id, "series", "dialogue")
            return count_dialogue(reader, id, found, day, by)

    def reconcile(
        self, *, rules: Iterable[Rule] = (), dialogue: str | None = None, series: str | None = None,
        as_of: date | str | None = None,
    ) -> Reconciliation:  # fmt: skip
        """Compare every statement with the record under every rule, with and without its own meeting.

        ``rules`` of your own are tried beside the library's. With ``dialogue`` or ``series``
        only statements about it are compared, with ``as_of`` those as of that day or
        earlier. The outcome is a sequence of findings by date; printed, it is a table.
        """
        users_rules, day = your_rules(rules), None if as_of is None else full_day(as_of)
        with self._session.reading() as reader:
            inside = within(self._session.connection, dialogue=dialogue, series=series)
            return reconcile_all(reader, users_rules, within=inside, day=day)

    def explain(
        self, series: str, *, count: int, as_of: PartialDate | date | str | None = None,
        format: Format | str | None = None,  # noqa: A002 - the field's name
        rules: Iterable[Rule] = (),
    ) -> Explanation:  # fmt: skip
        """Explain why a source states that number of meetings, by a day: which rule gives it, which meetings differ.

        ``series`` may be the id of a dialogue too. ``as_of`` is a day, a month or a year; None
        means all that is recorded. With a ``format``, the number is that of one format.
        ``rules`` of your own are tried beside the library's. Raises UnknownSubjectError.
        """
        wanted = check_number(count, "count")
        day = None if as_of is None else PartialDate.of(as_of)
        how = None if check_choice(Format, format) is None else Format(str(format))
        users_rules = your_rules(rules)
        with self._session.reading() as reader:
            return explain_of(reader, series, count=wanted, day=day, format=how, rules=users_rules)

    def headcounts(self, meeting: str | None = None, *, series: str | None = None) -> tuple[Headcount, ...]:
        """Return the stated numbers of people beside the numbers listed: of a meeting, a series, or all.

        Raises UnknownSubjectError where the meeting or the series is not recorded.
        """
        with self._session.reading() as reader:
            return headcounts(self._session.connection, reader, meeting=meeting, series=series)

    def attendance_rates(
        self, *, series: str | None = None, dialogue: str | None = None, by: str = "party",
        level: Level | str | None = None, as_of: date | str | None = None, yearly: bool = False,
        standing: str | None = "member",
    ) -> tuple[AttendanceRate, ...]:  # fmt: skip
        """Return how many of the meetings held while it was a member each party came to: of a series, a dialogue, all.

        A meeting counts for a party that can have been a member then. ``by="person"``
        returns persons, each over the meetings that name them. With a ``level``, those
        who were of that level or higher; absences of whole parties count at every level.
        ``as_of`` leaves out meetings that may have been held later. ``yearly`` returns one row a
        year. ``standing`` is what members joined as; None for any. Raises UnknownSubjectError.
        """
        if by not in ("party", "person"):
            raise InvalidValueError(f"by is {shown(by)}: give 'party' or 'person'")
        scope = _scope_of_rates(series, dialogue, level, as_of, standing)
        with self._session.reading():
            return attendance_rates(self._session.connection, scope, by=by, yearly=yearly)

    def attendance_grid(
        self, *, series: str | None = None, dialogue: str | None = None, level: Level | str | None = None,
        as_of: date | str | None = None, standing: str | None = "member",
    ) -> tuple[Cell, ...]:  # fmt: skip
        """Return how each party took part in each meeting that :meth:`attendance_rates` counts for it."""
        scope = _scope_of_rates(series, dialogue, level, as_of, standing)
        with self._session.reading():
            return attendance_grid(self._session.connection, scope)

    def non_members(
        self, *, series: str | None = None, dialogue: str | None = None, level: Level | str | None = None,
        as_of: date | str | None = None, standing: str | None = "member",
    ) -> tuple[NonMember, ...]:  # fmt: skip
        """Return the parties at meetings held while they were no members, which :meth:`attendance_rates` leaves out."""
        scope = _scope_of_rates(series, dialogue, level, as_of, standing)
        with self._session.reading():
            return non_members(self._session.connection, scope)

    def anomalies(
        self, *, today: date | str | None = None, dialogue: str | None = None, series: str | None = None
    ) -> anomalies.Anomalies:
        """Return all that is odd but may be true, each with why and the events it comes from.

        With ``dialogue`` or ``series``, only what is about it or lies within it.
        ``today`` is the day by which an announced meeting should have been heard of again;
        by default the present day in UTC.
        """
        day = datetime.now(UTC).date() if today is None else full_day(today)
        with self._session.reading() as reader:
            inside = within(self._session.connection, dialogue=dialogue, series=series)
            found = anomalies.find(self._session.connection, reader, day)
            return anomalies.Anomalies(anomaly for anomaly in found if inside(anomaly.subject))


@arguments_checked
class Registry(Snapshot):
    """A registry of meetings: an append-only log of sourced events, and views of it.

    Open one with :meth:`open`. It is a context manager. Any thread may use it, and close it:
    the calls of several threads are served one after the other, in the order in which they
    came. Any number of objects and processes may share a file; a child made by ``fork()``
    opens one of its own.
    """

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str] | None = None,
        *,
        kinds: Iterable[Kind] = (),
        projections: Iterable[Projection] = (),
        read_only: bool = False,
        views: str | os.PathLike[str] | None = None,
        progress: Progress | None = None,
    ) -> Self:
        """Open the registry file at ``path``; without a path, a new registry in memory.

        A ``path`` that begins with ``postgresql://`` names a log shared on a server (extra
        ``postgres``), made there before. ``views`` is then the local file that follows it,
        by default in memory; it may be thrown away at any time. Events that others record
        show after :meth:`catch_up`, within :meth:`follow`, and whenever you record.

        ``kinds`` are your kinds of facts, kept beside the library's own. A missing file is
        created, unless ``read_only``. ``projections`` are your own, kept beside the standard
        one. Views that are missing, or older than the library or your projection, are made
        again from the log. ``progress`` is called after each page of events then.

        Raises NotARegistryError, NewerRegistryError, ReadOnlyError, OutdatedViewsError,
        BusyError, UnreachableError or another StorageError.
        """
        return cls(open_session(path, projections, kinds, read_only=read_only, views=views, progress=progress))

    # --- recording -------------------------------------------------------------------

    @overload
    def record(
        self, event: E, /, *, source: Source | str | None = None, cite: Citation | None = None, by: str = "",
        expected: int | None = None,
    ) -> tuple[RecordedEvent[E]]: ...  # fmt: skip
    @overload
    def record(
        self, *events: Given, source: Source | str | None = None, cite: Citation | None = None, by: str = "",
        expected: int | None = None,
    ) -> tuple[RecordedEvent, ...]: ...  # fmt: skip
    def record(
        self,
        *events: Given,
        source: Source | str | None = None,
        cite: Citation | None = None,
        by: str = "",
        expected: int | None = None,
    ) -> tuple[RecordedEvent, ...]:
        """Record facts, or pairs of a fact and its source, all or none; durable on return.

        Returns one recorded event per event, in order. Where the log has the same fact with the
        same source already, that one is returned. ``new`` says which it is, and ``note`` what
        else changed, or why nothing did. ``cite`` says where in the source the facts stand; it
        tells no facts apart. ``source`` may be given by its title alone. ``expected`` is the
        log position you decided on; it is ignored when nothing would be appended.

        Raises a RefusedError (whose ``item`` says which event), WrongPositionError,
        InvalidValueError, ReadOnlyError or another StorageError; nothing is then recorded.
        """
        origin, name = self._origin_of(source, by)
        return record(self._session, events, source=origin, citation=cite, by=name, expected=expected)

    def _origin_of(self, source: Source | str | None, by: str) -> tuple[Source | None, str]:
        """Return a source and who records, given or by default; raises InvalidValueError."""
        defaults = defaults_of(self._session)
        return defaults.source if source is None else check_source(source), check_text(by, "by") or defaults.by

    def record_all(
        self,
        items: Iterable[Given],
        *,
        source: Source | str | None = None,
        by: str = "",
        batch: int = 1000,
        progress: Progress | None = None,
    ) -> int:
        """Record a stream of facts, alone or each with its source and citation; return how many were appended.

        Each ``batch`` is committed by itself, in bounded memory. A refusal undoes its own
        batch only; its ``item`` counts from 0 over the whole stream. ``progress`` is called
        after each batch with the number of items done, twice, as a stream has no known total.
        """
        origin, name = self._origin_of(source, by)
        return record_all(self._session, items, origin, name, batch=batch, progress=progress)

    def correct(
        self,
        which: Handle,
        change: Change,
        *,
        reason: str,
        source: Source | str | None = None,
        cite: Citation | None = None,
        by: str = "",
    ) -> RecordedEvent:
        """Replace a recorded fact where it stands; the log keeps both wordings.

        ``which`` is the fact, or a correction of it. It may be a recorded event, a row of an
        answer, an anomaly with exactly one event, a position or an id. ``change`` is the whole
        fact as it should read, or a dict of the fields that change. Without a source, the
        corrected fact keeps the source it had. Raises UnknownEventError, AmendmentError,
        StillNeededError or another RefusedError when remaining facts forbid it.

        >>> from dialogue_registry import DialogueLaunched
        >>> with Registry.open() as registry:
        ...     launched = DialogueLaunched(dialogue="c5", name="C5", launched="2015")
        ...     (recorded,) = registry.record(launched)
        ...     corrected = registry.correct(recorded, {"name": "C5+1"}, reason="a slip of the pen")
        ...     registry.dialogues()[0].name
        'C5+1'
        """
        change, origin = self._change(change), self._origin(source, cite, by)
        return self._amended(which, lambda amender, id_: amender.correct(id_, change, reason, origin))

    def retract(
        self, which: Handle, *, reason: str, source: Source | str | None = None, cite: Citation | None = None,
        by: str = "",
    ) -> RecordedEvent:  # fmt: skip
        """Withdraw a recorded event, which is named as for :meth:`correct`; the log keeps it.

        Retracting an amendment undoes it. A fact that another source has stated too stands
        on that one. Raises as :meth:`correct` does.
        """
        origin = self._origin(source, cite, by)
        return self._amended(which, lambda amender, id_: amender.retract(id_, reason, origin))

    def dispute(
        self,
        which: Handle,
        claim: Change,
        *,
        source: Source | str | None = None,
        reason: str = "",
        cite: Citation | None = None,
        by: str = "",
    ) -> RecordedEvent:
        """Keep a contradicting fact beside the standing one; it is listed, never counted.

        ``which`` is named as for :meth:`correct`. ``claim`` is the same kind of fact of the
        same subject, as the other source has it. It may be a dict of the fields that differ.
        The source must be given, here or by :meth:`recording`.
        """
        change, origin = self._change(claim), self._origin(source, cite, by)
        if origin.source is None:
            raise InvalidValueError("a dispute needs the source that claims it: give source=Source(title)")
        return self._amended(which, lambda amender, id_: amender.dispute(id_, change, reason, origin))

    def cite(
        self, which: Handle, citation: Citation, *, source: Source | str | None = None, by: str = ""
    ) -> RecordedEvent:
        """Add a citation to a recorded event: where in its source, or in another one, it stands."""
        origin = self._origin(source, citation, by)
        if origin.citation is None:
            raise InvalidValueError("there is nothing to cite: give citation=Citation(locator=…, quote=…)")
        return self._amended(which, lambda amender, id_: amender.cite(id_, origin))

    def attach(
        self,
        source: Source,
        path: str | os.PathLike[str],
        *,
        retrieved: PartialDate | date | str | None = None,
        by: str = "",
    ) -> RecordedEvent:
        """Keep a copy of a file beside the registry as a copy of a source, and record SourceKept.

        The copy is named by its SHA-256, in the folder ``ca-jad.db.sources`` of a registry
        ``ca-jad.db``; :meth:`check_sources` compares it again. ``retrieved`` is the day on
        which the file was retrieved, by default the present one in UTC. Of a source, the same
        bytes are kept and recorded one time. Then the event that stands is returned, and a copy
        that was lost or changed is put back.

        Raises UnreadableFileError where the file cannot be read, and StorageError where it
        cannot be kept. There is no place beside a registry in memory or on a server.
        """
        kept = check_source(source)
        if kept is None:
            raise InvalidValueError("a copy is one of some source: give Source(title, url=…)")
        day = datetime.now(UTC).date() if retrieved is None else retrieved
        with keeping(self._session, path) as digest:
            with self._session.reading():
                standing = standing_copy(self._session, kept, digest)
            if standing is not None:
                return self.event(standing)
            return self.record(SourceKept(source=kept, sha256=digest, retrieved=day), by=by)[0]

    def undo(self, which: Import | Handle, *, reason: str, by: str = "", dry_run: bool = False) -> Undone:
        """Withdraw what an import recorded, or one amendment, in one transaction; return what has changed.

        ``which`` is one of :meth:`imports`, or an amendment: its recorded event, id or
        position. What something rests on that stays, and what another source says too, stays
        and is named. Raises AmendmentError for an event that is a fact, UnknownEventError,
        or as :meth:`retract` does.
        """
        check_text(by, "by")
        if isinstance(which, Import):
            return undo_import(self._session, which.number, reason, by, dry_run=dry_run)
        return undo_amendment(self._session, self.event(which).id, reason, by, dry_run=dry_run)

    def _amended(self, which: Handle, work: Callable[[Amender, str], Appended]) -> RecordedEvent:
        """Run an amendment of an event, and return its recorded event."""
        session = self._session
        entry, new, note = session.write(lambda: work(session.amender, find_entry(session.log, which).id))
        return recorded(entry, codec=session.log.codec, new=new, note=note)

    def _change(self, change: Change) -> Change:
        """Return a change; raises InvalidValueError where it is neither fields nor a fact of the registry's kinds."""
        return change if isinstance(change, Mapping) else check_fact(self.kinds, change)

    def _origin(self, source: Source | str | None, citation: Citation | None, by: str) -> Origin:
        """Return source, citation and by whom something is recorded; raises InvalidValueError."""
        chosen, name = self._origin_of(source, by)
        return Origin(encode_source(chosen), check_citation(citation), name)

    def recording(self, *, source: Source | str | None = None, by: str = "") -> Recording:
        """Return a context manager: what its block records has this source, and is recorded by this name.

        It holds for calls that give none of their own, in this thread or task alone. Within
        another such block, it replaces what it gives.

        >>> from dialogue_registry import DialogueLaunched
        >>> with Registry.open() as registry:
        ...     with registry.recording(source="A press release", by="archivist"):
        ...         launched = DialogueLaunched(dialogue="c5", name="C5+1", launched="2015")
        ...         (recorded,) = registry.record(launched)
        ...     print(recorded.source.title, recorded.by)
        A press release archivist
        """
        return Recording(self._session, Defaults(check_source(source), check_text(by, "by")))

    def transaction(self, *, dry_run: bool = False) -> Transaction:
        """Make one of all that is recorded within the block: all or none, durable at its end.

        A call that is refused undoes itself only and may be caught; an exception that leaves
        the block undoes everything. With ``dry_run`` everything is undone in any case.
        Other programs wait meanwhile before they record.

        A log shared on a server is not locked meanwhile. The block begins with all views up
        to the log. When others have recorded before its end, it raises WrongPositionError
        and records nothing. Then run the block again.
        """
        return self._session.transaction(dry_run=dry_run)

    def import_events(self, lines: Iterable[str | bytes], *, progress: Progress | None = None) -> int:
        """Append the events that :meth:`export_events` yielded, all or nothing; return their number.

        The registry is empty, or holds a beginning of the same log: then it continues it.
        The chain is verified line by line. ``progress`` is called after each page with the
        lines done, twice. Raises UnfitEventError, which names the line.
        """
        return import_events(self._session, lines, progress)

    # --- keeping the views up --------------------------------------------------------

    def rebuild(self, *, progress: Progress | None = None) -> None:
        """Make all views again from the log, in bounded memory; readers see the old ones until it is done."""
        self._session.rebuild(progress)

    def catch_up(self, *, progress: Progress | None = None) -> int:
        """Bring all views up to the log, on a server or in the file; return the position reached.

        A shared log is read a page at a time, each taken over in a transaction of its own;
        ``progress`` is called after each.
        Raises UnreachableError when the server cannot be reached.
        """
        self._session.catch_up(progress)
        return self.position

    def follow(self, *, poll: float = 1.0) -> Iterator[Followed]:
        """Keep the views up to the log until you break off: yield after each page, and each time it has looked.

        It looks when the server announces new events, and every ``poll`` seconds in any
        case. ``lag`` is the number of events by which the log was ahead of the views. It is
        None where the server could not be reached or the views were locked; then it retries.
        """
        return follow(self._session, check_seconds(poll, "poll"))

    def wait_until(
        self, position: int, *, timeout: float = 30.0, progress: Callable[[int, int], object] | None = None
    ) -> int:
        """Wait until every projection has reached a position; return the position reached.

        ``progress`` is called before each look at the log, with the position reached and the one waited for.

        Raises WaitTimeoutError when that takes longer than ``timeout`` seconds, UnreachableError
        when the server cannot be reached then.
        """
        wanted, seconds = check_number(position, "position"), check_seconds(timeout, "timeout")
        return wait_until(self._session, wanted, seconds, progress)


def _scope_of_rates(
    series: str | None, dialogue: str | None, level: Level | str | None, as_of: date | str | None, standing: str | None
) -> Scope:
    """Return which meetings and delegates are looked at; raises InvalidValueError."""
    return Scope(
        series=series,
        dialogue=dialogue,
        level=None if check_choice(Level, level) is None else Level(str(level)),
        as_of=None if as_of is None else full_day(as_of),
        standing=standing,
    )
