"""Stopping over HTTP: at once for a live run, 409 after its end, and nobody else's run can be seen."""

from __future__ import annotations

from uuid import UUID, uuid4

from werkzeug.test import TestResponse

from tests.airlock import Airlock
from tests.deployment.api.v1.problems import problem, same_but_for_the_path


def stop(airlock: Airlock, execution_id: UUID) -> TestResponse:
    return airlock.client.post(f"/v1/executions/{execution_id}/stop", headers=airlock.headers)


def test_b10_a_live_run_is_stopped_at_once_and_says_who_asked(airlock: Airlock) -> None:
    execution_id = airlock.accept()
    reply = stop(airlock, execution_id)
    assert (reply.status_code, reply.get_json()["status"]) == (202, "STOPPED")
    told = airlock.get(execution_id)
    assert (told.status_code, told.get_json()["status"]) == (422, "STOPPED")
    assert airlock.key[:12] in told.get_json()["error"]
    assert airlock.key not in told.text
    assert airlock.inputs(execution_id) == []
    airlock.work()
    assert airlock.run(execution_id).status == "STOPPED"


def test_b10_a_stop_after_the_end_changes_nothing(airlock: Airlock) -> None:
    execution_id = airlock.accept()
    airlock.work_here(execution_id)
    assert problem(stop(airlock, execution_id), 409)["execution_id"] == str(execution_id)
    assert airlock.get(execution_id).status_code == 200


def test_an_unknown_run_and_another_organisations_look_the_same(airlock: Airlock) -> None:
    other = Airlock(airlock.app, organization="other")
    theirs = other.accept()
    replies = [stop(airlock, theirs), stop(airlock, uuid4())]
    assert [reply.status_code for reply in replies] == [404, 404]
    assert same_but_for_the_path(*replies)
    assert other.run(theirs).live


def test_without_a_key_nothing_can_be_stopped(airlock: Airlock) -> None:
    execution_id = airlock.accept()
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic x"}):
        assert airlock.client.post(f"/v1/executions/{execution_id}/stop", headers=headers).status_code == 401
    assert airlock.run(execution_id).live
