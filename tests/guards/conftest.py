"""The ground on which the guard's tests stand."""

from __future__ import annotations

import pytest

from tests.guards.runs import Ground


@pytest.fixture
def ground() -> Ground:
    return Ground()
