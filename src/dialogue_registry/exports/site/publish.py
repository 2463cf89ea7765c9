"""Publish a registry as a site that anybody can browse: a folder for Datasette to serve.

::

    from dialogue_registry.exports.site.publish import publish

    publish("ca-jad.db", "site")  # then, with the extra [publish]:  datasette serve site

The folder holds one SQLite file, with the whole log in it – also what was retracted, and who
recorded it – and tables made for readers, and what Datasette is to know of them. Datasette
itself is not needed to write it.
"""

import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
import orjson

from dialogue_registry import charts
from dialogue_registry.errors import InvalidValueError, MissingExtraError, StorageError
from dialogue_registry.exports.site.pages import ASSETS, FIRST_SOURCES, PAGES, PICTURES, SOURCE_COLUMNS, metadata
from dialogue_registry.log import sqlite_file
from dialogue_registry.log.sqlite_log import SQLiteLog, create_log
from dialogue_registry.model.events import Fact
from dialogue_registry.model.names import fold, name_parts
from dialogue_registry.model.standard_kinds import subject_of
from dialogue_registry.queries.counts import FORMATS
from dialogue_registry.queries.reader import Reader
from dialogue_registry.queries.search import INDEX, Searcher
from dialogue_registry.registry.registry import Registry

_SETTINGS = {
    "default_page_size": 50,
    "default_facet_size": 12,
    "max_returned_rows": 5000,
    "sql_time_limit_ms": 5000,
    "facet_time_limit_ms": 1000,
}


def publish(
    path: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    title: str = "",
    description: str = "",
    licence: str = "",
    licence_url: str = "",
    source: str = "",
    source_url: str = "",
    pictures: bool | None = None,
) -> Path:
    """Write a site of the registry file at ``path`` into ``folder``; give the path of its database.

    What was published there before is replaced, at once also for a Datasette that serves
    it; a folder that holds another site is refused. ``title`` is by default the names of the
    dialogues; ``licence`` and ``source`` are shown at the foot of every page. With
    ``pictures``, the front page shows the timeline and the counts (extra ``charts``); by
    default it does where that extra is installed.

    The file may be recorded into meanwhile: the site shows one state of it. Raises
    NotARegistryError, InvalidValueError or another StorageError.
    """
    path, folder = Path(path), Path(folder)
    target = folder / f"{path.stem}.db"
    _check_folder(path, target)
    try:
        (folder / "static").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder} cannot be made ({error.strerror}): check the path and its permissions") from error
    with TemporaryDirectory(prefix=".publishing-", dir=folder) as work, sqlite_file.translated(str(folder)):
        copy = Path(work, "copy.db")
        _copy(path, copy)
        with Registry.open(copy) as registry:
            _index(copy)
            _make(registry, copy, made := Path(work, "site.db"))
            drawn = _draw(registry, folder / "static", wanted=pictures)
            title = title or ", ".join(dialogue.name for dialogue in registry.dialogues())
        _replace(target, made)
    told = {
        "title": title,
        "description": description,
        "license": licence,
        "license_url": licence_url,
        "source": source,
        "source_url": source_url,
    }
    _describe(folder, target.stem, {key: value for key, value in told.items() if value}, drawn)
    return target


def _check_folder(path: Path, target: Path) -> None:
    for there in target.parent.glob("*.db"):
        names = _names(there)
        published = {"reconciliation", "search_index"} <= names and "projections" not in names
        if there.name == target.name and not published:
            raise InvalidValueError(
                f"{target} is there, and is no published site{' but a registry' if 'projections' in names else ''}: "
                f"publish {path} into another folder"
            )
        if there.name != target.name and published:
            raise InvalidValueError(
                f"{target.parent} holds the site of {there.name}: publish {path} into another folder, or delete that"
            )


def _names(file: Path) -> set[str]:
    """The tables and the rest that a database has; none where it is no database."""
    try:
        with closing(sqlite3.connect(sqlite_file.file_uri(file, "ro"), uri=True)) as there:
            return {name for (name,) in there.execute("SELECT name FROM sqlite_schema")}
    except sqlite3.DatabaseError:
        return set()


