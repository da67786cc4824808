"""Metrics: facts read from the rows when they are asked for, so several processes need no files between them.

What is counted is live, due or overdue, each from a partial index: a scrape costs what is under way.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from deployment.clock import utcnow
from deployment.health import reconcile_age
from deployment.models import LIVE, Delivery, DeliveryStatus, Execution, is_one_of
from deployment.parts import Parts


class Facts(Collector):
    """The state of the installation at the moment of the scrape."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield self._live()
        yield _gauge("airlock_overdue_executions", "Live executions whose lease is over: to be 0.", self._overdue())
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

    def _cleanups(self) -> int:
        return self._count(Execution, Execution.cleanup_due_at.is_not(None), Execution.cleanup_due_at <= utcnow())

    def _deliveries(self) -> int:
        due = (Delivery.due_at.is_not(None), Delivery.due_at <= utcnow())
        return self._count(Delivery, Delivery.status == DeliveryStatus.PENDING, *due)

    def _count(self, model: type[Execution] | type[Delivery], *where: sa.ColumnElement[bool]) -> int:
        with self._parts.database.reading() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0


def exposition(parts: Parts) -> bytes:
    """The text that Prometheus reads, format 0.0.4."""
    registry = CollectorRegistry()
    registry.register(Facts(parts))
    return generate_latest(registry)


def _gauge(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_text, value=value)
