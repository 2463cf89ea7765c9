"""In a notebook, registries and their answers are small tables; what people wrote is escaped."""

from html import escape
from typing import Any

import pytest

from dialogue_registry import (
    CountStated,
    DelegateAttended,
    DialogueLaunched,
    MeetingHeld,
    PartyJoined,
    Registry,
    SeriesOpened,
    Source,
)

EVIL = '<script>alert("x")</script>'


def test_registry_and_answers_show_as_escaped_tables() -> None:
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name=EVIL, launched="2004"),
            SeriesOpened(series="d/fm", dialogue="d", name="Ministers"),
            *(MeetingHeld(meeting=f"d/fm/{n}", series="d/fm", title=f"{EVIL} {n}") for n in range(70)),
            CountStated(series="d/fm", count=9, as_of="2010"),
            source=Source(EVIL, url='https://example.org/"><b>'),
        )
        registry.record(DelegateAttended(meeting="d/fm/1", party=EVIL, name=EVIL))
        registry.record(
            DialogueLaunched(dialogue="e", name="E", launched="2004"), source=Source("J", url="javascript:0")
        )
        held = next(iter(registry.events(subject="d/fm/1")))
        claim = MeetingHeld(meeting="d/fm/1", series="d/fm", date="2004-01-02")
        registry.dispute(held.id, claim, source=Source("Elsewhere"), reason=EVIL)
        shown = {
            "registry": registry,
            "counts": registry.counts(),
            "reconciliation": registry.reconcile(),
            "meetings": registry.meetings(),
            "dialogues": registry.dialogues(),
            "anomalies": registry.anomalies(),
            "search": registry.search("script"),
            "history": registry.history("d/fm/1"),
            "disputes": registry.disputes(),
            "count": registry.counts()["d/fm"],
            "finding": registry.reconcile()[0],
            "meeting": registry.meetings()[0],
            "found": registry.search("script")[0],
        }
        pages = {name: getattr(value, "_repr_html_")() for name, value in shown.items()}  # noqa: B009 - as notebooks do
    assert [name for name, html in pages.items() if "<table>" not in html] == []
    assert [name for name, html in pages.items() if "<script>" in html or "<b>" in html] == []
    assert "0–70" not in pages["registry"]
    assert "… and 10 more" in pages["meetings"]
    assert 'href="https://example.org/&quot;&gt;&lt;b&gt;"' in pages["dialogues"]
    assert "javascript:" not in pages["dialogues"]
    assert "in-person: 0" in pages["count"]
    assert f"name: {escape(EVIL)}" in pages["history"]
    assert "date: 2004-01-02" in pages["disputes"]
    assert "closed" in registry._repr_html_()


def test_at_a_prompt_rows_show_as_a_table_that_fits_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    with Registry.open() as registry:
        assert repr(registry.meetings()) == "nothing"
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            SeriesOpened(series="d/fm", dialogue="d", name="Ministers"),
            *(
                MeetingHeld(meeting=f"d/fm/{n}", series="d/fm", ordinal=n, title="A title that is not short \x1b[31m")
                for n in range(1, 63)
            ),
            source=Source("A list", url="https://example.org/list"),
        )
        first, *_, more = repr(registry.meetings()).split("\n")
        few = repr(registry.meetings()[:2]).split("\n")
    assert first.split() == ["meeting", "series", "status", "ordinal", "title", "sources"]
    assert more == "… and 2 more"
    assert max(map(len, few)) <= 60
    assert "d/fm/2" in "".join(few)
    assert "A list" in "".join(few)
    assert "https" not in "".join(few)
    assert "\x1b" not in "".join(few)


def test_at_a_prompt_conclusions_show_as_tables_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with Registry.open() as registry:
        assert repr(registry.counts()) == "nothing"
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            SeriesOpened(series="d/fm", dialogue="d", name="Ministers"),
            MeetingHeld(meeting="d/fm/1", series="d/fm", ordinal=1, date="2005"),
            CountStated(series="d/fm", count=1, as_of="2005-12-31"),
            CountStated(series="d/fm", count=3, as_of="2006-12-31"),
        )
        assert repr(registry.counts()).split("\n")[-1].split() == ["d/fm", "1", "0", "0", "0", "1", "1", "3"]
        reconciliation = registry.reconcile()
        assert repr(reconciliation) == reconciliation.text(80)
        assert repr(registry.explain("d/fm", count=3)).startswith("Why 3? Ministers (d/fm).\n")
    some: Any = reconciliation[1:]
    assert list(some) == list(reconciliation)[1:]
    assert "2006-12-31" in repr(some)
    assert "2005-12-31" not in some._repr_html_()


def test_an_empty_registry_shows_too() -> None:
    with Registry.open() as registry:
        for value in (
            registry,
            registry.counts(),
            registry.reconcile(),
            registry.meetings(),
            registry.search("x"),
            registry.disputes(),
        ):
            assert "nothing" in getattr(value, "_repr_html_")()  # noqa: B009


def test_rows_and_counts_stay_what_they_are() -> None:
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"), SeriesOpened(series="s", dialogue="d", name="S")
        )
        assert isinstance(registry.series(), tuple)
        assert registry.meetings() == ()
        assert dict(registry.counts()) == registry.counts()
        assert list(registry.counts()) == ["s"]


def test_some_of_the_rows_are_a_table_too() -> None:
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            *(PartyJoined(dialogue="d", party=party, name=party) for party in ("JPN", "KAZ", "UZB")),
        )
        rows: Any = registry.parties()[:2]
    assert rows == rows[0:2:1] == tuple(rows)
    assert "KAZ" in rows._repr_html_()
    assert "UZB" not in rows._repr_html_()
