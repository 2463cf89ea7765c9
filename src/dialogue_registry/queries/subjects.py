"""The ids of dialogues, series and meetings: whether one is recorded, what may have been meant, what lies within."""

import sqlite3
from collections.abc import Callable, Container
from difflib import get_close_matches

from dialogue_registry.errors import UnknownSubjectError
from dialogue_registry.model.shown import shown

_TABLES = {"dialogue": "dialogues", "series": "series", "meeting": "meetings"}
_FIND = {kind: f"SELECT 1 FROM {table} WHERE {kind} = ?" for kind, table in _TABLES.items()}
_MANY = 20_000
"""At most so many ids are compared with one that is not recorded."""
_SERIES = "SELECT series FROM series WHERE dialogue = ?"
_MEETINGS = """
SELECT meeting FROM meetings WHERE series IN ({series})
UNION SELECT meeting FROM shared_meetings WHERE series IN ({series})
"""


def check_known(connection: sqlite3.Connection, **ids: str | None) -> None:
    """Raise UnknownSubjectError where an id, passed by the kind it should be of, is not recorded; None is let be."""
    for kind, id_ in ids.items():
        if id_ is not None and not is_known(connection, kind, id_):
            raise unknown(connection, id_, kind)


def check_named(connection: sqlite3.Connection, subject: str | None) -> None:
    """Raise UnknownSubjectError where nothing at all was recorded about an id; None is let be."""
    find = "SELECT 1 FROM events WHERE subject = ? LIMIT 1"
    if subject is not None and connection.execute(find, (subject,)).fetchone() is None:
        near = _near(connection, subject, _TABLES)
        raise UnknownSubjectError(f"nothing was recorded about {shown(subject)}: {_advice(near)}", id=subject)


def within(
    connection: sqlite3.Connection,
    *,
    dialogue: str | None = None,
    series: str | None = None,
    meeting: str | None = None,
) -> Callable[[str], bool]:
    """Return whether an id lies within all that are given; raises UnknownSubjectError where one is not recorded.

    A dialogue has its series and their meetings in it, a series its meetings, also those it shares.
    """
    check_known(connection, dialogue=dialogue, series=series, meeting=meeting)
    wanted: list[set[str]] = []
    if dialogue is not None:
        wanted.append({dialogue, *_ids(connection, _SERIES, dialogue)})
        wanted[-1].update(_ids(connection, _MEETINGS.format(series=_SERIES), dialogue))
    if series is not None:
        wanted.append({series, *_ids(connection, _MEETINGS.format(series="?"), series)})
    if meeting is not None:
        wanted.append({meeting})
    return lambda id_: all(id_ in ids for ids in wanted)


def _ids(connection: sqlite3.Connection, query: str, id_: str) -> set[str]:
    return {row[0] for row in connection.execute(query, (id_,) * query.count("?"))}


def is_known(connection: sqlite3.Connection, kind: str, id_: str) -> bool:
    """Return whether an id is that of a dialogue, a series or a meeting."""
    return isinstance(id_, str) and connection.execute(_FIND[kind], (id_,)).fetchone() is not None


def unknown(connection: sqlite3.Connection, id_: str, *kinds: str) -> UnknownSubjectError:
    """Return the error about an id that is of none of these kinds: with what it is, or what may have been meant."""
    wanted, kind = " or ".join(kinds), kinds[0] if len(kinds) == 1 else ""
    for other in _TABLES:
        if is_known(connection, other, id_):
            return UnknownSubjectError(
                f"{shown(id_)} is a {other}, where a {wanted} was wanted: give the id of a {wanted}", kind=kind, id=id_
            )
    return UnknownSubjectError(
        f"there is no {wanted} {shown(id_)}: {_advice(_near(connection, id_, kinds))}", kind=kind, id=id_
    )


def _near(connection: sqlite3.Connection, id_: str, kinds: Container[str]) -> list[str]:
    """Return the recorded ids that are written nearly like one that is not."""
    if not isinstance(id_, str):
        return []
    known = [
        row[0]
        for kind, table in _TABLES.items()
        if kind in kinds
        for row in connection.execute(
            f"SELECT {kind} FROM {table} WHERE abs(length({kind}) - ?) < 4 LIMIT {_MANY}", (len(id_),)
        )
    ]
    return get_close_matches(id_.lower(), known, n=3, cutoff=0.75)


def _advice(near: list[str]) -> str:
    return f"did you mean {' or '.join(map(repr, near))}?" if near else "check its id"
