"""Traces after OpenTelemetry: one from the request over the files to the webhook. Off, unless it is switched on.

The context travels in the row (`traceparent`, W3C Trace Context), since jobs carry ids and nothing else. A provider is
made in each process when it is first needed: its thread would not live through a fork.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

Factory = Callable[[], Any]
"""Makes an `opentelemetry.sdk.trace.TracerProvider`."""
SWITCHES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""Of OpenTelemetry's own environment: with one of them, traces are sent there."""
HEADER = "traceparent"

_factory: Factory | None = None
_made: tuple[int, Any] | None = None


class ExtraMissing(Exception):
    """Traces are switched on, and OpenTelemetry is not installed: pip install -r requirements-otel.txt"""


def wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment asks for traces."""
    return any(environment.get(name) for name in SWITCHES) and environment.get("OTEL_SDK_DISABLED", "") != "true"


def switch_on(factory: Factory | None = None) -> None:
    """From now on spans are made, and exported by OTLP, or as `factory` has it. Raises `ExtraMissing`."""
    global _factory, _made
    try:
        import opentelemetry.exporter.otlp.proto.http.trace_exporter
        import opentelemetry.sdk.trace  # noqa: F401
    except ImportError:
        raise ExtraMissing(str(ExtraMissing.__doc__)) from None
    _factory, _made = factory or _exporting, None


def switch_off() -> None:
    """No more spans."""
    global _factory, _made
    _factory, _made = None, None


@contextmanager
def span(name: str, parent: str | None = None, **attributes: str | int) -> Iterator[Any]:
    """A span around the block, below `parent` (a `traceparent`), else below the current one; None where it is off.

    Of an exception it has the type alone: a message may hold what nobody else is to see.
    """
    if _factory is None:
        yield None
        return
    from opentelemetry.trace import Status, StatusCode

    options: dict[str, Any] = {"record_exception": False, "set_status_on_exception": False}
    with _tracer().start_as_current_span(name, _context(parent), attributes=attributes, **options) as made:
        try:
            yield made
        except Exception as error:
            made.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def traceparent() -> str | None:
    """Of the current span, for the row or a header; None where there is none."""
    if _factory is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get(HEADER)


def flush() -> None:
    """Send what was made: before a process leaves by `os._exit`."""
    if _made is not None and _made[0] == os.getpid():
        _made[1].force_flush(2000)


def _tracer() -> Any:
    global _made
    if _made is None or _made[0] != os.getpid():
        _made = (os.getpid(), (_factory or _exporting)())
    return _made[1].get_tracer("airlock")


def _context(parent: str | None) -> Any:
    if parent is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({HEADER: parent})


def _exporting() -> Any:
    """As the environment says (OTEL_SERVICE_NAME, OTEL_EXPORTER_OTLP_HEADERS, …)."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": "airlock"}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
