"""What the tests of the domain and of its faces share."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from argon2 import PasswordHasher

from deployment import passwords


@pytest.fixture
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Passwords hashed in a moment: what they really cost is tested where they are made."""
    monkeypatch.setattr(passwords, "_hasher", partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1))
    yield
    passwords._nobodys.cache_clear()
