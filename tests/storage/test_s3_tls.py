"""S3 over TLS: only with a certificate that an authority has signed which we know."""

from __future__ import annotations

import io
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from storage import NoTls, open_store
from tests.servers.tcp_proxy import TcpProxy


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls_url(s3_url: str, authority: trustme.CA) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with TcpProxy(s3_url, tls=context) as proxy:
        yield proxy.url.replace("secure=false", "secure=true")


def test_a_certificate_of_an_unknown_authority_is_refused_and_the_remedy_named(tls_url: str) -> None:
    with pytest.raises(NoTls, match=r"SSL_CERT_FILE.*certificate verify failed"):
        open_store(tls_url).put("run/in/0", io.BytesIO())


def test_ssl_cert_file_names_an_authority_of_our_own(
    tls_url: str, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    store = open_store(tls_url)
    store.put("run/in/0", io.BytesIO(bytes(20 * 1024 * 1024)))
    with store.open("run/in/0") as source:
        assert len(source.read()) == 20 * 1024 * 1024


def test_tls_with_a_server_that_speaks_none_is_told(s3_url: str) -> None:
    with pytest.raises(NoTls, match="check secure="):
        open_store(s3_url.replace("secure=false", "secure=true")).put("run/in/0", io.BytesIO())
