"""No secret gets through, and what is no secret stays readable."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from guards import redact

SECRET = "hunter2Zq"

LEAKS = [
    "postgresql+psycopg://bob:{}@db:5432/app",
    "postgresql://bob:{}@db/app?sslmode=require",
    "redis://:{}@cache:6379/0",
    "rediss://default:{}@cache",
    "amqps://u:p@{}@host//",
    "mssql+pyodbc://sa:P@ss:{}@h/db",
    "postgres://u:pa/{}@host/db",
    "redis://:p#{}@host",
    "https://{}@github.com/a/b.git",
    "https://{}:x-oauth-basic@github.com",
    "s3+https://AKIA123:{}@minio:9000/bucket",
    "host=db user=bob password={} dbname=app",
    "host=db password='{} and more' dbname=app",
    "Server=h;Uid=sa;Pwd={};Database=x",
    "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={};EndpointSuffix=core",
    "AWS_SECRET_ACCESS_KEY={}",
    "aws_secret_access_key = {}",
    "MINIO_ROOT_PASSWORD={}",
    "OPENAI_API_KEY={}",
    "{{'password': '{}', 'user': 'bob'}}",
    '{{"token": "{}", "a": 1}}',
    r"{{\"client_secret\": \"{}\"}}",
    "{{'password': b'{}'}}",
    "{{'password': 'it\\'s {}'}}",
    "[('X-Api-Key', '{}'), ('Accept', '*/*')]",
    "X-Api-Key: {}",
    "api-key={}",
    "Authorization: Bearer {}",
    "authorization: Basic {}",
    "Authorization: Token {}",
    "'Authorization': 'Bearer {}'",
    "Bearer {}",
    "bearer  {}",
    "https://h/x?X-Amz-Signature={}&list-type=2",
    "https://h/x?X-Amz-Credential={}%2F20250101%2Fus-east-1",
    "https://h/x?X-Amz-Security-Token={}",
    "https://h/x?AWSAccessKeyId={}&Expires=1",
    "https://h/x?Signature={}&Expires=1",
    "https://a.blob.core.windows.net/c/b?sv=2024&sig={}",
    "https://h/x?X-Goog-Signature={}",
    "https://h/x?token={}",
    "https://h/x?access_token={}#top",
    "https://h/x?key={}",
    "url=https%3A%2F%2Fh%2Fx%3Fsig%3D{}%26a%3D1",
    "userToken={}",
    "session_token: {}",
    "Cookie: {}",
    "AWS4-HMAC-SHA256 Credential={}/2013/s3, SignedHeaders=host, Signature=x",
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{}\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\n{}",
    "API key: {}",
]


@pytest.mark.parametrize("text", LEAKS)
def test_a_secret_does_not_get_through(text: str) -> None:
    redacted = redact(text.format(SECRET))
    assert SECRET not in redacted
    assert "***" in redacted


@pytest.mark.parametrize(
    "token",
    [
        "AKIA" + "IOSFODNN7EXAMPLE",
        "ASIA" + "IOSFODNN7EXAMPLE",
        "sk-ant-" + "abcdefghijklmnopqrst",
        "sk_live_" + "abcdefghijklmnopqrstuv",
        "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789",
        "github_pat_" + "11ABCDEFG_abcdefghijkl",
        "glpat-" + "abcdefghijklmnop",
        "xoxb-" + "123456789012-abcdefghij",
        "AIza" + "SyA-abcdefghijklmnopqrstuvwxyz01234",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "alk_" + "A" * 43,
        "hf_" + "abcdefghijklmnopqrstuv",
    ],
)
def test_a_token_of_a_known_shape_does_not_get_through(token: str) -> None:
    assert redact(f"Incorrect key provided: {token}, see the docs") == ("Incorrect key provided: ***, see the docs")


@pytest.mark.parametrize(
    "text",
    [
        "NoSuchKey: The specified key does not exist; key=org/in/0",
        "http://host:8080/path/a@b.com",
        "Bearer token missing",
        "Basic authentication failed",
        'password authentication failed for user "bob"',
        "max_tokens: 4096 is more than 2048",
        "signature_version=s3v4",
        "passed=5 failed=1",
        "SignedHeaders=host;x-amz-date",
        "see https://docs.example.com/errors#403 for more",
        "Enter password:\nTraceback (most recent call last)",
        "S3 operation failed; code: AccessDenied, resource: /bucket/key, request_id: 17",
        "line 3: unexpected 'token' at column 4",
        "monkey=banana&turkey=1",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


@given(st.text() | st.sampled_from(LEAKS).flatmap(lambda leak: st.text().map(lambda t: leak + t)))
@example("A://:?@@")
@example("A://password=?#&@")
def test_what_is_redacted_stays_as_it_is(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


@pytest.mark.parametrize(
    "piece",
    ["a", "password=", "://", "a://", "a://b:", "bearer ", "'", "password='", "eyJ", "sk-", "basic a", "%3D",
     "secret", "x-amz-", "-----BEGIN PRIVATE KEY-----", "token token ", "password=%", "\\\"", "AKIA" + ""],
)  # fmt: skip
def test_a_hostile_text_takes_no_more_than_its_length_costs(piece: str) -> None:
    """Eight times the length may not take as much as forty times the time, of three tries at least once."""

    def cheap(length: int) -> bool:
        return _seconds(piece, 8 * length) < 40 * max(_seconds(piece, length), 0.001)

    assert any(cheap(5_000) for _ in range(3))


def _seconds(piece: str, length: int) -> float:
    text = piece * (length // len(piece))
    begun = time.process_time()
    redact(text)
    return time.process_time() - begun
