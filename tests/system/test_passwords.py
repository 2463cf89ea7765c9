"""No argument of any command, and no path of any function, shows the password of an address or keeps it.

The test walks the tree of commands, so that later ones are held to it too.
"""

import shlex
import shutil
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from dialogue_registry import (
    DialogueLaunched,
    DialogueRegistryError,
    Registry,
    Source,
    charts,
    export_file,
    import_table,
    publish,
    read_table,
    suggest_mapping,
)
from dialogue_registry.cli import cli
from dialogue_registry.cli.options import FileOrAddress

SECRET = "Zwiebel-77"
FORMS = [
    f"postgresql://desk:{SECRET}@127.0.0.1:1/registry",
    f"postgres://desk:{SECRET}@127.0.0.1:1/registry",
    f"postgresql+psycopg://desk:{SECRET}@127.0.0.1:1/registry",
    f" POSTGRESQL://desk:{SECRET}@127.0.0.1:1/registry",
    f"postgres:/desk:{SECRET}@127.0.0.1:1/registry",
    f"postgresql://127.0.0.1:1/registry?passwrd={SECRET}",
    f"mysql://desk:{SECRET}@127.0.0.1/registry",
    f"https://desk:{SECRET}@example.org/page",
    f"desk:{SECRET}@127.0.0.1/registry",
    f"host=127.0.0.1 password={SECRET} dbname=registry",
    f"PGPASSWORD={SECRET}",
    f"d:{SECRET}@127.0.0.1",
    f"//desk:{SECRET}@127.0.0.1/registry",
    f"postgresql%3A%2F%2Fdesk:{SECRET}%40127.0.0.1/registry",
]


