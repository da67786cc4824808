"""`/metrics` tells what is live, overdue and due, and how old the last pass of a reconciler is."""

from __future__ import annotations

from datetime import timedelta

from prometheus_client.parser import text_string_to_metric_families

from deployment.clock import utcnow
from deployment.models import Execution
from deployment.reconcile import reconcile
from tests.airlock import Airlock


def metrics(airlock: Airlock) -> dict[str, float]:
    """Each sample by its name, and its status where it has one."""
    text = airlock.client.get("/metrics").get_data(as_text=True)
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {" ".join([sample.name, *sample.labels.values()]): sample.value for sample in samples}


def test_a_live_run_is_counted_by_its_status(airlock: Airlock) -> None:
    assert metrics(airlock)["airlock_live_executions QUEUED"] == 0
    airlock.accept()
    assert metrics(airlock)["airlock_live_executions QUEUED"] == 1
    assert metrics(airlock)["airlock_overdue_executions"] == 0


def test_an_overdue_run_is_seen_until_a_reconciler_has_been_round(airlock: Airlock) -> None:
    execution_id = airlock.accept()
    airlock.swap(Execution, execution_id, lease_expires_at=utcnow() - timedelta(minutes=1))
    before = metrics(airlock)
    assert before["airlock_overdue_executions"] == 1
    assert "airlock_reconcile_age_seconds" not in before
    reconcile(airlock.parts)
    after = metrics(airlock)
    assert after["airlock_overdue_executions"] == 0
    assert after["airlock_reconcile_age_seconds"] < 60


def test_a_cleanup_that_is_due_is_counted(airlock: Airlock) -> None:
    execution_id = airlock.accept()
    airlock.work()
    airlock.swap(Execution, execution_id, cleanup_due_at=utcnow() - timedelta(seconds=1))
    assert metrics(airlock)["airlock_cleanups_due"] == 1
