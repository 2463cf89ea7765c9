"""All that this library brings along may be used freely: permissive licences, MPL and LGPL; never GPL alone."""

import re
import tomllib
from collections.abc import Iterator
from importlib import metadata

import pytest
from packaging.requirements import Requirement

from tests.paths import ROOT

_FREE = re.compile(
    r"\b(MIT|0?BSD|FreeBSD|ISC|Apache|PSF|Python|CC0|Zlib|Unlicense|Public Domain|Artistic|MPL|Mozilla|LGPL|Lesser)"
)
_BOTH = re.compile(r"\s+and\s+", re.IGNORECASE)


def is_free(licence: str) -> bool:
    """Return whether one may choose a licence that asks for nothing in return for use."""
    return all(_FREE.search(part) for part in _BOTH.split(licence))


@pytest.mark.parametrize(
    ("licence", "free"),
    [
        ("MIT", True), ("BSD-3-Clause", True), ("Apache 2.0", True), ("LGPL-3.0-only", True), ("0BSD OR CC0-1.0", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True), ("GNU Lesser General Public License v3", True),
        ("Artistic License; GNU General Public License (GPL)", True), ("MIT OR GPL-3.0-only", True),
        ("GPL-3.0-or-later", False), ("AGPL-3.0-only", False), ("GNU General Public License v2", False),
        ("MIT AND GPL-2.0-only", False), ("UNKNOWN", False), ("", False),
    ],
)  # fmt: skip
def test_a_licence_is_read_rightly(licence: str, *, free: bool) -> None:
    assert is_free(licence) is free


def licence_of(name: str) -> str:
    """Return what a distribution says of its licence: an expression, the alternatives of its classifiers, or a text."""
    about = metadata.metadata(name)
    classifiers = [entry for entry in about.get_all("Classifier") or () if entry.startswith("License")]
    expression, text = ("".join(about.get_all(field) or ()) for field in ("License-Expression", "License"))
    return expression or "; ".join(classifiers) or text.split("\n")[0]


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def of_ours(extra: str) -> list[str]:
    """Return what the project itself requires, as it stands there; what is installed may be of an earlier day."""
    required: list[str] = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]
    return required


def brought_along(name: str, extras: frozenset[str]) -> Iterator[str]:
    """Yield the installed distributions that a distribution requires, with those that they require."""
    seen: set[tuple[str, str]] = set()
    waiting = [(name, extra) for extra in extras | {""}]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        try:
            requires = of_ours(extra) if name == "dialogue-registry" else metadata.requires(name) or []
        except metadata.PackageNotFoundError:  # of an extra that is not installed, or of another system
            continue
        yield name
        for requirement in map(Requirement, requires):
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                waiting += [(requirement.name, further) for further in requirement.extras | {""}]


def test_nothing_that_is_brought_along_asks_for_more_than_to_be_used() -> None:
    extras = frozenset(PROJECT["optional-dependencies"])
    licences = {name: licence_of(name) for name in brought_along("dialogue-registry", extras)}
    assert {"attrs", "psycopg", "datasette", "orjson", "jinja2", "rapidfuzz", "python-docx", "xlsxwriter"} <= {
        name.lower() for name in licences
    }
    assert {name: licence for name, licence in licences.items() if not is_free(licence)} == {}
