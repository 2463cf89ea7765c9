"""Sphinx's settings for the documentation."""

import re
import runpy
import shutil
import subprocess
from importlib.metadata import version as _version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sphinx import addnodes

import dialogue_registry
from dialogue_registry import Registry, charts, publish
from dialogue_registry.model.events import FACTS as _FACTS

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
        for cls in _FACTS
    )
)
# Names of two words or more; "Count" and "State" are also plain English.
_PUBLIC = re.compile(
    r"(?<![\w.`:~])("
    + "|".join(
        n
        for n in dialogue_registry.__all__
        if len(re.findall("[A-Z][a-z]", n)) > 1
    )
    + r")(?![\w`(=])"
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


def _link(
    _app: object,
    _what: str,
    _name: str,
    _obj: object,
    _options: object,
    lines: list[str],
) -> None:
    """Link the errors, events and other public names in a docstring."""
    drawing = False  # the tree of errors is a literal block
    for number, line in enumerate(lines):
        drawing = line == "::" or (drawing and (not line or line[0] == " "))
        if not drawing:
            lines[number] = _PUBLIC.sub(rf":class:`~{project}.\1`", line)


def _note_events(app: Any, doctree: Any) -> None:
    """Make the sections of the events targets for links to their classes."""
    if app.env.docname != "reference/events":
        return
    for section in doctree.findall(lambda node: node.tagname == "section"):
        name = section[0].astext()
        if name in dialogue_registry.__all__:
            app.env.get_domain("py").note_object(
                f"{project}.{name}",
                "class",
                section["ids"][0],
                location=section,
            )


def _link_names(app: Any, doctree: Any) -> None:
    """Link each public name and each method that stands as code on a page."""
    for code in list(doctree.findall(lambda node: node.tagname == "literal")):
        call = re.match(r"[Rr]egistry\.(\w+)", code.astext())
        if call and hasattr(Registry, call[1]):
            target = f"Registry.{call[1]}"
        elif code.astext() in dialogue_registry.__all__:
            target = code.astext()
        else:
            continue
        if code.parent.tagname not in {"reference", "pending_xref", "title"}:
            link = addnodes.pending_xref(
                "",
                refdomain="py",
                reftype="obj",
                reftarget=f"{project}.{target}",
                refexplicit=True,
                refdoc=app.env.docname,
            )
            code.parent.replace(code, link)
            link += code


def _draw(app: Any) -> None:
    """Draw the pictures of the pages from the example."""
    load = runpy.run_path(
        str(Path(app.srcdir).parent / "examples" / "central_asia_plus_japan.py")
    )["load"]
    with Registry.open() as registry:
        registry.record_all(load())
        pictures = Path(app.srcdir) / "pictures"
        charts.draw(registry, pictures, formats=["svg"])
        if chromium := shutil.which("chromium"):
            with TemporaryDirectory() as folder:
                front = publish(
                    registry,
                    Path(folder) / "site",
                    description="Meetings from 2004 to June 2021.",
                )
                _photograph(chromium, front.parent, pictures)


def _photograph(chromium: str, site: Path, pictures: Path) -> None:
    """Take the pictures of a published site; without Chromium, they stay."""
    for name, page, size in (
        ("site", "index.html", "1100,900"),
        ("site-meeting", "meetings/ca-jad~som~14.html", "1100,900"),
        ("site-phone", "index.html", "390,844"),
    ):
        command = [
            chromium,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--virtual-time-budget=2000",
            f"--window-size={size}",
            f"--screenshot={pictures / name}.png",
            (site / page).as_uri(),
        ]
        # A command of our own, and no shell.
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603


def setup(app: Any) -> None:  # noqa: D103 - Sphinx asks for it by this name
    app.connect("autodoc-process-signature", _shorten)
    app.connect("autodoc-process-docstring", _link)
    app.connect("doctree-read", _note_events)
    app.connect("doctree-read", _link_names)
    app.connect("builder-inited", _draw)
