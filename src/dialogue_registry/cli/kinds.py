"""The kinds of facts that the command line knows: the library's own, and those of installed packages."""

from functools import cache
from typing import Any

from dialogue_registry.errors import InvalidValueError, OutdatedViewsError, StorageError
from dialogue_registry.model.kinds import Kind, Kinds
from dialogue_registry.model.standard_kinds import STANDARD_KINDS, kinds_with
from dialogue_registry.registry.installed_kinds import installed_kinds
from dialogue_registry.registry.registry import Registry


@cache
def added_kinds() -> tuple[Kind, ...]:
    """Return the kinds of installed packages; raises InvalidValueError."""
    return installed_kinds()


def all_kinds() -> Kinds:
    """Return all kinds; only the library's own where a package cannot be loaded, which opening a registry reports."""
    try:
        return kinds_with(added_kinds())
    except InvalidValueError:
        return STANDARD_KINDS


def open_registry(file: str | None, **options: Any) -> Registry:
    """Open a registry with all kinds."""
    return Registry.open(file, kinds=added_kinds(), **options)


def open_to_ask(file: str) -> Registry:
    """Open a registry to be asked; its views are made where they are missing, as far as the file allows it."""
    try:
        return open_registry(file, read_only=True)
    except OutdatedViewsError:
        try:
            return open_registry(file)
        except StorageError:
            if not added_kinds():
                raise
    return Registry.open(file, read_only=True)  # without the rows of added kinds, which cannot be made
