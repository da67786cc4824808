"""Requests to addresses that others name go to public addresses only, whatever form the address takes."""

from __future__ import annotations

import socket
import threading
import time

import httpcore
import pytest

from deployment import outbound
from deployment.checked_network import AddressRefused
from deployment.outbound import InvalidUrl, check_url, post


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://2130706433/",
        "https://017700000001/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://0/",
        "https://10.0.0.1/",
        "https://172.16.3.4/",
        "https://192.168.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[fe80::1]/",
        "https://[fc00::1]/",
    ],
)
def test_an_address_that_is_not_public_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        post(url, b"", {})


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "https://",
        "https://user:pw@example.com/",
        "https://@example.com/",
        "https://a:0/",
        "https://a:65536/",
        "https://example.com\\@evil.example/",
        "https://example.com\\.evil.example/",
        "https://exa\tmple.com/",
        "https://example.com/\r\nHost: evil.example",
        "https://ex\u0430mple.com/",
        "https://[::1/",
        "x",
        "",
    ],
)
def test_a_url_that_could_never_be_sent_to_is_refused_at_once(url: str) -> None:
    with pytest.raises(InvalidUrl):
        check_url(url)


def test_a_name_is_resolved_once_and_what_was_checked_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        address = "203.0.113.9" if len(asked) > 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with pytest.raises(AddressRefused):
        post("https://rebinding.example/", b"", {})
    assert asked == ["rebinding.example"]


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("203.0.113.9", "8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(AddressRefused):
        post("https://mixed.example/", b"", {})


def test_a_reply_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()
        dripping = threading.Thread(target=_drip, args=(server, over))
        dripping.start()
        began = time.monotonic()
        with pytest.raises(httpcore.ReadTimeout):
            post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {}, private=True)
        assert time.monotonic() - began < 3
        over.set()
        dripping.join()


def _drip(server: socket.socket, over: threading.Event) -> None:
    connection, _ = server.accept()
    with connection:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while not over.wait(0.1):
            try:
                connection.sendall(b"X-Slow: yes\r\n")
            except OSError:
                return
