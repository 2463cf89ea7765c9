"""Law 11, in short: whatever moment a process dies at, whatever its disk does, nothing acknowledged is lost.

Each test plays one scenario of ``tests/long/faults.py`` a few times, with real processes
on real files, and shows its figures; run that script by itself for the long version.
"""

import os
import subprocess
import sys

import pytest

from tests.paths import TESTS
from tests.tried import TRIED

FAULTS = TESTS / "long" / "faults.py"

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the scenarios fork and kill")


def play(scenario: str, times: int) -> None:
    """Play a scenario; fail with what it printed, skip where this machine does not let us."""
    # The seed is new every time and is printed, so that a failure can be played again.
    command = [sys.executable, str(FAULTS), scenario, "--times", str(times)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    print(done.stdout)
    TRIED["kills" if scenario.startswith("kill-") else "faults and races"] += times
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    if "not possible here" in done.stdout:
        pytest.skip(done.stdout.splitlines()[1])


@pytest.mark.parametrize(
    "work",
    ["recording", "groups", "batches", "transactions", "correcting", "rebuilding", "opening-outdated"],
)
def test_a_process_killed_at_work_loses_nothing_acknowledged_and_leaves_nothing_half(work: str) -> None:
    play(f"kill-{work}", 5)


def test_a_process_killed_while_it_makes_the_file_leaves_one_that_opens() -> None:
    play("kill-creating", 10)


def test_a_killed_writer_does_not_disturb_the_others() -> None:
    play("kill-one-of-four", 3)


def test_four_processes_record_at_once_and_lose_nothing() -> None:
    play("four-writers", 10)


def test_readers_see_whole_views_whatever_is_recorded_and_rebuilt() -> None:
    play("readers-and-writers", 4)


@pytest.mark.parametrize("scenario", ["disk-full", "tmpfs-full"])
def test_a_full_disk_is_told_of_and_nothing_is_half_recorded(scenario: str) -> None:
    play(scenario, 4)


@pytest.mark.parametrize("scenario", ["made-read-only", "frozen"])
def test_a_file_made_read_only_under_way_keeps_what_it_has(scenario: str) -> None:
    play(scenario, 4)


def test_a_damaged_page_is_noticed_or_of_no_consequence() -> None:
    play("damaged-page", 30)


def test_a_removed_wal_leaves_a_sound_beginning_and_the_kept_head_tells() -> None:
    play("wal-removed", 4)


def test_every_write_may_be_the_last_one() -> None:
    play("last-writes", 1)
