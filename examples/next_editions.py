"""Take three editions of an invented list of visits over, one after the other.

    python examples/next_editions.py

The second edition mends two spellings and merges two rows. The third withdraws a row, gives
one another day, and has two visitors exchanged. After each edition the registry shows what a
fresh import of that edition shows, and it can still be asked what each earlier one said.
"""

from pathlib import Path
from typing import Any

from dialogue_registry import Registry, Snapshot, import_table, plan_edition

DATA = Path(__file__).parent / "data"
MAPPING = DATA / "visits.toml"
EDITIONS = [DATA / f"visits-{number}.csv" for number in (1, 2, 3)]


def visits(registry: Snapshot) -> list[tuple[Any, ...]]:
    """Return the visits: number, day, place and visitor."""
    visitors = {row.meeting: row.name for row in registry.attendance()}
    return [(m.ordinal, str(m.date), m.place, visitors.get(m.meeting, "")) for m in registry.meetings()]


def fresh(edition: Path) -> list[tuple[Any, ...]]:
    """Return the visits of a registry that has this edition and no other."""
    with Registry.open() as registry:
        import_table(registry, edition, MAPPING)
        return visits(registry)


def main() -> None:
    """Print what each edition changes."""
    with Registry.open() as registry:
        import_table(registry, EDITIONS[0], MAPPING)
        ends = [registry.position]
        for number, edition in enumerate(EDITIONS[1:], 2):
            plan = plan_edition(registry, edition, MAPPING, withdraw=True)
            print(f"edition {number}:")
            for proposal in plan:
                print(f"  {proposal}")
            plan.apply(registry, reason=f"edition {number}")
            ends.append(registry.position)
            print("  as a fresh import:", visits(registry) == fresh(edition))
        for number, (end, edition) in enumerate(zip(ends, EDITIONS, strict=True), 1):
            with registry.at(end) as then:
                print(f"known at position {end}: edition {number}:", visits(then) == fresh(edition))


if __name__ == "__main__":
    main()
