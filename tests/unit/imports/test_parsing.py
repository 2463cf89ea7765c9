"""A text that is nested too deeply is refused as any other that is no TOML or JSON."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from dialogue_registry.cli import cli
from dialogue_registry.errors import InvalidValueError
from dialogue_registry.imports.people_plan import planned_facts

DEEP = {
    "lists.toml": "x = " + "[" * 5000,
    "tables.toml": "x = " + "{a=" * 3000,
    "names.toml": "[" + ".".join(["a"] * 5000) + "]\nx = 1",
    "lists.json": "[" * 100_000,
    "objects.json": '{"a":' * 100_000,
}


@pytest.mark.parametrize("name", DEEP)
def test_no_command_follows_a_deep_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(DEEP[name], "utf-8")
    Path("rows.csv").write_text("meeting,party,name\nd/s/1,JPN,A\n", "utf-8")
    assert CliRunner().invoke(cli, ["init", "r.db"]).exit_code == 0
    for line in (
        f"import r.db rows.csv --mapping {name}",
        f"import r.db {name} --event DelegateAttended",
        f"import r.db {name} --format events",
        f"apply r.db {name} --because x",
        f"mapping {name}",
    ):
        ran = CliRunner().invoke(cli, line.split())
        assert isinstance(ran.exception, SystemExit), (line, ran.exception)
        assert ran.exit_code in (1, 2)
        assert len(ran.output) < 400


def test_no_plan_of_people_follows_a_deep_text() -> None:
    for name, text in DEEP.items():
        if name.endswith(".toml"):
            with pytest.raises(InvalidValueError):
                planned_facts(text)
