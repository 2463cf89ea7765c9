"""The commands that find and show: search, publish, chart."""

from pathlib import Path
from typing import Any

import click

from dialogue_registry import charts
from dialogue_registry.cli.main import at, cli, command, say
from dialogue_registry.cli.options import asking, file_argument, show, shown_option
from dialogue_registry.exports.site.publish import publish as publish_site


@command(cli, at, example="dialogue-registry search ca-jad.db syzdykov")
@file_argument
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(min=1), default=20, help="At most so many; by default 20.")
@shown_option
def search(file: str, words: tuple[str, ...], limit: int, shown: str | None) -> None:
    """Find facts by their words: names, titles, offices, topics, activities, outcomes, places."""
    with asking(file) as registry:
        found = registry.search(" ".join(words), limit=limit)
    show(found, "subject kind snippet" if shown is None else "subject kind snippet text event", shown)


@command(cli, example='dialogue-registry publish ca-jad.db site --licence "CC BY 4.0"')
@file_argument
@click.argument("folder")
@click.option("--title", default="", help="What the site is called; by default the names of the dialogues.")
@click.option("--description", default="", help="A sentence for the front page.")
@click.option("--licence", default="", help="Under which licence the data may be used.")
@click.option("--licence-url", default="", help="Address of the licence.")
@click.option("--source", default="", help="Where the data come from.")
@click.option("--source-url", default="", help="Address of that.")
@click.option("--pictures/--no-pictures", default=None, help="By default, pictures if the extra charts is there.")
def publish(file: str, folder: str, pictures: bool | None, **told: str) -> None:  # noqa: FBT001 - click passes it
    """Write FOLDER, a site that Datasette serves: datasette serve FOLDER."""
    made = publish_site(file, folder, pictures=pictures, **told)
    say(f"{made.parent} is ready: datasette serve {made.parent}", err=True)


@command(cli, at, example="dialogue-registry chart ca-jad.db pictures --format svg --since 2010")
@file_argument
@click.argument("folder")
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(["svg", "png", "pdf", "html"]),
    help="May be repeated; by default svg, png and html.",
)
@click.option("--dialogue", metavar="ID", help="Only this dialogue.")
@click.option("--series", multiple=True, metavar="ID", help="Only this series; may be repeated.")
@click.option("--since", metavar="YEAR", help="The first year to draw.")
@click.option("--title", default="", help="The title; by default the names of the dialogues.")
@click.option("--lang", "language", default="en", help="The language of the words in the pictures: en or ja.")
def chart(file: str, folder: str, formats: tuple[str, ...], **chosen: Any) -> None:
    """Draw the timeline and the counts into FOLDER."""
    with asking(file) as registry:
        drawn = charts.draw(registry, Path(folder), formats=formats or ("svg", "png", "html"), **chosen)
    for path in drawn:
        say(path)
