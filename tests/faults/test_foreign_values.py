"""Whatever a program passes to a public function, what is raised is the library's own, and speaks no Python.

Every parameter of every public function, method, event and value gets every value that
nobody expects there, the others being right. Raised through is only what a function of the
caller raises, such as ``progress``. Every seventh of these calls is made, and of those that
take long fewer; with ``--hypothesis-profile=long`` each of them.
"""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from dialogue_registry import DialogueRegistryError
from tests.faults.foreign_values import VALUES, Call, Calls
from tests.tried import TRIED

LONGEST_MESSAGE = 4500
"""The path of a file is shown whole, anything else in 80 characters."""

#: What Python, SQLite and others say of values of another kind.
FOREIGN = re.compile(
    r"has no attribute|unhashable|not iterable|not callable|unsupported operand|not supported|must be str|"
    r"binding parameter|Exceeds the limit|positional argument|unexpected keyword|object is not|truth value|"
    r"expected str|NoneType|not subscriptable|recursion|Traceback|secret"
)


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    monkeypatch.chdir(tmp_path)  # some of the values are names of files
    calls = Calls(tmp_path)
    yield calls
    calls.close()


def raised_wrongly(call: Call, parameter: str, label: str) -> str:
    """Return what a call with one wrong value raises that it must not; "" where that is the library's own."""
    value = VALUES[label]()
    TRIED["calls with foreign values"] += 1
    try:
        call.run({parameter: value})
    except DialogueRegistryError as error:
        message = str(error)
        if FOREIGN.search(message) or len(message) > LONGEST_MESSAGE:
            return f"{call.name}({parameter}={label}) speaks of what is not the caller's: {message:.300}"
    except Exception as error:  # noqa: BLE001 - which is the question
        if not (callable(value) and parameter == "progress"):
            return f"{call.name}({parameter}={label}) raises {type(error).__name__}: {error!s:.200}"
    return ""


def share(call: Call) -> int:
    """Return of how many values one is tried."""
    everything = settings().max_examples > 1000
    return (1 if everything else 7) * (20 if call.slow else 1)


def test_what_a_wrong_value_raises_is_the_librarys_own(calls: Calls) -> None:
    wrong = [
        found
        for call in calls.all()
        for parameter in call.parameters
        for label in VALUES
        if zlib.crc32(f"{call.name} {parameter.name} {label}".encode()) % share(call) == 0
        if (found := raised_wrongly(call, parameter.name, label))
    ]
    assert not wrong, "\n".join(wrong)
    calls.registry.verify()


def test_the_right_values_are_right(calls: Calls) -> None:
    """Else the test above would look no further than to the first of them that is refused."""
    for call in calls.all():
        if not call.name.endswith("create_log"):  # there is no server
            call.run({})
    names = {call.name for call in calls.all()}
    assert {"Registry.record", "Plan.apply", "DelegateAttended", "dialogue_registry.publish"} <= names
    assert len(names) > 90


def test_a_function_that_lets_python_speak_is_found(calls: Calls) -> None:
    call = Call("planted", lambda text: text.split(), dict, calls.registry.reading)
    assert "AttributeError" in raised_wrongly(call, "text", "None")
    planted = Call("planted", calls.registry.parties, dict, calls.registry.reading)
    assert raised_wrongly(planted, "dialogue", "None") == ""
