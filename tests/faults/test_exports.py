"""An export is the old one or the new one, whenever it is killed; and one state, whatever others record.

A kill is tried before every ninth operation on a file, with ``--hypothesis-profile=long`` before each.
"""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import icalendar
import openpyxl
import pytest
from hypothesis import settings
from pyarrow import parquet

from dialogue_registry import (
    DelegateAttended,
    DialogueLaunched,
    MeetingHeld,
    Registry,
    SeriesOpened,
    Source,
    export_file,
)
from dialogue_registry.exports.exporter import FORMATS
from tests import tried
from tests.kills import DYING

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork()")

NAMES = {"events": "out.jsonl", "csv": "out", "parquet": "out", "ics": "out.ics", "jsonld": "out.jsonld",
         "popolo": "out.json", "xlsx": "out.xlsx"}  # fmt: skip

KILLS = (
    DYING
    + """
import json, resource
from pathlib import Path
from dialogue_registry import Registry, export_file

path, target, format_, every = sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])

def counted(kill_at):
    with Registry.open(path, read_only=True) as registry:
        die_after(kill_at)
        export_file(registry, target, format=format_)

def cut_off(size):
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # kills who writes a file beyond that many bytes
    with Registry.open(path, read_only=True) as registry:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        export_file(registry, target, format=format_)

def attempted(work, argument):
    sys.stdout.flush()
    if not (child := os.fork()):
        try:
            work(argument)
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]

if target.is_dir():
    sizes = [path.stat().st_size for path in target.iterdir()]
else:
    sizes = [target.stat().st_size]
with Registry.open(path, read_only=True) as registry:
    export_file(registry, target.with_name("count-" + target.name), format=format_)  # imports what it needs
for number in range(0, 400, every):
    status = attempted(counted, number)
    print(json.dumps(["operation", number, status]), flush=True)
    sys.stdin.readline()
    if status == 0:
        break
for size in sorted({1, max(sizes) // 2, max(sizes) - 1}):
    print(json.dumps(["byte", size, attempted(cut_off, size)]), flush=True)
    sys.stdin.readline()
"""
)


def contents(target: Path) -> Any:
    if target.is_dir():
        return {path.name: path.read_bytes() for path in target.iterdir()}
    return target.read_bytes() if target.exists() else None


def filled(path: Path, meetings: int) -> None:
    with Registry.open(path) as registry:
        registry.record(DialogueLaunched(dialogue="d", name="D", launched="2004"))
        facts = [
            fact
            for number in range(meetings)
            for fact in (
                SeriesOpened(series=f"d/{number}", dialogue="d", name=f"Series {number}"),
                MeetingHeld(meeting=f"d/{number}/1", series=f"d/{number}", date="2004-01-02", place="東京"),
                DelegateAttended(meeting=f"d/{number}/1", party="JPN", name=f"Delegate {number}"),
            )
        ]
        registry.record(*facts, source=Source("A list"))


@pytest.mark.parametrize("format_", FORMATS)
def test_an_export_that_is_killed_is_the_old_or_the_new_one(tmp_path: Path, format_: str) -> None:
    """Before each operation on a file, and half-way through what is written."""
    filled(tmp_path / "d.db", 12)
    folder = tmp_path / "exports"
    folder.mkdir()
    target = folder / NAMES[format_]
    with Registry.open(tmp_path / "d.db") as registry:
        with registry.at(position=19) as past:
            export_file(past, folder / f"old-{target.name}", format=format_)
            export_file(past, target, format=format_)
        export_file(registry, folder / f"new-{target.name}", format=format_)
    old, new = contents(folder / f"old-{target.name}"), contents(folder / f"new-{target.name}")
    assert old != new
    every = 1 if settings().max_examples > 1000 else 9
    attempts = 0
    command = [sys.executable, "-c", KILLS, str(tmp_path / "d.db"), str(target), format_, str(every)]
    with (
        Registry.open(tmp_path / "d.db", read_only=True),  # keeps the file in which SQLite counts who reads
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as killer,
    ):
        assert killer.stdin is not None
        assert killer.stdout is not None
        seen = set()
        for line in killer.stdout:
            where, number, status = json.loads(line)
            assert status in (0, signal.SIGKILL, signal.SIGXFSZ), (where, number, status)
            there = contents(target)
            assert there in (old, new), (where, number)
            seen.add((where, there == new))
            if there == new:
                with Registry.open(tmp_path / "d.db") as registry, registry.at(position=19) as past:
                    export_file(past, target, format=format_)
            attempts += 1
            killer.stdin.write("\n")
            killer.stdin.flush()
    assert killer.returncode == 0
    assert {("operation", False), ("operation", True), ("byte", False)} <= seen
    with Registry.open(tmp_path / "d.db") as registry:
        export_file(registry, target, format=format_)
    assert contents(target) == new
    assert [path.name for path in folder.iterdir() if path.name.startswith(f".{target.name}.")] == []
    tried.TRIED["kills of exports"] += attempts


RECORDING = """
import sys
from dialogue_registry import *
with Registry.open(sys.argv[1]) as registry:
    for n in range(100, 2000):
        registry.record(
            SeriesOpened(series=f"d/{n}", dialogue="d", name=f"Series {n}"),
            MeetingHeld(meeting=f"d/{n}/1", series=f"d/{n}", date="2004-01-02"),
            DelegateAttended(meeting=f"d/{n}/1", party="JPN", name=f"Delegate {n}"),
        )
        print(n, flush=True)
"""


