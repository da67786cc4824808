"""What the pages on the native API ask with curl is answered."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.airlock import Airlock
from tests.deployment.api.v1.native import with_key

PAGES = sorted((Path(__file__).resolve().parents[2] / "docs" / "api").glob("*.md"))
ASKED = re.compile(r"(?<=\$AIRLOCK/v1)/[^\s\"']+|(?<='/v1)/[^\s\"']+")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_what_a_page_asks_is_answered(
    page: Path, new_app: Callable[..., Flask], sqlite_url: str, redis_url: str
) -> None:
    caller = with_key(Airlock(new_app(database_url=sqlite_url, redis_url=redis_url)))
    asked = ASKED.findall(page.read_text())
    assert asked
    assert [path for path in asked if caller("get", path).status_code != 200] == []
