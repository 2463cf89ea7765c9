"""An import, or one amendment, is undone as a whole; what must stay stays, and is named."""

import pytest

from dialogue_registry import (
    AmendmentError,
    DelegateAttended,
    DialogueLaunched,
    InvalidValueError,
    MeetingHeld,
    Registry,
    SeriesOpened,
    Source,
    TopicDiscussed,
    UnknownEventError,
    import_table,
)

MAPPING = {
    "table": "List",
    "source": {"title": "A list"},
    "each": [
        {"event": "MeetingHeld", "meeting": "d/s/{No}", "series": "d/s", "title": "{Title}"},
        {"event": "DelegateAttended", "meeting": "d/s/{No}", "name": "{Name}", "party": "JPN"},
    ],
}
ROWS = [{"No": "1", "Title": "First", "Name": "A"}, {"No": "2", "Title": "Second", "Name": "B"}]


@pytest.fixture
def registry():
    with Registry.open() as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="D", launched="2004"),
            SeriesOpened(series="d/s", dialogue="d", name="S"),
        )
        yield registry
        registry.verify()


def test_an_import_is_listed_with_its_table_and_what_it_recorded(registry) -> None:
    import_table(registry, ROWS, MAPPING, by="clerk")
    import_table(registry, [{"No": "3", "Title": "Third", "Name": "C"}], {**MAPPING, "table": "Other"})
    first, second = registry.imports()
    assert (first.number, first.table, first.by, first.facts, first.first) == (1, "List", "clerk", 4, 3)
    assert (second.number, second.table, second.facts, second.first) == (2, "Other", 2, 7)


def test_an_import_that_found_nothing_new_is_none(registry) -> None:
    import_table(registry, ROWS, MAPPING)
    import_table(registry, ROWS, MAPPING)
    assert len(registry.imports()) == 1


def test_two_imports_of_one_table_are_undone_apart(registry) -> None:
    meetings, delegates = ({**MAPPING, "each": [fact]} for fact in MAPPING["each"])
    import_table(registry, ROWS, meetings)
    import_table(registry, ROWS, delegates)
    registry.undo(registry.imports()[1], reason="the wrong column")
    assert (len(registry.meetings()), len(registry.attendance())) == (2, 0)


def test_undone_it_is_as_if_it_had_never_been_imported(registry) -> None:
    before = registry.meetings(), registry.attendance(), registry.series()
    import_table(registry, ROWS, MAPPING)
    undone = registry.undo(registry.imports()[0], reason="the wrong mapping", by="clerk")
    assert (registry.meetings(), registry.attendance(), registry.series()) == before
    assert [change.what for change in undone.changes] == ["retracted"] * 4
    assert undone.stays == ()
    assert registry.imports()[0].undone == 4


def test_what_was_undone_is_imported_again(registry) -> None:
    import_table(registry, ROWS, MAPPING)
    registry.undo(registry.imports()[0], reason="the wrong mapping")
    report = import_table(registry, ROWS, MAPPING)
    assert (report.recorded, len(registry.meetings()), len(registry.imports())) == (2, 2, 2)
    assert import_table(registry, ROWS, MAPPING).already_standing == 2


def test_what_somebody_else_retracted_is_not(registry) -> None:
    import_table(registry, ROWS, MAPPING)
    (attended,) = registry.attendance("d/s/2")
    registry.retract(registry.event(attended.event).id, reason="he did not come")
    assert import_table(registry, ROWS, MAPPING).amended_since == 1
    assert registry.attendance("d/s/2") == ()


def test_what_something_rests_on_stays_and_is_named(registry) -> None:
    import_table(registry, ROWS, MAPPING)
    registry.record(TopicDiscussed(meeting="d/s/1", topic="water"), source=Source("A diary"))
    undone = registry.undo(registry.imports()[0], reason="the wrong mapping")
    assert [(stay.fact.meeting, "facts rest on it" in stay.why) for stay in undone.stays] == [("d/s/1", True)]
    assert [m.meeting for m in registry.meetings()] == ["d/s/1"]


def test_what_another_source_says_too_stays_and_is_named(registry) -> None:
    import_table(registry, ROWS, MAPPING)
    registry.record(MeetingHeld(meeting="d/s/2", series="d/s", title="Second"), source=Source("A diary"))
    undone = registry.undo(registry.imports()[0], reason="the wrong mapping")
    assert [(stay.fact.meeting, stay.why) for stay in undone.stays] == [("d/s/2", "another source says it too")]
    (meeting,) = registry.meetings()
    assert [source.title for source in meeting.sources] == ["A diary"]


def test_a_dry_run_of_undo_says_the_same_and_records_nothing(registry) -> None:
    import_table(registry, ROWS, MAPPING)
    position = registry.position
    tried = registry.undo(registry.imports()[0], reason="the wrong mapping", dry_run=True)
    assert registry.position == position
    done = registry.undo(registry.imports()[0], reason="the wrong mapping")
    assert [(c.what, c.before) for c in tried.changes] == [(c.what, c.before) for c in done.changes]


def test_undone_twice_nothing_is_left_to_do(registry) -> None:
    import_table(registry, ROWS, MAPPING)
    registry.undo(registry.imports()[0], reason="the wrong mapping")
    assert registry.undo(registry.imports()[0], reason="the wrong mapping").changes == ()


def test_an_undoing_is_undone_by_retracting_it(registry) -> None:
    import_table(registry, ROWS, MAPPING)
    undone = registry.undo(registry.imports()[0], reason="the wrong mapping")
    for change in reversed(undone.changes):
        registry.undo(change.event, reason="it was right")
    assert (len(registry.meetings()), registry.imports()[0].undone) == (2, 0)


def test_one_amendment_is_undone_and_the_fact_reads_as_before(registry) -> None:
    fact = DelegateAttended(meeting="d/s/1", name="A", party="JPN")
    import_table(registry, ROWS, MAPPING)
    event = next(event for event in registry.events() if event.event == fact)
    right = DelegateAttended(meeting="d/s/1", name="A", party="JPN", office="Minister")
    correction = registry.correct(event.id, right, reason="as printed")
    (change,) = registry.undo(correction.position, reason="it was not printed").changes
    assert (change.what, change.before, change.after) == ("corrected", right, fact)
    assert registry.attendance("d/s/1")[0].office == ""


def test_a_fact_is_no_amendment(registry) -> None:
    with pytest.raises(AmendmentError, match=r"withdraw it with retract\(\)"):
        registry.undo(1, reason="wrong")
    with pytest.raises(UnknownEventError):
        registry.undo(99, reason="wrong")
    assert registry.position == 2


def test_an_import_that_is_not_there_is_named(registry) -> None:
    import_table(registry, ROWS, MAPPING)
    (known,) = registry.imports()
    with Registry.open() as other, pytest.raises(InvalidValueError, match="nothing was imported from a table"):
        other.undo(known, reason="wrong")
