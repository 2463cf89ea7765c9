"""Keep tables of your own beside the library's: how often each country was the host.

    python examples/own_projection.py

A projection is a value: tables fed by one function per event, sums of their rows, views.
The library keeps it up to date under every record, correction and retraction, and makes
it again when its version is raised.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from central_asia_plus_japan import load

from dialogue_registry import MeetingHeld, Projection, Registry, Table, Tally, View


def hosting(version: int = 1, *, unit: str = "country") -> Projection:
    """Return a projection that counts held meetings by their country, or by their place."""
    return Projection(
        "hosting",
        version,
        [
            Table("hosts", columns={"host": "TEXT"}, feed={MeetingHeld: lambda e: (getattr(e, unit),)}),
            Tally(
                "hosted", table="hosts", key=["host"], sums=["times"],
                select="SELECT host, count(*) FROM {rows} WHERE host <> '' GROUP BY host",
            ),
            View("hosts_by_rank", select="SELECT host, times FROM hosted ORDER BY times DESC, host"),
        ],
    )  # fmt: skip


def main() -> None:
    """Record everything, amend a fact, and change the projection; print the ranking each time."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ca-jad.db"

        with Registry.open(path, projections=[hosting()]) as registry:
            registry.record_all(load())
            show(registry, "Meetings hosted")

            moved = next(r for r in registry.events(subject="ca-jad/som/1") if isinstance(r.event, MeetingHeld))
            elsewhere = MeetingHeld(meeting="ca-jad/som/1", series="ca-jad/som", date="2005-03-04", country="KAZ")
            correction = registry.correct(moved.id, elsewhere, reason="suppose that it was held elsewhere")
            show(registry, "Had the first Senior Officials' Meeting been held in Kazakhstan")

            registry.retract(correction.id, reason="it was not")
            show(registry, "That undone")

        with Registry.open(path, projections=[hosting(2, unit="place")]) as registry:
            show(registry, "Version 2, made again from the same events, counts by place")


def show(registry: Registry, heading: str) -> None:
    """Print the first four of the ranking on one line."""
    ranking = [f"{row['host']} {row['times']}" for row in registry.db["hosts_by_rank"].rows_where(limit=4)]
    print(f"{heading}:\n  {', '.join(ranking)}")


if __name__ == "__main__":
    main()
