"""JSON, JSON Lines and TOML: objects as rows, also of lists within lists.

A row sees its own keys first, then those of what encloses it. An enclosing object can also
be named by the key of its list: in ``rows = "countries.visits"``, ``{countries.name}`` is
the name of the country.
"""

from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

import orjson

from dialogue_registry.errors import InvalidValueError, MappingError
from dialogue_registry.imports.parsing import toml_of
from dialogue_registry.imports.rows import Row, Rows

_MARK = b"\xef\xbb\xbf"


def read_json(file: IO[bytes], name: str, rows: str) -> Rows:
    """Yield the rows of a JSON file: of its one list, or of the list that the path ``rows`` leads to."""
    yield from _items(orjson.loads(file.read().removeprefix(_MARK)), name, rows)


def read_toml(file: IO[bytes], name: str, rows: str) -> Rows:
    """Yield the rows of a TOML file."""
    yield from _items(toml_of(file.read().decode("utf-8-sig")), name, rows)


def read_json_lines(file: IO[bytes], _: str, rows: str) -> Rows:
    """Yield the rows of JSON Lines: an object a line, or each item of its list ``rows``."""
    for number, line in enumerate(file, 1):
        written = line.removeprefix(_MARK) if number == 1 else line
        if not written.strip():
            continue
        try:
            item = orjson.loads(written)
        except orjson.JSONDecodeError as error:
            yield Row(number, error=InvalidValueError(f"it is no JSON ({error.msg}, at character {error.pos + 1})"))
            continue
        if not rows or not isinstance(item, Mapping):
            yield _row(number, item, ())
        else:
            for place, (part, inner, around) in enumerate(_within(item, rows.split("."), (), ""), 1):
                row = _row(number, inner, around)
                row.part = part or f"item {place}"
                yield row


def _items(content: object, name: str, rows: str) -> Rows:
    if isinstance(content, Mapping) and not rows:
        lists = [key for key, value in content.items() if isinstance(value, list)]
        if len(lists) != 1:
            has = f"it has {', '.join(map(repr, lists))}" if lists else "it has none"
            raise MappingError(
                f"{name} holds no list of rows where one was looked for: name its key in the mapping, [file] rows = …; "
                f"{has}"
            )
        rows = lists[0]
    if isinstance(content, list) and not rows:
        yield from (_row(number, item, ()) for number, item in enumerate(content, 1))
        return
    if isinstance(content, Mapping) and rows in content and isinstance(content[rows], list):
        yield from (_row(number, item, (content,)) for number, item in enumerate(content[rows], 1))
        return
    found = False
    number = 0
    for part, item, around in _within(content, rows.split("."), (), ""):
        found, number = True, number + 1
        row = _row(number, item, around)
        row.part = part
        yield row
    if not found and not _leads_to_a_list(content, rows.split(".")):
        raise MappingError(
            f"{name} holds no list of rows at {rows!r}, where one was looked for: correct [file] rows in the mapping"
        )


def _within(
    content: Any, path: Sequence[str], around: Sequence[Mapping[str, Any]], part: str
) -> Iterator[tuple[str, Any, Sequence[Mapping[str, Any]]]]:
    """Yield each item at the end of a path: where it is, the item, and what encloses it, the nearest first."""
    if isinstance(content, list):
        if not path:
            yield from ((f"{part}{number}", item, around) for number, item in enumerate(content, 1))
            return
        for number, item in enumerate(content, 1):
            yield from _within(item, path, around, f"{part}{number}, ")
        return
    if isinstance(content, Mapping) and path:
        key, *rest = path
        named = {key: content[key]} if key in content else {}
        for place, item in enumerate(_several(named.get(key)), 1):
            outer = (content, *around)
            if rest:
                own = ({key: item},) if isinstance(item, Mapping) else ()
                yield from _within(item, rest, (*own, *outer), f"{part}{key} {place}, ")
            else:
                inner = item if isinstance(item, Mapping) else {key: item}
                yield f"{part}{key} {place}", inner, outer


def _several(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else () if value is None else (value,)


def _leads_to_a_list(content: Any, path: Sequence[str]) -> bool:
    """Return whether a path is there at all, though perhaps with nothing at its end."""
    if isinstance(content, list):
        return not content or any(_leads_to_a_list(item, path) for item in content)
    if not path:
        return True
    return isinstance(content, Mapping) and path[0] in content and _leads_to_a_list(content[path[0]], path[1:])


def _row(number: int, item: Any, around: Sequence[Mapping[str, Any]]) -> Row:
    if not isinstance(item, Mapping):
        return Row(number, error=InvalidValueError("it is no object with named values"))
    return Row(number, ChainMap(item, *around) if around else item)  # type: ignore[arg-type] # it is only read
