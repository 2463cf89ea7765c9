"""The reports of one meeting: which are news, which further evidence, and the status they come to.

A history is written as it is spoken: ``A(x)1 C2@5`` is an announcement for the plan x by source 1, then a
cancellation by source 2 said on day 5. ``A(x,p)`` names a place too, ``P(may)`` is postponed until May, ``C(s)``
gives the reason s, ``H(x)`` was held. Source S stands for one source; a report without a number is its own.
"""

import csv
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from dialogue_registry import (
    ConflictError,
    DialogueLaunched,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    MeetingPostponed,
    RefusedError,
    Registry,
    SeriesOpened,
    Snapshot,
    Source,
    StatusError,
    export_file,
    import_table,
)
from dialogue_registry.model import status as rules

MEETING = "d/s/1"
SETTING = (
    DialogueLaunched(dialogue="d", name="A dialogue", launched="2004"),
    SeriesOpened(series="d/s", dialogue="d", name="A series"),
)
#: The days that the plans are for.
PLANS = {"x": "2031-01-10", "y": "2031-02-20", "z": "2031-03-30", "w": "2031-12-12", "f": "2030-02"}
#: Until when a meeting is postponed.
UNTIL = {"m": "2031-06", "n": "2031-07", "mar": "2031-03", "may": "2030-05", "jun": "2030-06", "sep": "2030-09"}
UNTIL["nov"] = "2030-11"
#: How a report is told: by the day of its source, or by its own ``on``.
WAYS = ("published", "on")

_TOKEN = re.compile(r"(?P<what>[APCH])(?:\((?P<words>[a-z,]+)\))?(?P<source>\d+|S)?(?:@(?P<day>\d+))?")


def day_number(number: int) -> date:
    return date(2024, 1, 1) + timedelta(number)


@attrs.frozen
class Report:
    """One report of a history."""

    written: str
    fact: Any
    source: Source

    @classmethod
    def parse(cls, written: str, way: str = "published") -> "Report":
        token = _TOKEN.fullmatch(written)
        assert token is not None, written
        words = (token["words"] or "").split(",")
        day = day_number(int(token["day"])) if token["day"] else None
        on = day if way == "on" else None
        source = Source(f"Source {token['source'] or 'S'}", published=day if way == "published" else None)
        match token["what"]:
            case "A" | "H":
                report = MeetingAnnounced if token["what"] == "A" else MeetingHeld
                place = "Paris" if "p" in words else ""
                fact: Any = report(meeting=MEETING, series="d/s", date=PLANS[words[0]], place=place, on=on)
            case "P":
                fact = MeetingPostponed(meeting=MEETING, until=UNTIL.get(words[0]), on=on)
            case _:
                fact = MeetingCancelled(meeting=MEETING, reason="strike" if words[0] == "s" else words[0], on=on)
        return cls(written, fact, source)


def parse(history: str, way: str = "published") -> list[Report]:
    return [Report.parse(token, way) for token in history.split()]


def status_of(registry: Snapshot) -> str:
    """The status as the histories write it: the status, then the plan or until when."""
    (meeting,) = registry.meetings()
    plan = next((name for name, text in PLANS.items() if text == str(meeting.date)), str(meeting.date))
    until = next((name for name, text in UNTIL.items() if text == str(meeting.until)), None)
    place = ", p" if meeting.place == "Paris" else ""
    return (
        f"{meeting.status} to {until}"
        if meeting.status == "postponed" and until
        else f"{meeting.status}, {plan}{place}"
    )


def opened() -> Registry:
    registry = Registry.open()
    registry.record(*SETTING)
    return registry


