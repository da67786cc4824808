"""A whole installation that is told to trace: what its web process and its work-horses send is one trace."""

from __future__ import annotations

from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests import loopback
from tests.eventually import eventually
from tests.launcher.launched import Launched
from tests.servers.receiver import Receiver

pytestmark = pytest.mark.slow


def spans(collector: Receiver) -> list[tuple[str, bytes]]:
    """Names and traces of all spans that have arrived."""
    found = []
    for received in list(collector.requests):
        told = ExportTraceServiceRequest.FromString(received.body)
        scopes = [scope for resource in told.resource_spans for scope in resource.scope_spans]
        found += [(span.name, span.trace_id) for scope in scopes for span in scope.spans]
    return found


def test_request_and_work_arrive_at_a_collector_as_one_trace(tmp_path: Path, receiver: Receiver) -> None:
    receiver.answer([200] * 1000)
    told = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url.removesuffix("/hook"), "OTEL_EXPORTER_OTLP_COMPRESSION": "none"}
    fast = {"OTEL_BSP_SCHEDULE_DELAY": "100", "WORKERS": "1", "WEB_CONCURRENCY": "1"}
    with Launched(tmp_path / "data", **told, **fast) as launched:
        deployed = launched.deploy("text", "extract-text")
        reply = loopback.post(
            f"{launched.url}/v1/deployments/acme/text/executions",
            headers={"Authorization": f"Bearer {deployed['api_key']}", "Prefer": "wait=30"},
            files={"files": ("hello.txt", b"Hello")},
            timeout=60,
        )
        assert reply.status_code == 200

        def arrived() -> set[bytes]:
            of = dict(spans(receiver))
            return {of["POST /v1/deployments/<org>/<name>/executions"], of["stage"], of["work"]}

        assert len(eventually(arrived, within=20, passing_over=(KeyError,))) == 1
