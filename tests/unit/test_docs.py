"""What can be recorded is documented, field by field, and the README keeps the commands that others rely on."""

import inspect
import re
from pathlib import Path
from types import ModuleType

import attrs
import pytest

import dialogue_registry
import dialogue_registry.charts
import dialogue_registry.testing
from dialogue_registry.log.codec import STORED
from dialogue_registry.log.entry import RecordedEvent
from dialogue_registry.model.events import EVENTS, Event
from tests.paths import ROOT

EVENTS_PAGE = (ROOT / "docs" / "reference" / "events.md").read_text("utf-8")


def section(heading: str) -> str:
    """The text under a heading, up to the next one."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", EVENTS_PAGE, re.DOTALL | re.MULTILINE)
    assert found, f"docs/reference/events.md has no heading {heading!r}: describe it there"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The cells of the table in a text, without its head."""
    lines = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in line] for line in lines]


def if_left_out(field: "attrs.Attribute[object]") -> str:
    if field.default is attrs.NOTHING:
        return "required"
    return {"": '""'}.get(str(field.default), str(field.default))


@pytest.mark.parametrize("event", EVENTS)
def test_every_field_of_every_event_is_documented_with_its_default(event: type[Event]) -> None:
    documented = [(name, default) for name, _, default, _ in rows(section(event.__name__))]
    assert documented == [(field.name, if_left_out(field)) for field in attrs.fields(event)]


@pytest.mark.parametrize("event", EVENTS)
def test_the_stored_word_and_schema_version_are_documented(event: type[Event]) -> None:
    word, schema = STORED[event]
    assert f"Stored as `{word}`, schema version {schema}." in section(event.__name__)


def test_what_the_log_adds_is_documented() -> None:
    assert [name for name, _ in rows(section("What the log adds"))] == [
        field.name for field in attrs.fields(RecordedEvent)
    ]


def test_every_name_of_the_front_door_is_in_the_reference() -> None:
    page = (ROOT / "docs" / "reference" / "api.md").read_text("utf-8")
    described = set(re.findall(r"^\.\. auto\w+:: (\w+)$", page, re.MULTILINE)) | {event.__name__ for event in EVENTS}
    assert sorted(set(dialogue_registry.__all__) - described) == []
    assert sorted(described - set(dialogue_registry.__all__)) == []


@pytest.mark.parametrize("heading", ["Run it", "Test it"])
def test_the_readme_runs_and_tests_with_one_line_each(heading: str) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    body = readme.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```$", body, re.DOTALL | re.MULTILINE)
    assert len(blocks) == 1
    assert blocks[0].count("\n") == 1


@pytest.mark.parametrize(
    "page", sorted(ROOT.glob("docs/**/*.md")) + sorted(ROOT.glob("*.md")), ids=lambda page: str(page.relative_to(ROOT))
)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))
    assert not [target for target in targets if not (page.parent / target).exists()]


def first_sentence(home: ModuleType, name: str) -> str:
    """The first sentence of the docstring of a public name, as Markdown writes it."""
    documented = inspect.getdoc(getattr(home, name)) or ""
    paragraph = documented.split("\n\n", maxsplit=1)[0].replace("\n", " ")
    plain = re.sub(r":\w+:`~?([^`]+)`", lambda found: f"`{found[1].rpartition('.')[2]}`", paragraph)
    return re.split(r"(?<=\.)\s", plain.replace("``", "`"))[0].replace("|", "\\|")


@pytest.mark.parametrize(
    ("page", "home"),
    [("api", dialogue_registry), ("charts", dialogue_registry.charts), ("testing", dialogue_registry.testing)],
)
def test_the_reference_says_without_being_built_what_a_name_is(page: str, home: ModuleType) -> None:
    text = (ROOT / "docs" / "reference" / f"{page}.md").read_text("utf-8")
    tables = re.findall(r"^\| name \| is \|\n\| --- \| --- \|\n((?:\|.*\n)+)", text, re.MULTILINE)
    stated = [re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE) for table in tables]
    found = {name: sentence for table in stated for name, sentence in table}
    assert found == {name: first_sentence(home, name) for name in found}
    directives = re.findall(r"^\.\. auto(?:class|function|exception):: (?:\w+\.)*(\w+)$", text, re.MULTILINE)
    assert set(found) <= set(directives)
    assert len(found) > len(directives) * 0.9 - 3