def tell(registry: Registry, calls: Sequence[Sequence[Report]]) -> list[str]:
    """Record each call of reports; return what each report became: news, ev, –, conflict or the error's words."""
    became: list[str] = []
    for call in calls:
        before = registry.position
        try:
            if len(call) == 1:
                recorded = registry.record(call[0].fact, source=call[0].source)
            else:
                assert len({report.source for report in call}) == 1
                recorded = registry.record(*[report.fact for report in call], source=call[0].source)
        except RefusedError as refusal:
            assert registry.position == before
            became.append("conflict" if isinstance(refusal, ConflictError) else str(refusal).split(":")[0])
            continue
        steps = {step.position: step.what for step in registry.history(MEETING)}
        names = {"recorded": "news", "also reported": "ev"}
        became += [names[steps[event.position]] if event.new else "–" for event in recorded]
        assert [event.position for event in recorded if event.new] == list(range(before + 1, registry.position + 1))
    return became


def each(history: str, way: str = "published") -> list[list[Report]]:
    return [[report] for report in parse(history, way)]


# --- every history, each report a call of its own ----------------------------------------

#: (history, what each report becomes, the status they come to)
HISTORIES = [
    ("A(x)1 C1 A(x)2 C2 A(x)3 C3", "news news ev ev ev ev", "cancelled, x"),
    ("A(x)1 C2 A(y)3 C4", "news news news news", "cancelled, y"),
    ("A(x) C A(y) C", "news news news –", "announced, y"),
    ("A(x)1 C(s)2 A(y)3 C(s)4 A(z)5 C(s)6", "news news news news news news", "cancelled, z"),
    ("A(x)1 P(m)1 A(x)2 P(m)2 A(x)3 P(m)3", "news news ev ev ev ev", "postponed to m"),
    ("H(x)1 H(x)2 A(x)3 A(x)4", "news ev news ev", "held, x"),
    ("A(f)1 P(may)2@20 P(sep)3@50 P(mar)4@80", "news news news news", "postponed to mar"),
    ("A(f)1@1 P(jun)2@15 P(nov)3@124", "news news news", "postponed to nov"),
    ("A(f)1@1 P(nov)3@124 P(jun)2@15", "news news news", "postponed to nov"),
    ("A(f)1@1 P(jun)2@15 C3@200", "news news news", "cancelled, f"),
    ("A(f)1@1 C3@200 P(jun)2@15", "news news news", "cancelled, f"),
    ("A(f)1@400 C2@300", "news news", "announced, f"),
    ("A(x,p)1@1 C2@2 A(x)3@3", "news news news", "announced, x, p"),
    ("A(x,p)1 C2 A(x)3", "news news ev", "cancelled, x, p"),
    ("A(x)1@1 C2 A(x)3@3 C4", "news news news news", "cancelled, x"),
    ("A(x)1 C1 A(y)2 A(x)3 C3", "news news news ev ev", "announced, y"),
    ("A(x)1 C1 A(y)2 C(z)2 A(x)3", "news news news news ev", "cancelled, y"),
    ("A(x)1@5 C2@5 A(y)3@5 C4@5", "news news news news", "cancelled, y"),
    ("A(x)1 C1 A(y)2 H(y)2 C3", "news news news news ev", "held, y"),
    ("A(x)1 C1 A(y)2 H(y)2 C(s)3", "news news news news was-held", "held, y"),
    ("H(x)1@1 H(y)2@2", "news conflict", "held, x"),
    ("H(x)1 A(x)2 A(y)3", "news news conflict", "held, x"),
    ("A(x)1@1 C2@5 A(y)3 A(y)4@3", "news news news news", "announced, y"),
    ("A(x)1@5 C2 H(x)3@2", "news news news", "held, x"),
    ("A(x)1 C2 P(m)3", "news news news", "postponed to m"),
    ("A(x)1 C2 P(m)3 C4", "news news news news", "cancelled, x"),
    ("A(x)1@1 P(m)2@1 P3@2", "news news news", "postponed to m"),
    ("A(x)1 P(m)1 C2 P3", "news news news ev", "cancelled, x"),
    ("A(x)1 P1 A(y)1 A(x)2 P2 A(y)2", "news news news ev ev ev", "announced, y"),
    ("A(x)1 C1@5 A(y)2 C3@5", "news news news news", "cancelled, y"),
    ("A(x)1 A(y)2", "news conflict", "announced, x"),
    ("A(x)1@1 A(y)2@4", "news news", "announced, y"),
    ("A(y)2@4 A(x)1@1", "news news", "announced, y"),
    ("A(x,p)1 A(x)2", "news ev", "announced, x, p"),
    ("A(x)1 A(x,p)2", "news conflict", "announced, x"),
    ("A(x)1 C2 H(x)3", "news news was-cancelled", "cancelled, x"),
]  # fmt: skip

