"""Begin a registry from a single press release, and still answer how many meetings there have been.

    python examples/one_press_release.py

The release of 16 June 2021 reports one meeting and states that there have been fourteen.
Suppose that a fifteenth follows: one more is recorded, and one more carried on from the
statement. The registry is in memory, and nothing is kept.
"""

from dialogue_registry import CountStated, DialogueLaunched, MeetingHeld, Registry, SeriesOpened, Source

RELEASE = Source(
    "14th Senior Officials' Meeting of the “Central Asia plus Japan” Dialogue",
    url="https://www.mofa.go.jp/erp/ca_c/page4e_001144.html",
    publisher="Ministry of Foreign Affairs of Japan",
    published="2021-06-16",
    language="en",
    kind="report",
)
SOM = "ca-jad/som"


def main() -> None:
    """Record the release, then the meeting after it, and count each time."""
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="ca-jad", name="“Central Asia plus Japan” Dialogue", launched="2004-08"),
            SeriesOpened(series=SOM, dialogue="ca-jad", name="Senior Officials' Meeting", abbreviation="SOM"),
            MeetingHeld(meeting=f"{SOM}/14", series=SOM, date="2021-06-16", ordinal=14, format="online"),
            CountStated(series=SOM, count=14, as_of="2021-06-16", reported_at=f"{SOM}/14"),
            source=RELEASE,
        )
        report(registry, "From the release alone")

        registry.record(
            MeetingHeld(meeting=f"{SOM}/15", series=SOM, date="2022", ordinal=15, format="in-person"),
            source=Source("A made-up release, to go on with"),
        )
        report(registry, "After a 15th meeting")


def report(registry: Registry, when: str) -> None:
    """Print the recorded count, and the count that is carried on from the statement."""
    count = registry.counts()[SOM]
    carried = count.carried.certain if count.carried else "unknown"
    print(f"{when}: SOM: recorded {count.total.certain}, carried {carried}")


if __name__ == "__main__":
    main()