def numbers_of(target: Path, format_: str) -> set[int]:
    """The numbers of series, meetings and delegates of an export: of one state, they are equal."""
    match format_:
        case "events":
            types = [json.loads(line)["type"] for line in target.read_text("utf-8").splitlines()]
            return {sum(word in type_ for type_ in types) for word in ("series.", "meeting.", "delegate.")}
        case "csv":
            tables = [target / f"{name}.csv" for name in ("series", "meetings", "attendance")]
            return {len(list(csv.reader(path.read_text("utf-8").splitlines()))) - 1 for path in tables}
        case "parquet":
            return {parquet.read_table(target / f"{name}.parquet").num_rows for name in ("series", "meetings",
                                                                                         "attendance")}  # fmt: skip
        case "ics":
            events = icalendar.Calendar.from_ical(target.read_bytes()).walk("VEVENT")
            return {len(events), len({str(event["CATEGORIES"].cats[0]) for event in events})}
        case "jsonld":
            graph = json.loads(target.read_bytes())["@graph"]
            meetings = [node for node in graph if node["@type"] == "Event"]
            return {len(meetings), len(graph) - len(meetings), sum(len(node["attendee"]) for node in meetings)}
        case "popolo":
            data = json.loads(target.read_bytes())
            series = [one for one in data["organizations"] if one["classification"] == "series"]
            return {len(series), *(len(data[name]) for name in ("persons", "memberships", "events"))}
        case _:
            book = openpyxl.load_workbook(target)
            return {book[name].max_row - 1 for name in ("series", "meetings", "delegates", "counts")}


@pytest.mark.parametrize("format_", FORMATS)
def test_an_export_is_of_one_state_while_others_record(tmp_path: Path, format_: str) -> None:
    path, target = tmp_path / "d.db", tmp_path / NAMES[format_]
    filled(path, 2)
    with (
        subprocess.Popen([sys.executable, "-c", RECORDING, str(path)], stdout=subprocess.PIPE, text=True) as writer,
        Registry.open(path, read_only=True) as registry,
    ):
        assert writer.stdout is not None
        try:
            seen = []
            for _ in range(3):
                writer.stdout.readline()
                export_file(registry, target, format=format_)
                (number,) = numbers_of(target, format_)
                seen.append(number)
        finally:
            writer.kill()
    assert seen == sorted(seen)
    assert seen[0] < seen[-1]
    tried.TRIED["exports beside a writer"] += len(seen)


EXPORTS = """
import json, sys
from pathlib import Path
from dialogue_registry import Registry, export_file, publish

with Registry.open(sys.argv[1], read_only=True) as registry:
    for format_, name in json.loads(sys.argv[3]).items():
        target = Path(sys.argv[2], format_, name)
        for _ in range(2):  # it is not there yet, then it is replaced
            if format_ == "site":
                publish(registry, target, pictures=False)
            else:
                export_file(registry, target, format=format_)
"""
CALLS = (
    "openat,mkdir,write,pwrite64,writev,ftruncate,copy_file_range,sendfile,fsync,fdatasync,"
    "rename,renameat,renameat2,rmdir,unlink,unlinkat"
)
CALL = re.compile(r"^\d+ +(\w+)\((.*)\) += +(-?\d+)(?:<(.*)>)?")


def not_on_the_disk(calls: str, folder: Path) -> tuple[list[str], set[Path]]:
    """Return what a power cut could take away, as the target is renamed or after the last call; and all targets.

    A file that was written to, and the folder of one that was made or renamed, are on the disk after fsync().
    """
    unsaved: set[str] = set()
    lost, targets = [], set()
    for line in calls.splitlines():
        if (call := CALL.match(line)) is None or call[3].startswith("-"):
            continue
        name, arguments = call[1], call[2]
        paths = re.findall(r'"([^"]*)"', arguments)
        held = re.match(r"\w+<([^>]*)>", arguments)
        if name == "openat" and "O_CREAT" in arguments:
            unsaved |= {call[4], str(Path(call[4]).parent)}
        elif name == "mkdir":
            unsaved |= {paths[0], str(Path(paths[0]).parent)}
        elif name in ("fsync", "fdatasync") and held:
            unsaved.discard(held[1])
        elif name in ("rmdir", "unlink", "unlinkat"):
            unsaved.discard(str(Path(held[1] if held else "", paths[0])))
        elif name.startswith("rename"):
            one, other = map(Path, paths)
            if other.parent.parent == folder:
                targets.add(other)
                lost += [path for path in unsaved if Path(path).is_relative_to(one)]
                unsaved = {path for path in unsaved if not Path(path).is_relative_to(one.parent)}
            unsaved.add(str(other.parent))
        elif held:
            unsaved.add(held[1])
    return lost + [
        path for path in unsaved if any(Path(path).is_relative_to(target.parent) for target in targets)
    ], targets


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_a_power_cut_leaves_the_old_or_the_new_export(tmp_path: Path) -> None:
    """All of it is on the disk before it gets its name, and the name before the call returns."""
    filled(tmp_path / "d.db", 3)
    names = {**NAMES, "site": "site"}
    for format_ in names:
        (tmp_path / "exports" / format_).mkdir(parents=True)
    command = [
        *("strace", "-f", "-y", "-e", f"trace={CALLS}", "-o", str(tmp_path / "calls"), sys.executable, "-c", EXPORTS),
        *(str(tmp_path / "d.db"), str(tmp_path / "exports"), json.dumps(names)),
    ]
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    if "Operation not permitted" in ran.stderr:
        pytest.skip("no program may be traced here")
    assert ran.returncode == 0, ran.stderr
    lost, targets = not_on_the_disk((tmp_path / "calls").read_text("utf-8", "replace"), tmp_path / "exports")
    assert lost == []
    assert targets == {tmp_path / "exports" / format_ / name for format_, name in names.items()}
    tried.TRIED["exports traced for power cuts"] += 2 * len(targets)