REFUSALS = {
    "was-held": f"{MEETING!r} was held, so it was not cancelled",
    "was-cancelled": f"{MEETING!r} was cancelled, so it was not held",
}


def expected_of(outcome: str) -> list[str]:
    return [REFUSALS.get(word, word) for word in outcome.split()]


@contextmanager
def within(history: str) -> Iterator[None]:
    """Name the history in which an assertion fails."""
    try:
        yield
    except AssertionError as failure:
        failure.add_note(f"in the history {history}")
        raise


@pytest.mark.parametrize("way", WAYS)
def test_each_report_is_news_or_evidence_and_all_come_to_one_status(way: str) -> None:
    for history, outcome, status in HISTORIES:
        with within(history):
            check_history(history, outcome, status, way)


def check_history(history: str, outcome: str, status: str, way: str) -> None:
    with opened() as registry:
        assert tell(registry, each(history, way)) == expected_of(outcome)
        assert status_of(registry) == status
        position = registry.position
        tell(registry, [[report] for report in parse(history, way)])  # each source says all of it again
        assert (registry.position, status_of(registry)) == (position, status)
        with registry.at(position=position) as past:
            assert status_of(past) == status
        registry.verify()
        registry.rebuild()
        assert status_of(registry) == status


# --- several lines in one call -----------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "outcome", "status"),
    [
        ("A(x) C A(y) C", "news news news news", "cancelled, y"),
        ("A(x)S@5 CS@5 A(y)S@5 CS@5", "news news news news", "cancelled, y"),  # the page has a day, its lines have none
        ("A(x) C A(x) C", "news news – –", "cancelled, x"),  # the meeting stands in the table twice
        ("A(x) H(x) A(x) H(x)", "news news – –", "held, x"),  # each delegate's row says it
    ],
)
def test_a_page_is_taken_whole_and_read_again_appends_nothing(call: str, outcome: str, status: str) -> None:
    with opened() as registry:
        lines = parse(call)
        assert tell(registry, [lines]) == outcome.split()
        assert status_of(registry) == status
        assert tell(registry, [lines]) == ["–"] * 4
        assert tell(registry, [[line] for line in lines]) == ["–"] * 4
        assert status_of(registry) == status


def test_a_page_read_again_after_another_source_spoke_appends_nothing() -> None:
    with opened() as registry:
        page = parse("A(x) C")
        assert tell(registry, [page]) == ["news", "news"]
        assert tell(registry, each("A(y)2")) == ["news"]
        assert tell(registry, [page]) == ["–", "–"]
        assert status_of(registry) == "announced, y"


def test_what_appends_nothing_says_why() -> None:
    with opened() as registry:
        page = parse("A(x) C")
        tell(registry, [page])
        (again,) = registry.record(page[1].fact, source=page[1].source)
        assert not again.new
        assert again.note


def test_a_new_line_after_an_older_plan_of_its_source_is_refused_and_asks_for_a_day() -> None:
    with opened() as registry:
        tell(registry, [parse("A(x) C A(y)")])
        page = parse("A(x) C(s)")
        with pytest.raises(RefusedError, match="on="):
            registry.record(*[line.fact for line in page], source=page[0].source)
        assert status_of(registry) == "announced, y"
        dated = attrs.evolve(page[1].fact, on=day_number(9))
        registry.record(page[0].fact, dated, source=page[0].source)
        assert status_of(registry) == "cancelled, y"


def test_what_a_source_says_twice_is_news_with_a_day_of_its_own() -> None:
    with opened() as registry:
        tell(registry, each("A(x) C A(y) C"))
        assert status_of(registry) == "announced, y"
        registry.record(MeetingCancelled(meeting=MEETING, on="2031-01-01"), source=Source("Source S"))
        assert status_of(registry) == "cancelled, y"


