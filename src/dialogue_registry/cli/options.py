"""The options that several commands share, and what is made of their values."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import attrs
import click

from dialogue_registry.cli.kinds import all_kinds
from dialogue_registry.imports.fact_fields import is_about_source, source_from
from dialogue_registry.model.addresses import check_path, is_address, may_hold_password
from dialogue_registry.model.events import Source
from dialogue_registry.model.kinds import Kind

Function = TypeVar("Function", bound=Callable[..., Any])

VARIABLE = "DIALOGUE_REGISTRY"
"""The variable of the environment that names FILE where it is left out."""


class FileOrAddress(click.Path):
    """A path or the address of a server; what only looks like an address is refused and not shown."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the text as it is; raises InvalidValueError."""
        is_address(value)
        return super().convert(value, param, ctx)


class LocalPath(click.Path):
    """A path, and no address, which is not shown as it may hold a password."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the text as it is; raises InvalidValueError."""
        check_path(value)
        return super().convert(value, param, ctx)


def check_passwords(parameters: Mapping[click.Parameter, Any]) -> None:
    """Raise click.UsageError where a value may hold the password of an address, but for that of a path.

    A path is checked by its type. No value is shown, nor does any command see it.
    """
    for parameter, value in parameters.items():
        values = value if isinstance(value, list | tuple) else (value,)
        if not isinstance(parameter.type, click.Path) and any(
            isinstance(v, str) and may_hold_password(v) for v in values
        ):
            name = parameter.opts[0] if isinstance(parameter, click.Option) else parameter.human_readable_name
            raise click.UsageError(HIDDEN.format(name))


HIDDEN = (
    "{} looks like the address of a server or holds a password, so it is not shown, and nothing is done: give an "
    "address only where a command takes FILE, FROM, TO or ADDRESS"
)
"""The text shown in place of an argument that may hold a password."""


def day(text: str) -> str:
    """Return the day that a text names: itself, or the present one on this machine where it is ``today``."""
    return datetime.now().astimezone().date().isoformat() if text == "today" else text


file_argument = click.argument("file", metavar="FILE", type=FileOrAddress())

FORMS = {
    "json": "Write JSON.",
    "csv": "Write CSV.",
    "nl": "Write one JSON object per line.",
    "spreadsheet": "Write CSV for a spreadsheet: no cell of it runs, and its letters are read rightly.",
}
"""The forms of an answer for programs, each an option; without one it is a table for people."""


def shown_option(function: Function) -> Function:
    """Add the options that say how the answer of a command is written, of which one may be given."""
    for name, meaning in reversed(FORMS.items()):
        function = click.option(
            f"--{name}", f"as_{name}", is_flag=True, expose_value=False, callback=_choose, help=meaning
        )(function)
    return function


