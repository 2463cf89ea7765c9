"""The addresses of pages in the folder of a site.

File names are ASCII, in lower case and allowed on every system, so that a site can be copied
to any disk. A name says what it can; where it must be shortened, a digest keeps names apart.
"""

import hashlib
import re
from functools import lru_cache

from dialogue_registry.queries.plain_text import plain

_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)")


def of_id(kind: str, id_: str) -> str:
    """Return the path of the page of a dialogue, series or meeting, such as ``meetings/ca-jad~som~14``."""
    name = id_.replace("/", "~")
    if _RESERVED.match(name) or name.startswith("index"):  # no file of Windows bears these names
        name = f"~{name}"
    return f"{kind}/{name}"


@lru_cache(maxsize=4096)
def of_party(party: str) -> str:
    """Return the path of the page of a party; that of JPN is ``parties/jpn``."""
    if re.fullmatch("[A-Z0-9]{2,12}", party) and not _RESERVED.match(party.lower()):
        return f"parties/{party.lower()}"
    return f"parties/{slug(party)}"


def slug(text: str, key: str = "") -> str:
    """Return a file name for any text: what of it is plain, and a digest that tells it, or its key, from all others."""
    digest = hashlib.blake2b((key or text).encode(), digest_size=8).hexdigest()
    readable = re.sub("[^a-z0-9]+", "-", plain(text[:200]))[:40].strip("-")
    return f"{readable}-{digest}" if readable else digest
