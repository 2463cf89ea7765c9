"""Modules that are imported when something is first asked of them, as with the lazy imports of PEP 810.

Whoever records a meeting needs no room that answers questions, nor what those rooms need
in turn. Where a module serves a few calls only, the one that calls it says so at its top,
in the place of the import:

    if TYPE_CHECKING:
        from dialogue_registry import history
    else:
        history = Later("dialogue_registry.history", globals())
"""

from importlib import import_module
from typing import Any


class Later:
    """Stands for a module among the names of another one, and gives way to it when something is asked of it."""

    def __init__(self, module: str, names: dict[str, Any]) -> None:
        self._module = module
        self._names = names

    def __getattr__(self, name: str) -> Any:
        module = import_module(self._module)
        self._names[self._module.rpartition(".")[2]] = module
        return getattr(module, name)
