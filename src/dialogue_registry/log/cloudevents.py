"""Log entries as CloudEvents 1.0, one line of JSON each, and back without loss.

A line is a CloudEvent in JSON format. Its ``type`` holds the stored word and schema version,
and ``data`` is the event as stored. Extension attributes carry what else the log keeps. They
are ``sequence`` (the position, padded so that text sorts as numbers do), ``subjectversion``,
``recordedby``, ``salt`` and ``hash``. ``factsource``, ``factcitation`` and ``factedition`` are
source, citation and its table as JSON text. ``source`` names the log by the id of its first
event.
"""

import base64
import re
from datetime import datetime
from typing import Any

import orjson

from dialogue_registry.errors import CodecError, DialogueRegistryError, UnfitEventError
from dialogue_registry.log.codec import STANDARD_CODEC, VERIFY, Codec, decode_citation, decode_source
from dialogue_registry.log.entry import Entry, instant, position_of
from dialogue_registry.model.shown import shown

_PREFIX = "org.dialogue-registry."
_TYPE = re.compile(
    rf"{re.escape(_PREFIX)}(?P<word>[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+)\.v(?P<schema>[1-9]\d{{0,8}})", re.ASCII
)
_SEQUENCE = re.compile(r"\d{1,18}", re.ASCII)
_SALT = re.compile(r"[0-9a-f]{32}", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


def name_of(first_id: str) -> str:
    """Return the name of a log, the ``source`` of all its CloudEvents, by the id of its first event."""
    return f"urn:uuid:{first_id}"


def to_line(entry: Entry, log: str) -> str:
    """Return an entry as one CloudEvent, without a line end; raises CodecError where it is none."""
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": entry.id,
        "source": log,
        "type": f"{_PREFIX}{entry.type}.v{entry.schema}",
        "time": entry.recorded_at,
        "datacontenttype": "application/json",
        "sequence": f"{entry.position:012}",
        "subjectversion": entry.version,
    }
    if entry.subject:  # CloudEvents knows no empty subject
        event["subject"] = entry.subject
    if entry.by:
        event["recordedby"] = entry.by
    if entry.source is not None:
        event["factsource"] = entry.source
    if entry.citation is not None:
        event["factcitation"] = entry.citation
    if entry.edition is not None:
        event["factedition"] = entry.edition
    try:
        event["salt"] = entry.salt.hex()
        event["hash"] = entry.hash.hex()
        data = entry.data.encode()
        if _canonical(data):
            event["data"] = orjson.Fragment(data)
        else:  # the hash covers the stored bytes, which encoding again would change
            event["data_base64"] = base64.b64encode(data).decode()
        return orjson.dumps(event).decode()
    except (AttributeError, TypeError, ValueError) as error:
        raise CodecError(f"at position {entry.position}: an entry of no log ({error}); {VERIFY}") from error


_GIVE = "give an export of this library"


def from_line(line: str | bytes, number: int, codec: Codec = STANDARD_CODEC) -> tuple[Entry, str]:
    """Return the entry of one CloudEvent, and its ``source``, the name of its log.

    Raises UnfitEventError, naming the line, unless it holds an event of this library.
    """
    if not isinstance(line, str | bytes):
        raise UnfitEventError(f"line {number} is {shown(line)}, no text: {_GIVE}", line=number)
    if number == 1:  # an editor may have put a byte order mark there
        line = line.removeprefix("\ufeff") if isinstance(line, str) else line.removeprefix(b"\xef\xbb\xbf")
    try:
        event = orjson.loads(line)
    except ValueError as error:
        raise UnfitEventError(f"line {number} is no JSON ({error}): {_GIVE}", line=number) from None
    if not isinstance(event, dict):
        raise UnfitEventError(f"line {number} is no CloudEvent, which is an object: {_GIVE}", line=number)
    try:
        entry, log = _entry(event)
        codec.decode(entry.type, entry.schema, entry.data, entry.position)
        decode_source(entry.source, entry.position)
        decode_citation(entry.citation, entry.edition, entry.position)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        reason = f"no {error.args[0]!r}" if isinstance(error, KeyError) else error
        raise UnfitEventError(
            f"line {number} is no CloudEvent of a registry ({reason}): {_GIVE}", line=number
        ) from None
    except DialogueRegistryError as error:
        raise UnfitEventError(f"line {number}: {error}", line=number) from error
    return entry, log


def _entry(event: dict[str, Any]) -> tuple[Entry, str]:
    if event["specversion"] != "1.0":
        raise ValueError(f"specversion is {event['specversion']!r}, not '1.0'")
    word = _matched(_TYPE, event, "type")
    data = base64.b64decode(event["data_base64"], validate=True) if "data_base64" in event else None
    entry = Entry(
        position=int(_matched(_SEQUENCE, event, "sequence")[0]),
        id=_text(event, "id"),
        subject=_text(event, "subject") if "subject" in event else "",
        version=event["subjectversion"],
        type=word["word"],
        schema=int(word["schema"]),
        data=(orjson.dumps(event["data"]) if data is None else data).decode(),
        source=_text(event, "factsource") if "factsource" in event else None,
        citation=_text(event, "factcitation") if "factcitation" in event else None,
        edition=_text(event, "factedition") if "factedition" in event else None,
        by=_text(event, "recordedby") if "recordedby" in event else "",
        recorded_at=_text(event, "time"),
        salt=bytes.fromhex(_matched(_SALT, event, "salt")[0]),
        hash=bytes.fromhex(_matched(_HASH, event, "hash")[0]),
    )
    if position_of(entry.id) != entry.position:
        raise ValueError(f"id {entry.id!r} does not carry the position {entry.position}")
    if type(entry.version) is not int:
        raise TypeError(f"subjectversion is {entry.version!r}, no whole number")
    if instant(datetime.fromisoformat(entry.recorded_at)) != entry.recorded_at:
        raise ValueError(f"time is {entry.recorded_at!r}, not in UTC with microseconds")
    return entry, _text(event, "source")


def _text(event: dict[str, Any], name: str) -> str:
    value = event[name]
    if not isinstance(value, str) or not value or "\0" in value:
        raise TypeError(f"{name} is {value!r:.80}, no text")
    return value


def _matched(shape: re.Pattern[str], event: dict[str, Any], name: str) -> re.Match[str]:
    found = shape.fullmatch(_text(event, name))
    if found is None:
        raise ValueError(f"{name} is {event[name]!r:.80}")
    return found


def _canonical(data: bytes) -> bool:
    try:
        return orjson.dumps(orjson.loads(data)) == data
    except ValueError:
        return False
