"""Values and comments as TOML writes them."""

import json
from collections.abc import Mapping
from typing import Any


def toml_text(text: str) -> str:
    """Return a text as a basic string of TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_comment(text: str) -> str:
    """Return a text on one line, with nothing in it that a comment cannot hold."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def toml_value(value: Any) -> str:
    """Return a value as TOML writes it on one line."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case list() | tuple():
            return f"[{', '.join(map(toml_value, value))}]"
        case Mapping():
            return f"{{ {', '.join(f'{toml_text(key)} = {toml_value(item)}' for key, item in value.items())} }}"
        case _:
            return toml_text(str(value))