def _replace(target: Path, made: Path) -> None:
    """Put the new site in the place of the old one: within it, so that who reads it sees one or the other."""
    if not target.exists():
        made.replace(target)
        return
    with closing(sqlite3.connect(made)) as new, closing(sqlite3.connect(target)) as old:
        new.backup(old)


def _copy(path: Path, copy: Path) -> None:
    source, _ = sqlite_file.open_file(path, read_only=True)
    with closing(source), closing(sqlite3.connect(copy)) as target, sqlite_file.translated(str(path)):
        source.backup(target)


def _index(copy: Path) -> None:
    with (
        closing(sqlite_file.connect(sqlite_file.file_uri(copy, "rw"))) as connection,
        sqlite_file.transaction(connection),
    ):
        Searcher(connection, SQLiteLog(connection), Reader(connection, SQLiteLog(connection)), past=False).update()


def _make(registry: Registry, copy: Path, made: Path) -> None:
    with closing(sqlite3.connect(sqlite_file.file_uri(made, "rwc"), uri=True, isolation_level=None)) as site:
        site.create_function("listed", 1, lambda data: "; ".join(orjson.loads(data)) or None, deterministic=True)
        site.create_function("person", 1, _Persons(), deterministic=True)
        site.execute("ATTACH ? AS old", (sqlite_file.file_uri(copy, "ro"),))
        with sqlite_file.transaction(site):
            create_log(site)
            site.execute("INSERT INTO main.sources (id, data) SELECT id, data FROM old.sources")
            site.execute("INSERT INTO main.events SELECT * FROM old.events")
            for name in SOURCE_COLUMNS:
                site.execute(
                    f"ALTER TABLE main.sources ADD COLUMN {name} TEXT AS (json_extract(data, '$.{name}')) VIRTUAL"
                )
            site.execute(FIRST_SOURCES)
            site.execute("CREATE INDEX temp.told_fact ON told (fact)")
            for name, page in PAGES.items():
                site.execute(f"CREATE TABLE main.{name} ({page.columns})")
                if page.fill:
                    site.execute(f"INSERT INTO main.{name} {page.fill}")
            for name, answers in _ANSWERS.items():
                for row in answers(registry, site):
                    site.execute(f"INSERT INTO main.{name} VALUES ({', '.join('?' * len(row))})", row)
            site.execute("CREATE TABLE main.search_texts (fact INTEGER PRIMARY KEY, text TEXT, also TEXT)")
            site.execute("INSERT INTO main.search_texts SELECT event, text, also FROM old.search_texts")
            _index_links(site)
        site.execute("DETACH old")
        for statement in INDEX:
            site.execute(statement)
        site.execute("ANALYZE")
        site.execute("VACUUM")


