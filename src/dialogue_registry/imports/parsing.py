"""TOML and JSON that somebody else wrote: whatever is wrong with the text is a ValueError."""

import json
import tomllib
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def toml_of(text: str) -> dict[str, Any]:
    """Return what a text in TOML holds; raises ValueError, also where it is nested too deeply."""
    return _parsed(tomllib.loads, text)


def json_of(text: str) -> Any:
    """Return what a text in JSON holds; raises ValueError, also where it is nested too deeply."""
    return _parsed(json.loads, text)


def _parsed(parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
