"""The commands that write the registry for others: export, publish, chart, brief."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from dialogue_registry import charts
from dialogue_registry.cli.access import asking
from dialogue_registry.cli.main import question
from dialogue_registry.cli.options import FORMS, LocalPath, at_option, day, file_argument, language_option
from dialogue_registry.cli.output import progress_bar, say, terminal_width
from dialogue_registry.exports.brief.composition import compose
from dialogue_registry.exports.brief.gathering import brief as gathered
from dialogue_registry.exports.brief.markdown import markdown
from dialogue_registry.exports.brief.writing import check_ending, write_brief
from dialogue_registry.exports.exporter import FORMATS, export_file
from dialogue_registry.exports.site.datasette import describe_for_datasette
from dialogue_registry.exports.site.publish import publish as publish_site


@question(example="dialogue-registry export ca-jad.db calendar.ics")
@file_argument
@click.argument("destination", default="-", type=LocalPath(allow_dash=True))
@click.option("--format", "kind", type=click.Choice(FORMATS), help="By default, what the ending says.")
@click.option("--force", is_flag=True, help="Replace a folder even if it holds other files.")
@click.option("--spreadsheet", is_flag=True, help=f"With the format csv: {FORMS['spreadsheet'].partition(' ')[2]}")
@click.option(
    "--mapping", metavar="FILE", type=LocalPath(),
    help="With xlsx and csv: also write the mapping with which the facts in it are imported again.",
)  # fmt: skip
@language_option
@at_option
def export(
    file: str, destination: str, *, kind: str | None, force: bool, spreadsheet: bool, mapping: str | None,
    lang: str | None,
) -> None:  # fmt: skip
    """Write the registry in a format of others: to a file, a folder, or - for standard output.

    events (.jsonl, all of the log, lossless), xlsx (a workbook), csv (a folder with a Tabular
    Data Package), parquet (a folder), ics (a calendar), jsonld (schema.org), popolo (.json).

    A file that is there is replaced, unless it is a registry; a folder only if it holds nothing else.
    """
    bar = nullcontext() if destination == "-" else progress_bar("events")  # no bar among the lines of an answer
    with asking(file) as registry, bar as progress:
        left_out = export_file(
            registry, destination, format=kind, force=force, spreadsheet=spreadsheet, mapping=mapping, language=lang,
            progress=progress,
        )  # fmt: skip
    for line in left_out:
        say(f"left out: {line}", err=True)


@question(example='dialogue-registry publish ca-jad.db site --licence "CC BY 4.0"')
@file_argument
@click.argument("folder", type=LocalPath())
@click.option("--title", default="", help="What the site is called; by default the names of the dialogues.")
@click.option("--description", default="", help="A sentence for the front page.")
@click.option("--licence", default="", help="Under which licence the data may be used.")
@click.option("--licence-url", default="", help="Address of the licence.")
@click.option("--source", default="", help="Where the data come from.")
@click.option("--source-url", default="", help="Address of that.")
@click.option("--lang", "language", default="en", help="The language of the words on the pages: en or ja.")
@click.option("--base-url", default="", help="Where the site will be read; for feeds and search engines.")
@click.option("--theme", metavar="FILE", type=LocalPath(), help="A file of CSS with the variables of the style sheet.")
@click.option("--pictures/--no-pictures", default=True, help="With the timeline and the counts, or without.")
@click.option("--log", is_flag=True, help="Add the whole log to what can be downloaded.")
@click.option("--database", is_flag=True, help="Add the registry itself to what can be downloaded.")
@click.option("--datasette", is_flag=True, help="Write no site, but metadata.json for Datasette, which serves FILE.")
@at_option
def publish(file: str, folder: str, datasette: bool, **chosen: Any) -> None:  # noqa: FBT001 - click passes it
    """Write FOLDER, a site that opens in any browser: no server is needed."""
    with asking(file) as registry:
        if not datasette:
            front = publish_site(registry, folder, **chosen)
            say(f"{front} is ready: open it in a browser", err=True)
            return
    about = {name: chosen[name] for name in ("title", "description", "licence", "licence_url", "source", "source_url")}
    target, serve = describe_for_datasette(file, folder, **about)
    say(f"{target} is ready: {serve}", err=True)


@question(example="dialogue-registry chart ca-jad.db pictures --format svg --since 2010")
@file_argument
@click.argument("folder", type=LocalPath())
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
@click.option(
    "--title", default="", help="The title, of at most 300 characters; by default the names of the dialogues."
)
@click.option("--attendance", "with_attendance", is_flag=True, help="Draw the grid of who came, too.")
@click.option("--lang", "language", default="en", help="The language of the words in the pictures: en or ja.")
@at_option
def chart(file: str, folder: str, formats: tuple[str, ...], **chosen: Any) -> None:
    """Draw the timeline and the counts into FOLDER."""
    with asking(file) as registry:
        drawn = charts.draw(registry, Path(folder), formats=formats or ("svg", "png", "html"), **chosen)
    for path in drawn:
        say(path)


@question(example="dialogue-registry brief ca-jad.db ca-jad/som/14 --as-of 2021-06-16 --out som-14.html")
@file_argument
@click.argument("id_", metavar="ID")
@click.option("--as-of", metavar="DATE", type=day, help="Up to and including this day, or today; by default all.")
@click.option("--lang", "language", default="en", help="The language of the words and names: en or ja.")
@click.option(
    "--out", metavar="FILE", type=LocalPath(),
    help="Write it there: a file that ends in .md, .html or .docx (Word); by default Markdown on the screen.",
)  # fmt: skip
@at_option
def brief(file: str, id_: str, *, as_of: str | None, language: str, out: str | None) -> None:
    """Write a brief of a dialogue, series or meeting, each line of it with its sources.

    It has the counts as of a day and the sentence in which a release would state them. It has
    who came and who did not, topics, activities, outcomes, what disagrees, and the next meeting
    announced.
    """
    if out is not None:
        check_ending(out)
    with asking(file) as registry:
        written = gathered(registry, id_, as_of=as_of, language=language)
    if out is None:
        say(markdown(compose(written), terminal_width()).rstrip("\n"))
        return
    say(f"{write_brief(written, out)} is ready", err=True)
