"""Tickets that come late: the claim compares the attempt, and never how often a ticket was handed out."""

from __future__ import annotations

from deployment.dispatch import Ticket
from tests.airlock import Airlock
from tests.deployment.reconcile.overdue import move_file


def test_a_ticket_that_was_taken_for_lost_is_good_all_the_same(airlock: Airlock) -> None:
    """A worker has popped it when the reconciler looks for it. The new one, for the same attempt, dies at its claim."""
    run = airlock.accept()
    file = move_file(airlock, run, dispatch=2)
    airlock.work()
    assert airlock.stored(run).status == "COMPLETED"
    airlock.parts.dispatcher.enqueue([Ticket(run, file.id, 1, 2)])
    airlock.work()
    assert airlock.stored(run).files[0].attempt == 1
