"""Sphinx's settings for the documentation."""

import re
import runpy
from importlib.metadata import version as _version
from pathlib import Path
from typing import Any

from dialogue_registry import Registry, charts
from dialogue_registry.model.events import Fact as _Fact

project = "dialogue_registry"
author = "The dialogue_registry developers"
project_copyright = f"2026, {author}"
version = release = _version("dialogue-registry")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_default_options = {"members": True, "undoc-members": True}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"

# Quotation marks are written as meant; "--strict" must keep its two hyphens.
smartquotes = False

# "date" in a signature is datetime.date, and several classes
# have a field of that name.
suppress_warnings = ["ref.python"]

html_theme = "furo"
html_title = f"{project} {version}"

_FACT = re.compile(
    r" \| ".join(
        rf"(~dialogue_registry\.model\.events\.)?{cls.__name__}"
        for cls in _Fact.__args__
    )
)
_MADE_BY_THE_LIBRARY = {
    f"dialogue_registry.{name}" for name in ("Registry", "Snapshot", "Count")
}


def _shorten(
    _app: object,
    _what: str,
    name: str,
    _obj: object,
    _options: object,
    signature: str | None,
    back: str,
) -> Any:
    """Write Fact for the union of all facts.

    Objects that only the library makes are shown without a signature.
    """
    if not signature:
        return None
    return (
        "" if name in _MADE_BY_THE_LIBRARY else _FACT.sub("Fact", signature)
    ), back


def _draw(app: Any) -> None:
    """Draw the pictures of the pages from the example."""
    load = runpy.run_path(
        str(Path(app.srcdir).parent / "examples" / "central_asia_plus_japan.py")
    )["load"]
    with Registry.open() as registry:
        registry.record_all(load())
        charts.draw(registry, Path(app.srcdir) / "pictures", formats=["svg"])


def setup(app: Any) -> None:  # noqa: D103 - Sphinx asks for it by this name
    app.connect("autodoc-process-signature", _shorten)
    app.connect("builder-inited", _draw)
