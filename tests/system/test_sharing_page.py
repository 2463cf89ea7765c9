"""The page on sharing a registry is run on a real server, and prints what its comments say."""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

import dialogue_registry
from tests.paths import DOCS
from tests.system.servers import Server

PAGE = (DOCS / "how-to" / "share-a-registry.md").read_text("utf-8")
BLOCKS = re.findall(r"^```py\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_the_page_prints_what_it_says(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code = "".join(BLOCKS).replace("postgresql://desk@db.example.org/registry", server.new_log())
    names = {name: getattr(dialogue_registry, name) for name in dialogue_registry.__all__}
    printed = StringIO()
    try:
        with redirect_stdout(printed):
            exec(compile(code, "share-a-registry.md", "exec"), names)
    finally:
        for office in ("tokyo", "astana"):
            names[office].close()
    commented = re.findall(r"print\(.*\)  # (.*)$", code, re.MULTILINE)
    assert printed.getvalue().splitlines() == commented
    assert len(commented) == 6
