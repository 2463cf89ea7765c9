"""Opening a registry: a file, memory, a log shared on a server, or the past of any of them."""

import logging
import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dialogue_registry.errors import InvalidValueError, MissingExtraError, ReadOnlyError
from dialogue_registry.log import sqlite_file
from dialogue_registry.log.codec import Codec, codec_of
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.log.sqlite_scopes import WriteTransaction
from dialogue_registry.model.addresses import is_address
from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.model.kinds import Kind
from dialogue_registry.model.shown import shown
from dialogue_registry.model.tables import Projection
from dialogue_registry.projections.engine import check_apart, projections_of
from dialogue_registry.projections.standard import STANDARD
from dialogue_registry.registry.argument_checks import check_instant
from dialogue_registry.registry.definitions import drop, redefined
from dialogue_registry.registry.replica import followed_log
from dialogue_registry.registry.session import Progress, Session, is_empty

if TYPE_CHECKING:
    from dialogue_registry.log.postgres import PostgresLog

_log = logging.getLogger("dialogue_registry")

FilePath = str | os.PathLike[str]


def open_session(
    path: FilePath | None = None,
    projections: Iterable[Projection] = (),
    kinds: Iterable[Kind] = (),
    *,
    read_only: bool = False,
    views: FilePath | None = None,
    progress: Progress | None = None,
) -> Session:
    """Open a registry, with all views up to its log; see ``Registry.open()``."""
    if isinstance(projections, Projection):
        raise InvalidValueError("projections= takes a list: give projections=[mine]")
    if isinstance(kinds, Kind):
        raise InvalidValueError("kinds= takes a list: give kinds=[mine]")
    codec = codec_of(tuple(kinds))
    kept = (STANDARD, *projections_of(codec.kinds.added), *projections)
    check_apart(kept)
    with ExitStack() as undo:
        shared = _shared_log(path, views)
        if shared is not None:
            undo.callback(shared.close)
            shared.check()
            path = views
        if path is None or str(path) == ":memory:":
            if read_only and shared is None:
                raise ReadOnlyError("a registry in memory begins empty, so there is nothing to read: give a path")
            uri, name = sqlite_file.memory_uri(), f"the registry {sqlite_file.IN_MEMORY}"
            connection = sqlite_file.connect(uri)
        else:
            name = str(Path(path))
            connection, uri = sqlite_file.open_file(Path(path), read_only=read_only and shared is None)
        undo.callback(connection.close)
        if shared is not None:
            name = f"{shared.name}, views {sqlite_file.IN_MEMORY if path is None else f'in {path}'}"
        with sqlite_file.translated(name, connection):
            session = Session(
                connection,
                uri,
                name,
                kept,
                codec,
                read_only=read_only and shared is None,
                why_read_only=f"{name} was opened with read_only=True: open it without to record" if read_only else "",
                shared=shared,
            )
            prepare(session, progress)
        undo.pop_all()
    position = session.position
    _log.info("opened %s at position %d", name, position, extra={"registry": name, "position": position})
    return session


def open_again(session: Session, projections: Iterable[Projection], codec: Codec | None = None) -> Session:
    """Open the database of a session once more, with other projections, or with a codec of other kinds."""
    codec = codec or session.log.codec
    kept = (STANDARD, *projections_of(codec.kinds.added), *projections)
    again = Session(sqlite_file.connect(session.uri), session.uri, session.name, kept, codec)
    prepare(again)
    return again


def open_at(session: Session, position: int | None = None, instant: datetime | str | None = None) -> Session:
    """Open a registry as known at a position or an instant; see ``Snapshot.at()``."""
    if (position is None) == (instant is None):
        raise InvalidValueError("at() takes a position or an instant, one of the two: at(position=12)")
    with session.turn():
        return _open_at(session, position, None if instant is None else check_instant(instant))


def _open_at(session: Session, position: int | None, instant: str | None) -> Session:
    session.require_committed("at()")
    with session.reading():
        end = session.log.head().position
        if instant is not None:
            position = _position_at(session.log, instant, end)
    if not isinstance(position, int) or isinstance(position, bool) or not 0 <= position <= end:
        raise InvalidValueError(f"position {shown(position)} is not in the log: give a whole number from 0 to {end}")
    with sqlite_file.translated(session.name), ExitStack() as undo:
        session.bring_projections_up()
        connection = session.connect_to_read()
        undo.callback(connection.close)
        past = Session(
            connection, session.uri, session.name, session.projections, session.log.codec, read_only=True,
            why_read_only=f"this is {session.name} as known at position {position}, and the past stays: "
            "write to the present one",
            known_at=position,
        )  # fmt: skip
        past.views.as_known(position)
        connection.execute("PRAGMA query_only = ON")
        undo.pop_all()
    return past


def _position_at(log: SQLiteLog, instant: str, end: int) -> int:
    """Return the last position that was recorded by an instant."""
    low, high = 0, end
    while low < high:
        middle = (low + high + 1) // 2
        if log.at(middle).recorded_at <= instant:
            low = middle
        else:
            high = middle - 1
    return low


def prepare(session: Session, progress: Progress | None = None) -> None:
    """Bring the views of a session that was just opened up to its log; raises OutdatedViewsError."""
    connection = session.connection
    empty = is_empty(connection)
    changed = [] if empty else redefined(connection, session.log, session.projections)
    outdated = [] if empty else session.views.outdated()
    if changed and not session.read_only:
        with WriteTransaction(connection):
            drop(connection, changed)
            session.make_again(session.projections, progress)
            session.searcher.forget()
    if session.replica is not None:
        # Its events can be had again from the server, so they need not survive the death of the machine.
        connection.execute("PRAGMA synchronous = NORMAL")
        with WriteTransaction(connection):
            session.make_ready(progress)
        session.catch_up(progress)
        return
    if not empty and (followed := followed_log(connection)):
        session.why_read_only = f"{session.name} follows the log on {followed}: open that one to record"
    if session.read_only:
        if outdated := list(session.projections if changed else outdated or session.views.lagging()):
            raise session.outdated(outdated)
        connection.execute("PRAGMA query_only = ON")
    elif empty or outdated or len(session.projections) > 1:
        with WriteTransaction(connection):
            session.make_ready(progress)


def _shared_log(path: FilePath | None, views: FilePath | None) -> "PostgresLog | None":
    """Return the log that a path addresses on a server, None where it is a file."""
    if not is_address(path):
        if views is not None:
            raise InvalidValueError(
                "views= is the local file of a log shared on a server: give a postgresql:// path too"
            )
        return None
    if is_address(views):
        raise InvalidValueError("views= is a local file, no server: give the path of a file")
    return server_log(str(path))


@arguments_checked
def create_log(address: str, *, writers: Sequence[str] = (), readers: Sequence[str] = ()) -> bool:
    """Create the tables of a log on a server where they are missing, and let roles append, or only read.

    ``address`` begins with ``postgresql://``, and is that of the owner of the database; the
    roles must exist. Run again, it only grants. Returns whether the tables were created.
    """
    if not is_address(address):
        raise InvalidValueError(f"{shown(address)} is no address of a server: give postgresql://…")
    with closing(server_log(address)) as log:
        return log.create(writers, readers)


def server_log(address: str) -> "PostgresLog":
    """Return the log on a server; raises MissingExtraError without the extra ``postgres``."""
    try:
        from dialogue_registry.log.postgres import PostgresLog  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError(
            f"a log on a server needs psycopg ({error}): pip install 'dialogue-registry[postgres]', "
            "or psycopg[binary] where there is no libpq"
        ) from error
    return PostgresLog(address)