def _choose(ctx: click.Context, option: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click passes it
    chosen, name = ctx.params.setdefault("shown", None), option.opts[0].removeprefix("--")
    if value and {chosen, name} == {"csv", "spreadsheet"}:
        ctx.params["shown"] = "spreadsheet"
    elif value and chosen is not None:
        raise click.UsageError(f"--{chosen} and --{name} are two ways to write the answer: give one")
    elif value:
        ctx.params["shown"] = name


def at_option(function: Function) -> Function:
    """Add the option that says as of when the registry is asked."""
    return click.option(
        "--at", "when", metavar="POSITION|INSTANT", expose_value=False, callback=_remember,
        help="As the registry was known then: at a position of its log, or at an instant.",
    )(function)  # fmt: skip


def _remember(ctx: click.Context, option: click.Parameter, value: str | None) -> None:  # noqa: ARG001 - click passes it
    before = ctx.find_object(str)
    if value is not None and before is not None:
        raise click.UsageError(f"at {before} and --at {value} are two times to ask about: give one")
    ctx.meta[AT] = value if before is None else before


def answer_options(function: Function) -> Function:
    """Add the options of every question that is answered by rows."""
    return at_option(shown_option(function))


AT = "dialogue_registry.at"
"""The key under which a context keeps as of when the registry is asked."""


def language_option(function: Function) -> Function:
    """Add the option that says in which language names are shown."""
    return click.option("--lang", metavar="TAG", help="Names in this language, where they are recorded.")(function)


def scope_options(*kinds: str) -> Callable[[Function], Function]:
    """Return a decorator that adds an option for each kind of id that an answer can be limited to."""

    def add(function: Function) -> Function:
        for kind in reversed(kinds):
            function = click.option(f"--{kind}", metavar="ID", help=f"Only those of this {kind}.")(function)
        return function

    return add


_SOURCE = {
    "source": "Title of the source.",
    "source-url": "Address of the source.",
    "source-publisher": "Who published the source.",
    "source-published": "When the source was published.",
    "source-language": "Language of the source, such as en.",
    "source-kind": "What the source is: report, announcement, list …",
}


def source_options(function: Function) -> Function:
    """Add the options that say where the facts of a command come from."""
    function = click.option("--by", default="", help="Who records it.")(function)
    for name, meaning in reversed(_SOURCE.items()):
        function = click.option(f"--{name}", metavar="TEXT", help=meaning)(function)
    return function


def take_source(given: dict[str, Any]) -> Source | None:
    """Remove the options of a source from the given ones, and return that source."""
    options = {name: given.pop(name.replace("-", "_")) for name in _SOURCE}
    title = options.pop("source")
    rest = {name.removeprefix("source-"): value for name, value in options.items() if value}
    if rest and not title:
        raise click.UsageError("the source has no title: give --source too")
    return source_from({"title": title, **rest} if rest else title)


#: The meaning of a field whose name is that of several events.
_SHARED = {
    "name": "Name of the dialogue, party or series; of a delegate as written.",
    "title": "Title of the meeting, activity or outcome.",
    "reason": "Why: of a postponement, a cancellation, a departure or an absence.",
    "on": "The day on which it was said, or from which it holds.",
    "of": "What is counted: participants, delegates, parties; or the id that a name is of.",
}
_TAKEN = {*_SOURCE, *FORMS, "by", "because", "clear", "help"}
"""Options of the commands that record, beside those of fields."""


def _meanings() -> dict[str, str]:
    """Return the fields that a fact of any kind can have, each with its meaning."""
    found: dict[str, str] = {}
    for kind in all_kinds():
        for field in attrs.fields(kind.cls):
            if field.name == "source" and is_about_source(kind):
                continue  # the options of the source say it
            meaning = field.metadata.get("doc") or f"{field.name.replace('_', ' ').capitalize()} of {kind.word}."
            found.setdefault(field.name, _SHARED.get(field.name, meaning))
    return found


_FIELDS = _meanings()


def field_option(name: str) -> str:
    """Return the option of a field: ``--as-of``; ``--field-by`` where ``--by`` means something else."""
    option = name.replace("_", "-")
    return f"--field-{option}" if option in _TAKEN else f"--{option}"


def field_options(function: Function) -> Function:
    """Add an option for every field that a fact can have; it may be repeated where that of any kind may."""
    for name, meaning in reversed(_FIELDS.items()):
        many = any(name in kind.shapes and kind.shapes[name].many for kind in all_kinds())
        parameter = f"{_PREFIX}{name}"  # no other parameter is called like that
        function = click.option(field_option(name), parameter, metavar="TEXT", multiple=many, help=meaning)(function)
    return function


_PREFIX = "field_"


def take_fields(given: dict[str, Any]) -> dict[str, Any]:
    """Remove the options of fields from the given ones, and return those that have a value."""
    options = {name: given.pop(f"{_PREFIX}{name}") for name in _FIELDS}
    return {name: value for name, value in options.items() if value not in (None, ())}


def fit_fields(kind: Kind, fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields with a text for each that is one of this kind, and several of another one."""
    fitted = dict(fields)
    for name, value in fields.items():
        if isinstance(value, tuple) and name in kind.shapes and not kind.shapes[name].many:
            if len(value) > 1:
                raise click.UsageError(f"{kind.cls.__name__} has one {name}: give {field_option(name)} one time")
            fitted[name] = value[0]
    return fitted
