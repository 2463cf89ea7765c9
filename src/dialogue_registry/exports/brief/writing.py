"""Writes a brief to a file: the ending of its name says in which format."""

import os
from pathlib import Path

from dialogue_registry.errors import ExchangeError
from dialogue_registry.exports.brief.composition import compose
from dialogue_registry.exports.brief.markdown import markdown
from dialogue_registry.exports.brief.page import page
from dialogue_registry.exports.brief.values import Brief
from dialogue_registry.exports.brief.word import word
from dialogue_registry.exports.exporter import written_file
from dialogue_registry.model.addresses import check_path
from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.model.shown import shown

_TEXTS = {".md": markdown, ".html": page}
ENDINGS = (*_TEXTS, ".docx")


@arguments_checked
def write_brief(brief: Brief, path: str | os.PathLike[str]) -> Path:
    """Write a brief to a file, as its ending says: .md (Markdown), .html or .docx (Word); return its path.

    The file appears whole or not at all, and replaces one that is there, but never a
    registry. Word needs the extra ``[docx]``.
    """
    ending, document = check_ending(path), compose(brief)
    content = word(document) if ending == ".docx" else _TEXTS[ending](document).encode()
    written_file(Path(path), [content])
    return Path(path)


def check_ending(path: str | os.PathLike[str]) -> str:
    """Return the ending of a file that a brief can be written to; raises ExchangeError."""
    check_path(path)
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        raise ExchangeError(
            f"{shown(str(path))} ends in {ending!r}: a brief is written to a file that ends in "
            f"{', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}"
        )
    return ending
