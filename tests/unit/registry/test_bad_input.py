"""Whatever is asked wrongly gets an error of its own: what is, what was wanted, what to do; and nothing is recorded.

(What no event may hold is in ``test_events``, what an amendment may not do in ``test_amendments``.)
"""

import importlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dialogue_registry import (
    DelegateAttended,
    DialogueLaunched,
    EventRetracted,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    OutcomeAgreed,
    PartyJoined,
    RecordedEvent,
    Registry,
    SeriesOpened,
    Source,
    TopicDiscussed,
)
from dialogue_registry.errors import (
    BusyError,
    ClosedError,
    ConflictError,
    DialogueRegistryError,
    IdInUseError,
    InvalidDateError,
    InvalidIdError,
    InvalidValueError,
    MissingFileError,
    NewerEventError,
    NewerRegistryError,
    NotARegistryError,
    OutdatedViewsError,
    ReadOnlyError,
    SeriesMismatchError,
    StatusError,
    StorageError,
    UnknownEventError,
    UnknownEventTypeError,
    UnknownSubjectError,
    WrongPositionError,
)
from dialogue_registry.log.entry import Draft, Head, seal
from dialogue_registry.log.sqlite_log import SQLiteLog

NOBODY = 65534
SERIES = (
    DialogueLaunched(dialogue="d", name="A dialogue", launched="2004-08-28"),
    SeriesOpened(series="d/s", dialogue="d", name="Senior officials"),
)
HELD = MeetingHeld(meeting="d/s/1", series="d/s", date="2005-03-04")
SEAT = DelegateAttended(meeting="d/s/1", name="TOKUDA Shuichi", party="JPN", office="Ambassador")
TOPIC = TopicDiscussed(meeting="d/s/1", topic="water")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry.db"


@pytest.fixture
def registry(path: Path) -> Iterator[Registry]:
    with Registry.open(path) as registry:
        registry.record(*SERIES, HELD, source=Source("A release"))
        yield registry


