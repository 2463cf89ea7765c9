"""Pyright is clean on the examples and on a program that uses each public name; CI asks mypy about both."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import dialogue_registry
from tests.paths import ROOT
from tests.system import typed_program


def test_the_program_uses_each_public_name_and_runs(tmp_path: Path) -> None:
    tree = ast.parse(Path(typed_program.__file__).read_text("utf-8"))
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    used |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert set(dialogue_registry.__all__) - used == set()
    result = typed_program.main(tmp_path)
    assert result["proposed"] == ["changed"]
    assert str(result["refused"]).startswith("correct ")


def test_pyright_is_clean() -> None:
    pyright = shutil.which(os.environ.get("PYRIGHT") or "pyright")
    if not pyright:
        pytest.skip("there is no pyright: npm install pyright")
    command = [pyright, "--project", str(ROOT), "--pythonpath", sys.executable]
    result = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=300, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.startswith("0 errors, 0 warnings"), result.stdout
