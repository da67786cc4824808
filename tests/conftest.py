"""What every test gets: the servers' fixtures, a limit of time, a process, and a frozen clock that spares S3.

A frozen clock would break the signatures of requests to S3, and the time limits of the servers here.
"""

from __future__ import annotations

import gc
import importlib
import os
import shutil
import tempfile
from pathlib import Path

import freezegun
import pytest

from tests.memory import Memory, give_back
from tests.scheduling import BySharedServers, in_order

SERVERS = Path(__file__).with_name("servers")

SECONDS_PER_TEST = 120
GARBAGE = 20_000
"""New objects before the collector looks through them: with the usual 700 it is a twelfth of the suite's time."""

freezegun.configure(extend_ignore_list=["minio", "tests.servers"])
gc.set_threshold(GARBAGE)

MEMORY = Memory()
MOST_PROCESSES = 8
"""Each has servers of its own."""
RAM, BYTES_FREE = Path("/dev/shm"), 4 * 1024**3

if "TMPDIR" not in os.environ and RAM.is_dir() and shutil.disk_usage(RAM).free > BYTES_FREE:
    # What is stored safely is synced to the disk again and again, and no test of ours cuts the power.
    os.environ["TMPDIR"] = tempfile.tempdir = str(RAM)


def pytest_configure(config: pytest.Config) -> None:
    """Load the fixtures where tests run: who hands them out to other processes would only let these wait."""
    if config.getoption("dist", "no") == "no" or hasattr(config, "workerinput"):
        for file in sorted(SERVERS.glob("fixtures_*.py")):
            config.pluginmanager.import_plugin(f"tests.servers.{file.stem}")
        importlib.import_module("tests.thrift").save()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In order; those with a browser are marked, and all have a limit of time."""
    items[:] = in_order(items)
    for item in items:
        if "chromium" in item.fixturenames:  # type: ignore[attr-defined]
            item.add_marker(pytest.mark.browser)
        if config.getoption("timeout") is None and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(SECONDS_PER_TEST))


def pytest_collection_finish() -> None:
    """What was imported stays: looking through it for garbage again and again is a tenth of the suite's time."""
    give_back()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """At the end of a file."""
    if nextitem is not None and nextitem.path != item.path:
        MEMORY.give_back_what_was_added()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Behind pytest's own last look for garbage: the interpreter would look through everything once more."""
    gc.freeze()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two for each core: half of the time a test waits for other processes."""
    return min(2 * (os.cpu_count() or 1), MOST_PROCESSES)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> BySharedServers:
    return BySharedServers(config, log)
