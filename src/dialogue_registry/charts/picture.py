"""A picture, drawn wide for paper and narrow for a phone, and the files it is saved as."""

import base64
import hashlib
import html
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from dialogue_registry.charts import svg
from dialogue_registry.charts.language import Language
from dialogue_registry.charts.style import DARK, FONT, NARROW, PAPER, WIDE
from dialogue_registry.errors import ExchangeError, InvalidValueError, needs_extra
from dialogue_registry.model.arguments import arguments_checked
from dialogue_registry.model.shown import shown
from dialogue_registry.registry.replacement import replaced_file

#: A PNG is 17 cm wide, as the text of an A4 page, and up to 25 cm high, at 300 dots per inch.
_PPI = 300
_ACROSS, _DOWN = 17 / 2.54, 25 / 2.54
#: Smaller than this, nobody can read it: what is so high stays 17 cm wide, and is higher than a page.
_SMALLEST = 0.7
#: An image of more dots takes more than 150 MB to draw, so a high one has fewer dots per inch.
_DOTS = 9_000_000


@attrs.frozen
class Drawing:
    """Markup of a certain size."""

    width: float
    height: float
    body: str = attrs.field(repr=False)


@attrs.frozen
class Picture:
    """A picture of a registry: a title, its drawings, and the rows that it shows.

    ``svg`` is the whole document; a notebook shows it. :func:`save` writes files.
    """

    title: str
    language: str
    wide: Drawing
    narrow: Drawing
    rows: Sequence[Mapping[str, Any]] = attrs.field(repr=False)

    @property
    def svg(self) -> str:
        """The picture as an SVG document, at the width of a page."""
        return self._document(self.wide)

    @property
    def narrow_svg(self) -> str:
        """The picture as an SVG document, at the width of a phone."""
        return self._document(self.narrow)

    def _document(self, drawing: Drawing) -> str:
        width, height = svg.number(drawing.width), svg.number(drawing.height)
        return svg.element(
            "svg",
            svg.element("title", svg.words(self.title)),
            svg.element("rect", width=width, height=height, fill=PAPER),
            drawing.body,
            xmlns="http://www.w3.org/2000/svg",
            width=width,
            height=height,
            viewBox=f"0 0 {width} {height}",
            role="img",
            lang=self.language,
            font_family=FONT,
            fill=DARK,
        )

    @property
    def html(self) -> str:
        """The picture as a page that fits a screen and a phone; it runs no script and asks for nothing."""
        # A script element that holds data is not run. In it "<" could end the element, so it is written \u003c.
        rows = json.dumps(self.rows, ensure_ascii=False).replace("<", "\\u003c")
        digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
        policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        return (
            f'<!DOCTYPE html>\n<html lang="{self.language}">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{html.escape(svg.xml_text(self.title))}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
            f'<main>\n<div class="wide">{self.svg}</div>\n<div class="narrow">{self.narrow_svg}</div>\n</main>\n'
            f'<script type="application/json" id="rows">{rows}</script>\n</body>\n</html>\n'
        )

    def _repr_mimebundle_(self, *_: Any, **__: Any) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": repr(self)}


_STYLE = (
    "body{margin:0;background:#fff}main{max-width:1000px;margin:0 auto}svg{display:block;width:100%;height:auto}"
    ".narrow{display:none}@media(max-width:600px){.wide{display:none}.narrow{display:block}}"
)


def picture(
    draw: Callable[[float], Drawing], *, title: str, language: Language, rows: Sequence[Mapping[str, Any]]
) -> Picture:
    """Return the picture that a function draws at a width."""
    return Picture(title=title, language=language.tag, wide=draw(WIDE), narrow=draw(NARROW), rows=rows)


@arguments_checked
def save(picture: Picture, path: str | os.PathLike[str]) -> Path:
    """Write a picture to a file: ``.svg``, ``.html``, ``.png`` or ``.pdf``; none of them needs a network.

    A PNG is 17 cm wide at 300 dots per inch, or 25 cm high where it is somewhat higher than a
    page. A picture of very many series stays 17 cm wide. PNG and PDF need the extra ``charts``.
    """
    path = Path(path)
    match path.suffix.lower():
        case ".svg":
            content = picture.svg.encode()
        case ".html":
            content = picture.html.encode()
        case ".png":
            content = _png(picture)
        case ".pdf":
            content = bytes(_converter().svg_to_pdf(picture.svg))
        case other:
            raise InvalidValueError(f"a picture cannot be written as {shown(other)}: use .svg, .png, .pdf or .html")
    try:
        with replaced_file(path) as file:
            file.write(content)
    except OSError as error:
        raise ExchangeError(f"{path} cannot be written ({error.strerror or error}): check the path") from error
    return path


def _png(picture: Picture) -> bytes:
    width, height = picture.wide.width, picture.wide.height
    on_a_page = min(_ACROSS / width, _DOWN / height)
    inches = on_a_page if on_a_page >= _SMALLEST * _ACROSS / width else _ACROSS / width  # per pixel
    ppi = min(_PPI, (_DOTS / (width * height * inches**2)) ** 0.5)
    # The renderer takes a pixel for 1/72 inch.
    return bytes(_converter().svg_to_png(picture.svg, scale=inches * 72, ppi=ppi))


def _converter() -> Any:
    with needs_extra("charts", "PNG and PDF need the package vl-convert-python"):
        import vl_convert  # noqa: PLC0415 - an extra
    return vl_convert
