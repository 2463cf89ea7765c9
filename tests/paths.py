"""Places of the files that tests read in a checkout."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests"
DOCS = ROOT / "docs"
EXAMPLES = ROOT / "examples"
RECORDED = TESTS / "recorded"
"""Logs as they were stored, one line an event, with every shape that was ever released."""
