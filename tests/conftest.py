"""What every test gets: the servers' fixtures, a limit of time, and a frozen clock that spares S3.

A frozen clock would break the signatures of requests to S3, and the time limits of the servers here.
"""

from __future__ import annotations

from pathlib import Path

import freezegun
import pytest

SERVERS = Path(__file__).with_name("servers")
pytest_plugins = [f"tests.servers.{file.stem}" for file in sorted(SERVERS.glob("fixtures_*.py"))]

SECONDS_PER_TEST = 120

freezegun.configure(extend_ignore_list=["minio", "tests.servers"])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Limit every test that does not say otherwise with `@pytest.mark.timeout`."""
    if config.getoption("timeout") is not None:
        return
    for item in items:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(SECONDS_PER_TEST))
