"""What is sent to Sentry: what broke and where, and nothing of what callers send or of our secrets."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
import sentry_sdk
from sentry_sdk.transport import Transport

import error_reports
from tests.airlock import Airlock

SECRET = "postgresql://user:hunter2@h/db"


class Kept(Transport):
    """A transport that keeps what it is to send."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Any] = []

    def capture_envelope(self, envelope: Any) -> None:
        self.sent += [item.payload.json for item in envelope.items if item.payload.json]


@pytest.fixture
def sentry() -> Iterator[Kept]:
    kept = Kept()
    error_reports.switch_on("https://key@sentry.example/1", transport=kept)
    yield kept
    sentry_sdk.get_global_scope().clear()
    sentry_sdk.init()


def test_an_unexpected_error_is_sent_without_what_the_caller_sent(airlock: Airlock, sentry: Kept) -> None:
    with mock.patch("deployment.api.v1.listing.page", side_effect=RuntimeError(f"no answer from {SECRET}")):
        reply = airlock.client.get("/v1/executions?tag=private-word", headers=airlock.headers)
    assert reply.status_code == 500
    sentry_sdk.flush()
    assert sentry.sent
    told = json.dumps(sentry.sent)
    assert "RuntimeError" in told
    for secret in ("hunter2", airlock.key, "private-word"):
        assert secret not in told
    assert sentry.sent[0]["request"] == {"method": "GET", "url": "http://localhost/v1/executions"}


def test_what_is_refused_is_no_error(airlock: Airlock, sentry: Kept) -> None:
    airlock.client.get("/v1/executions")
    airlock.client.get("/nowhere")
    sentry_sdk.flush()
    assert sentry.sent == []


def test_without_the_extra_the_start_stops_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    with pytest.raises(error_reports.ExtraMissing, match=r"requirements-sentry.txt"):
        error_reports.switch_on("https://key@sentry.example/1")
