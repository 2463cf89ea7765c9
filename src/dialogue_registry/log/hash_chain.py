"""The hash chain: each event's hash covers the event and the hash before it.

The hash is SHA-256 over the hash before, a digest of the body, and a frame of every other
stored column. Each text has its length in front. The bytes are those that are stored, never
JSON encoded again. The body – the data and the citation – goes in as one digest, together with
16 random bytes that are stored beside it. So a body could one day be erased, nobody could guess
it back from the digest, and the chain could still be checked.

A chain does not show that its tail was cut off: keep the head elsewhere to detect that.
"""

from hashlib import sha256

GENESIS = bytes(32)
"""The hash before the first event."""


def body(data: str, citation: str | None, edition: str | None, salt: bytes) -> bytes:
    """Return the digest (32 bytes) of what an event says, and of where in its source."""
    origin = "- -" if citation is None and edition is None else f"{_part(citation)} {_part(edition)}"
    return sha256(salt + f"{len(data)}:{data} {origin}".encode()).digest()


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
    citation: str | None,
    edition: str | None,
    by: str,
    recorded_at: str,
    salt: bytes,
) -> bytes:
    """Return the hash (32 bytes) of an event that follows the one whose hash is ``previous``."""
    frame = (
        f"dialogue_registry/2 {position} {version} {schema} {len(id)}:{id} {len(subject)}:{subject} "
        f"{len(type)}:{type} {len(by)}:{by} {len(recorded_at)}:{recorded_at} {_part(source)}"
    )
    return sha256(previous + body(data, citation, edition, salt) + frame.encode()).digest()


def _part(text: str | None) -> str:
    return "-" if text is None else f"{len(text)}:{text}"
