"""What a person is told to do about a failure, by reasons that really happen: no advice is better than a wrong one."""

from __future__ import annotations

from unittest import mock
from uuid import UUID

import pytest
from redis.exceptions import ConnectionError as QueueAway

from deployment import lifecycle
from deployment.advice import Explanation, explain
from deployment.claims import Claims
from deployment.dispatch import Ticket
from tests.airlock import Airlock
from tests.sabotage import AroundEnqueue, raising, replace_parts


def told(airlock: Airlock, run: UUID) -> Explanation:
    explanation = explain(airlock.run(run))
    assert explanation is not None
    return explanation


def test_a_queue_that_does_not_answer_is_named_at_the_dispatch(airlock: Airlock) -> None:
    failing = AroundEnqueue(airlock.parts.dispatcher, before=raising(QueueAway("refused")))
    replace_parts(airlock.app, dispatcher=failing)
    run = UUID(airlock.post().get_json()["message"]["execution_id"])
    assert told(airlock, run).step == "while it was handed to the workers"
    assert "The queue did not answer" in told(airlock, run).advice


@pytest.mark.parametrize("error", [ConnectionError, TimeoutError])
def test_what_a_workflow_could_not_reach_is_not_called_our_queue(airlock: Airlock, error: type[Exception]) -> None:
    run = airlock.accept()
    with mock.patch("deployment.execute.run", side_effect=error("model server")):
        airlock.work_here(run)
    assert airlock.run(run).error == f"{error.__name__}: model server"
    assert told(airlock, run) == Explanation("while workers were at its files", "")


def test_a_time_limit_leads_to_the_time_limit(airlock: Airlock) -> None:
    run = airlock.accept()
    claims, ticket = Claims(airlock.parts, "here"), Ticket(run, airlock.run(run).files[0].id, 1, 1)
    claim = claims.claim(ticket)
    assert claim is not None
    claims.overran(claim)
    claims.disconnect()
    assert "raise that, or split the document" in told(airlock, run).advice


def test_a_worker_that_is_killed_leads_to_the_memory(airlock: Airlock) -> None:
    run = airlock.accept()
    for attempt in range(1, 4):
        ticket = Ticket(run, airlock.run(run).files[0].id, attempt, attempt)
        with airlock.parts.database.writing() as session:
            lifecycle.claim(session, ticket, "here", airlock.parts.policy)
            lifecycle.lose(session, ticket, airlock.parts.policy, "killed by SIGKILL")
    assert "Look at the memory of the machine" in told(airlock, run).advice
