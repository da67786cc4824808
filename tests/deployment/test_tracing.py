"""One trace from the request over the files to the webhook, one id in the log lines, and nothing while it is off."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from flask import Flask
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from deployment import tracing
from deployment.deliveries import deliver, overdue_deliveries
from settings import InvalidSettings, Settings
from storage import AccessDenied
from tests.airlock import HELLO, Airlock
from tests.servers.receiver import Receiver

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans() -> Iterator[Callable[[], dict[str, ReadableSpan]]]:
    """What was traced, by the names of the spans; the newest of a name."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.switch_on(lambda: provider)
    yield lambda: {span.name: span for span in exporter.get_finished_spans()}
    tracing.switch_off()
    provider.shutdown()


@pytest.fixture
def airlock(new_app: Callable[..., Flask], database_url: str, redis_url: str, receiver: Receiver) -> Airlock:
    app = new_app(database_url=database_url, redis_url=redis_url, private_webhooks=True)
    return Airlock(app, webhook=receiver.url, private_webhooks=True)


def send_webhooks(airlock: Airlock) -> None:
    with airlock.parts.database.reading() as session:
        due = list(session.scalars(overdue_deliveries(10)))
    assert all(deliver(airlock.parts, delivery) for delivery in due)


def submit(airlock: Airlock, **headers: str) -> UUID:
    reply = airlock.client.post(
        "/v1/deployments/acme/text/executions",
        data={"files": (io.BytesIO(HELLO[1]), HELLO[0])},
        headers={**airlock.headers, **headers},
    )
    assert reply.status_code == 202, reply.text
    return UUID(reply.get_json()["id"])


def test_request_files_and_webhook_are_one_trace(airlock: Airlock, spans: Any, receiver: Receiver) -> None:
    run = submit(airlock, traceparent=CALLER)
    airlock.work_here(run)
    send_webhooks(airlock)
    made = spans()
    request = made["POST /v1/deployments/<org>/<name>/executions"]
    assert {f"{span.context.trace_id:032x}" for span in made.values()} == {CALLER.split("-")[1]}
    for name in ("stage", "work", "deliver"):
        assert made[name].parent.span_id == request.context.span_id, name
    assert made["work"].attributes["airlock.execution"] == str(run)
    assert request.attributes["http.response.status_code"] == 202
    sent = receiver.requests[0].headers["traceparent"].split("-")
    assert (sent[1], sent[2]) == (CALLER.split("-")[1], f"{made['deliver'].context.span_id:016x}")


def test_a_failure_is_seen_and_its_message_is_not_told(airlock: Airlock, spans: Any) -> None:
    with mock.patch.object(type(airlock.parts.store), "put", side_effect=AccessDenied("write", "secret-name")):
        airlock.post()
    failed = spans()["stage"]
    assert (failed.status.is_ok, failed.status.description) == (False, "AccessDenied")
    assert "secret-name" not in failed.to_json()


@pytest.mark.parametrize("header", ["", "nonsense", "00-0-0-00", "x" * 500])
def test_a_traceparent_that_is_none_begins_a_trace_of_its_own(airlock: Airlock, spans: Any, header: str) -> None:
    submit(airlock, traceparent=header)
    assert spans()["POST /v1/deployments/<org>/<name>/executions"].parent is None


def test_while_it_is_off_nothing_is_stored_or_sent(airlock: Airlock, receiver: Receiver) -> None:
    run = submit(airlock, traceparent=CALLER)
    airlock.work_here(run)
    send_webhooks(airlock)
    assert airlock.run(run).traceparent is None
    assert "traceparent" not in receiver.requests[0].headers


def test_only_the_environment_switches_it_on() -> None:
    assert not tracing.wanted({})
    assert tracing.wanted({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h:4318"})
    assert not tracing.wanted({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h:4318", "OTEL_SDK_DISABLED": "true"})


def test_switched_on_without_the_extra_the_start_stops_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from app import create_app

    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    told: dict[str, Any] = {"redis_url": "redis://h", "secret_key": "x"}
    with pytest.raises(InvalidSettings, match=r"requirements-otel.txt"):
        create_app(Settings(**told))


def test_one_id_leads_from_the_request_to_the_webhook(airlock: Airlock, caplog: pytest.LogCaptureFixture) -> None:
    run = submit(airlock)
    airlock.work_here(run)
    send_webhooks(airlock)
    lines = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    events = [line["event"] for line in lines if line.get("execution_id") == str(run)]
    assert [event for event in events if event in ("execution_accepted", "attempt_ended", "webhook_delivered")] == [
        "execution_accepted",
        "attempt_ended",
        "webhook_delivered",
    ]


def test_a_request_has_the_id_that_its_caller_gave_if_that_is_one(
    airlock: Airlock, caplog: pytest.LogCaptureFixture
) -> None:
    reply = airlock.client.get("/healthz", headers={"X-Request-ID": "case-7"})
    assert reply.headers["X-Request-ID"] == "case-7"
    for odd in ("", "a b", "x" * 81, "é"):
        made = airlock.client.get("/healthz", headers={"X-Request-ID": odd.encode().decode("latin-1")})
        assert len(made.headers["X-Request-ID"]) == 32
    airlock.client.post(airlock.path, headers={**airlock.headers, "X-Request-ID": "case-8"}, data={})
    submit(airlock, **{"X-Request-ID": "case-9"})
    lines = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    assert "execution_accepted" in {line["event"] for line in lines if line.get("request_id") == "case-9"}