class _Persons:
    """Names of people, each as it was first written, family name first where capitals tell it."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def __call__(self, name: str) -> str | None:
        person = name_parts(name).sort
        return self._known.setdefault(fold(person), person) or None


def _counts(registry: Registry, _: sqlite3.Connection) -> Iterator[tuple[object, ...]]:
    days = [meeting.date for meeting in registry.meetings(status="held") if meeting.date is not None]
    if not days:
        return
    for year in range(min(day.earliest for day in days).year, max(day.latest for day in days).year + 1):
        numbered = registry.counts(as_of=f"{year:04}-12-31", rule="numbered")
        for series, count in registry.counts(as_of=f"{year:04}-12-31").items():
            if count.total.possible:
                shares = (count.by_format[name].certain for name in FORMATS)
                total = count.total
                yield (
                    series, f"{year:04}-12-31", total.certain, total.possible, *shares, numbered[series].total.certain,
                )  # fmt: skip


def _reconciliation(registry: Registry, site: sqlite3.Connection) -> Iterator[tuple[object, ...]]:
    told = {
        event: source
        for event, *source in site.execute(
            "SELECT t.event, told.source, told.url FROM old.statements t LEFT JOIN told ON told.fact = t.fact"
        )
    }
    for finding in registry.reconcile():
        said = finding.statement
        yield (
            said.series, str(said.as_of), said.count, said.format, str(finding.recorded), finding.verdict,
            finding.difference, ", ".join(finding.rules), finding.own, ", ".join(finding.meetings), said.reported_at,
            said.event, *told[said.event],
        )  # fmt: skip


def _disputes(registry: Registry, site: sqlite3.Connection) -> Iterator[tuple[object, ...]]:
    told = {
        event: source
        for event, *source in site.execute(
            "SELECT t.event, told.source, told.url FROM old.disputes t LEFT JOIN told ON told.fact = t.fact"
        )
    }
    for one in registry.disputes():
        names = [
            field.name
            for field in attrs.fields(type(one.claim))
            if getattr(one.claim, field.name) != getattr(one.standing, field.name, None)
        ]
        subject = subject_of(one.claim)
        yield (
            _worded(one.standing, names), _worded(one.claim, names), one.reason,
            *(
                site.execute(f"SELECT (SELECT {key} FROM main.{table} WHERE {key} = ?)", (subject,)).fetchone()[0]
                for table, key in (("dialogues", "dialogue"), ("series", "series"), ("meetings", "meeting"))
            ),
            one.event, *told[one.event],
        )  # fmt: skip


def _worded(fact: Fact, names: Sequence[str]) -> str:
    """What a fact says in some of its fields."""
    return "; ".join(f"{name.replace('_', ' ')} {getattr(fact, name, None) or 'not stated'}" for name in names)


def _anomalies(registry: Registry, site: sqlite3.Connection) -> Iterator[tuple[object, ...]]:
    for odd in registry.anomalies():
        position = site.execute("SELECT position FROM main.events WHERE id = ?", odd.events[:1]).fetchone()
        yield odd.kind, odd.subject, odd.why, position and position[0]


_ANSWERS: Mapping[str, Callable[[Registry, sqlite3.Connection], Iterator[tuple[object, ...]]]] = {
    "counts": _counts,
    "reconciliation": _reconciliation,
    "disputes": _disputes,
    "anomalies": _anomalies,
}


def _index_links(site: sqlite3.Connection) -> None:
    """Give every foreign key an index, so that a page finds the rows that link to it."""
    for name in PAGES:
        for column in {row[3] for row in site.execute(f"PRAGMA main.foreign_key_list({name})")} - {"event"}:
            site.execute(f"CREATE INDEX main.{name}_{column} ON {name} ({column})")


def _draw(registry: Registry, folder: Path, *, wanted: bool | None) -> Sequence[str]:
    """Draw the pictures in place of the old ones; give their names."""
    for name in PICTURES:
        for suffix in ("svg", "png"):
            (folder / f"{name}.{suffix}").unlink(missing_ok=True)
    if wanted is False:
        return ()
    try:
        return list(dict.fromkeys(path.stem for path in charts.draw(registry, folder, formats=("svg", "png"))))
    except MissingExtraError:
        if wanted:
            raise
        return ()
    except InvalidValueError:  # there is nothing dated to draw
        return ()


def _describe(folder: Path, database: str, told: Mapping[str, str], pictures: Sequence[str]) -> None:
    shown = metadata(database, told, pictures)
    hint = "# Written by publish, which writes it again: give it the title, licence and source to show.\n"
    for name, content in (("metadata", shown), ("datasette", ASSETS)):
        (folder / f"{name}.yaml").write_text(hint + "\n".join(_yaml(content)) + "\n", "utf-8")
    (folder / "settings.json").write_text(json.dumps(_SETTINGS, indent=2) + "\n", "utf-8")
    for name in ("site.css", "site.js"):
        (folder / "static" / name).write_bytes(files("dialogue_registry.exports.site").joinpath(name).read_bytes())


def _yaml(value: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """Write a mapping as YAML: a JSON text is YAML too, but this one can be read and edited."""
    for key, item in value.items():
        if isinstance(item, Mapping):
            yield f"{indent}{_scalar(key)}:"
            yield from _yaml(item, indent + "  ")
        elif isinstance(item, list):
            yield f"{indent}{_scalar(key)}: [{', '.join(map(_scalar, item))}]"
        elif isinstance(item, str) and "\n" in item and item == item.strip() and item.replace("\n", "").isprintable():
            yield f"{indent}{_scalar(key)}: |-"
            yield from (f"{indent}  {line}" for line in item.split("\n"))
        else:
            yield f"{indent}{_scalar(key)}: {_scalar(item)}"


def _scalar(value: object) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    if re.fullmatch(r"[a-z_]+", value) and value not in {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}:
        return value
    told = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in told) + '"'
