"""Metrics: facts read from the rows when they are asked for, and tallies of what has happened, for Prometheus.

A fact is live, due or overdue, each from a partial index: a scrape costs what is under way. docs/metrics.md lists all.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from deployment.clock import utcnow
from deployment.health import reconcile_age
from deployment.models import LIVE, OPEN, Delivery, DeliveryStatus, Execution, ExecutionFile, Tally, is_one_of
from deployment.parts import Parts
from deployment.tallies import BUCKETS

COUNTERS = {
    "executions_ended": ("Executions that have ended.", ["status", "reason"]),
    "files_ended": ("Files that have ended.", ["status"]),
    "attempts_lost": ("Attempts at a file that ended with their worker.", []),
    "guard_outcomes": ("What became of runs at their dispatch.", ["outcome"]),
    "reconcile_actions": ("What reconcilers have repaired.", ["action"]),
    "deliveries": ("Tries to deliver a webhook.", ["outcome"]),
    "storage_errors": ("Errors of the storage.", ["operation", "error"]),
    "queue_errors": ("Errors of the queue.", ["operation"]),
    "requests_limited": ("Requests that were refused for a key's limits.", ["limit"]),
    "requests_uncounted": ("Requests that nobody could count, since the limiter was away.", []),
}
HISTOGRAMS = {
    "execution_waiting_seconds": "From accept to the first claim.",
    "execution_running_seconds": "From the first claim to the end.",
}


class Facts(Collector):
    """The state of the installation at the moment of the scrape."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        yield self._live()
        yield _gauge("airlock_overdue_executions", "Live executions whose lease is over: to be 0.", self._overdue())
        yield _gauge("airlock_ended_with_open_files", "Ended executions with open files: to be 0.", self._lying())
        yield _gauge("airlock_cleanups_due", "Ended executions with objects to delete by now.", self._cleanups())
        yield _gauge("airlock_deliveries_due", "Webhooks to be sent by now.", self._deliveries())
        age = reconcile_age(self._parts)
        if age is not None:
            yield _gauge("airlock_reconcile_age_seconds", "Since the last full pass of a reconciler.", age)

    def _live(self) -> GaugeMetricFamily:
        family = GaugeMetricFamily("airlock_live_executions", "Live executions by status.", labels=["status"])
        question = sa.select(Execution.status, sa.func.count()).where(is_one_of(Execution.status, LIVE))
        with self._parts.database.reading() as session:
            counts = {row[0]: row[1] for row in session.execute(question.group_by(Execution.status))}
        for status in LIVE:
            family.add_metric([status], counts.get(status, 0))
        return family

    def _overdue(self) -> int:
        late = Execution.lease_expires_at <= utcnow() - self._parts.policy.clock_skew
        return self._count(Execution, is_one_of(Execution.status, LIVE), late)

    def _lying(self) -> int:
        """Files that a worker could still be at, though their run has ended: from the index of open files."""
        ended = sa.exists().where(Execution.id == ExecutionFile.execution_id, Execution.ended_at.is_not(None))
        return self._count(ExecutionFile, is_one_of(ExecutionFile.status, OPEN[1:]), ended)

    def _cleanups(self) -> int:
        return self._count(Execution, Execution.cleanup_due_at.is_not(None), Execution.cleanup_due_at <= utcnow())

    def _deliveries(self) -> int:
        due = (Delivery.due_at.is_not(None), Delivery.due_at <= utcnow())
        return self._count(Delivery, Delivery.status == DeliveryStatus.PENDING, *due)

    def _count(self, model: type[Any], *where: sa.ColumnElement[bool]) -> int:
        with self._parts.database.reading() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0


class Counts(Collector):
    """What has happened since the beginning, whichever process has counted it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        found = self._read()
        for name, (told, labels) in COUNTERS.items():
            family = CounterMetricFamily(f"airlock_{name}", told, labels=labels)
            for values, value in found[name]:
                family.add_metric([values.get(label, "") for label in labels], value)
            yield family
        for name, told in HISTOGRAMS.items():
            yield _histogram(name, told, found)

    def _read(self) -> defaultdict[str, list[tuple[dict[str, str], float]]]:
        found: defaultdict[str, list[tuple[dict[str, str], float]]] = defaultdict(list)
        with self._parts.database.reading() as session:
            for row in session.scalars(sa.select(Tally).order_by(Tally.name, Tally.labels)):
                found[row.name].append((json.loads(row.labels), row.value))
        return found


def exposition(parts: Parts) -> bytes:
    """The text that Prometheus reads, format 0.0.4."""
    parts.tallies.flush(parts.database)
    registry = CollectorRegistry()
    registry.register(Facts(parts))
    registry.register(Counts(parts))
    return generate_latest(registry)


def _gauge(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_text, value=value)


def _histogram(name: str, told: str, found: dict[str, list[tuple[dict[str, str], float]]]) -> HistogramMetricFamily:
    """Tallies are of each bucket alone, and Prometheus wants them summed up."""
    own = {labels["le"]: value for labels, value in found.get(name, [])}
    total, buckets = 0.0, []
    for end in (*(f"{bucket:g}" for bucket in BUCKETS), "+Inf"):
        total += own.get(end, 0.0)
        buckets.append((end, total))
    whole = sum(value for _, value in found.get(f"{name}_sum", []))
    return HistogramMetricFamily(f"airlock_{name}", told, buckets=buckets, sum_value=whole)
