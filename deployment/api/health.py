"""What watches us: `/healthz`, this process is alive; `/readyz`, each part answers; `/metrics`, for Prometheus."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from deployment.health import readiness
from deployment.parts import current_parts as parts

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    """200 as long as the process answers at all; no part is asked."""
    return jsonify(status="alive")


@health.get("/readyz")
def ready() -> tuple[Response, int]:
    """200 when every part answers, else 503; the body says which does not."""
    report = readiness(parts())
    return jsonify(report), 200 if report["status"] == "ready" else 503


@health.get("/metrics")
def metrics() -> Response:
    """Facts from the rows in Prometheus' text format; 503 when the database does not answer."""
    from deployment.metrics import exposition  # heavy, and used by few processes

    return Response(exposition(parts()), mimetype="text/plain")
