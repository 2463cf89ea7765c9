"""Every error arrives whole where it is sent: pickled, copied or deep-copied, with its message and its fields."""

import copy
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from dialogue_registry import (
    ConflictError,
    DialogueLaunched,
    ImportReport,
    MeetingHeld,
    MissingExtraError,
    MissingFileError,
    Registry,
    Rule,
    SeriesOpened,
    StillNeededError,
    StoppedImportError,
    UnfitEventError,
    WaitTimeoutError,
    errors,
    import_table,
)
from dialogue_registry.errors import DialogueRegistryError
from dialogue_registry.imports.date_words import UnreadDateError
from dialogue_registry.model.status import ContradictionError
from dialogue_registry.registry.replica import OvertakenError

HELD = MeetingHeld(meeting="d/s/1", series="d/s", date="2019")
FIELDS: dict[type[DialogueRegistryError], dict[str, object]] = {
    errors.UnknownSubjectError: {"kind": "series", "id": "d/s"},
    errors.IdInUseError: {"fact": HELD},
    errors.ConflictError: {"standing": "an id", "position": 3, "stands": HELD, "fact": HELD},
    errors.AmendmentError: {"fact": HELD, "stands": HELD},
    errors.StillNeededError: {"needed_by": ["one", "two"]},
    errors.AmbiguousNameError: {"candidates": (("kz", "A. Omarova"), ("uz", "A. Omarova"))},
    errors.PlanError: {"proposals": (2, 5)},
    errors.UnfitEventError: {"line": 7},
    errors.StoppedImportError: {"row": 4, "report": ("rows",)},
    errors.BrokenChainError: {"position": 12},
    errors.DriftError: {"table": "meetings"},
    errors.WrongPositionError: {"expected": 4, "actual": 5},
    OvertakenError: {"expected": 4, "actual": 5},
    UnreadDateError: {"cause": "list", "word": "and"},
    ContradictionError: {"stands": HELD},
}


def family(root: type[DialogueRegistryError]) -> Iterator[type[DialogueRegistryError]]:
    yield root
    for error in root.__subclasses__():
        if error.__module__.startswith("dialogue_registry."):
            yield from family(error)


FAMILY = sorted(set(family(DialogueRegistryError)), key=lambda cls: cls.__name__)


def example_of(cls: type[DialogueRegistryError]) -> DialogueRegistryError:
    """Make an error as the library does, with what a RefusedError and a note add to it."""
    fields = FIELDS.get(cls, {})
    message = [] if issubclass(cls, errors.WrongPositionError) else ["what is: what to do"]
    error = cls(*message, **fields)  # type: ignore[arg-type]
    if isinstance(error, errors.RefusedError):
        error.item = 2
    error.add_note("while it was tried")
    return error


@pytest.mark.parametrize("cls", FAMILY, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize(
    "sent",
    [*(lambda e, p=p: pickle.loads(pickle.dumps(e, p)) for p in range(6)), copy.copy, copy.deepcopy],
    ids=[*(f"protocol {p}" for p in range(6)), "copy", "deepcopy"],
)
def test_an_error_is_the_same_after_it_was_sent(
    cls: type[DialogueRegistryError], sent: Callable[[DialogueRegistryError], DialogueRegistryError]
) -> None:
    error = example_of(cls)
    arrived = sent(sent(error))
    assert type(arrived) is cls
    assert str(arrived) == str(error)
    assert arrived.args == error.args
    assert arrived.__dict__ == error.__dict__
    assert arrived.__notes__ == ["while it was tried"]
    for name, value in FIELDS.get(cls, {}).items():
        assert getattr(arrived, name) == (tuple(value) if isinstance(value, list) else value)
    with pytest.raises(cls.__bases__[0], match=str(error).split(":", maxsplit=1)[0]):
        raise arrived


def test_a_missing_file_and_a_wait_in_vain_are_what_python_calls_them(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no file"):
        Registry.open(tmp_path / "missing.db", read_only=True)
    with Registry.open() as registry, pytest.raises(TimeoutError, match="has reached position 0, not 5"):
        registry.wait_until(5, timeout=0)
    assert issubclass(MissingFileError, errors.NotARegistryError)
    assert not issubclass(WaitTimeoutError, errors.BusyError)


def test_what_is_not_installed_is_no_matter_of_exchange() -> None:
    assert MissingExtraError.__bases__ == (DialogueRegistryError, ImportError)


# --- as they are raised ----------------------------------------------------------------


def prepared(path: Path) -> None:
    with Registry.open(path) as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            SeriesOpened(series="d/s", dialogue="d", name="S"),
            HELD,
        )


def contradict(path: Path) -> None:
    with Registry.open(path) as registry:
        registry.record(MeetingHeld(meeting="d/s/1", series="d/s", date="2020"))


def retract_what_is_needed(path: Path) -> None:
    with Registry.open(path) as registry:
        registry.retract(registry.event(2).id, reason="a mistake")


def import_one_line(path: Path) -> None:
    with Registry.open(path) as registry:
        registry.import_events(["{}"])


def import_a_bad_row(path: Path) -> None:
    rows = path.with_name("rows.csv")
    rows.write_text("No,Day\n1,2019\n", "utf-8")
    mapping = path.with_name("mapping.toml")
    mapping.write_text(
        '[[each]]\nevent = "MeetingHeld"\nmeeting = "d/s/{No}"\nseries = "d/s"\ndate = "{Day}-13-13"\n', "utf-8"
    )
    with Registry.open(path) as registry:
        import_table(registry, rows, mapping, strict=True)


def own_rule_that_is_missing(path: Path) -> None:
    with Registry.open(path) as registry:
        registry.counts(rule="mine")


def test_errors_leave_a_worker_process_and_the_pool_lives_on(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    prepared(path)
    jobs = [contradict, retract_what_is_needed, import_one_line, import_a_bad_row, own_rule_that_is_missing, contradict]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        raised = [future.exception(timeout=60) for future in [pool.submit(job, path) for job in jobs]]
        assert pool.submit(len, "alive").result(timeout=60) == 5
    conflict, needed, unfit, stopped, invalid, again = raised
    assert isinstance(conflict, ConflictError)
    assert isinstance(again, ConflictError)
    assert (conflict.position, conflict.stands, conflict.item) == (3, HELD, 0)
    assert isinstance(needed, StillNeededError)
    assert len(needed.needed_by) == 1
    assert isinstance(unfit, UnfitEventError)
    assert unfit.line == 1
    assert isinstance(stopped, StoppedImportError)
    assert isinstance(stopped.report, ImportReport)
    assert stopped.report.problems[0].row == stopped.row
    assert isinstance(invalid, ValueError)
    assert Rule("mine", lambda _: True).name == "mine"
