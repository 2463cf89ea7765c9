"""The command that writes a brief."""

import click

from dialogue_registry.cli.access import asking
from dialogue_registry.cli.main import question
from dialogue_registry.cli.options import LocalPath, at_option, day, file_argument
from dialogue_registry.cli.output import say, terminal_width
from dialogue_registry.exports.brief.composition import compose
from dialogue_registry.exports.brief.gathering import brief as gathered
from dialogue_registry.exports.brief.markdown import markdown
from dialogue_registry.exports.brief.writing import check_ending, write_brief


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

    It has the counts as of a day and the sentence in which a release would state them, who
    came and who did not, topics, activities and outcomes, what disagrees, and the next
    meeting announced.
    """
    if out is not None:
        check_ending(out)
    with asking(file) as registry:
        written = gathered(registry, id_, as_of=as_of, language=language)
    if out is None:
        say(markdown(compose(written), terminal_width()).rstrip("\n"))
        return
    say(f"{write_brief(written, out)} is ready", err=True)
