"""The fixtures of what presigned URLs point at: an HTTPS server of files, and S3 over TLS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.servers.file_server import FileServer
from tests.servers.tcp_proxy import TcpProxy
from tests.servers.tls import signed_by


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """An authority that this process trusts, as an operator says with `SSL_CERT_FILE`."""
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return made


@pytest.fixture
def file_server(authority: trustme.CA) -> Iterator[FileServer]:
    """A server of files for 127.0.0.1 and files.test (a name that nobody resolves)."""
    with FileServer(signed_by(authority, "127.0.0.1", "files.test")) as server:
        yield server


@pytest.fixture
def s3_over_tls(s3_url: str, authority: trustme.CA) -> Iterator[TcpProxy]:
    """In front of an empty bucket, with TLS; `target` goes past it."""
    with TcpProxy(s3_url, tls=signed_by(authority, "127.0.0.1")) as proxy:
        yield proxy
