"""The writer of pages: as HTML by the templates of this package, and beside it as JSON."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup

from dialogue_registry.charts.language import Language
from dialogue_registry.exports.site.contents import About
from dialogue_registry.exports.site.page import Band, Cell, Link, Page, number_path

# "file:" because a page of a file has no origin, which not every browser takes for 'self'. Nothing is asked for
# elsewhere, and a script that stands in a page is never run. Pages with pictures and that of the search say so.
_POLICY = "default-src 'none'; style-src 'self' file:; form-action 'self' file:; base-uri 'none'"


class _OneLine(Extension):
    """The templates without line ends, which take two bytes of a hundred on a list of links.

    Tags that HTML closes by itself are left open in them, and attributes of one word have no quotation marks.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002 - as Jinja calls it
        return re.sub(r"\s*\n\s*", "", source)


class Writer:
    """A writer of pages into a folder."""

    def __init__(self, folder: Path, language: Language, about: About, *, as_of: str, theme: bool) -> None:
        self._folder = folder
        templates = Environment(
            loader=PackageLoader("dialogue_registry.exports.site"), autoescape=True, undefined=StrictUndefined,
            extensions=[_OneLine],
        )  # fmt: skip
        templates.tests["band"] = lambda row: isinstance(row, Band)
        menu = [
            ("Dialogues", "dialogues/index"), ("Series of meetings", "series/index"), ("People", "people/index"),
            ("Parties", "parties/index"), ("Stated counts", "statements/index"), ("Disputes", "disputes/index"),
            ("What is odd", "anomalies/index"), ("Sources", "sources/index"),
        ]  # fmt: skip
        templates.globals.update(
            say=language, about=about, as_of=as_of, theme=theme, policy=Markup(_POLICY),  # noqa: S704 - a constant of this package
            menu=[(language(text), path) for text, path in menu],
            licence=_linked(about.licence, about.licence_url), source=_linked(about.source, about.source_url),
        )  # fmt: skip
        self._templates = {name: templates.get_template(name) for name in ("page.html", "front.html", "search.html")}

    def write(self, page: Page) -> None:
        """Write a page, and what programs read of it."""
        stem = page.path.rpartition("/")[2]
        html = self._templates[page.template].render(
            page=page, stem=stem, structured=None if page.structured is None else data_in_html(page.structured),
            pager=_pager(page),
        )  # fmt: skip
        self.put(f"{page.path}.html", f"{html}\n".encode())
        self.put(f"{page.path}.json", orjson.dumps({"title": page.title, **page.data}, default=_plain) + b"\n")

    def put(self, path: str, content: bytes) -> None:
        """Write a file of the site."""
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def data_in_html(data: Any) -> Markup:
    """Return data as JSON that can stand in a script element: nothing in it can end that, or begin another."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))  # noqa: S704 - escaped


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError


def _linked(text: str, url: str) -> Cell:
    return Link(text or url, url) if url.startswith(("http://", "https://")) else text


def _pager(page: Page) -> Sequence[tuple[int, str]]:
    """Return the pages of a list to go to: all, or of very many those near this one and every tenth or hundredth."""
    base = page.path.rpartition("/")[2].partition("~~")[0]
    step = 1 if page.numbers <= 30 else 10 if page.numbers <= 300 else 100
    shown = {1, page.numbers, *range(step, page.numbers, step), *range(page.number - 2, page.number + 3)}
    return [(number, f"{number_path(base, number)}.html") for number in sorted(shown) if 1 <= number <= page.numbers]
