"""A fuzzer guided by coverage puts bytes into all that reads bytes from outside.

::

    pip install atheris
    python tests/long/fuzz.py -max_total_time=60        # any option of libFuzzer; a folder keeps what it found

It stops with a traceback at the first thing that comes out and is neither a value of ours
nor one of the library's own errors, and with figures when its time is over.
"""

import importlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from dialogue_registry.log.codec import STANDARD_CODEC

atheris: Any = importlib.import_module("atheris")

with atheris.instrument_imports(include=["dialogue_registry"]):
    from dialogue_registry import DialogueLaunched, Registry, Source
    from dialogue_registry.errors import (
        CodecError,
        DialogueRegistryError,
        InvalidDateError,
        InvalidIdError,
        InvalidValueError,
    )
    from dialogue_registry.log.cloudevents import from_line
    from dialogue_registry.log.codec import STORED, decode_source, encode_source
    from dialogue_registry.model.dates import PartialDate
    from dialogue_registry.model.events import DelegateAttended
    from dialogue_registry.model.names import fold, name_parts

WORDS = [word for word, _ in STORED.values()]


def stored_event(data: bytes) -> None:
    word, schema, rest = WORDS[data[0] % len(WORDS)], data[1] % 4, data[2:]
    try:
        event = STANDARD_CODEC.decode(word, schema, rest)
    except CodecError:
        return
    assert STANDARD_CODEC.decode(*STANDARD_CODEC.encode(event)) == event


def stored_source(data: bytes) -> None:
    try:
        source = decode_source(data.decode(errors="replace"))
    except CodecError:
        return
    assert decode_source(encode_source(source)) == source


def json_from_a_file(data: bytes) -> None:
    try:
        word, schema, stored = json.loads(data)
    except (ValueError, TypeError, RecursionError):
        return
    try:
        STANDARD_CODEC.from_data(word, schema, stored)
    except CodecError:
        return


def exported_line(data: bytes) -> None:
    try:
        from_line(data, 1)
    except DialogueRegistryError:
        return


def date(data: bytes) -> None:
    text = data.decode(errors="surrogateescape")
    try:
        read = PartialDate.of(text)
    except InvalidDateError:
        return
    assert str(read) == text
    assert read.earliest <= read.latest_start <= read.latest


def names_and_ids(data: bytes) -> None:
    text = data.decode(errors="replace")
    assert name_parts(text).written == text
    assert fold(fold(text)) == fold(text)
    try:
        seat = DelegateAttended(meeting=text, name=text, party=text)
    except (InvalidIdError, InvalidValueError):
        return
    assert seat.meeting == seat.name == text


def search(data: bytes) -> None:
    REGISTRY.search(data.decode(errors="replace"))


TARGETS = (stored_event, stored_source, json_from_a_file, exported_line, date, names_and_ids, search)
REGISTRY = Registry.open()


def one_input(data: bytes) -> None:
    if len(data) > 3:
        TARGETS[data[0] % len(TARGETS)](data[1:])


def seeds(folder: Path) -> None:
    """Inputs to begin with, so that the fuzzer need not find JSON and our fields by itself."""
    event = {"meeting": "d/s/1", "series": "d/s", "date": "2004-08", "ordinal": 3, "format": "online", "title": "T"}
    fact = {"type": "topic.discussed", "schema": 1, "data": {"meeting": "m", "topic": "t"}}
    amendment = {"event_id": "x", "reason": "r", "replacement": fact, "claim": fact}
    for number in range(len(WORDS)):
        for content in (event, amendment):
            (folder / f"event-{number}-{len(content)}").write_bytes(
                bytes([0, number, 1]) + json.dumps(content).encode()
            )
    for number, text in enumerate(
        ["2004-08-28/2004-08-30", "[2004-08-28..2005-01-01]", "2004", "H.E. Mr. TOKUDA Shuichi"]
    ):
        for target in (4, 5, 6):
            (folder / f"text-{target}-{number}").write_bytes(bytes([target]) + text.encode())
    (folder / "source").write_bytes(b"\x01" + json.dumps({"title": "T", "published": "2004", "url": "u"}).encode())
    (folder / "file").write_bytes(b"\x02" + json.dumps(["fact.corrected", 1, amendment]).encode())
    with Registry.open() as registry:
        registry.record(DialogueLaunched(dialogue="d", name="D", launched="2004"), source=Source("S"))
        (folder / "line").write_bytes(b"\x03" + next(registry.export_events()).encode())


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        seeds(Path(folder))
        atheris.Setup([*sys.argv, "-max_len=4096", "-print_final_stats=1", folder], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
