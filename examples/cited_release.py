"""Record all that one press release says, and cite for each fact the paragraph and the words.

    python examples/cited_release.py

The release of 16 June 2021 is the source of every fact: it reports the 14th Senior Officials'
Meeting, names who took part, tells what was discussed, and states how many meetings there have
been. The registry is in memory, and nothing is kept.
"""

from collections.abc import Iterator
from typing import Any

from dialogue_registry import (
    ActivityReported,
    Citation,
    CountStated,
    DelegateAttended,
    DialogueLaunched,
    MeetingAnnounced,
    MeetingHeld,
    PartyJoined,
    Registry,
    SeriesOpened,
    Source,
    TopicDiscussed,
)

RELEASE = Source(
    "14th Senior Officials' Meeting of the “Central Asia plus Japan” Dialogue",
    url="https://www.mofa.go.jp/erp/ca_c/page4e_001144.html",
    publisher="Ministry of Foreign Affairs of Japan",
    published="2021-06-16",
    language="en",
    kind="report",
)
DIALOGUE = "ca-jad"
FM, SOM, TOKYO, EXPERTS = (f"{DIALOGUE}/{series}" for series in ("fm", "som", "tokyo", "experts"))
MEETING = f"{SOM}/14"
FIRST, SECOND, THIRD = "paragraph 1", "paragraph 2", "paragraph 3"
DIALOGUE_REFERENCE, PARTICIPANTS = "reference 1", "reference 2"
STATES = "Kazakhstan, Kyrgyzstan, Tajikistan, Turkmenistan, and Uzbekistan"


def facts() -> Iterator[tuple[Any, Citation]]:
    """Yield every fact of the release with its paragraph and its words, in an order that can be recorded."""
    for fact, locator, quote in [*dialogue(), *meetings(), *delegates(), *discussed(), *counts()]:
        yield fact, Citation(locator=locator, quote=quote)


def dialogue() -> Iterator[tuple[Any, str, str]]:
    """Yield the dialogue, its parties and its series."""
    yield (
        DialogueLaunched(dialogue=DIALOGUE, name="“Central Asia plus Japan” Dialogue", launched="2004-08"),
        DIALOGUE_REFERENCE,
        "was launched in August 2004",
    )
    yield PartyJoined(dialogue=DIALOGUE, party="JPN", name="Japan"), DIALOGUE_REFERENCE, "between Japan and the five"
    names = ("Kazakhstan", "Kyrgyzstan", "Tajikistan", "Turkmenistan", "Uzbekistan")
    for party, name in zip(("KAZ", "KGZ", "TJK", "TKM", "UZB"), names, strict=True):
        yield PartyJoined(dialogue=DIALOGUE, party=party, name=name), FIRST, STATES
    for series, name, locator, quote in (
        (FM, "Foreign Ministers' Meeting", DIALOGUE_REFERENCE, "7 Foreign Ministers’ meeting"),
        (SOM, "Senior Officials' Meeting", FIRST, "Senior Officials Meeting (SOM)"),
        (TOKYO, "Tokyo Dialogue", DIALOGUE_REFERENCE, "intellectual dialogue (Tokyo Dialogue)"),
        (EXPERTS, "Experts' Meeting", DIALOGUE_REFERENCE, "experts’ meetings"),
    ):
        yield SeriesOpened(series=series, dialogue=DIALOGUE, name=name), locator, quote


def meetings() -> Iterator[tuple[Any, str, str]]:
    """Yield the meetings that the release reports or announces, and the activities beside them."""
    yield (
        MeetingHeld(meeting=MEETING, series=SOM, date="2021-06-16", ordinal=14, format="online"),
        FIRST,
        "On June 16, the 14th Senior Officials Meeting (SOM)",
    )
    yield (
        MeetingHeld(
            meeting=f"{FM}/special-2020", series=FM, date="2020-08", format="online",
            title="Foreign Ministers' Special Video Conference",
        ),
        SECOND,
        "Foreign Ministers’ Special Video Conference",
    )  # fmt: skip
    yield (
        MeetingHeld(meeting=f"{EXPERTS}/6", series=EXPERTS, date="[2020-08-01..2021-06-16]", ordinal=6),
        SECOND,
        "the 6th expert meeting",
    )
    yield MeetingAnnounced(meeting=f"{FM}/next", series=FM, country="JPN"), THIRD, "to be held in Japan"
    for title, organisers, quote in (
        (
            "Medical expert meeting on infectious disease measures",
            "Medical Excellence Japan (MEJ)",
            "a medical expert meeting on infectious disease measures",
        ),
        (
            "Central Asia Virtual EXPO (CAVEX)",
            "Japan Association for Trade with Russia & NIS (ROTOBO)",
            "the Central Asia Virtual EXPO (CAVEX)",
        ),
    ):
        yield ActivityReported(meeting=MEETING, title=title, organisers=[organisers]), SECOND, quote


