"""The addresses of web pages in a source's address, which may hold several, or none."""

import re

_ADDRESS = re.compile(r"(?:https?|ftp)://[^\s\x00-\x1f\x7f-\x9f\"<>\\^`{|}]+", re.IGNORECASE)


def addresses(text: str) -> list[str]:
    r"""Return the addresses in a text that may hold several of them, or words.

    >>> addresses("https://example.org/en\nhttps://example.org/de; see also box 12")
    ['https://example.org/en', 'https://example.org/de']
    """
    return [found.rstrip(",;") for found in _ADDRESS.findall(text)]