def dump(path: Path) -> list[str]:
    """All that the file holds: the log and the views."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return list(connection.iterdump())


@contextmanager
def refused(path: Path, error: type[DialogueRegistryError], *texts: str) -> Iterator[pytest.ExceptionInfo[Any]]:
    """Demand that error and no other, those words in its message, and a file that is as it was."""
    before = dump(path)
    with pytest.raises(error) as info:
        yield info
    assert info.type is error
    for words in texts:
        assert words in str(info.value), str(info.value)
    assert dump(path) == before


# --- facts -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fact", "error", "texts"),
    [
        (
            PartyJoined(dialogue="e", party="UZB", name="Uzbekistan"),
            UnknownSubjectError,
            ["dialogue 'e' is not recorded", "DialogueLaunched(dialogue='e', …) first"],
        ),
        (
            SeriesOpened(series="e/s", dialogue="e", name="S"),
            UnknownSubjectError,
            ["dialogue 'e' is not recorded", "DialogueLaunched"],
        ),
        (
            MeetingHeld(meeting="d/x/1", series="d/x"),
            UnknownSubjectError,
            ["series 'd/x' is not recorded", "record SeriesOpened(series='d/x', …) first"],
        ),
        (
            MeetingHeld(meeting="d/s/2", series="d"),
            UnknownSubjectError,
            ["'d' is a dialogue, where a series was wanted", "check the id"],
        ),
        (
            DelegateAttended(meeting="d/s/9", name="A", party="JPN"),
            UnknownSubjectError,
            ["meeting 'd/s/9' is not recorded", "MeetingHeld(meeting='d/s/9', …) first"],
        ),
        (
            OutcomeAgreed(meeting="d/s/9", title="A plan"),
            UnknownSubjectError,
            ["meeting 'd/s/9' is not recorded"],
        ),
        (
            DialogueLaunched(dialogue="d/s", name="D", launched="2004"),
            IdInUseError,
            ["'d/s' already names a series", "choose another id"],
        ),
        (
            MeetingAnnounced(meeting="d/s/1", series="d/t"),
            SeriesMismatchError,
            ["belongs to series 'd/s', not to 'd/t'", "correct the earlier report"],
        ),
        (
            MeetingCancelled(meeting="d/s/1"),
            StatusError,
            ["'d/s/1' was held, so it was not cancelled", "retract that it was held first"],
        ),
    ],
)
def test_a_fact_without_what_it_needs_is_refused(
    registry: Registry, path: Path, fact: Any, error: type[DialogueRegistryError], texts: list[str]
) -> None:
    registry.record(SeriesOpened(series="d/t", dialogue="d", name="Experts"))
    with refused(path, error, *texts):
        registry.record(fact)
    with refused(path, error, "event 2 of 3", *texts) as info:
        registry.record(TOPIC, fact, SEAT)
    assert getattr(info.value, "item", None) == 1


def test_a_conflicting_fact_names_the_one_that_stands_and_both_ways_on(registry: Registry, path: Path) -> None:
    standing = next(registry.events(subject="d/s/1"))
    with refused(path, ConflictError, standing.id, "(position 3)", "correct(", "dispute(") as info:
        registry.record(MeetingHeld(meeting="d/s/1", series="d/s", date="2005-03-05"))
    assert getattr(info.value, "standing", None) == standing.id
    with refused(path, ConflictError, "earlier in the same batch"):
        registry.record(SEAT, DelegateAttended(meeting="d/s/1", name="TOKUDA Shuichi", party="JPN", office="Minister"))


@pytest.mark.parametrize("id_", ["", "UPPER", "a b", "/a", "a/", "a//b", "ä", "a" * 201, "a'; DROP TABLE events; --"])
def test_a_malformed_id_never_becomes_an_event(registry: Registry, path: Path, id_: str) -> None:
    with refused(path, InvalidIdError, "MeetingHeld.meeting is", "such as 'ca-jad/som/14'"):
        registry.record(MeetingHeld(meeting=id_, series="d/s"))


@pytest.mark.parametrize("date", ["", "yesterday", "2021-13-01", "2021-02-30", "16.06.2021", "2021-06-16T00:00", "21"])
def test_a_malformed_date_never_becomes_an_event(registry: Registry, path: Path, date: str) -> None:
    with refused(path, InvalidDateError, repr(date), "is no date"):
        registry.record(MeetingHeld(meeting="d/s/2", series="d/s", date=date))


def test_an_amendment_is_no_fact_to_record(registry: Registry, path: Path) -> None:
    with refused(path, InvalidValueError, "item 2", "is no fact to record", "use correct(), retract() or dispute()"):
        registry.record(TOPIC, EventRetracted(event_id="x", reason="r"))  # type: ignore[arg-type]
    with refused(path, InvalidValueError, "is no fact to record"):
        registry.record_all([EventRetracted(event_id="x", reason="r")])  # type: ignore[list-item]


def test_a_wrong_expected_position_says_where_the_log_stands_and_how_to_read_on(registry: Registry, path: Path) -> None:
    with refused(
        path, WrongPositionError, "position 3", "expected 2", "events(after=2)", "nothing was recorded"
    ) as info:
        registry.record(TOPIC, expected=2)
    assert isinstance(info.value, WrongPositionError)
    assert (info.value.expected, info.value.actual) == (2, 3)
    # Who decided on an older state is told that, not that the rules forbid what they did not.
    with refused(path, WrongPositionError):
        registry.record(MeetingCancelled(meeting="d/s/1"), expected=2)


@pytest.mark.parametrize(
    "ask",
    [
        lambda r: r.record(TOPIC, source=""),
        lambda r: r.record(TOPIC, by=None),
        lambda r: r.record(TOPIC, by="a\0b"),
        lambda r: r.record(TOPIC, by="\ud800"),
        lambda r: r.record(TOPIC, by="x" * 1_000_001),
        lambda r: r.record(TOPIC, expected="3"),
        lambda r: r.record(TOPIC, expected=True),
        lambda r: r.record(TOPIC, expected=-1),
        lambda r: r.record("a text"),
        lambda r: r.record_all([(TOPIC, Source("A"), 3)]),
        lambda r: r.record_all([(TOPIC, [])]),
        lambda r: r.record_all([TOPIC], batch=0),
        lambda r: r.record_all([TOPIC], batch="many"),
        lambda r: r.correct(None, TOPIC, reason="r"),
        lambda r: r.correct("\ud800", TOPIC, reason="r"),
        lambda r: r.correct(next(r.events()).id, "a text", reason="r"),
        lambda r: r.correct(next(r.events()).id, TOPIC, reason=""),
        lambda r: r.retract(next(r.events()).id, reason=" "),
        lambda r: r.dispute(next(r.events()).id, SERIES[0], source=None),
        lambda r: list(r.events(after="1")),
        lambda r: list(r.events(after=-1)),
        lambda r: list(r.events(until=2**70)),
        lambda r: list(r.events(subject="\ud800")),
        lambda r: r.history("\ud800"),
        lambda r: r.meetings("\ud800"),
        lambda r: r.meetings(status="over"),
        lambda r: r.meetings(format="on line"),
        lambda r: r.attendance(role="spy"),
        lambda r: r.at(),
        lambda r: r.at(1, instant="2021-01-01T00:00:00Z"),
        lambda r: r.at(4),
        lambda r: r.at(position=True),
        lambda r: r.at(instant="yesterday"),
        lambda r: r.at(instant="2021-01-01T00:00:00"),
        lambda r: r.at(instant=datetime(2021, 1, 1)),  # noqa: DTZ001 - that is the point
        lambda r: r.at(instant="0001-01-01T00:00:00+14:00"),
        lambda r: r.counts("2021-06"),
        lambda r: r.counts("[2021-06-01..2021-06-02]"),
        lambda r: r.counts(rule="all"),
        lambda r: r.verify(head=5),
        lambda r: r.verify(head=(1,)),
        lambda r: r.verify(head=(1, "ab")),
        lambda r: r.verify(head=(1, "x" * 64)),
        lambda r: r.verify(head=("1", "ab" * 32)),
        lambda r: r.verify(head=(-1, "ab" * 32)),
    ],
)
def test_a_value_that_means_nothing_here_is_refused_by_name(
    registry: Registry, path: Path, ask: Callable[[Any], Any]
) -> None:
    before = dump(path)
    with pytest.raises(InvalidValueError) as info:
        ask(registry)
    assert any(word in str(info.value) for word in ("give", "use", "decode", "is no fact", "takes"))
    assert dump(path) == before


def test_an_id_that_no_event_has_is_told_so(registry: Registry, path: Path) -> None:
    for ask in (
        lambda: registry.correct("no-such-id", TOPIC, reason="r"),
        lambda: registry.retract("no-such-id", reason="r"),
        lambda: registry.dispute("no-such-id", TOPIC, source=Source("A")),
    ):
        with refused(path, UnknownEventError, "no event has the id or position 'no-such-id'", "give a recorded event"):
            ask()


# --- registries --------------------------------------------------------------------------

EVERY_CALL: dict[str, Callable[[Registry], Any]] = {
    "record": lambda r: r.record(TOPIC),
    "record_all": lambda r: r.record_all([TOPIC]),
    "correct": lambda r: r.correct("x", TOPIC, reason="r"),
    "retract": lambda r: r.retract("x", reason="r"),
    "dispute": lambda r: r.dispute("x", TOPIC, source=Source("A")),
    "rebuild": lambda r: r.rebuild(),
    "events": lambda r: list(r.events()),
    "position": lambda r: r.position,
    "head": lambda r: r.head,
    "at": lambda r: r.at(1),
    "verify": lambda r: r.verify(),
    "counts": lambda r: r.counts(),
    "reconcile": lambda r: r.reconcile(),
    "anomalies": lambda r: r.anomalies(),
    "history": lambda r: r.history("d"),
    "dialogues": lambda r: r.dialogues(),
    "series": lambda r: r.series(),
    "meetings": lambda r: r.meetings(),
    "attendance": lambda r: r.attendance(),
    "topics": lambda r: r.topics(),
    "activities": lambda r: r.activities(),
    "outcomes": lambda r: r.outcomes(),
    "statements": lambda r: r.statements(),
    "disputes": lambda r: r.disputes(),
    "db": lambda r: r.db,
}
WRITING = ("record", "record_all", "correct", "retract", "dispute", "rebuild")


@pytest.mark.parametrize("call", EVERY_CALL)
def test_a_closed_registry_answers_nothing(registry: Registry, path: Path, call: str) -> None:
    registry.close()
    registry.close()
    assert "closed" in repr(registry)
    with refused(path, ClosedError, "registry.db was closed", "open it again with Registry.open(…)"):
        EVERY_CALL[call](registry)


@pytest.mark.parametrize("call", WRITING)
def test_a_registry_opened_to_read_does_not_write(registry: Registry, path: Path, call: str) -> None:
    with (
        Registry.open(path, read_only=True) as reader,
        refused(path, ReadOnlyError, "opened with read_only=True", "open it without"),
    ):
        EVERY_CALL[call](reader)


def test_a_registry_that_another_program_keeps_locked_is_told_so(registry: Registry, path: Path) -> None:
    registry._session.connection.execute("PRAGMA busy_timeout = 20")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with refused(path, BusyError, "was locked by another program", "try again", "nothing was recorded"):
            registry.record(TOPIC)
        other.execute("ROLLBACK")
    registry.record(TOPIC)
    assert registry.verify().position == 4


def test_an_interrupted_rebuild_leaves_the_old_views(registry: Registry, path: Path) -> None:
    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    before = dump(path)
    with pytest.raises(KeyboardInterrupt):
        registry.rebuild(progress=interrupt)
    assert dump(path) == before
    assert registry.record(TOPIC)[0].position == 4


def test_a_stream_that_breaks_off_keeps_its_whole_batches_only(registry: Registry) -> None:
    def stream() -> Iterator[TopicDiscussed]:
        for number in range(25):
            yield TopicDiscussed(meeting="d/s/1", topic=f"topic {number}")
        raise KeyError("the stream ends here")

    with pytest.raises(KeyError):
        registry.record_all(stream(), batch=10)
    assert registry.position == 3 + 20
    registry.verify()


# --- files -------------------------------------------------------------------------------


def no_registry(path: Path, error: type[DialogueRegistryError], *texts: str, read_only: bool = False) -> None:
    """Demand that error from opening, and that the folder holds what it held."""
    before = {file: file.read_bytes() if file.is_file() else b"" for file in path.parent.glob("*")}
    with pytest.raises(error) as info:
        Registry.open(path, read_only=read_only)
    assert info.type is error
    for words in (path.name, *texts):
        assert words in str(info.value), str(info.value)
    assert {file: file.read_bytes() if file.is_file() else b"" for file in path.parent.glob("*")} == before


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_that_is_no_registry_is_told_so_and_left_as_it_is(path: Path, *, read_only: bool) -> None:
    for text in ("Not a registry.\n", "A press release. " * 1000, "SQLite format 3\0 not quite"):
        path.write_text(text)
        no_registry(path, NotARegistryError, "no registry", "give the path of a registry", read_only=read_only)
        path.unlink()


@pytest.mark.parametrize("read_only", [False, True])
def test_another_programs_database_is_told_so_and_left_as_it_is(path: Path, *, read_only: bool) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE events (position INTEGER PRIMARY KEY, data TEXT)")
        connection.commit()
    no_registry(path, NotARegistryError, "a SQLite file, but no registry", "does not exist yet", read_only=read_only)


@pytest.mark.parametrize("read_only", [False, True])
def test_a_folder_is_no_registry(path: Path, *, read_only: bool) -> None:
    path.mkdir()
    no_registry(path, NotARegistryError, "is a folder", "give the path of a registry file", read_only=read_only)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
@pytest.mark.parametrize("read_only", [False, True])
def test_a_pipe_is_no_registry_and_not_waited_for(path: Path, *, read_only: bool) -> None:
    os.mkfifo(path)
    no_registry(path, NotARegistryError, "is a pipe or a device", "give the path of a registry", read_only=read_only)
    assert path.is_fifo()


def test_a_missing_file_is_not_made_by_reading_it(path: Path) -> None:
    no_registry(path, MissingFileError, "there is no file", "Registry.open(path) creates one", read_only=True)


def test_a_missing_folder_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"the folder .*missing does not exist: create it first"):
        Registry.open(tmp_path / "missing" / "registry.db")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a\0b", "x" * 300])
def test_a_name_that_no_file_can_have_is_told_so(tmp_path: Path, name: str) -> None:
    for read_only in (False, True):
        with pytest.raises(StorageError, match="the path"):
            Registry.open(tmp_path / name, read_only=read_only)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["what?.db", "50%20.db", "a#b.db", "a&mode=memory.db", "C5+1 диалог 対話.db"])
def test_a_file_may_have_any_name_that_files_can_have(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with Registry.open(path) as registry:
        registry.record(*SERIES)
        assert len(registry.db.table_names()) > 5
    with Registry.open(path, read_only=True) as registry:
        assert registry.verify().position == 2
    assert {file.name for file in tmp_path.iterdir()} <= {name, f"{name}-wal", f"{name}-shm"}


@pytest.mark.skipif(os.name == "nt" or os.uname().sysname == "Darwin", reason="names must be text there")
def test_a_file_may_have_a_name_that_is_no_text(tmp_path: Path) -> None:
    with Registry.open(Path(os.fsdecode(bytes(tmp_path) + b"/d\xfc.db"))) as registry:
        registry.record(*SERIES)
    assert [os.fsencode(file.name) for file in tmp_path.iterdir()] == [b"d\xfc.db"]


def test_a_newer_file_asks_for_a_newer_library(registry: Registry, path: Path) -> None:
    registry.close()
    change(path, "PRAGMA user_version = 3")
    for read_only in (False, True):
        with refused(path, NewerRegistryError, "log schema 3", "knows up to 2", "upgrade dialogue_registry"):
            Registry.open(path, read_only=read_only)


def test_newer_views_ask_for_a_newer_library(registry: Registry, path: Path) -> None:
    change(path, "UPDATE projections SET version = 99")
    with refused(path, NewerRegistryError, "version 99", "upgrade dialogue_registry"):
        registry.record(TOPIC)
    registry.close()
    for read_only in (False, True):
        with refused(path, NewerRegistryError, "the views have version 99", "upgrade dialogue_registry"):
            Registry.open(path, read_only=read_only)


@pytest.mark.parametrize("how", ["UPDATE projections SET version = 0", "DROP TABLE projections"])
def test_outdated_views_are_made_again_but_not_by_reading(registry: Registry, path: Path, how: str) -> None:
    registry.close()
    change(path, how)
    with refused(path, OutdatedViewsError, "(standard)", "read_only=True forbids", "open it once without read_only"):
        Registry.open(path, read_only=True)
    with Registry.open(path) as again:
        assert again.verify().position == 3
        assert len(again.meetings()) == 1
    with Registry.open(path, read_only=True) as reader:
        assert len(reader.meetings()) == 1


@pytest.mark.parametrize(
    ("word", "schema", "data", "error", "text"),
    [
        (
            "topic.discussed",
            2,
            '{"meeting":"d/s/1"}',
            NewerEventError,
            "has schema version 2, this library knows 1 to 1",
        ),
        ("treaty.signed", 1, "{}", UnknownEventTypeError, "event type 'treaty.signed' (version 1) is not known"),
    ],
)
def test_an_event_of_a_newer_library_is_told_with_its_position(
    registry: Registry,
    path: Path,
    word: str,
    schema: int,
    data: str,
    error: type[DialogueRegistryError],
    text: str,
) -> None:
    append(path, word, schema, data)
    with refused(path, error, "at position 4", text, "upgrade dialogue_registry"):
        list(registry.events())
    with refused(path, error, "at position 4", text):
        registry.rebuild()
    with refused(path, error, "at position 4", text):
        registry.history("d/s/1")
    assert len(list(registry.events(until=3))) == 3
    assert registry.counts()["d/s"].total.certain == 1
    registry.verify(views=False)
    registry.close()
    change(path, "UPDATE projections SET version = 0")
    with refused(path, error, "at position 4", text):
        Registry.open(path)


def change(path: Path, sql: str) -> None:
    """Change a file as another program, or another version of this library, might do."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql)


