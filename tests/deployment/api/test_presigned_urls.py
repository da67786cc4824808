"""`presigned_urls`: what is no plain https URL of an allowed host is a 400, before there is a row or a look at DNS."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from flask import Flask

from deployment.staging import Upload
from tests.airlock import HELLO, Airlock
from tests.deployment.api.wire import breaches, left
from tests.deployment.fetching import NewApp, post

GOOD = "https://bucket.s3.eu-west-1.amazonaws.com/dir/a.pdf?X-Amz-Signature=never-told"

BYPASSES = {
    "plain http": "http://s3.amazonaws.com/b/k",
    "another scheme": "ftp://s3.amazonaws.com/b/k",
    "a file": "file:///etc/passwd",
    "a file of a host": "file://s3.amazonaws.com/etc/passwd",
    "gopher": "gopher://s3.amazonaws.com:6379/_FLUSHALL",
    "data": "data:text/plain,hello",
    "no scheme": "//s3.amazonaws.com/b/k",
    "no host": "https:///b/k",
    "one slash": "https:/s3.amazonaws.com/b/k",
    "a path": "/b/k",
    "nothing": "",
    "loopback": "https://127.0.0.1/b/k",
    "metadata": "https://169.254.169.254/latest/meta-data/iam",
    "localhost": "https://localhost/b/k",
    "a decimal address": "https://2130706433/b/k",
    "an octal address": "https://017700000001/b/k",
    "a hexadecimal address": "https://0x7f000001/b/k",
    "a short address": "https://127.1/b/k",
    "zero": "https://0/b/k",
    "IPv6": "https://[::1]/b/k",
    "IPv4 in IPv6": "https://[::ffff:169.254.169.254]/b/k",
    "a zone": "https://[fe80::1%25eth0]/b/k",
    "half an IPv6 address": "https://[::1/b/k",
    "an account": "https://user:password@s3.amazonaws.com/b/k",
    "an empty account": "https://@s3.amazonaws.com/b/k",
    "the allowed host as an account": "https://s3.amazonaws.com@evil.example/b/k",
    "the allowed host as a password": "https://x:s3.amazonaws.com@evil.example/b/k",
    "an account with a number sign": "https://evil.example#@s3.amazonaws.com/b/k",
    "an account with a question mark": "https://evil.example?@s3.amazonaws.com/b/k",
    "a backslash before an at sign": "https://evil.example\\@s3.amazonaws.com/b/k",
    "a backslash behind the host": "https://s3.amazonaws.com\\.evil.example/b/k",
    "backslashes for slashes": "https:\\\\s3.amazonaws.com/b/k",
    "a suffix": "https://s3.amazonaws.com.evil.example/b/k",
    "a prefix": "https://evils3.amazonaws.com/b/k",
    "the host in the path": "https://evil.example/s3.amazonaws.com/k",
    "the host in the query": "https://evil.example/k?s3.amazonaws.com/b/k",
    "a trailing dot": "https://s3.amazonaws.com./b/k",
    "two dots": "https://s3..amazonaws.com/b/k",
    "another port": "https://s3.amazonaws.com:22/b/k",
    "port 0": "https://s3.amazonaws.com:0/b/k",
    "a port that is too large": "https://s3.amazonaws.com:65979/b/k",
    "a port that is none": "https://s3.amazonaws.com:443x/b/k",
    "a port in other digits": "https://s3.amazonaws.com:\uff14\uff14\uff13/b/k",
    "a fragment": "https://s3.amazonaws.com/b/k#fragment",
    "an empty fragment": "https://s3.amazonaws.com/b/k#",
    "a wildcard": "https://*.s3.amazonaws.com/b/k",
    "an underscore": "https://a_b.s3.amazonaws.com/b/k",
    "an escaped host": "https://s3%2eamazonaws.com/b/k",
    "an escaped slash in the host": "https://evil.example%2f.s3.amazonaws.com/b/k",
    "full-width letters": "https://\uff53\uff13.amazonaws.com/b/k",
    "an ideographic dot": "https://s3\u3002amazonaws\u3002com/b/k",
    "a Cyrillic letter": "https://s3.am\u0430zonaws.com/b/k",
    "its punycode": "https://s3.xn--amzonaws-2fg.com/b/k",
    "a long s": "https://\u017f3.amazonaws.com/b/k",
    "a soft hyphen": "https://s3.amazon\u00adaws.com/b/k",
    "circled digits": "https://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/b/k",
    "a path that is not escaped": "https://s3.amazonaws.com/b/\u00e4.pdf",
    "a space": "https://s3.amazonaws.com/b/a b.pdf",
    "a space before it": " https://s3.amazonaws.com/b/k",
    "a tab in the host": "https://s3.amazo\tnaws.com/b/k",
    "a line break": "https://s3.amazonaws.com/b/k\r\nHost: evil.example",
    "a line break in the host": "https://s3.amazonaws.com\r\n.evil.example/b/k",
    "a line break behind it": "https://s3.amazonaws.com/b/k\n",
    "a NUL": "https://s3.amazonaws.com\x00.evil.example/b/k",
    "half a character": "https://s3.amazonaws.com/\ud800",
    "no file name": "https://s3.amazonaws.com/",
    "no path": "https://bucket.s3.amazonaws.com?list-type=2",
    "a folder": "https://s3.amazonaws.com/b/dir/",
    "two dots for a name": "https://s3.amazonaws.com/b/%2e%2e",
    "a control character in the name": "https://s3.amazonaws.com/b/a%0ab.pdf",
    "a name that is too long": f"https://s3.amazonaws.com/b/{'x' * 256}",
    "a URL that is too long": f"https://s3.amazonaws.com/b/k?{'x' * 8192}",
}


@pytest.fixture
def airlock(new_app: NewApp, sqlite_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Airlock:
    """With the hosts of the default; a look at DNS fails the test."""
    made = Airlock(new_app(database_url=sqlite_url, redis_url=redis_url, key_requests_per_minute=0))

    def look_up(host: str, *_: object, **__: object) -> Any:
        pytest.fail(f"{host} was looked up")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return made


@pytest.fixture
def submitted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would be submitted, if it were not for the test."""
    found: list[Any] = []

    def submit(_parts: Any, submission: Any) -> None:
        found.append(submission)
        raise OSError("not in this test")

    monkeypatch.setattr("deployment.api.submitting.submit", submit)
    return found


