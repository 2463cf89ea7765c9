"""Sphinx's settings for the documentation."""

from importlib.metadata import version as _version

project = "dialogue_registry"
author = "The dialogue_registry developers"
project_copyright = f"2026, {author}"
version = release = _version("dialogue-registry")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"

# "date" in a signature is datetime.date, and is also the name of a field of several classes.
suppress_warnings = ["ref.python"]

html_theme = "furo"
html_title = f"{project} {version}"
