"""The source keeps to the words of its field, and a docstring begins with its verb or its noun."""

import re
from collections.abc import Iterator
from functools import cache

from tests.paths import ROOT

BANNED = re.compile(r"\b(?:told|ours|theirs|whoever)\b", re.IGNORECASE)
CLAUSES = {"how", "give", "gives", "let", "say", "tell", "what", "whatever", "when", "where", "which", "who", "why"}
NOUNS = {"a", "all", "an", "another", "any", "everything", "its", "one", "some", "the", "whether"}
VAGUE = "told|said|ours|theirs|met|once|most|apart|made"
VARIABLE = re.compile(
    rf"^ *(\w+, )*({VAGUE})(, \w+)*(: [^=]+)? = |\bfor (\w+, )*({VAGUE})(, \w+)* in |[(,] ?\*?\*?({VAGUE}): [\w\"]"
)
DOCUMENTED = re.compile(r'^ *"""(\w+)')


@cache
def lines_of_the_source() -> dict[str, list[str]]:
    paths = sorted((ROOT / "src").glob("**/*.py"))
    return {str(path.relative_to(ROOT)): path.read_text("utf-8").splitlines() for path in paths}


def docstrings() -> Iterator[tuple[str, str, str]]:
    """The place of each docstring, its first word, and the lines of the decorators and the head of its function."""
    for path, lines in lines_of_the_source().items():
        for number, line in enumerate(lines):
            if found := DOCUMENTED.match(line):
                yield f"{path}:{number + 1}:{line}", found[1].lower(), head_above(lines, number)


def head_above(lines: list[str], number: int) -> str:
    """The decorators and the head of a function; "" where the text above a docstring is something else."""
    first = number
    while first and lines[first - 1].strip() and not DOCUMENTED.match(lines[first - 1]):
        first -= 1
        if re.match(r" *(?:async )?def ", lines[first]):
            while lines[first - 1].lstrip().startswith("@"):
                first -= 1
            return "\n".join(lines[first:number])
    return ""


def is_attribute(head: str) -> bool:
    """Whether a reader sees a value: a property, or a strategy that Hypothesis draws within others."""
    return "property\n" in head or "@st.composite\n" in head


def test_no_word_has_a_private_meaning() -> None:
    lines = [(path, line) for path, lines in lines_of_the_source().items() for line in lines]
    assert len(lines) > 10_000
    assert [f"{path}: {line.strip()}" for path, line in lines if BANNED.search(line)] == []


def test_no_variable_has_a_name_that_fits_anything() -> None:
    lines = [(path, line) for path, lines in lines_of_the_source().items() for line in lines]
    assert [f"{path}: {line.strip()}" for path, line in lines if VARIABLE.search(line)] == []


def test_no_docstring_begins_with_a_clause_that_has_no_subject() -> None:
    assert [place for place, word, _ in docstrings() if word in CLAUSES] == []


def test_the_docstring_of_a_function_begins_with_its_verb() -> None:
    functions = [row for row in docstrings() if row[2] and not is_attribute(row[2])]
    assert len(functions) > 1000
    assert [place for place, word, _ in functions if word in NOUNS] == []
