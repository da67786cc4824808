"""The heartbeat of a request: as long as it stages, its run is not taken for dead."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from deployment.reconcile import reconcile
from tests.airlock import Airlock
from tests.deployment.reconcile.overdue import move_run
from tests.eventually import eventually
from tests.sabotage import BeforePut, replace_parts

NewApp = Callable[..., Flask]
LEASE = 0.6


def test_a_request_that_stages_longer_than_a_lease_is_left_alone(
    new_app: NewApp, database_url: str, redis_url: str
) -> None:
    settings = {"lease_seconds": LEASE, "clock_skew_seconds": 0}
    app = new_app(database_url=database_url, redis_url=redis_url, **settings)
    airlock = Airlock(app)
    leases: set[object] = set()

    def be_slow() -> None:
        """Until the lease has been renewed so often that the first one is over."""
        run = airlock.rows()[0]

        def renewed() -> bool:
            leases.add(airlock.stored(run.id).lease_expires_at)
            assert reconcile(airlock.parts) == {}
            return len(leases) > 4

        eventually(renewed, passing_over=())

    replace_parts(app, store=BeforePut(airlock.parts.store, be_slow))
    run = airlock.accept()
    assert airlock.stored(run).status == "QUEUED"


def test_a_request_that_was_overtaken_stops_renewing_and_tells_the_truth(
    new_app: NewApp, database_url: str, redis_url: str
) -> None:
    app = new_app(database_url=database_url, redis_url=redis_url)
    airlock = Airlock(app)

    def be_overtaken() -> None:
        run = airlock.rows()[0].id
        move_run(airlock, run)
        assert reconcile(airlock.parts)["abandoned"] == 1

    replace_parts(app, store=BeforePut(airlock.parts.store, be_overtaken))
    reply = airlock.post()
    run = airlock.rows()[0]
    assert reply.status_code == 422
    assert (run.status, run.ended_by) == ("ERROR", "reconciler")
    assert airlock.inputs(run.id) == []
    assert airlock.tickets() == []
