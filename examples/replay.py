"""Make all views again from the log, and fold the facts that stand into a value of your own.

    python examples/replay.py

The log is the only truth. Every question has the same answer after a rebuild, and a question
that the library does not have is a plain fold over the facts. ``facts()`` yields them as they
read now, each one time. ``events()`` yields the raw log: what was corrected or withdrawn
since, the amendments themselves, and what a second source said again.
"""

from collections.abc import Mapping
from functools import reduce
from typing import Any

from central_asia_plus_japan import load

from dialogue_registry import MeetingHeld, RecordedEvent, Registry

Hosts = Mapping[str, frozenset[str]]


def host(hosts: Hosts, held: RecordedEvent[MeetingHeld]) -> Hosts:
    """Return the hosts with that of one more report: countries, and the meetings held there.

    Meetings are kept in a set, since a meeting may be reported again on another day.
    """
    meeting, country = held.event.meeting, held.event.country
    return {**hosts, country: hosts.get(country, frozenset()) | {meeting}} if country else hosts


def main() -> None:
    """Record everything, rebuild, compare, and fold."""
    with Registry.open() as registry:
        registry.record_all(load())

        before = answers(registry)
        registry.rebuild()
        after = answers(registry)
        print(f"views made again from {registry.position} events: {'same' if before == after else 'other'} answers")
        print(f"{len(after['counts'])} series counted, {len(after['meetings'])} meetings listed\n")

        empty: Hosts = {}
        hosts = reduce(host, registry.facts(MeetingHeld), empty)
        print("Who hosted how many meetings:")
        for country in sorted(hosts, key=lambda country: (-len(hosts[country]), country)):
            print(f"  {country} {len(hosts[country]):2}")

        reports = sum(isinstance(recorded.event, MeetingHeld) for recorded in registry.events())
        print(f"\n{sum(map(len, hosts.values()))} meetings with a host; the raw log has {reports} reports of meetings")


def answers(registry: Registry) -> Mapping[str, Any]:
    """Return two answers that come from the views: the counts, and all meetings."""
    return {"counts": dict(registry.counts()), "meetings": registry.meetings()}


if __name__ == "__main__":
    main()
