"""The README, the docs and the examples in docstrings are tests: what they say is run, what they print is compared.

In Markdown a ``python`` block is run after those above it on its page, in an empty folder.
A ``text`` block is what the ``python`` block before it prints. In a ``console`` block each
line after ``$`` is run by the shell, with those that a backslash continues, and what follows
is what it writes to a terminal of 90 columns; ids of events, instants of recording and hashes
may differ there.
"""

import os
import re
import subprocess
import sys
import tempfile
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from sybil import Example, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.myst import CodeBlockParser
from sybil.parsers.rest import DocTestParser

_HERE, _PRINTED = "__here__", "__printed__"
_EXAMPLES = Path(__file__).parent / "examples"
_new_each_time = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z|\b[0-9a-f]{64}\b"
)
_COMMANDS = {"dialogue-registry": "dialogue_registry", "datasette": "datasette", "sqlite-utils": "sqlite_utils"}


class _Run(PythonEvaluator):
    def __call__(self, example: Example) -> None:
        out = StringIO()
        with redirect_stdout(out):
            super().__call__(example)
        example.namespace[_PRINTED] = out.getvalue()


def _compare(example: Example) -> None:
    printed = example.namespace.pop(_PRINTED, None)
    assert printed is not None, "there is no python block before this text block"
    assert _lines(printed) == _lines(example.parsed)


def _converse(example: Example) -> None:
    commands = re.findall(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n?)*)", example.parsed, re.MULTILINE)
    for command, expected in commands:
        written = _new_each_time.sub("…", _at_a_terminal(command))
        assert _lines(written) == _lines(_new_each_time.sub("…", expected)), command


def _at_a_terminal(command: str) -> str:
    """Run a command at a terminal of 90 columns; return its output, then its messages."""
    screen, terminal = os.openpty()
    with tempfile.TemporaryFile() as messages:
        environment = {**os.environ, "COLUMNS": "90"}
        process = subprocess.Popen(command, shell=True, stdout=terminal, stderr=messages, env=environment)
        os.close(terminal)
        output = b""
        with suppress(OSError):  # which Linux raises at the end, in place of returning nothing
            while more := os.read(screen, 65536):
                output += more
        os.close(screen)
        process.wait()
        messages.seek(0)
        return (output + messages.read()).decode().replace("\r\n", "\n")


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").splitlines()]


def _enter(namespace: dict[str, Any]) -> None:
    folder = tempfile.TemporaryDirectory()
    namespace[_HERE] = (folder, Path.cwd(), os.environ["PATH"])
    os.chdir(folder.name)
    os.environ["PATH"] = f"{Path('.bin').absolute()}{os.pathsep}{os.environ['PATH']}"
    Path("examples").symlink_to(_EXAMPLES)
    Path(".bin").mkdir()
    for name, module in _COMMANDS.items():
        Path(".bin", name).write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n', "utf-8")
        Path(".bin", name).chmod(0o755)


def _leave(namespace: dict[str, Any]) -> None:
    for value in namespace.values():  # registries that a page leaves open
        with suppress(AttributeError, TypeError):
            value.close()
    folder, before, os.environ["PATH"] = namespace[_HERE]
    os.chdir(before)
    folder.cleanup()


_pages = Sybil(
    parsers=[
        CodeBlockParser("python", _Run()),
        CodeBlockParser("text", _compare),
        CodeBlockParser("console", _converse),
    ],
    patterns=["README.md", "docs/*.md", "docs/**/*.md"],
    setup=_enter,
    teardown=_leave,
)
_docstrings = Sybil(parsers=[DocTestParser()], patterns=["src/dialogue_registry/*.py", "src/dialogue_registry/**/*.py"])

pytest_collect_file = (_pages + _docstrings).pytest()


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Let one process of pytest-xdist run all examples of a page, since each needs those above it."""
    if getattr(config.option, "numprocesses", None) and config.option.dist == "no":
        config.option.dist = "loadfile"
