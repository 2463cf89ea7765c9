"""The kinds of facts that installed packages offer, so that programs which nobody writes for them find them too.

A package names its kinds in the group ``dialogue_registry.kinds`` of its entry points::

    [project.entry-points."dialogue_registry.kinds"]
    votes = "votes_of_assemblies:KINDS"
"""

from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.model.kinds import Kind
from dialogue_registry.model.shown import shown
from dialogue_registry.model.standard_kinds import kinds_with

GROUP = "dialogue_registry.kinds"
"""The group of entry points; each names a Kind, or a tuple or list of them."""


def installed_kinds() -> tuple[Kind, ...]:
    """Return the kinds of all installed packages, for ``Registry.open(path, kinds=installed_kinds())``.

    The command line opens every registry with them. Raises InvalidValueError, which names the
    package, where its kinds cannot be loaded, and where the kinds do not fit together.
    """
    points = sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value))
    kinds = {id(kind): kind for point in points for kind in _kinds_of(point)}
    found = tuple(kinds.values())
    kinds_with(found)
    return found


def _kinds_of(point: EntryPoint) -> Iterator[Kind]:
    package = f" of the package {point.dist.name}" if point.dist is not None else ""
    what = f"the kinds {point.value!r}{package}"
    try:
        value = point.load()
    except Exception as error:  # a package may fail in any way when it is imported
        raise InvalidValueError(
            f"{what} cannot be loaded ({type(error).__name__}: {error}): mend the package, or uninstall it"
        ) from error
    kinds = value if isinstance(value, tuple | list) else (value,)
    for kind in kinds:
        if not isinstance(kind, Kind):
            raise InvalidValueError(f"{what} hold {shown(kind)}, which is no kind: give Kind(cls=…, word=…, about=…)")
    yield from kinds
