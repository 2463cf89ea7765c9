"""The source and the name of whom records, given one time for all that a block records."""

from collections.abc import Mapping
from contextvars import ContextVar
from types import TracebackType

import attrs

from dialogue_registry.model.events import Source


@attrs.frozen
class Defaults:
    """Defaults of calls that give no source, or do not name who records."""

    source: Source | None = None
    by: str = ""


_of_context: ContextVar[Mapping[object, Defaults]] = ContextVar("dialogue_registry defaults", default={})  # noqa: B039 - it is never changed in place
"""The defaults of each registry, by the object that stands for it."""


def defaults_of(registry: object) -> Defaults:
    """Return the defaults that hold for a registry in this context."""
    return _of_context.get().get(registry, _NONE)


_NONE = Defaults()


class Recording:
    """The context manager of ``Registry.recording()``: within another one, it replaces what it gives."""

    def __init__(self, registry: object, defaults: Defaults) -> None:
        self._registry = registry
        self._defaults = defaults
        self._before: Mapping[object, Defaults] = {}
        self._within: Mapping[object, Defaults] = {}

    def __enter__(self) -> None:
        self._before = _of_context.get()
        outer = defaults_of(self._registry)
        inner = Defaults(self._defaults.source or outer.source, self._defaults.by or outer.by)
        self._within = {**self._before, self._registry: inner}
        _of_context.set(self._within)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if (
            _of_context.get() is self._within
        ):  # a framework may leave the block in another context than it entered it in
            _of_context.set(self._before)
