"""The pages fit a terminal, lead from one to the next, and leave out nothing that they list."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

import dialogue_registry
from dialogue_registry import Registry
from dialogue_registry.cli import cli
from tests.paths import DOCS, ROOT

PAGES = [ROOT / "README.md", *sorted(DOCS.glob("**/*.md"))]
FOR_DEVELOPERS = {"test", "docs", "benchmarks", "lint", "dev", "oracles"}


def lines_of_code(page: Path) -> list[str]:
    """The lines of code and commands on a page, without what they print."""
    lines = []
    fences = re.findall(r"^ *```([^\n]*)\n(.*?)^ *```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    for language, block in fences:
        if language == "console":
            lines += "\n".join(re.findall(r"^\$ ((?:.*\\\n)*.*)", block, re.MULTILINE)).splitlines()
        elif language != "text" and not language.startswith("{"):
            lines += block.splitlines()
    return lines


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_code_fits_eighty_columns(page: Path) -> None:
    wide = [line for line in lines_of_code(page) if len(line) > 80]
    alone = "python3 -m venv .venv && "  # the README's two commands must be one line each
    assert [line for line in wide if not line.startswith(alone)] == []


def test_every_extra_for_users_is_on_the_page_about_installing() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    page = (DOCS / "how-to" / "install.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert listed == project["optional-dependencies"].keys() - FOR_DEVELOPERS


@pytest.mark.parametrize("index", sorted(DOCS.glob("*/index.md")), ids=lambda index: index.parent.name)
def test_every_page_is_in_the_table_of_its_part(index: Path) -> None:
    (tree,) = re.findall(r"^```\{toctree\}\n(.*?)^```", index.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    listed = [line for line in tree.splitlines() if line and not line.startswith(":")]
    assert sorted(listed) == sorted(page.stem for page in index.parent.glob("*.md") if page != index)


def test_every_table_is_on_the_page_about_tables_with_its_columns() -> None:
    page = (DOCS / "reference" / "tables.md").read_text("utf-8")
    public, _, internal = page.partition("\n## Tables that the library keeps for itself\n")
    shared = set(re.findall(r"`(\w+)`", public.split("\n## Columns of every table\n")[1].split("\n\n")[0]))
    described = {
        heading: set(re.findall(r"^\| `(\w+)`", text, re.MULTILINE))
        for heading, text in re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", public, re.DOTALL | re.MULTILINE)
    }
    with Registry.open() as registry:
        names = {*registry.db.table_names(), *registry.db.view_names()} - {"sqlite_sequence"}
        columns = {name: {column.name for column in registry.db[name].columns} for name in names}
    for name in set(re.findall(r"`(\w+)`", internal)) - {"_past"}:
        assert columns.pop(name), f"there is no table {name}: leave it out of docs/reference/tables.md"
    kept = {name: cells for name, cells in columns.items() if not name.endswith("_past")}
    assert {name: cells - shared for name, cells in kept.items()} == {
        name: cells - shared for name, cells in described.items()
    }


def texts_of_the_library() -> list[str]:
    """Every text in the source, without the values that are put into it."""
    trees = [ast.parse(path.read_text("utf-8")) for path in (ROOT / "src").glob("**/*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return [node.value for node in nodes if isinstance(node.value, str)]


def test_every_message_on_the_page_about_errors_is_one_of_the_library() -> None:
    page = (DOCS / "how-to" / "when-something-goes-wrong.md").read_text("utf-8")
    messages = re.findall(r"^\| (?!message|---)([^|]+) \|", page, re.MULTILINE)
    parts = [part.strip(" …:") for message in messages for part in message.split("…") if part.strip(" …:")]
    texts = texts_of_the_library()
    assert len(messages) > 20
    assert [part for part in parts if not any(part in text for text in texts)] == []


def test_every_command_and_every_method_is_on_the_page_about_calls() -> None:
    page = (DOCS / "how-to" / "which-call.md").read_text("utf-8")
    commands = set(re.findall(r"\| `([a-z]+)` \|", page))
    calls = set(re.findall(r"[Rr]egistry\.(\w+)", page)) | set(re.findall(r"`(\w+)\(", page))
    methods = {name for name in dir(Registry) if not name.startswith("_")}
    assert commands == set(cli.commands)
    assert methods - calls == set()
    assert calls - methods == {
        "import_table",
        "plan_edition",
        "read_table",
        "suggest_mapping",
        "export_file",
        "arrow_tables",
        "publish",
        "create_log",
        "copy",
        "brief",
        "write_brief",
        "to_dict",
        "from_dict",
    }


def test_every_method_and_every_name_is_in_the_api_reference() -> None:
    page = (DOCS / "reference" / "api.md").read_text("utf-8")
    methods = {name for name in dir(Registry) if not name.startswith("_")}
    assert sorted(re.findall(r"^\.\. auto(?:method|property):: Registry\.(\w+)$", page, re.MULTILINE)) == sorted(
        methods
    )
    summary = set(re.findall(r"`(\w+)`", page.split("\n| group |")[1].split("\n\n")[0]))
    errors = {name for name in dialogue_registry.__all__ if name.endswith("Error")}
    assert summary | errors == set(dialogue_registry.__all__)
