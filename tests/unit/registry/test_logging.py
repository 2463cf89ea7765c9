"""What the library is doing goes to the logger ``dialogue_registry``: never what was recorded, never a password."""

import logging
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from dialogue_registry import DialogueLaunched, MeetingHeld, Registry, SeriesOpened
from dialogue_registry.cli import cli

FACTS = (
    DialogueLaunched(dialogue="d", name="A name that is not logged", launched="2004"),
    SeriesOpened(series="d/s", dialogue="d", name="Another one"),
    MeetingHeld(meeting="d/s/1", series="d/s", date="2005", place="Astana"),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "registry.db"
    with Registry.open(path) as registry:
        registry.record(*FACTS, source="A secret source", by="somebody")
    return path


def outdated(path: Path) -> None:
    """Mark the views of a file as those of an older version."""
    with Registry.open(path) as registry:
        registry._session.connection.execute("UPDATE projections SET version = 1 WHERE name = 'standard'")


def test_nothing_is_written_where_nobody_listens(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    outdated(path)
    Registry.open(path).close()
    assert capfd.readouterr() == ("", "")
    assert any(isinstance(handler, logging.NullHandler) for handler in logging.getLogger("dialogue_registry").handlers)


def test_opening_and_making_the_views_again_are_logged_with_registry_and_position(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outdated(path)
    steps: list[tuple[int, int]] = []
    with caplog.at_level(logging.INFO, logger="dialogue_registry"):
        Registry.open(path, progress=lambda done, total: steps.append((done, total))).close()
    first, opened = caplog.records
    assert first.getMessage().startswith(f"making the views of {path} again from 3 events: standard")
    assert opened.getMessage() == f"opened {path} at position 3"
    assert {(record.registry, record.position) for record in (first, opened)} == {(str(path), 3)}  # type: ignore[attr-defined]
    assert steps == [(3, 3)]


def test_imports_are_logged_and_data_never_are(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="dialogue_registry"):
        with Registry.open(path) as registry, Registry.open() as other:
            other.import_events(registry.export_events())
            registry.retract(registry.meeting("d/s/1"), reason="a secret reason")
            registry.rebuild()
            registry.verify()
        logged = caplog.text
    assert "imported 3 events of an exported log into the registry in memory" in logged
    for word in ("secret", "somebody", "Astana", "not logged", "Another"):
        assert word not in logged


def test_a_long_wait_for_another_thread_is_a_warning(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Registry.open(path) as registry, caplog.at_level(logging.WARNING, logger="dialogue_registry"):
        thread = threading.Thread(target=registry.counts)
        with registry.transaction():
            thread.start()
            thread.join(timeout=1.3)
        thread.join()
    (warning,) = caplog.records
    assert warning.levelname == "WARNING"
    assert "s for other threads that use" in warning.getMessage()


def test_the_command_line_writes_it_to_standard_error_where_it_is_asked_to(path: Path) -> None:
    plain = CliRunner().invoke(cli, ["counts", str(path)])
    verbose = CliRunner().invoke(cli, ["-v", "counts", str(path)])
    quiet = CliRunner().invoke(cli, ["-q", "counts", str(path)])
    assert plain.stdout == verbose.stdout == quiet.stdout
    assert plain.stderr == quiet.stderr == ""
    assert verbose.stderr == f"Info: opened {path} at position 3\n"
    both = CliRunner().invoke(cli, ["-q", "-vv", "counts", str(path)])
    assert (both.exit_code, both.stderr.splitlines()[0][:35]) == (2, "Error: --verbose and --quiet contra")
    assert logging.getLogger("dialogue_registry").level == logging.NOTSET
