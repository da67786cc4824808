"""People log in in each of these tests."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _cheap(cheap_hashes: None) -> None:
    """With the real cost, these tests would spend their time on hashing."""
