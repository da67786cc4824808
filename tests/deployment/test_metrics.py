"""`/metrics` tells what is live, overdue and due, and how old the last pass of a reconciler is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from unittest import mock
from uuid import UUID

import pytest
import yaml
from flask import Flask
from freezegun import freeze_time
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import SQLAlchemyError

from deployment import lifecycle
from deployment.clock import utcnow
from deployment.database import note_count
from deployment.dispatch import Ticket
from deployment.models import Execution
from deployment.reconcile import reconcile
from deployment.tallies import Tallies, kind_of
from storage import AccessDenied, NotFound
from tests.airlock import Airlock
from tests.servers.process import free_port

ROOT = Path(__file__).resolve().parents[2]


def metrics(airlock: Airlock) -> dict[str, float]:
    """Each sample by its name and the values of its labels, in the order of their names."""
    text = airlock.client.get("/metrics").get_data(as_text=True)
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {" ".join([sample.name, *filter(None, sample.labels.values())]): sample.value for sample in samples}


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
    airlock.work_here(execution_id)
    airlock.swap(Execution, execution_id, cleanup_due_at=utcnow() - timedelta(seconds=1))
    assert metrics(airlock)["airlock_cleanups_due"] == 1


def test_ends_are_counted_by_status_and_reason_with_how_long_they_took(airlock: Airlock) -> None:
    airlock.accept()
    airlock.accept([("a.bin", bytes(range(256)))])
    airlock.work()
    with mock.patch.object(type(airlock.parts.store), "put", side_effect=AccessDenied("write", "it")):
        airlock.post()
    told = metrics(airlock)
    assert told["airlock_executions_ended_total COMPLETED"] == 1
    assert told["airlock_executions_ended_total other ERROR"] == 1
    assert told["airlock_executions_ended_total AccessDenied ERROR"] == 1
    assert told["airlock_files_ended_total SUCCESS"] == told["airlock_files_ended_total FAILED"] == 1
    assert told["airlock_execution_running_seconds_count"] == 2, "one came never to a worker"
    assert told["airlock_execution_waiting_seconds_bucket +Inf"] == 2
    assert told["airlock_guard_outcomes_total sealed"] == 2
    assert told["airlock_guard_outcomes_total failed"] == 1


def test_what_a_reconciler_repairs_is_counted(airlock: Airlock) -> None:
    run = airlock.accept()
    ticket = Ticket(run, airlock.run(run).files[0].id, 1, 1)
    with airlock.parts.database.writing() as session:
        lifecycle.claim(session, ticket, "one that dies", airlock.parts.policy)
    with freeze_time(utcnow() + timedelta(minutes=1)):
        reconcile(airlock.parts)
    told = metrics(airlock)
    assert told["airlock_reconcile_actions_total worker_lost"] == 1
    assert told["airlock_attempts_lost_total"] == 1


def test_errors_of_the_storage_and_the_queue_are_counted(new_app: Callable[..., Flask], database_url: str) -> None:
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    airlock = Airlock(new_app(database_url=database_url, redis_url=nowhere))
    assert airlock.post().status_code == 422
    store = airlock.parts.store
    with pytest.raises(NotFound):
        store.open("11111111-1111-1111-1111-111111111111/in/0")
    told = metrics(airlock)
    assert told["airlock_queue_errors_total enqueue"] == 1
    assert told["airlock_storage_errors_total NotFound open"] == 1
    assert told["airlock_requests_uncounted_total"] >= 1


def test_a_refused_request_is_counted_by_its_limit(
    new_app: Callable[..., Flask], database_url: str, redis_url: str
) -> None:
    airlock = Airlock(new_app(database_url=database_url, redis_url=redis_url, key_requests_per_minute=1))
    codes = [airlock.get(UUID(int=1)).status_code for _ in range(3)]
    assert codes[1:] == [429, 429]
    assert metrics(airlock)["airlock_requests_limited_total requests"] == 2


def test_a_transaction_that_is_rolled_back_counts_nothing(airlock: Airlock) -> None:
    database = airlock.parts.database
    with pytest.raises(KeyError), database.writing() as session:
        note_count(session, "files_ended", status="SUCCESS")
        raise KeyError
    assert "airlock_files_ended_total SUCCESS" not in metrics(airlock)


def test_several_processes_add_up_and_what_a_database_did_not_take_is_added_later(airlock: Airlock) -> None:
    database, one, other = airlock.parts.database, Tallies(), Tallies()
    for tallies in (one, other):
        tallies.count("attempts_lost", 2)
    with mock.patch.object(type(database), "writing", side_effect=SQLAlchemyError("away")):
        one.flush(database)
    for tallies in (one, other, one):
        tallies.flush(database)
    assert metrics(airlock)["airlock_attempts_lost_total"] == 4


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("AccessDenied: cannot write", "AccessDenied"),
        ("worker_lost: killed", "worker_lost"),
        ("The PDF is cut short: its end", "other"),
        ("<script>: x", "other"),
        ("", "other"),
    ],
)
def test_a_reason_is_counted_by_what_it_begins_with_if_that_is_no_sentence(reason: str, kind: str) -> None:
    assert kind_of(reason) == kind


PAGE = (ROOT / "docs/metrics.md").read_text()
MONITORING = ROOT / "examples/monitoring"


def families(airlock: Airlock) -> set[str]:
    text = airlock.client.get("/metrics").get_data(as_text=True)
    return {line.split()[2].removesuffix("_total") for line in text.splitlines() if line.startswith("# TYPE")}


def test_the_page_lists_every_metric_and_no_other(airlock: Airlock) -> None:
    reconcile(airlock.parts)
    listed = re.findall(r"^\| `(airlock_\w+)`", PAGE, re.MULTILINE)
    assert {name.removesuffix("_total") for name in listed} == families(airlock)
    assert len(listed) == len(set(listed))


def test_the_dashboard_and_the_alerts_ask_for_metrics_that_there_are(airlock: Airlock) -> None:
    reconcile(airlock.parts)
    dashboard = json.loads((MONITORING / "grafana.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    alerts = (MONITORING / "alerts.yml").read_text()
    asked += re.findall(r"^ +expr: (.+)$", alerts, re.MULTILINE)
    names = {name for expression in asked for name in re.findall(r"airlock_\w+", expression)}
    suffix = re.compile(r"_(total|bucket|sum|count)$")
    assert {suffix.sub("", name) for name in names} <= families(airlock)
    assert len(asked) > 12


def test_the_alerts_are_rules_with_a_promise_each() -> None:
    rules = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"][0]["rules"]
    assert {"AirlockStuck", "AirlockLying", "AirlockLeaking"} <= {rule["alert"] for rule in rules}
    for rule in rules:
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
        assert set(rule["annotations"]) == {"summary", "description"}
