"""Rates of attendance, as the pages of dialogues, series and parties show them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dialogue_registry.exports.site.page import Cell, Table
from dialogue_registry.queries.dicts import to_dict
from dialogue_registry.queries.rates import AttendanceRate

if TYPE_CHECKING:
    from dialogue_registry.exports.site.contents import Contents


def rates_table(
    contents: "Contents", of: str, rows: Sequence[tuple[Cell, AttendanceRate]], *, title: str, note: str = ""
) -> Table:
    """Return rates of attendance, each behind what it is of; ``of`` is the head of that column."""
    say = contents.say
    outcomes = [say(word).capitalize() for word in ("present", "absent", "excused", "not known")]
    return Table(
        title=title, note=note, columns=(of, say("Meetings held"), *outcomes, say("Came to")), anchor="rates",
        numbers=frozenset(range(1, 7)),
        rows=[
            (
                link, *map(say.number, (rate.held, rate.present, rate.absent, rate.excused, rate.not_known)),
                str(rate.rate),
            )
            for link, rate in rows
        ],
    )  # fmt: skip


def rate_data(rate: AttendanceRate) -> Mapping[str, Any]:
    """Return a rate of a party as JSON has it."""
    return {name: value for name, value in to_dict(rate).items() if name != "person"}
