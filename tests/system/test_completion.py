"""A real bash, zsh and fish complete commands, options, choices and the names of files."""

import os
import select
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pty = pytest.importorskip("pty", reason="needs a pseudo-terminal")

SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], 'eval "$(_DIALOGUE_REGISTRY_COMPLETE=bash_source {})"'),
    "zsh": (
        ["zsh", "-f", "-i"],
        'autoload -Uz compinit; compinit -u -D; eval "$(_DIALOGUE_REGISTRY_COMPLETE=zsh_source {})"',
    ),
    "fish": (["fish", "--no-config", "-i"], "_DIALOGUE_REGISTRY_COMPLETE=fish_source {} | source"),
}
TYPED = {
    "dialogue-registry reconc": "reconcile",
    "dialogue-registry counts ca-": "ca-jad.db",
    "dialogue-registry counts ca-jad.db --ru": "--rule",
    "dialogue-registry counts ca-jad.db --rule numb": "numbered",
    "dialogue-registry at 3 meet": "meetings",
    "dialogue-registry import ca-jad.db tab": "table.csv",
}


class Terminal:
    """A shell on a pseudo-terminal."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def type(self, keys: str, until: str, seconds: float = 90) -> str:
        """Type keys, and return what shows until a text does."""
        os.write(self._descriptor, keys.encode())
        shown, end = b"", time.monotonic() + seconds
        while until.encode() not in shown and time.monotonic() < end:
            ready, _, _ = select.select([self._descriptor], [], [], 0.5)
            if ready:
                shown += os.read(self._descriptor, 65536)
        return shown.decode("utf-8", "replace")


@contextmanager
def started(command: list[str], folder: Path) -> Iterator[Terminal]:
    """Start a shell in a folder."""
    pid, descriptor = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.update(PATH=f"{folder / 'bin'}:{os.environ['PATH']}", HOME=str(folder), TERM="dumb", PS1="$ ")
        os.execvp(command[0], command)
    try:
        yield Terminal(descriptor)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.close(descriptor)
        os.waitpid(pid, 0)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_what_is_typed(shell: str, tmp_path: Path) -> None:
    command, source = SHELLS[shell]
    if shutil.which(command[0]) is None:
        pytest.skip(f"there is no {shell}")
    program = tmp_path / "bin" / "dialogue-registry"
    program.parent.mkdir()
    code = "from dialogue_registry.cli import cli; cli(prog_name='dialogue-registry')"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{code}" "$@"\n')
    program.chmod(0o755)
    for name in ("ca-jad.db", "table.csv"):
        (tmp_path / name).touch()
    with started(command, tmp_path) as terminal:
        # The echo of the command has the quotes, its output has not.
        shown = terminal.type(f'{source.format("dialogue-registry")}; echo rea""dy\n', until="ready")
        assert "ready" in shown
        for typed, wanted in TYPED.items():
            shown = terminal.type(f"{typed}\t", until=wanted)
            assert wanted in shown, shown
            terminal.type('\x15echo do""ne\n', until="done")