def delegates() -> Iterator[tuple[Any, str, str]]:
    """Yield those who took part, with the office that the release gives."""
    yield (
        DelegateAttended(
            meeting=MEETING, name="TOKUDA Shuichi", party="JPN", role="head",
            office="Special Representative in charge of Central Asia (Ambassador), "
            "Ministry of Foreign Affairs of Japan",
        ),
        FIRST,
        "Mr. TOKUDA Shuichi, Special Representative in charge of Central Asia (Ambassador)",
    )  # fmt: skip
    for name, party, office in (
        ("Marat SYZDYKOV", "KAZ", "Deputy Minister of Foreign Affairs of the Republic of Kazakhstan"),
        ("Azizbek MADMAROV", "KGZ", "Deputy Minister of Foreign Affairs of the Kyrgyz Republic"),
        ("Khusrav NOZIRI", "TJK", "First Deputy Minister of Foreign Affairs of the Republic of Tajikistan"),
        ("Vepa HAJIYEV", "TKM", "Deputy Minister for Foreign Affairs of Turkmenistan"),
        ("Furkat SIDIKOV", "UZB", "Deputy Minister of Foreign Affairs, the Republic of Uzbekistan"),
    ):
        attended = DelegateAttended(meeting=MEETING, name=name, party=party, role="head", office=office)
        yield attended, PARTICIPANTS, f"Mr. {name}, {office}"


def discussed() -> Iterator[tuple[Any, str, str]]:
    """Yield what was discussed."""
    for topic in (
        "health and medical care against the spread of Covid-19", "trade and economy", "transportation", "connectivity",
        "infrastructure", "tourism", "agriculture", "regional security",
    ):  # fmt: skip
        yield TopicDiscussed(meeting=MEETING, topic=topic), SECOND, topic
    for topic in ("agenda of the next Foreign Ministers' Meeting", "future directions of the Dialogue"):
        yield TopicDiscussed(meeting=MEETING, topic=topic), THIRD, topic
    yield TopicDiscussed(meeting=f"{EXPERTS}/6", topic="clean energy"), SECOND, "clean energy"


def counts() -> Iterator[tuple[Any, str, str]]:
    """Yield the numbers of meetings that the release states."""
    stated: tuple[tuple[str, int, str | None, str], ...] = (
        (FM, 7, "in-person", "7 Foreign Ministers’ meeting face-to-face"),
        (FM, 1, "online", "1 meeing online"),  # as printed
        (SOM, 14, None, "14 Senior Officials Meeting (SOM)"),
        (TOKYO, 11, None, "11 intellectual dialogue (Tokyo Dialogue)"),
        (EXPERTS, 6, None, "6 experts’ meetings"),
    )
    for series, count, how, quote in stated:
        fact = CountStated(series=series, count=count, as_of="2021-06-16", format=how, reported_at=MEETING)
        yield fact, DIALOGUE_REFERENCE, quote


def record(registry: Registry) -> None:
    """Record the release."""
    registry.record(*((fact, RELEASE, cited) for fact, cited in facts()))


def main() -> None:
    """Print every fact with the paragraph and the words that it was read from."""
    with Registry.open() as registry:
        record(registry)
        for event in registry.events():
            if (cited := event.citation) is not None:
                print(f"{event.position:2} {type(event.event).__name__}: {cited.locator}: “{cited.quote}”")


if __name__ == "__main__":
    main()
