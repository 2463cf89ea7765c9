"""Paths of files, and addresses of servers in their place, which may hold a password that nobody may see."""

import re
from urllib.parse import unquote

from dialogue_registry.errors import InvalidValueError

LONGEST_PATH = 4096
"""The longest path of a file, in characters."""

#: Half surrogate pairs but those that stand for bytes which are no text.
_IN_NO_PATH = re.compile("[\0\ud800-\udc7f\udd00-\udfff]")
_NAMED = r"(?:pass(?:word|wd)|pwd)\s*="
#: A name of one letter may be a drive.
_USER = r"^\s*(?!mailto:)(?:[^\s/\\:@]{2,}:(?!//)|[^\s/\\:@]:(?![/\\]))\S*@\S"
_LIKE_AN_ADDRESS = re.compile(rf"://|^\s*postgres[^/\s]*:|//[^/?#\s]*:\S*@|{_NAMED}|{_USER}", re.IGNORECASE)
_WITH_A_PASSWORD = re.compile(
    rf"\bpostgres\w*(?:\+\w+)?:/|//[^/?#\s]*:(?!\d{{1,5}}(?:[/?#]|$))\S*@|{_NAMED}|{_USER}", re.IGNORECASE
)


def is_address(path: object) -> bool:
    """Return whether a path is the address of a server; raises InvalidValueError where it only looks like one.

    Such a text is not shown, nor is a file made of that name, as it may hold a password.
    """
    if isinstance(path, str) and path.startswith(("postgresql://", "postgres://")):
        return True
    if _is_found(_LIKE_AN_ADDRESS, str(path)):
        raise InvalidValueError(
            "that is neither the path of a file nor the address of a server (it is not shown, as it may hold a "
            "password): give a path, or postgresql://role:password@host:5432/database as a text"
        )
    if len(str(path)) > LONGEST_PATH:
        raise InvalidValueError(f"{path!s:.80}… has {len(str(path)):,} characters, more than any path: correct it")
    return False


def check_path(path: object) -> None:
    """Raise InvalidValueError where the path of a file or folder is, or looks like, an address, or is no path."""
    if is_address(path):
        raise InvalidValueError(
            "that is the address of a server (it is not shown, as it may hold a password), where a file or a folder "
            "is wanted: give a path"
        )
    if _IN_NO_PATH.search(str(path)):
        raise InvalidValueError(f"{str(path)!r} holds a character that the name of no file may: correct the path")


def may_hold_password(text: str) -> bool:
    """Return whether a text that is no path may hold the password of an address, and must not be shown or kept.

    An address of the web without a password is none.
    """
    return _is_found(_WITH_A_PASSWORD, text)


def _is_found(pattern: re.Pattern[str], text: str) -> bool:
    """Return whether a pattern is found in a text as it is, or as a program reads it that decodes ``%3A``."""
    return pattern.search(text) is not None or ("%" in text and pattern.search(unquote(text)) is not None)
