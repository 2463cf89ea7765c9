"""The front door has every name it promises."""

import inspect
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from typing import Any, get_type_hints

import pytest

import dialogue_registry
from dialogue_registry import Registry


@pytest.mark.parametrize("name", dialogue_registry.__all__)
def test_a_promised_name_is_there(name: str) -> None:
    value = getattr(dialogue_registry, name)
    if name in ("Event", "Fact"):  # what a class is called that is one of several
        assert value == getattr(import_module("dialogue_registry.model.events"), name)
        return
    module = getattr(value, "__module__", "dialogue_registry")
    assert module.startswith("dialogue_registry")
    if inspect.isclass(value) or inspect.isfunction(value):
        assert getattr(import_module(module), name) is value


def test_names_are_promised_once() -> None:
    assert len(dialogue_registry.__all__) == len(set(dialogue_registry.__all__))


def test_a_star_brings_them_all() -> None:
    found: dict[str, Any] = {}
    exec("from dialogue_registry import *", found)
    assert found.keys() - {"__builtins__"} == set(dialogue_registry.__all__)


def test_they_are_listed_before_they_are_used() -> None:
    assert set(dialogue_registry.__all__) <= set(dir(dialogue_registry))


def test_what_reads_tables_and_writes_documents_is_imported_when_it_is_asked_for() -> None:
    statements = (
        "import sys, dialogue_registry as d; d.Registry.open().counts()\n"
        "def there(): return [p for p in ('charts', 'exports', 'imports') if f'dialogue_registry.{p}' in sys.modules]\n"
        "print(there()); d.import_table; print(there()); d.publish; print(there())"
    )
    ran = subprocess.run([sys.executable, "-c", statements], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == ["[]", "['imports']", "['charts', 'exports', 'imports']"]


def test_a_name_that_is_not_there_is_refused_as_by_any_module() -> None:
    with pytest.raises(AttributeError, match="^module 'dialogue_registry' has no attribute 'MeetingHold'"):
        dialogue_registry.MeetingHold  # type: ignore[attr-defined]  # noqa: B018 - asked for, to be refused


def test_the_version_is_that_of_the_installed_package() -> None:
    assert dialogue_registry.__version__ == version("dialogue-registry")


def test_annotations_can_be_read_at_run_time() -> None:
    for name, member in inspect.getmembers(Registry):
        function = member.fget if isinstance(member, property) else member
        if inspect.isroutine(function) and not name.startswith("_") and name != "db":
            assert get_type_hints(function)["return"]
