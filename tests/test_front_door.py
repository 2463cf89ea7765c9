"""The front door has every name it promises, and a program imports no more than it uses."""

import ast
import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import dialogue_registry
from benchmarks.suites import FIRST_MEETING
from dialogue_registry import Registry

PACKAGE = Path(str(dialogue_registry.__file__)).parent
OURS_AND_THEIRS = ("dialogue_registry", "attr", "cattrs", "orjson", "sqlite3")


def told(room: str) -> dict[str, str]:
    """What a room imports for type checkers alone: its names there, and what they stand for."""
    found: dict[str, str] = {}
    for block in ast.parse((PACKAGE / f"{room}.py").read_text("utf-8")).body:
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING":
            for node in block.body:
                match node:
                    case ast.ImportFrom(module=module, names=names):
                        found |= {alias.name: f"{module}.{alias.name}" for alias in names}
                    case ast.Import(names=names):
                        found |= {alias.name: alias.name for alias in names}
    return found


def later(room: str) -> dict[str, str]:
    """What a room imports when something is asked of it."""
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse((PACKAGE / f"{room}.py").read_text("utf-8"))):
        match node:
            case ast.Assign([ast.Name(name)], ast.Call(ast.Name("Later"), [ast.Constant(str(module)), _])):
                found[name] = module
    return found


def loaded(code: str) -> set[str]:
    """What a fresh interpreter imports to run some code."""
    script = f"import sys\nbefore = set(sys.modules)\n{code}\nprint(*sys.modules.keys() - before)"
    return set(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    )


# --- the names ------------------------------------------------------------------------


def test_the_names_are_promised_to_all_alike() -> None:
    table = {name: f"dialogue_registry.{room}.{name}" for name, room in dialogue_registry._ROOM_OF.items()}
    assert table == told("__init__")
    assert sorted(table) == sorted(dialogue_registry.__all__)


@pytest.mark.parametrize("name", dialogue_registry.__all__)
def test_a_name_is_what_its_room_has_and_is_kept(name: str) -> None:
    room = import_module(f"dialogue_registry.{dialogue_registry._ROOM_OF[name]}")
    assert getattr(dialogue_registry, name) is getattr(room, name)
    assert vars(dialogue_registry)[name] is getattr(room, name)


def test_a_star_brings_them_all() -> None:
    found: dict[str, Any] = {}
    exec("from dialogue_registry import *", found)
    assert found.keys() - {"__builtins__"} == set(dialogue_registry.__all__)


def test_dir_lists_each_of_them_once() -> None:
    look = "import dialogue_registry as d; assert set(d.__all__) <= set(dir(d)); assert len(dir(d)) == len(set(dir(d)))"
    loaded(look)
    loaded(f"from dialogue_registry import Registry; {look}")


def test_a_name_that_is_not_there_is_refused_as_by_any_module() -> None:
    with pytest.raises(AttributeError, match="^module 'dialogue_registry' has no attribute 'MeetingHold'$"):
        dialogue_registry.MeetingHold  # type: ignore[attr-defined]  # noqa: B018 - asked for, to be refused
    with pytest.raises(ImportError, match="cannot import name 'MeetingHold' from 'dialogue_registry'"):
        from dialogue_registry import MeetingHold  # type: ignore[attr-defined]  # noqa: F401 - to be refused


def test_a_room_without_a_name_at_the_door_is_imported_as_ever() -> None:
    from dialogue_registry import sqlite

    assert sqlite is sys.modules["dialogue_registry.sqlite"]


# --- what is imported when ------------------------------------------------------------


def test_the_door_alone_imports_no_room() -> None:
    found = {name for name in loaded("import dialogue_registry") if name.startswith(OURS_AND_THEIRS)}
    assert found == {"dialogue_registry"}


def test_an_event_needs_neither_registry_nor_database() -> None:
    assert not loaded("from dialogue_registry import MeetingHeld") & {"dialogue_registry.registry", "cattrs", "sqlite3"}


def test_whoever_records_imports_nothing_that_only_answers() -> None:
    found = loaded(FIRST_MEETING)
    assert "dialogue_registry.recording" in found
    assert not found & set(later("registry").values())


@pytest.mark.parametrize("room", sorted(path.stem for path in PACKAGE.glob("*.py") if later(path.stem)))
def test_what_is_imported_later_is_what_type_checkers_are_told(room: str) -> None:
    assert later(room).items() <= told(room).items()


def test_what_stood_for_a_module_gives_way_to_it() -> None:
    begin = "from dialogue_registry import Registry, counting, registry; assert registry.counting is not counting"
    loaded(f"{begin}; Registry.open().counts(); assert registry.counting is counting")


def test_annotations_can_be_read_all_the_same() -> None:
    for name, member in inspect.getmembers(Registry):
        function = member.fget if isinstance(member, property) else member
        if inspect.isroutine(function) and not name.startswith("_"):
            assert get_type_hints(function)["return"]
