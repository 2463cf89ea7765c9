"""The hash chain: each event's hash covers the event and the hash before it.

The hash is SHA-256 over a format tag, the hash before, the SHA-256 of the stored data
and every other stored column, each text with its length in front. The bytes are those
that are stored, never JSON encoded again. Only a digest of the data goes in, so that data
could one day be erased and the chain still be checked.

A chain does not show that its tail was cut off: keep the head elsewhere to detect that.
"""

from hashlib import sha256

GENESIS = bytes(32)
"""The hash before the first event."""


def link(
    previous: bytes,
    position: int,
    id: str,  # noqa: A002 - the field's name
    subject: str,
    version: int,
    type: str,  # noqa: A002 - the field's name
    schema: int,
    data: str,
    source: str | None,
    by: str,
    recorded_at: str,
) -> bytes:
    """Return the hash (32 bytes) of an event that follows the one whose hash is ``previous``."""
    source_part = "-" if source is None else f"{len(source)}:{source}"
    frame = (
        f"dialogue_registry/1 {position} {version} {schema} {len(id)}:{id} {len(subject)}:{subject} "
        f"{len(type)}:{type} {len(by)}:{by} {len(recorded_at)}:{recorded_at} {source_part}"
    )
    return sha256(previous + sha256(data.encode()).digest() + frame.encode()).digest()