def test_none_of_them_gets_past(airlock: Airlock) -> None:
    for name, url in BYPASSES.items():
        reply = post(airlock, GOOD, url)
        found = breaches(reply)
        assert {attr for attr, _ in found} == {"presigned_urls.1"}, name
        assert {code for _, code in found} <= {"invalid", "not_allowed", "no_name", "max_length"}, name
        assert "never-told" not in reply.text
        assert "password" not in reply.text
    assert len(BYPASSES) > 60
    assert left(airlock) == []


def test_a_form_has_the_same_rules(airlock: Airlock) -> None:
    for url in ("http://s3.amazonaws.com/b/k", "https://s3.amazonaws.com@evil.example/b/k", "", "x\r\ny"):
        assert {attr for attr, _ in breaches(airlock.post(presigned_urls=[GOOD, url]))} == {"presigned_urls.1"}
    assert left(airlock) == []


def test_the_host_that_is_not_allowed_is_named_with_the_setting(airlock: Airlock) -> None:
    reply = post(airlock, "https://minio.example:9000/b/k?X-Amz-Signature=never-told")
    assert breaches(reply) == {("presigned_urls.0", "not_allowed")}
    detail = reply.get_json()["errors"][0]["detail"]
    assert "minio.example:9000" in detail
    assert "PRESIGNED_HOSTS" in detail


def test_a_url_of_an_allowed_host_is_taken_as_it_is(airlock: Airlock, submitted: list[Any]) -> None:
    """Case and the usual port make no difference to the host; path and query are signed, and stay as they are."""
    odd = "HTTPS://Bucket.S3.EU-west-1.AmazonAWS.com:443/a%2Fb/..//C%20%C3%A4+c.PDF?x=%2f&Y=&&z"
    post(airlock, odd)
    (file,) = submitted[0].files
    assert file.name == "C \u00e4+c.PDF"
    assert bytes(file.url.for_httpcore()) == (
        b"https://bucket.s3.eu-west-1.amazonaws.com/a%2Fb/..//C%20%C3%A4+c.PDF?x=%2f&Y=&&z"
    )
    assert str(file.url) == "https://bucket.s3.eu-west-1.amazonaws.com/a%2Fb/..//C%20%C3%A4+c.PDF"
    assert "&z" not in repr(file)


def test_a_name_is_never_a_path(airlock: Airlock, submitted: list[Any]) -> None:
    names = {"/b/..%2f..%2fa.txt": "a.txt", "/b/%5C%5Chost%5Ca.txt": "a.txt", "/b/C%3A%5Ca.txt": "a.txt"}
    post(airlock, *(f"https://s3.amazonaws.com{path}" for path in names))
    assert [file.name for file in submitted[0].files] == list(names.values())


def test_files_and_urls_together_are_1_to_32(airlock: Airlock, submitted: list[Any]) -> None:
    for reply in (
        post(airlock, *[GOOD] * 33),
        airlock.post([HELLO] * 32, presigned_urls=GOOD),
        airlock.post([HELLO], presigned_urls=[GOOD] * 32),
    ):
        assert breaches(reply) == {("presigned_urls", "max_length")}
        assert "1 to 32" in reply.get_json()["errors"][0]["detail"]
    assert left(airlock) == []
    airlock.post([HELLO], presigned_urls=[GOOD] * 31)
    assert [isinstance(file, Upload) for file in submitted[0].files] == [True] + [False] * 31


def test_a_refusal_is_no_longer_for_a_hundred_thousand_urls(airlock: Airlock) -> None:
    reply = post(airlock, *[""] * 100_000)
    assert breaches(reply) == {("presigned_urls", "max_length")}
    assert len(reply.data) < 1000


def test_the_limit_is_the_installations(new_app: NewApp, sqlite_url: str, redis_url: str) -> None:
    app: Flask = new_app(database_url=sqlite_url, redis_url=redis_url, max_files=2)
    reply = post(Airlock(app), GOOD, GOOD, GOOD)
    assert breaches(reply) == {("presigned_urls", "max_length")}
    assert "1 to 2 files" in reply.get_json()["errors"][0]["detail"]
