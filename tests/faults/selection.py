"""A pytest plugin that selects the tests named after faults, and the soak. Each process that runs tests loads it."""

from __future__ import annotations

import pytest

from tests.faults.named import faults_of

SOAK = "test_soak.py"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no process is left alone with it at the end."""
    others = [item for item in items if not _is_wanted(item)]
    items[:] = sorted(filter(_is_wanted, items), key=_is_short)
    config.hook.pytest_deselected(items=others)


def _is_wanted(item: pytest.Item) -> bool:
    return bool(faults_of(item.nodeid)) or item.path.name == SOAK


def _is_short(item: pytest.Item) -> bool:
    return item.get_closest_marker("proof") is None
