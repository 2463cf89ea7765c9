"""Metadata for Datasette, where it serves a registry file: its tables, and what nobody may ask.

Arbitrary SQL is switched off, since six visitors with an endless query each would stop the
server. The log, who recorded what and what was withdrawn are not shown.
"""

import json
import os
from pathlib import Path

from dialogue_registry.errors import InvalidValueError, StorageError
from dialogue_registry.registry.registry import Registry
from dialogue_registry.registry.replacement import replaced_file

_TABLES = {
    "dialogues": "Dialogues between parties.",
    "parties": "Which party joined which dialogue, and when.",
    "series": "Series of meetings that dialogues hold.",
    "meetings": "Meetings with their present status.",
    "attendance": "Who took part in meetings, names as written.",
    "topics": "What was discussed at meetings.",
    "activities": "Related activities reported at meetings, which are never counted.",
    "outcomes": "What meetings agreed on.",
    "statements": "Counts that sources stated.",
    "cumulative_counts": "How many meetings of each series were held.",
}
_FACETS = {"meetings": ["series", "status", "format"], "attendance": ["party", "role"], "statements": ["series"]}


def datasette_metadata(
    registry: Registry, database: str, *, title: str = "", description: str = "", licence: str = "",
    licence_url: str = "", source: str = "", source_url: str = "",
) -> dict[str, object]:  # fmt: skip
    """Return the metadata for a registry that is served as a database of that name."""
    tables: dict[str, object] = {}
    for name in registry.db.table_names() + registry.db.view_names():
        if name in _TABLES:
            tables[name] = {"description": _TABLES[name], "facets": _FACETS.get(name, [])}
        else:
            tables[name] = {"hidden": True, "allow": False}
    about = {
        "title": title or ", ".join(dialogue.name for dialogue in registry.dialogues()),
        "description": description, "license": licence, "license_url": licence_url, "source": source,
        "source_url": source_url,
    }  # fmt: skip
    return {
        **{name: text for name, text in about.items() if text},
        "allow_sql": False,
        "databases": {database: {"allow_sql": False, "tables": tables}},
    }


def describe_for_datasette(
    origin: str | os.PathLike[str], folder: str | os.PathLike[str], **about: str
) -> tuple[Path, str]:
    """Write ``metadata.json`` for Datasette into a folder; return its path and the command that serves the registry.

    Raises InvalidValueError where the registry is no file, since Datasette serves files only.
    """
    path = Path(origin)
    target = Path(folder) / "metadata.json"
    if target.resolve() == path.resolve():
        raise InvalidValueError(f"{target} is the registry itself: give another folder")
    with Registry.open(path, read_only=True) as registry:
        content = json.dumps(datasette_metadata(registry, path.stem, **about), indent=2, ensure_ascii=False)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replaced_file(target) as file:
            file.write(f"{content}\n".encode())
    except OSError as error:
        raise StorageError(f"{target} cannot be written ({error.strerror}): check the path") from error
    return target, f"datasette serve {path} --metadata {target} --setting allow_download off"
