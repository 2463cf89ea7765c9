"""Make all views again from the log, and fold the log into a value of your own.

    python examples/replay.py

The log is the only truth. Every question has the same answer after a rebuild, and a question
that the library does not have is a plain fold over the same events.
"""

from collections.abc import Mapping
from functools import reduce
from typing import Any

from central_asia_plus_japan import load

from dialogue_registry import MeetingHeld, Registry

Hosts = Mapping[str, frozenset[str]]


def host(hosts: Hosts, recorded: Any) -> Hosts:
    """Return the hosts with those of one more recorded event: countries, and the meetings held there.

    Meetings are kept in a set, since several sources may report the same one. Corrections
    and retractions would be among the events, too; this log has none.
    """
    match recorded.event:
        case MeetingHeld(meeting=meeting, country=country) if country:
            return {**hosts, country: hosts.get(country, frozenset()) | {meeting}}
        case _:
            return hosts


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
        hosts = reduce(host, registry.events(), empty)
        print("Who hosted how many meetings:")
        for country in sorted(hosts, key=lambda country: (-len(hosts[country]), country)):
            print(f"  {country} {len(hosts[country]):2}")


def answers(registry: Registry) -> Mapping[str, Any]:
    """Return two answers that come from the views: the counts, and all meetings."""
    return {"counts": dict(registry.counts()), "meetings": list(registry.db["meetings"].rows)}


if __name__ == "__main__":
    main()
