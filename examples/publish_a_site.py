"""Publish the “Central Asia plus Japan” Dialogue as a site of plain pages (extra ``site``).

    python examples/publish_a_site.py [FOLDER]

FOLDER is by default ca-jad-site in the current folder; open its index.html in a browser.
"""

import sys
from pathlib import Path

from central_asia_plus_japan import load

from dialogue_registry import Registry, publish


def main(folder: str = "ca-jad-site") -> None:
    """Record the dialogue in memory, and write its site."""
    with Registry.open() as registry:
        registry.record_all(load())
        front = publish(
            registry,
            folder,
            description="Meetings from 2004 to June 2021, as the ministries of foreign affairs report them.",
        )
    pages = len(list(Path(folder).rglob("*.html")))
    print(f"{front}: {pages} pages")


if __name__ == "__main__":
    main(*sys.argv[1:2])
