"""Every promise in the documentation names tests, and every test it names exists."""

import re

from tests.paths import DOCS, ROOT

PAGE = DOCS / "explanation" / "guarantees.md"
CITED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE.read_text(encoding="utf-8"))


def test_every_promise_is_followed_by_its_proof() -> None:
    promises = re.split(r"^\*\*", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    unproved = [
        promise.split("**")[0] for promise in promises if not re.search(r"^Proof: `tests/", promise, re.MULTILINE)
    ]
    assert len(promises) >= 10
    assert unproved == []


def test_every_cited_test_exists() -> None:
    missing = [
        f"{path}::{name}"
        for path, name in CITED
        if not re.search(rf"^ *def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert len(CITED) >= 20
    assert missing == []
