"""The commands that put answers into words: brief, explain."""

import click

from dialogue_registry.cli.access import asking
from dialogue_registry.cli.main import question
from dialogue_registry.cli.options import LocalPath, answer_options, at_option, day, file_argument
from dialogue_registry.cli.output import say, show, terminal_width
from dialogue_registry.exports.brief.composition import compose
from dialogue_registry.exports.brief.gathering import brief as gathered
from dialogue_registry.exports.brief.markdown import markdown
from dialogue_registry.exports.brief.writing import check_ending, write_brief
from dialogue_registry.model.events import Format


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


@question(example="dialogue-registry explain ca-jad.db ca-jad/fm --count 8 --as-of 2021-06-16")
@file_argument
@click.argument("series")
@click.option("--count", type=click.IntRange(min=0), required=True, help="The number to explain.")
@click.option("--as-of", metavar="DATE", type=day, help="Up to this day, month or year, or today; by default all.")
@click.option("--format", "how", type=click.Choice([how.value for how in Format]), help="The number is of one format.")
@answer_options
def explain(file: str, series: str, *, count: int, as_of: str | None, how: str | None, shown: str | None) -> None:
    """Explain a number of meetings of SERIES: which rule gives it, which meetings make the difference.

    It also lists the sources that state a number, and says what is uncertain or circular and
    which numbers are missing. Where no rule gives the number, it names the nearest. SERIES
    may be the id of a dialogue too.
    """
    with asking(file) as registry:
        explanation = registry.explain(series, count=count, as_of=as_of, format=how)
    if shown is None:
        say(explanation.text(terminal_width()))
    else:
        show([explanation], "subject count as_of verdict rules nearest meetings missing", shown)