def append(path: Path, word: str, schema: int, data: str) -> None:
    """Append an event to the log as a newer library would, views included."""
    with closing(sqlite3.connect(path)) as connection, connection:
        position, last = connection.execute("SELECT position, hash FROM events ORDER BY 1 DESC LIMIT 1").fetchone()
        draft = Draft("d/s/1", word, schema, data, None, "")
        SQLiteLog(connection).extend(
            seal([draft], Head(position, last, ""), {"d/s/1": 1}, datetime(9999, 12, 31, tzinfo=UTC))
        )
        connection.execute("UPDATE projections SET position = position + 1")


# --- permissions -------------------------------------------------------------------------


def as_nobody(work: Callable[[], None]) -> None:
    """Do it in a process without the rights of root, for whom permissions are a suggestion."""
    importlib.import_module("sqlite_utils")  # which the other user may not read where Python is root's own
    pid = os.fork()
    if pid == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            work()
        except BaseException as error:  # noqa: BLE001 - told by the exit code
            print(f"{type(error).__name__}: {error}", flush=True)
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, "see the output"


@pytest.fixture
def open_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that nobody may enter and write to."""
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0o777)
    for place in (tmp_path, *tmp_path.parents):  # and they stay open, as tests beside this one need them, too
        if not place.stat().st_mode & 0o001:
            place.chmod(place.stat().st_mode | 0o001)
    yield folder
    folder.chmod(0o777)


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="another user needs another process")


def cannot_open(path: Path, error: type[DialogueRegistryError], *texts: str, read_only: bool = False) -> None:
    def work() -> None:
        with pytest.raises(error) as info:
            Registry.open(path, read_only=read_only)
        assert info.type is error, info.type
        assert all(words in str(info.value) for words in (path.name, *texts)), str(info.value)

    as_nobody(work)


def can_read(path: Path, position: int) -> None:
    def work() -> None:
        with Registry.open(path, read_only=True) as registry:
            assert registry.verify().position == position
            assert len(registry.meetings()) == 1
            assert registry.at(1).position == 1
            assert registry.db["meetings"].count == 1

    as_nobody(work)


def a_registry(folder: Path) -> Path:
    path = folder / "registry.db"
    with Registry.open(path) as registry:
        registry.record(*SERIES, HELD)
    return path


@needs_fork
def test_a_write_protected_file_can_be_read_but_not_recorded_into(open_folder: Path) -> None:
    path = a_registry(open_folder)
    path.chmod(0o444)
    before = dump(path)
    cannot_open(path, ReadOnlyError, "is write-protected", "open it read-only", "change its permissions")
    can_read(path, 3)
    assert dump(path) == before


@needs_fork
def test_a_file_in_a_write_protected_folder_can_be_read(open_folder: Path) -> None:
    path = a_registry(open_folder)
    path.chmod(0o444)
    open_folder.chmod(0o555)
    can_read(path, 3)
    assert [file.name for file in open_folder.iterdir()] == [path.name]


@needs_fork
def test_a_file_whose_tail_is_in_a_wal_that_cannot_be_opened_is_not_read_without_it(open_folder: Path) -> None:
    path = a_registry(open_folder)
    if (pid := os.fork()) == 0:
        registry = Registry.open(path)
        registry.record(TOPIC)
        os._exit(0)  # without closing, as if it were killed
    os.waitpid(pid, 0)
    Path(f"{path}-shm").unlink()
    path.chmod(0o444)
    open_folder.chmod(0o555)
    cannot_open(path, StorageError, "-wal holds events that are not yet in", "make the folder writable", read_only=True)
    open_folder.chmod(0o777)
    path.chmod(0o666)
    with Registry.open(path) as again:
        assert again.verify().position == 4


@needs_fork
def test_a_file_that_may_not_be_read_is_told_so(open_folder: Path) -> None:
    path = a_registry(open_folder)
    path.chmod(0o000)
    cannot_open(path, ReadOnlyError, "is write-protected")
    cannot_open(path, StorageError, "could not be opened", "its permissions", read_only=True)


@needs_fork
def test_a_folder_that_may_not_be_written_to_gets_no_registry(open_folder: Path) -> None:
    open_folder.chmod(0o555)
    cannot_open(open_folder / "new.db", StorageError, "could not be opened", "permissions")
    open_folder.chmod(0o666)
    cannot_open(open_folder / "new.db", StorageError, "permissions")
    open_folder.chmod(0o777)
    assert not list(open_folder.iterdir())


def test_what_was_recorded_is_what_the_tests_above_start_from(registry: Registry) -> None:
    """So that "nothing was recorded" is said of a registry that does record."""
    recorded: tuple[RecordedEvent, ...] = registry.record(TOPIC, expected=3)
    assert (recorded[0].position, recorded[0].recorded_at.tzinfo) == (4, UTC)
