"""A caller that is still sending megabytes when it is refused reads the refusal, with whatever client it uses."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlparse

import pytest
import requests

from tests import loopback
from tests.airlock import Airlock
from tests.launcher.launched import Launched

SIZE = 16 * 1024 * 1024
"""More than the buffers of the system take, so that the refusal comes in the middle of the sending."""
BLOCK = bytes(64 * 1024)

Send = Callable[[str, str, Path], int]


@pytest.fixture(scope="module")
def caller(new_caller: Callable[..., Airlock]) -> Airlock:
    return new_caller()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("upload") / "large.bin"
    file.write_bytes(bytes(SIZE))
    return file


def with_httpx(url: str, key: str, file: Path) -> int:
    with file.open("rb") as source:
        return loopback.post(url, files={"files": source}, headers=authorized(key), timeout=30).status_code


def with_requests(url: str, key: str, file: Path) -> int:
    with file.open("rb") as source:
        headers = {**authorized(key), "Content-Type": "multipart/form-data; boundary=x"}
        return requests.post(url, data=source, headers=headers, timeout=30).status_code


def with_requests_in_chunks(url: str, key: str, file: Path) -> int:
    headers = {**authorized(key), "Content-Type": "multipart/form-data; boundary=x"}
    return requests.post(url, data=blocks(), headers=headers, timeout=30).status_code


def with_curl(url: str, key: str, file: Path) -> int:
    return curl(url, key, file)


def with_curl_that_sends_at_once(url: str, key: str, file: Path) -> int:
    return curl(url, key, file, "-H", "Expect:")


def with_curl_in_chunks(url: str, key: str, file: Path) -> int:
    return curl(url, key, file, "-H", "Expect:", "-H", "Transfer-Encoding: chunked")


def curl(url: str, key: str, file: Path, *options: str) -> int:
    if shutil.which("curl") is None:
        pytest.skip("no curl")
    command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-F", f"files=@{file}"]
    # That its sending broke off, curl says with its exit status; what it has read is what counts.
    done = subprocess.run([*command, "-H", f"Authorization: Bearer {key}", *options, url], capture_output=True)
    return int(done.stdout)


def authorized(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def blocks() -> Iterator[bytes]:
    # One block more: the first one would already be malformed, and refused as such.
    yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
    for _ in range(SIZE // len(BLOCK)):
        yield BLOCK


@pytest.mark.parametrize(
    "send",
    [
        with_httpx,
        with_requests,
        with_requests_in_chunks,
        with_curl,
        with_curl_that_sends_at_once,
        with_curl_in_chunks,
    ],
)
def test_the_refusal_is_not_lost(installation: Launched, caller: Airlock, large: Path, send: Send) -> None:
    url, before = installation.url + caller.path, len(caller.rows())
    assert send(url, "wrong", large) == 401
    assert send(url, caller.key, large) == 413
    assert len(caller.rows()) == before


def test_a_connection_can_be_used_again_after_a_small_refused_body(installation: Launched, caller: Airlock) -> None:
    address = urlparse(installation.url)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=10)
    try:
        for key, code in (("wrong", 401), (caller.key, 415)):
            connection.request("POST", caller.path, body=bytes(1000), headers=authorized(key))
            reply = connection.getresponse()
            assert (reply.status, bool(reply.read())) == (code, True)
    finally:
        connection.close()