def commands(group: click.Group = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            values = {"at": ("3",)}.get(name, ())
            yield from commands(command, (*path, name, *values))
        else:
            yield (*path, name), command


COMMANDS = [*commands()]


@pytest.fixture(scope="module")
def template_file(tmp_path_factory) -> Path:
    path: Path = tmp_path_factory.mktemp("made") / "ca-jad.db"
    data = Path(__file__).parents[2] / "examples" / "data"
    ran = CliRunner().invoke(cli, ["import", str(path), f"{data}/meetings.csv", "--mapping", f"{data}/meetings.toml"])
    assert ran.exit_code == 0
    return path


@pytest.fixture
def folder(template_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(template_file, tmp_path / "ca-jad.db")
    (tmp_path / "examples").symlink_to(Path(__file__).parents[2] / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def example(command: click.Command) -> list[str]:
    """Return the arguments and options of the example of a command's help."""
    line = (command.epilog or "").partition("\b\n")[2].replace("\\\n", "").strip()
    words = shlex.split(line)
    return words[words.index(str(command.name)) + 1 :] if command.name in words else words[2:]


def with_secrets(command: click.Command) -> Iterator[tuple[click.Parameter, str, list[str]]]:
    """Yield arguments of a command with an address in the place of each one; all forms come by in turn."""
    # The command remembers the option of its help from the first context that asks for it.
    context = click.Context(command, info_name=command.name, help_option_names=["-h", "--help"])
    values, _, _ = command.make_parser(context).parse_args(example(command))
    arguments = [parameter for parameter in command.params if isinstance(parameter, click.Argument)]
    given = [value for a in arguments for value in _list(values.get(str(a.name)))]
    options = example(command)
    for value in given:
        options.remove(value)
    forms = cycle(FORMS)
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            place = arguments.index(parameter)
            for form in FORMS:
                yield parameter, form, [*given[:place], form, *given[place + 1 :], *options]
        elif isinstance(parameter, click.Option) and not parameter.is_flag:
            form = next(forms)
            yield parameter, form, [*given, *options, parameter.opts[0], form]
            yield parameter, form, [*given, *options, f"{parameter.opts[0]}={form}"]


def _list(value: object) -> list[str]:
    return list(value) if isinstance(value, tuple) else [value] if isinstance(value, str) else []


def names_and_contents(folder: Path) -> Iterator[bytes]:
    for path in folder.rglob("*"):
        yield str(path).encode()
        if path.is_file() and not path.is_symlink():
            yield path.read_bytes()


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[" ".join(path) for path, _ in COMMANDS])
def test_an_address_in_any_argument_is_neither_shown_nor_kept(
    folder: Path, path: tuple[str, ...], command: click.Command
) -> None:
    before = {found.name for found in folder.iterdir()}
    runner, tried = CliRunner(env={"DIALOGUE_REGISTRY": None}), 0
    for parameter, form, arguments in with_secrets(command):
        ran = runner.invoke(cli, [*path, *arguments], prog_name="dialogue-registry")
        assert SECRET not in ran.output, (parameter.name, form, ran.output)
        assert isinstance(ran.exception, SystemExit), (parameter.name, form, ran.exception)
        reached = isinstance(parameter.type, FileOrAddress) and form in FORMS[:2]
        assert ran.exit_code in ((1, 2) if reached or form == FORMS[5] else (2,)), (parameter.name, form, ran.output)
        assert ran.output.count("\n") == 1
        tried += 1
    assert tried >= len(FORMS)
    assert {found.name for found in folder.iterdir()} - before <= {"ca-jad.db-wal", "ca-jad.db-shm"}
    assert not any(SECRET.encode() in found for found in names_and_contents(folder))


@pytest.mark.parametrize("form", FORMS)
def test_an_address_in_place_of_a_command_an_option_or_too_many_arguments_is_not_shown(folder: Path, form: str) -> None:
    for arguments in (
        [form],
        ["at", form],
        ["at", form, "counts", "ca-jad.db"],
        ["at", "3", form],
        ["counts", "ca-jad.db", form],
        ["counts", "ca-jad.db", f"--{form.strip()}"],
        ["counts", "ca-jad.db", f"--{form.strip()}=1"],
    ):
        ran = CliRunner().invoke(cli, arguments, prog_name="dialogue-registry")
        assert ran.exit_code == 2
        assert SECRET not in ran.output


def test_the_variable_is_not_shown_either(folder: Path) -> None:
    for form in FORMS:
        ran = CliRunner(env={"DIALOGUE_REGISTRY": form}).invoke(cli, ["counts"], prog_name="dialogue-registry")
        assert ran.exit_code != 0
        assert SECRET not in ran.output


def test_texts_that_hold_no_password_are_taken(folder: Path) -> None:
    for text in (
        "https://example.org:8080/@user",
        "https://web.archive.org/web/2020/https://medium.com/@user/x",
        "mailto:office@example.org",
        "Contact: office@example.org",
        "Passed: 3 = 3",
        "at 10:30 @ the hall",
        "//office@example.org",
        "100%: 3 of 3 @ the hall, 50 %3A",
    ):
        ran = CliRunner().invoke(
            cli,
            ["record", "ca-jad.db", "TopicDiscussed", "--meeting", "ca-jad/fm/2", "--topic", text, "--source", text],
        )
        assert (ran.exit_code, "recorded" in ran.output) == (0, True), ran.output


FUNCTIONS: dict[str, Callable[[Registry, str], object]] = {
    "open": lambda registry, place: Registry.open(place),
    "open read-only": lambda registry, place: Registry.open(place, read_only=True),
    "views": lambda registry, place: Registry.open("postgresql://127.0.0.1:1/x", views=place),
    "attach": lambda registry, place: registry.attach(Source("A"), place),
    "import_table": lambda registry, place: import_table(registry, place, {}),
    "mapping": lambda registry, place: import_table(registry, "examples/data/meetings.csv", place),
    "read_table": lambda registry, place: read_table(place).__enter__(),
    "suggest_mapping": lambda registry, place: suggest_mapping(place),
    "export_file": lambda registry, place: export_file(registry, place, format="events"),
    "publish": lambda registry, place: publish(registry, place),
    "publish from": lambda registry, place: publish(place, "site"),
    "theme": lambda registry, place: publish(registry, "site", theme=place),
    "draw": lambda registry, place: charts.draw(registry, place, formats=["svg"]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_function_shows_an_address_or_makes_a_file_of_it(folder: Path, name: str) -> None:
    with Registry.open("ca-jad.db") as registry:
        registry.record(DialogueLaunched(dialogue="d", name="D", launched="2004"))
        for form in FORMS:
            with pytest.raises(DialogueRegistryError) as caught:
                FUNCTIONS[name](registry, form)
            error: BaseException | None = caught.value
            while error is not None:
                assert SECRET not in f"{error!s} {error!r}"
                error = error.__cause__ or error.__context__
    assert not any(SECRET in path.name or "postgres" in path.name for path in folder.rglob("*"))
    assert not Path("site").exists()
