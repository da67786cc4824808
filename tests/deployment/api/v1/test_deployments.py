"""Deployments and workflows over HTTP: found, made, changed, deactivated, deleted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.airlock import Airlock
from tests.deployment.api.v1.native import Native, with_key
from tests.deployment.api.v1.problems import breaches, problem


@pytest.fixture
def manager(airlock: Airlock) -> Native:
    return with_key(airlock)


def names(page: dict[str, Any]) -> list[str]:
    return [each["name"] for each in page["deployments"]]


def test_a_workflow_is_deployed_with_its_options_and_runs(airlock: Airlock, manager: Native) -> None:
    asked = {"name": "short", "workflow": "extract-text", "options": {"max_pages": 3}}
    made = manager("post", "/deployments", asked)
    told = made.get_json()
    assert (made.status_code, made.headers["Location"]) == (201, told["links"]["self"])
    assert (told["organization"], told["options"]["max_pages"], told["active"]) == ("acme", 3, True)
    assert manager.got("get", "/deployments/acme/short") == told
    airlock.path, airlock.key = told["links"]["wire"], manager.key
    posted = airlock.post()
    assert posted.status_code == 200
    assert manager.got("get", "/deployments/acme/short")["live_executions"] == 1


def test_the_list_has_what_the_key_may_call_page_by_page(airlock: Airlock, manager: Native) -> None:
    Airlock(airlock.app, organization="others")
    for name in ("a", "b", "c"):
        manager.got("post", "/deployments", {"name": name, "workflow": "extract-text"}, status=201)
    first = manager.got("get", "/deployments?limit=3")
    second = manager.got("get", f"/deployments?limit=3&cursor={first['next_cursor']}")
    assert (names(first), names(second), second["next_cursor"]) == (["a", "b", "c"], ["text"], None)
    assert names(with_key(airlock, deployment="b").got("get", "/deployments")) == ["b"]


@pytest.mark.parametrize("cursor", ["x", "WyJcdTAwMDAiXQ", "W10", "WzFd" * 9, "%00", "W3siYSI6MX1d"])
def test_a_cursor_that_no_page_gave_is_refused_or_harmless(manager: Native, cursor: str) -> None:
    assert manager("get", f"/deployments?cursor={cursor}").status_code in (200, 400)


def test_a_name_is_taken_once(manager: Native) -> None:
    problem(manager("post", "/deployments", {"name": "text", "workflow": "extract-text"}), 409, "conflict")


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ({"name": "a b", "workflow": "extract-text"}, ("name", "invalid")),
        ({"workflow": "extract-text"}, ("name", "required")),
        ({"name": "x", "workflow": "nothing"}, ("workflow", "invalid")),
        ({"name": "x", "workflow": "extract-text", "options": {"max_pages": 0}}, ("options", "invalid")),
        ({"name": "x", "workflow": "extract-text", "options": {"nothing": 0}}, ("options", "invalid")),
        ({"name": "x", "workflow": "extract-text", "active": "perhaps"}, ("active", "invalid")),
        ({"name": "x", "workflow": "extract-text", "price": 3}, ("price", "unknown_field")),
    ],
)
def test_what_makes_no_sense_is_named(manager: Native, asked: dict[str, Any], wrong: tuple[str, str]) -> None:
    assert breaches(manager("post", "/deployments", asked)) == {wrong}


def test_a_change_keeps_what_it_does_not_name(manager: Native) -> None:
    manager.got("patch", "/deployments/acme/text", {"options": {"max_pages": 5}, "keep_inputs": True})
    told = manager.got("patch", "/deployments/acme/text", {"single_use": True})
    assert (told["options"]["max_pages"], told["keep_inputs"], told["single_use"]) == (5, True, True)


def test_an_inactive_one_takes_no_files_and_can_be_activated_again(airlock: Airlock, manager: Native) -> None:
    manager.got("patch", "/deployments/acme/text", {"active": False})
    assert airlock.post().status_code == 404
    problem(manager("post", "/deployments/acme/text/executions"), 409, "conflict")
    manager.got("patch", "/deployments/acme/text", {"active": True})
    assert airlock.post().status_code == 200


def test_a_deleted_one_is_found_by_nobody_and_its_runs_by_the_organisation(airlock: Airlock, manager: Native) -> None:
    run = airlock.accept()
    problem(manager("delete", "/deployments/acme/text"), 409, "conflict")
    airlock.work_here(run)
    assert manager("delete", "/deployments/acme/text").status_code == 204
    assert airlock.get(run).status_code == 404
    assert airlock.client.get("/v1/deployments", headers=airlock.headers).status_code == 401, "its key is useless"
    problem(manager("get", "/deployments/acme/text"), 404)
    assert manager.got("get", f"/executions/{run}")["deployment"] == "text"
    assert manager.got("get", f"/executions/{run}/results")["results"][0]["status"] == "SUCCESS"
    manager.got("post", "/deployments", {"name": "text", "workflow": "document-info"}, status=201)


def test_who_manages_one_deployment_makes_no_other(airlock: Airlock) -> None:
    narrow = with_key(airlock, deployment="text")
    problem(narrow("post", "/deployments", {"name": "x", "workflow": "extract-text"}), 403)


def test_workflows_tell_their_options_as_json_schema(manager: Native) -> None:
    found = manager.got("get", "/workflows")["workflows"]
    assert [each["name"] for each in found] == sorted(each["name"] for each in found)
    one = manager.got("get", "/workflows/extract-text")
    assert one in found
    assert one["options"]["properties"]["max_pages"]["default"] == 2000
    problem(manager("get", "/workflows/nothing"), 404)
