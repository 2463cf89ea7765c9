"""The landlord: a room of the library imports only rooms on floors below its own."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "dialogue_registry"

#: Bottom to top. Rooms of one floor do not know of each other.
FLOORS = (
    {"errors", "later"},
    {"dates", "names", "site"},
    {"events", "parties", "drawing"},
    {"codec", "chain"},
    {"rules", "making", "layout"},
    {"log", "answers", "mapping", "projections"},
    {"sqlite", "postgres", "counting", "cloudevents", "rows", "reading", "arguments"},
    {"facts", "reconciling"},
    {"views", "panels"},
    {"standard", "recording", "questions"},
    {"checking", "history", "anomalies", "searching", "adopting"},
    {"exchange", "sharing"},
    {"registry"},
    {"importing", "tables", "calendars", "jsonld", "popolo", "printing", "charts", "moving", "inventing"},
    {"exporting", "publishing", "histories"},
    {"shell", "laws"},
    {"cli_ask", "cli_record", "cli_share", "cli_show"},
    {"testing", "cli"},
    {"__init__"},
    {"__main__"},
)

#: No clock, no file, no chance and no diary: what they answer depends on what they are given, and on nothing else.
PURE = {
    "errors",
    "dates",
    "names",
    "events",
    "codec",
    "rules",
    "chain",
    "answers",
    "counting",
    "reconciling",
    "projections",
}
IMPURE_MODULES = {"logging", "os", "pathlib", "random", "secrets", "sqlite3", "sqlite_utils", "time", "uuid"}

LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
ROOMS = sorted(path.stem for path in PACKAGE.glob("*.py"))


def imported_modules(tree: ast.AST, rooms: set[str]) -> set[str]:
    """The dotted names that a module of the package imports, wherever in it; relative ones made absolute."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = f"dialogue_registry.{base}".rstrip(".")
            if (
                base == "dialogue_registry"
            ):  # "from dialogue_registry import events" is a room, "import Registry" the door
                found |= {f"{base}.{a.name}" if a.name in rooms else f"{base}.__init__" for a in node.names}
            else:
                found.add(base)
    return found


def rooms_of(modules: set[str]) -> set[str]:
    """The rooms among those modules."""
    ours = (name.split(".") for name in modules if name.split(".")[0] == "dialogue_registry")
    return {parts[1] if len(parts) > 1 else "__init__" for parts in ours}


def imports_of(room: str) -> set[str]:
    path = PACKAGE / f"{room}.py"
    return imported_modules(ast.parse(path.read_text("utf-8"), str(path)), set(LEVEL))


def trespasses(room: str, modules: set[str]) -> list[str]:
    """What that room imports though it does not lie below it."""
    return sorted(other for other in rooms_of(modules) if LEVEL.get(other, len(FLOORS)) >= LEVEL[room])


def test_every_room_has_a_floor() -> None:
    homeless = [room for room in ROOMS if room not in LEVEL]
    assert not homeless, (
        f"give {homeless} a floor in FLOORS of {Path(__file__).name}: the lowest that lies above what they import"
    )
    folders = [path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert not folders, f"the library is one flat package: make modules of {folders}, or teach the landlord about them"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_looks_down(room: str) -> None:
    if room not in LEVEL:
        pytest.fail(f"{room}.py stands on no floor: add it to FLOORS")
    wrong = trespasses(room, imports_of(room))
    assert not wrong, (
        f"{room}.py imports {wrong}, which do not lie below it: move what is shared down, or the caller up"
    )


@pytest.mark.parametrize("room", sorted(PURE & set(ROOMS)))
def test_a_pure_room_has_no_clock_no_file_no_chance_and_no_diary(room: str) -> None:
    wrong = {name.split(".")[0] for name in imports_of(room)} & IMPURE_MODULES
    assert not wrong, f"{room}.py is pure but imports {sorted(wrong)}: have the caller pass in what it needs"


@pytest.mark.parametrize(
    ("room", "line", "wrong"),
    [
        ("rules", "import dialogue_registry.registry", ["registry"]),
        ("codec", "from dialogue_registry.chain import link", ["chain"]),
        ("codec", "from dialogue_registry import chain", ["chain"]),
        ("codec", "from . import chain", ["chain"]),
        ("rules", "from .registry import Registry", ["registry"]),
        ("rules", "from dialogue_registry import Registry", ["__init__"]),
        ("rules", "def later():\n    import dialogue_registry", ["__init__"]),
        ("rules", "from dialogue_registry.attic import Trunk", ["attic"]),
        ("rules", "from dialogue_registry.events import Event\nimport orjson", []),
        ("__main__", "from dialogue_registry import Registry", []),
    ],
)
def test_the_landlord_sees_who_looks_up_or_sideways(room: str, line: str, wrong: list[str]) -> None:
    assert trespasses(room, imported_modules(ast.parse(line), set(LEVEL))) == wrong
