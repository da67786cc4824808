"""The fixture of the webhook receiver."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks on loopback: `requests` it got, `answer([500, 200])` what it says."""
    with Receiver() as listening:
        yield listening
