"""docs/errors.md explains every code of the API."""

from __future__ import annotations

import re
from pathlib import Path

from deployment.api.codes import TITLES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "errors.md").read_text()


def test_each_code_has_a_line_with_its_meaning_and_no_line_has_another() -> None:
    explained = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \| \d{3}\. ", PAGE, re.MULTILINE))
    assert explained == TITLES


def test_each_code_that_the_code_says_is_explained() -> None:
    """Codes are words in calls of `refused` and `FieldError`."""
    source = "\n".join(
        path.read_text() for path in (Path(__file__).resolve().parents[2] / "deployment/api").rglob("*.py")
    )
    said = set(re.findall(r'(?:refused\(\s*\d{3},|FieldError\()\s*"(\w+)"', source))
    assert said <= set(TITLES)
    assert len(said) > 10
