"""Record the “Central Asia plus Japan” Dialogue up to June 2021, and compare the official counts with it.

    python examples/central_asia_plus_japan.py [FILE]

FILE is the registry, by default central-asia-plus-japan.db in the current folder. A second run
finds nothing new, and records nothing.
"""

import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dialogue_registry import (
    ActivityReported,
    CountStated,
    DelegateAttended,
    DialogueLaunched,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    OutcomeAgreed,
    PartyJoined,
    Registry,
    SeriesOpened,
    Source,
    TopicDiscussed,
)

DATA = Path(__file__).parent / "data" / "central_asia_plus_japan.toml"
RELEASE = "2021-06-16"
WORDS = {None: "", "in-person": "in person", "online": "online", "hybrid": "hybrid", "unknown": "not known"}


def load(path: Path = DATA) -> Iterator[tuple[Any, Source]]:
    """Yield every event of the data file with the page that reports it, in an order that can be recorded."""
    data = tomllib.loads(path.read_text("utf-8"))
    pages = {
        key: {"publisher": publisher["name"], "kind": "report"} | page
        for publisher in data["publishers"]
        for key, page in publisher["pages"].items()
    }
    yield from _dialogue(data["dialogue"], pages)
    for series in data["series"]:
        opened = {key: value for key, value in series.items() if key not in {"page", "meetings"}}
        yield SeriesOpened(dialogue=data["dialogue"]["dialogue"], **opened), Source(**pages[series["page"]])
        for meeting in series["meetings"]:
            yield from _meeting(series["series"], meeting, pages)
    for statement in data["statements"]:
        shared = {key: statement[key] for key in ("as_of", "reported_at") if key in statement}
        for count in statement["counts"]:
            yield CountStated(**shared, **count), Source(**pages[statement["page"]])


def _dialogue(dialogue: Mapping[str, Any], pages: Mapping[str, Any]) -> Iterator[tuple[Any, Source]]:
    id_, source = dialogue["dialogue"], Source(**pages[dialogue["page"]])
    yield DialogueLaunched(dialogue=id_, name=dialogue["name"], launched=dialogue["launched"]), source
    for party in dialogue["parties"]:
        yield PartyJoined(dialogue=id_, **party), source


def _meeting(series: str, meeting: Mapping[str, Any], pages: Mapping[str, Any]) -> Iterator[tuple[Any, Source]]:
    id_ = meeting["meeting"]
    kind = {"kind": meeting["evidence"]} if "evidence" in meeting else {}
    sources = [Source(**pages[page] | kind) for page in meeting["pages"]]

    for part, report in (("announced", MeetingAnnounced), ("held", MeetingHeld)):
        if part in meeting:
            for source in sources:  # the first one makes the meeting, the others confirm it
                yield report(meeting=id_, series=series, **meeting[part]), source
    if "cancelled" in meeting:
        yield MeetingCancelled(meeting=id_, **meeting["cancelled"]), sources[0]

    for part, event in (("attended", DelegateAttended), ("reported", ActivityReported), ("agreed", OutcomeAgreed)):
        for fields in meeting.get(part, ()):
            page = fields.pop("page", None)
            yield event(meeting=id_, **fields), Source(**pages[page]) if page else sources[0]
    for topic in meeting.get("discussed", ()):
        yield TopicDiscussed(meeting=id_, topic=topic), sources[0]


def main(path: str = "central-asia-plus-japan.db") -> None:
    """Record what is new, and print the counts beside the stated ones."""
    with Registry.open(path) as registry:
        before = registry.position
        registry.record_all(load())
        print(f"{path}: {registry.position - before or 'no'} new events, {registry.position} in all\n")
        print(f"Meetings as of {RELEASE}, and what the release of that day states:\n")
        compare(registry)


def compare(registry: Registry) -> None:
    """Print the counts of each series as of the release, by format, beside those that the release states."""
    stated: dict[str, dict[str | None, int]] = {}
    for finding in registry.reconcile():
        statement = finding.statement
        if str(statement.as_of) == RELEASE:
            stated.setdefault(statement.counted, {})[statement.format] = statement.count

    verdicts = []
    for series in registry.series():
        count = registry.counts(as_of=RELEASE)[series.series]
        numbers = stated.get(series.series, {})
        recorded = [(count.by_format[how] if how else count.total, number) for how, number in numbers.items()]
        agreements = [tally.certain == tally.possible == number for tally, number in recorded]
        verdicts += agreements
        print(
            f"{series.name:27} {count.total.certain:2}:",
            f"{_listed({how: tally.certain for how, tally in count.by_format.items()}):42}",
            f"stated: {_listed(numbers)}, {'agrees' if all(agreements) else 'differs'}" if numbers else "not stated",
        )
    outcome = "they agree" if all(verdicts) else f"{verdicts.count(False)} differ"
    print(f"\n{len(verdicts)} stated counts compared with the meetings recorded: {outcome}.")


def _listed(numbers: Mapping[Any, int]) -> str:
    """Return numbers by format, such as "7 in person and 1 online"; the format None is all together."""
    parts = [f"{number} {WORDS[how]}".strip() for how, number in numbers.items() if number]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


if __name__ == "__main__":
    main(*sys.argv[1:2])