# --- days that are no days, retractions --------------------------------------------------


def test_a_month_is_no_day() -> None:
    with opened() as registry:
        tell(registry, each("A(x)1@10"))
        vague = MeetingPostponed(meeting=MEETING, on="2024-04")
        (recorded,) = registry.record(vague, source=Source("Source 2", published=day_number(100)))
        assert recorded.new
        assert status_of(registry) == "postponed, x"
        assert tell(registry, each("A(y)3@50")) == ["news"]
        assert status_of(registry) == "announced, y"


def test_retracting_the_first_announcement_leaves_the_second_as_news() -> None:
    with opened() as registry:
        assert tell(registry, each("A(x)1 C1 A(x)2")) == ["news", "news", "ev"]
        assert status_of(registry) == "cancelled, x"
        first = next(event for event in registry.events(subject=MEETING))
        retraction = registry.retract(first.id, reason="another meeting")
        assert status_of(registry) == "announced, x"
        assert "cancelled" in retraction.note
        assert "announced" in retraction.note
        registry.verify()


def test_a_report_of_what_is_impossible_is_an_anomaly_where_it_has_a_day() -> None:
    with opened() as registry:
        tell(registry, each("A(x)1@5 C2 H(x)3@2"))
        kinds = {anomaly.kind for anomaly in registry.anomalies(today="2035-01-01")}
        assert any("cancelled" in kind and "held" in kind for kind in kinds), kinds


def test_a_refusal_for_the_status_is_a_status_error() -> None:
    with opened() as registry:
        tell(registry, each("A(x)1 C2"))
        with pytest.raises(StatusError, match="was cancelled, so it was not held"):
            registry.record(MeetingHeld(meeting=MEETING, series="d/s", date=PLANS["x"]), source=Source("Source 3"))


# --- the same by tables ------------------------------------------------------------------

MAPPING = {
    "source": {"title": "{Source}", "published": "{Published}"},
    "each": [
        {
            "event": event,
            "when": {"What": letter},
            "meeting": "d/s/{No}",
            **fields,
            "on": "{On}",
        }
        for letter, event, fields in [
            ("A", "MeetingAnnounced", {"series": "d/s", "date": "{Date}", "place": "{Place}"}),
            ("H", "MeetingHeld", {"series": "d/s", "date": "{Date}", "place": "{Place}"}),
            ("P", "MeetingPostponed", {"reason": "{Reason}", "until": "{Until}"}),
            ("C", "MeetingCancelled", {"reason": "{Reason}"}),
        ]
    ],
}
COLUMNS = ["No", "What", "Date", "Place", "Reason", "Until", "On", "Source", "Published"]


def as_row(report: Report) -> dict[str, str]:
    fact, source = report.fact, report.source
    return {
        "No": "1",
        "What": type(fact).__name__.removeprefix("Meeting")[0],
        **{
            column: str(getattr(fact, column.lower(), None) or "")
            for column in ("Date", "Place", "Reason", "Until", "On")
        },
        "Source": source.title,
        "Published": str(source.published or ""),
    }


