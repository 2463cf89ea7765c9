"""Publish a registry as a site: a folder of plain pages that opens from a disk, a stick or any web server.

::

    from dialogue_registry import publish

    publish("ca-jad.db", "site")  # needs the extra [site]; then open site/index.html
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from dialogue_registry.charts.language import Language
from dialogue_registry.charts.language import language as words_of
from dialogue_registry.errors import InvalidValueError, MissingExtraError, OutdatedViewsError, StorageError
from dialogue_registry.model.addresses import check_path
from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.model.shown import shown
from dialogue_registry.registry.registry import Registry, Snapshot
from dialogue_registry.registry.replacement import replaced_folder

_MOST_NAMES = 3
"""A site of more dialogues than these is not called by their names."""
MARK = "site.json"
"""The file by which an earlier site is known."""
_MADE_BY = b'"made_by":"dialogue-registry"'
_OWN = frozenset(
    {
        MARK, "index.html", "index.json", "search.html", "search.json", "news.atom", "calendar.ics", "assets",
        "pictures", "download", "dialogues", "series", "meetings", "people", "parties", "statements", "disputes",
        "anomalies", "sources",
    }
)  # fmt: skip


@arguments_checked
def publish(
    origin: str | os.PathLike[str] | Snapshot,
    folder: str | os.PathLike[str],
    *,
    title: str = "",
    description: str = "",
    licence: str = "",
    licence_url: str = "",
    source: str = "",
    source_url: str = "",
    language: str = "en",
    base_url: str = "",
    theme: str | os.PathLike[str] | None = None,
    pictures: bool = True,
    log: bool = False,
    database: bool = False,
) -> Path:
    """Write a site of a registry – a path, an address or an open one – into ``folder``; return its front page.

    An earlier site there is replaced, in one step and only when the new one is whole; a folder
    that holds anything else is refused. The registry may be recorded into meanwhile: the site
    shows one state of it, and the same state makes the same bytes.

    ``title`` is by default the names of the dialogues, or their number if there are more than
    three. ``licence`` and ``source`` stand at the foot of every page. The words are in
    ``language``. ``base_url`` is where the site will be read, for feeds and search engines.
    ``theme`` is a file of CSS that sets the variables of the style sheet.

    What was withdrawn, and who recorded what, is left out, unless ``log`` or ``database`` adds the
    log or the registry itself to what can be downloaded.

    Needs the extra ``site``. Raises InvalidValueError, NotARegistryError or another StorageError.
    """
    try:
        import icalendar  # noqa: F401, PLC0415 - an extra
        import jinja2  # noqa: F401, PLC0415 - an extra
        import xlsxwriter  # noqa: F401, PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError(f"a site needs {error.name}: pip install 'dialogue-registry[site]'") from None
    from dialogue_registry.exports.site.assembly import assemble  # noqa: PLC0415 - needs the extra
    from dialogue_registry.exports.site.contents import About  # noqa: PLC0415 - needs the extra

    for path in (folder, theme):
        if path is not None:
            check_path(path)
    base_url = base_url.rstrip("/")
    if base_url and not base_url.startswith(("http://", "https://")):
        raise InvalidValueError(
            f"base_url is {shown(base_url)}: give the address where the site will be read, https://…"
        )
    style = None if theme is None else _style(theme)
    say = words_of(language)
    target = Path(folder)
    with _opened(origin) as registry, _replaced(target) as (new, work):
        about = About(
            title=title or _title(registry, say), description=description, licence=licence,
            licence_url=licence_url, source=source, source_url=source_url, base_url=base_url,
        )  # fmt: skip
        assemble(
            registry, new, work, language=say, about=about, theme=style, pictures=pictures, log=log, database=database
        )
    return target / "index.html"


def _title(registry: Snapshot, say: Language) -> str:
    """Return what a site is called that was given no title."""
    names = [registry.name(dialogue.dialogue, language=say.tag) for dialogue in registry.dialogues()]
    if len(names) > _MOST_NAMES:
        return say("The meetings of {n} dialogues", n=say.number(len(names)))
    return ", ".join(names) or say("An empty registry")


def _style(theme: str | os.PathLike[str]) -> bytes:
    try:
        return Path(theme).read_bytes()
    except OSError as error:
        raise InvalidValueError(f"the theme {theme} cannot be read ({error.strerror}): give a file of CSS") from error


@contextmanager
def _opened(origin: str | os.PathLike[str] | Snapshot) -> Iterator[Snapshot]:
    """Yield one state of a registry, which stays while others record."""
    with ExitStack() as stack:
        registry: Snapshot
        if isinstance(origin, Snapshot):
            registry = origin
        else:
            try:
                registry = stack.enter_context(Registry.open(origin, read_only=True))
            except OutdatedViewsError:
                registry = stack.enter_context(Registry.open(origin))
        yield stack.enter_context(registry.at(position=registry.position))


# --- the folder ------------------------------------------------------------------------


@contextmanager
def _replaced(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Yield a new folder, and a place for what is only needed meanwhile; put the folder in place at the end.

    Raises InvalidValueError where the folder holds anything else than an earlier site.
    """
    folder = Path(os.path.realpath(folder))
    _check(folder)
    try:
        with replaced_folder(folder) as new:
            yield new, new.parent
            _check(folder)  # somebody may have put something there meanwhile
    except OSError as error:
        raise StorageError(
            f"{folder} cannot be written ({error.strerror}): check the path and its permissions"
        ) from error


def _check(folder: Path) -> None:
    """Raise InvalidValueError where a folder holds what is no earlier site."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InvalidValueError(f"{folder} is a file, where a folder was wanted: give the path of a folder")
    held = {entry.name for entry in folder.iterdir()}
    if not held:
        return
    stray = sorted(held - _OWN)
    marked = (folder / MARK).is_file() and _MADE_BY in (folder / MARK).read_bytes()
    if stray or not marked:
        holds = f"holds {stray[0]!r}" if stray else "is not empty"
        raise InvalidValueError(f"{folder} {holds}, and is no published site alone: publish into another folder")
