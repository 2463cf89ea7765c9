"""A user's projection is kept as the library keeps its own: by every event, under every amendment, in every program."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dialogue_registry import (
    DelegateAttended,
    DialogueLaunched,
    InvalidValueError,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    OutdatedViewsError,
    Projection,
    ProjectionError,
    Registry,
    SeriesOpened,
    Source,
    State,
    Table,
    Tally,
    View,
)
from dialogue_registry.model.events import Fact

HOST = Source("Page of the host ministry")
PRESS = Source("Newspaper")


def seats(version: int = 1, *, role: str = "head") -> Projection:
    """Heads of delegations with the number of times, and the last place that was said of a meeting."""
    return Projection(
        "seats",
        version,
        [
            Table(
                "leaders",
                columns={"meeting": "TEXT NOT NULL", "party": "TEXT NOT NULL", "name": "TEXT NOT NULL"},
                feed={DelegateAttended: lambda e: (e.meeting, e.party, e.name) if e.role == role else None},
                indexes=("party",),
            ),
            Tally(
                "led",
                table="leaders",
                key=("party",),
                sums=("times",),
                maxima=("longest",),
                select="SELECT party, count(*), max(length(name)) FROM {rows} GROUP BY party",
            ),
            Table(
                "venues",
                columns={"meeting": "TEXT NOT NULL", "place": "TEXT"},
                feed={
                    MeetingAnnounced: lambda e: (e.meeting, e.place),
                    MeetingHeld: lambda e: (e.meeting, e.place),
                    MeetingCancelled: lambda e: (e.meeting, None),
                },
            ),
            State(
                "venue",
                table="venues",
                key="meeting",
                columns={"meeting": "TEXT", "place": "TEXT"},
                select="""SELECT meeting, place FROM {rows} AS r
                          WHERE fact = (SELECT max(fact) FROM {rows} AS s WHERE s.meeting = r.meeting)""",
            ),
            View("most_led", select="SELECT party, times FROM led ORDER BY times DESC, party"),
        ],
    )


BASE: tuple[Fact, ...] = (
    DialogueLaunched(dialogue="d", name="A dialogue", launched="2004-08"),
    SeriesOpened(series="d/fm", dialogue="d", name="Foreign Ministers' Meeting"),
    MeetingHeld(meeting="d/fm/1", series="d/fm", date="2004-08-28", place="Astana"),
)


def leads(name: str, party: str = "JPN", role: str = "head") -> DelegateAttended:
    return DelegateAttended(meeting="d/fm/1", name=name, party=party, role=role)


def contents(registry: Registry) -> dict[str, list[tuple[Any, ...]]]:
    queries = {
        "leaders": "SELECT meeting, party, name FROM leaders ORDER BY fact",
        "led": "SELECT * FROM led ORDER BY party",
        "venue": "SELECT * FROM venue ORDER BY meeting",
        "most_led": "SELECT * FROM most_led",
    }
    return {name: [tuple(row.values()) for row in registry.db.query(query)] for name, query in queries.items()}


def contents_of(*facts: Fact) -> dict[str, list[tuple[Any, ...]]]:
    with Registry.open(projections=[seats()]) as registry:
        registry.record(*BASE, *facts, source=HOST)
        return contents(registry)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry.db"


@pytest.fixture
def registry(path: Path) -> Iterator[Registry]:
    with Registry.open(path, projections=[seats()]) as registry:
        registry.record(*BASE, source=HOST)
        yield registry


def test_a_projection_takes_in_what_is_recorded(registry: Registry) -> None:
    registry.record(leads("KAWAGUCHI Yoriko"), leads("OKADA", "UZB"), leads("ASO", role="guest"), source=HOST)
    assert contents(registry) == {
        "leaders": [("d/fm/1", "JPN", "KAWAGUCHI Yoriko"), ("d/fm/1", "UZB", "OKADA")],
        "led": [("JPN", 1, 16), ("UZB", 1, 5)],
        "venue": [("d/fm/1", "Astana")],
        "most_led": [("JPN", 1), ("UZB", 1)],
    }


def test_its_rows_lead_back_to_their_events(registry: Registry) -> None:
    (record,) = registry.record(leads("KAWAGUCHI Yoriko"), source=HOST)
    (row,) = registry.db.query("SELECT fact, event, since FROM leaders")
    assert set(row.values()) == {record.position}
    (evidence,) = registry.db.query("SELECT e.title FROM leaders l JOIN evidence e ON e.fact = l.fact")
    assert evidence["title"] == HOST.title


def test_every_amendment_reaches_it(registry: Registry) -> None:
    wrong, other, guest = registry.record(
        leads("KAWAGUCHI Yoriko"), leads("OKADA"), leads("ASO", role="guest"), source=HOST
    )
    registry.record(leads("OKADA"), source=PRESS)

    right = leads("KAWAGUCHI", "UZB")
    correction = registry.correct(wrong.id, right, reason="another list")
    assert contents(registry) == contents_of(right, leads("OKADA"))  # where the wrong one stood

    registry.retract(other.id, reason="page withdrawn")  # the newspaper still says so
    assert contents(registry)["led"] == contents_of(leads("OKADA"), right)["led"]

    undo = registry.retract(correction.id, reason="the first list was right")
    assert contents(registry)["led"] == [("JPN", 2, 16)]
    registry.retract(undo.id, reason="it was not")
    assert contents(registry)["led"] == contents_of(leads("OKADA"), right)["led"]

    promoted = registry.correct(guest.id, leads("ASO"), reason="he led")
    assert contents(registry)["led"] == [("JPN", 2, 5), ("UZB", 1, 9)]
    registry.correct(promoted.id, leads("ASO", role="observer"), reason="he watched")
    assert contents(registry)["led"] == contents_of(leads("OKADA"), right)["led"]
    registry.verify()


def test_a_tally_at_zero_is_left_out(registry: Registry) -> None:
    (record,) = registry.record(leads("OKADA"), source=HOST)
    registry.retract(record.id, reason="page withdrawn")
    assert contents(registry) == contents_of()


def test_a_state_follows_the_last_row_that_remains(registry: Registry) -> None:
    _, cancelled = registry.record(
        MeetingAnnounced(meeting="d/fm/2", series="d/fm", place="Tokyo"), MeetingCancelled(meeting="d/fm/2")
    )
    assert contents(registry)["venue"] == [("d/fm/1", "Astana"), ("d/fm/2", None)]
    registry.retract(cancelled.id, reason="of another meeting")
    assert contents(registry)["venue"] == [("d/fm/1", "Astana"), ("d/fm/2", "Tokyo")]


# --- other programs ------------------------------------------------------------------


def test_a_projection_opened_later_takes_in_all_that_was(path: Path) -> None:
    with Registry.open(path) as registry:
        registry.record(*BASE, leads("OKADA"), source=HOST)
    with Registry.open(path, projections=[seats()]) as registry:
        assert contents(registry) == contents_of(leads("OKADA"))


def record_and_amend(path: Path) -> None:
    """Work on the file as a program does that knows of no projections."""
    with Registry.open(path) as registry:
        leader = next(r for r in registry.events() if r.event == leads("OKADA"))
        registry.retract(leader.id, reason="page withdrawn")
        wrong, _ = registry.record(leads("KAWAGUCHI"), leads("ASO"), source=HOST)
        registry.correct(wrong.id, leads("KAWAGUCHI Yoriko"), reason="her full name")
        passing = registry.record(leads("MOTEGI"), source=HOST)[0]
        registry.retract(passing.id, reason="not yet minister")


def test_a_projection_left_out_for_a_while_catches_up_when_it_is_opened_again(path: Path) -> None:
    with Registry.open(path, projections=[seats()]) as registry:
        registry.record(*BASE, leads("OKADA"), source=HOST)
    record_and_amend(path)
    with Registry.open(path, projections=[seats()]) as registry:
        assert contents(registry) == contents_of(leads("KAWAGUCHI Yoriko"), leads("ASO"))
        registry.verify()


def test_it_catches_up_while_it_is_open_too(registry: Registry, path: Path) -> None:
    registry.record(leads("OKADA"), source=HOST)
    record_and_amend(path)
    assert contents(registry) == contents_of(leads("KAWAGUCHI Yoriko"), leads("ASO"))
    registry.record(leads("KONO"), source=HOST)
    assert contents(registry) == contents_of(leads("KAWAGUCHI Yoriko"), leads("ASO"), leads("KONO"))
    registry.verify()


def test_what_was_known_then_includes_what_other_programs_recorded(registry: Registry, path: Path) -> None:
    registry.record(leads("OKADA"), source=HOST)
    record_and_amend(path)
    with registry.at(position=registry.position) as then:
        assert contents(then) == contents_of(leads("KAWAGUCHI Yoriko"), leads("ASO"))


def test_for_reading_alone_a_projection_must_be_up_to_date(registry: Registry, path: Path) -> None:
    registry.record(leads("OKADA"), source=HOST)
    reader = Registry.open(path, projections=[seats()], read_only=True)
    assert contents(reader) == contents_of(leads("OKADA"))
    record_and_amend(path)
    with pytest.raises(OutdatedViewsError, match="seats"):
        Registry.open(path, projections=[seats()], read_only=True)
    with pytest.raises(OutdatedViewsError, match="seats"):
        reader.db  # noqa: B018
    with pytest.raises(OutdatedViewsError, match="seats"):
        reader.at(position=1)
    reader.close()


def test_a_projection_never_made_cannot_be_read_alone(path: Path) -> None:
    with Registry.open(path) as registry:
        registry.record(*BASE)
    with pytest.raises(OutdatedViewsError, match="seats"):
        Registry.open(path, projections=[seats()], read_only=True)


# --- versions ------------------------------------------------------------------------


def test_raising_the_version_makes_it_again(path: Path) -> None:
    with Registry.open(path, projections=[seats()]) as registry:
        registry.record(*BASE, leads("OKADA"), leads("SPANTA", "AFG", role="guest"), source=HOST)
    with Registry.open(path, projections=[seats(2, role="guest")]) as registry:
        assert contents(registry)["led"] == [("AFG", 1, 6)]
        registry.record(leads("RABBANI", "AFG", role="guest"), source=HOST)
        assert contents(registry)["led"] == [("AFG", 2, 7)]
        registry.verify()
    with pytest.raises(OutdatedViewsError, match="seats"):
        Registry.open(path, projections=[seats(3)], read_only=True)


def test_a_new_version_may_make_a_view_of_what_was_a_table(path: Path) -> None:
    with Registry.open(path, projections=[seats()]) as registry:
        registry.record(*BASE, leads("OKADA"), source=HOST)
    leaders = seats().parts[0]
    counted = View("led", select="SELECT party, count(*) AS times FROM leaders GROUP BY party")
    with Registry.open(path, projections=[Projection("seats", 2, [leaders, counted])]) as registry:
        assert [tuple(row.values()) for row in registry.db["led"].rows] == [("JPN", 1)]
    with Registry.open(path, projections=[seats(3)]) as registry:
        assert contents(registry) == contents_of(leads("OKADA"))


def test_a_rebuild_makes_it_again(registry: Registry) -> None:
    (record,) = registry.record(leads("OKADO"), source=HOST)
    registry.correct(record.id, leads("OKADA"), reason="misprint")
    registry.rebuild()
    assert contents(registry) == contents_of(leads("OKADA"))


# --- names ---------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["fact", "event", "since", "until"])
def test_the_columns_that_every_table_has_are_taken(column: str) -> None:
    table = Table("mine", columns={column: "TEXT"}, feed={MeetingHeld: lambda e: (e.meeting,)})
    with pytest.raises(InvalidValueError, match=column):
        Projection("mine", 1, [table])


def test_a_state_or_tally_comes_after_its_table() -> None:
    table, tally = seats().parts[:2]
    with pytest.raises(InvalidValueError, match="put that Table before it"):
        Projection("mine", 1, [tally, table])


def test_two_projections_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="share a name"):
        Registry.open(projections=[seats(), seats(2)])
    with pytest.raises(InvalidValueError, match="share a name"):
        Registry.open(projections=[Projection("standard", 1, [])])
    with pytest.raises(InvalidValueError, match="the library's own"):
        Registry.open(projections=[Projection("search", 1, [])])


@pytest.mark.parametrize(
    "name", ["events", "sources", "projections", "facts", "meetings", "Meetings", "attendance_past", "evidence"]
)
def test_no_projection_may_take_a_table_of_the_librarys_or_of_another(path: Path, name: str) -> None:
    with Registry.open(path) as registry:
        registry.record(*BASE)
    table = Table(name, columns={"meeting": "TEXT"}, feed={MeetingHeld: lambda e: (e.meeting,)})
    with pytest.raises(InvalidValueError, match="rename yours"):
        Registry.open(path, projections=[Projection("mine", 1, [table])])
    with Registry.open(path) as registry:
        registry.verify()


def test_two_projections_may_not_share_a_table() -> None:
    with pytest.raises(InvalidValueError, match="'leaders'"):
        Registry.open(projections=[seats(), Projection("mine", 1, [seats().parts[0]])])


def visits(name: str, **more: Any) -> Projection:
    columns = {"meeting": "TEXT", **more}
    return Projection(name, 1, [Table("visits", columns=columns, feed={DelegateAttended: lambda e: (e.meeting,)})])


def test_a_table_that_is_in_the_file_already_is_left_alone(path: Path) -> None:
    Registry.open(path).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE visits (mine TEXT)")
        connection.execute("INSERT INTO visits VALUES ('precious')")
    with pytest.raises(ProjectionError, match="'visits' of projection 'one' is in the file already"):
        Registry.open(path, projections=[visits("one")])
    with Registry.open(path) as registry:
        assert list(registry.db.query("SELECT * FROM visits")) == [{"mine": "precious"}]


def test_a_projection_does_not_take_the_table_of_one_that_is_not_open(path: Path) -> None:
    with Registry.open(path, projections=[visits("one")]) as registry:
        registry.record(*BASE, leads("OKADA"))
    with pytest.raises(ProjectionError, match="made by projection 'one'"):
        Registry.open(path, projections=[visits("two")])
    with Registry.open(path, projections=[visits("one")], read_only=True) as registry:
        assert registry.db["visits"].count == 1


def test_a_new_version_drops_what_it_no_longer_has(path: Path) -> None:
    with Registry.open(path, projections=[visits("one")]):
        pass
    with Registry.open(path, projections=[Projection("one", 2, [View("calls", select="SELECT 1 AS number")])]) as later:
        assert later.db["visits"].exists() is False
        assert list(later.db.query("SELECT number FROM calls")) == [{"number": 1}]


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ([View("broken", select="SELECT nothing FROM nowhere WHERE")], "cannot be made"),
        ([Table("order", columns={"meeting": "TEXT"}, feed={})], "cannot be made"),
    ],
)
def test_what_sqlite_cannot_make_is_told_as_the_projections_fault(path: Path, parts: list[Any], what: str) -> None:
    with pytest.raises(ProjectionError, match=f"projection 'mine' {what}"):
        Registry.open(path, projections=[Projection("mine", 1, parts)])
    with Registry.open(path) as registry:
        registry.verify()


def test_a_row_that_does_not_fit_its_table_is_told_and_nothing_is_recorded(path: Path) -> None:
    with Registry.open(path, projections=[visits("one", party="TEXT")]) as registry:
        registry.record(*BASE)
        position = registry.position
        with pytest.raises(
            ProjectionError, match="table 'visits' of projection 'one'.* return a value for each of meeting, party"
        ):
            registry.record(leads("OKADA"))
        assert registry.position == position
        registry.verify()


def test_a_name_taken_twice_by_one_projection_is_refused() -> None:
    table = Table("a", columns={"meeting": "TEXT"}, feed={})
    with pytest.raises(InvalidValueError, match="takes the name 'a_past' twice"):
        Projection("mine", 1, [table, View("A_past", select="SELECT 1")])


@pytest.mark.parametrize("given", [visits("one"), ["visits"]])
def test_projections_are_given_as_a_list_of_them(given: Any) -> None:
    with pytest.raises(InvalidValueError, match="projection"):
        Registry.open(projections=given)


# --- mistakes are named at once --------------------------------------------------------


def venues(select: str, key: str = "meeting") -> Projection:
    """A projection with a table, and a state of its rows."""
    feed = {MeetingHeld: lambda e: (e.meeting, e.place)}
    columns = {"meeting": "TEXT", "place": "TEXT"}
    return Projection(
        "places", 1, [Table("visits", columns=columns, feed=feed),
                      State("visited", table="visits", key=key, columns=columns, select=select)],
    )  # fmt: skip


def test_a_function_that_raises_is_named_with_its_table_and_the_position() -> None:
    table = Table("lengths", columns={"length": "INTEGER"}, feed={MeetingHeld: lambda e: (1 / len(e.place),)})
    with Registry.open(projections=[Projection("lengths", 1, [table])]) as registry:
        registry.record(*BASE)
        before = registry.position
        with pytest.raises(ProjectionError) as raised:
            registry.record(MeetingHeld(meeting="d/fm/9", series="d/fm", date="2011"))
        assert str(raised.value) == (
            f"the function of table 'lengths' of projection 'lengths' raised ZeroDivisionError for the event at "
            f"position {before + 1}: division by zero; mend the function, then open the registry again"
        )
        assert isinstance(raised.value.__cause__, ZeroDivisionError)
        assert registry.position == before


@pytest.mark.parametrize(
    "select", ["SELECT meeting, plaice FROM {rows}", "SELECT meeting FROM {rows}", "SELECT meeting, place FORM {rows}"]
)
def test_a_state_that_sqlite_cannot_read_is_named_when_the_file_is_opened(select: str) -> None:
    with pytest.raises(ProjectionError, match="^'visited' of projection 'places' cannot be made: "):
        Registry.open(projections=[venues(select)])


@pytest.mark.parametrize(
    "select", ["SELECT meeting, place FROM visits", "SELECT {x} FROM {rows}", "SELECT { FROM {rows}"]
)
def test_a_state_that_is_not_made_of_its_rows_is_refused_when_it_is_made(select: str) -> None:
    with pytest.raises(InvalidValueError, match="select of 'visited' in projection 'places' is not made of {rows}"):
        venues(select)


def test_a_key_that_is_no_column_is_refused_when_the_state_is_made() -> None:
    with pytest.raises(InvalidValueError, match="key 'town' of 'visited' in projection 'places' is no column"):
        venues("SELECT meeting, place FROM {rows}", key="town")


def test_several_rows_for_one_key_of_a_state_are_refused(tmp_path: Path) -> None:
    twice = venues("SELECT meeting, place FROM {rows} UNION ALL SELECT meeting, 'again' FROM {rows}")
    with Registry.open(projections=[twice]) as registry, pytest.raises(ProjectionError, match="several rows for one"):
        registry.record(*BASE)
    with Registry.open(tmp_path / "r.db") as registry:
        registry.record(*BASE)
    with pytest.raises(ProjectionError, match="'visited' of projection 'places' returned several rows for one key"):
        Registry.open(tmp_path / "r.db", projections=[twice])