def as_csv(path: Path, reports: Iterable[Report]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(map(as_row, reports))
    return path


def imported(registry: Registry, path: Path) -> list[str]:
    """Import a table; return what each step in the history of the meeting is."""
    before = registry.position
    import_table(registry, path, MAPPING)
    names = {"recorded": "news", "also reported": "ev"}
    return [names[step.what] for step in registry.history(MEETING) if step.position > before]


@pytest.mark.parametrize("way", WAYS)
def test_a_table_of_each_report_comes_to_the_same(way: str, tmp_path: Path) -> None:
    for history, outcome, status in HISTORIES:
        with within(history), opened() as registry:
            for number, (report, word) in enumerate(zip(parse(history, way), outcome.split(), strict=True)):
                steps = imported(registry, as_csv(tmp_path / f"{number}.csv", [report]))
                assert steps == [word] * (word in ("news", "ev")), report.written
            assert status_of(registry) == status
            registry.verify()


@pytest.mark.parametrize(
    ("table", "outcome", "status"),
    [
        ("A(x) C A(y) C", "news news news news", "cancelled, y"),
        ("A(x)S@5 CS@5 A(y)S@5 CS@5", "news news news news", "cancelled, y"),
        ("A(x) C A(x) C", "news news", "cancelled, x"),
        ("A(x) H(x) A(x) H(x)", "news news", "held, x"),
    ],
)
def test_a_table_of_one_source_is_taken_whole_and_twice(table: str, outcome: str, status: str, tmp_path: Path) -> None:
    with opened() as registry:
        path = as_csv(tmp_path / "page.csv", parse(table))
        assert imported(registry, path) == outcome.split()
        assert status_of(registry) == status
        assert imported(registry, path) == []
        assert status_of(registry) == status
        registry.verify()


def test_a_table_read_again_after_another_source_spoke_appends_nothing(tmp_path: Path) -> None:
    with opened() as registry:
        path = as_csv(tmp_path / "page.csv", parse("A(x) C"))
        assert imported(registry, path) == ["news", "news"]
        assert imported(registry, as_csv(tmp_path / "other.csv", parse("A(y)2"))) == ["news"]
        assert imported(registry, path) == []
        assert status_of(registry) == "announced, y"


@pytest.mark.parametrize("last", ["C3", "C4"])
def test_a_monthly_list_under_another_name_changes_nothing(last: str, tmp_path: Path) -> None:
    with opened() as registry:
        assert imported(registry, as_csv(tmp_path / "may.csv", parse("A(x)1 C1"))) == ["news", "news"]
        assert imported(registry, as_csv(tmp_path / "june.csv", parse("A(x)2 C2"))) == ["ev", "ev"]
        assert imported(registry, as_csv(tmp_path / "july.csv", parse(f"A(x){last[1]} {last}"))) == ["ev", "ev"]
        assert status_of(registry) == "cancelled, x"


# --- any order ---------------------------------------------------------------------------

#: Reports with distinct days of their own; the first of them makes the meeting known.
ANY_ORDER = [
    ("A(x)1@1 C2@10 A(y)3@20 C4@30", "cancelled, y"),
    ("A(x)1@1 P(m)2@10 C3@20 A(y)4@30", "announced, y"),
    ("A(x)1@1 A(y)2@10 P(m)3@20 P(n)4@30 C5@40", "cancelled, y"),
    ("A(x)1@1 P(m)1@10 A(y)1@20 C1@30 A(z)1@40", "announced, z"),
    ("A(x)1@1 C2@10 P(m)3@20 P4@30", "postponed to m"),
    ("A(x,p)1@1 C2@10 A(x)3@20 P(s)4@30 A(x)5@40", "announced, x, p"),
    ("A(x)1@1 C(s)2@10 A(y)3@20 C(s)4@30 A(z)5@40 C(s)6@50", "cancelled, z"),
    ("A(x)1@1 P2@10 A(y)3@20 H(y)4@30", "held, y"),
    ("A(x)1@1 C2@10 H(x)3@20 C4@30", "held, x"),
    ("A(f)1@1 P(may)2@10 P(sep)3@20 P(mar)4@30 A(w)5@40 P(n)6@50", "postponed to n"),
    ("A(x)1@1 P(m)2@10 P(n)3@20 C4@30", "cancelled, x"),
    ("A(x)1@1 C2@10 P(m)3@20 A(y)4@30 P5@40", "postponed, y"),
    ("H(x)1@30 A(x)2@1 P(m)3@10 C4@20", "held, x"),
    ("A(x)1@1 P(m)2@10 A(x)3@20 C4@30 A(y)5@40", "announced, y"),
    ("A(x,p)1@1 A(y)2@10 C3@20 A(x)4@30", "announced, x"),
    ("A(x,p)1@1 C2@10 A(y)3@20 P(n)4@30 H(y)5@40", "held, y"),
    ("A(x)1@1 C(s)2@10 C3@20 A(y)4@30 P(m)5@40 C(s)6@50", "cancelled, y"),
    ("A(f)1@1 P(sep)2@10 P(may)3@20 P(jun)4@30", "postponed to jun"),
    ("A(x)3@40 A(y)1@1 P(m)2@10 C2@20", "announced, x"),
    ("A(x)1@1 A(y)1@10 A(z)1@20 P(m)2@30 P2@35", "postponed to m"),
    ("A(x)1@1 P(m)2@10 C3@20 P(m)4@30", "postponed to m"),
    ("A(x)1@1 H(x)2@10 C3@20 A(y)4@30", "held, x"),
]


def orders(history: str) -> list[tuple[str, ...]]:
    """Return the orders of recording that begin with an announcement or a report that it was held."""
    return [order for order in itertools.permutations(history.split()) if order[0][0] in "AH"]


def folded(reports: Iterable[Report]) -> str:
    """The status that some reports come to, written as by status_of(); each of them has to be taken, and as news."""
    story = rules.Story(MEETING)
    for number, report in enumerate(reports, 1):
        day = rules.own_day(report.fact, report.source)
        classified = story.classify(rules.Report(number, report.fact, report.source, day))
        assert classified.leader is None, report.written
        story.check(classified, attended=False)
        story.keep(classified)
    state = rules.fold(story.news)
    assert state is not None
    until = next((name for name, text in UNTIL.items() if text == str(state.until)), None)
    if state.status is rules.Status.POSTPONED and until:
        return f"postponed to {until}"
    shown: Any = state.shown.content
    plan = next(name for name, text in PLANS.items() if text == str(shown.date))
    return f"{state.status}, {plan}{', p' * (shown.place == 'Paris')}"


@pytest.mark.parametrize("way", WAYS)
def test_reports_with_days_come_to_one_status_in_any_order(way: str) -> None:
    for history, expected in ANY_ORDER:
        reports = {report.written: report for report in parse(history, way)}
        for order in orders(history):
            with within(" ".join(order)):
                assert folded(reports[written] for written in order) == expected


def test_reports_with_days_are_shown_alike_everywhere_in_whatever_order_they_were_recorded(tmp_path: Path) -> None:
    for history, expected in ANY_ORDER:
        possible = orders(history)
        seen: list[tuple[object, ...]] = []
        for order, way in zip([possible[0], possible[len(possible) // 3], possible[-1]], [*WAYS, "on"], strict=True):
            with within(" ".join(order)), opened() as registry:
                assert tell(registry, each(" ".join(order), way)) == ["news"] * len(order)
                assert status_of(registry) == expected
                registry.verify()
                seen.append(shown_everywhere(registry, tmp_path))
                assert seen[-1] == seen[0]


def shown_everywhere(registry: Registry, tmp_path: Path) -> tuple[object, ...]:
    """The status in the views, the past, the calendar and the linked data."""
    views = status_of(registry)
    with registry.at(position=registry.position) as past:
        assert status_of(past) == views
    (meeting,) = registry.meetings()
    (row,) = registry.db["meetings"].rows
    calendar, data = tmp_path / "all.ics", tmp_path / "all.jsonld"
    for path in (calendar, data):
        path.unlink(missing_ok=True)
        export_file(registry, path)
    lines = calendar.read_text("utf-8").splitlines()
    return (
        views,
        str(meeting.status),
        row["status"],
        str(meeting.date),
        meeting.reason,
        str(meeting.until),
        [line for line in lines if line.startswith(("STATUS", "DTSTART"))],
        _events(json.loads(data.read_text("utf-8"))),
    )


def _events(value: Any) -> list[tuple[object, object]]:
    """The status and the day of each event of linked data."""
    if isinstance(value, list):
        return [found for item in value for found in _events(item)]
    if not isinstance(value, dict):
        return []
    own = [(value["eventStatus"], value.get("startDate"))] if "eventStatus" in value else []
    return own + [found for item in value.values() for found in _events(item)]
