"""The table, as Markdown, and the page of the documentation that shows it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.targets import Line

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
_HEAD = ("work", "against", "registry", "other", "ratio, median (range)", "target", "reached")


def markdown(lines: Sequence[Line]) -> str:
    """The lines as a table whose columns stand under each other."""
    rows = [_HEAD, *((li.work, li.against, li.registry, li.other, li.ratio, li.target, _reached(li)) for li in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    shown = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    shown.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(shown)


def _reached(line: Line) -> str:
    return "" if line.reached is None else "yes" if line.reached else "no"


def heading(context: Mapping[str, Any]) -> str:
    """Return in a sentence how the figures were made."""
    versions = ", ".join(f"{name} {version}" for name, version in context["versions"].items())
    load = "; ".join(f"{when} {value:.1f}" for when, value in context["load"].items())
    return (
        f"Made on {context['day']} by `{context['command']}` on {context['cpus']} processors ({context['machine']}), "
        f"{context['rounds']} rounds, with {versions}; load of the machine: {load}."
    )


def write_page(page: Path, context: Mapping[str, Any], lines: Sequence[Line]) -> None:
    """Put the table between the marks on a page."""
    text = page.read_text("utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n{heading(context)}\n\n{markdown(lines)}\n{END}{after}", "utf-8")
